"""Measuring side by side: every contender in every round, medians, ratios."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

ROUNDS = 5


@dataclass(frozen=True)
class Measured:
    """What one comparison found: by contender, in ``unit``, the median of all rounds."""

    title: str
    unit: str
    medians: Mapping[str, float]
    rounds: Mapping[str, list[float]]

    def ratio(self, one: str, other: str) -> float:
        """How many times the median of one is that of the other."""
        return self.medians[one] / self.medians[other]

    def lines(self) -> list[str]:
        return [
            f"  {name:<28} {median:>12,.1f} {self.unit}   (of {min(self.rounds[name]):,.1f} … "
            f"{max(self.rounds[name]):,.1f})"
            for name, median in self.medians.items()
        ]


def compare(
    title: str, unit: str, contenders: Mapping[str, Callable[[], float]], rounds: int = ROUNDS
) -> Measured:
    """Run every contender once a round, another one first each time; each gives its figure in ``unit``."""
    found: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    for round_ in range(rounds):
        print(f"{title}: round {round_ + 1} of {rounds}", end="\r", file=sys.stderr, flush=True)
        for name in names[round_ % len(names) :] + names[: round_ % len(names)]:
            found[name].append(contenders[name]())
    print(" " * 70, end="\r", file=sys.stderr, flush=True)
    return Measured(title, unit, {name: statistics.median(values) for name, values in found.items()}, found)


def micros_each(step: Callable[[], object], times: int) -> Callable[[], float]:
    """How long a step takes, in microseconds: the median of so many."""

    def measure() -> float:
        taken = []
        for _ in range(times):
            began = time.perf_counter()
            step()
            taken.append(time.perf_counter() - began)
        return statistics.median(taken) * 1e6

    return measure
