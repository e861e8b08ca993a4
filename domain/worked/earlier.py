"""The earlier occurrences of a worked sanction: the same infraction, with what makes each count."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from domain.case import events as e
from domain.case import observe
from domain.case.parts import Remedy
from domain.case.state import Measure
from domain.refused import Refused
from domain.rules.breach import deadline
from domain.rules.ladder import Measure as Kind
from domain.worked.household import PARENT
from domain.worked.infractions import broken, tell
from domain.worked.life import CPI, INPS, CannotHold, new, stated
from domain.worked.scene import Scene


def tell_earlier(scene: Scene) -> None:
    """As many earlier occurrences as the example counts, on the days that end with the eve of the fact."""
    count, last = scene.example.prior_occurrences, _eve(scene)
    for occurrence in range(1, count + 1):
        day = last - timedelta(days=count - occurrence)
        rules = observe.rules_for(scene.life.case, day, scene.example.law)
        if rules.id != scene.rules.id or not rules.governs(scene.facts.benefit, day):
            raise CannotHold("an earlier occurrence would fall under another rule set")
        _tell(scene, occurrence, day)


def _eve(scene: Scene) -> date:
    """The day before the fact; of a term, the last one on which it could be kept."""
    term = scene.facts.term if scene.rests_on("term") else None
    eve = scene.day - timedelta(days=1)
    return eve if term is None else min(eve, deadline(term))


def _tell(scene: Scene, occurrence: int, day: date) -> None:
    try:
        infraction = tell(broken(scene, day))
        if infraction is not None:
            _count(scene, infraction, occurrence, day)
    except Refused as refused:
        raise CannotHold(f"an earlier occurrence cannot be recorded ({refused})") from None


def _count(scene: Scene, infraction: UUID, occurrence: int, day: date) -> None:
    """What makes it count: the richiamo formale, or the notifica of its measure."""
    if scene.norm.counts_from == "FORMAL_REMINDER":
        _remind(scene, infraction, day)
        return
    by = CPI if scene.facts.benefit == "NASPI" else INPS
    ordered = _measure(scene, infraction, occurrence, day)
    scene.life.tell(by, ordered, day)
    notified = e.MeasureNotified(measure_id=ordered.measure_id, notified_on=day, proof_ref="ricevuta/1")
    scene.life.tell(by, notified, day)


def _remind(scene: Scene, infraction: UUID, day: date) -> None:
    reminder = e.FormalReminderIssued(
        infraction_ref=infraction,
        member_id=PARENT,
        issued_by=new(f"operator/{scene.office.agency}"),
        issued_on=day,
        comply_by=day,
        delivered_on=day,
    )
    scene.life.tell(scene.office, reminder, day)


def _measure(scene: Scene, infraction: UUID, occurrence: int, day: date) -> Measure:
    """The decurtazione of its rung; else a sospensione, for a decadenza would have ended the benefit."""
    rung, month = scene.norm.rung(occurrence), f"{day:%Y-%m}"
    if rung.measure is Kind.DECURTAZIONE:
        cut = str(rung.months_fraction)
        return stated(
            e.DecurtazioneOrdered,
            months_fraction=cut,
            effective_from=month,
            **_act(scene, infraction, occurrence, day),
        )
    return stated(
        e.SospensioneOrdered, suspended_from_month=month, **_act(scene, infraction, occurrence, day)
    )


def _act(scene: Scene, infraction: UUID, occurrence: int, day: date) -> dict[str, Any]:
    return {
        "measure_id": new(f"measure/{occurrence}"),
        "infraction_refs": (infraction,),
        "legal_ref": scene.norm.legal_ref,
        "authority": "CPI" if scene.facts.benefit == "NASPI" else "INPS",
        "act_ref": f"atto/{occurrence}",
        "ordered_on": day,
        "motivation": "-",
        "affected_scope": "HOUSEHOLD",
        "remedies": (Remedy(body="INPS", term="30 giorni"),),
    }
