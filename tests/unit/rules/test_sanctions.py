"""Sanctions: what may be proposed and what is found on a measure."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.refused import Refused
from domain.rules.facts import Commitment, Convocation, Facts, Offer, Patto, Term
from domain.rules.ladder import Earlier, Measure, infraction, prior_occurrences
from domain.rules.rule_set import SANCTION_RULE_SETS, load
from domain.rules.sanctions import FINDINGS, applicable, finding, propose

ADI, PROTOCOL = load("ADI-2023"), load("PROTOCOLLO-ADI")
FACT = date(2026, 4, 20)


def facts(**given):
    return replace(Facts(benefit="ADI", fact_date=FACT, member="obliged", reason="none"), **given)


def convoked(delivered_on=date(2026, 4, 10), attended=False):
    return Convocation(appointment_on=FACT, attended=attended, delivered_on=delivered_on)


def commitment(area="CONTACTS", **given):
    given = {"in_patto_on_fact_date": True, "missed": True} | given
    return facts(patto=Patto("PAIS", in_force=True), commitment=Commitment(area, **given))


def refusal(rules, code, about, **more):
    with pytest.raises(Refused) as refused:
        propose(rules, code, about, **more)
    return refused.value.rule


def test_the_notice_of_a_convocation_is_a_setting():
    same_day = facts(convocation=convoked(delivered_on=FACT))
    assert refusal(ADI, "CONVOCATION_MISSED", same_day) == "NO_PROOF_OF_CONVOCATION"
    found = propose(ADI.with_setting("min_notice_days", 0), "CONVOCATION_MISSED", same_day)
    assert found.measure is Measure.DECADENZA


def test_a_proposal_tells_the_effect_of_its_measure_and_what_goes_with_it():
    lapsed = Term(starts_on=date(2025, 12, 1), days=120, as_of=FACT)
    suspended = propose(ADI, "FIRST_APPOINTMENT_NOT_HELD_NO_CONVOCATION", facts(term=lapsed))
    assert suspended.effect.startswith("from the month after the term") and suspended.also == ""
    naspi = replace(facts(convocation=convoked()), benefit="NASPI")
    lost = propose(load("PSP-150-2015"), "CONVOCATION_MISSED", naspi, prior_occurrences=2)
    assert (lost.effect, lost.also) == ("", "decadenza dallo stato di disoccupazione")
    cut = propose(load("PSP-150-2015"), "CONVOCATION_MISSED", naspi)
    assert (cut.effect, cut.also) == ("", "")


def test_a_measure_hits_whom_its_act_says_and_nothing_hits_nobody():
    assert propose(ADI, "CONVOCATION_MISSED", facts(convocation=convoked())).scope == "household"
    naspi = replace(facts(convocation=convoked()), benefit="NASPI")
    assert propose(load("PSP-150-2015"), "CONVOCATION_MISSED", naspi).scope == "member"
    came = facts(convocation=convoked(attended=True))
    assert propose(ADI, "CONVOCATION_MISSED", came).scope is None


def test_whether_a_reason_excludes_an_open_infraction_is_a_setting():
    excused = replace(commitment(), reason="accepted")
    assert propose(ADI, "PAIS_COMMITMENT_BREACH", excused).measure is Measure.NONE
    strict = ADI.with_setting("open_reason", "DOES_NOT_EXCLUDE")
    assert propose(strict, "PAIS_COMMITMENT_BREACH", excused).measure is Measure.DECADENZA


@pytest.mark.parametrize(
    ("benefit", "day", "protocol", "setting", "expected"),
    [
        ("ADI", FACT, (date(2026, 4, 20), None), "PROTOCOLLO-ADI", "PROTOCOLLO-ADI"),
        ("ADI", FACT, (date(2026, 4, 21), None), "PROTOCOLLO-ADI", "ADI-2023"),
        ("ADI", FACT, (date(2025, 1, 1), date(2026, 4, 20)), "PROTOCOLLO-ADI", "PROTOCOLLO-ADI"),
        ("ADI", FACT, (date(2025, 1, 1), date(2026, 4, 19)), "PROTOCOLLO-ADI", "ADI-2023"),
        ("ADI", FACT, (date(2025, 1, 1), None), "ADI-2023", "ADI-2023"),
        ("ADI", FACT, None, "PROTOCOLLO-ADI", "ADI-2023"),
        ("ADI", date(2023, 12, 31), (date(2023, 1, 1), None), "PROTOCOLLO-ADI", "ADI-2023"),
        ("RDC", FACT, (date(2025, 1, 1), None), "PROTOCOLLO-ADI", "RDC-2019"),
        ("REI", date(2018, 6, 1), None, "PROTOCOLLO-ADI", "REI-2017"),
        ("NASPI", FACT, None, "PROTOCOLLO-ADI", "PSP-150-2015"),
    ],
)
def test_the_rule_set_follows_benefit_and_day_of_the_fact(benefit, day, protocol, setting, expected):
    assert applicable(benefit, day, protocol, setting).id == expected


def test_a_household_without_a_benefit_has_no_sanctions():
    with pytest.raises(Refused) as refused:
        applicable("NONE", FACT, None)
    assert refused.value.rule == "NO_LEGAL_BASIS"


@pytest.mark.parametrize(
    ("name", "benefit", "day"),
    [
        ("ADI-2023", "ADI", date(2023, 12, 31)),
        ("RDC-2019", "RDC", date(2024, 1, 1)),
        ("ADI-2023", "RDC", FACT),
    ],
)
def test_a_fact_outside_the_rule_set_is_refused(name, benefit, day):
    about = replace(facts(convocation=convoked()), benefit=benefit, fact_date=day)
    assert refusal(load(name), "CONVOCATION_MISSED", about) == "FACT_OUTSIDE_RULE_SET"


@pytest.mark.parametrize("standing", ["excluded", "voluntary"])
def test_who_is_not_obliged_breaches_no_commitment(standing):
    about = replace(commitment(), member=standing)
    assert refusal(ADI, "PAIS_COMMITMENT_BREACH", about) == "NOT_OBLIGED"


def test_a_commitment_is_nobodys_duty_as_a_household():
    assert refusal(ADI, "PAIS_COMMITMENT_BREACH", replace(commitment(), member="household")) == "NOT_OBLIGED"


@pytest.mark.parametrize(
    "about",
    [
        commitment(in_patto_on_fact_date=False),
        replace(commitment(), patto=Patto("PAIS", in_force=False)),
        replace(commitment(), patto=Patto("PSP", in_force=True)),
        replace(commitment(), patto=None),
        facts(),
    ],
)
def test_a_commitment_outside_the_patto_in_force_is_refused(about):
    assert refusal(ADI, "PAIS_COMMITMENT_BREACH", about) == "NOT_IN_PATTO"


def test_nothing_follows_from_what_did_not_happen_even_before_the_reason_is_asked():
    attended = facts(convocation=convoked(attended=True), reason="not_asked")
    assert propose(ADI, "CONVOCATION_MISSED", attended).measure is Measure.NONE
    kept = replace(commitment(missed=False), reason="not_asked")
    assert propose(ADI, "PAIS_COMMITMENT_BREACH", kept).measure is Measure.NONE


@pytest.mark.parametrize(("prior", "cut"), [(0, Fraction(1, 4)), (1, Fraction(1)), (2, None), (7, None)])
def test_the_protocol_climbs_its_rungs_and_stays_on_the_last(prior, cut):
    found = propose(PROTOCOL, "PAIS_COMMITMENT_BREACH", commitment(), prior)
    assert found.months_fraction == cut
    assert found.occurrence == prior + 1
    assert found.measure is (Measure.DECURTAZIONE if cut else Measure.DECADENZA)


def test_a_breach_of_schooling_conflicts_with_two_norms_of_the_statute():
    found = propose(PROTOCOL, "PAIS_COMMITMENT_BREACH", commitment("SCHOOLING"))
    assert [conflict.rule_set for conflict in found.conflicts_with] == ["ADI-2023", "ADI-2023"]
    assert "art. 2 c. 3-bis" in found.conflicts_with[1].because


@pytest.mark.parametrize("requested", [Measure.DECURTAZIONE, Measure.SOSPENSIONE])
def test_the_statute_refuses_any_other_measure_than_its_own(requested):
    assert refusal(ADI, "PAIS_COMMITMENT_BREACH", commitment(), requested=requested) == "NO_LEGAL_BASIS"


def test_a_later_rung_cannot_be_asked_for_early():
    about = commitment()
    assert refusal(PROTOCOL, "PAIS_COMMITMENT_BREACH", about, requested=Measure.DECADENZA) == "NO_LEGAL_BASIS"


def first_appointment(**term):
    values = {"starts_on": date(2026, 3, 2), "days": 120, "as_of": date(2026, 7, 1)} | term
    return facts(member="household", term=Term(**values))


@pytest.mark.parametrize(
    ("term", "measure"),
    [
        ({"as_of": date(2026, 6, 30)}, Measure.NONE),
        ({"as_of": date(2026, 7, 1)}, Measure.SOSPENSIONE),
        ({"met_on": date(2026, 6, 30)}, Measure.NONE),
        ({"met_on": date(2026, 7, 1)}, Measure.SOSPENSIONE),
        ({"convocation_sent": True}, Measure.NONE),
        ({"exempt": True}, Measure.NONE),
    ],
)
def test_a_first_appointment_not_held_in_term_suspends_a_household_that_nobody_convoked(term, measure):
    found = propose(ADI, "FIRST_APPOINTMENT_NOT_HELD_NO_CONVOCATION", first_appointment(**term))
    assert found.measure is measure
    assert found.deadline == date(2026, 6, 30)
    assert found.suspended_from_month == ("2026-07" if measure is Measure.SOSPENSIONE else None)


OFFER = Offer("permanent", 60, wage_ok=True, refused=True, distance_km=600, public_transport_min=240)


@pytest.mark.parametrize(
    ("changes", "valid"),
    [
        ({}, True),
        ({"fte_pct": 59}, False),
        ({"wage_ok": False}, False),
        ({"refused": False}, False),
        ({"child_under_14": True}, False),
        ({"child_under_14": True, "distance_km": 80}, True),
        ({"child_under_14": True, "public_transport_min": 120}, True),
        ({"contract": "fixed_term"}, False),
        ({"contract": "agency", "distance_km": 80}, True),
        ({"contract": "agency", "distance_km": 81, "public_transport_min": 121}, False),
        ({"contract": "fixed_term", "distance_km": None, "public_transport_min": None}, False),
    ],
)
def test_only_the_refusal_of_a_valid_offer_counts(changes, valid):
    found = propose(ADI, "JOB_OFFER_REFUSED", facts(offer=replace(OFFER, **changes)))
    assert found.measure is (Measure.DECADENZA if valid else Measure.NONE)


@pytest.mark.parametrize(
    ("age", "done", "measure"),
    [
        (17, False, "NONE"),
        (18, False, "DECADENZA"),
        (29, False, "DECADENZA"),
        (30, False, "NONE"),
        (22, True, "NONE"),
    ],
)
def test_adult_education_binds_from_18_to_29_without_compulsory_schooling(age, done, measure):
    about = replace(commitment("TRAINING"), age=age, compulsory_education_done=done)
    assert propose(ADI, "ADULT_EDUCATION_18_29_MISSED", about).measure == measure


def test_a_final_conviction_stops_a_new_application_for_ten_years():
    found = propose(ADI, "FINAL_CONVICTION", facts(member="excluded"))
    assert (found.measure, found.reapply_after_months) == (Measure.DECADENZA, 120)


def test_rdc_commitments_of_another_area_are_not_that_infraction():
    about = replace(commitment("CONTACTS"), benefit="RDC", fact_date=date(2023, 10, 5))
    found = propose(load("RDC-2019"), "SCHOOL_OR_HEALTH_COMMITMENT_BREACH", about)
    assert found.measure is Measure.NONE


def test_earlier_breaches_count_per_area_and_from_the_day_after_their_notification():
    norm = infraction(PROTOCOL, "PAIS_COMMITMENT_BREACH")
    breach = Earlier(norm.code, PROTOCOL.id, date(2026, 1, 5), "CONTACTS")
    earlier = [
        replace(breach, measure_notified_on=date(2026, 4, 19)),
        replace(breach, measure_notified_on=FACT),
        breach,
        replace(breach, area="PUC", measure_notified_on=date(2026, 2, 1)),
        replace(breach, infraction="CONVOCATION_MISSED", measure_notified_on=date(2026, 2, 1)),
        replace(breach, rule_set=ADI.id, measure_notified_on=date(2026, 2, 1)),
    ]
    assert prior_occurrences(PROTOCOL, norm, earlier, FACT, "CONTACTS") == 1
    other = PROTOCOL.with_setting("counts_from", "ASCERTAINED")
    assert prior_occurrences(other, infraction(other, norm.code), earlier, FACT, "CONTACTS") == 3


def test_rdc_commitments_count_by_formal_reminders():
    rdc = load("RDC-2019")
    norm = infraction(rdc, "SCHOOL_OR_HEALTH_COMMITMENT_BREACH")
    reminded = Earlier(norm.code, rdc.id, date(2023, 3, 1), "HEALTH", reminded_on=date(2023, 3, 9))
    earlier = [reminded, reminded, replace(reminded, reminded_on=None)]
    assert prior_occurrences(rdc, norm, earlier, date(2023, 10, 5), "HEALTH") == 2


def test_what_cannot_be_proved_of_one_ground_does_not_take_another_away():
    unproved = facts(convocation=convoked(delivered_on=None), commitment=commitment().commitment)
    about = replace(unproved, benefit="NASPI")
    assert propose(load("PSP-150-2015"), "ORIENTATION_MISSED", about).measure is Measure.DECURTAZIONE
    alone = replace(about, commitment=None)
    assert refusal(load("PSP-150-2015"), "ORIENTATION_MISSED", alone) == "NO_PROOF_OF_CONVOCATION"


@pytest.mark.parametrize(
    ("rules", "ordered", "cut", "about", "expected"),
    [
        (ADI, Measure.DECADENZA, None, commitment(), "NONE"),
        (ADI, Measure.DECURTAZIONE, Fraction(1, 4), commitment(), "NO_LEGAL_BASIS"),
        (PROTOCOL, Measure.DECURTAZIONE, Fraction(1, 4), commitment(), "NONE"),
        (PROTOCOL, Measure.DECURTAZIONE, Fraction(1, 2), commitment(), "NO_LEGAL_BASIS"),
        (PROTOCOL, Measure.DECADENZA, None, commitment(), "NO_LEGAL_BASIS"),
        (ADI, Measure.DECADENZA, None, replace(commitment(), reason="accepted"), "NO_LEGAL_BASIS"),
        (ADI, Measure.DECADENZA, None, replace(commitment(), reason="not_asked"), "REASON_NOT_ASKED"),
        (ADI, Measure.DECADENZA, None, replace(commitment(), member="voluntary"), "NOT_OBLIGED"),
        (ADI, Measure.DECADENZA, None, commitment(in_patto_on_fact_date=False), "NOT_IN_PATTO"),
        (
            ADI,
            Measure.DECADENZA,
            None,
            replace(commitment(), fact_date=date(2023, 1, 1)),
            "FACT_OUTSIDE_RULE_SET",
        ),
    ],
)
def test_a_measure_of_its_authority_is_recorded_with_the_finding(rules, ordered, cut, about, expected):
    assert finding(rules, ordered, cut, code="PAIS_COMMITMENT_BREACH", facts=about) == expected


def test_a_decadenza_without_proof_of_convocation_is_found_out():
    about = facts(convocation=convoked(delivered_on=None))
    found = finding(ADI, Measure.DECADENZA, code="CONVOCATION_MISSED", facts=about)
    assert found == "NO_PROOF_OF_CONVOCATION"


@pytest.mark.parametrize(
    ("rules", "measure", "expected"),
    [
        (ADI, Measure.DECURTAZIONE, "NO_LEGAL_BASIS"),
        (ADI, Measure.REVOCA, "NONE"),
        (PROTOCOL, Measure.DECURTAZIONE, "NONE"),
        (load("REI-2017"), Measure.REVOCA, "NO_LEGAL_BASIS"),
    ],
)
def test_without_its_facts_a_measure_is_held_against_the_ladders_alone(rules, measure, expected):
    assert finding(rules, measure) == expected


ANY_FACTS = st.builds(
    Facts,
    benefit=st.sampled_from(["ADI", "RDC", "REI", "NASPI", "NONE"]),
    fact_date=st.dates(date(2017, 1, 1), date(2028, 1, 1)),
    member=st.sampled_from(["obliged", "excluded", "voluntary", "household"]),
    reason=st.sampled_from(["none", "not_asked", "accepted", "rejected"]),
    convocation=st.none()
    | st.builds(convoked, st.none() | st.dates(FACT.replace(day=1), FACT), st.booleans()),
    patto=st.none() | st.builds(Patto, st.sampled_from(["PAIS", "PSP"]), st.booleans(), st.booleans()),
    commitment=st.none()
    | st.builds(Commitment, st.sampled_from(["CONTACTS", "PUC", "HEALTH"]), st.booleans(), st.booleans()),
    offer=st.none() | st.just(OFFER),
    age=st.none() | st.integers(16, 70),
)
CODES = sorted({code for name in SANCTION_RULE_SETS for code in load(name).data["infractions"]} | {"NO_SUCH"})
RULE_SETS = st.sampled_from(SANCTION_RULE_SETS).map(load)
MEASURES = st.sampled_from([m for m in Measure if m is not Measure.NONE])


@given(
    rules=RULE_SETS, code=st.sampled_from(CODES), about=ANY_FACTS, prior=st.integers(0, 4), ordered=MEASURES
)
def test_a_measure_is_never_refused_and_agrees_with_the_proposal(rules, code, about, prior, ordered):
    found = finding(rules, ordered, code=code, facts=about, prior_occurrences=prior)
    assert found in FINDINGS
    try:
        proposed = propose(rules, code, about, prior).measure
    except Refused:
        proposed = None
    assert (found == "NONE") == (proposed is ordered)


@pytest.mark.parametrize(
    ("given", "measure"),
    [
        ({"convocation": convoked(date(2026, 4, 10))}, "DECURTAZIONE"),
        ({"convocation": convoked(attended=True)}, "NONE"),
        ({"commitment": Commitment("TRAINING", in_patto_on_fact_date=True, missed=True)}, "DECURTAZIONE"),
        ({"commitment": Commitment("TRAINING", in_patto_on_fact_date=True, missed=False)}, "NONE"),
    ],
)
def test_orientation_is_missed_by_convocation_or_by_commitment(given, measure):
    about = replace(facts(**given), benefit="NASPI")
    assert propose(load("PSP-150-2015"), "ORIENTATION_MISSED", about).measure == measure


@pytest.mark.parametrize("patto", [None, Patto("PAIS", in_force=True), Patto("PSP", in_force=False)])
def test_nothing_follows_from_a_patto_that_nobody_refused(patto):
    assert propose(ADI, "PATTO_NOT_SIGNED", facts(patto=patto)).measure is Measure.NONE


def test_a_missed_convocation_has_no_conflict_and_no_term():
    about = facts(convocation=convoked(), term=first_appointment().term)
    found = propose(PROTOCOL, "CONVOCATION_MISSED", about)
    assert (found.conflicts_with, found.deadline) == ((), None)


def test_a_missed_update_suspends_from_a_month_that_no_source_gives():
    found = propose(ADI, "UPDATE_90D_MISSED", first_appointment(days=90))
    assert (found.measure, found.suspended_from_month) == (Measure.SOSPENSIONE, None)


@pytest.mark.parametrize("day", [date(2019, 1, 29), date(2023, 12, 31)])
def test_a_rule_set_governs_its_first_and_its_last_day(day):
    about = replace(
        facts(convocation=Convocation(day, False, date(2019, 1, 1))), benefit="RDC", fact_date=day
    )
    assert propose(load("RDC-2019"), "CONVOCATION_MISSED", about).measure is Measure.DECURTAZIONE


def test_the_ladder_of_one_infraction_is_asked_where_its_facts_are_missing():
    assert finding(ADI, Measure.SOSPENSIONE, code="CONVOCATION_MISSED") == "NO_LEGAL_BASIS"
    assert finding(ADI, Measure.SOSPENSIONE, code="UPDATE_90D_MISSED") == "NONE"
