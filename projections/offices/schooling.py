"""Verifications of compulsory schooling, for the Comune that asks and the school office that answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from domain.case import events as e
from projections.offices.held import NOTHING, Held, Told
from projections.offices.line import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification(Line):
    """Verifiche dell'obbligo scolastico. One line a minor; it waits until the outcome is on record."""

    name: ClassVar[str] = "verifications"
    whole_person: ClassVar[bool] = True

    school_year: str | None = None
    outcome: str | None = None
    source: str | None = None
    verified_on: date | None = None


def verifications(held: Held) -> Iterator[Verification]:
    answers: dict[tuple[UUID | None, UUID | None], Told] = {
        (fact.id("verification_id"), fact.id("minor_member_id")): fact
        for fact in held.all(e.SchoolingVerified)
    }
    for asked in held.all(e.SchoolVerificationRequested):
        verification_id = asked.id("verification_id")
        for minor in asked.rows("minors"):
            member_id = minor.id("minor_member_id")
            answer = answers.get((verification_id, member_id), NOTHING)
            if verification_id and member_id:
                yield Verification(
                    item_id=verification_id,
                    member_id=member_id,
                    since=asked.day("requested_on"),
                    due_on=asked.day("answer_by"),
                    open=answer is NOTHING,
                    school_year=asked.text("school_year"),
                    outcome=answer.text("outcome"),
                    source=answer.text("source"),
                    verified_on=answer.day("verified_on"),
                )
