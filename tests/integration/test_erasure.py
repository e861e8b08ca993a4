"""A person is erased: in every case, for every reader, once, and whatever breaks on the way."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from eventsourcing.persistence import IntegrityError

from consumers.source import LeftOut
from consumers.subscriber import Subscriber
from deploy import erase as command
from deploy.key_file import KeysOfAnotherDay, opened_keys
from deploy.processes import views
from deploy.settings import Settings
from domain.case import events as e
from domain.case.commands import Law
from domain.contract import encode, leaves
from domain.ledger import erasing
from domain.ledger.context import Context
from domain.ledger.disclosed import Disclosed
from domain.ledger.discloser import Discloser
from domain.ledger.keys import KeyFile
from domain.ledger.recipients import Enrolled
from domain.ledger.recorder import Command, pool
from domain.ledger.store import Log
from domain.message import Message
from domain.refused import Refused
from projections.offices import views_of
from projections.runner import Runner
from projections.shown import Shown
from projections.view import of_entry
from projections.whole import Followed
from tests.databases import Ledger
from tests.integration.test_discloser import RECIPIENTS, Register, step_through
from tests.unit.disclosure.story import (
    ANNA,
    BRUNO,
    CARLO,
    COMUNE,
    DAY,
    FAMILY,
    analysis,
    assigned,
    by,
    closed,
    component,
    condition,
    correction,
    decurtazione,
    household,
    member,
    referral,
    referred,
    reported,
    team,
    uid,
    unassigned,
)

pytestmark = pytest.mark.integration

LAW = Law()
FIRST, SECOND = uid("first case"), uid("second case")
GONE = {"erased": True}


@pytest.fixture
def register(ledger: Ledger) -> Iterator[Register]:
    log = ledger.log(size=6)
    yield Register(ledger, log, Disclosed(log.recorder.pool, log.keys))
    log.recorder.pool.close()
    log.close()
    keys_of(log).close()


def keys_of(log: Log) -> KeyFile:
    assert isinstance(log.keys, KeyFile)
    return log.keys


def lived(register: Register, case: UUID = FIRST, *more: Any) -> None:
    """A life that is over, of which several bodies know several things of several people."""
    told = register.tell_all(
        referral(),
        household(),
        analysis(),
        condition("EMPLOYED"),
        referred("cpi"),
        team(component("ust"), component("asl-serd", "SPECIALIST")),
        *more,
        case=case,
    )
    wider = (member(uid("Dora"), date(2020, 2, 2)), *FAMILY)
    register.tell(correction(told[1], members=tuple(reversed(wider))), case=case)
    register.tell(correction(told[1], members=wider[:3]), case=case)
    register.tell(closed(), case=case)


def erase(register: Register, person: UUID = ANNA) -> erasing.Erasure:
    return command.done(register.log, LAW, person, "REQUEST")


def disclose(register: Register) -> None:
    """As the relay does it."""
    log = register.log
    act = partial(erasing.carry_out, log=log, keys=keys_of(log))
    step_through(Discloser(log, register.disclosed, Enrolled.of(RECIPIENTS), act))


def erasures(register: Register, recipient: str) -> list[Message]:
    return [message for message in register.messages(recipient) if message.kind == "erasure"]


def shown_something_of(register: Register, person: UUID) -> set[str]:
    """By the bytes of what was shown: whoever has a value that is sealed under the key of the person."""
    with psycopg.connect(register.ledger.owner_url) as owner:
        rows = owner.execute(
            "select distinct recipient from ledger.disclosed where position(%b in payload) > 0",
            [f"person/{person}|".encode()],
        ).fetchall()
    return {recipient for (recipient,) in rows}


def ask(register: Register, question: str) -> list[Any]:
    with psycopg.connect(register.ledger.owner_url) as owner:
        return owner.execute(question.encode()).fetchall()


def on_record(log: Log, case: UUID) -> list[e.PersonalDataErased]:
    return [f.event for f in log.facts(case) if isinstance(f.event, e.PersonalDataErased)]


def personal_of(log: Log, case: UUID, person: UUID) -> list[Any]:
    """What can still be read of a person in a case."""
    return [
        leaf.value
        for fact in log.facts(case)
        for leaf in leaves(type(fact.event), encode(fact.event))
        if leaf.personal and leaf.subject == str(person) and leaf.value != GONE
    ]


# --- on record, in every case at once ------------------------------------------------------------------


def test_it_is_recorded_in_every_case_of_the_person_with_the_facts_that_held_them(register):
    lived(register)
    lived(register, SECOND)
    register.tell_all(referral(), household(member(BRUNO)), closed(), case=uid("of another household"))
    assert personal_of(register.log, FIRST, ANNA)
    erase(register)
    for case in (FIRST, SECOND):
        facts = register.log.facts(case)
        (erased,) = on_record(register.log, case)
        kinds = {f.event_id: type(f.event).__name__ for f in facts}
        assert (erased.member_id, erased.ground) == (ANNA, "REQUEST")
        assert {kinds[each] for each in erased.erased_event_ids} >= {
            "HouseholdCompositionRecorded",
            "MemberConditionRecorded",
            "EventCorrected",
        }
        assert personal_of(register.log, case, ANNA) == []
        assert personal_of(register.log, case, BRUNO)
    assert on_record(register.log, uid("of another household")) == []
    assert ask(register, "select key_id from ledger.erasures") == [(f"person/{ANNA}",)]


def test_saying_it_twice_records_and_tells_it_once(register):
    lived(register)
    disclose(register)
    erase(register)
    disclose(register)
    before = register.rows()
    assert erase(register).recorded == (FIRST,)
    disclose(register)
    assert register.rows() == before and len(on_record(register.log, FIRST)) == 1
    assert len(ask(register, "select key_id from ledger.erasures")) == 1


def test_a_hold_in_one_case_keeps_the_person_in_all(register):
    lived(register)
    register.tell_all(referral(), household(), decurtazione(), closed(), case=SECOND)
    with pytest.raises(Refused, match=f"case {SECOND}: a measure was not notified.*lett. e"):
        erase(register)
    for case in (FIRST, SECOND):
        assert on_record(register.log, case) == [] and personal_of(register.log, case, ANNA)
    assert ask(register, "select key_id from ledger.erasures") == []


def test_who_is_in_no_case_is_not_erased(register):
    lived(register)
    with pytest.raises(Refused, match="UNKNOWN_MEMBER"):
        erase(register, uuid4())


def test_a_fact_that_comes_meanwhile_is_seen_before_the_erasure_is_recorded(register, monkeypatch):
    """Between the decision and the append the case goes on: the hold that it brings is not overlooked."""
    lived(register)
    told = register.log.tell

    def late(*arguments: Any) -> None:
        monkeypatch.setattr(register.log, "tell", told)
        register.tell(decurtazione(), by("inps"), FIRST)
        told(*arguments)

    monkeypatch.setattr(register.log, "tell", late)
    with pytest.raises(Refused, match="LEGAL_HOLD"):
        erase(register)
    assert on_record(register.log, FIRST) == [] and personal_of(register.log, FIRST, ANNA)


def test_in_two_cases_it_is_all_or_nothing(register, monkeypatch):
    lived(register)
    lived(register, SECOND)
    context = Context(command.OPERATOR, date.today(), "ERASURE", Command("erase", uuid4(), b""), uuid4())
    told, _ = erasing._decided(register.log, ANNA, "REQUEST", LAW, context)
    register.tell(unassigned(), case=SECOND)
    with pytest.raises(IntegrityError):
        register.log.tell(told, context)
    assert on_record(register.log, FIRST) == on_record(register.log, SECOND) == []


def state(case: UUID, register: Register) -> e.PersonalDataErased:
    facts = register.log.facts(case)
    return e.PersonalDataErased(
        member_id=ANNA, erased_event_ids=(facts[1].event_id,), ground="REQUEST", erased_on=DAY
    )


def test_the_act_of_one_case_is_refused_where_the_person_is_in_others(register):
    lived(register)
    context = Context(command.OPERATOR, DAY, "ERASURE", Command("rest", uuid4(), b""), uuid4())
    lived(register, SECOND)
    with pytest.raises(Refused, match="IN_OTHER_CASES"):
        register.log.act(FIRST, state(FIRST, register), context, law=LAW)
    assert on_record(register.log, FIRST) == []


def test_the_act_of_one_case_is_carried_out_by_who_follows_the_log(register):
    lived(register)
    context = Context(command.OPERATOR, DAY, "ERASURE", Command("rest", uuid4(), b""), uuid4())
    register.log.act(FIRST, state(FIRST, register), context, law=LAW)
    assert personal_of(register.log, FIRST, ANNA)
    disclose(register)
    assert personal_of(register.log, FIRST, ANNA) == []
    assert ask(register, "select key_id from ledger.erasures") == [(f"person/{ANNA}",)]
    assert erasures(register, "cpi")


# --- told to exactly those who were shown something ----------------------------------------------------


@pytest.mark.parametrize("person", [ANNA, BRUNO, uid("Dora"), uid("component of ust")], ids=str)
def test_exactly_those_who_were_shown_something_of_the_person_are_told(register, person):
    lived(register)
    lived(register, SECOND, assigned("ust"))
    disclose(register)
    told = shown_something_of(register, person)
    register.log.tell(
        [
            (
                case,
                len(register.log.facts(case)),
                e.PersonalDataErased(
                    member_id=person,
                    erased_event_ids=(register.log.facts(case)[1].event_id,),
                    ground="REQUEST",
                    erased_on=DAY,
                ),
            )
            for case in (FIRST, SECOND)
        ],
        Context(command.OPERATOR, DAY, "ERASURE", Command("erase", uuid4(), b""), uuid4()),
    )
    disclose(register)
    assert {recipient for recipient in RECIPIENTS if erasures(register, recipient)} == told
    assert 0 < len(told) < len(RECIPIENTS)


def test_it_names_where_the_values_stand_and_tells_no_value_and_no_name(register):
    lived(register)
    disclose(register)
    has = {m.event_id: dict(m.data) for m in register.messages(COMUNE) if m.kind != "correction"}
    erase(register)
    disclose(register)
    (message,) = erasures(register, COMUNE)
    assert message.type == "adi.case.personal_data_erased.v1" and message.ground == "erasure"
    assert set(message.data) == {"erased"} and str(ANNA) not in str(message.data)
    named = {UUID(each["event_id"]): each["paths"] for each in message.data["erased"]}
    assert set(named) & set(has) and all(named.values())


def test_who_has_nothing_of_it_any_more_is_told_all_the_same(register):
    """It was shown, and a withdrawal only asks to forget it (GDPR art. 19)."""
    told = register.tell_all(referral(), household(), case=FIRST)
    disclose(register)
    register.tell(correction(told[0], residence_comune="058047"), case=FIRST)
    register.tell(closed(), case=FIRST)
    disclose(register)
    assert any(m.kind == "withdrawn" for m in register.messages(COMUNE))
    erase(register)
    disclose(register)
    (message,) = erasures(register, COMUNE)
    assert message.data == {"erased": []}


def test_what_lies_in_one_batch_with_its_erasure_is_told_of_too(register):
    """A discloser that was away meets the whole life at once."""
    lived(register)
    erase(register)
    disclose(register)
    told = shown_something_of(register, ANNA)
    assert {recipient for recipient in RECIPIENTS if erasures(register, recipient)} == told
    assert str(FAMILY[0].tax_code) not in str([register.messages(r) for r in RECIPIENTS])


def test_a_discloser_that_goes_on_shows_nothing_of_who_was_erased(register):
    """What it had in memory in clear is forgotten with the key."""
    log, act = (
        register.log,
        partial(erasing.carry_out, log=register.log, keys=keys_of(register.log)),
    )
    discloser = Discloser(log, register.disclosed, Enrolled.of(RECIPIENTS), act)
    lived(register)
    step_through(discloser)
    erase(register)
    step_through(discloser)
    before = {recipient: register.messages(recipient) for recipient in RECIPIENTS}
    household_fact = log.facts(FIRST)[1]
    register.tell(correction(household_fact, source="DSU"), case=FIRST)
    register.tell(referred("cpi", BRUNO), case=FIRST)
    step_through(discloser)
    after = [m for recipient in RECIPIENTS for m in register.new(recipient, before[recipient])]
    assert after and "CODICE-ANNA" not in str(after)


# --- the last one of a household -------------------------------------------------------------------------


def alone(register: Register, *more: Any) -> None:
    """A household of two, of which INPS was told something that concerns it as a whole."""
    register.tell_all(referral(), household(member(ANNA), member(BRUNO)), *more, case=FIRST)
    register.tell(replace(reported(), facts="DI-TUTTI"), case=FIRST)
    register.tell(closed(), case=FIRST)
    disclose(register)


def of_the_household(register: Register) -> str:
    return str([encode(fact.event) for fact in register.log.facts(FIRST)])


def test_with_the_last_member_goes_what_is_of_the_household_as_a_whole(register):
    alone(register)
    erase(register, ANNA)
    disclose(register)
    assert "DI-TUTTI" in of_the_household(register)
    told = len(erasures(register, "inps"))
    last = erase(register, BRUNO)
    disclose(register)
    assert "DI-TUTTI" not in of_the_household(register)
    (report,) = [f for f in register.log.facts(FIRST) if isinstance(f.event, e.InfractionReportedToInps)]
    assert report.event_id in last.facts[FIRST]
    named = erasures(register, "inps")[told].data["erased"]
    assert {"event_id": str(report.event_id), "paths": ["facts"]} in named
    assert ("household/" + str(FIRST),) in ask(register, "select key_id from ledger.erasures")


def test_an_open_case_keeps_what_is_of_its_household_whoever_was_erased(register):
    register.tell_all(referral(), household(member(ANNA)), replace(reported(), facts="DI-TUTTI"), case=FIRST)
    command.done(register.log, LAW, ANNA, "UNLAWFUL")
    assert "DI-TUTTI" in of_the_household(register) and personal_of(register.log, FIRST, ANNA) == []


def emptied(register: Register) -> None:
    """A household of one, of whom it was unlawful to hold anything; its case goes on to its end."""
    register.tell_all(referral(), household(member(ANNA)), replace(reported(), facts="DI-TUTTI"), case=FIRST)
    command.done(register.log, LAW, ANNA, "UNLAWFUL")


def test_when_it_is_closed_what_is_of_the_household_goes_by_an_erasure_that_says_so(register):
    emptied(register)
    register.tell(closed(), case=FIRST)
    disclose(register)
    told = len(erasures(register, "inps"))
    last = command.done(register.log, LAW, ANNA, "UNLAWFUL")
    disclose(register)
    (report,) = [f for f in register.log.facts(FIRST) if isinstance(f.event, e.InfractionReportedToInps)]
    assert report.event_id in last.facts[FIRST] and "DI-TUTTI" not in of_the_household(register)
    assert register.log.facts(FIRST)[1].event_id not in last.facts[FIRST]
    named = erasures(register, "inps")[told].data["erased"]
    assert {"event_id": str(report.event_id), "paths": ["facts"]} in named
    assert command.done(register.log, LAW, ANNA, "UNLAWFUL").recorded == (FIRST,)
    assert len(on_record(register.log, FIRST)) == 2


@pytest.mark.parametrize("name", ["carry_out", "_destroy"])
def test_broken_off_that_erasure_is_finished_at_the_next_start(register, monkeypatch, name):
    emptied(register)
    register.tell(closed(), case=FIRST)
    dies_once(monkeypatch, erasing, name)
    with pytest.raises(Crash):
        command.done(register.log, LAW, ANNA, "UNLAWFUL")
    assert "DI-TUTTI" in of_the_household(register)
    erasing.destroy_again(register.log.recorder.pool, keys_of(register.log))
    assert "DI-TUTTI" not in of_the_household(register)


def test_a_case_that_is_closed_since_keeps_its_household_until_then_whoever_follows_the_log(register):
    """The erasure says what goes, not the day on which somebody meets it."""
    emptied(register)
    register.tell(closed(), case=FIRST)
    disclose(register)
    erasing.carry_out(ANNA, register.log, keys_of(register.log))
    erasing.destroy(ANNA, register.log, keys_of(register.log))
    assert "DI-TUTTI" in of_the_household(register)
    assert ask(register, "select key_id from ledger.erasures") == [(f"person/{ANNA}",)]


def test_a_hold_keeps_what_is_of_the_household_when_the_case_is_closed(register):
    emptied(register)
    register.tell_all(decurtazione(), closed(), case=FIRST)
    with pytest.raises(Refused, match="LEGAL_HOLD"):
        command.done(register.log, LAW, ANNA, "UNLAWFUL")
    assert "DI-TUTTI" in of_the_household(register)


@pytest.mark.parametrize("name", ["carry_out", "_destroy"])
def test_broken_off_the_household_goes_at_the_next_start(register, monkeypatch, name):
    alone(register)
    erase(register, ANNA)
    dies_once(monkeypatch, erasing, name)
    with pytest.raises(Crash):
        erase(register, BRUNO)
    assert "DI-TUTTI" in of_the_household(register)
    erasing.destroy_again(register.log.recorder.pool, keys_of(register.log))
    assert "DI-TUTTI" not in of_the_household(register)


# --- a recipient's own view ----------------------------------------------------------------------------


class FromTheRecord:
    """A source that reads what was disclosed; what a topic holds in clear is given as it was sent."""

    offset: int | None = None
    log_epoch: UUID | None = None

    def __init__(self, register: Register, recipient: str) -> None:
        self._register, self._recipient = register, recipient

    def poll(self, after_seq: int, timeout: float) -> list[Message]:
        return self._register.disclosed.messages(self._recipient, after_seq, 3)

    def seek(self, offset: int | None) -> None: ...

    def left_out(self) -> list[LeftOut]:
        return []

    def close(self) -> None: ...


class Office:
    """A recipient with its own database."""

    def __init__(self, register: Register, recipient: str, url: str, view: Shown | None = None) -> None:
        self.url = url
        views = [view] if view else views_of(recipient)
        self.reader = Subscriber(FromTheRecord(register, recipient), url, views, recipient)

    def read(self) -> None:
        while self.reader.step(0):
            pass

    def ask(self, question: str) -> list[Any]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(question.encode()).fetchall()

    def shown(self) -> dict[UUID, Any]:
        return dict(self.ask("select event_id, data from views.shown_v1"))


@pytest.fixture
def comune(register: Register, recipient_url: str) -> Iterator[Office]:
    office = Office(register, COMUNE, recipient_url)
    yield office
    office.reader.close()


def masked(data: Any, marks: tuple[str, ...]) -> Any:
    """The oracle: every text that holds one of the marks, erased."""
    if isinstance(data, dict):
        return {name: masked(each, marks) for name, each in data.items()}
    if isinstance(data, list):
        return [masked(each, marks) for each in data]
    return GONE if isinstance(data, str) and any(mark in data for mark in marks) else data


def test_the_view_of_a_recipient_masks_the_person_and_nobody_else(register, comune):
    lived(register)
    disclose(register)
    comune.read()
    before = comune.shown()
    assert str(before).count("CODICE-ANNA") >= 3 and "CODICE-BRUNO" in str(before)
    erase(register)
    disclose(register)
    comune.read()
    after = comune.shown()
    assert set(after) == set(before)
    assert "CODICE-ANNA" not in str(after) and "anna@" not in str(after)
    for event_id, data in before.items():
        # Codici, names and mails of hers are erased; each value of the others is as it was.
        hers, now = masked(data, ("ANNA", "Anna", "anna@")), after[event_id]
        assert {k: v for k, v in now.items() if "members" not in k and k != "new_value"} == {
            k: v for k, v in hers.items() if "members" not in k and k != "new_value"
        }
        assert str(now).count("CODICE-BRUNO") == str(data).count("CODICE-BRUNO")
    assert comune.ask("select count(*) from views.cases_v1") == [(1,)]


def test_a_view_made_anew_from_the_record_is_the_same(register, comune):
    lived(register)
    disclose(register)
    comune.read()
    erase(register)
    disclose(register)
    comune.read()
    kept = comune.shown()
    with psycopg.connect(comune.url) as connection:
        connection.execute("delete from views.shown_v1")
        connection.execute("update inbox.progress set seq = 0, log_epoch = null")
    comune.reader._let_go()
    comune.read()
    assert comune.shown() == kept


def test_an_erasure_waits_for_no_message_that_is_parked(register, recipient_url):
    class Broken(Shown):
        broken = False

        def apply(self, connection: Any, batch: Any) -> None:
            if self.broken and any(message.kind != "erasure" for message in batch):
                raise ValueError
            super().apply(connection, batch)

    view = Broken()
    office = Office(register, COMUNE, recipient_url, view)
    register.tell_all(referral(), household(), case=FIRST)
    disclose(register)
    office.read()
    assert "CODICE-ANNA" in str(office.shown())
    view.broken = True
    register.tell_all(condition("EMPLOYED"), household(*FAMILY, member(CARLO)), closed(), case=FIRST)
    erase(register)
    disclose(register)
    office.read()
    parked = office.ask("select seq from inbox.parked")
    assert parked and "CODICE-ANNA" not in str(office.shown())
    (erasure,) = erasures(register, COMUNE)
    assert (erasure.seq,) not in parked
    office.reader.close()


def test_the_tables_of_the_view_are_written_anew_and_if_that_was_broken_off_at_the_next_start(
    register, comune, monkeypatch
):
    lived(register)
    disclose(register)
    comune.read()
    erase(register)
    disclose(register)
    monkeypatch.setattr(comune.reader._overwriting, "step", lambda connection: None)
    comune.read()
    assert comune.ask("select due from inbox.overwriting") == [(True,)]
    (was,) = comune.ask("select pg_relation_filenode('views.shown_v1')")
    comune.reader._let_go()
    monkeypatch.undo()
    comune.reader.step(0)
    assert comune.ask("select due from inbox.overwriting") == [(False,)]
    assert comune.ask("select pg_relation_filenode('views.shown_v1')") != [was]


def test_a_reader_that_holds_the_table_delays_the_overwriting_not_the_messages(register, comune):
    lived(register)
    disclose(register)
    comune.read()
    erase(register)
    register.tell_all(referral(), household(member(BRUNO)), case=SECOND)
    disclose(register)
    with psycopg.connect(comune.url) as reader:
        reader.execute("select count(*) from views.shown_v1")
        comune.read()
        assert comune.ask("select due from inbox.overwriting") == [(True,)]
        assert any(m.case_id == SECOND for m in register.messages(COMUNE))
        assert comune.ask("select seq from inbox.progress") == [(len(register.messages(COMUNE)),)]
    comune.read()
    assert comune.ask("select due from inbox.overwriting") == [(False,)]


# --- the Ambito's own views ----------------------------------------------------------------------------

FOLLOWED = (
    "progress",
    "deadlines_streams_v2",
    "indicator_cases_v1",
    "worklists_streams_v2",
    "decisions_cases_v1",
)
TABLES = ("cases_v3", "deadlines_v2", "indicators_v1", "worklists_v2", "decisions_v1")


def rows_of(register: Register) -> dict[str, list[Any]]:
    return {table: sorted(map(str, ask(register, f"select * from views.{table}"))) for table in TABLES}


def followers(register: Register) -> list[Runner[Any]]:
    log = register.log
    cases = Followed(log.facts)
    read = erasing.past_erasures(log.unopened, partial(erasing.destroy, log=log, keys=keys_of(log)))
    read = cases.reading(read)
    return [Runner(register.ledger.views_url, view, read, of_entry) for view in views(cases, log, LAW)]


def test_views_that_go_on_after_an_erasure_are_those_made_from_what_is_left(register):
    """They keep cases in memory, in clear: these are told again from the log."""
    lived(register)
    running = followers(register)
    step_all(running)
    with_her = rows_of(register)
    context = Context(command.OPERATOR, DAY, "ERASURE", Command("rest", uuid4(), b""), uuid4())
    register.log.act(FIRST, state(FIRST, register), context, law=LAW)
    step_all(running)
    assert personal_of(register.log, FIRST, ANNA) == []
    went_on = rows_of(register)
    with psycopg.connect(register.ledger.owner_url) as owner:
        for table in (*TABLES, *FOLLOWED):
            owner.execute(f"delete from views.{table}".encode())
    for each in running:
        each.close()
    fresh = followers(register)
    step_all(fresh)
    assert rows_of(register) == went_on and with_her != went_on
    for each in fresh:
        each.close()


def step_all(runners: list[Runner[Any]]) -> None:
    while sum(runner.step() for runner in runners):
        pass


# --- broken off, and restored --------------------------------------------------------------------------


class Crash(BaseException):
    """The process dies here."""


def dies_once(monkeypatch: pytest.MonkeyPatch, of: Any, name: str, *, after: bool = False) -> None:
    does = getattr(of, name)

    def die(*arguments: Any, **named: Any) -> Any:
        monkeypatch.undo()
        if after:
            does(*arguments, **named)
        raise Crash

    monkeypatch.setattr(of, name, die)


STEPS = [
    ("before the record", False, "tell"),
    ("after the record", True, "tell"),
    ("before the register", False, "carry_out"),
    ("before the key", False, "destroy"),
    ("after the key", True, "destroy"),
]


@pytest.mark.parametrize(("where", "after", "name"), STEPS, ids=[where for where, *_ in STEPS])
@pytest.mark.parametrize("goes_on", ["by hand", "at the next start", "by the relay"])
def test_broken_off_between_any_two_steps_it_is_finished(
    register, comune, monkeypatch, where, after, name, goes_on
):
    lived(register)
    lived(register, SECOND)
    disclose(register)
    comune.read()
    of: Any = {"tell": register.log, "destroy": register.log.keys, "carry_out": erasing}[name]
    dies_once(monkeypatch, of, name, after=after)
    with pytest.raises(Crash):
        erase(register)
    recorded = bool(on_record(register.log, FIRST))
    assert recorded == bool(on_record(register.log, SECOND)) == (where != "before the record")
    if goes_on == "by hand" or not recorded:
        erase(register)
    elif goes_on == "at the next start":
        erasing.destroy_again(register.log.recorder.pool, keys_of(register.log))
        assert personal_of(register.log, FIRST, ANNA) == []
    disclose(register)
    comune.read()
    assert personal_of(register.log, FIRST, ANNA) == personal_of(register.log, SECOND, ANNA) == []
    assert [len(on_record(register.log, case)) for case in (FIRST, SECOND)] == [1, 1]
    assert ask(register, "select key_id from ledger.erasures") == [(f"person/{ANNA}",)]
    assert len(erasures(register, COMUNE)) == 2 and "CODICE-ANNA" not in str(comune.shown())


def test_a_discloser_that_dies_tells_it_once(register, monkeypatch):
    lived(register)
    disclose(register)
    erase(register)
    dies_once(monkeypatch, Disclosed, "add")
    with pytest.raises(Crash):
        disclose(register)
    disclose(register)
    disclose(register)
    assert len(erasures(register, COMUNE)) == 1


def settings_of(ledger: Ledger) -> Settings:
    return Settings(key_file=ledger.keys_file, key_encryption_key=ledger.keys_wrapping)


def restored(ledger: Ledger, copy: Path) -> None:
    """The key file as a backup has it."""
    for beside in ledger.keys_file.parent.glob(f"{ledger.keys_file.name}-*"):
        beside.unlink()
    shutil.copy(copy, ledger.keys_file)


def test_a_key_file_from_before_an_erasure_brings_nobody_back(register, tmp_path):
    lived(register)
    keys = keys_of(register.log)
    keys.overwrite()
    shutil.copy(register.ledger.keys_file, tmp_path / "backup")
    erase(register)
    keys.close()
    restored(register.ledger, tmp_path / "backup")
    with closing(register.ledger.keys()) as plain:
        # The control: the key is back, whoever opens the file without its log reads her.
        assert plain.states([f"person/{ANNA}"]).present
    connections = pool(register.ledger.app_url, size=2)
    with closing(opened_keys(settings_of(register.ledger), connections)) as opened:
        assert opened.states([f"person/{ANNA}"]).destroyed
        again = Log(connections, opened)
        assert personal_of(again, FIRST, ANNA) == [] and personal_of(again, FIRST, BRUNO)
        assert b"CODICE-ANNA" not in register.ledger.keys_file.read_bytes()
    connections.close()


def test_a_key_file_of_another_day_is_refused_and_stays_as_it_is(register, tmp_path):
    """Keys made since would be missed: their values would read as erased, and the keys be made anew."""
    register.tell_all(referral(), case=FIRST)
    keys = keys_of(register.log)
    keys.overwrite()
    shutil.copy(register.ledger.keys_file, tmp_path / "backup")
    lived(register, SECOND)
    keys.close()
    restored(register.ledger, tmp_path / "backup")
    before = register.ledger.keys_file.read_bytes()
    connections = pool(register.ledger.app_url, size=2)
    with pytest.raises(KeysOfAnotherDay, match=r"lacks .* keys that the log names.*newest backup"):
        opened_keys(settings_of(register.ledger), connections)
    assert register.ledger.keys_file.read_bytes() == before
    connections.close()


def test_a_new_key_file_beside_a_log_is_refused_too(register, tmp_path):
    lived(register)
    other = Settings(key_file=tmp_path / "new" / "keys.sqlite", key_encryption_key=tmp_path / "new" / "kek")
    connections = pool(register.ledger.app_url, size=2)
    with pytest.raises(KeysOfAnotherDay):
        opened_keys(other, connections)
    connections.close()


def test_an_empty_log_and_a_new_key_file_belong_together(register, tmp_path):
    other = Settings(key_file=tmp_path / "new" / "keys.sqlite", key_encryption_key=tmp_path / "new" / "kek")
    connections = pool(register.ledger.app_url, size=2)
    opened_keys(other, connections).close()
    connections.close()
