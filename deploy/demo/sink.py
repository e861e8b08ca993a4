"""A mail server that keeps what it is handed and delivers nothing: for a demonstration on this machine."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP


@dataclass
class Sink:
    """What was handed in so far. ``port`` is on loopback and speaks plain SMTP: AMBITO_SMTP_TLS=none."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)

    def settings(self) -> dict[str, str]:
        """What the environment of ``ambito up`` needs for its mailer to write here."""
        return {
            "AMBITO_SMTP_HOST": "127.0.0.1",
            "AMBITO_SMTP_PORT": str(self.port),
            "AMBITO_SMTP_TLS": "none",
            "AMBITO_SMTP_FROM": "equipe@ambito.invalid",
        }


@contextmanager
def sink() -> Iterator[Sink]:
    """A sink that listens until the end of the block."""
    kept = Sink()

    class Conversation(_Conversation):
        mails = kept.mails

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation) as server:
        server.daemon_threads = True
        kept.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield kept
        finally:
            server.shutdown()


class _Conversation(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as a client needs that asks for no extension."""

    mails: list[EmailMessage]
    timeout = 30

    def handle(self) -> None:
        self._say("220 sink ready")
        while line := self.rfile.readline(2_000):
            verb = line[:4].upper().strip()
            if verb == b"QUIT":
                self._say("221 bye")
                return
            if verb == b"DATA":
                self._say("354 go on")
                self._keep()
            self._say("250 ok")

    def _keep(self) -> None:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        self.mails.append(message_from_bytes(b"".join(lines), policy=SMTP))

    def _say(self, reply: str) -> None:
        self.wfile.write(f"{reply}\r\n".encode())
