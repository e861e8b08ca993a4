"""A topic as strangers read it: by another client (librdkafka), and by kcat, each as the recipient's user."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import confluent_kafka
import pytest
from confluent_kafka import Consumer, TopicPartition
from kafka import KafkaProducer

from consumers.envelope import Record, encode
from tests.integration.test_kafka_access import Place, place
from tests.unit.consumers.test_envelope import MESSAGE

pytestmark = pytest.mark.integration

__all__ = ["place"]

NO_KCAT = "no kcat (apt install kcat)"

PROPERTIES = {
    "bootstrap_servers": "bootstrap.servers",
    "security_protocol": "security.protocol",
    "sasl_mechanism": "sasl.mechanism",
    "sasl_plain_username": "sasl.username",
    "sasl_plain_password": "sasl.password",
    "ssl_cafile": "ssl.ca.location",
}
"""What kafka-python and librdkafka call the same thing."""


def properties(place: Place, user: str) -> dict[str, str]:
    config = place.login(user)
    return {name: str(config[ours]) for ours, name in PROPERTIES.items() if ours in config}


@pytest.fixture(scope="module")
def sent(place: Place) -> Record:
    """A message in the topic of cpi, sent as the relay does: in a transaction."""
    record = encode(MESSAGE, "058", "https://register.example")
    producer = KafkaProducer(
        **place.login("relay"), transactional_id=f"relay-{place.name}", acks="all", max_block_ms=5000
    )
    producer.init_transactions()
    producer.begin_transaction()
    producer.send(place.topic("cpi"), record.value, record.key, record.headers, 0)
    producer.commit_transaction()
    producer.close(timeout=5)
    return record


def test_another_client_reads_the_messages_of_its_recipient(place: Place, sent: Record) -> None:
    consumer = Consumer(
        properties(place, "cpi") | {"group.id": place.group("cpi"), "enable.auto.commit": False}
    )
    consumer.assign([TopicPartition(place.topic("cpi"), 0, 0)])
    found = list[Any]()
    while len(found) < 2:  # one comes with the place; a poll may come back without any
        if (each := consumer.poll(5)) is not None:
            assert each.error() is None
            found.append(each)
    consumer.close()
    last = found[-1]
    assert (last.key(), last.value(), last.headers()) == (sent.key, sent.value, sent.headers)


@pytest.fixture(scope="module")
def kcat() -> str:
    found = shutil.which("kcat") or shutil.which("kafkacat")
    if found is None:
        (pytest.fail if os.environ.get("AMBITO_REQUIRE_KCAT") == "1" else pytest.skip)(NO_KCAT)
    return found


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """kcat with the library of our other client: Debian 12 has 2.0.2, and below 2.6.1 its SCRAM repeats the
    client's nonce, which Kafka 4 refuses (librdkafka 4895)."""
    folder = tmp_path_factory.mktemp("librdkafka")
    libraries = Path(confluent_kafka.__file__).parent.parent / "confluent_kafka.libs"
    for library in libraries.glob("librdkafka-*.so.1"):
        (folder / "librdkafka.so.1").symlink_to(library)
    yield os.environ | {"LD_LIBRARY_PATH": f"{folder}:{libraries}"}


def test_kcat_reads_the_messages_of_its_recipient_and_of_no_other(
    kcat: str, environment: dict[str, str], place: Place, sent: Record, tmp_path: Path
) -> None:
    def read(recipient: str) -> subprocess.CompletedProcess[str]:
        topic = ["-t", place.topic(recipient), "-p", "0", "-o", "beginning", "-e", "-J", "-q"]
        command = [kcat, "-F", str(said), "-C", *topic]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=30, check=False
        )

    said = tmp_path / "properties"
    said.touch(mode=0o600)
    said.write_text("".join(f"{name}={value}\n" for name, value in properties(place, "cpi").items()))
    done = read("cpi")
    assert done.returncode == 0, done.stderr
    last: Any = json.loads(done.stdout.splitlines()[-1])
    headers = dict(zip(last["headers"][::2], last["headers"][1::2], strict=True))
    assert headers == {name: value.decode() for name, value in sent.headers}
    assert (last["key"], last["payload"]) == (sent.key.decode(), sent.value.decode())
    denied = read("ust")
    assert denied.returncode != 0 and denied.stdout == ""
