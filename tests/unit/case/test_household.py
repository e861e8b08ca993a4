"""The household as it changes: contacts, comings and goings, what was checked of it, who volunteers."""

from dataclasses import replace

import pytest

from tests.telling import (
    AMBITO,
    CLOCK,
    COMUNE,
    CPI,
    OTHER_COMUNE,
    SOCIAL_WORKER,
    given,
    said,
)
from tests.unit.case.world import (
    AMBITO_ASSIGNED,
    ANALYSED,
    ANALYSIS,
    AT_THE_CPI,
    CHECKED,
    CPI_ASSIGNED,
    DECLARATION_CHECKED,
    DISABLED,
    HOUSEHOLD,
    HUSBAND,
    MET,
    MOTHER,
    NEW_EMAIL,
    OPENED,
    RETURNED,
    SON,
    STRANGER,
    VOLUNTEERED,
    WITH_TEAM,
    change,
    condition,
    contacts_now,
    day,
    evaluated,
    member,
)

# --- contacts --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [SOCIAL_WORKER, AMBITO], ids=lambda by: by.agency)
def test_the_contacts_of_a_member_are_updated(by):
    given(*OPENED, AMBITO_ASSIGNED).when(by, NEW_EMAIL).then(NEW_EMAIL)
    strangers = replace(NEW_EMAIL, member_id=STRANGER)
    given(*OPENED, AMBITO_ASSIGNED).when(by, strangers).refused("UNKNOWN_MEMBER")


def test_the_employment_centre_updates_those_of_the_members_sent_to_it():
    later = replace(NEW_EMAIL, updated_on=day(3, 1))
    given(*AT_THE_CPI).when(CPI, later).then(later)
    given(*AT_THE_CPI).when(CPI, replace(later, member_id=HUSBAND.member_id)).refused("ROLE_NOT_ALLOWED")
    given(*AT_THE_CPI).when(CPI, replace(later, updated_on=day(2, 20))).refused("ROLE_NOT_ALLOWED")
    given(*AT_THE_CPI, RETURNED).when(CPI, later).refused("ROLE_NOT_ALLOWED")
    given(*WITH_TEAM, CPI_ASSIGNED).when(CPI, later).refused("ROLE_NOT_ALLOWED", "referred to it")


def test_the_last_contacts_hold_in_whatever_order_they_are_told():
    older, newer = contacts_now(MOTHER, "a@example.org"), contacts_now(MOTHER, "b@example.org", on=day(2, 1))
    for told in ((older, newer), (newer, older)):
        assert given(*OPENED, *told).case.contacts[MOTHER.member_id] == newer


# --- who comes and who goes ------------------------------------------------------------------------------

BABY = member("Noè", day(5, 20), "FIGLIO")
WITH_BABY = replace(HOUSEHOLD, members=(*HOUSEHOLD.members, BABY), verified_on=day(6, 1))
BORN = change("BIRTH", BABY)
HE_LEFT = change("LEFT", HUSBAND)
HE_CAME_BACK = change("JOINED", HUSBAND, on=day(8, 1))


@pytest.mark.parametrize("by", [SOCIAL_WORKER, COMUNE, CLOCK], ids=lambda by: by.agency)
def test_a_change_of_the_household_is_recorded(by):
    given(*OPENED).when(by, HE_LEFT).then(HE_LEFT)


def test_a_comune_records_the_changes_of_its_own_residents():
    given(*OPENED).when(OTHER_COMUNE, HE_LEFT).refused("ROLE_NOT_ALLOWED", "of residence")


def test_a_change_is_of_a_member_and_not_before_the_birth():
    given(*OPENED).when(SOCIAL_WORKER, replace(HE_LEFT, member_id=STRANGER)).refused("UNKNOWN_MEMBER")
    given(*OPENED).when(SOCIAL_WORKER, BORN).refused("UNKNOWN_MEMBER")
    given(*OPENED, WITH_BABY).when(SOCIAL_WORKER, BORN).then(BORN)
    unborn = replace(BORN, effective_on=day(5, 19))
    given(*OPENED, WITH_BABY).when(SOCIAL_WORKER, unborn).refused("BAD_VALUE", "birth")


def test_who_is_not_there_does_not_leave():
    again = replace(HE_LEFT, effective_on=day(6, 1))
    given(*OPENED, HE_LEFT).when(SOCIAL_WORKER, again).refused("UNKNOWN_MEMBER", "2025-06-01")
    dead = replace(again, change_type="DEATH")
    given(*OPENED, HE_LEFT).when(SOCIAL_WORKER, dead).refused("UNKNOWN_MEMBER")
    given(*OPENED, HE_LEFT, HE_CAME_BACK).when(SOCIAL_WORKER, replace(dead, effective_on=day(9, 1))).tells(
        change_type="DEATH"
    )


def test_nobody_comes_twice_on_one_day():
    joined = change("JOINED", BABY)
    given(*OPENED, WITH_BABY, BORN).when(SOCIAL_WORKER, joined).refused("ALREADY_RECORDED", "came into")


ALL = {MOTHER.member_id, HUSBAND.member_id, SON.member_id}
HIM, HER_BABY = {HUSBAND.member_id}, {BABY.member_id}


