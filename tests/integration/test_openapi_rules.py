"""The rules that `make lint-openapi` holds the OpenAPI documents to: each of them fires where it should."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

FOLDER = Path(__file__).parents[1] / "openapi"
MAKEFILE = Path(__file__).parents[2] / "Makefile"

CLI = re.findall(r"@stoplight/spectral-cli@[\d.]+", MAKEFILE.read_text(encoding="utf-8"))
OURS = set(re.findall(r"^  (ambito-[a-z-]+):", (FOLDER / "rules.yaml").read_text(encoding="utf-8"), re.M))


@pytest.mark.timeout(180)
def test_each_rule_of_ours_finds_what_a_bad_document_does_wrong() -> None:
    if shutil.which("npx") is None:
        (pytest.fail if os.environ.get("AMBITO_REQUIRE_BROWSER") == "1" else pytest.skip)("no npm")
    done = subprocess.run(
        ["npx", "--yes", CLI[0], "lint", "-f", "json", "-r", "rules.yaml", "bad.yaml"],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    found = {each["code"] for each in json.loads(done.stdout[: done.stdout.rindex("]") + 1])}
    assert len(OURS) > 12 and found >= OURS, OURS - found
