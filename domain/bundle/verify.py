"""Whether a bundle holds: everything in it that proves itself, checked without the register.

No database, no network, no key but those that sign: read it from :func:`verify` downwards. What is said of it
is in Italian, for it is read by people who are no programmers. Each finding names its rule:

========================  ============================================================================
UNREADABLE, NEWER_FORMAT  it is no bundle, or one of a form that this verifier does not know
OTHER_AMBITO, LOG_KEY     it is another Ambito's, or signed with another key than the one given
SEAL                      something was changed after the Ambito sealed it
CHECKPOINT, CONSISTENCY   a state of the log is not signed, or does not go on from the first one
COSIGNATURE               a witness did not sign the state that it is said to have signed
ORDER, CHAIN, INCLUSION   the events are not those of the case in their order, or not in the log
ENVELOPE, DIGEST          an event, or a value opened of it, is not the one that was recorded
LATE                      a fact was recorded after the instant that the bundle speaks of
MEASURE                   the measure is not among the facts
RULE_SET, DECISION        a text of the law is not the one named, or a decision does not come out again
RECEIPT                   an acknowledgement is not signed by its recipient, or reaches no row
========================  ============================================================================
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from struct import error as StructError
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from domain.bundle.form import FORMAT, NAME, START, assembled, bytes_of, link, seal_text
from domain.contract import Json
from domain.ledger.digests import apart, canonical, digest
from domain.ledger.note import (
    COSIGNATURE,
    BrokenSignature,
    Checkpoint,
    Note,
    NotSigned,
    Signature,
    VerifierKey,
    cosigned_at,
    opened,
    witness_name,
)
from domain.ledger.note import verify as check_signature
from domain.ledger.tree import extends, includes, leaf_hash
from domain.rules.again import DECISIONS, MEASURES, CannotJudge, Difference, differences, name_of
from domain.rules.rule_set import RuleSet

Bundle = dict[str, Json]

READING = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError, StructError)
"""What comes of a part that has another shape; the errors of notes and bad base64 are ValueErrors."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not hold: by which rule, where in the bundle, and what it means."""

    rule: str
    where: str
    says: str


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision in the bundle, decided again; None where it does not show enough of itself."""

    event_id: str
    type: str
    differences: tuple[Difference, ...] | None


@dataclass(frozen=True, slots=True)
class Event:
    """An event that is shown: its envelope, the values opened, and how many are closed or erased."""

    where: str
    head: Mapping[str, Json]
    values: Mapping[str, Json]
    closed: int
    erased: int

    @property
    def name(self) -> str:
        return name_of(self.head["type"])


@dataclass
class Report:
    """What was found, as sentences: what holds, what does not, what nobody can prove from this file."""

    about: dict[str, str] = field(default_factory=dict)
    holds: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    unprovable: list[str] = field(default_factory=list)
    decisions: list[Decided] = field(default_factory=list)

    def find(self, rule: str, where: str, says: str) -> None:
        self.findings.append(Finding(rule, where, says))


def verify(raw: bytes, log_key: VerifierKey | None = None) -> Report:
    """Everything that can be checked of a bundle.

    ``log_key`` is the Ambito's, as people told it; without it the key in the bundle is taken, and the report
    says that nobody vouches for it.
    """
    report = Report()
    bundle = _read(raw, report)
    if bundle is not None:
        look = _Look(bundle, report, log_key)
        for part in (_whose, _sealed, _checkpoints, _witnesses, _events, _decisions, _receipts):
            try:
                part(look)
            except READING as error:
                # A part of another shape than it should have: the rest is looked at all the same.
                says = f"questa parte non si può leggere ({type(error).__name__})"
                look.find("UNREADABLE", part.__name__.strip("_"), says)
    return report


@dataclass
class _Look:
    """A bundle under examination, and what its parts need of each other."""

    bundle: Bundle
    report: Report
    given: VerifierKey | None
    key: VerifierKey | None = None
    first: Checkpoint | None = None
    notes: list[tuple[str, Note]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def find(self, rule: str, where: str, says: str) -> None:
        self.report.find(rule, where, says)

    def holds(self, says: str) -> None:
        self.report.holds.append(says)

    def unproved(self, says: str) -> None:
        self.report.unprovable.append(says)

    @property
    def of_log(self) -> VerifierKey:
        """The key of the log. Raises ValueError where none could be read."""
        if self.key is None:
            raise ValueError("no key of the log")
        return self.key


def _why(error: Exception) -> str:
    if isinstance(error, NotSigned):
        return "manca la firma della chiave che deve averlo firmato"
    return (
        "la firma non è di questo testo" if isinstance(error, BrokenSignature) else "non è scritto come deve"
    )


def _read(raw: bytes, report: Report) -> Bundle | None:
    try:
        bundle: Bundle | None = orjson.loads(raw)
    except ValueError:
        bundle = None
    if type(bundle) is not dict or not str(bundle.get("format")).startswith(f"{NAME}/"):
        report.find("UNREADABLE", "file", "non è un fascicolo di questo registro")
    elif bundle["format"] != FORMAT:
        report.find("NEWER_FORMAT", "format", f"formato {bundle['format']}: serve una versione più recente")
    elif canonical(bundle) != raw:
        report.find("UNREADABLE", "file", "il testo non è nella forma canonica: qualcuno l'ha riscritto")
    else:
        for each in ("ambito", "measure_id", "case_id", "as_of", "redaction"):
            report.about[each] = str(bundle.get(each))
        return bundle
    return None


def _whose(look: _Look) -> None:
    """Which key the log is to be believed with; its name says whose log it is, and of which epoch."""
    stated, given = VerifierKey.read(look.bundle["log_key"]), look.given
    ours = f"ambito/{look.bundle['ambito']}"
    look.key = stated
    if not stated.name.startswith(f"{ours}/"):
        look.find("OTHER_AMBITO", "log_key", f"la chiave è di {stated.name}, il fascicolo di {ours}")
    if given is None:
        look.unproved(
            f"che la chiave del registro sia dell'Ambito: confrontarla con quella comunicata ({stated.text})"
        )
        return
    look.key = given.renamed(stated.name)
    if not f"{given.name}/".startswith(f"{ours}/"):
        look.find("OTHER_AMBITO", "ambito", f"il fascicolo è di {ours}, la chiave data è di {given.name}")
    elif given.public != stated.public:
        look.find("LOG_KEY", "log_key", "il fascicolo è firmato con un'altra chiave da quella data")


def _sealed(look: _Look) -> None:
    try:
        check_signature(Note(seal_text(look.bundle), (Signature.read(look.bundle["seal"]),)), look.of_log)
    except ValueError as error:
        look.find("SEAL", "seal", f"il fascicolo non è quello che l'Ambito ha sigillato: {_why(error)}")
    else:
        look.holds("il sigillo: nulla è stato cambiato da quando l'Ambito ha chiuso il fascicolo")


# --- the log ---------------------------------------------------------------------------------------------


def _checkpoints(look: _Look) -> None:
    """The states of the log: each signed, all of one log, which only grew."""
    for number, each in enumerate(look.bundle["checkpoints"]):
        where = f"checkpoints[{number}]"
        try:
            note = Note.read(each["note"])
            state = opened(str(note), look.of_log)
        except ValueError as error:
            look.find("CHECKPOINT", where, f"lo stato del registro non è firmato dal registro: {_why(error)}")
            continue
        look.notes.append((where, note))
        first, proof = look.first, [bytes_of(node) for node in each["proof"]]
        if number == 0:
            look.first = state
        elif first and not extends(first.size, state.size, first.root, state.root, proof):
            look.find("CONSISTENCY", where, "non è dimostrato che continui il primo stato del registro")
    if look.first is None:
        look.find("CHECKPOINT", "checkpoints", "non c'è uno stato firmato che copra i fatti")
        return
    look.holds(f"il registro {look.first.origin} firma i suoi primi {look.first.size} eventi")
    if len(look.notes) > 1 and not any(each.rule == "CONSISTENCY" for each in look.report.findings):
        look.holds(f"i suoi stati successivi che sono qui ({len(look.notes) - 1}) continuano da lì")


def _witnesses(look: _Look) -> None:
    """Every signature beside the log's: whose it is, and that it is his."""
    keys = [key for recipient in look.bundle["witnesses"] for key in _keys(recipient, look)]
    # Who bears witness to himself bears none.
    others = {(key.name, key.id): key for key in keys if key.public != look.of_log.public}
    seen = {}
    for where, note in look.notes:
        for line in note.signatures:
            if line.name == look.of_log.name:
                continue
            try:
                at = _cosigned(note, line, others.get((line.name, line.key_id)))
            except ValueError as error:
                look.find("COSIGNATURE", where, f"la controfirma di {line.name} non vale: {_why(error)}")
            else:
                seen[line.name.rsplit("/", 1)[1]] = datetime.fromtimestamp(at, UTC)
    if seen:
        told = ", ".join(f"{name} ({at:%d/%m/%Y %H:%M} UTC)" for name, at in sorted(seen.items()))
        look.holds(f"hanno controfirmato, ciascuno per sé: {told}")
        look.unproved("che le chiavi dei testimoni siano le loro: chiederle a ciascuno")
    else:
        look.unproved("che il registro non sia stato riscritto: nessun testimone l'ha controfirmato")


