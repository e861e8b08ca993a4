"""Every command of every tutorial, in its order, against a whole stack; it prints what the page shows.

Afterwards this running Ambito takes a new recipient, gives it other credentials, and lets it go.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaTimeoutError, TopicAuthorizationFailedError

from deploy.demo.sample import SAMPLE
from deploy.kafka.broker import client_config
from tests.system.conftest import Running, described, run, running_stack
from tests.system.expectations import expected, held, within

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
    """One for all, as ``make up`` starts it in a checkout; its log is signed at once."""
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


# --- afterwards, on the same stack: `ambito agency` -------------------------------------------------------

NEW = "comune-058991"
"""Not among those of the settings; the sample has households that live there."""


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The sample in three parts of which each begins new cases."""
    lines, folder = SAMPLE.read_text().splitlines(keepends=True)[:450], tmp_path_factory.mktemp("parts")
    files = [folder / f"{n}.ndjson" for n in range(3)]
    for n, file in enumerate(files):
        file.write_text("".join(lines[: 150 * (n + 1)]))  # what a line rests on goes in before it, again
    return files


@pytest.fixture(scope="module")
def place(stack: Running, parts: list[Path]) -> Iterator[Running]:
    stack.ambito("import", str(parts[0]))
    yield stack


def login(stack: Running, recipient: str) -> dict[str, Any]:
    kafka, agency = stack.description["kafka"], stack.agencies[recipient]
    if kafka is None:
        pytest.skip("no Kafka broker: the recipients take the REST feed")
    return client_config(kafka["bootstrap"], agency["username"], agency["password"], Path(kafka["ca"]))


def told_again(stack: Running, holds: Any) -> Running:
    """The stack once its description says it."""
    assert within(30, lambda: holds(described(stack.var)))
    return described(stack.var)


def query(stack: Running, text: str, *arguments: Any) -> list[Any]:
    with psycopg.connect(stack.description["database_url"]) as connection:
        return connection.execute(text.encode(), arguments).fetchall()


def acknowledged(stack: Running) -> int:
    rows = query(stack, "select max(applied) from ledger.acknowledgements where recipient = %s", NEW)
    return int(rows[0][0] or 0)


def head(stack: Running) -> int:
    return int(
        query(stack, "select coalesce(max(seq), 0) from ledger.disclosed where recipient = %s", NEW)[0][0]
    )


def test_a_recipient_is_added_rotated_and_withdrawn_while_acts_go_in(
    place: Running, parts: list[Path]
) -> None:
    # Added: it has a database, a topic and a subscriber, and holds what the log gives it.
    added = json.loads(place.ambito("agency", "add", NEW, "--json"))
    assert (added["recipient"], added["new"], added["password"]) == (NEW, True, None)
    stack = told_again(place, lambda now: NEW in now.agencies)
    assert "already" in stack.ambito("agency", "add", NEW)
    stack.ambito("import", str(parts[1]))
    assert within(20, lambda: head(stack) > 0 and acknowledged(stack) == head(stack))
    right, there = expected(stack, NEW), held(stack, NEW)
    since = query(stack, "select after from ledger.recipients where recipient = %s", NEW)[0][0]
    moved = {
        case_id
        for (case_id,) in query(stack, "select stream_id from ledger.events where position > %s", since)
    }
    of_case = dict(
        query(stack, "select event_id, stream_id from ledger.events where starts_with(type, 'adi.case.')")
    )
    assert {event: data for event, data in there.items() if event in of_case} == {
        event: data for event, data in right.items() if of_case.get(event) in moved
    }
    assert there

    # Rotated: the old password and key are none any more, what was signed with the old key stays.
    before, old = login(stack, NEW), acknowledged(stack)
    keys = query(stack, "select public_key from ledger.recipients where recipient = %s", NEW)
    stack.ambito("agency", "rotate", NEW)
    old_word = before["sasl_plain_password"]
    stack = told_again(stack, lambda now: now.agencies[NEW]["password"] != old_word)
    with pytest.raises(KafkaTimeoutError):
        KafkaAdminClient(**before, bootstrap_timeout_ms=500)
    KafkaAdminClient(**login(stack, NEW), bootstrap_timeout_ms=5000).close()
    stack.ambito("import", str(parts[2]))
    assert within(30, lambda: acknowledged(stack) == head(stack) > old)
    assert len(query(stack, "select from ledger.recipients where recipient = %s", NEW)) == len(keys) + 1
    assert "as they were written" in stack.ambito("fsck")

    # Withdrawn: a reader that is open gets nothing more, and nothing new is disclosed.
    partition = TopicPartition(stack.agencies[NEW]["topic"], 0)
    with closing(KafkaConsumer(**login(stack, NEW), group_id=None, enable_auto_commit=False)) as reader:
        reader.assign([partition])
        assert reader.end_offsets([partition])[partition] > 0
        told = json.loads(stack.ambito("agency", "withdraw", NEW, "--json"))
        assert (told["act"], told["new"]) == ("withdrawn", True)
        with pytest.raises(TopicAuthorizationFailedError):
            reader.end_offsets([partition])
    last = head(stack)
    stack = told_again(stack, lambda now: "password" not in now.agencies[NEW])
    assert "already" in stack.ambito("agency", "withdraw", NEW)
    lines = SAMPLE.read_text().splitlines(keepends=True)[:520]
    parts[2].write_text("".join(lines))
    stack.ambito("import", str(parts[2]))
    assert within(10, lambda: query(stack, DISCLOSED) == [(True,)])
    assert head(stack) == last


DISCLOSED = """
select (select position from ledger.disclosed_head) = (select position from ledger.log_head)
"""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("add", "checkpoints"), "no recipient has this code"),
        (("add", "Comune"), "small letters"),
        (("add", "servizio-sociale"), "no recipient has this code"),
        (("rotate", "ust-nobody"), "is not a recipient"),
        (("withdraw", "ust-nobody"), "is not a recipient"),
        (("add", "ets-one", "--public-key", "key.jwk"), "keeps the keys of its recipients itself"),
    ],
)
def test_what_cannot_be_done_is_said(place: Running, arguments: tuple[str, ...], says: str) -> None:
    done = run(place.var, "agency", *arguments)
    assert done.returncode == 1
    assert says in done.stderr
