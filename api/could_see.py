"""Who could see a case, and act on it, on any day that is over or runs: replayed from its facts.

The policy is asked as each request asked it, with the ties of that day. An assignment counts from the instant
at which it was recorded to that at which its end was, whatever days they state: so did each request judge it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import FastAPI

from api.caller import Caller
from api.json import Json
from api.noted import note_access
from api.parameters import Day, as_day
from api.paths import BASE
from api.policy import POLICY, Decision, Tie, allowed
from api.problems import Wrong, bad_value
from api.readers import manages, see
from api.readings import now
from api.services import Given, Services
from api.who import MACHINE, OPERATOR, PURPOSES_OF, Who
from domain.case import events as e
from domain.case.state import fold
from domain.contract import Json as JsonValue
from domain.contract import encode
from domain.fact import Fact, kind
from domain.rules.calendar import legal_day
from domain.seats import of_anti_violence

Ground = Literal["ASSIGNMENT", "DISCLOSURE", "OFFICE"]
"""What it rests on: an assignment of the person, what was disclosed to the seat, the office as such."""

SENT = """
select recipient, event_id, kind, disclosed_at from ledger.disclosed
 where stream_id = %s order by disclosed_at, recipient, seq
"""

OF_OFFICE = ("ats", "inps", "system")
"""Agencies whose tie is no assignment and no disclosure: every case is theirs to read, or to act on."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A row by which a recipient was shown a fact, or had it taken away."""

    recipient: str
    event_id: UUID
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CouldSee:
    """Somebody, or whoever works in an office, with the instants between which a case was open to her.

    ``event_id`` is the assignment. ``reads`` and ``acts``: whether the policy let her show the case, or
    record at least one act on it.
    """

    agency: str
    unit: str | None
    role: str | None
    person_id: UUID | None
    purpose: str | None
    ground: Ground
    event_id: UUID | None
    since: datetime
    until: datetime | None
    reads: bool
    acts: bool


def add_routes(app: FastAPI) -> None:
    app.add_api_route(
        f"{BASE}/cases/{{case_id}}/readers",
        list_readers,
        methods=["GET"],
        operation_id="list_readers",
        tags=["access"],
        response_model=None,
    )


def list_readers(case_id: UUID, who: Caller, services: Given, on: Day = None) -> Json:
    """Who could read the case on a day, or act on it, and by what; today, where no day is named.

    Operators with an assignment, offices to which something of it stood disclosed, and those that have every
    case. An anti-violence service is named to the case manager alone. Who did read it: ``/accesses``.
    """
    see(services, "list_readers", who, case_id)
    today = legal_day(now(services))
    day = as_day("on", on) or today
    if day > today:
        raise bad_value(Wrong("on", "is in the future"))
    facts = services.reading.facts(case_id)
    found = who_could_see(facts, _sent(services, case_id), day)
    all_told = manages(fold(facts), who)
    told = [each for each in found if all_told or not of_anti_violence(each.agency, each.unit)]
    note_access(services, who, case_id, [each.event_id for each in told if each.event_id])
    body = {"case_id": str(case_id), "on": day.isoformat(), "items": [_told(each) for each in told]}
    return Json(body | {"next_cursor": None})


def _sent(services: Services, case_id: UUID) -> list[Sent]:
    with services.pool.connection() as connection:
        return [Sent(*row) for row in connection.execute(SENT, [case_id]).fetchall()]


def _told(could: CouldSee) -> dict[str, JsonValue]:
    told: dict[str, JsonValue] = encode(could)
    return told


# --- the replay --------------------------------------------------------------------------------------------


def who_could_see(facts: Sequence[Fact[Any]], sent: Iterable[Sent], day: date) -> list[CouldSee]:
    """Everybody to whom the case was open at some instant of a day, by the policy and the ties then."""
    if not facts:
        return []
    found = [*_offices(facts[0]), *_recipients(sent), *_assigned(facts)]
    return [
        each
        for each in found
        if (each.reads or each.acts)
        and legal_day(each.since) <= day
        and (each.until is None or day <= legal_day(each.until))
    ]


