"""The checks of the patto and of the équipe."""

from dataclasses import dataclass, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.rules.checks import Level, blocking
from domain.rules.equipe import CORE_ROLES, failed_in_equipe, missing_roles, unexplained_roles
from domain.rules.patto import SUPPORT_CODES, failed_in_draft, failed_in_signing
from domain.rules.patto_parts import Household


@dataclass(frozen=True)
class Objective:
    objective_id: str = "obiettivo"
    need_id: str = "bisogno"
    text: str = "tornare a lavorare"


@dataclass(frozen=True)
class ExpectedResult:
    objective_id: str = "obiettivo"
    text: str = "un contratto di sei mesi"
    due_on: date | None = date(2026, 12, 1)


@dataclass(frozen=True)
class Support:
    catalogue_code: str = "PROT8.c"


@dataclass(frozen=True)
class Commitment:
    area: str
    obliged_member_id: str | None = "madre"
    beneficiary_member_id: str | None = None
    frequency: str = "ogni due settimane"
    conditional: bool = True
    evidence_by: str = "servizio-sociale"


@dataclass(frozen=True)
class Area:
    area: str
    reason: str


@dataclass(frozen=True)
class Project:
    project_ref: str = "SerD 12/2025"
    integrated: bool = False


@dataclass(frozen=True)
class Monitoring:
    method: str = "colloquio"
    review_dates: tuple[date, ...] = (date(2026, 9, 1),)
    revision_rule: str = "su proposta del case manager"


CONTACTS = Commitment("CONTACTS")
SCHOOLING = Commitment("SCHOOLING", beneficiary_member_id="figlio")
HEALTH = Commitment("HEALTH", evidence_by="asl-consultorio")
PUC = Commitment("PUC")


@dataclass(frozen=True)
class Draft:
    objectives: tuple[Objective, ...] = (Objective(),)
    expected_results: tuple[ExpectedResult, ...] = (ExpectedResult(),)
    supports: tuple[Support, ...] = (Support(),)
    commitments: tuple[Commitment, ...] = (CONTACTS, SCHOOLING, HEALTH, PUC)
    not_applicable_areas: tuple[Area, ...] = ()
    duration: str = "12 mesi"
    proportionality_reason: str = "commisurata ai bisogni"
    preferences: str = "lavorare vicino alla scuola"
    minors_involvement: str = "sentito il figlio"
    prior_projects: tuple[Project, ...] = (Project(),)
    scheda_progetto_ref: str = "scheda-1"
    monitoring: Monitoring = Monitoring()
    family_responsible_id: str | None = "madre"
    case_manager_id: str | None = "assistente"
    team_ref: str | None = "equipe"
    warning_text_version: str = "1"


@dataclass(frozen=True)
class Signatory:
    member_id: str = "madre"
    signed_on: date | None = date(2026, 6, 1)
    method: str = "OLOGRAFA"


@dataclass(frozen=True)
class Signing:
    signatories: tuple[Signatory, ...] = (Signatory(),)
    document_hash: str = "ab12"
    copy_delivered_on: date | None = date(2026, 6, 1)


HOUSEHOLD = Household(
    members=frozenset({"madre", "padre", "figlio"}),
    obliged=frozenset({"madre"}),
    minors=frozenset({"figlio"}),
    in_education=frozenset({"figlio"}),
    needs=frozenset({"bisogno"}),
    equipe_formed=True,
)


def draft_without(area):
    return Draft(commitments=tuple(c for c in Draft().commitments if c.area != area))


def test_a_complete_patto_passes_every_check():
    assert failed_in_draft(Draft(), HOUSEHOLD) == ()
    assert failed_in_signing(Signing(), HOUSEHOLD) == ()


@pytest.mark.parametrize(
    ("draft", "code", "level"),
    [
        (Draft(objectives=()), "PA-01", "LAW"),
        (Draft(expected_results=()), "PA-01", "LAW"),
        (Draft(expected_results=(ExpectedResult(due_on=None),)), "PA-02", "LAW"),
        (Draft(objectives=(Objective(text="lavoro"),)), "PA-03", "GUIDE"),
        (Draft(expected_results=(ExpectedResult(text="più autonomia"),)), "PA-03", "GUIDE"),
        (Draft(objectives=(Objective(need_id="altro"),)), "PA-04", "LAW"),
        (Draft(supports=(Support("147-7.c"),)), "PA-05", "PROTOCOL"),
        (Draft(supports=(Support("PROT8.j"),)), "PA-05", "PROTOCOL"),
        (draft_without("HEALTH"), "PA-06", "PROTOCOL"),
        (replace(draft_without("HEALTH"), not_applicable_areas=(Area("HEALTH", " "),)), "PA-06", "PROTOCOL"),
        (Draft(commitments=(replace(CONTACTS, frequency=""), SCHOOLING, HEALTH, PUC)), "PA-07", "LAW"),
        (
            Draft(commitments=(CONTACTS, replace(SCHOOLING, beneficiary_member_id="padre"), HEALTH, PUC)),
            "PA-08",
            "INFERENCE",
        ),
        (Draft(commitments=(CONTACTS, SCHOOLING, replace(HEALTH, evidence_by="cpi"), PUC)), "PA-09", "LAW"),
        (draft_without("PUC"), "PA-10", "PROTOCOL"),
        (
            Draft(commitments=(CONTACTS, SCHOOLING, replace(HEALTH, obliged_member_id="padre"), PUC)),
            "PA-11",
            "LAW",
        ),
        (Draft(team_ref=None), "PA-12", "PROTOCOL"),
        (Draft(monitoring=Monitoring(review_dates=())), "PA-13", "LAW"),
        (Draft(duration=""), "PA-14", "LAW"),
        (Draft(proportionality_reason=" "), "PA-14", "LAW"),
        (Draft(minors_involvement=""), "PA-16", "GUIDE"),
        (Draft(prior_projects=(Project(project_ref=""),)), "PA-17", "LAW"),
        (Draft(scheda_progetto_ref=""), "PA-18", "PROTOCOL"),
        (Draft(warning_text_version=""), "PA-19", "INFERENCE"),
        (Draft(family_responsible_id=None), "PA-20", "PROTOCOL"),
        (Draft(preferences=""), "PA-21", "LAW"),
    ],
)
def test_a_draft_that_lacks_something_fails_exactly_that_check(draft, code, level):
    assert [(failed.code, failed.level) for failed in failed_in_draft(draft, HOUSEHOLD)] == [(code, level)]


