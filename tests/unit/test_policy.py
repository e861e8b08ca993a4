"""The policy says what the table written by hand says, and would not if any clause of it were another."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest

from api import policy
from api.who import MACHINE, PURPOSES, PURPOSES_OF, ROLES, Who
from tests.authorisation.table import (
    AGENCIES,
    NEVER_ASSIGNED,
    ROWS,
    Asked,
    everything,
    expected,
    sample,
    ties,
)
from tests.mutation.mutants import mutants_of, mutate

pytestmark = pytest.mark.unit

SAMPLE = list(sample())
SAYS = {
    "ALLOWED": "REACHED",
    "FORBIDDEN": "ROLE_NOT_ALLOWED",
    "OTHER_PURPOSE": "PURPOSE_NOT_ALLOWED",
    "UNASSIGNED": "NOT_ASSIGNED",
    "INVISIBLE": "UNKNOWN",
}


def judged(by: Any, asked: Asked) -> str:
    """What a policy says of a request, alone and then with its tie, as the API asks it."""
    who = Who(asked.agency, asked.role, asked.purpose, UUID(int=1))
    alone = by.allowed(asked.row.operation, who)
    if alone.name != "ALLOWED" or asked.row.tie == "-":
        return SAYS[alone.name]
    if asked.row.tie == "invited" and asked.case == "hidden":
        return "UNKNOWN"  # what was never convoked is no matter of the policy
    assigned = asked.assigned != "no" and asked.role != MACHINE
    inside = asked.agency in ("servizio-sociale", "ats", "inps", "system")
    tie = by.Tie(
        exists=asked.case != "unknown",
        assigned=assigned,
        disclosed=asked.case == "shown" and not inside,
        for_purpose=assigned and asked.assigned in ("charge", "own"),
        taken=True,
    )
    return SAYS[by.allowed(asked.row.operation, who, tie).name]


def takes_on(by: Any) -> bool:
    """Whether a case that is nobody's yet, as none of the table is, goes to whoever takes it on."""
    clerk = Who("servizio-sociale", "CLERK", "TAKING_CHARGE", UUID(int=1))
    return str(by.allowed("assign_operator", clerk, by.Tie(exists=True)).name) == "ALLOWED"


def noticed(by: Any, asked: Iterable[Asked]) -> bool:
    """Whether a policy differs from the table somewhere, or cannot be asked at all."""
    try:
        return not takes_on(by) or any(judged(by, each) != expected(each) for each in asked)
    except Exception:
        return True


def test_the_policy_says_what_the_table_says_of_everything() -> None:
    """Roles of one kind are alike to both: each distinct pair of route and tie is asked with all of them."""
    asked = 0
    for row, agency in product(ROWS.values(), AGENCIES):
        for (case, assigned), role in product(ties(row, agency), ("SOCIAL_WORKER", "operator", "machine")):
            for purpose in sorted(PURPOSES):
                each = Asked(row, agency, role, purpose, case, assigned)
                assert judged(policy, each) == expected(each), each
                asked += 1
    print(f"{asked} questions, of {sum(1 for _ in everything())} in the whole product")


def test_every_agency_has_the_purposes_of_the_table() -> None:
    assert {agency: frozenset(purposes) for agency, purposes in PURPOSES_OF.items()} == AGENCIES


# --- mutants -----------------------------------------------------------------------------------------------


def of_the_table() -> Iterator[tuple[str, policy.Rule, str]]:
    """Each rule with one agency, role or purpose more or less, or one of its flags turned."""
    for operation, rule in policy.POLICY.items():
        for name, values in (("agencies", AGENCIES), ("roles", ROLES), ("purposes", PURPOSES)):
            for value in sorted(values):
                yield operation, replace(rule, **{name: getattr(rule, name) ^ {value}}), f"{name} ± {value}"
        for flag in ("opens", "acts"):
            yield operation, replace(rule, **{flag: not getattr(rule, flag)}), flag


SPARED = {"opens": set(NEVER_ASSIGNED), "acts": {*NEVER_ASSIGNED, "servizio-sociale"}}
"""Agencies to which a flag is nothing: who assigns nobody, and who sees only what is assigned to her."""


def makes_no_difference(operation: str, rule: policy.Rule, what: str) -> bool:
    """Whether nobody could notice: a purpose that none of the agencies has, a flag that none is judged by."""
    name, _, value = what.partition(" ± ")
    if name in SPARED:
        judged_by_it = rule.agencies - SPARED[name]
        return ROWS[operation].tie == "-" or not judged_by_it or (name == "acts" and rule.opens)
    return name == "purposes" and not any(value in AGENCIES[agency] for agency in rule.agencies)


def asked_of(operation: str, what: str) -> Iterator[Asked]:
    """Requests for an operation by whom a mutant concerns."""
    row, (name, _, value) = ROWS[operation], what.partition(" ± ")
    roles = [value] if name == "roles" else ["SOCIAL_WORKER", "operator", "machine"]
    purposes = [value] if name == "purposes" else sorted(PURPOSES)
    for agency in [value] if name == "agencies" else AGENCIES:
        for (case, assigned), role, purpose in product(ties(row, agency), roles, purposes):
            yield Asked(row, agency, role, purpose, case, assigned)


def test_every_mutant_of_the_table_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    killed, survived, alike = 0, list[str](), 0
    for operation, rule, what in of_the_table():
        with monkeypatch.context() as patch:
            patch.setitem(policy.POLICY, operation, rule)
            if noticed(policy, list(asked_of(operation, what))):
                killed += 1
            elif makes_no_difference(operation, rule, what):
                alike += 1
            else:
                survived.append(f"{operation}: {what}")
    print(f"mutants of the table: {killed} killed of {killed + len(survived)}; {alike} make no difference")
    assert survived == []


def test_every_mutant_of_the_purposes_of_an_agency_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    for agency, purpose in product(AGENCIES, sorted(PURPOSES)):
        asked = [
            each
            for operation, row in ROWS.items()
            if agency in row.agencies
            for each in asked_of(operation, f"purposes ± {purpose}")
            if each.agency == agency
        ]
        with monkeypatch.context() as patch:
            patch.setitem(policy.PURPOSES_OF, agency, frozenset(PURPOSES_OF[agency]) ^ {purpose})
            assert noticed(policy, asked), (agency, purpose)


def test_every_mutant_of_the_function_is_noticed() -> None:
    path = Path(policy.__file__)
    source = path.read_text("utf-8")
    first = source[: source.index("def allowed(")].count("\n")
    last = source[: source.index("def check_all_covered(")].count("\n")
    faults = [each for each in mutants_of(path.name, source) if first < each.line <= last]
    survived = [str(each) for each in faults if not noticed(_made(source, each.number), SAMPLE)]
    print(f"mutants of the function: {len(faults) - len(survived)} killed of {len(faults)}")
    assert len(faults) > 20 and survived == []


def _made(source: str, number: int) -> ModuleType:
    module = sys.modules["api.mutant"] = ModuleType(
        "api.mutant"
    )  # dataclasses look for their annotations there
    exec(compile(mutate(source, number), "mutant", "exec"), module.__dict__)
    return module
