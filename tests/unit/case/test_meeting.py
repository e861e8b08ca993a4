"""The convocations of the employment services, contacts that changed, updates, and what goes into GePI."""

from dataclasses import replace
from itertools import permutations

import pytest

from domain.case.parts import Contact
from tests.telling import (
    AMBITO,
    CLOCK,
    CPI,
    INPS,
    PROTOCOL_IN_FORCE,
    SOCIAL_WORKER,
    given,
    operator,
    said,
)
from tests.unit.case.world import (
    ABSENT,
    ACTIVABLE,
    AMBITO_ASSIGNED,
    ANALYSED,
    AT_THE_CPI,
    CALL_DELIVERED,
    CALLED,
    CONVOKED,
    DELIVERED,
    DRAFTED,
    EVALUATED,
    HOUSEHOLD,
    HUSBAND,
    MET,
    MET_AT_CPI,
    MOTHER,
    NOT_AT_CPI,
    PAD,
    REGISTERED,
    RETURNED,
    SENT_TO_CPI,
    SIGNED,
    SON,
    STRANGER,
    UPDATED,
    WITH_PSP,
    assignment,
    change,
    condition,
    contact,
    contacts_now,
    correction,
    day,
    hour,
    id_of,
    new,
    under,
    voided,
)

PROTECTED = condition("GENDER_VIOLENCE_PATH")
HERS, HIS = MOTHER.contacts[0].value, HUSBAND.contacts[0].value

# --- the convocation of an employment service ------------------------------------------------------------


def test_the_employment_centre_convokes_who_was_sent_to_it():
    given(*AT_THE_CPI).when(CPI, CALLED.event).then(CALLED.event)
    given(*AT_THE_CPI, RETURNED).when(CPI, CALLED.event).refused("OUT_OF_ORDER", "returned")
    his = replace(CALLED.event, member_id=HUSBAND.member_id)
    given(*AT_THE_CPI).when(CPI, his).refused("NOT_RECORDED", "not referred to this office")


def test_an_accredited_body_convokes_who_was_sent_to_it():
    body = operator("accreditato-12")
    there = replace(
        SENT_TO_CPI,
        destination="ACCREDITATO",
        destination_id="accreditato-12",
        regional_act_ref="DGR 1/2025",
        regional_act_on=day(1, 1),
    )
    told = (*ANALYSED, ACTIVABLE, there, said(body, assignment(body)))
    given(*told).when(body, CALLED.event).then(CALLED.event)
    proved = (*told, said(body, CALLED.event))
    given(*proved).when(body, CALL_DELIVERED.event).then(CALL_DELIVERED.event)
    held = replace(MET_AT_CPI.event, seat="SOGGETTO_ACCREDITATO")
    given(*proved).when(body, held).then(held)
    another = operator("accreditato-13")
    told = (*proved, said(another, assignment(another)))
    given(*told).when(another, CALL_DELIVERED.event).refused("ROLE_NOT_ALLOWED", "another office")


def test_its_appointment_is_after_the_convocation():
    at_once = replace(CALLED.event, appointment_at=CALLED.event.sent_at)
    given(*AT_THE_CPI).when(CPI, at_once).refused("BAD_VALUE", "appointment_at")


def test_each_office_speaks_of_its_own_convocations():
    other = operator("cpi", "cpi-12")
    told = (*AT_THE_CPI, CALLED, said(other, assignment(other)))
    given(*told).when(CPI, CALL_DELIVERED.event).then(CALL_DELIVERED.event)
    given(*told).when(other, CALL_DELIVERED.event).refused("ROLE_NOT_ALLOWED", "another office")
    given(*told).when(other, NOT_AT_CPI.event).refused("ROLE_NOT_ALLOWED", "another office")
    given(*told).when(CPI, replace(DELIVERED, delivered_at=hour(1, 29))).refused("ROLE_NOT_ALLOWED")


def test_it_records_who_did_not_come():
    proved = (*AT_THE_CPI, CALLED, CALL_DELIVERED)
    given(*proved).when(CPI, NOT_AT_CPI.event).then(NOT_AT_CPI.event)
    given(*AT_THE_CPI, CALLED).when(CPI, NOT_AT_CPI.event).refused("NO_PROOF_OF_CONVOCATION")
    given(*proved, MET_AT_CPI).when(CPI, NOT_AT_CPI.event).refused("OUT_OF_ORDER", "came")
    by_the_others = replace(NOT_AT_CPI.event, ascertained_by=SOCIAL_WORKER.person)
    given(*proved).when(SOCIAL_WORKER, by_the_others).refused("ROLE_NOT_ALLOWED", "its own appointments")


def test_an_absence_is_not_ascertained_before_it_happened():
    early = replace(ABSENT, ascertained_on=day(2, 9))
    given(*EVALUATED, CONVOKED, DELIVERED).when(SOCIAL_WORKER, early).refused("BAD_VALUE", "ascertained_on")


