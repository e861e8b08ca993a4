"""A row of the list of cases says what the case itself says."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from domain.case import events as e
from domain.case.state import fold
from domain.contract import CONTRACTS, decode_stored
from projections.cases import Row, row_of
from tests.goldens import path_of
from tests.telling import CASE, CPI, INPS, UST, facts_of, id_of, said
from tests.unit.case.world import (
    CLOSED,
    MISSED,
    OPENED,
    REFERRED,
    SIGNED,
    SON,
    STRANGER,
    TEAM,
    component,
    day,
    decadenza,
    decurtazione,
    new,
)

pytestmark = pytest.mark.unit


def row(*told: Any) -> Row:
    return row_of(CASE, fold(facts_of(*told)))


def golden(kind: type, **more: Any) -> Any:
    """An event as its golden file has it, with some values of its own."""
    (contract,) = (contract for contract in CONTRACTS.values() if contract.type is kind)
    event = decode_stored(contract.stored_name, json.loads(path_of(contract).read_text("utf-8")))
    return replace(event, **more)


SUSPENDED = golden(e.SospensioneOrdered, measure_id=new("sospensione"), ordered_on=day(6, 3))


@pytest.mark.parametrize(
    "told, phase",
    [
        (said(CPI, golden(e.MemberConvokedByCpi)), "CONVENED"),
        (golden(e.AnalysisFrameworkCompleted), "FRAMEWORK_DONE"),
        (golden(e.MonitoringReviewHeld), "MONITORED"),
        (CLOSED, "CLOSED"),
    ],
    ids=["by the CPI", "framework", "review", "closed"],
)
def test_the_phase_is_that_of_the_case(told: Any, phase: str) -> None:
    assert row(*OPENED).phase == "OPEN"
    assert row(*OPENED, told).phase == phase


def test_who_leaves_the_household_is_counted_no_more() -> None:
    left = e.HouseholdMemberChanged(
        member_id=SON.member_id, change_type="LEFT", effective_on=day(5, 2), evidence_ref="anagrafe/1"
    )
    birthday = replace(left, change_type="AGE_18")
    assert row(*OPENED).members == 3
    assert row(*OPENED, birthday).members == 3
    assert row(*OPENED, left).members == 2
    assert row(*OPENED, left, replace(left, change_type="JOINED", effective_on=day(6, 2))).members == 3


@pytest.mark.parametrize(
    "ordered",
    [decurtazione(), decadenza(MISSED), SUSPENDED, golden(e.RevocaOrdered)],
    ids=lambda ordered: type(ordered).__name__,
)
def test_each_kind_of_measure_is_open_until_it_is_annulled(ordered: Any) -> None:
    annulled = golden(e.MeasureAnnulled, measure_id=ordered.measure_id)
    other = golden(e.MeasureAnnulled, measure_id=new("another"))
    assert row(*SIGNED, MISSED).open_measures == 0
    assert row(*SIGNED, MISSED, ordered).open_measures == 1
    assert row(*SIGNED, MISSED, ordered, other).open_measures == 1
    assert row(*SIGNED, MISSED, ordered, annulled).open_measures == 0


def test_a_suspension_is_open_until_it_is_lifted() -> None:
    lifted = golden(e.SuspensionLifted, measure_id=SUSPENDED.measure_id)
    assert row(*SIGNED, SUSPENDED, decadenza(MISSED), lifted).open_measures == 1


def test_the_agencies_are_those_of_the_team_as_it_was_changed() -> None:
    assert row(*SIGNED).agencies == ["asl", "ats", "cpi", "servizio-sociale", "ust"]
    change = e.EquipeChanged(
        team_id=TEAM.team_id,
        added=(replace(component(CPI, "TRAINING"), agency="sil", person_id=new("trainer")),),
        removed=(component(UST, "SCHOOL").person_id,),
        missing_roles=(),
        reason="fine anno",
        effective_on=day(6, 10),
        communicated_on=day(6, 10),
    )
    assert row(*SIGNED, change).agencies == ["asl", "ats", "cpi", "servizio-sociale", "sil"]


def test_a_correction_changes_the_row_and_moves_its_version() -> None:
    corrected = e.EventCorrected(
        corrects_event_id=id_of(REFERRED), reason="errore", new_value={"residence_comune": "058991"}
    )
    found = row(*OPENED, corrected)
    assert (found.residence_comune, found.version) == ("058991", 4)


def test_a_person_with_two_assignments_is_listed_once() -> None:
    first = golden(e.OperatorAssigned, assignment_id=new("a"), person_id=STRANGER, agency="cpi")
    second = replace(first, assignment_id=new("b"))
    ended = golden(e.OperatorUnassigned, assignment_id=new("a"), until=date(2025, 6, 1))
    told: tuple[Any, ...] = (*OPENED, said(CPI, first), said(CPI, second))
    assert row(*told).operators.count(str(STRANGER)) == 1
    assert str(STRANGER) in row(*told, said(CPI, ended)).operators
    assert str(STRANGER) not in row(*told, ended, replace(ended, assignment_id=new("b"))).operators


def test_every_fact_of_a_case_has_a_row() -> None:
    for contract in CONTRACTS.values():
        if contract.aggregate == "case" and contract.type is not e.EventCorrected:
            by = INPS if "inps" in contract.recorders else CPI
            assert row(said(by, golden(contract.type))).version == 1
