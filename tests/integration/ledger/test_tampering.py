"""What a superuser changes is found, by fsck or by who kept a note; what nobody changed gives no alarm."""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from random import Random
from threading import Event
from uuid import uuid4

import pytest

from domain.ledger import erasing
from domain.ledger import fsck as module
from domain.ledger.checkpoints import Checkpoints
from domain.ledger.fsck_part import Job, Part, Worker
from domain.ledger.recorder import pool
from domain.ledger.rederive import Finding, Rederived, Row
from domain.ledger.tiles import WIDTH
from tests.databases import Ledger, clone, drop, ledger_on
from tests.integration.ledger import edit_erasures, edit_evidence, edit_order, edit_values
from tests.integration.ledger.acts import closure, household, member
from tests.integration.ledger.attacked import Attacked, attacked, erased, keys_of
from tests.integration.ledger.edits import EDITS, WITNESSED
from tests.integration.ledger.test_sealing import events, save
from tests.servers import PostgresServer

pytestmark = pytest.mark.integration

KINDS = (edit_values, edit_order, edit_evidence, edit_erasures)
"""Whose edits stand in EDITS: each registers its own when it is imported."""

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
    in no full tile yet, of one after it, up to the first size that was signed with it."""
    if first.rule not in ("ROOT", "SHRUNK") or position <= log.size - log.size % WIDTH:
        return first.position == position
    (signed,) = log.row("select min(size) from kept.checkpoints where size >= %s", position)
    return position <= first.position <= int(signed)


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


# --- controls: a check that is not made is missed --------------------------------------------------------


def _no_digests(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Rederived, "_values", lambda self, row: None)


def _no_chain(patch: pytest.MonkeyPatch) -> None:
    chain = Rederived._chain

    def unlinked(self: Rederived, row: Row, moment: int) -> None:
        chain(self, row, moment)
        self.findings = [finding for finding in self.findings if finding.rule != "CHAIN"]

    patch.setattr(Rederived, "_chain", unlinked)


def _no_tiles(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Worker, "_tiles", lambda self, job, tiles, roots, findings: len(roots))


def _no_roots(patch: pytest.MonkeyPatch) -> None:
    check = Worker.check

    def unsigned(self: Worker, job: Job) -> Part:
        return replace(check(self, job), peaks={})

    patch.setattr(Worker, "check", unsigned)


def _no_count(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(module, "HEAD", module.HEAD.replace("(select count(*) from ledger.events)", "h.position"))


@pytest.mark.parametrize(
    ("seed_bug", "kind"),
    [
        (_no_digests, "a value in clear"),
        (_no_chain, "a byte of chain"),
        (_no_tiles, "a tile"),
        (_no_roots, "an instant in no full tile yet, with right links and the head"),
        (_no_count, "a forged event where no position is"),
    ],
)
def test_control_without_one_of_its_checks_fsck_misses_an_edit(
    log: Attacked, monkeypatch: pytest.MonkeyPatch, seed_bug: Callable[[pytest.MonkeyPatch], None], kind: str
) -> None:
    assert not campaign(log, Random(7), [kind], 1)[1]
    seed_bug(monkeypatch)
    assert "not found" in campaign(log, Random(7), [kind], 1)[1][0]


# --- no false alarm --------------------------------------------------------------------------------------

ZONES = ("UTC", "Europe/Rome", "Pacific/Apia", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe")


@pytest.mark.parametrize(("server", "client"), list(zip(ZONES, ZONES[1:] + ZONES[:1], strict=True)))
def test_an_untouched_log_is_right_in_any_time_zone(
    log: Attacked, monkeypatch: pytest.MonkeyPatch, server: str, client: str
) -> None:
    """Its events were recorded while the clocks of Rome went back an hour."""
    with zones(log, monkeypatch, server, client) as here:
        assert here.fsck(log.kept).findings == []
        here.sign_again()
        report = here.fsck()
    assert report.findings == []
    assert (report.events, report.checkpoints, report.cosignatures) == (log.size, 1, 2)


@contextmanager
def zones(log: Attacked, patch: pytest.MonkeyPatch, server: str, client: str) -> Iterator[Attacked]:
    """The log as a process sees it that runs elsewhere, on a server that is set to another place."""
    alter = f"alter database {log.ledger.name} set timezone ="
    log.on.execute(f"{alter} '{server}'".encode())
    log.on.commit()
    patch.setenv("TZ", client)
    time.tzset()
    try:
        with pool(log.ledger.app_url, size=2) as connections:
            yield replace(log, checkpoints=Checkpoints(connections))
    finally:
        patch.undo()
        time.tzset()
        log.on.execute(f"{alter} default".encode())
        log.on.commit()


def test_an_untouched_log_is_right_for_several_processes_too(
    log: Attacked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK", WIDTH)
    assert log.fsck(log.kept, processes=2).findings == []


def test_the_key_of_a_household_of_which_nobody_was_left_is_no_alarm_once_somebody_else_is_in_it(
    ledger: Ledger,
) -> None:
    case_id, one, other = uuid4(), uuid4(), uuid4()
    with closing(ledger.log()) as log, pool(ledger.app_url, size=2) as connections:
        save(log, case_id, [*events(one, other), closure(), erased(one), erased(other)])
        for who in (one, other):
            erasing.carry_out(who, log, keys_of(log))
        assert f"household/{case_id}" in keys_of(log).destroyed()
        save(log, case_id, [household(member("MARK-third"))], after=9)
        here = Attacked(ledger, None, Checkpoints(connections))  # type: ignore[arg-type]
        assert here.fsck().findings == []
        keys_of(log).close()
        log.recorder.pool.close()


def test_the_key_of_a_household_whose_case_was_closed_after_the_erasures_is_an_alarm(ledger: Ledger) -> None:
    """They took nothing of it, for the case was open."""
    case_id, one, other = uuid4(), uuid4(), uuid4()
    with closing(ledger.log()) as log, pool(ledger.app_url, size=2) as connections:
        save(log, case_id, [*events(one, other), erased(one), erased(other), closure()])
        for who in (one, other):
            erasing.carry_out(who, log, keys_of(log))
        here = Attacked(ledger, None, Checkpoints(connections))  # type: ignore[arg-type]
        assert here.fsck().findings == []
        keys_of(log).destroy(f"household/{case_id}")
        (finding,) = here.fsck().findings
        assert f"household/{case_id} was destroyed" in finding.says
        keys_of(log).close()
        log.recorder.pool.close()


@contextmanager
def meanwhile(*acts: Callable[[], object]) -> Iterator[None]:
    """Each act again and again, in a thread of its own; what one raises is raised."""
    stop = Event()

    def repeat(act: Callable[[], object]) -> None:
        while not stop.is_set():
            act()

    with ThreadPoolExecutor(len(acts)) as threads:
        running = [threads.submit(repeat, act) for act in acts]
        try:
            yield
        finally:
            stop.set()
        for each in running:
            each.result()


def test_a_log_that_grows_meanwhile_is_right(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is appended to, signed and erased from, and becomes two full tiles, while it is checked."""
    monkeypatch.setattr(module, "CHUNK", WIDTH)
    with closing(ledger.log()) as growing, pool(ledger.app_url, size=4) as connections:
        here = Attacked(ledger, None, Checkpoints(connections))  # type: ignore[arg-type]

        def tell() -> None:
            case_id, one, other = uuid4(), uuid4(), uuid4()
            save(growing, case_id, events(one, other))
            save(growing, case_id, [closure(), erased(one)], after=6)
            erasing.carry_out(one, growing, keys_of(growing))

        with meanwhile(tell, lambda: here.sign(5)):
            reports = [here.fsck()]
            while reports[-1].events < 2 * WIDTH + 9:
                reports.append(here.fsck())
        keys_of(growing).close()
        growing.recorder.pool.close()
    assert [report.findings for report in reports if report.findings] == []
    assert len({report.events for report in reports}) > 5
    assert reports[-1].checkpoints > 5


