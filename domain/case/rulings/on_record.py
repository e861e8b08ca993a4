"""What must be on record before a rule can speak of it."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from domain.case.events import HouseholdConvoked
from domain.case.parts import Member
from domain.case.state import Case, Infraction
from domain.refused import Refused


def member(member_id: UUID, case: Case) -> Member:
    try:
        return case.members[member_id]
    except KeyError:
        raise Refused("UNKNOWN_MEMBER", "the person is not in the household on record") from None


def convocation(convocation_id: UUID, case: Case) -> HouseholdConvoked:
    try:
        return case.convocations[convocation_id]
    except KeyError:
        raise Refused("NOT_RECORDED", "there is no such convocation") from None


def infraction(event_id: UUID, case: Case) -> Infraction:
    try:
        return case.infractions[event_id]
    except KeyError:
        raise Refused("NOT_RECORDED", "no such infraction stands in this case") from None


def unique(name: str, values: Iterable[UUID]) -> None:
    seen = list(values)
    if len(set(seen)) != len(seen):
        raise Refused("BAD_VALUE", f"{name}: each only once")
