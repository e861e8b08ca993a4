"""Who may act on a case, who is in the household, and who is obliged."""

from dataclasses import replace
from datetime import date

import pytest

from domain.case.events import OperatorUnassigned
from tests.telling import (
    AMBITO,
    ASL,
    CLOCK,
    COLLEAGUE,
    COMUNE,
    CPI,
    INPS,
    OTHER_COMUNE,
    SERD,
    SOCIAL_WORKER,
    UST,
    given,
    id_of,
    said,
)
from tests.unit.case.world import (
    ANALYSED,
    ASL_ASSIGNED,
    ASSIGNED,
    CPI_ASSIGNED,
    EVALUATED,
    HOUSEHOLD,
    HUSBAND,
    ILL,
    MOTHER,
    OPENED,
    REFERRED,
    SENT_TO_CPI,
    SIGNED,
    SON,
    STRANGER,
    TEAM,
    UST_ASSIGNED,
    WITH_DRAFT,
    WITH_TEAM,
    assignment,
    component,
    condition,
    day,
    evaluated,
    member,
    new,
)

UNASSIGNED = OperatorUnassigned(assignment_id=ASSIGNED.assignment_id, until=day(5, 1), reason="CHARGE_ENDED")


# --- the referral ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [CLOCK, SOCIAL_WORKER])
def test_a_case_is_opened_by_a_referral(by):
    given().when(by, REFERRED).then(REFERRED)


def test_a_case_is_opened_once():
    given(REFERRED).when(CLOCK, replace(REFERRED, referred_on=day(1, 8))).refused("CASE_ALREADY_OPEN")


def test_a_referral_said_twice_is_one():
    given(REFERRED).when(CLOCK, REFERRED).nothing()


def test_nothing_is_recorded_of_a_case_that_was_never_referred():
    given().when(SOCIAL_WORKER, ASSIGNED).refused("NOT_RECORDED", "never referred")


# --- who may act -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "states"),
    [
        (CPI, REFERRED),
        (CPI, HOUSEHOLD),
        (INPS, ILL),
        (UST, evaluated(MOTHER)),
        (COMUNE, ASSIGNED),
        (INPS, ASSIGNED),
    ],
    ids=lambda value: getattr(value, "agency", type(value).__name__),
)
def test_an_agency_records_only_what_is_its_own_to_record(by, states):
    given(*OPENED).when(by, states).refused("ROLE_NOT_ALLOWED", "does not record this")


def test_an_operator_without_an_assignment_records_nothing():
    given(*OPENED).when(COLLEAGUE, ILL).refused("NOT_ASSIGNED")


def test_an_operator_whose_assignment_ended_records_nothing():
    given(*OPENED, UNASSIGNED).when(SOCIAL_WORKER, ILL).refused("NOT_ASSIGNED")


def test_an_assignment_is_to_an_agency_not_to_a_person_everywhere():
    twin = replace(CPI, person=SOCIAL_WORKER.person)
    given(*WITH_TEAM).when(twin, condition("EMPLOYED")).refused("NOT_ASSIGNED")


@pytest.mark.parametrize("by", [CLOCK, SOCIAL_WORKER])
def test_the_clock_needs_no_assignment(by):
    given(*OPENED).when(by, evaluated(MOTHER)).tells(result="obliged")


# --- assignments -----------------------------------------------------------------------------------------


def test_the_servizio_sociale_assigns_itself():
    given(REFERRED).when(SOCIAL_WORKER, ASSIGNED).then(ASSIGNED)


def test_the_ambito_assigns_its_own_staff():
    given(REFERRED).when(AMBITO, assignment(AMBITO)).then(assignment(AMBITO))


def test_an_agency_assigns_its_own_persons_only():
    given(*WITH_TEAM).when(SOCIAL_WORKER, CPI_ASSIGNED.event).refused("ROLE_NOT_ALLOWED", "its own persons")


def test_a_unit_assigns_its_own_persons_only():
    team = replace(TEAM, components=(*TEAM.components, component(SERD, "SPECIALIST")))
    given(*ANALYSED, team).when(SERD, assignment(SERD)).then(assignment(SERD))
    given(*ANALYSED, team).when(SERD, assignment(ASL)).refused("ROLE_NOT_ALLOWED", "its own persons")


def test_an_agency_that_nothing_links_to_the_case_assigns_nobody():
    given(*ANALYSED).when(CPI, CPI_ASSIGNED.event).refused("OUT_OF_ORDER", "links this agency")


def test_a_draft_links_nobody_before_it_is_signed():
    without_team = (*ANALYSED, *WITH_DRAFT[len(WITH_TEAM) :])
    given(*without_team).when(UST, UST_ASSIGNED.event).refused("OUT_OF_ORDER", "links this agency")


