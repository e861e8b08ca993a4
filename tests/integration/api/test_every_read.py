"""Every route that shows a case leaves a line in its access log: a route that is in no list here fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi.routing import APIRoute

from api.policy import PUBLIC
from api.who import PURPOSES_OF
from domain.access.events import CaseFileAccessed
from domain.catalogue import ACTS
from domain.ledger.access_logs import access_to
from tests.integration.api.equipe import new_equipe
from tests.integration.api.life import CODICE_FISCALE, new_life, sign
from tests.integration.api.office import BASE, Office, Register
from tests.integration.api.test_desks import project
from tests.integration.api.test_documents import convocation

pytestmark = pytest.mark.integration


class Read:
    """A life with all that a route can show of it, and the offices that may look."""

    def __init__(self, register: Register) -> None:
        sign(register)
        self.register = register
        self.life = new_life(register).begin().to_patto().refer_to_cpi().to_proposal().to_measure()
        self.case = f"/cases/{self.life.case_id}"
        self.equipe = new_equipe(register)
        self.equipe.convoke("servizio-sociale")
        self.cases = (self.life.case_id, self.equipe.life.case_id)
        self.worker = self.life.worker
        self.cpi = register.office("cpi", "EMPLOYMENT_OPERATOR")
        self.ats = register.office("ats", "SOCIAL_OPERATOR")
        project(register)

    def dossier(self) -> httpx.Response:
        asked = self.worker.post(f"/measures/{self.life.measure}/dossiers", {"for": "judge"})
        return self.worker.get(asked.headers["location"].removeprefix(BASE).removesuffix("/status"))

    @property
    def extract(self) -> str:
        return f"/cases/{self.equipe.life.case_id}/equipe-convocations/{self.equipe.session}/extract"

    @property
    def version(self) -> str:
        return f"{self.case}/pattos/{self.life.patto}/versions/1"


READS: dict[str, Callable[[Read], httpx.Response]] = {
    "show_case": lambda it: it.worker.get(it.case),
    "list_events": lambda it: it.worker.get(f"{it.case}/events"),
    "search_cases": lambda it: it.worker.post("/case-searches", {"tax_code": CODICE_FISCALE}),
    "show_timeline": lambda it: it.worker.get(f"{it.case}/timeline"),
    "list_accesses": lambda it: it.worker.get(f"{it.case}/accesses"),
    "list_access_requests": lambda it: it.life.for_access.get(f"{it.case}/access-requests"),
    "list_readers": lambda it: it.worker.get(f"{it.case}/readers"),
    "list_deadlines": lambda it: it.worker.get("/deadlines", case_id=str(it.life.case_id)),
    "reconstruct_measure": lambda it: it.worker.get(f"/measures/{it.life.measure}/reconstruction"),
    "show_dossier": lambda it: it.dossier(),
    "show_extract": lambda it: it.worker.get(it.extract),
    "check_patto": lambda it: it.worker.get(f"{it.version}/checks"),
    "print_patto": lambda it: it.worker.get(f"{it.version}/document"),
    "print_letter": lambda it: it.worker.post(
        f"{it.case}/letters/convoke_household", convocation(it.life, it.life.member)
    ),
}
"""A read by each route that shows a case, or a part of one."""

LISTS = {
    "list_cases": "/cases",
    "list_deadlines": "/deadlines",
    "show_inbox": "/inbox",
    "show_worklist": "/worklists/reports_without_measure",
    "list_decisions": "/decisions",
}
"""Routes that show rows of many cases, ids, codes and days: each page leaves one line, with its cases."""

NO_FILE = {
    "list_worklists": "counts",
    "request_dossier": "the address of a dossier",
    "show_dossier_status": "the address of a dossier",
    "list_indicators": "figures of the whole Ambito",
    "list_recipients": "how far each recipient is",
    "list_corrections": "which corrections a recipient has applied",
    "show_health": "whether the register is well",
    "read_feed": "what was disclosed, on record with all that was shown and when",
    "acknowledge": "says what was received",
    "list_checkpoints": "signed states of the log",
    "show_latest_checkpoint": "a signed state of the log",
    "prove_inclusion": "hashes",
    "prove_consistency": "hashes",
    "list_log_keys": "public keys",
    "show_asyncapi": "the topics and their schemas",
}
"""Routes that show no file, and why."""


def noted(it: Read) -> list[CaseFileAccessed]:
    events = [fact.event for each in it.cases for fact in it.register.services.log.facts(access_to(each))]
    return [event for event in events if isinstance(event, CaseFileAccessed)]


def shown_in(answer: Any) -> Iterator[UUID]:
    """The ids of the facts that an answer shows."""
    if isinstance(answer, dict):
        if "event_id" in answer:
            yield UUID(answer["event_id"])
        answer = list(answer.values())
    if isinstance(answer, list):
        for each in answer:
            yield from shown_in(each)


def check(it: Read, read: Callable[[Read], httpx.Response], by: Office, agency: str) -> None:
    before = noted(it)
    answer = read(it)
    assert answer.status_code == 200, answer.text
    lines = [each for each in noted(it) if each not in before]
    assert lines and len({line.subject_case_id for line in lines}) == len(lines)
    for line in lines:
        assert (line.accessor, line.agency) == (by.subject, agency)
        assert line.purpose in PURPOSES_OF[agency]
        if answer.headers["content-type"] == "application/json":
            facts = {fact.event_id for fact in it.register.services.log.facts(line.subject_case_id)}
            assert set(shown_in(answer.json())) & facts <= set(line.events_shown)


def test_every_route_is_in_one_list(register: Register) -> None:
    routes = {
        route.operation_id: route.path
        for route in register.client.app.routes  # type: ignore[attr-defined]
        if isinstance(route, APIRoute)
    }
    queries = routes.keys() - ACTS_OF_ALL - PUBLIC
    assert queries == READS.keys() | LISTS.keys() | NO_FILE.keys()
    # The terms of one case are a read of its file, those of many a list.
    assert not READS.keys() & NO_FILE.keys() and READS.keys() & LISTS.keys() == {"list_deadlines"}
    of_one_case = {name for name in queries if "{case_id}" in routes[name] or "{measure_id}" in routes[name]}
    assert of_one_case <= READS.keys() | {"request_dossier", "show_dossier_status"}


ACTS_OF_ALL = ACTS.keys()
"""An act answers with ids, versions and positions alone; and it is itself on record."""


def test_who_reads_leaves_a_line(register: Register) -> None:
    it = Read(register)
    for read in READS.values():
        check(it, read, it.worker, "servizio-sociale")
        register.clock.now += timedelta(seconds=1)


def test_who_reads_a_list_leaves_a_line_with_its_cases(register: Register) -> None:
    it = Read(register)
    lines = "select operation, agency, accessor, purpose, case_ids from ledger.list_reads order by number"
    for operation, path in LISTS.items():
        for by, agency, purpose in (
            (it.worker, "servizio-sociale", "TAKING_CHARGE"),
            (it.cpi, "cpi", "EMPLOYMENT"),
        ):
            before = len(register.query(lines))
            answer = by.get(path)
            if answer.status_code == 403:
                continue
            shown = {UUID(item["case_id"]) for item in answer.json()["items"] if item["case_id"]}
            (line,) = register.query(lines)[before:]
            assert line[:4] == (operation, agency, by.subject, purpose)
            assert set(line[4]) == shown
    assert noted(it) == []


def test_every_office_that_reads_leaves_a_line(register: Register) -> None:
    it = Read(register)
    for agency in ("cpi", "ats"):
        by: Office = getattr(it, agency)
        for path in ("", "/events", "/timeline", "/accesses"):
            check(it, partial(read_at, by, path), by, agency)
            register.clock.now += timedelta(seconds=1)


def read_at(by: Office, path: str, it: Read) -> httpx.Response:
    return by.get(it.case + path)


def test_an_act_shows_nothing_of_the_case(register: Register) -> None:
    it = Read(register)
    kept = {"case_id", "position", "recorded_at", "event_ids", "replayed"}
    told_to_inps = it.life.said.pop("decurtazioni")
    assert set(told_to_inps) == kept
    assert all(set(answer) == kept | {"version"} for answer in it.life.said.values())
    assert noted(it) == []
