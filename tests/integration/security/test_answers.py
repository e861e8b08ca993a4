"""Signed answers, read by who did not write them; and what is kept of both ways."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from structlog.testing import capture_logs

from api.security.evidence import proves_itself
from domain.ledger.exchanges import Exchanges, Signed
from tests.integration.api.life import assignment, referral
from tests.integration.api.office import BASE, Office
from tests.integration.security.trusted import OF_CLIENT, OF_OTHER, OF_US, Call, Trusting, digest
from tests.jose import opened
from tests.pdnd import AUDIENCE, CLIENT, OUTSIDE, PERSON

pytestmark = pytest.mark.integration


def act(trust: Trusting, **more: Any) -> Call:
    return trust.call("POST", "/cases", referral() | {"household_id": str(uuid4())} | more)


def said_in(answer: httpx.Response) -> dict[str, Any]:
    """What an answer's signature says, once it holds over the bytes that came."""
    header, said = opened(answer.headers["agid-jwt-signature"], OF_US.jwk)
    assert (header["kid"], header["typ"]) == ("ours", "JWT")
    assert answer.headers["digest"] == digest(answer.content)
    assert {"digest": digest(answer.content)} in said["signed_headers"]
    return said


def statuses(trust: Trusting, operation: str) -> list[tuple[str, int | None]]:
    """What is on record of an operation: the command and the status of each way, in its order."""
    return [
        (str(command), status)
        for command, status in trust.register.query(
            "select command_id, status from ledger.exchanges where operation = %s"
            " order by exchange, direction",
            operation,
        )
    ]


def of_case(trust: Trusting, case_id: str) -> list[Signed]:
    return list(Exchanges(trust.register.services.log.recorder.pool).of_case(UUID(case_id)))


ANSWERS = {
    "a list": (lambda trust: trust.call(), 200),
    "an act": (act, 201),
    "a refusal of a value": (lambda trust: act(trust, referred_on="never"), 422),
    "what is not there": (lambda trust: trust.call(path=f"/cases/{uuid4()}"), 404),
    "a note in plain text": (lambda trust: trust.call(path="/log/checkpoints/latest"), 404),
    "a role that may not": (lambda trust: trust.outside("POST", "/cases", referral()), 403),
}


@pytest.mark.parametrize("what", ANSWERS)
def test_every_answer_to_a_trusted_client_is_signed_for_it(trust: Trusting, what: str) -> None:
    make, status = ANSWERS[what]
    call = make(trust)
    answer = call.send()
    assert answer.status_code == status
    said = said_in(answer)
    assert said["aud"] == (OUTSIDE if "403" in str(status) else CLIENT)
    assert said["iss"] == AUDIENCE
    assert said["request_digest"] == digest(call.content)
    assert said["exp"] > said["iat"] == call.now
    assert {"content-type": answer.headers["content-type"]} in said["signed_headers"]


def test_an_answer_without_a_body_is_signed_too(trust: Trusting) -> None:
    case_id = act(trust).send().json()["case_id"]
    assigned = assignment(Office(trust.register.client, "", UUID(PERSON)))
    assert trust.call("POST", f"/cases/{case_id}/assignments", assigned).send().status_code == 201
    first = trust.call(path=f"/cases/{case_id}").send()
    assert first.status_code == 200
    call = trust.call(path=f"/cases/{case_id}")
    call.headers["If-None-Match"] = first.headers["etag"]
    answer = call.send()
    assert (answer.status_code, answer.content) == (304, b"")
    assert said_in(answer)["signed_headers"] == [{"digest": digest(b"")}]


def test_what_a_token_for_development_asks_is_not_signed(trust: Trusting) -> None:
    answer = trust.register.office("servizio-sociale").get("/cases")
    assert answer.status_code == 200
    assert "agid-jwt-signature" not in answer.headers and "digest" not in answer.headers


def test_an_act_is_kept_with_the_request_that_asked_for_it(trust: Trusting) -> None:
    call = act(trust)
    answer = call.send()
    request, response = of_case(trust, answer.json()["case_id"])
    assert (request.direction, response.direction) == ("request", "response")
    assert request.exchange == response.exchange
    assert (request.operation, request.client) == ("refer_case", f"servizio-sociale/{PERSON}")
    assert str(request.command_id) == call.headers["Idempotency-Key"]
    assert (request.digest, response.digest) == (digest(call.content), digest(answer.content))
    assert (response.status, response.signature) == (201, answer.headers["agid-jwt-signature"])


