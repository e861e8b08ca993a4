"""From the analysis to the patto: who sits in the équipe, what each of them follows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from deploy.demo.households import Member
from deploy.demo.life import Life, assign, digest
from deploy.demo.offices import EDUCATOR, EMPLOYMENT, Officer
from deploy.lines import Line
from domain.fact import seat

PATTO_LASTS = timedelta(days=360)


def analyse(life: Life, areas: Sequence[str], outcome: str, about: Member | None = None) -> None:
    """The needs by area, and where each member goes: who is obliged to ``outcome``, or all where none is.

    The needs are ``about`` one member, or of any of them.
    """
    life.wait(3, 15)
    obliged = life.obliged or list(life.household.adults)
    rest = "PAIS_SOCIAL"
    needs = [
        {
            "need_id": life.new_id(),
            "member_id": str((about or life.rng.choice(life.household.members)).id),
            "area": area,
            "level": life.rng.choice(("LOW", "MEDIUM", "HIGH")),
        }
        for area in areas
    ]
    outcomes = [
        {"member_id": str(member.id), "outcome": outcome if member in obliged else rest}
        for member in life.household.members
    ]
    life.tell(
        "complete_analysis",
        life.social.by,
        {
            "analysis_id": life.new_id(),
            "instrument_version": "DM-72-2024/1" if life.day.year > 2023 else "DM-84-2019/1",
            "completed_on": life.today,
            "needs_by_area": needs,
            "outcomes": outcomes,
            "operator_id": str(life.social.person_id),
        },
    )


def assess(life: Life, member: Member) -> None:
    """Whether a member can be activated to work, before she is sent to the Centro per l'impiego."""
    life.wait(0, 5)
    states = {
        "member_id": str(member.id),
        "activable": True,
        "rationale": "Nessun impedimento oltre a quelli già registrati",
        "assessed_on": life.today,
    }
    life.tell("assess_activability", life.social.by, states)


def refer_to_employment(life: Life, member: Member) -> str:
    """The member is assessed as activable and sent to the Centro per l'impiego."""
    assess(life, member)
    referral_id = life.new_id()
    life.wait(1, 10)
    states = {
        "referral_id": referral_id,
        "member_id": str(member.id),
        "destination": "CPI",
        "destination_id": "cpi",
        "referred_on": life.today,
    }
    life.tell("refer_to_employment", life.social.by, states)
    return referral_id


def form_equipe(life: Life, seats: Sequence[Officer], referent: Member) -> None:
    """The équipe of the case; without the CPI the reason is written down."""
    life.wait(3, 15)
    missing = {"role": "EMPLOYMENT_OPERATOR", "reason": "nessun componente avviabile al lavoro"}
    life.tell(
        "form_equipe",
        life.social.by,
        {
            "team_id": life.new_id(),
            "components": [component(officer) for officer in (life.social, EDUCATOR, *seats)],
            "missing_roles": [] if EMPLOYMENT in seats else [missing],
            "case_manager_id": str(life.social.person_id),
            "household_referent_id": str(referent.id),
            "communicated_on": life.today,
        },
    )
    for officer in seats:
        life.wait(0, 2)
        assign(life, officer)


def component(officer: Officer) -> dict[str, Any]:
    """How an officer sits in an équipe."""
    unit = {"unit": officer.unit} if officer.unit else {}
    return {
        "person_id": str(officer.person_id),
        "role": officer.component,
        "name": officer.name,
        "surname": officer.surname,
        "function": officer.function,
        "agency": officer.agency,
        **unit,
    }


TEXTS = {
    "CONTACTS": ("Colloquio con l'assistente sociale, per seguire insieme il progetto", "ogni due settimane"),
    "SCHOOLING": ("Accompagnare a scuola ogni giorno e parlare con gli insegnanti", "ogni giorno di scuola"),
    "HEALTH": ("Andare alle visite fissate dal servizio", "una volta al mese"),
    "TRAINING": ("Frequentare il corso concordato con il Centro per l'impiego", "tre giorni a settimana"),
    "PUC": ("Partecipare al progetto utile alla collettività", "otto ore a settimana"),
}


def commitment(
    life: Life, area: str, who: Member, evidence_by: str, about: Member | None = None
) -> dict[str, Any]:
    """A line of the patto; conditional only for a member who is obliged."""
    text, frequency = TEXTS[area]
    beneficiary = {"beneficiary_member_id": str(about.id)} if about else {}
    return {
        "id": life.new_id(),
        "area": area,
        "obliged_member_id": str(who.id),
        **beneficiary,
        "text": text,
        "frequency": frequency,
        "conditional": who in life.obliged,
        "evidence_by": evidence_by,
    }


