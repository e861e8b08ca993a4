"""The school office: verifications asked of it, pupils with a schooling commitment, attendance to report.

Nothing here tells why the schooling of a minor is asked for: the request itself does not say it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from domain.case import events as e
from domain.rules.rule_set import RuleSet
from projections.offices.held import NOTHING, Held
from projections.offices.line import Line
from projections.offices.patto import commitments
from projections.offices.schooling import Verification, verifications
from projections.offices.team import Invitation, invitations


@dataclass(frozen=True, slots=True, kw_only=True)
class Minor(Line):
    """Minori con un impegno scolastico. In the patto in force; their attendance is to be followed."""

    name: ClassVar[str] = "minors"
    whole_person: ClassVar[bool] = True

    commitments: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendance(Line):
    """Frequenza scolastica da riferire. One line a commitment; open until the first report of the office."""

    name: ClassVar[str] = "attendances"

    commitment: str | None = None
    frequency: str | None = None
    period: str | None = None
    status: str | None = None
    report_ref: str | None = None
    reported_on: date | None = None


LISTS: tuple[type[Line], ...] = (Verification, Minor, Attendance, Invitation)


def of_case(held: Held, _: RuleSet) -> Iterator[Line]:
    yield from verifications(held)
    yield from _minors(held)
    yield from _attendances(held)
    yield from invitations(held)


def _minors(held: Held) -> Iterator[Minor]:
    found = [each for each in commitments(held, "SCHOOLING") if each.member_id]
    for member_id in {each.member_id for each in found}:
        own = [each for each in found if each.member_id == member_id]
        assert member_id is not None
        yield Minor(
            item_id=member_id,
            member_id=member_id,
            since=own[0].signed_on,
            open=True,
            commitments=len(own),
        )


def _attendances(held: Held) -> Iterator[Attendance]:
    reports = {fact.id("minor_member_id"): fact for fact in held.all(e.SchoolAttendanceReported)}
    for commitment in commitments(held, "SCHOOLING"):
        last = reports.get(commitment.member_id, NOTHING)
        yield Attendance(
            item_id=commitment.id,
            member_id=commitment.member_id,
            since=commitment.signed_on,
            open=last is NOTHING,
            commitment=commitment.line.text("text"),
            frequency=commitment.line.text("frequency"),
            period=last.text("period"),
            status=last.text("status"),
            report_ref=last.text("report_ref"),
            reported_on=last.recorded_on,
        )
