"""What the protocol is: who signed it, since when, who has left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, assert_never

from domain.contract import slot_of
from domain.fact import Fact, kind
from domain.protocol.events import ProtocolSigned, ReferentAppointed, WithdrawalReceived

ProtocolEvent = ProtocolSigned | ReferentAppointed | WithdrawalReceived


@dataclass(frozen=True, slots=True)
class Protocol:
    """The protocol in force; the last one signed, where there were several."""

    version: int = 0
    signed: ProtocolSigned | None = None
    referents: tuple[ReferentAppointed, ...] = ()
    withdrawals: Mapping[str, WithdrawalReceived] = field(default_factory=dict)
    said: Mapping[tuple[object, ...], ProtocolEvent] = field(default_factory=dict)

    @property
    def effective_on(self) -> date | None:
        return self.signed.effective_on if self.signed else None

    @property
    def ended_on(self) -> date | None:
        """The day on which the protocol ends for all: a withdrawal where PROTOCOL_ENDS was chosen."""
        if self.signed is None or self.signed.on_withdrawal != "PROTOCOL_ENDS" or not self.withdrawals:
            return None
        return min(withdrawal.effective_on for withdrawal in self.withdrawals.values())

    def signatory(self, agency: str) -> bool:
        """Whether an agency, or the agency that a unit belongs to, signed. The Comuni sign together."""
        signed = {entry.agency for entry in self.signed.signatories} if self.signed else set()
        return bool({agency, kind(agency)} & signed) or (
            kind(agency) == "comune" and any(kind(code) == "comune" for code in signed)
        )

    def left(self, agency: str, day: date) -> bool:
        """Whether an agency no longer receives anything on a day (art. 12)."""
        if self.ended_on is not None and self.ended_on <= day:
            return True
        return any(self._withdrew(code, day) for code in (agency, kind(agency))) or self._represented_left(
            agency, day
        )

    def _withdrew(self, code: str, day: date) -> bool:
        return code in self.withdrawals and self.withdrawals[code].effective_on <= day

    def _represented_left(self, agency: str, day: date) -> bool:
        """A Comune that did not sign itself is in as long as one that signed for all of them is."""
        signed = {entry.agency for entry in self.signed.signatories} if self.signed else set()
        comuni = {code for code in signed if kind(code) == "comune"}
        if kind(agency) != "comune" or not comuni or agency in comuni:
            return False
        return all(self._withdrew(code, day) for code in comuni)


def fold(facts: Iterable[Fact[Any]], protocol: Protocol = Protocol()) -> Protocol:
    """The protocol that these facts tell."""
    for fact in facts:
        protocol = evolve(protocol, fact)
    return protocol


def evolve(protocol: Protocol, fact: Fact[ProtocolEvent]) -> Protocol:
    """The protocol, one fact later."""
    event = fact.event
    protocol = replace(protocol, version=fact.version, said={**protocol.said, slot_of(event): event})
    match event:
        case ProtocolSigned():
            return replace(protocol, signed=event, withdrawals={})
        case ReferentAppointed():
            return replace(protocol, referents=(*protocol.referents, event))
        case WithdrawalReceived():
            return replace(protocol, withdrawals={**protocol.withdrawals, event.agency: event})
        case never:
            assert_never(never)
