"""Whether the register is well."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from api.described.kinds import Answer, Code, Count, Few, Seconds, Text, Version


class Well(Answer):
    """Il servizio risponde."""

    status: Annotated[int, Field(ge=200, le=200, json_schema_extra={"format": "int32"})]
    title: Literal["OK"]
    detail: Text


class LogHealth(Answer):
    """Il registro: l'ultima posizione, e quanto non è ancora comunicato o firmato."""

    position: Count
    undisclosed: Count
    undisclosed_seconds: Seconds
    parked_cases: Count
    unsigned: Count
    unsigned_seconds: Seconds
    checkpoint_size: Count | None
    checkpoint_seconds: Seconds | None


class RecipientHealth(Answer):
    """Un destinatario: quanto gli è stato mostrato, consegnato a Kafka, e da lui applicato.

    Di un servizio sanitario o antiviolenza ci sono solo le età, in ore intere.
    """

    recipient: Code
    disclosed: Count | None
    relayed: Count | None
    unrelayed: Count | None
    unrelayed_seconds: Seconds
    applied: Count | None
    lag: Count | None
    lag_seconds: Seconds
    parked_cases: Count


class ViewHealth(Answer):
    """Una vista dell'Ambito: a che posizione è, e quanto le manca."""

    view: Code
    version: Version
    position: Count
    lag: Count
    lag_seconds: Seconds
    parked_cases: Count


class TermsHealth(Answer):
    """I termini scaduti e non rispettati."""

    overdue: Count
    oldest_due_on: date | None
    unrecorded: Count
    oldest_unrecorded_on: date | None


class Health(Answer):
    """Lo stato del registro: soli conteggi ed età, in secondi."""

    log: LogHealth
    recipients: Few[RecipientHealth]
    views: Few[ViewHealth]
    terms: TermsHealth | None