# --- from a checkpoint -----------------------------------------------------------------------------------


@pytest.fixture
def yesterday(log: Attacked) -> int:
    """The size of a checkpoint behind the first full tile, where a daily run begins."""
    (size,) = log.row("select min(size) from ledger.checkpoints where size > 300")
    assert 2 * WIDTH > size > WIDTH
    return int(size)


def test_a_daily_run_reads_no_event_of_the_tiles_before_its_checkpoint(log: Attacked, yesterday: int) -> None:
    report = log.fsck(log.kept, after=yesterday)
    assert (report.findings, report.events) == ([], log.size - WIDTH)


def test_a_daily_run_names_an_event_that_was_changed_after_its_checkpoint(
    log: Attacked, yesterday: int
) -> None:
    log.do("update ledger.events set chain = sha256(chain) where position = %s", yesterday + 1)
    log.on.commit()
    first = log.fsck(after=yesterday).first
    assert first and (first.rule, first.position) == ("CHAIN", yesterday + 1)


def test_a_daily_run_leaves_what_lies_before_its_checkpoint_to_a_whole_one(
    log: Attacked, yesterday: int
) -> None:
    log.do("update ledger.events set chain = sha256(chain) where position = 7")
    log.on.commit()
    assert log.fsck(after=yesterday).findings == []
    first = log.fsck().first
    assert first and (first.rule, first.position) == ("CHAIN", 7)


@pytest.mark.parametrize(
    ("edit", "rule"),
    [
        ("update ledger.tiles set root = sha256(root) where index = 0", "ROOT"),
        ("delete from ledger.tiles where index = 0", "ROOT"),
        ("delete from ledger.events where position = 7", "HEAD"),
        ("update ledger.checkpoints set root = sha256(root) where number = 1", "CHECKPOINT"),
    ],
)
def test_a_daily_run_holds_what_lies_before_its_checkpoint_to_its_tiles_and_its_number(
    log: Attacked, yesterday: int, edit: str, rule: str
) -> None:
    log.do(edit)
    log.on.commit()
    assert rule in {finding.rule for finding in log.fsck(after=yesterday).findings}


def test_a_daily_run_from_a_size_that_was_never_signed_is_refused(log: Attacked, yesterday: int) -> None:
    with pytest.raises(ValueError, match=f"no checkpoint of {yesterday + 1} events"):
        log.fsck(after=yesterday + 1)
