"""Every measure of the log, by its id and by what makes two of them comparable; only what is new is read.

A dossier asks for both, and to read them all each time would take as long as the log is.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.case.state import MEASURES
from domain.contract import contract_of, stored_as
from domain.dossier import Comparable, comparable_by
from domain.dossier.measure import KINDS
from domain.ledger.recorder import Pool

NAMES = [
    f"{contract_of(kind).name}.v{version}"
    for kind in MEASURES
    for version in range(1, contract_of(kind).version + 1)
]

# Ids, rule sets and inputs lie readable beside the sealed values.
NEW = """
select position, stream_id, type, recorded_at, said ->> 'measure_id', said ->> 'rule_set_id', said -> 'inputs'
  from (select position, stream_id, type, recorded_at, convert_from(sealed, 'UTF8')::jsonb as said
          from ledger.events where type = any(%s) and position > %s) as measures
 order by position
"""


@dataclass(slots=True)
class Cases:
    """Cases, each since when it is one of them. They are added in the order of the log, so that of time."""

    since: dict[UUID, datetime] = field(default_factory=dict)
    times: list[datetime] = field(default_factory=list)

    def add(self, case_id: UUID, at: datetime) -> None:
        if case_id not in self.since:
            self.since[case_id] = at
            self.times.append(at)

    def count(self, but: UUID, as_of: datetime) -> int:
        """How many there were by then, one left out. Comparable cases may be as many as the log has."""
        own = self.since.get(but)
        return bisect_right(self.times, as_of) - (own is not None and own <= as_of)


@dataclass(slots=True)
class _Held:
    """The measures of one epoch of the log, up to a position."""

    epoch: UUID | None = None
    position: int = 0
    cases: dict[UUID, list[UUID]] = field(default_factory=dict)
    alike: dict[Comparable, dict[str, Cases]] = field(default_factory=dict)
    """By what was ordered."""


class Measures:
    """Finds measures. Thread-safe; a log that was restored is read anew."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._held = _Held()
        self._mutex = threading.Lock()

    def cases_of(self, measure_id: UUID) -> list[UUID]:
        """The cases in which a measure of this id was ordered: one, unless an id was used twice."""
        with self._mutex:
            return list(self._now().cases.get(measure_id, ()))

    def like(self, as_: Comparable, but: UUID, as_of: datetime) -> dict[str, int]:
        """The other cases in which the same rule met the same occurrence by then, by what was ordered."""
        with self._mutex:
            alike = self._now().alike.get(as_, {})
            counted = {kind: cases.count(but, as_of) for kind, cases in alike.items()}
        return {kind: count for kind, count in counted.items() if count}

    def _now(self) -> _Held:
        """What is held, and what came since."""
        with self._pool.connection() as connection:
            row = connection.execute("select log_epoch from ledger.log_head").fetchone()
            assert row is not None
            if row[0] != self._held.epoch:
                self._held = _Held(row[0])
            for new in connection.execute(NEW, [NAMES, self._held.position]):
                self._keep(*new)
        return self._held

    def _keep(
        self, position: int, case_id: UUID, name: str, at: datetime, ref: str, rules: str, read: Any
    ) -> None:
        cases = self._held.cases.setdefault(UUID(ref), [])
        if case_id not in cases:
            cases.append(case_id)
        if like := comparable_by(rules, read):
            kind = KINDS[stored_as(name)[0].type.__name__]
            self._held.alike.setdefault(like, {}).setdefault(kind, Cases()).add(case_id, at)
        self._held.position = position
