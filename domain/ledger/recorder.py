"""The write path: whole acts, one SQL function, one total order, group commit; and the reads of the log."""

from __future__ import annotations

import select
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID, uuid4

import psycopg
from eventsourcing.persistence import (
    ApplicationRecorder,
    DataError,
    IntegrityError,
    InternalError,
    Notification,
    NotSupportedError,
    OperationalError,
    PersistenceError,
    ProgrammingError,
    StoredEvent,
    Subscription,
)
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool, PoolTimeout
from psycopg_pool.pool import AddConnection, MaintenanceTask

from domain.ledger.mapper import LedgerEvent, LedgerNotification, ledger_event
from domain.ledger.wire import accept, blobs, integers, texts, uuid_of, uuids

Pool = ConnectionPool[psycopg.Connection[TupleRow]]

GROUP = 64
"""Acts written in one transaction at most: past 16 writers a larger group gains nothing measurable."""

GATHER = 0.0005
"""Seconds that whoever leads waits for as many as were written last: they come again at once, if they do."""

ASK_EVERY = 0.25
"""Seconds between two attempts to reach a server that is away."""

APPEND = """
select first_position, at, lost from ledger.append(
    %b::text[], %b::uuid[], %b::bytea[], %b::uuid[], %b::integer[], %b::integer[], %b::text[], %b::text[],
    %b::uuid[], %b::text[], %b::bytea[], %b::bytea[], %b)
"""

APPEND_SIGNED = APPEND.replace("append(", "append_signed(").replace("%b)\n", "%b, %b::text[])\n")
"""The same for acts of which one at least came with evidence."""

COLUMNS = "version, type, state, uuid_send(event_id), sealed, position, recorded_at"
"""Ids as bytes: to let psycopg make an object of each takes longer than all the other columns."""


class CommandRepeated(IntegrityError):
    """The client sent this command id before: its outcome is on record."""


class ClaimTaken(IntegrityError):
    """Another open stream holds what this act wants to hold."""


class NoConnection(OperationalError):
    """The server is away, or nobody could be served: no other act would fare better now."""


class ConnectionLost(NoConnection):
    """The connection broke: what was under way may have been carried out, or not."""


