"""Every fact of a case, in the order a case lives it: the one place to add one.

The docstring is the text of the timeline: the Italian term, then the article. Nested values stand in
:mod:`domain.case.parts`. The cells of ``shown`` are the disclosure matrix; an agency that no cell names
is shown nothing, and the servizio sociale that runs the case reads all of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from domain.case.parts import (
    ActiveMeasure,
    AgencyCode,
    AnalysedArea,
    CheckReason,
    Commitment,
    Component,
    Conflict,
    Contact,
    ContactUsed,
    ExpectedResult,
    FailedCheck,
    Invitee,
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
    Pupil,
    Remedy,
    ReviewedResult,
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
    "adi.case.benefit_granted",
    act="record_grant",
    path="grants",
    recorders="inps",
    happened="granted_on",
    slot="benefit first_month",
    shown=(
        show("ats", "P", "ambito", "benefit granted_on first_month months"),
        show("cpi accreditato", "P", "any_referred", "granted_on"),
        show("inps", "F", "always"),
        show("person", "P", "person", "benefit domanda_ref granted_on first_month months amount"),
    ),
)
class BenefitGranted:
    """Accoglimento della domanda. DL 48/2023 arts. 3, 4."""

    benefit: Literal["ADI", "RDC", "REI", "NASPI"]
    domanda_ref: Personal[str] | None = None
    granted_on: date
    first_month: Month
    months: int
    amount: Personal[Money] | None = None


@fact(
    "adi.case.benefit_renewed",
    act="record_renewal",
    path="renewals",
    recorders="inps",
    happened="renewed_on",
    slot="benefit first_month",
    shown=(
        show("ats", "P", "ambito", "benefit renewed_on first_month months"),
        show("cpi accreditato", "P", "any_referred", "renewed_on"),
        show("inps", "F", "always"),
        show("person", "P", "person", "benefit renewed_on first_month months first_month_pct"),
    ),
)
class BenefitRenewed:
    """Rinnovo del beneficio. DL 48/2023 art. 3; renewal rules from 2026."""

    benefit: Literal["ADI", "RDC", "REI", "NASPI"]
    renewed_on: date
    first_month: Month
    months: int
    first_month_pct: int | None = None


@fact(
    "adi.case.benefit_expired",
    act="record_expiry",
    path="expiries",
    recorders="inps system",
    happened="expired_on",
    ahead=True,
    slot="benefit expired_on",
    shown=(
        show("ats", "P", "ambito", "benefit expired_on"),
        show("cpi accreditato", "P", "any_referred", "expired_on"),
        show("inps", "F", "always"),
        show("person", "P", "person", "benefit expired_on last_month"),
    ),
)
class BenefitExpired:
    """Scadenza del beneficio. DL 48/2023 art. 3."""

    benefit: Literal["ADI", "RDC", "REI", "NASPI"]
    expired_on: date
    last_month: Month


@fact(
    "adi.case.benefit_renounced",
    act="record_renunciation",
    path="renunciations",
    recorders="inps",
    happened="renounced_on",
    slot="benefit effective_on",
    shown=(
        show("ats", "P", "ambito", "benefit effective_on"),
        show("cpi accreditato", "P", "any_referred", "effective_on"),
        show("inps", "F", "always"),
        show("person", "P", "person", "benefit renounced_on effective_on member_id"),
    ),
)
class BenefitRenounced:
    """Rinuncia al beneficio. INPS practice."""

    benefit: Literal["ADI", "RDC", "REI", "NASPI"]
    renounced_on: date
    effective_on: date
    member_id: UUID


@fact(
    "adi.case.pad_signed",
    act="record_pad",
    path="pads",
    recorders="inps",
    happened="signed_on",
    slot="siisl_ref",
    shown=(
        show("ats", "P", "ambito", "signed_on siisl_ref"),
        show("inps", "F", "always"),
        show(
            "person",
            "P",
            "person",
            "signed_on signatory_member_id contact_email contact_phone siisl_ref",
        ),
    ),
)
class PadSigned:
    """Sottoscrizione del Patto di attivazione digitale. DL 48/2023 art. 4; DM 154/2023 art. 7."""

    signed_on: date
    signatory_member_id: UUID
    contact_email: Personal[str] | None = None
    contact_phone: Personal[str] | None = None
    siisl_ref: str


@fact(
    "adi.case.case_transmitted_to_comune",
    act="record_transmission",
    path="transmissions",
    recorders="inps",
    happened="transmitted_on",
    shown=(
        show("ats", "P", "ambito", "transmitted_on"),
        show("inps", "F", "always"),
        show("person", "P", "person", "transmitted_on"),
    ),
)
class CaseTransmittedToComune:
    """Trasmissione al Comune. nota MLPS 6062/2024."""

    transmitted_on: date


@fact(
    "adi.case.competence_transferred",
    act="transfer_competence",
    path="competence-transfers",
    recorders="servizio-sociale ats",
    happened="effective_on",
    ahead=True,
    slot="to_agency effective_on",
    shown=(
        show("ats", "P", "ambito", "from_agency to_agency effective_on reason"),
        show("comune", "P", "transfer_party", "from_agency to_agency effective_on reason"),
        show("cpi accreditato ust asl ets sil", "P", "own_assignment", "to_agency effective_on"),
        show("inps", "N", "always"),
        show("person", "P", "person", "from_agency to_agency effective_on reason"),
    ),
)
class CompetenceTransferred:
    """Trasferimento di competenza. protocol arts. 1, 5; L. 328/2000 art. 6."""

    from_agency: AgencyCode
    to_agency: AgencyCode
    effective_on: date
    reason: Literal["RESIDENCE_CHANGED", "AMBITO_CHANGED", "OTHER"]


@fact(
    "adi.case.competence_accepted",
    act="accept_competence",
    path="competence-acceptances",
    recorders="servizio-sociale ats",
    happened="accepted_on",
    slot="transfer_event_id",
    shown=(
        show("ats", "P", "ambito", "transfer_event_id accepted_by_agency accepted_on"),
        show("comune", "P", "transfer_party", "transfer_event_id accepted_by_agency accepted_on"),
        show("cpi accreditato ust asl ets sil", "P", "own_assignment", "accepted_by_agency accepted_on"),
        show("inps", "N", "always"),
        show("person", "P", "person", "transfer_event_id accepted_by_agency accepted_on"),
    ),
)
class CompetenceAccepted:
    """Accettazione della competenza. protocol arts. 1, 5."""

    transfer_event_id: UUID
    accepted_by_agency: AgencyCode
    accepted_on: date


@fact(
    "adi.case.operator_assigned",
    act="assign_operator",
    path="assignments",
    recorders="ats servizio-sociale cpi accreditato ust asl mmg ets sil puc",
    happened="from_on",
    ahead=True,
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
    ahead=True,
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
    "adi.case.case_manager_assigned",
    act="assign_case_manager",
    path="case-managers",
    recorders="servizio-sociale ats",
    happened="from_on",
    ahead=True,
    slot="person_id from_on",
    shown=(
        show("ats", "F", "ambito"),
        show("cpi accreditato ust asl mmg ets puc sil", "P", "own_assignment", "person_id agency from_on"),
        show("person", "P", "person", "person_id agency role from_on"),
    ),
)
class CaseManagerAssigned:
    """Individuazione del case manager. protocol arts. 5 and 7."""

    person_id: UUID
    agency: AgencyCode
    unit: str | None = None
    role: Literal["SOCIAL_WORKER", "SOCIAL_OPERATOR"]
    from_on: date
    replaces_person_id: UUID | None = None
    reason: str | None = None


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
    "adi.case.contacts_updated",
    act="update_contacts",
    path="contacts",
    recorders="servizio-sociale ats cpi",
    happened="updated_on",
    slot="member_id updated_on",
    shown=(
        show("ats", "P", "ambito", "member_id contacts language needs_mediation updated_on"),
        show(
            "cpi accreditato",
            "P",
            "referred_member",
            "member_id contacts language needs_mediation updated_on",
        ),
        show("asl", "P", "in_care", "member_id contacts language needs_mediation updated_on"),
        show("puc sil", "P", "assigned_member", "member_id contacts language updated_on"),
        show("person", "P", "person", "member_id contacts language needs_mediation source updated_on"),
    ),
)
class ContactsUpdated:
    """Aggiornamento dei recapiti. DM 154/2023 art. 7; GDPR art. 5(1)(d)."""

    member_id: UUID
    contacts: Personal[tuple[Contact, ...]]
    language: Personal[str] | None = None
    needs_mediation: bool | None = None
    source: Literal["PAD", "MEMBER", "OPERATOR", "ANAGRAFE"]
    updated_on: date


@fact(
    "adi.case.household_member_changed",
    act="record_member_change",
    path="member-changes",
    recorders="servizio-sociale comune system",
    happened="effective_on",
    slot="member_id change_type effective_on",
    shown=(
        show("ats", "P", "ambito", "member_id change_type effective_on"),
        show("comune", "P", "residence", "member_id change_type effective_on evidence_ref"),
        show("cpi accreditato", "P", "referred_change", "member_id change_type effective_on"),
        show("inps", "F", "always"),
        show("person", "P", "person", "member_id change_type effective_on evidence_ref"),
    ),
)
class HouseholdMemberChanged:
    """Variazione del nucleo (nascita, decesso, uscita, soglie di età). DL 48/2023 art. 3 c. 8-10."""

    member_id: UUID
    change_type: Literal["BIRTH", "DEATH", "JOINED", "LEFT", "AGE_3", "AGE_18", "AGE_60", "RESIDENCE"]
    effective_on: date
    evidence_ref: str | None = None


@fact(
    "adi.case.member_condition_recorded",
    act="record_condition",
    path="conditions",
    recorders="servizio-sociale cpi ust asl",
    happened="valid_from",
    ahead=True,
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
    "adi.case.residence_check_recorded",
    act="record_residence_check",
    path="residence-checks",
    recorders="comune",
    happened="checked_on",
    slot="member_id check_kind checked_on",
    shown=(
        show("ats", "P", "ambito", "member_id check_kind outcome checked_on"),
        show("comune", "P", "residence", "member_id check_kind outcome checked_on act_ref"),
        show("inps", "P", "always", "member_id check_kind outcome checked_on"),
        show("person", "P", "person", "member_id check_kind outcome checked_on act_ref"),
    ),
)
class ResidenceCheckRecorded:
    """Verifica anagrafica e di soggiorno. protocol, premise 'Comuni'; DL 48/2023 art. 7."""

    member_id: UUID
    check_kind: Literal["RESIDENCE", "STAY", "HOUSEHOLD_ISEE"]
    outcome: Literal["CONFIRMED", "NOT_CONFIRMED", "INCOMPLETE"]
    checked_on: date
    act_ref: str | None = None


@fact(
    "adi.case.declaration_check_recorded",
    act="record_declaration_check",
    path="declaration-checks",
    recorders="cpi comune",
    happened="checked_on",
    slot="member_id subject declared_ref checked_on",
    shown=(
        show("ats", "N", "ambito"),
        show("comune", "P", "own_act", "member_id subject declared_ref outcome checked_on evidence_ref"),
        show("cpi", "X", "own_act", "member_id subject declared_ref outcome checked_on evidence_ref"),
        show("person", "P", "person", "member_id subject declared_ref outcome checked_on evidence_ref"),
    ),
)
class DeclarationCheckRecorded:
    """Controllo sulle dichiarazioni. protocol, premise CPI and 'Comuni' (dichiarazioni mendaci); DPR
    445/2000 art. 71.
    """

    member_id: UUID
    subject: Literal["EMPLOYMENT", "RESIDENCE", "HOUSEHOLD", "STUDY", "OTHER"]
    declared_ref: str | None = None
    outcome: Literal["CONSISTENT", "INCONSISTENT", "NOT_VERIFIABLE"]
    checked_on: date
    evidence_ref: str | None = None


def _untraced(stored: dict[str, Json]) -> dict[str, Json]:
    """Version 1 of a decision did not keep which clause of its rules gave what."""
    return stored


@fact(
    "adi.case.obligation_evaluated",
    act="evaluate_obligation",
    path="obligation-evaluations",
    recorders="system servizio-sociale",
    happened="evaluated_for",
    ahead=True,
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
    upcasts=(_untraced,),
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
    trace: Json = traced()


@fact(
    "adi.case.voluntary_adhesion_requested",
    act="request_voluntary_path",
    path="voluntary-adhesions",
    recorders="servizio-sociale",
    happened="requested_on",
    slot="member_id path_type requested_on",
    shown=(
        show("ats", "P", "ambito", "member_id requested_on path_type"),
        show("cpi accreditato", "P", "labour_path", "member_id requested_on"),
        show("person", "P", "person", "member_id requested_on path_type"),
    ),
)
class VoluntaryAdhesionRequested:
    """Richiesta di adesione volontaria. DL 48/2023 art. 6 c. 5 first period."""

    member_id: UUID
    requested_on: date
    path_type: Literal["LAVORATIVO", "SOCIALE"]


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
    "adi.case.gepi_registration_recorded",
    act="register_in_gepi",
    path="gepi-registrations",
    recorders="servizio-sociale system",
    happened="registered_on",
    slot="subject_event_id",
    shown=(
        show("ats", "P", "ambito", "subject_event_id registered_on"),
        show("inps", "N", "always"),
        show("person", "P", "person", "subject_event_id registered_on receipt"),
    ),
)
class GepiRegistrationRecorded:
    """Registrazione in GePI. DM 154/2023 art. 9 c. 2; GePI practice."""

    subject_event_id: UUID
    registered_on: date
    receipt: str | None = None


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
    "adi.case.infraction_ascertained",
    act="ascertain_infraction",
    path="infractions",
    recorders="servizio-sociale cpi accreditato inps",
    happened="occurred_on",
    slot="code member_id occurred_on",
    shown=(
        show("ats", "N", "ambito"),
        show("cpi accreditato inps", "X", "own_act", "code member_id occurred_on source evidence_ref"),
        show("person", "P", "person", "code member_id occurred_on source evidence_ref"),
    ),
)
class InfractionAscertained:
    """Accertamento della violazione. DL 48/2023 art. 8 c. 6, art. 2 c. 3-bis."""

    code: Personal[str]
    member_id: UUID | None = None
    occurred_on: date
    source: str
    evidence_ref: Personal[str]


@fact(
    "adi.case.term_lapsed",
    act="lapse_term",
    path="lapsed-terms",
    recorders="system",
    happened="due_on",
    slot="term_id member_id started_by_event_id",
    shown=(
        show("ats", "P", "ambito", "term_id due_on duty_bearer"),
        show("cpi accreditato", "X", "referred_term", "term_id due_on duty_bearer member_id"),
        show("inps", "N", "household_term"),
        show("person", "P", "person", "term_id due_on duty_bearer member_id"),
    ),
)
class TermLapsed:
    """Decorrenza del termine. section 6."""

    term_id: Literal[
        "D1", "D1b", "D2", "D3", "D4a", "D4b", "D5", "D8", "D9", "D10", "D13", "D14", "D15", "D18"
    ]
    due_on: date
    duty_bearer: Literal["SERVIZI", "COMPONENTE", "NUCLEO"]
    member_id: UUID | None = None
    started_by_event_id: UUID


def _without_hash(stored: dict[str, Json]) -> dict[str, Json]:
    """Version 1 did not hold the hash of the letter."""
    return stored


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
    upcasts=(_without_hash,),
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
    document_hash: str | None = None


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
    "adi.case.activability_assessed",
    act="assess_activability",
    path="activability-assessments",
    recorders="servizio-sociale",
    happened="assessed_on",
    slot="member_id assessed_on",
    shown=(
        show("ats", "P", "ambito", "member_id activable assessed_on"),
        show("cpi accreditato", "P", "activable_member", "member_id activable"),
        show("inps", "N", "always"),
        show("person", "P", "person", "member_id activable rationale assessed_on"),
    ),
)
class ActivabilityAssessed:
    """Valutazione di attivabilità al lavoro. DL 48/2023 art. 4 c. 5."""

    member_id: UUID
    activable: bool
    rationale: Personal[str]
    assessed_on: date


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
    "adi.case.referral_accepted",
    act="accept_referral",
    path="referral-acceptances",
    recorders="cpi accreditato",
    happened="accepted_on",
    slot="referral_id",
    shown=(
        show("ats", "P", "ambito", "referral_id member_id accepted_on"),
        show("cpi accreditato", "P", "referred_member", "referral_id member_id accepted_on"),
        show("inps", "N", "always"),
        show("person", "P", "person", "referral_id member_id accepted_on"),
    ),
)
class ReferralAccepted:
    """Presa in carico dell'avvio. protocol premise CPI."""

    referral_id: UUID
    member_id: UUID
    accepted_on: date


