"""The text of every rule set that a decision names is on record with it."""

from typing import Any

import psycopg
import pytest
from psycopg.errors import CheckViolation

from domain.replay import DECISIONS
from domain.rules.rule_set import load
from tests.integration.api.life import new_life
from tests.integration.api.life import sign as sign_protocol
from tests.integration.api.office import Register

pytestmark = pytest.mark.integration


def decisions(register: Register, case_id: Any) -> list[Any]:
    return [f.event for f in register.services.log.facts(case_id) if isinstance(f.event, DECISIONS)]


def test_every_decision_finds_the_text_that_it_names(register: Register) -> None:
    sign_protocol(register)
    life = new_life(register).begin().to_patto().to_proposal().to_measure()
    decided = decisions(register, life.case_id)
    assert len(decided) >= 3
    for event in decided:
        text = register.services.log.rule_texts.text(event.rule_set_hash)
        assert text is not None and (text.hash, text.id) == (event.rule_set_hash, event.rule_set_id)


def test_a_text_that_was_never_named_is_not_there(register: Register) -> None:
    assert register.services.log.rule_texts.text("00" * 32) is None


def test_a_text_stands_under_its_own_hash_alone(register: Register) -> None:
    register.services.log.rule_texts.keep(load("ADI-2023"))
    with psycopg.connect(register.database.owner_url) as owner, pytest.raises(CheckViolation):
        owner.execute("update ledger.rule_sets set text = text || ' '")
