"""The evidence of a request goes in with its act, and only with it; an act without any goes in as ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from threading import Barrier, Thread
from uuid import UUID, uuid4

import psycopg
import pytest
from eventsourcing.persistence import IntegrityError

from domain.ledger.exchanges import Exchanges, Signed
from domain.ledger.ids import event_id
from domain.ledger.recorder import Command, Pending
from domain.ledger.store import Log
from tests.databases import Ledger
from tests.integration.ledger.acts import bare, command

pytestmark = pytest.mark.integration


def signed(by: Command) -> Command:
    """A command that came by a signed request."""
    request = Signed(
        exchange=event_id(),
        direction="request",
        at=datetime(2026, 6, 30, tzinfo=UTC),
        agency="cpi",
        client=by.client,
        operation="refer_case",
        command_id=by.command_id,
        case_id=None,
        status=None,
        digest="SHA-256=",
        signature="a.b.c",
        tracking=None,
        keys=[{"kty": "EC"}],
    )
    return replace(by, signed=request)


def act(stream: UUID, version: int, by: Command) -> Pending:
    return Pending(stream, version, [bare(stream, version)], by)


def kept(log: Log, stream: UUID) -> list[Signed]:
    return list(Exchanges(log.recorder.pool).of_case(stream))


def test_what_was_asked_comes_back_as_it_was_kept(log: Log) -> None:
    stream, by = uuid4(), signed(command())
    log.recorder.append(act(stream, 1, by))
    assert kept(log, stream) == [by.signed]


def test_in_one_group_each_act_has_its_own_evidence_and_who_lost_its_race_has_none(log: Log) -> None:
    streams = [uuid4() for _ in range(3)]
    group = [
        act(streams[0], 1, signed(command())),
        act(streams[1], 1, command()),
        act(streams[2], 5, signed(command())),  # nothing has led it to version 4
    ]
    log.recorder._write_group(group)
    assert [each.error is None for each in group] == [True, True, False]
    assert [len(kept(log, stream)) for stream in streams] == [1, 0, 0]
    assert isinstance(group[2].error, IntegrityError)
    everything = "select count(*) from ledger.exchanges"
    with log.recorder.pool.connection() as connection:
        assert connection.execute(everything).fetchone() == (1,)


def test_signed_and_unsigned_acts_of_many_threads_go_in_together(log: Log) -> None:
    streams, start = [uuid4() for _ in range(16)], Barrier(16)

    def record(number: int) -> None:
        start.wait()
        by = signed(command()) if number % 2 else command()
        log.recorder.append(act(streams[number], 1, by))

    threads = [Thread(target=record, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(kept(log, stream)) for stream in streams] == [0, 1] * 8


def test_an_act_without_evidence_takes_the_statement_that_it_took_before(log: Log, ledger: Ledger) -> None:
    with psycopg.connect(ledger.owner_url) as owner:
        owner.execute("drop function ledger.append_signed")
    stream = uuid4()
    assert log.recorder.append(act(stream, 1, command())).version == 1
    with pytest.raises(Exception, match="append_signed"):
        log.recorder.append(act(stream, 2, signed(command())))
