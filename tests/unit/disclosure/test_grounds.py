"""Grounds in time: what one gained opens, what one lost stops, and what it all adds up to."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from domain import seats
from domain.case import events as e
from domain.case.events import MemberReferredToEmploymentService, PattoSigned
from domain.case.state import Case, evolve, fold
from domain.catalogue import CONTRACTS
from domain.contract import ERASED, contract_of, pattern
from domain.disclosure import (
    Had,
    agency_shown,
    disclose,
    entitled,
    grounds,
    masked,
    may_receive,
    order,
    readable,
    step,
)
from domain.disclosure.links import CHANGES_GROUNDS
from domain.disclosure.masks import services
from domain.fact import Fact, kind
from domain.protocol.events import ProtocolSigned, Signatory, WithdrawalReceived
from domain.protocol.state import fold as fold_protocol
from tests.unit.disclosure.story import (
    ANNA,
    BRUNO,
    CARLO,
    COMUNE,
    DAY,
    FAMILY,
    PATTO,
    RECIPIENTS,
    Story,
    absent,
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
    met,
    missed,
    read,
    referral,
    referred,
    signed,
    support,
    team,
    title,
    uid,
    unassigned,
)
from tests.unit.disclosure.worlds import fact_for

SEATS = ("cpi", "ust", "asl", "asl-serd", "ets-1")


def rows(story: Story, recipient: str) -> list[tuple[str, int, str]]:
    """What a recipient is told, in order: fact or backfill, the version of the fact, what it is."""
    told, had, case = [], Had(), Case()
    for fact in story.facts:
        before, case = case, evolve(case, fact)
        for each in step(before, case, fact, recipient, had):
            told.append(("backfill" if each.backfill else "fact", each.fact.version, title(each.fact.event)))
    return told


# --- gained ----------------------------------------------------------------------------------------------


def test_a_referral_opens_the_earlier_facts_on_the_member_in_their_order():
    story = Story(
        referral(),
        household(),
        condition("EMPLOYED", BRUNO),
        condition("EMPLOYED", ANNA),
        condition("ONCOLOGICAL", ANNA),
        evaluated("EMPLOYED"),
        referred("cpi", ANNA),
    )
    assert rows(story, "cpi") == [
        ("backfill", 2, "HouseholdCompositionRecorded"),
        ("backfill", 4, "MemberConditionRecorded"),
        ("backfill", 6, "ObligationEvaluated"),
        ("fact", 7, "MemberReferredToEmploymentService"),
    ]
    assert rows(story, "cpi-2") == rows(story, "accreditato-1") == []


def test_a_referral_goes_to_the_office_that_it_names():
    story = Story(referral(), household(), referred("cpi-2", ANNA))
    assert rows(story, "cpi") == rows(story, "cpi-22") == []
    assert [version for _, version, _ in rows(story, "cpi-2")] == [2, 3]


def test_a_second_referral_opens_the_second_member_and_keeps_the_first():
    story = Story(referral(), household(), referred("cpi", ANNA), condition("EMPLOYED", BRUNO))
    story.add(referred("cpi", BRUNO))
    assert rows(story, "cpi")[2:] == [
        ("backfill", 2, "HouseholdCompositionRecorded"),
        ("backfill", 4, "MemberConditionRecorded"),
        ("fact", 5, "MemberReferredToEmploymentService"),
    ]
    shown = entitled(story.facts, "cpi")[story.facts[1].event_id]
    assert [m["name"] for m in read(story.facts[1], shown)["members"]] == ["Anna", "Bruno"]


def test_a_seat_in_the_team_opens_the_needs_of_its_areas():
    story = Story(referral(), household(), analysis(), team(component("ust"), component("cpi")))
    assert rows(story, "ust") == [
        ("backfill", 3, "PreliminaryAnalysisCompleted"),
        ("fact", 4, "EquipeFormed"),
    ]
    assert rows(story, "sil") == []


def test_a_signed_line_opens_its_draft_and_the_pupil_it_is_about():
    story = Story(referral(), household(), analysis(), draft(line("SCHOOLING", "ust", CARLO)), signed())
    assert rows(story, "ust") == [
        ("backfill", 2, "HouseholdCompositionRecorded"),
        ("backfill", 4, "PattoDrafted"),
        ("fact", 5, "PattoSigned"),
    ]
    assert rows(Story(*[fact.event for fact in story.facts[:4]]), "ust") == []


def test_a_draft_is_told_at_once_to_an_office_that_is_in_the_case_already():
    story = Story(referral(), household(), team(component("ust")), draft(line("SCHOOLING", "ust", CARLO)))
    assert rows(story, "ust")[-1] == ("fact", 4, "PattoDrafted")


def test_a_schooling_line_about_an_adult_opens_no_pupil():
    story = Story(referral(), household(), draft(line("SCHOOLING", "ust", ANNA)), signed())
    assert [what for _, _, what in rows(story, "ust")] == ["PattoDrafted", "PattoSigned"]


def test_a_pupil_who_joins_the_household_later_is_known_from_then_on():
    story = Story(referral(), household(*FAMILY[:2]), draft(line("SCHOOLING", "ust", CARLO)), signed())
    story.add(household(*FAMILY))
    assert rows(story, "ust")[-1] == ("fact", 5, "HouseholdCompositionRecorded")
    assert 2 not in [version for _, version, _ in rows(story, "ust")]


def test_a_pupil_who_has_come_of_age_is_no_longer_told_of():
    story = Story(referral(), household(), draft(line("SCHOOLING", "ust", CARLO)), signed())
    story.add(replace(household(), verified_on=date(2033, 1, 1)))
    assert 5 not in [version for _, version, _ in rows(story, "ust")]


def test_a_member_whose_birth_date_was_erased_is_no_pupil():
    gone = replace(FAMILY[2], birth_date=ERASED, name=ERASED)
    story = Story(referral(), household(*FAMILY[:2], gone), draft(line("SCHOOLING", "ust", CARLO)), signed())
    assert "HouseholdCompositionRecorded" not in [what for _, _, what in rows(story, "ust")]


def test_the_comune_of_residence_is_told_of_its_residents_from_the_start():
    story = Story(referral(), household(), analysis(), household())
    assert rows(story, COMUNE) == [
        ("fact", 2, "HouseholdCompositionRecorded"),
        ("fact", 4, "HouseholdCompositionRecorded"),
    ]
    for other in ("comune-058047", "comune", "comune-05809", "comune-0580911", "comune-"):
        assert rows(story, other) == []


def test_a_provided_support_links_a_third_sector_body_to_the_case():
    story = Story(referral(), household(), draft(supports=(support("ets-1"),)), signed())
    assert [version for _, version, _ in rows(story, "ets-1")] == [3, 4]
    assert rows(story, "ets-11") == rows(story, "ets") == []


def test_a_backfill_repeats_nothing_that_the_recipient_has():
    story = Story(
        referral(), household(), referred("cpi"), team(component("cpi")), draft(line("TRAINING", "cpi"))
    )
    story.add(signed())
    versions = [version for _, version, _ in rows(story, "cpi")]
    assert len(versions) == len(set(versions))


def test_a_backfill_is_masked_as_the_case_is_now():
    story = Story(referral(), household(), referred("cpi", ANNA), condition("GENDER_VIOLENCE_PATH", ANNA))
    story.add(referred("cpi", BRUNO))
    *_, last = [shown for shown in _steps(story, "cpi") if shown[0] == 2]
    told = {m["name"]: m for m in last[1]["members"]}
    assert set(told) == {"Anna", "Bruno"} and told["Anna"]["contacts"] == []


def test_a_value_shown_in_place_of_another_is_not_uncovered_by_a_backfill():
    story = Story(referral(), household(), team(component("cpi"), component("asl-serd", "SPECIALIST")))
    story.add(referred("cpi"))
    assert "serd" not in str(_steps(story, "cpi")).lower()


def _steps(story: Story, recipient: str) -> list[tuple[int, Any]]:
    told, had, case = [], Had(), Case()
    for fact in story.facts:
        before, case = case, evolve(case, fact)
        for each in step(before, case, fact, recipient, had):
            told.append((each.fact.version, read(each.fact, each.shown)))
    return told


# --- lost ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("recipient", SEATS)
def test_a_closed_case_tells_its_end_and_nothing_further(recipient):
    story = everyone()
    story.add(closed())
    ends = len(story.facts)
    for event in (household(), evaluated(), condition("EMPLOYED"), decurtazione(), missed(recipient)):
        story.add(event, by(recipient))
    versions = [version for _, version, _ in rows(story, recipient)]
    assert max(versions) == ends and grounds(story.case, recipient) == frozenset()


def test_a_team_that_takes_the_place_of_another_tells_those_who_left_nothing_further():
    story = Story(referral(), household(), team(component("ust"), component("cpi")))
    story.add(team(component("cpi"), name="second team"))
    story.add(analysis())
    assert [version for _, version, _ in rows(story, "ust")] == [3]
    assert [version for _, version, _ in rows(story, "cpi")] == [3, 4, 5]


def test_a_new_version_of_the_patto_without_a_line_ends_the_ground_of_that_line():
    story = Story(referral(), household(), draft(line("SCHOOLING", "ust", CARLO)), signed())
    before = rows(story, "ust")
    story.add(draft(line("TRAINING", "cpi"), version=2))
    story.add(signed(2, DAY + timedelta(days=30)))
    story.add(household())
    story.add(closed())
    assert rows(story, "ust") == before


def test_two_versions_signed_on_one_day_leave_the_last_in_force():
    story = Story(referral(), household(), draft(line("SCHOOLING", "ust", CARLO)), signed())
    story.add(draft(version=2))
    story.add(signed(2))
    assert grounds(story.case, "ust") == frozenset()


def test_a_signed_patto_whose_draft_was_voided_gives_no_ground():
    story = Story(referral(), household(), draft(line("SCHOOLING", "ust", CARLO)), signed())
    story.add(correction(story.facts[2], voids=True))
    assert grounds(story.case, "ust") == frozenset()


def test_the_end_of_an_assignment_is_told_to_the_agency_whose_it_was():
    story = everyone()
    story.add(assigned("cpi"), by("cpi"))
    story.add(unassigned(), by("cpi"))
    assert [what for _, _, what in rows(story, "cpi")][-2:] == ["OperatorAssigned", "OperatorUnassigned"]
    assert "OperatorUnassigned" not in [what for _, _, what in rows(story, "ust")]


# --- the protocol ----------------------------------------------------------------------------------------


def protocol(*told: Any) -> Any:
    return fold_protocol(Story(*told, recorder=by("ats")).facts)


def signs(name: str, *agencies: str, on_withdrawal: str = "SIGNATORY_LEAVES") -> ProtocolSigned:
    bodies = tuple(make(Signatory, agency=agency) for agency in agencies)
    return make(ProtocolSigned, protocol_id=uid(name), signatories=bodies, on_withdrawal=on_withdrawal)


def withdraws(agency: str, name: str = "first") -> WithdrawalReceived:
    return make(WithdrawalReceived, protocol_id=uid(name), agency=agency, effective_on=DAY)


def test_a_body_that_withdraws_receives_until_the_day_before_and_its_units_with_it():
    left = protocol(signs("first", "cpi", "ust", "asl"), withdraws("asl"))
    assert may_receive(left, "asl-serd", DAY - timedelta(days=1))
    assert not may_receive(left, "asl-serd", DAY) and not may_receive(left, "asl", DAY)
    assert may_receive(left, "ust", DAY)


def test_a_protocol_that_ends_for_all_ends_for_all():
    ended = protocol(signs("first", "cpi", "ust", on_withdrawal="PROTOCOL_ENDS"), withdraws("ust"))
    assert not any(may_receive(ended, recipient, DAY) for recipient in RECIPIENTS)


def test_a_body_that_withdrew_receives_again_only_once_it_signs_anew():
    without = protocol(signs("first", "cpi", "ust"), withdraws("ust"), signs("second", "cpi", "asl"))
    assert not may_receive(without, "ust", DAY) and may_receive(without, "cpi", DAY)
    again = protocol(signs("first", "cpi", "ust"), withdraws("ust"), signs("second", "cpi", "ust"))
    assert may_receive(again, "ust", DAY)


def test_a_body_that_never_signed_is_a_matter_of_its_enrolment():
    assert may_receive(protocol(signs("first", "cpi", "ust")), "inps", DAY)
    assert may_receive(protocol(), "cpi", DAY)


# --- what it adds up to ----------------------------------------------------------------------------------


def random_life(seed: int) -> Story:
    """A history that need not be a plausible one: grounds come and go in any order."""
    rng = Random(seed)
    story = Story(referral(rng.choice(("058091", "058047"))), household())
    version, last = 0, DAY
    for _ in range(rng.randint(5, 40)):
        seats = rng.sample(("cpi", "ust", "asl", "asl-serd", "mmg-1", "ets-1", "sil", "ets-cav"), 3)
        agency = rng.choice(SEATS)
        person, office = rng.choice((ANNA, BRUNO)), rng.choice(("cpi", "accreditato-1"))
        told: list[tuple[Any, str]] = [
            (household(*rng.sample(FAMILY, rng.randint(1, 3))), "servizio-sociale"),
            (condition(rng.choice(CONDITIONS), person), agency),
            (evaluated("EMPLOYED", "ONCOLOGICAL", who=person), "system"),
            (referred(office, person), "servizio-sociale"),
            (analysis(), "servizio-sociale"),
            (team(*map(component, seats), name=str(rng.random())), "servizio-sociale"),
            (convoked(ANNA, BRUNO), "servizio-sociale"),
            (absent(), "servizio-sociale"),
            (met("CPI"), agency),
            (missed(agency, ascertained=rng.choice((DAY, None))), agency),
            (decurtazione(rng.choice(("INPS", "CPI"))), rng.choice(("inps", "cpi"))),
            (assigned(agency, name=str(rng.random())), agency),
        ]
        if rng.random() < 0.25:
            version, last = version + 1, last + timedelta(days=rng.randint(0, 9))
            lines = [line(rng.choice(("SCHOOLING", "HEALTH", "TRAINING")), seat, CARLO) for seat in seats]
            story.add(draft(*lines, supports=tuple(map(support, seats)), version=version))
            if rng.random() < 0.7:
                story.add(signed(version, last))
        elif rng.random() < 0.03:
            story.add(closed())
        elif rng.random() < 0.4:
            fact_for(story, rng.choice(ANY), rng.choice(RECIPIENTS), own=rng.random() < 0.7)
        else:
            event, recorder = rng.choice(told)
            story.add(event, by(recorder))
    return story


ANY = [
    contract
    for contract in CONTRACTS.values()
    if contract.name.startswith("adi.case.")
    and contract.type not in (e.CaseReferred, e.CaseClosed, e.EventCorrected, e.PersonalDataErased)
]

CONDITIONS = ("EMPLOYED", "REGULAR_STUDY", "DISABILITY_L68", "ONCOLOGICAL", "GENDER_VIOLENCE_PATH")


def by_hand(story: Story, recipient: str) -> dict[UUID, frozenset[str]]:
    """What stepwise disclosure gives, from the door alone: a fact when it comes, all when a ground does."""
    held: dict[UUID, frozenset[str]] = {}
    for count, fact in enumerate(story.facts, start=1):
        case = fold(story.facts[:count])
        gained = grounds(case, recipient) - grounds(fold(story.facts[: count - 1]), recipient)
        for known in story.facts[:count] if gained else [fact]:
            shown, had = disclose(known, case, recipient), held.get(known.event_id)
            if shown is not None and (had is None or not shown.paths <= had):
                union = replace(shown, paths=shown.paths | (had or frozenset()))
                held[known.event_id] = masked(union, known, case, recipient).paths
    return held


SEEDS = range(30)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_a_recipient_is_entitled_to_is_what_stepwise_disclosure_gives(seed):
    story = random_life(seed)
    for recipient in RECIPIENTS:
        told = {event_id: shown.paths for event_id, shown in entitled(story.facts, recipient).items()}
        assert told == by_hand(story, recipient), recipient


def test_no_random_life_shows_a_recipient_a_field_outside_its_cell():
    for seed in SEEDS:
        story = random_life(seed)
        events = {fact.event_id: fact.event for fact in story.facts}
        for recipient in RECIPIENTS:
            for event_id, shown in entitled(story.facts, recipient).items():
                contract = contract_of(events[event_id])
                cell = contract.cell(kind(recipient))
                assert cell is not None
                fields = contract.in_full if shown.level == "F" else cell.fields
                outside = {p for p in map(pattern, shown.paths) if not _within(p, fields)}
                assert not outside, (contract.name, recipient)


def _within(path: str, fields: tuple[str, ...]) -> bool:
    return any(path == field or path.startswith((f"{field}.", f"{field}[")) for field in fields)


def test_no_random_life_tells_a_unit_of_the_asl_what_another_did():
    """Of what a unit recorded, was sent, or gives, no other unit is told; nor is any named to it."""
    for seed in SEEDS:
        story = random_life(seed)
        for unit, other in (("asl", "serd"), ("asl-npi", "serd"), ("asl-serd", "npi")):
            for event_id, shown in entitled(story.facts, unit).items():
                fact = next(f for f in story.facts if f.event_id == event_id)
                told = str(read(fact, shown)).lower()
                assert other not in told and agency_shown(fact, unit) != f"asl-{other}", title(fact.event)
                assert (
                    fact.recorder.seat in (unit, "asl")
                    or kind(fact.recorder.seat) != "asl"
                    or (not isinstance(fact.event, OWN_ACTS))
                )


OWN_ACTS = (
    e.SpecialistReferralAnswered,
    e.HealthAttendanceConfirmed,
    e.CommitmentFulfilled,
    e.MemberConditionRecorded,
)


def leaks(seed: int) -> list[str]:
    """Words that the school office must never read, found in what it is told of a random life."""
    story = random_life(seed)
    told = " ".join(
        str(_steps(story, "ust")).lower().replace(str(value).lower(), "") for value in (CARLO, PATTO)
    )
    return [word for word in ("serd", "'asl'", "cav", "health", "oncolog", "@esempio") if word in told]


def test_no_random_life_tells_the_school_office_of_a_health_service():
    assert [leaks(seed) for seed in SEEDS] == [[]] * len(SEEDS)


def test_a_control_where_the_mask_of_the_team_is_taken_away_is_caught(monkeypatch):
    monkeypatch.setattr(services, "_components", lambda name, components, recipient: iter(()))
    assert any("serd" in leaks(seed) for seed in SEEDS) and any("cav" in leaks(seed) for seed in SEEDS)


def test_a_control_where_lines_are_everyones_is_caught(monkeypatch):
    monkeypatch.setattr(seats, "is_seat", lambda recipient, agency, unit=None: isinstance(agency, str))
    assert any(leaks(seed) for seed in SEEDS)


def test_a_control_where_a_ground_gained_opens_nothing_is_caught(monkeypatch):
    monkeypatch.setattr(order, "CHANGES_GROUNDS", (PattoSigned,))
    wrong = 0
    for seed in SEEDS:
        story = random_life(seed)
        told = {e: s.paths for e, s in entitled(story.facts, "cpi").items()}
        wrong += told != by_hand(story, "cpi")
    assert wrong


def test_every_event_that_changes_a_ground_is_named():
    for seed in SEEDS:
        case = Case()
        for fact in random_life(seed).facts[1:]:
            before, case = case, evolve(case, fact)
            for recipient in RECIPIENTS if before.referral else ():
                gained = grounds(case, recipient) - grounds(before, recipient)
                assert not gained or isinstance(fact.event, CHANGES_GROUNDS), title(fact.event)


def test_what_is_read_now_is_never_more_than_what_was_told():
    for seed in SEEDS:
        story = random_life(seed)
        for recipient in ("ats", "cpi", COMUNE):
            told = entitled(story.facts, recipient)
            for event_id, shown in readable(story.facts, recipient).items():
                assert shown.paths <= told[event_id].paths


def test_a_correction_known_from_the_start_gives_what_the_right_facts_give():
    story = Story(referral("058047"), household(), referred("cpi"), condition("EMPLOYED"))
    story.add(correction(story.facts[0], residence_comune="058091"))
    story.add(
        correction(story.facts[1], members=(member(ANNA, contacts=(contact("nuova@esempio.invalid"),)),))
    )
    right = Story(referral(), household(member(ANNA)), referred("cpi"), condition("EMPLOYED"))
    for recipient in RECIPIENTS:
        assert entitled(story.facts, recipient) == entitled(right.facts, recipient)


def test_facts_that_name_an_office_are_the_grounds_that_they_give():
    fact: Fact[Any] = Story(referral(), household(), referred("cpi")).facts[2]
    assert isinstance(fact.event, MemberReferredToEmploymentService)
    case = Story(referral(), household(), referred("cpi")).case
    assert grounds(case, "cpi") == {("referral", ANNA)}
    assert grounds(case, COMUNE) == {("residence",)}
