"""A commitment that was not kept, and the giustificato motivo of it."""

from dataclasses import replace

import pytest

from domain.case.infractions import reason_pending
from tests.telling import ASL, COLLEAGUE, CPI, SOCIAL_WORKER, UST, given, id_of, said
from tests.unit.case.world import (
    ABSENT,
    ASKED,
    ASL_ASSIGNED,
    CONTACTS,
    CPI_ASSIGNED,
    DRAFTED,
    HUSBAND,
    MISSED,
    MISSED_THE_MEETING,
    MOTHER,
    PATTO,
    REPORT,
    REVISED,
    SCHOOLING,
    SIGNED,
    TRAINING,
    UST_ASSIGNED,
    WITH_DRAFT,
    WITH_TEAM,
    about,
    asked,
    day,
    decided,
    evaluated,
    new,
    submitted,
)

LINKED = (*SIGNED, CPI_ASSIGNED, UST_ASSIGNED, ASL_ASSIGNED)
SEEN_AT_SCHOOL = replace(REPORT, commitment_id=SCHOOLING.id, area="SCHOOLING", reporter="ust")


# --- the missed commitment -------------------------------------------------------------------------------


def test_the_servizio_sociale_ascertains_that_a_commitment_was_missed():
    given(*SIGNED).when(SOCIAL_WORKER, MISSED).then(MISSED)


def test_the_school_office_reports_what_it_saw():
    given(*LINKED).when(UST, SEEN_AT_SCHOOL).then(SEEN_AT_SCHOOL)


def test_the_employment_centre_may_ascertain():
    training = replace(
        MISSED, commitment_id=TRAINING.id, area="TRAINING", reporter="cpi", ascertained_by=CPI.person
    )
    given(*LINKED).when(CPI, training).then(training)


@pytest.mark.parametrize(
    "change",
    [
        {"ascertained_by": UST.person, "ascertained_on": day(4, 16)},
        {"ascertained_on": day(4, 16)},
        {"reporter": "cpi"},
    ],
    ids=["ascertains", "dates an ascertainment", "reports for another"],
)
def test_the_school_office_does_not_ascertain(change):
    given(*LINKED).when(UST, replace(SEEN_AT_SCHOOL, **change)).refused(
        "ROLE_NOT_ALLOWED", "reports what it saw"
    )


@pytest.mark.parametrize("missing", ["ascertained_by", "ascertained_on"])
def test_an_ascertainment_has_a_person_and_a_day(missing):
    given(*SIGNED).when(SOCIAL_WORKER, replace(MISSED, **{missing: None})).refused("BAD_VALUE", "goes with")


def test_a_report_is_ascertained_later():
    proved = replace(SEEN_AT_SCHOOL, ascertained_by=SOCIAL_WORKER.person, ascertained_on=day(4, 20))
    given(*LINKED, said(UST, SEEN_AT_SCHOOL)).when(SOCIAL_WORKER, proved).then(proved)


@pytest.mark.parametrize(
    "again",
    [replace(MISSED, facts="altro"), replace(MISSED, ascertained_on=day(4, 18)), REPORT],
    ids=["other facts", "another day", "a report after the ascertainment"],
)
def test_an_infraction_that_is_ascertained_cannot_be_said_otherwise(again):
    given(*SIGNED, MISSED).when(SOCIAL_WORKER, MISSED).nothing()
    given(*SIGNED, MISSED).when(SOCIAL_WORKER, again).refused("ALREADY_RECORDED")


def test_a_report_is_not_made_twice_in_other_words():
    given(*SIGNED, REPORT).when(SOCIAL_WORKER, replace(REPORT, facts="altro")).refused("ALREADY_RECORDED")


def test_a_commitment_missed_on_another_day_is_another_infraction():
    next_week = replace(MISSED, missed_on=day(4, 22), ascertained_on=day(4, 23))
    given(*SIGNED, MISSED).when(SOCIAL_WORKER, next_week).then(next_week)


@pytest.mark.parametrize(
    "change",
    [
        {"patto_id": new("another patto")},
        {"commitment_id": new("another commitment")},
        {"missed_on": day(3, 9)},
        {"member_id": HUSBAND.member_id},
        {"area": "TRAINING"},
    ],
    ids=["another patto", "another commitment", "before the signature", "another member", "another area"],
)
def test_only_a_commitment_of_the_patto_in_force_is_missed(change):
    given(*SIGNED).when(SOCIAL_WORKER, replace(MISSED, **change)).refused("NOT_IN_PATTO")


def test_a_commitment_of_a_draft_is_not_missed():
    given(*WITH_DRAFT).when(SOCIAL_WORKER, MISSED).refused("NOT_IN_PATTO")


def test_a_commitment_that_is_not_conditional_is_not_missed():
    offered = replace(DRAFTED, commitments=(replace(CONTACTS, conditional=False),))
    given(*WITH_TEAM, offered, PATTO).when(SOCIAL_WORKER, MISSED).refused("NOT_IN_PATTO", "not a conditional")


def test_the_version_of_the_day_counts():
    second = replace(DRAFTED, version=2, commitments=(TRAINING,))
    since_may = replace(REVISED, signed_on=day(5, 2))
    revised = (*SIGNED, second, since_may)
    given(*revised).when(SOCIAL_WORKER, MISSED).then(MISSED)
    given(*revised).when(
        SOCIAL_WORKER, replace(MISSED, missed_on=day(5, 2), ascertained_on=day(5, 3))
    ).refused("NOT_IN_PATTO")


def test_who_is_not_obliged_that_day_misses_nothing():
    since_april = evaluated(MOTHER, "excluded", on=day(4, 1))
    given(*SIGNED, since_april).when(SOCIAL_WORKER, MISSED).refused("NOT_OBLIGED")
    since_may = evaluated(MOTHER, "excluded", on=day(5, 1))
    given(*SIGNED, since_may).when(SOCIAL_WORKER, MISSED).then(MISSED)


