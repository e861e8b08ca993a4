"""A command is carried out once, whatever happens to its answer."""

import os
import random
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from eventsourcing.persistence import IntegrityError, OperationalError

from domain.access.events import CommandRefused
from domain.contract import Sealed
from domain.ledger.access_logs import access_to
from domain.ledger.recorder import (
    CommandRepeated,
    ConnectionLost,
    LedgerRecorder,
    Outcome,
    Pending,
    Pool,
    pool,
)
from domain.ledger.store import KeyReused, Log, Stale, Unknown
from domain.ledger.warm import Stream
from domain.refused import Refused
from tests.databases import Ledger
from tests.integration.ledger.acts import (
    LAW,
    assignment,
    bare,
    closure,
    command,
    context,
    head_held,
    household,
    in_one_group,
    member,
    referral,
    wait_until,
)

pytestmark = pytest.mark.integration

IN_FULL = os.environ.get("AMBITO_TORTURE") == "1"
SEEDS = range(20) if IN_FULL else range(1)
ACTS = 400 if IN_FULL else 60


def opened(log: Log, **given: Any) -> UUID:
    """A case referred and assigned, at version 2."""
    case_id = uuid4()
    log.act(case_id, referral(**given), context(), law=LAW)
    by = context()
    log.act(case_id, assignment(by.by.person), by, law=LAW)
    return case_id


def refused(rule: str, *calling: Any, **given: Any) -> None:
    call, *arguments = calling
    with pytest.raises(Refused) as caught:
        call(*arguments, **given)
    assert caught.value.rule == rule


# --- the same command again -----------------------------------------------------------------------------


def test_the_same_command_again_gets_the_same_answer_and_writes_nothing(log: Log) -> None:
    case_id, once = uuid4(), context()
    first = log.act(case_id, stated := referral(), once, law=LAW)
    log.act(case_id, assignment(), context(), law=LAW)
    again = log.act(case_id, stated, once, law=LAW)
    assert again == replace(first, body_digest=once.command.body_digest, replayed=True)
    assert len(log.facts(case_id)) == 2


def test_the_answer_is_replayed_before_the_version_is_compared(log: Log) -> None:
    case_id, once = opened(log), context()
    first = log.act(case_id, stated := assignment(), once, law=LAW, if_version=2)
    again = log.act(case_id, stated, once, law=LAW, if_version=2)
    assert (again.version, again.first_position, again.replayed) == (3, first.first_position, True)


def test_a_command_that_decided_nothing_is_answered_the_same_later(log: Log) -> None:
    case_id, stated = opened(log), assignment()
    log.act(case_id, stated, context(), law=LAW)
    first = log.act(case_id, stated, once := context(), law=LAW)
    log.act(case_id, assignment(), context(), law=LAW)
    again = log.act(case_id, stated, once, law=LAW)
    assert first.last_position < first.first_position
    assert (again.version, again.first_position, again.last_position) == (
        3,
        first.first_position,
        first.last_position,
    )


def test_the_same_command_id_with_another_body_is_refused(log: Log) -> None:
    case_id, once = opened(log), context()
    log.act(case_id, assignment(), once, law=LAW)
    other = replace(once, command=replace(once.command, body_digest=sha256(b"other").digest()))
    with pytest.raises(KeyReused):
        log.act(case_id, assignment(), other, law=LAW)
    assert len(log.facts(case_id)) == 3


def test_the_same_command_id_of_another_client_is_another_command(log: Log) -> None:
    case_id, once = opened(log), context()
    other = replace(once, command=replace(once.command, client="another"))
    assert log.act(case_id, assignment(), once, law=LAW).version == 3
    assert log.act(case_id, assignment(), other, law=LAW).version == 4


@pytest.mark.parametrize("processes", ["one process", "two processes"])
def test_a_concurrent_twin_gets_the_answer_of_the_first(
    ledger: Ledger, log: Log, second_log: Log, processes: str
) -> None:
    case_id, once, stated = opened(log), context(), assignment()
    logs = (log, log if processes == "one process" else second_log)
    before = log.recorder.max_notification_id()
    told = at_once(ledger, logs, lambda each: each.act(case_id, stated, once, law=LAW, if_version=2))
    assert {(o.version, o.first_position, o.recorded_at) for o in told} == {
        (3, 3, log.facts(case_id)[2].recorded_at)
    }
    assert sorted(outcome.replayed for outcome in told) == [False, True]
    assert (before, log.recorder.max_notification_id()) == (2, 3)


