"""Every worked example that this project holds is met by the register and by the rules."""

import json
from functools import cache
from pathlib import Path

import pytest

from domain.worked.document import check

FOLDER = Path(__file__).parents[1] / "rules/examples"
FILES = sorted(FOLDER.glob("*examples.json")) + sorted(FOLDER.glob("*cases.json"))


def told(name):
    """The examples of a file, as it tells them."""
    document = json.loads((FOLDER / f"{name}.json").read_text())
    return {each["id"]: each for each in document.get("examples", document.get("cases"))}


TOLD = [(file.stem, example_id) for file in FILES for example_id in told(file.stem)]


@cache
def run(name):
    """The same examples, run."""
    return {each.id: each for each in check((FOLDER / f"{name}.json").read_bytes())}


@pytest.mark.parametrize(("name", "example_id"), TOLD, ids=[example_id for _, example_id in TOLD])
def test_a_worked_example_finds_what_it_expects(name, example_id):
    assert run(name)[example_id].differences == ()


def test_no_example_is_left_out():
    assert len(FILES) == 6
    for file in FILES:
        assert list(run(file.stem)) == list(told(file.stem))


def test_the_register_itself_judges_every_example_that_came_with_the_project():
    assert [each.id for each in run("sanction_examples").values() if each.alone] == []


def test_only_what_no_event_can_say_is_judged_by_the_rules_alone():
    alone = {each.id: each.alone for file in FILES for each in run(file.stem).values() if each.alone}
    siblings = told("more_sanction_examples")
    assert len(alone) == 17 < len(siblings) / 20
    for example_id, why in alone.items():
        example = siblings[example_id]
        facts, patto = example["facts"], example["facts"].get("patto", {})
        assert (
            ("the register applies" in why and example["expected"]["refused"] == "FACT_OUTSIDE_RULE_SET")
            or facts["member"] == "household"
            or facts.get("compulsory_education_done")
            or facts.get("age") == 17
            or patto.get("kind") != {"ACTIVE_MEASURE_MISSED": "PSP"}.get(example["infraction"], "PAIS")
            or example["infraction"] == "SCHOOL_OR_HEALTH_COMMITMENT_BREACH"
        ), (example_id, why)
