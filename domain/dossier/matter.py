"""What a dossier is about: a measure, the proposal that led to it, the infractions that it cites."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from domain.case import events as e
from domain.case import infractions as breaches
from domain.case import observe
from domain.case.commands import Law
from domain.case.state import INFRACTIONS, Case
from domain.contract import Json, contract_of
from domain.dossier.point import Source
from domain.dossier.reader import Reader
from domain.fact import Fact
from domain.reconstruct import Reconstruction
from domain.refused import Refused
from domain.rules.rule_set import RuleSet


@dataclass(frozen=True, slots=True)
class Matter:
    """A measure as its reader may see it, with what it rests on. ``infractions`` may have been voided since.

    ``day`` is that of the last fact that the measure cites; of one that cites none, that of the measure.
    ``kept_back``: it rests on a conviction, of which nobody reads. That is not among the infractions, and no
    point says what would follow from it, nor that anything lacks where it is the reason.
    """

    reader: Reader
    measure: Fact[Any]
    proposal: Fact[e.SanctionProposalOpened] | None
    infractions: tuple[Fact[Any], ...]
    found: Reconstruction
    law: Law
    kept_back: bool = False

    @property
    def case(self) -> Case:
        return self.reader.case

    @property
    def day(self) -> date:
        days: list[date] = [breaches.day_of(fact.event) for fact in self.infractions]
        return max(days, default=self.measure.event.ordered_on)

    @property
    def rules(self) -> RuleSet | None:
        """The rule set of the last fact; None where none speaks of the benefit."""
        try:
            return observe.rules_for(self.case, self.day, self.law)
        except Refused:
            return None

    @property
    def last(self) -> Fact[Any] | None:
        """The infraction that the measure is judged by: the last one that stands."""
        standing = [fact for fact in self.infractions if fact.event_id in self.case.infractions]
        return max(standing, key=lambda fact: breaches.day_of(fact.event), default=None)

    @property
    def code(self) -> str | None:
        """The infraction that it is for its rule set."""
        if self.last is None or self.rules is None:
            return None
        return breaches.infraction_code(self.case, self.last.event, self.rules)

    @property
    def names(self) -> dict[str, tuple[Json, tuple[Source, ...]]]:
        """The members whom the reader may read of, by id, as the composition last recorded names them."""
        found: dict[str, tuple[Json, tuple[Source, ...]]] = {}
        composed = self.case.all(e.HouseholdCompositionRecorded)
        for member, path in self.reader.rows(composed[-1], "members") if composed else ():
            if {"member_id", "name", "surname"} <= member.keys():
                seen = (
                    *self.reader.source(composed[-1], f"{path}.name"),
                    *self.reader.source(composed[-1], f"{path}.surname"),
                )
                found[member["member_id"]] = (_full_name(member), seen)
        return found

    def name_of(self, member_id: Json) -> Json:
        """A member by name where that can be read, else by id."""
        return self.names[member_id][0] if member_id in self.names else member_id

    def open_infractions(self) -> tuple[Fact[Any], ...]:
        """Those that the reader may know of."""
        return tuple(fact for fact in self.infractions if self.reader.sees(fact))

    def about(self) -> tuple[Fact[Any], ...]:
        """Those whose other facts may be looked for: what is found is shown as far as it is open."""
        return self.infractions if self.reader.is_signatory else self.open_infractions()

    def same_as(self, ref: UUID) -> frozenset[UUID]:
        """An infraction with what else was said of the same absence."""
        return breaches.same_absence(self.case, ref)

    def absent(self, *kinds: type) -> tuple[str, ...]:
        """What should be on record and is not, of these kinds, as far as the reader may be told so."""
        return tuple(
            _absent(missing.kinds)
            for missing in self.found.missing
            if set(missing.kinds) & set(kinds) and self._may_be_told(missing.infraction)
        )

    def lacks(self, found: object, sentence: str) -> tuple[str, ...]:
        """A sentence on what is not there; a body that reads what it was sent cannot be told so."""
        return () if found or self.reader.is_signatory else (sentence,)

    def _may_be_told(self, ref: UUID | None) -> bool:
        if self.reader.is_signatory:
            return False
        fact = self.reader.fact(ref) if ref else None
        return fact is None or self.reader.sees(fact)

    def cites(self, *facts: Fact[Any] | None) -> tuple[Source, ...]:
        return tuple(source for fact in facts if fact for source in self.reader.source(fact))


def _full_name(member: Mapping[str, Json]) -> Json:
    name, surname = member["name"], member["surname"]
    return f"{name} {surname}" if isinstance(name, str) and isinstance(surname, str) else name


def _absent(kinds: tuple[type, ...]) -> str:
    if set(kinds) == set(INFRACTIONS):
        return "La violazione su cui la misura si fonda non risulta nel fascicolo, o è stata annullata."
    titles = " o ".join(contract_of(kind).title for kind in kinds)
    return f"{titles}: non risulta nel fascicolo."
