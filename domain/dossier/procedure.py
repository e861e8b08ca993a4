"""Points 8 and 9: the procedure, and whether another measure was the right one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from domain.case import events as e
from domain.case.terms import terms_of
from domain.dossier.matter import Matter
from domain.dossier.measure import as_text
from domain.dossier.point import Line, Point, Row, Table, sentences, tables
from domain.dossier.reader import Reader
from domain.fact import Fact
from domain.refused import Refused
from domain.rules.ladder import infraction as norm_of


def procedure(matter: Matter) -> Point:
    """8. Notice of the start, briefs and the answer to them, person in charge, end within its term."""
    notices = [fact for fact in matter.case.all(e.ProceedingNoticeSent) if _is_of(matter, fact)]
    shown = [fact for fact in notices if matter.reader.sees(fact)]
    return Point(
        8,
        "Il procedimento",
        "L. 241/1990 artt. 2, 4-8, 10",
        lines=(
            *_opened(matter),
            *(line for fact in shown for line in matter.reader.lines(fact, *NOTICE)),
        ),
        missing=sentences(
            matter.absent(e.SanctionProposalOpened),
            matter.lacks(notices, "Comunicazione di avvio del procedimento: non risulta nel fascicolo."),
            matter.lacks(None, "Memorie della persona (art. 10) e risposta: il registro non ne ha notizia."),
            matter.lacks(None, "Termine di conclusione del procedimento (art. 2): non è registrato."),
        ),
        notes=(
            "Il preavviso dell’art. 10-bis non si applica ai procedimenti previdenziali e assistenziali "
            "avviati a domanda e gestiti da enti previdenziali; la decadenza è d’ufficio.",
        ),
    )


NOTICE = (
    ("sent_on", "Avvio comunicato il"),
    ("delivered_on", "Comunicazione recapitata il"),
    ("office_and_person", "Ufficio e persona responsabile"),
    ("deadline_for_briefs", "Memorie entro il"),
    ("document_hash", "Impronta della comunicazione (SHA-256)"),
)


def _opened(matter: Matter) -> tuple[Line, ...]:
    proposal = matter.proposal
    if proposal is None or not matter.reader.sees(proposal):
        return ()
    return (
        *matter.reader.told(
            "Istruttoria aperta il", proposal.known_on.isoformat(), (proposal, "proposal_id")
        ),
        *matter.reader.line("Oggetto: misura proposta", proposal, "proposed_measure"),
    )


def _is_of(matter: Matter, fact: Fact[e.ProceedingNoticeSent]) -> bool:
    event, measure = fact.event, matter.measure.event
    if event.proposal_id is not None and event.proposal_id == measure.proposal_id:
        return True
    refs = {ref.event_id for ref in matter.infractions}
    return any(
        report.event.report_id == event.report_id and refs & set(report.event.infraction_refs)
        for report in matter.case.all(e.InfractionReportedToInps)
    )


def proportionality(matter: Matter) -> Point:
    """9. What the ladder gives for the fact; whether sospensione was the right measure."""
    reader, fact = matter.reader, matter.measure
    return Point(
        9,
        "La proporzionalità",
        "L. 241/1990 artt. 1, 3; DM 154/2023 art. 9 c. 2",
        lines=(
            *_ladder(matter),
            *_occurrence(matter),
            *reader.line("Esito del controllo delle regole", fact, "finding"),
        ),
        tables=tables(_first_meeting(matter), *_replayed(matter)),
        missing=matter.lacks(
            matter.last or matter.kept_back,
            "Nessuna violazione che regga sostiene la misura: la scala non può essere letta.",
        ),
        notes=(
            "Per gli atti vincolati l’art. 21-octies c. 2 limita l’annullamento per vizi di forma.",
            "Che cosa mancava da parte dei servizi sta ai punti 16 e 17.",
        ),
    )


def _ladder(matter: Matter) -> tuple[Line, ...]:
    if matter.rules is None or matter.last is None or matter.code is None:
        return ()
    try:
        norm = norm_of(matter.rules, matter.code)
    except Refused:
        return ()
    rungs = [f"{r.measure} {r.months_fraction}" if r.months_fraction else str(r.measure) for r in norm.rungs]
    suspends = any("SOSPENSIONE" in rung for rung in rungs)
    seen = ((matter.measure, "rule_set_id"), (matter.last, ""))
    return (
        *matter.reader.told("Scala delle misure per questa violazione", rungs, *seen),
        *matter.reader.told("La scala prevede la sospensione", suspends, *seen),
    )


def _occurrence(matter: Matter) -> tuple[Line, ...]:
    read = matter.reader.value(matter.measure, "inputs") or {}
    if "occurrence" not in read:
        return ()
    seen = matter.reader.source(matter.measure, "inputs.occurrence")
    return (Line("Volta in cui la violazione ricorre", read["occurrence"], seen),)


def _first_meeting(matter: Matter) -> Table:
    """D1: with no convocation within 120 days the measure is sospensione, which a meeting ends."""
    rows = []
    for term in () if matter.reader.is_signatory else terms_of(matter.case, matter.law):
        started = matter.reader.fact(term.started_by)
        if term.id == "D1" and started is not None and matter.reader.sees(started):
            cells = (as_text(term.starts_on), as_text(term.due_on), as_text(term.kept_on), term.duty_bearer)
            rows.append(Row(cells, matter.cites(started)))
    columns = ("Dal", "Entro il", "Primo incontro", "Dovere di")
    return Table("Termine del primo incontro (120 giorni)", columns, tuple(rows))


def _replayed(matter: Matter) -> Iterator[Table]:
    """What the measure and the proposal were decided from, so that they can be decided again."""
    for name, fact in (("la proposta", matter.proposal), ("il provvedimento", matter.measure)):
        if fact is not None and matter.reader.sees(fact):
            yield _read(matter.reader, fact, f"Che cosa la regola ha letto per {name}")
            yield _steps(matter.reader, fact, f"Passi della regola per {name}")


def _read(reader: Reader, fact: Fact[Any], title: str) -> Table:
    """The values that the rule read of the fact: none speaks of anybody."""
    read = reader.value(fact, "inputs") or {}
    seen = (*reader.source(fact, "inputs"), *reader.source(fact, "rule_set_hash"))
    rows = []
    for name, value in sorted(read.items()):
        inner = value.items() if isinstance(value, dict) and value else [("", value)]
        rows += [
            Row((f"{name}.{key}" if key else name, said), seen) for key, said in inner if said is not None
        ]
    return Table(title, ("Dato", "Valore"), tuple(rows))


def _steps(reader: Reader, fact: Fact[Any], title: str) -> Table:
    """Which clause of the rule set gave what, in the order in which they were read."""
    trace, seen = reader.value(fact, "trace"), reader.source(fact, "trace")
    rows = (Row(tuple(step), seen) for step in trace or () if isinstance(step, list) and len(step) == 2)
    return Table(title, ("Clausola", "Esito"), tuple(rows))
