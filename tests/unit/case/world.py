"""The invented household of these tests, and its life fact by fact."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID, uuid5

from domain.case.events import (
    AppointmentHeld,
    AppointmentMissed,
    CaseClosed,
    CaseReferred,
    CommitmentMissed,
    ConvocationDelivered,
    DecadenzaOrdered,
    DecurtazioneOrdered,
    EquipeFormed,
    HouseholdCompositionRecorded,
    HouseholdConvoked,
    InfractionReportedToInps,
    JustifiedReasonDecided,
    JustifiedReasonRequested,
    JustifiedReasonSubmitted,
    MeasureNotified,
    MemberConditionRecorded,
    MemberReferredToEmploymentService,
    ObligationEvaluated,
    OperatorAssigned,
    PattoDrafted,
    PattoSigned,
    PreliminaryAnalysisCompleted,
    SanctionProposalOpened,
)
from domain.case.parts import (
    Commitment,
    Component,
    Contact,
    ContactUsed,
    ExpectedResult,
    Member,
    MissingRole,
    Monitoring,
    Need,
    NotApplicableArea,
    Objective,
    Outcome,
    PattoSignatory,
    Remedy,
    Support,
)
from tests.telling import AMBITO, ASL, CPI, SOCIAL_WORKER, UST, id_of, said


def new(name: str) -> UUID:
    """An id by name."""
    return uuid5(UUID(int=0), name)


def day(month: int, of_month: int) -> date:
    return date(2025, month, of_month)


def hour(month: int, of_month: int, hours: int = 9) -> datetime:
    return datetime(2025, month, of_month, hours, 30, tzinfo=UTC)


# --- people ----------------------------------------------------------------------------------------------


def member(name: str, born: date, relationship: str, safe: bool = True) -> Member:
    email = f"{name.lower()}@example.org"
    return Member(
        member_id=new(name),
        name=name,
        surname="Inventata",
        tax_code="NVNXXX80A01A000X",
        birth_date=born,
        relationship=relationship,
        residence_address="Via Inventata, 12",
        contacts=(Contact(channel="EMAIL", value=email, safe=safe, verified_on=day(1, 2)),),
        needs_mediation=False,
    )


MOTHER = member("Rosaria", date(1987, 5, 14), "RICHIEDENTE")
HUSBAND = member("José", date(1983, 9, 2), "CONIUGE")
SON = member("Mosè", date(2015, 11, 8), "FIGLIO")
STRANGER = new("nobody of this household")

REFERRED = CaseReferred(
    household_id=new("household"),
    residence_comune="058091",
    ats="ats-demo",
    benefit="ADI",
    referred_on=day(1, 7),
)


def assignment(by, **more) -> OperatorAssigned:
    stated = {
        "assignment_id": new(f"assignment/{by.agency}/{by.unit}"),
        "person_id": by.person,
        "agency": by.agency,
        "unit": by.unit,
        "role": "SPECIALIST",
        "purpose": "TAKING_CHARGE",
        "from_on": day(1, 8),
    }
    return OperatorAssigned(**stated | more)


ASSIGNED = assignment(SOCIAL_WORKER)
CPI_ASSIGNED = said(CPI, assignment(CPI))
UST_ASSIGNED = said(UST, assignment(UST))
ASL_ASSIGNED = said(ASL, assignment(ASL))
HOUSEHOLD = HouseholdCompositionRecorded(
    members=(MOTHER, HUSBAND, SON), source="DECLARED", verified_on=day(1, 9)
)


def condition(code: str, who: Member = MOTHER, **more) -> MemberConditionRecorded:
    stated = {"member_id": who.member_id, "condition_code": code, "value": True, "valid_from": day(1, 1)}
    return MemberConditionRecorded(**stated | {"certified_by": "chi lo certifica"} | more)


ILL = condition("ONCOLOGICAL", HUSBAND)


def evaluated(who: Member, result: str | None = None, on: date | None = None) -> ObligationEvaluated:
    return ObligationEvaluated(member_id=who.member_id, evaluated_for=on or day(1, 10), result=result)


OBLIGED = evaluated(MOTHER, "obliged")
EXCLUDED = evaluated(HUSBAND, "excluded")

OPENED = (REFERRED, ASSIGNED, HOUSEHOLD)
EVALUATED = (*OPENED, ILL, OBLIGED, EXCLUDED)

# --- convocation and meeting -----------------------------------------------------------------------------


def contact(who: Member, value: str | None = None) -> ContactUsed:
    used = value or who.contacts[0].value
    return ContactUsed(member_id=who.member_id, channel="EMAIL", value=used, from_event_id=id_of(HOUSEHOLD))


CONVOKED = HouseholdConvoked(
    convocation_id=new("convocation"),
    member_ids=(MOTHER.member_id,),
    appointment_at=hour(2, 10),
    place="Piazza che non c'è, 1",
    channel="EMAIL",
    contact_used=(contact(MOTHER),),
    text_ref="convocazione/1",
    text_hash="0" * 64,
    language="it",
    sent_at=hour(1, 27),
    purpose="FIRST_APPOINTMENT",
    warning_text_version="1",
)
DELIVERED = ConvocationDelivered(
    convocation_id=CONVOKED.convocation_id,
    member_id=MOTHER.member_id,
    delivered_at=hour(1, 28),
    proof_ref="ricevuta/1",
)
HELD = AppointmentHeld(
    appointment_id=new("appointment"),
    convocation_id=CONVOKED.convocation_id,
    held_on=day(2, 10),
    kind="CONVOCATO",
    seat="SERVIZIO_SOCIALE",
    attendees=(MOTHER.member_id,),
)
ABSENT = AppointmentMissed(
    convocation_id=CONVOKED.convocation_id,
    member_id=MOTHER.member_id,
    missed_on=day(2, 10),
    ascertained_by=SOCIAL_WORKER.person,
    ascertained_on=day(2, 11),
)
MET = (*EVALUATED, CONVOKED, DELIVERED, HELD)
MISSED_THE_MEETING = (*EVALUATED, CONVOKED, DELIVERED, ABSENT)

# --- analysis, équipe, patto -----------------------------------------------------------------------------

NEED = Need(need_id=new("need"), member_id=MOTHER.member_id, area="WORK", level="HIGH")
ANALYSIS = PreliminaryAnalysisCompleted(
    analysis_id=new("analysis"),
    instrument_version="DM-72-2024/1",
    completed_on=day(2, 20),
    needs_by_area=(NEED,),
    outcomes=(
        Outcome(member_id=MOTHER.member_id, outcome="EM"),
        Outcome(member_id=HUSBAND.member_id, outcome="PAIS_SOCIAL"),
        Outcome(member_id=SON.member_id, outcome="PAIS_SOCIAL"),
    ),
    operator_id=SOCIAL_WORKER.person,
)
SENT_TO_CPI = MemberReferredToEmploymentService(
    referral_id=new("referral"),
    member_id=MOTHER.member_id,
    destination="CPI",
    destination_id="cpi",
    referred_on=day(2, 21),
)


def component(by, role: str) -> Component:
    named = {"name": "Nome", "surname": "Inventato", "function": "operatore"}
    return Component(person_id=by.person, role=role, agency=by.agency, unit=by.unit, **named)


TEAM = EquipeFormed(
    team_id=new("team"),
    components=(
        component(SOCIAL_WORKER, "SOCIAL_WORKER"),
        component(AMBITO, "SOCIAL_OPERATOR"),
        component(CPI, "EMPLOYMENT_OPERATOR"),
        component(UST, "SCHOOL"),
        component(ASL, "SPECIALIST"),
    ),
    missing_roles=(),
    case_manager_id=SOCIAL_WORKER.person,
    household_referent_id=MOTHER.member_id,
    communicated_on=day(2, 24),
)
NO_CPI = MissingRole(role="EMPLOYMENT_OPERATOR", reason="il CPI non ha personale")


def commitment(area: str, evidence_by: str, who: Member = MOTHER, **more) -> Commitment:
    stated = {
        "id": new(f"commitment/{area}"),
        "area": area,
        "obliged_member_id": who.member_id,
        "text": "Fare insieme quanto concordato",
        "frequency": "ogni due settimane",
        "conditional": who is MOTHER,
        "evidence_by": evidence_by,
    }
    return Commitment(**stated | more)


CONTACTS = commitment("CONTACTS", "servizio-sociale")
TRAINING = commitment("TRAINING", "cpi")
SCHOOLING = commitment("SCHOOLING", "ust", beneficiary_member_id=SON.member_id)
HEALTH = commitment("HEALTH", "asl", HUSBAND)
OBJECTIVE = Objective(objective_id=new("objective"), need_id=NEED.need_id, text="Trovare un lavoro")
RESULT = ExpectedResult(
    result_id=new("result"), objective_id=OBJECTIVE.objective_id, text="Un contratto", due_on=day(12, 1)
)
DRAFTED = PattoDrafted(
    patto_id=new("patto"),
    version=1,
    objectives=(OBJECTIVE,),
    expected_results=(RESULT,),
    supports=(
        Support(support_id=new("support"), catalogue_code="PROT8.i", provider="cpi", planned_from=day(3, 15)),
    ),
    commitments=(CONTACTS, TRAINING, SCHOOLING, HEALTH),
    not_applicable_areas=(),
    duration="dodici mesi",
    proportionality_reason="nei tempi del nucleo",
    preferences="incontri al mattino",
    minors_involvement="ascoltato a casa",
    prior_projects=(),
    scheda_progetto_ref="scheda/1",
    monitoring=Monitoring(method="colloquio", review_dates=(day(6, 1),), revision_rule="su richiesta"),
    family_responsible_id=MOTHER.member_id,
    case_manager_id=SOCIAL_WORKER.person,
    team_ref=TEAM.team_id,
    warning_text_version="1",
)


def signature(who: Member) -> PattoSignatory:
    return PattoSignatory(member_id=who.member_id, signed_on=day(3, 10), method="OLOGRAFA")


PATTO = PattoSigned(
    patto_id=DRAFTED.patto_id,
    version=1,
    signed_on=day(3, 10),
    signatories=(signature(MOTHER), signature(HUSBAND)),
    document_hash="1" * 64,
    copy_delivered_on=day(3, 10),
    case_manager_id=SOCIAL_WORKER.person,
    team_ref=TEAM.team_id,
)
NO_SCHOOL = NotApplicableArea(area="SCHOOLING", reason="nessun figlio a scuola")

ANALYSED = (*MET, ANALYSIS)
WITH_TEAM = (*ANALYSED, TEAM)
WITH_DRAFT = (*WITH_TEAM, DRAFTED)
SIGNED = (*WITH_DRAFT, PATTO)

# --- infractions, reasons, measures ----------------------------------------------------------------------

MISSED = CommitmentMissed(
    patto_id=DRAFTED.patto_id,
    commitment_id=CONTACTS.id,
    area="CONTACTS",
    member_id=MOTHER.member_id,
    missed_on=day(4, 15),
    facts="non è venuta",
    reporter="servizio-sociale",
    ascertained_by=SOCIAL_WORKER.person,
    ascertained_on=day(4, 16),
)
REPORT = replace(MISSED, ascertained_by=None, ascertained_on=None)


def about(infraction) -> dict:
    return {"infraction_ref": id_of(infraction), "member_id": infraction.member_id}


def asked(infraction=MISSED) -> JustifiedReasonRequested:
    terms = {"asked_on": day(4, 17), "channel": "EMAIL", "respond_by": day(4, 27)}
    return JustifiedReasonRequested(**about(infraction), **terms)


def submitted(infraction=MISSED) -> JustifiedReasonSubmitted:
    given = {"submitted_on": day(4, 20), "category": "TRANSPORT", "health_content_sealed": False}
    return JustifiedReasonSubmitted(**about(infraction), **given)


def decided(infraction=MISSED, accepted: bool = False) -> JustifiedReasonDecided:
    found = {"accepted": accepted, "motivation": "nulla lo prova", "decided_on": day(4, 24)}
    return JustifiedReasonDecided(**about(infraction), **found, decided_by=SOCIAL_WORKER.person)


def proposal(
    infraction=MISSED, measure: str = "DECURTAZIONE", name: str = "proposal"
) -> SanctionProposalOpened:
    refs = (id_of(infraction),)
    return SanctionProposalOpened(proposal_id=new(name), infraction_refs=refs, proposed_measure=measure)


def inps_report(infraction=MISSED, **more) -> InfractionReportedToInps:
    stated = {
        "report_id": new("report"),
        "infraction_refs": (id_of(infraction),),
        "facts": "impegno non rispettato",
        "article_and_letter": "art. 8 c. 6 lett. c)",
        "reason_status": "NONE_GIVEN",
        "reported_on": day(4, 18),
        "siisl_receipt": "SIISL-1",
    }
    return InfractionReportedToInps(**stated | more)


def _ordered(infraction, **more) -> dict:
    stated = {
        "measure_id": new("measure"),
        "infraction_refs": (id_of(infraction),),
        "legal_ref": "protocollo d'intesa, premessa",
        "authority": "INPS",
        "act_ref": "INPS-1",
        "ordered_on": day(6, 3),
        "motivation": "impegno non rispettato",
        "affected_scope": "HOUSEHOLD",
        "remedies": (Remedy(body="INPS", term="30 giorni"),),
    }
    return stated | more


def decurtazione(infraction=MISSED, **more) -> DecurtazioneOrdered:
    stated = {"months_fraction": "1/4", "effective_from": "2025-07"}
    return DecurtazioneOrdered(**_ordered(infraction, **stated | more))


def decadenza(infraction=ABSENT, **more) -> DecadenzaOrdered:
    return DecadenzaOrdered(**_ordered(infraction, **{"effective_from": day(6, 3)} | more))


NOTIFIED = MeasureNotified(measure_id=new("measure"), notified_on=day(6, 13), proof_ref="raccomandata/1")
CLOSED = CaseClosed(closed_on=day(11, 3), reason="GOALS_REACHED")

ASKED = (*SIGNED, MISSED, asked())
