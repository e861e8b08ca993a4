"""The broker's certificate, and the authority of our own that signs it: what clients verify it with.

The authority stays as long as its folder, so that who was given `ca.pem` need not be given it again. The
broker's certificate is made anew before each start.
"""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deploy import kept

AUTHORITY_FOR = timedelta(days=3650)
"""A recipient pins the authority: it must outlive many certificates."""

CERTIFICATE_FOR = timedelta(days=397)
"""What TLS clients commonly take at most; a broker that is not started again for a year must be."""

CLOCKS_DIFFER = timedelta(hours=1)


def authority(folder: Path) -> Path:
    """The certificate of the authority in `folder` (`ca.pem`), made at the first call with its key."""
    certificate, key_file = folder / "ca.pem", folder / "ca.key"
    if not certificate.exists():
        key = generate_private_key(SECP256R1())
        name = _name(f"Ambito Kafka authority {x509.random_serial_number():x}"[:64])
        made = (
            _certificate(name, name, key, AUTHORITY_FOR)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .sign(key, SHA256())
        )
        kept.write_private(key_file, _pem(key))
        kept.write_private(certificate, made.public_bytes(Encoding.PEM).decode())
    return certificate


def certify(folder: Path, host: str) -> Path:
    """A fresh key and certificate for `host`, a name or an address: `broker.pem`, as Kafka's PEM keystore."""
    issuer = x509.load_pem_x509_certificate(authority(folder).read_bytes())
    signs = load_pem_private_key((folder / "ca.key").read_bytes(), password=None)
    assert isinstance(signs, EllipticCurvePrivateKey)
    key = generate_private_key(SECP256R1())
    made = (
        _certificate(_name(host), issuer.subject, key, CERTIFICATE_FOR)
        .add_extension(x509.SubjectAlternativeName([_alternative(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        # The broker is a client of itself: it writes the marks of transactions.
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
            critical=False,
        )
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signs.public_key()), critical=False)
        .sign(signs, SHA256())
    )
    keystore = folder / "broker.pem"
    kept.write_private(keystore, _pem(key) + made.public_bytes(Encoding.PEM).decode())
    return keystore


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey, lasts: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCKS_DIFFER)
        .not_valid_after(now + lasts)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(key: EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
