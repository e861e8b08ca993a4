"""`ambito replay`, as an operator uses it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from click.testing import Result
from typer.testing import CliRunner

from deploy.command import app
from domain.case.commands import Law
from domain.replay import DECISIONS
from tests.databases import Ledger
from tests.integration.api.life import Life, new_life
from tests.integration.api.life import sign as sign_protocol
from tests.integration.api.office import Register, register_on

pytestmark = pytest.mark.integration

READINGS: dict[str, int | str] = {"min_notice_days": 2, "care_load": "EVERY_ADULT"}
OTHER_READING = {"AMBITO_RULE_READINGS": json.dumps(READINGS)}


@pytest.fixture
def register(ledger: Ledger) -> Iterator[Register]:
    with register_on(ledger) as made:
        yield made


@pytest.fixture
def life(register: Register) -> Life:
    sign_protocol(register)
    return new_life(register).begin().to_patto().to_proposal().to_measure()


def replay(register: Register, *words: object, **more: str) -> Result:
    ledger = register.database
    where = {
        "AMBITO_DATABASE_URL": ledger.app_url,
        "AMBITO_KEY_FILE": str(ledger.keys_file),
        "AMBITO_KEY_ENCRYPTION_KEY": str(ledger.keys_wrapping),
    }
    return CliRunner().invoke(app, ["replay", *map(str, words)], env=where | more)


def alter(register: Register, statement: str) -> None:
    """What a superuser may do."""
    with psycopg.connect(register.database.owner_url, autocommit=True) as owner:
        assert owner.execute(statement.encode()).rowcount > 0


def decided(register: Register, life: Life) -> int:
    return sum(isinstance(f.event, DECISIONS) for f in register.services.log.facts(life.case_id))


def test_every_decision_comes_out_whatever_the_ambito_reads_today(register: Register, life: Life) -> None:
    new_life(register).begin().to_patto()
    done = replay(register, "--all")
    many = decided(register, life) + 1
    assert (done.exit_code, done.stdout) == (0, f"2 cases, {many} decisions: {many} reproduced\n"), (
        done.stderr
    )
    done = replay(register, "--all", "--json", **OTHER_READING)
    told = json.loads(done.stdout)
    assert done.exit_code == 0 and told["outcomes"] == {"reproduced": many} and told["differing"] == []


def test_after_an_erasure_the_values_alone_give_it(register: Register, life: Life) -> None:
    register.services.log.keys.destroy(f"person/{life.member}")  # type: ignore[attr-defined]
    alter(register, f"select ledger.note_erasure('person/{life.member}')")
    done = replay(register, "--case", life.case_id)
    many = decided(register, life)
    assert done.exit_code == 0, done.stdout + done.stderr
    assert done.stdout == f"1 cases, {many} decisions: {many} reproduced, sources erased\n"


def test_without_its_text_a_decision_is_held_against_the_rules_of_today(register: Register) -> None:
    """So somebody who takes a text away cannot pass another law off as the one of that day."""
    object.__setattr__(register.services, "law", Law(settings=READINGS))
    sign_protocol(register)
    life = new_life(register).begin().to_patto().to_proposal().to_measure()
    assert replay(register, "--all").exit_code == 0
    alter(register, "delete from ledger.rule_sets")
    assert replay(register, "--all", **OTHER_READING).exit_code == 0
    done = replay(register, "--all", "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 1 and told["outcomes"] == {"differs": decided(register, life)}
    for each in told["differing"]:
        (difference,) = [d for d in each["differences"] if d["what"] == "rule_set_hash"]
        assert difference["expected"] != difference["found"]
    said = replay(register, "--all")
    assert said.exit_code == 1 and "differs" in said.stdout and "rule_set_hash" in said.stdout


def test_a_text_that_a_superuser_rewrote_is_not_the_one_that_was_decided_by(
    register: Register, life: Life
) -> None:
    with psycopg.connect(register.database.owner_url, autocommit=True) as owner:
        owner.execute("alter table ledger.rule_sets drop constraint rule_sets_check")
    alter(register, "update ledger.rule_sets set text = replace(text, '\"adult\":18', '\"adult\":16')")
    done = replay(register, "--all", "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 1 and told["outcomes"] == {
        "differs": 1,
        "reproduced": decided(register, life) - 1,
    }
    assert [d["what"] for d in told["differing"][0]["differences"]] == ["rule_set_hash"]


def test_one_must_say_which_decisions(register: Register) -> None:
    for words in ([], ["--all", "--case", uuid4()]):
        done = replay(register, *words)
        assert done.exit_code == 1 and "--all" in done.stderr
    unknown = uuid4()
    done = replay(register, "--case", unknown)
    assert done.exit_code == 1 and f"no case {unknown}" in done.stderr
    assert replay(register, "--all").stdout == "0 cases, 0 decisions: none\n"
