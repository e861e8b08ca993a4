"""What is accepted once is read for ever: nothing on record may stop the terms of a case, or the clock."""

from dataclasses import replace
from datetime import date

import pytest

from api.in_full import RESERVED, View, case_in_full, fact_in_full
from domain.case import events as e
from domain.case.commands import Act
from domain.case.decide import decide
from domain.case.state import fold
from domain.case.terms import terms_of
from domain.contract import BadValue, decode, encode, leaves
from domain.refused import Refused
from domain.rules.ladder import months
from tests.telling import CASE, CPI, INPS, PROTOCOL_IN_FORCE, SOCIAL_WORKER, facts_of, given, id_of, said
from tests.unit.case.world import (
    ACCEPTED,
    AT_THE_CPI,
    CALL_DELIVERED,
    CALLED,
    DELIVERED,
    EVALUATED,
    GRANTED,
    HELD,
    HOUSEHOLD,
    MET,
    MET_AT_CPI,
    MOTHER,
    RENEWED,
    RETURNED,
    condition,
    correction,
    day,
    decadenza,
)

# --- a benefit that never ends ---------------------------------------------------------------------------


@pytest.mark.parametrize("length", [-1, 0, 121, 2**31 - 1])
def test_a_benefit_lasts_months_that_end_on_a_day(length):
    given(*MET).when(INPS, replace(GRANTED, months=length)).refused("BAD_VALUE", "months")
    given(*MET, GRANTED).when(INPS, replace(RENEWED, months=length)).refused("BAD_VALUE", "months")
    corrected = correction(GRANTED, months=length)
    given(*MET, GRANTED).when(INPS, corrected).refused("BAD_VALUE", "months")


@pytest.mark.parametrize("month", ["0000-01", "1899-12", "2200-01", "9999-12"])
def test_a_month_lies_in_the_years_of_days(month):
    with pytest.raises(BadValue, match="first_month"):
        decode(e.BenefitGranted, encode(GRANTED) | {"first_month": month})


@pytest.mark.parametrize("text", ["1e999999999", "1e-999999999", "1_0", "-1", " 1", "1/0", "٣", ""])
def test_months_are_read_only_as_they_are_written(text):
    with pytest.raises(Refused, match="no number of months"):
        months(text)


# --- a correction, then an erasure -----------------------------------------------------------------------


def test_a_day_that_was_corrected_outlives_the_erasure_of_its_person():
    states = correction(DELIVERED, delivered_at="2025-01-29T09:30:00Z")
    (corrected,) = decide(Act(SOCIAL_WORKER, states), PROTOCOL_IN_FORCE, fold(facts_of(*MET)))
    sealed = [leaf for leaf in leaves(type(corrected), encode(corrected)) if leaf.personal]
    assert [leaf.path for leaf in sealed] == ["new_value.delivered_at"]
    assert [leaf.subject for leaf in sealed] == [None]


def test_what_is_personal_is_corrected_under_the_key_of_its_person_and_apart():
    states = correction(HOUSEHOLD, members=encode(HOUSEHOLD.members))
    (corrected,) = decide(Act(SOCIAL_WORKER, states), PROTOCOL_IN_FORCE, fold(facts_of(*MET)))
    named = {leaf.subject for leaf in leaves(type(corrected), encode(corrected)) if leaf.personal}
    assert None not in named
    both = correction(HOUSEHOLD, members=encode(HOUSEHOLD.members), source="ANPR")
    given(*MET).when(SOCIAL_WORKER, both).refused("BAD_VALUE", "apart")


# --- who came owes no more -------------------------------------------------------------------------------


def test_who_came_to_the_employment_centre_does_not_owe_the_patto_that_it_did_not_sign():
    told = (*AT_THE_CPI, ACCEPTED, CALLED, CALL_DELIVERED)

    def d4b(*facts):
        return next(term for term in terms_of(fold(facts_of(*facts))) if term.id == "D4b")

    assert (d4b(*told).duty_bearer, d4b(*told).member_id) == ("COMPONENTE", MOTHER.member_id)
    assert (d4b(*told, MET_AT_CPI).duty_bearer, d4b(*told, MET_AT_CPI).member_id) == ("SERVIZI", None)


def test_who_was_seen_by_the_employment_centre_and_given_back_missed_no_update():
    back = said(CPI, replace(RETURNED.event, returned_on=day(5, 8)))
    found = terms_of(fold(facts_of(*AT_THE_CPI, ACCEPTED, CALLED, CALL_DELIVERED, MET_AT_CPI, back)))
    kept = {term.started_by: (term.due_on, term.kept_on) for term in found if term.id == "D2"}
    assert kept[id_of(HELD)] == (day(5, 12), day(3, 20))
    assert kept[id_of(MET_AT_CPI)] == (day(6, 18), None)


# --- what the servizio sociale is not told ---------------------------------------------------------------

CONVICTED = said(
    INPS,
    e.InfractionAscertained(
        code="FINAL_CONVICTION",
        member_id=MOTHER.member_id,
        occurred_on=date(2025, 4, 2),
        source="tribunale",
        evidence_ref="sentenza inventata 12",
    ),
)


def test_a_conviction_is_read_neither_in_the_measure_nor_in_a_correction_of_it():
    told = (*EVALUATED, CONVICTED)
    ordered = decadenza(infraction_refs=(id_of(CONVICTED),))
    states = getattr(ordered, "event", ordered)
    (measure,) = decide(Act(INPS, states), PROTOCOL_IN_FORCE, fold(facts_of(*told)))
    assert measure.inputs["infraction"] == "FINAL_CONVICTION"
    corrected = said(INPS, correction(CONVICTED, evidence_ref="sentenza inventata 13"))
    facts = facts_of(*told, said(INPS, measure), corrected)
    view = View.of(facts, in_charge=True)
    shown = str([case_in_full(CASE, fold(facts), 9, view), *(fact_in_full(f, view) for f in facts)])
    assert "FINAL_CONVICTION" not in shown and "sentenza" not in shown and RESERVED in shown


def test_a_refusal_does_not_tell_of_a_protection_path():
    another = said(CPI, replace(CALLED.event, contact_used="altra@example.org"))
    outcome = given(*AT_THE_CPI, condition("GENDER_VIOLENCE_PATH")).when(CPI, another.event)
    outcome.refused("CONTACT_OF_ANOTHER_MEMBER")
    assert "protect" not in str(outcome.refusal)
