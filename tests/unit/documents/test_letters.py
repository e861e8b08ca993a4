"""Letters and notices: one person each, with what the law asks, and nothing that is another's."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any, get_args, get_type_hints
from uuid import UUID

import pytest

from api.documents import notices
from api.documents.convocation import convocation, text_hash
from api.documents.document import Document, Unprintable
from api.documents.notices import Notice
from domain.case.events import HouseholdConvoked
from domain.case.parts import Member
from domain.case.state import fold
from domain.refused import Refused
from domain.rules.patto import WARNING_TEXT
from tests.telling import SOCIAL_WORKER, facts_of, id_of
from tests.unit.case.world import (
    ABSENT,
    ASKED,
    CONVOKED,
    EVALUATED,
    HEALTH,
    HUSBAND,
    MISSED,
    MISSED_THE_MEETING,
    MOTHER,
    SIGNED,
    SON,
    STRANGER,
    condition,
    day,
    inps_report,
    new,
    proposal,
)
from tests.unit.documents.reading import text_of

pytestmark = pytest.mark.unit

CASE = fold(facts_of(*ASKED, proposal(), inps_report()))
EVERYONE = (MOTHER, HUSBAND, SON)
BOTH = replace(CONVOKED, member_ids=(MOTHER.member_id, HUSBAND.member_id))
NOTICE = Notice(
    proposal_id=new("proposal"),
    report_id=None,
    sent_on=day(4, 18),
    office_and_person="Ufficio di piano, stanza 3, il funzionario inventato",
    deadline_for_briefs=day(5, 3),
)


def asked(infraction: Any = MISSED, who: Member | None = None, case: Any = CASE) -> Document:
    member_id = who.member_id if who else infraction.member_id
    return notices.reason_request(
        case,
        infraction_ref=id_of(infraction),
        member_id=member_id,
        asked_on=day(4, 17),
        respond_by=day(4, 27),
    )


def reminded(case: Any = CASE, issued_by: UUID = SOCIAL_WORKER.person) -> Document:
    return notices.formal_reminder(
        case,
        infraction_ref=id_of(MISSED),
        member_id=MISSED.member_id,
        issued_by=issued_by,
        issued_on=day(4, 18),
        comply_by=day(5, 2),
    )


def refused(rule: str, make: Any) -> None:
    with pytest.raises(Refused) as why:
        make()
    assert why.value.rule == rule


# --- the convocation ---------------------------------------------------------------------------------------


def test_a_convocation_says_when_where_and_what_for() -> None:
    text = text_of(convocation(CASE, CONVOKED, MOTHER.member_id))
    assert "A: Rosaria Inventata" in text and "27 gennaio 2025" in text
    assert "quando: 10 febbraio 2025 alle ore 10:30 (ora italiana)" in text
    assert "dove: Piazza che non c'è, 1" in text
    assert "per che cosa: primo incontro con il servizio sociale" in text
    assert "Ambito territoriale sociale ats-demo – Servizio sociale professionale" in text


def test_the_hour_is_that_of_the_clocks_in_italy_in_summer_too() -> None:
    july = replace(CONVOKED, appointment_at=CONVOKED.appointment_at.replace(month=7))
    assert "10 luglio 2025 alle ore 11:30" in text_of(convocation(CASE, july, MOTHER.member_id))


@pytest.mark.parametrize("purpose", get_args(get_type_hints(HouseholdConvoked)["purpose"]))
def test_the_warning_stands_in_every_convocation(purpose: str) -> None:
    text = text_of(convocation(CASE, replace(CONVOKED, purpose=purpose), MOTHER.member_id))
    assert f"{WARNING_TEXT} (avvertenza, versione 1)" in text
    assert "giustificato motivo" in text and "non decide la misura" in text


def test_a_convocation_names_nobody_but_whom_it_is_for() -> None:
    for one, other in ((MOTHER, HUSBAND), (HUSBAND, MOTHER)):
        text = text_of(convocation(CASE, BOTH, one.member_id))
        assert one.name in text and other.name not in text and SON.name not in text


def test_nobody_is_convoked_who_is_not_in_the_statement_or_not_in_the_household() -> None:
    refused("UNKNOWN_MEMBER", lambda: convocation(CASE, CONVOKED, HUSBAND.member_id))
    strange = replace(CONVOKED, member_ids=(STRANGER,))
    refused("UNKNOWN_MEMBER", lambda: convocation(CASE, strange, STRANGER))


def test_what_is_recorded_is_the_hash_of_the_letter_or_of_all_the_letters() -> None:
    hers, his = (convocation(CASE, BOTH, who.member_id) for who in (MOTHER, HUSBAND))
    assert text_hash(CASE, CONVOKED) == convocation(CASE, CONVOKED, MOTHER.member_id).sha256
    both = f"{hers.sha256}\n{his.sha256}\n".encode()
    assert text_hash(CASE, BOTH) == hashlib.sha256(both).hexdigest()


def test_the_letter_does_not_depend_on_the_hash_that_will_be_recorded_of_it() -> None:
    again = replace(CONVOKED, text_hash="f" * 64)
    assert convocation(CASE, again, MOTHER.member_id) == convocation(CASE, CONVOKED, MOTHER.member_id)


def test_a_convocation_with_a_warning_that_the_register_does_not_have_is_not_printed() -> None:
    with pytest.raises(Unprintable) as why:
        convocation(CASE, replace(CONVOKED, warning_text_version="2"), MOTHER.member_id)
    assert why.value.where == "/warning_text_version"


def test_the_contact_of_a_member_in_a_protection_path_is_in_no_ones_paper() -> None:
    hers = condition("GENDER_VIOLENCE_PATH", MOTHER)
    case = fold(facts_of(*EVALUATED, hers, *ASKED[len(EVALUATED) :], proposal()))
    papers = [convocation(case, BOTH, who.member_id) for who in (MOTHER, HUSBAND)]
    papers += [notices.proceeding_notice(case, NOTICE, who.member_id) for who in EVERYONE]
    papers += [asked(case=case), reminded(case)]
    for paper in papers:
        text = text_of(paper)
        for contact in (*MOTHER.contacts, *CONVOKED.contact_used):
            assert contact.value not in text
        assert MOTHER.residence_address not in text and "violenza" not in text


# --- the justified reason ----------------------------------------------------------------------------------


def test_the_reason_is_asked_with_the_fact_and_the_term() -> None:
    text = text_of(asked())
    assert "il 15 aprile 2025 non risulta rispettato un impegno del Patto" in text
    assert "«Fare insieme quanto concordato» (contatti con i servizi, ogni due settimane)" in text
    assert "entro il 27 aprile 2025" in text and "art. 8, c. 6" in text and WARNING_TEXT in text


def test_an_absence_is_told_by_its_day() -> None:
    case = fold(facts_of(*MISSED_THE_MEETING))
    assert "non risulta la Sua presenza all’appuntamento del 10 febbraio 2025" in text_of(
        asked(ABSENT, case=case)
    )


def test_a_line_of_the_annex_is_not_repeated_in_a_letter() -> None:
    ill = replace(MISSED, commitment_id=HEALTH.id, area="HEALTH", member_id=HUSBAND.member_id)
    text = text_of(asked(ill, case=fold(facts_of(*SIGNED, ill))))
    assert "è indicato nel Suo allegato riservato" in text
    assert HEALTH.text not in text and "cura)" not in text


def test_what_the_reporter_wrote_of_the_fact_stays_in_the_file() -> None:
    assert MISSED.facts not in text_of(asked())


def test_a_reason_is_asked_only_of_the_member_and_for_a_fact_on_record() -> None:
    refused("UNKNOWN_MEMBER", lambda: asked(who=HUSBAND))
    refused("NOT_RECORDED", lambda: asked(ABSENT))


# --- the notice that a proceeding begins -------------------------------------------------------------------


def test_the_notice_holds_what_article_8_asks() -> None:
    text = text_of(notices.proceeding_notice(CASE, NOTICE, MOTHER.member_id))
    assert "articoli 7 e 8 della L. 241/1990" in text
    assert "Proposta all’INPS di: decurtazione del beneficio" in text
    assert "Ufficio di piano, stanza 3, il funzionario inventato" in text
    assert "entro il 3 maggio 2025" in text and "vedere gli atti" in text
    assert "il 15 aprile 2025 non risulta rispettato un impegno" in text


def test_the_notice_of_a_decurtazione_tells_both_texts_and_that_inps_decides() -> None:
    for member in EVERYONE:
        text = text_of(notices.proceeding_notice(CASE, NOTICE, member.member_id))
        assert "Il protocollo d'intesa prevede la decurtazione" in text
        assert "la legge vigente (art. 8, c. 6, DL 48/2023) prevede la decadenza dell'intero nucleo" in text
        assert "Decide l'INPS." in text and "non decide la misura" in text


def test_the_others_of_the_household_are_not_told_who_missed_what() -> None:
    text = text_of(notices.proceeding_notice(CASE, NOTICE, HUSBAND.member_id))
    assert "riguarda un altro componente del nucleo" in text
    assert MOTHER.name not in text and "15 aprile" not in text and "impegno del Patto" not in text


def test_a_notice_can_rest_on_the_report_to_inps() -> None:
    reported = replace(NOTICE, proposal_id=None, report_id=new("report"))
    text = text_of(notices.proceeding_notice(CASE, reported, MOTHER.member_id))
    assert "Segnalazione all’INPS di un fatto rilevante" in text and "15 aprile 2025" in text


def test_there_is_no_notice_of_a_proceeding_that_is_not_on_record() -> None:
    unknown = replace(NOTICE, proposal_id=new("another"))
    refused("NOT_RECORDED", lambda: notices.proceeding_notice(CASE, unknown, MOTHER.member_id))
    neither = replace(NOTICE, proposal_id=None)
    refused("NOT_RECORDED", lambda: notices.proceeding_notice(CASE, neither, MOTHER.member_id))
    refused("UNKNOWN_MEMBER", lambda: notices.proceeding_notice(CASE, NOTICE, STRANGER))


# --- the formal reminder -----------------------------------------------------------------------------------


def test_a_reminder_says_until_when_and_by_whom() -> None:
    text = text_of(reminded())
    assert "richiamo formale (DL 4/2019, art. 7, c. 9; D.Lgs. 147/2017, art. 12, c. 6)" in text
    assert "entro il 2 maggio 2025" in text and "disposto da: Nome Inventato" in text
    assert "disposto da: ____" in text_of(reminded(issued_by=STRANGER))


def test_no_file_is_named_after_anybody() -> None:
    named = [asked().name, reminded().name, notices.proceeding_notice(CASE, NOTICE, MOTHER.member_id).name]
    assert named == [
        f"richiesta-motivo-{id_of(MISSED)}.pdf",
        f"richiamo-{id_of(MISSED)}.pdf",
        f"avvio-procedimento-{new('proposal')}.pdf",
    ]
