"""The signed body (INTEGRITY_REST_01 and _02): what came is what the client signed, header by header.

Of the headers, those too that decide what an act does: a day on which a fact was known is as much a statement
as the fact.
"""

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
    "digest signed": lambda it, _: "digest" in signed_headers(it),
    "type signed": lambda it, of: _signed_if_sent("content-type", it, of),
    "encoding signed": lambda it, of: _signed_if_sent("content-encoding", it, of),
    "key signed": lambda it, of: _signed_if_sent("idempotency-key", it, of),
    "day signed": lambda it, of: _signed_if_sent("known-on", it, of),
    "version signed": lambda it, of: _signed_if_sent("if-match", it, of),
    "signed headers": lambda it, of: all(
        of.request.headers.getlist(name) == [value] for name, value in signed_headers(it).items()
    ),
}


def _signed_if_sent(name: str, it: Statement, of: OfBody) -> bool:
    return name not in of.request.headers or name in signed_headers(it)


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
