"""A person who reads unusually many files leaves a line, without being in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from api.pace import FILES, FILES_OF_A_CLIENT, WINDOW, Pace
from api.who import Who
from projections.metrics import BULK_READS

pytestmark = pytest.mark.unit

NOON = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)


def worker(through: str | None = None) -> Who:
    return Who("servizio-sociale", "SOCIAL_WORKER", "TAKING_CHARGE", uuid4(), None, through)


def told(pace: Pace, who: Who, files: int, every: timedelta, at: datetime = NOON) -> list[dict[str, object]]:
    with capture_logs() as lines:
        for number in range(files):
            pace.read(who, uuid4(), at + number * every)
    return [dict(line) for line in lines]


def test_the_first_file_too_many_leaves_one_line_without_the_person() -> None:
    who, before = worker(), BULK_READS.labels("servizio-sociale")._value.get()
    (line,) = told(Pace(), who, FILES + 20, timedelta(seconds=1))
    assert (line["event"], line["agency"], line["files"]) == ("bulk reading", "servizio-sociale", FILES)
    assert str(who.subject) not in str(line)
    assert BULK_READS.labels("servizio-sociale")._value.get() == before + 1


def test_as_many_as_a_day_has_leave_none() -> None:
    assert told(Pace(), worker(), FILES, timedelta(seconds=1)) == []
    assert told(Pace(), worker(), 10 * FILES, WINDOW / FILES) == []


def test_the_same_file_again_is_one_file_and_each_person_counts_alone() -> None:
    pace, case_id = Pace(), uuid4()
    with capture_logs() as lines:
        for _ in range(3 * FILES):
            pace.read(worker(), uuid4(), NOON)
        who = worker()
        for _ in range(3 * FILES):
            pace.read(who, case_id, NOON)
    assert lines == []


def test_a_client_that_says_it_reads_for_a_new_person_each_time_is_told_of() -> None:
    pace = Pace()
    with capture_logs() as lines:
        for _ in range(FILES_OF_A_CLIENT):
            pace.read(worker("a client"), uuid4(), NOON)
        pace.read(worker("another client"), uuid4(), NOON)
        assert lines == []
        pace.read(worker("a client"), uuid4(), NOON)
    (line,) = lines
    assert (line["event"], line["files"]) == ("bulk reading", FILES_OF_A_CLIENT)


def test_whoever_goes_on_is_told_of_again_when_it_had_ended() -> None:
    pace, who = Pace(), worker()
    assert len(told(pace, who, FILES + 1, timedelta(seconds=1))) == 1
    assert len(told(pace, who, FILES + 1, timedelta(seconds=1), NOON + 2 * WINDOW)) == 1
