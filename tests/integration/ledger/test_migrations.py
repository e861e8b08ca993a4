"""Numbered files, each applied once, in order, and never changed afterwards."""

import secrets
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from psycopg import sql

import deploy.migrate
from deploy.migrate import AMBITO, CannotMigrate, Migration, migrate, migrations
from tests.databases import drop
from tests.integration.ledger.acts import wait_until
from tests.servers import PostgresServer

pytestmark = pytest.mark.integration


@pytest.fixture
def empty(postgres: PostgresServer) -> Iterator[str]:
    """The url of a database with nothing in it."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(postgres.url(), autocommit=True) as admin:
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    yield postgres.url(name)
    drop(postgres, name)


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> list[Migration]:
    """Two files that the test may change, in place of ours."""
    found = [
        Migration("0001_one.sql", "create table one (x int); insert into one values (1);"),
        Migration("0002_two.sql", "create table two (x int)"),
    ]
    monkeypatch.setattr(deploy.migrate, "migrations", lambda of: sorted(found, key=lambda m: m.name))
    return found


def ask(url: str, question: str) -> Any:
    with psycopg.connect(url) as connection:
        return connection.execute(question.encode()).fetchall()


def names(url: str) -> list[str]:
    return [name for (name,) in ask(url, "select name from public.migrations order by name")]


def test_all_files_are_applied_in_order_and_kept_with_their_digests(empty: str) -> None:
    ours = migrations(AMBITO)
    assert migrate(empty, AMBITO) == [m.name for m in ours] == sorted(m.name for m in ours)
    assert ask(empty, "select name, sha256 from public.migrations order by name") == [
        (m.name, m.sha256) for m in ours
    ]


def test_twice_is_nothing(empty: str) -> None:
    migrate(empty, AMBITO)
    before = ask(empty, "select name, applied_at from public.migrations order by name")
    assert migrate(empty, AMBITO) == []
    assert ask(empty, "select name, applied_at from public.migrations order by name") == before


def test_two_at_once_wait_for_each_other(empty: str, files: list[Migration]) -> None:
    with psycopg.connect(empty, autocommit=True) as first, ThreadPoolExecutor(2) as threads:
        first.execute("select pg_advisory_lock(hashtext('ambito.migrate'))")
        both = [threads.submit(migrate, empty, AMBITO) for _ in range(2)]
        waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
        wait_until(lambda: first.execute(waiting).fetchone() == (2,))
        assert first.execute("select to_regclass('public.one')").fetchone() == (None,)
        first.execute("select pg_advisory_unlock(hashtext('ambito.migrate'))")
        told = sorted(future.result() for future in both)
    assert told == [[], ["0001_one.sql", "0002_two.sql"]]
    assert ask(empty, "select count(*) from one") == [(1,)]


def test_a_new_file_is_applied_alone(empty: str, files: list[Migration]) -> None:
    migrate(empty, AMBITO)
    files.append(Migration("0003_three.sql", "create table three (x int)"))
    assert migrate(empty, AMBITO) == ["0003_three.sql"]


def test_a_file_that_was_changed_is_refused_with_its_name(empty: str, files: list[Migration]) -> None:
    migrate(empty, AMBITO)
    files[1] = Migration("0002_two.sql", files[1].sql + "  -- a word more")
    files.append(Migration("0003_three.sql", "create table three (x int)"))
    with pytest.raises(CannotMigrate, match=r"0002_two\.sql was changed"):
        migrate(empty, AMBITO)
    assert names(empty) == ["0001_one.sql", "0002_two.sql"]


def test_a_file_that_only_the_database_knows_is_refused_with_its_name(
    empty: str, files: list[Migration]
) -> None:
    migrate(empty, AMBITO)
    del files[1]
    with pytest.raises(CannotMigrate, match=r"has 0002_two\.sql, which this version does not know"):
        migrate(empty, AMBITO)


def test_a_file_that_would_go_in_before_one_applied_is_refused(empty: str, files: list[Migration]) -> None:
    migrate(empty, AMBITO)
    files.append(Migration("0001_zzz.sql", "create table late (x int)"))
    with pytest.raises(CannotMigrate, match=r"0001_zzz\.sql comes before"):
        migrate(empty, AMBITO)
    assert ask(empty, "select to_regclass('public.late')") == [(None,)]


def test_a_file_that_fails_leaves_nothing_of_itself_and_keeps_those_before(
    empty: str, files: list[Migration]
) -> None:
    files[1] = Migration("0002_two.sql", "create table two (x int); select 1 / 0")
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(empty, AMBITO)
    assert names(empty) == ["0001_one.sql"]
    assert ask(empty, "select to_regclass('public.two')") == [(None,)]
    files[1] = Migration("0002_two.sql", "create table two (x int)")
    assert migrate(empty, AMBITO) == ["0002_two.sql"]


def test_two_databases_of_one_server_may_be_migrated_at_once(empty: str, postgres: PostgresServer) -> None:
    """Roles belong to the server: whoever comes second finds them made, or being made."""
    suffix = secrets.token_hex(4)
    text = migrations(AMBITO)[0].sql
    text = text.replace("ambito_app", f"app_{suffix}").replace("ambito_views", f"views_{suffix}")
    second = threading.Thread(target=lambda: told.append(apply(postgres.url("template1"))))
    told: list[bool] = []

    def apply(url: str) -> bool:
        with psycopg.connect(url) as connection:
            connection.execute(text.encode())
            connection.rollback()
        return True

    try:
        with psycopg.connect(empty) as first, psycopg.connect(postgres.url(), autocommit=True) as admin:
            first.execute(text.encode())
            second.start()
            waiting = (
                "select 1 from pg_stat_activity where datname = 'template1' and wait_event_type = 'Lock'"
            )
            wait_until(lambda: admin.execute(waiting).fetchone() is not None)
            first.commit()
            second.join()
        assert told == [True]
    finally:
        drop_roles(postgres, empty, suffix)


def drop_roles(postgres: PostgresServer, database: str, suffix: str) -> None:
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("drop schema if exists ledger cascade")
    with psycopg.connect(postgres.url(), autocommit=True) as admin:
        for role in (f"app_{suffix}", f"views_{suffix}"):
            admin.execute(sql.SQL("drop role if exists {}").format(sql.Identifier(role)))
