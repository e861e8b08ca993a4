"""Deadlines and worklists on a real PostgreSQL: the same rows, however the log was cut into batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid5

import psycopg
import pytest

from domain.access.events import AccessRequestAnswered, AccessRequestReceived
from domain.access.state import fold as fold_access
from domain.case import events as e
from domain.case.state import Case, fold
from domain.catalogue import CONTRACTS
from domain.fact import Fact
from domain.ledger.access_logs import access_to
from domain.ledger.mapper import Entry
from domain.ledger.store import TABLE
from projections.cases import Cases
from projections.deadlines import Deadlines, requests_of, rows_of
from projections.runner import Runner
from projections.view import View, enter, of_entry
from projections.waiting import items_of
from projections.worklists import Worklists
from tests.databases import Ledger
from tests.telling import CASE, CLOCK, facts_of, id_of, said
from tests.unit.case.world import CLOSED, MET, REFERRED, SENT_TO_CPI, SIGNED, day
from tests.unit.test_cases_view import golden
from tests.unit.test_waiting import MEETING, full_life

pytestmark = pytest.mark.integration

OTHER = UUID(int=7)
DEADLINES = "select * from views.deadlines_v2 order by id"
WORKLISTS = "select * from views.worklists_v2 order by id"


def at(facts: Sequence[Fact[Any]], stream_id: UUID) -> list[Fact[Any]]:
    """The same history in another stream; its facts have ids of their own."""
    return [replace(fact, case_id=stream_id, event_id=uuid5(stream_id, str(fact.version))) for fact in facts]


def in_turn(*histories: Sequence[Fact[Any]]) -> list[Entry]:
    """Histories as one log: a fact of each in turn."""
    longest = max(len(history) for history in histories)
    order = [history[i] for i in range(longest) for history in histories if i < len(history)]
    return [Entry(replace(fact, position=n), {}) for n, fact in enumerate(order, 1)]


MOVED = e.EventCorrected(
    corrects_event_id=id_of(SENT_TO_CPI), reason="errore", new_value={"destination_id": "cpi-nord"}
)
RECEIVED = golden(AccessRequestReceived, subject_case_id=OTHER)
ANSWERED = golden(AccessRequestAnswered, request_id=RECEIVED.request_id)
LATE = e.TermLapsed(
    term_id="D13",
    due_on=RECEIVED.answer_by,
    duty_bearer="SERVIZI",
    started_by_event_id=uuid5(access_to(OTHER), "1"),
)
LOG = in_turn(
    facts_of(*full_life(), MOVED),
    at(facts_of(*MET, said(CLOCK, LATE)), OTHER),
    at(facts_of(RECEIVED, ANSWERED), access_to(OTHER)),
    at(facts_of(MEETING), TABLE),
)


class Told:
    """A log in memory that can be let grow."""

    def __init__(self, entries: Sequence[Entry] = LOG) -> None:
        self.entries, self.end = list(entries), len(entries)

    def facts(self, stream_id: UUID) -> list[Fact[Any]]:
        return [entry.fact for entry in self.entries[: self.end] if entry.fact.case_id == stream_id]

    def case(self, case_id: UUID) -> Case:
        return fold(self.facts(case_id))

    def after(self, position: int, limit: int) -> list[Entry]:
        return self.entries[: self.end][position : position + limit]

    def views(self) -> list[View[Entry]]:
        return [Deadlines(self.case, self.facts), Worklists(self.facts)]


def follow(ledger: Ledger, told: Told, size: int) -> None:
    """Apply what was told, so many entries at a time."""
    for view in told.views():
        runner = Runner(ledger.views_url, view, lambda position, _: told.after(position, size), of_entry)
        while runner.step():
            pass
        runner.close()


def rows(ledger: Ledger, query: str) -> list[tuple[Any, ...]]:
    """As the API's role reads them."""
    with psycopg.connect(ledger.app_url) as connection:
        return connection.execute(query.encode()).fetchall()


@pytest.fixture
def whole(ledger: Ledger) -> Iterator[tuple[list[Any], list[Any]]]:
    """The rows of a view built at once from the whole log."""
    follow(ledger, Told(), 500)
    built = rows(ledger, DEADLINES), rows(ledger, WORKLISTS)
    with psycopg.connect(ledger.owner_url) as owner:
        for view in Told().views():
            for table in view.tables:
                owner.execute(f"delete from views.{table}".encode())
        owner.execute("update views.progress set position = 0")
    yield built


