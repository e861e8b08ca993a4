"""PostgreSQL, the API and the writers stopped dead under load: no acknowledged event lost, none twice."""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from consumers.client.register import Register
from consumers.client.shapes import CaseReferred
from consumers.client.transport import Transport
from deploy.keys import private_key
from deploy.lines import case_of
from deploy.migrate import AMBITO, migrate
from deploy.postgres import Postgres
from deploy.settings import Settings
from deploy.supervisor import end, launch, wait_until_ready
from deploy.tokens import tokens
from tests.databases import PASSWORD
from tests.servers import PostgresServer, quiet_ports, temporary_folder
from tests.system.crash_proof import Proof
from tests.system.crash_writers import (
    Act,
    Journal,
    acknowledged_before_the_commit,
    sent_again_without_its_command,
    sent_until_answered,
)

IN_FULL = os.environ.get("AMBITO_TORTURE") == "1"
SEED = 20
STOPS = 210 if IN_FULL else 9
CONTROL_STOPS = 24 if IN_FULL else 4
KINDS = ("postmaster", "immediate", "backend", "writers", "postmaster", "immediate", "api", "everything")
"""What is stopped, in turn. All by kill -9, but ``immediate``, which is PostgreSQL's own immediate stop."""

WRITERS, PROCESSES = 4, 2
SMALL = {
    "shared_buffers": "32MB",
    "checkpoint_timeout": "30s",  # a crash then comes before, after and within a checkpoint
    "recovery_init_sync_method": "syncfs",
}
"""Of what a deployment runs with only sizes change, and how a server that starts again flushes its files."""

PATIENCE = 300.0
"""Seconds: on a loaded machine the API is stopped again before it came back."""

LATE_WAL = {"wal_writer_delay": "10s", "wal_writer_flush_after": "1GB", "autovacuum": "off"}
"""With synchronous_commit off too: what was acknowledged stays in memory until a page of the WAL is full."""


