"""Where a list ordered by day goes on: after any row that it can hold, and at nothing else."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from api.parameters import cursor_of, place_of
from api.problems import Problem

ROW = UUID("a21ccd37-0f7d-619c-c92f-cbc0de78e3a1")


@pytest.mark.parametrize("day", ["1900-01-01", "2025-03-04", "2200-01-01", "2209-12-31"])
def test_a_list_goes_on_after_a_row_of_any_day_that_a_term_leads_to(day: str) -> None:
    assert place_of(cursor_of(day, str(ROW))) == (date.fromisoformat(day), ROW)


@pytest.mark.parametrize("day", ["20250230", "00000101", "99999999"])
def test_a_cursor_of_no_day_is_refused(day: str) -> None:
    with pytest.raises(Problem) as refused:
        place_of(day + ROW.hex)
    assert [wrong.where for wrong in refused.value.errors] == ["cursor"]
