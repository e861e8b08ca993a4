"""The long-running processes, each wired to its settings. SIGTERM lets them finish what is in hand."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import orjson
import psycopg
import structlog
from psycopg.conninfo import make_conninfo

from api.tokens import Verifier
from deploy.feeds import feed_of, proofs_of, quiet_import
from deploy.key_file import opened_keys
from deploy.keys import ed25519, private_key
from deploy.memory import collect_seldom
from deploy.metrics import serve_metrics
from deploy.settings import Settings
from deploy.signing import Signing
from deploy.tokens import audience
from domain.case.commands import Law
from domain.ledger.checkpoints import Checkpoints
from domain.ledger.disclosed import Disclosed
from domain.ledger.discloser import Discloser
from domain.ledger.erasing import carry_out, destroy, past_erasures
from domain.ledger.mapper import Entry
from domain.ledger.note import VerifierKey, witness_name
from domain.ledger.outbox import Outbox
from domain.ledger.reading import reading_pool
from domain.ledger.recipients import Enrolled
from domain.ledger.recorder import pool
from domain.ledger.replaying import Replaying
from domain.ledger.store import Log
from domain.rules.sound import check_all
from projections.cases import Cases
from projections.deadlines import Deadlines
from projections.decisions import Decisions
from projections.indicators import Indicators
from projections.metrics import RETRIES, FromDatabase, of_inbox, of_register
from projections.offices import views_of
from projections.runner import Runner, pause, run
from projections.view import View, of_entry
from projections.whole import Followed
from projections.worklists import Worklists

# One process needs each of these: the others start without them, in 1.2 s of a processor instead of 1.6.
if TYPE_CHECKING:
    from consumers.invitation import Letterhead
    from consumers.post import Server

IDLE = 0.01
"""Seconds between two looks at the log where nothing is new: the first wait of every reader."""

MAIL_IDLE = 0.5
"""The same for the mailer: nobody waits at the other end of a letter."""

log = structlog.get_logger()

T = TypeVar("T")


class MissingSetting(RuntimeError):
    """A process was started without what it needs; the text names the setting."""


def serve(settings: Settings) -> None:
    """The REST interface, on ``api_host`` and ``api_port``."""
    from api.app import create_app
    from api.services import AS_DOCUMENTED, Services
    from consumers import asyncapi
    from deploy import serving
    from deploy.trust import wire

    configure_logs()
    check_all()
    collect_seldom()
    verifier = _for_development(settings)
    url = _needed(settings.database_url, "DATABASE_URL")
    serve_metrics(settings, FromDatabase(url, of_register))
    bounded = make_conninfo(url, options=serving.statement_options(settings))
    with (
        _pool(bounded, 16, "ambito-api") as connections,
        reading_pool(bounded, size=16, name="ambito-api-reading") as for_readers,
    ):
        register = Log(connections, opened_keys(settings, connections))
        disclosed = Disclosed(connections, register.keys)
        app = create_app(
            Services(
                log=register,
                disclosed=disclosed,
                pool=for_readers,
                reading=register.read_through(for_readers),
                shown=Disclosed(for_readers, register.keys),
                verifier=verifier,
                law=settings.law,
                ambito=settings.ambito,
                enrolled=_every_second(disclosed.enrolled),
                clock=_now,
                asyncapi=partial(asyncapi.document, settings.ambito, settings.kafka_bootstrap),
                signer=partial(ed25519, settings.signing_key),
                wire=wire(settings.trust, connections, _now) if settings.trust else None,
                public_url=settings.public_url or AS_DOCUMENTED,
                bounds=serving.bounds(settings),
            )
        )
        serving.run(app, settings)


def _for_development(settings: Settings) -> Verifier | None:
    """Who checks tokens for development; nobody in production. Raises MissingSetting."""
    if settings.production:
        _needed(settings.trust, "TRUST")
        return None
    log.warning("tokens for development are accepted: set AMBITO_PRODUCTION where people's data are")
    return Verifier(private_key(settings.issuer_key).as_dict(private=False), audience(settings))


def relay(settings: Settings) -> None:
    """One process discloses, signs and relays: the order of the record is the order of the topics."""
    configure_logs()
    collect_seldom()
    stop = _told_to_stop()
    url = _needed(settings.database_url, "DATABASE_URL")
    serve_metrics(settings, FromDatabase(url, of_register))
    with _leader(url, "relay", stop), _pool(url, 4, "ambito-relay") as connections:
        keys = opened_keys(settings, connections)
        register = Log(connections, keys)
        disclosed = Disclosed(connections, keys)
        checkpoints = Checkpoints(connections)
        erase = partial(carry_out, log=register, keys=keys)
        sign = Signing(settings, checkpoints).step
        send: Callable[[Enrolled], Any] | None = None
        if settings.kafka_bootstrap:
            with quiet_import():
                from consumers.relay import Relay, producer
            make_producer = partial(producer, kafka_client(settings), settings.ambito)
            public_url = _needed(settings.public_url or settings.api_url, "PUBLIC_URL")

            def send(now: Enrolled) -> Relay:
                return Relay(disclosed, now.since, settings.ambito, make_producer, checkpoints, public_url)

        relaying = _Relaying(disclosed, lambda now: Discloser(register, disclosed, now, erase), send)
        try:
            _follow(stop, "relay", lambda: relaying.step() + sign())
        finally:
            relaying.close()


class _Relaying:
    """Discloses and sends, for whoever receives: where that changes, both begin anew from the record."""

    def __init__(
        self,
        disclosed: Disclosed,
        disclose: Callable[[Enrolled], Discloser],
        send: Callable[[Enrolled], Any] | None,
    ) -> None:
        self._disclosed, self._disclose, self._send = disclosed, disclose, send
        self._enrolled: Enrolled | None = None
        self._discloser: Discloser
        self._sender: Any = None

    def step(self) -> int:
        now = self._disclosed.enrolled()
        if now != self._enrolled:
            self.close()
            self._discloser, self._sender = self._disclose(now), self._send and self._send(now)
            self._enrolled = now
        return self._discloser.step() + (self._sender.step() if self._sender else 0)

    def close(self) -> None:
        if self._sender is not None:
            self._sender.close()


@contextmanager
def opened_log(settings: Settings, url: str) -> Iterator[Log]:
    """The log, for a command that works on it and ends."""
    with _pool(url, 2, "ambito-command") as connections:
        yield Log(connections, opened_keys(settings, connections))


def mail(settings: Settings) -> None:
    """The convocations of the équipe, by e-mail, each to the mailbox of the seat that is invited."""
    from consumers.invitation import Letterhead
    from consumers.mailer import Mailer
    from consumers.post import Post

    configure_logs()
    stop = _told_to_stop()
    if settings.smtp_host is None:
        log.info("mailer idle: set AMBITO_SMTP_HOST to send the convocations of the équipe")
        stop.wait()
        return
    letterhead = Letterhead(
        sender=_needed(settings.smtp_from, "SMTP_FROM"),
        public_url=_needed(settings.public_url or settings.api_url, "PUBLIC_URL"),
        ambito=settings.ambito,
    )
    url = _needed(settings.database_url, "DATABASE_URL")
    serve_metrics(settings, FromDatabase(url, of_register))
    with _leader(url, "mail", stop), _pool(url, 2, "ambito-mail") as connections:
        mailer = Mailer(
            Log(connections, opened_keys(settings, connections)),
            Outbox(connections),
            Post(_mail_server(settings, letterhead)),
            letterhead,
            settings.mailboxes,
            lambda: datetime.now(UTC),
        )
        _follow(stop, "mailer", mailer.step, idle=MAIL_IDLE)


def _mail_server(settings: Settings, letterhead: Letterhead) -> Server:
    from consumers.post import Server

    return Server(
        host=_needed(settings.smtp_host, "SMTP_HOST"),
        port=settings.smtp_port,
        tls=settings.smtp_tls,
        user=settings.smtp_user,
        password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
        ca=settings.smtp_ca,
        name=letterhead.domain,
    )


def project(settings: Settings) -> None:
    """The Ambito's own views, from the log."""
    configure_logs()
    collect_seldom()
    stop = _told_to_stop()
    url = _needed(settings.views_database_url, "VIEWS_DATABASE_URL")
    serve_metrics(settings, FromDatabase(url, of_register))
    with _pool(url, 3, "ambito-project") as connections:
        keys = opened_keys(settings, connections)
        register = Log(connections, keys)
        # This login cannot note an erasure, the relay does; the key goes here too: nothing is read with it.
        cases = Followed(register.facts)
        read = cases.reading(past_erasures(register.unopened, partial(destroy, log=register, keys=keys)))
        run([Runner(url, view, read, of_entry) for view in views(cases, register, settings.law)], stop)