@pytest.mark.parametrize(
    ("told", "on", "there"),
    [
        ((), day(1, 1), ALL),
        ((HE_LEFT,), day(5, 19), ALL),
        ((HE_LEFT,), day(5, 20), ALL - HIM),
        ((change("DEATH", HUSBAND),), day(5, 20), ALL - HIM),
        ((HE_LEFT, HE_CAME_BACK), day(7, 31), ALL - HIM),
        ((HE_LEFT, HE_CAME_BACK), day(8, 1), ALL),
        ((HE_CAME_BACK, HE_LEFT), day(8, 1), ALL),
        ((change("AGE_18"), change("RESIDENCE")), day(6, 1), ALL),
        ((WITH_BABY, BORN), day(5, 19), ALL),
        ((WITH_BABY, BORN), day(5, 20), ALL | HER_BABY),
    ],
    ids=[
        "nothing changes",
        "before he leaves",
        "he leaves",
        "he dies",
        "away",
        "back",
        "told backwards",
        "birthdays",
        "before the birth",
        "the birth",
    ],
)
def test_a_household_is_who_is_in_it_on_a_day(told, on, there):
    assert set(given(*OPENED, *told).case.members_on(on)) == there


TWO = replace(HOUSEHOLD, members=(MOTHER, SON), verified_on=day(6, 1))
AGAIN_THREE = replace(HOUSEHOLD, verified_on=day(9, 1))


@pytest.mark.parametrize(
    ("told", "on", "there"),
    [
        ((HE_LEFT, TWO), day(5, 1), ALL),
        ((HE_LEFT, TWO), day(7, 1), ALL - HIM),
        ((HE_LEFT, TWO, AGAIN_THREE), day(9, 1), ALL),
        ((HE_LEFT, AGAIN_THREE), day(9, 1), ALL),
        ((HE_LEFT, AGAIN_THREE), day(6, 1), ALL - HIM),
        ((AGAIN_THREE, HE_LEFT), day(9, 1), ALL - HIM),
        ((HE_LEFT, HE_CAME_BACK, replace(TWO, verified_on=day(9, 1))), day(9, 1), ALL - HIM),
        ((HE_LEFT, HE_CAME_BACK, replace(TWO, verified_on=day(9, 1))), day(8, 15), ALL),
    ],
    ids=[
        "before he left",
        "gone",
        "found again by the Comune",
        "found again after he left",
        "while he was away",
        "he left, told later",
        "gone again",
        "before he was gone again",
    ],
)
def test_a_later_composition_holds_the_changes_told_before_it(told, on, there):
    assert set(given(*OPENED, *told).case.members_on(on)) == there


def test_an_analysis_is_of_who_is_there_that_day():
    gone = change("LEFT", HUSBAND, on=day(2, 15))
    given(*MET, gone).when(SOCIAL_WORKER, ANALYSIS).refused("BAD_VALUE", "one for each")
    without = replace(ANALYSIS, outcomes=(ANALYSIS.outcomes[0], ANALYSIS.outcomes[2]))
    given(*MET, gone).when(SOCIAL_WORKER, without).then(without)


def test_a_birth_changes_the_obligations_of_the_mother():
    told = (*OPENED, WITH_BABY, BORN)
    given(*told).when(CLOCK, evaluated(MOTHER, on=day(5, 19))).tells(result="obliged")
    given(*told).when(CLOCK, evaluated(MOTHER, on=day(5, 20))).tells(result="excluded")


def test_who_left_is_not_evaluated():
    given(*OPENED, HE_LEFT).when(CLOCK, evaluated(HUSBAND, on=day(5, 20))).refused("UNKNOWN_MEMBER")


# --- checks ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", [CHECKED.event, DECLARATION_CHECKED.event], ids=lambda c: type(c).__name__)
def test_a_comune_checks_its_own_residents(check):
    given(*OPENED).when(COMUNE, check).then(check)
    given(*OPENED).when(OTHER_COMUNE, check).refused("ROLE_NOT_ALLOWED", "of residence")
    given(*OPENED).when(COMUNE, replace(check, member_id=STRANGER)).refused("UNKNOWN_MEMBER")


def test_a_declaration_that_does_not_hold_is_no_infraction():
    false = replace(DECLARATION_CHECKED.event, outcome="INCONSISTENT")
    given(*AT_THE_CPI).when(CPI, false).then(false)
    assert not given(*AT_THE_CPI, said(CPI, false)).case.infractions


# --- volunteers ------------------------------------------------------------------------------------------


def test_a_member_with_disability_volunteers():
    given(*ANALYSED, DISABLED).when(SOCIAL_WORKER, VOLUNTEERED).then(VOLUNTEERED)


@pytest.mark.parametrize(("on", "may"), [(day(2, 2), False), (day(2, 3), True)])
def test_a_member_of_60_volunteers_from_the_birthday(on, may):
    granny = member("Ada", day(2, 3).replace(year=1965), "MADRE")
    household = replace(HOUSEHOLD, members=(*HOUSEHOLD.members, granny))
    hers = replace(VOLUNTEERED, member_id=granny.member_id, requested_on=on)
    outcome = given(*OPENED, household).when(SOCIAL_WORKER, hers)
    if may:
        outcome.then(hers)
    else:
        outcome.refused("NO_RIGHT_TO_VOLUNTEER")


def test_nobody_else_has_a_right_to_volunteer():
    given(*ANALYSED).when(SOCIAL_WORKER, VOLUNTEERED).refused("NO_RIGHT_TO_VOLUNTEER")
    employed = condition("EMPLOYED", HUSBAND)
    given(*ANALYSED, employed).when(SOCIAL_WORKER, VOLUNTEERED).refused("NO_RIGHT_TO_VOLUNTEER")
    given(*ANALYSED).when(SOCIAL_WORKER, replace(VOLUNTEERED, member_id=STRANGER)).refused("UNKNOWN_MEMBER")
