"""What holds of every route, whatever it is for: they are read off the document, none is listed here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from api.app import create_app
from api.body import LIMIT
from api.bounds import Bounds
from api.policy import POLICY
from api.problems import TYPES
from tests.databases import Ledger
from tests.integration.api.life import new_life
from tests.integration.api.office import Register, register_on
from tests.integration.api.routes import Operation, ask, caller, operations

pytestmark = pytest.mark.integration

MARKER = "MRRSMN86C07A000L"
"""A value that comes back in no answer and stands in no log: a codice fiscale that was never checked."""


@pytest.fixture(scope="module")
def register(shared_ledger: Ledger) -> Iterator[Register]:
    with (
        register_on(shared_ledger) as made,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr("api.gate.UNKNOWN_AFTER", 0.0)  # most of what is asked for here is not there
        patch.setattr("api.gate.ALIKE_AFTER", 0.0)
        new_life(made).begin()
        made.project()
        yield made


@contextmanager
def bounded(register: Register, **bounds: Any) -> Iterator[Any]:
    """The same API with other bounds, for a while; gives the application's state."""
    old = register.client.app
    services = replace(register.services, bounds=Bounds(**bounds))
    with TestClient(create_app(services)) as client:
        client.event_hooks = register.client.event_hooks
        register.client, before = client, register.client
        try:
            yield client.app.state  # type: ignore[attr-defined]
        finally:
            register.client = before
    assert register.client.app is old


def problem(answer: httpx.Response, status: int, rule: str | None = None) -> dict[str, Any]:
    """The problem document of a refusal, after what holds of each."""
    assert answer.status_code == status, (answer.request.url, answer.status_code, answer.text)
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["type"] == TYPES + body["rule"].lower().replace("_", "-")
    assert body["type"].removeprefix(TYPES) in documented_rules()
    assert rule in (None, body["rule"])
    return body


def documented_rules() -> set[str]:
    page = (Path(__file__).parents[3] / "docs/problems.md").read_text(encoding="utf-8")
    return {line.removeprefix("### ") for line in page.splitlines() if line.startswith("### ")}


# --- refusals ----------------------------------------------------------------------------------------------


def test_no_dependency_takes_a_thread(register: Register) -> None:
    """It costs as much as a round trip to PostgreSQL. The endpoint has a thread, and what waits says so."""

    def calls(dependant: Dependant) -> Iterator[Any]:
        for each in dependant.dependencies:
            yield each.call
            yield from calls(each)

    app: Any = register.client.app
    asked = {call for route in app.routes if isinstance(route, APIRoute) for call in calls(route.dependant)}
    assert len(asked) > 8
    assert [call for call in asked if not iscoroutinefunction(call)] == []


def test_nobody_is_answered_without_a_token_but_by_what_is_public(register: Register) -> None:
    for each in operations(register):
        answer = ask(register, each, None)
        if each.public:
            assert answer.status_code in (200, 404), each.name
        else:
            problem(answer, 401, "NOT_AUTHENTICATED")
            assert "Bearer" in answer.headers["www-authenticate"]


def test_somebody_of_no_agency_that_may_is_refused(register: Register) -> None:
    for each in operations(register):
        others = [kind for kind in ("system", "inps", "ust", "mmg") if not _may_some(each, kind)]
        if each.public or not others:
            continue
        problem(ask(register, each, register.office(others[0], "machine")), 403)


def _may_some(operation: Operation, kind: str) -> bool:
    return operation.public or kind in POLICY[operation.name].agencies


def test_another_method_is_told_which_there_is(register: Register) -> None:
    by_path: dict[str, set[str]] = {}
    for each in operations(register):
        by_path.setdefault(each.path, set()).add(each.method)
    for each in operations(register):
        answer = register.client.request("DELETE", each.url())
        problem(answer, 405, "METHOD_NOT_ALLOWED")
        assert set(answer.headers["allow"].split(", ")) == by_path[each.path], each.path


def test_what_is_nowhere_is_unknown(register: Register) -> None:
    for path in ("/", "/rest", "/rest/adi/v1/nowhere", "/rest/adi/v2/cases", "/rest/adi/v1/cases/"):
        problem(register.client.get(path), 404, "UNKNOWN")


