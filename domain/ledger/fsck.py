"""Whether the log is what was written: all that an append computed is computed again and compared.

Digests, leaves, chains, tiles, checkpoints and cosignatures are re-derived from the stored bytes, by several
processes. What a superuser changes is found here, or, where he rewrote all of it with keys of his own, by a
witness who kept an older checkpoint (``kept``). All is read as it was at one moment, while the log goes on.
"""

from __future__ import annotations

import multiprocessing
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from uuid import UUID

import psycopg

from domain.ledger.checkpoints import Checkpoints, Cosignature, Stored
from domain.ledger.fsck_erased import came_back, on_record, registered, unexplained
from domain.ledger.fsck_part import Job, Part, Worker, become_worker, check, joined
from domain.ledger.note import Checkpoint, Note, NoteError, Signature, VerifierKey, cosignature_time, opened
from domain.ledger.rederive import Finding
from domain.ledger.tiles import HEIGHT, WIDTH, Tile, Tiler
from domain.ledger.tree import Frontier

CHUNK = 32 * WIDTH
"""Events that a process takes at a time, some 12 MB."""

# Where each of so many positions has an event, none stands anywhere else: before the first, or far away.
HEAD = """
select h.position, h.log_epoch, (select count(*) from ledger.events),
       h.position = 0 or coalesce(h.recorded_at = last.recorded_at, false),
       t.size, t.number, coalesce(t.root, ''), t.log_epoch
  from ledger.log_head h
 cross join ledger.tree_head t
  left join lateral (
       select recorded_at from ledger.events order by position desc limit 1) last on true
"""


@dataclass(frozen=True, slots=True)
class Head:
    """What the two heads say of the log, and how many events it has."""

    position: int
    log_epoch: UUID
    events: int
    same_instant: bool
    signed: int
    number: int
    root: bytes
    signed_epoch: UUID | None


NO_HEAD = Head(0, UUID(int=0), 0, True, 0, 0, b"", None)


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
    """Whose word counts: the key of the log in an epoch, and every one that a recipient was enrolled with."""

    log: Callable[[UUID], VerifierKey]
    witness: Callable[[str], Sequence[VerifierKey]]


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
        with closing(self._keys()) as keys:
            destroyed = keys.destroyed()  # before the log is read: the fact comes before its key goes
            with self._checkpoints.at_once() as (checkpoints, snapshot):
                run = _Run(self._url, snapshot, checkpoints, self._keys, self._trusted, report)
                run.all(after, kept, processes, told)
                with joined(self._url, snapshot) as connection:
                    register = registered(connection)
                    explained = on_record(connection, register | destroyed)
            for says in (*unexplained(destroyed, register, explained), *came_back(register, keys)):
                report.find("ERASURE", says)
        return report


