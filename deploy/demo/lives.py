"""Whole lives of cases, of every kind that an Ambito meets; only acts that the rules accept.

A life is decided in memory while it is written, so a rule that changes is met here first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from random import Random

from deploy.demo import breach, path
from deploy.demo.households import Condition, Member, household
from deploy.demo.life import (
    Life,
    assign,
    close,
    convoke,
    evaluate,
    meet,
    open_case,
    record_condition,
    refer,
    unassign,
    working,
)
from deploy.demo.memory import Memory
from deploy.demo.offices import EMPLOYMENT, HEALTH, SCHOOL, SERD, Officer
from deploy.demo.protocol import tell_protocol
from deploy.lines import Line, event_of

FIRST_DAY, REFERRED_WITHIN = date(2025, 1, 7), 110
"""The last of these lives ends early in 2026: all that they tell is past."""


def lives(seed: int, count: int, register: Memory | None = None) -> Iterator[Life]:
    """So many cases, the same for the same seed. A register that is given must hold the protocol."""
    if register is None:
        register = Memory()
        tell_protocol(register)
    for number in range(1, count + 1):
        yield live(f"{seed}/{number}", register)


def lines(seed: int, count: int) -> Iterator[Line]:
    """The lines of so many cases, one case after another, the protocol left out."""
    for life in lives(seed, count):
        yield from life.lines


def live(key: str, register: Memory) -> Life:
    """One case: a household is drawn, then what happens to it among what can."""
    rng = Random(key)
    day = working(FIRST_DAY + timedelta(days=rng.randrange(REFERRED_WITHIN)))
    life = Life(key, household(rng, day), rng, register)
    if rng.random() < 0.13:
        refer(life, benefit="NONE" if rng.random() < 0.1 else "ADI")
        return life
    open_case(life)
    kinds = WITH_OBLIGED if life.obliged else WITHOUT_OBLIGED
    rng.choices(tuple(kinds), tuple(kinds.values()))[0](life)
    if life.case.open and rng.random() < 0.2:
        rng.choice(CORRECTIONS)(life)
    if life.case.open and rng.random() < 0.15:
        close(life, rng.choice(("GOALS_REACHED", "MOVED", "RENOUNCED", "BENEFIT_ENDED")))
    return life


# --- kinds of lives --------------------------------------------------------------------------------------


def waiting(life: Life) -> None:
    """Convoked; the appointment is still to come, or was not recorded."""
    convoke(life, _convoked(life))


def met(life: Life) -> None:
    if life.rng.random() < 0.2:
        life.wait(10, 40)
        meet(life, [life.household.applicant])
        return
    came = _convoked(life)
    meet(life, came, convoke(life, came))


def absent(life: Life) -> None:
    """The applicant does not come to the first appointment: excused, or the household loses the benefit."""
    came = [life.household.applicant]
    missed = breach.miss_appointment(life, came[0], convoke(life, came))
    breach.ask_reason(life, missed)
    if life.rng.random() < 0.4:
        breach.give_reason(life, missed, "HEALTH", accepted=True)
        meet(life, came)
        return
    breach.propose(life, missed, "DECADENZA")
    breach.report_to_inps(life, missed)
    breach.order_decadenza(life)
    if life.rng.random() < 0.5:
        close(life, "DECADENZA")


def followed(life: Life) -> None:
    """A simple patto under the servizio sociale, conditional for no one who is excluded."""
    met(life)
    path.analyse(life, ("INCOME", "CARE"), "PAIS_SOCIAL")
    who = _main(life)
    path.draft_patto(life, [path.commitment(life, "CONTACTS", who, "servizio-sociale")])
    path.sign_patto(life)


def employed(life: Life) -> None:
    """Sent to the Centro per l'impiego, which meets the member and at times finds work for her."""
    met(life)
    path.analyse(life, ("WORK", "TRAINING"), "PSP")
    who = _main(life)
    path.refer_to_employment(life, who)
    life.wait(2, 20)
    assign(life, EMPLOYMENT)
    assigned = life.told["assign_operator"]
    meet(life, [who], officer=EMPLOYMENT)
    if life.rng.random() < 0.4:
        life.wait(10, 40)
        record_condition(life, Condition(who, "EMPLOYED"), EMPLOYMENT.by, since=life.day)
        evaluate(life, who)
        unassign(life, assigned)


def accompanied(life: Life) -> None:
    """Complex needs: an équipe, and a patto whose lines its seats follow."""
    met(life)
    seats = _seats(life)
    path.analyse(life, ("WORK", *(AREAS[officer.agency] for officer in seats)), "EM")
    path.form_equipe(life, seats, life.household.applicant)
    _say_what_they_know(life, seats)
    who = _main(life)
    if EMPLOYMENT in seats and life.obliged and life.rng.random() < 0.7:
        path.refer_to_employment(life, who)
    path.draft_patto(life, path.commitments(life, who, seats))
    path.sign_patto(life)


