"""Papers over HTTP: printed for who runs the case, with the hashes that the acts will cite."""

from __future__ import annotations

import base64
import hashlib
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from pypdf import PdfReader
from structlog.testing import capture_logs

from domain.rules.patto import WARNING_TEXT
from tests.integration.api.life import Life, household, new_life, sign
from tests.integration.api.office import Office, Register
from tests.integration.api.test_access import accessed

pytestmark = pytest.mark.integration


def text_of(answer: httpx.Response) -> str:
    pages = PdfReader(BytesIO(answer.content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def patto_of(life: Life, by: Office | None = None, version: int = 1, **more: Any) -> httpx.Response:
    return (by or life.worker).get(
        f"/cases/{life.case_id}/pattos/{life.patto}/versions/{version}/document", **more
    )


def letter(
    life: Life, act: str, body: dict[str, Any], by: Office | None = None, to: UUID | None = None
) -> Any:
    query = f"?member_id={to}" if to else ""
    return (by or life.worker).post(f"/cases/{life.case_id}/letters/{act}{query}", body)


def convocation(life: Life, *members: UUID) -> dict[str, Any]:
    """What will be recorded, without the hash of the letter."""
    said = life._convocation() | {"convocation_id": str(uuid4()), "member_ids": [str(m) for m in members]}
    del said["text_hash"]
    return said


def begun(register: Register) -> Life:
    life = new_life(register).begin()
    life.tell("households", household(life.member, life.child))
    return life


def drafted(register: Register) -> Life:
    """Met, analysed, and the patto written but not signed."""
    life = begun(register)
    life.tell("obligation-evaluations", {"member_id": str(life.member), "evaluated_for": "2025-03-10"})
    life.tell("convocations", life._convocation())
    life.tell("appointments", life._meeting())
    life.tell("analyses", life._analysis())
    life.tell("patto-drafts", life._draft())
    return life


def signed(register: Register) -> Life:
    life = drafted(register)
    no_puc = {"reasons": [{"check": "PA-10", "reason": "nessun progetto è aperto"}]}
    life.tell("patto-signatures", life._signature() | no_puc)
    return life


def printed(answer: httpx.Response) -> httpx.Response:
    """The paper, after what every paper must be."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf" and answer.content.startswith(b"%PDF-")
    digest = hashlib.sha256(answer.content)
    assert answer.headers["repr-digest"] == f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
    assert answer.headers["etag"] == f'"{digest.hexdigest()}"'
    assert answer.headers["cache-control"] == "no-store"
    named = answer.headers["content-disposition"]
    assert named.startswith("attachment; filename=") and named.endswith('.pdf"')
    assert "Simone" not in named and "Marroc" not in named
    return answer


def refused(answer: httpx.Response, status: int, rule: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["rule"] == rule
    return body


# --- the patto ---------------------------------------------------------------------------------------------


def test_the_patto_is_printed_for_who_runs_the_case(register: Register) -> None:
    life = signed(register)
    common = printed(patto_of(life))
    assert "Colloquio con l'assistente sociale" in text_of(common) and "Simone Marrocù" in text_of(common)
    annexes = [printed(patto_of(life, member_id=str(member))) for member in (life.member, life.child)]
    own = hashlib.sha256(common.content).hexdigest()
    assert all(own in text_of(annex) for annex in annexes)
    lines = "".join(f"{hashlib.sha256(paper.content).hexdigest()}\n" for paper in (common, *annexes))
    recorded = hashlib.sha256(lines.encode()).hexdigest()
    assert [paper.headers["document-hash"] for paper in (common, *annexes)] == [recorded] * 3


def test_who_has_a_patto_already_reads_it_again_and_is_on_record(register: Register) -> None:
    life = signed(register)
    etag = patto_of(life).headers["etag"]
    for lines, tag in enumerate((etag, "*"), 2):
        again = patto_of(life, headers={"If-None-Match": tag})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
        assert len(accessed(register, life.case_id)) == lines


def test_what_was_signed_is_printed_as_it_was_known_then(register: Register) -> None:
    life = signed(register)
    before = printed(patto_of(life))
    life.tell("households", household(life.member, life.child, name="Simón") | {"verified_on": "2025-05-02"})
    after = printed(patto_of(life))
    assert after.content == before.content
    assert after.headers["document-hash"] == before.headers["document-hash"]


def test_the_hash_to_record_is_known_before_the_signature(register: Register) -> None:
    life = drafted(register)
    to_sign = printed(patto_of(life))
    hashed = {"document_hash": to_sign.headers["document-hash"]}
    no_puc = {"reasons": [{"check": "PA-10", "reason": "nessun progetto è aperto"}]}
    life.tell("patto-signatures", life._signature() | hashed | no_puc)
    assert printed(patto_of(life)).content == to_sign.content


def test_a_draft_that_is_not_signed_yet_is_printed_as_the_case_is_now(register: Register) -> None:
    life = drafted(register)
    before = printed(patto_of(life))
    life.tell("households", household(life.member, life.child, name="Simón") | {"verified_on": "2025-04-02"})
    after = printed(patto_of(life))
    assert "Simón Marrocù" in text_of(after) and "Simón" not in text_of(before)
    assert after.headers["document-hash"] != before.headers["document-hash"]


def test_nobody_else_gets_the_patto(register: Register) -> None:
    life = signed(register)
    colleague = register.office("servizio-sociale", person="another")
    refused(patto_of(life, colleague), 404, "UNKNOWN")
    for agency in ("ats", "cpi", "asl", "comune-058091", "inps"):
        role = "machine" if agency == "inps" else "SOCIAL_OPERATOR"
        refused(patto_of(life, register.office(agency, role)), 403, "ROLE_NOT_ALLOWED")
    machine = register.office("servizio-sociale", "machine", person="m")
    refused(patto_of(life, machine), 403, "ROLE_NOT_ALLOWED")


def test_what_is_not_there_is_not_printed(register: Register) -> None:
    life = signed(register)
    refused(patto_of(life, version=2), 404, "UNKNOWN")
    refused(patto_of(life, version=2**40), 404, "UNKNOWN")
    life.patto = uuid4()
    refused(patto_of(life), 404, "UNKNOWN")
    life.case_id = uuid4()
    refused(patto_of(life), 404, "UNKNOWN")


def test_a_stranger_has_no_annex(register: Register) -> None:
    life = signed(register)
    refused(patto_of(life, member_id=str(uuid4())), 409, "UNKNOWN_MEMBER")
    refused(patto_of(life, member_id="x"), 422, "BAD_VALUE")


def test_a_draft_that_no_paper_can_hold_says_where(register: Register) -> None:
    life = signed(register)
    draft = life._draft()
    draft["objectives"][0]["need_id"] = str(uuid4())
    life.tell("patto-drafts", draft | {"version": 2})
    body = refused(patto_of(life, version=2), 409, "UNPRINTABLE")
    assert body["errors"][0]["where"] == "/objectives/0/need_id"


# --- letters -----------------------------------------------------------------------------------------------


def test_the_letter_is_printed_before_the_act_that_cites_its_hash(register: Register) -> None:
    life = begun(register)
    head = register.head()
    said = convocation(life, life.member)
    answer = printed(letter(life, "convoke_household", said))
    assert register.head() == head
    text = text_of(answer)
    assert "24 marzo 2025 alle ore 10:00" in text and "Simone Marrocù" in text and "Noemi" not in text
    assert WARNING_TEXT in text and "nessuno@example.org" not in text
    assert answer.headers["text-hash"] == hashlib.sha256(answer.content).hexdigest()
    life.tell("convocations", said | {"text_hash": answer.headers["text-hash"]})
    assert printed(letter(life, "convoke_household", said)).content == answer.content


def test_each_member_convoked_has_a_letter_and_one_hash_stands_for_all(register: Register) -> None:
    life = begun(register)
    said = convocation(life, life.member, life.child)
    body = refused(letter(life, "convoke_household", said), 422, "BAD_VALUE")
    assert body["errors"][0]["where"] == "member_id"
    letters = [printed(letter(life, "convoke_household", said, to=to)) for to in (life.member, life.child)]
    lines = "".join(f"{hashlib.sha256(each.content).hexdigest()}\n" for each in letters)
    assert {each.headers["text-hash"] for each in letters} == {hashlib.sha256(lines.encode()).hexdigest()}
    assert "Noemi" in text_of(letters[1]) and "Simone" not in text_of(letters[1])
    refused(letter(life, "convoke_household", said, to=uuid4()), 409, "UNKNOWN_MEMBER")


def test_a_wrong_statement_is_refused_as_the_act_would(register: Register) -> None:
    life = begun(register)
    right = convocation(life, life.member)
    for wrong, where in (
        ({"purpose": "TEA"}, "/purpose"),
        ({"sent_at": "yesterday"}, "/sent_at"),
        ({"nickname": "x"}, "/nickname"),
        ({"text_hash": "0" * 64}, "/text_hash"),
        ({"warning_text_version": "9"}, "/warning_text_version"),
    ):
        body = refused(letter(life, "convoke_household", right | wrong), 422, "BAD_VALUE")
        assert [error["where"] for error in body["errors"]] == [where]
    del right["place"]
    body = refused(letter(life, "convoke_household", right), 422, "BAD_VALUE")
    assert body["errors"][0]["where"] == "/place"
    raw = life.worker.raw(f"/cases/{life.case_id}/letters/convoke_household", b"{")
    refused(raw, 400, "MALFORMED_REQUEST")


def test_there_is_no_letter_of_another_act_and_none_for_who_does_not_run_the_case(register: Register) -> None:
    life = begun(register)
    for act in ("refer_case", "nothing", "sign_patto", "__class__"):
        refused(letter(life, act, {}), 404, "UNKNOWN")
    said = convocation(life, life.member)
    colleague = register.office("servizio-sociale", person="another")
    refused(letter(life, "convoke_household", said, colleague), 404, "UNKNOWN")
    refused(letter(life, "convoke_household", said, register.office("ats")), 403, "ROLE_NOT_ALLOWED")


def test_the_papers_of_a_proceeding(register: Register) -> None:
    life = signed(register)
    life.tell("missed-commitments", life.missed())
    about = {"infraction_ref": life.infraction, "member_id": str(life.member)}
    asks = about | {"asked_on": "2025-05-14", "channel": "EMAIL", "respond_by": "2025-05-24"}
    asked = printed(letter(life, "request_reason", asks))
    assert "entro il 24 maggio 2025" in text_of(asked) and "text-hash" not in asked.headers
    other = refused(letter(life, "request_reason", asks, to=life.child), 422, "BAD_VALUE")
    assert other["errors"][0]["where"] == "member_id"
    unknown = asks | {"infraction_ref": str(uuid4())}
    refused(letter(life, "request_reason", unknown), 409, "NOT_RECORDED")
    issues = about | {"issued_by": str(life.worker.subject), "issued_on": "2025-05-15"}
    reminder = printed(letter(life, "issue_reminder", issues | {"comply_by": "2025-05-30"}))
    assert "entro il 30 maggio 2025" in text_of(reminder)


def test_the_notice_of_a_proceeding_goes_to_each_member(register: Register) -> None:
    sign(register)
    life = signed(register).to_proposal()
    says = {"proposal_id": str(life.proposal), "sent_on": "2025-05-28", "deadline_for_briefs": "2025-06-12"}
    says |= {"office_and_person": "Ufficio inventato, stanza 3"}
    refused(letter(life, "send_proceeding_notice", says), 422, "BAD_VALUE")
    hers = printed(letter(life, "send_proceeding_notice", says, to=life.child))
    assert "riguarda un altro componente" in text_of(hers) and "Simone" not in text_of(hers)
    his = text_of(printed(letter(life, "send_proceeding_notice", says, to=life.member)))
    assert "decurtazione del beneficio" in his and "12 giugno 2025" in his and WARNING_TEXT in his


# --- around them -------------------------------------------------------------------------------------------


def test_no_value_of_a_paper_reaches_the_log(register: Register) -> None:
    life = begun(register)
    said = convocation(life, life.member) | {"place": "王伟 stanza segreta"}
    with capture_logs() as lines:
        body = refused(letter(life, "convoke_household", said), 422, "BAD_VALUE")
        printed(letter(life, "convoke_household", said | {"place": "stanza segreta"}))
    assert lines and "segreta" not in str(lines) and "Simone" not in str(lines)
    assert "王" not in str(body)


def test_the_document_of_the_api_describes_the_papers(register: Register) -> None:
    paths = register.client.app.openapi()["paths"]  # type: ignore[attr-defined]
    document = paths["/cases/{case_id}/pattos/{patto_id}/versions/{version}/document"]["get"]
    answer = document["responses"]["200"]
    assert list(answer["content"]) == ["application/pdf"]
    assert {"Repr-Digest", "ETag", "Document-Hash"} <= answer["headers"].keys()
    post = paths["/cases/{case_id}/letters/{act}"]["post"]
    assert list(post["responses"]["200"]["content"]) == ["application/pdf"]
    shapes = post["requestBody"]["content"]["application/json"]["schema"]["oneOf"]
    assert len(shapes) == 4 and all("text_hash" not in shape["properties"] for shape in shapes)
    assert "400" in post["responses"] and "404" in post["responses"]
