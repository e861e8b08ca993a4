"""The Merkle tree: the vectors of Certificate Transparency, every pair of sizes, and what a liar may try."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from domain.ledger.tree import (
    EMPTY_ROOT,
    Frontier,
    consistency_ranges,
    extends,
    hash_of,
    includes,
    inclusion_ranges,
    leaf_hash,
    node_hash,
    root,
)

ENTRIES = [
    bytes.fromhex(each)
    for each in (
        *("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"),
    )
]
"""The entries of the reference implementation of Certificate Transparency, whose roots follow."""

ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


def leaf(entry: bytes) -> bytes:
    return sha256(b"\0" + entry).digest()


LEAVES = [leaf(entry) for entry in ENTRIES]


def nodes(leaves: list[bytes]) -> Callable[[int, int], bytes]:
    def node(level: int, index: int) -> bytes:
        if level == 0:
            return leaves[index]
        return node_hash(node(level - 1, 2 * index), node(level - 1, 2 * index + 1))

    return node


def inclusion(leaves: list[bytes], index: int) -> list[bytes]:
    return [hash_of(each, nodes(leaves)) for each in inclusion_ranges(index, len(leaves))]


def consistency(leaves: list[bytes], first: int) -> list[bytes]:
    return [hash_of(each, nodes(leaves)) for each in consistency_ranges(first, len(leaves))]


@pytest.mark.parametrize(("size", "expected"), list(enumerate(ROOTS, start=1)))
def test_the_roots_are_those_of_certificate_transparency(size, expected):
    assert root(LEAVES[:size]).hex() == expected


def test_an_empty_tree_has_the_hash_of_nothing():
    assert root([]) == EMPTY_ROOT == sha256(b"").digest()


def test_the_proofs_are_those_of_certificate_transparency():
    assert [each.hex() for each in inclusion(LEAVES, 0)] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]
    assert [each.hex() for each in consistency(LEAVES, 6)] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


def test_every_leaf_of_every_tree_is_proved_and_stands_nowhere_else():
    leaves = [leaf(bytes([n])) for n in range(33)]
    for size in range(1, len(leaves) + 1):
        tree, top = leaves[:size], root(leaves[:size])
        for index in range(size):
            proof = inclusion(tree, index)
            assert includes(leaves[index], index, size, proof, top)
            assert not includes(leaf(b"another"), index, size, proof, top)
            elsewhere = (index + 1) % size
            assert size == 1 or not includes(leaves[index], elsewhere, size, proof, top)
            assert not includes(leaves[index], index, size, [*proof, bytes(32)], top)


def test_every_tree_extends_every_smaller_one_and_no_other():
    leaves = [leaf(bytes([n])) for n in range(33)]
    roots = [root(leaves[:size]) for size in range(len(leaves) + 1)]
    for second in range(1, len(leaves) + 1):
        for first in range(1, second + 1):
            proof = consistency(leaves[:second], first)
            assert extends(first, second, roots[first], roots[second], proof)
            assert not extends(first, second, leaf(b"another"), roots[second], proof)
            assert not extends(first, second, roots[first], leaf(b"another"), proof)
            assert not extends(first, second, roots[first], roots[second], [*proof, bytes(32)])


def test_everything_extends_the_empty_tree():
    assert extends(0, 3, EMPTY_ROOT, root(LEAVES[:3]), [])
    assert not extends(0, 3, root(LEAVES[:1]), root(LEAVES[:3]), [])


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=60), st.data())
def test_roots_and_proofs_are_those_of_an_independent_library(entries, data):
    theirs = InmemoryTree(algorithm="sha256")
    for entry in entries:
        theirs.append_entry(entry)
    leaves = [leaf(entry) for entry in entries]
    assert root(leaves) == theirs.get_root()
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = [bytes.fromhex(each) for each in theirs.prove_inclusion(index + 1).serialize()["path"]]
    assert path == [leaves[index], *inclusion(leaves, index)]
    first = theirs.get_root(index + 1)
    assert extends(index + 1, len(leaves), first, theirs.get_root(), consistency(leaves, index + 1))


def test_a_tree_that_grows_keeps_only_its_right_edge():
    tree = Frontier()
    for size, each in enumerate(LEAVES, start=1):
        tree.add(each)
        again = Frontier(size, tree.peaks)
        assert again.root() == tree.root() == root(LEAVES[:size])
    with pytest.raises(ValueError, match="peaks"):
        Frontier(3, [bytes(32)])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 3), (3, 3)])
def test_no_leaf_is_proved_that_is_not_in_the_tree(index, size):
    with pytest.raises(ValueError, match="no leaf"):
        inclusion_ranges(index, size)
    assert not includes(bytes(32), index, size, [], EMPTY_ROOT)


@pytest.mark.parametrize(("first", "second"), [(0, 3), (4, 3), (-1, 3)])
def test_a_log_does_not_shrink(first, second):
    with pytest.raises(ValueError, match="no proof"):
        consistency_ranges(first, second)
    assert first == 0 or not extends(first, second, EMPTY_ROOT, EMPTY_ROOT, [])


def test_the_leaf_binds_the_instant_whatever_zone_it_is_told_in():
    at = datetime(2025, 3, 1, 12, 0, 0, 1, tzinfo=UTC)
    same = at.astimezone(timezone(timedelta(hours=5, minutes=30)))
    said = (UUID(int=1), 1, "adi.case.case_referred.v1", b"{}")
    assert leaf_hash(1, at, *said) == leaf_hash(1, same, *said)
    assert leaf_hash(1, at, *said) != leaf_hash(1, at + timedelta(microseconds=1), *said)
    assert leaf_hash(1, at, *said) != leaf_hash(2, at, *said)