def views(cases: Followed, register: Log, law: Law) -> list[View[Entry]]:
    """The views of the Ambito, in the order in which they are made."""
    return [
        Cases(cases.case),
        Deadlines(cases.case, cases.facts, law),
        Indicators(cases.facts, law),
        Worklists(cases.facts),
        Decisions(cases.facts, cases.case, Replaying(register, law).again, law),
    ]


def subscribe(settings: Settings, recipient: str) -> None:
    """A recipient's subscriber: from Kafka where there is a broker, else from the REST feed."""
    with quiet_import():
        from consumers.acknowledge import Acknowledge
        from consumers.client.register import Register
        from consumers.client.transport import Transport
        from consumers.source import KafkaSource
        from consumers.subscriber import Subscriber
        from consumers.topics import CHECKPOINTS, topic
        from consumers.witness import KafkaNotes, RestNotes, Witness
    configure_logs()
    collect_seldom()
    stop = _told_to_stop()
    api_url = _needed(settings.api_url, "API_URL")
    url = _needed(settings.recipient_database_url, "RECIPIENT_DATABASE_URL")
    serve_metrics(settings, FromDatabase(url, of_inbox))
    proof, feed = proofs_of(settings, recipient), feed_of(settings, api_url, recipient)
    register = Register(Transport(api_url, over=proof.over), proof.token)
    source = (
        KafkaSource(kafka_client(settings), topic(settings.ambito, recipient))
        if settings.kafka_bootstrap
        else feed
    )
    key_file = settings.var / "recipients" / f"{recipient}.jwk"
    key = private_key(key_file)
    witness = None
    if settings.log_vkey is None:
        log.info("no witness: set AMBITO_LOG_VKEY to the key that the log is to be believed with")
    else:
        witness = Witness(
            KafkaNotes(kafka_client(settings), topic(settings.ambito, CHECKPOINTS))
            if settings.kafka_bootstrap
            else RestNotes(register),
            register,
            VerifierKey.read(settings.log_vkey),
            witness_name(settings.ambito, recipient),
            ed25519(key_file),
        )
    Subscriber(
        source,
        url,
        views_of(recipient, settings.law),
        recipient,
        Acknowledge(register, orjson.dumps(key.as_dict(private=True)).decode()),
        feed=feed,
        witness=witness,
    ).run(stop)


