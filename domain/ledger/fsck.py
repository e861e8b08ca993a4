"""Whether the log is what was written: all that an append computed is computed again and compared.

Digests, leaves, chains, tiles, checkpoints and cosignatures are re-derived from the stored bytes, by several
processes. What a superuser changes is found here, or, where he rewrote all of it with keys of his own, by a
witness who kept an older checkpoint (``kept``).
"""

from __future__ import annotations

import multiprocessing
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from uuid import UUID

import psycopg

from domain.ledger.checkpoints import Checkpoints, Stored
from domain.ledger.fsck_part import Job, Part, Worker, become_worker, check
from domain.ledger.note import Checkpoint, NoteError, VerifierKey, cosignature_time, opened
from domain.ledger.rederive import Finding
from domain.ledger.tiles import HEIGHT, WIDTH, Tile, Tiler
from domain.ledger.tree import Frontier

CHUNK = 32 * WIDTH
"""Events that a process takes at a time, some 12 MB."""

HEAD = """
select h.position, h.log_epoch, coalesce(last.position, 0),
       h.position = 0 or coalesce(h.recorded_at = last.recorded_at, false),
       t.size, t.number, coalesce(t.root, '')
  from ledger.log_head h
 cross join ledger.tree_head t
  left join lateral (
       select position, recorded_at from ledger.events order by position desc limit 1) last on true
"""


@dataclass(frozen=True, slots=True)
class Head:
    """What the two heads say of the log, and where its last event is."""

    position: int
    log_epoch: UUID
    last: int
    same_instant: bool
    signed: int
    number: int
    root: bytes


@dataclass(slots=True)
class Report:
    """What was checked, and what is wrong: nothing, where ``findings`` is empty."""

    after: int = 0
    events: int = 0
    checkpoints: int = 0
    cosignatures: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def first(self) -> Finding | None:
        """The finding of the first event that differs; one that is of no event comes last."""
        return min(self.findings, key=lambda finding: finding.position or 1 << 63, default=None)

    def find(self, rule: str, says: str, position: int = 0) -> None:
        self.findings.append(Finding(position, rule, says))


@dataclass(frozen=True, slots=True)
class Trusted:
    """Whose word counts: the key of the log in an epoch, and a recipient's, None if it is not enrolled."""

    log: Callable[[UUID], VerifierKey]
    witness: Callable[[str], VerifierKey | None]


