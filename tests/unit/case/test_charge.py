"""Who has a case in charge: its operators, its case manager, and the Ambito that is competent."""

from dataclasses import replace

import pytest

from domain.case.events import OperatorUnassigned
from tests.telling import AMBITO, ASL, COLLEAGUE, CPI, SERD, SOCIAL_WORKER, given, id_of, operator, said
from tests.unit.case.world import (
    AMBITO_ASSIGNED,
    ANALYSED,
    ASSIGNED,
    FRAMED,
    MANAGER,
    OPENED,
    REFERRED,
    SCHOOL_ASKED,
    SENT_TO_SERD,
    SERD_ASSIGNED,
    STRANGER,
    TAKEN_OVER,
    TEAM,
    TRANSFERRED,
    UST_ASSIGNED,
    assignment,
    day,
    new,
    voided,
)

SUCCESSOR = replace(
    MANAGER,
    person_id=COLLEAGUE.person,
    from_on=day(4, 1),
    replaces_person_id=SOCIAL_WORKER.person,
    reason="è in congedo",
)

# --- the case manager ------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [SOCIAL_WORKER, AMBITO], ids=lambda by: by.agency)
def test_a_case_manager_is_assigned(by):
    given(*OPENED, AMBITO_ASSIGNED).when(by, MANAGER).then(MANAGER)


def test_a_first_case_manager_replaces_nobody():
    given(*OPENED).when(SOCIAL_WORKER, SUCCESSOR).refused("NOT_RECORDED", "no case manager to replace")


def test_there_is_one_case_manager_at_a_time():
    second = replace(SUCCESSOR, replaces_person_id=None)
    given(*OPENED, MANAGER).when(SOCIAL_WORKER, second).refused("ALREADY_RECORDED", "who leaves")
    of_another = replace(SUCCESSOR, replaces_person_id=STRANGER)
    given(*OPENED, MANAGER).when(SOCIAL_WORKER, of_another).refused("ALREADY_RECORDED", "who leaves")


def test_a_case_manager_is_replaced_for_a_reason():
    told = given(*OPENED, MANAGER)
    told.when(SOCIAL_WORKER, SUCCESSOR).then(SUCCESSOR)
    for reason in (None, " "):
        told.when(SOCIAL_WORKER, replace(SUCCESSOR, reason=reason)).refused("BAD_VALUE", "reason")


def test_a_case_manager_is_not_replaced_before_the_former_one_began():
    early = replace(SUCCESSOR, from_on=day(1, 14))
    given(*OPENED, MANAGER).when(SOCIAL_WORKER, early).refused("BAD_VALUE", "from_on")


def test_the_former_case_manager_is_so_again_once_the_change_is_voided():
    changed = given(*OPENED, MANAGER, SUCCESSOR).case
    assert changed.case_manager == SUCCESSOR
    again = given(*OPENED, MANAGER, SUCCESSOR, voided(SUCCESSOR))
    assert again.case.case_manager == MANAGER
    again.when(SOCIAL_WORKER, SUCCESSOR).then(SUCCESSOR)


def test_the_equipe_names_no_other_case_manager_than_the_case():
    other = replace(MANAGER, person_id=COLLEAGUE.person)
    given(*ANALYSED, other).when(SOCIAL_WORKER, TEAM).refused("ALREADY_RECORDED", "another case manager")
    given(*ANALYSED, MANAGER).when(SOCIAL_WORKER, TEAM).then(TEAM)


# --- who is competent ------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [SOCIAL_WORKER, AMBITO], ids=lambda by: by.agency)
def test_a_case_is_offered_and_taken_over(by):
    given(*OPENED, AMBITO_ASSIGNED).when(by, TRANSFERRED).then(TRANSFERRED)
    given(*OPENED, AMBITO_ASSIGNED, TRANSFERRED).when(by, TAKEN_OVER).then(TAKEN_OVER)


def test_a_case_is_not_given_to_who_gives_it():
    itself = replace(TRANSFERRED, to_agency="ats")
    given(*OPENED).when(SOCIAL_WORKER, itself).refused("BAD_VALUE", "to_agency")


def test_what_was_not_offered_is_not_taken_over():
    given(*OPENED).when(SOCIAL_WORKER, TAKEN_OVER).refused("NOT_RECORDED", "no such transfer")
    another = replace(TAKEN_OVER, transfer_event_id=id_of(ASSIGNED))
    given(*OPENED, TRANSFERRED).when(SOCIAL_WORKER, another).refused("NOT_RECORDED", "no such transfer")


def test_only_who_was_offered_a_case_takes_it_over():
    another = replace(TAKEN_OVER, accepted_by_agency="ats-terzo")
    given(*OPENED, TRANSFERRED).when(SOCIAL_WORKER, another).refused("ROLE_NOT_ALLOWED", "another agency")


# --- what links an agency to a case ----------------------------------------------------------------------


def test_a_referral_links_the_unit_of_the_health_service():
    by, stated = SERD_ASSIGNED.by, SERD_ASSIGNED.event
    given(*FRAMED).when(by, stated).refused("OUT_OF_ORDER", "links this agency")
    given(*FRAMED, SENT_TO_SERD).when(by, stated).then(stated)


def test_the_question_of_the_comune_links_the_school_office():
    by, stated = UST_ASSIGNED.by, UST_ASSIGNED.event
    given(*OPENED).when(by, stated).refused("OUT_OF_ORDER", "links this agency")
    given(*OPENED, SCHOOL_ASKED).when(by, stated).then(stated)


# --- who ends an assignment ------------------------------------------------------------------------------


def ended(by):
    return OperatorUnassigned(assignment_id=assignment(by).assignment_id, until=day(5, 1), reason="REPLACED")


CAV, CSM = operator("ets", "ets-cav"), operator("asl", "asl-csm")


@pytest.mark.parametrize("other", [ASL, SERD, operator("ets"), operator("ets", "ets-casa"), CPI])
@pytest.mark.parametrize("hers", [CAV, CSM], ids=lambda by: by.seat)
def test_no_other_unit_ends_an_assignment_of_a_health_or_an_anti_violence_service(hers, other):
    told = given(*OPENED, said(hers, assignment(hers)), said(other, assignment(other)))
    told.when(other, ended(hers)).refused("ROLE_NOT_ALLOWED", "its own persons")
    told.when(hers, ended(hers)).then(ended(hers))


NORTH = operator("cpi", "cpi-nord")


@pytest.mark.parametrize(
    ("hers", "other"),
    [(NORTH, CPI), (CPI, NORTH), (SOCIAL_WORKER, COLLEAGUE), (operator("ats", "ats-tutela"), AMBITO)],
    ids=lambda by: by.seat,
)
def test_units_that_share_with_their_agency_end_the_assignments_of_each_other(hers, other):
    mine = assignment(other, assignment_id=new("assignment/mine"))
    told = given(REFERRED, said(hers, assignment(hers)), said(other, mine))
    told.when(other, ended(hers)).then(ended(hers))
