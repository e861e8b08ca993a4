"""The employment services: the referral and its answer, the DID, the patto di servizio, offers of work."""

from dataclasses import replace

import pytest

from tests.telling import CPI, SOCIAL_WORKER, given, operator, said
from tests.unit.case.world import (
    ACCEPTED,
    ACTION,
    ACTIVABLE,
    ANALYSED,
    AT_THE_CPI,
    CALLED,
    CPI_ASSIGNED,
    DID,
    HUSBAND,
    MOTHER,
    OFFER,
    OPENED,
    PSP,
    RETURNED,
    SENT_TO_CPI,
    SON,
    STRANGER,
    assignment,
    change,
    day,
    evaluated,
    new,
)

READY = (*ANALYSED, ACTIVABLE)
NOT_YET = replace(ACTIVABLE, activable=False)
VOLUNTEER = evaluated(HUSBAND, "voluntary", on=day(2, 1))
HIS = replace(SENT_TO_CPI, member_id=HUSBAND.member_id)
HE_CAN = replace(ACTIVABLE, member_id=HUSBAND.member_id)
ACCREDITED = replace(SENT_TO_CPI, destination="ACCREDITATO", destination_id="accreditato-12")
OTHER_CPI = operator("cpi-12")
SENT_THERE = replace(SENT_TO_CPI, referral_id=new("there"), destination_id="cpi-12")
WITH_OTHER_CPI = (*AT_THE_CPI, SENT_THERE, said(OTHER_CPI, assignment(OTHER_CPI)))

# --- whether work can be asked of a member ---------------------------------------------------------------


def test_the_servizio_sociale_assesses_whether_a_member_can_be_activated():
    given(*ANALYSED).when(SOCIAL_WORKER, ACTIVABLE).then(ACTIVABLE)
    given(*ANALYSED, ACTIVABLE).when(SOCIAL_WORKER, NOT_YET).refused("ALREADY_RECORDED")


def test_a_volunteer_is_assessed_too():
    given(*ANALYSED, VOLUNTEER).when(SOCIAL_WORKER, HE_CAN).then(HE_CAN)


def test_nobody_is_assessed_before_the_obligations_are_evaluated():
    given(*OPENED).when(SOCIAL_WORKER, ACTIVABLE).refused("OUT_OF_ORDER", "not evaluated")


def test_who_is_excluded_is_not_assessed():
    given(*ANALYSED).when(SOCIAL_WORKER, HE_CAN).refused("NOT_OBLIGED", "excluded")


def test_a_minor_is_not_assessed():
    child = evaluated(SON, "obliged")
    his = replace(ACTIVABLE, member_id=SON.member_id)
    given(*ANALYSED, child).when(SOCIAL_WORKER, his).refused("NOT_OBLIGED", "minor")


# --- the referral ----------------------------------------------------------------------------------------


def test_an_obliged_member_who_can_be_activated_is_sent_to_the_employment_centre():
    given(*READY).when(SOCIAL_WORKER, SENT_TO_CPI).then(SENT_TO_CPI)


def test_a_volunteer_is_sent_too():
    given(*READY, VOLUNTEER, HE_CAN).when(SOCIAL_WORKER, HIS).then(HIS)


def test_an_excluded_member_is_not_sent():
    given(*READY).when(SOCIAL_WORKER, HIS).refused("NOT_OBLIGED")


def test_nobody_is_sent_before_the_obligations_are_evaluated():
    given(*OPENED).when(SOCIAL_WORKER, SENT_TO_CPI).refused("OUT_OF_ORDER", "not evaluated")
    too_early = replace(SENT_TO_CPI, referred_on=day(1, 9))
    given(*READY).when(SOCIAL_WORKER, too_early).refused("OUT_OF_ORDER", "not evaluated")


def test_nobody_is_sent_before_it_is_assessed_whether_she_can_work():
    given(*ANALYSED).when(SOCIAL_WORKER, SENT_TO_CPI).refused("OUT_OF_ORDER", "not assessed")
    of_her_husband = given(*ANALYSED, VOLUNTEER, HE_CAN)
    of_her_husband.when(SOCIAL_WORKER, SENT_TO_CPI).refused("OUT_OF_ORDER", "not assessed")
    later = replace(ACTIVABLE, assessed_on=day(2, 22))
    given(*ANALYSED, later).when(SOCIAL_WORKER, SENT_TO_CPI).refused("OUT_OF_ORDER", "not assessed")