def kafka_client(settings: Settings) -> dict[str, Any]:
    """What a kafka-python client needs to come in as the user of the settings."""
    from deploy.kafka.broker import client_config

    return client_config(
        _needed(settings.kafka_bootstrap, "KAFKA_BOOTSTRAP"),
        _needed(settings.kafka_username, "KAFKA_USERNAME"),
        _needed(settings.kafka_password, "KAFKA_PASSWORD"),
        settings.kafka_ca,
    )


def configure_logs() -> None:
    """One JSON line per request or batch, on standard output."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=lambda line, **_: orjson.dumps(line).decode()),
        ],
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _follow(
    stop: threading.Event,
    name: str,
    step: Callable[[], int],
    idle: float = IDLE,
) -> None:
    """Take steps until told to stop; a database that is away is waited for, with a line in the log."""
    failures = 0
    while not stop.is_set():
        try:
            moved = step()
            failures = 0
        except Exception as error:
            # Its text may quote values; whatever it is, to go on from what is committed is right.
            RETRIES.labels(name).inc()
            log.warning(
                f"{name} waits", error=type(error).__name__, sqlstate=getattr(error, "sqlstate", None)
            )
            stop.wait(pause(failures))
            failures += 1
            continue
        if not moved:
            stop.wait(idle)


class _leader:
    """Waits until this process is the only one of its name: a session lock in PostgreSQL."""

    def __init__(self, url: str, name: str, stop: threading.Event) -> None:
        self._url, self._name, self._stop = url, name, stop

    def __enter__(self) -> None:
        self._connection = psycopg.connect(self._url, autocommit=True, application_name="ambito-leader")
        told = False
        while not self._stop.is_set():
            row = self._connection.execute(
                "select pg_try_advisory_lock(hashtext(%s))", [f"ambito.{self._name}"]
            ).fetchone()
            if row and row[0]:
                return
            if not told:
                log.info(f"another {self._name} leads; waiting")
                told = True
            self._stop.wait(0.5)

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def _every_second(ask: Callable[[], Enrolled]) -> Callable[[], Enrolled]:
    """The same answer for a second: recipients change a few times a year, and every request asks."""
    last: tuple[float, Enrolled] | None = None

    def answer() -> Enrolled:
        nonlocal last
        if last is None or time.monotonic() > last[0]:
            last = time.monotonic() + 1.0, ask()
        return last[1]

    return answer


def _pool(url: str, size: int, name: str) -> Any:
    return pool(url, size=size, name=name)


def _told_to_stop() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _now() -> datetime:
    return datetime.now(UTC)


def _needed(value: T | None, name: str) -> T:
    if value is None:
        raise MissingSetting(f"set AMBITO_{name}")
    return value
