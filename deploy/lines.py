"""A line of a file of acts: what an agency states, before anybody has decided it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from domain.fact import Recorder

REFERENCE = "event-of:"
"""Event ids belong to the log: a field that needs one names the command that led to the event."""

NEW_CASE = "refer_case"


@dataclass(frozen=True, slots=True)
class Line:
    """One act. ``case_id`` is None for an act on the protocol."""

    act: str
    case_id: UUID | None
    by: Recorder
    known_on: date
    purpose: str
    states: dict[str, Any]
    command_id: UUID

    def to_json(self) -> dict[str, Any]:
        """The line as a file holds it; a new case has no id until it is referred."""
        case = {} if self.case_id is None or self.act == NEW_CASE else {"case_id": str(self.case_id)}
        unit = {"unit": self.by.unit} if self.by.unit else {}
        person = {"person": str(self.by.person)} if self.by.person else {}
        by = {"agency": self.by.agency, "role": self.by.role} | person | unit
        return {"act": self.act, **case, "command_id": str(self.command_id), "by": by} | {
            "known_on": self.known_on.isoformat(),
            "purpose": self.purpose,
            "states": self.states,
        }

    def to_text(self) -> str:
        return json.dumps(self.to_json(), ensure_ascii=False, separators=(",", ":")) + "\n"

    @staticmethod
    def from_json(data: dict[str, Any]) -> Line:
        """The line that :meth:`to_json` wrote. Raises KeyError, TypeError or ValueError for any other."""
        command_id, by = UUID(data["command_id"]), data["by"]
        case = data.get("case_id")
        if not isinstance(data["act"], str) or not isinstance(data["states"], dict):
            raise TypeError("an act is named by a text and states an object")
        return Line(
            act=data["act"],
            case_id=case_of(command_id) if data["act"] == NEW_CASE else case and UUID(case),
            by=Recorder(by["agency"], by["role"], by.get("person") and UUID(by["person"]), by.get("unit")),
            known_on=date.fromisoformat(data["known_on"]),
            purpose=data["purpose"],
            states=data["states"],
            command_id=command_id,
        )


def case_of(command_id: UUID) -> UUID:
    """The case that a ``refer_case`` opens."""
    return uuid5(command_id, "case_id")


def event_of(line: Line) -> str:
    """How another line speaks of the event that this one leads to."""
    return f"{REFERENCE}{line.command_id}"


def with_events(states: Any, event_id: Callable[[UUID], UUID]) -> Any:
    """What a line states, every reference replaced by the event id that its command led to."""
    if isinstance(states, str) and states.startswith(REFERENCE):
        return str(event_id(UUID(states.removeprefix(REFERENCE))))
    if isinstance(states, dict):
        return {name: with_events(value, event_id) for name, value in states.items()}
    if isinstance(states, list):
        return [with_events(value, event_id) for value in states]
    return states
