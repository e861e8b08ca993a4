"""The patto: drafted, checked, signed."""

from dataclasses import replace

import pytest

from domain.case.parts import CheckReason, PriorProject
from tests.telling import CPI, SOCIAL_WORKER, given, operator, said
from tests.unit.case.world import (
    ANALYSED,
    CONTACTS,
    CPI_ASSIGNED,
    DRAFTED,
    FRAMEWORK,
    HEALTH,
    HUSBAND,
    MET,
    MOTHER,
    OBJECTIVE,
    OPENED,
    PATTO,
    PUC_LINE,
    REDRAFTED,
    REFUSED_TO_SIGN,
    RESULT,
    REVIEW,
    REVISED,
    SCHOOLING,
    SIGNED,
    STRANGER,
    TRAINING,
    WITH_DRAFT,
    WITH_TEAM,
    assignment,
    condition,
    day,
    evaluated,
    member,
    new,
    signature,
)


def with_line(old, **changes):
    """The draft with one commitment changed."""
    changed = tuple(replace(line, **changes) if line is old else line for line in DRAFTED.commitments)
    return replace(DRAFTED, commitments=changed)


# --- the draft -------------------------------------------------------------------------------------------


def test_a_patto_is_drafted_after_the_analysis():
    given(*WITH_TEAM).when(SOCIAL_WORKER, DRAFTED).then(DRAFTED)
    given(*MET).when(SOCIAL_WORKER, DRAFTED).refused("OUT_OF_ORDER", "analysis")


def test_a_draft_may_still_lack_what_the_signature_needs():
    rough = replace(DRAFTED, objectives=(), expected_results=(), preferences="")
    given(*ANALYSED).when(SOCIAL_WORKER, rough).then(rough)


def test_a_version_is_drafted_once_and_a_change_is_a_new_version():
    changed = replace(DRAFTED, duration="diciotto mesi")
    given(*WITH_DRAFT).when(SOCIAL_WORKER, DRAFTED).nothing()
    given(*WITH_DRAFT).when(SOCIAL_WORKER, changed).refused("ALREADY_RECORDED")
    second = replace(changed, version=2)
    given(*WITH_DRAFT).when(SOCIAL_WORKER, second).then(second)


def test_a_commitment_has_an_id_of_its_own():
    twice = replace(DRAFTED, commitments=(*DRAFTED.commitments, CONTACTS))
    given(*WITH_TEAM).when(SOCIAL_WORKER, twice).refused("BAD_VALUE", "only once")


def test_a_commitment_is_of_a_member():
    strange = with_line(CONTACTS, obliged_member_id=STRANGER)
    given(*WITH_TEAM).when(SOCIAL_WORKER, strange).refused("UNKNOWN_MEMBER")


# --- the signature ---------------------------------------------------------------------------------------


def test_a_patto_is_signed():
    found = given(*WITH_DRAFT).when(SOCIAL_WORKER, PATTO).tells(version=1, reasons=PATTO.reasons)
    assert [(check.code, check.level) for check in found.checks] == [("PA-10", "PROTOCOL")]


def test_only_a_draft_is_signed():
    given(*WITH_TEAM).when(SOCIAL_WORKER, PATTO).refused("OUT_OF_ORDER", "no draft")
    given(*WITH_DRAFT).when(SOCIAL_WORKER, replace(PATTO, version=2)).refused("OUT_OF_ORDER", "no draft")


def test_only_members_sign():
    strange = replace(PATTO, signatories=(signature(MOTHER), replace(signature(HUSBAND), member_id=STRANGER)))
    given(*WITH_DRAFT).when(SOCIAL_WORKER, strange).refused("UNKNOWN_MEMBER")


def test_a_signature_cannot_be_said_otherwise():
    given(*SIGNED).when(SOCIAL_WORKER, PATTO).nothing()
    given(*SIGNED).when(SOCIAL_WORKER, replace(PATTO, signed_on=day(3, 11))).refused("ALREADY_RECORDED")


