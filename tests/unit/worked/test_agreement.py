"""The register and the rules agree on every sanction; where they do not, the example fails."""

import json
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.case import infractions, observe
from domain.case.events import (
    CommitmentMissed,
    ConvocationDelivered,
    MemberConvokedByCpi,
    PadSigned,
    PattoDrafted,
    PattoSigned,
)
from domain.rules import calendar
from domain.rules.rule_set import SANCTION_RULE_SETS, load, rule_set
from domain.worked import deadline, obligation
from domain.worked.check import check
from domain.worked.deadline import DeadlineExample
from domain.worked.household import open_case
from domain.worked.infractions import prepare, tell
from domain.worked.obligation import ObligationCase
from domain.worked.parts import Difference
from domain.worked.reading import read
from domain.worked.sanction import SanctionExample
from domain.worked.scene import scene

FOLDER = Path(__file__).parents[1] / "rules/examples"
PLAIN = json.loads((FOLDER / "sanction_examples.json").read_text())["examples"]


def example(example_id, **changes):
    told = next(each for each in PLAIN if each["id"] == example_id)
    return read(SanctionExample, told | changes, example_id)


def amended(rules, change):
    data = json.loads(rules.canonical)
    change(data)
    return rule_set(data)


# --- controls: what must be caught -------------------------------------------------------------------------


def test_a_rung_that_was_changed_is_caught():
    def halve(data):
        data["infractions"]["CONVOCATION_MISSED"]["rungs"][0]["months_fraction"] = "1/2"

    found = check(example("SA-24"), amended(load("PSP-150-2015"), halve))
    assert ("months_fraction", Fraction(1, 4), Fraction(1, 2)) in [
        (each.key, each.expected, each.found) for each in found.differences
    ]


def test_a_register_that_reads_another_rung_than_the_rules_is_caught(monkeypatch):
    def halve(data):
        data["infractions"]["PAIS_COMMITMENT_BREACH"]["rungs"][0]["months_fraction"] = "1/2"

    ours = observe.rules_for
    monkeypatch.setattr(observe, "rules_for", lambda *of: amended(ours(*of), halve))
    (difference,) = check(example("SA-29")).differences
    assert difference == Difference("months_fraction", Fraction(1, 4), Fraction(1, 2), disagree=True)


def test_a_register_that_forgets_the_reason_is_caught(monkeypatch):
    monkeypatch.setattr(infractions, "reason_of", lambda case, event_id: "none")
    assert Difference("measure", "NONE", "DECADENZA", disagree=True) in check(example("SA-03")).differences


def test_a_register_that_takes_any_recapito_is_caught(monkeypatch):
    monkeypatch.setattr(observe, "notice_days", lambda case, day, law: -10)
    monkeypatch.setattr(infractions.observe, "delivered_on", lambda case, which, who: date(2026, 4, 1))
    assert not check(example("SA-37")).passed


def test_a_calendar_that_rolls_saturdays_is_caught(monkeypatch):
    saturday = DeadlineExample("DL-01", date(2024, 1, 26), date(2024, 5, 25), days=120)
    assert deadline.check(saturday).passed
    ours = calendar.is_closed
    monkeypatch.setattr(calendar, "is_closed", lambda day, saint: ours(day, saint) or day.weekday() == 5)
    (difference,) = deadline.check(saturday).differences
    assert difference.found == "2024-05-27"


def test_a_duty_that_ends_at_59_is_caught():
    def sooner(data):
        data["ages"]["exempt"] = 59

    born = {"birth_date": "1966-06-16", "children_birth_dates": ["2018-03-10"]}
    case = {"id": "x", "evaluation_date": "2026-06-15", "member": born, "certainty": "firm"}
    told = read(ObligationCase, case | {"expected": {"result": "obliged"}}, "x")
    rules = obligation.obligation.rules_in_force()
    assert obligation.check(told).passed
    assert obligation.check(told, amended(rules, sooner)).why[1] == "AGE_60_PLUS"
    assert not obligation.check(told, amended(rules, sooner)).passed


# --- what a case is told -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "measure"), [(0, "DECADENZA"), (1, "REFUSED"), (2, "REFUSED")])
def test_the_notice_that_an_example_chooses_reaches_the_register(days, measure):
    found = check(example("SA-41", settings={"min_notice_days": days}, expected={"measure": measure}))
    assert (found.differences, found.alone) == ((), None)


def test_a_term_that_ended_before_its_rules_began_is_judged_by_the_rules_alone():
    """The register dates a lapse on the day after the term, which no rule set of the ADI governs yet."""
    facts, first = next(each for each in PLAIN if each["id"] == "SA-06")["facts"], "2024-01-01"
    term = facts["term"] | {"starts_on": "2023-09-23", "as_of": first, "exempt": False}
    expected = {"measure": "SOSPENSIONE", "deadline": "2023-12-22"}
    told = example("SA-06", facts=facts | {"fact_date": first, "term": term}, expected=expected)
    found = check(told)
    assert found.passed and "2023-12-23" in found.alone


def test_a_refusal_is_met_by_any_rule_that_refuses():
    told = next(each for each in PLAIN if each["id"] == "SA-37")
    facts = told["facts"] | {"member": "excluded"}
    for rule in ("NOT_OBLIGED", "NO_PROOF_OF_CONVOCATION"):
        expected = {"measure": "REFUSED", "refused": rule}
        assert check(example("SA-37", facts=facts, expected=expected)).passed
    wrong = {"measure": "REFUSED", "refused": "REASON_NOT_ASKED"}
    assert not check(example("SA-37", facts=facts, expected=wrong)).passed


