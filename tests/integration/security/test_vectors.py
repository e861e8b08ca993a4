"""Signed requests by an independent signer: each unsound one meets its check, and no check is idle."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from api.answers import CHALLENGES
from api.security import direct, integrity, jws, proof, received, tracking, voucher, wire
from tests.integration.security.trusted import Trusting
from tests.integration.security.vectors import ACCEPTED, REFUSED, Vector

pytestmark = pytest.mark.integration

TABLES: list[tuple[str, dict[str, Any]]] = [
    ("voucher", voucher.HEADER),
    ("voucher", voucher.CLAIMS),
    ("proof", proof.PROOF),
    ("integrity", integrity.INTEGRITY),
    ("tracking", tracking.TRACKING),
    ("tracking", tracking.BOUND),
    ("token", direct.TOKEN),
]
CHECKS = [(f"{kind}: {name}", table, name) for kind, table in TABLES for name in table]


def sent(trust: Trusting, vector: Vector) -> tuple[httpx.Response, dict[str, Any]]:
    """The answer, and the line of the log."""
    call = vector.call(trust)
    vector.change(call)
    with capture_logs() as lines:
        answer = call.send()
    return answer, dict(next(line for line in lines if line["event"] == "request"))


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_sound_request_is_believed(trust: Trusting, name: str) -> None:
    answer, line = sent(trust, ACCEPTED[name])
    assert answer.status_code in (200, 201, 403), answer.text  # 403: the school office refers no case
    assert "failed" not in line


@pytest.mark.parametrize("name", REFUSED)
def test_an_unsound_request_meets_its_check(trust: Trusting, name: str) -> None:
    answer, line = sent(trust, REFUSED[name])
    assert (answer.status_code, line.get("failed")) == (401, REFUSED[name].check)
    assert answer.headers["www-authenticate"] == CHALLENGES
    assert answer.json() == {
        "type": "https://ambito.example/problems/not-authenticated",
        "title": "a valid token is needed",
        "status": 401,
        "detail": "a valid token is needed",
        "rule": "NOT_AUTHENTICATED",
    }
    assert "agid-jwt-signature" not in answer.headers  # nobody was believed to whom one could answer


def test_there_is_a_vector_for_every_check() -> None:
    assert {check for check, _, _ in CHECKS} - {vector.check for vector in REFUSED.values()} == set()
    assert len(ACCEPTED) + len(REFUSED) > 150


@pytest.mark.parametrize(("check", "table", "name"), CHECKS, ids=[check for check, _, _ in CHECKS])
def test_without_a_check_its_vector_comes_in(
    trust: Trusting, monkeypatch: pytest.MonkeyPatch, check: str, table: dict[str, Any], name: str
) -> None:
    monkeypatch.setitem(table, name, lambda *_: True)
    assert missed(trust, check), f"{check} could be dropped, and nobody would notice"


def missed(trust: Trusting, *checks: str) -> list[str]:
    """The vectors of checks that are not refused any more."""
    of = [name for name, vector in REFUSED.items() if vector.check in checks]
    return [name for name in of if sent(trust, REFUSED[name])[0].status_code != 401]


def _header_that_came_first(request: Any, name: str) -> str | None:
    return request.headers.get(name)  # type: ignore[no-any-return]


def _any_key(jwk: Any) -> Any:
    return {"RSA": jws.RSAKey, "EC": jws.ECKey}[jwk["kty"]].import_key(dict(jwk))


WALLS: dict[str, tuple[Any, str, Any, tuple[str, ...]]] = {
    "one header only": (
        received,
        "only",
        _header_that_came_first,
        ("DPoP: came twice", "Agid-JWT-Signature: came twice", "Agid-JWT-TrackingEvidence: came twice"),
    ),
    "our algorithms only": (
        jws.REGISTRY,
        "allowed",
        (*jws.ALGORITHMS, "none"),
        ("voucher: signature", "integrity: signature", "tracking: signature", "token: signature"),
    ),
    "public, strong keys only": (proof, "public_key", _any_key, ("proof: jwk",)),
    "evidence of who asks": (
        wire,
        "WITHOUT_PERSON",
        tracking.WITHOUT_PERSON | {"list_cases"},
        ("tracking: form",),
    ),
    "a signature over every body": (
        wire.Wire,
        "_signature",
        lambda it, by, request, body, digest: None,
        ("integrity: form",),
    ),
}


@pytest.mark.parametrize("wall", WALLS)
def test_without_a_wall_a_vector_comes_in(
    trust: Trusting, monkeypatch: pytest.MonkeyPatch, wall: str
) -> None:
    """What is no named check but stands in the code has vectors that need it too."""
    where, name, instead, checks = WALLS[wall]
    monkeypatch.setattr(where, name, instead)
    for check in checks:
        assert missed(trust, check), check
