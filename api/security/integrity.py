"""The signed body (INTEGRITY_REST_01 and _02): what came is what the client signed, header by header."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass

from api.security.claims import OfClient, of_the_client
from api.security.jws import Checks, Statement
from api.security.received import Received


@dataclass(frozen=True, slots=True)
class OfBody(OfClient):
    """The request too, with the digest that its body really has."""

    request: Received
    digest: str


INTEGRITY: Checks[OfBody] = {
    **of_the_client(),
    "sub": lambda it, of: it.claims["sub"] == of.client,
    "digest": lambda _, of: of.request.digest == of.digest,
    "signed digest": lambda it, of: signed_headers(it)["digest"] == of.request.digest,
    "signed type": lambda it, of: signed_headers(it).get("content-type") == of.request.content_type,
    "signed encoding": lambda it, of: (
        signed_headers(it).get("content-encoding") == of.request.content_encoding
    ),
}


def signed_headers(it: Statement) -> Mapping[str, str]:
    """The headers that were signed, by name in lower case. Raises ValueError where one stands twice."""
    found: dict[str, str] = {}
    for each in it.claims["signed_headers"]:
        ((name, value),) = each.items()
        if name in found:
            raise ValueError
        found[name] = value
    return found


def digest_of(body: bytes) -> str:
    """As the ``Digest`` header says it (RFC 3230)."""
    return f"SHA-256={b64encode(hashlib.sha256(body).digest()).decode()}"
