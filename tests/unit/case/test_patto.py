"""The patto: drafted, checked, signed."""

from dataclasses import replace

import pytest

from domain.case.parts import PriorProject
from domain.case.rulings.patto import household_on
from domain.rules.patto import failed_in_draft
from tests.telling import SOCIAL_WORKER, given
from tests.unit.case.world import (
    ANALYSED,
    CONTACTS,
    DRAFTED,
    HEALTH,
    HUSBAND,
    MET,
    MOTHER,
    OBJECTIVE,
    OPENED,
    PATTO,
    RESULT,
    SCHOOLING,
    SIGNED,
    STRANGER,
    TRAINING,
    WITH_DRAFT,
    WITH_TEAM,
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
    given(*WITH_DRAFT).when(SOCIAL_WORKER, PATTO).then(PATTO)


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


WARNED = {
    "PA-05": replace(DRAFTED, supports=(replace(DRAFTED.supports[0], catalogue_code="147-7.c"),)),
    "PA-06": replace(DRAFTED, commitments=(CONTACTS, TRAINING)),
    "PA-08": with_line(SCHOOLING, beneficiary_member_id=HUSBAND.member_id),
    "PA-12": replace(DRAFTED, team_ref=None),
    "PA-16": replace(DRAFTED, minors_involvement=""),
    "PA-18": replace(DRAFTED, scheda_progetto_ref=""),
    "PA-19": replace(DRAFTED, warning_text_version=""),
}


@pytest.mark.parametrize("code", WARNED)
def test_any_other_check_that_fails_is_a_warning(code):
    drafted = given(*WITH_TEAM, WARNED[code])
    failed = failed_in_draft(WARNED[code], household_on(drafted.case, PATTO.signed_on))
    assert code in [each.code for each in failed]
    drafted.when(SOCIAL_WORKER, PATTO).then(PATTO)


def test_every_obliged_member_signs():
    without_her = replace(PATTO, signatories=(signature(HUSBAND),))
    given(*WITH_DRAFT).when(SOCIAL_WORKER, without_her).refused("PATTO_INCOMPLETE", "PA-15")
    without_him = replace(PATTO, signatories=(signature(MOTHER),))
    given(*WITH_DRAFT).when(SOCIAL_WORKER, without_him).then(without_him)


def test_somebody_signs():
    unsigned = replace(PATTO, signatories=())
    given(*WITH_DRAFT).when(SOCIAL_WORKER, unsigned).refused("PATTO_INCOMPLETE", "PA-15")


def test_who_is_obliged_is_judged_on_the_day_of_the_signature():
    both = with_line(HEALTH, conditional=True)
    from_that_day = evaluated(HUSBAND, "obliged", on=PATTO.signed_on)
    from_the_next = evaluated(HUSBAND, "obliged", on=day(3, 11))
    given(*WITH_TEAM, both, from_that_day).when(SOCIAL_WORKER, PATTO).then(PATTO)
    given(*WITH_TEAM, both, from_the_next).when(SOCIAL_WORKER, PATTO).refused("PATTO_INCOMPLETE", "PA-11")


def test_a_study_that_is_on_record_may_stand_in_the_patto():
    grown = member("Zoè", day(1, 1).replace(year=2005), "FIGLIO")
    assert OPENED[2].members[0] is MOTHER
    household = replace(OPENED[2], members=(*OPENED[2].members, grown))
    study = with_line(SCHOOLING, beneficiary_member_id=grown.member_id)
    enrolled = condition("REGULAR_STUDY", grown)
    given(*WITH_TEAM, household, enrolled, study).when(SOCIAL_WORKER, PATTO).then(PATTO)
