"""What cases add to the indicators, kept level with a real log by the runner."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.access.events import CaseFileAccessed
from domain.case import events as e
from domain.fact import Fact
from domain.indicators.formulas import Atom
from domain.indicators.period import Period
from domain.ledger.context import Context
from domain.ledger.keys import KeyFile
from domain.ledger.mapper import Entry
from domain.ledger.recorder import Command
from domain.ledger.store import Log
from projections.indicators import Indicators, counted
from projections.runner import Runner
from projections.view import enter, of_entry
from tests.databases import Ledger
from tests.integration.test_cases_view import act, assign, catch_up, correct, refer
from tests.telling import facts_of
from tests.unit.case.world import (
    CONVOKED,
    DELIVERED,
    DRAFTED,
    HELD,
    HUSBAND,
    MISSED,
    MOTHER,
    OPENED,
    SIGNED,
    day,
    decided,
    decurtazione,
    evaluated,
)
from tests.unit.indicators.counting import YEAR, medians, tally

pytestmark = pytest.mark.integration

FOREVER = Period(date(2017, 1, 1), date(2100, 12, 31))
PAD = e.PadSigned(signed_on=day(1, 13), signatory_member_id=MOTHER.member_id, siisl_ref="SIISL-PAD")
SUPPORT = e.SupportActivated(
    support_id=uuid4(),
    patto_id=DRAFTED.patto_id,
    catalogue_code="PROT8.i",
    provider="cpi",
    start_on=day(3, 20),
)


@pytest.fixture
def log(ledger: Ledger) -> Iterator[Log]:
    made = ledger.log(size=4)
    yield made
    made.recorder.pool.close()
    assert isinstance(made.keys, KeyFile)
    made.keys.close()
    made.close()


@pytest.fixture
def runner(ledger: Ledger, log: Log) -> Iterator[Runner[Any]]:
    made = Runner(ledger.views_url, Indicators(log.facts), log.after, of_entry)
    yield made
    made.close()


def rows(ledger: Ledger) -> list[tuple[Any, ...]]:
    """As the API's role reads them."""
    with psycopg.connect(ledger.app_url) as connection:
        return connection.execute(
            "select case_id, population, day, grp, marks, days, until, times from views.indicators_v1"
            " order by case_id, population, day, grp, marks, until, times"
        ).fetchall()


def adults_since(ledger: Ledger) -> dict[UUID, date]:
    """The first month of the first adult of each case."""
    found = [(case_id, since) for case_id, population, since, *_ in rows(ledger) if population == "adult"]
    return dict(reversed(found))


def recorded_today(ledger: Ledger, group: str, marks: str = "") -> int:
    with psycopg.connect(ledger.app_url) as connection:
        tallies = counted(connection, FOREVER).tallies
    found = tallies.get(Atom("fact", group, frozenset(marks.split())))
    return found.times if found else 0


def test_one_fact_at_a_time_or_all_at_once_gives_the_same_figures(
    ledger: Ledger, log: Log, runner: Runner[Any]
) -> None:
    slowly = Runner(ledger.views_url, Indicators(log.facts), lambda at, _: log.after(at, 1), of_entry)
    for _ in range(3):
        case_id, referral = refer(log)
        catch_up(slowly)
        assign(log, case_id, uuid4())
        act(log, case_id, OPENED[2])
        catch_up(slowly)
        act(log, case_id, correct(referral, new_value={"residence_comune": "058991"}))
        catch_up(slowly)
    slowly.close()
    before = rows(ledger)
    assert before
    with psycopg.connect(ledger.owner_url) as owner:
        owner.execute("delete from views.indicators_v1")
        owner.execute("delete from views.indicator_cases_v1")
        owner.execute("update views.progress set position = 0")
    catch_up(runner)
    assert rows(ledger) == before


