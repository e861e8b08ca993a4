"""A recipient as a witness of the Ambito's log: it holds each checkpoint against the last one that it saw.

A checkpoint that the log signed and that goes on from the last one is remembered, and cosigned with the next
acknowledgement. One that contradicts it is a fork: it is kept with the other note, which together prove it to
anybody, a line of the log says so, and nothing of this log is cosigned until people have settled it. What is
remembered lies in the recipient's own database, where the Ambito cannot reach.
"""

from __future__ import annotations

import time
from base64 import b64decode
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, Literal, NamedTuple, Protocol
from uuid import UUID

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from kafka.errors import KafkaError

from consumers.client.failures import CallFailed
from consumers.client.register import Register
from consumers.source import Topic
from domain.ledger.note import Checkpoint, Note, NoteError, NotSigned, VerifierKey, cosign, opened
from domain.ledger.tree import extends
from projections.acknowledgement import Cosigned
from projections.runner import pause
from projections.view import Connection

ASK_EVERY = 1.0
"""Seconds between two questions for the latest checkpoint, where there is no topic."""

SHOWN = 4096
"""Characters that are kept of what is no note at all; a checkpoint with 30 cosignatures is shorter."""

log = structlog.get_logger()


class Notes(Protocol):
    """Where checkpoints come from. ``offset`` is kept with what was made of them (None: nothing to keep)."""

    offset: int | None

    def notes(self) -> list[str]:
        """What is new, without waiting: each a signed note, or whatever stands in its place."""

    def seek(self, offset: int | None) -> None: ...

    def close(self) -> None: ...


class KafkaNotes(Topic[str]):
    """The topic of the checkpoints: the same for every recipient, so that none is told another story."""

    def __init__(self, client_config: Mapping[str, Any], topic: str) -> None:
        super().__init__(client_config, topic, lambda record: (record.value or b"").decode(errors="replace"))

    def notes(self) -> list[str]:
        return self.read(0)


class RestNotes:
    """The latest checkpoint, as the API has it."""

    offset: int | None = None

    def __init__(self, register: Register, every: float = ASK_EVERY) -> None:
        self._register, self._every = register, every
        self._not_before = 0.0

    def notes(self) -> list[str]:
        if time.monotonic() < self._not_before:
            return []
        self._not_before = time.monotonic() + self._every
        return _latest(self._register)

    def seek(self, offset: int | None) -> None:
        """The latest is asked for, wherever one was."""

    def close(self) -> None:
        """Whoever made the client closes it."""


class Seen(NamedTuple):
    """The last checkpoint of a log that was found to be one with those before it."""

    checkpoint: Checkpoint
    note: str


Kind = Literal["FORK", "SHRINK", "RESTORED", "NOT_SIGNED"]


class Contradiction(NamedTuple):
    """What two signed notes cannot both be, for people to read."""

    kind: Kind
    because: str


class Moved(Exception):
    """The log has another epoch by now, and can prove nothing of the one that was asked for."""