def test_the_notice_of_a_convocation_is_a_setting_of_the_ambito():
    told = given(*EVALUATED, CONVOKED, DELIVERED)
    fourteen = replace(PROTOCOL_IN_FORCE, settings={"min_notice_days": 14})
    told.under(fourteen).when(SOCIAL_WORKER, ABSENT).refused("NO_PROOF_OF_CONVOCATION")
    told.under(replace(PROTOCOL_IN_FORCE, settings={"min_notice_days": 13})).when(SOCIAL_WORKER, ABSENT).then(
        ABSENT
    )
    followed = given(*under("NONE", *EVALUATED, CONVOKED, DELIVERED))
    followed.when(SOCIAL_WORKER, ABSENT).then(ABSENT)


# --- the contact of a member in a protection path --------------------------------------------------------


def convoking(value: str, *told):
    through = replace(CONVOKED, contact_used=(contact(MOTHER, value),))
    return given(*EVALUATED, PROTECTED, *told).when(SOCIAL_WORKER, through)


def calling(value: str, *told):
    return given(*AT_THE_CPI, PROTECTED, *told).when(CPI, replace(CALLED.event, contact_used=value))


@pytest.mark.parametrize("way", [convoking, calling])
@pytest.mark.parametrize(
    ("value", "told", "hers"),
    [
        (HERS, (), True),
        (HIS, (), False),
        ("nobody@example.org", (), False),
        ("new@example.org", (contacts_now(MOTHER, "new@example.org"),), True),
        (HERS, (contacts_now(MOTHER, "new@example.org"),), False),
        ("new@example.org", (contacts_now(MOTHER, "new@example.org", safe=False),), False),
        (HERS, (contacts_now(HUSBAND, HERS),), False),
        (HERS, (contacts_now(SON, HERS),), False),
        (HERS, (contacts_now(HUSBAND, HERS), contacts_now(HUSBAND, HIS, on=day(1, 25))), False),
        (HIS, (contacts_now(HUSBAND, "x@example.org"), contacts_now(MOTHER, HIS)), False),
        (HERS, (replace(PAD, signatory_member_id=HUSBAND.member_id),), False),
        (HERS, (PAD,), True),
        (HERS, (change("LEFT", HUSBAND, on=day(1, 20)), contacts_now(HUSBAND, HERS)), False),
    ],
    ids=[
        "hers",
        "his",
        "nobody's",
        "her new one",
        "her former one",
        "hers and not safe",
        "hers, that he has now",
        "hers, that the child has",
        "hers, that he had",
        "his former one",
        "the one he signed the PAD with",
        "the one she signed the PAD with",
        "hers, that he has and left",
    ],
)
def test_she_is_convoked_only_through_a_safe_contact_of_her_own(way, value, told, hers):
    outcome = way(value, *told)
    if hers:
        outcome.tells(text_ref=outcome.events[0].text_ref)
    else:
        outcome.refused("CONTACT_OF_ANOTHER_MEMBER")


def test_a_second_contact_named_for_her_is_hers_too():
    both = replace(CONVOKED, contact_used=(contact(MOTHER, HIS), contact(MOTHER)))
    given(*EVALUATED, PROTECTED).when(SOCIAL_WORKER, both).refused("CONTACT_OF_ANOTHER_MEMBER")
    given(*EVALUATED).when(SOCIAL_WORKER, both).then(both)


@pytest.mark.parametrize("channel", ["SIISL", "BREVI_MANU"])
def test_a_notice_in_siisl_or_by_hand_passes_by_no_contact(channel):
    by_hand = replace(CALLED.event, channel=channel, contact_used="-")
    given(*AT_THE_CPI, PROTECTED).when(CPI, by_hand).then(by_hand)


def test_who_left_the_household_is_not_convoked():
    gone = change("LEFT", MOTHER, on=day(1, 27))
    given(*EVALUATED, gone).when(SOCIAL_WORKER, CONVOKED).refused("UNKNOWN_MEMBER", "2025-01-27")


# --- a notice in SIISL -----------------------------------------------------------------------------------

NOTICE = replace(CONVOKED, channel="SIISL", contact_used=())
UNREACHED = replace(
    HOUSEHOLD,
    members=(replace(MOTHER, contacts=()), HUSBAND, SON),
)


def at_home(household):
    return tuple(household if fact is HOUSEHOLD else fact for fact in EVALUATED)


def reached_by(channel: str, safe: bool = True):
    listed = (Contact(channel=channel, value="x", safe=safe, verified_on=day(1, 2)),)
    return replace(HOUSEHOLD, members=(replace(MOTHER, contacts=listed), HUSBAND, SON))


