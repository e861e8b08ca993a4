"""A view made anew beside the one that serves: the same rows, whatever interrupts it, swapped at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from consumers.inbox import Inbox, OtherEpoch
from consumers.subscriber import Subscriber
from deploy.processes import views
from domain.case.commands import Law
from domain.ledger.disclosed import Disclosed
from domain.ledger.discloser import Discloser
from domain.ledger.keys import KeyFile
from domain.ledger.recipients import Enrolled
from domain.ledger.store import Log
from domain.message import Message
from projections.cases import Cases
from projections.offices import views_of
from projections.rebuild import Difference, NotKept, Rebuild, Rebuilt
from projections.runner import Runner
from projections.shown import Shown
from projections.view import BESIDE, Connection, View, enter, of_entry
from tests.databases import Ledger
from tests.integration.test_cases_view import assign, catch_up, refer
from tests.integration.test_erasure_and_disclosure import live
from tests.integration.test_relay_and_subscriber import Ambito, Feed, ambito, feed, row, until

__all__ = ["ambito", "feed"]

pytestmark = pytest.mark.integration


@pytest.fixture
def log(ledger: Ledger) -> Iterator[Log]:
    made = ledger.log(size=4)
    yield made
    made.recorder.pool.close()
    assert isinstance(made.keys, KeyFile)
    made.keys.close()
    made.close()


class Crash(BaseException):
    """The process dies here."""


def silent(_position: int, _end: int) -> None: ...


def rows(url: str, view: View[Any], schema: str = "views") -> dict[str, list[str]]:
    with psycopg.connect(url) as connection:
        return {
            table: sorted(
                str(each) for each in connection.execute(f"select * from {schema}.{table}".encode())
            )
            for table in view.tables
        }


def spoil(url: str, statement: str) -> None:
    with psycopg.connect(url) as owner:
        owner.execute(statement.encode())


def rebuild(
    ledger: Ledger, log: Log, view: View[Any], read: Callable[[int, int], Any] | None = None
) -> Rebuilt:
    return Rebuild(ledger.views_url, view, read or log.after, of_entry).run(silent)


def left_beside(url: str) -> list[Any]:
    with psycopg.connect(url) as connection:
        return connection.execute(
            "select relname from pg_class where relnamespace = 'beside'::regnamespace and relkind = 'r'"
            " and relname not in ('progress', 'parked', 'dropped')"
        ).fetchall()


# --- the Ambito's views --------------------------------------------------------------------------------


def test_every_view_of_the_ambito_is_made_anew_as_it_was(ledger: Ledger, log: Log) -> None:
    live(log)
    for view in views(log, log, Law()):
        runner = Runner(ledger.views_url, view, log.after, of_entry)
        catch_up(runner)
        runner.close()
        before = rows(ledger.owner_url, view)
        assert any(before.values())
        done = rebuild(ledger, log, view)
        assert (list(done.differences), done.parked) == ([], 0)
        assert rows(ledger.owner_url, view) == before
    assert left_beside(ledger.owner_url) == []


def test_a_view_writes_nowhere_but_into_the_schema_that_was_entered(ledger: Ledger, log: Log) -> None:
    """A schema in its SQL would let a rebuild write into the tables that serve."""
    live(log)
    for view in views(log, log, Law()):
        runner = Runner(ledger.views_url, view, log.after, of_entry, schema=BESIDE)
        catch_up(runner)
        runner.close()
        assert any(rows(ledger.owner_url, view, BESIDE).values())
    with psycopg.connect(ledger.owner_url) as owner:
        parked = owner.execute("select view, error from beside.parked").fetchall()
        found = owner.execute("select 1 from pg_class where relnamespace = 'views'::regnamespace").fetchall()
    assert (parked, found) == ([], [])


def test_what_differs_is_told_by_case_in_numbers_and_never_in_values(ledger: Ledger, log: Log) -> None:
    (one, _), (two, _), (three, _) = (refer(log) for _ in range(3))
    view = Cases(log.case)
    runner = Runner(ledger.views_url, view, log.after, of_entry)
    catch_up(runner)
    right = rows(ledger.owner_url, view)
    spoil(ledger.owner_url, f"update views.cases_v3 set phase = 'SECRET' where case_id = '{one}'")
    spoil(ledger.owner_url, f"delete from views.cases_v3 where case_id = '{two}'")
    spoil(
        ledger.owner_url,
        "insert into views.cases_v3 select gen_random_uuid(), version, benefit, residence_comune, phase,"
        " referred_on, closed_on, null, 0, 0, null, '{}', '{}' from views.cases_v3"
        f" where case_id = '{three}'",
    )
    done = rebuild(ledger, log, view)
    told = {each.case_id: (each.gone, each.new) for each in done.differences}
    assert (told.pop(str(one)), told.pop(str(two))) == ((1, 1), (0, 1))
    assert list(told.values()) == [(1, 0)] and str(three) not in told
    assert "SECRET" not in repr(done)
    assert rows(ledger.owner_url, view) == right
    refer(log)
    catch_up(runner)
    runner.close()
    assert len(rows(ledger.owner_url, view)["cases_v3"]) == 4


def test_the_old_rows_are_read_until_the_new_ones_take_their_place(ledger: Ledger, log: Log) -> None:
    for _ in range(3):
        refer(log)
    view = Cases(log.case)
    runner = Runner(ledger.views_url, view, log.after, of_entry)
    catch_up(runner)
    runner.close()
    seen: list[int] = []

    def read(position: int, limit: int) -> Any:
        with psycopg.connect(ledger.app_url) as api:
            row = api.execute("select count(*) from views.cases_v3").fetchone()
        assert row is not None
        seen.append(int(row[0]))
        return log.after(position, 2)

    rebuild(ledger, log, view, read)
    assert seen == [3, 3, 3]
    with psycopg.connect(ledger.app_url) as api:  # as who reads it after the swap
        assert len(api.execute("select * from views.cases_v3").fetchall()) == 3


def test_what_goes_on_meanwhile_is_in_the_new_view_too(ledger: Ledger, log: Log) -> None:
    for _ in range(4):
        refer(log)
    view = Cases(log.case)
    runner = Runner(ledger.views_url, view, log.after, of_entry)
    catch_up(runner)
    late: list[UUID] = []

    def read(position: int, limit: int) -> Any:
        if len(late) < 3:  # not in the swap, which holds the view
            late.append(refer(log)[0])
            catch_up(runner)
        return log.after(position, min(limit, 3))

    done = rebuild(ledger, log, view, read)
    assert list(done.differences) == []
    runner.step()
    refer(log)
    catch_up(runner)
    runner.close()
    assert len(rows(ledger.owner_url, view)["cases_v3"]) == 8


@pytest.mark.parametrize("seed", range(2))
def test_killed_at_any_point_it_goes_on_and_ends_with_the_same_rows(
    ledger: Ledger, log: Log, seed: int
) -> None:
    """The process dies at a call of the view or of the log, with whatever it had not committed."""
    random = Random(seed)
    for _ in range(4):
        case, _ = refer(log)
        for _ in range(random.randrange(3)):
            assign(log, case, uuid4())
    view = Cases(log.case)
    runner = Runner(ledger.views_url, view, log.after, of_entry)
    catch_up(runner)
    runner.close()
    right = rows(ledger.owner_url, view)
    spoil(ledger.owner_url, "update views.cases_v3 set phase = 'WRONG'")
    wrong, deaths = rows(ledger.owner_url, view), 0

    class Dying(Cases):
        def apply(self, connection: Connection, batch: Sequence[Any]) -> None:
            super().apply(connection, batch)
            perhaps_die()

    def perhaps_die() -> None:
        if random.random() < 0.4:
            raise Crash

    def read(position: int, limit: int) -> Any:
        perhaps_die()
        return log.after(position, min(limit, 2))

    while True:
        try:
            rebuild(ledger, log, Dying(log.case), read)
            break
        except Crash:
            deaths += 1
            assert rows(ledger.owner_url, view) == wrong, "the view that serves is untouched"
    assert deaths and rows(ledger.owner_url, view) == right


def test_killed_in_the_middle_of_the_swap_nothing_was_swapped(
    ledger: Ledger, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    live(log)
    for view in views(log, log, Law()):
        runner = Runner(ledger.views_url, view, log.after, of_entry)
        catch_up(runner)
        runner.close()
        before, swapped = rows(ledger.owner_url, view), 0

        def dies(connection: Connection, table: str) -> None:
            nonlocal swapped
            swapped += 1
            connection.execute(f"drop table views.{table}".encode())
            raise Crash

        with monkeypatch.context() as dying:
            dying.setattr("projections.rebuild._replace", dies)
            with pytest.raises(Crash):
                rebuild(ledger, log, view)
        assert swapped == 1 and rows(ledger.owner_url, view) == before
        rebuild(ledger, log, view)
        assert rows(ledger.owner_url, view) == before


def test_anew_forgets_what_other_code_had_made(ledger: Ledger, log: Log) -> None:
    for _ in range(3):
        refer(log)
    runner = Runner(ledger.views_url, Cases(log.case), log.after, of_entry)
    catch_up(runner)
    runner.close()
    right = rows(ledger.owner_url, runner.view)

    def read(position: int, limit: int) -> Any:
        if position >= 4:
            raise Crash
        return log.after(position, 2)

    with pytest.raises(Crash):
        rebuild(ledger, log, Cases(log.case), read)
    spoil(ledger.owner_url, "update beside.cases_v3 set phase = 'BY A FAULT'")
    again = Rebuild(ledger.views_url, Cases(log.case), log.after, of_entry)
    assert again.position == 4
    again.run(silent, anew=True)
    assert rows(ledger.owner_url, runner.view) == right


def test_indexes_and_grants_that_were_added_by_hand_are_on_the_new_table(ledger: Ledger, log: Log) -> None:
    refer(log)
    runner = Runner(ledger.views_url, Cases(log.case), log.after, of_entry)
    catch_up(runner)
    spoil(ledger.owner_url, "create index by_hand on views.cases_v3 (closed_on) where benefit = 'ADI'")
    spoil(ledger.owner_url, "grant select, update on views.cases_v3 to pg_monitor with grant option")

    def about(kind: str) -> Any:
        with psycopg.connect(ledger.owner_url) as owner:
            return owner.execute(kind.encode()).fetchall()

    indexes = "select indexname, indexdef from pg_indexes where tablename = 'cases_v3' order by 1"
    grants = "select a::text from pg_class, unnest(relacl) a where relname = 'cases_v3' order by 1"
    owner_of = "select relowner::regrole::text from pg_class where relname = 'cases_v3'"
    guards = "select policyname, roles::text, qual from pg_policies where tablename = 'cases_v3' order by 1"
    before = about(indexes), about(grants), about(owner_of), about(guards)
    assert len(before[3]) == 4
    assert any(name == "by_hand" for name, _ in before[0]) and len(before[1]) == 4
    rebuild(ledger, log, Cases(log.case))
    assert (about(indexes), about(grants), about(owner_of), about(guards)) == before
    runner.view.create(runner.connected())  # as the next start does
    runner.close()
    assert about(indexes) == before[0]


def test_what_the_new_view_cannot_apply_is_parked_in_place_of_what_was(ledger: Ledger, log: Log) -> None:
    (bad, _), (good, _) = refer(log), refer(log)

    def all_but(cannot: UUID) -> Callable[[UUID], Any]:
        def fold(case_id: UUID) -> Any:
            if case_id == cannot:
                raise ValueError
            return log.case(case_id)

        return fold

    runner = Runner(ledger.views_url, Cases(all_but(good)), log.after, of_entry)
    catch_up(runner)
    runner.close()
    done = rebuild(ledger, log, Cases(all_but(bad)))
    assert done.parked == 2
    with psycopg.connect(ledger.views_url) as connection:
        parked = connection.execute("select case_id, error from views.parked").fetchall()
    assert parked == [(bad, "ValueError")] * 2
    assert {each.case_id: (each.gone, each.new) for each in done.differences} == {
        str(bad): (1, 0),
        str(good): (0, 1),
    }


def test_a_view_that_was_never_kept_is_not_rebuilt(ledger: Ledger, log: Log) -> None:
    refer(log)
    with pytest.raises(NotKept):
        rebuild(ledger, log, Cases(log.case))


def test_something_that_rests_on_the_old_table_keeps_it(ledger: Ledger, log: Log) -> None:
    refer(log)
    view = Cases(log.case)
    runner = Runner(ledger.views_url, view, log.after, of_entry)
    catch_up(runner)
    runner.close()
    spoil(ledger.owner_url, "create view public.mine as select case_id from views.cases_v3")
    before = rows(ledger.owner_url, view)
    with pytest.raises(psycopg.errors.DependentObjectsStillExist):
        rebuild(ledger, log, view)
    assert rows(ledger.owner_url, view) == before


# --- a recipient's ---------------------------------------------------------------------------------------


@dataclass
class Office:
    """A recipient with its subscriber, and its inbox for who works on it."""

    ambito: Ambito
    subscriber: Subscriber
    inbox: Inbox
    url: str

    def catch_up(self) -> None:
        while self.subscriber.step(0):
            pass

    def ask(self, question: str) -> list[Any]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(question.encode()).fetchall()


@pytest.fixture
def office(ambito: Ambito, feed: Feed, recipient_url: str) -> Iterator[Office]:
    subscriber = Subscriber(feed.source(), recipient_url, views_of("cpi"), "cpi")
    inbox = Inbox(recipient_url, "cpi", feed.source(), views_of("cpi"))
    yield Office(ambito, subscriber, inbox, recipient_url)
    subscriber.close()
    inbox.close()


def test_a_recipients_view_is_rebuilt_from_the_feed_and_the_subscriber_goes_on(office: Office) -> None:
    office.ambito.show_facts(5)
    office.catch_up()
    before = rows(office.url, views_of("cpi")[0])
    spoil(office.url, "update views.shown_v1 set data = '{}' where seq = 2")
    done = office.inbox.rebuild(views_of("cpi")[0]).run(silent)
    assert (done.position, len(done.differences)) == (5, 1)
    assert rows(office.url, views_of("cpi")[0]) == before and left_beside(office.url) == []
    office.ambito.show_facts(2)
    office.catch_up()
    assert office.ask("select count(*) from views.shown_v1") == [(7,)]
    until(
        lambda: office.subscriber.step(0.1),
        lambda: office.ask("select due from inbox.overwriting") == [(False,)],
    )


def test_a_recipients_view_writes_nowhere_but_into_the_schema_that_was_entered(
    ledger: Ledger, log: Log, recipient_url: str
) -> None:
    live(log)
    for recipient in ("cpi", "ust", "asl", "comune-058091"):
        messages = told_to(log, recipient)
        assert messages
        for view in views_of(recipient):
            with psycopg.connect(recipient_url) as connection:
                enter(connection, BESIDE)
                view.create(connection)
                view.apply(connection, [message for message in messages if view.wants(message)])
    with psycopg.connect(recipient_url) as owner:
        assert (
            owner.execute("select 1 from pg_class where relnamespace = 'views'::regnamespace").fetchall()
            == []
        )


def test_a_rebuild_that_meets_a_restored_log_ends_and_one_begun_before_is_forgotten(office: Office) -> None:
    office.ambito.show_facts(4)
    office.catch_up()

    read, calls = office.inbox._read, 0

    def dies(seq: int, limit: int) -> Any:
        nonlocal calls
        calls += 1
        if calls > 1:
            raise Crash
        return read(seq, 2)

    office.inbox._read = dies  # type: ignore[method-assign]
    with pytest.raises(Crash):
        office.inbox.rebuild(views_of("cpi")[0]).run(silent)
    office.inbox._read = read  # type: ignore[method-assign]
    again = office.inbox.rebuild(views_of("cpi")[0])
    assert again.position == 2
    again.close()
    office.ambito.restore(keep=1)
    (new,) = office.ambito.show_facts(1)
    with pytest.raises(OtherEpoch):
        office.inbox.rebuild(views_of("cpi")[0]).run(silent)
    office.catch_up()
    assert office.ask("select 1 from pg_class where oid = to_regclass('beside.shown_v1')") == []
    done = office.inbox.rebuild(views_of("cpi")[0]).run(silent)
    assert done.position == 2 and list(done.differences) == []
    assert (new[1],) in office.ask("select event_id from views.shown_v1")


def test_a_case_that_is_parked_is_whole_after_a_rebuild_and_its_retry_changes_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    ((case, event),) = office.ambito.show_facts(1)
    ((_, later),) = office.ambito.refer()
    with monkeypatch.context() as broken:
        broken.setattr(Shown, "apply", lambda *_: (_ for _ in ()).throw(ValueError("secret")))
        office.catch_up()
    office.ambito.show(row(case, later), row(case, event, "backfill", {"benefit": "RDC"}))
    office.catch_up()
    assert office.ask("select seq, error from inbox.parked order by seq") == [
        (1, "ValueError"),
        (2, "Behind"),
        (3, "Behind"),
    ]
    done = office.inbox.rebuild(views_of("cpi")[0]).run(silent)
    assert list(done.differences) == [Difference(str(case), 0, 3)]
    whole = rows(office.url, views_of("cpi")[0])
    assert office.inbox.retry(case) == 3
    assert rows(office.url, views_of("cpi")[0]) == whole and office.ask("select 1 from inbox.parked") == []


def test_a_subscriber_that_runs_and_a_rebuild_meet_at_one_position(office: Office) -> None:
    office.ambito.show_facts(20)
    office.catch_up()  # the view is there
    stop = threading.Event()
    runs = threading.Thread(target=office.subscriber.run, args=[stop])
    runs.start()
    try:
        for _ in range(5):
            office.ambito.show_facts(3)
            done = office.inbox.rebuild(views_of("cpi")[0]).run(silent)
            assert list(done.differences) == [] and done.parked == 0
    finally:
        stop.set()
        runs.join()
    office.catch_up()
    assert office.ask("select count(*), count(distinct seq), max(seq) from views.shown_v1") == [(35, 35, 35)]


def told_to(log: Log, recipient: str) -> list[Message]:
    disclosed = Disclosed(log.recorder.pool, log.keys)
    discloser = Discloser(log, disclosed, Enrolled.of(("cpi", "ust", "asl", "comune-058091")))
    while discloser.step():
        pass
    return disclosed.messages(recipient, 0, 10_000)
