"""The relay beside a bare producer: the same messages, ready made, in transactions of the same size.

Ours reads each row, opens its personal values and puts the message together. Both come in with SCRAM.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from uuid import uuid4

import orjson

from bench.arena import Arena
from bench.broker import AMBITO, RECIPIENT, Topics
from bench.imports import EVENTS, load
from bench.rounds import Measured, compare
from bench.sample import facts
from consumers.envelope import Record, encode
from consumers.relay import BATCH, Relay, producer
from consumers.topics import PARTITION, topic
from domain.contract import contract_of
from domain.ledger.disclosed import Disclosed, Row
from domain.ledger.store import Log

BARE, OURS = "bare kafka-python", "our relay"

MESSAGES = 10_000


def run(arena: Arena, topics: Topics, messages: int = MESSAGES) -> Iterator[Measured]:
    log = arena.log(2)
    shown(log, messages)
    disclosed = Disclosed(log.recorder.pool, log.keys)
    records = [
        encode(message, AMBITO)
        for start in range(0, messages, BATCH)
        for message in disclosed.messages(RECIPIENT, start, BATCH)
    ]
    contenders = {BARE: partial(_bare, topics, records), OURS: _ours(arena, topics, disclosed)}
    yield compare("relay", "messages/s", contenders)
    log.close()
    log.recorder.pool.close()


def shown(log: Log, messages: int, recipient: str = RECIPIENT) -> None:
    """So many events of the sample in the log, and each shown whole to the recipient."""
    disclosed = Disclosed(log.recorder.pool, log.keys)
    load(log, [list(facts(uuid4(), EVENTS)) for _ in range(messages // EVENTS)])
    at = disclosed.position()
    while entries := log.after(at, BATCH):
        rows = []
        for entry in entries:
            fact = entry.fact
            payload = {"occurred_on": "2026-01-01", "agency": fact.recorder.agency, "data": entry.values}
            name = contract_of(fact.event).stored_name
            rows.append(
                Row(
                    recipient, "fact", fact.position, fact.event_id, fact.case_id, fact.version, name,
                    "residence", tuple(entry.values), orjson.dumps(payload),
                )
            )  # fmt: skip
        disclosed.add(at, entries[-1].fact.position, rows)
        at = entries[-1].fact.position


def _bare(topics: Topics, records: list[Record]) -> float:
    sender = producer(topics.client("relay"), AMBITO)
    sender.init_transactions()
    name = topic(AMBITO, RECIPIENT)
    began = time.perf_counter()
    for start in range(0, len(records), BATCH):
        sender.begin_transaction()
        some = records[start : start + BATCH]
        futures = [sender.send(name, r.value, r.key, r.headers, PARTITION) for r in some]
        sender.flush()
        for future in futures:
            future.get(timeout=0)
        sender.commit_transaction()
    rate = len(records) / (time.perf_counter() - began)
    sender.close()
    return rate


def _ours(arena: Arena, topics: Topics, disclosed: Disclosed) -> Callable[[], float]:
    def measure() -> float:
        with arena.connect() as connection:
            connection.execute("delete from ledger.relayed")
        relay = Relay(disclosed, [RECIPIENT], AMBITO, lambda: warm(topics))
        relay._producer = warm(topics)  # to come in is no part of what is measured
        began, moved = time.perf_counter(), 0
        while step := relay.step():
            moved += step
        rate = moved / (time.perf_counter() - began)
        relay.close()
        return rate

    def warm(topics: Topics) -> object:
        sender = producer(topics.client("relay"), AMBITO)
        sender.init_transactions()
        return sender

    return measure
