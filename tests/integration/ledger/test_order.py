"""One total order without gaps, whoever writes, however many at once."""

import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import orjson
import psycopg
import pytest
from eventsourcing.persistence import DataError, IntegrityError, OperationalError

import domain.ledger.store
from domain.ledger.keys import KeyDestroyed
from domain.ledger.mapper import LedgerEvent
from domain.ledger.recorder import (
    ASK_EVERY,
    ClaimTaken,
    CommandRepeated,
    ConnectionLost,
    LedgerRecorder,
    NoConnection,
    Outcome,
    Pending,
    pool,
)
from domain.ledger.store import Log
from tests.databases import Ledger
from tests.integration.ledger.acts import (
    LAW,
    assignment,
    bare,
    command,
    context,
    head_held,
    in_one_group,
    referral,
    wait_until,
)

pytestmark = pytest.mark.integration

IN_FULL = os.environ.get("AMBITO_TORTURE") == "1"
ACTS = 1_000 if IN_FULL else 40
SEEDS = range(20) if IN_FULL else range(1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


# --- the campaign ---------------------------------------------------------------------------------------


class Tail:
    """Reads the log as it grows and keeps what it saw; ``broken`` tells the first thing out of order."""

    def __init__(self, recorder: LedgerRecorder) -> None:
        self.recorder = recorder
        self.seen: list[LedgerEvent] = []
        self.broken: str | None = None
        self.ends_at: int | None = None
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            while self.broken is None:
                ends_at = self.ends_at
                if ends_at is not None and len(self.seen) >= ends_at:
                    return
                if not self._read() and ends_at is not None:
                    self.broken = f"the log ends after {len(self.seen)} of {ends_at}"
        except Exception as error:
            self.broken = repr(error)

    def _read(self) -> int:
        last = self.seen[-1].position if self.seen else 0
        new = self.recorder.select_after(last, 20)
        for event in new:
            if event.position != last + 1:
                self.broken = self.broken or f"position {event.position} came after {last}"
            last = event.position
        self.seen += new
        return len(new)


@contextmanager
def processes(ledger: Ledger, count: int, writers: int, seed: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    shared = [str(uuid4()) for _ in range(6)]
    arguments = [ledger.app_url, str(writers), str(ACTS)]
    running = [
        subprocess.Popen(
            [
                sys.executable,
                "-W",
                "error",
                "-m",
                "tests.integration.ledger.writers",
                *arguments,
                str(seed + n * 100),
                *shared,
            ],
            stdout=subprocess.PIPE,
        )
        for n in range(count)
    ]
    try:
        yield running
    finally:
        for process in running:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()


def campaign(ledger: Ledger, recorder: LedgerRecorder, seed: int) -> list[LedgerEvent]:
    """Two processes of eight writers and a reader behind them; the log as the reader saw it."""
    tail = Tail(recorder)
    with processes(ledger, 2, 8, seed) as running:
        tail.thread.start()
        try:
            told = [entry for process in running for entry in orjson.loads(process.communicate()[0])]
        finally:
            tail.ends_at = 0 if sys.exc_info()[0] else len(told)
            tail.thread.join()
    assert tail.broken is None, tail.broken
    seen = [[str(event.event_id), event.position] for event in tail.seen]
    assert seen == sorted(told, key=lambda entry: entry[1])
    return tail.seen


@pytest.mark.torture
@pytest.mark.parametrize("seed", SEEDS)
def test_a_reader_behind_16_writers_in_two_processes_sees_1_2_3_without_gap_or_repeat(
    ledger: Ledger, log: Log, seed: int
) -> None:
    seen = campaign(ledger, log.recorder, seed)
    assert len(seen) >= 16 * ACTS
    times = [event.recorded_at for event in seen if event.recorded_at]
    assert times == sorted(times) and len(times) == len(seen)
    check_chain(ledger)


def test_control_a_sequence_in_place_of_the_head_is_caught_by_the_reader(ledger: Ledger, log: Log) -> None:
    replace_in_append(
        ledger,
        {
            " for update": "",
            "pos := pos + 1;": "pos := nextval('ledger.by_sequence');",
            "update log_head set position = pos, recorded_at = at;": "perform pg_sleep(random() * 0.01);",
        },
    )
    with pytest.raises(AssertionError, match=r"position \d+ came after"):
        campaign(ledger, log.recorder, 0)


def replace_in_append(ledger: Ledger, changes: dict[str, str]) -> None:
    """The append function with some of its text replaced."""
    with psycopg.connect(ledger.owner_url, autocommit=True) as owner:
        owner.execute("create sequence ledger.by_sequence")
        owner.execute("grant usage on sequence ledger.by_sequence to ambito_app")
        row = owner.execute("select pg_get_functiondef('ledger.append'::regproc)").fetchone()
        assert row is not None
        text = str(row[0])
        for old, new in changes.items():
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        owner.execute(text.encode())


def check_chain(ledger: Ledger) -> int:
    """Every link computed again as the design words it; how many there are."""
    with psycopg.connect(ledger.owner_url) as owner:
        rows = owner.execute(
            "select position, recorded_at, stream_id, version, type, state, chain"
            " from ledger.events order by position"
        ).fetchall()
    links: dict[UUID, bytes] = {}
    for position, at, stream, version, type_, state, chain in rows:
        name = type_.encode()
        leaf = sha256(
            b"\0"
            + position.to_bytes(8, "big", signed=True)
            + ((at - EPOCH) // timedelta(microseconds=1)).to_bytes(8, "big", signed=True)
            + stream.bytes
            + version.to_bytes(4, "big", signed=True)
            + len(name).to_bytes(4, "big")
            + name
            + len(state).to_bytes(4, "big")
            + state
        ).digest()
        links[stream] = sha256(links.get(stream, bytes(32)) + leaf).digest()
        assert chain == links[stream], f"position {position}"
    return len(rows)


# --- the chain ------------------------------------------------------------------------------------------


def test_each_link_binds_its_event_and_the_one_before(ledger: Ledger, log: Log) -> None:
    stream = uuid4()
    log.recorder.insert_events(
        [bare(stream, 1, state=b""), bare(stream, 2, topic="è.v1"), bare(uuid4(), 1), bare(stream, 3)][:2]
    )
    log.recorder.insert_events([bare(uuid4(), 1), bare(stream, 3, state=b"x" * 100_000)])
    assert check_chain(ledger) == 4


@pytest.mark.parametrize(
    "change",
    [
        "state = 'other'",
        "type = 'adi.test.other.v1'",
        "version = version + 10",
        "recorded_at = recorded_at + interval '1 microsecond'",
        "stream_id = gen_random_uuid()",
    ],
)
def test_a_changed_column_breaks_its_link(ledger: Ledger, log: Log, change: str) -> None:
    stream = uuid4()
    log.recorder.insert_events([bare(stream, 1), bare(stream, 2)])
    with psycopg.connect(ledger.owner_url, autocommit=True) as owner:
        owner.execute(f"update ledger.events set {change} where version = 1".encode())
    with pytest.raises(AssertionError, match="position 1"):
        check_chain(ledger)


def test_bytes_moved_from_the_type_to_the_state_break_the_link(ledger: Ledger, log: Log) -> None:
    log.recorder.insert_events([bare(uuid4(), 1, topic="ab", state=b"cd")])
    with psycopg.connect(ledger.owner_url, autocommit=True) as owner:
        owner.execute("update ledger.events set type = 'abc', state = 'd'")
    with pytest.raises(AssertionError, match="position 1"):
        check_chain(ledger)


def test_recorded_at_waits_for_a_clock_that_was_set_back(ledger: Ledger, log: Log) -> None:
    ahead = datetime(2999, 1, 1, tzinfo=UTC)
    with psycopg.connect(ledger.owner_url, autocommit=True) as owner:
        owner.execute("update ledger.log_head set recorded_at = %s", [ahead])
    stream = uuid4()
    assert log.recorder.append(Pending(stream, 1, [bare(stream, 1)])).recorded_at == ahead
    assert log.recorder.append(Pending(stream, 2, [bare(stream, 2)])).recorded_at == ahead


# --- groups ---------------------------------------------------------------------------------------------


def act(stream: UUID | None = None, version: int = 1, **given: Any) -> Pending:
    """An act of one event."""
    stream = stream or uuid4()
    return Pending(stream, version, [bare(stream, version)], **given)


def test_acts_that_wait_together_go_in_with_one_commit_in_the_order_they_came(
    ledger: Ledger, log: Log
) -> None:
    acts = [act() for _ in range(5)]
    outcomes = in_one_group(ledger, log.recorder, [lambda a=a: log.recorder.append(a) for a in acts])
    assert [outcome.first_position for outcome in outcomes] == [2, 3, 4, 5, 6]
    assert len({outcome.recorded_at for outcome in outcomes}) == 1
    with psycopg.connect(ledger.owner_url) as owner:
        row = owner.execute("select count(distinct xmin::text) from ledger.events").fetchone()
    assert row == (2,)  # the one that led alone, and the group


def test_acts_that_fail_harm_no_other_of_their_group(ledger: Ledger, log: Log) -> None:
    taken, known, repeated = act(takes="one/adi"), act(), command()
    log.recorder.append(taken)
    log.recorder.append(known)
    log.recorder.append(act(command=repeated))
    same_id = act()
    same_id.events = [replace(same_id.events[0], event_id=known.events[0].event_id)]  # type: ignore[attr-defined, call-arg]
    odd = act()
    odd.events = [bare(odd.stream_id, 1, topic="nul \0 in a type")]
    acts = [
        act(),
        act(known.stream_id, 1),  # another was first
        act(command=command()),
        act(command=repeated),
        act(takes="one/adi"),
        act(known.stream_id, 2),
        act(known.stream_id, 2),  # the one just before, of the same group, was first
        act(takes="other/adi"),
        act(takes="other/adi"),
    ]
    told = in_one_group(ledger, log.recorder, [lambda a=a: log.recorder.append(a) for a in acts])
    kinds = [type(each) for each in told]
    assert kinds == [
        Outcome,
        IntegrityError,
        Outcome,
        CommandRepeated,
        ClaimTaken,
        Outcome,
        IntegrityError,
        Outcome,
        ClaimTaken,
    ]
    # What the database itself refuses takes the whole group with it: then each runs alone.
    more = [act(), same_id, act(command=command()), odd, act()]
    told += in_one_group(ledger, log.recorder, [lambda a=a: log.recorder.append(a) for a in more])
    kinds = [type(each) for each in told[len(acts) :]]
    assert kinds == [Outcome, IntegrityError, Outcome, DataError, Outcome]
    written = {event.event_id: event.position for event in log.recorder.select_after(0, 100)}
    for each, outcome in zip(acts + more, told, strict=True):
        stands = written.get(each.events[0].event_id)  # type: ignore[attr-defined]
        if isinstance(outcome, Outcome):
            assert stands == outcome.first_position == outcome.last_position
        else:
            assert stands is None or each is same_id
    assert sorted(written.values()) == list(range(1, len(written) + 1))
    check_chain(ledger)


def test_several_acts_of_one_stream_follow_each_other_in_one_group(ledger: Ledger, log: Log) -> None:
    stream = uuid4()
    acts = [
        Pending(stream, 2, [bare(stream, 1), bare(stream, 2)], command()),
        Pending(stream, 2, [], command()),
        Pending(stream, 3, [bare(stream, 3)], command()),
    ]
    told = in_one_group(ledger, log.recorder, [lambda a=a: log.recorder.append(a) for a in acts])
    assert [(o.first_position, o.last_position, o.version) for o in told] == [(2, 3, 2), (4, 3, 2), (4, 4, 3)]
    for each, outcome in zip(acts, told, strict=True):
        assert each.command is not None
        stored = log.recorder.outcome_of(each.command.client, each.command.command_id)
        assert stored is not None
        assert (stored.first_position, stored.last_position) == (
            outcome.first_position,
            outcome.last_position,
        )
    check_chain(ledger)


def test_an_act_that_decided_nothing_takes_no_position_and_leaves_its_command(log: Log) -> None:
    told = log.recorder.append(Pending(uuid4(), 0, [], repeated := command()))
    assert told.last_position == told.first_position - 1 == 0
    assert log.recorder.max_notification_id() is None
    with pytest.raises(CommandRepeated):
        log.recorder.append(Pending(uuid4(), 0, [], repeated))


def test_nothing_decided_on_a_version_that_has_passed_is_decided_again(log: Log) -> None:
    one = act()
    log.recorder.append(one)
    with pytest.raises(IntegrityError):
        log.recorder.append(Pending(one.stream_id, 0, [], command()))


def test_a_value_of_a_megabyte_in_a_full_group_goes_in_whole(ledger: Ledger, log: Log) -> None:
    large = [bytes([n]) * 1_048_576 for n in range(8)]
    acts = [Pending(s := uuid4(), 1, [bare(s, 1, state=state, sealed=state)]) for state in large]
    in_one_group(ledger, log.recorder, [lambda a=a: log.recorder.append(a) for a in acts])
    for each, state in zip(acts, large, strict=True):
        (event,) = log.recorder.select_events(each.stream_id)
        assert event.state == state and event.sealed == state  # type: ignore[attr-defined]
    check_chain(ledger)


def test_a_head_that_is_never_let_go_fails_the_whole_group_once(ledger: Ledger, log: Log) -> None:
    with psycopg.connect(ledger.owner_url, autocommit=True) as owner:
        owner.execute("alter function ledger.append set lock_timeout = '300ms'")
    tries = []
    write = log.recorder._write
    log.recorder._write = lambda acts, **k: tries.append(len(acts)) or write(acts, **k)  # type: ignore[method-assign, func-returns-value]
    with head_held(ledger), ThreadPoolExecutor(6) as threads:
        first = threads.submit(log.recorder.append, act())
        wait_until(lambda: log.recorder._led and not log.recorder._waiting)
        others = [threads.submit(log.recorder.append, act()) for _ in range(5)]
        errors = [future.exception() for future in (first, *others)]
    assert [type(error) for error in errors] == [NoConnection] * 6
    assert sum(tries) == 6  # nobody was tried alone afterwards: 64 acts would wait 64 times
    assert log.recorder.append(act()).first_position == 1


def test_a_group_that_finds_no_free_connection_fails_together_and_the_next_one_goes_in(
    ledger: Ledger,
) -> None:
    with pool(ledger.app_url, size=1) as connections:
        recorder = LedgerRecorder(connections)
        connections.timeout = 0.2
        with connections.connection():
            with ThreadPoolExecutor(5) as threads:
                errors = [f.exception() for f in [threads.submit(recorder.append, act()) for _ in range(5)]]
            assert [type(error) for error in errors] == [NoConnection] * 5
        assert recorder.append(act()).first_position == 1


def test_a_statement_cut_off_by_its_timeout_harms_no_other_of_its_group(ledger: Ledger, log: Log) -> None:
    with psycopg.connect(ledger.owner_url, autocommit=True) as owner:
        owner.execute("create function ledger.slow() returns trigger language plpgsql as $$ begin"
                      " if new.type = 'slow' then"
                      " raise query_canceled using message = 'canceling statement due to statement timeout';"
                      " end if; return new; end $$")  # fmt: skip
        owner.execute("create trigger slow before insert on ledger.events"
                      " for each row execute function ledger.slow()")  # fmt: skip
    slow = act()
    slow.events = [bare(slow.stream_id, 1, topic="slow")]
    told = in_one_group(
        ledger, log.recorder, [lambda a=a: log.recorder.append(a) for a in (act(), slow, act())]
    )
    assert [type(each) for each in told] == [Outcome, OperationalError, Outcome]


def test_an_act_that_cannot_be_sealed_harms_no_other_of_its_group(ledger: Ledger, log: Log) -> None:
    def unsealable() -> list[Any]:
        raise KeyDestroyed("person/1")

    alone = Pending(uuid4(), 1, command=command(), seal=unsealable)
    with pytest.raises(KeyDestroyed):
        log.recorder.append(alone)
    acts = (act(), Pending(uuid4(), 1, command=command(), seal=unsealable), act())
    told = in_one_group(ledger, log.recorder, [lambda a=a: log.recorder.append(a) for a in acts])
    assert [type(each) for each in told] == [Outcome, KeyDestroyed, Outcome]
    check_chain(ledger)


def test_whoever_is_interrupted_while_it_leads_leaves_nobody_waiting(ledger: Ledger, log: Log) -> None:
    class Interrupted(BaseException):
        pass

    write, once = log.recorder._write, iter((True,))

    def interrupted(acts: Any, **given: Any) -> int:
        if len(acts) > 1 and next(once, False):
            raise Interrupted
        return write(acts, **given)

    log.recorder._write = interrupted  # type: ignore[method-assign]
    told = in_one_group(ledger, log.recorder, [lambda: log.recorder.append(act())] * 3)
    assert Counter(map(type, told)) == {Interrupted: 1, OperationalError: 2}
    assert log.recorder.append(act()).first_position == 2


def test_connections_that_the_server_hung_up_are_replaced_before_they_are_used(
    ledger: Ledger, log: Log
) -> None:
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda _: log.recorder.append(act()), range(30)))
    with psycopg.connect(ledger.owner_url, autocommit=True) as owner:
        owner.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where usename = 'test_app' and datname = current_database()"
        )
        gone = "select 1 from pg_stat_activity where usename = 'test_app' and datname = current_database()"
        wait_until(lambda: owner.execute(gone).fetchone() is None)
    log.recorder.append(act())
    assert len(log.recorder.select_after(0, 100)) == 31