def test_who_was_never_evaluated_misses_nothing():
    never = tuple(fact for fact in SIGNED if getattr(fact, "result", None) != "obliged")
    given(*never).when(SOCIAL_WORKER, MISSED).refused("NOT_OBLIGED")


def test_a_commitment_waits_for_the_support_that_it_depends_on():
    waiting = replace(CONTACTS, depends_on_support_id=DRAFTED.supports[0].support_id)
    given(*WITH_TEAM, replace(DRAFTED, commitments=(waiting,)), PATTO).when(SOCIAL_WORKER, MISSED).refused(
        "SUPPORT_NOT_ACTIVE"
    )


# --- the reason ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("infraction", [MISSED, REPORT], ids=["ascertained", "reported"])
def test_the_reason_of_an_infraction_is_asked_for(infraction):
    given(*SIGNED, infraction).when(SOCIAL_WORKER, asked(infraction)).then(asked(infraction))


def test_the_reason_of_an_absence_is_asked_for():
    given(*MISSED_THE_MEETING).when(SOCIAL_WORKER, asked(ABSENT)).then(asked(ABSENT))


@pytest.mark.parametrize(
    "reason", [asked(), submitted(), decided()], ids=lambda reason: type(reason).__name__
)
def test_a_reason_is_of_an_infraction_on_record(reason):
    given(*SIGNED).when(SOCIAL_WORKER, reason).refused("NOT_RECORDED", "no such infraction")


@pytest.mark.parametrize(
    "reason", [asked(), submitted(), decided()], ids=lambda reason: type(reason).__name__
)
def test_a_reason_is_of_the_member_who_missed(reason):
    his = replace(reason, member_id=HUSBAND.member_id)
    given(*SIGNED, MISSED).when(SOCIAL_WORKER, his).refused("UNKNOWN_MEMBER", "another member")


@pytest.mark.parametrize(
    "reason", [asked(), submitted(), decided()], ids=lambda reason: type(reason).__name__
)
def test_the_employment_centre_asks_reasons_of_its_own_infractions_only(reason):
    given(*LINKED, MISSED).when(CPI, reason).refused("ROLE_NOT_ALLOWED", "of this CPI")


def test_another_fact_is_no_infraction():
    wrong = replace(asked(), infraction_ref=id_of(PATTO))
    given(*SIGNED, MISSED).when(SOCIAL_WORKER, wrong).refused("NOT_RECORDED", "no such infraction")


def test_the_term_to_answer_is_not_over_when_the_reason_is_asked():
    given(*SIGNED, MISSED).when(SOCIAL_WORKER, replace(asked(), respond_by=day(4, 16))).refused(
        "BAD_VALUE", "respond_by"
    )


def test_a_reason_may_be_asked_for_and_given_at_once():
    on_the_spot = replace(asked(), respond_by=asked().asked_on)
    given(*SIGNED, MISSED).when(SOCIAL_WORKER, on_the_spot).then(on_the_spot)


def test_a_reason_may_be_given_before_it_is_asked_for():
    given(*SIGNED, MISSED).when(SOCIAL_WORKER, submitted()).then(submitted())


def test_a_reason_is_asked_for_again_where_the_first_letter_did_not_arrive():
    again = replace(asked(), asked_on=day(4, 29), respond_by=day(5, 9))
    given(*ASKED).when(SOCIAL_WORKER, asked()).nothing()
    given(*ASKED).when(SOCIAL_WORKER, again).then(again)


def test_a_reason_is_decided_once_it_is_given():
    given(*ASKED).when(SOCIAL_WORKER, decided()).refused("OUT_OF_ORDER", "no reason was submitted")
    given(*ASKED, submitted()).when(SOCIAL_WORKER, decided()).then(decided())


def test_the_reason_of_another_infraction_does_not_count():
    next_week = replace(MISSED, missed_on=day(4, 22), ascertained_on=day(4, 23))
    told = (*ASKED, next_week, replace(submitted(), **about(next_week)))
    given(*told).when(SOCIAL_WORKER, decided()).refused("OUT_OF_ORDER", "no reason was submitted")


@pytest.mark.parametrize(
    ("told", "pending"),
    [
        (ASKED, False),
        ((*SIGNED, MISSED, submitted()), True),
        ((*ASKED, submitted()), True),
        ((*ASKED, submitted(), decided()), False),
    ],
    ids=["asked", "given", "asked and given", "decided"],
)
def test_a_reason_is_pending_from_when_it_is_given_until_it_is_decided(told, pending):
    assert reason_pending(given(*told).case, id_of(MISSED)) is pending


def test_the_reason_of_one_infraction_is_not_pending_for_another():
    next_week = replace(MISSED, missed_on=day(4, 22), ascertained_on=day(4, 23))
    case = given(*ASKED, next_week, submitted(next_week)).case
    assert not reason_pending(case, id_of(MISSED)) and reason_pending(case, id_of(next_week))


def test_a_decision_on_a_reason_cannot_be_said_otherwise():
    told = (*ASKED, submitted(), decided(accepted=False))
    given(*told).when(SOCIAL_WORKER, decided(accepted=True)).refused("ALREADY_RECORDED")


def test_a_colleague_without_an_assignment_decides_no_reason():
    given(*ASKED, submitted()).when(COLLEAGUE, decided()).refused("NOT_ASSIGNED")


def test_a_health_service_reports_and_asks_no_reason():
    given(*LINKED, MISSED).when(ASL, asked()).refused("ROLE_NOT_ALLOWED", "does not record this")
