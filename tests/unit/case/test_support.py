"""What the services give: supports, PUC, and the commitments that were kept."""

from dataclasses import replace

import pytest

from domain.case.commands import Agreement, Law, Puc
from domain.case.parts import Support
from domain.case.rulings.support import active_on
from tests.telling import AMBITO, CPI, PROTOCOL_IN_FORCE, SOCIAL_WORKER, UST, given, operator, said
from tests.unit.case.world import (
    AMBITO_ASSIGNED,
    CONTACTS,
    CPI_ASSIGNED,
    DRAFTED,
    FULFILLED,
    HUSBAND,
    PATTO,
    PROJECT,
    PUC_ASSIGNED,
    REDRAFTED,
    REVISED,
    SCHOOLING,
    SIGNED,
    STRANGER,
    SUPPORT,
    SUPPORT_OFF,
    SUPPORT_ON,
    TRAINING,
    UST_ASSIGNED,
    WHOLE_LAW,
    WITH_DRAFT,
    WITH_REVISION,
    WITH_TEAM,
    assignment,
    commitment,
    day,
    evaluated,
    new,
    voided,
)

LINKED = (*SIGNED, CPI_ASSIGNED, UST_ASSIGNED, AMBITO_ASSIGNED)

# --- supports --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [CPI, SOCIAL_WORKER, AMBITO], ids=lambda by: by.agency)
def test_a_support_of_the_patto_is_activated(by):
    given(*LINKED).when(by, SUPPORT_ON.event).then(SUPPORT_ON.event)


def test_who_provides_another_support_does_not_activate_this_one():
    given(*LINKED).when(UST, SUPPORT_ON.event).refused("ROLE_NOT_ALLOWED", "another provider")


def test_only_what_was_signed_is_activated():
    given(*WITH_DRAFT, CPI_ASSIGNED).when(CPI, SUPPORT_ON.event).refused("NOT_IN_PATTO")
    given(*LINKED).when(CPI, replace(SUPPORT_ON.event, support_id=new("other"))).refused("NOT_IN_PATTO")
    given(*LINKED).when(CPI, replace(SUPPORT_ON.event, patto_id=new("other"))).refused("NOT_IN_PATTO")


@pytest.mark.parametrize(
    ("change", "rule", "because"),
    [
        ({"catalogue_code": "PROT8.a"}, "BAD_VALUE", "catalogue_code"),
        ({"provider": "ust"}, "BAD_VALUE", "provider"),
        ({"member_id": STRANGER}, "UNKNOWN_MEMBER", ""),
        ({"planned_end_on": day(3, 14)}, "BAD_VALUE", "planned_end_on"),
        ({"units": -1}, "BAD_VALUE", "units"),
    ],
)
def test_a_support_is_activated_as_it_stands_in_the_patto(change, rule, because):
    given(*LINKED).when(CPI, replace(SUPPORT_ON.event, **change)).refused(rule, because)


def test_the_last_version_signed_lists_the_supports():
    second = replace(SUPPORT, support_id=new("second support"), catalogue_code="PROT8.l")
    redrafted = replace(REDRAFTED, supports=(second,))
    told = (*LINKED, redrafted, REVISED)
    given(*told).when(CPI, SUPPORT_ON.event).refused("NOT_IN_PATTO")
    new_one = replace(SUPPORT_ON.event, support_id=second.support_id, catalogue_code="PROT8.l")
    given(*told).when(CPI, new_one).then(new_one)


def test_a_support_ends_once_it_began():
    given(*LINKED, SUPPORT_ON).when(CPI, SUPPORT_OFF.event).then(SUPPORT_OFF.event)
    given(*LINKED).when(CPI, SUPPORT_OFF.event).refused("NOT_RECORDED", "no such active support")
    given(*LINKED, SUPPORT_ON).when(UST, SUPPORT_OFF.event).refused("ROLE_NOT_ALLOWED", "another provider")
    early = replace(SUPPORT_OFF.event, ended_on=day(3, 14))
    given(*LINKED, SUPPORT_ON).when(CPI, early).refused("BAD_VALUE", "ended_on")