@fact(
    "adi.case.referral_returned",
    act="return_referral",
    path="referral-returns",
    recorders="cpi accreditato",
    happened="returned_on",
    slot="referral_id",
    shown=(
        show("ats", "P", "ambito", "referral_id member_id returned_on reason"),
        show("cpi accreditato", "P", "referred_member", "referral_id member_id returned_on reason"),
        show("person", "P", "person", "referral_id member_id returned_on reason"),
    ),
)
class ReferralReturned:
    """Restituzione dell'avvio. protocol premise CPI."""

    referral_id: UUID
    member_id: UUID
    returned_on: date
    reason: Literal["NOT_COMPETENT", "NOT_ACTIVABLE", "WRONG_DATA", "OTHER"]


@fact(
    "adi.case.member_convoked_by_cpi",
    act="convoke_member",
    path="member-convocations",
    recorders="cpi accreditato",
    happened="sent_at",
    slot="convocation_id",
    shown=(
        show("ats", "P", "ambito", "convocation_id member_id appointment_at sent_at"),
        show(
            "cpi accreditato",
            "P",
            "referred_member",
            "convocation_id member_id appointment_at place channel contact_used text_ref text_hash "
            "language sent_at warning_text_version",
        ),
        show(
            "person",
            "P",
            "person",
            "convocation_id member_id appointment_at place channel contact_used text_ref text_hash "
            "language sent_at warning_text_version",
        ),
    ),
)
class MemberConvokedByCpi:
    """Convocazione del CPI per il PSP. protocol premise CPI."""

    convocation_id: UUID
    member_id: UUID
    appointment_at: datetime
    place: str
    channel: Literal["SMS", "EMAIL", "SIISL", "POSTA", "BREVI_MANU"]
    contact_used: Personal[str]
    text_ref: str
    text_hash: str
    language: str
    sent_at: datetime
    warning_text_version: str


