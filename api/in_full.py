"""A case in clear, as its servizio sociale reads it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from domain.case.events import (
    AppointmentHeld,
    ConvocationDelivered,
    InfractionReportedToInps,
    JustifiedReasonDecided,
    JustifiedReasonRequested,
    JustifiedReasonSubmitted,
    MeasureNotified,
    MemberConditionRecorded,
    MemberReferredToEmploymentService,
    ObligationEvaluated,
    SanctionProposalOpened,
)
from domain.case.state import Case
from domain.contract import Json, contract_of, encode, instant, occurred_on
from domain.fact import Fact

LISTS: dict[str, type] = {
    "conditions": MemberConditionRecorded,
    "obligations": ObligationEvaluated,
    "deliveries": ConvocationDelivered,
    "appointments": AppointmentHeld,
    "employment_referrals": MemberReferredToEmploymentService,
    "reason_requests": JustifiedReasonRequested,
    "reasons": JustifiedReasonSubmitted,
    "reason_decisions": JustifiedReasonDecided,
    "sanction_proposals": SanctionProposalOpened,
    "inps_reports": InfractionReportedToInps,
    "measure_notifications": MeasureNotified,
}
"""What a case has many of, under the name of its sub-resource."""


def case_in_full(case_id: UUID, case: Case, version: int) -> dict[str, Json]:
    """The case, with all that its facts say; each of these with the id of its event."""
    referral = encode(case.referral) if case.referral else {}
    return (
        {"case_id": str(case_id), "version": version, "phase": case.phase}
        | referral
        | {
            "closed_on": encode(case.closed_on),
            "members": encode(case.household.members) if case.household else [],
            "assignments": encode(list(case.assignments.values())),
            "convocations": encode(list(case.convocations.values())),
            "analysis": case.analysis and encode(case.analysis),
            "equipe": case.team and encode(case.team),
            "patto": _patto(case),
            "infractions": [
                {"event_id": str(event_id), "type": contract_of(event).stored_name} | encode(event)
                for event_id, event in case.infractions.items()
            ],
            "measures": [
                {"type": contract_of(measure).stored_name} | encode(measure)
                for measure in case.measures.values()
            ],
        }
        | {name: _all(case, kind) for name, kind in LISTS.items()}
    )


def _patto(case: Case) -> Json:
    """The patto signed last, with its text; without one, the last draft."""
    if case.pattos:
        signed = max(case.pattos, key=lambda patto: patto.signed_on)
        return {
            "signed": encode(signed),
            "text": encode(case.drafts[signed.patto_id, signed.version]),
        }
    drafts = list(case.drafts.values())
    return {"signed": None, "text": encode(drafts[-1])} if drafts else None


def _all(case: Case, kind: type) -> list[Json]:
    facts: list[Fact[Any]] = case.all(kind)
    return [{"event_id": str(fact.event_id)} | encode(fact.event) for fact in facts]


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
        "data": encode(fact.event),
    }
