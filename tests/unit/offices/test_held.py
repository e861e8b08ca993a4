"""Whatever a message holds, no list of an office fails: what cannot be read is as if it were not there."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, date, datetime
from random import Random
from typing import Any
from uuid import UUID

import pytest

from domain.contract import CONTRACTS
from projections.offices import OFFICES, office_of
from projections.offices.desk import lines_of, people_of
from projections.offices.held import NOTHING, Held, Told, Values, told
from projections.offices.people import folded
from tests.telling import facts_of
from tests.unit.case.world import LIVES
from tests.unit.offices.holding import RULES, held

pytestmark = pytest.mark.unit

NOW = datetime(2025, 3, 3, 10, tzinfo=UTC)
ERASED = {"erased": True}
WRONG: list[Any] = [
    None,
    ERASED,
    [],
    {},
    "",
    "x",
    "2025-13-40",
    "0001-01-01T00:00:00+14:00",
    0,
    True,
    [None],
    [ERASED],
]


@pytest.mark.parametrize("recipient", ["cpi", "ust", "asl", "asl-serd", "comune-058091"])
def test_no_value_of_any_fact_can_stop_a_list(recipient: str) -> None:
    office = office_of(recipient)
    assert office is not None
    rng = Random(f"values of {recipient}")
    for life in LIVES.values():
        case = held(facts_of(*life), recipient)
        for _ in range(60):
            garbled = [_garbled(fact, rng) for fact in case.facts]
            people_of(Held(recipient, case.case_id, garbled))
            lines_of(Held(recipient, case.case_id, garbled), office, RULES)


def test_facts_in_any_order_and_with_no_value_at_all_are_read() -> None:
    for kind, office in OFFICES.items():
        empty = [told(UUID(int=n), n, c.stored_name, NOW, {}) for n, c in enumerate(CONTRACTS.values(), 1)]
        still_open = [fact for fact in empty if fact.kind and fact.kind.__name__ != "CaseClosed"]
        assert lines_of(Held(kind, UUID(int=0), still_open), office, RULES) is not None


def test_a_fact_of_a_kind_that_is_not_known_yet_is_left_aside() -> None:
    assert told(UUID(int=1), 1, "adi.case.not_yet.v1", NOW, {}).kind is None
    assert told(UUID(int=1), 1, "nonsense", NOW, {}).kind is None
    newer = told(UUID(int=1), 1, "adi.case.case_closed.v9", NOW, {})
    assert Held("cpi", UUID(int=0), [newer]).closed


def test_a_value_is_read_as_what_it_should_be_or_not_at_all() -> None:
    row = Values(
        {"day": "2025-03-03", "at": "2025-03-03T23:30:00.000000Z", "gone": ERASED, "n": 3, "yes": True}
    )
    assert row.day("day") == date(2025, 3, 3)
    assert row.day("at") == date(2025, 3, 4), "the legal day of an instant is the Italian one"
    assert (row.text("gone"), row.day("gone"), row.inner("gone").text("kind")) == (None, None, None)
    assert (row.number("yes"), row.yes("n"), row.text("n")) == (None, None, None)
    assert (NOTHING.text("day"), NOTHING.ids("day"), NOTHING.rows("day")) == (None, frozenset(), [])


@pytest.mark.parametrize(
    ("name", "plain"),
    [("D'Àmico", "d amico"), ("Ștefan", "stefan"), ("  MARÌA  Rosa ", "maria rosa"), (None, None)],
)
def test_a_name_is_searched_without_accents_and_case(name: str | None, plain: str | None) -> None:
    assert folded(name) == plain


def _garbled(fact: Told, rng: Random) -> Told:
    data = deepcopy(fact.data)
    for _ in range(rng.randrange(3)):
        data = _with_one_wrong(data, rng)
    return Told(data, fact.event_id, fact.version, fact.kind, fact.recorded_on)


def _with_one_wrong(data: Any, rng: Random) -> Any:
    """The same with one value, at whatever depth, in place of which stands something else."""
    if isinstance(data, dict) and data and rng.random() < 0.9:
        name = rng.choice(sorted(data))
        return data | {name: _with_one_wrong(data[name], rng)}
    if isinstance(data, list) and data and rng.random() < 0.9:
        place = rng.randrange(len(data))
        return [*data[:place], _with_one_wrong(data[place], rng), *data[place + 1 :]]
    return rng.choice(WRONG)
