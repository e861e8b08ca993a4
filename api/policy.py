"""Who may do what: one table and one function. A route without a policy fails when the app is made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Route

from api.who import MACHINE, OPERATORS, ROLES, Who
from domain.case import events as _case_events
from domain.contract import CONTRACTS
from domain.fact import KINDS
from domain.protocol import events as _protocol_events

__all__ = ["POLICY", "Decision", "Rule", "Tie", "allowed", "check_all_covered"]

_ = (_case_events, _protocol_events)  # the events register themselves in CONTRACTS


class Decision(Enum):
    """INVISIBLE is told as if there were nothing: a 404, never a 403."""

    ALLOWED = "allowed"
    FORBIDDEN = "forbidden"
    INVISIBLE = "invisible"


@dataclass(frozen=True, slots=True)
class Tie:
    """What ties someone to a case: it exists, it is assigned to the person, it was disclosed to the seat."""

    exists: bool
    assigned: bool = False
    disclosed: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """The kinds of agency and the roles that may ask for an operation.

    ``unassigned``: the servizio sociale may ask for it on a case that is not assigned to the person.
    """

    agencies: frozenset[str]
    roles: frozenset[str] = ROLES
    unassigned: bool = False


OFFICES = frozenset(KINDS) - {"inps", "system"}
"""Agencies that read cases; INPS reads its facts by agreement, the clock reads nothing over REST."""

_ACTS = {
    contract.act: Rule(contract.recorders, unassigned=contract.act in ("refer_case", "assign_operator"))
    for contract in CONTRACTS.values()
}

_QUERIES = {
    "list_cases": Rule(OFFICES),
    "show_case": Rule(OFFICES),
    "list_events": Rule(OFFICES),
    "reconstruct_measure": Rule(frozenset({"servizio-sociale"}), OPERATORS),
    "list_recipients": Rule(frozenset({"ats", "servizio-sociale"})),
    "read_feed": Rule(frozenset(KINDS), frozenset({MACHINE})),
    "acknowledge": Rule(frozenset(KINDS), frozenset({MACHINE})),
}

POLICY: dict[str, Rule] = _ACTS | _QUERIES

PUBLIC = frozenset({"show_status", "show_livez", "show_readyz"})
"""Operations that need no token."""

SEES_EVERY_CASE = frozenset({"ats", "inps", "system"})
"""The Ambito, cut to what it may know; INPS and the clock, whose only operations on a case are acts."""


def allowed(operation: str, who: Who, tie: Tie | None = None) -> Decision:
    """Whether someone may do something, on a case where ``tie`` is given: agency × role × assignment.

    Agency and role are judged alone, so that a refusal of them tells nothing of a case.
    """
    rule = POLICY[operation]
    if who.kind not in rule.agencies or who.role not in rule.roles:
        return Decision.FORBIDDEN
    if tie is None or (tie.exists and _sees(rule, who, tie)):
        return Decision.ALLOWED
    return Decision.INVISIBLE


def _sees(rule: Rule, who: Who, tie: Tie) -> bool:
    if who.kind in SEES_EVERY_CASE:
        return True
    if who.kind == "servizio-sociale":
        return tie.assigned or rule.unassigned
    return tie.disclosed


def check_all_covered(routes: Iterable[BaseRoute]) -> None:
    """Raises TypeError for a route that no policy speaks of."""
    for route in routes:
        if isinstance(route, APIRoute):
            if route.operation_id not in POLICY.keys() | PUBLIC:
                raise TypeError(f"{route.path} ({route.operation_id}) has no policy")
        elif not (isinstance(route, Route) and route.path.endswith("/openapi.json")):
            raise TypeError(f"{getattr(route, 'path', route)} has no policy")
