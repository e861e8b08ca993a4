"""What the services give: supports, PUC, and the commitments that were kept."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from domain.case import events as e
from domain.case.commands import Law
from domain.case.parts import Support
from domain.case.rulings import on_record
from domain.case.state import Case
from domain.fact import Recorder, kind
from domain.refused import Refused

PUC_HOURS = range(8, 17)
"""Hours a week of a PUC: 8 to 16 (D17; DM 156/2023)."""


def under_agreement(provider: str, day: date, law: Law) -> None:
    """A line of the third sector needs an agreement in force (DL 48/2023 art. 6 c. 6)."""
    if kind(provider) == "ets" and not any(each.holds(provider, day) for each in law.agreements):
        raise Refused("NO_AGREEMENT", f"no agreement with {provider} is in force on {day}")


def activate(by: Recorder, states: e.SupportActivated, law: Law, case: Case) -> e.SupportActivated:
    planned = planned_support(case, states.support_id, states.patto_id)
    if planned is None:
        raise Refused("NOT_IN_PATTO", "support_id: not listed in the patto signed")
    if planned.catalogue_code != states.catalogue_code or planned.provider != states.provider:
        raise Refused("BAD_VALUE", "catalogue_code, provider: not those of the patto")
    _own_support(by, states.provider)
    if states.member_id is not None:
        on_record.member(states.member_id, case)
    on_record.not_before("planned_end_on", states.planned_end_on, states.start_on, "start_on")
    if (states.units or 0) < 0:
        raise Refused("BAD_VALUE", "units: not below zero")
    under_agreement(states.provider, states.start_on, law)
    return states


def planned_support(case: Case, support_id: UUID, patto_id: UUID) -> Support | None:
    """A support as the version of the patto signed last lists it."""
    signed = [patto for patto in case.pattos if patto.patto_id == patto_id]
    if not signed:
        return None
    lines = case.drafts[patto_id, signed[-1].version].supports
    return next((line for line in lines if line.support_id == support_id), None)


def _own_support(by: Recorder, provider: str) -> None:
    """Who provides a support records it; the servizio sociale and the Ambito may for every provider."""
    if by.kind not in ("servizio-sociale", "ats") and provider not in (by.agency, by.seat):
        raise Refused("ROLE_NOT_ALLOWED", "the support is of another provider")


def end(by: Recorder, states: e.SupportEnded, case: Case) -> e.SupportEnded:
    active = on_record.last(e.SupportActivated, case, "active support", support_id=states.support_id)
    _own_support(by, active.provider)
    on_record.not_before("ended_on", states.ended_on, active.start_on, "the support began")
    return states


def active_on(case: Case, support_id: UUID, day: date) -> bool:
    """Whether a support was being given on a day."""
    started = [f.event for f in case.all(e.SupportActivated) if f.event.support_id == support_id]
    ended = [f.event for f in case.all(e.SupportEnded) if f.event.support_id == support_id]
    return any(s.start_on <= day for s in started) and not any(s.ended_on < day for s in ended)


def assign_puc(states: e.PucAssigned, law: Law, case: Case) -> e.PucAssigned:
    """An obliged member, or a volunteer, on a PUC that is open, has a free seat and is in the patto."""
    on_record.member_on(states.member_id, states.start_on, case)
    evaluation = case.evaluation_on(states.member_id, states.start_on)
    if evaluation is None or evaluation.event.result == "excluded":
        raise Refused("NOT_OBLIGED", "neither obliged nor a volunteer on that day")
    if states.hours_per_week not in PUC_HOURS:
        raise Refused("BAD_VALUE", "hours_per_week: from 8 to 16 (DM 156/2023)")
    on_record.not_before("end_on", states.end_on, states.start_on, "start_on")
    puc = law.pucs.get(states.puc_id)
    if puc is None or not puc.is_open(states.start_on):
        raise Refused("PUC_NOT_OPEN", "puc_id: no such PUC is open on that day")
    if puc.is_full(states.start_on, states.end_on):
        raise Refused("PUC_FULL", "puc_id: every seat is taken in those days")
    in_force = case.patto_on(states.start_on)
    if in_force is None or not any(
        line.area == "PUC" and line.obliged_member_id == states.member_id for line in in_force[1].commitments
    ):
        raise Refused("NOT_IN_PATTO", "the patto in force has no PUC for this member")
    return states


def fulfil(by: Recorder, states: e.CommitmentFulfilled, case: Case) -> e.CommitmentFulfilled:
    """Said by the one whom the line names for its evidence, or by the servizio sociale."""
    in_force = case.patto_on(date.max)
    lines = in_force[1].commitments if in_force else ()
    line = next((line for line in lines if line.id == states.commitment_id), None)
    if line is None or line.obliged_member_id != states.member_id:
        raise Refused("NOT_IN_PATTO", "the commitment is not one of this member in the patto in force")
    if by.kind != "servizio-sociale" and line.evidence_by not in (by.agency, by.seat):
        raise Refused("ROLE_NOT_ALLOWED", "the patto names another body for the evidence of this commitment")
    return states
