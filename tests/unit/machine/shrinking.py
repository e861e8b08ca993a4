"""Lives of a case, one after the other, until a campaign is long enough or something is wrong."""

from __future__ import annotations

import time
import traceback
from collections.abc import Sequence
from random import Random

from tests.unit.machine.machine import Life, Step, Tally

STEPS = 150
"""Of one life: after so many a case has its patti and its measures, and is still read fast."""

SECONDS = 20
"""To shorten what failed."""


class Wrong(AssertionError):
    """What went wrong in a life: its seed, and the shortest story that still leads there."""


def campaign(seed: int, acts: int, tally: Tally | None = None) -> Tally:
    """Lives of this seed until so many acts were tried. Raises Wrong with the story that fails."""
    tally = tally or Tally()
    number = 0
    while tally.steps < acts:
        live(f"{seed}/{number}", tally)
        number += 1
    return tally


def live(seed: str, tally: Tally) -> None:
    """One life from its beginning."""
    life, rng = Life(tally), Random(seed)
    try:
        for _ in range(STEPS):
            life.take(life.choose(rng))
    except Exception as error:
        raise Wrong(told(seed, shortest(life.steps, where(error)), error)) from error


def where(error: BaseException) -> tuple[str, int]:
    """What failed: its type, and the line that raised it."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {last.filename}", last.lineno or 0


def shortest(steps: Sequence[Step], wrong: tuple[str, int]) -> list[Step]:
    """The steps without those that it fails without too; all of them where the choice of one failed."""
    left, size, end = list(steps), max(len(steps) // 2, 1), time.monotonic() + SECONDS
    if not fails(left, wrong):
        return left
    while size and time.monotonic() < end:
        place = 0
        while place < len(left) and time.monotonic() < end:
            shorter = left[:place] + left[place + size :]
            if fails(shorter, wrong):
                left = shorter
            else:
                place += size
        size //= 2
    return left


def fails(steps: Sequence[Step], wrong: tuple[str, int]) -> bool:
    life = Life()
    try:
        for step in steps:
            life.take(step)
    except Exception as error:
        return where(error) == wrong
    return False


def told(seed: str, steps: Sequence[Step], error: BaseException) -> str:
    story = "\n".join(f"  {number}. {step}" for number, step in enumerate(steps, 1))
    head = f"{type(error).__name__}: {error}\n{where(error)}"
    return f"{head}\nlife {seed}, shortened to {len(steps)} steps:\n{story}"
