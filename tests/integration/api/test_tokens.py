"""Tokens: who is let in, and that nobody else learns why not."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any
from uuid import uuid4

import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from api.answers import CHALLENGES
from api.tokens import ISSUER, Issuer, NotAuthenticated, Verifier
from tests.integration.api.office import AUDIENCE, BASE, KEY, NOW, Register
from tests.integration.api.signing import new_key, public_part

pytestmark = pytest.mark.integration


def claims(**given: Any) -> dict[str, Any]:
    now = int(NOW.timestamp())
    return {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(uuid4()),
        "agency": "cpi",
        "role": "EMPLOYMENT_OPERATOR",
        "purpose": "EMPLOYMENT",
        "iat": now,
        "nbf": now,
        "exp": now + 60,
        "jti": str(uuid4()),
    } | given


def signed(said: dict[str, Any], key: dict[str, Any] = KEY) -> str:
    return jwt.encode({"alg": "Ed25519", "typ": "JWT"}, said, OKPKey.import_key(key), algorithms=["Ed25519"])


def unsigned(said: dict[str, Any]) -> str:
    parts = (orjson.dumps({"alg": "none", "typ": "JWT"}), orjson.dumps(said), b"")
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def signed_with_the_public_key(said: dict[str, Any]) -> str:
    """The old trick: the public key as the secret of an HMAC."""
    secret = OctKey.import_key(base64.urlsafe_b64decode(public_part(KEY)["x"] + "="))
    return jwt.encode({"alg": "HS256"}, said, secret)


NOT_OURS = {
    "none": lambda: None,
    "empty": lambda: "Bearer ",
    "basic": lambda: "Basic " + signed(claims()),
    "malformed": lambda: "Bearer a.b.c",
    "no token at all": lambda: "Bearer RSSMRA80A01H501U",
    "unsigned": lambda: "Bearer " + unsigned(claims()),
    "another algorithm": lambda: "Bearer " + signed_with_the_public_key(claims()),
    "foreign key": lambda: "Bearer " + signed(claims(), new_key()),
    "tampered": lambda: "Bearer " + tampered(),
    "expired": lambda: "Bearer " + signed(claims(exp=int(NOW.timestamp()))),
    "not yet": lambda: "Bearer " + signed(claims(nbf=int(NOW.timestamp()) + 1)),
    "issued tomorrow": lambda: "Bearer " + signed(claims(iat=int(NOW.timestamp()) + 86_400)),
    "another audience": lambda: "Bearer " + signed(claims(aud="urn:ambito:other")),
    "another issuer": lambda: "Bearer " + signed(claims(iss="urn:someone")),
    "no end": lambda: "Bearer " + signed({k: v for k, v in claims().items() if k != "exp"}),
    "no id": lambda: "Bearer " + signed({k: v for k, v in claims().items() if k != "jti"}),
    "unknown agency": lambda: "Bearer " + signed(claims(agency="pirates")),
    "no agency": lambda: "Bearer " + signed(claims(agency=None)),
    "unknown role": lambda: "Bearer " + signed(claims(role="ADMIN")),
    "roles": lambda: "Bearer " + signed(claims(role=["CLERK"])),
    "unknown purpose": lambda: "Bearer " + signed(claims(purpose="CURIOSITY")),
    "no person": lambda: "Bearer " + signed(claims(sub="someone")),
    "unit": lambda: "Bearer " + signed(claims(unit=7)),
}


def tampered() -> str:
    head, _, signature = signed(claims()).split(".")
    other = orjson.dumps(claims(agency="inps"))
    return f"{head}.{base64.urlsafe_b64encode(other).rstrip(b'=').decode()}.{signature}"


@pytest.fixture(scope="module")
def answers() -> dict[str, bytes]:
    return {}


@pytest.mark.parametrize("case", NOT_OURS)
def test_who_is_not_let_in(register: Register, case: str, answers: dict[str, bytes]) -> None:
    header = NOT_OURS[case]()
    headers = {"Authorization": header} if header is not None else {}
    # Before the body is looked at.
    answer = register.client.post(f"{BASE}/cases", content=b"{", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == CHALLENGES
    assert answer.headers["content-type"] == "application/problem+json"
    assert answers.setdefault("first", answer.content) == answer.content
    assert register.client.get(f"{BASE}/cases", headers=headers).status_code == 401


def test_a_token_ends_with_its_hour(register: Register) -> None:
    worker = register.office("servizio-sociale")
    register.clock.now = NOW + timedelta(seconds=3599)
    assert worker.get("/cases").status_code == 200
    register.clock.now = NOW + timedelta(seconds=3600)
    assert worker.get("/cases").status_code == 401


def test_a_token_says_who(register: Register) -> None:
    verifier, subject = Verifier(public_part(KEY), AUDIENCE, register.clock), uuid4()
    token = register.issuer.issue(agency="asl", unit="asl-serd", role="SPECIALIST", subject=subject)
    who = verifier.who(f"Bearer {token}")
    assert (who.agency, who.unit, who.seat, who.kind) == ("asl", "asl-serd", "asl-serd", "asl")
    assert (who.person, who.recorder.person, who.client) == (subject, subject, f"asl/{subject}")
    machine = verifier.who("bearer " + register.issuer.issue(agency="inps", role="machine", subject=subject))
    assert machine.person is None and machine.client == f"inps/{subject}"


@pytest.mark.parametrize(
    "given", [{"agency": "pirates"}, {"role": "nobody"}, {"purpose": "CURIOSITY"}, {"agency": "cpix"}]
)
def test_no_token_is_issued_for_a_code_that_is_none(given: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(given))):
        Issuer(KEY, AUDIENCE).issue(**({"agency": "cpi", "role": "machine", "subject": uuid4()} | given))


def test_health_needs_no_token(register: Register) -> None:
    for path in ("status", "livez", "readyz", "openapi.json"):
        assert register.client.get(f"{BASE}/{path}").status_code == 200


def test_a_token_that_was_believed_once_is_refused_when_it_has_expired() -> None:
    clock = [NOW]
    verifier = Verifier(public_part(KEY), AUDIENCE, lambda: clock[0])
    known = f"Bearer {signed(claims())}"
    assert verifier.who(known) == verifier.who(known)
    clock[0] += timedelta(seconds=61)
    with pytest.raises(NotAuthenticated):
        verifier.who(known)


def test_another_token_is_checked_for_itself_however_many_were_believed() -> None:
    verifier = Verifier(public_part(KEY), AUDIENCE, lambda: NOW)
    for _ in range(3):
        verifier.who(f"Bearer {signed(claims())}")
    with pytest.raises(NotAuthenticated):
        verifier.who(f"Bearer {signed(claims(), new_key())}")