@fact(
    "adi.case.did_recorded",
    act="record_did",
    path="dids",
    recorders="cpi",
    happened="did_on",
    slot="member_id did_on",
    shown=(
        show("ats", "P", "ambito", "member_id did_on"),
        show("cpi accreditato", "P", "referred_member", "member_id did_on did_ref"),
        show("person", "P", "person", "member_id did_on did_ref"),
    ),
)
class DidRecorded:
    """Dichiarazione di immediata disponibilità (DID). protocol premise CPI; D.Lgs. 150/2015 art. 19."""

    member_id: UUID
    did_on: date
    did_ref: str


@fact(
    "adi.case.service_patto_signed",
    act="sign_service_patto",
    path="service-pattos",
    recorders="cpi accreditato",
    happened="signed_on",
    slot="psp_id",
    shown=(
        show("ats", "P", "ambito", "member_id psp_id signed_on"),
        show(
            "cpi accreditato",
            "P",
            "referred_member",
            "member_id psp_id signed_on actions contact_frequency gol_path operator_id",
        ),
        show("inps", "N", "always"),
        show("person", "P", "person", "member_id psp_id signed_on actions contact_frequency gol_path"),
    ),
)
class ServicePattoSigned:
    """Patto di servizio personalizzato (PSP) sottoscritto. DL 48/2023 art. 6 c. 3; D.Lgs. 150/2015 art.
    20.
    """

    member_id: UUID
    psp_id: UUID
    signed_on: date
    actions: tuple[ActiveMeasure, ...]
    contact_frequency: str
    gol_path: str | None = None
    operator_id: UUID


