"""Whole lives of cases, of every kind that an Ambito meets; only acts that the rules accept.

A life is decided in memory while it is written, so a rule that changes is met here first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from deploy.demo import breach, care, controls, history, moves, path, schooling, services, teams, work
from deploy.demo.households import Condition, Household, household
from deploy.demo.life import (
    Life,
    close,
    convoke,
    convoked,
    evaluate,
    first_meeting,
    main_member,
    meet,
    name_case_manager,
    open_case,
    record_condition,
    refer,
    register_in_gepi,
    unassign,
    working,
)
from deploy.demo.memory import Memory
from deploy.demo.offices import EMPLOYMENT, HEALTH, SCHOOL, SERD, Officer
from deploy.demo.protocol import tell_protocol
from deploy.lines import Line, event_of

FIRST_DAY, REFERRED_WITHIN = date(2025, 1, 7), 110
"""The last of these lives ends in spring 2026: all that they tell is past."""


@dataclass(frozen=True, slots=True)
class Seldom:
    """A kind of life that few households have: which can, and from when it is told."""

    tell: Callable[[Life], None]
    fits: Callable[[Household], bool] = lambda household: True
    since: date = FIRST_DAY
    within: int = REFERRED_WITHIN


def lives(seed: int, count: int, register: Memory | None = None) -> Iterator[Life]:
    """So many cases, the same for the same seed. A register that is given must hold the protocol.

    Every fourth is of a kind that is seldom met, each kind in its turn: 72 cases hold all of them.
    """
    if register is None:
        register = Memory()
        tell_protocol(register)
    for number in range(1, count + 1):
        turn, common = divmod(number, 4)
        yield _live(f"{seed}/{number}", register, None if common else SELDOM[turn % len(SELDOM)])


def lines(seed: int, count: int) -> Iterator[Line]:
    """The lines of so many cases, one case after another, the protocol left out."""
    for life in lives(seed, count):
        yield from life.lines


def live(key: str, register: Memory) -> Life:
    """One case of any kind."""
    rng = Random(f"kind of {key}")
    return _live(key, register, rng.choice(SELDOM) if rng.random() < 0.4 else None)


def _live(key: str, register: Memory, seldom: Seldom | None) -> Life:
    """A household is drawn, then what happens to it; of a seldom kind, until it is one that can be of it."""
    rng = Random(key)
    life = drawn(key, rng, register, seldom)
    if seldom is not None:
        seldom.tell(life)
    elif rng.random() < 0.13:
        refer(life, benefit="NONE" if rng.random() < 0.1 else "ADI")
        return life
    else:
        _common(life)
    if life.case.open and rng.random() < 0.2:
        rng.choice(CORRECTIONS)(life)
    if life.case.open and rng.random() < 0.15:
        close(life, rng.choice(("GOALS_REACHED", "MOVED", "RENOUNCED", "BENEFIT_ENDED")))
    return life


def drawn(key: str, rng: Random, register: Memory, seldom: Seldom | None) -> Life:
    """A household of which a kind of life can be told, before anything is."""
    chosen = seldom or Seldom(_common)
    while True:
        day = working(chosen.since + timedelta(days=rng.randrange(chosen.within)))
        found = household(rng, day)
        if chosen.fits(found):
            return Life(key, found, rng, register)


def _common(life: Life) -> None:
    open_case(life)
    kinds = WITH_OBLIGED if life.obliged else WITHOUT_OBLIGED
    life.rng.choices(tuple(kinds), tuple(kinds.values()))[0](life)


# --- kinds of lives --------------------------------------------------------------------------------------


def waiting(life: Life) -> None:
    """Convoked; the appointment is still to come, or was not recorded."""
    convoke(life, convoked(life))


def absent(life: Life) -> None:
    """The applicant does not come to the first appointment: excused, or the household loses the benefit."""
    came = [life.household.applicant]
    missed = breach.miss_appointment(life, came[0], convoke(life, came))
    breach.ask_reason(life, missed)
    breach.report_to_inps(life, missed)
    if life.rng.random() < 0.4:
        breach.give_reason(life, missed, "HEALTH", accepted=True)
        meet(life, came)
        return
    breach.propose(life, missed, "DECADENZA")
    breach.report_again(life, missed)
    breach.order_decadenza(life)
    if life.rng.random() < 0.5:
        close(life, "DECADENZA")


def followed(life: Life) -> None:
    """A simple patto under the servizio sociale, conditional for no one who is excluded."""
    first_meeting(life)
    path.analyse(life, ("INCOME", "CARE"), "PAIS_SOCIAL")
    who = main_member(life)
    path.draft_patto(life, [path.commitment(life, "CONTACTS", who, "servizio-sociale")])
    path.sign_patto(life)


def employed(life: Life) -> None:
    """Sent to the Centro per l'impiego, which meets the member and at times finds work for her."""
    first_meeting(life)
    path.analyse(life, ("WORK", "TRAINING"), "PSP")
    who = main_member(life)
    referral_id = services.send_to_employment(life, who)
    assigned = life.told["assign_operator"]
    services.accept_referral(life, referral_id, who)
    meet(life, [who], services.convoke_member(life, who), officer=EMPLOYMENT)
    if life.rng.random() < 0.7:
        services.sign_service_patto(life, who)
        services.update(life, who, EMPLOYMENT)
    if life.rng.random() < 0.4:
        life.wait(10, 40)
        record_condition(life, Condition(who, "EMPLOYED"), EMPLOYMENT.by, since=life.day)
        evaluate(life, who)
        unassign(life, assigned)


