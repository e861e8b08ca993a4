"""A fact as the log holds it: an event in its envelope."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

E = TypeVar("E", covariant=True)


@dataclass(frozen=True, slots=True)
class Recorder:
    """Who records: an agency (with its unit: ``asl-serd``), a role in it and an operator.

    ``person`` is an opaque id in the agency's own domain; None for a machine (the clock, an import).
    """

    agency: str
    role: str
    person: UUID | None = None
    unit: str | None = None

    @property
    def seat(self) -> str:
        """The recipient that this operator belongs to: the unit where there is one, else the agency."""
        return seat(self.agency, self.unit)

    @property
    def kind(self) -> str:
        """The kind of agency, as in the recorders of a fact: ``comune`` for ``comune-058091``."""
        return kind(self.agency)


@dataclass(frozen=True, slots=True)
class Fact(Generic[E]):
    """An event with what the log says of it. ``position`` and ``recorded_at`` are set by the append."""

    event_id: UUID
    case_id: UUID
    version: int
    event: E
    recorder: Recorder
    known_on: date
    purpose: str
    command_id: UUID
    correlation_id: UUID
    causation_id: UUID | None = None
    position: int = 0
    recorded_at: datetime | None = field(default=None)

    @property
    def kind(self) -> type:
        """What it is a fact of: the class of its event, known also where it was not opened yet."""
        return type(self.event)

    def telling(self, event: Any) -> Fact[Any]:
        """The same fact with another event in it: what it tells once corrected."""
        return Fact(
            self.event_id,
            self.case_id,
            self.version,
            event,
            self.recorder,
            self.known_on,
            self.purpose,
            self.command_id,
            self.correlation_id,
            self.causation_id,
            self.position,
            self.recorded_at,
        )


KINDS = (
    "servizio-sociale",
    "system",
    "ats",
    "comune",
    "cpi",
    "accreditato",
    "ust",
    "asl",
    "mmg",
    "ets",
    "puc",
    "sil",
    "inps",
)
"""The agencies of the protocol, and those that join by agreement (DOMAIN section 1)."""


def kind(agency: str) -> str:
    """The kind of agency behind a code with a unit: ``asl-serd`` is an ``asl``."""
    return agency if agency in KINDS else agency.split("-", 1)[0]


def seat(agency: str, unit: str | None) -> str:
    """One code for an agency or a unit of it; units that must not read each other never share one."""
    if unit is None or unit == agency:
        return agency
    return unit if unit.startswith(f"{agency}-") else f"{agency}-{unit}"
