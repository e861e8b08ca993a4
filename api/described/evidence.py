"""What proves that the log only grew, and who read a case file."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, NotRequired
from uuid import UUID

from typing_extensions import TypedDict

from api.described.kinds import Answer, Base64, Code, Count, Few, Fields, Lots, Page, Text, Version, close


class Cosignature(Answer):
    """La controfirma di un destinatario testimone."""

    recipient: Code
    cosigned_at: datetime
    line: Text


class Checkpoint(Answer):
    """Uno stato firmato del registro; ``note`` è la nota firmata (C2SP)."""

    number: Count
    origin: Text
    log_epoch: UUID
    size: Count
    root: Base64
    made_at: datetime
    note: Text
    cosignatures: Few[Cosignature]


class CheckpointPage(Page):
    """Gli stati firmati, dall'ultimo."""

    items: Few[Checkpoint]


class InclusionProof(Answer):
    """Il cammino di Merkle (RFC 6962) di un fatto in un registro di una certa dimensione."""

    position: Count
    size: Count
    hashes: Few[Base64]


# ``from`` is a word of Python: a class cannot have it.
ConsistencyProof = TypedDict("ConsistencyProof", {"from": Count, "to": Count, "hashes": Few[Base64]})
close(ConsistencyProof, "La prova (RFC 6962) che un registro comincia con un altro, più piccolo.")


class LogKey(Answer):
    """Una chiave che ha firmato il registro, come chiave di verifica C2SP."""

    vkey: Text
    log_epoch: UUID
    first_used_at: datetime


class LogKeyPage(Page):
    """Le chiavi del registro, dall'ultima."""

    items: Few[LogKey]


class Access(Answer):
    """Una lettura del fascicolo: chi, per quale ente e finalità, a quale istante guardava."""

    agency: Code
    accessor: UUID
    purpose: Code
    as_of: datetime
    accessed_at: datetime


class AccessPage(Page):
    """Le letture del fascicolo, dall'ultima."""

    items: Few[Access]


class CouldSee(Answer):
    """Chi poteva leggere il fascicolo o agirvi, in forza di che cosa e tra quali istanti."""

    agency: Code
    unit: NotRequired[Code]
    role: NotRequired[Code]
    person_id: NotRequired[UUID]
    purpose: NotRequired[Code]
    ground: Literal["ASSIGNMENT", "DISCLOSURE", "OFFICE"]
    event_id: NotRequired[UUID]
    since: datetime
    until: NotRequired[datetime]
    reads: bool
    acts: bool


class CouldSeePage(Page):
    """Chi poteva leggere il fascicolo o agirvi, in un giorno."""

    case_id: UUID
    on: date
    items: Lots[CouldSee]


class ThirdPartyTold(Answer):
    """Un controinteressato, il termine per rispondere e la sua risposta."""

    member_id: NotRequired[UUID]
    name: NotRequired[Text]
    line: Version
    notified_on: date
    reply_by: date
    reply: Fields | None


class AccessRequest(Answer):
    """Un'istanza di accesso agli atti, con lo stato dei trenta giorni: ``LAPSED`` vale diniego."""

    request_id: UUID
    requester: Text | Fields
    requester_kind: Code
    object: Text
    received_on: date
    answer_by: date
    state: Code
    third_parties: Few[ThirdPartyTold]
    answer: Fields | None


class AccessRequestPage(Page):
    """Le istanze di accesso agli atti."""

    items: Lots[AccessRequest]
