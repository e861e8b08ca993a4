"""How many requests are in hand, and whether new ones are taken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from api.problems import RETRY_AFTER, Problem


@dataclass(slots=True)
class Load:
    """What a process has in hand. ``stopping``: it finishes that, and takes nothing new."""

    most: int
    in_hand: int = 0
    stopping: bool = False

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
