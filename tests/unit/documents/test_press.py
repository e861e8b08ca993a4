"""The same values give the same bytes, and a value is printed as it is or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from pypdf import PdfReader

from api.documents.document import Document, Unprintable, hash_of
from api.documents.press import MODEL, press
from tests.unit.documents.reading import text_of

pytestmark = pytest.mark.unit

KEPT = Path(__file__).with_name("model.json")
TEMPLATES = Path(sys.modules["api.documents"].__file__ or "").parent / "templates"


def letter(
    name: str = "Nome Inventato", place: str = "Sportello sociale", on: date = date(2025, 1, 27)
) -> bytes:
    states = SimpleNamespace(
        appointment_at=datetime(2025, 2, 10, 9, 30, tzinfo=UTC), place=place, warning_text_version="1"
    )
    return press(
        "convocation.html",
        title="Convocazione",
        reference="Convocazione 1",
        on=on,
        office="Ufficio",
        name=name,
        states=states,
        purpose="colloquio",
        warning="Avvertenza",
    )


def test_the_same_values_give_the_same_bytes() -> None:
    assert letter() == letter()
    assert letter() != letter(on=date(2025, 1, 28))


def test_another_process_elsewhere_in_the_world_gives_the_same_bytes() -> None:
    said = "import sys; from tests.unit.documents.test_press import letter; sys.stdout.buffer.write(letter())"
    elsewhere = os.environ | {"PYTHONHASHSEED": "7", "TZ": "Pacific/Auckland", "LC_ALL": "C"}
    there = subprocess.run([sys.executable, "-c", said], env=elsewhere, capture_output=True, check=True)
    assert there.stdout == letter()


def test_no_compressor_has_a_say_in_the_bytes() -> None:
    assert b"FlateDecode" not in letter()


def test_a_paper_says_that_it_is_pdf_a_and_bears_the_day_of_its_facts_alone() -> None:
    metadata = PdfReader(BytesIO(letter())).xmp_metadata
    assert metadata is not None
    assert metadata.xmp_create_date == metadata.xmp_modify_date == datetime(2025, 1, 27)
    assert b"<pdfaid:part>2</pdfaid:part>" in letter()
    assert str(date.today().year).encode() not in letter() or date.today().year == 2025


def test_accents_survive() -> None:
    names = [
        "Però Così Più Perché Età",
        "Ștefăniță Țuțuianu",
        "Đorđe Žižić",
        "Gökçe Yağmur Şahin",
        "Łukasz Żółć",
        "Señora Ñuñez",
        "Юрий Жуков",
        "Ελένη Παπαδοπούλου",
        "d’Arc–D'Angelo",
    ]
    text = text_of(letter(", ".join(names), place=", ".join(names)))
    assert [text.count(name) for name in names] == [2] * len(names)


def test_a_letter_with_its_mark_apart_is_composed() -> None:
    assert "Ştefan Niccolò" in text_of(letter("S\u0327tefan Niccolo\u0300"))


@pytest.mark.parametrize("name", ["王伟", "محمد", "דוד", "\U0001f9ff"])
def test_a_name_that_would_come_out_broken_is_refused_and_not_repeated(name: str) -> None:
    with pytest.raises(Unprintable) as why:
        letter(name)
    assert name not in str(why.value)


def test_marks_that_turn_the_reading_order_are_left_out() -> None:
    assert "piazza Inventata" in text_of(letter(place="piazza \u202eInventata\u200b"))


def test_a_value_is_never_markup() -> None:
    values = [
        "<b>grassetto</b>",
        "</p><h1>Annullato</h1>",
        "{nb}",
        "{{ office }}",
        "**x**",
        "A & B",
        "&egrave;",
    ]
    text = text_of(letter(place=" ".join(values)))
    assert [value for value in values if value not in text] == []


def test_the_lines_of_a_value_stay_lines() -> None:
    page = PdfReader(BytesIO(letter(place="prima riga\nseconda riga"))).pages[0].extract_text()
    assert "prima riga\n" in page and "seconda riga" in page


def test_a_value_that_is_not_there_is_no_word() -> None:
    with pytest.raises(TypeError):
        letter(name=None)  # type: ignore[arg-type]


def test_every_page_says_which_it_is() -> None:
    pages = [page.extract_text() for page in PdfReader(BytesIO(letter(place="lungo " * 1500))).pages]
    assert len(pages) > 1
    for number, page in enumerate(pages, 1):
        assert f"Convocazione 1 · modello {MODEL} · pagina {number} di {len(pages)}" in page


def test_one_paper_is_recorded_by_its_hash_and_several_by_the_hash_of_theirs() -> None:
    one, two = Document("a", b"1"), Document("b", b"2")
    assert hash_of([one]) == hashlib.sha256(b"1").hexdigest() == one.sha256
    assert hash_of([one, two]) == hashlib.sha256(f"{one.sha256}\n{two.sha256}\n".encode()).hexdigest()
    assert hash_of([one, two]) != hash_of([two, one])


def test_what_changes_the_papers_raises_the_number_of_their_model() -> None:
    """A hash in the log is checked by printing again: whoever changes a template, the layout or a library
    raises MODEL and writes what this test finds into model.json. Of a dossier no hash stands in the log.
    """
    papers = [path for path in sorted(TEMPLATES.glob("*.html")) if path.name != "dossier.html"]
    texts = b"".join(path.name.encode() + path.read_bytes() for path in papers)
    found = {
        "model": MODEL,
        "templates": hashlib.sha256(texts).hexdigest(),
        "specimen": hashlib.sha256(letter()).hexdigest(),
    }
    assert found == json.loads(KEPT.read_text())
