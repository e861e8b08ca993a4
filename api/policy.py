"""Who may do what: one table and one function. A route without a policy fails when the app is made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Route

from api.who import MACHINE, OPERATOR, OPERATORS, PURPOSES, PURPOSES_OF, ROLES, Who
from domain.case.decide import AGENCIES_WITHOUT_OPERATORS
from domain.catalogue import ACTS
from domain.fact import KINDS

__all__ = ["POLICY", "Decision", "Rule", "Tie", "allowed", "check_all_covered"]


class Decision(Enum):
    """INVISIBLE is told as if there were nothing: a 404, never a 403.

    OTHER_PURPOSE is what neither the agency nor the assignment is there for. UNASSIGNED is an act on a case
    that the person may read, but that is not hers to act on.
    """

    ALLOWED = "allowed"
    FORBIDDEN = "forbidden"
    OTHER_PURPOSE = "other purpose"
    UNASSIGNED = "unassigned"
    INVISIBLE = "invisible"


@dataclass(frozen=True, slots=True)
class Tie:
    """What ties someone to a case: it exists, it is assigned to the person, it was disclosed to the seat.

    ``for_purpose``: one of the assignments is for what she asks. ``taken``: somebody of the servizio
    sociale is assigned.
    """

    exists: bool
    assigned: bool = False
    disclosed: bool = False
    for_purpose: bool = False
    taken: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """The kinds of agency, the roles and the purposes that may ask for an operation.

    ``opens``: it is how a case comes to a person, so nobody need be assigned to it yet. Once somebody of the
    servizio sociale is, it comes to her colleagues by her, or to one who may take it over. ``acts``: it
    records, which is for who is assigned, except in agencies that assign nobody.
    """

    agencies: frozenset[str]
    roles: frozenset[str] = ROLES
    purposes: frozenset[str] = PURPOSES
    opens: bool = False
    acts: bool = False


OFFICES = frozenset(KINDS) - {"inps", "system"}
"""Agencies that read cases; INPS reads its facts by agreement, the clock reads nothing over REST."""

WORKING = frozenset(KINDS) - {"system"}
"""Agencies that work by terms and worklists: each is shown its own rows, one without any an empty list."""

RECEIVING = frozenset(KINDS) - {"servizio-sociale", "ats", "system"}
"""Agencies that are recipients; the others work on the register over REST (visibility matrix)."""

AT_THE_TAVOLO = frozenset({"ats", "servizio-sociale", "cpi", "ust", "asl", "comune"})
"""The Ambito and who signed the protocol with it: aggregates are for all of them (DOMAIN section 1)."""

TOLD_TAX_CODES = frozenset({"servizio-sociale", "cpi", "accreditato", "ust", "asl", "comune"})
"""Who may look for a codice fiscale: who is told any (disclosure matrix), which the Ambito is not."""

# --- purposes ----------------------------------------------------------------------------------------------

FOR_ACCESS = frozenset({"ACCESS"})
"""Requests to see a file are answered by who came for that, and name third parties to nobody else."""

TO_WORK = PURPOSES - FOR_ACCESS
"""Who looks at a file because somebody asked to see it records nothing in it."""

TO_CARE = TO_WORK - {"CONTROLS"}
"""What is done for a household is no business of who came to check it."""

OF_CARE = frozenset(
    {
        *("complete_analysis", "assess_activability", "complete_framework"),
        *("refer_to_employment", "refer_to_specialist", "request_voluntary_path"),
        *("form_equipe", "change_equipe", "convoke_equipe", "answer_equipe_invite", "hold_equipe"),
        *("draft_patto", "sign_patto", "revise_patto", "activate_support", "end_support", "assign_puc"),
        "assign_case_manager",
    }
)
"""Acts of the project: analysis, équipe and its case manager, patto, supports (protocol artt. 5 to 8)."""


def _purposes(act: str) -> frozenset[str]:
    if ACTS[act].aggregate == "access":
        return FOR_ACCESS
    return TO_CARE if act in OF_CARE else TO_WORK


# --- the table ---------------------------------------------------------------------------------------------

NAMES_MANAGER = frozenset({"CASE_MANAGER", "SOCIAL_WORKER", "SOCIAL_OPERATOR", OPERATOR})
"""Who may say who the case manager is, since that opens what she alone is shown: who could be one herself
(protocol artt. 5 and 7).
"""

_ACTS = {
    contract.act: Rule(
        contract.recorders,
        roles=NAMES_MANAGER if contract.act == "assign_case_manager" else ROLES,
        purposes=_purposes(contract.act),
        opens=contract.act in ("refer_case", "assign_operator"),
        acts=True,
    )
    for contract in ACTS.values()
}

TAKES_OVER = "SOCIAL_WORKER"
"""Who takes over a case that is a colleague's, lest who falls ill leave a household without anybody: she is
bound to secrecy by her profession (L. 119/2001 art. 1), and her assignment stands in the case.
"""

FOR_THE_AGENCY = frozenset({MACHINE, OPERATOR})
"""Who acts for the agency as such, on all that was disclosed to it, not on the cases assigned to a person."""

_SERVICES, _RUNS_IT = frozenset({"servizio-sociale"}), frozenset({"ats", "servizio-sociale"})

_QUERIES = {
    "list_cases": Rule(OFFICES),
    "search_cases": Rule(TOLD_TAX_CODES, OPERATORS),
    "show_case": Rule(OFFICES),
    "list_events": Rule(OFFICES),
    "show_timeline": Rule(OFFICES),
    "list_accesses": Rule(OFFICES),
    "list_access_requests": Rule(_RUNS_IT, purposes=FOR_ACCESS),
    "list_readers": Rule(_SERVICES, OPERATORS),
    "list_deadlines": Rule(WORKING),
    "list_worklists": Rule(WORKING),
    "show_worklist": Rule(WORKING),
    "show_inbox": Rule(WORKING),
    "list_decisions": Rule(_RUNS_IT),
    "list_indicators": Rule(AT_THE_TAVOLO),
    "reconstruct_measure": Rule(_SERVICES, OPERATORS),
    "request_dossier": Rule(_SERVICES, OPERATORS),
    "show_dossier_status": Rule(_SERVICES, OPERATORS),
    "show_dossier": Rule(_SERVICES, OPERATORS),
    "show_extract": Rule(OFFICES, OPERATORS, TO_CARE),
    "check_patto": Rule(_SERVICES, OPERATORS, TO_CARE),
    "print_patto": Rule(_SERVICES, OPERATORS),
    "print_letter": Rule(_SERVICES, OPERATORS, TO_WORK),
    "list_recipients": Rule(_RUNS_IT),
    "show_health": Rule(_RUNS_IT),
    "list_corrections": Rule(_RUNS_IT),
    "read_feed": Rule(RECEIVING, FOR_THE_AGENCY),
    "acknowledge": Rule(RECEIVING, FOR_THE_AGENCY),
    "list_checkpoints": Rule(frozenset(KINDS)),
    "show_latest_checkpoint": Rule(frozenset(KINDS)),
    "prove_inclusion": Rule(frozenset(KINDS)),
    "prove_consistency": Rule(frozenset(KINDS)),
    "list_log_keys": Rule(frozenset(KINDS)),
    "show_asyncapi": Rule(frozenset(KINDS)),
}

POLICY: dict[str, Rule] = _ACTS | _QUERIES

PUBLIC = frozenset({"show_status", "show_livez", "show_readyz", "show_schema"})
"""Operations that need no token."""

SEES_EVERY_CASE = frozenset({"ats", "inps", "system"})
"""The Ambito, cut to what it may know; INPS and the clock, whose only operations on a case are acts."""


def allowed(operation: str, who: Who, tie: Tie | None = None) -> Decision:
    """Whether someone may do something, on a case where ``tie`` is given.

    Agency × role × purpose × assignment. The first three are judged alone, so that a refusal of them tells
    nothing of a case.
    """
    rule = POLICY[operation]
    if who.kind not in rule.agencies or who.role not in rule.roles:
        return Decision.FORBIDDEN
    if who.purpose not in rule.purposes or who.purpose not in PURPOSES_OF[who.kind]:
        return Decision.OTHER_PURPOSE
    if tie is None:
        return Decision.ALLOWED
    if not (tie.exists and _sees(rule, who, tie)):
        return Decision.INVISIBLE
    if rule.acts and not (rule.opens or tie.assigned or who.kind in AGENCIES_WITHOUT_OPERATORS):
        return Decision.UNASSIGNED
    if tie.assigned and not (tie.for_purpose or rule.opens) and _by_assignment(rule, who):
        return Decision.OTHER_PURPOSE
    return Decision.ALLOWED


def _sees(rule: Rule, who: Who, tie: Tie) -> bool:
    if who.kind in SEES_EVERY_CASE:
        return True
    if who.kind == "servizio-sociale":
        return tie.assigned or (rule.opens and (not tie.taken or who.role == TAKES_OVER))
    return tie.disclosed


def _by_assignment(rule: Rule, who: Who) -> bool:
    """Whether the person's assignment is what lets her: acts, and whatever the servizio sociale reads."""
    return rule.acts or who.kind == "servizio-sociale"


def check_all_covered(routes: Iterable[BaseRoute], known: Iterable[str] | None = None) -> None:
    """Raises TypeError for a route that no policy speaks of; ``known`` are the operations of another one."""
    covered = POLICY.keys() | PUBLIC if known is None else frozenset(known)
    for route in routes:
        if isinstance(route, APIRoute):
            if route.operation_id not in covered:
                raise TypeError(f"{route.path} ({route.operation_id}) has no policy")
        elif not (isinstance(route, Route) and route.path.endswith(("/openapi.json", "/openapi-3.1.json"))):
            raise TypeError(f"{getattr(route, 'path', route)} has no policy")
