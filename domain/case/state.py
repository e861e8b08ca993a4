"""What a case is, as its facts tell it. Nothing here refuses, computes law or looks at a clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, TypeVar, assert_never
from uuid import UUID

from domain.case.events import (
    AppointmentHeld,
    AppointmentMissed,
    CaseClosed,
    CaseEvent,
    CaseReferred,
    CommitmentMissed,
    ConvocationDelivered,
    DecadenzaOrdered,
    DecurtazioneOrdered,
    EquipeFormed,
    EventCorrected,
    HouseholdCompositionRecorded,
    HouseholdConvoked,
    InfractionReportedToInps,
    JustifiedReasonDecided,
    JustifiedReasonRequested,
    JustifiedReasonSubmitted,
    MeasureNotified,
    MemberConditionRecorded,
    MemberReferredToEmploymentService,
    ObligationEvaluated,
    OperatorAssigned,
    OperatorUnassigned,
    PattoDrafted,
    PattoSigned,
    PreliminaryAnalysisCompleted,
    SanctionProposalOpened,
)
from domain.case.parts import Member
from domain.contract import amend, slot_of
from domain.fact import Fact, kind

Measure = DecurtazioneOrdered | DecadenzaOrdered
Infraction = AppointmentMissed | CommitmentMissed

E = TypeVar("E", bound=CaseEvent)


@dataclass(frozen=True, slots=True)
class Case:
    """The case of a household: its facts, corrected, and the indices that rules and readers ask for.

    ``facts`` are by event id, in order. Personal values may be sealed or erased: only who opens the
    facts before folding them gets a case in clear.
    """

    version: int = 0
    facts: Mapping[UUID, Fact[CaseEvent]] = field(default_factory=dict)
    said: Mapping[tuple[object, ...], CaseEvent] = field(default_factory=dict)
    referral: CaseReferred | None = None
    household: HouseholdCompositionRecorded | None = None
    assignments: Mapping[UUID, OperatorAssigned] = field(default_factory=dict)
    convocations: Mapping[UUID, HouseholdConvoked] = field(default_factory=dict)
    analysis: PreliminaryAnalysisCompleted | None = None
    team: EquipeFormed | None = None
    drafts: Mapping[tuple[UUID, int], PattoDrafted] = field(default_factory=dict)
    pattos: tuple[PattoSigned, ...] = ()
    infractions: Mapping[UUID, Infraction] = field(default_factory=dict)
    measures: Mapping[UUID, Measure] = field(default_factory=dict)
    phase: str = "UNKNOWN"
    closed_on: date | None = None

    @property
    def open(self) -> bool:
        return self.referral is not None and self.closed_on is None

    @property
    def members(self) -> Mapping[UUID, Member]:
        return {m.member_id: m for m in self.household.members} if self.household else {}

    def all(self, kind: type[E]) -> list[Fact[E]]:
        """The facts of one kind, in the order of the log."""
        return [fact for fact in self.facts.values() if isinstance(fact.event, kind)]  # type: ignore[misc]

    def patto_on(self, day: date) -> tuple[PattoSigned, PattoDrafted] | None:
        """The patto in force on a day: the last one signed by then, with the text that was signed."""
        signed = [patto for patto in self.pattos if patto.signed_on <= day]
        if not signed:
            return None
        last = max(reversed(signed), key=lambda patto: patto.signed_on)
        return last, self.drafts[last.patto_id, last.version]

    def evaluation_on(self, member_id: UUID, day: date) -> Fact[ObligationEvaluated] | None:
        """The last evaluation of a member's obligations that holds for a day."""
        held = [
            fact
            for fact in self.all(ObligationEvaluated)
            if fact.event.member_id == member_id and fact.event.evaluated_for <= day
        ]
        return max(held, key=lambda fact: (fact.event.evaluated_for, fact.version), default=None)

    @property
    def protected(self) -> frozenset[UUID]:
        """Members in a protection path for gender violence, at any time: what hides them never lapses."""
        return frozenset(
            fact.event.member_id
            for fact in self.all(MemberConditionRecorded)
            if fact.event.condition_code == "GENDER_VIOLENCE_PATH" and fact.event.value is True
        )

    def assigned(self, person: UUID | None, agency: str) -> bool:
        """Whether an operator of a kind of agency has an open assignment to this case."""
        return any(a.person_id == person and kind(a.agency) == agency for a in self.assignments.values())


