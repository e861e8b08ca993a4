"""What the register does with a worked sanction: its facts told to `decide`, then a measure proposed."""

from __future__ import annotations

from datetime import timedelta
from typing import get_args
from uuid import UUID

from domain.case import events as e
from domain.case import infractions, observe
from domain.refused import Refused
from domain.rules import sanctions
from domain.rules.ladder import Measure, months
from domain.worked import terms
from domain.worked.by_rules import Judgement, outcome, refusal
from domain.worked.earlier import tell_earlier
from domain.worked.household import PARENT, open_case, stand
from domain.worked.infractions import prepare, tell
from domain.worked.life import CPI, SOCIAL_WORKER, CannotHold, new, stated
from domain.worked.parts import Found
from domain.worked.sanction import Requested, SanctionExample
from domain.worked.scene import Scene, scene


def judge(example: SanctionExample) -> Judgement:
    """What the register finds; a refusal anywhere on the way is what it finds. Raises CannotHold."""
    try:
        begun = scene(open_case(example), example)
        stand(begun.life.copy(), example)  # whether she can; said only when the patto is signed
        prepare(begun)
        tell_earlier(begun)
        stand(begun.life, example)
        infraction = tell(begun)
        if infraction is None:
            return Judgement((_nothing(begun),), ("nothing is on record on which a measure could rest",))
        _in_time(begun, infraction)
        _ask_reason(begun, infraction)
        return _propose(begun, infraction)
    except Refused as refused:
        return Judgement((refusal(refused),), (str(refused),))


def _in_time(begun: Scene, infraction: UUID) -> None:
    """A term lapses on the day after its last: it may be one that other rules govern, or none."""
    day = infractions.day_of(begun.life.case.infractions[infraction])
    rules, benefit = observe.rules_for(begun.life.case, day, begun.example.law), begun.facts.benefit
    same = rules.governs(benefit, day) == begun.rules.governs(benefit, begun.day)
    if rules.id != begun.rules.id or not same:
        raise CannotHold(f"the register dates the infraction on {day}, under another rule set or none")


def _ask_reason(begun: Scene, infraction: UUID) -> None:
    """The giustificato motivo: asked, given, decided, as far as the example goes."""
    reason, day, by = begun.facts.reason, begun.day, begun.office
    about = {"infraction_ref": infraction, "member_id": PARENT}
    if reason == "not_asked":
        return
    asked = stated(
        e.JustifiedReasonRequested,
        **about,
        asked_on=day,
        channel="SIISL",
        respond_by=day + timedelta(days=10),
    )
    begun.life.tell(by, asked, day)
    if reason == "none":
        return
    given = stated(
        e.JustifiedReasonSubmitted, **about, submitted_on=day, category="CARE", health_content_sealed=False
    )
    begun.life.tell(by, given, day)
    decided = stated(
        e.JustifiedReasonDecided,
        **about,
        accepted=reason == "accepted",
        motivation="-",
        decided_by=new(f"operator/{by.agency}"),
        decided_on=day,
    )
    begun.life.tell(by, decided, day)


def _propose(begun: Scene, infraction: UUID) -> Judgement:
    """The measure asked for; where none is, the one of all that the register lets be proposed."""
    requested = begun.facts.requested_measure
    if requested is not None:
        return _accepted(begun, infraction, requested)
    refusals = []
    for measure in get_args(Requested):
        try:
            return _accepted(begun, infraction, measure)
        except Refused as refused:
            refusals.append(refused)
    others = [each for each in refusals if each.rule != "NO_LEGAL_BASIS"]
    if others:
        raise others[0]
    return Judgement((_nothing(begun),), tuple(dict.fromkeys(map(str, refusals))))


def _accepted(begun: Scene, infraction: UUID, measure: Requested) -> Judgement:
    by = CPI if begun.office is CPI else SOCIAL_WORKER
    asked = stated(
        e.SanctionProposalOpened,
        proposal_id=new(f"proposal/{measure}"),
        infraction_refs=(infraction,),
        proposed_measure=measure,
    )
    event_id = begun.life.tell(by, asked, begun.day)
    event = begun.life.case.facts[event_id].event
    assert isinstance(event, e.SanctionProposalOpened)
    return Judgement((_told(begun, infraction, event),), (event.legal_ref,))


def _told(begun: Scene, infraction: UUID, event: e.SanctionProposalOpened) -> Found:
    """What `decide` recorded; with it what a proposal shows and the event does not hold."""
    case, prior = begun.life.case, event.occurrence - 1
    rules = observe.rules_for(case, infractions.day_of(case.infractions[infraction]), begun.example.law)
    code = infractions.infraction_code(case, case.infractions[infraction], rules)
    facts = infractions.facts_of(case, infraction, begun.example.law)
    shown = outcome(sanctions.propose(rules, code, facts, prior, Measure(event.proposed_measure)))
    cut = None if event.months_fraction is None else months(event.months_fraction)
    return {
        **shown,
        "rule_set": event.rule_set_id,
        "measure": event.proposed_measure,
        "months_fraction": cut,
        "conflicts_with": tuple(dict.fromkeys(each.rule_set for each in event.conflicts_with or ())),
    }


def _nothing(begun: Scene) -> Found:
    due_on = terms.due_on(begun) if begun.facts.term else None
    return {"measure": "NONE"} | ({} if due_on is None else {"deadline": due_on.isoformat()})
