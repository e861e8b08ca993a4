"""Files of examples are read strictly: where one key or value is not of the format, nothing is run."""

import json
from copy import deepcopy
from pathlib import Path

import pytest

from domain.worked.document import check
from domain.worked.reading import Unreadable

FOLDER = Path(__file__).parents[1] / "rules/examples"
SANCTIONS, OBLIGATIONS, DEADLINES = (
    json.loads((FOLDER / f"{name}.json").read_text())
    for name in ("sanction_examples", "obligation_cases", "deadline_examples")
)
MISSING = object()


def changed(document, path, value):
    """A file with one value changed, added or (MISSING) taken away."""
    told = deepcopy(document)
    *above, last = path
    part = told
    for key in above:
        part = part[key]
    if value is MISSING:
        del part[last]
    else:
        part[last] = value
    return told


def because(document):
    with pytest.raises(Unreadable) as error:
        check(document if isinstance(document, bytes) else json.dumps(document).encode())
    return str(error.value)


E = ("examples", 1)  # SA-02, a convocation missed
OFFER = ("examples", 7, "facts", "offer")


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("unknown",), 1, "'unknown'"),
        ((*E, "unknown"), 1, "SA-02: 'unknown'"),
        ((*E, "rule_set"), "ADI-2024", "SA-02: rule_set"),
        ((*E, "infraction"), "NO_SUCH", "SA-02: infraction"),
        ((*E, "prior_occurrences"), -1, "SA-02: prior_occurrences"),
        ((*E, "prior_occurrences"), "0", "SA-02: prior_occurrences"),
        ((*E, "prior_occurrences"), True, "SA-02: prior_occurrences"),
        ((*E, "certainty"), "sure", "SA-02: certainty"),
        ((*E, "settings"), {"open_reason": "EXCLUDES"}, "SA-02: settings: 'open_reason'"),
        ((*E, "settings"), {"min_notice_days": -1}, "SA-02: settings: min_notice_days"),
        ((*E, "settings"), {"min_notice_days": "1"}, "SA-02: settings: min_notice_days"),
        ((*E, "facts", "weather"), "rain", "SA-02: facts: 'weather'"),
        ((*E, "facts", "benefit"), "NONE", "SA-02: facts: benefit"),
        ((*E, "facts", "member"), "anybody", "SA-02: facts: member"),
        ((*E, "facts", "reason"), None, "SA-02: facts: reason"),
        ((*E, "facts", "fact_date"), "20 April 2026", "SA-02: facts: fact_date"),
        ((*E, "facts", "fact_date"), "20260420", "SA-02: facts: fact_date"),
        ((*E, "facts", "fact_date"), "2026-02-30", "SA-02: facts: fact_date"),
        ((*E, "facts", "fact_date"), "9999-12-31", "SA-02: facts: fact_date"),
        ((*E, "facts", "age"), 10**30, "SA-02: facts: age"),
        ((*E, "facts", "requested_measure"), "NONE", "SA-02: facts: requested_measure"),
        ((*E, "facts", "age"), 22.0, "SA-02: facts: age"),
        ((*E, "facts", "convocation"), [], "SA-02: facts: convocation"),
        ((*E, "facts", "convocation", "place"), "x", "SA-02: facts: convocation: 'place'"),
        ((*E, "facts", "convocation", "attended"), 0, "SA-02: facts: convocation: attended"),
        ((*E, "facts", "convocation", "appointment_on"), None, "SA-02: facts: convocation: appointment_on"),
        (("examples", 0, "facts", "term", "days"), 0, "SA-01: facts: term: days"),
        (("examples", 0, "facts", "term", "months"), 1, "SA-01: facts: term: 'months'"),
        ((*OFFER, "contract"), "internship", "SA-11: facts: offer: contract"),
        ((*E, "expected", "refusal"), "x", "SA-02: expected: 'refusal'"),
        ((*E, "expected", "refused"), "CASE_CLOSED", "SA-02: expected: refused"),
        ((*E, "expected", "measure"), "PENALTY", "SA-02: expected: measure"),
        ((*E, "expected", "measure"), None, "SA-02: expected: measure"),
        ((*E, "expected", "months_fraction"), "a quarter", "SA-02: expected: months_fraction"),
        ((*E, "expected", "months_fraction"), 1, "SA-02: expected: months_fraction"),
        ((*E, "expected", "suspended_from_month"), "2026-13", "SA-02: expected: suspended_from_month"),
        ((*E, "expected", "suspended_from_month"), "2026/07", "SA-02: expected: suspended_from_month"),
        ((*E, "expected", "conflicts_with"), ["LAW"], "SA-02: expected: conflicts_with"),
        ((*E, "expected"), {}, "SA-02: expected"),
        ((*E, "id"), MISSING, "example number 2: 'id'"),
        ((*E, "facts"), MISSING, "SA-02: 'facts'"),
        ((*E, "expected"), MISSING, "SA-02: 'expected'"),
        ((*E, "certainty"), MISSING, "SA-02: 'certainty'"),
        ((*E, "prior_occurrences"), MISSING, "SA-02: 'prior_occurrences'"),
        ((*E, "facts", "member"), MISSING, "SA-02: facts: 'member'"),
        ((*E, "facts", "convocation", "attended"), MISSING, "SA-02: facts: convocation: 'attended'"),
        ((*OFFER, "wage_ok"), MISSING, "SA-11: facts: offer: 'wage_ok'"),
        ((*E, "id"), "SA-01", "SA-01: stands twice"),
        (("examples",), MISSING, "'examples'"),
        (E, "SA-02", "example number 2"),
        (("schema",), MISSING, "schema"),
        (("schema",), "ambito-sanction-examples/2", "ambito-sanction-examples/3"),
        (("schema",), "ambito-sanction-examples", "ambito-sanction-examples/3"),
        (("schema",), "ambito-sanction-ladders/2", "no file of examples"),
    ],
)
def test_what_is_not_of_the_format_of_sanctions_is_named(path, value, said):
    assert said in because(changed(SANCTIONS, path, value))


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("cases", 0, "member", "age"), 3, "OB-001: member: 'age'"),
        (("cases", 0, "member", "employed"), "yes", "OB-001: member: employed"),
        (
            ("cases", 0, "member", "children_birth_dates"),
            "2018-03-10",
            "OB-001: member: children_birth_dates",
        ),
        (("cases", 0, "member", "children_birth_dates"), ["x"], "OB-001: member: children_birth_dates"),
        (("cases", 0, "member", "birth_date"), MISSING, "OB-001: member: 'birth_date'"),
        (("cases", 0, "member", "birth_date"), "2026-06-16", "OB-001: member: birth_date"),
        (("cases", 0, "member", "civil_invalidity_pct"), "46", "OB-001: member: civil_invalidity_pct"),
        (("cases", 0, "evaluation_date"), MISSING, "OB-001: 'evaluation_date'"),
        (("cases", 0, "expected", "result"), "bound", "OB-001: expected: result"),
        (("cases", 0, "expected", "all_reasons"), ["TIRED"], "OB-001: expected: all_reasons"),
        (("cases", 0, "expected", "reason"), "NONE", "OB-001: expected: 'reason'"),
        (("rule_set",), "ADI-2023", "rule_set"),
        (("reason_order",), ["NONE"], "reason_order"),
        (("schema",), "ambito-obligation-cases/2", "ambito-obligation-cases/1"),
    ],
)
def test_what_is_not_of_the_format_of_obligations_is_named(path, value, said):
    assert said in because(changed(OBLIGATIONS, path, value))


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("cases", 0, "months"), 1, "DL-01: exactly one"),
        (("cases", 0, "days"), MISSING, "DL-01: exactly one"),
        (("cases", 0, "days"), 0, "DL-01: exactly one"),
        (("cases", 0, "bar"), "no", "DL-01: bar"),
        (("cases", 0, "end"), "2024-05-25", "DL-01: 'end'"),
        (("cases", 0, "expected"), MISSING, "DL-01: 'expected'"),
        (("schema",), "ambito-deadline-examples/3", "ambito-deadline-examples/2"),
    ],
)
def test_what_is_not_of_the_format_of_deadlines_is_named(path, value, said):
    assert said in because(changed(DEADLINES, path, value))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"{", "no JSON"),
        (b"", "no JSON"),
        (b"\xff", "no JSON"),
        (b"[]", "no JSON object"),
        (b'{"schema": "ambito-deadline-examples/2", "schema": "x"}', "'schema' stands twice"),
        (b"[" * 100_000, "no JSON"),
    ],
)
def test_what_is_no_file_of_examples_is_said_in_one_sentence(text, said):
    assert said in because(text)


def test_nothing_is_run_where_the_last_example_cannot_be_read(monkeypatch):
    monkeypatch.setattr("domain.worked.check.check", lambda example: pytest.fail("it was run"))
    because(changed(SANCTIONS, ("examples", -1, "unknown"), 1))


def test_a_value_that_the_format_allows_to_be_left_out_may_be():
    bare = {"id": "x", "start": "2026-02-03", "days": 90, "expected": "2026-05-04"}
    (checked,) = check(json.dumps({"schema": "ambito-deadline-examples/2", "cases": [bare]}).encode())
    assert checked.passed
