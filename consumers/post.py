"""Hands a message to the mail server of the Ambito: over TLS with a checked certificate, or not at all.

By ``smtplib``: the mailer sends one message at a time and waits for its outcome, so an asynchronous client
would add an event loop and a dependency, and win nothing.
"""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

TIMEOUT = 10.0
"""Seconds for each step of the conversation: below the 15 that the supervisor gives us to end."""

Tls = Literal["starttls", "tls", "none"]


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed in. ``tls`` is ``none`` for a sink on this machine only."""

    host: str
    port: int
    tls: Tls = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca: Path | None = None
    name: str = "localhost"
    """What we call ourselves in EHLO."""


class NotSent(Exception):
    """The message was not taken. ``final`` where it would not be taken another time either (5xx)."""

    def __init__(self, error: str, reply_code: int | None = None, *, final: bool = False) -> None:
        super().__init__(error)
        self.error, self.reply_code, self.final = error, reply_code, final


class Post:
    """One conversation per message: a sitting has a handful of invitees."""

    def __init__(self, server: Server, timeout: float = TIMEOUT) -> None:
        self._server, self._timeout = server, timeout

    def send(self, sender: str, to: str, message: bytes) -> int:
        """The reply with which the server took the message. Raises NotSent."""
        smtp = self._connected()
        try:
            return _handed_in(smtp, sender, to, message)
        except smtplib.SMTPResponseException as error:
            raise _refused(type(error).__name__, error.smtp_code) from None
        except (OSError, ValueError) as error:
            raise NotSent(type(error).__name__) from None
        finally:
            _leave(smtp)

    def _connected(self) -> smtplib.SMTP:
        """Connected, encrypted, logged in. What fails here is no verdict on the message: tried again."""
        smtp = None
        try:
            smtp = self._opened()
            if self._server.tls == "starttls":
                smtp.starttls(context=self._context())
            if self._server.user is not None:
                smtp.login(self._server.user, self._server.password or "")
            return smtp
        except (OSError, ValueError) as error:
            if smtp is not None:
                smtp.close()
            raise NotSent(type(error).__name__, getattr(error, "smtp_code", None)) from None

    def _opened(self) -> smtplib.SMTP:
        where = self._server
        if where.tls == "tls":
            return smtplib.SMTP_SSL(
                where.host, where.port, where.name, timeout=self._timeout, context=self._context()
            )
        return smtplib.SMTP(where.host, where.port, where.name, timeout=self._timeout)

    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self._server.ca) if self._server.ca else None)


def _handed_in(smtp: smtplib.SMTP, sender: str, to: str, message: bytes) -> int:
    smtp.ehlo_or_helo_if_needed()
    _taken("MailRefused", smtp.mail(sender)[0])
    _taken("RecipientRefused", smtp.rcpt(to)[0])
    return _taken("DataRefused", smtp.data(message)[0])


def _taken(step: str, code: int) -> int:
    if not 200 <= code < 300:
        raise _refused(step, code)
    return code


def _refused(error: str, code: int) -> NotSent:
    return NotSent(error, code, final=500 <= code < 600)


def _leave(smtp: smtplib.SMTP) -> None:
    """The message is taken or not: how the server says goodbye changes nothing."""
    try:
        smtp.quit()
    except OSError:
        smtp.close()
