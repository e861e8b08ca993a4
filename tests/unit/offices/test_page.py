"""The page for offices names every list, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from projections.offices import OFFICES
from projections.offices.line import title

pytestmark = pytest.mark.unit

PAGE = Path(__file__).parents[3] / "docs" / "offices.md"


def test_the_page_names_the_lists_of_each_office() -> None:
    told = set()
    for line in PAGE.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == 6 and set(cells[1].split(", ")) <= OFFICES.keys():
            told |= {
                (office, name) for office in cells[1].split(", ") for name in re.findall("`(.+?)`", cells[2])
            }
    assert told == {(code, kind.name) for code, office in OFFICES.items() for kind in office.lists}


def test_a_list_has_a_name_and_a_title_of_its_own_in_its_office() -> None:
    for office in OFFICES.values():
        assert len({kind.name for kind in office.lists}) == len({title(kind) for kind in office.lists})
        assert all(re.fullmatch("[a-z]+(-[a-z]+)*", kind.name) for kind in office.lists)
