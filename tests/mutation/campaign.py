"""Put faults into the rules one at a time and see which the tests notice.

    python -m tests.mutation.campaign rules                   every fault of domain/rules
    python -m tests.mutation.campaign case --sample 40        some of decide.py and the rulings

Each fault is tried in a process of its own, forked from one that has pytest but nothing of the domain: first
the tests of the rules, then those of the case. What was tried is kept in var/mutation and not tried again
while neither the module nor a test has changed.
"""

from __future__ import annotations

import argparse
import ast
import importlib.abc
import importlib.util
import json
import os
import random
import re
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import ModuleType

import hypothesis
import pytest

from tests.mutation.mutants import Mutant, mutants_of, mutate

ROOT = Path(__file__).parents[2]
EQUIVALENT = ROOT / "docs/mutation.md"
TRIED = ROOT / "var/mutation"

RULES = ("domain/rules/*.py",)
CASE = ("domain/case/decide.py", "domain/case/rulings/*.py")
SUBJECTS = {"rules": RULES, "case": CASE}

TESTS = ("tests/unit/rules", "tests/unit/case")
SLOW = ("tests/unit/case/test_properties.py",)
"""Left out: it looks at whole lives for many seconds, and would stand in for the sentence that is missing."""

SECONDS = 60
"""After this a fault counts as noticed: the tests that pass take about 5 s, on a busy machine 20."""


@dataclass(frozen=True)
class Tried:
    """What became of a fault: ``killed``, ``survived`` or ``timeout``."""

    mutant: Mutant
    outcome: str


# --- one fault, in its own process -------------------------------------------------------------------------