@dataclass
class Load:
    """A server of our own with everybody who writes to it, in one folder."""

    folder: Path
    settings: Mapping[str, str]
    writer: str
    chance: random.Random
    pause: float = (
        0.02  # seconds between two acts of a writer at most: what is proved so often must stay small
    )
    stopped: Counter[str] = field(default_factory=Counter)
    away: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.postgres = Postgres(self.folder / "postgres", {**SMALL, **self.settings})
        ports = quiet_ports()
        self.api_port = next(ports)
        self.postgres.directory.mkdir(mode=0o711)
        (self.postgres.directory / "port").write_text(f"{next(ports)}\n")
        self.child = self.postgres.child()
        self.journals = [self.folder / f"journal-{n}" for n in range(PROCESSES + 1)]
        self.streams = [str(uuid4()) for _ in range(3)]
        self._writing: list[subprocess.Popen[bytes]] = []
        self._api: subprocess.Popen[bytes] | None = None
        self._enough = threading.Event()
        self._posting: list[threading.Thread] = []
        self._failed: list[BaseException] = []

    # --- begin and end ---------------------------------------------------------------------------------

    @contextmanager
    def running(self, *, api: bool = True, role: str = "") -> Iterator[Load]:
        """``role``: a statement on the application's login, for a control."""
        try:
            self._start_postgres()
            self.url = _prepared(self.postgres, role)
            for path in self.journals:
                path.touch()
            self._writing = [self._start_writers(n) for n in range(PROCESSES)]
            if api:
                private_key(Settings(var=self.folder / "var").issuer_key)
                self._start_api()
                self._posting = [
                    threading.Thread(target=self._post, args=(n,), daemon=True) for n in range(2)
                ]
                for thread in self._posting:
                    thread.start()
            self._wait_for_load(self.journals if api else self.journals[:PROCESSES])
            yield self
        finally:
            self._enough.set()
            for process in (*self._writing, *([self._api] if self._api else [])):
                process.kill()
                process.wait()
            end(self._process, self.child)

    def _wait_for_load(self, journals: list[Path]) -> None:
        """Until each has a line more: a stop of what does not work yet would stop nothing."""
        before = [path.stat().st_size for path in journals]
        while any(path.stat().st_size == size for path, size in zip(journals, before, strict=True)):
            assert all(process.poll() is None for process in self._writing), "a writer did not start"
            assert not self._failed, self._failed
            time.sleep(0.02)

    def finish(self) -> None:
        """Let everybody have the answers that are owed; nobody begins anything new.

        An API that was starting when its database was stopped has ended: its supervisor starts it again.
        """
        self._enough.set()
        while any(thread.is_alive() for thread in self._posting):
            if self._api is not None and self._api.poll() is not None:
                self._start_api()
            self._posting[0].join(0.5)
            self._posting[-1].join(0.5)
        assert not self._failed, self._failed
        for process in self._writing:
            process.terminate()
            assert process.wait(30) == 0

    def _start_postgres(self) -> None:
        child = self.postgres.child()
        self._process = launch(child, self.postgres.log)
        wait_until_ready(child, self._process, self.postgres.log)

    def _start_writers(self, n: int) -> subprocess.Popen[bytes]:
        arguments = [
            self.url,
            str(self.journals[n]),
            self.writer,
            str(WRITERS),
            str(self.pause),
            *self.streams,
        ]
        return subprocess.Popen([sys.executable, "-m", "tests.system.crash_writers", *arguments])

    def _start_api(self) -> None:
        var = self.folder / "var"
        told = {"VAR": str(var), "DATABASE_URL": self.url, "API_PORT": str(self.api_port)}
        with (self.folder / "api.log").open("ab") as log:
            self._api = subprocess.Popen(
                [sys.executable, "-m", "deploy.command", "serve"],
                env={**os.environ, **{f"AMBITO_{name}": value for name, value in told.items()}},
                stdout=log,
                stderr=log,
            )

    # --- acts over REST --------------------------------------------------------------------------------

    def _post(self, n: int) -> None:
        """Refer household after household; the client repeats what found no API, under its key."""
        settings = Settings(var=self.folder / "var")
        transport, token = Transport(f"http://127.0.0.1:{self.api_port}", PATIENCE), tokens(settings)
        by = partial(token, {"agency": "system", "role": "machine"}, "TAKING_CHARGE")
        register = Register(transport, by)
        journal = Journal(self.journals[-1])
        try:
            while not self._enough.is_set():
                command_id = uuid4()
                act = Act(command_id, command_id, case_of(command_id), 0, 1)
                journal.tell("try", act)
                known_on = date(2025, 1, 7)
                answer = register.refer_case(_referral(), idempotency_key=command_id, known_on=known_on)
                journal.tell("ack", act, answer.body["position"])
                self._enough.wait(0.01)
        except BaseException as error:
            self._failed.append(error)
        finally:
            register.close()

    # --- stops -----------------------------------------------------------------------------------------

    def stop(self, kind: str) -> None:
        """Stop something dead, and start it again."""
        if self._api is not None and self._api.poll() is not None:
            raise AssertionError(f"the API ended by itself: {(self.folder / 'api.log').read_text()[-2000:]}")
        if kind in ("writers", "everything"):
            for process in self._writing:
                process.kill()
        if kind in ("api", "everything") and self._api is not None:
            self._api.kill()
        if kind in ("postmaster", "immediate", "backend", "everything"):
            self._stop_postgres(kind)
        if kind in ("writers", "everything"):
            for process in self._writing:
                process.wait()
            self._writing = [self._start_writers(n) for n in range(PROCESSES)]
            self._wait_for_load(self.journals[:PROCESSES])
        if kind in ("api", "everything") and self._api is not None:
            self._api.wait()
            self._start_api()
            while not _answers(self.api_port):  # to stop what does not serve yet would stop nothing
                assert self._api.poll() is None, "the API did not start"
                time.sleep(0.02)
        self.stopped[kind] += 1

    def _stop_postgres(self, kind: str) -> None:
        began = time.monotonic()
        if kind == "backend":
            # The server ends all the others and recovers: it cannot know what this one left in shared memory.
            os.kill(self.chance.choice(_backends(self._process.pid)), signal.SIGKILL)
            while self.postgres.ready() and time.monotonic() - began < 2:
                time.sleep(0.01)
        elif kind == "immediate":
            self._process.send_signal(signal.SIGQUIT)  # what `pg_ctl stop -m immediate` sends
            self._process.wait(30)
        else:
            self._process.send_signal(signal.SIGSTOP)  # or it would fork one more that nobody kills
            backends = _children(self._process.pid)
            self._process.kill()
            for pid in backends:
                _kill(pid)
            self._process.wait()
        if kind == "backend":
            wait_until_ready(self.child, self._process, self.postgres.log)
        else:
            self._start_postgres()
        self.away.append(time.monotonic() - began)


def _answers(port: int) -> bool:
    """Whether somebody listens. Not asked by binding it: whoever starts there would find it taken."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def _children(parent: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def _backends(postmaster: int) -> list[int]:
    """The processes that serve clients."""
    found = []
    for pid in _children(postmaster):
        title = Path(f"/proc/{pid}/cmdline").read_bytes()
        if b" ambito " in title or b"test_app" in title:
            found.append(pid)
    return found


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def _prepared(postgres: Postgres, role: str) -> str:
    """The url of the application's login, on a database that is migrated."""
    migrate(postgres.url(), AMBITO)
    with psycopg.connect(postgres.url(), autocommit=True) as admin:
        admin.execute(f"create role test_app login password '{PASSWORD}' in role ambito_app".encode())
        if role:
            admin.execute(role.encode())
    return PostgresServer(postgres.url()).url("postgres", "test_app", PASSWORD)


