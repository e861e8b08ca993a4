"""The real process of the API, told to stop while it has something in hand."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from deploy.settings import Settings
from deploy.tokens import issuer
from tests.databases import Ledger
from tests.integration.api.life import referral

pytestmark = pytest.mark.integration

BASE = "/rest/adi/v1"


@dataclass
class Served:
    """A process that serves."""

    process: subprocess.Popen[bytes]
    url: str
    token: str

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path, headers={"Authorization": f"Bearer {self.token}"}, timeout=20)

    def refer(self, key: str, body: dict[str, Any]) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key}
        return httpx.post(f"{self.url}/cases", json=body, headers=headers, timeout=20)


@contextmanager
def served(ledger: Ledger, folder: Path, **told: str) -> Iterator[Served]:
    port = free_port()
    told |= {
        "VAR": str(folder / "var"),
        "DATABASE_URL": ledger.app_url,
        "KEY_FILE": str(ledger.keys_file),
        "KEY_ENCRYPTION_KEY": str(ledger.keys_wrapping),
        "API_PORT": str(port),
    }
    token = issuer(Settings(var=folder / "var")).issue(
        agency="servizio-sociale", role="SOCIAL_WORKER", subject=uuid4()
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AMBITO_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "deploy.command", "serve"],
        env=environment | {f"AMBITO_{name}": value for name, value in told.items()},
        stdout=subprocess.DEVNULL,
    )
    try:
        url = f"http://127.0.0.1:{port}{BASE}"
        until(lambda: answers(url))
        yield Served(process, url, token)
    finally:
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").status_code == 200
    except httpx.TransportError:
        return False


def until(true: Any) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def log_held(ledger: Ledger) -> Iterator[None]:
    """Nobody can put anything on record until this is over."""
    with psycopg.connect(ledger.owner_url) as owner:
        owner.execute("select from ledger.log_head for update")
        yield


def waiting(ledger: Ledger) -> int:
    query = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = %s"
    with psycopg.connect(ledger.owner_url) as owner:
        row = owner.execute(query, [ledger.name]).fetchone()
    return int(row[0]) if row else 0


def test_an_act_in_hand_is_finished_and_acknowledged_and_nothing_new_is_taken(
    ledger: Ledger, tmp_path: Path
) -> None:
    with served(ledger, tmp_path, DRAIN_SECONDS="2") as api:
        said: list[httpx.Response] = []
        acting = threading.Thread(target=lambda: said.append(api.refer(str(uuid4()), referral())))
        with log_held(ledger):
            acting.start()
            until(lambda: waiting(ledger))
            api.process.send_signal(signal.SIGTERM)
            until(lambda: api.get("/readyz").status_code == 503)
            refused = api.get("/cases")
            assert refused.status_code == 503 and refused.json()["rule"] == "STOPPING"
            assert int(refused.headers["retry-after"]) > 0 and api.get("/livez").status_code == 200
        acting.join()
        assert said[0].status_code == 201
        assert api.process.wait(timeout=20) == -signal.SIGTERM  # raised again once all is finished
        with pytest.raises(httpx.TransportError):
            api.get("/livez")


def test_what_takes_too_long_is_given_up_and_the_same_key_makes_it_one_act(
    ledger: Ledger, tmp_path: Path
) -> None:
    with served(ledger, tmp_path, REQUEST_SECONDS="1.5") as api:
        key, body = str(uuid4()), referral()
        with log_held(ledger):
            late = api.refer(key, body)
            assert late.status_code == 503, late.text
            assert late.json()["rule"] == "UNAVAILABLE"  # PostgreSQL gave up first: nothing works on
            until(lambda: waiting(ledger) == 0)
        assert api.refer(key, body).status_code == 201
        assert api.refer(key, body).json()["replayed"] is True
