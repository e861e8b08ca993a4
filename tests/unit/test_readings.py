"""Two readings of the past: what was known at an instant, what is held now of a day (docs/readings.md)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from api.in_full import View, case_in_full
from domain.case.events import AppointmentMissed, EventCorrected
from domain.case.observe import delivered_on
from domain.case.state import corrected, fold
from domain.contract import occurred_on
from domain.fact import Fact
from domain.horizon import Seen, horizon
from domain.message import Message
from domain.reconstruct import as_corrected, as_known
from tests.telling import facts_of, id_of
from tests.unit.case.world import ABSENT, CONVOKED, DELIVERED, HOUSEHOLD, MOTHER, REFERRED
from tests.unit.machine.remembered import lives

PAGE = Path(__file__).parents[2] / "docs/readings.md"


def dated(facts: Sequence[Fact[Any]], *moments: datetime) -> list[Fact[Any]]:
    pairs = zip(facts, moments, strict=True)
    return [replace(fact, recorded_at=at, known_on=at.date()) for fact, at in pairs]


# --- the worked case of the page ---------------------------------------------------------------------------


def at(day: int, month: int) -> datetime:
    return datetime(2025, month, day, 9, tzinfo=UTC)


REACHED = replace(DELIVERED, delivered_at=at(28, 1))
ANOTHER_RECEIPT = EventCorrected(
    corrects_event_id=id_of(REACHED),
    reason="la ricevuta era di un'altra raccomandata",
    new_value={"delivered_at": "2025-02-09T09:00:00Z"},
    voids=False,
)
WORKED = dated(
    facts_of(REFERRED, HOUSEHOLD, CONVOKED, REACHED, ANOTHER_RECEIPT),
    *(at(20, 1), at(21, 1), at(27, 1), at(29, 1), at(16, 6)),
)
"""Recorded on 29 January that the convocation came on the 28th; corrected on 16 June: on 9 February."""


def reached(facts: Sequence[Fact[Any]], day: date) -> bool:
    """Whether by these facts the convocation had come by a day."""
    came = delivered_on(fold(facts), CONVOKED.convocation_id, MOTHER.member_id)
    return came is not None and came <= day


FIFTH, TENTH = date(2025, 2, 5), date(2025, 2, 10)


def test_the_page_says_what_the_readings_give() -> None:
    """Its table, row by row."""
    answers = {
        ("as_known_at", "2025-01-28"): reached(as_known(WORKED, at(28, 1)), FIFTH),
        ("as_known_at", "2025-02-20"): reached(as_known(WORKED, at(20, 2)), FIFTH),
        ("as_known_at", "2025-06-20"): reached(as_known(WORKED, at(20, 6)), FIFTH),
        ("as_corrected_on", "2025-02-05"): reached(as_corrected(WORKED, FIFTH), FIFTH),
        ("as_corrected_on", "2025-02-10"): reached(as_corrected(WORKED, TENTH), TENTH),
    }
    assert list(answers.values()) == [False, True, False, False, True]
    row = r"^\| `(\w+)=([\d-]{10})[^|]*\|[^|]*\| (yes|no) \|$"
    rows = re.findall(row, PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    told = {(reading, when): said == "yes" for reading, when, said in rows}
    assert told == answers


def test_the_days_of_notice_of_the_page_are_those_that_the_facts_give() -> None:
    notice = {
        name: (date(2025, 2, 10) - delivered_on(fold(facts), CONVOKED.convocation_id, MOTHER.member_id)).days
        for name, facts in {"known": as_known(WORKED, at(20, 2)), "held": as_corrected(WORKED, TENTH)}.items()
    }
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert f"{notice['known']} days of notice" in text and f"{notice['held']} day of notice" in text


def test_both_together_are_what_was_held_at_the_instant_of_the_day() -> None:
    assert reached(as_corrected(as_known(WORKED, at(1, 6)), FIFTH), FIFTH)
    assert not reached(as_corrected(as_known(WORKED, at(20, 6)), FIFTH), FIFTH)


# --- as known ----------------------------------------------------------------------------------------------


def test_what_was_known_is_the_longest_prefix_of_the_case() -> None:
    for life in lives(2, 100):
        rng, moment, facts = Random(1), at(1, 1), []
        for fact in life.facts:
            moment += timedelta(seconds=rng.randrange(0, 3))
            facts.append(replace(fact, recorded_at=moment))
        for _ in range(10):
            then = at(1, 1) + timedelta(seconds=rng.randrange(0, 2 * len(facts)))
            known = as_known(facts, then)
            assert known == facts[: len(known)]
            assert all(fact.recorded_at > then for fact in facts[len(known) :])


# --- as corrected ------------------------------------------------------------------------------------------


def test_what_is_held_of_a_day_makes_a_case_that_can_be_read() -> None:
    """Of every life and every day; no correction, and nothing that happened afterwards, is in it."""
    for life in lives(2, 100):
        days = sorted({day for fact in life.facts if (day := occurred_on(fact.event))})
        for day in [*days[:: max(1, len(days) // 12)], date(2199, 1, 1)]:
            held = as_corrected(life.facts, day)
            case = fold(held)
            case_in_full(life.facts[0].case_id, case, life.facts[-1].version, View.of(life.facts, False))
            assert all(fact.kind is not EventCorrected for fact in held)
            assert all((occurred_on(fact.event) or day) <= day for fact in held)


def test_of_the_last_day_it_is_the_case_as_it_stands() -> None:
    for life in lives(2, 100):
        held = as_corrected(life.facts, date(2199, 1, 1))
        assert held == [fact for fact in corrected(life.facts) if fact.kind is not EventCorrected]


def test_a_fact_that_was_voided_never_happened() -> None:
    void = EventCorrected(corrects_event_id=id_of(ABSENT), reason="era presente", new_value={}, voids=True)
    told = facts_of(REFERRED, HOUSEHOLD, CONVOKED, DELIVERED, ABSENT, void)
    kinds = [fact.kind for fact in as_corrected(told, date(2199, 1, 1))]
    assert AppointmentMissed not in kinds and len(kinds) == 4


# --- as shown ----------------------------------------------------------------------------------------------


def shown(seq: int, kind: str, event_id: Any, version: int) -> Seen:
    message = Message(
        recipient="cpi",
        seq=seq,
        kind=kind,  # type: ignore[arg-type]
        log_epoch=uuid4(),
        event_id=event_id,
        case_id=uuid4(),
        version=version,
        type="adi.case.case_referred.v1",
        occurred_on=None,
        recorded_at=at(1, 1),
        agency="cpi",
        ground="always",
        data={},
    )
    return Seen(message, at(seq, 2), None)


@pytest.mark.parametrize(("last", "left"), [("fact", 2), ("correction", 2), ("withdrawn", 1), ("erasure", 1)])
def test_a_horizon_holds_the_last_word_on_each_fact(last: str, left: int) -> None:
    one, two = uuid4(), uuid4()
    seen = [shown(1, "fact", one, 5), shown(2, "fact", two, 3), shown(3, last, one, 5)]
    found = horizon(seen)
    assert [each.message.version for each in found] == [3, 5][:left]
    assert [each.message.seq for each in found] == [2, 3][:left]
