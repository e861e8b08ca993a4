"""The équipe after it was formed: changed, convoked, met, and the analysis that it completes."""

from dataclasses import replace

import pytest

from domain.case.parts import Invitee
from tests.telling import AMBITO, ASL, COLLEAGUE, CPI, SERD, SOCIAL_WORKER, UST, given, operator, said
from tests.unit.case.world import (
    AMBITO_ASSIGNED,
    ANALYSED,
    ASL_ASSIGNED,
    CHANGED_TEAM,
    COLLEAGUE_ASSIGNED,
    CPI_ASSIGNED,
    FRAMEWORK,
    INVITED,
    MANAGER,
    NO_CPI,
    SAT,
    SITTING,
    STRANGER,
    TEAM,
    UST_ASSIGNED,
    WITH_TEAM,
    assignment,
    component,
    day,
    new,
    voided,
)

# --- changed ---------------------------------------------------------------------------------------------


def test_an_equipe_is_changed():
    given(*WITH_TEAM).when(SOCIAL_WORKER, CHANGED_TEAM).then(CHANGED_TEAM)
    seated = {c.person_id for c in given(*WITH_TEAM, CHANGED_TEAM).case.team.components}
    assert SERD.person in seated and ASL.person not in seated


@pytest.mark.parametrize("nobody", [{"added": ()}, {"removed": ()}], ids=["leaves", "enters"])
def test_somebody_may_only_enter_or_only_leave(nobody):
    one = replace(CHANGED_TEAM, **nobody)
    given(*WITH_TEAM).when(SOCIAL_WORKER, one).then(one)


def test_only_the_equipe_of_the_case_is_changed():
    given(*ANALYSED).when(SOCIAL_WORKER, CHANGED_TEAM).refused("NOT_RECORDED", "no such équipe")
    another = replace(CHANGED_TEAM, team_id=new("another team"))
    given(*WITH_TEAM).when(SOCIAL_WORKER, another).refused("NOT_RECORDED", "no such équipe")


@pytest.mark.parametrize(
    ("change", "rule", "because"),
    [
        ({"added": (), "removed": ()}, "BAD_VALUE", "enters or leaves"),
        ({"removed": (ASL.person, ASL.person)}, "BAD_VALUE", "only once"),
        ({"removed": (STRANGER,)}, "NOT_RECORDED", "not in the équipe"),
        ({"added": (component(CPI, "TRAINING"),)}, "BAD_VALUE", "only once"),
        ({"removed": (CPI.person,)}, "EQUIPE_INCOMPLETE", "no EMPLOYMENT_OPERATOR"),
        ({"removed": (SOCIAL_WORKER.person,)}, "EQUIPE_INCOMPLETE", "EM-CASE-MANAGER"),
    ],
    ids=["nobody", "leaves twice", "a stranger leaves", "sits twice", "a core role", "the case manager"],
)
def test_a_changed_equipe_is_still_one(change, rule, because):
    given(*WITH_TEAM).when(SOCIAL_WORKER, replace(CHANGED_TEAM, **change)).refused(rule, because)


def test_a_core_role_may_leave_for_a_reason():
    left = replace(CHANGED_TEAM, removed=(CPI.person,), missing_roles=(NO_CPI,))
    given(*WITH_TEAM).when(SOCIAL_WORKER, left).then(left)


def test_changes_follow_each_other():
    back = replace(CHANGED_TEAM, added=(component(ASL, "SPECIALIST"),), removed=(SERD.person,))
    told = given(*WITH_TEAM, CHANGED_TEAM)
    told.when(SOCIAL_WORKER, CHANGED_TEAM).nothing()
    told.when(SOCIAL_WORKER, back).then(back)
    assert given(*WITH_TEAM, CHANGED_TEAM, back).case.team.components == TEAM.components[:4] + back.added


