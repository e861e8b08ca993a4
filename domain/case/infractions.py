"""The infractions of a case as a rule set reads them: which, when, whose, for which reason, on what proof."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from uuid import UUID

from domain.case import events as e
from domain.case import observe
from domain.case.commands import AS_SHIPPED, Law
from domain.case.state import Case, Infraction
from domain.case.terms import Term, term_of, terms_of
from domain.contract import occurred_on, slot_of
from domain.fact import Fact
from domain.rules import facts as plain
from domain.rules.calendar import age, legal_day
from domain.rules.ladder import Earlier
from domain.rules.rule_set import RuleSet


def day_of(infraction: Infraction) -> date:
    """The day of the fact: for a term that lapsed, the day after the last useful one."""
    if isinstance(infraction, e.TermLapsed):
        return infraction.due_on + timedelta(days=1)
    day = occurred_on(infraction)
    assert day is not None
    return day


def ascertained_on(fact: Fact[Infraction]) -> date | None:
    """The day on which an infraction was ascertained; None for what is only reported."""
    if isinstance(fact.event, e.AppointmentMissed | e.CommitmentMissed):
        return fact.event.ascertained_on
    return fact.event.refused_on if isinstance(fact.event, e.PattoSignatureRefused) else fact.known_on


TERM_INFRACTIONS = {
    "D1": "FIRST_APPOINTMENT_NOT_HELD_NO_CONVOCATION",
    "D2": "UPDATE_90D_MISSED",
    "D3": "UPDATE_90D_MISSED",
    "D8": "COMMUNICATION_BREACH",
    "D9": "COMMUNICATION_BREACH",
    "D10": "DSU_NOT_UPDATED",
    "D18": "MINOR_SCHOOLING_NOT_DOCUMENTED",
}
"""The infraction that a lapsed term of the household makes; of the others no rule set speaks."""


def infraction_code(case: Case, infraction: Infraction, rules: RuleSet) -> str:
    """The infraction of a rule set that a fact records."""
    match infraction:
        case e.AppointmentMissed():
            return "CONVOCATION_MISSED"
        case e.PattoSignatureRefused():
            return "PATTO_NOT_SIGNED"
        case e.InfractionAscertained():
            return infraction.code
        case e.TermLapsed():
            return TERM_INFRACTIONS.get(infraction.term_id, infraction.term_id)
        case e.CommitmentMissed():
            kind = "PSP" if observe.of_psp(case, infraction) else "PAIS"
            named = rules.data.get("commitments", {}).get(kind, {})
            return str(named.get(infraction.area, named.get("ANY", f"{kind}_COMMITMENT_{infraction.area}")))


def area_of(infraction: Infraction) -> str | None:
    return infraction.area if isinstance(infraction, e.CommitmentMissed) else None


def facts_of(case: Case, event_id: UUID, law: Law = AS_SHIPPED) -> plain.Facts:
    """An infraction as a rule set reads it."""
    assert case.referral is not None
    infraction = case.infractions[event_id]
    day = day_of(infraction)
    member = case.members.get(infraction.member_id) if infraction.member_id else None
    return plain.Facts(
        benefit=case.referral.benefit,
        fact_date=day,
        member=_standing(case, infraction),
        reason=reason_of(case, event_id),
        convocation=_convocation(case, infraction),
        term=_term(case, infraction, law),
        patto=_patto(case, infraction),
        commitment=_commitment(case, infraction),
        offer=_offer(case, infraction),
        age=age(born, day) if member and (born := observe.born(member)) else None,
    )


HOUSEHOLD_DUTIES = ("FIRST_APPOINTMENT", "UPDATE_90D")
"""Purposes of a convocation that bind the whole household, whoever of it is obliged."""


def _standing(case: Case, infraction: Infraction) -> plain.Standing:
    if infraction.member_id is None or isinstance(infraction, e.TermLapsed):
        return "household"
    if isinstance(infraction, e.AppointmentMissed):
        convocation = case.convocations.get(infraction.convocation_id)
        if isinstance(convocation, e.HouseholdConvoked) and convocation.purpose in HOUSEHOLD_DUTIES:
            return "household"
    evaluation = case.evaluation_on(infraction.member_id, day_of(infraction))
    return evaluation.event.result if evaluation else "excluded"


def _convocation(case: Case, infraction: Infraction) -> plain.Convocation | None:
    if isinstance(infraction, e.AppointmentMissed):
        convocation_id: UUID | None = infraction.convocation_id
    elif isinstance(infraction, e.InfractionAscertained):
        convocation_id = observe.convocation_on(case, infraction.member_id, infraction.occurred_on)
    else:
        return None
    convocation = case.convocations.get(convocation_id) if convocation_id else None
    if convocation is None:
        return None
    member_id = infraction.member_id or observe.convoked(convocation)[0]
    return plain.Convocation(
        appointment_on=observe.appointment_day(convocation),
        attended=observe.attended(case, convocation.convocation_id, member_id),
        delivered_on=observe.delivered_on(case, convocation.convocation_id, member_id),
        sent_on=legal_day(convocation.sent_at),
    )


def _term(case: Case, infraction: Infraction, law: Law) -> plain.Term | None:
    """The term that lapsed, with the day on which it was met after all, as the record has it now."""
    if isinstance(infraction, e.TermLapsed):
        # A start that was corrected since moves the term with it: nobody is late who was in time for that.
        term = term_of(case, infraction, law)
        due_on = term.due_on if term else infraction.due_on
    elif isinstance(infraction, e.InfractionAscertained):
        term = _lapsed_before(case, infraction, law)
        if term is None:
            return None
        due_on = term.due_on
    else:
        return None
    started = term.starts_on if term else due_on
    return plain.Term(
        starts_on=started,
        days=max((due_on - started).days, 1),
        as_of=day_of(infraction),
        met_on=term.kept_on if term else started,
        convocation_sent=_convoked_by(case, due_on),
    )


def _lapsed_before(case: Case, infraction: e.InfractionAscertained, law: Law) -> Term | None:
    """The term whose lapse an office ascertained: of the household, or of the member that it names.

    So D1 leads to a sospensione where nobody was convoked: that it lapsed is the lateness of the services
    (TermLapsed of SERVIZI), never a breach, but the benefit is suspended until the meeting.
    """
    lapsed = [
        term
        for term in terms_of(case, law)
        if TERM_INFRACTIONS.get(term.id) == infraction.code
        and term.lapsed_by(infraction.occurred_on)
        and (term.member_id is None or infraction.member_id in (None, term.member_id))
    ]
    return lapsed[-1] if lapsed else None


def _convoked_by(case: Case, day: date) -> bool:
    """Whether a convocation of the household was sent by a day; one of the CPI is to no first appointment."""
    return any(legal_day(fact.event.sent_at) <= day for fact in case.all(e.HouseholdConvoked))


def _missed(case: Case, infraction: Infraction) -> e.CommitmentMissed | None:
    """The absence on record that an infraction is, or that an office ascertained to be another one.

    An absence from adult education or from orientation is a commitment missed like any other; which letter
    of the law it falls under is ascertained beside it.
    """
    if isinstance(infraction, e.CommitmentMissed):
        return infraction
    if not isinstance(infraction, e.InfractionAscertained):
        return None
    who, day = infraction.member_id, infraction.occurred_on
    absences = [i for i in case.infractions.values() if isinstance(i, e.CommitmentMissed)]
    return next((a for a in reversed(absences) if (a.member_id, a.missed_on) == (who, day)), None)


def _patto(case: Case, infraction: Infraction) -> plain.Patto | None:
    if isinstance(infraction, e.PattoSignatureRefused):
        return plain.Patto(infraction.patto_kind, in_force=False, refused=True)
    missed = _missed(case, infraction)
    if missed is None:
        return None
    if observe.of_psp(case, missed):
        return plain.Patto("PSP", in_force=_psp_of(case, missed) is not None)
    return plain.Patto("PAIS", in_force=case.patto_on(missed.missed_on) is not None)


def _psp_of(case: Case, missed: e.CommitmentMissed) -> e.ServicePattoSigned | None:
    psp = observe.service_patto_on(case, missed.member_id, missed.missed_on)
    return psp.event if psp and psp.event.psp_id == missed.patto_id else None


def _commitment(case: Case, infraction: Infraction) -> plain.Commitment | None:
    missed = _missed(case, infraction)
    if missed is None:
        return None
    if observe.of_psp(case, missed):
        psp = _psp_of(case, missed)
        stands = psp is not None and any(a.action_id == missed.commitment_id for a in psp.actions)
    else:
        line = observe.commitment_on(case, missed.commitment_id, missed.missed_on)
        stands = line is not None and line.conditional and line.obliged_member_id == missed.member_id
    return plain.Commitment(missed.area, in_patto_on_fact_date=stands, missed=True)


def _offer(case: Case, infraction: Infraction) -> plain.Offer | None:
    """The last offer to the member that is on record; the catalogue gives it no day."""
    if not isinstance(infraction, e.InfractionAscertained):
        return None
    offers = [f.event for f in case.all(e.JobOfferRecorded) if f.event.member_id == infraction.member_id]
    if not offers:
        return None
    last, day = offers[-1], infraction.occurred_on
    return plain.Offer(
        contract=last.contract_type,
        fte_pct=last.fte_pct,
        wage_ok=last.wage_ok,
        refused=last.outcome == "REFUSED",
        distance_km=last.distance_km,
        public_transport_min=last.public_transport_min,
        child_under_14=any(
            0 <= age(born, day) < 14 for m in case.members_on(day).values() if (born := observe.born(m))
        ),
    )


def reason_of(case: Case, event_id: UUID) -> plain.Reason:
    """The state of the giustificato motivo for an infraction."""
    same = same_absence(case, event_id)
    decided = [f.event for f in case.all(e.JustifiedReasonDecided) if f.event.infraction_ref in same]
    if decided:
        return "accepted" if decided[-1].accepted else "rejected"
    asked = any(f.event.infraction_ref in same for f in case.all(e.JustifiedReasonRequested))
    return "none" if asked else "not_asked"


def reason_pending(case: Case, event_id: UUID) -> bool:
    """A reason was given and is not decided yet."""
    same = same_absence(case, event_id)
    given = any(f.event.infraction_ref in same for f in case.all(e.JustifiedReasonSubmitted))
    return given and not any(f.event.infraction_ref in same for f in case.all(e.JustifiedReasonDecided))


def same_absence(case: Case, event_id: UUID) -> frozenset[UUID]:
    """An infraction and what else is on record of it: a report and its ascertainment are one absence."""
    infraction = case.infractions.get(event_id)
    if not isinstance(infraction, e.CommitmentMissed):
        return frozenset({event_id})
    slot = slot_of(infraction)
    return frozenset(each for each, other in case.infractions.items() if slot_of(other) == slot)


# --- what came before, and what proves it ------------------------------------------------------------------


def earlier_than(
    case: Case, event_ids: tuple[UUID, ...], member_id: UUID | None, day: date, law: Law
) -> list[Earlier]:
    """The earlier infractions of a member in the grant of a day, each under its own rule set, with what
    makes it count. What two offices recorded alike is one.
    """
    begun = observe.grant_begun(case, day)
    cited = {slot_of(case.infractions[ref]) for ref in event_ids}
    alike: dict[object, list[UUID]] = {}
    for event_id, infraction in case.infractions.items():
        slot = slot_of(infraction)
        if slot in cited or infraction.member_id != member_id or day_of(infraction) < begun:
            continue
        if ascertained_on(_fact(case, event_id)) is not None:
            alike.setdefault(slot, []).append(event_id)
    return [_earlier(case, same, law) for same in alike.values()]


def _earlier(case: Case, same: Sequence[UUID], law: Law) -> Earlier:
    """One infraction, of what is on record of it; it counts from the first day that any of that gives."""
    infraction = case.infractions[same[0]]
    rules = observe.rules_for(case, day_of(infraction), law)
    ascertained = (day for each in same if (day := ascertained_on(_fact(case, each))))
    return Earlier(
        infraction=infraction_code(case, infraction, rules),
        rule_set=rules.id,
        ascertained_on=min(ascertained),
        area=area_of(infraction),
        measure_notified_on=min((day for each in same if (day := _notified_on(case, each))), default=None),
        reminded_on=min((day for each in same if (day := _reminded_on(case, each))), default=None),
    )


def _fact(case: Case, event_id: UUID) -> Fact[Infraction]:
    found: Fact[Infraction] = case.facts[event_id]  # type: ignore[assignment]
    return found


def _notified_on(case: Case, event_id: UUID) -> date | None:
    measures = {
        m.measure_id
        for m in case.measures.values()
        if event_id in m.infraction_refs and observe.stands(case, m.measure_id)
    }
    days = [f.event.notified_on for f in case.all(e.MeasureNotified) if f.event.measure_id in measures]
    return min(days, default=None)


def _reminded_on(case: Case, event_id: UUID) -> date | None:
    reminders = [f.event for f in case.all(e.FormalReminderIssued) if f.event.infraction_ref == event_id]
    return min((reminder.delivered_on or reminder.issued_on for reminder in reminders), default=None)


SPEAKS_OF_AN_INFRACTION = (
    e.JustifiedReasonRequested,
    e.JustifiedReasonSubmitted,
    e.JustifiedReasonDecided,
    e.FormalReminderIssued,
)


def evidence_of(case: Case, event_id: UUID, law: Law = AS_SHIPPED) -> tuple[UUID, ...]:
    """The facts that an infraction rests on: patto, convocation, recapito, reason, obligation."""
    infraction = case.infractions[event_id]
    rests = {event_id, *_grounds_of(case, infraction, law)}
    same = same_absence(case, event_id)
    rests |= {
        f.event_id
        for f in case.facts.values()
        if isinstance(f.event, SPEAKS_OF_AN_INFRACTION) and f.event.infraction_ref in same
    }
    if infraction.member_id is not None:
        evaluation = case.evaluation_on(infraction.member_id, day_of(infraction))
        rests |= {evaluation.event_id} if evaluation else set()
    return tuple(each for each in case.facts if each in rests)


def _grounds_of(case: Case, infraction: Infraction, law: Law) -> Iterable[UUID]:
    match infraction:
        case e.AppointmentMissed():
            return _told_of(case, infraction.convocation_id)
        case e.TermLapsed():
            return [infraction.started_by_event_id]
        case e.PattoSignatureRefused():
            return [f.event_id for f in case.all(e.PattoDrafted) if f.event.patto_id == infraction.patto_id]
        case e.InfractionAscertained():
            convocation_id = observe.convocation_on(case, infraction.member_id, infraction.occurred_on)
            offers = [
                f.event_id
                for f in case.all(e.JobOfferRecorded)
                if f.event.member_id == infraction.member_id and infraction.code == "JOB_OFFER_REFUSED"
            ]
            absence, term = _missed(case, infraction), _lapsed_before(case, infraction, law)
            return [
                *offers[-1:],
                *(_told_of(case, convocation_id) if convocation_id else ()),
                *([event_id for event_id, each in case.infractions.items() if each is absence]),
                *(_grounds_of(case, absence, law) if absence else ()),
                *([term.started_by] if term else ()),
            ]
        case e.CommitmentMissed():
            psp = observe.service_patto_on(case, infraction.member_id, infraction.missed_on)
            if observe.of_psp(case, infraction):
                return [psp.event_id] if psp else []
            in_force = case.patto_on(infraction.missed_on)
            if in_force is None:
                return []
            signed, draft = in_force
            return [signed.event_id, *(f.event_id for f in case.all(e.PattoDrafted) if f.event is draft)]


def _told_of(case: Case, convocation_id: UUID) -> list[UUID]:
    return [
        f.event_id
        for f in case.facts.values()
        if isinstance(f.event, e.HouseholdConvoked | e.MemberConvokedByCpi | e.ConvocationDelivered)
        and f.event.convocation_id == convocation_id
    ]
