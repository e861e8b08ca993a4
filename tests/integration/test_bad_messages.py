"""What should never come to a recipient is parked or left out by a rule, counted, and holds up nobody."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import psycopg
import pytest

from consumers import envelope, topics
from consumers.subscriber import NotOurs, Subscriber
from domain.message import Message
from projections.shown import Shown
from tests.integration.test_relay_and_subscriber import (
    Ambito,
    Feed,
    Way,
    ambito,
    by_kafka,
    feed,
    on_kafka,
    row,
    way,
)

__all__ = ["ambito", "by_kafka", "feed", "on_kafka", "way"]

pytestmark = pytest.mark.integration


def left_out(way: Way) -> dict[str, int]:
    return dict(way.query("select rule, times from inbox.left_out"))


def parked(way: Way) -> list[Any]:
    return way.query("select seq, case_id, error from inbox.parked order by seq")


def put_on_the_topic(way: Way, *records: tuple[bytes | None, list[tuple[str, bytes]]]) -> None:
    """Records that no relay of ours would send."""
    assert way.topics
    with closing(way.topics.producer()) as producer:
        producer.init_transactions()
        producer.begin_transaction()
        for value, headers in records:
            producer.send(topics.topic(way.ambito.code, "cpi"), value, b"key", headers, 0)
        producer.commit_transaction()


def test_records_that_are_cut_foreign_or_forged_are_left_out_and_all_else_arrives(by_kafka: Way) -> None:
    found = by_kafka.ambito.show_facts(2)
    by_kafka.relay()
    (first, second) = by_kafka.ambito.disclosed.messages("cpi", 0)
    code = by_kafka.ambito.code

    def record(message: Message, ambito: str = code, **headers: bytes | None) -> Any:
        made = envelope.encode(message, ambito)
        given = {f"ce_{name}": value for name, value in headers.items()}
        told = [(name, given.get(name, value)) for name, value in made.headers]
        return made.value, [(name, value) for name, value in told if value is not None]

    good = record(second)
    put_on_the_topic(
        by_kafka,
        (good[0][: len(good[0]) // 2], good[1]),  # truncated
        (b"\xff\xfe not JSON", good[1]),
        (b"[]", good[1]),
        (b"{}", []),  # no message of anybody
        (b"{}", [("ce_id", b"x"), ("ce_specversion", b"1.0")]),
        record(second, kind=b"amnesia"),
        record(second, sequence=b"-1"),
        record(second, sequence=b"9" * 40),
        record(second, time=b"2026-01-01T00:00:00"),  # of no zone
        record(second, type=b"org.example.other.v1"),
        record(second, source=b"/somebody/else"),
        record(second, "another-ambito"),
        record(second, recipient=b"ust", sequence=b"3"),
        record(second, recipient=b"no code"),
        record(second, sequence=b"1000"),  # beyond all that was ever sent
        record(first),  # a repeat is no fault
    )
    found += by_kafka.ambito.show_facts(1)
    by_kafka.settle(by_kafka.subscriber(), 3)
    assert set(by_kafka.shown()) == {event for _, event in found}
    assert left_out(by_kafka) == {"MALFORMED": 10, "NOT_OURS": 4, "BEYOND_THE_FEED": 1}
    assert parked(by_kafka) == []


def test_an_unknown_major_is_parked_and_nobody_else_waits(way: Way) -> None:
    (case, _), (other, _) = way.ambito.show_facts(2)
    way.ambito.show(
        row(case, way.ambito.refer()[0][1], type="adi.case.case_referred.v9"),
        row(case, way.ambito.refer()[0][1]),
        row(other, way.ambito.refer()[0][1], type="adi.case.never_heard_of.v1", data={"new": ["to all"]}),
    )
    way.settle(way.subscriber(), 5)
    assert parked(way) == [(3, case, "UNKNOWN_MAJOR"), (4, case, "Behind")]
    assert way.query("select seq from views.shown_v1 order by seq") == [(1,), (2,), (5,)]


@pytest.fixture
def by_feed(ambito: Ambito, feed: Feed, recipient_url: str) -> Any:
    made = Way(ambito, feed, None, recipient_url)
    yield made
    for opened in made.open:
        opened.close()


def answers(monkeypatch: pytest.MonkeyPatch, seq: int, change: dict[str, Any], without: str = "") -> None:
    """The feed gives one message as no Ambito of this version would."""
    to_json = Message.to_json

    def changed(self: Message) -> dict[str, Any]:
        found = to_json(self) | (change if self.seq == seq else {})
        return {name: value for name, value in found.items() if self.seq != seq or name != without}

    monkeypatch.setattr(Message, "to_json", changed)


@pytest.mark.parametrize(
    ("change", "without", "rule"),
    [
        ({"kind": "amnesia"}, "", "UNKNOWN_KIND"),
        ({"data": ["not", "an", "object"]}, "", "WRONG_SCHEMA"),
        ({"recorded_at": "yesterday"}, "", "WRONG_SCHEMA"),
        ({}, "agency", "WRONG_SCHEMA"),
        ({"kind": "correction", "data": {"corrects_event_id": "no id"}}, "", "ValueError"),
    ],
)
def test_a_message_of_the_feed_that_does_not_read_is_parked_at_its_place(
    by_feed: Way, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], without: str, rule: str
) -> None:
    found = by_feed.ambito.show_facts(3)
    answers(monkeypatch, 2, change, without)
    by_feed.settle(by_feed.subscriber(), 3)
    assert parked(by_feed) == [(2, found[1][0], rule)]
    assert by_feed.query("select seq from views.shown_v1 order by seq") == [(1,), (3,)]


@pytest.mark.parametrize("change", [{"seq": "2"}, {"case_id": "no id"}])
def test_what_has_no_place_is_no_message_and_is_waited_for(
    by_feed: Way, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    by_feed.ambito.show_facts(2)
    subscriber = by_feed.subscriber()
    with monkeypatch.context() as wrong:
        answers(wrong, 2, change)
        with pytest.raises(Exception, match="not a feed"):
            subscriber.step(0)
    assert parked(by_feed) == [] and by_feed.progress()[1] == 0
    by_feed.settle(subscriber, 2)


def test_nothing_is_read_of_a_feed_that_is_another_recipients(
    ambito: Ambito, feed: Feed, recipient_url: str
) -> None:
    ambito.show_facts(2, recipient="ust")
    made = Subscriber(feed.source("ust"), recipient_url, [Shown()], "cpi")
    with closing(made) as subscriber, pytest.raises(NotOurs):
        subscriber.step(0)
    with psycopg.connect(recipient_url) as connection:
        assert connection.execute("select seq from inbox.progress").fetchall() == [(0,)]


def test_a_clock_that_is_far_ahead_moves_no_order_and_is_remarked(way: Way) -> None:
    found = way.ambito.show_facts(3)
    with psycopg.connect(way.ambito.ledger.owner_url) as owner:
        owner.execute(
            "update ledger.events set recorded_at = recorded_at + interval '40 years' where event_id = %s",
            [found[1][1]],
        )
    way.settle(way.subscriber(), 3)
    assert left_out(way) == {"CLOCK_AHEAD": 1} and parked(way) == []
    assert way.query("select seq from views.shown_v1 order by seq") == [(1,), (2,), (3,)]
