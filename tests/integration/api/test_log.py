"""The evidence of the log over REST: what a stranger with a verifier needs, and nothing of anybody."""

from __future__ import annotations

from base64 import b64decode
from typing import Any
from uuid import UUID

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.ledger.checkpointer import Checkpointer
from domain.ledger.checkpoints import Checkpoints
from domain.ledger.note import COSIGNATURE, Note, VerifierKey, cosign, cosigned_at, opened, verifier_key
from domain.ledger.tree import extends, includes, leaf_hash
from tests.integration.api.life import sign
from tests.integration.api.office import Office, Register

pytestmark = pytest.mark.integration

LOG, CPI = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))


def grow_and_sign(register: Register, times: int = 1) -> None:
    """A refused act is a line of the access log, too: the cheapest way to let the log grow."""
    signer = Checkpointer(Checkpoints(register.services.all_rows), "058", LOG, events=1, seconds=60)
    for _ in range(times):
        register.office("cpi", "EMPLOYMENT_OPERATOR").get("/feed")
        assert signer.step() == 1


def get(reader: Office, path: str, **query: Any) -> Any:
    answer = reader.get(path, **query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def leaf(register: Register, position: int) -> bytes:
    columns = "position, recorded_at, stream_id, version, type, state"
    (row,) = register.query(f"select {columns} from ledger.events where position = %s", position)
    return leaf_hash(*row)


def test_every_agency_verifies_the_log_with_one_key(register: Register) -> None:
    sign(register)
    grow_and_sign(register, 3)
    for agency, role in (("cpi", "machine"), ("comune-058999", "CLERK"), ("inps", "machine")):
        reader = register.office(agency, role)
        (key,) = get(reader, "/log/keys")["items"]
        newest, *older = get(reader, "/log/checkpoints")["items"]
        verifier = VerifierKey.read(key["vkey"])
        assert verifier.public == LOG.public_key().public_bytes_raw()
        states = {}
        for item in (newest, *older):
            checkpoint = opened(item["note"], verifier)
            assert (checkpoint.size, checkpoint.origin) == (item["size"], item["origin"])
            assert checkpoint.root == b64decode(item["root"])
            states[checkpoint.size] = checkpoint.root
        assert list(states) == sorted(states, reverse=True)
        latest = reader.get("/log/checkpoints/latest")
        assert latest.headers["content-type"] == "text/plain; charset=utf-8"
        assert opened(latest.text, verifier).size == newest["size"]

        size = newest["size"]
        path = get(reader, "/log/inclusion-proofs", position=1, size=size)["hashes"]
        hashes = [b64decode(each) for each in path]
        assert includes(leaf(register, 1), 0, size, hashes, states[size])
        (first, second) = (older[-1]["size"], size)
        path = get(reader, "/log/consistency-proofs", **{"from": first, "to": second})["hashes"]
        hashes = [b64decode(each) for each in path]
        assert extends(first, second, states[first], states[second], hashes)


def test_checkpoints_are_listed_by_page_the_latest_first(register: Register) -> None:
    grow_and_sign(register, 5)
    reader = register.office("ust", "machine")
    first = get(reader, "/log/checkpoints", limit=2)
    second = get(reader, "/log/checkpoints", limit=2, cursor=first["next_cursor"])
    third = get(reader, "/log/checkpoints", limit=2, cursor=second["next_cursor"])
    numbers = [item["number"] for each in (first, second, third) for item in each["items"]]
    assert numbers == [5, 4, 3, 2, 1]
    assert third["next_cursor"] is None
    assert reader.get("/log/checkpoints", cursor="x").status_code == 422


def test_a_cosignature_stands_in_the_note_of_its_checkpoint(register: Register) -> None:
    grow_and_sign(register, 2)
    evidence = Checkpoints(register.services.all_rows)
    latest = evidence.latest()
    assert latest is not None
    line = cosign(Note.read(latest.note).text, "w", CPI, 1_700_000_000).line
    evidence.cosign("cpi", latest.log_epoch, latest.size, line, 1_700_000_000)
    reader = register.office("ats", "SOCIAL_OPERATOR")
    newest, oldest = get(reader, "/log/checkpoints")["items"]
    (said,) = newest["cosignatures"]
    assert (said["recipient"], said["line"]) == ("cpi", line)
    assert said["cosigned_at"] == "2023-11-14T22:13:20.000000Z"
    assert oldest["cosignatures"] == []
    note = Note.read(reader.get("/log/checkpoints/latest").text)
    assert cosigned_at(note, verifier_key("w", CPI, COSIGNATURE)) == 1_700_000_000


def test_a_log_that_was_never_signed_has_no_evidence_yet(register: Register) -> None:
    reader = register.office("cpi", "machine")
    assert get(reader, "/log/checkpoints") == get(reader, "/log/keys") == {"items": [], "next_cursor": None}
    assert reader.get("/log/checkpoints/latest").json()["rule"] == "UNKNOWN"
    answer = reader.get("/log/inclusion-proofs", position=1, size=1)
    assert (answer.status_code, answer.json()["rule"]) == (404, "NO_SUCH_SIZE")


@pytest.mark.parametrize(
    ("path", "query", "status", "rule"),
    [
        ("inclusion-proofs", {"position": 1, "size": 4}, 404, "NO_SUCH_SIZE"),
        ("inclusion-proofs", {"position": 3, "size": 2}, 422, "BAD_VALUE"),
        ("inclusion-proofs", {"position": 0, "size": 2}, 422, "BAD_VALUE"),
        ("inclusion-proofs", {"position": 1}, 422, "BAD_VALUE"),
        ("inclusion-proofs", {"position": "x", "size": 2}, 422, "BAD_VALUE"),
        ("inclusion-proofs", {"position": 1, "size": 2**63}, 422, "BAD_VALUE"),
        ("consistency-proofs", {"from": 1, "to": 4}, 404, "NO_SUCH_SIZE"),
        ("consistency-proofs", {"from": 2**62, "to": 2**63 - 1}, 404, "NO_SUCH_SIZE"),
        ("consistency-proofs", {"from": 3, "to": 2}, 422, "BAD_VALUE"),
        ("consistency-proofs", {"from": 0, "to": 2}, 422, "BAD_VALUE"),
    ],
)
def test_a_size_or_position_that_never_was_is_refused_with_its_rule(
    register: Register, path: str, query: dict[str, Any], status: int, rule: str
) -> None:
    grow_and_sign(register, 3)
    answer = register.office("cpi", "machine").get(f"/log/{path}", **query)
    assert (answer.status_code, answer.json()["rule"]) == (status, rule)


def test_without_a_token_there_is_nothing(register: Register) -> None:
    for path in ("checkpoints", "checkpoints/latest", "keys"):
        assert register.client.get(f"/rest/adi/v1/log/{path}").status_code == 401


def test_a_restored_log_lists_the_checkpoints_of_both_epochs(register: Register) -> None:
    grow_and_sign(register, 1)
    with psycopg.connect(register.database.owner_url) as owner:
        owner.execute("update ledger.log_head set log_epoch = gen_random_uuid()")
    grow_and_sign(register, 1)
    items = get(register.office("cpi", "machine"), "/log/checkpoints")["items"]
    assert len({UUID(item["log_epoch"]) for item in items}) == 2
    assert all(item["origin"] == f"ambito/058/{item['log_epoch']}" for item in items)