@pytest.mark.parametrize("by", [CPI, UST, ASL], ids=lambda by: by.agency)
def test_a_seat_in_the_equipe_links_an_agency(by):
    given(*WITH_TEAM).when(by, assignment(by)).then(assignment(by))


def test_a_unit_is_not_linked_by_a_seat_of_the_agency():
    given(*WITH_TEAM).when(SERD, assignment(SERD)).refused("OUT_OF_ORDER", "links this agency")


def test_a_referral_links_the_employment_centre():
    given(*ANALYSED, SENT_TO_CPI).when(CPI, CPI_ASSIGNED.event).then(CPI_ASSIGNED.event)


def test_a_referral_links_the_office_that_it_names_and_no_other():
    office, there = replace(CPI, agency="cpi-12"), replace(SENT_TO_CPI, destination_id="cpi-12")
    given(*ANALYSED, there).when(office, assignment(office)).then(assignment(office))
    given(*ANALYSED, there).when(CPI, CPI_ASSIGNED.event).refused("OUT_OF_ORDER", "links this agency")
    by_name = replace(SENT_TO_CPI, destination_id="il CPI di zona")
    given(*ANALYSED, by_name).when(CPI, CPI_ASSIGNED.event).then(CPI_ASSIGNED.event)


@pytest.mark.parametrize("by", [CPI, UST, ASL], ids=lambda by: by.agency)
def test_a_line_of_a_signed_patto_links_who_follows_it(by):
    without_team = tuple(fact for fact in SIGNED if fact is not TEAM)
    given(*without_team).when(by, assignment(by)).then(assignment(by))


def test_an_assignment_cannot_be_said_otherwise():
    other = replace(ASSIGNED, from_on=day(1, 20))
    given(REFERRED, ASSIGNED).when(SOCIAL_WORKER, other).refused("ALREADY_RECORDED")


def test_an_assignment_ends():
    given(*OPENED).when(SOCIAL_WORKER, UNASSIGNED).then(UNASSIGNED)


def test_only_an_open_assignment_ends():
    unknown = replace(UNASSIGNED, assignment_id=new("no such assignment"))
    given(*OPENED).when(SOCIAL_WORKER, unknown).refused("NOT_RECORDED", "no such open assignment")


def test_an_agency_ends_the_assignments_of_its_own_persons_only():
    theirs = replace(UNASSIGNED, assignment_id=CPI_ASSIGNED.event.assignment_id)
    given(*WITH_TEAM, CPI_ASSIGNED).when(SOCIAL_WORKER, theirs).refused("ROLE_NOT_ALLOWED", "ends")


def test_an_assignment_does_not_end_before_it_began():
    given(*OPENED).when(SOCIAL_WORKER, replace(UNASSIGNED, until=day(1, 7))).refused("BAD_VALUE", "until")
    same_day = replace(UNASSIGNED, until=ASSIGNED.from_on)
    given(*OPENED).when(SOCIAL_WORKER, same_day).then(same_day)


# --- the household ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [COMUNE, SOCIAL_WORKER], ids=lambda by: by.agency)
def test_the_household_is_recorded_by_its_comune_or_by_the_servizio_sociale(by):
    given(REFERRED, ASSIGNED).when(by, HOUSEHOLD).then(HOUSEHOLD)


def test_another_comune_records_no_household():
    given(REFERRED).when(OTHER_COMUNE, HOUSEHOLD).refused("ROLE_NOT_ALLOWED", "Comune of residence")


def test_a_household_has_a_member():
    given(REFERRED, ASSIGNED).when(SOCIAL_WORKER, replace(HOUSEHOLD, members=())).refused("BAD_VALUE", "one")


def test_a_member_is_in_the_household_once():
    twice = replace(HOUSEHOLD, members=(MOTHER, replace(HUSBAND, member_id=MOTHER.member_id)))
    given(REFERRED, ASSIGNED).when(SOCIAL_WORKER, twice).refused("BAD_VALUE", "only once")


def test_a_household_that_changes_and_changes_back_is_recorded_each_time():
    alone = replace(HOUSEHOLD, members=(MOTHER,))
    for by in (SOCIAL_WORKER, COMUNE):
        told = (REFERRED, ASSIGNED, said(by, HOUSEHOLD))
        given(*told).when(by, HOUSEHOLD).nothing()
        given(*told).when(by, alone).then(alone)
        given(*told, said(by, alone)).when(by, HOUSEHOLD).then(HOUSEHOLD)


# --- conditions ------------------------------------------------------------------------------------------


def test_a_condition_is_of_a_member():
    stranger = replace(ILL, member_id=STRANGER)
    given(*OPENED).when(SOCIAL_WORKER, stranger).refused("UNKNOWN_MEMBER")