@pytest.mark.parametrize(
    ("signing", "code"),
    [
        (Signing(signatories=(Signatory("padre"),)), "PA-15"),
        (Signing(signatories=(Signatory(signed_on=None),)), "PA-22"),
        (Signing(signatories=(Signatory(), Signatory("padre", method=" "))), "PA-22"),
        (Signing(copy_delivered_on=None), "PA-22"),
        (Signing(document_hash=""), "PA-22"),
    ],
)
def test_a_signature_that_lacks_something_fails_exactly_that_check(signing, code):
    assert [failed.code for failed in failed_in_signing(signing, HOUSEHOLD)] == [code]


def test_a_patto_that_nobody_signed_is_not_signed_even_where_nobody_is_obliged():
    nobody_obliged = replace(HOUSEHOLD, obliged=frozenset())
    assert blocking(failed_in_signing(Signing(signatories=()), nobody_obliged))


def test_an_excluded_member_takes_part_without_conditionality():
    voluntary = replace(HEALTH, obliged_member_id="padre", conditional=False)
    assert failed_in_draft(Draft(commitments=(CONTACTS, SCHOOLING, voluntary, PUC)), HOUSEHOLD) == ()


def test_an_area_may_be_left_out_for_a_reason():
    draft = replace(
        draft_without("HEALTH"), not_applicable_areas=(Area("HEALTH", "nessun bisogno sanitario"),)
    )
    assert failed_in_draft(draft, HOUSEHOLD) == ()


def test_only_what_the_law_asks_stops_the_signature():
    draft = Draft(supports=(Support("?"),), scheda_progetto_ref="", preferences="")
    failed = failed_in_draft(draft, HOUSEHOLD)
    assert [each.code for each in failed] == ["PA-05", "PA-18", "PA-21"]
    assert [each.code for each in blocking(failed)] == ["PA-21"]


def test_the_catalogue_of_the_protocol_has_eleven_letters():
    assert len(SUPPORT_CODES) == 11
    assert "PROT8.m" in SUPPORT_CODES


@given(obliged=st.frozensets(st.sampled_from("abcdef")), signed=st.lists(st.sampled_from("abcdef")))
def test_a_patto_is_signed_exactly_when_every_obliged_member_signed(obliged, signed):
    signing = Signing(signatories=tuple(Signatory(member) for member in signed))
    failed = blocking(failed_in_signing(signing, replace(HOUSEHOLD, obliged=obliged)))
    assert (failed == ()) == (bool(signed) and obliged <= set(signed))


TEAM = [("anna", "SOCIAL_WORKER"), ("bruno", "SOCIAL_OPERATOR"), ("carla", "EMPLOYMENT_OPERATOR")]


def test_a_team_of_the_three_core_roles_lacks_nothing():
    assert failed_in_equipe(TEAM, {}, "anna", "madre", {"madre"}) == ()


@pytest.mark.parametrize(
    ("components", "reasons", "manager", "referent", "code"),
    [
        (TEAM[:2], {}, "anna", "madre", "EM-CORE"),
        (TEAM[:2], {"EMPLOYMENT_OPERATOR": " "}, "anna", "madre", "EM-CORE"),
        (TEAM, {}, "carla", "madre", "EM-CASE-MANAGER"),
        (TEAM, {}, "dario", "madre", "EM-CASE-MANAGER"),
        (TEAM, {}, "bruno", "figlio", "EM-REFERENT"),
    ],
)
def test_a_team_that_lacks_something_fails_exactly_that_check(components, reasons, manager, referent, code):
    failed = failed_in_equipe(components, reasons, manager, referent, {"madre"})
    assert [(each.code, each.level) for each in failed] == [(code, Level.PROTOCOL)]


def test_a_core_role_may_be_missing_for_a_written_reason():
    reasons = {"EMPLOYMENT_OPERATOR": "nessun operatore disponibile presso il CPI"}
    assert failed_in_equipe(TEAM[:2], reasons, "bruno", "madre", {"madre"}) == ()


@given(roles=st.lists(st.sampled_from([*CORE_ROLES, "ETS", "GP"])))
def test_a_core_role_is_present_missing_with_a_reason_or_unexplained(roles):
    missing = missing_roles(roles)
    assert set(missing) | (set(roles) & set(CORE_ROLES)) == set(CORE_ROLES)
    assert unexplained_roles(roles, dict.fromkeys(missing, "perché")) == ()
    assert unexplained_roles(roles, {}) == missing