def _keys(recipient: str, look: _Look) -> list[VerifierKey]:
    """The keys that a witness had, by its name. A bundle of an earlier checkout has one, as a text."""
    held, name = look.bundle["witnesses"][recipient], witness_name(look.bundle["ambito"], recipient)
    keys = map(VerifierKey.read, [held] if isinstance(held, str) else held)
    return [key for key in keys if key.name == name and key.kind == COSIGNATURE]


def _cosigned(note: Note, line: Signature, key: VerifierKey | None) -> int:
    if key is None:
        raise NotSigned(line.name)
    return cosigned_at(Note(note.text, (line,)), key)


# --- the facts -------------------------------------------------------------------------------------------


def _events(look: _Look) -> None:
    """The events of the case, one after another: each in the log, and those shown as they were recorded."""
    wrong, chain, position = len(look.report.findings), START, 0
    for number, each in enumerate(look.bundle["events"]):
        where = f"events[{number}]"
        head = {"version": each["version"]} if "leaf" in each else orjson.loads(each["state"])
        leaf = bytes_of(each["leaf"]) if "leaf" in each else _leaf(each, head)
        if head["version"] != number + 1 or each["position"] <= position:
            look.find("ORDER", where, "i fatti non sono tutti, o non nel loro ordine")
        position, chain = each["position"], link(chain, leaf)
        proof = [bytes_of(node) for node in each["proof"]]
        if look.first and not includes(leaf, position - 1, look.first.size, proof, look.first.root):
            look.find("INCLUSION", where, f"il fatto non sta nel registro alla posizione {position}")
        if "leaf" not in each:
            look.events.append(_shown(look, where, each, head))
    if chain != bytes_of(look.bundle["chain"]):
        look.find("CHAIN", "chain", "la catena del caso non porta qui: un fatto è un altro, o manca")
    _is_measure(look)
    if len(look.report.findings) == wrong and look.first:
        look.holds(f"{len(look.events)} fatti del caso stanno nel registro come furono registrati")
    _not_shown(look)


