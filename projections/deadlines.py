"""The terms of every open case, by last useful day and by the office whose desk each lies on.

Beside the terms of the law (D1 to D18) stand those that an office itself set: to answer, to comply, to meet
again. That of a request of access (D13) stands in the access log, and runs in a closed case too. Nothing
here is personal. Whether a term runs, was kept or lapsed is asked of its row for a day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID, uuid5

from domain.access.events import AccessRequestAnswered, AccessRequestReceived
from domain.access.state import Access
from domain.access.state import fold as fold_access
from domain.case import events as e
from domain.case.commands import AS_SHIPPED, Law
from domain.case.observe import office_of
from domain.case.state import Case
from domain.case.terms import Duty, Term, may_lapse, terms_of
from domain.fact import Fact, Recorder
from domain.ledger.mapper import Entry
from domain.rules.deadlines import norms
from projections.guard import guard
from projections.view import Connection
from projections.whole import behind, of_a_case

OF_OFFICES = {
    "REASON": "giustificato motivo da presentare",
    "REMINDER": "adempimento dopo il richiamo formale",
    "MAYOR_WARNING": "adempimento dopo l'ammonizione del sindaco",
    "SCHOOL_ANSWER": "risposta alla verifica dell'obbligo scolastico",
    "REVIEW": "verifica periodica del PaIS",
}
"""Terms that no article measures: a day that a fact names (respond_by, comply_by, answer_by, next_on)."""

NEVER_LAPSES = frozenset({"REMINDER"})
"""No fact of the register tells whether the member complied: when it is over, nobody may be called late."""


def titles() -> dict[str, str]:
    """Every term that a row may speak of, with its Italian title."""
    return {term_id: norm.title for term_id, norm in norms().items()} | OF_OFFICES


CREATE = """
create table if not exists deadlines_streams_v2 (
    case_id uuid primary key,   -- or the stream of the access log of a case
    version integer not null
);
create table if not exists deadlines_v2 (
    id                  uuid primary key,   -- the term: what it is, what started it, of which member
    case_id             uuid    not null,
    term_id             text    not null,
    started_by_event_id uuid    not null,
    starts_on           date    not null,
    due_on              date    not null,
    duty_bearer         text    not null,
    desk                text    not null,   -- the office that watches over it, or owes it
    member_id           uuid,
    kept_on             date,               -- in time or late
    may_lapse           boolean not null,   -- whether facts on record can tell that it was not kept
    lapse_recorded      boolean not null,   -- a TermLapsed is on record
    stands_for_all      boolean not null,   -- of members with the same term, the one furthest from keeping it
    stream_id           uuid    not null    -- whose facts it was made from
);
create index if not exists deadlines_v2_soonest on deadlines_v2 (due_on, id);
create index if not exists deadlines_v2_by_case on deadlines_v2 (case_id);
create index if not exists deadlines_v2_by_stream on deadlines_v2 (stream_id);
create index if not exists deadlines_v2_by_desk on deadlines_v2 (desk, due_on);
"""

WRITE = """
insert into deadlines_v2
select * from unnest(%s::uuid[], %s::uuid[], %s::text[], %s::uuid[], %s::date[], %s::date[], %s::text[],
                     %s::text[], %s::uuid[], %s::date[], %s::boolean[], %s::boolean[], %s::boolean[],
                     %s::uuid[])
