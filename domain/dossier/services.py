"""Points 16 and 17: what was promised to the person and was not there, and what the services did late."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from uuid import UUID

from domain.case import events as e
from domain.case.terms import Term, may_lapse, terms_of
from domain.contract import Json
from domain.dossier.matter import Matter
from domain.dossier.measure import as_text
from domain.dossier.point import Point, Row, Table, tables
from domain.fact import Fact
from domain.rules.deadlines import norms


def supports(matter: Matter) -> Point:
    """16. Supports of the patto in force that were not active on the day of the fact, waiting lists, and the
    commitments that depended on them.
    """
    in_force = None if matter.kept_back else _draft_on(matter, matter.day)
    planned = _planned(matter, in_force) if in_force else Table("", (), ())
    waiting, resting = _waiting(matter), _resting(matter, in_force) if in_force else Table("", (), ())
    nothing = in_force is not None and not (planned.rows or waiting.rows)
    return Point(
        16,
        "Sostegni previsti e non attivati alla data del fatto",
        "protocollo d’intesa artt. 7, 8; D.Lgs. 147/2017 art. 6",
        lines=(
            matter.reader.told("Sostegni", NOTHING_LACKED, (in_force, "patto_id"))
            if nothing and in_force
            else ()
        ),
        tables=tables(planned, waiting, resting),
        missing=matter.lacks(
            in_force or matter.kept_back, "Nessun Patto con sostegni era in vigore alla data del fatto."
        ),
    )


NOTHING_LACKED = "nessun sostegno che si possa mostrare qui era previsto e non attivo alla data del fatto"


def _draft_on(matter: Matter, day: date) -> Fact[e.PattoDrafted] | None:
    """The text in force on a day; a body is not told what the facts that it was not sent add up to."""
    in_force = matter.case.patto_on(day)
    if in_force is None or matter.reader.is_signatory:
        return None
    found = [fact for fact in matter.case.all(e.PattoDrafted) if fact.event is in_force[1]]
    return found[-1] if found and matter.reader.sees(found[-1]) else None


def _planned(matter: Matter, draft: Fact[e.PattoDrafted]) -> Table:
    rows = []
    for support, path in matter.reader.rows(draft, "supports"):
        ref = support.get("support_id")
        state, told = _state(matter, UUID(ref) if isinstance(ref, str) else None)
        if state is not None:
            cells = (
                support.get("catalogue_code"),
                support.get("provider"),
                support.get("planned_from"),
                state,
            )
            rows.append(Row(cells, (*matter.reader.source(draft, path), *matter.cites(told))))
    columns = ("Sostegno", "Chi lo dà", "Previsto dal", "Alla data del fatto")
    return Table("Sostegni del Patto non attivi", columns, tuple(rows))


def _state(matter: Matter, ref: UUID | None) -> tuple[Json | None, Fact[e.SupportActivated] | None]:
    """How a support stood on the day of the fact; None where it was active."""
    begun = [f for f in matter.case.all(e.SupportActivated) if f.event.support_id == ref]
    ended = [f.event.ended_on for f in matter.case.all(e.SupportEnded) if f.event.support_id == ref]
    if not begun:
        return "mai attivato", None
    first = min(begun, key=lambda fact: fact.event.start_on)
    told = first if matter.reader.sees(first) else None
    if first.event.start_on > matter.day:
        on = f" il {first.event.start_on.isoformat()}" if told else ""
        return f"attivato dopo{on}", told
    if ended and min(ended) < matter.day:
        return "già concluso", told
    return None, told


def _waiting(matter: Matter) -> Table:
    """Referrals to a specialist service that were still on a waiting list."""
    rows = []
    referrals = matter.case.all(e.MemberReferredToSpecialistService)
    for sent in () if matter.reader.is_signatory or matter.kept_back else referrals:
        answers = [
            fact
            for fact in matter.case.all(e.SpecialistReferralAnswered)
            if fact.event.referral_id == sent.event.referral_id and fact.event.from_on <= matter.day
        ]
        last = max(answers, key=lambda fact: (fact.event.from_on, fact.version), default=None)
        waits = sent.event.referred_on <= matter.day and (last is None or last.event.answer == "WAITING_LIST")
        if waits and matter.reader.sees(sent):
            state = "in lista d’attesa" if last else "senza risposta"
            service = matter.reader.value(sent, "unit") or "servizio sanitario"
            cells = (service, sent.event.referred_on.isoformat(), state)
            rows.append(Row(cells, (*matter.reader.source(sent, "referred_on"), *matter.cites(last))))
    columns = ("Servizio", "Inviato il", "Alla data del fatto")
    return Table("Invii a servizi specialistici", columns, tuple(rows))


def _resting(matter: Matter, draft: Fact[e.PattoDrafted]) -> Table:
    """Commitments that could not be asked for while a support was not there."""
    rows = []
    for line, path in matter.reader.rows(draft, "commitments"):
        ref = line.get("depends_on_support_id")
        if isinstance(ref, str) and _state(matter, UUID(ref))[0] is not None:
            cells = (line.get("text"), line.get("area"), line.get("id") in _breached(matter))
            rows.append(Row(cells, matter.reader.source(draft, path)))
    columns = ("Impegno", "Area", "È quello della violazione")
    return Table("Impegni che ne dipendevano", columns, tuple(rows))


def _breached(matter: Matter) -> set[str]:
    return {str(getattr(fact.event, "commitment_id", "")) for fact in matter.open_infractions()}


# --- what the services owed --------------------------------------------------------------------------------


def late(matter: Matter, as_of: date) -> Point:
    """17. Terms of the services that lapsed, or were kept late: D1, D1b, D4a, D4b, D5, D13, D14, D15."""
    rows = tuple(_rows(matter, as_of))
    looked = matter.reader.is_judge or any(matter.reader.sees(fact) for fact in matter.reader.known)
    return Point(
        17,
        "Adempimenti dei servizi in ritardo",
        "L. 241/1990 art. 2; protocollo d’intesa, premessa",
        lines=matter.reader.told("Termini dei servizi", IN_TIME, (matter.measure, "measure_id"))
        if looked and not rows and not matter.reader.is_signatory
        else (),
        tables=tables(Table("Termini dei servizi scaduti o rispettati in ritardo", COLUMNS, rows)),
        notes=("Un termine che i servizi hanno lasciato scadere non è mai una violazione della persona.",),
    )


IN_TIME = "nessun ritardo dei servizi che si possa mostrare qui risulta dai fatti registrati"
COLUMNS = ("Termine", "Che cosa", "Fonte", "Decorre dal", "Entro il", "Fatto il", "Scadenza registrata")


def _rows(matter: Matter, as_of: date) -> Iterator[Row]:
    lapsed = [f for f in matter.case.all(e.TermLapsed) if f.event.duty_bearer == "SERVIZI"]
    told: set[UUID] = set()
    for term in () if matter.reader.is_signatory else terms_of(matter.case, matter.law):
        started = matter.reader.fact(term.started_by)
        if not _late(term, as_of) or started is None or not _open(matter, started):
            continue
        said = next((f for f in lapsed if _says(f.event, term) and matter.reader.sees(f)), None)
        told |= {said.event_id} if said else set()
        yield _row(
            term.id, as_text(term.starts_on), term.due_on, term.kept_on, bool(said), matter, started, said
        )
    for fact in lapsed:
        # A request of access is not of the case: what the clock says of it is all that there is.
        if fact.event_id not in told and matter.reader.sees(fact) and not _computed(matter, fact):
            yield _row(fact.event.term_id, None, fact.event.due_on, None, True, matter, None, fact)


def _late(term: Term, as_of: date) -> bool:
    return term.duty_bearer == "SERVIZI" and may_lapse(term) and (term.kept_late or term.lapsed_by(as_of))


def _open(matter: Matter, started: Fact[object]) -> bool:
    """Whether the reader may know when a term began: by the day of the fact that began it."""
    return matter.reader.sees(started) and matter.reader.day(started) is not None


def _says(lapsed: e.TermLapsed, term: Term) -> bool:
    return (lapsed.term_id, lapsed.started_by_event_id) == (term.id, term.started_by)


def _computed(matter: Matter, fact: Fact[e.TermLapsed]) -> bool:
    """Whether the term that lapsed is one that the facts still tell of, and that was shown or kept back."""
    if matter.reader.is_signatory:
        return False
    return any(
        _says(fact.event, term) and _open_start(matter, term) for term in terms_of(matter.case, matter.law)
    )


def _open_start(matter: Matter, term: Term) -> bool:
    started = matter.reader.fact(term.started_by)
    return started is not None and _open(matter, started)


def _row(
    term_id: str,
    since: Json,
    due: date,
    kept: date | None,
    recorded: bool,
    matter: Matter,
    started: Fact[object] | None,
    said: Fact[e.TermLapsed] | None,
) -> Row:
    norm = norms()[term_id]
    cells = (term_id, norm.title, norm.legal_ref, since, due.isoformat(), as_text(kept), recorded)
    happened = (*matter.reader.source(started),) if started else ()
    return Row(cells, (*happened, *(matter.reader.source(said, "due_on") if said else ())))
