"""Twice the highest load: what is answered meanwhile, and how soon the server is well again."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from math import inf

from bench.arrivals import arrive
from bench.highest import load

SECONDS = 10.0

CONNECTIONS = 512
"""More than the server serves at once: so many clients that are not told to wait."""

CALM = 0.5
"""Of the highest rate: the load afterwards, by which the recovery is told."""

GIVEN = (429, 503)
"""What a server that has enough may answer, beside its answers proper."""


@dataclass(frozen=True)
class Overload:
    statuses: Counter[int]
    recovered: float
    """Seconds from the end of the overload to the first second of calm load that holds."""

    @property
    def failed(self) -> int:
        """Answers that are neither proper nor a request to wait."""
        return sum(n for status, n in self.statuses.items() if not (200 <= status < 300 or status in GIVEN))

    def lines(self) -> list[str]:
        told = ", ".join(f"{status or 'broken'}: {count}" for status, count in sorted(self.statuses.items()))
        return [
            f"  answers                      {told}",
            f"  failed                       {self.failed} (mark: 0)",
            f"  well again after             {self.recovered:.1f} s (mark: at most 5)",
        ]


def run(port: int, requests: Iterator[bytes], highest: float) -> Overload:
    rate = 2 * highest
    ready = list(islice(requests, int(rate * SECONDS)))
    statuses = arrive(port, ready, rate, connections=CONNECTIONS, give_up=inf).statuses
    ended = time.perf_counter()
    while not load(port, requests, CALM * highest, 1.0).held:
        if time.perf_counter() - ended > 60:
            return Overload(statuses, inf)
    return Overload(statuses, max(0.0, time.perf_counter() - ended - 1.0))