class Evidence(Protocol):
    """What is kept with an act; ``row`` is JSON, as the table of exchanges has it."""

    @property
    def row(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Command:
    """The identity of a command: who sent it, its id, and the digest of its body.

    ``signed`` is the request that it came by, where that is evidence: it is kept with the act, or not at all.
    """

    client: str
    command_id: UUID
    body_digest: bytes
    signed: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command led to; ``last_position < first_position`` where it decided nothing."""

    stream_id: UUID
    version: int
    first_position: int
    last_position: int
    recorded_at: datetime
    body_digest: bytes | None = None
    replayed: bool = False
    event_ids: tuple[UUID, ...] = ()


def _held() -> threading.Lock:
    """A taken lock: to take it again is to wait until somebody lets it go. Far cheaper than an Event."""
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(slots=True)
class Pending:
    """One act on its way into the log."""

    stream_id: UUID
    version: int
    events: Sequence[StoredEvent] = ()
    command: Command | None = None
    takes: str | None = None
    frees: str | None = None
    seal: Callable[[], Sequence[StoredEvent]] | None = None
    """Makes the events where none are given. Whoever leads calls it, so in another thread perhaps."""
    outcome: Outcome | None = None
    error: Exception | None = None
    held: threading.Lock = field(default_factory=_held)

    @property
    def done(self) -> bool:
        return self.outcome is not None or self.error is not None


def _sealed(act: Pending) -> bool:
    """Whether the events of an act are ready; where they cannot be made, that is its own error."""
    if act.seal is None:
        return True
    try:
        act.events, act.seal = act.seal(), None
    except Exception as error:
        act.error = error
    return act.error is None


class LedgerRecorder(ApplicationRecorder):
    """Appends acts and reads the log. Thread-safe."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self._mutex = threading.Lock()
        self._enough = threading.Condition(self._mutex)
        self._last = 1
        self._waiting: list[Pending] = []
        self._led = False

    # --- writing ---------------------------------------------------------------------------------

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """The library's door to the log: all of it or nothing, without a command."""
        if not stored_events:
            return []
        acts: list[Pending] = []
        for stored in stored_events:
            stream, version = UUID(str(stored.originator_id)), stored.originator_version
            if acts and acts[-1].stream_id == stream and acts[-1].version + 1 == version:
                acts[-1].version = version
                acts[-1].events = [*acts[-1].events, stored]
            else:
                acts.append(Pending(stream, version, [stored]))
        first = self._write(acts, together=True)
        return [first + n for n in range(len(stored_events))]

    def append(self, act: Pending) -> Outcome:
        """Append one act, together with those of other threads that wait at this moment.

        Raises IntegrityError where another act of the stream was first, CommandRepeated, ClaimTaken.
        """
        with self._mutex:
            self._waiting.append(act)
            leads = not self._led
            self._led = True
            if len(self._waiting) == self._last:
                self._enough.notify()
        if not leads:
            act.held.acquire()
        if not act.done:
            self._lead()
        if act.error is not None:
            raise act.error
        assert act.outcome is not None
        return act.outcome

    def _lead(self) -> None:
        """Seal and write for those who wait, us first among them; then the first who came meanwhile leads.

        One thread seals at a time: sixteen that did so by themselves would each take the interpreter from the
        one that writes.
        """
        with self._mutex:
            self._enough.wait_for(lambda: len(self._waiting) >= self._last, GATHER)
            group, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
            self._last = len(group)
        try:
            if ready := [act for act in group if _sealed(act)]:
                self._write_group(ready)
        finally:
            with self._mutex:
                heirs = self._waiting[:1]
                self._led = bool(heirs)
            for act in group:
                if not act.done:
                    act.error = OperationalError("whoever wrote this act was interrupted")
            for act in (*heirs, *group):
                act.held.release()

    def _write_group(self, group: list[Pending]) -> None:
        try:
            try:
                self._write(group)
            except ConnectionLost:
                # With a command nothing is done twice: what was carried out is now lost to its command.
                if any(act.command is None for act in group):
                    raise
                self._write(group)
        except Exception as error:
            if len(group) == 1 or isinstance(error, NoConnection):
                for act in group:
                    act.error = error
                return
            # One act that fails must harm no other: each runs alone, and only its own error reaches it.
            for act in group:
                self._write_group([act])

    def _write(self, acts: Sequence[Pending], *, together: bool = False) -> int:
        """Write acts in one transaction; the position of the first event.

        An act that lost a race gets its error and harms no other, unless all of it goes ``together``.
        """
        commands = [act.command for act in acts]
        events = [event for act in acts for event in act.events]
        arguments: tuple[object, ...] = (
            texts(c.client if c else None for c in commands),
            uuids(c.command_id if c else None for c in commands),
            blobs(c.body_digest if c else None for c in commands),
            uuids(act.stream_id for act in acts),
            integers(act.version for act in acts),
            integers(len(act.events) for act in acts),
            texts(act.takes for act in acts),
            texts(act.frees for act in acts),
            uuids(getattr(event, "event_id", None) or uuid4() for event in events),
            texts(event.topic for event in events),
            blobs(event.state for event in events),
            blobs(getattr(event, "sealed", b"{}") for event in events),
            together,
        )
        statement = APPEND
        if any(signed := [c.signed if c else None for c in commands]):
            statement, arguments = APPEND_SIGNED, (*arguments, texts(s.row if s else None for s in signed))
        with self._connection() as connection:
            row = connection.execute(statement, arguments, prepare=True, binary=True).fetchone()
        assert row is not None
        first, at, lost = row
        position = first
        for act, to in zip(acts, lost, strict=True):
            if to is not None:
                act.error = LOST[to]("another act was first")
                continue
            last = position + len(act.events) - 1
            ids = tuple(event.event_id for event in act.events if isinstance(event, LedgerEvent))
            act.outcome = Outcome(act.stream_id, act.version, position, last, at, event_ids=ids)
            position = last + 1
        return int(first)

    # --- reading ---------------------------------------------------------------------------------

    def version_of(self, stream_id: UUID) -> int:
        """The last version of a stream, 0 where there is none."""
        query = "select coalesce(max(version), 0) from ledger.events where stream_id = %s"
        with self._connection() as connection:
            row = connection.execute(query, (stream_id,), prepare=True).fetchone()
        return int(row[0]) if row else 0

    def version_at(self, stream_id: UUID, event_id: UUID) -> int | None:
        """The version of a fact; None where the stream has it not."""
        query = "select version from ledger.events where event_id = %s and stream_id = %s"
        with self._connection() as connection:
            row = connection.execute(query, (event_id, stream_id), prepare=True).fetchone()
        return int(row[0]) if row else None

    def streams_with(self, name: str) -> list[UUID]:
        """The streams that hold a fact of a kind, in the order in which each first did."""
        query = """
            select stream_id from ledger.events where type like %s
             group by stream_id order by min(position)"""
        with self._connection() as connection:
            rows = connection.execute(query, (f"{name}.v%",), prepare=True).fetchall()
        return [stream_id for (stream_id,) in rows]

    def outcome_of(self, client: str, command_id: UUID) -> Outcome | None:
        """What an earlier command led to."""
        query = """
            select stream_id, version, first_position, last_position, recorded_at, body_digest,
                   array(select event_id from ledger.events
                          where position between first_position and last_position order by position)
              from ledger.commands where client = %s and command_id = %s"""
        with self._connection() as connection:
            row = connection.execute(query, (client, command_id), prepare=True).fetchone()
        if row is None:
            return None
        stream, version, first, last, at, digest, event_ids = row
        return Outcome(stream, version, first, last, at, digest, True, tuple(event_ids))

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[LedgerEvent]:
        query = f"select {COLUMNS} from ledger.events where stream_id = %s"
        arguments: list[object] = [originator_id]
        if gt is not None:
            query, arguments = query + " and version > %s", [*arguments, gt]
        if lte is not None:
            query, arguments = query + " and version <= %s", [*arguments, lte]
        query += " order by version" + (" desc" if desc else "")
        if limit is not None:
            query, arguments = query + " limit %s", [*arguments, limit]
        with self._connection() as connection:
            rows = connection.execute(query, arguments, prepare=True, binary=True).fetchall()
        stream_id = originator_id if isinstance(originator_id, UUID) else UUID(originator_id)
        return [ledger_event(stream_id, *row) for row in rows]

    def select_without(self, originator_id: UUID, names: Sequence[str]) -> Sequence[LedgerEvent]:
        """The facts of a stream but for some kinds, and its last one of any kind: it tells the version."""
        query = f"""
            select {COLUMNS} from ledger.events
             where stream_id = %s
               and (type not like all (%s::text[])
                    or version = (select max(version) from ledger.events where stream_id = %s))
             order by version"""
        arguments = (originator_id, [f"{name}.v%" for name in names], originator_id)
        with self._connection() as connection:
            rows = connection.execute(query, arguments, prepare=True, binary=True).fetchall()
        return [ledger_event(originator_id, *row) for row in rows]

    def select_after(self, position: int, limit: int) -> list[LedgerEvent]:
        """The log after a position, in its order."""
        query = (
            f"select uuid_send(stream_id), {COLUMNS} from ledger.events"
            " where position > %s order by position limit %s"
        )
        with self._connection() as connection:
            rows = connection.execute(query, (position, limit), prepare=True, binary=True).fetchall()
        return [ledger_event(uuid_of(row[0]), *row[1:]) for row in rows]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        query = (
            "select stream_id, version, type, state, position, event_id, sealed, recorded_at"
            " from ledger.events where true"
        )
        arguments: list[object] = []
        if start is not None:
            query += f" and position {'>=' if inclusive_of_start else '>'} %s"
            arguments.append(start)
        if stop is not None:
            query, arguments = query + " and position <= %s", [*arguments, stop]
        if topics:
            query, arguments = query + " and type = any(%s)", [*arguments, list(topics)]
        query, arguments = query + " order by position limit %s", [*arguments, limit]
        with self._connection() as connection:
            rows = connection.execute(query, arguments, prepare=True, binary=True).fetchall()
        return [LedgerNotification(*row) for row in rows]

    def max_notification_id(self) -> int | None:
        with self._connection() as connection:
            row = connection.execute("select max(position) from ledger.events").fetchone()
        return row[0] if row else None

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        raise NotImplementedError("the log is followed by polling select_after: a NOTIFY would serialise it")

    @contextmanager
    def _connection(self) -> Iterator[psycopg.Connection[TupleRow]]:
        try:
            with self.pool.connection() as connection:
                yield connection
        except PoolTimeout as error:
            raise NoConnection(str(error)) from error
        except psycopg.Error as error:
            raise _translated(error) from error


class WarmPool(ConnectionPool[psycopg.Connection[TupleRow]]):
    """Hands out first what came back last, with warm caches: an append then takes less than half the time.

    A server that comes back is found at once: the stock pool doubles its pause up to minutes, and nobody is
    served meanwhile.
    """

    def schedule_task(self, task: MaintenanceTask, delay: float) -> None:
        super().schedule_task(task, min(delay, ASK_EVERY) if isinstance(task, AddConnection) else delay)

    def _get_ready_connection(self, timeout: float | None) -> psycopg.Connection[TupleRow] | None:
        self._pool.rotate(1)
        return super()._get_ready_connection(timeout)


def pool(
    url: str,
    *,
    size: int = 8,
    name: str = "ambito",
    kind: type[WarmPool] = WarmPool,
    configure: Callable[[psycopg.Connection[TupleRow]], None] = accept,
) -> Pool:
    """Connections to the database of the log, in autocommit: an append is one statement."""
    return kind(
        url,
        min_size=1,
        max_size=size,
        open=True,
        timeout=10,
        configure=configure,
        check=check,
        kwargs={"autocommit": True, "application_name": name},
    )


def check(connection: psycopg.Connection[TupleRow]) -> None:
    # A server that hung up left something to read; asking one that did not would cost a round trip each time.
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if poll.poll(0):
        ConnectionPool.check_connection(connection)


LOST: dict[str, type[IntegrityError]] = {
    "events": IntegrityError,
    "commands": CommandRepeated,
    "claims": ClaimTaken,
}
"""Against which table an act lost its race."""

AWAY = ("08", "53", "55P03", "57P")
"""SQLSTATEs of a server that serves nobody: no connection, no resources, head locked, shutting down."""

KINDS: tuple[tuple[type[psycopg.Error], type[PersistenceError]], ...] = (
    (psycopg.IntegrityError, IntegrityError),
    (psycopg.DataError, DataError),
    (psycopg.ProgrammingError, ProgrammingError),
    (psycopg.NotSupportedError, NotSupportedError),
    (psycopg.InternalError, InternalError),
    (psycopg.OperationalError, OperationalError),
    (psycopg.InterfaceError, OperationalError),
)
"""psycopg's errors and the library's, which those who use the log may catch."""


def _translated(error: psycopg.Error) -> PersistenceError:
    state = error.sqlstate
    if isinstance(error, psycopg.errors.UniqueViolation):
        return LOST.get(error.diag.table_name or "", IntegrityError)(str(error))
    if state is None and isinstance(error, psycopg.OperationalError):
        return ConnectionLost(str(error))
    if state is not None and state.startswith(AWAY):
        return (ConnectionLost if state.startswith(("08", "57P")) else NoConnection)(str(error))
    return next((ours for theirs, ours in KINDS if isinstance(error, theirs)), PersistenceError)(str(error))
