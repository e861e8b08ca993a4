"""What was read stays at hand, and never says anything but what the log says now."""

import gc
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.case.events import CaseClosed, EventCorrected, HouseholdCompositionRecorded, OperatorAssigned
from domain.case.state import fold
from domain.contract import ERASED, encode
from domain.ledger.closed import INSIDE, ClosedFact
from domain.ledger.keys import KeyDestroyed
from domain.ledger.store import Log, Unknown
from domain.ledger.warm import FACTS, Stream
from domain.refused import Refused
from tests.databases import Ledger
from tests.integration.ledger.acts import (
    DAY,
    LAW,
    assignment,
    closure,
    context,
    household,
    member,
    referral,
)
from tests.integration.ledger.test_sealing import save

pytestmark = pytest.mark.integration

ANNA = uuid4()
NOW = datetime(2026, 6, 30, 10, tzinfo=UTC)


@pytest.fixture
def case_id(log: Log) -> UUID:
    """A case that this log has read."""
    case_id = uuid4()
    save(log, case_id, [referral(), household(member("anna", ANNA)), assignment()])
    assert log.case(case_id).version == 3
    return case_id


def test_a_case_at_hand_shows_what_another_process_appended(log: Log, second_log: Log, case_id: UUID) -> None:
    save(second_log, case_id, [assignment(ANNA)], after=3)
    assert [fact.kind for fact in log.facts(case_id)][3:] == [OperatorAssigned]
    assert ANNA in {a.person_id for a in log.case(case_id).assignments.values()}
    assert log.case(case_id).version == 4


def test_a_case_at_hand_is_folded_again_after_a_correction(log: Log, second_log: Log, case_id: UUID) -> None:
    (composed,) = log.case(case_id).all(HouseholdCompositionRecorded)
    right = replace(composed.event, members=(replace(composed.event.members[0], language="albanese"),))
    correction = EventCorrected(corrects_event_id=composed.event_id, reason="lingua", new_value=encode(right))
    save(second_log, case_id, [correction], after=3)
    assert log.case(case_id).members[ANNA].language == "albanese"


def test_what_another_process_erased_is_not_at_hand_any_more(
    log: Log, second_log: Log, case_id: UUID
) -> None:
    assert log.case(case_id).members[ANNA].name == "anna-name"
    second_log.keys.destroy(f"person/{ANNA}")  # type: ignore[attr-defined]
    assert log.case(case_id).members[ANNA].name == ERASED


def test_what_this_process_erased_is_not_at_hand_any_more(log: Log, case_id: UUID) -> None:
    assert log.case(case_id).members[ANNA].name == "anna-name"
    log.keys.destroy(f"person/{ANNA}")  # type: ignore[attr-defined]
    assert log.case(case_id).members[ANNA].name == ERASED
    with pytest.raises(KeyDestroyed):
        log.keys.ensure([f"person/{ANNA}"])


def test_a_log_that_was_restored_is_read_anew(
    ledger: Ledger, log: Log, second_log: Log, case_id: UUID
) -> None:
    """As after a point-in-time restore: the last facts are gone, and others came in their place."""
    undo(ledger, case_id, down_to=2)
    assert log.case(case_id).version == 2
    assert log.case(case_id).assignments == {}
    save(second_log, case_id, [closure()], after=2)
    assert [fact.kind for fact in log.facts(case_id)][2:] == [CaseClosed]
    assert log.case(case_id).closed_on == DAY


def test_a_stream_that_is_gone_is_unknown(ledger: Ledger, log: Log, case_id: UUID) -> None:
    undo(ledger, case_id, down_to=0)
    with pytest.raises(Unknown):
        log.case(case_id)
    assert log.facts(case_id) == []


def test_an_act_is_decided_on_what_the_log_holds_now(log: Log, second_log: Log, case_id: UUID) -> None:
    save(second_log, case_id, [closure()], after=3)
    with pytest.raises(Refused, match="CASE_CLOSED"):
        log.act(case_id, assignment(), context(), law=LAW)


def test_only_so_many_facts_are_kept_whatever_the_size_of_their_cases(log: Log) -> None:
    first = uuid4()
    save(log, first, [referral()])
    large = Stream((log.facts(first)[0],) * (FACTS // 4), 0)
    others = [uuid4() for _ in range(3)]
    at_hand = log._at_hand
    for each in (*others, others[0], others[0]):
        at_hand.hold(each, large)
    assert at_hand._streams.keys() == {first, *others}
    at_hand.hold(uuid4(), large)
    assert first not in at_hand._streams and sum(map(_size, at_hand._streams.values())) <= FACTS
    assert log.facts(first)[0].version == 1


def test_a_stream_that_is_larger_than_all_that_may_be_kept_is_read_and_not_kept(log: Log) -> None:
    first = uuid4()
    save(log, first, [referral()])
    huge = Stream((log.facts(first)[0],) * (FACTS + 1), 0)
    log._at_hand.hold(uuid4(), huge)
    assert not log._at_hand._streams


def _size(stream: Stream) -> int:
    return len(stream.facts)


def test_a_fact_opens_when_somebody_asks_and_says_then_what_it_always_said(log: Log, case_id: UUID) -> None:
    rows = log.recorder.select_events(case_id)
    opened = log.mapper.facts(rows)
    asked: list[int] = []

    def open_(stored):  # type: ignore[no-untyped-def]
        asked.append(stored.originator_version)
        return log.mapper.fact(stored)

    for row, fact in zip(rows, opened, strict=True):
        closed = ClosedFact(row, open_)
        assert (closed.kind, closed.event_id, closed.case_id) == (fact.kind, fact.event_id, case_id)
        assert (closed.version, closed.position, closed.recorded_at) == (
            fact.version,
            fact.position,
            fact.recorded_at,
        )
        assert asked == [] and row in gc.get_referents(closed)
        assert all(getattr(closed, name) == getattr(fact, name) for name in INSIDE)
        assert asked == [closed.version]
        assert closed.telling(fact.event) == fact
        assert row not in gc.get_referents(closed)
        with pytest.raises(AttributeError):
            _ = closed.nothing  # type: ignore[attr-defined]
        asked.clear()


def test_to_fold_a_case_opens_no_household(log: Log, case_id: UUID) -> None:
    """Members are the most sealed values of a case; whoever does not ask for them leaves them shut."""
    opened: list[type] = []

    def open_(stored):  # type: ignore[no-untyped-def]
        fact = log.mapper.fact(stored)
        opened.append(fact.kind)
        return fact

    case = fold([ClosedFact(row, open_) for row in log.recorder.select_events(case_id)])
    assert HouseholdCompositionRecorded not in opened
    assert list(case.members) == [ANNA] and HouseholdCompositionRecorded in opened


def undo(ledger: Ledger, case_id: UUID, *, down_to: int) -> None:
    """What only a restore does to a log."""
    with psycopg.connect(ledger.owner_url, autocommit=True) as owner:
        owner.execute("delete from ledger.events where stream_id = %s and version > %s", [case_id, down_to])
