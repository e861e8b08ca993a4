"""The access log of a case grows with every read, and is never read further than somebody asks."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from domain.access.events import AccessRequestReceived, CaseFileAccessed
from domain.access.state import Access
from domain.access.state import fold as fold_access
from domain.ledger.access_logs import UnknownLine, access_to
from domain.ledger.closed import ClosedFact
from domain.ledger.store import Log
from tests.integration.ledger.acts import DAY, WORKER, assignment, context, referral
from tests.integration.ledger.test_sealing import save

pytestmark = pytest.mark.integration

ANNA = uuid4()
NOW = datetime(2026, 6, 30, 10, tzinfo=UTC)

READS = ["adi.access.case_file_accessed", "adi.access.command_refused"]


def _read_by(log: Log, case_id: UUID) -> None:
    read = CaseFileAccessed(
        accessor=ANNA,
        agency="cpi",
        purpose="EMPLOYMENT",
        subject_case_id=case_id,
        as_of=NOW,
        events_shown=(),
        accessed_at=NOW,
    )
    log.access_logs.note(case_id, read, context())


def test_an_access_log_is_read_from_its_end_and_only_as_far_as_somebody_asks(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = uuid4()
    for _ in range(7):
        _read_by(log, case_id)
    lines, asked = log.facts(access_to(case_id)), list[int]()
    select = log.recorder.select_events
    monkeypatch.setattr("domain.ledger.access_logs.AT_ONCE", 3)
    monkeypatch.setattr(
        log.recorder, "select_events", lambda *of, **how: asked.append(how["limit"]) or select(*of, **how)
    )
    backwards = log.access_logs.backwards
    first = backwards(case_id)
    assert [next(first).version for _ in range(3)] == [7, 6, 5] and asked == [3]
    assert list(first) == lines[3::-1] and asked == [3, 3, 3]
    assert list(backwards(case_id, lines[2].event_id)) == lines[2::-1]
    assert list(backwards(case_id, lines[0].event_id)) == lines[:1] and list(backwards(uuid4())) == []
    for unknown in (uuid4(), case_id):
        with pytest.raises(UnknownLine):
            backwards(case_id, unknown)
    with pytest.raises(UnknownLine):
        backwards(uuid4(), lines[2].event_id)


def test_to_fold_an_access_log_opens_no_read(log: Log) -> None:
    """Nearly all of it is reads, and no act rests on them."""
    read = uuid4()
    for _ in range(3):
        _read_by(log, read)
    stream = access_to(read)

    def open_(_):  # type: ignore[no-untyped-def]
        raise AssertionError

    closed = [ClosedFact(row, open_) for row in log.recorder.select_events(stream)]
    assert fold_access(closed) == Access(version=3)


def test_what_was_asked_in_an_access_log_is_read_without_its_reads(log: Log, second_log: Log) -> None:
    case_id = uuid4()
    save(log, case_id, [referral(), assignment(WORKER.person)])

    def asked(by: Log) -> UUID:
        request = uuid4()
        stated = AccessRequestReceived(
            request_id=request,
            requester="anna-name",
            requester_kind="MEMBER",
            subject_case_id=case_id,
            object="FILE",
            received_on=DAY,
            answer_by=DAY,
        )
        by.act_on_access(case_id, stated, context())
        return request

    for _ in range(3):
        _read_by(log, case_id)
    first = asked(log)
    _read_by(second_log, case_id)
    second = asked(log)
    _read_by(second_log, case_id)
    stream = access_to(case_id)
    assert [row.originator_version for row in log.recorder.select_without(stream, READS)] == [4, 6, 7]
    state = log.access_logs.state(case_id)
    assert state == fold_access(log.facts(stream))
    assert state.version == 7 and [*state.requests] == [first, second]
    assert log.access_logs.state(uuid4()) == Access()
