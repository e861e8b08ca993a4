"""A case that is followed is the case that its facts tell, whenever it is asked for."""

from collections import Counter
from uuid import UUID

import pytest

from domain.case.events import PersonalDataErased
from domain.case.state import fold
from domain.ledger.mapper import Entry
from domain.ledger.store import TABLE
from projections import whole
from projections.whole import Followed
from tests.telling import CASE, facts_of
from tests.unit.case.world import ASKED, SIGNED, WHOLE
from tests.unit.table.test_table import LIFE


def told(history: list, reads: Counter | None = None):
    def read(case_id: UUID, after: int) -> list:
        new = [fact for fact in history if fact.version > after]
        if reads is not None:
            reads[case_id] += len(new)
        return new

    return read


def test_it_is_the_fold_of_all_facts_at_every_step():
    all_facts, history = facts_of(*WHOLE), []
    cases = Followed(told(history))
    for fact in all_facts:
        history.append(fact)
        assert cases.case(CASE) == fold(history)
        assert cases.facts(CASE) == history


def test_a_fact_is_read_once_however_many_views_ask():
    reads: Counter = Counter()
    cases = Followed(told(facts_of(*ASKED), reads))
    for _ in range(4):
        cases.case(CASE)
        cases.facts(CASE)
    assert reads[CASE] == len(ASKED)


def test_a_case_that_was_let_go_is_read_again(monkeypatch):
    monkeypatch.setattr(whole, "KEPT", 1)
    reads: Counter = Counter()
    cases = Followed(told(facts_of(*SIGNED), reads))
    for case_id in (CASE, UUID(int=1), CASE):
        assert cases.case(case_id) == fold(facts_of(*SIGNED))
    assert reads[CASE] == 2 * len(SIGNED)


def test_after_an_erasure_nothing_is_kept_of_what_was_read_before():
    """Its values were read in clear while there was a key."""
    all_facts, reads = facts_of(*WHOLE), Counter()
    erased = next(n for n, fact in enumerate(all_facts) if isinstance(fact.event, PersonalDataErased))
    history = all_facts[:erased]
    cases = Followed(told(history, reads))
    cases.facts(CASE)
    history.append(all_facts[erased])
    assert cases.facts(CASE) == history
    assert reads[CASE] == erased + 1 + erased + 1


def test_the_facts_of_the_tavolo_are_followed_though_they_are_no_case():
    """The worklists ask for them as they ask for those of a case."""
    history = facts_of(*LIFE)
    assert Followed(told(history)).facts(TABLE) == history


def entries_of(history: list) -> list[Entry]:
    return [Entry(fact, {}) for fact in history]


@pytest.mark.parametrize("batch", [1, 3, 7, 1000])
def test_what_the_reader_has_in_its_hands_is_not_read_again(batch: int):
    """At every step it is the fold of the facts so far, though nobody read the case for it."""
    history, reads = facts_of(*WHOLE), Counter()
    erased = next(n for n, fact in enumerate(history) if isinstance(fact.event, PersonalDataErased))
    cases = Followed(told(history, reads))
    read = cases.reading(lambda position, limit: entries_of(history[:erased])[position : position + limit])
    for position in range(0, erased, batch):
        so_far = history[: min(position + batch, erased)]
        assert len(read(position, batch)) == len(so_far) - position
        assert cases.facts(CASE) == so_far
        assert cases.case(CASE) == fold(so_far)
    assert reads[CASE] == 0


def test_a_batch_that_comes_again_changes_nothing():
    history = facts_of(*SIGNED)
    cases = Followed(told(history))
    read = cases.reading(lambda position, limit: entries_of(history))
    for _ in range(3):
        read(0, 100)
        assert cases.case(CASE) == fold(history)
        assert cases.facts(CASE) == history


def test_a_case_whose_beginning_is_not_in_hand_is_read_whole():
    """After a restart, or where it was let go meanwhile."""
    history, reads = facts_of(*SIGNED), Counter()
    cases = Followed(told(history, reads))
    cases.reading(lambda position, limit: entries_of(history[position:]))(5, 100)
    assert cases.case(CASE) == fold(history)
    assert reads[CASE] == len(history)


def test_an_erasure_in_hand_drops_what_was_read_before():
    history, reads = facts_of(*WHOLE), Counter()
    erased = next(n for n, fact in enumerate(history) if isinstance(fact.event, PersonalDataErased))
    cases = Followed(told(history[: erased + 1], reads))
    read = cases.reading(lambda position, limit: entries_of(history[position : position + limit]))
    read(0, erased)
    cases.facts(CASE)
    read(erased, 1)
    assert cases.facts(CASE) == history[: erased + 1]
    assert reads[CASE] == erased + 1
