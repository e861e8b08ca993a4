"""Who receives, by the rows of the record."""

import pytest

from domain.ledger.recipients import Enrolled, enrolled

pytestmark = pytest.mark.unit


def test_nobody_receives_before_the_first_row() -> None:
    assert enrolled([]) == Enrolled(0, {})


def test_each_receives_after_the_position_at_which_it_was_added() -> None:
    now = enrolled([(1, "cpi", "ADDED", 0), (2, "asl-serd", "ADDED", 70)])
    assert now == Enrolled(2, {"cpi": 0, "asl-serd": 70})


def test_another_key_changes_nothing_but_the_number() -> None:
    assert enrolled([(1, "cpi", "ADDED", 5), (2, "cpi", "ROTATED", 70)]) == Enrolled(2, {"cpi": 5})


def test_who_is_withdrawn_receives_no_more_and_is_still_known() -> None:
    now = enrolled([(1, "cpi", "ADDED", 0), (2, "ust", "ADDED", 0), (3, "cpi", "WITHDRAWN", 9)])
    assert now == Enrolled(3, {"ust": 0}, frozenset({"cpi"}))
    assert now.all == ("ust", "cpi")


def test_who_comes_back_receives_after_the_position_of_that_day() -> None:
    rows = [(1, "cpi", "ADDED", 0), (2, "cpi", "WITHDRAWN", 9), (3, "cpi", "ADDED", 12)]
    assert enrolled(rows) == Enrolled(3, {"cpi": 12})