def test_the_rows_are_those_of_the_whole_case(ledger: Ledger, whole: tuple[list[Any], list[Any]]) -> None:
    told = Told()
    expected = [row for case_id in (CASE, OTHER) for row in rows_of(case_id, told.case(case_id))]
    (request,) = requests_of(fold_access(told.facts(access_to(OTHER))), told.case)
    assert request.lapse_recorded and request.case_id == OTHER
    expected.append(request)
    assert [(r[0], r[1], r[2], r[5], r[7]) for r in whole[0]] == sorted(
        (row.id, row.case_id, row.term.id, row.term.due_on, row.desk) for row in expected
    )
    waiting = [each for stream in (CASE, OTHER, TABLE) for each in items_of(told.facts(stream))]
    assert [(r[0], r[3], r[4], r[7]) for r in whole[1]] == sorted(
        (item.id(name), name, item.item_id, list(item.desks)) for name, item in waiting
    )
    assert {r[1] for r in whole[1]} == {CASE, OTHER, TABLE}
    assert {r[2] for r in whole[1]} == {CASE, OTHER, None}


@pytest.mark.parametrize("size", [1, 3, 10])
def test_the_rows_are_the_same_however_the_log_is_cut(
    ledger: Ledger, whole: tuple[list[Any], list[Any]], size: int
) -> None:
    follow(ledger, Told(), size)
    assert (rows(ledger, DEADLINES), rows(ledger, WORKLISTS)) == whole


def test_the_rows_are_the_same_when_they_follow_a_log_that_grows(
    ledger: Ledger, whole: tuple[list[Any], list[Any]]
) -> None:
    told = Told()
    for told.end in range(1, len(LOG) + 1, 4):
        follow(ledger, told, 3)
    told.end = len(LOG)
    follow(ledger, told, 3)
    assert (rows(ledger, DEADLINES), rows(ledger, WORKLISTS)) == whole


def test_what_comes_again_changes_nothing(ledger: Ledger, whole: tuple[list[Any], list[Any]]) -> None:
    follow(ledger, Told(), 500)
    earlier = Told()
    earlier.end = 20
    for view in earlier.views():
        with psycopg.connect(ledger.views_url) as connection:
            enter(connection)
            view.apply(connection, [entry for entry in earlier.after(0, 500) if view.wants(entry)])
    assert (rows(ledger, DEADLINES), rows(ledger, WORKLISTS)) == whole


def test_a_correction_moves_the_rows_to_another_desk(ledger: Ledger) -> None:
    told = Told(in_turn(facts_of(*SIGNED, SENT_TO_CPI, MOVED)))
    told.end = len(told.entries) - 1
    desks = "select distinct desk from views.deadlines_v2 where term_id in ('D4a', 'D4b')"
    referred = "select desks from views.worklists_v2 where worklist = 'referrals_to_answer'"
    follow(ledger, told, 500)
    assert (rows(ledger, desks), rows(ledger, referred)) == ([("cpi",)], [(["cpi"],)])
    told.end += 1
    follow(ledger, told, 500)
    assert (rows(ledger, desks), rows(ledger, referred)) == ([("cpi-nord",)], [(["cpi-nord"],)])


def test_a_case_that_closes_leaves_the_desks(ledger: Ledger) -> None:
    told = Told(in_turn(facts_of(*SIGNED, CLOSED), at(facts_of(*MET), OTHER)))
    follow(ledger, told, 500)
    assert {row[1] for row in rows(ledger, DEADLINES)} == {OTHER}
    assert {row[1] for row in rows(ledger, WORKLISTS)} == {OTHER}


def test_a_lapse_on_record_is_marked(ledger: Ledger) -> None:
    lapsed = e.TermLapsed(
        term_id="D14", due_on=day(2, 20), duty_bearer="SERVIZI", started_by_event_id=id_of(MET[-1])
    )
    marked = "select lapse_recorded from views.deadlines_v2 where term_id = 'D14'"
    follow(ledger, Told(in_turn(facts_of(*MET))), 500)
    assert rows(ledger, marked) == [(False,)]
    clock = replace(facts_of(*MET)[0], event=lapsed, version=len(MET) + 1, event_id=UUID(int=9))
    follow(ledger, Told(in_turn([*facts_of(*MET), clock])), 500)
    assert rows(ledger, marked) == [(True,)]


def test_the_protocol_and_the_access_log_are_no_cases() -> None:
    read = Entry(at(facts_of(REFERRED), access_to(CASE))[0], {})
    accessed = golden_of("adi.access.case_file_accessed")
    signed = golden_of("adi.protocol.protocol_signed")
    for view in (Cases(Told().case), *Told().views()):
        assert view.wants(read)
        for event in (accessed, signed):
            assert not view.wants(replace(read, fact=replace(read.fact, event=event)))
    meeting = replace(read, fact=replace(read.fact, event=MEETING.event))
    assert Worklists(Told().facts).wants(meeting)
    assert not Deadlines(Told().case, Told().facts).wants(meeting) and not Cases(Told().case).wants(meeting)


def golden_of(name: str) -> Any:
    return golden(CONTRACTS[name].type)
