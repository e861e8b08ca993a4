"""The indicators of the Tavolo, each on a history small enough to be counted by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from domain.case import events as e
from domain.case.parts import ExpectedResult, Invitee, ReviewedResult
from domain.contract import cut, decode, encode, leaves
from domain.fact import Fact
from domain.indicators.formulas import INDICATORS
from domain.indicators.observations import observations
from domain.indicators.period import Period
from tests.telling import AMBITO, ASL, CLOCK, CPI, INPS, SERD, SOCIAL_WORKER, UST, Said, facts_of, id_of, said
from tests.unit.case.world import (
    ABSENT,
    ANALYSIS,
    CLOSED,
    CONVOKED,
    DELIVERED,
    DRAFTED,
    EVALUATED,
    HELD,
    HUSBAND,
    MISSED,
    MOTHER,
    NO_CPI,
    OPENED,
    PATTO,
    REPORT,
    SENT_TO_CPI,
    SIGNED,
    SON,
    TEAM,
    asked,
    day,
    decided,
    decurtazione,
    evaluated,
    hour,
    inps_report,
    new,
    submitted,
)
from tests.unit.indicators.counting import YEAR, figures

pytestmark = pytest.mark.unit

PAD = e.PadSigned(signed_on=day(1, 13), signatory_member_id=MOTHER.member_id, siisl_ref="SIISL-PAD")
"""D1 is due on 13 May 2025."""

FIRST_HALF = Period(date(2025, 1, 1), date(2025, 6, 30))


def at(days: dict[type, date], *told: Any, known: date | None = None) -> list[Fact[Any]]:
    """A history, facts of some kinds learnt on a day."""
    facts = facts_of(*told)
    return [replace(f, known_on=days.get(type(f.event), known or f.known_on)) for f in facts]


# --- I1 to I5 ----------------------------------------------------------------------------------------------


def test_a_first_meeting_is_in_time_up_to_the_last_day_of_d1() -> None:
    for held_on, in_time in ((day(5, 13), 1), (day(5, 14), 0)):
        held = replace(HELD, held_on=held_on)
        found = figures("first_meeting_in_term", facts_of(*OPENED, PAD, CONVOKED, DELIVERED, held))
        assert found == {None: (in_time, in_time, 1), "NUCLEO": (in_time, in_time, 1)}


def test_a_meeting_that_nobody_convoked_to_counts_as_the_duty_of_the_services() -> None:
    found = figures("first_meeting_in_term", facts_of(*OPENED, PAD))
    assert found == {None: (0, 0, 1), "SERVIZI": (0, 0, 1)}


def test_d1_counts_where_it_runs_out_and_of_a_closed_case_only_if_it_was_kept() -> None:
    march = Period(date(2025, 1, 1), date(2025, 3, 31))
    closed = replace(CLOSED, closed_on=day(5, 13))
    assert figures("first_meeting_in_term", facts_of(*OPENED, PAD), period=march)[None] == (None, 0, 0)
    assert figures("first_meeting_in_term", facts_of(*OPENED, PAD, closed))[None] == (None, 0, 0)
    assert figures("first_meeting_in_term", facts_of(*OPENED, PAD, HELD, closed))[None] == (1, 1, 1)
    after = replace(CLOSED, closed_on=day(5, 14))
    assert figures("first_meeting_in_term", facts_of(*OPENED, PAD, after))[None] == (0, 0, 1)


def sospensione(name: str = "sospensione", **more: Any) -> e.SospensioneOrdered:
    as_the_other = decurtazione()
    same = {
        field: getattr(as_the_other, field)
        for field in ("legal_ref", "authority", "act_ref", "motivation", "affected_scope", "remedies")
    }
    stated = {"measure_id": new(name), "infraction_refs": (), "ordered_on": day(6, 3)}
    return e.SospensioneOrdered(**same | stated | {"suspended_from_month": "2025-07"} | more)


def test_a_suspension_with_no_convocation_delivered_by_d1_is_a_gap_of_the_services() -> None:
    late = replace(DELIVERED, delivered_at=hour(5, 14))
    gap = facts_of(*OPENED, PAD, CONVOKED, late, sospensione())
    no_gap = facts_of(*OPENED, PAD, CONVOKED, DELIVERED, sospensione())
    assert figures("suspended_without_convocation", gap) == {None: (1, 1, 1)}
    assert figures("suspended_without_convocation", gap, no_gap, no_gap) == {None: (0.3333, 1, 3)}
    assert figures("suspended_without_convocation", facts_of(*OPENED, sospensione()))[None] == (0, 0, 1)
    assert figures("suspended_without_convocation", facts_of(*OPENED, PAD, decurtazione()))[None][2] == 0


def test_days_to_the_first_convocation_are_from_the_pad_to_the_first_one_sent() -> None:
    again = replace(CONVOKED, convocation_id=new("another"), sent_at=hour(3, 1))
    first = facts_of(*OPENED, PAD, CONVOKED, again)
    second = facts_of(*OPENED, replace(PAD, signed_on=day(1, 23)), again)
    assert figures("days_to_first_convocation", first) == {None: (14, None, 1)}
    assert figures("days_to_first_convocation", first, second) == {None: ((14 + 37) / 2, None, 2)}
    before = facts_of(*OPENED, replace(PAD, signed_on=day(1, 28)), CONVOKED)
    assert figures("days_to_first_convocation", before, facts_of(*OPENED, PAD)) == {None: (None, None, 0)}


def test_days_to_the_patto_are_from_the_first_meeting_at_the_services_to_the_first_signature() -> None:
    at_cpi = replace(HELD, appointment_id=new("cpi"), seat="CPI", held_on=day(1, 20))
    again = replace(PATTO, version=2, signed_on=day(4, 1))
    assert figures("days_meeting_to_patto", facts_of(at_cpi, *SIGNED, again)) == {None: (28, None, 1)}
    assert figures("days_meeting_to_patto", facts_of(*OPENED, HELD)) == {None: (None, None, 0)}


def test_the_rate_of_equipes_is_of_cases_analysed_once_each() -> None:
    again = replace(ANALYSIS, analysis_id=new("again"), completed_on=day(9, 1))
    with_team = facts_of(*OPENED, HELD, ANALYSIS, TEAM, again)
    assert figures("equipe_formed", with_team, facts_of(*OPENED, ANALYSIS)) == {None: (0.5, 1, 2)}


# --- the équipe: I6, I7 ------------------------------------------------------------------------------------


def sitting(name: str, *invited: Any, on: datetime | None = None) -> e.EquipeConvoked:
    return e.EquipeConvoked(
        session_id=new(name),
        slot="1",
        team_id=TEAM.team_id,
        meeting_at=on or hour(4, 2),
        seat="una sede",
        invitees=tuple(Invitee(person_id=by.person, agency=by.agency, unit=by.unit) for by in invited),
        channel="EMAIL",
        attachment="ESTRATTO",
        attachment_visibility_profile="1",
    )


def met(name: str, *present: Any) -> e.EquipeMet:
    people = tuple(getattr(who, "person", who) for who in present)
    return e.EquipeMet(
        session_id=new(name), team_id=TEAM.team_id, held_on=day(4, 2), present=people, minutes_ref="v/1"
    )


def test_attendance_is_by_agency_and_no_unit_of_the_asl_shows() -> None:
    unit = replace(SERD, agency="asl-serd")
    facts = facts_of(
        *OPENED,
        sitting("one", CPI, ASL, unit, UST),
        met("one", CPI, unit),
        sitting("two", CPI, UST, on=hour(4, 9)),
        met("two", UST),
    )
    assert figures("attendance", facts) == {
        None: (0.6, 3, 5),
        "asl": (1, 1, 1),
        "cpi": (0.5, 1, 2),
        "ust": (0.5, 1, 2),
    }


def test_a_substitute_stands_for_the_agency_and_a_sitting_never_held_was_attended_by_nobody() -> None:
    answer = e.EquipeInviteAnswered(
        session_id=new("one"),
        team_id=TEAM.team_id,
        person_id=CPI.person,
        agency="cpi",
        answer="SUBSTITUTE",
        substitute_person_id=new("colleague"),
        answered_on=day(4, 1),
    )
    facts = facts_of(*OPENED, sitting("one", CPI), said(CPI, answer), met("one", new("colleague")))
    assert figures("attendance", facts)["cpi"] == (1, 1, 1)
    assert figures("attendance", facts_of(*OPENED, sitting("one", CPI)))["cpi"] == (0, 0, 1)


def test_an_equipe_counts_with_the_roles_that_it_lacks_now() -> None:
    lacking = replace(TEAM, missing_roles=(NO_CPI,))
    changed = e.EquipeChanged(
        team_id=TEAM.team_id,
        added=(),
        removed=(),
        missing_roles=(),
        reason="è arrivato",
        effective_on=day(5, 2),
        communicated_on=day(5, 2),
    )
    assert figures("core_roles", facts_of(*OPENED, TEAM), facts_of(*OPENED, lacking)) == {None: (0.5, 1, 2)}
    assert figures("core_roles", facts_of(*OPENED, lacking, changed)) == {None: (1, 1, 1)}


# --- the CPI and the updates: I8, I9 -----------------------------------------------------------------------

CALLED = e.MemberConvokedByCpi(
    convocation_id=new("cpi"),
    member_id=MOTHER.member_id,
    appointment_at=hour(3, 20),
    place="CPI",
    channel="EMAIL",
    contact_used="a@example.org",
    text_ref="1",
    text_hash="0" * 64,
    language="it",
    sent_at=hour(3, 10),
    warning_text_version="1",
)
PSP = e.ServicePattoSigned(
    member_id=MOTHER.member_id,
    psp_id=new("psp"),
    signed_on=day(4, 22),
    actions=(),
    contact_frequency="mensile",
    operator_id=CPI.person,
)
RETURNED = e.ReferralReturned(
    referral_id=SENT_TO_CPI.referral_id,
    member_id=MOTHER.member_id,
    returned_on=day(3, 1),
    reason="NOT_COMPETENT",
)
REFERRED_ON = (*EVALUATED, SENT_TO_CPI)
"""The 60 days of 21 February run out on 22 April."""


def test_a_service_patto_on_the_sixtieth_day_is_in_time() -> None:
    on_time = facts_of(*REFERRED_ON, said(CPI, CALLED), said(CPI, PSP))
    late = facts_of(*REFERRED_ON, said(CPI, replace(PSP, signed_on=day(4, 23))))
    assert figures("psp_in_term", on_time, late) == {None: (0.5, 1, 2), "CPI": (0.5, 1, 2)}
    assert figures("convocation_in_term", on_time, late) == {None: (0.5, 1, 2), "CPI": (0.5, 1, 2)}


def test_a_referral_that_came_back_is_not_counted_save_for_what_was_done() -> None:
    back = facts_of(*REFERRED_ON, said(CPI, RETURNED))
    assert figures("psp_in_term", back)[None] == (None, 0, 0)
    closed = facts_of(*REFERRED_ON, replace(CLOSED, closed_on=day(4, 22)))
    assert figures("psp_in_term", closed)[None] == (None, 0, 0)
    called = facts_of(*REFERRED_ON, said(CPI, CALLED), said(CPI, replace(RETURNED, returned_on=day(3, 30))))
    assert figures("convocation_in_term", called)[None] == (1, 1, 1)
    assert figures("psp_in_term", called)[None] == (None, 0, 0)


def test_updates_are_counted_on_the_last_day_of_their_ninety() -> None:
    """10 February + 90 days is Sunday 11 May: due on Monday 12."""
    for held_on, kept in ((day(5, 12), 1), (day(5, 13), 0)):
        update = e.PeriodicUpdateHeld(member_id=MOTHER.member_id, held_on=held_on, seat="SERVIZIO_SOCIALE")
        found = figures("updates_in_term", facts_of(*OPENED, HELD, update), period=FIRST_HALF)
        assert found == {None: (kept, kept, 1), "servizio-sociale": (kept, kept, 1)}
    closed = replace(CLOSED, closed_on=day(5, 12))
    assert figures("updates_in_term", facts_of(*OPENED, HELD, closed))[None] == (None, 0, 0)
    at_cpi = facts_of(*REFERRED_ON, said(CPI, PSP))
    assert figures("updates_in_term", at_cpi) == {None: (0, 0, 1), "cpi": (0, 0, 1)}


# --- infractions and measures: I10 to I13 ------------------------------------------------------------------


def ascertained(code: str) -> e.InfractionAscertained:
    return e.InfractionAscertained(
        code=code, member_id=MOTHER.member_id, occurred_on=day(5, 5), source="verifica", evidence_ref="atto/1"
    )


def test_infractions_are_per_hundred_members_obliged_at_the_end_by_type() -> None:
    facts = facts_of(*SIGNED, MISSED, ABSENT, ascertained("DSU_NOT_UPDATED"))
    assert figures("infractions", facts, facts_of(*EVALUATED)) == {
        None: (150.0, 3, 2),
        "COMMITMENT_MISSED": (50.0, 1, 2),
        "CONVOCATION_MISSED": (50.0, 1, 2),
        "DSU_NOT_UPDATED": (50.0, 1, 2),
    }


def test_a_report_that_nobody_ascertained_and_a_term_of_the_clock_are_no_infractions_yet() -> None:
    lapsed = e.TermLapsed(
        term_id="D2", due_on=day(5, 12), duty_bearer="COMPONENTE", started_by_event_id=id_of(HELD)
    )
    assert figures("infractions", facts_of(*SIGNED, REPORT, said(CLOCK, lapsed)))[None] == (0, 0, 1)


def test_a_code_that_is_no_code_shows_as_other() -> None:
    told = figures("infractions", facts_of(*EVALUATED, ascertained("Rosaria non è venuta")))
    assert set(told) == {None, "OTHER"}


def test_an_infraction_is_justified_where_the_last_decision_accepts_the_reason() -> None:
    heard = (*SIGNED, MISSED, asked(), submitted())
    accepted = facts_of(*heard, decided(accepted=True))
    overruled = facts_of(*heard, decided(accepted=True), replace(decided(), decided_on=day(4, 28)))
    other = facts_of(*SIGNED, ascertained("DSU_NOT_UPDATED"))
    assert figures("justified", accepted, overruled, facts_of(*SIGNED, ABSENT), other) == {
        None: (0.3333, 1, 3),
        "COMMITMENT_MISSED": (0.5, 1, 2),
        "CONVOCATION_MISSED": (0, 0, 1),
    }


def test_a_report_to_inps_is_in_time_for_ten_days_from_when_it_was_known() -> None:
    for reported_on, in_time in ((day(4, 28), 1), (day(4, 29), 0)):
        told = (*SIGNED, MISSED, inps_report(reported_on=reported_on))
        facts = at({e.CommitmentMissed: day(4, 17)}, *told)  # + 10 days is a Sunday
        found = figures("reported_in_term", facts)
        assert found == {None: (in_time, in_time, 1), "servizio-sociale": (in_time, in_time, 1)}


def test_measures_overturned_are_of_those_ordered_in_the_period() -> None:
    annulled = e.MeasureAnnulled(
        measure_id=new("measure"), annulled_on=date(2026, 2, 2), authority="COURT", reason="errore"
    )
    facts = facts_of(*SIGNED, MISSED, decurtazione(), sospensione(), said(INPS, annulled))
    assert figures("overturned", facts) == {
        None: (0.5, 1, 2),
        "DECURTAZIONE": (1, 1, 1),
        "SOSPENSIONE": (0, 0, 1),
    }


# --- supports, PUC, school, obligations, results: I14 to I17, I19 ------------------------------------------


def support(code: str, start_on: date, **more: Any) -> e.SupportActivated:
    stated = {"support_id": new(f"{code}/{start_on}"), "patto_id": DRAFTED.patto_id, "provider": "cpi"}
    return e.SupportActivated(**stated | {"catalogue_code": code, "start_on": start_on} | more)


def test_supports_are_counted_by_code_and_timed_from_the_signature() -> None:
    facts = facts_of(
        *SIGNED,
        support("PROT8.i", day(3, 20)),
        support("PROT8.i", day(3, 30)),
        support("PROT8.c", day(3, 9)),  # before the signature: no days
    )
    assert figures("supports_activated", facts) == {
        None: (3, 3, None),
        "PROT8.c": (1, 1, None),
        "PROT8.i": (2, 2, None),
    }
    assert figures("days_patto_to_support", facts) == {None: (15, None, 2), "PROT8.i": (15, None, 2)}


def puc(**more: Any) -> e.PucAssigned:
    stated = {"member_id": MOTHER.member_id, "puc_id": new("puc"), "hours_per_week": 8}
    return e.PucAssigned(**stated | {"start_on": day(4, 1)} | more)


def test_puc_coverage_is_of_obliged_members_with_a_pais_on_the_last_day() -> None:
    assert figures("puc_coverage", facts_of(*SIGNED, puc()), facts_of(*SIGNED)) == {None: (0.5, 1, 2)}
    assert figures("puc_coverage", facts_of(*EVALUATED, puc())) == {None: (None, 0, 0)}
    ended = facts_of(*SIGNED, puc(end_on=day(6, 29)))
    assert figures("puc_coverage", ended, period=FIRST_HALF) == {None: (0, 0, 1)}
    runs = facts_of(*SIGNED, puc(end_on=day(6, 30)))
    assert figures("puc_coverage", runs, period=FIRST_HALF) == {None: (1, 1, 1)}
    # Nor does it matter what else falls on that day.
    runs = facts_of(*SIGNED, puc(end_on=day(6, 30)), evaluated(MOTHER, "obliged", on=day(6, 30)))
    assert figures("puc_coverage", runs, period=FIRST_HALF) == {None: (1, 1, 1)}


def attendance(status: str, period: str, report: str = "1") -> Any:
    return said(
        UST,
        e.SchoolAttendanceReported(
            minor_member_id=SON.member_id, period=period, status=status, report_ref=report
        ),
    )


def test_a_pupil_counts_once_for_each_school_period_as_last_reported() -> None:
    told = (
        *OPENED,
        attendance("IRREGOLARE", "2025/1"),
        attendance("REGOLARE", "2025/1", "2"),
        attendance("EVASIONE", "2025/2", "3"),
    )
    assert figures("school_regularity", at({}, *told, known=day(6, 10))) == {None: (0.5, 1, 2)}


def test_adults_are_counted_by_the_last_result_on_the_last_day() -> None:
    facts = facts_of(*EVALUATED, evaluated(HUSBAND, "voluntary", on=day(7, 1)))
    first_half = figures("obligation_mix", facts, period=FIRST_HALF)
    assert first_half == {None: (100.0, 2, 2), "excluded": (50.0, 1, 2), "obliged": (50.0, 1, 2)}
    assert figures("obligation_mix", facts)["voluntary"] == (50.0, 1, 2)
    assert figures("obligation_mix", facts_of(*OPENED))[None] == (0.0, 0, 2)


def test_nobody_is_obliged_in_a_case_that_is_closed_or_whose_benefit_is_over() -> None:
    expired = e.BenefitExpired(benefit="ADI", last_month="2025-12", expired_on=day(12, 30))
    assert figures("obligation_mix", facts_of(*EVALUATED, CLOSED))[None] == (None, 0, 0)
    assert figures("obligation_mix", facts_of(*EVALUATED, said(INPS, expired)))[None] == (None, 0, 0)
    still = said(INPS, replace(expired, expired_on=day(12, 31)))
    assert figures("obligation_mix", facts_of(*EVALUATED, still))[None] == (100.0, 2, 2)


def test_no_birthday_is_kept_and_who_comes_of_age_is_an_adult_from_that_month() -> None:
    days = {seen.day for seen in observations(facts_of(*EVALUATED)) if seen.population == "adult"}
    assert date(2033, 11, 1) in days and date(2033, 11, 8) not in days
    for month, adults in ((10, 2), (11, 3)):
        period = Period(date(2033, month, 1), date(2033, month, 30))
        assert figures("obligation_mix", facts_of(*EVALUATED), period=period)[None][2] == adults


def test_who_left_the_household_is_an_adult_of_it_no_more() -> None:
    left = e.HouseholdMemberChanged(
        member_id=HUSBAND.member_id, change_type="LEFT", effective_on=day(7, 1), evidence_ref="1"
    )
    facts = facts_of(*EVALUATED, left)
    assert figures("obligation_mix", facts, period=FIRST_HALF)[None] == (100.0, 2, 2)
    assert figures("obligation_mix", facts)[None] == (100.0, 1, 1)


def review(status: str, on: date) -> e.MonitoringReviewHeld:
    (result,) = DRAFTED.expected_results
    return e.MonitoringReviewHeld(
        patto_id=DRAFTED.patto_id,
        version=1,
        held_on=on,
        results=(ReviewedResult(result_id=result.result_id, status=status),),
        revision_proposed=False,
    )


def test_a_result_is_reached_as_the_last_review_says_whatever_came_in_first() -> None:
    reached = facts_of(*SIGNED, review("REACHED", day(12, 2)), review("PARTLY", day(6, 2)))
    missed = facts_of(*SIGNED, review("REACHED", day(6, 2)), review("NOT_REACHED", day(12, 2)))
    assert figures("results_reached", reached, missed, facts_of(*SIGNED)) == {None: (0.3333, 1, 3)}


def test_a_result_is_due_as_the_patto_in_force_on_its_day_says() -> None:
    (result,) = DRAFTED.expected_results
    later = ExpectedResult(
        result_id=result.result_id, objective_id=result.objective_id, text="x", due_on=date(2026, 5, 1)
    )
    revised = (
        replace(DRAFTED, version=2, expected_results=(later,)),
        replace(PATTO, version=2, signed_on=day(11, 3)),
    )
    assert figures("results_reached", facts_of(*SIGNED, *revised))[None] == (None, 0, 0)


# --- the record: I18 ---------------------------------------------------------------------------------------


def recorded(facts: list[Fact[Any]], on: date) -> list[Fact[Any]]:
    instant = datetime(on.year, on.month, on.day, 9, tzinfo=UTC)
    return [replace(fact, recorded_at=instant) for fact in facts]


def test_corrections_and_late_records_are_of_facts_and_voided_ones_count_too() -> None:
    voids = e.EventCorrected(corrects_event_id=id_of(MISSED), reason="errore", new_value={}, voids=True)
    facts = recorded(facts_of(*SIGNED, MISSED, voids), day(4, 25))
    total = len(SIGNED) + 2
    assert figures("corrections", facts)[None] == (round(1 / total, 4), 1, total)
    # MISSED is of 15 April: ten days are not late, the eleventh is. A draft has no day of its own.
    assert figures("late_records", facts)[None][1] == len(SIGNED) - 1
    a_day_later = recorded(facts, day(4, 26))
    assert figures("late_records", a_day_later)[None][1] == len(SIGNED)


def test_facts_are_by_the_agency_that_recorded_them() -> None:
    facts = recorded(facts_of(*OPENED, said(AMBITO, TEAM), said(SERD, CALLED)), day(4, 25))
    found = figures("corrections", facts)
    assert {group: numbers[2] for group, numbers in found.items()} == {
        None: 5,
        "asl": 1,
        "ats": 1,
        "servizio-sociale": 3,
    }


# --- all of them -------------------------------------------------------------------------------------------


def test_all_nineteen_are_there_and_each_measure_has_a_name_of_its_own() -> None:
    assert list(dict.fromkeys(each.id for each in INDICATORS)) == [f"I{n}" for n in range(1, 20)]
    assert len({each.measure for each in INDICATORS}) == len(INDICATORS)


@pytest.mark.parametrize("measure", [each.measure for each in INDICATORS])
def test_of_nothing_a_share_is_unknown_and_a_count_is_0(measure: str) -> None:
    (value, above, below) = figures(measure)[None]
    assert value == (0 if measure == "supports_activated" else None)
    assert not above and not below


def test_an_observation_names_nobody() -> None:
    told = (*SIGNED, PAD, MISSED, asked(), submitted(), decided(), inps_report(), decurtazione(), puc())
    for seen in observations(recorded(facts_of(*told, sitting("one", CPI, SOCIAL_WORKER)), YEAR.last)):
        texts = " ".join([seen.population, seen.group, *seen.marks])
        for fact in facts_of(*told):
            assert str(fact.event_id) not in texts
        for member in (MOTHER, HUSBAND, SON):
            assert str(member.member_id) not in texts and member.name not in texts


def erased(event: Any) -> Any:
    """The event as it reads back when every personal value of it is gone."""
    told = event.event if isinstance(event, Said) else event
    data = encode(told)
    found = list(leaves(type(told), data))
    gone = {leaf.path: {"erased": True} for leaf in found if leaf.personal}
    kept = decode(type(told), cut(data, frozenset(leaf.path for leaf in found), gone))
    return replace(event, event=kept) if isinstance(event, Said) else kept


def test_a_case_whose_people_were_erased_is_still_counted() -> None:
    told = (*SIGNED, said(INPS, PAD), SENT_TO_CPI, ascertained("DSU_NOT_UPDATED"), MISSED, asked(), decided())
    told = (*told, sitting("one", CPI), met("one", CPI), said(CPI, CALLED), said(CPI, PSP), decurtazione())
    told = (*told, support("PROT8.i", day(3, 20)), puc(), review("REACHED", day(12, 2)))
    before, after = facts_of(*told), facts_of(*(erased(event) for event in told))
    for measure in ("psp_in_term", "overturned", "supports_activated", "equipe_formed", "puc_coverage"):
        assert figures(measure, after) == figures(measure, before)
    assert figures("obligation_mix", after) == figures("obligation_mix", before)
    assert set(figures("infractions", after)) == {None, "COMMITMENT_MISSED", "OTHER"}
    assert figures("attendance", after) == {None: (1, 1, 1), "OTHER": (1, 1, 1)}
