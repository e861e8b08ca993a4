"""Every fact of a case, in the order a case lives it: the one place to add one.

The docstring is the text of the timeline: the Italian term, then the article. Nested values stand in
:mod:`domain.case.parts`. The cells of ``shown`` are the disclosure matrix; an agency that no cell names
is shown nothing, and the servizio sociale that runs the case reads all of it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from domain.case.parts import (
    AgencyCode,
    Commitment,
    Component,
    Conflict,
    ContactUsed,
    ExpectedResult,
    Istat,
    Member,
    MissingRole,
    Money,
    Monitoring,
    Month,
    MonthCharged,
    Need,
    NotApplicableArea,
    Objective,
    Outcome,
    PattoSignatory,
    PriorProject,
    Remedy,
    Support,
)
from domain.contract import Json, Personal, computed, fact, show, traced


@fact(
    "adi.case.case_referred",
    act="refer_case",
    recorders="system servizio-sociale",
    happened="referred_on",
    shown=(
        show("ats", "P", "ambito", "household_id residence_comune ats benefit domanda_ref referred_on"),
        show("inps", "N", "always"),
        show("person", "P", "person", "household_id residence_comune ats benefit domanda_ref referred_on"),
    ),
)
class CaseReferred:
    """Apertura del fascicolo / ricezione del flusso. DM 154/2023 art. 9 c. 1."""

    household_id: UUID
    residence_comune: Istat
    ats: str
    benefit: Literal["ADI", "RDC", "REI", "NASPI", "NONE"]
    domanda_ref: Personal[str] | None = None
    referred_on: date


@fact(
    "adi.case.operator_assigned",
    act="assign_operator",
    path="assignments",
    recorders="ats servizio-sociale cpi accreditato ust asl mmg ets sil puc",
    happened="from_on",
    slot="assignment_id",
    shown=(
        show("ats", "P", "ambito", "assignment_id person_id agency unit role purpose from_on"),
        show(
            "comune cpi accreditato ust asl mmg ets puc sil",
            "X",
            "own_operator",
            "assignment_id person_id agency unit role purpose from_on",
        ),
        show("person", "P", "person", "agency role from_on"),
    ),
)
class OperatorAssigned:
    """Assegnazione dell'operatore al fascicolo. GDPR arts. 5(1)(f), 25, 32; protocol art. 5."""

    assignment_id: UUID
    person_id: UUID
    agency: AgencyCode
    unit: Personal[str] | None = None
    role: Literal[
        "CASE_MANAGER",
        "SOCIAL_WORKER",
        "SOCIAL_OPERATOR",
        "EMPLOYMENT_OPERATOR",
        "SPECIALIST",
        "GP",
        "PAEDIATRICIAN",
        "SCHOOL",
        "TRAINING",
        "HOUSING",
        "ETS",
        "SIL",
        "PUC",
        "CLERK",
    ]
    purpose: Literal[
        "TAKING_CHARGE", "EMPLOYMENT", "SCHOOLING", "HEALTH", "PUC", "SUPPORT", "CONTROLS", "ACCESS"
    ]
    from_on: date


@fact(
    "adi.case.operator_unassigned",
    act="unassign_operator",
    path="unassignments",
    recorders="ats servizio-sociale cpi accreditato ust asl mmg ets sil puc",
    happened="until",
    slot="assignment_id",
    shown=(
        show("ats", "P", "ambito", "assignment_id until reason"),
        show(
            "comune cpi accreditato ust asl mmg ets puc sil",
            "X",
            "own_operator",
            "assignment_id until reason",
        ),
        show("person", "P", "person", "assignment_id until"),
    ),
)
class OperatorUnassigned:
    """Fine dell'assegnazione dell'operatore. GDPR arts. 5(1)(f), 25, 32."""

    assignment_id: UUID
    until: date
    reason: Literal["CHARGE_ENDED", "REPLACED", "LEFT_OFFICE", "CASE_CLOSED", "OTHER"]


