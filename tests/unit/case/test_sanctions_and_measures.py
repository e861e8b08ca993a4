"""What is proposed and reported, and what an authority ordered."""

from dataclasses import replace
from datetime import date

import pytest

from domain.case import events as e
from domain.case.commands import Law
from domain.case.parts import Conflict
from tests.telling import CLOCK, CPI, INPS, SOCIAL_WORKER, given, id_of, said
from tests.unit.case.world import (
    ABSENT,
    ASKED,
    CONTACTS,
    CONVOKED,
    CPI_ASSIGNED,
    DELIVERED,
    DRAFTED,
    EVALUATED,
    GRANTED,
    HELD,
    HOUSEHOLD,
    HUSBAND,
    ILL,
    MISSED,
    MISSED_THE_MEETING,
    MOTHER,
    NOTIFIED,
    OBLIGED,
    PAD,
    PATTO,
    REFERRED,
    RENEWED,
    REPORT,
    SCHOOLING,
    SIGNED,
    SUSPENDED,
    asked,
    condition,
    day,
    decadenza,
    decided,
    decurtazione,
    evaluated,
    inps_report,
    new,
    proposal,
    submitted,
    voided,
)

STATUTE_ALONE = Law(protocol_from=date(2025, 1, 1), setting="ADI-2023")
NO_PROTOCOL = Law()
LOST = (*MISSED_THE_MEETING, asked(ABSENT))


# --- the proposal ----------------------------------------------------------------------------------------


def test_under_the_protocol_a_missed_commitment_leads_to_a_proposal_of_decurtazione():
    found = (
        given(*ASKED)
        .when(SOCIAL_WORKER, proposal())
        .tells(
            rule_set_id="PROTOCOLLO-ADI",
            obligation_evaluation_ref=id_of(OBLIGED),
            occurrence=1,
            months_fraction="1/4",
            legal_ref="protocollo d'intesa, premessa «Servizio sociale dei Comuni»",
            case_version=len(ASKED),
            evidence_event_ids=tuple(id_of(fact) for fact in (OBLIGED, DRAFTED, PATTO, MISSED, asked())),
        )
    )
    assert found.inputs == {
        "benefit": "ADI",
        "fact_date": "2025-04-15",
        "member": "obliged",
        "reason": "none",
        "age": 37,
        "infraction": "PAIS_COMMITMENT_BREACH",
        "occurrence": 1,
        "convocation": None,
        "term": None,
        "offer": None,
        "patto": {"kind": "PAIS", "in_force": True, "refused": False},
        "commitment": {"area": "CONTACTS", "in_patto_on_fact_date": True, "missed": True},
    }
    assert found.trace == [
        ["benefits", True],
        ["infractions.PAIS_COMMITMENT_BREACH.rungs", True],
        ["infractions.PAIS_COMMITMENT_BREACH.bound", True],
        ["infractions.PAIS_COMMITMENT_BREACH.rests_on.commitment", True],
        ["infractions.PAIS_COMMITMENT_BREACH.justified_reason", "none"],
        ["infractions.PAIS_COMMITMENT_BREACH.rungs[0]", "DECURTAZIONE 1/4"],
    ]


def test_a_proposal_of_decurtazione_shows_the_statute_that_says_otherwise():
    found = given(*ASKED).when(SOCIAL_WORKER, proposal()).tells(rule_set_id="PROTOCOLLO-ADI")
    assert [conflict.rule_set for conflict in found.conflicts_with] == ["ADI-2023"]
    assert "decadenza and no decurtazione" in found.conflicts_with[0].because


def test_on_schooling_the_statute_says_otherwise_twice():
    school = replace(MISSED, commitment_id=SCHOOLING.id, area="SCHOOLING")
    told = (*SIGNED, school, asked(school))
    found = given(*told).when(SOCIAL_WORKER, proposal(school)).tells(months_fraction="1/4")
    assert len(found.conflicts_with) == 2


@pytest.mark.parametrize("law", [STATUTE_ALONE, NO_PROTOCOL], ids=["the statute alone", "no protocol"])
def test_the_statute_has_no_decurtazione(law):
    given(*ASKED).under(law).when(SOCIAL_WORKER, proposal()).refused("NO_LEGAL_BASIS", "DECURTAZIONE")
    given(*ASKED).under(law).when(SOCIAL_WORKER, proposal(measure="DECADENZA")).tells(
        rule_set_id="ADI-2023", occurrence=1, months_fraction=None, conflicts_with=()
    )


