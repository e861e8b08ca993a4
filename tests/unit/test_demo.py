"""The invented households of the demo: nobody exists, the shares are the published ones."""

import json
from collections import Counter
from datetime import date
from random import Random
from uuid import UUID

import pytest
from stdnum.it import codicefiscale

from api.who import PURPOSES, ROLES
from deploy.demo.households import COMUNI, RECIPIENT_COMUNE, Member, household
from deploy.demo.lives import SELDOM
from deploy.demo.memory import Memory
from deploy.demo.offices import EMPLOYMENT, THIRD_SECTOR, UNITS
from deploy.demo.people import ITALIAN, MIGRANT, person, plain, tax_code
from deploy.demo.protocol import protocol_lines
from deploy.demo.sample import CASES, SAMPLE, text
from deploy.demo.walk import HUSBAND, walk, walk_case
from deploy.lines import Line, case_of
from domain.case.events import (
    CaseReferred,
    CommitmentMissed,
    DecurtazioneOrdered,
    EquipeChanged,
    EquipeFormed,
    HouseholdCompositionRecorded,
    MemberConditionRecorded,
    MemberReferredToSpecialistService,
    PucAssigned,
    SupportActivated,
)
from domain.catalogue import ACTS
from domain.contract import occurred_on
from domain.fact import Recorder, seat
from domain.protocol.events import AgreementSigned

ON = date(2025, 3, 3)
LINES = [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def sample() -> Memory:
    register = Memory()
    for line in LINES:
        register.tell(Line.from_json(line))
    return register


def all_of(register: Memory, kind: type) -> list:
    return [fact.event for facts in register.facts.values() for fact in facts if isinstance(fact.event, kind)]


# --- people ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("surname", "name", "born", "sex", "place", "code"),
    [
        ("Rocca", "Emanuele", date(1983, 11, 18), "M", "D969", "RCCMNL83S18D969H"),
        ("Fo", "Ugo", date(1950, 1, 1), "M", "A000", "FOXGUO50A01A000"),
        ("D'Àmico", "Maria Francesca", date(1987, 5, 14), "F", "A000", "DMCMFR87E54A000"),
        ("Yáñez", "Zoè", date(2010, 3, 21), "F", "Z000", "YNZZOE10C61Z000"),
    ],
)
def test_a_codice_fiscale_is_computed_from_the_person(surname, name, born, sex, place, code):
    found = tax_code(surname, name, born, sex, place)
    assert found.startswith(code)
    assert codicefiscale.validate(found) == found


def test_a_codice_fiscale_says_who_the_person_is_and_that_she_was_born_nowhere():
    rng = Random(1)
    for origin in (ITALIAN, *MIGRANT) * 60:
        who = person(rng, origin, rng.randrange(0, 90), ON)
        code = codicefiscale.validate(who.tax_code)
        assert codicefiscale.get_gender(code) == who.sex
        assert codicefiscale.get_birth_date(code, minyear=1926) == who.born
        assert code[11:15] in ("A000", "Z000"), "a code that the Agenzia delle Entrate could have given"


def test_names_have_accents_and_are_written_without_them_where_they_must_be():
    names = [
        name for origin in (ITALIAN, *MIGRANT) for name in (*origin.surnames, *origin.women, *origin.men)
    ]
    assert sum(not name.isascii() for name in names) > 40
    assert all(plain(name).isascii() and len(plain(name)) >= 3 for name in names)
    assert all(len(plain(name)) == sum(letter.isalpha() for letter in name) for name in names), (
        "a letter is lost"
    )


def test_an_age_is_reached_on_the_day_it_is_asked_for():
    rng = Random(2)
    for age in range(90):
        who = person(rng, ITALIAN, age, ON)
        assert Member(UUID(int=0), who, "RICHIEDENTE").age(ON) == age


# --- households ------------------------------------------------------------------------------------------


