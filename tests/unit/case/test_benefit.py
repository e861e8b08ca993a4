"""What INPS did with the benefit, and the PAD."""

from dataclasses import replace

import pytest

from tests.telling import INPS, SOCIAL_WORKER, given
from tests.unit.case.world import (
    EXPIRED,
    GRANTED,
    OPENED,
    PAD,
    REFERRED,
    RENEWED,
    RENOUNCED,
    STRANGER,
    TRANSMITTED,
    day,
    under,
)

AFTER_THE_GRANT = [EXPIRED, RENEWED, RENOUNCED]


def named(event):
    return type(event).__name__


@pytest.mark.parametrize("states", [GRANTED, PAD, TRANSMITTED], ids=named)
def test_inps_records_what_it_did(states):
    given(*OPENED).when(INPS, states).then(states)


@pytest.mark.parametrize("states", AFTER_THE_GRANT, ids=named)
def test_what_follows_the_grant_comes_after_it(states):
    given(*OPENED).when(INPS, states).refused("OUT_OF_ORDER", "grant")
    given(*OPENED, GRANTED).when(INPS, states).then(states)


@pytest.mark.parametrize("states", [GRANTED, *AFTER_THE_GRANT], ids=named)
def test_the_benefit_is_the_one_of_the_case(states):
    other = replace(states, benefit="NASPI")
    given(*OPENED, GRANTED).when(INPS, other).refused("BAD_VALUE", "follows ADI")


@pytest.mark.parametrize("states", [GRANTED, RENEWED], ids=named)
def test_a_benefit_runs_for_a_month_at_least(states):
    told = given(*OPENED) if states is GRANTED else given(*OPENED, GRANTED)
    told.when(INPS, replace(states, months=0)).refused("BAD_VALUE", "months")
    one = replace(states, months=1)
    told.when(INPS, one).then(one)


@pytest.mark.parametrize(("share", "sound"), [(-1, False), (0, True), (50, True), (100, True), (101, False)])
def test_the_first_month_of_a_renewal_is_a_share(share, sound):
    renewed = replace(RENEWED, first_month_pct=share)
    outcome = given(*OPENED, GRANTED).when(INPS, renewed)
    if sound:
        outcome.then(renewed)
    else:
        outcome.refused("BAD_VALUE", "first_month_pct")


def test_a_member_renounces():
    told = given(*OPENED, GRANTED)
    told.when(INPS, replace(RENOUNCED, member_id=STRANGER)).refused("UNKNOWN_MEMBER")


def test_a_renunciation_has_no_effect_before_it_is_declared():
    told = given(*OPENED, GRANTED)
    told.when(INPS, replace(RENOUNCED, effective_on=day(9, 19))).refused("BAD_VALUE", "effective_on")
    at_once = replace(RENOUNCED, effective_on=RENOUNCED.renounced_on)
    told.when(INPS, at_once).then(at_once)


def test_the_pad_is_of_the_adi():
    given(*under("RDC", *OPENED)).when(INPS, PAD).refused("BAD_VALUE", "ADI")


def test_a_member_signs_the_pad():
    given(*OPENED).when(INPS, replace(PAD, signatory_member_id=STRANGER)).refused("UNKNOWN_MEMBER")


def test_the_pad_may_come_before_the_household_is_known():
    given(REFERRED).when(INPS, PAD).then(PAD)


def test_what_inps_said_is_not_said_otherwise():
    later = replace(GRANTED, months=12)
    given(*OPENED, GRANTED).when(INPS, GRANTED).nothing()
    given(*OPENED, GRANTED).when(INPS, later).refused("ALREADY_RECORDED")


def test_the_servizio_sociale_grants_nothing():
    given(*OPENED).when(SOCIAL_WORKER, GRANTED).refused("ROLE_NOT_ALLOWED")
