"""The decisions on sanctions, for who looks whether they were lawful: what was decided, by which rules, and
whether it still comes out; and the steps that go with it, each with its last day and the day it was done.

Listed are proposals, measures, and the evaluations of an obligation that one of them rests on, as corrected;
what a correction voided is not. Nothing here is personal: ids, codes and days, of no member.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, get_args
from uuid import UUID

import orjson

from domain.case import events as e
from domain.case import infractions
from domain.case.commands import AS_SHIPPED, Law
from domain.case.state import Case, Measure
from domain.case.terms import Term, terms_of
from domain.disclosure.convictions import reserved
from domain.fact import Fact
from domain.ledger.mapper import Entry
from domain.replay import Decision, Replay
from projections.guard import guard
from projections.view import Connection
from projections.waiting import MEASURES
from projections.whole import behind, of_a_case

CREATE = """
create table if not exists decisions_cases_v1 (
    case_id uuid primary key,
    version integer not null
);
create table if not exists decisions_v1 (
    event_id       uuid primary key,
    case_id        uuid    not null,
    kind           text    not null,   -- EVALUATION, PROPOSAL, MEASURE
    decision_id    uuid,               -- of the proposal or the measure
    decided_on     date    not null,
    measure        text,               -- proposed or ordered
    rule_set_id    text    not null,
    rule_set_hash  text,
    finding        text,               -- of the rules, on a measure
    conflicts_with text[]  not null,   -- rule sets that say otherwise
    annulled       boolean not null,
    outcome        text    not null,   -- of the replay
    differs        text[]  not null,   -- the values that did not come out again
    report_due_on  date,               -- to INPS: ten days from when the infraction was known (D5)
    reported_on    date,
    notice_due_on  date,               -- of the start of the proceeding: before the measure
    noticed_on     date,
    reason_due_on  date,               -- asked for: before the proposal, or the measure
    asked_on       date
);
create index if not exists decisions_v1_by_day on decisions_v1 (decided_on, event_id);
create index if not exists decisions_v1_by_case on decisions_v1 (case_id);
"""

FORGET = "delete from decisions_v1 where case_id = any(%s)"

WRITE = """
insert into decisions_v1
select r.event_id, r.case_id, r.kind, r.decision_id, r.decided_on, r.measure, r.rule_set_id, r.rule_set_hash,
       r.finding, array(select jsonb_array_elements_text(r.conflicts_with::jsonb)), r.annulled, r.outcome,
       array(select jsonb_array_elements_text(r.differs::jsonb)), r.report_due_on, r.reported_on,
       r.notice_due_on, r.noticed_on, r.reason_due_on, r.asked_on
  from unnest(%s::uuid[], %s::uuid[], %s::text[], %s::uuid[], %s::date[], %s::text[], %s::text[], %s::text[],
              %s::text[], %s::text[], %s::boolean[], %s::text[], %s::text[], %s::date[], %s::date[],
              %s::date[], %s::date[], %s::date[], %s::date[])
       as r (event_id, case_id, kind, decision_id, decided_on, measure, rule_set_id, rule_set_hash, finding,
             conflicts_with, annulled, outcome, differs, report_due_on, reported_on, notice_due_on,
             noticed_on, reason_due_on, asked_on)
"""

REMEMBER = """
insert into decisions_cases_v1 select * from unnest(%s::uuid[], %s::integer[])
on conflict (case_id) do update set version = excluded.version
"""

OUTCOMES = {
    "reproduced": "REPRODUCED",
    "differs": "DIFFERS",
    "reproduced, sources erased": "REPRODUCED_SOURCES_ERASED",
}
"""What a replay answers, as a code."""

Kind = Literal["EVALUATION", "PROPOSAL", "MEASURE"]


@dataclass(frozen=True, slots=True)
class Step:
    """What goes with a decision: the last day for it, and the day on which it was done."""

    due_on: date | None = None
    done_on: date | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A decision. ``replay`` is how it came out again."""

    fact: Fact[Any]
    kind: Kind
    decision_id: UUID | None
    decided_on: date
    measure: str | None
    replay: Replay
    annulled: bool = False
    report: Step = Step()
    notice: Step = Step()
    reason: Step = Step()

    @property
    def conflicts_with(self) -> list[str]:
        return sorted({c.rule_set for c in getattr(self.fact.event, "conflicts_with", None) or ()})


