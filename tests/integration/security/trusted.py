"""A register that trusts a PDND and one agency outside it, and the calls that their clients make."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from cryptography.hazmat.primitives.serialization import Encoding

from deploy.trust import wire
from tests.databases import Ledger
from tests.integration.api.office import BASE, NOW, Register, register_on
from tests.jose import Pair, b64
from tests.pdnd import (
    AUDIENCE,
    CLIENT,
    CONSUMER,
    DESCRIPTOR,
    ESERVICE,
    ISSUER,
    MACHINES,
    OTHER_CLIENT,
    OTHER_OUTSIDE,
    OUTSIDE,
    PERSON,
    PRODUCER,
    PURPOSE,
    Pdnd,
    serving,
    trust_in,
)

OF_PDND, OF_CLIENT, OF_OTHER, OF_US = (Pair.rsa() for _ in range(4))
OF_OUTSIDE, OLD, OF_OTHER_OUTSIDE, STRANGER, BOUND = (Pair.ec() for _ in range(5))
LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)
CERTIFICATES = {
    "outside": OF_OUTSIDE.certificate(NOW - timedelta(days=30), days=36_500),
    "old": OLD.certificate(LONG_AGO),
    "other": OF_OTHER_OUTSIDE.certificate(NOW - timedelta(days=30)),
    "unknown": STRANGER.certificate(NOW - timedelta(days=30)),
}

DIRECT = f"""
[[direct]]
client = "{OUTSIDE}"
agency = "ust"
certificates = ["outside.pem", "old.pem"]
purposes = [
    {{ id = "{PURPOSE}", purpose = "SCHOOLING", role = "SCHOOL" }},
    {{ id = "{MACHINES}", purpose = "SCHOOLING", role = "machine" }},
]

