"""The services that have a member in charge: what a referral, a care or an assignment opens, and its end."""

from datetime import timedelta
from typing import Any

import pytest

from domain.case import events as e
from domain.contract import ERASED
from domain.disclosure import grounds
from tests.unit.disclosure.story import (
    ANNA,
    BRUNO,
    CARLO,
    COMUNE,
    DAY,
    Story,
    accepted,
    activated,
    answered,
    asked_school,
    assigned,
    by,
    case_manager,
    closed,
    condition,
    contact,
    decurtazione,
    draft,
    ended,
    evaluated,
    everyone,
    household,
    lapsed,
    line,
    make,
    member,
    moved,
    puc,
    referral,
    referred,
    returned,
    revised,
    schooled,
    sent_to,
    signed,
    taken_on,
    transferred,
    unassigned,
    updated,
)
from tests.unit.disclosure.test_grounds import rows

UNITS = ("asl", "asl-serd", "asl-consultorio", "asl-npi", "asl-cps", "asl-disabilita")


def names(story: Story, recipient: str) -> set[str]:
    """The members of a household that a recipient would be told of now."""
    return {entry["name"] for entry in (story.tells(household(), recipient) or {}).get("members", [])}


# --- referrals to the employment services ----------------------------------------------------------------


def test_a_referral_that_is_given_back_ends_what_it_opened():
    story = Story(referral(), household(), referred("cpi"), evaluated("EMPLOYED"), returned("cpi"))
    for event in (evaluated("NONE"), household(), condition("EMPLOYED"), decurtazione(), closed()):
        story.add(event, by("inps"))
    assert [version for _, version, _ in rows(story, "cpi")] == [2, 3, 4, 5]
    assert grounds(story.case, "cpi") == frozenset()


def test_a_second_referral_after_one_given_back_opens_what_came_between():
    story = Story(referral(), household(), referred("cpi"), returned("cpi"), evaluated("EMPLOYED"))
    again = make(e.MemberReferredToEmploymentService, member_id=ANNA, destination="CPI", destination_id="cpi")
    story.add(again)
    assert rows(story, "cpi")[-2:] == [
        ("backfill", 5, "ObligationEvaluated"),
        ("fact", 6, "MemberReferredToEmploymentService"),
    ]


def test_a_second_referral_that_is_given_back_ends_the_charge_of_the_first_too():
    story = Story(referral(), household(), referred("cpi"))
    again = make(e.MemberReferredToEmploymentService, member_id=ANNA, destination="CPI", destination_id="cpi")
    story.add(again)
    story.add(make(e.ReferralReturned, referral_id=again.referral_id, member_id=ANNA))
    assert grounds(story.case, "cpi") == frozenset()


@pytest.mark.parametrize("answer", [taken_on, returned])
def test_the_answer_to_a_referral_is_told_to_the_office_that_it_goes_to(answer):
    assert everyone().tells(answer("cpi"), "cpi", by("cpi")) is not None
    assert everyone().tells(answer("accreditato-1", BRUNO), "cpi", by("accreditato-1")) is None
    assert everyone().tells(answer("cpi-altrove"), "cpi", by("cpi")) is None


BENEFIT = (e.BenefitGranted, e.BenefitRenewed, e.BenefitExpired, e.BenefitRenounced)


@pytest.mark.parametrize("of", BENEFIT, ids=lambda of: of.__name__)
def test_that_a_benefit_runs_is_told_to_an_office_with_any_member_in_charge(of):
    days = everyone().tells(make(of), "accreditato-1", by("inps"))
    assert len(days) == 1 and next(iter(days)).endswith("_on")
    assert Story(referral(), household()).tells(make(of), "cpi", by("inps")) is None


@pytest.mark.parametrize("change", ["LEFT", "DEATH"])
def test_an_office_whose_member_is_of_the_household_no_more_is_not_told_of_its_benefit(change):
    story = Story(referral(), household(), referred("cpi"))
    assert story.tells(moved(change), "cpi") is not None
    assert story.tells(make(e.BenefitExpired), "cpi", by("inps")) is None
    assert story.tells(decurtazione(), "cpi", by("inps")) is None


def test_of_changes_in_a_household_an_office_is_told_those_that_concern_its_charge():
    for change in ("AGE_60", "DEATH", "LEFT", "RESIDENCE"):
        assert everyone().tells(moved(change), "cpi") is not None
        assert everyone().tells(moved(change, BRUNO), "cpi") is None
    for change in ("BIRTH", "JOINED", "AGE_3", "AGE_18"):
        assert everyone().tells(moved(change), "cpi") is None


@pytest.mark.parametrize("activable", [True, False])
def test_that_a_member_can_be_activated_is_told_and_that_she_cannot_is_not(activable):
    told = everyone().tells(make(e.ActivabilityAssessed, member_id=ANNA, activable=activable), "cpi")
    assert (told is not None) == activable
    assert "rationale" not in (told or {})