class Witness:
    """The witness of one recipient, for the thread of its subscriber.

    ``log_key`` is what the recipient believes the log with, in every epoch. ``name`` and ``key`` are those
    it cosigns with. ``register`` is asked for proofs, whatever the ``source`` is.
    """

    def __init__(
        self,
        source: Notes,
        register: Register,
        log_key: VerifierKey,
        name: str,
        key: Ed25519PrivateKey,
        clock: Callable[[], float] = time.time,
    ) -> None:
        ambito = "/".join(log_key.name.split("/")[:2])
        self._source, self._register, self._log_key = source, register, log_key
        self._prefix = f"{ambito}/"
        self._name, self._key, self._clock = name, key, clock
        self._placed = False
        self._fresh: Checkpoint | None = None
        self._failures, self._not_before = 0, 0.0

    def look(self, connection: Connection, log_epoch: UUID | None) -> bool:
        """Judge what is new; whether there is a checkpoint of an epoch to cosign. Raises psycopg's errors.

        Where the source or the API is away it is asked again later: the facts are not kept waiting.
        ``connection`` is in autocommit.
        """
        if time.monotonic() >= self._not_before:
            try:
                self._look(connection)
                self._failures = 0
            except BaseException as error:
                self._placed = False
                if not isinstance(error, (CallFailed, KafkaError)):
                    raise
                wait = pause(self._failures)
                self._failures, self._not_before = self._failures + 1, time.monotonic() + wait
                log.warning("witness waits", witness=self._name, error=type(error).__name__, seconds=wait)
        return self._fresh is not None and self._fresh.origin == f"{self._prefix}{log_epoch}"

    def cosigned(self, log_epoch: UUID) -> Cosigned | None:
        """The cosignature that is due for the log of an epoch, with the time of this moment."""
        fresh = self._fresh
        if fresh is None or fresh.origin != f"{self._prefix}{log_epoch}":
            return None
        line = cosign(fresh.text, self._name, self._key, int(self._clock())).line
        return Cosigned(size=fresh.size, line=line)

    def heard(self, cosigned: Cosigned) -> None:
        """The API took a cosignature: it need not be said again."""
        if self._fresh is not None and self._fresh.size == cosigned["size"]:
            self._fresh = None

    def close(self) -> None:
        """Let go of the source, and of the API."""
        self._source.close()
        self._register.close()

    # --- what is new -------------------------------------------------------------------------------------

    def _look(self, connection: Connection) -> None:
        starts = not self._placed
        if starts:
            row = connection.execute("select kafka_offset from inbox.checkpoints_read").fetchone()
            self._source.seek(row[0] if row else None)
            self._placed = True
        notes = self._source.notes()
        if not notes and not starts:
            return
        # Each note for itself: what one of them proves is kept, also where the API is away for the next.
        before = _newest(connection)
        for note in notes:
            self._judge(connection, note)
        connection.execute("update inbox.checkpoints_read set kafka_offset = %s", [self._source.offset])
        newest = _newest(connection)
        refused = newest and _unsettled(connection, newest.checkpoint.origin)
        if refused:
            self._fresh = None
            if starts:
                log.error("the log is not cosigned", witness=self._name, because=refused)
        elif newest and (starts or newest != before):
            self._fresh = newest.checkpoint

    def _judge(self, connection: Connection, text: str) -> None:
        """Remember a checkpoint, or refuse it; one that is older and at one with the last is nothing new."""
        try:
            new = Seen(self._opened(text), text)
        except NoteError as error:
            self._refuse(connection, "NOT_SIGNED", str(error), None, text.replace("\0", "")[:SHOWN])
            return
        last = _last(connection, new.checkpoint.origin)
        # The first word of an epoch is held against the last one of the epoch before.
        other = last or _newest(connection)
        if last is None and other is not None and self._current_origin() != new.checkpoint.origin:
            return  # an epoch that is over, of which nothing was seen while it lasted
        try:
            found = self._contradiction(other.checkpoint, new.checkpoint) if other else None
        except Moved:
            if last is not None and new.checkpoint.size < last.checkpoint.size:
                return  # a relay that repeats itself after a restore
            found = Contradiction("RESTORED", "the log was restored before this could be held against it")
        if found is not None:
            kind = found.kind if last else "RESTORED"
            self._refuse(connection, kind, found.because, other, text, new.checkpoint.origin)
        if last is None or (found is None and new.checkpoint.size > last.checkpoint.size):
            _remember(connection, new)

    def _opened(self, text: str) -> Checkpoint:
        origin = Checkpoint.read(Note.read(text).text).origin
        if not origin.startswith(self._prefix):
            raise NotSigned(f"it speaks of the log {origin}, not of one of {self._prefix}")
        return opened(text, self._log_key.renamed(origin))

    def _refuse(
        self,
        connection: Connection,
        kind: Kind,
        because: str,
        seen: Seen | None,
        shown: str,
        origin: str | None = None,
    ) -> None:
        """Keep what is not believed, with its proof; the same once. And say so."""
        added = connection.execute(
            "insert into inbox.refused_checkpoints (kind, origin, because, seen, shown, digest)"
            " values (%s, %s, %s, %s, %s, %s) on conflict do nothing",
            [kind, origin, because, seen and seen.note, shown, sha256(shown.encode()).digest()],
        ).rowcount
        if added:
            log.error("checkpoint refused", witness=self._name, kind=kind, origin=origin, because=because)

    # --- what the log has to prove -----------------------------------------------------------------------

    def _contradiction(self, last: Checkpoint, new: Checkpoint) -> Contradiction | None:
        """What keeps two checkpoints from being states of one log that grows. Raises Moved, CallFailed."""
        small, large = sorted((last, new), key=lambda each: each.size)
        if small.size == large.size:
            same = small.root == large.root
            return None if same else Contradiction("FORK", f"{small.size} events have two roots")
        proof = self._proof(small.size, large.size)
        if proof is not None and extends(small.size, large.size, small.root, large.root, proof):
            return None
        if self._current_origin() != new.origin:
            raise Moved
        if proof is None:
            return Contradiction("SHRINK", f"the log denies that it had {large.size} events")
        return Contradiction("FORK", f"{large.size} events do not begin with the {small.size} signed before")

    def _proof(self, first: int, second: int) -> list[bytes] | None:
        """What the log offers as proof; None where it says that it never had so many events."""
        if first == 0:
            return []
        try:
            answer = self._register.prove_consistency(from_=first, to=second).body
        except CallFailed as failed:
            if failed.rule == "NO_SUCH_SIZE":
                return None
            raise
        try:
            return [b64decode(each, validate=True) for each in answer["hashes"]]
        except (KeyError, TypeError, ValueError):
            raise CallFailed(200, "the answer is not a proof") from None

    def _current_origin(self) -> str | None:
        """Of which epoch the log is now, in its own signed words."""
        try:
            return next((self._opened(note).origin for note in _latest(self._register)), None)
        except NoteError:
            return None


