"""What the log holds of a measure, read for its bundle: facts, proofs, texts, who was shown what."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from domain.bundle.make import Later, Material, Received, Row, Told
from domain.case.events import Ordered
from domain.contract import stored_as
from domain.fact import Fact
from domain.ledger.checkpoints import Checkpoints, Stored
from domain.ledger.mapper import LedgerEvent
from domain.ledger.note import COSIGNATURE, Checkpoint, Note, VerifierKey, opened, witness_name
from domain.ledger.recorder import Pool
from domain.ledger.seal import openings
from domain.ledger.store import Log
from domain.replay import DECISIONS
from domain.rules.rule_set import shipped

TOLD = """
select recipient, seq, kind, event_id, ground, disclosed_at from ledger.disclosed
 where stream_id = %s and disclosed_at <= %s order by recipient, seq
"""

KEYS = """
select recipient, public_key from ledger.recipients
 where public_key is not null and enrolled_at <= %s
 group by recipient, public_key order by min(number)
"""

RECEIVED = """
select distinct on (a.id) a.recipient, a.received, a.signed, a.received_at
  from ledger.disclosed d
 cross join lateral (
       select id, recipient, received, signed, received_at from ledger.acknowledgements
        where recipient = d.recipient and received >= d.seq and received_at <= %(at)s
        order by received, id limit 1) a
 where d.stream_id = %(stream)s and d.disclosed_at <= %(at)s
 order by a.id
"""
"""Of each row the first acknowledgement that reaches it."""


class NoSuchMeasure(Exception):
    """The case held no such measure at that instant."""


class NotSignedYet(Exception):
    """No checkpoint covers the facts yet: the log signs itself every few seconds."""


def gather(log: Log, pool: Pool, ambito: str, case_id: UUID, measure_id: UUID, as_of: datetime) -> Material:
    """What there is of a measure, as known at an instant. Raises NoSuchMeasure, NotSignedYet."""
    stored = [e for e in log.recorder.select_events(case_id) if e.recorded_at and e.recorded_at <= as_of]
    facts = log.mapper.facts(stored)
    if not any(isinstance(f.event, Ordered) and f.event.measure_id == measure_id for f in facts):
        raise NoSuchMeasure(measure_id)
    evidence = Checkpoints(pool)
    first = evidence.covering(stored[-1].position)
    if first is None:
        raise NotSignedYet(f"no checkpoint covers event {stored[-1].position} yet: ask again in some seconds")
    witnesses = _witnesses(pool, ambito, as_of)
    proofs = evidence.inclusions([event.position for event in stored], first.size)
    return Material(
        ambito=ambito,
        case_id=case_id,
        measure_id=measure_id,
        as_of=as_of,
        rows=tuple(_row(log, event, proof) for event, proof in zip(stored, proofs, strict=True)),
        checkpoints=tuple(_checkpoints(evidence, first, as_of)),
        log_key=_log_key(evidence, first),
        witnesses=witnesses,
        rule_sets=_texts(log, facts),
        told=tuple(Told(*row) for row in _rows(pool, TOLD, [case_id, as_of])),
        received=tuple(Received(*row) for row in _rows(pool, RECEIVED, {"at": as_of, "stream": case_id})),
    )


def _row(log: Log, event: LedgerEvent, proof: Sequence[bytes]) -> Row:
    assert event.recorded_at is not None
    contract, _ = stored_as(event.topic)
    stream = UUID(str(event.originator_id))
    found, erased = openings(contract.type, orjson.loads(event.sealed), event.event_id, stream, log.keys)
    return Row(
        position=event.position,
        recorded_at=event.recorded_at,
        stream_id=stream,
        version=event.originator_version,
        event_id=event.event_id,
        kind=contract.type,
        type=event.topic,
        state=event.state,
        openings=tuple(found),
        erased=tuple(erased),
        proof=tuple(proof),
    )


def _checkpoints(evidence: Checkpoints, first: Stored, as_of: datetime) -> list[Later]:
    """The first one, and those on which recipients first cosigned it or what came after, by their size."""
    lines: dict[int, list[str]] = {first.size: []}
    for each in evidence.first_cosigned(first.log_epoch, first.size, as_of):
        lines.setdefault(each.size, []).append(each.line)
    found = []
    for size in sorted(lines):
        stored = first if size == first.size else evidence.at(first.log_epoch, size)
        assert stored is not None
        proof = evidence.consistency(first.size, size) if size > first.size else []
        found.append(Later(Note.read(stored.note).with_lines(lines[size]), tuple(proof)))
    return found


def _log_key(evidence: Checkpoints, first: Stored) -> str:
    """The key that signed a checkpoint, of those that ever did in its epoch."""
    origin = Checkpoint.read(Note.read(first.note).text).origin
    for each in evidence.log_keys():
        key = VerifierKey.read(each.vkey).renamed(origin)
        try:
            opened(first.note, key)
        except ValueError:
            continue
        return key.text
    raise NotSignedYet("the key that signed the log is not on record")


def _witnesses(pool: Pool, ambito: str, as_of: datetime) -> Mapping[str, Sequence[str]]:
    """The keys that each recipient had by then, as those of a witness, the first one first."""
    found: dict[str, list[str]] = {}
    for recipient, jwk in _rows(pool, KEYS, [as_of]):
        public = _public(jwk)
        if public is not None:
            key = VerifierKey(witness_name(ambito, recipient), public, COSIGNATURE)
            found.setdefault(recipient, []).append(key.text)
    return found


def _public(jwk: str) -> bytes | None:
    """The 32 bytes of an Ed25519 JWK; None for another kind of key."""
    try:
        raw = urlsafe_b64decode(orjson.loads(jwk)["x"] + "==")
    except (ValueError, KeyError, TypeError):
        return None
    return raw if len(raw) == 32 else None


def _texts(log: Log, facts: Sequence[Fact[Any]]) -> Mapping[str, str]:
    """The texts that decisions name, by hash: as kept, or as shipped where that is the same."""
    hashes = {fact.event.rule_set_hash for fact in facts if isinstance(fact.event, DECISIONS)}
    found = {each: log.rule_texts.text(each) or shipped(each) for each in hashes if each}
    return {each: rules.canonical for each, rules in found.items() if rules}


def _rows(pool: Pool, query: str, arguments: Any) -> list[tuple[Any, ...]]:
    with pool.connection() as connection:
        return connection.execute(query.encode(), arguments).fetchall()
