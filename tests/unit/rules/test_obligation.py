"""Verifica degli obblighi."""

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.refused import Refused
from domain.rules.obligation import Inputs, Member, evaluate, judge, rules_in_force, thresholds
from domain.worked.obligation import ObligationCase
from domain.worked.reading import read

DOCUMENT = json.loads((Path(__file__).parent / "examples/obligation_cases.json").read_text())
CASES = {case["id"]: case for case in DOCUMENT["cases"]}
DAY = date(2026, 6, 15)
RULES = rules_in_force()

OTHER_READING = {
    "OB-009": ("leap_birthday", "MARCH_1", "MINOR"),
    "OB-035": ("care_load", "EVERY_ADULT", "CARE_LOAD_CHILD_UNDER_3"),
    "OB-036": ("care_load", "EVERY_ADULT", "CARE_LOAD_3_MINOR_CHILDREN"),
    "OB-037": ("gender_violence_path", "DOES_NOT_EXCLUDE", "NONE"),
    "OB-043": ("low_income_worker", "NOT_EMPLOYED", "NONE"),
    "OB-045": ("responsibility_outside_household", "DOES_NOT_BIND", "NO_PARENTAL_RESPONSIBILITY"),
    "OB-048": ("leap_birthday", "MARCH_1", "CARE_LOAD_CHILD_UNDER_3"),
}


def test_every_ambiguous_case_depends_on_a_setting():
    assert {case["id"] for case in CASES.values() if case["certainty"] == "ambiguous"} == OTHER_READING.keys()


@pytest.mark.parametrize("case_id", OTHER_READING)
def test_an_ambiguous_case_changes_with_the_reading_that_the_ambito_chooses(case_id):
    case, (setting, value, reason) = CASES[case_id], OTHER_READING[case_id]
    told = read(ObligationCase, case, case_id)
    found = evaluate(told.member, told.evaluation_date, RULES.with_setting(setting, value))
    assert found.primary_reason == reason != case["expected"]["primary_reason"]
    assert found.rule_set_hash != RULES.hash


def test_the_reasons_are_told_in_the_order_of_the_decision_table():
    assert [row["code"] for row in RULES.data["reasons"]] + ["NONE"] == DOCUMENT["reason_order"]


def parent(**conditions):
    return Member(birth_date=date(1986, 1, 1), children_birth_dates=(date(2018, 3, 10),), **conditions)


@pytest.mark.parametrize(("days_to_60", "result"), [(1, "obliged"), (0, "voluntary")])
def test_the_duty_ends_on_the_sixtieth_birthday(days_to_60, result):
    member = replace(parent(), birth_date=date(1966, 6, 15) + timedelta(days=days_to_60))
    assert evaluate(member, DAY, RULES).result == result


@pytest.mark.parametrize(
    ("born", "result"), [(date(2008, 6, 16), "obliged"), (date(2008, 6, 15), "excluded")]
)
def test_the_duty_ends_on_the_eighteenth_birthday_of_the_last_child(born, result):
    member = replace(parent(), children_birth_dates=(born,))
    assert evaluate(member, DAY, RULES).result == result


@pytest.mark.parametrize(
    ("born", "result"), [(date(2023, 6, 16), "excluded"), (date(2023, 6, 15), "obliged")]
)
def test_the_care_load_of_a_small_child_ends_on_its_third_birthday(born, result):
    member = replace(parent(), children_birth_dates=(born,))
    assert evaluate(member, DAY, RULES).result == result


def test_a_child_not_yet_born_is_no_care_load():
    member = replace(parent(), children_birth_dates=(date(2018, 3, 10), DAY + timedelta(days=1)))
    assert evaluate(member, DAY, RULES).result == "obliged"


def test_three_minors_who_are_not_her_children_are_no_care_load():
    member = parent(household_under18_birth_dates=(date(2012, 1, 1), date(2014, 1, 1)))
    assert evaluate(member, DAY, RULES).all_reasons == ()


