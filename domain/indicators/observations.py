"""What a case contributes to the indicators: one observation for each thing that is counted.

Pure, and nothing personal: a population, a day, a group of its breakdown, marks; no member, no text. What
is counted, and under which conditions, is said here alone; :mod:`domain.indicators.formulas` divides.

A term counts on its last useful day, and only if it came to its end: one that was not kept because the case
was closed or the benefit over by then was nobody's to keep.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from domain.case import events as e
from domain.case import observe
from domain.case.commands import AS_SHIPPED, Law
from domain.case.parts import Member
from domain.case.state import Case, Signed, fold
from domain.case.terms import Term, terms_of
from domain.contract import occurred_on
from domain.fact import KINDS, Fact, kind
from domain.rules.calendar import birthday, legal_day

LATE = 10
"""Days between a fact and its record above which it is late (I18)."""

STOCKS = frozenset({"adult"})
"""Populations counted as they stand on the last day of a period, which ends a month; of the others what
falls in it counts.
"""

OTHER = "OTHER"
"""The group of what has no code of ours."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One thing that counts, ``times`` over, on a ``day``; of a stock from that day until another, excluded.

    ``days`` is what a median is taken of: calendar days between two facts.
    """

    population: str
    day: date
    group: str = ""
    marks: frozenset[str] = frozenset()
    days: int | None = None
    until: date | None = None
    times: int = 1


def observations(facts: Sequence[Fact[Any]], law: Law = AS_SHIPPED) -> Iterator[Observation]:
    """All that the facts of a case, in the order of the log, add to the indicators."""
    case = fold(facts)
    terms = terms_of(case, law)
    for of_terms in OF_TERMS:
        yield from of_terms(case, terms)
    for of_case in OF_CASE:
        yield from of_case(case)
    yield from _recorded(facts)


# --- terms: I1, I8, I9, I12 --------------------------------------------------------------------------------


def _in_time(term: Term) -> bool:
    return term.kept_on is not None and not term.kept_late


def _came_to_its_end(case: Case, term: Term) -> bool:
    """Whether it was kept, or still somebody's to keep on its last day; an ended benefit has no terms."""
    return _in_time(term) or case.closed_on is None or term.due_on < case.closed_on


def _first_meetings(case: Case, terms: Sequence[Term]) -> Iterator[Observation]:
    """One per D1, by whose duty it was; ``held`` within it."""
    for term in _of(terms, "D1"):
        if _came_to_its_end(case, term):
            yield Observation("first_meeting", term.due_on, term.duty_bearer, _marks(held=_in_time(term)))


def _referrals(case: Case, terms: Sequence[Term]) -> Iterator[Observation]:
    """One per referral to an employment service, on the last day of its D4a and D4b, by kind of office.

    ``psp_due`` and ``convocation_due``: whether that term came to its end; one that the office stopped by
    returning the referral did not. ``psp`` and ``convoked``: whether it was kept.
    """
    found: dict[tuple[UUID, date], set[str]] = {}
    for term_id, kept, due, by in (
        ("D4a", "convoked", "convocation_due", e.MemberConvokedByCpi),
        ("D4b", "psp", "psp_due", e.ServicePattoSigned),
    ):
        for term in _of(terms, term_id):
            held = _kept_by(case, by, term)
            ran_out = not _in_time(term) and _came_to_its_end(case, term)
            marks = _marks(**{kept: held, due: held or ran_out})
            found.setdefault((term.started_by, term.due_on), set()).update(marks)
    for (started_by, day), told in found.items():
        office = _referral(case, started_by).destination
        yield Observation("referral", day, office, frozenset(told))


def _referral(case: Case, event_id: UUID) -> e.MemberReferredToEmploymentService:
    referral = case.facts[event_id].event
    assert isinstance(referral, e.MemberReferredToEmploymentService)
    return referral


def _kept_by(case: Case, kind_of: Any, term: Term) -> bool:
    """Whether a fact of the member referred falls in a term, which a referral given back keeps too."""
    member_id = _referral(case, term.started_by).member_id
    facts: list[Fact[Any]] = case.all(kind_of)
    days = [_day(fact) for fact in facts if fact.event.member_id == member_id]
    return any(term.starts_on <= day <= term.due_on for day in days)


def _updates(case: Case, terms: Sequence[Term]) -> Iterator[Observation]:
    """One per update of 90 days that was due, D2 at the services or D3 at the CPI; ``held`` within it."""
    for term_id, office in (("D2", "servizio-sociale"), ("D3", "cpi")):
        for term in _of(terms, term_id):
            if _came_to_its_end(case, term):
                yield Observation("update", term.due_on, office, _marks(held=_in_time(term)))