def test_sizes_and_shares_are_those_that_inps_publishes():
    rng = Random(3)
    drawn = [household(rng, ON) for _ in range(4000)]

    def share(holds) -> float:
        return sum(map(holds, drawn)) / len(drawn)

    assert sum(len(found.members) for found in drawn) / len(drawn) == pytest.approx(2.4, abs=0.1)
    assert share(lambda found: bool(found.minors)) == pytest.approx(251 / 666, abs=0.03)
    assert share(lambda found: found.has("DISABILITY_L68")) == pytest.approx(261 / 666, abs=0.03)
    assert share(lambda found: found.with_care_load) == pytest.approx(236 / 666, abs=0.04)
    assert {found.comune for found in drawn} == set(COMUNI)


def test_a_household_has_one_applicant_who_is_an_adult_and_comes_first():
    rng = Random(4)
    for _ in range(500):
        found = household(rng, ON)
        relationships = [member.relationship for member in found.members]
        assert relationships.count("RICHIEDENTE") == 1 and relationships[0] == "RICHIEDENTE"
        assert found.applicant.age(ON) >= 18
        assert set(relationships) <= {"RICHIEDENTE", "CONIUGE", "CONVIVENTE", "FIGLIO", "GENITORE"}
        assert all(m.email.endswith("@example.org") for m in found.adults)


# --- the sample ------------------------------------------------------------------------------------------


def test_the_sample_is_written_the_same_again():
    assert text().encode() == SAMPLE.read_bytes(), "`python -m deploy.demo.sample` writes it; commit it"


def test_the_sample_is_small_enough_to_commit():
    assert SAMPLE.stat().st_size < 3_000_000


def test_the_register_takes_every_line_of_the_sample(sample):
    assert sum(len(facts) for facts in sample.facts.values()) == len(LINES)
    assert len(sample.cases) == CASES == 200


NOT_TOLD = {
    "lapse_term": "the clock writes it",
    "erase_personal_data": "a test of its own erases the data of a member",
    "receive_access_request": "requests of access are told in the access log of a case",
    "notify_third_parties": "as above",
    "answer_access_request": "as above",
    "record_third_party_reply": "as above",
    "receive_withdrawal": "a body that leaves would end what the sample shows",
    "end_protocol": "as above",
}


def test_the_sample_tells_every_act_but_a_few():
    assert {line["act"] for line in LINES} == ACTS.keys() - NOT_TOLD.keys()


