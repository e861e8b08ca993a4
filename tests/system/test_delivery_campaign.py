"""Kills, freezes and cuts of everything on the way of a fact: nothing lost, nothing twice, all in order.

What each recipient was told is held against what the whole log gives, what its views hold against all that it
was told (`delivery_truth.py`). The control, a subscriber with a bug, must be found.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from consumers.client.transport import Transport
from deploy.acts_file import Imported, Importer, Refusal
from deploy.demo.lives import live
from deploy.demo.memory import Memory
from deploy.demo.protocol import protocol_lines
from deploy.demo.sample import SAMPLE, by_day
from deploy.kafka.broker import Broker
from deploy.migrate import RECIPIENT, migrate
from deploy.settings import Settings
from deploy.tokens import tokens
from domain.case.commands import Law
from domain.fact import Fact
from domain.ledger.disclosed import Disclosed
from domain.ledger.keys import KeyFile
from domain.ledger.recorder import pool
from domain.ledger.store import Log
from domain.message import Message
from domain.refused import Refused
from projections.offices import views_of
from projections.runner import apply
from projections.view import VIEWS, Connection, of_message
from tests.proxy import Proxy, proxy
from tests.servers import quiet_ports, temporary_folder
from tests.system.conftest import Running, ambito, described
from tests.system.delivery_faults import Faults
from tests.system.delivery_stack import CONTROL, IN_FULL, OURS, RECIPIENTS
from tests.system.delivery_truth import Row, Told, beyond, cases_of, differences, told_of, view_of
from tests.system.expectations import within

pytestmark = [
    pytest.mark.torture,
    pytest.mark.timeout(0 if IN_FULL else 300),  # a stack starts, on however busy a machine
]

SEED = 20
FAULTS = 320 if IN_FULL else 10
EVENTS = 50_000 if IN_FULL else 600
LONGEST = 20.0 if IN_FULL else 1.0
"""Seconds of a freeze or a cut at most: longer than a transaction may take, or the answer to a batch."""

COLUMNS = {
    "cpi": "CPI",
    "ust": "UST_SCUOLA",
    "asl": "ASL_SPECIALISTICI",
    "asl-serd": "ASL_SPECIALISTICI",
    "comune-058091": "COMUNE",
    "inps": "INPS",
}
MATRIX = json.loads((Path(__file__).parent.parent / "unit" / "matrix.json").read_text())


@dataclass
class Survived:
    """A stack after the campaign, standing still: what its log holds, what was sent, and what arrived."""

    stack: Running
    lines: list[str]
    refused: list[Refusal]
    faults: Counter[str]
    facts: list[Fact[Any]]
    sent: dict[str, list[Message]]
    told: dict[str, list[Told]] = field(default_factory=dict)

    def must_tell(self, recipient: str) -> list[Told]:
        if recipient not in self.told:
            self.told[recipient] = told_of(self.facts, recipient)
        return self.told[recipient]

    def arrived(self, recipient: str, query: str) -> list[Any]:
        with psycopg.connect(self.stack.agencies[recipient]["database_url"]) as connection:
            return connection.execute(query.encode()).fetchall()

    def tables(self, recipient: str) -> dict[str, list[str]]:
        with psycopg.connect(self.stack.agencies[recipient]["database_url"]) as connection:
            return _rows(connection, recipient)

    def tables_at_once(self, recipient: str) -> dict[str, list[str]]:
        """The same of a database in which everything is applied in one transaction, without a fault."""
        admin = urlsplit(self.stack.description["admin_database_url"])
        name = f"at_once_{recipient.replace('-', '_')}"
        with psycopg.connect(urlunsplit(admin), autocommit=True) as connection:
            connection.execute(f"create database {name}".encode())
        fresh = urlunsplit(admin._replace(path=f"/{name}"))
        migrate(fresh, RECIPIENT)
        views = views_of(recipient, Law())
        with psycopg.connect(fresh) as connection:
            connection.execute(f"set search_path = {VIEWS}, public".encode())
            for view in views:
                view.create(connection)
            assert apply(connection, views, self.sent[recipient], of_message, set()) == []
            return _rows(connection, recipient)

    def view(self, recipient: str) -> dict[Any, Row]:
        rows = self.arrived(
            recipient,
            f"select {', '.join(Row._fields)} from views.shown_v1",
        )
        return {row[0]: Row(*row) for row in rows}


def _rows(connection: Connection, recipient: str) -> dict[str, list[str]]:
    """Every row of every table of a recipient's views, as text."""
    found = {}
    for table in (table for view in views_of(recipient, Law()) for table in view.tables):
        rows = connection.execute(f"select t::text from {VIEWS}.{table} t order by 1".encode()).fetchall()
        found[table] = [text for (text,) in rows]
    return found