INCOMPLETE = [
    ("PA-01", replace(DRAFTED, objectives=(), expected_results=())),
    ("PA-01", replace(DRAFTED, expected_results=())),
    ("PA-01", replace(DRAFTED, expected_results=(replace(RESULT, objective_id=new("another")),))),
    ("PA-04", replace(DRAFTED, objectives=(replace(OBJECTIVE, need_id=new("another")),))),
    ("PA-07", with_line(CONTACTS, frequency=" ")),
    ("PA-09", with_line(HEALTH, evidence_by="servizio-sociale")),
    ("PA-11", with_line(HEALTH, conditional=True)),
    ("PA-13", replace(DRAFTED, monitoring=replace(DRAFTED.monitoring, method=""))),
    ("PA-13", replace(DRAFTED, monitoring=replace(DRAFTED.monitoring, review_dates=()))),
    ("PA-13", replace(DRAFTED, monitoring=replace(DRAFTED.monitoring, revision_rule=""))),
    ("PA-14", replace(DRAFTED, duration="")),
    ("PA-14", replace(DRAFTED, proportionality_reason="")),
    (
        "PA-17",
        replace(DRAFTED, prior_projects=(PriorProject(service="ets-1", project_ref="", integrated=False),)),
    ),
    ("PA-21", replace(DRAFTED, preferences="")),
]


@pytest.mark.parametrize(
    ("code", "draft"), INCOMPLETE, ids=[f"{n}-{c}" for n, (c, _) in enumerate(INCOMPLETE)]
)
def test_a_check_of_the_law_that_fails_stops_the_signature(code, draft):
    given(*WITH_TEAM, draft).when(SOCIAL_WORKER, PATTO).refused("PATTO_INCOMPLETE", code)


PROTOCOL_ONLY = {
    "PA-05": replace(DRAFTED, supports=(replace(DRAFTED.supports[0], catalogue_code="147-7.c"),)),
    "PA-06": replace(DRAFTED, commitments=(CONTACTS, TRAINING)),
    "PA-10": DRAFTED,
    "PA-12": replace(DRAFTED, team_ref=None),
    "PA-18": replace(DRAFTED, scheda_progetto_ref=""),
}
ADVICE = {
    "PA-08": with_line(SCHOOLING, beneficiary_member_id=HUSBAND.member_id),
    "PA-16": replace(DRAFTED, minors_involvement=""),
    "PA-19": replace(DRAFTED, warning_text_version=""),
}


def with_reasons(*codes, reason="così il nucleo"):
    return replace(PATTO, reasons=tuple(CheckReason(check=code, reason=reason) for code in codes))


@pytest.mark.parametrize("code", PROTOCOL_ONLY)
def test_a_check_of_the_protocol_that_fails_asks_for_a_written_reason(code):
    drafted = given(*WITH_TEAM, PROTOCOL_ONLY[code])
    others = {"PA-10"} - {code}
    drafted.when(SOCIAL_WORKER, with_reasons(*others)).refused("REASON_NOT_WRITTEN", code)
    blank = with_reasons("PA-10", code, reason=" ")
    drafted.when(SOCIAL_WORKER, blank).refused("REASON_NOT_WRITTEN", code)
    found = drafted.when(SOCIAL_WORKER, with_reasons(*others, code)).tells(version=1)
    assert {check.code for check in found.checks} == others | {code}


@pytest.mark.parametrize("code", ADVICE)
def test_any_other_check_that_fails_is_kept_as_advice(code):
    found = given(*WITH_TEAM, ADVICE[code]).when(SOCIAL_WORKER, PATTO).tells(version=1)
    assert [check.code for check in found.checks if check.level != "PROTOCOL"] == [code]


def test_a_signature_without_a_copy_is_kept_as_advice():
    unproved = replace(PATTO, document_hash=" ")
    found = given(*WITH_DRAFT).when(SOCIAL_WORKER, unproved).tells(version=1)
    assert "PA-22" in [check.code for check in found.checks]


def test_a_patto_in_which_nothing_fails_has_no_checks():
    given(*WITH_TEAM, with_puc()).when(SOCIAL_WORKER, replace(PATTO, reasons=None)).tells(checks=None)


def with_puc():
    return replace(DRAFTED, commitments=(*DRAFTED.commitments, PUC_LINE))