@fact(
    "adi.case.household_composition_recorded",
    act="record_household",
    path="households",
    recorders="comune servizio-sociale",
    happened="verified_on",
    shown=(
        show(
            "ats",
            "P",
            "ambito",
            "members[].member_id members[].name members[].surname members[].birth_date members[].contacts "
            "members[].language members[].needs_mediation source verified_on",
        ),
        show(
            "comune",
            "P",
            "residence",
            "members[].member_id members[].name members[].surname members[].tax_code members[].birth_date "
            "members[].sex members[].relationship members[].resident_from members[].residence_address "
            "source verified_on",
        ),
        show(
            "cpi accreditato",
            "P",
            "referred_member",
            "members[].member_id members[].name members[].surname members[].tax_code members[].birth_date "
            "members[].contacts members[].language members[].needs_mediation "
            "members[].legal_representative",
        ),
        show(
            "ust",
            "P",
            "pupils",
            "members[].member_id members[].name members[].surname members[].tax_code members[].birth_date",
        ),
        show(
            "asl",
            "P",
            "in_care",
            "members[].member_id members[].name members[].surname members[].tax_code members[].birth_date "
            "members[].contacts members[].language members[].needs_mediation "
            "members[].legal_representative",
        ),
        show(
            "puc sil",
            "P",
            "assigned_member",
            "members[].member_id members[].name members[].surname members[].contacts members[].language",
        ),
        show(
            "inps",
            "P",
            "always",
            "members[].member_id members[].name members[].surname members[].tax_code members[].birth_date "
            "members[].relationship members[].resident_from source verified_on",
        ),
        show("person", "P", "person", "members source verified_on"),
    ),
)
class HouseholdCompositionRecorded:
    """Composizione del nucleo / verifica anagrafica. protocol, premise 'Comuni'; DL 48/2023 art. 7 (comuni
    check residence).
    """

    members: Personal[tuple[Member, ...]]
    source: Literal["ANAGRAFE", "ANPR", "DSU", "SIISL", "DECLARED"]
    verified_on: date


@fact(
    "adi.case.member_condition_recorded",
    act="record_condition",
    path="conditions",
    recorders="servizio-sociale cpi ust asl",
    happened="valid_from",
    slot="member_id condition_code valid_from",
    shown=(
        show("ats", "P", "ambito", "member_id valid_from valid_to"),
        show(
            "cpi accreditato",
            "P",
            "employment_condition",
            "member_id condition_code value valid_from valid_to",
        ),
        show("ust", "P", "school_condition", "member_id condition_code value valid_from valid_to"),
        show("asl", "P", "own_condition", "member_id condition_code value valid_from valid_to"),
        show(
            "person",
            "P",
            "person",
            "member_id condition_code value valid_from valid_to certified_by evidence_ref",
        ),
    ),
)
class MemberConditionRecorded:
    """Condizione del componente (occupazione, studio, disabilità, pensione, carico di cura, percorso di
    protezione). DL 48/2023 art. 6 c. 4-5.
    """

    member_id: UUID
    condition_code: Personal[
        Literal[
            "EMPLOYED",
            "REGULAR_STUDY",
            "DIRECT_PENSION",
            "DISABILITY_L68",
            "ONCOLOGICAL",
            "GENDER_VIOLENCE_PATH",
            "PARENTAL_RESPONSIBILITY_LOST",
            "CARE_LOAD_DISABLED_MEMBER",
            "CAREGIVER",
            "LOW_INCOME_KEEPS_UNEMPLOYED_STATUS",
        ]
    ]
    value: Personal[bool]
    valid_from: date
    valid_to: date | None = None
    certified_by: Personal[str]
    evidence_ref: Personal[str] | None = None


@fact(
    "adi.case.obligation_evaluated",
    act="evaluate_obligation",
    path="obligation-evaluations",
    recorders="system servizio-sociale",
    happened="evaluated_for",
    slot="member_id evaluated_for",
    shown=(
        show("ats", "P", "ambito", "member_id result evaluated_for"),
        show("cpi", "P", "referred_member", "member_id result reason_codes evaluated_for"),
        show("accreditato", "P", "referred_member", "member_id result evaluated_for"),
        show("inps", "N", "always"),
        show(
            "person",
            "P",
            "person",
            "member_id result reason_codes rule_set_id evaluated_for inputs_hash input_event_ids",
        ),
    ),
)
class ObligationEvaluated:
    """Verifica degli obblighi. DL 48/2023 art. 6 c. 4-5."""

    member_id: UUID
    result: Literal["obliged", "excluded", "voluntary"] = computed()
    reason_codes: Personal[tuple[str, ...]] = computed()
    rule_set_id: str = computed()
    evaluated_for: date
    inputs_hash: str = computed()
    input_event_ids: tuple[UUID, ...] = computed()
    confirmed_by: UUID | None = None
    rule_set_hash: str = traced()
    case_version: int = traced()
    inputs: Json = traced()


