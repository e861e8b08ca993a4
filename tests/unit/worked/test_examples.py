"""Every worked example that this project holds is met by the register and by the rules."""

import json
from pathlib import Path

import pytest

from domain.worked.document import check

FOLDER = Path(__file__).parents[1] / "rules/examples"
FILES = sorted(FOLDER.glob("*examples.json")) + sorted(FOLDER.glob("*cases.json"))
RUN = [(file.stem, each) for file in FILES for each in check(file.read_bytes())]


def told(name):
    """The examples of a file, as it tells them."""
    document = json.loads((FOLDER / f"{name}.json").read_text())
    return {each["id"]: each for each in document.get("examples", document.get("cases"))}


@pytest.mark.parametrize(("name", "checked"), RUN, ids=[each.id for _, each in RUN])
def test_a_worked_example_finds_what_it_expects(name, checked):
    assert checked.differences == ()


def test_no_example_is_left_out():
    assert len(FILES) == 6
    for file in FILES:
        assert [each.id for name, each in RUN if name == file.stem] == list(told(file.stem))


def test_the_register_itself_judges_every_example_that_came_with_the_project():
    assert [each.id for name, each in RUN if name == "sanction_examples" and each.alone] == []


def test_only_what_no_event_can_say_is_judged_by_the_rules_alone():
    alone = {each.id: each.alone for name, each in RUN if each.alone}
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
