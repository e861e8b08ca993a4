"""kill -9 of the API, the relay and the subscribers while acts go in: nothing lost, nothing twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from deploy.demo.sample import SAMPLE
from tests.system.conftest import Running, running_stack
from tests.system.expectations import expected, held, seqs, within

KILLS = 200 if os.environ.get("AMBITO_TORTURE") == "1" else 20
RECIPIENTS = ("cpi", "ust", "asl", "comune-058091")
VICTIMS = ("serve", "relay", "subscribe cpi", "relay", "subscribe ust", "subscribe asl")
"""What is killed, in turn: the relay twice as often, for it holds the most in its hands."""


@pytest.fixture(scope="module")
def survived() -> Iterator[tuple[Running, dict[str, int]]]:
    """A stack after the campaign, and how often each process was killed."""
    with running_stack() as stack:
        importing = _import(stack)
        killed: dict[str, int] = {}
        chance = random.Random(20)
        while sum(killed.values()) < KILLS:
            victim = VICTIMS[sum(killed.values()) % len(VICTIMS)]
            if _kill(stack.var, victim):
                killed[victim] = killed.get(victim, 0) + 1
            time.sleep(chance.uniform(0.05, 0.5))
            if importing.poll() is not None:
                _must_have_worked(importing)
                importing = _import(stack)
        _must_have_worked(importing)
        yield stack, killed


Survived = tuple[Running, dict[str, int]]


@pytest.mark.torture
def test_at_least_twenty_processes_were_killed_of_every_kind(survived: Survived) -> None:
    _, killed = survived
    assert sum(killed.values()) >= KILLS
    assert killed.keys() == set(VICTIMS)


@pytest.mark.torture
def test_every_act_is_in_the_log_once_and_its_order_has_no_gap(survived: Survived) -> None:
    stack, _ = survived
    lines = [json.loads(line) for line in SAMPLE.read_text().splitlines()]
    with psycopg.connect(stack.description["database_url"]) as connection:
        acts = connection.execute(
            "select command_id::text, last_position - first_position + 1 from ledger.commands"
        ).fetchall()
        events = connection.execute("select count(*), max(position) from ledger.events").fetchone()
        versions = connection.execute(
            "select count(*) from (select stream_id from ledger.events"
            " group by stream_id having max(version) <> count(*)) broken"
        ).fetchone()
    assert dict(acts) == {line["command_id"]: 1 for line in lines}
    assert events == (len(lines), len(lines))
    assert versions == (0,)


@pytest.mark.torture
@pytest.mark.parametrize("recipient", RECIPIENTS)
def test_each_recipient_holds_everything_that_is_its_own_exactly_once(
    survived: Survived, recipient: str
) -> None:
    stack, _ = survived
    right = expected(stack, recipient)
    assert within(20, lambda: _level(stack, recipient))
    assert held(stack, recipient) == right


@pytest.mark.torture
@pytest.mark.parametrize("recipient", RECIPIENTS)
def test_the_facts_of_a_case_came_in_its_order(survived: Survived, recipient: str) -> None:
    stack, _ = survived
    assert within(20, lambda: _level(stack, recipient))
    with psycopg.connect(stack.agencies[recipient]["database_url"]) as connection:
        rows = connection.execute(
            "select case_id, version from views.shown_v1 where kind = 'fact' order by case_id, seq"
        ).fetchall()
    assert rows
    assert rows == sorted(rows, key=lambda row: (row[0], row[1]))


@pytest.mark.torture
def test_the_check_itself_notices_a_row_that_is_lost(survived: Survived) -> None:
    """The control: what these tests compare is not equal by itself."""
    stack, _ = survived
    assert within(20, lambda: _level(stack, "cpi"))
    with psycopg.connect(stack.agencies["cpi"]["database_url"]) as connection:
        connection.execute(
            "delete from views.shown_v1"
            " where event_id = (select event_id from views.shown_v1 where kind = 'fact' limit 1)"
        )
    assert held(stack, "cpi") != expected(stack, "cpi")


def _import(stack: Running) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "deploy.command", "import", str(SAMPLE)],
        env={**os.environ, "AMBITO_VAR": str(stack.var)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _must_have_worked(importing: subprocess.Popen[str]) -> None:
    said = importing.communicate(timeout=90)
    assert importing.returncode == 0, said


def _kill(var: Path, command: str) -> bool:
    """kill -9 the process of this stack that runs a command; whether there was one."""
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and _is(process, var, command):
            os.kill(int(process.name), signal.SIGKILL)
            return True
    return False


def _is(process: Path, var: Path, command: str) -> bool:
    try:
        arguments = (process / "cmdline").read_bytes().decode().split("\0")
        environment = (process / "environ").read_bytes().split(b"\0")
    except (FileNotFoundError, PermissionError, ProcessLookupError):
        return False
    ours = f"AMBITO_VAR={var}".encode() in environment
    return ours and " ".join(arguments).rstrip().endswith(f"deploy.command {command}")


def _level(stack: Running, recipient: str) -> bool:
    with psycopg.connect(stack.description["database_url"]) as connection:
        row = connection.execute(
            "select (select position from ledger.disclosed_head) = (select position from ledger.log_head),"
            " (select coalesce(max(seq), 0) from ledger.disclosed where recipient = %s)",
            [recipient],
        ).fetchone()
    assert row is not None
    return bool(row[0]) and seqs(stack, recipient) == row[1]
