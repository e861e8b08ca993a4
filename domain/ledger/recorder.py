"""The write path: whole acts, one SQL function, one total order, group commit; and the reads of the log."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
from eventsourcing.persistence import (
    ApplicationRecorder,
    IntegrityError,
    Notification,
    OperationalError,
    StoredEvent,
    Subscription,
)
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool, PoolTimeout

from domain.ledger.mapper import LedgerEvent

Pool = ConnectionPool[psycopg.Connection[TupleRow]]

GROUP = 64
"""Acts written in one transaction at most: past 16 writers a larger group gains nothing measurable."""

APPEND = """
select first_position, at from ledger.append(
    %s::text[], %s::uuid[], %s::bytea[], %s::uuid[], %s::integer[], %s::text[], %s::text[],
    %s::integer[], %s::integer[], %s::uuid[], %s::text[], %s::bytea[], %s::bytea[])
"""

COLUMNS = "stream_id, version, type, state, event_id, sealed, position, recorded_at"


class CommandRepeated(IntegrityError):
    """The client sent this command id before: its outcome is on record."""


class ClaimTaken(IntegrityError):
    """Another open stream holds what this act wants to hold."""


@dataclass(frozen=True, slots=True)
class Command:
    """The identity of a command: who sent it, its id, and the digest of its body."""

    client: str
    command_id: UUID
    body_digest: bytes


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


@dataclass(slots=True)
class Pending:
    """One act on its way into the log."""

    stream_id: UUID
    version: int
    events: Sequence[StoredEvent]
    command: Command | None = None
    takes: str | None = None
    frees: str | None = None
    outcome: Outcome | None = None
    error: Exception | None = None
    done: bool = field(default=False)


class LedgerRecorder(ApplicationRecorder):
    """Appends acts and reads the log. Thread-safe."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self._waiting: list[Pending] = []
        self._mutex = threading.Lock()
        self._lead = threading.Lock()

    # --- writing ---------------------------------------------------------------------------------

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """The library's door to the log: one act without a command."""
        if not stored_events:
            return []
        by_stream: dict[UUID, list[StoredEvent]] = {}
        for stored in stored_events:
            by_stream.setdefault(UUID(str(stored.originator_id)), []).append(stored)
        acts = [
            Pending(stream, events[-1].originator_version, events) for stream, events in by_stream.items()
        ]
        first = self._write(acts)
        return [first + n for n in range(len(stored_events))]

    def append(self, act: Pending) -> Outcome:
        """Append one act, together with those of other threads that wait at this moment.

        Raises IntegrityError where another act of the stream was first, CommandRepeated, ClaimTaken.
        """
        with self._mutex:
            self._waiting.append(act)
        with self._lead:
            while not act.done:
                with self._mutex:
                    group, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
                self._write_group(group)
        if act.error is not None:
            raise act.error
        assert act.outcome is not None
        return act.outcome

    def _write_group(self, group: list[Pending]) -> None:
        try:
            self._write(group)
        except IntegrityError as error:
            if len(group) == 1:
                group[0].error, group[0].done = error, True
                return
            self._write_alone(group)
        except Exception:
            self._write_alone(group)

    def _write_alone(self, group: list[Pending]) -> None:
        # One act that fails must harm no other: each runs alone, and only its own error reaches it.
        for act in group:
            try:
                self._write([act])
            except Exception as error:
                act.error, act.done = error, True

    def _write(self, acts: Sequence[Pending]) -> int:
        """Write acts in one transaction; the position of the first event."""
        numbered = [(n, event) for n, act in enumerate(acts, start=1) for event in act.events]
        commands = [act.command for act in acts]
        arguments = (
            [c and c.client for c in commands],
            [c and c.command_id for c in commands],
            [c and c.body_digest for c in commands],
            [act.stream_id for act in acts],
            [act.version for act in acts],
            [act.takes for act in acts],
            [act.frees for act in acts],
            [n for n, _ in numbered],
            [event.originator_version for _, event in numbered],
            [getattr(event, "event_id", None) or uuid4() for _, event in numbered],
            [event.topic for _, event in numbered],
            [event.state for _, event in numbered],
            [getattr(event, "sealed", b"{}") for _, event in numbered],
        )
        with self._connection() as connection:
            row = connection.execute(APPEND, arguments, prepare=True).fetchone()
        assert row is not None
        first, at = row
        position = first
        for act in acts:
            last = position + len(act.events) - 1
            act.outcome = Outcome(act.stream_id, act.version, position, last, at)
            act.done = True
            position = last + 1
        return int(first)

    # --- reading ---------------------------------------------------------------------------------

    def outcome_of(self, client: str, command_id: UUID) -> Outcome | None:
        """What an earlier command led to."""
        query = """
            select stream_id, version, first_position, last_position, recorded_at, body_digest
              from ledger.commands where client = %s and command_id = %s"""
        with self._connection() as connection:
            row = connection.execute(query, (client, command_id), prepare=True).fetchone()
        if row is None:
            return None
        stream, version, first, last, at, digest = row
        return Outcome(stream, version, first, last, at, digest, replayed=True)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
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
        return [_stored(row) for row in rows]

    def select_after(self, position: int, limit: int) -> list[LedgerEvent]:
        """The log after a position, in its order."""
        query = f"select {COLUMNS} from ledger.events where position > %s order by position limit %s"
        with self._connection() as connection:
            rows = connection.execute(query, (position, limit), prepare=True, binary=True).fetchall()
        return [_ledger_event(row) for row in rows]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        query = "select stream_id, version, type, state, position from ledger.events where true"
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
            rows = connection.execute(query, arguments).fetchall()
        return [Notification(*row) for row in rows]

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
        except psycopg.errors.UniqueViolation as error:
            raise _conflict(error) from error
        except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as error:
            raise OperationalError(str(error)) from error


def pool(url: str, *, size: int = 8, name: str = "ambito") -> Pool:
    """Connections to the database of the log, in autocommit: an append is one statement."""
    return ConnectionPool(
        url,
        min_size=1,
        max_size=size,
        open=True,
        timeout=10,
        check=ConnectionPool.check_connection,
        kwargs={"autocommit": True, "application_name": name},
    )


def _conflict(error: psycopg.errors.UniqueViolation) -> IntegrityError:
    table = error.diag.table_name
    kinds = {"commands": CommandRepeated, "claims": ClaimTaken}
    return kinds.get(table or "", IntegrityError)(str(error))


def _stored(row: TupleRow) -> StoredEvent:
    event = _ledger_event(row)
    # Bytes that no act of ours wrote (the library's own tests) come back as the library knows them.
    if event.sealed == b"{}":
        return StoredEvent(event.originator_id, event.originator_version, event.topic, event.state)
    return event


def _ledger_event(row: TupleRow) -> LedgerEvent:
    return LedgerEvent(*row)
