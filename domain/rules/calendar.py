"""Days, ages and terms as the law counts them. DOMAIN.md section 6.

Terms: calendar days, the first one excluded; a last day that is a Sunday or a national holiday moves to the
next working day; a Saturday does not (art. 155 cc. 1, 3, 4 c.p.c., art. 2963 c.c.; INPS msg. 2132/2024).
[verified: secondary; that these articles govern administrative terms is common practice, inference]

The feast of the patron saint is local: `patron_saint` is its day, MM-DD, where the Ambito chose that it moves
a term as a national holiday does, and empty where it does not.
"""

from calendar import monthrange
from datetime import date, datetime, timedelta
from functools import cache
from typing import Literal
from zoneinfo import ZoneInfo

from domain.refused import Refused
from domain.rules.rule_set import HOLIDAYS, read

ROME = ZoneInfo("Europe/Rome")
SUNDAY = 6

LeapBirthday = Literal["FEBRUARY_28", "MARCH_1"]


def legal_day(instant: datetime) -> date:
    """The day of an instant in Italy."""
    if instant.tzinfo is None:
        raise Refused("BAD_VALUE", "an instant without a time zone has no legal day")
    return instant.astimezone(ROME).date()


def birthday(born: date, years: int, leap_birthday: LeapBirthday = "FEBRUARY_28") -> date:
    """The day on which a person completes these years.

    Who was born on 29 February completes them, in a common year, on 28 February: art. 2963 c.c. last
    paragraph by analogy [inference, a setting of the rule set].
    """
    year = born.year + years
    if (born.month, born.day) != (2, 29) or monthrange(year, 2)[1] == 29:
        return born.replace(year=year)
    return date(year, 2, 28) if leap_birthday == "FEBRUARY_28" else date(year, 3, 1)


def age(born: date, on: date, leap_birthday: LeapBirthday = "FEBRUARY_28") -> int:
    """Completed years on a day; below zero before the birth."""
    years = on.year - born.year
    return years if birthday(born, years, leap_birthday) <= on else years - 1


def add_months(day: date, months: int) -> date:
    """The same day of a later month, or the last one of that month (art. 2963 c.c.)."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def term_end(
    start: date,
    *,
    days: int | None = None,
    months: int | None = None,
    bar: bool = False,
    patron_saint: str = "",
) -> date:
    """The last useful day of a term, or of a bar (D6, D7), which ends on its own day and never rolls."""
    if (days is None) == (months is None) or (days or months or 0) < 1:
        raise Refused("BAD_VALUE", "a term has a length in days or in months, at least one")
    end = add_months(start, months) if months else start + timedelta(days=days or 0)
    return end if bar else roll(end, patron_saint)


def roll(day: date, patron_saint: str = "") -> date:
    """The day itself, or the next one that is neither a Sunday nor a holiday."""
    while is_closed(day, patron_saint):
        day += timedelta(days=1)
    return day


def is_closed(day: date, patron_saint: str = "") -> bool:
    """Whether the day is a Sunday, a national holiday (L. 260/1949) or the feast of the patron saint."""
    if f"{day:%m-%d}" == patron_saint:
        return True
    return day.weekday() == SUNDAY or day in national_holidays(day.year)


@cache
def national_holidays(year: int) -> frozenset[date]:
    """The festività nazionali of a year, from `rule_sets/holidays.toml`."""
    law = read(HOLIDAYS)
    rows = [row for row in law["fixed"] if row.get("from_year", year) <= year]
    fixed = {date(year, row["month"], row["day"]) for row in rows}
    moving = {easter(year) + timedelta(days=row["after_easter_days"]) for row in law["moving"]}
    return frozenset(fixed | moving)


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous computus)."""
    century, in_century = divmod(year, 100)
    moon = (19 * (year % 19) + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    week = (32 + 2 * (century % 4) + 2 * (in_century // 4) - moon - in_century % 4) % 7
    late = (year % 19 + 11 * moon + 22 * week) // 451
    month, day = divmod(moon + week - 7 * late + 114, 31)
    return date(year, month, day + 1)
