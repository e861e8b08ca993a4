"""What the ACLs allow and, above all, what they do not, asked of a real broker."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import (
    KafkaTimeoutError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailedError,
)

from deploy.kafka.access import Access, AccessNotGiven
from tests.servers import KafkaServer

pytestmark = pytest.mark.integration


@dataclass(frozen=True)
class Place:
    """An Ambito of this test's own: its relay, its recipients `cpi` and `ust`, a topic for each."""

    server: KafkaServer
    name: str

    def topic(self, recipient: str) -> str:
        return f"adi.{self.name}.{recipient}.v1"

    def login(self, user: str) -> dict[str, Any]:
        return self.server.client_config(f"{self.name}-{user}", f"word-of-{user}")


@pytest.fixture(scope="module")
def place(kafka: KafkaServer) -> Iterator[Place]:
    place = Place(kafka, f"t{uuid4().hex[:8]}")
    with closing(kafka.admin()) as admin:
        access = Access(admin)
        for _twice in range(2):  # each line may be said again
            for recipient in ("cpi", "ust"):
                access.create_topic(place.topic(recipient), config={"retention.ms": "-1"})
                access.create_user(f"{place.name}-{recipient}", f"word-of-{recipient}")
                access.allow_recipient(f"{place.name}-{recipient}", place.topic(recipient))
            access.create_user(f"{place.name}-relay", "word-of-relay")
            access.allow_relay(f"{place.name}-relay", f"adi.{place.name}.", f"relay-{place.name}")
    publish(
        place,
        "relay",
        f"relay-{place.name}",
        {place.topic("cpi"): b"for cpi", place.topic("ust"): b"for ust"},
    )
    yield place


def publish(place: Place, user: str, transactional_id: str | None, messages: dict[str, bytes]) -> None:
    """`messages` by topic, in one transaction where there is an id for it."""
    producer = KafkaProducer(
        **place.login(user),
        transactional_id=transactional_id,
        enable_idempotence=transactional_id is not None,
        acks="all",
        max_block_ms=5000,
        request_timeout_ms=3000,
        delivery_timeout_ms=5000,
    )
    with closing(producer):
        if transactional_id is None:
            for topic, value in messages.items():
                producer.send(topic, value).get(timeout=10)
            return
        producer.init_transactions()
        producer.begin_transaction()
        for topic, value in messages.items():
            producer.send(topic, value)
        producer.commit_transaction()


def read(place: Place, user: str, recipient: str, within: float = 15, ask_first: bool = True) -> list[bytes]:
    partition = TopicPartition(place.topic(recipient), 0)
    consumer = KafkaConsumer(
        **place.login(user),
        enable_auto_commit=False,
        auto_offset_reset="none",
        isolation_level="read_committed",
    )
    with closing(consumer):
        consumer.assign([partition])
        consumer.seek(partition, 0)
        if ask_first:
            consumer.end_offsets([partition])
        found: list[bytes] = []
        deadline = time.monotonic() + within
        while not found and time.monotonic() < deadline:
            found += [record.value for record in consumer.poll(500).get(partition, [])]
        return found


def test_a_recipient_reads_its_own_topic(place: Place) -> None:
    assert read(place, "cpi", "cpi") == [b"for cpi"]


def test_a_recipient_may_not_read_another_s_topic(place: Place) -> None:
    with pytest.raises(TopicAuthorizationFailedError):
        read(place, "cpi", "ust")


def test_who_polls_without_asking_gets_nothing(place: Place) -> None:
    # kafka-python then only logs the refusal: a subscriber asks for the end offsets before its first poll.
    assert read(place, "cpi", "ust", within=2, ask_first=False) == []


def test_a_recipient_is_told_of_its_own_topic_only(place: Place) -> None:
    with closing(KafkaConsumer(**place.login("cpi"))) as consumer:
        assert consumer.topics() == {place.topic("cpi")}


@pytest.mark.parametrize("recipient", ["cpi", "ust"])
def test_a_recipient_may_not_write(place: Place, recipient: str) -> None:
    with pytest.raises(TopicAuthorizationFailedError):
        publish(place, "cpi", None, {place.topic(recipient): b"forged"})


def test_a_recipient_may_not_take_the_relay_s_place(place: Place) -> None:
    with pytest.raises(TransactionalIdAuthorizationFailedError):
        publish(place, "cpi", f"relay-{place.name}", {place.topic("cpi"): b"forged"})


def test_a_recipient_may_not_change_topics_users_or_rights(place: Place) -> None:
    with closing(KafkaAdminClient(**place.login("cpi"))) as admin:
        access = Access(admin)
        with pytest.raises(TopicAuthorizationFailedError):
            access.create_topic(f"adi.{place.name}.more.v1")
        with pytest.raises(AccessNotGiven, match="needs ALTER permission"):
            access.create_user(f"{place.name}-more", "word")
        with pytest.raises(AccessNotGiven, match="ClusterAuthorizationFailedError"):
            access.allow_recipient(f"{place.name}-cpi", place.topic("ust"))


@pytest.mark.parametrize("recipient", ["cpi", "ust"])
def test_the_relay_may_not_read(place: Place, recipient: str) -> None:
    with pytest.raises(TopicAuthorizationFailedError):
        read(place, "relay", recipient)


def test_the_relay_may_not_write_outside_its_own_ambito(place: Place) -> None:
    elsewhere = f"adi.{place.name}-other.cpi.v1"
    with closing(place.server.admin()) as admin:
        Access(admin).create_topic(elsewhere)
    with pytest.raises(TopicAuthorizationFailedError):
        publish(place, "relay", None, {elsewhere: b"astray"})


def test_without_the_password_nobody_comes_in(place: Place) -> None:
    KafkaAdminClient(**place.login("cpi"), bootstrap_timeout_ms=1000).close()
    guessed = place.login("cpi") | {"sasl_plain_password": "guessed"}
    with pytest.raises(KafkaTimeoutError):  # kafka-python tries until its time is over
        KafkaAdminClient(**guessed, bootstrap_timeout_ms=1000)


def test_a_topic_made_again_takes_the_new_configuration(place: Place) -> None:
    topic = place.topic("config")
    with closing(place.server.admin()) as admin:
        for retention in ("60000", "-1"):
            Access(admin).create_topic(topic, config={"retention.ms": retention})
            told = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
            assert f"'value': '{retention}'" in str(told)


@pytest.mark.parametrize("star", ["*", ""])
def test_a_star_is_never_granted(place: Place, star: str) -> None:
    with closing(place.server.admin()) as admin, pytest.raises(ValueError, match="everybody or everything"):
        Access(admin).allow_recipient(f"{place.name}-cpi", star)
