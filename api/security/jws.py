"""A signed statement (JWS, RFC 7515): taken apart, then believed one named check after another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.util import base64_to_int

from api.tokens import NotAuthenticated

ALGORITHMS = ("RS256", "ES256")
"""What PDND signs with, and the one that costs a tenth. We name them, never who sends (RFC 8725, 3.1)."""

LIMIT = 8192
"""Characters of a header that holds a statement: one with its certificate has 3,000."""

RSA_BITS = 2048
"""The least that RS256 is for (RFC 7518 section 3.3)."""

FOREIGN = ("jku", "x5u", "jwk", "crit")
"""Header parameters by which a statement would say itself what to believe it with."""

REGISTRY = jws.JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
REGISTRY.max_header_length = LIMIT

Key = RSAKey | ECKey
E = TypeVar("E")


class NotBelieved(NotAuthenticated):
    """A check failed. Its name is for our own log: who asked is told the same whichever it was."""

    def __init__(self, check: str) -> None:
        super().__init__(check)
        self.check = check


@dataclass(frozen=True)
class Statement:
    """A JWS as it came. Its claims are read once its signature holds, and not before."""

    compact: str
    parts: jws.CompactSignature

    @property
    def header(self) -> Mapping[str, Any]:
        return self.parts.headers()

    @cached_property
    def claims(self) -> Mapping[str, Any]:
        """Raises ValueError where the payload is no JSON object."""
        found = orjson.loads(self.parts.payload)
        if type(found) is not dict:
            raise ValueError
        return found


Checks = dict[str, Callable[[Statement, E], bool]]
"""Named checks, in their order: each says whether it holds."""


def taken_apart(compact: str, name: str) -> Statement:
    """The statement in a header. Raises NotBelieved (``name``) where there is none."""
    try:
        parts = jws.extract_compact(compact.encode(), registry=REGISTRY)
        if len(compact) > LIMIT or type(parts.headers()) is not dict:
            raise ValueError
    except (JoseError, ValueError, TypeError, RecursionError):  # the last: of brackets in brackets
        raise NotBelieved(f"{name}: form") from None
    return Statement(compact, parts)


def hold(checks: Checks[E], statement: Statement, expected: E, name: str) -> None:
    """Raises NotBelieved with the name of the first check that does not hold."""
    for check, holds in checks.items():
        try:
            held = holds(statement, expected)
        except (JoseError, LookupError, ValueError, TypeError, AttributeError):
            held = False
        if not held:
            raise NotBelieved(f"{name}: {check}")


def signed_with(statement: Statement, key: Key | None) -> bool:
    """Whether the signature is that of a key, by an algorithm of ours that the key is for."""
    return key is not None and jws.validate_compact(statement.parts, key, registry=REGISTRY)


def says_nothing_of_its_key(statement: Statement) -> bool:
    return not any(name in statement.header for name in FOREIGN)


def public_key(jwk: Mapping[str, Any]) -> Key:
    """A public key out of its JWK. Raises ValueError for a private, a weak or another kind of key."""
    if jwk["kty"] == "RSA" and base64_to_int(jwk["n"]).bit_length() < RSA_BITS:
        raise ValueError("a weak key")
    kinds: dict[str, type[RSAKey] | type[ECKey]] = {"RSA": RSAKey, "EC": ECKey}
    key = kinds[jwk["kty"]].import_key(dict(jwk))
    if key.is_private:
        raise ValueError("a private key")
    if isinstance(key, ECKey) and key.curve_name != "P-256":
        raise ValueError("another curve")
    return key