def _reports(case: Case, terms: Sequence[Term]) -> Iterator[Observation]:
    """One per D5, by the agency that ascertained; ``reported`` to INPS within it."""
    for term in _of(terms, "D5"):
        agency = case.facts[term.started_by].recorder.kind
        yield Observation("report", term.due_on, _agency(agency), _marks(reported=_in_time(term)))


# --- the path: I3 to I7, I14, I16, I19 ---------------------------------------------------------------------


def _first_convocation(case: Case) -> Iterator[Observation]:
    """From the PAD to the first convocation that followed it; of a household convoked before, nothing."""
    signed = min((fact.event.signed_on for fact in case.all(e.PadSigned)), default=None)
    sent = [legal_day(fact.event.sent_at) for fact in case.all(e.HouseholdConvoked)]
    if signed and sent and min(sent) >= signed:
        yield Observation("first_convocation", min(sent), days=(min(sent) - signed).days)


def _first_patto(case: Case) -> Iterator[Observation]:
    """From the first meeting at the servizio sociale to the first PaIS that was signed after it."""
    held = [f.event.held_on for f in case.all(e.AppointmentHeld) if f.event.seat == "SERVIZIO_SOCIALE"]
    signed = [fact.event.signed_on for fact in case.all(e.PattoSigned)]
    if held and signed and min(signed) >= min(held):
        yield Observation("first_patto", min(signed), days=(min(signed) - min(held)).days)


def _analysis(case: Case) -> Iterator[Observation]:
    """One per case analysed, on the day of the first analysis; ``equipe`` where one was ever formed."""
    done = [fact.event.completed_on for fact in case.all(e.PreliminaryAnalysisCompleted)]
    if done:
        yield Observation("analysis", min(done), marks=_marks(equipe=bool(case.all(e.EquipeFormed))))


def _invitations(case: Case) -> Iterator[Observation]:
    """One per agency invited to a sitting, on its day; ``attended`` where one of its persons was present.

    A substitute counts for who sent one. A sitting that never took place was attended by nobody.
    """
    present = {_sitting(fact.event): set(fact.event.present) for fact in case.all(e.EquipeMet)}
    sent = _substitutes(case)
    for sitting, convoked in {_sitting(f.event): f.event for f in case.all(e.EquipeConvoked)}.items():
        invited: dict[str, set[UUID]] = {}
        for invitee in _each(convoked.invitees):
            persons = {invitee.person_id, sent.get((sitting, invitee.person_id), invitee.person_id)}
            invited.setdefault(_agency(invitee.agency), set()).update(persons)
        for agency, persons in invited.items():
            attended = not persons.isdisjoint(present.get(sitting, ()))
            yield Observation("invitation", legal_day(convoked.meeting_at), agency, _marks(attended=attended))


Sitting = tuple[UUID, UUID]
"""A sitting of one équipe: a session may hear several."""


def _sitting(event: e.EquipeConvoked | e.EquipeMet | e.EquipeInviteAnswered) -> Sitting:
    return event.session_id, event.team_id


def _substitutes(case: Case) -> dict[tuple[Sitting, UUID], UUID]:
    answers = [fact.event for fact in case.all(e.EquipeInviteAnswered)]
    return {
        (_sitting(answer), answer.person_id): answer.substitute_person_id
        for answer in answers
        if answer.substitute_person_id is not None
    }


def _teams(case: Case) -> Iterator[Observation]:
    """One per équipe, on the day it was told; ``core`` where it now has all three core roles."""
    missing = {fact.event.team_id: fact.event.missing_roles for fact in case.all(e.EquipeChanged)}
    for fact in case.all(e.EquipeFormed):
        lacks = missing.get(fact.event.team_id, fact.event.missing_roles)
        yield Observation("team", fact.event.communicated_on, marks=_marks(core=not _each(lacks)))


def _supports(case: Case) -> Iterator[Observation]:
    """One per support activated, by catalogue code; ``timed`` where its patto was signed by then."""
    for fact in case.all(e.SupportActivated):
        support = fact.event
        signed = [p.signed_on for p in case.pattos if p.patto_id == support.patto_id]
        days = (support.start_on - min(signed)).days if signed and min(signed) <= support.start_on else None
        marks = _marks(timed=days is not None)
        yield Observation("support", support.start_on, support.catalogue_code, marks, days)


