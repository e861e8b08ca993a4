"""A recipient of a running Ambito is added, gets other credentials, or is withdrawn.

Each change is on record (``ledger.recipients``); one that broke off is finished by the same command. Relay
and API learn of it from the record within a second, and the stack of this folder is told to look again at who
subscribes. Where no stack of ours runs, the recipient's public key is given, and its password is told once.
"""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import psycopg
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from consumers import topics
from deploy import kept
from deploy.kafka.access import Access, AccessNotGiven
from deploy.kafka.broker import client_config
from deploy.keys import private_key, public_part
from deploy.migrate import CannotMigrate
from deploy.settings import Settings
from deploy.stack import Stack, open_topic, running
from domain.fact import KINDS, kind
from domain.ledger.recipients import on_record

NEVER = ("servizio-sociale", "system", topics.CHECKPOINTS)
"""Who is told nothing this way: the servizio sociale reads the register itself."""


class CannotChange(RuntimeError):
    """A change that was not made, or not to its end; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What a command did. ``password`` is told this once, where nothing here keeps it."""

    recipient: str
    act: str
    new: bool
    kafka: bool
    password: str | None = None


def add(settings: Settings, recipient: str, public_key: Path | None = None) -> Changed:
    """Let a recipient receive: its key on record, its topic, login and rights; in our own stack its database.

    Raises CannotChange.
    """
    _check(recipient)
    with _told():
        if (pid := running(settings.var)) is not None:
            _no_file(public_key)
            stack = Stack(settings, lambda _: None)
            with psycopg.connect(stack.admin_url) as connection:
                there = recipient in on_record(connection).since
            stack.admit(recipient)
            os.kill(pid, signal.SIGHUP)
            return Changed(recipient, "added", not there, stack.broker is not None)
        password = secrets.token_urlsafe(32)
        key = _public(public_key)
        with _elsewhere(settings) as (connection, access):
            there = recipient in on_record(connection).since
            if there:
                _must_be_its_key(connection, recipient, key)
            if access is not None and not there:
                open_topic(access, settings.ambito, recipient, password)
            connection.execute("select ledger.enrol(%s, %s)", [recipient, key])
            fresh = access is not None and not there
            return Changed(recipient, "added", not there, access is not None, password if fresh else None)


def rotate(settings: Settings, recipient: str, public_key: Path | None = None) -> Changed:
    """Another signing key and another password. What was signed with earlier keys stays verifiable.

    Raises CannotChange.
    """
    with _told():
        if (pid := running(settings.var)) is not None:
            _no_file(public_key)
            stack = Stack(settings, lambda _: None)
            with psycopg.connect(stack.admin_url, autocommit=True) as connection:
                _must_receive(connection, recipient)
                _rotate_here(connection, stack, recipient)
            os.kill(pid, signal.SIGHUP)
            return Changed(recipient, "rotated", True, stack.broker is not None)
        password = secrets.token_urlsafe(32)
        with _elsewhere(settings) as (connection, access):
            _must_receive(connection, recipient)
            if public_key is not None:
                connection.execute("select ledger.enrol(%s, %s)", [recipient, _public(public_key)])
            if access is None and public_key is None:
                raise CannotChange("nothing to change: give --public-key, or the broker's administrator")
            if access is not None:
                access.create_user(recipient, password)
            return Changed(recipient, "rotated", True, access is not None, password if access else None)


def withdraw(settings: Settings, recipient: str) -> Changed:
    """Disclose nothing more to a recipient from now on, and take its rights and password back.

    Corrections and erasures of what it was shown are still owed (GDPR art. 19): they wait in its feed. Raises
    CannotChange.
    """
    with _told():
        pid = running(settings.var)
        with _elsewhere(settings) as (connection, access):
            if recipient not in on_record(connection).all:
                raise CannotChange(f"{recipient} is not a recipient")
            # First the record: from here on no batch tells it anything, whatever comes of the rest.
            row = connection.execute("select ledger.withdraw(%s)", [recipient]).fetchone()
            if access is not None:
                access.forget(recipient)
        if pid is not None:
            (settings.var / "secrets" / f"kafka-{recipient}").unlink(missing_ok=True)
            os.kill(pid, signal.SIGHUP)
        return Changed(recipient, "withdrawn", bool(row and row[0]), access is not None)


# --- the pieces ------------------------------------------------------------------------------------------


