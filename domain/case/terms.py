"""The terms of a case: what started each, its last useful day, whose duty it is, and whether it was kept.

Pure: a term is computed from the log whenever it is asked for; the clock writes down those that lapsed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any, Literal
from uuid import UUID

from domain.case import events as e
from domain.case import observe
from domain.case.commands import AS_SHIPPED, Law
from domain.case.state import COMES, GOES, Case
from domain.contract import occurred_on
from domain.fact import Fact
from domain.rules.calendar import add_months, legal_day, term_end
from domain.rules.deadlines import last_day, norms
from domain.rules.rule_set import RuleSet, load
from domain.rules.sanctions import STATUTE

Duty = Literal["SERVIZI", "COMPONENTE", "NUCLEO"]


@dataclass(frozen=True, slots=True)
class Term:
    """A term that began. ``kept_on`` is the day on which it was kept, in time or late; None while it runs."""

    id: str
    started_by: UUID
    starts_on: date
    due_on: date
    duty_bearer: Duty
    kept_on: date | None = None
    member_id: UUID | None = None

    def lapsed_by(self, day: date) -> bool:
        """Whether it was over on a day without having been kept in time."""
        return self.due_on < day and (self.kept_on is None or self.kept_on > self.due_on)

    @property
    def kept_late(self) -> bool:
        return self.kept_on is not None and self.kept_on > self.due_on


def terms_of(case: Case, law: Law = AS_SHIPPED) -> tuple[Term, ...]:
    """Every term of a case that ever began, soonest due first. Those of a benefit that had ended never do."""
    if case.referral is None:
        return ()
    rules = statute(law)
    found = [term for source in SOURCES for term in source(case, rules)]
    running = [term for term in found if term.id in OUTLIVE_THE_BENEFIT or not _ended(case, term)]
    return tuple(sorted(running, key=lambda term: (term.due_on, term.id, str(term.member_id))))


def statute(law: Law) -> RuleSet:
    """The statute as this Ambito reads it: the patron saint moves the last day of a term."""
    return _reading(tuple(sorted(law.settings.items())))


@cache
def _reading(settings: tuple[tuple[str, int | str], ...]) -> RuleSet:
    return load(STATUTE).read_as(dict(settings))


OUTLIVE_THE_BENEFIT = frozenset({"D5", "D6", "D7", "D11", "D12"})
"""Terms that a measure starts, or the report of a fact: they run after the benefit too."""


def _ended(case: Case, term: Term) -> bool:
    """Whether the benefit ended before a term began, or before it could lapse."""
    if observe.benefit_ended(case, term.starts_on):
        return True
    kept = term.kept_on is not None and not term.kept_late
    return not kept and observe.benefit_ended(case, term.due_on)


def term_of(case: Case, lapsed: e.TermLapsed, law: Law = AS_SHIPPED) -> Term | None:
    """The term that a fact says has lapsed; None where nothing on record started it."""
    for term in terms_of(case, law):
        if (term.id, term.started_by, term.member_id) == (
            lapsed.term_id,
            lapsed.started_by_event_id,
            lapsed.member_id,
        ):
            return term
    return None


# --- the first meeting -------------------------------------------------------------------------------------

LAST_OLD_APPLICATION = date(2024, 2, 29)
"""Of applications up to this day D1 runs from the transmission to the Comune (nota MLPS 6062/2024)."""


def _first_meeting(case: Case, rules: RuleSet) -> Iterator[Term]:
    start = _start_of_path(case)
    if start is None or case.referral is None or case.referral.benefit != "ADI":
        return
    fact, day = start
    met = _first(legal_days(case, e.AppointmentHeld))
    yield _term("D1", fact, day, met, _if_convoked(case, last_day("D1", day, rules)), rules)
    if isinstance(fact.event, e.PadSigned):
        sent = [legal_day(f.event.sent_at) for f in case.all(e.HouseholdConvoked)]
        yield _term("D1b", fact, day, _first(sent), "SERVIZI", rules)


def _start_of_path(case: Case) -> tuple[Fact[Any], date] | None:
    """The fact from which the 120 days run: the PAD, the transmission, or a reason that was accepted."""
    pads, sent = case.all(e.PadSigned), case.all(e.CaseTransmittedToComune)
    restarts = [f for f in case.all(e.JustifiedReasonDecided) if _restarts(case, f.event)]
    if restarts:
        return restarts[-1], restarts[-1].event.decided_on
    if sent and (not pads or pads[0].event.signed_on <= LAST_OLD_APPLICATION):
        return sent[0], sent[0].event.transmitted_on
    return (pads[0], pads[0].event.signed_on) if pads else None


def _restarts(case: Case, decided: e.JustifiedReasonDecided) -> bool:
    """A reason accepted for a first appointment missed starts the 120 days anew [secondary source]."""
    missed = case.infractions.get(decided.infraction_ref)
    if not decided.accepted or not isinstance(missed, e.AppointmentMissed):
        return False
    convocation = case.convocations.get(missed.convocation_id)
    return isinstance(convocation, e.HouseholdConvoked) and convocation.purpose == "FIRST_APPOINTMENT"


def _if_convoked(case: Case, due_on: date) -> Duty:
    """Of the services where no convocation reached anybody by then, of the household otherwise."""
    reached = [
        observe.reached_on(case, f.event, member_id)
        for f in case.all(e.HouseholdConvoked)
        for member_id in f.event.member_ids
    ]
    return "NUCLEO" if any(day is not None and day <= due_on for day in reached) else "SERVIZI"


# --- the updates of every 90 days --------------------------------------------------------------------------

Contact = tuple[date, UUID]
"""The day of a contact with an office, and the fact that says so."""


def _updates(case: Case, rules: RuleSet) -> Iterator[Term]:
    for member_id, member in case.members.items():
        # An update at the employment service, which had the member in charge, is one for D2 too.
        there = [*_employment_contacts(case, member_id)]
        for term_id, contacts in (("D2", [*_social_contacts(case, member_id), *there]), ("D3", there)):
            days = sorted(contacts)
            for index, (day, event_id) in enumerate(days):
                due = last_day(term_id, day, rules)
                if _bound(case, member_id, term_id, due):
                    kept = days[index + 1][0] if index + 1 < len(days) else None
                    yield Term(term_id, event_id, day, due, "COMPONENTE", kept, member.member_id)


def _social_contacts(case: Case, member_id: UUID) -> Iterable[Contact]:
    yield from _met(case, member_id, ("SERVIZIO_SOCIALE",))
    yield from _updated(case, member_id, ("SERVIZIO_SOCIALE", "PATRONATO"))


def _employment_contacts(case: Case, member_id: UUID) -> Iterable[Contact]:
    offices = ("CPI", "SOGGETTO_ACCREDITATO")
    yield from _met(case, member_id, offices)
    yield from _updated(case, member_id, offices)
    for fact in case.all(e.ServicePattoSigned):
        if fact.event.member_id == member_id:
            yield fact.event.signed_on, fact.event_id


def _met(case: Case, member_id: UUID, seats: tuple[str, ...]) -> Iterable[Contact]:
    for fact in case.all(e.AppointmentHeld):
        if fact.event.seat in seats and member_id in fact.event.attendees:
            yield fact.event.held_on, fact.event_id


def _updated(case: Case, member_id: UUID, seats: tuple[str, ...]) -> Iterable[Contact]:
    for fact in case.all(e.PeriodicUpdateHeld):
        if fact.event.seat in seats and fact.event.member_id == member_id:
            yield fact.event.held_on, fact.event_id


def _bound(case: Case, member_id: UUID, term_id: str, day: date) -> bool:
    """D3 binds who is activable and was sent to an employment service, D2 every other adult not exempt."""
    member = case.members_on(day).get(member_id)
    if member is None or case.referral is None or observe.born(member) is None:
        return False
    if not observe.is_adult(member, day):
        return False
    sent = observe.in_employment_service(case, member_id, day)
    if case.referral.benefit != "ADI" or sent != (term_id == "D3"):
        return False
    return sent or not observe.exempt_from_updates(case, member, day)


# --- the employment services -------------------------------------------------------------------------------


def _referrals(case: Case, rules: RuleSet) -> Iterator[Term]:
    returned = {f.event.referral_id: f.event.returned_on for f in case.all(e.ReferralReturned)}
    for fact in case.all(e.MemberReferredToEmploymentService):
        referral, day = fact.event, fact.event.referred_on
        given_back = [returned[referral.referral_id]] if referral.referral_id in returned else []
        convoked = [
            legal_day(f.event.sent_at)
            for f in case.all(e.MemberConvokedByCpi)
            if f.event.member_id == referral.member_id and legal_day(f.event.sent_at) >= day
        ]
        signed = [
            f.event.signed_on
            for f in case.all(e.ServicePattoSigned)
            if f.event.member_id == referral.member_id and f.event.signed_on >= day
        ]
        due = last_day("D4b", day, rules)
        duty: Duty = "COMPONENTE" if _stayed_away(case, referral.member_id, due) else "SERVIZI"
        yield _term("D4a", fact, day, _first([*convoked, *given_back]), "SERVIZI", rules)
        member_id = referral.member_id if duty == "COMPONENTE" else None
        yield _term("D4b", fact, day, _first([*signed, *given_back]), duty, rules, member_id)


def _stayed_away(case: Case, member_id: UUID, due_on: date) -> bool:
    """Whether a convocation reached a member who did not come: of who came, the patto is the office's."""
    reached = [
        observe.reached_on(case, f.event, member_id)
        for f in case.all(e.MemberConvokedByCpi)
        if f.event.member_id == member_id and not observe.attended(case, f.event.convocation_id, member_id)
    ]
    return any(day is not None and day <= due_on for day in reached)


