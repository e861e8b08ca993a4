"""Lives of a case that remember under which law each fact was decided, for who decides it again."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

from domain.case.commands import Law
from domain.case.state import fold
from domain.fact import Fact
from domain.replay import DECISIONS, rules_of
from domain.rules.rule_set import RuleSet
from tests.unit.machine.lives import STEPS
from tests.unit.machine.machine import Life


class Remembered(Life):
    """A life that remembers under which law each fact was decided."""

    def __init__(self) -> None:
        super().__init__()
        self.laws: dict[Any, Law] = {}

    def records(self, act: Any, fact: Fact[Any], told: Any) -> None:
        self.laws[fact.event_id] = self.law
        super().records(act, fact, told)

    def rules(self, fact: Fact[Any]) -> RuleSet:
        """The rule set that a decision was taken by."""
        before = fold(f for f in self.facts if f.version < fact.version)
        return rules_of(fact.event, before, self.laws[fact.event_id])

    def reads(self) -> None:
        """What the campaign looks at after each step is not looked at again here."""


@cache
def lives(seed: int, many: int) -> tuple[Remembered, ...]:
    """Lives with so many decisions in all."""
    found: list[Remembered] = []
    decided = 0
    while decided < many:
        life, rng = Remembered(), Random(f"{seed}/{len(found)}")
        for _ in range(STEPS):
            life.take(life.choose(rng))
        found.append(life)
        decided += sum(isinstance(fact.event, DECISIONS) for fact in life.facts)
    return tuple(found)


def decisions(seed: int, many: int) -> Iterator[tuple[Remembered, Fact[Any]]]:
    for life in lives(seed, many):
        yield from ((life, fact) for fact in life.facts if isinstance(fact.event, DECISIONS))
