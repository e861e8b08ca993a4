"""What a recipient is sent and said it received, and what it programs against."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from api.described.kinds import Answer, Code, Count, Few, Fields, Page, Version


class FeedItem(Answer):
    """Un fatto comunicato a un destinatario; i fatti si seguono per ``seq``, senza vuoti."""

    recipient: Code
    seq: Count
    kind: Literal["fact", "backfill", "correction", "withdrawn", "erasure"]
    log_epoch: UUID
    event_id: UUID
    case_id: UUID
    version: Version
    type: Code
    occurred_on: date | None
    recorded_at: datetime
    agency: Code
    ground: Code
    data: Fields


class Feed(Answer):
    """I fatti dopo un ``seq``; ``head`` è l'ultimo che c'è."""

    items: Few[FeedItem]
    log_epoch: UUID
    head: Count


class Acknowledged(Answer):
    """Fin dove un destinatario ha detto di avere ricevuto e applicato."""

    recipient: Code
    received: Count
    applied: Count


class Said(Answer):
    """Ciò che un destinatario ha detto di avere ricevuto, applicato e messo da parte."""

    log_epoch: UUID
    received: Count
    applied: Count
    parked: Few[Count]


class Vouched(Answer):
    """La dimensione del registro di cui un destinatario si è fatto testimone."""

    size: Count
    cosigned_at: datetime


class ToCorrect(Answer):
    """Quante rettifiche e cancellazioni un destinatario non ha detto di avere applicato, e da quando."""

    unacknowledged: Count | None
    since: datetime | None


class Recipient(Answer):
    """Fin dove è arrivato un destinatario; di un servizio sanitario o antiviolenza non è detto."""

    recipient: Code
    head: Count | None
    relayed: Count | None
    acknowledged: Said | None
    cosigned: Vouched | None
    corrections: ToCorrect


class RecipientPage(Page):
    """I destinatari."""

    items: Few[Recipient]


class CorrectionToApply(Answer):
    """Una rettifica, un ritiro o una cancellazione non ancora applicata: di quale fascicolo non è detto."""

    seq: Count
    kind: Literal["correction", "withdrawn", "erasure"]
    disclosed_at: datetime


class CorrectionPage(Page):
    """Le rettifiche che un destinatario non ha ancora applicato."""

    items: Few[CorrectionToApply]
