"""A worked obligation: `ambito-obligation-cases`."""

from dataclasses import dataclass, fields
from datetime import date
from typing import Literal

from domain.rules import obligation
from domain.rules.obligation import Obligation
from domain.rules.rule_set import RuleSet
from domain.worked.parts import Certainty, Checked, Found, compared
from domain.worked.reading import Unreadable

Reason = Literal[
    "MINOR",
    "AGE_60_PLUS",
    "DIRECT_PENSION",
    "DISABILITY_L68",
    "ONCOLOGICAL",
    "GENDER_VIOLENCE_PATH",
    "EMPLOYED",
    "REGULAR_STUDY",
    "NO_PARENTAL_RESPONSIBILITY",
    "CARE_LOAD_CHILD_UNDER_3",
    "CARE_LOAD_3_MINOR_CHILDREN",
    "CARE_LOAD_DISABLED_MEMBER",
]
Routing = Literal[
    "CPI_OR_ACCREDITED_BODY_IF_ACTIVABLE_ELSE_SERVIZI_SOCIALI",
    "SERVIZI_SOCIALI_OR_CPI_ON_REQUEST",
    "SERVIZI_SOCIALI",
]


@dataclass(frozen=True)
class Member(obligation.Member):
    """A member, with the percentages that inform and decide nothing: `disability_l68` does."""

    civil_invalidity_pct: int | None = None
    inail_invalidity_pct: int | None = None


@dataclass(frozen=True)
class Expected:
    """What must be found; a key that is left out is not checked."""

    result: Literal["obliged", "excluded", "voluntary"] | None = None
    primary_reason: Literal[Reason, "NONE"] | None = None
    all_reasons: tuple[Reason, ...] | None = None
    may_volunteer: bool | None = None
    age: int | None = None
    legal_ref: str | None = None
    routing: Routing | None = None

    def values(self) -> Found:
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True)
class ObligationCase:
    """A member on a day, and the status that she must have."""

    id: str
    evaluation_date: date
    member: Member
    expected: Expected
    certainty: Certainty
    description: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if not self.expected.values():
            raise Unreadable(f"{self.id}: expected: names nothing that must be found")
        if self.member.birth_date > self.evaluation_date:
            raise Unreadable(f"{self.id}: member: birth_date: after the day of the evaluation")


def check(example: ObligationCase, rules: RuleSet | None = None) -> Checked:
    """Whether the member is judged as the case says; `rules` as shipped where none are given."""
    found = obligation.evaluate(example.member, example.evaluation_date, rules or obligation.rules_in_force())
    reasons = ", ".join(found.all_reasons) or "no reason excludes"
    why = (found.legal_ref, reasons, f"aged {found.inputs.age} on {example.evaluation_date}")
    return Checked(example.id, example.certainty, compared(example.expected.values(), _found(found)), why)


def _found(judged: Obligation) -> Found:
    return {
        "result": judged.result,
        "primary_reason": judged.primary_reason,
        "all_reasons": judged.all_reasons,
        "may_volunteer": judged.may_volunteer,
        "age": judged.inputs.age,
        "legal_ref": judged.legal_ref,
        "routing": judged.routing,
    }