[[direct]]
client = "{OTHER_OUTSIDE}"
agency = "cpi"
certificates = ["other.pem"]
purposes = [{{ id = "{PURPOSE}", purpose = "EMPLOYMENT", role = "EMPLOYMENT_OPERATOR" }}]
"""
"""Two agencies outside PDND, in the file of trusts."""


def x5c(name: str) -> list[str]:
    return [b64encode(CERTIFICATES[name].public_bytes(Encoding.DER)).decode()]


def x5t(name: str) -> str:
    return b64(hashlib.sha256(CERTIFICATES[name].public_bytes(Encoding.DER)).digest())


def trust_file(folder: Path, pdnd: Pdnd) -> Path:
    for name, certificate in CERTIFICATES.items():
        (folder / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "answers.pem").write_bytes(OF_US.pem)
    path = folder / "trust.toml"
    path.write_text(trust_in(pdnd) + DIRECT)
    return path


@dataclass
class Trusting:
    """The register with its PDND."""

    register: Register
    pdnd: Pdnd

    def call(self, method: str = "GET", path: str = "/cases", body: Any = None) -> Call:
        """A sound call of a client of PDND."""
        return Call(self, method, path, body).by_pdnd()

    def outside(self, method: str = "GET", path: str = "/cases", body: Any = None) -> Call:
        """A sound call of the agency outside PDND."""
        return Call(self, method, path, body).by_certificate()


@contextmanager
def trusting(ledger: Ledger, folder: Path) -> Iterator[Trusting]:
    clients = {"client": (CLIENT, OF_CLIENT.jwk), "other": (OTHER_CLIENT, OF_OTHER.jwk)}
    with serving(Pdnd({"pdnd": OF_PDND}, clients)) as pdnd:
        path = trust_file(folder, pdnd)
        with register_on(ledger, lambda pool, clock: wire(path, pool, clock)) as register:
            yield Trusting(register, pdnd)


@dataclass
class Piece:
    """One statement of a call, before it is signed; a test changes what it likes."""

    key: Pair
    header: dict[str, Any]
    claims: dict[str, Any]
    instead: str | None = None

    def signed(self) -> str:
        return self.instead if self.instead is not None else self.key.sign(self.header, self.claims)


@dataclass
class Call:
    """A call, piece by piece; ``send`` binds the pieces to each other and signs them."""

    to: Trusting
    method: str
    path: str
    body: Any = None
    token: Piece = field(init=False)
    integrity: Piece | None = None
    tracking: Piece | None = None
    proof: Piece | None = None
    scheme: str = "Bearer"
    headers: dict[str, str] = field(default_factory=dict)
    also: list[tuple[str, str]] = field(default_factory=list)
    without: set[str] = field(default_factory=set)
    content: bytes = b""

    @property
    def now(self) -> int:
        return int(self.to.register.clock().timestamp())

    def by_pdnd(self) -> Call:
        voucher = {
            "sub": CLIENT,
            "client_id": CLIENT,
            "purposeId": PURPOSE,
            "producerId": PRODUCER,
            "consumerId": CONSUMER,
            "eserviceId": ESERVICE,
            "descriptorId": DESCRIPTOR,
        }
        header = {"typ": "at+jwt", "use": "sig", "kid": "pdnd"}
        self.token = Piece(OF_PDND, header, self._times() | {"iss": ISSUER} | voucher)
        return self._with_statements(CLIENT, OF_CLIENT, {"typ": "JWT", "kid": "client"}, dnonce=1234567890123)

    def by_certificate(self, client: str = OUTSIDE, key: Pair = OF_OUTSIDE, name: str = "outside") -> Call:
        header = {"typ": "JWT", "x5c": x5c(name)}
        said = {"iss": client, "sub": client, "purposeId": PURPOSE}
        self.token = Piece(key, dict(header), self._times() | said)
        return self._with_statements(client, key, header)

    def _with_statements(self, client: str, key: Pair, header: dict[str, Any], **more: Any) -> Call:
        who = {"purposeId": PURPOSE, "userID": PERSON, "userLocation": "sportello 1", "LoA": "LoA3"}
        said = self._times() | {"iss": client}
        self.tracking = Piece(key, dict(header), said | who | more)
        self.content = b"" if self.body is None else json.dumps(self.body).encode()
        if self.body is not None:
            signed = {"digest": digest(self.content), "content-type": "application/json"}
            signed["idempotency-key"] = str(uuid4())
            names = {"digest": "Digest", "content-type": "Content-Type", "idempotency-key": "Idempotency-Key"}
            self.headers |= {names[name]: value for name, value in signed.items()}
            claims = self._times() | {"iss": client, "sub": client}
            claims["signed_headers"] = [{name: value} for name, value in signed.items()]
            self.integrity = Piece(key, dict(header), claims)
        return self

    def under_the_key_of(self, other: Call) -> Call:
        """The act of another call again: its Idempotency-Key, signed anew."""
        self.headers["Idempotency-Key"] = other.headers["Idempotency-Key"]
        assert self.integrity is not None
        self.integrity.claims["signed_headers"][2] = {"idempotency-key": other.headers["Idempotency-Key"]}
        return self

    def _times(self) -> dict[str, Any]:
        now = self.now
        return {"aud": AUDIENCE, "iat": now, "nbf": now, "exp": now + 300, "jti": str(uuid4())}

    def bound(self) -> Call:
        """With a voucher that is bound to a key, and a proof by it."""
        self.token.claims["cnf"] = {"jkt": BOUND.thumbprint}
        self.scheme = "DPoP"
        said = {"jti": str(uuid4()), "htm": self.method, "htu": f"{AUDIENCE}{self.path}", "iat": self.now}
        self.proof = Piece(BOUND, {"typ": "dpop+jwt", "jwk": BOUND.jwk}, said)
        return self

    def prepared(self) -> list[tuple[str, str]]:
        """The headers, signed."""
        sent = dict(self.headers)
        if self.tracking is not None:
            evidence = self.tracking.signed()
            sent["Agid-JWT-TrackingEvidence"] = evidence
            if self.token.header.get("typ") != "JWT":
                value = hashlib.sha256(evidence.encode()).hexdigest()
                self.token.claims.setdefault("digest", {"alg": "SHA256", "value": value})
        if self.integrity is not None:
            sent["Agid-JWT-Signature"] = self.integrity.signed()
        token = self.token.signed()
        sent["Authorization"] = f"{self.scheme} {token}"
        if self.proof is not None:
            self.proof.claims.setdefault("ath", b64(hashlib.sha256(token.encode()).digest()))
            sent["DPoP"] = self.proof.signed()
        return [(name, text) for name, text in sent.items() if name not in self.without] + self.also

    def send(self) -> httpx.Response:
        client = self.to.register.client
        headers = [(name.encode(), text.encode("latin-1")) for name, text in self.prepared()]
        return client.request(self.method, BASE + self.path, content=self.content, headers=headers)


def digest(body: bytes) -> str:
    return f"SHA-256={b64encode(hashlib.sha256(body).digest()).decode()}"
