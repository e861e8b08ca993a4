"""Masks on the names of services, on texts of health, and on what only few may read; each both ways."""

from dataclasses import replace
from typing import Any

import pytest

from domain.case import events as e
from domain.contract import ERASED
from domain.disclosure import HEALTH_SERVICE, OTHER_SERVICE, agency_shown, masked
from domain.fact import Recorder
from tests.unit.disclosure.story import (
    ANNA,
    BRUNO,
    COMUNE,
    RECIPIENTS,
    SOCIAL,
    Story,
    accepted,
    activated,
    assigned,
    by,
    case_manager,
    component,
    ended,
    everyone,
    framework,
    household,
    invitee,
    make,
    ordered,
    read,
    referral,
    replied,
    sat,
    sent_to,
    sitting,
    team,
    team_changed,
    transferred,
    uid,
)
from tests.unit.disclosure.test_masks import everything

SEATS = ("cpi", "ust", "asl", "asl-consultorio", "mmg-1", "ets-1", "sil", "ats")
CAV = uid("component of ets-cav")


def left(
    event: Any, recipient: str, story: Story | None = None, recorder: Recorder = SOCIAL
) -> dict[str, Any]:
    """What masks leave of a whole fact, whatever its cell."""
    story = story or everyone()
    fact = story.add(event, recorder)
    return read(fact, masked(everything(fact), fact, story.case, recipient))


# --- the équipe ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("recipient", SEATS)
def test_a_specialist_who_enters_the_equipe_is_a_health_service_to_the_other_seats(recipient):
    story = everyone()
    story.add(team_changed(component("asl-consultorio"), name="team"))
    told = story.tells(team_changed(component("asl-serd", "SPECIALIST", "medico del SerD")), recipient)
    (entry,) = told["added"]
    assert {entry[name] for name in ("name", "surname", "function", "agency")} == {HEALTH_SERVICE}
    assert "unit" not in entry and "serd" not in str(told).lower()


def test_a_unit_of_the_asl_reads_its_own_specialist_who_enters():
    told = everyone().tells(team_changed(component("asl-serd", "SPECIALIST", "medico")), "asl-serd")
    assert told["added"][0]["function"] == "medico"


@pytest.mark.parametrize("recipient", ["ats", "cpi", "asl-serd", "ets-1", "person"])
def test_an_anti_violence_operator_enters_sits_and_leaves_without_a_trace(recipient):
    story = everyone()
    enters = story.add(team_changed(component("ets-cav", "ETS"), component("sil")))
    sits = story.add(sat(CAV, uid("component of cpi"), absent=(CAV,)))
    leaves = story.add(team_changed(removed=(CAV, uid("component of sil"))))
    for fact in (enters, sits, leaves):
        told = read(fact, masked(everything(fact), fact, story.case, recipient))
        assert str(CAV) not in str(told) and "cav" not in str(told).lower()
    assert len(read(enters, masked(everything(enters), enters, story.case, recipient))["added"]) == 1


def test_the_others_who_sit_and_leave_are_named():
    story = everyone()
    told = story.tells(sat(uid("component of cpi"), absent=(uid("component of sil"),)), "ust")
    assert told["present"] == [str(uid("component of cpi"))]
    assert told["absent"] == [str(uid("component of sil"))]
    assert story.tells(team_changed(removed=(uid("component of sil"),)), "ust")["removed"]


@pytest.mark.parametrize("recipient", SEATS)
def test_free_texts_on_the_equipe_stay_in_the_case_file(recipient):
    assert "reason" not in left(team_changed(component("cpi")), recipient)
    assert all("reason" not in role for role in left(team_changed(), recipient)["missing_roles"])
    assert "reason" not in left(case_manager(), recipient)
    assert "minutes_ref" not in left(sat(ANNA), recipient)


def test_a_component_that_enters_and_was_erased_is_left_out():
    gone = replace(component("cpi"), name=ERASED, surname=ERASED, function=ERASED, agency=ERASED, role=ERASED)
    story = everyone()
    fact = story.add(team_changed(gone))
    assert "added" not in read(fact, story.shown(fact, "ats"))
    assert str(gone.person_id) not in str(story.tells(sat(gone.person_id, ANNA), "ats"))


# --- invitations -----------------------------------------------------------------------------------------


