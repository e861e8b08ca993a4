"""Who is admitted: which agency a client stands for, and in which role for which purpose of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from api.who import MACHINE, Who


@dataclass(frozen=True, slots=True)
class Admitted:
    """What a purpose that was agreed on lets do: an agency (with its unit), a role, one of our purposes."""

    agency: str
    unit: str | None
    role: str
    purpose: str

    def who(self, client: UUID, purpose_id: str, person: UUID | None) -> Who:
        """The person that the evidence names; the client itself where it acts for none."""
        subject = client if person is None or self.role == MACHINE else person
        through = f"{client} {purpose_id}"
        return Who(self.agency, self.role, self.purpose, subject, self.unit, through)


Table = Mapping[tuple[str, str], Admitted]
"""By consumer and by the consumer's own id of the purpose. Who is not in it is not admitted."""
