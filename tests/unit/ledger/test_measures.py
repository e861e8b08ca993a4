"""Comparable cases are counted without a look at each."""

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from domain.ledger.measures import Cases

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def test_cases_are_counted_once_by_an_instant_and_the_own_one_is_left_out():
    rng = Random(1)
    for _ in range(50):
        cases, rows = Cases(), list[tuple[datetime, UUID]]()
        for hour in sorted(rng.choices(range(20), k=30)):
            rows.append((BEGAN + timedelta(hours=hour), UUID(int=rng.randrange(12))))
            cases.add(rows[-1][1], rows[-1][0])
        for hour in range(-1, 21):
            at, own = BEGAN + timedelta(hours=hour), UUID(int=rng.randrange(14))
            assert cases.count(own, at) == len({case for when, case in rows if when <= at} - {own})
