"""Convoking a household, proving the recapito, meeting, and not coming."""

from dataclasses import replace

import pytest

from domain.case.events import AppointmentHeld
from domain.case.parts import Contact
from tests.telling import AMBITO, CLOCK, CPI, SOCIAL_WORKER, given
from tests.unit.case.world import (
    ABSENT,
    CONVOKED,
    CPI_ASSIGNED,
    DELIVERED,
    EVALUATED,
    HELD,
    HOUSEHOLD,
    HUSBAND,
    MET,
    MISSED_THE_MEETING,
    MOTHER,
    STRANGER,
    WITH_TEAM,
    assignment,
    condition,
    contact,
    day,
    hour,
    new,
)

SENT = (*EVALUATED, CONVOKED)
PROVED = (*SENT, DELIVERED)


# --- convoking -------------------------------------------------------------------------------------------


def test_a_household_is_convoked():
    given(*EVALUATED).when(SOCIAL_WORKER, CONVOKED).then(CONVOKED)


def test_the_ambito_convokes_too():
    given(*EVALUATED, assignment(AMBITO)).when(AMBITO, CONVOKED).then(CONVOKED)


def test_somebody_is_convoked():
    given(*EVALUATED).when(SOCIAL_WORKER, replace(CONVOKED, member_ids=())).refused("BAD_VALUE", "member_ids")


def test_only_members_are_convoked():
    stranger = replace(CONVOKED, member_ids=(MOTHER.member_id, STRANGER))
    given(*EVALUATED).when(SOCIAL_WORKER, stranger).refused("UNKNOWN_MEMBER")


def test_an_appointment_is_after_the_day_on_which_it_is_sent():
    at_once = replace(CONVOKED, appointment_at=CONVOKED.sent_at)
    given(*EVALUATED).when(SOCIAL_WORKER, at_once).refused("BAD_VALUE", "appointment_at")


def test_a_convocation_names_the_contact_of_each_member():
    one_only = replace(CONVOKED, member_ids=(MOTHER.member_id, HUSBAND.member_id))
    given(*EVALUATED).when(SOCIAL_WORKER, one_only).refused("NOT_RECORDED", "without a contact")


@pytest.mark.parametrize("channel", ["SIISL", "BREVI_MANU"])
def test_a_notice_in_siisl_or_by_hand_needs_no_contact(channel):
    by_hand = replace(CONVOKED, channel=channel, contact_used=())
    given(*EVALUATED).when(SOCIAL_WORKER, by_hand).then(by_hand)


def test_a_contact_comes_from_a_fact_of_the_case():
    from_nowhere = replace(CONVOKED, contact_used=(replace(contact(MOTHER), from_event_id=new("nothing")),))
    given(*EVALUATED).when(SOCIAL_WORKER, from_nowhere).refused("NOT_RECORDED", "source event")


def test_a_convocation_cannot_be_said_otherwise():
    elsewhere = replace(CONVOKED, place="altrove")
    given(*SENT).when(SOCIAL_WORKER, elsewhere).refused("ALREADY_RECORDED")


PROTECTED = (*EVALUATED, condition("GENDER_VIOLENCE_PATH"))


def through(value: str) -> object:
    return replace(CONVOKED, contact_used=(contact(MOTHER, value),))


def test_a_member_in_a_protection_path_is_convoked_through_her_own_contact():
    given(*PROTECTED).when(SOCIAL_WORKER, CONVOKED).then(CONVOKED)


def test_a_member_in_a_protection_path_is_never_convoked_through_another_members_contact():
    his = through(HUSBAND.contacts[0].value)
    given(*EVALUATED).when(SOCIAL_WORKER, his).then(his)
    given(*PROTECTED).when(SOCIAL_WORKER, his).refused("CONTACT_OF_ANOTHER_MEMBER")


@pytest.mark.parametrize(
    "other", [condition("GENDER_VIOLENCE_PATH", value=False), condition("EMPLOYED")], ids=["said no", "other"]
)
def test_no_other_condition_protects(other):
    his = through(HUSBAND.contacts[0].value)
    given(*EVALUATED, other).when(SOCIAL_WORKER, his).then(his)


def test_a_contact_that_both_have_is_not_her_own():
    shared = replace(HUSBAND, contacts=MOTHER.contacts)
    household = replace(HOUSEHOLD, members=(MOTHER, shared))
    again = replace(CONVOKED, contact_used=(contact(MOTHER),))
    given(*PROTECTED, household).when(SOCIAL_WORKER, again).refused("CONTACT_OF_ANOTHER_MEMBER")


