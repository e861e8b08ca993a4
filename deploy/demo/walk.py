"""The one household that the demo walks through, from referral to decurtazione.

Nobody in it exists. What to look for: the school office sees the pupil and its own line and no sanction;
the ASL sees the person in its care; nobody outside the servizio sociale sees why the husband is excluded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random
from uuid import UUID, uuid5

from deploy.demo import breach, path, services
from deploy.demo.households import RECIPIENT_COMUNE, Condition, Household, Member
from deploy.demo.life import (
    Life,
    assign,
    convoke,
    evaluate,
    grant,
    meet,
    name_case_manager,
    record_condition,
    record_household,
    refer,
)
from deploy.demo.memory import Memory
from deploy.demo.offices import EMPLOYMENT, HEALTH, SCHOOL, Officer
from deploy.demo.people import Person
from deploy.demo.protocol import tell_protocol
from deploy.lines import Line

KEY = "walk/1"
REFERRED_ON = date(2025, 2, 3)
SEATS: tuple[Officer, ...] = (EMPLOYMENT, SCHOOL, HEALTH)


@dataclass(frozen=True, slots=True)
class Step:
    """One act of the walk, with what it is in Italian and in English."""

    line: Line
    it: str
    en: str

    @property
    def caption(self) -> str:
        return f"{self.it} · {self.en}"


def walk() -> Iterator[Step]:
    """The steps of the demo; the protocol of :mod:`deploy.demo.protocol` must be signed before."""
    for line in _lived().lines:
        it, en = _caption(line)
        yield Step(line, it, en)


def walk_case() -> UUID:
    """The case that the walk opens."""
    return _lived().case_id


def _id(name: str) -> UUID:
    return uuid5(UUID(int=0), f"urn:ambito:demo:{KEY}/{name}")


MOTHER = Member(
    _id("mother"),
    Person("Rosaria Noè", "Quintavalle", "F", date(1987, 5, 14), "it"),
    "RICHIEDENTE",
    "rosaria.quintavalle@example.org",
)
HUSBAND = Member(
    _id("husband"),
    Person("José María", "Yáñez", "M", date(1983, 9, 2), "es"),
    "CONIUGE",
    "jose.yanez@example.org",
)
DAUGHTER = Member(_id("daughter"), Person("Zoè", "Yáñez", "F", date(2010, 3, 21), "it"), "FIGLIO")
SON = Member(_id("son"), Person("Mosè", "Yáñez", "M", date(2015, 11, 8), "it"), "FIGLIO")

HOUSEHOLD = Household(
    id=_id("household"),
    comune=RECIPIENT_COMUNE,
    address="Via Inventata, 12",
    on=REFERRED_ON,
    members=(MOTHER, HUSBAND, DAUGHTER, SON),
)


def _lived() -> Life:
    register = Memory()
    tell_protocol(register)
    life = Life(KEY, HOUSEHOLD, Random(KEY), register)
    refer(life)
    grant(life)
    life.wait(1, 2)
    assign(life, life.social)
    record_household(life, checked=True)
    record_condition(life, Condition(HUSBAND, "ONCOLOGICAL"))
    evaluate(life)
    meet(life, (MOTHER, HUSBAND), convoke(life, (MOTHER, HUSBAND)))
    path.analyse(life, ("WORK", "SCHOOLING", "HEALTH"), "EM")
    path.form_equipe(life, SEATS, MOTHER)
    name_case_manager(life)
    services.hold_equipe(life, services.convoke_equipe(life))
    services.complete_framework(life)
    services.accept_referral(life, path.refer_to_employment(life, MOTHER), MOTHER)
    path.draft_patto(life, _commitments(life))
    path.sign_patto(life)
    services.activate_supports(life)
    _missed(life)
    return life


def _commitments(life: Life) -> list[dict[str, object]]:
    """The mother is obliged, so her lines bind; the husband is not: his are an offer."""
    return [
        path.commitment(life, "CONTACTS", MOTHER, "servizio-sociale"),
        path.commitment(life, "TRAINING", MOTHER, "cpi"),
        path.commitment(life, "SCHOOLING", MOTHER, "ust", about=SON),
        path.commitment(life, "HEALTH", HUSBAND, "asl"),
    ]


def _missed(life: Life) -> None:
    training = next(
        line for line in life.told["draft_patto"].states["commitments"] if line["area"] == "TRAINING"
    )
    missed = breach.miss_commitment(life, training)
    breach.ask_reason(life, missed)
    breach.report_to_inps(life, missed)
    breach.give_reason(life, missed, "TRANSPORT", accepted=False)
    breach.propose(life, missed, "DECURTAZIONE")
    breach.tell_of_proceeding(life)
    breach.report_again(life, missed)
    breach.order_decurtazione(life, "1/4")


CAPTIONS = {
    "refer_case": ("Si apre il fascicolo", "The case is opened"),
    "record_grant": ("L'INPS accoglie la domanda", "INPS grants the benefit"),
    "record_pad": ("Si firma il PAD: decorrono i 120 giorni", "The PAD is signed: 120 days begin"),
    "assign_operator": ("Un operatore prende in carico", "An operator takes charge"),
    "record_household": ("Il Comune verifica il nucleo", "The household is verified"),
    "record_condition": ("Si registra una condizione che resta riservata", "A condition, kept secret"),
    "evaluate_obligation": ("Si verificano gli obblighi", "Who is obliged, as the law computes it"),
    "convoke_household": ("Il nucleo è convocato", "The household is convoked"),
    "record_delivery": ("La convocazione è recapitata", "The convocation is delivered, with proof"),
    "hold_appointment": ("Primo incontro", "The first meeting"),
    "complete_analysis": ("Analisi preliminare", "The preliminary analysis"),
    "form_equipe": ("Si costituisce l'équipe", "The équipe: CPI, school office, ASL"),
    "assign_case_manager": ("Si individua il case manager", "The case manager is named"),
    "convoke_equipe": ("L'équipe è convocata per e-mail", "The équipe is convoked by e-mail, with extracts"),
    "hold_equipe": ("L'équipe si riunisce", "The équipe meets"),
    "complete_framework": ("Quadro di analisi", "The analysis framework is completed"),
    "accept_referral": ("Il CPI accetta l'avvio", "The employment centre accepts the referral"),
    "activate_support": ("Un sostegno è attivato", "A support is activated"),
    "send_proceeding_notice": ("Avvio del procedimento", "The household is told of the proceeding"),
    "assess_activability": ("Valutazione di attivabilità al lavoro", "Whether she can be activated to work"),
    "refer_to_employment": ("Avvio al Centro per l'impiego", "Referral to the employment centre"),
    "draft_patto": ("Bozza del Patto", "The patto is drafted: contacts, training, school, health"),
    "sign_patto": ("Il Patto è sottoscritto", "The patto is signed"),
    "report_missed_commitment": ("Un impegno non è rispettato", "A commitment is missed"),
    "request_reason": ("Si chiede il giustificato motivo", "A justified reason is asked for"),
    "submit_reason": ("Il motivo è presentato", "A reason is given"),
    "decide_reason": ("Il motivo non è accolto", "The reason is not accepted"),
    "open_sanction_proposal": ("Proposta di decurtazione", "A decurtazione is proposed, with its conflict"),
    "report_to_inps": ("Segnalazione all'INPS", "The report to INPS"),
    "record_decurtazione": ("L'INPS dispone la decurtazione", "INPS orders the decurtazione"),
    "notify_measure": ("La decurtazione è notificata", "The measure is notified"),
}


def _caption(line: Line) -> tuple[str, str]:
    """What the act is; what the CPI saw is told apart from what the servizio sociale ascertained."""
    if line.act == "report_missed_commitment" and line.by.agency == "cpi":
        return "Il CPI segnala un'assenza al corso", "The employment centre reports an absence"
    if line.act == "report_missed_commitment":
        return "Il servizio sociale accerta il fatto", "The servizio sociale ascertains it"
    if "supersedes_report_id" in line.states:
        return "La segnalazione è sostituita", "A report takes the place of the first: the reason is decided"
    return CAPTIONS[line.act]
