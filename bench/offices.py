"""What an office sends: acts on its cases, and questions about them, as bytes ready to go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count, cycle, islice
from typing import Any
from uuid import UUID, uuid4, uuid5

import orjson

from api.paths import BASE
from bench.arena import Arena
from bench.imports import load
from bench.servers import settings
from bench.views import reading
from deploy.processes import views
from deploy.tokens import issuer
from domain.case.commands import Law
from domain.case.events import CaseReferred, MemberConditionRecorded, OperatorAssigned
from domain.case.events import HouseholdCompositionRecorded as Household
from domain.case.parts import Contact, Member
from domain.fact import Fact, Recorder
from domain.ledger.ids import event_id
from domain.ledger.store import Log
from projections.runner import Runner
from projections.view import of_entry
from projections.whole import Followed

WORKERS, OPEN, EVENTS = 20, 20, 20
"""Social workers, cases that each works on at the same time, in turn, and facts of each when it begins."""

LISTED = 20
"""Rows of a list: a page of a screen."""

DAY = date(2025, 3, 3)


@dataclass(frozen=True)
class Office:
    """Social workers with open cases: by case the token of who works on it."""

    tokens: Mapping[UUID, str]

    def acts(self) -> Iterator[bytes]:
        """Acts on the cases in turn, of three kinds: 6.7 values each, of these 2.7 personal."""
        for turn, case_id in zip(count(), cycle(self.tokens)):
            path, states = _act(case_id, turn)
            yield self.request(case_id, "POST", f"/cases/{case_id}/{path}", states)

    def readings(self) -> Iterator[bytes]:
        """The cases in turn, each in full."""
        for case_id in cycle(self.tokens):
            yield self.request(case_id, "GET", f"/cases/{case_id}")

    def lists(self) -> Iterator[bytes]:
        """A page of the list of cases, of each worker in turn."""
        yield from cycle([self.request(case_id, "GET", f"/cases?limit={LISTED}") for case_id in self.tokens])

    def mixed(self) -> Iterator[bytes]:
        """An act, a case in full and a list, in turn."""
        for three in zip(self.acts(), self.readings(), self.lists(), strict=True):
            yield from three

    def request(
        self, case_id: UUID, method: str, path: str, states: Mapping[str, Any] | None = None
    ) -> bytes:
        headers = {"Authorization": f"Bearer {self.tokens[case_id]}"}
        if states is not None:
            headers["Idempotency-Key"] = str(uuid4())
        return request(method, BASE + path, orjson.dumps(states) if states else b"", headers)


def request(method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
    """A request as it goes over the wire."""
    told = {"Host": "127.0.0.1", **(headers or {})}
    if body:
        told |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items()), "", ""]
    return "\r\n".join(lines).encode() + body


def office(arena: Arena) -> Office:
    """An office with tokens of the local issuer."""
    cases = opened(arena)
    tokens = {worker: _token(arena, worker) for worker in set(cases.values())}
    return Office({case_id: tokens[worker] for case_id, worker in cases.items()})


def opened(arena: Arena) -> dict[UUID, UUID]:
    """Cases in the log, which the list of cases knows, each with the social worker who has it."""
    workers = [uuid4() for _ in range(WORKERS)]
    cases = {uuid4(): worker for _ in range(OPEN) for worker in workers}
    log = arena.log(2)
    load(log, [list(islice(facts(case_id, worker), EVENTS)) for case_id, worker in cases.items()])
    level(arena, log)
    log.close()
    log.recorder.pool.close()
    return cases


def _token(arena: Arena, worker: UUID) -> str:
    made = issuer(settings(arena))
    role, lifetime = "SOCIAL_WORKER", 24 * 3600
    return made.issue(agency="servizio-sociale", role=role, subject=worker, lifetime=lifetime)


def level(arena: Arena, log: Log) -> None:
    """Bring the views of the Ambito level with the log."""
    cases = Followed(log.facts)
    read = reading(log, cases)
    for view in views(cases, log, Law()):
        runner = Runner(arena.url, view, read, of_entry)
        while runner.step():
            pass
        runner.close()


def _act(case_id: UUID, turn: int) -> tuple[str, dict[str, Any]]:
    """Each says something new: the same twice would be no act."""
    member, day = (
        str(uuid5(case_id, "member/0")),
        (DAY - timedelta(days=1 + turn // (WORKERS * OPEN))).isoformat(),
    )
    kind = turn % 3
    if kind == 0:
        return "conditions", {
            "member_id": member,
            "condition_code": "EMPLOYED",
            "value": True,
            "valid_from": day,
            "valid_to": DAY.isoformat(),
            "certified_by": "Centro per l'impiego",
            "evidence_ref": f"UNILAV/{turn}",
        }
    if kind == 1:
        return "contacts", {
            "member_id": member,
            "contacts": [{"channel": "SMS", "value": "000", "safe": True, "verified_on": day}],
            "language": "it",
            "needs_mediation": False,
            "source": "OPERATOR",
            "updated_on": day,
        }
    return "assignments", {
        "assignment_id": str(uuid4()),
        "person_id": str(uuid4()),
        "agency": "servizio-sociale",
        "role": "SOCIAL_OPERATOR",
        "purpose": "TAKING_CHARGE",
        "from_on": day,
    }


def facts(case_id: UUID, worker: UUID) -> Iterator[Fact[Any]]:
    """Referred, assigned to the worker, a household of three, and conditions of its members."""
    by, command = Recorder("servizio-sociale", "SOCIAL_WORKER", worker), uuid4()
    for version, event in enumerate(_events(case_id, worker), start=1):
        yield Fact(event_id(), case_id, version, event, by, DAY, "TAKING_CHARGE", command, command)


def _events(case_id: UUID, worker: UUID) -> Iterator[Any]:
    yield CaseReferred(
        household_id=uuid4(), residence_comune="058091", ats="RM-1", benefit="ADI", referred_on=DAY
    )
    yield OperatorAssigned(
        assignment_id=uuid4(),
        person_id=worker,
        agency="servizio-sociale",
        role="SOCIAL_WORKER",
        purpose="TAKING_CHARGE",
        from_on=DAY,
    )
    members = tuple(_member(uuid5(case_id, f"member/{number}")) for number in range(3))
    yield Household(members=members, source="ANPR", verified_on=DAY)
    for number in count():
        yield MemberConditionRecorded(
            member_id=members[number % 3].member_id,
            condition_code="REGULAR_STUDY",
            value=True,
            valid_from=DAY + timedelta(days=number),
            certified_by="Ufficio scolastico",
        )


def _member(member_id: UUID) -> Member:
    return Member(
        member_id=member_id,
        name="Inventata",
        surname="Del Banco",
        tax_code="NVNDBN80A41H501X",
        birth_date=date(1980, 1, 1),
        relationship="richiedente",
        residence_address="via Inventata 1",
        contacts=(Contact(channel="SMS", value="000", safe=True, verified_on=DAY),),
        needs_mediation=False,
    )