@fact(
    "adi.case.household_convoked",
    act="convoke_household",
    path="convocations",
    recorders="servizio-sociale ats",
    happened="sent_at",
    slot="convocation_id",
    shown=(
        show(
            "ats",
            "P",
            "ambito",
            "convocation_id member_ids appointment_at place channel sent_at purpose warning_text_version",
        ),
        show("inps", "N", "always"),
        show(
            "person",
            "P",
            "person",
            "convocation_id member_ids appointment_at place channel contact_used text_ref text_hash "
            "language sent_at purpose warning_text_version",
        ),
    ),
)
class HouseholdConvoked:
    """Convocazione del nucleo. DM 154/2023 art. 7 c. 2 lett. a), art. 9 c. 2; protocol art. 6 (the Ambito
    convokes users).
    """

    convocation_id: UUID
    member_ids: tuple[UUID, ...]
    appointment_at: datetime
    place: str
    channel: Literal["SMS", "EMAIL", "SIISL", "POSTA", "BREVI_MANU"]
    contact_used: Personal[tuple[ContactUsed, ...]]
    text_ref: str
    text_hash: str
    language: str
    sent_at: datetime
    purpose: Literal["FIRST_APPOINTMENT", "UPDATE_90D", "EQUIPE", "PATTO", "OTHER"]
    warning_text_version: str


@fact(
    "adi.case.convocation_delivered",
    act="record_delivery",
    path="deliveries",
    recorders="system servizio-sociale ats cpi accreditato",
    happened="delivered_at",
    slot="convocation_id member_id",
    shown=(
        show("ats", "P", "ambito", "convocation_id member_id delivered_at"),
        show("cpi accreditato", "X", "own_convocation", "convocation_id member_id delivered_at proof_ref"),
        show("person", "P", "person", "convocation_id member_id delivered_at proof_ref"),
    ),
)
class ConvocationDelivered:
    """Recapito della convocazione. L. 241/1990 art. 21-bis (effect on receipt of limiting acts)."""

    convocation_id: UUID
    member_id: UUID
    delivered_at: datetime
    proof_ref: str


@fact(
    "adi.case.appointment_held",
    act="hold_appointment",
    path="appointments",
    recorders="servizio-sociale cpi accreditato",
    happened="held_on",
    slot="appointment_id",
    shown=(
        show("ats", "P", "ambito", "appointment_id held_on kind seat"),
        show(
            "cpi accreditato",
            "X",
            "own_meeting",
            "appointment_id convocation_id held_on kind seat attendees",
        ),
        show("inps", "P", "always", "appointment_id convocation_id held_on kind seat"),
        show("person", "P", "person", "appointment_id convocation_id held_on kind seat attendees"),
    ),
)
class AppointmentHeld:
    """Primo incontro avvenuto / presentazione spontanea. DM 154/2023 art. 9 c. 2."""

    appointment_id: UUID
    convocation_id: UUID | None = None
    held_on: date
    kind: Literal["CONVOCATO", "SPONTANEO"]
    seat: Literal["SERVIZIO_SOCIALE", "CPI", "SOGGETTO_ACCREDITATO"]
    attendees: tuple[UUID, ...]


@fact(
    "adi.case.appointment_missed",
    act="report_absence",
    path="absences",
    recorders="servizio-sociale cpi",
    happened="missed_on",
    slot="convocation_id member_id",
    shown=(
        show("ats", "P", "ambito", "convocation_id missed_on ascertained_on"),
        show(
            "cpi",
            "X",
            "own_convocation",
            "convocation_id member_id missed_on ascertained_by ascertained_on",
        ),
        show("inps", "F", "always"),
        show("person", "P", "person", "convocation_id member_id missed_on ascertained_on"),
    ),
)
class AppointmentMissed:
    """Mancata presentazione. DL 48/2023 art. 8 c. 6 lett. a)."""

    convocation_id: UUID
    member_id: UUID
    missed_on: date
    ascertained_by: UUID
    ascertained_on: date


