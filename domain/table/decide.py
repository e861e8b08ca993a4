"""What may be recorded of the Tavolo di coordinamento (protocol arts. 2, 4, 11)."""

from __future__ import annotations

from typing import assert_never

from domain.contract import contract_of, same_statement, slot_of
from domain.fact import Recorder
from domain.protocol.state import Protocol
from domain.refused import Refused
from domain.rules.calendar import legal_day
from domain.table import events as e
from domain.table.events import TableEvent
from domain.table.state import Table


def decide(by: Recorder, states: TableEvent, table: Table, protocol: Protocol) -> list[TableEvent]:
    """The facts to record for an act, none where it says what is already on record. Raises Refused."""
    if by.kind not in contract_of(states).recorders:
        raise Refused("ROLE_NOT_ALLOWED", f"{by.agency} does not record this")
    earlier = table.said.get(slot_of(states))
    if earlier is not None and same_statement(earlier, states):
        return []
    if earlier is not None:
        raise Refused("ALREADY_RECORDED", "the record of it says otherwise")
    match states:
        case e.TableConvoked():
            _convoke(states, protocol)
        case e.TableMeetingHeld():
            _hold(states, table)
        case e.MinutesApproved():
            if states.meeting_id not in table.held:
                raise Refused("OUT_OF_ORDER", "the meeting was not held")
            if states.approved_on < table.held[states.meeting_id].held_on:
                raise Refused("BAD_VALUE", "approved_on: before the meeting")
        case e.MinutesSent():
            _send(states, table, protocol)
        case never:
            assert_never(never)
    return [states]


def _convoke(states: e.TableConvoked, protocol: Protocol) -> None:
    """A referent of each body in force is invited (art. 11: one representative per body)."""
    day = legal_day(states.meeting_at)
    referents = {(r.agency, r.person_id) for r in protocol.referents}
    invited = {i.agency for i in states.invitees if (i.agency, i.person_id) in referents}
    left_out = protocol.still_in(day) - invited
    if protocol.signed is None:
        raise Refused("NOT_RECORDED", "no protocol was signed")
    if left_out:
        bodies = ", ".join(sorted(left_out))
        raise Refused("REFERENT_NOT_INVITED", f"invitees: no referent of {bodies}")
    if not states.topics:
        raise Refused("BAD_VALUE", "topics: at least one")


def _hold(states: e.TableMeetingHeld, table: Table) -> None:
    """The secretary is one of those present (art. 4)."""
    convoked = table.convoked.get(states.meeting_id)
    if convoked is None:
        raise Refused("OUT_OF_ORDER", "the meeting was not convoked")
    if states.held_on < legal_day(convoked.meeting_at):
        raise Refused("BAD_VALUE", "held_on: before the day for which it was convoked")
    present = [person.person_id for person in states.present]
    if len(set(present)) != len(present) or not present:
        raise Refused("BAD_VALUE", "present: at least one, each once")
    if states.secretary not in present:
        raise Refused("SECRETARY_NOT_PRESENT", "secretary: one of those present")
    for decision in states.decisions:
        if not decision.text.strip():
            raise Refused("BAD_VALUE", "decisions: one has no text")


def _send(states: e.MinutesSent, table: Table, protocol: Protocol) -> None:
    """The minutes go to the heads of the bodies, once they are approved."""
    approved = table.approved.get(states.meeting_id)
    if approved is None or approved.minutes_ref != states.minutes_ref:
        raise Refused("OUT_OF_ORDER", "minutes_ref: these minutes were not approved")
    if states.sent_on < approved.approved_on:
        raise Refused("BAD_VALUE", "sent_on: before they were approved")
    missing = protocol.still_in(states.sent_on) - {head.agency for head in states.recipients}
    if missing:
        raise Refused("BAD_VALUE", f"recipients: the head of {', '.join(sorted(missing))} is missing")
