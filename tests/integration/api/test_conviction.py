"""A conviction is recorded by INPS and read by INPS: its servizio sociale sees a measure (GDPR art. 10)."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from pypdf import PdfReader

from api.dossiers.forms import BUNDLE
from domain.bundle.verify import verify
from domain.ledger.checkpointer import Checkpointer
from domain.ledger.checkpoints import Checkpoints
from domain.ledger.note import verifier_key
from projections.waiting import TITLES
from tests.databases import Ledger
from tests.integration.api.life import Life, assignment, new_life, sign, told
from tests.integration.api.office import BASE, RECIPIENTS, SIGNS_THE_LOG, Office, Register, register_on

pytestmark = pytest.mark.integration

TELLING = (
    "FINAL_CONVICTION",
    "condanna",
    "sentenza",
    "tribunale",
    '"D7"',
    "art. 8 c. 3",
    "2025-05-02",
    "2 maggio 2025",
    "2035-05-02",
    "maggio 2035",
)
"""What it is, its clause, its day, the ten years, and the words that INPS wrote of it."""


@pytest.fixture
def register(ledger: Ledger) -> Iterator[Register]:
    """One in which INPS is a recipient too: what it was sent it may read, and nobody in its place."""
    with register_on(ledger, recipients=(*RECIPIENTS, "inps")) as register:
        yield register


@pytest.fixture
def life(register: Register) -> Life:
    """A decadenza for a conviction, notified, and the fact and the measure corrected."""
    sign(register)
    life = new_life(register).begin().to_patto().refer_to_cpi()
    life.tell("infractions", convicted(life), life.inps)
    life.tell("decadenze", ordered(life, conviction(life)), life.inps)
    life.tell(
        "measure-notifications", {"measure_id": str(life.measure), "notified_on": "2025-06-20"}, life.inps
    )
    corrects(life, conviction(life), {"evidence_ref": "sentenza inventata 13"})
    corrects(life, life.said["decadenze"]["event_ids"][0], {"motivation": "per la condanna"})
    register.disclose()
    register.project()
    return life


def convicted(life: Life) -> dict[str, Any]:
    return {
        "code": "FINAL_CONVICTION",
        "member_id": str(life.member),
        "occurred_on": "2025-05-02",
        "source": "tribunale",
        "evidence_ref": "sentenza inventata 12",
    }


def conviction(life: Life) -> str:
    return str(life.said["infractions"]["event_ids"][0])


def ordered(life: Life, *refs: str) -> dict[str, Any]:
    return {
        "measure_id": str(life.measure),
        "infraction_refs": list(refs),
        "legal_ref": "DL 48/2023 art. 8 c. 3",
        "authority": "INPS",
        "act_ref": "INPS-INVENTATO-2",
        "ordered_on": "2025-06-16",
        "motivation": "condanna definitiva",
        "affected_scope": "HOUSEHOLD",
        "remedies": [{"body": "INPS, riesame", "term": "30 giorni"}],
        "effective_from": "2025-07-01",
        "reapply_not_before": "2035-05-02",
    }


def corrects(life: Life, ref: str, new_value: dict[str, Any]) -> None:
    states = {"corrects_event_id": ref, "reason": "la sentenza è un’altra", "new_value": new_value}
    told(life.act("corrections", states | {"second_person_id": str(uuid4())}, life.inps))


# --- whoever reads, wherever --------------------------------------------------------------------------------


def paths(life: Life) -> Iterator[tuple[str, dict[str, Any]]]:
    case, known = f"/cases/{life.case_id}", life.said["measure-notifications"]["recorded_at"]
    for path in (case, f"{case}/events", f"{case}/timeline"):
        yield path, {}
        yield path, {"as_known_at": known}
        yield path, {"as_corrected_on": "2025-12-31"}
    for recipient in ("inps", "cpi", "comune-058091"):
        yield case, {"recipient": recipient}
    yield f"/measures/{life.measure}/reconstruction", {}
    yield f"/measures/{life.measure}/reconstruction", {"as_known_at": known}
    for path in ("/cases", "/deadlines", "/decisions", "/inbox", "/indicators", "/worklists"):
        yield path, {}
    for path in ("/deadlines", "/decisions"):
        yield path, {"case_id": str(life.case_id)}
    yield "/decisions", {"format": "csv"}
    for name in TITLES:
        yield f"/worklists/{name}", {}
    for part in ("accesses", "readers"):
        yield f"{case}/{part}", {}


def read(life: Life, by: Office) -> Iterator[tuple[str, str]]:
    """All that somebody is answered who asks everything, a dossier apart."""
    for path, asked in paths(life):
        answer = by.get(path, **asked)
        assert answer.status_code == 200, (path, answer.text)
        yield f"{path} {asked}", answer.text


def dossiers(register: Register, life: Life) -> Iterator[tuple[str, str]]:
    """The dossier of the measure in every form, for everybody for whom it can be asked."""
    for whom in ("judge", f"member:{life.member}", f"member:{life.child}", "signatory:inps", "signatory:cpi"):
        asked = life.worker.post(f"/measures/{life.measure}/dossiers", {"for": whom})
        assert asked.status_code == 202, asked.text
        path = asked.headers["location"].removeprefix(BASE).removesuffix("/status")
        for form in ("application/json", "text/html"):
            yield f"{whom} {form}", life.worker.get(path, {"Accept": form}).text
        pdf = life.worker.get(path, {"Accept": "application/pdf"}).content
        yield f"{whom} pdf", " ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)
        yield f"{whom} bundle", bundle(register, life, path).decode()


def bundle(register: Register, life: Life, path: str) -> bytes:
    evidence = Checkpoints(register.services.all_rows)
    while Checkpointer(evidence, "058", SIGNS_THE_LOG, events=1, seconds=60).step():
        pass
    return life.worker.get(path, {"Accept": BUNDLE}).content


LAW = '"rule_sets"'


def telling(answers: Iterator[tuple[str, str]]) -> dict[str, list[str]]:
    """What is told, by where; the texts of the law in a bundle name every infraction there is."""
    found = {}
    for where, text in answers:
        said = text.partition(LAW)[0] if where.endswith("bundle") else text
        found[where] = [word for word in TELLING if word in said]
    return {where: words for where, words in found.items() if words}


def test_the_servizio_sociale_reads_of_a_conviction_nowhere(life: Life) -> None:
    assert telling(read(life, life.worker)) == {}


def test_no_office_but_inps_reads_of_it(register: Register, life: Life) -> None:
    for agency, role in (("ats", "SOCIAL_OPERATOR"), ("cpi", "EMPLOYMENT_OPERATOR")):
        by = register.office(agency, role)
        case = f"/cases/{life.case_id}"
        answers = [
            (path, by.get(path)) for path in (case, f"{case}/events", f"{case}/timeline", "/decisions")
        ]
        assert telling((path, answer.text) for path, answer in answers) == {}


def test_no_dossier_tells_of_it_to_anybody_in_any_form(register: Register, life: Life) -> None:
    assert telling(dossiers(register, life)) == {}


def test_the_worker_is_told_that_something_was_ascertained_and_the_measure(life: Life) -> None:
    """Not whose it is, nor of which day: the mask would tell what it masks."""
    case = life.worker.get(f"/cases/{life.case_id}").json()
    (infraction,), (measure,) = case["infractions"], case["measures"]
    assert infraction["code"] == infraction["source"] == "[riservato]"
    assert infraction["member_id"] is infraction["occurred_on"] is None
    assert (measure["ordered_on"], measure["effective_from"]) == ("2025-06-16", "2025-07-01")
    assert measure["remedies"] == [{"body": "INPS, riesame", "term": "30 giorni"}]
    assert measure["legal_ref"] == measure["motivation"] == "[riservato]" and measure["inputs"] is None


def test_whose_it_is_is_not_told_by_what_the_measure_rests_on(life: Life) -> None:
    (evaluation,) = life.said["obligation-evaluations"]["event_ids"]
    case, rebuilt = f"/cases/{life.case_id}", f"/measures/{life.measure}/reconstruction"
    (measure,) = life.worker.get(case).json()["measures"]
    assert evaluation not in str(measure)
    told_of = life.worker.get(rebuilt).json()
    named = [fact["data"].get("member_id") for fact in told_of["facts"]]
    assert str(life.member) not in named and str(life.child) not in named
    assert {each["infraction"] for each in told_of["missing"]} == {None}
    assert evaluation not in life.worker.get("/decisions", case_id=str(life.case_id)).text
    for whom in ("judge", f"member:{life.member}"):
        asked = life.worker.post(f"/measures/{life.measure}/dossiers", {"for": whom})
        path = asked.headers["location"].removeprefix(BASE).removesuffix("/status")
        assert evaluation not in life.worker.get(path).text


def test_a_measure_that_cites_no_fact_is_known_by_its_clause(register: Register) -> None:
    sign(register)
    life = new_life(register).begin().to_patto()
    for number, clause in enumerate(("DL 48/2023, art. 8, comma 3", "art. 8 c. 3 DL 48/2023")):
        states = ordered(life) | {
            "measure_id": str(uuid4()),
            "legal_ref": clause,
            "act_ref": f"INPS-{number}",
        }
        told(life.act("decadenze", states, life.inps))
    other = ordered(life) | {"legal_ref": "DL 48/2023 art. 8 c. 6", "motivation": "in chiaro"}
    told(life.act("decadenze", other, life.inps))
    measures = life.worker.get(f"/cases/{life.case_id}").json()["measures"]
    assert [each["motivation"] for each in measures] == ["[riservato]", "[riservato]", "in chiaro"]


def test_a_conviction_that_was_voided_is_not_told_either(register: Register, life: Life) -> None:
    states = {"corrects_event_id": conviction(life), "reason": "assolto, altra sentenza", "new_value": {}}
    more = {"voids": True, "second_person_id": str(uuid4())}
    told(life.act("corrections", states | more, life.inps))
    assert telling(read(life, life.worker)) == {} == telling(dossiers(register, life))


# --- what a dossier says instead ----------------------------------------------------------------------------


def test_a_point_that_would_follow_from_it_says_neither_that_nor_that_something_lacks(life: Life) -> None:
    asked = life.worker.post(f"/measures/{life.measure}/dossiers", {"for": "judge"})
    path = asked.headers["location"].removeprefix(BASE).removesuffix("/status")
    points = {each["number"]: each for each in life.worker.get(path).json()["points"]}
    assert {n for n, each in points.items() if each["state"] == "withheld"} >= {6, 12, 16}
    assert points[1]["state"] == points[11]["state"] == "stated"
    said = str(points[9]["missing"] + points[12]["missing"] + points[15]["missing"])
    assert "Nessuna violazione" not in said and "comparabile" not in said


def test_the_bundle_says_that_the_decision_cannot_be_made_again_from_it(
    register: Register, life: Life
) -> None:
    asked = life.worker.post(f"/measures/{life.measure}/dossiers", {"for": "judge"})
    path = asked.headers["location"].removeprefix(BASE).removesuffix("/status")
    report = verify(bundle(register, life, path), verifier_key("ambito/058", SIGNS_THE_LOG))
    assert report.findings == []
    assert [each.differences for each in report.decisions if "decadenza" in each.type] == [None]
    assert any("l'esito di decadenza_ordered" in each for each in report.unprovable)


# --- acting on it -------------------------------------------------------------------------------------------


def test_who_would_follow_it_up_is_refused_and_told_nothing(life: Life) -> None:
    ref, member = conviction(life), str(life.member)
    asked = {"infraction_ref": ref, "member_id": member, "asked_on": "2025-06-17"}
    asked |= {"channel": "EMAIL", "respond_by": "2025-06-27"}
    report = {"report_id": str(uuid4()), "infraction_refs": [ref], "facts": "-", "article_and_letter": "-"}
    report |= {"reason_status": "NONE_GIVEN", "reported_on": "2025-06-18", "siisl_receipt": "1"}
    proposal = {"proposal_id": str(uuid4()), "infraction_refs": [ref], "proposed_measure": "DECADENZA"}
    for path, states in (
        ("reason-requests", asked),
        ("reason-requests", asked | {"member_id": str(life.child)}),
        ("inps-reports", report),
        ("sanction-proposals", proposal),
        ("letters/request_reason", asked),
    ):
        refused = life.act(path, states)
        assert (refused.status_code, refused.json().get("rule")) == (403, "ROLE_NOT_ALLOWED"), refused.text
        assert telling(iter([(path, refused.text)])) == {}


def test_nobody_learns_of_a_conviction_by_trying_to_record_it(register: Register, life: Life) -> None:
    cpi = register.office("cpi", "EMPLOYMENT_OPERATOR")
    told(life.act("assignments", assignment(cpi, "cpi", "EMPLOYMENT_OPERATOR"), cpi))
    said = convicted(life)
    for office in (life.worker, cpi):
        for states in (said, said | {"source": "altro"}, said | {"occurred_on": "2025-05-03"}):
            answer = life.act("infractions", states, office)
            assert (answer.status_code, answer.json()["rule"]) == (403, "ROLE_NOT_ALLOWED")


# --- the control --------------------------------------------------------------------------------------------


def test_a_register_that_forgets_to_reserve_it_is_caught_on_every_path(
    register: Register, life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("api.in_full", "domain.dossier.dossier"):
        monkeypatch.setattr(import_module(place), "reserved", lambda _: {})
    case = f"/cases/{life.case_id}"
    caught = telling(read(life, life.worker)) | telling(dossiers(register, life))
    for path in (case, f"{case}/events", f"{case}/timeline", f"/measures/{life.measure}/reconstruction"):
        assert any(where.startswith(f"{path} ") for where in caught), path
    assert f"{case} {{'recipient': 'inps'}}" in caught
    for whom in ("judge", f"member:{life.member}", f"member:{life.child}", "signatory:inps"):
        for form in ("application/json", "text/html", "pdf", "bundle"):
            assert f"{whom} {form}" in caught
