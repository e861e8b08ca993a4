"""What the relay lives through: a broker that is down, killed, frozen or cut off, a second relay, a restore.

A broker of this module's own, behind a proxy, for others use the one of the run. Whatever happens, the topic
holds the rows in their order, none left out: a row may come again, only together with all that follow it.
"""

import gc
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import orjson
import psycopg
import pytest
from kafka import KafkaConsumer, TopicPartition

from consumers import relay, topics
from consumers.relay import Relay
from deploy.kafka.access import Access
from deploy.kafka.broker import Broker
from deploy.processes import _leader as leader
from domain.case.commands import Law
from domain.case.events import CaseReferred
from domain.fact import Recorder
from domain.ledger.context import Context
from domain.ledger.disclosed import Disclosed, Row
from domain.ledger.recorder import Command
from domain.ledger.store import Log
from tests.conftest import _need_a_broker
from tests.databases import Ledger
from tests.integration.ledger.acts import wait_until
from tests.proxy import Proxy, proxy
from tests.servers import temporary_folder

# kafka-python leaves the socket of a connection that broke to the collector.
pytestmark = [
    pytest.mark.integration,
    pytest.mark.torture,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

IN_FULL = os.environ.get("AMBITO_TORTURE") == "1"
OUTAGE = 150.0 if IN_FULL else 1.5
"""Seconds: minutes in full, longer than the relay waits for a transaction in both."""

DAY = date(2025, 3, 3)


@dataclass
class Place:
    """A broker behind a proxy, with an Ambito of its own: one recipient, its topic, the relay's user."""

    broker: Broker
    proxy: Proxy
    code: str

    def config(self, user: str) -> dict[str, Any]:
        return self.broker.client_config(f"{self.code}-{user}", f"word-of-{user}")

    def producer(self) -> Any:
        return relay.producer(self.config("relay"), self.code)

    def kill(self) -> None:
        assert self.broker._started is not None
        self.broker._started[0].send_signal(signal.SIGKILL)
        self.broker._started[0].wait()

    def freeze(self, seconds: float) -> threading.Thread:
        """Frozen from now on, thawed later."""
        assert self.broker._started is not None
        process = self.broker._started[0]
        process.send_signal(signal.SIGSTOP)
        return later(seconds, lambda: process.send_signal(signal.SIGCONT))

    def sent(self) -> list[int]:
        """The numbers of all committed records, as they lie in the topic."""
        partition = TopicPartition(topics.topic(self.code, "cpi"), 0)
        with closing(
            KafkaConsumer(
                **self.config("cpi"),
                group_id=None,
                auto_offset_reset="none",
                isolation_level="read_committed",
            )
        ) as consumer:
            consumer.assign([partition])
            consumer.seek_to_beginning(partition)
            end, found = consumer.end_offsets([partition])[partition], []
            while consumer.position(partition) < end:
                found += consumer.poll(timeout_ms=200).get(partition, [])
        return [int(dict(record.headers)["ce_sequence"]) for record in found]


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Broker, Proxy]]:
    _need_a_broker()
    with temporary_folder() as folder, proxy() as between:
        broker = Broker(folder / "kafka", advertised=between.port)
        broker.format()
        broker._write_properties()
        assert broker.port is not None
        between.target = broker.port
        try:
            broker.start()
            yield broker, between
        finally:
            between.resume()
            broker.stop()