"""

ON_ITS_DESK = """
case when desk = (select ledger.reader('recipient')) then ledger.all_shown(array[started_by_event_id]) end
"""
"""What was shown is looked up only for rows of the desk: 0.1 ms each, for whoever reads."""

FORGET = "delete from deadlines_v2 where stream_id = any(%s)"

REQUESTS_OF = "select distinct stream_id from deadlines_v2 where term_id = 'D13' and case_id = any(%s)"
"""That the answer is late is recorded in the case: so the rows of its requests follow the case too."""

REMEMBER = """
insert into deadlines_streams_v2 select * from unnest(%s::uuid[], %s::integer[])
on conflict (case_id) do update set version = excluded.version
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A term of a case, and the office whose desk it lies on."""

    case_id: UUID
    term: Term
    desk: str
    lapse_recorded: bool = False
    stands_for_all: bool = True

    @property
    def id(self) -> UUID:
        return uuid5(self.term.started_by, f"{self.term.id}/{self.term.member_id}")

    @property
    def may_lapse(self) -> bool:
        term = self.term
        return term.id not in NEVER_LAPSES if term.id in OF_OFFICES else may_lapse(term)


OF_ACCESS = (AccessRequestReceived, AccessRequestAnswered)
"""Facts of the access log that start a term, or keep it."""


class Deadlines:
    """``deadlines_v2``. ``fold(case_id)`` gives the case as its facts tell it, e.g. ``Log.case``;
    ``facts(stream_id)`` the facts of an access log, e.g. ``Log.facts``.

    ``law`` are the readings of the Ambito: its patron saint moves a last day.
    """

    name, version = "deadlines", 2
    tables: tuple[str, ...] = ("deadlines_streams_v2", "deadlines_v2")

    def __init__(
        self,
        fold: Callable[[UUID], Case],
        facts: Callable[[UUID], Sequence[Fact[Any]]],
        law: Law = AS_SHIPPED,
    ) -> None:
        self._fold, self._facts, self._law = fold, facts, law

    def create(self, connection: Connection) -> None:
        connection.execute(CREATE)
        guard(connection, "deadlines_v2", desk=ON_ITS_DESK)

    def wants(self, item: Entry) -> bool:
        return of_a_case(item) or item.fact.kind in OF_ACCESS

    def apply(self, connection: Connection, batch: Sequence[Entry]) -> None:
        moved = behind(connection, "deadlines_streams_v2", batch)
        if not moved:
            return
        outside = {entry.fact.case_id for entry in batch if not of_a_case(entry)}
        cases = {each: self._fold(each) for each in moved if each not in outside}
        asked = {each for (each,) in connection.execute(REQUESTS_OF, [list(cases)], prepare=True).fetchall()}
        logs = {each: fold_access(self._facts(each)) for each in {*moved, *asked} - cases.keys()}
        connection.execute(FORGET, [[*cases, *logs]], prepare=True)
        for case_id, case in cases.items():
            _write(connection, case_id, rows_of(case_id, case, self._law))
        for stream_id, access in logs.items():
            _write(connection, stream_id, requests_of(access, self._fold))
        versions = {each: case.version for each, case in cases.items()}
        versions |= {each: access.version for each, access in logs.items()}
        connection.execute(REMEMBER, [list(versions), list(versions.values())])


def requests_of(access: Access, fold: Callable[[UUID], Case]) -> list[Row]:
    """The terms for an answer of the requests to see a case file: in a closed case as in an open one."""
    rows = []
    for event_id, asked in access.requests.values():
        answer = access.answered.get(asked.request_id)
        kept_on = answer.answered_on if answer else None
        term = Term("D13", event_id, asked.received_on, asked.answer_by, "SERVIZI", kept_on)
        lapses = fold(asked.subject_case_id).all(e.TermLapsed)
        told = any(fact.event.started_by_event_id == event_id for fact in lapses)
        rows.append(Row(asked.subject_case_id, term, SERVIZIO_SOCIALE, lapse_recorded=told))
    return rows


def rows_of(case_id: UUID, case: Case, law: Law = AS_SHIPPED) -> list[Row]:
    """The terms of a case, soonest due first; a closed case has none to keep."""
    if not case.open:
        return []
    found = [*terms_of(case, law), *(term for source in SOURCES for term in source(case))]
    told = {(f.event.term_id, f.event.started_by_event_id, f.event.member_id) for f in case.all(e.TermLapsed)}
    furthest = _furthest(found)
    rows = [
        Row(
            case_id,
            term,
            desk_of(case, term),
            (term.id, term.started_by, term.member_id) in told,
            term in furthest,
        )
        for term in found
    ]
    return sorted(rows, key=lambda row: (row.term.due_on, row.id))


def _furthest(terms: Iterable[Term]) -> list[Term]:
    """Of the terms that one fact starts for several members, the one not kept, or kept last.

    Who may not know which member a term binds is shown this one for all of them.
    """
    ordered = sorted(terms, key=lambda term: (term.id, str(term.started_by)))
    return [
        max(same, key=lambda term: (term.kept_on or date.max, str(term.member_id)))
        for _, same in groupby(ordered, key=lambda term: (term.id, term.started_by))
    ]


# --- whose desk --------------------------------------------------------------------------------------------

SERVIZIO_SOCIALE = "servizio-sociale"

DESKS = {"D6": "inps", "D11": "inps", "D12": "inps", "SCHOOL_ANSWER": "ust"}
"""INPS keeps the benefit, its end and the riesame; the school office answers. All else follows from facts."""


def desk_of(case: Case, term: Term) -> str:
    """The office that a term lies with: who owes it, or who watches over the member who owes it."""
    started_by = case.facts[term.started_by]
    if isinstance(started_by.event, e.MemberReferredToEmploymentService):
        return office_of(started_by.event)
    if term.id == "D3":
        return office_in_charge(case, term.member_id, term.due_on)
    if term.id in ("D5", "REASON", "REMINDER"):
        return office_behind(started_by.recorder)
    if term.id == "MAYOR_WARNING":
        return comune_of(case)
    return DESKS.get(term.id, SERVIZIO_SOCIALE)


def office_in_charge(case: Case, member_id: UUID | None, day: date) -> str:
    """The employment office that had a member in charge on a day: the last one it was sent to by then."""
    sent = [
        f.event
        for f in case.all(e.MemberReferredToEmploymentService)
        if f.event.member_id == member_id and f.event.referred_on <= day
    ]
    last = max(sent, key=lambda referral: referral.referred_on, default=None)
    return office_of(last) if last else SERVIZIO_SOCIALE


def office_behind(recorder: Recorder) -> str:
    """The employment office that recorded a fact; those of anybody else the servizio sociale follows."""
    return recorder.seat if recorder.kind in ("cpi", "accreditato") else SERVIZIO_SOCIALE


def comune_of(case: Case) -> str:
    """The Comune of residence, as a recipient."""
    return f"comune-{case.referral.residence_comune}" if case.referral else SERVIZIO_SOCIALE


# --- the terms that an office sets -------------------------------------------------------------------------


def _reasons(case: Case) -> Iterator[Term]:
    """Kept by the reason given; one decided without it was not waited for any longer."""
    answers: list[Fact[e.JustifiedReasonSubmitted] | Fact[e.JustifiedReasonDecided]] = [
        *case.all(e.JustifiedReasonSubmitted),
        *case.all(e.JustifiedReasonDecided),
    ]
    for fact in case.all(e.JustifiedReasonRequested):
        asked = fact.event
        days = [
            a.event.submitted_on if isinstance(a.event, e.JustifiedReasonSubmitted) else a.event.decided_on
            for a in answers
            if (a.event.infraction_ref, a.event.member_id) == (asked.infraction_ref, asked.member_id)
        ]
        yield _set(
            "REASON", fact, asked.asked_on, asked.respond_by, "COMPONENTE", _first(days), asked.member_id
        )


def _reminders(case: Case) -> Iterator[Term]:
    for fact in case.all(e.FormalReminderIssued):
        said = fact.event
        yield _set("REMINDER", fact, said.issued_on, said.comply_by, "COMPONENTE", member_id=said.member_id)


def _warnings(case: Case) -> Iterator[Term]:
    """Kept when the schooling of the minor is found regular (D.Lgs. 297/1994 art. 114)."""
    for fact in case.all(e.MayorWarningRecorded):
        said = fact.event
        regular = [
            f.event.verified_on
            for f in case.all(e.SchoolingVerified)
            if f.event.minor_member_id == said.minor_member_id
            and f.event.outcome == "REGOLARE"
            and f.event.verified_on >= said.warned_on
        ]
        yield _set(
            "MAYOR_WARNING",
            fact,
            said.warned_on,
            said.comply_by,
            "COMPONENTE",
            _first(regular),
            said.responsible_member_id,
        )


def _school_answers(case: Case) -> Iterator[Term]:
    """Kept when the outcome of every minor asked for is on record; without a day to answer by, no term."""
    for fact in case.all(e.SchoolVerificationRequested):
        asked = fact.event
        if asked.answer_by is not None:
            answered = school_answered_on(case, asked)
            yield _set("SCHOOL_ANSWER", fact, asked.requested_on, asked.answer_by, "SERVIZI", answered)


def school_answered_on(case: Case, asked: e.SchoolVerificationRequested) -> date | None:
    """The day on which the last minor of a request was answered for; None while one is missing."""
    minors = {pupil.minor_member_id for pupil in asked.minors}
    days: dict[UUID, date] = {}
    for fact in case.all(e.SchoolingVerified):
        if fact.event.verification_id == asked.verification_id:
            days.setdefault(fact.event.minor_member_id, fact.event.verified_on)
    return max((days[minor] for minor in minors), default=None) if minors <= days.keys() else None


def _reviews(case: Case) -> Iterator[Term]:
    held = case.all(e.MonitoringReviewHeld)
    for fact in held:
        review = fact.event
        if review.next_on is not None:
            later = [f.event.held_on for f in held if f.event.held_on > review.held_on]
            yield _set("REVIEW", fact, review.held_on, review.next_on, "SERVIZI", _first(later))


SOURCES: tuple[Callable[[Case], Iterable[Term]], ...] = (
    _reasons,
    _reminders,
    _warnings,
    _school_answers,
    _reviews,
)


def _set(
    term_id: str,
    fact: Fact[e.CaseEvent],
    starts_on: date,
    due_on: date,
    duty: Duty,
    kept_on: date | None = None,
    member_id: UUID | None = None,
) -> Term:
    return Term(term_id, fact.event_id, starts_on, due_on, duty, kept_on, member_id)


def _first(days: Iterable[date]) -> date | None:
    return min(days, default=None)


def _write(connection: Connection, stream_id: UUID, rows: Sequence[Row]) -> None:
    connection.execute(
        WRITE,
        [
            [r.id for r in rows],
            [r.case_id for r in rows],
            [r.term.id for r in rows],
            [r.term.started_by for r in rows],
            [r.term.starts_on for r in rows],
            [r.term.due_on for r in rows],
            [r.term.duty_bearer for r in rows],
            [r.desk for r in rows],
            [r.term.member_id for r in rows],
            [r.term.kept_on for r in rows],
            [r.may_lapse for r in rows],
            [r.lapse_recorded for r in rows],
            [r.stands_for_all for r in rows],
            [stream_id for _ in rows],
        ],
        prepare=True,
    )
