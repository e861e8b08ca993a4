"""How many requests a client has left: a bucket for each client and purpose, filled as time goes by.

By a trust that is the client that its voucher or its token is of, whoever it says that it asks for.
In this process: behind several, each counts what it serves.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import Scope

from api.bounds import Bounds
from api.problems import Problem

MANY = 10_000
"""Buckets at which those that are full again are let go: they say nothing."""


@dataclass(frozen=True, slots=True)
class Quota:
    """What the headers of an answer say; ``wait``: seconds until the next request, 0 where it may come."""

    limit: int
    remaining: int
    reset: int
    wait: int


class Limits:
    """The buckets. The event loop alone asks them, so nothing locks."""

    def __init__(self, bounds: Bounds, now: Callable[[], float] = time.monotonic) -> None:
        self._limit, self._rate, self._now = bounds.rate, bounds.rate / bounds.window, now
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, whose: str) -> Quota:
        """One request of a client's, where it has one left."""
        now = self._now()
        left, at = self._left.get(whose, (float(self._limit), now))
        left = min(self._limit, left + (now - at) * self._rate)
        allowed = left >= 1
        left -= allowed
        self._left[whose] = left, now
        if len(self._left) > MANY:
            self._let_go(now)
        wait = 0 if allowed else math.ceil((1 - left) / self._rate)
        return Quota(self._limit, int(left), math.ceil((self._limit - left) / self._rate), wait)

    def _let_go(self, now: float) -> None:
        self._left = {
            whose: (left, at)
            for whose, (left, at) in self._left.items()
            if left + (now - at) * self._rate < self._limit
        }


def count(scope: Scope, limits: Limits, whose: str) -> None:
    """One request of a client's. Raises Problem where it has none left."""
    quota = scope["state"]["quota"] = limits.take(whose)
    if quota.wait:
        raise Problem(429, "TOO_MANY_REQUESTS", headers={"Retry-After": str(quota.wait)})


def address(scope: Scope) -> str:
    """In place of a client, for who showed no token that holds: all behind one gateway share it."""
    return str((scope.get("client") or "?")[0])
