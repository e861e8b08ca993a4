"""What a case is, as its facts tell it. Nothing here refuses, computes law or looks at a clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal, TypeVar, cast, get_args
from uuid import UUID

from domain.case import events as e
from domain.case.events import CaseEvent
from domain.case.parts import Member
from domain.contract import amend, slot_of
from domain.fact import Fact, kind
from domain.lazy import lazy

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

INFRACTIONS, MEASURES = get_args(Infraction), get_args(Measure)

Phase = Literal[
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
]
"""The social path, in order (DOMAIN section 2)."""

PHASES: tuple[Phase, ...] = get_args(Phase)

REACHES: dict[type, Phase] = {
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


@dataclass(frozen=True)
class Case:
    """The case of a household: its facts, corrected, and what rules and readers ask of them.

    ``facts`` are by event id, in order. Personal values may be sealed or erased: only who opens the facts
    before folding them gets a case in clear. All else is derived from them when it is first asked for.
    """

    version: int = 0
    facts: dict[UUID, Fact[CaseEvent]] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        return self.referral is not None and self.closed_on is None

    @lazy
    def referral(self) -> e.CaseReferred | None:
        return self.last(e.CaseReferred)

    @lazy
    def case_manager(self) -> e.CaseManagerAssigned | None:
        return self.last(e.CaseManagerAssigned)

    @lazy
    def analysis(self) -> e.PreliminaryAnalysisCompleted | None:
        return self.last(e.PreliminaryAnalysisCompleted)

    @lazy
    def household(self) -> e.HouseholdCompositionRecorded | None:
        """The composition last recorded."""
        return self.last(e.HouseholdCompositionRecorded)

    @lazy
    def closed_on(self) -> date | None:
        closure = self.last(e.CaseClosed)
        return closure.closed_on if closure else None

    @lazy
    def phase(self) -> Phase:
        """How far the case came on the social path; a late fact never leads back."""
        reached = (REACHES[fact.kind] for fact in self.facts.values() if fact.kind in REACHES)
        return max(reached, key=PHASES.index, default=PHASES[0])

    def before_its_end(self) -> Case:
        """The case as if it had not been closed."""
        return replace(
            self, facts={k: fact for k, fact in self.facts.items() if fact.kind is not e.CaseClosed}
        )

    @lazy
    def contacts(self) -> Mapping[UUID, e.ContactsUpdated]:
        """The contacts of each member, as last updated; a late record of earlier ones changes nothing."""
        found: dict[UUID, e.ContactsUpdated] = {}
        for event in self._events(e.ContactsUpdated):
            known = found.get(event.member_id)
            if known is None or known.updated_on <= event.updated_on:
                found[event.member_id] = event
        return found

    @lazy
    def assignments(self) -> Mapping[UUID, e.OperatorAssigned]:
        """Those that are open."""
        found: dict[UUID, e.OperatorAssigned] = {}
        for event in self._events(e.OperatorAssigned, e.OperatorUnassigned):
            if isinstance(event, e.OperatorAssigned):
                found[event.assignment_id] = event
            else:
                found.pop(event.assignment_id, None)
        return found

    @lazy
    def convocations(self) -> Mapping[UUID, Convocation]:
        found = self._events(e.HouseholdConvoked, e.MemberConvokedByCpi)
        return {event.convocation_id: event for event in found}

    @lazy
    def team(self) -> e.EquipeFormed | None:
        """The équipe as it is now."""
        team: e.EquipeFormed | None = None
        for event in self._events(e.EquipeFormed, e.EquipeChanged):
            if isinstance(event, e.EquipeFormed):
                team = event
            elif team is not None and team.team_id == event.team_id:
                team = _changed(team, event)
        return team

    @lazy
    def drafts(self) -> Mapping[tuple[UUID, int], e.PattoDrafted]:
        return {(event.patto_id, event.version): event for event in self._events(e.PattoDrafted)}

    @lazy
    def pattos(self) -> tuple[Signed, ...]:
        """Every version that was signed, in the order of the log."""
        return tuple(
            Signed(
                fact.event.patto_id,
                fact.event.version if isinstance(fact.event, e.PattoSigned) else fact.event.to_version,
                fact.event.signed_on,
                fact.event_id,
            )
            for fact in self._facts(e.PattoSigned, e.PattoRevised)
        )

    @lazy
    def infractions(self) -> Mapping[UUID, Infraction]:
        return {fact.event_id: fact.event for fact in self._facts(*INFRACTIONS) if _of_household(fact.event)}

    @lazy
    def measures(self) -> Mapping[UUID, Measure]:
        return {event.measure_id: event for event in self._events(*MEASURES)}

    @lazy
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
        return self._facts(*(get_args(kind) or (kind,)))

    def last(self, kind: type[E]) -> E | None:
        """The fact of a kind that was recorded last."""
        found = self._by_kind.get(kind)
        return cast(E, found[-1].event) if found else None

    @lazy
    def _by_kind(self) -> dict[type, list[Fact[Any]]]:
        found: dict[type, list[Fact[Any]]] = {}
        for fact in self.facts.values():
            found.setdefault(fact.kind, []).append(fact)
        return found

    def _facts(self, *kinds: type[Any]) -> list[Fact[Any]]:
        if len(kinds) == 1:
            return list(self._by_kind.get(kinds[0], ()))
        found = [fact for kind in kinds for fact in self._by_kind.get(kind, ())]
        return sorted(found, key=lambda fact: fact.version)

    def _events(self, *kinds: type[Any]) -> list[Any]:
        return [fact.event for fact in self._facts(*kinds)]

    def said(self, told: CaseEvent, by_seat: str | None = None) -> CaseEvent | None:
        """What is on record of the slot of a fact, by one seat or by any: it, or what contradicts it."""
        slot = slot_of(told)
        same = (fact for fact in reversed(self._facts(type(told))) if slot_of(fact.event) == slot)
        return next((fact.event for fact in same if by_seat in (None, fact.recorder.seat)), None)

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

    @lazy
    def protected(self) -> frozenset[UUID]:
        """Members in a protection path for gender violence, at any time: what hides them never lapses."""
        return frozenset(
            fact.event.member_id
            for fact in self.all(e.MemberConditionRecorded)
            if fact.event.condition_code == "GENDER_VIOLENCE_PATH" and fact.event.value is True
        )

    @lazy
    def annulled(self) -> frozenset[UUID]:
        """Measures that were annulled: they count for nothing any more."""
        return frozenset(fact.event.measure_id for fact in self.all(e.MeasureAnnulled))

    def assigned(self, person: UUID | None, agency: str) -> bool:
        """Whether an operator of a kind of agency has an open assignment to this case."""
        return bool(self.assigned_for(person, agency))

    def assigned_for(self, person: UUID | None, agency: str) -> frozenset[str]:
        """The purposes for which an operator of a kind of agency is assigned to this case now."""
        own = (a for a in self.assignments.values() if a.person_id == person and kind(a.agency) == agency)
        return frozenset(a.purpose for a in own)


COMES = ("BIRTH", "JOINED")
GOES = ("DEATH", "LEFT")
"""Changes of the household by which somebody enters or leaves it; the others leave it as it is."""


def fold(facts: Iterable[Fact[Any]], case: Case = Case()) -> Case:
    """The case that these facts tell, corrections applied: as :func:`evolve` step by step, in one go."""
    told = corrected(facts)
    if not told:
        return case
    return Case(told[-1].version, {**case.facts, **{fact.event_id: fact for fact in told}})


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
    return Case(fact.version, {**case.facts, fact.event_id: fact})


def _of_household(infraction: Infraction) -> bool:
    """Whether it can be laid on the household: a term that the services let lapse cannot."""
    return not isinstance(infraction, e.TermLapsed) or infraction.duty_bearer != "SERVIZI"


def _changed(team: e.EquipeFormed, change: e.EquipeChanged) -> e.EquipeFormed:
    """The équipe after a change of it; an empty list of a sealed fact is itself sealed."""
    said: object = change.added
    added = change.added if isinstance(said, tuple) else ()
    stay = tuple(component for component in team.components if component.person_id not in change.removed)
    return replace(team, components=(*stay, *added), missing_roles=change.missing_roles)
