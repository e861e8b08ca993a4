"""An office that comes by PDND: each act with a voucher, its body signed, the evidence of who acts (ModI).

The signatures are RS256 and made beforehand, by the signer of the tests: three a request, each for itself.
"""

from __future__ import annotations

import hashlib
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import orjson

from api.paths import BASE
from bench.arena import Arena
from bench.offices import Office, opened, request
from bench.servers import Server, ours
from tests.jose import Pair
from tests.pdnd import (
    AUDIENCE,
    CLIENT,
    CONSUMER,
    DESCRIPTOR,
    ESERVICE,
    ISSUER,
    PRODUCER,
    PURPOSE,
    Pdnd,
    serving,
    trust_in,
)


@dataclass(frozen=True)
class SignedOffice(Office):
    """``tokens`` has the worker of each case, whom the evidence names."""

    of_pdnd: Pair
    of_client: Pair

    def request(
        self, case_id: UUID, method: str, path: str, states: Mapping[str, Any] | None = None
    ) -> bytes:
        body = orjson.dumps(states)
        digest = f"SHA-256={b64encode(hashlib.sha256(body).digest()).decode()}"
        who = {"purposeId": PURPOSE, "userID": self.tokens[case_id], "userLocation": "bench", "LoA": "LoA3"}
        evidence = self._by_client(who | {"dnonce": 1234567890123})
        key = str(uuid4())
        signed = [{"digest": digest}, {"content-type": "application/json"}, {"idempotency-key": key}]
        headers = {
            "Authorization": f"Bearer {self._voucher(evidence)}",
            "Agid-JWT-TrackingEvidence": evidence,
            "Agid-JWT-Signature": self._by_client({"sub": CLIENT, "signed_headers": signed}),
            "Digest": digest,
            "Idempotency-Key": key,
        }
        return request(method, BASE + path, body, headers)

    def _by_client(self, said: dict[str, Any]) -> str:
        return self.of_client.sign({"typ": "JWT", "kid": "client"}, _times() | {"iss": CLIENT} | said)

    def _voucher(self, evidence: str) -> str:
        said = {
            "iss": ISSUER,
            "sub": CLIENT,
            "client_id": CLIENT,
            "purposeId": PURPOSE,
            "producerId": PRODUCER,
            "consumerId": CONSUMER,
            "eserviceId": ESERVICE,
            "descriptorId": DESCRIPTOR,
            "digest": {"alg": "SHA256", "value": hashlib.sha256(evidence.encode()).hexdigest()},
        }
        return self.of_pdnd.sign({"typ": "at+jwt", "use": "sig", "kid": "pdnd"}, _times() | said)


def _times() -> dict[str, Any]:
    now = int(time.time())
    return {"aud": AUDIENCE, "iat": now, "nbf": now, "exp": now + 300, "jti": str(uuid4())}


@contextmanager
def secured(arena: Arena) -> Iterator[tuple[Server, SignedOffice]]:
    """The register as it trusts a PDND, and an office that comes by it."""
    of_pdnd, of_client, of_us = (Pair.rsa() for _ in range(3))
    with serving(Pdnd({"pdnd": of_pdnd}, {"client": (CLIENT, of_client.jwk)})) as pdnd:
        (arena.folder / "answers.pem").write_bytes(of_us.pem)
        trust = arena.folder / "trust.toml"
        trust.write_text(trust_in(pdnd))
        workers = {case_id: str(worker) for case_id, worker in opened(arena).items()}
        with ours(arena, TRUST=str(trust)) as server:
            yield server, SignedOffice(workers, of_pdnd, of_client)