def test_a_contact_of_hers_that_is_not_safe_is_not_used():
    watched = Contact(channel="EMAIL", value="watched@example.org", safe=False, verified_on=day(1, 2))
    household = replace(HOUSEHOLD, members=(replace(MOTHER, contacts=(watched,)), HUSBAND))
    given(*PROTECTED, household).when(SOCIAL_WORKER, through(watched.value)).refused(
        "CONTACT_OF_ANOTHER_MEMBER"
    )


def test_what_protects_her_does_not_lapse():
    ended = condition("GENDER_VIOLENCE_PATH", valid_to=day(1, 5))
    given(*EVALUATED, ended).when(SOCIAL_WORKER, through(HUSBAND.contacts[0].value)).refused(
        "CONTACT_OF_ANOTHER_MEMBER"
    )


# --- the recapito ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [CLOCK, SOCIAL_WORKER], ids=lambda by: by.agency)
def test_the_recapito_is_recorded(by):
    given(*SENT).when(by, DELIVERED).then(DELIVERED)


def test_only_a_convocation_on_record_is_delivered():
    given(*EVALUATED).when(CLOCK, DELIVERED).refused("NOT_RECORDED", "no such convocation")


def test_a_convocation_is_delivered_to_who_was_convoked():
    his = replace(DELIVERED, member_id=HUSBAND.member_id)
    given(*SENT).when(CLOCK, his).refused("UNKNOWN_MEMBER", "not convoked")


def test_a_convocation_does_not_arrive_before_it_is_sent():
    given(*SENT).when(CLOCK, replace(DELIVERED, delivered_at=hour(1, 26))).refused(
        "BAD_VALUE", "delivered_at"
    )


def test_a_convocation_may_arrive_as_it_is_sent():
    at_once = replace(DELIVERED, delivered_at=CONVOKED.sent_at)
    given(*SENT).when(CLOCK, at_once).then(at_once)


def test_a_second_recapito_may_be_recorded_too():
    by_post = replace(DELIVERED, delivered_at=hour(2, 3), proof_ref="raccomandata/1")
    given(*PROVED).when(CLOCK, DELIVERED).nothing()
    given(*PROVED).when(CLOCK, by_post).then(by_post)


# --- meeting ---------------------------------------------------------------------------------------------


def test_a_meeting_on_convocation_is_recorded():
    given(*PROVED).when(SOCIAL_WORKER, HELD).then(HELD)


def test_a_household_may_come_without_a_convocation():
    spontaneous = replace(HELD, convocation_id=None, kind="SPONTANEO")
    given(*EVALUATED).when(SOCIAL_WORKER, spontaneous).then(spontaneous)


def test_an_office_records_its_own_meetings():
    there = replace(HELD, convocation_id=None, kind="SPONTANEO", seat="CPI")
    given(*PROVED).when(SOCIAL_WORKER, there).refused("ROLE_NOT_ALLOWED", "its own meetings")
    given(*WITH_TEAM, CPI_ASSIGNED).when(CPI, replace(there, appointment_id=new("at the CPI"))).tells(
        seat="CPI"
    )


def test_somebody_came_to_a_meeting():
    given(*PROVED).when(SOCIAL_WORKER, replace(HELD, attendees=())).refused("BAD_VALUE", "attendees")


def test_only_members_come_to_a_meeting():
    given(*PROVED).when(SOCIAL_WORKER, replace(HELD, attendees=(STRANGER,))).refused("UNKNOWN_MEMBER")


def test_a_meeting_on_convocation_names_it():
    unnamed = replace(HELD, convocation_id=None)
    given(*PROVED).when(SOCIAL_WORKER, unnamed).refused("NOT_RECORDED", "names it")


def test_a_meeting_names_a_convocation_on_record():
    given(*EVALUATED).when(SOCIAL_WORKER, HELD).refused("NOT_RECORDED", "no such convocation")


def test_a_meeting_cannot_be_said_otherwise():
    given(*MET).when(SOCIAL_WORKER, HELD).nothing()
    given(*MET).when(SOCIAL_WORKER, replace(HELD, held_on=day(2, 11))).refused("ALREADY_RECORDED")


# --- not coming ------------------------------------------------------------------------------------------


def test_an_absence_is_recorded_where_the_recapito_is_proved():
    given(*PROVED).when(SOCIAL_WORKER, ABSENT).then(ABSENT)