@pytest.mark.parametrize(
    ("protocol", "rule_set"),
    [
        (Law(protocol_from=MISSED.missed_on), "PROTOCOLLO-ADI"),
        (Law(protocol_from=day(4, 16)), "ADI-2023"),
        (Law(protocol_from=day(1, 1), protocol_until=day(4, 16)), "PROTOCOLLO-ADI"),
        (Law(protocol_from=day(1, 1), protocol_until=MISSED.missed_on), "ADI-2023"),
    ],
    ids=["since that day", "since the next", "until the next", "until that day"],
)
def test_the_protocol_counts_where_it_is_in_force_on_the_day_of_the_fact(protocol, rule_set):
    measure = "DECURTAZIONE" if rule_set == "PROTOCOLLO-ADI" else "DECADENZA"
    given(*ASKED).under(protocol).when(SOCIAL_WORKER, proposal(measure=measure)).tells(rule_set_id=rule_set)


@pytest.mark.parametrize("measure", ["DECADENZA", "SOSPENSIONE", "REVOCA", "RICHIAMO_FORMALE"])
def test_only_the_measure_that_the_rules_give_is_proposed(measure):
    given(*ASKED).when(SOCIAL_WORKER, proposal(measure=measure)).refused("NO_LEGAL_BASIS")


def test_a_missed_convocation_leads_to_a_proposal_of_decadenza():
    found = (
        given(*LOST)
        .when(SOCIAL_WORKER, proposal(ABSENT, "DECADENZA"))
        .tells(
            rule_set_id="PROTOCOLLO-ADI",
            months_fraction=None,
            evidence_event_ids=tuple(id_of(f) for f in (OBLIGED, CONVOKED, DELIVERED, ABSENT, asked(ABSENT))),
        )
    )
    assert found.inputs["member"] == "household"
    assert found.inputs["convocation"]["delivered_on"] == "2025-01-28"


def test_the_first_appointment_binds_the_household_whoever_is_obliged():
    excluded = evaluated(MOTHER, "excluded", on=day(2, 1))
    given(*LOST, excluded).when(SOCIAL_WORKER, proposal(ABSENT, "DECADENZA")).tells(occurrence=1)


def test_another_convocation_binds_who_is_obliged():
    convoked = replace(CONVOKED, purpose="PATTO")
    told = tuple(convoked if fact is CONVOKED else fact for fact in LOST)
    excluded = evaluated(MOTHER, "excluded", on=day(2, 1))
    given(*told).when(SOCIAL_WORKER, proposal(ABSENT, "DECADENZA")).tells(occurrence=1)
    given(*told, excluded).when(SOCIAL_WORKER, proposal(ABSENT, "DECADENZA")).refused("NOT_OBLIGED")


def test_a_proposal_rests_on_an_infraction_on_record():
    given(*ASKED).when(SOCIAL_WORKER, replace(proposal(), infraction_refs=())).refused("NOT_RECORDED")
    given(*SIGNED).when(SOCIAL_WORKER, proposal()).refused("NOT_RECORDED", "no such infraction")


def test_a_report_alone_is_proposed_for_nothing():
    told = (*SIGNED, REPORT, asked(REPORT))
    given(*told).when(SOCIAL_WORKER, proposal(REPORT)).refused("OUT_OF_ORDER", "before it is ascertained")


def test_nothing_is_proposed_before_the_reason_is_asked():
    given(*SIGNED, MISSED).when(SOCIAL_WORKER, proposal()).refused("REASON_NOT_ASKED")


def test_a_reason_that_is_not_accepted_does_not_stop_a_proposal():
    told = (*ASKED, submitted(), decided(accepted=False))
    found = given(*told).when(SOCIAL_WORKER, proposal()).tells(months_fraction="1/4")
    assert found.inputs["reason"] == "rejected"


def test_a_reason_that_was_given_is_decided_before_a_measure_is_proposed():
    told = (*ASKED, submitted())
    given(*told).when(SOCIAL_WORKER, proposal()).refused("OUT_OF_ORDER", "a reason was given")
    given(*told, decided(accepted=False)).when(SOCIAL_WORKER, proposal()).tells(occurrence=1)


