"""Facts to stored events and back: envelope and digests are hashed, the values lie beside, sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from eventsourcing.persistence import JSONTranscoder, Mapper, Notification, StoredEvent

from domain.contract import Json, contract_of, decode_stored, encode
from domain.fact import Fact, Recorder
from domain.ledger import seal
from domain.refused import Refused


@dataclass(frozen=True)
class LedgerEvent(StoredEvent):
    """A stored event with what lies beside its hashed state, and what the append added."""

    event_id: UUID
    sealed: bytes
    position: int = 0
    recorded_at: datetime | None = None


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
    digests: tuple[str, ...] = ()

    @property
    def originator_id(self) -> UUID:
        return self.fact.case_id

    @property
    def originator_version(self) -> int:
        return self.fact.version


class LedgerMapper(Mapper[UUID]):
    """``open`` says whether facts read come with their personal values in clear or sealed."""

    def __init__(self, keys: seal.Keys, *, open: bool = True) -> None:
        super().__init__(transcoder=JSONTranscoder())
        self.keys, self.open = keys, open

    def to_stored_event(self, domain_event: Any) -> LedgerEvent:
        fact: Fact[Any] = domain_event.fact
        contract = contract_of(fact.event)
        data = encode(fact.event)
        if decode_stored(contract.stored_name, data) != fact.event:
            # What does not read back would make its case unreadable for ever.
            raise Refused("BAD_VALUE", "a value would not be read back as it was stated")
        sealed, digests = seal.seal(contract.type, data, fact.event_id, fact.case_id, self.keys)
        state = seal.canonical(envelope(fact, contract.stored_name) | {"digests": digests})
        return LedgerEvent(fact.case_id, fact.version, contract.stored_name, state, fact.event_id, sealed)

    def to_domain_event(self, stored_event: StoredEvent) -> Entry:
        stored = stored_event
        assert isinstance(stored, LedgerEvent | LedgerNotification)
        head = orjson.loads(stored.state)
        values = orjson.loads(stored.sealed)
        clear = seal.opened(values, stored.event_id, self.keys, whole=True) if self.open else values
        by = head["recorder"]
        return Entry(
            Fact(
                event_id=stored.event_id,
                case_id=UUID(str(stored.originator_id)),
                version=stored.originator_version,
                event=decode_stored(stored.topic, clear),
                recorder=Recorder(by["agency"], by["role"], _uuid(by.get("person")), by.get("unit")),
                known_on=date.fromisoformat(head["known_on"]),
                purpose=head["purpose"],
                command_id=UUID(head["command_id"]),
                correlation_id=UUID(head["correlation_id"]),
                causation_id=_uuid(head.get("causation_id")),
                position=stored.position,
                recorded_at=stored.recorded_at,
            ),
            values,
            tuple(head["digests"]),
        )


def envelope(fact: Fact[Any], stored_name: str) -> dict[str, Json]:
    """What is said of a fact beside its values: hashed, never sealed, without a personal datum."""
    by = fact.recorder
    recorder = {"agency": by.agency, "role": by.role, "person": by.person, "unit": by.unit}
    said = {
        "event_id": fact.event_id,
        "case_id": fact.case_id,
        "version": fact.version,
        "type": stored_name,
        "known_on": fact.known_on,
        "recorder": {name: encode(value) for name, value in recorder.items() if value is not None},
        "purpose": fact.purpose,
        "command_id": fact.command_id,
        "correlation_id": fact.correlation_id,
        "causation_id": fact.causation_id,
    }
    return {name: encode(value) for name, value in said.items() if value is not None}


def _uuid(text: str | None) -> UUID | None:
    return UUID(text) if text else None