def fold(facts: Iterable[Fact[Any]], case: Case = Case()) -> Case:
    """The case that these facts tell, corrections applied."""
    for fact in corrected(facts):
        case = evolve(case, fact)
    return case


def corrected(facts: Iterable[Fact[Any]]) -> list[Fact[Any]]:
    """The facts with their last corrected payload; what a correction voids is left out."""
    facts = list(facts)
    corrections = [fact.event for fact in facts if isinstance(fact.event, EventCorrected)]
    if not corrections:
        return facts
    events: dict[UUID, Any] = {fact.event_id: fact.event for fact in facts}
    voided = set()
    for correction in corrections:
        target = correction.corrects_event_id
        if correction.voids:
            voided.add(target)
        else:
            voided.discard(target)
            events[target] = amend(events[target], correction.new_value)
    return [
        fact if events[fact.event_id] is fact.event else replace(fact, event=events[fact.event_id])
        for fact in facts
        if fact.event_id not in voided
    ]


def evolve(case: Case, fact: Fact[CaseEvent]) -> Case:
    """The case, one fact later."""
    event = fact.event
    case = replace(
        case,
        version=fact.version,
        facts={**case.facts, fact.event_id: fact},
        said={**case.said, slot_of(event): event},
    )
    match event:
        case CaseReferred():
            return replace(case, referral=event, phase="OPEN")
        case OperatorAssigned():
            return replace(case, assignments={**case.assignments, event.assignment_id: event})
        case OperatorUnassigned():
            left = {key: a for key, a in case.assignments.items() if key != event.assignment_id}
            return replace(case, assignments=left)
        case HouseholdCompositionRecorded():
            return replace(case, household=event)
        case HouseholdConvoked():
            convocations = {**case.convocations, event.convocation_id: event}
            return replace(case, convocations=convocations, phase=_later(case.phase, "CONVENED"))
        case AppointmentHeld():
            return replace(case, phase=_later(case.phase, "MET"))
        case PreliminaryAnalysisCompleted():
            return replace(case, analysis=event, phase=_later(case.phase, "ANALYSED"))
        case EquipeFormed():
            return replace(case, team=event, phase=_later(case.phase, "EM_FORMED"))
        case PattoDrafted():
            drafts = {**case.drafts, (event.patto_id, event.version): event}
            return replace(case, drafts=drafts, phase=_later(case.phase, "PATTO_DRAFTED"))
        case PattoSigned():
            return replace(case, pattos=(*case.pattos, event), phase=_later(case.phase, "PATTO_SIGNED"))
        case AppointmentMissed() | CommitmentMissed():
            return replace(case, infractions={**case.infractions, fact.event_id: event})
        case DecurtazioneOrdered() | DecadenzaOrdered():
            return replace(case, measures={**case.measures, event.measure_id: event})
        case CaseClosed():
            return replace(case, closed_on=event.closed_on, phase="CLOSED")
        case (
            MemberConditionRecorded()
            | ObligationEvaluated()
            | ConvocationDelivered()
            | MemberReferredToEmploymentService()
            | JustifiedReasonRequested()
            | JustifiedReasonSubmitted()
            | JustifiedReasonDecided()
            | SanctionProposalOpened()
            | InfractionReportedToInps()
            | MeasureNotified()
            | EventCorrected()
        ):
            return case
        case never:
            assert_never(never)


PHASES = ("UNKNOWN", "OPEN", "CONVENED", "MET", "ANALYSED", "EM_FORMED", "PATTO_DRAFTED", "PATTO_SIGNED")
"""The social path, in order (DOMAIN section 2); a late fact never leads back."""


def _later(phase: str, reached: str) -> str:
    if phase == "CLOSED":
        return phase
    return max(phase, reached, key=PHASES.index)
