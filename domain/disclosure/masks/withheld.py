"""Facts that are not shown at all: what stays with the named case manager, or with INPS."""

from __future__ import annotations

from typing import Any

from domain import seats
from domain.case import events as e
from domain.case.state import Case
from domain.disclosure.grounds import patto, services, team
from domain.disclosure.masks.mask import could_be
from domain.fact import Fact


def withheld(fact: Fact[Any], case: Case, recipient: str) -> bool:
    """A protection path, what an anti-violence service does, a conviction (GDPR art. 10)."""
    event = fact.event
    match event:
        case e.MemberConditionRecorded():
            return could_be(event.condition_code, "GENDER_VIOLENCE_PATH")
        case e.InfractionAscertained():
            return could_be(event.code, "FINAL_CONVICTION") and recipient != "inps"
        case e.OperatorAssigned() | e.OperatorUnassigned():
            given = services.assignments(fact, case)
            acting: list[tuple[object, object]] = [(each.agency, each.unit) for each in given]
        case e.SupportActivated() | e.SupportEnded():
            acting = [(patto.provider(event, case), None)]
        case e.EquipeInviteAnswered():
            invited = team.invitee(event, case)
            acting = [(event.agency, None)]
            acting += [(invited.agency, invited.unit)] if invited else []
        case e.CommitmentFulfilled():
            acting = [(fact.recorder.agency, fact.recorder.unit)]
        case _:
            return False
    hidden = [(agency, unit) for agency, unit in acting if seats.of_anti_violence(agency, unit)]
    return bool(hidden) and not any(seats.is_seat(recipient, agency, unit) for agency, unit in hidden)
