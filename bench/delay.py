"""From an append to the row in a recipient's view, through a whole stack, at a fixed rate of arrivals.

An open model: every event is due at its instant, however late those before it were, and its delay counts from
then too (no coordinated omission). A view is looked at by its position, which moves with its rows.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4, uuid5

import orjson
import psycopg

from bench.broker import RECIPIENT
from deploy.demo.protocol import protocol_lines
from deploy.settings import Settings
from domain.case.commands import Law
from domain.case.events import CaseReferred, HouseholdCompositionRecorded
from domain.case.parts import Contact, Member
from domain.catalogue import ACTS
from domain.contract import decode
from domain.fact import Fact, Recorder
from domain.ledger.context import Context
from domain.ledger.ids import event_id
from domain.ledger.keys import KeyFile
from domain.ledger.mapper import Entry
from domain.ledger.recorder import Command, Pending, pool
from domain.ledger.store import Log

RATE, SECONDS, CASES = 200, 20, 400

WRITERS = 8
"""Threads that append: a slow append holds up the one behind it in its thread, and no other."""

LOOK = 0.002
"""Seconds between two looks at the view: what a delay may be told too long by."""

DAY = date(2025, 3, 3)
WORKER = Recorder("servizio-sociale", "SOCIAL_WORKER", uuid4())


@dataclass(frozen=True)
class Delays:
    """In milliseconds, event by event: from when it was due, and from when its append was acknowledged."""

    from_due: list[float]
    from_acknowledged: list[float]
    stages: dict[str, float]
    """The median of each stage, as the databases' clock tells them: there is one server."""

    def lines(self) -> list[str]:
        told = (("from due", self.from_due), ("from acknowledged", self.from_acknowledged))
        return [
            f"  {name:<28} p50 {_percentile(found, 50):7.1f} ms   p90 {_percentile(found, 90):7.1f}"
            f"   p99 {_percentile(found, 99):7.1f}   most {max(found):7.1f}"
            for name, found in told
        ] + [f"  of which {name:<19} p50 {median:7.1f} ms" for name, median in self.stages.items()]