def test_an_expectation_that_is_wrong_fails():
    (difference,) = check(example("SA-02", expected={"measure": "SOSPENSIONE"})).differences
    assert (difference.key, difference.found) == ("measure", "DECADENZA")


def test_a_convocation_of_the_household_sent_in_the_120_days_stops_the_sospensione():
    told = next(each for each in PLAIN if each["id"] == "SA-01")["facts"]
    facts = told | {"term": told["term"] | {"convocation_sent": True}}
    assert check(example("SA-01", facts=facts, expected={"measure": "NONE"})).passed


@pytest.mark.parametrize(
    ("example_id", "grounds"),
    [
        ("SA-01", {PadSigned}),
        ("SA-15", {CommitmentMissed, PattoDrafted, PattoSigned}),
        ("SA-24", {MemberConvokedByCpi, ConvocationDelivered}),
    ],
)
def test_an_infraction_that_is_ascertained_rests_on_the_facts_beside_it(example_id, grounds):
    told = example(example_id)
    begun = scene(open_case(told), told)
    prepare(begun)
    infraction = tell(begun)
    case = begun.life.case
    assert grounds <= {type(case.facts[each].event) for each in infractions.evidence_of(case, infraction)}


# --- whatever the facts ------------------------------------------------------------------------------------

DAY = date(2026, 4, 20)
DAYS = st.integers(-20, 1).map(lambda days: (DAY + timedelta(days=days)).isoformat())
AREAS = st.sampled_from(["CONTACTS", "SCHOOLING", "HEALTH", "PUC", "TRAINING"])
GROUNDS = {
    "convocation": st.fixed_dictionaries(
        {
            "sent_on": st.none(),
            "delivered_on": st.none() | DAYS,
            "appointment_on": st.just(DAY.isoformat()),
            "attended": st.booleans(),
        }
    ),
    "term": st.fixed_dictionaries(
        {
            "starts_on": st.integers(5, 130).map(lambda days: (DAY - timedelta(days=days)).isoformat()),
            "days": st.sampled_from([10, 90, 120]),
            "met_on": st.none() | DAYS,
            "convocation_sent": st.booleans(),
            "as_of": st.just(DAY.isoformat()),
            "exempt": st.booleans(),
        }
    ),
    "patto": st.fixed_dictionaries(
        {"kind": st.sampled_from(["PAIS", "PSP"]), "in_force": st.booleans(), "refused": st.booleans()}
    ),
    "commitment": st.fixed_dictionaries(
        {"area": AREAS, "in_patto_on_fact_date": st.booleans(), "missed": st.booleans()}
    ),
    "offer": st.fixed_dictionaries(
        {
            "contract": st.sampled_from(["permanent", "fixed_term", "agency"]),
            "fte_pct": st.sampled_from([59, 60]),
            "wage_ok": st.booleans(),
            "child_under_14": st.booleans(),
            "refused": st.booleans(),
            "distance_km": st.sampled_from([80, 81]),
        }
    ),
}
MEASURES = st.sampled_from(["RICHIAMO_FORMALE", "SOSPENSIONE", "DECURTAZIONE", "DECADENZA", "REVOCA"])
INFRACTIONS = [(name, code) for name in SANCTION_RULE_SETS for code in load(name).data["infractions"]]


@st.composite
def any_example(draw):
    name, code = draw(st.sampled_from(INFRACTIONS))
    rests_on = load(name).data["infractions"][code]["rests_on"]
    given = draw(st.fixed_dictionaries({}, optional={each: GROUNDS[each] for each in {*rests_on, "patto"}}))
    day = {"RDC-2019": timedelta(days=-1000)}.get(name, timedelta())
    facts = {
        "benefit": load(name).data["benefits"][0],
        "fact_date": DAY.isoformat(),
        "member": draw(st.sampled_from(["obliged", "obliged", "excluded", "voluntary", "household"])),
        "reason": draw(st.sampled_from(["none", "not_asked", "accepted", "rejected"])),
        **given,
    }
    if draw(st.booleans()):
        facts["requested_measure"] = draw(MEASURES)
    told = {
        "id": "any",
        "rule_set": name,
        "infraction": code,
        "prior_occurrences": draw(st.integers(0, 4)),
        "facts": facts,
        "settings": {"min_notice_days": draw(st.integers(0, 3))},
        "expected": {"measure": "NONE"},
        "certainty": "firm",
    }
    return _moved(read(SanctionExample, told, "any"), day)


def _moved(told, by):
    """The same facts on other days, for a rule set of other years."""
    facts = told.facts
    convocation, term = facts.convocation, facts.term
    if convocation:
        delivered = convocation.delivered_on and convocation.delivered_on + by
        convocation = replace(
            convocation, delivered_on=delivered, appointment_on=convocation.appointment_on + by
        )
    return replace(
        told, facts=replace(facts, fact_date=facts.fact_date + by, convocation=convocation, term=term)
    )


@settings(max_examples=400, deadline=None)
@given(told=any_example())
def test_whatever_the_facts_the_register_finds_what_the_rules_give(told):
    found = check(told)
    assert [each for each in found.differences if each.disagree] == []
