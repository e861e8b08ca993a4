"""What a case says, as the rules ask it: who is of the household, who was convoked, what the patto holds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

from domain.case import events as e
from domain.case.commands import Law
from domain.case.parts import Commitment, Contact, Member
from domain.case.state import Case, Convocation
from domain.fact import Fact, kind
from domain.refused import Refused
from domain.rules import obligation
from domain.rules.calendar import age, legal_day
from domain.rules.ladder import as_decided
from domain.rules.rule_set import OBLIGATION_RULE_SET, RuleSet, load
from domain.rules.sanctions import STATUTE, applicable

ADULTS_IN_CHARGE = frozenset({"RICHIEDENTE", "CONIUGE", "CONVIVENTE"})
CHILDREN = frozenset({"FIGLIO", "FIGLIA", "MINORE_AFFIDATO"})
"""Relationships to the applicant, as the registry writes them; others have no children of their own here."""


# --- the household -----------------------------------------------------------------------------------------


def born(member: Member) -> date | None:
    """The day of birth; None for who was erased."""
    known: object = member.birth_date
    return known if isinstance(known, date) else None


def is_adult(member: Member, day: date) -> bool:
    """Whether a member is of age on a day; who was erased is nobody's minor."""
    birth = born(member)
    return birth is None or age(birth, day) >= 18


def contacts_of(case: Case, member: Member) -> tuple[Contact, ...]:
    """All contacts of a member now: the last update of them, else those of the registry."""
    updated = case.contacts.get(member.member_id)
    return _listed(updated.contacts if updated else member.contacts)


def _listed(contacts: object) -> tuple[Contact, ...]:
    # An empty list of an erased person was sealed as a whole, and erased with it.
    return contacts if isinstance(contacts, tuple) else ()


def contacts_of_others(case: Case, member_id: UUID) -> frozenset[str]:
    """Every contact that was ever another member's, in the registry, in an update or in the PAD."""
    listed = [
        (each.member_id, each.contacts)
        for f in case.all(e.HouseholdCompositionRecorded)
        for each in f.event.members
    ]
    listed += [(f.event.member_id, f.event.contacts) for f in case.all(e.ContactsUpdated)]
    used = {
        contact.value for owner, contacts in listed if owner != member_id for contact in _listed(contacts)
    }
    pads = [f.event for f in case.all(e.PadSigned) if f.event.signatory_member_id != member_id]
    return frozenset(used | {v for pad in pads for v in (pad.contact_email, pad.contact_phone) if v})


def member_on(case: Case, member: Member, day: date) -> tuple[obligation.Member, tuple[UUID, ...]]:
    """A member as the rules on the obligations see her on a day, and the events that say so."""
    if born(member) is None:
        raise Refused("PERSON_ERASED", "the data of this member were erased")
    household = [m for m in case.members_on(day).values() if born(m) is not None]
    apart = [m for m in household if m.member_id != member.member_id]
    births = [m.birth_date for m in apart if m.relationship.upper() in CHILDREN]
    others = [m.birth_date for m in apart if m.relationship.upper() not in CHILDREN and not is_adult(m, day)]
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
    composed = [
        event_id
        for event_id, fact in case.facts.items()
        if isinstance(fact.event, e.HouseholdMemberChanged) or fact.event is case.household
    ]
    return seen, (*composed, *(fact.event_id for fact in held.values()))


def _last_words(case: Case, day: date) -> list[Fact[e.MemberConditionRecorded]]:
    """The fact that speaks of a day, for each condition of each member that had begun by then.

    What begins on the same day says the earlier fact anew; of several that reach the day the one that began
    last speaks, and one that is over speaks only where none reaches it: an old certificate recorded late
    does not end the one that holds.
    """
    said = {
        (fact.event.member_id, fact.event.condition_code, fact.event.valid_from): fact
        for fact in case.all(e.MemberConditionRecorded)
        if fact.event.valid_from <= day
    }
    speaks: dict[tuple[UUID, str], Fact[e.MemberConditionRecorded]] = {}
    for fact in sorted(said.values(), key=lambda fact: (_reaches(fact.event, day), fact.event.valid_from)):
        speaks[fact.event.member_id, fact.event.condition_code] = fact
    return list(speaks.values())


