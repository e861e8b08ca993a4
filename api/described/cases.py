"""What is answered of a case: as it is, as it was known to be, as one recipient knew it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NotRequired
from uuid import UUID

from api.described.kinds import Answer, Code, Count, Few, Fields, Lots, Page, Sha256, Text, Version, object_of
from api.in_full import ELSEWHERE
from domain.catalogue import CONTRACTS


class Recorder(Answer):
    """Chi ha registrato il fatto: l'ente, e di esso l'unità, il ruolo e la persona dove ci sono."""

    agency: Code
    unit: NotRequired[Code]
    role: NotRequired[Code]
    person: NotRequired[UUID]


class FactInFull(Answer):
    """Un fatto come fu registrato, con tutto ciò che dice."""

    event_id: UUID
    case_id: UUID
    version: Version
    position: Count
    type: Code
    title: Text
    recorded_at: datetime | None
    known_on: date
    occurred_on: date | None
    recorder: Recorder
    purpose: Code
    data: Fields


class FactShown(Answer):
    """Un fatto come chi legge può conoscerlo: ``ground`` è il titolo per cui gli è mostrato."""

    event_id: UUID
    version: NotRequired[Version]
    type: Code
    title: Text
    occurred_on: date | None
    recorded_at: datetime | None
    agency: Code
    ground: Code
    data: Fields


class FactPage(Page):
    """I fatti di un fascicolo, nell'ordine in cui furono registrati."""

    items: Few[FactInFull | FactShown]


class Moment(Answer):
    """Un fatto del fascicolo in una frase; ``of_the_fact`` è falso dove il giorno è quello in cui fu noto."""

    event_id: UUID
    day: date
    of_the_fact: bool
    title: Text
    text: Text
    article: Text | None
    agency: Code
    known_on: NotRequired[date]
    recorded_at: datetime


class MomentPage(Page):
    """Che cosa è accaduto in un fascicolo, giorno per giorno."""

    items: Few[Moment]


class CaseShown(Answer):
    """Il fascicolo come un ente diverso dal servizio sociale può conoscerlo: i soli fatti a lui mostrati."""

    case_id: UUID
    version: NotRequired[Version]
    facts: Lots[FactShown]


class FactSeen(FactShown):
    """Un fatto come fu mostrato a un destinatario, con l'istante dell'invio e quello della ricezione."""

    seq: Count
    kind: Code
    shown_at: datetime
    received_at: datetime | None


class CaseHorizon(Answer):
    """Che cosa un destinatario sapeva del fascicolo a un certo istante."""

    case_id: UUID
    recipient: Code
    version: Version
    facts: Lots[FactSeen]


class Patto(Answer):
    """L'ultimo patto sottoscritto con il suo testo; prima della firma, l'ultima bozza."""

    signed: Fields | None
    text: Fields


_RECORDED = {
    contract.path.replace("-", "_"): Lots[Fields]
    for contract in CONTRACTS.values()
    if contract.aggregate == "case" and contract.path and contract.type not in ELSEWHERE
}
"""All that was recorded in the case, under the name of its sub-resource."""

_STANDS: dict[str, Any] = {
    "case_id": UUID,
    "version": Version,
    "phase": Code,
    "household_id": UUID,
    "residence_comune": Code,
    "ats": Text,
    "benefit": Code,
    "domanda_ref": NotRequired[Text | Fields],
    "referred_on": date,
    "closed_on": date | None,
    "members": Few[Fields],
    "assignments": Few[Fields],
    "convocations": Lots[Fields],
    "analysis": Fields | None,
    "equipe": Fields | None,
    "patto": Patto | None,
    "infractions": Lots[Fields],
    "measures": Lots[Fields],
}
"""What the facts add up to."""

CaseInFull = object_of(
    "CaseInFull",
    _RECORDED | _STANDS,
    """Il fascicolo per intero, come lo legge il servizio sociale che lo ha in carico.

Ogni elenco porta il nome della risorsa su cui i suoi fatti si registrano; ciò che non fu mai registrato è un
elenco vuoto.""",
)


class CaseLine(Answer):
    """Un fascicolo in elenco. Gli enti diversi da servizio sociale e Ambito ne hanno id e versione soli."""

    case_id: UUID
    version: NotRequired[Version]
    benefit: NotRequired[Code]
    residence_comune: NotRequired[Code]
    phase: NotRequired[Code]
    referred_on: NotRequired[date]
    closed_on: NotRequired[date | None]
    last_recorded_at: NotRequired[datetime]
    members: NotRequired[Version]
    open_measures: NotRequired[Version]
    case_manager: NotRequired[UUID | None]


class CasePage(Page):
    """I fascicoli visibili a chi chiede, per id."""

    items: Few[CaseLine]


class CaseFound(Answer):
    """Un fascicolo in cui un componente ha il codice fiscale cercato."""

    case_id: UUID
    member_id: UUID


class CaseFoundPage(Page):
    """I fascicoli trovati, tra quelli visibili a chi cerca."""

    items: Few[CaseFound]


class FactExtracted(Answer):
    """Un fatto nell'estratto per la seduta."""

    event_id: UUID
    version: Version
    type: Code
    title: Text
    occurred_on: date | None
    agency: Code
    data: Fields


class ExtractText(Answer):
    """Il contenuto dell'estratto: su di esso è calcolata l'impronta."""

    case_id: UUID
    case_version: Version
    profile: Code
    salt: Code
    facts: Lots[FactExtracted]


class Extract(Answer):
    """L'estratto protetto di un posto dell'équipe.

    ``sha256`` è l'impronta del JSON canonico di ``extract``; ``as_convoked`` dice se è ancora ciò che la
    convocazione legava.
    """

    session_id: UUID
    slot: Text
    meeting_at: datetime
    seat: Text
    sha256: Sha256
    as_convoked: bool
    extract: ExtractText
