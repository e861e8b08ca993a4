"""What the recipients of an Ambito are sent: lives of every kind, through the real log and its discloser."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import httpx
import psycopg
import pytest
from fastapi.testclient import TestClient

from api.office.app import create_office_app
from api.office.paths import BASE
from api.office.services import OfficeServices
from api.tokens import Issuer, Verifier
from deploy.demo.lives import lives
from deploy.demo.memory import PROTOCOL, Memory
from deploy.demo.protocol import tell_protocol
from domain.case import events as e
from domain.fact import kind
from domain.ledger import store
from domain.ledger.disclosed import Disclosed
from domain.ledger.discloser import Discloser
from domain.ledger.mapper import Entry
from domain.ledger.recipients import Enrolled
from domain.ledger.recorder import Pending, pool
from domain.message import Message
from projections.offices import office_of, views_of
from projections.view import enter
from tests.databases import clone, drop, ledger_on
from tests.integration.api.conforming import conforming
from tests.integration.api.signing import new_key, public_part
from tests.servers import PostgresServer, temporary_folder

LIVES = 80
RECIPIENTS = ("cpi", "ust", "asl", "asl-serd", "asl-npi", "comune-058091")

OF_OFFICES = (
    e.JobOfferRecorded,
    e.ReferralReturned,
    e.PeriodicUpdateHeld,
    e.MemberReferredToSpecialistService,
    e.SchoolVerificationRequested,
    e.HouseholdMemberChanged,
    e.ResidenceCheckRecorded,
    e.EquipeConvoked,
    e.PucAssigned,
)

Sent = dict[str, list[Message]]


@pytest.fixture(scope="package")
def sent(postgres: PostgresServer, ledger_template: str) -> Iterator[Sent]:
    """The messages of each recipient, in their order."""
    name = clone(postgres, ledger_template)
    with temporary_folder() as folder:
        yield _sent(postgres, name, folder)
    drop(postgres, name)


def _sent(postgres: PostgresServer, name: str, folder: Path) -> Sent:
    ledger = ledger_on(postgres, name, folder)
    log, keys = ledger.log(size=2), ledger.keys()
    try:
        _tell(log)
        disclosed = Disclosed(log.recorder.pool, keys)
        discloser = Discloser(log, disclosed, Enrolled.of(RECIPIENTS))
        while discloser.step():
            pass
        return {recipient: disclosed.messages(recipient, 0, 100_000) for recipient in RECIPIENTS}
    finally:
        log.recorder.pool.close()
        log.close()
        keys.close()


def _tell(log: store.Log) -> None:
    """The protocol, then the cases in which offices have most to do, as they lie in a log."""
    register = Memory()
    tell_protocol(register)
    told = [
        register.facts[case_id] for life in lives(1, LIVES, register) if (case_id := life.lines[0].case_id)
    ]
    busy = [facts for facts in told if any(isinstance(fact.event, OF_OFFICES) for fact in facts)]
    for facts in (register.facts[PROTOCOL], *busy):
        stream = store.PROTOCOL if facts[0].case_id == PROTOCOL else facts[0].case_id
        stored = [log.mapper.to_stored_event(Entry(replace(fact, case_id=stream), {})) for fact in facts]
        log.recorder.append(Pending(stream, len(facts), stored))


# --- the interface of an office over what it was sent ------------------------------------------------------

NOW = datetime(2025, 6, 30, 10, 0, tzinfo=UTC)
AUDIENCE = "urn:ambito:test"
KEY = new_key()
STAFF = {"cpi": "EMPLOYMENT_OPERATOR", "ust": "SCHOOL", "asl": "SPECIALIST", "comune": "CLERK"}


@dataclass
class Office:
    """An office that serves, and somebody who asks it."""

    recipient: str
    client: TestClient
    url: str

    def get(self, path: str, token: str | None = None, **params: Any) -> httpx.Response:
        return self.client.get(BASE + path, params=params, headers=self._by(token))

    def post(self, path: str, body: Any, token: str | None = None) -> httpx.Response:
        return self.client.post(BASE + path, json=body, headers=self._by(token))

    def all(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """Every item of a list, page after page."""
        found: list[dict[str, Any]] = []
        cursor = None
        while True:
            answer = self.get(path, **params | ({"cursor": cursor} if cursor else {}))
            assert answer.status_code == 200, answer.text
            found += answer.json()["items"]
            cursor = answer.json()["next_cursor"]
            if cursor is None:
                return found

    def lists(self) -> list[str]:
        return [each["name"] for each in self.get("/desk").json()["items"]]

    def _by(self, token: str | None) -> dict[str, str]:
        own = token or token_of(self.recipient, STAFF[kind(self.recipient)])
        return {"Authorization": f"Bearer {own}"}


def token_of(seat: str, role: str) -> str:
    """A token for somebody of a recipient's office."""
    agency, unit = (kind(seat), seat) if kind(seat) == "asl" and seat != "asl" else (seat, None)
    made = Issuer(KEY, AUDIENCE, lambda: NOW)
    return made.issue(agency=agency, unit=unit, role=role, subject=uuid5(UUID(int=0), seat))


def filled(postgres: PostgresServer, template: str, recipient: str, messages: Sequence[Message]) -> str:
    """The name of a database of a recipient that was sent these messages."""
    name = clone(postgres, template)
    with psycopg.connect(postgres.url(name)) as connection:
        connection.execute("insert into inbox.owner (recipient) values (%s)", [recipient])
        enter(connection)
        for view in views_of(recipient):
            view.create(connection)
            view.apply(connection, messages)
    return name


@contextmanager
def serving(url: str, recipient: str) -> Iterator[Office]:
    office = office_of(recipient)
    assert office is not None
    with pool(url, size=2) as connections:
        verifier = Verifier(public_part(KEY), AUDIENCE, lambda: NOW)
        services = OfficeServices(recipient, office, connections, verifier, lambda: NOW)
        with TestClient(create_office_app(services), raise_server_exceptions=False) as client:
            client.event_hooks = {"response": [conforming(recipient, client.app, BASE, "office_answers")]}  # type: ignore[arg-type]
            yield Office(recipient, client, url)


@pytest.fixture(scope="package")
def offices(postgres: PostgresServer, recipient_template: str, sent: Sent) -> Iterator[dict[str, Office]]:
    """Each recipient's own interface, over a database of its own."""
    with ExitStack() as stack:
        found = {}
        for recipient in RECIPIENTS:
            name = filled(postgres, recipient_template, recipient, sent[recipient])
            stack.callback(drop, postgres, name)
            found[recipient] = stack.enter_context(serving(postgres.url(name), recipient))
        yield found
