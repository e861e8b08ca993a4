"""Services that even a name would give away: a health service by a word for all, anti-violence by nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from domain import seats
from domain.case import events as e
from domain.case.parts import Component, Invitee
from domain.case.state import Case
from domain.disclosure.grounds import team
from domain.disclosure.masks.mask import HEALTH_SERVICE, Mask
from domain.disclosure.rows import listed
from domain.fact import kind

HEALTH_SUPPORT = "PROT8.h"


def masks(event: Any, case: Case, recipient: str) -> Iterator[Mask]:
    match event:
        case e.OperatorAssigned() | e.CaseManagerAssigned():
            yield from _named(("agency", "unit"), event.agency, event.unit, recipient)
        case e.CompetenceTransferred():
            yield from _named(("from_agency",), event.from_agency, None, recipient)
            yield from _named(("to_agency",), event.to_agency, None, recipient)
        case e.CompetenceAccepted():
            yield from _named(("accepted_by_agency",), event.accepted_by_agency, None, recipient)
        case e.EquipeFormed():
            yield from _components("components", event.components, recipient)
            yield from _missing(event)
        case e.EquipeChanged():
            yield from _components("added", event.added, recipient)
            yield from _missing(event)
            yield from _persons("removed", event.removed, case)
        case e.EquipeMet():
            yield from _persons("present", event.present, case)
            yield from _persons("absent", event.absent or (), case)
        case e.EquipeConvoked():
            yield from _invitees(event, recipient)
        case e.EquipeInviteAnswered():
            invited = team.invitee(event, case)
            unit = invited.unit if invited else None
            yield from _named(("agency",), event.agency, unit, recipient)
        case e.MemberReferredToSpecialistService():
            if recipient not in (event.unit, "person"):
                yield "unit", None
        case e.AnalysisFrameworkCompleted():
            for index, row in enumerate(listed(event.areas)):
                if row.assigned_to is not None:
                    yield from _named((f"areas[{index}].assigned_to",), row.assigned_to, None, recipient)
        case e.SupportActivated():
            yield from _support(event, recipient)
        case _:
            return


def _named(paths: Iterable[str], agency: object, unit: object, recipient: str) -> Iterator[Mask]:
    """An agency, with its unit, as others may read it."""
    instead = None if seats.of_anti_violence(agency, unit) else HEALTH_SERVICE
    if instead is None or (seats.of_health(agency, unit) and not _own_unit(recipient, agency, unit)):
        yield from ((path, instead) for path in paths)


def _own_unit(recipient: str, agency: object, unit: object) -> bool:
    return kind(recipient) == "asl" and seats.is_seat(recipient, agency, unit)


# --- supports ----------------------------------------------------------------------------------------------


def _support(event: e.SupportActivated, recipient: str) -> Iterator[Mask]:
    """Who gives a health support, or any support of a health service; to the Ambito also which it is."""
    health = event.catalogue_code == HEALTH_SUPPORT or seats.of_health(event.provider)
    if seats.of_anti_violence(event.provider):
        yield "provider", None
    elif health and recipient != "person" and not _own_unit(recipient, event.provider, None):
        yield "provider", HEALTH_SERVICE
    if health and recipient == "ats":
        yield "catalogue_code", None


# --- the équipe --------------------------------------------------------------------------------------------


def _components(name: str, components: object, recipient: str) -> Iterator[Mask]:
    for index, component in enumerate(listed(components)):
        path = f"{name}[{index}]"
        own_unit = _own_unit(recipient, component.agency, component.unit)
        if _of_anti_violence(component):
            yield path, None
        elif _specialist(component) and recipient != "person" and not own_unit:
            for field in ("name", "surname", "function", "agency"):
                yield f"{path}.{field}", HEALTH_SERVICE
            yield f"{path}.unit", None


def _specialist(component: Component) -> bool:
    return component.role == "SPECIALIST" or seats.of_health(
        component.agency, component.unit, component.function
    )


def _missing(event: e.EquipeFormed | e.EquipeChanged) -> Iterator[Mask]:
    for index in range(len(event.missing_roles)):
        # Free text stays in the case file: a reason can be an illness.
        yield f"missing_roles[{index}].reason", None


def _persons(name: str, persons: tuple[UUID, ...], case: Case) -> Iterator[Mask]:
    """An id that stands for nobody on the list would tell that somebody was left out of it."""
    hidden = _hidden_persons(case)
    if hidden.intersection(persons):
        yield name, [str(person) for person in persons if person not in hidden]


def _hidden_persons(case: Case) -> frozenset[UUID]:
    """Operators of an anti-violence service who were ever of the équipe."""
    named = [one for fact in case.all(e.EquipeFormed) for one in listed(fact.event.components)]
    named += [one for fact in case.all(e.EquipeChanged) for one in listed(fact.event.added)]
    return frozenset(one.person_id for one in named if _of_anti_violence(one))


def _of_anti_violence(one: Component | Invitee) -> bool:
    function = one.function if isinstance(one, Component) else None
    return seats.of_anti_violence(one.agency, one.unit, function)


def _invitees(event: e.EquipeConvoked, recipient: str) -> Iterator[Mask]:
    """Each seat knows its own invitation; the Ambito all of them, a health service by a word for all."""
    for index, one in enumerate(listed(event.invitees)):
        path = f"invitees[{index}]"
        if _of_anti_violence(one):
            yield path, None
        elif recipient != "ats":
            yield f"{path}.unit", None
        else:
            yield from _named((f"{path}.agency", f"{path}.unit"), one.agency, one.unit, recipient)
