"""Acts over HTTP: what they answer, and what a repetition answers."""

from __future__ import annotations

import asyncio
import hashlib
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4, uuid5

import httpx
import pytest
import uvicorn

from api.acts import COMMANDS_KEY
from api.app import create_app
from deploy.serving import Http
from domain.catalogue import ACTS
from domain.ledger.digests import canonical
from tests.integration.api.life import assignment, household, new_life, protocol, referral, sign, told
from tests.integration.api.office import BASE, Office, Register

pytestmark = pytest.mark.integration


def test_a_referral_opens_a_case(register: Register) -> None:
    key = uuid4()
    answer = register.office("servizio-sociale").post("/cases", referral(), key=key)
    assert answer.status_code == 201
    body = answer.json()
    assert body["case_id"] == str(uuid5(key, "case_id"))
    assert answer.headers["location"] == f"{BASE}/cases/{body['case_id']}"
    assert answer.headers["etag"] == '"1"' and answer.headers["cache-control"] == "no-store"
    assert (body["version"], body["position"], body["replayed"]) == (1, 1, False)
    (event_id, known_on) = register.query(
        "select event_id, convert_from(state, 'UTF8')::jsonb ->> 'known_on' from ledger.events"
    )[0]
    assert body["event_ids"] == [str(event_id)]
    assert known_on == "2026-06-30"  # today in Italy, where nothing else is said


def test_a_retry_is_answered_from_the_log(register: Register) -> None:
    life = new_life(register).begin()
    key, body = uuid4(), household(life.member, life.child)
    first = life.act("households", body, key=key, headers={"If-Match": '"2"'})
    again = life.act("households", body, key=key, headers={"If-Match": '"2"'})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json() | {"replayed": True}
    assert register.head() == 3


def test_what_an_act_said_cannot_be_found_by_trying_in_a_copy_of_the_database(register: Register) -> None:
    life, key = new_life(register).begin(), uuid4()
    told(life.act("households", said := household(life.member, life.child), key=key))
    target = f"POST {BASE}/cases/{life.case_id}/households".encode()
    bound = b"".join(len(part).to_bytes(4, "big") + part for part in (target, b"", canonical(said)))
    query = "select body_digest from ledger.commands where command_id = %s"
    ((kept,),) = register.query(query, key)
    assert kept != hashlib.sha256(bound).digest()
    assert kept == register.services.log.keys.ensure([COMMANDS_KEY])[COMMANDS_KEY].salt(bound)


def test_saying_what_is_on_record_decides_nothing(register: Register) -> None:
    life = new_life(register).begin()
    body = household(life.member, life.child)
    life.tell("households", body)
    again = life.act("households", body)
    assert again.status_code == 200
    assert again.json()["event_ids"] == [] and again.json()["version"] == 3
    assert register.head() == 3


