"""The world of these tests is one that the rules accept, and every kind of fact occurs in it."""

from dataclasses import fields, replace
from typing import get_args

import pytest

from domain.case import events as e
from domain.case.state import evolve, fold
from domain.contract import contract_of
from tests.telling import Said, facts_of, given
from tests.unit.case.world import LIVES, SAMPLES, WHOLE_LAW


def test_every_kind_of_fact_occurs_in_this_world():
    assert set(SAMPLES) == set(get_args(e.CaseEvent))


@pytest.mark.parametrize("name", LIVES)
def test_every_fact_of_this_world_is_one_that_the_rules_accept(name):
    life = LIVES[name]
    for number, told in enumerate(life):
        event = told.event if isinstance(told, Said) else told
        computed = {f.name: None for f in fields(event) if f.name not in contract_of(event).stated}
        by = facts_of(told)[0].recorder
        expected = {name: getattr(event, name) for name in contract_of(event).stated}
        expected |= {"result": event.result} if isinstance(event, e.ObligationEvaluated) else {}
        given(*life[:number]).under(WHOLE_LAW).when(by, replace(event, **computed)).tells(**expected)


@pytest.mark.parametrize("name", LIVES)
def test_what_is_said_twice_decides_nothing(name):
    life = LIVES[name]
    for number, told in enumerate(life, 1):
        event = told.event if isinstance(told, Said) else told
        if not isinstance(event, e.ObligationEvaluated):
            by = facts_of(told)[0].recorder
            given(*life[:number]).under(WHOLE_LAW).when(by, event).nothing()


@pytest.mark.parametrize("name", LIVES)
def test_a_case_one_fact_later_is_the_fold_of_one_fact_more(name):
    facts = facts_of(*LIVES[name])
    for length, fact in enumerate(facts):
        if not isinstance(fact.event, e.EventCorrected):
            assert evolve(fold(facts[:length]), fact) == fold(facts[: length + 1])
