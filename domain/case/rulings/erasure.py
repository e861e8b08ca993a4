"""The erasure of what is personal of a member (GDPR art. 17): the fact that it was done stays.

What the law still needs is not erased yet. Rules, inputs and results of a decision hold no personal value, so
a decision is replayed after an erasure too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from domain.case import events as e
from domain.case import observe
from domain.case.commands import Law
from domain.case.rulings import on_record
from domain.case.state import Case, Measure, fold
from domain.case.terms import statute
from domain.contract import contract_of, encode, leaves
from domain.fact import Fact
from domain.refused import Refused
from domain.rules.deadlines import last_day


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a case keeps what is personal: the letter of GDPR art. 17 c. 3, and what it waits for."""

    letter: str
    because: str


def erase(states: e.PersonalDataErased, case: Case, law: Law) -> e.PersonalDataErased:
    """Refused while the law needs what is personal (GDPR art. 17 c. 3 lett. b), e))."""
    on_record.member(states.member_id, case)
    on_record.unique("erased_event_ids", states.erased_event_ids)
    if not states.erased_event_ids:
        raise Refused("BAD_VALUE", "erased_event_ids: at least one")
    ever = case.facts.keys() | {f.event.corrects_event_id for f in case.all(e.EventCorrected)}
    if not set(states.erased_event_ids) <= ever:
        raise Refused("NOT_RECORDED", "erased_event_ids: not a fact of this case")
    for hold in holds(case, states.ground, states.erased_on, law):
        raise Refused("LEGAL_HOLD", f"{hold.because} (GDPR art. 17 c. 3 lett. {hold.letter}))")
    return states


def holds(case: Case, ground: str, day: date, law: Law) -> Iterable[Hold]:
    """What keeps an erasure back on a day, the gravest first.

    A measure bears on the benefit of the whole household, so its proof is kept whole. What was never lawful
    to hold is not kept for a case that is open: no legal duty needs it (art. 17 c. 1 lett. d).
    """
    for measure in case.measures.values():
        yield from _of_measure(measure, case, day, law)
    for fact in case.all(e.SanctionProposalOpened):
        if _undecided(fact.event, case):
            yield Hold("e", "a proposal of sanction awaits its measure: record it, or void the proposal")
    if case.open and ground != "UNLAWFUL":
        yield Hold("b", "the case is open: its duties need to know the household; close it first")


def _of_measure(measure: Measure, case: Case, day: date, law: Law) -> Iterable[Hold]:
    if not observe.stands(case, measure.measure_id):
        return
    reviews = [f.event for f in case.all(e.ReviewRequested) if f.event.measure_id == measure.measure_id]
    notified = [f.event for f in case.all(e.MeasureNotified) if f.event.measure_id == measure.measure_id]
    if reviews:
        yield Hold("e", "a measure is under review: record how that ended, or void the request")
    elif not notified:
        yield Hold("e", "a measure was not notified, so it is not final: record its notifica")
    elif day <= (final := last_day("D12", max(each.notified_on for each in notified), statute(law))):
        yield Hold("e", f"a measure is not final: its review may be asked for until {final}")


def _undecided(proposal: e.SanctionProposalOpened, case: Case) -> bool:
    """Whether nobody acted on a proposal: no measure cites it or what it rests on, no richiamo was issued."""
    refs = set(proposal.infraction_refs)
    ordered = any(
        measure.proposal_id == proposal.proposal_id or refs & set(measure.infraction_refs)
        for measure in case.measures.values()
    )
    reminded = any(f.event.infraction_ref in refs for f in case.all(e.FormalReminderIssued))
    stands = bool(refs & case.infractions.keys())
    return stands and not ordered and not reminded


def told_of(member_id: UUID, facts: Sequence[Fact[Any]]) -> tuple[UUID, ...]:
    """The facts that hold what an erasure of a member takes, voided ones too, in their order.

    That is what is personal of the member, and with the last one of a closed case what is of the household as
    a whole. What an erasure on record took is not taken again.
    """
    subjects: set[str | None] = set()
    if not is_erased(member_id, facts):
        subjects.add(str(member_id))
    if _leaves_nobody(member_id, fold(facts)) and not left_nobody(facts):
        subjects.add(None)
    return tuple(fact.event_id for fact in facts if _tells_of(subjects, fact.event))


def is_erased(member_id: UUID, facts: Iterable[Fact[Any]]) -> bool:
    """Whether an erasure of a member is on record."""
    return any(fact.event.member_id == member_id for fact in facts if _erases(fact))


def left_nobody(facts: Sequence[Fact[Any]]) -> bool:
    """Whether an erasure on record took what is of the household as a whole.

    It is judged on the case as it was then: of a case that was open it took nothing, whenever that closes.
    """
    return any(
        _leaves_nobody(fact.event.member_id, fold(facts[:before]))
        for before, fact in enumerate(facts)
        if _erases(fact)
    )


def keeps_household(member_id: UUID, facts: Sequence[Fact[Any]]) -> bool:
    """Whether what is of the household stays when its last member is erased, for the case is open."""
    case = fold(facts)
    return case.open and _is_last(member_id, case) and any(_tells_of({None}, f.event) for f in facts)


def _leaves_nobody(member_id: UUID, case: Case) -> bool:
    """Whether an erasure is that of the last member of a closed case: nobody is left to keep the rest for."""
    return not case.open and _is_last(member_id, case)


def _is_last(member_id: UUID, case: Case) -> bool:
    erased = {fact.event.member_id for fact in case.all(e.PersonalDataErased)} | {member_id}
    return case.members.keys() <= erased


def _erases(fact: Fact[Any]) -> bool:
    return isinstance(fact.event, e.PersonalDataErased)


def _tells_of(subjects: Set[str | None], event: Any) -> bool:
    found = leaves(contract_of(event).type, encode(event))
    return any(leaf.personal and leaf.subject in subjects for leaf in found)
