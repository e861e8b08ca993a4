"""Who receives: the recipients that were added, and of these those that were withdrawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg

CHANGES = "select number, recipient, act, after from ledger.recipients order by number"


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The recipients at a moment. ``number`` is that of the last change among them, 0 before the first.

    ``since`` tells of each that receives after which position of the log it was added. Who was ``withdrawn``
    is still told of corrections and erasures of what it was shown before, and of nothing else.
    """

    number: int | None
    since: Mapping[str, int]
    withdrawn: frozenset[str] = field(default=frozenset())

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.since, *sorted(self.withdrawn))

    @staticmethod
    def of(codes: Iterable[str]) -> Enrolled:
        """These, from the first fact of the log, whatever the record says."""
        return Enrolled(None, dict.fromkeys(codes, 0))


def on_record(connection: psycopg.Connection[Any]) -> Enrolled:
    """The recipients on record. Raises psycopg's errors."""
    return enrolled(connection.execute(CHANGES, prepare=True).fetchall())


def enrolled(changes: Iterable[tuple[Any, ...]]) -> Enrolled:
    """What the rows of ``ledger.recipients`` add up to: number, recipient, act, and the position then."""
    last, since, withdrawn = 0, dict[str, int](), set[str]()
    for number, recipient, act, after in changes:
        last = number
        if act == "ADDED":
            since[recipient] = after
            withdrawn.discard(recipient)
        elif act == "WITHDRAWN":
            del since[recipient]
            withdrawn.add(recipient)
    return Enrolled(last, since, frozenset(withdrawn))
