"""How values are digested, sealed and opened again."""

import itertools
import os
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain.contract import (
    BadValue,
    Json,
    Leaf,
    Personal,
    cut,
    leaves,
    pattern,
)
from domain.ledger.digests import canonical, digest
from domain.ledger.ids import event_id as new_event_id
from domain.ledger.keys import Key, key_from
from domain.ledger.seal import Damaged, Keys, boxes, key_of, open_all, seal

pytestmark = pytest.mark.unit

EVENT, STREAM = uuid4(), uuid4()


def opened(values: Json, event_id: UUID, keys: Keys, *, whole: bool = False) -> Json:
    """The values in clear, beside those that stay as they were."""
    clear = deepcopy(values)
    open_all([(event_id, clear)], keys, whole=whole)
    return clear


@dataclass(frozen=True)
class Told:
    """A fact with every kind of field."""

    member_id: UUID
    day: str
    free: Json
    name: Personal[str]
    members: Personal[Json]
    secret: Personal[Json]


class InMemory:
    """Keys that live as long as the test."""

    def __init__(self) -> None:
        self.keys: dict[str, Key] = {}

    def held(self, key_ids: Iterable[str]) -> dict[str, Key]:
        return {key_id: self.keys[key_id] for key_id in key_ids if key_id in self.keys}

    def ensure(self, key_ids: Iterable[str]) -> dict[str, Key]:
        return {key_id: self.keys.setdefault(key_id, key_from(os.urandom(32))) for key_id in key_ids}

    def erasures(self) -> int:
        return 0


def told(**more: Json) -> dict[str, Json]:
    return {"member_id": str(uuid4()), "day": "2025-03-03", "name": "Anna", **more}


def stored(data: dict[str, Json], keys: InMemory, event: UUID = EVENT) -> tuple[Any, list[str]]:
    values, digests = seal(Told, data, event, STREAM, keys)
    return orjson.loads(values), digests


def digest_of(leaf: Leaf, keys: InMemory, *, event: UUID = EVENT, path: str | None = None) -> str:
    """As whoever is given path, salt and value computes it."""
    where = leaf.path if path is None else path
    salt = keys.keys[key_of(leaf, STREAM)].salt(event.bytes + where.encode())
    return digest(salt, where, leaf.value)


