"""From a row of ``disclosed`` to a recipient's view: real PostgreSQL, real Kafka with its ACLs, real HTTP."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import orjson
import psycopg
import pytest
from joserfc.jwk import OKPKey
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError, TopicAuthorizationFailedError

from consumers import relay, topics
from consumers import subscriber as reading
from consumers.acknowledge import Acknowledge
from consumers.client.failures import CallFailed
from consumers.client.register import Register
from consumers.client.transport import Transport
from consumers.relay import Relay
from consumers.source import FeedSource, KafkaSource, Source
from consumers.subscriber import CannotHeal, Overtaken, Subscriber
from deploy.kafka.access import Access
from domain.case.commands import Law
from domain.case.events import CaseReferred
from domain.contract import Leaf
from domain.fact import Recorder
from domain.ledger.context import Context
from domain.ledger.disclosed import Disclosed, Row
from domain.ledger.keys import KeyFile
from domain.ledger.recorder import Command
from domain.ledger.seal import boxed
from domain.ledger.store import Log
from domain.message import Kind, Message
from projections.acknowledgement import Said, verified
from projections.shown import Shown
from projections.view import View
from tests.databases import Ledger
from tests.servers import KafkaServer

pytestmark = pytest.mark.integration

WORKER = Recorder("servizio-sociale", "SOCIAL_WORKER", uuid4())
DAY = date(2025, 3, 3)


# --- the Ambito's side ---------------------------------------------------------------------------------


@dataclass
class Ambito:
    """A log with some cases, and what it discloses: the tests say what, in the discloser's place."""

    ledger: Ledger
    log: Log
    disclosed: Disclosed
    code: str = field(default_factory=lambda: f"t{uuid4().hex[:8]}")

    def refer(self, cases: int = 1) -> list[tuple[UUID, UUID]]:
        """So many cases; case and event id of each."""
        found = []
        for _ in range(cases):
            case_id = uuid4()
            referral = CaseReferred(
                household_id=uuid4(), residence_comune="058091", ats="RM-1", benefit="ADI", referred_on=DAY
            )
            command = Command("servizio-sociale", uuid4(), sha256(b"").digest())
            self.log.act(
                case_id, referral, Context(WORKER, DAY, "TAKING_CHARGE", command, uuid4()), law=Law()
            )
            found.append((case_id, self.log.facts(case_id)[0].event_id))
        return found

    def show(self, *rows: Row) -> None:
        """Rows of ``disclosed``, through its one SQL function."""
        self.disclosed.add(self.disclosed.position(), self.disclosed.position(), rows)

    def show_facts(self, cases: int, recipient: str = "cpi") -> list[tuple[UUID, UUID]]:
        found = self.refer(cases)
        self.show(*(row(case_id, event, recipient=recipient) for case_id, event in found))
        return found

    def restore(self, keep: int) -> None:
        """The database as a backup knew it: only so many rows were shown, and the log has a new epoch."""
        with psycopg.connect(self.ledger.owner_url) as owner:
            owner.execute("delete from ledger.disclosed where seq > %s", [keep])
            owner.execute("update ledger.relayed set seq = least(seq, %s)", [keep])
            owner.execute("update ledger.log_head set log_epoch = gen_random_uuid()")


def row(
    case_id: UUID,
    event: UUID,
    kind: Kind = "fact",
    data: dict[str, Any] | None = None,
    *,
    recipient: str = "cpi",
    type: str = "adi.case.case_referred.v1",
    occurred_on: date | None = DAY,
) -> Row:
    payload = {
        "occurred_on": occurred_on.isoformat() if occurred_on else None,
        "agency": "servizio-sociale",
        "data": {"benefit": "ADI", "referred_on": "2025-03-03"} if data is None else data,
    }
    return Row(
        recipient=recipient,
        kind=kind,
        position=1,
        event_id=event,
        stream_id=case_id,
        version=1,
        type=type,
        ground="referred_member",
        paths=("benefit",),
        payload=orjson.dumps(payload),
    )


@pytest.fixture
def ambito(ledger: Ledger) -> Iterator[Ambito]:
    log = ledger.log(size=4)
    yield Ambito(ledger, log, Disclosed(log.recorder.pool, log.keys))
    log.recorder.pool.close()
    assert isinstance(log.keys, KeyFile)
    log.keys.close()
    log.close()


# --- its feed, in the API's place ------------------------------------------------------------------------


