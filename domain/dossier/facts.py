"""Points 6 and 7: what happened, apart from how it was judged; and the justified reason."""

from __future__ import annotations

from typing import Any

from domain.case import events as e
from domain.case.state import INFRACTIONS
from domain.dossier.matter import Matter
from domain.dossier.measure import title_of
from domain.dossier.point import Line, Point, Row, Table, sentences, tables
from domain.fact import Fact


def facts(matter: Matter) -> Point:
    """6. Who reported, who ascertained, when it was known, on what evidence; fact apart from evaluation."""
    told = _told_of(matter)
    return Point(
        6,
        "I fatti",
        "L. 241/1990 artt. 3, 6",
        lines=tuple(line for fact in told for line in _evaluation(matter, fact)),
        tables=tables(_table(matter, told)),
        missing=sentences(matter.absent(*INFRACTIONS)),
        notes=("La tabella dice che cosa è accaduto; le righe dicono come è stato valutato.",),
    )


def _told_of(matter: Matter) -> list[Fact[Any]]:
    """The infractions, and what others said before of the same absences."""
    refs = {each for fact in matter.infractions for each in matter.same_as(fact.event_id)}
    cited = {fact.event_id for fact in matter.infractions}
    found = [each for ref in refs | cited if (each := matter.reader.fact(ref)) is not None]
    return sorted((f for f in found if matter.reader.sees(f)), key=lambda fact: fact.version)


WHEN = ("missed_on", "occurred_on", "refused_on", "due_on")
"""Where an infraction says its day."""


def _table(matter: Matter, told: list[Fact[Any]]) -> Table:
    rows = []
    for fact in told:
        data = matter.reader.data(fact)
        day = next((data[name] for name in WHEN if name in data), None)
        what = data.get("facts") or data.get("source") or data.get("statement")
        names = [name for name in (*WHEN, "facts", "source", "statement", "evidence_ref") if name in data]
        cells = (
            title_of(fact),
            day,
            what,
            data.get("reporter") or matter.reader.agency(fact),
            data.get("evidence_ref"),
            fact.known_on.isoformat(),
        )
        rows.append(
            Row(cells, matter.reader.sources(*((fact, name) for name in names)) or matter.cites(fact))
        )
    columns = ("Fatto", "Giorno", "Che cosa", "Chi lo riferisce", "Prova", "Conosciuto il")
    return Table("Che cosa è accaduto", columns, tuple(rows))


def _evaluation(matter: Matter, fact: Fact[Any]) -> tuple[Line, ...]:
    return (
        *matter.reader.line("Accertato il", fact, "ascertained_on"),
        *matter.reader.line("Violazione accertata", fact, "code"),
        *matter.reader.line("Dovere di", fact, "duty_bearer"),
    )


def reason(matter: Matter) -> Point:
    """7. Whether a reason was asked for and given, how it was decided; and the proof that it was asked."""
    refs = {each for fact in matter.about() for each in matter.same_as(fact.event_id)}
    said: list[Fact[Any]] = [fact for fact in matter.case.facts.values() if isinstance(fact.event, REASON)]
    steps = [fact for fact in said if fact.event.infraction_ref in refs and matter.reader.sees(fact)]
    given = any(isinstance(fact.event, e.JustifiedReasonSubmitted) for fact in steps)
    asked = any(isinstance(fact.event, e.JustifiedReasonRequested) for fact in steps)
    return Point(
        7,
        "Il giustificato motivo",
        "DL 48/2023 art. 8 c. 6; L. 241/1990 artt. 3, 7-10",
        lines=tuple(line for fact in steps for line in _step(matter, fact)),
        missing=sentences(
            matter.absent(e.JustifiedReasonRequested, e.JustifiedReasonDecided),
            matter.lacks(
                given or not asked, "Nessun motivo è stato presentato: risulta che è stato chiesto."
            ),
        ),
    )


REASON = (e.JustifiedReasonRequested, e.JustifiedReasonSubmitted, e.JustifiedReasonDecided)

STEPS: dict[type, tuple[tuple[str, str], ...]] = {
    e.JustifiedReasonRequested: (
        ("asked_on", "Motivo chiesto il"),
        ("channel", "Canale della richiesta"),
        ("delivered_on", "Richiesta recapitata il"),
        ("proof_ref", "Prova del recapito"),
        ("respond_by", "Risposta attesa entro"),
    ),
    e.JustifiedReasonSubmitted: (
        ("submitted_on", "Motivo presentato il"),
        ("category", "Categoria del motivo"),
        ("evidence_ref", "Documento presentato"),
    ),
    e.JustifiedReasonDecided: (
        ("decided_on", "Motivo deciso il"),
        ("accepted", "Motivo accolto"),
        ("motivation", "Motivazione della decisione"),
    ),
}


def _step(matter: Matter, fact: Fact[Any]) -> tuple[Line, ...]:
    return matter.reader.lines(fact, *STEPS[type(fact.event)])
