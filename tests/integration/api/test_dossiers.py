"""The dossier of a measure, asked over HTTP: who may have it, in which form, and what is refused."""

import json
from datetime import datetime, timedelta
from io import BytesIO
from uuid import uuid4

import pytest
from pypdf import PdfReader

from api.dossiers.forms import BUNDLE
from domain.bundle.verify import verify
from domain.ledger.checkpointer import Checkpointer
from domain.ledger.checkpoints import Checkpoints
from domain.ledger.measures import Measures
from domain.ledger.note import verifier_key
from tests.integration.api.life import Life, new_life, sign
from tests.integration.api.office import BASE, SIGNS_THE_LOG, Office, Register

pytestmark = pytest.mark.integration


@pytest.fixture
def life(register: Register) -> Life:
    sign(register)
    return new_life(register).begin().to_patto().to_proposal().to_measure()


def ask(life: Life, by: Office | None = None, **body: str):
    return (by or life.worker).post(f"/measures/{life.measure}/dossiers", {"for": "judge"} | body)


def got(life: Life, accept: str = "application/json", **body: str):
    """The dossier, by way of its status."""
    accepted = ask(life, **body)
    assert accepted.status_code == 202, accepted.text
    status = life.worker.client.get(
        accepted.headers["Location"], headers=life.worker._headers(None), follow_redirects=False
    )
    assert status.status_code == 303
    return life.worker.get(status.headers["Location"].removeprefix(BASE), {"Accept": accept})


def point(made: dict, number: int) -> dict:
    return next(point for point in made["points"] if point["number"] == number)


def values(found: dict) -> dict:
    return {line["label"]: line["value"] for line in found["lines"]}


def test_all_seventeen_points_come_with_the_facts_they_come_from(register: Register, life: Life) -> None:
    made = got(life).json()
    assert [each["number"] for each in made["points"]] == list(range(1, 18))
    first = values(point(made, 1))
    assert first["Provvedimento"] == "DECURTAZIONE" and first["Mensilità tolte"] == "1/4"
    (side_by_side,) = point(made, 1)["tables"]
    assert ["Misura", "DECURTAZIONE", "DECURTAZIONE", None] in [row["cells"] for row in side_by_side["rows"]]
    conflicts = [t for t in point(made, 2)["tables"] if t["title"] == "Testi in conflitto"]
    assert conflicts and conflicts[0]["rows"][0]["cells"][0] == "ADI-2023"
    assert values(point(made, 4))["Testo dell’impegno"] == "Colloquio con l'assistente sociale"
    assert "Notifica del provvedimento: non risulta nel fascicolo." in point(made, 15)["missing"]
    stored = dict(register.query("select event_id::text, position from ledger.events"))
    for each in made["points"]:
        for line in each["lines"]:
            assert all(stored[s["event_id"]] == s["position"] for s in line["sources"])


def test_it_is_a_page_and_a_paper_too(life: Life) -> None:
    html = got(life, "text/html,application/xhtml+xml,*/*;q=0.8")
    assert html.headers["content-type"].startswith("text/html") and "<svg" in html.text
    assert "default-src 'none'" in html.headers["content-security-policy"]
    pdf = got(life, "application/pdf")
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(pdf.content)).pages)
    assert "17. Adempimenti dei servizi in ritardo" in text and "Repr-Digest" in pdf.headers
    refused = got(life, "image/png")
    assert (refused.status_code, refused.json()["rule"]) == (406, "NOT_ACCEPTABLE")


def test_the_same_address_gives_the_same_bytes_whoever_read_it_since(life: Life) -> None:
    address = ask(life).json()["dossier_id"]
    path = f"/measures/{life.measure}/dossiers/{address}"
    first = life.worker.get(path)
    notified = {"measure_id": str(life.measure), "notified_on": "2025-06-20"}
    life.tell("measure-notifications", notified, life.inps)
    assert life.worker.get(path).content == first.content
    assert "Notificata il" in values(point(got(life).json(), 11))


def test_every_dossier_is_a_read_that_it_does_not_itself_tell_of(register: Register, life: Life) -> None:
    def reads() -> list[tuple]:
        return register.query(
            "select convert_from(sealed, 'UTF8')::jsonb ->> 'as_of', recorded_at from ledger.events"
            " where type like 'adi.access.case_file_accessed%%' order by position"
        )

    before = len(reads())
    made = got(life).json()
    after = reads()
    assert len(after) == before + 1
    as_of, recorded_at = after[-1]
    assert as_of == made["as_of"] and recorded_at > datetime.fromisoformat(as_of)
    told = [t for t in point(made, 13)["tables"] if t["title"] == "Chi ha letto il fascicolo"]
    assert sum(len(table["rows"]) for table in told) == before
    again = [t for t in point(got(life).json(), 13)["tables"] if t["title"] == "Chi ha letto il fascicolo"]
    assert len(again[0]["rows"]) == before + 1


