"""The API over a real database, and the offices that call it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi.testclient import TestClient

from api.app import create_app
from api.security.wire import Wire
from api.services import Services
from api.tokens import Issuer, Verifier
from consumers import asyncapi
from domain.case.commands import Law
from domain.ledger.disclosed import Disclosed
from domain.ledger.discloser import Discloser
from domain.ledger.reading import reading_pool
from domain.ledger.recipients import Enrolled
from domain.ledger.recorder import Pool, pool
from domain.ledger.replaying import Replaying
from domain.ledger.store import Log
from projections.cases import Cases
from projections.deadlines import Deadlines
from projections.decisions import Decisions
from projections.indicators import Indicators
from projections.runner import Runner
from projections.view import View, of_entry
from projections.worklists import Worklists
from tests.databases import Ledger
from tests.integration.api.conforming import conforming
from tests.integration.api.signing import new_key, public_part

BASE = "/rest/adi/v1"
AUDIENCE = "urn:ambito:test"
RECIPIENTS = ("cpi", "ust", "asl", "comune-058091")
NOW = datetime(2026, 6, 30, 10, 0, tzinfo=UTC)

KEY = new_key()
SIGNS_THE_LOG = Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32)


@dataclass
class Clock:
    """The clock of the API, which a test may move."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Office:
    """Someone with a token. Every call is a new command unless it is given a key."""

    client: httpx.Client
    token: str
    subject: UUID

    def get(self, path: str, headers: dict[str, str] | None = None, **params: Any) -> httpx.Response:
        return self.client.get(BASE + path, params=params, headers=self._headers(headers))

    def post(
        self, path: str, body: Any = None, *, key: UUID | None = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        sent = self._headers({"Idempotency-Key": str(key or uuid4())} | (headers or {}))
        return self.client.post(BASE + path, json=body, headers=sent)

    def raw(self, path: str, content: Any, headers: dict[str, str] | None = None) -> httpx.Response:
        sent = {"Idempotency-Key": str(uuid4()), "Content-Type": "application/json"} | (headers or {})
        return self.client.post(BASE + path, content=content, headers=self._headers(sent))

    def _headers(self, more: dict[str, str] | None) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} | (more or {})


@dataclass
class Register:
    """The API of one test."""

    client: TestClient
    services: Services
    database: Ledger
    clock: Clock
    issuer: Issuer
    discloser: Discloser
    runners: list[Runner[Any]]
    people: dict[str, UUID] = field(default_factory=dict)

    def office(
        self,
        agency: str,
        role: str = "SOCIAL_WORKER",
        unit: str | None = None,
        person: str = "first",
        purpose: str | None = None,
    ) -> Office:
        subject = self.people.setdefault(f"{agency}/{unit}/{person}", uuid4())
        token = self.issuer.issue(agency=agency, role=role, unit=unit, subject=subject, purpose=purpose)
        return Office(self.client, token, subject)

    def disclose(self) -> None:
        """Let what is in the log reach ``disclosed``."""
        while self.discloser.step():
            pass

    def project(self) -> None:
        """Let what is in the log reach the views."""
        for runner in self.runners:
            while runner.step():
                pass

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database.owner_url) as connection:
            return connection.execute(sql.encode(), values).fetchall()

    def head(self) -> int:
        """The last position at which something was put on record; reads and refusals move the log too."""
        query = "select coalesce(max(position), 0) from ledger.events where type not like 'adi.access.%%'"
        return int(self.query(query)[0][0])


@contextmanager
def register_on(
    ledger: Ledger,
    trusts: Callable[[Pool, Clock], Wire] | None = None,
    recipients: tuple[str, ...] = RECIPIENTS,
) -> Iterator[Register]:
    keys = ledger.keys()
    connections, for_readers = pool(ledger.app_url), reading_pool(ledger.app_url)
    clock = Clock()
    log = Log(connections, keys)
    disclosed = Disclosed(connections, keys)
    services = Services(
        log=log,
        disclosed=disclosed,
        pool=for_readers,
        reading=(reading := log.read_through(for_readers)),
        shown=Disclosed(for_readers, keys),
        verifier=Verifier(public_part(KEY), AUDIENCE, clock),
        law=Law(),
        ambito="058",
        enrolled=lambda: Enrolled.of(recipients),
        clock=clock,
        asyncapi=partial(asyncapi.document, "058", "broker.example:9093"),
        signer=lambda: SIGNS_THE_LOG,
        wire=trusts(connections, clock) if trusts else None,
    )
    runners = runners_of(log, ledger)
    app = create_app(services)
    try:
        with TestClient(app) as client:
            client.event_hooks = {"response": [conforming("ambito", app, BASE)]}
            yield Register(
                client,
                services,
                ledger,
                clock,
                Issuer(KEY, AUDIENCE, clock),
                Discloser(log, disclosed, Enrolled.of(recipients)),
                runners,
            )
    finally:
        for runner in runners:
            runner.close()
        log.close()
        reading.close()
        connections.close()
        for_readers.close()
        keys.close()


def runners_of(log: Log, ledger: Ledger) -> list[Runner[Any]]:
    views: list[View[Any]] = [
        Cases(log.case),
        Deadlines(log.case, log.facts),
        Indicators(log.facts),
        Worklists(log.facts),
        Decisions(log.facts, log.case, Replaying(log, Law()).again),
    ]
    return [Runner(ledger.views_url, view, log.after, of_entry) for view in views]


def make_views(ledger: Ledger) -> None:
    """Make the tables of the views, empty, as a register that has begun to project has them."""
    log = ledger.log(size=1)
    for runner in runners_of(log, ledger):
        runner.connected()
        runner.close()
    log.close()
    log.recorder.pool.close()
    log.keys.close()
