"""What the rules ask of a case: the facts on record as the plain values that a rule set reads."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from domain.case.commands import Law
from domain.case.events import (
    AppointmentHeld,
    AppointmentMissed,
    CommitmentMissed,
    ConvocationDelivered,
    HouseholdConvoked,
    JustifiedReasonDecided,
    JustifiedReasonRequested,
    JustifiedReasonSubmitted,
    MeasureNotified,
    MemberConditionRecorded,
)
from domain.case.parts import Commitment, Member
from domain.case.state import Case, Infraction
from domain.fact import Fact
from domain.rules import facts as plain
from domain.rules import obligation
from domain.rules.calendar import age, legal_day
from domain.rules.ladder import Earlier
from domain.rules.rule_set import RuleSet
from domain.rules.sanctions import applicable

ADULTS_IN_CHARGE = frozenset({"RICHIEDENTE", "CONIUGE", "CONVIVENTE"})
CHILDREN = frozenset({"FIGLIO", "FIGLIA", "MINORE_AFFIDATO"})
"""Relationships to the applicant, as the registry writes them; others have no children of their own here."""


def is_adult(member: Member, day: date) -> bool:
    return age(member.birth_date, day) >= 18


def member_on(case: Case, member: Member, day: date) -> tuple[obligation.Member, tuple[UUID, ...]]:
    """A member as the rules on the obligations see her on a day, and the events that say so."""
    births = [m.birth_date for m in case.members.values() if m.relationship.upper() in CHILDREN]
    others = [
        m.birth_date
        for m in case.members.values()
        if m.relationship.upper() not in CHILDREN and m.member_id != member.member_id and not is_adult(m, day)
    ]
    in_charge = member.relationship.upper() in ADULTS_IN_CHARGE
    held = {
        fact.event.condition_code: fact
        for fact in _last_words(case, day)
        if fact.event.member_id == member.member_id
    }

    def holds(code: str) -> bool:
        return code in held and _holds(held[code].event, day)

    seen = obligation.Member(
        birth_date=member.birth_date,
        children_birth_dates=tuple(births) if in_charge else (),
        household_under18_birth_dates=tuple(others if in_charge else [*others, *births]),
        parental_responsibility=False if holds("PARENTAL_RESPONSIBILITY_LOST") else None,
        direct_pension=holds("DIRECT_PENSION"),
        disability_l68=holds("DISABILITY_L68"),
        oncological=holds("ONCOLOGICAL"),
        gender_violence_path=holds("GENDER_VIOLENCE_PATH"),
        employed=holds("EMPLOYED"),
        low_income_keeps_unemployed_status=holds("LOW_INCOME_KEEPS_UNEMPLOYED_STATUS"),
        regular_study=holds("REGULAR_STUDY"),
        caregiver=holds("CAREGIVER") if "CAREGIVER" in held else True,
        household_disabled_annex3=holds("CARE_LOAD_DISABLED_MEMBER"),
    )
    household = [event_id for event_id, fact in case.facts.items() if fact.event is case.household]
    return seen, (*household, *(fact.event_id for fact in held.values()))


def _last_words(case: Case, day: date) -> list[Fact[MemberConditionRecorded]]:
    """The last fact on each condition of each member that had begun by a day, whatever it says."""
    last = {
        (fact.event.member_id, fact.event.condition_code): fact
        for fact in case.all(MemberConditionRecorded)
        if fact.event.valid_from <= day
    }
    return list(last.values())


def _holds(condition: MemberConditionRecorded, day: date) -> bool:
    return condition.value and (condition.valid_to is None or day <= condition.valid_to)


def infraction_code(infraction: Infraction) -> str:
    """The infraction of the rule sets that a fact records."""
    return "CONVOCATION_MISSED" if isinstance(infraction, AppointmentMissed) else "PAIS_COMMITMENT_BREACH"


def area_of(infraction: Infraction) -> str | None:
    return infraction.area if isinstance(infraction, CommitmentMissed) else None


def rules_for(case: Case, day: date, law: Law) -> RuleSet:
    """The rule set of an infraction: by the benefit of the case and the day of the fact."""
    assert case.referral is not None
    until = law.protocol_until
    in_force = (law.protocol_from, until and until - timedelta(days=1)) if law.protocol_from else None
    return applicable(case.referral.benefit, day, in_force, law.setting)


def facts_of(case: Case, event_id: UUID) -> plain.Facts:
    """An infraction as a rule set reads it."""
    assert case.referral is not None
    infraction = case.infractions[event_id]
    return plain.Facts(
        benefit=case.referral.benefit,
        fact_date=infraction.missed_on,
        member=_standing(case, infraction),
        reason=reason_of(case, event_id),
        convocation=_convocation(case, infraction) if isinstance(infraction, AppointmentMissed) else None,
        patto=_patto(case, infraction) if isinstance(infraction, CommitmentMissed) else None,
        commitment=_commitment(case, infraction) if isinstance(infraction, CommitmentMissed) else None,
    )


def _standing(case: Case, infraction: Infraction) -> plain.Standing:
    if isinstance(infraction, AppointmentMissed):
        convocation = case.convocations.get(infraction.convocation_id)
        if convocation is not None and convocation.purpose in ("FIRST_APPOINTMENT", "UPDATE_90D"):
            return "household"
    evaluation = case.evaluation_on(infraction.member_id, infraction.missed_on)
    return evaluation.event.result if evaluation else "excluded"


def reason_of(case: Case, event_id: UUID) -> plain.Reason:
    """The state of the giustificato motivo for an infraction."""
    decided = [f.event for f in case.all(JustifiedReasonDecided) if f.event.infraction_ref == event_id]
    if decided:
        return "accepted" if decided[-1].accepted else "rejected"
    asked = any(f.event.infraction_ref == event_id for f in case.all(JustifiedReasonRequested))
    return "none" if asked else "not_asked"


def reason_pending(case: Case, event_id: UUID) -> bool:
    """A reason was given and is not decided yet."""
    given = any(f.event.infraction_ref == event_id for f in case.all(JustifiedReasonSubmitted))
    return given and reason_of(case, event_id) in ("none", "not_asked")


def delivered_on(case: Case, convocation_id: UUID, member_id: UUID) -> date | None:
    """The Italian day on which a convocation reached a member; None where nothing proves it."""
    days = [
        legal_day(fact.event.delivered_at)
        for fact in case.all(ConvocationDelivered)
        if fact.event.convocation_id == convocation_id and fact.event.member_id == member_id
    ]
    return min(days, default=None)


def appointment_day(convocation: HouseholdConvoked) -> date:
    return legal_day(convocation.appointment_at)


def attended(case: Case, convocation_id: UUID, member_id: UUID) -> bool:
    """Whether a member came to the appointment of a convocation."""
    return any(
        fact.event.convocation_id == convocation_id and member_id in fact.event.attendees
        for fact in case.all(AppointmentHeld)
    )


def _convocation(case: Case, absence: AppointmentMissed) -> plain.Convocation | None:
    convocation = case.convocations.get(absence.convocation_id)
    if convocation is None:
        return None
    return plain.Convocation(
        appointment_on=appointment_day(convocation),
        attended=attended(case, absence.convocation_id, absence.member_id),
        delivered_on=delivered_on(case, absence.convocation_id, absence.member_id),
        sent_on=legal_day(convocation.sent_at),
    )


def commitment_on(case: Case, commitment_id: UUID, day: date) -> Commitment | None:
    """A commitment as the patto in force on a day has it."""
    in_force = case.patto_on(day)
    if in_force is None:
        return None
    _, draft = in_force
    return next((line for line in draft.commitments if line.id == commitment_id), None)


def _patto(case: Case, missed: CommitmentMissed) -> plain.Patto:
    return plain.Patto("PAIS", in_force=case.patto_on(missed.missed_on) is not None)


def _commitment(case: Case, missed: CommitmentMissed) -> plain.Commitment:
    line = commitment_on(case, missed.commitment_id, missed.missed_on)
    stands = line is not None and line.conditional and line.obliged_member_id == missed.member_id
    return plain.Commitment(missed.area, in_patto_on_fact_date=stands, missed=True)


def earlier_than(case: Case, event_ids: tuple[UUID, ...], member_id: UUID) -> list[Earlier]:
    """The earlier infractions of a member, with the day on which the measure of each was notified."""
    return [
        Earlier(
            infraction=infraction_code(infraction),
            ascertained_on=infraction.ascertained_on or infraction.missed_on,
            area=area_of(infraction),
            measure_notified_on=_notified_on(case, event_id),
        )
        for event_id, infraction in case.infractions.items()
        if event_id not in event_ids and infraction.member_id == member_id
    ]


def _notified_on(case: Case, event_id: UUID) -> date | None:
    measures = {m.measure_id for m in case.measures.values() if event_id in m.infraction_refs}
    days = [f.event.notified_on for f in case.all(MeasureNotified) if f.event.measure_id in measures]
    return min(days, default=None)


def evidence_of(case: Case, event_id: UUID) -> tuple[UUID, ...]:
    """The facts that an infraction rests on: patto, convocation, recapito, reason, obligation."""
    infraction = case.infractions[event_id]
    rests = [event_id]
    if isinstance(infraction, AppointmentMissed):
        rests += [
            f.event_id
            for f in case.facts.values()
            if isinstance(f.event, HouseholdConvoked | ConvocationDelivered)
            and f.event.convocation_id == infraction.convocation_id
        ]
    else:
        in_force = case.patto_on(infraction.missed_on)
        rests += [f.event_id for f in case.facts.values() if in_force and f.event in in_force]
    kinds = (JustifiedReasonRequested, JustifiedReasonSubmitted, JustifiedReasonDecided)
    rests += [
        f.event_id
        for f in case.facts.values()
        if isinstance(f.event, kinds) and f.event.infraction_ref == event_id
    ]
    evaluation = case.evaluation_on(infraction.member_id, infraction.missed_on)
    if evaluation:
        rests.append(evaluation.event_id)
    order = list(case.facts)
    return tuple(sorted(set(rests), key=order.index))