def test_a_member_reads_her_own_and_a_body_what_it_was_sent(register: Register, life: Life) -> None:
    member = got(life, **{"for": f"member:{life.member}"}).json()
    assert values(point(member, 6)) and "1986-03-07" not in json.dumps(member)
    stranger = ask(life, **{"for": f"member:{uuid4()}"})
    assert (stranger.status_code, stranger.json()["rule"]) == (409, "UNKNOWN_MEMBER")
    school = ask(life, **{"for": "signatory:ust"})
    assert (school.status_code, school.json()["rule"]) == (409, "NOT_RECORDED")


def test_a_reader_of_no_kind_is_refused_and_not_repeated(life: Life) -> None:
    refused = ask(life, **{"for": "jury"})
    assert refused.status_code == 422 and refused.json()["errors"][0]["where"] == "/for"
    assert "jury" not in refused.text


def test_an_instant_is_of_the_case_of_the_measure_and_past(life: Life) -> None:
    ordered_at = datetime.fromisoformat(life.said["decurtazioni"]["recorded_at"])
    for as_of, because in (
        (datetime.fromisoformat("2020-01-01T00:00:00Z"), "nothing of the case was on record"),
        (ordered_at - timedelta(microseconds=1), "the measure was not on record"),
        (ordered_at + timedelta(days=4000), "has not come yet"),
    ):
        refused = ask(life, as_of=as_of.isoformat())
        assert refused.status_code == 422 and because in refused.json()["detail"], refused.text
    assert ask(life, as_of="2025-01-01").status_code == 422
    assert ask(life, as_of=ordered_at.isoformat()).status_code == 202


def test_a_field_that_is_not_of_the_request_is_refused(life: Life) -> None:
    assert ask(life, whom="judge").status_code == 422
    assert life.worker.post(f"/measures/{life.measure}/dossiers", {}).status_code == 422


def test_a_dossier_is_nobody_elses_business(register: Register, life: Life) -> None:
    dossier_id = ask(life).json()["dossier_id"]
    other = register.office("servizio-sociale", person="another")
    for path in (f"/{dossier_id}", f"/{dossier_id}/status"):
        assert other.get(f"/measures/{life.measure}/dossiers{path}").status_code == 404
    assert ask(life, other).status_code == 404
    assert life.worker.post(f"/measures/{uuid4()}/dossiers", {"for": "judge"}).status_code == 404
    for bad in ("x", "1.judge.x", "99999999999999999.judge", "1.member.x"):
        assert life.worker.get(f"/measures/{life.measure}/dossiers/{bad}").status_code == 404
    for agency, role in (("cpi", "EMPLOYMENT_OPERATOR"), ("inps", "machine"), ("ats", "SOCIAL_OPERATOR")):
        assert ask(life, register.office(agency, role)).status_code == 403


def test_comparable_cases_are_counted_and_a_small_count_is_not_shown(register: Register, life: Life) -> None:
    for _ in range(2):
        new_life(register).begin().to_patto().to_proposal().to_measure()
    (table,) = point(got(life).json(), 12)["tables"]
    assert [row["cells"] for row in table["rows"]] == [["DECURTAZIONE", "meno di 5"]]


def test_the_bundle_opens_what_the_dossier_shows_and_holds_without_the_register(
    register: Register, life: Life
) -> None:
    unsigned = got(life, BUNDLE)
    assert (unsigned.status_code, unsigned.json()["rule"]) == (409, "NOT_SIGNED_YET")
    evidence = Checkpoints(register.services.all_rows)
    for whom in ("judge", f"member:{life.member}"):
        address = ask(life, **{"for": whom}).json()["dossier_id"]
        while Checkpointer(evidence, "058", SIGNS_THE_LOG, events=1, seconds=60).step():
            pass
        path = f"/measures/{life.measure}/dossiers/{address}"
        raw = life.worker.get(path, {"Accept": BUNDLE})
        report = verify(raw.content, verifier_key("ambito/058", SIGNS_THE_LOG))
        assert report.findings == [], report.findings
        decided = {each.type for each in report.decisions if not each.differences}
        assert len(decided) >= 2, "the measure and its proposal are decided again"
        assert raw.json()["dossier"] == life.worker.get(path).json()
        assert life.worker.get(path, {"Accept": BUNDLE}).content == raw.content
        shown = {path for event in raw.json()["events"] for path, *_ in event.get("opened", [])}
        assert "commitments[0].text" in shown and "objectives[0].text" not in shown


def test_measures_that_another_process_recorded_and_a_restore_are_seen_at_once(
    register: Register, life: Life
) -> None:
    measures, elsewhere = register.services.log.measures, Measures(register.services.all_rows)
    assert measures.cases_of(life.measure) == elsewhere.cases_of(life.measure) == [life.case_id]
    other = new_life(register).begin().to_patto().to_proposal().to_measure()
    assert elsewhere.cases_of(other.measure) == [other.case_id]
    assert elsewhere.cases_of(uuid4()) == []
    register.query("update ledger.log_head set log_epoch = gen_random_uuid() returning 1")
    assert elsewhere.cases_of(life.measure) == [life.case_id], "read anew, each once"
