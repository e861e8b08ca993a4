"""The équipe: who sits in it, who is invited, and the areas that are each seat's (protocol artt. 5, 6)."""

from __future__ import annotations

from domain import seats
from domain.case import events as e
from domain.case.parts import Invitee
from domain.case.state import Case
from domain.disclosure import links
from domain.disclosure.rows import Rows, Test, only, rows_where, when
from domain.fact import Fact, kind

NEED_AREAS = {
    "cpi": frozenset({"WORK", "TRAINING"}),
    "sil": frozenset({"WORK", "TRAINING"}),
    "ust": frozenset({"SCHOOLING"}),
    "asl": frozenset({"HEALTH", "CARE"}),
}
"""The areas of need in the extract of each seat of the équipe."""

PLAIN_AREAS = frozenset({"INCOME", "WORK", "TRAINING", "SCHOOLING", "HOUSING", "RELATIONS", "OTHER"})
"""Areas of the quadro di analisi that do not speak of health; one written otherwise may."""


def readable_area(area: object, recipient: str) -> bool:
    """Whether the texts of an area may be read: those of health and care by the ASL alone."""
    return kind(recipient) in ("asl", "person") or area in PLAIN_AREAS


def _team(fact: Fact[e.EquipeFormed | e.EquipeChanged | e.EquipeMet], case: Case, recipient: str) -> bool:
    """A seat in this équipe as it is now; of its forming, as it was formed, while it has a seat at all."""
    event = fact.event
    if case.team is None or not links.seated(case, recipient):
        return False
    if isinstance(event, e.EquipeFormed):
        return links.sits(event.components, recipient)
    return case.team.team_id == event.team_id


def _need_areas(fact: Fact[e.PreliminaryAnalysisCompleted], case: Case, recipient: str) -> Rows | None:
    if not links.seated(case, recipient):
        return None
    areas = NEED_AREAS.get(kind(recipient), frozenset())
    return {"needs_by_area": rows_where(fact.event.needs_by_area, lambda need: need.area in areas)}


def _own_areas(fact: Fact[e.AnalysisFrameworkCompleted], case: Case, recipient: str) -> Rows | None:
    """The areas that are assigned to this seat of the équipe."""
    if not links.seated(case, recipient):
        return None
    return only(
        "areas",
        rows_where(
            fact.event.areas,
            lambda row: seats.is_seat(recipient, row.assigned_to) and readable_area(row.area, recipient),
        ),
    )


def _invited(fact: Fact[e.EquipeConvoked], case: Case, recipient: str) -> Rows | None:
    own = rows_where(fact.event.invitees, lambda each: seats.is_seat(recipient, each.agency, each.unit))
    return only("invitees", own)


def invitee(answered: e.EquipeInviteAnswered, case: Case) -> Invitee | None:
    """Who was invited to the sitting that somebody answered for."""
    sessions = [
        fact.event
        for fact in case.all(e.EquipeConvoked)
        if fact.event.session_id == answered.session_id and isinstance(fact.event.invitees, tuple)
    ]
    found = [one for session in sessions for one in session.invitees if one.person_id == answered.person_id]
    return found[-1] if found else None


def _own_invitee(fact: Fact[e.EquipeInviteAnswered], case: Case, recipient: str) -> bool:
    invited = invitee(fact.event, case)
    return invited is not None and seats.is_seat(recipient, invited.agency, invited.unit)


GROUNDS: dict[str, Test] = {
    "team": when(_team),
    "need_areas": _need_areas,
    "own_areas": _own_areas,
    "invited": _invited,
    "own_invitee": when(_own_invitee),
}
