"""The terms of a case: when each began, its last useful day, whose duty it is, whether it was kept."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from domain.case.state import fold
from domain.case.terms import Term, may_lapse, term_of, terms_of
from tests.telling import CLOCK, CPI, INPS, SOCIAL_WORKER, facts_of, given, id_of, said
from tests.unit.case.world import (
    ABSENT,
    ACCEPTED,
    ANALYSED,
    ANALYSIS,
    ANNULLED,
    ASKED,
    AT_THE_CPI,
    CALL_DELIVERED,
    CALLED,
    CONVOKED,
    DELIVERED,
    DOCUMENTED,
    DOCUMENTS_ASKED,
    EVALUATED,
    EXPIRED,
    FRAMED,
    FRAMEWORK,
    GRANTED,
    HELD,
    HOUSEHOLD,
    HUSBAND,
    MET,
    MET_AT_CPI,
    MISSED,
    MISSED_THE_MEETING,
    MOTHER,
    NOTIFIED,
    PAD,
    PATTO,
    PSP,
    REFERRED,
    RENEWED,
    REPORT,
    RETURNED,
    REVIEW_ASKED,
    SENT_TO_CPI,
    SIGNED,
    SON,
    TRANSMITTED,
    UPDATED,
    WITH_PSP,
    asked,
    change,
    condition,
    correction,
    day,
    decadenza,
    decided,
    decurtazione,
    found,
    hour,
    inps_report,
    lapsed,
    member,
    new,
    proposal,
    submitted,
    under,
    voided,
)


def terms(term_id: str, *told) -> list[Term]:
    return [term for term in terms_of(given(*told).case) if term.id == term_id]


def term(term_id: str, *told) -> Term:
    (only,) = terms(term_id, *told)
    return only


def says(term: Term, start, due: date, duty: str, kept: date | None = None, who: UUID | None = None) -> None:
    assert (term.started_by, term.due_on, term.duty_bearer) == (id_of(start), due, duty)
    assert (term.kept_on, term.member_id) == (kept, who)


# --- D1 and D1b: the first meeting -----------------------------------------------------------------------

BEGUN = (*EVALUATED, PAD)


def test_without_a_pad_or_a_transmission_no_term_runs():
    assert terms("D1", *MET) == terms("D1b", *MET) == []
    assert terms_of(given().case) == ()


def test_d1_runs_for_120_days_from_the_pad_and_is_of_the_services_until_a_convocation_arrives():
    says(term("D1", *BEGUN), PAD, day(5, 8), "SERVIZI")
    says(term("D1", *BEGUN, CONVOKED), PAD, day(5, 8), "SERVIZI")
    says(term("D1", *BEGUN, CONVOKED, DELIVERED), PAD, day(5, 8), "NUCLEO")


@pytest.mark.parametrize(("on", "duty"), [((5, 8), "NUCLEO"), ((5, 9), "SERVIZI")])
def test_a_convocation_that_arrives_after_d1_leaves_it_to_the_services(on, duty):
    late = replace(CONVOKED, sent_at=hour(4, 30), appointment_at=hour(6, 2))
    arrived = replace(DELIVERED, delivered_at=hour(*on))
    assert term("D1", *BEGUN, late, arrived).duty_bearer == duty


def test_a_notice_in_siisl_to_who_has_no_other_contact_reaches_the_household():
    unreached = replace(HOUSEHOLD, members=(replace(MOTHER, contacts=()), HUSBAND, SON))
    notice = replace(CONVOKED, channel="SIISL", contact_used=())
    told = tuple(unreached if fact is HOUSEHOLD else fact for fact in BEGUN)
    assert term("D1", *told, notice).duty_bearer == "NUCLEO"
    assert term("D1", *BEGUN, notice).duty_bearer == "SERVIZI"


def test_the_first_meeting_stops_d1():
    second = replace(HELD, appointment_id=new("second"), held_on=day(2, 9))
    says(term("D1", *MET, PAD), PAD, day(5, 8), "NUCLEO", kept=day(2, 10))
    assert term("D1", *MET, PAD, second).kept_on == day(2, 9)


def test_a_convocation_of_the_employment_centre_is_to_no_first_meeting():
    assert term("D1", *WITH_PSP[:3], PAD).duty_bearer == "SERVIZI"
    told = [fact for fact in AT_THE_CPI if fact not in (CONVOKED, DELIVERED, HELD)]
    assert term("D1", *told, PAD, CALLED, CALL_DELIVERED).duty_bearer == "SERVIZI"
    assert terms("D1b", *told, PAD, CALLED)[0].kept_on is None


def test_of_applications_up_to_february_2024_d1_runs_from_the_transmission():
    old = replace(PAD, signed_on=date(2024, 2, 29))
    says(term("D1", *EVALUATED, old, TRANSMITTED), TRANSMITTED, day(5, 9), "SERVIZI")
    says(term("D1", *EVALUATED, TRANSMITTED), TRANSMITTED, day(5, 9), "SERVIZI")
    assert terms("D1b", *EVALUATED, TRANSMITTED) == []
    march = replace(PAD, signed_on=date(2024, 3, 1))
    says(term("D1", *EVALUATED, march, TRANSMITTED), march, date(2024, 6, 29), "SERVIZI")


EXCUSED = (*MISSED_THE_MEETING, PAD, asked(ABSENT), submitted(ABSENT), decided(ABSENT, accepted=True))


def test_a_reason_accepted_for_the_first_meeting_starts_d1_anew():
    says(term("D1", *EXCUSED), decided(ABSENT, accepted=True), day(8, 22), "NUCLEO")
    refused = (*EXCUSED[:-1], decided(ABSENT, accepted=False))
    assert term("D1", *refused).started_by == id_of(PAD)


def test_a_reason_accepted_for_anything_else_starts_nothing_anew():
    other = replace(CONVOKED, purpose="PATTO")
    told = tuple(other if fact is CONVOKED else fact for fact in EXCUSED)
    assert term("D1", *told).started_by == id_of(PAD)
    of_a_commitment = (*ASKED, PAD, submitted(), decided(accepted=True))
    assert term("D1", *of_a_commitment).started_by == id_of(PAD)


def test_d1_is_of_the_adi():
    assert terms("D1", *under("RDC", *EVALUATED, TRANSMITTED)) == []


def test_d1b_runs_for_60_days_and_rolls_over_a_sunday():
    says(term("D1b", *BEGUN), PAD, day(3, 10), "SERVIZI")
    says(term("D1b", *BEGUN, CONVOKED), PAD, day(3, 10), "SERVIZI", kept=day(1, 27))
    late = replace(CONVOKED, sent_at=hour(3, 10, 23))
    assert term("D1b", *BEGUN, late).kept_late


# --- D2 and D3: the updates ------------------------------------------------------------------------------

HER = MOTHER.member_id


def test_d2_runs_for_90_days_from_the_meeting_and_rolls_over_a_sunday():
    says(term("D2", *MET), HELD, day(5, 12), "COMPONENTE", who=HER)


def test_each_update_stops_d2_and_starts_it_anew():
    first, second = terms("D2", *MET, UPDATED)
    says(first, HELD, day(5, 12), "COMPONENTE", kept=day(5, 9), who=HER)
    says(second, UPDATED, day(8, 7), "COMPONENTE", who=HER)
    at_the_patronato = said(INPS, replace(UPDATED, held_on=day(8, 1), seat="PATRONATO"))
    assert [each.kept_on for each in terms("D2", *MET, UPDATED, at_the_patronato)][1] == day(8, 1)


def test_an_update_kept_late_starts_d2_anew_all_the_same():
    late = replace(UPDATED, held_on=day(5, 13))
    first, second = terms("D2", *MET, late)
    assert first.kept_late and not second.kept_late and second.started_by == id_of(late)


def test_d2_is_of_who_was_met():
    both = replace(HELD, attendees=(HER, HUSBAND.member_id, SON.member_id))
    told = tuple(both if fact is HELD else fact for fact in MET)
    assert {each.member_id for each in terms("D2", *told)} == {HER, HUSBAND.member_id}


def his_term(*told):
    both = replace(HELD, attendees=(HER, HUSBAND.member_id))
    facts = tuple(both if fact is HELD else fact for fact in MET)
    return [each for each in terms("D2", *facts, *told) if each.member_id == HUSBAND.member_id]


@pytest.mark.parametrize(
    ("told", "bound"),
    [
        ((), True),
        ((condition("DISABILITY_L68", HUSBAND),), False),
        ((condition("DISABILITY_L68", HUSBAND, valid_to=day(5, 11)),), True),
        ((condition("DISABILITY_L68", HUSBAND, valid_from=day(5, 13)),), True),
        ((condition("GENDER_VIOLENCE_PATH", HUSBAND),), False),
        ((condition("EMPLOYED", HUSBAND),), True),
        ((change("LEFT", HUSBAND, on=day(5, 1)),), False),
        ((change("LEFT", HUSBAND, on=day(5, 13)),), True),
    ],
    ids=[
        "nothing exempts",
        "disabled",
        "disabled until before",
        "disabled later",
        "in a protection path",
        "employed",
        "left before",
        "left after",
    ],
)
def test_who_is_exempt_on_the_last_day_owes_no_update(told, bound):
    assert bool(his_term(*told)) is bound


@pytest.mark.parametrize(("born", "bound"), [(date(1965, 5, 12), False), (date(1965, 5, 13), True)])
def test_who_is_sixty_on_the_last_day_owes_no_update(born, bound):
    elder = member("José", born, "CONIUGE")
    household = replace(HOUSEHOLD, members=(MOTHER, elder, SON))
    assert bool(his_term(household)) is bound


def test_who_was_sent_to_the_employment_centre_updates_there():
    assert terms("D2", *AT_THE_CPI) == []
    says(term("D3", *AT_THE_CPI, CALLED, MET_AT_CPI), MET_AT_CPI, day(6, 18), "COMPONENTE", who=HER)
    assert term("D2", *AT_THE_CPI, RETURNED).started_by == id_of(HELD)
    assert terms("D3", *AT_THE_CPI, MET_AT_CPI, RETURNED) == []


def test_the_patto_di_servizio_and_each_update_there_start_d3_anew():
    there = said(CPI, replace(UPDATED, held_on=day(6, 1), seat="CPI"))
    signed = said(CPI, replace(PSP.event, signed_on=day(4, 1)))
    found_terms = terms("D3", *AT_THE_CPI, CALLED, MET_AT_CPI, signed, there)
    assert [each.started_by for each in found_terms] == [id_of(each) for each in (MET_AT_CPI, signed, there)]
    assert [each.kept_on for each in found_terms] == [day(4, 1), day(6, 1), None]


HELD_THERE = said(CPI, replace(UPDATED, seat="CPI"))


@pytest.mark.parametrize(
    ("held", "kept"),
    [((UPDATED, HELD_THERE), True), ((HELD_THERE, UPDATED), True), ((UPDATED,), False)],
    ids=["after the servizio sociale", "before the servizio sociale", "by the servizio sociale alone"],
)
def test_an_update_at_the_employment_centre_keeps_d3_though_another_office_held_one_that_day(held, kept):
    first, *running = terms("D3", *AT_THE_CPI, CALLED, MET_AT_CPI, *held)
    assert first.kept_on == (day(5, 9) if kept else None)
    assert [each.started_by for each in running] == ([id_of(HELD_THERE)] if kept else [])


def test_the_updates_are_of_the_adi():
    assert terms("D2", *under("RDC", *MET)) == []


# --- D4a and D4b: the employment services ----------------------------------------------------------------


def test_d4a_and_d4b_run_for_60_days_from_the_referral():
    says(term("D4a", *AT_THE_CPI), SENT_TO_CPI, day(4, 22), "SERVIZI")
    says(term("D4b", *AT_THE_CPI), SENT_TO_CPI, day(4, 22), "SERVIZI")


def test_they_roll_over_easter_monday():
    day_before = replace(SENT_TO_CPI, referred_on=day(2, 20))
    told = tuple(day_before if fact is SENT_TO_CPI else fact for fact in AT_THE_CPI)
    assert term("D4a", *told).due_on == term("D4b", *told).due_on == day(4, 22)


def test_its_convocation_stops_d4a_and_leaves_d4b_to_the_member_once_it_arrives():
    says(term("D4a", *AT_THE_CPI, CALLED), SENT_TO_CPI, day(4, 22), "SERVIZI", kept=day(3, 3))
    assert term("D4b", *AT_THE_CPI, CALLED).duty_bearer == "SERVIZI"
    reached = term("D4b", *AT_THE_CPI, CALLED, CALL_DELIVERED)
    says(reached, SENT_TO_CPI, day(4, 22), "COMPONENTE", who=HER)


@pytest.mark.parametrize(("on", "duty"), [((4, 22), "COMPONENTE"), ((4, 23), "SERVIZI")])
def test_a_call_that_arrives_after_d4b_leaves_it_to_the_services(on, duty):
    called = said(CPI, replace(CALLED.event, appointment_at=hour(4, 28)))
    arrived = said(CPI, replace(CALL_DELIVERED.event, delivered_at=hour(*on)))
    assert term("D4b", *AT_THE_CPI, called, arrived).duty_bearer == duty


def test_a_call_that_arrives_after_its_own_appointment_reached_nobody():
    arrived = said(CPI, replace(CALL_DELIVERED.event, delivered_at=hour(3, 21)))
    assert term("D4b", *AT_THE_CPI, CALLED, arrived).duty_bearer == "SERVIZI"


def test_of_a_dsu_that_the_register_has_not_seen_nobody_is_called_late():
    born = term("D10", *EVALUATED, change("JOINED"))
    assert born.duty_bearer == "NUCLEO" and not may_lapse(born)


def test_a_change_of_residence_asks_for_no_dsu():
    moved = fold(facts_of(*EVALUATED, change("RESIDENCE")))
    assert "D10" not in {found.id for found in terms_of(moved)}


def test_the_patto_di_servizio_stops_d4b():
    kept = term("D4b", *WITH_PSP)
    assert (kept.kept_on, kept.kept_late) == (day(3, 20), False)
    late = said(CPI, replace(PSP.event, signed_on=day(4, 23)))
    assert term("D4b", *WITH_PSP[:-1], late).kept_late


def test_a_referral_that_is_returned_stops_both():
    assert term("D4a", *AT_THE_CPI, RETURNED).kept_on == day(2, 26)
    assert term("D4b", *AT_THE_CPI, RETURNED).kept_on == day(2, 26)
    assert term("D4a", *AT_THE_CPI, ACCEPTED).kept_on is None


# --- what the services owe -------------------------------------------------------------------------------


def test_d5_runs_for_10_days_from_when_the_infraction_was_known():
    says(term("D5", *ASKED), MISSED, day(1, 13), "SERVIZI")
    assert facts_of(*ASKED)[-1].known_on == day(1, 2)
    assert term("D5", *ASKED, inps_report()).kept_late
    early = inps_report(reported_on=day(1, 13))
    assert term("D5", *ASKED, early).kept_on == day(1, 13) and not term("D5", *ASKED, early).kept_late


def test_d5_does_not_run_for_a_mere_report_nor_for_what_inps_or_the_clock_wrote():
    assert terms("D5", *SIGNED, REPORT) == []
    assert terms("D5", *SIGNED, said(INPS, found())) == []
    assert terms("D5", *MET, lapsed("D2", day(5, 12), HELD, "COMPONENTE", MOTHER)) == []
    assert terms("D5", *under("RDC", *ASKED)) == []
    assert term("D5", *SIGNED, REPORT, MISSED).started_by == id_of(MISSED)


@pytest.mark.parametrize(
    ("held_on", "due"),
    [(day(2, 10), day(2, 20)), (day(2, 20), day(2, 20)), (day(2, 21), day(3, 20)), (day(12, 21), None)],
)
def test_d14_ends_on_the_next_20th_and_never_rolls(held_on, due):
    held = replace(HELD, held_on=held_on)
    told = tuple(held if fact is HELD else fact for fact in MET)
    assert term("D14", *told).due_on == (due or date(2026, 1, 20))


def test_d14_is_of_every_meeting_and_update_that_inps_did_not_import():
    imported = said(INPS, replace(UPDATED, seat="PATRONATO"))
    started = {each.started_by for each in terms("D14", *MET, UPDATED)}
    assert started == {id_of(HELD), id_of(UPDATED)}
    assert len(terms("D14", *MET, imported)) == 1
    assert terms("D14", *under("NASPI", *MET)) == []


def test_d15_runs_for_20_working_days_from_the_end_of_the_assessment():
    says(term("D15", *ANALYSED), ANALYSIS, day(3, 20), "SERVIZI")
    says(term("D15", *FRAMED), FRAMEWORK, day(3, 31), "SERVIZI")
    says(term("D15", *SIGNED), ANALYSIS, day(3, 20), "SERVIZI", kept=PATTO.signed_on)


# --- what the household owes -----------------------------------------------------------------------------


def test_d10_runs_for_a_month_from_a_change_of_the_household_and_rolls_over_a_holiday():
    left = change("LEFT", HUSBAND, on=day(5, 2))
    says(term("D10", *EVALUATED, left), left, day(6, 3), "NUCLEO")
    dsu = replace(HOUSEHOLD, source="DSU", verified_on=day(5, 30))
    assert term("D10", *EVALUATED, left, dsu).kept_on == day(5, 30)
    before = replace(dsu, verified_on=day(5, 1))
    assert term("D10", *EVALUATED, left, before).kept_on is None
    declared = replace(dsu, source="ANAGRAFE")
    assert term("D10", *EVALUATED, left, declared).kept_on is None


def test_d9_runs_for_thirty_days_from_a_work_that_began_and_is_said_once():
    works = condition("EMPLOYED", valid_from=day(5, 2))
    says(term("D9", *EVALUATED, works), works, day(6, 3), "COMPONENTE", who=works.member_id)
    certified = replace(works, evidence_ref="contratto/1")
    assert [t.started_by for t in terms("D9", *EVALUATED, works, certified)] == [id_of(works)]


def test_who_worked_before_or_no_longer_works_owes_no_news_of_it():
    before = condition("EMPLOYED", valid_from=REFERRED.referred_on)
    stopped = condition("EMPLOYED", valid_from=day(5, 2), value=False)
    assert terms("D9", *EVALUATED, before, stopped) == []
    assert terms("D9", *under("RDC", *EVALUATED, condition("EMPLOYED", valid_from=day(5, 2)))) == []


def test_a_birthday_changes_nobody_in_the_household():
    assert terms("D10", *EVALUATED, change("AGE_18"), change("AGE_3", on=day(6, 1))) == []
    assert terms("D10", *under("RDC", *EVALUATED, change("LEFT", HUSBAND))) == []


def test_d18_runs_for_10_days_from_the_recapito_and_rolls_over_easter():
    says(term("D18", *EVALUATED, DOCUMENTS_ASKED), DOCUMENTS_ASKED, day(4, 22), "NUCLEO")
    documented = term("D18", *EVALUATED, DOCUMENTS_ASKED, DOCUMENTED)
    assert documented.kept_on == DOCUMENTED.verified_on
    irregular = replace(DOCUMENTED, outcome="IRREGOLARE")
    assert term("D18", *EVALUATED, DOCUMENTS_ASKED, irregular).kept_on is None


def test_without_a_recapito_nobody_is_late_with_the_documents():
    assert terms("D18", *EVALUATED, replace(DOCUMENTS_ASKED, delivered_on=None)) == []


# --- bars and terms of others ----------------------------------------------------------------------------


def test_a_decadenza_bars_a_new_application_for_six_months_unless_it_is_annulled():
    lost = decadenza(infraction_refs=(), ordered_on=day(6, 30))
    says(term("D6", *SIGNED, GRANTED, lost), lost, day(12, 30), "NUCLEO")
    assert len(terms("D6", *SIGNED, lost, NOTIFIED, REVIEW_ASKED)) == 1
    assert terms("D6", *SIGNED, lost, ANNULLED) == []


def test_a_conviction_bars_for_ten_years():
    conviction = said(INPS, found("FINAL_CONVICTION"))
    says(term("D7", *SIGNED, conviction), conviction, date(2035, 5, 20), "COMPONENTE", who=HER)


def test_a_benefit_runs_for_its_months():
    assert term("D11", *EVALUATED, GRANTED).due_on == date(2026, 6, 30)
    assert [each.due_on for each in terms("D11", *EVALUATED, GRANTED, EXPIRED, RENEWED)] == [
        date(2026, 6, 30),
        date(2026, 8, 31),
    ]


def test_a_review_is_asked_for_within_30_days_of_the_notifica():
    told = (*ASKED, decurtazione(), NOTIFIED)
    says(term("D12", *told), NOTIFIED, day(7, 14), "NUCLEO")
    assert term("D12", *told, REVIEW_ASKED).kept_on == day(6, 27)


@pytest.mark.parametrize("bar", ["D6", "D7", "D11", "D12"])
def test_the_clock_never_calls_a_bar_lapsed(bar):
    assert not may_lapse(Term(bar, new("x"), day(1, 1), day(1, 2), "NUCLEO"))


# --- the end of the benefit ------------------------------------------------------------------------------

OVER = replace(EXPIRED, expired_on=day(4, 30))


def test_nothing_begins_or_lapses_after_the_end_of_the_benefit():
    told = (*MET, PAD, GRANTED)
    assert terms("D2", *told, OVER) == []
    assert terms("D1", *EVALUATED, PAD, GRANTED, OVER) == []
    renewed = replace(RENEWED, first_month="2025-05")
    assert len(terms("D2", *told, OVER, renewed)) == 1
    late = replace(EXPIRED, expired_on=day(5, 12))
    assert len(terms("D2", *told, late)) == 1


def test_what_was_kept_before_the_end_stays_known():
    assert term("D1", *MET, PAD, GRANTED, OVER).kept_on == day(2, 10)
    begun_after = replace(UPDATED, held_on=day(5, 9))
    assert id_of(begun_after) not in {t.started_by for t in terms("D2", *MET, GRANTED, OVER, begun_after)}


def test_a_measure_that_ends_the_benefit_starts_its_own_terms():
    lost = decadenza(infraction_refs=(), effective_from=day(5, 1))
    told = (*SIGNED, GRANTED, MISSED, lost, NOTIFIED)
    assert {t.id for t in terms_of(given(*told).case)} >= {"D5", "D6", "D12"}


@pytest.mark.parametrize("benefit", ["RDC", "REI", "NASPI"])
def test_the_bar_of_six_months_is_of_the_adi_alone(benefit):
    lost = decadenza(infraction_refs=(), effective_from=day(5, 1))
    assert terms("D6", *under(benefit, *EVALUATED, lost)) == []


# --- lapsed, kept, voided, corrected ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kept", "on", "over"),
    [
        (None, day(5, 12), False),
        (None, day(5, 13), True),
        (day(5, 12), day(5, 13), False),
        (day(5, 13), day(5, 13), True),
    ],
    ids=["its last day", "the day after", "kept on the last day", "kept late"],
)
def test_a_term_lapses_the_day_after_its_last_useful_one(kept, on, over):
    told = [replace(UPDATED, held_on=kept)] if kept else []
    first = terms("D2", *MET, *told)[0]
    assert first.lapsed_by(on) is over


LATE = lapsed("D2", day(5, 12), HELD, "COMPONENTE", MOTHER)


def test_a_late_fact_moves_a_term():
    given(*MET).when(CLOCK, LATE.event).then(LATE.event)
    given(*MET, UPDATED).when(CLOCK, LATE.event).refused("TERM_NOT_LAPSED", "kept in time")
    given(*MET, UPDATED, voided(UPDATED)).when(CLOCK, LATE.event).then(LATE.event)
    moved = correction(HELD, held_on="2025-02-12")
    given(*MET, moved).when(CLOCK, LATE.event).refused("TERM_NOT_LAPSED", "ends on")
    given(*MET, voided(HELD)).when(CLOCK, LATE.event).refused("TERM_NOT_LAPSED", "nothing on record")
    assert term("D2", *MET, moved).due_on == day(5, 13)


def test_who_was_in_time_for_the_term_as_it_stands_corrected_is_not_sanctioned_for_it_as_it_was():
    """The lapse stays on record: what leads to no measure is that its start was later."""
    on_lapse = {"infraction_ref": id_of(LATE), "member_id": HER}
    why = replace(asked(), **on_lapse, asked_on=day(6, 1), respond_by=day(6, 11))
    moved, in_time = correction(HELD, held_on="2025-03-10"), replace(UPDATED, held_on=day(6, 5))
    suspended = proposal(LATE, "SOSPENSIONE")
    given(*MET, LATE, why).when(SOCIAL_WORKER, suspended).tells(proposed_measure="SOSPENSIONE")
    assert term("D2", *MET, moved).due_on == day(6, 9)
    for kept in ((in_time,), ()):
        given(*MET, LATE, moved, *kept, why).when(SOCIAL_WORKER, suspended).refused("NO_LEGAL_BASIS")


def test_a_term_is_found_by_what_started_it_and_whose_it_is():
    case = given(*MET).case
    assert term_of(case, LATE.event).due_on == day(5, 12)
    assert term_of(case, replace(LATE.event, member_id=None)) is None
    assert term_of(case, replace(LATE.event, started_by_event_id=new("x"))) is None
    assert term_of(case, replace(LATE.event, term_id="D3")) is None


def test_a_term_of_the_household_that_lapsed_is_an_infraction():
    case = given(*MET, LATE).case
    assert set(case.infractions) == {id_of(LATE)}
    of_services = lapsed("D1", day(5, 8), PAD)
    assert not given(*EVALUATED, PAD, of_services).case.infractions


def test_soonest_due_come_first():
    due = [each.due_on for each in terms_of(given(*WITH_PSP, PAD, GRANTED).case)]
    assert due == sorted(due) and len(due) > 6
