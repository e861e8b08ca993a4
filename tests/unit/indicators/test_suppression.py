"""Counts under 5 stay hidden, and no others tell of them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Sequence
from itertools import permutations, product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.indicators.formulas import INDICATORS, Atom, Cell, Tally, cells_of, times
from domain.indicators.suppression import hidden

pytestmark = pytest.mark.unit

Counts = dict[Atom, Tally]


def counts(*told: tuple[str, str, str, int], cases: int | None = None) -> Counts:
    """Population, group, marks, times; by default each from a case of its own."""
    return {
        Atom(population, group, frozenset(marks.split())): Tally(times, times if cases is None else cases)
        for population, group, marks, times in told
    }


def cells(tallies: Counts, *measures: str) -> list[Cell]:
    chosen = [each for each in INDICATORS if not measures or each.measure in measures]
    return [cell for indicator in chosen for cell in cells_of(indicator, tallies)]


def shown(tallies: Counts, *measures: str) -> set[tuple[str, str | None]]:
    every = cells(tallies, *measures)
    concealed = hidden(every, tallies)
    return {(cell.indicator.measure, cell.group) for cell in every if cell not in concealed}


def of_supports(tallies: Counts) -> set[str | None]:
    return {group for _, group in shown(tallies, "supports_activated")}


def supports(cases: int | None = None, **by_code: int) -> Counts:
    return counts(*(("support", code, "timed", times) for code, times in by_code.items()), cases=cases)


def test_five_is_shown_and_four_is_not() -> None:
    assert of_supports(supports(a=5)) == {None, "a"}
    assert of_supports(supports(a=4)) == set()


def test_with_a_small_group_goes_the_next_smallest_so_that_the_total_can_stay() -> None:
    assert of_supports(supports(a=3, b=20, c=10)) == {None, "b"}


def test_where_there_is_no_other_group_the_total_goes() -> None:
    assert of_supports(supports(a=3, b=20)) == {None}
    assert of_supports(supports(a=1, b=2)) == set()


def test_small_groups_that_are_few_together_take_another_with_them() -> None:
    assert of_supports(supports(a=2, b=2, c=10, d=20)) == {None, "d"}


def test_a_total_from_which_each_group_must_be_one_or_four_is_hidden() -> None:
    assert of_supports(supports(cases=5, a=1, b=1, c=1, d=1, e=1)) == set()
    assert of_supports(supports(cases=5, a=2, b=1, c=1, d=1, e=1)) == {None}
    assert of_supports(supports(cases=5, a=4, b=4)) == set()
    assert of_supports(supports(cases=5, a=4, b=3)) == {None}


def test_nothing_is_shown_as_nothing() -> None:
    none_kept = counts(("first_meeting", "NUCLEO", "", 20))
    assert shown(none_kept, "first_meeting_in_term") == {
        ("first_meeting_in_term", None),
        ("first_meeting_in_term", "NUCLEO"),
    }
    assert shown({}) == {(each.measure, None) for each in INDICATORS}


def test_who_is_left_out_of_a_share_is_a_count_too() -> None:
    assert not shown(counts(("pupil", "R", "regular", 98), ("pupil", "E", "", 2)), "school_regularity")
    assert shown(counts(("pupil", "R", "regular", 95), ("pupil", "E", "", 5)), "school_regularity")


def test_ten_infractions_of_one_household_are_one_household() -> None:
    told = [("infraction", "COMMITMENT_MISSED", "", 10), ("adult", "obliged", "", 50)]
    assert shown(counts(*told, cases=10), "infractions")
    assert not shown(counts(*told, cases=4), "infractions")


def test_a_small_median_is_hidden_with_its_number() -> None:
    four = counts(("first_patto", "", "", 4))
    assert not shown(four, "days_meeting_to_patto")


def test_what_one_indicator_hides_another_does_not_tell() -> None:
    """The obliged are also the denominator of I10: hiding them in I17 would hide nothing."""
    tallies = counts(
        ("adult", "obliged", "", 10),
        ("adult", "excluded", "", 30),
        ("adult", "voluntary", "", 3),
        ("adult", "not_evaluated", "", 50),
        ("infraction", "DSU_NOT_UPDATED", "", 20),
    )
    told = shown(tallies, "infractions", "obligation_mix")
    assert ("obligation_mix", "voluntary") not in told
    assert ("obligation_mix", "excluded") not in told or ("obligation_mix", None) not in told
    assert_tells_nothing(tallies, cells(tallies, "infractions", "obligation_mix"))


def test_two_totals_whose_difference_is_small_are_not_both_shown() -> None:
    """Infractions of all types less those that I11 is about: two and two of other types."""
    tallies = counts(
        ("infraction", "COMMITMENT_MISSED", "", 20),
        ("infraction", "COMMITMENT_MISSED", "justified", 20),
        ("infraction", "DSU_NOT_UPDATED", "", 2),
        ("infraction", "PATTO_NOT_SIGNED", "", 2),
        ("adult", "obliged", "", 90),
    )
    told = shown(tallies, "infractions", "justified")
    assert not {("infractions", None), ("justified", None)} <= told


def test_what_was_hidden_in_vain_is_shown_again() -> None:
    """The smallest group goes first, the total after it: then that group need not be hidden."""
    tallies = counts(("support", "a", "timed", 1), ("support", "a", "", 5), ("support", "b", "timed", 5))
    assert shown(tallies, "supports_activated", "days_patto_to_support") == {
        ("supports_activated", None),
        ("supports_activated", "a"),
        ("supports_activated", "b"),
        ("days_patto_to_support", "b"),
    }


HIDES = """
import random
from domain.indicators.formulas import Tally
from tests.unit.indicators.test_suppression import ATOMS, cells, hidden
for seed in range(25):
    dice = random.Random(seed)
    atoms = [atom for atom in ATOMS if atom.population in ("support", "infraction", "adult")]
    tallies = {atom: Tally(n, n) for atom in atoms if (n := dice.choice([0, 0, 1, 5, 5, 6]))}
    every = cells(tallies)
    concealed = hidden(every, tallies)
    print([(cell.indicator.measure, cell.group) for cell in every if cell in concealed])
