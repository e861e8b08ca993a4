"""The lines of a patto that are a recipient's own, and whom they put in its charge."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from domain import seats
from domain.case import events as e
from domain.case.observe import is_adult
from domain.case.parts import Commitment, Member
from domain.case.state import Case, Signed
from domain.disclosure.rows import listed, rows_where
from domain.fact import Fact, kind

AREAS = {
    "cpi": frozenset({"CONTACTS", "SCHOOLING", "PUC", "TRAINING"}),
    "asl": frozenset({"CONTACTS", "SCHOOLING", "PUC", "TRAINING", "HEALTH"}),
    "ust": frozenset({"SCHOOLING"}),
    "puc": frozenset({"PUC"}),
}
"""The areas of the commitments that can be a recipient's own; a line of health is the ASL's only."""

PROVIDERS = frozenset({"cpi", "asl", "ets", "sil"})
"""Whom a support that they provide links to a case."""


def in_force(case: Case) -> tuple[Signed, e.PattoDrafted] | None:
    """The patto signed last, with its text: the lines of an earlier one link nobody any more."""
    return _last(case, case.pattos)


def _last(case: Case, pattos: Iterable[Signed]) -> tuple[Signed, e.PattoDrafted] | None:
    last = max(reversed(list(pattos)), key=lambda patto: patto.signed_on, default=None)
    draft = case.drafts.get((last.patto_id, last.version)) if last else None
    return (last, draft) if last and draft else None


def own_lines(draft: e.PattoDrafted, recipient: str) -> dict[str, frozenset[int]]:
    """The lines of a patto that are the recipient's: it provides the support, or gives the evidence."""
    actor = kind(recipient)
    areas = AREAS.get(actor, frozenset())
    return {
        "supports": rows_where(
            draft.supports, lambda s: actor in PROVIDERS and seats.is_seat(recipient, s.provider)
        ),
        "commitments": rows_where(
            draft.commitments, lambda c: c.area in areas and seats.is_seat(recipient, c.evidence_by)
        ),
    }


def stands_in(case: Case, recipient: str, patto_id: UUID, *versions: int) -> bool:
    """Whether a line of the recipient stands in one of these versions of a patto."""
    drafts = [case.drafts.get((patto_id, version)) for version in versions]
    return any(any(own_lines(draft, recipient).values()) for draft in drafts if draft)


def linking(case: Case, recipient: str) -> frozenset[tuple[UUID, int]]:
    """The patto in force, by its id and version, where a line of it is the recipient's."""
    found = in_force(case)
    if found is None or not any(own_lines(found[1], recipient).values()):
        return frozenset()
    return frozenset({(found[0].patto_id, found[0].version)})


# --- pupils ------------------------------------------------------------------------------------------------


def pupils(case: Case, recipient: str) -> frozenset[UUID]:
    """Minors with a schooling commitment, in the signed patto, that this office gives evidence of."""
    found = in_force(case)
    if found is None:
        return frozenset()
    signed, draft = found
    about = {
        line.beneficiary_member_id or line.obliged_member_id
        for line in listed(draft.commitments)
        if line.area == "SCHOOLING" and seats.is_seat(recipient, line.evidence_by)
    }
    members = case.members
    return frozenset(m for m in about & members.keys() if minor(members[m], signed.signed_on))


def minor(member: Member, day: date) -> bool:
    born: object = member.birth_date
    return isinstance(born, date) and not is_adult(member, day)


# --- PUC ---------------------------------------------------------------------------------------------------


def holds(case: Case, assigned: Fact[e.PucAssigned], recipient: str) -> bool:
    """Whether the recipient holds the PUC that a member was assigned to.

    A case does not know whose a PUC is: it is of the one that gives the evidence of the member's PUC line, in
    the patto that was in force for that assignment. Where lines name two holders nobody can tell, and the
    assignment is neither's.
    """
    event = assigned.event
    known = [patto for patto in case.pattos if case.facts[patto.event_id].version < assigned.version]
    found = _last(case, (patto for patto in known if patto.signed_on <= event.start_on))
    named = {line.evidence_by for line in _puc_lines(found[1], event.member_id)} if found else set()
    return len(named) == 1 and seats.is_seat(recipient, named.pop())


def puc_members(case: Case, recipient: str) -> frozenset[UUID]:
    """The members assigned to a PUC of this holder, as long as the patto in force has that line."""
    found = in_force(case)
    if kind(recipient) != "puc" or found is None:
        return frozenset()
    return frozenset(
        fact.event.member_id
        for fact in case.all(e.PucAssigned)
        if any(
            seats.is_seat(recipient, line.evidence_by) for line in _puc_lines(found[1], fact.event.member_id)
        )
        and not _over(fact.event.end_on, case)
        and holds(case, fact, recipient)
    )


def _puc_lines(draft: e.PattoDrafted, member_id: UUID) -> list[Commitment]:
    return [
        line
        for line in listed(draft.commitments)
        if line.area == "PUC" and line.obliged_member_id == member_id
    ]


def _over(end: date | None, case: Case) -> bool:
    """Whether a day is past for the case: something that became known later is on record."""
    return end is not None and any(fact.known_on > end for fact in case.facts.values())