def test_a_correction_moves_the_figures_of_its_case_alone(
    ledger: Ledger, log: Log, runner: Runner[Any]
) -> None:
    case_id, referral = refer(log)
    other, _ = refer(log)
    for each in (case_id, other):
        act(log, each, OPENED[2])
    catch_up(runner)
    assert adults_since(ledger) == {case_id: day(3, 1), other: day(3, 1)}
    act(log, case_id, correct(referral, new_value={"referred_on": "2025-02-03"}))
    catch_up(runner)
    assert adults_since(ledger) == {case_id: day(2, 1), other: day(3, 1)}
    assert recorded_today(ledger, "servizio-sociale", "correction") == 1


def test_facts_outside_the_cases_are_not_looked_at(ledger: Ledger, log: Log, runner: Runner[Any]) -> None:
    case_id, _ = refer(log)
    now = datetime(2025, 3, 3, tzinfo=UTC)
    read = CaseFileAccessed(
        accessor=uuid4(),
        agency="servizio-sociale",
        purpose="ACCESS",
        subject_case_id=case_id,
        as_of=now,
        events_shown=(),
        accessed_at=now,
    )
    by = log.facts(case_id)[0].recorder
    log.access_logs.note(
        case_id, read, Context(by, day(3, 3), "ACCESS", Command("test", uuid4(), b""), uuid4())
    )
    catch_up(runner)
    assert {row[0] for row in rows(ledger)} == {case_id}


def test_a_case_that_cannot_be_counted_is_parked_and_the_others_are_counted(ledger: Ledger, log: Log) -> None:
    bad, _ = refer(log)
    good, _ = refer(log)

    def facts(case_id: UUID) -> list[Fact[Any]]:
        if case_id == bad:
            raise ValueError("secret")
        return log.facts(case_id)

    runner = Runner(ledger.views_url, Indicators(facts), log.after, of_entry)
    catch_up(runner)
    runner.close()
    assert {row[0] for row in rows(ledger)} == {good}
    with psycopg.connect(ledger.views_url) as connection:
        parked = connection.execute("select distinct case_id, error from views.parked").fetchall()
    assert parked == [(bad, "ValueError")]


def history(case_id: UUID, *told: Any, on: datetime) -> list[Fact[Any]]:
    return [replace(fact, case_id=case_id, recorded_at=on) for fact in facts_of(*told)]


def test_what_the_database_counts_is_what_is_counted_by_hand(ledger: Ledger) -> None:
    """The formulas' tests count in Python: here both count the same histories, medians and all."""
    on = datetime(2025, 4, 25, 9, tzinfo=UTC)
    told: dict[UUID, list[Fact[Any]]] = {}
    for extra in (
        (PAD,),
        (PAD, SUPPORT),
        (replace(PAD, signed_on=day(1, 20)), replace(SUPPORT, start_on=day(4, 9)), MISSED, decurtazione()),
        (MISSED, decided(accepted=True), evaluated(HUSBAND, "voluntary", on=day(5, 5))),
    ):
        case_id = uuid4()
        told[case_id] = history(case_id, *SIGNED, *extra, on=on)
    case_id = uuid4()
    told[case_id] = history(case_id, *OPENED, PAD, CONVOKED, DELIVERED, HELD, on=on)
    view = Indicators(told.__getitem__)
    with psycopg.connect(ledger.views_url) as connection:
        enter(connection)
        view.create(connection)
        view.apply(connection, [Entry(fact, {}) for facts in told.values() for fact in facts])
        for period in (YEAR, Period(date(2025, 1, 1), date(2025, 3, 31)), FOREVER):
            found = counted(connection, period)
            assert found.tallies == tally(told.values(), period)
            assert found.medians == medians(told.values(), period)
    assert found.medians["first_convocation", None] == 14


def test_of_an_empty_register_there_is_nothing_to_count(
    ledger: Ledger, log: Log, runner: Runner[Any]
) -> None:
    catch_up(runner)
    with psycopg.connect(ledger.app_url) as connection:
        found = counted(connection, YEAR)
    assert found.tallies == {} and found.medians == {}
