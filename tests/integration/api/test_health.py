"""How well the register keeps up: what its database tells of states that were made on purpose."""

from __future__ import annotations

import re
import socket
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import psycopg
import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from prometheus_client import REGISTRY

from deploy.metrics import serve_metrics
from deploy.settings import Settings
from domain.ledger.checkpointer import Checkpointer
from domain.ledger.checkpoints import Checkpoints
from projections.acknowledgement import Said, signed
from projections.deadlines import Deadlines
from projections.metrics import FromDatabase, of_inbox, of_register
from projections.runner import Runner
from projections.view import of_entry
from tests.integration.api.life import new_life, sign
from tests.integration.api.office import BASE, RECIPIENTS, Register
from tests.integration.api.signing import new_key, public_part

pytestmark = pytest.mark.integration

CPI = new_key()
ALERTS = Path(__file__).parents[3] / "deploy" / "alerts.yaml"


def alive(register: Register) -> Any:
    """One case that the employment centre was shown."""
    sign(register)
    life = new_life(register).begin().to_patto()
    life.refer_to_cpi()
    register.disclose()
    return life


def shown(register: Register) -> dict[str, Any]:
    answer = register.office("ats", "SOCIAL_OPERATOR").get("/operations/health")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def of_recipient(register: Register, code: str) -> dict[str, Any]:
    return next(each for each in shown(register)["recipients"] if each["recipient"] == code)


def owner(register: Register, statement: str, *values: Any) -> None:
    with psycopg.connect(register.database.owner_url) as connection:
        connection.execute(statement.encode(), values)


def acknowledge(register: Register, applied: int, parked: list[int]) -> None:
    owner(register, "select ledger.enrol('cpi', %s)", orjson.dumps(public_part(CPI)).decode())
    said = Said(
        recipient="cpi",
        log_epoch=str(register.services.disclosed.epoch()),
        received=applied,
        applied=applied,
        parked=parked,
    )
    jws = signed(said, orjson.dumps(CPI).decode())
    assert register.office("cpi", "machine").post("/acknowledgements", {"signed": jws}).status_code == 201


# --- over REST ---------------------------------------------------------------------------------------------


def test_the_ambito_sees_how_far_each_recipient_is(register: Register) -> None:
    alive(register)
    head = register.services.disclosed.head("cpi")
    before = of_recipient(register, "cpi")
    assert (before["disclosed"], before["applied"], before["lag"]) == (head, 0, head)
    assert before["lag_seconds"] > 0 and before["relayed"] is None and before["unrelayed"] == 0
    acknowledge(register, head - 1, [1, 2])
    register.services.disclosed.mark_relayed("cpi", head - 2)
    after = of_recipient(register, "cpi")
    assert (after["lag"], after["unrelayed"]) == (1, 2)
    streams = register.query("select count(distinct stream_id) from ledger.disclosed where seq <= 2")
    assert after["parked_cases"] == streams[0][0] > 0
    acknowledge(register, head, [])
    level = of_recipient(register, "cpi")
    assert (level["lag"], level["lag_seconds"], level["parked_cases"]) == (0, 0, 0)


def test_what_was_acknowledged_before_a_restore_counts_no_more(register: Register) -> None:
    alive(register)
    head = register.services.disclosed.head("cpi")
    acknowledge(register, head, [])
    assert of_recipient(register, "cpi")["lag"] == 0
    owner(register, "update ledger.log_head set log_epoch = gen_random_uuid()")
    assert of_recipient(register, "cpi")["lag"] == head


def test_views_terms_and_signatures_are_told_with_their_ages(register: Register) -> None:
    alive(register)
    log = register.services.log
    runner = Runner(register.database.views_url, Deadlines(log.case, log.facts), log.after, of_entry)
    found = shown(register)
    assert {view["position"] for view in found["views"]} == {0} and found["log"]["checkpoint_size"] is None
    assert found["log"]["unsigned"] == found["log"]["position"]
    runner.step()
    runner.close()
    Checkpointer(
        Checkpoints(register.services.all_rows), "058", Ed25519PrivateKey.generate(), events=1, seconds=9
    ).step()
    found = shown(register)
    (view,) = [view for view in found["views"] if view["view"] == "deadlines"]
    assert view["parked_cases"] == 0
    # To ask is itself put on record; what came after the runner's step is what the view lacks.
    assert view["lag"] == found["log"]["position"] - view["position"] <= 1
    assert found["log"]["checkpoint_seconds"] >= 0 and found["log"]["unsigned"] <= 1
    register.clock.now += timedelta(days=4000)
    overdue = shown(register)["terms"]
    assert overdue["overdue"] >= overdue["unrecorded"] > 0
    assert overdue["oldest_due_on"] <= overdue["oldest_unrecorded_on"]


def test_health_names_nobody(register: Register) -> None:
    life = alive(register)
    acknowledge(register, 2, [1, 2])
    text = register.office("servizio-sociale").get("/operations/health").text
    for secret in (life.case_id, life.member, "RSS", "MRR"):
        assert str(secret) not in text


def test_health_is_for_the_ambitos_own_people(register: Register) -> None:
    for agency, role in (("cpi", "machine"), ("ust", "SCHOOL"), ("asl", "machine"), ("inps", "machine")):
        assert register.office(agency, role).get("/operations/health").status_code == 403
    assert register.client.get(f"{BASE}/operations/health").status_code == 401


# --- as Prometheus reads it --------------------------------------------------------------------------------


def enrol(register: Register) -> None:
    with psycopg.connect(register.database.owner_url) as owner:
        for recipient in RECIPIENTS:
            owner.execute("select ledger.enrol(%s, 'a key')", [recipient])


