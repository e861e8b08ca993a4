"""Rule sets: the law as data."""

import json
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from domain.refused import RULES, Refused
from domain.rules.ladder import Measure, Rung, RungsDecision, as_decided, infraction, with_rungs
from domain.rules.rule_set import SANCTION_RULE_SETS, load, rule_set

LADDERS = json.loads((Path(__file__).parent / "examples/sanction_ladders.json").read_text())["rule_sets"]
JUSTIFIED = {True: "excludes", False: "irrelevant", None: "open"}
EVERY_INFRACTION = [(name, code) for name in SANCTION_RULE_SETS for code in load(name).data["infractions"]]


@pytest.mark.parametrize("name", SANCTION_RULE_SETS)
def test_a_rule_set_knows_exactly_the_infractions_of_its_act(name):
    assert load(name).data["infractions"].keys() == LADDERS[name]["infractions"].keys()


@pytest.mark.parametrize(("name", "code"), EVERY_INFRACTION)
def test_the_ladder_of_an_infraction_is_that_of_its_act(name, code):
    ours, theirs = infraction(load(name), code), LADDERS[name]["infractions"][code]
    rungs = [(rung.measure.value, rung.months_fraction) for rung in ours.rungs]
    fractions = [
        Fraction(row["months_fraction"]) if "months_fraction" in row else None for row in theirs["rungs"]
    ]
    assert rungs == list(zip([row["measure"] for row in theirs["rungs"]], fractions, strict=True))
    assert ours.data["justified_reason"] == JUSTIFIED[theirs["justified_reason_excludes"]]
    assert ours.legal_ref and ours.mark and ours.data["title"]


@pytest.mark.parametrize("name", SANCTION_RULE_SETS)
def test_a_rule_set_says_where_it_comes_from_and_who_acts(name):
    keys = ("act", "title", "mark", "obligor", "ascertains", "disposes", "scope", "validity_note")
    assert all(load(name).data[key] for key in keys)


def test_the_hash_changes_with_a_reading_and_comes_back_with_it():
    rules = load("ADI-2023")
    other = rules.with_setting("min_notice_days", 0)
    assert other.hash != rules.hash
    assert other.with_setting("min_notice_days", 1) == rules


def test_the_readings_of_an_ambito_reach_the_rule_sets_that_know_them():
    readings = {"min_notice_days": 3, "open_reason": "DOES_NOT_EXCLUDE"}
    assert load("ADI-2023").read_as(readings).choice("open_reason") == "DOES_NOT_EXCLUDE"
    assert load("RDC-2019").read_as(readings).number("min_notice_days") == 3
    assert load("RDC-2019").read_as({"open_reason": "DOES_NOT_EXCLUDE"}) == load("RDC-2019")


def test_a_rule_set_holds_plain_values_only():
    with pytest.raises(TypeError, match="no rule set holds"):
        rule_set({"id": "X", "title": object()})


@pytest.mark.parametrize("value", [-1, "1", True])
def test_a_number_of_days_is_a_whole_number_from_its_least(value):
    with pytest.raises(Refused):
        load("ADI-2023").with_setting("min_notice_days", value)


def test_the_holidays_are_part_of_the_hash():
    assert '"San Francesco d\'Assisi"' in load("REI-2017").canonical


def test_an_unknown_rule_set_is_refused():
    with pytest.raises(Refused):
        load("../holidays")


DECISION = RungsDecision(
    rule_set="PROTOCOLLO-ADI",
    infraction="PAIS_COMMITMENT_BREACH",
    rungs=(Rung(Measure.RICHIAMO_FORMALE), Rung(Measure.DECURTAZIONE, Fraction(1, 2))),
    counts_from="ASCERTAINED",
    minutes_ref="verbale 3/2026",
    decided_on=date(2026, 5, 4),
)


def test_rungs_decided_by_the_tavolo_hold_for_later_facts_only():
    rules = load("PROTOCOLLO-ADI")
    assert as_decided(rules, [DECISION], date(2026, 5, 4)) == rules
    decided = as_decided(rules, [DECISION], date(2026, 5, 5))
    norm = infraction(decided, "PAIS_COMMITMENT_BREACH")
    assert (norm.rungs, norm.counts_from) == (DECISION.rungs, "ASCERTAINED")
    assert norm.data["rungs_decided_by"]["minutes_ref"] == "verbale 3/2026"
    assert decided.hash != rules.hash


@pytest.mark.parametrize(
    ("name", "code"), [("ADI-2023", "PAIS_COMMITMENT_BREACH"), ("PROTOCOLLO-ADI", "CONVOCATION_MISSED")]
)
def test_the_tavolo_does_not_decide_what_the_law_says(name, code):
    decision = RungsDecision(name, code, DECISION.rungs, "ASCERTAINED", "verbale", date(2026, 5, 4))
    with pytest.raises(Refused) as refused:
        with_rungs(load(name), decision)
    assert refused.value.rule == "NO_LEGAL_BASIS"


@pytest.mark.parametrize(
    ("measure", "cut"),
    [(Measure.DECURTAZIONE, None), (Measure.DECURTAZIONE, Fraction(0)), (Measure.REVOCA, Fraction(1))],
)
def test_only_a_decurtazione_cuts_months(measure, cut):
    with pytest.raises(Refused):
        Rung(measure, cut)


def test_a_refusal_says_its_rule_and_why():
    refused = Refused("CASE_CLOSED", "closed on 4 May")
    assert (refused.rule, refused.because, str(refused)) == (
        "CASE_CLOSED",
        "closed on 4 May",
        "CASE_CLOSED: closed on 4 May",
    )
    assert all(RULES.values())
