"""From a missed commitment or appointment to the measure: ascertained, asked, proposed, reported, ordered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from deploy.demo.households import Member
from deploy.demo.life import Life, digest, euro, school_day
from deploy.demo.offices import EMPLOYMENT, HEALTH, INPS, SCHOOL, SERD, Officer
from deploy.lines import Line, event_of
from domain.rules.calendar import add_months

REPORTERS = {"cpi": EMPLOYMENT, "ust": SCHOOL, "asl": HEALTH, "asl-serd": SERD}
"""Who sees that a commitment was not kept: the office named in its ``evidence_by``."""

REMEDIES = [
    {"body": "INPS, riesame", "term": "30 giorni dalla notifica"},
    {"body": "Tribunale ordinario, sezione lavoro", "term": "termini di legge"},
]
ARTICLES = {
    "report_absence": "DL 48/2023 art. 8 c. 6 lett. a)",
    "record_signature_refusal": "DL 48/2023 art. 8 c. 6 lett. b)",
    "report_missed_commitment": "DL 48/2023 art. 8 c. 6 lett. c)",
    "JOB_OFFER_REFUSED": "DL 48/2023 art. 8 c. 6 lett. e)",
    "FALSE_DECLARATION": "DL 48/2023 art. 8 c. 5",
    "MINOR_SCHOOLING_NOT_DOCUMENTED": "DL 48/2023 art. 2 c. 3-bis",
}
"""What a report to INPS cites: by the code ascertained, else by the act that tells of it."""


def miss_appointment(life: Life, member: Member, convocation_id: str) -> Line:
    missed = life.today
    life.wait(1, 4)
    return life.tell(
        "report_absence",
        life.social.by,
        {
            "convocation_id": convocation_id,
            "member_id": str(member.id),
            "missed_on": missed,
            "ascertained_by": str(life.social.person_id),
            "ascertained_on": life.today,
        },
    )


def miss_commitment(life: Life, line: dict[str, Any]) -> Line:
    """Another office reports what it saw; the servizio sociale ascertains it."""
    life.wait(15, 40)
    if line["area"] == "SCHOOLING":
        life.day = school_day(life.day)
    reporter = REPORTERS.get(line["evidence_by"])
    missed = {
        "patto_id": life.told["draft_patto"].states["patto_id"],
        "commitment_id": line["id"],
        "area": line["area"],
        "member_id": line["obliged_member_id"],
        "missed_on": life.today,
        "facts": "Non si è presentata nessuna delle persone attese (fatto inventato)",
        "reporter": line["evidence_by"],
    }
    if reporter is not None:
        report(life, missed, reporter)
    life.wait(1, 5)
    seen = {"ascertained_by": str(life.social.person_id), "ascertained_on": life.today}
    return life.tell("report_missed_commitment", life.social.by, missed | seen)


def ascertain(
    life: Life, code: str, source: str, by: Officer | None = None, who: Member | None = None
) -> Line:
    """An infraction that no fact of its own tells: of one member, or of the household."""
    office, whose = by or life.social, {"member_id": str(who.id)} if who else {}
    proof = {"source": source, "evidence_ref": f"verbale/{digest(life.key + code)[:12]}"}
    states = {"code": code, **whose, "occurred_on": life.today, **proof}
    return life.tell("ascertain_infraction", office.by, states)


def report(life: Life, missed: dict[str, Any], reporter: Officer) -> None:
    life.wait(0, 3)
    life.tell("report_missed_commitment", reporter.by, missed)


def ask_reason(life: Life, missed: Line, by: Officer | None = None) -> None:
    life.wait(1, 4)
    life.tell(
        "request_reason",
        (by or life.social).by,
        about(life, missed)
        | {
            "asked_on": life.today,
            "channel": "EMAIL",
            "delivered_on": life.today,
            "proof_ref": f"ricevuta/{digest(str(missed.command_id))[:12]}",
            "respond_by": (life.day + timedelta(days=10)).isoformat(),
        },
    )


def give_reason(life: Life, missed: Line, category: str, accepted: bool) -> None:
    """A reason is given and decided."""
    life.wait(3, 8)
    given = {"submitted_on": life.today, "category": category, "health_content_sealed": category == "HEALTH"}
    life.tell("submit_reason", life.social.by, about(life, missed) | given)
    life.wait(2, 6)
    decided = {
        "accepted": accepted,
        "motivation": "Il motivo è provato" if accepted else "Nulla prova il motivo addotto",
        "decided_by": str(life.social.person_id),
        "decided_on": life.today,
    }
    life.tell("decide_reason", life.social.by, about(life, missed) | decided)


def about(life: Life, missed: Line) -> dict[str, Any]:
    """Of which infraction, and of whom: the applicant answers for the household."""
    member_id = missed.states.get("member_id", str(life.household.applicant.id))
    return {"infraction_ref": event_of(missed), "member_id": member_id}


def propose(life: Life, missed: Line, measure: str, by: Officer | None = None) -> None:
    life.wait(11, 16)
    states = {
        "proposal_id": life.new_id(),
        "infraction_refs": [event_of(missed)],
        "proposed_measure": measure,
    }
    life.tell("open_sanction_proposal", (by or life.social).by, states)


def report_to_inps(life: Life, missed: Line, by: Officer | None = None) -> None:
    """At once, within the ten days: whatever the state of the reason then, and before any proposal."""
    life.wait(0, 3)
    _report(life, missed, {"reason_status": "PENDING"}, by or life.social)


def report_again(life: Life, missed: Line, by: Officer | None = None) -> None:
    """The report that takes the place of the first one, once the reason is decided and a measure proposed."""
    life.wait(0, 4)
    more = {
        "reason_status": "REJECTED" if _was_decided(life, missed) else "NONE_GIVEN",
        "proposal_id": life.told["open_sanction_proposal"].states["proposal_id"],
        "supersedes_report_id": life.told["report_to_inps"].states["report_id"],
    }
    _report(life, missed, more, by or life.social)


def _report(life: Life, missed: Line, more: dict[str, Any], by: Officer) -> None:
    life.tell(
        "report_to_inps",
        by.by,
        {
            "report_id": life.new_id(),
            "infraction_refs": [event_of(missed)],
            "facts": "Fatto accertato e motivo chiesto (caso inventato)",
            "article_and_letter": _article(life, missed),
            "reported_on": life.today,
            "siisl_receipt": f"SIISL-{digest(life.key + life.today)[:10].upper()}",
        }
        | more,
    )


def _article(life: Life, missed: Line) -> str:
    referral = life.case.referral
    if referral is not None and referral.benefit == "RDC":
        return "DL 4/2019 art. 7 c. 9"
    return ARTICLES[missed.states.get("code", missed.act)]


def _was_decided(life: Life, missed: Line) -> bool:
    decided = life.told.get("decide_reason")
    return decided is not None and decided.states["infraction_ref"] == event_of(missed)


def tell_of_proceeding(life: Life) -> None:
    """Comunicazione di avvio del procedimento: office, person in charge, term (L. 241/1990 artt. 7-8)."""
    states = {
        "proposal_id": life.told["open_sanction_proposal"].states["proposal_id"],
        "sent_on": life.today,
        "delivered_on": life.today,
        "office_and_person": f"Servizio sociale, {life.social.name} {life.social.surname}",
        "deadline_for_briefs": (life.day + timedelta(days=15)).isoformat(),
    }
    life.tell("send_proceeding_notice", life.social.by, states)


def _order(life: Life, legal_ref: str, motivation: str) -> dict[str, Any]:
    """What every measure of INPS states."""
    life.wait(15, 35)
    proposal = life.told["open_sanction_proposal"].states
    return {
        "measure_id": life.new_id(),
        "proposal_id": proposal["proposal_id"],
        "infraction_refs": proposal["infraction_refs"],
        "legal_ref": legal_ref,
        "authority": "INPS",
        "act_ref": f"INPS-INVENTATO-{digest(life.key + life.today)[:8].upper()}",
        "ordered_on": life.today,
        "motivation": motivation,
        "affected_scope": "HOUSEHOLD",
        "remedies": REMEDIES,
    }


def order_decurtazione(
    life: Life, months_fraction: str, legal_ref: str = "protocollo d'intesa, premessa"
) -> None:
    """A share of one month, or some whole months in turn."""
    order = _order(life, legal_ref, "Impegno del patto non rispettato senza motivo")
    whole = int(months_fraction) if months_fraction.isdecimal() else 1
    months = [f"{add_months(life.day, number):%Y-%m}" for number in range(1, whole + 1)]
    share = "1" if months_fraction.isdecimal() else months_fraction
    more = {
        "months_charged": [{"month": month, "share": share} for month in months],
        "months_fraction": months_fraction,
        "amount": euro(life, 90, 700),
        "effective_from": months[0],
    }
    life.tell("record_decurtazione", INPS, order | more)
    notify(life, order["measure_id"])


def order_decadenza(life: Life) -> None:
    order = _order(life, "DL 48/2023 art. 8 c. 6", "Decadenza dell'intero nucleo")
    more = {"effective_from": life.today, "reapply_not_before": add_months(life.day, 6).isoformat()}
    life.tell("record_decadenza", INPS, order | more)
    notify(life, order["measure_id"])


def order_revoca(life: Life) -> None:
    """The benefit is taken back from its first month."""
    order = _order(life, "DL 48/2023 art. 8 c. 5", "Dichiarazione non veritiera sul nucleo")
    first = life.told["record_grant"].states["first_month"]
    more = {
        "effective_from": f"{first}-01",
        "restitution": euro(life, 900, 4000),
        "reapply_not_before": add_months(life.day, 6).isoformat(),
    }
    life.tell("record_revoca", INPS, order | more)
    notify(life, order["measure_id"])


def order_proposed_sospensione(life: Life) -> None:
    """Of the household that did not document the schooling of a minor."""
    order = _order(life, "DL 48/2023 art. 2 c. 3-bis", "Istruzione del minore non documentata")
    life.tell(
        "record_sospensione", INPS, order | {"suspended_from_month": f"{add_months(life.day, 1):%Y-%m}"}
    )
    notify(life, order["measure_id"])


def order_sospensione(life: Life) -> None:
    """The services convoked nobody in time: the household is suspended, and has done nothing wrong."""
    states = {
        "measure_id": life.new_id(),
        "infraction_refs": [],
        "legal_ref": "DL 48/2023 art. 4 cc. 4-5; DM 154/2023 art. 9 c. 2",
        "authority": "INPS",
        "act_ref": f"INPS-INVENTATO-{digest(life.key + life.today)[:8].upper()}",
        "ordered_on": life.today,
        "motivation": "Nessun incontro con i servizi entro 120 giorni",
        "affected_scope": "HOUSEHOLD",
        "remedies": REMEDIES,
        "suspended_from_month": f"{add_months(life.day, 1):%Y-%m}",
    }
    life.tell("record_sospensione", INPS, states)
    notify(life, str(states["measure_id"]))


def lift_suspension(life: Life, cured_by: Line) -> None:
    life.wait(3, 15)
    measure_id = life.told["record_sospensione"].states["measure_id"]
    states = {
        "measure_id": measure_id,
        "lifted_on": life.today,
        "cause_event_ref": event_of(cured_by),
        "arrears_from": life.told["record_sospensione"].states["suspended_from_month"],
    }
    life.tell("lift_suspension", INPS, states)


def ask_review(life: Life, annulled: bool) -> None:
    """The household asks INPS to look at the measure again."""
    life.wait(5, 25)
    measure_id = life.told["record_decurtazione"].states["measure_id"]
    asked = {
        "measure_id": measure_id,
        "member_id": str(life.household.applicant.id),
        "filed_on": life.today,
        "forum": "INPS",
    }
    life.tell("request_review", life.social.by, asked)
    if not annulled:
        return
    life.wait(15, 40)
    annulment = {
        "measure_id": measure_id,
        "annulled_on": life.today,
        "authority": "INPS",
        "reason": "La legge vigente non prevede la decurtazione",
    }
    life.tell("annul_measure", INPS, annulment)


def notify(life: Life, measure_id: str) -> None:
    life.wait(5, 15)
    proof = f"raccomandata/{digest(measure_id)[:12]}"
    states = {"measure_id": measure_id, "notified_on": life.today, "proof_ref": proof}
    life.tell("notify_measure", INPS, states)
