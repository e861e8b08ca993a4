"""The employment centre: who was referred to it, what it must do by when, and what became of it.

Its terms are those of the law (D3, D4a, D4b in ``rule_sets/terms.toml``), computed as the Ambito computes
them from what the office was told: none begins, or goes on, beyond the end of the benefit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar
from uuid import UUID

from domain.case import events as e
from domain.rules.calendar import age
from domain.rules.deadlines import last_day
from domain.rules.rule_set import RuleSet
from projections.offices import people
from projections.offices.held import NOTHING, Held, Told
from projections.offices.line import Line
from projections.offices.team import Invitation, invitations

AT_WORK = ("CPI", "SOGGETTO_ACCREDITATO")
"""The seats at which a contact is one of the employment services."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """Whether the member is bound, from a day on, and why not."""

    evaluated_for: date | None = None
    result: str | None = None
    reason_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Member(Line):
    """Scheda contatti dei componenti avviati. Whom the office has in charge: sent to it, not given back."""

    name: ClassVar[str] = "members"
    whole_person: ClassVar[bool] = True

    accepted_on: date | None = None
    activable: bool | None = None
    obligations: tuple[Obligation, ...] = ()
    did_on: date | None = None
    service_patto_on: date | None = None
    benefit_ended_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral(Line):
    """Avvii da accettare o restituire. No article gives a day for the answer: D4a runs in any case."""

    name: ClassVar[str] = "referrals"

    accepted_on: date | None = None
    returned_on: date | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePatto(Line):
    """Convocazione e patto di servizio entro 60 giorni. Of each referral that was not given back."""

    name: ClassVar[str] = "service-pattos"

    convoke_by: date
    convoked_on: date | None = None
    sign_by: date
    signed_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Convocation(Line):
    """Convocazioni del centro per l'impiego. With recapito and outcome; it is open until it has one."""

    name: ClassVar[str] = "convocations"

    appointment_at: datetime | None = None
    place: str | None = None
    channel: str | None = None
    contact_used: str | None = None
    delivered_on: date | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Update(Line):
    """Aggiornamenti ogni 90 giorni. Of each member in charge, from the last contact with the office (D3)."""

    name: ClassVar[str] = "updates"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer(Line):
    """Offerte di lavoro. The day is that on which the offer was recorded: it has no other."""

    name: ClassVar[str] = "offers"

    contract_type: str | None = None
    fte_pct: int | None = None
    distance_km: int | None = None
    public_transport_min: int | None = None
    duration_months: int | None = None
    wage_ok: bool | None = None
    outcome: str | None = None


LISTS: tuple[type[Line], ...] = (Member, Referral, ServicePatto, Convocation, Update, Offer, Invitation)


def of_case(held: Held, rules: RuleSet) -> Iterator[Line]:
    charge = _charge(held)
    yield from _members(held, charge)
    yield from _referrals(held)
    yield from _service_pattos(held, rules)
    yield from _convocations(held)
    yield from _updates(held, charge, rules)
    yield from _offers(held)
    yield from invitations(held)


def _charge(held: Held) -> dict[UUID, Told]:
    """The referral of each member in charge: the last one of hers was not given back."""
    returned = {fact.id("referral_id") for fact in held.all(e.ReferralReturned)}
    last = {fact.id("member_id"): fact for fact in held.all(e.MemberReferredToEmploymentService)}
    return {
        member_id: fact
        for member_id, fact in last.items()
        if member_id and fact.id("referral_id") and fact.id("referral_id") not in returned
    }


def _of(member_id: UUID | None, facts: Sequence[Told]) -> list[Told]:
    return [fact for fact in facts if fact.id("member_id") == member_id]


def _first(days: Sequence[date | None], since: date) -> date | None:
    """The first of some days that is not before another one."""
    return min((day for day in days if day and day >= since), default=None)


# --- who is in charge --------------------------------------------------------------------------------------


