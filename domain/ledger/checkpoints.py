"""The record of the log's signed states: its tree in tiles, its checkpoints, and who cosigned them.

It only grows, by two SQL functions. Proofs are put together from tiles and, for the last leaves, from events.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol
from uuid import UUID

import psycopg

from domain.ledger.note import Checkpoint
from domain.ledger.tiles import HEIGHT, WIDTH, Place, Tile, TiledTree, split
from domain.ledger.tree import leaf_hash

Connection = psycopg.Connection[Any]
Cursor = psycopg.Cursor[Any]

PAGE = 500
"""Rows of one read, where all are read: a page of tiles is 4 MiB."""

COLUMNS = "select number, log_epoch, size, root, note, made_at from ledger.checkpoints"

EVENTS = """
select position, recorded_at, stream_id, version, type, state
  from ledger.events
 where position > %s and position <= %s order by position
"""

HEAD = """
select h.log_epoch, h.position, t.log_epoch, t.size, t.root,
       coalesce(extract(epoch from clock_timestamp() - next.recorded_at), 0)::float8
  from ledger.log_head h
 cross join ledger.tree_head t
  left join ledger.events next on next.position = t.size + 1
"""


class LogChanged(RuntimeError):
    """What was signed is no longer what is there. Nothing is signed until people have looked (``fsck``)."""


class NoSuchSize(ValueError):
    """No checkpoint vouches for so many leaves: a proof for them would prove nothing."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where the log is and up to where it is signed. ``waited``: seconds that its next event waits for it."""

    log_epoch: UUID
    position: int
    signed_epoch: UUID | None
    size: int
    root: bytes | None
    waited: float


@dataclass(frozen=True, slots=True)
class Stored:
    """A checkpoint as it lies there; ``note`` is its text with the log's signature."""

    number: int
    log_epoch: UUID
    size: int
    root: bytes
    note: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Cosignature:
    """What a recipient said of a checkpoint: the signature line, and the instant that is signed in it."""

    recipient: str
    log_epoch: UUID
    size: int
    line: str
    cosigned_at: datetime


@dataclass(frozen=True, slots=True)
class LogKey:
    """A key that signed in an epoch, as a ``vkey``."""

    vkey: str
    log_epoch: UUID
    first_used_at: datetime


class Connections(Protocol):
    """Where connections come from, each for the time of its use."""

    def connection(self) -> AbstractContextManager[Connection]: ...


@dataclass(frozen=True, slots=True)
class _Alone:
    """One connection, for all that is asked."""

    only: Connection

    def connection(self) -> AbstractContextManager[Connection]:
        return nullcontext(self.only)


