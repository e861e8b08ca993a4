"""JWS written a second time, on `cryptography` alone, to hold against it what the register does."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def part(said: dict[str, Any]) -> str:
    return b64(json.dumps(said, separators=(",", ":")).encode())


def _number(value: int) -> str:
    return b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


@dataclass(frozen=True)
class Pair:
    """A key pair, RSA or EC on P-256."""

    private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

    @classmethod
    def rsa(cls, bits: int = 2048) -> Pair:
        return cls(rsa.generate_private_key(65537, bits))

    @classmethod
    def ec(cls) -> Pair:
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @property
    def algorithm(self) -> str:
        return "RS256" if isinstance(self.private, rsa.RSAPrivateKey) else "ES256"

    @cached_property
    def jwk(self) -> dict[str, str]:
        public = self.private.public_key()
        if isinstance(public, rsa.RSAPublicKey):
            numbers = public.public_numbers()
            return {"kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)}
        point = public.public_numbers()
        coordinates = {"x": b64(point.x.to_bytes(32, "big")), "y": b64(point.y.to_bytes(32, "big"))}
        return {"kty": "EC", "crv": "P-256", **coordinates}

    @cached_property
    def thumbprint(self) -> str:
        """RFC 7638: the members that make the key, in alphabetical order."""
        text = json.dumps(self.jwk, sort_keys=True, separators=(",", ":"))
        return b64(hashlib.sha256(text.encode()).digest())

    @property
    def pem(self) -> bytes:
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def sign(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        said = f"{part({'alg': self.algorithm} | header)}.{part(claims)}"
        return f"{said}.{b64(self._signature(said.encode()))}"

    def _signature(self, said: bytes) -> bytes:
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(said, padding.PKCS1v15(), hashes.SHA256())
        r, s = decode_dss_signature(self.private.sign(said, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def certificate(self, begins: datetime, days: int = 365) -> x509.Certificate:
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "un ente")])
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(begins + timedelta(days=days))
            .sign(self.private, hashes.SHA256())
        )


def opened(compact: str, jwk: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a JWS, whose signature holds. Raises InvalidSignature."""
    header, claims, signature = compact.split(".")
    said, given = f"{header}.{claims}".encode(), unb64(signature)
    if jwk["kty"] == "RSA":
        numbers = rsa.RSAPublicNumbers(*(int.from_bytes(unb64(jwk[name]), "big") for name in ("e", "n")))
        numbers.public_key().verify(given, said, padding.PKCS1v15(), hashes.SHA256())
    else:
        x, y = (int.from_bytes(unb64(jwk[name]), "big") for name in ("x", "y"))
        der = encode_dss_signature(int.from_bytes(given[:32], "big"), int.from_bytes(given[32:], "big"))
        ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key().verify(
            der, said, ec.ECDSA(hashes.SHA256())
        )
    return json.loads(unb64(header)), json.loads(unb64(claims))