def _members(held: Held, charge: dict[UUID, Told]) -> Iterator[Member]:
    ended = _benefit_ended(held)
    for member_id, sent in charge.items():
        referral_id, since = sent.id("referral_id"), sent.day("referred_on")
        assert referral_id is not None
        accepted = [f for f in held.all(e.ReferralAccepted) if f.id("referral_id") == referral_id]
        assessed = _of(member_id, held.all(e.ActivabilityAssessed))
        declared = [fact.day("did_on") for fact in _of(member_id, held.all(e.DidRecorded))]
        signed = [fact.day("signed_on") for fact in _of(member_id, held.all(e.ServicePattoSigned))]
        yield Member(
            item_id=referral_id,
            member_id=member_id,
            since=since,
            open=True,
            accepted_on=accepted[-1].day("accepted_on") if accepted else None,
            activable=assessed[-1].yes("activable") if assessed else None,
            obligations=_obligations(_of(member_id, held.all(e.ObligationEvaluated))),
            did_on=max((day for day in declared if day), default=None),
            service_patto_on=_first(signed, since or date.min),
            benefit_ended_on=ended,
        )


def _obligations(evaluated: Sequence[Told]) -> tuple[Obligation, ...]:
    """By day; of two evaluations for one day the later one."""
    last = {fact.day("evaluated_for"): fact for fact in evaluated}
    return tuple(
        Obligation(
            evaluated_for=day, result=fact.text("result"), reason_codes=tuple(fact.texts("reason_codes"))
        )
        for day, fact in sorted(last.items(), key=lambda each: each[0] or date.min)
    )


def _benefit_ended(held: Held) -> date | None:
    """The last day of the benefit, where the last word on it that the office was told is that it ends."""
    annulled = {fact.id("measure_id") for fact in held.all(e.MeasureAnnulled)}
    ended: date | None = None
    for fact in held.all(
        e.BenefitGranted,
        e.BenefitRenewed,
        e.BenefitExpired,
        e.BenefitRenounced,
        e.DecadenzaOrdered,
        e.RevocaOrdered,
    ):
        if fact.kind in (e.BenefitGranted, e.BenefitRenewed):
            ended = None
        elif fact.kind is e.BenefitExpired:
            ended = fact.day("expired_on")
        elif fact.kind is e.BenefitRenounced:
            ended = fact.day("effective_on")
        elif fact.text("affected_scope") == "HOUSEHOLD" and fact.id("measure_id") not in annulled:
            first_without = fact.day("effective_from")
            ended = first_without - timedelta(days=1) if first_without else ended
    return ended


# --- what it must do ---------------------------------------------------------------------------------------


def _referrals(held: Held) -> Iterator[Referral]:
    accepted = {fact.id("referral_id"): fact.day("accepted_on") for fact in held.all(e.ReferralAccepted)}
    returned = {fact.id("referral_id"): fact for fact in held.all(e.ReferralReturned)}
    for sent in held.all(e.MemberReferredToEmploymentService):
        referral_id = sent.id("referral_id")
        given_back = returned.get(referral_id, NOTHING)
        if referral_id:
            yield Referral(
                item_id=referral_id,
                member_id=sent.id("member_id"),
                since=sent.day("referred_on"),
                open=referral_id not in accepted and given_back is NOTHING,
                accepted_on=accepted.get(referral_id),
                returned_on=given_back.day("returned_on"),
                reason=given_back.text("reason"),
            )


def _service_pattos(held: Held, rules: RuleSet) -> Iterator[ServicePatto]:
    returned = {fact.id("referral_id") for fact in held.all(e.ReferralReturned)}
    ended = _benefit_ended(held)
    for sent in held.all(e.MemberReferredToEmploymentService):
        referral_id, member_id, since = sent.id("referral_id"), sent.id("member_id"), sent.day("referred_on")
        if referral_id is None or referral_id in returned or since is None:
            continue
        convoked = _first([f.day("sent_at") for f in _of(member_id, held.all(e.MemberConvokedByCpi))], since)
        signed = _first([f.day("signed_on") for f in _of(member_id, held.all(e.ServicePattoSigned))], since)
        convoke_by, sign_by = last_day("D4a", since, rules), last_day("D4b", since, rules)
        yield ServicePatto(
            item_id=referral_id,
            member_id=member_id,
            since=since,
            due_on=convoke_by if convoked is None else sign_by,
            until_on=ended and ended + timedelta(days=1),
            open=signed is None,
            convoke_by=convoke_by,
            convoked_on=convoked,
            sign_by=sign_by,
            signed_on=signed,
        )


