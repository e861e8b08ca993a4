"""The acts by which the offices of an invented case come to know the parent: meeting, referral, patto."""

from datetime import date, timedelta
from uuid import UUID

from domain.case import events as e
from domain.case.parts import (
    ActiveMeasure,
    CheckReason,
    Commitment,
    ExpectedResult,
    Monitoring,
    Need,
    NotApplicableArea,
    Objective,
    Outcome,
    PattoSignatory,
)
from domain.rules.facts import Area
from domain.worked.household import CHILD, PARENT
from domain.worked.life import CPI, SOCIAL_WORKER, Life, new, stated

PATTO, PSP = new("patto"), new("psp")
AREAS: tuple[Area, ...] = ("CONTACTS", "SCHOOLING", "HEALTH", "PUC", "TRAINING")
EVIDENCE: dict[Area, str] = {"SCHOOLING": "ust", "HEALTH": "asl", "PUC": "puc", "TRAINING": "cpi"}


def meet(life: Life, day: date) -> None:
    """The parent comes to the servizio sociale by herself."""
    held = e.AppointmentHeld(
        appointment_id=new(f"appointment/{day}"),
        held_on=day,
        kind="SPONTANEO",
        seat="SERVIZIO_SOCIALE",
        attendees=(PARENT,),
    )
    life.tell(SOCIAL_WORKER, held, day)


def refer(life: Life, day: date) -> None:
    """The parent is sent to the CPI, which assigns its operator."""
    assessed = e.ActivabilityAssessed(member_id=PARENT, activable=True, rationale="-", assessed_on=day)
    life.tell(SOCIAL_WORKER, assessed, day)
    referral = e.MemberReferredToEmploymentService(
        referral_id=new("referral"),
        member_id=PARENT,
        destination="CPI",
        destination_id="cpi",
        referred_on=day,
    )
    life.tell(SOCIAL_WORKER, referral, day)
    assigned = e.OperatorAssigned(
        assignment_id=new("assignment/cpi"),
        person_id=new("operator/cpi"),
        agency="cpi",
        role="EMPLOYMENT_OPERATOR",
        purpose="EMPLOYMENT",
        from_on=day,
    )
    life.tell(CPI, assigned, day)


def sign_psp(life: Life, day: date, areas: tuple[Area, ...]) -> None:
    """A patto di servizio with one action for each area."""
    actions = [ActiveMeasure(action_id=line_id("PSP", area), kind=area) for area in areas]
    signed = e.ServicePattoSigned(
        member_id=PARENT,
        psp_id=PSP,
        signed_on=day,
        actions=(*actions, ActiveMeasure(action_id=new("PSP/search"), kind="SEARCH")),
        contact_frequency="ogni mese",
        operator_id=new("operator/cpi"),
    )
    life.tell(CPI, signed, day)


def draft_pais(life: Life, day: date, areas: tuple[Area, ...]) -> None:
    """Meeting, analysis and the text of a Patto per l'inclusione sociale, a commitment for each area."""
    meet(life, day)
    life.tell(SOCIAL_WORKER, _analysis(day), day)
    life.tell(SOCIAL_WORKER, _draft(day, areas), day)


def sign_pais(life: Life, day: date, areas: tuple[Area, ...]) -> None:
    """The text signed; what it leaves out of what the protocol asks, with the reason."""
    draft_pais(life, day, areas)
    reasons = () if "PUC" in areas else (CheckReason(check="PA-10", reason="nessun PUC aperto"),)
    signed = stated(
        e.PattoSigned,
        patto_id=PATTO,
        version=1,
        signed_on=day,
        signatories=(PattoSignatory(member_id=PARENT, signed_on=day, method="OLOGRAFA"),),
        document_hash="0" * 64,
        copy_delivered_on=day,
        case_manager_id=new("operator/servizio-sociale"),
        reasons=reasons or None,
    )
    life.tell(SOCIAL_WORKER, signed, day)


def line_id(kind: str, area: str) -> UUID:
    """The commitment, or the action, of an area."""
    return new(f"{kind}/{area}")


NEED, OBJECTIVE = new("need"), new("objective")


def _analysis(day: date) -> e.PreliminaryAnalysisCompleted:
    members = (PARENT, CHILD)
    return e.PreliminaryAnalysisCompleted(
        analysis_id=new("analysis"),
        instrument_version="DM-72-2024/1",
        completed_on=day,
        needs_by_area=(Need(need_id=NEED, member_id=PARENT, area="WORK", level="HIGH"),),
        outcomes=tuple(Outcome(member_id=member, outcome="PAIS_SOCIAL") for member in members),
        operator_id=new("operator/servizio-sociale"),
    )


def _draft(day: date, areas: tuple[Area, ...]) -> e.PattoDrafted:
    later = day + timedelta(days=180)
    left_out = [area for area in AREAS[:3] if area not in areas]
    return e.PattoDrafted(
        patto_id=PATTO,
        version=1,
        objectives=(Objective(objective_id=OBJECTIVE, need_id=NEED, text="Trovare un lavoro"),),
        expected_results=(
            ExpectedResult(
                result_id=new("result"), objective_id=OBJECTIVE, text="Un contratto di lavoro", due_on=later
            ),
        ),
        supports=(),
        commitments=tuple(_line(area) for area in areas),
        not_applicable_areas=tuple(
            NotApplicableArea(area=area, reason="non serve")  # type: ignore[arg-type]
            for area in left_out
        ),
        duration="dodici mesi",
        proportionality_reason="nei tempi del nucleo",
        preferences="incontri al mattino",
        minors_involvement="ascoltata a casa",
        prior_projects=(),
        scheda_progetto_ref="scheda/1",
        monitoring=Monitoring(method="colloquio", review_dates=(later,), revision_rule="su richiesta"),
        family_responsible_id=PARENT,
        case_manager_id=new("operator/servizio-sociale"),
        warning_text_version="1",
    )


def _line(area: Area) -> Commitment:
    return Commitment(
        id=line_id("PAIS", area),
        area=area,
        obliged_member_id=PARENT,
        beneficiary_member_id=CHILD if area == "SCHOOLING" else None,
        text="Fare quanto concordato",
        frequency="ogni due settimane",
        conditional=True,
        evidence_by=EVIDENCE.get(area, "servizio-sociale"),
    )
