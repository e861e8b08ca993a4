"""A case in clear, as its servizio sociale reads it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from domain.case.events import EventCorrected, HouseholdCompositionRecorded, InfractionAscertained
from domain.case.state import Case
from domain.catalogue import CONTRACTS
from domain.contract import Contract, Json, contract_of, encode, instant, occurred_on
from domain.fact import Fact

ELSEWHERE = (HouseholdCompositionRecorded, EventCorrected)
"""Facts that the case shows by what they add up to."""


def case_in_full(case_id: UUID, case: Case, version: int) -> dict[str, Json]:
    """The case, with all that its facts say; each of these with the id of its event."""
    referral = encode(case.referral) if case.referral else {}
    return (
        {"case_id": str(case_id), "version": version, "phase": case.phase}
        | referral
        | _lists(case)
        | {
            "closed_on": encode(case.closed_on),
            "members": encode(case.household.members) if case.household else [],
            "assignments": encode(list(case.assignments.values())),
            "convocations": encode(list(case.convocations.values())),
            "analysis": case.analysis and encode(case.analysis),
            "equipe": case.team and encode(case.team),
            "patto": _patto(case),
            "infractions": [
                {"event_id": str(event_id), "type": contract_of(event).stored_name} | _told(event)
                for event_id, event in case.infractions.items()
            ],
            "measures": [
                {"type": contract_of(measure).stored_name} | _told(measure)
                for measure in case.measures.values()
            ],
        }
    )


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


def _lists(case: Case) -> dict[str, Json]:
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
        if contract.path and contract.type not in ELSEWHERE:
            found[_name(contract)].append({"event_id": str(fact.event_id)} | _told(fact.event))
    return found


CONVICTION = "FINAL_CONVICTION"
RESERVED = "[riservato]"
"""In place of a criminal conviction: INPS alone knows it, the others the measure (GDPR art. 10)."""


def _told(event: Any) -> dict[str, Json]:
    """What an event says, to the servizio sociale."""
    said: dict[str, Json] = encode(event)
    if isinstance(event, InfractionAscertained) and said["code"] == CONVICTION:
        return said | dict.fromkeys(("code", "source", "evidence_ref"), RESERVED)
    read = said.get("inputs")
    if isinstance(read, dict) and read.get("infraction") == CONVICTION:
        # What the rules read of a measure that cites it; their trace names it in every clause.
        return said | {"inputs": read | {"infraction": RESERVED}, "trace": RESERVED}
    return said


def _corrected(fact: Fact[Any]) -> dict[str, Json]:
    """What a fact says; of a correction of INPS, nothing of what may be a conviction."""
    said = _told(fact.event)
    if isinstance(fact.event, EventCorrected) and fact.recorder.kind == "inps":
        hidden = {name: RESERVED for name in ("source", "evidence_ref") if name in said["new_value"]}
        return said | {"new_value": said["new_value"] | hidden}
    return said


def _name(contract: Contract) -> str:
    return contract.path.replace("-", "_")


def fact_in_full(fact: Fact[Any]) -> dict[str, Json]:
    """A fact with its envelope and all that it says, as it was recorded."""
    contract, day, by = contract_of(fact.event), occurred_on(fact.event), fact.recorder
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
        "data": _corrected(fact),
    }
