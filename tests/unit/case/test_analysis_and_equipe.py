"""The analysis, and the équipe that follows where it asks for one."""

from dataclasses import replace

import pytest

from domain.case.parts import MissingRole, Outcome
from tests.telling import AMBITO, CPI, SOCIAL_WORKER, given
from tests.unit.case.world import (
    ANALYSED,
    ANALYSIS,
    EVALUATED,
    HOUSEHOLD,
    HUSBAND,
    MET,
    MOTHER,
    NO_CPI,
    SON,
    STRANGER,
    TEAM,
    WITH_TEAM,
    component,
    day,
    member,
)

# --- the analysis ----------------------------------------------------------------------------------------


def test_an_analysis_is_completed_after_a_meeting():
    given(*MET).when(SOCIAL_WORKER, ANALYSIS).then(ANALYSIS)
    given(*EVALUATED).when(SOCIAL_WORKER, ANALYSIS).refused("OUT_OF_ORDER", "not met")


def test_an_analysis_has_an_outcome_for_each_member():
    short = replace(ANALYSIS, outcomes=ANALYSIS.outcomes[:2])
    given(*MET).when(SOCIAL_WORKER, short).refused("BAD_VALUE", "one for each")
    strange = replace(ANALYSIS, outcomes=(*ANALYSIS.outcomes, Outcome(member_id=STRANGER, outcome="PSP")))
    given(*MET).when(SOCIAL_WORKER, strange).refused("BAD_VALUE", "one for each")


def test_a_member_has_one_outcome():
    twice = replace(ANALYSIS, outcomes=(*ANALYSIS.outcomes, ANALYSIS.outcomes[0]))
    given(*MET).when(SOCIAL_WORKER, twice).refused("BAD_VALUE", "only once")


def test_an_analysis_cannot_be_said_otherwise():
    other = replace(ANALYSIS, completed_on=day(2, 21))
    given(*ANALYSED).when(SOCIAL_WORKER, ANALYSIS).nothing()
    given(*ANALYSED).when(SOCIAL_WORKER, other).refused("ALREADY_RECORDED")


# --- the équipe ------------------------------------------------------------------------------------------


def test_an_equipe_is_formed_where_the_analysis_asks_for_one():
    given(*ANALYSED).when(SOCIAL_WORKER, TEAM).then(TEAM)


@pytest.mark.parametrize("asked", ["EM", "SPECIALIST"])
def test_an_equipe_needs_a_member_whose_needs_are_complex(asked):
    outcomes = [Outcome(member_id=m.member_id, outcome="PSP") for m in (MOTHER, HUSBAND, SON)]
    simple = replace(ANALYSIS, outcomes=tuple(outcomes))
    given(*MET, simple).when(SOCIAL_WORKER, TEAM).refused("OUT_OF_ORDER", "asks for an équipe")
    complex_one = replace(ANALYSIS, outcomes=(*outcomes[:2], Outcome(member_id=SON.member_id, outcome=asked)))
    given(*MET, complex_one).when(SOCIAL_WORKER, TEAM).then(TEAM)


def test_no_equipe_is_formed_before_the_analysis():
    given(*MET).when(SOCIAL_WORKER, TEAM).refused("OUT_OF_ORDER", "asks for an équipe")


def test_a_person_sits_once():
    twice = replace(TEAM, components=(*TEAM.components, component(CPI, "TRAINING")))
    given(*ANALYSED).when(SOCIAL_WORKER, twice).refused("BAD_VALUE", "only once")


WITHOUT_CPI = replace(TEAM, components=tuple(c for c in TEAM.components if c.agency != "cpi"))


@pytest.mark.parametrize("role", ["SOCIAL_WORKER", "SOCIAL_OPERATOR", "EMPLOYMENT_OPERATOR"])
def test_a_core_role_is_there_or_its_absence_has_a_reason(role):
    left = tuple(c for c in TEAM.components if c.role != role)
    manager = next(c.person_id for c in left if c.role in ("SOCIAL_WORKER", "SOCIAL_OPERATOR"))
    short = replace(TEAM, components=left, case_manager_id=manager)
    given(*ANALYSED).when(SOCIAL_WORKER, short).refused("EQUIPE_INCOMPLETE", f"no {role}")
    explained = replace(short, missing_roles=(MissingRole(role=role, reason="non ancora nominato"),))
    given(*ANALYSED).when(SOCIAL_WORKER, explained).then(explained)


def test_a_reason_is_written():
    blank = replace(WITHOUT_CPI, missing_roles=(replace(NO_CPI, reason=" "),))
    given(*ANALYSED).when(SOCIAL_WORKER, blank).refused("EQUIPE_INCOMPLETE", "EM-CORE")


@pytest.mark.parametrize("manager", [CPI.person, STRANGER], ids=["of the CPI", "of no équipe"])
def test_the_case_manager_is_a_social_worker_of_the_equipe(manager):
    managed = replace(TEAM, case_manager_id=manager)
    given(*ANALYSED).when(SOCIAL_WORKER, managed).refused("EQUIPE_INCOMPLETE", "EM-CASE-MANAGER")


def test_the_social_operator_may_be_the_case_manager():
    managed = replace(TEAM, case_manager_id=AMBITO.person)
    given(*ANALYSED).when(SOCIAL_WORKER, managed).then(managed)


@pytest.mark.parametrize("referent", [SON.member_id, STRANGER], ids=["a child", "a stranger"])
def test_the_referent_is_an_adult_of_the_household(referent):
    led = replace(TEAM, household_referent_id=referent)
    given(*ANALYSED).when(SOCIAL_WORKER, led).refused("EQUIPE_INCOMPLETE", "EM-REFERENT")


@pytest.mark.parametrize(("on", "adult"), [(day(2, 23), False), (day(2, 24), True)])
def test_the_referent_is_an_adult_from_her_eighteenth_birthday(on, adult):
    daughter = member("Zoè", day(2, 24).replace(year=2007), "FIGLIO")
    household = replace(HOUSEHOLD, members=(*HOUSEHOLD.members, daughter))
    led = replace(TEAM, household_referent_id=daughter.member_id, communicated_on=on)
    outcome = given(*ANALYSED, household).when(SOCIAL_WORKER, led)
    if adult:
        outcome.then(led)
    else:
        outcome.refused("EQUIPE_INCOMPLETE", "EM-REFERENT")


def test_an_equipe_cannot_be_said_otherwise():
    given(*WITH_TEAM).when(SOCIAL_WORKER, TEAM).nothing()
    given(*WITH_TEAM).when(SOCIAL_WORKER, replace(TEAM, communicated_on=day(2, 25))).refused(
        "ALREADY_RECORDED"
    )