def test_who_cannot_be_activated_is_not_sent():
    given(*ANALYSED, NOT_YET).when(SOCIAL_WORKER, SENT_TO_CPI).refused("NOT_ACTIVABLE")


def test_the_last_assessment_by_that_day_counts():
    since_march = replace(ACTIVABLE, activable=False, assessed_on=day(3, 1))
    given(*READY, since_march).when(SOCIAL_WORKER, SENT_TO_CPI).then(SENT_TO_CPI)
    later = replace(SENT_TO_CPI, referred_on=day(3, 1))
    given(*READY, since_march).when(SOCIAL_WORKER, later).refused("NOT_ACTIVABLE")


def test_the_evaluation_of_the_day_counts():
    since_march = evaluated(MOTHER, "excluded", on=day(3, 1))
    given(*READY, since_march).when(SOCIAL_WORKER, SENT_TO_CPI).then(SENT_TO_CPI)
    later = replace(SENT_TO_CPI, referred_on=day(3, 1))
    given(*READY, since_march).when(SOCIAL_WORKER, later).refused("NOT_OBLIGED")


def test_only_a_member_is_sent():
    given(*READY).when(SOCIAL_WORKER, replace(SENT_TO_CPI, member_id=STRANGER)).refused("UNKNOWN_MEMBER")


@pytest.mark.parametrize(
    "act",
    [
        {},
        {"regional_act_ref": "DGR 1/2025"},
        {"regional_act_on": day(1, 1)},
        {"regional_act_ref": "DGR 1/2025", "regional_act_on": day(2, 22)},
    ],
    ids=["no act", "an act without a date", "a date without an act", "an act of a later day"],
)
def test_an_accredited_body_needs_a_dated_regional_act_in_force(act):
    given(*READY).when(SOCIAL_WORKER, replace(ACCREDITED, **act)).refused("NO_REGIONAL_ACT")


def test_under_a_regional_act_a_member_is_sent_to_an_accredited_body():
    dated = replace(ACCREDITED, regional_act_ref="DGR 1/2025", regional_act_on=day(2, 21))
    given(*READY).when(SOCIAL_WORKER, dated).then(dated)


# --- its answer ------------------------------------------------------------------------------------------

ANSWERS = [ACCEPTED.event, RETURNED.event]


def named(event):
    return type(event).__name__


@pytest.mark.parametrize("answered", ANSWERS, ids=named)
def test_the_office_answers_a_referral(answered):
    given(*AT_THE_CPI).when(CPI, answered).then(answered)


@pytest.mark.parametrize("answered", ANSWERS, ids=named)
def test_only_a_referral_on_record_is_answered(answered):
    given(*AT_THE_CPI).when(CPI, replace(answered, referral_id=new("no such"))).refused("NOT_RECORDED")


@pytest.mark.parametrize("answered", ANSWERS, ids=named)
def test_another_office_does_not_answer(answered):
    given(*WITH_OTHER_CPI).when(OTHER_CPI, answered).refused("ROLE_NOT_ALLOWED", "another office")


@pytest.mark.parametrize("answered", ANSWERS, ids=named)
def test_an_answer_is_of_the_member_referred(answered):
    his = replace(answered, member_id=HUSBAND.member_id)
    given(*AT_THE_CPI).when(CPI, his).refused("UNKNOWN_MEMBER", "another member")


@pytest.mark.parametrize(
    "early",
    [replace(ACCEPTED.event, accepted_on=day(2, 20)), replace(RETURNED.event, returned_on=day(2, 20))],
    ids=named,
)
def test_an_answer_does_not_come_before_the_referral(early):
    given(*AT_THE_CPI).when(CPI, early).refused("BAD_VALUE", "before the referral")


def test_what_was_accepted_may_be_returned_but_not_the_other_way_round():
    given(*AT_THE_CPI, ACCEPTED).when(CPI, RETURNED.event).then(RETURNED.event)
    given(*AT_THE_CPI, RETURNED).when(CPI, ACCEPTED.event).refused("OUT_OF_ORDER", "needs a new one")


