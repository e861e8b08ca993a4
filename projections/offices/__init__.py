"""The recipients' own views: one file for each kind of office, and which office a recipient is."""

from __future__ import annotations

from domain.case.commands import AS_SHIPPED, Law
from domain.fact import kind
from domain.message import Message
from domain.rules.rule_set import load
from domain.rules.sanctions import STATUTE
from projections.offices import asl, comune, cpi, ust
from projections.offices.desk import Desk, Office
from projections.shown import Shown
from projections.view import View

OFFICES: dict[str, Office] = {
    "cpi": Office(cpi.LISTS, cpi.of_case),
    "ust": Office(ust.LISTS, ust.of_case),
    "asl": Office(asl.LISTS, asl.of_case),
    "comune": Office(comune.LISTS, comune.of_case),
}
"""By kind of agency: each unit of the ASL and each Comune keeps its own."""


def office_of(recipient: str) -> Office | None:
    """The office of a recipient; None for one that keeps no more than the list of what it was shown."""
    return OFFICES.get(kind(recipient))


def views_of(recipient: str, law: Law = AS_SHIPPED) -> list[View[Message]]:
    """The views of a recipient, in the order in which they are applied.

    ``law`` are the readings of the Ambito: its patron saint moves the last day of a term.
    """
    office = office_of(recipient)
    if office is None:
        return [Shown()]
    return [Desk(recipient, office, load(STATUTE).read_as(dict(law.settings)))]
