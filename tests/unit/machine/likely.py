"""What an office would sensibly state next: each fact with what must be on record before it makes sense.

None of this decides whether an act is allowed; it only makes a good share of them so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from domain.case import events as e
from domain.case import observe
from domain.case.clock import due
from domain.case.parts import (
    ActiveMeasure,
    CheckReason,
    Commitment,
    Component,
    ContactUsed,
    ExpectedResult,
    Invitee,
    MissingRole,
    Monitoring,
    Need,
    NotApplicableArea,
    Objective,
    Outcome,
    PattoSignatory,
    Pupil,
    Remedy,
    ReviewedResult,
    Support,
)
from domain.case.rulings import charge
from domain.contract import contract_of
from domain.fact import Recorder, kind, seat
from domain.rules.calendar import legal_day
from tests.unit.machine.people import (
    AMBITO,
    BY_KIND,
    CPI,
    FIRST_DAYS,
    INPS,
    OFFICES,
    PEOPLE,
    RESIDENCE,
    SOCIAL_WORKER,
    SYSTEM,
    named,
)
from tests.unit.machine.speech import CODES, VALUES, Speaker

Stated = dict[str, Any]
"""Some fields of an event; under ``by`` the office, where not any of those that may record it."""

HOUSEHOLD, SIGNED = (e.HouseholdCompositionRecorded,), (e.PattoSigned,)
INFRACTION = "an infraction"

NEEDS: dict[type, tuple[Any, ...]] = {
    e.CaseReferred: (),
    e.BenefitGranted: (e.CaseReferred,),
    e.BenefitRenewed: (e.BenefitGranted,),
    e.BenefitExpired: (e.BenefitGranted,),
    e.BenefitRenounced: (e.BenefitGranted,),
    e.PadSigned: (e.CaseReferred,),
    e.CaseTransmittedToComune: (e.CaseReferred,),
    e.CompetenceTransferred: (e.OperatorAssigned,),
    e.CompetenceAccepted: (e.CompetenceTransferred,),
    e.OperatorAssigned: (e.CaseReferred,),
    e.OperatorUnassigned: (e.PattoDrafted,),
    e.CaseManagerAssigned: (e.OperatorAssigned,),
    e.HouseholdCompositionRecorded: (e.OperatorAssigned,),
    e.ContactsUpdated: HOUSEHOLD,
    e.HouseholdMemberChanged: HOUSEHOLD,
    e.MemberConditionRecorded: HOUSEHOLD,
    e.ResidenceCheckRecorded: HOUSEHOLD,
    e.DeclarationCheckRecorded: HOUSEHOLD,
    e.ObligationEvaluated: HOUSEHOLD,
    e.VoluntaryAdhesionRequested: HOUSEHOLD,
    e.HouseholdConvoked: HOUSEHOLD,
    e.ConvocationDelivered: (e.HouseholdConvoked,),
    e.AppointmentHeld: HOUSEHOLD,
    e.GepiRegistrationRecorded: (e.AppointmentHeld,),
    e.AppointmentMissed: (e.ConvocationDelivered,),
    e.InfractionAscertained: (e.ObligationEvaluated,),
    e.TermLapsed: (e.AppointmentHeld,),
    e.JustifiedReasonRequested: (INFRACTION,),
    e.JustifiedReasonSubmitted: (INFRACTION,),
    e.JustifiedReasonDecided: (e.JustifiedReasonSubmitted,),
    e.PreliminaryAnalysisCompleted: (e.AppointmentHeld,),
    e.ActivabilityAssessed: (e.ObligationEvaluated,),
    e.MemberReferredToEmploymentService: (e.ActivabilityAssessed,),
    e.ReferralAccepted: (e.MemberReferredToEmploymentService,),
    e.ReferralReturned: (e.ServicePattoSigned,),
    e.MemberConvokedByCpi: (e.MemberReferredToEmploymentService,),
    e.DidRecorded: (e.MemberReferredToEmploymentService,),
    e.ServicePattoSigned: (e.MemberReferredToEmploymentService,),
    e.MemberReferredToSpecialistService: (e.PreliminaryAnalysisCompleted,),
    e.SpecialistReferralAnswered: (e.MemberReferredToSpecialistService,),
    e.EquipeFormed: (e.PreliminaryAnalysisCompleted,),
    e.EquipeChanged: (e.EquipeFormed,),
    e.EquipeConvoked: (e.EquipeFormed,),
    e.EquipeInviteAnswered: (e.EquipeConvoked,),
    e.EquipeMet: (e.EquipeConvoked,),
    e.AnalysisFrameworkCompleted: (e.EquipeFormed,),
    e.PattoDrafted: (e.PreliminaryAnalysisCompleted, e.ObligationEvaluated),
    e.PattoSigned: (e.PattoDrafted,),
    e.PattoSignatureRefused: (e.PattoDrafted,),
    e.PattoRevised: SIGNED,
    e.MonitoringReviewHeld: SIGNED,
    e.SupportActivated: SIGNED,
    e.SupportEnded: (e.SupportActivated,),
    e.PucAssigned: SIGNED,
    e.CommitmentFulfilled: SIGNED,
    e.CommitmentMissed: SIGNED,
    e.SchoolVerificationRequested: HOUSEHOLD,
    e.SchoolingVerified: (e.SchoolVerificationRequested,),
    e.SchoolingDocumentsRequested: (e.SchoolingVerified,),
    e.MayorWarningRecorded: HOUSEHOLD,
    e.SchoolAttendanceReported: HOUSEHOLD,
    e.HealthAttendanceConfirmed: SIGNED,
    e.PeriodicUpdateHeld: (e.AppointmentHeld,),
    e.JobOfferRecorded: (e.MemberReferredToEmploymentService,),
    e.FormalReminderIssued: (INFRACTION,),
    e.SanctionProposalOpened: (INFRACTION,),
    e.ProceedingNoticeSent: (e.InfractionReportedToInps,),
    e.InfractionReportedToInps: (INFRACTION,),
    e.DecurtazioneOrdered: (INFRACTION,),
    e.SospensioneOrdered: (INFRACTION,),
    e.DecadenzaOrdered: (INFRACTION,),
    e.RevocaOrdered: (INFRACTION,),
    e.MeasureNotified: (e.DecurtazioneOrdered,),
    e.SuspensionLifted: (e.SospensioneOrdered,),
    e.ReviewRequested: (e.MeasureNotified,),
    e.MeasureAnnulled: (e.DecurtazioneOrdered,),
    e.PersonalDataErased: (e.PattoSigned,),
    e.CaseClosed: (e.MeasureNotified,),
}
"""What makes sense after what. A correction has its own ways: see the machine."""

ONCE: dict[type, float] = {
    e.CaseReferred: 0.02,
    e.CaseClosed: 2.0,
    e.BenefitExpired: 0.02,
    e.BenefitRenounced: 0.02,
    e.CaseTransmittedToComune: 0.02,
}
"""What comes once and ends much. A case is closed only after its measures, which few lives come to."""


OFTEN: dict[type, float] = {
    e.OperatorAssigned: 8.0,
    e.CommitmentMissed: 4.0,
    e.JustifiedReasonRequested: 3.0,
    e.FormalReminderIssued: 2.0,
    e.HouseholdConvoked: 2.0,
    e.MemberConditionRecorded: 2.0,
    e.MemberReferredToSpecialistService: 2.0,
    e.SpecialistReferralAnswered: 4.0,
    e.DidRecorded: 3.0,
    e.MemberConvokedByCpi: 4.0,
    e.ServicePattoSigned: 4.0,
    e.ReferralReturned: 3.0,
    e.MemberReferredToEmploymentService: 2.0,
    e.ActivabilityAssessed: 2.0,
    e.ReferralAccepted: 3.0,
    e.JobOfferRecorded: 3.0,
    e.SanctionProposalOpened: 4.0,
}
"""What is told more than once in a life, or leads to what is seldom told."""


PATH: dict[type, int] = {
    e.OperatorAssigned: 2,
    e.ObligationEvaluated: 3,
    e.AppointmentHeld: 1,
    e.PreliminaryAnalysisCompleted: 1,
    e.PattoDrafted: 1,
    e.PattoSigned: 1,
    e.CommitmentMissed: 1,
    e.JustifiedReasonRequested: 1,
    e.SanctionProposalOpened: 1,
    e.ActivabilityAssessed: 2,
    e.MemberReferredToEmploymentService: 1,
    e.ServicePattoSigned: 1,
}
"""The way on which most of the law lies; many lives are led along it."""


def sensible(s: Speaker, told: Counter[type]) -> type:
    """A fact for which the time seems to have come; one that was not told yet is more likely."""
    if s.case.referral is None:
        return e.CaseReferred
    if not told[e.HouseholdCompositionRecorded]:
        return s.pick((e.OperatorAssigned, e.HouseholdCompositionRecorded))
    ahead = next((each for each, times in PATH.items() if told[each] < times), None)
    if ahead is not None and s.chance(0.35) and _ready(s, ahead, told):
        return ahead
    ready = [each for each in NEEDS if each is not e.CaseReferred and _ready(s, each, told)]
    return s.rng.choices(ready, [_weight(each, told[each]) for each in ready])[0]


def _weight(each: type, times: int) -> float:
    if each in ONCE:
        return ONCE[each]
    return OFTEN.get(each, 1.0) / (1 + times if each in OFTEN else (1 + times) ** 2)


def _ready(s: Speaker, each: type, told: Counter[type]) -> bool:
    begun = all(s.case.infractions if need is INFRACTION else told[need] for need in NEEDS[each])
    return begun and (each is e.OperatorAssigned or bool(_there(s, each)))


def speak(s: Speaker, cls: type) -> tuple[Recorder, Any]:
    """An office, and what it sensibly states."""
    stated = LIKELY[cls](s) if cls in LIKELY else {}
    by = stated.pop("by", None) or office_for(s, cls)
    return by, s.fill(cls, stated)


def office_for(s: Speaker, cls: type) -> Recorder:
    """One that may record a fact, with an operator assigned to the case where it can be had."""
    return s.pick(
        _there(s, cls) or [office for office in OFFICES if office.kind in contract_of(cls).recorders]
    )


def _there(s: Speaker, cls: type) -> list[Recorder]:
    may = [office for office in OFFICES if office.kind in contract_of(cls).recorders]
    return [office for office in may if _acts(s, office)]


def _acts(s: Speaker, office: Recorder) -> bool:
    if office.kind == "comune":
        return office.agency == f"comune-{RESIDENCE}"
    return office.kind in ("system", "inps") or s.case.assigned(office.person, office.kind)


def _office(agency: str) -> Recorder:
    """The office behind a code: ``asl-serd``, ``ets-casa``."""
    exact = [o for o in OFFICES if agency in (o.agency, o.seat)]
    return (exact or BY_KIND.get(kind(agency)) or [SOCIAL_WORKER])[0]


# --- who has the case --------------------------------------------------------------------------------------


def _referred(s: Speaker) -> Stated:
    benefit = s.rng.choices(list(FIRST_DAYS), (10, 3, 2, 2, 1))[0]
    return {"residence_comune": RESIDENCE, "benefit": benefit, "referred_on": FIRST_DAYS[benefit]}


def _assigned(s: Speaker) -> Stated:
    free = [o for o in OFFICES if o.person and not s.case.assigned(o.person, o.kind) and o.kind != "comune"]
    linked = [o for o in free if o.kind in ("servizio-sociale", "ats") or charge.linked(s.case, o.seat)]
    sent = {_destination(f.event) for f in s.case.all(e.MemberReferredToEmploymentService)}
    sent |= {f.event.unit for f in s.case.all(e.MemberReferredToSpecialistService)}
    awaited = [o for o in linked if o.seat in sent] if s.chance(0.7) else []
    by = SOCIAL_WORKER if SOCIAL_WORKER in free else s.pick(awaited or linked or free or OFFICES[:1])
    named_ = {"person_id": by.person, "agency": by.agency, "unit": by.unit}
    return {"by": by, "assignment_id": s.new(), "from_on": s.day(5)} | named_


def _unassigned(s: Speaker) -> Stated:
    theirs = [a for a in s.case.assignments.values() if a.person_id != SOCIAL_WORKER.person]
    if not theirs:
        return {}
    left = s.pick(theirs)
    by = next((o for o in OFFICES if o.person == left.person_id), SOCIAL_WORKER)
    return {"by": by, "assignment_id": left.assignment_id, "until": s.today}


def _case_manager(s: Speaker) -> Stated:
    former = s.case.case_manager
    named_ = {"replaces_person_id": former and former.person_id, "reason": "cambio" if former else None}
    return {"person_id": s.pick((SOCIAL_WORKER, AMBITO)).person, "from_on": s.today} | named_


def _accepted(s: Speaker) -> Stated:
    transfers = s.case.all(e.CompetenceTransferred)
    if not transfers:
        return {}
    fact = s.pick(transfers)
    return {"transfer_event_id": fact.event_id, "accepted_by_agency": fact.event.to_agency}


# --- the benefit -------------------------------------------------------------------------------------------


def _benefit(s: Speaker) -> Stated:
    benefit = s.case.referral.benefit if s.case.referral else "NONE"
    return {"by": INPS, "benefit": "ADI" if benefit == "NONE" else benefit}


def _granted(s: Speaker) -> Stated:
    return _benefit(s) | {"months": 12, "first_month": s.month(), "amount": None}


def _renewed(s: Speaker) -> Stated:
    return _benefit(s) | {"months": 12, "first_month": s.month(), "first_month_pct": s.pick((50, None))}


def _renounced(s: Speaker) -> Stated:
    day = s.day()
    return _benefit(s) | {"renounced_on": day, "effective_on": s.later(day), "member_id": s.adult()}


# --- the household -----------------------------------------------------------------------------------------


def _household(s: Speaker) -> Stated:
    others = [person for person in PEOPLE[1:] if s.chance(0.7)]
    return {"members": (PEOPLE[0], *others), "verified_on": s.day()}


def _moved(s: Speaker) -> Stated:
    known = sorted(s.case.members)
    return {"member_id": s.pick(known) if known else s.member(), "effective_on": s.day()}


def _condition(s: Speaker) -> Stated:
    begins = s.day(200)
    ends = s.later(begins, 200) if s.chance(0.3) else None
    more = {"condition_code": "GENDER_VIOLENCE_PATH", "value": True} if s.chance(0.25) else {}
    return {"valid_from": begins, "valid_to": ends} | more


def _evaluation(s: Speaker) -> Stated:
    return {"member_id": s.member(), "evaluated_for": s.day(90)}


def _volunteer(s: Speaker) -> Stated:
    return {"member_id": s.obliged("voluntary"), "requested_on": s.today}


def _activable(s: Speaker) -> Stated:
    return {"member_id": s.obliged(), "activable": s.chance(0.85), "assessed_on": s.day(10)}


# --- convocations and meetings -----------------------------------------------------------------------------


def _convoked(s: Speaker) -> Stated:
    sent = s.day(50)
    hidden = sorted(s.case.protected)
    members = (s.pick(hidden),) if hidden and s.chance(0.5) else tuple({s.member(), s.obliged()})
    return {
        "member_ids": members,
        "sent_at": s.hour(sent),
        "appointment_at": s.hour(s.later(sent, 20)),
        "contact_used": tuple(_contact(s, member) for member in members),
    }


def _contact(s: Speaker, member_id: Any) -> ContactUsed:
    source = [f.event_id for f in s.case.all(e.HouseholdCompositionRecorded)]
    event = s.pick(source) if source else s.new()
    return ContactUsed(member_id=member_id, channel="EMAIL", value=_value(s, member_id), from_event_id=event)


def _value(s: Speaker, member_id: Any) -> str:
    member = s.case.members.get(member_id)
    own = [contact.value for contact in observe.contacts_of(s.case, member)] if member else []
    return s.pick(own) if own and s.chance(0.7) else s.pick(VALUES)


def _delivered(s: Speaker) -> Stated:
    convocation = _convocation(s)
    if convocation is None:
        return {}
    day = convocation.sent_at + timedelta(hours=s.rng.randrange(1, 96))
    reached = s.pick(observe.convoked(convocation))
    by = {"by": s.pick((SOCIAL_WORKER, SYSTEM))} if isinstance(convocation, e.HouseholdConvoked) else {}
    return by | {
        "convocation_id": convocation.convocation_id,
        "member_id": reached,
        "delivered_at": day,
    }


def _convocation(s: Speaker) -> Any:
    known = [each for each in s.case.convocations.values() if observe.convoked(each)]
    return s.pick(known[-5:]) if known else None


def _held(s: Speaker) -> Stated:
    convocation = _convocation(s)
    by = s.pick((SOCIAL_WORKER, office_for(s, e.AppointmentHeld)))
    attendees = observe.convoked(convocation) if convocation else (s.member(),)
    seats = {"servizio-sociale": "SERVIZIO_SOCIALE", "cpi": "CPI", "accreditato": "SOGGETTO_ACCREDITATO"}
    return {
        "by": by,
        "convocation_id": convocation.convocation_id if convocation and s.chance(0.3) else None,
        "kind": "SPONTANEO",
        "held_on": s.day(),
        "seat": seats[by.kind],
        "attendees": attendees,
    }


def _absent(s: Speaker) -> Stated:
    convocation = _convocation(s)
    if convocation is None:
        return {}
    of_office = isinstance(convocation, e.MemberConvokedByCpi)
    day = legal_day(convocation.appointment_at)
    return {
        "by": CPI if of_office else SOCIAL_WORKER,
        "convocation_id": convocation.convocation_id,
        "member_id": s.pick(observe.convoked(convocation)),
        "missed_on": day,
        "ascertained_on": s.later(day, 5),
    }


def _updated(s: Speaker) -> Stated:
    by = s.pick((SOCIAL_WORKER, INPS, CPI))
    seats = {"servizio-sociale": "SERVIZIO_SOCIALE", "cpi": "CPI", "inps": "PATRONATO"}
    return {"by": by, "member_id": s.member(), "held_on": s.day(), "seat": seats[by.kind]}


def _registered(s: Speaker) -> Stated:
    met = [*s.case.all(e.AppointmentHeld), *s.case.all(e.PeriodicUpdateHeld), *s.case.all(e.PattoSigned)]
    return {"subject_event_id": s.pick(met).event_id} if met else {}


# --- the employment services -------------------------------------------------------------------------------


def _sent(s: Speaker) -> Stated:
    where = s.pick(("CPI", "CPI", "ACCREDITATO"))
    day = s.day(10)
    act = {"regional_act_ref": "DGR 1/2024", "regional_act_on": day - timedelta(days=30)}
    return {
        "referral_id": s.new(),
        "member_id": s.obliged(),
        "destination": where,
        "destination_id": where.lower() if where == "CPI" else "accreditato",
        "referred_on": day,
    } | (act if where == "ACCREDITATO" and s.chance(0.7) else {})


def _of_referral(s: Speaker) -> Stated:
    sent = [
        (_office(_destination(f.event)), f.event) for f in s.case.all(e.MemberReferredToEmploymentService)
    ]
    here = [each for each in sent if _acts(s, each[0])]
    if not sent:
        return {}
    by, referral = s.pick(here or sent)
    return {"by": by, "member_id": referral.member_id, "referral_id": referral.referral_id}


def _destination(referral: e.MemberReferredToEmploymentService) -> str:
    return {"CPI": "cpi", "ACCREDITATO": "accreditato"}[referral.destination]


def _answered(s: Speaker, day: str) -> Stated:
    return _of_referral(s) | {day: s.today}


def _by_office(s: Speaker) -> Stated:
    stated = _of_referral(s)
    stated.pop("referral_id", None)
    return stated


def _convoked_by_cpi(s: Speaker) -> Stated:
    sent, stated = s.day(30), _by_office(s)
    contact = _value(s, stated.get("member_id"))
    hours = {"sent_at": s.hour(sent), "appointment_at": s.hour(s.later(sent))}
    return stated | hours | {"contact_used": contact, "convocation_id": s.new()}


def _service_patto(s: Speaker) -> Stated:
    action = ActiveMeasure(action_id=s.new(), kind="CORSO", from_on=None, to_on=None)
    more = {"psp_id": s.new(), "signed_on": s.today, "contact_frequency": "ogni settimana"}
    return _by_office(s) | more | {"actions": (action,)}


def _offer(s: Speaker) -> Stated:
    more = {"offer_id": s.new(), "fte_pct": 100, "outcome": s.pick(("REFUSED", "ACCEPTED"))}
    return _by_office(s) | more | {"distance_km": 10, "public_transport_min": None, "duration_months": None}


# --- the specialist services -------------------------------------------------------------------------------


def _to_specialist(s: Speaker) -> Stated:
    unit = s.pick(("asl-serd", "asl-consultorio"))
    return {"referral_id": s.new(), "member_id": s.obliged(), "unit": unit, "referred_on": s.day(40)}


def _specialist_answer(s: Speaker) -> Stated:
    sent = [f.event for f in s.case.all(e.MemberReferredToSpecialistService)]
    here = [each for each in sent if _acts(s, _office(each.unit))]
    if not sent:
        return {}
    referral = s.pick(here or sent)
    named_ = {"referral_id": referral.referral_id, "member_id": referral.member_id}
    day = s.pick((s.today, referral.referred_on))
    return {
        "by": _office(referral.unit),
        "from_on": day,
        "answer": s.pick(("TAKEN", "WAITING_LIST", "WAITING_LIST")),
    } | named_


def _attendance(s: Speaker) -> Stated:
    line = _line(s, "HEALTH")
    if line is None:
        return {}
    return {"by": _office(line.evidence_by), "member_id": line.obliged_member_id, "commitment_id": line.id}


# --- the analysis and the équipe ---------------------------------------------------------------------------


def _analysed(s: Speaker) -> Stated:
    day = s.day(10)
    here = sorted(s.case.members_on(day))
    ways = ("EM", "SPECIALIST", "PAIS_SOCIAL", "PSP")
    return {
        "analysis_id": s.new(),
        "completed_on": day,
        "needs_by_area": (Need(need_id=s.new(), member_id=None, area="HEALTH", level="HIGH"),),
        "outcomes": tuple(Outcome(member_id=member, outcome=s.pick(ways)) for member in here),
    }


def _component(by: Recorder, role: Any) -> Component:
    who = {"name": "Nome", "surname": "Inventato", "function": "operatore"}
    assert by.person is not None
    return Component(person_id=by.person, role=role, agency=by.agency, unit=by.unit, **who)


OTHERS = [_component(o, "OTHER_SOCIAL") for o in OFFICES if o.kind in ("ust", "asl", "mmg", "ets", "sil")]


def _team(s: Speaker) -> Stated:
    core = [_component(SOCIAL_WORKER, "SOCIAL_WORKER"), _component(AMBITO, "SOCIAL_OPERATOR")]
    whole = s.chance(0.6)
    employment = [_component(CPI, "EMPLOYMENT_OPERATOR")] if whole else []
    missing = MissingRole(role="EMPLOYMENT_OPERATOR", reason="il CPI non ha personale")
    return {
        "team_id": s.new(),
        "components": (*core, *employment, *s.rng.sample(OTHERS, 2)),
        "missing_roles": () if whole else (missing,),
        "case_manager_id": SOCIAL_WORKER.person,
        "household_referent_id": s.adult(),
        "communicated_on": s.today,
    }


def _changed_team(s: Speaker) -> Stated:
    team = s.case.team
    if team is None:
        return {}
    there = {component.person_id for component in team.components}
    added = [each for each in OTHERS if each.person_id not in there][:1]
    gone = tuple(c.person_id for c in team.components if c.role == "OTHER_SOCIAL")[:1]
    more = {"missing_roles": team.missing_roles, "effective_on": s.today}
    return {"team_id": team.team_id, "added": tuple(added), "removed": gone} | more


def _team_convoked(s: Speaker) -> Stated:
    components = s.case.team.components if s.case.team else ()
    invited = [Invitee(person_id=c.person_id, agency=c.agency, unit=c.unit) for c in components]
    named_ = {"team_id": s.case.team.team_id} if s.case.team else {}
    attachment = "ESTRATTO" if s.chance(0.7) else "SCHEDA_AP"
    return {"session_id": s.new(), "invitees": tuple(invited), "attachment": attachment} | named_


def _team_answer(s: Speaker) -> Stated:
    session = s.last(e.EquipeConvoked)
    if session is None or not session.invitees:
        return {}
    who = s.pick(session.invitees)
    by = _office(seat(who.agency, who.unit))
    named_ = {"session_id": session.session_id, "team_id": session.team_id, "person_id": who.person_id}
    return {"by": by, "agency": who.agency, "answer": "ACCEPTED", "substitute_person_id": None} | named_


def _team_met(s: Speaker) -> Stated:
    session = s.last(e.EquipeConvoked)
    named_ = {"session_id": session.session_id, "team_id": session.team_id} if session else {}
    return named_ | {"present": (SOCIAL_WORKER.person,), "absent": None}


# --- the patto ---------------------------------------------------------------------------------------------

PROVIDERS = ("cpi", "ets-casa", "asl-serd", "servizio-sociale")


def _drafted(s: Speaker) -> Stated:
    signed = s.case.pattos
    again = bool(signed) and s.chance(0.6)
    patto_id = signed[-1].patto_id if again else s.new()
    version = signed[-1].version + 1 if again else 1
    needs = [need.need_id for need in s.case.analysis.needs_by_area] if s.case.analysis else [s.new()]
    objective = Objective(objective_id=s.new(), need_id=s.pick(needs or [s.new()]), text="Trovare un lavoro")
    result = ExpectedResult(
        result_id=s.new(),
        objective_id=objective.objective_id,
        text="Un contratto di lavoro",
        due_on=s.later(s.today),
    )
    support = Support(
        support_id=s.new(),
        catalogue_code=s.pick(("PROT8.a", "PROT8.h")),
        provider=s.pick(PROVIDERS),
        planned_from=s.today,
    )
    return {
        "patto_id": patto_id,
        "version": version,
        "objectives": (objective,),
        "expected_results": (result,),
        "supports": (support,),
        "commitments": _commitments(s, support),
        "not_applicable_areas": tuple(
            NotApplicableArea(area=area, reason="non serve")  # type: ignore[arg-type]
            for area in ("CONTACTS", "SCHOOLING", "HEALTH")
        ),
        "duration": "dodici mesi",
        "proportionality_reason": "nei tempi del nucleo",
        "preferences": "incontri al mattino",
        "minors_involvement": "ascoltati",
        "prior_projects": (),
        "scheda_progetto_ref": "scheda/1",
        "monitoring": Monitoring(method="colloquio", review_dates=(s.today,), revision_rule="su richiesta"),
        "family_responsible_id": s.adult(),
        "case_manager_id": SOCIAL_WORKER.person,
        "team_ref": s.case.team and s.case.team.team_id,
        "warning_text_version": "1",
    }


EVIDENCE = {"CONTACTS": "servizio-sociale", "SCHOOLING": "ust", "HEALTH": "asl-serd", "PUC": "puc-parco"}


def _commitments(s: Speaker, support: Support) -> tuple[Commitment, ...]:
    obliged = [m for m in sorted(s.case.members_on(s.today)) if s._stands(m) == "obliged"]
    who = obliged or [s.adult()]
    lines = [_commitment(s, area, s.pick(who), bool(obliged), support) for area in [*EVIDENCE, "TRAINING"]]
    puc = [_commitment(s, "PUC", member, True, support) for member in obliged]
    kept = [line for line in lines if line.area != "PUC" and s.chance(0.8)]
    return (*kept, *puc)


def _commitment(s: Speaker, area: Any, who: Any, conditional: bool, support: Support) -> Commitment:
    sent = [f.event.unit for f in s.case.all(e.MemberReferredToSpecialistService) if f.event.member_id == who]
    health = s.pick(sent or ("asl-serd", "asl-consultorio", "asl"))
    return Commitment(
        id=s.new(),
        area=area,
        obliged_member_id=who,
        beneficiary_member_id=s.minor() if area == "SCHOOLING" else None,
        text="quanto concordato",
        frequency="ogni settimana",
        conditional=conditional,
        evidence_by=health if area == "HEALTH" else EVIDENCE.get(area, "cpi"),
        depends_on_support_id=support.support_id if area == "TRAINING" and s.chance(0.7) else None,
    )


def _signatures(s: Speaker, day: date) -> tuple[PattoSignatory, ...]:
    adults = [m for m, member in s.case.members_on(day).items() if observe.is_adult(member, day)]
    return tuple(PattoSignatory(member_id=m, signed_on=day, method="OLOGRAFA") for m in sorted(adults))


def _signed(s: Speaker) -> Stated:
    draft, day = s.last(e.PattoDrafted), s.day(20)
    named_ = {"patto_id": draft.patto_id, "version": draft.version} if draft else {}
    return named_ | _signing(s, day)


def _signing(s: Speaker, day: date) -> Stated:
    codes = ("PA-05", "PA-06", "PA-10", "PA-12", "PA-18", "PA-20")
    reasons = tuple(CheckReason(check=code, reason="è stato spiegato") for code in codes)
    hashed = {"signed_on": day, "document_hash": "1" * 64, "copy_delivered_on": day}
    written = {"reasons": reasons if s.chance(0.8) else None}
    return hashed | written | {"signatories": _signatures(s, day)}


def _revised(s: Speaker) -> Stated:
    drafts = [
        key
        for key in s.case.drafts
        if key[1] > max((p.version for p in s.case.pattos if p.patto_id == key[0]), default=99)
    ]
    if not drafts:
        return _signing(s, s.today)
    patto_id, version = s.pick(drafts)
    now = [patto.version for patto in s.case.pattos if patto.patto_id == patto_id][-1]
    named_ = {"patto_id": patto_id, "from_version": now, "to_version": version}
    return named_ | _signing(s, s.today)


def _patto_refused(s: Speaker) -> Stated:
    psp = s.chance(0.3)
    named_ = {"patto_kind": "PSP" if psp else "PAIS", "by": CPI if psp else SOCIAL_WORKER}
    return named_ | {"member_id": s.obliged(), "refused_on": s.day(20)}


def _reviewed(s: Speaker) -> Stated:
    if not s.case.pattos:
        return {}
    patto = s.pick(s.case.pattos)
    results = s.case.drafts[patto.patto_id, patto.version].expected_results
    seen = tuple(ReviewedResult(result_id=r.result_id, status="PARTLY") for r in results)
    named_ = {"patto_id": patto.patto_id, "version": patto.version}
    return named_ | {"held_on": s.today, "next_on": None, "results": seen}


def _activated(s: Speaker) -> Stated:
    if not s.case.pattos:
        return {}
    patto = s.case.pattos[-1]
    line = s.pick(s.case.drafts[patto.patto_id, patto.version].supports or (None,))
    if line is None:
        return {}
    named_ = {"support_id": line.support_id, "patto_id": patto.patto_id, "provider": line.provider}
    by = s.pick((SOCIAL_WORKER, _office(line.provider)))
    stated = {"by": by, "catalogue_code": line.catalogue_code, "start_on": s.day(20)}
    return named_ | stated | {"planned_end_on": None, "units": 4, "unit_cost": None}


def _ended(s: Speaker) -> Stated:
    active = s.last(e.SupportActivated)
    return {"by": SOCIAL_WORKER, "support_id": active.support_id, "ended_on": s.today} if active else {}


def _puc(s: Speaker) -> Stated:
    line = _line(s, "PUC")
    who = line.obliged_member_id if line else s.obliged()
    days = {"start_on": s.day(10), "end_on": None}
    return days | {"member_id": who, "hours_per_week": s.pick((8, 12, 16)), "puc_id": s.pick([*PUCS])}


PUCS = (named("puc"), named("small puc"), named("ended puc"))


def _line(s: Speaker, area: str = "") -> Commitment | None:
    """A line of the patto signed last, of an area where one is named."""
    found = _lines(s, area)
    return s.pick(found) if found else None


def _lines(s: Speaker, area: str) -> list[Commitment]:
    if not s.case.pattos:
        return []
    patto = s.case.pattos[-1]
    lines = s.case.drafts[patto.patto_id, patto.version].commitments
    return [line for line in lines if area in ("", line.area)]


def _fulfilled(s: Speaker) -> Stated:
    line = _line(s)
    if line is None:
        return {}
    return {"by": SOCIAL_WORKER, "commitment_id": line.id, "member_id": line.obliged_member_id}


def _missed(s: Speaker) -> Stated:
    waiting = [f.event for f in s.case.all(e.SpecialistReferralAnswered) if f.event.answer == "WAITING_LIST"]
    day = s.pick((s.day(30), s.today))
    found = {"missed_on": day, "facts": "non c'era", "reporter": "servizio-sociale"}
    ascertained = {
        "by": SOCIAL_WORKER,
        "ascertained_by": SOCIAL_WORKER.person,
        "ascertained_on": s.later(day, 3),
    }
    psp = s.last(e.ServicePattoSigned)
    if psp is not None and psp.actions and s.chance(0.2):
        named_ = {"patto_id": psp.psp_id, "commitment_id": psp.actions[0].action_id, "area": "TRAINING"}
        return found | ascertained | named_ | {"member_id": psp.member_id, "by": s.pick((CPI, SOCIAL_WORKER))}
    line = _line(s, "HEALTH" if waiting else s.pick(("HEALTH", "TRAINING", "", "")))
    if waiting and s.chance(0.7):
        whose = {answer.member_id for answer in waiting}
        found["missed_on"] = s.today
        line = next((each for each in _lines(s, "HEALTH") if each.obliged_member_id in whose), line)
    if line is None:
        return {}
    named_ = {"commitment_id": line.id, "area": line.area, "member_id": line.obliged_member_id}
    return found | ascertained | named_ | {"patto_id": s.case.pattos[-1].patto_id}


# --- schooling ---------------------------------------------------------------------------------------------


def _asked_school(s: Speaker) -> Stated:
    minor = s.minor()
    person = next((p for p in PEOPLE if p.member_id == minor), PEOPLE[2])
    pupil = Pupil(
        minor_member_id=minor,
        name=person.name,
        surname=person.surname,
        tax_code=person.tax_code,
        birth_date=person.birth_date,
    )
    return {"verification_id": s.new(), "minors": (pupil,), "requested_on": s.today, "answer_by": None}


def _schooled(s: Speaker) -> Stated:
    asked = s.last(e.SchoolVerificationRequested)
    if asked is None or not asked.minors:
        return {}
    minor = asked.minors[0].minor_member_id
    return {"verification_id": asked.verification_id, "minor_member_id": minor, "source": "UST"}


def _documents(s: Speaker) -> Stated:
    found = s.last(e.SchoolingVerified)
    minor = found.minor_member_id if found else s.minor()
    day = s.day(20)
    asked = {"requested_on": day, "respond_by": s.later(day), "delivered_on": s.pick((day, None))}
    return asked | {"minor_member_id": minor, "asked_member_id": s.adult()}


def _warned(s: Speaker) -> Stated:
    day = s.day()
    return {
        "minor_member_id": s.minor(),
        "warned_on": day,
        "comply_by": s.later(day),
        "act_ref": f"atto/{day}",
    }


# --- infractions, reasons, measures ------------------------------------------------------------------------


BEFORE_ANY_LAW = date(2014, 1, 1)
"""No rule set governs this day."""


def _ascertained(s: Speaker) -> Stated:
    day = s.day(30) if s.chance(0.9) else BEFORE_ANY_LAW
    return {"code": s.pick(CODES), "member_id": s.obliged(), "occurred_on": day}


def _of_infraction(s: Speaker) -> Stated:
    ref = s.infraction()
    breach = s.case.infractions.get(ref)
    member = getattr(breach, "member_id", None) or s.adult()
    return {"by": SOCIAL_WORKER, "infraction_ref": ref, "member_id": member}


def _reason_asked(s: Speaker) -> Stated:
    day = s.day(10)
    return _of_infraction(s) | {"asked_on": day, "delivered_on": None, "respond_by": s.later(day)}


def _reason_decided(s: Speaker) -> Stated:
    given = s.last(e.JustifiedReasonSubmitted)
    named_ = {"infraction_ref": given.infraction_ref, "member_id": given.member_id} if given else {}
    return named_ | {"by": SOCIAL_WORKER, "accepted": s.chance(0.4), "decided_on": s.today}


def _reminded(s: Speaker) -> Stated:
    day = s.day(10)
    return _of_infraction(s) | {"issued_on": day, "comply_by": s.later(day), "delivered_on": None}


def _proposed(s: Speaker) -> Stated:
    measures = ("DECADENZA", "DECURTAZIONE", "SOSPENSIONE", "REVOCA")
    asked = [f.event.infraction_ref for f in s.case.all(e.JustifiedReasonRequested)]
    known = [ref for ref in asked if ref in s.case.infractions]
    ref = s.pick(known) if known and s.chance(0.8) else s.infraction()
    refs = (ref, s.infraction()) if s.chance(0.15) else (ref,)
    return {
        "by": SOCIAL_WORKER,
        "proposal_id": s.new(),
        "infraction_refs": refs,
        "proposed_measure": s.pick(measures),
    }


def _reported(s: Speaker) -> Stated:
    named_ = {"by": SOCIAL_WORKER, "report_id": s.new(), "infraction_refs": (s.infraction(),)}
    return named_ | {"proposal_id": None, "supersedes_report_id": None}


def _noticed(s: Speaker) -> Stated:
    report = s.last(e.InfractionReportedToInps)
    named_ = {"report_id": report.report_id if report else None, "proposal_id": None}
    days = {"sent_on": s.today, "delivered_on": None, "deadline_for_briefs": s.later(s.today)}
    return named_ | days | {"office_and_person": "ufficio 1"}


def _ordered(s: Speaker) -> Stated:
    remedies = (Remedy(body="INPS", term="30 giorni"),)
    stated = {"by": INPS, "measure_id": s.new(), "authority": s.pick(("INPS", "INPS", "COURT"))}
    refs = () if s.chance(0.1) else (s.infraction(),)
    if s.case.referral and s.case.referral.benefit == "NASPI" and s.chance(0.5):
        stated |= {"by": CPI, "authority": "CPI"}
    more = {"act_ref": "INPS-1", "ordered_on": s.day(), "remedies": remedies, "proposal_id": None}
    return stated | more | {"infraction_refs": refs, "months_charged": None}


def _cut(s: Speaker) -> Stated:
    return _ordered(s) | {"amount": None}


def _of_measure(s: Speaker) -> Stated:
    measures = [*s.case.measures.values()]
    if not measures:
        return {}
    measure = s.pick(measures[-4:])
    return {"by": CPI if measure.authority == "CPI" else INPS, "measure_id": measure.measure_id}


def _notified(s: Speaker) -> Stated:
    return _of_measure(s) | {"notified_on": s.today}


def _lifted(s: Speaker) -> Stated:
    suspended = s.last(e.SospensioneOrdered)
    named_ = {"measure_id": suspended.measure_id} if suspended else {}
    return named_ | {"by": INPS, "lifted_on": s.today, "cause_event_ref": s.fact()}


def _contested(s: Speaker) -> Stated:
    notified = s.last(e.MeasureNotified)
    named_ = {"measure_id": notified.measure_id} if notified else {}
    return named_ | {"member_id": s.adult(), "filed_on": s.today}


def _annulled(s: Speaker) -> Stated:
    stated = _of_measure(s)
    measure = s.case.measures.get(stated.get("measure_id"))  # type: ignore[arg-type]
    return stated | {"annulled_on": s.today, "authority": measure.authority if measure else "INPS"}


def _lapsed(s: Speaker) -> Stated:
    """What the clock would say; the fields of one of them."""
    told = [each for each in due(s.case, s.today) if isinstance(each, e.TermLapsed)]
    if not told:
        return {"by": SYSTEM}
    one = s.pick(told)
    names = ("term_id", "due_on", "duty_bearer", "member_id", "started_by_event_id")
    return {"by": SYSTEM} | {name: getattr(one, name) for name in names}


def _closed(s: Speaker) -> Stated:
    return {"by": SOCIAL_WORKER, "closed_on": s.today}


LIKELY: dict[type, Callable[[Speaker], Stated]] = {
    e.CaseReferred: _referred,
    e.BenefitGranted: _granted,
    e.BenefitRenewed: _renewed,
    e.BenefitExpired: _benefit,
    e.BenefitRenounced: _renounced,
    e.PadSigned: lambda s: {"signatory_member_id": s.adult(), "signed_on": s.day()},
    e.CompetenceTransferred: lambda s: {
        "from_agency": "ats",
        "to_agency": "ats-altro",
        "effective_on": s.day(),
    },
    e.CompetenceAccepted: _accepted,
    e.OperatorAssigned: _assigned,
    e.OperatorUnassigned: _unassigned,
    e.CaseManagerAssigned: _case_manager,
    e.HouseholdCompositionRecorded: _household,
    e.HouseholdMemberChanged: _moved,
    e.MemberConditionRecorded: _condition,
    e.ObligationEvaluated: _evaluation,
    e.VoluntaryAdhesionRequested: _volunteer,
    e.HouseholdConvoked: _convoked,
    e.ConvocationDelivered: _delivered,
    e.AppointmentHeld: _held,
    e.GepiRegistrationRecorded: _registered,
    e.AppointmentMissed: _absent,
    e.InfractionAscertained: _ascertained,
    e.TermLapsed: _lapsed,
    e.JustifiedReasonRequested: _reason_asked,
    e.JustifiedReasonSubmitted: _of_infraction,
    e.JustifiedReasonDecided: _reason_decided,
    e.PreliminaryAnalysisCompleted: _analysed,
    e.ActivabilityAssessed: _activable,
    e.MemberReferredToEmploymentService: _sent,
    e.ReferralAccepted: lambda s: _answered(s, "accepted_on"),
    e.ReferralReturned: lambda s: _answered(s, "returned_on"),
    e.MemberConvokedByCpi: _convoked_by_cpi,
    e.DidRecorded: lambda s: {"member_id": s.member(), "did_on": s.day()},
    e.ServicePattoSigned: _service_patto,
    e.MemberReferredToSpecialistService: _to_specialist,
    e.SpecialistReferralAnswered: _specialist_answer,
    e.EquipeFormed: _team,
    e.EquipeChanged: _changed_team,
    e.EquipeConvoked: _team_convoked,
    e.EquipeInviteAnswered: _team_answer,
    e.EquipeMet: _team_met,
    e.PattoDrafted: _drafted,
    e.PattoSigned: _signed,
    e.PattoSignatureRefused: _patto_refused,
    e.PattoRevised: _revised,
    e.MonitoringReviewHeld: _reviewed,
    e.SupportActivated: _activated,
    e.SupportEnded: _ended,
    e.PucAssigned: _puc,
    e.CommitmentFulfilled: _fulfilled,
    e.CommitmentMissed: _missed,
    e.SchoolVerificationRequested: _asked_school,
    e.SchoolingVerified: _schooled,
    e.SchoolingDocumentsRequested: _documents,
    e.MayorWarningRecorded: _warned,
    e.HealthAttendanceConfirmed: _attendance,
    e.PeriodicUpdateHeld: _updated,
    e.JobOfferRecorded: _offer,
    e.FormalReminderIssued: _reminded,
    e.SanctionProposalOpened: _proposed,
    e.ProceedingNoticeSent: _noticed,
    e.InfractionReportedToInps: _reported,
    e.DecurtazioneOrdered: _cut,
    e.SospensioneOrdered: _ordered,
    e.DecadenzaOrdered: _ordered,
    e.RevocaOrdered: lambda s: _ordered(s) | {"restitution": None},
    e.MeasureNotified: _notified,
    e.SuspensionLifted: _lifted,
    e.ReviewRequested: _contested,
    e.MeasureAnnulled: _annulled,
    e.CaseClosed: _closed,
}