def test_twins_get_one_answer(register: Register) -> None:
    life = new_life(register).begin()
    key, body = uuid4(), household(life.member, life.child)
    with ThreadPoolExecutor(4) as twins:
        answers = list(twins.map(lambda _: life.act("households", body, key=key), range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert len({answer.json()["position"] for answer in answers}) == 1


def test_the_key_belongs_to_its_client(register: Register) -> None:
    key = uuid4()
    first = register.office("servizio-sociale").post("/cases", referral(), key=key)
    other = register.office("servizio-sociale", person="another").post("/cases", referral(), key=key)
    assert first.status_code == 201
    assert other.status_code == 409 and other.json()["rule"] == "CASE_ALREADY_OPEN"


def test_whoever_leaves_a_case_can_still_retry(register: Register) -> None:
    life = new_life(register).begin()
    given = assignment(life.worker)
    life.tell("assignments", given)
    first_one = register.services.log.case(life.case_id).assignments
    for assignment_id in list(first_one):
        key = uuid4()
        body = {"assignment_id": str(assignment_id), "until": "2025-06-01", "reason": "REPLACED"}
        assert life.act("unassignments", body, key=key).status_code == 201
    assert life.act("unassignments", body, key=key).json()["replayed"] is True
    assert life.worker.get(f"/cases/{life.case_id}").status_code == 404


def test_what_was_learnt_earlier_says_so(register: Register) -> None:
    life = new_life(register).begin()
    body = household(life.member, life.child)
    told(life.act("households", body, headers={"Known-On": "2025-03-06"}))
    assert life.worker.get(f"/cases/{life.case_id}/events").json()["items"][-1]["known_on"] == "2025-03-06"
    late = life.act("households", body, headers={"Known-On": "2026-07-01"})
    assert late.status_code == 422 and late.json()["errors"][0]["where"] == "Known-On"
    assert life.act("households", body, headers={"Known-On": "ieri"}).status_code == 400


def test_the_protocol_is_signed_and_has_referents(register: Register) -> None:
    ats, body = register.office("ats", "SOCIAL_OPERATOR"), protocol()
    signed = ats.post("/protocols", body)
    assert signed.status_code == 201 and signed.json()["protocol_id"] == body["protocol_id"]
    referent = {
        "agency": "cpi",
        "person_id": str(uuid4()),
        "name": "Noè",
        "surname": "Fittizio",
        "contact": "cpi@example.org",
        "from_on": "2025-01-02",
    }
    path = f"/protocols/{body['protocol_id']}/referents"
    cpi = register.office("cpi", "EMPLOYMENT_OPERATOR")
    assert cpi.post(path, referent).status_code == 201
    same = referent | {"person_id": str(uuid4()), "protocol_id": body["protocol_id"]}
    assert cpi.post(path, same).status_code == 201
    other = cpi.post(path, referent | {"protocol_id": str(uuid4())})
    assert other.status_code == 422 and other.json()["errors"][0]["where"] == "/protocol_id"
    assert cpi.post(f"/protocols/{uuid4()}/referents", referent).status_code == 404


def test_a_correction_has_the_shape_of_what_it_corrects(register: Register) -> None:
    life = new_life(register).begin()
    event_id = life.tell("households", household(life.member, life.child))["event_ids"][0]
    correction = {"corrects_event_id": event_id, "reason": "errore di battitura"}
    members = household(life.member, life.child, name="Simona")["members"]

    wrong = household(life.member, life.child, tax_code="MRRSMN86C07A000X")["members"]
    refused = life.act("corrections", correction | {"new_value": {"members": wrong}})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["where"] == "/new_value/members/0/tax_code"
    sealed = life.act("corrections", correction | {"new_value": {"source": {"sealed": "person/x|y|z"}}})
    assert sealed.status_code == 422

    told(life.act("corrections", correction | {"new_value": {"members": members}}))
    shown = life.worker.get(f"/cases/{life.case_id}").json()
    assert shown["members"][0]["name"] == "Simona"


def test_the_document_describes_every_act(register: Register) -> None:
    document = register.client.app.openapi()  # type: ignore[attr-defined]
    operations = {
        operation["operationId"]: operation
        for path in document["paths"].values()
        for operation in path.values()
    }
    for contract in ACTS.values():
        schema = operations[contract.act]["requestBody"]["content"]["application/json"]["schema"]
        name = schema["$ref"].rpartition("/")[2]
        described = document["components"]["schemas"][name]
        assert set(described["properties"]) == set(contract.stated)
        assert described["additionalProperties"] is False
        sent = [each.get("$ref") for each in operations[contract.act]["parameters"]]
        assert "#/components/parameters/Idempotency-Key" in sent
    assert "ValidationError" not in str(document)


@contextmanager
def served(register: Register, port: int = 0) -> Iterator[str]:
    """The API on a socket of its own."""
    app = create_app(register.services)
    how: dict[str, Any] = {"http": Http, "lifespan": "off", "ws": "none", "proxy_headers": False}
    config = uvicorn.Config(app, port=port, log_config=None, **how)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def test_it_all_works_over_a_socket(register: Register) -> None:
    sign(register)
    with served(register) as url, httpx.Client(base_url=url) as client:
        life = new_life(register)
        life.worker = Office(client, life.worker.token, life.worker.subject)
        life.inps = Office(client, life.inps.token, life.inps.subject)
        life.begin().to_patto().to_proposal().to_measure()
        shown = life.worker.get(f"/cases/{life.case_id}")
        assert shown.json()["phase"] == "PATTO_SIGNED"
        assert UUID(shown.json()["measures"][0]["measure_id"]) == life.measure
        assert client.get(f"{BASE}/readyz").status_code == 200

        def chunks() -> Iterator[bytes]:
            for _ in range(20):
                yield b" " * 65_536

        assert life.worker.raw("/cases", chunks()).status_code == 413
        assert life.worker.get("/cases").status_code == 200
