"""The world of these tests is one that the rules accept."""

from dataclasses import fields, replace

import pytest

from domain.case.events import ObligationEvaluated
from domain.contract import contract_of
from tests.telling import facts_of, given
from tests.unit.case.world import (
    ABSENT,
    ASKED,
    CLOSED,
    MISSED_THE_MEETING,
    NOTIFIED,
    asked,
    decadenza,
    decided,
    decurtazione,
    inps_report,
    proposal,
    submitted,
)

SANCTIONED = (*ASKED, submitted(), decided(), proposal(), inps_report(), decurtazione(), NOTIFIED, CLOSED)
LOST = (*MISSED_THE_MEETING, asked(ABSENT), proposal(ABSENT, "DECADENZA"), decadenza(), NOTIFIED)


@pytest.mark.parametrize("life", [SANCTIONED, LOST], ids=["sanctioned", "lost"])
def test_every_fact_of_this_world_is_one_that_the_rules_accept(life):
    for number, event in enumerate(life):
        computed = {f.name: None for f in fields(event) if f.name not in contract_of(event).stated}
        by = facts_of(event)[0].recorder
        expected = {name: getattr(event, name) for name in contract_of(event).stated}
        expected |= {"result": event.result} if isinstance(event, ObligationEvaluated) else {}
        given(*life[:number]).when(by, replace(event, **computed)).tells(**expected)
