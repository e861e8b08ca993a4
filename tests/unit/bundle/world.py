"""A log in memory: the facts of a life as the ledger would hold them, signed, watched and acknowledged."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.bundle.make import Later, Material, Received, Redaction, Row, Told
from domain.case.commands import Law
from domain.case.state import fold
from domain.contract import contract_of, encode
from domain.fact import Fact
from domain.ledger.digests import canonical, together
from domain.ledger.keys import Key, key_from
from domain.ledger.mapper import envelope
from domain.ledger.note import (
    COSIGNATURE,
    Checkpoint,
    cosign,
    origin,
    signed_checkpoint,
    verifier_key,
    witness_name,
)
from domain.ledger.seal import openings, seal
from domain.ledger.tiles import subtree
from domain.ledger.tree import Range, consistency_ranges, hash_of, inclusion_ranges
from domain.replay import DECISIONS, rules_of
from projections.acknowledgement import Said, signed

AMBITO, EPOCH = "058-rm1", UUID(int=7)
LOG, OTHER = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
BEGINNING = datetime(2026, 6, 1, 8, tzinfo=UTC)
AT = 1_780_000_000
"""The clock of the witnesses."""
AS_OF = datetime(2026, 6, 30, 12, tzinfo=UTC)
VKEY = verifier_key(f"ambito/{AMBITO}", LOG)
"""The key of the log, as people tell it."""


@dataclass
class Keys:
    """Keys in memory; those of erased persons are gone."""

    known: dict[str, Key] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    def held(self, key_ids: Iterable[str]) -> dict[str, Key]:
        return {key_id: self._key(key_id) for key_id in key_ids if key_id not in self.gone}

    ensure = held

    def _key(self, key_id: str) -> Key:
        return self.known.setdefault(key_id, key_from(uuid5(UUID(int=1), key_id).bytes * 2))

    def erasures(self) -> int:
        return len(self.gone)


@dataclass(frozen=True)
class Witness:
    """A recipient with its key: it cosigns, and acknowledges what it received."""

    name: str
    seed: int

    @property
    def key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(bytes([self.seed]) * 32)

    @property
    def vkey(self) -> str:
        return verifier_key(witness_name(AMBITO, self.name), self.key, COSIGNATURE).text

    def receipt(self, received: int) -> str:
        said = Said(recipient=self.name, log_epoch=str(EPOCH), received=received, applied=received, parked=[])
        public, private = self.key.public_key().public_bytes_raw(), self.key.private_bytes_raw()
        jwk = {"kty": "OKP", "crv": "Ed25519", "x": unpadded(public), "d": unpadded(private)}
        return signed(said, orjson.dumps(jwk).decode())


def unpadded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


CPI, UST = Witness("cpi", 5), Witness("ust", 6)


AFTERWARDS = 5
"""Events of others that the log holds when the second witness sees it."""


@dataclass(frozen=True)
class Tree:
    """A log of leaves: its proofs, and its states as the log signs them and a witness does."""

    leaves: Sequence[bytes]
    known: dict[tuple[int, int], bytes] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return len(self.leaves)

    def inclusion(self, position: int, size: int) -> tuple[bytes, ...]:
        return self._hashes(inclusion_ranges(position - 1, size))

    def signed(self, size: int, first: int, witness: Witness) -> Later:
        (root,) = self._hashes([(0, size)])
        note = signed_checkpoint(Checkpoint(origin(AMBITO, EPOCH), size, root), LOG)
        line = cosign(note.text, witness_name(AMBITO, witness.name), witness.key, AT + size).line
        proof = self._hashes(consistency_ranges(first, size)) if size > first else ()
        return Later(note.with_lines([line]), proof)

    def _hashes(self, ranges: Iterable[Range]) -> tuple[bytes, ...]:
        return tuple(hash_of(leaves, self._node) for leaves in ranges)

    def _node(self, level: int, index: int) -> bytes:
        if (level, index) not in self.known:
            self.known[level, index] = subtree(self.leaves[index << level : (index + 1) << level])
        return self.known[level, index]


@dataclass
class World:
    """The facts of a case among others' events in one log."""

    facts: Sequence[Fact[Any]]
    laws: dict[UUID, Law]
    keys: Keys = field(default_factory=Keys)
    apart: int = 3
    """Every how many positions a fact of the case stands; between them are events of others."""

    def material(self, measure_id: UUID, as_of: datetime = AS_OF) -> Material:
        rows, leaves = self._rows(as_of)
        covered = len(leaves)
        tree = Tree([*leaves, *(bytes([n]) * 32 for n in range(AFTERWARDS))])
        told = [
            Told(witness.name, seq, "fact", row.event_id, "referred_member", row.recorded_at)
            for witness, every in ((CPI, 2), (UST, 5))
            for seq, row in enumerate(rows[::every], 1)
        ]
        reached = (2, len(rows) // 2)
        return Material(
            ambito=AMBITO,
            case_id=self.facts[0].case_id,
            measure_id=measure_id,
            as_of=as_of,
            rows=tuple(replace(row, proof=tree.inclusion(row.position, covered)) for row in rows),
            checkpoints=(tree.signed(covered, covered, CPI), tree.signed(tree.size, covered, UST)),
            log_key=VKEY.renamed(origin(AMBITO, EPOCH)).text,
            witnesses={CPI.name: [CPI.vkey], UST.name: [UST.vkey]},
            rule_sets=self._texts(),
            told=tuple(told),
            received=tuple(
                Received(CPI.name, n, CPI.receipt(n), BEGINNING + timedelta(hours=n)) for n in reached
            ),
        )

    def _rows(self, as_of: datetime) -> tuple[list[Row], list[bytes]]:
        rows: list[Row] = []
        leaves: list[bytes] = []
        for fact in self.facts:
            leaves += [bytes([fact.version % 256, n]) * 16 for n in range(1, self.apart)]
            row = self._row(fact, len(leaves) + 1)
            if row.recorded_at <= as_of:
                rows.append(row)
                leaves.append(row.leaf)
        return rows, leaves

    def _row(self, fact: Fact[Any], position: int) -> Row:
        contract = contract_of(fact.event)
        everybody = Keys(self.keys.known)
        sealed, digests = seal(contract.type, encode(fact.event), fact.event_id, fact.case_id, everybody)
        state = canonical(envelope(fact, contract.stored_name) | {"digests": together(digests)})
        found, erased = openings(contract.type, orjson.loads(sealed), fact.event_id, fact.case_id, self.keys)
        return Row(
            position=position,
            recorded_at=BEGINNING + timedelta(minutes=position),
            stream_id=fact.case_id,
            version=fact.version,
            event_id=fact.event_id,
            kind=contract.type,
            type=contract.stored_name,
            state=state,
            openings=tuple(found),
            erased=tuple(erased),
            proof=(),
        )

    def _texts(self) -> dict[str, str]:
        found = {}
        for fact in self.facts:
            if isinstance(fact.event, DECISIONS):
                before = fold(f for f in self.facts if f.version < fact.version)
                rules = rules_of(fact.event, before, self.laws[fact.event_id])
                found[rules.hash] = rules.canonical
        return found


def whole(material: Material) -> Redaction:
    """Everything of every fact."""
    return Redaction("judge", dict.fromkeys(row.event_id for row in material.rows))
