"""The message that invites to a sitting of the équipe: when and where, and a link to the protected extract.

Nothing in it speaks of the household. A mailbox is read by others, and kept by servers of others: ids are
opaque, and a text of the convocation in which a name of the household stands is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from uuid import uuid5

from icalendar import Calendar, Event, vCalAddress

from consumers.telling import tells
from domain.case.events import EquipeConvoked
from domain.case.state import Case
from domain.italian import DAYS, in_words
from domain.ledger.outbox import Letter
from domain.rules.calendar import ROME

BASE = "/rest/adi/v1"

SEVEN_BIT = SMTP.clone(cte_type="7bit")
"""Every server takes it, whatever it offers."""

IN_THE_REGISTER = "indicato nel registro"
"""In place of a text that would tell who the household is."""


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who writes, and where the register answers: without its path, ``https://registro.example``."""

    sender: str
    public_url: str
    ambito: str

    @property
    def domain(self) -> str:
        """What message ids and calendar ids end in."""
        return self.sender.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Sitting:
    """What of a convocation may stand in a mail."""

    at: datetime
    place: str
    slot: str


def sitting_of(convoked: EquipeConvoked, case: Case) -> Sitting:
    """A convocation without what names the household."""
    return Sitting(
        convoked.meeting_at.astimezone(ROME), _unnamed(convoked.seat, case), _unnamed(convoked.slot, case)
    )


def message(
    letter: Letter, sitting: Sitting, letterhead: Letterhead, to: str, caused_at: datetime, now: datetime
) -> bytes:
    """The mail as it goes over the wire: a text, and beside it the same as an iCalendar invitation.

    ``caused_at`` is when the fact that gave cause to it was recorded: a repeat carries the same stamp.
    """
    made = EmailMessage(policy=SEVEN_BIT)
    made["From"] = Address(_organizer(letterhead), addr_spec=letterhead.sender)
    made["To"] = Address(addr_spec=to)
    made["Subject"] = _subject(letter, sitting)
    made["Date"] = now
    made["Message-ID"] = letter.message_id
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(_text(letter, sitting, letterhead))
    made.add_alternative(
        calendar(letter, sitting, letterhead, to, caused_at).decode(),
        subtype="calendar",
        params={"method": letter.kind},
    )
    return made.as_bytes()


def calendar(letter: Letter, sitting: Sitting, letterhead: Letterhead, to: str, caused_at: datetime) -> bytes:
    """The invitation, its update or its end (RFC 5546), for one invitee."""
    made = Calendar()
    made.add("prodid", "-//ambito//equipe multidisciplinare//IT")
    made.add("version", "2.0")
    made.add("method", letter.kind)
    event = Event()
    event.add("uid", f"{_calendar_id(letter)}@{letterhead.domain}")
    event.add("dtstamp", caused_at.astimezone(UTC))
    event.add("dtstart", sitting.at)
    event.add("sequence", letter.sequence)
    event.add("summary", "Équipe multidisciplinare")
    event.add("status", "CANCELLED" if letter.kind == "CANCEL" else "CONFIRMED")
    event.add("organizer", _organizer_of(letterhead))
    event.add("attendee", _attendee(to), encode=False)
    if letter.kind == "REQUEST":
        event.add("location", sitting.place)
        event.add("description", f"{_which(letter, sitting)}\n{_extract(letter, letterhead)}")
        event.add("url", extract_url(letter, letterhead))
    made.add_component(event)
    made.add_missing_timezones()
    return bytes(made.to_ical())


def extract_url(letter: Letter, letterhead: Letterhead) -> str:
    """Where the invitee reads its extract, once the register knows who asks."""
    return _case_url(letter, letterhead) + f"/equipe-convocations/{letter.session_id}/extract"


def _case_url(letter: Letter, letterhead: Letterhead) -> str:
    return f"{letterhead.public_url.rstrip('/')}{BASE}/cases/{letter.stream_id}"


def _calendar_id(letter: Letter) -> str:
    # The case stands in it too: one sitting may hear several, each at its own hour.
    return str(uuid5(letter.stream_id, f"{letter.session_id}/{letter.person_id}"))


def _organizer(letterhead: Letterhead) -> str:
    return f"Ambito territoriale sociale {letterhead.ambito}"


def _organizer_of(letterhead: Letterhead) -> vCalAddress:
    organizer = vCalAddress(f"mailto:{letterhead.sender}")
    organizer.params["CN"] = _organizer(letterhead)
    return organizer


def _attendee(to: str) -> vCalAddress:
    """No RSVP: an answer is an act of the register, a reply by mail would reach nobody."""
    attendee = vCalAddress(f"mailto:{to}")
    attendee.params |= {"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "NEEDS-ACTION", "RSVP": "FALSE"}
    return attendee


# --- the words ---------------------------------------------------------------------------------------------


def _subject(letter: Letter, sitting: Sitting) -> str:
    what = (
        "Annullamento" if letter.kind == "CANCEL" else "Aggiornamento" if letter.sequence else "Convocazione"
    )
    return f"{what} dell'équipe multidisciplinare: {in_words(sitting.at)}, ore {sitting.at:%H:%M}"


def _text(letter: Letter, sitting: Sitting, letterhead: Letterhead) -> str:
    when = f"{DAYS[sitting.at.weekday()]} {in_words(sitting.at)}, ore {sitting.at:%H:%M} (Europe/Rome)"
    if letter.kind == "CANCEL":
        return (
            f"L'invito alla riunione dell'équipe multidisciplinare di {when} è annullato.\n\n"
            f"{_which(letter, sitting)}\n\n{_signed(letterhead)}"
        )
    again = "Questo messaggio sostituisce i precedenti sulla stessa seduta.\n\n" if letter.sequence else ""
    return (
        f"La vostra sede è convocata alla riunione dell'équipe multidisciplinare.\n\n{again}"
        f"Quando: {when}\n"
        f"Dove: {sitting.place}\n"
        f"{_which(letter, sitting)}\n\n"
        f"{_extract(letter, letterhead)}\n"
        f"Impronta dell'estratto alla convocazione (SHA-256): {letter.extract_sha256}\n\n"
        "Per rispondere (presenza, assenza o sostituto) si registra la risposta nel registro:\n"
        f"POST {_case_url(letter, letterhead)}/equipe-answers\n\n"
        f"{_signed(letterhead)}"
    )


def _which(letter: Letter, sitting: Sitting) -> str:
    return f"Seduta: {letter.session_id}, turno {sitting.slot}"


def _extract(letter: Letter, letterhead: Letterhead) -> str:
    return (
        "L'estratto destinato alla vostra sede si legge nel registro, con le proprie credenziali:\n"
        f"{extract_url(letter, letterhead)}"
    )


def _signed(letterhead: Letterhead) -> str:
    return f"{_organizer(letterhead)}\nMessaggio automatico: le risposte a questo indirizzo non sono lette.\n"


# --- nothing of the household ------------------------------------------------------------------------------


def _unnamed(text: str, case: Case) -> str:
    """A free text of the convocation on one line, unless it says who the household is, or where it lives."""
    return IN_THE_REGISTER if tells(text, case) else " ".join(text.split())