@pytest.fixture(scope="module")
def survived(request: pytest.FixtureRequest) -> Iterator[Survived]:
    """A stack that went through the campaign."""
    if not Broker.available()[0]:
        (pytest.fail if os.environ.get("AMBITO_REQUIRE_KAFKA") == "1" else pytest.skip)(
            f"no Kafka broker: {Broker.available()[1]}"
        )
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def say(line: str) -> None:
        if IN_FULL:
            with capture.global_and_fixture_disabled():
                print(line, flush=True)

    chance = random.Random(SEED)
    lines = _lines()
    with proxy() as broker_proxy, _stack(broker_proxy) as stack:
        faults = Faults(stack, broker_proxy, chance, LONGEST)
        importing = Importing(stack, lines)
        began = time.monotonic()
        while faults.many() < FAULTS:
            importing.may_reach((faults.many() + 1) / FAULTS)
            name = faults.inflict()
            time.sleep(chance.uniform(0.05, 0.6))
            if name is not None and faults.many() % 10 == 0:
                say(
                    f"{faults.many()} of {FAULTS} faults, {importing.done} of {len(lines)} acts,"
                    f" {time.monotonic() - began:.0f} s; last: {name}"
                )
        importing.join()
        assert importing.failed is None, importing.failed
        say(f"{dict(sorted(faults.done.items()))}")
        assert within(900 if IN_FULL else 60, lambda: _all_level(stack)), _standing(stack)
        say(f"{_standing(stack)}; {len(importing.refused)} acts refused")
        yield _told(stack, lines, importing.refused, faults.done)


def test_every_kind_of_fault_came_over_everybody(survived: Survived) -> None:
    assert sum(n for name, n in survived.faults.items() if CONTROL not in name) >= FAULTS
    assert not IN_FULL or min(survived.faults.values()) >= 5


def test_every_act_is_in_the_log_once_and_its_order_has_no_gap(survived: Survived) -> None:
    with psycopg.connect(survived.stack.description["database_url"]) as connection:
        acts = connection.execute(
            "select command_id::text, last_position - first_position + 1 from ledger.commands"
        ).fetchall()
    refused = {refusal.line for refusal in survived.refused}
    recorded = [line for n, line in enumerate(survived.lines, start=1) if n not in refused]
    assert dict(acts) == {json.loads(line)["command_id"]: 1 for line in recorded}
    assert [fact.position for fact in survived.facts] == list(range(1, len(recorded) + 1))
    # Cases go in side by side: of a PUC's places one may be taken before the case that it was written for.
    assert len(refused) <= len(survived.lines) // 1000


@pytest.mark.parametrize("recipient", RECIPIENTS)
def test_what_was_disclosed_is_what_the_whole_log_gives(survived: Survived, recipient: str) -> None:
    must = survived.must_tell(recipient)
    assert must
    assert differences(must, survived.sent[recipient]) == []


@pytest.mark.parametrize("recipient", RECIPIENTS)
def test_nothing_was_disclosed_beyond_the_matrix(survived: Survived, recipient: str) -> None:
    found = [beyond(MATRIX, COLUMNS[recipient], message) for message in survived.sent[recipient]]
    assert [paths for paths in found if paths] == []


@pytest.mark.parametrize("recipient", OURS)
def test_every_message_arrived_once_in_its_order(survived: Survived, recipient: str) -> None:
    received = survived.arrived(recipient, "select seq, event_id, kind from inbox.received order by seq")
    assert received == [(m.seq, m.event_id, m.kind) for m in survived.sent[recipient]]
    assert survived.arrived(recipient, "select seq from inbox.parked") == []
    assert survived.arrived(recipient, "select seq from inbox.undone") == []


@pytest.mark.parametrize("recipient", OURS)
def test_a_recipient_s_view_is_what_all_that_it_was_told_gives(survived: Survived, recipient: str) -> None:
    must = view_of(survived.sent[recipient])
    assert survived.view(recipient) == must
    listed = survived.arrived(
        recipient,
        "select case_id, first_seq, last_seq, facts, last_type, last_recorded_at from views.cases_v1",
    )
    assert {case_id: tuple(rest) for case_id, *rest in listed} == cases_of(must)


@pytest.mark.parametrize("recipient", OURS)
def test_the_views_of_its_office_are_what_all_that_it_was_told_gives_at_once(
    survived: Survived, recipient: str
) -> None:
    assert survived.tables(recipient) == survived.tables_at_once(recipient)


def test_the_control_with_a_seeded_bug_is_found(survived: Survived) -> None:
    """A subscriber that commits its position before the rows loses some, and both checks of it say so."""
    assert survived.faults[f"kill subscribe {CONTROL}"]
    received = survived.arrived(CONTROL, "select seq from inbox.received")
    assert len(received) < len(survived.sent[CONTROL])
    assert survived.view(CONTROL) != view_of(survived.sent[CONTROL])


def test_a_message_lost_or_twice_or_moved_or_too_many_is_named(survived: Survived) -> None:
    must, sent = survived.must_tell("cpi"), survived.sent["cpi"]
    assert any("lost" in each for each in differences(must, sent[1:]))
    assert any("twice" in each for each in differences(must, [*sent, sent[-1]]))
    swapped = [sent[1], sent[0], *sent[2:]]
    assert any("out of order" in each for each in differences(must, swapped))
    assert any("beyond" in each for each in differences(must[:-1], sent))


