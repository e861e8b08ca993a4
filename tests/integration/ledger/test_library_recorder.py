"""The eventsourcing library works on our log unchanged.

Its own suite for recorders passes whole. Our promises are stricter, and forbid no case of it: a stream grows
by one version at a time from 0 or 1 (the library would store version 7 first), positions have no gaps,
``insert_events`` is all or nothing. Left out is what the suite itself calls optional: ``subscribe`` (LISTEN
and NOTIFY would serialise the commits; the log is followed by polling).
"""

import sys
from collections.abc import Iterator
from typing import Any, ClassVar
from uuid import UUID, uuid4

import eventsourcing.cryptography
import psycopg
import pytest
from eventsourcing.application import AggregateNotFoundError
from eventsourcing.persistence import IntegrityError, StoredEvent

from domain.case.state import Case, fold
from domain.ledger.context import fact_of
from domain.ledger.mapper import Entry
from domain.ledger.recorder import LedgerRecorder, pool
from domain.ledger.store import Log
from tests.databases import Ledger
from tests.integration.ledger.acts import assignment, context, referral

# The suite imports pycryptodome's cipher; the library has the same one on what we do install.
sys.modules.setdefault("eventsourcing.cipher", eventsourcing.cryptography)
from eventsourcing.tests import persistence as suite  # noqa: E402

pytestmark = pytest.mark.integration


class TestTheSuiteOfTheLibrary(suite.ApplicationRecorderTestCase[LedgerRecorder]):
    url: ClassVar[str]

    @pytest.fixture(autouse=True)
    def emptied_log(self, ledger: Ledger) -> Iterator[None]:
        self.pool = pool(ledger.app_url, size=16)
        yield
        self.pool.close()

    def create_recorder(self) -> LedgerRecorder:
        return LedgerRecorder(self.pool)


def case_of(_: Case | None, entries: Any) -> Case | None:
    """A projector function of the library that folds our facts."""
    facts = [entry.fact for entry in entries]
    return fold(facts) if facts else None


def told(case_id: UUID, *events: Any) -> list[Entry]:
    return [Entry(fact_of(event, case_id, n, context()), {}) for n, event in enumerate(events, start=1)]


def test_what_the_application_saves_its_repository_folds_to_a_case(log: Log) -> None:
    case_id, referred, assigned = uuid4(), referral(domanda_ref="ADI-1"), assignment()
    recordings = log.save(*told(case_id, referred, assigned))
    assert [recording.notification.id for recording in recordings] == [1, 2]
    case: Any = log.repository.get(case_id, projector_func=case_of)
    assert case.referral == referred
    assert case.assignments == {assigned.assignment_id: assigned}
    assert case.version == 2
    early: Any = log.repository.get(case_id, version=1, projector_func=case_of)
    assert early.version == 1


def test_the_repository_knows_no_case_that_was_never_saved(log: Log) -> None:
    with pytest.raises(AggregateNotFoundError):
        log.repository.get(uuid4(), projector_func=case_of)


def test_a_version_saved_twice_is_an_integrity_error_of_the_library(log: Log) -> None:
    case_id = uuid4()
    log.save(*told(case_id, referral()))
    with pytest.raises(IntegrityError):
        log.save(*told(case_id, referral()))


def test_the_notification_log_hands_out_the_facts_in_order(log: Log) -> None:
    one, other = told(uuid4(), referral(domanda_ref="first")), told(uuid4(), referral(), assignment())
    log.save(*one)
    log.save(*other)
    found = log.notification_log.select(start=1, limit=10)
    facts = [log.mapper.to_domain_event(notification).fact for notification in found]
    assert [notification.id for notification in found] == [1, 2, 3]
    assert [fact.position for fact in facts] == [1, 2, 3]
    assert [fact.event for fact in facts] == [entry.fact.event for entry in one + other]
    assert log.notification_log["1,2"].next_id == "3,4"


def test_several_streams_go_in_together_each_at_the_position_that_is_returned(log: Log) -> None:
    one, other = uuid4(), uuid4()
    mixed = [StoredEvent(one, 1, "a", b""), StoredEvent(other, 1, "b", b""), StoredEvent(one, 2, "c", b"")]
    assert log.recorder.insert_events(mixed) == [1, 2, 3]
    assert [n.topic for n in log.recorder.select_notifications(1, 9)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(lambda one: StoredEvent(one, 1, "twice", b""), id="a version twice"),
        pytest.param(lambda one: StoredEvent(one, 3, "gap", b""), id="a version left out"),
        pytest.param(lambda _: StoredEvent(uuid4(), 7, "late", b""), id="a stream that starts at 7"),
    ],
)
def test_one_event_that_does_not_fit_keeps_all_of_a_save_out(log: Log, second: Any) -> None:
    one = uuid4()
    with pytest.raises(IntegrityError):
        log.recorder.insert_events([StoredEvent(one, 1, "fits", b""), second(one)])
    assert log.recorder.max_notification_id() is None


def test_bytes_of_any_kind_come_back_as_they_went_in(log: Log) -> None:
    stream, state = uuid4(), bytes(range(256)) * 4096
    log.recorder.insert_events([StoredEvent(stream, 1, "large", state), StoredEvent(stream, 2, "none", b"")])
    assert [event.state for event in log.recorder.select_events(stream)] == [state, b""]


def test_the_log_is_read_by_the_role_that_may_not_write_it(ledger: Ledger, log: Log) -> None:
    log.save(*told(uuid4(), referral()))
    with psycopg.connect(ledger.views_url) as views:
        assert views.execute("select count(*) from ledger.events").fetchone() == (1,)