@dataclass
class Feed:
    """The API's feed and its door for acknowledgements, for the recipient that the token names."""

    url: str
    asked: list[int] = field(default_factory=list)
    signed: list[str] = field(default_factory=list)
    broken: bool = False

    def source(self, recipient: str = "cpi") -> FeedSource:
        return FeedSource(self.url, lambda: recipient)


@pytest.fixture
def feed(ambito: Ambito) -> Iterator[Feed]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            asked = {name: int(values[0]) for name, values in parse_qs(url.query).items()}
            assert url.path == "/rest/adi/v1/feed"
            feed.asked.append(asked["after"])
            recipient = self.headers["Authorization"].removeprefix("Bearer ")
            messages = ambito.disclosed.messages(recipient, asked["after"], asked["limit"])
            self.answer(
                {
                    "items": [message.to_json() for message in messages],
                    "log_epoch": str(ambito.disclosed.epoch()),
                    "head": ambito.disclosed.head(recipient),
                }
            )

        def do_POST(self) -> None:
            assert self.path == "/rest/adi/v1/acknowledgements"
            feed.signed.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["signed"])
            self.answer(None)

        def answer(self, body: Any) -> None:
            text = b"secret" if feed.broken else orjson.dumps(body)
            self.send_response(503 if feed.broken else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        feed = Feed(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield feed
        server.shutdown()
        thread.join()


# --- its topics ------------------------------------------------------------------------------------------


@dataclass
class Topics:
    """The topics of an Ambito, a user for the relay and one for each recipient."""

    server: KafkaServer
    ambito: Ambito

    def config(self, user: str) -> dict[str, Any]:
        return self.server.client_config(f"{self.ambito.code}-{user}", f"word-of-{user}")

    def producer(self) -> Any:
        return relay.producer(self.config("relay"), self.ambito.code)

    def relay(
        self, recipients: Sequence[str] = ("cpi", "ust"), make: Callable[[], Any] | None = None
    ) -> Relay:
        return Relay(self.ambito.disclosed, recipients, self.ambito.code, make or self.producer)

    def source(self, recipient: str = "cpi", topic_of: str | None = None) -> KafkaSource:
        return KafkaSource(self.config(recipient), topics.topic(self.ambito.code, topic_of or recipient))

    def records(self, recipient: str = "cpi") -> list[Any]:
        """All committed records of a topic, as they lie there."""
        partition = TopicPartition(topics.topic(self.ambito.code, recipient), 0)
        with closing(
            KafkaConsumer(
                **self.config(recipient),
                group_id=None,
                enable_auto_commit=False,
                auto_offset_reset="none",
                isolation_level="read_committed",
            )
        ) as consumer:
            consumer.assign([partition])
            consumer.seek_to_beginning(partition)
            end, found = consumer.end_offsets([partition])[partition], []
            while consumer.position(partition) < end:
                found += consumer.poll(timeout_ms=200).get(partition, [])
            return found


@pytest.fixture
def on_kafka(kafka: KafkaServer, ambito: Ambito) -> Topics:
    made = Topics(kafka, ambito)
    with closing(kafka.admin()) as admin:
        access = Access(admin)
        access.create_user(f"{ambito.code}-relay", "word-of-relay")
        access.allow_relay(
            f"{ambito.code}-relay", topics.topic_prefix(ambito.code), topics.transactional_id(ambito.code)
        )
        for recipient in ("cpi", "ust"):
            topic = topics.topic(ambito.code, recipient)
            access.create_topic(topic)
            access.create_user(f"{ambito.code}-{recipient}", f"word-of-{recipient}")
            access.allow_recipient(f"{ambito.code}-{recipient}", topic)
    return made


# --- a recipient, by either way ----------------------------------------------------------------------------


class Broken(Shown):
    """The view of everybody, that cannot take some cases. It says so with a value, as PostgreSQL would."""

    def __init__(self) -> None:
        self.cannot: set[UUID] = set()
        self.error: Callable[[], Exception] = lambda: ValueError("secret")

    def apply(self, connection: Any, batch: Sequence[Message]) -> None:
        super().apply(connection, batch)
        if any(message.case_id in self.cannot for message in batch):
            raise self.error()


@dataclass
class Way:
    """How rows reach the recipient `cpi`: over Kafka, or over the feed."""

    ambito: Ambito
    feed: Feed
    topics: Topics | None
    url: str
    view: Broken = field(default_factory=Broken)
    said: list[Said] = field(default_factory=list)
    open: list[Any] = field(default_factory=list)

    def source(self) -> Source:
        return self.topics.source() if self.topics else self.feed.source()

    def subscriber(self, views: Sequence[View[Message]] | None = None) -> Subscriber:
        made = Subscriber(
            self.source(), self.url, views or [self.view], "cpi", self.said.append, feed=self.feed.source()
        )
        self.open.append(made)
        return made

    def relay(self) -> None:
        if self.topics:
            with closing(self.topics.relay()) as relaying:
                while relaying.step():
                    pass

    def settle(self, subscriber: Subscriber, seq: int) -> None:
        """Relay, then read until the recipient stands at a seq."""
        self.relay()
        until(lambda: subscriber.step(0.1) or self.progress()[1] == seq, lambda: self.progress()[1] == seq)

    def query(self, text: str, *arguments: Any) -> list[Any]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(text, arguments).fetchall()

    def change(self, text: str) -> None:
        with psycopg.connect(self.url) as connection:
            connection.execute(text.encode())

    def progress(self) -> Any:
        return self.query("select log_epoch, seq, kafka_offset from inbox.progress")[0]

    def shown(self) -> dict[UUID, Any]:
        return dict(self.query("select event_id, data from views.shown_v1"))

    def parked(self) -> list[Any]:
        return self.query("select seq, case_id, error, sqlstate from inbox.parked order by seq")


def until(act: Callable[[], Any], holds: Callable[[], bool], seconds: float = 15) -> None:
    """Act until it holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never held"
        act()


@pytest.fixture(params=["kafka", "feed"])
def way(request: pytest.FixtureRequest, ambito: Ambito, feed: Feed, recipient_url: str) -> Iterator[Way]:
    on_kafka = request.getfixturevalue("on_kafka") if request.param == "kafka" else None
    made = Way(ambito, feed, on_kafka, recipient_url)
    yield made
    for opened in made.open:
        opened.close()


def test_every_row_arrives_once_and_is_acknowledged(way: Way) -> None:
    way.ambito.show_facts(2)
    way.ambito.show_facts(1, recipient="ust")
    found = way.ambito.show_facts(1)
    subscriber = way.subscriber()
    way.settle(subscriber, 3)
    assert len(way.shown()) == 3
    assert way.shown()[found[0][1]] == {"benefit": "ADI", "referred_on": "2025-03-03"}
    assert way.query(
        "select first_seq, last_seq, facts, last_type from views.cases_v1 where case_id = %s", found[0][0]
    ) == [(3, 3, 1, "adi.case.case_referred.v1")]
    epoch = str(way.ambito.disclosed.epoch())
    assert way.said[-1] == Said(recipient="cpi", log_epoch=epoch, received=3, applied=3, parked=[])


def test_a_subscriber_that_starts_again_goes_on_where_it_was(way: Way) -> None:
    way.ambito.show_facts(3)
    way.settle(way.subscriber(), 3)
    way.ambito.show_facts(2)
    again = way.subscriber()
    way.settle(again, 5)
    assert len(way.shown()) == 5
    assert way.query("select count(distinct seq), max(seq) from views.shown_v1") == [(5, 5)]


def test_a_backfill_replaces_a_correction_amends_and_a_withdrawal_removes(way: Way) -> None:
    (case, first), (other, second) = way.ambito.refer(2)
    (_, correction), (_, voiding) = way.ambito.refer(2)  # stand for EventCorrected: only their ids count
    corrected = {"corrects_event_id": str(first), "voids": False}
    changed = {"new_value": {"benefit": "RDC", "referred_on": "2025-03-04"}}
    kind_of = "adi.case.event_corrected.v1"
    way.ambito.show(
        row(case, first),
        row(other, second),
        row(case, first, "backfill", {"benefit": "ADI", "referred_on": "2025-03-03", "ats": "RM-1"}),
        row(case, correction, "correction", corrected | changed, type=kind_of, occurred_on=None),
    )
    subscriber = way.subscriber()
    way.settle(subscriber, 4)
    assert way.shown()[first] == {"benefit": "RDC", "referred_on": "2025-03-04", "ats": "RM-1"}
    assert way.shown()[correction] == corrected | changed
    days = dict(way.query("select event_id, occurred_on from views.shown_v1"))
    assert days == {first: date(2025, 3, 4), correction: None, second: DAY}
    listed = "select first_seq, last_seq, facts from views.cases_v1 where case_id = %s"
    assert way.query(listed, case) == [(3, 4, 2)]

    voids = {"corrects_event_id": str(second), "voids": True}
    way.ambito.show(
        row(case, first, "withdrawn", {}),
        row(other, voiding, "correction", voids, type=kind_of, occurred_on=None),
    )
    way.settle(subscriber, 6)
    assert way.shown() == {voiding: voids}
    assert way.query(listed, case) == []
    assert way.query(listed, other) == [(6, 6, 1)]


def test_an_erasure_masks_what_it_names_and_is_no_fact_of_the_case(way: Way) -> None:
    (case, first), (other, second) = way.ambito.refer(2)
    (_, erasing), (_, again) = way.ambito.refer(2)  # stand for PersonalDataErased: only their ids count
    data = {"members": [{"name": "Uno"}, {"name": "Due", "contacts": [{"value": "tre"}]}], "benefit": "ADI"}
    named = [
        {"event_id": str(first), "paths": ["members[1].name", "members[1].contacts[0].value"]},
        {"event_id": str(uuid4()), "paths": ["members[0].name"]},  # one that was withdrawn meanwhile
    ]
    way.ambito.show(row(case, first, data=data), row(other, second, data=data))
    way.ambito.show(row(case, erasing, "erasure", {"erased": named}))
    way.ambito.show(row(case, again, "erasure", {"erased": []}))
    subscriber = way.subscriber()
    way.settle(subscriber, 4)
    gone = {"erased": True}
    masked = {"members": [{"name": "Uno"}, {"name": gone, "contacts": [{"value": gone}]}], "benefit": "ADI"}
    assert way.shown() == {first: masked, second: data}
    listed = "select facts from views.cases_v1 where case_id = %s"
    assert way.query(listed, case) == [(1,)] and way.parked() == []
    until(lambda: subscriber.step(0.1), lambda: way.query("select due from inbox.overwriting") == [(False,)])


def test_a_topic_holds_what_was_sent_and_gets_nothing_of_who_was_erased(on_kafka: Topics) -> None:
    """The broker deletes what was sent when its retention ends, not before: docs/erasure.md says when."""
    ambito, keys, person = on_kafka.ambito, on_kafka.ambito.log.keys, uuid4()
    assert isinstance(keys, KeyFile)
    ((case, event),) = ambito.refer()
    keys.ensure([f"person/{person}"])
    leaf = Leaf("name", "PLANTED", personal=True, subject=str(person))
    ambito.show(row(case, event, data=boxed([leaf], event, case, keys)))
    sent_once(on_kafka)
    keys.destroy(f"person/{person}")
    with psycopg.connect(ambito.ledger.owner_url) as owner:
        owner.execute("delete from ledger.relayed")
    sent_once(on_kafka)
    before, after = (orjson.loads(record.value) for record in on_kafka.records())
    assert (before, after) == ({"name": "PLANTED"}, {"name": {"erased": True}})


def sent_once(on_kafka: Topics) -> None:
    """All that a relay which has just been started finds to send."""
    with closing(on_kafka.relay()) as relaying:
        while relaying.step():
            pass


def test_a_case_that_cannot_be_applied_is_parked_and_the_others_move(way: Way) -> None:
    (bad, _), (good, _), (bad_again, _) = way.ambito.show_facts(3)
    way.view.cannot = {bad}
    subscriber = way.subscriber()
    way.settle(subscriber, 3)
    assert way.parked() == [(1, bad, "ValueError", None)]
    assert {case for (case,) in way.query("select case_id from views.cases_v1")} == {good, bad_again}

    way.view.cannot = set()
    way.ambito.show(*(row(case, way.ambito.refer()[0][1]) for case in (bad, good)))
    way.settle(subscriber, 5)
    assert way.parked() == [(1, bad, "ValueError", None), (4, bad, "Behind", None)]
    until(lambda: subscriber.step(0.1), lambda: bool(way.said) and way.said[-1]["applied"] == 5)
    assert way.said[-1]["parked"] == [1, 4]

    subscriber.refold()
    assert way.parked() == []
    assert len(way.shown()) == 5


def test_a_refused_value_is_parked_by_its_sqlstate_only(way: Way) -> None:
    (case, event), (_, sound) = way.ambito.refer(2)
    way.ambito.show(row(case, event, data={"note": "a text that jsonb cannot hold: \0"}), row(uuid4(), sound))
    way.settle(way.subscriber(), 2)
    assert way.parked() == [(1, case, "UntranslatableCharacter", "22P05")]
    assert set(way.shown()) == {sound}


def test_a_lost_connection_parks_nothing_and_is_tried_again(way: Way) -> None:
    ((case, _),) = way.ambito.show_facts(1)
    way.relay()
    way.view.cannot, way.view.error = {case}, psycopg.errors.SerializationFailure
    subscriber = way.subscriber()
    with pytest.raises(psycopg.errors.SerializationFailure):
        until(lambda: subscriber.step(0.1), lambda: False)
    assert way.progress()[1] == 0
    way.view.cannot = set()
    way.settle(subscriber, 1)
    way.ambito.show_facts(1)
    way.relay()
    way.query(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where application_name = 'ambito-subscriber' and datname = current_database()"
    )
    with pytest.raises(psycopg.OperationalError):
        until(lambda: subscriber.step(0.1), lambda: False)
    way.settle(subscriber, 2)
    assert way.parked() == []
    assert len(way.shown()) == 2


def test_a_table_that_is_gone_parks_nobody(way: Way) -> None:
    way.ambito.show_facts(1)
    subscriber = way.subscriber()
    way.settle(subscriber, 1)
    way.change("alter table views.cases_v1 rename to mislaid")
    way.ambito.show_facts(2)
    way.relay()
    with pytest.raises(psycopg.errors.UndefinedTable):
        until(lambda: subscriber.step(0.1), lambda: False)
    way.change("alter table views.mislaid rename to cases_v1")
    way.settle(subscriber, 3)
    assert way.parked() == []


def test_a_restored_log_makes_the_views_anew(way: Way) -> None:
    old = way.ambito.show_facts(4)
    subscriber = way.subscriber()
    way.settle(subscriber, 4)
    way.ambito.restore(keep=2)
    new = way.ambito.show_facts(1)
    way.settle(subscriber, 3)
    assert set(way.shown()) == {event for _, event in [*old[:2], *new]}
    assert way.progress()[0] == way.ambito.disclosed.epoch()
    way.ambito.show_facts(1)
    way.settle(subscriber, 4)
    epoch = str(way.ambito.disclosed.epoch())
    until(lambda: subscriber.step(0.1), lambda: way.said[-1]["log_epoch"] == epoch)


def test_a_reader_that_was_away_during_a_restore_ends_with_the_new_log(way: Way) -> None:
    way.ambito.show_facts(4)
    way.relay()
    way.ambito.restore(keep=1)
    way.ambito.show_facts(1)
    way.settle(way.subscriber(), 2)
    if way.topics:
        # A topic that is read again from its beginning tells of the old epoch too.
        way.change("update inbox.progress set kafka_offset = null")
    again = way.subscriber()
    for _ in range(5):
        again.step(0.1)
    assert way.progress()[:2] == (way.ambito.disclosed.epoch(), 2)
    assert len(way.shown()) == 2


def undone(way: Way) -> list[Any]:
    return way.query("select seq, event_id, log_epoch, undone_by from inbox.undone order by seq")


def test_what_was_received_beyond_the_fork_is_kept_apart_under_both_epochs(way: Way) -> None:
    old = way.ambito.show_facts(4)
    subscriber = way.subscriber()
    way.settle(subscriber, 4)
    before = way.ambito.disclosed.epoch()
    way.ambito.restore(keep=2)
    new = way.ambito.show_facts(1)
    way.settle(subscriber, 3)
    after = way.ambito.disclosed.epoch()
    assert undone(way) == [(seq, old[seq - 1][1], before, after) for seq in (3, 4)]
    received = way.query("select seq, event_id, log_epoch from inbox.received order by seq")
    assert received == [(1, old[0][1], before), (2, old[1][1], before), (3, new[0][1], after)]


def test_a_fork_that_the_new_log_has_already_passed_is_found_all_the_same(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FeedSource.page, "__defaults__", (2,))
    old = way.ambito.show_facts(5)
    subscriber = way.subscriber()
    way.settle(subscriber, 5)
    way.ambito.restore(keep=3)
    new = way.ambito.show_facts(6)
    way.settle(subscriber, 9)
    assert [event for _, event, _, _ in undone(way)] == [event for _, event in old[3:]]
    assert way.query("select array_agg(event_id order by seq) from inbox.received") == [
        ([event for _, event in [*old[:3], *new]],)
    ]
    assert set(way.shown()) == {event for _, event in [*old[:3], *new]}


def test_rows_that_the_restored_log_discloses_again_as_they_were_are_no_fork(way: Way) -> None:
    old = way.ambito.show_facts(4)
    subscriber = way.subscriber()
    way.settle(subscriber, 4)
    way.ambito.restore(keep=2)
    way.ambito.show(*(row(case_id, event) for case_id, event in old[2:]))
    way.ambito.show_facts(1)
    way.settle(subscriber, 5)
    assert undone(way) == []


def test_a_restored_log_that_lies_still_is_noticed(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "ASK_EVERY", 0.2)
    old = way.ambito.show_facts(3)
    subscriber = way.subscriber()
    way.settle(subscriber, 3)
    way.ambito.restore(keep=1)
    until(lambda: subscriber.step(0.1), lambda: way.progress()[1] == 1)
    assert set(way.shown()) == {old[0][1]}
    assert [seq for seq, *_ in undone(way)] == [2, 3]


def test_a_new_view_leaves_what_was_received_as_it_is(way: Way) -> None:
    way.ambito.show_facts(3)
    subscriber = way.subscriber()
    way.settle(subscriber, 3)
    before = way.query("select * from inbox.received order by seq")
    subscriber.refold()
    assert way.query("select * from inbox.received order by seq") == before
    assert len(before) == 3 and undone(way) == []


def test_what_came_before_records_were_kept_is_taken_for_what_the_feed_has(way: Way) -> None:
    way.ambito.show_facts(3)
    subscriber = way.subscriber()
    way.settle(subscriber, 3)
    way.change("delete from inbox.received where seq < 3")
    way.ambito.restore(keep=2)
    way.ambito.show_facts(1)
    way.settle(subscriber, 3)
    until(lambda: subscriber.step(0.1), lambda: way.progress()[0] == way.ambito.disclosed.epoch())
    assert [seq for seq, *_ in undone(way)] == [3]
    assert way.query("select count(*) from inbox.received") == [(3,)]


def test_an_api_that_does_not_answer_does_not_hold_up_kafka(
    by_kafka: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "ASK_EVERY", 0.0)
    by_kafka.ambito.show_facts(1)
    subscriber = by_kafka.subscriber()
    by_kafka.settle(subscriber, 1)
    monkeypatch.setattr(FeedSource, "page", lambda *_: (_ for _ in ()).throw(CallFailed(503, "HTTP 503")))
    subscriber.step(0.1)
    by_kafka.ambito.show_facts(1)
    by_kafka.settle(subscriber, 2)


def test_a_new_view_starts_with_all_that_was_shown(way: Way) -> None:
    class Again(Shown):
        """As a second version, with tables of its own."""

        name, version = "again", 1
        tables = ("again_v1",)

        def create(self, connection: Any) -> None:
            connection.execute("create table if not exists again_v1 (seq bigint)")

        def apply(self, connection: Any, batch: Sequence[Message]) -> None:
            seqs = [message.seq for message in batch]
            connection.execute("insert into again_v1 select unnest(%s::bigint[])", [seqs])

    way.ambito.show_facts(3)
    way.settle(way.subscriber(), 3)
    way.feed.broken = True
    both = way.subscriber([way.view, Again()])
    with pytest.raises(CallFailed):
        both.step(0.1)
    way.feed.broken = False
    way.ambito.show_facts(1)
    way.settle(both, 4)
    assert way.query("select seq from views.again_v1 order by seq") == [(1,), (2,), (3,), (4,)]
    assert len(way.shown()) == 4


def test_two_subscribers_of_one_database_do_not_apply_twice(way: Way) -> None:
    one, two = way.subscriber(), way.subscriber()
    one.step(0), two.step(0)
    way.ambito.show_facts(2)
    way.settle(one, 2)
    with pytest.raises(Overtaken):
        until(lambda: two.step(0.1), lambda: False)
    way.ambito.show_facts(1)
    way.settle(two, 3)
    assert way.query("select facts from views.cases_v1") == [(1,)] * 3


def test_a_subscriber_runs_until_it_is_told_to_stop(way: Way) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=way.subscriber().run, args=[stop])
    thread.start()
    way.ambito.show_facts(2)
    way.relay()
    until(lambda: time.sleep(0.02), lambda: way.progress()[1] == 2)
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
    assert way.said[-1]["applied"] == 2


# --- what only Kafka does ----------------------------------------------------------------------------------


@pytest.fixture
def by_kafka(on_kafka: Topics, ambito: Ambito, feed: Feed, recipient_url: str) -> Iterator[Way]:
    made = Way(ambito, feed, on_kafka, recipient_url)
    yield made
    for opened in made.open:
        opened.close()


def test_each_recipient_gets_its_own_rows_and_may_read_no_other_topic(by_kafka: Way) -> None:
    by_kafka.ambito.show_facts(2)
    by_kafka.ambito.show_facts(1, recipient="ust")
    by_kafka.relay()
    assert by_kafka.topics
    assert [len(by_kafka.topics.records(name)) for name in ("cpi", "ust")] == [2, 1]
    of_another = by_kafka.topics.source("cpi", topic_of="ust")
    with closing(of_another) as source, pytest.raises(TopicAuthorizationFailedError):
        until(lambda: source.poll(0, 0.2), lambda: False)


def test_a_relay_that_dies_before_it_notes_its_position_repeats_and_nobody_minds(
    by_kafka: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert by_kafka.topics
    by_kafka.ambito.show_facts(3)
    with monkeypatch.context() as dying, closing(by_kafka.topics.relay()) as relaying:
        dying.setattr(Disclosed, "mark_relayed", lambda *_: (_ for _ in ()).throw(OSError("kill -9")))
        with pytest.raises(OSError, match="kill"):
            relaying.step()
    subscriber = by_kafka.subscriber()
    by_kafka.settle(subscriber, 3)
    by_kafka.ambito.show_facts(1)
    by_kafka.settle(subscriber, 4)
    assert [int(dict(r.headers)["ce_sequence"]) for r in by_kafka.topics.records()] == [1, 2, 3, 1, 2, 3, 4]
    assert len(by_kafka.shown()) == 4
    assert by_kafka.ambito.disclosed.relayed("cpi") == 4
    assert by_kafka.feed.asked == []


def test_a_second_relay_ends_the_first_and_the_topic_stays_in_order(by_kafka: Way) -> None:
    assert by_kafka.topics
    with closing(by_kafka.topics.relay()) as one, closing(by_kafka.topics.relay()) as two:
        by_kafka.ambito.show_facts(1)
        assert one.step() == 1
        by_kafka.ambito.show_facts(1)
        assert two.step() == 1
        by_kafka.ambito.show_facts(1)
        assert one.step() == 0  # fenced: it throws its producer away and reads its position again
        until(one.step, lambda: by_kafka.ambito.disclosed.relayed("cpi") == 3)
    assert [int(dict(r.headers)["ce_sequence"]) for r in by_kafka.topics.records()] == [1, 2, 3]


class Failing:
    """A producer of which one method fails; the rest is Kafka's."""

    def __init__(self, real: Any, method: str) -> None:
        self._real, self._method = real, method

    def __getattr__(self, name: str) -> Any:
        if name == self._method:
            return self._fail
        return getattr(self._real, name)

    def _fail(self, *_: Any, **__: Any) -> Any:
        raise KafkaError("as after an outage")


@pytest.mark.parametrize(
    "method", ["init_transactions", "begin_transaction", "send", "flush", "commit_transaction"]
)
def test_a_producer_that_failed_is_never_used_again(by_kafka: Way, method: str) -> None:
    assert by_kafka.topics
    made: list[Any] = []

    def make() -> Any:
        assert by_kafka.topics
        real = by_kafka.topics.producer()
        made.append(real)
        return Failing(real, method) if len(made) == 1 else real

    by_kafka.ambito.show_facts(2)
    with closing(by_kafka.topics.relay(make=make)) as relaying:
        assert relaying.step() == 0
        assert relaying.step() == 0, "Kafka is given time"
        until(relaying.step, lambda: by_kafka.ambito.disclosed.relayed("cpi") == 2)
        assert len(made) == 2
        assert not made[0]._sender.is_alive()
    assert [int(dict(r.headers)["ce_sequence"]) for r in by_kafka.topics.records()] == [1, 2]


def test_a_batch_is_bounded_and_no_recipient_waits_for_the_backlog_of_another(
    by_kafka: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert by_kafka.topics
    monkeypatch.setattr(relay, "BATCH", 3)
    by_kafka.ambito.show_facts(8)
    by_kafka.ambito.show_facts(1, recipient="ust")
    with closing(by_kafka.topics.relay()) as relaying:
        assert relaying.step() <= 3
        assert relaying.step() <= 3
        assert by_kafka.ambito.disclosed.relayed("ust") == 1
        until(relaying.step, lambda: by_kafka.ambito.disclosed.relayed("cpi") == 8)


def test_a_gap_in_the_topic_is_healed_from_the_feed(by_kafka: Way) -> None:
    by_kafka.ambito.show_facts(4)
    by_kafka.ambito.disclosed.mark_relayed("cpi", 2)  # a topic that has lost its first records
    subscriber = by_kafka.subscriber()
    by_kafka.settle(subscriber, 4)
    assert by_kafka.feed.asked[0] == 0
    assert len(by_kafka.shown()) == 4
    asked = len(by_kafka.feed.asked)
    by_kafka.ambito.show_facts(1)
    by_kafka.settle(subscriber, 5)
    assert len(by_kafka.feed.asked) == asked, "the topic is whole again"


def test_a_wide_gap_is_healed_page_by_page(by_kafka: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FeedSource.page, "__defaults__", (2,))
    by_kafka.ambito.show_facts(7)
    by_kafka.ambito.disclosed.mark_relayed("cpi", 5)
    by_kafka.settle(by_kafka.subscriber(), 7)
    assert by_kafka.query("select count(*), max(seq) from views.shown_v1") == [(7, 7)]


def test_a_malformed_record_is_a_gap_and_heals(by_kafka: Way) -> None:
    assert by_kafka.topics
    by_kafka.ambito.show_facts(1)
    by_kafka.relay()
    by_kafka.ambito.show_facts(1)
    producer = by_kafka.topics.producer()
    with closing(producer):
        producer.init_transactions()
        producer.begin_transaction()
        producer.send(topics.topic(by_kafka.ambito.code, "cpi"), b"{", b"key", [("ce_id", b"x")], 0)
        producer.commit_transaction()
    by_kafka.ambito.disclosed.mark_relayed("cpi", 2)
    by_kafka.ambito.show_facts(1)
    by_kafka.settle(by_kafka.subscriber(), 3)
    assert len(by_kafka.shown()) == 3


def test_an_offset_that_the_broker_does_not_have_leads_back_to_the_beginning(by_kafka: Way) -> None:
    by_kafka.ambito.show_facts(2)
    by_kafka.settle(by_kafka.subscriber(), 2)
    by_kafka.change("update inbox.progress set kafka_offset = 1000")
    by_kafka.ambito.show_facts(1)
    by_kafka.settle(by_kafka.subscriber(), 3)
    assert len(by_kafka.shown()) == 3


def test_without_a_feed_a_gap_waits_until_the_topic_has_it_and_a_new_epoch_is_not_guessed(
    by_kafka: Way,
) -> None:
    assert by_kafka.topics
    by_kafka.ambito.show_facts(4)
    with psycopg.connect(by_kafka.ambito.ledger.owner_url) as owner:
        owner.execute("insert into ledger.relayed values ('cpi', 2)")
    by_kafka.relay()
    with closing(Subscriber(by_kafka.topics.source(), by_kafka.url, [Shown()], "cpi")) as alone:
        for _ in range(6):
            alone.step(0.1)
        assert by_kafka.progress()[1] == 0
        with psycopg.connect(by_kafka.ambito.ledger.owner_url) as owner:
            owner.execute("update ledger.relayed set seq = 0")
        by_kafka.settle(alone, 4)
        assert len(by_kafka.shown()) == 4
        by_kafka.ambito.restore(keep=3)
        by_kafka.ambito.show_facts(1)
        by_kafka.relay()
        with pytest.raises(CannotHeal):
            until(lambda: alone.step(0.1), lambda: False)
        assert by_kafka.progress()[1] == 4


# --- what only the REST side does --------------------------------------------------------------------------


def test_the_acknowledgement_is_signed_and_what_the_api_keeps_is_what_was_said(
    ambito: Ambito, feed: Feed, recipient_url: str
) -> None:
    key = OKPKey.generate_key("Ed25519")
    private, public = (orjson.dumps(key.as_dict(private=p)).decode() for p in (True, False))
    ambito.show_facts(2)
    with closing(Register(Transport(feed.url), lambda: "cpi")) as register:
        made = Subscriber(feed.source(), recipient_url, [Shown()], "cpi", Acknowledge(register, private))
        with closing(made) as subscriber:
            until(lambda: subscriber.step(0.05), lambda: bool(feed.signed))
    said = verified(feed.signed[-1], public)
    assert (said["recipient"], said["received"], said["applied"], said["parked"]) == ("cpi", 2, 2, [])


def test_an_answer_of_the_api_that_is_an_error_is_told_without_its_body(feed: Feed) -> None:
    feed.broken = True
    with closing(feed.source()) as source, pytest.raises(CallFailed) as raised:
        source.poll(0, 0)
    assert raised.value.status == 503
    assert "secret" not in str(raised.value)


def test_an_acknowledgement_that_is_not_taken_is_said_again(
    ambito: Ambito, feed: Feed, recipient_url: str
) -> None:
    said: list[Said] = []
    refusals = [CallFailed(503, "HTTP 503"), CallFailed(0, "ConnectionRefusedError")]

    def acknowledge(what: Said) -> None:
        if refusals:
            raise refusals.pop()
        said.append(what)

    ambito.show_facts(1)
    with closing(Subscriber(feed.source(), recipient_url, [Shown()], "cpi", acknowledge)) as subscriber:
        until(lambda: subscriber.step(0.1), lambda: bool(said))
    assert [s["applied"] for s in said] == [1]