def _pupils(case: Case) -> Iterator[Observation]:
    """One per minor and school period, as last reported, on the day the register learnt it."""
    last = {(f.event.minor_member_id, f.event.period): f for f in case.all(e.SchoolAttendanceReported)}
    for fact in last.values():
        status = fact.event.status
        yield Observation("pupil", fact.known_on, status, _marks(regular=status == "REGOLARE"))


def _results(case: Case) -> Iterator[Observation]:
    """One per expected result of the patto in force on the day it was due; ``reached`` as last reviewed."""
    reviews = sorted((f.event for f in case.all(e.MonitoringReviewHeld)), key=lambda review: review.held_on)
    status = {result.result_id: result.status for review in reviews for result in review.results}
    for signed in case.pattos:
        draft = case.drafts.get((signed.patto_id, signed.version))
        for result in _each(draft.expected_results) if draft else ():
            due: object = result.due_on
            if isinstance(due, date) and _in_force(case, due) is signed:
                yield Observation(
                    "result", due, marks=_marks(reached=status.get(result.result_id) == "REACHED")
                )


def _in_force(case: Case, day: date) -> Signed | None:
    signed = [patto for patto in case.pattos if patto.signed_on <= day]
    return max(reversed(signed), key=lambda patto: patto.signed_on, default=None)


# --- infractions and measures: I2, I10, I11, I13 -----------------------------------------------------------

_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,59}")


def _infractions(case: Case) -> Iterator[Observation]:
    """One per infraction ascertained, on the day of the fact, by type; ``justified`` where the reason was
    accepted in the end.

    A commitment that was only reported is not ascertained yet, and a term that lapsed is the clock's word:
    each comes again as what an office ascertains of it.
    """
    decisions = [fact.event for fact in case.all(e.JustifiedReasonDecided)]
    accepted = {decided.infraction_ref: decided.accepted for decided in decisions}
    for event_id, infraction in case.infractions.items():
        code = _type_of(infraction)
        day = occurred_on(infraction)
        if code and day:
            yield Observation("infraction", day, code, _marks(justified=accepted.get(event_id, False)))


def _type_of(infraction: e.CaseEvent) -> str | None:
    match infraction:
        case e.AppointmentMissed():
            return "CONVOCATION_MISSED"
        case e.CommitmentMissed():
            return "COMMITMENT_MISSED" if infraction.ascertained_on else None
        case e.PattoSignatureRefused():
            return "PATTO_NOT_SIGNED"
        case e.InfractionAscertained():
            code: object = infraction.code
            return code if isinstance(code, str) and _CODE.fullmatch(code) else OTHER
    return None


_TYPES: dict[type, str] = {
    e.DecurtazioneOrdered: "DECURTAZIONE",
    e.SospensioneOrdered: "SOSPENSIONE",
    e.DecadenzaOrdered: "DECADENZA",
    e.RevocaOrdered: "REVOCA",
}


def _measures(case: Case, terms: Sequence[Term]) -> Iterator[Observation]:
    """One per measure ordered, by type; ``annulled`` in the end, ``gap`` where D1 ran out or was met without
    a convocation that had reached anybody.
    """
    d1 = next(_of(terms, "D1"), None)
    gap = d1 is not None and d1.duty_bearer == "SERVIZI"
    for measure in case.measures.values():
        marks = _marks(annulled=measure.measure_id in case.annulled, gap=gap)
        yield Observation("measure", measure.ordered_on, _TYPES[type(measure)], marks)


# --- obligations: I10, I15, I17 ----------------------------------------------------------------------------


def _adults(case: Case) -> Iterator[Observation]:
    """Every adult of a household whose case is open and whose benefit runs, by the result of the obligations.

    ``pais``: a PaIS is in force; ``puc``: the member is assigned to a PUC. By whole months, as they stand on
    the last day of each: an eighteenth birthday is a date of birth, and no day of it leaves the case.
    """
    for member in case.members.values():
        turns = sorted(_turns(case, member))
        ends = {turn.replace(day=1): turn for turn in turns}  # the last turn of each month
        spans = zip(ends, [*list(ends)[1:], None], strict=True)
        for standing, run in groupby(spans, key=lambda span: _standing(case, member, ends[span[0]])):
            if standing is not None:
                months = list(run)
                yield Observation("adult", months[0][0], *standing, until=months[-1][1])


