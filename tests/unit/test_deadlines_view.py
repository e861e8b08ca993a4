"""The terms of a case as its offices work by them: when due, whose duty, on whose desk."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from domain.case import events as e
from domain.case.parts import Pupil
from domain.case.state import fold
from domain.case.terms import terms_of
from domain.indicators.observations import observations
from projections.deadlines import OF_OFFICES, Row, desk_of, rows_of, titles
from tests.telling import CASE, CLOCK, COMUNE, CPI, INPS, PROTOCOL_IN_FORCE, UST, facts_of, id_of, said
from tests.unit.case.world import (
    ASKED,
    CLOSED,
    HELD,
    HUSBAND,
    MET,
    MISSED,
    MOTHER,
    OPENED,
    SENT_TO_CPI,
    SIGNED,
    SON,
    asked,
    day,
    decadenza,
    decided,
    hour,
    new,
    submitted,
)

pytestmark = pytest.mark.unit


def rows(*told: Any) -> list[Row]:
    return rows_of(CASE, fold(facts_of(*told)))


def of(term_id: str, *told: Any) -> list[Row]:
    return [row for row in rows(*told) if row.term.id == term_id]


def only(term_id: str, *told: Any) -> Row:
    (row,) = of(term_id, *told)
    return row


PAD = e.PadSigned(signed_on=day(1, 8), signatory_member_id=MOTHER.member_id, siisl_ref="siisl/1")
CONVOKED_BY_CPI = said(
    CPI,
    e.MemberConvokedByCpi(
        convocation_id=new("convocation of the CPI"),
        member_id=MOTHER.member_id,
        appointment_at=hour(3, 20),
        place="CPI",
        channel="EMAIL",
        contact_used="rosaria@example.org",
        text_ref="cpi/1",
        text_hash="0" * 64,
        language="it",
        sent_at=hour(3, 3),
        warning_text_version="1",
    ),
)
PSP = said(
    CPI,
    e.ServicePattoSigned(
        member_id=MOTHER.member_id,
        psp_id=new("psp"),
        signed_on=day(3, 20),
        actions=(),
        contact_frequency="mensile",
        operator_id=UUID(int=1),
    ),
)
SCHOOL = said(
    COMUNE,
    e.SchoolVerificationRequested(
        verification_id=new("verification"),
        minors=(
            Pupil(
                minor_member_id=SON.member_id,
                name=SON.name,
                surname=SON.surname,
                tax_code=SON.tax_code,
                birth_date=SON.birth_date,
            ),
        ),
        school_year="2024/2025",
        requested_on=day(4, 1),
        answer_by=day(5, 2),
    ),
)
AT_SCHOOL = said(
    UST,
    e.SchoolingVerified(
        verification_id=new("verification"),
        minor_member_id=SON.member_id,
        source="UST",
        outcome="REGOLARE",
        verified_on=day(4, 22),
    ),
)


def test_an_office_and_the_indicators_see_the_last_day_that_the_patron_saint_moved() -> None:
    ends = date(2025, 5, 7)
    naples = replace(PROTOCOL_IN_FORCE, settings={"patron_saint": f"{ends:%m-%d}"})
    facts = facts_of(*OPENED, said(INPS, replace(PAD, signed_on=date(2025, 1, 7))))
    for law, due_on in ((PROTOCOL_IN_FORCE, ends), (naples, date(2025, 5, 8))):
        seen = {row.term.id: row.term.due_on for row in rows_of(CASE, fold(facts), law)}
        counted = {each.population: each.day for each in observations(facts, law)}
        assert seen["D1"] == counted["first_meeting"] == due_on


def test_every_term_of_an_open_case_has_a_row_soonest_due_first() -> None:
    told = (*OPENED, PAD, *SIGNED[len(OPENED) :], SENT_TO_CPI, PSP)
    case = fold(facts_of(*told))
    found = rows_of(CASE, case)
    assert {row.term for row in found} >= set(terms_of(case))
    assert len({row.id for row in found}) == len(found)
    assert [row.term.due_on for row in found] == sorted(row.term.due_on for row in found)
    assert {"D1", "D1b", "D3", "D4a", "D4b", "D14", "D15"} <= {row.term.id for row in found}


def test_a_closed_case_has_no_term_to_keep() -> None:
    assert rows(*SIGNED)
    assert rows(*SIGNED, CLOSED) == []


def test_a_meeting_shows_the_cut_off_of_gepi_beforehand() -> None:
    running = only("D14", *MET)
    assert (running.term.due_on, running.term.kept_on) == (day(2, 20), None)
    registered = e.GepiRegistrationRecorded(subject_event_id=id_of(HELD), registered_on=day(2, 12))
    assert only("D14", *MET, registered).term.kept_on == day(2, 12)


def test_a_meeting_held_on_the_day_after_the_cut_off_has_a_month() -> None:
    later = replace(HELD, held_on=day(2, 21))
    assert only("D14", *MET[:-1], later).term.due_on == day(3, 20)


def test_the_terms_of_a_member_sent_to_work_lie_with_the_office_that_has_him() -> None:
    to_north = replace(SENT_TO_CPI, destination_id="cpi-nord")
    told = (*SIGNED, to_north, PSP)
    assert {only(term, *told).desk for term in ("D3", "D4a", "D4b")} == {"cpi-nord"}
    accredited = replace(SENT_TO_CPI, destination="ACCREDITATO", destination_id="un ente")
    assert only("D4a", *SIGNED, accredited).desk == "accreditato"
    assert {row.desk for row in of("D2", *SIGNED)} == {"servizio-sociale"}


def test_a_second_referral_moves_the_updates_to_the_second_office() -> None:
    second = replace(SENT_TO_CPI, referral_id=new("second"), destination_id="cpi-sud", referred_on=day(4, 1))
    returned = said(
        CPI,
        e.ReferralReturned(
            referral_id=SENT_TO_CPI.referral_id,
            member_id=MOTHER.member_id,
            returned_on=day(3, 31),
            reason="NOT_COMPETENT",
        ),
    )
    assert only("D3", *SIGNED, SENT_TO_CPI, PSP).desk == "cpi"
    assert only("D3", *SIGNED, SENT_TO_CPI, PSP, returned, second).desk == "cpi-sud"
    after_the_term = replace(second, referred_on=day(7, 1))
    assert only("D3", *SIGNED, SENT_TO_CPI, PSP, after_the_term).desk == "cpi"


def test_who_ascertained_reports_within_ten_days() -> None:
    assert only("D5", *SIGNED, MISSED).desk == "servizio-sociale"
    assert only("D5", *SIGNED, said(CPI, MISSED)).desk == "cpi"


def test_a_reason_is_awaited_from_its_member_until_it_is_given_or_decided() -> None:
    running = only("REASON", *ASKED)
    assert running.term.due_on == asked().respond_by
    assert (running.term.duty_bearer, running.term.member_id) == ("COMPONENTE", MOTHER.member_id)
    assert (running.term.kept_on, running.desk) == (None, "servizio-sociale")
    assert only("REASON", *ASKED, submitted()).term.kept_on == submitted().submitted_on
    assert only("REASON", *ASKED, decided()).term.kept_on == decided().decided_on
    another = replace(submitted(), infraction_ref=new("another"))
    assert only("REASON", *ASKED, another).term.kept_on is None


def test_a_reminder_is_never_called_lapsed_for_no_fact_tells_of_it() -> None:
    reminder = e.FormalReminderIssued(
        infraction_ref=id_of(MISSED),
        member_id=MOTHER.member_id,
        issued_by=UUID(int=1),
        issued_on=day(5, 2),
        comply_by=day(5, 12),
    )
    row = only("REMINDER", *SIGNED, MISSED, said(CPI, reminder))
    assert (row.term.due_on, row.may_lapse, row.desk) == (day(5, 12), False, "cpi")
    assert only("REASON", *ASKED).may_lapse
    assert not only("D6", *SIGNED, MISSED, decadenza(MISSED)).may_lapse


def test_the_school_office_has_answered_when_it_has_for_every_minor() -> None:
    request = SCHOOL.event
    second = replace(request.minors[0], minor_member_id=new("sister"))
    both = said(COMUNE, replace(request, minors=(*request.minors, second)))
    assert only("SCHOOL_ANSWER", *OPENED, SCHOOL).desk == "ust"
    assert only("SCHOOL_ANSWER", *OPENED, SCHOOL, AT_SCHOOL).term.kept_on == day(4, 22)
    assert only("SCHOOL_ANSWER", *OPENED, both, AT_SCHOOL).term.kept_on is None
    sister = replace(AT_SCHOOL.event, minor_member_id=new("sister"), verified_on=day(5, 5))
    late = only("SCHOOL_ANSWER", *OPENED, both, AT_SCHOOL, said(UST, sister))
    assert late.term.kept_on == day(5, 5) and late.term.kept_late
    assert of("SCHOOL_ANSWER", *OPENED, said(COMUNE, replace(request, answer_by=None))) == []


def test_a_warning_of_the_mayor_is_complied_with_by_regular_schooling() -> None:
    warning = said(
        COMUNE,
        e.MayorWarningRecorded(
            minor_member_id=SON.member_id,
            responsible_member_id=HUSBAND.member_id,
            warned_on=day(4, 10),
            comply_by=day(4, 20),
            act_ref="ordinanza/1",
        ),
    )
    row = only("MAYOR_WARNING", *OPENED, warning)
    assert (row.desk, row.term.member_id) == ("comune-058091", HUSBAND.member_id)
    irregular = replace(AT_SCHOOL.event, outcome="IRREGOLARE")
    assert only("MAYOR_WARNING", *OPENED, warning, said(UST, irregular)).term.kept_on is None
    assert only("MAYOR_WARNING", *OPENED, warning, AT_SCHOOL).term.kept_on == day(4, 22)
    before = said(UST, replace(AT_SCHOOL.event, verified_on=day(4, 9)))
    assert only("MAYOR_WARNING", *OPENED, before, warning).term.kept_on is None


def test_a_review_is_due_on_the_day_that_the_last_one_named() -> None:
    first = e.MonitoringReviewHeld(
        patto_id=new("patto"),
        version=1,
        held_on=day(6, 1),
        results=(),
        revision_proposed=False,
        next_on=day(9, 1),
    )
    assert only("REVIEW", *SIGNED, first).term.kept_on is None
    second = replace(first, held_on=day(9, 3), next_on=None)
    assert only("REVIEW", *SIGNED, first, second).term.kept_on == day(9, 3)


def test_a_lapse_on_record_is_told_of_its_own_term_only() -> None:
    again = replace(HELD, appointment_id=new("again"), held_on=day(4, 1), convocation_id=None)
    first, second = [row.term for row in of("D14", *SIGNED, again)]
    lapsed = e.TermLapsed(
        term_id="D14", due_on=first.due_on, duty_bearer="SERVIZI", started_by_event_id=first.started_by
    )
    told = {row.term.started_by: row.lapse_recorded for row in of("D14", *SIGNED, again, said(CLOCK, lapsed))}
    assert told == {first.started_by: True, second.started_by: False}


def test_one_row_stands_for_all_members_whom_a_meeting_binds_the_one_furthest_behind() -> None:
    together = replace(HELD, attendees=(MOTHER.member_id, HUSBAND.member_id))
    update = e.PeriodicUpdateHeld(member_id=MOTHER.member_id, held_on=day(4, 10), seat="SERVIZIO_SOCIALE")
    found = [row for row in of("D2", *MET[:-1], together, update) if row.term.starts_on == HELD.held_on]
    assert {row.term.member_id: row.stands_for_all for row in found} == {
        MOTHER.member_id: False,
        HUSBAND.member_id: True,
    }


def test_benefits_and_remedies_lie_with_inps() -> None:
    granted = said(
        INPS,
        e.BenefitGranted(benefit="ADI", granted_on=day(1, 20), first_month="2025-02", months=18),
    )
    found = only("D11", *OPENED, granted)
    assert (found.desk, found.term.starts_on, found.may_lapse) == ("inps", date(2025, 2, 1), False)
    assert only("D6", *SIGNED, MISSED, decadenza(MISSED)).desk == "inps"


def test_every_term_has_an_italian_title() -> None:
    case = fold(facts_of(*SIGNED, SENT_TO_CPI, PSP, CONVOKED_BY_CPI))
    assert {row.term.id for row in rows_of(CASE, case)} <= titles().keys()
    assert OF_OFFICES.keys() <= titles().keys() and all(titles().values())
    assert all(desk_of(case, row.term) == row.desk for row in rows_of(CASE, case))


def test_a_correction_moves_the_day_and_what_is_voided_has_no_term() -> None:
    moved = e.EventCorrected(
        corrects_event_id=id_of(HELD), reason="errore", new_value={"held_on": "2025-02-21"}
    )
    assert only("D14", *MET, moved).term.due_on == day(3, 20)
    voided = replace(moved, new_value={}, voids=True)
    assert of("D14", *MET, voided) == []
