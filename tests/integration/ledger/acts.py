"""Acts, facts and bare events for the tests of the log."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import psycopg

from domain.case.commands import Law
from domain.case.events import (
    CaseClosed,
    CaseReferred,
    HouseholdCompositionRecorded,
    OperatorAssigned,
)
from domain.case.parts import Contact, Member
from domain.fact import Recorder
from domain.ledger.context import Context
from domain.ledger.ids import event_id
from domain.ledger.mapper import LedgerEvent
from domain.ledger.recorder import Command, LedgerRecorder, Pending

if TYPE_CHECKING:
    from tests.databases import Ledger

DAY = date(2025, 3, 3)
LAW = Law()
WORKER = Recorder("servizio-sociale", "SOCIAL_WORKER", uuid4())


def command(body: str = "", *, client: str = "servizio-sociale") -> Command:
    return Command(client, uuid4(), sha256(body.encode()).digest())


def context(of: Command | None = None, by: Recorder = WORKER) -> Context:
    return Context(by, DAY, "TAKING_CHARGE", of or command(), uuid4())


def referral(**given: Any) -> CaseReferred:
    stated = CaseReferred(
        household_id=uuid4(), residence_comune="058091", ats="RM-1", benefit="ADI", referred_on=DAY
    )
    return replace(stated, **given)


def assignment(person: UUID | None = None) -> OperatorAssigned:
    return OperatorAssigned(
        assignment_id=uuid4(),
        person_id=person or uuid4(),
        agency="servizio-sociale",
        role="SOCIAL_WORKER",
        purpose="TAKING_CHARGE",
        from_on=DAY,
    )


def closure() -> CaseClosed:
    return CaseClosed(closed_on=DAY, reason="MOVED")


def member(marker: str, member_id: UUID | None = None) -> Member:
    return Member(
        member_id=member_id or uuid4(),
        name=f"{marker}-name",
        surname=f"{marker}-surname",
        tax_code=f"{marker}-tax",
        birth_date=date(1980, 1, 1),
        relationship=f"{marker}-relationship",
        residence_address=f"{marker}-address",
        contacts=(Contact(channel="SMS", value=f"{marker}-contact", safe=True, verified_on=DAY),),
        language=f"{marker}-language",
        needs_mediation=False,
    )


def household(*members: Member) -> HouseholdCompositionRecorded:
    return HouseholdCompositionRecorded(members=members, source="ANPR", verified_on=DAY)


def bare(stream: UUID, version: int, *, state: bytes = b"{}", **given: Any) -> LedgerEvent:
    """An event whose bytes mean nothing: the order of the log does not read them."""
    return replace(LedgerEvent(stream, version, "adi.test.told.v1", state, event_id(), b"{}"), **given)


@contextmanager
def head_held(ledger: "Ledger") -> Iterator[None]:
    """Nobody appends meanwhile: acts that come now wait, and form a group."""
    with psycopg.connect(ledger.owner_url) as owner:
        owner.execute("select from ledger.log_head for update")
        yield


def in_one_group(
    ledger: "Ledger",
    recorder: LedgerRecorder,
    calls: list[Callable[[], Any]],
    *,
    appending: int | None = None,
) -> list[Any]:
    """What each call gave, or the exception it raised, when all that they append is written in one group.

    One more act, of its own stream, leads a first group alone; the others gather behind it.
    """
    expected = len(calls) if appending is None else appending
    with ThreadPoolExecutor(len(calls) + 1) as threads:
        with head_held(ledger):
            stream = uuid4()
            first = threads.submit(recorder.append, Pending(stream, 1, [bare(stream, 1)]))
            wait_until(lambda: recorder._led and not recorder._waiting)
            futures: list[Future[Any]] = []
            for n, call in enumerate(calls, start=1):
                futures.append(threads.submit(call))
                wait_until(lambda n=n: len(recorder._waiting) >= min(n, expected))  # type: ignore[misc]
        first.result()
        return [future.exception() or future.result() for future in futures]


def wait_until(holds: Callable[[], bool]) -> None:
    """Returns when it holds; pytest's timeout ends a wait that never does."""
    pause = threading.Event()
    while not holds():
        pause.wait(0.002)