@pytest.fixture
def place(server: tuple[Broker, Proxy], monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    if not IN_FULL:
        monkeypatch.setattr(relay, "SEND_WITHIN", 1.0)
    place = Place(*server, f"t{uuid4().hex[:8]}")
    with place.broker.admin() as admin:
        access, topic = Access(admin), topics.topic(place.code, "cpi")
        access.create_topic(topic)
        for user in ("relay", "cpi"):
            access.create_user(f"{place.code}-{user}", f"word-of-{user}")
        access.allow_recipient(f"{place.code}-cpi", topic)
        prefix = topics.topic_prefix(place.code)
        access.allow_relay(f"{place.code}-relay", prefix, topics.transactional_id(place.code))
    yield place
    gc.collect()


@dataclass
class Record:
    """The record of what was disclosed, with rows for ``cpi``: the same fact, again and again."""

    ledger: Ledger
    log: Log
    disclosed: Disclosed
    case: UUID
    event: UUID

    def show(self, many: int) -> None:
        payload = orjson.dumps(
            {"occurred_on": None, "agency": "servizio-sociale", "data": {"benefit": "ADI"}}
        )
        row = Row(
            recipient="cpi",
            kind="backfill",
            position=1,
            event_id=self.event,
            stream_id=self.case,
            version=1,
            type="adi.case.case_referred.v1",
            ground="referred_member",
            paths=("benefit",),
            payload=payload,
        )
        at = self.disclosed.position()
        self.disclosed.add(at, at, [row] * many)


@pytest.fixture
def record(ledger: Ledger) -> Iterator[Record]:
    log, case = ledger.log(size=4), uuid4()
    referral = CaseReferred(
        household_id=uuid4(), residence_comune="058091", ats="RM-1", benefit="ADI", referred_on=DAY
    )
    worker = Recorder("servizio-sociale", "SOCIAL_WORKER", uuid4())
    command = Command("servizio-sociale", uuid4(), sha256(b"").digest())
    log.act(case, referral, Context(worker, DAY, "TAKING_CHARGE", command, uuid4()), law=Law())
    yield Record(ledger, log, Disclosed(log.recorder.pool, log.keys), case, log.facts(case)[0].event_id)
    log.recorder.pool.close()
    log.keys.close()  # type: ignore[attr-defined]
    log.close()


def relay_of(record: Record, place: Place, make: Callable[[], Any] | None = None) -> Relay:
    return Relay(record.disclosed, ["cpi"], place.code, make or place.producer)


def follow(relaying: Relay, record: Record, up_to: int, seconds: float = 40 + OUTAGE) -> None:
    """Step until everything up to a number is noted as sent; a step never raises because Kafka is away."""
    deadline = time.monotonic() + seconds
    while record.disclosed.relayed("cpi") < up_to:
        assert time.monotonic() < deadline, "it never was"
        if not relaying.step():
            time.sleep(0.02)


def later(seconds: float, act: Callable[[], Any]) -> threading.Thread:
    timer = threading.Timer(seconds, act)
    timer.start()
    return timer


def in_order(numbers: list[int], up_to: int) -> bool:
    """Whether who drops what it has already finds every number, each in its turn."""
    last = 0
    for number in numbers:
        if number > last + 1:
            return False
        last = max(last, number)
    return last == up_to


# --- the broker ------------------------------------------------------------------------------------------


def test_a_broker_that_is_down_is_waited_for(place: Place, record: Record) -> None:
    record.show(3)
    with closing(relay_of(record, place)) as relaying:
        follow(relaying, record, 3)
        place.broker.stop()
        record.show(4)
        ended = time.monotonic() + OUTAGE
        while time.monotonic() < ended:
            relaying.step()
            time.sleep(0.02)
        assert record.disclosed.relayed("cpi") == 3
        place.broker.start()
        follow(relaying, record, 7)
    assert place.sent() == [1, 2, 3, 4, 5, 6, 7]


def test_a_broker_killed_between_two_messages_of_a_transaction_loses_and_repeats_none_of_it(
    place: Place, record: Record
) -> None:
    def deadly() -> Any:
        """The first producer sees its broker killed when everything is sent and nothing committed."""
        real = place.producer()
        flush = real.flush

        def flush_and_die(timeout: float) -> None:
            flush(timeout=timeout)
            if not killed:
                killed.append(True)
                place.kill()

        real.flush = flush_and_die
        return real

    killed: list[bool] = []
    record.show(5)
    with closing(relay_of(record, place, deadly)) as relaying:
        while not killed:
            relaying.step()
        place.broker.start()
        follow(relaying, record, 5)
    assert in_order(place.sent(), 5)


def test_a_frozen_broker_is_given_up_and_what_it_was_told_counts_once(place: Place, record: Record) -> None:
    """Longer than a transaction may last: an idempotent producer would stand still for ever afterwards."""
    record.show(2)
    with closing(relay_of(record, place)) as relaying:
        follow(relaying, record, 2)
        thaw = place.freeze(1.5 * OUTAGE)
        record.show(500)
        began = time.monotonic()
        assert relaying.step() == 0
        assert time.monotonic() - began < 4 * relay.SEND_WITHIN + 5
        thaw.join()
        follow(relaying, record, 502)
        record.show(1)
        follow(relaying, record, 503)
    assert in_order(place.sent(), 503)


@pytest.mark.parametrize("how", ["cut", "stall"] if IN_FULL else ["cut"])
def test_a_network_that_is_cut_is_waited_for(place: Place, record: Record, how: str) -> None:
    record.show(2)
    with closing(relay_of(record, place)) as relaying:
        follow(relaying, record, 2)
        getattr(place.proxy, how)()
        record.show(50)
        back = later(OUTAGE, place.proxy.resume)
        follow(relaying, record, 52)
        back.join()
    assert in_order(place.sent(), 52)


def test_connections_that_are_dropped_amid_the_rows_leave_none_out(place: Place, record: Record) -> None:
    with closing(relay_of(record, place)) as relaying:
        for n in range(1, 6):
            record.show(100)
            relaying.step()
            place.proxy.drop()
            follow(relaying, record, 100 * n)
    assert in_order(place.sent(), 500)


# --- a second relay --------------------------------------------------------------------------------------


def test_of_two_relays_one_leads_and_the_other_follows_when_it_is_gone(record: Record) -> None:
    url, stop, led = record.ledger.owner_url, threading.Event(), list[str]()

    def second() -> None:
        with leader(url, "relay", stop):
            led.append("second")

    with leader(url, "relay", stop):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.8)
        assert led == []
    thread.join(5)
    assert led == ["second"]


