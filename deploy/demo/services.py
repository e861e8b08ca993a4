"""What the services do for a household: the CPI and its patto, supports, the équipe at work, reviews."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from deploy.demo import path
from deploy.demo.households import Member
from deploy.demo.life import Life, assign, at, digest, working
from deploy.demo.offices import CLOCK, EDUCATOR, EMPLOYMENT, Officer
from deploy.demo.protocol import puc_of
from deploy.lines import Line


def send_to_employment(life: Life, member: Member) -> str:
    """The member is referred to the Centro per l'impiego, which gives her to an operator."""
    referral_id = path.refer_to_employment(life, member)
    life.wait(2, 20)
    assign(life, EMPLOYMENT)
    return referral_id


def accept_referral(life: Life, referral_id: str, member: Member) -> None:
    life.wait(1, 12)
    states = {"referral_id": referral_id, "member_id": str(member.id), "accepted_on": life.today}
    life.tell("accept_referral", EMPLOYMENT.by, states)


def convoke_member(life: Life, member: Member) -> str:
    """The CPI convokes a member and proves the recapito; the day becomes that of the appointment."""
    convocation_id, text = life.new_id(), "convocazione-cpi/1"
    life.wait(2, 10)
    meeting = working(life.day + timedelta(days=life.rng.randint(7, 15)))
    life.tell(
        "convoke_member",
        EMPLOYMENT.by,
        {
            "convocation_id": convocation_id,
            "member_id": str(member.id),
            "appointment_at": at(meeting, life.rng.randint(7, 14)),
            "place": "Centro per l'impiego, Via che non c'è, 3",
            "channel": "EMAIL",
            "contact_used": member.email,
            "text_ref": text,
            "text_hash": digest(text),
            "language": member.person.language,
            "sent_at": at(life.day, 8),
            "warning_text_version": "1",
        },
    )
    delivered = {
        "convocation_id": convocation_id,
        "member_id": str(member.id),
        "delivered_at": at(life.day, 10),
        "proof_ref": f"ricevuta/{digest(convocation_id)[:12]}",
    }
    life.tell("record_delivery", CLOCK, delivered)
    life.day = meeting
    return convocation_id


def record_did(life: Life, member: Member) -> None:
    """The dichiarazione di immediata disponibilità."""
    life.wait(0, 5)
    states = {"member_id": str(member.id), "did_on": life.today}
    reference = f"DID-INVENTATA-{digest(str(member.id))[:8].upper()}"
    life.tell("record_did", EMPLOYMENT.by, states | {"did_ref": reference})


def sign_service_patto(life: Life, member: Member) -> None:
    life.wait(0, 10)
    action = {"action_id": life.new_id(), "kind": "corso di lingua e informatica", "from_on": life.today}
    life.tell(
        "sign_service_patto",
        EMPLOYMENT.by,
        {
            "member_id": str(member.id),
            "psp_id": life.new_id(),
            "signed_on": life.today,
            "actions": [action],
            "contact_frequency": "una volta al mese",
            "operator_id": str(EMPLOYMENT.person_id),
        },
    )


def update(life: Life, member: Member, officer: Officer | None = None) -> None:
    """The update of every 90 days, at the office that follows the member."""
    office = officer or life.social
    life.wait(50, 85)
    seat = "CPI" if office.agency == "cpi" else "SERVIZIO_SOCIALE"
    life.tell("hold_update", office.by, {"member_id": str(member.id), "held_on": life.today, "seat": seat})


def activate_supports(life: Life, all_of_them: bool = False) -> None:
    """The supports of the patto begin, as a rule some weeks after it is signed."""
    for support in life.told["draft_patto"].states["supports"]:
        if not all_of_them and life.rng.random() < 0.25:
            continue  # promised, and not yet given: the worklist of the case manager shows it
        activate_support(life, support, life.social)


def activate_support(life: Life, support: dict[str, str], by: Officer) -> Line:
    """Said by the servizio sociale, or by who provides it."""
    life.wait(3, 25)
    states = {
        "support_id": support["support_id"],
        "patto_id": life.told["draft_patto"].states["patto_id"],
        "catalogue_code": support["catalogue_code"],
        "provider": support["provider"],
        "start_on": life.today,
    }
    return life.tell("activate_support", by.by, states)


def end_support(life: Life, begun: Line, by: Officer) -> None:
    life.wait(5, 30)
    ended = {"support_id": begun.states["support_id"], "ended_on": life.today}
    outcome = life.rng.choice(("COMPLETED", "COMPLETED", "INTERRUPTED"))
    life.tell("end_support", by.by, ended | {"outcome": outcome})