def test_every_seldom_kind_of_life_is_told_at_least_twice():
    turns = Counter(SELDOM[number // 4 % len(SELDOM)].tell for number in range(4, CASES + 1, 4))
    assert len(turns) == len(SELDOM) and min(turns.values()) >= 2


@pytest.mark.parametrize("seldom", SELDOM, ids=lambda each: each.tell.__name__)
def test_a_seldom_kind_is_lived_by_households_that_can(seldom):
    rng = Random(5)
    assert any(seldom.fits(household(rng, ON)) for _ in range(200))


def test_the_sample_holds_every_kind_of_life(sample):
    acts = {case_id: {f.event.__class__.__name__ for f in facts} for case_id, facts in sample.facts.items()}
    lives = list(acts.values())
    assert sum(life == {"CaseReferred"} for life in lives) >= 10
    assert sum("AppointmentMissed" in life and "DecadenzaOrdered" in life for life in lives) >= 5
    assert sum("DecurtazioneOrdered" in life for life in lives) >= 5
    assert sum("MemberReferredToEmploymentService" in life for life in lives) >= 10
    assert sum("EventCorrected" in life for life in lives) >= 10
    assert sum("CaseClosed" in life for life in lives) >= 10
    assert {e.residence_comune for e in all_of(sample, CaseReferred)} == set(COMUNI)
    assert {e.finding for e in all_of(sample, DecurtazioneOrdered)} == {"NONE"}
    seats = {seat(c.agency, c.unit) for team in all_of(sample, EquipeFormed) for c in team.components}
    assert {"cpi", "ust", "asl", "asl-serd"} <= seats
    added = {c.agency for change in all_of(sample, EquipeChanged) for c in change.added}
    assert added == {"cpi", THIRD_SECTOR.agency}
    units = {e.unit for e in all_of(sample, MemberReferredToSpecialistService)}
    assert len(units) >= 2 and units <= UNITS.keys()
    codes = Counter(e.condition_code for e in all_of(sample, MemberConditionRecorded))
    assert codes["GENDER_VIOLENCE_PATH"] >= 2 and codes["DISABILITY_L68"] >= 30 and codes["ONCOLOGICAL"] >= 2


def test_nobody_in_the_sample_is_there_twice(sample):
    codes = {
        member.member_id: member.tax_code
        for household_of in all_of(sample, HouseholdCompositionRecorded)
        for member in household_of.members
    }
    assert len(set(codes.values())) == len(codes) > 300
    assert all(codicefiscale.is_valid(code) for code in codes.values())


def test_the_seat_of_a_health_unit_says_nothing_of_it_to_the_other_seats(sample):
    shown = [
        (component.agency, component.role, component.function)
        for team in all_of(sample, EquipeFormed)
        for component in team.components
        if component.agency.startswith("asl")
    ]
    assert set(shown) == {("asl", "SPECIALIST", "specialista")}


def test_only_a_new_case_the_protocol_and_the_tavolo_have_no_case_id():
    without = {line["act"] for line in LINES if "case_id" not in line}
    outside = {act for act, contract in ACTS.items() if contract.aggregate in ("protocol", "table")}
    assert without == {"refer_case"} | outside - NOT_TOLD.keys()


def days_of(*acts: str) -> list[str]:
    return [line["known_on"] for line in LINES if line["act"] in acts]


def test_the_protocol_is_signed_before_the_first_case_and_goes_on_living_among_them():
    first, last = days_of("refer_case")[0], days_of("close_case")[-1]
    assert max(days_of("sign_protocol", "appoint_referent")) < first
    assert all(first < day < last for day in days_of("hold_table", "sign_agreement", "end_puc"))
    assert all(first < day < last for day in days_of("replace_referent", "amend_protocol"))


def test_the_rungs_are_decided_before_anything_rests_on_them():
    (decided,) = days_of("decide_rungs")
    assert decided < min(days_of("open_sanction_proposal"))


def test_a_case_of_another_benefit_is_learnt_two_years_late(sample):
    late = [
        fact
        for facts in sample.facts.values()
        if isinstance(facts[0].event, CaseReferred) and facts[0].event.benefit == "RDC"
        for fact in facts
    ]
    days = [(occurred_on(fact.event), fact.known_on) for fact in late]
    assert {lived.year for lived, _ in days if lived} <= {2022, 2023}
    assert all(known.year >= 2025 for _, known in days)
    cut = [fact.event for fact in late if isinstance(fact.event, DecurtazioneOrdered)]
    assert {"2", "3"} >= {event.months_fraction for event in cut} and cut
    assert {event.rule_set_id for event in cut} == {"RDC-2019"}


def test_nobody_is_missed_at_school_in_summer(sample):
    absences = [e.missed_on for e in all_of(sample, CommitmentMissed) if e.area == "SCHOOLING"]
    assert absences and all(not 7 <= day.month <= 8 for day in absences)


def test_what_the_third_sector_gives_rests_on_an_agreement(sample):
    (agreed,) = all_of(sample, AgreementSigned)
    given = [e for e in all_of(sample, SupportActivated) if e.provider == THIRD_SECTOR.agency]
    assert agreed.party == THIRD_SECTOR.agency and given
    assert all(agreed.from_on <= support.start_on <= agreed.to_on for support in given)


def test_no_puc_is_given_to_more_people_than_it_has_seats(sample):
    assert all_of(sample, PucAssigned)
    for puc_id, puc in sample.law.pucs.items():
        taken = [e for e in all_of(sample, PucAssigned) if e.puc_id == puc_id]
        for begun in taken:
            there = [e for e in taken if e.start_on <= begun.start_on <= e.end_on]
            assert len(there) <= puc.seats


def test_a_line_is_read_as_it_was_written():
    for line in LINES:
        read = Line.from_json(line)
        assert read.to_json() == line
        assert line["act"] != "refer_case" or read.case_id == case_of(read.command_id)


def test_the_lines_are_in_the_order_of_the_days_and_name_nothing_that_comes_later():
    assert [line["known_on"] for line in LINES] == sorted(line["known_on"] for line in LINES)
    told: set[str] = set()
    named = 0
    for line in LINES:
        for word in json.dumps(line["states"]).split('"'):
            if word.startswith("event-of:"):
                assert word.removeprefix("event-of:") in told
                named += 1
        told.add(line["command_id"])
    assert named > 300 and len(told) == len(LINES)


def test_the_recorders_of_the_lines_are_ones_that_the_register_knows():
    for line in LINES:
        by, contract = line["by"], ACTS[line["act"]]
        assert Recorder(by["agency"], by["role"]).kind in contract.recorders
        assert by["role"] in ROLES and line["purpose"] in PURPOSES
        assert (by["role"] == "machine") == ("person" not in by)


def test_what_the_rules_compute_is_not_stated():
    for line in LINES:
        assert set(line["states"]) <= set(ACTS[line["act"]].stated)


# --- the walk --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def walked() -> Memory:
    register = Memory()
    for line in [*protocol_lines(), *(step.line for step in walk())]:
        assert register.tell(Line.from_json(json.loads(line.to_text()))), line
    return register


def test_the_walk_goes_from_the_referral_to_a_decurtazione_that_is_notified(walked):
    events = [type(fact.event).__name__ for fact in walked.facts[walk_case()]]
    path = [
        "CaseReferred",
        "AppointmentHeld",
        "EquipeFormed",
        "MemberReferredToEmploymentService",
        "PattoSigned",
        "CommitmentMissed",
        "JustifiedReasonRequested",
        "InfractionReportedToInps",
        "SanctionProposalOpened",
        "DecurtazioneOrdered",
        "MeasureNotified",
    ]
    assert [events.index(name) for name in path] == sorted(events.index(name) for name in path)
    assert events[-1] == "MeasureNotified"


def test_the_walk_is_of_the_comune_that_has_a_recipient(walked):
    case = walked.case(walk_case())
    assert case.referral.residence_comune == RECIPIENT_COMUNE
    comune = f"comune-{RECIPIENT_COMUNE}"
    assert [f.recorder.agency for f in case.all(HouseholdCompositionRecorded)] == [comune]


def test_the_patto_of_the_walk_has_a_line_for_each_office(walked):
    ((_, draft),) = [walked.case(walk_case()).patto_on(date(2025, 12, 31))]
    lines = {(line.area, line.evidence_by, line.conditional) for line in draft.commitments}
    assert lines == {
        ("CONTACTS", "servizio-sociale", True),
        ("TRAINING", "cpi", True),
        ("SCHOOLING", "ust", True),
        ("HEALTH", "asl", False),
    }


def test_one_adult_of_the_walk_has_a_condition_that_only_the_servizio_sociale_recorded(walked):
    (told,) = walked.case(walk_case()).all(MemberConditionRecorded)
    assert told.event.member_id == HUSBAND.id and told.event.condition_code == "ONCOLOGICAL"
    assert told.recorder.agency == "servizio-sociale"


def test_what_the_employment_centre_saw_the_servizio_sociale_ascertained():
    reports = [step for step in walk() if step.line.act == "report_missed_commitment"]
    assert reports[0].line.by == EMPLOYMENT.by
    assert ["ascertained_on" in step.line.states for step in reports] == [False, True]


def test_every_step_of_the_walk_has_a_caption_in_two_languages():
    steps = list(walk())
    assert all(step.it and step.en and step.it != step.en and len(step.caption) < 100 for step in steps)
    assert [step.line for step in steps] == [step.line for step in walk()]


def test_the_walk_and_the_sample_are_different_cases(sample):
    assert walk_case() not in sample.cases
