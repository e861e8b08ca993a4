"""What is not waited for: a body that does not come, an answer that is not ready, a turn that is far."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from uuid import uuid4

import httpx
import pytest

from api.bounds import Bounds
from api.problems import unknown
from tests.integration.api.office import BASE, Office, Register
from tests.integration.api.test_acts import served

pytestmark = pytest.mark.integration


@pytest.fixture
def hasty(register: Register) -> Iterator[tuple[str, Office]]:
    """The API over a socket, with little patience."""
    register.services = replace(register.services, bounds=Bounds(seconds=0.3, body_seconds=0.1))
    with served(register) as url, httpx.Client(base_url=url) as client:
        office = register.office("servizio-sociale")
        yield url, Office(client, office.token, office.subject)


def test_a_body_that_stops_coming_is_waited_for_no_longer(hasty: tuple[str, Office]) -> None:
    url, office = hasty
    port = int(url.rpartition(":")[2])
    head = (
        f"POST {BASE}/cases HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {office.token}\r\n"
        f"Idempotency-Key: {uuid4()}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=10) as slow:
        slow.sendall(head.encode())
        answer = slow.makefile("rb").read().decode()
    assert answer.startswith("HTTP/1.1 408 ") and '"rule":"TOO_SLOW"' in answer


def test_who_shows_no_token_takes_no_hand_with_a_body_that_does_not_come(register: Register) -> None:
    register.services = replace(register.services, bounds=Bounds(in_hand=2))
    with served(register) as url, httpx.Client(base_url=url, timeout=30) as client, ExitStack() as open_:
        office = register.office("servizio-sociale")
        for path in ("/case-searches", "/cases", "/acknowledgements", f"/measures/{uuid4()}/dossiers"):
            slow = open_.enter_context(socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))))
            head = f"POST {BASE}{path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            slow.sendall(f"{head}Content-Length: 100\r\n\r\n{{".encode())
            slow.settimeout(20)
            assert slow.recv(13).startswith(b"HTTP/1.1 401"), path
        assert Office(client, office.token, office.subject).get("/cases").status_code == 200


def test_an_answer_that_is_not_ready_in_time_is_given_up(
    hasty: tuple[str, Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, office = hasty
    monkeypatch.setattr("api.cases.see", lambda *_: time.sleep(1))
    answer = office.get(f"/cases/{uuid4()}")
    assert answer.status_code == 503 and answer.json()["rule"] == "OUT_OF_TIME"
    assert int(answer.headers["retry-after"]) > 0
    assert office.get("/cases").status_code == 200


def test_while_all_hands_are_full_the_next_one_is_told_at_once(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    register.services = replace(register.services, bounds=Bounds(in_hand=2))
    free, begun = threading.Event(), threading.Semaphore(0)

    def wait(*_: object) -> None:
        begun.release()
        assert free.wait(20)
        raise unknown()

    monkeypatch.setattr("api.cases.see", wait)
    with served(register) as url, httpx.Client(base_url=url, timeout=30) as client:
        office = register.office("servizio-sociale")
        asks = Office(client, office.token, office.subject)
        with ThreadPoolExecutor(2) as hands:
            first = [hands.submit(asks.get, f"/cases/{uuid4()}") for _ in range(2)]
            for _ in first:
                assert begun.acquire(timeout=20)
            refused = asks.get("/cases")
            assert refused.status_code == 503 and refused.json()["rule"] == "BUSY"
            assert refused.headers["retry-after"] == "1" and client.get(f"{BASE}/livez").status_code == 200
            free.set()
        assert [each.result().status_code for each in first] == [404, 404]
        assert asks.get("/cases").status_code == 200
