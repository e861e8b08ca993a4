"""The shortest story that still fails: the steps really taken, without those that do not matter."""

from __future__ import annotations

import time
import traceback
from collections.abc import Sequence

from tests.unit.machine.machine import Life, Step

SECONDS = 20
"""To shorten what failed."""


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


def told(steps: Sequence[Step], error: BaseException) -> str:
    story = "\n".join(f"  {number}. {step}" for number, step in enumerate(steps, 1))
    head = f"{type(error).__name__}: {error}\n{where(error)}"
    return f"{head}\nshortened to {len(steps)} steps:\n{story}"
