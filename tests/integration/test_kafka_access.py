"""What the ACLs allow and, above all, what they do not, asked of a real broker."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import (
    GroupAuthorizationFailedError,
    KafkaError,
    KafkaTimeoutError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailedError,
)
from kafka.structs import OffsetAndMetadata

from deploy.kafka import certificates
from deploy.kafka.access import Access, AccessNotGiven
from tests.servers import KafkaServer

pytestmark = pytest.mark.integration


@dataclass(frozen=True)
class Place:
    """An Ambito of this test's own: its relay, its recipients, a topic and a group for each."""

    server: KafkaServer
    name: str

    def topic(self, recipient: str) -> str:
        return f"adi.{self.name}.{recipient}.v1"

    def group(self, recipient: str) -> str:
        return f"adi.{self.name}.{recipient}"

    def login(self, user: str) -> dict[str, Any]:
        return self.server.client_config(f"{self.name}-{user}", f"word-of-{user}")


RECIPIENTS = ("cpi", "ust", "asl-serd", "asl-consultorio", "comune-058091", "comune-058992")
"""Among them two units of one ASL, and two Comuni, which must not read each other."""

TOPICS = (*RECIPIENTS, "checkpoints")


@pytest.fixture(scope="module")
def place(kafka: KafkaServer) -> Iterator[Place]:
    place = Place(kafka, f"t{uuid4().hex[:8]}")
    with closing(kafka.admin()) as admin:
        access = Access(admin)
        for topic in TOPICS:
            access.create_topic(place.topic(topic), config={"retention.ms": "-1"})
        for _twice in range(2):  # each line may be said again
            for recipient in RECIPIENTS:
                user = f"{place.name}-{recipient}"
                access.create_user(user, f"word-of-{recipient}")
                access.allow_recipient(user, place.topic(recipient), place.group(recipient))
                access.allow_recipient(user, place.topic("checkpoints"))
            access.create_user(f"{place.name}-relay", "word-of-relay")
            access.allow_relay(f"{place.name}-relay", f"adi.{place.name}.", f"relay-{place.name}")
    messages = {place.topic(topic): f"for {topic}".encode() for topic in TOPICS}
    publish(place, "relay", f"relay-{place.name}", messages)
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


def readable(place: Place, user: str) -> set[str]:
    """Of which topics a user is given the records, where it asks for all of them."""
    found = set()
    for topic in TOPICS:
        try:
            found |= {topic} if read(place, user, topic) == [f"for {topic}".encode()] else set()
        except TopicAuthorizationFailedError:
            continue
    return found


@pytest.mark.parametrize("recipient", RECIPIENTS)
def test_of_every_topic_a_recipient_reads_its_own_and_the_checkpoints(place: Place, recipient: str) -> None:
    assert readable(place, recipient) == {recipient, "checkpoints"}


@pytest.mark.parametrize("recipient", RECIPIENTS)
def test_of_every_topic_a_recipient_is_told_that_its_own_and_the_checkpoints_exist(
    place: Place, recipient: str
) -> None:
    with closing(KafkaConsumer(**place.login(recipient))) as consumer:
        assert consumer.topics() == {place.topic(recipient), place.topic("checkpoints")}


@pytest.mark.parametrize("recipient", RECIPIENTS)
def test_a_recipient_writes_to_no_topic_and_not_to_its_own(place: Place, recipient: str) -> None:
    assert writable(place, recipient) == set()


def writable(place: Place, user: str) -> set[str]:
    """To which topics a user may write."""
    producer = KafkaProducer(
        **place.login(user),
        enable_idempotence=False,
        acks="all",
        max_block_ms=2000,
        request_timeout_ms=2000,
        delivery_timeout_ms=2000,
    )
    found = set()
    with closing(producer):
        for topic in TOPICS:
            try:
                producer.send(place.topic(topic), b"forged").get(timeout=5)
                found.add(topic)
            except TopicAuthorizationFailedError:
                continue
    return found