def _reaches(condition: e.MemberConditionRecorded, day: date) -> bool:
    return condition.valid_to is None or day <= condition.valid_to


def _holds(condition: e.MemberConditionRecorded, day: date) -> bool:
    return condition.value and _reaches(condition, day)


def benefit_ended(case: Case, day: date) -> bool:
    """Whether a day is after the end of the benefit: expired, renounced, lost or revoked, and not renewed."""
    starts = list(_starts(case))
    return any(
        end < day and not any(end < start <= day and acted_on >= since for start, acted_on in starts)
        for end, since in _ends(case)
    )


def _ends(case: Case) -> Iterable[tuple[date, date]]:
    """The last days of the benefit that are on record, each with the day since which an act can renew it.

    A decadenza or a revoca may reach back to the first month: only what was granted after it starts anew.
    """
    yield from ((fact.event.expired_on, date.min) for fact in case.all(e.BenefitExpired))
    yield from ((fact.event.effective_on, date.min) for fact in case.all(e.BenefitRenounced))
    for measure in case.measures.values():
        if not isinstance(measure, e.DecadenzaOrdered | e.RevocaOrdered):
            continue
        if measure.affected_scope == "HOUSEHOLD" and stands(case, measure.measure_id):
            yield measure.effective_from - timedelta(days=1), measure.ordered_on


def _starts(case: Case) -> Iterable[tuple[date, date]]:
    """The first days of the benefit that are on record, each with the day of the act."""
    acts = [(f.event.first_month, f.event.granted_on) for f in case.all(e.BenefitGranted)]
    acts += [(f.event.first_month, f.event.renewed_on) for f in case.all(e.BenefitRenewed)]
    yield from ((date.fromisoformat(f"{month}-01"), acted_on) for month, acted_on in acts)


def grant_begun(case: Case, day: date) -> date:
    """The first day of the grant that a day falls in; whatever came before the second grant is of the first.

    Occurrences count within a grant (DOMAIN section 7.3); a renewal goes on with it [open for RdC and ReI].
    """
    firsts = sorted(date.fromisoformat(f"{f.event.first_month}-01") for f in case.all(e.BenefitGranted))
    return max((first for first in firsts[1:] if first <= day), default=date.min)


def stands(case: Case, measure_id: UUID) -> bool:
    return measure_id not in case.annulled


def in_employment_service(case: Case, member_id: UUID, day: date) -> bool:
    """Whether a member was in the charge of an employment service on a day: sent to it and not given back."""
    returned = {f.event.referral_id: f.event.returned_on for f in case.all(e.ReferralReturned)}
    return any(
        f.event.member_id == member_id
        and f.event.referred_on <= day
        and returned.get(f.event.referral_id, date.max) > day
        for f in case.all(e.MemberReferredToEmploymentService)
    )


def exempt_from_updates(case: Case, member: Member, day: date) -> bool:
    """Who need not update every 90 days: 60 and over, disabled, in a protection path (wiki GePI)."""
    seen, _ = member_on(case, member, day)
    sixty = age(member.birth_date, day) >= obligation.rules_in_force().data["ages"]["exempt"]
    return bool(sixty) or seen.disability_l68 or seen.gender_violence_path


def office_of(referral: e.MemberReferredToEmploymentService) -> str:
    """The recipient that a referral goes to: one CPI is ``cpi``, one of several ``cpi-<code>``."""
    agency = {"CPI": "cpi", "ACCREDITATO": "accreditato"}[referral.destination]
    return referral.destination_id if kind(referral.destination_id) == agency else agency


# --- convocations ------------------------------------------------------------------------------------------


def convoked(convocation: Convocation) -> tuple[UUID, ...]:
    """Who is convoked."""
    if isinstance(convocation, e.MemberConvokedByCpi):
        return (convocation.member_id,)
    return convocation.member_ids


