"""How long a query takes in an Ambito of a thousand open cases: ``python -m bench.queries``.

One request after the other, over a kept connection, to ``ambito serve`` with everything switched on. Each
query is asked by who has the most to read: an operator with forty cases of her own, and the Ambito.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from datetime import date
from itertools import islice
from typing import Any
from uuid import UUID, uuid4, uuid5

import httpx

from api.paths import BASE
from bench import offices, servers
from bench.arena import Arena, arena
from bench.dossier import slow
from bench.imports import load
from bench.offices import DAY
from deploy.tokens import issuer
from domain.case.events import AppointmentHeld, MemberReferredToEmploymentService, PadSigned
from domain.fact import Fact, Recorder
from domain.ledger.ids import event_id

CASES, OWN, FACTS = 1_000, 40, 13
TIMES = 200

WORKER, AMBITO = "servizio-sociale", "ats"

ASKED: tuple[tuple[str, str], ...] = (
    ("/cases", ""),
    ("/cases", "phase=MET&agency=cpi"),
    ("/cases", "term_id=D14&due_before=2025-05-01"),
    ("/deadlines", ""),
    ("/worklists", ""),
    ("/worklists/referrals_to_answer", ""),
    ("/inbox", ""),
    ("/decisions", ""),
    ("/cases/{case_id}", ""),
    ("/cases/{case_id}/timeline", ""),
)


def main() -> None:
    with arena() as place:
        worker, cases = _open(place)
        print(f"{CASES} open cases of {FACTS} facts, {OWN} the operator's; ms, median (95th of a hundred)")
        with servers.ours(place) as server, httpx.Client() as client:
            for agency in (WORKER, AMBITO):
                token = issuer(servers.settings(place)).issue(
                    agency=agency, role="SOCIAL_OPERATOR", subject=worker, lifetime=3600
                )
                client.headers["Authorization"] = f"Bearer {token}"
                for path, filters in ASKED:
                    url = f"http://127.0.0.1:{server.port}{BASE}{path.format(case_id=cases[0])}?{filters}"
                    asked = path + "?" * bool(filters) + filters
                    print(f"{agency:17} {asked:43} {_asked(client, url)}")


def _asked(client: httpx.Client, url: str) -> str:
    took = []
    for _ in range(TIMES):
        began = time.perf_counter()
        answer = client.get(url)
        took.append(1e3 * (time.perf_counter() - began))
    if answer.status_code != 200:
        return f"{answer.status_code}"
    rows = answer.json().get("items", ())
    return f"{statistics.median(took):6.1f} ({slow(took):.1f}), {len(rows)} rows, {len(answer.content)} bytes"


def _open(place: Arena) -> tuple[UUID, list[UUID]]:
    """The cases, in the log and in the views; who has the first of them, and their ids."""
    worker, cases = uuid4(), [uuid4() for _ in range(CASES)]
    log = place.log(2)
    load(log, [list(_facts(each, worker if n < OWN else uuid4())) for n, each in enumerate(cases)])
    offices.level(place, log)
    with place.connect() as owner:
        owner.execute("analyze")  # as PostgreSQL does by itself after a minute
    log.close()
    log.recorder.pool.close()
    return worker, cases


def _facts(case_id: UUID, worker: UUID) -> Iterator[Fact[Any]]:
    """A household that signed the PAD, was met, and has a member at the employment centre."""
    told = list(islice(offices.facts(case_id, worker), FACTS - 3))
    yield from told
    member, inps = uuid5(case_id, "member/0"), Recorder("inps", "machine")
    for version, (by, event) in enumerate(
        (
            (inps, PadSigned(signed_on=date(2025, 3, 5), signatory_member_id=member, siisl_ref="SIISL/1")),
            (
                told[0].recorder,
                AppointmentHeld(
                    appointment_id=uuid4(),
                    held_on=date(2025, 4, 7),
                    kind="SPONTANEO",
                    seat="SERVIZIO_SOCIALE",
                    attendees=(member,),
                ),
            ),
            (
                told[0].recorder,
                MemberReferredToEmploymentService(
                    referral_id=uuid4(),
                    member_id=member,
                    destination="CPI",
                    destination_id="cpi",
                    referred_on=date(2025, 4, 15),
                ),
            ),
        ),
        start=FACTS - 2,
    ):
        command = uuid4()
        yield Fact(event_id(), case_id, version, event, by, DAY, "TAKING_CHARGE", command, command)


if __name__ == "__main__":
    main()
