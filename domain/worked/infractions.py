"""The infraction of a worked sanction, told as the facts that make it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from domain.case import events as e
from domain.case.infractions import infraction_code
from domain.fact import Recorder
from domain.refused import Refused
from domain.rules.facts import Convocation
from domain.worked import terms
from domain.worked.convocations import Purpose, appoint
from domain.worked.household import PARENT, begins, status
from domain.worked.life import CPI, INPS, CannotHold, new
from domain.worked.offices import AREAS, PATTO, PSP, draft_pais, line_id, refer, sign_pais, sign_psp
from domain.worked.scene import Scene

OF_INPS = ("FALSE_DECLARATION", "FINAL_CONVICTION", "UNDECLARED_WORK_FOUND", "COMMUNICATION_BREACH")
"""What comes to be known from INPS and its inspectors, a conviction from it alone (GDPR art. 10)."""


OF_HOUSEHOLD = ("MINOR_SCHOOLING_NOT_DOCUMENTED",)
"""What names no member, whoever of the household is asked."""


def prepare(scene: Scene) -> None:
    """What the infraction supposes: the referral to the CPI, the patto in force or offered."""
    if scene.office is CPI:
        refer(scene.life, begins(scene.example))
    if scene.rests_on("patto") and scene.kind == "PAIS":
        draft_pais(scene.life, begins(scene.example), AREAS)
    if scene.rests_on("commitment"):
        _agree(scene)


def _agree(scene: Scene) -> None:
    agreed, day = scene.facts.commitment, begins(scene.example)
    assert agreed is not None
    areas = tuple(area for area in AREAS if agreed.in_patto_on_fact_date or area != agreed.area)
    if not scene.signed:
        return
    if scene.kind == "PSP":
        sign_psp(scene.life, day, areas)
    elif status(scene.life) != "obliged":
        raise CannotHold("who was never obliged has no conditional commitment in her patto")
    else:
        sign_pais(scene.life, day, areas)


def tell(scene: Scene) -> UUID | None:
    """The infraction on record; None where nothing happened that could stand there."""
    found: list[UUID | None] = []
    refusals: list[Refused] = []
    for ground in scene.norm.data["rests_on"]:
        if not scene.rests_on(ground):
            continue
        try:
            found.append(GROUNDS[ground](scene))
        except Refused as refused:
            refusals.append(refused)
    if refusals and not any(found) and not _declined(scene):
        raise refusals[0]
    told = [event_id for event_id in found if event_id is not None and _is_it(scene, event_id)]
    return told[-1] if told else _ascertained(scene, happened=any(found))


def _absence(scene: Scene) -> UUID | None:
    told = scene.facts.convocation
    return appoint(scene.life, scene.office, _purpose(scene), told) if told else None


def _lapse(scene: Scene) -> UUID | None:
    return terms.run(scene, scene.facts.term) if scene.facts.term else None


def broken(scene: Scene, day: date) -> Scene:
    """The same infraction on an earlier day, committed and proved: one that counts."""
    facts, notice = scene.facts, scene.rules.number("min_notice_days")
    early = day - timedelta(days=notice + 1)
    convocation = Convocation(day, attended=False, delivered_on=early, sent_on=early)
    earlier = replace(
        facts,
        fact_date=day,
        term=None,
        convocation=convocation if facts.convocation else None,
        commitment=replace(facts.commitment, missed=True) if facts.commitment else None,
        patto=replace(facts.patto, refused=True) if facts.patto else None,
        offer=replace(facts.offer, refused=True) if facts.offer else None,
    )
    return replace(scene, example=replace(scene.example, facts=earlier))


def _is_it(scene: Scene, event_id: UUID) -> bool:
    case = scene.life.case
    return infraction_code(case, case.infractions[event_id], scene.rules) == scene.norm.code


def _purpose(scene: Scene) -> Purpose:
    return "FIRST_APPOINTMENT" if scene.facts.member == "household" else "OTHER"


def _refuse(scene: Scene) -> UUID | None:
    if scene.facts.patto is None or not scene.facts.patto.refused:
        return None
    refused = e.PattoSignatureRefused(
        patto_id=PATTO if scene.kind == "PAIS" else PSP,
        patto_kind=scene.kind,
        member_id=PARENT,
        refused_on=scene.day,
        witnessed_by=new(f"operator/{scene.office.agency}"),
    )
    return scene.life.tell(scene.office, refused, scene.day)


def _miss(scene: Scene) -> UUID | None:
    agreed = scene.facts.commitment
    if agreed is None or not agreed.missed:
        return None
    missed = e.CommitmentMissed(
        patto_id=PATTO if scene.kind == "PAIS" else PSP,
        commitment_id=line_id(scene.kind, agreed.area),
        area=agreed.area,
        member_id=PARENT,
        missed_on=scene.day,
        facts="non è venuta",
        reporter=scene.office.agency,
        ascertained_by=new(f"operator/{scene.office.agency}"),
        ascertained_on=scene.day,
    )
    return scene.life.tell(scene.office, missed, scene.day)


def _offer(scene: Scene) -> None:
    """An offer is no infraction: that its refusal is one, the CPI ascertains."""
    offer = scene.facts.offer
    if offer is None:
        return
    made = e.JobOfferRecorded(
        member_id=PARENT,
        offer_id=new(f"offer/{scene.day}"),
        contract_type=offer.contract,
        fte_pct=offer.fte_pct,
        distance_km=offer.distance_km,
        public_transport_min=offer.public_transport_min,
        wage_ok=offer.wage_ok,
        outcome="REFUSED" if offer.refused else "ACCEPTED",
    )
    scene.life.tell(CPI, made, scene.day)


def _ascertained(scene: Scene, happened: bool) -> UUID | None:
    """What no fact of its own records is ascertained beside the facts; the rest the register refuses."""
    if _only_kept(scene) and not happened:
        _nothing_asked(scene)
        return None
    try:
        return _ascertain(scene)
    except Refused as refused:
        if refused.rule != "BAD_VALUE":
            raise
    given = any(scene.rests_on(ground) for ground in scene.norm.data["rests_on"])
    if happened or not given:
        raise CannotHold(f"the register records these facts, or none, but not as {scene.norm.code}")
    _nothing_asked(scene)
    return None


def _only_kept(scene: Scene) -> bool:
    """A commitment that was kept, and nothing else, is all that there is to tell."""
    agreed = scene.facts.commitment if scene.rests_on("commitment") else None
    others = any(scene.rests_on(ground) for ground in ("convocation", "offer"))
    return agreed is not None and not agreed.missed and not others


def _declined(scene: Scene) -> bool:
    offer = scene.facts.offer if scene.rests_on("offer") else None
    return offer is not None and offer.refused


def _nothing_asked(scene: Scene) -> None:
    """Raises CannotHold where a measure is asked for what did not happen."""
    if scene.facts.requested_measure:
        raise CannotHold("nothing happened, so nothing stands on record on which a measure can be asked")


def _ascertain(scene: Scene) -> UUID:
    """The office says so; whether the facts bear it out is judged when a measure is proposed."""
    code = scene.norm.code
    of_household = (scene.facts.member == "household" and code != "UPDATE_90D_MISSED") or code in OF_HOUSEHOLD
    ascertained = e.InfractionAscertained(
        code=code,
        member_id=None if of_household else PARENT,
        occurred_on=scene.day,
        source="verifica",
        evidence_ref="verbale/1",
    )
    by: Recorder = INPS if code in OF_INPS else scene.office
    return scene.life.tell(by, ascertained, scene.day)


GROUNDS: dict[str, Callable[[Scene], UUID | None]] = {
    "convocation": _absence,
    "term": _lapse,
    "patto": _refuse,
    "commitment": _miss,
    "offer": _offer,
}
"""What is told of each fact on which an infraction can rest; the id where that is an infraction."""
