"""The operators of an anti-violence service, shown to the case manager alone (DOMAIN section 9).

That one of them is of a case tells that somebody in it is protected, also to who else has it in charge.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.case import events as e
from domain.case.state import Case, corrected
from domain.contract import Json
from domain.disclosure.masks.mask import OTHER_SERVICE
from domain.disclosure.rows import listed
from domain.fact import Fact
from domain.lazy import lazy
from domain.seats import of_anti_violence

NAMED_IN = frozenset({"components", "added", "removed", "invitees", "present", "absent"})
"""Where the facts of an équipe name operators: each by her id, or as an entry of a list."""


def in_charge(case: Case, person: UUID | None) -> bool:
    """Whether a person of the servizio sociale is the case manager, who is told of them."""
    manager = case.case_manager
    return manager is not None and (manager.agency, manager.person_id) == ("servizio-sociale", person)


@dataclass(frozen=True)
class Unnamed:
    """Who of a case is named to its case manager alone, by the facts of the whole log."""

    facts: tuple[Fact[Any], ...]

    @lazy
    def persons(self) -> frozenset[str]:
        """Who was ever assigned, invited, or of the équipe."""
        told = [*self._all(e.OperatorAssigned)]
        told += [one for event in self._all(e.EquipeFormed) for one in listed(event.components)]
        told += [one for event in self._all(e.EquipeChanged) for one in listed(event.added)]
        told += [one for event in self._all(e.EquipeConvoked) for one in listed(event.invitees)]
        return frozenset(
            str(one.person_id)
            for one in told
            if of_anti_violence(one.agency, one.unit, getattr(one, "function", None))
        )

    @lazy
    def events(self) -> frozenset[UUID]:
        """The facts that speak of one of them alone, or that one of them recorded; with their corrections."""
        assigned = {each.assignment_id for each in self._all(e.OperatorAssigned) if self.named_by(each)}
        found = {
            fact.event_id
            for fact in self._told
            if (fact.kind is e.OperatorAssigned and self.named_by(fact.event))
            or (fact.kind is e.OperatorUnassigned and fact.event.assignment_id in assigned)
            or (fact.kind is e.EquipeInviteAnswered and self.named_by(fact.event))
            or of_anti_violence(fact.recorder.agency, fact.recorder.unit)
        }
        corrections = (fact for fact in self.facts if fact.kind is e.EventCorrected)
        return frozenset(
            found | {fact.event_id for fact in corrections if fact.event.corrects_event_id in found}
        )

    def named_by(self, event: e.OperatorAssigned | e.EquipeInviteAnswered) -> bool:
        return str(event.person_id) in self.persons or of_anti_violence(event.agency)

    def without(self, data: dict[str, Json]) -> dict[str, Json]:
        """What an event says, as JSON, of everybody else; also what a correction makes of it."""
        said = {name: self._others(value) if name in NAMED_IN else value for name, value in data.items()}
        if isinstance(said.get("new_value"), dict):
            said["new_value"] = self.without(said["new_value"])
        if isinstance(said.get("areas"), list):
            said["areas"] = [_assigned(area) for area in said["areas"]]
        return said

    def _others(self, entries: Json) -> Json:
        """An entry of a list names somebody by ``person_id``, or is her id."""
        if not isinstance(entries, list):
            return entries
        ids = [each.get("person_id") if isinstance(each, dict) else each for each in entries]
        return [each for each, named in zip(entries, ids, strict=True) if named not in self.persons]

    def _all(self, kind: type) -> Iterable[Any]:
        return (fact.event for fact in self._told if fact.kind is kind)

    @lazy
    def _told(self) -> tuple[Fact[Any], ...]:
        """Each as it was recorded, and as it stands corrected."""
        return (*self.facts, *corrected(self.facts))


def _assigned(area: Json) -> Json:
    """An area of the quadro di analisi, without the service that it is assigned to."""
    named = area.get("assigned_to") if isinstance(area, dict) else None
    return (
        area | {"assigned_to": OTHER_SERVICE} if isinstance(named, str) and of_anti_violence(named) else area
    )
