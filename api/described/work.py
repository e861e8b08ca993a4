"""What waits for somebody: terms, worklists, papers to check."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from api.described.kinds import Answer, Code, Count, Few, Page, Text, Version


class Deadline(Answer):
    """Un termine come sta oggi, dell'ufficio sul cui tavolo si trova (``desk``).

    ``ENDED``: finito, senza che un fatto possa dire se fu rispettato.
    """

    id: UUID
    case_id: UUID
    term_id: Code
    title: Text
    started_by_event_id: UUID
    starts_on: date
    due_on: date
    duty_bearer: Literal["SERVIZI", "COMPONENTE", "NUCLEO"]
    desk: Code | None
    member_id: UUID | None
    kept_on: date | None
    lapse_recorded: bool
    state: Literal["RUNNING", "KEPT", "KEPT_LATE", "LAPSED", "ENDED"]


class DeadlinePage(Page):
    """I termini, dal più vicino a scadere."""

    items: Few[Deadline]


class WorklistCount(Answer):
    """Una lista dell'ufficio, e quanto vi attende oggi."""

    name: Code
    title: Text
    count: Count


class WorklistPage(Page):
    """Le liste dell'ufficio."""

    items: Few[WorklistCount]


class Waiting(Answer):
    """Una cosa che attende: ``item_id`` è ciò di cui si tratta, ``line`` quale delle sue parti."""

    id: UUID
    case_id: UUID | None
    item_id: UUID | None
    line: Version | None
    member_id: UUID | None
    code: Text | None
    desk: Code | None
    since: date
    due_on: date | None


class WaitingPage(Page):
    """Che cosa attende in una lista, dal più vicino a scadere."""

    items: Few[Waiting]


class InboxItem(Answer):
    """Una cosa che attende l'ufficio: un lavoro di una lista, un termine, o una rettifica da applicare."""

    id: UUID
    kind: Literal["WORK", "TERM", "CORRECTION"]
    name: Code
    title: Text
    case_id: UUID | None
    item_id: UUID | None
    member_id: UUID | None
    since: date
    due_on: date | None
    late: bool


class InboxPage(Page):
    """Tutto ciò che attende l'ufficio, dal più vicino a scadere."""

    items: Few[InboxItem]


class Check(Answer):
    """Un controllo non superato: ``STOPS`` impedisce la firma, ``ASKS_A_REASON`` chiede un motivo scritto."""

    code: Code
    level: Code
    does: Literal["STOPS", "ASKS_A_REASON", "ADVISES"]
    legal_ref: Text
    because: Text


class Checks(Answer):
    """I controlli che una bozza di patto non supera, come il nucleo sarebbe il giorno della firma."""

    patto_id: UUID
    version: Version
    signed_on: date
    may_be_signed: bool
    items: Few[Check]