def _standing(case: Case, member: Member, day: date) -> tuple[str, frozenset[str]] | None:
    if not _runs(case, day) or member.member_id not in case.members_on(day):
        return None
    evaluation = case.evaluation_on(member.member_id, day)
    # Of who was erased only an evaluation still tells that it was an adult.
    if not observe.is_adult(member, day) or (observe.born(member) is None and evaluation is None):
        return None
    marks = _marks(pais=_in_force(case, day) is not None, puc=_in_puc(case, member.member_id, day))
    return (evaluation.event.result if evaluation else "not_evaluated"), marks


def _runs(case: Case, day: date) -> bool:
    opened = case.referral is not None and case.referral.referred_on <= day
    closed = case.closed_on is not None and case.closed_on <= day
    return opened and not closed and not observe.benefit_ended(case, day)


def _in_puc(case: Case, member_id: UUID, day: date) -> bool:
    return any(
        f.event.member_id == member_id
        and f.event.start_on <= day
        and (f.event.end_on is None or day <= f.event.end_on)
        for f in case.all(e.PucAssigned)
    )


def _turns(case: Case, member: Member) -> set[date]:
    """The days on which the standing of a member can change."""
    turns = {patto.signed_on for patto in case.pattos}
    turns |= {case.referral.referred_on} if case.referral else set()
    turns |= {case.closed_on} if case.closed_on else set()
    born = observe.born(member)
    turns |= {birthday(born, 18)} if born else set()
    for fact in case.facts.values():
        turns.update(_turns_of(fact.event, member.member_id))
    return turns


def _turns_of(event: e.CaseEvent, member_id: UUID) -> Iterable[date]:
    after = timedelta(days=1)
    match event:
        case e.ObligationEvaluated() if event.member_id == member_id:
            return [event.evaluated_for]
        case e.HouseholdMemberChanged() if event.member_id == member_id:
            return [event.effective_on]
        case e.PucAssigned() if event.member_id == member_id:
            return [event.start_on, *([event.end_on + after] if event.end_on else ())]
        case e.BenefitGranted() | e.BenefitRenewed():
            return [date.fromisoformat(f"{event.first_month}-01")]
        case e.BenefitExpired():
            return [event.expired_on + after]
        case e.BenefitRenounced():
            return [event.effective_on + after]
        case e.DecadenzaOrdered() | e.RevocaOrdered():
            return [event.effective_from]
    return ()


# --- the record itself: I18 --------------------------------------------------------------------------------


def _recorded(facts: Sequence[Fact[Any]]) -> Iterator[Observation]:
    """Every fact of the log, as first recorded, on the day of the record, by the agency that recorded it."""
    counted: Counter[tuple[date, str, frozenset[str]]] = Counter()
    for fact in facts:
        if fact.recorded_at is None:
            continue
        day, happened = legal_day(fact.recorded_at), _day_or_none(fact)
        marks = _marks(
            correction=isinstance(fact.event, e.EventCorrected),
            late=happened is not None and (day - happened).days > LATE,
        )
        counted[day, _agency(fact.recorder.kind), marks] += 1
    for (day, agency, marks), times in counted.items():
        yield Observation("fact", day, agency, marks, times=times)


OF_TERMS: tuple[Callable[[Case, Sequence[Term]], Iterable[Observation]], ...] = (
    _first_meetings,
    _referrals,
    _updates,
    _reports,
    _measures,
)
OF_CASE: tuple[Callable[[Case], Iterable[Observation]], ...] = (
    _first_convocation,
    _first_patto,
    _analysis,
    _invitations,
    _teams,
    _infractions,
    _supports,
    _adults,
    _pupils,
    _results,
)


def _of(terms: Iterable[Term], term_id: str) -> Iterator[Term]:
    return (term for term in terms if term.id == term_id)


def _marks(**given: bool) -> frozenset[str]:
    return frozenset(name for name, holds in given.items() if holds)


def _agency(code: object) -> str:
    """The kind of agency: no unit of the ASL, no single Comune, no name that somebody wrote as a code."""
    found = kind(code) if isinstance(code, str) else ""
    return found if found in KINDS else OTHER


def _each(values: Any) -> tuple[Any, ...]:
    """The entries of a list; of one that is sealed or erased, none."""
    return values if isinstance(values, tuple) else ()


def _day(fact: Fact[Any]) -> date:
    """The Italian day of a fact."""
    if isinstance(fact.event, e.MemberConvokedByCpi):
        return legal_day(fact.event.sent_at)
    day = occurred_on(fact.event)
    assert day is not None
    return day


def _day_or_none(fact: Fact[Any]) -> date | None:
    day: object = occurred_on(fact.event)
    return day if isinstance(day, date) else None
