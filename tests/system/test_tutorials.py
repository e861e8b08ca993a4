"""Every command of every tutorial, in its order, against a whole stack; it prints what the page shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.system.conftest import Running, running_stack

pytestmark = pytest.mark.system

ROOT = Path(__file__).parent.parent.parent
PAGES = ROOT / "docs" / "tutorials"
ORDER = ("office", "agency", "auditor")

BLOCK = re.compile(r"^```(?P<kind>sh|text)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Step:
    """Commands of a page and what they print, as it shows it; None where it shows nothing."""

    commands: str
    shown: str | None


def steps(page: str) -> list[Step]:
    found: list[Step] = []
    for block in BLOCK.finditer((PAGES / f"{page}.md").read_text()):
        if block["kind"] == "sh":
            found.append(Step(block["text"], None))
        else:
            found[-1] = Step(found[-1].commands, block["text"])
    return found


def like(shown: str) -> re.Pattern[str]:
    """What it shows, an ellipsis being anything."""
    return re.compile(".*?".join(re.escape(part) for part in shown.strip().split("…")), re.DOTALL)


@pytest.fixture(scope="module")
def stack() -> Iterator[Running]:
    """One for all pages, as ``make up`` starts it in a checkout; its log is signed at once."""
    os.environ["AMBITO_CHECKPOINT_SECONDS"] = "0.5"
    try:
        with running_stack() as running:
            (running.var.parent / "deploy").symlink_to(ROOT / "deploy")
            yield running
    finally:
        del os.environ["AMBITO_CHECKPOINT_SECONDS"]


def test_there_is_a_page_for_each_kind_of_user_and_none_that_is_not_run() -> None:
    assert sorted(page.stem for page in PAGES.glob("*.md")) == sorted(ORDER)


@pytest.mark.parametrize("page", ORDER)
def test_each_command_of_a_tutorial_prints_what_the_page_shows(stack: Running, page: str) -> None:
    told = [step for step in steps(page) if stack.description["kafka"] or "topic.py" not in step.commands]
    mark = "--- next ---"
    script = f"\necho '{mark}'\n".join(step.commands for step in told)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=stack.var.parent,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    printed = done.stdout.split(f"{mark}\n")
    for step, out in zip(told, printed, strict=False):
        if step.shown is not None:
            what = f"{step.commands}\n{out}\nis not as shown:\n{step.shown}"
            assert like(step.shown).fullmatch(out.strip()), what
    assert done.returncode == 0, done.stderr
    assert len(printed) == len(told)