Again = Callable[[Sequence[Fact[Any]], Fact[Any]], Replay]
"""Decides again one of the facts of a case, e.g. ``Replaying.again``."""


class Decisions:
    """``decisions_v1``. ``facts(case_id)`` and ``fold(case_id)`` give a case in clear.

    A case is replayed whenever a fact of it comes: nothing else can change what comes out, for a decision
    names the text of its rules by hash and the protocol counts as it was on record then.
    """

    name, version = "decisions", 1
    tables: tuple[str, ...] = ("decisions_cases_v1", "decisions_v1")

    def __init__(
        self,
        facts: Callable[[UUID], Sequence[Fact[Any]]],
        fold: Callable[[UUID], Case],
        again: Again,
        law: Law = AS_SHIPPED,
    ) -> None:
        self._facts, self._fold, self._again, self._law = facts, fold, again, law

    def create(self, connection: Connection) -> None:
        connection.execute(CREATE)
        guard(connection, "decisions_v1")

    def wants(self, item: Entry) -> bool:
        return of_a_case(item)

    def apply(self, connection: Connection, batch: Sequence[Entry]) -> None:
        moved = behind(connection, "decisions_cases_v1", batch)
        cases = {case_id: self._fold(case_id) for case_id in moved}
        if cases:
            connection.execute(FORGET, [list(cases)], prepare=True)
            for case_id, case in cases.items():
                _write(connection, case_id, self._rows(case_id, case))
            connection.execute(REMEMBER, [list(cases), [case.version for case in cases.values()]])

    def _rows(self, case_id: UUID, case: Case) -> list[Row]:
        if not listed(case):  # the facts of most cases are not needed
            return []
        facts = self._facts(case_id)
        recorded = {fact.event_id: fact for fact in facts}
        return rows_of(case, lambda fact: self._again(facts, recorded[fact.event_id]), self._law)


def listed(case: Case) -> list[Fact[Decision]]:
    """The decisions of a case that are listed, in the order of the log."""
    proposals, measures = case.all(e.SanctionProposalOpened), _measures(case)
    # On which evaluation a measure for a conviction rests would tell whose it is.
    secret = reserved(case.facts.values()) if proposals or measures else {}
    rests_on = {f.event.obligation_evaluation_ref for f in proposals if f.event_id not in secret}
    plain = (fact.event for fact in measures if fact.event_id not in secret)
    rests_on |= {ref for event in plain for ref in event.evidence_event_ids or ()}
    evaluations = [fact for fact in case.all(e.ObligationEvaluated) if fact.event_id in rests_on]
    every: list[Fact[Any]] = [*evaluations, *proposals, *measures]
    return sorted(every, key=lambda fact: fact.version)


def rows_of(case: Case, again: Callable[[Fact[Any]], Replay], law: Law = AS_SHIPPED) -> list[Row]:
    """The row of each decision of a case."""
    return [_row(case, fact, again(fact), law) for fact in listed(case)]


def _measures(case: Case) -> list[Fact[Measure]]:
    found: list[Fact[Any]] = [fact for kind in get_args(Measure) for fact in case.all(kind)]
    return found


def _row(case: Case, fact: Fact[Any], replay: Replay, law: Law) -> Row:
    event: Decision = fact.event
    if isinstance(event, e.ObligationEvaluated):
        return Row(fact, "EVALUATION", None, fact.known_on, None, replay)
    if isinstance(event, e.SanctionProposalOpened):
        refs, day, ordered = event.infraction_refs, fact.known_on, _ordered_on(case, event)
        row = Row(fact, "PROPOSAL", event.proposal_id, day, event.proposed_measure, replay)
    else:
        refs, day, ordered = _breaches(case, fact), event.ordered_on, event.ordered_on
        row = Row(fact, "MEASURE", event.measure_id, day, MEASURES[fact.kind], replay)
    return replace(
        row,
        annulled=row.decision_id in case.annulled,
        report=_report(case, refs, law),
        notice=Step(ordered, _noticed_on(case, event.proposal_id, refs)) if ordered else Step(),
        reason=_reason(case, refs, day),
    )


