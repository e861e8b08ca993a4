"""Every fact that the register knows: a module of events registers itself when it is imported."""

from __future__ import annotations

from domain.case import events as case_events
from domain.contract import CONTRACTS, Contract, stored_as
from domain.protocol import events as protocol_events

MODULES = (case_events, protocol_events)

ACTS: dict[str, Contract] = {contract.act: contract for contract in CONTRACTS.values()}
"""By the command that records it, which is also the operationId of its route."""

__all__ = ["ACTS", "CONTRACTS", "MODULES", "stored_as"]
