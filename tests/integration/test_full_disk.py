"""A disk that is really full: a clear error, nothing half-written; reads go on, and later so does writing."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from eventsourcing.persistence import OperationalError

from deploy.migrate import AMBITO
from deploy.postgres import Postgres
from domain.ledger.recorder import LedgerRecorder, NoConnection, Pending, pool
from tests.databases import Ledger, ledger_on, make_template
from tests.integration.api.life import referral
from tests.integration.api.office import register_on
from tests.integration.ledger.acts import bare, command, wait_until
from tests.servers import PostgresServer, temporary_folder

pytestmark = pytest.mark.integration

LARGE = 200_000
"""Bytes of an event: a disk is then full after few of them."""

TINY = {"shared_buffers": "16MB", "autovacuum": "off", "fsync": "off"}


class Disk:
    """A file system of its own, which can be filled and given room."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        self.folder, self.megabytes = folder, megabytes

    def leave(self, megabytes: int) -> None:
        """Fill it, but for so much."""
        room = os.statvfs(self.folder)
        with (self.folder / "filler").open("wb") as filler:
            filler.write(bytes(max(room.f_bavail * room.f_frsize - megabytes * 1_000_000, 0)))

    def give_room(self) -> None:
        (self.folder / "filler").unlink()


@contextmanager
def disk(folder: Path, megabytes: int) -> Iterator[Disk]:
    """A tmpfs of so many megabytes; the test is skipped where nobody lets us mount one."""
    folder.mkdir(exist_ok=True)
    options = f"size={megabytes}m,mode=0711"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if mounted.returncode != 0:
        pytest.skip(f"no small disk can be mounted here (that needs root): {mounted.stderr.strip()}")
    try:
        yield Disk(folder, megabytes)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def wal_apart(server: Postgres, folder: Path) -> Postgres:
    """The same server with its write-ahead log in another folder."""
    server.initialise()
    owner, here = server.data.stat(), server.data / "pg_wal"
    shutil.move(here, folder / "pg_wal")
    for path in (folder / "pg_wal", *(folder / "pg_wal").rglob("*")):
        os.chown(path, owner.st_uid, owner.st_gid)
    here.symlink_to(folder / "pg_wal")
    return server


@contextmanager
def ledger_of(server: Postgres, folder: Path) -> Iterator[Ledger]:
    try:
        server.start()
        name = make_template(PostgresServer(server.url()), AMBITO)
        with psycopg.connect(server.url(name), autocommit=True) as owner:
            owner.execute("checkpoint")  # the files of a new database have holes until then
        yield ledger_on(PostgresServer(server.url()), name, folder)
    finally:
        server.stop()


@pytest.fixture
def filling() -> Iterator[tuple[Disk, Ledger]]:
    """A log whose disk has room for some seventy large events; its write-ahead log has enough."""
    with (
        temporary_folder() as folder,
        disk(folder / "disk", 160) as small,
        ledger_of(wal_apart(Postgres(small.folder / "postgres", TINY), folder), folder) as ledger,
    ):
        small.leave(20)
        yield small, ledger


def act(size: int = LARGE) -> Pending:
    """An act of three events: half of it would show."""
    stream = uuid4()
    return Pending(stream, 3, [bare(stream, n, state=os.urandom(size)) for n in (1, 2, 3)], command())


def fill(recorder: LedgerRecorder) -> tuple[int, Pending, OperationalError]:
    """How many acts went in, the first one that did not, and its error."""
    for count in range(1_000):
        one = act()
        try:
            recorder.append(one)
        except OperationalError as error:
            return count, one, error
    raise AssertionError("the disk did not fill")


def test_an_append_on_a_full_disk_fails_in_whole_reads_go_on_and_the_same_act_goes_in_later(
    filling: tuple[Disk, Ledger],
) -> None:
    small, ledger = filling
    with pool(ledger.app_url, size=4) as connections:
        recorder = LedgerRecorder(connections)
        count, refused, error = fill(recorder)
        assert isinstance(error, NoConnection) and isinstance(error.__cause__, psycopg.errors.DiskFull)
        assert recorder.max_notification_id() == 3 * count
        assert recorder.select_events(refused.stream_id) == []
        assert (
            refused.command
            and recorder.outcome_of(refused.command.client, refused.command.command_id) is None
        )
        assert [e.position for e in recorder.select_after(0, 1000)] == list(range(1, 3 * count + 1))
        with pytest.raises(NoConnection):
            recorder.append(act())

        small.give_room()
        again = Pending(refused.stream_id, 3, refused.events, refused.command)
        assert recorder.append(again).first_position == 3 * count + 1


def test_the_api_answers_503_serves_what_needs_no_line_and_takes_the_act_once_there_is_room(
    filling: tuple[Disk, Ledger],
) -> None:
    small, ledger = filling
    with register_on(ledger) as register, pool(ledger.app_url, size=1) as connections:
        worker, key = register.office("servizio-sociale", "SOCIAL_WORKER"), uuid4()
        case_id = worker.post("/cases", referral()).json()["case_id"]
        fill(LedgerRecorder(connections))
        body = referral()
        while (answer := worker.post("/cases", body, key=key)).status_code == 201:
            body, key = referral(), uuid4()  # a small act may still find a place

        assert answer.status_code == 503
        assert answer.json()["rule"] == "UNAVAILABLE" and answer.headers["Retry-After"]
        assert register.office("cpi", "machine").get("/feed").status_code == 200
        # Nobody reads a file unseen: where its line cannot be written it is not shown.
        assert worker.get(f"/cases/{case_id}").status_code == 503

        small.give_room()
        assert worker.post("/cases", body, key=key).status_code == 201


@pytest.fixture
def filling_wal() -> Iterator[tuple[Disk, Postgres, Ledger]]:
    """A log whose write-ahead log alone has a small disk: there PostgreSQL itself must stop."""
    with temporary_folder() as folder, ExitStack() as stack:
        small = stack.enter_context(disk(folder / "wal", 128))
        server = wal_apart(Postgres(folder / "postgres", TINY), small.folder)
        ledger = stack.enter_context(ledger_of(server, folder))
        small.leave(40)
        yield small, server, ledger


def test_where_the_write_ahead_log_has_no_room_the_server_stops_and_nothing_acknowledged_is_lost(
    filling_wal: tuple[Disk, Postgres, Ledger],
) -> None:
    small, server, ledger = filling_wal
    with pool(ledger.app_url, size=1) as connections:
        count, refused, error = fill(LedgerRecorder(connections))
    assert isinstance(error, NoConnection)
    wait_until(lambda: not server.ready())

    server.stop()
    small.give_room()
    server.start()
    with pool(ledger.app_url, size=1) as connections:
        recorder = LedgerRecorder(connections)
        assert recorder.max_notification_id() == 3 * count
        again = Pending(refused.stream_id, 3, refused.events, refused.command)
        assert recorder.append(again).first_position == 3 * count + 1
