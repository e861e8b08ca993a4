"""From a missed commitment or appointment to the measure: ascertained, asked, proposed, reported, ordered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from deploy.demo.households import Member
from deploy.demo.life import Life, digest
from deploy.demo.offices import EMPLOYMENT, HEALTH, INPS, SCHOOL, SERD, Officer
from deploy.lines import Line, event_of
from domain.rules.calendar import add_months

REPORTERS = {"cpi": EMPLOYMENT, "ust": SCHOOL, "asl": HEALTH, "asl-serd": SERD}
"""Who sees that a commitment was not kept: the office named in its ``evidence_by``."""

REMEDIES = [
    {"body": "INPS, riesame", "term": "30 giorni dalla notifica"},
    {"body": "Tribunale ordinario, sezione lavoro", "term": "termini di legge"},
]
LETTER = {"CONVOCATION": "lett. a)", "COMMITMENT": "lett. c)"}


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


def report(life: Life, missed: dict[str, Any], reporter: Officer) -> None:
    life.wait(0, 3)
    life.tell("report_missed_commitment", reporter.by, missed)


def ask_reason(life: Life, missed: Line) -> None:
    life.wait(1, 4)
    life.tell(
        "request_reason",
        life.social.by,
        _about(missed)
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
    life.tell("submit_reason", life.social.by, _about(missed) | given)
    life.wait(2, 6)
    decided = {
        "accepted": accepted,
        "motivation": "Il motivo è provato" if accepted else "Nulla prova il motivo addotto",
        "decided_by": str(life.social.person_id),
        "decided_on": life.today,
    }
    life.tell("decide_reason", life.social.by, _about(missed) | decided)


def _about(missed: Line) -> dict[str, Any]:
    return {"infraction_ref": event_of(missed), "member_id": missed.states["member_id"]}


def propose(life: Life, missed: Line, measure: str) -> None:
    life.wait(11, 16)
    states = {
        "proposal_id": life.new_id(),
        "infraction_refs": [event_of(missed)],
        "proposed_measure": measure,
    }
    life.tell("open_sanction_proposal", life.social.by, states)


def report_to_inps(life: Life, missed: Line) -> None:
    life.wait(0, 4)
    proposal = life.told["open_sanction_proposal"].states
    letter = LETTER["CONVOCATION" if missed.act == "report_absence" else "COMMITMENT"]
    life.tell(
        "report_to_inps",
        life.social.by,
        {
            "report_id": life.new_id(),
            "proposal_id": proposal["proposal_id"],
            "infraction_refs": proposal["infraction_refs"],
            "facts": "Fatto accertato e motivo chiesto; segue la proposta (caso inventato)",
            "article_and_letter": f"DL 48/2023 art. 8 c. 6 {letter}",
            "reason_status": "REJECTED" if _was_decided(life, missed) else "NONE_GIVEN",
            "reported_on": life.today,
            "siisl_receipt": f"SIISL-{digest(life.key + life.today)[:10].upper()}",
        },
    )


def _was_decided(life: Life, missed: Line) -> bool:
    decided = life.told.get("decide_reason")
    return decided is not None and decided.states["infraction_ref"] == event_of(missed)


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


def order_decurtazione(life: Life, months_fraction: str) -> None:
    order = _order(life, "protocollo d'intesa, premessa", "Impegno del patto non rispettato senza motivo")
    month = f"{add_months(life.day, 1):%Y-%m}"
    more = {
        "months_charged": [{"month": month, "share": months_fraction}],
        "months_fraction": months_fraction,
        "amount": {"amount": f"{life.rng.randrange(9000, 70000) / 100:.2f}", "currency": "EUR"},
        "effective_from": month,
    }
    life.tell("record_decurtazione", INPS, order | more)
    notify(life, order["measure_id"])


def order_decadenza(life: Life) -> None:
    order = _order(life, "DL 48/2023 art. 8 c. 6", "Decadenza dell'intero nucleo")
    more = {"effective_from": life.today, "reapply_not_before": add_months(life.day, 6).isoformat()}
    life.tell("record_decadenza", INPS, order | more)
    notify(life, order["measure_id"])


def notify(life: Life, measure_id: str) -> None:
    life.wait(5, 15)
    proof = f"raccomandata/{digest(measure_id)[:12]}"
    states = {"measure_id": measure_id, "notified_on": life.today, "proof_ref": proof}
    life.tell("notify_measure", INPS, states)
