"""``ambito serve --agency``: a process that is told of one database, and of no key but a public one."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest

from deploy.keys import UnusableKey, private_key, public_part
from deploy.office import CannotServe, serve
from deploy.settings import Settings
from deploy.tokens import issuer
from tests.databases import Ledger, clone, drop
from tests.integration.offices.conftest import Sent, filled
from tests.servers import PostgresServer

pytestmark = pytest.mark.integration


@pytest.fixture
def cpi_url(postgres: PostgresServer, recipient_template: str, sent: Sent) -> Iterator[str]:
    name = filled(postgres, recipient_template, "cpi", sent["cpi"])
    yield postgres.url(name)
    drop(postgres, name)


@pytest.fixture
def public(tmp_path: Path) -> Path:
    """The public key of an issuer whose private key lies in another folder."""
    path = tmp_path / "issuer.pub.jwk"
    path.write_text(public_part(private_key(tmp_path / "elsewhere" / "issuer.jwk")))
    return path


def environment(folder: Path, **told: str) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("AMBITO_")}
    return (
        ours | {"AMBITO_VAR": str(folder / "var")} | {f"AMBITO_{name}": value for name, value in told.items()}
    )


def command(recipient: str) -> list[str]:
    return [sys.executable, "-m", "deploy.command", "serve", "--agency", recipient]


@contextmanager
def served(folder: Path, **told: str) -> Iterator[tuple[str, Path]]:
    """The address of a server, and its folder under /proc."""
    process = subprocess.Popen(
        command("cpi"), env=environment(folder, **told), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        assert process.stderr is not None
        line = process.stderr.readline().decode()
        found = re.search(r"serving cpi on (http://\S+)", line)
        assert found, line + process.stderr.read().decode()
        _until_alive(found[1])
        yield found[1], Path(f"/proc/{process.pid}")
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _until_alive(url: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            asked(url, "/livez")
            return
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def asked(url: str, path: str, token: str = "") -> tuple[int, dict[str, object]]:
    request = Request(f"{url}/rest/office/v1{path}", headers={"Authorization": f"Bearer {token}"})
    try:
        with urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except HTTPError as refused:
        with refused:
            return refused.code, json.loads(refused.read())


def test_it_serves_with_its_own_database_and_a_public_key_alone(
    tmp_path: Path, cpi_url: str, public: Path, ledger: Ledger
) -> None:
    """Also where the Ambito's own addresses stand in the environment: it enters none of them."""
    token = issuer(Settings(token_key=tmp_path / "elsewhere" / "issuer.jwk")).issue(
        agency="cpi", role="EMPLOYMENT_OPERATOR", subject=uuid4()
    )
    told = {
        "RECIPIENT_DATABASE_URL": cpi_url,
        "TOKEN_PUBLIC_KEY": str(public),
        "DATABASE_URL": ledger.app_url,
    }
    with served(tmp_path, **told) as (url, process):
        status, desk = asked(url, "/desk", token)
        assert status == 200 and desk["items"]
        assert asked(url, "/members", token)[0] == 200
        assert asked(url, "/members")[0] == 401
        assert asked(url, "/readyz")[0] == 200
        files = [os.readlink(path) for path in (process / "fd").iterdir() if path.exists()]
        assert not [name for name in files if "ledger" in name or "/keys" in name or name.endswith(".jwk")]
    assert not (tmp_path / "var").exists(), "it made no key and no file of its own"


@pytest.mark.parametrize(
    ("recipient", "because"),
    [
        ("ust", "this is the database of cpi, not of ust"),
        ("inps", "inps keeps no lists of its own"),
    ],
)
def test_it_serves_no_office_but_that_of_the_database(
    cpi_url: str, public: Path, recipient: str, because: str
) -> None:
    refuses(Settings(token_public_key=public), recipient, cpi_url, because)


def test_what_it_lacks_is_said_in_a_sentence(
    postgres: PostgresServer,
    recipient_template: str,
    ledger: Ledger,
    cpi_url: str,
    public: Path,
    tmp_path: Path,
) -> None:
    settings = Settings(token_public_key=public)
    empty = clone(postgres, recipient_template)
    try:
        refuses(settings, "cpi", postgres.url(empty), "nothing was received here yet")
    finally:
        drop(postgres, empty)
    refuses(settings, "cpi", ledger.app_url, "this is no recipient's database")
    refuses(settings, "cpi", postgres.url("nowhere"), "does not answer")
    private = Settings(token_public_key=tmp_path / "elsewhere" / "issuer.jwk")
    refuses(private, "cpi", cpi_url, "holds a private key")
    refuses(Settings(token_public_key=tmp_path / "none"), "cpi", cpi_url, "holds no public")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refuses(Settings(token_public_key=public, api_port=port), "cpi", cpi_url, "set AMBITO_API_PORT")


def test_where_no_stack_runs_and_no_database_is_named_the_command_says_so(tmp_path: Path) -> None:
    done = subprocess.run(
        command("cpi"), env=environment(tmp_path), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "no stack serves here" in done.stderr and "Traceback" not in done.stderr


def refuses(settings: Settings, recipient: str, url: str, because: str) -> None:
    with pytest.raises((CannotServe, UnusableKey), match=because):
        serve(settings, recipient, url, pytest.fail)
