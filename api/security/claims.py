"""What every statement says of itself: by whom, for whom, when, and that it is said once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from api.security.jws import Checks, Key, Statement, says_nothing_of_its_key, signed_with

LEEWAY = 30
"""Seconds that the clocks of two administrations may differ."""

LIFETIME = 600
"""Seconds that a client's statement may be good for: for as long its ``jti`` must be kept."""

JTI = 255
"""Characters of an id, which is a UUID as a rule."""


class At(Protocol):
    """Whom a statement is for, and when it is looked at, in seconds since 1970."""

    @property
    def audience(self) -> str: ...
    @property
    def now(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Signer:
    """Whose key it is; ``valid`` are the instants between which its certificate holds, where it has one."""

    client: str
    key: Key
    valid: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class OfClient:
    """What a statement of a client is held against: the client that calls, and who signed this."""

    client: str
    signer: Signer
    audience: str
    now: float


def for_us(it: Statement, at: At) -> bool:
    named = it.claims["aud"]
    return at.audience in ([named] if isinstance(named, str) else list(named))


def not_over(it: Statement, at: At) -> bool:
    return at.now < instant(it, "exp") + LEEWAY


def begun(it: Statement, at: At) -> bool:
    return instant(it, "nbf") <= at.now + LEEWAY


def begun_if_said(it: Statement, at: At) -> bool:
    return "nbf" not in it.claims or begun(it, at)


def said_before_now(it: Statement, at: At) -> bool:
    return instant(it, "iat") <= at.now + LEEWAY


def short_lived(it: Statement, _: At) -> bool:
    return instant(it, "exp") - instant(it, "iat") <= LIFETIME


def has_an_id(it: Statement, _: object) -> bool:
    jti = it.claims["jti"]
    return isinstance(jti, str) and 0 < len(jti) <= JTI


def instant(it: Statement, name: str) -> float:
    """A NumericDate (RFC 7519). Raises KeyError, TypeError."""
    value = it.claims[name]
    if type(value) not in (int, float):
        raise TypeError
    return float(value)


def text(it: Statement, name: str, longest: int = 255) -> bool:
    value = it.claims[name]
    return isinstance(value, str) and 0 < len(value) <= longest


def of_the_client() -> Checks[OfClient]:
    """The checks of any statement that a client signs; each kind of statement adds its own."""
    return {
        "typ": lambda it, _: it.header["typ"] == "JWT",
        "foreign key": lambda it, _: says_nothing_of_its_key(it),
        "owner": lambda _, of: of.signer.client == of.client,
        "certificate": lambda _, of: _valid(of),
        "signature": lambda it, of: signed_with(it, of.signer.key),
        "iss": lambda it, of: it.claims["iss"] == of.client,
        "aud": for_us,
        "exp": not_over,
        "nbf": begun_if_said,
        "iat": said_before_now,
        "lifetime": short_lived,
        "jti": has_an_id,
    }


def _valid(of: OfClient) -> bool:
    if of.signer.valid is None:
        return True
    begins, ends = of.signer.valid
    return begins <= of.now <= ends
