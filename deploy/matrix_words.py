"""The disclosure matrix in words: its recipients, levels, grounds and masks, as the page says them."""

RECIPIENTS = {
    "servizio-sociale": "Servizio sociale",
    "ats": "Ambito (ATS capofila)",
    "comune": "Comune",
    "cpi": "Centro per l'impiego",
    "accreditato": "Soggetto accreditato",
    "ust": "Ufficio scolastico",
    "asl": "Unità dell'ASL",
    "mmg": "Medico di base",
    "ets": "Ente del terzo settore",
    "puc": "Titolare di PUC",
    "sil": "SIL",
    "inps": "INPS",
    "person": "Interessato",
}
"""Actors in the order of the matrix; the servizio sociale reads over REST, the person by extract."""

LEVELS = {
    "F": "the whole fact, less the masks and what serves the replay of a decision",
    "P": "the fields named, of the members in the recipient's charge",
    "X": "the fields named, of the recipient's own lines or acts",
    "T": "the fields named, while a person of the recipient sits in the team",
    "N": "a notice: that it happened, and when",
    "R": "whoever was shown the fact that was corrected or erased, with the same fields",
}

GROUNDS = {
    "always": "always, to this body itself",
    "ambito": "the case, the protocol or the Tavolo is of this Ambito",
    "person": "by extract or accesso, on request; never by a topic",
    "residence": "the household lives in this Comune: that of the referral, or the one that accepted the "
    "competence since, for a change of residence",
    "transfer_party": "this Comune gives up the case, or takes it",
    "own_operator": "the operator is of this agency, or of this unit of it",
    "own_assignment": "an operator of this agency, or of this unit of it, has an open assignment",
    "referred_member": "the member is referred to this office, which has not given the referral back; of a "
    "household only that member; a referral and its answer, where it goes to",
    "any_referred": "a member of the household is referred to this office",
    "activable_member": "the member is referred to this office and can be activated to work",
    "labour_path": "the path is LAVORATIVO and the member is referred to this office",
    "referred_change": "AGE_60, DEATH, LEFT or RESIDENCE of a member referred to this office",
    "referred_term": "D3 of a member referred to this office; D4a and D4b of a referral to it",
    "employment_condition": "the member is referred to this office, and the condition is EMPLOYED, "
    "REGULAR_STUDY or, for the CPI, DISABILITY_L68",
    "school_condition": "REGULAR_STUDY that this office recorded itself",
    "own_condition": "recorded by this unit",
    "pupils": "minors of the household with a SCHOOLING commitment, in the patto in force, that this office "
    "gives evidence of",
    "school_office": "the request is to this office; it names neither the ADI nor the case",
    "own_verification": "the answer to a request of this Comune",
    "referred_unit": "the referral is to this unit, no other unit of the ASL",
    "in_care": "this unit has taken the member: the last that it answered on a referral; of a household only "
    "that member",
    "assigned_member": "the member is assigned to a PUC of this holder, or is given a support by this body; "
    "of a household only that member",
    "charge": "the measure falls on a member referred to this office, or on her household; in full (F) "
    "where this CPI ordered it",
    "team": "a person of this agency or unit sits in this team; of its forming, sat in it when it was formed",
    "need_areas": "a person of this agency or unit sits in the team; only the needs of its areas",
    "own_areas": "a person of this agency or unit sits in the team; only the areas assigned to it",
    "invited": "a person of this agency or unit is invited",
    "own_invitee": "the person invited is of this agency or unit",
    "own_lines": "lines that this agency or unit provides or gives the evidence of, once something "
    "links it to the case",
    "school_lines": "SCHOOLING lines that this office gives evidence of, once something links it to the case",
    "provided_lines": "supports that this body provides, once something links it to the case",
    "own_line": "an own line stands in this version; of a revision, in the old one or in the new one",
    "puc_line": "a PUC commitment with this holder stands in this version",
    "own_act_or_line": "recorded by this service, or an own line stands in this version",
    "own_support": "this agency or unit gives the support",
    "own_puc": "this body gives the evidence of the member's PUC line, in the patto in force for the "
    "assignment, and no other does",
    "resident_puc": "the household lives in this Comune, which holds the PUC (as for a holder)",
    "own_convocation": "its own convocation, or a breach that it recorded itself and that is not of the "
    "PaIS; of several, all of them",
    "own_meeting": "the meeting was held at this office",
    "own_fact": "reported by this CPI",
    "own_report": "reported by this body, as long as it is a report and not an ascertained infraction",
    "own_act": "recorded by this office",
    "household_term": "D1, D2, D3 or D18 was let lapse by the household or a member",
    "own_measure": "this CPI ordered the measure",
    "of_measure": "this office was told of the measure, also if its charge or the case has ended since",
    "end_of_charge": "this body had a ground in the case when it was closed",
    "signatory": "a signatory of the protocol in force, or a unit of one",
    "party": "this body is the party",
    "holder": "this body holds the PUC",
    "own_access": "the reader is of this agency, or the refused one is; the servizio sociale, whoever read "
    "the case that is assigned to who asks; on request, never by a topic",
}