@fact(
    "adi.case.preliminary_analysis_completed",
    act="complete_analysis",
    path="analyses",
    recorders="servizio-sociale",
    happened="completed_on",
    slot="analysis_id",
    shown=(
        show("ats", "P", "ambito", "analysis_id completed_on outcomes"),
        show("cpi ust asl", "T", "need_areas", "analysis_id instrument_version completed_on needs_by_area"),
        show("sil", "T", "need_areas", "analysis_id completed_on needs_by_area"),
        show("person", "P", "person", "analysis_id instrument_version completed_on needs_by_area outcomes"),
    ),
)
class PreliminaryAnalysisCompleted:
    """Analisi preliminare conclusa. D.Lgs. 147/2017 art. 5; DM 72/2024 guidelines; protocol art. 5."""

    analysis_id: UUID
    instrument_version: str
    completed_on: date
    needs_by_area: Personal[tuple[Need, ...]]
    outcomes: Personal[tuple[Outcome, ...]]
    operator_id: UUID


@fact(
    "adi.case.member_referred_to_employment_service",
    act="refer_to_employment",
    path="employment-referrals",
    recorders="servizio-sociale",
    happened="referred_on",
    slot="referral_id",
    shown=(
        show(
            "ats",
            "P",
            "ambito",
            "referral_id member_id destination destination_id referred_on regional_act_ref regional_act_on",
        ),
        show(
            "cpi accreditato",
            "P",
            "referred_member",
            "referral_id member_id destination destination_id referred_on regional_act_ref regional_act_on",
        ),
        show("inps", "N", "always"),
        show(
            "person",
            "P",
            "person",
            "referral_id member_id destination destination_id referred_on regional_act_ref regional_act_on",
        ),
    ),
)
class MemberReferredToEmploymentService:
    """Avvio al CPI / soggetto accreditato. protocol premise CPI; DL 48/2023 art. 4 c. 5, art. 6 c. 3, c.
    7.
    """

    referral_id: UUID
    member_id: UUID
    destination: Literal["CPI", "ACCREDITATO"]
    destination_id: str
    referred_on: date
    regional_act_ref: str | None = None
    regional_act_on: date | None = None


@fact(
    "adi.case.equipe_formed",
    act="form_equipe",
    path="equipes",
    recorders="servizio-sociale",
    happened="communicated_on",
    slot="team_id",
    shown=(
        show("ats", "F", "ambito"),
        show(
            "cpi ust asl mmg ets sil",
            "T",
            "team",
            "team_id components[].role components[].name components[].surname components[].function "
            "components[].agency missing_roles case_manager_id communicated_on",
        ),
        show(
            "person",
            "P",
            "person",
            "team_id components[].role components[].name components[].surname components[].function "
            "components[].agency missing_roles case_manager_id household_referent_id communicated_on",
        ),
    ),
)
class EquipeFormed:
    """Costituzione dell'équipe multidisciplinare. protocol art. 5; DL 48/2023 art. 6 c. 2."""

    team_id: UUID
    components: Personal[tuple[Component, ...]]
    missing_roles: tuple[MissingRole, ...]
    case_manager_id: UUID
    household_referent_id: UUID
    communicated_on: date


