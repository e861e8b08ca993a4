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
    Range,
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


Place = tuple[int, int]
"""Which tile: its level, and its index at this level."""


class TiledTree:
    """Roots and proofs from tiles. ``read`` gives the hashes of some tiles, of each all that are there.

    What a proof needs is known before it is read, so that it is read at once, and each tile once. Raises
    ValueError for what lies beyond the leaves there are.
    """

    def __init__(self, read: Callable[[Sequence[Place]], Iterable[Sequence[bytes]]]) -> None:
        self._read = read
        self._known: dict[Place, Sequence[bytes]] = {}
        self._nodes: dict[tuple[int, int], bytes] = {}

    def root(self, size: int) -> bytes:
        return self._hashes([(0, size)])[0] if size else EMPTY_ROOT

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """The proof that the leaf at an index is in the tree of a size."""
        return self._hashes(inclusion_ranges(index, size))

    def inclusions(self, indices: Sequence[int], size: int) -> list[list[bytes]]:
        """The same of several leaves, with all that they need read at once."""
        paths = [inclusion_ranges(index, size) for index in indices]
        self._fetch(_place(*node)[0] for path in paths for leaves in path for node in perfect(leaves))
        return [self._hashes(path) for path in paths]

    def consistency(self, first: int, second: int) -> list[bytes]:
        """The proof that the tree of ``first`` is a prefix of that of ``second``."""
        return self._hashes(consistency_ranges(first, second))

    def edge(self, size: int) -> list[Sequence[bytes]]:
        """For each level the hashes of the tile that is not full in the tree of a size."""
        ends: list[tuple[Place, int]] = []
        while size:
            size, rest = divmod(size, WIDTH)
            ends.append(((len(ends), size), rest))
        self._fetch(place for place, rest in ends if rest)
        return [self._part(place, 0, rest) if rest else [] for place, rest in ends]

    def _hashes(self, ranges: Sequence[Range]) -> list[bytes]:
        self._fetch(_place(*node)[0] for leaves in ranges for node in perfect(leaves))
        return [hash_of(leaves, self._node) for leaves in ranges]

    def _node(self, level: int, index: int) -> bytes:
        # Kept, for the paths of neighbours have nearly all of them in common.
        if (level, index) not in self._nodes:
            place, slot = _place(level, index)
            self._nodes[level, index] = subtree(self._part(place, slot, 1 << level % HEIGHT))
        return self._nodes[level, index]

    def _fetch(self, places: Iterable[Place]) -> None:
        wanted = [place for place in dict.fromkeys(places) if place not in self._known]
        self._known |= zip(wanted, self._read(wanted) if wanted else (), strict=True)

    def _part(self, place: Place, slot: int, many: int) -> Sequence[bytes]:
        part = self._known[place][slot : slot + many]
        if len(part) < many:
            raise ValueError(f"tile {place[1]} of level {place[0]} is not that full")
        return part


def _place(level: int, index: int) -> tuple[Place, int]:
    """The tile that holds the lowest stored hashes of a perfect subtree, and where they begin in it."""
    tile_level, inside = divmod(level, HEIGHT)
    tile, slot = divmod(index << inside, WIDTH)
    return (tile_level, tile), slot


def subtree(hashes: Sequence[bytes]) -> bytes:
    """The root of a perfect subtree, from its lowest hashes."""
    while len(hashes) > 1:
        hashes = [node_hash(hashes[n], hashes[n + 1]) for n in range(0, len(hashes), 2)]
    return hashes[0]


def split(hashes: bytes) -> list[bytes]:
    """Hashes that lie one after the other."""
    return [hashes[at : at + HASH] for at in range(0, len(hashes), HASH)]