def test_a_twin_that_was_given_another_case_id_is_told_the_case_of_the_first(
    ledger: Ledger, log: Log, second_log: Log
) -> None:
    once, stated = context(), referral()
    told = at_once(ledger, (log, second_log), lambda each: each.act(uuid4(), stated, once, law=LAW))
    assert len({(outcome.stream_id, outcome.first_position) for outcome in told}) == 1
    assert log.recorder.max_notification_id() == 1


def at_once(ledger: Ledger, logs: tuple[Log, Log], call: Any) -> list[Outcome]:
    """What two callers are told who both decided before either was written."""
    with ThreadPoolExecutor(2) as threads:
        with head_held(ledger):
            futures = [threads.submit(call, each) for each in logs]
            for each in logs:
                wait_until(lambda each=each: each.recorder._led)  # type: ignore[misc]
            if logs[0] is logs[1]:
                wait_until(lambda: len(logs[0].recorder._waiting) == 1)
        return [future.result() for future in futures]


def test_a_repeated_command_is_told_so_before_any_other_race_it_lost(log: Log) -> None:
    stream, once = uuid4(), command()
    first = Pending(stream, 1, [bare(stream, 1)], once, takes="one")
    log.recorder.append(first)
    for twin in (first.stream_id, uuid4()):
        with pytest.raises(CommandRepeated):
            log.recorder.append(Pending(twin, 1, [bare(twin, 1)], once, takes="one"))


@pytest.mark.parametrize("if_version", [2, None])
def test_a_twin_that_came_before_the_decision_changes_the_answer_of_neither(
    log: Log, monkeypatch: pytest.MonkeyPatch, if_version: int | None
) -> None:
    case_id, once = opened(log), context()
    stated = closure()
    told: list[Outcome] = []
    read = log._warm.stream

    def twin_then_read(stream_id: UUID) -> Stream:
        if not told:
            told.append(Outcome(case_id, 0, 0, 0, None))  # type: ignore[arg-type]
            told.append(log.act(case_id, stated, once, law=LAW, if_version=if_version))
            # What the twin did makes the same act impossible now.
            log.recorder.append(Pending(case_id, 4, [replace_stored(log, case_id)], command()))
        return read(stream_id)

    monkeypatch.setattr(log._warm, "stream", twin_then_read)
    again = log.act(case_id, replace(stated, reason="OTHER"), once, law=LAW, if_version=if_version)
    assert (again.version, again.first_position) == (3, told[1].first_position)


def replace_stored(log: Log, case_id: UUID) -> Any:
    """One more event of the case, as good as any: the stored bytes of its last one at the next version."""
    last = log.recorder.select_events(case_id, desc=True, limit=1)[0]
    return replace(last, originator_version=last.originator_version + 1, event_id=uuid4())  # type: ignore[call-arg]


# --- versions and claims --------------------------------------------------------------------------------


def test_a_client_that_saw_an_older_version_is_told_where_the_case_is_now(log: Log) -> None:
    case_id = opened(log)
    with pytest.raises(Stale) as caught:
        log.act(case_id, assignment(), context(), law=LAW, if_version=1)
    assert caught.value.version == 2
    assert len(log.facts(case_id)) == 2


def test_a_client_that_saw_the_last_version_loses_a_race_as_stale(
    ledger: Ledger, log: Log, second_log: Log
) -> None:
    case_id = opened(log)
    with ThreadPoolExecutor(2) as threads:
        with head_held(ledger):
            futures = [
                threads.submit(each.act, case_id, assignment(), context(), law=LAW, if_version=2)
                for each in (log, second_log)
            ]
            wait_until(lambda: log.recorder._led and second_log.recorder._led)
        errors = [future.exception() for future in futures]
    assert Counter(map(type, errors)) == {type(None): 1, Stale: 1}