def test_a_voluntary_path_is_told_to_the_office_of_the_member_if_it_is_one_of_work():
    for path, shown in (("LAVORATIVO", True), ("SOCIALE", False)):
        event = make(e.VoluntaryAdhesionRequested, member_id=ANNA, path_type=path)
        assert (everyone().tells(event, "cpi") is not None) == shown
        assert everyone().tells(event, "accreditato-1") is None


def test_a_term_is_told_to_the_office_whose_referral_started_it():
    story = everyone()
    mine, other = story.facts[3].event_id, story.facts[4].event_id
    for term in ("D4a", "D4b"):
        assert story.tells(lapsed(term, None, by=mine), "cpi", by("system")) is not None
        assert story.tells(lapsed(term, None, by=other), "cpi", by("system")) is None
    assert story.tells(lapsed("D3", ANNA), "cpi", by("system")) is not None
    assert story.tells(lapsed("D3", BRUNO), "cpi", by("system")) is None
    assert story.tells(lapsed("D2", ANNA, by=mine), "cpi", by("system")) is None
    story.add(returned("cpi"), by("cpi"))
    assert story.tells(lapsed("D4b", ANNA, by=mine), "cpi", by("system")) is None


# --- the units of the ASL --------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", UNITS)
def test_a_referral_to_a_unit_of_the_asl_is_told_to_that_unit_and_to_no_other(unit):
    story = Story(referral(), household(), sent_to("asl-serd"))
    told = rows(story, unit)
    assert told == ([("fact", 3, "MemberReferredToSpecialistService")] if unit == "asl-serd" else [])
    assert bool(grounds(story.case, unit)) == (unit == "asl-serd")


def test_no_one_outside_the_asl_is_told_of_a_referral_to_a_specialist_nor_of_its_answer():
    for recipient in ("ats", "cpi", "ust", "inps", COMUNE, "sil", "ets-1", "mmg-1"):
        assert everyone().tells(sent_to("asl-serd"), recipient) is None
        assert everyone().tells(answered("asl-serd", ANNA, "TAKEN"), recipient, by("asl-serd")) is None


def test_a_referral_to_a_unit_opens_its_lines_of_a_draft():
    story = Story(referral(), household(), draft(line("HEALTH", "asl-serd")), sent_to("asl-serd"))
    assert rows(story, "asl-serd")[0] == ("backfill", 3, "PattoDrafted")


def test_a_unit_that_takes_a_member_is_told_who_she_is_and_how_to_reach_her():
    story = Story(referral(), household(), updated(ANNA), updated(BRUNO), sent_to("asl-serd", ANNA))
    assert names(story, "asl-serd") == set()
    story.add(answered("asl-serd", ANNA, "TAKEN"), by("asl-serd"))
    assert ("backfill", 3, "ContactsUpdated") in rows(story, "asl-serd")
    assert ("backfill", 4, "ContactsUpdated") not in rows(story, "asl-serd")
    assert names(story, "asl-serd") == {"Anna"}
    assert [names(story, unit) for unit in UNITS if unit != "asl-serd"] == [set()] * 5


@pytest.mark.parametrize("answer", ["WAITING_LIST", "REFUSED"])
def test_a_unit_that_has_not_taken_a_member_is_told_nothing_of_her(answer):
    story = Story(referral(), household(), sent_to("asl-serd", ANNA))
    story.add(answered("asl-serd", ANNA, answer), by("asl-serd"))
    assert names(story, "asl-serd") == set()
    assert bool(grounds(story.case, "asl-serd")) == (answer == "WAITING_LIST")


def test_a_unit_that_gives_a_member_up_is_told_nothing_further():
    story = Story(referral(), household(), sent_to("asl-serd", ANNA))
    story.add(answered("asl-serd", ANNA, "TAKEN"), by("asl-serd"))
    story.add(sent_to("asl-serd", ANNA, "second"))
    assert names(story, "asl-serd") == {"Anna"}
    story.add(answered("asl-serd", ANNA, "REFUSED", "second"), by("asl-serd"))
    assert names(story, "asl-serd") == set()


def test_a_referral_whose_unit_was_erased_opens_nothing_to_anybody():
    story = Story(referral(), household(), make(e.MemberReferredToSpecialistService, unit=ERASED))
    assert [rows(story, unit) for unit in UNITS] == [[]] * len(UNITS)


def test_a_unit_is_told_what_it_confirmed_itself_and_no_other_unit_is():
    for of in (e.HealthAttendanceConfirmed, e.SpecialistReferralAnswered):
        story = everyone()
        fact = story.add(make(of), by("asl-serd"))
        assert [unit for unit in UNITS if story.shown(fact, unit)] == ["asl-serd"]


