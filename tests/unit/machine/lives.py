"""The state machine: random steps in the life of a case, one life after the other.

Hypothesis chooses the numbers from which each step is made. It does not shrink them: a step made from another
number is another step, and after five minutes it had not told what failed after one. A life that fails is
shortened by leaving out steps that were really taken (:mod:`tests.unit.machine.shrinking`).
"""

from __future__ import annotations

from random import Random
from typing import ClassVar

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.unit.machine.machine import Life, Tally
from tests.unit.machine.shrinking import shortest, told, where

STEPS = 150
"""Of one life: after so many a case has its patti and its measures, and is still read fast."""

ACTS = 110
"""That a life tries at least, on the average: some of its steps are days that pass."""


class Wrong(AssertionError):
    """What went wrong in a life: the shortest story that still leads there."""


class Lives(RuleBasedStateMachine):
    """One life of a case; what all of them came to stands in the tally."""

    tally: ClassVar[Tally]

    def __init__(self) -> None:
        super().__init__()
        self.life = Life(self.tally)
        self.rng = Random(0)

    @rule(number=st.integers(0, 2**64 - 1))
    def step(self, number: int) -> None:
        """Hypothesis lives a life again with some numbers changed: from there on it is another life."""
        self.rng = Random(f"{self.rng.random()}/{number}")
        step(self.life, self.rng)


def step(life: Life, rng: Random) -> None:
    try:
        life.take(life.choose(rng))
    except Exception as error:
        raise Wrong(told(shortest(life.steps, where(error)), error)) from error


def campaign(number: int, acts: int) -> Tally:
    """Lives of this seed until so many acts were tried. Raises Wrong with the story that fails."""

    class Campaign(Lives):
        tally = Tally()

    bounds = settings(
        max_examples=acts // ACTS,
        stateful_step_count=STEPS,
        phases=[Phase.generate],
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(number)(Campaign), settings=bounds)
    return Campaign.tally


def same_lives(number: int, acts: int) -> None:
    """The same lives on every machine and in every run, for a control that must fail within so many acts.

    What hypothesis draws from a seed depends on the modules that are loaded.
    """
    tally, count = Tally(), 0
    while tally.steps < acts:
        life, rng = Life(tally), Random(f"{number}/{count}")
        for _ in range(STEPS):
            step(life, rng)
        count += 1