class Fsck:
    """Checks one log. ``keys`` opens the key file and can be sent to another process."""

    def __init__(self, url: str, checkpoints: Checkpoints, keys: Callable[[], Any], trusted: Trusted) -> None:
        self._url, self._checkpoints, self._keys, self._trusted = url, checkpoints, keys, trusted

    def run(
        self,
        after: int = 0,
        *,
        kept: Sequence[str] = (),
        processes: int = 2,
        told: Callable[[int, int], None] = lambda done, of: None,
    ) -> Report:
        """Check the events after the size of a checkpoint that was checked before.

        ``kept`` are notes of checkpoints that somebody else kept. ``told`` gets how many events are done, of
        how many. Raises ValueError where no checkpoint has the size ``after``.
        """
        report = Report(after=after)
        head = self._head(report)
        stored = list(self._checkpoints.all())
        signed = self._signed(stored, head, kept, report)
        if after and after not in signed:
            raise ValueError(f"no checkpoint of {after} events")
        up_to, start = max(head.position, head.last), after - after % WIDTH
        tree = self._before(start, signed, report)
        for part in self._parts(_jobs(start, up_to, signed), processes):
            report.events += part.job.up_to - part.job.after
            report.findings += part.findings
            self._compare(part, tree, signed, report)
            told(part.job.up_to - start, up_to - start)
        for size in sorted(size for size in signed if size > up_to):
            report.find("SHRUNK", f"{size} events were signed, and the log has {up_to}")
        self._tiles(tree.roots, head, report)
        self._cosigned(stored, report)
        return report

    # --- what was signed ---------------------------------------------------------------------------------

    def _head(self, report: Report) -> Head:
        with psycopg.connect(self._url, autocommit=True) as connection:
            row = connection.execute(HEAD, binary=True).fetchone()
        assert row is not None
        head = Head(*row)
        if head.position != head.last or not head.same_instant:
            report.find("HEAD", f"its head says {head.position} events, and the last one is {head.last}")
        return head

    def _signed(
        self, stored: Sequence[Stored], head: Head, kept: Sequence[str], report: Report
    ) -> dict[int, set[bytes]]:
        """By size the roots that were signed."""
        signed: dict[int, set[bytes]] = {}
        for number, each in enumerate(stored, start=1):
            report.checkpoints += 1
            made = self._opened(each.note, each.log_epoch, report)
            if each.number != number or (made and (made.size, made.root) != (each.size, each.root)):
                report.find("CHECKPOINT", f"checkpoint {number} is missing, or another than was signed")
            if made:
                signed.setdefault(made.size, set()).add(made.root)
        last = stored[-1] if stored else None
        named = (last.number, last.size, last.root) if last else (0, 0, b"")
        if (head.number, head.signed, head.root) != named:
            report.find("CHECKPOINT", "the last checkpoint is not the one that the head of the tree names")
        for note in kept:
            if made := self._opened(note, head.log_epoch, report):
                signed.setdefault(made.size, set()).add(made.root)
        return signed

    def _opened(self, note: str, epoch: UUID, report: Report) -> Checkpoint | None:
        try:
            return opened(note, self._trusted.log(epoch))
        except NoteError as error:
            report.find("SIGNATURE", f"a checkpoint is not to be believed: {error}")
            return None

    def _cosigned(self, stored: Sequence[Stored], report: Report) -> None:
        by_epoch: dict[UUID, dict[int, Stored]] = {}
        for each in stored:
            by_epoch.setdefault(each.log_epoch, {})[each.size] = each
        for epoch, sizes in by_epoch.items():
            for said in self._checkpoints.cosignatures(epoch, list(sizes)):
                report.cosignatures += 1
                key, text = self._trusted.witness(said.recipient), sizes[said.size].note
                try:
                    if key is None:
                        raise NoteError("its key is not enrolled")
                    cosignature_time(text.rpartition("\n\n")[0] + "\n", said.line, key)
                except NoteError as error:
                    report.find("COSIGNATURE", f"of {said.recipient} at {said.size}: {error}")

    # --- what is there -----------------------------------------------------------------------------------

    def _before(self, start: int, signed: dict[int, set[bytes]], report: Report) -> _Tree:
        """The tree where the check begins, from the tiles that were checked before."""
        tree = _Tree()
        for root in self._checkpoints.tile_roots(start // WIDTH):
            tree.add(root)
        if start in signed and signed[start] != {tree.root(start, [])}:
            report.find("ROOT", f"the first {start} events are not those that were signed", start)
        return tree

    def _parts(self, jobs: Sequence[Job], processes: int) -> Iterator[Part]:
        if len(jobs) < 2 or processes < 2:
            worker = Worker(self._url, self._keys)
            yield from map(worker.check, jobs)
            worker.close()
            return
        with ProcessPoolExecutor(
            processes,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=become_worker,
            initargs=(self._url, self._keys),
        ) as pool:
            yield from pool.map(check, jobs)

    def _compare(self, part: Part, tree: _Tree, signed: dict[int, set[bytes]], report: Report) -> None:
        """Go on with the tree, and compare it at each signed size on the way."""
        if part.first_at and tree.last_at > _number(part.first_at):
            report.find("INSTANT", "recorded before the event that precedes it", part.job.after + 1)
        tree.last_at = _number(part.last_at) if part.last_at else tree.last_at
        roots, full = iter(part.roots), part.job.after // WIDTH
        for size in (*part.job.signed, part.job.up_to):
            for root in islice(roots, size // WIDTH - full):
                tree.add(root)
            full = size // WIDTH
            if size in part.peaks and signed[size] != {tree.root(size, part.peaks[size])}:
                report.find("ROOT", f"the first {size} events are not those that were signed", size)

    def _tiles(self, roots: Sequence[bytes], head: Head, report: Report) -> None:
        """Compare the tiles above level 0, and that none of those below what was signed is missing."""
        tiler, made = Tiler(), dict[tuple[int, int], Tile]()
        for root in roots:
            made |= {(tile.level + 1, tile.index): tile for tile in tiler.add(root)}
        counted = [self._checkpoints.tile_count(0)]
        for tile in self._checkpoints.tiles(above=0):
            counted += [0] * (tile.level + 1 - len(counted))
            counted[tile.level] += 1
            right = made.get((tile.level, tile.index))
            if right is None or (right.hashes, right.root) != (tile.hashes, tile.root):
                at = (tile.index + 1) * WIDTH << HEIGHT * tile.level
                report.find("TILE", f"the tile of level {tile.level} that ends with event {at} is another")
        for level, count in enumerate(counted):
            if count != head.signed >> HEIGHT * (level + 1):
                report.find("TILE", f"of level {level} there are {count} tiles, others than were signed")


class _Tree:
    """Roots of full tiles as they come, and the root of the whole at any size within the next tile."""

    def __init__(self) -> None:
        self._tiles, self.roots, self.last_at = Frontier(), list[bytes](), -(1 << 63)

    def add(self, root: bytes) -> None:
        self._tiles.add(root)
        self.roots.append(root)

    def root(self, size: int, peaks: Sequence[bytes]) -> bytes:
        """``peaks``: of the last tile, where it is not full at this size. Empty where leaves are missing."""
        try:
            return Frontier(size, (*self._tiles.peaks, *peaks)).root()
        except ValueError:
            return b""


def _jobs(start: int, up_to: int, signed: dict[int, set[bytes]]) -> list[Job]:
    sizes, jobs = sorted(signed), list[Job]()
    for after in range(start, up_to, CHUNK):
        end = min(after + CHUNK, up_to)
        jobs.append(Job(after, end, tuple(sizes[bisect_right(sizes, after) : bisect_right(sizes, end)])))
    return jobs


def _number(instant: bytes) -> int:
    return int.from_bytes(instant, "big", signed=True)
