"""What a case is, as its facts tell it. Nothing here refuses, computes law or looks at a clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, TypeVar, cast, get_args
from uuid import UUID

from domain.case import events as e
from domain.case.events import CaseEvent
from domain.case.parts import Member
from domain.contract import amend, slot_of
from domain.fact import Fact, kind

Convocation = e.HouseholdConvoked | e.MemberConvokedByCpi
Measure = e.DecurtazioneOrdered | e.SospensioneOrdered | e.DecadenzaOrdered | e.RevocaOrdered
Infraction = (
    e.AppointmentMissed
    | e.CommitmentMissed
    | e.PattoSignatureRefused
    | e.InfractionAscertained
    | e.TermLapsed
)
"""What a reason can be asked for and a measure can cite; a term that lapsed, where the duty was not of the
services."""

FactsOnly = (
    e.CaseReferred
    | e.CaseManagerAssigned
    | e.HouseholdCompositionRecorded
    | e.AppointmentHeld
    | e.PreliminaryAnalysisCompleted
    | e.AnalysisFrameworkCompleted
    | e.MonitoringReviewHeld
    | e.CaseClosed
    | e.BenefitGranted
    | e.BenefitRenewed
    | e.BenefitExpired
    | e.BenefitRenounced
    | e.PadSigned
    | e.CaseTransmittedToComune
    | e.CompetenceTransferred
    | e.CompetenceAccepted
    | e.HouseholdMemberChanged
    | e.MemberConditionRecorded
    | e.ResidenceCheckRecorded
    | e.DeclarationCheckRecorded
    | e.ObligationEvaluated
    | e.VoluntaryAdhesionRequested
    | e.ConvocationDelivered
    | e.GepiRegistrationRecorded
    | e.JustifiedReasonRequested
    | e.JustifiedReasonSubmitted
    | e.JustifiedReasonDecided
    | e.ActivabilityAssessed
    | e.MemberReferredToEmploymentService
    | e.ReferralAccepted
    | e.ReferralReturned
    | e.DidRecorded
    | e.ServicePattoSigned
    | e.MemberReferredToSpecialistService
    | e.SpecialistReferralAnswered
    | e.EquipeConvoked
    | e.EquipeInviteAnswered
    | e.EquipeMet
    | e.SupportActivated
    | e.SupportEnded
    | e.PucAssigned
    | e.CommitmentFulfilled
    | e.SchoolVerificationRequested
    | e.SchoolingVerified
    | e.SchoolingDocumentsRequested
    | e.MayorWarningRecorded
    | e.SchoolAttendanceReported
    | e.HealthAttendanceConfirmed
    | e.PeriodicUpdateHeld
    | e.JobOfferRecorded
    | e.FormalReminderIssued
    | e.SanctionProposalOpened
    | e.ProceedingNoticeSent
    | e.InfractionReportedToInps
    | e.MeasureNotified
    | e.SuspensionLifted
    | e.ReviewRequested
    | e.MeasureAnnulled
    | e.EventCorrected
    | e.PersonalDataErased
)
"""Facts that need no index: who asks for them finds them among the facts of the case."""

FACTS_ONLY: frozenset[type] = frozenset(get_args(FactsOnly))

PHASES = (
    "UNKNOWN",
    "OPEN",
    "CONVENED",
    "MET",
    "ANALYSED",
    "EM_FORMED",
    "FRAMEWORK_DONE",
    "PATTO_DRAFTED",
    "PATTO_SIGNED",
    "MONITORED",
    "CLOSED",
)
"""The social path, in order (DOMAIN section 2)."""

REACHES: dict[type, str] = {
    e.CaseReferred: "OPEN",
    e.HouseholdConvoked: "CONVENED",
    e.MemberConvokedByCpi: "CONVENED",
    e.AppointmentHeld: "MET",
    e.PreliminaryAnalysisCompleted: "ANALYSED",
    e.EquipeFormed: "EM_FORMED",
    e.AnalysisFrameworkCompleted: "FRAMEWORK_DONE",
    e.PattoDrafted: "PATTO_DRAFTED",
    e.PattoSigned: "PATTO_SIGNED",
    e.PattoRevised: "PATTO_SIGNED",
    e.MonitoringReviewHeld: "MONITORED",
    e.CaseClosed: "CLOSED",
}
"""The phase that a fact of each kind leads to."""

E = TypeVar("E", bound=CaseEvent)


@dataclass(frozen=True, slots=True)
class Signed:
    """A patto that was signed, in its first version or in a later one."""

    patto_id: UUID
    version: int
    signed_on: date
    event_id: UUID


@dataclass(frozen=True, slots=True)
class Case:
    """The case of a household: its facts, corrected, and the indices that rules and readers ask for.

    ``facts`` are by event id, in order. Personal values may be sealed or erased: only who opens the
    facts before folding them gets a case in clear.
    """

    version: int = 0
    facts: dict[UUID, Fact[CaseEvent]] = field(default_factory=dict)
    contacts: Mapping[UUID, e.ContactsUpdated] = field(default_factory=dict)
    assignments: Mapping[UUID, e.OperatorAssigned] = field(default_factory=dict)
    convocations: Mapping[UUID, Convocation] = field(default_factory=dict)
    team: e.EquipeFormed | None = None
    drafts: Mapping[tuple[UUID, int], e.PattoDrafted] = field(default_factory=dict)
    pattos: tuple[Signed, ...] = ()
    infractions: Mapping[UUID, Infraction] = field(default_factory=dict)
    measures: Mapping[UUID, Measure] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        return self.referral is not None and self.closed_on is None

    @property
    def referral(self) -> e.CaseReferred | None:
        return self.last(e.CaseReferred)

    @property
    def case_manager(self) -> e.CaseManagerAssigned | None:
        return self.last(e.CaseManagerAssigned)

    @property
    def analysis(self) -> e.PreliminaryAnalysisCompleted | None:
        return self.last(e.PreliminaryAnalysisCompleted)

    @property
    def household(self) -> e.HouseholdCompositionRecorded | None:
        """The composition last recorded."""
        return self.last(e.HouseholdCompositionRecorded)

    @property
    def closed_on(self) -> date | None:
        closure = self.last(e.CaseClosed)
        return closure.closed_on if closure else None

    @property
    def phase(self) -> str:
        """How far the case came on the social path; a late fact never leads back."""
        reached = (REACHES[fact.kind] for fact in self.facts.values() if fact.kind in REACHES)
        return max(reached, key=PHASES.index, default=PHASES[0])

    def before_its_end(self) -> Case:
        """The case as if it had not been closed."""
        return replace(
            self, facts={k: fact for k, fact in self.facts.items() if fact.kind is not e.CaseClosed}
        )

    @property
    def members(self) -> Mapping[UUID, Member]:
        """Everyone on record as of the household, now or before, as last recorded."""
        recorded = [fact.event for fact in self.all(e.HouseholdCompositionRecorded)]
        return {m.member_id: m for composition in recorded for m in composition.members}

    def members_on(self, day: date) -> Mapping[UUID, Member]:
        """Who is of the household on a day: the last composition, as the changes on record move it."""
        now = {m.member_id for m in self.household.members} if self.household else set()
        for member_id, changes in self._comings_and_goings(day).items():
            past = [change for change in changes if change.effective_on <= day]
            if past:
                came = past[-1].change_type in COMES
                now = now | {member_id} if came else now - {member_id}
            else:
                # The first change is still to come: who then leaves is here, who then comes is not.
                now = now - {member_id} if changes[0].change_type in COMES else now | {member_id}
        return {member_id: member for member_id, member in self.members.items() if member_id in now}

    def _comings_and_goings(self, day: date) -> Mapping[UUID, list[e.HouseholdMemberChanged]]:
        """The changes that the last composition does not hold already, by member, the first one first.

        It holds those recorded before it that took effect by the day it was verified; of days before that
        one they are told all the same.
        """
        changes: dict[UUID, list[e.HouseholdMemberChanged]] = {}
        composed = self.all(e.HouseholdCompositionRecorded)
        for fact in self.all(e.HouseholdMemberChanged):
            held = composed and fact.version < composed[-1].version
            verified_on = composed[-1].event.verified_on if held else date.min
            if (
                fact.event.change_type in (*COMES, *GOES)
                and not fact.event.effective_on <= verified_on <= day
            ):
                changes.setdefault(fact.event.member_id, []).append(fact.event)
        return {
            member_id: sorted(moves, key=lambda move: move.effective_on)
            for member_id, moves in changes.items()
        }

    def all(self, kind: type[E]) -> list[Fact[E]]:
        """The facts of one kind, in the order of the log."""
        return [fact for fact in self.facts.values() if issubclass(fact.kind, kind)]  # type: ignore[misc]

    def last(self, kind: type[E]) -> E | None:
        """The fact of a kind that was recorded last."""
        of_kind = (fact.event for fact in reversed(self.facts.values()) if fact.kind is kind)
        return cast(E | None, next(of_kind, None))

    def said(self, told: CaseEvent) -> CaseEvent | None:
        """What is on record of the slot of a fact: it, or what contradicts it."""
        kind, slot = type(told), slot_of(told)
        same = (fact.event for fact in reversed(self.facts.values()) if fact.kind is kind)
        return next((event for event in same if slot_of(event) == slot), None)

    def patto_on(self, day: date) -> tuple[Signed, e.PattoDrafted] | None:
        """The patto in force on a day: the last one signed by then, with the text that was signed."""
        signed = [patto for patto in self.pattos if patto.signed_on <= day]
        if not signed:
            return None
        last = max(reversed(signed), key=lambda patto: patto.signed_on)
        return last, self.drafts[last.patto_id, last.version]

    def evaluation_on(self, member_id: UUID, day: date) -> Fact[e.ObligationEvaluated] | None:
        """The last evaluation of a member's obligations that holds for a day."""
        held = [
            fact
            for fact in self.all(e.ObligationEvaluated)
            if fact.event.member_id == member_id and fact.event.evaluated_for <= day
        ]
        return max(held, key=lambda fact: (fact.event.evaluated_for, fact.version), default=None)

    @property
    def protected(self) -> frozenset[UUID]:
        """Members in a protection path for gender violence, at any time: what hides them never lapses."""
        return frozenset(
            fact.event.member_id
            for fact in self.all(e.MemberConditionRecorded)
            if fact.event.condition_code == "GENDER_VIOLENCE_PATH" and fact.event.value is True
        )

    @property
    def annulled(self) -> frozenset[UUID]:
        """Measures that were annulled: they count for nothing any more."""
        return frozenset(fact.event.measure_id for fact in self.all(e.MeasureAnnulled))

    def assigned(self, person: UUID | None, agency: str) -> bool:
        """Whether an operator of a kind of agency has an open assignment to this case."""
        return any(a.person_id == person and kind(a.agency) == agency for a in self.assignments.values())