def test_a_case_that_was_never_referred_is_unknown(log: Log) -> None:
    with pytest.raises(Unknown):
        log.act(uuid4(), assignment(), context(), law=LAW)
    with pytest.raises(Unknown):
        log.case(uuid4())


def test_a_household_has_one_open_case_for_a_benefit(log: Log) -> None:
    stated = referral()
    opened(log, household_id=stated.household_id)
    refused("CASE_ALREADY_OPEN", log.act, uuid4(), stated, context(), law=LAW)
    assert log.recorder.max_notification_id() == 2
    log.act(uuid4(), replace(stated, benefit="RDC"), context(), law=LAW)
    log.act(uuid4(), referral(), context(), law=LAW)


def test_of_two_referrals_at_once_one_is_refused(ledger: Ledger, log: Log) -> None:
    stated = referral()
    told = in_one_group(
        ledger, log.recorder, [lambda: log.act(uuid4(), stated, context(), law=LAW) for _ in range(2)]
    )
    assert Counter(map(type, told)) == {Outcome: 1, Refused: 1}


def test_a_closed_case_frees_its_household(log: Log) -> None:
    stated = referral()
    case_id = opened(log, household_id=stated.household_id)
    log.act(case_id, closure(), context(), law=LAW)
    next_id = uuid4()
    log.act(next_id, stated, context(), law=LAW)
    refused("CASE_ALREADY_OPEN", log.act, uuid4(), stated, context(), law=LAW)
    assert not log.case(case_id).open and log.case(next_id).open


def test_a_case_frees_no_claim_that_is_not_its_own(log: Log) -> None:
    holder, other = uuid4(), uuid4()
    log.recorder.append(Pending(holder, 1, [bare(holder, 1)], takes="one"))
    log.recorder.append(Pending(other, 1, [bare(other, 1)], frees="one"))
    with pytest.raises(IntegrityError):
        log.recorder.append(Pending(other, 2, [bare(other, 2)], takes="one"))


# --- erased persons and values that only look sealed ----------------------------------------------------


def test_nothing_new_is_recorded_of_an_erased_person(log: Log) -> None:
    case_id, erased = opened(log), member("gone")
    log.act(case_id, household(erased), context(), law=LAW)
    log.keys.destroy(f"person/{erased.member_id}")  # type: ignore[attr-defined]
    refused("PERSON_ERASED", log.act, case_id, household(erased, member("new")), context(), law=LAW)
    assert len(log.facts(case_id)) == 3


def test_a_value_that_only_looks_sealed_is_refused_and_leaves_the_case_readable(log: Log) -> None:
    case_id = opened(log)
    for forged in ("nonsense", f"person/{uuid4()}|unit|AAAA"):
        stated = replace(assignment(), unit=Sealed(forged))
        refused("BAD_VALUE", log.act, case_id, stated, context(), law=LAW)
    assert len(log.facts(case_id)) == 2


# --- connections lost -----------------------------------------------------------------------------------


class Shaky(LedgerRecorder):
    """Loses the answer of some appends after they were carried out, as a cut cable does."""

    def __init__(self, connections: Pool, seed: int) -> None:
        super().__init__(connections)
        self.chance, self.cut = random.Random(seed), 0

    def _write(self, acts: Any, **given: Any) -> int:
        first = super()._write(acts, **given)
        if self.chance.random() < 0.3:
            self.cut += 1
            for act in acts:
                act.outcome = act.error = None
            raise ConnectionLost("cut")
        return first


def client(recorder: LedgerRecorder, stream: UUID, acts: int, *, same_command: bool) -> list[UUID]:
    """Acts one after the other, each said again until there is an answer; the ids of its commands."""
    said = []
    for _ in range(acts):
        once = command()
        said.append(once.command_id)
        while True:
            try:
                if recorder.outcome_of(once.client, once.command_id):
                    break
                last = recorder.select_events(stream, desc=True, limit=1)
                version = last[0].originator_version + 1 if last else 1
                event = bare(stream, version, topic=str(said[-1]))
                recorder.append(Pending(stream, version, [event], once))
                break
            except (OperationalError, IntegrityError):
                once = once if same_command else command()
    return said