# --- DID and patto di servizio ---------------------------------------------------------------------------


def test_a_did_is_of_a_member():
    given(*AT_THE_CPI).when(CPI, DID.event).then(DID.event)
    given(*AT_THE_CPI).when(CPI, replace(DID.event, member_id=STRANGER)).refused("UNKNOWN_MEMBER")


def test_a_patto_di_servizio_is_signed_however_late():
    given(*AT_THE_CPI).when(CPI, PSP.event).then(PSP.event)
    late = replace(PSP.event, signed_on=day(9, 1))
    given(*AT_THE_CPI).when(CPI, late).then(late)


def test_an_office_signs_with_the_members_sent_to_it_and_not_given_back():
    sent_elsewhere = (*READY, SENT_THERE, said(OTHER_CPI, assignment(OTHER_CPI)), CPI_ASSIGNED)
    given(*sent_elsewhere).when(CPI, PSP.event).refused("NOT_RECORDED", "not referred to this office")
    given(*AT_THE_CPI, RETURNED).when(CPI, PSP.event).refused("OUT_OF_ORDER", "returned")
    once_more = replace(SENT_TO_CPI, referral_id=new("once more"), referred_on=day(3, 1))
    given(*AT_THE_CPI, RETURNED, once_more).when(CPI, PSP.event).then(PSP.event)


def test_who_left_the_household_signs_no_patto_di_servizio():
    left = change("LEFT", MOTHER, on=PSP.event.signed_on)
    given(*AT_THE_CPI, left).when(CPI, PSP.event).refused("UNKNOWN_MEMBER")


def test_who_cannot_be_activated_any_more_signs_no_patto_di_servizio():
    since_march = replace(ACTIVABLE, activable=False, assessed_on=day(3, 1))
    given(*AT_THE_CPI, since_march).when(CPI, PSP.event).refused("NOT_ACTIVABLE")
    excluded = evaluated(MOTHER, "excluded", on=day(3, 1))
    given(*AT_THE_CPI, excluded).when(CPI, PSP.event).refused("NOT_OBLIGED")


@pytest.mark.parametrize(
    ("change", "rule", "because"),
    [
        ({"contact_frequency": " "}, "PATTO_INCOMPLETE", "contact_frequency"),
        ({"actions": ()}, "PATTO_INCOMPLETE", "actions"),
        ({"actions": (ACTION, ACTION)}, "BAD_VALUE", "only once"),
        ({"actions": (replace(ACTION, to_on=day(3, 31)),)}, "BAD_VALUE", "before it begins"),
    ],
    ids=["no frequency", "no action", "an action twice", "backwards"],
)
def test_a_patto_di_servizio_says_how_often_and_what(change, rule, because):
    given(*AT_THE_CPI).when(CPI, replace(PSP.event, **change)).refused(rule, because)


def test_an_action_of_one_day_is_one():
    short = replace(PSP.event, actions=(replace(ACTION, to_on=ACTION.from_on),))
    given(*AT_THE_CPI).when(CPI, short).then(short)


# --- offers of work --------------------------------------------------------------------------------------


def test_an_office_records_offers_to_its_members():
    given(*AT_THE_CPI).when(CPI, OFFER.event).then(OFFER.event)
    given(*READY, CALLED, CPI_ASSIGNED).when(CPI, OFFER.event).refused("NOT_RECORDED", "not referred")


@pytest.mark.parametrize(
    ("change", "because"),
    [
        ({"fte_pct": 0}, "fte_pct"),
        ({"fte_pct": 101}, "fte_pct"),
        ({"distance_km": -1}, "distance_km"),
        ({"public_transport_min": -1}, "public_transport_min"),
        ({"duration_months": -1}, "duration_months"),
    ],
)
def test_an_offer_has_values_that_can_be(change, because):
    given(*AT_THE_CPI).when(CPI, replace(OFFER.event, **change)).refused("BAD_VALUE", because)


def test_an_offer_may_leave_open_where_it_is():
    open_one = replace(OFFER.event, distance_km=None, public_transport_min=None, fte_pct=1)
    given(*AT_THE_CPI).when(CPI, open_one).then(open_one)