@pytest.mark.parametrize(
    ("household", "stands"),
    [
        (UNREACHED, True),
        (reached_by("SIISL"), True),
        (reached_by("EMAIL", safe=False), True),
        (reached_by("EMAIL"), False),
        (reached_by("POSTA"), False),
    ],
    ids=["no contact", "SIISL alone", "an unsafe one", "an e-mail", "an address"],
)
def test_a_notice_in_siisl_proves_the_recapito_where_no_other_contact_is_valid(household, stands):
    outcome = given(*at_home(household), NOTICE).when(SOCIAL_WORKER, ABSENT)
    if stands:
        outcome.then(ABSENT)
    else:
        outcome.refused("NO_PROOF_OF_CONVOCATION")


def test_a_notice_in_siisl_comes_a_day_before_the_appointment():
    same_day = replace(NOTICE, sent_at=hour(2, 10, 7))
    given(*at_home(UNREACHED), same_day).when(SOCIAL_WORKER, ABSENT).refused("NO_PROOF_OF_CONVOCATION")


def test_a_letter_that_nobody_proves_is_no_notice():
    by_post = replace(NOTICE, channel="BREVI_MANU")
    given(*at_home(UNREACHED), by_post).when(SOCIAL_WORKER, ABSENT).refused("NO_PROOF_OF_CONVOCATION")


# --- the recapito, and the updates -----------------------------------------------------------------------


def test_the_ambito_records_the_recapito_of_its_convocations():
    given(*EVALUATED, AMBITO_ASSIGNED, CONVOKED).when(AMBITO, DELIVERED).then(DELIVERED)


def updated(seat: str):
    return replace(UPDATED, seat=seat)


def test_each_office_records_its_own_updates_and_inps_those_of_a_patronato():
    given(*WITH_PSP).when(SOCIAL_WORKER, UPDATED).then(UPDATED)
    given(*WITH_PSP).when(CPI, updated("CPI")).then(updated("CPI"))
    given(*WITH_PSP).when(INPS, updated("PATRONATO")).then(updated("PATRONATO"))


@pytest.mark.parametrize(
    ("by", "seat"),
    [
        (SOCIAL_WORKER, "CPI"),
        (SOCIAL_WORKER, "PATRONATO"),
        (CPI, "SERVIZIO_SOCIALE"),
        (CPI, "SOGGETTO_ACCREDITATO"),
        (INPS, "SERVIZIO_SOCIALE"),
    ],
    ids=lambda value: getattr(value, "agency", value),
)
def test_no_office_records_the_updates_of_another(by, seat):
    given(*WITH_PSP).when(by, updated(seat)).refused("ROLE_NOT_ALLOWED", "its own meetings")


def test_offices_hold_an_update_with_a_member_on_one_day_each_its_own():
    offices = {SOCIAL_WORKER: "SERVIZIO_SOCIALE", CPI: "CPI", INPS: "PATRONATO"}
    for (one, held), (other, also) in permutations(offices.items(), 2):
        told = (*WITH_PSP, said(one, updated(held)))
        given(*told).when(other, updated(also)).then(updated(also))
        given(*told, said(other, updated(also))).when(one, updated(held)).nothing()


def test_an_update_whose_office_was_corrected_once_is_still_voided():
    told = (*MET, UPDATED, correction(UPDATED, seat="PATRONATO"))
    given(*told).when(SOCIAL_WORKER, voided(UPDATED)).tells(voids=True)
    given(*told, voided(UPDATED)).when(SOCIAL_WORKER, UPDATED).then(UPDATED)


def test_an_update_follows_a_meeting_and_is_of_a_member():
    given(*EVALUATED).when(SOCIAL_WORKER, UPDATED).refused("OUT_OF_ORDER", "not met")
    given(*MET).when(SOCIAL_WORKER, replace(UPDATED, member_id=STRANGER)).refused("UNKNOWN_MEMBER")
    gone = change("LEFT", MOTHER, on=day(4, 1))
    given(*MET, gone).when(SOCIAL_WORKER, UPDATED).refused("UNKNOWN_MEMBER", "2025-05-09")


def test_the_employment_centre_updates_its_own_members():
    his = replace(updated("CPI"), member_id=HUSBAND.member_id)
    given(*WITH_PSP).when(CPI, his).refused("NOT_RECORDED", "not referred")


# --- GePI ------------------------------------------------------------------------------------------------


def test_a_meeting_an_update_or_a_patto_is_registered():
    given(*MET).when(SOCIAL_WORKER, REGISTERED).then(REGISTERED)
    given(*MET).when(CLOCK, REGISTERED).then(REGISTERED)
    for fact in (UPDATED, SIGNED[-1]):
        registered = replace(REGISTERED, subject_event_id=id_of(fact))
        given(*SIGNED, UPDATED).when(SOCIAL_WORKER, registered).then(registered)


def test_nothing_else_is_registered():
    nothing = replace(REGISTERED, subject_event_id=new("nothing"))
    given(*MET).when(SOCIAL_WORKER, nothing).refused("NOT_RECORDED", "no such fact")
    a_draft = replace(REGISTERED, subject_event_id=id_of(DRAFTED))
    given(*SIGNED).when(SOCIAL_WORKER, a_draft).refused("BAD_VALUE", "neither a meeting")
