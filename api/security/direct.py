"""In by direct trust (ID_AUTH_REST_02): an agency outside PDND signs its token with a certificate we know.

The certificates are registered, not their authorities: a new one is told by people. Mutual TLS, which goes
with this trust (ID_AUTH_CHANNEL_02), is the gateway's.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass

from api.security.admitted import Table
from api.security.claims import OfClient, Signer, of_the_client
from api.security.entered import Entered
from api.security.jws import Checks, NotBelieved, Statement, hold
from api.security.once import once
from api.security.received import Received


@dataclass(frozen=True, slots=True)
class OfToken(OfClient):
    """The scheme that it came by too, and the purposes that are admitted."""

    scheme: str
    admitted: Table


TOKEN: Checks[OfToken] = {
    **{check: holds for check, holds in of_the_client().items() if check != "owner"},
    "scheme": lambda _, of: of.scheme == "bearer",
    "sub": lambda it, of: it.claims["sub"] == of.client,
    "purposeId": lambda it, of: (of.client, it.claims["purposeId"]) in of.admitted,
}
"""The owner of the certificate is the client: there is no other to compare it with."""


class Direct:
    """``signers`` are those of the certificates, by the SHA-256 thumbprint in base64url."""

    def __init__(self, audience: str, signers: Mapping[str, Signer], admitted: Table) -> None:
        self._audience, self._signers, self._admitted = audience, signers, admitted

    def entered(self, token: Statement, request: Received, now: float) -> Entered:
        """Raises NotBelieved."""
        signer = self._signer(token, "token")
        held = OfToken(signer.client, signer, self._audience, now, request.scheme, self._admitted)
        hold(TOKEN, token, held, "token")
        purpose_id = token.claims["purposeId"]
        return Entered(
            admitted=self._admitted[signer.client, purpose_id],
            client=signer.client,
            purpose_id=purpose_id,
            signer=self._signer,
            also={},
            bound=None,
            used=[once("token", signer.client, token)],
        )

    def _signer(self, it: Statement, name: str) -> Signer:
        signer = self._signers.get(thumbprint_in(it) or "")
        if signer is None:
            raise NotBelieved(f"{name}: unknown certificate")
        return signer


def thumbprint_in(it: Statement) -> str | None:
    """Which certificate a statement names, by itself (``x5c``) or by its thumbprint (``x5t#S256``)."""
    chain, named = it.header.get("x5c"), it.header.get("x5t#S256")
    if isinstance(chain, list) and chain:
        try:
            return thumbprint(b64decode(chain[0], validate=True))
        except (ValueError, TypeError):
            return None
    return named if isinstance(named, str) else None


def thumbprint(der: bytes) -> str:
    return urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()
