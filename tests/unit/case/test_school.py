"""The schooling of the minors: asked without a word on the benefit, answered, documented."""

from dataclasses import replace

import pytest

from tests.telling import COMUNE, OTHER_COMUNE, SOCIAL_WORKER, UST, given, said
from tests.unit.case.world import (
    AT_SCHOOL,
    DOCUMENTED,
    DOCUMENTS_ASKED,
    HUSBAND,
    MOTHER,
    NOT_ENROLLED,
    PUPIL,
    SCHOOL_ASKED,
    SIGNED,
    STRANGER,
    UST_ASSIGNED,
    WARNED_BY_MAYOR,
    day,
    voided,
)

LINKED = (*SIGNED, UST_ASSIGNED)
ASKED = (*LINKED, SCHOOL_ASKED)
FOUND_OUT = (*ASKED, NOT_ENROLLED)
HIM = replace(PUPIL, minor_member_id=HUSBAND.member_id)

# --- asked -----------------------------------------------------------------------------------------------


def test_the_comune_asks_of_its_residents():
    given(*LINKED).when(COMUNE, SCHOOL_ASKED.event).then(SCHOOL_ASKED.event)
    given(*LINKED).when(OTHER_COMUNE, SCHOOL_ASKED.event).refused("ROLE_NOT_ALLOWED", "of residence")


@pytest.mark.parametrize(
    ("change", "rule", "because"),
    [
        ({"minors": ()}, "BAD_VALUE", "at least one"),
        ({"minors": (PUPIL, PUPIL)}, "BAD_VALUE", "only once"),
        ({"minors": (PUPIL, HIM)}, "BAD_VALUE", "of age"),
        ({"minors": (replace(PUPIL, minor_member_id=STRANGER),)}, "UNKNOWN_MEMBER", "household"),
        ({"answer_by": day(3, 31)}, "BAD_VALUE", "answer_by"),
    ],
    ids=["nobody", "twice", "an adult", "a stranger", "answered before"],
)
def test_a_verification_is_of_minors_of_the_household(change, rule, because):
    given(*LINKED).when(COMUNE, replace(SCHOOL_ASKED.event, **change)).refused(rule, because)


# --- answered --------------------------------------------------------------------------------------------


def test_the_school_office_answers():
    given(*ASKED).when(UST, NOT_ENROLLED.event).then(NOT_ENROLLED.event)


def test_only_what_was_asked_is_answered():
    given(*LINKED).when(UST, NOT_ENROLLED.event).refused("NOT_RECORDED", "no such request")
    his = replace(NOT_ENROLLED.event, minor_member_id=HUSBAND.member_id)
    given(*ASKED).when(UST, his).refused("UNKNOWN_MEMBER", "did not ask")
    strangers = replace(NOT_ENROLLED.event, minor_member_id=STRANGER)
    given(*ASKED).when(UST, strangers).refused("UNKNOWN_MEMBER", "not in the household")


def test_documents_come_after_they_were_asked_for():
    given(*FOUND_OUT).when(SOCIAL_WORKER, DOCUMENTED).refused("OUT_OF_ORDER", "nothing was asked")
    given(*FOUND_OUT, DOCUMENTS_ASKED).when(SOCIAL_WORKER, DOCUMENTED).then(DOCUMENTED)
    told = (*FOUND_OUT, DOCUMENTS_ASKED, voided(DOCUMENTS_ASKED))
    given(*told).when(SOCIAL_WORKER, DOCUMENTED).refused("OUT_OF_ORDER", "nothing was asked")


def test_documents_are_received_by_the_servizio_sociale_or_the_comune():
    told = given(*FOUND_OUT, DOCUMENTS_ASKED)
    told.when(COMUNE, DOCUMENTED).then(DOCUMENTED)
    told.when(UST, DOCUMENTED).refused("ROLE_NOT_ALLOWED", "documents")
    told.when(OTHER_COMUNE, DOCUMENTED).refused("ROLE_NOT_ALLOWED", "of residence")


# --- documents -------------------------------------------------------------------------------------------


def test_documents_are_asked_for_where_the_schooling_is_not_regular():
    given(*FOUND_OUT).when(SOCIAL_WORKER, DOCUMENTS_ASKED).then(DOCUMENTS_ASKED)
    given(*ASKED).when(SOCIAL_WORKER, DOCUMENTS_ASKED).refused("OUT_OF_ORDER", "other than regular")
    regular = replace(NOT_ENROLLED.event, outcome="REGOLARE", verified_on=day(4, 9))
    told = (*FOUND_OUT, said(UST, regular))
    given(*told).when(SOCIAL_WORKER, DOCUMENTS_ASKED).refused("OUT_OF_ORDER", "other than regular")


def test_documents_are_asked_of_a_member_in_time():
    told = given(*FOUND_OUT)
    told.when(SOCIAL_WORKER, replace(DOCUMENTS_ASKED, asked_member_id=STRANGER)).refused("UNKNOWN_MEMBER")
    late = replace(DOCUMENTS_ASKED, respond_by=day(4, 8))
    told.when(SOCIAL_WORKER, late).refused("BAD_VALUE", "respond_by")


def test_the_recapito_of_the_request_is_told_later():
    sent = replace(DOCUMENTS_ASKED, delivered_on=None)
    given(*FOUND_OUT, sent).when(SOCIAL_WORKER, DOCUMENTS_ASKED).then(DOCUMENTS_ASKED)


# --- the mayor, and the attendance -----------------------------------------------------------------------


def test_the_mayor_warns_who_is_responsible():
    given(*LINKED).when(COMUNE, WARNED_BY_MAYOR.event).then(WARNED_BY_MAYOR.event)
    given(*LINKED).when(OTHER_COMUNE, WARNED_BY_MAYOR.event).refused("ROLE_NOT_ALLOWED", "of residence")


@pytest.mark.parametrize(
    ("change", "rule", "because"),
    [
        ({"minor_member_id": STRANGER}, "UNKNOWN_MEMBER", ""),
        ({"responsible_member_id": STRANGER}, "UNKNOWN_MEMBER", ""),
        ({"minor_member_id": MOTHER.member_id}, "BAD_VALUE", "of age"),
        ({"comply_by": day(4, 9)}, "BAD_VALUE", "comply_by"),
    ],
)
def test_a_warning_is_of_a_minor_and_gives_time(change, rule, because):
    given(*LINKED).when(COMUNE, replace(WARNED_BY_MAYOR.event, **change)).refused(rule, because)


def test_an_attendance_is_of_a_member():
    given(*LINKED).when(UST, AT_SCHOOL.event).then(AT_SCHOOL.event)
    strangers = replace(AT_SCHOOL.event, minor_member_id=STRANGER)
    given(*LINKED).when(UST, strangers).refused("UNKNOWN_MEMBER")


def test_an_answer_is_not_said_otherwise():
    otherwise = replace(NOT_ENROLLED.event, outcome="REGOLARE")
    given(*FOUND_OUT).when(UST, NOT_ENROLLED.event).nothing()
    given(*FOUND_OUT).when(UST, otherwise).refused("ALREADY_RECORDED")