@contextmanager
def killer(ledger: Ledger, seed: int) -> Iterator[list[int]]:
    """Ends a random backend of the application at random moments; who was ended."""
    ended: list[int] = []
    stop, chance = threading.Event(), random.Random(seed)

    def run() -> None:
        with psycopg.connect(ledger.owner_url, autocommit=True) as owner:
            while not stop.wait(chance.uniform(0.001, 0.02)):
                rows = owner.execute(
                    "select pid from pg_stat_activity where usename = 'test_app' and state = 'active'"
                    " and datname = current_database()"
                ).fetchall()
                if rows:
                    (pid,) = chance.choice(rows)
                    owner.execute("select pg_terminate_backend(%s)", [pid])
                    ended.append(pid)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield ended
    finally:
        stop.set()
        thread.join()


def cut_off(ledger: Ledger, seed: int, *, same_command: bool) -> tuple[list[UUID], Counter[str]]:
    """Eight clients whose connections are ended, and whose answers are lost; what they said, and the log."""
    with pool(ledger.app_url, size=16) as connections:
        recorder = Shaky(connections, seed)
        with killer(ledger, seed) as ended, ThreadPoolExecutor(8) as threads:
            told = threads.map(lambda _: client(recorder, uuid4(), ACTS, same_command=same_command), range(8))
            said = [each for some in told for each in some]
        assert ended and recorder.cut
        return said, Counter(event.topic for event in recorder.select_after(0, 100_000))


@pytest.mark.torture
@pytest.mark.parametrize("seed", SEEDS)
def test_connections_lost_at_any_moment_lose_no_act_and_double_none(ledger: Ledger, seed: int) -> None:
    said, stands = cut_off(ledger, seed, same_command=True)
    assert stands == {str(one): 1 for one in said}


def test_control_a_client_that_makes_a_new_command_of_each_retry_doubles_its_acts(ledger: Ledger) -> None:
    said, stands = cut_off(ledger, 0, same_command=False)
    assert max(stands.values()) > 1 and set(stands) == {str(one) for one in said}


def test_an_answer_that_was_lost_is_found_by_the_log_itself(ledger: Ledger) -> None:
    log = ledger.log()
    try:
        case_id = opened(log)
        write, cuts = log.recorder._write, iter((True,))

        def cut_once(acts: Any, **given: Any) -> int:
            first = write(acts, **given)
            if next(cuts, False):
                for act in acts:
                    act.outcome = None
                raise ConnectionLost("cut")
            return first

        log.recorder._write = cut_once  # type: ignore[method-assign]
        told = log.act(case_id, assignment(), context(), law=LAW, if_version=2)
        assert (told.version, told.first_position, told.replayed) == (3, 3, True)
        assert len(log.facts(case_id)) == 3
    finally:
        log.recorder.pool.close()
        log.keys.close()  # type: ignore[attr-defined]


def test_an_act_without_a_command_whose_answer_was_lost_is_not_tried_again(ledger: Ledger) -> None:
    """Tried again it would find its own event, and be told that another was first."""
    with pool(ledger.app_url, size=2) as connections:
        recorder = Shaky(connections, 0)
        recorder.chance.random = lambda: 0.0  # type: ignore[method-assign]
        stream = uuid4()
        with pytest.raises(ConnectionLost):
            recorder.append(Pending(stream, 1, [bare(stream, 1)]))
        assert (recorder.cut, recorder.max_notification_id()) == (1, 1)


# --- access logs ------------------------------------------------------------------------------------------


def test_an_access_log_takes_the_lines_of_two_processes_in_turn(log: Log, second_log: Log) -> None:
    """Each remembers where it noted last, and the other was there since."""
    case_id = opened(log)
    for each in (log, log, second_log, log, second_log, second_log, log):
        noted = CommandRefused(
            actor=uuid4(), command="close_case", rule="STALE", refused_at=datetime(2026, 3, 2, tzinfo=UTC)
        )
        each.access_logs.note(case_id, noted, context())
    assert [fact.version for fact in log.facts(access_to(case_id))] == list(range(1, 8))