def accompanied(life: Life) -> None:
    """Complex needs: an équipe, and a patto whose lines its seats follow."""
    first_meeting(life)
    seats = _seats(life)
    path.analyse(life, ("WORK", *(AREAS[officer.agency] for officer in seats)), "EM")
    path.form_equipe(life, seats, life.household.applicant)
    name_case_manager(life)
    _say_what_they_know(life, seats)
    if life.rng.random() < 0.5:
        services.hold_equipe(life, services.convoke_equipe(life))
        services.complete_framework(life)
    who = main_member(life)
    if EMPLOYMENT in seats and life.obliged and life.rng.random() < 0.7:
        path.refer_to_employment(life, who)
    path.draft_patto(life, path.commitments(life, who, seats))
    path.sign_patto(life)
    services.activate_supports(life)
    services.assign_puc(life)
    if life.rng.random() < 0.3:
        services.review(life)


def suspended(life: Life) -> None:
    """Nobody was convoked in 120 days: INPS suspends, and pays again once the household was met."""
    life.wait(121, 130)
    breach.order_sospensione(life)
    held = meet(life, [life.household.applicant])
    register_in_gepi(life, held)
    breach.lift_suspension(life, held)


def sanctioned(life: Life) -> None:
    """A commitment is missed without a reason; at times once more after the first measure."""
    accompanied(life)
    line = _conditional(life)
    for months in ("1/4", "1")[: 2 if life.rng.random() < 0.25 else 1]:
        _propose_decurtazione(life, line)
        if life.rng.random() < 0.15:
            # INPS follows the statute, not the protocol: recorded as it was, with the finding.
            breach.order_decadenza(life)
            return
        breach.order_decurtazione(life, months)
    if life.rng.random() < 0.2:
        breach.ask_review(life, annulled=False)


def annulled(life: Life) -> None:
    """A decurtazione that INPS takes back: the statute has none."""
    open_case(life)
    accompanied(life)
    _propose_decurtazione(life, _conditional(life))
    breach.order_decurtazione(life, "1/4")
    breach.ask_review(life, annulled=True)


def _propose_decurtazione(life: Life, line: dict[str, str]) -> None:
    missed = breach.miss_commitment(life, line)
    breach.ask_reason(life, missed)
    breach.report_to_inps(life, missed)
    if life.rng.random() < 0.4:
        breach.give_reason(life, missed, "TRANSPORT", accepted=False)
    breach.propose(life, missed, "DECURTAZIONE")
    if life.rng.random() < 0.5:
        breach.tell_of_proceeding(life)
    breach.report_again(life, missed)


def excused(life: Life) -> None:
    """A commitment is missed for a reason that holds."""
    accompanied(life)
    missed = breach.miss_commitment(life, _conditional(life))
    if life.rng.random() < 0.7:
        breach.ask_reason(life, missed)
    breach.give_reason(life, missed, life.rng.choice(("CARE", "HEALTH", "WORK")), accepted=True)


Kind = Callable[[Life], None]

WITH_OBLIGED: dict[Kind, int] = {
    waiting: 1, first_meeting: 1, absent: 1, suspended: 1, employed: 8, accompanied: 4, sanctioned: 9,
    excused: 3,
}  # fmt: skip
WITHOUT_OBLIGED: dict[Kind, int] = {
    waiting: 2, first_meeting: 4, absent: 3, suspended: 1, followed: 5, accompanied: 2
}  # fmt: skip
SELDOM = (
    Seldom(schooling.at_school, lambda found: bool(found.pupils), within=45),
    Seldom(schooling.documented, lambda found: bool(found.pupils), within=45),
    Seldom(schooling.not_documented, lambda found: bool(found.pupils), within=45),
    Seldom(care.in_care, lambda found: bool(found.minors) or found.has("DISABILITY_L68")),
    Seldom(moves.left, lambda found: len(found.adults) > 1),
    Seldom(moves.born, lambda found: found.bound),
    Seldom(moves.moved),
    Seldom(moves.renounced),
    Seldom(moves.renewed),
    Seldom(work.returned, lambda found: found.bound),
    Seldom(work.hired, lambda found: found.bound),
    Seldom(work.offer_refused, lambda found: found.bound),
    Seldom(work.volunteer, lambda found: found.applicant.age(found.on) in range(60, 67)),
    Seldom(teams.revised, lambda found: found.bound),
    Seldom(teams.unsigned, lambda found: found.bound),
    Seldom(annulled, lambda found: found.bound),
    Seldom(controls.mendacious),
    Seldom(history.of_the_rdc, lambda found: bool(found.pupils), since=history.BEGAN_ON, within=40),
)
AREAS = {"cpi": "TRAINING", "ust": "SCHOOLING", "asl": "HEALTH"}


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
