"""What the Patto per l'inclusione sociale must hold before it is signed: PA-01 … PA-22, DOMAIN.md 5.1.

LAW repeats D.Lgs. 147/2017 art. 6, which protocol art. 7 paraphrases [cc. 1-3 verified, the rest memory].
Of PA-03 (text specific and concrete, no technical, generic or abstract words) only a text too short to be
either is found; the words are for a person to read.
"""

from collections.abc import Callable, Hashable, Set

from domain.rules.checks import Failed, Level
from domain.rules.patto_parts import Commitment, Draft, Household, Signing

SUPPORT_CODES = frozenset(f"PROT8.{letter}" for letter in "abcdefghilm")
"""The catalogue of protocol art. 8; Italian lettering has no j and no k."""

AREAS = ("CONTACTS", "SCHOOLING", "HEALTH")
"""The areas that the commitments cover at least (protocol art. 7)."""

HEALTH_AGENCIES = ("asl", "mmg")

WARNING_TEXT_VERSION = "1"
WARNING_TEXT = (
    "Il protocollo d'intesa prevede la decurtazione; la legge vigente (art. 8, c. 6, DL 48/2023) prevede la "
    "decadenza dell'intero nucleo. Decide l'INPS."
)
"""The warning on consequences (PA-19): both texts and who decides."""

Reasons = list[str]
"""Why a check fails, in words; empty where it passes."""


def failed_in_draft(draft: Draft, household: Household) -> tuple[Failed, ...]:
    """The checks that a draft fails, in the order of their codes."""
    return tuple(
        Failed(code, level, ref, because)
        for code, level, ref, test in _DRAFT_CHECKS
        for because in test(draft, household)
    )


def failed_in_signing(signing: Signing, household: Household) -> tuple[Failed, ...]:
    """The checks that the signatures fail, in the order of their codes."""
    return tuple(
        Failed(code, level, ref, because)
        for code, level, ref, test in _SIGNING_CHECKS
        for because in test(signing, household)
    )


def _objectives(draft: Draft, household: Household) -> Reasons:
    served = {result.objective_id for result in draft.expected_results}
    without = [o.objective_id for o in draft.objectives if o.objective_id not in served]
    missing = [] if draft.objectives else ["no general objective"]
    return missing + [f"objective {each} has no expected result" for each in without]


def _times(draft: Draft, household: Household) -> Reasons:
    timeless = sum(result.due_on is None for result in draft.expected_results)
    return [f"{timeless} expected results have no time"] if timeless else []


FEWEST_WORDS = 3
"""Fewer do not say what is to change for whom («lavoro», «più autonomia»). [inference]"""


def _specific(draft: Draft, household: Household) -> Reasons:
    said = {"objective": [o.text for o in draft.objectives]}
    said["expected result"] = [result.text for result in draft.expected_results]
    short = {what: sum(len(text.split()) < FEWEST_WORDS for text in texts) for what, texts in said.items()}
    return [
        f"{count} {what} told in a word or two: what is to change?" for what, count in short.items() if count
    ]


def _needs(draft: Draft, household: Household) -> Reasons:
    loose = [o.objective_id for o in draft.objectives if o.need_id not in household.needs]
    return [f"objective {each} traces to no need of the assessment" for each in loose]


def _support_codes(draft: Draft, household: Household) -> Reasons:
    codes = {support.catalogue_code for support in draft.supports}
    return [f"{code} is not in the catalogue of art. 8" for code in sorted(codes - SUPPORT_CODES)]


def _areas(draft: Draft, household: Household) -> Reasons:
    covered = {commitment.area for commitment in draft.commitments}
    explained = {row.area for row in draft.not_applicable_areas if row.reason.strip()}
    bare = [area for area in AREAS if area not in covered | explained]
    return [f"no commitment in the area {area}, and no reason" for area in bare]


def _contacts(draft: Draft, household: Household) -> Reasons:
    vague = [c for c in _in_area(draft, "CONTACTS") if not c.frequency.strip()]
    return ["a commitment on contacts states no frequency"] if vague else []


def _schooling(draft: Draft, household: Household) -> Reasons:
    pupils = [_pupil(commitment) for commitment in _in_area(draft, "SCHOOLING")]
    outside = [pupil for pupil in pupils if pupil not in household.in_education]
    return [f"member {each} is neither under the duty of schooling nor in study" for each in outside]


def _health(draft: Draft, household: Household) -> Reasons:
    others = [c.evidence_by for c in _in_area(draft, "HEALTH") if not _is_health_service(c.evidence_by)]
    return [f"a health commitment is set by {each!r}, not by a health service" for each in others]


def _puc(draft: Draft, household: Household) -> Reasons:
    assigned = {c.obliged_member_id for c in _in_area(draft, "PUC")}
    return [f"no PUC for the obliged member {each}" for each in _ordered(household.obliged - assigned)]


def _conditionality(draft: Draft, household: Household) -> Reasons:
    strangers = [c for c in draft.commitments if c.obliged_member_id not in household.members]
    unbound = [c for c in draft.commitments if c.conditional and c.obliged_member_id not in household.obliged]
    named = ["a commitment names no member of the household"] if strangers else []
    return named + [f"conditional for {c.obliged_member_id}, who is not obliged" for c in unbound]


def _team(draft: Draft, household: Household) -> Reasons:
    no_manager = ["no case manager"] if draft.case_manager_id is None else []
    no_team = ["the équipe is not named"] if household.equipe_formed and draft.team_ref is None else []
    return no_manager + no_team


