"""The patto: its own lines, the supports that are given under it, its PUC (protocol artt. 7, 8)."""

from __future__ import annotations

from domain import seats
from domain.case import events as e
from domain.case.state import Case
from domain.disclosure import lines, links
from domain.disclosure.rows import Rows, Test, when
from domain.fact import Fact


def _lines(fact: Fact[e.PattoDrafted], case: Case, recipient: str) -> Rows | None:
    # A draft is no act towards an office that nothing links to the case yet.
    rows = lines.own_lines(fact.event, recipient)
    return rows if any(rows.values()) and links.grounds(case, recipient) else None


Signed = e.PattoSigned | e.PattoRevised | e.MonitoringReviewHeld


def _own_line(fact: Fact[Signed], case: Case, recipient: str) -> bool:
    """A line of the recipient stands in this version; of a revision, in the old one or in the new one."""
    event = fact.event
    if isinstance(event, e.PattoRevised):
        return lines.stands_in(case, recipient, event.patto_id, event.from_version, event.to_version)
    return lines.stands_in(case, recipient, event.patto_id, event.version)


def provider(event: e.SupportActivated | e.SupportEnded, case: Case) -> object:
    """Who gives a support; None where it was never activated."""
    if isinstance(event, e.SupportActivated):
        return event.provider
    given = [f.event for f in case.all(e.SupportActivated) if f.event.support_id == event.support_id]
    return given[-1].provider if given else None


def _own_support(fact: Fact[e.SupportActivated | e.SupportEnded], case: Case, recipient: str) -> bool:
    return seats.is_seat(recipient, provider(fact.event, case))


def _own_puc(fact: Fact[e.PucAssigned], case: Case, recipient: str) -> bool:
    return lines.holds(case, fact, recipient)


GROUNDS: dict[str, Test] = {
    "own_lines": _lines,
    "school_lines": _lines,
    "provided_lines": _lines,
    "own_line": when(_own_line),
    "puc_line": when(_own_line),
    "own_act_or_line": when(lambda fact, case, r: seats.recorded_by(fact, r) or _own_line(fact, case, r)),
    "own_support": when(_own_support),
    "own_puc": when(_own_puc),
    "resident_puc": when(lambda fact, case, r: links.resides(case, r) and _own_puc(fact, case, r)),
}
