"""What time alone brings into a case: birthdays, obligations to evaluate again, terms that lapsed.

Nothing here orders, proposes or reports. What the clock says twice is said once: the facts have their slots.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Literal
from uuid import UUID

from domain.case import events as e
from domain.case import observe
from domain.case.commands import AS_SHIPPED, Law
from domain.case.parts import Member
from domain.case.state import Case
from domain.case.terms import may_lapse, terms_of
from domain.contract import decode
from domain.fact import Fact
from domain.rules import obligation
from domain.rules.calendar import birthday
from domain.rules.rule_set import RuleSet

Told = e.HouseholdMemberChanged | e.ObligationEvaluated | e.TermLapsed

AGES: dict[Literal["AGE_3", "AGE_18", "AGE_60"], int] = {"AGE_3": 3, "AGE_18": 18, "AGE_60": 60}
"""Birthdays at which an obligation can begin or end (DL 48/2023 art. 6 cc. 4-5)."""


def due(case: Case, today: date, law: Law = AS_SHIPPED) -> list[Told]:
    """What is to be put on record of a case by the end of the day before ``today``, in this order."""
    if not case.open or case.referral is None:
        return []
    rules = obligation.rules_in_force(law.settings)
    told: list[Told] = [
        *_birthdays(case, today),
        *_evaluations(case, today, rules),
        *_lapsed(case, today, law),
    ]
    return [each for each in told if isinstance(each, e.ObligationEvaluated) or not said(case, each)]


def answers_overdue(overdue: Iterable[tuple[UUID, date]], today: date) -> list[e.TermLapsed]:
    """Requests of access that were not answered in time (D13), by the event that received each."""
    return [
        e.TermLapsed(term_id="D13", due_on=due_on, duty_bearer="SERVIZI", started_by_event_id=event_id)
        for event_id, due_on in overdue
        if due_on < today
    ]


def said(case: Case, told: Told) -> bool:
    """Whether a fact of this slot is on record already."""
    return case.said(told) is not None


# --- birthdays ---------------------------------------------------------------------------------------------


def _birthdays(case: Case, today: date) -> Iterator[e.HouseholdMemberChanged]:
    assert case.referral is not None
    for member in _known(case):
        for change, years in AGES.items():
            day = birthday(member.birth_date, years)
            if case.referral.referred_on < day <= today and member.member_id in case.members_on(day):
                yield e.HouseholdMemberChanged(
                    member_id=member.member_id, change_type=change, effective_on=day
                )


def _known(case: Case) -> list[Member]:
    """Members whose birth date can be read: one that was erased has no birthdays any more."""
    found: list[tuple[Member, object]] = [(member, member.birth_date) for member in case.members.values()]
    return [member for member, born in found if isinstance(born, date)]


# --- obligations -------------------------------------------------------------------------------------------


def _evaluations(case: Case, today: date, rules: RuleSet) -> Iterator[e.ObligationEvaluated]:
    """Of each member on every day on which the answer can change; and again where a late fact changed it."""
    first = min((f.event.evaluated_for for f in case.all(e.ObligationEvaluated)), default=None)
    if first is None:
        return
    for member in _known(case):
        days = {day for day in _thresholds(case, member, first, rules) if day <= today}
        own = {f.event.evaluated_for for f in _evaluated(case, member)}
        for day in sorted(days | own):
            if member.member_id in case.members_on(day) and _changes(case, member, day, rules):
                yield _to_evaluate(member.member_id, day)


def _to_evaluate(member_id: UUID, day: date) -> e.ObligationEvaluated:
    """The act: who and for which day; the rest is computed when it is decided."""
    return decode(e.ObligationEvaluated, {"member_id": str(member_id), "evaluated_for": day.isoformat()})


def _thresholds(case: Case, member: Member, after: date, rules: RuleSet) -> set[date]:
    """Birthdays, conditions that begin or end, changes of the household: after the first evaluation."""
    seen, _ = observe.member_on(case, member, after)
    days = set(obligation.thresholds(seen, after, rules))
    for fact in case.all(e.MemberConditionRecorded):
        if fact.event.member_id == member.member_id:
            days |= {fact.event.valid_from, (fact.event.valid_to or date.max - DAY) + DAY}
    days |= {fact.event.effective_on for fact in case.all(e.HouseholdMemberChanged)}
    return {day for day in days if after < day < date.max}


DAY = timedelta(days=1)


def _evaluated(case: Case, member: Member) -> list[Fact[e.ObligationEvaluated]]:
    return [f for f in case.all(e.ObligationEvaluated) if f.event.member_id == member.member_id]


def _changes(case: Case, member: Member, day: date, rules: RuleSet) -> bool:
    """Whether an evaluation for a day would say something else than what holds for it on record."""
    assert case.referral is not None
    last = case.evaluation_on(member.member_id, day)
    seen, _ = observe.member_on(case, member, day)
    now = obligation.observe(seen, day, rules)
    if last is None:
        return bool(now.age >= AGES["AGE_18"])
    return bool(now.values() != last.event.inputs)


# --- terms -------------------------------------------------------------------------------------------------


def _lapsed(case: Case, today: date, law: Law) -> Iterator[e.TermLapsed]:
    for term in terms_of(case, law):
        if may_lapse(term) and term.lapsed_by(today):
            yield e.TermLapsed(
                term_id=term.id,  # type: ignore[arg-type]
                due_on=term.due_on,
                duty_bearer=term.duty_bearer,
                member_id=term.member_id,
                started_by_event_id=term.started_by,
            )
