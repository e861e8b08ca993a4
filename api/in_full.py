"""A case in clear, as its servizio sociale reads it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from domain.case.events import EventCorrected, HouseholdCompositionRecorded, OperatorAssigned, Ordered
from domain.case.state import Case
from domain.catalogue import CONTRACTS
from domain.contract import Contract, Json, contract_of, encode, instant, occurred_on
from domain.disclosure.convictions import Reserved, reserved, without
from domain.disclosure.unnamed import Unnamed
from domain.fact import Fact
from domain.seats import of_anti_violence

ELSEWHERE = (HouseholdCompositionRecorded, EventCorrected)
"""Facts that the case shows by what they add up to."""


RESERVED = "[riservato]"
"""In place of what tells of a criminal conviction: INPS alone knows it, the others the measure."""


@dataclass(frozen=True, eq=False)
class View:
    """What somebody of its servizio sociale may read of a case: all but what a conviction would be known by
    and, unless she is its case manager, the operators of an anti-violence service.

    Of a case as it stands there are two, each the same object for all who read by it.
    """

    reserved: Reserved
    unnamed: Unnamed | None

    @classmethod
    def of(cls, facts: Iterable[Fact[Any]], in_charge: bool) -> View:
        """By all the facts of the case, as recorded: what came later hides in a reading of the past too."""
        told = tuple(facts)
        return cls(reserved(told), None if in_charge else Unnamed(told))

    @property
    def whole(self) -> bool:
        """Whether nothing of the case is kept from her."""
        return not (self.reserved or (self.unnamed and (self.unnamed.events or self.unnamed.persons)))

    def names(self, recipient: str) -> bool:
        """Whether it may be told what a recipient was shown of the case."""
        return self.unnamed is None or not of_anti_violence(recipient)

    def names_operator(self, person: UUID) -> bool:
        """Whether it may be told that an operator is of the case."""
        return self.unnamed is None or str(person) not in self.unnamed.persons

    def shows(self, fact: Fact[Any]) -> bool:
        return self.unnamed is None or fact.event_id not in self.unnamed.events

    def data(self, fact: Fact[Any]) -> dict[str, Json]:
        """What a fact says."""
        said = self.named(encode(fact.event))
        hidden = self.reserved.get(fact.event_id)
        return without(said, hidden, RESERVED) if hidden else said

    def named(self, said: dict[str, Json]) -> dict[str, Json]:
        """The same of an event alone, with whoever may be named in it."""
        return self.unnamed.without(said) if self.unnamed else said

    def day(self, fact: Fact[Any]) -> date | None:
        """The day of a fact; None where it has none, or where it is reserved."""
        contract = contract_of(fact.event)
        return None if contract.happened in self.reserved.get(fact.event_id, ()) else occurred_on(fact.event)


def case_in_full(case_id: UUID, case: Case, version: int, view: View) -> dict[str, Json]:
    """The case, with all that its facts say; each of these with the id of its event."""
    referral = encode(case.referral) if case.referral else {}
    return (
        {"case_id": str(case_id), "version": version, "phase": case.phase}
        | referral
        | _lists(case, view)
        | {
            "closed_on": encode(case.closed_on),
            "members": encode(case.household.members) if case.household else [],
            "assignments": _assignments(case, view),
            "convocations": encode(list(case.convocations.values())),
            "analysis": case.analysis and encode(case.analysis),
            "equipe": case.team and view.named(encode(case.team)),
            "patto": _patto(case),
            "infractions": [
                {"event_id": str(event_id), "type": contract_of(infraction).stored_name}
                | view.data(case.facts[event_id])
                for event_id, infraction in case.infractions.items()
            ],
            "measures": [
                {"type": contract_of(fact.event).stored_name} | view.data(fact) for fact in _measures(case)
            ],
        }
    )


def _assignments(case: Case, view: View) -> list[Json]:
    """Those that are open."""
    hidden = {fact.event.assignment_id for fact in case.all(OperatorAssigned) if not view.shows(fact)}
    return [encode(each) for ref, each in case.assignments.items() if ref not in hidden]


def _measures(case: Case) -> list[Fact[Any]]:
    """The fact of each measure."""
    ordered: list[Fact[Any]] = [fact for fact in case.facts.values() if issubclass(fact.kind, Ordered)]
    return list({fact.event.measure_id: fact for fact in ordered}.values())


def _patto(case: Case) -> Json:
    """The patto signed last, with its text; without one, the last draft."""
    if case.pattos:
        signed = max(case.pattos, key=lambda patto: patto.signed_on)
        return {
            "signed": encode(case.facts[signed.event_id].event),
            "text": encode(case.drafts[signed.patto_id, signed.version]),
        }
    drafts = list(case.drafts.values())
    return {"signed": None, "text": encode(drafts[-1])} if drafts else None


def _lists(case: Case, view: View) -> dict[str, Json]:
    """All that was recorded, under the name of its sub-resource; what never was is an empty list.

    The case names some of these itself, and then shows what they add up to.
    """
    found: dict[str, list[Json]] = {
        _name(contract): []
        for contract in CONTRACTS.values()
        if contract.aggregate == "case" and contract.path and contract.type not in ELSEWHERE
    }
    for fact in case.facts.values():
        contract = contract_of(fact.event)
        if contract.path and contract.type not in ELSEWHERE and view.shows(fact):
            found[_name(contract)].append({"event_id": str(fact.event_id)} | view.data(fact))
    return found


def _name(contract: Contract) -> str:
    return contract.path.replace("-", "_")


def fact_in_full(fact: Fact[Any], view: View) -> dict[str, Json]:
    """A fact with its envelope and all that it says, as it was recorded."""
    contract, day, by = contract_of(fact.event), view.day(fact), fact.recorder
    return {
        "event_id": str(fact.event_id),
        "case_id": str(fact.case_id),
        "version": fact.version,
        "position": fact.position,
        "type": contract.stored_name,
        "title": contract.title,
        "recorded_at": instant(fact.recorded_at) if fact.recorded_at else None,
        "known_on": fact.known_on.isoformat(),
        "occurred_on": day.isoformat() if day else None,
        "recorder": {
            name: encode(value)
            for name, value in (
                ("agency", by.agency),
                ("unit", by.unit),
                ("role", by.role),
                ("person", by.person),
            )
            if value is not None
        },
        "purpose": fact.purpose,
        "data": view.data(fact),
    }