def _monitoring(draft: Draft, household: Household) -> Reasons:
    plan = draft.monitoring
    present = {
        "a method": plan.method.strip(),
        "dates of review": plan.review_dates,
        "a rule of revision": plan.revision_rule.strip(),
    }
    return [f"the monitoring has not {name}" for name, value in present.items() if not value]


def _proportionality(draft: Draft, household: Household) -> Reasons:
    return _blank("duration", draft.duration) + _blank("proportionality", draft.proportionality_reason)


def _minors(draft: Draft, household: Household) -> Reasons:
    return _blank("involvement of the minors", draft.minors_involvement) if household.minors else []


def _prior_projects(draft: Draft, household: Household) -> Reasons:
    loose = [p for p in draft.prior_projects if not p.integrated and not p.project_ref.strip()]
    return ["an earlier project is neither integrated nor referenced"] if loose else []


def _scheda(draft: Draft, household: Household) -> Reasons:
    return _blank("Scheda Progetto", draft.scheda_progetto_ref)


def _warning(draft: Draft, household: Household) -> Reasons:
    return _blank("version of the warning on consequences", draft.warning_text_version)


def _named(draft: Draft, household: Household) -> Reasons:
    named = {"familiare responsabile": draft.family_responsible_id, "case manager": draft.case_manager_id}
    return [f"no {role}" for role, person in named.items() if person is None]


def _preferences(draft: Draft, household: Household) -> Reasons:
    return _blank("wishes, expectations and preferences", draft.preferences)


def _signatures(signing: Signing, household: Household) -> Reasons:
    signed = {signatory.member_id for signatory in signing.signatories}
    missing = _ordered(household.obliged - signed)
    unsigned = [f"the obliged member {each} has not signed" for each in missing]
    return unsigned if signed else ["no member of the household has signed", *unsigned]


def _proof_of_signing(signing: Signing, household: Household) -> Reasons:
    undated = any(s.signed_on is None or not s.method.strip() for s in signing.signatories)
    when_and_how = ["a signature has no day or no method"] if undated else []
    copy = ["no copy was delivered"] if signing.copy_delivered_on is None else []
    return when_and_how + _blank("hash of the document", signing.document_hash) + copy


def _in_area(draft: Draft, area: str) -> list[Commitment]:
    return [commitment for commitment in draft.commitments if commitment.area == area]


def _pupil(commitment: Commitment) -> Hashable | None:
    pupil = commitment.beneficiary_member_id
    return commitment.obliged_member_id if pupil is None else pupil


def _ordered(members: Set[Hashable]) -> list[Hashable]:
    return sorted(members, key=str)


def _is_health_service(agency: str) -> bool:
    return agency.split("-")[0] in HEALTH_AGENCIES


def _blank(name: str, text: str) -> Reasons:
    return [] if text.strip() else [f"{name}: not written"]


_DRAFT_CHECKS: tuple[tuple[str, Level, str, Callable[[Draft, Household], Reasons]], ...] = (
    ("PA-01", Level.LAW, "protocol art. 7 lett. a); D.Lgs. 147/2017 art. 6 c. 2", _objectives),
    ("PA-02", Level.LAW, "protocol art. 7; D.Lgs. 147/2017 art. 6", _times),
    ("PA-03", Level.GUIDE, "protocol art. 7; D.Lgs. 147/2017 art. 6 c. 3", _specific),
    ("PA-04", Level.LAW, "protocol art. 7; D.Lgs. 147/2017 art. 6", _needs),
    ("PA-05", Level.PROTOCOL, "protocol art. 8", _support_codes),
    ("PA-06", Level.PROTOCOL, "protocol art. 7", _areas),
    ("PA-07", Level.LAW, "protocol art. 7; D.Lgs. 147/2017 art. 6", _contacts),
    ("PA-08", Level.INFERENCE, "-", _schooling),
    ("PA-09", Level.LAW, "protocol art. 7; GDPR art. 9", _health),
    ("PA-10", Level.PROTOCOL, "protocol art. 7; optional under DM 156/2023 annex 1", _puc),
    ("PA-11", Level.LAW, "DL 48/2023 art. 6 c. 4; lavoro.gov.it/adi/node/143", _conditionality),
    ("PA-12", Level.PROTOCOL, "protocol artt. 5, 7", _team),
    ("PA-13", Level.LAW, "protocol art. 7; D.Lgs. 147/2017 art. 6", _monitoring),
    ("PA-14", Level.LAW, "protocol art. 7; D.Lgs. 147/2017 art. 6", _proportionality),
    ("PA-16", Level.GUIDE, "protocol art. 7", _minors),
    ("PA-17", Level.LAW, "protocol art. 7; D.Lgs. 147/2017 art. 6", _prior_projects),
    ("PA-18", Level.PROTOCOL, "protocol art. 7", _scheda),
    ("PA-19", Level.INFERENCE, "-", _warning),
    ("PA-20", Level.PROTOCOL, "protocol art. 7", _named),
    ("PA-21", Level.LAW, "protocol art. 7; D.Lgs. 147/2017 art. 6", _preferences),
)

_SIGNING_CHECKS: tuple[tuple[str, Level, str, Callable[[Signing, Household], Reasons]], ...] = (
    ("PA-15", Level.LAW, "protocol art. 7; D.Lgs. 147/2017 art. 6", _signatures),
    ("PA-22", Level.INFERENCE, "-", _proof_of_signing),
)