# --- what the services owe ---------------------------------------------------------------------------------


def _reports(case: Case, rules: RuleSet) -> Iterator[Term]:
    """Ten days from when who may report knew of the infraction (DL 48/2023 art. 8); only of the ADI."""
    if case.referral is None or case.referral.benefit != "ADI":
        return
    for event_id, infraction in case.infractions.items():
        fact = case.facts[event_id]
        if isinstance(infraction, e.CommitmentMissed) and infraction.ascertained_on is None:
            continue
        if fact.recorder.kind in ("inps", "system"):
            continue
        sent = [
            f.event.reported_on
            for f in case.all(e.InfractionReportedToInps)
            if event_id in f.event.infraction_refs
        ]
        yield _term("D5", fact, fact.known_on, _first(sent), "SERVIZI", rules)


def _registrations(case: Case, rules: RuleSet) -> Iterator[Term]:
    if case.referral is None or case.referral.benefit != "ADI":
        return
    registered = {
        f.event.subject_event_id: f.event.registered_on for f in case.all(e.GepiRegistrationRecorded)
    }
    held: list[Fact[Any]] = [*case.all(e.AppointmentHeld), *case.all(e.PeriodicUpdateHeld)]
    for fact in held:
        # GePI is of the servizi sociali: what was held at the CPI or at a patronato is registered elsewhere.
        if fact.event.seat == "SERVIZIO_SOCIALE":
            kept = registered.get(fact.event_id)
            yield _term("D14", fact, fact.event.held_on, kept, "SERVIZI", rules)