@fact(
    "adi.case.member_referred_to_specialist_service",
    act="refer_to_specialist",
    path="specialist-referrals",
    recorders="servizio-sociale",
    happened="referred_on",
    slot="referral_id",
    shown=(
        show("asl", "P", "referred_unit", "referral_id member_id unit referred_on"),
        show("person", "P", "person", "referral_id member_id unit referred_on"),
    ),
)
class MemberReferredToSpecialistService:
    """Invio al servizio specialistico. protocol, premise 'Servizi specialistici', art. 5."""

    referral_id: UUID
    member_id: UUID
    unit: Personal[Literal["asl-consultorio", "asl-cps", "asl-serd", "asl-disabilita", "asl-npi"]]
    referred_on: date


@fact(
    "adi.case.specialist_referral_answered",
    act="answer_specialist_referral",
    path="specialist-answers",
    recorders="asl",
    happened="from_on",
    ahead=True,
    slot="referral_id",
    shown=(
        show("asl", "P", "own_act", "referral_id member_id answer from_on"),
        show("person", "P", "person", "referral_id member_id answer from_on"),
    ),
)
class SpecialistReferralAnswered:
    """Risposta del servizio specialistico. protocol, premise 'Servizi specialistici'."""

    referral_id: UUID
    member_id: UUID
    answer: Literal["TAKEN", "WAITING_LIST", "REFUSED"]
    from_on: date


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
    "adi.case.equipe_changed",
    act="change_equipe",
    path="equipe-changes",
    recorders="servizio-sociale",
    happened="effective_on",
    ahead=True,
    slot="team_id",
    shown=(
        show(
            "ats",
            "P",
            "ambito",
            "team_id added removed missing_roles reason effective_on communicated_on",
        ),
        show(
            "cpi ust asl mmg ets sil",
            "T",
            "team",
            "team_id added[].role added[].name added[].surname added[].function added[].agency removed "
            "missing_roles effective_on communicated_on",
        ),
        show(
            "person",
            "P",
            "person",
            "team_id added[].role added[].name added[].surname added[].function added[].agency removed "
            "missing_roles reason effective_on communicated_on",
        ),
    ),
)
class EquipeChanged:
    """Variazione dell'équipe. protocol art. 5 (composition defined and communicated)."""

    team_id: UUID
    added: Personal[tuple[Component, ...]]
    removed: tuple[UUID, ...]
    missing_roles: tuple[MissingRole, ...]
    reason: str
    effective_on: date
    communicated_on: date


@fact(
    "adi.case.equipe_convoked",
    act="convoke_equipe",
    path="equipe-convocations",
    recorders="ats",
    slot="session_id",
    shown=(
        show("ats", "F", "ambito"),
        show(
            "cpi ust asl mmg ets sil",
            "T",
            "invited",
            "session_id slot team_id meeting_at seat channel attachment attachment_hash "
            "attachment_visibility_profile",
        ),
        show("person", "N", "person"),
    ),
)
class EquipeConvoked:
    """Convocazione dell'équipe. protocol art. 6."""

    session_id: UUID
    slot: str
    team_id: UUID
    meeting_at: datetime
    seat: str
    invitees: Personal[tuple[Invitee, ...]]
    channel: Literal["EMAIL"]
    attachment: Literal["SCHEDA_AP", "ESTRATTO"]
    attachment_hash: str = computed()
    attachment_visibility_profile: str


@fact(
    "adi.case.equipe_invite_answered",
    act="answer_equipe_invite",
    path="equipe-answers",
    recorders="ats cpi ust asl mmg ets sil servizio-sociale",
    happened="answered_on",
    slot="session_id person_id",
    shown=(
        show("ats", "F", "ambito"),
        show(
            "cpi ust asl mmg ets sil",
            "X",
            "own_invitee",
            "session_id team_id person_id agency answer substitute_person_id answered_on",
        ),
    ),
)
class EquipeInviteAnswered:
    """Risposta alla convocazione dell'équipe. protocol arts. 3, 6."""

    session_id: UUID
    team_id: UUID
    person_id: UUID
    agency: AgencyCode
    answer: Literal["ACCEPTED", "DECLINED", "SUBSTITUTE"]
    substitute_person_id: UUID | None = None
    answered_on: date


