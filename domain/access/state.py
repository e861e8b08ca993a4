"""What was asked and read of a case file: the requests of access and how each was answered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal, assert_never
from uuid import UUID

from domain.access import events as e
from domain.access.events import AccessEvent
from domain.catalogue import NOTED
from domain.contract import slot_of
from domain.fact import Fact

State = Literal["RUNNING", "KEPT", "KEPT_LATE", "LAPSED"]
"""Of the 30 days for an answer. A request whose term lapsed counts as denied (L. 241/1990 art. 25 c. 4)."""


@dataclass(frozen=True, slots=True)
class Access:
    """The access log of one case. ``requests`` are by request id, each with the event that received it.

    ``notices`` are by request and day, ``replies`` by request, day of the notice and line in it.
    """

    version: int = 0
    requests: Mapping[UUID, tuple[UUID, e.AccessRequestReceived]] = field(default_factory=dict)
    notices: Mapping[tuple[UUID, date], e.ThirdPartiesNotified] = field(default_factory=dict)
    replies: Mapping[tuple[UUID, date, int], e.ThirdPartyReplied] = field(default_factory=dict)
    answered: Mapping[UUID, e.AccessRequestAnswered] = field(default_factory=dict)
    said: Mapping[tuple[object, ...], AccessEvent] = field(default_factory=dict)

    def overdue(self) -> dict[UUID, date]:
        """The last day for an answer, of each request not answered by then; by the event that received it."""
        return {
            event_id: request.answer_by
            for request_id, (event_id, request) in self.requests.items()
            if request_id not in self.answered or self.answered[request_id].answered_on > request.answer_by
        }

    def state(self, request_id: UUID, today: date) -> State:
        """Whether a request was answered in its term, as of a day."""
        answer_by, answer = self.requests[request_id][1].answer_by, self.answered.get(request_id)
        if answer is None:
            return "RUNNING" if today <= answer_by else "LAPSED"
        return "KEPT" if answer.answered_on <= answer_by else "KEPT_LATE"

    def notices_of(self, request_id: UUID) -> Iterator[e.ThirdPartiesNotified]:
        """What third parties were told of a request, in the order of the log."""
        return (notice for (about, _), notice in self.notices.items() if about == request_id)

    def may_still_oppose(self, notice: e.ThirdPartiesNotified, day: date) -> bool:
        """Whether a third party of a notice has neither replied nor let its time pass by a day."""
        if day > notice.reply_by:
            return False
        told: object = notice.third_parties
        lines = range(1, len(told) + 1) if isinstance(told, tuple) else ()  # erased: nobody is left to hear
        return any((notice.request_id, notice.notified_on, line) not in self.replies for line in lines)


def fold(facts: Iterable[Fact[Any]], access: Access = Access()) -> Access:
    """The access log that these facts tell."""
    for fact in facts:
        access = evolve(access, fact)
    return access


def evolve(access: Access, fact: Fact[AccessEvent]) -> Access:
    """The access log, one fact later. What was only read or refused, nearly all of it, is not even opened."""
    if fact.kind in NOTED:
        return replace(access, version=fact.version)
    event = fact.event
    access = replace(access, version=fact.version, said={**access.said, slot_of(event): event})
    match event:
        case e.AccessRequestReceived():
            return replace(access, requests={**access.requests, event.request_id: (fact.event_id, event)})
        case e.ThirdPartiesNotified():
            told = (event.request_id, event.notified_on)
            return replace(access, notices={**access.notices, told: event})
        case e.ThirdPartyReplied():
            line = (event.request_id, event.notified_on, event.line)
            return replace(access, replies={**access.replies, line: event})
        case e.AccessRequestAnswered():
            return replace(access, answered={**access.answered, event.request_id: event})
        case e.CaseFileAccessed() | e.CommandRefused():
            return access
        case never:
            assert_never(never)