NAME = (
    '"servizio sanitario" in place of a health service, but for its own unit; left out for an anti-violence '
    "service"
)
SPECIALIST = (
    '"servizio sanitario" in place of a specialist and of whoever is of a health service, but for the '
    "ASL's own unit; the unit is left out"
)

MASKS = (
    (
        "HouseholdCompositionRecorded",
        "`members[].birth_date`",
        "shown to ATS, Comune, INPS, CPI, accredited body, school office and ASL only",
    ),
    (
        "HouseholdCompositionRecorded",
        "`members[].residence_address`",
        "left out for every office: left out of the household of a member in a protection path alone, it "
        "would tell of the path; so it is hidden, at any time, from who reads the file of a measure",
    ),
    (
        "HouseholdCompositionRecorded, ContactsUpdated",
        "`members[].contacts`, `contacts`",
        "a contact that is not safe; all those of a member in a protection path; of the others those that "
        "are on record as hers too and, in her household, the postal ones; where none is left the list is "
        "empty, as where none is on record",
    ),
    (
        "HouseholdConvoked, MemberConvokedByCpi",
        "`contact_used`, `place`",
        "left out for every office, whoever is convoked; in the file of a measure hidden where a member in a "
        "protection path is",
    ),
    (
        "MemberConvokedByCpi",
        "`contact_used`",
        "in the file of a measure hidden too where it is a contact of a member in a protection path, not "
        "safe, or post to her household",
    ),
    (
        "MemberConditionRecorded",
        "the whole fact",
        "a protection path (GENDER_VIOLENCE_PATH) is told to nobody",
    ),
    (
        "MemberConditionRecorded",
        "`condition_code`, `value`, `certified_by`, `evidence_ref`",
        "hidden for ONCOLOGICAL, PARENTAL_RESPONSIBILITY_LOST, DIRECT_PENSION, CARE_LOAD_DISABLED_MEMBER and "
        "DISABILITY_L68, also from the unit that recorded it; the CPI reads code and value of a disability",
    ),
    (
        "MemberConditionRecorded, CommitmentFulfilled, SupportActivated, SupportEnded",
        "the agency that recorded",
        '"altro servizio" to the ATS, but for servizio sociale, Comune and INPS: it would tell what it is',
    ),
    (
        "ObligationEvaluated",
        "`reason_codes`",
        "the CPI reads EMPLOYED, REGULAR_STUDY, DISABILITY_L68, AGE_60_PLUS and NONE; nobody else reads any",
    ),
    (
        "JustifiedReasonSubmitted",
        "`category`, `evidence_ref`",
        "hidden where the reason holds health data",
    ),
    ("JustifiedReasonDecided", "`motivation`", "hidden where the reason held health data"),
    (
        "PreliminaryAnalysisCompleted",
        "`outcomes[]`",
        "an outcome SPECIALIST is left out for the ATS",
    ),
    (
        "AnalysisFrameworkCompleted",
        "`areas[]`",
        "an area of HEALTH or CARE, or of no known name, is left out for everyone but the ASL",
    ),
    ("PattoDrafted", "`commitments[]`", "lines of area HEALTH are left out, but for the ASL's own unit"),
    (
        "MemberReferredToSpecialistService",
        "`unit`",
        "read by the unit referred to only",
    ),
    (
        "SupportActivated",
        "`provider`",
        '"servizio sanitario" for a health support (PROT8.h) and any of a health service, but for its unit',
    ),
    ("SupportActivated", "`catalogue_code`", "of a health support hidden from the ATS"),
    (
        "SupportActivated, SupportEnded",
        "the whole fact",
        "a support of an anti-violence service is told to that service alone",
    ),
    (
        "OperatorAssigned, CaseManagerAssigned",
        "`agency`, `unit`",
        NAME,
    ),
    (
        "CompetenceTransferred, CompetenceAccepted",
        "`from_agency`, `to_agency`, `accepted_by_agency`",
        NAME,
    ),
    (
        "OperatorAssigned, OperatorUnassigned, EquipeInviteAnswered, CommitmentFulfilled",
        "the whole fact",
        "of an anti-violence service told to that service alone",
    ),
    (
        "EquipeFormed",
        "`components[].name`, `.surname`, `.function`, `.agency`",
        SPECIALIST,
    ),
    ("EquipeChanged", "`added[].name`, `.surname`, `.function`, `.agency`", SPECIALIST),
    (
        "EquipeFormed, EquipeChanged",
        "`components[]`, `added[]`",
        "an operator of an anti-violence service is left out for everyone",
    ),
    (
        "EquipeChanged, EquipeMet",
        "`removed`, `present`, `absent`",
        "the id of an operator of an anti-violence service is left out for everyone",
    ),
    ("EquipeFormed, EquipeChanged", "`missing_roles[].reason`", "free text stays in the case file"),
    ("EquipeChanged, CaseManagerAssigned", "`reason`", "free text stays in the case file"),
    (
        "ProceedingNoticeSent",
        "`document_hash`",
        "whoever prints the letter again would find what stands in it",
    ),
    (
        "EquipeConvoked",
        "`invitees[].agency`, `.unit`",
        "the unit is read by the ATS only, and there too " + NAME,
    ),
    ("EquipeConvoked", "`invitees[]`", "an operator of an anti-violence service is left out for everyone"),
    ("EquipeInviteAnswered", "`agency`", NAME),
    ("EquipeMet", "`minutes_ref`", "left out for everyone: each seat gets its own extract"),
    ("SchoolAttendanceReported", "`status`, `report_ref`", "read by the school office that reported it only"),
    ("SchoolingVerified", "`outcome`", "read by the school office and by the Comune that asked only"),
    (
        "JobOfferRecorded",
        "`contract_type`, `fte_pct`, `distance_km`, `public_transport_min`, `duration_months`, `wage_ok`",
        "read by the employment services only; the others read the outcome",
    ),
    ("CommitmentMissed", "`facts`", "read by the CPI that reported them only"),
    (
        "InfractionAscertained",
        "the whole fact",
        "a conviction (FINAL_CONVICTION) is told to INPS alone (GDPR art. 10)",
    ),
    (
        "CaseFileAccessed",
        "the whole fact",
        "a read by an anti-violence service is told to that service and to the case manager alone",
    ),
    (
        "CaseFileAccessed",
        "`agency`, `accessor`",
        'for the ATS "servizio sanitario" in place of a health service, and nobody for who read there',
    ),
    ("BenefitGranted", "`amount`", "read by INPS only"),
    (
        "DecurtazioneOrdered, RevocaOrdered",
        "`amount`, `restitution`",
        "read by INPS, and by the CPI that ordered it",
    ),
    (
        "every fact",
        "the agency that recorded",
        '"servizio sanitario" in place of a health service, but for its own unit; "altro servizio" in '
        "place of an anti-violence service",
    ),
    (
        "every fact",
        "what was erased",
        "a value that can no longer be read opens no ground, and hides what it might have hidden",
    ),
)
"""Event, values, what is hidden: the masks of :mod:`domain.disclosure`, in words."""