def test_nobody_is_a_member_before_the_household_is_recorded():
    given(REFERRED, ASSIGNED).when(SOCIAL_WORKER, ILL).refused("UNKNOWN_MEMBER")


@pytest.mark.parametrize(
    ("by", "code"),
    [
        (CPI, "EMPLOYED"),
        (UST, "REGULAR_STUDY"),
        (ASL, "DISABILITY_L68"),
        (ASL, "ONCOLOGICAL"),
        (ASL, "CARE_LOAD_DISABLED_MEMBER"),
        (SOCIAL_WORKER, "GENDER_VIOLENCE_PATH"),
    ],
    ids=str,
)
def test_an_agency_certifies_the_conditions_that_it_knows(by, code):
    linked = (*WITH_TEAM, CPI_ASSIGNED, UST_ASSIGNED, ASL_ASSIGNED)
    known = condition(code, SON)
    given(*linked).when(by, known).then(known)


@pytest.mark.parametrize(
    ("by", "code"),
    [
        (CPI, "REGULAR_STUDY"),
        (CPI, "ONCOLOGICAL"),
        (UST, "EMPLOYED"),
        (UST, "DISABILITY_L68"),
        (ASL, "EMPLOYED"),
        (ASL, "GENDER_VIOLENCE_PATH"),
    ],
    ids=str,
)
def test_an_agency_certifies_no_other_condition(by, code):
    linked = (*WITH_TEAM, CPI_ASSIGNED, UST_ASSIGNED, ASL_ASSIGNED)
    given(*linked).when(by, condition(code, SON)).refused("ROLE_NOT_ALLOWED", "does not certify")


def test_a_condition_does_not_end_before_it_begins():
    backwards = condition("EMPLOYED", valid_from=day(3, 2), valid_to=day(3, 1))
    given(*OPENED).when(SOCIAL_WORKER, backwards).refused("BAD_VALUE", "valid_to")
    of_one_day = condition("EMPLOYED", valid_from=day(3, 1), valid_to=day(3, 1))
    given(*OPENED).when(SOCIAL_WORKER, of_one_day).then(of_one_day)


def test_the_end_of_a_condition_is_recorded_over_its_beginning():
    ended = replace(ILL, valid_to=day(9, 1))
    given(*EVALUATED).when(SOCIAL_WORKER, ended).then(ended)


# --- obligations -----------------------------------------------------------------------------------------


def test_an_evaluation_is_computed_from_what_is_on_record():
    found = (
        given(*OPENED, ILL)
        .when(CLOCK, evaluated(HUSBAND))
        .tells(
            result="excluded",
            reason_codes=("ONCOLOGICAL",),
            rule_set_id="ADI-2023-art6-c4-c5",
            case_version=4,
            input_event_ids=(id_of(HOUSEHOLD), id_of(ILL)),
        )
    )
    assert found.inputs["oncological"] is True and found.inputs["age"] == 41


def test_what_the_clock_states_of_the_result_does_not_count():
    given(*OPENED).when(CLOCK, evaluated(MOTHER, "excluded")).tells(result="obliged")


def test_who_has_no_minor_child_is_not_obliged():
    alone = replace(HOUSEHOLD, members=(MOTHER, HUSBAND))
    given(REFERRED, ASSIGNED, alone).when(CLOCK, evaluated(MOTHER)).tells(
        result="excluded", reason_codes=("NO_PARENTAL_RESPONSIBILITY",)
    )


def test_who_is_disabled_may_volunteer():
    disabled = condition("DISABILITY_L68")
    given(*OPENED, disabled).when(CLOCK, evaluated(MOTHER)).tells(
        result="voluntary", reason_codes=("DISABILITY_L68",)
    )


def test_a_care_load_binds_the_adult_who_is_not_the_carer():
    baby = member("Noè", day(1, 1), "FIGLIO")
    grown = replace(HOUSEHOLD, members=(*HOUSEHOLD.members, baby))
    other_parent_cares = condition("CAREGIVER", MOTHER, value=False)
    given(REFERRED, ASSIGNED, grown).when(CLOCK, evaluated(MOTHER)).tells(result="excluded")
    given(REFERRED, ASSIGNED, grown, other_parent_cares).when(CLOCK, evaluated(MOTHER)).tells(
        result="obliged"
    )


