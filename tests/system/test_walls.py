"""What a signatory cannot reach with the passwords it holds."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from tests.system.conftest import Running, running_stack

RECIPIENTS = ("cpi", "ust", "asl", "comune-058091")


@pytest.fixture(scope="module")
def walled() -> Iterator[Running]:
    with running_stack() as running:
        yield running


@pytest.mark.parametrize(("own", "other"), list(permutations(RECIPIENTS, 2)))
def test_a_recipient_enters_no_other_recipients_database(walled: Running, own: str, other: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(_with_database(walled, own, walled.agencies[other]["database_url"]))


@pytest.mark.parametrize("own", RECIPIENTS)
def test_a_recipient_does_not_enter_the_database_of_the_log(walled: Running, own: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(_with_database(walled, own, walled.description["database_url"]))


@pytest.mark.parametrize("own", RECIPIENTS)
def test_a_recipient_enters_its_own(walled: Running, own: str) -> None:
    with psycopg.connect(walled.agencies[own]["database_url"]) as connection:
        assert connection.execute("select count(*) from views.shown_v1").fetchone() is not None


def test_the_passwords_are_for_the_owner_of_the_folder_alone(walled: Running) -> None:
    private = [
        walled.var / "stack.json",
        *(walled.var / "secrets").iterdir(),
        *(walled.var / "keys").iterdir(),
    ]
    assert [path for path in private if path.stat().st_mode & 0o077 and path.suffix not in (".sqlite",)] == []


def _with_database(stack: Running, own: str, url: str) -> str:
    parts = urlsplit(stack.agencies[own]["database_url"])
    return urlunsplit(parts._replace(path=urlsplit(url).path))