def test_an_accepted_reason_stops_a_proposal():
    told = (*ASKED, submitted(), decided(accepted=True))
    given(*told).when(SOCIAL_WORKER, proposal()).refused("NO_LEGAL_BASIS", "gives NONE")


def test_nothing_is_proposed_where_the_obligations_were_not_evaluated_for_that_day():
    never = tuple(fact for fact in LOST if fact is not OBLIGED)
    given(*never).when(SOCIAL_WORKER, proposal(ABSENT, "DECADENZA")).refused("NOT_RECORDED", "evaluated")


def test_nothing_is_proposed_where_the_recapito_no_longer_proves_anything():
    told = tuple(fact for fact in LOST if fact is not DELIVERED)
    given(*told).when(SOCIAL_WORKER, proposal(ABSENT, "DECADENZA")).refused("NO_PROOF_OF_CONVOCATION")


def test_nothing_is_proposed_for_who_came_after_all():
    given(*LOST, HELD).when(SOCIAL_WORKER, proposal(ABSENT, "DECADENZA")).refused("NO_LEGAL_BASIS")


def test_a_fact_outside_the_days_of_its_rule_set_is_proposed_for_nothing():
    rdc = replace(REFERRED, benefit="RDC")
    told = tuple(rdc if fact is REFERRED else fact for fact in LOST)
    given(*told).when(SOCIAL_WORKER, proposal(ABSENT, "DECADENZA")).refused("FACT_OUTSIDE_RULE_SET")


def test_infractions_under_different_rule_sets_are_proposed_apart():
    may = replace(MISSED, missed_on=day(5, 20), ascertained_on=day(5, 21))
    both = replace(proposal(), infraction_refs=(id_of(MISSED), id_of(may)))
    told = given(*ASKED, may, asked(may))
    until_may = Law(protocol_from=day(1, 1), protocol_until=day(5, 1))
    told.under(until_may).when(SOCIAL_WORKER, both).refused("FACT_OUTSIDE_RULE_SET", "different")
    told.when(SOCIAL_WORKER, both).tells(occurrence=1)


def test_a_benefit_without_sanctions_leads_to_no_proposal():
    followed = replace(REFERRED, benefit="NONE")
    told = tuple(followed if fact is REFERRED else fact for fact in ASKED)
    given(*told).when(SOCIAL_WORKER, proposal()).refused("NO_LEGAL_BASIS", "no rule set")


def test_a_proposal_cannot_be_said_otherwise():
    made = given(*ASKED).when(SOCIAL_WORKER, proposal()).tells(occurrence=1)
    given(*ASKED, made).when(SOCIAL_WORKER, proposal()).nothing()
    other = replace(proposal(), proposed_measure="DECADENZA")
    given(*ASKED, made).when(SOCIAL_WORKER, other).refused("ALREADY_RECORDED")


# --- occurrences -----------------------------------------------------------------------------------------

AGAIN = replace(MISSED, missed_on=day(7, 8), ascertained_on=day(7, 9))
ONCE = (*ASKED, decurtazione(), NOTIFIED)


def test_a_second_occurrence_after_the_notifica_costs_a_month():
    told = (*ONCE, AGAIN, asked(AGAIN))
    given(*told).when(SOCIAL_WORKER, proposal(AGAIN)).tells(occurrence=2, months_fraction="1")


def test_a_third_occurrence_ends_the_benefit():
    second = decurtazione(AGAIN, measure_id=new("second"), months_fraction="1", ordered_on=day(8, 1))
    notified = replace(NOTIFIED, measure_id=new("second"), notified_on=day(8, 10))
    third = replace(MISSED, missed_on=day(9, 2), ascertained_on=day(9, 3))
    told = (*ONCE, AGAIN, asked(AGAIN), second, notified, third, asked(third))
    given(*told).when(SOCIAL_WORKER, proposal(third, "DECADENZA")).tells(occurrence=3, months_fraction=None)