# --- operators -------------------------------------------------------------------------------------------


def test_an_open_assignment_opens_whom_to_call_and_its_end_stops_it():
    story = Story(referral(), household(), case_manager())
    assert story.tells(case_manager(), "mmg-1") is None
    story.add(assigned("mmg-1"), by("mmg-1"))
    assert ("backfill", 3, "CaseManagerAssigned") in rows(story, "mmg-1")
    assert set(story.tells(case_manager(), "mmg-1")) == {"person_id", "agency", "from_on"}
    story.add(unassigned(), by("mmg-1"))
    assert story.tells(case_manager(), "mmg-1") is None
    assert story.tells(closed(), "mmg-1") is None
    assert rows(story, "mmg-1")[-1][2] == "OperatorUnassigned"


def test_an_assignment_of_one_unit_is_none_of_another():
    story = Story(referral(), household(), assigned("asl", "asl-serd"))
    assert [unit for unit in UNITS if story.tells(case_manager(), unit)] == ["asl-serd"]


# --- the Comune ------------------------------------------------------------------------------------------


def test_a_transfer_is_told_to_the_two_comuni_and_to_no_third():
    for event in _transfer("comune-058047", COMUNE):
        story, fact = event
        shown = {r for r in (COMUNE, "comune-058047", "comune-058001", "comune") if story.shown(fact, r)}
        assert shown == {COMUNE, "comune-058047"}


def _transfer(to: str, away: str) -> list[tuple[Story, Any]]:
    story = Story(referral(), household())
    given = story.add(transferred(to, away))
    taken = story.add(accepted(given))
    return [(story, given), (story, taken)]


def test_a_transfer_is_told_to_who_has_an_operator_on_the_case():
    story = Story(referral(), household(), assigned("cpi"))
    assert set(story.tells(transferred("ats-2"), "cpi")) == {"to_agency", "effective_on"}
    assert story.tells(transferred("ats-2"), "ust") is None


def test_a_comune_that_the_household_has_left_is_told_nothing_further_once_the_other_has_accepted():
    story = Story(referral(), household())
    given = story.add(transferred("comune-058047", COMUNE, "RESIDENCE_CHANGED"))
    assert names(story, COMUNE) == {"Anna", "Bruno", "Carlo"}
    story.add(accepted(given))
    assert names(story, COMUNE) == set() and grounds(story.case, COMUNE) == frozenset()
    back = story.add(transferred(COMUNE, "comune-058047", "RESIDENCE_CHANGED"))
    story.add(accepted(back))
    assert names(story, COMUNE) == {"Anna", "Bruno", "Carlo"}


def test_the_comune_that_a_household_moves_to_is_told_of_it_once_it_has_accepted():
    story = Story(referral(), household())
    given = story.add(transferred("comune-058047", COMUNE, "RESIDENCE_CHANGED"))
    assert names(story, "comune-058047") == set()
    story.add(accepted(given))
    assert ("backfill", 2, "HouseholdCompositionRecorded") in rows(story, "comune-058047")
    assert names(story, "comune-058047") == {"Anna", "Bruno", "Carlo"}
    assert [names(story, other) for other in ("comune-058001", "comune", "ats-2")] == [set()] * 3


@pytest.mark.parametrize("reason", ["AMBITO_CHANGED", "OTHER"])
def test_a_competence_taken_for_another_reason_moves_no_residence(reason):
    story = Story(referral(), household())
    story.add(accepted(story.add(transferred("comune-058047", COMUNE, reason))))
    assert grounds(story.case, "comune-058047") == frozenset()
    assert grounds(story.case, COMUNE) == {("residence",)}


def test_a_comune_that_the_household_comes_back_to_is_told_what_it_missed():
    story = Story(referral(), household())
    story.add(accepted(story.add(transferred("comune-058047", COMUNE, "RESIDENCE_CHANGED"))))
    story.add(moved("RESIDENCE"))
    assert ("fact", 5, "HouseholdMemberChanged") not in rows(story, COMUNE)
    story.add(accepted(story.add(transferred(COMUNE, "comune-058047", "RESIDENCE_CHANGED"))))
    assert ("backfill", 5, "HouseholdMemberChanged") in rows(story, COMUNE)


def test_a_request_on_schooling_is_told_to_the_school_office_and_links_it_to_nothing():
    story = Story(referral(), household())
    told = story.tells(asked_school(), "ust", by(COMUNE))
    assert [pupil["name"] for pupil in told["minors"]] == ["Carlo"]
    assert grounds(story.case, "ust") == frozenset()
    assert story.tells(asked_school(), "ust-1", by(COMUNE)) is None
    assert story.tells(closed(), "ust") is None


