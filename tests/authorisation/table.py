"""The table of who may do what, and what it says of a request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, product
from pathlib import Path
from typing import Literal

Outcome = Literal["REACHED", "ROLE_NOT_ALLOWED", "PURPOSE_NOT_ALLOWED", "NOT_ASSIGNED", "UNKNOWN"]
Case = Literal["none", "unknown", "hidden", "shown"]
Assigned = Literal["no", "charge", "own", "other"]

ROLES = (
    *("CASE_MANAGER", "SOCIAL_WORKER", "SOCIAL_OPERATOR", "EMPLOYMENT_OPERATOR", "SPECIALIST", "GP"),
    *("PAEDIATRICIAN", "SCHOOL", "TRAINING", "HOUSING", "ETS", "SIL", "PUC", "CLERK", "operator", "machine"),
)
PURPOSES = (
    *("TAKING_CHARGE", "EMPLOYMENT", "SCHOOLING", "HEALTH"),
    *("PUC", "SUPPORT", "CONTROLS", "ACCESS"),
)
NEVER_ASSIGNED = ("comune", "inps", "system")
"""Agencies that assign nobody."""

_ROLES = {
    "any": set(ROLES),
    "persons": set(ROLES) - {"machine"},
    "agency": {"machine", "operator"},
    "social": {"CASE_MANAGER", "SOCIAL_WORKER", "SOCIAL_OPERATOR", "operator"},
}
_PURPOSES = {
    "any": set(PURPOSES),
    "work": set(PURPOSES) - {"ACCESS"},
    "care": set(PURPOSES) - {"ACCESS", "CONTROLS"},
    "access": {"ACCESS"},
}


@dataclass(frozen=True)
class Row:
    operation: str
    agencies: tuple[str, ...]
    roles: str
    purposes: str
    tie: str


@dataclass(frozen=True)
class Asked:
    """A request: what for, by whom, and how she is tied to the case."""

    row: Row
    agency: str
    role: str
    purpose: str
    case: Case
    assigned: Assigned


def _lines() -> list[str]:
    text = Path(__file__).with_name("table.txt").read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


AGENCIES = {
    agency: frozenset(purposes)
    for agency, *purposes in (line[1:].split() for line in _lines() if line.startswith("@"))
}
"""The purposes of each."""

ROWS = {
    operation: Row(operation, tuple(agencies.split()), roles, purposes, tie)
    for operation, agencies, roles, purposes, tie in (
        [cell.strip() for cell in line.split("|")] for line in _lines() if not line.startswith("@")
    )
}


def expected(asked: Asked) -> Outcome:
    """What the table says of a request, in the order in which it may be told."""
    row = asked.row
    if asked.agency not in row.agencies or asked.role not in _ROLES[row.roles]:
        return "ROLE_NOT_ALLOWED"
    if asked.purpose not in _PURPOSES[row.purposes] & AGENCIES[asked.agency]:
        return "PURPOSE_NOT_ALLOWED"
    return "REACHED" if row.tie == "-" else _of_case(asked)


def _of_case(asked: Asked) -> Outcome:
    row, services = asked.row, asked.agency == "servizio-sociale"
    assigned = asked.assigned != "no" and asked.role != "machine"
    if services:
        # Both cases are somebody's.
        sees = assigned or (row.tie == "opens" and asked.role == "SOCIAL_WORKER")
    elif asked.agency in ("ats", "inps", "system"):
        sees = True
    else:
        sees = asked.case == "shown"
    if asked.case == "unknown" or not sees or (row.tie == "invited" and asked.case == "hidden"):
        return "UNKNOWN"
    if row.tie == "acts" and not assigned and asked.agency not in NEVER_ASSIGNED:
        return "NOT_ASSIGNED"
    if assigned and asked.assigned == "other" and (row.tie == "acts" or (services and row.tie != "opens")):
        return "PURPOSE_NOT_ALLOWED"
    return "REACHED"


# --- what is asked -----------------------------------------------------------------------------------------


def ties(row: Row, agency: str) -> list[tuple[Case, Assigned]]:
    """The ties that somebody of an agency can have to the case of an operation.

    Nobody of an agency is assigned to a case that is hidden from it: an assignment is what shows it.
    """
    if row.tie == "-":
        return [("none", "no")]
    modes: list[Assigned] = ["no"] if agency in NEVER_ASSIGNED else ["no", "charge", "own", "other"]
    return [("unknown", "no"), ("hidden", "no"), *(("shown", mode) for mode in modes)]


def everything() -> Iterator[Asked]:
    """Every route × agency × role × purpose × tie."""
    for row, agency in product(ROWS.values(), AGENCIES):
        for (case, assigned), role, purpose in product(ties(row, agency), ROLES, PURPOSES):
            yield Asked(row, agency, role, purpose, case, assigned)


def sample() -> Iterator[Asked]:
    """Every route × agency × tie that decides: with a role and purpose that go through, or that only the tie
    stops. Beside these one pair that takes its turn for each route and agency.
    """
    pairs, turn = list(product(ROLES, PURPOSES)), 0
    for row, agency in product(ROWS.values(), AGENCIES):
        for place, (case, assigned) in enumerate(ties(row, agency)):
            turn += 29  # no divisor of the number of pairs: each gets its turn
            turns = (pairs[(turn + step) % len(pairs)] for step in range(len(pairs)))
            asked = (Asked(row, agency, role, purpose, case, assigned) for role, purpose in turns)
            first = next(asked)
            others = asked if agency in row.agencies else ()  # else no role and no purpose goes through
            decided = next(filter(_decided, chain([first], others)), None)
            yield from dict.fromkeys(each for each in (first if place == 0 else None, decided) if each)


def _decided(asked: Asked) -> bool:
    """Whether it goes through, or only its tie stops it."""
    return expected(asked) == "REACHED" or _judged_by_tie(asked)


def _judged_by_tie(asked: Asked) -> bool:
    """Whether only the tie to the case can refuse it."""
    return (
        expected(asked) != "REACHED"
        and asked.row.tie != "-"
        and (
            expected(Asked(asked.row, asked.agency, asked.role, asked.purpose, "shown", "charge"))
            == "REACHED"
        )
    )
