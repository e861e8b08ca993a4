"""What an office's own lists say is open is what the Ambito's lists say waits on its desk.

The one is made from what the office was told, the other from the whole case: over lives of every kind. Each
set that is compared must hold something, or nothing was compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

import pytest

from deploy.demo.lives import lives
from deploy.demo.memory import Memory
from deploy.demo.offices import UNITS
from deploy.demo.protocol import tell_protocol
from domain.case import events as e
from domain.case.state import fold
from domain.fact import Fact
from projections.deadlines import rows_of
from projections.offices import asl, comune, cpi
from projections.offices.line import Line
from projections.offices.schooling import Verification
from projections.waiting import items_of
from tests.unit.offices.holding import held, of

pytestmark = pytest.mark.unit

LIVES, MOMENTS = 76, (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)
"""Whole lives, and the same lives on the way: what waits in the middle is often done at the end."""

COMUNE = "comune-058091"

History = Sequence[Fact[Any]]
L = TypeVar("L", bound=Line)


class Registers:
    """Many cases, each at several moments."""

    def __init__(self, histories: Sequence[History]) -> None:
        self.histories = histories
        self._lines: dict[str, list[tuple[UUID, Line]]] = {}

    def own(self, recipient: str, kind: type[L]) -> list[tuple[UUID, L]]:
        """The open lines of a list of a recipient, each with its case."""
        if recipient not in self._lines:
            self._lines[recipient] = [
                (facts[0].case_id, line) for facts in self.histories for line in of(held(facts, recipient))
            ]
        return [(case, line) for case, line in self._lines[recipient] if isinstance(line, kind) and line.open]

    def waiting(self, name: str, desk: str) -> list[UUID]:
        """What waits in a list of the Ambito on a desk: a referral, a convocation, a member …"""
        return sorted(
            item.item_id
            for facts in self.histories
            for listed, item in items_of(facts)
            if listed == name and desk in item.desks
        )

    def running(self, *terms: str) -> list[tuple[str, UUID, date]]:
        """The terms on the desk of the employment centre that nobody has kept yet."""
        return sorted(
            (row.term.id, row.case_id, row.term.due_on)
            for facts in self.histories
            for row in rows_of(facts[0].case_id, fold(facts))
            if row.term.id in terms and row.desk == "cpi" and row.term.kept_on is None
        )


@pytest.fixture(scope="module")
def registers() -> Registers:
    memory = Memory()
    tell_protocol(memory)
    cases = [life.lines[0].case_id for life in lives(11, LIVES, memory)]
    whole = [memory.facts[case_id] for case_id in cases if case_id]
    return Registers([facts[: max(1, int(len(facts) * part))] for facts in whole for part in MOMENTS])


def ids(lines: Sequence[tuple[UUID, Line]]) -> list[UUID]:
    return sorted(line.item_id for _, line in lines)


def test_referrals_to_accept_or_return(registers: Registers) -> None:
    found = ids(registers.own("cpi", cpi.Referral))
    assert found == registers.waiting("referrals_to_answer", "cpi") != []


def test_convocations_that_reached_nobody(registers: Registers) -> None:
    unread = [each for each in registers.own("cpi", cpi.Convocation) if each[1].delivered_on is None]
    assert ids(unread) == registers.waiting("convocations_without_delivery", "cpi") != []


def test_sixty_days_to_convoke_and_to_sign(registers: Registers) -> None:
    found = []
    for case_id, line in registers.own("cpi", cpi.ServicePatto):
        if line.until_on is None or line.until_on > line.sign_by:
            found += [("D4a", case_id, line.convoke_by)] if line.convoked_on is None else []
            found += [("D4b", case_id, line.sign_by)]
    assert sorted(found) == registers.running("D4a", "D4b") != []


def test_updates_every_ninety_days(registers: Registers) -> None:
    found = [("D3", case_id, line.due_on) for case_id, line in registers.own("cpi", cpi.Update)]
    assert sorted(found) == registers.running("D3") != []


def test_verifications_of_schooling(registers: Registers) -> None:
    found = {line.item_id for _, line in registers.own("ust", Verification)}
    assert sorted(found) == sorted(set(registers.waiting("school_answers", "ust"))) != []


def test_referrals_to_the_units_of_the_asl(registers: Registers) -> None:
    every = [each for unit in UNITS for each in registers.own(str(unit), asl.Referral)]
    assert ids(every) == registers.waiting("specialist_referrals_to_answer", "asl") != []
    on_list = [each for unit in UNITS for each in registers.own(str(unit), asl.Waiting)]
    assert ids(on_list) == registers.waiting("waiting_lists", "asl") != []


def test_residents_and_the_changes_of_their_households(registers: Registers) -> None:
    """But for who moved to another Ambito: a Comune is told only of the transfers that it takes part in."""
    here = Registers([facts for facts in registers.histories if not _left_the_ambito(facts)])
    checks = ids(here.own(COMUNE, comune.ResidenceCheck))
    assert checks == here.waiting("residence_checks", COMUNE) != []
    changes = ids(here.own(COMUNE, comune.HouseholdChange))
    assert changes == here.waiting("household_changes", COMUNE) != []


def _left_the_ambito(facts: History) -> bool:
    return any(
        isinstance(fact.event, e.CompetenceTransferred) and "comune" not in fact.event.to_agency
        for fact in facts
    )