def _assigned(facts: Sequence[Fact[Any]]) -> Iterator[CouldSee]:
    """The assignments, each from when it was on record, as it was corrected, to when it no longer was."""
    open_: dict[UUID, tuple[e.OperatorAssigned, UUID, datetime]] = {}
    for count, fact in enumerate(facts, 1):
        if not isinstance(fact.event, e.OperatorAssigned | e.OperatorUnassigned | e.EventCorrected):
            continue
        at, case = _at(fact), fold(facts[:count])
        stand = {told.event.assignment_id: told for told in case.all(e.OperatorAssigned)}
        for gone in [ref for ref, (was, *_) in open_.items() if case.assignments.get(ref) != was]:
            assignment, event_id, since = open_.pop(gone)
            yield _of_assignment(assignment, event_id, since, at)
        for ref in case.assignments.keys() - open_.keys():
            open_[ref] = stand[ref].event, stand[ref].event_id, at
    for assignment, event_id, since in open_.values():
        yield _of_assignment(assignment, event_id, since, None)


def _of_assignment(
    assignment: e.OperatorAssigned, event_id: UUID, since: datetime, until: datetime | None
) -> CouldSee:
    unit = assignment.unit if isinstance(assignment.unit, str) else None
    who = Who(assignment.agency, assignment.role, assignment.purpose, assignment.person_id, unit)
    # What a seat reads rests on what it was shown, which is told of the seat itself.
    tie = Tie(True, assigned=True, disclosed=False, for_purpose=True)
    reads = allowed("show_case", who, tie) is Decision.ALLOWED
    acts = _acts(who, Tie(True, assigned=True, disclosed=True, for_purpose=True))
    said = (assignment.role, assignment.person_id, assignment.purpose)
    return CouldSee(assignment.agency, unit, *said, "ASSIGNMENT", event_id, since, until, reads, acts)


def _recipients(sent: Iterable[Sent]) -> Iterator[CouldSee]:
    """The recipients, each while at least one fact stood disclosed to it."""
    standing: dict[str, set[UUID]] = {}
    since: dict[str, datetime] = {}
    for row in sent:
        facts = standing.setdefault(row.recipient, set())
        if row.kind in ("withdrawn", "erasure"):
            facts.discard(row.event_id)
            if not facts and row.recipient in since:
                yield _of_office(row.recipient, "DISCLOSURE", since.pop(row.recipient), row.at)
        else:
            facts.add(row.event_id)
            since.setdefault(row.recipient, row.at)
    for recipient, at in since.items():
        yield _of_office(recipient, "DISCLOSURE", at, None)


def _offices(first: Fact[Any]) -> Iterator[CouldSee]:
    """Agencies to which every case is open from its first fact on."""
    for agency in OF_OFFICE:
        yield _of_office(agency, "OFFICE", _at(first), None)


def _of_office(agency: str, ground: Ground, since: datetime, until: datetime | None) -> CouldSee:
    """Whoever works there, in any role and for any purpose that its agency has."""
    everybody = [
        Who(agency, role, purpose, UUID(int=0))
        for role in (OPERATOR, MACHINE)
        for purpose in PURPOSES_OF[kind(agency)]
    ]
    tie = Tie(True, disclosed=ground == "DISCLOSURE")
    reads = any(allowed("show_case", who, tie) is Decision.ALLOWED for who in everybody)
    acts = any(_acts(who, tie) for who in everybody)
    return CouldSee(agency, None, None, None, None, ground, None, since, until, reads, acts)


def _acts(who: Who, tie: Tie) -> bool:
    """Whether there is an act that the policy lets somebody record, but for those by which a case comes."""
    return any(
        allowed(operation, who, tie) is Decision.ALLOWED
        for operation, rule in POLICY.items()
        if rule.acts and not rule.opens
    )


def _at(fact: Fact[Any]) -> datetime:
    assert fact.recorded_at is not None  # the log dates each fact
    return fact.recorded_at
