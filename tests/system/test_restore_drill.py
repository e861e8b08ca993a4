"""The whole register loaded, backed up, crashed, brought back to an instant in between, and loaded again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from deploy.demo.sample import SAMPLE
from deploy.lines import Line
from deploy.stack import running
from tests.databases import clone, drop
from tests.servers import PostgresServer, temporary_folder
from tests.system.conftest import Running, ambito, described
from tests.system.crash_proof import Proof
from tests.system.expectations import expected, held, within

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.torture,
    pytest.mark.skipif(
        os.environ.get("AMBITO_TORTURE") != "1",
        reason="takes a minute; tests/integration/test_restore.py restores in every run",
    ),
]

RECIPIENTS = ("cpi", "ust", "asl", "comune-058091")

AHEAD = ("cpi over kafka", "cpi over rest", "comune-058091 over kafka", "comune-058091 over rest")
"""Readers with databases of their own, which no restore of the Ambito touches."""

CASES = 2
"""Whole cases of the sample before the backup, as many after it, and as many that are undone."""


def parts() -> tuple[list[str], list[str], list[str]]:
    """The acts up to the backup, up to the instant, and all, each from the first line on.

    A line may rest on the event of an earlier one; what is there already is replayed. The cases are such
    that the employment centre and the Comune are shown something of each.
    """
    beside, cases = list[str](), dict[UUID, list[str]]()
    for text in SAMPLE.read_text().splitlines(keepends=True):
        line = Line.from_json(json.loads(text))
        (beside if line.case_id is None else cases.setdefault(line.case_id, [])).append(text)
    chosen = [
        lines
        for lines in cases.values()
        if any("refer_to_employment" in line for line in lines) and '"residence_comune":"058091"' in lines[0]
    ]
    one, two, three = (list(chain(*chosen[n * CASES : (n + 1) * CASES])) for n in range(3))
    return beside + one, beside + one + two, beside + one + two + three


@dataclass(frozen=True)
class Drill:
    """What was there before the crash, and what is there after all of it."""

    stack: Running
    urls: dict[str, str]
    epoch: str
    position: int
    seqs: dict[str, int]
    applied: dict[str, int]
    told: str

    def reader(self, name: str) -> Running:
        """The stack as one reader knows it: its recipient's database is its own."""
        recipient = name.partition(" ")[0]
        agency = self.stack.agencies[recipient] | {"database_url": self.urls[name]}
        told = {**self.stack.description, "agencies": {**self.stack.agencies, recipient: agency}}
        return replace(self.stack, description=told)


@pytest.fixture(scope="module")
def drill(postgres: PostgresServer, recipient_template: str) -> Iterator[Drill]:
    with ExitStack() as opened:
        folder = opened.enter_context(temporary_folder())
        settings = opened.enter_context(pytest.MonkeyPatch.context())
        settings.setenv("AMBITO_BACKUPS", str(folder / "backups"))
        settings.setenv("AMBITO_KEY_BACKUPS", str(folder / "key-backups"))
        names = {name: clone(postgres, recipient_template) for name in AHEAD}
        urls = {name: postgres.url(database) for name, database in names.items()}
        for database in names.values():
            opened.callback(drop, postgres, database)
        var = folder / "var"
        opened.callback(ambito, var, "down", check=False)
        stack = _up(var)
        for name in AHEAD:
            if "kafka" not in name or stack.description["kafka"]:
                opened.callback(_end, _reader(stack, name, urls[name]))

        first, second, every = parts()
        _import(stack, folder, first)
        stack.ambito("backup")
        _import(stack, folder, second)
        _all_level(stack, urls)
        seqs = {name: _progress(urls[name])[1] for name in AHEAD}
        position, epoch = _ask(stack, "select position, log_epoch::text from ledger.log_head")
        between = datetime.now(UTC)
        time.sleep(0.1)
        _import(stack, folder, every)
        _all_level(stack, urls)
        applied = {name: _progress(urls[name])[1] for name in AHEAD}

        began = time.monotonic()
        _crash(var)
        told = stack.ambito("restore", "--at", between.isoformat())
        stack = _up(var)
        print(f"\nfrom the crash to a register that serves again: {time.monotonic() - began:.1f} s\n{told}")
        _import(stack, folder, every)
        _all_level(stack, urls)
        yield Drill(stack, urls, epoch, position, seqs, applied, told)


def test_the_log_is_back_at_the_instant_under_another_epoch_and_says_so(drill: Drill) -> None:
    at, before, after = _ask(
        drill.stack, "select position, epoch_before::text, epoch::text from ledger.restores"
    )
    assert (at, before) == (drill.position, drill.epoch)
    assert _ask(drill.stack, "select log_epoch::text from ledger.log_head") == (after,) != (before,)
    assert f"position {at}" in drill.told and before in drill.told and after in drill.told