@fact(
    "adi.case.equipe_met",
    act="hold_equipe",
    path="equipe-meetings",
    recorders="servizio-sociale",
    happened="held_on",
    slot="session_id",
    shown=(
        show("ats", "P", "ambito", "session_id team_id held_on present absent"),
        show(
            "cpi ust asl mmg ets sil",
            "T",
            "team",
            "session_id team_id held_on present absent minutes_ref",
        ),
        show("person", "N", "person"),
    ),
)
class EquipeMet:
    """Riunione dell'équipe. protocol art. 6."""

    session_id: UUID
    team_id: UUID
    held_on: date
    present: tuple[UUID, ...]
    absent: tuple[UUID, ...] | None = None
    minutes_ref: str


@fact(
    "adi.case.analysis_framework_completed",
    act="complete_framework",
    path="frameworks",
    recorders="servizio-sociale",
    happened="completed_on",
    slot="framework_id",
    shown=(
        show("ats", "P", "ambito", "framework_id instrument_version completed_on"),
        show(
            "cpi ust asl",
            "X",
            "own_areas",
            "framework_id instrument_version completed_on areas[].need_id areas[].member_id areas[].area "
            "areas[].needs",
        ),
        show("person", "P", "person", "framework_id instrument_version completed_on areas"),
    ),
)
class AnalysisFrameworkCompleted:
    """Quadro di analisi concluso. protocol art. 6 (ministry's instrument); DM 72/2024."""

    framework_id: UUID
    instrument_version: str
    completed_on: date
    areas: Personal[tuple[AnalysedArea, ...]]


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


def _without_checks(stored: dict[str, Json]) -> dict[str, Json]:
    """Version 1 had neither the checks that failed nor the reasons for signing all the same."""
    return stored


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
    upcasts=(_without_checks,),
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
    reasons: Personal[tuple[CheckReason, ...]] | None = None
    checks: tuple[FailedCheck, ...] | None = computed()


@fact(
    "adi.case.patto_signature_refused",
    act="record_signature_refusal",
    path="signature-refusals",
    recorders="servizio-sociale cpi",
    happened="refused_on",
    slot="patto_id member_id refused_on",
    shown=(
        show("ats", "N", "ambito"),
        show(
            "cpi",
            "X",
            "own_convocation",
            "patto_id patto_kind member_id refused_on statement witnessed_by",
        ),
        show("inps", "F", "always"),
        show("person", "P", "person", "patto_id patto_kind member_id refused_on statement"),
    ),
)
class PattoSignatureRefused:
    """Rifiuto di sottoscrizione. DL 48/2023 art. 8 c. 6 lett. b)."""

    patto_id: UUID
    patto_kind: Literal["PAIS", "PSP"]
    member_id: UUID
    refused_on: date
    statement: Personal[str] | None = None
    witnessed_by: UUID


@fact(
    "adi.case.patto_revised",
    act="revise_patto",
    path="patto-revisions",
    recorders="servizio-sociale",
    happened="signed_on",
    slot="patto_id to_version",
    shown=(
        show("ats", "P", "ambito", "patto_id from_version to_version signed_on"),
        show("cpi ust asl ets puc sil", "X", "own_line", "patto_id from_version to_version signed_on"),
        show(
            "person",
            "P",
            "person",
            "patto_id from_version to_version reason signed_on signatories document_hash copy_delivered_on",
        ),
    ),
)
class PattoRevised:
    """Revisione del PaIS. protocol art. 7 (monitoring, revision)."""

    patto_id: UUID
    from_version: int
    to_version: int
    reason: str
    signed_on: date
    signatories: Personal[tuple[PattoSignatory, ...]]
    document_hash: str
    copy_delivered_on: date
    reasons: Personal[tuple[CheckReason, ...]] | None = None
    checks: tuple[FailedCheck, ...] | None = computed()


@fact(
    "adi.case.monitoring_review_held",
    act="hold_review",
    path="reviews",
    recorders="servizio-sociale sil",
    happened="held_on",
    slot="patto_id held_on",
    shown=(
        show("ats", "P", "ambito", "patto_id version held_on results revision_proposed next_on"),
        show("cpi ust asl", "X", "own_line", "patto_id version held_on next_on"),
        show("sil", "X", "own_act_or_line", "patto_id version held_on next_on"),
        show(
            "person",
            "P",
            "person",
            "patto_id version held_on results satisfaction revision_proposed next_on",
        ),
    ),
)
class MonitoringReviewHeld:
    """Verifica periodica del PaIS. protocol art. 7 (verifica periodica, soddisfazione)."""

    patto_id: UUID
    version: int
    held_on: date
    results: tuple[ReviewedResult, ...]
    satisfaction: Personal[str] | None = None
    revision_proposed: bool
    next_on: date | None = None


@fact(
    "adi.case.support_activated",
    act="activate_support",
    path="supports",
    recorders="servizio-sociale ats cpi asl ust ets sil",
    happened="start_on",
    ahead=True,
    slot="support_id",
    shown=(
        show(
            "ats",
            "P",
            "ambito",
            "support_id patto_id catalogue_code start_on planned_end_on funding_source units unit_cost",
        ),
        show(
            "cpi ust asl ets sil",
            "X",
            "own_support",
            "support_id patto_id catalogue_code member_id start_on planned_end_on units",
        ),
        show(
            "person",
            "P",
            "person",
            "support_id patto_id catalogue_code member_id provider start_on planned_end_on units",
        ),
    ),
)
class SupportActivated:
    """Attivazione del sostegno. protocol art. 8."""

    support_id: UUID
    patto_id: UUID
    catalogue_code: Literal[
        "PROT8.a",
        "PROT8.b",
        "PROT8.c",
        "PROT8.d",
        "PROT8.e",
        "PROT8.f",
        "PROT8.g",
        "PROT8.h",
        "PROT8.i",
        "PROT8.l",
        "PROT8.m",
    ]
    member_id: UUID | None = None
    provider: Personal[AgencyCode]
    start_on: date
    planned_end_on: date | None = None
    funding_source: str | None = None
    units: int | None = None
    unit_cost: Money | None = None


