"""Whether the facts make the infraction: a convocation missed, a term lapsed, a commitment not kept."""

from collections.abc import Callable
from datetime import date

from domain.refused import Refused
from domain.rules.calendar import term_end
from domain.rules.facts import Facts, Offer, Term
from domain.rules.ladder import Infraction
from domain.rules.rule_set import RuleSet
from domain.rules.trace import Trace


def happened(rules: RuleSet, infraction: Infraction, facts: Facts, trace: Trace) -> bool:
    """Whether the facts make the infraction; refused where the proof that it needs is not on record.

    An infraction that rests on no fact of this page was ascertained elsewhere (`InfractionAscertained`).
    """
    rests_on = infraction.data["rests_on"]
    given = [name for name in rests_on if getattr(facts, name) is not None] or rests_on[:1]
    return not given or _any(rules, infraction, facts, given, trace)


def _any(rules: RuleSet, infraction: Infraction, facts: Facts, grounds: list[str], trace: Trace) -> bool:
    """One ground is enough: what cannot be proved of another does not take it away."""
    refusals: list[Refused] = []
    for name in grounds:
        clause = f"infractions.{infraction.code}.rests_on.{name}"
        try:
            if trace.gave(clause, TESTS[name](rules, infraction, facts)):
                return True
        except Refused as refused:
            trace.gave(clause, refused.rule)
            refusals.append(refused)
    if refusals:
        raise refusals[0]
    return False


def deadline(term: Term) -> date:
    """The last useful day of a term."""
    return term_end(term.starts_on, days=term.days)


def is_valid_offer(offer: Offer, law: dict[str, int]) -> bool:
    """Offerta di lavoro valida, DL 48/2023 art. 9 cc. 1 and 1-bis. [verified GU 23A03800]

    Distance is no limit for a permanent contract, unless a child of the household is under 14.
    """
    anywhere = offer.contract == "permanent" and not offer.child_under_14
    full_enough = offer.fte_pct >= law["full_time_pct"]
    return offer.wage_ok and full_enough and (anywhere or _within_reach(offer, law))


def _within_reach(offer: Offer, law: dict[str, int]) -> bool:
    near = offer.distance_km is not None and offer.distance_km <= law["distance_km"]
    travel = offer.public_transport_min
    return near or (travel is not None and travel <= law["public_transport_min"])


def _convocation_missed(rules: RuleSet, infraction: Infraction, facts: Facts) -> bool:
    convocation = facts.convocation
    if convocation is not None and convocation.attended:
        return False
    if convocation is None or convocation.delivered_on is None:
        raise Refused("NO_PROOF_OF_CONVOCATION", "nothing proves the recapito of the convocation")
    notice = (convocation.appointment_on - convocation.delivered_on).days
    if notice < rules.number("min_notice_days"):
        raise Refused("NO_PROOF_OF_CONVOCATION", f"delivered {notice} days before the appointment")
    return True


def _term_lapsed(rules: RuleSet, infraction: Infraction, facts: Facts) -> bool:
    term = facts.term
    if term is None or term.exempt:
        return False
    if term.convocation_sent and infraction.data.get("only_without_convocation"):
        return False
    last_day = deadline(term)
    kept = term.met_on is not None and term.met_on <= last_day
    return term.as_of > last_day and not kept


def _patto_refused(rules: RuleSet, infraction: Infraction, facts: Facts) -> bool:
    return facts.patto is not None and facts.patto.refused


def _commitment_missed(rules: RuleSet, infraction: Infraction, facts: Facts) -> bool:
    if facts.commitment is not None and not facts.commitment.missed:
        return False
    if not _in_patto(infraction, facts):
        raise Refused("NOT_IN_PATTO", "the commitment was not in the patto in force on the day of the fact")
    return _in_scope(infraction, facts)


def _in_patto(infraction: Infraction, facts: Facts) -> bool:
    kind, patto = infraction.data.get("patto"), facts.patto
    in_force = kind is None if patto is None else patto.in_force and kind in (None, patto.kind)
    return in_force and facts.commitment is not None and facts.commitment.in_patto_on_fact_date


def _in_scope(infraction: Infraction, facts: Facts) -> bool:
    """Whether the norm speaks of this commitment and this person (areas, ages, schooling)."""
    norm = infraction.data
    area = facts.commitment.area if facts.commitment else None
    if "areas" in norm and area not in norm["areas"]:
        return False
    if norm.get("only_without_compulsory_education") and facts.compulsory_education_done:
        return False
    ages = norm.get("ages")
    return ages is None or (facts.age is not None and ages["from"] <= facts.age <= ages["to"])


def _offer_refused(rules: RuleSet, infraction: Infraction, facts: Facts) -> bool:
    offer, law = facts.offer, rules.data.get("offer")
    return offer is not None and offer.refused and (law is None or is_valid_offer(offer, law))


TESTS: dict[str, Callable[[RuleSet, Infraction, Facts], bool]] = {
    "convocation": _convocation_missed,
    "term": _term_lapsed,
    "patto": _patto_refused,
    "commitment": _commitment_missed,
    "offer": _offer_refused,
}
