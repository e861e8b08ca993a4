"""A worked sanction: `ambito-sanction-examples`, as its file lists keys and values."""

import re
from dataclasses import dataclass, field, fields
from datetime import date
from fractions import Fraction
from typing import Literal

from domain.case.commands import Law
from domain.rules import facts as plain
from domain.rules.ladder import Measure
from domain.rules.rule_set import SANCTION_RULE_SETS, RuleSet, load
from domain.rules.sanctions import PROTOCOL, STATUTE
from domain.worked.parts import Certainty, Found
from domain.worked.reading import Unreadable

MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])", re.ASCII)

PROTOCOL_FROM = date(2024, 1, 1)
"""The examples of PROTOCOLLO-ADI suppose a protocol in force on the day of the fact; none is earlier."""

RuleSetId = Literal["ADI-2023", "PROTOCOLLO-ADI", "RDC-2019", "REI-2017", "PSP-150-2015"]
Requested = Literal["RICHIAMO_FORMALE", "SOSPENSIONE", "DECURTAZIONE", "DECADENZA", "REVOCA"]
Refusal = Literal[
    "NO_LEGAL_BASIS",
    "FACT_OUTSIDE_RULE_SET",
    "NOT_OBLIGED",
    "NO_PROOF_OF_CONVOCATION",
    "REASON_NOT_ASKED",
    "NOT_IN_PATTO",
]


@dataclass(frozen=True)
class Facts(plain.Facts):
    """The facts as the rules read them, with the measure that an operator asks for."""

    benefit: Literal["ADI", "RDC", "REI", "NASPI"]
    requested_measure: Requested | None = None


@dataclass(frozen=True)
class Expected:
    """What must be found; a key that is left out is not checked."""

    measure: Literal[Requested, "NONE", "REFUSED"] | None = None
    months_fraction: Fraction | None = None
    refused: Refusal | None = None
    deadline: date | None = None
    scope: Literal["household", "member"] | None = None
    reapply_after_months: int | None = None
    conflicts_with: tuple[RuleSetId, ...] | None = None
    suspended_from_month: str | None = None

    @property
    def of_a_month(self) -> bool:
        """Whether a month is written as one, where it is given."""
        return self.suspended_from_month is None or bool(MONTH.fullmatch(self.suspended_from_month))

    def values(self) -> Found:
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: _told(value) for name, value in given.items() if value is not None}


@dataclass(frozen=True)
class Settings:
    """Readings of the rule set that an example may choose."""

    min_notice_days: int | None = None

    def values(self) -> dict[str, int | str]:
        return {} if self.min_notice_days is None else {"min_notice_days": self.min_notice_days}


@dataclass(frozen=True)
class SanctionExample:
    """One infraction with its facts, complete, and what the rules must give for it."""

    id: str
    rule_set: RuleSetId
    infraction: str
    prior_occurrences: int
    facts: Facts
    expected: Expected
    certainty: Certainty
    settings: Settings = field(default_factory=Settings)
    legal_ref: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        known = {code for name in SANCTION_RULE_SETS for code in load(name).data["infractions"]}
        term, notice = self.facts.term, self.settings.min_notice_days
        faults = {
            f"infraction: no rule set knows {self.infraction!r}": self.infraction not in known,
            "prior_occurrences: less than 0": self.prior_occurrences < 0,
            "facts: term: days: less than 1": term is not None and term.days < 1,
            "settings: min_notice_days: less than 0": notice is not None and notice < 0,
            "expected: names nothing that must be found": not self.expected.values(),
            "expected: suspended_from_month: no month (YYYY-MM)": not self.expected.of_a_month,
        }
        for fault, stands in faults.items():
            if stands:
                raise Unreadable(f"{self.id}: {fault}")

    @property
    def rules(self) -> RuleSet:
        """The rule set that it names, in the reading that it chooses."""
        return load(self.rule_set).read_as(self.settings.values())

    @property
    def law(self) -> Law:
        """What stands around the case: the statute alone, or a protocol in force since the ADI began."""
        setting = STATUTE if self.rule_set == STATUTE else PROTOCOL
        return Law(protocol_from=PROTOCOL_FROM, setting=setting, settings=self.settings.values())

    @property
    def requested(self) -> Measure | None:
        asked = self.facts.requested_measure
        return None if asked is None else Measure(asked)


def _told(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