BODIES: dict[str, tuple[int, dict[str, Any]]] = {
    "another media type": (415, {"content": b"x", "headers": {"Content-Type": "text/plain"}}),
    "another charset": (
        415,
        {"content": b"{}", "headers": {"Content-Type": "application/json; charset=latin-1"}},
    ),
    "no media type": (415, {"content": b"{}"}),
    "no JSON": (400, {"content": b"{", "headers": {"Content-Type": "application/json"}}),
    "no UTF-8": (400, {"content": b'{"a":"\xff"}', "headers": {"Content-Type": "application/json"}}),
    "too deep": (400, {"content": b"[" * 200, "headers": {"Content-Type": "application/json"}}),
    "too large": (413, {"content": b" " * (LIMIT + 1), "headers": {"Content-Type": "application/json"}}),
    "no object": (422, {"json": []}),
    "unknown fields": (422, {"json": {"nobody": 1}}),
}


@pytest.mark.parametrize("kind", BODIES)
def test_a_body_that_is_none_of_the_route_is_refused_by_its_own_status(register: Register, kind: str) -> None:
    status, more = BODIES[kind]
    for each in operations(register):
        if each.takes_body and not (each.name == "print_letter" and status == 422):
            problem(ask(register, each, caller(register, each), **more), status)


@pytest.mark.parametrize("kind", BODIES)
def test_whatever_the_body_who_shows_no_token_is_told_that_alone(register: Register, kind: str) -> None:
    for each in operations(register):
        if each.takes_body:
            problem(ask(register, each, None, **BODIES[kind][1]), 401, "NOT_AUTHENTICATED")


def test_an_act_without_its_key_or_with_a_tag_that_is_none_is_refused(register: Register) -> None:
    for each in operations(register):
        keyed = [p.get("$ref", "") for p in each.said.get("parameters", ())]
        if any(ref.endswith("/Idempotency-Key") for ref in keyed):
            by = caller(register, each)
            for headers in ({"Idempotency-Key": ""}, {"Idempotency-Key": "7"}, {"If-Match": "7"}):
                problem(ask(register, each, by, headers=headers, json=each.body()), 400, "MALFORMED_REQUEST")


def test_a_parameter_that_is_none_of_the_route_is_refused(register: Register) -> None:
    for each in operations(register):
        if not each.public:
            answer = ask(register, each, caller(register, each), query={"nobody": "1"}, headers=None)
            assert answer.status_code in (404, 422), (each.name, answer.text)


def test_what_the_client_does_not_accept_is_not_forced_upon_it(register: Register) -> None:
    for each in operations(register):
        answer = ask(register, each, caller(register, each), headers={"Accept": "image/png"})
        problem(answer, 406, "NOT_ACCEPTABLE")


# --- nothing is repeated -----------------------------------------------------------------------------------


def test_no_answer_and_no_log_repeats_what_was_sent(register: Register) -> None:
    for each in operations(register):
        by = caller(register, each)
        for changed in _marked(each):
            with capture_logs() as lines:
                answer = ask(register, each, by, **changed)
            assert MARKER not in str(lines), (each.name, changed, lines)
            assert MARKER not in answer.text + str(answer.headers), (each.name, changed, answer.text)


def _marked(operation: Operation) -> Iterator[dict[str, Any]]:
    """The request with the marker in one place after another."""
    for parameter in operation.said.get("parameters", ()):
        name, where = parameter.get("name"), parameter.get("in")
        if where == "path":
            yield {"path": operation.url(**{name: MARKER})}
        elif where == "query":
            yield {"query": {name: MARKER}}
    yield {"query": {MARKER: MARKER}}
    yield {"headers": dict.fromkeys(("If-None-Match", "X-Request-Id", "User-Agent", "X-Any"), MARKER)}
    yield {"headers": {"Accept": MARKER}}
    yield {"headers": {"Authorization": f"Bearer {MARKER}"}}
    if operation.takes_body:
        yield from ({"headers": {name: MARKER}} for name in ("Idempotency-Key", "If-Match", "Known-On"))
    if operation.takes_body:
        whole = operation.body()
        yield {"json": whole | {MARKER: MARKER}}
        yield {"json": dict.fromkeys(whole, MARKER)}
        yield {"json": {name: [{MARKER: MARKER}] for name in whole}}
        yield {"json": {name: MARKER if _is_text(value) else value for name, value in whole.items()}}


def _is_text(value: Any) -> bool:
    """Whether it is none that has a form: the marker gets as far as the rules then."""
    return isinstance(value, str) and not re.fullmatch(r"[0-9a-f-]{36}|[0-9T:.Z-]+|[A-Z_]+", value)