def _ordered_on(case: Case, proposal: e.SanctionProposalOpened) -> date | None:
    """The day of the first measure that followed a proposal; None while there is none."""
    ordered = (fact.event for fact in _measures(case))
    return _first(each.ordered_on for each in ordered if each.proposal_id == proposal.proposal_id)


def _breaches(case: Case, measure: Fact[Measure]) -> tuple[UUID, ...]:
    """The infractions that a measure names, or else those of its proposal."""
    proposed = [
        ref
        for fact in case.all(e.SanctionProposalOpened)
        if fact.event.proposal_id == measure.event.proposal_id
        for ref in fact.event.infraction_refs
    ]
    return measure.event.infraction_refs or tuple(proposed)


# --- the steps ---------------------------------------------------------------------------------------------


def _report(case: Case, refs: Iterable[UUID], law: Law) -> Step:
    """Of several infractions the one whose report is furthest from in time."""
    terms = [term for term in terms_of(case, law) if term.id == "D5" and term.started_by in set(refs)]
    if not terms:
        return Step()
    furthest = max(terms, key=_lateness)
    return Step(furthest.due_on, furthest.kept_on)


def _lateness(term: Term) -> tuple[bool, int]:
    if term.kept_on is None:
        return True, -term.due_on.toordinal()
    return False, (term.kept_on - term.due_on).days


def _noticed_on(case: Case, proposal_id: UUID | None, refs: Iterable[UUID]) -> date | None:
    """The notice of the start of the proceeding, to the proposal or to a report of its infractions."""
    about = {
        fact.event.report_id
        for fact in case.all(e.InfractionReportedToInps)
        if set(refs) & set(fact.event.infraction_refs)
    }
    return _first(
        fact.event.sent_on
        for fact in case.all(e.ProceedingNoticeSent)
        if (proposal_id is not None and fact.event.proposal_id == proposal_id)
        or fact.event.report_id in about
    )


def _reason(case: Case, refs: Iterable[UUID], due_on: date) -> Step:
    """Asked for every infraction: the day on which the last one of them was first asked for."""
    standing = [ref for ref in refs if ref in case.infractions]
    if not standing:
        return Step()
    asked = [_first(_asked(case, ref)) for ref in standing]
    known = [day for day in asked if day is not None]
    return Step(due_on, max(known) if len(known) == len(asked) else None)


def _asked(case: Case, ref: UUID) -> Iterator[date]:
    same = infractions.same_absence(case, ref)
    for fact in case.all(e.JustifiedReasonRequested):
        if fact.event.infraction_ref in same:
            yield fact.event.asked_on


def _first(days: Iterable[date]) -> date | None:
    return min(days, default=None)


def _write(connection: Connection, case_id: UUID, rows: Sequence[Row]) -> None:
    if not rows:
        return
    connection.execute(
        WRITE,
        [
            [r.fact.event_id for r in rows],
            [case_id for _ in rows],
            [r.kind for r in rows],
            [r.decision_id for r in rows],
            [r.decided_on for r in rows],
            [r.measure for r in rows],
            [r.fact.event.rule_set_id for r in rows],
            [r.fact.event.rule_set_hash for r in rows],
            [getattr(r.fact.event, "finding", None) for r in rows],
            [orjson.dumps(r.conflicts_with).decode() for r in rows],
            [r.annulled for r in rows],
            [OUTCOMES[r.replay.outcome] for r in rows],
            [orjson.dumps([each.what for each in r.replay.differences]).decode() for r in rows],
            [r.report.due_on for r in rows],
            [r.report.done_on for r in rows],
            [r.notice.due_on for r in rows],
            [r.notice.done_on for r in rows],
            [r.reason.due_on for r in rows],
            [r.reason.done_on for r in rows],
        ],
        prepare=True,
    )
