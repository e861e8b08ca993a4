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


@dataclass(frozen=True, slots=True)
class Who:
    """An operator of an agency, or a machine of it, and the purpose that it asks for.

    ``subject`` is opaque: the person's id in the agency's own domain, or the machine's.
    """

    agency: str
    role: str
    purpose: str
    subject: UUID
    unit: str | None = None

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
    def recorder(self) -> Recorder:
        """As a fact names who recorded it."""
        return Recorder(self.agency, self.role, self.person, self.unit)

    def reads_as(self, recipients: tuple[str, ...]) -> str:
        """The recipient whose facts this operator may read: units share one, but for those of the ASL."""
        own = self.seat
        return self.agency if own not in recipients and self.kind != "asl" else own