class Checkpoints:
    """The tables of evidence. Thread-safe."""

    def __init__(self, pool: Connections) -> None:
        self._pool = pool

    @contextmanager
    def at_once(self) -> Iterator[tuple[Checkpoints, str]]:
        """The tables as they are at one moment, for one thread, and the snapshot, which others may join."""
        with self._pool.connection() as connection, connection.transaction():
            connection.execute("set transaction isolation level repeatable read, read only")
            row = connection.execute("select pg_export_snapshot()").fetchone()
            assert row is not None
            yield Checkpoints(_Alone(connection)), str(row[0])

    # --- reading -----------------------------------------------------------------------------------------

    def head(self) -> Head:
        with self._pool.connection() as connection:
            row = connection.execute(HEAD, prepare=True, binary=True).fetchone()
        assert row is not None
        return Head(*row)

    def latest(self) -> Stored | None:
        """The last checkpoint, of whatever epoch."""
        found = self.page(None, 1)
        return found[0] if found else None

    def page(self, before: int | None, limit: int) -> list[Stored]:
        """The checkpoints before a number, the latest first."""
        query = f"{COLUMNS} where %s::bigint is null or number < %s order by number desc limit %s"
        return self._stored(query, before, before, limit)

    def after(self, number: int, limit: int = PAGE) -> list[Stored]:
        """The checkpoints after a number, in the order they were made."""
        return self._stored(f"{COLUMNS} where number > %s order by number limit %s", number, limit)

    def at(self, log_epoch: UUID, size: int) -> Stored | None:
        """The checkpoint of a size in an epoch."""
        return next(
            iter(self._stored(f"{COLUMNS} where log_epoch = %s and size = %s", log_epoch, size)), None
        )

    def covering(self, position: int) -> Stored | None:
        """The first checkpoint that vouches for the event at a position; None where none does yet."""
        # Of each epoch the first by its index: in the order of numbers all earlier ones would be read.
        found = self._stored(
            "select c.* from (select distinct log_epoch from ledger.log_keys) epochs cross join lateral ("
            f"{COLUMNS} where log_epoch = epochs.log_epoch and size >= %s order by size limit 1) c"
            " order by c.number limit 1",
            position,
        )
        return found[0] if found else None

    def all(self) -> Iterator[Stored]:
        """All checkpoints, in the order they were made."""
        number = 0
        while page := self.after(number):
            yield from page
            number = page[-1].number

    def tile_roots(self, many: int) -> list[bytes]:
        """The roots of the first tiles of level 0."""
        query = "select root from ledger.tiles where level = 0 and index < %s order by index"
        return [root for (root,) in self._rows(query, many)]

    def tile_count(self, level: int) -> int:
        """How many full tiles a level has."""
        return int(self._rows("select count(*) from ledger.tiles where level = %s", level)[0][0])

    def tiles(self, above: int = -1) -> Iterator[Tile]:
        """All full tiles above a level, level by level, each level in its order."""
        last = (above + 1, -1)
        while page := self._rows(
            "select level, index, hashes, root from ledger.tiles where (level, index) > (%s, %s)"
            " order by level, index limit %s",
            *last,
            PAGE,
        ):
            yield from (Tile(*row) for row in page)
            last = page[-1][:2]

    def cosignatures(self, log_epoch: UUID, sizes: Sequence[int]) -> list[Cosignature]:
        """Who cosigned the checkpoints of these sizes."""
        rows = self._rows(
            "select recipient, log_epoch, size, line, cosigned_at from ledger.cosignatures"
            " where log_epoch = %s and size = any(%s) order by size, recipient",
            log_epoch,
            list(sizes),
        )
        return [Cosignature(*row) for row in rows]

    def first_cosigned(self, log_epoch: UUID, size: int, by: datetime) -> list[Cosignature]:
        """What each recipient first cosigned at a size or beyond it, of what had come by an instant."""
        rows = self._rows(
            "select c.* from (select distinct recipient from ledger.recipients) r cross join lateral ("
            "       select recipient, log_epoch, size, line, cosigned_at from ledger.cosignatures"
            "        where log_epoch = %s and size >= %s and recipient = r.recipient and received_at <= %s"
            "        order by size limit 1) c"
            " order by c.recipient",
            log_epoch,
            size,
            by,
        )
        return [Cosignature(*row) for row in rows]

    def all_cosignatures(self) -> list[Cosignature]:
        """All that anybody said of any checkpoint, in the order of the sizes."""
        rows = self._rows(
            "select recipient, log_epoch, size, line, cosigned_at from ledger.cosignatures"
            " order by size, log_epoch, recipient"
        )
        return [Cosignature(*row) for row in rows]

    def cosigned_by(self, recipient: str, log_epoch: UUID) -> Cosignature | None:
        """The largest checkpoint of an epoch that a recipient cosigned."""
        rows = self._rows(
            "select recipient, log_epoch, size, line, cosigned_at from ledger.cosignatures"
            " where log_epoch = %s and recipient = %s order by size desc limit 1",
            log_epoch,
            recipient,
        )
        return Cosignature(*rows[0]) if rows else None

    def log_keys(self) -> list[LogKey]:
        """The keys that ever signed, the latest first."""
        rows = self._rows(
            "select vkey, log_epoch, first_used_at from ledger.log_keys order by first_used_at desc"
        )
        return [LogKey(*row) for row in rows]

    # --- proofs ------------------------------------------------------------------------------------------

    def inclusion(self, position: int, size: int) -> list[bytes]:
        """That the event at a position is among the first ``size``. Raises NoSuchSize."""
        with self._tree(size) as tree:
            return tree.inclusion(position - 1, size)

    def inclusions(self, positions: Sequence[int], size: int) -> list[list[bytes]]:
        """The same of several events, in one round trip. Raises NoSuchSize."""
        with self._tree(size) as tree:
            return tree.inclusions([position - 1 for position in positions], size)

    def consistency(self, first: int, second: int) -> list[bytes]:
        """That the first ``first`` events are still the first of ``second``. Raises NoSuchSize."""
        with self._tree(second) as tree:
            return tree.consistency(first, second)

    @contextmanager
    def _tree(self, size: int) -> Iterator[TiledTree]:
        with self._pool.connection() as connection:
            signed = connection.execute("select size from ledger.tree_head", prepare=True).fetchone()
            if signed is None or size > signed[0]:
                raise NoSuchSize(f"no checkpoint vouches for {size} events")
            yield tree_on(connection, signed[0])

    # --- writing -----------------------------------------------------------------------------------------

    def leaves(self, after: int, up_to: int) -> list[bytes]:
        """The leaf hashes of the events after a position. Raises LogChanged where one is missing."""
        return _leaves(self._rows(EVENTS, after, up_to), after)

    def edge(self, size: int) -> list[Sequence[bytes]]:
        """The hashes from which the tree goes on after a size."""
        with self._pool.connection() as connection:
            return tree_on(connection, size).edge(size)

    def add(
        self, after: int, log_epoch: UUID, made: Checkpoint, note: str, vkey: str, tiles: Sequence[Tile]
    ) -> int:
        """Keep a checkpoint with the tiles that became full; its number.

        Raises psycopg's SerializationFailure where another signer was first.
        """
        arguments = (
            after,
            log_epoch,
            made.size,
            made.root,
            note,
            vkey,
            [tile.level for tile in tiles],
            [tile.index for tile in tiles],
            [tile.hashes for tile in tiles],
            [tile.root for tile in tiles],
        )
        query = (
            "select ledger.add_checkpoint(%b, %b, %b, %b, %b, %b, %b::smallint[], %b::bigint[],"
            " %b::bytea[], %b::bytea[])"
        )
        return int(self._rows(query, *arguments)[0][0])

    def cosign(self, recipient: str, log_epoch: UUID, size: int, line: str, at: int) -> None:
        """Keep the cosignature of a recipient; ``at`` in seconds since 1970. The first one stays."""
        moment = datetime.fromtimestamp(at, UTC)
        self._rows("select ledger.cosign(%s, %s, %s, %s, %s)", recipient, log_epoch, size, line, moment)

    def _stored(self, query: str, *arguments: Any) -> list[Stored]:
        return [Stored(*row) for row in self._rows(query, *arguments)]

    def _rows(self, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
        with self._pool.connection() as connection:
            return connection.execute(query.encode(), arguments, prepare=True, binary=True).fetchall()


def tree_on(connection: Connection, signed: int) -> TiledTree:
    """The tree of the log in this database, where the tiles of the first ``signed`` leaves are stored."""
    return TiledTree(partial(_hashes, connection, signed))


def _hashes(connection: Connection, signed: int, places: Sequence[Place]) -> list[list[bytes]]:
    """The hashes of some tiles, in one round trip."""
    with connection.pipeline():
        asked = [(_ask(connection, signed, *place), place) for place in places]
    return [_answered(cursor, *place) for cursor, place in asked]


def _ask(connection: Connection, signed: int, level: int, index: int) -> Cursor:
    first, past = index * WIDTH, (index + 1) * WIDTH
    if past << HEIGHT * level <= signed:
        query, arguments = "select hashes from ledger.tiles where level = %s and index = %s", [level, index]
    elif level == 0:
        query, arguments = EVENTS, [first, past]
    else:
        query = (
            "select string_agg(root, '' order by index) from ledger.tiles"
            " where level = %s and index >= %s and index < %s"
        )
        arguments = [level - 1, first, past]
    return connection.execute(query, arguments, prepare=True, binary=True)


def _answered(cursor: Cursor, level: int, index: int) -> list[bytes]:
    rows = cursor.fetchall()
    if rows and len(rows[0]) > 1:
        return _leaves(rows, index * WIDTH)
    return split(rows[0][0]) if rows and rows[0][0] else []


def _leaves(rows: Sequence[tuple[Any, ...]], after: int) -> list[bytes]:
    """The leaf hashes of the events after a position. Raises LogChanged where one is missing."""
    for expected, row in enumerate(rows, start=after + 1):
        if row[0] != expected:
            raise LogChanged(f"event {expected} is missing")
    return [leaf_hash(*row) for row in rows]