"""


def test_the_same_figures_always_hide_the_same_cells() -> None:
    """Whatever the process: of two answers that hide different cells, each tells what the other hides."""
    root = Path(__file__).parents[3]
    told = {
        subprocess.run(
            [sys.executable, "-c", HIDES],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            cwd=root,
            capture_output=True,
            check=True,
        ).stdout
        for seed in "123"
    }
    assert len(told) == 1


# --- whatever the figures ----------------------------------------------------------------------------------

GROUPS = {
    "infraction": ("CONVOCATION_MISSED", "COMMITMENT_MISSED", "DSU_NOT_UPDATED", "PATTO_NOT_SIGNED"),
    "measure": ("DECURTAZIONE", "SOSPENSIONE", "DECADENZA"),
    "adult": ("obliged", "excluded", "voluntary", "not_evaluated"),
    "support": ("PROT8.a", "PROT8.b", "PROT8.i"),
    "referral": ("CPI", "ACCREDITATO"),
    "fact": ("cpi", "ust", "servizio-sociale"),
}
MARKS = {
    "infraction": ("", "justified"),
    "measure": ("", "annulled", "gap", "annulled gap"),
    "adult": ("", "pais", "pais puc"),
    "support": ("timed", ""),
    "referral": ("psp psp_due convoked convocation_due", "psp_due", "convoked convocation_due", ""),
    "fact": ("", "late", "correction"),
}
ATOMS = [
    Atom(population, group, frozenset(marks.split()))
    for population, groups in GROUPS.items()
    for group, marks in product(groups, MARKS[population])
]
OFTEN_SMALL = st.one_of(st.integers(0, 6), st.integers(0, 60))


@st.composite
def figures(draw: st.DrawFn) -> Counts:
    chosen = draw(st.lists(st.sampled_from(ATOMS), unique=True, max_size=24))
    found = {}
    for atom in chosen:
        if number := draw(OFTEN_SMALL):
            found[atom] = Tally(number, draw(st.integers(max(1, number - 3), number)))
    return found


def rank(rows: Sequence[Sequence[int]], prime: int = 2**61 - 1) -> int:
    """Of a matrix of zeros and ones; modulo a prime, so in another way than the code does it."""
    left = [list(row) for row in rows]
    found = 0
    for column in range(len(left[0]) if left else 0):
        pivot = next((row for row in range(found, len(left)) if left[row][column] % prime), None)
        if pivot is None:
            continue
        left[found], left[pivot] = left[pivot], left[found]
        inverse = pow(left[found][column], -1, prime)
        for row in range(found + 1, len(left)):
            factor = left[row][column] * inverse % prime
            if factor:
                left[row] = [(a - factor * b) % prime for a, b in zip(left[row], left[found], strict=True)]
        found += 1
    return found


def counts_of(cell: Cell, tallies: Counts) -> list[frozenset[Atom]]:
    return [each.of(tallies) for each in (cell.numerator, cell.denominator) if each]


def small(count: Iterable[Atom], tallies: Counts) -> bool:
    """Few, or surely of few cases."""
    return 0 < times(count, tallies) < 5 or 0 < max((tallies[atom].cases for atom in count), default=0) < 5


def assert_tells_nothing(tallies: Counts, every: list[Cell]) -> None:
    concealed = hidden(every, tallies)
    published = [count for cell in every if cell not in concealed for count in counts_of(cell, tallies)]
    order = sorted(tallies, key=str)

    def row(count: Iterable[Atom]) -> list[int]:
        return [int(atom in set(count)) for atom in order]

    assert not any(small(count, tallies) for count in published)
    # No difference of two of them where one contains the other.
    for one, other in permutations(published, 2):
        assert not (other and other < one and small(one - other, tallies))
    # No combination of them whatever.
    known = [row(count) for count in published]
    for cell in concealed:
        told = counts_of(cell, tallies)
        rest = [told[1] - told[0]] if len(told) == 2 and cell.indicator.part else []
        for count in [*told, *rest]:
            if small(count, tallies):
                assert rank([*known, row(count)]) > rank(known), (cell.indicator.measure, cell.group)
    # No total less the groups shown.
    for indicator in {cell.indicator for cell in every if cell.indicator.by}:
        assert_rest_is_large(tallies, [cell for cell in every if cell.indicator is indicator], concealed)


def assert_rest_is_large(tallies: Counts, own: list[Cell], concealed: frozenset[Cell]) -> None:
    total = next(cell for cell in own if cell.group is None)
    missing = [cell for cell in own if cell.group is not None and cell in concealed]
    if total in concealed or not missing or total.numerator is None:
        return
    groups = [cell for cell in own if cell.group is not None]
    counted = [times(cell.numerator.of(tallies), tallies) for cell in groups if cell.numerator]
    whole = times(total.numerator.of(tallies), tallies)
    assert sum(counted) == whole
    rest = whole - sum(
        times(cell.numerator.of(tallies), tallies)
        for cell in groups
        if cell.numerator and cell not in concealed
    )
    assert rest == 0 or rest >= 5
    if any(small(count, tallies) for cell in missing for count in counts_of(cell, tallies)[:1]):
        assert len(missing) > 1 and rest != len(missing)


@settings(max_examples=300, deadline=None)
@given(figures())
def test_no_cells_of_one_answer_tell_a_small_count(tallies: Counts) -> None:
    assert_tells_nothing(tallies, cells(tallies))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=4))
def test_a_hidden_group_could_always_have_been_another_number(numbers: list[int]) -> None:
    """By trying every number: whoever knows that a hidden group has at least one cannot find it."""
    by_code = {chr(97 + place): number for place, number in enumerate(numbers) if number}
    tallies = supports(**by_code)
    told = of_supports(tallies)
    secret = [code for code in by_code if code not in told]
    if None not in told or not secret:
        return
    rest = sum(by_code.values()) - sum(by_code[code] for code in by_code if code in told)
    could_be = [each for each in product(range(1, rest + 1), repeat=len(secret)) if sum(each) == rest]
    for place, code in enumerate(secret):
        if by_code[code] < 5:
            assert len({each[place] for each in could_be}) > 1


@settings(max_examples=100, deadline=None)
@given(figures())
def test_nothing_is_hidden_where_nothing_is_small(tallies: Counts) -> None:
    enough = {atom: Tally(tally.times + 5, tally.times + 5) for atom, tally in tallies.items()}
    assert not hidden(cells(enough), enough)