def _convocations(held: Held) -> Iterator[Convocation]:
    delivered = {
        (fact.id("convocation_id"), fact.id("member_id")): fact.day("delivered_at")
        for fact in held.all(e.ConvocationDelivered)
    }
    missed = {(f.id("convocation_id"), f.id("member_id")) for f in held.all(e.AppointmentMissed)}
    came = {
        (fact.id("convocation_id"), member_id)
        for fact in held.all(e.AppointmentHeld)
        for member_id in fact.ids("attendees")
    }
    for sent in held.all(e.MemberConvokedByCpi):
        convocation_id, member_id = sent.id("convocation_id"), sent.id("member_id")
        of_hers = (convocation_id, member_id)
        outcome = "HELD" if of_hers in came else "MISSED" if of_hers in missed else None
        if convocation_id:
            yield Convocation(
                item_id=convocation_id,
                member_id=member_id,
                since=sent.day("sent_at"),
                due_on=sent.day("appointment_at"),
                open=outcome is None,
                appointment_at=sent.moment("appointment_at"),
                place=sent.text("place"),
                channel=sent.text("channel"),
                contact_used=sent.text("contact_used"),
                delivered_on=delivered.get(of_hers),
                outcome=outcome,
            )


def _updates(held: Held, charge: dict[UUID, Told], rules: RuleSet) -> Iterator[Update]:
    """The next update of each member in charge; none where the law asks for none on that day."""
    known, ended, gone = people.of_case(held), _benefit_ended(held), _gone(held)
    for member_id, sent in charge.items():
        days = [*_contacts(held, member_id)]
        if not days:
            continue
        due = last_day("D3", max(days), rules)
        born = known[member_id].birth_date if member_id in known else None
        if born is None or age(born, due) < ADULT or gone.get(member_id, due + DAY) <= due:
            continue
        if ended is None or ended >= due:
            yield Update(
                item_id=sent.id("referral_id") or member_id,
                member_id=member_id,
                since=max(days),
                due_on=due,
                open=True,
            )


ADULT, DAY = 18, timedelta(days=1)


def _gone(held: Held) -> dict[UUID | None, date]:
    """Who left the household, by the day of it."""
    left = [f for f in held.all(e.HouseholdMemberChanged) if f.text("change_type") in ("LEFT", "DEATH")]
    return {fact.id("member_id"): fact.day("effective_on") or date.min for fact in left}


def _contacts(held: Held, member_id: UUID) -> Iterator[date]:
    """The days on which the member was in contact with an employment service."""
    for fact in held.all(e.AppointmentHeld):
        if (
            fact.text("seat") in AT_WORK
            and member_id in fact.ids("attendees")
            and (day := fact.day("held_on"))
        ):
            yield day
    for fact in _of(member_id, held.all(e.PeriodicUpdateHeld)):
        if fact.text("seat") in AT_WORK and (day := fact.day("held_on")):
            yield day
    for fact in _of(member_id, held.all(e.ServicePattoSigned)):
        if day := fact.day("signed_on"):
            yield day


def _offers(held: Held) -> Iterator[Offer]:
    for fact in held.all(e.JobOfferRecorded):
        offer_id = fact.id("offer_id")
        if offer_id:
            yield Offer(
                item_id=offer_id,
                member_id=fact.id("member_id"),
                since=fact.recorded_on,
                open=fact.text("outcome") == "NO_ANSWER",
                contract_type=fact.text("contract_type"),
                fte_pct=fact.number("fte_pct"),
                distance_km=fact.number("distance_km"),
                public_transport_min=fact.number("public_transport_min"),
                duration_months=fact.number("duration_months"),
                wage_ok=fact.yes("wage_ok"),
                outcome=fact.text("outcome"),
            )
