"""Marks planted in the values of a life: who reads a mark reads a value of that person, or of health."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Annotated, Any, get_args, get_origin, get_type_hints
from uuid import UUID

from domain.case import events as e
from domain.case.parts import AgencyCode
from domain.fact import Fact

NAMES = ("member_id", "obliged_member_id", "minor_member_id", "signatory_member_id", "asked_member_id")
HEALTH = "⟪salute⟫"
HEALTH_CODES = {"DISABILITY_L68", "ONCOLOGICAL", "CARE_LOAD_DISABLED_MEMBER"}


def mark(person: UUID) -> str:
    return f"⟪{str(person)[:8]}⟫"


def planted(facts: list[Fact[Any]]) -> list[Fact[Any]]:
    """The same facts, each free text with the mark of whom it speaks of; and that of health."""
    by_id = {fact.event_id: fact.event for fact in facts}
    return [fact.telling(_plant(fact.event, _speaks_of(fact.event, by_id), by_id)) for fact in facts]


def _speaks_of(event: Any, by_id: dict[UUID, Any]) -> set[UUID]:
    """The persons of a fact: the one named in it, or those of the infractions that it is about."""
    named = next((getattr(event, name) for name in NAMES if getattr(event, name, None)), None)
    if named or isinstance(event, e.Ordered | e.EventCorrected):
        return {named} if named else set()
    refs = [getattr(event, "infraction_ref", None), *getattr(event, "infraction_refs", ())]
    return {who for ref in refs if ref in by_id and (who := getattr(by_id[ref], "member_id", None))}


def _plant(record: Any, persons: set[UUID], by_id: dict[UUID, Any]) -> Any:
    hints = get_type_hints(type(record), include_extras=True)
    health = _of_health(record, by_id)
    changed: dict[str, Any] = {}
    for each in fields(record):
        value, hint = getattr(record, each.name), hints[each.name]
        if isinstance(value, tuple) and value and is_dataclass(value[0]):
            changed[each.name] = tuple(_plant(one, _own(one) or persons, by_id) for one in value)
        elif isinstance(value, str) and _free(hint) and (persons or health):
            said = " ".join([value, *sorted(map(mark, persons))])
            changed[each.name] = f"{said} {HEALTH}" if health and each.name not in CODES else said
    return replace(record, **changed) if changed else record


CODES = ("relationship", "frequency", "period", "text_ref", "text_hash", "place", "language", "proof_ref")
"""Free texts that say nothing of health."""


def _own(record: Any) -> set[UUID]:
    return {who for name in NAMES if (who := getattr(record, name, None))}


def _free(hint: Any) -> bool:
    """Whether a field is text that anybody may write: no code, no id."""
    if hint is AgencyCode or (get_origin(hint) is Annotated and get_args(hint)[0] is AgencyCode):
        return False
    inner = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    inner = get_args(inner)[0] if get_origin(inner) is Annotated else inner
    return inner is str or (str in get_args(inner) and type(None) in get_args(inner))


def _of_health(record: Any, by_id: dict[UUID, Any]) -> bool:
    match record:
        case e.MemberConditionRecorded():
            return record.condition_code in HEALTH_CODES
        case e.JustifiedReasonSubmitted():
            return record.health_content_sealed or record.category == "HEALTH"
        case e.JustifiedReasonDecided():
            said = [x for x in by_id.values() if isinstance(x, e.JustifiedReasonSubmitted)]
            return any(x.health_content_sealed and x.infraction_ref == record.infraction_ref for x in said)
        case e.CommitmentMissed():
            return record.area == "HEALTH"
        case _:
            return getattr(record, "area", None) == "HEALTH" and hasattr(record, "text")
