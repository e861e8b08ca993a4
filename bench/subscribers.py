"""A subscriber beside a bare consumer that polls the same topic and reads each value with orjson.

Ours reads the envelope, looks for gaps, and writes the messages, what was received and its position into the
recipient's database in one transaction for each poll.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial

import orjson
import psycopg
from kafka import KafkaConsumer, TopicPartition

from bench.arena import Arena
from bench.broker import AMBITO, RECIPIENT, Topics
from bench.relays import shown
from bench.rounds import Measured, compare
from consumers.relay import Relay, producer
from consumers.source import POLLED, KafkaSource
from consumers.subscriber import Subscriber
from consumers.topics import PARTITION, topic
from deploy.migrate import RECIPIENT as RECIPIENTS_SCHEMA
from deploy.migrate import migrate
from domain.ledger.disclosed import Disclosed
from projections.shown import Shown

BARE, OURS = "bare poll + orjson", "our subscriber"

MESSAGES = 10_000


def run(arena: Arena, topics: Topics, messages: int = MESSAGES) -> Iterator[Measured]:
    log = arena.log(2)
    disclosed = Disclosed(log.recorder.pool, log.keys)
    if not disclosed.head(RECIPIENT):
        shown(log, messages)
    fresh_topic(topics)
    relay = Relay(disclosed, [RECIPIENT], AMBITO, partial(producer, topics.client("relay"), AMBITO))
    with arena.connect() as connection:
        connection.execute("delete from ledger.relayed")
    while relay.step():
        pass
    relay.close()
    head = disclosed.head(RECIPIENT)
    log.close()
    log.recorder.pool.close()
    yield compare(
        "subscriber", "messages/s", {BARE: partial(_bare, topics, head), OURS: _ours(arena, topics, head)}
    )


def fresh_topic(topics: Topics) -> None:
    """The topic, emptied of what others sent: numbers begin at 1 again."""
    partition = TopicPartition(topic(AMBITO, RECIPIENT), PARTITION)
    with topics.broker.admin() as admin:
        admin.delete_records({partition: -1})


def _bare(topics: Topics, head: int) -> float:
    consumer = KafkaConsumer(
        **topics.client(RECIPIENT),
        group_id=None,
        enable_auto_commit=False,
        isolation_level="read_committed",
        max_poll_records=POLLED,
        metrics_enabled=False,
    )
    partition = TopicPartition(topic(AMBITO, RECIPIENT), PARTITION)
    consumer.assign([partition])
    consumer.seek_to_beginning(partition)
    consumer.position(partition)
    began, read = time.perf_counter(), 0
    while read < head:
        for records in consumer.poll(timeout_ms=500, max_records=POLLED).values():
            read += sum(1 for record in records if orjson.loads(record.value) is not None)
    rate = read / (time.perf_counter() - began)
    consumer.close()
    return rate


def _ours(arena: Arena, topics: Topics, head: int) -> Callable[[], float]:
    def measure() -> float:
        url = fresh_database(arena)
        source = KafkaSource(topics.client(RECIPIENT), topic(AMBITO, RECIPIENT))
        source._opened()  # to come in is no part of what is measured
        subscriber = Subscriber(source, url, [Shown()], RECIPIENT)
        subscriber._connected()
        began, moved = time.perf_counter(), 0
        while moved < head:
            moved += subscriber.step()
        rate = moved / (time.perf_counter() - began)
        subscriber.close()
        return rate

    return measure


def fresh_database(arena: Arena, name: str = "recipient") -> str:
    """The empty, migrated database of a recipient."""
    with arena.connect() as connection:
        connection.execute(f"drop database if exists {name} with (force)".encode())
        connection.execute(f"create database {name}".encode())
    url = arena.server.url(name)
    migrate(url, RECIPIENTS_SCHEMA)
    with psycopg.connect(url) as connection:
        connection.execute("select 1")
    return url
