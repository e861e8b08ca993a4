"""A decision judged again from the values that it stored: the rules alone, no case, no log.

What is given is an event as plain JSON, or what is left of it: an erased or a redacted value is not there,
and is not judged. What comes out are the values that the rules compute, under the names of the event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, TypeVar

from domain.refused import Refused
from domain.rules import facts as plain
from domain.rules import obligation, sanctions
from domain.rules.ladder import Measure, months
from domain.rules.rule_set import OBLIGATION_RULE_SET, Data, RuleSet
from domain.rules.trace import Trace

T = TypeVar("T")

EVALUATION, PROPOSAL = "obligation_evaluated", "sanction_proposal_opened"
MEASURES = {
    "decurtazione_ordered": Measure.DECURTAZIONE,
    "sospensione_ordered": Measure.SOSPENSIONE,
    "decadenza_ordered": Measure.DECADENZA,
    "revoca_ordered": Measure.REVOCA,
}
DECISIONS = (EVALUATION, PROPOSAL, *MEASURES)
"""The facts that are decisions, by the middle of their stored name (``adi.case.<name>.v2``)."""


@dataclass(frozen=True)
class Difference:
    """A value that does not come out again: what stands on record, what was found, and why that matters."""

    what: str
    expected: Any
    found: Any
    because: str


class CannotJudge(Exception):
    """The values do not say enough to judge by; the text says what is missing."""


def name_of(stored_name: str) -> str:
    """``revoca_ordered`` for ``adi.case.revoca_ordered.v2``."""
    return stored_name.split(".")[2] if stored_name.count(".") == 3 else stored_name


def differences(name: str, told: Data, rules: RuleSet) -> list[Difference]:
    """What a decision says otherwise than the rules do, read on the values that it stored.

    Raises CannotJudge.
    """
    found = again(name, told, rules)
    return [
        Difference(what, told[what], value, BECAUSE.get(what, "the rules give another value"))
        for what, value in found.items()
        if what in told and not _erased(told[what]) and told[what] != value
    ]


def again(name: str, told: Data, rules: RuleSet) -> Data:
    """What the rules compute on the stored values of a decision. Raises CannotJudge."""
    inputs = told.get("inputs")
    if type(inputs) is not dict or "trace" not in told:
        raise CannotJudge("the decision was taken before its inputs and its trace were stored, or hides them")
    try:
        named = {"rule_set_id": rules.id, "rule_set_hash": rules.hash}
        return named | _JUDGES[name](name, told, inputs, rules)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, Refused) as error:
        raise CannotJudge(f"the inputs or the rules cannot be read ({type(error).__name__})") from None


BECAUSE = {
    "rule_set_hash": "the text of the rule set is not the one that was decided by",
    "rule_set_id": "the decision was taken under another rule set",
    "inputs_hash": "the inputs are not those that were decided on",
    "trace": "a clause of the rule set gives another value",
}


def _evaluation(_name: str, _told: Data, inputs: Data, rules: RuleSet) -> Data:
    seen = obligation.Inputs(**inputs)
    judge = obligation.judge if rules.id == OBLIGATION_RULE_SET else obligation.judge_other
    found = judge(seen, rules)
    return {
        "result": found.result,
        "reason_codes": list(found.all_reasons),
        "inputs_hash": seen.hash,
        "trace": [list(step) for step in found.trace],
    }


def _proposal(_name: str, told: Data, inputs: Data, rules: RuleSet) -> Data:
    trace, requested = Trace(), Measure(told["proposed_measure"])
    prior = inputs["occurrence"] - 1
    try:
        found = sanctions.propose(rules, inputs["infraction"], _facts(inputs), prior, requested, trace)
    except Refused as refused:
        # A proposal that the rules refuse is none: what it says cannot come out.
        return {"proposed_measure": refused.rule, "trace": trace.steps}
    cut = found.months_fraction
    return {
        "proposed_measure": found.measure.value,
        "occurrence": found.occurrence,
        "legal_ref": found.legal_ref,
        "conflicts_with": [{"rule_set": c.rule_set, "because": c.because} for c in found.conflicts_with],
        "trace": trace.steps,
    } | ({} if cut is None else {"months_fraction": str(cut)})


def _measure(name: str, told: Data, inputs: Data, rules: RuleSet) -> Data:
    trace, ordered = Trace(), MEASURES[name]
    cut = months(told["months_fraction"]) if ordered is Measure.DECURTAZIONE else None
    rests_on = inputs.get("rests_on", "INFRACTION")
    if rests_on == "INFRACTION":
        finding = sanctions.finding(
            rules,
            ordered,
            cut,
            code=inputs["infraction"],
            facts=_facts(inputs),
            prior_occurrences=inputs["occurrence"] - 1,
            trace=trace,
        )
    elif rests_on == "LADDERS":
        finding = sanctions.finding(rules, ordered, cut, trace=trace)
    else:
        known = rests_on == "UNKNOWN_INFRACTION" and inputs["infraction"] in rules.data["infractions"]
        finding = "NONE" if known else "NO_LEGAL_BASIS"
    return {"finding": finding, "trace": trace.steps}


_JUDGES: Mapping[str, Callable[[str, Data, Data, RuleSet], Data]] = {
    EVALUATION: _evaluation,
    PROPOSAL: _proposal,
    **dict.fromkeys(MEASURES, _measure),
}


def _facts(inputs: Data) -> plain.Facts:
    return plain.Facts(
        benefit=inputs["benefit"],
        fact_date=date.fromisoformat(inputs["fact_date"]),
        member=inputs["member"],
        reason=inputs["reason"],
        convocation=_read(plain.Convocation, inputs["convocation"]),
        term=_read(plain.Term, inputs["term"]),
        patto=_read(plain.Patto, inputs["patto"]),
        commitment=_read(plain.Commitment, inputs["commitment"]),
        offer=_read(plain.Offer, inputs["offer"]),
        age=inputs["age"],
    )


def _read(kind: type[T], told: Data | None) -> T | None:
    """A record of days and plain values, as an event encodes it: what is None was left out."""
    if told is None:
        return None
    days = {f.name for f in fields(kind) if "date" in str(f.type)}  # type: ignore[arg-type]
    return kind(**{n: date.fromisoformat(v) if n in days and v is not None else v for n, v in told.items()})


def _erased(value: Any) -> bool:
    return type(value) is dict and value.keys() == {"erased"}
