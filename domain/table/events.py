"""The facts of the Tavolo di coordinamento: convoked, held, its minutes approved and sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from domain.case.parts import AgencyCode
from domain.contract import fact, show


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegate:
    """A person who sits at the Tavolo for a body."""

    agency: AgencyCode
    person_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the Tavolo decided, who carries it out and by when."""

    text: str
    owner: AgencyCode
    due_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The head of a body, to whom the minutes go."""

    agency: AgencyCode
    person_id: UUID | None = None


@fact(
    "adi.table.table_convoked",
    act="convoke_table",
    path="meetings",
    recorders="ats",
    happened="meeting_at",
    slot="meeting_id",
    shown=(
        show("ats", "F", "ambito"),
        show("comune cpi ust asl", "P", "signatory", "meeting_id meeting_at seat invitees topics"),
    ),
)
class TableConvoked:
    """Convocazione del Tavolo di coordinamento. protocol arts. 2, 4, 11."""

    meeting_id: UUID
    meeting_at: datetime
    seat: str
    invitees: tuple[Delegate, ...]
    topics: tuple[str, ...]


@fact(
    "adi.table.table_meeting_held",
    act="hold_table",
    path="meetings-held",
    recorders="ats",
    happened="held_on",
    slot="meeting_id",
    shown=(
        show("ats", "F", "ambito"),
        show(
            "comune cpi ust asl",
            "P",
            "signatory",
            "meeting_id held_on present secretary topics decisions",
        ),
    ),
)
class TableMeetingHeld:
    """Riunione del Tavolo di coordinamento. protocol arts. 4, 11."""

    meeting_id: UUID
    held_on: date
    present: tuple[Delegate, ...]
    secretary: UUID
    topics: tuple[str, ...]
    decisions: tuple[Decision, ...]


@fact(
    "adi.table.minutes_approved",
    act="approve_minutes",
    path="approved-minutes",
    recorders="ats",
    happened="approved_on",
    slot="meeting_id",
    shown=(
        show("ats", "F", "ambito"),
        show("comune cpi ust asl", "P", "signatory", "meeting_id minutes_ref approved_on"),
    ),
)
class MinutesApproved:
    """Approvazione del verbale. protocol art. 4."""

    meeting_id: UUID
    minutes_ref: str
    approved_on: date


@fact(
    "adi.table.minutes_sent",
    act="send_minutes",
    path="sent-minutes",
    recorders="ats",
    happened="sent_on",
    slot="meeting_id",
    shown=(
        show("ats", "F", "ambito"),
        show("comune cpi ust asl", "P", "signatory", "meeting_id minutes_ref recipients sent_on"),
    ),
)
class MinutesSent:
    """Invio del verbale ai responsabili degli enti. protocol art. 4."""

    meeting_id: UUID
    minutes_ref: str
    recipients: tuple[Head, ...]
    sent_on: date


TableEvent = TableConvoked | TableMeetingHeld | MinutesApproved | MinutesSent
"""Every fact of the Tavolo."""