def test_nobody_misses_an_appointment_to_which_she_was_not_convoked():
    his = replace(ABSENT, member_id=HUSBAND.member_id)
    given(*PROVED).when(SOCIAL_WORKER, his).refused("UNKNOWN_MEMBER", "not convoked")
    given(*EVALUATED).when(SOCIAL_WORKER, ABSENT).refused("NOT_RECORDED", "no such convocation")


def test_the_cpi_reports_absences_from_its_own_convocations_only():
    linked = (*WITH_TEAM[:8], *WITH_TEAM[9:], CPI_ASSIGNED)
    given(*linked).when(CPI, ABSENT).refused("ROLE_NOT_ALLOWED", "its own appointments")


def test_an_absence_is_of_the_day_of_the_appointment():
    given(*PROVED).when(SOCIAL_WORKER, replace(ABSENT, missed_on=day(2, 11))).refused(
        "BAD_VALUE", "missed_on"
    )


def test_the_day_of_an_appointment_is_the_one_in_italy():
    after_midnight = replace(CONVOKED, appointment_at=hour(2, 10, 23))
    told = (*EVALUATED, after_midnight, DELIVERED)
    given(*told).when(SOCIAL_WORKER, replace(ABSENT, missed_on=day(2, 11))).tells(missed_on=day(2, 11))
    given(*told).when(SOCIAL_WORKER, ABSENT).refused("BAD_VALUE", "missed_on")


def test_who_came_was_not_absent():
    given(*MET).when(SOCIAL_WORKER, ABSENT).refused("OUT_OF_ORDER", "came")


def test_who_came_without_the_others_does_not_excuse_them():
    both = replace(
        CONVOKED,
        member_ids=(MOTHER.member_id, HUSBAND.member_id),
        contact_used=(contact(MOTHER), contact(HUSBAND)),
    )
    his = replace(DELIVERED, member_id=HUSBAND.member_id)
    absent = replace(ABSENT, member_id=HUSBAND.member_id)
    given(*EVALUATED, both, DELIVERED, his, HELD).when(SOCIAL_WORKER, absent).then(absent)


def test_without_a_recapito_there_is_no_absence():
    given(*SENT).when(SOCIAL_WORKER, ABSENT).refused("NO_PROOF_OF_CONVOCATION")


@pytest.mark.parametrize(
    ("delivered_at", "proved"),
    [(hour(2, 9, 22), True), (hour(2, 9, 23), False), (hour(2, 10, 7), False)],
    ids=["the day before", "the same day in Italy", "the same morning"],
)
def test_the_recapito_comes_a_day_before_the_appointment(delivered_at, proved):
    outcome = given(*SENT, replace(DELIVERED, delivered_at=delivered_at)).when(SOCIAL_WORKER, ABSENT)
    if proved:
        outcome.then(ABSENT)
    else:
        outcome.refused("NO_PROOF_OF_CONVOCATION")


def test_the_recapito_of_another_member_or_convocation_proves_nothing():
    both = replace(
        CONVOKED,
        member_ids=(MOTHER.member_id, HUSBAND.member_id),
        contact_used=(contact(MOTHER), contact(HUSBAND)),
    )
    his = replace(DELIVERED, member_id=HUSBAND.member_id)
    given(*EVALUATED, both, his).when(SOCIAL_WORKER, ABSENT).refused("NO_PROOF_OF_CONVOCATION")
    other = replace(CONVOKED, convocation_id=new("other"))
    of_other = replace(DELIVERED, convocation_id=new("other"))
    given(*SENT, other, of_other).when(SOCIAL_WORKER, ABSENT).refused("NO_PROOF_OF_CONVOCATION")


def test_the_first_recapito_counts():
    late = replace(DELIVERED, delivered_at=hour(2, 10, 7))
    given(*PROVED, late).when(SOCIAL_WORKER, ABSENT).then(ABSENT)


def test_an_absence_is_one_infraction():
    again = replace(ABSENT, ascertained_on=day(2, 12))
    given(*MISSED_THE_MEETING).when(SOCIAL_WORKER, ABSENT).nothing()
    given(*MISSED_THE_MEETING).when(SOCIAL_WORKER, again).refused("ALREADY_RECORDED")


def test_a_meeting_elsewhere_is_not_the_appointment():
    walked_in = AppointmentHeld(
        appointment_id=new("walked in"),
        held_on=day(2, 10),
        kind="SPONTANEO",
        seat="SERVIZIO_SOCIALE",
        attendees=(MOTHER.member_id,),
    )
    given(*PROVED, walked_in).when(SOCIAL_WORKER, ABSENT).then(ABSENT)
