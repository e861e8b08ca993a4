"""The erasure of what is personal of a member: the case goes on without it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.case.rulings.erasure import keeps_household, told_of
from domain.case.state import fold
from domain.contract import ERASED as GONE
from domain.rules.deadlines import last_day
from tests.telling import AMBITO, CLOCK, PROTOCOL_IN_FORCE, SOCIAL_WORKER, facts_of, given, id_of, said
from tests.unit.case.world import (
    AMBITO_ASSIGNED,
    ANNULLED,
    ASKED,
    CHANGED_TEAM,
    CLOSED,
    ERASED,
    EVALUATED,
    HOUSEHOLD,
    HUSBAND,
    ILL,
    MISSED,
    MOTHER,
    NOTIFIED,
    OBLIGED,
    OPENED,
    PATTO,
    REFERRED,
    REVIEW_ASKED,
    SON,
    STRANGER,
    TEAM,
    WITH_DRAFT,
    WITH_TEAM,
    correction,
    day,
    decided,
    decurtazione,
    evaluated,
    new,
    proposal,
    submitted,
    voided,
)

OPEN = (*EVALUATED, AMBITO_ASSIGNED)
TOLD = (*OPEN, CLOSED)


@pytest.mark.parametrize("by", [AMBITO, CLOCK], ids=lambda by: by.agency)
def test_the_ambito_or_the_clock_erases_in_a_closed_case(by):
    given(*TOLD).when(by, ERASED.event).then(ERASED.event)


def test_saying_it_twice_erases_once():
    given(*TOLD, ERASED).when(AMBITO, ERASED.event).nothing()


def test_a_fact_that_was_voided_is_erased_too_for_its_values_still_lie_in_the_log():
    given(*OPEN, voided(ILL), CLOSED).when(AMBITO, ERASED.event).then(ERASED.event)
    assert id_of(ILL) in told_of(HUSBAND.member_id, facts_of(*OPEN, voided(ILL)))


def test_the_facts_of_a_person_are_those_that_hold_something_personal_of_them():
    facts = facts_of(*TOLD)
    found = told_of(HUSBAND.member_id, facts)
    assert {id_of(HOUSEHOLD), id_of(ILL)} <= set(found)
    assert id_of(CLOSED) not in found and told_of(STRANGER, facts) == ()


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


# --- what is of the household as a whole -------------------------------------------------------------------

OF_ALL = replace(REFERRED, domanda_ref="INPS-ADI-2025-1")
ALONE = (OF_ALL, *OPENED[1:2], replace(HOUSEHOLD, members=(HUSBAND,)), AMBITO_ASSIGNED)
GONE_EARLY = replace(ERASED.event, ground="UNLAWFUL")


def taken(*told):
    return set(told_of(HUSBAND.member_id, facts_of(*told)))


def test_it_goes_with_the_last_member_of_a_closed_case():
    assert id_of(OF_ALL) in taken(*ALONE, CLOSED)
    assert id_of(OF_ALL) not in taken(*ALONE)
    assert id_of(OF_ALL) not in taken(OF_ALL, *OPENED[1:], AMBITO_ASSIGNED, CLOSED)


def test_an_erasure_in_an_open_case_leaves_it_until_another_one_says_that_it_goes():
    early = said(AMBITO, GONE_EARLY)
    assert taken(*ALONE, early) == set()
    assert taken(*ALONE, early, CLOSED) == {id_of(OF_ALL)}
    again = said(AMBITO, replace(GONE_EARLY, erased_event_ids=(id_of(OF_ALL),)))
    assert taken(*ALONE, early, CLOSED, again) == set()


def test_it_goes_once_whoever_was_the_last():
    mothers = said(AMBITO, replace(ERASED.event, member_id=MOTHER.member_id))
    of_two = (OF_ALL, *OPENED[1:2], replace(HOUSEHOLD, members=(HUSBAND, MOTHER)), AMBITO_ASSIGNED, CLOSED)
    assert taken(*of_two, ERASED, mothers) == set()
    assert id_of(OF_ALL) in taken(*of_two, mothers)


def test_it_goes_also_on_the_day_of_the_erasure_that_left_it():
    early = said(AMBITO, replace(GONE_EARLY, erased_event_ids=(id_of(ALONE[2]),)))
    again = replace(GONE_EARLY, erased_event_ids=(id_of(OF_ALL),))
    given(*ALONE, early, CLOSED).when(AMBITO, again).then(again)


def test_of_an_open_case_of_which_nobody_is_left_it_is_kept():
    assert keeps_household(HUSBAND.member_id, facts_of(*ALONE))
    assert not keeps_household(HUSBAND.member_id, facts_of(*ALONE, CLOSED))
    assert not keeps_household(HUSBAND.member_id, facts_of(OF_ALL, *OPENED[1:]))
    assert not keeps_household(HUSBAND.member_id, facts_of(REFERRED, *ALONE[1:]))


# --- what the law still needs (GDPR art. 17 c. 3) ----------------------------------------------------------

LONG_AFTER = replace(ERASED.event, erased_on=day(12, 31))
UNLAWFUL = replace(LONG_AFTER, ground="UNLAWFUL")
GROUNDS = [LONG_AFTER, replace(LONG_AFTER, ground="RETENTION_ENDED"), UNLAWFUL]
PROPOSED = (*ASKED, submitted(), decided(), proposal())
SANCTIONED = (*PROPOSED, AMBITO_ASSIGNED, decurtazione())
OVER = (NOTIFIED, CLOSED)


def held(because, letter, *told, states=LONG_AFTER):
    given(*told).when(AMBITO, states).refused("LEGAL_HOLD", because)
    given(*told).when(AMBITO, states).refused("LEGAL_HOLD", f"GDPR art. 17 c. 3 lett. {letter})")


@pytest.mark.parametrize("ground", ["REQUEST", "RETENTION_ENDED"])
def test_an_open_case_keeps_its_household(ground):
    held("close it first", "b", *OPEN, states=replace(ERASED.event, ground=ground))


def test_what_was_never_lawful_to_hold_is_erased_from_an_open_case_too():
    given(*OPEN).when(AMBITO, UNLAWFUL).then(UNLAWFUL)


@pytest.mark.parametrize("states", GROUNDS, ids=lambda states: states.ground)
def test_a_proposal_that_awaits_its_measure_keeps_its_proof_whatever_the_ground(states):
    held("awaits its measure", "e", *PROPOSED, AMBITO_ASSIGNED, CLOSED, states=states)


def test_a_proposal_that_was_voided_or_whose_infraction_was_keeps_nothing():
    for gone in (voided(proposal()), voided(MISSED)):
        given(*PROPOSED, AMBITO_ASSIGNED, gone, CLOSED).when(AMBITO, LONG_AFTER).then(LONG_AFTER)


@pytest.mark.parametrize("states", GROUNDS, ids=lambda states: states.ground)
def test_a_measure_that_was_not_notified_is_not_final(states):
    held("record its notifica", "e", *SANCTIONED, CLOSED, states=states)


def test_a_measure_is_final_when_its_review_can_be_asked_for_no_more():
    """Thirty days from its notifica (D12): the last one is still of the household."""
    last = last_day("D12", NOTIFIED.notified_on)
    held(f"until {last}", "e", *SANCTIONED, *OVER, states=replace(LONG_AFTER, erased_on=last))
    after = replace(LONG_AFTER, erased_on=last + timedelta(days=1))
    given(*SANCTIONED, *OVER).when(AMBITO, after).then(after)


def test_a_measure_is_not_final_on_the_day_after_the_feast_of_the_patron_saint_to_which_its_term_rolls():
    last = last_day("D12", NOTIFIED.notified_on)
    feast = replace(PROTOCOL_IN_FORCE, settings={"patron_saint": f"{last:%m-%d}"})
    after = replace(LONG_AFTER, erased_on=last + timedelta(days=1))
    given(*SANCTIONED, *OVER).when(AMBITO, after).then(after)
    given(*SANCTIONED, *OVER).under(feast).when(AMBITO, after).refused("LEGAL_HOLD", "not final")


@pytest.mark.parametrize("states", GROUNDS, ids=lambda states: states.ground)
def test_a_measure_under_review_keeps_its_proof_whatever_the_ground(states):
    held("under review", "e", *SANCTIONED, *OVER, REVIEW_ASKED, states=states)


def test_a_review_ends_with_the_annulment_or_when_it_is_voided():
    given(*SANCTIONED, *OVER, REVIEW_ASKED, ANNULLED).when(AMBITO, LONG_AFTER).then(LONG_AFTER)
    given(*SANCTIONED, *OVER, REVIEW_ASKED, voided(REVIEW_ASKED)).when(AMBITO, LONG_AFTER).then(LONG_AFTER)


def test_one_measure_that_ended_frees_no_other():
    other = decurtazione(measure_id=new("other measure"), infraction_refs=(), proposal_id=None)
    held("record its notifica", "e", *SANCTIONED, *OVER, other, REVIEW_ASKED, ANNULLED)


def test_the_hold_is_on_every_member_for_the_measure_is_on_the_benefit_of_all():
    mothers = replace(LONG_AFTER, member_id=MOTHER.member_id)
    held("under review", "e", *SANCTIONED, *OVER, REVIEW_ASKED, states=mothers)


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
