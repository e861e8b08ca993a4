"""A case that is followed is the case that its facts tell, whenever it is asked for."""

from collections import Counter
from uuid import UUID

from domain.case.events import PersonalDataErased
from domain.case.state import fold
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
