"""Whoever is given a bundle installs the verifier alone: `pip install ambito` brings no server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.unit.bundle.examples import bundle_of, example
from tests.unit.bundle.mutations import measure
from tests.unit.bundle.world import VKEY

ROOT = Path(__file__).parents[3]


def needed(name: str) -> Iterator[str]:
    """The distributions that one needs without extras, itself among them."""
    yield name
    for requirement in map(Requirement, distribution(name).requires or ()):
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield from needed(requirement.name)


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a base install: of all that is installed here, only what `ambito` asks for."""
    folder = tmp_path_factory.mktemp("site-packages")
    for name in sorted({*needed("ambito")} - {"ambito"}):
        found = distribution(name)
        for top in {str(file).split("/")[0] for file in found.files or ()} - {"..", "__pycache__"}:
            place = folder / top
            if not place.exists():
                place.symlink_to(Path(str(found.locate_file(top))).resolve())
    return {"PATH": os.environ["PATH"], "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}


def run(base: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-S", *arguments]
    return subprocess.run(command, env=base, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    _, material = example()
    path = tmp_path / "bundle.json"
    path.write_bytes(bundle_of(material))
    return path


def test_the_base_install_checks_a_bundle(base: dict[str, str], bundle: Path) -> None:
    done = run(base, "-m", "deploy.command", "verify", str(bundle), "--log-key", VKEY.text)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Il fascicolo tiene." in done.stdout and "NON TIENE" not in done.stdout


def test_it_says_where_the_rest_is(base: dict[str, str]) -> None:
    done = run(base, "-m", "deploy.command", "--help")
    assert "'server'" in done.stdout and "verify" in done.stdout and "fsck" not in done.stdout


def test_a_bundle_that_was_changed_ends_with_another_code(base: dict[str, str], bundle: Path) -> None:
    changed = json.loads(bundle.read_bytes())
    measure(changed, None)  # type: ignore[arg-type]
    bundle.write_bytes(
        json.dumps(changed, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    )
    done = run(base, "-m", "deploy.command", "verify", str(bundle), "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 1 and told["holds"] is False
    assert {"SEAL", "MEASURE"} <= {finding["rule"] for finding in told["findings"]}


@pytest.mark.parametrize("arguments", [["nowhere.json"], [__file__], [__file__, "--log-key", "none"]])
def test_what_cannot_be_read_ends_with_two(base: dict[str, str], arguments: list[str]) -> None:
    assert run(base, "-m", "deploy.command", "verify", *arguments).returncode == 2


def test_who_imports_the_verifier_loads_no_server_package() -> None:
    """In this very environment, where all of them could be found."""
    told = "import sys, domain.bundle.verify, deploy.commands.verify; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    server = {
        "eventsourcing",
        "psycopg",
        "psycopg_pool",
        "kafka",
        "fastapi",
        "starlette",
        "uvicorn",
        "pydantic",
    }
    assert not loaded & (server | {"joserfc", "structlog", "pkcs11", "jinja2", "fpdf", "sqlite3"})