def test_what_is_kept_proves_who_asked_for_what_without_us(trust: Trusting) -> None:
    """By the digest of the body, which the client holds, and the keys that lie beside the signatures."""
    call = act(trust)
    request, response = of_case(trust, call.send().json()["case_id"])
    ((signer, person),) = [request.keys]
    _, signed = opened(str(request.signature), signer)
    _, tracked = opened(str(request.tracking), person)
    assert {"digest": digest(call.content)} in signed["signed_headers"]
    assert (signed["iss"], tracked["userID"]) == (CLIENT, PERSON)
    assert signer == person == {k: v for k, v in signer.items() if k in ("kid", "use")} | OF_CLIENT.jwk
    _, answered = opened(str(response.signature), response.keys[0])
    assert (answered["aud"], answered["request_digest"]) == (CLIENT, request.digest)


def test_a_read_is_kept_with_the_person_behind_it(trust: Trusting) -> None:
    case_id = act(trust).send().json()["case_id"]
    trust.call(path=f"/cases/{case_id}").send()
    request, response = of_case(trust, case_id)[-2:]
    assert (request.operation, request.signature, response.status) == ("show_case", None, 404)
    assert opened(str(request.tracking), request.keys[0])[1]["userID"] == PERSON


def test_a_retry_counts_as_another_attempt(trust: Trusting) -> None:
    call = act(trust)
    case_id = call.send().json()["case_id"]
    for _ in range(2):
        retry = trust.call("POST", "/cases", call.body)
        retry.under_the_key_of(call)
        assert retry.send().status_code == 200
    found = of_case(trust, case_id)
    assert [each.status for each in found if each.direction == "response"] == [201, 200, 200]
    assert len({each.exchange for each in found}) == 3
    assert {str(each.command_id) for each in found} == {call.headers["Idempotency-Key"]}


def test_an_act_that_is_refused_is_kept_as_asked_and_refused(trust: Trusting) -> None:
    call = act(trust, referred_on="never")
    assert call.send().status_code == 422
    command = call.headers["Idempotency-Key"]
    assert statuses(trust, "refer_case")[-2:] == [(command, None), (command, 422)]


def test_of_who_is_not_believed_nothing_is_kept(trust: Trusting) -> None:
    count = "select count(*) from ledger.exchanges"
    before = trust.register.query(count)
    call = trust.call()
    call.token.claims["aud"] = "https://other.example"
    assert call.send().status_code == 401
    assert trust.register.query(count) == before


