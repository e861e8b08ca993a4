"""Points 13, 14 and 15: what can be checked, who read and knew what, what was left out, what is not there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from domain.access.events import CaseFileAccessed
from domain.case import events as e
from domain.contract import Json, encode, instant, leaves
from domain.disclosure.masks.mask import HEALTH_SERVICE
from domain.dossier import persons
from domain.dossier.matter import Matter
from domain.dossier.measure import title_of
from domain.dossier.point import Line, Point, Row, Source, Table, sentences, tables
from domain.dossier.reader import Reader
from domain.dossier.record import Record, Shown
from domain.dossier.redaction import Judge, Member, Signatory
from domain.fact import Fact
from domain.seats import of_anti_violence, of_health

READS = 1_000
"""Reads of the file that are listed, the last ones: all of them in a file that two people open every day."""

NOT_ALL_READS = (
    f"Delle letture del fascicolo sono elencate le ultime {READS}; le precedenti stanno nel registro degli "
    "accessi."
)


def integrity(matter: Matter, record: Record, cited: Sequence[Fact[Any]], as_of: datetime) -> Point:
    """13. Ids and positions, corrections and their reason, what was known when, who read the file."""
    reader = matter.reader
    reads, earlier = _accesses(reader, record, as_of)
    return Point(
        13,
        "L’integrità e chi sapeva che cosa",
        "GDPR artt. 5(1)(d)(f), 5(2), 32",
        lines=(
            *_span(matter, cited),
            *reader.line("Proposta decisa sulla versione del fascicolo", matter.proposal, "case_version"),
            *reader.line("Provvedimento registrato sulla versione", matter.measure, "case_version"),
        ),
        tables=tables(
            _corrections(matter, cited),
            _knowledge(matter, record, cited, as_of),
            reads,
        ),
        notes=(
            "Le prove (firme, catena, albero, cofirme) stanno nel file verificabile: «ambito verify» le "
            "controlla senza il registro.",
            *((NOT_ALL_READS,) if earlier else ()),
        ),
    )


def _span(matter: Matter, cited: Sequence[Fact[Any]]) -> tuple[Line, ...]:
    if not cited:
        return ()
    first, last = cited[0], cited[-1]
    said = f"{len(cited)} fatti, dalla posizione {first.position} alla {last.position} del registro"
    return (Line("Fatti citati", said, matter.cites(*cited)),)


def _corrections(matter: Matter, cited: Sequence[Fact[Any]]) -> Table:
    """What was corrected of the facts cited, why, and when it came to be known."""
    ids, rows = {fact.event_id for fact in cited}, []
    for fact in matter.reader.known:
        if not isinstance(fact.event, e.EventCorrected) or fact.event.corrects_event_id not in ids:
            continue
        data, wrong = matter.reader.data(fact), matter.reader.fact(fact.event.corrects_event_id)
        if wrong is None or not data:
            continue
        what: Json = "annullato" if fact.event.voids else sorted(data.get("new_value") or {})
        cells = (title_of(wrong), what, data.get("reason"), _at(fact.recorded_at), matter.reader.agency(fact))
        rows.append(Row(cells, matter.cites(wrong, fact)))
    columns = ("Fatto", "Che cosa cambia", "Motivo", "Registrata", "Da")
    return Table("Rettifiche", columns, tuple(rows))


# --- who knew what -----------------------------------------------------------------------------------------


def _knowledge(matter: Matter, record: Record, cited: Sequence[Fact[Any]], as_of: datetime) -> Table:
    """Which of the facts cited each body was shown, when, and when it said that it had them."""
    facts = {fact.event_id: fact for fact in cited}
    rows = []
    for row in sorted(record.shown, key=lambda row: (row.disclosed_at, row.recipient, row.seq)):
        fact = facts.get(row.event_id)
        if fact is None or row.disclosed_at > as_of or row.kind in ("erasure", "withdrawn"):
            continue
        who = _recipient(matter.reader, fact, row)
        if who is not None:
            cells = (who, title_of(fact), _at(row.disclosed_at), _at(_by(row.acknowledged_at, as_of)))
            rows.append(Row(cells, matter.cites(fact)))
    columns = ("Ente", "Fatto comunicato", "Comunicato", "Ricevuta confermata")
    return Table("Chi sapeva che cosa, e da quando", columns, tuple(rows))


def tellable(reader: Reader, record: Record, shown: Collection[UUID], as_of: datetime) -> frozenset[str]:
    """The bodies of which every row on these facts may be told, under their own names."""
    rows = [row for row in record.shown if row.event_id in shown and row.disclosed_at <= as_of]
    kept = {
        row.recipient
        for row in rows
        if (fact := reader.fact(row.event_id)) and _recipient(reader, fact, row) != row.recipient
    }
    return frozenset(row.recipient for row in rows) - kept


def _recipient(reader: Reader, fact: Fact[Any], row: Shown) -> str | None:
    """A body as the reader may know it; None where that it was told would tell of somebody else."""
    if isinstance(reader.redaction, Signatory):
        return row.recipient if row.recipient == reader.redaction.recipient else None
    if of_anti_violence(row.recipient) or _of_others_alone(reader, fact, row):
        return None
    return HEALTH_SERVICE if of_health(row.recipient) else row.recipient


def _of_others_alone(reader: Reader, fact: Fact[Any], row: Shown) -> bool:
    """Whether what a body was shown speaks of members whom the reader may not read of, and of nobody else."""
    others = frozenset(reader.case.members) - reader.own
    seen = [leaf for leaf in leaves(type(fact.event), encode(fact.event)) if leaf.path in row.paths]

    def speaks_of(whom: frozenset[UUID]) -> bool:
        return any(persons.mentions(value, whom) for leaf in seen for value in (leaf.subject, leaf.value))

    return speaks_of(others) and not speaks_of(reader.own)


def _by(moment: datetime | None, as_of: datetime) -> datetime | None:
    return moment if moment and moment <= as_of else None


def _at(moment: datetime | None) -> Json:
    return instant(moment) if moment else None


# --- who read the file -------------------------------------------------------------------------------------


def _accesses(reader: Reader, record: Record, as_of: datetime) -> tuple[Table, bool]:
    """The last reads of the file by then, and whether there are earlier ones.

    Those that the reader may know of are counted, never those that stay hidden.
    """
    by_then = (fact for fact in record.accesses if fact.recorded_at and fact.recorded_at <= as_of)
    known = (fact for fact in by_then if fact.kind is CaseFileAccessed and _may_know(reader, fact.event))
    last = [_read(fact) for fact in islice(known, READS + 1)]
    rows = tuple(reversed(last[:READS]))
    return Table("Chi ha letto il fascicolo", ("Ente", "Scopo", "Quando"), rows), len(last) > READS


def _read(fact: Fact[CaseFileAccessed]) -> Row:
    event = fact.event
    agency = HEALTH_SERVICE if of_health(event.agency) else event.agency
    return Row((agency, event.purpose, instant(event.accessed_at)), (_source(fact),))


def _may_know(reader: Reader, event: CaseFileAccessed) -> bool:
    """That an anti-violence service read the file is nobody's to know."""
    if of_anti_violence(event.agency):
        return False
    if isinstance(reader.redaction, Signatory):
        return event.agency == reader.redaction.recipient
    # Of a health service that read it a member could tell whose it is.
    return isinstance(reader.redaction, Judge) or not of_health(event.agency)


