"""Copies what was disclosed to Kafka: for each recipient its rows, in order, into its own topic.

The log's checkpoints go the same way, into a topic that all may read.

The position of a topic is the last number that Kafka has committed. It is written to PostgreSQL after the
commit, so that a relay that dies in between repeats rows, and never leaves one out; who reads drops repeats
by number. kafka-python is not trusted after a failure: the producer is thrown away with its transaction, for
an idempotent one may stand still for ever, and a batch sent again may come after its successor.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import structlog
from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError

from consumers import envelope, topics
from domain.ledger.checkpoints import Checkpoints
from domain.ledger.disclosed import Disclosed
from projections.metrics import RELAY_FAILURES, RELAYED
from projections.runner import pause

BATCH = 500
"""Messages of one transaction. The producer's own buffer has no limit, this is it."""

SEND_WITHIN = 15.0
"""Seconds for a whole transaction to be sent and committed, else the producer is thrown away."""

DELIVERY_MS = 24 * 3600 * 1000
"""Far above any outage: a batch never expires inside the producer, we give it up ourselves."""

log = structlog.get_logger()


def producer(client_config: Mapping[str, Any], ambito: str) -> Any:
    """A producer for one relay of an Ambito; to start a second one ends the first."""
    return KafkaProducer(
        **client_config,
        transactional_id=topics.transactional_id(ambito),
        enable_idempotence=True,
        acks="all",
        linger_ms=5,
        batch_size=128 * 1024,
        max_request_size=2 * topics.LARGEST,
        transaction_timeout_ms=int(SEND_WITHIN * 1000),
        delivery_timeout_ms=DELIVERY_MS,
        request_timeout_ms=5_000,
        max_block_ms=5_000,
        bootstrap_timeout_ms=2_000,  # the discloser waits meanwhile
        allow_auto_create_topics=False,
        metrics_enabled=False,
    )


class Outgoing(NamedTuple):
    """A record, for whose topic it is, and its number there."""

    reader: str
    number: int
    record: envelope.Record


class Relay:
    """The one relay of an Ambito. Not thread-safe.

    Each of the ``recipients`` has its topic, and the ``checkpoints`` have theirs: one that is missing would
    hold up all. ``make_producer`` gives a fresh transactional producer, as :func:`producer` does.
    ``public_url`` is where recipients reach the API, for the schemas that the messages name.
    """

    def __init__(
        self,
        disclosed: Disclosed,
        recipients: Iterable[str],
        ambito: str,
        make_producer: Callable[[], Any],
        checkpoints: Checkpoints | None = None,
        public_url: str = "",
    ) -> None:
        self._disclosed, self._checkpoints, self._ambito = disclosed, checkpoints, ambito
        self._public_url = public_url.rstrip("/")
        self._readers = (*recipients, topics.CHECKPOINTS) if checkpoints else tuple(recipients)
        self._make_producer = make_producer
        self._producer: Any = None
        self._first = 0
        self._failures, self._not_before = 0, 0.0

    def step(self) -> int:
        """Send the next batch; the number of its messages, 0 where nothing is new or Kafka is given time.

        A failure of Kafka is logged and tried again later, by a later step. Raises psycopg's errors.
        """
        if time.monotonic() < self._not_before:
            return 0
        try:
            batch = self._batch()
            if batch:
                self._send(batch)
        except KafkaError as error:
            self._throw_away()
            RELAY_FAILURES.labels(type(error).__name__).inc()
            wait = pause(self._failures)
            self._failures, self._not_before = self._failures + 1, time.monotonic() + wait
            log.warning("relay waits", error=type(error).__name__, seconds=wait)
            return 0
        except BaseException:
            self._throw_away()
            raise
        self._failures = 0
        RELAYED.inc(len(batch))
        return len(batch)

    def close(self) -> None:
        """Let go of Kafka. What was not committed is sent again by the next relay."""
        self._throw_away()

    def _batch(self) -> list[Outgoing]:
        """At most BATCH records; each time another topic comes first, so that none waits for long."""
        self._first = (self._first + 1) % (len(self._readers) or 1)
        # Asked each time, not remembered: the database may have been restored meanwhile.
        sent = self._disclosed.all_relayed()
        batch: list[Outgoing] = []
        for reader in self._readers[self._first :] + self._readers[: self._first]:
            if len(batch) < BATCH:
                batch += self._next(reader, sent.get(reader, 0), BATCH - len(batch))
        return batch

    def _next(self, reader: str, after: int, limit: int) -> list[Outgoing]:
        if reader == topics.CHECKPOINTS and self._checkpoints is not None:
            return [
                Outgoing(reader, each.number, envelope.encode_checkpoint(each, self._ambito))
                for each in self._checkpoints.after(after, limit)
            ]
        return [
            Outgoing(reader, message.seq, envelope.encode(message, self._ambito, self._public_url))
            for message in self._disclosed.messages(reader, after, limit)
        ]

    def _send(self, batch: Sequence[Outgoing]) -> None:
        if self._producer is None:
            self._producer = self._make_producer()
            self._producer.init_transactions()
        self._producer.begin_transaction()
        futures = [self._post(each) for each in batch]
        self._producer.flush(timeout=SEND_WITHIN)
        for future in futures:
            future.get(timeout=0)
        _commit(self._producer)
        last = {each.reader: each.number for each in batch}
        for reader, number in last.items():
            self._disclosed.mark_relayed(reader, number)

    def _post(self, sent: Outgoing) -> Any:
        topic, record = topics.topic(self._ambito, sent.reader), sent.record
        return self._producer.send(topic, record.value, record.key, record.headers, topics.PARTITION)

    def _throw_away(self) -> None:
        gone, self._producer = self._producer, None
        if gone is None:
            return
        try:
            gone.close(timeout=0)
        except KafkaError:
            # close() gives up where something is unsent, and its threads would live on.
            gone._sender.force_close()
            gone._sender.join(1)


def _commit(producer: Any) -> None:
    """kafka-python waits without limit for the answer to a commit."""
    failed: list[BaseException] = []

    def commit() -> None:
        try:
            producer.commit_transaction()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=commit, name="commit", daemon=True)
    thread.start()
    thread.join(SEND_WITHIN)
    if thread.is_alive():
        raise KafkaTimeoutError("no answer to a commit")
    if failed:
        raise failed[0]