def test_the_connection_that_came_back_last_is_used_next(ledger: Ledger) -> None:
    with pool(ledger.app_url, size=4) as connections:
        with (
            connections.connection() as one,
            connections.connection() as two,
            connections.connection() as three,
        ):
            assert len({id(one), id(two), id(three)}) == 3
            wait_until(lambda: connections.get_stats()["pool_available"] == 0)
        wait_until(lambda: connections.get_stats()["pool_available"] == 3)
        for _ in range(3):
            with connections.connection() as used:
                assert used is one  # the outermost of the three was returned last


def test_a_server_that_is_away_is_asked_again_at_the_same_short_interval(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pause that doubles would leave a register idle for as long again as its server was away."""
    with pool(ledger.app_url.replace("test_app", "nobody"), size=1) as connections:
        delays: list[float] = []
        schedule = connections._sched.enter
        monkeypatch.setattr(
            connections._sched, "enter", lambda delay, act: (delays.append(delay), schedule(delay, act))
        )
        wait_until(lambda: delays.count(ASK_EVERY) >= 3)
    assert 2 * ASK_EVERY not in delays


def test_a_server_that_is_away_is_an_error_that_the_library_knows(ledger: Ledger) -> None:
    with pool(ledger.app_url.replace("test_app", "nobody"), size=1) as connections:
        connections.timeout = 0.2
        with pytest.raises(NoConnection):
            LedgerRecorder(connections).append(act())
    assert issubclass(ConnectionLost, OperationalError)


# --- lost races -----------------------------------------------------------------------------------------


def test_the_lost_race_is_decided_again_and_nothing_is_doubled(
    ledger: Ledger, log: Log, second_log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = uuid4()
    log.act(case_id, referral(), context(), law=LAW)
    decided: list[int] = []
    decide = domain.ledger.store.decide_case

    def counted(an_act: Any, law: Any, case: Any) -> Any:
        decided.append(case.version)
        return decide(an_act, law, case)

    monkeypatch.setattr(domain.ledger.store, "decide_case", counted)
    acts = [assignment() for _ in range(2)]
    with ThreadPoolExecutor(2) as threads:
        with head_held(ledger):
            futures = [
                threads.submit(each.act, case_id, stated, context(), law=LAW)
                for each, stated in zip((log, second_log), acts, strict=True)
            ]
            wait_until(lambda: len(decided) == 2 and log.recorder._led and second_log.recorder._led)
        told = [future.result() for future in futures]
    assert decided == [1, 1, 2]
    assert sorted(outcome.version for outcome in told) == [2, 3]
    assert {fact.event for fact in log.facts(case_id)[1:]} == set(acts)


def test_sixteen_writers_on_one_case_each_get_their_fact_in_once(log: Log, second_log: Log) -> None:
    case_id = uuid4()
    log.act(case_id, referral(), context(), law=LAW)
    acts = [assignment() for _ in range(48)]
    with ThreadPoolExecutor(16) as threads:
        list(
            threads.map(
                lambda n: (log, second_log)[n % 2].act(case_id, acts[n], context(), law=LAW), range(48)
            )
        )
    facts = log.facts(case_id)
    assert [fact.version for fact in facts] == list(range(1, 50))
    assert Counter(fact.event for fact in facts[1:]) == Counter(acts)