@fact(
    "adi.case.patto_drafted",
    act="draft_patto",
    path="patto-drafts",
    recorders="servizio-sociale",
    slot="patto_id version",
    shown=(
        show("ats", "P", "ambito", "patto_id version duration case_manager_id team_ref"),
        show(
            "cpi asl",
            "X",
            "own_lines",
            "patto_id version supports[].support_id supports[].catalogue_code supports[].planned_from "
            "commitments[].id commitments[].area commitments[].obliged_member_id "
            "commitments[].beneficiary_member_id commitments[].text commitments[].frequency "
            "case_manager_id",
        ),
        show(
            "ust",
            "X",
            "school_lines",
            "patto_id version commitments[].id commitments[].area commitments[].beneficiary_member_id "
            "commitments[].text commitments[].frequency case_manager_id",
        ),
        show(
            "ets sil",
            "X",
            "provided_lines",
            "patto_id version supports[].support_id supports[].catalogue_code supports[].planned_from "
            "case_manager_id",
        ),
        show(
            "person",
            "P",
            "person",
            "patto_id version objectives expected_results supports commitments not_applicable_areas "
            "duration proportionality_reason preferences minors_involvement prior_projects "
            "scheda_progetto_ref monitoring family_responsible_id case_manager_id team_ref "
            "warning_text_version",
        ),
    ),
)
class PattoDrafted:
    """Bozza del PaIS. protocol arts. 7, 8."""

    patto_id: UUID
    version: int
    objectives: Personal[tuple[Objective, ...]]
    expected_results: Personal[tuple[ExpectedResult, ...]]
    supports: tuple[Support, ...]
    commitments: Personal[tuple[Commitment, ...]]
    not_applicable_areas: tuple[NotApplicableArea, ...]
    duration: str
    proportionality_reason: str
    preferences: Personal[str]
    minors_involvement: str
    prior_projects: Personal[tuple[PriorProject, ...]]
    scheda_progetto_ref: str
    monitoring: Monitoring
    family_responsible_id: UUID
    case_manager_id: UUID
    team_ref: UUID | None = None
    warning_text_version: str


@fact(
    "adi.case.patto_signed",
    act="sign_patto",
    path="patto-signatures",
    recorders="servizio-sociale",
    happened="signed_on",
    slot="patto_id version",
    shown=(
        show("ats", "P", "ambito", "patto_id version signed_on copy_delivered_on case_manager_id team_ref"),
        show("cpi ust asl ets sil", "X", "own_line", "patto_id version signed_on case_manager_id"),
        show("puc", "X", "puc_line", "patto_id version signed_on case_manager_id"),
        show("inps", "N", "always"),
        show(
            "person",
            "P",
            "person",
            "patto_id version signed_on signatories document_hash copy_delivered_on case_manager_id team_ref",
        ),
    ),
)
class PattoSigned:
    """PaIS sottoscritto. protocol art. 7; DL 48/2023 art. 4 c. 5."""

    patto_id: UUID
    version: int
    signed_on: date
    signatories: Personal[tuple[PattoSignatory, ...]]
    document_hash: str
    copy_delivered_on: date
    case_manager_id: UUID
    team_ref: UUID | None = None


@fact(
    "adi.case.commitment_missed",
    act="report_missed_commitment",
    path="missed-commitments",
    recorders="servizio-sociale cpi puc ust asl",
    happened="missed_on",
    slot="commitment_id member_id missed_on",
    shown=(
        show(
            "cpi",
            "X",
            "own_fact",
            "patto_id commitment_id area member_id missed_on facts reporter ascertained_on",
        ),
        show("ust asl puc", "X", "own_report", "commitment_id member_id missed_on"),
        show(
            "person",
            "P",
            "person",
            "patto_id commitment_id area member_id missed_on facts reporter ascertained_on",
        ),
    ),
)
class CommitmentMissed:
    """Mancato rispetto dell'impegno. DL 48/2023 art. 8 c. 6 lett. c); protocol premise."""

    patto_id: UUID
    commitment_id: UUID
    area: Literal["CONTACTS", "SCHOOLING", "HEALTH", "PUC", "TRAINING"]
    member_id: UUID
    missed_on: date
    facts: Personal[str]
    reporter: AgencyCode
    ascertained_by: UUID | None = None
    ascertained_on: date | None = None