def test_the_log_is_whole_and_has_every_act_that_was_sent_again(drill: Drill) -> None:
    proof = Proof(drill.stack.description["database_url"], []).extend()
    assert proof.faults == []
    acts = _ask(drill.stack, "select count(*) from ledger.commands where last_position >= first_position")
    assert acts == (len(parts()[2]),)


def test_the_data_before_the_restore_is_kept(drill: Drill) -> None:
    assert len(list((drill.stack.var / "postgres").glob("data.*/PG_VERSION"))) == 1


@pytest.mark.parametrize("name", AHEAD)
def test_a_reader_that_was_ahead_keeps_what_was_undone_apart_and_equals_the_restored_log(
    drill: Drill, name: str
) -> None:
    if "kafka" in name and not drill.stack.description["kafka"]:
        pytest.skip("no Kafka broker")
    recipient, stack = name.partition(" ")[0], drill.reader(name)
    assert held(stack, recipient) == expected(stack, recipient)
    epoch, seq = _progress(drill.urls[name])
    with psycopg.connect(drill.urls[name]) as connection:
        undone = connection.execute(
            "select seq, log_epoch::text, undone_by::text from inbox.undone order by seq"
        )
        beyond = range(drill.seqs[name] + 1, drill.applied[name] + 1)
        assert undone.fetchall() == [(number, drill.epoch, epoch) for number in beyond]
        received = connection.execute("select count(*), max(seq) from inbox.received").fetchone()
    assert received == (seq, seq)
    assert epoch != drill.epoch and len(beyond) > 0


@pytest.mark.parametrize("recipient", RECIPIENTS)
def test_a_recipient_whose_database_went_back_with_the_log_equals_it_too(
    drill: Drill, recipient: str
) -> None:
    assert held(drill.stack, recipient) == expected(drill.stack, recipient)


def _up(var: Path) -> Running:
    ambito(var, "up", "--detach")
    return described(var)


def _import(stack: Running, folder: Path, lines: list[str]) -> None:
    file = folder / "acts.ndjson"
    file.write_text("".join(lines))
    stack.ambito("import", str(file))


def _reader(stack: Running, name: str, url: str) -> subprocess.Popen[bytes]:
    """``ambito subscribe`` as an agency runs it; it outlives the crash of the Ambito."""
    recipient, _, by = name.split()
    agency = stack.agencies[recipient]
    told = {
        "VAR": str(stack.var),
        "AMBITO": stack.description["ambito"],
        "API_URL": stack.description["api_url"],
        "RECIPIENT_DATABASE_URL": url,
    }
    if by == "kafka":
        told |= {
            "KAFKA_BOOTSTRAP": stack.description["kafka"]["bootstrap"],
            "KAFKA_CA": stack.description["kafka"]["ca"],
            "KAFKA_USERNAME": agency["username"],
            "KAFKA_PASSWORD": agency["password"],
        }
    return subprocess.Popen(
        [sys.executable, "-m", "deploy.command", "subscribe", recipient],
        env={**os.environ, **{f"AMBITO_{key}": value for key, value in told.items()}},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _crash(var: Path) -> None:
    """kill -9 of the supervisor: the kernel ends all that it started, PostgreSQL and Kafka among them."""
    pid = running(var)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert within(30, lambda: running(var) is None)
    assert within(30, lambda: not _alive(var))


def _alive(var: Path) -> bool:
    """Whether a process of the stack still ends."""
    ours = str(var).encode()
    return any(ours in _command_line(process) for process in Path("/proc").glob("[0-9]*"))


def _command_line(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def _all_level(stack: Running, urls: dict[str, str]) -> None:
    """Until everybody stands where ``disclosed`` ends, and that where the log does."""
    kafka = stack.description["kafka"]
    for recipient in RECIPIENTS:
        own = [
            url
            for name, url in urls.items()
            if name.startswith(f"{recipient} ") and (kafka or "rest" in name)
        ]
        for url in (stack.agencies[recipient]["database_url"], *own):
            assert within(60, lambda recipient=recipient, url=url: _level(stack, recipient, url)), recipient


def _level(stack: Running, recipient: str, url: str) -> bool:
    with psycopg.connect(stack.description["database_url"]) as connection:
        row = connection.execute(
            "select (select position from ledger.disclosed_head) = (select position from ledger.log_head),"
            " (select log_epoch::text from ledger.log_head),"
            " (select coalesce(max(seq), 0) from ledger.disclosed where recipient = %s)",
            [recipient],
        ).fetchone()
    assert row is not None
    return bool(row[0]) and _progress(url) == (row[1], row[2])


def _progress(url: str) -> tuple[str, int]:
    with psycopg.connect(url) as connection:
        row = connection.execute("select log_epoch::text, seq from inbox.progress").fetchone()
    assert row is not None
    return row[0], row[1]


def _ask(stack: Running, question: str) -> tuple[Any, ...]:
    with psycopg.connect(stack.description["database_url"]) as connection:
        row = connection.execute(question.encode()).fetchone()
    assert row is not None
    return row
