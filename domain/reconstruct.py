"""How a measure came about: the facts that led to it, as they were known on a day, or as they are held now of
one. Anyone can redo it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, get_args
from uuid import UUID

from domain.case import events as e
from domain.case import infractions as breaches
from domain.case import observe
from domain.case.state import Case, Convocation, Infraction, Measure, corrected, fold
from domain.contract import occurred_on, slot_of
from domain.fact import Fact


@dataclass(frozen=True, slots=True)
class Missing:
    """A fact, one of these kinds, that should be on record beside a measure and is not."""

    kinds: tuple[type, ...]
    infraction: UUID | None = None


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """A measure with the facts around it as they were recorded, in the order of the log, with corrections."""

    case_id: UUID
    measure: Measure
    facts: tuple[Fact[Any], ...]
    missing: tuple[Missing, ...]


def as_known(facts: Iterable[Fact[Any]], at: datetime) -> list[Fact[Any]]:
    """What anyone could have read at an instant: the facts recorded by then."""
    return [fact for fact in facts if fact.recorded_at is not None and fact.recorded_at <= at]


def as_corrected(facts: Iterable[Fact[Any]], on: date) -> list[Fact[Any]]:
    """What is held now of a day: the facts that had happened by then, each as it was last corrected.

    A fact without a day of its own counts from the day on which it was learnt, a text of the patto from its
    signature at the latest. Corrections are applied and left out: they are no facts of that day.
    """
    standing = corrected(facts)
    signed: dict[tuple[UUID, int], date] = {}
    for fact in standing:
        if isinstance(fact.event, e.PattoSigned | e.PattoRevised):
            of = fact.event.version if isinstance(fact.event, e.PattoSigned) else fact.event.to_version
            signed.setdefault((fact.event.patto_id, of), fact.event.signed_on)

    def day(fact: Fact[Any]) -> date:
        found = occurred_on(fact.event) or fact.known_on
        if isinstance(fact.event, e.PattoDrafted):
            found = min(found, signed.get((fact.event.patto_id, fact.event.version), found))
        return found

    return [fact for fact in standing if fact.kind is not e.EventCorrected and day(fact) <= on]


def reconstruct(facts: Sequence[Fact[Any]], measure_id: UUID) -> Reconstruction | None:
    """The facts that led to a measure; None where no such measure is among them."""
    ordered = [fact for fact in facts if _orders(fact, measure_id)]
    if not ordered:
        return None
    fact = ordered[-1]
    measure: Measure = fact.event
    case = fold(facts)
    proposal = _proposal(facts, measure)
    infractions = _infractions(measure, proposal)
    chosen = {fact.event_id, *(measure.evidence_event_ids or ())}
    chosen |= {f.event_id for f in facts if _follows(f.event, measure, infractions)}
    chosen |= _rests_on(proposal) | {event_id for ref in infractions for event_id in _evidence(case, ref)}
    chosen |= _reports(facts, chosen)
    return Reconstruction(
        case_id=fact.case_id,
        measure=measure,
        facts=tuple(f for f in facts if f.event_id in chosen or _corrects(f.event, chosen)),
        missing=tuple(_missing(case, measure, infractions)),
    )


def _orders(fact: Fact[Any], measure_id: UUID) -> bool:
    return isinstance(fact.event, e.Ordered) and fact.event.measure_id == measure_id


def _proposal(facts: Iterable[Fact[Any]], measure: Measure) -> Fact[e.SanctionProposalOpened] | None:
    if measure.proposal_id is None:
        return None
    found = (fact for fact in facts if isinstance(fact.event, e.SanctionProposalOpened))
    return next((fact for fact in found if fact.event.proposal_id == measure.proposal_id), None)


def _infractions(measure: Measure, proposal: Fact[e.SanctionProposalOpened] | None) -> tuple[UUID, ...]:
    proposed = proposal.event.infraction_refs if proposal else ()
    return tuple(dict.fromkeys((*measure.infraction_refs, *proposed)))


def _rests_on(proposal: Fact[e.SanctionProposalOpened] | None) -> set[UUID]:
    if proposal is None:
        return set()
    cited = (*(proposal.event.evidence_event_ids or ()), proposal.event.obligation_evaluation_ref)
    return {proposal.event_id, *cited}


def _evidence(case: Case, infraction: UUID) -> tuple[UUID, ...]:
    # An infraction that a correction voided rests on nothing any more; it is still shown.
    return breaches.evidence_of(case, infraction) if infraction in case.infractions else (infraction,)


def _reports(facts: Iterable[Fact[Any]], chosen: set[UUID]) -> set[UUID]:
    """What was said of the same absences by others, before they were ascertained."""
    missed = {
        fact.event_id: slot_of(fact.event) for fact in facts if isinstance(fact.event, e.CommitmentMissed)
    }
    ascertained = {slot for event_id, slot in missed.items() if event_id in chosen}
    return {event_id for event_id, slot in missed.items() if slot in ascertained}


def _follows(event: object, measure: Measure, infractions: tuple[UUID, ...]) -> bool:
    """Whether an event reports the infractions, opens the proceeding, or tells what became of the measure."""
    if isinstance(event, e.InfractionReportedToInps):
        same_proposal = event.proposal_id is not None and event.proposal_id == measure.proposal_id
        return same_proposal or bool(set(event.infraction_refs) & set(infractions))
    if isinstance(event, e.ProceedingNoticeSent):
        return event.proposal_id is not None and event.proposal_id == measure.proposal_id
    after = (e.MeasureNotified, e.SuspensionLifted, e.ReviewRequested, e.MeasureAnnulled)
    return isinstance(event, after) and event.measure_id == measure.measure_id


def _corrects(event: object, chosen: set[UUID]) -> bool:
    return isinstance(event, e.EventCorrected) and event.corrects_event_id in chosen


# --- what is not on record -------------------------------------------------------------------------------


def _missing(case: Case, measure: Measure, infractions: tuple[UUID, ...]) -> Iterator[Missing]:
    if not infractions:
        yield Missing(get_args(Infraction))
    for ref in infractions:
        yield from _missing_before(case, ref)
    proposals = [fact.event.proposal_id for fact in case.all(e.SanctionProposalOpened)]
    if measure.proposal_id is None or measure.proposal_id not in proposals:
        yield Missing((e.SanctionProposalOpened,))
    for kind in (e.InfractionReportedToInps, e.MeasureNotified):
        if not any(_follows(fact.event, measure, infractions) for fact in case.all(kind)):
            yield Missing((kind,))


def _missing_before(case: Case, ref: UUID) -> Iterator[Missing]:
    """What an infraction should rest on and does not."""
    if ref not in case.infractions:
        yield Missing(get_args(Infraction), ref)
        return
    present = {type(case.facts[event_id].event) for event_id in breaches.evidence_of(case, ref)}
    for kinds in _expected(case, ref):
        if not present.intersection(kinds):
            yield Missing(kinds, ref)


def _expected(case: Case, ref: UUID) -> Iterator[tuple[type, ...]]:
    """The kinds of fact that prove an infraction, one of each group."""
    match case.infractions[ref]:
        case e.AppointmentMissed() as missed:
            yield get_args(Convocation)
            convocation = case.convocations.get(missed.convocation_id)
            if convocation is None or not observe.noticed_in_siisl(case, convocation, missed.member_id):
                yield (e.ConvocationDelivered,)
        case e.CommitmentMissed() as missed if observe.of_psp(case, missed):
            yield (e.ServicePattoSigned,)
        case e.CommitmentMissed():
            yield (e.PattoSigned, e.PattoRevised)
    # Some duties bind the whole household, whoever of it is obliged.
    if breaches.facts_of(case, ref).member != "household":
        yield (e.ObligationEvaluated,)
    yield (e.JustifiedReasonRequested,)
    if breaches.reason_pending(case, ref):
        yield (e.JustifiedReasonDecided,)