def gauges(register: Register, url: str | None = None) -> dict[str, float]:
    """By name, the largest of its values: the database's own, as any process gives them."""
    enrol(register)
    collector = FromDatabase(url or register.database.app_url, of_register)
    found: dict[str, float] = {}
    for family in collector.collect():
        for sample in family.samples:
            found[sample.name] = max(found.get(sample.name, 0), sample.value)
    return found


def firing(found: dict[str, float]) -> set[str]:
    """The alerts on gauges whose condition holds; ``for`` is not waited for."""
    fires = set()
    for rule in yaml.safe_load(ALERTS.read_text("utf-8"))["groups"][0]["rules"]:
        simple = re.fullmatch(r"max(?: by \(\w+\) )?\((\w+)\) ([<>]) (\d+)", rule["expr"])
        if simple and simple[1] in found:
            value, limit = found[simple[1]], float(simple[3])
            if value > limit if simple[2] == ">" else value < limit:
                fires.add(rule["alert"])
    return fires


BACK = "clock_timestamp() - interval '1 hour'"


def test_a_register_that_keeps_up_wakes_nobody(register: Register) -> None:
    alive(register)
    acknowledge(register, register.services.disclosed.head("cpi"), [])
    with psycopg.connect(register.database.owner_url) as connection:
        connection.execute("update ledger.relayed set seq = 10000")
    assert firing(gauges(register)) == set()


@pytest.mark.parametrize("login", ["app", "views"])
def test_every_login_of_the_ambito_reads_the_same(register: Register, login: str) -> None:
    alive(register)
    urls = {"app": register.database.app_url, "views": register.database.views_url}
    assert (
        gauges(register, urls[login])["ambito_log_position"]
        == register.query("select position from ledger.log_head")[0][0]
    )


WRONG = {
    "RegistroNonFirmato": f"update ledger.events set recorded_at = {BACK}",
    "DivulgazioneFerma": "update ledger.disclosed_head set position = 0",
    "VistaInRitardo": "update views.progress set position = 0",
    "DestinatarioInRitardo": f"update ledger.disclosed set disclosed_at = {BACK}",
    "KafkaFermo": "insert into ledger.relayed values ('cpi', 1)",
    "CasiAccantonatiDaDestinatario": "insert into ledger.acknowledgements"
    " (recipient, log_epoch, received, applied, parked, signed)"
    " select 'cpi', log_epoch, 4, 4, '{3}', '' from ledger.log_head",
    "CasiNonDivulgati": "insert into ledger.parked (position, stream_id, error)"
    " values (3, gen_random_uuid(), 'BadValue')",
    "CasiAccantonatiDaVista": "insert into views.parked (view, version, position, case_id, error)"
    " values ('deadlines', 2, 3, gen_random_uuid(), 'BadValue')",
    "OrologioFermo": "update views.deadlines_v2"
    " set due_on = current_date - 9, kept_on = null, may_lapse = true, lapse_recorded = false",
}
"""What is wrong, one on top of the other, and the alert that it is to set off beside those before it."""


def test_each_thing_that_goes_wrong_is_beyond_the_mark_of_its_alert(register: Register) -> None:
    alive(register)
    register.project()
    owner(register, "update views.deadlines_v2 set lapse_recorded = true")
    expected: set[str] = set()
    assert firing(gauges(register)) == expected
    for alert, state in WRONG.items():
        owner(register, state)
        expected |= {alert}
        assert firing(gauges(register)) == expected


def test_a_database_that_is_away_is_a_figure_too(register: Register) -> None:
    away = register.database.app_url.rpartition("/")[0] + "/nowhere"
    assert gauges(register, away) == {"ambito_database_up": 0}
    assert firing(gauges(register, away)) == {"DatabaseNonRisponde"}


def test_a_subscriber_tells_of_its_own_database(recipient_url: str) -> None:
    with psycopg.connect(recipient_url) as connection:
        connection.execute("update inbox.progress set seq = 7")
        connection.execute("insert into inbox.parked (seq, case_id, error) values (3, %s, 'E')", [uuid4()])
        connection.execute(
            "insert into inbox.left_out (rule, times, last_number)"
            " values ('MALFORMED', 2, 5), ('NOT_OURS', 1, 6), ('CLOCK_AHEAD', 4, 7)"
        )
    found = {f.name: f.samples[0].value for f in FromDatabase(recipient_url, of_inbox).collect()}
    assert (found["ambito_inbox_seq"], found["ambito_inbox_parked_cases"]) == (7, 1)
    assert (found["ambito_foreign_records"], found["ambito_ahead_messages"]) == (3, 4)


def test_requests_are_counted_by_operation_and_never_by_url(register: Register) -> None:
    def count(operation: str, status: str) -> float:
        labels = {"operation": operation, "status": status}
        return REGISTRY.get_sample_value("ambito_requests_total", labels) or 0

    before = count("show_livez", "200"), count("none", "404")
    register.client.get(f"{BASE}/livez")
    register.client.get(f"{BASE}/RSSMRA85T10A562S")
    assert (count("show_livez", "200"), count("none", "404")) == (before[0] + 1, before[1] + 1)
    assert not any("RSSMRA" in str(sample) for family in REGISTRY.collect() for sample in family.samples)


@contextmanager
def taken_port() -> Iterator[int]:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        yield held.getsockname()[1]


def test_metrics_are_served_on_loopback_where_a_port_is_set(register: Register) -> None:
    with taken_port() as port:
        pass
    enrol(register)
    serve_metrics(Settings(metrics_port=port), FromDatabase(register.database.app_url, of_register))
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    assert 'ambito_recipient_lag_messages{recipient="cpi"} 0.0' in text and "ambito_database_up 1.0" in text
