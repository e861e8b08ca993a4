"""The words for codes: every code of the facts has one, and no name that tells too much is among them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, get_args, get_type_hints

import pytest

from api.documents import words
from domain.case.events import HouseholdConvoked, SanctionProposalOpened
from domain.case.parts import Commitment, Component
from domain.contract import ERASED
from domain.fact import KINDS
from domain.rules.patto import SUPPORT_CODES

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("cls", "field", "said"),
    [
        (Commitment, "area", words.AREAS),
        (Component, "role", words.ROLES),
        (HouseholdConvoked, "purpose", words.PURPOSES),
        (SanctionProposalOpened, "proposed_measure", words.MEASURES),
    ],
)
def test_every_code_has_its_words(cls: type, field: str, said: dict[str, str]) -> None:
    assert set(said) == set(get_args(get_type_hints(cls)[field]))


def test_the_catalogue_of_article_8_is_whole() -> None:
    assert set(words.SUPPORTS) == SUPPORT_CODES


def test_every_kind_of_agency_has_a_name() -> None:
    assert all(words.agency(kind) != kind for kind in KINDS)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("asl-serd", "servizio sanitario"),
        ("asl", "servizio sanitario"),
        ("mmg", "servizio sanitario"),
        ("ets-cav", "altro servizio"),
        ("ets-consultorio", "altro servizio"),
        ("case-popolari", "altro servizio"),
        ("ets-doposcuola", "ente del Terzo settore"),
        ("comune-058091", "Comune"),
        ("cpi", "Centro per l’impiego"),
        (ERASED, "[cancellato]"),
    ],
)
def test_a_service_whose_name_would_tell_is_not_named(code: Any, name: str) -> None:
    assert words.agency(code) == name


def test_days_and_hours_are_those_of_italy() -> None:
    assert (
        words.day(date(2025, 5, 1)) == "1º maggio 2025"
        and words.day(date(2025, 12, 31)) == "31 dicembre 2025"
    )
    assert words.day(ERASED) == "[cancellato]"
    assert words.hour(datetime(2025, 12, 31, 23, 5, tzinfo=UTC)) == "1º gennaio 2026 alle ore 00:05"
    assert words.hour(datetime(2025, 7, 1, 8, 0, tzinfo=UTC)) == "1º luglio 2025 alle ore 10:00"
