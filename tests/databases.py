"""A database of its own for each test, cloned from a migrated template."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from deploy.migrate import AMBITO, RECIPIENT, migrate
from domain.ledger.keys import KeyFile
from domain.ledger.recorder import pool
from domain.ledger.store import Log
from tests.servers import PostgresServer

PASSWORD = "only-in-tests"


@dataclass(frozen=True)
class Ledger:
    """A migrated database of the log: the urls of its owner, of the application, of the views' role."""

    name: str
    owner_url: str
    app_url: str
    views_url: str
    keys_file: Path
    keys_wrapping: Path

    def keys(self) -> KeyFile:
        return KeyFile(self.keys_file, self.keys_wrapping)

    def log(self, size: int = 8) -> Log:
        """The log on this database. The test closes ``log.recorder.pool`` and its keys."""
        return Log(pool(self.app_url, size=size), self.keys())


def make_template(server: PostgresServer, of: str) -> str:
    """A migrated database that the tests of this run clone."""
    name = f"template_{of}_{secrets.token_hex(4)}"
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    migrate(server.url(name), of)
    if of == AMBITO:
        with psycopg.connect(server.url(), autocommit=True) as admin:
            _login(admin, "test_app", "ambito_app")
            _login(admin, "test_views", "ambito_views")
    return name


def clone(server: PostgresServer, template: str) -> str:
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute(
            sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template))
        )
    return name


def drop(server: PostgresServer, name: str) -> None:
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


@contextmanager
def a_ledger(server: PostgresServer, template: str, folder: Path) -> Iterator[Ledger]:
    """An empty, migrated log of one's own, as long as it is needed."""
    name = clone(server, template)
    yield ledger_on(server, name, folder)
    drop(server, name)


def ledger_on(server: PostgresServer, name: str, folder: Path) -> Ledger:
    return Ledger(
        name=name,
        owner_url=server.url(name),
        app_url=server.url(name, "test_app", PASSWORD),
        views_url=server.url(name, "test_views", PASSWORD),
        keys_file=folder / "keys.sqlite",
        keys_wrapping=folder / "key-encryption-key",
    )


def _login(admin: psycopg.Connection[tuple[object, ...]], name: str, role: str) -> None:
    exists = admin.execute("select 1 from pg_roles where rolname = %s", [name]).fetchone()
    if not exists:
        admin.execute(
            sql.SQL("create role {} login password {} in role {}").format(
                sql.Identifier(name), sql.Literal(PASSWORD), sql.Identifier(role)
            )
        )


__all__ = ["AMBITO", "RECIPIENT", "Ledger", "a_ledger", "clone", "drop", "ledger_on", "make_template"]
