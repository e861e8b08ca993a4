"""The sample goes in over REST; each recipient's own database ends with exactly what the matrix gives it.

And with the passwords of one recipient nobody comes to what is another's.
"""

from __future__ import annotations

import json
import subprocess
from itertools import permutations
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from kafka import KafkaConsumer, TopicPartition

from deploy.demo.sample import SAMPLE
from deploy.kafka.broker import client_config
from deploy.keys import ed25519
from deploy.postgres import Postgres
from domain.ledger.note import (
    COSIGNATURE,
    Checkpoint,
    Note,
    VerifierKey,
    cosigned_at,
    opened,
    verifier_key,
    witness_name,
)
from domain.rules.rule_set import load
from domain.rules.sanctions import STATUTE
from projections.offices import office_of
from projections.offices.desk import lines_of
from projections.offices.held import read
from projections.view import enter
from tests.integration.offices.test_serve import asked, served
from tests.system.conftest import Running
from tests.system.expectations import expected, held, within

RECIPIENTS = ("cpi", "ust", "asl", "comune-058091")

SANCTION_WORDS = (
    "decurtazione",
    "decadenza",
    "DECURTAZIONE",
    "DECADENZA",
    "sanction",
    "infraction",
    "measure",
    "justified",
    "reason_re",
    "motivation",
    "giustificato",
)
HEALTH_WORDS = (
    "ONCOLOGICAL",
    "DISABILITY",
    "GENDER_VIOLENCE",
    "DIRECT_PENSION",
    "CARE_LOAD",
    "HEALTH",
    "PROT8.h",
    "serd",
    "asl-",
    "visite",
    "waiting",
)


def sample_lines() -> list[dict[str, Any]]:
    return [json.loads(line) for line in SAMPLE.read_text().splitlines()]


@pytest.fixture(scope="module", autouse=True)
def imported(stack: Running) -> dict[str, Any]:
    counted: dict[str, Any] = json.loads(stack.ambito("import", str(SAMPLE), "--json"))
    return counted


def test_every_line_of_the_sample_is_recorded(imported: dict[str, Any]) -> None:
    assert imported == {"recorded": len(sample_lines()), "replayed": 0, "refused": []}


@pytest.mark.parametrize("recipient", RECIPIENTS)
def test_within_five_seconds_a_recipient_holds_exactly_what_the_matrix_gives_it(
    stack: Running, imported: dict[str, Any], recipient: str
) -> None:
    right = expected(stack, recipient)
    assert right
    assert within(5, lambda: held(stack, recipient).keys() == right.keys())
    assert held(stack, recipient) == right


@pytest.mark.parametrize("recipient", RECIPIENTS)
def test_no_field_reaches_a_recipient_that_its_column_of_the_matrix_does_not_name(
    stack: Running, imported: dict[str, Any], recipient: str
) -> None:
    matrix = json.loads((Path(__file__).parent.parent / "unit" / "matrix.json").read_text())
    column = {"cpi": "CPI", "ust": "UST_SCUOLA", "asl": "ASL_SPECIALISTICI"}.get(recipient, "COMUNE")
    with psycopg.connect(stack.agencies[recipient]["database_url"]) as connection:
        rows = connection.execute(
            "select type, data from views.shown_v1 where kind <> 'correction'"
        ).fetchall()
    assert rows
    for type_, data in rows:
        cell = _row(matrix, type_)[column]
        if cell == "F":
            continue  # the whole fact is its own
        named = cell["fields"]
        for path in _paths(data):
            assert any(path == f or path.startswith((f"{f}.", f"{f}[")) for f in named), (type_, path)


@pytest.mark.parametrize("recipient", RECIPIENTS)
def test_the_lists_of_an_office_are_a_function_of_what_it_was_shown(
    stack: Running, imported: dict[str, Any], recipient: str
) -> None:
    assert within(5, lambda: held(stack, recipient).keys() == expected(stack, recipient).keys())
    office = office_of(recipient)
    assert office is not None
    with psycopg.connect(stack.agencies[recipient]["database_url"]) as connection:
        enter(connection)
        cases = [case for (case,) in connection.execute("select distinct case_id from shown_v1").fetchall()]
        lines = [
            (line.id(case.case_id), line.name, line.open)
            for case in read(connection, recipient, cases)
            for line in lines_of(case, office, load(STATUTE))
        ]
        kept = connection.execute("select id, list, open from desk_v1 order by id").fetchall()
    assert kept == sorted(lines) != []


