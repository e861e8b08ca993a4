"""What of a case would tell of a final criminal conviction, which INPS alone knows (GDPR art. 10)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any
from uuid import UUID

from domain.case import events as e
from domain.case.state import corrected
from domain.contract import Json
from domain.disclosure.masks.mask import could_be
from domain.fact import Fact

CONVICTION = "FINAL_CONVICTION"

Reserved = Mapping[UUID, frozenset[str]]
"""By fact, the fields that would tell; of what a conviction is recorded by, all of them."""

TOLD = frozenset({"legal_ref", "motivation", "inputs", "trace", "conflicts_with", "reapply_not_before"})
"""The clause, the rule and the ten years are of a conviction alone, and texts may name it."""

DECISION = TOLD | {"evidence_event_ids", "obligation_evaluation_ref"}
"""On which evaluation of whom it rests would tell whose it is."""

CORRECTION = frozenset({"reason", "new_value", "member_id", "affects"})

ABOUT: dict[type, frozenset[str]] = {
    e.InfractionReportedToInps: frozenset({"facts", "article_and_letter"}),
    e.JustifiedReasonSubmitted: frozenset({"category", "evidence_ref"}),
    e.JustifiedReasonDecided: frozenset({"motivation"}),
}
"""What others may write of an infraction that they cite."""

CLAUSE = re.compile(r"\b8\W+(?:c|co|comma)\W+3\b(?!\W*bis)", re.IGNORECASE)
"""DL 48/2023 art. 8 c. 3, however it is written: INPS may order a measure and cite no fact."""

TEXTS = frozenset(
    {"code", "source", "evidence_ref", "legal_ref", "motivation", "facts", "article_and_letter", "reason"}
)
"""Fields in which a word can stand for what is hidden: the others are ids, days, codes of a list, records."""

KINDS = (e.InfractionAscertained, e.SanctionProposalOpened, e.Ordered, e.MeasureAnnulled, e.EventCorrected)


def reserved(facts: Iterable[Fact[Any]]) -> Reserved:
    """What tells of a conviction, by all the facts of a case: one that was voided hides too."""
    told = [fact for fact in facts if issubclass(fact.kind, (*KINDS, *ABOUT))]
    convictions = [fact for fact in told if is_conviction(fact)]
    decisions = [fact for fact in (*told, *_corrected(told)) if _rests_on_one(fact.event, convictions)]
    found = {fact.event_id: DECISION for fact in decisions} | {f.event_id: _all(f) for f in convictions}
    if not found:
        return {}
    measures = {fact.event.measure_id for fact in decisions if isinstance(fact.event, e.Ordered)}
    found |= dict(_around(told, frozenset(found), measures))
    corrections = (fact for fact in told if isinstance(fact.event, e.EventCorrected))
    return found | {
        fact.event_id: CORRECTION for fact in corrections if fact.event.corrects_event_id in found
    }


def is_conviction(fact: Fact[Any]) -> bool:
    """Whether a fact records a conviction, or may: only INPS records one, and an erased code could be any."""
    event = fact.event
    if not isinstance(event, e.InfractionAscertained) or not could_be(event.code, CONVICTION):
        return False
    return event.code == CONVICTION or fact.recorder.kind == "inps"


def cited_by(event: Any) -> frozenset[UUID]:
    """The infractions that an event speaks of."""
    return frozenset(
        {*getattr(event, "infraction_refs", ()), getattr(event, "infraction_ref", None)} - {None}
    )


def without(data: Mapping[str, Json], hidden: frozenset[str], instead: str) -> dict[str, Json]:
    """What an event says, as JSON: its hidden texts read otherwise, and of other hidden values nothing."""
    return {
        name: value if name not in hidden else instead if name in TEXTS else None
        for name, value in data.items()
    }


def _all(fact: Fact[Any]) -> frozenset[str]:
    return frozenset(each.name for each in fields(fact.event))


def _corrected(told: list[Fact[Any]]) -> list[Fact[Any]]:
    ids = {fact.event_id for fact in told}
    return corrected(f for f in told if f.kind is not e.EventCorrected or f.event.corrects_event_id in ids)


def _rests_on_one(event: Any, convictions: list[Fact[Any]]) -> bool:
    """By the infraction that the rules read, by the clause, or by one that is cited; an erased one only where
    the first does not say that it was another.
    """
    if not isinstance(event, e.SanctionProposalOpened | e.Ordered):
        return False
    read = event.inputs.get("infraction") if isinstance(event.inputs, dict) else None
    cited = [fact.event.code for fact in convictions if fact.event_id in cited_by(event)]
    if CONVICTION in (read, *cited) or CLAUSE.search(str(event.legal_ref)):
        return True
    return bool(cited) and not (isinstance(read, str) and len(event.infraction_refs) == 1)


def _around(
    told: Iterable[Fact[Any]], found: frozenset[UUID], measures: set[UUID]
) -> Iterator[tuple[UUID, frozenset[str]]]:
    for fact in told:
        if fact.kind in ABOUT and cited_by(fact.event) & found:
            yield fact.event_id, ABOUT[fact.kind]
        elif isinstance(fact.event, e.MeasureAnnulled) and fact.event.measure_id in measures:
            yield fact.event_id, frozenset({"reason"})
