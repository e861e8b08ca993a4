"""The patto to sign: what all read, and what only one does."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import pytest

from api.documents.document import Document, Unprintable, hash_of
from api.documents.patto import papers, patto
from domain.case.parts import Member, NotApplicableArea, PriorProject, Support
from domain.case.state import Case, fold
from domain.contract import ERASED
from domain.refused import Refused
from domain.rules.patto import WARNING_TEXT
from tests.telling import SERD, facts_of
from tests.unit.case.world import (
    CONTACTS,
    DRAFTED,
    HEALTH,
    HOUSEHOLD,
    HUSBAND,
    MOTHER,
    SCHOOLING,
    SON,
    STRANGER,
    TEAM,
    TRAINING,
    WITH_TEAM,
    component,
    condition,
    day,
    new,
)
from tests.unit.documents.reading import text_of

pytestmark = pytest.mark.unit

CURE = replace(HEALTH, text="Controllo ogni mese presso l’ambulatorio")
HERS = condition("GENDER_VIOLENCE_PATH", MOTHER)
EVERYONE = (MOTHER, HUSBAND, SON)


@dataclass(frozen=True)
class Papers:
    """The texts of a draft's papers."""

    common: str
    annexes: dict[str, str]

    @property
    def all(self) -> tuple[str, ...]:
        return (self.common, *self.annexes.values())


def told(story: tuple[Any, ...] = WITH_TEAM, **said: Any) -> Case:
    """A case whose draft says this."""
    return fold(facts_of(*story, replace(DRAFTED, **{"commitments": (CONTACTS, CURE)} | said)))


def drafted(**said: Any) -> Papers:
    printed = papers(told(**said), DRAFTED.patto_id, 1)
    return Papers(text_of(printed[None]), {m.name: text_of(printed[m.member_id]) for m in EVERYONE})


def printed(member: Member | None = None, **said: Any) -> Document:
    """The common part of such a draft, or an annex."""
    return patto(told(**said), DRAFTED.patto_id, 1, member and member.member_id)


def only_in_the_annex_of(member: Member, line: str, said: Papers) -> None:
    assert line not in said.common
    assert [name for name, text in said.annexes.items() if line in text] == [member.name]


def health_support(**said: Any) -> Support:
    stated = {"support_id": new("cure"), "catalogue_code": "PROT8.h", "provider": "asl-serd"}
    return Support(**stated | {"planned_from": day(3, 20)} | said)


# --- what all read -----------------------------------------------------------------------------------------


def test_the_common_part_holds_what_the_protocol_asks() -> None:
    text = text_of(printed(commitments=(CONTACTS, TRAINING, SCHOOLING, CURE)))
    for said in (
        "Trovare un lavoro",
        "risultato atteso: Un contratto di lavoro; entro il 1º dicembre 2025",
        "interventi e servizi di politiche attive del lavoro",
        "(PROT8.i); a cura di: Centro per l’impiego; dal 15 marzo 2025",
        "Area: contatti con i servizi. Chi si impegna: Rosaria Inventata. Frequenza: ogni due settimane.",
        "Chi si impegna: Rosaria Inventata, per Mosè Inventata.",
        "Il beneficio è condizionato a questo impegno: sì.",
        "Metodo: colloquio. Verifiche: 1º giugno 2025. Revisione: su richiesta.",
        "Durata: dodici mesi.",
        "non eccedente: nei tempi del nucleo",
        "preferenze del nucleo: incontri al mattino",
        "ascoltato a casa",
        "Scheda Progetto: scheda/1",
        "Rosaria Inventata – familiare responsabile del Patto",
        "(case manager): Nome Inventato",
        "Nome Inventato: operatore dei servizi per l’impiego, operatore (Centro per l’impiego)",
    ):
        assert said in text, said


def test_the_warning_with_its_version_stands_in_every_part() -> None:
    said = drafted()
    for text in said.all:
        assert f"{WARNING_TEXT} (avvertenza, versione 1)" in text


