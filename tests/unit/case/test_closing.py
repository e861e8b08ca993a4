"""The end of a case, and what may still be recorded of it."""

from dataclasses import replace

import pytest

from domain.case.events import EventCorrected, OperatorUnassigned
from tests.telling import CLOCK, COLLEAGUE, CPI, INPS, SOCIAL_WORKER, given, id_of
from tests.unit.case.world import (
    ASKED,
    ASSIGNED,
    CLOSED,
    CONVOKED,
    CPI_ASSIGNED,
    HELD,
    HOUSEHOLD,
    MISSED,
    NOTIFIED,
    OPENED,
    SIGNED,
    assignment,
    condition,
    day,
    decadenza,
    decided,
    decurtazione,
    inps_report,
    new,
    proposal,
    submitted,
)

ENDED = OperatorUnassigned(assignment_id=ASSIGNED.assignment_id, until=day(11, 3), reason="CASE_CLOSED")
CORRECTED = EventCorrected(
    corrects_event_id=id_of(HELD), reason="errore", new_value={"held_on": "2025-02-09"}
)


@pytest.mark.parametrize("by", [SOCIAL_WORKER, CLOCK], ids=lambda by: by.agency)
def test_a_case_is_closed(by):
    given(*OPENED).when(by, CLOSED).then(CLOSED)


def test_the_employment_centre_closes_no_case():
    given(*SIGNED, CPI_ASSIGNED).when(CPI, CLOSED).refused("ROLE_NOT_ALLOWED")


def test_a_case_is_open_from_its_referral_to_its_closing():
    assert not given().case.open
    assert given(*OPENED).case.open
    assert not given(*OPENED, CLOSED).case.open
    assert given(*SIGNED).case.phase == "PATTO_SIGNED" and given(*SIGNED, CLOSED).case.phase == "CLOSED"


def test_a_case_is_closed_once():
    given(*OPENED, CLOSED).when(SOCIAL_WORKER, CLOSED).nothing()
    given(*OPENED, CLOSED).when(SOCIAL_WORKER, replace(CLOSED, reason="MOVED")).refused("CASE_CLOSED")


@pytest.mark.parametrize(
    "states",
    [
        assignment(COLLEAGUE),
        replace(HOUSEHOLD, source="ANPR"),
        condition("EMPLOYED"),
        replace(CONVOKED, convocation_id=new("second")),
        MISSED,
        submitted(),
        decided(),
        proposal(),
        inps_report(),
    ],
    ids=lambda states: type(states).__name__,
)
def test_nothing_new_is_recorded_of_a_closed_case(states):
    given(*SIGNED, CLOSED).when(SOCIAL_WORKER, states).refused("CASE_CLOSED")


def test_what_was_on_record_before_stays_a_repetition():
    given(*OPENED, CLOSED).when(SOCIAL_WORKER, HOUSEHOLD).nothing()


@pytest.mark.parametrize("measure", [decurtazione(), decadenza(MISSED)], ids=lambda m: type(m).__name__)
def test_a_measure_is_recorded_of_a_closed_case_too(measure):
    given(*ASKED, CLOSED).when(INPS, measure).tells(measure_id=measure.measure_id)


def test_a_measure_is_notified_after_the_case_was_closed():
    given(*ASKED, decurtazione(), CLOSED).when(INPS, NOTIFIED).then(NOTIFIED)


def test_a_closed_case_is_corrected():
    given(*SIGNED, CLOSED).when(SOCIAL_WORKER, CORRECTED).tells(affects=())


def test_assignments_end_after_the_case_was_closed():
    given(*SIGNED, CLOSED).when(SOCIAL_WORKER, ENDED).then(ENDED)


def test_a_case_whose_closing_was_voided_is_open():
    void = EventCorrected(corrects_event_id=id_of(CLOSED), reason="errore", new_value={}, voids=True)
    given(*SIGNED, CLOSED).when(SOCIAL_WORKER, MISSED).refused("CASE_CLOSED")
    given(*SIGNED, CLOSED, void).when(SOCIAL_WORKER, MISSED).then(MISSED)