@dataclass(frozen=True, slots=True)
class _Run:
    """One check, of the log as it is in a snapshot."""

    url: str
    snapshot: str
    checkpoints: Checkpoints
    keys: Callable[[], Any]
    trusted: Trusted
    report: Report

    def all(self, after: int, kept: Sequence[str], processes: int, told: Callable[[int, int], None]) -> None:
        head = self._head()
        stored, said = self._evidence()
        signed = self._signed(stored, head)
        if after and after not in signed:
            raise ValueError(f"no checkpoint of {after} events")
        self._kept(kept, head, signed, stored, said)
        up_to, start = head.events, after - after % WIDTH
        tree, tiles = self._before(start, signed), start // WIDTH
        for part in self._parts(_jobs(start, up_to, signed), processes):
            self.report.events += part.job.up_to - part.job.after
            self.report.findings += part.findings
            tiles += part.tiles
            self._compare(part, tree, signed)
            told(part.job.up_to - start, up_to - start)
        if lost := sorted(size for size in signed if size > up_to):
            says = f"{lost[-1]} events were signed, and the log has {up_to}"
            self.report.find("SHRUNK", says, up_to + 1)
        self._tiles(tree.roots, tiles, head)
        self._cosigned(stored, said)

    # --- what was signed ---------------------------------------------------------------------------------

    def _evidence(self) -> tuple[list[Stored], list[Cosignature]]:
        stored, said = list[Stored](), list[Cosignature]()
        try:
            stored.extend(self.checkpoints.all())
            said.extend(self.checkpoints.all_cosignatures())
        except psycopg.DataError as error:
            self.report.find("CHECKPOINT", f"one, or a cosignature, cannot be read: {error}")
        return stored, said

    def _head(self) -> Head:
        with joined(self.url, self.snapshot) as connection:
            row = connection.execute(HEAD, binary=True).fetchone()
        if row is None:
            self.report.find("HEAD", "the head of the log, or that of its tree, is gone")
            return NO_HEAD
        head = Head(*row)
        if head.position != head.events:
            says = f"its head says {head.position} events, and there are {head.events}"
            self.report.find("HEAD", says, min(head.position, head.events) + 1)
        elif not head.same_instant:
            self.report.find("HEAD", "its head has another instant than the last event", head.events)
        if head.number and head.log_epoch != head.signed_epoch:
            says = "its epoch was never signed: after a restore, sign first (the relay does) and check again"
            self.report.find("EPOCH", says)
        return head

    def _signed(self, stored: Sequence[Stored], head: Head) -> dict[int, set[bytes]]:
        """By size the roots that were signed."""
        signed: dict[int, set[bytes]] = {}
        largest: dict[UUID, int] = {}
        for number, each in enumerate(stored, start=1):
            self.report.checkpoints += 1
            made = self._opened(each.note, each.log_epoch)
            grew = each.size > largest.get(each.log_epoch, 0)
            largest[each.log_epoch] = each.size
            same = made is None or (
                (made.size, made.root) == (each.size, each.root)
                and len(Note.read(each.note).signatures) == 1  # the log's own: others stand in cosignatures
            )
            if each.number != number or not grew or not same:
                self.report.find("CHECKPOINT", f"checkpoint {number} is missing, or another than was signed")
            if made:
                signed.setdefault(made.size, set()).add(made.root)
        last = stored[-1] if stored else None
        named = (last.number, last.log_epoch, last.size, last.root) if last else (0, None, 0, b"")
        if (head.number, head.signed_epoch, head.signed, head.root) != named:
            self.report.find(
                "CHECKPOINT", "the last checkpoint is not the one that the head of the tree names"
            )
        used = {self.trusted.log(each.log_epoch).text for each in stored}
        if {key.vkey for key in self.checkpoints.log_keys()} != used:
            self.report.find("SIGNATURE", "the keys on record are not those that signed")
        return signed

    def _kept(
        self,
        kept: Sequence[str],
        head: Head,
        signed: dict[int, set[bytes]],
        stored: Sequence[Stored],
        said: Sequence[Cosignature],
    ) -> None:
        """Hold the log to notes that somebody kept, and to the cosignatures that stand in them."""
        notes = {(each.log_epoch, each.size) for each in stored}
        lines = {(each.log_epoch, each.size, each.line) for each in said}
        for text in kept:
            epoch = _epoch(text) or head.log_epoch
            made = self._opened(text, epoch)
            if made is None:
                continue
            signed.setdefault(made.size, set()).add(made.root)
            if (epoch, made.size) not in notes:
                self.report.find("CHECKPOINT", f"one of {made.size} events was signed, and is gone")
            for each in Note.read(text).signatures:
                if each.name != made.origin and (epoch, made.size, each.line) not in lines:
                    self.report.find("COSIGNATURE", f"that of {each.name} at {made.size} is gone, or another")

    def _opened(self, note: str, epoch: UUID) -> Checkpoint | None:
        try:
            return opened(note, self.trusted.log(epoch))
        except NoteError as error:
            self.report.find("SIGNATURE", f"a checkpoint is not to be believed: {error}")
            return None

    def _cosigned(self, stored: Sequence[Stored], said: Sequence[Cosignature]) -> None:
        notes = {(each.log_epoch, each.size): each.note for each in stored}
        for each in said:
            self.report.cosignatures += 1
            keys, note = self.trusted.witness(each.recipient), notes.get((each.log_epoch, each.size))
            try:
                if not keys or note is None:
                    raise NoteError("its key is not enrolled" if not keys else "there is no such checkpoint")
                used = Signature.read(each.line).key_id
                key = next((key for key in keys if key.id == used), keys[-1])
                at = cosignature_time(note.rpartition("\n\n")[0] + "\n", each.line, key)
                if at != each.cosigned_at.timestamp():
                    raise NoteError("another time was signed")
            except NoteError as error:
                self.report.find("COSIGNATURE", f"of {each.recipient} at {each.size}: {error}")

    # --- what is there -----------------------------------------------------------------------------------

    def _before(self, start: int, signed: dict[int, set[bytes]]) -> _Tree:
        """The tree where the check begins, from the tiles that were checked before."""
        tree = _Tree()
        for root in self.checkpoints.tile_roots(start // WIDTH):
            tree.add(root)
        if start in signed and signed[start] != {tree.root(start, [])}:
            self.report.find("ROOT", f"the first {start} events are not those that were signed", start)
        return tree

    def _parts(self, jobs: Sequence[Job], processes: int) -> Iterator[Part]:
        if len(jobs) < 2 or processes < 2:
            with closing(Worker(self.url, self.snapshot, self.keys)) as worker:
                yield from map(worker.check, jobs)
            return
        with ProcessPoolExecutor(
            processes,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=become_worker,
            initargs=(self.url, self.snapshot, self.keys),
        ) as pool:
            yield from pool.map(check, jobs)

    def _compare(self, part: Part, tree: _Tree, signed: dict[int, set[bytes]]) -> None:
        """Go on with the tree, and compare it at each signed size on the way."""
        if part.first_at and tree.last_at > _number(part.first_at):
            self.report.find("INSTANT", "recorded before the event that precedes it", part.job.after + 1)
        tree.last_at = _number(part.last_at) if part.last_at else tree.last_at
        roots, full = iter(part.roots), part.job.after // WIDTH
        for size in (*part.job.signed, part.job.up_to):
            for root in islice(roots, size // WIDTH - full):
                tree.add(root)
            full = size // WIDTH
            if size not in part.peaks:
                continue
            if signed[size] == {tree.root(size, part.peaks[size])}:
                tree.right = size
            else:
                says = f"one of the events {tree.right + 1} to {size} is not the one that was signed"
                self.report.find("ROOT", says, size)

    def _tiles(self, roots: Sequence[bytes], lowest: int, head: Head) -> None:
        """Compare the tiles above level 0, and that there are those that were signed, and no others.

        ``lowest`` are those of level 0 that were met.
        """
        tiler, made = Tiler(), dict[tuple[int, int], Tile]()
        for root in roots:
            made |= {(tile.level + 1, tile.index): tile for tile in tiler.add(root)}
        counted = [lowest]
        if self.checkpoints.tile_count(0) != lowest:
            self.report.find("TILE", "of level 0 there are tiles of no events")
        for tile in self.checkpoints.tiles(above=0):
            counted += [0] * (tile.level + 1 - len(counted))
            counted[tile.level] += 1
            right = made.get((tile.level, tile.index))
            if right is None or (right.hashes, right.root) != (tile.hashes, tile.root):
                at = (tile.index + 1) * WIDTH << HEIGHT * tile.level
                self.report.find(
                    "TILE", f"the tile of level {tile.level} that ends with event {at} is another"
                )
        while head.signed >> HEIGHT * (len(counted) + 1):
            counted.append(0)
        for level, count in enumerate(counted):
            if count != head.signed >> HEIGHT * (level + 1):
                says = f"of level {level} there are {count} tiles, others than were signed"
                self.report.find("TILE", says)


class _Tree:
    """Roots of full tiles as they come, and the root of the whole at any size within the next tile."""

    def __init__(self) -> None:
        self._tiles, self.roots, self.last_at, self.right = Frontier(), list[bytes](), -(1 << 63), 0

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


def _epoch(note: str) -> UUID | None:
    """Of which epoch a note speaks; None where it is none."""
    try:
        return UUID(note.partition("\n")[0].rpartition("/")[2])
    except ValueError:
        return None


def _number(instant: bytes) -> int:
    return int.from_bytes(instant, "big", signed=True)
