"""How an agency proves itself to a register with each call: a token, and a signature over what it sends.

ID_AUTH_REST_02 and INTEGRITY_REST_01 with a certificate; INTEGRITY_REST_02 on PDND, which gives the token.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import orjson
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

GOOD_FOR = 120
"""Seconds: a statement is used at once, and clocks differ."""

SIGNED = ("content-type", "idempotency-key", "known-on", "if-match")
"""Headers that are signed where they are sent: what a call does hangs on them as on its body."""

REGISTRY = jws.JWSRegistry(algorithms=("RS256", "ES256"))
REGISTRY.max_header_length = 8192  # a certificate stands in it


@dataclass(frozen=True, slots=True)
class Client:
    """A client of a register. ``name`` is the part of a header that names its key: ``kid``, or ``x5c``.

    ``audience`` is the register's, ``clock`` gives seconds since 1970.
    """

    client: str
    key: RSAKey | ECKey
    name: Mapping[str, Any]
    audience: str
    clock: Callable[[], float]

    def token(self, purpose_id: str) -> str:
        """A token for one call, for who is outside PDND."""
        return self._signed({"purposeId": purpose_id})

    def over(self, body: bytes, sent: Mapping[str, str]) -> dict[str, str]:
        """The headers that sign a body, with those of the headers it is sent with that must be."""
        digest = f"SHA-256={b64encode(hashlib.sha256(body).digest()).decode()}"
        given = {name.lower(): value for name, value in sent.items()}
        signed = [{"digest": digest}, *({name: given[name]} for name in SIGNED if name in given)]
        return {"Digest": digest, "Agid-JWT-Signature": self._signed({"signed_headers": signed})}

    def _signed(self, said: Mapping[str, Any]) -> str:
        now = int(self.clock())
        claims = {
            "iss": self.client,
            "sub": self.client,
            "aud": self.audience,
            "jti": str(uuid4()),
            "iat": now,
            "exp": now + GOOD_FOR,
            **said,
        }
        algorithm = "RS256" if isinstance(self.key, RSAKey) else "ES256"
        header = {"alg": algorithm, "typ": "JWT", **self.name}
        return jws.serialize_compact(header, orjson.dumps(claims), self.key, registry=REGISTRY)