def test_the_case_manager_named_since_stays_in_the_equipe():
    colleague = component(COLLEAGUE, "SOCIAL_WORKER")
    successor = replace(
        MANAGER,
        person_id=COLLEAGUE.person,
        from_on=day(3, 1),
        replaces_person_id=SOCIAL_WORKER.person,
        reason="è in congedo",
    )
    told = (*ANALYSED, MANAGER, TEAM, successor)
    given(*told).when(SOCIAL_WORKER, CHANGED_TEAM).refused("EQUIPE_INCOMPLETE", "EM-CASE-MANAGER")
    enters = replace(CHANGED_TEAM, added=(colleague,), removed=(SOCIAL_WORKER.person,))
    given(*told).when(SOCIAL_WORKER, enters).then(enters)


def test_a_change_of_an_equipe_that_was_voided_changes_no_other():
    second = replace(TEAM, team_id=new("second team"))
    its_change = replace(CHANGED_TEAM, team_id=second.team_id)
    assert given(*WITH_TEAM, second, its_change, voided(second)).case.team == TEAM
    assert given(*WITH_TEAM, CHANGED_TEAM, voided(TEAM)).case.team is None


# --- convoked --------------------------------------------------------------------------------------------

CALLABLE = (*WITH_TEAM, AMBITO_ASSIGNED, CPI_ASSIGNED)
INVITEES = SITTING.event.invitees


def test_the_ambito_convokes_who_sits_in_it():
    given(*CALLABLE).when(AMBITO, SITTING.event).then(SITTING.event)


@pytest.mark.parametrize(
    ("change", "rule", "because"),
    [
        ({"team_id": new("another team")}, "NOT_RECORDED", "no such équipe"),
        ({"invitees": ()}, "BAD_VALUE", "at least one"),
        ({"invitees": (INVITEES[0], INVITEES[0])}, "BAD_VALUE", "only once"),
        ({"invitees": (replace(INVITEES[0], person_id=STRANGER),)}, "NOT_RECORDED", "does not sit"),
        ({"invitees": (replace(INVITEES[0], agency="ust"),)}, "NOT_RECORDED", "does not sit"),
        ({"invitees": (replace(INVITEES[4], unit="asl-serd"),)}, "NOT_RECORDED", "does not sit"),
        ({"attachment": "SCHEDA_AP"}, "SCHEDA_NOT_SENT", "extract"),
    ],
    ids=["another équipe", "nobody", "twice", "a stranger", "for another agency", "another unit", "scheda"],
)
def test_a_sitting_is_of_the_equipe_and_gives_each_seat_its_extract(change, rule, because):
    given(*CALLABLE).when(AMBITO, replace(SITTING.event, **change)).refused(rule, because)


def test_who_left_the_equipe_is_not_invited():
    given(*CALLABLE, CHANGED_TEAM).when(AMBITO, SITTING.event).refused("NOT_RECORDED", "does not sit")


# --- answered --------------------------------------------------------------------------------------------

CALLED = (*CALLABLE, SITTING, UST_ASSIGNED, ASL_ASSIGNED)


def test_who_is_invited_answers():
    given(*CALLED).when(CPI, INVITED.event).then(INVITED.event)
    sends = replace(INVITED.event, answer="SUBSTITUTE", substitute_person_id=STRANGER)
    given(*CALLED).when(CPI, sends).then(sends)
    given(*CALLED, INVITED).when(CPI, sends).then(sends)


@pytest.mark.parametrize(
    ("change", "rule", "because"),
    [
        ({"session_id": new("no such")}, "NOT_RECORDED", "no such sitting"),
        ({"team_id": new("another team")}, "NOT_RECORDED", "not invited"),
        ({"person_id": STRANGER}, "NOT_RECORDED", "not invited"),
        ({"agency": "ust"}, "ROLE_NOT_ALLOWED", "its own persons"),
        ({"person_id": UST.person}, "ROLE_NOT_ALLOWED", "its own persons"),
        ({"answer": "SUBSTITUTE"}, "BAD_VALUE", "substitute_person_id"),
        ({"substitute_person_id": STRANGER}, "BAD_VALUE", "substitute_person_id"),
    ],
    ids=["no sitting", "another équipe", "a stranger", "agency", "person", "nobody", "no substitute"],
)
def test_each_agency_answers_for_its_own(change, rule, because):
    given(*CALLED).when(CPI, replace(INVITED.event, **change)).refused(rule, because)


