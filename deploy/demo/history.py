"""A case of the reddito di cittadinanza, lived in 2023 and imported two years later."""

from __future__ import annotations

from datetime import date, timedelta

from deploy.demo import breach, path
from deploy.demo.life import Life, assign, close, digest, first_meeting, main_member, open_case
from deploy.demo.offices import SCHOOL
from deploy.lines import Line

BEGAN_ON, LEARNT_AFTER = date(2023, 1, 9), timedelta(days=750)
LEGAL_REF = "DL 4/2019 art. 7 c. 9"
LAST_BREACH = date(2023, 11, 10)
"""From then on a commitment would be missed in 2024, when the RdC is gone."""

MONTHS = ("2", "3")
"""What the first and the second breach of a school commitment cost."""


def of_the_rdc(life: Life) -> None:
    """The school reports absences; a richiamo formale each time, then the decurtazione of that benefit."""
    life.lag = LEARNT_AFTER
    open_case(life, "RDC")
    first_meeting(life)
    path.analyse(life, ("SCHOOLING", "INCOME"), "PAIS_SOCIAL")
    who, pupil = main_member(life), life.household.pupils[0]
    contacts = path.commitment(life, "CONTACTS", who, "servizio-sociale")
    attends = path.commitment(life, "SCHOOLING", who, "ust", about=pupil)
    path.draft_patto(life, [contacts, attends])
    path.sign_patto(life)
    assign(life, SCHOOL)
    for months in MONTHS[: life.rng.randint(1, 2)]:
        if life.day < LAST_BREACH:
            _missed(life, attends, months)
    close(life, "BENEFIT_ENDED")


def _missed(life: Life, line: dict[str, object], months: str) -> None:
    missed = breach.miss_commitment(life, line)
    breach.ask_reason(life, missed)
    _remind(life, missed)
    breach.report_to_inps(life, missed)
    breach.propose(life, missed, "DECURTAZIONE")
    breach.order_decurtazione(life, months, LEGAL_REF)


def _remind(life: Life, missed: Line) -> None:
    life.wait(0, 3)
    terms = {"issued_on": life.today, "comply_by": (life.day + timedelta(days=10)).isoformat()}
    said = {"issued_by": str(life.social.person_id), "delivered_on": life.today}
    states = breach.about(life, missed) | terms | said | {"document_hash": digest(life.key + life.today)}
    life.tell("issue_reminder", life.social.by, states)
