"""The client of the register against a server that answers as it is told: what it repeats, and what never."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from consumers.client.failures import CallFailed, Refused, Unreachable
from consumers.client.register import Register
from consumers.client.shapes import CaseReferred
from consumers.client.transport import Transport

pytestmark = pytest.mark.unit

CASE = UUID(int=7)
REFERRAL: CaseReferred = {
    "household_id": str(UUID(int=1)),
    "residence_comune": "058091",
    "ats": "RM-1",
    "benefit": "ADI",
    "referred_on": "2025-03-03",
}
RECORDED = {"version": 1, "position": 1, "recorded_at": "", "event_ids": [], "replayed": False}
PROBLEM = {
    "rule": "OUT_OF_ORDER",
    "article": "DL 48/2023 art. 4",
    "detail": "the household was not met",
    "errors": [{"where": "/met_on", "because": "is in the future"}],
}


@dataclass
class Told:
    """An answer to give; ``lost`` hangs up instead, after the request was read."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    lost: bool = False


@dataclass
class Server:
    url: str
    answers: list[Told]
    asked: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)

    opened: ExitStack = field(default_factory=ExitStack)

    def register(self, patience: float = 5.0) -> Register:
        made = Register(Transport(self.url, patience), lambda: "a-token")
        return self.opened.enter_context(closing(made))


@contextmanager
def serving(*answers: Told) -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            sent = {name.lower(): value for name, value in self.headers.items()}
            server.asked.append((self.command, self.path, sent, orjson.loads(raw) if raw else None))
            told = server.answers.pop(0)
            if told.lost:
                self.close_connection = True
                return
            content = orjson.dumps(told.body)
            self.send_response(told.status)
            for name, value in {"Content-Type": "application/json", **told.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = answer

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        server = Server(f"http://127.0.0.1:{http.server_address[1]}", list(answers))
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            with server.opened:
                yield server
        finally:
            http.shutdown()
            thread.join()


def test_a_call_is_sent_as_its_operation_says() -> None:
    with serving(Told(201, RECORDED), Told(200, {"items": []})) as server:
        register, key = server.register(), uuid4()
        register.report_absence(
            CASE,
            {"convocation_id": "x"},
            idempotency_key=key,
            known_on=date(2025, 3, 4),  # type: ignore[typeddict-item]
        )
        register.list_events(CASE, as_known_at=datetime(2025, 3, 4, 5, tzinfo=UTC), limit=5)
    (act, query) = server.asked
    assert act[:2] == ("POST", f"/rest/adi/v1/cases/{CASE}/absences") and act[3] == {"convocation_id": "x"}
    assert (act[2]["idempotency-key"], act[2]["known-on"]) == (str(key), "2025-03-04")
    assert act[2]["authorization"] == "Bearer a-token" and "if-match" not in act[2]
    path = f"/rest/adi/v1/cases/{CASE}/events?limit=5&as_known_at=2025-03-04T05%3A00%3A00%2B00%3A00"
    assert query[:2] == ("GET", path)


def test_an_answer_has_its_body_its_status_and_its_etag() -> None:
    with serving(Told(201, RECORDED, {"ETag": '"1"'})) as server:
        answer = server.register().refer_case(REFERRAL)
    assert (answer.status, answer.etag, answer.body["position"]) == (201, '"1"', 1)


def test_an_act_whose_answer_was_lost_is_sent_again_under_the_same_key() -> None:
    with serving(Told(lost=True), Told(503), Told(200, RECORDED)) as server:
        server.register().refer_case(REFERRAL)
    keys = {headers["idempotency-key"] for _, _, headers, _ in server.asked}
    assert len(server.asked) == 3 and len(keys) == 1


def test_who_signs_signs_each_attempt_with_the_headers_it_is_sent_with() -> None:
    signed: list[tuple[bytes, dict[str, str]]] = []

    def over(body: bytes, sent: Mapping[str, str]) -> dict[str, str]:
        signed.append((body, dict(sent)))
        return {"Agid-JWT-Signature": str(len(signed))}

    with serving(Told(503), Told(201, RECORDED)) as server:
        register = Register(Transport(server.url, 5.0, over))
        with closing(register):
            register.refer_case(REFERRAL, known_on=date(2025, 3, 4))
    assert [headers["agid-jwt-signature"] for _, _, headers, _ in server.asked] == ["1", "2"]
    for (body, sent), (_, _, headers, said) in zip(signed, server.asked, strict=True):
        assert orjson.loads(body) == said
        for name in ("Content-Type", "Idempotency-Key", "Known-On"):
            assert sent[name] == headers[name.lower()]


def test_two_acts_have_two_keys() -> None:
    with serving(Told(201, RECORDED), Told(201, RECORDED)) as server:
        register = server.register()
        register.refer_case(REFERRAL)
        register.refer_case(REFERRAL)
    first, second = (headers["idempotency-key"] for _, _, headers, _ in server.asked)
    assert first != second


def test_a_post_without_a_key_whose_answer_was_lost_is_not_sent_again() -> None:
    with serving(Told(lost=True), Told(202)) as server, pytest.raises(CallFailed) as caught:
        server.register().acknowledge({"signed": "x"})
    assert not isinstance(caught.value, Unreachable) and len(server.asked) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_who_is_told_when_to_come_again_does_not_come_before(status: int) -> None:
    with serving(Told(status, headers={"Retry-After": "1"}), Told(200, {"items": []})) as server:
        began = datetime.now(UTC)
        server.register().acknowledge({"signed": "x"})
        assert (datetime.now(UTC) - began).total_seconds() >= 1
    assert len(server.asked) == 2


def test_who_would_have_to_wait_beyond_its_patience_is_told_at_once() -> None:
    later = Told(429, {"rule": "TOO_MANY"}, {"Retry-After": "60"})
    with serving(later) as server, pytest.raises(Unreachable) as caught:
        server.register().list_cases()
    assert (caught.value.status, caught.value.rule, len(server.asked)) == (429, "TOO_MANY", 1)


def test_nobody_there_is_told_once_patience_ends() -> None:
    with serving() as server:
        pass
    with pytest.raises(Unreachable) as caught:
        server.register(patience=0.1).list_cases()
    assert caught.value.status == 0 and "ConnectionRefusedError" in str(caught.value)


def test_a_refusal_names_its_rule_its_article_and_the_place() -> None:
    with serving(Told(409, PROBLEM)) as server, pytest.raises(Refused) as caught:
        server.register().refer_case(REFERRAL)
    refused = caught.value
    assert (refused.status, refused.rule, refused.article) == (409, "OUT_OF_ORDER", "DL 48/2023 art. 4")
    assert refused.told == ("HTTP 409 OUT_OF_ORDER: the household was not met: /met_on: is in the future")


def test_an_error_that_is_no_problem_document_is_told_without_its_body() -> None:
    with serving(Told(502, "secret")) as server, pytest.raises(CallFailed) as caught:
        server.register().list_cases()
    assert (caught.value.status, caught.value.rule) == (502, None) and "secret" not in str(caught.value)


def test_a_rule_that_could_be_a_value_is_none() -> None:
    with (
        serving(Told(409, {"rule": "MRRSMN86C07A000L is wrong"})) as server,
        pytest.raises(Refused) as caught,
    ):
        server.register().list_cases()
    assert caught.value.rule is None and "MRRSMN" not in str(caught.value)


@pytest.mark.parametrize("url", ["ftp://x", "register.example", ""])
def test_an_address_that_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="http or https"):
        Transport(url)