def test_every_obliged_member_signs():
    without_her = replace(PATTO, signatories=(signature(HUSBAND),))
    given(*WITH_DRAFT).when(SOCIAL_WORKER, without_her).refused("PATTO_INCOMPLETE", "PA-15")
    without_him = replace(PATTO, signatories=(signature(MOTHER),))
    given(*WITH_DRAFT).when(SOCIAL_WORKER, without_him).tells(signatories=without_him.signatories)


def test_somebody_signs():
    unsigned = replace(PATTO, signatories=())
    given(*WITH_DRAFT).when(SOCIAL_WORKER, unsigned).refused("PATTO_INCOMPLETE", "PA-15")


def test_who_is_obliged_is_judged_on_the_day_of_the_signature():
    both = with_line(HEALTH, conditional=True)
    from_that_day = evaluated(HUSBAND, "obliged", on=PATTO.signed_on)
    from_the_next = evaluated(HUSBAND, "obliged", on=day(3, 11))
    given(*WITH_TEAM, both, from_that_day).when(SOCIAL_WORKER, PATTO).tells(version=1)
    given(*WITH_TEAM, both, from_the_next).when(SOCIAL_WORKER, PATTO).refused("PATTO_INCOMPLETE", "PA-11")


def test_a_study_that_is_on_record_may_stand_in_the_patto():
    grown = member("Zoè", day(1, 1).replace(year=2005), "FIGLIO")
    assert OPENED[2].members[0] is MOTHER
    household = replace(OPENED[2], members=(*OPENED[2].members, grown))
    study = with_line(SCHOOLING, beneficiary_member_id=grown.member_id)
    enrolled = condition("REGULAR_STUDY", grown)
    found = given(*WITH_TEAM, household, enrolled, study).when(SOCIAL_WORKER, PATTO).tells(version=1)
    assert [check.code for check in found.checks] == ["PA-10"]


def test_a_beneficiary_and_who_answers_for_the_patto_are_members():
    strange = with_line(SCHOOLING, beneficiary_member_id=STRANGER)
    given(*WITH_TEAM).when(SOCIAL_WORKER, strange).refused("UNKNOWN_MEMBER")
    led = replace(DRAFTED, family_responsible_id=STRANGER)
    given(*WITH_TEAM).when(SOCIAL_WORKER, led).refused("UNKNOWN_MEMBER")


def test_a_support_has_an_id_of_its_own():
    twice = replace(DRAFTED, supports=DRAFTED.supports * 2)
    given(*WITH_TEAM).when(SOCIAL_WORKER, twice).refused("BAD_VALUE", "only once")


def test_a_need_that_the_framework_found_serves_an_objective():
    found = replace(DRAFTED, objectives=(replace(OBJECTIVE, need_id=FRAMEWORK.areas[0].need_id),))
    given(*WITH_TEAM, found).when(SOCIAL_WORKER, PATTO).refused("PATTO_INCOMPLETE", "PA-04")
    given(*WITH_TEAM, FRAMEWORK, found).when(SOCIAL_WORKER, PATTO).tells(version=1)


# --- the revision ----------------------------------------------------------------------------------------

REVISABLE = (*SIGNED, REDRAFTED)


def test_a_patto_is_revised_by_a_later_version():
    given(*REVISABLE).when(SOCIAL_WORKER, REVISED).tells(to_version=2, checks=None)
    given(*REVISABLE, REVISED).when(SOCIAL_WORKER, REVISED).nothing()


def test_a_later_version_of_a_patto_is_not_signed_as_a_new_one():
    second = replace(PATTO, version=2, signed_on=day(6, 10))
    given(*REVISABLE).when(SOCIAL_WORKER, second).refused("OUT_OF_ORDER", "a revision of it")


@pytest.mark.parametrize(
    ("change", "rule", "because"),
    [
        ({"patto_id": new("another patto")}, "OUT_OF_ORDER", "not the version in force"),
        ({"from_version": 2}, "OUT_OF_ORDER", "not the version in force"),
        ({"to_version": 1}, "BAD_VALUE", "to_version"),
        ({"to_version": 3}, "OUT_OF_ORDER", "no draft"),
        ({"signed_on": day(3, 9)}, "BAD_VALUE", "signed_on"),
        ({"signatories": (signature(HUSBAND),)}, "PATTO_INCOMPLETE", "PA-15"),
    ],
    ids=["another patto", "from no version", "to the same", "no draft", "before the first", "she did not"],
)
def test_a_revision_follows_the_version_in_force(change, rule, because):
    given(*REVISABLE).when(SOCIAL_WORKER, replace(REVISED, **change)).refused(rule, because)


