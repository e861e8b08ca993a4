"""Points 10 and 11: the report to INPS, the notifica and the remedies, and what became of the measure."""

from __future__ import annotations

from typing import Any

from domain.case import events as e
from domain.case.terms import statute
from domain.dossier.matter import Matter
from domain.dossier.point import Point, Row, Table, sentences, tables
from domain.fact import Fact
from domain.rules.deadlines import last_day


def report(matter: Matter) -> Point:
    """10. Date and receipt, within ten days or not, the state of the reason then, what superseded it."""
    reports = [f for f in matter.case.all(e.InfractionReportedToInps) if _is_of(matter, f)]
    shown = [fact for fact in reports if matter.reader.sees(fact)]
    return Point(
        10,
        "La segnalazione all’INPS",
        "DL 48/2023 art. 8",
        tables=tables(_reports(matter, shown), _in_time(matter, shown), _superseded(matter, shown)),
        missing=sentences(matter.absent(e.InfractionReportedToInps)),
    )


REPORT = (
    ("reported_on", "Segnalata il"),
    ("siisl_receipt", "Ricevuta SIISL"),
    ("article_and_letter", "Articolo e lettera"),
    ("reason_status", "Motivo, a quel giorno"),
    ("facts", "Fatti segnalati"),
)


def _reports(matter: Matter, reports: list[Fact[Any]]) -> Table:
    reader, names = matter.reader, [name for name, _ in REPORT]
    rows = (
        Row(
            tuple(reader.value(fact, name) for name in names),
            tuple(source for name in names for source in reader.source(fact, name)),
        )
        for fact in reports
    )
    return Table("Segnalazioni", tuple(label for _, label in REPORT), tuple(rows))


def _is_of(matter: Matter, fact: Fact[e.InfractionReportedToInps]) -> bool:
    refs = {each for ref in matter.infractions for each in matter.same_as(ref.event_id)}
    same = fact.event.proposal_id is not None and fact.event.proposal_id == matter.measure.event.proposal_id
    return same or bool(refs & set(fact.event.infraction_refs))


def _in_time(matter: Matter, reports: list[Fact[Any]]) -> Table:
    """The ten days run from when who reports knew of the infraction."""
    rows = []
    for fact in reports:
        for ref in fact.event.infraction_refs:
            known = matter.case.facts.get(ref)
            if known is None or not matter.reader.sees(known):
                continue
            due, on = last_day("D5", known.known_on, statute(matter.law)), fact.event.reported_on
            cells = (known.known_on.isoformat(), on.isoformat(), due.isoformat(), on <= due)
            rows.append(Row(cells, (*matter.cites(known), *matter.reader.source(fact, "reported_on"))))
    columns = ("Violazione conosciuta il", "Segnalata il", "Entro il (10 giorni)", "Nei termini")
    return Table("I dieci giorni", columns, tuple(rows))


def _superseded(matter: Matter, reports: list[Fact[Any]]) -> Table:
    by_id = {fact.event.report_id: fact for fact in reports}
    rows = []
    for later in reports:
        if earlier := by_id.get(later.event.supersedes_report_id):
            days = (earlier.event.reported_on.isoformat(), later.event.reported_on.isoformat())
            rows.append(Row(days, matter.cites(earlier, later)))
    columns = ("Segnalazione del", "Superata da quella del")
    return Table("Segnalazioni superate", columns, tuple(rows))


def notifica(matter: Matter) -> Point:
    """11. Date, means, remedies; authority and act; the finding; what became of the measure after."""
    reader, fact = matter.reader, matter.measure
    after = [f for f in matter.case.facts.values() if _follows(f, fact.event)]
    shown = [f for f in after if reader.sees(f)]
    remedies = reader.value(fact, "remedies")
    return Point(
        11,
        "La notifica e i rimedi",
        "L. 241/1990 artt. 3 c. 4, 21-bis",
        lines=(
            *(line for f in shown for line in reader.lines(f, *AFTER[type(f.event)])),
            *reader.lines(
                fact, ("authority", "Autorità"), ("act_ref", "Atto"), ("finding", "Esito registrato")
            ),
        ),
        tables=tables(_remedies(matter)),
        missing=sentences(
            matter.absent(e.MeasureNotified),
            matter.lacks(
                remedies, "Rimedi e termini (art. 3 c. 4): non indicati nel provvedimento registrato."
            ),
        ),
        notes=("I provvedimenti limitativi hanno effetto dalla comunicazione (art. 21-bis).",),
    )


AFTER: dict[type, tuple[tuple[str, str], ...]] = {
    e.MeasureNotified: (("notified_on", "Notificata il"), ("proof_ref", "Prova della notifica")),
    e.ReviewRequested: (("filed_on", "Riesame o ricorso del"), ("forum", "Davanti a")),
    e.MeasureAnnulled: (
        ("annulled_on", "Annullata il"),
        ("authority", "Annullata da"),
        ("reason", "Perché è stata annullata"),
    ),
    e.SuspensionLifted: (("lifted_on", "Erogazione ripristinata il"), ("arrears_from", "Arretrati dal mese")),
}
"""What follows a measure."""


def _follows(fact: Fact[Any], measure: Any) -> bool:
    return type(fact.event) in AFTER and fact.event.measure_id == measure.measure_id


def _remedies(matter: Matter) -> Table:
    fact = matter.measure
    said = matter.reader.value(fact, "remedies") or []
    rows = tuple(
        Row((row.get("body"), row.get("term")), matter.reader.source(fact, "remedies")) for row in said
    )
    return Table("Rimedi", ("Davanti a", "Termine"), rows)
