"""The bundle of a measure: what it shows, that it is the same each time, and that it can be checked."""

from __future__ import annotations

import orjson
import pytest

from domain.bundle.verify import verify
from domain.case import events as e
from domain.contract import contract_of
from tests.unit.bundle.examples import bundle_of, example, measures
from tests.unit.bundle.world import CPI, UST, VKEY, World


@pytest.mark.torture
def test_a_bundle_that_nobody_touched_holds() -> None:
    for life, fact in measures():
        material = World(life.facts, life.laws).material(fact.event.measure_id)
        report = verify(bundle_of(material), VKEY)
        assert report.findings == [], fact
        assert report.about["type"] == contract_of(fact.event).name.split(".")[2].removesuffix("_ordered")
        assert all(each.differences == () for each in report.decisions)
        assert len(report.decisions) == sum(
            isinstance(f.event, (e.Ordered, e.ObligationEvaluated, e.SanctionProposalOpened))
            for f in life.facts
        )


def test_it_is_a_pure_function_of_measure_instant_and_redaction() -> None:
    world, material = example()
    again = World(list(world.facts), dict(world.laws)).material(material.measure_id)
    assert bundle_of(again) == bundle_of(material)
    read = orjson.loads(bundle_of(material))
    assert orjson.dumps(read, option=orjson.OPT_SORT_KEYS) == bundle_of(material)


def test_it_says_what_holds_and_what_nobody_can_prove() -> None:
    _, material = example()
    told = verify(bundle_of(material))
    assert any("sigillo" in line for line in told.holds)
    assert any(CPI.name in line and UST.name in line for line in told.holds)
    assert any("chiave del registro" in line for line in told.unprovable)
    assert any("ust abbia ricevuto" in line for line in told.unprovable)
    assert not any("chiave del registro" in line for line in verify(bundle_of(material), VKEY).unprovable)