def test_the_ambito_reads_a_health_service_among_the_invitees_and_no_anti_violence_one():
    social = replace(invitee("servizio-sociale"), unit="segretariato")
    told = everyone().tells(sitting(invitee("asl-serd"), invitee("ets-cav"), social), "ats", by("ats"))
    health, open_one = told["invitees"]
    assert (health["agency"], health["unit"]) == (HEALTH_SERVICE, HEALTH_SERVICE)
    assert open_one["unit"] == "segretariato" and "cav" not in str(told)


@pytest.mark.parametrize("recipient", ["cpi", "ust", "asl-serd", "inps"])
def test_the_unit_of_an_invitee_is_read_by_the_ambito_alone(recipient):
    told = left(sitting(invitee("asl-serd"), replace(invitee("cpi"), unit="cpi-nord")), recipient)
    assert all("unit" not in one for one in told["invitees"])


def test_the_answer_of_a_health_service_does_not_name_it_to_the_ambito():
    story = everyone()
    story.add(sitting(invitee("asl-serd"), invitee("cpi")), by("ats"))
    fact = story.add(replied("asl-serd"), by("asl-serd"))
    assert read(fact, story.shown(fact, "ats"))["agency"] == HEALTH_SERVICE
    assert read(fact, story.shown(fact, "asl-serd"))["agency"] == "asl"
    assert agency_shown(fact, "ats") == HEALTH_SERVICE
    assert story.tells(replied("cpi"), "ats", by("cpi"))["agency"] == "cpi"


def test_the_answer_of_an_anti_violence_service_is_told_to_that_service_alone():
    story = everyone()
    story.add(sitting(invitee("ets-cav"), invitee("cpi")), by("ats"))
    fact = story.add(replied("ets-cav"), by("ets-cav"))
    assert [r for r in (*RECIPIENTS, "ets-cav") if story.shown(fact, r)] == ["ets-cav"]


# --- supports --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code, provider", [("PROT8.h", "ets-1"), ("PROT8.c", "asl-serd")])
def test_who_gives_a_health_support_is_a_health_service(code, provider):
    for recipient in ("cpi", "ust", "asl", "asl-consultorio", "ats", "sil"):
        assert left(activated(provider, code=code), recipient)["provider"] == HEALTH_SERVICE
    assert left(activated(provider, code=code), "person")["provider"] == provider
    assert left(activated("sil"), "cpi")["provider"] == "sil"
    assert left(activated("asl-serd", code=code), "asl-serd")["provider"] == "asl-serd"


def test_the_ambito_is_not_told_that_a_support_is_one_of_health():
    for event in (activated("asl-serd"), activated("ets-1", code="PROT8.h")):
        story = everyone()
        fact = story.add(event, by("asl-serd"))
        assert "catalogue_code" not in read(fact, story.shown(fact, "ats"))
        assert agency_shown(fact, "ats") == OTHER_SERVICE
    assert everyone().tells(activated("sil"), "ats")["catalogue_code"] == "PROT8.c"


@pytest.mark.parametrize("seat", ["asl-serd", "ust", "cpi", "sil", "ets-1", "puc-1"])
def test_who_reports_on_a_commitment_or_a_support_is_another_service_to_the_ambito(seat):
    for event in (make(e.CommitmentFulfilled), activated(seat), ended(seat)):
        fact = everyone().add(event, by(seat))
        assert agency_shown(fact, "ats") == OTHER_SERVICE
        assert agency_shown(everyone().add(event, SOCIAL), "ats") == "servizio-sociale"


def test_a_support_of_an_anti_violence_service_is_told_to_that_service_alone():
    for event in (activated("ets-cav"), ended("ets-cav"), make(e.CommitmentFulfilled)):
        story = everyone()
        story.add(activated("ets-cav"))
        fact = story.add(event, by("ets-cav"))
        assert [r for r in (*RECIPIENTS, "ets-cav") if story.shown(fact, r)] == ["ets-cav"]


# --- other names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("agency", ["asl-serd", "Ser.D. di zona"])
def test_a_case_manager_or_a_competence_of_a_health_service_does_not_name_it(agency):
    story = everyone()
    story.add(assigned("cpi"))
    transfer = story.add(transferred(agency))
    assert read(transfer, story.shown(transfer, "cpi"))["to_agency"] == HEALTH_SERVICE
    assert story.tells(accepted(transfer), "cpi")["accepted_by_agency"] == HEALTH_SERVICE
    assert story.tells(case_manager(agency), "cpi")["agency"] == HEALTH_SERVICE


