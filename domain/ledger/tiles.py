"""The Merkle tree in tiles of 256 hashes: what is stored of it, and how few of them a proof needs.

A tile of level 0 holds the hashes of 256 leaves; one of level 1 the roots of 256 full tiles of level 0, and
so on. Only full tiles are stored, each with its root, so that none is ever written twice: the hashes of a
tile that is not full yet are the roots of those below it, or the leaves themselves. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from domain.ledger.tree import (
    EMPTY_ROOT,
    Frontier,
    consistency_ranges,
    hash_of,
    inclusion_ranges,
    node_hash,
    perfect,
)

HEIGHT = 8
"""Levels of the tree in one tile."""

WIDTH = 1 << HEIGHT

HASH = 32
"""Bytes of a hash."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A full tile: its level, its index at this level, its 256 hashes one after the other, and their root."""

    level: int
    index: int
    hashes: bytes
    root: bytes

    def split(self) -> list[bytes]:
        """The hashes, one by one."""
        return split(self.hashes)


class Tiler:
    """A tree that grows leaf by leaf, in the room of its right edge, and hands out each tile once full."""

    def __init__(self, edge: Iterable[Sequence[bytes]] = ()) -> None:
        """``edge``: for each level the hashes of its tile that is not full yet, as of TiledTree."""
        self._edge = [list(hashes) for hashes in edge]
        self.size = sum(len(hashes) << HEIGHT * level for level, hashes in enumerate(self._edge))

    def add(self, leaf: bytes) -> list[Tile]:
        """The tiles that this leaf completes, the lowest first: mostly none."""
        self.size += 1
        full: list[Tile] = []
        while True:
            level = len(full)
            if level == len(self._edge):
                self._edge.append([])
            hashes = self._edge[level]
            hashes.append(leaf)
            if len(hashes) < WIDTH:
                return full
            leaf = subtree(hashes)
            index = (self.size >> HEIGHT * (level + 1)) - 1
            full.append(Tile(level, index, b"".join(hashes), leaf))
            hashes.clear()

    def root(self) -> bytes:
        peaks = [
            subtree(hashes[index << level : (index + 1) << level])
            for hashes in reversed(self._edge)
            for level, index in perfect((0, len(hashes)))
        ]
        return Frontier(self.size, peaks).root()


class TiledTree:
    """Roots and proofs from tiles. ``hashes`` reads one: all that is there of a level and an index.

    Each tile is read once. Raises ValueError for what lies beyond the leaves there are.
    """

    def __init__(self, hashes: Callable[[int, int], Sequence[bytes]]) -> None:
        self._read = hashes
        self._known: dict[tuple[int, int], Sequence[bytes]] = {}

    def root(self, size: int) -> bytes:
        return hash_of((0, size), self._node) if size else EMPTY_ROOT

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """The proof that the leaf at an index is in the tree of a size."""
        return [hash_of(leaves, self._node) for leaves in inclusion_ranges(index, size)]

    def consistency(self, first: int, second: int) -> list[bytes]:
        """The proof that the tree of ``first`` is a prefix of that of ``second``."""
        return [hash_of(leaves, self._node) for leaves in consistency_ranges(first, second)]

    def edge(self, size: int) -> list[Sequence[bytes]]:
        """For each level the hashes of the tile that is not full in the tree of a size."""
        found: list[Sequence[bytes]] = []
        while size:
            size, rest = divmod(size, WIDTH)
            found.append(self._part(len(found), size, 0, rest) if rest else [])
        return found

    def _node(self, level: int, index: int) -> bytes:
        tile_level, inside = divmod(level, HEIGHT)
        tile, slot = divmod(index << inside, WIDTH)
        return subtree(self._part(tile_level, tile, slot, 1 << inside))

    def _part(self, level: int, index: int, slot: int, many: int) -> Sequence[bytes]:
        if (level, index) not in self._known:
            self._known[level, index] = self._read(level, index)
        part = self._known[level, index][slot : slot + many]
        if len(part) < many:
            raise ValueError(f"tile {index} of level {level} is not that full")
        return part


def subtree(hashes: Sequence[bytes]) -> bytes:
    """The root of a perfect subtree, from its lowest hashes."""
    while len(hashes) > 1:
        hashes = [node_hash(hashes[n], hashes[n + 1]) for n in range(0, len(hashes), 2)]
    return hashes[0]


def split(hashes: bytes) -> list[bytes]:
    """Hashes that lie one after the other."""
    return [hashes[at : at + HASH] for at in range(0, len(hashes), HASH)]
