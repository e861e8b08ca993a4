"""Where a recipient's messages come from: its Kafka topic, or the REST feed. One contract, two sources."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, Protocol, TypeVar
from uuid import UUID

import structlog
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError

from consumers import envelope, topics
from consumers.client.failures import CallFailed
from consumers.client.register import Register
from consumers.client.transport import Transport
from domain.contract import Json
from domain.message import Message

PAGE = 500
"""Messages of one page of the feed."""

POLLED = 2000
"""Records of one poll: what the broker sends in one fetch of small messages."""

OPEN_WITHIN_MS = 5_000

MALFORMED, NOT_OURS = "MALFORMED", "NOT_OURS"
"""Rules by which a record is left out: it is no message of an Ambito, or one for another topic than this."""

log = structlog.get_logger()

T = TypeVar("T")


class LeftOut(NamedTuple):
    """The rule by which something was left out, and where it was met: an offset, or a seq."""

    rule: str
    number: int


class Source(Protocol):
    """Gives messages in the order they were sent. For one thread, the one that polls.

    ``offset`` is where to go on after the last poll, to be kept with what was made of it (None: nothing
    to keep). ``log_epoch`` is the epoch that the source itself tells (None: only the messages tell it).
    """

    offset: int | None
    log_epoch: UUID | None

    def poll(self, after_seq: int, timeout: float) -> list[Message]:
        """What comes next, waiting at most ``timeout`` seconds.

        May repeat messages up to ``after_seq``, and may have lost some after it.
        """

    def seek(self, offset: int | None) -> None:
        """Go on at a kept offset; from the beginning where it is None."""

    def left_out(self) -> list[LeftOut]:
        """What the polls since the last call left out, and by which rule."""

    def close(self) -> None: ...


class Topic(Generic[T]):
    """A topic, read from an offset that the reader keeps in its own database: no consumer group.

    ``client_config`` is what kafka-python needs to come in. Only what the relay committed is read.
    ``decode`` gives what a record says, None to leave it out.
    """

    def __init__(
        self, client_config: Mapping[str, Any], topic: str, decode: Callable[[Any], T | None]
    ) -> None:
        self._config, self._partition = dict(client_config), TopicPartition(topic, topics.PARTITION)
        self._decode = decode
        self._consumer: Any = None
        self.offset: int | None = None

    def read(self, timeout: float) -> list[T]:
        """What comes next, waiting at most ``timeout`` seconds.

        Raises kafka-python's errors where the broker is not there or does not let us in.
        """
        consumer = self._opened()
        try:
            found = consumer.poll(timeout_ms=int(timeout * 1000), max_records=POLLED)
        except (OffsetOutOfRangeError, NoOffsetForPartitionError):
            # The broker is another one, or has forgotten: repeats do no harm, and a gap will show.
            log.warning("offset lost", topic=self._partition.topic, offset=self.offset)
            self.seek(None)
            return []
        except KafkaError:
            self.close()
            raise
        records = found.get(self._partition, [])
        if records:
            # Not a count of records: the marks of transactions take offsets too.
            self.offset = records[-1].offset + 1
        return [said for record in records if (said := self._decode(record)) is not None]

    def seek(self, offset: int | None) -> None:
        self.offset = offset
        if self._consumer is None:
            return
        if offset is None:
            self._consumer.seek_to_beginning(self._partition)
        else:
            self._consumer.seek(self._partition, offset)

    def close(self) -> None:
        if self._consumer is not None:
            self._consumer.close(autocommit=False, timeout_ms=1000)
            self._consumer = None

    def _opened(self) -> Any:
        if self._consumer is None:
            consumer = KafkaConsumer(
                **self._config,
                group_id=None,
                enable_auto_commit=False,
                auto_offset_reset="none",
                isolation_level="read_committed",
                allow_auto_create_topics=False,
                max_poll_records=POLLED,
                bootstrap_timeout_ms=OPEN_WITHIN_MS,
                metrics_enabled=False,
            )
            try:
                consumer.assign([self._partition])
                # A poll of a topic that is missing or forbidden only stays empty; this raises.
                consumer.end_offsets([self._partition], timeout_ms=OPEN_WITHIN_MS)
            except BaseException:
                consumer.close(autocommit=False, timeout_ms=1000)
                raise
            self._consumer = consumer
            self.seek(self.offset)
        return self._consumer


class KafkaSource(Topic[Message]):
    """The topic of a recipient."""

    log_epoch: UUID | None = None

    def __init__(self, client_config: Mapping[str, Any], topic: str) -> None:
        super().__init__(client_config, topic, self._message)
        self._left_out: list[LeftOut] = []

    def poll(self, after_seq: int, timeout: float) -> list[Message]:
        return self.read(timeout)

    def left_out(self) -> list[LeftOut]:
        found, self._left_out = self._left_out, []
        return found

    def _message(self, record: Any) -> Message | None:
        """What a record says; what is not ours or does not read is a gap, which heals as any other."""
        try:
            message = envelope.decode(record.headers, record.value)
        except envelope.Malformed as error:
            log.error("malformed record", topic=record.topic, offset=record.offset, header=error.header)
            self._left_out.append(LeftOut(MALFORMED, record.offset))
            return None
        if not _belongs(message, envelope.ambito(record.headers), record.topic):
            self._left_out.append(LeftOut(NOT_OURS, record.offset))
            return None
        return message


def _belongs(message: Message, ambito: str, topic: str) -> bool:
    """Whether a topic is the one of the Ambito and the recipient that a message names."""
    try:
        return topics.topic(ambito, message.recipient) == topic
    except ValueError:  # no codes at all
        return False


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the feed. ``head`` is the last seq that the recipient was shown."""

    messages: Sequence[Message]
    log_epoch: UUID
    head: int


def _read(item: Json) -> Message:
    """A message of the feed; one that does not read is parked by the reader, at its place."""
    try:
        return Message.from_json(item)
    except (KeyError, TypeError, ValueError):
        return Message.placed(item)


class FeedSource:
    """The recipient's feed at the API. ``token`` gives its token of the moment: nothing is sent."""

    offset: int | None = None

    def __init__(self, api_url: str, token: Callable[[], str]) -> None:
        self._register = Register(Transport(api_url), token)
        self.log_epoch: UUID | None = None

    def page(self, after: int, limit: int = PAGE) -> Page:
        """What follows a seq. Raises CallFailed."""
        body = self._register.read_feed(after=after, limit=limit).body
        try:
            messages = [_read(item) for item in body["items"]]
            page = Page(messages, UUID(body["log_epoch"]), int(body["head"]))
        except (KeyError, TypeError, ValueError):
            # Not chained: the error of a parser may quote a value.
            raise CallFailed(200, "the answer is not a feed") from None
        self.log_epoch = page.log_epoch
        return page

    def poll(self, after_seq: int, timeout: float) -> list[Message]:
        messages = list(self.page(after_seq).messages)
        if not messages:
            time.sleep(timeout)
        return messages

    def seek(self, offset: int | None) -> None:
        """The feed is asked by seq."""

    def left_out(self) -> list[LeftOut]:
        return []

    def close(self) -> None:
        self._register.close()
