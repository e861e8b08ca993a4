"""A whole Ambito on one machine: PostgreSQL, Kafka, the API, the relay, the views, a subscriber each.

Every process of the register is the ``ambito`` command, so that what runs here is what runs anywhere. The
recipients' databases stand on the same PostgreSQL, each with a role that can enter no other.
"""

from __future__ import annotations

import fcntl
import http.client
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, urlsplit, urlunsplit

import orjson
import psycopg
from kafka.errors import KafkaError
from psycopg import sql

from consumers.topics import CHECKPOINTS, LARGEST, group, topic
from deploy import kept
from deploy.backup import archiving, prepare
from deploy.kafka.access import Access, AccessNotGiven
from deploy.kafka.broker import Broker
from deploy.keys import private_key, public_part
from deploy.migrate import AMBITO, RECIPIENT, CannotMigrate, migrate
from deploy.postgres import Postgres
from deploy.settings import Settings
from deploy.signing import log_vkey
from deploy.supervisor import Child, StartFailed, Supervisor
from domain.ledger.recipients import Enrolled, on_record
from projections.decisions import Decisions
from projections.offices import views_of
from projections.view import VIEWS

Say = Callable[[str], None]

DATABASE, API_LOGIN, VIEWS_LOGIN, RELAY_USER = "ambito", "ambito_api", "ambito_projector", "relay"


LAST_VIEW = Decisions.tables[-1]
"""Of the Ambito's views the one that is made last."""

TOPIC = {"retention.ms": str(30 * 24 * 3600 * 1000), "max.message.bytes": str(LARGEST)}
"""Thirty days on a topic: who was away longer is healed from the feed, and an erasure reaches all."""

KEPT = TOPIC | {"retention.ms": "-1", "cleanup.policy": "delete"}
"""Checkpoints stay: they hold nothing of anybody, and are a copy of them that lies outside the database."""


class AlreadyRunning(RuntimeError):
    """A stack of this folder runs already."""