def test_the_marker_is_found_where_a_route_repeats_it(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.answers.Wrong", lambda where, because: _Told(where, MARKER))
    with pytest.raises(AssertionError, match=MARKER):
        test_no_answer_and_no_log_repeats_what_was_sent(register)


class _Told:
    def __init__(self, where: str, because: str) -> None:
        self.where, self.because = where, because


# --- every answer ------------------------------------------------------------------------------------------


def test_every_answer_has_the_headers_of_every_answer(register: Register) -> None:
    for each in operations(register):
        for by in (None, caller(register, each)):
            check_headers(ask(register, each, by), each.probe)
    for path in ("/nowhere", "/rest/adi/v1/openapi.json", "/rest/adi/v1/openapi-3.1.json"):
        check_headers(register.client.get(path), probe=False)


def check_headers(answer: httpx.Response, probe: bool) -> None:
    headers = answer.headers
    assert headers["x-content-type-options"] == "nosniff" and headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer" and "max-age" in headers["strict-transport-security"]
    assert headers["cache-control"] == "no-store" or "immutable" in headers["cache-control"]
    assert 'rel="service-desc"' in headers["link"]
    assert UUID(headers["x-request-id"]) and "server" not in headers
    counted = [name for name in headers if name.startswith("x-ratelimit-")]
    assert counted == ([] if probe else ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"])
    assert all(headers[name].isdecimal() for name in counted)


# --- bounds ------------------------------------------------------------------------------------------------


def test_who_asks_too_much_is_told_when_to_come_again(register: Register) -> None:
    with bounded(register, rate=1, window=3600):
        for each in operations(register):
            by = caller(register, each)
            for _ in range(2):
                answer = ask(register, each, by)
            if each.probe:
                assert answer.status_code == 200
            elif not each.public:
                problem(answer, 429, "TOO_MANY_REQUESTS")
                assert int(answer.headers["retry-after"]) > 3500
                assert answer.headers["x-ratelimit-remaining"] == "0"


def test_tokens_that_do_not_hold_are_counted_by_where_they_come_from(register: Register) -> None:
    with bounded(register, rate=2, window=3600):
        each = next(operations(register))
        statuses = [
            ask(register, each, None, headers=headers).status_code
            for headers in ({}, {"Authorization": "Bearer x"}, {}, {"Authorization": "Bearer y"})
        ]
        assert statuses == [401, 401, 429, 429]


def test_a_client_is_counted_for_each_purpose_apart(register: Register) -> None:
    with bounded(register, rate=1, window=3600):
        for purpose in ("TAKING_CHARGE", "ACCESS"):
            by = register.office("servizio-sociale", purpose=purpose)
            assert by.get("/cases").status_code == 200
        problem(by.get("/cases"), 429)


def test_more_requests_than_it_has_hands_for_are_sent_away_at_once(register: Register) -> None:
    with bounded(register, in_hand=0):
        refused_but_probes(register, "BUSY")


def test_a_process_that_is_about_to_stop_takes_nothing_new(register: Register) -> None:
    with bounded(register) as state:
        state.load.stopping = True
        refused_but_probes(register, "STOPPING", ready=503)


def refused_but_probes(register: Register, rule: str, ready: int = 200) -> None:
    for each in operations(register):
        answer = ask(register, each, caller(register, each))
        if each.probe:
            assert answer.status_code == (ready if each.name == "show_readyz" else 200)
        else:
            problem(answer, 503, rule)
            assert int(answer.headers["retry-after"]) >= 1


def test_without_a_free_connection_it_is_unavailable_and_never_fails(register: Register) -> None:
    pools = (register.services.pool, register.services.all_rows)
    with ExitStack() as held:
        for pool in pools:
            held.callback(setattr, pool, "timeout", pool.timeout)
            for _ in range(pool.max_size):
                held.enter_context(pool.connection())
            pool.timeout = 0.001
        seen = set()
        for each in operations(register):
            if each.probe:
                continue
            answer = ask(register, each, caller(register, each))
            assert answer.status_code != 500, (each.name, answer.text)
            if answer.status_code == 503:
                problem(answer, 503, "UNAVAILABLE")
                assert answer.headers["retry-after"] == "5"
                seen.add(each.name)
        assert len(seen) > 100


def test_headers_that_nobody_needs_are_refused(register: Register) -> None:
    answer = register.client.get("/rest/adi/v1/cases", headers={"X-Long": "x" * 20_000})
    problem(answer, 431, "HEADERS_TOO_LARGE")
