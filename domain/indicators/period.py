"""The periods that indicators are asked for: whole calendar quarters, or twelve months, and all of them over.

So bound, no set of answers tells of less than a quarter: what can be computed from sums over periods lies
between two of their ends, and twelve months that do not end with a quarter only ever meet others a whole
number of years away. Two periods that differ by one quarter do tell of that quarter: of a small Ambito its
rarer figures are best published by the year.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from domain.refused import Refused
from domain.rules.calendar import add_months

YEAR = 12
QUARTER = 3
FIRST_YEAR = 2017
"""No case is older: the ReI began on 1 January 2018, its claims in December 2017."""

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day of a month to the last day of a month, both included."""

    first: date
    last: date

    @property
    def months(self) -> tuple[str, str]:
        """Its first and last month, ``YYYY-MM``."""
        return f"{self.first:%Y-%m}", f"{self.last:%Y-%m}"


def last_twelve_months(today: date) -> Period:
    """The twelve months before the one that runs."""
    this = today.replace(day=1)
    return Period(add_months(this, -YEAR), this - timedelta(days=1))


def period(from_month: str, to_month: str, today: date) -> Period:
    """The period from one month to another, both included. Raises Refused, saying which one is wrong."""
    first, end = _first_day("from", from_month), add_months(_first_day("to", to_month), 1)
    if first >= end:
        raise Refused("BAD_VALUE", "to: is before from")
    if end > today:
        raise Refused("BAD_VALUE", "to: must be a month that is over")
    length = (end.year - first.year) * 12 + end.month - first.month
    quarters = first.month % QUARTER == 1 and end.month % QUARTER == 1
    if not (quarters or length == YEAR):
        raise Refused("BAD_VALUE", "from: a period is whole calendar quarters, or twelve months")
    return Period(first, end - timedelta(days=1))


def _first_day(name: str, month: str) -> date:
    found = _MONTH.fullmatch(month)
    if found is None or int(found[1]) < FIRST_YEAR or int(found[1]) > date.max.year - 1:
        raise Refused("BAD_VALUE", f"{name}: must be a month (YYYY-MM) from {FIRST_YEAR} on")
    return date(int(found[1]), int(found[2]), 1)
