"""Which figures of an answer stay hidden: small counts, and whatever would give one away.

A count of 1 to 4 is small, and so is one that comes from 1 to 4 cases: ten absences of one household tell of
that household. The rest of a share (what is in the denominator and not in the numerator) is a count too. A
cell with a small count is hidden whole, its value with it. **0 is shown as 0**: it speaks of nobody.

Then others are hidden with it, until no small count can be computed from what is shown:

* none is a linear combination of published counts of the answer, whichever indicators they stand in;
* no published count less another one that it contains is small;
* the hidden groups of a breakdown taken together are not small, nor such that each of them must be 1, or 4.

What this does not prevent: subtracting figures of two overlapping periods (the months of a period are bound
to whole quarters or whole years for that, see :mod:`domain.indicators.period`), comparing the same period
before and after a late fact or a correction, comparing indicators that date the same facts differently (I10
by the fact, I12 by its term), and what a reader knows from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from fractions import Fraction
from itertools import permutations

from domain.indicators.formulas import Atom, Cell, Indicator, Tallies, times

SMALL = 5
"""A count below this, and above 0, is hidden (DOMAIN section 10)."""

Atoms = frozenset[Atom]
Vector = dict[Atom, Fraction]


def hidden(cells: Sequence[Cell], tallies: Tallies) -> frozenset[Cell]:
    """The cells of one answer that are not shown."""
    small = {cell for cell in cells if any(is_small(count, tallies) for count in _all_counts(cell, tallies))}
    beside: list[Cell] = []
    while (near := _given_away(cells, {*small, *beside}, tallies)) is not None:
        beside.append(_next(near, cells, {*small, *beside}, tallies))
    found = {*small, *beside}
    for cell in sorted(beside, key=lambda cell: _size(cell, tallies), reverse=True):
        # Hidden early, it may not be needed any more.
        if _given_away(cells, found - {cell}, tallies) is None:
            found.remove(cell)
    return frozenset(found)


def is_small(count: Atoms, tallies: Tallies) -> bool:
    """Whether a count is too small to show. Of several atoms at least as many cases as of the largest."""
    if times(count, tallies) == 0:
        return False
    return times(count, tallies) < SMALL or max(tallies[atom].cases for atom in count) < SMALL


def _counts(cell: Cell, tallies: Tallies) -> list[Atoms]:
    """The numbers that a cell shows."""
    return [count.of(tallies) for count in (cell.numerator, cell.denominator) if count is not None]


def _all_counts(cell: Cell, tallies: Tallies) -> list[Atoms]:
    counts = _counts(cell, tallies)
    if cell.indicator.part and len(counts) == 2:
        counts.append(counts[1] - counts[0])
    return counts


def _given_away(cells: Sequence[Cell], found: AbstractSet[Cell], tallies: Tallies) -> Indicator | None:
    """An indicator whose published cells, or those beside them, tell a small count."""
    published = {cell: _counts(cell, tallies) for cell in cells if cell not in found}
    for one, other in permutations(published, 2):
        if _differ_by_little(published[one], published[other], tallies):
            return (one if one.group is not None else other).indicator
    basis = _basis(count for counts in published.values() for count in counts)
    # In the order of the answer: two answers that hid different cells would tell what each hides.
    concealed = [cell for cell in cells if cell in found]
    for cell in concealed:
        small = (count for count in _all_counts(cell, tallies) if is_small(count, tallies))
        if any(_follows(count, basis) for count in small):
            return cell.indicator
    for indicator in dict.fromkeys(cell.indicator for cell in concealed):
        groups = [cell for cell in concealed if cell.indicator is indicator and cell.group is not None]
        if any(_follows(count, basis) for count in _telling_sums(groups, tallies)):
            return indicator
    return None


def _differ_by_little(larger: Sequence[Atoms], smaller: Sequence[Atoms], tallies: Tallies) -> bool:
    return any(
        part < whole and is_small(whole - part, tallies) for whole in larger for part in smaller if part
    )


def _telling_sums(groups: Sequence[Cell], tallies: Tallies) -> Iterator[Atoms]:
    """Counts of several hidden groups together that would tell of each."""
    for counts in zip(*(_all_counts(group, tallies) for group in groups), strict=True):
        together: Atoms = frozenset().union(*counts)
        if len(together) != sum(len(count) for count in counts):
            continue  # a denominator that the groups share
        total = times(together, tallies)
        if is_small(together, tallies) or total in (len(groups), len(groups) * (SMALL - 1)):
            yield together


def _next(near: Indicator, cells: Sequence[Cell], found: AbstractSet[Cell], tallies: Tallies) -> Cell:
    """The next cell to hide: the smallest group beside what is told, then its total, then what shares its
    observations.
    """
    shown = [cell for cell in cells if cell not in found]
    populations = {count.population for count in (near.numerator, near.denominator) if count}

    def rank(cell: Cell) -> tuple[bool, bool, bool, int]:
        size = _size(cell, tallies)
        return cell.indicator is not near, cell.group is None, size == 0, size

    related = [cell for cell in shown if populations & _populations(cell)]
    return min(related or shown, key=rank)


def _size(cell: Cell, tallies: Tallies) -> int:
    return sum(times(count, tallies) for count in _counts(cell, tallies))


def _populations(cell: Cell) -> set[str]:
    return {count.population for count in (cell.numerator, cell.denominator) if count}


# --- linear algebra over the observations ------------------------------------------------------------------


def _basis(counts: Iterable[Atoms]) -> dict[Atom, Vector]:
    """What all linear combinations of some counts are made of: vectors by the atom that leads each."""
    basis: dict[Atom, Vector] = {}
    for count in set(counts):
        rest = _reduced(count, basis)
        if rest:
            lead = min(rest, key=_order)
            basis[lead] = {atom: part / rest[lead] for atom, part in rest.items()}
    return basis


def _follows(count: Atoms, basis: dict[Atom, Vector]) -> bool:
    return not _reduced(count, basis)


def _reduced(count: Atoms, basis: dict[Atom, Vector]) -> Vector:
    """What is left of a count when the basis is taken away; nothing, where it follows from it."""
    rest = dict.fromkeys(count, Fraction(1))
    # A vector holds nothing before the atom that leads it, so what was taken away never comes back.
    while leads := [atom for atom in rest if atom in basis]:
        lead = min(leads, key=_order)
        factor = rest[lead]
        for atom, part in basis[lead].items():
            left = rest.get(atom, Fraction(0)) - factor * part
            if left:
                rest[atom] = left
            else:
                rest.pop(atom, None)
    return rest


def _order(atom: Atom) -> tuple[str, str, tuple[str, ...]]:
    return atom.population, atom.group, tuple(sorted(atom.marks))
