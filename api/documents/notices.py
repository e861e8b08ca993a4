"""The papers of a proceeding: the justified reason asked, the notice that it begins, the formal reminder.

Each is for one member of the household. What was missed is told to the member who missed it and to nobody
else; a line of her annex is not repeated even to her, since an envelope can be opened by another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from api.documents import reserved, words
from api.documents.document import Document
from api.documents.people import full_name, member_of, office
from api.documents.press import press
from api.documents.warning import warning
from domain.case.events import (
    AppointmentMissed,
    CommitmentMissed,
    InfractionReportedToInps,
    SanctionProposalOpened,
)
from domain.case.parts import Commitment
from domain.case.state import Case, Infraction
from domain.contract import contract_of, occurred_on
from domain.refused import Refused
from domain.rules.patto import WARNING_TEXT_VERSION


def reason_request(
    case: Case, *, infraction_ref: UUID, member_id: UUID, asked_on: date, respond_by: date
) -> Document:
    """The request of the giustificato motivo (DL 48/2023 art. 8 c. 6; L. 241/1990 artt. 7-10).

    Raises Refused (NOT_RECORDED, UNKNOWN_MEMBER) for an infraction not on record, or of another member.
    """
    infraction = _infraction(case, infraction_ref, member_id)
    return _letter(
        "reason_request.html",
        "Richiesta del giustificato motivo",
        f"richiesta-motivo-{infraction_ref}",
        case,
        member_id,
        asked_on,
        fact=_told(case, infraction),
        respond_by=respond_by,
    )


@dataclass(frozen=True, slots=True)
class Notice:
    """The avvio of a procedimento, as L. 241/1990 art. 8 asks: office and person, term for briefs."""

    proposal_id: UUID | None
    report_id: UUID | None
    sent_on: date
    office_and_person: str
    deadline_for_briefs: date


def proceeding_notice(case: Case, notice: Notice, member_id: UUID) -> Document:
    """The comunicazione di avvio del procedimento for one member (L. 241/1990 artt. 7-8, 10).

    It tells both what the protocol and what the law provides, and that INPS decides (PA-19). Raises Refused
    (NOT_RECORDED, UNKNOWN_MEMBER) for a proceeding that is not on record or a person outside the household.
    """
    refs, measure = _object(case, notice)
    own = [case.infractions[ref] for ref in refs if _of(case.infractions.get(ref), member_id)]
    return _letter(
        "proceeding_notice.html",
        "Comunicazione di avvio del procedimento",
        f"avvio-procedimento-{notice.proposal_id or notice.report_id}",
        case,
        member_id,
        notice.sent_on,
        notice=notice,
        facts=[_told(case, infraction) for infraction in own],
        measure=words.MEASURES[measure] if measure else None,
    )


def formal_reminder(
    case: Case,
    *,
    infraction_ref: UUID,
    member_id: UUID,
    issued_by: UUID,
    issued_on: date,
    comply_by: date,
) -> Document:
    """The richiamo formale (DL 4/2019 art. 7 c. 9; D.Lgs. 147/2017 art. 12 c. 6).

    Raises Refused (NOT_RECORDED, UNKNOWN_MEMBER) for an infraction not on record, or of another member.
    """
    infraction = _infraction(case, infraction_ref, member_id)
    return _letter(
        "formal_reminder.html",
        "Richiamo formale",
        f"richiamo-{infraction_ref}",
        case,
        member_id,
        issued_on,
        fact=_told(case, infraction),
        comply_by=comply_by,
        issuer=_component(case, issued_by),
    )


def _letter(
    template: str, title: str, name: str, case: Case, member_id: UUID, on: date, **values: object
) -> Document:
    member = member_of(case, member_id, on)
    pdf = press(
        template,
        title=title,
        reference=title,
        on=on,
        office=office(case),
        name=full_name(member),
        warning=warning(WARNING_TEXT_VERSION),
        warning_version=WARNING_TEXT_VERSION,
        **values,
    )
    return Document(f"{name}.pdf", pdf)


# --- what it is about --------------------------------------------------------------------------------------


def _infraction(case: Case, infraction_ref: UUID, member_id: UUID) -> Infraction:
    infraction = case.infractions.get(infraction_ref)
    if infraction is None:
        raise Refused("NOT_RECORDED", "no such infraction stands in this case")
    if not _of(infraction, member_id):
        raise Refused("UNKNOWN_MEMBER", "the infraction is of another member")
    return infraction


def _of(infraction: Infraction | None, member_id: UUID) -> bool:
    return infraction is not None and infraction.member_id == member_id


def _object(case: Case, notice: Notice) -> tuple[Sequence[UUID], str | None]:
    """The infractions that a proceeding is about, and the measure proposed where one is."""
    for proposed in case.all(SanctionProposalOpened):
        if notice.proposal_id is not None and proposed.event.proposal_id == notice.proposal_id:
            return proposed.event.infraction_refs, proposed.event.proposed_measure
    for reported in case.all(InfractionReportedToInps):
        if notice.report_id is not None and reported.event.report_id == notice.report_id:
            return reported.event.infraction_refs, None
    raise Refused("NOT_RECORDED", "no such proposal or report stands in this case")


def _told(case: Case, infraction: Infraction) -> str:
    """A fact in words, without what is reserved."""
    on = words.day(occurred_on(infraction))
    match infraction:
        case AppointmentMissed():
            return f"non risulta la Sua presenza all’appuntamento del {on}, a cui era attesa"
        case CommitmentMissed():
            return f"il {on} non risulta rispettato un impegno del Patto: {_line(case, infraction)}"
        case _:
            return f"{contract_of(infraction).title.lower()}, con data {on}"


def _line(case: Case, missed: CommitmentMissed) -> str:
    found = _commitment(case, missed.commitment_id)
    if found is None or reserved.of_commitment(found, case) is not None:
        return "è indicato nel Suo allegato riservato"
    return f"«{found.text}» ({words.AREAS[found.area]}, {found.frequency})"


def _commitment(case: Case, commitment_id: UUID) -> Commitment | None:
    lines = [line for draft in case.drafts.values() for line in reserved.rows(draft.commitments)]
    return next((line for line in reversed(lines) if line.id == commitment_id), None)


def _component(case: Case, person_id: UUID) -> str | None:
    """The name of an operator, which the register has only from the équipe."""
    said = reserved.rows(case.team.components) if case.team else ()
    return next((f"{each.name} {each.surname}" for each in said if each.person_id == person_id), None)
