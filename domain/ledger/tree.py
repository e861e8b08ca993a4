"""The Merkle tree over the log (RFC 6962 section 2.1): what it hashes, its proofs, and how they are checked.

The leaf at index ``position - 1`` binds every column of an event that is hashed, length-delimited. What is
sealed beside it is bound by the digests in ``state``. Pure: no key, no database.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

Range = tuple[int, int]
"""Leaves from the first index to before the second."""


def leaf_hash(
    position: int, recorded_at: datetime, stream_id: UUID, version: int, type: str, state: bytes
) -> bytes:
    """The leaf of an event, as ``ledger.append`` computes it; ``recorded_at`` has a zone."""
    name = type.encode()
    head = struct.pack(">cqq16siI", b"\0", position, micros(recorded_at), stream_id.bytes, version, len(name))
    return sha256(head + name + len(state).to_bytes(4, "big") + state).digest()


def micros(instant: datetime) -> int:
    """Microseconds since 1970, exact: a float would round them."""
    return (instant - EPOCH) // MICROSECOND


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


EMPTY_ROOT = sha256().digest()


class Frontier:
    """A tree that only grows, in the room of its right edge: one hash for each bit of its size."""

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        """``peaks``: the roots of its perfect subtrees, the largest first. None for an empty tree."""
        if len(peaks) != size.bit_count():
            raise ValueError("a tree of this size has another number of peaks")
        self.size, self._peaks = size, list(peaks)

    @property
    def peaks(self) -> tuple[bytes, ...]:
        return tuple(self._peaks)

    def add(self, leaf: bytes) -> None:
        self.size += 1
        # Each trailing zero of the new size is a pair that is now complete.
        for _ in range((self.size & -self.size).bit_length() - 1):
            leaf = node_hash(self._peaks.pop(), leaf)
        self._peaks.append(leaf)

    def root(self) -> bytes:
        if not self._peaks:
            return EMPTY_ROOT
        found = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            found = node_hash(peak, found)
        return found


def root(leaves: Iterable[bytes]) -> bytes:
    """The root of a tree with these leaves."""
    tree = Frontier()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root()


# --- proofs ----------------------------------------------------------------------------------------------


def perfect(leaves: Range) -> Iterator[tuple[int, int]]:
    """The perfect subtrees that make up a range of a proof, left to right: (level, index at this level)."""
    at, end = leaves
    while at < end:
        level = (end - at).bit_length() - 1
        yield level, at >> level
        at += 1 << level


def hash_of(leaves: Range, node: Callable[[int, int], bytes]) -> bytes:
    """The hash of a range of a proof; ``node(level, index)`` gives that of a perfect subtree."""
    subtrees = [node(level, index) for level, index in perfect(leaves)]
    found = subtrees.pop()
    while subtrees:
        found = node_hash(subtrees.pop(), found)
    return found


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """The ranges whose hashes prove that the leaf at an index is in the tree of a size (RFC 6962 2.1.1)."""
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    start, end, found = 0, size, list[Range]()
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start = middle
    return found[::-1]


def consistency_ranges(first: int, second: int) -> list[Range]:
    """The ranges whose hashes prove that the tree of ``first`` is a prefix of that of ``second`` (2.1.2)."""
    if not 0 < first <= second:
        raise ValueError(f"no proof from {first} to {second}: it begins with a leaf and does not shrink")
    start, end, whole, found = 0, second, True, list[Range]()
    while first != end:
        middle = start + _split(end - start)
        if first <= middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start, whole = middle, False
    if not whole:
        found.append((start, end))
    return found[::-1]


def includes(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether a proof shows that a leaf stands at an index of the tree with this size and root."""
    if not 0 <= index < size:
        return False
    path = inclusion_ranges(index, size)
    if len(path) != len(proof):
        return False
    for (start, _), other in zip(path, proof, strict=True):
        leaf = node_hash(other, leaf) if start < index else node_hash(leaf, other)
    return leaf == root


def extends(first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether a proof shows that the second tree holds all of the first one, in its order, and goes on."""
    if first == 0:
        return not proof and first_root == EMPTY_ROOT
    if not 0 < first <= second:
        return False
    ranges = consistency_ranges(first, second)
    if len(ranges) != len(proof):
        return False
    if first == second:
        return first_root == second_root
    whole = ranges[0][0] >= first  # the first tree is a perfect subtree of the second: its root is not sent
    old = new = first_root if whole else proof[0]
    for (start, _), other in zip(ranges if whole else ranges[1:], proof if whole else proof[1:], strict=True):
        if start < first:
            old, new = node_hash(other, old), node_hash(other, new)
        else:
            new = node_hash(new, other)
    return old == first_root and new == second_root


def _split(size: int) -> int:
    """The largest power of two below a size."""
    return 1 << (size - 1).bit_length() - 1
