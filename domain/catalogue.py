"""Every fact that the register knows: a module of events registers itself when it is imported."""

from __future__ import annotations

from domain.access import events as access_events
from domain.case import events as case_events
from domain.contract import CONTRACTS, Contract, stored_as
from domain.protocol import events as protocol_events
from domain.table import events as table_events

MODULES = (case_events, protocol_events, table_events, access_events)

NOTED = (access_events.CaseFileAccessed, access_events.CommandRefused)
"""Facts that nobody states: the register writes them when a file is read or an act is refused."""

ACTS: dict[str, Contract] = {
    contract.act: contract for contract in CONTRACTS.values() if contract.type not in NOTED
}
"""By the command that records it, which is also the operationId of its route."""

__all__ = ["ACTS", "CONTRACTS", "MODULES", "NOTED", "stored_as"]
