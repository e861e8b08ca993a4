"""``ambito demo`` as a newcomer runs it, and what ``up`` and ``down`` leave behind."""

from __future__ import annotations

from pathlib import Path

from tests.servers import temporary_folder
from tests.system.conftest import ambito, run
from tests.system.expectations import within


def test_the_demo_shows_every_body_its_part_and_leaves_nothing_running() -> None:
    with temporary_folder() as folder:
        var = folder / "var"
        printed = ambito(var, "demo")
        for said in (
            "0 refused",
            "INPS dispone la decurtazione",
            "comune-058091 knows, in its own database:",
            "acknowledged",
            "cpi             members ",
            "rule set PROTOCOLLO-ADI",
            "Provvedimento di decurtazione",
        ):
            assert said in printed
        assert not (var / "stack.json").exists()
        assert within(5, lambda: _processes_of(var) == [])


def test_down_and_import_say_what_to_do_where_nothing_runs() -> None:
    with temporary_folder() as folder:
        done = run(folder / "var", "down")
        assert (done.returncode, done.stderr) == (0, "nothing runs\n")
        done = run(folder / "var", "import", "-")
        assert done.returncode == 1
        assert "`ambito up --detach` starts one" in done.stderr


def _processes_of(var: Path) -> list[str]:
    found = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and str(var).encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes().decode().replace("\0", " "))
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            continue
    return found
