"""Verifica degli obblighi: is one member bound by the path on one day? DL 48/2023 art. 6 cc. 4-5.

Two steps, so that a replay survives the erasure of the birth dates: `observe` turns the member's data into
values of that day, `judge` reads the decision table on those values alone.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import sha256
from typing import Literal, cast

from domain.rules.calendar import LeapBirthday, age, birthday
from domain.rules.rule_set import OBLIGATION_RULE_SET, RuleSet, load

Result = Literal["obliged", "excluded", "voluntary"]


@dataclass(frozen=True)
class Member:
    """One member of the household and the conditions true of her on the day for which she is judged.

    `children_birth_dates` are her children in the household, `household_under18_birth_dates` the other
    minors. `parental_responsibility` is None where it follows from having a minor child (artt. 316, 330
    c.c.). `caregiver` says whether the assessment names her as the carer, `household_disabled_annex3` whether
    a member is disabled or not self-sufficient (all. 3 DPCM 159/2013). A survivor's pension is not direct.
    """

    birth_date: date
    children_birth_dates: tuple[date, ...] = ()
    household_under18_birth_dates: tuple[date, ...] = ()
    parental_responsibility: bool | None = None
    direct_pension: bool = False
    disability_l68: bool = False
    oncological: bool = False
    gender_violence_path: bool = False
    employed: bool = False
    low_income_keeps_unemployed_status: bool = False
    regular_study: bool = False
    caregiver: bool = True
    household_disabled_annex3: bool = False


@dataclass(frozen=True)
class Inputs:
    """What the decision table reads: completed years, counts, yes or no; no date that tells a birth."""

    age: int
    minor_children: int
    other_minors: int
    small_children: int
    parental_responsibility: bool | None
    direct_pension: bool
    disability_l68: bool
    oncological: bool
    gender_violence_path: bool
    employed: bool
    low_income_keeps_unemployed_status: bool
    regular_study: bool
    caregiver: bool
    household_disabled_annex3: bool

    def values(self) -> dict[str, int | bool | None]:
        """As stored with the evaluation; `Inputs(**values)` gives them back."""
        return asdict(self)

    @property
    def hash(self) -> str:
        """The inputs_hash of the evaluation. It binds the inputs, it does not hide them: few are possible.

        So it is shown to nobody who may not read them all.
        """
        return sha256(json.dumps(self.values(), sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True)
class Obligation:
    """The status of a member on a day, with every reason; `primary_reason` is NONE for who is obliged.

    `trace` says of each row of the table whether it excludes.
    """

    result: Result
    all_reasons: tuple[str, ...]
    may_volunteer: bool
    legal_ref: str
    routing: str
    inputs: Inputs
    rule_set_id: str
    rule_set_hash: str
    trace: tuple[tuple[str, bool], ...]

    @property
    def primary_reason(self) -> str:
        return self.all_reasons[0] if self.all_reasons else "NONE"


def rules_in_force(readings: Mapping[str, int | str] | None = None) -> RuleSet:
    """The rule set of the obligations, in the readings of an Ambito; open ones as shipped."""
    return load(OBLIGATION_RULE_SET).read_as(readings or {})


def evaluate(member: Member, on: date, rules: RuleSet) -> Obligation:
    """The status of a member on a day."""
    return judge(observe(member, on, rules), rules)


def evaluate_other(member: Member, on: date, rules: RuleSet) -> Obligation:
    """The status under another benefit: its obligor is any adult, art. 6 cc. 4-5 does not speak of it.

    [inference: no source on the page gives a decision table for RdC, ReI and NASpI]
    """
    return judge_other(observe(member, on, load(OBLIGATION_RULE_SET)), rules)


def judge_other(inputs: Inputs, rules: RuleSet) -> Obligation:
    """The status under another benefit, of the values of a day."""
    minor = _is_minor(inputs, load(OBLIGATION_RULE_SET))
    return Obligation(
        result="excluded" if minor else "obliged",
        all_reasons=("MINOR",) if minor else (),
        may_volunteer=False,
        legal_ref=str(rules.data["act"]),
        routing=ROUTING["excluded" if minor else "obliged"],
        inputs=inputs,
        rule_set_id=rules.id,
        rule_set_hash=rules.hash,
        trace=(("obligor.MINOR", minor),),
    )


def observe(member: Member, on: date, rules: RuleSet) -> Inputs:
    """The values of the day, computed from the birth dates of the household."""
    leap, ages = _leap(rules), rules.data["ages"]

    def under(births: tuple[date, ...], years: int) -> int:
        return sum(0 <= age(born, on, leap) < years for born in births)

    children, others = member.children_birth_dates, member.household_under18_birth_dates
    return Inputs(
        age=age(member.birth_date, on, leap),
        minor_children=under(children, ages["adult"]),
        other_minors=under(others, ages["adult"]),
        small_children=under(children + others, ages["small_child"]),
        parental_responsibility=member.parental_responsibility,
        direct_pension=member.direct_pension,
        disability_l68=member.disability_l68,
        oncological=member.oncological,
        gender_violence_path=member.gender_violence_path,
        employed=member.employed,
        low_income_keeps_unemployed_status=member.low_income_keeps_unemployed_status,
        regular_study=member.regular_study,
        caregiver=member.caregiver,
        household_disabled_annex3=member.household_disabled_annex3,
    )


def judge(inputs: Inputs, rules: RuleSet) -> Obligation:
    """The decision table: every row is read and every reason kept; one row is enough to exclude."""
    read = [(row, EXCLUDES[row["code"]](inputs, rules)) for row in rules.data["reasons"]]
    rows = [row for row, excludes in read if excludes]
    may_volunteer = bool(rows) and _has_right_to_volunteer(inputs, rules)
    result: Result = "obliged" if not rows else "voluntary" if may_volunteer else "excluded"
    return Obligation(
        result=result,
        all_reasons=tuple(row["code"] for row in rows),
        may_volunteer=may_volunteer,
        legal_ref=rows[0]["legal_ref"] if rows else "DL 48/2023 art. 6 c. 4",
        routing=ROUTING[result],
        inputs=inputs,
        rule_set_id=rules.id,
        rule_set_hash=rules.hash,
        trace=(
            *((f"reasons.{row['code']}", excludes) for row, excludes in read),
            ("volunteers", may_volunteer),
        ),
    )


def thresholds(member: Member, after: date, rules: RuleSet) -> tuple[date, ...]:
    """The days after this one on which a birthday (or a birth) can change the evaluation, soonest first."""
    leap, ages = _leap(rules), rules.data["ages"]
    minors = member.children_birth_dates + member.household_under18_birth_dates
    own = {birthday(member.birth_date, years, leap) for years in (ages["adult"], ages["exempt"])}
    stages = (0, ages["small_child"], ages["adult"])
    theirs = {birthday(born, years, leap) for born in minors for years in stages}
    return tuple(sorted(day for day in own | theirs if day > after))


ROUTING: Mapping[Result, str] = {
    "obliged": "CPI_OR_ACCREDITED_BODY_IF_ACTIVABLE_ELSE_SERVIZI_SOCIALI",
    "voluntary": "SERVIZI_SOCIALI_OR_CPI_ON_REQUEST",
    "excluded": "SERVIZI_SOCIALI",
}
"""Who takes the member in charge: art. 4 c. 5, art. 6 cc. 3, 5, 7."""


def _leap(rules: RuleSet) -> LeapBirthday:
    return cast(LeapBirthday, rules.choice("leap_birthday"))


def _has_right_to_volunteer(inputs: Inputs, rules: RuleSet) -> bool:
    """Art. 6 c. 5 first period: members with disability, and members of 60 or more."""
    return inputs.disability_l68 or _is_of_exempt_age(inputs, rules)


def _is_minor(inputs: Inputs, rules: RuleSet) -> bool:
    return inputs.age < int(rules.data["ages"]["adult"])


def _is_of_exempt_age(inputs: Inputs, rules: RuleSet) -> bool:
    return inputs.age >= int(rules.data["ages"]["exempt"])


def _is_protected(inputs: Inputs, rules: RuleSet) -> bool:
    return inputs.gender_violence_path and rules.choice("gender_violence_path") == "EXCLUDES"


def _is_employed(inputs: Inputs, rules: RuleSet) -> bool:
    counts_as_unemployed = (
        inputs.low_income_keeps_unemployed_status and rules.choice("low_income_worker") == "NOT_EMPLOYED"
    )
    return inputs.employed and not counts_as_unemployed


def _lacks_parental_responsibility(inputs: Inputs, rules: RuleSet) -> bool:
    if inputs.parental_responsibility is None:
        return inputs.minor_children == 0
    lives_with_a_minor = inputs.minor_children + inputs.other_minors > 0
    binds = lives_with_a_minor or rules.choice("responsibility_outside_household") == "BINDS"
    return not (inputs.parental_responsibility and binds)


def _carries(inputs: Inputs, rules: RuleSet) -> bool:
    """Whether a care load of the household falls on this member."""
    return inputs.caregiver or rules.choice("care_load") == "EVERY_ADULT"


def _has_small_child(inputs: Inputs, rules: RuleSet) -> bool:
    return inputs.small_children > 0 and _carries(inputs, rules)


def _has_many_children(inputs: Inputs, rules: RuleSet) -> bool:
    return inputs.minor_children >= rules.data["care_load"]["minor_children"] and _carries(inputs, rules)


def _cares_for_disabled(inputs: Inputs, rules: RuleSet) -> bool:
    return inputs.household_disabled_annex3 and _carries(inputs, rules)


EXCLUDES: dict[str, Callable[[Inputs, RuleSet], bool]] = {
    "MINOR": _is_minor,
    "AGE_60_PLUS": _is_of_exempt_age,
    "DIRECT_PENSION": lambda inputs, rules: inputs.direct_pension,
    "DISABILITY_L68": lambda inputs, rules: inputs.disability_l68,
    "ONCOLOGICAL": lambda inputs, rules: inputs.oncological,
    "GENDER_VIOLENCE_PATH": _is_protected,
    "EMPLOYED": _is_employed,
    "REGULAR_STUDY": lambda inputs, rules: inputs.regular_study,
    "NO_PARENTAL_RESPONSIBILITY": _lacks_parental_responsibility,
    "CARE_LOAD_CHILD_UNDER_3": _has_small_child,
    "CARE_LOAD_3_MINOR_CHILDREN": _has_many_children,
    "CARE_LOAD_DISABLED_MEMBER": _cares_for_disabled,
}
