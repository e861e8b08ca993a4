"""Our own subscriber passes the suite that agencies run against theirs, by either source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from typing import Any

import psycopg
import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from consumers import envelope, topics
from consumers.conformance.port import Given, Holding
from consumers.conformance.scenarios import SCENARIOS
from consumers.conformance.story import AMBITO, RECIPIENT
from consumers.conformance.suite import run
from consumers.source import FeedSource, KafkaSource
from consumers.subscriber import Subscriber
from deploy.kafka.access import Access
from domain.message import Message
from projections.shown import Shown
from tests.servers import KafkaServer

pytestmark = pytest.mark.integration

TOPIC = topics.topic(AMBITO, RECIPIENT)

EMPTY = """
drop schema views cascade;
create schema views;
truncate inbox.received, inbox.parked, inbox.dropped, inbox.undone, inbox.left_out;
update inbox.progress set log_epoch = null, seq = 0, kafka_offset = null;
"""


class Crash(BaseException):
    """The process dies here."""


class Mortal(Shown):
    """Dies in its second batch of a few, once it has written it."""

    dies = False

    def apply(self, connection: Any, batch: Sequence[Message]) -> None:
        super().apply(connection, batch)
        if self.dies:
            raise Crash


class Ours:
    """The subscriber with its own database, fed by the suite's feed or by a topic."""

    def __init__(self, url: str, kafka: KafkaServer | None) -> None:
        self._url, self._kafka, self._view = url, kafka, Mortal()
        self._subscriber: Subscriber | None = None

    def begin(self, given: Given) -> None:
        self.close()
        self._given = given
        with psycopg.connect(self._url) as connection:
            connection.execute(EMPTY)
            if self._kafka:
                # What other scenarios put on the topic was never sent to this one.
                connection.execute("update inbox.progress set kafka_offset = %s", [self._end()])
        self._start()

    def deliver(self, messages: Sequence[Any]) -> None:
        self._put(messages)
        idle = 0
        while idle < 2:
            # What fails, for a message is not ours say, is tried again, as its process does.
            with suppress(Exception):
                assert self._subscriber
                idle = 0 if self._subscriber.step(0.05) else idle + 1
                continue
            idle += 1

    def die(self, messages: Sequence[Any]) -> None:
        self._put(messages)
        self._view.dies = True
        with pytest.raises(Crash):
            while True:
                assert self._subscriber
                self._subscriber.step(0.05)
        self._view.dies = False
        self.close()
        self._start()

    def holds(self) -> Holding:
        with psycopg.connect(self._url) as connection:
            (seq,) = connection.execute("select seq from inbox.progress").fetchone() or (0,)
            rows = connection.execute("select event_id::text, data from views.shown_v1").fetchall()
        return Holding(seq, [{"event_id": event_id, "data": data} for event_id, data in rows])

    def close(self) -> None:
        if self._subscriber is not None:
            self._subscriber.close()
            self._subscriber = None

    def _start(self) -> None:
        given = self._given
        feed = FeedSource(given.feed, lambda: given.token)
        source = KafkaSource(self._config(), TOPIC) if self._kafka else feed
        self._subscriber = Subscriber(source, self._url, [self._view], given.recipient, feed=feed)

    def _put(self, messages: Sequence[Any]) -> None:
        if not self._kafka:
            return  # they are the next page of the feed
        with closing(KafkaProducer(**self._config())) as producer:
            for message in messages:
                record = envelope.encode(Message.from_json(message), AMBITO)
                producer.send(TOPIC, record.value, record.key, record.headers, topics.PARTITION)
            producer.flush(10)

    def _end(self) -> int:
        partition = TopicPartition(TOPIC, topics.PARTITION)
        with closing(KafkaConsumer(**self._config(), group_id=None)) as consumer:
            return int(consumer.end_offsets([partition])[partition])

    def _config(self) -> dict[str, Any]:
        assert self._kafka
        return self._kafka.client_config(self._kafka.admin_user, self._kafka.admin_password)


@pytest.fixture(params=["kafka", "feed"])
def ours(request: pytest.FixtureRequest, recipient_url: str) -> Iterator[Ours]:
    server: KafkaServer | None = None
    if request.param == "kafka":
        server = request.getfixturevalue("kafka")
        with closing(server.admin()) as admin:
            Access(admin).create_topic(TOPIC)
    made = Ours(recipient_url, server)
    yield made
    made.close()


def test_our_subscriber_conforms(ours: Ours) -> None:
    assert run(ours, SCENARIOS, by_feed=ours._kafka is None, patience=0) == []


def test_the_suite_would_find_a_fault_of_ours(ours: Ours, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("projections.shown._correct", lambda *_: None)
    wrong = ["duplicates", "correction", "withdrawal"]
    found = run(ours, wrong, by_feed=ours._kafka is None, patience=0)
    assert {finding.scenario for finding in found} == {"duplicates", "correction"}
