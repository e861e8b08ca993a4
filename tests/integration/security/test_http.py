"""What goes for every answer, whoever asks: its type, that nobody keeps it, and what is not there at all."""

from __future__ import annotations

import pytest
from fastapi.routing import APIRoute

from domain.catalogue import ACTS
from tests.integration.api.office import BASE
from tests.integration.security.trusted import Trusting

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    "path", ["/cases", "/log/checkpoints", "/status", "/nowhere", "/log/checkpoints/latest"]
)
def test_what_is_read_says_its_type_and_is_not_kept(trust: Trusting, path: str) -> None:
    answer = trust.register.office("servizio-sociale").get(path)
    assert answer.headers["content-type"].partition(";")[0] in (
        "application/json",
        "application/problem+json",
    )
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_acts_are_posted_and_nothing_else(trust: Trusting) -> None:
    acts = {contract.act for contract in ACTS.values()}
    routes = [each for each in trust.register.client.app.routes if isinstance(each, APIRoute)]  # type: ignore[attr-defined]
    found = {each.operation_id: each.methods for each in routes if each.operation_id in acts}
    assert len(found) == len(acts) and set(map(frozenset, found.values())) == {frozenset({"POST"})}


def test_no_origin_is_allowed(trust: Trusting) -> None:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}
    for answer in (
        trust.register.client.get(f"{BASE}/status", headers=headers),
        trust.register.client.options(f"{BASE}/cases", headers=headers),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_there_is_no_trace_and_no_interactive_documentation(trust: Trusting) -> None:
    assert trust.register.client.request("TRACE", f"{BASE}/cases").status_code == 405
    for path in ("/docs", "/redoc", f"{BASE}/docs", "/metrics"):
        assert trust.register.client.get(path).status_code == 404
