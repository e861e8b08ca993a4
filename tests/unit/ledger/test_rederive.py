"""What was sealed derives again from its stored bytes, whatever it is; anything else is named."""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import orjson
import pytest
from hypothesis import assume, given, settings

from domain.catalogue import CONTRACTS
from domain.contract import BadValue, Contract, Json, Personal, encode, leaves
from domain.ledger.digests import canonical, together
from domain.ledger.keys import Key, States
from domain.ledger.rederive import Rederived, Row, known, preceding
from domain.ledger.seal import seal
from domain.ledger.tree import leaf_hash
from tests.goldens import example
from tests.unit.ledger.test_seal import FACTS, STREAM, InMemory, Told, told

pytestmark = pytest.mark.unit

UUID_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Who a fact speaks of has an id; hypothesis also says other things."""

FACTS_OF_THE_REGISTER = list(CONTRACTS.values())

ZERO = bytes(8)
"""The first instant of the year 2000, as PostgreSQL sends it."""


@dataclass(frozen=True, kw_only=True)
class Registered:
    """As the contract of Told, which says what such a fact must hold."""

    member_id: UUID
    day: str | None = None
    free: Json = None
    name: Personal[str] | None = None
    members: Personal[Json] = None
    secret: Personal[Json] = None


@pytest.fixture(autouse=True)
def _told_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    contract = Contract("told", Registered, "tell", "", frozenset(), None, False, (), (), ())
    monkeypatch.setitem(CONTRACTS, "told", contract)


class Keys(InMemory):
    """Keys of which some were destroyed."""

    def __init__(self) -> None:
        super().__init__()
        self.gone: set[str] = set()

    def held(self, key_ids: Iterable[str]) -> dict[str, Key]:
        return super().held(set(key_ids) - self.gone)

    def states(self, key_ids: Iterable[str]) -> States:
        wanted = frozenset(key_ids)
        return States(wanted & self.keys.keys(), wanted & self.gone, wanted - self.keys.keys() - self.gone)


@dataclass
class Stored:
    """An event as it lies in the log; a test changes what it likes."""

    keys: Keys
    position: int = 1
    version: int = 1
    at: bytes = ZERO
    sealed: bytes = b""
    state: bytes = b""
    link: bytes = bytes(32)

    @classmethod
    def of(cls, data: dict[str, Json], keys: Keys | None = None, **given: int) -> "Stored":
        stored = cls(keys or Keys(), **given)
        stored.event_id = uuid4()
        stored.sealed, digests = seal(Told, data, stored.event_id, STREAM, stored.keys)
        head = {
            "case_id": STREAM,
            "version": stored.version,
            "event_id": stored.event_id,
            "type": "told.v1",
            "digests": together(digests),
        }
        stored.state = canonical(head)
        return stored

    @property
    def row(self) -> Row:
        moment = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(microseconds=int.from_bytes(self.at, "big"))
        leaf = leaf_hash(self.position, moment, STREAM, self.version, "told.v1", self.state)
        chain = hashlib.sha256(self.link + leaf).digest()
        return (
            self.position,
            self.at,
            STREAM.bytes,
            self.version,
            self.event_id.bytes,
            "told.v1",
            self.state,
            self.sealed,
            chain,
        )


def rules(*stored: Stored, after: int = 0) -> list[str]:
    """What is found in some events; each is chained to the one before."""
    rows, link = [], bytes(32)
    for each in stored:
        each.link = link
        rows.append(each.row)
        link = each.row[-1]
    return found(rows, stored[0].keys, after)


def found(rows: list[Row], keys: Keys, after: int = 0) -> list[str]:
    done = Rederived(known(keys), {})
    done.run(rows, after)
    return [finding.rule for finding in done.findings]


@settings(max_examples=300, deadline=None)
@given(FACTS)
def test_any_fact_that_is_sealed_derives_again(data: dict[str, Json]) -> None:
    try:
        stored = Stored.of(data)
    except BadValue:
        assume(False)
    assert rules(stored) == []


@settings(max_examples=100, deadline=None)
@given(FACTS)
def test_it_still_derives_once_its_persons_are_erased(data: dict[str, Json]) -> None:
    try:
        stored = Stored.of(data)
    except BadValue:
        assume(False)
    subjects = (leaf.subject for leaf in leaves(Told, data))
    assume(all(subject is None or UUID_TEXT.fullmatch(subject) for subject in subjects))
    stored.keys.gone = {key_id for key_id in stored.keys.keys if not key_id.startswith("case/")}
    assert rules(stored) == []


@pytest.mark.parametrize("contract", FACTS_OF_THE_REGISTER, ids=lambda contract: contract.name)
def test_every_fact_of_the_register_derives_again_before_and_after_an_erasure(contract: Contract) -> None:
    keys, event_id, name = Keys(), uuid4(), contract.stored_name
    data = encode(example(contract.type, contract.name))
    sealed, digests = seal(contract.type, data, event_id, STREAM, keys)
    head = {"case_id": STREAM, "version": 1, "event_id": event_id, "type": name}
    state = canonical(head | {"digests": together(digests)})
    leaf = leaf_hash(1, datetime(2000, 1, 1, tzinfo=UTC), STREAM, 1, name, state)
    chain = hashlib.sha256(bytes(32) + leaf).digest()
    row = (1, ZERO, STREAM.bytes, 1, event_id.bytes, name, state, sealed, chain)
    assert found([row], keys) == []
    keys.gone = {key_id for key_id in keys.keys if not key_id.startswith("case/")}
    assert found([row], keys) == []


def test_a_value_that_is_not_sealed_cannot_be_changed() -> None:
    stored = Stored.of(told())
    stored.sealed = stored.sealed.replace(b"2025-03-03", b"2025-03-04")
    assert rules(stored) == ["DIGESTS"]


def test_a_value_that_was_taken_out_or_put_in_is_found_also_after_an_erasure() -> None:
    for change in (_without_day, _with_more):
        stored = Stored.of(told())
        change(stored)
        assert rules(stored) == ["DIGESTS"]
        stored.keys.gone = {key_id for key_id in stored.keys.keys if not key_id.startswith("case/")}
        assert rules(stored) == ["DIGESTS"]


def _without_day(stored: Stored) -> None:
    values = orjson.loads(stored.sealed)
    del values["day"]
    stored.sealed = orjson.dumps(values)


def _with_more(stored: Stored) -> None:
    stored.sealed = orjson.dumps(orjson.loads(stored.sealed) | {"more": 1})


def test_a_box_cannot_be_changed_moved_nor_given_to_another_person() -> None:
    one = Stored.of(told())
    box = orjson.loads(one.sealed)["name"]["sealed"]
    key_id, path, text = box.split("|")
    flipped = ("A" if text[20] != "A" else "B").join((text[:20], text[21:]))
    for wrong in (
        f"{key_id}|{path}|{flipped}",
        f"{key_id}|other|{text}",
        f"{key_id}|{path}|no base64",
        f"{key_id}|{path}|",
        "nothing",
        7,
    ):
        one.sealed = orjson.dumps(orjson.loads(one.sealed) | {"name": {"sealed": wrong}})
        assert rules(one) == ["SEALED"], wrong


def test_a_box_that_names_the_key_of_somebody_else_is_found_whatever_became_of_that_key() -> None:
    keys = Keys()
    one, other = Stored.of(told(), keys), uuid4()
    _, path, text = orjson.loads(one.sealed)["name"]["sealed"].split("|")
    stolen = {"name": {"sealed": f"person/{other}|{path}|{text}"}}
    one.sealed = orjson.dumps(orjson.loads(one.sealed) | stolen)
    assert rules(one) == ["KEY"]
    keys.ensure([f"person/{other}"])
    assert rules(one) == ["SEALED"]
    keys.gone = {f"person/{other}"}
    assert rules(one) == ["SEALED"]


def test_a_key_that_nobody_knows_is_told_from_one_that_was_erased() -> None:
    stored = Stored.of(told())
    person = next(key_id for key_id in stored.keys.keys if key_id.startswith("person/"))
    kept = stored.keys.keys.pop(person)
    assert rules(stored) == ["KEY"]
    stored.keys.gone = {person}
    assert rules(stored) == []
    stored.keys.keys[person] = kept
    stored.keys.gone = set()
    del stored.keys.keys[f"case/{STREAM}"]
    assert rules(stored) == ["KEY"]


@pytest.mark.parametrize(
    "change",
    [
        lambda head: head | {"version": 2},
        lambda head: head | {"type": "other.v1"},
        lambda head: head | {"case_id": str(uuid4())},
        lambda head: head | {"event_id": str(uuid4())},
    ],
)
def test_an_envelope_of_another_event_is_found(change: Callable[[dict[str, Json]], dict[str, Json]]) -> None:
    stored = Stored.of(told())
    stored.state = canonical(change(orjson.loads(stored.state)))
    assert rules(stored) == ["ENVELOPE"]


def test_values_that_are_written_in_another_way_or_not_at_all_are_found() -> None:
    stored = Stored.of(told())
    as_written = stored.sealed
    for wrong in (b" " + as_written, as_written.replace(b"{", b'{"day":"2024-01-01",', 1), b"{}"):
        stored.sealed = wrong
        assert rules(stored) == ["VALUES"], wrong


def test_an_instant_that_is_infinite_is_found() -> None:
    one, two = (Stored.of(told(), version=n, position=n) for n in (1, 2))
    row = (one.row[0], (2**63 - 1).to_bytes(8, "big"), *one.row[2:])
    assert found([row, two.row], one.keys)[:1] == ["CHAIN"]


def test_a_value_that_an_invented_one_of_an_erased_person_stands_in_for_is_found() -> None:
    for path in ("unknown", "free"):
        stored = Stored.of(told())
        values = orjson.loads(stored.sealed)
        person = f"person/{values['member_id']}"
        del values["day"]
        values[path] = {"sealed": f"{person}|{path}|AAAA"}
        stored.sealed = orjson.dumps(values)
        stored.keys.gone = {person}
        assert rules(stored) == ["SHAPE"], path


@pytest.mark.parametrize("state", [b"", b"[]", b"{}", b'{"digests":"x"}', b"\xff"])
def test_an_envelope_that_cannot_be_read_is_found(state: bytes) -> None:
    stored = Stored.of(told())
    stored.state = state
    assert rules(stored) == ["STATE"]


def test_events_that_follow_each_other_derive_again() -> None:
    keys = Keys()
    assert rules(*(Stored.of(told(), keys, position=n, version=n) for n in (1, 2, 3))) == []


def test_a_link_an_instant_a_version_and_a_gap_are_found() -> None:
    keys = Keys()
    one, two = Stored.of(told(), keys), Stored.of(told(), keys, position=2, version=2)
    assert found([one.row, two.row], keys) == ["CHAIN"]
    one.at = (5).to_bytes(8, "big")
    assert rules(one, two) == ["INSTANT"]
    one.at, three = ZERO, Stored.of(told(), keys, position=2, version=3)
    assert rules(one, three) == ["VERSION"]
    four = Stored.of(told(), keys, position=4, version=2)
    assert rules(one, four) == ["MISSING"]
    assert rules(Stored.of(told(), keys, position=9, version=5), after=8) == ["VERSION"]


def test_only_links_that_are_not_among_the_rows_are_fetched() -> None:
    keys = Keys()
    rows = [Stored.of(told(), keys, position=n, version=n + 4).row for n in (1, 2)]
    assert preceding(rows) == [(STREAM.bytes, 4)]
    assert preceding([Stored.of(told(), keys).row]) == [(STREAM.bytes, 0)]
    done = Rederived(known(keys), {(STREAM.bytes, 4): bytes(32)})
    done.run(rows[:1], 0)
    assert done.findings == []


def test_each_key_is_asked_for_once() -> None:
    asked: list[str] = []

    class Asked(Keys):
        def held(self, key_ids: Iterable[str]) -> dict[str, Key]:
            asked.extend(key_ids)
            return {}

    key = known(Asked())
    assert key("person/1") is None and key("person/1") is None and asked == ["person/1"]
