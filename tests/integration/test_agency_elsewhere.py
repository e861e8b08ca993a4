"""`ambito agency` where no stack of ours runs: database and broker of somebody else, keys of the agency."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import psycopg
import pytest
from joserfc.jwk import OKPKey
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaTimeoutError, TopicAuthorizationFailedError

from consumers import topics
from deploy import agency
from deploy.agency import CannotChange
from deploy.keys import private_key, public_part
from deploy.settings import Settings
from deploy.stack import Stack
from tests.databases import Ledger
from tests.servers import KafkaServer

pytestmark = pytest.mark.integration

Make = Callable[..., Settings]


@pytest.fixture
def elsewhere(tmp_path: Path, ledger: Ledger) -> Make:
    def make(**more: Any) -> Settings:
        given: dict[str, Any] = {"var": tmp_path / "var", "admin_database_url": ledger.owner_url}
        return Settings(**(given | more))

    return make


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "public.jwk"
    path.write_text(public_part(OKPKey.generate_key("Ed25519")))
    return path


def recorded(ledger: Ledger) -> list[tuple[str, str]]:
    with psycopg.connect(ledger.owner_url) as owner:
        rows = owner.execute("select recipient, act from ledger.recipients order by number").fetchall()
    return [(str(recipient), str(act)) for recipient, act in rows]


def reads(server: KafkaServer, user: str, password: str, topic: str) -> bool:
    partition = TopicPartition(topic, 0)
    with closing(KafkaConsumer(**server.client_config(user, password), group_id=None)) as consumer:
        consumer.assign([partition])
        try:
            return bool(consumer.end_offsets([partition]))
        except TopicAuthorizationFailedError:
            return False


def comes_in(server: KafkaServer, user: str, password: str) -> bool:
    try:
        KafkaAdminClient(**server.client_config(user, password), bootstrap_timeout_ms=500).close()
    except KafkaTimeoutError:
        return False
    return True


def test_a_recipient_gets_its_login_once_and_loses_it_with_its_rights(
    elsewhere: Make, ledger: Ledger, kafka: KafkaServer, key: Path
) -> None:
    ambito, recipient = f"t{uuid4().hex[:8]}", f"ets-{uuid4().hex[:8]}"
    settings = elsewhere(
        ambito=ambito,
        kafka_bootstrap=kafka.bootstrap,
        kafka_admin_username=kafka.admin_user,
        kafka_admin_password=kafka.admin_password,
        kafka_ca=kafka.authority,
    )
    added = agency.add(settings, recipient, key)
    assert (added.new, added.kafka) == (True, True) and added.password
    assert reads(kafka, recipient, added.password, topics.topic(ambito, recipient))
    assert reads(kafka, recipient, added.password, topics.topic(ambito, "checkpoints"))
    again = agency.add(settings, recipient, key)
    assert (again.new, again.password) == (False, None)
    assert comes_in(kafka, recipient, added.password)

    rotated = agency.rotate(settings, recipient)
    assert rotated.password and rotated.password != added.password
    assert not comes_in(kafka, recipient, added.password)
    assert reads(kafka, recipient, rotated.password, topics.topic(ambito, recipient))

    assert agency.withdraw(settings, recipient).new
    assert not comes_in(kafka, recipient, rotated.password)
    assert not agency.withdraw(settings, recipient).new
    assert recorded(ledger) == [(recipient, "ADDED"), (recipient, "WITHDRAWN")]

    back = agency.add(settings, recipient, key)
    assert back.new and back.password
    assert reads(kafka, recipient, back.password, topics.topic(ambito, recipient))


def test_without_a_broker_the_key_alone_is_on_record(elsewhere: Make, ledger: Ledger, key: Path) -> None:
    added = agency.add(elsewhere(), "asl-serd", key)
    assert (added.new, added.kafka, added.password) == (True, False, None)
    key.write_text(public_part(OKPKey.generate_key("Ed25519")))
    with pytest.raises(CannotChange, match="has another key on record"):
        agency.add(elsewhere(), "asl-serd", key)
    agency.rotate(elsewhere(), "asl-serd", key)
    assert recorded(ledger) == [("asl-serd", "ADDED"), ("asl-serd", "ROTATED")]


def test_a_rotation_that_broke_off_is_finished_with_the_key_that_it_had_made(
    elsewhere: Make, ledger: Ledger
) -> None:
    stack = Stack(elsewhere(), lambda _: None)
    stack.broker = None
    place = stack.recipient_key("cpi")
    private_key(place)
    left = private_key(place.with_suffix(".next"))
    with psycopg.connect(ledger.owner_url, autocommit=True) as owner:
        for _again in range(2):  # it broke off before, or after, the key was on record
            place.with_suffix(".next").write_text(orjson.dumps(left.as_dict(private=True)).decode())
            agency._rotate_here(owner, stack, "cpi")
            assert private_key(place).thumbprint() == left.thumbprint()
            assert not place.with_suffix(".next").exists()
    assert recorded(ledger) == [("cpi", "ADDED")]


def test_a_private_key_is_neither_taken_nor_kept(elsewhere: Make, ledger: Ledger, tmp_path: Path) -> None:
    private_key(tmp_path / "private.jwk")
    with pytest.raises(CannotChange, match="is a private key"):
        agency.add(elsewhere(), "cpi", tmp_path / "private.jwk")
    assert recorded(ledger) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda make, key: agency.add(make(), "cpi", None), "--public-key"),
        (lambda make, key: agency.add(make(), "cpi", key.with_name("none")), "holds no Ed25519 key"),
        (lambda make, key: agency.add(make(admin_database_url=None), "cpi", key), "ADMIN_DATABASE_URL"),
        (lambda make, key: agency.add(make(kafka_bootstrap="x:1"), "cpi", key), "KAFKA_ADMIN_USERNAME"),
        (lambda make, key: agency.rotate(make(), "cpi", key), "is not a recipient"),
        (lambda make, key: agency.withdraw(make(), "cpi"), "is not a recipient"),
        (lambda make, key: agency.add(make(), "system", key), "no recipient has this code"),
        (
            lambda make, key: agency.add(make(admin_database_url="postgresql://x@127.0.0.1:1/x"), "cpi", key),
            "run the same command again",
        ),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    elsewhere: Make, ledger: Ledger, key: Path, change: Callable[[Make, Path], Any], says: str
) -> None:
    with pytest.raises(CannotChange, match=says):
        change(elsewhere, key)
    assert recorded(ledger) == []
