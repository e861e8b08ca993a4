"""How many requests are in hand, how many wait for the log, and whether new ones are taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from api.problems import RETRY_AFTER, Problem


@dataclass(slots=True)
class Load:
    """What a process has in hand, ``most`` at once, and what of each client's waits, at most ``patient``.

    ``stopping``: it finishes that, and takes nothing new.
    """

    most: int
    patient: int
    in_hand: int = 0
    stopping: bool = False
    waiting: Counter[str] = field(default_factory=Counter)

    def check_goes_on(self) -> None:
        """Raises Problem where this process is about to stop: another one answers."""
        if self.stopping:
            raise Problem(503, "STOPPING", headers={"Retry-After": RETRY_AFTER, "Connection": "close"})

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Raises Problem at once rather than let a request wait for what it may never get."""
        self.check_goes_on()
        if self.in_hand >= self.most:
            raise Problem(503, "BUSY", headers={"Retry-After": "1"})
        self.in_hand += 1
        try:
            yield
        finally:
            self.in_hand -= 1

    @contextmanager
    def put_by(self, whose: str) -> Iterator[None]:
        """What is in hand waits, and another request has its place meanwhile.

        Raises Problem at once where too many of the same client's wait already.
        """
        if self.waiting[whose] >= self.patient:
            raise behind()
        self.waiting[whose] += 1
        self.in_hand -= 1
        try:
            yield
        finally:
            self.in_hand += 1
            self.waiting -= Counter([whose])


def behind() -> Problem:
    """What a list is read from has not come as far as was asked for."""
    return Problem(503, "BEHIND", headers={"Retry-After": RETRY_AFTER})
