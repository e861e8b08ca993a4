"""The server of one office, over its own database: no key and no database of the Ambito is opened here."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import UTC, datetime

import psycopg
from psycopg.conninfo import make_conninfo

from api.office.app import create_office_app
from api.office.services import OfficeServices
from api.tokens import Verifier
from deploy import serving
from deploy.keys import public_key
from deploy.processes import configure_logs
from deploy.settings import Settings
from deploy.tokens import audience
from domain.ledger.recorder import pool
from projections.offices import office_of

READ_ONLY = "-c default_transaction_read_only=on"

CONNECTIONS = 8
"""At once: an office has tens of operators, and each of its queries takes a few milliseconds."""


class CannotServe(RuntimeError):
    """What the server of an office lacks, or was given wrongly; the text says it."""


def serve(settings: Settings, recipient: str, database_url: str, say: Callable[[str], None]) -> None:
    """The interface of one office, on ``api_host`` and ``api_port``. Raises CannotServe, UnusableKey."""
    if settings.production:
        raise CannotServe("it knows tokens for development alone, which AMBITO_PRODUCTION refuses")
    office = office_of(recipient)
    if office is None:
        raise CannotServe(f"{recipient} keeps no lists of its own: it asks the Ambito's interface")
    url = make_conninfo(database_url, options=f"{READ_ONLY} {serving.statement_options(settings)}")
    _check_owner(url, recipient)
    key = public_key(settings.issuer_public_key)
    with (
        _listening(settings.api_host, settings.api_port) as listening,
        pool(url, size=CONNECTIONS, name="ambito-office") as connections,
    ):
        app = create_office_app(
            OfficeServices(
                recipient=recipient,
                office=office,
                pool=connections,
                verifier=Verifier(key, audience(settings)),
                clock=lambda: datetime.now(UTC),
                bounds=serving.bounds(settings),
            )
        )
        configure_logs()
        say("serving {} on http://{}:{}".format(recipient, *listening.getsockname()[:2]))
        serving.run(app, settings, [listening])


def _check_owner(url: str, recipient: str) -> None:
    """Raises CannotServe for the database of another office: its own wall would be of no use then."""
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            row = connection.execute("select recipient from inbox.owner").fetchone()
    except psycopg.errors.UndefinedTable:
        raise CannotServe("this is no recipient's database, or an old one: `ambito up` migrates it") from None
    except psycopg.OperationalError:
        raise CannotServe("the database of the office does not answer") from None
    if row is None:
        raise CannotServe("nothing was received here yet: start `ambito subscribe` first")
    if row[0] != recipient:
        raise CannotServe(f"this is the database of {row[0]}, not of {recipient}")


def _listening(host: str, port: int) -> socket.socket:
    """A socket that is bound before anything is said of it; port 0 is any free one."""
    found = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
    except OSError as error:
        found.close()
        raise CannotServe(f"{host}:{port}: {error.strerror}; set AMBITO_API_PORT") from None
    return found
