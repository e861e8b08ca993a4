"""What a recipient holds of a history: its facts through the door of disclosure, as corrected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Any, TypeVar

from domain.case.state import corrected
from domain.contract import contract_of, cut, encode
from domain.disclosure import entitled
from domain.fact import Fact
from domain.rules.rule_set import load
from domain.rules.sanctions import STATUTE
from projections.offices import office_of
from projections.offices.desk import lines_of
from projections.offices.held import Held, Told, told
from projections.offices.line import Line
from tests.telling import facts_of

RULES = load(STATUTE)

L = TypeVar("L", bound=Line)


def held(facts: Sequence[Fact[Any]], recipient: str) -> Held:
    """The case as a recipient holds it, each fact recorded on the day on which it was known."""
    shown = entitled(facts, recipient)
    standing = [fact for fact in corrected(facts) if fact.event_id in shown]
    return Held(
        recipient,
        facts[0].case_id,
        [
            _told(fact, cut(encode(fact.event), given.paths, given.replaced))
            for fact in standing
            for given in [shown[fact.event_id]]
        ],
    )


def _told(fact: Fact[Any], data: Any) -> Told:
    recorded_at = datetime.combine(fact.known_on, time(10), UTC)
    return told(fact.event_id, fact.version, contract_of(fact.event).stored_name, recorded_at, data)


def lines(recipient: str, *events: Any) -> list[Line]:
    """Every line of a recipient, once these events were told."""
    return of(held(facts_of(*events), recipient))


def of(case: Held) -> list[Line]:
    office = office_of(case.recipient)
    assert office is not None
    return lines_of(case, office, RULES)


def listed(kind: type[L], recipient: str, *events: Any) -> list[L]:
    """The lines of one list."""
    return [line for line in lines(recipient, *events) if isinstance(line, kind)]
