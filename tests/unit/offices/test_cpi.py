"""The lists of the employment centre, from what it is told of a household."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from domain.case import events as e
from domain.rules.deadlines import last_day
from projections.offices.cpi import Convocation, Member, Offer, Referral, ServicePatto, Update, of_case
from projections.offices.desk import people_of
from projections.offices.team import Invitation
from tests.telling import CPI, facts_of, said
from tests.unit.case.world import (
    ACCEPTED,
    AT_THE_CPI,
    CALL_DELIVERED,
    CALLED,
    CLOSED,
    DID,
    EXPIRED,
    GRANTED,
    INVITED,
    MET_AT_CPI,
    MOTHER,
    NEW_EMAIL,
    NOT_AT_CPI,
    OFFER,
    PSP,
    RENEWED,
    RETURNED,
    SAT,
    SENT_TO_CPI,
    SITTING,
    WITH_PSP,
    WITH_TEAM,
    change,
    contacts_now,
    correction,
    day,
    decadenza,
    voided,
)
from tests.unit.offices.holding import RULES, held, lines, listed

pytestmark = pytest.mark.unit


def only(kind: type, *told: Any) -> Any:
    (line,) = listed(kind, "cpi", *told)
    return line


def test_a_referral_is_open_until_it_is_accepted_or_returned() -> None:
    sent = only(Referral, *AT_THE_CPI)
    assert (sent.item_id, sent.member_id, sent.since) == (
        SENT_TO_CPI.referral_id,
        MOTHER.member_id,
        SENT_TO_CPI.referred_on,
    )
    assert (sent.open, sent.due_on) == (True, None), "no article gives a day for the answer"
    accepted = only(Referral, *AT_THE_CPI, ACCEPTED)
    assert (accepted.open, accepted.accepted_on) == (False, day(2, 24))
    returned = only(Referral, *AT_THE_CPI, RETURNED)
    assert (returned.open, returned.returned_on, returned.reason) == (False, day(2, 26), "NOT_COMPETENT")


def test_who_was_given_back_is_on_no_other_list() -> None:
    for_her = {type(line) for line in lines("cpi", *AT_THE_CPI, CALLED, RETURNED)}
    assert for_her == {Referral, Convocation}


def test_an_office_is_told_nothing_of_who_was_sent_to_another() -> None:
    assert lines("cpi-altrove", *WITH_PSP) == []


def test_the_sixty_days_are_those_of_the_law() -> None:
    line = only(ServicePatto, *AT_THE_CPI)
    by_law = last_day("D4a", SENT_TO_CPI.referred_on, RULES)
    assert (line.convoke_by, line.due_on, line.open) == (by_law, by_law, True)
    assert line.sign_by == last_day("D4b", SENT_TO_CPI.referred_on, RULES)


def test_the_patron_saint_of_the_ambito_moves_a_last_day() -> None:
    first = only(ServicePatto, *AT_THE_CPI).convoke_by
    feast = RULES.with_setting("patron_saint", f"{first:%m-%d}")
    moved = [
        line for line in of_case(held(facts_of(*AT_THE_CPI), "cpi"), feast) if isinstance(line, ServicePatto)
    ]
    assert moved[0].convoke_by > first


def test_who_was_convoked_must_sign_next() -> None:
    convoked = only(ServicePatto, *AT_THE_CPI, CALLED)
    assert (convoked.convoked_on, convoked.due_on, convoked.open) == (day(3, 3), convoked.sign_by, True)
    signed = only(ServicePatto, *AT_THE_CPI, CALLED, MET_AT_CPI, PSP)
    assert (signed.signed_on, signed.open) == (day(3, 20), False)


def test_a_convocation_is_open_until_it_has_an_outcome() -> None:
    sent = only(Convocation, *AT_THE_CPI, CALLED)
    assert (sent.open, sent.delivered_on, sent.due_on) == (True, None, day(3, 20))
    delivered = only(Convocation, *AT_THE_CPI, CALLED, CALL_DELIVERED)
    assert (delivered.open, delivered.delivered_on) == (True, day(3, 4))
    assert only(Convocation, *AT_THE_CPI, CALLED, CALL_DELIVERED, MET_AT_CPI).outcome == "HELD"
    missed = only(Convocation, *AT_THE_CPI, CALLED, CALL_DELIVERED, NOT_AT_CPI)
    assert (missed.outcome, missed.open) == ("MISSED", False)


def test_the_ninety_days_run_from_the_last_contact_with_the_office() -> None:
    assert listed(Update, "cpi", *AT_THE_CPI, ACCEPTED, CALLED) == []
    line = only(Update, *WITH_PSP)
    assert (line.since, line.due_on) == (day(3, 20), last_day("D3", day(3, 20), RULES))
    held_again = said(CPI, e.PeriodicUpdateHeld(member_id=MOTHER.member_id, held_on=day(6, 2), seat="CPI"))
    assert only(Update, *WITH_PSP, held_again).since == day(6, 2)
    elsewhere = said(CPI, replace(held_again.event, seat="SERVIZIO_SOCIALE"))
    assert only(Update, *WITH_PSP, elsewhere).since == day(3, 20)


def test_no_update_falls_due_after_the_end_of_the_benefit() -> None:
    due = only(Update, *WITH_PSP).due_on
    before = replace(EXPIRED, expired_on=due - timedelta(days=1))
    assert listed(Update, "cpi", *WITH_PSP, before) == []
    assert only(Update, *WITH_PSP, replace(EXPIRED, expired_on=due)).due_on == due
    assert only(Update, *WITH_PSP, before, RENEWED).due_on == due
    lost = replace(decadenza(), effective_from=day(4, 1), affected_scope="HOUSEHOLD")
    assert listed(Update, "cpi", *WITH_PSP, lost) == []
    annulled = e.MeasureAnnulled(
        measure_id=lost.measure_id, annulled_on=day(7, 10), authority="INPS", reason="in autotutela"
    )
    assert only(Update, *WITH_PSP, lost, annulled).due_on == due


def test_nobody_who_left_the_household_is_waited_for() -> None:
    due = only(Update, *WITH_PSP).due_on
    assert listed(Update, "cpi", *WITH_PSP, change("LEFT", MOTHER, on=due)) == []
    assert only(Update, *WITH_PSP, change("RESIDENCE", MOTHER, on=due)).due_on == due


def test_the_sheet_tells_what_the_office_may_know_of_a_member() -> None:
    sheet = only(Member, GRANTED, *WITH_PSP, EXPIRED)
    assert (sheet.since, sheet.accepted_on, sheet.activable) == (SENT_TO_CPI.referred_on, day(2, 24), True)
    assert [each.result for each in sheet.obligations] == ["obliged"]
    assert (sheet.did_on, sheet.service_patto_on) == (day(3, 20), day(3, 20))
    assert sheet.benefit_ended_on == day(8, 31)
    assert only(Member, GRANTED, *WITH_PSP, EXPIRED, RENEWED).benefit_ended_on is None
    assert DID in WITH_PSP


def test_an_offer_stands_on_the_day_of_its_record() -> None:
    offer = only(Offer, *WITH_PSP, OFFER)
    assert (offer.outcome, offer.fte_pct, offer.open, offer.since) == ("REFUSED", 80, False, date(2025, 1, 2))


def test_an_invitation_is_open_until_it_is_answered_or_the_sitting_is_over() -> None:
    invited = only(Invitation, *WITH_TEAM, SITTING)
    assert (invited.open, invited.due_on, invited.until_on) == (True, day(3, 5), day(3, 6))
    answered = only(Invitation, *WITH_TEAM, SITTING, INVITED)
    assert (answered.open, answered.answer, answered.held) == (False, "ACCEPTED", False)
    assert not only(Invitation, *WITH_TEAM, SITTING, SAT).open


def test_people_are_named_with_the_contacts_last_updated() -> None:
    def her(*told: Any) -> Any:
        (person,) = people_of(held(facts_of(*told), "cpi"))
        return person

    assert (her(*AT_THE_CPI).surname, her(*AT_THE_CPI).relationship) == ("Inventata", None)
    assert [c.value for c in her(*AT_THE_CPI).contacts] == ["rosaria@example.org"]
    assert [c.value for c in her(*AT_THE_CPI, NEW_EMAIL).contacts] == ["rosaria.nuova@example.org"]
    late = contacts_now(MOTHER, "vecchia@example.org", on=day(1, 3))
    assert [c.value for c in her(*AT_THE_CPI, NEW_EMAIL, late).contacts] == ["rosaria.nuova@example.org"]


def test_a_closed_case_has_nothing_on_the_desk() -> None:
    assert lines("cpi", *WITH_PSP)
    assert lines("cpi", *WITH_PSP, CLOSED) == []


def test_a_correction_moves_a_term_and_what_is_voided_goes() -> None:
    corrected = only(ServicePatto, *AT_THE_CPI, correction(SENT_TO_CPI, referred_on="2025-03-03"))
    assert corrected.convoke_by == last_day("D4a", day(3, 3), RULES)
    assert lines("cpi", *AT_THE_CPI, voided(SENT_TO_CPI)) == []
