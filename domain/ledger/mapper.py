"""Facts to stored events and back: envelope and digests are hashed, the values lie beside, sealed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from eventsourcing.persistence import JSONTranscoder, Mapper, Notification, StoredEvent

from domain.contract import Json, contract_of, decode_stored, encode, recall
from domain.fact import Fact, Recorder
from domain.ledger import seal
from domain.ledger.digests import apart, canonical, together
from domain.ledger.wire import uuid_of
from domain.refused import Refused


@dataclass(frozen=True)
class LedgerEvent(StoredEvent):
    """A stored event with what lies beside its hashed state, and what the append added."""

    event_id: UUID
    sealed: bytes
    position: int = 0
    recorded_at: datetime | None = None


def ledger_event(
    stream_id: UUID,
    version: int,
    type_: str,
    state: bytes,
    event_id: bytes,
    sealed: bytes,
    position: int,
    recorded_at: datetime,
) -> LedgerEvent:
    """An event as it was read; not by its constructor, for a frozen class sets its fields one by one."""
    made = object.__new__(LedgerEvent)
    made.__dict__.update(
        originator_id=stream_id,
        originator_version=version,
        topic=type_,
        state=state,
        event_id=uuid_of(event_id),
        sealed=sealed,
        position=position,
        recorded_at=recorded_at,
    )
    return made


@dataclass(frozen=True)
class LedgerNotification(Notification):
    """A stored event as the library's notification log hands it out; ``id`` is its position."""

    event_id: UUID
    sealed: bytes
    recorded_at: datetime

    @property
    def position(self) -> int:
        return self.id


@dataclass(frozen=True, slots=True)
class Entry:
    """A fact of the log with its values as they are stored. What the library calls a domain event."""

    fact: Fact[Any]
    values: dict[str, Json]
    digests: tuple[bytes, ...] = ()

    @property
    def originator_id(self) -> UUID:
        return self.fact.case_id

    @property
    def originator_version(self) -> int:
        return self.fact.version


class LedgerMapper(Mapper[UUID]):
    """Facts are read in clear. Thread-safe."""

    def __init__(self, keys: seal.Keys) -> None:
        super().__init__(transcoder=JSONTranscoder())
        self.keys = keys

    def to_stored_event(self, domain_event: Any) -> LedgerEvent:
        fact: Fact[Any] = domain_event.fact
        contract = contract_of(fact.event)
        data = encode(fact.event)
        if decode_stored(contract.stored_name, data) != fact.event:
            # What does not read back would make its case unreadable for ever.
            raise Refused("BAD_VALUE", "a value would not be read back as it was stated")
        sealed, digests = seal.seal(contract.type, data, fact.event_id, fact.case_id, self.keys)
        state = canonical(envelope(fact, contract.stored_name) | {"digests": together(digests)})
        return LedgerEvent(fact.case_id, fact.version, contract.stored_name, state, fact.event_id, sealed)

    def to_domain_event(self, stored_event: StoredEvent) -> Entry:
        return self.entries([stored_event])[0]

    def entries(self, stored: Sequence[StoredEvent]) -> list[Entry]:
        """Stored events as facts, with what lies in the log beside each."""
        return [
            Entry(fact, orjson.loads(_ours(event).sealed), apart(orjson.loads(event.state)["digests"]))
            for event, fact in zip(stored, self.facts(stored), strict=True)
        ]

    def fact(self, stored: StoredEvent) -> Fact[Any]:
        """One stored event as a fact, in clear."""
        return self.facts([stored])[0]

    def facts(self, stored: Sequence[StoredEvent]) -> list[Fact[Any]]:
        """Stored events as facts; their keys are asked for once."""
        events = [(_ours(event), orjson.loads(_ours(event).sealed)) for event in stored]
        sealed = [(event.event_id, values) for event, values in events if seal.SEALED in event.sealed]
        erased = seal.open_all(sealed, self.keys, whole=True)
        return [_fact(event, clear, whole=event.event_id not in erased) for event, clear in events]


def _ours(stored: StoredEvent) -> LedgerEvent | LedgerNotification:
    assert isinstance(stored, LedgerEvent | LedgerNotification)
    return stored


def _fact(stored: LedgerEvent | LedgerNotification, clear: dict[str, Json], *, whole: bool) -> Fact[Any]:
    head = orjson.loads(stored.state)
    command_id, correlation_id = head["command_id"], head["correlation_id"]
    return Fact(
        stored.event_id,
        _stream(stored.originator_id),
        stored.originator_version,
        recall(stored.topic, clear) if whole else decode_stored(stored.topic, clear),
        _recorder(**head["recorder"]),
        _day(head["known_on"]),
        head["purpose"],
        command := UUID(command_id),
        command if correlation_id == command_id else UUID(correlation_id),
        _id(head.get("causation_id")),
        stored.position,
        stored.recorded_at,
    )


_day = lru_cache(maxsize=4_096)(date.fromisoformat)


def _stream(originator_id: UUID | str) -> UUID:
    return originator_id if isinstance(originator_id, UUID) else UUID(originator_id)


@lru_cache(maxsize=4_096)
def _recorder(agency: str, role: str, person: str | None = None, unit: str | None = None) -> Recorder:
    """Few people record the facts of an Ambito."""
    return Recorder(agency, role, _id(person), unit)


def envelope(fact: Fact[Any], stored_name: str) -> dict[str, object]:
    """What the log hashes of a fact beside the digests of its values; orjson writes ids and days.

    Position and instant are added by the log.
    """
    by = fact.recorder
    said = {
        "case_id": fact.case_id,
        "version": fact.version,
        "event_id": fact.event_id,
        "type": stored_name,
        "known_on": fact.known_on,
        "recorder": _said({"agency": by.agency, "unit": by.unit, "role": by.role, "person": by.person}),
        "purpose": fact.purpose,
        "command_id": fact.command_id,
        "correlation_id": fact.correlation_id,
        "causation_id": fact.causation_id,
    }
    return _said(said)


def _said(values: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text else None
