"""In by PDND: a voucher, and a proof where it is bound; whose other keys are, PDND is asked by ``kid``."""

from __future__ import annotations

from api.security.claims import Signer
from api.security.client_keys import ClientKeys
from api.security.entered import Entered
from api.security.jwks import Jwks
from api.security.jws import NotBelieved, Statement, hold
from api.security.once import once
from api.security.proof import PAST, proven
from api.security.received import Received
from api.security.tracking import BOUND
from api.security.voucher import CLAIMS, HEADER, Eservice, Expected


class Pdnd:
    """``address`` is where consumers reach us, without a path. Thread-safe."""

    def __init__(self, eservice: Eservice, address: str, jwks: Jwks, client_keys: ClientKeys) -> None:
        self._eservice, self._address = eservice, address
        self._jwks, self._client_keys = jwks, client_keys

    def entered(self, voucher: Statement, request: Received, now: float) -> Entered:
        """Raises NotBelieved."""
        on = self._eservice
        hold(HEADER, voucher, Expected(on, request.scheme, None, now), "voucher")
        key = self._jwks.key(str(voucher.header.get("kid")))
        hold(CLAIMS, voucher, Expected(on, request.scheme, key, now), "voucher")
        said = voucher.claims
        used = []
        if "cnf" in said:
            proof = proven(request.proof, voucher, request.method, self._address + request.path, now)
            used.append(once("proof", said["cnf"]["jkt"], proof, now + PAST))
        return Entered(
            admitted=on.admitted[said["consumerId"], said["purposeId"]],
            client=said["client_id"],
            purpose_id=said["purposeId"],
            signer=self._signer,
            also=BOUND,
            bound=said.get("digest"),
            used=used,
        )

    def _signer(self, it: Statement, name: str) -> Signer:
        kid = str(it.header.get("kid"))
        signer = self._client_keys.signer(kid) if len(kid) <= KID else None
        if signer is None:
            raise NotBelieved(f"{name}: unknown key")
        return signer


KID = 128
"""Characters of a ``kid``: PDND's are thumbprints of 43."""
