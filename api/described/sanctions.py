"""What is answered of decisions on sanctions: the list, how a measure came about, its dossier."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import JsonValue
from typing_extensions import TypedDict

from api.described.cases import FactInFull
from api.described.kinds import Answer, Code, Count, Few, Lots, Page, Sha256, Text, Version, close


class SanctionDecision(Answer):
    """Una valutazione, una proposta o un provvedimento, con l'esito del ricalcolo e i passaggi in ritardo."""

    event_id: UUID
    case_id: UUID
    kind: Literal["EVALUATION", "PROPOSAL", "MEASURE"]
    title: Text
    summary: Text
    decision_id: UUID | None
    decided_on: date
    measure: Code | None
    rule_set_id: Code
    rule_set_hash: Sha256 | None
    finding: Code | None
    conflicts_with: Few[Code]
    annulled: bool
    outcome: Literal["REPRODUCED", "DIFFERS", "REPRODUCED_SOURCES_ERASED"]
    differs: Few[Text]
    overdue: Few[Literal["REPORT", "NOTICE", "REASON"]]
    report_due_on: date | None
    reported_on: date | None
    notice_due_on: date | None
    noticed_on: date | None
    reason_due_on: date | None
    asked_on: date | None


class DecisionPage(Page):
    """Le decisioni, per giorno."""

    items: Few[SanctionDecision]


class RuleSet(Answer):
    """L'insieme di regole con cui fu deciso, e la sua impronta."""

    id: Code
    hash: Sha256 | None


class Missing(Answer):
    """Un fatto che dovrebbe risultare e non risulta."""

    types: Few[Code]
    title: Text
    infraction: UUID | None


class RuleSetConflict(Answer):
    """Un altro insieme di regole che dice altrimenti, e perché."""

    rule_set: Code
    because: Text


class Reconstruction(Answer):
    """Come si è giunti a un provvedimento: i fatti in ordine, e quelli che mancano."""

    measure_id: UUID
    case_id: UUID
    type: Code
    title: Text
    as_known_at: datetime | None
    rule_set: RuleSet
    finding: Code | None
    conflicts_with: Few[RuleSetConflict]
    facts: Lots[FactInFull]
    missing: Few[Missing]


class DossierAccepted(Answer):
    """La richiesta di un fascicolo di decisione; ``Location`` porta allo stato."""

    dossier_id: Text
    status: Literal["accepted"]
    as_of: datetime


class DossierDone(Answer):
    """Il fascicolo è pronto; ``Location`` vi porta."""

    status: Literal["done"]


class Source(Answer):
    """Un fatto da cui una riga viene, e i valori di esso che mostra."""

    event_id: UUID
    version: Version
    position: Count
    paths: Few[Text]


class Line(Answer):
    """Una cosa che un punto dice."""

    label: Text
    value: JsonValue
    sources: Lots[Source]


class Row(Answer):
    """Una riga di una tabella: una cella per colonna."""

    cells: Few[JsonValue]
    sources: Lots[Source]


class Table(Answer):
    """Cose di una specie, una accanto all'altra."""

    title: Text
    columns: Few[Text]
    rows: Lots[Row]


class Point(Answer):
    """Un punto del fascicolo, con la norma che lo chiede.

    ``missing``: dovrebbe risultare e non risulta; ``withheld``: chi legge non può saperne nulla.
    """

    number: Version
    title: Text
    basis: Text
    state: Literal["stated", "missing", "withheld"]
    lines: Lots[Line]
    tables: Lots[Table]
    missing: Few[Text]
    notes: Few[Text]


class DossierMoment(Answer):
    """Un fatto nella cronologia, per il giorno del fatto o per quello in cui fu conosciuto."""

    day: date
    of_the_fact: bool
    title: Text
    article: Text
    agency: Code
    known_on: date
    recorded_at: datetime | None
    event_id: UUID
    position: Count


# ``for`` is a word of Python: a class cannot have it.
Dossier = TypedDict(
    "Dossier",
    {
        "measure_id": UUID,
        "case_id": UUID,
        "title": Text,
        "as_of": datetime,
        "for": Text,
        "points": Few[Point],
        "timeline": Lots[DossierMoment],
    },
)
close(Dossier, "Il fascicolo di un provvedimento, per un lettore e a un istante.")
