"""DPoP (RFC 9449): a voucher that is bound to a key is worth nothing without a fresh proof by that key."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass

from joserfc.errors import JoseError

from api.security.claims import has_an_id, instant
from api.security.jws import Checks, Key, NotBelieved, Statement, hold, public_key, signed_with, taken_apart

PAST, FUTURE = 60, 10
"""Seconds around now in which a proof was made: PDND's own windows."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What a proof is held against: the voucher and the key it is bound to, and this very request."""

    voucher: str
    thumbprint: str
    key: Key
    method: str
    address: str
    now: float


PROOF: Checks[Bound] = {
    "typ": lambda it, _: it.header["typ"] == "dpop+jwt",
    "foreign key": lambda it, _: not any(name in it.header for name in ("jku", "x5u", "crit")),
    "signature": lambda it, to: signed_with(it, to.key),
    "thumbprint": lambda _, to: to.key.thumbprint() == to.thumbprint,
    "htm": lambda it, to: it.claims["htm"] == to.method,
    "htu": lambda it, to: it.claims["htu"] == to.address,
    "iat": lambda it, to: to.now - PAST <= instant(it, "iat") <= to.now + FUTURE,
    "ath": lambda it, to: it.claims["ath"] == _ath(to.voucher),
    "jti": has_an_id,
}


def proven(proof: str | None, voucher: Statement, method: str, address: str, now: float) -> Statement:
    """The proof that the holder of a bound voucher's key made this very request. Raises NotBelieved."""
    statement = taken_apart(proof or "", "proof")
    try:
        key = public_key(statement.header["jwk"])
    except (JoseError, LookupError, ValueError, TypeError):
        raise NotBelieved("proof: jwk") from None
    bound = Bound(voucher.compact, voucher.claims["cnf"]["jkt"], key, method, address, now)
    hold(PROOF, statement, bound, "proof")
    return statement


def _ath(voucher: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(voucher.encode()).digest()).rstrip(b"=").decode()
