"""The Centro per l'impiego at work: referrals that it gives back, offers, volunteers."""

from __future__ import annotations

from deploy.demo import breach, path, services
from deploy.demo.households import Condition, Member
from deploy.demo.life import Life, evaluate, first_meeting, main_member, meet, open_case, record_condition
from deploy.demo.offices import EMPLOYMENT


def returned(life: Life) -> None:
    """The CPI gives a referral back; the servizio sociale goes on with a patto of its own."""
    open_case(life)
    first_meeting(life)
    path.analyse(life, ("WORK", "CARE"), "PSP")
    who = main_member(life)
    referral_id = services.send_to_employment(life, who)
    life.wait(3, 15)
    given_back = {"referral_id": referral_id, "member_id": str(who.id), "returned_on": life.today}
    reason = life.rng.choice(("NOT_ACTIVABLE", "WRONG_DATA"))
    life.tell("return_referral", EMPLOYMENT.by, given_back | {"reason": reason})
    path.draft_patto(life, [path.commitment(life, "CONTACTS", who, "servizio-sociale")])
    path.sign_patto(life)


def hired(life: Life) -> None:
    """An offer of the CPI is accepted."""
    who = _in_service_patto(life)
    _offer(life, who, "ACCEPTED")
    life.wait(5, 15)
    record_condition(life, Condition(who, "EMPLOYED"), EMPLOYMENT.by, since=life.day)
    evaluate(life, who)


def offer_refused(life: Life) -> None:
    """An offer that the law calls valid is refused without a reason: the CPI ascertains it."""
    who = _in_service_patto(life)
    _offer(life, who, "REFUSED")
    life.wait(1, 5)
    found = breach.ascertain(life, "JOB_OFFER_REFUSED", "offerta registrata dal CPI", EMPLOYMENT, who)
    breach.ask_reason(life, found, EMPLOYMENT)
    breach.report_to_inps(life, found, EMPLOYMENT)
    breach.propose(life, found, "DECADENZA", EMPLOYMENT)
    breach.report_again(life, found, EMPLOYMENT)
    breach.order_decadenza(life)


def volunteer(life: Life) -> None:
    """Who is 60 or more, or disabled, is not obliged and asks for a path to work."""
    open_case(life)
    first_meeting(life)
    who = next((each for each in life.household.adults if _may_volunteer(life, each)), None)
    if who is None:
        return
    asked = {"member_id": str(who.id), "requested_on": life.today, "path_type": "LAVORATIVO"}
    life.tell("request_voluntary_path", life.social.by, asked)
    path.analyse(life, ("WORK", "TRAINING"), "PSP")
    services.accept_referral(life, services.send_to_employment(life, who), who)
    services.record_did(life, who)


def _may_volunteer(life: Life, member: Member) -> bool:
    evaluation = life.case.evaluation_on(member.id, life.day)
    return evaluation is not None and evaluation.event.result == "voluntary"


def _in_service_patto(life: Life) -> Member:
    open_case(life)
    first_meeting(life)
    path.analyse(life, ("WORK", "TRAINING"), "PSP")
    who = main_member(life)
    services.accept_referral(life, services.send_to_employment(life, who), who)
    services.record_did(life, who)
    meet(life, [who], services.convoke_member(life, who), officer=EMPLOYMENT)
    services.sign_service_patto(life, who)
    return who


def _offer(life: Life, member: Member, outcome: str) -> None:
    life.wait(15, 50)
    states = {
        "member_id": str(member.id),
        "offer_id": life.new_id(),
        "contract_type": "permanent",
        "fte_pct": life.rng.choice((75, 80, 100)),
        "distance_km": life.rng.randrange(2, 30),
        "public_transport_min": life.rng.randrange(10, 60),
        "wage_ok": True,
        "outcome": outcome,
    }
    life.tell("record_job_offer", EMPLOYMENT.by, states)
