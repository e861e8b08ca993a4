"""Points 1 and 2: the measure, beside what was proposed; the norm, beside the protocol."""

from __future__ import annotations

from datetime import date
from typing import Any

from domain.case.events import SanctionProposalOpened
from domain.contract import Json, contract_of
from domain.dossier.matter import Matter
from domain.dossier.point import Line, Point, Row, Table, sentences, tables
from domain.dossier.reader import Reader
from domain.fact import Fact
from domain.refused import Refused
from domain.rules.ladder import infraction as norm_of
from domain.rules.rule_set import RuleSet, load
from domain.rules.sanctions import PROTOCOL, STATUTE

KINDS = {
    "DecurtazioneOrdered": "DECURTAZIONE",
    "SospensioneOrdered": "SOSPENSIONE",
    "DecadenzaOrdered": "DECADENZA",
    "RevocaOrdered": "REVOCA",
}


def measure(matter: Matter) -> Point:
    """1. Type, date, authority, effect, scope, amount; the proposal and the measure side by side."""
    reader, fact = matter.reader, matter.measure
    return Point(
        1,
        "La misura",
        "L. 241/1990 art. 3",
        lines=(
            *reader.told("Provvedimento", KINDS[type(fact.event).__name__], (fact, "measure_id")),
            *reader.lines(
                fact,
                ("authority", "Autorità"),
                ("act_ref", "Atto"),
                ("ordered_on", "Data del provvedimento"),
                ("effective_from", "Effetto dal"),
                ("suspended_from_month", "Sospeso dal mese"),
                ("reapply_not_before", "Nuova domanda non prima del"),
                ("months_fraction", "Mensilità tolte"),
                ("affected_scope", "Ricade su"),
            ),
            *_money(reader, fact, "amount", "Importo"),
            *_money(reader, fact, "restitution", "Somma da restituire"),
            *_months(reader, fact),
            *reader.line("Motivazione", fact, "motivation"),
        ),
        tables=tables(_side_by_side(matter)),
        missing=matter.absent(SanctionProposalOpened),
    )


def _money(reader: Reader, fact: Fact[Any], name: str, label: str) -> tuple[Line, ...]:
    value = reader.value(fact, name)
    if not isinstance(value, dict) or "amount" not in value:
        return reader.line(label, fact, name) if value else ()
    return (Line(label, f"{value['amount']} EUR", reader.source(fact, name)),)


def _months(reader: Reader, fact: Fact[Any]) -> tuple[Line, ...]:
    charged = reader.value(fact, "months_charged") or []
    said = [f"{row['month']} ({row['share']})" if "share" in row else row["month"] for row in charged]
    return (Line("Mesi interessati", said, reader.source(fact, "months_charged")),) if said else ()


SIDES = (
    ("Misura", "proposed_measure", ""),
    ("Mensilità tolte", "months_fraction", "months_fraction"),
    ("Norma citata", "legal_ref", "legal_ref"),
    ("Regole applicate", "rule_set_id", "rule_set_id"),
    ("Violazione contata per la volta n.", "occurrence", ""),
)
"""What a proposal and a measure both say: label, field of the one, field of the other."""


def _side_by_side(matter: Matter) -> Table:
    reader, proposal, fact = matter.reader, matter.proposal, matter.measure
    rows: list[Row] = []
    for label, proposed, ordered in SIDES if proposal and reader.sees(proposal) else ():
        assert proposal is not None
        said = KINDS[type(fact.event).__name__] if label == "Misura" else reader.value(fact, ordered)
        if label.startswith("Violazione"):
            said = (reader.value(fact, "inputs") or {}).get("occurrence")
        was = reader.value(proposal, proposed)
        if was is not None or said is not None:
            seen = (*reader.source(proposal, proposed), *reader.source(fact, ordered or "measure_id"))
            rows.append(Row((label, was, said, None if was == said else "diverso"), seen))
    return Table("Proposta e provvedimento", ("Voce", "Proposto", "Ordinato", "Confronto"), tuple(rows))


# --- the norm ----------------------------------------------------------------------------------------------


