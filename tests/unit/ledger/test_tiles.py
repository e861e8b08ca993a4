"""The tree in tiles is the tree: same roots, same proofs, whatever is full and whatever is not."""

from functools import cache
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.ledger.tiles import WIDTH, Tile, TiledTree, Tiler, split
from domain.ledger.tree import Frontier, extends, includes

pytestmark = pytest.mark.unit

MANY = WIDTH * WIDTH + 2 * WIDTH + 3
"""Leaves enough for a full tile of level 1."""

SIZES = st.one_of(
    st.integers(1, MANY),
    st.sampled_from([1, 2, 255, 256, 257, 511, 512, 513, 65535, 65536, 65537, 65792, MANY - 1, MANY]),
)


@cache
def leaf(index: int) -> bytes:
    return sha256(b"\0" + index.to_bytes(4, "big")).digest()


@cache
def grown() -> tuple[dict[tuple[int, int], Tile], dict[int, bytes]]:
    """All full tiles of the tree, and its root at some sizes by the frontier of RFC 6962."""
    tiler, tiles, frontier, roots = Tiler(), {}, Frontier(), {}
    for index in range(MANY):
        frontier.add(leaf(index))
        for tile in tiler.add(leaf(index)):
            tiles[tile.level, tile.index] = tile
        roots[index + 1] = frontier.root()
    assert tiler.root() == roots[MANY]
    return tiles, roots


def tree(size: int = MANY) -> TiledTree:
    """The tree as it would be read at a size: full tiles, roots of those below, the last leaves."""
    tiles, _ = grown()

    def hashes(level: int, index: int) -> list[bytes]:
        if (index + 1) << 8 * (level + 1) <= size:
            return tiles[level, index].split()
        if level == 0:
            return [leaf(n) for n in range(index * WIDTH, size)]
        below = range(index * WIDTH, size >> 8 * level)
        return [tiles[level - 1, n].root for n in below]

    return TiledTree(lambda places: [hashes(*place) for place in places])


def test_a_tile_holds_256_leaves_or_the_roots_of_256_tiles():
    tiles, _ = grown()
    assert sorted(tiles) == [(0, n) for n in range(WIDTH + 2)] + [(1, 0)]
    assert tiles[0, 1].hashes == b"".join(leaf(n) for n in range(256, 512))
    assert split(tiles[1, 0].hashes) == [tiles[0, n].root for n in range(WIDTH)]


@settings(max_examples=60, deadline=None)
@given(SIZES, st.data())
def test_roots_and_proofs_hold_against_the_frontier(size, data):
    _, roots = grown()
    read = tree(data.draw(st.integers(size, MANY)))
    assert read.root(size) == roots[size]
    index = data.draw(st.integers(0, size - 1))
    assert includes(leaf(index), index, size, read.inclusion(index, size), roots[size])
    first = data.draw(st.integers(1, size))
    assert extends(first, size, roots[first], roots[size], read.consistency(first, size))


@settings(max_examples=30, deadline=None)
@given(SIZES)
def test_a_tree_goes_on_from_its_edge(size):
    tiles, roots = grown()
    again = Tiler(tree(size).edge(size))
    assert (again.size, again.root()) == (size, roots[size])
    for index in range(size, min(size + 300, MANY)):
        for tile in again.add(leaf(index)):
            assert tile == tiles[tile.level, tile.index]
    assert again.root() == roots[again.size]


def test_a_proof_in_a_large_tree_reads_few_tiles():
    asked: list[list[tuple[int, int]]] = []
    whole = tree()
    counted = TiledTree(lambda places: (asked.append(list(places)), whole._read(places))[1])
    counted.inclusion(1000, MANY)
    counted.consistency(1001, MANY)
    read = [place for places in asked for place in places]
    assert len(asked[0]) <= 5
    assert len(read) == len(set(read)) <= 6


def test_an_empty_tree_has_a_root_and_no_edge():
    assert Tiler().root() == TiledTree(lambda _: []).root(0) == sha256(b"").digest()
    assert TiledTree(lambda _: []).edge(0) == []


def test_leaves_that_are_not_there_prove_nothing():
    with pytest.raises(ValueError, match="not that full"):
        tree(300).inclusion(5, 301)
    with pytest.raises(ValueError, match="not that full"):
        tree(300).consistency(5, 301)


def test_the_proofs_of_many_leaves_are_read_at_once():
    asked: list[list[tuple[int, int]]] = []
    whole = tree()
    counted = TiledTree(lambda places: (asked.append(list(places)), whole._read(places))[1])
    indices = [0, 3, 300, 70_000 % MANY, MANY - 1]
    assert counted.inclusions(indices, MANY) == [whole.inclusion(index, MANY) for index in indices]
    assert len(asked) == 1
