"""A dossier in words: the page, the paper, and the copies of them in docs/."""

import os
import re
from html import unescape
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from api.dossiers.drawing import AT_ONCE, drawings
from api.dossiers.page import page
from api.dossiers.paper import paper
from api.dossiers.sheet import sentence, sheet
from api.dossiers.words import said
from domain.dossier import Judge, Member, Redaction, Signatory
from tests.unit.dossier.demo import HUSBAND, MOTHER, demo_dossier
from tests.unit.dossier.story import DECIDED, lived, told

pytestmark = pytest.mark.unit

DOCS = Path(__file__).parents[3] / "docs" / "dossier"
WRITE = os.environ.get("AMBITO_WRITE_DOCS") == "1"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (True, "sì"),
        (False, "no"),
        ("2025-02-10", "10 febbraio 2025"),
        ("2025-07", "luglio 2025"),
        ("2025-10 (1/4)", "ottobre 2025 (1/4)"),
        ("2025-02-10T08:30:00.000000Z", "10 febbraio 2025, ore 09:30:00"),
        ("attivato dopo il 2025-05-01", "attivato dopo il 1º maggio 2025"),
        ("DECURTAZIONE 1/4", "decurtazione del beneficio (1/4 di mensilità)"),
        (["SOSPENSIONE", "DECADENZA"], "sospensione del beneficio; decadenza dal beneficio"),
        ({"erased": True}, "[cancellato]"),
        ("comune-058091", "Comune (comune-058091)"),
        ("un testo che nessuno conosce", "un testo che nessuno conosce"),
        ("2025-13-45", "2025-13-45"),
    ],
)
def test_a_value_is_read_as_an_italian_reads_it(value: object, text: str) -> None:
    assert said(value) == text


class _Read(HTMLParser):
    """What of a page is closed, linked and named."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.scripts += tag in ("script", "link", "iframe", "img")
        if "id" in told:
            self.ids.append(str(told["id"]))
        if tag == "a":
            self.links.append(str(told["href"]))


@pytest.mark.parametrize("reader", [Judge(), Member(HUSBAND.id), Signatory("cpi")], ids=str)
def test_the_page_holds_all_it_needs_and_every_link_leads_somewhere(reader: Redaction) -> None:
    html = page(demo_dossier(reader).to_json())
    read = _Read()
    read.feed(html)
    assert read.scripts == 0 and len(read.ids) == len(set(read.ids))
    assert {link.removeprefix("#") for link in read.links} <= set(read.ids)
    assert {f"punto-{number}" for number in range(1, 18)} <= set(read.ids)
    assert "http" not in re.sub(r'xmlns="[^"]*"|http-equiv', "", html)


def test_what_somebody_wrote_is_text_and_never_markup() -> None:
    made = told(lived(*DECIDED)).to_json()
    made["points"][0]["lines"][0]["value"] = '<script>alert("x")</script>'
    made["timeline"][0]["title"] = "<b>&"
    html = page(made)
    assert "<script>" not in html and "&lt;script&gt;" in html and "<b>&" not in html


def test_a_long_story_is_drawn_on_several_sheets_and_told_in_words_too() -> None:
    made = sheet(demo_dossier(Judge()).to_json())
    drawn = list(drawings(made.moments))
    assert len(drawn) == -(-len(made.moments) // AT_ONCE) > 1
    for drawing, part in zip(drawn, (made.moments[:AT_ONCE], made.moments[AT_ONCE:]), strict=True):
        assert drawing.svg.count("<circle") == len(part)
    assert any(moment.known_late for moment in made.moments), "the clock ran in October"


def test_a_sentence_of_the_timeline_is_what_the_page_prints() -> None:
    made = demo_dossier(Judge()).to_json()
    items = re.findall(r'<li id="pos-\d+">(.*?)<span', page(made), flags=re.DOTALL)
    printed = [" ".join(unescape(re.sub(r"<[^>]+>", "", item)).split()) for item in items]
    assert [sentence(moment) for moment in made["timeline"]] == printed
    assert any("Conosciuto il" in each for each in printed)


def test_the_paper_says_what_the_page_says() -> None:
    made = demo_dossier(Judge())
    printed = paper(made.to_json())
    text = " ".join("".join(p.extract_text() for p in PdfReader(BytesIO(printed.pdf)).pages).split())
    for point in made.points:
        assert f"{point.number}. {point.title}" in text
        assert all(gap in text for gap in point.missing)
    assert b"pdfaid:conformance" in printed.pdf
    assert paper(made.to_json()).pdf == printed.pdf


def test_of_the_demos_household_nobody_reads_why_the_husband_is_excluded() -> None:
    for reader in (Judge(), Member(MOTHER.id), Signatory("inps"), Signatory("cpi")):
        html = page(demo_dossier(reader).to_json())
        assert "oncologica" not in html and "ONCOLOGICAL" not in html and "José" not in html


COPIES = {"giudice": Judge(), "persona": Member(MOTHER.id)}


@pytest.mark.parametrize("name", COPIES)
def test_the_copies_in_docs_are_what_the_register_makes(name: str) -> None:
    """``make pictures`` writes them anew."""
    made = demo_dossier(COPIES[name]).to_json()
    copies = {f"decurtazione-{name}.html": page(made).encode()}
    if name == "giudice":
        copies[f"decurtazione-{name}.pdf"] = paper(made).pdf
    for file, content in copies.items():
        if WRITE:
            DOCS.mkdir(parents=True, exist_ok=True)
            (DOCS / file).write_bytes(content)
        assert (DOCS / file).read_bytes() == content, f"docs/dossier/{file}: make pictures"