@fact(
    "adi.case.support_ended",
    act="end_support",
    path="support-endings",
    recorders="servizio-sociale ats cpi asl ust ets sil",
    happened="ended_on",
    slot="support_id",
    shown=(
        show("ats", "P", "ambito", "support_id ended_on outcome"),
        show("cpi ust asl ets sil", "X", "own_support", "support_id ended_on outcome"),
        show("person", "P", "person", "support_id ended_on outcome"),
    ),
)
class SupportEnded:
    """Conclusione del sostegno. protocol art. 8."""

    support_id: UUID
    ended_on: date
    outcome: Literal["COMPLETED", "INTERRUPTED", "MEMBER_LEFT", "PROVIDER_STOPPED"]


@fact(
    "adi.case.puc_assigned",
    act="assign_puc",
    path="puc-assignments",
    recorders="servizio-sociale",
    happened="start_on",
    ahead=True,
    slot="member_id puc_id start_on",
    shown=(
        show("ats", "P", "ambito", "member_id puc_id hours_per_week start_on end_on"),
        show("comune", "P", "resident_puc", "member_id puc_id hours_per_week start_on end_on"),
        show("cpi", "X", "referred_member", "member_id puc_id hours_per_week start_on end_on"),
        show("puc", "P", "own_puc", "member_id puc_id hours_per_week start_on end_on"),
        show("inps", "N", "always"),
        show("person", "P", "person", "member_id puc_id hours_per_week start_on end_on"),
    ),
)
class PucAssigned:
    """Assegnazione al PUC. DL 48/2023 art. 6 c. 5-bis; DM 156/2023; protocol art. 7."""

    member_id: UUID
    puc_id: UUID
    hours_per_week: int
    start_on: date
    end_on: date | None = None


@fact(
    "adi.case.commitment_fulfilled",
    act="report_fulfilled_commitment",
    path="fulfilled-commitments",
    recorders="servizio-sociale cpi puc ust asl ets sil",
    slot="commitment_id member_id period",
    shown=(
        show("ats", "P", "ambito", "commitment_id period"),
        show("cpi ust asl ets puc sil", "X", "own_act", "commitment_id member_id period evidence_ref"),
        show("person", "P", "person", "commitment_id member_id period evidence_ref"),
    ),
)
class CommitmentFulfilled:
    """Impegno rispettato. protocol art. 7."""

    commitment_id: UUID
    member_id: UUID
    period: str
    evidence_ref: str | None = None


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
    "adi.case.school_verification_requested",
    act="request_school_verification",
    path="school-verifications",
    recorders="comune",
    happened="requested_on",
    slot="verification_id",
    shown=(
        show("ats", "N", "ambito"),
        show("comune", "F", "residence"),
        show("ust", "P", "school_office", "verification_id minors school_year requested_on answer_by"),
        show("person", "P", "person", "verification_id school_year requested_on answer_by"),
    ),
)
class SchoolVerificationRequested:
    """Richiesta di verifica dell'obbligo scolastico. D.Lgs. 297/1994 art. 114; protocol art. 3."""

    verification_id: UUID
    minors: Personal[tuple[Pupil, ...]]
    school_year: str
    requested_on: date
    answer_by: date | None = None


@fact(
    "adi.case.schooling_verified",
    act="verify_schooling",
    path="schooling-outcomes",
    recorders="ust comune servizio-sociale",
    happened="verified_on",
    slot="verification_id minor_member_id verified_on",
    shown=(
        show(
            "comune",
            "P",
            "own_verification",
            "verification_id minor_member_id source outcome verified_on",
        ),
        show("ust", "P", "own_act", "verification_id minor_member_id source outcome verified_on"),
        show("person", "P", "person", "verification_id minor_member_id source outcome verified_on"),
    ),
)
class SchoolingVerified:
    """Verifica dell'obbligo scolastico. protocol art. 3; DL 48/2023 art. 2 c. 3-bis."""

    verification_id: UUID | None = None
    minor_member_id: UUID
    source: Literal["UST", "ANAGRAFE_STUDENTI", "DOCUMENTS"]
    outcome: Literal["REGOLARE", "IRREGOLARE", "NON_ISCRITTO", "NON_TROVATO"]
    verified_on: date


@fact(
    "adi.case.schooling_documents_requested",
    act="request_schooling_documents",
    path="schooling-requests",
    recorders="servizio-sociale",
    happened="requested_on",
    slot="minor_member_id requested_on",
    shown=(
        show("ats", "N", "ambito"),
        show(
            "person",
            "P",
            "person",
            "minor_member_id asked_member_id requested_on delivered_on respond_by",
        ),
    ),
)
class SchoolingDocumentsRequested:
    """Richiesta di documentazione sull'obbligo scolastico. DL 48/2023 art. 2 c. 3-bis; decree of 13 May
    2025.
    """

    minor_member_id: UUID
    asked_member_id: UUID
    requested_on: date
    delivered_on: date | None = None
    respond_by: date


@fact(
    "adi.case.mayor_warning_recorded",
    act="record_mayor_warning",
    path="mayor-warnings",
    recorders="comune",
    happened="warned_on",
    slot="act_ref minor_member_id",
    shown=(
        show("comune", "F", "residence"),
        show(
            "person",
            "P",
            "person",
            "minor_member_id responsible_member_id warned_on comply_by delivered_on act_ref",
        ),
    ),
)
class MayorWarningRecorded:
    """Ammonizione del sindaco. D.Lgs. 297/1994 art. 114 (as amended by DL 123/2023 art. 12)."""

    minor_member_id: UUID
    responsible_member_id: UUID
    warned_on: date
    comply_by: date
    delivered_on: date | None = None
    act_ref: str


@fact(
    "adi.case.school_attendance_reported",
    act="report_school_attendance",
    path="school-attendances",
    recorders="ust",
    slot="report_ref minor_member_id",
    shown=(
        show("ust", "P", "own_act", "minor_member_id period status report_ref"),
        show("person", "P", "person", "minor_member_id period status report_ref"),
    ),
)
class SchoolAttendanceReported:
    """Frequenza / inadempienza dell'obbligo scolastico. protocol art. 3; D.Lgs. 297/1994 art. 114; DL
    48/2023 art. 2 c. 3-bis.
    """

    minor_member_id: UUID
    period: str
    status: Literal["REGOLARE", "IRREGOLARE", "EVASIONE"]
    report_ref: str


