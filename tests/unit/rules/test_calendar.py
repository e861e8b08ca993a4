"""Days, ages and terms."""

from datetime import UTC, date, datetime, timedelta

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.refused import Refused
from domain.rules import calendar

SUNDAY = 6
DAYS = st.dates(date(2018, 1, 1), date(2060, 12, 31))


@pytest.mark.parametrize("year", range(2018, 2036))
def test_the_national_holidays_are_those_of_an_independent_calendar(year):
    theirs = {day for day in holidays.country_holidays("IT", years=year) if day.weekday() != SUNDAY}
    ours = {day for day in calendar.national_holidays(year) if day.weekday() != SUNDAY}
    assert ours == theirs


def test_san_francesco_is_a_holiday_only_from_2026():
    assert not calendar.is_closed(date(2025, 10, 4))
    assert calendar.is_closed(date(2027, 10, 4))


def test_a_saturday_is_a_useful_day():
    assert calendar.roll(date(2024, 5, 25)) == date(2024, 5, 25)


def test_a_term_rolls_over_a_run_of_closed_days():
    # Easter Sunday, then the Monday.
    assert calendar.term_end(date(2026, 4, 4), days=1) == date(2026, 4, 7)


SAN_GENNARO = "09-19"


def test_the_feast_of_the_patron_saint_moves_a_term_only_where_the_ambito_says_so():
    assert calendar.term_end(date(2025, 9, 9), days=10) == date(2025, 9, 19)
    assert calendar.term_end(date(2025, 9, 9), days=10, patron_saint=SAN_GENNARO) == date(2025, 9, 20)
    assert calendar.term_end(date(2026, 9, 9), days=10, patron_saint=SAN_GENNARO) == date(2026, 9, 21)
    assert calendar.term_end(date(2025, 3, 19), months=6, bar=True, patron_saint=SAN_GENNARO).day == 19


@pytest.mark.parametrize("length", [{}, {"days": 1, "months": 1}, {"days": 0}, {"months": -1}])
def test_a_term_needs_one_length(length):
    with pytest.raises(Refused) as refused:
        calendar.term_end(date(2026, 1, 1), **length)
    assert refused.value.rule == "BAD_VALUE"


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 6, 14, 21, 59, 59, tzinfo=UTC), date(2026, 6, 14)),
        (datetime(2026, 6, 14, 22, 0, tzinfo=UTC), date(2026, 6, 15)),  # summer time
        (datetime(2026, 1, 14, 22, 59, 59, tzinfo=UTC), date(2026, 1, 14)),
        (datetime(2026, 1, 14, 23, 0, tzinfo=UTC), date(2026, 1, 15)),
    ],
)
def test_the_legal_day_is_the_day_in_italy(instant, day):
    assert calendar.legal_day(instant) == day


def test_an_instant_without_a_zone_has_no_legal_day():
    with pytest.raises(Refused):
        calendar.legal_day(datetime(2026, 1, 1))


@pytest.mark.parametrize(
    ("leap_birthday", "on", "years"),
    [
        ("FEBRUARY_28", date(2026, 2, 27), 17),
        ("FEBRUARY_28", date(2026, 2, 28), 18),
        ("MARCH_1", date(2026, 2, 28), 17),
        ("MARCH_1", date(2026, 3, 1), 18),
        ("FEBRUARY_28", date(2028, 2, 28), 19),
        ("MARCH_1", date(2028, 2, 29), 20),
    ],
)
def test_who_was_born_on_29_february_ages_as_the_setting_says(leap_birthday, on, years):
    assert calendar.age(date(2008, 2, 29), on, leap_birthday) == years


@given(born=DAYS, on=DAYS)
def test_age_grows_by_one_on_each_birthday_and_only_then(born, on):
    years = calendar.age(born, on)
    assert calendar.birthday(born, years) <= on < calendar.birthday(born, years + 1)


@given(start=DAYS, days=st.integers(1, 400))
def test_a_term_never_ends_early_nor_on_a_closed_day(start, days):
    end = calendar.term_end(start, days=days)
    assert end >= start + timedelta(days=days)
    assert not calendar.is_closed(end)
    assert all(calendar.is_closed(start + timedelta(days=n)) for n in range(days, (end - start).days))


@given(start=DAYS, months=st.integers(1, 48))
def test_months_keep_the_day_or_take_the_last_of_the_month(start, months):
    end = calendar.add_months(start, months)
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == months
    assert end.day == start.day or (end.day < start.day and (end + timedelta(days=1)).day == 1)