def run(seconds: int = SECONDS) -> Delays:
    with _stack() as told:
        folder = Settings(var=Path(told["var"])).keys
        log = Log(pool(told["database_url"], size=4), KeyFile(*folder))
        view = psycopg.connect(told["agencies"][RECIPIENT]["database_url"], autocommit=True)
        cases = _cases(log)
        _arrive(log, view, cases, 2 * CASES // RATE)  # every key is made and every case read: warm and level
        found = _arrive(log, view, cases, seconds)
        log.close()
        log.recorder.pool.close()
        view.close()
    return found


def _arrive(log: Log, view: psycopg.Connection[Any], cases: dict[UUID, int], seconds: int) -> Delays:
    count, base = RATE * seconds, _level(log, view)
    ready = [_fact(cases, case_id) for case_id, _ in zip(_round(cases), range(count), strict=False)]
    positions, acknowledged, seen = [0] * count, [0.0] * count, [0.0] * count
    began = time.perf_counter() + 0.2
    due = [began + n / RATE for n in range(count)]

    def append(first: int) -> None:
        for n in range(first, count, WRITERS):
            time.sleep(max(0.0, due[n] - time.perf_counter()))
            fact = ready[n]
            stored = [log.mapper.to_stored_event(Entry(fact, {}))]
            act = Pending(fact.case_id, fact.version, stored, Command("bench", uuid4(), b""))
            positions[n] = log.recorder.append(act).last_position
            acknowledged[n] = time.perf_counter()

    writers = [threading.Thread(target=append, args=(first,)) for first in range(WRITERS)]
    for writer in writers:
        writer.start()
    last, deadline = 0, began + seconds + 60
    while last < count and time.perf_counter() < deadline:
        reached = min(_seen(view) - base, count)
        now = time.perf_counter()
        seen[last:reached] = [now] * (reached - last)
        last = max(last, reached)
        time.sleep(LOOK)
    for writer in writers:
        writer.join()
    assert last == count, f"{count - last} of {count} events never came"
    order = sorted(range(count), key=lambda n: positions[n])
    return Delays(
        [(at - due[n]) * 1e3 for at, n in zip(seen, order, strict=True)],
        # What is seen before its writer heard of it took no time.
        [max(0.0, at - acknowledged[n]) * 1e3 for at, n in zip(seen, order, strict=True)],
        _stages(log, view, base),
    )


def _stages(log: Log, view: psycopg.Connection[Any], base: int) -> dict[str, float]:
    query = """
        select d.seq, extract(epoch from e.recorded_at)::float8, extract(epoch from d.disclosed_at)::float8
          from ledger.disclosed d join ledger.events e on e.event_id = d.event_id
         where d.recipient = %s and d.seq > %s order by d.seq"""
    with log.recorder.pool.connection() as connection:
        rows = connection.execute(query.encode(), [RECIPIENT, base]).fetchall()
    received = dict(
        view.execute("select seq, extract(epoch from received_at)::float8 from inbox.received").fetchall()
    )
    return {
        "recorded to disclosed": median((shown - at) * 1e3 for _, at, shown in rows),
        "disclosed to written": median((received[seq] - shown) * 1e3 for seq, _, shown in rows),
    }


LEVEL = """
select (select position from ledger.log_head) = (select position from ledger.disclosed_head),
       (select coalesce(max(seq), 0) from ledger.disclosed where recipient = %s)
"""


def _level(log: Log, view: psycopg.Connection[Any]) -> int:
    """Wait until the view has all there is; up to which number."""
    while True:
        with log.recorder.pool.connection() as connection:
            row = connection.execute(LEVEL, [RECIPIENT]).fetchone()
        if row is not None and row[0] and _seen(view) == row[1]:
            return int(row[1])
        time.sleep(0.1)


def _seen(view: psycopg.Connection[Any]) -> int:
    row = view.execute("select seq from inbox.progress", prepare=True).fetchone()
    assert row is not None
    return int(row[0])


# --- what happens ------------------------------------------------------------------------------------------


def _cases(log: Log) -> dict[UUID, int]:
    """A protocol that is signed, and cases that were referred; the version of each."""
    signed = next(line for line in protocol_lines() if line.act == "sign_protocol")
    stated = decode(next(c for c in ACTS.values() if c.act == "sign_protocol").type, signed.states)
    log.act_on_protocol(stated, _context(signed.by))
    cases = {}
    for _ in range(CASES):
        referral = CaseReferred(
            household_id=uuid4(), residence_comune="058091", ats="RM-1", benefit="ADI", referred_on=DAY
        )
        case_id = uuid4()
        cases[case_id] = log.act(case_id, referral, _context(WORKER), law=Law()).version
    return cases


def _context(by: Recorder) -> Context:
    return Context(by, DAY, "TAKING_CHARGE", Command("bench", uuid4(), b""), uuid4())


def _round(cases: dict[UUID, int]) -> Iterator[UUID]:
    while True:
        yield from list(cases)


def _fact(cases: dict[UUID, int], case_id: UUID) -> Fact[Any]:
    """The next fact of a case: its household of three, as the registry has it once more."""
    cases[case_id] += 1
    members = tuple(_member(uuid5(case_id, f"member/{n}")) for n in range(3))
    event = HouseholdCompositionRecorded(members=members, source="ANPR", verified_on=DAY)
    command = uuid4()
    return Fact(event_id(), case_id, cases[case_id], event, WORKER, DAY, "TAKING_CHARGE", command, command)


def _member(member_id: UUID) -> Member:
    return Member(
        member_id=member_id,
        name="Inventata",
        surname="Del Banco",
        tax_code="NVNDBN80A41H501X",
        birth_date=date(1980, 1, 1),
        relationship="richiedente",
        residence_address="via Inventata 1",
        contacts=(Contact(channel="SMS", value="000", safe=True, verified_on=DAY),),
        needs_mediation=False,
    )


@contextmanager
def _stack() -> Iterator[dict[str, Any]]:
    """A stack of its own, as ``ambito up`` starts it, with one recipient; its description."""
    with TemporaryDirectory(prefix="ambito-bench-") as name:
        Path(name).chmod(0o711)
        var = Path(name) / "var"
        ours = {key: value for key, value in os.environ.items() if not key.startswith("AMBITO_")}
        told = {"AMBITO_VAR": str(var), "AMBITO_RECIPIENTS": RECIPIENT, "AMBITO_REQUIRE_KAFKA": "1"}
        process = subprocess.Popen(
            [sys.executable, "-m", "deploy.command", "up"],
            env=ours | told,
            stdout=subprocess.DEVNULL,
            stderr=sys.stderr,
        )
        try:
            while not (var / "stack.json").exists():
                if process.poll() is not None:
                    raise RuntimeError("the stack did not start")
                time.sleep(0.2)
            yield orjson.loads((var / "stack.json").read_bytes()) | {"var": str(var)}
        finally:
            process.terminate()
            process.wait()


def _percentile(found: list[float], percent: int) -> float:
    return sorted(found)[min(len(found) - 1, len(found) * percent // 100)]
