"""What is parked is seen, retried in its order, or given up on record: by the command, on both sides."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from typer.testing import CliRunner, Result

from consumers.subscriber import Subscriber
from deploy import feeds, parked
from deploy.client_file import Proofs
from deploy.command import app
from domain.ledger.disclosed import Disclosed
from domain.ledger.discloser import Discloser
from domain.ledger.recipients import Enrolled
from projections import offices
from projections.cases import Cases
from projections.runner import Runner
from projections.shown import Shown
from projections.view import of_entry
from tests.databases import Ledger
from tests.integration.test_cases_view import assign, catch_up, refer
from tests.integration.test_rebuild import log
from tests.integration.test_relay_and_subscriber import Ambito, Broken, Feed, ambito, feed, row, until

__all__ = ["ambito", "feed", "log"]

pytestmark = pytest.mark.integration


def run(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == code, (result.output, result.exception)
    return result


def told(*arguments: str, code: int = 0) -> Any:
    return json.loads(run(*arguments, "--json", code=code).stdout)


# --- a recipient's database ------------------------------------------------------------------------------


class Office:
    """The recipient `cpi`, of which two cases wait: the view could not take them when they came."""

    def __init__(self, ambito: Ambito, feed: Feed, url: str) -> None:
        self.ambito, self.url, self.view, self.said = ambito, url, Broken(), list[Any]()
        self.subscriber = Subscriber(feed.source(), url, [self.view], "cpi", self.said.append)
        (self.one, self.two, self.three) = (case for case, _ in ambito.show_facts(3))
        self.view.cannot = {self.one, self.two}
        self.read()
        self.more = [event for _, event in ambito.refer(2)]
        ambito.show(*(row(self.one, event, data={"benefit": "SECRET"}) for event in self.more))
        self.read()
        self.view.cannot = set()

    def read(self) -> None:
        while self.subscriber.step(0):
            pass

    def ask(self, question: str) -> list[Any]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(question.encode()).fetchall()

    def hears(self, parked: list[int]) -> None:
        """What the Ambito is told that the views do not hold."""
        until(
            lambda: self.subscriber.step(0.1),
            lambda: bool(self.said) and self.said[-1]["parked"] == parked,
        )

    def shown(self) -> list[int]:
        return [seq for (seq,) in self.ask("select seq from views.shown_v1 order by seq")]


@pytest.fixture
def office(
    ambito: Ambito, feed: Feed, recipient_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Office]:
    monkeypatch.setenv("AMBITO_RECIPIENT_DATABASE_URL", recipient_url)
    monkeypatch.setenv("AMBITO_API_URL", feed.url)
    monkeypatch.setattr(feeds, "proofs_of", lambda _, recipient: Proofs(lambda: recipient, lambda _: {}))
    for module in (parked, offices):
        monkeypatch.setattr(module, "views_of", lambda *_: [Shown()])
    made = Office(ambito, feed, recipient_url)
    yield made
    made.subscriber.close()


def test_a_recipient_lists_what_waits_by_case_and_shows_no_value_unless_asked(office: Office) -> None:
    listed = told("parked", "list", "--recipient", "cpi")["parked"]
    assert [(p["of"], p["case_id"], p["from"], p["waiting"], p["error"]) for p in listed] == [
        ("cpi", str(office.one), 1, 3, "ValueError"),
        ("cpi", str(office.two), 2, 1, "ValueError"),
    ]
    shown = run("parked", "show", str(office.one), "--recipient", "cpi").output
    assert "Behind" in shown and "SECRET" not in shown and "secret" not in shown
    with_values = told("parked", "show", str(office.one), "--values", "--recipient", "cpi")["parked"]
    assert [each["now"]["data"]["benefit"] for each in with_values] == ["ADI", "SECRET", "SECRET"]
    assert office.shown() == [3]


def test_a_retry_applies_a_case_in_its_order_and_the_ambito_is_told(office: Office) -> None:
    until(
        lambda: office.subscriber.step(0.1), lambda: office.said and office.said[-1]["parked"] == [1, 2, 4, 5]
    )
    done = told("parked", "retry", str(office.one), "--recipient", "cpi")["retried"]
    assert done == [{"of": "cpi", "case_id": str(office.one), "applied": 3, "waiting": 0}]
    assert office.shown() == [1, 3, 4, 5]
    office.hears([2])
    office.ambito.show(row(office.one, office.ambito.refer()[0][1]))
    office.read()
    assert office.shown() == [1, 3, 4, 5, 6]
    told("parked", "retry", "--all", "--recipient", "cpi")
    assert office.shown() == [1, 2, 3, 4, 5, 6]
    assert run("parked", "list", "--recipient", "cpi").output == "nothing is parked\n"


def test_a_retry_that_fails_stops_there_says_so_and_leaves_the_rest_behind(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply = Shown.apply

    def refuses(self: Shown, connection: Any, batch: Any) -> None:
        if any(message.seq == 4 for message in batch):
            raise KeyError("secret")
        apply(self, connection, batch)

    with monkeypatch.context() as broken:
        broken.setattr(Shown, "apply", refuses)
        done = told("parked", "retry", str(office.one), "--recipient", "cpi", code=1)["retried"]
    assert done == [{"of": "cpi", "case_id": str(office.one), "applied": 1, "waiting": 2}]
    assert office.ask("select seq, error from inbox.parked order by seq") == [
        (2, "ValueError"),
        (4, "KeyError"),
        (5, "Behind"),
    ]
    assert office.shown() == [1, 3]


def test_what_is_dropped_is_on_record_and_the_ambito_goes_on_being_told(office: Office) -> None:
    run("parked", "drop", str(office.one), "--recipient", "cpi", code=2)
    run("parked", "drop", str(office.one), "--because", "  ", "--recipient", "cpi", code=1)
    assert office.ask("select 1 from inbox.dropped") == []
    assert (
        told("parked", "drop", str(office.one), "--because", "a test", "--recipient", "cpi")["dropped"] == 3
    )
    assert office.ask("select seq, error, because, anew_at from inbox.dropped order by seq") == [
        (1, "ValueError", "a test", None),
        (4, "Behind", "a test", None),
        (5, "Behind", "a test", None),
    ]
    office.ambito.show(row(office.one, office.ambito.refer()[0][1]))
    office.read()
    assert office.shown() == [3, 6], "what follows is applied again"
    office.hears([1, 2, 4, 5])
    office.subscriber.refold()
    assert office.shown() == [1, 2, 3, 4, 5, 6]
    office.hears([])
    assert office.ask("select count(*) from inbox.dropped where anew_at is not null") == [(3,)]


def test_a_retry_and_a_subscriber_that_runs_apply_nothing_twice(office: Office) -> None:
    more = office.ambito.refer(2)
    office.ambito.show(*(row(office.one, event) for _, event in more))
    run("parked", "retry", str(office.one), "--recipient", "cpi")
    office.read()
    assert office.shown() == [1, 3, 4, 5, 6, 7]
    assert office.ask("select seq from inbox.parked") == [(2,)]


@pytest.mark.parametrize("words", [["show"], ["retry"], ["drop", "--because", "a test"]])
def test_a_case_of_which_nothing_waits_is_said_to_be_none(office: Office, words: list[str]) -> None:
    result = run("parked", words[0], str(uuid4()), *words[1:], "--recipient", "cpi", code=1)
    assert "nothing of case" in result.output


def test_a_feed_that_does_not_answer_leaves_everything_as_it_is(office: Office, feed: Feed) -> None:
    feed.broken = True
    assert "the feed: HTTP 503" in run("parked", "retry", "--all", "--recipient", "cpi", code=1).output
    assert office.ask("select count(*) from inbox.parked") == [(4,)] and office.shown() == [3]


def test_a_log_that_was_restored_is_left_to_the_subscriber(office: Office) -> None:
    office.ambito.restore(keep=5)
    assert "restored" in run("parked", "retry", "--all", "--recipient", "cpi", code=1).output
    assert office.ask("select count(*) from inbox.parked") == [(4,)]
    office.read()
    assert office.shown() == [1, 2, 3, 4, 5]


# --- the Ambito's own ------------------------------------------------------------------------------------


@pytest.fixture
def here(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """The commands mean this database and these keys."""
    monkeypatch.setenv("AMBITO_DATABASE_URL", ledger.app_url)
    monkeypatch.setenv("AMBITO_VIEWS_DATABASE_URL", ledger.views_url)
    monkeypatch.setenv("AMBITO_KEY_FILE", str(ledger.keys_file))
    monkeypatch.setenv("AMBITO_KEY_ENCRYPTION_KEY", str(ledger.keys_wrapping))
    monkeypatch.setenv("AMBITO_RECIPIENTS", "cpi,ust")
    return ledger


def test_the_ambitos_views_and_the_disclosure_are_listed_retried_and_dropped_apart(
    here: Ledger, log: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (bad, _), (good, _) = refer(log), refer(log)

    def fold(case_id: UUID) -> Any:
        if case_id == bad:
            raise ValueError("secret")
        return log.case(case_id)

    def read(runner: Runner[Any]) -> None:
        with closing(runner):
            catch_up(runner)

    rows = Discloser._rows

    def failing(self: Discloser, entry: Any, after: int) -> Any:
        if entry.fact.case_id == bad:
            raise KeyError("secret")
        return rows(self, entry, after)

    read(Runner(here.views_url, Cases(fold), log.after, of_entry))
    assign(log, bad, uuid4())
    read(Runner(here.views_url, Cases(fold), log.after, of_entry))
    with monkeypatch.context() as broken:
        broken.setattr(Discloser, "_rows", failing)
        discloser = Discloser(log, Disclosed(log.recorder.pool, log.keys), Enrolled.of(("cpi", "ust")))
        while discloser.step():
            pass
    listed = told("parked", "list")["parked"]
    assert [(p["of"], p["case_id"], p["from"], p["waiting"], p["error"]) for p in listed] == [
        ("disclosure", str(bad), 1, 3, "KeyError"),
        ("cases", str(bad), 1, 3, "ValueError"),
    ]
    assert "secret" not in run("parked", "show", str(bad)).output
    values = told("parked", "show", str(bad), "--values", "--view", "cases")["parked"]
    assert values[0]["now"]["type"] == "adi.case.case_referred.v1"
    assert values[0]["now"]["data"]["benefit"] == "ADI"

    drop = ["parked", "drop", str(bad), "--because", "a test"]
    assert "name one with --view" in run(*drop, code=1).output
    assert "a recipient would never be told" in run(*drop, "--view", "disclosure", code=1).output
    assert told(*drop, "--view", "cases") == {"of": "cases", "case_id": str(bad), "dropped": 3}
    with psycopg.connect(here.owner_url) as owner:
        record = owner.execute(
            "select view, position, because from views.dropped order by position"
        ).fetchall()
    assert record == [("cases", 1, "a test"), ("cases", 2, "a test"), ("cases", 5, "a test")]

    assert told("parked", "retry", str(bad))["retried"] == [
        {"of": "disclosure", "case_id": str(bad), "applied": 3, "waiting": 0}
    ]
    assert told("parked", "list") == {"parked": [], "left_out": []}
    assign(log, bad, uuid4())
    read(Runner(here.views_url, Cases(log.case), log.after, of_entry))
    with psycopg.connect(here.owner_url) as owner:
        assert dict(owner.execute("select case_id, version from views.cases_v3").fetchall()) == {
            bad: 4,
            good: 2,
        }


def test_rebuild_tells_what_differs_and_exits_by_what_became_of_it(here: Ledger, log: Any) -> None:
    (case, _), _ = refer(log), refer(log)
    assert "was never kept here" in run("rebuild", "cases", code=1).output
    with closing(Runner(here.views_url, Cases(log.case), log.after, of_entry)) as runner:
        catch_up(runner)
    with psycopg.connect(here.owner_url) as owner:
        owner.execute("update views.cases_v3 set phase = 'SECRET' where case_id = %s", [case])
    output = run("rebuild", "cases").output
    assert f"case {case}: 1 rows gone, 1 new" in output and "SECRET" not in output
    assert "cases rebuilt up to 4" in output
    done = told("rebuild", "cases")
    assert done == {"view": "cases", "version": 3, "position": 4, "parked": 0, "differences": []}
    assert "there is cases, deadlines" in run("rebuild", "nothing", code=1).output


def test_a_recipient_rebuilds_by_the_same_command(office: Office) -> None:
    done = told("rebuild", "shown", "--recipient", "cpi")
    assert (done["position"], len(done["differences"])) == (5, 2)
    assert office.shown() == [1, 2, 3, 4, 5]
