"""The Ambito's list of cases, kept level with a real log by the runner."""

from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.case.commands import Law
from domain.case.events import CaseClosed, CaseReferred, EventCorrected, OperatorAssigned, OperatorUnassigned
from domain.fact import Recorder
from domain.ledger.context import Context
from domain.ledger.keys import KeyFile
from domain.ledger.recorder import Command
from domain.ledger.store import Log
from projections.cases import Cases, row_of
from projections.runner import Runner
from projections.view import enter, of_entry
from tests.databases import Ledger

pytestmark = pytest.mark.integration

DAY = date(2025, 3, 3)
ME = uuid4()
WORKER = Recorder("servizio-sociale", "SOCIAL_WORKER", ME)


@pytest.fixture
def log(ledger: Ledger) -> Iterator[Log]:
    made = ledger.log(size=4)
    yield made
    made.recorder.pool.close()
    assert isinstance(made.keys, KeyFile)
    made.keys.close()
    made.close()


def act(log: Log, case_id: UUID, states: Any) -> UUID:
    command = Command("servizio-sociale", uuid4(), sha256(b"").digest())
    log.act(case_id, states, Context(WORKER, DAY, "TAKING_CHARGE", command, uuid4()), law=Law())
    return log.facts(case_id)[-1].event_id


def refer(log: Log) -> tuple[UUID, UUID]:
    """A case of the worker's own; its id, and that of its first event."""
    case_id = uuid4()
    referral = CaseReferred(
        household_id=uuid4(), residence_comune="058091", ats="RM-1", benefit="ADI", referred_on=DAY
    )
    referred = act(log, case_id, referral)
    assign(log, case_id, ME)
    return case_id, referred


def assign(log: Log, case_id: UUID, person: UUID) -> UUID:
    assignment = OperatorAssigned(
        assignment_id=uuid4(),
        person_id=person,
        agency="servizio-sociale",
        role="SOCIAL_WORKER",
        purpose="TAKING_CHARGE",
        from_on=DAY,
    )
    act(log, case_id, assignment)
    return assignment.assignment_id


def catch_up(runner: Runner[Any]) -> None:
    while runner.step():
        pass


def listed(ledger: Ledger, columns: str) -> dict[UUID, Any]:
    """As the API's role reads it."""
    with psycopg.connect(ledger.app_url) as connection:
        rows = connection.execute(f"select case_id, {columns} from views.cases_v3".encode()).fetchall()
    return {case_id: tuple(rest) for case_id, *rest in rows}


def correct(event_id: UUID, **given: Any) -> EventCorrected:
    return EventCorrected(corrects_event_id=event_id, reason="errore", **{"new_value": {}, **given})


@pytest.fixture
def runner(ledger: Ledger, log: Log) -> Iterator[Runner[Any]]:
    made = Runner(ledger.views_url, Cases(log.case), log.after, of_entry)
    yield made
    made.close()


def test_a_case_is_listed_as_it_goes_on(ledger: Ledger, log: Log, runner: Runner[Any]) -> None:
    (case, _), (other, _) = refer(log), refer(log)
    first, second = uuid4(), uuid4()
    assignment = assign(log, case, first)
    assign(log, case, second)
    catch_up(runner)
    assert listed(ledger, "benefit, residence_comune, phase, version, referred_on, closed_on, agencies") == {
        case: ("ADI", "058091", "OPEN", 4, DAY, None, ["comune-058091", "servizio-sociale"]),
        other: ("ADI", "058091", "OPEN", 2, DAY, None, ["comune-058091", "servizio-sociale"]),
    }
    assert set(listed(ledger, "operators")[case][0]) == {ME, first, second}

    act(log, case, OperatorUnassigned(assignment_id=assignment, until=DAY, reason="REPLACED"))
    act(log, other, CaseClosed(closed_on=DAY, reason="MOVED"))
    catch_up(runner)
    assert listed(ledger, "operators, phase, closed_on") == {
        case: (sorted([ME, second]), "OPEN", None),
        other: ([ME], "CLOSED", DAY),
    }


def test_a_correction_is_listed_and_what_follows_it_too(
    ledger: Ledger, log: Log, runner: Runner[Any]
) -> None:
    case, referral = refer(log)
    catch_up(runner)
    act(log, case, correct(referral, new_value={"residence_comune": "058092"}))
    assign(log, case, uuid4())
    closure = act(log, case, CaseClosed(closed_on=DAY, reason="MOVED"))
    act(log, case, correct(closure, voids=True))
    person = uuid4()
    assign(log, case, person)
    catch_up(runner)
    residence, phase, version, operators = listed(ledger, "residence_comune, phase, version, operators")[case]
    assert (residence, phase, version) == ("058092", "OPEN", 7)
    assert len(operators) == 3
    assert person in operators
    whole = row_of(case, log.case(case))
    assert sorted(whole.operators) == sorted(str(operator) for operator in operators)


def test_one_fact_at_a_time_or_all_at_once_gives_the_same_list(
    ledger: Ledger, log: Log, runner: Runner[Any]
) -> None:
    slowly = Runner(ledger.views_url, Cases(log.case), lambda at, _: log.after(at, 1), of_entry)
    for _ in range(3):
        case, referral = refer(log)
        assign(log, case, uuid4())
        act(log, case, correct(referral, new_value={"residence_comune": "058991"}))
    catch_up(slowly)
    slowly.close()
    every = "version, benefit, residence_comune, phase, members, open_measures, operators, agencies"
    before = listed(ledger, every)
    with psycopg.connect(ledger.owner_url) as owner:
        owner.execute("delete from views.cases_v3")
        owner.execute("update views.progress set position = 0")
    catch_up(runner)
    assert listed(ledger, every) == before


def test_a_second_runner_applies_nothing_twice(ledger: Ledger, log: Log, runner: Runner[Any]) -> None:
    refer(log)
    second = Runner(ledger.views_url, Cases(log.case), log.after, of_entry)
    catch_up(second)
    catch_up(runner)
    refer(log)
    catch_up(runner)
    assert second.step() == 0
    second.close()
    assert len(listed(ledger, "version")) == 2


def test_a_batch_that_comes_again_moves_nothing_back(ledger: Ledger, log: Log, runner: Runner[Any]) -> None:
    case, referral = refer(log)
    early = log.after(0, 10)
    act(log, case, correct(referral, new_value={"residence_comune": "058991"}))
    catch_up(runner)
    folded = []

    def fold(case_id: UUID) -> Any:
        folded.append(case_id)
        return log.case(case_id)

    with psycopg.connect(ledger.views_url) as connection:
        enter(connection)
        Cases(fold).apply(connection, early)
    assert folded == []
    assert listed(ledger, "version, residence_comune")[case] == (3, "058991")


def test_a_case_that_cannot_be_listed_is_parked_and_the_others_are(ledger: Ledger, log: Log) -> None:
    bad, _ = refer(log)
    good, _ = refer(log)

    def fold(case_id: UUID) -> Any:
        if case_id == bad:
            raise ValueError("secret")
        return log.case(case_id)

    runner = Runner(ledger.views_url, Cases(fold), log.after, of_entry)
    catch_up(runner)
    assign(log, bad, uuid4())
    assign(log, good, uuid4())
    catch_up(runner)
    runner.close()
    assert {case: row[0] for case, row in listed(ledger, "version").items()} == {good: 3}
    with psycopg.connect(ledger.views_url) as connection:
        parked = connection.execute(
            "select position, case_id, error, sqlstate from views.parked order by position"
        ).fetchall()
    assert parked == [*((n, bad, "ValueError", None) for n in (1, 2)), (5, bad, "Behind", None)]