def sanctioned(life: Life) -> None:
    """A commitment is missed without a reason; at times once more after the first measure."""
    accompanied(life)
    line = _conditional(life)
    for months in ("1/4", "1")[: 2 if life.rng.random() < 0.25 else 1]:
        missed = breach.miss_commitment(life, line)
        breach.ask_reason(life, missed)
        if life.rng.random() < 0.4:
            breach.give_reason(life, missed, "TRANSPORT", accepted=False)
        breach.propose(life, missed, "DECURTAZIONE")
        breach.report_to_inps(life, missed)
        if life.rng.random() < 0.15:
            # INPS follows the statute, not the protocol: recorded as it was, with the finding.
            breach.order_decadenza(life)
            return
        breach.order_decurtazione(life, months)


def excused(life: Life) -> None:
    """A commitment is missed for a reason that holds."""
    accompanied(life)
    missed = breach.miss_commitment(life, _conditional(life))
    if life.rng.random() < 0.7:
        breach.ask_reason(life, missed)
    breach.give_reason(life, missed, life.rng.choice(("CARE", "HEALTH", "WORK")), accepted=True)


Kind = Callable[[Life], None]

WITH_OBLIGED: dict[Kind, int] = {
    waiting: 1, met: 1, absent: 1, employed: 8, accompanied: 4, sanctioned: 9, excused: 3
}  # fmt: skip
WITHOUT_OBLIGED: dict[Kind, int] = {waiting: 2, met: 4, absent: 2, followed: 5, accompanied: 2}
AREAS = {"cpi": "TRAINING", "ust": "SCHOOLING", "asl": "HEALTH"}


def _convoked(life: Life) -> list[Member]:
    """The applicant, and at times the other adults with her."""
    return list(life.household.adults if life.rng.random() < 0.4 else life.household.adults[:1])


def _main(life: Life) -> Member:
    """The member whom the patto is mostly about: obliged, where one is."""
    return next(iter(life.obliged), life.household.applicant)


def _seats(life: Life) -> Sequence[Officer]:
    """Who sits in the équipe: the CPI for who is obliged, the school for pupils, a health service."""
    pupils = any(minor.age(life.day) >= 6 for minor in life.household.minors)
    seats = [EMPLOYMENT] if life.obliged else []
    seats += [SCHOOL] if pupils and life.rng.random() < 0.8 else []
    if not seats or life.rng.random() < 0.6:
        seats.append(SERD if life.rng.random() < 0.15 else HEALTH)
    return seats


def _say_what_they_know(life: Life, seats: Sequence[Officer]) -> None:
    """The school confirms an enrolment, the ASL a disability."""
    pupils = [minor for minor in life.household.minors if minor.age(life.day) >= 6]
    if SCHOOL in seats and pupils:
        record_condition(life, Condition(pupils[0], "REGULAR_STUDY"), SCHOOL.by, since=life.day)
    disabled = [c.member for c in life.household.conditions if c.code == "DISABILITY_L68"]
    if HEALTH in seats and disabled:
        record_condition(life, Condition(disabled[0], "DISABILITY_L68"), HEALTH.by, since=life.day)


def _conditional(life: Life) -> dict[str, str]:
    """A commitment that can be missed with a consequence."""
    drafted = life.told["draft_patto"].states["commitments"]
    chosen: dict[str, str] = life.rng.choice([line for line in drafted if line["conditional"]])
    return chosen


# --- corrections -----------------------------------------------------------------------------------------


def correct_household(life: Life) -> None:
    """The house number was wrong."""
    wrong = life.told["record_household"]
    members = [m | {"residence_address": m["residence_address"] + "/A"} for m in wrong.states["members"]]
    _correct(life, wrong, "numero civico errato", {"members": members})


def correct_meeting_day(life: Life) -> None:
    """Our meeting was the day before; where we held none, the household was verified the day before."""
    held = life.told.get("hold_appointment")
    own = held and held.by == life.social.by
    wrong, field = (held, "held_on") if held and own else (life.told["record_household"], "verified_on")
    before = date.fromisoformat(wrong.states[field]) - timedelta(days=1)
    _correct(life, wrong, "data errata", {field: before.isoformat()})


def void_condition(life: Life) -> None:
    """A condition was recorded in the wrong case."""
    life.wait(1, 5)
    wrong = record_condition(life, Condition(life.household.adults[-1], "DIRECT_PENSION"), since=life.day)
    _correct(life, wrong, "registrata nel fascicolo sbagliato", {})


CORRECTIONS: tuple[Kind, ...] = (correct_household, correct_meeting_day, void_condition)


def _correct(life: Life, wrong: Line, reason: str, new_value: dict[str, object]) -> None:
    life.wait(1, 10)
    voids = {} if new_value else {"voids": True}
    states = {"corrects_event_id": event_of(wrong), "reason": reason, "new_value": new_value, **voids}
    life.tell("correct_event", wrong.by, states)
