"""What was asked and read of a case file: the requests of access and how each was answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, assert_never
from uuid import UUID

from domain.access import events as e
from domain.access.events import AccessEvent
from domain.contract import slot_of
from domain.fact import Fact


@dataclass(frozen=True, slots=True)
class Access:
    """The access log of one case. ``requests`` are by request id, each with the event that received it."""

    version: int = 0
    requests: Mapping[UUID, tuple[UUID, e.AccessRequestReceived]] = field(default_factory=dict)
    notified: Mapping[UUID, e.ThirdPartiesNotified] = field(default_factory=dict)
    answered: Mapping[UUID, e.AccessRequestAnswered] = field(default_factory=dict)
    said: Mapping[tuple[object, ...], AccessEvent] = field(default_factory=dict)

    def overdue(self) -> dict[UUID, date]:
        """The last day for an answer, of each request not answered by then; by the event that received it."""
        return {
            event_id: request.answer_by
            for request_id, (event_id, request) in self.requests.items()
            if request_id not in self.answered or self.answered[request_id].answered_on > request.answer_by
        }


def fold(facts: Iterable[Fact[Any]], access: Access = Access()) -> Access:
    """The access log that these facts tell."""
    for fact in facts:
        access = evolve(access, fact)
    return access


def evolve(access: Access, fact: Fact[AccessEvent]) -> Access:
    """The access log, one fact later."""
    event = fact.event
    access = replace(access, version=fact.version, said={**access.said, slot_of(event): event})
    match event:
        case e.AccessRequestReceived():
            return replace(access, requests={**access.requests, event.request_id: (fact.event_id, event)})
        case e.ThirdPartiesNotified():
            return replace(access, notified={**access.notified, event.request_id: event})
        case e.AccessRequestAnswered():
            return replace(access, answered={**access.answered, event.request_id: event})
        case e.CaseFileAccessed() | e.CommandRefused():
            return access
        case never:
            assert_never(never)