def test_a_case_manager_and_a_competence_of_the_comuni_are_named():
    story = everyone()
    story.add(assigned("cpi"))
    assert story.tells(transferred("comune-058047"), "cpi")["to_agency"] == "comune-058047"
    assert story.tells(case_manager(), "cpi")["agency"] == "servizio-sociale"
    assert "agency" not in story.tells(case_manager("ets-cav"), "cpi")


def test_the_unit_of_a_referral_is_read_by_that_unit_alone():
    for recipient in ("ats", "cpi", "asl", "asl-consultorio", "inps"):
        assert "unit" not in left(sent_to("asl-serd"), recipient)
    assert left(sent_to("asl-serd"), "asl-serd")["unit"] == "asl-serd"
    assert left(sent_to("asl-serd"), "person")["unit"] == "asl-serd"
    assert "unit" not in left(replace(sent_to("asl-serd"), unit=ERASED), "asl-serd")


def test_whom_an_area_of_the_framework_is_assigned_to_names_no_health_service():
    told = left(framework(("WORK", "cpi"), ("WORK", "asl-serd"), ("WORK", "ets-cav")), "ust")
    assert [row.get("assigned_to") for row in told["areas"]] == ["cpi", HEALTH_SERVICE, None]


# --- amounts, offers, schooling --------------------------------------------------------------------------

RESERVED = [
    (e.BenefitGranted, {"amount"}, {"inps", "person"}),
    (e.JobOfferRecorded, {"contract_type", "fte_pct", "wage_ok"}, {"cpi", "accreditato-1", "person"}),
    (e.SchoolAttendanceReported, {"status", "report_ref"}, {"ust", "person"}),
    (e.SchoolingVerified, {"outcome"}, {"ust", COMUNE, "person"}),
    (e.EquipeMet, {"minutes_ref"}, set()),
    (e.DecurtazioneOrdered, {"amount"}, {"inps", "person"}),
    (e.RevocaOrdered, {"restitution"}, {"inps", "person"}),
]


@pytest.mark.parametrize("of, fields, readers", RESERVED, ids=lambda value: getattr(value, "__name__", ""))
def test_some_fields_are_read_by_few_whoever_is_shown_the_fact(of, fields, readers):
    for recipient in (*RECIPIENTS[1:], "person"):
        assert (fields <= left(make(of), recipient).keys()) == (recipient in readers), recipient
        assert (fields & left(make(of), recipient).keys() == set()) != (recipient in readers)


def test_of_an_offer_of_work_inps_and_the_ambito_read_the_outcome():
    for recipient in ("ats", "inps"):
        told = everyone().tells(make(e.JobOfferRecorded, member_id=ANNA), recipient, by("cpi"))
        assert set(told) == {"member_id", "offer_id", "outcome"}
    assert everyone().tells(make(e.JobOfferRecorded, member_id=BRUNO), "cpi", by("cpi")) is None


def test_what_a_revocation_takes_back_is_read_by_inps_and_by_the_cpi_that_ordered_it():
    assert "restitution" in everyone().tells(ordered(e.RevocaOrdered), "inps", by("inps"))
    assert "restitution" in everyone().tells(ordered(e.RevocaOrdered, "CPI"), "cpi", by("cpi"))
    assert "restitution" not in left(ordered(e.RevocaOrdered, "CPI"), "cpi", recorder=by("cpi-2"))


MEASURES = (e.DecurtazioneOrdered, e.SospensioneOrdered, e.DecadenzaOrdered, e.RevocaOrdered)


@pytest.mark.parametrize("of", MEASURES, ids=lambda of: of.__name__)
@pytest.mark.parametrize("recipient", ["ats", "cpi", "accreditato-1"])
def test_why_a_measure_was_ordered_is_not_told_to_who_has_the_member_in_charge(of, recipient):
    told = everyone().tells(ordered(of), recipient, by("inps"))
    assert told and not told.keys() & {"motivation", "infraction_refs", "amount", "restitution", "inputs"}


def test_the_story_of_a_team_without_health_is_told_as_it_is():
    story = Story(referral(), household(), team(component("cpi"), component("ust")))
    told = story.tells(team_changed(component("ets-1", "ETS")), "ust")
    assert told["added"][0]["agency"] == "ets-1"
