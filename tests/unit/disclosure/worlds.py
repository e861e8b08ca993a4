"""One fact of every kind, as a recipient would know it, or as it is nobody's in particular."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from domain.case import events as e
from domain.contract import Contract
from domain.fact import Fact, Recorder, kind
from tests.unit.disclosure import story as told
from tests.unit.disclosure.story import ANNA, BRUNO, CARLO, COMUNE, EVERYONE, SOCIAL, Story, by, make, uid

Made = tuple[Any, Recorder]


@dataclass(frozen=True)
class World:
    """A case, and whose a fact of it should be: the recipient's own, or nobody's."""

    story: Story
    recipient: str
    own: bool

    @property
    def mine(self) -> Recorder:
        return by(self.recipient) if self.own else SOCIAL

    @property
    def who(self) -> UUID:
        """The member whom the recipient has in charge."""
        return BRUNO if kind(self.recipient) == "accreditato" else ANNA

    @property
    def seat(self) -> str:
        return self.recipient if self.own else "servizio-sociale"

    def assigned(self) -> None:
        if self.own:
            self.story.add(told.assigned(self.mine.agency, self.mine.unit), self.mine)

    def absence(self) -> UUID:
        """An absence from an appointment: of the recipient, or of the servizio sociale."""
        self.story.add(told.summoned(self.who), self.mine)
        return self.story.add(told.stayed_away(self.who), self.mine).event_id

    def measure(self, of: type = e.SospensioneOrdered) -> None:
        office = by("cpi") if self.own and self.recipient == "cpi" else by("inps")
        authority = "CPI" if office.agency == "cpi" else "INPS"
        self.story.add(told.ordered(of, authority), office)


def fact_for(story: Story, contract: Contract, recipient: str, *, own: bool = True) -> Fact[Any]:
    """A fact of this kind in this case; one that the recipient made, reported or answers for, if its own."""
    of, world = contract.type, World(story, recipient, own)
    if (own or of not in BUILDERS) and (given := _given(story, of, recipient)):
        return given
    if of in BUILDERS:
        return story.add(*BUILDERS[of](world))
    return story.add(make(of), SOCIAL)


def _given(story: Story, of: type, recipient: str) -> Fact[Any] | None:
    """The one that everyone's case has already; of two, that of the second member."""
    given = [fact for fact in story.facts if type(fact.event) is of]
    if of in BUILDERS and of not in (e.MemberReferredToEmploymentService, e.EquipeFormed):
        return None
    second = of is e.PucAssigned and recipient == COMUNE
    second |= of is e.MemberReferredToEmploymentService and kind(recipient) == "accreditato"
    return given[1 if second else 0] if given else None


def _condition(w: World) -> Made:
    if w.recipient == "ust":
        return told.condition("REGULAR_STUDY", CARLO), w.mine
    return told.condition("EMPLOYED", w.who), w.mine if kind(w.recipient) == "asl" else SOCIAL


def _operator(w: World) -> Made:
    return told.assigned(w.mine.agency, w.mine.unit), w.mine


def _no_operator(w: World) -> Made:
    w.story.add(*_operator(w))
    return told.unassigned(), w.mine


def _transfer(w: World) -> Made:
    w.assigned()
    return told.transferred(w.recipient if w.own and kind(w.recipient) == "comune" else "ats-2"), SOCIAL


def _acceptance(w: World) -> Made:
    return told.accepted(w.story.add(*_transfer(w))), SOCIAL


def _case_manager(w: World) -> Made:
    w.assigned()
    return told.case_manager(), SOCIAL


def _answer(make_one: Callable[[str, UUID], Any]) -> Callable[[World], Made]:
    return lambda w: (make_one(w.recipient if w.own else "cpi-altrove", w.who), w.mine)


def _of_member(of: type, **fields: Any) -> Callable[[World], Made]:
    return lambda w: (make(of, member_id=w.who, **fields), SOCIAL)


def _delivered(w: World) -> Made:
    w.story.add(told.summoned(w.who), w.mine)
    return make(e.ConvocationDelivered, convocation_id=uid("summons"), member_id=w.who), SOCIAL


def _missed_appointment(w: World) -> Made:
    w.story.add(told.summoned(w.who), w.mine)
    return told.stayed_away(w.who), w.mine


def _reason(of: type, **fields: Any) -> Callable[[World], Made]:
    return lambda w: (make(of, infraction_ref=w.absence(), member_id=w.who, **fields), SOCIAL)


def _proposal(w: World) -> Made:
    return make(e.SanctionProposalOpened, infraction_refs=(w.absence(),)), SOCIAL


def _term(w: World) -> Made:
    if not w.own:
        return told.lapsed("D8", w.who, "SERVIZI"), by("system")
    return told.lapsed("D3", w.who), by("system")


def _invitation(w: World) -> Made:
    return told.sitting(
        told.invitee(w.seat), replace(told.invitee("servizio-sociale"), unit="segretariato")
    ), SOCIAL


def _reply(w: World) -> Made:
    w.story.add(*_invitation(w))
    return told.replied(w.seat), w.mine


def _framework(w: World) -> Made:
    area = "HEALTH" if kind(w.recipient) == "asl" else "WORK"
    return told.framework((area, w.seat), ("HOUSING", "servizio-sociale")), SOCIAL


def _support_ended(w: World) -> Made:
    w.story.add(told.activated(w.seat), SOCIAL)
    return told.ended(w.seat), SOCIAL


