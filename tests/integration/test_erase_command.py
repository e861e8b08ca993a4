"""`ambito erase`, as an operator uses it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from uuid import uuid4

import pytest

from domain.ledger.disclosed import Disclosed
from tests.databases import Ledger
from tests.integration.test_discloser import Register
from tests.integration.test_erasure import FIRST, SECOND, keys_of, lived, on_record, personal_of
from tests.unit.disclosure.story import ANNA, by, closed, decurtazione, household, member, referral, reported

pytestmark = pytest.mark.integration


@pytest.fixture
def register(ledger: Ledger) -> Iterator[Register]:
    log = ledger.log(size=4)
    with closing(log.recorder.pool), closing(keys_of(log)):
        yield Register(ledger, log, Disclosed(log.recorder.pool, log.keys))


def ambito(register: Register, *words: object, typed: str = "") -> subprocess.CompletedProcess[str]:
    ledger = register.ledger
    where = {
        "AMBITO_DATABASE_URL": ledger.app_url,
        "AMBITO_KEY_FILE": str(ledger.keys_file),
        "AMBITO_KEY_ENCRYPTION_KEY": str(ledger.keys_wrapping),
    }
    return subprocess.run(
        [sys.executable, "-m", "deploy.command", *map(str, words)],
        check=False,
        env=os.environ | where,
        input=typed,
        capture_output=True,
        text=True,
    )


ERASE = ("erase", ANNA, "--because", "request")


def test_without_a_yes_nothing_is_erased(register):
    lived(register)
    for typed in ("", "n\n", "\n"):
        told = ambito(register, *ERASE, typed=typed)
        assert told.returncode == 1 and f"case {FIRST}: " in told.stderr and "cannot be undone" in told.stderr
    assert on_record(register.log, FIRST) == [] and personal_of(register.log, FIRST, ANNA)


def test_a_dry_run_says_what_would_be_erased_and_erases_nothing(register):
    lived(register)
    told = ambito(register, *ERASE, "--dry-run", "--json")
    said = json.loads(told.stdout)
    assert told.returncode == 0 and not said["erased"] and len(said["cases"][str(FIRST)]) > 3
    assert on_record(register.log, FIRST) == [] and personal_of(register.log, FIRST, ANNA)


def test_with_a_yes_the_person_is_erased_and_a_second_time_it_says_so(register):
    lived(register)
    lived(register, SECOND)
    told = ambito(register, *ERASE, typed="y\n")
    assert told.returncode == 0 and f"erased: {ANNA}" in told.stdout
    assert personal_of(register.log, FIRST, ANNA) == personal_of(register.log, SECOND, ANNA) == []
    again = ambito(register, *ERASE, "--yes", "--json")
    assert again.returncode == 0
    assert sorted(json.loads(again.stdout)["recorded_before"]) == sorted([str(FIRST), str(SECOND)])


def test_it_says_what_stays_of_a_household_while_its_case_is_open(register):
    register.tell_all(referral(), household(member(ANNA)), replace(reported(), facts="DI-TUTTI"), case=FIRST)
    unlawful = ("erase", ANNA, "--because", "unlawful", "--yes")
    told = ambito(register, *unlawful)
    assert told.returncode == 0 and f"case {FIRST}: it is open" in told.stderr
    assert json.loads(ambito(register, *unlawful, "--json").stdout)["household_kept"] == [str(FIRST)]
    register.tell(closed(), case=FIRST)
    assert json.loads(ambito(register, *unlawful, "--json").stdout)["household_kept"] == []


def test_no_value_of_anybody_is_printed(register):
    lived(register)
    told = [ambito(register, *ERASE, "--dry-run"), ambito(register, *ERASE, "--yes")]
    for each in told:
        assert not any(value in each.stdout + each.stderr for value in ("Anna", "ANNA", "Inventat"))


def test_a_hold_is_told_with_its_case_and_its_letter(register):
    register.tell_all(referral(), household(), closed(), case=FIRST)
    register.tell(decurtazione(), by("inps"), FIRST)
    told = ambito(register, *ERASE, "--yes")
    assert told.returncode == 1 and told.stdout == ""
    assert f"LEGAL_HOLD: case {FIRST}: a measure was not notified" in told.stderr
    assert "GDPR art. 17 c. 3 lett. e)" in told.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("erase", ANNA), "because"),
        (("erase", ANNA, "--because", "whim"), "whim"),
        (("erase", "not-an-id", "--because", "request"), "valid UUID"),
        (("erase", uuid4(), "--because", "request", "--yes"), "UNKNOWN_MEMBER"),
    ],
)
def test_what_cannot_be_erased_is_said(register, words, says):
    lived(register)
    told = ambito(register, *words)
    assert told.returncode != 0 and says in told.stderr and "Traceback" not in told.stderr