def test_an_office_serves_its_own_database_on_the_machine_of_the_stack(
    stack: Running, imported: dict[str, Any]
) -> None:
    token = stack.ambito("token", "--agency", "cpi", "--role", "EMPLOYMENT_OPERATOR").strip()
    with served(stack.var.parent) as (url, _):
        status, desk = asked(url, "/desk", token)
        assert status == 200
        assert {each["name"]: each["open"] > 0 for each in desk["items"]}["members"]
        assert asked(url, "/verifications", token)[0] == 404
        assert asked(url, "/desk", stack.ambito("token", "--agency", "ust").strip())[0] == 403


def test_a_comune_is_told_of_its_own_residents_only(stack: Running, imported: dict[str, Any]) -> None:
    residents = {
        line["command_id"]
        for line in sample_lines()
        if line["act"] == "refer_case" and line["states"]["residence_comune"] == "058091"
    }
    with psycopg.connect(stack.description["database_url"]) as connection:
        cases = connection.execute(
            "select stream_id from ledger.commands where command_id = any(%s)", [list(residents)]
        ).fetchall()
    with psycopg.connect(stack.agencies["comune-058091"]["database_url"]) as connection:
        seen = connection.execute("select case_id from views.cases_v1").fetchall()
    assert seen
    assert set(seen) <= set(cases)


