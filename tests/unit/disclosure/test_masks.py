"""Every mask, both ways: what stays hidden even where a cell shows it, and where it is shown."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from domain.case.events import JustifiedReasonDecided, JustifiedReasonSubmitted, MeasureNotified
from domain.case.parts import MissingRole
from domain.contract import ERASED
from domain.disclosure import HEALTH_SERVICE, OTHER_SERVICE, agency_shown, masked, readable
from domain.disclosure.masks import masks
from domain.fact import Fact, Recorder, kind
from tests.unit.disclosure.story import (
    ANNA,
    BRUNO,
    CARLO,
    COMUNE,
    DAY,
    FAMILY,
    LINES,
    RECIPIENTS,
    SOCIAL,
    Story,
    analysis,
    assigned,
    by,
    closed,
    component,
    condition,
    contact,
    convoked,
    correction,
    decurtazione,
    draft,
    evaluated,
    everyone,
    household,
    line,
    make,
    member,
    missed,
    nobody,
    read,
    referral,
    referred,
    signed,
    support,
    team,
    uid,
    unassigned,
)

ALL_BUT_SOCIAL = RECIPIENTS[1:]
HIDDEN_HEALTH = ("ONCOLOGICAL", "PARENTAL_RESPONSIBILITY_LOST", "DIRECT_PENSION", "CARE_LOAD_DISABLED_MEMBER")


def members(story: Story, recipient: str, *of: object, **fields: object) -> dict[str, dict]:
    """What a recipient reads of each member of a household, by name."""
    shown = story.tells(household(*of), recipient, **fields)
    return {entry["name"]: entry for entry in (shown or {}).get("members", [])}


# --- birth_date, protected_address, contacts -------------------------------------------------------------


@pytest.mark.parametrize("recipient", ["ats", COMUNE, "inps", "cpi", "accreditato-1", "ust"])
def test_a_birth_date_is_shown_to_who_must_know_the_person(recipient):
    assert all("birth_date" in entry for entry in members(everyone(), recipient).values())


@pytest.mark.parametrize("actor", ["puc-1", "sil", "ets-1", "mmg-1"])
def test_a_birth_date_is_masked_for_the_others(actor):
    story = everyone()
    fact = story.facts[1]
    for_inps = story.shown(fact, "inps")
    left = masked(for_inps, fact, story.case, actor)
    assert any("birth_date" in path for path in for_inps.paths)
    assert not any("birth_date" in path for path in left.paths)


def protected(who: object = ANNA) -> Story:
    story = everyone()
    story.add(condition("GENDER_VIOLENCE_PATH", who))
    return story


def hidden_in_the_file_of_a_measure(story: Story, event: Any) -> set[str]:
    return {path for path, _ in masks(story.add(event), story.case, "person")}


def test_the_address_of_a_household_is_shown_to_no_office_whoever_lives_in_it():
    for story in (everyone(), protected()):
        told = members(story, COMUNE)
        assert set(told) == {"Anna", "Bruno", "Carlo"}
        assert not any("residence_address" in entry for entry in told.values())


def test_in_the_file_of_a_measure_the_address_of_all_who_live_with_a_protected_member_is_hidden():
    otherwise = household(member(ANNA), member(BRUNO, residence_address="V. Inventata, n. 1"))
    hers = {"members[0].residence_address", "members[1].residence_address"}
    assert hers <= hidden_in_the_file_of_a_measure(protected(), otherwise)
    assert not hers & hidden_in_the_file_of_a_measure(everyone(), otherwise)


def test_in_the_file_of_a_measure_the_address_of_a_household_that_she_has_left_is_shown():
    left = household(member(BRUNO))
    assert "members[0].residence_address" not in hidden_in_the_file_of_a_measure(protected(), left)


def test_the_contacts_of_a_protected_member_are_hidden_from_everyone():
    for recipient in ("ats", "cpi"):
        assert members(protected(), recipient)["Anna"]["contacts"] == []
    assert members(everyone(), "cpi")["Anna"]["contacts"]


def test_a_contact_that_another_member_shares_with_a_protected_one_is_hidden():
    hers = member(ANNA, contacts=(contact("+39 333 000", "PHONE"),))
    his = member(BRUNO, contacts=(contact("+39333000", "SMS"), contact("bruno@esempio.invalid")))
    values = [c["value"] for c in members(protected(), "ats", hers, his)["Bruno"]["contacts"]]
    assert values == ["bruno@esempio.invalid"]


def test_a_postal_contact_in_the_house_of_a_protected_member_is_hidden():
    post = member(BRUNO, contacts=(contact("via Inventata 1", "POSTA"),))
    assert members(protected(), "ats", member(ANNA), post)["Bruno"]["contacts"] == []
    assert members(everyone(), "ats", member(ANNA), post)["Bruno"]["contacts"]


def test_an_unsafe_contact_is_hidden_and_the_safe_one_beside_it_is_shown():
    anna = member(
        ANNA, contacts=(contact("casa@esempio.invalid", safe=False), contact("sua@esempio.invalid"))
    )
    for recipient in ("ats", "cpi"):
        values = [c["value"] for c in members(everyone(), recipient, anna)["Anna"]["contacts"]]
        assert values == ["sua@esempio.invalid"]


def test_a_protection_path_that_has_ended_still_hides():
    story = protected()
    story.add(replace(condition("GENDER_VIOLENCE_PATH", ANNA, value=False), valid_from=date(2026, 1, 1)))
    assert members(story, "ats")["Anna"]["contacts"] == []


def test_a_protection_path_that_was_voided_hides_nothing():
    story = protected()
    path = story.facts[-1]
    story.add(correction(path, voids=True))
    assert members(story, "ats")["Anna"]["contacts"]


def test_a_path_that_an_erasure_left_unreadable_still_hides_the_house():
    story = everyone()
    story.add(replace(condition("GENDER_VIOLENCE_PATH"), condition_code=ERASED, value=ERASED))
    assert "members[0].residence_address" in hidden_in_the_file_of_a_measure(story, household())


def test_a_household_recorded_before_the_path_is_read_under_the_mask_ever_after():
    story = protected()
    shown = readable(story.facts, "ats")[story.facts[1].event_id]
    told = {m["name"]: m for m in read(story.facts[1], shown)["members"]}
    assert told["Anna"]["contacts"] == [] and told["Bruno"]["contacts"]


def test_the_place_of_a_convocation_is_shown_to_no_office():
    for story in (everyone(), protected()):
        assert "place" not in story.tells(convoked(ANNA, BRUNO), "ats")


def test_in_the_file_of_a_measure_the_place_of_a_convocation_of_a_protected_member_is_hidden():
    assert "place" in hidden_in_the_file_of_a_measure(protected(), convoked(ANNA, BRUNO))
    assert "place" not in hidden_in_the_file_of_a_measure(protected(), convoked(BRUNO))


def test_in_the_file_of_a_measure_a_place_that_is_her_house_is_hidden_whoever_was_convoked_there():
    at_hers = household(member(ANNA, residence_address="Via Nascosta 7"), member(BRUNO))
    there = replace(convoked(BRUNO), place="a casa, via Nascosta, 7")
    secret, open_one = protected(), everyone()
    secret.add(at_hers), open_one.add(at_hers)
    assert {"place", "text_hash"} <= hidden_in_the_file_of_a_measure(secret, there)
    assert not {"place", "text_hash"} & hidden_in_the_file_of_a_measure(open_one, there)


def test_the_contact_used_is_shown_to_no_topic():
    for recipient in RECIPIENTS:
        assert "contact_used" not in (everyone().tells(convoked(), recipient) or {})


# --- conditions ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", HIDDEN_HEALTH)
@pytest.mark.parametrize("recipient", ALL_BUT_SOCIAL)
def test_a_secret_condition_is_told_to_nobody_not_even_to_who_certified_it(code, recipient):
    told = everyone().tells(condition(code), recipient, by(recipient)) or {}
    assert not told.keys() & {"condition_code", "value", "certified_by", "evidence_ref"}


@pytest.mark.parametrize("recipient", ALL_BUT_SOCIAL)
def test_a_disability_is_told_to_the_cpi_of_the_member_alone_and_without_who_certified_it(recipient):
    told = everyone().tells(condition("DISABILITY_L68"), recipient, by("asl")) or {}
    assert ("condition_code" in told) == (recipient == "cpi")
    assert not told.keys() & {"certified_by", "evidence_ref"}


@pytest.mark.parametrize("recipient", ["cpi", "accreditato-1"])
def test_a_condition_that_is_no_secret_is_told_to_the_office_of_the_member(recipient):
    who = ANNA if recipient == "cpi" else BRUNO
    assert everyone().tells(condition("EMPLOYED", who), recipient)["condition_code"] == "EMPLOYED"
    for code in ("CAREGIVER", "LOW_INCOME_KEEPS_UNEMPLOYED_STATUS"):
        assert everyone().tells(condition(code, who), recipient) is None


def test_a_disability_is_not_told_to_an_accredited_body():
    assert everyone().tells(condition("DISABILITY_L68", BRUNO), "accreditato-1") is None


@pytest.mark.parametrize("recipient", ALL_BUT_SOCIAL)
def test_that_a_protection_path_was_recorded_is_told_to_nobody(recipient):
    assert everyone().tells(condition("GENDER_VIOLENCE_PATH"), recipient) is None
    assert everyone().tells(condition("GENDER_VIOLENCE_PATH"), recipient, by(recipient)) is None


def test_the_ambito_learns_that_a_condition_was_recorded_and_not_which():
    told = everyone().tells(condition("ONCOLOGICAL"), "ats")
    assert set(told) == {"member_id", "valid_from", "valid_to"}


@pytest.mark.parametrize("recorder", ["cpi", "ust", "asl", "asl-serd"])
def test_who_certified_a_condition_does_not_tell_the_ambito_which_it_is(recorder):
    story = everyone()
    fact = story.add(condition("EMPLOYED"), by(recorder))
    assert agency_shown(fact, "ats") == OTHER_SERVICE
    fact = story.add(correction(fact, value=False), by(recorder))
    assert agency_shown(fact, "ats") == OTHER_SERVICE


@pytest.mark.parametrize("recorder, code", [("ust", "EMPLOYED"), ("cpi", "REGULAR_STUDY")])
def test_the_school_office_is_told_of_regular_study_that_it_recorded_itself(recorder, code):
    assert everyone().tells(condition("REGULAR_STUDY", CARLO), "ust", by("ust")) is not None
    assert everyone().tells(condition(code, CARLO), "ust", by(recorder)) is None


def test_a_unit_of_the_asl_is_not_told_what_another_unit_recorded():
    story = everyone()
    fact = story.add(condition("EMPLOYED"), by("asl-serd"))
    assert story.shown(fact, "asl-serd") is not None
    assert [story.shown(fact, unit) for unit in ("asl", "asl-consultorio", "asl-ser", "asl-serd-2")] == [
        None
    ] * 4


# --- reason_codes, reasons -------------------------------------------------------------------------------


def test_the_cpi_reads_of_the_reasons_of_an_exclusion_those_that_it_may():
    codes = ("EMPLOYED", "ONCOLOGICAL", "DISABILITY_L68", "GENDER_VIOLENCE_PATH", "AGE_60_PLUS", "CARE_LOAD")
    told = everyone().tells(evaluated(*codes), "cpi")
    assert told["reason_codes"] == ["EMPLOYED", "DISABILITY_L68", "AGE_60_PLUS"]
    assert everyone().tells(evaluated("NONE"), "cpi")["reason_codes"] == ["NONE"]


@pytest.mark.parametrize("recipient", ["ats", "accreditato-1", "inps"])
def test_the_others_read_the_result_and_no_reason(recipient):
    assert "reason_codes" not in everyone().tells(evaluated("EMPLOYED", who=BRUNO), recipient)


def test_reasons_that_were_erased_are_shown_as_none():
    assert everyone().tells(replace(evaluated("EMPLOYED"), reason_codes=ERASED), "cpi")["reason_codes"] == []


@pytest.mark.parametrize("sealed", [True, False])
def test_a_reason_with_health_content_leaves_its_category_and_its_document_out(sealed):
    story = everyone()
    fact = story.add(make(JustifiedReasonSubmitted, health_content_sealed=sealed))
    # No cell gives the category to a topic yet: the mask is tried on all that there is.
    left = masked(everything(fact), fact, story.case, "cpi")
    assert ({"category", "evidence_ref"} <= left.paths) is not sealed


@pytest.mark.parametrize("sealed", [True, False])
def test_the_decision_on_a_reason_with_health_content_leaves_its_motivation_out(sealed):
    story = everyone()
    story.add(make(JustifiedReasonSubmitted, infraction_ref=uid("absence"), health_content_sealed=sealed))
    fact = story.add(make(JustifiedReasonDecided, infraction_ref=uid("absence")))
    left = masked(everything(fact), fact, story.case, "cpi")
    assert ("motivation" in left.paths) is not sealed


def test_inps_learns_of_a_reason_that_it_was_given_and_whether_it_was_accepted():
    assert everyone().tells(make(JustifiedReasonSubmitted), "inps") == {}
    assert set(everyone().tells(make(JustifiedReasonDecided), "inps")) == {"accepted", "decided_on"}


def everything(fact: Fact) -> object:
    from domain.contract import contract_of, encode, leaves
    from domain.disclosure import Shown

    found = leaves(contract_of(fact.event).type, encode(fact.event))
    return Shown("F", "all of it", frozenset(leaf.path for leaf in found))


# --- health lines, outcomes ------------------------------------------------------------------------------


def with_lines(*lines: object, supports: tuple = ()) -> Story:
    story = Story(referral(), household(), referred("cpi"), team(component("cpi"), component("ust")))
    story.add(draft(*lines, supports=supports))
    story.add(signed())
    return story


def test_a_commitment_of_health_is_left_out_for_everyone_but_its_unit_of_the_asl():
    for recipient in RECIPIENTS[1:]:
        story = everyone()
        told = read(story.facts[6], story.shown(story.facts[6], recipient)) or {}
        areas = {commitment["area"] for commitment in told.get("commitments", [])}
        assert ("HEALTH" in areas) == (recipient in ("asl", "asl-serd"))


@pytest.mark.parametrize("recipient", ["cpi", "ust"])
def test_a_commitment_of_health_that_names_another_office_is_left_out_and_links_it_to_nothing(recipient):
    story = with_lines(line("HEALTH", recipient))
    assert all(story.shown(fact, recipient) is None for fact in story.facts[4:])


def test_the_provider_of_a_support_is_shown_to_nobody():
    for recipient in RECIPIENTS:
        story = everyone()
        told = read(story.facts[6], story.shown(story.facts[6], recipient)) or {}
        assert all("provider" not in entry for entry in told.get("supports", []))


def test_the_ambito_does_not_learn_who_was_sent_to_a_specialist():
    outcomes = ((ANNA, "SPECIALIST"), (BRUNO, "PSP"), (CARLO, "PAIS_SOCIAL"))
    told = everyone().tells(analysis(*outcomes), "ats")
    assert [entry["outcome"] for entry in told["outcomes"]] == ["PSP", "PAIS_SOCIAL"]
    assert "needs_by_area" not in told


# --- operators and components ----------------------------------------------------------------------------


def test_the_ambito_reads_health_service_in_place_of_the_unit_of_an_operator():
    told = everyone().tells(assigned("asl", "asl-serd"), "ats", by("asl-serd"))
    assert (told["agency"], told["unit"]) == (HEALTH_SERVICE, HEALTH_SERVICE)
    told = everyone().tells(assigned("asl-serd"), "ats", by("asl-serd"))
    assert told["agency"] == HEALTH_SERVICE and "unit" not in told
    assert everyone().tells(assigned("cpi", "cpi-nord"), "ats", by("cpi"))["unit"] == "cpi-nord"


def test_a_unit_of_the_asl_reads_its_own_name_and_no_other_unit_learns_of_its_operator():
    story = everyone()
    fact = story.add(assigned("asl", "asl-serd"), by("asl-serd"))
    assert read(fact, story.shown(fact, "asl-serd"))["unit"] == "asl-serd"
    ended = story.add(unassigned(), by("asl-serd"))
    for unit in ("asl", "asl-consultorio", "cpi", "ust"):
        assert story.shown(fact, unit) is None and story.shown(ended, unit) is None


@pytest.mark.parametrize(
    "agency, unit", [("ets-1", "cav"), ("ets-cav", None), ("ets-1", "Centro anti-violenza")]
)
def test_an_operator_of_an_anti_violence_service_is_known_to_the_case_manager_alone(agency, unit):
    for recipient in (*RECIPIENTS, "ets"):
        story = everyone()
        fact = story.add(assigned(agency, unit), Recorder(agency, "OPERATOR", unit=unit))
        ended = story.add(unassigned(), Recorder(agency, "OPERATOR", unit=unit))
        assert story.shown(fact, recipient) is None and story.shown(ended, recipient) is None


def test_an_anti_violence_service_is_told_of_its_own_operator_without_its_name():
    story = everyone()
    told = story.tells(assigned("ets-cav"), "ets-cav", by("ets-cav"))
    assert "assignment_id" in told and "agency" not in told and "unit" not in told


def test_an_operator_whose_unit_was_erased_is_shown_to_nobody():
    for recipient in RECIPIENTS:
        assert everyone().tells(replace(assigned("asl"), unit=ERASED), recipient, by("asl")) is None


def seats(recipient: str, *components: object) -> list[dict]:
    own = component(recipient) if recipient != "ats" else component("servizio-sociale")
    told = everyone().tells(team(own, *components), recipient)
    return told["components"][1:]


@pytest.mark.parametrize(
    "recipient", ["ats", "cpi", "ust", "asl", "asl-consultorio", "mmg-1", "ets-1", "sil"]
)
def test_a_specialist_of_the_team_is_a_health_service_to_the_other_seats(recipient):
    (entry,) = seats(recipient, component("asl-serd", "SPECIALIST", "medico delle dipendenze"))
    assert entry["role"] == "SPECIALIST"
    assert {entry[name] for name in ("name", "surname", "function", "agency")} == {HEALTH_SERVICE}
    assert "unit" not in entry and "serd" not in str(entry).lower()


def test_a_unit_of_the_asl_reads_its_own_specialist():
    (entry,) = seats("asl-serd", component("asl-serd", "SPECIALIST", "medico"))
    assert (entry["function"], entry["agency"]) == ("medico", "asl")


@pytest.mark.parametrize(
    "hidden",
    [
        component("asl-serd", "SOCIAL_WORKER", "assistente sociale"),
        component("servizio-sociale", "OTHER_SOCIAL", "educatore del Ser.D."),
        component("Ser.D. di Zona", "OTHER_SOCIAL", "educatore"),
        component("CSM", "OTHER_SOCIAL", "educatore"),
        component("cpi", "SPECIALIST", "psicologa"),
    ],
    ids=["a role that is no specialist", "a function", "a code in full", "a code of no kind", "of an agency"],
)
def test_a_health_service_is_hidden_however_it_was_written_down(hidden):
    for recipient in ("ust", "ats", "cpi"):
        (entry,) = seats(recipient, hidden)
        assert entry["agency"] == entry["function"] == entry["name"] == HEALTH_SERVICE


def test_a_component_that_is_of_no_health_service_is_shown():
    (entry,) = seats("ust", component("cpi", "EMPLOYMENT_OPERATOR", "operatrice"))
    assert (entry["name"], entry["agency"], entry["function"]) == ("Nome-cpi", "cpi", "operatrice")


@pytest.mark.parametrize(
    "hidden",
    [
        component("ets-cav", "ETS"),
        replace(component("ets-1", "ETS"), unit="cav"),
        component("ets-2", "ETS", "operatrice del centro antiviolenza"),
        component("ETS-CAV", "SPECIALIST"),
    ],
    ids=["code", "unit", "function", "capitals"],
)
@pytest.mark.parametrize("recipient", ["ats", "cpi", "ust", "asl-serd", "mmg-1", "sil"])
def test_a_component_of_an_anti_violence_service_is_left_out_without_a_trace(hidden, recipient):
    assert seats(recipient, hidden) == []


@pytest.mark.parametrize("recipient", ["ats", "cpi", "ust"])
def test_a_component_who_was_erased_is_left_out(recipient):
    gone = replace(
        component("cpi"),
        name=ERASED,
        surname=ERASED,
        function=ERASED,
        agency=ERASED,
        unit=ERASED,
        role=ERASED,
    )
    assert seats(recipient, gone) == []


@pytest.mark.parametrize("recipient", ["ats", "cpi", "ust", "asl-serd"])
def test_why_a_role_is_missing_stays_in_the_case_file(recipient):
    event = replace(
        team(component("servizio-sociale"), *(component(r) for r in ("cpi", "ust", "asl-serd"))),
        missing_roles=(MissingRole(role="EMPLOYMENT_OPERATOR", reason="la madre è in comunità terapeutica"),),
    )
    assert everyone().tells(event, recipient)["missing_roles"] == [{"role": "EMPLOYMENT_OPERATOR"}]


@pytest.mark.parametrize("recipient", ALL_BUT_SOCIAL)
def test_who_recorded_never_tells_a_unit_of_the_asl(recipient):
    story = everyone()
    for seat in ("asl-serd", "asl-consultorio"):
        fact = story.add(decurtazione(), by(seat))
        own = recipient == seat
        assert agency_shown(fact, recipient) == ("asl" if own else HEALTH_SERVICE)


@pytest.mark.parametrize("agency", ["ASL-SERD", "serd", "Ser.D. Palestrina", "asl_serd"])
def test_a_recorder_of_no_known_kind_is_not_named(agency):
    fact = everyone().add(decurtazione(), Recorder(agency, "OPERATOR"))
    assert agency_shown(fact, "ust") == HEALTH_SERVICE


def test_a_recorder_of_an_anti_violence_service_is_another_service():
    fact = everyone().add(decurtazione(), Recorder("ets-cav", "OPERATOR"))
    assert agency_shown(fact, "ats") == OTHER_SERVICE
    assert agency_shown(everyone().add(decurtazione(), by("cpi")), "ust") == "cpi"


# --- sanctions -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("recipient", ["ats", "cpi", "accreditato-1"])
def test_the_amount_of_a_cut_is_not_shown(recipient):
    assert "amount" not in everyone().tells(decurtazione(), recipient, by("inps"))


def test_the_amount_of_a_cut_is_shown_to_inps_and_to_the_cpi_that_ordered_it():
    assert "amount" in everyone().tells(decurtazione(), "inps", by("inps"))
    assert "amount" in everyone().tells(decurtazione("CPI"), "cpi", by("cpi"))


def test_a_cpi_does_not_read_in_full_the_measure_of_another_cpi():
    story = everyone()
    fact = story.add(decurtazione("CPI"), by("cpi-2"))
    assert story.shown(fact, "cpi").level == "P" and "amount" not in read(fact, story.shown(fact, "cpi"))


def test_a_measure_on_one_member_is_told_to_the_office_that_has_this_member_in_charge():
    story = everyone()
    of_anna = story.add(missed("servizio-sociale", "CONTACTS", DAY))
    event = decurtazione("INPS", "MEMBER", of_anna.event_id)
    assert story.tells(event, "cpi", by("inps")) is not None
    assert story.tells(event, "accreditato-1", by("inps")) is None
    assert story.tells(decurtazione("INPS", "MEMBER"), "cpi", by("inps")) is None


@pytest.mark.parametrize("recipient", ["ust", "asl", "asl-serd", "mmg-1", "ets-1", "puc-1", "sil", COMUNE])
def test_no_sanction_reaches_those_who_must_never_learn_of_one(recipient):
    for event in (decurtazione(), make(MeasureNotified)):
        assert everyone().tells(event, recipient, by("inps")) is None


def test_the_facts_of_a_missed_commitment_are_read_by_the_cpi_that_reported_them():
    assert "facts" in everyone().tells(missed("cpi", "TRAINING", DAY), "cpi", by("cpi"))
    assert everyone().tells(missed("ust"), "cpi", by("ust")) is None


@pytest.mark.parametrize("recipient", ["ust", "asl", "asl-serd", "puc-1"])
def test_a_reporter_reads_that_its_report_was_received_and_not_what_follows(recipient):
    received = everyone().tells(missed(recipient), recipient, by(recipient))
    assert set(received) == {"commitment_id", "member_id", "missed_on"}
    assert everyone().tells(missed(recipient, ascertained=DAY), recipient, SOCIAL) is None


@pytest.mark.parametrize("recipient", RECIPIENTS[1:])
def test_a_case_that_is_closed_tells_nothing_more_but_to_inps_and_the_ambito(recipient):
    story = everyone()
    end = story.add(closed())
    told = story.shown(end, recipient)
    assert told is not None
    assert ("reason" in read(end, told)) == (recipient in ("ats", "inps"))
    later = [story.tells(decurtazione(), recipient, by("inps")), story.tells(household(), recipient)]
    assert (later != [None, None]) == (kind(recipient) in ("ats", "inps"))


@pytest.mark.parametrize("recipient", RECIPIENTS[1:])
def test_the_end_of_a_case_is_told_to_nobody_who_had_no_part_in_it(recipient):
    story = nobody()
    assert (story.tells(closed(), recipient) is None) == (recipient not in ("ats", "inps"))


def test_the_school_office_reads_of_the_family_the_pupil_and_nothing_else():
    told = members(everyone(), "ust", *FAMILY)
    assert set(told) == {"Carlo"}
    assert set(told["Carlo"]) == {"member_id", "name", "surname", "tax_code", "birth_date"}


def test_the_school_office_reads_no_word_of_a_drug_service_in_a_whole_case():
    story = everyone()
    story.add(assigned("asl", "asl-serd"), by("asl-serd"))
    story.add(condition("ONCOLOGICAL"), by("asl-serd"))
    story.add(missed("asl-serd", "HEALTH"), by("asl-serd"))
    story.add(draft(*LINES, supports=(support("asl-serd"), support("ust")), version=2))
    story.add(signed(2))
    story.add(decurtazione(), by("inps"))
    read_by_school = str([read(f, story.shown(f, "ust")) for f in story.facts]).lower()
    assert "carlo" in read_by_school
    for word in ("serd", "'asl", "health", "oncolog", "anna", "bruno", "decurt", "esempio.invalid"):
        assert word not in read_by_school
