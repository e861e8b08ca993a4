"""The buckets of requests: emptied by asking, filled by time, one for each client."""

from __future__ import annotations

import pytest

from api.bounds import Bounds
from api.limits import MANY, Limits

pytestmark = pytest.mark.unit


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_is_emptied_by_asking_and_filled_by_time() -> None:
    clock = Clock()
    limits = Limits(Bounds(rate=6, window=60), clock)  # one in ten seconds
    assert [limits.take("one").remaining for _ in range(6)] == [5, 4, 3, 2, 1, 0]
    refused = limits.take("one")
    assert (refused.remaining, refused.wait, refused.reset) == (0, 10, 60)
    clock.now += 9
    assert limits.take("one").wait == 1
    clock.now += 1
    assert limits.take("one").wait == 0 and limits.take("one").wait == 10
    clock.now += 1000
    whole = limits.take("one")
    assert (whole.limit, whole.remaining, whole.reset) == (6, 5, 10)


def test_one_client_takes_nothing_from_another() -> None:
    limits = Limits(Bounds(rate=1, window=60), Clock())
    assert [limits.take(name).wait for name in ("one", "other", "one")] == [0, 0, 60]


def test_buckets_that_are_full_again_are_let_go_and_no_others() -> None:
    clock = Clock()
    limits = Limits(Bounds(rate=2, window=60), clock)
    for number in range(MANY):
        limits.take(str(number))
    clock.now += 60
    limits.take("late")
    limits.take("late")
    assert len(limits._left) == 1
    assert limits.take("late").wait > 0
