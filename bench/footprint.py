"""What the process of the API holds while it works for ten minutes, at half of the rate that it can bear."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from statistics import linear_regression

from bench.arrivals import arrive
from bench.servers import Server

MINUTES = 10
PIECE = 10.0
"""Seconds between two looks."""

WARM = 60.0
"""Seconds at the beginning, while caches fill, that the slope does not count."""


@dataclass(frozen=True)
class Footprint:
    """Seconds and MB, look by look."""

    looks: list[tuple[float, float]]

    @property
    def slope(self) -> float:
        """MB a minute, once warm."""
        warm = [look for look in self.looks if look[0] >= WARM]
        return linear_regression(*zip(*warm, strict=True)).slope * 60

    def lines(self) -> list[str]:
        (_, first), (seconds, last) = self.looks[0], self.looks[-1]
        return [
            f"  at the start, at the end     {first:.0f} MB, {last:.0f} MB after {seconds / 60:.1f} minutes",
            f"  slope once warm              {self.slope:+.2f} MB a minute",
        ]


def run(server: Server, requests: Iterator[bytes], rate: float, minutes: float = MINUTES) -> Footprint:
    began, looks = time.perf_counter(), [(0.0, server.memory())]
    while (now := time.perf_counter() - began) < minutes * 60:
        arrive(server.port, list(islice(requests, int(rate * PIECE))), rate)
        looks.append((now + PIECE, server.memory()))
    return Footprint(looks)
