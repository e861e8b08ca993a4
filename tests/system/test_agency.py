"""A running Ambito takes a new recipient, gives it other credentials, and lets it go: ``ambito agency``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaTimeoutError, TopicAuthorizationFailedError

from deploy.demo.sample import SAMPLE
from deploy.kafka.broker import client_config
from tests.system.conftest import Running, described, run
from tests.system.expectations import expected, held, within

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
