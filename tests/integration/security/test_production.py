"""The server as it is deployed: what it says at the start, and whose tokens it takes in production."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import httpx
import orjson
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from consumers.acknowledge import Acknowledge
from consumers.client.failures import CallFailed
from consumers.client.register import Register
from consumers.client.transport import Transport
from consumers.source import FeedSource
from deploy.client_file import CannotCall
from deploy.feeds import proofs_of
from deploy.kept import kept_port
from deploy.keys import private_key, public_part
from deploy.settings import Settings
from deploy.stack import Stack
from deploy.supervisor import StartFailed
from deploy.tokens import issuer
from projections.acknowledgement import Said
from tests.databases import Ledger
from tests.integration.api.office import BASE
from tests.integration.security.trusted import (
    OF_CLIENT,
    OF_OUTSIDE,
    OF_PDND,
    OF_US,
    Trusting,
    digest,
    trust_file,
)
from tests.jose import opened
from tests.pdnd import AUDIENCE, CLIENT, MACHINES, OUTSIDE, PURPOSE, Pdnd, serving

pytestmark = pytest.mark.integration


def environment(folder: Path, **told: str) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("AMBITO_")}
    return ours | {f"AMBITO_{name}": value for name, value in ({"VAR": str(folder / "var")} | told).items()}


@contextmanager
def served(folder: Path, ledger: Ledger, **told: str) -> Iterator[tuple[httpx.Client, Path]]:
    """A client of `ambito serve` with these settings, and its log."""
    port, log = kept_port(folder / "port"), folder / "serve.log"
    settings = {"DATABASE_URL": make_conninfo(ledger.app_url), "API_PORT": str(port)} | told
    command = [sys.executable, "-m", "deploy.command", "serve"]
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=environment(folder, **settings), stdout=out, stderr=out)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            _until_alive(client, process, log)
            yield client, log
    finally:
        process.terminate()
        process.wait(20)


def _until_alive(client: httpx.Client, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        assert process.poll() is None, log.read_text()
        try:
            if client.get(BASE + "/livez").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(log.read_text())


@pytest.fixture
def pdnd() -> Iterator[Pdnd]:
    with serving(Pdnd({"pdnd": OF_PDND}, {"client": (CLIENT, OF_CLIENT.jwk)})) as made:
        yield made


def caller(client: httpx.Client, pdnd: Pdnd) -> Trusting:
    """The client of PDND, calling a server that has its own clock."""
    register = SimpleNamespace(client=client, clock=lambda: datetime.now(UTC))
    return Trusting(cast(Any, register), pdnd)


def development_token(folder: Path) -> dict[str, str]:
    token = issuer(Settings(var=folder / "var")).issue(
        agency="servizio-sociale", role="SOCIAL_WORKER", subject=uuid4()
    )
    return {"Authorization": f"Bearer {token}"}


def test_in_production_pdnd_comes_in_and_a_development_token_does_not(
    ledger: Ledger, pdnd: Pdnd, tmp_path: Path
) -> None:
    trust = str(trust_file(tmp_path, pdnd))
    with served(tmp_path, ledger, PRODUCTION="true", TRUST=trust) as (client, log):
        answer = caller(client, pdnd).call(path="/log/keys").send()
        assert answer.status_code == 200
        assert opened(answer.headers["agid-jwt-signature"], OF_US.jwk)[1]["aud"] == CLIENT
        assert client.get(BASE + "/log/keys", headers=development_token(tmp_path)).status_code == 401
        assert client.get(BASE + "/log/keys").status_code == 401
        assert client.get(BASE + "/status").status_code == 200
        assert "development" not in log.read_text()


def test_who_shows_no_token_is_counted_by_its_address_whatever_a_header_says(
    ledger: Ledger, tmp_path: Path
) -> None:
    with served(tmp_path, ledger, RATE_LIMIT="3", RATE_WINDOW="3600") as (client, _):
        said = [
            {name: f"10.0.0.{number}"}
            for number, name in enumerate(("X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Forwarded-For"))
        ]
        statuses = [client.get(BASE + "/cases", headers=headers).status_code for headers in said]
    assert statuses == [401, 401, 401, 429]


def test_an_agency_outside_pdnd_follows_its_feed_and_acknowledges_in_production(
    ledger: Ledger, pdnd: Pdnd, tmp_path: Path
) -> None:
    """By the means of its own subscriber: a token and a signature for each call, from the client's file."""
    trust = str(trust_file(tmp_path, pdnd))
    key = private_key(tmp_path / "recipient.jwk")
    with psycopg.connect(ledger.owner_url) as owner:
        owner.execute("select ledger.enrol('ust', %s)", [public_part(key)])
    (tmp_path / "outside-key.pem").write_bytes(OF_OUTSIDE.pem)
    (tmp_path / "client.toml").write_text(f"""
client = "{OUTSIDE}"
audience = "{AUDIENCE}"
purpose = "{MACHINES}"
key = "outside-key.pem"
certificate = "outside.pem"
""")
    proof = proofs_of(Settings(client=tmp_path / "client.toml"), "ust")
    with served(tmp_path, ledger, PRODUCTION="true", TRUST=trust) as (client, _):
        url = str(client.base_url)
        jwk = orjson.dumps(key.as_dict(private=True)).decode()
        with (
            closing(FeedSource(url, proof.token)) as feed,
            closing(Register(Transport(url, over=proof.over), proof.token)) as signed,
            closing(Register(Transport(url), proof.token)) as unsigned,
        ):
            page = feed.page(0)
            assert page.messages == [] and feed.page(0).head == 0
            said = Said(recipient="ust", log_epoch=str(page.log_epoch), received=0, applied=0, parked=[])
            Acknowledge(signed, jwk)(said)
            with pytest.raises(CallFailed) as refused:
                Acknowledge(unsigned, jwk)(said)
        assert (refused.value.status, refused.value.rule) == (401, "NOT_AUTHENTICATED")
    with psycopg.connect(ledger.owner_url) as owner:
        rows = owner.execute(
            "select operation, signature is not null from ledger.exchanges order by exchange"
        )
        assert rows.fetchall()[-2:] == [("acknowledge", True), ("acknowledge", True)]