COMES = ("BIRTH", "JOINED")
GOES = ("DEATH", "LEFT")
"""Changes of the household by which somebody enters or leaves it; the others leave it as it is."""


def fold(facts: Iterable[Fact[Any]], case: Case = Case()) -> Case:
    """The case that these facts tell, corrections applied: as :func:`evolve` step by step, in one go."""
    told = corrected(facts)
    for fact in told:
        case = _told(case, fact)
    return _remembering(case, told)


def corrected(facts: Iterable[Fact[Any]]) -> list[Fact[Any]]:
    """The facts with their last corrected payload; what a correction voids is left out."""
    facts = list(facts)
    corrections = [fact.event for fact in facts if fact.kind is e.EventCorrected]
    if not corrections:
        return facts
    standing = {fact.event_id: fact for fact in facts}
    voided = set()
    for correction in corrections:
        target = correction.corrects_event_id
        if correction.voids:
            voided.add(target)
        else:
            voided.discard(target)
            wrong = standing[target]
            standing[target] = wrong.telling(amend(wrong.event, correction.new_value))
    return [fact for event_id, fact in standing.items() if event_id not in voided]


def evolve(case: Case, fact: Fact[CaseEvent]) -> Case:
    """The case, one fact later."""
    return _remembering(_told(case, fact), [fact])


