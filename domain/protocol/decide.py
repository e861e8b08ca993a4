"""What may be recorded of the protocol. No clock, no ids, nothing but the act and what is on record."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import assert_never

from domain.contract import contract_of, same_statement, slot_of
from domain.fact import Recorder, kind
from domain.protocol import events as e
from domain.protocol.events import ProtocolEvent
from domain.protocol.law import decision
from domain.protocol.state import Protocol
from domain.refused import Refused
from domain.rules.ladder import with_rungs
from domain.rules.rule_set import SANCTION_RULE_SETS, load


def decide(
    by: Recorder, states: ProtocolEvent, protocol: Protocol, approved_minutes: Iterable[str] = ()
) -> list[ProtocolEvent]:
    """The facts to record for an act, none where it says what is already on record. Raises Refused.

    ``approved_minutes`` are those of the Tavolo: on them rests a decision on the rungs.
    """
    if by.kind not in contract_of(states).recorders:
        raise Refused("ROLE_NOT_ALLOWED", f"{by.agency} does not record this")
    earlier = protocol.said.get(slot_of(states))
    if earlier is not None and same_statement(earlier, states):
        return []
    if earlier is not None:
        raise Refused("ALREADY_RECORDED", "the record of it says otherwise")
    _of_protocol(states, protocol)
    match states:
        case e.ProtocolSigned():
            _each_once("signatories", [entry.agency for entry in states.signatories], at_least=2)
        case e.ReferentAppointed():
            _own_referent(by, states)
            _signatory(protocol, states.agency)
        case e.ReferentReplaced():
            _own_referent(by, states)
            _replace(states, protocol)
        case e.ProtocolAmended():
            _amend(states, protocol)
        case e.LawChangeReviewed():
            pass
        case e.WithdrawalReceived():
            _withdraw(states, protocol)
        case e.ProtocolEnded():
            _end(states, protocol)
        case e.RungsDecided():
            _decide_rungs(states, protocol, frozenset(approved_minutes))
        case e.AgreementSigned():
            _agree(states)
        case e.PucOpened():
            _open_puc(by, states, protocol)
        case e.PucEnded():
            _end_puc(by, states, protocol)
        case never:
            assert_never(never)
    return [states]


# --- the protocol and its bodies ---------------------------------------------------------------------------


def _of_protocol(states: ProtocolEvent, protocol: Protocol) -> None:
    """What is said of a protocol is said of the one signed last; agreements and PUC stand by themselves."""
    if isinstance(states, e.ProtocolSigned | e.AgreementSigned | e.PucOpened | e.PucEnded):
        return
    if states.protocol_id != _signed(protocol).protocol_id:
        raise Refused("NOT_RECORDED", "protocol_id: not the protocol signed last")


def _signed(protocol: Protocol) -> e.ProtocolSigned:
    if protocol.signed is None:
        raise Refused("NOT_RECORDED", "no protocol was signed")
    return protocol.signed


def _signatory(protocol: Protocol, agency: str) -> None:
    if not protocol.signatory(agency):
        raise Refused("NOT_RECORDED", "this body is not among the signatories of the protocol")


def _own_referent(by: Recorder, states: e.ReferentAppointed | e.ReferentReplaced) -> None:
    own = states.agency == by.agency or (kind(states.agency) == by.kind != "comune")
    if not own and by.kind != "ats":
        raise Refused("ROLE_NOT_ALLOWED", "a body appoints its own referents")


def _replace(states: e.ReferentReplaced, protocol: Protocol) -> None:
    former = [r for r in protocol.referents if r.agency == states.agency]
    leaving = next((r for r in former if r.person_id == states.former_person_id), None)
    if leaving is None:
        raise Refused("NOT_RECORDED", "former_person_id: not a referent of this body")
    if any(r.person_id == states.person_id for r in former):
        raise Refused("ALREADY_RECORDED", "person_id: is a referent of this body")
    if states.from_on < leaving.from_on:
        raise Refused("BAD_VALUE", "from_on: before the former referent began")


def _amend(states: e.ProtocolAmended, protocol: Protocol) -> None:
    """All signatories that are still in sign an amendment (art. 12)."""
    agencies = [entry.agency for entry in states.signatories]
    _each_once("signatories", agencies)
    if set(agencies) != protocol.still_in(states.effective_on):
        raise Refused("BAD_VALUE", "signatories: every body in force, and no other")


def _withdraw(states: e.WithdrawalReceived, protocol: Protocol) -> None:
    _signatory(protocol, states.agency)
    if protocol.left(states.agency, states.received_on):
        raise Refused("OUT_OF_ORDER", "this body is no longer bound by the protocol")
    if states.effective_on < states.received_on:
        raise Refused("BAD_VALUE", "effective_on: a withdrawal has no effect before it is received")
    if not states.document_ref.strip():
        raise Refused("BAD_VALUE", "document_ref: a withdrawal is written (art. 12)")


def _end(states: e.ProtocolEnded, protocol: Protocol) -> None:
    signed = _signed(protocol)
    if states.effective_on < signed.effective_on:
        raise Refused("BAD_VALUE", "effective_on: before the protocol began")
    if states.reason != "WITHDRAWAL":
        return
    if signed.on_withdrawal != "PROTOCOL_ENDS" or not protocol.withdrawals:
        raise Refused("OUT_OF_ORDER", "no withdrawal on record ends this protocol")
    days = {w.effective_on for w in protocol.withdrawals.values()}
    if not {states.effective_on, states.effective_on + timedelta(days=1)} & days:
        because = "neither the day on which a withdrawal has effect nor the last one before it"
        raise Refused("BAD_VALUE", f"effective_on: {because}")


def _decide_rungs(states: e.RungsDecided, protocol: Protocol, approved: frozenset[str]) -> None:
    """A decision of the Tavolo, in minutes that were approved, on rungs that are not the law's."""
    if not protocol.in_force(states.decided_on):
        raise Refused("OUT_OF_ORDER", "the protocol is not in force on that day")
    if states.minutes_ref not in approved:
        raise Refused("NOT_RECORDED", "minutes_ref: no minutes of the Tavolo with this name were approved")
    occurrences = sorted(rung.occurrence for rung in states.rungs)
    if occurrences != list(range(1, len(occurrences) + 1)) or not occurrences:
        raise Refused("BAD_VALUE", "rungs: one for each occurrence, from the first")
    if states.rule_set not in SANCTION_RULE_SETS:
        raise Refused("BAD_VALUE", "rule_set: there is no such rule set")
    with_rungs(load(states.rule_set), decision(states))


