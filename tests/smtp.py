"""A real SMTP server on loopback that keeps what it is handed, over STARTTLS with its own certificate."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Received:
    """One message that the server took, to one address, and whether it came over TLS."""

    to: str
    message: EmailMessage
    encrypted: bool

    @property
    def id(self) -> str:
        return str(self.message["Message-ID"])


@dataclass
class Mailhost:
    """The server of a test. ``answers`` are given to the next messages in place of 250, ``on_data`` is called
    with each message before it is answered."""

    port: int = 0
    ca: Path = Path()
    received: list[Received] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    spoken: list[str] = field(default_factory=list)
    on_data: Callable[[], None] = lambda: None

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, name: str, replies: Any) -> Any:
        self.spoken.append("EHLO")
        session.host_name = name
        return replies

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        self.spoken.append("MAIL")
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        read = message_from_bytes(envelope.content, policy=default)
        assert isinstance(read, EmailMessage)
        (to,) = envelope.rcpt_tos
        if self.answers:
            return self.answers.pop(0)
        self.received.append(Received(to, read, session.ssl is not None))
        self.on_data()
        return "250 taken"


@contextmanager
def mailhost(
    folder: Path, *, tls: bool = True, password: str | None = None, port: int = 0, at_once: bool = False
) -> Iterator[Mailhost]:
    """A server that takes mail over STARTTLS only, ``at_once`` over TLS from the first byte, or without any.

    ``password`` asks for a login.
    """
    host = Mailhost(ca=folder / "mailhost.pem")
    context = _certified(host.ca) if tls else None

    def login(server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        right = isinstance(given, LoginPassword) and given.password == (password or "").encode()
        return AuthResult(success=right, handled=False)

    controller = Controller(
        host,
        hostname="127.0.0.1",
        port=port or _free_port(),
        tls_context=None if at_once else context,
        ssl_context=context if at_once else None,
        require_starttls=tls and not at_once,
        auth_required=password is not None,
        authenticator=login,
    )
    controller.start()
    host.port = controller.port
    try:
        yield host
    finally:
        controller.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _certified(file: Path) -> ssl.SSLContext:
    """A self-signed certificate for this machine, and the context that shows it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mailhost of a test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = file.with_suffix(".key")
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, private)
    return context
