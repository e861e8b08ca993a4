"""Who of an office may do what: its own table, by kind of office and role. A route without a rule fails.

Who comes from another agency, or from a unit that must not read this one's, may do nothing at all.
"""

from __future__ import annotations

from dataclasses import dataclass

from api.who import MACHINE, OPERATOR, OPERATORS, Who
from domain.fact import kind
from domain.seats import is_seat

STAFF: dict[str, frozenset[str]] = {
    "cpi": frozenset({"EMPLOYMENT_OPERATOR", "TRAINING", "CLERK", OPERATOR}),
    "ust": frozenset({"SCHOOL", "CLERK", OPERATOR}),
    "asl": frozenset({"SPECIALIST", "CLERK", OPERATOR}),
    "comune": frozenset({"PUC", "CLERK", OPERATOR}),
}
"""The roles that an agency of a kind gives to its own people (``role`` of OperatorAssigned)."""

EVERY = frozenset(STAFF)


@dataclass(frozen=True, slots=True)
class Rule:
    """The kinds of office that have an operation, and whether a machine of the office may ask for it too."""

    offices: frozenset[str]
    machines: bool = True


def _of(*offices: str) -> Rule:
    return Rule(frozenset(offices))


POLICY: dict[str, Rule] = {
    "show_desk": Rule(EVERY),
    "list_cases": Rule(EVERY),
    "show_case": Rule(EVERY),
    "search_people": Rule(EVERY, machines=False),  # a name is looked for by a person, who answers for it
    "list_members": _of("cpi", "asl"),
    "list_referrals": _of("cpi", "asl"),
    "list_service_pattos": _of("cpi"),
    "list_convocations": _of("cpi"),
    "list_updates": _of("cpi"),
    "list_offers": _of("cpi"),
    "list_invitations": _of("cpi", "ust", "asl"),
    "list_verifications": _of("ust", "comune"),
    "list_minors": _of("ust"),
    "list_attendances": _of("ust"),
    "list_waiting_list": _of("asl"),
    "list_commitments": _of("asl"),
    "list_residence_checks": _of("comune"),
    "list_household_changes": _of("comune"),
    "list_puc_assignments": _of("comune"),
    "list_pucs": _of("comune"),
    "list_mayor_warnings": _of("comune"),
}

PUBLIC = frozenset({"show_status", "show_livez", "show_readyz"})
"""Operations that need no token."""


def of_office(recipient: str) -> frozenset[str]:
    """The operations that the interface of a recipient may have."""
    return PUBLIC | {operation for operation, rule in POLICY.items() if kind(recipient) in rule.offices}


def allowed(operation: str, who: Who, recipient: str) -> bool:
    """Whether someone may do something at the office of a recipient."""
    rule, of = POLICY[operation], kind(recipient)
    if of not in rule.offices or not is_seat(recipient, who.agency, who.unit):
        return False
    return rule.machines if who.role == MACHINE else who.role in STAFF[of] & OPERATORS
