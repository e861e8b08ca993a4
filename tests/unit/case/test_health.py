"""The specialist services: the referral to a unit, its answer, yes or no to an attendance."""

from dataclasses import replace

import pytest

from domain.case.parts import Need, Outcome
from domain.case.rulings.health import waits
from tests.telling import ASL, SERD, SOCIAL_WORKER, given
from tests.unit.case.world import (
    ANALYSIS,
    ASL_ASSIGNED,
    ATTENDED,
    CONTACTS,
    DRAFTED,
    FRAMED,
    FRAMEWORK,
    HEALTH,
    HUSBAND,
    MET,
    MOTHER,
    SENT_TO_SERD,
    SERD_ASSIGNED,
    SIGNED,
    STRANGER,
    TAKEN,
    WITH_DRAFT,
    WITH_TEAM,
    answer,
    day,
    new,
    voided,
)

SENT = (*FRAMED, SENT_TO_SERD, SERD_ASSIGNED)

# --- the referral ----------------------------------------------------------------------------------------


def test_a_member_is_sent_where_the_framework_shows_the_need():
    given(*FRAMED).when(SOCIAL_WORKER, SENT_TO_SERD).then(SENT_TO_SERD)
    given(*WITH_TEAM).when(SOCIAL_WORKER, SENT_TO_SERD).refused("OUT_OF_ORDER", "shows a need")


@pytest.mark.parametrize(
    ("need", "shown"),
    [
        ({"area": "HEALTH"}, True),
        ({"area": "CARE"}, True),
        ({"area": "HEALTH", "member_id": None}, True),
        ({"area": "WORK"}, False),
        ({"area": "HEALTH", "level": "NONE"}, False),
        ({"area": "HEALTH", "member_id": MOTHER.member_id}, False),
    ],
    ids=["health", "care", "of the household", "work", "none", "of another"],
)
def test_a_member_is_sent_where_the_analysis_shows_the_need(need, shown):
    stated = {"need_id": new("another need"), "member_id": HUSBAND.member_id, "level": "LOW"} | need
    analysis = replace(ANALYSIS, needs_by_area=(Need(**stated),))
    outcome = given(*MET, analysis).when(SOCIAL_WORKER, SENT_TO_SERD)
    if shown:
        outcome.then(SENT_TO_SERD)
    else:
        outcome.refused("OUT_OF_ORDER", "shows a need")


def test_an_outcome_of_the_analysis_that_names_the_specialist_services_is_enough():
    outcomes = (Outcome(member_id=HUSBAND.member_id, outcome="SPECIALIST"),)
    given(*MET, replace(ANALYSIS, outcomes=outcomes)).when(SOCIAL_WORKER, SENT_TO_SERD).then(SENT_TO_SERD)


def test_no_need_at_all_is_no_need_of_the_specialist_services():
    nothing = replace(ANALYSIS, needs_by_area=())
    given(*MET, nothing).when(SOCIAL_WORKER, SENT_TO_SERD).refused("OUT_OF_ORDER", "shows a need")


def test_only_a_member_is_sent():
    given(*FRAMED).when(SOCIAL_WORKER, replace(SENT_TO_SERD, member_id=STRANGER)).refused("UNKNOWN_MEMBER")


def test_nobody_is_sent_on_a_framework_that_was_voided():
    given(*FRAMED, voided(FRAMEWORK)).when(SOCIAL_WORKER, SENT_TO_SERD).refused("OUT_OF_ORDER")


# --- its answer ------------------------------------------------------------------------------------------


def test_the_unit_answers():
    given(*SENT).when(SERD, TAKEN.event).then(TAKEN.event)
    given(*SENT, ASL_ASSIGNED).when(ASL, TAKEN.event).refused("ROLE_NOT_ALLOWED", "another unit")


def test_only_a_referral_on_record_is_answered():
    given(*SENT).when(SERD, replace(TAKEN.event, referral_id=new("no such"))).refused("NOT_RECORDED")


def test_an_answer_is_of_the_member_referred():
    hers = replace(TAKEN.event, member_id=MOTHER.member_id)
    given(*SENT).when(SERD, hers).refused("UNKNOWN_MEMBER", "another member")


def test_an_answer_holds_from_no_day_before_the_referral():
    given(*SENT).when(SERD, replace(TAKEN.event, from_on=day(3, 3))).refused("BAD_VALUE", "from_on")


def test_who_waits_is_taken_in_charge_later():
    waiting = answer("WAITING_LIST", 3, 8)
    given(*SENT, waiting).when(SERD, TAKEN.event).then(TAKEN.event)


@pytest.mark.parametrize(
    ("answers", "on", "waiting"),
    [
        ([], day(4, 1), False),
        ([answer("WAITING_LIST", 3, 8)], day(3, 7), False),
        ([answer("WAITING_LIST", 3, 8)], day(3, 8), True),
        ([answer("WAITING_LIST", 3, 8), answer("TAKEN", 4, 1)], day(3, 31), True),
        ([answer("WAITING_LIST", 3, 8), answer("TAKEN", 4, 1)], day(4, 1), False),
        ([answer("TAKEN", 4, 1), answer("WAITING_LIST", 3, 8)], day(4, 1), False),
        ([answer("REFUSED", 3, 8)], day(4, 1), False),
    ],
    ids=["no answer", "before", "that day", "before taken", "taken", "told backwards", "refused"],
)
def test_a_member_waits_from_the_answer_that_says_so_to_the_next(answers, on, waiting):
    case = given(*SENT, *answers).case
    assert waits(case, HUSBAND.member_id, on, "asl-serd") is waiting
    assert waits(case, HUSBAND.member_id, on, "asl") is waiting
    assert not waits(case, HUSBAND.member_id, on, "asl-cps")
    assert not waits(case, MOTHER.member_id, on, "asl")


# --- yes or no to an attendance --------------------------------------------------------------------------

CARED = (*SIGNED, ASL_ASSIGNED)


def test_the_service_says_whether_the_member_attended():
    given(*CARED).when(ASL, ATTENDED.event).then(ATTENDED.event)


@pytest.mark.parametrize(
    "change",
    [{"commitment_id": new("another")}, {"commitment_id": CONTACTS.id}, {"member_id": MOTHER.member_id}],
    ids=["no commitment", "of another area", "of another member"],
)
def test_it_speaks_of_a_health_commitment_of_that_member(change):
    given(*CARED).when(ASL, replace(ATTENDED.event, **change)).refused("NOT_IN_PATTO")


def test_nobody_attends_what_was_only_drafted():
    given(*WITH_DRAFT, ASL_ASSIGNED).when(ASL, ATTENDED.event).refused("NOT_IN_PATTO")


def test_another_service_says_nothing():
    told = (*CARED, FRAMEWORK, SENT_TO_SERD, SERD_ASSIGNED)
    at_the_cps = replace(HEALTH, evidence_by="asl-cps")
    patto = replace(DRAFTED, commitments=(*DRAFTED.commitments[:3], at_the_cps))
    changed = tuple(patto if fact is DRAFTED else fact for fact in told)
    given(*changed).when(SERD, ATTENDED.event).refused("ROLE_NOT_ALLOWED", "another service")


def test_a_stranger_attends_nothing():
    given(*CARED).when(ASL, replace(ATTENDED.event, member_id=STRANGER)).refused("UNKNOWN_MEMBER")


def test_an_attendance_is_not_said_otherwise():
    no = replace(ATTENDED.event, attended=False)
    given(*CARED, ATTENDED).when(ASL, no).refused("ALREADY_RECORDED")
