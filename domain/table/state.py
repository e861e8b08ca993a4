"""What the Tavolo di coordinamento has done: its meetings, their minutes and what they decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, assert_never
from uuid import UUID

from domain.contract import slot_of
from domain.fact import Fact
from domain.table import events as e
from domain.table.events import TableEvent


@dataclass(frozen=True, slots=True)
class Table:
    """The Tavolo: meetings by their id."""

    version: int = 0
    convoked: Mapping[UUID, e.TableConvoked] = field(default_factory=dict)
    held: Mapping[UUID, e.TableMeetingHeld] = field(default_factory=dict)
    approved: Mapping[UUID, e.MinutesApproved] = field(default_factory=dict)
    said: Mapping[tuple[object, ...], TableEvent] = field(default_factory=dict)

    @property
    def approved_minutes(self) -> frozenset[str]:
        """The names of the minutes that were approved."""
        return frozenset(minutes.minutes_ref for minutes in self.approved.values())


def fold(facts: Iterable[Fact[Any]], table: Table = Table()) -> Table:
    """The Tavolo that these facts tell."""
    for fact in facts:
        table = evolve(table, fact)
    return table


def evolve(table: Table, fact: Fact[TableEvent]) -> Table:
    """The Tavolo, one fact later."""
    event = fact.event
    table = replace(table, version=fact.version, said={**table.said, slot_of(event): event})
    match event:
        case e.TableConvoked():
            return replace(table, convoked={**table.convoked, event.meeting_id: event})
        case e.TableMeetingHeld():
            return replace(table, held={**table.held, event.meeting_id: event})
        case e.MinutesApproved():
            return replace(table, approved={**table.approved, event.meeting_id: event})
        case e.MinutesSent():
            return table
        case never:
            assert_never(never)