def _latest(register: Register) -> list[str]:
    """The latest checkpoint that the API has: one note, or none."""
    answer = register.list_checkpoints(limit=1).body
    try:
        return [str(item["note"]) for item in answer["items"]]
    except (KeyError, TypeError):
        raise CallFailed(200, "the answer is not a list of checkpoints") from None


# --- what is remembered ----------------------------------------------------------------------------------

LAST = "select note from inbox.witnessed"


def _last(connection: Connection, origin: str) -> Seen | None:
    return _seen(connection.execute(f"{LAST} where origin = %s", [origin]).fetchone())


def _newest(connection: Connection) -> Seen | None:
    """The last checkpoint of the log that was seen last."""
    return _seen(connection.execute(f"{LAST} order by seen_at desc limit 1").fetchone())


def _seen(row: tuple[Any, ...] | None) -> Seen | None:
    return Seen(Checkpoint.read(Note.read(row[0]).text), row[0]) if row else None


def _remember(connection: Connection, new: Seen) -> None:
    connection.execute(
        "insert into inbox.witnessed (origin, size, note) values (%s, %s, %s)"
        " on conflict (origin) do update"
        "    set size = excluded.size, note = excluded.note, seen_at = clock_timestamp()",
        [new.checkpoint.origin, new.checkpoint.size, new.note],
    )


def _unsettled(connection: Connection, origin: str) -> str | None:
    """Why a log is not cosigned: the first contradiction that nobody has settled yet."""
    row = connection.execute(
        "select because from inbox.refused_checkpoints"
        " where origin = %s and kind in ('FORK', 'SHRINK') and settled_at is null order by number limit 1",
        [origin],
    ).fetchone()
    return row[0] if row else None