def delivered_on(case: Case, convocation_id: UUID, member_id: UUID) -> date | None:
    """The Italian day on which a convocation reached a member; None where nothing proves it."""
    days = [
        legal_day(fact.event.delivered_at)
        for fact in case.all(e.ConvocationDelivered)
        if fact.event.convocation_id == convocation_id and fact.event.member_id == member_id
    ]
    convocation = case.convocations.get(convocation_id)
    if convocation is not None and noticed_in_siisl(case, convocation, member_id):
        days.append(legal_day(convocation.sent_at))
    return min(days, default=None)


def noticed_in_siisl(case: Case, convocation: Convocation, member_id: UUID) -> bool:
    """Whether a notice in SIISL stands for the recapito: where no other contact of the member is valid.

    DM 154/2023 art. 7 c. 2 lett. a).
    """
    member = case.members.get(member_id)
    if convocation.channel != "SIISL" or member is None or member_id not in convoked(convocation):
        return False
    return not any(each.channel != "SIISL" and each.safe for each in contacts_of(case, member))


def reached_on(case: Case, convocation: Convocation, member_id: UUID) -> date | None:
    """The day on which a convocation reached a member; one that came after its appointment reached nobody."""
    day = delivered_on(case, convocation.convocation_id, member_id)
    return day if day is not None and day <= appointment_day(convocation) else None


def appointment_day(convocation: Convocation) -> date:
    return legal_day(convocation.appointment_at)


def attended(case: Case, convocation_id: UUID, member_id: UUID) -> bool:
    """Whether a member came to the appointment of a convocation."""
    return any(
        fact.event.convocation_id == convocation_id and member_id in fact.event.attendees
        for fact in case.all(e.AppointmentHeld)
    )


def convocation_on(case: Case, member_id: UUID | None, day: date) -> UUID | None:
    """The convocation of a member to an appointment on a day."""
    found = [
        each.convocation_id
        for each in case.convocations.values()
        if appointment_day(each) == day and (member_id is None or member_id in convoked(each))
    ]
    return found[-1] if found else None


# --- the patto ---------------------------------------------------------------------------------------------


def commitment_on(case: Case, commitment_id: UUID, day: date) -> Commitment | None:
    """A commitment as the patto in force on a day has it."""
    in_force = case.patto_on(day)
    if in_force is None:
        return None
    _, draft = in_force
    return next((line for line in draft.commitments if line.id == commitment_id), None)


def service_patto_on(case: Case, member_id: UUID, day: date) -> Fact[e.ServicePattoSigned] | None:
    """The patto di servizio of a member in force on a day: the last one signed by then."""
    signed = [
        fact
        for fact in case.all(e.ServicePattoSigned)
        if fact.event.member_id == member_id and fact.event.signed_on <= day
    ]
    return max(signed, key=lambda fact: fact.event.signed_on, default=None)


def of_psp(case: Case, missed: e.CommitmentMissed) -> bool:
    """Whether a missed commitment is an action of a patto di servizio (D.Lgs. 150/2015 art. 20)."""
    return any(fact.event.psp_id == missed.patto_id for fact in case.all(e.ServicePattoSigned))


def rules_for(case: Case, day: date, law: Law) -> RuleSet:
    """The rule set of an infraction: by the benefit of the case and the day of the fact, in the reading of
    the Ambito, with the rungs that the Tavolo had decided by then.
    """
    assert case.referral is not None
    until = law.protocol_until
    in_force = (law.protocol_from, until and until - timedelta(days=1)) if law.protocol_from else None
    rules = applicable(case.referral.benefit, day, in_force, law.setting)
    if rules.id in law.texts:
        return law.texts[rules.id]
    return as_decided(rules.read_as(law.settings), law.rungs, day)


def obligations_for(law: Law) -> RuleSet:
    """The rule set of the obligations, in the reading of the Ambito."""
    return law.texts.get(OBLIGATION_RULE_SET) or obligation.rules_in_force(law.settings)


def notice_days(case: Case, day: date, law: Law) -> int:
    """Days between recapito and appointment that make a convocation valid: a setting, no source gives one.

    A household without a benefit is convoked with the notice of the statute.
    """
    assert case.referral is not None
    if case.referral.benefit == "NONE":
        return load(STATUTE).read_as(law.settings).number("min_notice_days")
    return rules_for(case, day, law).number("min_notice_days")
