"""The record of who was shown what: read by the relay, the feed, and whoever asks what a body knew."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from domain.horizon import Seen
from domain.ledger.parked import Parked, Pointer
from domain.ledger.recipients import Enrolled, on_record
from domain.ledger.recorder import Pool
from domain.ledger.seal import Keys, open_all
from domain.ledger.wire import bigints, blobs, integers, texts, uuids
from domain.message import Kind, Message

MESSAGES = """
select d.seq, d.kind, h.log_epoch, d.event_id, d.stream_id, d.version, d.type, d.ground, d.payload,
       e.recorded_at
  from ledger.disclosed d
  join ledger.events e on e.event_id = d.event_id
 cross join ledger.log_head h
 where d.recipient = %s and d.seq > %s
"""


SEEN = """
select d.seq, d.kind, h.log_epoch, d.event_id, d.stream_id, d.version, d.type, d.ground, d.payload,
       e.recorded_at, d.disclosed_at, a.received_at
  from ledger.disclosed d
  join ledger.events e on e.event_id = d.event_id
 cross join ledger.log_head h
  left join lateral (
       select received_at from ledger.acknowledgements
        where recipient = d.recipient and received >= d.seq and received_at <= %(at)s
        order by received, id limit 1) a on true
 where d.recipient = %(recipient)s and d.stream_id = %(case)s and d.disclosed_at <= %(at)s
 order by d.seq
"""


@dataclass(frozen=True, slots=True)
class Row:
    """What one recipient is shown of one event, before it has a number. ``payload`` is still sealed."""

    recipient: str
    kind: Kind
    position: int
    event_id: UUID
    stream_id: UUID
    version: int
    type: str
    ground: str
    paths: tuple[str, ...]
    payload: bytes


UNACKNOWLEDGED = """
  from ledger.disclosed
 where recipient = %(recipient)s and kind in ('correction', 'withdrawn', 'erasure')
   and seq > %(after)s and (seq > %(applied)s or seq = any(%(parked)s::bigint[]))
"""


@dataclass(frozen=True, slots=True)
class Correction:
    """A row by which a recipient was to change what it had been shown."""

    seq: int
    kind: Kind
    disclosed_at: datetime


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What a recipient said last: up to which seq it received and applied, and what it parked."""

    recipient: str
    log_epoch: UUID
    received: int
    applied: int
    parked: tuple[int, ...]


