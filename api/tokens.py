"""Tokens for development, of our own issuer: a JWT (RFC 7519) signed with Ed25519.

In production nobody verifies them: there callers prove themselves by a trust (``api/security``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from api.who import PURPOSES, PURPOSES_OF, ROLES, Who
from domain.fact import KINDS, kind

ALGORITHM = "Ed25519"
"""EdDSA with its curve named, as RFC 9864 wants it; ``none`` and every other algorithm is refused."""

ISSUER = "urn:ambito:tokens"
LIFETIME = 3600
"""Seconds: an office day needs a few tokens, a stolen one is worth an hour."""

Jwk = Mapping[str, Any]
Clock = Callable[[], datetime]


class NotAuthenticated(Exception):
    """No token, or not one of ours that holds now. Which of these, nobody is told."""


def _now() -> datetime:
    return datetime.now(UTC)


class Issuer:
    """Signs tokens with the private key of the Ambito."""

    def __init__(self, private_jwk: Jwk, audience: str, clock: Clock = _now) -> None:
        self._key, self._audience, self._clock = _key(private_jwk), audience, clock

    def issue(
        self,
        *,
        agency: str,
        role: str,
        subject: UUID,
        unit: str | None = None,
        purpose: str | None = None,
        lifetime: int = LIFETIME,
    ) -> str:
        """A token for an operator or a machine of an agency, for what the agency is there for if nothing else
        is said. Raises ValueError for a code that is none.
        """
        purpose = purpose or PURPOSES_OF.get(kind(agency), ("",))[0]
        who = _who({"agency": agency, "unit": unit, "role": role, "purpose": purpose, "sub": str(subject)})
        now = int(self._clock().timestamp())
        claims = {
            "iss": ISSUER,
            "aud": self._audience,
            "sub": str(who.subject),
            "agency": who.agency,
            "role": who.role,
            "purpose": who.purpose,
            "iat": now,
            "nbf": now,
            "exp": now + lifetime,
            "jti": str(uuid4()),
        }
        claims |= {"unit": who.unit} if who.unit else {}
        return jwt.encode({"alg": ALGORITHM, "typ": "JWT"}, claims, self._key, algorithms=[ALGORITHM])


KNOWN = 1024
"""Tokens remembered as checked: one for each operator at work, and to spare."""


class Verifier:
    """Says who sent a token, with the public key alone. Thread-safe.

    A token is checked once, and then known by its digest until it expires: a signature costs as much as the
    reading of a case.
    """

    def __init__(self, public_jwk: Jwk, audience: str, clock: Clock = _now) -> None:
        self._key, self._audience, self._clock = _key(public_jwk), audience, clock
        self._known: dict[bytes, tuple[Who, int]] = {}

    def who(self, authorization: str | None) -> Who:
        """Who stands behind an ``Authorization`` header. Raises NotAuthenticated."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            raise NotAuthenticated
        digest = hashlib.sha256(token.encode()).digest()
        who, until = self._known.get(digest, (None, 0))
        if who is not None and self._clock().timestamp() < until:
            return who
        who, until = self._checked(token)
        if len(self._known) >= KNOWN:
            self._known.clear()
        self._known[digest] = who, until
        return who

    def _checked(self, token: str) -> tuple[Who, int]:
        """Who it stands for, and when it expires."""
        try:
            claims = jwt.decode(token, self._key, algorithms=[ALGORITHM]).claims
            self._rules().validate(claims)
            return _who(claims), int(claims["exp"])
        except (JoseError, ValueError, TypeError, AttributeError, KeyError):
            raise NotAuthenticated from None

    def _rules(self) -> jwt.JWTClaimsRegistry:
        return jwt.JWTClaimsRegistry(
            now=int(self._clock().timestamp()),
            iss={"essential": True, "value": ISSUER},
            aud={"essential": True, "value": self._audience},
            sub={"essential": True},
            iat={"essential": True},
            nbf={"essential": True},
            exp={"essential": True},
            jti={"essential": True},
        )


def _key(jwk: Jwk) -> OKPKey:
    return OKPKey.import_key(dict(jwk))


def _who(claims: Mapping[str, Any]) -> Who:
    agency, role, purpose, unit = (claims.get(name) for name in ("agency", "role", "purpose", "unit"))
    if not isinstance(agency, str) or kind(agency) not in KINDS:
        raise ValueError(f"agency: its kind is one of {', '.join(KINDS)}")
    if role not in ROLES:
        raise ValueError(f"role: one of {', '.join(sorted(ROLES))}")
    if purpose not in PURPOSES:
        raise ValueError(f"purpose: one of {', '.join(sorted(PURPOSES))}")
    if unit is not None and not isinstance(unit, str):
        raise ValueError("unit: a text")
    return Who(agency, str(role), str(purpose), UUID(claims["sub"]), unit or None)
