"""What surrounds an act, and the fact that it makes of an event."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from domain.fact import Fact, Recorder
from domain.ledger.ids import event_id
from domain.ledger.recorder import Command


@dataclass(frozen=True, slots=True)
class Context:
    """What surrounds an act: who, when it was learnt, for what purpose, and which command it is."""

    by: Recorder
    known_on: date
    purpose: str
    command: Command
    correlation_id: UUID
    causation_id: UUID | None = None


def fact_of(event: Any, stream_id: UUID, version: int, context: Context) -> Fact[Any]:
    """An event as a new fact of a stream: with an id of its own, and neither position nor instant yet."""
    return Fact(
        event_id=event_id(),
        case_id=stream_id,
        version=version,
        event=event,
        recorder=context.by,
        known_on=context.known_on,
        purpose=context.purpose,
        command_id=context.command.command_id,
        correlation_id=context.correlation_id,
        causation_id=context.causation_id,
    )
