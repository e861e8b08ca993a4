"""A register with a hidden and a shown case, people with every assignment, and a request for every route."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi.routing import APIRoute

from api.problems import Problem
from domain.case.events import EquipeConvoked, OperatorAssigned
from domain.case.parts import Invitee
from domain.catalogue import ACTS
from domain.fact import Recorder
from domain.ledger.checkpointer import Checkpointer
from domain.ledger.checkpoints import Checkpoints
from domain.ledger.context import Context
from domain.ledger.recorder import Command
from domain.rules.calendar import legal_day
from tests.authorisation.table import (
    AGENCIES,
    NEVER_ASSIGNED,
    PURPOSES,
    Asked,
    Assigned,
    Case,
    Outcome,
)
from tests.integration.api.life import CODICE_FISCALE, Life, new_life, sign
from tests.integration.api.office import NOW, Register
from tests.integration.api.test_desks import project
from tests.integration.api.test_documents import convocation

RECIPIENTS = tuple(agency for agency in AGENCIES if agency not in ("servizio-sociale", "ats", "system"))
GOLDENS = Path(__file__).parents[2] / "unit" / "goldens"

SHOW_A_FACT = """
insert into ledger.disclosed
       (recipient, seq, kind, position, event_id, stream_id, version, type, ground, paths, payload)
select recipient, 1000, 'fact', e.position, e.event_id, e.stream_id, e.version, e.type, 'always', '{}', %s
  from ledger.events e cross join unnest(%s::text[]) as recipient
 where e.stream_id = %s and e.version = 1