def _schooled(w: World) -> Made:
    w.story.add(told.asked_school("own"), w.mine)
    return told.schooled("own"), w.mine


def _measure(of: type) -> Callable[[World], Made]:
    return lambda w: (told.ordered(of), by("inps"))


def _after_measure(of: type, **fields: Any) -> Callable[[World], Made]:
    def build(w: World) -> Made:
        w.measure()
        return make(of, measure_id=uid("measure"), **fields), by("inps")

    return build


def _mine(of: type, **fields: Any) -> Callable[[World], Made]:
    return lambda w: (make(of, **fields), w.mine)


BUILDERS: dict[type, Callable[[World], Made]] = {
    e.CompetenceTransferred: _transfer,
    e.CompetenceAccepted: _acceptance,
    e.OperatorAssigned: _operator,
    e.OperatorUnassigned: _no_operator,
    e.CaseManagerAssigned: _case_manager,
    e.ContactsUpdated: lambda w: (told.updated(w.who), SOCIAL),
    e.HouseholdMemberChanged: lambda w: (told.moved("RESIDENCE", w.who), SOCIAL),
    e.MemberConditionRecorded: _condition,
    e.DeclarationCheckRecorded: _mine(e.DeclarationCheckRecorded),
    e.ObligationEvaluated: lambda w: (told.evaluated("EMPLOYED", who=w.who), SOCIAL),
    e.VoluntaryAdhesionRequested: _of_member(e.VoluntaryAdhesionRequested, path_type="LAVORATIVO"),
    e.ConvocationDelivered: _delivered,
    e.AppointmentHeld: lambda w: (told.met("CPI" if w.own else "SERVIZIO_SOCIALE"), w.mine),
    e.AppointmentMissed: _missed_appointment,
    e.InfractionAscertained: lambda w: (told.infraction(who=w.who), w.mine),
    e.TermLapsed: _term,
    e.JustifiedReasonRequested: _reason(e.JustifiedReasonRequested),
    e.JustifiedReasonSubmitted: _reason(e.JustifiedReasonSubmitted, health_content_sealed=False),
    e.JustifiedReasonDecided: _reason(e.JustifiedReasonDecided),
    e.ActivabilityAssessed: _of_member(e.ActivabilityAssessed, activable=True),
    e.MemberReferredToEmploymentService: lambda w: (told.referred("cpi-altrove"), SOCIAL),
    e.ReferralAccepted: _answer(told.taken_on),
    e.ReferralReturned: _answer(told.returned),
    e.MemberConvokedByCpi: lambda w: (told.summoned(w.who), w.mine),
    e.DidRecorded: _of_member(e.DidRecorded),
    e.ServicePattoSigned: _of_member(e.ServicePattoSigned),
    e.SpecialistReferralAnswered: lambda w: (told.answered(w.recipient, ANNA, "TAKEN"), w.mine),
    e.EquipeFormed: lambda w: (told.team(replace(EVERYONE[0], unit="segretariato")), SOCIAL),
    e.EquipeChanged: lambda w: (told.team_changed(told.component("servizio-sociale")), SOCIAL),
    e.EquipeConvoked: _invitation,
    e.EquipeInviteAnswered: _reply,
    e.EquipeMet: lambda w: (told.sat(EVERYONE[0].person_id, absent=(uid("somebody"),)), SOCIAL),
    e.AnalysisFrameworkCompleted: _framework,
    e.PattoSignatureRefused: _mine(e.PattoSignatureRefused, patto_kind="PSP"),
    e.PattoRevised: lambda w: (told.revised(), SOCIAL),
    e.MonitoringReviewHeld: lambda w: (told.reviewed(), SOCIAL),
    e.SupportActivated: lambda w: (told.activated(w.seat), SOCIAL),
    e.SupportEnded: _support_ended,
    e.CommitmentFulfilled: _mine(e.CommitmentFulfilled),
    e.CommitmentMissed: lambda w: (told.missed(w.seat), w.mine),
    e.SchoolVerificationRequested: lambda w: (told.asked_school(), by(COMUNE)),
    e.SchoolingVerified: _schooled,
    e.SchoolAttendanceReported: _mine(e.SchoolAttendanceReported),
    e.HealthAttendanceConfirmed: _mine(e.HealthAttendanceConfirmed),
    e.PeriodicUpdateHeld: _of_member(e.PeriodicUpdateHeld),
    e.JobOfferRecorded: _of_member(e.JobOfferRecorded),
    e.FormalReminderIssued: _mine(e.FormalReminderIssued),
    e.SanctionProposalOpened: _proposal,
    e.ProceedingNoticeSent: _mine(e.ProceedingNoticeSent),
    e.InfractionReportedToInps: _mine(e.InfractionReportedToInps),
    e.DecurtazioneOrdered: _measure(e.DecurtazioneOrdered),
    e.SospensioneOrdered: _measure(e.SospensioneOrdered),
    e.DecadenzaOrdered: _measure(e.DecadenzaOrdered),
    e.RevocaOrdered: _measure(e.RevocaOrdered),
    e.MeasureNotified: _after_measure(e.MeasureNotified),
    e.SuspensionLifted: _after_measure(e.SuspensionLifted),
    e.ReviewRequested: _after_measure(e.ReviewRequested),
    e.MeasureAnnulled: _after_measure(e.MeasureAnnulled),
    e.CaseClosed: lambda w: (told.closed(), SOCIAL),
}