class Disclosed:
    """The rows of ``ledger.disclosed``, opened as they are handed out. Thread-safe."""

    def __init__(self, pool: Pool, keys: Keys) -> None:
        self._pool, self._keys = pool, keys

    def messages(
        self, recipient: str, after: int, limit: int = 500, *, case_id: UUID | None = None
    ) -> list[Message]:
        """What a recipient was shown after a seq, in order, in clear; of one case where one is named."""
        query, arguments = MESSAGES, [recipient, after]
        if case_id is not None:
            query, arguments = query + " and d.stream_id = %s", [*arguments, case_id]
        with self._pool.connection() as connection:
            rows = connection.execute(
                query + " order by d.seq limit %s", [*arguments, limit], prepare=True, binary=True
            ).fetchall()
        return self._opened(recipient, rows)

    def seen(self, recipient: str, case_id: UUID, at: datetime) -> list[Seen]:
        """What a recipient had been shown of a case by an instant, and what of it received, in order."""
        with self._pool.connection() as connection:
            rows = connection.execute(
                SEEN, {"recipient": recipient, "case": case_id, "at": at}, prepare=True, binary=True
            ).fetchall()
        messages = self._opened(recipient, [row[:-2] for row in rows])
        return [Seen(message, *row[-2:]) for message, row in zip(messages, rows, strict=True)]

    def _opened(self, recipient: str, rows: Sequence[tuple[Any, ...]]) -> list[Message]:
        heads = [orjson.loads(payload) for *_, payload, _ in rows]
        open_all([(row[3], head["data"]) for row, head in zip(rows, heads, strict=True)], self._keys)
        return [_message(recipient, head, *row) for row, head in zip(rows, heads, strict=True)]

    def head(self, recipient: str) -> int:
        """The last seq of a recipient, 0 where it was shown nothing."""
        with self._pool.connection() as connection:
            row = connection.execute(
                "select coalesce(max(seq), 0) from ledger.disclosed where recipient = %s", [recipient]
            ).fetchone()
        assert row is not None
        return int(row[0])

    def epoch(self) -> UUID:
        """The epoch of the log: another one means that the log was restored."""
        with self._pool.connection() as connection:
            row = connection.execute("select log_epoch from ledger.log_head").fetchone()
        assert row is not None
        return UUID(str(row[0]))

    def position(self) -> int:
        """Up to which position of the log everything was disclosed."""
        with self._pool.connection() as connection:
            row = connection.execute("select position from ledger.disclosed_head").fetchone()
        assert row is not None
        return int(row[0])

    def shown(self, stream_id: UUID) -> list[tuple[str, UUID, Kind, tuple[str, ...]]]:
        """Everything shown of a stream: recipient, event, kind and paths, in order."""
        with self._pool.connection() as connection:
            rows = connection.execute(
                "select recipient, event_id, kind, paths from ledger.disclosed"
                " where stream_id = %s order by recipient, seq",
                [stream_id],
            ).fetchall()
        return [(recipient, event_id, kind, tuple(paths)) for recipient, event_id, kind, paths in rows]

    def payloads(self, stream_id: UUID) -> dict[str, list[tuple[Kind, UUID, bytes]]]:
        """Everything shown of a stream, still sealed: kind, event and payload by recipient, in order."""
        with self._pool.connection() as connection:
            rows = connection.execute(
                "select recipient, kind, event_id, payload from ledger.disclosed"
                " where stream_id = %s order by recipient, seq",
                [stream_id],
            ).fetchall()
        found: dict[str, list[tuple[Kind, UUID, bytes]]] = {}
        for recipient, kind, event_id, payload in rows:
            found.setdefault(recipient, []).append((kind, event_id, payload))
        return found

    def add(
        self,
        after: int,
        up_to: int,
        rows: Sequence[Row],
        parked: Sequence[Parked] = (),
        enrolled: int | None = None,
    ) -> None:
        """Write what a batch of the log discloses, and move the position, in one transaction.

        So is written what of the batch could not be disclosed. ``enrolled`` is the number of the recipients
        for whom it was judged. Raises psycopg's SerializationFailure where another discloser was first, or a
        retry, or the recipients are others by now.
        """
        with self._pool.connection() as connection:
            if not parked:
                _disclose(connection, after, up_to, rows, enrolled)
                return
            with connection.transaction():
                _disclose(connection, after, up_to, rows, enrolled)
                connection.execute(
                    "select ledger.park(%s::bigint[], %s::uuid[], %s::text[], %s::text[])",
                    [
                        [each.number for each in parked],
                        [each.case_id for each in parked],
                        [each.error for each in parked],
                        [each.sqlstate for each in parked],
                    ],
                )

    # --- what could not be disclosed -----------------------------------------------------------------

    def waiting(self, stream_ids: Collection[UUID]) -> set[UUID]:
        """Those of the streams of which something is parked."""
        query = "select distinct stream_id from ledger.parked where stream_id = any(%s)"
        with self._pool.connection() as connection:
            return {found for (found,) in connection.execute(query, [list(stream_ids)]).fetchall()}

    def parked(self, stream_id: UUID | None = None) -> list[Pointer]:
        """All that is parked, or that of one stream, in the order of the log."""
        query = (
            "select position, stream_id, error, sqlstate, parked_at from ledger.parked"
            " where %(stream)s::uuid is null or stream_id = %(stream)s order by position"
        )
        with self._pool.connection() as connection:
            rows = connection.execute(query, {"stream": stream_id}).fetchall()
        return [Pointer(Parked(*row[:4]), row[4]) for row in rows]

    def add_parked(self, at: int, position: int, rows: Sequence[Row], enrolled: int | None = None) -> None:
        """Write what the first fact that is parked of its stream discloses after all, and take it away.

        Raises psycopg's SerializationFailure where the position is no longer ``at``, or it is not the first.
        """
        with self._pool.connection() as connection, connection.transaction():
            _disclose(connection, at, at, rows, enrolled)
            connection.execute("select ledger.unpark(%s)", [position])

    def park_again(self, parked: Parked) -> None:
        """Say what a fact that is parked failed at this time."""
        with self._pool.connection() as connection:
            connection.execute(
                "select ledger.park_again(%s, %s, %s)", [parked.number, parked.error, parked.sqlstate]
            )

    # --- relay and acknowledgements ------------------------------------------------------------------

    def relayed(self, recipient: str) -> int:
        """The last seq handed to Kafka for a recipient."""
        with self._pool.connection() as connection:
            row = connection.execute(
                "select seq from ledger.relayed where recipient = %s", [recipient]
            ).fetchone()
        return int(row[0]) if row else 0

    def all_relayed(self) -> dict[str, int]:
        """The same for everybody to whom anything was handed."""
        with self._pool.connection() as connection:
            rows = connection.execute("select recipient, seq from ledger.relayed", prepare=True).fetchall()
        return dict(rows)

    def mark_relayed(self, recipient: str, seq: int) -> None:
        with self._pool.connection() as connection:
            connection.execute("select ledger.mark_relayed(%s, %s)", [recipient, seq])

    def acknowledge(self, said: Acknowledgement, signed: str) -> None:
        """Keep what a recipient said, with the signature it came with."""
        with self._pool.connection() as connection:
            connection.execute(
                "select ledger.acknowledge(%s, %s, %s, %s, %s, %s)",
                [said.recipient, said.log_epoch, said.received, said.applied, list(said.parked), signed],
            )

    def acknowledged(self, recipient: str) -> Acknowledgement | None:
        """The last acknowledgement of a recipient."""
        with self._pool.connection() as connection:
            row = connection.execute(
                "select log_epoch, received, applied, parked from ledger.acknowledgements"
                " where recipient = %s order by id desc limit 1",
                [recipient],
            ).fetchone()
        return Acknowledgement(recipient, row[0], row[1], row[2], tuple(row[3])) if row else None

    def unacknowledged(self, recipient: str, after: int, limit: int) -> list[Correction]:
        """Corrections, withdrawals and erasures after a seq that a recipient has not said it applied."""
        applied, parked = self._applied(recipient)
        query = f"select seq, kind, disclosed_at {UNACKNOWLEDGED} order by seq limit %(limit)s".encode()
        given = {"recipient": recipient, "applied": applied, "parked": parked, "after": after, "limit": limit}
        with self._pool.connection() as connection:
            return [Correction(*row) for row in connection.execute(query, given).fetchall()]

    def unacknowledged_count(self, recipient: str) -> tuple[int, datetime | None]:
        """How many these are, and since when the first one waits."""
        applied, parked = self._applied(recipient)
        given = {"recipient": recipient, "applied": applied, "parked": parked, "after": 0}
        with self._pool.connection() as connection:
            row = connection.execute(
                f"select count(*), min(disclosed_at) {UNACKNOWLEDGED}".encode(), given
            ).fetchone()
        assert row is not None
        return int(row[0]), row[1]

    def _applied(self, recipient: str) -> tuple[int, list[int]]:
        """Up to which seq a recipient said it applied all but some, in the epoch of today."""
        said = self.acknowledged(recipient)
        if said is None or said.log_epoch != self.epoch():
            return 0, []
        return said.applied, list(said.parked)

    # --- who receives --------------------------------------------------------------------------------

    def enrolled(self) -> Enrolled:
        """Who receives now, and who was withdrawn."""
        with self._pool.connection() as connection:
            return on_record(connection)

    def public_key(self, recipient: str) -> str | None:
        """The JWK that signs a recipient's acknowledgements; None for who was never enrolled.

        Who was withdrawn keeps its last one: it may say that it applied an erasure.
        """
        keys = self.public_keys(recipient)
        return keys[-1] if keys else None

    def public_keys(self, recipient: str) -> list[str]:
        """All the keys a recipient ever signed with, the last one last."""
        with self._pool.connection() as connection:
            rows = connection.execute(
                "select public_key from ledger.recipients"
                " where recipient = %s and public_key is not null order by number",
                [recipient],
            ).fetchall()
        return [key for (key,) in rows]