def seated(agency, unit=None):
    """An operator assigned to a case with an équipe, who sits in it and is invited; what she answers."""
    by = operator(agency, unit)
    sits = component(by, "OTHER_SOCIAL")
    invited = Invitee(person_id=by.person, agency=agency, unit=unit)
    sitting = replace(SITTING.event, invitees=(*SITTING.event.invitees, invited))
    team = replace(TEAM, components=(*TEAM.components, sits))
    told = (*ANALYSED, team, AMBITO_ASSIGNED, said(AMBITO, sitting), said(by, assignment(by)))
    return told, replace(INVITED.event, person_id=by.person, agency=agency)


OFFICES_APART = [
    ("asl", "asl-csm", "asl-serd"),
    ("asl", "asl-csm", None),
    ("ets", "ets-cav", "ets-casa"),
    ("ets", "ets-cav", None),
]
OFFICES_TOGETHER = [("cpi", "cpi-nord", None), ("cpi", None, "cpi-nord"), ("ats", "ats-nord", "ats-tutela")]


@pytest.mark.parametrize(("agency", "unit", "other"), OFFICES_APART)
def test_no_other_unit_answers_for_one_of_a_health_or_an_anti_violence_service(agency, unit, other):
    told, states = seated(agency, unit)
    by = operator(agency, other)
    given(*told, said(by, assignment(by))).when(by, states).refused("ROLE_NOT_ALLOWED", "its own persons")
    given(*told).when(operator(agency, unit), states).then(states)


@pytest.mark.parametrize(("agency", "unit", "other"), OFFICES_TOGETHER)
def test_units_that_share_with_their_agency_answer_for_each_other(agency, unit, other):
    told, states = seated(agency, unit)
    by = operator(agency, other)
    given(*told, said(by, assignment(by))).when(by, states).then(states)


# --- met, and what it completes --------------------------------------------------------------------------


def test_an_equipe_meets_once_convoked():
    given(*CALLED).when(SOCIAL_WORKER, SAT).then(SAT)
    given(*CALLABLE).when(SOCIAL_WORKER, SAT).refused("NOT_RECORDED", "no such sitting")


@pytest.mark.parametrize(
    ("change", "rule", "because"),
    [
        ({"team_id": new("another team")}, "NOT_RECORDED", "another équipe"),
        ({"present": ()}, "BAD_VALUE", "at least one"),
        ({"absent": SAT.present}, "BAD_VALUE", "only once"),
    ],
)
def test_somebody_of_the_equipe_was_there(change, rule, because):
    given(*CALLED).when(SOCIAL_WORKER, replace(SAT, **change)).refused(rule, because)


def test_the_equipe_completes_the_analysis():
    given(*WITH_TEAM).when(SOCIAL_WORKER, FRAMEWORK).then(FRAMEWORK)
    of_all = replace(FRAMEWORK, areas=(replace(FRAMEWORK.areas[0], member_id=None),))
    given(*WITH_TEAM).when(SOCIAL_WORKER, of_all).then(of_all)
    given(*ANALYSED).when(SOCIAL_WORKER, FRAMEWORK).refused("OUT_OF_ORDER", "no équipe")


@pytest.mark.parametrize(
    ("areas", "rule"),
    [
        ((), "BAD_VALUE"),
        (FRAMEWORK.areas * 2, "BAD_VALUE"),
        ((replace(FRAMEWORK.areas[0], member_id=STRANGER),), "UNKNOWN_MEMBER"),
    ],
    ids=["none", "twice", "of a stranger"],
)
def test_the_analysis_has_areas_of_the_household(areas, rule):
    given(*WITH_TEAM).when(SOCIAL_WORKER, replace(FRAMEWORK, areas=areas)).refused(rule)


def test_a_colleague_of_the_ambito_does_not_meet_for_the_equipe():
    given(*CALLED, COLLEAGUE_ASSIGNED).when(COLLEAGUE, SAT).then(SAT)
    given(*CALLED).when(AMBITO, SAT).refused("ROLE_NOT_ALLOWED")