def test_a_relay_that_lost_its_lock_and_does_not_know_is_fenced_by_its_successor(
    place: Place, record: Record
) -> None:
    """The lock is a session's: a server that forgets the session lets another relay lead."""
    url, stop = record.ledger.owner_url, threading.Event()
    with (
        closing(relay_of(record, place)) as one,
        closing(relay_of(record, place)) as two,
        leader(url, "relay", stop),
    ):
        record.show(2)
        follow(one, record, 2)
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where application_name = 'ambito-leader' and datname = current_database()"
            )
        with leader(url, "relay", stop):
            record.show(2)
            follow(two, record, 4)
            record.show(2)
            assert one.step() == 0
            follow(two, record, 6)
    assert place.sent() == [1, 2, 3, 4, 5, 6]


# --- a restore -------------------------------------------------------------------------------------------


def test_a_relay_that_lived_through_a_restore_goes_on_from_what_the_restored_record_says(
    place: Place, record: Record
) -> None:
    record.show(5)
    with closing(relay_of(record, place)) as relaying:
        follow(relaying, record, 5)
        before = record.disclosed.epoch()
        with psycopg.connect(record.ledger.owner_url, autocommit=True) as owner:
            owner.execute("delete from ledger.disclosed where seq > 2")
            owner.execute("update ledger.relayed set seq = 2")
            owner.execute("select ledger.renew_epoch(null)")
            ended = owner.execute(
                "select pid, pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            ).fetchall()
            there = "select pid from pg_stat_activity where pid = any(%s)"
            wait_until(lambda: owner.execute(there, [[pid for pid, _ in ended]]).fetchone() is None)
        record.show(2)
        follow(relaying, record, 4)
    assert record.disclosed.epoch() != before
    assert place.sent() == [1, 2, 3, 4, 5, 3, 4]