def commitments(life: Life, who: Member, seats: Sequence[Officer]) -> list[dict[str, Any]]:
    """What the member promises, followed by whoever sits in the équipe."""
    lines = [commitment(life, "CONTACTS", who, "servizio-sociale")]
    if who in life.obliged and life.rng.random() < 0.3:
        lines.append(commitment(life, "PUC", who, f"comune-{life.household.comune}"))
    pupils = [minor for minor in life.household.minors if minor.age(life.day) >= 6]
    for officer in seats:
        if officer.agency == "cpi" and who in life.obliged:
            lines.append(commitment(life, "TRAINING", who, "cpi"))
        if officer.agency == "ust" and pupils:
            lines.append(commitment(life, "SCHOOLING", who, "ust", about=pupils[0]))
        if officer.agency == "asl":
            lines.append(commitment(life, "HEALTH", who, seat(officer.agency, officer.unit)))
    return lines


SUPPORTS = {"TRAINING": ("PROT8.i", "cpi"), "SCHOOLING": ("PROT8.l", "ust"), "HEALTH": ("PROT8.h", "asl")}


def draft_patto(life: Life, lines: list[dict[str, Any]]) -> None:
    """A patto with one objective, and with a support for each commitment that has one."""
    life.wait(5, 20)
    need = life.told["complete_analysis"].states["needs_by_area"][0]
    objective, ends = life.new_id(), life.day + PATTO_LASTS
    team = life.told.get("form_equipe")
    areas = {line["area"] for line in lines}
    life.tell(
        "draft_patto",
        life.social.by,
        {
            "patto_id": life.new_id(),
            "version": 1,
            "objectives": [
                {"objective_id": objective, "need_id": need["need_id"], "text": "Vivere con meno affanno"}
            ],
            "expected_results": [
                {
                    "result_id": life.new_id(),
                    "objective_id": objective,
                    "text": "Le spese del mese coperte per sei mesi di seguito",
                    "due_on": ends.isoformat(),
                }
            ],
            "supports": _supports(life, lines),
            "commitments": lines,
            "not_applicable_areas": [
                {"area": area, "reason": "nessun bisogno in quest'area"}
                for area in ("SCHOOLING", "HEALTH")
                if area not in areas
            ],
            "duration": "dodici mesi",
            "proportionality_reason": "Gli impegni stanno nei tempi di cura e di lavoro del nucleo",
            "preferences": "Il nucleo chiede incontri al mattino",
            "minors_involvement": "ascoltati a casa" if life.household.minors else "",
            "prior_projects": [],
            "scheda_progetto_ref": f"scheda/{digest(objective)[:12]}",
            "monitoring": _monitoring(life),
            "family_responsible_id": str(life.household.applicant.id),
            "case_manager_id": str(life.social.person_id),
            **({"team_ref": team.states["team_id"]} if team else {}),
            "warning_text_version": "1",
        },
    )


def _supports(life: Life, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "support_id": life.new_id(),
            "catalogue_code": SUPPORTS[line["area"]][0],
            "provider": line["evidence_by"],
            "planned_from": life.today,
        }
        for line in lines
        if line["area"] in SUPPORTS
    ]


def _monitoring(life: Life) -> dict[str, Any]:
    reviews = [(life.day + timedelta(days=90 * quarter)).isoformat() for quarter in (1, 2, 3)]
    return {
        "method": "colloquio con il nucleo",
        "review_dates": reviews,
        "revision_rule": "su richiesta di chiunque lo abbia firmato",
    }


NO_PUC = {"check": "PA-10", "reason": "nessun posto libero in un PUC del Comune"}
"""Why an obliged member signs without a PUC, which the protocol asks for and the law does not."""


def sign_patto(life: Life) -> Line:
    life.wait(2, 12)
    draft = life.told["draft_patto"].states
    named = {"patto_id": draft["patto_id"], "version": draft["version"]}
    team = {"team_ref": draft["team_ref"]} if "team_ref" in draft else {}
    states = named | _signatures(life) | {"case_manager_id": draft["case_manager_id"]} | team
    return life.tell("sign_patto", life.social.by, states)


def revise_patto(life: Life, changed: dict[str, Any], reason: str) -> Line:
    """A second version, drafted and signed: what is not ``changed`` stays as it was."""
    life.wait(3, 10)
    before = life.told["draft_patto"].states
    version = before["version"] + 1
    life.tell("draft_patto", life.social.by, before | changed | {"version": version})
    life.wait(2, 8)
    named = {"patto_id": before["patto_id"], "from_version": before["version"], "to_version": version}
    return life.tell("revise_patto", life.social.by, named | {"reason": reason} | _signatures(life))


def _signatures(life: Life) -> dict[str, Any]:
    """Every adult signs the last draft, on paper; a copy is given at once."""
    draft = life.told["draft_patto"].states
    with_puc = {line["obliged_member_id"] for line in draft["commitments"] if line["area"] == "PUC"}
    without_puc = [member for member in life.obliged if str(member.id) not in with_puc]
    signatories = [
        {"member_id": str(member.id), "signed_on": life.today, "method": "OLOGRAFA"}
        for member in life.household.adults
    ]
    return {
        "signed_on": life.today,
        "signatories": signatories,
        "document_hash": digest(f"{draft['patto_id']}/{draft['version']}"),
        "copy_delivered_on": life.today,
        **({"reasons": [NO_PUC]} if without_puc else {}),
    }
