"""Whoever reads from outside the servizio sociale reads only what was disclosed to it, whatever it asks.

The readers are found in the code, not listed: every route of the application, called by every agency with
every path that the log has something for; every module that follows the log and speaks to the outside. A
value of the log that comes out must be one that `disclosed` has for who asked.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from api import policy
from api.json import Json
from api.policy import POLICY, PUBLIC, Rule
from api.services import Given
from api.who import MACHINE, OPERATOR
from consumers.invitation import Letterhead, message, sitting_of
from consumers.invitees import letters, sitting
from deploy.demo.walk import walk_case
from domain.access.events import CaseFileAccessed
from domain.case import events as e
from domain.case.state import fold
from domain.catalogue import ACTS
from domain.contract import cut, encode, instant
from domain.disclosure import entitled
from domain.extract import recipient_of
from domain.fact import KINDS
from domain.published.frozen import by_file
from projections.waiting import TITLES
from tests.databases import Ledger
from tests.integration.api.office import BASE, RECIPIENTS, Office, Register, register_on
from tests.integration.api.test_desks import project
from tests.integration.test_erasure_and_disclosure import live

pytestmark = pytest.mark.integration

OUTSIDE = [kind for kind in KINDS if kind not in ("servizio-sociale", "ats", "system")]
"""The servizio sociale runs the cases, the Ambito holds the register, the clock is it."""

SEATS = {"comune": ["comune-058091", "comune-058047"], "asl": ["asl"]}
UNITS = {"asl": [None, "asl-serd"]}

Answer = tuple[str, str, int, Any]
"""An operation, the recipient that asked, the status, and what came out."""


@pytest.fixture(scope="module")
def lived(shared_ledger: Ledger) -> Iterator[Register]:
    """The case of the demo, from referral to decurtazione, disclosed, and in the views."""
    with (
        register_on(shared_ledger) as register,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr("api.gate.UNKNOWN_AFTER", 0.0)  # most of what is asked for is not there for who asks
        live(register.services.log)
        project(register)
        yield register


@pytest.fixture(scope="module")
def given(lived: Register) -> list[Answer]:
    """What every route gives to every office outside."""
    return list(answers(lived, lived.client))


# --- what there is to leak ---------------------------------------------------------------------------------


def distinctive(value: Any) -> Iterator[str]:
    """The texts and ids in a value: no code, no day, no yes or no, which say nothing by themselves."""
    if isinstance(value, dict):
        for each in value.values():
            yield from distinctive(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from distinctive(each)
    elif isinstance(value, str) and len(value) > 4 and not PLAIN.fullmatch(value):
        yield value


PLAIN = re.compile(
    r"[A-Z_]+|[a-z]+|ore [\d:]+|\d{4}-\d{2}(-\d{2}.*)?|[\d./]+"
    r"|servizio-sociale|(asl|comune|cpi|ets|puc|PROT8|ADI|PA|PROTOCOLLO)[-.]?[\w.-]*"
)
"""Codes, days, numbers, agencies and rule sets."""


def on_record(register: Register) -> set[str]:
    facts = [entry.fact for entry in register.services.log.after(0, 10_000)]
    told = [value for fact in facts for value in distinctive(encode(fact.event))]
    return {*told, *(str(fact.event_id) for fact in facts)} - {str(walk_case())}


def disclosed_to(register: Register, recipient: str) -> set[str]:
    messages = register.services.disclosed.messages(recipient, 0, 10_000)
    return {value for each in messages for value in distinctive(each.to_json())}


# --- who asks, and for what --------------------------------------------------------------------------------


def offices(register: Register) -> Iterator[tuple[str, Office]]:
    """Every agency outside, as a machine and as a person, with the recipient that it reads as."""
    for kind, role in product(OUTSIDE, (MACHINE, OPERATOR)):
        for agency, unit in product(SEATS.get(kind, [kind]), UNITS.get(kind, [None])):
            yield unit or agency, register.office(agency, role, unit)


def readers(app: FastAPI) -> list[APIRoute]:
    """The routes that are no acts: an act answers with the ids of what its own caller put on record."""
    routes = [route for route in app.routes if isinstance(route, APIRoute)]
    return [route for route in routes if route.operation_id not in ACTS]


def known(register: Register) -> dict[str, list[Any]]:
    """What a parameter can be, by its name: all that the log has for it."""
    facts = register.services.log.facts(walk_case())
    members = [str(member) for member in fold(facts).members]
    middle = facts[len(facts) // 2].recorded_at
    assert middle is not None
    ids = {
        name: list(dict.fromkeys(value for fact in facts if (value := getattr(fact.event, name, None))))
        for name in ("patto_id", "version", "session_id", "measure_id")
    }
    return (
        ids
        | {
            "case_id": [walk_case()],
            "dossier_id": [uuid4()],  # made for who runs the case
            "worklist": list(TITLES),
            "act": [act for act, contract in ACTS.items() if contract.aggregate == "case"][:3],
            "file": list(by_file())[:2],
            "position": [1],
            "size": [1],
            "from": [1],
            "to": [1],
            # What may be asked beside:
            "recipient": list(RECIPIENTS),
            "as_known_at": [instant(middle)],
            "as_corrected_on": ["2025-06-01"],
            "member_id": members,
            "operator": [fact.recorder.person for fact in facts if fact.recorder.person][:1],
            "phase": ["CLOSED"],
            "residence_comune": ["058091"],
            "desk": ["cpi", "servizio-sociale"],
            "duty_bearer": ["SERVIZI"],
            "term_id": ["D3"],
            "state": ["LAPSED"],
            "due_before": ["2099-01-01"],
            "due_after": ["2000-01-01"],
            "signed_on": ["2025-06-01"],
            "on": ["2025-06-01"],
            "format": ["csv"],
            "agency": ["cpi"],
            "person": [uuid4()],
            "purpose": ["TAKING_CHARGE"],
            "kind": ["MEASURE", "WORK", "TERM", "CORRECTION"],
            "case_manager": [uuid4()],
            "wait_for": [1],
            "measure": ["DECURTAZIONE"],
            "rule_set": ["ADI-2025"],
            "outcome": ["REPRODUCED"],
            "conflict": [True],
            "overdue": ["REPORT"],
            "after": [0],
            "cursor": ["0"],
            "limit": [1],
        }
    )


def asked(
    route: APIRoute, parameters: list[Any], given: dict[str, list[Any]]
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Every path of a route, with what is asked there: nothing, then each thing that may be asked beside.

    A name that is not known fails: say what it is.
    """
    names = re.findall(r"{(\w+)}", route.path)
    query = [(each["name"], each["required"]) for each in parameters if each["in"] == "query"]
    needed = {name: given[name][0] for name, required in query if required}
    beside = [{name: value} for name, required in query if not required for value in given[name]]
    for values in product(*(given[name] for name in names)):
        path = route.path.format(**dict(zip(names, values, strict=True)))
        yield path, [needed | more for more in [{}, *beside]]