def _disclose(connection: Any, after: int, up_to: int, rows: Sequence[Row], enrolled: int | None) -> None:
    connection.execute(
        "select ledger.disclose(%s, %s, %b::text[], %b::text[], %b::bigint[], %b::uuid[], %b::uuid[],"
        " %b::integer[], %b::text[], %b::text[], %b::text[], %b::bytea[], %s::bigint)",
        (
            after,
            up_to,
            texts(row.recipient for row in rows),
            texts(row.kind for row in rows),
            bigints(row.position for row in rows),
            uuids(row.event_id for row in rows),
            uuids(row.stream_id for row in rows),
            integers(row.version for row in rows),
            texts(row.type for row in rows),
            texts(row.ground for row in rows),
            texts(orjson.dumps(row.paths).decode() for row in rows),
            blobs(row.payload for row in rows),
            enrolled,
        ),
        prepare=True,
    )


def _message(recipient: str, head: dict[str, Any], *row: Any) -> Message:
    seq, kind, epoch, event_id, case_id, version, type_, ground, _, recorded_at = row
    day = head.get("occurred_on")
    return Message(
        recipient=recipient,
        seq=seq,
        kind=kind,
        log_epoch=epoch,
        event_id=event_id,
        case_id=case_id,
        version=version,
        type=type_,
        occurred_on=date.fromisoformat(day) if day else None,
        recorded_at=recorded_at,
        agency=head["agency"],
        ground=ground,
        data=head["data"],
    )
