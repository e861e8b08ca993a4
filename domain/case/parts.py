"""What the facts of a case are made of: members, needs, the lines of a patto.

Field names and codes are those of the stored events: they never change.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from domain.contract import Matching

AgencyCode = Annotated[str, Matching(r".{1,100}", "an agency code", "asl-serd")]
"""An agency, with its unit where there is one: ``cpi``, ``asl-serd``, ``comune-058091``."""

Istat = Annotated[str, Matching(r"[0-9]{6}", "the six digits of a Comune (ISTAT)", "058091")]
"""A Comune: ``comune-<istat>`` is its recipient."""

Month = Annotated[str, Matching(r"(19|2[01])[0-9]{2}-(0[1-9]|1[0-2])", "a month (YYYY-MM)", "2025-03")]
"""A month, ``YYYY-MM``, of the years in which days are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An amount; the number is a text, ``"120.50"``, so that no float ever touches it."""

    amount: str
    currency: Literal["EUR"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A contact of a member; one that is not ``safe`` is never used or shown (a protection path)."""

    channel: Literal["SMS", "EMAIL", "SIISL", "POSTA", "PHONE"]
    value: str
    safe: bool
    verified_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalRepresentative:
    """Who represents a member: tutore, curatore or amministratore di sostegno."""

    kind: Literal["TUTORE", "CURATORE", "AMMINISTRATORE_DI_SOSTEGNO"]
    act_ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member of the household, as the registry or the DSU has it on the day of the check."""

    member_id: UUID
    name: str
    surname: str
    tax_code: str
    birth_date: date
    sex: Literal["F", "M"] | None = None
    relationship: str
    resident_from: date | None = None
    residence_address: str
    contacts: tuple[Contact, ...]
    language: str | None = None
    needs_mediation: bool
    legal_representative: LegalRepresentative | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactUsed:
    """The contact used to convoke a member, with the event it was taken from."""

    member_id: UUID
    channel: str
    value: str
    from_event_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A need found by the analysis, in an area and with a level; of the whole household without a member."""

    need_id: UUID
    member_id: UUID | None = None
    area: Literal[
        "INCOME", "WORK", "TRAINING", "HEALTH", "CARE", "SCHOOLING", "HOUSING", "RELATIONS", "OTHER"
    ]
    level: Literal["NONE", "LOW", "MEDIUM", "HIGH"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Where the analysis sends a member."""

    member_id: UUID
    outcome: Literal["PSP", "PAIS_SOCIAL", "EM", "SPECIALIST"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A person of the équipe (protocol art. 5)."""

    person_id: UUID
    role: Literal[
        "SOCIAL_WORKER",
        "SOCIAL_OPERATOR",
        "EMPLOYMENT_OPERATOR",
        "OTHER_SOCIAL",
        "SPECIALIST",
        "GP",
        "PAEDIATRICIAN",
        "SCHOOL",
        "TRAINING",
        "HOUSING",
        "ETS",
    ]
    name: str
    surname: str
    function: str
    agency: AgencyCode
    unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingRole:
    """A core role that the équipe does not have, and why."""

    role: Literal["SOCIAL_WORKER", "SOCIAL_OPERATOR", "EMPLOYMENT_OPERATOR"]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """A general objective of the patto, with the need it comes from."""

    objective_id: UUID
    need_id: UUID
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedResult:
    """What an objective should give, and by when."""

    result_id: UUID
    objective_id: UUID
    text: str
    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """A support planned in the patto (catalogue codes: protocol art. 8)."""

    support_id: UUID
    catalogue_code: str
    provider: AgencyCode
    planned_from: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """A commitment of the patto; ``conditional`` only for a member who is obliged."""

    id: UUID
    area: Literal["CONTACTS", "SCHOOLING", "HEALTH", "PUC", "TRAINING"]
    obliged_member_id: UUID
    beneficiary_member_id: UUID | None = None
    text: str
    frequency: str
    conditional: bool
    evidence_by: AgencyCode
    depends_on_support_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotApplicableArea:
    """An area of commitments that this household does not have, and why."""

    area: Literal["CONTACTS", "SCHOOLING", "HEALTH"]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorProject:
    """An earlier project of another service, integrated or referenced."""

    service: AgencyCode
    project_ref: str
    integrated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitoring:
    """How and when the patto is checked, and how it is revised."""

    method: str
    review_dates: tuple[date, ...]
    revision_rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PattoSignatory:
    """Who signed the patto, when, how, and represented by whom."""

    member_id: UUID
    signed_on: date
    method: Literal["OLOGRAFA", "FIRMA_DIGITALE", "SPID_CIE", "ALTRO"]
    represented_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Another rule set that says otherwise, and why."""

    rule_set: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthCharged:
    """A month on which a measure falls."""

    month: Month
    share: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """A remedy against a measure, with its body and term (L. 241/1990 art. 3 c. 4)."""

    body: str
    term: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveMeasure:
    """An active measure of the PSP (D.Lgs. 150/2015 art. 20)."""

    action_id: UUID
    kind: str
    from_on: date | None = None
    to_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitee:
    """Who is invited to a sitting of the équipe."""

    person_id: UUID
    agency: AgencyCode
    unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysedArea:
    """An area of the quadro di analisi: needs, resources, and the agency that it is assigned to."""

    need_id: UUID
    member_id: UUID | None = None
    area: str
    needs: str
    resources: str
    assigned_to: AgencyCode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedResult:
    """How far an expected result has come."""

    result_id: UUID
    status: Literal["REACHED", "PARTLY", "NOT_REACHED", "NOT_DUE"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pupil:
    """A minor whose schooling is asked: what the school office needs to find the pupil, no more."""

    minor_member_id: UUID
    name: str
    surname: str
    tax_code: str
    birth_date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReason:
    """Why a patto is signed although a check of the protocol fails."""

    check: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedCheck:
    """A check that failed when the patto was signed: its code (PA-01 …), its level and what it found."""

    code: str
    level: Literal["LAW", "PROTOCOL", "GUIDE", "INFERENCE"]
    because: str