@fact(
    "adi.case.health_attendance_confirmed",
    act="confirm_health_attendance",
    path="health-attendances",
    recorders="asl",
    slot="commitment_id period",
    shown=(
        show("asl", "P", "own_act", "member_id commitment_id attended period"),
        show("person", "P", "person", "member_id commitment_id attended period"),
    ),
)
class HealthAttendanceConfirmed:
    """Attestazione di frequenza a percorso sanitario (sì/no). protocol art. 7; GDPR art. 9."""

    member_id: UUID
    commitment_id: UUID
    attended: Personal[bool]
    period: str


@fact(
    "adi.case.periodic_update_held",
    act="hold_update",
    path="updates",
    recorders="servizio-sociale cpi accreditato inps",
    happened="held_on",
    slot="member_id held_on seat",
    shown=(
        show("ats", "P", "ambito", "member_id held_on seat"),
        show("cpi accreditato", "P", "referred_member", "member_id held_on seat"),
        show("inps", "F", "always"),
        show("person", "P", "person", "member_id held_on seat"),
    ),
)
class PeriodicUpdateHeld:
    """Aggiornamento ogni 90 giorni. DM 154/2023 art. 9 c. 2; DL 48/2023 art. 4 c. 4-5."""

    member_id: UUID
    held_on: date
    seat: Literal["SERVIZIO_SOCIALE", "CPI", "SOGGETTO_ACCREDITATO", "PATRONATO"]


@fact(
    "adi.case.job_offer_recorded",
    act="record_job_offer",
    path="job-offers",
    recorders="cpi accreditato",
    slot="offer_id",
    shown=(
        show("ats", "P", "ambito", "member_id offer_id outcome"),
        show(
            "cpi accreditato",
            "P",
            "referred_member",
            "member_id offer_id contract_type fte_pct distance_km public_transport_min duration_months "
            "wage_ok outcome",
        ),
        show("inps", "P", "always", "member_id offer_id outcome"),
        show(
            "person",
            "P",
            "person",
            "member_id offer_id contract_type fte_pct distance_km public_transport_min duration_months "
            "wage_ok outcome",
        ),
    ),
)
class JobOfferRecorded:
    """Offerta di lavoro. DL 48/2023 art. 9."""

    member_id: UUID
    offer_id: UUID
    contract_type: Literal["permanent", "fixed_term", "agency"]
    fte_pct: int
    distance_km: int | None = None
    public_transport_min: int | None = None
    duration_months: int | None = None
    wage_ok: bool
    outcome: Literal["ACCEPTED", "REFUSED", "WITHDRAWN", "NO_ANSWER"]


@fact(
    "adi.case.formal_reminder_issued",
    act="issue_reminder",
    path="reminders",
    recorders="servizio-sociale cpi",
    happened="issued_on",
    slot="infraction_ref issued_on",
    shown=(
        show("ats", "N", "ambito"),
        show("cpi", "X", "own_act", "infraction_ref member_id issued_by issued_on comply_by delivered_on"),
        show("person", "P", "person", "infraction_ref member_id issued_on comply_by delivered_on"),
    ),
)
class FormalReminderIssued:
    """Richiamo formale. DL 4/2019 art. 7 c. 9; D.Lgs. 147/2017 art. 12 c. 6."""

    infraction_ref: UUID
    member_id: UUID
    issued_by: UUID
    issued_on: date
    comply_by: date
    delivered_on: date | None = None
    document_hash: str | None = None


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
    upcasts=(_untraced,),
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
    trace: Json = traced()
    evidence_event_ids: tuple[UUID, ...] = traced()


@fact(
    "adi.case.proceeding_notice_sent",
    act="send_proceeding_notice",
    path="proceeding-notices",
    recorders="inps servizio-sociale cpi",
    happened="sent_on",
    slot="proposal_id report_id",
    shown=(
        show("ats", "P", "ambito", "sent_on deadline_for_briefs"),
        show(
            "cpi",
            "X",
            "own_act",
            "proposal_id report_id sent_on delivered_on office_and_person deadline_for_briefs",
        ),
        show("inps", "F", "always"),
        show(
            "person",
            "P",
            "person",
            "proposal_id report_id sent_on delivered_on office_and_person deadline_for_briefs",
        ),
    ),
)
class ProceedingNoticeSent:
    """Comunicazione di avvio del procedimento. L. 241/1990 arts. 7-8, 10."""

    proposal_id: UUID | None = None
    report_id: UUID | None = None
    sent_on: date
    delivered_on: date | None = None
    office_and_person: str
    deadline_for_briefs: date
    document_hash: str | None = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """What every provvedimento says, whatever it orders; ``finding`` is what the rules find on it."""

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
    rule_set_hash: str = traced()
    case_version: int = traced()
    inputs: Json = traced()
    trace: Json = traced()
    evidence_event_ids: tuple[UUID, ...] = traced()


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
    upcasts=(_untraced,),
)
class DecurtazioneOrdered(Ordered):
    """Provvedimento di decurtazione. protocol premise; DL 4/2019 art. 7; D.Lgs. 147/2017 art. 12; D.Lgs.
    150/2015 art. 21; no basis in DL 48/2023 art. 8.
    """

    months_fraction: str
    amount: Personal[Money] | None = None
    effective_from: Month


@fact(
    "adi.case.sospensione_ordered",
    act="record_sospensione",
    path="sospensioni",
    recorders="inps cpi",
    happened="ordered_on",
    slot="measure_id",
    shown=(
        show(
            "ats",
            "P",
            "ambito",
            "measure_id authority ordered_on affected_scope rule_set_id finding conflicts_with "
            "suspended_from_month",
        ),
        show(
            "cpi accreditato",
            "P",
            "charge",
            "measure_id authority ordered_on affected_scope suspended_from_month",
        ),
        show("inps", "F", "always"),
        show(
            "person",
            "P",
            "person",
            "measure_id proposal_id infraction_refs rule_set_id legal_ref authority act_ref ordered_on "
            "motivation affected_scope months_charged remedies conflicts_with finding suspended_from_month",
        ),
    ),
    upcasts=(_untraced,),
)
class SospensioneOrdered(Ordered):
    """Provvedimento di sospensione. DL 48/2023 art. 4 c. 4-5, art. 8; DM 154/2023 art. 9 c. 2."""

    suspended_from_month: Month


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
    upcasts=(_untraced,),
)
class DecadenzaOrdered(Ordered):
    """Provvedimento di decadenza. DL 48/2023 art. 8."""

    effective_from: date
    reapply_not_before: date | None = None