class Stack:
    """The processes of one Ambito under ``settings.var``."""

    def __init__(self, settings: Settings, say: Say) -> None:
        self.settings, self._say = settings, say
        self.var = settings.var.absolute()
        self.postgres = None if settings.admin_database_url else own_postgres(settings)
        self.broker = self._broker()
        self._metrics: dict[str, int] = {}
        self._admin_url = settings.admin_database_url

    def run(self) -> int:
        """Start everything, tend it until SIGTERM, stop it; the exit code."""
        if self.settings.production:
            raise StartFailed("its subscribers have tokens for development, which AMBITO_PRODUCTION refuses")
        with _alone(self.var):
            self.description_file.unlink(missing_ok=True)
            try:
                self._supervisor = Supervisor(list(self._children()), self.var / "log", self._say)
                return self._supervisor.run(self._serving)
            finally:
                self.description_file.unlink(missing_ok=True)

    # --- what it is made of --------------------------------------------------------------------------

    def _broker(self) -> Broker | None:
        if self.settings.kafka_bootstrap:
            return None
        can, reason = Broker.available()
        if can:
            return Broker(self.var / "kafka")
        if self.settings.require_kafka:
            raise StartFailed(f"no Kafka: {reason}")
        self._say(f"no Kafka here ({reason}); the subscribers take the REST feed")
        return None

    def _children(self) -> Iterator[Child]:
        # The children are made in this order because each knows the ports of those before it.
        if not self.settings.api_port:
            kept.kept_port(self._port_file)
        if self.postgres is not None:
            yield self.postgres.child()
        if self.broker is not None:
            yield self.broker.child()
        rest_on = ("postgres", "kafka")
        yield self._child("api", ["serve"], after=rest_on, first=self._prepare, ready=self._api_ready)
        yield self._child("relay", ["relay"], after=("api",))
        yield self._child(
            "project", ["project"], after=("api",), ready=lambda: _has_views(self.admin_url, LAST_VIEW)
        )
        if self.settings.smtp_host is not None:
            yield self._child("mail", ["mail"], after=("api",))

    def _subscribers(self) -> Iterator[Child]:
        """One for each recipient on record: known only once the database serves."""
        for recipient in self._enrolled().all:
            child = self._child(
                f"subscribe-{recipient}",
                ["subscribe", recipient],
                after=("api",),
                ready=partial(_has_views, self.recipient_url(recipient), views_of(recipient)[-1].tables[-1]),
            )
            yield replace(child, rests_on=private_key(self.recipient_key(recipient)).thumbprint())

    def _child(
        self,
        name: str,
        arguments: list[str],
        after: tuple[str, ...],
        first: Callable[[], None] = lambda: None,
        ready: Callable[[], bool] = lambda: True,
    ) -> Child:
        argv = [sys.executable, "-m", "deploy.command", *arguments]
        return Child(name, argv, env=self._environment(name), after=after, first=first, ready=ready)

    def _environment(self, name: str) -> dict[str, str]:
        """What a process is told: the relay its broker user, a subscriber its own database, no one else's."""
        told = {
            "VAR": str(self.var),
            "AMBITO": self.settings.ambito,
            "API_URL": self.api_url,
            "API_HOST": self.settings.api_host,
            "API_PORT": str(self.api_port),
            "RULE_SETTING": self.settings.rule_setting,
            "RULE_READINGS": orjson.dumps(self.settings.rule_readings).decode(),
        }
        if name in ("api", "relay", "mail"):
            told["DATABASE_URL"] = self.database_url(API_LOGIN)
        if name == "api" and self.broker is not None:
            told["KAFKA_BOOTSTRAP"] = self.broker.bootstrap  # to name it, in the document of the topics
        if name == "api" and self.settings.trust is not None:
            told["TRUST"] = str(self.settings.trust.absolute())
        if name == "project":
            told["VIEWS_DATABASE_URL"] = self.database_url(VIEWS_LOGIN)
        if name == "relay":
            told |= self._kafka_login(RELAY_USER)
            told |= self._signing_settings() | self._public_url
        if name == "mail":
            told |= self._mail_settings()
        if name.startswith("subscribe-"):
            recipient = name.removeprefix("subscribe-")
            told["RECIPIENT_DATABASE_URL"] = self.recipient_url(recipient)
            told["LOG_VKEY"] = self.log_vkey
            if recipient in self._enrolled().since:
                told |= self._kafka_login(recipient)  # who was withdrawn has none: the feed is left to it
        if self.settings.metrics_port is not None:
            port = self._metrics.setdefault(name, self.settings.metrics_port + len(self._metrics))
            told["METRICS_PORT"] = str(port)
        ours = {key: value for key, value in os.environ.items() if not key.startswith("AMBITO_")}
        return ours | {f"AMBITO_{key}": value for key, value in told.items()}

    def _signing_settings(self) -> dict[str, str]:
        """What the relay alone is told: with which key, and how often, the log is signed."""
        return {
            "LOG_KEY": str(self.settings.signing_key.absolute()),
            "CHECKPOINT_EVENTS": str(self.settings.checkpoint_events),
            "CHECKPOINT_SECONDS": str(self.settings.checkpoint_seconds),
        }

    def _mail_settings(self) -> dict[str, str]:
        """What the mailer alone is told: the server with its password, and where the seats are written to."""
        ours = self.settings
        told = {
            "SMTP_HOST": ours.smtp_host,
            "SMTP_PORT": str(ours.smtp_port),
            "SMTP_TLS": ours.smtp_tls,
            "SMTP_USER": ours.smtp_user,
            "SMTP_PASSWORD": ours.smtp_password and ours.smtp_password.get_secret_value(),
            "SMTP_CA": ours.smtp_ca and str(ours.smtp_ca.absolute()),
            "SMTP_FROM": ours.smtp_from,
            "MAILBOXES": orjson.dumps(ours.mailboxes).decode(),
        }
        return {name: value for name, value in told.items() if value} | self._public_url

    @property
    def _public_url(self) -> dict[str, str]:
        return {"PUBLIC_URL": self.settings.public_url} if self.settings.public_url else {}

    def _kafka_login(self, user: str) -> dict[str, str]:
        if self.broker is None:
            return {}
        return {
            "KAFKA_BOOTSTRAP": self.broker.bootstrap,
            "KAFKA_CA": str(self.broker.authority),
            "KAFKA_USERNAME": user,
            "KAFKA_PASSWORD": self._secret(f"kafka-{user}"),
        }

    # --- addresses -----------------------------------------------------------------------------------

    @property
    def description_file(self) -> Path:
        return self.var / "stack.json"

    @property
    def _port_file(self) -> Path:
        return self.var / "api-port"

    @property
    def api_port(self) -> int:
        return self.settings.api_port or kept.read_port(self._port_file) or 0

    @property
    def api_url(self) -> str:
        return f"http://{self.settings.api_host}:{self.api_port}"

    @property
    def admin_url(self) -> str:
        """The owner's url of the Ambito's database."""
        if self.postgres is not None:
            return self.postgres.url(DATABASE)
        assert self._admin_url is not None
        return self._admin_url

    def database_url(self, login: str) -> str:
        return _with_login(self.admin_url, login, self._secret(login))

    def _enrolled(self) -> Enrolled:
        with psycopg.connect(self.admin_url) as connection:
            return on_record(connection)

    def recipient_url(self, recipient: str) -> str:
        name = recipient_database(recipient)
        return _with_login(self.admin_url, name, self._secret(name), name)

    def _secret(self, name: str) -> str:
        folder = self.var / "secrets"
        folder.mkdir(mode=0o700, exist_ok=True)
        return kept.secret(folder / name)

    # --- once, before the first process of the register starts ----------------------------------------

    def _prepare(self) -> None:
        self._say("preparing databases, topics and keys")
        try:
            self._databases()
            known = self._enrolled()
            kept.write_private(
                self.settings.issuer_public_key, public_part(private_key(self.settings.issuer_key))
            )
            if self.broker is not None:
                self._topics()
            for recipient in dict.fromkeys((*known.since, *self.settings.recipients)):
                if recipient not in known.withdrawn:
                    self.admit(recipient)
        except (CannotMigrate, AccessNotGiven, psycopg.Error, KafkaError) as error:
            raise StartFailed(f"could not prepare the stack: {error}") from error

    def _databases(self) -> None:
        if self.postgres is not None:
            with psycopg.connect(self.postgres.url(), autocommit=True) as admin:
                _create_database(admin, DATABASE)
        migrate(self.admin_url, AMBITO)
        name = urlsplit(self.admin_url).path.lstrip("/")
        with psycopg.connect(self.admin_url, autocommit=True) as admin:
            for login, role in ((API_LOGIN, "ambito_app"), (VIEWS_LOGIN, "ambito_views")):
                _create_login(admin, login, self._secret(login))
                admin.execute(sql.SQL("grant {} to {}").format(sql.Identifier(role), sql.Identifier(login)))
                _let_in(admin, name, login)

    def admit(self, recipient: str) -> None:
        """A recipient's database, its topic with its login, and, last, its place on record. Repeatable."""
        self._database_of(recipient)
        if self.broker is not None:
            with self.broker.admin() as admin:
                open_topic(Access(admin), self.settings.ambito, recipient, self._secret(f"kafka-{recipient}"))
        key = private_key(self.recipient_key(recipient))
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            connection.execute("select ledger.enrol(%s, %s)", [recipient, public_part(key)])

    def _database_of(self, recipient: str) -> None:
        name = recipient_database(recipient)
        with psycopg.connect(self.admin_url, autocommit=True) as admin:
            _create_login(admin, name, self._secret(name))
            _create_database(admin, name, owner=name)
            _let_in(admin, name, name)
        migrate(self.recipient_url(recipient), RECIPIENT)

    def recipient_key(self, recipient: str) -> Path:
        """The key with which a recipient signs what it acknowledges: its own, here for the demonstration."""
        return self.var / "recipients" / f"{recipient}.jwk"

    @property
    def log_vkey(self) -> str:
        """With which key everybody here believes the log; elsewhere people tell each other."""
        return log_vkey(self.settings).text

    def _topics(self) -> None:
        assert self.broker is not None
        with self.broker.admin() as admin:
            access = Access(admin)
            access.create_user(RELAY_USER, self._secret(f"kafka-{RELAY_USER}"))
            access.allow_relay(RELAY_USER, f"adi.{self.settings.ambito}.", f"relay-{self.settings.ambito}")
            access.create_topic(topic(self.settings.ambito, CHECKPOINTS), config=KEPT)

    # --- while it runs ---------------------------------------------------------------------------------

    def _api_ready(self) -> bool:
        connection = http.client.HTTPConnection(self.settings.api_host, self.api_port, timeout=2)
        try:
            connection.request("GET", "/rest/adi/v1/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def _serving(self) -> None:
        """With the subscribers of those who are on record now; after a SIGHUP of those who are then."""
        try:
            servers = [child for child in self._supervisor.children() if not _subscribes(child)]
            self._supervisor.follow([*servers, *self._subscribers()])
        except psycopg.Error as error:
            raise StartFailed(f"who receives could not be read: {type(error).__name__}") from None
        kept.write_private(
            self.description_file, orjson.dumps(self.description(), option=orjson.OPT_INDENT_2).decode()
        )
        self._say(f"serving on {self.api_url}; addresses and passwords in {self.description_file}")

    def description(self) -> dict[str, Any]:
        """What a program needs to use this stack: ``var/stack.json``, readable by its owner only."""
        broker = self.broker
        kafka = broker and {
            "bootstrap": broker.bootstrap,
            "security_protocol": "SASL_SSL",
            "sasl_mechanism": "SCRAM-SHA-512",
            "ca": str(broker.authority),
        }
        return {
            "ambito": self.settings.ambito,
            "api_url": self.api_url,
            "database_url": self.database_url(API_LOGIN),
            "views_database_url": self.database_url(VIEWS_LOGIN),
            "admin_database_url": self.admin_url,
            "kafka": kafka,
            "agencies": {code: self._agency(code) for code in self._enrolled().all},
            "token_key": str(self.settings.issuer_key.absolute()),
            "token_public_key": str(self.settings.issuer_public_key.absolute()),
            "log_vkey": self.log_vkey,
            "metrics": {name: f"http://127.0.0.1:{port}/metrics" for name, port in self._metrics.items()},
        }

    def _agency(self, recipient: str) -> dict[str, str]:
        found = {
            "database_url": self.recipient_url(recipient),
            "key": str(self.recipient_key(recipient)),
        }
        if self.broker is not None and recipient in self._enrolled().since:
            login = {"username": recipient, "password": self._secret(f"kafka-{recipient}")}
            found |= {"topic": topic(self.settings.ambito, recipient), **login}
        return found


def _subscribes(child: Child) -> bool:
    return child.name.startswith("subscribe-")


def open_topic(access: Access, ambito: str, recipient: str, password: str) -> None:
    """The topic, group and login of a recipient, which may also read the checkpoints."""
    access.create_topic(topic(ambito, CHECKPOINTS), config=KEPT)
    access.create_topic(topic(ambito, recipient), config=TOPIC)
    access.create_user(recipient, password)
    access.allow_recipient(recipient, topic(ambito, recipient), group(ambito, recipient))
    access.allow_recipient(recipient, topic(ambito, CHECKPOINTS))


def own_postgres(settings: Settings) -> Postgres:
    """The server of this folder, which archives what it writes where there is a folder for it."""
    if settings.backups is not None:
        prepare(settings.backups)
    return Postgres(settings.var.absolute() / "postgres", archiving(settings.backups))


def _has_views(url: str, last: str) -> bool:
    """Whether the process that keeps the views of a database has made them, up to the last table."""
    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            row = connection.execute("select to_regclass(%s)", [f"{VIEWS}.{last}"]).fetchone()
    except psycopg.OperationalError:
        return False
    return row is not None and row[0] is not None


def recipient_database(recipient: str) -> str:
    """The name of a recipient's database, and of the role that alone may enter it."""
    return "recipient_" + recipient.replace("-", "_")


def running(var: Path) -> int | None:
    """The process id of the stack of this folder, None where none runs."""
    try:
        with (var / "supervisor.lock").open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return None
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return int((var / "supervisor.lock").read_text() or 0) or None


def stop(var: Path, patience: float = 60.0) -> bool:
    """Stop the stack of this folder and wait until all of it is gone; whether one ran."""
    pid = running(var)
    if pid is None:
        return False
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + patience
    while running(var) is not None:
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            break
        time.sleep(0.05)
    return True


@contextmanager
def _alone(var: Path) -> Iterator[IO[str]]:
    """Hold the folder: a second stack in it would fight over its ports and files."""
    var.mkdir(parents=True, exist_ok=True)
    with (var / "supervisor.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(f"a stack runs already in {var}; `ambito down` stops it") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield file


def _create_database(admin: psycopg.Connection[Any], name: str, owner: str | None = None) -> None:
    if admin.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
        return
    made = sql.SQL("create database {}").format(sql.Identifier(name))
    if owner:
        made += sql.SQL(" owner {}").format(sql.Identifier(owner))
    admin.execute(made)


def _create_login(admin: psycopg.Connection[Any], name: str, password: str) -> None:
    known = admin.execute("select 1 from pg_roles where rolname = %s", [name]).fetchone()
    verb = sql.SQL("alter role {} login password {}" if known else "create role {} login password {}")
    admin.execute(verb.format(sql.Identifier(name), sql.Literal(password)))


def _let_in(admin: psycopg.Connection[Any], database: str, login: str) -> None:
    """Nobody enters a database but who is named."""
    names = {"database": sql.Identifier(database), "login": sql.Identifier(login)}
    admin.execute(sql.SQL("revoke all on database {database} from public").format(**names))
    admin.execute(sql.SQL("grant connect on database {database} to {login}").format(**names))


def _with_login(url: str, login: str, password: str, database: str | None = None) -> str:
    parts = urlsplit(url)
    where = parts.netloc.rpartition("@")[2]
    netloc = f"{quote(login, '')}:{quote(password, '')}@{where}"
    return urlunsplit(parts._replace(netloc=netloc, path=f"/{database}" if database else parts.path))
