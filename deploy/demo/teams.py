"""An équipe that is convoked, answers, changes; a patto that is revised, or that somebody does not sign."""

from __future__ import annotations

from deploy.demo import breach, care, path, services
from deploy.demo.households import Member
from deploy.demo.life import Life, assign, first_meeting, main_member, name_case_manager, open_case, unassign
from deploy.demo.offices import EDUCATOR, EMPLOYMENT, EMPLOYMENT_COLLEAGUE, HEALTH, THIRD_SECTOR, Officer
from deploy.lines import Line


def revised(life: Life) -> None:
    """The third sector joins with a support of its own, another operator comes from the CPI."""
    _with_equipe(life)
    who = main_member(life)
    training = path.commitment(life, "TRAINING", who, "cpi")
    path.draft_patto(life, [path.commitment(life, "CONTACTS", who, "servizio-sociale"), training])
    path.sign_patto(life)
    services.review(life, revision_proposed=True)
    _change_equipe(life)
    support = {
        "support_id": life.new_id(),
        "catalogue_code": "PROT8.c",
        "provider": THIRD_SECTOR.agency,
        "planned_from": life.today,
    }
    before = life.told["draft_patto"].states["supports"]
    path.revise_patto(life, {"supports": [*before, support]}, "Il nucleo chiede un sostegno educativo")
    assign(life, THIRD_SECTOR)
    begun = services.activate_support(life, support, THIRD_SECTOR)
    life.wait(25, 40)
    care.fulfil(life, training, EMPLOYMENT_COLLEAGUE)
    services.end_support(life, begun, THIRD_SECTOR)


def unsigned(life: Life) -> None:
    """The patto is ready, and who is obliged by it does not sign."""
    open_case(life)
    first_meeting(life)
    path.analyse(life, ("WORK", "RELATIONS"), "PAIS_SOCIAL")
    who = main_member(life)
    path.draft_patto(life, [path.commitment(life, "CONTACTS", who, "servizio-sociale")])
    refused = _refuse(life, who)
    breach.ask_reason(life, refused)
    breach.report_to_inps(life, refused)
    breach.propose(life, refused, "DECADENZA")
    breach.tell_of_proceeding(life)
    breach.report_again(life, refused)
    breach.order_decadenza(life)


def _refuse(life: Life, who: Member) -> Line:
    life.wait(5, 15)
    states = {
        "patto_id": life.told["draft_patto"].states["patto_id"],
        "patto_kind": "PAIS",
        "member_id": str(who.id),
        "refused_on": life.today,
        "statement": "Non condivide gli impegni proposti (caso inventato)",
        "witnessed_by": str(life.social.person_id),
    }
    return life.tell("record_signature_refusal", life.social.by, states)


def _with_equipe(life: Life) -> None:
    """Convoked by e-mail; each seat answers for itself before the sitting."""
    open_case(life)
    first_meeting(life)
    path.analyse(life, ("WORK", "TRAINING"), "EM")
    path.form_equipe(life, (EMPLOYMENT, HEALTH), life.household.applicant)
    name_case_manager(life)
    sent_on = life.day
    convoked = services.convoke_equipe(life)
    meeting, life.day = life.day, max(sent_on, convoked.known_on)
    life.wait(1, 2)
    _reply(life, convoked, EDUCATOR, {"answer": "ACCEPTED"})
    _reply(life, convoked, HEALTH, {"answer": "DECLINED"})
    colleague = str(EMPLOYMENT_COLLEAGUE.person_id)
    _reply(life, convoked, EMPLOYMENT, {"answer": "SUBSTITUTE", "substitute_person_id": colleague})
    life.day = meeting
    services.hold_equipe(life, convoked, {str(HEALTH.person_id): "", str(EMPLOYMENT.person_id): colleague})
    services.complete_framework(life)


def _reply(life: Life, convoked: Line, officer: Officer, answer: dict[str, str]) -> None:
    who = {"person_id": str(officer.person_id), "agency": officer.agency}
    session = {name: convoked.states[name] for name in ("session_id", "team_id")}
    states = session | who | answer | {"answered_on": life.today}
    life.tell("answer_equipe_invite", officer.by, states)


def _change_equipe(life: Life) -> None:
    """One operator of the CPI leaves for another, and an educator of the third sector comes."""
    life.wait(3, 10)
    states = {
        "team_id": life.told["form_equipe"].states["team_id"],
        "added": [path.component(officer) for officer in (EMPLOYMENT_COLLEAGUE, THIRD_SECTOR)],
        "removed": [str(EMPLOYMENT.person_id)],
        "missing_roles": [],
        "reason": "Cambio di operatore al CPI; un ente del terzo settore per il sostegno educativo",
        "effective_on": life.today,
        "communicated_on": life.today,
    }
    life.tell("change_equipe", life.social.by, states)
    former = next(line for line in life.lines if line.act == "assign_operator" and line.by == EMPLOYMENT.by)
    assign(life, EMPLOYMENT_COLLEAGUE)
    unassign(life, former, "REPLACED")
