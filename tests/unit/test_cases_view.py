"""A row of the list of cases says what the case itself says, whatever came in whichever order."""

import json
import random
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest

from domain.case.events import (
    EventCorrected,
    HouseholdConvoked,
    OperatorAssigned,
    OperatorUnassigned,
)
from domain.case.state import fold
from domain.contract import CONTRACTS, decode_stored
from domain.fact import Fact, Recorder
from projections.cases import REACHED, Row, after, row_of
from tests.goldens import path_of

pytestmark = pytest.mark.unit

CASE = uuid4()
EVENTS: list[Any] = [
    decode_stored(contract.stored_name, json.loads(path_of(contract).read_text("utf-8")))
    for contract in CONTRACTS.values()
    if contract.name.startswith("adi.case.") and contract.type is not EventCorrected
]


def fact(event: Any, version: int) -> Fact[Any]:
    return Fact(
        event_id=uuid5(CASE, str(version)),
        case_id=CASE,
        version=version,
        event=event,
        recorder=Recorder("servizio-sociale", "SOCIAL_WORKER"),
        known_on=datetime.now(UTC).date(),
        purpose="TAKING_CHARGE",
        command_id=CASE,
        correlation_id=CASE,
        position=version,
        recorded_at=datetime(2025, 3, 1, 0, 0, version, tzinfo=UTC),
    )


def some_assignment(event: Any, dice: random.Random) -> Any:
    if isinstance(event, OperatorAssigned | OperatorUnassigned):
        return replace(event, assignment_id=UUID(int=dice.randrange(3)))
    return event


@pytest.mark.parametrize("seed", range(200))
def test_the_row_followed_fact_by_fact_is_the_row_of_the_whole_case(seed: int) -> None:
    dice = random.Random(seed)
    told = [some_assignment(event, dice) for event in dice.choices(EVENTS, k=dice.randint(1, 40))]
    facts = [fact(event, version) for version, event in enumerate(told, 1)]
    row = Row(CASE)
    for one in facts:
        row = after(row, one)
    assert row == row_of(CASE, fold(facts))


def test_every_phase_that_a_fact_leads_to_is_known_here() -> None:
    for event in EVENTS:
        reached = fold([fact(event, 1)]).phase
        assert after(Row(CASE), fact(event, 1)).phase == reached
        assert (type(event) in REACHED) == (reached not in ("UNKNOWN", "OPEN", "CLOSED"))
    assert REACHED[HouseholdConvoked] == "CONVENED"
