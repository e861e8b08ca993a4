"""How long each term is."""

from datetime import date

import pytest

from domain.refused import Refused
from domain.rules.deadlines import last_day, next_cut_off, norms, working_days_after
from domain.rules.rule_set import load

EVERY = ("D1", "D1b", "D2", "D3", "D4a", "D4b", "D5", "D6", "D7", "D8", "D9", "D10")
EVERY += ("D11", "D12", "D13", "D14", "D15", "D18")


def test_every_term_of_the_page_has_its_norm():
    assert set(norms()) == set(EVERY)
    for norm in norms().values():
        assert norm.title and norm.legal_ref and norm.mark
        assert norm.duty in ("SERVIZI", "COMPONENTE", "NUCLEO", "IF_CONVOKED")


@pytest.mark.parametrize(
    ("term", "start", "last"),
    [
        ("D1", date(2024, 1, 26), date(2024, 5, 25)),
        ("D1", date(2026, 6, 6), date(2026, 10, 5)),
        ("D1b", date(2025, 1, 8), date(2025, 3, 10)),
        ("D2", date(2026, 2, 3), date(2026, 5, 4)),
        ("D3", date(2026, 2, 3), date(2026, 5, 4)),
        ("D4a", date(2025, 2, 20), date(2025, 4, 22)),
        ("D4b", date(2026, 8, 1), date(2026, 9, 30)),
        ("D5", date(2025, 12, 15), date(2025, 12, 27)),
        ("D6", date(2026, 8, 31), date(2027, 2, 28)),
        ("D7", date(2024, 2, 29), date(2034, 2, 28)),
        ("D8", date(2025, 4, 10), date(2025, 4, 26)),
        ("D9", date(2025, 1, 31), date(2025, 3, 3)),
        ("D10", date(2026, 9, 4), date(2026, 10, 5)),
        ("D10", date(2025, 1, 31), date(2025, 2, 28)),
        ("D12", date(2025, 6, 13), date(2025, 7, 14)),
        ("D13", date(2025, 7, 16), date(2025, 8, 16)),
        ("D18", date(2025, 4, 10), date(2025, 4, 22)),
    ],
    ids=str,
)
def test_a_term_ends_on_its_last_useful_day(term, start, last):
    assert last_day(term, start) == last


def test_a_bar_ends_on_its_own_day():
    assert last_day("D6", date(2025, 6, 21)) == date(2025, 12, 21)  # a Sunday
    assert last_day("D7", date(2024, 12, 25)) == date(2034, 12, 25)


@pytest.mark.parametrize(
    ("held", "last"),
    [
        (date(2025, 7, 19), date(2025, 7, 20)),
        (date(2025, 7, 20), date(2025, 7, 20)),
        (date(2025, 7, 21), date(2025, 8, 20)),
        (date(2025, 12, 21), date(2026, 1, 20)),
        (date(2025, 1, 31), date(2025, 2, 20)),
    ],
)
def test_the_cut_off_of_the_payment_is_the_20th_even_a_sunday(held, last):
    assert next_cut_off(held, 20) == last_day("D14", held) == last


@pytest.mark.parametrize(
    ("start", "count", "last"),
    [
        (date(2025, 4, 17), 1, date(2025, 4, 18)),
        (date(2025, 4, 18), 1, date(2025, 4, 22)),
        (date(2025, 4, 18), 4, date(2025, 4, 28)),
        (date(2025, 4, 19), 1, date(2025, 4, 22)),
        (date(2025, 2, 20), 20, date(2025, 3, 20)),
    ],
    ids=["a Friday", "over Easter", "over the 25th of April", "from a Saturday", "twenty days"],
)
def test_working_days_leave_out_saturdays_sundays_and_holidays(start, count, last):
    assert working_days_after(start, count) == last
    if count == 20:
        assert last_day("D15", start) == last


def test_the_days_of_d18_are_a_setting():
    longer = load("ADI-2023").with_setting("d18_days", 7)
    assert last_day("D18", date(2025, 5, 5), longer) == date(2025, 5, 12)
    assert last_day("D18", date(2025, 5, 5)) == date(2025, 5, 15)


def test_the_patron_saint_of_the_ambito_is_a_setting_and_moves_every_term_but_the_cut_off():
    naples = load("ADI-2023").with_setting("patron_saint", "09-19")
    assert last_day("D5", date(2025, 9, 9)) == date(2025, 9, 19)
    assert last_day("D5", date(2025, 9, 9), naples) == date(2025, 9, 20)
    assert last_day("D18", date(2025, 9, 9), naples) == date(2025, 9, 20)
    assert last_day("D15", date(2025, 9, 1), naples) == date(2025, 9, 30)
    assert last_day("D15", date(2025, 9, 1)) == date(2025, 9, 29)
    at_the_cut_off = load("ADI-2023").with_setting("patron_saint", "09-20")
    assert last_day("D14", date(2025, 9, 9), at_the_cut_off) == date(2025, 9, 20)


def test_there_is_no_other_term():
    with pytest.raises(Refused) as refused:
        last_day("D99", date(2025, 1, 1))
    assert refused.value.rule == "BAD_VALUE"
