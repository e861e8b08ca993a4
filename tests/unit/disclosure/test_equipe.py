"""The équipe and the patto: seats gained and lost, invitations, own areas and own lines."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.case import events as e
from domain.disclosure import grounds
from tests.unit.disclosure.story import (
    CARLO,
    DAY,
    PATTO,
    Story,
    analysis,
    by,
    closed,
    component,
    draft,
    everyone,
    framework,
    household,
    invitee,
    line,
    make,
    moved,
    read,
    referral,
    replied,
    reviewed,
    revised,
    sat,
    signed,
    sitting,
    support,
    team,
    team_changed,
    uid,
)
from tests.unit.disclosure.test_grounds import rows
from tests.unit.disclosure.test_services import UNITS

SCHOOL = uid("component of ust")


def test_who_enters_the_equipe_is_told_of_it_and_of_what_its_seat_opens():
    story = Story(referral(), household(), analysis(), team(component("cpi")), sat())
    story.add(team_changed(component("ust")))
    assert rows(story, "ust") == [
        ("backfill", 3, "PreliminaryAnalysisCompleted"),
        ("backfill", 5, "EquipeMet"),
        ("fact", 6, "EquipeChanged"),
    ]
    assert rows(story, "cpi")[-1] == ("fact", 6, "EquipeChanged")


def test_who_leaves_the_equipe_is_told_nothing_further_not_even_the_change():
    story = Story(referral(), household(), team(component("ust"), component("cpi")))
    story.add(team_changed(removed=(SCHOOL,)))
    story.add(sat())
    story.add(analysis())
    story.add(closed())
    assert rows(story, "ust") == [("fact", 3, "EquipeFormed")]
    assert [version for _, version, _ in rows(story, "cpi")] == [3, 4, 5, 6, 7]
    assert grounds(story.case, "ust") == frozenset()


def test_who_has_left_the_equipe_is_not_told_of_its_forming_by_another_ground():
    story = Story(referral(), household(), team(component("ust")), team_changed(removed=(SCHOOL,)))
    assert story.shown(story.facts[2], "ust") is None


@pytest.mark.parametrize("build", [lambda: team_changed(name="another"), lambda: make(e.EquipeMet)])
def test_a_seat_in_one_equipe_tells_nothing_of_another(build):
    assert everyone().tells(build(), "cpi") is None


def test_one_unit_of_the_asl_that_leaves_takes_no_other_with_it():
    story = Story(referral(), household(), team(component("asl-serd"), component("asl-consultorio")))
    story.add(team_changed(removed=(uid("component of asl-serd"),)))
    assert [unit for unit in UNITS if story.tells(sat(), unit)] == ["asl-consultorio"]


# --- invitations -----------------------------------------------------------------------------------------


def test_an_invitation_is_told_to_who_is_invited():
    story = everyone()
    fact = story.add(sitting(invitee("cpi"), invitee("asl-serd")), by("ats"))
    seats = ("cpi", "cpi-1", "ust", "ets-1", "mmg-1", *UNITS)
    assert [seat for seat in seats if story.shown(fact, seat)] == ["cpi", "asl-serd"]
    for seat in ("cpi", "asl-serd"):
        assert "invitees" not in read(fact, story.shown(fact, seat))


def test_an_answer_is_told_to_whose_person_was_invited():
    story = everyone()
    story.add(sitting(invitee("cpi"), invitee("asl-serd")), by("ats"))
    for seat in ("cpi", "asl-serd"):
        fact = story.add(replied(seat), by(seat))
        assert [r for r in ("cpi", "ust", *UNITS) if story.shown(fact, r)] == [seat]
    assert story.tells(replied("ust"), "ust", by("ust")) is None
    assert story.tells(replied("cpi", session_id=uid("another")), "cpi", by("cpi")) is None


# --- own areas -------------------------------------------------------------------------------------------


def test_of_a_framework_a_seat_reads_the_areas_assigned_to_it():
    story = everyone()
    fact = story.add(framework(("WORK", "cpi"), ("SCHOOLING", "ust"), ("HEALTH", "asl-serd")))
    for seat, area in (("cpi", "WORK"), ("ust", "SCHOOLING"), ("asl-serd", "HEALTH")):
        told = read(fact, story.shown(fact, seat))["areas"]
        assert [row["area"] for row in told] == [area]
        assert set(told[0]) == {"need_id", "member_id", "area", "needs"}
    assert story.shown(fact, "asl") is None


@pytest.mark.parametrize("area", ["HEALTH", "CARE", "salute mentale"])
def test_an_area_of_health_is_read_by_the_asl_alone_whoever_it_is_assigned_to(area):
    assert everyone().tells(framework((area, "cpi")), "cpi") is None
    told = everyone().tells(framework((area, "cpi"), ("WORK", "cpi")), "cpi")
    assert [row["area"] for row in told["areas"]] == ["WORK"]
    assert everyone().tells(framework((area, "asl-serd")), "asl-serd") is not None


def test_of_a_framework_who_does_not_sit_in_the_equipe_reads_nothing():
    story = Story(referral(), household(), team(component("cpi")))
    assert story.tells(framework(("SCHOOLING", "ust")), "ust") is None


# --- the lines of a revised patto ------------------------------------------------------------------------


def revised_from(before: object, after: object) -> Story:
    return Story(referral(), household(), draft(before), signed(), draft(after, version=2), revised())


SCHOOLING, TRAINING = line("SCHOOLING", "ust", CARLO), line("TRAINING", "cpi")


def test_a_revision_is_told_to_who_has_a_line_in_either_version():
    story = revised_from(SCHOOLING, TRAINING)
    assert rows(story, "ust")[-1] == ("fact", 6, "PattoRevised")
    assert rows(story, "cpi") == [("backfill", 5, "PattoDrafted"), ("fact", 6, "PattoRevised")]
    assert rows(story, "ets-1") == []


def test_a_revision_without_its_lines_ends_the_ground_of_an_office():
    story = revised_from(SCHOOLING, TRAINING)
    before = rows(story, "ust")
    for event in (household(), reviewed(2), closed()):
        story.add(event)
    assert rows(story, "ust") == before
    assert grounds(story.case, "ust") == frozenset()
    assert ("fact", 8, "MonitoringReviewHeld") in rows(story, "cpi")


def test_a_review_is_told_to_who_has_a_line_in_that_version():
    story = Story(referral(), household(), draft(SCHOOLING, supports=(support("sil"),)), signed())
    assert [r for r in ("ust", "cpi", "sil", *UNITS) if story.tells(reviewed(), r)] == ["ust", "sil"]
    # The SIL, also of what it held itself.
    assert story.tells(reviewed(7), "sil", by("sil")) is not None
    assert story.tells(reviewed(7), "ust", by("sil")) is None


def test_a_pupil_who_has_left_the_household_is_a_pupil_no_more():
    story = Story(referral(), household(), draft(SCHOOLING), signed())
    assert ("pupil", CARLO) in grounds(story.case, "ust")
    story.add(moved("LEFT", CARLO))
    assert grounds(story.case, "ust") == {("line", PATTO, 1)}
    assert story.shown(story.facts[1], "ust") is None


def test_a_pupil_who_comes_back_is_told_of_again():
    story = Story(referral(), household(), moved("LEFT", CARLO), draft(SCHOOLING), signed())
    assert "HouseholdCompositionRecorded" not in [what for _, _, what in rows(story, "ust")]
    back = moved("JOINED", CARLO)
    story.add(replace(back, effective_on=DAY + timedelta(days=30)))
    assert rows(story, "ust")[-1] == ("backfill", 2, "HouseholdCompositionRecorded")


def test_a_patto_that_names_a_holder_of_puc_is_told_to_it():
    story = Story(referral(), household(), draft(line("PUC", "puc-1")), signed())
    assert story.shown(story.facts[3], "puc-1") and not story.shown(story.facts[3], "puc-2")
    story.add(draft(version=2))
    assert story.tells(revised(), "puc-1") is not None
    assert grounds(story.case, "puc-1") == frozenset()
