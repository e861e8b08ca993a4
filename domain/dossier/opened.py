"""Which values of the log a dossier may open for whom it is made. Nothing else of this room looks at a value.

Whatever the instant that is asked for, the masks are those of today: what came later can hide, never show.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from domain.case import events as e
from domain.case.parts import Commitment
from domain.case.state import Case, corrected, fold
from domain.contract import Json, Leaf, contract_of, encode, leaves, pattern
from domain.disclosure import Shown, as_sent, masked, readable
from domain.disclosure.convictions import Reserved
from domain.disclosure.masks import HEALTH_SERVICE, SECRET_CONDITIONS, withheld
from domain.disclosure.masks.mask import could_be
from domain.disclosure.rows import listed
from domain.dossier import persons
from domain.dossier.record import Record
from domain.dossier.record import Shown as ShownRow
from domain.dossier.redaction import Judge, Member, Redaction, Signatory
from domain.fact import Fact
from domain.rules.calendar import legal_day
from domain.seats import of_anti_violence, of_health

Opened = Mapping[UUID, Shown]
"""By fact, the paths that are open, and those of them that read otherwise than they are stored."""

Own = frozenset[UUID]
"""The persons of whom the reader may read; of the other members nothing is said."""


def opened(
    record: Record,
    known: Sequence[Fact[Any]],
    as_of: datetime,
    redaction: Redaction,
    own: frozenset[UUID],
    secret: Reserved,
) -> Opened:
    """What is open of these facts, as they are corrected. ``own`` are the persons that may be read of,
    ``secret`` is what tells of a conviction.
    """
    today = fold(record.facts)
    if isinstance(redaction, Signatory):
        found = _sent(record, redaction.recipient, today, known, as_of)
    else:
        standing = {fact.event_id: fact for fact in corrected(known)}
        told = [standing.get(fact.event_id, fact) for fact in known]
        reader = "judge" if isinstance(redaction, Judge) else "person"
        found = dict(_theirs(record, told, today, own, reader))
    return dict(_unconvicted(found, secret))


def _unconvicted(found: Opened, secret: Reserved) -> Iterator[tuple[UUID, Shown]]:
    """Less what tells of a conviction, whoever reads: a dossier is read by who asks for it too."""
    for event_id, shown in found.items():
        hidden = tuple(secret.get(event_id, ()))
        paths = frozenset(path for path in shown.paths if not _named(path, hidden))
        if paths or not hidden:
            yield event_id, replace(shown, paths=paths, replaced=_under(shown.replaced, paths))


def own(record: Record, redaction: Redaction, concerned: frozenset[UUID]) -> frozenset[UUID]:
    """The persons that a reader may read of; ``concerned`` are those whom the measure is about."""
    today = fold(record.facts)
    match redaction:
        case Signatory():
            return frozenset()
        case Member(member_id):
            return persons.with_minors(today, member_id, _now(record))
        case Judge():
            return concerned | {minor.member_id for minor in persons.minors(today, _now(record))}


def _now(record: Record) -> date:
    """The last day that the case knows of: who has come of age since asks for herself."""
    days = [legal_day(fact.recorded_at) for fact in record.facts if fact.recorded_at]
    return max([*days, *(fact.known_on for fact in record.facts)])


# --- a signatory -------------------------------------------------------------------------------------------


def _sent(record: Record, recipient: str, today: Case, known: Sequence[Fact[Any]], as_of: datetime) -> Opened:
    """What a body had been sent by then, less what was withdrawn, masked or erased, also since."""
    rows = (row for row in record.shown if row.disclosed_at <= as_of or row.kind == "withdrawn")
    mine = sorted((row for row in rows if row.recipient == recipient), key=lambda row: row.seq)
    last = {row.event_id: row for row in mine if row.kind not in ("erasure", "correction")}
    entitled = readable(known, recipient, today)
    found = {}
    for event_id, row in last.items():
        if row.kind != "withdrawn" and event_id in entitled:
            found[event_id] = as_sent(entitled[event_id], frozenset(row.paths))
    corrections = {row.event_id: row for row in mine if row.kind == "correction"}
    return found | dict(_sent_corrections(known, corrections, found))


def _sent_corrections(
    known: Sequence[Fact[Any]], rows: Mapping[UUID, ShownRow], found: Opened
) -> Iterator[tuple[UUID, Shown]]:
    """The corrections that a body was sent of what it still has, without what reads otherwise to it."""
    for fact in known:
        if fact.event_id not in rows or fact.event.corrects_event_id not in found:
            continue
        masks = {f"new_value.{path}" for path in found[fact.event.corrects_event_id].replaced}
        given = frozenset(leaf.path for leaf in leaves(type(fact.event), encode(fact.event)))
        paths = given & frozenset(rows[fact.event_id].paths) - masks
        yield fact.event_id, Shown("R", "correction", paths)


def _under(replaced: Mapping[str, Json], paths: frozenset[str]) -> Mapping[str, Json]:
    return {path: value for path, value in replaced.items() if path in paths}


# --- a member, a judge -------------------------------------------------------------------------------------


def _theirs(
    record: Record, facts: Iterable[Fact[Any]], today: Case, own: Own, reader: str
) -> Iterator[tuple[UUID, Shown]]:
    known = {fact.event_id: fact for fact in record.facts} | today.facts
    for fact in facts:
        if shown := _of_fact(fact, known, today, own, reader):
            yield fact.event_id, shown


def _of_fact(fact: Fact[Any], known: persons.Facts, today: Case, own: Own, reader: str) -> Shown | None:
    if isinstance(fact.event, e.EventCorrected):
        return _of_correction(fact, known, today, own, reader)
    if withheld(fact, today, reader) or isinstance(fact.event, e.PersonalDataErased):
        return None
    others = frozenset(today.members) - own
    about = persons.of_whom(fact.event, known)
    if reader == "judge" and isinstance(fact.event, e.PadSigned):
        about = frozenset()  # it starts the terms of the whole household, whoever signs it
    if about and not about & own:
        return None
    fields = _fields(fact, reader, about <= own)
    open_ = [
        leaf
        for leaf in leaves(type(fact.event), encode(fact.event))
        if _named(leaf.path, fields) and not _of_another(leaf, about, own, others)
    ]
    shown = Shown("P", "dossier", frozenset(leaf.path for leaf in open_))
    shown = _masked(shown, fact, today, reader)
    for hides in HIDES:
        shown = _without(shown, hides(fact, shown, today, own, reader))
    return shown if shown.paths else None


def _fields(fact: Fact[Any], reader: str, whole: bool) -> tuple[str, ...]:
    """The fields of the cell of the person; a judge may read them all."""
    contract = contract_of(fact.event)
    if reader == "judge":
        return tuple(encode(fact.event))
    cell = contract.cell("person")
    named = cell.fields if cell else ()
    if isinstance(fact.event, e.Ordered | e.SanctionProposalOpened):
        # Which text of law, which facts and which values: without them nobody can check the decision.
        named = (
            *named,
            "rule_set_hash",
            *(REPLAYED if whole else ()),
        )
    return named


REPLAYED = ("case_version", "inputs", "trace", "evidence_event_ids")
"""What a decision can be decided again from: values that speak of nobody, of who is judged by them."""


def _named(path: str, fields: tuple[str, ...]) -> bool:
    plain = pattern(path)
    return any(plain == f or plain.startswith((f"{f}.", f"{f}[")) for f in fields)


def _of_another(leaf: Leaf, about: frozenset[UUID], own: frozenset[UUID], others: frozenset[UUID]) -> bool:
    """Whether a value speaks of another member, names one, or may speak of one in a text of the case."""
    if persons.mentions(leaf.subject, others) or persons.mentions(leaf.value, others):
        return True
    if not leaf.personal:
        return False
    return not about <= own if leaf.subject is None else not persons.mentions(leaf.subject, own)


def _of_correction(
    fact: Fact[e.EventCorrected], known: persons.Facts, today: Case, own: Own, reader: str
) -> Shown | None:
    """A correction is open as far as what it corrects."""
    target = known.get(fact.event.corrects_event_id)
    open_ = _of_fact(target, known, today, own, reader) if target else None
    if open_ is None or open_.replaced:
        return None
    fields = {re.split(r"[.\[]", path, maxsplit=1)[0] for path in open_.paths}
    said = leaves(type(fact.event), encode(fact.event))
    paths = {leaf.path for leaf in said if leaf.path in ("corrects_event_id", "reason", "voids")}
    if not isinstance(fact.event.new_value, dict):
        return Shown("P", "dossier", frozenset(paths))
    # A field that is a list is not opened: its entries need not be those that were masked.
    plain = {
        f"new_value.{f}" for f, value in fact.event.new_value.items() if not isinstance(value, list | dict)
    }
    hidden = {
        p
        for leaf in said
        if persons.mentions(leaf.value, frozenset(today.members) - own)
        for p in (leaf.path,)
    }
    paths |= {leaf.path for leaf in said if leaf.path in plain and leaf.path[10:] in fields}
    return Shown("P", "dossier", frozenset(paths - hidden))


# --- masks -------------------------------------------------------------------------------------------------


FOR_THE_JUDGE: dict[type, frozenset[str]] = {
    e.CommitmentMissed: frozenset({"facts"}),
    e.DecurtazioneOrdered: frozenset({"amount.amount", "amount.currency"}),
    e.RevocaOrdered: frozenset({"restitution.amount", "restitution.currency"}),
    e.ObligationEvaluated: frozenset({"reason_codes"}),
}
"""What is hidden from other agencies and is the very object of a judgment."""


def _masked(shown: Shown, fact: Fact[Any], today: Case, reader: str) -> Shown:
    """Under the masks of the one door; of these a judge is spared those on what is to be judged."""
    under = masked(shown, fact, today, reader)
    if reader != "judge":
        return under
    spared = shown.paths & FOR_THE_JUDGE.get(type(fact.event), frozenset())
    return replace(under, paths=under.paths | spared)


def _without(shown: Shown, hidden: Mapping[str, Json | None]) -> Shown:
    """Less what is hidden; a path with a value reads as that."""
    paths = frozenset(path for path in shown.paths if hidden.get(path, "") is not None)
    said = {path: value for path, value in hidden.items() if value is not None and path in paths}
    return replace(shown, paths=paths, replaced=_under({**shown.replaced, **said}, paths))


HEALTH_REASONS = SECRET_CONDITIONS | {"CARE_LOAD_DISABLED_MEMBER"}
SECRET_INPUTS = (
    "direct_pension",
    "disability_l68",
    "oncological",
    "gender_violence_path",
    "household_disabled_annex3",
    "parental_responsibility",
)
"""What the rules on obligations read, and nobody outside the servizio sociale does."""

AGENCY_FIELDS = frozenset(
    {"agency", "unit", "provider", "evidence_by", "reporter", "assigned_to", "service", "destination_id"}
)


def _secrets(fact: Fact[Any], shown: Shown, _today: Case, _own: Own, reader: str) -> dict[str, Json | None]:
    """A protection path is nowhere told; of her own exclusion a member reads the other reasons.

    Nor is the hash of the inputs, of which some hundred are possible: whoever tries them has those hidden.
    """
    event = fact.event
    if not isinstance(event, e.ObligationEvaluated):
        return {}
    hidden: dict[str, Json | None] = dict.fromkeys(("inputs.gender_violence_path", "inputs_hash", "trace"))
    codes: object = event.reason_codes
    kept = [c for c in codes if c not in _unsaid(reader)] if isinstance(codes, tuple) else None
    if kept is None or len(kept) != len(event.reason_codes):
        hidden["reason_codes"] = kept
    if reader == "judge":
        hidden |= {f"inputs.{name}": None for name in SECRET_INPUTS}
    return hidden


def _unsaid(reader: str) -> frozenset[str]:
    return HEALTH_REASONS if reader == "judge" else frozenset({"GENDER_VIOLENCE_PATH"})


def _services(fact: Fact[Any], shown: Shown, _today: Case, _own: Own, reader: str) -> dict[str, Json | None]:
    """An anti-violence service is nowhere named, a health service is to the person alone."""
    data = encode(fact.event)
    hidden: dict[str, Json | None] = {}
    for leaf in leaves(type(fact.event), data):
        if leaf.path not in shown.paths or leaf.path.rsplit(".", 1)[-1] not in AGENCY_FIELDS:
            continue
        if of_anti_violence(leaf.value):
            hidden[leaf.path] = None
        elif reader == "judge" and of_health(leaf.value):
            hidden[leaf.path] = HEALTH_SERVICE
    return hidden


def _supports(fact: Fact[Any], shown: Shown, _today: Case, own: Own, reader: str) -> dict[str, Json | None]:
    """A support of the patto names nobody: who needs it is told by the commitments that rest on it."""
    if not isinstance(fact.event, e.PattoDrafted):
        return {}
    hidden: dict[str, Json | None] = {}
    for index, support in enumerate(listed(fact.event.supports)):
        health = support.catalogue_code == "PROT8.h" or of_health(support.provider)
        rests = _rest_on(fact.event, support.support_id, own)
        if of_anti_violence(support.provider) or (health and reader != "judge" and not rests):
            under = (p for p in shown.paths if p.startswith(f"supports[{index}]."))
            hidden |= dict.fromkeys(under, None)
        elif health and reader == "judge":
            hidden[f"supports[{index}].provider"] = HEALTH_SERVICE
    return hidden


def _rest_on(draft: e.PattoDrafted, support_id: UUID, own: frozenset[UUID]) -> bool:
    lines: list[Commitment] = [c for c in listed(draft.commitments) if c.depends_on_support_id == support_id]
    return bool(lines) and all(line.obliged_member_id in own for line in lines)


def _health(fact: Fact[Any], shown: Shown, _today: Case, _own: Own, reader: str) -> dict[str, Json | None]:
    """A judge reads no health datum unless he orders it to be shown (D.Lgs. 196/2003 art. 60)."""
    if reader != "judge":
        return {}
    event = fact.event
    match event:
        case e.CommitmentMissed() if could_be(event.area, "HEALTH"):
            return {"facts": None}
        case e.JustifiedReasonSubmitted() if could_be(event.category, "HEALTH"):
            return {"category": None, "evidence_ref": None}
        case e.HealthAttendanceConfirmed():
            return dict.fromkeys(shown.paths, None)
        case _:
            return {}


Hides = Callable[[Fact[Any], Shown, Case, Own, str], dict[str, Json | None]]

HIDES: tuple[Hides, ...] = (_secrets, _services, _supports, _health)
"""Beside the masks of the door: what its recipients are never shown, and a person or a judge would be."""
