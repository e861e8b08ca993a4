"""What may be recorded of the protocol. No clock, no ids, nothing but the act and the protocol."""

from __future__ import annotations

from typing import assert_never

from domain.contract import contract_of, same_statement, slot_of
from domain.fact import Recorder, kind
from domain.protocol.events import ProtocolSigned, ReferentAppointed, WithdrawalReceived
from domain.protocol.state import Protocol, ProtocolEvent
from domain.refused import Refused


def decide(by: Recorder, states: ProtocolEvent, protocol: Protocol) -> list[ProtocolEvent]:
    """The facts to record for an act, none where it says what is already on record. Raises Refused."""
    if by.kind not in contract_of(states).recorders:
        raise Refused("ROLE_NOT_ALLOWED", f"{by.agency} does not record this")
    earlier = protocol.said.get(slot_of(states))
    if earlier is not None and same_statement(earlier, states):
        return []
    if earlier is not None:
        raise Refused("ALREADY_RECORDED", "the record of it says otherwise")
    match states:
        case ProtocolSigned():
            _sign(states)
        case ReferentAppointed():
            if kind(states.agency) != by.kind and by.kind != "ats":
                raise Refused("ROLE_NOT_ALLOWED", "a body appoints its own referents")
            _signatory(protocol, states.agency)
        case WithdrawalReceived():
            _signatory(protocol, states.agency)
            if states.effective_on < states.received_on:
                raise Refused("BAD_VALUE", "effective_on: a withdrawal has no effect before it is received")
        case never:
            assert_never(never)
    return [states]


def _sign(signed: ProtocolSigned) -> None:
    agencies = [entry.agency for entry in signed.signatories]
    if len(set(agencies)) < 2 or len(set(agencies)) != len(agencies):
        raise Refused("BAD_VALUE", "signatories: at least two bodies, each once")


def _signatory(protocol: Protocol, agency: str) -> None:
    if not protocol.signatory(agency):
        raise Refused("NOT_RECORDED", "this body is not among the signatories of the protocol")