# --- agreements and PUC ------------------------------------------------------------------------------------


def _agree(states: e.AgreementSigned) -> None:
    if states.to_on is not None and states.to_on < states.from_on:
        raise Refused("BAD_VALUE", "to_on: before from_on")
    if not states.act_ref.strip():
        raise Refused("BAD_VALUE", "act_ref: the act must be named")


def _open_puc(by: Recorder, states: e.PucOpened, protocol: Protocol) -> None:
    """Its holder is a Comune, or has an agreement in force (DM 156/2023)."""
    if states.seats < 1:
        raise Refused("BAD_VALUE", "seats: at least one")
    _holder(by, states.holder)
    if kind(states.holder) != "comune" and not _agreed(protocol, states.holder, states.from_on):
        raise Refused("NO_AGREEMENT", "no agreement with this holder is in force on that day")


def _end_puc(by: Recorder, states: e.PucEnded, protocol: Protocol) -> None:
    puc = protocol.pucs.get(states.puc_id)
    if puc is None:
        raise Refused("NOT_RECORDED", "there is no such PUC")
    _holder(by, puc.holder)
    if states.ended_on < puc.from_on:
        raise Refused("BAD_VALUE", "ended_on: before it was opened")


def _holder(by: Recorder, holder: str) -> None:
    if by.kind == "puc" and holder not in (by.agency, by.seat):
        raise Refused("ROLE_NOT_ALLOWED", "a holder records its own PUC")
    if by.kind == "comune" and kind(holder) == "comune" and holder != by.agency:
        raise Refused("ROLE_NOT_ALLOWED", "the PUC is of another Comune")


def _agreed(protocol: Protocol, holder: str, day: date) -> bool:
    return any(
        a.kind == "TITOLARE_PUC" and a.party == holder and a.from_on <= day <= (a.to_on or date.max)
        for a in protocol.agreements.values()
    )


def _each_once(name: str, agencies: list[str], at_least: int = 1) -> None:
    if len(set(agencies)) != len(agencies) or len(agencies) < at_least:
        bodies = "two bodies" if at_least == 2 else "one body"
        raise Refused("BAD_VALUE", f"{name}: at least {bodies}, each once")
