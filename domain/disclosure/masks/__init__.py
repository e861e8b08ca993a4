"""What stays hidden even where a cell shows it, and what is read in its place; by theme, one file each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from domain import seats
from domain.case import events as e
from domain.case.state import Case
from domain.disclosure import measures
from domain.disclosure.grounds import team
from domain.disclosure.masks import contacts, services
from domain.disclosure.masks.mask import HEALTH_SERVICE, OTHER_SERVICE, Mask, could_be
from domain.disclosure.masks.withheld import withheld
from domain.disclosure.rows import rows_where
from domain.fact import Fact, kind

__all__ = ["HEALTH_SERVICE", "OTHER_SERVICE", "Mask", "masks", "withheld"]

SECRET_CONDITIONS = frozenset(
    {
        "DISABILITY_L68",
        "ONCOLOGICAL",
        "GENDER_VIOLENCE_PATH",
        "PARENTAL_RESPONSIBILITY_LOST",
        "DIRECT_PENSION",
        "CARE_LOAD_DISABLED_MEMBER",
    }
)
"""Conditions that stay with the servizio sociale; the CPI learns of a disability for targeted placement."""

REASONS_FOR_CPI = frozenset({"EMPLOYED", "REGULAR_STUDY", "DISABILITY_L68", "AGE_60_PLUS", "NONE"})

SAID_TO_ALL = frozenset({"PSP", "PAIS_SOCIAL", "EM"})
"""Outcomes of the analysis that do not speak of health."""

OFFER = ("contract_type", "fte_pct", "distance_km", "public_transport_min", "duration_months", "wage_ok")

RESERVED: dict[type, tuple[tuple[str, ...], frozenset[str]]] = {
    e.BenefitGranted: (("amount",), frozenset({"inps", "person"})),
    e.JobOfferRecorded: (OFFER, frozenset({"cpi", "accreditato", "person"})),
    e.SchoolAttendanceReported: (("status", "report_ref"), frozenset({"ust", "person"})),
    e.SchoolingVerified: (("outcome",), frozenset({"ust", "comune", "person"})),
    e.EquipeMet: (("minutes_ref",), frozenset()),
    # Free text stays in the case file: why somebody changes can be an illness.
    e.EquipeChanged: (("reason",), frozenset({"person"})),
    e.CaseManagerAssigned: (("reason",), frozenset()),
    e.PattoRevised: (("reason",), frozenset({"person"})),
    # The letter is the same for the same words: who prints it for each day and member finds whose hash it is.
    e.ProceedingNoticeSent: (("document_hash",), frozenset({"judge"})),
}
"""Fields that only some kinds of agency may read, whoever is shown the fact."""


def masks(fact: Fact[Any], case: Case, recipient: str) -> Iterator[Mask]:
    fields, readers = RESERVED.get(type(fact.event), ((), frozenset()))
    if kind(recipient) not in readers:
        yield from ((field, None) for field in fields)
    yield from contacts.masks(fact.event, case, recipient)
    yield from services.masks(fact.event, case, recipient)
    yield from _masks(fact, case, recipient)


def _masks(fact: Fact[Any], case: Case, recipient: str) -> Iterator[Mask]:
    event, actor = fact.event, kind(recipient)
    match event:
        case e.MemberConditionRecorded() if event.condition_code in SECRET_CONDITIONS:
            if not (actor == "cpi" and event.condition_code == "DISABILITY_L68"):
                yield from (("condition_code", None), ("value", None))
            yield from (("certified_by", None), ("evidence_ref", None))
        case e.ObligationEvaluated() if actor != "person":
            yield "reason_codes", _reasons(event) if actor == "cpi" else None
        case e.JustifiedReasonSubmitted() if event.health_content_sealed is not False and actor != "person":
            yield from (("category", None), ("evidence_ref", None))
        case e.JustifiedReasonDecided() if actor != "person" and _held_health(event, case):
            yield "motivation", None
        case e.PreliminaryAnalysisCompleted() if actor == "ats":
            health = rows_where(event.outcomes, lambda found: found.outcome not in SAID_TO_ALL)
            yield from ((f"outcomes[{index}]", None) for index in health)
        case e.AnalysisFrameworkCompleted():
            health = rows_where(event.areas, lambda row: not team.readable_area(row.area, recipient))
            yield from ((f"areas[{index}]", None) for index in health)
        case e.PattoDrafted() if actor not in ("asl", "person"):
            health = rows_where(event.commitments, lambda line: could_be(line.area, "HEALTH"))
            yield from ((f"commitments[{index}]", None) for index in health)
        case e.DecurtazioneOrdered() | e.RevocaOrdered():
            # What a measure takes away tells what the household is paid.
            if actor not in ("inps", "person") and not measures.own_measure_of(fact, recipient):
                yield "amount" if isinstance(event, e.DecurtazioneOrdered) else "restitution", None
        case e.CommitmentMissed() if not (
            actor == "person" or (actor == "cpi" and seats.is_seat(recipient, event.reporter))
        ):
            yield "facts", None
        case _:
            return


def _reasons(event: e.ObligationEvaluated) -> list[str]:
    codes: object = event.reason_codes
    return [code for code in codes if code in REASONS_FOR_CPI] if isinstance(codes, tuple) else []


def _held_health(event: e.JustifiedReasonDecided, case: Case) -> bool:
    return any(
        fact.event.infraction_ref == event.infraction_ref and fact.event.health_content_sealed is not False
        for fact in case.all(e.JustifiedReasonSubmitted)
    )
