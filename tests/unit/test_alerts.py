"""The alert rules: what they name is there, each fires where it should and is silent beside it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY

from projections.health import Health, LogHealth, RecipientHealth, TermsHealth, ViewHealth
from projections.metrics import families, inbox

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
FIRING = Path(__file__).with_name("alerts_fire.yaml")
OF_PROMETHEUS = {"up"}

SAMPLE = Health(
    LogHealth(9, 1, 2.0, 0, 1, 2.0, 8, 3.0),
    (RecipientHealth("cpi", 5, 4, 1.0, 3, 2.0, 1),),
    (ViewHealth("cases", 2, 8, 1, 2.0, 0),),
    TermsHealth(2, date(2026, 1, 1), 1, date(2026, 1, 2)),
)


def rules() -> list[dict[str, Any]]:
    return list(yaml.safe_load((ROOT / "deploy" / "alerts.yaml").read_text("utf-8"))["groups"][0]["rules"])


def names() -> Iterator[str]:
    """Every series that a process of ours can give."""
    for family in [*families(SAMPLE, date(2026, 1, 3)), *inbox(1, 2.0, 0, 3, 0), *REGISTRY.collect()]:
        if family.type == "gauge":
            yield family.name
        elif family.type == "counter":
            yield f"{family.name}_total"
        elif family.type == "histogram":
            yield f"{family.name}_bucket"
    yield "ambito_database_up"


def test_every_series_that_a_rule_names_is_there() -> None:
    known = {*names(), *OF_PROMETHEUS}
    for rule in rules():
        named = set(re.findall(r"\b(?:ambito_\w+|up)\b", rule["expr"])) - {"ambito"}
        assert named and named <= known, rule["alert"]


def test_every_rule_says_in_italian_what_is_wrong_and_where_to_read_on() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "docs" / "operations.md").read_text("utf-8"), re.MULTILINE)
    anchors = {heading.lower().replace(" ", "-") for heading in headings}
    for rule in rules():
        page, _, anchor = rule["annotations"]["runbook"].partition("#")
        assert page == "docs/operations.md" and anchor in anchors, rule["alert"]
        assert rule["annotations"]["summary"] and rule["labels"]["severity"] in ("page", "ticket")


def test_the_page_says_what_every_number_means() -> None:
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    ours = {name.removesuffix("_bucket") for name in names() if name.startswith("ambito_")}
    unexplained = {name for name in ours if name not in page and not _abbreviated(name, page)}
    assert unexplained == set()


def _abbreviated(name: str, page: str) -> bool:
    """The second of a pair, written ``…_seconds`` behind its sibling."""
    stem = name.removesuffix("_seconds")
    return name.endswith("_seconds") and re.search(rf"`{stem}_\w+`, `…_seconds`", page) is not None


def test_no_label_can_name_a_case_or_a_person() -> None:
    found = [*families(SAMPLE, date(2026, 1, 3)), *REGISTRY.collect()]
    labels = {label for family in found for sample in family.samples for label in sample.labels}
    ours = {"operation", "status", "step", "error", "recipient", "view", "agency", "le"}
    assert labels <= ours | {"generation", "implementation", "major", "minor", "patchlevel", "version"}


def test_each_alert_has_a_state_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    tests = yaml.safe_load(FIRING.read_text("utf-8"))["tests"]
    fires = {t["alertname"] for test in tests for t in test["alert_rule_test"] if t["exp_alerts"]}
    silent = {t["alertname"] for test in tests for t in test["alert_rule_test"] if not t["exp_alerts"]}
    assert fires == silent == {rule["alert"] for rule in rules()}


def test_prometheus_itself_finds_each_alert_firing() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not here (Debian: prometheus)")
    for arguments in (
        ["check", "rules", str(ROOT / "deploy" / "alerts.yaml")],
        ["test", "rules", str(FIRING)],
    ):
        done = subprocess.run([promtool, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