def norm(matter: Matter) -> Point:
    """2. The norm as it was in force on the day of the fact, its text by hash, and who says otherwise."""
    reader, fact, rules = matter.reader, matter.measure, matter.rules
    return Point(
        2,
        "La norma applicata",
        "L. 241/1990 art. 3; protocollo d’intesa, premessa",
        lines=(
            *reader.lines(
                fact,
                ("legal_ref", "Norma citata dal provvedimento"),
                ("rule_set_id", "Insieme di regole"),
                ("rule_set_hash", "Impronta del testo delle regole (SHA-256)"),
            ),
            *_text_of_the_day(matter, rules),
            *reader.line("Esito del controllo delle regole sul provvedimento", fact, "finding"),
        ),
        tables=tables(_conflicts(matter), _two_texts(matter), _outdated(matter)),
        missing=sentences(_other_text(matter, rules), matter.lacks(rules, NO_RULES)),
        notes=("La legge convertita e la sua applicazione vanno lette nel testo vigente (Normattiva).",),
    )


NO_RULES = "Nessun insieme di regole parla del beneficio di questo fascicolo alla data del fatto."


def _text_of_the_day(matter: Matter, rules: RuleSet | None) -> tuple[Line, ...]:
    """What the rule set says of the infraction that the measure rests on."""
    if rules is None or matter.last is None or matter.code is None:
        return ()
    seen = ((matter.measure, "rule_set_id"), (matter.last, ""))
    table = rules.data["infractions"].get(matter.code)
    valid = f"dal {rules.data['valid_from']}" + (
        f" al {rules.data['valid_to']}" if "valid_to" in rules.data else ""
    )
    return (
        *matter.reader.told("Testo in vigore alla data del fatto", f"{rules.id}, {valid}", *seen),
        *matter.reader.told("Violazione", table["title"] if table else matter.code, *seen),
        *(matter.reader.told("Articolo della violazione", table["legal_ref"], *seen) if table else ()),
    )


def _other_text(matter: Matter, rules: RuleSet | None) -> tuple[str, ...]:
    stored = matter.measure.event.rule_set_hash
    if rules is None or stored is None or stored == rules.hash or not matter.reader.is_judge:
        return ()
    return (
        "Il testo delle regole che questo registro applica oggi alla data del fatto ha un’impronta diversa "
        "da quella registrata con il provvedimento: vale il testo registrato.",
    )


def _conflicts(matter: Matter) -> Table:
    reader, fact = matter.reader, matter.measure
    said = reader.value(fact, "conflicts_with") or []
    rows = tuple(
        Row((row.get("rule_set"), row.get("because")), reader.source(fact, "conflicts_with")) for row in said
    )
    return Table("Testi in conflitto", ("Regole", "Perché dicono altro"), rows)


def _two_texts(matter: Matter) -> Table:
    """The protocol and the statute on the same infraction."""
    rows = tuple(
        Row((rules.id, *_says(rules, matter.code)), matter.cites(matter.measure))
        for rules in (load(PROTOCOL), load(STATUTE))
        if matter.rules is not None
        and matter.rules.id in (PROTOCOL, STATUTE)
        and matter.last is not None
        and matter.reader.sees(matter.last)
    )
    return Table("Il protocollo e la legge sulla stessa violazione", ("Regole", "Articolo", "Misure"), rows)


def _says(rules: RuleSet, code: str | None) -> tuple[Json, Json]:
    try:
        found = norm_of(rules, code or "")
    except Refused:
        return None, None
    rungs = [f"{r.measure} {r.months_fraction}" if r.months_fraction else str(r.measure) for r in found.rungs]
    return found.legal_ref, rungs


def _outdated(matter: Matter) -> Table:
    """Citations of the protocol that the law has overtaken: kept as signed."""
    rules = matter.rules
    cited = rules.data.get("citations", []) if rules is not None and rules.id == PROTOCOL else []
    rows = tuple(Row((row["text"], row["superseded_by"]), matter.cites(matter.measure)) for row in cited)
    return Table("Citazioni superate del protocollo", ("Testo firmato", "Oggi"), rows)


def title_of(fact: Fact[Any]) -> str:
    """The Italian term of a fact."""
    return contract_of(fact.event).title


def as_text(day: date | None) -> str | None:
    return day.isoformat() if day else None