def test_a_baby_of_the_household_is_a_care_load_whoever_its_parents_are():
    baby, grown = member("Noè", day(1, 1), "NIPOTE"), member("Elia", date(2000, 1, 1), "NIPOTE")
    with_baby = replace(HOUSEHOLD, members=(*HOUSEHOLD.members, baby))
    given(REFERRED, ASSIGNED, with_baby).when(CLOCK, evaluated(MOTHER)).tells(
        result="excluded", reason_codes=("CARE_LOAD_CHILD_UNDER_3",)
    )
    with_grown = replace(HOUSEHOLD, members=(*HOUSEHOLD.members, grown))
    given(REFERRED, ASSIGNED, with_grown).when(CLOCK, evaluated(MOTHER)).tells(result="obliged")


def test_a_child_is_counted_once():
    baby = member("Noè", day(1, 1), "FIGLIO")
    household = replace(HOUSEHOLD, members=(*HOUSEHOLD.members, baby))
    found = given(REFERRED, ASSIGNED, household).when(CLOCK, evaluated(MOTHER)).tells(result="excluded")
    assert (found.inputs["minor_children"], found.inputs["other_minors"]) == (2, 0)
    alone = given(REFERRED, ASSIGNED, household).when(CLOCK, evaluated(SON)).tells(result="excluded")
    assert (alone.inputs["minor_children"], alone.inputs["other_minors"]) == (0, 1)


def test_a_minor_who_lives_with_relatives_is_not_a_minor_of_her_own():
    nephew = member("Elia", date(2012, 1, 1), "NIPOTE")
    household = replace(HOUSEHOLD, members=(MOTHER, nephew))
    hers = given(REFERRED, ASSIGNED, household).when(CLOCK, evaluated(nephew)).tells(result="excluded")
    assert (hers.inputs["minor_children"], hers.inputs["other_minors"]) == (0, 0)
    aunts = given(REFERRED, ASSIGNED, household).when(CLOCK, evaluated(MOTHER)).tells(result="excluded")
    assert (aunts.inputs["minor_children"], aunts.inputs["other_minors"]) == (0, 1)


@pytest.mark.parametrize(
    ("change", "result"),
    [
        ({"valid_from": day(1, 11)}, "obliged"),
        ({"valid_from": day(1, 10)}, "excluded"),
        ({"valid_to": day(1, 9)}, "obliged"),
        ({"valid_to": day(1, 10)}, "excluded"),
        ({"value": False}, "obliged"),
    ],
    ids=["begins later", "begins that day", "ended before", "ends that day", "says no"],
)
def test_a_condition_counts_on_the_days_for_which_it_holds(change, result):
    employed = condition("EMPLOYED", **change)
    given(*OPENED, employed).when(CLOCK, evaluated(MOTHER)).tells(result=result)


DISABILITY = condition("DISABILITY_L68")


@pytest.mark.parametrize(
    ("told", "result"),
    [
        (
            (DISABILITY, replace(DISABILITY, valid_from=date(2019, 1, 1), valid_to=date(2019, 12, 31))),
            "voluntary",
        ),
        ((DISABILITY, replace(DISABILITY, valid_from=day(1, 5), valid_to=day(1, 8))), "voluntary"),
        ((DISABILITY, replace(DISABILITY, valid_from=day(1, 5), value=False)), "obliged"),
        ((replace(DISABILITY, valid_from=day(1, 5), value=False), DISABILITY), "obliged"),
        ((DISABILITY, replace(DISABILITY, valid_to=day(1, 9))), "obliged"),
        ((replace(DISABILITY, valid_to=day(1, 9)), DISABILITY), "voluntary"),
    ],
    ids=["an older one", "one within it", "its end", "its end said first", "said anew", "said anew, open"],
)
def test_of_several_facts_on_a_condition_the_one_that_reaches_the_day_and_began_last_speaks(told, result):
    given(*OPENED, *told).when(CLOCK, evaluated(MOTHER)).tells(result=result)


def test_only_a_member_is_evaluated():
    stranger = replace(evaluated(MOTHER), member_id=STRANGER)
    given(*OPENED).when(CLOCK, stranger).refused("UNKNOWN_MEMBER")


def test_an_evaluation_said_twice_is_one():
    once = given(*OPENED).when(CLOCK, evaluated(MOTHER)).tells(result="obliged")
    given(*OPENED, once).when(CLOCK, evaluated(MOTHER)).nothing()


def test_an_evaluation_is_made_again_when_a_late_fact_changes_what_it_read():
    once = given(*OPENED).when(CLOCK, evaluated(MOTHER)).tells(result="obliged")
    late = condition("EMPLOYED")
    given(*OPENED, once, late).when(CLOCK, evaluated(MOTHER)).tells(result="excluded")


def test_an_evaluation_is_not_made_again_for_a_fact_that_it_does_not_read():
    once = given(*OPENED).when(CLOCK, evaluated(MOTHER)).tells(result="obliged")
    given(*OPENED, once, ILL).when(CLOCK, evaluated(MOTHER)).nothing()