# --- any tree ---------------------------------------------------------------------------------------------

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(max_size=8)
    | st.uuids().map(str)
    | st.sampled_from(["a|b", "sealed", "erased", "person/x|y|z", ""])
)
NAMES = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=4) | st.sampled_from(
    ["member_id", "person_id", "name", "sealed", "erased", "a.b", "x[0]", "a|b"]
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
FACTS = st.fixed_dictionaries(
    {"member_id": st.uuids().map(str), "free": TREES, "members": TREES, "secret": TREES},
    optional={"name": st.text(max_size=8), "day": st.just("2025-03-03")},
)


@settings(max_examples=400, deadline=None)
@given(FACTS)
def test_any_fact_is_refused_or_comes_back_as_it_went_in(data: dict[str, Json]) -> None:
    keys = InMemory()
    try:
        values, digests = stored(data, keys)
    except BadValue:
        paths = [leaf.path for leaf in leaves(Told, data)]
        subjects = {leaf.subject for leaf in leaves(Told, data)}
        assert boxes(data) or len(set(paths)) < len(paths) or any("|" in (each or "") for each in subjects)
        return
    assert opened(values, EVENT, keys, whole=True) == data
    assert len(digests) == len(list(leaves(Told, data)))


@settings(max_examples=200, deadline=None)
@given(FACTS)
def test_every_value_opens_exactly_one_digest_and_a_changed_one_none(data: dict[str, Json]) -> None:
    keys = InMemory()
    try:
        _, digests = stored(data, keys)
    except BadValue:
        assume(False)
    assert digests == sorted(set(digests))
    for leaf in leaves(Told, data):
        assert digests.count(digest_of(leaf, keys)) == 1
        other = Leaf(leaf.path, [leaf.value, "changed"], leaf.personal, leaf.subject)
        assert digest_of(other, keys) not in digests
        assert digest_of(leaf, keys, path=leaf.path + "x") not in digests
        assert digest_of(leaf, keys, event=uuid4()) not in digests
        assert digest(os.urandom(32), leaf.path, leaf.value) not in digests


@settings(max_examples=100, deadline=None)
@given(FACTS)
def test_without_the_keys_of_the_persons_only_their_values_are_gone(data: dict[str, Json]) -> None:
    keys = InMemory()
    try:
        values, _ = stored(data, keys)
    except BadValue:
        assume(False)
    keys.keys = {key_id: key for key_id, key in keys.keys.items() if key_id.startswith("case/")}
    gone = opened(values, EVENT, keys, whole=True)
    for leaf in leaves(Told, data):
        assert at(gone, leaf.path, data) == ({"erased": True} if leaf.personal else leaf.value)


def at(tree: Json, path: str, like: Json) -> Json:
    """The value at a path, names with dots in them found by how the original was walked."""
    return dict(walk(like, tree))[path]


def walk(like: Json, tree: Json, path: str = "") -> Iterable[tuple[str, Json]]:
    yield path, tree
    if type(like) is dict and type(tree) is dict and like.keys() == tree.keys():
        for name in like:
            yield from walk(like[name], tree[name], f"{path}.{name}" if path else name)
    elif type(like) is list and type(tree) is list:
        for n, (one, other) in enumerate(zip(like, tree, strict=True)):
            yield from walk(one, other, f"{path}[{n}]")


# --- by hand ----------------------------------------------------------------------------------------------


def test_a_value_that_is_none_keeps_its_place() -> None:
    keys = InMemory()
    data = told(free={"ended_on": None, "list": [{"x": None}, {"y": 1}]}, secret={"ended_on": None})
    values, _ = stored(data, keys)
    assert values["free"] == data["free"]
    assert opened(values, EVENT, keys, whole=True) == data


def test_two_equal_values_have_different_digests_and_different_boxes() -> None:
    keys = InMemory()
    values, digests = stored(told(secret={"one": "same", "other": "same"}), keys)
    assert len(set(digests)) == len(digests)
    assert values["secret"]["one"] != values["secret"]["other"]


def test_length_keeps_path_and_value_apart() -> None:
    salt = os.urandom(32)
    assert digest(salt, "a", "b") != digest(salt, 'a"', "b")
    assert digest(salt, 'a"b', "") != digest(salt, "a", 'b"')


def test_the_canonical_text_of_an_object_does_not_depend_on_the_order_of_its_names() -> None:
    texts = {canonical(dict(pairs)) for pairs in itertools.permutations([("b", 1), ("a", "è"), ("c", None)])}
    assert texts == {'{"a":"è","b":1,"c":null}'.encode()}


def test_each_value_speaks_of_the_person_named_nearest_to_it() -> None:
    one, other, around = str(uuid4()), str(uuid4()), str(uuid4())
    data = told(secret="s") | {
        "member_id": around,
        "members": [
            {"member_id": one, "name": "A"},
            {"member_id": other, "deep": {"name": "B"}},
            {"name": "C"},
        ],
    }
    found = {leaf.path: key_of(leaf, STREAM) for leaf in leaves(Told, data)}
    assert found["members[0].name"] == f"person/{one}"
    assert found["members[1].deep.name"] == f"person/{other}"
    assert found["members[2].name"] == found["name"] == found["secret"] == f"person/{around}"
    assert found["day"] == found["members[0].member_id"] == f"case/{STREAM}"
    without = {name: value for name, value in data.items() if name != "member_id"}
    assert {key_of(leaf, STREAM) for leaf in leaves(Told, without) if leaf.path == "secret"} == {
        f"household/{STREAM}"
    }


def test_erasing_one_person_leaves_the_other() -> None:
    keys, one, other = InMemory(), str(uuid4()), str(uuid4())
    data = told(members=[{"member_id": one, "name": "A"}, {"member_id": other, "name": "B"}])
    values, _ = stored(data, keys)
    del keys.keys[f"person/{one}"]
    found = opened(values, EVENT, keys, whole=True)
    assert found["members"] == [
        {"member_id": one, "name": {"erased": True}},
        {"member_id": other, "name": "B"},
    ]
    assert found["name"] == "Anna"


@pytest.mark.parametrize("whole", [True, False])
def test_a_sealed_value_opens_in_no_other_event(whole: bool) -> None:
    keys = InMemory()
    values, _ = stored(told(), keys)
    with pytest.raises(Damaged):
        opened(values, uuid4(), keys, whole=whole)


@pytest.mark.parametrize("whole", [True, False])
def test_a_sealed_value_opens_in_no_other_field_of_its_event(whole: bool) -> None:
    keys = InMemory()
    values, _ = stored(told(secret="s"), keys)
    values["name"], values["secret"] = values["secret"], values["name"]
    with pytest.raises(Damaged):
        opened(values, EVENT, keys, whole=whole)


def test_values_of_two_entries_of_a_list_cannot_be_exchanged_in_the_log() -> None:
    keys = InMemory()
    values, _ = stored(told(members=[{"name": "A"}, {"name": "B"}]), keys)
    values["members"].reverse()
    with pytest.raises(Damaged):
        opened(values, EVENT, keys, whole=True)


def test_entries_that_moved_up_in_an_extract_still_open() -> None:
    keys = InMemory()
    values, _ = stored(told(members=[{"name": "A"}, {"name": "B"}]), keys)
    extract = cut(values, frozenset({"members[1].name"}), {})
    (found,) = extract["members"]
    assert opened({"members": [found]}, EVENT, keys) == {"members": [{"name": "B"}]}
    assert pattern("members[1].name") == "members[].name"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda box: box[:-6] + "AAAA==", id="other bytes"),
        pytest.param(lambda box: box[:-3], id="cut short"),
        pytest.param(lambda box: box.rsplit("|", 1)[0] + "|", id="nothing"),
        pytest.param(lambda box: box.rsplit("|", 1)[0] + "|AAAA", id="less than a nonce"),
        pytest.param(lambda box: box.rsplit("|", 1)[0] + "|not base 64", id="no base64"),
        pytest.param(lambda box: box.replace("|name|", "|day|"), id="another path in the box"),
        pytest.param(lambda box: "no bar in it", id="no box"),
        pytest.param(lambda box: 7, id="no text"),
        pytest.param(lambda box: "person/other|" + box.split("|", 1)[1], id="the key of another person"),
    ],
)
def test_a_changed_box_is_damage(change: Any) -> None:
    keys = InMemory()
    keys.ensure(["person/other"])
    values, _ = stored(told(), keys)
    values["name"] = {"sealed": change(values["name"]["sealed"])}
    with pytest.raises(Damaged):
        opened(values, EVENT, keys, whole=True)


@pytest.mark.parametrize("forged", ["x", "person/x|name|AAAA", 7, None, {"sealed": "x"}])
@pytest.mark.parametrize("place", ["name", "day", "free"])
def test_what_looks_sealed_is_never_stored_as_a_value(place: str, forged: Json) -> None:
    with pytest.raises(BadValue) as caught:
        stored(told() | {place: {"sealed": forged}}, InMemory())
    assert caught.value.where == place


def test_two_values_at_one_path_are_refused() -> None:
    with pytest.raises(BadValue):
        stored(told(free={"a.b": 1, "a": {"b": 2}}), InMemory())


def test_a_value_of_a_megabyte_is_sealed_and_opened() -> None:
    keys, large = InMemory(), "è" * 1_048_576
    values, _ = stored(told(secret=large), keys)
    assert opened(values, EVENT, keys, whole=True)["secret"] == large


def test_ids_of_events_are_version_7_and_grow_with_time() -> None:
    made = [new_event_id() for _ in range(1_000)]
    assert {one.version for one in made} == {7} and {one.variant for one in made} == {"specified in RFC 4122"}
    stamps = [one.int >> 80 for one in made]
    assert stamps == sorted(stamps) and len(set(made)) == 1_000
