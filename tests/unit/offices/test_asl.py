"""The lists of a unit of the ASL: its own persons, and never another unit's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from domain.contract import encode
from projections.offices.asl import HealthCommitment, InCare, Referral, Waiting
from projections.offices.desk import people_of
from projections.offices.team import Invitation
from tests.telling import facts_of
from tests.unit.case.world import (
    ANALYSED,
    ATTENDED,
    HEALTH,
    HUSBAND,
    SENT_TO_SERD,
    SERD_ASSIGNED,
    SIGNED,
    SITTING,
    TAKEN,
    WITH_TEAM,
    answer,
    day,
)
from tests.unit.offices.holding import held, lines, listed

pytestmark = pytest.mark.unit

SENT = (*ANALYSED, SENT_TO_SERD, SERD_ASSIGNED)


def only(kind: type, recipient: str, *told: Any) -> Any:
    (line,) = listed(kind, recipient, *told)
    return line


def test_a_referral_is_open_until_the_unit_answers() -> None:
    asked = only(Referral, "asl-serd", *SENT)
    assert (asked.open, asked.member_id, asked.since) == (True, HUSBAND.member_id, day(3, 4))
    assert asked.due_on is None, "no article gives a day for the answer"
    taken = only(Referral, "asl-serd", *SENT, TAKEN)
    assert (taken.open, taken.answer, taken.from_on) == (False, "TAKEN", day(3, 10))


@pytest.mark.parametrize("other", ["asl", "asl-consultorio", "asl-csm"])
def test_no_other_unit_is_told_of_a_referral(other: str) -> None:
    assert lines(other, *SENT, TAKEN) == []
    assert people_of(held(facts_of(*SENT, TAKEN), other)) == []


def test_who_waits_is_on_the_waiting_list() -> None:
    waits = only(Waiting, "asl-serd", *SENT, answer("WAITING_LIST", 3, 12))
    assert (waits.member_id, waits.since, waits.open) == (HUSBAND.member_id, day(3, 12), True)
    assert listed(InCare, "asl-serd", *SENT, answer("WAITING_LIST", 3, 12)) == []
    assert listed(Waiting, "asl-serd", *SENT, answer("REFUSED", 3, 12)) == []


def test_who_is_taken_is_in_care_with_name_and_contacts() -> None:
    assert only(InCare, "asl-serd", *SENT, TAKEN).since == day(3, 10)
    assert people_of(held(facts_of(*SENT), "asl-serd")) == [], "before the answer a unit knows no name"
    (person,) = people_of(held(facts_of(*SENT, TAKEN), "asl-serd"))
    assert (person.name, [c.value for c in person.contacts]) == (HUSBAND.name, ["josé@example.org"])


def test_a_second_referral_is_decided_by_the_last_answer() -> None:
    again = replace(SENT_TO_SERD, referral_id=HUSBAND.member_id, referred_on=day(5, 5))
    refused = replace(answer("REFUSED", 5, 7).event, referral_id=again.referral_id)
    assert listed(InCare, "asl-serd", *SENT, TAKEN, again, type(TAKEN)(TAKEN.by, refused)) == []


def test_a_health_commitment_is_attended_yes_or_no() -> None:
    line = only(HealthCommitment, "asl", *SIGNED)
    assert (line.item_id, line.open, line.attended) == (HEALTH.id, True, None)
    said = only(HealthCommitment, "asl", *SIGNED, ATTENDED)
    assert (said.open, said.attended, said.period) == (False, True, "2025-05")
    own = set(encode(said)) - {"item_id", "member_id", "since", "open"}
    assert own == {"commitment", "frequency", "period", "attended", "confirmed_on"}


def test_a_seat_of_the_asl_is_invited_too() -> None:
    assert only(Invitation, "asl", *WITH_TEAM, SITTING).open
    assert listed(Invitation, "asl-serd", *WITH_TEAM, SITTING) == []