def _check(recipient: str) -> None:
    try:
        topics.topic("x", recipient)
    except ValueError as error:
        raise CannotChange(f"{recipient}: {error}") from None
    if recipient in NEVER or kind(recipient) not in KINDS:
        raise CannotChange(f"{recipient}: no recipient has this code; cpi, asl-serd, comune-058091 are such")


def _must_receive(connection: psycopg.Connection[Any], recipient: str) -> None:
    if recipient not in on_record(connection).since:
        raise CannotChange(f"{recipient} is not a recipient; `ambito agency add {recipient}` makes it one")


def _must_be_its_key(connection: psycopg.Connection[Any], recipient: str, key: str) -> None:
    last = connection.execute(
        "select public_key from ledger.recipients where recipient = %s order by number desc limit 1",
        [recipient],
    ).fetchone()
    if last is None or last[0] != key:
        raise CannotChange(f"{recipient} has another key on record; `ambito agency rotate` changes it")


def _rotate_here(connection: psycopg.Connection[Any], stack: Stack, recipient: str) -> None:
    """What is new is made beside the old, handed on, put in its place; what lies there is finished first."""
    key, word = stack.recipient_key(recipient), stack.var / "secrets" / f"kafka-{recipient}"
    new_key, new_word = key.with_suffix(".next"), word.with_suffix(".next")
    if not new_key.exists() and not new_word.exists():
        private_key(new_key)
        if stack.broker is not None:
            kept.secret(new_word)
    if new_key.exists():
        connection.execute("select ledger.enrol(%s, %s)", [recipient, public_part(private_key(new_key))])
        new_key.replace(key)
    if new_word.exists() and stack.broker is not None:
        with stack.broker.admin() as admin:
            Access(admin).create_user(recipient, kept.secret(new_word))
        new_word.replace(word)


def _no_file(public_key: Path | None) -> None:
    if public_key is not None:
        raise CannotChange("--public-key: the stack of this folder keeps the keys of its recipients itself")


def _public(path: Path | None) -> str:
    """The public part of the key in a file. A private one is not put on record, nor told."""
    if path is None:
        raise CannotChange(
            "no stack runs here: give the recipient's public key, --public-key FILE (JWK, Ed25519)"
        )
    try:
        key = OKPKey.import_key(orjson.loads(path.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError, JoseError):
        raise CannotChange(f"{path} holds no Ed25519 key as JWK") from None
    if key.curve_name != "Ed25519":
        raise CannotChange(f"{path} holds no Ed25519 key as JWK")
    if key.is_private:
        raise CannotChange(f"{path} is a private key: only the recipient may have it; give its public part")
    return public_part(key)


@contextmanager
def _elsewhere(settings: Settings) -> Iterator[tuple[psycopg.Connection[Any], Access | None]]:
    """The owner's connection to the Ambito's database, and the broker's administrator, if there is one."""
    stack = Stack(settings, lambda _: None) if running(settings.var) is not None else None
    url = stack.admin_url if stack else settings.admin_database_url
    if url is None:
        raise CannotChange(
            "no stack serves here; start it, or set AMBITO_ADMIN_DATABASE_URL to the owner's url"
        )
    config: dict[str, Any] | None = None
    if stack is not None and stack.broker is not None:
        config = stack.broker.admin_config()
    elif settings.kafka_bootstrap is not None:
        if settings.kafka_admin_username is None or settings.kafka_admin_password is None:
            raise CannotChange("set AMBITO_KAFKA_ADMIN_USERNAME and AMBITO_KAFKA_ADMIN_PASSWORD")
        word = settings.kafka_admin_password.get_secret_value()
        config = client_config(
            settings.kafka_bootstrap, settings.kafka_admin_username, word, settings.kafka_ca
        )
    with psycopg.connect(url, autocommit=True) as connection:
        if config is None:
            yield connection, None
            return
        with KafkaAdminClient(**config, bootstrap_timeout_ms=5000) as admin:
            yield connection, Access(admin)


@contextmanager
def _told() -> Iterator[None]:
    """What is away, by name: the same command goes on once it is back."""
    try:
        yield
    except (psycopg.Error, KafkaError, AccessNotGiven, CannotMigrate) as error:
        because = str(error) if isinstance(error, AccessNotGiven | CannotMigrate) else type(error).__name__
        raise CannotChange(f"{because}; run the same command again to go on where it stopped") from None