def _source(fact: Fact[Any]) -> Source:
    return Source(fact.event_id, fact.version, fact.position)


# --- what was left out, and what is not there --------------------------------------------------------------


def left_out(matter: Matter) -> Point:
    """14. For whom this version is, and what is left out of it."""
    title, said = VERSIONS[type(matter.reader.redaction)]
    return Point(
        14,
        "Che cosa questa versione lascia fuori",
        "D.Lgs. 196/2003 art. 60; GDPR artt. 9, 10; L. 241/1990 art. 24",
        lines=(Line("Versione", title, matter.cites(matter.measure)),),
        notes=said,
    )


ALWAYS = (
    "I percorsi di protezione, i servizi antiviolenza e le loro letture del fascicolo non compaiono in "
    "nessuna versione; nemmeno le condanne penali.",
    "Dove chi legge non può sapere, la riga non c’è: non è scritta e poi coperta.",
)

VERSIONS: dict[type, tuple[str, tuple[str, ...]]] = {
    Judge: (
        "per il giudice",
        (
            "Restano fuori i dati sulla salute e quelli dei componenti che la misura non riguarda: "
            "il giudice può chiederli con un proprio atto.",
            *ALWAYS,
        ),
    ),
    Member: (
        "per la persona che ne fa richiesta",
        (
            "Contiene ciò che riguarda lei, i minori sotto la sua responsabilità e il nucleo come tale; "
            "degli altri adulti nulla: né convocazioni, né esclusioni, né impegni.",
            *ALWAYS,
        ),
    ),
    Signatory: (
        "per un ente firmatario",
        ("Contiene solo ciò che a questo ente è stato comunicato, con i campi che ha ricevuto.", *ALWAYS),
    ),
}


def not_there(points: Iterable[Point], matter: Matter) -> Point:
    """15. Every gap of the other points, openly; never filled."""
    gaps = sentences(*(point.missing for point in points))
    nothing = "nessuna lacuna fra i fatti che il registro si aspetta"
    return Point(
        15,
        "Che cosa manca",
        "L. 241/1990 artt. 3, 6",
        lines=()
        if gaps or matter.reader.is_signatory
        else (Line("Lacune", nothing, matter.cites(matter.measure)),),
        missing=gaps,
    )