def _remembering(case: Case, facts: Sequence[Fact[CaseEvent]]) -> Case:
    """The case with these facts among those it holds. To copy them for each fact would take their square."""
    if not facts:
        return case
    return replace(
        case,
        version=facts[-1].version,
        facts={**case.facts, **{fact.event_id: fact for fact in facts}},
    )


def _told(case: Case, fact: Fact[CaseEvent]) -> Case:
    """What one fact changes in the indices of the case."""
    if fact.kind in FACTS_ONLY:  # most are, and need not be opened for this
        return case
    event = fact.event
    match event:
        case e.OperatorAssigned():
            return replace(case, assignments={**case.assignments, event.assignment_id: event})
        case e.OperatorUnassigned():
            left = {key: a for key, a in case.assignments.items() if key != event.assignment_id}
            return replace(case, assignments=left)
        case e.ContactsUpdated():
            known = case.contacts.get(event.member_id)
            if known is not None and known.updated_on > event.updated_on:
                return case
            return replace(case, contacts={**case.contacts, event.member_id: event})
        case e.HouseholdConvoked() | e.MemberConvokedByCpi():
            return replace(case, convocations={**case.convocations, event.convocation_id: event})
        case e.EquipeFormed():
            return replace(case, team=event)
        case e.EquipeChanged():
            if case.team is None or case.team.team_id != event.team_id:
                return case
            return replace(case, team=_changed(case.team, event))
        case e.PattoDrafted():
            return replace(case, drafts={**case.drafts, (event.patto_id, event.version): event})
        case e.PattoSigned():
            return _signed(case, Signed(event.patto_id, event.version, event.signed_on, fact.event_id))
        case e.PattoRevised():
            return _signed(case, Signed(event.patto_id, event.to_version, event.signed_on, fact.event_id))
        case e.TermLapsed() if event.duty_bearer == "SERVIZI":
            return case
        case (
            e.AppointmentMissed()
            | e.CommitmentMissed()
            | e.PattoSignatureRefused()
            | e.InfractionAscertained()
            | e.TermLapsed()
        ):
            return replace(case, infractions={**case.infractions, fact.event_id: event})
        case e.DecurtazioneOrdered() | e.SospensioneOrdered() | e.DecadenzaOrdered() | e.RevocaOrdered():
            return replace(case, measures={**case.measures, event.measure_id: event})
        case _:
            return _unchanged(case, event)


def _unchanged(case: Case, event: FactsOnly) -> Case:
    """A new kind of fact needs an arm above, or its name in FactsOnly: the type checker asks for one."""
    return case


def _signed(case: Case, patto: Signed) -> Case:
    return replace(case, pattos=(*case.pattos, patto))


def _changed(team: e.EquipeFormed, change: e.EquipeChanged) -> e.EquipeFormed:
    """The équipe after a change of it; an empty list of a sealed fact is itself sealed."""
    said: object = change.added
    added = change.added if isinstance(said, tuple) else ()
    stay = tuple(component for component in team.components if component.person_id not in change.removed)
    return replace(team, components=(*stay, *added), missing_roles=change.missing_roles)
