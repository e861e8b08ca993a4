"""Periods are over, and of whole quarters or twelve months."""

from datetime import date
from itertools import combinations

import pytest

from domain.indicators.period import Period, last_twelve_months, period
from domain.refused import Refused

pytestmark = pytest.mark.unit

TODAY = date(2026, 6, 30)


@pytest.mark.parametrize(
    "first, last, days",
    [
        ("2026-01", "2026-03", (date(2026, 1, 1), date(2026, 3, 31))),
        ("2025-10", "2026-03", (date(2025, 10, 1), date(2026, 3, 31))),
        ("2025-06", "2026-05", (date(2025, 6, 1), date(2026, 5, 31))),
        ("2024-01", "2025-12", (date(2024, 1, 1), date(2025, 12, 31))),
    ],
)
def test_a_period_is_whole_quarters_or_twelve_months(first: str, last: str, days: tuple[date, date]) -> None:
    asked = period(first, last, TODAY)
    assert (asked.first, asked.last) == days and asked.months == (first, last)


@pytest.mark.parametrize(
    "first, last, where",
    [
        ("2026-03", "2026-03", "from"),  # a month alone
        ("2026-02", "2026-04", "from"),  # three months that are no quarter
        ("2025-05", "2026-05", "from"),  # thirteen months
        ("2026-04", "2026-06", "to"),  # the last day of June is still running
        ("2026-03", "2025-12", "to"),
        ("2026-13", "2026-12", "from"),
        ("2026-1", "2026-03", "from"),
        ("２０２６-01", "2026-03", "from"),
        ("2026-01", "0000-01", "to"),
        ("2026-01", "9999-12", "to"),
    ],
)
def test_any_other_period_is_refused_and_says_which_end_is_wrong(first: str, last: str, where: str) -> None:
    with pytest.raises(Refused, match=f"^BAD_VALUE.*{where}: |^{where}: ") as refused:
        period(first, last, TODAY)
    assert refused.value.rule == "BAD_VALUE"


def test_the_last_twelve_months_end_with_the_last_one_that_is_over() -> None:
    assert last_twelve_months(TODAY) == Period(date(2025, 6, 1), date(2026, 5, 31))
    assert last_twelve_months(date(2026, 7, 1)) == Period(date(2025, 7, 1), date(2026, 6, 30))
    assert last_twelve_months(date(2024, 3, 1)).last == date(2024, 2, 29)


def test_no_set_of_periods_tells_of_less_than_a_quarter() -> None:
    """Sums over periods tell of what lies between two of their ends that other periods join."""
    ends = range(48)  # the first days of four years of months
    joined = {end: {end} for end in ends}
    for start, end in combinations(ends, 2):
        if _is_a_period(start, end):
            together = joined[start] | joined[end]
            for each in together:
                joined[each] = together
    for start, end in combinations(ends, 2):
        if end - start < 3:
            assert end not in joined[start]


def _is_a_period(start: int, end: int) -> bool:
    months = [f"{2018 + month // 12}-{month % 12 + 1:02}" for month in (start, end - 1)]
    try:
        period(*months, today=TODAY)
    except Refused:
        return False
    return True
