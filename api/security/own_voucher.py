"""A voucher of our own: to ask PDND for the keys of clients, or, at an agency, to call a register."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import orjson
from joserfc import jws

from api.security.fetched import NotFetched
from api.security.jws import REGISTRY, Key

ASSERTION = 60
"""Seconds that the assertion is good for: it is used at once."""

EARLY = 30.0
"""Seconds before its end in which a voucher is no more used: it must arrive while it holds."""


@dataclass(frozen=True, slots=True)
class OurClient:
    """What PDND knows us by. ``audience`` is that of an assertion, ``token_url`` where it is handed in.

    ``purpose_id`` is that of the call, where an e-service is called, and not PDND itself.
    """

    client: str
    kid: str
    key: Key
    audience: str
    token_url: str
    purpose_id: str | None = None


class OwnVoucher:
    """Asked for by a signed assertion (RFC 7523), and kept while it holds. Thread-safe."""

    def __init__(
        self,
        us: OurClient,
        ask: Callable[[str, Mapping[str, str], bytes], Mapping[str, Any]],
        clock: Callable[[], float],
    ) -> None:
        self._us, self._ask, self._clock = us, ask, clock
        self._mutex = threading.Lock()
        self._held, self._until = "", float("-inf")

    def headers(self) -> dict[str, str]:
        """What a request to PDND bears. Raises NotFetched."""
        return {"Authorization": f"Bearer {self.token()}"}

    def token(self) -> str:
        """The voucher of the moment. Raises NotFetched."""
        with self._mutex:
            if self._clock() > self._until - EARLY:
                answer = self._ask(self._us.token_url, FORM, self._form())
                self._held, self._until = _token(answer), self._clock() + float(answer.get("expires_in", 0))
            return self._held

    def _form(self) -> bytes:
        us, now = self._us, int(self._clock())
        # PDND refuses nbf, and every claim that it does not know.
        said = {
            "iss": us.client,
            "sub": us.client,
            "aud": us.audience,
            "jti": str(uuid4()),
            "iat": now,
            "exp": now + ASSERTION,
        } | ({"purposeId": us.purpose_id} if us.purpose_id else {})
        header = {"alg": "RS256", "kid": us.kid, "typ": "JWT"}
        signed = jws.serialize_compact(header, orjson.dumps(said), us.key, registry=REGISTRY)
        return urlencode(
            {
                "client_id": us.client,
                "grant_type": "client_credentials",
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion": signed,
            }
        ).encode()


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def _token(answer: Mapping[str, Any]) -> str:
    token = answer.get("access_token")
    if not isinstance(token, str) or not token.isascii():
        raise NotFetched("no voucher")
    return token