def test_adults_and_the_case_manager_sign_the_common_part_and_the_annex_of_a_minor_is_signed_for_him() -> (
    None
):
    said = drafted()
    assert said.common.count("Firma: ____") == 3
    assert said.common.count("Rappresentato da (solo se rappresentato)") == 2
    assert "☐ olografa ☐ firma digitale ☐ SPID/CIE" in said.common
    assert "Per Mosè Inventata, minorenne, chi ne ha la responsabilità" in said.annexes[SON.name]


def test_an_area_that_does_not_apply_says_why() -> None:
    said = drafted(
        not_applicable_areas=(NotApplicableArea(area="SCHOOLING", reason="nessun figlio a scuola"),)
    )
    expected = "Area «frequenza e impegno scolastico»: non prevista. Motivo: nessun figlio a scuola"
    assert expected in said.common


def test_without_an_equipe_the_case_manager_is_written_in_by_hand() -> None:
    text = text_of(printed(team_ref=None))
    assert "(case manager): ______" in text and "senza équipe multidisciplinare" in text


def test_an_earlier_project_is_named() -> None:
    project = PriorProject(service="ets-doposcuola", project_ref="progetto/7", integrated=True)
    text = text_of(printed(prior_projects=(project,)))
    assert "ente del Terzo settore: progetto/7 – integrato in questo Patto" in text


# --- what only one reads -----------------------------------------------------------------------------------


def test_the_common_part_never_names_a_health_commitment() -> None:
    only_in_the_annex_of(HUSBAND, CURE.text, drafted())


def test_the_annex_of_one_member_never_names_the_reserved_lines_of_another() -> None:
    hers = replace(CURE, id=new("hers"), obliged_member_id=MOTHER.member_id, text="Visita di lei")
    said = drafted(commitments=(CONTACTS, CURE, hers))
    only_in_the_annex_of(MOTHER, "Visita di lei", said)
    only_in_the_annex_of(HUSBAND, CURE.text, said)
    assert "José" not in said.annexes[MOTHER.name] and "Rosaria" not in said.annexes[HUSBAND.name]


def test_no_health_service_is_called_by_its_name() -> None:
    said = drafted(supports=(health_support(),))
    for text in said.all:
        assert "serd" not in text.lower()


def test_that_nobody_has_a_health_commitment_is_told_to_none_but_each_of_himself() -> None:
    nobody = NotApplicableArea(area="HEALTH", reason="stanno tutti bene")
    without = drafted(commitments=(CONTACTS,), not_applicable_areas=(nobody,))
    assert "stanno tutti bene" not in without.common and without.common == text_of(printed())
    own = "Area «prevenzione e cura»: nessun impegno La riguarda."
    assert own in without.annexes[HUSBAND.name] and own in drafted().annexes[MOTHER.name]
    assert own not in drafted().annexes[HUSBAND.name]


def test_of_an_earlier_health_project_there_is_no_reference_and_of_an_anti_violence_one_nothing() -> None:
    projects = (
        PriorProject(service="asl-serd", project_ref="percorso/3", integrated=False),
        PriorProject(service="ets-cav", project_ref="percorso/4", integrated=False),
    )
    text = text_of(printed(prior_projects=projects))
    assert "servizio sanitario – richiamato" in text
    assert "percorso/" not in text and text.count("– richiamato") == 1


def test_of_a_health_operator_the_team_tells_no_function_and_of_an_anti_violence_one_nothing() -> None:
    serd = replace(component(SERD, "SPECIALIST"), name="Specialista", function="medico del SerD")
    refuge = replace(
        component(SERD, "ETS"), person_id=new("r"), agency="ets-cav", unit=None, name="Operatrice"
    )
    team = replace(TEAM, components=(*TEAM.components[:3], serd, refuge))
    story = tuple(team if fact is TEAM else fact for fact in WITH_TEAM)
    text = text_of(printed(story=story))
    assert "Specialista Inventato: servizio sanitario" in text
    assert "SerD" not in text and "Operatrice" not in text


