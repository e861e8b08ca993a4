"""A pointer to what could not be applied or disclosed: it waits by case, and the others go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

BEHIND = "Behind"
"""In place of an error: the item is sound, but an earlier one of its case is parked."""


@dataclass(frozen=True, slots=True)
class Parked:
    """Which item of which case, and the class of the error; its text may quote values.

    ``number`` is that of the one order in which it was to be taken: a position of the log, a seq.
    """

    number: int
    case_id: UUID
    error: str
    sqlstate: str | None = None

    @staticmethod
    def by(error: Exception, number: int, case_id: UUID) -> Parked:
        return Parked(number, case_id, type(error).__name__, getattr(error, "sqlstate", None))


@dataclass(frozen=True, slots=True)
class Pointer:
    """A pointer as it lies there."""

    parked: Parked
    parked_at: datetime
