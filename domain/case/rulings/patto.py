"""From the analysis to the signed patto, its revisions and its reviews."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import TypeVar

from domain.case import events as e
from domain.case import observe
from domain.case.commands import Law
from domain.case.parts import CheckReason, FailedCheck
from domain.case.rulings import on_record
from domain.case.rulings.support import under_agreement
from domain.case.state import Case
from domain.fact import Recorder
from domain.refused import Refused
from domain.rules.checks import Failed, Level, blocking
from domain.rules.patto import failed_in_draft, failed_in_signing
from domain.rules.patto_parts import Household


def analyse(states: e.PreliminaryAnalysisCompleted, case: Case) -> e.PreliminaryAnalysisCompleted:
    if not case.all(e.AppointmentHeld):
        raise Refused("OUT_OF_ORDER", "the household was not met yet")
    outcomes = [outcome.member_id for outcome in states.outcomes]
    on_record.unique("outcomes", outcomes)
    if set(outcomes) != set(case.members_on(states.completed_on)):
        raise Refused("BAD_VALUE", "outcomes: one for each member of the household")
    return states


def draft(states: e.PattoDrafted, law: Law, case: Case) -> e.PattoDrafted:
    if case.analysis is None:
        raise Refused("OUT_OF_ORDER", "the analysis is not completed")
    on_record.unique("commitments", (commitment.id for commitment in states.commitments))
    on_record.unique("supports", (support.support_id for support in states.supports))
    for commitment in states.commitments:
        on_record.member(commitment.obliged_member_id, case)
        if commitment.beneficiary_member_id is not None:
            on_record.member(commitment.beneficiary_member_id, case)
    for support in states.supports:
        under_agreement(support.provider, support.planned_from, law)
    on_record.member(states.family_responsible_id, case)
    return states


Signature = TypeVar("Signature", bound=e.PattoSigned | e.PattoRevised)


def sign(states: e.PattoSigned, case: Case) -> e.PattoSigned:
    if any(patto.patto_id == states.patto_id and patto.version != states.version for patto in case.pattos):
        raise Refused("OUT_OF_ORDER", "this patto was signed before: a later version is a revision of it")
    return _checked(states, states.version, case)


def revise(states: e.PattoRevised, case: Case) -> e.PattoRevised:
    in_force = [patto.version for patto in case.pattos if patto.patto_id == states.patto_id]
    if not in_force or in_force[-1] != states.from_version:
        raise Refused("OUT_OF_ORDER", "from_version: not the version in force")
    if states.to_version <= states.from_version:
        raise Refused("BAD_VALUE", "to_version: not after from_version")
    before = [patto.signed_on for patto in case.pattos if patto.patto_id == states.patto_id]
    on_record.not_before("signed_on", states.signed_on, before[-1], "the version in force was signed")
    return _checked(states, states.to_version, case)


def _checked(states: Signature, version: int, case: Case) -> Signature:
    """Refused on LAW; signed on PROTOCOL with a written reason; what else failed is kept as advice."""
    text = case.drafts.get((states.patto_id, version))
    if text is None:
        raise Refused("OUT_OF_ORDER", "no draft of this version")
    for signatory in states.signatories:
        on_record.member(signatory.member_id, case)
    household = household_on(case, states.signed_on)
    failed = (*failed_in_draft(text, household), *failed_in_signing(states, household))
    if lacking := blocking(failed):
        raise Refused("PATTO_INCOMPLETE", _said(lacking))
    explained = _explained(states.reasons or ())
    bare = [each for each in failed if each.level is Level.PROTOCOL and each.code not in explained]
    if bare:
        raise Refused("REASON_NOT_WRITTEN", _said(bare))
    checks = tuple(
        FailedCheck(code=each.code, level=each.level.value, because=each.because) for each in failed
    )
    return replace(states, checks=checks or None)


def _explained(reasons: Iterable[CheckReason]) -> frozenset[str]:
    return frozenset(reason.check for reason in reasons if reason.reason.strip())


def _said(failed: Iterable[Failed]) -> str:
    return "; ".join(f"{each.code}: {each.because}" for each in failed)


def household_on(case: Case, day: date) -> Household:
    """The household as the checks of the patto read it."""
    members = case.members_on(day)
    minors = {m.member_id for m in members.values() if not observe.is_adult(m, day)}
    evaluations = {member_id: case.evaluation_on(member_id, day) for member_id in members}
    studying = {
        f.event.member_id
        for f in case.all(e.MemberConditionRecorded)
        if f.event.condition_code == "REGULAR_STUDY"
    }
    found = [need.need_id for need in case.analysis.needs_by_area] if case.analysis else []
    framed = [area.need_id for f in case.all(e.AnalysisFrameworkCompleted) for area in f.event.areas]
    return Household(
        members=frozenset(members),
        obliged=frozenset(m for m, found in evaluations.items() if found and found.event.result == "obliged"),
        minors=frozenset(minors),
        in_education=frozenset(minors | studying),
        needs=frozenset([*found, *framed]),
        equipe_formed=case.team is not None,
    )


def refuse(by: Recorder, states: e.PattoSignatureRefused, case: Case) -> e.PattoSignatureRefused:
    """Who is obliged and does not sign: the PaIS before the servizio sociale, the PSP before the CPI."""
    if (states.patto_kind == "PSP") != (by.kind == "cpi"):
        raise Refused("ROLE_NOT_ALLOWED", "the servizio sociale for the PaIS, the CPI for the PSP")
    on_record.member_on(states.member_id, states.refused_on, case)
    if states.patto_kind == "PAIS" and not any(patto_id == states.patto_id for patto_id, _ in case.drafts):
        raise Refused("OUT_OF_ORDER", "patto_id: no draft of it was offered")
    evaluation = case.evaluation_on(states.member_id, states.refused_on)
    if evaluation is None or evaluation.event.result != "obliged":
        raise Refused("NOT_OBLIGED", "no evaluation on record has the member obliged on that day")
    return states


def review(states: e.MonitoringReviewHeld, case: Case) -> e.MonitoringReviewHeld:
    signed = [p for p in case.pattos if (p.patto_id, p.version) == (states.patto_id, states.version)]
    if not signed:
        raise Refused("OUT_OF_ORDER", "this version of the patto was not signed")
    on_record.not_before("held_on", states.held_on, signed[-1].signed_on, "the patto was signed")
    on_record.not_before("next_on", states.next_on, states.held_on, "held_on")
    known = {r.result_id for r in case.drafts[states.patto_id, states.version].expected_results}
    on_record.unique("results", (result.result_id for result in states.results))
    if not {result.result_id for result in states.results} <= known:
        raise Refused("NOT_RECORDED", "results: not an expected result of this version")
    return states