def _signature(case: Case, rules: RuleSet) -> Iterator[Term]:
    """From the end of the assessment: the quadro di analisi of an équipe, else the analisi preliminare."""
    done: list[Fact[Any]] = [
        *case.all(e.AnalysisFrameworkCompleted),
        *case.all(e.PreliminaryAnalysisCompleted),
    ]
    if done:
        signed = [patto.signed_on for patto in case.pattos]
        yield _term("D15", done[0], done[0].event.completed_on, _first(signed), "SERVIZI", rules)


# --- the household -----------------------------------------------------------------------------------------


def _dsu(case: Case, rules: RuleSet) -> Iterator[Term]:
    """A month for the DSU after somebody came into the household or left it."""
    of_adi = case.referral is not None and case.referral.benefit == "ADI"
    stated = [f.event for f in case.all(e.HouseholdCompositionRecorded) if f.event.source == "DSU"]
    for fact in case.all(e.HouseholdMemberChanged):
        change = fact.event
        if change.change_type not in (*COMES, *GOES) or not of_adi:
            continue
        after = [dsu.verified_on for dsu in stated if dsu.verified_on >= change.effective_on]
        yield _term("D10", fact, change.effective_on, _first(after), "NUCLEO", rules)


def _work(case: Case, rules: RuleSet) -> Iterator[Term]:
    """Thirty days to tell INPS of a work that began after the case was opened; said twice, it began once."""
    if case.referral is None or case.referral.benefit != "ADI":
        return
    begun = {
        (fact.event.member_id, fact.event.valid_from): fact
        for fact in reversed(case.all(e.MemberConditionRecorded))
        if fact.event.condition_code == "EMPLOYED" and fact.event.value
    }
    for (member_id, day), fact in begun.items():
        if day > case.referral.referred_on:
            yield _term("D9", fact, day, None, "COMPONENTE", rules, member_id)


