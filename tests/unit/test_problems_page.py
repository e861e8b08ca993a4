"""The page of the problems tells every rule that the code can name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from api.problems import OF_THE_API
from domain.refused import RULES
from tests.problems import PAGE, page

pytestmark = pytest.mark.unit

ROOMS = [Path(__file__).parents[2] / room for room in ("api", "domain")]
RAISED = re.compile(r'(?:Problem\(\s*\d+,\s*|Refused\(\s*|refuse\(\s*)"([A-Z][A-Z_]+)"')


def test_the_page_is_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.problems writes it anew"


def test_every_rule_that_is_raised_has_a_text() -> None:
    texts = [path.read_text(encoding="utf-8") for room in ROOMS for path in room.rglob("*.py")]
    raised = {rule for text in texts for rule in RAISED.findall(text)}
    assert len(raised) > 30 and raised <= RULES.keys() | OF_THE_API.keys()