"""


def person(agency: str, assigned_for: str | None) -> UUID:
    """The one who is assigned to the shown case for a purpose; without one, a colleague who is not."""
    return uuid5(NAMESPACE_URL, f"urn:ambito:test:{agency}/{assigned_for}")


def purpose_of(assigned: Assigned, asked: str) -> str | None:
    """For what somebody is assigned who asks for a purpose."""
    other = "CONTROLS" if asked != "CONTROLS" else "ACCESS"
    return {"no": None, "charge": "TAKING_CHARGE", "own": asked, "other": other}[assigned]


def who_asks(asked: Asked) -> UUID:
    return person(asked.agency, purpose_of(asked.assigned, asked.purpose))


@dataclass
class Prepared:
    """The register, its two cases with their sitting, and what fills the parameters of a path."""

    register: Register
    lives: dict[Case, Life] = field(default_factory=dict)
    session: UUID = field(default_factory=uuid4)
    tokens: dict[tuple[str, str, str, UUID], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sign(self.register)
        for case in ("hidden", "shown"):
            life = new_life(self.register).begin().to_patto().to_proposal().to_measure()
            self.lives[case] = life
        self.convocation = convocation(self.lives["shown"], self.lives["shown"].member)
        project(self.register)
        self._people(self.lives["shown"].case_id)
        self._disclosed()
        checkpoints = Checkpoints(self.register.services.all_rows)
        signer = Ed25519PrivateKey.generate()
        Checkpointer(checkpoints, "058", signer, events=1, seconds=60).step()
        self.size = checkpoints.page(None, 1)[0].size
        signed = self.register.services.log.protocol().signed
        assert signed is not None
        shown = self.lives["shown"]
        asked = shown.worker.post(f"/measures/{shown.measure}/dossiers", {"for": "judge"})
        self.fills: dict[str, object] = {
            "protocol_id": signed.protocol_id,
            "session_id": self.session,
            "dossier_id": asked.json()["dossier_id"],
            "version": 1,
            "act": "convoke_household",
            "worklist": "gepi",
            "recipient": "cpi",
        }
        self.routes = {
            str(route.operation_id): route
            for route in self.register.client.app.routes  # type: ignore[attr-defined]
            if isinstance(route, APIRoute)
        }

    def _people(self, case_id: UUID) -> None:
        """Assigned without asking the law, which refuses who is not linked: only the policy is asked here."""
        log = self.register.services.log
        events: list[Any] = [
            OperatorAssigned(
                assignment_id=uuid4(),
                person_id=person(agency, purpose),
                agency=agency,
                role="SOCIAL_WORKER",
                purpose=purpose,  # type: ignore[arg-type]
                from_on=date(2025, 3, 4),
            )
            for agency in AGENCIES
            if agency not in NEVER_ASSIGNED
            for purpose in PURPOSES
        ]
        seats = (Invitee(person_id=uuid4(), agency=agency) for agency in AGENCIES)
        events.append(
            EquipeConvoked(
                session_id=self.session,
                slot="1",
                team_id=uuid4(),
                meeting_at=datetime(2026, 7, 20, 9, 30, tzinfo=UTC),
                seat="Sala riunioni",
                invitees=tuple(seats),
                channel="EMAIL",
                attachment="ESTRATTO",
                attachment_hash="00" * 32,
                attachment_visibility_profile="per sede",
            )
        )
        context = Context(
            Recorder("ats", "SOCIAL_OPERATOR", uuid4()),
            legal_day(NOW),
            "TAKING_CHARGE",
            Command("test", uuid4(), b""),
            uuid4(),
        )
        version = log.recorder.version_of(case_id)
        log.tell([(case_id, version + n, event) for n, event in enumerate(events)], context)

    def _disclosed(self) -> None:
        payload = json.dumps({"agency": "servizio-sociale", "data": {}}).encode()
        with psycopg.connect(self.register.database.owner_url) as owner:
            owner.execute(SHOW_A_FACT, [payload, list(RECIPIENTS), self.lives["shown"].case_id])

    # --- a request -------------------------------------------------------------------------------------

    def token(self, asked: Asked) -> str:
        subject = who_asks(asked)
        key = (asked.agency, asked.role, asked.purpose, subject)
        if key not in self.tokens:
            self.tokens[key] = self.register.issuer.issue(
                agency=asked.agency, role=asked.role, purpose=asked.purpose, subject=subject
            )
        return self.tokens[key]

    def path(self, asked: Asked) -> str:
        operation, life = asked.row.operation, self.lives.get(asked.case)
        ids = {name: getattr(life, name) if life else uuid4() for name in ("case_id", "measure", "patto")}
        fills = self.fills | {
            "case_id": ids["case_id"],
            "measure_id": ids["measure"],
            "patto_id": ids["patto"],
        }
        path = re.sub(r"{(\w+)}", lambda found: str(fills[found[1]]), self.routes[operation].path)
        query = {
            "prove_inclusion": f"?position=1&size={self.size}",
            "prove_consistency": f"?from=1&to={self.size}",
        }
        return path + query.get(operation, "")

    def body(self, asked: Asked) -> Any:
        operation = asked.row.operation
        if operation == "assign_operator":
            # Herself: a social worker takes over for nobody else (tests/integration/api/test_who_lets_in.py).
            return BODIES[operation] | {"person_id": str(who_asks(asked)), "role": "SOCIAL_WORKER"}
        if operation in ACTS:
            return BODIES[operation]
        return {
            "print_letter": self.convocation,
            "request_dossier": {"for": "judge"},
            "acknowledge": {"signed": "x"},
            "search_cases": {"tax_code": CODICE_FISCALE},
        }.get(operation)


def _bodies() -> dict[str, Any]:
    """A statement of each act in the right shape; what it says is never asked."""
    bodies = {}
    for act, contract in ACTS.items():
        golden = json.loads((GOLDENS / f"{contract.stored_name}.json").read_text("utf-8"))
        bodies[act] = {name: value for name, value in golden.items() if name in contract.stated}
        bodies[act].pop("protocol_id", None)
    for member in bodies["record_household"]["members"]:
        member["tax_code"] = "MRRSMN86C07A000L"
    return bodies


BODIES = _bodies()


# --- asked of the application ------------------------------------------------------------------------------

AT_ONCE = 4


class Reached(Problem):
    """In place of the law: an act came as far as it."""

    def __init__(self) -> None:
        super().__init__(409, "REACHED")


def outcomes(prepared: Prepared, asked: Iterable[Asked]) -> list[tuple[Asked, Outcome]]:
    """What the application answers to each request, some at a time, each in a task of its own."""
    return asyncio.run(_outcomes(prepared, asked))


async def _outcomes(prepared: Prepared, asked: Iterable[Asked]) -> list[tuple[Asked, Outcome]]:
    found: list[tuple[Asked, Outcome]] = []
    waiting = iter(asked)

    async def work() -> None:
        for each in waiting:
            found.append((each, await asyncio.create_task(_outcome(prepared, each))))

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return found


REFUSALS = ("ROLE_NOT_ALLOWED", "PURPOSE_NOT_ALLOWED", "NOT_ASSIGNED", "UNKNOWN")


async def _outcome(prepared: Prepared, asked: Asked) -> Outcome:
    status, content = await _answer(prepared, asked)
    if status in (403, 404):
        rule = json.loads(content)["rule"]
        if rule in REFUSALS:
            return rule  # type: ignore[no-any-return]
    assert status < 500 and status not in (400, 405, 429), (asked, content)
    return "REACHED"


async def _answer(prepared: Prepared, asked: Asked) -> tuple[int, bytes]:
    operation = asked.row.operation
    body = prepared.body(asked)
    path, _, query = prepared.path(asked).partition("?")
    headers = {"authorization": f"Bearer {prepared.token(asked)}", "idempotency-key": str(uuid4())}
    sent = b"" if body is None else json.dumps(body).encode()
    headers |= {"content-type": "application/json"} if sent else {}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": next(iter(prepared.routes[operation].methods - {"HEAD"})),
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    status, parts = 0, list[bytes]()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": sent, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        else:
            parts.append(message.get("body", b""))

    await prepared.register.client.app(scope, receive, send)  # type: ignore[arg-type]
    return status, b"".join(parts)