def test_no_body_and_no_token_is_kept_or_logged(trust: Trusting, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    marker = f"MARKER-{uuid4()}"
    call = act(trust, source_ref=marker)
    headers = dict(call.prepared())
    with capture_logs() as lines:
        answer = trust.register.client.post(BASE + "/cases", content=call.content, headers=headers)
    assert answer.status_code in (201, 422)
    token = headers["Authorization"].removeprefix("Bearer ")
    (rows,) = trust.register.query("select string_agg(e::text, ' ') from ledger.exchanges e")[0]
    for secret in (marker, token, token.rpartition(".")[2]):
        assert secret not in rows
    told = str(lines) + caplog.text
    secrets = [marker, token, headers["Agid-JWT-Signature"], headers["Agid-JWT-TrackingEvidence"]]
    for secret in (*secrets, PERSON, "pdnd", "sportello 1", str(call.token.claims["jti"])):
        assert secret not in told


def test_the_evidence_of_an_act_is_in_the_transaction_of_the_act(
    trust: Trusting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that dies before it answers leaves the act with its request, and no answer."""

    def dies(*_: Any) -> None:
        raise psycopg.OperationalError("gone")

    call = act(trust)
    with monkeypatch.context() as dying:
        dying.setattr(Exchanges, "keep", dies)
        assert call.send().status_code == 503
    retry = trust.call("POST", "/cases", call.body)
    retry.under_the_key_of(call)
    case_id = retry.send().json()["case_id"]
    assert [(e.direction, e.status) for e in of_case(trust, case_id)] == [
        ("request", None),
        ("request", None),
        ("response", 200),
    ]


def test_the_evidence_of_an_act_that_lost_its_race_is_not_kept_with_the_other(trust: Trusting) -> None:
    """Both are on record, each as what it was: carried out, and refused."""
    body = referral() | {"household_id": str(uuid4())}
    first, second = (trust.call("POST", "/cases", body) for _ in range(2))
    assert (first.send().status_code, second.send().status_code) == (201, 409)
    commands = [call.headers["Idempotency-Key"] for call in (first, second)]
    assert [said for said in statuses(trust, "refer_case")[-4:] if said[1]] == [
        (commands[0], 201),
        (commands[1], 409),
    ]


def test_of_a_search_by_codice_fiscale_no_digest_is_kept(trust: Trusting) -> None:
    """There are few enough of them to try each: its digest would be as good as the datum."""
    call = trust.call("POST", "/case-searches", {"tax_code": "MRRSMN86C07A000L"})
    answer = call.send()
    assert answer.status_code == 200 and said_in(answer)["request_digest"] == digest(call.content)
    rows = trust.register.query(
        "select signature, digest, tracking is not null, status from ledger.exchanges"
        " where operation = 'search_cases' order by direction"
    )
    assert rows == [(None, None, True, None), (None, digest(answer.content), False, 200)]


def test_what_was_changed_since_does_not_prove_itself(trust: Trusting) -> None:
    request, response = of_case(trust, act(trust).send().json()["case_id"])
    assert proves_itself(request) and proves_itself(response)
    other = of_case(trust, act(trust).send().json()["case_id"])[0]
    for changed in (
        replace(request, digest=digest(b"another")),
        replace(request, signature=other.signature),
        replace(request, keys=[]),
        replace(request, keys=[OF_OTHER.jwk]),
        replace(request, tracking=str(request.tracking)[:-8] + "AAAAAAAA"),
        replace(response, signature="a.b.c"),
    ):
        assert not proves_itself(changed)


def test_the_command_shows_the_exchanges_of_a_case_and_whether_they_hold(trust: Trusting) -> None:
    case_id = act(trust).send().json()["case_id"]
    done = exchanges(trust, case_id)
    assert done.returncode == 0, done.stderr
    assert [line.split()[1:3] for line in done.stdout.splitlines()] == [
        ["request", "refer_case"],
        ["response", "refer_case"],
    ]
    (request, response) = (
        json.loads(line) for line in exchanges(trust, case_id, "--json").stdout.splitlines()
    )
    assert request["proven"] and response["proven"] and request["exchange"] == response["exchange"]
    with psycopg.connect(trust.register.database.owner_url) as owner:
        owner.execute(
            "update ledger.exchanges set digest = 'SHA-256=' where exchange = %s", [request["exchange"]]
        )
    done = exchanges(trust, case_id)
    assert done.returncode == 1 and done.stdout.count("DOES NOT HOLD") == 2
    assert exchanges(trust, str(uuid4())).stdout == "nothing signed is on record of this case\n"


def exchanges(trust: Trusting, *words: str) -> subprocess.CompletedProcess[str]:
    told = {"AMBITO_DATABASE_URL": trust.register.database.app_url}
    command = [sys.executable, "-m", "deploy.command", "exchanges", *words]
    return subprocess.run(command, check=False, env=os.environ | told, capture_output=True, text=True)


def test_while_the_keys_of_pdnd_cannot_be_had_the_caller_is_told_to_come_again(trust: Trusting) -> None:
    trust.pdnd.down = True
    call = trust.call()
    assert call.tracking
    call.tracking.header["kid"] = "not asked for yet"
    answer = call.send()
    trust.pdnd.down = False
    assert (answer.status_code, answer.json()["rule"]) == (503, "UNAVAILABLE")
    assert answer.headers["retry-after"] == "5"


def test_a_key_that_pdnd_began_to_use_is_believed_from_its_first_voucher_on(trust: Trusting) -> None:
    trust.pdnd.keys["next"] = OF_OTHER
    trust.register.clock.now += timedelta(seconds=61)
    call = trust.call()
    call.token.key, call.token.header["kid"] = OF_OTHER, "next"
    assert call.send().status_code == 200
    assert trust.call().send().status_code == 200


def test_evidence_is_only_added(trust: Trusting) -> None:
    with psycopg.connect(trust.register.database.app_url, autocommit=True) as app:
        for verb in (
            "update ledger.exchanges set digest = ''",
            "delete from ledger.exchanges",
            "truncate ledger.exchanges",
            "delete from ledger.used",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(verb.encode())


def test_a_digest_says_what_it_says() -> None:
    assert digest(b"") == "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="  # RFC 3230 with RFC 6234
    assert hashlib.sha256(b"").hexdigest().startswith("e3b0c442")
