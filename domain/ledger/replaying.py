"""The decisions of the log, decided again: each with the law as it was on record then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from domain.case.commands import Law
from domain.case.state import fold
from domain.fact import Fact
from domain.ledger.store import PROTOCOL, Log
from domain.protocol.law import under
from domain.protocol.state import fold as fold_protocol
from domain.replay import Replay, decisions, replay_decision, rules_of
from domain.rules.rule_set import RuleSet, shipped


class Replaying:
    """Decides again what a log holds. ``law`` has the settings of the Ambito."""

    def __init__(self, log: Log, law: Law) -> None:
        self._log, self._law = log, law
        self._laws: dict[int, Law] = {}

    def cases(self) -> list[UUID]:
        """Every case that was ever referred, in that order."""
        return self._log.recorder.streams_with("adi.case.case_referred")

    def case(self, case_id: UUID) -> Iterator[Replay]:
        """Every decision of a case, in the order of the log."""
        facts = self._log.facts(case_id)
        for fact in decisions(facts):
            yield self.again(facts, fact)

    def again(self, facts: Sequence[Fact[Any]], fact: Fact[Any]) -> Replay:
        """One decision among the facts of its case."""
        law = self._law_before(fact.position)
        return replay_decision(facts, fact.event_id, self._rules(fact, facts, law), law)

    def _rules(self, fact: Fact[Any], facts: Sequence[Fact[Any]], law: Law) -> RuleSet:
        """The text that a decision names; where it was never kept, the one that the law of today gives."""
        named = fact.event.rule_set_hash
        return (named and (self._log.rule_texts.text(named) or shipped(named))) or rules_of(
            fact.event, fold(f for f in facts if f.version < fact.version), law
        )

    def _law_before(self, position: int) -> Law:
        """The settings with the protocol as it was on record before a position."""
        known = [fact for fact in self._log.facts(PROTOCOL) if fact.position < position]
        if len(known) not in self._laws:
            self._laws[len(known)] = under(fold_protocol(known), self._law)
        return self._laws[len(known)]
