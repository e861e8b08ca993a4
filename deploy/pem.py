"""Keys and certificates in PEM files, of the kinds that statements are signed with. All raise ValueError."""

from __future__ import annotations

import warnings
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, RSAKey

from api.security.jws import Key, public_key


def private(path: Path) -> Key:
    key = _usable(_bytes(path), path)
    if not key.is_private:
        raise ValueError(f"{path}: holds no private key")
    return key


def certificate(path: Path) -> x509.Certificate:
    pem = _bytes(path)
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError:
        raise ValueError(f"{path}: holds no certificate in PEM") from None


def key_of(found: x509.Certificate, path: Path) -> Key:
    """The public key of a certificate, which came from a file."""
    pem = found.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return _usable(pem, path)


def _usable(pem: bytes, path: Path) -> Key:
    for kind in (RSAKey, ECKey):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SecurityWarning)  # a weak key is refused on the next line
                key = kind.import_key(pem)
            public_key(key.as_dict(private=False))
            return key
        except (JoseError, LookupError, ValueError, TypeError):
            continue
    raise ValueError(f"{path}: holds no key in PEM that is RSA of 2048 bits or more, or EC on P-256")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
