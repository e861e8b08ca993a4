"""Indicators of a few histories, counted in plain Python: what the view does in SQL."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from statistics import median
from typing import Any

from domain.fact import Fact
from domain.indicators.formulas import INDICATORS, Atom, Cell, Tally, cells_of, times, value_of
from domain.indicators.observations import STOCKS, Observation, observations
from domain.indicators.period import Period

YEAR = Period(date(2025, 1, 1), date(2025, 12, 31))

Numbers = tuple[float | int | None, int | None, int | None]
"""Value, numerator, denominator."""


def falls_in(seen: Observation, period: Period) -> bool:
    if seen.population in STOCKS:
        return seen.day <= period.last and (seen.until is None or seen.until > period.last)
    return period.first <= seen.day <= period.last


def tally(histories: Iterable[Sequence[Fact[Any]]], period: Period = YEAR) -> dict[Atom, Tally]:
    counted: Counter[Atom] = Counter()
    cases: defaultdict[Atom, set[int]] = defaultdict(set)
    for case, facts in enumerate(histories):
        for seen in observations(facts):
            if falls_in(seen, period):
                atom = Atom(seen.population, seen.group, seen.marks)
                counted[atom] += seen.times
                cases[atom].add(case)
    return {atom: Tally(counted[atom], len(cases[atom])) for atom in counted}


def medians(
    histories: Iterable[Sequence[Fact[Any]]], period: Period = YEAR
) -> dict[tuple[str, str | None], float]:
    days: defaultdict[tuple[str, str | None], list[int]] = defaultdict(list)
    for facts in histories:
        for seen in observations(facts):
            if seen.days is not None and falls_in(seen, period):
                days[seen.population, seen.group].append(seen.days)
                days[seen.population, None].append(seen.days)
    return {where: float(median(found)) for where, found in days.items()}


def figures(
    measure: str, *histories: Sequence[Fact[Any]], period: Period = YEAR
) -> dict[str | None, Numbers]:
    """The figures of an indicator, nothing hidden, by group; None for all of it."""
    (indicator,) = (each for each in INDICATORS if each.measure == measure)
    tallies, middle = tally(histories, period), medians(histories, period)

    def figure(cell: Cell) -> Numbers:
        above = times(cell.numerator.of(tallies), tallies) if cell.numerator else None
        below = times(cell.denominator.of(tallies), tallies) if cell.denominator else None
        population = cell.denominator.population if cell.denominator else ""
        return value_of(cell, tallies, middle.get((population, cell.group))), above, below

    return {cell.group: figure(cell) for cell in cells_of(indicator, tallies)}
