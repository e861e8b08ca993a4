"""One part of the log, checked by itself: what a process of ``fsck`` is given, and what it finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from domain.ledger.rederive import Finding, Known, Rederived, Row, known, preceding
from domain.ledger.tiles import HASH, WIDTH, subtree
from domain.ledger.tree import perfect
from domain.ledger.wire import accept, integers, uuids

ROWS = """
select position, timestamptz_send(recorded_at), uuid_send(stream_id), version, uuid_send(event_id), type,
       state, sealed, chain
  from ledger.events where position > %s and position <= %s order by position
"""

LINKS = """
select uuid_send(e.stream_id), e.version, e.chain, e.position
  from unnest(%b::uuid[], %b::integer[]) as w (stream_id, version)
  join ledger.events e using (stream_id, version)
"""

TILES = "select index, hashes, root from ledger.tiles where level = 0 and index >= %s and index < %s"


@dataclass(frozen=True, slots=True)
class Job:
    """The events after a position, and the sizes at which the tree was signed among them."""

    after: int
    up_to: int
    signed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """What is there: the first and the last instant as stored, the roots of full tiles, for each signed size
    the peaks of the tile that it ends in, and how many tiles are stored."""

    job: Job
    findings: list[Finding]
    first_at: bytes
    last_at: bytes
    roots: list[bytes]
    peaks: dict[int, list[bytes]]
    tiles: int


def joined(url: str, snapshot: str) -> psycopg.Connection[Any]:
    """A connection that sees the database as the one that exported the snapshot does."""
    connection = psycopg.connect(url, autocommit=True, application_name="ambito-fsck")
    accept(connection)
    connection.execute("begin isolation level repeatable read read only")
    connection.execute(f"set transaction snapshot '{snapshot}'".encode())
    return connection


class Worker:
    """Checks parts of the log, in a process of its own where there are several."""

    def __init__(self, url: str, snapshot: str, keys: Callable[[], Any]) -> None:
        self._connection = joined(url, snapshot)
        self._keys = keys()
        self._known: Known = known(self._keys)

    def close(self) -> None:
        self._connection.close()
        self._keys.close()

    def check(self, job: Job) -> Part:
        rows: list[Row] = self._connection.execute(
            ROWS, (job.after, job.up_to), prepare=True, binary=True
        ).fetchall()
        done = Rederived(self._known, self._links(rows, job.after))
        done.run(rows, job.after)
        last = rows[-1][0] if rows else job.after
        if last < job.up_to:
            done.findings.append(Finding(last + 1, "MISSING", f"event {last + 1} is missing"))
        tiles = [done.leaves[n : n + WIDTH] for n in range(0, len(done.leaves), WIDTH)]
        roots = [subtree(tile) for tile in tiles if len(tile) == WIDTH]
        stored = self._tiles(job, tiles, roots, done.findings)
        return Part(
            job,
            done.findings,
            rows[0][1] if rows else b"",
            rows[-1][1] if rows else b"",
            roots,
            {size: _peaks(done.leaves, size - job.after) for size in job.signed},
            stored,
        )

    def _links(self, rows: list[Row], up_to: int) -> dict[tuple[bytes, int], bytes]:
        wanted = preceding(rows)
        found = self._connection.execute(
            LINKS,
            (
                uuids(UUID(bytes=stream) for stream, _ in wanted),
                integers(version for _, version in wanted),
            ),
            prepare=True,
            binary=True,
        )
        # A later event must not pass for the one before the first of its stream.
        return {(stream, version): chain for stream, version, chain, position in found if position <= up_to}

    def _tiles(self, job: Job, tiles: list[list[bytes]], roots: list[bytes], findings: list[Finding]) -> int:
        """Compare the stored tiles of level 0 in this part; how many they are."""
        first = job.after // WIDTH
        stored = self._connection.execute(
            TILES, (first, first + len(tiles)), prepare=True, binary=True
        ).fetchall()
        for index, hashes, root in stored:
            mine = tiles[index - first]
            if b"".join(mine) == hashes and index - first < len(roots) and roots[index - first] == root:
                continue
            leaves = (n for n, leaf in enumerate(mine) if leaf != hashes[n * HASH : (n + 1) * HASH])
            at = next(leaves, len(mine))
            if at < WIDTH:
                position = index * WIDTH + at + 1
                findings.append(Finding(position, "TILE", "its leaf is not the one in the stored tree"))
            else:
                ends = (index + 1) * WIDTH
                findings.append(
                    Finding(0, "TILE", f"the root of the tile that ends with event {ends} is another")
                )
        return len(stored)


def _peaks(leaves: list[bytes], many: int) -> list[bytes]:
    """The peaks of the last tile that so many leaves reach into."""
    last = leaves[many - many % WIDTH : many]
    return [subtree(last[index << level : (index + 1) << level]) for level, index in perfect((0, len(last)))]


_HERE: list[Worker] = []
"""The worker of a process that does nothing else."""


def become_worker(url: str, snapshot: str, keys: Callable[[], Any]) -> None:
    """Begin a process of ``fsck``."""
    _HERE.append(Worker(url, snapshot, keys))


def check(job: Job) -> Part:
    """Check a part in such a process."""
    return _HERE[-1].check(job)