@fact(
    "adi.case.justified_reason_requested",
    act="request_reason",
    path="reason-requests",
    recorders="servizio-sociale cpi",
    happened="asked_on",
    slot="infraction_ref member_id",
    shown=(
        show("ats", "N", "ambito"),
        show(
            "cpi",
            "X",
            "own_convocation",
            "infraction_ref member_id asked_on channel delivered_on proof_ref respond_by",
        ),
        show(
            "person",
            "P",
            "person",
            "infraction_ref member_id asked_on channel delivered_on proof_ref respond_by",
        ),
    ),
)
class JustifiedReasonRequested:
    """Richiesta del giustificato motivo. L. 241/1990 arts. 7-10; DL 48/2023 art. 8 c. 6."""

    infraction_ref: UUID
    member_id: UUID
    asked_on: date
    channel: Literal["SMS", "EMAIL", "SIISL", "POSTA", "BREVI_MANU"]
    delivered_on: date | None = None
    proof_ref: str | None = None
    respond_by: date


@fact(
    "adi.case.justified_reason_submitted",
    act="submit_reason",
    path="reasons",
    recorders="servizio-sociale cpi",
    happened="submitted_on",
    slot="infraction_ref member_id",
    shown=(
        show("ats", "N", "ambito"),
        show(
            "cpi",
            "X",
            "own_convocation",
            "infraction_ref member_id submitted_on category health_content_sealed",
        ),
        show("inps", "N", "always"),
        show(
            "person",
            "P",
            "person",
            "infraction_ref member_id submitted_on category evidence_ref health_content_sealed",
        ),
    ),
)
class JustifiedReasonSubmitted:
    """Giustificato motivo presentato. DL 48/2023 art. 8 c. 6."""

    infraction_ref: UUID
    member_id: UUID
    submitted_on: date
    category: Personal[Literal["HEALTH", "CARE", "WORK", "SCHOOL", "TRANSPORT", "NOT_INFORMED", "OTHER"]]
    evidence_ref: Personal[str] | None = None
    health_content_sealed: bool


@fact(
    "adi.case.justified_reason_decided",
    act="decide_reason",
    path="reason-decisions",
    recorders="servizio-sociale cpi",
    happened="decided_on",
    slot="infraction_ref member_id",
    shown=(
        show("ats", "P", "ambito", "infraction_ref accepted decided_on"),
        show(
            "cpi",
            "X",
            "own_convocation",
            "infraction_ref member_id accepted motivation decided_by decided_on",
        ),
        show("inps", "P", "always", "accepted decided_on"),
        show("person", "P", "person", "infraction_ref member_id accepted motivation decided_on"),
    ),
)
class JustifiedReasonDecided:
    """Esito sul giustificato motivo. DL 48/2023 art. 8 c. 6; L. 241/1990 art. 3."""

    infraction_ref: UUID
    member_id: UUID
    accepted: bool
    motivation: Personal[str]
    decided_by: UUID
    decided_on: date


@fact(
    "adi.case.sanction_proposal_opened",
    act="open_sanction_proposal",
    path="sanction-proposals",
    recorders="servizio-sociale cpi",
    slot="proposal_id",
    shown=(
        show(
            "ats",
            "P",
            "ambito",
            "proposal_id rule_set_id proposed_measure occurrence months_fraction conflicts_with",
        ),
        show(
            "cpi",
            "X",
            "own_convocation",
            "proposal_id infraction_refs rule_set_id obligation_evaluation_ref proposed_measure occurrence "
            "months_fraction conflicts_with legal_ref",
        ),
        show(
            "person",
            "P",
            "person",
            "proposal_id infraction_refs rule_set_id obligation_evaluation_ref proposed_measure occurrence "
            "months_fraction conflicts_with legal_ref",
        ),
    ),
)
class SanctionProposalOpened:
    """Apertura dell'istruttoria per la segnalazione. L. 241/1990 arts. 5-8."""

    proposal_id: UUID
    infraction_refs: tuple[UUID, ...]
    rule_set_id: str = computed()
    obligation_evaluation_ref: UUID = computed()
    proposed_measure: Literal["RICHIAMO_FORMALE", "SOSPENSIONE", "DECURTAZIONE", "DECADENZA", "REVOCA"]
    occurrence: int = computed()
    months_fraction: str | None = computed()
    conflicts_with: tuple[Conflict, ...] | None = computed()
    legal_ref: str = computed()
    rule_set_hash: str = traced()
    case_version: int = traced()
    inputs: Json = traced()
    evidence_event_ids: tuple[UUID, ...] = traced()


