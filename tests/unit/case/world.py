"""The invented household of these tests, and its life fact by fact."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID, uuid5

from domain.case import events as e
from domain.case.commands import Agreement, Law, Puc
from domain.case.parts import (
    ActiveMeasure,
    AnalysedArea,
    CheckReason,
    Commitment,
    Component,
    Contact,
    ContactUsed,
    ExpectedResult,
    Invitee,
    Member,
    MissingRole,
    Monitoring,
    Need,
    NotApplicableArea,
    Objective,
    Outcome,
    PattoSignatory,
    Pupil,
    Remedy,
    ReviewedResult,
    Support,
)
from tests.telling import (
    AMBITO,
    ASL,
    CLOCK,
    COLLEAGUE,
    COMUNE,
    CPI,
    SERD,
    SOCIAL_WORKER,
    UST,
    Said,
    id_of,
    said,
)


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

REFERRED = e.CaseReferred(
    household_id=new("household"),
    residence_comune="058091",
    ats="ats-demo",
    benefit="ADI",
    referred_on=day(1, 7),
)


def assignment(by, **more) -> e.OperatorAssigned:
    stated = {
        "assignment_id": new(f"assignment/{by.agency}/{by.unit}"),
        "person_id": by.person,
        "agency": by.agency,
        "unit": by.unit,
        "role": "SPECIALIST",
        "purpose": "TAKING_CHARGE",
        "from_on": day(1, 8),
    }
    return e.OperatorAssigned(**stated | more)


ASSIGNED = assignment(SOCIAL_WORKER)
CPI_ASSIGNED = said(CPI, assignment(CPI))
UST_ASSIGNED = said(UST, assignment(UST))
ASL_ASSIGNED = said(ASL, assignment(ASL))
AMBITO_ASSIGNED = said(AMBITO, assignment(AMBITO))
SERD_ASSIGNED = said(SERD, assignment(SERD))
COLLEAGUE_ASSIGNED = said(COLLEAGUE, assignment(COLLEAGUE, assignment_id=new("assignment/colleague")))
HOUSEHOLD = e.HouseholdCompositionRecorded(
    members=(MOTHER, HUSBAND, SON), source="DECLARED", verified_on=day(1, 9)
)


def condition(code: str, who: Member = MOTHER, **more) -> e.MemberConditionRecorded:
    stated = {"member_id": who.member_id, "condition_code": code, "value": True, "valid_from": day(1, 1)}
    return e.MemberConditionRecorded(**stated | {"certified_by": "chi lo certifica"} | more)


ILL = condition("ONCOLOGICAL", HUSBAND)


def evaluated(who: Member, result: str | None = None, on: date | None = None) -> e.ObligationEvaluated:
    return e.ObligationEvaluated(member_id=who.member_id, evaluated_for=on or day(1, 10), result=result)


OBLIGED = evaluated(MOTHER, "obliged")
EXCLUDED = evaluated(HUSBAND, "excluded")

OPENED = (REFERRED, ASSIGNED, HOUSEHOLD)
EVALUATED = (*OPENED, ILL, OBLIGED, EXCLUDED)

# --- convocation and meeting -----------------------------------------------------------------------------


def contact(who: Member, value: str | None = None) -> ContactUsed:
    used = value or who.contacts[0].value
    return ContactUsed(member_id=who.member_id, channel="EMAIL", value=used, from_event_id=id_of(HOUSEHOLD))


CONVOKED = e.HouseholdConvoked(
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
DELIVERED = e.ConvocationDelivered(
    convocation_id=CONVOKED.convocation_id,
    member_id=MOTHER.member_id,
    delivered_at=hour(1, 28),
    proof_ref="ricevuta/1",
)
HELD = e.AppointmentHeld(
    appointment_id=new("appointment"),
    convocation_id=CONVOKED.convocation_id,
    held_on=day(2, 10),
    kind="CONVOCATO",
    seat="SERVIZIO_SOCIALE",
    attendees=(MOTHER.member_id,),
)
ABSENT = e.AppointmentMissed(
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
ANALYSIS = e.PreliminaryAnalysisCompleted(
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
ACTIVABLE = e.ActivabilityAssessed(
    member_id=MOTHER.member_id, activable=True, rationale="cerca lavoro", assessed_on=day(2, 20)
)
SENT_TO_CPI = e.MemberReferredToEmploymentService(
    referral_id=new("referral"),
    member_id=MOTHER.member_id,
    destination="CPI",
    destination_id="cpi",
    referred_on=day(2, 21),
)


def component(by, role: str) -> Component:
    named = {"name": "Nome", "surname": "Inventato", "function": "operatore"}
    return Component(person_id=by.person, role=role, agency=by.agency, unit=by.unit, **named)


TEAM = e.EquipeFormed(
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
    result_id=new("result"),
    objective_id=OBJECTIVE.objective_id,
    text="Un contratto di lavoro",
    due_on=day(12, 1),
)
DRAFTED = e.PattoDrafted(
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


PATTO = e.PattoSigned(
    patto_id=DRAFTED.patto_id,
    version=1,
    signed_on=day(3, 10),
    signatories=(signature(MOTHER), signature(HUSBAND)),
    document_hash="1" * 64,
    copy_delivered_on=day(3, 10),
    case_manager_id=SOCIAL_WORKER.person,
    team_ref=TEAM.team_id,
    reasons=(CheckReason(check="PA-10", reason="nessun PUC è aperto"),),
)
NO_SCHOOL = NotApplicableArea(area="SCHOOLING", reason="nessun figlio a scuola")

ANALYSED = (*MET, ANALYSIS)
WITH_TEAM = (*ANALYSED, TEAM)
WITH_DRAFT = (*WITH_TEAM, DRAFTED)
SIGNED = (*WITH_DRAFT, PATTO)

# --- infractions, reasons, measures ----------------------------------------------------------------------

MISSED = e.CommitmentMissed(
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


def asked(infraction=MISSED) -> e.JustifiedReasonRequested:
    terms = {"asked_on": day(4, 17), "channel": "EMAIL", "respond_by": day(4, 27)}
    return e.JustifiedReasonRequested(**about(infraction), **terms)


def submitted(infraction=MISSED) -> e.JustifiedReasonSubmitted:
    given = {"submitted_on": day(4, 20), "category": "TRANSPORT", "health_content_sealed": False}
    return e.JustifiedReasonSubmitted(**about(infraction), **given)


def decided(infraction=MISSED, accepted: bool = False) -> e.JustifiedReasonDecided:
    found = {"accepted": accepted, "motivation": "nulla lo prova", "decided_on": day(4, 24)}
    return e.JustifiedReasonDecided(**about(infraction), **found, decided_by=SOCIAL_WORKER.person)


def proposal(
    infraction=MISSED, measure: str = "DECURTAZIONE", name: str = "proposal"
) -> e.SanctionProposalOpened:
    refs = (id_of(infraction),)
    return e.SanctionProposalOpened(proposal_id=new(name), infraction_refs=refs, proposed_measure=measure)


def inps_report(infraction=MISSED, **more) -> e.InfractionReportedToInps:
    stated = {
        "report_id": new("report"),
        "infraction_refs": (id_of(infraction),),
        "facts": "impegno non rispettato",
        "article_and_letter": "art. 8 c. 6 lett. c)",
        "reason_status": "NONE_GIVEN",
        "reported_on": day(4, 18),
        "siisl_receipt": "SIISL-1",
    }
    return e.InfractionReportedToInps(**stated | more)


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


def decurtazione(infraction=MISSED, **more) -> e.DecurtazioneOrdered:
    stated = {"months_fraction": "1/4", "effective_from": "2025-07"}
    return e.DecurtazioneOrdered(**_ordered(infraction, **stated | more))


def decadenza(infraction=ABSENT, **more) -> e.DecadenzaOrdered:
    return e.DecadenzaOrdered(**_ordered(infraction, **{"effective_from": day(6, 3)} | more))


NOTIFIED = e.MeasureNotified(measure_id=new("measure"), notified_on=day(6, 13), proof_ref="raccomandata/1")
CLOSED = e.CaseClosed(closed_on=day(11, 3), reason="GOALS_REACHED")

ASKED = (*SIGNED, MISSED, asked())

# --- what INPS did with the benefit ----------------------------------------------------------------------

GRANTED = e.BenefitGranted(benefit="ADI", granted_on=day(1, 7), first_month="2025-01", months=18)
EXPIRED = e.BenefitExpired(benefit="ADI", expired_on=day(8, 31), last_month="2025-08")
RENEWED = e.BenefitRenewed(benefit="ADI", renewed_on=day(9, 1), first_month="2025-09", months=12)
RENOUNCED = e.BenefitRenounced(
    benefit="ADI", renounced_on=day(9, 20), effective_on=day(9, 30), member_id=MOTHER.member_id
)
PAD = e.PadSigned(
    signed_on=day(1, 8),
    signatory_member_id=MOTHER.member_id,
    contact_email=MOTHER.contacts[0].value,
    siisl_ref="SIISL-PAD-1",
)
TRANSMITTED = e.CaseTransmittedToComune(transmitted_on=day(1, 9))

# --- who has it in charge --------------------------------------------------------------------------------

MANAGER = e.CaseManagerAssigned(
    person_id=SOCIAL_WORKER.person, agency="servizio-sociale", role="SOCIAL_WORKER", from_on=day(1, 15)
)
TRANSFERRED = e.CompetenceTransferred(
    from_agency="ats", to_agency="ats-altrove", effective_on=day(10, 1), reason="AMBITO_CHANGED"
)
TAKEN_OVER = e.CompetenceAccepted(
    transfer_event_id=id_of(TRANSFERRED), accepted_by_agency="ats-altrove", accepted_on=day(10, 3)
)
UNASSIGNED = e.OperatorUnassigned(
    assignment_id=ASSIGNED.assignment_id, until=day(11, 3), reason="CASE_CLOSED"
)

# --- the household, checked and changed ------------------------------------------------------------------


def contacts_now(who: Member, *values: str, safe: bool = True, on: date | None = None) -> e.ContactsUpdated:
    listed = tuple(Contact(channel="EMAIL", value=v, safe=safe, verified_on=day(1, 20)) for v in values)
    return e.ContactsUpdated(
        member_id=who.member_id, contacts=listed, source="MEMBER", updated_on=on or day(1, 20)
    )


def change(what: str, who: Member = SON, on: date | None = None) -> e.HouseholdMemberChanged:
    return e.HouseholdMemberChanged(member_id=who.member_id, change_type=what, effective_on=on or day(5, 20))


NEW_EMAIL = contacts_now(MOTHER, "rosaria.nuova@example.org")
BOTH_EMAILS = contacts_now(MOTHER, "rosaria.nuova@example.org", MOTHER.contacts[0].value)
CHECKED = said(
    COMUNE,
    e.ResidenceCheckRecorded(
        member_id=MOTHER.member_id, check_kind="RESIDENCE", outcome="CONFIRMED", checked_on=day(1, 20)
    ),
)
DECLARATION_CHECKED = said(
    COMUNE,
    e.DeclarationCheckRecorded(
        member_id=MOTHER.member_id, subject="HOUSEHOLD", outcome="CONSISTENT", checked_on=day(1, 20)
    ),
)
DISABLED = condition("DISABILITY_L68", HUSBAND, valid_from=day(2, 1))
VOLUNTEERED = e.VoluntaryAdhesionRequested(
    member_id=HUSBAND.member_id, requested_on=day(2, 3), path_type="LAVORATIVO"
)

# --- the employment centre -------------------------------------------------------------------------------

ACCEPTED = said(
    CPI,
    e.ReferralAccepted(
        referral_id=SENT_TO_CPI.referral_id, member_id=MOTHER.member_id, accepted_on=day(2, 24)
    ),
)
RETURNED = said(
    CPI,
    e.ReferralReturned(
        referral_id=SENT_TO_CPI.referral_id,
        member_id=MOTHER.member_id,
        returned_on=day(2, 26),
        reason="NOT_COMPETENT",
    ),
)
CALLED = said(
    CPI,
    e.MemberConvokedByCpi(
        convocation_id=new("call"),
        member_id=MOTHER.member_id,
        appointment_at=hour(3, 20),
        place="Via del lavoro, 2",
        channel="EMAIL",
        contact_used=MOTHER.contacts[0].value,
        text_ref="convocazione-cpi/1",
        text_hash="2" * 64,
        language="it",
        sent_at=hour(3, 3),
        warning_text_version="1",
    ),
)
CALL_DELIVERED = said(
    CPI,
    e.ConvocationDelivered(
        convocation_id=new("call"),
        member_id=MOTHER.member_id,
        delivered_at=hour(3, 4),
        proof_ref="ricevuta/2",
    ),
)
MET_AT_CPI = said(
    CPI,
    e.AppointmentHeld(
        appointment_id=new("at the CPI"),
        convocation_id=new("call"),
        held_on=day(3, 20),
        kind="CONVOCATO",
        seat="CPI",
        attendees=(MOTHER.member_id,),
    ),
)
NOT_AT_CPI = said(
    CPI,
    e.AppointmentMissed(
        convocation_id=new("call"),
        member_id=MOTHER.member_id,
        missed_on=day(3, 20),
        ascertained_by=CPI.person,
        ascertained_on=day(3, 21),
    ),
)
DID = said(CPI, e.DidRecorded(member_id=MOTHER.member_id, did_on=day(3, 20), did_ref="DID-1"))
ACTION = ActiveMeasure(action_id=new("action"), kind="corso", from_on=day(4, 1), to_on=day(6, 30))
PSP = said(
    CPI,
    e.ServicePattoSigned(
        member_id=MOTHER.member_id,
        psp_id=new("psp"),
        signed_on=day(3, 20),
        actions=(ACTION,),
        contact_frequency="ogni mese",
        operator_id=CPI.person,
    ),
)
NOT_AT_THE_COURSE = said(
    CPI,
    e.CommitmentMissed(
        patto_id=new("psp"),
        commitment_id=ACTION.action_id,
        area="TRAINING",
        member_id=MOTHER.member_id,
        missed_on=day(4, 15),
        facts="assente al corso",
        reporter="cpi",
        ascertained_by=CPI.person,
        ascertained_on=day(4, 16),
    ),
)
OFFER = said(
    CPI,
    e.JobOfferRecorded(
        member_id=MOTHER.member_id,
        offer_id=new("offer"),
        contract_type="permanent",
        fte_pct=80,
        distance_km=20,
        public_transport_min=30,
        wage_ok=True,
        outcome="REFUSED",
    ),
)
AT_THE_CPI = (*ANALYSED, ACTIVABLE, SENT_TO_CPI, CPI_ASSIGNED)
WITH_PSP = (*AT_THE_CPI, ACCEPTED, CALLED, CALL_DELIVERED, MET_AT_CPI, DID, PSP)

# --- équipe and specialist services ----------------------------------------------------------------------

FRAMEWORK = e.AnalysisFrameworkCompleted(
    framework_id=new("framework"),
    instrument_version="DM-72-2024/2",
    completed_on=day(3, 3),
    areas=(
        AnalysedArea(
            need_id=new("need of care"),
            member_id=HUSBAND.member_id,
            area="HEALTH",
            needs="essere seguito",
            resources="la moglie",
        ),
    ),
)
SENT_TO_SERD = e.MemberReferredToSpecialistService(
    referral_id=new("specialist referral"),
    member_id=HUSBAND.member_id,
    unit="asl-serd",
    referred_on=day(3, 4),
)


def answer(what: str, month: int, of_month: int):
    answered = e.SpecialistReferralAnswered(
        referral_id=SENT_TO_SERD.referral_id,
        member_id=HUSBAND.member_id,
        answer=what,
        from_on=day(month, of_month),
    )
    return said(SERD, answered)


TAKEN = answer("TAKEN", 3, 10)
SITTING = said(
    AMBITO,
    e.EquipeConvoked(
        session_id=new("session"),
        slot="1",
        team_id=TEAM.team_id,
        meeting_at=hour(3, 5),
        seat="Sala dell'Ambito",
        invitees=tuple(Invitee(person_id=c.person_id, agency=c.agency, unit=c.unit) for c in TEAM.components),
        channel="EMAIL",
        attachment="ESTRATTO",
        attachment_visibility_profile="equipe/1",
    ),
)
INVITED = said(
    CPI,
    e.EquipeInviteAnswered(
        session_id=new("session"),
        team_id=TEAM.team_id,
        person_id=CPI.person,
        agency="cpi",
        answer="ACCEPTED",
        answered_on=day(2, 28),
    ),
)
SAT = e.EquipeMet(
    session_id=new("session"),
    team_id=TEAM.team_id,
    held_on=day(3, 5),
    present=(SOCIAL_WORKER.person, AMBITO.person, CPI.person),
    absent=(UST.person, ASL.person),
    minutes_ref="verbale/1",
)
CHANGED_TEAM = e.EquipeChanged(
    team_id=TEAM.team_id,
    added=(component(SERD, "SPECIALIST"),),
    removed=(ASL.person,),
    missing_roles=(),
    reason="lo segue il SerD",
    effective_on=day(3, 6),
    communicated_on=day(3, 6),
)
FRAMED = (*WITH_TEAM, FRAMEWORK)

# --- the patto, lived ------------------------------------------------------------------------------------

REFUSED_TO_SIGN = e.PattoSignatureRefused(
    patto_id=DRAFTED.patto_id,
    patto_kind="PAIS",
    member_id=MOTHER.member_id,
    refused_on=day(3, 7),
    witnessed_by=SOCIAL_WORKER.person,
)
REVIEW = e.MonitoringReviewHeld(
    patto_id=DRAFTED.patto_id,
    version=1,
    held_on=day(6, 3),
    results=(ReviewedResult(result_id=RESULT.result_id, status="PARTLY"),),
    revision_proposed=True,
    next_on=day(9, 3),
)
PUC_LINE = commitment("PUC", "puc")
REDRAFTED = replace(DRAFTED, version=2, commitments=(*DRAFTED.commitments, PUC_LINE))
REVISED = e.PattoRevised(
    patto_id=DRAFTED.patto_id,
    from_version=1,
    to_version=2,
    reason="un PUC si è aperto",
    signed_on=day(6, 10),
    signatories=PATTO.signatories,
    document_hash="3" * 64,
    copy_delivered_on=day(6, 10),
)
SUPPORT = DRAFTED.supports[0]
SUPPORT_ON = said(
    CPI,
    e.SupportActivated(
        support_id=SUPPORT.support_id,
        patto_id=DRAFTED.patto_id,
        catalogue_code="PROT8.i",
        member_id=MOTHER.member_id,
        provider="cpi",
        start_on=day(3, 15),
    ),
)
SUPPORT_OFF = said(
    CPI, e.SupportEnded(support_id=SUPPORT.support_id, ended_on=day(6, 30), outcome="COMPLETED")
)
PUC_ASSIGNED = e.PucAssigned(
    member_id=MOTHER.member_id, puc_id=new("puc"), hours_per_week=8, start_on=day(6, 16)
)
PROJECT = Puc("comune-058091", 1, day(1, 1), None)
WHOLE_LAW = Law(
    protocol_from=day(1, 1),
    agreements=(Agreement("ets-1", "ETS", day(1, 1), None),),
    pucs={new("puc"): PROJECT},
    unanswered={new("access request"): day(2, 10)},
)
FULFILLED = e.CommitmentFulfilled(commitment_id=CONTACTS.id, member_id=MOTHER.member_id, period="2025-05")
WITH_REVISION = (*SIGNED, REVIEW, REDRAFTED, REVISED)

# --- school, health, updates -----------------------------------------------------------------------------

PUPIL = Pupil(
    minor_member_id=SON.member_id,
    name=SON.name,
    surname=SON.surname,
    tax_code=SON.tax_code,
    birth_date=SON.birth_date,
)
SCHOOL_ASKED = said(
    COMUNE,
    e.SchoolVerificationRequested(
        verification_id=new("verification"), minors=(PUPIL,), school_year="2024/25", requested_on=day(4, 1)
    ),
)
NOT_ENROLLED = said(
    UST,
    e.SchoolingVerified(
        verification_id=new("verification"),
        minor_member_id=SON.member_id,
        source="UST",
        outcome="NON_ISCRITTO",
        verified_on=day(4, 8),
    ),
)
DOCUMENTS_ASKED = e.SchoolingDocumentsRequested(
    minor_member_id=SON.member_id,
    asked_member_id=MOTHER.member_id,
    requested_on=day(4, 9),
    delivered_on=day(4, 10),
    respond_by=day(4, 20),
)
DOCUMENTED = e.SchoolingVerified(
    minor_member_id=SON.member_id, source="DOCUMENTS", outcome="REGOLARE", verified_on=day(4, 15)
)
WARNED_BY_MAYOR = said(
    COMUNE,
    e.MayorWarningRecorded(
        minor_member_id=SON.member_id,
        responsible_member_id=MOTHER.member_id,
        warned_on=day(4, 10),
        comply_by=day(4, 17),
        act_ref="ordinanza/1",
    ),
)
AT_SCHOOL = said(
    UST,
    e.SchoolAttendanceReported(
        minor_member_id=SON.member_id, period="2025-05", status="REGOLARE", report_ref="frequenza/1"
    ),
)
ATTENDED = said(
    ASL,
    e.HealthAttendanceConfirmed(
        member_id=HUSBAND.member_id, commitment_id=HEALTH.id, attended=True, period="2025-05"
    ),
)
UPDATED = e.PeriodicUpdateHeld(member_id=MOTHER.member_id, held_on=day(5, 9), seat="SERVIZIO_SOCIALE")
REGISTERED = e.GepiRegistrationRecorded(subject_event_id=id_of(HELD), registered_on=day(2, 12))

# --- breaches, terms and measures, the rest --------------------------------------------------------------


def found(code: str = "COMMUNICATION_BREACH", who: Member | None = MOTHER, **more):
    stated = {"code": code, "member_id": who and who.member_id, "occurred_on": day(5, 20)}
    return e.InfractionAscertained(**stated | {"source": "controllo", "evidence_ref": "verbale/2"} | more)


def lapsed(term: str, due: date, started_by, duty: str = "SERVIZI", who: Member | None = None):
    named = {"term_id": term, "due_on": due, "duty_bearer": duty, "member_id": who and who.member_id}
    return said(CLOCK, e.TermLapsed(**named, started_by_event_id=id_of(started_by)))


def reminder(infraction=MISSED, **more) -> e.FormalReminderIssued:
    stated = {"issued_by": SOCIAL_WORKER.person, "issued_on": day(4, 28), "comply_by": day(5, 12)}
    return e.FormalReminderIssued(**about(infraction), **stated | more)


NOTICE = e.ProceedingNoticeSent(
    proposal_id=new("proposal"),
    sent_on=day(5, 2),
    office_and_person="Ufficio di piano, chi ne risponde",
    deadline_for_briefs=day(5, 12),
)


def sospensione(infraction=MISSED, **more) -> e.SospensioneOrdered:
    return e.SospensioneOrdered(**_ordered(infraction, **{"suspended_from_month": "2025-07"} | more))


def revoca(infraction=MISSED, **more) -> e.RevocaOrdered:
    return e.RevocaOrdered(**_ordered(infraction, **{"effective_from": day(6, 3)} | more))


SUSPENDED = sospensione(infraction_refs=(), measure_id=new("suspension"), act_ref="INPS-2")
LIFTED = e.SuspensionLifted(
    measure_id=new("suspension"), lifted_on=day(6, 20), cause_event_ref=id_of(HELD), arrears_from="2025-07"
)
REVIEW_ASKED = e.ReviewRequested(
    measure_id=new("measure"), member_id=MOTHER.member_id, filed_on=day(6, 27), forum="INPS"
)
ANNULLED = e.MeasureAnnulled(
    measure_id=new("measure"), annulled_on=day(7, 10), authority="INPS", reason="in autotutela"
)


def correction(of, /, **new_value) -> e.EventCorrected:
    return e.EventCorrected(corrects_event_id=id_of(of), reason="errore", new_value=new_value)


def voided(of, **more) -> e.EventCorrected:
    told = {"corrects_event_id": id_of(of), "reason": "mai avvenuto", "new_value": {}, "voids": True}
    return e.EventCorrected(**told | more)


ERASED = said(
    AMBITO,
    e.PersonalDataErased(
        member_id=HUSBAND.member_id, erased_event_ids=(id_of(ILL),), ground="REQUEST", erased_on=day(12, 1)
    ),
)

# --- whole lives, each fact by who records it ------------------------------------------------------------

WHOLE = (
    *(REFERRED, ASSIGNED, GRANTED, PAD, TRANSMITTED, HOUSEHOLD, MANAGER),
    *(AMBITO_ASSIGNED, BOTH_EMAILS, CHECKED, DECLARATION_CHECKED, ILL, OBLIGED, EXCLUDED),
    *(CONVOKED, DELIVERED, DISABLED, VOLUNTEERED, HELD, REGISTERED, ANALYSIS, ACTIVABLE),
    *(SENT_TO_CPI, CPI_ASSIGNED, ACCEPTED, TEAM, UST_ASSIGNED, ASL_ASSIGNED, SITTING, INVITED, SAT),
    *(FRAMEWORK, SENT_TO_SERD, SERD_ASSIGNED, TAKEN, CHANGED_TEAM, CALLED, CALL_DELIVERED, DRAFTED),
    *(REFUSED_TO_SIGN, PATTO, SUPPORT_ON, MET_AT_CPI, DID, PSP, OFFER, SCHOOL_ASKED, NOT_ENROLLED),
    *(DOCUMENTS_ASKED, WARNED_BY_MAYOR, DOCUMENTED, AT_SCHOOL, ATTENDED, UPDATED, FULFILLED),
    *(lapsed("D14", day(5, 20), UPDATED), MISSED, asked(), submitted(), decided(), proposal()),
    *(inps_report(), NOTICE, found(), REVIEW, REDRAFTED, REVISED, PUC_ASSIGNED, SUPPORT_OFF),
    *(decurtazione(), NOTIFIED, SUSPENDED, LIFTED, REVIEW_ASKED, ANNULLED, change("RESIDENCE")),
    *(EXPIRED, RENEWED, RENOUNCED, TRANSFERRED, TAKEN_OVER),
    *(revoca(infraction_refs=(), measure_id=new("revoca"), ordered_on=day(10, 20)),),
    *(
        replace(NOTIFIED, measure_id=m, notified_on=day(10, 25))
        for m in (SUSPENDED.measure_id, new("revoca"))
    ),
    *(correction(HELD, held_on="2025-02-09"), CLOSED, ERASED, UNASSIGNED),
)
SENT_BACK = (*AT_THE_CPI, RETURNED)
LOST = (*MISSED_THE_MEETING, asked(ABSENT), proposal(ABSENT, "DECADENZA"), decadenza(), NOTIFIED)


def under(benefit: str, *life):
    """The same life of a household with another benefit."""
    return tuple(replace(fact, benefit=benefit) if fact is REFERRED else fact for fact in life)


REMINDED = under("REI", *(fact for fact in ASKED if fact is not EXCLUDED), reminder())
"""Under the ReI a commitment is counted by richiami formali."""

LIVES = {"whole": WHOLE, "sent back": SENT_BACK, "lost": LOST, "reminded": REMINDED}
TOLD = [fact.event if isinstance(fact, Said) else fact for life in LIVES.values() for fact in life]
SAMPLES = {type(event): event for event in TOLD}
"""One fact of every kind."""