def test_what_was_missed_under_an_earlier_grant_does_not_count_in_the_next_one():
    anew = replace(GRANTED, granted_on=day(6, 20), first_month="2025-07")
    told = (*ONCE, GRANTED, anew, AGAIN, asked(AGAIN))
    given(*told).when(SOCIAL_WORKER, proposal(AGAIN)).tells(occurrence=1, months_fraction="1/4")


@pytest.mark.parametrize(
    "granted",
    [
        (GRANTED,),
        (GRANTED, replace(RENEWED, first_month="2025-07")),
        (GRANTED, replace(GRANTED, first_month="2025-08")),
    ],
    ids=["one grant", "renewed in between", "granted anew after the fact"],
)
def test_one_grant_with_its_renewals_is_one_count(granted):
    told = (*ONCE, *granted, AGAIN, asked(AGAIN))
    given(*told).when(SOCIAL_WORKER, proposal(AGAIN)).tells(occurrence=2, months_fraction="1")


@pytest.mark.parametrize(
    "before",
    [(*ASKED, decurtazione()), (*ASKED,), (*ASKED, decurtazione(), replace(NOTIFIED, notified_on=day(7, 8)))],
    ids=["not notified", "no measure", "notified on the day of the fact"],
)
def test_an_earlier_infraction_counts_from_the_day_after_the_notifica(before):
    given(*before, AGAIN, asked(AGAIN)).when(SOCIAL_WORKER, proposal(AGAIN)).tells(occurrence=1)


def test_an_infraction_of_another_member_is_counted_apart():
    his_line = replace(CONTACTS, id=new("his"), obliged_member_id=HUSBAND.member_id)
    both = replace(DRAFTED, commitments=(CONTACTS, his_line))
    told = tuple(both if fact is DRAFTED else fact for fact in ONCE if fact is not ILL)
    his = replace(AGAIN, commitment_id=new("his"), member_id=HUSBAND.member_id)
    obliged = evaluated(HUSBAND, "obliged", on=day(4, 1))
    given(*told, obliged, his, asked(his)).when(SOCIAL_WORKER, proposal(his)).tells(occurrence=1)


def test_nobody_is_proposed_for_a_sanction_on_an_evaluation_that_was_overtaken():
    working = condition("EMPLOYED", valid_from=day(3, 15))
    given(*SIGNED, working, MISSED, asked()).when(SOCIAL_WORKER, proposal()).refused("NOT_OBLIGED")


def test_nobody_is_proposed_for_a_sanction_who_is_no_longer_of_the_household_on_record():
    told = given(*SIGNED, MISSED, asked(), voided(HOUSEHOLD))
    assert MISSED.member_id not in told.case.members
    told.when(SOCIAL_WORKER, proposal()).refused("UNKNOWN_MEMBER")


def test_an_infraction_in_another_area_is_counted_apart():
    school = replace(AGAIN, commitment_id=SCHOOLING.id, area="SCHOOLING")
    given(*ONCE, school, asked(school)).when(SOCIAL_WORKER, proposal(school)).tells(occurrence=1)


# --- the report to INPS ----------------------------------------------------------------------------------


def test_the_report_does_not_wait_for_the_reason():
    pending = inps_report(reason_status="PENDING")
    given(*SIGNED, MISSED).when(SOCIAL_WORKER, pending).then(pending)


def test_a_report_is_of_infractions_that_are_ascertained():
    given(*SIGNED).when(SOCIAL_WORKER, inps_report()).refused("NOT_RECORDED", "no such infraction")
    given(*ASKED).when(SOCIAL_WORKER, inps_report(infraction_refs=())).refused(
        "NOT_RECORDED", "no infraction"
    )
    given(*SIGNED, REPORT).when(SOCIAL_WORKER, inps_report(REPORT)).refused("OUT_OF_ORDER", "ascertained")


def test_a_report_names_a_proposal_on_record():
    named = inps_report(proposal_id=proposal().proposal_id)
    given(*ASKED).when(SOCIAL_WORKER, named).refused("NOT_RECORDED", "no such proposal")
    given(*ASKED, proposal()).when(SOCIAL_WORKER, named).then(named)


def test_a_report_cannot_be_said_otherwise():
    given(*ASKED, inps_report()).when(SOCIAL_WORKER, inps_report()).nothing()
    given(*ASKED, inps_report()).when(SOCIAL_WORKER, inps_report(facts="altro")).refused("ALREADY_RECORDED")


