"""What a process counts, and where it says so."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from kafka.errors import KafkaTimeoutError
from prometheus_client import REGISTRY, CollectorRegistry

from consumers.relay import Relay
from deploy import metrics
from deploy.metrics import serve_metrics
from deploy.settings import Settings
from deploy.stack import Stack
from domain.message import Message
from projections.metrics import FromDatabase, of_inbox

pytestmark = pytest.mark.unit


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0


class OneRow:
    """A record of what was disclosed, with one row in it."""

    def all_relayed(self) -> dict[str, int]:
        return {}

    def messages(self, recipient: str, after: int, limit: int) -> list[Message]:
        now, case_id = datetime(2026, 1, 1, tzinfo=UTC), uuid4()
        row = (recipient, 1, "fact", uuid4(), uuid4(), case_id, 1, "adi.case.case_referred.v1")
        return [Message(*row, None, now, "servizio-sociale", "referred_member", {})]


def test_a_transaction_that_kafka_does_not_take_is_counted_by_its_error() -> None:
    def nobody() -> Any:
        raise KafkaTimeoutError

    before = counted("ambito_relay_failures_total", error="KafkaTimeoutError")
    sent = counted("ambito_relayed_messages_total")
    Relay(OneRow(), ["cpi"], "058", nobody).step()  # type: ignore[arg-type]
    assert counted("ambito_relay_failures_total", error="KafkaTimeoutError") == before + 1
    assert counted("ambito_relayed_messages_total") == sent


def test_every_process_of_a_stack_has_a_port_of_its_own(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path, admin_database_url="postgresql://localhost/x", metrics_port=9400)
    stack = Stack(settings.model_copy(update={"kafka_bootstrap": "localhost:9"}), lambda _: None)
    names = ("api", "relay", "project")
    assert [stack._environment(name)["AMBITO_METRICS_PORT"] for name in names] == ["9400", "9401", "9402"]


def test_without_a_port_nothing_listens_and_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "REGISTRY", None)
    serve_metrics(Settings(), FromDatabase("not even a url", of_inbox))


def test_a_port_that_is_taken_stops_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "REGISTRY", CollectorRegistry())
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(metrics.log, "error", lambda _, **given: told.append(given))
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        port = held.getsockname()[1]
        serve_metrics(Settings(metrics_port=port), FromDatabase("postgresql://localhost/x", of_inbox))
    assert told == [{"port": port, "error": "Address already in use"}]
