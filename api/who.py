"""Who is asking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args, get_type_hints
from uuid import UUID

from domain.case.events import OperatorAssigned
from domain.fact import Recorder, kind, seat

_HINTS = get_type_hints(OperatorAssigned)

MACHINE = "machine"
"""The role of an agency's system: it acts for no person, and no case is assigned to it."""

OPERATOR = "operator"
"""An operator whose role in a case the token leaves to the assignment."""

OPERATORS: frozenset[str] = frozenset(get_args(_HINTS["role"])) | {OPERATOR}
ROLES = OPERATORS | {MACHINE}
PURPOSES: frozenset[str] = frozenset(get_args(_HINTS["purpose"]))

PURPOSES_OF: dict[str, tuple[str, ...]] = {
    "servizio-sociale": ("TAKING_CHARGE", "CONTROLS", "ACCESS"),
    "ats": ("TAKING_CHARGE", "CONTROLS", "ACCESS"),
    "comune": ("TAKING_CHARGE", "CONTROLS", "SCHOOLING", "PUC"),
    "cpi": ("EMPLOYMENT", "TAKING_CHARGE", "CONTROLS"),
    "accreditato": ("EMPLOYMENT", "CONTROLS"),
    "ust": ("SCHOOLING", "TAKING_CHARGE"),
    "asl": ("HEALTH", "TAKING_CHARGE"),
    "mmg": ("HEALTH", "TAKING_CHARGE"),
    "ets": ("SUPPORT", "TAKING_CHARGE"),
    "sil": ("SUPPORT", "EMPLOYMENT", "TAKING_CHARGE"),
    "puc": ("PUC",),
    "inps": ("CONTROLS",),
    "system": ("TAKING_CHARGE", "CONTROLS"),
}
"""For what each kind of agency may ask (GDPR art. 5(1)(b)), what it is there for first: DOMAIN section 1.

TAKING_CHARGE is for who may sit in the équipe (protocol art. 5; D.Lgs. 147/2017 art. 7), CONTROLS for who
checks, reports or orders (protocol art. 3; DL 48/2023 art. 8), ACCESS for who answers a request to see a file
(L. 241/1990 art. 25).
"""


@dataclass(frozen=True, slots=True)
class Who:
    """An operator of an agency, or a machine of it, and the purpose that it asks for.

    ``subject`` is opaque: the person's id in the agency's own domain, or the machine's. ``through`` is the
    client, with its purposeId, that a trust of the register let in; None of a token for development.
    """

    agency: str
    role: str
    purpose: str
    subject: UUID
    unit: str | None = None
    through: str | None = None

    @property
    def person(self) -> UUID | None:
        return None if self.role == MACHINE else self.subject

    @property
    def kind(self) -> str:
        """The kind of agency: ``comune`` for ``comune-058091``."""
        return kind(self.agency)

    @property
    def seat(self) -> str:
        """The recipient of the register's facts that this operator belongs to."""
        return seat(self.agency, self.unit)

    @property
    def client(self) -> str:
        """Whose ``Idempotency-Key`` it is, and who stands in the note of a refusal."""
        return f"{self.agency}/{self.subject}"

    @property
    def bucket(self) -> str:
        """With whose requests this one is counted: its client's, for the person is that client's word."""
        return self.through or f"{self.client} {self.purpose}"

    @property
    def recorder(self) -> Recorder:
        """As a fact names who recorded it."""
        return Recorder(self.agency, self.role, self.person, self.unit)

    def reads_as(self, recipients: tuple[str, ...]) -> str:
        """The recipient whose facts this operator may read: units share one, but for those of the ASL."""
        own = self.seat
        return self.agency if own not in recipients and self.kind != "asl" else own
