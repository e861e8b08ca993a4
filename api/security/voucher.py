"""The voucher of PDND (ID_AUTH_REST_01): which consumer calls which of our e-services for which purpose."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from api.security.admitted import Table
from api.security.claims import begun, for_us, has_an_id, not_over, said_before_now
from api.security.jws import Checks, Key, says_nothing_of_its_key, signed_with

TYP = "at+jwt"
"""``dpop+jwt``, which a page of PDND's manual shows, is the type of a proof: PDND itself signs ``at+jwt``."""


@dataclass(frozen=True, slots=True)
class Eservice:
    """What we are on PDND: its issuer, and the e-service that a voucher must be for."""

    issuer: str
    audience: str
    producer: str
    eservice: str
    descriptors: frozenset[str]
    admitted: Table


@dataclass(frozen=True, slots=True)
class Expected:
    """What a voucher is held against."""

    of: Eservice
    scheme: str
    key: Key | None
    now: float

    @property
    def audience(self) -> str:
        return self.of.audience


HEADER: Checks[Expected] = {
    "scheme": lambda _, on: on.scheme in ("bearer", "dpop"),
    "typ": lambda it, _: it.header["typ"] == TYP,
    "foreign key": lambda it, _: says_nothing_of_its_key(it),
}

CLAIMS: Checks[Expected] = {
    "signature": lambda it, on: signed_with(it, on.key),
    "iss": lambda it, on: it.claims["iss"] == on.of.issuer,
    "aud": for_us,
    "exp": not_over,
    "nbf": begun,
    "iat": said_before_now,
    "jti": has_an_id,
    "sub": lambda it, _: it.claims["sub"] == it.claims["client_id"],
    "client": lambda it, _: bool(UUID(it.claims["client_id"])),
    "producerId": lambda it, on: it.claims["producerId"] == on.of.producer,
    "eserviceId": lambda it, on: it.claims["eserviceId"] == on.of.eservice,
    "descriptorId": lambda it, on: it.claims["descriptorId"] in on.of.descriptors,
    "purposeId": lambda it, on: (it.claims["consumerId"], it.claims["purposeId"]) in on.of.admitted,
    "cnf": lambda it, on: "cnf" not in it.claims or bool(it.claims["cnf"]["jkt"]),
    "binding": lambda it, on: (on.scheme == "dpop") == ("cnf" in it.claims),
}
"""The signature first: nothing that a voucher says is read before."""
