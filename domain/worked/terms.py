"""The terms of a worked sanction: what starts them, who keeps them, and the clock that writes their lapse."""

from datetime import date, timedelta
from uuid import UUID

from domain.case import events as e
from domain.case.parts import Pupil
from domain.case.terms import may_lapse, terms_of
from domain.rules.breach import deadline
from domain.rules.facts import Term
from domain.worked.convocations import convoke
from domain.worked.household import CHILD, PARENT
from domain.worked.life import CLOCK, COMUNE, SOCIAL_WORKER, Life, new
from domain.worked.offices import meet
from domain.worked.scene import TERMS, Scene


def run(scene: Scene, term: Term) -> UUID | None:
    """The term as the example has it; the infraction, where the lapse that the clock writes is one."""
    life, term_id = scene.life, TERMS[scene.norm.code]
    START[term_id](life, term)
    if term.met_on is not None and term.met_on <= term.as_of:
        KEEP[term_id](life, term.met_on)
    written = _clock(life, term_id, term.as_of)
    return next((event_id for event_id in written if event_id in life.case.infractions), None)


def due_on(scene: Scene) -> date | None:
    """The last day of the term as the register computes it: of two, of the one that begins the same day."""
    term_id, begins = TERMS.get(scene.norm.code), scene.facts.term and scene.facts.term.starts_on
    found = [term for term in terms_of(scene.life.case) if term.id == term_id]
    return min(found, key=lambda term: term.starts_on != begins).due_on if found else None


def _clock(life: Life, term_id: str, day: date) -> list[UUID]:
    lapsed = [t for t in terms_of(life.case) if t.id == term_id and may_lapse(t) and t.lapsed_by(day)]
    return [
        life.tell(
            CLOCK,
            e.TermLapsed(
                term_id=term.id,  # type: ignore[arg-type]
                due_on=term.due_on,
                duty_bearer=term.duty_bearer,
                member_id=term.member_id,
                started_by_event_id=term.started_by,
            ),
            day,
        )
        for term in lapsed
    ]


def _first_appointment(life: Life, term: Term) -> None:
    """The PAD started it when the case was opened; a convocation is sent in the term, and reaches nobody."""
    if term.convocation_sent:
        sent = term.starts_on + timedelta(days=1)
        convoke(life, SOCIAL_WORKER, "FIRST_APPOINTMENT", sent, max(sent, deadline(term)))


def _update(life: Life, term: Term) -> None:
    meet(life, term.starts_on)


def _documents(life: Life, term: Term) -> None:
    """The school did not find the schooling regular, so the documents are asked of the parent."""
    child = life.case.members[CHILD]
    day = term.starts_on
    pupil = Pupil(
        minor_member_id=CHILD,
        name=child.name,
        surname=child.surname,
        tax_code=child.tax_code,
        birth_date=child.birth_date,
    )
    asked = e.SchoolVerificationRequested(
        verification_id=new("verification"), minors=(pupil,), school_year="2025/2026", requested_on=day
    )
    life.tell(COMUNE, asked, day)
    found = e.SchoolingVerified(
        verification_id=new("verification"),
        minor_member_id=CHILD,
        source="ANAGRAFE_STUDENTI",
        outcome="IRREGOLARE",
        verified_on=day,
    )
    life.tell(COMUNE, found, day)
    documents = e.SchoolingDocumentsRequested(
        minor_member_id=CHILD,
        asked_member_id=PARENT,
        requested_on=day,
        delivered_on=day,
        respond_by=deadline(term),
    )
    life.tell(SOCIAL_WORKER, documents, day)


def _updated(life: Life, day: date) -> None:
    life.tell(
        SOCIAL_WORKER, e.PeriodicUpdateHeld(member_id=PARENT, held_on=day, seat="SERVIZIO_SOCIALE"), day
    )


def _documented(life: Life, day: date) -> None:
    shown = e.SchoolingVerified(
        minor_member_id=CHILD, source="DOCUMENTS", outcome="REGOLARE", verified_on=day
    )
    life.tell(SOCIAL_WORKER, shown, day)


START = {"D1": _first_appointment, "D2": _update, "D18": _documents}
KEEP = {"D1": meet, "D2": _updated, "D18": _documented}