def test_an_operator_of_a_service_that_the_register_does_not_know_is_named_by_her_role() -> None:
    builder = replace(component(SERD, "HOUSING"), agency="case-popolari", unit=None, function="geometra")
    team = replace(TEAM, components=(*TEAM.components[:3], builder))
    story = tuple(team if fact is TEAM else fact for fact in WITH_TEAM)
    text = text_of(printed(story=story))
    assert "operatore delle politiche abitative" in text and "servizio sanitario" not in text
    assert "geometra" not in text and "case-popolari" not in text


# --- a member in a protection path -------------------------------------------------------------------------


def test_a_contact_or_an_address_is_in_no_part_of_anybody() -> None:
    said = drafted(story=(*WITH_TEAM, HERS))
    for text in said.all:
        for member in EVERYONE:
            assert member.contacts[0].value not in text and member.residence_address not in text
            assert member.tax_code not in text
        assert "protezione" not in text.lower() and "violenza" not in text.lower()


# --- hashes and refusals -----------------------------------------------------------------------------------


def test_the_annex_prints_the_hash_of_the_common_part_that_it_belongs_to() -> None:
    shared = printed()
    assert shared.sha256 == hashlib.sha256(shared.pdf).hexdigest()
    assert shared.sha256 in text_of(printed(MOTHER)) and shared.sha256 not in text_of(shared)


def test_what_is_recorded_of_the_papers_binds_all_of_them() -> None:
    all_of_them = papers(told(), DRAFTED.patto_id, 1)
    assert list(all_of_them) == [None, *(member.member_id for member in EVERYONE)]
    assert all_of_them[None] == printed() and all_of_them[HUSBAND.member_id] == printed(HUSBAND)
    otherwise = {"commitments": (CONTACTS, replace(CURE, text="Un’altra cura"))}
    others = papers(told(**otherwise), DRAFTED.patto_id, 1)
    assert others[None] == all_of_them[None]
    assert hash_of(list(others.values())) != hash_of(list(all_of_them.values()))


def test_the_file_is_named_by_the_patto_and_by_nobody() -> None:
    assert printed().name == f"patto-{DRAFTED.patto_id}-v1.pdf"
    assert printed(MOTHER).name == f"patto-{DRAFTED.patto_id}-v1-allegato.pdf"


def test_what_was_erased_is_printed_as_erased_and_may_have_been_health() -> None:
    gone = replace(CURE, area=ERASED, text=ERASED, frequency=ERASED)
    people = (MOTHER, replace(HUSBAND, name=ERASED, surname=ERASED, birth_date=ERASED), SON)
    story = tuple(replace(HOUSEHOLD, members=people) if fact is HOUSEHOLD else fact for fact in WITH_TEAM)
    said = drafted(story=story, commitments=(CONTACTS, gone), prior_projects=ERASED, preferences=ERASED)
    text = said.common
    assert "preferenze del nucleo: [cancellato]" in text and "[cancellato] [cancellato]" in text
    assert "Area: [cancellato]" not in text and "Area: [cancellato]" in said.annexes[HUSBAND.name]


def test_a_stranger_has_no_annex() -> None:
    with pytest.raises(Refused) as refused:
        patto(told(), DRAFTED.patto_id, 1, STRANGER)
    assert refused.value.rule == "UNKNOWN_MEMBER"


def test_there_is_no_paper_of_a_version_that_was_never_drafted() -> None:
    with pytest.raises(KeyError):
        patto(told(), DRAFTED.patto_id, 2)


def test_a_warning_that_the_register_does_not_have_is_not_made_up() -> None:
    with pytest.raises(Unprintable) as why:
        printed(warning_text_version="0")
    assert why.value.where == "/warning_text_version"
