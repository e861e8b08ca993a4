"""The ladder of an infraction: which measure follows its first, second, third occurrence."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Literal, cast

from domain.refused import Refused
from domain.rules.rule_set import Data, RuleSet, rule_set


class Measure(StrEnum):
    """What can follow an infraction; NONE where nothing does."""

    NONE = "NONE"
    RICHIAMO_FORMALE = "RICHIAMO_FORMALE"
    SOSPENSIONE = "SOSPENSIONE"
    DECURTAZIONE = "DECURTAZIONE"
    DECADENZA = "DECADENZA"
    REVOCA = "REVOCA"


CountsFrom = Literal["MEASURE_NOTIFIED", "ASCERTAINED", "FORMAL_REMINDER"]


@dataclass(frozen=True)
class Rung:
    """One gradino: the measure of one occurrence; for a decurtazione, the months (or share of one) cut."""

    measure: Measure
    months_fraction: Fraction | None = None
    effect: str = ""
    also: str = ""

    def __post_init__(self) -> None:
        cut = self.months_fraction
        sound = cut is not None and cut > 0 if self.measure is Measure.DECURTAZIONE else cut is None
        if not sound:
            raise Refused("BAD_VALUE", f"a rung of {self.measure} cannot cut {cut} months")


@dataclass(frozen=True)
class Infraction:
    """What one rule set says of one infraction; `data` is its table in the TOML file."""

    code: str
    legal_ref: str
    mark: str
    bound: frozenset[str]
    rungs: tuple[Rung, ...]
    counted_per_area: bool
    counts_from: CountsFrom
    data: Data

    def rung(self, occurrence: int) -> Rung:
        """The rung of an occurrence, first is 1; the last one repeats."""
        if occurrence < 1:
            raise Refused("BAD_VALUE", f"there is no occurrence {occurrence}")
        return self.rungs[min(occurrence, len(self.rungs)) - 1]

    def has(self, measure: Measure) -> bool:
        return any(rung.measure is measure for rung in self.rungs)


@dataclass(frozen=True)
class Earlier:
    """An earlier infraction of the same member, and the rule set that it fell under."""

    infraction: str
    rule_set: str
    ascertained_on: date
    area: str | None = None
    measure_notified_on: date | None = None
    reminded_on: date | None = None


@dataclass(frozen=True)
class RungsDecision:
    """A decision of the Tavolo on the gradini of an infraction, first occurrence first.

    Only those of PROTOCOLLO-ADI PAIS_COMMITMENT_BREACH are open: no source gives fractions.
    [seed P prem.; that the Tavolo decides them is inference]
    """

    rule_set: str
    infraction: str
    rungs: tuple[Rung, ...]
    counts_from: CountsFrom
    minutes_ref: str
    decided_on: date


def infraction(rules: RuleSet, code: str) -> Infraction:
    """What the rule set says of an infraction; refused where it does not know it."""
    table = rules.data.get("infractions", {}).get(code)
    if table is None:
        raise Refused("NO_LEGAL_BASIS", f"{rules.id} does not know the infraction {code}")
    return Infraction(
        code=code,
        legal_ref=table["legal_ref"],
        mark=table["mark"],
        bound=frozenset(table["bound"]),
        rungs=tuple(_rung(row) for row in table["rungs"]),
        counted_per_area=table.get("counted_per_area", False),
        counts_from=cast(CountsFrom, table.get("counts_from") or rules.choice("counts_from")),
        data=table,
    )


def prior_occurrences(
    rules: RuleSet, of: Infraction, earlier: Sequence[Earlier], fact_date: date, area: str | None
) -> int:
    """How many earlier infractions already count on the day of the fact.

    Each counts from the day after its notifica, ascertainment or richiamo formale, as `counts_from` says;
    under PROTOCOLLO-ADI only those of the same area; those under another rule set never. [inference]
    """
    same = [e for e in earlier if e.rule_set == rules.id and e.infraction == of.code]
    alike = [e for e in same if not of.counted_per_area or e.area == area]
    counted = [_counts_on(e, of.counts_from) for e in alike]
    return sum(day is not None and day < fact_date for day in counted)


def as_decided(rules: RuleSet, decisions: Sequence[RungsDecision], fact_date: date) -> RuleSet:
    """The rule set with the rungs that the Tavolo had decided before the day of the fact."""
    known = [d for d in decisions if d.rule_set == rules.id and d.decided_on < fact_date]
    for decision in sorted(known, key=lambda d: d.decided_on):
        rules = with_rungs(rules, decision)
    return rules


def with_rungs(rules: RuleSet, decision: RungsDecision) -> RuleSet:
    """The rule set after a decision of the Tavolo; refused for rungs that are the law's."""
    table = infraction(rules, decision.infraction).data
    if "rungs_decided_by" not in table or not decision.rungs:
        raise Refused("NO_LEGAL_BASIS", f"the Tavolo decides no rungs of {decision.infraction} in {rules.id}")
    decided = table | {
        "rungs": [_row(rung) for rung in decision.rungs],
        "counts_from": decision.counts_from,
        "rungs_decided_by": {"minutes_ref": decision.minutes_ref, "date": decision.decided_on.isoformat()},
    }
    return rule_set(rules.data | {"infractions": rules.data["infractions"] | {decision.infraction: decided}})


MONTHS = re.compile(r"[0-9]{1,3}(/[0-9]{1,3}|\.[0-9]{1,3})?", re.ASCII)


def months(text: str | None) -> Fraction | None:
    """Months of a decurtazione as written in events: `1/4`, `1`, `2`."""
    if text is None:
        return None
    try:
        # Only as they are written: of "1e999999999" Fraction would compute every digit.
        if not MONTHS.fullmatch(text):
            raise ValueError
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise Refused("BAD_VALUE", "no number of months, such as 1/4 or 2") from None


def _counts_on(earlier: Earlier, counts_from: CountsFrom) -> date | None:
    match counts_from:
        case "MEASURE_NOTIFIED":
            return earlier.measure_notified_on
        case "ASCERTAINED":
            return earlier.ascertained_on
        case "FORMAL_REMINDER":
            return earlier.reminded_on


def _rung(row: dict[str, str]) -> Rung:
    cut = months(row.get("months_fraction"))
    return Rung(Measure(row["measure"]), cut, row.get("effect", ""), row.get("also", ""))


def _row(rung: Rung) -> dict[str, str]:
    cut = None if rung.months_fraction is None else str(rung.months_fraction)
    row = {"measure": rung.measure.value, "months_fraction": cut, "effect": rung.effect, "also": rung.also}
    return {key: value for key, value in row.items() if value}
