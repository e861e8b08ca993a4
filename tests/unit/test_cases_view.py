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
    ANALYSED,
    CLOSED,
    MISSED,
    OPENED,
    REFERRED,
    RETURNED,
    SCHOOL_ASKED,
    SENT_TO_CPI,
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


def agencies(*told: Any) -> set[str]:
    return set(row(*told).agencies)


def test_a_case_is_linked_to_its_comune_and_to_who_has_an_operator_or_a_seat() -> None:
    assert agencies(*SIGNED) == {"asl", "ats", "comune-058091", "cpi", "servizio-sociale", "ust"}
    change = e.EquipeChanged(
        team_id=TEAM.team_id,
        added=(replace(component(CPI, "TRAINING"), agency="sil", person_id=new("trainer")),),
        removed=(component(UST, "SCHOOL").person_id,),
        missing_roles=(),
        reason="fine anno",
        effective_on=day(6, 10),
        communicated_on=day(6, 10),
    )
    assert agencies(*SIGNED, change) == agencies(*SIGNED) - {"ust"} | {"sil"}


def test_a_case_is_linked_to_an_employment_service_until_it_gives_the_member_back() -> None:
    assert "cpi" in agencies(*ANALYSED, SENT_TO_CPI)
    assert "cpi" not in agencies(*ANALYSED, SENT_TO_CPI, RETURNED) | agencies(*ANALYSED)


def test_a_case_is_linked_to_the_school_that_was_asked_and_to_who_gives_a_support() -> None:
    assert agencies(*OPENED, SCHOOL_ASKED) - agencies(*OPENED) == {"ust"}
    given = golden(e.SupportActivated, support_id=new("support"), provider="ets-caritas")
    ended = golden(e.SupportEnded, support_id=new("support"))
    assert agencies(*OPENED, given) - agencies(*OPENED) == {"ets-caritas"}
    assert agencies(*OPENED, given, ended) == agencies(*OPENED)
    # Of who is told of a referral to it, not all may be told that it gives a support.
    assert agencies(*OPENED, replace(given, provider="cpi")) == agencies(*OPENED)


@pytest.mark.parametrize("unit", ["asl-serd", "asl-consultorio"])
def test_a_list_does_not_tell_which_health_service_somebody_is_sent_to(unit: Any) -> None:
    sent = golden(e.MemberReferredToSpecialistService, unit=unit)
    assert agencies(*OPENED, sent) - agencies(*OPENED) == {"asl"}
    support = golden(e.SupportActivated, provider=unit)
    assert not {each for each in agencies(*OPENED, sent, support) if each.startswith("asl-")}


@pytest.mark.parametrize(
    "named",
    [{"agency": "ets-cav"}, {"unit": "centro antiviolenza"}, {"function": "operatrice del CAV"}],
    ids=str,
)
def test_an_anti_violence_service_is_in_no_list(named: dict[str, str]) -> None:
    hers = replace(component(CPI, "ETS"), agency="ets-x", person_id=new("hers"))
    seated = replace(TEAM, components=(replace(hers, **named),))  # type: ignore[arg-type]
    assert "ets-x" in agencies(*OPENED, replace(TEAM, components=(hers,)))
    assert agencies(*OPENED, seated) == agencies(*OPENED)
    assert agencies(*OPENED, golden(e.SupportActivated, provider="ets-cav")) == agencies(*OPENED)


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
