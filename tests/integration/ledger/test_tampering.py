"""What a superuser changes is found, by fsck or by who kept a note; what nobody changed gives no alarm."""

import os
from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest

from domain.ledger import fsck as module
from domain.ledger.rederive import Finding
from domain.ledger.tiles import WIDTH
from tests.databases import clone, drop, ledger_on
from tests.integration.ledger.attacked import Attacked, attacked
from tests.integration.ledger.edits import EDITS, WITNESSED
from tests.servers import PostgresServer

pytestmark = pytest.mark.integration

TIMES = 24 if os.environ.get("AMBITO_TORTURE") == "1" else 2
"""Edits of each kind."""


@pytest.fixture(scope="module")
def past(
    postgres: PostgresServer, ledger_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Attacked]:
    name = clone(postgres, ledger_template)
    with attacked(ledger_on(postgres, name, tmp_path_factory.mktemp("keys"))) as log:
        yield log
    drop(postgres, name)


@pytest.fixture
def log(past: Attacked) -> Iterator[Attacked]:
    past.put_back()
    yield past


def named(position: int, first: Finding, log: Attacked) -> bool:
    """Whether a finding is of the event at a position: or, where all hashes of it were made to fit and it is
    in no full tile yet, of the first size that was signed with it."""
    (signed,) = log.row("select min(size) from kept.checkpoints where size >= %s", position)
    only_signed = first.rule == "ROOT" and position > log.size - log.size % WIDTH
    return first.position == (signed if only_signed else position)


def campaign(log: Attacked, chance: Random, kinds: list[str], times: int) -> tuple[Counter[str], list[str]]:
    """How many edits of each kind were found, and by whom; and those that were not, or not where they are."""
    found, missed = Counter[str](), list[str]()
    for kind in kinds:
        for _ in range(times):
            log.put_back()
            state = chance.getrandbits(64)
            expected = EDITS[kind](log, Random(state))
            log.on.commit()
            report, who = log.fsck(), "fsck"
            if kind in WITNESSED:
                who = "fsck" if report.findings else "a witness"
                report = log.fsck(log.kept)
            if report.first is None:
                missed.append(f"{kind} ({state}): not found")
            elif expected and not named(expected, report.first, log):
                missed.append(f"{kind} ({state}): {expected} was changed, found {report.findings[:3]}")
            else:
                found[f"{kind}, by {who}"] += 1
    return found, missed


@pytest.mark.torture
def test_every_edit_is_found_and_the_first_event_that_differs_is_named(
    log: Attacked, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "CHUNK", WIDTH)  # so that the log has several parts
    found, missed = campaign(log, Random(4), list(EDITS), TIMES)
    with capsys.disabled():
        print(f"\n{found.total()} edits were found:")
        for kind, count in found.items():
            print(f"{count:6}  {kind}")
    assert not missed, "\n".join(missed)
    assert found.total() == TIMES * len(EDITS)