@fact(
    "adi.case.infraction_reported_to_inps",
    act="report_to_inps",
    path="inps-reports",
    recorders="servizio-sociale cpi accreditato",
    happened="reported_on",
    slot="report_id",
    shown=(
        show("ats", "P", "ambito", "report_id reason_status reported_on siisl_receipt"),
        show(
            "cpi accreditato",
            "X",
            "own_act",
            "report_id proposal_id infraction_refs facts article_and_letter reason_status "
            "supersedes_report_id reported_on siisl_receipt",
        ),
        show("inps", "F", "always"),
        show(
            "person",
            "P",
            "person",
            "report_id proposal_id infraction_refs facts article_and_letter reason_status "
            "supersedes_report_id reported_on siisl_receipt",
        ),
    ),
)
class InfractionReportedToInps:
    """Segnalazione a INPS tramite SIISL/GePI. DL 48/2023 art. 8 (10 days)."""

    report_id: UUID
    proposal_id: UUID | None = None
    infraction_refs: tuple[UUID, ...]
    facts: Personal[str]
    article_and_letter: str
    reason_status: Literal["PENDING", "ACCEPTED", "REJECTED", "NONE_GIVEN"]
    supersedes_report_id: UUID | None = None
    reported_on: date
    siisl_receipt: str


@fact(
    "adi.case.decurtazione_ordered",
    act="record_decurtazione",
    path="decurtazioni",
    recorders="inps cpi",
    happened="ordered_on",
    slot="measure_id",
    shown=(
        show(
            "ats",
            "P",
            "ambito",
            "measure_id authority ordered_on affected_scope rule_set_id finding conflicts_with "
            "effective_from",
        ),
        show(
            "cpi accreditato",
            "P",
            "charge",
            "measure_id authority ordered_on affected_scope effective_from",
        ),
        show("inps", "F", "always"),
        show(
            "person",
            "P",
            "person",
            "measure_id proposal_id infraction_refs rule_set_id legal_ref authority act_ref ordered_on "
            "motivation affected_scope months_charged remedies conflicts_with finding months_fraction "
            "amount effective_from",
        ),
    ),
)
class DecurtazioneOrdered:
    """Provvedimento di decurtazione. protocol premise; DL 4/2019 art. 7; D.Lgs. 147/2017 art. 12; D.Lgs.
    150/2015 art. 21; no basis in DL 48/2023 art. 8.
    """

    measure_id: UUID
    proposal_id: UUID | None = None
    infraction_refs: tuple[UUID, ...]
    rule_set_id: str = computed()
    legal_ref: str
    authority: Literal["INPS", "CPI", "COURT"]
    act_ref: str
    ordered_on: date
    motivation: Personal[str]
    affected_scope: Literal["HOUSEHOLD", "MEMBER"]
    months_charged: tuple[MonthCharged, ...] | None = None
    remedies: tuple[Remedy, ...]
    conflicts_with: tuple[Conflict, ...] | None = computed()
    finding: Literal[
        "NONE",
        "NO_LEGAL_BASIS",
        "FACT_OUTSIDE_RULE_SET",
        "NO_PROOF_OF_CONVOCATION",
        "NOT_OBLIGED",
        "REASON_NOT_ASKED",
        "NOT_IN_PATTO",
    ] = computed()
    months_fraction: str
    amount: Personal[Money] | None = None
    effective_from: Month
    rule_set_hash: str = traced()
    case_version: int = traced()
    inputs: Json = traced()
    evidence_event_ids: tuple[UUID, ...] = traced()


