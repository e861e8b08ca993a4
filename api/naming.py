"""Whom and what an act may name, where the table of operations lets it be done.

The policy is judged on the operation alone, before the body: what is said here takes the statement too.
"""

from __future__ import annotations

from api.readers import is_taken
from api.who import Who
from domain.case.events import CaseManagerAssigned, OperatorAssigned
from domain.case.state import Case
from domain.disclosure.convictions import cited_by, is_conviction
from domain.refused import Refused


def check_named(case: Case, who: Who, event: object) -> None:
    """Raises Refused."""
    _reserved(case, who, event)
    if isinstance(event, CaseManagerAssigned):
        _manager(case, event)
    if isinstance(event, OperatorAssigned) and who.kind == "servizio-sociale":
        _takes_over(case, who, event)


def _reserved(case: Case, who: Who, event: object) -> None:
    """Refuses what others than INPS would do about a conviction: the answer tells what it is, and whose."""
    cited = (case.facts.get(ref) for ref in cited_by(event))
    if who.kind != "inps" and any(fact and is_conviction(fact) for fact in cited):
        raise Refused("ROLE_NOT_ALLOWED", "what INPS has ascertained and reserved is followed up by INPS")


def _manager(case: Case, event: CaseManagerAssigned) -> None:
    """Refuses as case manager, who reads all of the case, whom nobody let into it in that role."""
    named = (each for each in case.assignments.values() if each.person_id == event.person_id)
    if not any(each.agency == event.agency and each.role in (event.role, "CASE_MANAGER") for each in named):
        raise Refused("NOT_RECORDED", "person_id: not assigned to the case by that agency, in that role")


def _takes_over(case: Case, who: Who, event: OperatorAssigned) -> None:
    """Refuses who would let another into a taken case that she does not have: she takes it over herself."""
    herself = (event.person_id, event.role) == (who.person, who.role)
    if is_taken(case) and not (herself or case.assigned(who.person, who.kind)):
        raise Refused("ROLE_NOT_ALLOWED", "who is not assigned to the case assigns nobody but herself")
