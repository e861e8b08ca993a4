"""The Patto per l'inclusione sociale (protocol artt. 5, 7, 8; D.Lgs. 147/2017 art. 6) to print and sign.

A common part that all sign, and an annex for each member with what is reserved to her. Everybody has an
annex, and the area of prevention and care is spoken of in the annexes alone, even where it does not apply:
what is left out of the common part would otherwise tell that somebody has a commitment there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from api.documents import reserved, words
from api.documents.document import Document
from api.documents.people import full_name, member_of, office, signs
from api.documents.press import press
from api.documents.reserved import Lines, rows
from api.documents.warning import warning
from domain import seats
from domain.case.events import EquipeFormed, PattoDrafted
from domain.case.parts import Component, Member, Objective
from domain.case.state import Case

TITLE = "Patto per l’inclusione sociale"

HEALTH_ROLES = frozenset({"SPECIALIST", "GP", "PAEDIATRICIAN"})


def patto(case: Case, patto_id: UUID, version: int, member_id: UUID | None = None) -> Document:
    """The common part of a draft, or the annex of a member.

    Raises KeyError where there is no such draft, Refused (UNKNOWN_MEMBER) for an annex of a person who is not
    in the household, Unprintable for a draft that no paper can hold.
    """
    draft = case.drafts[patto_id, version]
    common = _common(case, draft)
    if member_id is None:
        return common
    return _annex(case, draft, member_of(case, member_id, _day(case, draft)), common)


def papers(case: Case, patto_id: UUID, version: int) -> dict[UUID | None, Document]:
    """All that belongs to a draft: the common part under None, then each member's annex. Their
    :func:`~api.documents.document.hash_of`, in this order, is what PattoSigned says in ``document_hash``
    (PA-22). Raises as :func:`patto` does.
    """
    draft = case.drafts[patto_id, version]
    common = _common(case, draft)
    household = case.members_on(_day(case, draft))
    printed: dict[UUID | None, Document] = {None: common}
    return printed | {member.member_id: _annex(case, draft, member, common) for member in household.values()}


# --- the two papers ----------------------------------------------------------------------------------------


def _common(case: Case, draft: PattoDrafted) -> Document:
    on = _day(case, draft)
    household = case.members_on(on)
    pdf = press(
        "patto.html",
        title=TITLE,
        reference=_reference(draft, "parte comune"),
        on=on,
        office=office(case),
        draft=draft,
        household=household,
        signatories=[member for member in household.values() if signs(member, on)],
        team=_team(case, draft),
        case_manager=_case_manager(case, draft),
        areas=[row for row in rows(draft.not_applicable_areas) if row.area != "HEALTH"],
        prior_projects=_prior_projects(draft),
        warning=warning(draft.warning_text_version),
        **_told(draft, reserved.common(draft, case, household), household),
    )
    return Document(f"patto-{draft.patto_id}-v{draft.version}.pdf", pdf)


def _annex(case: Case, draft: PattoDrafted, member: Member, common: Document) -> Document:
    on = _day(case, draft)
    household = case.members_on(on)
    lines = reserved.of_member(draft, case, household, member.member_id)
    pdf = press(
        "annex.html",
        title=f"{TITLE}: allegato riservato",
        reference=_reference(draft, "allegato riservato"),
        on=on,
        office=office(case),
        draft=draft,
        member=member,
        adult=signs(member, on),
        common_hash=common.sha256,
        has_health=any(line.area == "HEALTH" for line in lines.commitments),
        warning=warning(draft.warning_text_version),
        **_told(draft, lines, household),
    )
    return Document(f"patto-{draft.patto_id}-v{draft.version}-allegato.pdf", pdf)


def _reference(draft: PattoDrafted, part: str) -> str:
    return f"Patto {draft.patto_id}, versione {draft.version}, {part}"


def _day(case: Case, draft: PattoDrafted) -> date:
    """The day on which the draft became known: it has none of its own."""
    return next(fact.known_on for fact in reversed(case.all(PattoDrafted)) if fact.event == draft)


# --- what stands in them -----------------------------------------------------------------------------------


def _told(draft: PattoDrafted, lines: Lines, household: Mapping[UUID, Member]) -> dict[str, Any]:
    names = {member_id: full_name(member) for member_id, member in household.items()}
    return {
        "objectives": [_objective(draft, line) for line in lines.objectives],
        "supports": lines.supports,
        "commitments": lines.commitments,
        "names": names,
        "words": words,
    }


def _objective(draft: PattoDrafted, line: Objective) -> dict[str, Any]:
    """An objective with the results expected of it and their times (PA-01, PA-02)."""
    results = [each for each in rows(draft.expected_results) if each.objective_id == line.objective_id]
    return {"text": line.text, "results": results}


def _team(case: Case, draft: PattoDrafted) -> list[dict[str, str]]:
    """The équipe by name and function (protocol art. 5); of a health service no more than that it is one."""
    team = _team_of(case, draft)
    said = rows(team.components) if team else ()
    return [_component(each) for each in said if not _of_anti_violence(each)]


def _component(each: Component) -> dict[str, str]:
    named = f"{each.name} {each.surname}"
    role = words.ROLES.get(each.role, str(each.role))
    if each.role in HEALTH_ROLES or words.agency(each.agency) == words.HEALTH_SERVICE:
        function = words.HEALTH_SERVICE
    elif words.of_health(each.agency, each.unit, each.function):
        function = role
    else:
        function = f"{role}, {each.function} ({words.agency(each.agency)})"
    return {"name": named, "function": function}


def _of_anti_violence(each: Component) -> bool:
    return seats.of_anti_violence(each.agency, each.unit, each.function)


def _team_of(case: Case, draft: PattoDrafted) -> EquipeFormed | None:
    """The équipe that the draft names, as it is now."""
    if draft.team_ref is None:
        return None
    if case.team and case.team.team_id == draft.team_ref:
        return case.team
    formed = [fact.event for fact in case.all(EquipeFormed) if fact.event.team_id == draft.team_ref]
    return formed[-1] if formed else None


def _case_manager(case: Case, draft: PattoDrafted) -> str | None:
    """The name of the case manager (PA-20), which the register has only from the équipe."""
    team = _team_of(case, draft)
    said = rows(team.components) if team else ()
    return next((f"{c.name} {c.surname}" for c in said if c.person_id == draft.case_manager_id), None)


def _prior_projects(draft: PattoDrafted) -> list[dict[str, Any]]:
    """Earlier projects (PA-17); of a health service no reference, of an anti-violence service nothing."""
    said = [each for each in rows(draft.prior_projects) if not seats.of_anti_violence(each.service)]
    return [
        {
            "service": words.agency(each.service),
            "ref": None if words.of_health(each.service) else each.project_ref,
            "integrated": each.integrated is True,
        }
        for each in said
    ]
