"""What may be proposed for an infraction, and what the rules find on a measure that its authority ordered.

The register proposes and reports; INPS (for D.Lgs. 150/2015 the CPI) orders. A proposal without basis is
refused, a measure ordered without basis is recorded with the finding. DOMAIN.md section 7.
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from domain.refused import Refused
from domain.rules.breach import deadline, happened
from domain.rules.calendar import add_months
from domain.rules.facts import Facts
from domain.rules.ladder import Infraction, Measure, Rung, infraction
from domain.rules.rule_set import RuleSet, load
from domain.rules.trace import Trace

PROTOCOL, STATUTE = "PROTOCOLLO-ADI", "ADI-2023"
OTHER_BENEFITS = {"RDC": "RDC-2019", "REI": "REI-2017", "NASPI": "PSP-150-2015"}

FINDINGS = (
    "NONE",
    "NO_LEGAL_BASIS",
    "FACT_OUTSIDE_RULE_SET",
    "NO_PROOF_OF_CONVOCATION",
    "NOT_OBLIGED",
    "REASON_NOT_ASKED",
    "NOT_IN_PATTO",
)
"""What can be found on an ordered measure; it never stops its recording."""


@dataclass(frozen=True)
class Conflict:
    """Another rule set that says otherwise, and why: whoever decides reads both."""

    rule_set: str
    because: str


@dataclass(frozen=True)
class Proposal:
    """What the rules give for one infraction; measure NONE where nothing is to be proposed.

    `deadline` is the last day of the term that lapsed or is awaited, `suspended_from_month` is YYYY-MM,
    `reapply_after_months` counts from the act of decadenza or revoca (bar D6: it never rolls).
    """

    rule_set_id: str
    rule_set_hash: str
    infraction: str
    occurrence: int
    legal_ref: str
    mark: str
    disposes: str
    measure: Measure
    months_fraction: Fraction | None = None
    scope: str | None = None
    conflicts_with: tuple[Conflict, ...] = ()
    reapply_after_months: int | None = None
    deadline: date | None = None
    suspended_from_month: str | None = None
    effect: str = ""
    also: str = ""


def applicable(
    benefit: str, fact_date: date, protocol: tuple[date, date | None] | None, setting: str = PROTOCOL
) -> RuleSet:
    """The rule set of one infraction, by benefit and day of the fact: never the latest, never one per case.

    `protocol` is (effective_on, last day or None); `setting` is PROTOCOLLO-ADI where the Ambito runs the
    protocol as signed, ADI-2023 for the statute alone.
    """
    if setting not in (PROTOCOL, STATUTE):
        raise Refused("BAD_VALUE", f"an Ambito applies {PROTOCOL} or {STATUTE}, not {setting}")
    if benefit == "ADI":
        return load(PROTOCOL if setting == PROTOCOL and _in_force(protocol, fact_date) else STATUTE)
    if benefit not in OTHER_BENEFITS:
        raise Refused("NO_LEGAL_BASIS", f"no rule set has sanctions for the benefit {benefit}")
    return load(OTHER_BENEFITS[benefit])


def propose(
    rules: RuleSet,
    code: str,
    facts: Facts,
    prior_occurrences: int = 0,
    requested: Measure | None = None,
    trace: Trace | None = None,
) -> Proposal:
    """The measure that the rules give for an infraction, or Refused.

    `prior_occurrences` as counted by `ladder.prior_occurrences`; `requested` is a measure asked for by an
    operator, refused where it is not the computed one. `trace` is told what each clause gave.
    """
    trace = trace or Trace()
    if not trace.gave("benefits", rules.governs(facts.benefit, facts.fact_date)):
        outside = f"{rules.id} does not govern {facts.benefit} on {facts.fact_date}"
        raise Refused("FACT_OUTSIDE_RULE_SET", outside)
    norm = infraction(rules, code)
    clause = f"infractions.{code}"
    if requested not in (None, Measure.NONE) and not trace.gave(f"{clause}.rungs", norm.has(requested)):
        raise Refused("NO_LEGAL_BASIS", f"{norm.legal_ref} has no {requested}")
    if not trace.gave(f"{clause}.bound", facts.member in norm.bound):
        raise Refused("NOT_OBLIGED", f"{code} cannot be a breach of a member who is {facts.member}")
    due = _is_due(rules, norm, facts, trace)
    rung = norm.rung(prior_occurrences + 1) if due else Rung(Measure.NONE)
    if due:
        place = min(prior_occurrences + 1, len(norm.rungs)) - 1
        cut = "" if rung.months_fraction is None else f" {rung.months_fraction}"
        trace.gave(f"{clause}.rungs[{place}]", f"{rung.measure}{cut}")
    if requested not in (None, rung.measure):
        raise Refused("NO_LEGAL_BASIS", f"{norm.legal_ref} gives {rung.measure} here, not {requested}")
    return _proposal(rules, norm, rung, facts, prior_occurrences + 1)


def finding(
    rules: RuleSet,
    ordered: Measure,
    months_fraction: Fraction | None = None,
    *,
    code: str | None = None,
    facts: Facts | None = None,
    prior_occurrences: int = 0,
    trace: Trace | None = None,
) -> str:
    """What the rules find on a measure that its authority ordered: one of FINDINGS, never a refusal.

    Without the infraction or its facts only the ladders speak: whether they know such a measure at all.
    """
    trace = trace or Trace()
    if code is None or facts is None:
        codes = rules.data["infractions"] if code is None else [code]
        known = any(_may_order(rules, each, ordered, months_fraction, trace) for each in codes)
        return trace.gave("finding", "NONE" if known else "NO_LEGAL_BASIS")
    try:
        computed = propose(rules, code, facts, prior_occurrences, ordered, trace)
    except Refused as refused:
        return trace.gave("finding", refused.rule)
    same = months_fraction is None or computed.months_fraction == months_fraction
    return trace.gave("finding", "NONE" if same else "NO_LEGAL_BASIS")


def conflicts(rules: RuleSet, code: str, area: str | None = None) -> tuple[Conflict, ...]:
    """The rule sets that say otherwise of this infraction; they follow it into the dossier."""
    return tuple(
        Conflict(row["rule_set"], row["because"])
        for row in rules.data.get("conflicts_with", [])
        if row["infraction"] == code and row.get("area") in (None, area)
    )


def _in_force(protocol: tuple[date, date | None] | None, day: date) -> bool:
    if protocol is None or not load(PROTOCOL).governs("ADI", day):
        return False
    effective_on, last_day = protocol
    return effective_on <= day and (last_day is None or day <= last_day)


def _is_due(rules: RuleSet, norm: Infraction, facts: Facts, trace: Trace) -> bool:
    """Whether the infraction happened and no justified reason excludes the measure."""
    if not happened(rules, norm, facts, trace):
        return False
    clause = f"infractions.{norm.code}.justified_reason"
    if facts.reason == "not_asked":
        trace.gave(clause, "REASON_NOT_ASKED")
        raise Refused("REASON_NOT_ASKED", "the member was not asked for a justified reason")
    excludes = facts.reason == "accepted" and _reason_excludes(rules, norm)
    trace.gave(clause, "EXCLUDES" if excludes else facts.reason)
    return not excludes


def _reason_excludes(rules: RuleSet, norm: Infraction) -> bool:
    reading = norm.data["justified_reason"]
    return reading == "excludes" or (reading == "open" and rules.choice("open_reason") == "EXCLUDES")


def _may_order(
    rules: RuleSet, code: str, ordered: Measure, months_fraction: Fraction | None, trace: Trace
) -> bool:
    rungs = infraction(rules, code).rungs if code in rules.data["infractions"] else ()
    known = any(r.measure is ordered and months_fraction in (None, r.months_fraction) for r in rungs)
    return trace.gave(f"infractions.{code}.rungs", known)


def _proposal(rules: RuleSet, norm: Infraction, rung: Rung, facts: Facts, occurrence: int) -> Proposal:
    due = rung.measure is not Measure.NONE
    area = facts.commitment.area if facts.commitment else None
    last_day = deadline(facts.term) if facts.term and "term" in norm.data["rests_on"] else None
    return Proposal(
        rule_set_id=rules.id,
        rule_set_hash=rules.hash,
        infraction=norm.code,
        occurrence=occurrence,
        legal_ref=norm.legal_ref,
        mark=norm.mark,
        disposes=rules.data["disposes"],
        measure=rung.measure,
        months_fraction=rung.months_fraction,
        scope=rules.data["scope"] if due else None,
        conflicts_with=conflicts(rules, norm.code, area) if due else (),
        reapply_after_months=_reapply(rules, norm, rung.measure),
        deadline=last_day,
        suspended_from_month=_suspended_from(norm, last_day) if due else None,
        effect=rung.effect,
        also=rung.also,
    )


def _reapply(rules: RuleSet, norm: Infraction, measure: Measure) -> int | None:
    if measure not in (Measure.DECADENZA, Measure.REVOCA):
        return None
    months: int | None = norm.data.get("reapply_after_months") or rules.data.get("reapply", {}).get("months")
    return months


def _suspended_from(norm: Infraction, last_day: date | None) -> str | None:
    if last_day is None or norm.data.get("suspends_from") != "MONTH_AFTER_TERM":
        return None
    return f"{add_months(last_day, 1):%Y-%m}"