@pytest.mark.parametrize("recipient", RECIPIENTS)
def test_of_every_group_a_recipient_keeps_its_position_in_its_own(place: Place, recipient: str) -> None:
    partition = TopicPartition(place.topic(recipient), 0)
    kept = set()
    for other in RECIPIENTS:
        consumer = KafkaConsumer(
            **place.login(recipient), group_id=place.group(other), enable_auto_commit=False
        )
        with closing(consumer):
            consumer.assign([partition])
            try:
                consumer.commit({partition: OffsetAndMetadata(1, "", -1)})
                kept.add(other)
            except GroupAuthorizationFailedError:
                continue
    assert kept == {recipient}


def test_the_relay_reads_no_topic(place: Place) -> None:
    assert readable(place, "relay") == set()  # that it writes to all of them, the fixture shows


def test_who_polls_without_asking_gets_nothing(place: Place) -> None:
    # kafka-python then only logs the refusal: a subscriber asks for the end offsets before its first poll.
    assert read(place, "cpi", "ust", within=2, ask_first=False) == []


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


def test_the_relay_may_not_write_outside_its_own_ambito(place: Place) -> None:
    elsewhere = f"adi.{place.name}-other.cpi.v1"
    with closing(place.server.admin()) as admin:
        Access(admin).create_topic(elsewhere)
    with pytest.raises(TopicAuthorizationFailedError):
        publish(place, "relay", None, {elsewhere: b"astray"})


def test_without_the_password_nobody_comes_in(place: Place) -> None:
    KafkaAdminClient(**place.login("cpi"), bootstrap_timeout_ms=500).close()
    guessed = place.login("cpi") | {"sasl_plain_password": "guessed"}
    with pytest.raises(KafkaTimeoutError):  # kafka-python tries until its time is over
        KafkaAdminClient(**guessed, bootstrap_timeout_ms=500)


@pytest.mark.parametrize(
    "wrong",
    [
        {"security_protocol": "SASL_PLAINTEXT"},
        {"security_protocol": "PLAINTEXT"},
        {"security_protocol": "SSL"},
    ],
    ids=lambda wrong: wrong["security_protocol"],
)
def test_who_comes_without_tls_or_without_a_password_is_not_let_in(
    place: Place, wrong: dict[str, Any]
) -> None:
    with pytest.raises((KafkaError, AttributeError)):
        KafkaAdminClient(**(place.login("cpi") | wrong), bootstrap_timeout_ms=500)


COME_IN = """
import json, logging, sys
from kafka.admin import KafkaAdminClient
logging.basicConfig()
KafkaAdminClient(**json.loads(sys.stdin.read()))
"""


def comes_in(config: dict[str, Any]) -> bool:
    """In a process of its own: kafka-python leaves the socket of a handshake that failed open."""
    told = json.dumps(config | {"bootstrap_timeout_ms": 500})
    done = subprocess.run(
        [sys.executable, "-c", COME_IN], input=told, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 or "CERTIFICATE_VERIFY_FAILED" in done.stderr, done.stderr
    return done.returncode == 0


def test_a_client_comes_to_a_broker_of_this_name_that_its_authority_signed(place: Place) -> None:
    assert comes_in(place.login("cpi"))


@pytest.mark.parametrize("authority", ["another one", "the system's"])
def test_a_client_does_not_give_its_password_to_a_broker_of_another_authority(
    place: Place, tmp_path: Path, authority: str
) -> None:
    ca = str(certificates.authority(tmp_path)) if authority == "another one" else None
    assert not comes_in(place.login("cpi") | {"ssl_cafile": ca})


def test_a_client_does_not_give_its_password_to_a_broker_of_another_name(place: Place) -> None:
    there = place.login("cpi")["bootstrap_servers"].replace("127.0.0.1", "localhost")
    assert not comes_in(place.login("cpi") | {"bootstrap_servers": there})


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