# --- the stack and its load -------------------------------------------------------------------------------


def _lines() -> list[str]:
    """So many acts of whole lives, of which each leads to one event."""
    if not IN_FULL:
        return SAMPLE.read_text().splitlines()[:EVENTS]
    register, lived = Memory(), [protocol_lines()]
    for line in lived[0]:
        register.tell(line)
    for number in count():
        with suppress(Refused):  # a life that was drawn against the rules
            lived.append(live(f"{SEED}/{number}", register).lines)
        if sum(map(len, lived)) >= EVENTS:
            return [line.to_text() for line in by_day(lived)]
    raise AssertionError


@contextmanager
def _stack(broker_proxy: Proxy) -> Iterator[Running]:
    with temporary_folder() as folder:
        var = folder / "var"
        ports = quiet_ports()
        for file in ("postgres/port", "kafka/port", "kafka/controller-port", "api-port"):
            (var / file).parent.mkdir(mode=0o711, parents=True, exist_ok=True)
            (var / file).write_text(f"{next(ports)}\n")
        broker_proxy.target = int((var / "kafka" / "port").read_text())
        env = {**os.environ, "AMBITO_VAR": str(var), "AMBITO_RECIPIENTS": ",".join(RECIPIENTS)}
        log = folder / "up.log"
        with log.open("wb") as output:
            stack = subprocess.Popen(
                [sys.executable, "-m", "tests.system.delivery_stack", str(broker_proxy.port)],
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            assert within(90, lambda: (var / "stack.json").exists() or stack.poll() is not None)
            yield described(var)
        except BaseException:
            for each in (log, *sorted((var / "log").glob("*.log"))):
                print(f"--- {each.name}\n{each.read_text(errors='replace')[-2000:]}")
            raise
        finally:
            broker_proxy.resume()
            ambito(var, "down", check=False)
            stack.wait(60)


class Importing(threading.Thread):
    """The acts go in over REST, no further than the campaign is."""

    def __init__(self, stack: Running, lines: list[str]) -> None:
        super().__init__(daemon=True)
        self._lines, self._reach = lines, threading.Condition()
        self._up_to = 0.0
        self.done, self.refused = 0, list[Refusal]()
        self.failed: BaseException | None = None
        transport = Transport(stack.description["api_url"], patience=600)
        self._importer = Importer(transport, tokens(Settings(var=stack.var)), self._count)
        self.start()

    def run(self) -> None:
        try:
            self.refused = self._importer.run(self._paced()).refused
        except BaseException as error:
            self.failed = error

    def may_reach(self, share: float) -> None:
        with self._reach:
            self._up_to = share
            self._reach.notify()

    def _paced(self) -> Iterator[bytes]:
        for n, line in enumerate(self._lines):
            with self._reach:
                while n > len(self._lines) * self._up_to:
                    self._reach.wait()
            yield line.encode()

    def _count(self, done: Imported) -> None:
        self.done = done.lines


# --- where everything stands ------------------------------------------------------------------------------


def _standing(stack: Running) -> dict[str, Any]:
    """The log's position, what is disclosed of it, and per recipient what was sent and what arrived."""
    try:
        with psycopg.connect(stack.description["database_url"]) as connection:
            row = connection.execute(
                "select (select position from ledger.log_head), (select position from ledger.disclosed_head)"
            ).fetchone()
            assert row is not None
            found: dict[str, Any] = {"log": row[0], "disclosed": row[1]}
            for recipient, seq in connection.execute(
                "select recipient, max(seq) from ledger.disclosed group by recipient"
            ).fetchall():
                with psycopg.connect(stack.agencies[recipient]["database_url"]) as view:
                    there = view.execute("select seq from inbox.progress").fetchone()
                    found[recipient] = (seq, there and there[0])
        return found
    except psycopg.OperationalError as error:
        return {"away": type(error).__name__}


def _all_level(stack: Running) -> bool:
    standing = _standing(stack)
    pairs = [value for value in standing.values() if isinstance(value, tuple)]
    return bool(pairs) and standing["log"] == standing["disclosed"] and all(a == b for a, b in pairs)


def _told(stack: Running, lines: list[str], refused: list[Refusal], faults: Counter[str]) -> Survived:
    folder = stack.var / "keys"
    with (
        pool(stack.description["database_url"], size=1) as connections,
        closing(KeyFile(folder / "ledger.sqlite", folder / "key-encryption-key")) as keys,
    ):
        log, disclosed = Log(connections, keys), Disclosed(connections, keys)
        facts: list[Fact[Any]] = []
        while page := log.after(facts[-1].position if facts else 0, 1000):
            facts += [entry.fact for entry in page]
        sent: dict[str, list[Message]] = {}
        for recipient in RECIPIENTS:
            messages: list[Message] = []
            while found := disclosed.messages(recipient, messages[-1].seq if messages else 0, 1000):
                messages += found
            sent[recipient] = messages
        log.close()
    return Survived(stack, lines, refused, faults, facts, sent)
