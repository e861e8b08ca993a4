"""What the law says to the day, the month and the letter, and no other test asked for."""

from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction
from hashlib import sha256
from typing import get_args, get_type_hints

import pytest

from domain.case.events import Ordered
from domain.refused import Refused
from domain.rules.calendar import age, birthday, easter, legal_day
from domain.rules.facts import Commitment, Facts, Patto
from domain.rules.ladder import Measure, infraction
from domain.rules.obligation import Member, evaluate, evaluate_other, rules_in_force
from domain.rules.obligation import observe as observed
from domain.rules.patto import WARNING_TEXT, WARNING_TEXT_VERSION
from domain.rules.rule_set import SANCTION_RULE_SETS, load, rule_set
from domain.rules.sanctions import FINDINGS, propose

RDC = load("RDC-2019")
IN_2023 = date(2023, 5, 4)
LEAP_DAY = date(2000, 2, 29)


def oudin(year):
    """Easter by another algorithm (Oudin, 1940)."""
    golden, century = year % 19, year // 100
    moon = (century - century // 4 - (8 * century + 13) // 25 + 19 * golden + 15) % 30
    full = moon - (moon // 28) * (1 - (29 // (moon + 1)) * ((21 - golden) // 11))
    sunday = full - (year + year // 4 + full + 2 - century + century // 4) % 7
    month = 3 + (sunday + 40) // 44
    return date(year, month, sunday + 28 - 31 * (month // 4))


def test_easter_is_that_of_another_algorithm_in_every_year_of_the_calendar():
    assert [year for year in range(1583, 4100) if easter(year) != oudin(year)] == []


def test_who_was_born_on_a_leap_day_is_a_year_older_on_the_last_of_february():
    assert birthday(LEAP_DAY, 18) == date(2018, 2, 28)
    assert (age(LEAP_DAY, date(2018, 2, 27)), age(LEAP_DAY, date(2018, 2, 28))) == (17, 18)
    assert birthday(LEAP_DAY, 18, "MARCH_1") == date(2018, 3, 1)
    assert age(LEAP_DAY, date(2018, 2, 28), "MARCH_1") == 17


def test_an_instant_without_its_offset_has_no_day():
    with pytest.raises(Refused) as refused:
        legal_day(datetime(2026, 4, 20, 12))
    assert refused.value.rule == "BAD_VALUE"


def test_two_texts_of_a_rule_set_that_differ_in_their_order_only_are_one():
    assert rule_set({"b": 1, "a": {"d": 2, "c": 3}}).hash == rule_set({"a": {"c": 3, "d": 2}, "b": 1}).hash


def test_the_inputs_of_an_evaluation_are_bound_by_a_hash_that_anybody_can_compute():
    inputs = observed(Member(birth_date=date(1987, 5, 14)), date(2026, 4, 20), rules_in_force())
    pairs = [f'"{name}":{_json(value)}' for name, value in sorted(inputs.values().items())]
    assert inputs.hash == sha256(f"{{{','.join(pairs)}}}".encode()).hexdigest()


def _json(value):
    return str(value) if type(value) is int else {None: "null", True: "true", False: "false"}[value]


@pytest.mark.parametrize(
    ("born", "result", "reasons", "routing"),
    [
        (
            date(1990, 1, 1),
            "obliged",
            (),
            "CPI_OR_ACCREDITED_BODY_IF_ACTIVABLE_ELSE_SERVIZI_SOCIALI",
        ),
        (date(2010, 1, 1), "excluded", ("MINOR",), "SERVIZI_SOCIALI"),
    ],
)
def test_under_another_benefit_every_adult_is_obliged(born, result, reasons, routing):
    found = evaluate_other(Member(birth_date=born), IN_2023, RDC)
    assert (found.result, found.all_reasons, found.routing) == (result, reasons, routing)
    assert (found.may_volunteer, found.legal_ref, found.rule_set_id) == (
        False,
        "DL 4/2019 art. 7",
        "RDC-2019",
    )


def test_the_findings_are_those_that_a_measure_can_carry():
    assert set(FINDINGS) == set(get_args(get_type_hints(Ordered)["finding"]))


def missed(area, reason="rejected"):
    return Facts(
        benefit="RDC",
        fact_date=IN_2023,
        member="obliged",
        reason=reason,
        patto=Patto("PAIS", in_force=True),
        commitment=Commitment(area, in_patto_on_fact_date=True, missed=True),
    )


@pytest.mark.parametrize(
    ("area", "measure", "cut"),
    [
        ("SCHOOLING", Measure.DECURTAZIONE, Fraction(2)),
        ("HEALTH", Measure.DECURTAZIONE, Fraction(2)),
        ("CONTACTS", Measure.NONE, None),
    ],
)
def test_a_norm_on_schooling_and_health_speaks_of_no_other_commitment(area, measure, cut):
    found = propose(RDC, "SCHOOL_OR_HEALTH_COMMITMENT_BREACH", missed(area))
    assert (found.measure, found.months_fraction, found.occurrence) == (measure, cut, 1)


def test_after_a_decadenza_of_the_rdc_the_household_waits_eighteen_months():
    found = propose(RDC, "PUC_NOT_JOINED", missed("PUC"))
    assert (found.measure, found.reapply_after_months) == (Measure.DECADENZA, 18)
    assert propose(RDC, "SCHOOL_OR_HEALTH_COMMITMENT_BREACH", missed("HEALTH")).reapply_after_months is None


def test_there_is_no_occurrence_before_the_first():
    norm = infraction(RDC, "CONVOCATION_MISSED")
    with pytest.raises(Refused) as refused:
        norm.rung(0)
    assert refused.value.rule == "BAD_VALUE"
    assert [norm.rung(number).measure for number in (1, 2, 3, 9)] == [
        Measure.DECURTAZIONE,
        Measure.DECURTAZIONE,
        Measure.DECADENZA,
        Measure.DECADENZA,
    ]


def test_who_may_volunteer_is_sent_to_the_services_or_to_the_cpi_on_request():
    sixty = Member(birth_date=date(1960, 1, 1))
    found = evaluate(sixty, date(2026, 4, 20), rules_in_force())
    assert (found.result, found.routing) == ("voluntary", "SERVIZI_SOCIALI_OR_CPI_ON_REQUEST")


def test_responsibility_for_a_child_who_lives_elsewhere_binds_where_the_setting_says_so():
    parent = Member(birth_date=date(1987, 5, 14), parental_responsibility=True)
    results = {
        choice: evaluate(
            parent,
            date(2026, 4, 20),
            rules_in_force().with_setting("responsibility_outside_household", choice),
        ).result
        for choice in ("BINDS", "DOES_NOT_BIND")
    }
    assert results == {"BINDS": "obliged", "DOES_NOT_BIND": "excluded"}


def test_what_is_not_there_cannot_be_asked_for():
    for ask in (lambda: load("ADI-2099"), lambda: RDC.number("no such setting")):
        with pytest.raises(Refused) as refused:
            ask()
        assert refused.value.rule == "BAD_VALUE"


def test_a_measure_that_the_norm_does_not_know_is_without_basis_whoever_is_bound():
    excluded = replace(missed("CONTACTS"), benefit="ADI", fact_date=date(2026, 4, 20), member="excluded")
    with pytest.raises(Refused) as refused:
        propose(load("ADI-2023"), "PAIS_COMMITMENT_BREACH", excluded, requested=Measure.DECURTAZIONE)
    assert refused.value.rule == "NO_LEGAL_BASIS"


def test_only_the_protocol_counts_by_area():
    by_area = {
        (name, code)
        for name in SANCTION_RULE_SETS
        for code in load(name).data["infractions"]
        if infraction(load(name), code).counted_per_area
    }
    assert by_area == {("PROTOCOLLO-ADI", "PAIS_COMMITMENT_BREACH")}


def test_the_text_of_a_rule_set_keeps_its_accents():
    assert rule_set({"title": "verità"}).canonical == '{"title":"verità"}'


def test_the_warning_of_a_version_never_changes():
    assert (WARNING_TEXT_VERSION, sha256(WARNING_TEXT.encode()).hexdigest()[:16]) == ("1", "cdda51cf26df10a2")
