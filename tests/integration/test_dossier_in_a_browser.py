"""The page of a dossier in a real browser: axe reports no violation; pictures of it are made on demand."""

import os
from pathlib import Path

import pytest

from api.dossiers.page import page
from domain.dossier import Judge, Member, Redaction, Signatory
from tests.chromium import picture, violations, why_not
from tests.unit.dossier.demo import HUSBAND, MOTHER, demo_dossier

pytestmark = pytest.mark.integration

READERS: tuple[Redaction, ...] = (Judge(), Member(MOTHER.id), Member(HUSBAND.id), Signatory("inps"))
IMAGES = Path(__file__).parents[2] / "docs" / "images"
WRITE = os.environ.get("AMBITO_WRITE_DOCS") == "1"


@pytest.fixture(scope="module", autouse=True)
def browser() -> None:
    if why := why_not():
        required = os.environ.get("AMBITO_REQUIRE_BROWSER") == "1"
        (pytest.fail if required else pytest.skip)(why)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: type(reader).__name__)
def test_axe_finds_nothing_wrong_with_the_page(reader: Redaction, tmp_path: Path) -> None:
    assert violations(page(demo_dossier(reader).to_json()), tmp_path) == []


def test_axe_finds_what_is_wrong_with_a_page(tmp_path: Path) -> None:
    html = page(demo_dossier(Judge()).to_json()).replace('<html lang="it">', "<html>")
    html = html.replace("</main>", '<img src="data:,"><p style="color:#bbb">pallido</p></main>')
    assert {found[0] for found in violations(html, tmp_path)} >= {
        "html-has-lang",
        "image-alt",
        "color-contrast",
    }


def test_a_picture_of_the_page_is_no_empty_one(tmp_path: Path) -> None:
    html = page(demo_dossier(Judge()).to_json())
    top = picture(html, tmp_path, 1100, 1500)
    person = picture(page(demo_dossier(Member(HUSBAND.id)).to_json()), tmp_path, 1100, 1500)
    for image in (top, person):
        assert image.startswith(b"\x89PNG") and len(image) > 50_000
    if WRITE:
        IMAGES.mkdir(parents=True, exist_ok=True)
        (IMAGES / "dossier-giudice.png").write_bytes(top)
        (IMAGES / "dossier-coniuge.png").write_bytes(person)
