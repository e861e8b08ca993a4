"""Which entries of a fact a ground opens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from domain.case.state import Case
from domain.fact import Fact

Rows = Mapping[str, frozenset[int]]
"""Which entries of which list a ground opens; a list that is not named is open whole."""

EVERYTHING: Rows = {}

Test = Callable[[Fact[Any], Case, str], Rows | None]
"""A ground: what it opens of a fact for a recipient, None for nothing."""


def when(holds: Callable[[Any, Case, str], bool]) -> Test:
    """The ground that opens all of a fact, or nothing."""
    return lambda fact, case, recipient: EVERYTHING if holds(fact, case, recipient) else None


def only(name: str, rows: frozenset[int]) -> Rows | None:
    """Some entries of one list; a fact with none of them is not shown at all."""
    return {name: rows} if rows else None


def rows_where(entries: object, holds: Callable[[Any], bool]) -> frozenset[int]:
    return frozenset(index for index, entry in enumerate(listed(entries)) if holds(entry))


def listed(entries: object) -> tuple[Any, ...]:
    """The entries of a list; one that was erased as a whole, as an empty one can be, has none."""
    return entries if isinstance(entries, tuple) else ()
