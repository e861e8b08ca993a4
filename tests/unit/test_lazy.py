"""A lazy property is computed once for each object, and nobody waits for that of another."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest

from domain.lazy import lazy

pytestmark = pytest.mark.unit


class Slow:
    def __init__(self, both: Barrier) -> None:
        self.both, self.times = both, 0

    @lazy
    def value(self) -> int:
        """What it is worth."""
        self.times += 1
        self.both.wait(10)
        return self.times


def test_it_is_computed_once_for_each_object() -> None:
    alone = Slow(Barrier(1))
    assert (alone.value, alone.value, alone.times) == (1, 1, 1)
    assert Slow.value.__doc__ == "What it is worth."


def test_two_objects_are_computed_side_by_side() -> None:
    both = Barrier(2)
    slow = [Slow(both), Slow(both)]
    threads = [Thread(target=lambda each=each: each.value) for each in slow]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not both.broken and [each.times for each in slow] == [1, 1]
