"""The sittings of the équipe to which a seat is invited, of every office that sits in one (art. 6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from domain.case import events as e
from projections.offices.held import Held
from projections.offices.line import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation(Line):
    """Convocazioni dell'équipe. It waits for an answer of the seat, until the day of the sitting is over."""

    name: ClassVar[str] = "invitations"

    slot: str | None = None
    seat: str | None = None
    meeting_at: datetime | None = None
    answer: str | None = None
    held: bool


def invitations(held: Held) -> Iterator[Invitation]:
    answers = {fact.id("session_id"): fact.text("answer") for fact in held.all(e.EquipeInviteAnswered)}
    sat = {fact.id("session_id") for fact in held.all(e.EquipeMet)}
    for fact in held.all(e.EquipeConvoked):
        session_id, day = fact.id("session_id"), fact.day("meeting_at")
        if session_id:
            yield Invitation(
                item_id=session_id,
                since=fact.recorded_on,
                due_on=day,
                until_on=day + timedelta(days=1) if day else None,
                open=session_id not in answers and session_id not in sat,
                slot=fact.text("slot"),
                seat=fact.text("seat"),
                meeting_at=fact.moment("meeting_at"),
                answer=answers.get(session_id),
                held=session_id in sat,
            )
