"""Rows of a case that are made anew from the whole of it, whenever a fact of it comes.

One fact may change what many earlier ones mean: a correction, an annulment, a member who leaves. So no row is
patched; each remembers the version of the case that it was made from, and never goes back to an earlier one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from domain.case.events import EventCorrected, PersonalDataErased
from domain.case.state import Case, fold
from domain.contract import contract_of
from domain.fact import Fact
from domain.ledger.mapper import Entry
from projections.view import Connection


def of_a_case(item: Entry) -> bool:
    """Whether an entry is a fact of a case, and not of the protocol, the Tavolo or the access log."""
    return contract_of(item.fact.kind).aggregate == "case"


def behind(connection: Connection, versions: str, batch: Sequence[Entry]) -> list[UUID]:
    """The cases of a batch that moved on since their rows were made.

    ``versions`` is the table that remembers the version of each ``case_id``.
    """
    reached = {entry.fact.case_id: entry.fact.version for entry in batch}
    query = f"select case_id, version from {versions} where case_id = any(%s)".encode()
    rows = connection.execute(query, [list(reached)], prepare=True).fetchall()
    stands: dict[UUID, int] = dict(rows)
    return [case_id for case_id, version in reached.items() if version > stands.get(case_id, 0)]


KEPT = 1_000
"""Cases that are kept read: those of an average Ambito, at about 80 kB each."""


class Followed:
    """Cases read once and then followed: each time only what is new in a case is read and folded.

    ``read(case_id, after)`` gives the facts of a case after a version. Not thread-safe. Several views share
    one, so that a fact which moves four of them is opened once. Who reads the log through :meth:`reading`
    has what is new in its hands already: then a case is read only where its beginning is not kept.
    """

    def __init__(self, read: Callable[[UUID, int], Sequence[Fact[Any]]]) -> None:
        self._read = read
        self._kept: OrderedDict[UUID, tuple[list[Fact[Any]], Case]] = OrderedDict()
        self._told: dict[UUID, list[Fact[Any]]] = {}

    def reading(self, after: Callable[[int, int], Sequence[Entry]]) -> Callable[[int, int], Sequence[Entry]]:
        """``after`` itself, which takes note of what it read last."""

        def noted(position: int, limit: int) -> Sequence[Entry]:
            entries = after(position, limit)
            self._told = {}
            for entry in entries:
                self._told.setdefault(entry.fact.case_id, []).append(entry.fact)
            return entries

        return noted

    def facts(self, case_id: UUID) -> list[Fact[Any]]:
        """The facts of a case as they are now."""
        return self._now(case_id)[0]

    def case(self, case_id: UUID) -> Case:
        """The case that they tell."""
        return self._now(case_id)[1]

    def _now(self, case_id: UUID) -> tuple[list[Fact[Any]], Case]:
        facts, case = self._kept.pop(case_id, ([], Case()))
        new = self._new(case_id, facts[-1].version if facts else 0)
        if facts and any(fact.kind is PersonalDataErased for fact in new):
            # What was kept was read before: the values of who was erased are not to be found again.
            facts, case, new = [], Case(), self._read(case_id, 0)
        if new:
            facts = [*facts, *new]
            if contract_of(new[0].kind).aggregate == "case":  # the Tavolo is followed too, and is none
                corrected = any(fact.kind is EventCorrected for fact in new)
                case = fold(facts) if corrected else fold(new, case)
        self._kept[case_id] = facts, case
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return facts, case

    def _new(self, case_id: UUID, after: int) -> Sequence[Fact[Any]]:
        """The facts of a case after a version: those in hand, where they go on from there without a gap."""
        told = self._told.get(case_id)
        if told is None or told[0].version > after + 1:
            return self._read(case_id, after)
        return [fact for fact in told if fact.version > after]
