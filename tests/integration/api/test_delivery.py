"""The feed of a recipient, and what it says it received."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from typing import Any
from uuid import uuid4

import orjson
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.ledger.checkpointer import Checkpointer
from domain.ledger.checkpoints import Checkpoints
from domain.ledger.note import Checkpoint, Note, cosign, witness_name
from domain.ledger.note import sign as note_sign
from domain.message import Message
from projections.acknowledgement import Said, signed
from tests.integration.api.life import household, new_life, sign
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


def test_the_ambito_sees_which_corrections_nobody_has_acknowledged_yet(register: Register) -> None:
    sign(register)
    life = new_life(register).begin().to_patto()
    life.refer_to_cpi()
    register.disclose()
    enrol(register)
    ats, cpi = register.office("ats", "SOCIAL_OPERATOR"), register.office("cpi", "machine")

    def awaited(code: str) -> list[int]:
        body = ats.get(f"/recipients/{code}/corrections").json()
        assert body["next_cursor"] is None
        assert all(set(item) == {"seq", "kind", "disclosed_at"} for item in body["items"])
        return [item["seq"] for item in body["items"]]

    def counted() -> dict[str, Any]:
        items = ats.get("/recipients").json()["items"]
        return {item["recipient"]: item["corrections"]["unacknowledged"] for item in items}

    def says(**given: Any) -> None:
        jws = signed(acknowledgement(register, **given), orjson.dumps(CPI).decode())
        assert cpi.post("/acknowledgements", {"signed": jws}).status_code == 201

    assert awaited("cpi") == [] and {counted()[code] for code in ("cpi", "ust", "comune-058091")} == {0}
    for surname in ("Prima", "Seconda"):
        members = household(life.member, life.child, surname=surname)["members"]
        wrong = {"corrects_event_id": life.said["households"]["event_ids"][0], "reason": "errore"}
        life.tell("corrections", wrong | {"new_value": {"members": members}})
    register.disclose()
    feed = cpi.get("/feed").json()
    seqs = [item["seq"] for item in feed["items"] if item["kind"] == "correction"]
    assert len(seqs) == 2 and awaited("cpi") == seqs and counted()["cpi"] == 2
    assert ats.get("/recipients").json()["items"][0]["corrections"]["since"]
    says(received=feed["head"], applied=feed["head"], parked=[seqs[1]])
    assert awaited("cpi") == [seqs[1]], "what is parked is not applied"
    first = ats.get("/recipients/cpi/corrections", limit=1).json()
    assert (first["items"][0]["seq"], first["next_cursor"]) == (seqs[1], None)
    says(received=feed["head"], applied=feed["head"])
    assert awaited("cpi") == [] and counted()["cpi"] == 0
    with psycopg.connect(register.database.owner_url) as owner:
        owner.execute("update ledger.log_head set log_epoch = gen_random_uuid()")
    assert awaited("cpi") == seqs, "of another epoch nothing was said yet"


def test_who_asks_for_corrections_without_being_the_ambito_is_refused(register: Register) -> None:
    assert register.office("cpi", "machine").get("/recipients/cpi/corrections").status_code == 403
    ats = register.office("ats", "SOCIAL_OPERATOR")
    assert ats.get("/recipients/nobody/corrections").status_code == 404
    assert ats.get("/recipients/cpi/corrections", cursor=-1).status_code == 422


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


# --- what comes with it: the cosignature of a checkpoint --------------------------------------------------

LOG, OTHER = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
NAME = witness_name("058", "cpi")
AT = 1_780_000_000


def own_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(urlsafe_b64decode(CPI["d"] + "=="))


def signed_log(register: Register) -> Checkpoint:
    """The first checkpoint of the log."""
    sign(register)
    register.disclose()
    enrol(register)
    Checkpointer(Checkpoints(register.services.all_rows), "058", LOG, events=1, seconds=60).step()
    stored = Checkpoints(register.services.all_rows).latest()
    assert stored is not None
    return Checkpoint.read(Note.read(stored.note).text)


def cosigned(register: Register, checkpoint: Checkpoint, **given: Any) -> str:
    """An acknowledgement with a cosignature, of which a part may be given."""
    line = cosign(checkpoint.text, NAME, own_key(), AT).line
    said = acknowledgement(register, cosigned={"size": checkpoint.size, "line": line} | given)
    return signed(said, orjson.dumps(CPI).decode())


def test_a_recipient_cosigns_what_it_acknowledges(register: Register) -> None:
    checkpoint = signed_log(register)
    cpi, jws = register.office("cpi", "machine"), cosigned(register, checkpoint)
    plain = signed(acknowledgement(register), orjson.dumps(CPI).decode())
    assert [cpi.post("/acknowledgements", {"signed": each}).status_code for each in (plain, jws, jws)] == [
        *(201, 201, 200)
    ]
    assert register.query(
        "select recipient, size, extract(epoch from cosigned_at) from ledger.cosignatures"
    ) == [("cpi", checkpoint.size, AT)]
    assert register.query("select signed from ledger.acknowledgements order by id") == [(plain,), (jws,)]
    (shown, *others) = register.office("ats", "SOCIAL_OPERATOR").get("/recipients").json()["items"]
    said = {"size": checkpoint.size, "cosigned_at": "2026-05-28T20:26:40.000000Z"}
    assert [each["cosigned"] for each in (shown, *others)] == [said, None, None, None]


@pytest.mark.parametrize(
    ("forge", "rule"),
    [
        (lambda c: {"size": c.size + 1}, "BAD_VALUE"),
        (lambda c: {"size": 0}, "BAD_VALUE"),
        (lambda c: {"size": 2**63}, "BAD_VALUE"),
        (lambda c: {"line": "no line"}, "BAD_SIGNATURE"),
        (lambda c: {"line": cosign(c.text, NAME, OTHER, AT).line}, "BAD_SIGNATURE"),
        (lambda c: {"line": cosign(c.text, NAME + "2", own_key(), AT).line}, "BAD_SIGNATURE"),
        (lambda c: {"line": cosign(c.text + "x", NAME, own_key(), AT).line}, "BAD_SIGNATURE"),
        (lambda c: {"line": note_sign(c.text, NAME, own_key()).line}, "BAD_SIGNATURE"),
        (lambda c: {"line": cosign(c.text, NAME, own_key(), 2**60).line}, "BAD_VALUE"),
        (lambda c: {"size": str(c.size)}, "BAD_SIGNATURE"),
    ],
)
def test_a_cosignature_that_is_not_its_own_of_this_checkpoint_spoils_the_whole(
    register: Register, forge: Any, rule: str
) -> None:
    checkpoint = signed_log(register)
    jws = cosigned(register, checkpoint, **forge(checkpoint))
    answer = register.office("cpi", "machine").post("/acknowledgements", {"signed": jws})
    assert (answer.status_code, answer.json()["rule"]) == (422, rule)
    for table in ("acknowledgements", "cosignatures"):
        assert register.query(f"select count(*) from ledger.{table}") == [(0,)]


def test_a_signature_must_be_the_recipients(register: Register) -> None:
    cpi = register.office("cpi", "machine")
    jws = signed(acknowledgement(register), orjson.dumps(new_key()).decode())
    assert cpi.post("/acknowledgements", {"signed": jws}).json()["rule"] == "NOT_ENROLLED"
    enrol(register)
    assert cpi.post("/acknowledgements", {"signed": jws}).json()["rule"] == "BAD_SIGNATURE"
    for body in ({}, {"signed": 1}, {"signed": jws, "more": 1}):
        assert cpi.post("/acknowledgements", body).status_code == 422
