"""A fact of the log that opens when somebody first asks for what is in it.

Whoever folds a case needs of most facts only what they are and where they stand; their values are opened
where a rule, a letter or a reader with a right asks for them. What was erased meanwhile reads as erased.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from domain.contract import stored_as
from domain.fact import Fact
from domain.ledger.mapper import LedgerEvent

INSIDE = frozenset(
    ("event", "recorder", "known_on", "purpose", "command_id", "correlation_id", "causation_id")
)


class ClosedFact(Fact[Any]):
    """Safe for several threads: to open it twice gives the same.

    Once it is open it lets go of its row, which takes more than twice the memory of what is in it.
    """

    __slots__ = ("_open", "_stored", "kind")

    def __init__(self, stored: LedgerEvent, open_: Callable[[LedgerEvent], Fact[Any]]) -> None:
        keep = object.__setattr__  # a fact is frozen
        keep(self, "event_id", stored.event_id)
        keep(self, "case_id", stored.originator_id)
        keep(self, "version", stored.originator_version)
        keep(self, "position", stored.position)
        keep(self, "recorded_at", stored.recorded_at)
        keep(self, "kind", stored_as(stored.topic)[0].type)
        keep(self, "_stored", stored)
        keep(self, "_open", open_)

    def __getattr__(self, name: str) -> Any:
        """Asked for what is not there yet."""
        if name not in INSIDE:
            raise AttributeError(name)
        keep, stored = object.__setattr__, self._stored
        if stored is not None:
            opened = self._open(stored)
            for inside in INSIDE:
                keep(self, inside, getattr(opened, inside))
            keep(self, "_stored", None)  # last: another thread that finds no row finds what was in it
        return object.__getattribute__(self, name)