def test_every_reason_is_kept():
    member = parent(
        direct_pension=True,
        disability_l68=True,
        oncological=True,
        gender_violence_path=True,
        employed=True,
        regular_study=True,
        household_disabled_annex3=True,
        parental_responsibility=False,
    )
    found = evaluate(member, DAY, RULES)
    assert found.primary_reason == "DIRECT_PENSION"
    assert found.result == "voluntary"
    assert len(found.all_reasons) == 8


def test_who_is_not_the_carer_has_no_load_for_a_disabled_member_either():
    member = parent(household_disabled_annex3=True, caregiver=False)
    assert evaluate(member, DAY, RULES).result == "obliged"


def test_a_guardian_living_with_the_minor_is_bound_in_every_reading():
    guardian = Member(
        birth_date=date(1975, 1, 1),
        household_under18_birth_dates=(date(2015, 1, 1),),
        parental_responsibility=True,
    )
    rules = RULES.with_setting("responsibility_outside_household", "DOES_NOT_BIND")
    assert evaluate(guardian, DAY, rules).result == "obliged"


def test_the_evaluation_is_replayed_from_the_stored_values_without_any_birth_date():
    found = evaluate(parent(employed=True), DAY, RULES)
    stored = json.loads(json.dumps(found.inputs.values()))
    assert judge(Inputs(**stored), RULES) == found
    assert Inputs(**stored).hash == found.inputs.hash
    assert all(value is None or isinstance(value, int) for value in stored.values())


@pytest.mark.parametrize(("setting", "value"), [("care_load", "BOTH"), ("no_such_setting", "X")])
def test_a_reading_that_nobody_defends_is_refused(setting, value):
    with pytest.raises(Refused):
        RULES.with_setting(setting, value)


BIRTHS = st.lists(st.dates(date(2005, 1, 1), date(2030, 1, 1)), max_size=5).map(tuple)
MEMBERS = st.builds(
    Member,
    birth_date=st.dates(date(1955, 1, 1), date(2012, 1, 1)),
    children_birth_dates=BIRTHS,
    household_under18_birth_dates=BIRTHS,
    parental_responsibility=st.none() | st.booleans(),
    employed=st.booleans(),
    caregiver=st.booleans(),
    disability_l68=st.booleans(),
)


@given(member=MEMBERS, on=st.dates(date(2024, 1, 1), date(2032, 1, 1)), share=st.floats(0, 1))
def test_nothing_changes_by_itself_before_the_next_threshold(member, on, share):
    upcoming = thresholds(member, on, RULES)
    last_day = upcoming[0] - timedelta(days=1) if upcoming else on + timedelta(days=3650)
    between = on + timedelta(days=int((last_day - on).days * share))
    assert evaluate(member, between, RULES).all_reasons == evaluate(member, on, RULES).all_reasons


@given(member=MEMBERS, on=st.dates(date(2024, 1, 1), date(2032, 1, 1)))
def test_a_member_is_obliged_exactly_when_no_reason_excludes(member, on):
    found = evaluate(member, on, RULES)
    assert (found.result == "obliged") == (found.all_reasons == ())
    assert (found.result == "voluntary") == found.may_volunteer


def test_a_birthday_of_today_is_no_threshold_any_more():
    member = Member(birth_date=date(1966, 6, 16), children_birth_dates=(date(2023, 6, 15), date(2008, 7, 1)))
    assert thresholds(member, DAY, RULES) == (
        date(2026, 6, 16),  # 60
        date(2026, 7, 1),  # the eldest comes of age
        date(2041, 6, 15),  # the youngest comes of age
    )


def test_only_who_keeps_the_status_of_unemployed_is_read_as_not_employed():
    reading = RULES.with_setting("low_income_worker", "NOT_EMPLOYED")
    works = Member(birth_date=date(1988, 1, 1), children_birth_dates=(date(2018, 3, 10),), employed=True)
    assert evaluate(works, date(2026, 6, 15), reading).all_reasons == ("EMPLOYED",)
    keeps = replace(works, low_income_keeps_unemployed_status=True)
    assert evaluate(keeps, date(2026, 6, 15), reading).result == "obliged"