# --- the measure -----------------------------------------------------------------------------------------


def test_a_measure_is_recorded_as_it_was_ordered_with_what_it_rested_on():
    found = (
        given(*ASKED)
        .when(INPS, decurtazione())
        .tells(
            finding="NONE",
            rule_set_id="PROTOCOLLO-ADI",
            months_fraction="1/4",
            conflicts_with=None,
            case_version=len(ASKED),
            evidence_event_ids=tuple(id_of(fact) for fact in (OBLIGED, DRAFTED, PATTO, MISSED, asked())),
        )
    )
    assert found.inputs["occurrence"] == 1


def test_the_conflicts_of_the_proposal_travel_with_the_measure():
    made = given(*ASKED).when(SOCIAL_WORKER, proposal()).tells(occurrence=1)
    ordered = decurtazione(proposal_id=made.proposal_id)
    given(*ASKED, made).when(INPS, ordered).tells(conflicts_with=made.conflicts_with)
    assert made.conflicts_with and isinstance(made.conflicts_with[0], Conflict)


@pytest.mark.parametrize(
    ("told", "measure", "law", "finding"),
    [
        (ASKED, decurtazione(), STATUTE_ALONE, "NO_LEGAL_BASIS"),
        (ASKED, decurtazione(months_fraction="1/2"), None, "NO_LEGAL_BASIS"),
        (ASKED, decadenza(MISSED), None, "NO_LEGAL_BASIS"),
        (ASKED, decadenza(MISSED), STATUTE_ALONE, "NONE"),
        ((*SIGNED, MISSED), decurtazione(), None, "REASON_NOT_ASKED"),
        ((*ASKED, submitted(), decided(accepted=True)), decurtazione(), None, "NO_LEGAL_BASIS"),
        ((*ASKED, evaluated(MOTHER, "excluded", on=day(4, 1))), decurtazione(), None, "NOT_OBLIGED"),
        (tuple(f for f in ASKED if f is not PATTO), decurtazione(), None, "NOT_IN_PATTO"),
        (tuple(f for f in LOST if f is not DELIVERED), decadenza(), None, "NO_PROOF_OF_CONVOCATION"),
        (LOST, decadenza(), None, "NONE"),
    ],
    ids=[
        "a decurtazione under the statute",
        "another cut",
        "a decadenza under the protocol",
        "a decadenza under the statute",
        "reason not asked",
        "reason accepted",
        "not obliged",
        "no patto",
        "no recapito",
        "a decadenza for an absence",
    ],
)
def test_what_the_rules_find_on_a_measure_never_stops_its_recording(told, measure, law, finding):
    case = given(*told)
    (case.under(law) if law else case).when(INPS, measure).tells(finding=finding)


@pytest.mark.parametrize(("law", "finding"), [(None, "NONE"), (STATUTE_ALONE, "NO_LEGAL_BASIS")])
def test_a_measure_that_names_no_infraction_is_judged_by_the_ladders_alone(law, finding):
    unnamed = decurtazione(infraction_refs=())
    case = given(*SIGNED)
    found = (
        (case.under(law) if law else case).when(INPS, unnamed).tells(finding=finding, evidence_event_ids=())
    )
    assert found.inputs == {"rests_on": "LADDERS"}


def test_inps_orders_the_measures_of_the_adi():
    for measure in (decurtazione(authority="CPI"), decadenza(MISSED, authority="CPI")):
        given(*ASKED).when(INPS, measure).refused("ROLE_NOT_ALLOWED", "by the CPI")
        given(*ASKED, CPI_ASSIGNED).when(CPI, measure).refused("ROLE_NOT_ALLOWED", "D.Lgs. 150/2015")
    given(*ASKED, CPI_ASSIGNED).when(CPI, decurtazione()).refused("ROLE_NOT_ALLOWED", "D.Lgs. 150/2015")


def test_the_servizio_sociale_orders_nothing():
    given(*ASKED).when(SOCIAL_WORKER, decurtazione()).refused("ROLE_NOT_ALLOWED", "does not record this")


def test_a_court_measure_is_recorded_by_inps():
    given(*ASKED).when(INPS, decurtazione(authority="COURT")).tells(authority="COURT")


