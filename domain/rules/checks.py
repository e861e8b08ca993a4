"""A check that failed, and how much it weighs."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """LAW stops the signature (PATTO_INCOMPLETE); every other level is a warning that is shown and kept."""

    LAW = "LAW"
    PROTOCOL = "PROTOCOL"
    GUIDE = "GUIDE"
    INFERENCE = "INFERENCE"


@dataclass(frozen=True)
class Failed:
    """One check that failed: its code in DOMAIN.md, its level, its article and what is missing."""

    code: str
    level: Level
    legal_ref: str
    because: str


def blocking(failed: Iterable[Failed]) -> tuple[Failed, ...]:
    """Those that the law asks: the patto cannot be signed while one stands."""
    return tuple(each for each in failed if each.level is Level.LAW)
