"""The erasure of what is personal of a member: the case goes on without it."""

from dataclasses import replace

import pytest

from domain.case.state import fold
from domain.contract import ERASED as GONE
from tests.telling import AMBITO, CLOCK, SOCIAL_WORKER, facts_of, given
from tests.unit.case.world import (
    AMBITO_ASSIGNED,
    CHANGED_TEAM,
    CLOSED,
    ERASED,
    EVALUATED,
    HOUSEHOLD,
    HUSBAND,
    ILL,
    MOTHER,
    OBLIGED,
    OPENED,
    PATTO,
    SON,
    STRANGER,
    TEAM,
    WITH_DRAFT,
    WITH_TEAM,
    correction,
    day,
    evaluated,
    new,
    voided,
)

TOLD = (*EVALUATED, AMBITO_ASSIGNED)


@pytest.mark.parametrize("by", [AMBITO, CLOCK], ids=lambda by: by.agency)
def test_the_ambito_or_the_clock_erases_even_in_a_closed_case(by):
    given(*TOLD).when(by, ERASED.event).then(ERASED.event)
    given(*TOLD, CLOSED).when(by, ERASED.event).then(ERASED.event)


def test_it_is_of_a_member():
    strangers = replace(ERASED.event, member_id=STRANGER)
    given(*TOLD).when(AMBITO, strangers).refused("UNKNOWN_MEMBER")


def test_the_servizio_sociale_erases_nothing():
    given(*TOLD).when(SOCIAL_WORKER, ERASED.event).refused("ROLE_NOT_ALLOWED")


@pytest.mark.parametrize(
    ("events", "rule"),
    [
        ((), "BAD_VALUE"),
        (ERASED.event.erased_event_ids * 2, "BAD_VALUE"),
        ((new("no such"),), "NOT_RECORDED"),
    ],
    ids=["none", "twice", "no fact"],
)
def test_facts_of_the_case_are_erased(events, rule):
    given(*TOLD).when(AMBITO, replace(ERASED.event, erased_event_ids=events)).refused(rule)


def test_what_was_erased_is_not_corrected_back():
    told = given(*TOLD, ERASED)
    told.when(AMBITO, correction(ERASED, ground="RETENTION_END")).refused("BAD_VALUE", "cannot be undone")
    told.when(AMBITO, voided(ERASED)).refused("BAD_VALUE", "cannot be undone")


# --- a case of which somebody was erased -----------------------------------------------------------------

NOBODY = replace(
    HUSBAND,
    name=GONE,
    surname=GONE,
    tax_code=GONE,
    birth_date=GONE,
    relationship="CONIUGE",
    contacts=GONE,
)
LEFT = replace(HOUSEHOLD, members=(MOTHER, NOBODY, SON))


def without_him(*told):
    return tuple(LEFT if fact is HOUSEHOLD else fact for fact in told)


def test_the_others_are_evaluated_all_the_same():
    given(*without_him(*OPENED)).when(CLOCK, evaluated(MOTHER)).tells(result="obliged")


def test_who_was_erased_is_evaluated_no_more():
    given(*without_him(*OPENED)).when(CLOCK, evaluated(HUSBAND)).refused("PERSON_ERASED")


def test_the_others_form_an_equipe_and_sign():
    given(*without_him(*WITH_TEAM[:-1])).when(SOCIAL_WORKER, TEAM).then(TEAM)
    given(*without_him(*WITH_DRAFT)).when(SOCIAL_WORKER, PATTO).tells(version=1)


def test_an_empty_list_that_was_sealed_as_a_whole_changes_nobody_in_the_equipe():
    left = replace(CHANGED_TEAM, added=GONE)
    case = fold(facts_of(*WITH_TEAM, left))
    assert {c.person_id for c in case.team.components} < {c.person_id for c in TEAM.components}


def test_an_erased_condition_holds_for_nobody():
    gone = replace(ILL, condition_code=GONE, value=GONE)
    told = (*OPENED, gone, OBLIGED)
    given(*told).when(CLOCK, evaluated(HUSBAND, on=day(1, 11))).tells(result="obliged")