def test_under_the_naspi_the_employment_centre_orders():
    naspi = tuple(replace(f, benefit="NASPI") if f is REFERRED else f for f in SIGNED)
    cut = decurtazione(infraction_refs=(), authority="CPI")
    given(*naspi, CPI_ASSIGNED).when(CPI, cut).tells(rule_set_id="PSP-150-2015", finding="NONE")


def test_a_measure_names_its_act_and_infractions_on_record():
    given(*ASKED).when(INPS, decurtazione(act_ref=" ")).refused("BAD_VALUE", "act_ref")
    given(*SIGNED).when(INPS, decurtazione()).refused("NOT_RECORDED", "never stood in this case")


def test_a_measure_that_cites_what_was_voided_is_recorded_with_the_finding():
    voided = e.EventCorrected(
        corrects_event_id=id_of(MISSED), reason="era presente", new_value={}, voids=True
    )
    given(*ASKED, voided).when(INPS, decurtazione()).tells(finding="NO_LEGAL_BASIS")


def test_a_suspension_may_cite_a_term_that_lapsed_for_the_services():
    lapsed = said(
        CLOCK,
        e.TermLapsed(term_id="D1", due_on=day(5, 7), duty_bearer="SERVIZI", started_by_event_id=id_of(PAD)),
    )
    ordered = SUSPENDED.event if hasattr(SUSPENDED, "event") else SUSPENDED
    cites = replace(ordered, measure_id=new("for the term"), infraction_refs=(id_of(lapsed),), finding=None)
    given(*EVALUATED, PAD, lapsed).when(INPS, cites).tells(finding="NONE")


@pytest.mark.parametrize("cut", ["a quarter", "1/0", ""])
def test_a_cut_is_a_number_of_months(cut):
    given(*ASKED).when(INPS, decurtazione(months_fraction=cut)).refused("BAD_VALUE", "months")


def test_a_measure_cannot_be_said_otherwise():
    told = (*ASKED, decurtazione())
    given(*told).when(INPS, decurtazione()).nothing()
    given(*told).when(INPS, decurtazione(months_fraction="1")).refused("ALREADY_RECORDED")
    given(*told).when(INPS, decadenza(MISSED)).refused("ALREADY_RECORDED")


# --- the notifica ----------------------------------------------------------------------------------------


def test_the_authority_notifies_its_measure():
    given(*ASKED, decurtazione()).when(INPS, NOTIFIED).then(NOTIFIED)
    given(*ASKED, decurtazione(), CPI_ASSIGNED).when(CPI, NOTIFIED).refused("ROLE_NOT_ALLOWED", "authority")


def test_a_measure_of_the_employment_centre_is_notified_by_it():
    naspi = tuple(replace(f, benefit="NASPI") if f is REFERRED else f for f in SIGNED)
    told = (*naspi, CPI_ASSIGNED, said(CPI, decurtazione(infraction_refs=(), authority="CPI")))
    given(*told).when(CPI, NOTIFIED).then(NOTIFIED)
    given(*told).when(INPS, NOTIFIED).refused("ROLE_NOT_ALLOWED", "authority")


def test_only_a_measure_on_record_is_notified():
    given(*ASKED).when(INPS, NOTIFIED).refused("NOT_RECORDED", "no such measure")


def test_a_measure_is_not_notified_before_it_is_ordered():
    given(*ASKED, decurtazione()).when(INPS, replace(NOTIFIED, notified_on=day(6, 2))).refused("BAD_VALUE")
    same_day = replace(NOTIFIED, notified_on=day(6, 3))
    given(*ASKED, decurtazione()).when(INPS, same_day).then(same_day)


def test_a_notifica_cannot_be_said_otherwise():
    given(*ONCE).when(INPS, NOTIFIED).nothing()
    given(*ONCE).when(INPS, replace(NOTIFIED, notified_on=day(6, 20))).refused("ALREADY_RECORDED")


def test_a_measure_on_a_household_without_a_benefit_is_recorded_all_the_same():
    without = replace(REFERRED, benefit="NONE")
    given(without, *ASKED[1:]).when(INPS, decurtazione()).tells(
        finding="NO_LEGAL_BASIS", inputs={"rests_on": "NO_RULE_SET"}, trace=[]
    )
