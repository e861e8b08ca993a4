"""The feed of a recipient, and what it says it received."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import orjson
import psycopg
import pytest

from domain.message import Message
from projections.acknowledgement import Said, signed
from tests.integration.api.life import new_life, sign
from tests.integration.api.office import Register
from tests.integration.api.signing import new_key, public_part

pytestmark = pytest.mark.integration

CPI = new_key()


def enrol(register: Register) -> None:
    with psycopg.connect(register.database.owner_url) as owner:
        owner.execute("select ledger.enrol('cpi', %s)", [orjson.dumps(public_part(CPI)).decode()])


def test_a_machine_reads_the_feed_of_its_seat(register: Register) -> None:
    sign(register)
    life = new_life(register).begin().to_patto()
    life.refer_to_cpi()
    register.disclose()
    cpi = register.office("cpi", "machine")
    first = cpi.get("/feed", limit=2).json()
    assert [item["seq"] for item in first["items"]] == [1, 2]
    rest = cpi.get("/feed", after=2).json()
    assert rest["items"][0]["seq"] == 3 and rest["items"][-1]["seq"] == rest["head"] == first["head"]
    messages = [Message.from_json(item) for item in first["items"] + rest["items"]]
    assert all(str(message.log_epoch) == first["log_epoch"] for message in messages)
    assert {message.recipient for message in messages} == {"cpi"}
    other = register.office("ust", "machine").get("/feed").json()["items"]
    assert [item["type"] for item in other] == ["adi.protocol.protocol_signed.v1"]


def test_only_a_recipients_machine_reads_a_feed(register: Register) -> None:
    for agency, role in (("cpi", "EMPLOYMENT_OPERATOR"), ("ats", "machine"), ("comune-058999", "machine")):
        assert register.office(agency, role).get("/feed").status_code == 403
    assert register.office("asl", "machine", unit="asl-serd").get("/feed").status_code == 403
    assert register.office("cpi", "machine").get("/feed", after=-1).status_code == 422


def acknowledgement(register: Register, **given: Any) -> Said:
    epoch = str(register.services.disclosed.epoch())
    said = {"recipient": "cpi", "log_epoch": epoch, "received": 1, "applied": 1, "parked": []}
    return Said(**(said | given))  # type: ignore[typeddict-item]


def test_a_recipient_acknowledges(register: Register) -> None:
    sign(register)
    register.disclose()
    enrol(register)
    cpi, key = register.office("cpi", "machine"), orjson.dumps(CPI).decode()
    jws = signed(acknowledgement(register), key)
    assert cpi.post("/acknowledgements", {"signed": jws}).status_code == 201
    assert cpi.post("/acknowledgements", {"signed": jws}).status_code == 200
    assert register.query("select received, signed from ledger.acknowledgements") == [(1, jws)]
    (shown, *others) = register.office("ats", "SOCIAL_OPERATOR").get("/recipients").json()["items"]
    assert (shown["recipient"], shown["head"], shown["relayed"]) == ("cpi", 1, 0)
    assert shown["acknowledged"]["applied"] == 1
    assert [other["acknowledged"] for other in others] == [None, None, None]


@pytest.mark.parametrize(
    ("given", "status", "rule"),
    [
        ({"received": 2}, 422, "BAD_VALUE"),
        ({"received": -1, "applied": -1}, 422, "BAD_VALUE"),
        ({"received": 0, "applied": 1}, 422, "BAD_VALUE"),
        ({"parked": [2]}, 422, "BAD_VALUE"),
        ({"log_epoch": str(uuid4())}, 409, "OTHER_EPOCH"),
        ({"recipient": "ust"}, 403, "ROLE_NOT_ALLOWED"),
    ],
)
def test_what_cannot_be_so_is_not_acknowledged(
    register: Register, given: dict[str, Any], status: int, rule: str
) -> None:
    sign(register)
    register.disclose()
    enrol(register)
    jws = signed(acknowledgement(register, **given), orjson.dumps(CPI).decode())
    answer = register.office("cpi", "machine").post("/acknowledgements", {"signed": jws})
    assert (answer.status_code, answer.json()["rule"]) == (status, rule)
    assert register.query("select count(*) from ledger.acknowledgements") == [(0,)]


def test_a_signature_must_be_the_recipients(register: Register) -> None:
    cpi = register.office("cpi", "machine")
    jws = signed(acknowledgement(register), orjson.dumps(new_key()).decode())
    assert cpi.post("/acknowledgements", {"signed": jws}).json()["rule"] == "NOT_ENROLLED"
    enrol(register)
    assert cpi.post("/acknowledgements", {"signed": jws}).json()["rule"] == "BAD_SIGNATURE"
    for body in ({}, {"signed": 1}, {"signed": jws, "more": 1}):
        assert cpi.post("/acknowledgements", body).status_code == 422