def _leaf(each: Bundle, head: Mapping[str, Json]) -> bytes:
    moment, case_id = datetime.fromisoformat(each["recorded_at"]), UUID(head["case_id"])
    return leaf_hash(each["position"], moment, case_id, head["version"], head["type"], each["state"].encode())


def _shown(look: _Look, where: str, each: Bundle, head: Mapping[str, Json]) -> Event:
    """An event that is shown: it is of this case and of then, and each value opened has its digest in it."""
    if head["case_id"] != look.bundle["case_id"]:
        look.find("ENVELOPE", where, "il fatto è di un altro caso")
    if _after(each["recorded_at"], look):
        look.find("LATE", where, "il fatto fu registrato dopo l'istante di cui il fascicolo parla")
    digests, erased = apart(head["digests"]), len(each["erased"])
    values = {path: value for path, _, value in each["opened"]}
    for path, salt, value in each["opened"]:
        if digest(bytes_of(salt), path, value) not in digests:
            look.find("DIGEST", f"{where}.{path}", "il valore non è quello registrato")
    closed = len(digests) - len(each["opened"]) - erased
    if closed < 0 or len(values) < len(each["opened"]):
        look.find("DIGEST", where, "sono aperti più valori di quanti il fatto ne ha")
    return Event(where, head, assembled(values.items()), closed, erased)


def _after(moment: str, look: _Look) -> bool:
    return datetime.fromisoformat(moment) > datetime.fromisoformat(look.bundle["as_of"])


def _is_measure(look: _Look) -> None:
    named = look.bundle["measure_id"]
    found = [e.name for e in look.events if e.name in MEASURES and e.values.get("measure_id") == named]
    if found:
        look.report.about["type"] = found[-1].removesuffix("_ordered")
    else:
        look.find("MEASURE", "measure_id", "il provvedimento non è tra i fatti mostrati")


