"""The answers in docs/queries.md are those that the API gives; ``AMBITO_WRITE_DOCS=1`` writes them anew."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from tests.integration.api.life import new_life, sign
from tests.integration.api.office import BASE, Register

pytestmark = pytest.mark.integration

PAGE = Path(__file__).parents[3] / "docs" / "queries.md"
EXAMPLE = re.compile(r"```http (\S+)\n(GET|POST) (\S+) ?([^\n]*)\n```\n```json\n(.*?)```", re.DOTALL)


def test_the_answers_of_the_page_are_real(register: Register) -> None:
    sign(register)
    life = new_life(register).begin().to_patto().refer_to_cpi()
    register.disclose()
    register.project()

    def answered(example: re.Match[str]) -> str:
        agency, method, path, body, _ = example.groups()
        who = register.office(agency, "SOCIAL_WORKER")
        answer = who.client.request(
            method,
            BASE + path.replace("{case_id}", str(life.case_id)),
            content=body or None,
            headers={"Authorization": f"Bearer {who.token}", "Content-Type": "application/json"},
        )
        head = example.group(0).partition("```json\n")[0]
        return f"{head}```json\n{json.dumps(answer.json(), indent=2, ensure_ascii=False)}\n```"

    page = PAGE.read_text(encoding="utf-8")
    made = EXAMPLE.sub(answered, page)
    if os.environ.get("AMBITO_WRITE_DOCS") == "1":
        PAGE.write_text(made, encoding="utf-8")
    assert len(EXAMPLE.findall(page)) == 5
    assert plain(made) == plain(page)


def plain(text: str) -> Any:
    """Without what is another in each run: ids, instants, cursors; one id stays one id."""
    ids: dict[str, str] = {}
    text = re.sub(r'"next_cursor": "\w+"', '"next_cursor": "…"', text)
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "…", text)
    return re.sub(
        r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", lambda id_: ids.setdefault(id_[0], f"#{len(ids)}"), text
    )