def answers(register: Register, client: TestClient) -> Iterator[Answer]:
    """What an application over the register gives, route by route, office by office."""
    given, everybody = known(register), list(offices(register))
    documented = client.app.openapi()["paths"]  # type: ignore[attr-defined]
    for route in readers(client.app):  # type: ignore[arg-type]
        for method in route.methods - {"HEAD"}:
            path = documented.get(route.path.removeprefix(BASE)) or documented[route.path]
            parameters = [each for each in path[method.lower()].get("parameters", []) if "name" in each]
            for (path, queries), (recipient, office) in product(asked(route, parameters, given), everybody):
                for query in queries:
                    headers = {"Authorization": f"Bearer {office.token}", "Idempotency-Key": str(uuid4())}
                    body = {} if method == "POST" else None
                    answer = client.request(method, path, params=query, headers=headers, json=body)
                    yield str(route.operation_id), recipient, answer.status_code, _content(answer)
                    if answer.status_code == 403:
                        break  # before any parameter is looked at


def _content(answer: Any) -> Any:
    kind = answer.headers.get("content-type", "")
    return answer.json() if answer.content and "json" in kind else [answer.text]


def leaked(register: Register, given: Iterable[Answer]) -> dict[tuple[str, str], set[str]]:
    """The operations that gave a recipient a value of the log that was not disclosed to it."""
    record = on_record(register)
    allowed = {recipient: disclosed_to(register, recipient) for recipient, _ in offices(register)}
    # An office is told of its own reads, and so of who read; the cursor of these is the id of one.
    reads = [
        each.fact for each in register.services.log.after(0, 10**6) if each.fact.kind is CaseFileAccessed
    ]
    for recipient, office in offices(register):
        own = (str(read.event_id) for read in reads if read.event.accessor == office.subject)
        allowed[recipient].update(own, [str(office.subject)])
    found = defaultdict[tuple[str, str], set[str]](set)
    for operation, recipient, _, content in given:
        for value in set(distinctive(content)) & record - allowed[recipient]:
            found[operation, recipient].add(value)
    return dict(found)


# --- over REST ---------------------------------------------------------------------------------------------


