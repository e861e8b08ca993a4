"""Point 5: the convocation, how it was sent and whether it arrived."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from domain.case import events as e
from domain.case import observe
from domain.case.state import Convocation
from domain.contract import Json
from domain.dossier.matter import Matter
from domain.dossier.measure import title_of
from domain.dossier.point import Line, Point, Row, Table, sentences, tables
from domain.fact import Fact
from domain.refused import Refused


def convocation(matter: Matter) -> Point:
    """5. Text and hash, language, channel, contact and where it comes from, recapito and proof, notice."""
    pairs = [(fact, sent) for fact in matter.about() if (sent := _of(matter, fact))]
    return Point(
        5,
        "La convocazione",
        "DM 154/2023 art. 7 c. 2 lett. a), art. 9 c. 2",
        lines=tuple(line for fact, sent in pairs for line in _lines(matter, fact, sent))
        or _none_needed(matter),
        tables=tables(*(_contacts(matter, sent) for _, sent in pairs)),
        missing=sentences(
            matter.absent(e.HouseholdConvoked, e.MemberConvokedByCpi, e.ConvocationDelivered),
        ),
        notes=("Nessuna fonte in vigore fissa un preavviso minimo: è una scelta dell’Ambito.",),
    )


def _of(matter: Matter, fact: Fact[Any]) -> Fact[Convocation] | None:
    """The convocation that an infraction rests on."""
    ref: UUID | None = getattr(fact.event, "convocation_id", None)
    if ref is None and isinstance(fact.event, e.InfractionAscertained):
        ref = observe.convocation_on(matter.case, fact.event.member_id, fact.event.occurred_on)
    sent: list[Fact[Any]] = [*matter.case.all(e.HouseholdConvoked), *matter.case.all(e.MemberConvokedByCpi)]
    return next((each for each in sent if each.event.convocation_id == ref), None)


def _lines(matter: Matter, fact: Fact[Any], sent: Fact[Convocation]) -> tuple[Line, ...]:
    reader = matter.reader
    return (
        *reader.lines(
            sent,
            ("sent_at", "Inviata"),
            ("channel", "Canale"),
            ("language", "Lingua"),
            ("purpose", "Scopo"),
            ("appointment_at", "Appuntamento"),
            ("place", "Luogo"),
            ("text_ref", "Testo"),
            ("text_hash", "Impronta del testo (SHA-256)"),
            ("warning_text_version", "Versione dell’avvertenza"),
        ),
        *_delivery(matter, fact, sent),
    )


def _delivery(matter: Matter, fact: Fact[Any], sent: Fact[Convocation]) -> tuple[Line, ...]:
    """The recapito, and the days from it to the appointment."""
    reader, member_id = matter.reader, fact.event.member_id
    found: list[Line] = []
    for arrived in matter.case.all(e.ConvocationDelivered):
        same = arrived.event.convocation_id == sent.event.convocation_id
        if same and member_id in (None, arrived.event.member_id):
            found += reader.lines(arrived, ("delivered_at", "Recapito"), ("proof_ref", "Prova del recapito"))
            found += _notice(matter, sent, arrived)
    noticed = (
        not reader.is_signatory
        and member_id is not None
        and observe.noticed_in_siisl(matter.case, sent.event, member_id)
    )
    if noticed:
        found += reader.told(
            "Recapito", "avviso nel SIISL, valido dove mancano altri recapiti", (sent, "channel")
        )
    return tuple(found)


def _notice(
    matter: Matter, sent: Fact[Convocation], arrived: Fact[e.ConvocationDelivered]
) -> tuple[Line, ...]:
    event = arrived.event
    on = observe.delivered_on(matter.case, event.convocation_id, event.member_id)
    if on is None:
        return ()
    days = (observe.appointment_day(sent.event) - on).days
    seen = ((sent, "appointment_at"), (arrived, "delivered_at"))
    asked: Json = None
    try:
        asked = observe.notice_days(matter.case, matter.day, matter.law)
    except Refused:
        pass  # no rule set speaks of this benefit: none is asked for
    return (
        *matter.reader.told("Giorni di preavviso", days, *seen),
        *matter.reader.told("Preavviso minimo scelto dall’Ambito, in giorni", asked, *seen),
    )


def _contacts(matter: Matter, sent: Fact[Convocation]) -> Table:
    """The contacts used, each with the fact that it was taken from."""
    reader = matter.reader
    rows = []
    if isinstance(sent.event, e.MemberConvokedByCpi):
        used = reader.value(sent, "contact_used")
        if used is not None:
            rows.append(Row((sent.event.channel, used, None), reader.source(sent, "contact_used")))
    for row, path in reader.rows(sent, "contact_used"):
        if "value" in row:
            origin = _origin(matter, row.get("from_event_id"))
            rows.append(Row((row.get("channel"), row["value"], origin), reader.source(sent, path)))
    return Table("Recapiti usati", ("Canale", "Recapito", "Tratto da"), tuple(rows))


def _origin(matter: Matter, ref: Json) -> Json:
    fact = matter.reader.fact(UUID(ref)) if isinstance(ref, str) else None
    if fact is None:
        return None
    day = matter.reader.day(fact)
    return f"{title_of(fact)} ({day})" if day else title_of(fact)


def _none_needed(matter: Matter) -> tuple[Line, ...]:
    """A breach that rests on no convocation: said, so that the silence is not read as a gap."""
    about = matter.open_infractions()
    rests = (e.AppointmentMissed, e.InfractionAscertained, e.TermLapsed)
    if not about or any(isinstance(fact.event, rests) for fact in about):
        return ()
    told = "la violazione non riguarda un appuntamento con convocazione"
    return matter.reader.told("Convocazione", told, (about[-1], ""))
