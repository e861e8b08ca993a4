"""Whose each line of a patto is: everybody's, or of the members in whose annexes alone it stands.

What speaks of health, of care or of a member in a protection path is reserved (GDPR art. 9; DOMAIN section
9). A line that cannot be read any more might speak of it too, and one whose owner cannot be told is printed
for nobody: the paper is refused instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from api.documents import words
from api.documents.document import Unprintable
from domain.case.events import AnalysisFrameworkCompleted, PattoDrafted, PreliminaryAnalysisCompleted
from domain.case.parts import AnalysedArea, Commitment, Need, Objective, Support
from domain.case.state import Case
from domain.contract import Erased

OPEN_AREAS = frozenset({"INCOME", "WORK", "TRAINING", "SCHOOLING", "HOUSING", "RELATIONS", "OTHER"})
"""Areas of needs that are no reserved matter: all but HEALTH and CARE, and whatever is not known."""

OPEN_COMMITMENTS = frozenset({"CONTACTS", "SCHOOLING", "PUC", "TRAINING"})
"""Areas of commitments that are no reserved matter."""

HEALTH_SUPPORT = "PROT8.h"
"""Interventi e servizi di natura sanitaria (protocol art. 8 lett. h)."""

Owners = frozenset[UUID] | None
"""The members in whose annexes a line stands; None for the common part."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of one part of a patto."""

    objectives: tuple[Objective, ...]
    supports: tuple[Support, ...]
    commitments: tuple[Commitment, ...]


def common(draft: PattoDrafted, case: Case, household: Iterable[UUID]) -> Lines:
    """What all may read and all sign. Raises Unprintable, as :func:`of_member` does."""
    return _chosen(draft, case, household, None)


def of_member(draft: PattoDrafted, case: Case, household: Iterable[UUID], member_id: UUID) -> Lines:
    """What only this member reads.

    Raises Unprintable for an objective that traces to no need on record (PA-04) and for a health support that
    nothing ties to a member.
    """
    return _chosen(draft, case, household, member_id)


def rows(values: tuple[T, ...]) -> tuple[T, ...]:
    """The entries of a list; an empty one of an erased person is itself erased."""
    return () if isinstance(values, Erased) else values


def of_commitment(line: Commitment, case: Case) -> Owners:
    """Health commitments (PA-09), those that a health service certifies, and all of a protected member."""
    concerned = _concerned(line)
    open_ = line.area in OPEN_COMMITMENTS and not words.of_health(line.evidence_by)
    return None if open_ and not concerned & case.protected else concerned


def _chosen(draft: PattoDrafted, case: Case, household: Iterable[UUID], part: UUID | None) -> Lines:
    everyone = frozenset(household)
    objectives = rows(draft.objectives)
    supports = rows(draft.supports)
    needs = _needs(case)
    return Lines(
        tuple(o for n, o in enumerate(objectives) if _in(part, _of_objective(n, o, needs, case, everyone))),
        tuple(s for n, s in enumerate(supports) if _in(part, _of_support(n, s, draft, case))),
        tuple(c for c in rows(draft.commitments) if _in(part, of_commitment(c, case))),
    )


def _in(part: UUID | None, owners: Owners) -> bool:
    return owners is None if part is None else owners is not None and part in owners


def _of_objective(
    at: int, line: Objective, needs: Mapping[UUID, Need | AnalysedArea], case: Case, everyone: frozenset[UUID]
) -> Owners:
    need = needs.get(line.need_id)
    if need is None:
        raise Unprintable(f"/objectives/{at}/need_id", "traces to no need of the assessment (PA-04)")
    whose = everyone if need.member_id is None else frozenset({need.member_id})
    return None if need.area in OPEN_AREAS and need.member_id not in case.protected else whose


def _of_support(at: int, line: Support, draft: PattoDrafted, case: Case) -> Owners:
    resting = [c for c in rows(draft.commitments) if c.depends_on_support_id == line.support_id]
    if not (line.catalogue_code == HEALTH_SUPPORT or words.of_health(line.provider)):
        reserved = [of_commitment(commitment, case) for commitment in resting]
        return _united(reserved) if reserved and None not in reserved else None
    owners = _united(_concerned(commitment) for commitment in resting) or _in_need_of_health(draft, case)
    if not resting and len(owners) != 1:
        raise Unprintable(f"/supports/{at}", "no commitment that depends on it tells which member it is for")
    return owners


def _in_need_of_health(draft: PattoDrafted, case: Case) -> frozenset[UUID]:
    """Members with a health need or a health commitment: where there is but one, the support is hers."""
    treated = [_concerned(c) for c in rows(draft.commitments) if c.area == "HEALTH"]
    needing = {n.member_id for n in _needs(case).values() if n.area == "HEALTH" and n.member_id is not None}
    return _united(treated) | needing


def _concerned(line: Commitment) -> frozenset[UUID]:
    """Who is obliged, and for whom."""
    for_whom = {line.beneficiary_member_id} if line.beneficiary_member_id else set()
    return frozenset({line.obliged_member_id} | for_whom)


def _united(owners: Iterable[Owners]) -> frozenset[UUID]:
    return frozenset(member for each in owners if each for member in each)


def _needs(case: Case) -> Mapping[UUID, Need | AnalysedArea]:
    """Every need that an analysis found, as it was last said."""
    found: dict[UUID, Any] = {}
    for preliminary in case.all(PreliminaryAnalysisCompleted):
        found |= {need.need_id: need for need in rows(preliminary.event.needs_by_area)}
    for framework in case.all(AnalysisFrameworkCompleted):
        found |= {area.need_id: area for area in rows(framework.event.areas)}
    return found