def _referral() -> CaseReferred:
    return {
        "household_id": str(uuid4()),
        "residence_comune": "058091",
        "ats": "ats-demo",
        "benefit": "ADI",
        "referred_on": "2025-01-07",
    }


# --- the campaign ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def survived() -> Iterator[tuple[Load, Proof]]:
    """A log after all stops, proved after each of them, and the proof from its first byte at the end."""
    chance = random.Random(SEED)
    with temporary_folder() as folder:
        load = Load(folder, {}, sent_until_answered.__name__, chance)
        with load.running():
            following = Proof(load.url, load.journals)
            for n in range(STOPS):
                time.sleep(chance.uniform(0.1, 0.8))
                load.stop(KINDS[n % len(KINDS)])
                assert following.extend().faults == [], f"after stop {n + 1} ({KINDS[n % len(KINDS)]})"
            load.finish()
            assert following.extend().faults == []
            proof = Proof(load.url, load.journals).extend()
        print("\n" + _summary(load, proof))
        yield load, proof


def _summary(load: Load, proof: Proof) -> str:
    stops = ", ".join(f"{kind} {count}" for kind, count in load.stopped.items())
    return (
        f"{sum(load.stopped.values())} stops ({stops}), seed {SEED}: {proof.positions} events,"
        f" {proof.acknowledged} acts acknowledged, {proof.unanswered} never answered,"
        f" {len(proof.faults)} faults; PostgreSQL away {statistics.median(load.away):.2f} s in the median,"
        f" {max(load.away):.2f} s at most"
    )


Survived = tuple[Load, Proof]


@pytest.mark.torture
def test_everything_was_stopped_in_every_way(survived: Survived) -> None:
    load, _ = survived
    assert sum(load.stopped.values()) == STOPS
    assert load.stopped.keys() == set(KINDS)


@pytest.mark.torture
def test_no_acknowledged_act_is_lost_none_is_there_twice_and_the_chain_is_whole(survived: Survived) -> None:
    _, proof = survived
    assert proof.faults == []


@pytest.mark.torture
def test_there_was_a_load_and_the_last_answer_came(survived: Survived) -> None:
    """A proof of an empty log would prove nothing."""
    _, proof = survived
    assert proof.acknowledged > 10 * STOPS
    assert proof.unanswered <= PROCESSES * WRITERS


# --- its controls: the proof notices --------------------------------------------------------------------


def controlled(writer: str, kinds: tuple[str, ...], settings: Mapping[str, str], role: str = "") -> list[str]:
    """The faults that the same campaign finds with one thing made wrong, at the first stop that shows one."""
    chance = random.Random(SEED)
    with temporary_folder() as folder:
        load = Load(folder, settings, writer, chance, pause=0)
        with load.running(api=False, role=role):
            proof = Proof(load.url, load.journals)
            for n in range(CONTROL_STOPS):
                time.sleep(chance.uniform(0.3, 0.8))
                load.stop(kinds[n % len(kinds)])
                if proof.extend().faults:
                    break
        found = ", ".join(f"{count} x {shape}" for shape, count in Counter(map(_shape, proof.faults)).items())
        print(f"\n{n + 1} stops, {proof.acknowledged} acts acknowledged: {found or 'no fault'}")
        return proof.faults


def _shape(fault: str) -> str:
    return re.sub(r"\d+", "N", fault)


@pytest.mark.torture
@pytest.mark.parametrize("kind", ["postmaster", "immediate"] if IN_FULL else ["postmaster"])
def test_control_a_commit_that_does_not_wait_for_the_disk_is_caught(kind: str) -> None:
    off = "alter role test_app set synchronous_commit = off"
    faults = controlled(sent_until_answered.__name__, (kind,), LATE_WAL, off)
    assert any(fault.startswith("an acknowledged act is not in the log") for fault in faults)


@pytest.mark.torture
@pytest.mark.skipif(not IN_FULL, reason="a control of a control: in `make torture` only")
def test_control_the_same_late_writing_loses_nothing_where_the_commit_waits() -> None:
    """What is caught above is the commit, not the way its server was made slow."""
    assert controlled(sent_until_answered.__name__, ("postmaster", "immediate"), LATE_WAL) == []


@pytest.mark.torture
def test_control_an_answer_before_the_commit_is_caught() -> None:
    faults = controlled(acknowledged_before_the_commit.__name__, ("postmaster", "writers"), {})
    assert any(fault.startswith("an acknowledged act is not in the log") for fault in faults)


@pytest.mark.torture
@pytest.mark.skipif(not IN_FULL, reason="a third control: in `make torture` only")
def test_control_an_act_sent_again_without_its_command_is_caught() -> None:
    faults = controlled(sent_again_without_its_command.__name__, ("writers", "everything"), {})
    assert any("an act went in twice" in fault for fault in faults)