def assign_puc(life: Life) -> None:
    """Who promised to take part in a PUC takes a seat in that of her Comune."""
    for line in life.told["draft_patto"].states["commitments"]:
        if line["area"] != "PUC":
            continue
        life.wait(5, 20)
        puc_id, until = puc_of(life.household.comune), life.day + timedelta(days=180)
        if not life.has_seat(puc_id, life.day, until):
            continue
        states = {
            "member_id": line["obliged_member_id"],
            "puc_id": puc_id,
            "hours_per_week": life.rng.choice((8, 12, 16)),
            "start_on": life.today,
            "end_on": until.isoformat(),
        }
        life.tell("assign_puc", life.social.by, states)


def convoke_equipe(life: Life) -> Line:
    """The Ambito convokes the équipe by e-mail; each seat gets its own extract, never the scheda."""
    team = life.told["form_equipe"].states
    life.wait(1, 4)
    if life.told["assign_operator"].by.agency != EDUCATOR.agency:
        assign(life, EDUCATOR)
    meeting = working(life.day + timedelta(days=life.rng.randint(6, 12)))
    invitees = [
        {name: component[name] for name in ("person_id", "agency", "unit") if name in component}
        for component in team["components"]
    ]
    convoked = life.tell(
        "convoke_equipe",
        EDUCATOR.by,
        {
            "session_id": life.new_id(),
            "slot": "ore 10:30",
            "team_id": team["team_id"],
            "meeting_at": at(meeting, 9),
            "seat": "Sala dell'Ambito, Piazza che non c'è, 1",
            "invitees": invitees,
            "channel": "EMAIL",
            "attachment": "ESTRATTO",
            "attachment_visibility_profile": "estratto per sede, matrice di visibilità",
        },
    )
    life.day = meeting
    return convoked


def hold_equipe(life: Life, convoked: Line, answers: Mapping[str, str] | None = None) -> None:
    """The sitting: who came, who did not. ``answers`` names who came instead of whom, "" for nobody."""
    invited = [invitee["person_id"] for invitee in convoked.states["invitees"]]
    absent = [person for person in invited[2:] if life.rng.random() < 0.15]
    if answers is not None:
        absent = [person for person in invited if person in answers]
    substitutes = [person for person in (answers or {}).values() if person]
    life.tell(
        "hold_equipe",
        life.social.by,
        {
            "session_id": convoked.states["session_id"],
            "team_id": convoked.states["team_id"],
            "held_on": life.today,
            "present": [person for person in invited if person not in absent] + substitutes,
            "absent": absent,
            "minutes_ref": f"verbale/{digest(convoked.states['session_id'])[:12]}",
        },
    )


def complete_framework(life: Life) -> None:
    """The quadro di analisi: the needs of the preliminary analysis, each with who takes it up."""
    needs = life.told["complete_analysis"].states["needs_by_area"]
    takes_up = {"WORK": "cpi", "TRAINING": "cpi", "SCHOOLING": "ust", "HEALTH": "asl"}
    life.wait(0, 3)
    areas = [
        {
            "need_id": need["need_id"],
            "member_id": need["member_id"],
            "area": need["area"],
            "needs": "Bisogno approfondito con il nucleo (inventato)",
            "resources": "La rete dei familiari",
            "assigned_to": takes_up.get(need["area"], "servizio-sociale"),
        }
        for need in needs
    ]
    life.tell(
        "complete_framework",
        life.social.by,
        {
            "framework_id": life.new_id(),
            "instrument_version": "DM-72-2024/1",
            "completed_on": life.today,
            "areas": areas,
        },
    )


def review(life: Life, revision_proposed: bool = False) -> None:
    """The periodic check of the patto, with how satisfied the household is."""
    draft = life.told["draft_patto"].states
    life.wait(60, 95)
    status = ("REACHED", "PARTLY", "NOT_REACHED", "NOT_DUE")
    results = [
        {"result_id": result["result_id"], "status": life.rng.choice(status)}
        for result in draft["expected_results"]
    ]
    life.tell(
        "hold_review",
        life.social.by,
        {
            "patto_id": draft["patto_id"],
            "version": draft["version"],
            "held_on": life.today,
            "results": results,
            "satisfaction": "Il nucleo dice che il progetto aiuta",
            "revision_proposed": revision_proposed,
        },
    )
