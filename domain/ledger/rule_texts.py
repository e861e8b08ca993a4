"""The texts of the rule sets that decisions name by their hash, kept for who decides again."""

from __future__ import annotations

from domain.ledger.recorder import Pool
from domain.rules.rule_set import RuleSet


class RuleTexts:
    """The texts on record, each under its hash. Thread-safe; a text is written once."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._kept: set[str] = set()

    def keep(self, rules: RuleSet) -> None:
        """Put a text on record: before the decision that names it, so that none is ever without."""
        if rules.hash not in self._kept:
            with self._pool.connection() as connection:
                connection.execute("select ledger.keep_rule_set(%s)", [rules.canonical])
            self._kept.add(rules.hash)

    def text(self, rule_set_hash: str) -> RuleSet | None:
        """The rule set of a hash; None for one that was named before texts were kept."""
        with self._pool.connection() as connection:
            row = connection.execute(
                "select text from ledger.rule_sets where hash = decode(%s, 'hex')", [rule_set_hash]
            ).fetchone()
        return RuleSet(row[0]) if row else None