def test_only_what_was_signed_is_revised():
    given(*WITH_DRAFT, REDRAFTED).when(SOCIAL_WORKER, REVISED).refused("OUT_OF_ORDER", "in force")


def test_a_revision_too_is_signed_with_written_reasons():
    without_puc = replace(REDRAFTED, commitments=DRAFTED.commitments)
    told = given(*SIGNED, without_puc)
    told.when(SOCIAL_WORKER, REVISED).refused("REASON_NOT_WRITTEN", "PA-10")
    explained = replace(REVISED, reasons=PATTO.reasons)
    found = told.when(SOCIAL_WORKER, explained).tells(to_version=2)
    assert [check.code for check in found.checks] == ["PA-10"]


def test_a_revision_is_the_patto_in_force_from_its_day():
    case = given(*REVISABLE, REVISED).case
    assert case.patto_on(day(6, 9))[1] == DRAFTED
    assert case.patto_on(day(6, 10))[1] == REDRAFTED
    assert case.patto_on(day(3, 9)) is None


# --- who does not sign -----------------------------------------------------------------------------------

NO_PSP = replace(REFUSED_TO_SIGN, patto_kind="PSP", patto_id=new("psp"))


def test_who_is_obliged_and_does_not_sign_refuses():
    given(*WITH_DRAFT).when(SOCIAL_WORKER, REFUSED_TO_SIGN).then(REFUSED_TO_SIGN)
    given(*WITH_DRAFT, CPI_ASSIGNED).when(CPI, NO_PSP).then(NO_PSP)


@pytest.mark.parametrize(
    ("by", "refused"), [(SOCIAL_WORKER, NO_PSP), (CPI, REFUSED_TO_SIGN)], ids=["the PSP", "the PaIS"]
)
def test_a_refusal_is_before_the_office_of_that_patto(by, refused):
    given(*WITH_DRAFT, CPI_ASSIGNED).when(by, refused).refused("ROLE_NOT_ALLOWED", "for the PaIS")


def test_nobody_refuses_what_was_not_offered_or_does_not_bind_her():
    given(*WITH_TEAM).when(SOCIAL_WORKER, REFUSED_TO_SIGN).refused("OUT_OF_ORDER", "no draft")
    his = replace(REFUSED_TO_SIGN, member_id=HUSBAND.member_id)
    given(*WITH_DRAFT).when(SOCIAL_WORKER, his).refused("NOT_OBLIGED")
    strangers = replace(REFUSED_TO_SIGN, member_id=STRANGER)
    given(*WITH_DRAFT).when(SOCIAL_WORKER, strangers).refused("UNKNOWN_MEMBER")


# --- the reviews -----------------------------------------------------------------------------------------

SIL = operator("sil")


@pytest.mark.parametrize("by", [SOCIAL_WORKER, SIL], ids=lambda by: by.agency)
def test_a_signed_patto_is_reviewed(by):
    given(*SIGNED, said(SIL, assignment(SIL))).when(by, REVIEW).then(REVIEW)


@pytest.mark.parametrize(
    ("change", "rule", "because"),
    [
        ({"version": 2}, "OUT_OF_ORDER", "not signed"),
        ({"held_on": day(3, 9)}, "BAD_VALUE", "held_on"),
        ({"next_on": day(6, 2)}, "BAD_VALUE", "next_on"),
        ({"results": REVIEW.results * 2}, "BAD_VALUE", "only once"),
        ({"results": (replace(REVIEW.results[0], result_id=new("no such")),)}, "NOT_RECORDED", "results"),
    ],
    ids=["not signed", "before the signature", "the next one before", "a result twice", "no such result"],
)
def test_a_review_is_of_the_results_of_that_version(change, rule, because):
    given(*SIGNED).when(SOCIAL_WORKER, replace(REVIEW, **change)).refused(rule, because)
