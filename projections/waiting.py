"""What waits for somebody in a case: a list for each thing that an office looks for first (DOMAIN 13).

Pure. An item rests on facts, which are named in it: who may not know one of them is never shown the item. It
waits from a day until a day, so that a list can be asked for a day. Nothing here is personal: ids and codes;
not even the unit of the ASL that somebody was sent to, nor the area of a commitment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid5

from domain.access.events import AccessRequestAnswered, AccessRequestReceived
from domain.case import events as e
from domain.case import observe
from domain.case.parts import Commitment, Invitee, Support
from domain.case.state import Case, Convocation, Measure, fold
from domain.case.terms import term_of, terms_of
from domain.contract import contract_of
from domain.disclosure.unnamed import Unnamed
from domain.fact import Fact, kind, seat
from domain.rules.calendar import legal_day
from domain.seats import of_anti_violence, of_health
from domain.table.events import TableMeetingHeld
from projections.cases import over
from projections.deadlines import SERVIZIO_SOCIALE, comune_of, office_behind, school_answered_on

ASL = "asl"
"""In place of the unit of the ASL that a referral goes to: its name would tell of an illness."""

EVERY_SIGNATORY = "*"
"""The desk of what lies before all to whom its facts were disclosed."""


@dataclass(frozen=True, slots=True)
class Item:
    """Something that waits, in a case or in none. ``desks`` begins with the office that acts.

    ``person_id`` is who alone acts, where the desk does not say in which unit.
    """

    item_id: UUID
    event_ids: tuple[UUID, ...]
    desks: tuple[str, ...]
    since: date
    due_on: date | None = None
    until_on: date | None = None
    member_id: UUID | None = None
    code: str | None = None
    line: int | None = None
    case_id: UUID | None = None
    person_id: UUID | None = None

    def id(self, worklist: str) -> UUID:
        return uuid5(self.event_ids[0], f"{worklist}/{self.item_id}/{self.line}/{self.member_id}")


OUTSIDE_CASES = (TableMeetingHeld, AccessRequestReceived, AccessRequestAnswered)
"""Facts of the Tavolo and of the access log that something waits for too."""


def items_of(facts: Sequence[Fact[Any]]) -> Iterator[tuple[str, Item]]:
    """Every item of a stream (a case, its access log, the Tavolo), with the list it stands in."""
    aggregate = contract_of(facts[0].event).aggregate
    if aggregate == "table":
        yield from (("table_decisions", item) for item in _decisions(facts))
    elif aggregate == "access":
        yield from (("access_requests", item) for item in _unanswered_requests(facts))
    elif aggregate == "case":
        yield from _of_case(facts[0].case_id, fold(facts))


def _of_case(case_id: UUID, case: Case) -> Iterator[tuple[str, Item]]:
    for name, source in SOURCES.items():
        if case.open or (case.referral and name in ALSO_WHEN_CLOSED):
            yield from ((name, replace(item, case_id=case_id)) for item in source(case))


# --- the services ------------------------------------------------------------------------------------------


def _to_register(case: Case) -> Iterator[Item]:
    """Meetings and updates that GePI must hold by the 20th, or the month is paid one month later (D14)."""
    for term in terms_of(case):
        if term.id == "D14" and term.kept_on is None:
            yield Item(
                term.started_by, (term.started_by,), (SERVIZIO_SOCIALE,), term.starts_on, due_on=term.due_on
            )


def _unsigned(case: Case) -> Iterator[Item]:
    """The last text of each patto, where it was not signed; it has no day but that of its record."""
    signed = {(patto.patto_id, patto.version) for patto in case.pattos}
    last = {fact.event.patto_id: fact for fact in case.all(e.PattoDrafted)}
    for patto_id, fact in last.items():
        if (patto_id, fact.event.version) not in signed:
            yield Item(
                patto_id, (fact.event_id,), (SERVIZIO_SOCIALE,), fact.known_on, line=fact.event.version
            )


def _in_force(case: Case) -> tuple[UUID, Fact[e.PattoDrafted]] | None:
    """The patto signed last: the event that signed it, and the fact that holds its text."""
    last = max(reversed(case.pattos), key=lambda patto: patto.signed_on, default=None)
    drafts = {(f.event.patto_id, f.event.version): f for f in case.all(e.PattoDrafted)}
    draft = drafts.get((last.patto_id, last.version)) if last else None
    return (last.event_id, draft) if last and draft else None


def _inactive(case: Case) -> Iterator[Item]:
    """Supports that a signed patto promises from a day, until they begin (protocol art. 8)."""
    in_force = _in_force(case)
    if in_force is None:
        return
    signed, draft = in_force
    began = {f.event.support_id: f.event.start_on for f in case.all(e.SupportActivated)}
    promised: tuple[Support, ...] = _listed(draft.event.supports)
    for support in promised:
        yield Item(
            support.support_id,
            (draft.event_id, signed),
            (SERVIZIO_SOCIALE,),
            support.planned_from,
            until_on=began.get(support.support_id),
            code=support.catalogue_code,
        )


def _without_evidence(case: Case) -> Iterator[Item]:
    """Commitments of the patto in force of which nobody has said yet that they were kept or missed."""
    in_force = _in_force(case)
    if in_force is None:
        return
    signed, draft = in_force
    told = {
        f.event.commitment_id
        for f in case.facts.values()
        if isinstance(f.event, e.CommitmentFulfilled | e.CommitmentMissed | e.HealthAttendanceConfirmed)
    }
    lines: tuple[Commitment, ...] = _listed(draft.event.commitments)
    since = next(patto.signed_on for patto in case.pattos if patto.event_id == signed)
    for line in lines:
        if line.id not in told:
            yield Item(
                line.id,
                (draft.event_id, signed),
                (SERVIZIO_SOCIALE,),
                since,
                member_id=line.obliged_member_id,
            )


def _undelivered(case: Case) -> Iterator[Item]:
    """Members convoked whom no recapito reached: without it, an absence is never one of theirs."""
    convoked: list[Fact[Any]] = [*case.all(e.HouseholdConvoked), *case.all(e.MemberConvokedByCpi)]
    for fact in convoked:
        sent: Convocation = fact.event
        for member_id in observe.convoked(sent):
            if observe.delivered_on(case, sent.convocation_id, member_id) or observe.attended(
                case, sent.convocation_id, member_id
            ):
                continue
            yield Item(
                sent.convocation_id,
                (fact.event_id,),
                (office_behind(fact.recorder),),
                legal_day(sent.sent_at),
                due_on=observe.appointment_day(sent),
                member_id=member_id,
            )


def _unanswered_invitations(case: Case) -> Iterator[Item]:
    """Sittings of the équipe to come to which somebody invited has not answered (protocol art. 6).

    A number that counted an operator of an anti-violence service would tell of her to who is not shown her.
    """
    unnamed = Unnamed(tuple(case.facts.values()))
    held = {f.event.session_id for f in case.all(e.EquipeMet)}
    answers = {(f.event.session_id, f.event.person_id) for f in case.all(e.EquipeInviteAnswered)}
    for fact in case.all(e.EquipeConvoked):
        sitting = fact.event
        silent = [
            each.person_id
            for each in _listed(sitting.invitees)
            if (sitting.session_id, each.person_id) not in answers
            and str(each.person_id) not in unnamed.persons
        ]
        if silent and sitting.session_id not in held:
            yield Item(
                sitting.session_id,
                (fact.event_id,),
                (SERVIZIO_SOCIALE,),
                fact.known_on,
                due_on=legal_day(sitting.meeting_at),
                line=len(silent),
            )


def _invitations(case: Case) -> Iterator[Item]:
    """The same invitations one by one, each before the agency that is to answer, until the day is over.

    One to a unit of the ASL lies before the person invited, for the unit is not named; none to a service
    whose name would tell a secret lies here. The servizio sociale and the Ambito have the list above.
    """
    held = {f.event.session_id for f in case.all(e.EquipeMet)}
    answers = {(f.event.session_id, f.event.person_id) for f in case.all(e.EquipeInviteAnswered)}
    for fact in case.all(e.EquipeConvoked):
        sitting = fact.event
        for line, each in enumerate(_listed(sitting.invitees), 1):
            desks = _desks_of(each)
            if not desks or sitting.session_id in held or (sitting.session_id, each.person_id) in answers:
                continue
            day = legal_day(sitting.meeting_at)
            yield Item(
                sitting.session_id,
                (fact.event_id,),
                desks,
                fact.known_on,
                due_on=day,
                until_on=day + timedelta(days=1),
                line=line,
                person_id=each.person_id if desks == (ASL,) else None,
            )


def _desks_of(invitee: Invitee) -> tuple[str, ...]:
    # Of one that was erased nobody can tell whose it was.
    if of_anti_violence(invitee.agency, invitee.unit) or kind(invitee.agency) in (SERVIZIO_SOCIALE, "ats"):
        return ()
    if of_health(invitee.agency, invitee.unit):
        return (ASL,) if kind(invitee.agency) == ASL else ()
    return tuple(dict.fromkeys((invitee.agency, seat(invitee.agency, invitee.unit))))


def _lapsed(case: Case) -> Iterator[Item]:
    """Terms of the services that lapsed, until what was due is done after all.

    That of a request of access (D13) is not kept in the case: its own list tells that it is overdue.
    """
    for fact in case.all(e.TermLapsed):
        if fact.event.duty_bearer == "SERVIZI" and fact.event.term_id != "D13":
            term = term_of(case, fact.event)
            yield Item(
                fact.event_id,
                (fact.event_id,),
                (SERVIZIO_SOCIALE,),
                fact.event.due_on,
                until_on=term.kept_on if term else None,
                code=fact.event.term_id,
            )


# --- referrals ---------------------------------------------------------------------------------------------


def _unanswered_referrals(case: Case) -> Iterator[Item]:
    """Members sent to an employment service that has neither taken them nor given them back."""
    answered = {f.event.referral_id for f in case.all(e.ReferralAccepted)}
    answered |= {f.event.referral_id for f in case.all(e.ReferralReturned)}
    for fact in case.all(e.MemberReferredToEmploymentService):
        sent = fact.event
        if sent.referral_id not in answered:
            yield Item(
                sent.referral_id,
                (fact.event_id,),
                (observe.office_of(sent),),
                sent.referred_on,
                member_id=sent.member_id,
            )


def _unanswered_specialists(case: Case) -> Iterator[Item]:
    answered = {f.event.referral_id for f in case.all(e.SpecialistReferralAnswered)}
    for fact in case.all(e.MemberReferredToSpecialistService):
        if fact.event.referral_id not in answered:
            yield Item(fact.event.referral_id, (fact.event_id,), (ASL,), fact.event.referred_on)


def _waiting(case: Case) -> Iterator[Item]:
    """Who waits for a specialist service: meanwhile no commitment there can be missed."""
    sent = {f.event.referral_id: f.event_id for f in case.all(e.MemberReferredToSpecialistService)}
    last = {f.event.referral_id: f for f in case.all(e.SpecialistReferralAnswered)}
    for referral_id, fact in last.items():
        if fact.event.answer == "WAITING_LIST" and referral_id in sent:
            yield Item(referral_id, (sent[referral_id], fact.event_id), (ASL,), fact.event.from_on)


# --- reasons -----------------------------------------------------------------------------------------------

ReasonFact = e.JustifiedReasonRequested | e.JustifiedReasonSubmitted | e.JustifiedReasonDecided


def _about(event: ReasonFact) -> tuple[UUID, UUID]:
    return event.infraction_ref, event.member_id


def _unanswered_reasons(case: Case) -> Iterator[Item]:
    """Reasons asked for and neither given nor decided without: a proposal must wait for them."""
    closed = {_about(f.event) for f in case.all(e.JustifiedReasonSubmitted)}
    closed |= {_about(f.event) for f in case.all(e.JustifiedReasonDecided)}
    for fact in case.all(e.JustifiedReasonRequested):
        asked = fact.event
        if _about(asked) not in closed:
            yield Item(
                asked.infraction_ref,
                (fact.event_id,),
                (office_behind(fact.recorder),),
                asked.asked_on,
                due_on=asked.respond_by,
                member_id=asked.member_id,
            )


def _undecided_reasons(case: Case) -> Iterator[Item]:
    decided = {_about(f.event) for f in case.all(e.JustifiedReasonDecided)}
    for fact in case.all(e.JustifiedReasonSubmitted):
        given = fact.event
        if _about(given) not in decided:
            yield Item(
                given.infraction_ref,
                (fact.event_id,),
                (office_behind(fact.recorder),),
                given.submitted_on,
                member_id=given.member_id,
            )


# --- reports and measures ----------------------------------------------------------------------------------

INPS = "inps"


def _unmeasured(case: Case) -> Iterator[Item]:
    """Reports to INPS that no measure followed; one that a later report takes the place of is not asked."""
    reports = case.all(e.InfractionReportedToInps)
    superseded = {f.event.supersedes_report_id for f in reports}
    for fact in reports:
        report = fact.event
        if report.report_id not in superseded and not any(
            _speaks_of(m, report) for m in case.measures.values()
        ):
            yield Item(
                report.report_id, (fact.event_id,), (INPS,), report.reported_on, code=report.reason_status
            )


def _speaks_of(measure: Measure, report: e.InfractionReportedToInps) -> bool:
    """Whether a measure and a report have an infraction, or the proposal, in common."""
    proposed = measure.proposal_id is not None and measure.proposal_id == report.proposal_id
    return proposed or bool(set(measure.infraction_refs) & set(report.infraction_refs))


def _measures(case: Case) -> Iterator[Fact[Measure]]:
    """The measures that stand, each as its fact."""
    for ordered in (e.DecurtazioneOrdered, e.SospensioneOrdered, e.DecadenzaOrdered, e.RevocaOrdered):
        found: list[Fact[Any]] = case.all(ordered)
        yield from (fact for fact in found if fact.event.measure_id not in case.annulled)


MEASURES = {
    e.DecurtazioneOrdered: "DECURTAZIONE",
    e.SospensioneOrdered: "SOSPENSIONE",
    e.DecadenzaOrdered: "DECADENZA",
    e.RevocaOrdered: "REVOCA",
}


def _unreported(case: Case) -> Iterator[Item]:
    """Measures of INPS, or of a court, that no report led to; a CPI orders on its own knowledge."""
    reports = [fact.event for fact in case.all(e.InfractionReportedToInps)]
    for fact in _measures(case):
        ordered = fact.event
        if ordered.authority != "CPI" and not any(_speaks_of(ordered, report) for report in reports):
            yield Item(
                ordered.measure_id,
                (fact.event_id,),
                (INPS,),
                ordered.ordered_on,
                code=MEASURES[type(ordered)],
            )


def _found_wanting(case: Case) -> Iterator[Item]:
    """Measures on which the rules find something (DOMAIN section 2, invariant 4)."""
    for fact in _measures(case):
        found: str | None = fact.event.finding
        if found not in (None, "NONE"):
            yield Item(fact.event.measure_id, (fact.event_id,), (INPS,), fact.event.ordered_on, code=found)


def _to_lift(case: Case) -> Iterator[Item]:
    """Sospensioni that stand although a meeting or an update after them is registered."""
    for fact in _measures(case):
        ordered = fact.event
        if isinstance(ordered, e.SospensioneOrdered) and ordered.measure_id not in over(case):
            met = next((m for m in _registered(case) if m[0] >= ordered.ordered_on), None)
            if met:
                day, rests_on = met
                yield Item(ordered.measure_id, (fact.event_id, *rests_on), (INPS,), day)


def _registered(case: Case) -> list[tuple[date, tuple[UUID, ...]]]:
    """The days of meetings and updates that INPS can know: registered in GePI, or recorded by INPS itself."""
    known = {f.event.subject_event_id: f.event_id for f in case.all(e.GepiRegistrationRecorded)}
    held: list[Fact[Any]] = [*case.all(e.AppointmentHeld), *case.all(e.PeriodicUpdateHeld)]
    days: list[tuple[date, tuple[UUID, ...]]] = []
    for fact in held:
        if fact.event_id in known:
            days.append((fact.event.held_on, (fact.event_id, known[fact.event_id])))
        elif fact.recorder.kind == "inps":
            days.append((fact.event.held_on, (fact.event_id,)))
    return sorted(days)


# --- school, Comune, access, Tavolo ------------------------------------------------------------------------


def _unverified_schooling(case: Case) -> Iterator[Item]:
    for fact in case.all(e.SchoolVerificationRequested):
        if school_answered_on(case, fact.event) is None:
            yield Item(
                fact.event.verification_id,
                (fact.event_id,),
                ("ust", comune_of(case)),
                fact.event.requested_on,
                due_on=fact.event.answer_by,
            )


def _unchecked_residence(case: Case) -> Iterator[Item]:
    """Members whose residence no check has told of, yes or no (protocol premise 'Comuni')."""
    composed = case.all(e.HouseholdCompositionRecorded)
    told = {
        f.event.member_id
        for f in case.all(e.ResidenceCheckRecorded)
        if f.event.check_kind == "RESIDENCE" and f.event.outcome != "INCOMPLETE"
    }
    for member_id in case.members_on(date.max).keys() - told:
        first = next(
            fact for fact in composed if member_id in {m.member_id for m in _listed(fact.event.members)}
        )
        yield Item(
            member_id, (first.event_id,), (comune_of(case),), first.event.verified_on, member_id=member_id
        )


def _unrecorded_changes(case: Case) -> Iterator[Item]:
    """Changes of the household that no composition recorded since has taken in; a birthday is none."""
    composed = [f.event.verified_on for f in case.all(e.HouseholdCompositionRecorded)]
    for fact in case.all(e.HouseholdMemberChanged):
        change = fact.event
        if not change.change_type.startswith("AGE_") and not any(
            day >= change.effective_on for day in composed
        ):
            yield Item(
                fact.event_id,
                (fact.event_id,),
                (comune_of(case),),
                change.effective_on,
                member_id=change.member_id,
                code=change.change_type,
            )


def _unanswered_requests(facts: Sequence[Fact[Any]]) -> Iterator[Item]:
    """Requests to see a case file: a request not answered within its term counts as denied (D13)."""
    answered = {f.event.request_id for f in facts if isinstance(f.event, AccessRequestAnswered)}
    for fact in facts:
        asked = fact.event
        if isinstance(asked, AccessRequestReceived) and asked.request_id not in answered:
            yield Item(
                asked.request_id,
                (fact.event_id,),
                (SERVIZIO_SOCIALE,),
                asked.received_on,
                due_on=asked.answer_by,
                case_id=asked.subject_case_id,
            )


def _decisions(facts: Sequence[Fact[Any]]) -> Iterator[Item]:
    """Decisions of the Tavolo: no fact closes one, so each stays, with its owner, to come or overdue."""
    for fact in facts:
        if isinstance(fact.event, TableMeetingHeld):
            for line, decision in enumerate(fact.event.decisions, 1):
                yield Item(
                    fact.event.meeting_id,
                    (fact.event_id,),
                    (decision.owner, EVERY_SIGNATORY),
                    fact.event.held_on,
                    due_on=decision.due_on,
                    line=line,
                )


SOURCES: dict[str, Callable[[Case], Iterable[Item]]] = {
    "gepi": _to_register,
    "unsigned_pattos": _unsigned,
    "inactive_supports": _inactive,
    "commitments_without_evidence": _without_evidence,
    "convocations_without_delivery": _undelivered,
    "invitations_to_answer": _unanswered_invitations,
    "invitations": _invitations,
    "lapsed_terms_of_services": _lapsed,
    "referrals_to_answer": _unanswered_referrals,
    "specialist_referrals_to_answer": _unanswered_specialists,
    "waiting_lists": _waiting,
    "reasons_not_answered": _unanswered_reasons,
    "reasons_to_decide": _undecided_reasons,
    "reports_without_measure": _unmeasured,
    "measures_without_report": _unreported,
    "measures_with_finding": _found_wanting,
    "suspensions_to_lift": _to_lift,
    "school_answers": _unverified_schooling,
    "residence_checks": _unchecked_residence,
    "household_changes": _unrecorded_changes,
}

ALSO_WHEN_CLOSED = frozenset(
    {"reports_without_measure", "measures_without_report", "measures_with_finding", "suspensions_to_lift"}
)
"""What is reconciled with INPS outlives the charge: a decadenza closes a case."""

TITLES = {
    "gepi": "Incontri e aggiornamenti da registrare in GePI entro il 20",
    "unsigned_pattos": "Patti da sottoscrivere",
    "inactive_supports": "Sostegni promessi e non attivi",
    "commitments_without_evidence": "Impegni senza riscontro",
    "convocations_without_delivery": "Convocazioni senza recapito",
    "invitations_to_answer": "Convocazioni dell'équipe senza risposta",
    "invitations": "Convocazioni dell'équipe a cui rispondere",
    "lapsed_terms_of_services": "Termini dei servizi decorsi",
    "referrals_to_answer": "Avvii ai servizi per il lavoro senza risposta",
    "specialist_referrals_to_answer": "Invii ai servizi specialistici senza risposta",
    "waiting_lists": "Liste d'attesa dei servizi specialistici",
    "reasons_not_answered": "Giustificati motivi chiesti e non presentati",
    "reasons_to_decide": "Giustificati motivi da decidere",
    "reports_without_measure": "Segnalazioni a INPS senza provvedimento",
    "measures_without_report": "Provvedimenti senza segnalazione",
    "measures_with_finding": "Provvedimenti con rilievo",
    "suspensions_to_lift": "Sospensioni da revocare dopo un incontro registrato",
    "school_answers": "Verifiche dell'obbligo scolastico senza risposta",
    "residence_checks": "Residenze da verificare",
    "household_changes": "Variazioni del nucleo da recepire",
    "access_requests": "Istanze di accesso senza risposta",
    "table_decisions": "Decisioni del Tavolo",
}
"""Every list by name, in the order in which they are shown."""


def _listed(values: object) -> Any:
    """A list that was empty and personal is itself sealed, and gone once erased."""
    return values if isinstance(values, tuple) else ()
