"""Base backups, the archive of the write-ahead log, and an instant in between brought back from them."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from deploy import backup
from deploy.migrate import AMBITO, migrate
from deploy.postgres import Postgres
from deploy.restore import CannotRestore, Restored, bring_back_keys, restore, tell
from domain.ledger.keys import KeyDestroyed, KeyFile
from domain.ledger.recorder import LedgerRecorder, Pending, pool
from tests.integration.ledger.acts import bare
from tests.servers import temporary_folder

pytestmark = pytest.mark.integration


class Drill:
    """A server that archives, in a folder with a space in its name, and what a drill does with it."""

    def __init__(self, folder: Path) -> None:
        self.backups = folder / "back ups"
        backup.prepare(self.backups)
        settings = {"shared_buffers": "16MB", "fsync": "off", **backup.archiving(self.backups)}
        self.postgres = Postgres(folder / "postgres", settings)
        self.keys = KeyFile(folder / "keys" / "ledger.sqlite", folder / "wrapping")
        self.said: list[str] = []

    def start(self) -> None:
        self.postgres.start()

    def write(self, count: int) -> datetime:
        """Append so many events; an instant after the last of them."""
        with pool(self.postgres.url(), size=1) as connections:
            recorder = LedgerRecorder(connections)
            for _ in range(count):
                stream = uuid4()
                recorder.append(Pending(stream, 1, [bare(stream, 1)]))
        time.sleep(0.05)
        return datetime.now(UTC)

    def ask(self, question: str) -> Any:
        with psycopg.connect(self.postgres.url()) as connection:
            return connection.execute(question.encode()).fetchall()

    def restore(self, at: datetime | None) -> Restored:
        return restore(
            self.postgres,
            self.backups,
            at,
            "postgres",
            lambda url: tell(url, self.keys, at),
            self.said.append,
        )

    def crash(self) -> None:
        """The server is gone without a word, as after kill -9; its data folder stays."""
        assert self.postgres._started is not None
        process, _ = self.postgres._started
        process.send_signal(signal.SIGQUIT)
        process.wait(30)
        self.postgres._started = None


@pytest.fixture
def drill() -> Iterator[Drill]:
    with temporary_folder() as folder:
        made = Drill(folder)
        try:
            made.start()
            migrate(made.postgres.url(), AMBITO)
            yield made
        finally:
            made.postgres.stop()
            made.keys.close()


def test_an_instant_between_two_acts_comes_back_with_another_epoch_and_nothing_else_is_lost(
    drill: Drill,
) -> None:
    drill.write(3)
    backup.take(drill.postgres.url(), drill.backups)
    between = drill.write(4)
    drill.write(5)
    epoch = drill.ask("select log_epoch from ledger.log_head")[0][0]
    drill.crash()
    told = drill.restore(between)
    assert (told.position, told.epoch_before, told.asked_for) == (7, epoch, between)
    assert told.epoch != epoch
    drill.start()
    assert drill.ask("select count(*), max(position) from ledger.events") == [(7, 7)]
    assert drill.ask("select log_epoch from ledger.log_head") == [(told.epoch,)]
    assert drill.ask("select epoch_before, epoch, position from ledger.restores") == [(epoch, told.epoch, 7)]
    kept = list(drill.postgres.directory.glob("data.*"))
    assert len(kept) == 1 and (kept[0] / "PG_VERSION").exists()
    assert not (drill.postgres.directory / "restoring").exists()


def test_without_an_instant_all_comes_back_also_what_was_not_archived_yet(drill: Drill) -> None:
    backup.take(drill.postgres.url(), drill.backups)
    drill.write(6)
    drill.crash()
    assert drill.restore(None).position == 6


def test_where_the_disk_is_lost_all_that_was_archived_comes_back(drill: Drill) -> None:
    backup.take(drill.postgres.url(), drill.backups)
    drill.write(6)
    drill.ask("select pg_switch_wal()")
    drill.write(2)
    archived = "select last_archived_wal is not null from pg_stat_archiver"
    while drill.ask(archived) != [(True,)]:
        time.sleep(0.05)
    time.sleep(0.5)
    drill.crash()
    shutil.rmtree(drill.postgres.data)
    assert drill.restore(None).position == 6


def test_a_second_restore_goes_back_within_what_the_first_one_left(drill: Drill) -> None:
    backup.take(drill.postgres.url(), drill.backups)
    first = drill.write(2)
    drill.write(2)
    drill.crash()
    drill.restore(first)
    drill.start()
    second = drill.write(5)
    drill.write(1)
    drill.crash()
    told = drill.restore(second)
    assert told.position == 7
    drill.start()
    assert drill.ask("select count(distinct epoch) from ledger.restores") == [(2,)]


def test_a_restore_that_cannot_be_leaves_everything_as_it_was(drill: Drill) -> None:
    before = drill.write(2)
    drill.postgres.stop()
    with pytest.raises(CannotRestore, match="no base backup"):
        drill.restore(None)
    drill.start()
    with pytest.raises(CannotRestore, match="PostgreSQL runs"):
        drill.restore(None)
    backup.take(drill.postgres.url(), drill.backups)
    drill.write(1)
    drill.postgres.stop()
    with pytest.raises(CannotRestore, match=r"first base backup is of .*, after the instant"):
        drill.restore(before)
    with pytest.raises(CannotRestore, match="recovery ended before configured recovery target was reached"):
        drill.restore(datetime.now(UTC) + timedelta(days=1))
    drill.start()
    assert drill.ask("select count(*) from ledger.events") == [(3,)]
    assert drill.ask("select count(*) from ledger.restores") == [(0,)]


def test_only_the_owner_renews_the_epoch(drill: Drill) -> None:
    for role in ("ambito_app", "ambito_views"):
        with psycopg.connect(drill.postgres.url()) as connection:
            connection.execute(f"set role {role}".encode())
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("select ledger.renew_epoch(null)")


# --- keys -----------------------------------------------------------------------------------------------


def test_a_key_that_the_erasure_register_names_is_destroyed_again_before_the_epoch_is_told(
    drill: Drill,
) -> None:
    with psycopg.connect(drill.postgres.url()) as owner:
        owner.execute("insert into ledger.erasures (key_id) values ('person/erased')")
    drill.keys.ensure(["person/erased", "person/kept"])
    tell(drill.postgres.url(), drill.keys, None)
    assert drill.keys.held(["person/erased", "person/kept"]).keys() == {"person/kept"}
    with pytest.raises(KeyDestroyed):
        drill.keys.ensure(["person/erased"])


def test_a_copy_of_the_keys_is_whole_private_and_gone_after_some_days(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, copies = tmp_path / "ledger.sqlite", tmp_path / "copies"
    keys = KeyFile(file, tmp_path / "wrapping")
    keys.ensure(["person/one"])
    first = backup.copy_keys(file, copies)
    keys.close()
    assert first.stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(first)) as copy:
        assert copy.execute("select key_id from keys").fetchall() == [("person/one",)]
    second = backup.copy_keys(file, copies)
    assert backup.key_copies(copies) == [first, second]
    monkeypatch.setattr(backup, "KEYS_KEPT", timedelta(0))
    third = backup.copy_keys(file, copies)
    assert backup.key_copies(copies) == [third]


def test_keys_come_back_only_where_the_file_is_lost(tmp_path: Path) -> None:
    file, copies, said = tmp_path / "ledger.sqlite", tmp_path / "copies", list[str]()
    keys = KeyFile(file, tmp_path / "wrapping")
    keys.ensure(["person/one", "person/two"])
    backup.copy_keys(file, copies)
    keys.destroy("person/two")
    keys.close()
    bring_back_keys(file, copies, said.append)
    assert said == []
    keys = KeyFile(file, tmp_path / "wrapping")
    assert keys.held(["person/one", "person/two"]).keys() == {"person/one"}
    keys.close()
    file.unlink()
    bring_back_keys(file, copies, said.append)
    assert len(said) == 1
    keys = KeyFile(file, tmp_path / "wrapping")
    assert keys.held(["person/one", "person/two"]).keys() == {"person/one", "person/two"}
    keys.close()
    file.unlink()
    with pytest.raises(CannotRestore, match="no copy of it"):
        bring_back_keys(file, None, said.append)