def _schooling(case: Case, rules: RuleSet) -> Iterator[Term]:
    """It runs from the recapito of the request, for the days that its letter gives: the setting of that day.

    Without a recapito nobody is late.
    """
    for fact in case.all(e.SchoolingDocumentsRequested):
        asked = fact.event
        documented = [
            f.event.verified_on
            for f in case.all(e.SchoolingVerified)
            if f.event.minor_member_id == asked.minor_member_id
            and f.event.outcome == "REGOLARE"
            and f.event.verified_on >= asked.requested_on
        ]
        if asked.delivered_on is not None:
            given = (asked.respond_by - asked.requested_on).days
            saint = rules.choice("patron_saint")
            due = term_end(asked.delivered_on, days=max(given, 1), patron_saint=saint)
            kept = _first(documented)
            yield Term("D18", fact.event_id, asked.delivered_on, due, "NUCLEO", kept)


# --- bars and terms of others, which the clock never calls lapsed ------------------------------------------


def _bars(case: Case, rules: RuleSet) -> Iterator[Term]:
    """D6 is of the ADI: the RdC had bars of its own, under D.Lgs. 150/2015 there is none."""
    of_adi = case.referral is not None and case.referral.benefit == "ADI"
    for fact in case.facts.values():
        event = fact.event
        if isinstance(event, e.DecadenzaOrdered | e.RevocaOrdered):
            if of_adi and observe.stands(case, event.measure_id):
                yield _term("D6", fact, event.ordered_on, None, "NUCLEO", rules)
        elif isinstance(event, e.InfractionAscertained) and event.code == "FINAL_CONVICTION":
            yield _term("D7", fact, event.occurred_on, None, "COMPONENTE", rules, event.member_id)
        elif isinstance(event, e.BenefitGranted | e.BenefitRenewed):
            first = date.fromisoformat(f"{event.first_month}-01")
            last = add_months(first, event.months) - timedelta(days=1)
            yield Term("D11", fact.event_id, first, last, "SERVIZI")
        elif isinstance(event, e.MeasureNotified):
            asked = [f.event for f in case.all(e.ReviewRequested)]
            filed = [each.filed_on for each in asked if each.measure_id == event.measure_id]
            yield _term("D12", fact, event.notified_on, _first(filed), "NUCLEO", rules)


SOURCES: tuple[Callable[[Case, RuleSet], Iterable[Term]], ...] = (
    _first_meeting,
    _updates,
    _referrals,
    _reports,
    _registrations,
    _signature,
    _dsu,
    _work,
    _schooling,
    _bars,
)


def may_lapse(term: Term) -> bool:
    """Whether the facts on record can tell that a term was not kept: else nobody may be called late."""
    return norms()[term.id].lapses


def _term(
    term_id: str,
    fact: Fact[Any],
    start: date,
    kept_on: date | None,
    duty: Duty,
    rules: RuleSet,
    member_id: UUID | None = None,
) -> Term:
    return Term(term_id, fact.event_id, start, last_day(term_id, start, rules), duty, kept_on, member_id)


def legal_days(case: Case, kind: type[e.CaseEvent]) -> list[date]:
    """The days of all facts of a kind."""
    days = [occurred_on(fact.event) for fact in case.all(kind)]
    return [day for day in days if day is not None]


def _first(days: Iterable[date]) -> date | None:
    return min(days, default=None)
