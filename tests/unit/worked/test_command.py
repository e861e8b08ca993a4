"""What `ambito rules check` says, and with which exit code."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.command import app
from domain.case import infractions

FOLDER = Path(__file__).parents[1] / "rules/examples"


def run(file, *options):
    return CliRunner().invoke(app, ["rules", "check", str(file), *options])


def test_a_file_whose_examples_all_pass_says_how_many():
    found = run(FOLDER / "obligation_cases.json")
    assert found.exit_code == 0
    assert found.stdout.splitlines() == ["not firm: 8 as expected, 0 differ", "26 passed, 0 failed"]


@pytest.fixture
def wrong(tmp_path):
    """Four examples whose expectation was changed, one of them not firm."""
    document = json.loads((FOLDER / "sanction_examples.json").read_text())
    told = {each["id"]: each for each in document["examples"]}
    told["SA-02"]["expected"] = {"measure": "SOSPENSIONE"}
    told["SA-29"]["expected"] = {"months_fraction": "1/2", "conflicts_with": []}
    told["SA-36"]["expected"] = {"measure": "DECURTAZIONE"}
    told["SA-41"]["expected"] = {"measure": "DECADENZA"}
    file = tmp_path / "wrong.json"
    file.write_text(json.dumps(document))
    return file


def test_each_failure_is_told_with_what_was_found_and_why(wrong):
    found = run(wrong)
    assert found.exit_code == 1
    lines = found.stdout.splitlines()
    assert "SA-02 (firm): measure: expected SOSPENSIONE, found DECADENZA" in lines
    assert "SA-29 (firm): months_fraction: expected 1/2, found 1/4" in lines
    assert "SA-29 (firm): conflicts_with: expected none, found ADI-2023" in lines
    assert "SA-36 (firm): measure: expected DECURTAZIONE, found REFUSED" in lines
    assert "  because REASON_NOT_ASKED: the member was not asked for a justified reason" in lines
    assert lines[-1] == "19 passed, 3 failed"


def test_what_is_not_firm_is_told_apart_and_does_not_fail(wrong):
    lines = run(wrong).stdout.splitlines()
    apart = lines.index("not firm: these differ and do not fail")
    assert lines[apart + 1] == "  SA-41 (probable): measure: expected DECADENZA, found REFUSED"
    assert lines[-2] == "not firm: 1 as expected, 1 differ"


def test_only_what_is_not_firm_differs_and_the_run_succeeds(tmp_path):
    document = json.loads((FOLDER / "sanction_examples.json").read_text())
    document["examples"] = [each for each in document["examples"] if each["id"] == "SA-41"]
    document["examples"][0]["expected"] = {"measure": "NONE"}
    file = tmp_path / "unsettled.json"
    file.write_text(json.dumps(document))
    found = run(file)
    assert (found.exit_code, found.stdout.splitlines()[-1]) == (0, "0 passed, 0 failed")


def test_an_obligation_that_differs_tells_every_reason(tmp_path):
    document = json.loads((FOLDER / "obligation_cases.json").read_text())
    document["cases"] = [each for each in document["cases"] if each["id"] == "OB-040"]
    document["cases"][0]["expected"] = {"result": "obliged"}
    file = tmp_path / "obligation.json"
    file.write_text(json.dumps(document))
    said = run(file).stdout
    assert "MINOR, REGULAR_STUDY, NO_PARENTAL_RESPONSIBILITY" in said
    assert "DL 48/2023 art. 6 c. 4 (maggiorenni)" in said


def test_the_same_is_told_to_programs(wrong):
    found = run(wrong, "--json")
    told = json.loads(found.stdout)
    assert found.exit_code == 1
    assert (told["passed"], told["failed"], told["not_firm"]) == (19, 3, {"passed": 1, "differed": 1})
    by_id = {each["id"]: each for each in told["differences"]}
    assert by_id["SA-29"]["keys"][0] == {
        "key": "months_fraction",
        "expected": "1/2",
        "found": "1/4",
        "case_and_rule_set_disagree": False,
    }
    assert by_id["SA-36"]["because"]


def test_a_case_and_a_rule_set_that_disagree_are_told_apart(monkeypatch):
    monkeypatch.setattr(infractions, "reason_of", lambda case, event_id: "none")
    found = run(FOLDER / "sanction_examples.json")
    assert found.exit_code == 1
    assert "SA-03 (firm): measure: the case found DECADENZA, the rule set NONE" in found.stdout.splitlines()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read"),
        ("{", "it is no JSON"),
        ('{"schema": "ambito-sanction-examples/4", "examples": []}', "is not the version that is read"),
        ('{"schema": "ambito-deadline-examples/2", "cases": [{"id": "x", "odd": 1}]}', "x: 'odd'"),
    ],
)
def test_a_file_that_cannot_be_run_is_one_sentence_and_exit_code_2(tmp_path, text, said):
    file = tmp_path / "file.json"
    if text is not None:
        file.write_text(text)
    found = run(file)
    assert (found.exit_code, found.stdout) == (2, "")
    assert said in found.stderr and len(found.stderr.splitlines()) == 1


def test_a_folder_is_no_file_of_examples(tmp_path):
    assert run(tmp_path).exit_code == 2