@fact(
    "adi.case.revoca_ordered",
    act="record_revoca",
    path="revoche",
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
            "restitution reapply_not_before",
        ),
    ),
    upcasts=(_untraced,),
)
class RevocaOrdered(Ordered):
    """Provvedimento di revoca. DL 48/2023 art. 8."""

    effective_from: date
    restitution: Personal[Money] | None = None
    reapply_not_before: date | None = None


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
    "adi.case.suspension_lifted",
    act="lift_suspension",
    path="lifted-suspensions",
    recorders="inps",
    happened="lifted_on",
    slot="measure_id",
    shown=(
        show("ats", "P", "ambito", "measure_id lifted_on"),
        show("cpi accreditato", "P", "of_measure", "measure_id lifted_on"),
        show("inps", "F", "always"),
        show("person", "P", "person", "measure_id lifted_on cause_event_ref arrears_from"),
    ),
)
class SuspensionLifted:
    """Ripristino dell'erogazione. lavoro.gov.it/adi/node/767."""

    measure_id: UUID
    lifted_on: date
    cause_event_ref: UUID
    arrears_from: Month | None = None


@fact(
    "adi.case.review_requested",
    act="request_review",
    path="review-requests",
    recorders="servizio-sociale inps",
    happened="filed_on",
    slot="measure_id member_id filed_on forum",
    shown=(
        show("ats", "P", "ambito", "measure_id filed_on forum"),
        show("cpi", "X", "own_measure", "measure_id member_id filed_on forum"),
        show("inps", "F", "always"),
        show("person", "P", "person", "measure_id member_id filed_on forum"),
    ),
)
class ReviewRequested:
    """Istanza di riesame / ricorso. INPS practice."""

    measure_id: UUID
    member_id: UUID
    filed_on: date
    forum: Literal["INPS", "COURT", "CPI"]


@fact(
    "adi.case.measure_annulled",
    act="annul_measure",
    path="annulments",
    recorders="inps cpi",
    happened="annulled_on",
    slot="measure_id",
    shown=(
        show("ats", "P", "ambito", "measure_id annulled_on authority"),
        show("cpi accreditato", "P", "of_measure", "measure_id annulled_on"),
        show("inps", "F", "always"),
        show("person", "P", "person", "measure_id annulled_on authority reason"),
    ),
)
class MeasureAnnulled:
    """Annullamento / autotutela / sentenza. L. 241/1990 art. 21-nonies."""

    measure_id: UUID
    annulled_on: date
    authority: Literal["INPS", "CPI", "COURT"]
    reason: Personal[str]


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
    "adi.case.personal_data_erased",
    act="erase_personal_data",
    path="erasures",
    recorders="ats system",
    happened="erased_on",
    slot="member_id erased_on",
)
class PersonalDataErased:
    """Cancellazione dei dati personali. GDPR arts. 17, 19."""

    member_id: UUID
    erased_event_ids: tuple[UUID, ...]
    ground: Literal["REQUEST", "RETENTION_ENDED", "UNLAWFUL"]
    erased_on: date
    kept_reason: str | None = None


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
    | BenefitGranted
    | BenefitRenewed
    | BenefitExpired
    | BenefitRenounced
    | PadSigned
    | CaseTransmittedToComune
    | CompetenceTransferred
    | CompetenceAccepted
    | OperatorAssigned
    | OperatorUnassigned
    | CaseManagerAssigned
    | HouseholdCompositionRecorded
    | ContactsUpdated
    | HouseholdMemberChanged
    | MemberConditionRecorded
    | ResidenceCheckRecorded
    | DeclarationCheckRecorded
    | ObligationEvaluated
    | VoluntaryAdhesionRequested
    | HouseholdConvoked
    | ConvocationDelivered
    | AppointmentHeld
    | GepiRegistrationRecorded
    | AppointmentMissed
    | InfractionAscertained
    | TermLapsed
    | JustifiedReasonRequested
    | JustifiedReasonSubmitted
    | JustifiedReasonDecided
    | PreliminaryAnalysisCompleted
    | ActivabilityAssessed
    | MemberReferredToEmploymentService
    | ReferralAccepted
    | ReferralReturned
    | MemberConvokedByCpi
    | DidRecorded
    | ServicePattoSigned
    | MemberReferredToSpecialistService
    | SpecialistReferralAnswered
    | EquipeFormed
    | EquipeChanged
    | EquipeConvoked
    | EquipeInviteAnswered
    | EquipeMet
    | AnalysisFrameworkCompleted
    | PattoDrafted
    | PattoSigned
    | PattoSignatureRefused
    | PattoRevised
    | MonitoringReviewHeld
    | SupportActivated
    | SupportEnded
    | PucAssigned
    | CommitmentFulfilled
    | CommitmentMissed
    | SchoolVerificationRequested
    | SchoolingVerified
    | SchoolingDocumentsRequested
    | MayorWarningRecorded
    | SchoolAttendanceReported
    | HealthAttendanceConfirmed
    | PeriodicUpdateHeld
    | JobOfferRecorded
    | FormalReminderIssued
    | SanctionProposalOpened
    | ProceedingNoticeSent
    | InfractionReportedToInps
    | DecurtazioneOrdered
    | SospensioneOrdered
    | DecadenzaOrdered
    | RevocaOrdered
    | MeasureNotified
    | SuspensionLifted
    | ReviewRequested
    | MeasureAnnulled
    | EventCorrected
    | PersonalDataErased
    | CaseClosed
)
"""Every fact of a case: who folds or decides over it is asked by the type checker for each of them."""
