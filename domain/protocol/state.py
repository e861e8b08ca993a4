"""What the protocol is: who signed it, since when, who has left, and what stands under it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, assert_never
from uuid import UUID

from domain.contract import slot_of
from domain.fact import Fact, kind
from domain.protocol import events as e
from domain.protocol.events import ProtocolEvent


@dataclass(frozen=True, slots=True)
class Protocol:
    """The protocol in force; the last one signed, where there were several."""

    version: int = 0
    signed: e.ProtocolSigned | None = None
    referents: tuple[e.ReferentAppointed | e.ReferentReplaced, ...] = ()
    withdrawals: Mapping[str, e.WithdrawalReceived] = field(default_factory=dict)
    ended: e.ProtocolEnded | None = None
    rungs: tuple[e.RungsDecided, ...] = ()
    agreements: Mapping[UUID, e.AgreementSigned] = field(default_factory=dict)
    pucs: Mapping[UUID, e.PucOpened] = field(default_factory=dict)
    pucs_ended: Mapping[UUID, e.PucEnded] = field(default_factory=dict)
    said: Mapping[tuple[object, ...], ProtocolEvent] = field(default_factory=dict)

    @property
    def effective_on(self) -> date | None:
        return self.signed.effective_on if self.signed else None

    @property
    def ended_on(self) -> date | None:
        """The first day on which the protocol no longer holds for anybody; None while it has no end.

        Of its end the last day is on record; a withdrawal, where PROTOCOL_ENDS was chosen, ends it from the
        day on which it has effect.
        """
        if self.signed is None:
            return None
        ends = [self.ended.effective_on + timedelta(days=1)] if self.ended else []
        if self.signed.on_withdrawal == "PROTOCOL_ENDS":
            ends += [withdrawal.effective_on for withdrawal in self.withdrawals.values()]
        return min(ends, default=None)

    def in_force(self, day: date) -> bool:
        """Whether the protocol holds on a day."""
        begun = self.effective_on is not None and self.effective_on <= day
        return begun and (self.ended_on is None or day < self.ended_on)

    def signatory(self, agency: str) -> bool:
        """Whether an agency, or the agency that a unit belongs to, signed. The Comuni sign together."""
        signed = {entry.agency for entry in self.signed.signatories} if self.signed else set()
        return bool({agency, kind(agency)} & signed) or (
            kind(agency) == "comune" and any(kind(code) == "comune" for code in signed)
        )

    def still_in(self, day: date) -> frozenset[str]:
        """The signatories that have not left on a day."""
        signed = {entry.agency for entry in self.signed.signatories} if self.signed else set()
        return frozenset(agency for agency in signed if not self.left(agency, day))

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
    """The protocol, one fact later. Agreements and PUC outlive the protocol under which they were made."""
    event = fact.event
    protocol = replace(protocol, version=fact.version, said={**protocol.said, slot_of(event): event})
    match event:
        case e.ProtocolSigned():
            return replace(protocol, signed=event, withdrawals={}, referents=(), ended=None, rungs=())
        case e.ReferentAppointed():
            return replace(protocol, referents=(*protocol.referents, event))
        case e.ReferentReplaced():
            gone = (event.agency, event.former_person_id)
            stay = (r for r in protocol.referents if (r.agency, r.person_id) != gone)
            return replace(protocol, referents=(*stay, event))
        case e.WithdrawalReceived():
            return replace(protocol, withdrawals={**protocol.withdrawals, event.agency: event})
        case e.ProtocolEnded():
            return replace(protocol, ended=event)
        case e.RungsDecided():
            return replace(protocol, rungs=(*protocol.rungs, event))
        case e.AgreementSigned():
            return replace(protocol, agreements={**protocol.agreements, event.agreement_id: event})
        case e.PucOpened():
            return replace(protocol, pucs={**protocol.pucs, event.puc_id: event})
        case e.PucEnded():
            return replace(protocol, pucs_ended={**protocol.pucs_ended, event.puc_id: event})
        case e.ProtocolAmended() | e.LawChangeReviewed():
            return protocol
        case never:
            assert_never(never)
