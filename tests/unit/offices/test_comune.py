"""The lists of a Comune: its own residents, their households, its PUC."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from domain.case import events as e
from domain.contract import contract_of, encode
from domain.protocol import events as p
from projections.offices.comune import HouseholdChange, MayorWarning, PucAssignment, ResidenceCheck
from projections.offices.held import Held, told
from projections.offices.schooling import Verification
from tests.telling import COMUNE, UST, id_of, said
from tests.unit.case.world import (
    CHECKED,
    HOUSEHOLD,
    HUSBAND,
    MOTHER,
    NOT_ENROLLED,
    OPENED,
    PUC_ASSIGNED,
    SCHOOL_ASKED,
    SIGNED,
    SON,
    WARNED_BY_MAYOR,
    change,
    commitment,
    day,
)
from tests.unit.offices.holding import lines, listed, of

pytestmark = pytest.mark.unit

NOW = datetime(2025, 1, 2, tzinfo=UTC)
OWN, OTHER = "comune-058091", "comune-058991"


def only(kind: type, *events: Any) -> Any:
    (line,) = listed(kind, OWN, *events)
    return line


def checks(*events: Any) -> dict[UUID | None, ResidenceCheck]:
    return {line.member_id: line for line in listed(ResidenceCheck, OWN, *events)}


def test_each_resident_is_checked_once() -> None:
    found = checks(*OPENED)
    assert found.keys() == {MOTHER.member_id, HUSBAND.member_id, SON.member_id}
    assert all(line.open and line.since == day(1, 9) for line in found.values())
    her = checks(*OPENED, CHECKED)[MOTHER.member_id]
    assert (her.open, her.residence, her.stay, her.checked_on) == (False, "CONFIRMED", None, day(1, 20))


@pytest.mark.parametrize(("kind", "outcome"), [("STAY", "CONFIRMED"), ("RESIDENCE", "INCOMPLETE")])
def test_another_check_or_an_incomplete_one_leaves_it_open(kind: str, outcome: str) -> None:
    told_so = said(COMUNE, replace(CHECKED.event, check_kind=kind, outcome=outcome))
    assert checks(*OPENED, told_so)[MOTHER.member_id].open


def test_the_residents_of_another_comune_are_nobodys() -> None:
    assert lines(OTHER, *SIGNED, CHECKED) == []


def test_who_leaves_is_checked_no_more_and_who_returns_is() -> None:
    left = change("LEFT", HUSBAND, on=day(3, 3))
    assert HUSBAND.member_id not in checks(*OPENED, left)
    back = change("JOINED", HUSBAND, on=day(5, 5))
    assert HUSBAND.member_id in checks(*OPENED, left, back)
    composed = replace(HOUSEHOLD, verified_on=day(6, 6))
    assert HUSBAND.member_id in checks(*OPENED, left, composed), "the registry has him again"


def test_a_change_is_open_until_a_composition_holds_it() -> None:
    left = change("LEFT", HUSBAND, on=day(3, 3))
    line = only(HouseholdChange, *OPENED, left)
    assert (line.open, line.change_type, line.since) == (True, "LEFT", day(3, 3))
    after = replace(HOUSEHOLD, verified_on=day(3, 3))
    assert not only(HouseholdChange, *OPENED, left, after).open
    assert listed(HouseholdChange, OWN, *OPENED, change("AGE_18")) == []


def test_a_household_that_moved_away_is_on_no_list() -> None:
    moved = e.CompetenceTransferred(
        from_agency=OWN, to_agency=OTHER, effective_on=day(7, 1), reason="RESIDENCE_CHANGED"
    )
    taken = e.CompetenceAccepted(
        transfer_event_id=id_of(moved), accepted_by_agency=OTHER, accepted_on=day(7, 3)
    )
    assert lines(OWN, *OPENED, moved) != []
    assert lines(OWN, *OPENED, moved, taken) == []
    assert {type(line) for line in lines(OTHER, *OPENED, moved, taken)} == {ResidenceCheck}


def test_a_warning_is_open_until_the_minor_goes_to_school() -> None:
    told_so = (*OPENED, SCHOOL_ASKED, NOT_ENROLLED, WARNED_BY_MAYOR)
    line = only(MayorWarning, *told_so)
    assert (line.open, line.due_on, line.member_id) == (True, day(4, 17), SON.member_id)
    regular = replace(NOT_ENROLLED.event, outcome="REGOLARE", verified_on=day(4, 16))
    assert not only(MayorWarning, *told_so, said(UST, regular)).open
    earlier = replace(regular, verified_on=day(4, 9))
    assert only(MayorWarning, *told_so, said(UST, earlier)).open


def test_the_comune_follows_the_verification_it_asked_for() -> None:
    assert only(Verification, *OPENED, SCHOOL_ASKED).open
    assert only(Verification, *OPENED, SCHOOL_ASKED, NOT_ENROLLED).outcome == "NON_ISCRITTO"


def test_residents_assigned_to_a_puc_of_the_comune() -> None:
    line = commitment("PUC", OWN)
    draft = next(event for event in SIGNED if isinstance(event, e.PattoDrafted))
    ours = [replace(draft, commitments=(*draft.commitments, line)) if x is draft else x for x in SIGNED]
    assigned = only(PucAssignment, *ours, replace(PUC_ASSIGNED, end_on=day(9, 30)))
    assert (assigned.item_id, assigned.member_id) == (PUC_ASSIGNED.puc_id, MOTHER.member_id)
    assert (assigned.hours_per_week, assigned.until_on) == (PUC_ASSIGNED.hours_per_week, day(10, 1))
    assert listed(PucAssignment, OWN, *SIGNED, PUC_ASSIGNED) == [], "nobody can tell whose this PUC is"


def test_the_puc_are_read_from_the_protocol() -> None:
    opened = p.PucOpened(
        puc_id=PUC_ASSIGNED.puc_id,
        holder=OWN,
        title="Cura del verde",
        seats=4,
        skills=("giardinaggio",),
        insurance_ref="INAIL-1",
        from_on=day(1, 1),
    )
    ended = p.PucEnded(puc_id=opened.puc_id, ended_on=day(6, 30), reason="COMPLETED")

    def pucs(*events: Any) -> list[Any]:
        shown = [
            told(UUID(int=n), n, contract_of(event).stored_name, NOW, encode(event))
            for n, event in enumerate(events, 1)
        ]
        return of(Held(OWN, UUID(int=0), shown))

    (line,) = pucs(opened)
    assert (line.item_id, line.title, line.seats, line.open) == (opened.puc_id, "Cura del verde", 4, True)
    (over,) = pucs(opened, ended)
    assert (over.open, over.ended_on) == (False, day(6, 30))
