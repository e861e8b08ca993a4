"""docs/security.md names tests that exist, leaves no item out, and counts as one counts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

HERE = Path(__file__).parent
SECTION = (HERE.parents[1] / "docs/security.md").read_text("utf-8").partition("## Traced to tests")[2]
ITEM = r"\d+\.\d+\.\d+"


def names_of_tests() -> set[str]:
    files = HERE.parent.rglob("test_*.py")
    return {name for file in files for name in re.findall(r"^def (test_\w+)", file.read_text("utf-8"), re.M)}


def items() -> set[str]:
    """The items of ASVS 5.0 at level 1 or 2: their numbers, a line for each chapter."""
    return set((HERE / "asvs.txt").read_text("utf-8").split())


def rows() -> dict[str, str]:
    """What is said of each item that applies: the last cell of its row."""
    return dict(re.findall(rf"^\| ({ITEM}) \|.*\| ([^|]*) \|$", SECTION, re.M))


def set_aside() -> set[str]:
    """The items that do not apply, each row with some, or with the first and the last of some."""
    found: set[str] = set()
    for row in re.findall(rf"^\| ({ITEM}(?:[–, .\d]*)) \| [^|]* \|$", SECTION, re.M):
        for each in row.split(", "):
            first, _, last = each.partition("–")
            stem, number = first.rsplit(".", 1)
            end = last.rsplit(".", 1)[1] if last else number
            found |= {f"{stem}.{n}" for n in range(int(number), int(end) + 1)}
    return found


def test_every_test_that_the_page_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", SECTION))
    assert named and named - names_of_tests() == set()


def test_no_item_is_left_out_and_none_is_there_twice() -> None:
    assert len(items()) == 253
    assert set(rows()) | set_aside() == items()
    assert set(rows()) & set_aside() == set()


def test_the_page_counts_as_one_counts() -> None:
    tested = [item for item, cell in rows().items() if cell != "–"]
    share = 100 * len(tested) // len(rows())
    said = (
        f"Of {len(items())} items {len(set_aside())} do not apply. Of the {len(rows())} that do,"
        f" {len(tested)} have an automated test ({share} %)."
    )
    assert said in SECTION


def test_each_of_the_ten_risks_has_its_tests() -> None:
    found = re.findall(r"^\| API(\d+) .*\| (`test_.*) \|$", SECTION, re.M)
    assert [int(number) for number, _ in found] == list(range(1, 11))
