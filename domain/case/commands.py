"""What can be asked of a case: to put a fact on record.

An act states a fact without what the rules compute of it; :func:`domain.case.decide.decide` answers with
the facts to record, or refuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from domain.case.events import CaseEvent
from domain.fact import Recorder
from domain.rules.ladder import RungsDecision
from domain.rules.rule_set import RuleSet
from domain.rules.sanctions import PROTOCOL


@dataclass(frozen=True, slots=True)
class Act:
    """An agency states a fact, of which it learnt on ``known_on``; None where nobody asks."""

    by: Recorder
    states: CaseEvent
    known_on: date | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """An agreement with a body of the third sector or a holder of PUC, and the days on which it holds."""

    party: str
    kind: str
    from_on: date
    to_on: date | None

    def holds(self, party: str, day: date) -> bool:
        """Whether it binds a body on a day."""
        return self.party == party and self.from_on <= day and (self.to_on is None or day <= self.to_on)


@dataclass(frozen=True, slots=True)
class Puc:
    """A progetto utile alla collettività, the days on which it is open, its seats and who has taken one.

    ``taken`` are the assignments of all cases: first day and last day, None where it has none.
    """

    holder: str
    seats: int
    from_on: date
    ended_on: date | None
    taken: tuple[tuple[date, date | None], ...] = ()

    def is_open(self, day: date) -> bool:
        return self.from_on <= day and (self.ended_on is None or day <= self.ended_on)

    def is_full(self, start: date, end: date | None) -> bool:
        """Whether some day of an assignment would find every seat taken."""
        days = [start, *(began for began, _ in self.taken if start <= began <= (end or date.max))]
        return any(self._taken_on(day) >= self.seats for day in days)

    def _taken_on(self, day: date) -> int:
        return sum(began <= day <= (ended or date.max) for began, ended in self.taken)


@dataclass(frozen=True, slots=True)
class Law:
    """What stands outside the case and bears on it: the protocol in force and the choice of the Ambito.

    ``setting`` is PROTOCOLLO-ADI where the Ambito runs the protocol as signed, ADI-2023 for the statute
    alone. ``protocol_until`` is the first day on which the protocol no longer holds. ``agreements`` and
    ``pucs`` are those on record, whenever they hold; ``unanswered`` the requests of access to this case
    that were not answered in time, with the last day of their term, by the event that received them.
    ``settings`` are the readings that this Ambito chose where the law leaves one open, by the name that
    they have in a rule set; a rule set without a setting of that name is as shipped. ``texts`` are rule sets
    in place of those shipped, by their id: a replay decides by the text of its decision.
    """

    protocol_from: date | None = None
    protocol_until: date | None = None
    setting: str = PROTOCOL
    rungs: tuple[RungsDecision, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    pucs: Mapping[UUID, Puc] = field(default_factory=dict)
    unanswered: Mapping[UUID, date] = field(default_factory=dict)
    settings: Mapping[str, int | str] = field(default_factory=dict)
    texts: Mapping[str, RuleSet] = field(default_factory=dict)


AS_SHIPPED = Law()
"""No protocol on record, and every open reading as the rule sets are shipped."""