def test_the_school_office_holds_no_sanction_and_no_health_datum_in_its_database(
    stack: Running, imported: dict[str, Any]
) -> None:
    assert within(5, lambda: held(stack, "ust").keys() == expected(stack, "ust").keys())
    dump = subprocess.run(
        [str(Postgres.find_binaries() / "pg_dump"), stack.agencies["ust"]["database_url"]],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    # The Tavolo speaks of the law, and the school office sits there; it must hold nothing of any household.
    dump = "\n".join(line for line in dump.splitlines() if "adi.table." not in line)
    assert "patto_signed" in dump
    assert not [word for word in (*SANCTION_WORDS, *HEALTH_WORDS, *_secrets()) if word in dump]


def test_the_topic_of_the_school_office_holds_no_sanction_and_no_health_datum(
    stack: Running, imported: dict[str, Any]
) -> None:
    records = [r for r in _records(stack, "ust") if b".table." not in dict(r.headers)["ce_type"]]
    raw = b"".join(
        b"".join([record.key, record.value, *(k.encode() + v for k, v in record.headers)])
        for record in records
    ).decode()
    assert "patto-signed" in raw
    assert not [word for word in (*SANCTION_WORDS, *HEALTH_WORDS, *_secrets()) if word in raw]


def test_a_control_word_planted_for_the_school_office_would_be_found(
    stack: Running, imported: dict[str, Any]
) -> None:
    """The greps above can fail: what the servizio sociale's own log holds is full of these words."""
    with psycopg.connect(stack.description["database_url"]) as connection:
        types = " ".join(row[0] for row in connection.execute("select distinct type from ledger.events"))
    assert [word for word in SANCTION_WORDS if word in types]


def test_importing_again_records_nothing(stack: Running, imported: dict[str, Any]) -> None:
    again = json.loads(stack.ambito("import", str(SAMPLE), "--json"))
    assert again == {"recorded": 0, "replayed": len(sample_lines()), "refused": []}


def test_a_refused_line_is_named_with_its_rule_and_the_rest_goes_in(stack: Running, tmp_path: Path) -> None:
    lines = [line for line in sample_lines() if line["act"] == "refer_case"][:1]
    good = json.loads(json.dumps(lines[0]).replace(lines[0]["command_id"], _uuid(1)))
    good["states"]["household_id"] = _uuid(2)
    bad = {**good, "act": "sign_patto", "command_id": _uuid(3), "case_id": _uuid(4), "states": {}}
    wrong_office = {**good, "command_id": _uuid(5), "by": {"agency": "cpi", "role": "CLERK"}}
    file = tmp_path / "acts.ndjson"
    texts = [json.dumps(bad), "{not json", json.dumps(wrong_office), json.dumps(good)]
    file.write_text("\n".join(texts) + "\n")
    printed = stack.ambito("import", str(file), check=False)
    assert "line 1: sign_patto refused" in printed
    assert "line 2: ? refused: BAD_VALUE" in printed
    assert "line 3: refer_case refused" in printed
    assert "ROLE_NOT_ALLOWED" in printed
    assert "4 acts: 1 recorded, 0 on record already, 3 refused" in printed


def _secrets() -> list[str]:
    """Texts of the sample that speak of health or of a breach: planted in every case that has them."""
    found = set()
    for line in sample_lines():
        states = line["states"]
        if line["act"] == "report_missed_commitment" and states["reporter"] != "ust":
            found.add(states["facts"])
        if line["act"] in ("record_decurtazione", "record_decadenza", "decide_reason"):
            found.add(states["motivation"])
        if line["act"] == "draft_patto":
            found |= {each["text"] for each in states["commitments"] if each["area"] == "HEALTH"}
    assert found
    return sorted(found)


def _records(stack: Running, recipient: str) -> list[Any]:
    kafka, agency = stack.description["kafka"], stack.agencies[recipient]
    if kafka is None:
        pytest.skip("no Kafka broker: the recipients take the REST feed")
    partition = TopicPartition(agency["topic"], 0)
    consumer = KafkaConsumer(
        **client_config(kafka["bootstrap"], agency["username"], agency["password"], Path(kafka["ca"])),
        enable_auto_commit=False,
        isolation_level="read_committed",
    )
    try:
        consumer.assign([partition])
        consumer.seek_to_beginning(partition)
        end = consumer.end_offsets([partition])[partition]
        records: list[Any] = []
        while consumer.position(partition) < end:
            records += consumer.poll(timeout_ms=500).get(partition, [])
        return records
    finally:
        consumer.close(autocommit=False)


def _row(matrix: dict[str, Any], type_: str) -> dict[str, Any]:
    name = "".join(word.capitalize() for word in type_.split(".")[2].split("_"))
    row: dict[str, Any] = matrix[name]
    return row


def _paths(data: Any, path: str = "") -> list[str]:
    if isinstance(data, dict) and data:
        return [p for name, value in data.items() for p in _paths(value, f"{path}.{name}" if path else name)]
    if isinstance(data, list) and data and isinstance(data[0], dict):
        return [p for value in data for p in _paths(value, f"{path}[]")]
    return [path]


def _uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


def test_every_recipient_cosigns_the_log_that_it_was_shown(stack: Running, imported: dict[str, Any]) -> None:
    pinned = VerifierKey.read(stack.description["log_vkey"])

    def cosigned() -> set[str]:
        """Who cosigned a checkpoint of everything that was imported."""
        with psycopg.connect(stack.description["database_url"]) as connection:
            rows = connection.execute(
                "select c.recipient, n.note, c.line from ledger.cosignatures c"
                " join ledger.checkpoints n using (log_epoch, size) where c.size >= %s",
                [len(sample_lines())],
            ).fetchall()
        found = set()
        for recipient, text, line in rows:
            checkpoint = Checkpoint.read(Note.read(text).text)
            assert opened(text, pinned.renamed(checkpoint.origin)) == checkpoint
            key = ed25519(Path(stack.agencies[recipient]["key"]))
            name = witness_name(stack.description["ambito"], recipient)
            assert cosigned_at(Note.read(text).with_lines([line]), verifier_key(name, key, COSIGNATURE))
            found.add(recipient)
        return found

    assert within(30, lambda: cosigned() == set(RECIPIENTS))
    for recipient in RECIPIENTS:
        with psycopg.connect(stack.agencies[recipient]["database_url"]) as connection:
            assert connection.execute("select kind, because from inbox.refused_checkpoints").fetchall() == []


# --- what a signatory cannot reach with the passwords it holds ---------------------------------------------


@pytest.mark.parametrize(("own", "other"), list(permutations(RECIPIENTS, 2)))
def test_a_recipient_enters_no_other_recipients_database(stack: Running, own: str, other: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(_with_database(stack, own, stack.agencies[other]["database_url"]))


@pytest.mark.parametrize("own", RECIPIENTS)
def test_a_recipient_does_not_enter_the_database_of_the_log(stack: Running, own: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(_with_database(stack, own, stack.description["database_url"]))


@pytest.mark.parametrize("own", RECIPIENTS)
def test_a_recipient_enters_its_own(stack: Running, own: str) -> None:
    with psycopg.connect(stack.agencies[own]["database_url"]) as connection:
        assert connection.execute("select count(*) from views.shown_v1").fetchone() is not None


def test_the_passwords_are_for_the_owner_of_the_folder_alone(stack: Running) -> None:
    private = [
        stack.var / "stack.json",
        *(stack.var / "secrets").iterdir(),
        *(stack.var / "keys").iterdir(),
    ]
    assert [path for path in private if path.stat().st_mode & 0o077 and path.suffix not in (".sqlite",)] == []


def _with_database(stack: Running, own: str, url: str) -> str:
    parts = urlsplit(stack.agencies[own]["database_url"])
    return urlunsplit(parts._replace(path=urlsplit(url).path))