class Faulty(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds one module with a fault in it."""

    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        self.name, self.path = name, path
        self.code = compile(tree, str(path), "exec")

    def find_spec(self, name: str, path: object, target: object = None) -> object:
        if name != self.name:
            return None
        return importlib.util.spec_from_file_location(name, self.path, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        exec(self.code, module.__dict__)


def attempt(mutant: Mutant | None, left_out: Sequence[str]) -> int:
    """Fork a process that runs the tests over one fault, or over none; its exit code is 0 where all pass."""
    pid = os.fork()
    if pid:
        return pid
    signal.alarm(SECONDS)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    if mutant is not None:
        sys.meta_path.insert(0, _faulty(mutant))
    os._exit(_fails(left_out))


def _faulty(mutant: Mutant) -> Faulty:
    source = (ROOT / mutant.path).read_text(encoding="utf-8")
    name = mutant.path.removesuffix(".py").replace("/", ".")
    return Faulty(name, ROOT / mutant.path, mutate(source, mutant.number))


def _fails(left_out: Sequence[str]) -> int:
    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    hypothesis.settings.register_profile("mutation", phases=phases, database=None, deadline=None)
    hypothesis.settings.load_profile("mutation")
    for tests in TESTS:
        if code := int(pytest.main([*QUIETLY, *_without(left_out), str(ROOT / tests)])):
            return code
    return 0


QUIETLY = [
    "-x",
    "-q",
    "--noconftest",
    "-p",
    "no:cacheprovider",
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",  # what is imported before the fork
    "--hypothesis-seed=0",
    f"--rootdir={ROOT}",
]


def _without(left_out: Iterable[str]) -> list[str]:
    return [*(f"--ignore={ROOT / path}" for path in SLOW), *(f"--deselect={test}" for test in left_out)]


# --- a campaign --------------------------------------------------------------------------------------------


def campaign(mutants: Sequence[Mutant], processes: int, left_out: Sequence[str] = ()) -> Iterator[Tried]:
    """Try every fault, a few at a time. Without one the tests pass: else none of this would mean anything."""
    _, status = os.waitpid(attempt(None, left_out), 0)
    if status:
        raise SystemExit("the tests fail without a fault: mend them, or --deselect what cannot be mended now")
    running: dict[int, Mutant] = {}
    waiting = list(reversed(mutants))
    while waiting or running:
        while waiting and len(running) < processes:
            mutant = waiting.pop()
            running[attempt(mutant, left_out)] = mutant
        pid, status = os.wait()
        yield Tried(running.pop(pid), _outcome(status))


def _outcome(status: int) -> str:
    if os.WIFSIGNALED(status):
        return "timeout" if os.WTERMSIG(status) == signal.SIGALRM else "killed"
    return "survived" if os.WEXITSTATUS(status) == 0 else "killed"


def all_of(subject: str) -> list[Mutant]:
    paths = sorted(path for pattern in SUBJECTS[subject] for path in ROOT.glob(pattern))
    return [
        mutant
        for path in paths
        for mutant in mutants_of(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
    ]


LINE = re.compile(r"^- `(?P<path>[^`]+)`: `(?P<before>[^`]*)` → `(?P<after>[^`]*)`")


def equivalent() -> set[tuple[str, str, str]]:
    """The faults that change nothing anybody could see, as docs/mutation.md lists them with their reason."""
    lines = EQUIVALENT.read_text(encoding="utf-8").splitlines() if EQUIVALENT.exists() else []
    return {match.group("path", "before", "after") for line in lines if (match := LINE.match(line))}


def is_equivalent(mutant: Mutant) -> bool:
    return (mutant.path, mutant.before, mutant.after) in equivalent()


# --- what was tried before ---------------------------------------------------------------------------------


class Kept:
    """The outcomes of earlier runs, by what they depend on."""

    def __init__(self, folder: Path = TRIED) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "tried.jsonl"
        self.tests = _digest(path for tests in TESTS for path in sorted((ROOT / tests).rglob("*.py")))
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        self.known: dict[str, str] = dict(json.loads(line) for line in lines)

    def outcome(self, mutant: Mutant) -> str | None:
        """What became of a fault; one that was killed once stays killed while its module is the same."""
        killed = self.known.get(self._key(mutant, ""))
        return killed or self.known.get(self._key(mutant, self.tests))

    def keep(self, tried: Tried) -> None:
        survived = tried.outcome == "survived"
        key = self._key(tried.mutant, self.tests if survived else "")
        self.known[key] = tried.outcome
        with self.path.open("a") as lines:
            lines.write(json.dumps([key, tried.outcome]) + "\n")

    def _key(self, mutant: Mutant, tests: str) -> str:
        return f"{mutant.path}@{_digest([ROOT / mutant.path])}#{mutant.number}@{tests}"


def _digest(paths: Iterable[Path]) -> str:
    return sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:12]


def run(subject: str, sample: int | None, seed: int, processes: int, left_out: Sequence[str]) -> list[Tried]:
    """Try the faults of a subject, or some of them; those tried before are read, not tried again."""
    mutants = all_of(subject)
    if sample is not None:
        mutants = random.Random(seed).sample(mutants, min(sample, len(mutants)))
    kept = Kept()
    tried = [Tried(m, outcome) for m in mutants if (outcome := kept.outcome(m))]
    known = {each.mutant for each in tried}
    begun, left = time.monotonic(), [m for m in mutants if m not in known]
    for count, each in enumerate(campaign(left, processes, left_out), 1):
        kept.keep(each)
        tried.append(each)
        if each.outcome == "survived" and not is_equivalent(each.mutant):
            print(each.mutant, flush=True)
        if count % 50 == 0:
            print(f"{count}/{len(left)}, {count / (time.monotonic() - begun):.1f} a second", flush=True)
    return tried


def rate(tried: Iterable[Tried]) -> float:
    """The share of the faults that is noticed, of those that could be."""
    could = [each for each in tried if not is_equivalent(each.mutant)]
    return sum(each.outcome != "survived" for each in could) / max(len(could), 1)


def report(tried: Sequence[Tried]) -> str:
    """Killed, survived, timed out: file by file."""
    rows = []
    for path in sorted({each.mutant.path for each in tried}):
        here = [each for each in tried if each.mutant.path == path]
        count = Counter(each.outcome for each in here)
        same = sum(is_equivalent(each.mutant) for each in here if each.outcome == "survived")
        rows.append(
            f"{path:<40} {len(here):>5} {count['killed']:>7} {count['timeout']:>8} "
            f"{count['survived'] - same:>9} {same:>11} {rate(here):>6.1%}"
        )
    head = f"{'':<40} {'all':>5} {'killed':>7} {'timeout':>8} {'survived':>9} {'equivalent':>11} {'rate':>6}"
    return "\n".join([head, *rows, f"{len(tried)} faults, {rate(tried):.1%} noticed"])


def main() -> None:
    said = argparse.ArgumentParser(description="Mutation testing of the rules")
    said.add_argument("subject", choices=SUBJECTS)
    said.add_argument("--sample", type=int)
    said.add_argument("--seed", type=int, default=4711)
    said.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    said.add_argument("--least", type=float, default=0.9)
    said.add_argument("--deselect", action="append", default=[])
    stated = said.parse_args()
    os.chdir(ROOT)
    tried = run(stated.subject, stated.sample, stated.seed, stated.processes, stated.deselect)
    print(report(tried))
    sys.exit(rate(tried) < stated.least)


if __name__ == "__main__":
    main()
