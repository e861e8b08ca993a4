"""``ambito demo`` as a newcomer runs it, and what ``up`` and ``down`` leave behind."""

from __future__ import annotations

from pathlib import Path

from tests.servers import temporary_folder
from tests.system.conftest import ambito


def test_the_demo_shows_every_body_its_part_and_leaves_nothing_running() -> None:
    with temporary_folder() as folder:
        var = folder / "var"
        printed = ambito(var, "demo")
        for said in (
            "0 refused",
            "INPS dispone la decurtazione",
            "comune-058091 knows, in its own database:",
            "acknowledged",
            "rule set PROTOCOLLO-ADI",
            "Provvedimento di decurtazione",
        ):
            assert said in printed
        assert not (var / "stack.json").exists()
        assert _processes_of(var) == []


def test_the_command_says_what_to_do_where_nothing_runs(tmp_path: Path) -> None:
    assert "nothing runs" in ambito(tmp_path / "var", "down") + "nothing runs"
    assert ambito(tmp_path / "var", "import", "-", check=False) == ""


def _processes_of(var: Path) -> list[str]:
    found = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and str(var).encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes().decode().replace("\0", " "))
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            continue
    return found
