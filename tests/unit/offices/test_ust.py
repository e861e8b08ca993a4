"""The lists of the school office: minors, never a benefit."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from domain.contract import encode
from projections.offices.desk import people_of
from projections.offices.line import title
from projections.offices.schooling import Verification
from projections.offices.team import Invitation
from projections.offices.ust import LISTS, Attendance, Minor
from tests.telling import COMUNE, facts_of, said
from tests.unit.case.world import (
    AT_SCHOOL,
    NOT_ENROLLED,
    OPENED,
    PATTO,
    REDRAFTED,
    REVISED,
    SCHOOL_ASKED,
    SCHOOLING,
    SIGNED,
    SITTING,
    SON,
    WITH_DRAFT,
    day,
)
from tests.unit.offices.holding import held, lines, listed

pytestmark = pytest.mark.unit

THE_BENEFIT = re.compile(r"\badi\b|assegno|inclusione|benefi", re.IGNORECASE)


def only(kind: type, *told: Any) -> Any:
    (line,) = listed(kind, "ust", *told)
    return line


def test_a_verification_is_open_until_its_outcome_is_on_record() -> None:
    asked = only(Verification, *OPENED, SCHOOL_ASKED)
    assert (asked.open, asked.member_id, asked.school_year) == (True, SON.member_id, "2024/25")
    assert asked.due_on is None, "nobody set a day for the answer"
    by = replace(SCHOOL_ASKED.event, answer_by=day(4, 30))
    assert only(Verification, *OPENED, said(COMUNE, by)).due_on == day(4, 30)
    answered = only(Verification, *OPENED, SCHOOL_ASKED, NOT_ENROLLED)
    assert (answered.open, answered.outcome) == (False, "NON_ISCRITTO")


def test_the_pupil_is_found_by_what_the_request_says() -> None:
    (pupil,) = people_of(held(facts_of(*OPENED, SCHOOL_ASKED), "ust"))
    assert (pupil.name, pupil.tax_code, pupil.residence_address) == (SON.name, SON.tax_code, None)


def test_a_schooling_commitment_counts_once_the_patto_is_signed() -> None:
    assert listed(Minor, "ust", *WITH_DRAFT) == []
    minor = only(Minor, *SIGNED)
    assert (minor.member_id, minor.commitments, minor.since) == (SON.member_id, 1, PATTO.signed_on)
    line = only(Attendance, *SIGNED)
    assert (line.item_id, line.open, line.frequency) == (SCHOOLING.id, True, SCHOOLING.frequency)


def test_an_attendance_is_open_until_the_first_report() -> None:
    line = only(Attendance, *SIGNED, AT_SCHOOL)
    assert (line.open, line.period, line.status) == (False, "2025-05", "REGOLARE")


def test_a_revision_without_a_schooling_line_ends_it() -> None:
    assert only(Minor, *SIGNED, REDRAFTED, REVISED).commitments == 1
    without = replace(REDRAFTED, commitments=tuple(c for c in REDRAFTED.commitments if c.area != "SCHOOLING"))
    assert listed(Minor, "ust", *SIGNED, without, REVISED) == []
    assert listed(Attendance, "ust", *SIGNED, without, REVISED) == []


def test_nothing_that_the_school_office_reads_names_the_benefit() -> None:
    told = [*SIGNED, SITTING, SCHOOL_ASKED, NOT_ENROLLED, AT_SCHOOL]
    read = [str(encode(line)) for line in lines("ust", *told)]
    read += [title(kind) for kind in LISTS] + [kind.name for kind in LISTS]
    assert {type(line) for line in lines("ust", *told)} == {Verification, Minor, Attendance, Invitation}
    assert [text for text in read if THE_BENEFIT.search(text)] == []