def _not_shown(look: _Look) -> None:
    hidden = len(look.bundle["events"]) - len(look.events)
    closed, erased = sum(e.closed for e in look.events), sum(e.erased for e in look.events)
    if hidden:
        look.unproved(f"che cosa dicano {hidden} fatti del caso che non sono mostrati")
    if closed:
        look.unproved(f"che cosa dicano {closed} valori che restano chiusi")
    if erased:
        look.unproved(f"che cosa dicessero {erased} valori cancellati (GDPR art. 17)")
    if look.bundle["dossier"]:
        look.unproved("che le parole del fascicolo dicano il vero: le afferma l'Ambito, che le ha sigillate")


# --- the law ---------------------------------------------------------------------------------------------


def _decisions(look: _Look) -> None:
    texts = {}
    for name, text in look.bundle["rule_sets"].items():
        if sha256(text.encode()).hexdigest() != name:
            look.find("RULE_SET", f"rule_sets.{name[:8]}", "il testo delle regole non è quello nominato")
        texts[name] = RuleSet(text)
    for event in look.events:
        if event.name in DECISIONS:
            _decided(event, texts, look)
    again = [each for each in look.report.decisions if each.differences == ()]
    if again:
        look.holds(f"{len(again)} decisioni, rifatte sui loro dati, danno lo stesso esito")
        look.unproved("che i dati delle decisioni seguano dai fatti: lo mostra il registro (ambito replay)")


def _decided(event: Event, texts: Mapping[str, RuleSet], look: _Look) -> None:
    told, event_id, type_ = event.values, event.head["event_id"], event.head["type"]
    try:
        different = tuple(differences(event.name, dict(told), texts[told["rule_set_hash"]]))
    except (CannotJudge, KeyError):
        look.report.decisions.append(Decided(event_id, type_, None))
        look.unproved(f"l'esito di {event.name} ({event_id}): mancano i suoi dati, o il testo delle regole")
        return
    look.report.decisions.append(Decided(event_id, type_, different))
    for each in different:
        says = f"{each.what}: scritto {_short(each.expected)}, rifatto {_short(each.found)}"
        look.find("DECISION", event.where, f"la decisione {event.name} non dà lo stesso esito; {says}")


def _short(value: Json) -> str:
    text = canonical(value).decode()
    return text if len(text) <= 120 else f"{text[:117]}..."


# --- who was told ----------------------------------------------------------------------------------------


def _receipts(look: _Look) -> None:
    """The acknowledgements: each signed by its recipient; a row that one reaches was received."""
    shown = {event.head["event_id"] for event in look.events}
    reached: dict[str, int] = {}
    for number, each in enumerate(look.bundle["acknowledgements"]):
        recipient, where = each["recipient"], f"acknowledgements[{number}]"
        try:
            said = _said(each["signed"], _keys(recipient, look))
            if said["recipient"] != recipient or _after(each["received_at"], look):
                raise NotSigned(recipient)
        except READING as error:
            look.find("RECEIPT", where, f"la ricevuta di {recipient} non vale: {_why(error)}")
        else:
            reached[recipient] = max(reached.get(recipient, 0), said["received"])
    told: dict[str, list[bool]] = {}
    for number, row in enumerate(look.bundle["disclosed"]):
        if row["event_id"] not in shown or _after(row["disclosed_at"], look):
            look.find("RECEIPT", f"disclosed[{number}]", "parla di un fatto che qui non c'è, o di dopo")
        told.setdefault(row["recipient"], []).append(row["seq"] <= reached.get(row["recipient"], 0))
    for recipient, rows in sorted(told.items()):
        if any(rows):
            look.holds(f"{recipient} ha firmato di aver ricevuto {sum(rows)} comunicazioni su {len(rows)}")
        if not all(rows):
            unsaid = len(rows) - sum(rows)
            look.unproved(f"che {recipient} abbia ricevuto {unsaid} comunicazioni su {len(rows)}")


def _said(jws: str, keys: Sequence[VerifierKey]) -> dict[str, Json]:
    """What a recipient signed with one of its keys (JWS, Ed25519). Raises ValueError and the like."""
    head, body, signature = jws.split(".")
    if orjson.loads(_unpadded(head)) != {"alg": "Ed25519"} or not keys:
        raise NotSigned(jws)
    text, signed = f"{head}.{body}".encode(), _unpadded(signature)
    if not any(_signs(key, signed, text) for key in keys):
        raise BrokenSignature(jws)
    said: dict[str, Json] = orjson.loads(_unpadded(body))
    return said


def _signs(key: VerifierKey, signature: bytes, text: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, text)
    except InvalidSignature:
        return False
    return True


def _unpadded(text: str) -> bytes:
    if not re.fullmatch(r"[A-Za-z0-9_-]+", text):
        raise ValueError("not base64url")
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
