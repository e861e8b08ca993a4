"""The lines of the patto that is in force, as far as they are the office's own (protocol art. 7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from domain.case import events as e
from projections.offices.held import Held, Told, Values


@dataclass(frozen=True, slots=True)
class Commitment:
    """A commitment of the patto in force, and the day on which the patto was signed."""

    id: UUID
    line: Values
    signed_on: date

    @property
    def member_id(self) -> UUID | None:
        """Whom it is about: a pupil, where an adult is bound to the schooling of one."""
        return self.line.id("beneficiary_member_id") or self.line.id("obliged_member_id")


def commitments(held: Held, area: str) -> Iterator[Commitment]:
    """The own commitments of an area in the patto signed last, as far as the office was told."""
    last = max(reversed(held.all(e.PattoSigned, e.PattoRevised)), key=_signed_on, default=None)
    if last is None:
        return
    for draft in held.all(e.PattoDrafted):
        if (draft.id("patto_id"), draft.number("version")) == _version(last):
            for line in draft.rows("commitments"):
                commitment_id = line.id("id")
                if commitment_id and line.text("area") == area:
                    yield Commitment(commitment_id, line, _signed_on(last))


def _signed_on(signed: Told) -> date:
    return signed.day("signed_on") or date.min


def _version(signed: Told) -> tuple[UUID | None, int | None]:
    version = "version" if signed.kind is e.PattoSigned else "to_version"
    return signed.id("patto_id"), signed.number(version)
