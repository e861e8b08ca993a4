"""The facts of the protocol d'intesa: who signed, who speaks for whom, what stands under it, who leaves."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedRung:
    """A gradino that the Tavolo decided."""

    occurrence: int
    measure: Literal["RICHIAMO_FORMALE", "SOSPENSIONE", "DECURTAZIONE", "DECADENZA", "REVOCA"]
    months_fraction: str | None = None


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
    "adi.protocol.referent_replaced",
    act="replace_referent",
    path="referent-replacements",
    recorders="ats cpi ust asl comune",
    happened="from_on",
    slot="protocol_id agency former_person_id",
    shown=(
        show("ats", "F", "ambito"),
        show(
            "comune cpi ust asl",
            "P",
            "signatory",
            "protocol_id agency former_person_id person_id name surname contact from_on",
        ),
    ),
)
class ReferentReplaced:
    """Sostituzione del referente. protocol art. 4."""

    protocol_id: UUID
    agency: AgencyCode
    former_person_id: UUID
    person_id: UUID
    name: Personal[str]
    surname: Personal[str]
    contact: Personal[str]
    from_on: date


@fact(
    "adi.protocol.protocol_amended",
    act="amend_protocol",
    path="amendments",
    recorders="ats",
    happened="effective_on",
    slot="protocol_id document_ref",
    shown=(
        show("ats", "F", "ambito"),
        show(
            "comune cpi ust asl",
            "P",
            "signatory",
            "protocol_id signatories changes effective_on document_ref",
        ),
    ),
)
class ProtocolAmended:
    """Modifica del protocollo. protocol art. 12."""

    protocol_id: UUID
    signatories: Personal[tuple[Signatory, ...]]
    changes: str
    effective_on: date
    document_ref: str


@fact(
    "adi.protocol.law_change_reviewed",
    act="review_law_change",
    path="law-reviews",
    recorders="ats",
    happened="reviewed_on",
    slot="protocol_id act",
    shown=(
        show("ats", "F", "ambito"),
        show("comune cpi ust asl", "P", "signatory", "protocol_id act reviewed_on outcome minutes_ref"),
    ),
)
class LawChangeReviewed:
    """Valutazione delle modifiche normative. protocol art. 12."""

    protocol_id: UUID
    act: str
    reviewed_on: date
    outcome: Literal["NO_CHANGE", "AMEND", "END"]
    minutes_ref: str


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


@fact(
    "adi.protocol.protocol_ended",
    act="end_protocol",
    path="endings",
    recorders="ats",
    happened="effective_on",
    slot="protocol_id",
    shown=(
        show("ats", "F", "ambito"),
        show("comune cpi ust asl", "P", "signatory", "protocol_id effective_on reason document_ref"),
        show("person", "P", "person", "effective_on document_ref"),
    ),
)
class ProtocolEnded:
    """Cessazione del protocollo. protocol art. 12."""

    protocol_id: UUID
    effective_on: date  # its last day
    reason: Literal["WITHDRAWAL", "COMMON_DECISION", "REPLACED"]
    document_ref: str | None = None


@fact(
    "adi.protocol.rungs_decided",
    act="decide_rungs",
    path="rungs",
    recorders="ats",
    happened="decided_on",
    slot="protocol_id infraction decided_on",
    shown=(
        show("ats", "F", "ambito"),
        show(
            "comune cpi asl",
            "P",
            "signatory",
            "protocol_id rule_set infraction rungs counts_from minutes_ref decided_on",
        ),
        show("ust", "P", "signatory", "protocol_id rule_set minutes_ref decided_on"),
        show("inps", "P", "always", "rule_set infraction rungs counts_from minutes_ref decided_on"),
        show("person", "P", "person", "rule_set infraction rungs counts_from minutes_ref decided_on"),
    ),
)
class RungsDecided:
    """Decisione del Tavolo sui gradini della decurtazione. protocol, premise 'Servizio sociale dei
    Comuni', arts. 4, 11.
    """

    protocol_id: UUID
    rule_set: str
    infraction: str
    rungs: tuple[DecidedRung, ...]
    counts_from: Literal["MEASURE_NOTIFIED", "ASCERTAINED"]
    minutes_ref: str
    decided_on: date


@fact(
    "adi.protocol.agreement_signed",
    act="sign_agreement",
    path="agreements",
    recorders="ats comune",
    happened="from_on",
    slot="agreement_id",
    shown=(
        show("ats", "F", "ambito"),
        show("comune", "P", "signatory", "agreement_id party kind act_ref from_on to_on"),
        show("ets puc", "P", "party", "agreement_id party kind act_ref from_on to_on"),
        show("sil", "N", "always"),
    ),
)
class AgreementSigned:
    """Accordo con ETS, imprese o titolari di PUC. protocol arts. 3, 10; DL 48/2023 art. 6 c. 6."""

    agreement_id: UUID
    party: str
    kind: Literal["ETS", "IMPRESA", "TITOLARE_PUC"]
    act_ref: str
    from_on: date
    to_on: date | None = None


@fact(
    "adi.protocol.puc_opened",
    act="open_puc",
    path="pucs",
    recorders="comune puc",
    happened="from_on",
    slot="puc_id",
    shown=(
        show("ats", "F", "ambito"),
        show("comune", "F", "signatory"),
        show("cpi", "P", "signatory", "puc_id title skills from_on"),
        show("puc", "P", "holder", "puc_id holder title seats skills insurance_ref from_on"),
        show("sil", "P", "always", "puc_id title skills seats from_on"),
    ),
)
class PucOpened:
    """Attivazione del PUC. protocol premise 'Comuni', art. 2; DM 156/2023."""

    puc_id: UUID
    holder: AgencyCode
    title: str
    seats: int
    skills: tuple[str, ...]
    insurance_ref: str
    from_on: date


@fact(
    "adi.protocol.puc_ended",
    act="end_puc",
    path="puc-endings",
    recorders="comune puc",
    happened="ended_on",
    slot="puc_id",
    shown=(
        show("ats", "F", "ambito"),
        show("comune", "F", "signatory"),
        show("cpi sil", "P", "always", "puc_id ended_on"),
        show("puc", "P", "holder", "puc_id ended_on reason"),
    ),
)
class PucEnded:
    """Conclusione del PUC. DM 156/2023."""

    puc_id: UUID
    ended_on: date
    reason: Literal["COMPLETED", "CANCELLED", "NO_SEATS"]


ProtocolEvent = (
    ProtocolSigned
    | ReferentAppointed
    | ReferentReplaced
    | ProtocolAmended
    | LawChangeReviewed
    | WithdrawalReceived
    | ProtocolEnded
    | RungsDecided
    | AgreementSigned
    | PucOpened
    | PucEnded
)
"""Every fact of the protocol."""
