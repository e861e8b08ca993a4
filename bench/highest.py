"""The highest rate at which a server still answers 99 of a hundred requests within the mark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from math import inf

from bench.arrivals import Answers, arrive

SECONDS = 3.0
"""Of one load at one rate."""

STEP = 1.08
"""From one rate to the next."""

FLAT_OUT = 1_000
"""Requests by which the server is warmed, and its rate guessed: one after the other on few connections."""

FEW = 16


def highest(port: int, requests: Iterator[bytes], seconds: float = SECONDS) -> float:
    """Requests a second: the last step that held."""
    guessed = arrive(port, list(islice(requests, FLAT_OUT)), inf, connections=FEW).throughput
    return _stepping(guessed, lambda rate: load(port, requests, rate, seconds)).rate


def load(port: int, requests: Iterator[bytes], rate: float, seconds: float) -> Answers:
    return arrive(port, list(islice(requests, max(1, int(rate * seconds)))), rate)


def _stepping(rate: float, at: Callable[[float], Answers]) -> Answers:
    """Up from a rate that holds as long as it does, else down until one does."""
    found = at(rate)
    if found.held:
        while (more := at(found.rate * STEP)).held:
            found = more
        return found
    while not found.held:
        found = at(found.rate / STEP)
    return found