@fact(
    "adi.case.decadenza_ordered",
    act="record_decadenza",
    path="decadenze",
    recorders="inps cpi",
    happened="ordered_on",
    slot="measure_id",
    shown=(
        show(
            "ats",
            "P",
            "ambito",
            "measure_id authority ordered_on affected_scope rule_set_id finding conflicts_with "
            "effective_from",
        ),
        show(
            "cpi accreditato",
            "P",
            "charge",
            "measure_id authority ordered_on affected_scope effective_from",
        ),
        show("inps", "F", "always"),
        show(
            "person",
            "P",
            "person",
            "measure_id proposal_id infraction_refs rule_set_id legal_ref authority act_ref ordered_on "
            "motivation affected_scope months_charged remedies conflicts_with finding effective_from "
            "reapply_not_before",
        ),
    ),
)
class DecadenzaOrdered:
    """Provvedimento di decadenza. DL 48/2023 art. 8."""

    measure_id: UUID
    proposal_id: UUID | None = None
    infraction_refs: tuple[UUID, ...]
    rule_set_id: str = computed()
    legal_ref: str
    authority: Literal["INPS", "CPI", "COURT"]
    act_ref: str
    ordered_on: date
    motivation: Personal[str]
    affected_scope: Literal["HOUSEHOLD", "MEMBER"]
    months_charged: tuple[MonthCharged, ...] | None = None
    remedies: tuple[Remedy, ...]
    conflicts_with: tuple[Conflict, ...] | None = computed()
    finding: Literal[
        "NONE",
        "NO_LEGAL_BASIS",
        "FACT_OUTSIDE_RULE_SET",
        "NO_PROOF_OF_CONVOCATION",
        "NOT_OBLIGED",
        "REASON_NOT_ASKED",
        "NOT_IN_PATTO",
    ] = computed()
    effective_from: date
    reapply_not_before: date | None = None
    rule_set_hash: str = traced()
    case_version: int = traced()
    inputs: Json = traced()
    evidence_event_ids: tuple[UUID, ...] = traced()


@fact(
    "adi.case.measure_notified",
    act="notify_measure",
    path="measure-notifications",
    recorders="inps cpi",
    happened="notified_on",
    slot="measure_id",
    shown=(
        show("ats", "P", "ambito", "measure_id notified_on"),
        show("cpi", "X", "own_measure", "measure_id notified_on proof_ref"),
        show("inps", "F", "always"),
        show("person", "P", "person", "measure_id notified_on proof_ref"),
    ),
)
class MeasureNotified:
    """Notifica del provvedimento. L. 241/1990 art. 21-bis."""

    measure_id: UUID
    notified_on: date
    proof_ref: str | None = None


@fact(
    "adi.case.event_corrected",
    act="correct_event",
    path="corrections",
    recorders="servizio-sociale ats comune cpi accreditato ust asl ets puc sil inps",
    slot="corrects_event_id",
)
class EventCorrected:
    """Rettifica. GDPR arts. 5(1)(d), 16, 19."""

    corrects_event_id: UUID
    reason: str
    new_value: Personal[Json]
    voids: bool = False
    member_id: UUID | None = computed()
    affects: tuple[UUID, ...] = computed()
    second_person_id: UUID | None = None


@fact(
    "adi.case.case_closed",
    act="close_case",
    path="closures",
    recorders="servizio-sociale system",
    happened="closed_on",
    shown=(
        show("ats", "P", "ambito", "closed_on reason"),
        show("comune cpi accreditato ust asl mmg ets puc sil", "P", "end_of_charge", "closed_on"),
        show("inps", "F", "always"),
        show("person", "P", "person", "closed_on reason"),
    ),
)
class CaseClosed:
    """Chiusura del fascicolo. D.Lgs. 196/2003; manual of retention."""

    closed_on: date
    reason: Literal[
        "BENEFIT_ENDED", "GOALS_REACHED", "MOVED", "DECADENZA", "REVOCA", "RENOUNCED", "DECEASED", "OTHER"
    ]


CaseEvent = (
    CaseReferred
    | OperatorAssigned
    | OperatorUnassigned
    | HouseholdCompositionRecorded
    | MemberConditionRecorded
    | ObligationEvaluated
    | HouseholdConvoked
    | ConvocationDelivered
    | AppointmentHeld
    | AppointmentMissed
    | PreliminaryAnalysisCompleted
    | MemberReferredToEmploymentService
    | EquipeFormed
    | PattoDrafted
    | PattoSigned
    | CommitmentMissed
    | JustifiedReasonRequested
    | JustifiedReasonSubmitted
    | JustifiedReasonDecided
    | SanctionProposalOpened
    | InfractionReportedToInps
    | DecurtazioneOrdered
    | DecadenzaOrdered
    | MeasureNotified
    | EventCorrected
    | CaseClosed
)
"""Every fact of a case: who folds or decides over it is asked by the type checker for each of them."""
