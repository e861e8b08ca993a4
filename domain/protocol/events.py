"""The facts of the protocol d'intesa: who signed it, who speaks for whom, who leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from domain.case.parts import AgencyCode
from domain.contract import Personal, fact, show


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatory:
    """A body that signed the protocol."""

    agency: AgencyCode
    represented_by: str
    signed_on: date


@fact(
    "adi.protocol.protocol_signed",
    act="sign_protocol",
    recorders="ats",
    happened="effective_on",
    slot="protocol_id",
    shown=(
        show("ats", "F", "ambito"),
        show(
            "comune cpi ust asl",
            "P",
            "signatory",
            "protocol_id signatories effective_on document_ref on_withdrawal",
        ),
        show("person", "P", "person", "effective_on document_ref"),
    ),
)
class ProtocolSigned:
    """Sottoscrizione del protocollo d'intesa. protocol, parties and art. 12."""

    protocol_id: UUID
    signatories: Personal[tuple[Signatory, ...]]
    effective_on: date
    document_ref: str
    on_withdrawal: Literal["PROTOCOL_ENDS", "SIGNATORY_LEAVES"]


@fact(
    "adi.protocol.referent_appointed",
    act="appoint_referent",
    path="referents",
    recorders="ats cpi ust asl comune",
    happened="from_on",
    slot="protocol_id agency person_id",
    shown=(
        show("ats", "F", "ambito"),
        show(
            "comune cpi ust asl",
            "P",
            "signatory",
            "protocol_id agency person_id name surname contact from_on",
        ),
    ),
)
class ReferentAppointed:
    """Nomina del referente. protocol art. 4."""

    protocol_id: UUID
    agency: AgencyCode
    person_id: UUID
    name: Personal[str]
    surname: Personal[str]
    contact: Personal[str]
    from_on: date


@fact(
    "adi.protocol.withdrawal_received",
    act="receive_withdrawal",
    path="withdrawals",
    recorders="ats",
    happened="received_on",
    slot="protocol_id agency",
    shown=(
        show("ats", "F", "ambito"),
        show(
            "comune cpi ust asl",
            "P",
            "signatory",
            "protocol_id agency document_ref received_on effective_on",
        ),
    ),
)
class WithdrawalReceived:
    """Disdetta di un firmatario. protocol art. 12."""

    protocol_id: UUID
    agency: AgencyCode
    document_ref: str
    received_on: date
    effective_on: date