@pytest.mark.parametrize(
    ("told", "on", "active"),
    [
        ((), day(4, 1), False),
        ((SUPPORT_ON,), day(3, 14), False),
        ((SUPPORT_ON,), day(3, 15), True),
        ((SUPPORT_ON, SUPPORT_OFF), day(6, 30), True),
        ((SUPPORT_ON, SUPPORT_OFF), day(7, 1), False),
        ((SUPPORT_ON, voided(SUPPORT_ON)), day(4, 1), False),
        ((SUPPORT_ON, SUPPORT_OFF, voided(SUPPORT_ON)), day(4, 1), False),
    ],
    ids=["planned", "before", "first day", "last day", "after", "voided", "ended and voided"],
)
def test_a_support_is_active_from_its_first_to_its_last_day(told, on, active):
    assert active_on(given(*LINKED, *told).case, SUPPORT.support_id, on) is active


# --- the third sector ------------------------------------------------------------------------------------

ETS = operator("ets-1")
OF_THE_ETS = Support(
    support_id=new("ets support"), catalogue_code="PROT8.c", provider="ets-1", planned_from=day(4, 1)
)
WITH_ETS = replace(DRAFTED, supports=(*DRAFTED.supports, OF_THE_ETS))
ETS_ON = replace(
    SUPPORT_ON.event,
    support_id=OF_THE_ETS.support_id,
    catalogue_code="PROT8.c",
    provider="ets-1",
    start_on=day(4, 1),
)


def agreed(first, last=None, party="ets-1"):
    return replace(PROTOCOL_IN_FORCE, agreements=(Agreement(party, "ETS", first, last),))


@pytest.mark.parametrize(
    ("law", "binds"),
    [
        (PROTOCOL_IN_FORCE, False),
        (agreed(day(4, 1)), True),
        (agreed(day(4, 2)), False),
        (agreed(day(1, 1), day(4, 1)), True),
        (agreed(day(1, 1), day(3, 31)), False),
        (agreed(day(1, 1), party="ets-2"), False),
    ],
    ids=["none", "since that day", "since the next", "until that day", "until the day before", "another's"],
)
def test_a_line_of_the_third_sector_needs_an_agreement_in_force(law, binds):
    drafting = given(*WITH_TEAM).under(law).when(SOCIAL_WORKER, WITH_ETS)
    signed = (*WITH_TEAM, WITH_ETS, PATTO, said(ETS, assignment(ETS)))
    activating = given(*signed).under(law).when(ETS, ETS_ON)
    if binds:
        drafting.then(WITH_ETS)
        activating.then(ETS_ON)
    else:
        drafting.refused("NO_AGREEMENT")
        activating.refused("NO_AGREEMENT")


# --- PUC -------------------------------------------------------------------------------------------------


def assigning(told=WITH_REVISION, law=WHOLE_LAW, **change):
    return given(*told).under(law).when(SOCIAL_WORKER, replace(PUC_ASSIGNED, **change))


def with_puc(puc: Puc) -> Law:
    return replace(WHOLE_LAW, pucs={new("puc"): puc})


def test_an_obliged_member_takes_a_seat_of_a_puc_that_her_patto_has():
    assigning().then(PUC_ASSIGNED)
    assigning(told=SIGNED).refused("NOT_IN_PATTO", "no PUC")
    assigning(start_on=day(6, 9)).refused("NOT_IN_PATTO", "no PUC")


def test_a_volunteer_takes_a_seat_too():
    his_line = commitment("PUC", "puc", HUSBAND)
    redrafted = replace(REDRAFTED, commitments=(*DRAFTED.commitments, his_line))
    volunteer = evaluated(HUSBAND, "voluntary", on=day(6, 1))
    told = (*SIGNED, redrafted, REVISED)
    assigning((*told, volunteer), member_id=HUSBAND.member_id).tells(member_id=HUSBAND.member_id)
    assigning(told, member_id=HUSBAND.member_id).refused("NOT_OBLIGED", "volunteer")
    assigning((*told, volunteer)).refused("NOT_IN_PATTO", "for this member")


