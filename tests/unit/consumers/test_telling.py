"""Which texts tell who a household is, or where it lives: read in a mail, by whoever reads the mailbox."""

from __future__ import annotations

from typing import Any

import pytest

from consumers.telling import tells
from domain.case.state import Case
from tests.unit.disclosure.story import ANNA, BRUNO, Story, household, member, referral

pytestmark = pytest.mark.unit

GLICINI = "Via dei Glicini 12, 59100 Prato (PO)"
OFFICE = "Sala riunioni, Via Roma 1"


def home(**fields: Any) -> Case:
    """The case of one household, of which one member is told."""
    named = {"name": "Ermengarda", "surname": "Inventati", "residence_address": GLICINI} | fields
    other = {"name": "Teofrasto", "surname": "Inventati", "residence_address": named["residence_address"]}
    return Story(referral(), household(member(ANNA, **named), member(BRUNO, **other))).case


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("a casa della famiglia Hu", {"surname": "Hu"}),
        ("a casa della famiglia Wang", {"surname": "Wang"}),
        ("a casa HU", {"surname": "Hu"}),
        ("casa Nicolo' Calabro'", {"name": "Nicolò", "surname": "Calabrò"}),
        ("casa Nicolò", {"name": "Nicolo'", "surname": "Calabro'"}),
        ("dai D’Amico", {"surname": "D'Amico"}),
        ("dai Damico", {"surname": "D'Amico"}),
        ("dai D. Amico", {"surname": "D'Amico"}),
        ("dai Deluca", {"surname": "De Luca"}),
        ("dai De Luca", {"surname": "De Luca"}),
        ("casa Munoz", {"surname": "Muñoz"}),
        ("signora_Inventati", {}),
        (f"nucleo {ANNA}", {}),
        ("turno di CODICE-ANNA", {"tax_code": "CODICE-ANNA"}),
    ],
)
def test_a_text_that_names_a_member_tells_however_the_name_is_written(
    text: str, fields: dict[str, Any]
) -> None:
    """The control is the same text, and a household of another name."""
    assert tells(text, home(**fields))
    other = member(
        BRUNO, name="Gundeperga", surname="Altrimenti", tax_code="ALTRO", residence_address="altrove"
    )
    assert not tells(text, Story(referral(), household(other)).case)


@pytest.mark.parametrize("word", ["Li", "Re", "Lo"])
def test_a_surname_that_is_a_word_hides_too_often_rather_than_name_somebody(word: str) -> None:
    assert tells(f"sala del {word}", home(surname=word))
    assert tells(f"a casa {word}", home(surname=word))
    assert not tells(f"sala dei {word}ttori", home(surname=word)), "only as a whole word"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("a domicilio, Via dei Glicini 12", GLICINI),
        ("a domicilio, V. dei Glicini 12", "Via dei Glicini, 12"),
        ("a domicilio, Via dei Glicini, n. 12", GLICINI),
        ("in Glicini 12/A", GLICINI),
        ("Via  dei Glicini", GLICINI),
        ("V.le Europa", "Viale Europa, 3"),
        ("P.zza Dante", "Piazza Dante n. 3, Prato"),
        ("Via dei Glicini", "59100 Prato, Via dei Glicini 12"),
        ("Via dei Glicini", "Via dei Glicini, Prato"),
        ("Via Garibaldi 5", "Via Giuseppe Garibaldi 5"),
        ("Via XX Settembre 5", "Via 20 Settembre 5"),
        ("Via 25 Aprile", "Via 25 Aprile 10"),
        ("Via dei Glicini", "Via Glicini snc"),
        ("v. Po 3", "Via Po 3"),
        ("Piazza che non c'e', 48", "Piazza che non c'è, 48"),
        ("alla Casa Rossa", "Casa Rossa"),
    ],
)
def test_a_text_with_the_street_of_a_member_tells_where_she_lives(text: str, address: str) -> None:
    """The control is the same text, and a household of another street."""
    assert tells(text, home(residence_address=address))
    assert not tells(text, home(residence_address="Via Altrove 99"))


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        (OFFICE, {}),
        (OFFICE, {"residence_address": "Via dei Glicini 1, 59100 Prato (PO)"}),
        (OFFICE, {"surname": "Hu", "name": "Li"}),
        ("Sede dell'Ambito, Comune di Roma", {"residence_address": "Via Roma 7"}),
        ("Sala riunioni, Piazza Roma 12", {"residence_address": "Piazza dei Glicini 12"}),
        ("Sala della Giunta, Via di Mezzo 2", {"surname": "Della Porta"}),
        ("Sala di Via Verdi, piano terra", {"surname": "Di Marco"}),
        ("Sala conferenze, piano 12, Prato", {}),
        ("2", {"residence_address": "Via dei Glicini 2"}),
        ("", {"residence_address": "", "name": "", "surname": ""}),
    ],
)
def test_the_places_of_the_ambito_are_written(text: str, fields: dict[str, Any]) -> None:
    assert not tells(text, home(**fields))
