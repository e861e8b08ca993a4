"""Proposals under each rule set, the notices of a proceeding, and what becomes of a measure."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from domain.case.commands import Law
from domain.rules.ladder import Measure as Kind
from domain.rules.ladder import Rung, RungsDecision
from tests.telling import CPI, INPS, PROTOCOL_IN_FORCE, SOCIAL_WORKER, given, id_of, said
from tests.unit.case.world import (
    ABSENT,
    ANNULLED,
    ASKED,
    AT_THE_CPI,
    CALL_DELIVERED,
    CALLED,
    CONVOKED,
    CPI_ASSIGNED,
    DECLARATION_CHECKED,
    EVALUATED,
    EXCLUDED,
    EXPIRED,
    GRANTED,
    HUSBAND,
    LIFTED,
    MET,
    MISSED,
    MISSED_THE_MEETING,
    MOTHER,
    NOT_AT_CPI,
    NOT_AT_THE_COURSE,
    NOTICE,
    NOTIFIED,
    OFFER,
    OPENED,
    PAD,
    REFUSED_TO_SIGN,
    RENEWED,
    RENOUNCED,
    REPORT,
    REVIEW_ASKED,
    SCHOOLING,
    SIGNED,
    STRANGER,
    SUSPENDED,
    UPDATED,
    WITH_DRAFT,
    WITH_PSP,
    asked,
    correction,
    day,
    decadenza,
    decided,
    decurtazione,
    evaluated,
    found,
    inps_report,
    new,
    proposal,
    reminder,
    revoca,
    sospensione,
    submitted,
    under,
    voided,
)

STATUTE_ALONE = Law(protocol_from=date(2025, 1, 1), setting="ADI-2023")


def of(benefit: str, *life):
    """A life under another benefit, whose obligor is any adult."""
    return under(benefit, *(fact for fact in life if fact is not EXCLUDED))


# --- a decurtazione, under each rule set -----------------------------------------------------------------


def test_under_the_protocol_a_missed_commitment_costs_a_quarter():
    found = given(*ASKED).when(SOCIAL_WORKER, proposal()).tells(rule_set_id="PROTOCOLLO-ADI", occurrence=1)
    assert found.months_fraction == "1/4" and found.conflicts_with


def test_under_the_rei_a_missed_convocation_costs_a_quarter_then_a_month_then_the_benefit():
    once = of("REI", *MISSED_THE_MEETING, asked(ABSENT))
    given(*once).when(SOCIAL_WORKER, proposal(ABSENT)).tells(rule_set_id="REI-2017", months_fraction="1/4")
    given(*once).when(SOCIAL_WORKER, proposal(ABSENT, "DECADENZA")).refused("NO_LEGAL_BASIS")


def test_under_the_rei_a_commitment_is_recalled_then_suspended():
    told = of("REI", *ASKED)
    given(*told).when(SOCIAL_WORKER, proposal()).refused("NO_LEGAL_BASIS")
    given(*told).when(SOCIAL_WORKER, proposal(measure="RICHIAMO_FORMALE")).tells(occurrence=1)
    again = replace(MISSED, missed_on=day(7, 8), ascertained_on=day(7, 9))
    twice = (*told, reminder(), again, asked(again))
    given(*twice).when(SOCIAL_WORKER, proposal(again, "SOSPENSIONE")).tells(occurrence=2)
    without = (*told, again, asked(again))
    given(*without).when(SOCIAL_WORKER, proposal(again, "RICHIAMO_FORMALE")).tells(occurrence=1)


def test_a_richiamo_counts_from_its_delivery():
    again = replace(MISSED, missed_on=day(5, 5), ascertained_on=day(5, 6))
    told = of("REI", *ASKED, reminder(delivered_on=day(5, 5)), again, asked(again))
    given(*told).when(SOCIAL_WORKER, proposal(again, "RICHIAMO_FORMALE")).tells(occurrence=1)
    before = of("REI", *ASKED, reminder(delivered_on=day(5, 4)), again, asked(again))
    given(*before).when(SOCIAL_WORKER, proposal(again, "SOSPENSIONE")).tells(occurrence=2)


NASPI = of("NASPI", *WITH_PSP, NOT_AT_THE_COURSE)
COURSE = NOT_AT_THE_COURSE.event


def test_under_the_naspi_the_employment_centre_proposes_on_its_patto_di_servizio():
    hers = replace(proposal(), infraction_refs=(id_of(NOT_AT_THE_COURSE),))
    asking = replace(asked(COURSE), infraction_ref=id_of(NOT_AT_THE_COURSE))
    told = (*NASPI, said(CPI, asking))
    found = given(*told).when(CPI, hers).tells(rule_set_id="PSP-150-2015", months_fraction="1", occurrence=1)
    assert found.inputs["patto"]["kind"] == "PSP"
    again = replace(hers, proposed_measure="DECADENZA")
    given(*told).when(CPI, again).refused("NO_LEGAL_BASIS")


def test_under_the_naspi_the_employment_centre_proposes_on_its_own_convocation():
    absent = of("NASPI", *AT_THE_CPI, CALLED, CALL_DELIVERED, NOT_AT_CPI)
    asking = said(CPI, replace(asked(NOT_AT_CPI.event), infraction_ref=id_of(NOT_AT_CPI)))
    hers = replace(proposal(), infraction_refs=(id_of(NOT_AT_CPI),))
    given(*absent, asking).when(CPI, hers).tells(rule_set_id="PSP-150-2015", months_fraction="1/4")


def test_the_employment_centre_proposes_on_nothing_of_the_servizio_sociale():
    given(*ASKED, CPI_ASSIGNED).when(CPI, proposal()).refused("ROLE_NOT_ALLOWED", "its own convocations")


def test_under_the_naspi_it_orders_and_the_measure_is_found_sound():
    asking = said(CPI, replace(asked(COURSE), infraction_ref=id_of(NOT_AT_THE_COURSE)))
    cut = decurtazione(infraction_refs=(id_of(NOT_AT_THE_COURSE),), authority="CPI", months_fraction="1")
    given(*NASPI, asking).when(CPI, cut).tells(rule_set_id="PSP-150-2015", finding="NONE")


@pytest.mark.parametrize(
    "law",
    [STATUTE_ALONE, Law(protocol_from=day(4, 16)), Law(protocol_from=day(1, 1), protocol_until=day(4, 15))],
    ids=["the statute alone", "before the protocol", "after the protocol"],
)
def test_the_statute_knows_no_decurtazione(law):
    given(*ASKED).under(law).when(SOCIAL_WORKER, proposal()).refused("NO_LEGAL_BASIS")


# --- which infractions -----------------------------------------------------------------------------------


def test_who_does_not_sign_loses_the_benefit():
    told = (*WITH_DRAFT, REFUSED_TO_SIGN, asked(REFUSED_TO_SIGN))
    given(*told).when(SOCIAL_WORKER, proposal(REFUSED_TO_SIGN, "DECADENZA")).tells(occurrence=1)


def test_a_duty_of_the_household_is_proposed_on_whoever_is_obliged():
    of_all = found(who=None)
    asking = replace(asked(of_all), member_id=MOTHER.member_id)
    found_out = given(*SIGNED, of_all, asking).when(SOCIAL_WORKER, proposal(of_all, "DECADENZA"))
    assert found_out.tells(occurrence=1).obligation_evaluation_ref == id_of(EXCLUDED)


def test_a_valid_offer_that_was_refused_ends_the_benefit():
    refused = found("JOB_OFFER_REFUSED")
    told = (*WITH_PSP, refused, asked(refused))
    given(*told).when(SOCIAL_WORKER, proposal(refused, "DECADENZA")).refused("NO_LEGAL_BASIS", "gives NONE")
    found_out = given(*told, OFFER).when(SOCIAL_WORKER, proposal(refused, "DECADENZA")).tells(occurrence=1)
    assert found_out.inputs["offer"]["refused"] and id_of(OFFER) in found_out.evidence_event_ids
    far = said(CPI, replace(OFFER.event, distance_km=300, public_transport_min=400))
    given(*told, far).when(SOCIAL_WORKER, proposal(refused, "DECADENZA")).refused("NO_LEGAL_BASIS")


def test_what_an_inconsistent_declaration_is_must_be_ascertained():
    false = said(DECLARATION_CHECKED.by, replace(DECLARATION_CHECKED.event, outcome="INCONSISTENT"))
    of_it = replace(proposal(), infraction_refs=(id_of(false),), proposed_measure="REVOCA")
    given(*OPENED, false).when(SOCIAL_WORKER, of_it).refused("NOT_RECORDED", "no such infraction")


def test_an_update_that_an_office_found_missing_suspends_the_benefit():
    late = found("UPDATE_90D_MISSED", occurred_on=day(5, 13))
    told = (*MET, late, asked(late))
    given(*told).when(SOCIAL_WORKER, proposal(late, "SOSPENSIONE")).tells(occurrence=1)
    given(*told, UPDATED).when(SOCIAL_WORKER, proposal(late, "SOSPENSIONE")).refused("NO_LEGAL_BASIS")
    on_the_last_day = found("UPDATE_90D_MISSED", occurred_on=day(5, 12))
    told = (*MET, on_the_last_day, asked(on_the_last_day))
    given(*told).when(SOCIAL_WORKER, proposal(on_the_last_day, "SOSPENSIONE")).refused("NO_LEGAL_BASIS")


def test_a_first_meeting_to_which_nobody_was_convoked_suspends_the_benefit():
    never = found("FIRST_APPOINTMENT_NOT_HELD_NO_CONVOCATION", who=None, occurred_on=day(5, 9))
    asking = replace(asked(never), member_id=MOTHER.member_id)
    told = (*EVALUATED, PAD, never, asking)
    given(*told).when(SOCIAL_WORKER, proposal(never, "SOSPENSIONE")).tells(occurrence=1)
    given(*told, CONVOKED).when(SOCIAL_WORKER, proposal(never, "SOSPENSIONE")).refused("NO_LEGAL_BASIS")


# --- several infractions in one proposal -----------------------------------------------------------------

SCHOOL = replace(MISSED, commitment_id=SCHOOLING.id, area="SCHOOLING", missed_on=day(4, 8))
BOTH = replace(proposal(), infraction_refs=(id_of(SCHOOL), id_of(MISSED)))


def test_each_of_them_stands_by_itself():
    given(*ASKED, SCHOOL, asked(SCHOOL)).when(SOCIAL_WORKER, BOTH).tells(occurrence=1)
    given(*ASKED, SCHOOL).when(SOCIAL_WORKER, BOTH).refused("REASON_NOT_ASKED")
    excluded_then = (evaluated(MOTHER, "excluded", on=day(4, 1)), evaluated(MOTHER, "obliged", on=day(4, 10)))
    given(*ASKED, SCHOOL, asked(SCHOOL), *excluded_then).when(SOCIAL_WORKER, BOTH).refused("NOT_OBLIGED")
    excused = (asked(SCHOOL), submitted(SCHOOL), decided(SCHOOL, accepted=True))
    given(*ASKED, SCHOOL, *excused).when(SOCIAL_WORKER, BOTH).refused("NO_LEGAL_BASIS", "for one of them")


def test_none_of_them_is_a_mere_report():
    seen = replace(REPORT, missed_on=day(4, 8))
    refs = replace(BOTH, infraction_refs=(id_of(seen), id_of(MISSED)))
    given(*ASKED, seen, asked(seen)).when(SOCIAL_WORKER, refs).refused("OUT_OF_ORDER", "ascertained")


def test_none_is_named_twice():
    twice = replace(proposal(), infraction_refs=(id_of(MISSED), id_of(MISSED)))
    given(*ASKED).when(SOCIAL_WORKER, twice).refused("BAD_VALUE", "only once")


# --- the end of the benefit ------------------------------------------------------------------------------

LATE = replace(MISSED, missed_on=day(9, 10), ascertained_on=day(9, 11))
WITH_GRANT = (*SIGNED, GRANTED, LATE, asked(LATE))
GONE_IN_JUNE = decadenza(infraction_refs=(), effective_from=day(6, 3))
BACK_TO_JANUARY = revoca(infraction_refs=(), effective_from=day(1, 1))
REGRANTED = replace(GRANTED, granted_on=day(7, 20), first_month="2025-08")


@pytest.mark.parametrize(
    ("told", "ended"),
    [
        ((), False),
        ((EXPIRED,), True),
        ((replace(EXPIRED, expired_on=day(9, 10)),), False),
        ((replace(EXPIRED, expired_on=day(9, 9)),), True),
        ((EXPIRED, RENEWED), False),
        ((EXPIRED, replace(RENEWED, first_month="2025-10")), True),
        ((replace(RENOUNCED, renounced_on=day(9, 1), effective_on=day(9, 9)),), True),
        ((replace(RENOUNCED, renounced_on=day(9, 1), effective_on=day(9, 10)),), False),
        ((GONE_IN_JUNE,), True),
        ((replace(GONE_IN_JUNE, affected_scope="MEMBER"),), False),
        ((replace(GONE_IN_JUNE, effective_from=day(9, 11)),), False),
        ((GONE_IN_JUNE, replace(ANNULLED, measure_id=GONE_IN_JUNE.measure_id)), False),
        ((GONE_IN_JUNE, REGRANTED), False),
        ((BACK_TO_JANUARY,), True),
        ((BACK_TO_JANUARY, REGRANTED), False),
        ((sospensione(infraction_refs=()),), False),
    ],
    ids=[
        "granted",
        "expired",
        "expires that day",
        "expired the day before",
        "renewed",
        "renewed later",
        "renounced",
        "renounces that day",
        "lost",
        "lost by one member",
        "lost from the next day",
        "lost, annulled",
        "lost and granted anew",
        "revoked from its first day",
        "revoked and granted anew",
        "suspended",
    ],
)
def test_nothing_is_proposed_for_a_fact_after_the_end_of_the_benefit(told, ended):
    outcome = given(*WITH_GRANT, *told).when(SOCIAL_WORKER, proposal(LATE))
    if ended:
        outcome.refused("BENEFIT_ENDED")
    else:
        outcome.tells(occurrence=1)


# --- the rungs that the Tavolo decided, and what counts --------------------------------------------------


def decision(on: date, *rungs: str, counts_from="MEASURE_NOTIFIED") -> Law:
    ladder = tuple(Rung(Kind.DECURTAZIONE, Fraction(rung)) for rung in rungs)
    decided_then = RungsDecision(
        "PROTOCOLLO-ADI", "PAIS_COMMITMENT_BREACH", ladder, counts_from, "verbale/7", on
    )
    return replace(PROTOCOL_IN_FORCE, rungs=(decided_then,))


@pytest.mark.parametrize(("on", "cut"), [(day(4, 14), "1/2"), (MISSED.missed_on, "1/4"), (day(4, 16), "1/4")])
def test_the_rungs_hold_for_facts_after_the_day_on_which_they_were_decided(on, cut):
    given(*ASKED).under(decision(on, "1/2", "2")).when(SOCIAL_WORKER, proposal()).tells(months_fraction=cut)


AGAIN = replace(MISSED, missed_on=day(7, 8), ascertained_on=day(7, 9))
CUT_ONCE = (*ASKED, decurtazione(), NOTIFIED)


def test_a_measure_that_was_annulled_counts_no_more():
    told = (*CUT_ONCE, AGAIN, asked(AGAIN))
    given(*told).when(SOCIAL_WORKER, proposal(AGAIN)).tells(occurrence=2, months_fraction="1")
    given(*told, ANNULLED).when(SOCIAL_WORKER, proposal(AGAIN)).tells(occurrence=1)
    given(*told, ANNULLED, voided(ANNULLED)).when(SOCIAL_WORKER, proposal(AGAIN)).tells(occurrence=2)


def test_what_fell_under_another_rule_set_does_not_count():
    until_may = replace(PROTOCOL_IN_FORCE, protocol_from=day(5, 1))
    lost = decadenza(MISSED)
    told = (*ASKED, lost, NOTIFIED, replace(ANNULLED, measure_id=new("another")), AGAIN, asked(AGAIN))
    limited = replace(lost, affected_scope="MEMBER")
    told = tuple(limited if fact is lost else fact for fact in told)
    given(*told).under(until_may).when(SOCIAL_WORKER, proposal(AGAIN)).tells(occurrence=1)
    given(*told).when(SOCIAL_WORKER, proposal(AGAIN)).tells(occurrence=2)


def test_where_ascertainment_counts_a_report_and_its_ascertainment_are_one():
    law = decision(day(1, 1), "1/4", "1", "2", counts_from="ASCERTAINED")
    told = (*SIGNED, REPORT, MISSED, AGAIN, asked(AGAIN))
    given(*told).under(law).when(SOCIAL_WORKER, proposal(AGAIN)).tells(occurrence=2)
    only_reported = (*SIGNED, REPORT, AGAIN, asked(AGAIN))
    given(*only_reported).under(law).when(SOCIAL_WORKER, proposal(AGAIN)).tells(occurrence=1)
    that_day = replace(MISSED, ascertained_on=AGAIN.missed_on)
    given(*SIGNED, that_day, AGAIN, asked(AGAIN)).under(law).when(SOCIAL_WORKER, proposal(AGAIN)).tells(
        occurrence=1
    )


def test_the_setting_of_the_ambito_says_from_when_an_occurrence_counts():
    told = given(*SIGNED, MISSED, AGAIN, asked(AGAIN))
    ascertained = replace(PROTOCOL_IN_FORCE, settings={"counts_from": "ASCERTAINED"})
    told.when(SOCIAL_WORKER, proposal(AGAIN)).tells(occurrence=1)
    told.under(ascertained).when(SOCIAL_WORKER, proposal(AGAIN)).tells(occurrence=2)


# --- the report ------------------------------------------------------------------------------------------


def test_an_office_reports_what_it_ascertained():
    theirs = inps_report(infraction_refs=(id_of(NOT_AT_THE_COURSE),))
    given(*WITH_PSP, NOT_AT_THE_COURSE).when(CPI, theirs).then(theirs)
    given(*WITH_PSP, NOT_AT_THE_COURSE).when(SOCIAL_WORKER, theirs).then(theirs)
    given(*ASKED, CPI_ASSIGNED).when(CPI, inps_report()).refused("ROLE_NOT_ALLOWED", "itself")


def test_a_later_report_supersedes_another():
    later = inps_report(report_id=new("later"), supersedes_report_id=new("report"))
    given(*ASKED, inps_report()).when(SOCIAL_WORKER, later).then(later)
    given(*ASKED).when(SOCIAL_WORKER, later).refused("NOT_RECORDED", "to supersede")
    itself = inps_report(supersedes_report_id=new("report"))
    given(*ASKED).when(SOCIAL_WORKER, itself).refused("BAD_VALUE", "itself")


# --- the notice of a proceeding --------------------------------------------------------------------------

PROPOSED = (*ASKED, proposal())


@pytest.mark.parametrize("by", [SOCIAL_WORKER, INPS], ids=lambda by: by.agency)
def test_the_start_of_a_proceeding_is_told(by):
    given(*PROPOSED).when(by, NOTICE).then(NOTICE)
    of_the_report = replace(NOTICE, proposal_id=None, report_id=new("report"))
    given(*PROPOSED, inps_report()).when(by, of_the_report).then(of_the_report)


@pytest.mark.parametrize(
    ("change", "rule", "because"),
    [
        ({"proposal_id": None}, "NOT_RECORDED", "of which proceeding"),
        ({"proposal_id": new("other")}, "NOT_RECORDED", "no such proposal"),
        ({"report_id": new("other")}, "NOT_RECORDED", "no such report"),
        ({"office_and_person": " "}, "BAD_VALUE", "office_and_person"),
        ({"delivered_on": day(5, 1)}, "BAD_VALUE", "delivered_on"),
        ({"deadline_for_briefs": day(5, 1)}, "BAD_VALUE", "deadline_for_briefs"),
    ],
)
def test_the_notice_says_of_what_by_whom_and_until_when(change, rule, because):
    given(*PROPOSED).when(SOCIAL_WORKER, replace(NOTICE, **change)).refused(rule, because)


# --- what becomes of a measure ---------------------------------------------------------------------------

ORDERED = (*ASKED, decurtazione())
HELD_UP = (*ASKED, SUSPENDED)


def test_a_suspension_is_lifted():
    given(*HELD_UP).when(INPS, LIFTED).then(LIFTED)
    given(*ASKED).when(INPS, LIFTED).refused("NOT_RECORDED", "no such measure")
    cut = replace(LIFTED, measure_id=new("measure"))
    given(*ORDERED).when(INPS, cut).refused("BAD_VALUE", "not a suspension")
    given(*HELD_UP).when(INPS, replace(LIFTED, cause_event_ref=new("nothing"))).refused("NOT_RECORDED")
    given(*HELD_UP).when(INPS, replace(LIFTED, lifted_on=day(6, 2))).refused("BAD_VALUE", "lifted_on")


def test_a_measure_that_was_notified_is_reviewed_on_request():
    given(*ORDERED, NOTIFIED).when(SOCIAL_WORKER, REVIEW_ASKED).then(REVIEW_ASKED)
    given(*ORDERED, NOTIFIED).when(INPS, REVIEW_ASKED).then(REVIEW_ASKED)
    given(*ORDERED).when(INPS, REVIEW_ASKED).refused("NOT_RECORDED", "notifica")
    given(*ASKED).when(INPS, REVIEW_ASKED).refused("NOT_RECORDED", "no such measure")
    strangers = replace(REVIEW_ASKED, member_id=STRANGER)
    given(*ORDERED, NOTIFIED).when(INPS, strangers).refused("UNKNOWN_MEMBER")


def test_each_member_asks_for_her_own_review_though_on_one_day_and_of_one_measure():
    his = replace(REVIEW_ASKED, member_id=HUSBAND.member_id)
    given(*ORDERED, NOTIFIED, REVIEW_ASKED).when(SOCIAL_WORKER, his).then(his)
    given(*ORDERED, NOTIFIED, REVIEW_ASKED, his).when(INPS, REVIEW_ASKED).nothing()


def test_a_request_of_review_whose_member_was_corrected_once_is_still_voided():
    told = (*ORDERED, NOTIFIED, REVIEW_ASKED, correction(REVIEW_ASKED, member_id=str(HUSBAND.member_id)))
    given(*told).when(SOCIAL_WORKER, voided(REVIEW_ASKED)).tells(voids=True)
    given(*told, voided(REVIEW_ASKED)).when(SOCIAL_WORKER, REVIEW_ASKED).then(REVIEW_ASKED)


@pytest.mark.parametrize("authority", ["INPS", "COURT"])
def test_a_measure_is_annulled_by_its_authority_or_by_a_court(authority):
    by = replace(ANNULLED, authority=authority)
    given(*ORDERED).when(INPS, by).then(by)


def test_nobody_else_annuls_a_measure():
    given(*ORDERED).when(INPS, replace(ANNULLED, authority="CPI")).refused("BAD_VALUE", "authority")
    given(*ORDERED, CPI_ASSIGNED).when(CPI, ANNULLED).refused("ROLE_NOT_ALLOWED", "authority")
    given(*ASKED).when(INPS, ANNULLED).refused("NOT_RECORDED", "no such measure")
    given(*ORDERED).when(INPS, replace(ANNULLED, annulled_on=day(6, 2))).refused("BAD_VALUE", "annulled_on")


def test_the_employment_centre_annuls_its_own():
    theirs = said(CPI, decurtazione(infraction_refs=(), authority="CPI"))
    told = (*of("NASPI", *AT_THE_CPI), theirs)
    own = replace(ANNULLED, authority="CPI")
    given(*told).when(CPI, own).then(own)
    given(*told).when(INPS, own).refused("ROLE_NOT_ALLOWED", "authority")


@pytest.mark.parametrize(
    ("measure", "finding"),
    [
        (sospensione(), "NO_LEGAL_BASIS"),
        (revoca(), "NO_LEGAL_BASIS"),
        (sospensione(infraction_refs=()), "NONE"),
        (revoca(infraction_refs=()), "NONE"),
    ],
    ids=["suspended for a commitment", "revoked for a commitment", "suspended", "revoked"],
)
def test_every_measure_is_recorded_with_what_the_rules_find(measure, finding):
    given(*ASKED).when(INPS, measure).tells(finding=finding)


def test_a_measure_on_what_its_rule_set_does_not_know_is_recorded():
    told = of("RDC", *ASKED)
    given(*told).when(INPS, decurtazione()).tells(
        finding="NO_LEGAL_BASIS",
        inputs={"rests_on": "UNKNOWN_INFRACTION", "infraction": "PAIS_COMMITMENT_CONTACTS"},
    )
