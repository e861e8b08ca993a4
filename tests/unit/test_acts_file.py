"""A file of acts: what becomes of lines that are no acts, before anybody is asked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from consumers.client.transport import Answer
from deploy.acts_file import Importer

GOOD: dict[str, Any] = {
    "act": "close_case",
    "case_id": "00000000-0000-4000-8000-000000000001",
    "command_id": "00000000-0000-4000-8000-000000000002",
    "by": {"agency": "servizio-sociale", "role": "SOCIAL_WORKER"},
    "known_on": "2026-01-02",
    "purpose": "TAKING_CHARGE",
    "states": {"closed_on": "2026-01-02", "reason": "MOVED"},
}


class Silent:
    """An API that records whatever it is sent."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    def call(self, method: str, path: str, token: Any, *, body: Any, headers: Any) -> Answer[Any]:
        self.paths.append(path)
        return Answer(201, {}, {"event_ids": [GOOD["case_id"]], "replayed": False})

    def close(self) -> None:
        pass


def imported(*lines: str) -> tuple[list[tuple[int, str]], list[str]]:
    api = Silent()
    done = Importer(api, lambda by, purpose: "token").run(line.encode() for line in lines)  # type: ignore[arg-type]
    return [(refusal.line, refusal.because) for refusal in done.refused], api.paths


def test_an_act_goes_to_its_route() -> None:
    assert imported(json.dumps(GOOD)) == ([], [f"/cases/{GOOD['case_id']}/closures"])


@pytest.mark.parametrize(
    "wrong",
    [
        "{not json",
        "[]",
        "17",
        json.dumps({**GOOD, "command_id": "one"}),
        json.dumps({**GOOD, "act": ["close_case"]}),
        json.dumps({**GOOD, "states": []}),
        json.dumps({**GOOD, "by": None}),
        json.dumps({**GOOD, "known_on": "yesterday"}),
        json.dumps({name: value for name, value in GOOD.items() if name != "purpose"}),
    ],
)
def test_a_line_that_is_no_act_is_refused_by_its_number_and_the_next_goes_in(wrong: str) -> None:
    refused, paths = imported(wrong, json.dumps(GOOD))
    assert [(number, because.split(":")[0]) for number, because in refused] == [(1, "BAD_VALUE")]
    assert len(paths) == 1


def test_an_act_that_there_is_not_is_refused() -> None:
    assert imported(json.dumps({**GOOD, "act": "abolish_case"}))[0] == [
        (1, "BAD_VALUE: there is no such act")
    ]


def test_a_line_that_rests_on_a_refused_one_is_refused_with_it() -> None:
    resting = {**GOOD, "states": {"corrects_event_id": "event-of:00000000-0000-4000-8000-000000000009"}}
    assert imported(json.dumps(resting))[0] == [
        (1, "NOT_RECORDED: the line that this one rests on led to no event")
    ]


def test_an_empty_file_is_no_error() -> None:
    assert imported("", "\n") == ([], [])