def test_no_route_gives_anybody_outside_what_was_not_disclosed_to_it(
    lived: Register, given: list[Answer]
) -> None:
    assert leaked(lived, given) == {}


def test_every_route_that_is_open_to_the_outside_is_read_by_somebody(
    lived: Register, given: list[Answer]
) -> None:
    """Else the test above would find nothing, whatever they gave."""
    read = {operation for operation, _, status, _ in given if status == 200}
    routes = [route for route in readers(lived.client.app) if "GET" in route.methods]  # type: ignore[arg-type]
    opened = {str(route.operation_id) for route in routes if _open(str(route.operation_id))}
    assert opened - read <= {"show_latest_checkpoint", "prove_inclusion", "prove_consistency"}
    assert all(disclosed_to(lived, recipient) & on_record(lived) for recipient in RECIPIENTS)


def _open(operation: str) -> bool:
    return operation in PUBLIC or bool(POLICY[operation].agencies & set(OUTSIDE))


def test_a_control_with_routes_that_read_past_the_door_is_caught(
    lived: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of_the_case(services: Given) -> Json:
        return Json([encode(fact.event) for fact in services.log.facts(walk_case())])

    def of_the_log(services: Given) -> Json:
        return Json([encode(entry.fact.event) for entry in services.log.after(0, 1000)])

    def of_a_view(services: Given) -> Json:
        with services.all_rows.connection() as connection:
            rows = connection.execute("select item_id::text from views.worklists_v2").fetchall()
        return Json([item for (item,) in rows])

    app = FastAPI()
    app.state.services = lived.services
    seeded = (of_the_case, of_the_log, of_a_view)
    for route in seeded:
        monkeypatch.setitem(policy.POLICY, route.__name__, Rule(frozenset(KINDS)))
        app.add_api_route(f"/{route.__name__}", route, operation_id=route.__name__)
    found = leaked(lived, answers(lived, TestClient(app)))
    assert {operation for operation, _ in found} == {route.__name__ for route in seeded}


# --- by topic, feed and mail -------------------------------------------------------------------------------


def test_what_a_topic_and_the_feed_give_is_what_the_door_gives(lived: Register) -> None:
    facts = lived.services.log.facts(walk_case())
    by_id = {fact.event_id: fact for fact in facts}
    for recipient in RECIPIENTS:
        given = {
            value
            for event_id, shown in entitled(facts, recipient).items()
            for value in distinctive(cut(encode(by_id[event_id].event), shown.paths, shown.replaced))
        }
        messages = lived.services.disclosed.messages(recipient, 0, 10_000, case_id=walk_case())
        for each in messages:
            assert set(distinctive(dict(each.data))) <= given, (recipient, each.type)


def test_a_convocation_by_mail_tells_a_seat_when_and_where_and_nothing_of_the_case(lived: Register) -> None:
    facts = lived.services.log.facts(walk_case())
    record, now = on_record(lived), datetime(2025, 1, 1, tzinfo=UTC)
    letterhead = Letterhead("equipe@ambito.example", "https://registro.example/", "058")
    written = 0
    for count, fact in enumerate(facts, start=1):
        if isinstance(fact.event, e.EquipeConvoked):
            known_then, stated = facts[:count], sitting_of(sitting(facts[:count]), fold(facts))
            own = {fact.event.seat, str(fact.event.session_id), str(walk_case()), str(fact.event_id)}
            for letter in letters(known_then, letterhead.domain):
                text = message(letter, stated, letterhead, "cpi@cpi.example", fact.recorded_at or now, now)
                found = {value for value in record - own if value.encode() in text}
                assert found == set(), recipient_of(fact.event.invitees[0])
                written += 1
    assert written


# --- by the structure of the consumers ---------------------------------------------------------------------

ROOM = Path(__file__).parents[3] / "consumers"
LOG = {"domain.ledger.store", "domain.ledger.recorder", "domain.ledger.access_logs"}
DOORS = {"domain.disclosure", "domain.extract"}


def imports(text: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
    return found


def past_the_door(text: str) -> bool:
    """Whether a module knows the log and no door."""
    named = imports(text)
    return bool(named & LOG) and not any(name.startswith(tuple(DOORS)) for name in named)


def test_what_speaks_to_the_outside_and_reads_the_log_reads_it_through_the_door() -> None:
    assert [path.name for path in ROOM.glob("*.py") if past_the_door(path.read_text(encoding="utf-8"))] == []
    assert past_the_door("from domain.ledger.store import Log\n")
    sending = imports((ROOM / "relay.py").read_text(encoding="utf-8"))
    assert "domain.ledger.disclosed" in sending and not sending & LOG
