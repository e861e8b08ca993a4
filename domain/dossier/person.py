"""Point 3: whether the person was obliged on the day of the fact, and on which certificates."""

from __future__ import annotations

from typing import Any

from domain.case import events as e
from domain.case import infractions as breaches
from domain.dossier.matter import Matter
from domain.dossier.measure import title_of
from domain.dossier.point import Line, Point, Row, Table, once, sentences, tables
from domain.fact import Fact


def person(matter: Matter) -> Point:
    """3. The obligation on the day of the fact, each input with its source and who certified it."""
    evaluations = (_evaluation(matter, fact) for fact in matter.about())
    found = once(each for each in evaluations if each is not None)
    household = [f for f in matter.open_infractions() if _of_household(matter, f)]
    return Point(
        3,
        "La persona e i suoi obblighi alla data del fatto",
        "DL 48/2023 art. 6 cc. 4-5",
        lines=(
            *_named(matter),
            *(line for fact in household for line in matter.reader.told(*DUTY, (fact, ""))),
            *(line for fact in found for line in _status(matter, fact)),
        ),
        tables=tables(*(_inputs(matter, fact) for fact in found), *(_values(matter, fact) for fact in found)),
        missing=sentences(matter.absent(e.ObligationEvaluated)),
        notes=("Lo stato si valuta per il giorno del fatto, con i dati validi quel giorno.",),
    )


DUTY = ("Dovere", "dell’intero nucleo: vincola chiunque, obbligato o no")


def _named(matter: Matter) -> tuple[Line, ...]:
    """The persons concerned, as the composition last recorded names them."""
    concerned = {str(f.event.member_id) for f in matter.open_infractions() if f.event.member_id}
    return tuple(
        Line("Persona", name, seen) for ref, (name, seen) in matter.names.items() if ref in concerned
    )


def _of_household(matter: Matter, fact: Fact[Any]) -> bool:
    return fact.event_id in matter.case.infractions and (
        fact.event.member_id is None
        or breaches.facts_of(matter.case, fact.event_id, matter.law).member == "household"
    )


def _evaluation(matter: Matter, fact: Fact[Any]) -> Fact[e.ObligationEvaluated] | None:
    if fact.event.member_id is None:
        return None
    return matter.case.evaluation_on(fact.event.member_id, breaches.day_of(fact.event))


def _status(matter: Matter, fact: Fact[e.ObligationEvaluated]) -> tuple[Line, ...]:
    return matter.reader.lines(
        fact,
        ("result", "Esito della verifica degli obblighi"),
        ("evaluated_for", "Verifica riferita al"),
        ("reason_codes", "Ragioni di esclusione"),
        ("rule_set_id", "Regole della verifica"),
    )


def _inputs(matter: Matter, fact: Fact[e.ObligationEvaluated]) -> Table:
    """The facts that the evaluation read, each with who certified it."""
    reader = matter.reader
    cited = fact.event.input_event_ids or () if reader.sees(fact) else ()
    read = [each for ref in cited if (each := reader.fact(ref)) and reader.sees(each)]
    return Table(
        "Fatti letti dalla verifica",
        ("Fatto", "Valore", "Valido dal", "Fino al", "Certificato da", "Prova"),
        tuple(_input(matter, each) for each in read),
    )


def _input(matter: Matter, fact: Fact[Any]) -> Row:
    data = matter.reader.data(fact)
    what = data.get("condition_code") or data.get("change_type") or title_of(fact)
    since = data.get("valid_from") or data.get("effective_on") or data.get("verified_on")
    by = data.get("certified_by") or data.get("source")
    names = (
        "condition_code",
        "change_type",
        "value",
        "valid_from",
        "effective_on",
        "verified_on",
        "valid_to",
    )
    shown = [name for name in (*names, "certified_by", "source", "evidence_ref") if name in data]
    return Row(
        (what, data.get("value"), since, data.get("valid_to"), by, data.get("evidence_ref")),
        matter.reader.sources(*((fact, name) for name in shown)),
    )


def _values(matter: Matter, fact: Fact[e.ObligationEvaluated]) -> Table:
    """What the rule read, in completed years and yes or no."""
    read = matter.reader.value(fact, "inputs") or {}
    rows = (Row((name, value), matter.reader.source(fact, f"inputs.{name}")) for name, value in read.items())
    return Table("Valori letti dalla regola", ("Dato", "Valore"), tuple(rows))
