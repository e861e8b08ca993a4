"""A bundle from what the log holds of a measure: which facts are shown, which values opened. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.bundle.form import FORMAT, START, link, seal_text, text_of
from domain.contract import Json, instant
from domain.ledger.digests import canonical
from domain.ledger.note import Checkpoint, Note, sign, witness_name
from domain.ledger.seal import Opening
from domain.ledger.tree import leaf_hash
from domain.replay import DECISIONS


@dataclass(frozen=True, slots=True)
class Row:
    """An event of the case as it lies in the log, and all that can be opened of it."""

    position: int
    recorded_at: datetime
    stream_id: UUID
    version: int
    event_id: UUID
    kind: type
    type: str
    state: bytes
    openings: tuple[Opening, ...]
    erased: tuple[str, ...]
    proof: tuple[bytes, ...]

    @property
    def leaf(self) -> bytes:
        return leaf_hash(self.position, self.recorded_at, self.stream_id, self.version, self.type, self.state)


@dataclass(frozen=True, slots=True)
class Told:
    """A row of ``disclosed``: an event that a recipient was shown."""

    recipient: str
    seq: int
    kind: str
    event_id: UUID
    ground: str
    disclosed_at: datetime


@dataclass(frozen=True, slots=True)
class Received:
    """The acknowledgement of a recipient, as it signed it, and when it came."""

    recipient: str
    received: int
    signed: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Later:
    """A checkpoint at or after the one that covers the facts, with cosignatures and its consistency proof."""

    note: Note
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Material:
    """What the log holds of a case up to an instant, before it is cut down for anybody."""

    ambito: str
    case_id: UUID
    measure_id: UUID
    as_of: datetime
    rows: tuple[Row, ...]
    checkpoints: tuple[Later, ...]
    """The first one covers every row; its proof is empty."""
    log_key: str
    witnesses: Mapping[str, Sequence[str]]
    """Of each recipient all the keys that it had by then: what it signed with an earlier one holds."""
    rule_sets: Mapping[str, str]
    told: tuple[Told, ...]
    received: tuple[Received, ...]


@dataclass(frozen=True, slots=True)
class Redaction:
    """What a bundle shows, and to whom.

    ``opens`` names the facts that are shown, and of each the paths that are opened; None for all. A fact that
    is shown tells its envelope: who recorded it, when, of which type. Of the inputs of a decision all are
    opened or none, for it is judged on all of them. ``recipients``: of whom it says what they were shown;
    None for everybody.
    """

    name: str
    opens: Mapping[UUID, Collection[str] | None]
    recipients: Collection[str] | None = field(default=None)


def make(
    material: Material, redaction: Redaction, dossier: Mapping[str, Json], key: Ed25519PrivateKey
) -> bytes:
    """The bundle, sealed with the log's key. The same arguments give the same bytes."""
    shown = [row for row in material.rows if row.event_id in redaction.opens]
    last = max((row.version for row in shown), default=0)
    rows = [row for row in material.rows if row.version <= last]
    told, received = _known(material, redaction, {row.event_id for row in shown})
    bundle: dict[str, Json] = {
        "format": FORMAT,
        "ambito": material.ambito,
        "case_id": str(material.case_id),
        "measure_id": str(material.measure_id),
        "as_of": instant(material.as_of),
        "redaction": redaction.name,
        "events": [_event(row, material, redaction) for row in rows],
        "chain": text_of(_chain(rows)),
        "checkpoints": [
            {"note": str(each.note), "proof": [text_of(node) for node in each.proof]}
            for each in material.checkpoints
        ],
        "log_key": material.log_key,
        "witnesses": _witnesses(material, {each.recipient for each in told}),
        "rule_sets": _rule_sets(material, shown, redaction),
        "disclosed": [
            {
                "recipient": each.recipient,
                "seq": each.seq,
                "kind": each.kind,
                "event_id": str(each.event_id),
                "ground": each.ground,
                "disclosed_at": instant(each.disclosed_at),
            }
            for each in told
        ],
        "acknowledgements": [
            {"recipient": r.recipient, "signed": r.signed, "received_at": instant(r.received_at)}
            for r in received
        ],
        "dossier": dict(dossier),
    }
    origin = Checkpoint.read(material.checkpoints[0].note.text).origin
    return canonical(bundle | {"seal": sign(seal_text(bundle), origin, key).line})


def _event(row: Row, material: Material, redaction: Redaction) -> dict[str, Json]:
    proof = [text_of(node) for node in row.proof]
    if row.event_id not in redaction.opens:
        leaf = text_of(row.leaf)
        return {"version": row.version, "position": row.position, "leaf": leaf, "proof": proof}
    opened = _opened(row, material, redaction)
    return {
        "version": row.version,
        "position": row.position,
        "recorded_at": instant(row.recorded_at),
        "state": row.state.decode(),
        "opened": [[path, text_of(salt), value] for path, salt, value in opened],
        "erased": list(row.erased),
        "proof": proof,
    }


def _opened(row: Row, material: Material, redaction: Redaction) -> list[Opening]:
    paths = redaction.opens[row.event_id]
    # The id of the measure stands at the head of the bundle: there is nothing left of it to hide.
    named = ("measure_id", str(material.measure_id))
    opened = [
        each
        for each in row.openings
        if paths is None or each.path in paths or (each.path, each.value) == named
    ]
    inputs = [each.path for each in row.openings if each.path.startswith("inputs.")]
    if not set(inputs) <= {each.path for each in opened}:
        return [each for each in opened if each.path not in inputs]
    return opened


def _chain(rows: Sequence[Row]) -> bytes:
    found = START
    for row in rows:
        found = link(found, row.leaf)
    return found


def _known(
    material: Material, redaction: Redaction, shown: Collection[UUID]
) -> tuple[list[Told], list[Received]]:
    """What recipients were shown of these facts, and the first acknowledgement that reaches each row."""
    told = [
        each
        for each in material.told
        if each.event_id in shown and (redaction.recipients is None or each.recipient in redaction.recipients)
    ]
    reaching = {
        min(
            (r for r in material.received if r.recipient == each.recipient and r.received >= each.seq),
            key=lambda r: (r.received, r.received_at),
            default=None,
        )
        for each in told
    }
    found = sorted((each for each in reaching if each), key=lambda r: (r.recipient, r.received))
    return told, found


def _witnesses(material: Material, told: Collection[str]) -> dict[str, Json]:
    """The keys of those whose cosignatures or acknowledgements are there."""
    signed = {line.name for each in material.checkpoints for line in each.note.signatures}
    return {
        recipient: list(keys)
        for recipient, keys in sorted(material.witnesses.items())
        if recipient in told or witness_name(material.ambito, recipient) in signed
    }


def _rule_sets(material: Material, shown: Sequence[Row], redaction: Redaction) -> dict[str, str]:
    """The texts that the decisions shown name, where they show it."""
    named = {
        opening.value
        for row in shown
        if issubclass(row.kind, DECISIONS)
        for opening in _opened(row, material, redaction)
        if opening.path == "rule_set_hash"
    }
    return {name: text for name, text in sorted(material.rule_sets.items()) if name in named}
