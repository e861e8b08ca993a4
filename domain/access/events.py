"""The access log: who read a case file, who asked to, and which acts a rule refused.

Its facts stand in streams of their own, beside the case they speak of and never in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from domain.case.parts import AgencyCode
from domain.contract import Personal, computed, fact, show


@dataclass(frozen=True, slots=True, kw_only=True)
class ThirdParty:
    """A controinteressato: a member, or another person named."""

    member_id: UUID | None = None
    name: str


@fact(
    "adi.access.case_file_accessed",
    act="record_access",
    recorders="system",
    happened="accessed_at",
    slot="accessor accessed_at",
    shown=(
        show("ats", "F", "ambito"),
        show(
            "servizio-sociale", "P", "own_access", "accessor agency purpose subject_case_id as_of accessed_at"
        ),
        show(
            "comune cpi accreditato ust asl mmg ets puc sil inps",
            "X",
            "own_access",
            "accessor agency purpose subject_case_id as_of accessed_at",
        ),
        show("person", "P", "person", "agency purpose accessed_at"),
    ),
)
class CaseFileAccessed:
    """Accesso al fascicolo. GDPR arts. 5(2), 32.

    ``agency`` names the unit too where others of its agency must not know that it read.
    """

    accessor: UUID
    agency: AgencyCode
    purpose: str
    subject_case_id: UUID
    as_of: datetime
    events_shown: tuple[UUID, ...]
    accessed_at: datetime


@fact(
    "adi.access.access_request_received",
    act="receive_access_request",
    path="access-requests",
    recorders="servizio-sociale ats",
    happened="received_on",
    slot="request_id",
    shown=(
        show("ats", "F", "ambito"),
        show(
            "person",
            "P",
            "person",
            "request_id subject_case_id requester requester_kind object received_on answer_by",
        ),
    ),
)
class AccessRequestReceived:
    """Istanza di accesso agli atti. L. 241/1990 arts. 22-25; GDPR art. 15."""

    request_id: UUID
    subject_case_id: UUID = computed()
    requester: Personal[str]
    requester_kind: Literal["MEMBER", "LAWYER", "JUDGE", "OTHER"]
    object: str
    received_on: date
    answer_by: date


@fact(
    "adi.access.third_parties_notified",
    act="notify_third_parties",
    path="third-party-notices",
    recorders="servizio-sociale ats",
    happened="notified_on",
    slot="request_id notified_on",
    shown=(
        show("ats", "F", "ambito"),
        show("person", "P", "person", "request_id notified_on reply_by"),
    ),
)
class ThirdPartiesNotified:
    """Comunicazione ai controinteressati. DPR 184/2006 art. 3."""

    request_id: UUID
    third_parties: Personal[tuple[ThirdParty, ...]]
    notified_on: date
    reply_by: date


@fact(
    "adi.access.third_party_replied",
    act="record_third_party_reply",
    path="third-party-replies",
    recorders="servizio-sociale ats",
    happened="replied_on",
    slot="request_id notified_on line",
    shown=(show("ats", "F", "ambito"),),
)
class ThirdPartyReplied:
    """Risposta del controinteressato. DPR 184/2006 art. 3 c. 2.

    ``line`` is which of the third parties of the notice of that day, counted from 1.
    """

    request_id: UUID
    notified_on: date
    line: int
    opposes: bool
    reasons: Personal[str] | None = None
    replied_on: date


@fact(
    "adi.access.access_request_answered",
    act="answer_access_request",
    path="access-answers",
    recorders="servizio-sociale ats",
    happened="answered_on",
    slot="request_id",
    shown=(
        show("ats", "F", "ambito"),
        show("person", "P", "person", "request_id outcome reason answered_on"),
    ),
)
class AccessRequestAnswered:
    """Esito dell'istanza di accesso. L. 241/1990 arts. 24, 25."""

    request_id: UUID
    outcome: Literal["granted", "partial", "denied", "deferred"]
    reason: str | None = None
    answered_on: date


@fact(
    "adi.access.command_refused",
    act="record_refusal",
    recorders="system",
    happened="refused_at",
    slot="actor command refused_at",
    shown=(
        show("ats", "F", "ambito"),
        show("servizio-sociale", "P", "own_access", "actor command rule refused_at"),
    ),
)
class CommandRefused:
    """Rifiuto di un comando. GDPR art. 5(2)."""

    actor: UUID
    command: str
    rule: str
    refused_at: datetime


AccessEvent = (
    CaseFileAccessed
    | AccessRequestReceived
    | ThirdPartiesNotified
    | ThirdPartyReplied
    | AccessRequestAnswered
    | CommandRefused
)
"""Every fact of the access log."""