@pytest.mark.parametrize(("hours", "sound"), [(7, False), (8, True), (16, True), (17, False)])
def test_a_puc_takes_8_to_16_hours_a_week(hours, sound):
    outcome = assigning(hours_per_week=hours)
    if sound:
        outcome.tells(hours_per_week=hours)
    else:
        outcome.refused("BAD_VALUE", "hours_per_week")


def test_an_assignment_does_not_end_before_it_begins():
    assigning(end_on=day(6, 15)).refused("BAD_VALUE", "end_on")


@pytest.mark.parametrize(
    ("puc", "open_"),
    [
        (replace(PROJECT, from_on=day(6, 16)), True),
        (replace(PROJECT, from_on=day(6, 17)), False),
        (replace(PROJECT, ended_on=day(6, 16)), True),
        (replace(PROJECT, ended_on=day(6, 15)), False),
    ],
    ids=["from that day", "from the next", "to that day", "to the day before"],
)
def test_a_puc_is_open_on_the_first_day(puc, open_):
    outcome = assigning(law=with_puc(puc))
    if open_:
        outcome.then(PUC_ASSIGNED)
    else:
        outcome.refused("PUC_NOT_OPEN")


def test_only_a_puc_on_record_is_assigned():
    assigning(puc_id=new("no such")).refused("PUC_NOT_OPEN")


@pytest.mark.parametrize(
    ("taken", "end_on", "full"),
    [
        ([(day(6, 1), None)], None, True),
        ([(day(6, 1), day(6, 16))], None, True),
        ([(day(6, 1), day(6, 15))], None, False),
        ([(day(7, 1), None)], None, True),
        ([(day(7, 1), None)], day(6, 30), False),
        ([(day(7, 1), None)], day(7, 1), True),
    ],
    ids=["taken", "that day too", "left", "taken later", "taken after", "taken on the last day"],
)
def test_a_seat_is_free_on_every_day(taken, end_on, full):
    outcome = assigning(law=with_puc(replace(PROJECT, taken=tuple(taken))), end_on=end_on)
    if full:
        outcome.refused("PUC_FULL")
    else:
        outcome.tells(puc_id=new("puc"))


def test_of_two_seats_one_may_be_taken():
    two = replace(PROJECT, seats=2, taken=((day(6, 1), None),))
    assigning(law=with_puc(two)).then(PUC_ASSIGNED)


# --- commitments that were kept --------------------------------------------------------------------------


def test_the_servizio_sociale_or_who_follows_a_commitment_says_that_it_was_kept():
    given(*LINKED).when(SOCIAL_WORKER, FULFILLED).then(FULFILLED)
    training = replace(FULFILLED, commitment_id=TRAINING.id)
    given(*LINKED).when(CPI, training).then(training)
    given(*LINKED).when(UST, training).refused("ROLE_NOT_ALLOWED", "another body")


@pytest.mark.parametrize(
    "change", [{"commitment_id": new("other")}, {"member_id": HUSBAND.member_id}], ids=["other", "another's"]
)
def test_a_commitment_of_the_patto_in_force_is_kept(change):
    given(*LINKED).when(SOCIAL_WORKER, replace(FULFILLED, **change)).refused("NOT_IN_PATTO")
    given(*WITH_DRAFT).when(SOCIAL_WORKER, FULFILLED).refused("NOT_IN_PATTO")


def test_the_version_signed_last_counts_even_where_both_are_signed_on_one_day():
    redrafted = replace(REDRAFTED, commitments=(CONTACTS,))
    told = (*LINKED, redrafted, replace(REVISED, signed_on=PATTO.signed_on))
    school = replace(FULFILLED, commitment_id=SCHOOLING.id)
    given(*told).when(UST, school).refused("NOT_IN_PATTO")
    given(*LINKED).when(UST, school).then(school)
