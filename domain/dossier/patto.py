"""Point 4: the patto in force on the day of the fact, the commitment, who signed it and how."""

from __future__ import annotations

from typing import Any

from domain.case import events as e
from domain.case import infractions as breaches
from domain.case import observe
from domain.dossier.matter import Matter
from domain.dossier.point import Line, Point, Row, Table, once, sentences, tables
from domain.fact import Fact
from domain.rules.patto import WARNING_TEXT, WARNING_TEXT_VERSION


def patto(matter: Matter) -> Point:
    """4. Version in force, text of the commitment, signatures, hash of the paper, copy, warning shown."""
    found = [part for fact in matter.about() for part in _of(matter, fact)]
    lines = once(line for lines, _ in found for line in lines)
    about = matter.open_infractions()
    return Point(
        4,
        "Il Patto",
        "protocollo d’intesa artt. 5, 7; D.Lgs. 147/2017 art. 6",
        lines=lines or _not_of_a_patto(matter, about),
        tables=tables(*once(table for _, made in found for table in made)),
        missing=sentences(matter.absent(e.PattoSigned, e.PattoRevised, e.ServicePattoSigned)),
    )


Part = tuple[tuple[Line, ...], tuple[Table, ...]]


def _of(matter: Matter, fact: Fact[Any]) -> list[Part]:
    event = fact.event
    if isinstance(event, e.PattoSignatureRefused):
        return [(_refused(matter, fact), ())]
    if not isinstance(event, e.CommitmentMissed):
        return []
    if observe.of_psp(matter.case, event):
        psp = observe.service_patto_on(matter.case, event.member_id, event.missed_on)
        return [_psp(matter, fact, psp)] if psp else []
    in_force = matter.case.patto_on(breaches.day_of(event))
    if in_force is None:
        return []
    signed, draft = in_force
    texts = [f for f in matter.case.all(e.PattoDrafted) if f.event is draft]
    return [_pais(matter, fact, matter.case.facts[signed.event_id], texts[-1])]


def _pais(matter: Matter, fact: Fact[Any], signed: Fact[Any], draft: Fact[e.PattoDrafted]) -> Part:
    reader = matter.reader
    version = "version" if isinstance(signed.event, e.PattoSigned) else "to_version"
    lines = (
        *reader.line("Versione in vigore", signed, version),
        *reader.lines(
            signed,
            ("signed_on", "Sottoscritto il"),
            ("document_hash", "Impronta del documento firmato (SHA-256)"),
            ("copy_delivered_on", "Copia consegnata il"),
        ),
        *_commitment(matter, fact, draft),
        *reader.line("Versione dell’avvertenza mostrata", draft, "warning_text_version"),
        *(
            reader.told("Testo dell’avvertenza", WARNING_TEXT, (draft, "warning_text_version"))
            if draft.event.warning_text_version == WARNING_TEXT_VERSION
            else ()
        ),
    )
    return lines, (_signatures(matter, signed),)


def _commitment(matter: Matter, fact: Fact[Any], draft: Fact[e.PattoDrafted]) -> tuple[Line, ...]:
    """The line of the patto that was not kept, as it was signed."""
    reader = matter.reader
    for line, path in reader.rows(draft, "commitments"):
        if line.get("id") == str(fact.event.commitment_id):
            return tuple(
                Line(label, line[name], reader.source(draft, f"{path}.{name}"))
                for name, label in COMMITMENT
                if name in line
            )
    return ()


COMMITMENT = (
    ("text", "Testo dell’impegno"),
    ("frequency", "Frequenza"),
    ("area", "Area"),
    ("conditional", "Impegno condizionale"),
    ("evidence_by", "Chi ne dà prova"),
)


def _signatures(matter: Matter, signed: Fact[Any]) -> Table:
    reader = matter.reader
    rows = tuple(
        Row(
            (
                matter.name_of(row.get("member_id")),
                row.get("signed_on"),
                row.get("method"),
                row.get("represented_by"),
            ),
            reader.source(signed, path),
        )
        for row, path in reader.rows(signed, "signatories")
    )
    return Table("Firme", ("Componente", "Firmato il", "Come", "Rappresentato da"), rows)


def _psp(matter: Matter, fact: Fact[Any], psp: Fact[e.ServicePattoSigned]) -> Part:
    reader = matter.reader
    lines = reader.lines(
        psp,
        ("signed_on", "Patto di servizio sottoscritto il"),
        ("contact_frequency", "Frequenza dei contatti"),
    )
    for action, path in reader.rows(psp, "actions"):
        if action.get("action_id") == str(fact.event.commitment_id):
            lines += (
                Line("Misura attiva concordata", action.get("kind"), reader.source(psp, f"{path}.kind")),
            )
    return lines, ()


def _refused(matter: Matter, fact: Fact[e.PattoSignatureRefused]) -> tuple[Line, ...]:
    return matter.reader.lines(
        fact,
        ("patto_kind", "Patto non sottoscritto"),
        ("refused_on", "Rifiuto del"),
        ("statement", "Dichiarazione della persona"),
    )


def _not_of_a_patto(matter: Matter, about: tuple[Fact[Any], ...]) -> tuple[Line, ...]:
    """A breach that rests on no patto: said, so that the silence is not read as a gap."""
    on_a_patto = (e.CommitmentMissed, e.PattoSignatureRefused)
    if not about or any(isinstance(fact.event, on_a_patto) for fact in about):
        return ()
    return matter.reader.told("Patto", "la violazione non riguarda un impegno del Patto", (about[-1], ""))
