"""The views of an office on a real PostgreSQL: the same rows however its messages were cut into batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from random import Random
from typing import Any
from uuid import UUID, uuid5

import psycopg
import pytest

from consumers.source import LeftOut
from consumers.subscriber import NotOurs, Subscriber
from domain.contract import Json
from domain.message import Message
from projections.offices import views_of
from projections.view import clear, enter, exists
from tests.integration.offices.conftest import Sent

pytestmark = pytest.mark.integration

Rows = tuple[list[Any], list[Any]]

CUTS = 4


@pytest.fixture
def office(recipient_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(recipient_url, autocommit=True) as connection:
        enter(connection)
        yield connection


def apply(office: psycopg.Connection[Any], recipient: str, *batches: Sequence[Message]) -> Rows:
    """The rows of an office that was empty, once these batches were applied."""
    views = views_of(recipient)
    for view in views:
        view.create(office)
        clear(office, view)
        assert exists(office, view)
    for batch in batches:
        with office.transaction():
            for view in views:
                view.apply(office, batch)
    return (
        office.execute("select * from views.desk_v1 order by id").fetchall(),
        office.execute("select * from views.people_v1 order by case_id, member_id").fetchall(),
    )


@pytest.mark.parametrize("recipient", ["cpi", "ust", "asl", "asl-npi", "comune-058091"])
def test_the_rows_are_the_same_however_the_messages_were_cut(
    office: psycopg.Connection[Any], sent: Sent, recipient: str
) -> None:
    """Also where facts are withdrawn, corrected, voided and erased among them."""
    assert apply(office, recipient, sent[recipient])[0]
    messages = troubled(sent[recipient], Random(f"trouble of {recipient}"))
    assert {"fact", "withdrawn", "correction", "erasure"} <= {message.kind for message in messages}
    whole = apply(office, recipient, messages)
    for number in range(CUTS):
        batches = list(cut(messages, Random(f"cut {number} of {recipient}")))
        assert len(batches) > 1
        assert apply(office, recipient, *batches) == whole


def test_a_batch_that_comes_again_changes_nothing(office: psycopg.Connection[Any], sent: Sent) -> None:
    messages = sent["cpi"]
    middle = len(messages) // 2
    once = apply(office, "cpi", messages)
    assert once[0] and once[1]
    assert apply(office, "cpi", messages[:middle], messages, messages[middle:]) == once


def test_what_is_withdrawn_and_what_is_erased_is_on_no_list(
    office: psycopg.Connection[Any], sent: Sent
) -> None:
    messages = sent["cpi"]
    lines, people = apply(office, "cpi", messages)
    assert lines and people
    end = messages[-1].seq
    erased = [erasure(message, end + n) for n, message in enumerate(messages, 1) if paths_of(message.data)]
    lines, people = apply(office, "cpi", messages, erased)
    assert lines, "what is not personal stays"
    assert {name for row in people for name in (row[2], row[3], row[4])} == {None}
    withdrawn = [replace(m, kind="withdrawn", seq=end + n, data={}) for n, m in enumerate(messages, 1)]
    assert apply(office, "cpi", messages, withdrawn) == ([], [])


def test_an_office_keeps_its_lists_and_every_other_recipient_what_it_was_shown() -> None:
    assert [view.name for view in views_of("asl-serd")] == ["desk"]
    assert [view.name for view in views_of("comune-058091")] == ["desk"]
    for other in ("ats", "inps", "accreditato-12", "ets-radici", "puc", "sil", "mmg"):
        assert [view.name for view in views_of(other)] == ["shown"]


def test_a_subscriber_applies_nothing_in_the_database_of_another_recipient(
    recipient_url: str, office: psycopg.Connection[Any], sent: Sent
) -> None:
    with closing(Subscriber(Source(sent["cpi"]), recipient_url, views_of("cpi"), "cpi")) as own:
        own.step(0)
    before = office.execute("select * from shown_v1 order by event_id").fetchall()
    assert before
    other = Subscriber(Source(sent["ust"]), recipient_url, views_of("ust"), "ust")
    with closing(other), pytest.raises(NotOurs, match="the database of cpi, not of ust"):
        other.step(0)
    assert office.execute("select * from shown_v1 order by event_id").fetchall() == before
    assert office.execute("select recipient from inbox.owner").fetchall() == [("cpi",)]


# --- messages --------------------------------------------------------------------------------------------


class Source:
    """All messages at once."""

    offset: int | None = None
    log_epoch: UUID | None = None

    def __init__(self, messages: Sequence[Message]) -> None:
        self._messages = messages

    def poll(self, after_seq: int, timeout: float) -> list[Message]:
        return [message for message in self._messages if message.seq > after_seq]

    def seek(self, offset: int | None) -> None: ...

    def left_out(self) -> list[LeftOut]:
        return []

    def close(self) -> None: ...


def cut(messages: Sequence[Message], rng: Random) -> Iterator[Sequence[Message]]:
    """The same messages in batches of any size."""
    at = 0
    while at < len(messages):
        size = rng.choice((1, 2, 3, 10))
        yield messages[at : at + size]
        at += size


def troubled(messages: Sequence[Message], rng: Random) -> list[Message]:
    """The same with facts withdrawn, corrected, voided and erased here and there after they were shown."""
    found: list[Message] = []
    for message in messages:
        found.append(message)
        if rng.random() < 0.1:
            found.append(rng.choice((withdrawal, voiding, correcting, erasure))(rng.choice(found)))
    while {"withdrawn", "correction", "erasure"} - {message.kind for message in found}:
        found.append(rng.choice((withdrawal, voiding, correcting, erasure))(rng.choice(found)))
    return [replace(message, seq=number) for number, message in enumerate(found, 1)]


def withdrawal(of: Message) -> Message:
    return replace(of, kind="withdrawn", data={}, occurred_on=None)


def voiding(of: Message) -> Message:
    return _correction(of, {"corrects_event_id": str(of.event_id), "voids": True})


def correcting(of: Message) -> Message:
    """Some of its values are those of another day or of nobody."""
    moved = {name: "2025-06-06" for name in of.data if name.endswith("_on")}
    return _correction(of, {"corrects_event_id": str(of.event_id), "new_value": moved})


def _correction(of: Message, data: dict[str, Json]) -> Message:
    return replace(
        of,
        kind="correction",
        type="adi.case.event_corrected.v1",
        event_id=uuid5(of.event_id, str(data)),
        data=data,
    )


def erasure(of: Message, seq: int = 0) -> Message:
    """All that is text in a fact, and no id, is erased."""
    return replace(
        of,
        seq=seq,
        kind="erasure",
        type="adi.case.personal_data_erased.v1",
        event_id=uuid5(of.event_id, "erased"),
        data={"erased": [{"event_id": str(of.event_id), "paths": paths_of(of.data)}]},
    )


def paths_of(data: Any, path: str = "") -> list[str]:
    """Where the texts of a fact stand, ids and days left out."""
    if isinstance(data, dict):
        return [p for name, each in data.items() for p in paths_of(each, f"{path}.{name}" if path else name)]
    if isinstance(data, list):
        return [p for index, each in enumerate(data) for p in paths_of(each, f"{path}[{index}]")]
    return [path] if isinstance(data, str) and not _id(data) and not data[:4].isdecimal() else []


def _id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
