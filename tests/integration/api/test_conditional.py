"""Whatever is read has a tag, and who has it already is not sent it again."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from tests.integration.api.office import BASE, Register
from tests.integration.api.test_every_read import NO_FILE, READS, Read

pytestmark = pytest.mark.integration

CHANGES = {
    "list_accesses": "each read is one of its rows",
    "show_health": "tells ages",
    "show_dossier": "is asked for anew each time",
    "search_cases": "is asked by POST",
    "print_letter": "is asked by POST",
    "request_dossier": "is asked by POST",
    "acknowledge": "is asked by POST",
    "show_dossier_status": "leads on",
}

NOT_YET = {"show_latest_checkpoint", "prove_inclusion", "prove_consistency"}
"""Here no state of the log was signed."""

ELSEWHERE: dict[str, Callable[[Read], httpx.Response]] = {
    "show_worklist": lambda it: it.worker.get("/worklists/gepi"),
    "list_corrections": lambda it: it.ats.get("/recipients/cpi/corrections"),
    "list_recipients": lambda it: it.ats.get("/recipients"),
    "list_indicators": lambda it: it.ats.get("/indicators"),
    "read_feed": lambda it: it.register.office("cpi", "machine").get("/feed"),
    "list_checkpoints": lambda it: it.worker.get("/log/checkpoints"),
    "list_log_keys": lambda it: it.worker.get("/log/keys"),
    "show_asyncapi": lambda it: it.worker.get("/asyncapi.json"),
    "show_inbox": lambda it: it.worker.get("/inbox"),
    "list_cases": lambda it: it.worker.get("/cases"),
    "list_worklists": lambda it: it.worker.get("/worklists"),
    "list_decisions": lambda it: it.worker.get("/decisions", format="csv"),
    "the document": lambda it: it.register.client.get(f"{BASE}/openapi.json"),
}


def test_who_has_an_answer_already_is_not_sent_it_again(register: Register) -> None:
    it = Read(register)
    asked = READS | ELSEWHERE
    assert READS.keys() | NO_FILE.keys() <= asked.keys() | CHANGES.keys() | NOT_YET
    for name, read in asked.items():
        if name in CHANGES:
            continue
        first = read(it)
        assert first.status_code == 200 and first.content, name
        register.client.headers["If-None-Match"] = f'"other", {first.headers["etag"]}'
        again = read(it)
        assert again.status_code == 304 and not again.content, name
        assert again.headers["etag"] == first.headers["etag"] and "content-type" not in again.headers
        register.client.headers["If-None-Match"] = 'W/"other"'
        assert read(it).content == first.content, name
        del register.client.headers["If-None-Match"]