def test_a_client_on_pdnd_calls_with_a_voucher_and_signs_by_its_kid(pdnd: Pdnd, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(OF_CLIENT.pem)
    (tmp_path / "client.toml").write_text(f"""
client = "{CLIENT}"
audience = "{AUDIENCE}"
purpose = "{PURPOSE}"
key = "key.pem"
[pdnd]
kid = "client"
audience = "auth.example/client-assertion"
token_url = "{pdnd.url}/token"
""")
    proof = proofs_of(Settings(client=tmp_path / "client.toml"), "cpi")
    assert [proof.token(), proof.token()] == ["ours", "ours"]
    (form,) = pdnd.forms
    assert opened(form["client_assertion"][0], OF_CLIENT.jwk)[1]["purposeId"] == PURPOSE
    sent = {"Content-Type": "application/json", "Accept": "*/*", "Known-On": "2026-06-01", "If-Match": '"7"'}
    header, said = opened(proof.over(b"{}", sent)["Agid-JWT-Signature"], OF_CLIENT.jwk)
    assert (header["kid"], said["iss"], said["aud"]) == ("client", CLIENT, AUDIENCE)
    assert said["signed_headers"] == [
        {"digest": digest(b"{}")},
        {"content-type": "application/json"},
        {"known-on": "2026-06-01"},
        {"if-match": '"7"'},
    ]


def test_a_client_whose_pdnd_is_away_tries_again(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(OF_CLIENT.pem)
    (tmp_path / "client.toml").write_text(f"""
client = "{CLIENT}"
audience = "{AUDIENCE}"
purpose = "{PURPOSE}"
key = "key.pem"
pdnd = {{ kid = "client", audience = "a", token_url = "http://127.0.0.1:1/token" }}
""")
    with pytest.raises(CallFailed, match="PDND gives no voucher"):
        proofs_of(Settings(client=tmp_path / "client.toml"), "cpi").token()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("client = 7", "client: UUID input should be"),
        ("client", "Expected '='"),
        (f'client = "{CLIENT}"\naudience = "a"\npurpose = "p"\nkey = "lost.pem"', "lost.pem: No such file"),
        (
            f'client = "{CLIENT}"\naudience = "a"\npurpose = "p"\nkey = "key.pem"',
            "certificate or pdnd: neither",
        ),
    ],
)
def test_a_file_of_a_client_that_cannot_be_used_says_why(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "key.pem").write_bytes(OF_CLIENT.pem)
    (tmp_path / "client.toml").write_text(text)
    with pytest.raises(CannotCall) as failed:
        proofs_of(Settings(client=tmp_path / "client.toml"), "ust")
    assert said in str(failed.value)


def test_outside_production_it_says_that_development_tokens_come_in(ledger: Ledger, tmp_path: Path) -> None:
    with served(tmp_path, ledger) as (client, log):
        assert client.get(BASE + "/log/keys", headers=development_token(tmp_path)).status_code == 200
        first = json.loads(log.read_text().splitlines()[0])
    assert first["level"] == "warning"
    assert first["event"] == (
        "tokens for development are accepted: set AMBITO_PRODUCTION where people's data are"
    )


def test_in_production_it_does_not_start_without_a_trust(ledger: Ledger, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "deploy.command", "serve"],
        check=False,
        env=environment(tmp_path, PRODUCTION="true", DATABASE_URL=ledger.app_url),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (1, "ambito: set AMBITO_TRUST\n")


def test_a_trust_that_cannot_be_read_is_named_in_a_sentence(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "trust.toml").write_text("address = 7")
    done = subprocess.run(
        [sys.executable, "-m", "deploy.command", "serve"],
        check=False,
        env=environment(tmp_path, DATABASE_URL=ledger.app_url, TRUST=str(tmp_path / "trust.toml")),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("ambito: ") and done.stderr.count("\n") == 1
    assert "trust.toml: address: Input should be a valid string" in done.stderr


def test_a_stack_whose_own_subscribers_have_development_tokens_does_not_start_in_production(
    tmp_path: Path,
) -> None:
    with pytest.raises(StartFailed, match="AMBITO_PRODUCTION refuses"):
        Stack(Settings(var=tmp_path, production=True, admin_database_url="postgresql://nowhere"), print).run()


def test_a_server_of_an_office_knows_no_other_tokens(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "deploy.command", "serve", "--agency", "cpi"],
        check=False,
        env=environment(tmp_path, PRODUCTION="true", RECIPIENT_DATABASE_URL="postgresql://nowhere"),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1 and "AMBITO_PRODUCTION refuses" in done.stderr