def test_the_answer_on_schooling_is_told_to_the_comune_that_asked():
    story = Story(referral(), household())
    story.add(asked_school(), by(COMUNE))
    assert story.tells(schooled(), COMUNE, by("ust")) is not None
    assert story.tells(schooled("another"), COMUNE, by("ust")) is None
    assert story.tells(make(e.SchoolingVerified, verification_id=None), COMUNE, by("ust")) is None
    assert story.tells(schooled(), "comune-058047", by("ust")) is None
    assert story.tells(schooled(), "ats", by("ust")) is None


# --- PUC and supports ------------------------------------------------------------------------------------


def with_puc(*lines: object) -> Story:
    return Story(referral(), household(), updated(ANNA), draft(*lines), signed())


def test_the_holder_of_a_puc_is_told_who_is_assigned_to_it():
    story = with_puc(line("PUC", "puc-1", who=ANNA), line("PUC", "puc-2", who=BRUNO))
    assert names(story, "puc-1") == set()
    story.add(puc(ANNA))
    assert ("fact", 7, "PucAssigned") in rows(story, "puc-1") and names(story, "puc-1") == {"Anna"}
    assert ("backfill", 3, "ContactsUpdated") in rows(story, "puc-1")
    assert names(story, "puc-2") == set()
    assert story.tells(puc(ANNA, "second"), "puc-2") is None


def test_a_puc_that_two_holders_are_named_for_is_neithers():
    story = with_puc(line("PUC", "puc-1", who=ANNA), line("PUC", "puc-2", who=ANNA))
    assert [story.tells(puc(ANNA), holder) for holder in ("puc-1", "puc-2")] == [None, None]


def test_a_comune_is_told_of_the_assignments_to_its_own_puc_of_its_own_residents():
    ours = line("PUC", COMUNE, who=ANNA)
    assert with_puc(ours).tells(puc(ANNA), COMUNE) is not None
    assert with_puc(line("PUC", "puc-1", who=ANNA)).tells(puc(ANNA), COMUNE) is None
    elsewhere = Story(referral("058047"), household(), draft(ours), signed())
    assert elsewhere.tells(puc(ANNA), COMUNE) is None
    assert grounds(elsewhere.case, COMUNE) == frozenset()


def test_a_revision_that_moves_the_puc_ends_the_ground_of_the_former_holder():
    story = with_puc(line("PUC", "puc-1", who=ANNA))
    first = story.add(puc(ANNA))
    story.add(draft(line("PUC", "puc-2", who=ANNA), version=2))
    story.add(revised(2, DAY))
    assert names(story, "puc-1") == names(story, "puc-2") == set()
    # Nor does the new holder learn of an assignment that was to the other's.
    assert story.shown(first, "puc-2") is None and story.shown(first, "puc-1") is not None


def test_an_assignment_to_a_puc_that_is_over_tells_its_holder_nothing_further():
    story = with_puc(line("PUC", "puc-1", who=ANNA))
    story.add(puc(ANNA, end_on=DAY - timedelta(days=1)))
    assert names(story, "puc-1") == set()


def test_a_support_is_told_to_who_gives_it_until_its_end():
    story = Story(referral(), household(), activated("sil", ANNA), activated("ets-1", BRUNO))
    assert rows(story, "sil")[0] == ("backfill", 2, "HouseholdCompositionRecorded")
    assert names(story, "sil") == {"Anna"}
    assert [r for r in ("sil", "ets-1", "ets-11", "cpi") if story.shown(story.facts[2], r)] == ["sil"]
    assert story.tells(ended("sil"), "sil") is not None
    assert names(story, "sil") == set() and grounds(story.case, "sil") == frozenset()
    assert story.tells(ended("ets-1"), "sil") is None


def test_a_support_of_the_whole_household_puts_nobody_in_charge():
    assert names(Story(referral(), household(), activated("sil", None)), "sil") == set()


def test_a_support_of_one_unit_of_the_asl_is_told_to_no_other():
    story = Story(referral(), household())
    for unit in ("asl-serd", "asl-consultorio"):
        fact = story.add(activated(unit, code="PROT8.h"), by(unit))
        assert [each for each in UNITS if story.shown(fact, each)] == [unit]


def test_a_support_whose_provider_was_erased_is_told_to_nobody():
    story = everyone()
    fact = story.add(make(e.SupportActivated, provider=ERASED))
    assert [r for r in ("ats", "sil", "asl-serd", "cpi", "ets-1") if story.shown(fact, r)] == []


def test_who_has_no_contact_updated_is_reached_as_before():
    story = Story(referral(), household(member(ANNA), member(CARLO)), referred("cpi"))
    told = story.tells(updated(ANNA, contact("nuova@esempio.invalid")), "cpi")
    assert [each["value"] for each in told["contacts"]] == ["nuova@esempio.invalid"]
    assert story.tells(updated(CARLO), "cpi") is None
