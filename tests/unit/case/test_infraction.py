"""Breaches that are ascertained, actions of the patto di servizio, terms that lapsed, richiami formali."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.telling import (
    CLOCK,
    CPI,
    INPS,
    SOCIAL_WORKER,
    UST,
    given,
    id_of,
    operator,
    said,
)
from tests.unit.case.world import (
    ABSENT,
    ACTION,
    ASKED,
    CONTACTS,
    CPI_ASSIGNED,
    DRAFTED,
    EVALUATED,
    FRAMED,
    HEALTH,
    HELD,
    HUSBAND,
    MET,
    MET_AT_CPI,
    MISSED,
    MISSED_THE_MEETING,
    MOTHER,
    NOT_AT_THE_COURSE,
    OPENED,
    PATTO,
    PSP,
    REFERRED,
    REFUSED_TO_SIGN,
    REGISTERED,
    REPORT,
    SCHOOLING,
    SENT_TO_SERD,
    SERD_ASSIGNED,
    SIGNED,
    STRANGER,
    SUPPORT_OFF,
    SUPPORT_ON,
    UST_ASSIGNED,
    WHOLE_LAW,
    WITH_PSP,
    WITH_TEAM,
    answer,
    asked,
    assignment,
    day,
    decided,
    evaluated,
    found,
    lapsed,
    new,
    proposal,
    reminder,
    submitted,
    under,
)

# --- a commitment that waits for the services ------------------------------------------------------------

WAITS = replace(CONTACTS, depends_on_support_id=DRAFTED.supports[0].support_id)
WAITING = (*WITH_TEAM, replace(DRAFTED, commitments=(WAITS,)), PATTO)


@pytest.mark.parametrize(
    ("told", "on", "active"),
    [
        ((), day(4, 15), False),
        ((SUPPORT_ON,), day(4, 15), True),
        ((SUPPORT_ON,), day(3, 14), False),
        ((SUPPORT_ON, SUPPORT_OFF), day(6, 30), True),
        ((SUPPORT_ON, SUPPORT_OFF), day(7, 1), False),
    ],
    ids=["never", "active", "not yet", "its last day", "ended"],
)
def test_a_commitment_is_missed_only_while_its_support_is_given(told, on, active):
    missed = replace(MISSED, missed_on=on, ascertained_on=on)
    outcome = given(*WAITING, *told).when(SOCIAL_WORKER, missed)
    if active:
        outcome.then(missed)
    else:
        outcome.refused("SUPPORT_NOT_ACTIVE")


CURE = replace(HEALTH, obliged_member_id=MOTHER.member_id, conditional=True, evidence_by="asl-serd")
HER_REFERRAL = replace(SENT_TO_SERD, member_id=MOTHER.member_id)
NEEDS_CARE = (*FRAMED, HER_REFERRAL, SERD_ASSIGNED, replace(DRAFTED, commitments=(CURE,)), PATTO)
NOT_CURED = replace(MISSED, commitment_id=CURE.id, area="HEALTH")


def hers(answered):
    return said(answered.by, replace(answered.event, member_id=MOTHER.member_id))


BEFORE = REFERRED.referred_on - timedelta(days=1)


@pytest.mark.parametrize(
    "breach",
    [
        found(occurred_on=BEFORE),
        replace(REFUSED_TO_SIGN, refused_on=BEFORE),
        replace(MISSED, missed_on=BEFORE),
        replace(ABSENT, missed_on=BEFORE),
    ],
    ids=lambda breach: type(breach).__name__,
)
def test_no_office_calls_anybody_to_account_for_what_came_before_the_case(breach):
    given(*MISSED_THE_MEETING).when(SOCIAL_WORKER, breach).refused("BAD_VALUE", "before the case")


def test_the_day_of_the_referral_is_of_the_case_and_inps_may_find_what_came_before():
    first = found(occurred_on=REFERRED.referred_on)
    given(*EVALUATED).when(SOCIAL_WORKER, first).then(first)
    of_the_application = found("FALSE_DECLARATION", occurred_on=BEFORE)
    given(*EVALUATED).when(INPS, of_the_application).then(of_the_application)


def test_a_health_commitment_is_not_missed_by_who_is_on_the_waiting_list():
    given(*NEEDS_CARE).when(SOCIAL_WORKER, NOT_CURED).then(NOT_CURED)
    waiting = hers(answer("WAITING_LIST", 3, 10))
    given(*NEEDS_CARE, waiting).when(SOCIAL_WORKER, NOT_CURED).refused("ON_WAITING_LIST")
    taken = hers(answer("TAKEN", 4, 10))
    given(*NEEDS_CARE, waiting, taken).when(SOCIAL_WORKER, NOT_CURED).then(NOT_CURED)


def test_the_waiting_list_of_another_unit_excuses_nobody():
    elsewhere = replace(DRAFTED, commitments=(replace(CURE, evidence_by="asl-cps"),))
    told = (*FRAMED, HER_REFERRAL, SERD_ASSIGNED, hers(answer("WAITING_LIST", 3, 10)), elsewhere, PATTO)
    given(*told).when(SOCIAL_WORKER, NOT_CURED).then(NOT_CURED)


# --- an action of the patto di servizio ------------------------------------------------------------------

NOT_THERE = NOT_AT_THE_COURSE.event


def test_the_servizio_sociale_too_ascertains_an_absence_from_the_patto_di_servizio():
    ascertained = replace(NOT_THERE, ascertained_by=SOCIAL_WORKER.person)
    given(*WITH_PSP).when(SOCIAL_WORKER, ascertained).then(ascertained)


def test_the_employment_centre_ascertains_that_an_action_was_missed():
    given(*WITH_PSP).when(CPI, NOT_THERE).then(NOT_THERE)


def test_the_employment_centre_asks_the_reason_of_its_own_infraction_and_so_does_the_servizio_sociale():
    asks = replace(asked(), infraction_ref=id_of(NOT_AT_THE_COURSE), member_id=NOT_THERE.member_id)
    for office in (CPI, SOCIAL_WORKER):
        given(*WITH_PSP, NOT_AT_THE_COURSE).when(office, asks).then(asks)


@pytest.mark.parametrize(
    ("on", "runs"), [(day(3, 31), False), (day(4, 1), True), (day(6, 30), True), (day(7, 1), False)]
)
def test_an_action_is_missed_on_the_days_on_which_it_runs(on, runs):
    missed = replace(NOT_THERE, missed_on=on, ascertained_on=on)
    outcome = given(*WITH_PSP).when(CPI, missed)
    if runs:
        outcome.then(missed)
    else:
        outcome.refused("NOT_IN_PATTO", "does not run")


def test_an_action_without_days_always_runs():
    always = said(CPI, replace(PSP.event, actions=(replace(ACTION, from_on=None, to_on=None),)))
    given(*WITH_PSP[:-1], always).when(CPI, NOT_THERE).then(NOT_THERE)


@pytest.mark.parametrize(
    "change",
    [{"commitment_id": new("other")}, {"member_id": HUSBAND.member_id}, {"missed_on": day(3, 19)}],
    ids=["another action", "another member", "before the signature"],
)
def test_only_an_action_of_the_patto_di_servizio_in_force_is_missed(change):
    given(*WITH_PSP).when(CPI, replace(NOT_THERE, **change)).refused("NOT_IN_PATTO", "patto di servizio")


def test_a_school_reports_nothing_of_a_patto_di_servizio():
    seen = replace(NOT_THERE, reporter="ust", ascertained_by=None, ascertained_on=None)
    given(*WITH_PSP, *SIGNED[len(MET) + 1 :], UST_ASSIGNED).when(UST, seen).refused("ROLE_NOT_ALLOWED")


def test_who_is_not_obliged_misses_no_action():
    excluded = evaluated(MOTHER, "excluded", on=day(4, 1))
    given(*WITH_PSP, excluded).when(CPI, NOT_THERE).refused("NOT_OBLIGED")


# --- what is ascertained ---------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [SOCIAL_WORKER, INPS], ids=lambda by: by.agency)
def test_an_infraction_that_no_fact_of_its_own_records_is_ascertained(by):
    given(*SIGNED).when(by, found()).then(found())


def test_it_is_one_that_the_rules_of_that_day_know():
    given(*SIGNED).when(SOCIAL_WORKER, found("LATE_FOR_TEA")).refused("NO_LEGAL_BASIS", "does not know")
    given(*under("NONE", *SIGNED)).when(SOCIAL_WORKER, found()).refused("NO_LEGAL_BASIS", "no rule set")
    too_late = found("ORIENTATION_MISSED")
    given(*under("RDC", *SIGNED)).when(SOCIAL_WORKER, too_late).refused("FACT_OUTSIDE_RULE_SET")


@pytest.mark.parametrize(
    "code", ["CONVOCATION_MISSED", "PATTO_NOT_SIGNED", "PAIS_COMMITMENT_BREACH", "ACTIVE_MEASURE_MISSED"]
)
def test_what_a_fact_of_its_own_proves_is_not_merely_ascertained(code):
    given(*SIGNED).when(SOCIAL_WORKER, found(code)).refused("BAD_VALUE", "a fact of its own")
    given(*WITH_PSP).when(CPI, found(code)).refused("BAD_VALUE", "a fact of its own")
    body = operator("accreditato")
    ours = said(body, assignment(body))
    given(*SIGNED, ours).when(body, found(code)).then(found(code))


def test_a_conviction_is_recorded_by_inps():
    conviction = found("FINAL_CONVICTION")
    given(*SIGNED).when(SOCIAL_WORKER, conviction).refused("ROLE_NOT_ALLOWED", "conviction")
    given(*SIGNED).when(INPS, conviction).then(conviction)


def test_it_is_of_a_member_or_of_the_household_where_that_is_bound():
    given(*SIGNED).when(SOCIAL_WORKER, replace(found(), member_id=STRANGER)).refused("UNKNOWN_MEMBER")
    of_all = found(who=None)
    given(*SIGNED).when(SOCIAL_WORKER, of_all).then(of_all)
    offer = found("JOB_OFFER_REFUSED", who=None)
    given(*SIGNED).when(SOCIAL_WORKER, offer).refused("UNKNOWN_MEMBER", "of one member")


# --- terms that lapsed -----------------------------------------------------------------------------------

LATE = lapsed("D14", day(2, 20), HELD)


def test_the_clock_tells_of_a_term_that_lapsed():
    given(*MET).when(CLOCK, LATE.event).then(LATE.event)
    given(*MET, LATE).when(CLOCK, LATE.event).nothing()


@pytest.mark.parametrize(
    "wrong",
    [
        lapsed("D14", day(2, 21), HELD),
        lapsed("D14", day(2, 20), HELD, "NUCLEO"),
        lapsed("D14", day(2, 20), HELD, who=MOTHER),
        lapsed("D14", day(2, 20), MET_AT_CPI),
        lapsed("D15", day(2, 20), HELD),
        lapsed("D8", day(2, 20), HELD),
    ],
    ids=["another day", "another's duty", "of a member", "no such start", "another term", "no source"],
)
def test_it_tells_of_no_term_that_the_facts_do_not_tell(wrong):
    given(*MET).when(CLOCK, wrong.event).refused("TERM_NOT_LAPSED")


def test_a_term_that_was_kept_did_not_lapse():
    given(*MET, REGISTERED).when(CLOCK, LATE.event).refused("TERM_NOT_LAPSED", "kept in time")
    on_the_day = replace(REGISTERED, registered_on=day(2, 20))
    given(*MET, on_the_day).when(CLOCK, LATE.event).refused("TERM_NOT_LAPSED", "kept in time")
    after = replace(REGISTERED, registered_on=day(2, 21))
    given(*MET, after).when(CLOCK, LATE.event).then(LATE.event)


def test_a_bar_never_lapses():
    ended = lapsed("D12", day(7, 14), HELD)
    given(*ASKED).when(CLOCK, ended.event).refused("TERM_NOT_LAPSED", "nothing on record")


def overdue(**change):
    stated = {"term_id": "D13", "due_on": day(2, 10), "started_by_event_id": new("access request")}
    return replace(LATE.event, **stated | change)


def test_a_request_of_access_that_was_not_answered_lapses_by_the_services():
    told = given(*OPENED).under(WHOLE_LAW)
    told.when(CLOCK, overdue()).then(overdue())
    for change in ({"due_on": day(2, 11)}, {"started_by_event_id": new("other")}):
        told.when(CLOCK, overdue(**change)).refused("TERM_NOT_LAPSED", "no request of access")
    for change in ({"duty_bearer": "NUCLEO"}, {"member_id": MOTHER.member_id}):
        told.when(CLOCK, overdue(**change)).refused("TERM_NOT_LAPSED", "due by the services")


def test_a_term_of_the_services_that_lapsed_is_no_infraction():
    told = (*MET, LATE)
    assert not given(*told).case.infractions
    given(*told).when(SOCIAL_WORKER, replace(asked(), infraction_ref=id_of(LATE))).refused("NOT_RECORDED")
    of_it = replace(proposal(), infraction_refs=(id_of(LATE),), proposed_measure="SOSPENSIONE")
    given(*told).when(SOCIAL_WORKER, of_it).refused("NOT_RECORDED", "no such infraction")


# --- the reason of a report ------------------------------------------------------------------------------

SEEN = said(UST, replace(REPORT, commitment_id=SCHOOLING.id, area="SCHOOLING", reporter="ust"))
PROVED = replace(MISSED, commitment_id=SCHOOLING.id, area="SCHOOLING", reporter="ust")


def test_a_reason_asked_for_a_report_was_asked_for_what_is_then_ascertained():
    told = (*SIGNED, UST_ASSIGNED, SEEN)
    ascertained = given(*told, replace(asked(SEEN.event), infraction_ref=id_of(SEEN)), PROVED)
    ascertained.when(SOCIAL_WORKER, proposal(PROVED)).tells(months_fraction="1/4")
    given(*told, PROVED).when(SOCIAL_WORKER, proposal(PROVED)).refused("REASON_NOT_ASKED")


def test_a_reason_accepted_for_a_report_stops_the_proposal():
    reason = [replace(r, infraction_ref=id_of(SEEN)) for r in (asked(), submitted(), decided(accepted=True))]
    told = given(*SIGNED, UST_ASSIGNED, SEEN, *reason, PROVED)
    told.when(SOCIAL_WORKER, proposal(PROVED)).refused("NO_LEGAL_BASIS", "gives NONE")


# --- richiami formali ------------------------------------------------------------------------------------

REI = under("REI", *SIGNED, MISSED)


def test_a_richiamo_is_issued_where_the_law_counts_by_them():
    given(*REI).when(SOCIAL_WORKER, reminder()).then(reminder())
    given(*SIGNED, MISSED).when(SOCIAL_WORKER, reminder()).refused("NO_LEGAL_BASIS", "no richiamo")


@pytest.mark.parametrize("name", ["comply_by", "delivered_on"])
def test_a_richiamo_gives_time(name):
    early = reminder(**{name: day(4, 27)})
    given(*REI).when(SOCIAL_WORKER, early).refused("BAD_VALUE", name)


def test_a_richiamo_is_of_an_infraction_of_that_member():
    given(*under("REI", *SIGNED)).when(SOCIAL_WORKER, reminder()).refused("NOT_RECORDED")
    his = replace(reminder(), member_id=HUSBAND.member_id)
    given(*REI).when(SOCIAL_WORKER, his).refused("UNKNOWN_MEMBER", "another member")
    given(*REI, CPI_ASSIGNED).when(CPI, reminder()).refused("ROLE_NOT_ALLOWED", "of this CPI")


def test_a_reason_does_not_arrive_before_it_was_asked_for():
    early = replace(asked(), delivered_on=day(4, 16))
    given(*SIGNED, MISSED).when(SOCIAL_WORKER, early).refused("BAD_VALUE", "delivered_on")


def test_an_absence_is_not_ascertained_before_it_happened():
    early = replace(MISSED, ascertained_on=day(4, 14))
    given(*SIGNED).when(SOCIAL_WORKER, early).refused("BAD_VALUE", "ascertained_on")
