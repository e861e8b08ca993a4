"""The disclosure matrix as a page, from the contracts: `python -m deploy.matrix_page` writes it anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from domain.case.events import EventCorrected
from domain.catalogue import CONTRACTS
from domain.contract import Cell, Contract

PAGE = Path(__file__).parent.parent / "docs" / "disclosure-matrix.md"

RECIPIENTS = {
    "ats": "Ambito (ATS capofila)",
    "comune": "Comune",
    "cpi": "Centro per l'impiego",
    "accreditato": "Soggetto accreditato",
    "ust": "Ufficio scolastico",
    "asl": "Unità dell'ASL",
    "mmg": "Medico di base",
    "ets": "Ente del terzo settore",
    "puc": "Titolare di PUC",
    "sil": "SIL",
    "inps": "INPS",
    "person": "Interessato",
}
"""Actors in the order of the matrix; the servizio sociale reads all of a case over REST."""

LEVELS = {
    "F": "the whole fact, less the masks and what serves the replay of a decision",
    "P": "the fields named, of the members in the recipient's charge",
    "X": "the fields named, of the recipient's own lines or acts",
    "T": "the fields named, while a person of the recipient sits in the team",
    "N": "a notice: that it happened, and when",
    "R": "whoever was shown the corrected fact, with the same fields",
}

GROUNDS = {
    "always": "always, to INPS itself",
    "ambito": "the case, or the protocol, is of this Ambito",
    "person": "by extract or accesso, on request; never by a topic",
    "own_operator": "the operator is of this agency, or of this unit of it",
    "residence": "the household lives in this Comune",
    "referred_member": "the member is referred to this office; of a household only that member",
    "employment_condition": "the member is referred to this office, and the condition is EMPLOYED, "
    "REGULAR_STUDY or, for the CPI, DISABILITY_L68",
    "school_condition": "REGULAR_STUDY that this office recorded itself",
    "own_condition": "recorded by this unit",
    "pupils": "minors with a SCHOOLING commitment in the signed patto that this office gives evidence of",
    "in_care": "the member is in care of this unit (none yet: needs SpecialistReferralAnswered)",
    "assigned_member": "the member is assigned to this body (none yet: needs PucAssigned, SupportActivated)",
    "charge": "the measure falls on a member referred to this office, or on her household; in full (F) "
    "where this CPI ordered it",
    "team": "a person of this agency or unit sits in this team",
    "need_areas": "a person of this agency or unit sits in the team; only the needs of its areas",
    "own_lines": "lines that this agency or unit provides or gives the evidence of, once something "
    "links it to the case",
    "school_lines": "SCHOOLING lines that this office gives evidence of, once something links it to the case",
    "provided_lines": "supports that this body provides, once something links it to the case",
    "own_line": "an own line stands in this version",
    "puc_line": "a PUC commitment with this holder stands in this version",
    "own_convocation": "its own convocation or PSP (none yet: needs MemberConvokedByCpi, ServicePattoSigned)",
    "own_meeting": "the meeting was held at this office",
    "own_fact": "reported by this CPI",
    "own_report": "reported by this body, as long as it is a report and not an ascertained infraction",
    "own_act": "recorded by this office",
    "own_measure": "the measure is of this CPI",
    "end_of_charge": "this body had a ground in the case when it was closed",
    "signatory": "a signatory of the protocol in force, or a unit of one",
}

MASKS = (
    (
        "HouseholdCompositionRecorded",
        "`members[].birth_date`",
        "shown to ATS, Comune, INPS, CPI, accredited body, school office and ASL only",
    ),
    (
        "HouseholdCompositionRecorded",
        "`members[].residence_address`",
        "hidden for the whole household where a member of it is in a protection path, at any time",
    ),
    (
        "HouseholdCompositionRecorded",
        "`members[].contacts`",
        "a contact that is not safe; all those of a member in a protection path; of the others in that "
        "household the postal ones and those that she shares",
    ),
    (
        "HouseholdConvoked",
        "`contact_used`, `place`",
        "hidden where a member in a protection path is convoked",
    ),
    (
        "MemberConditionRecorded",
        "the whole fact",
        "a protection path (GENDER_VIOLENCE_PATH) is told to nobody",
    ),
    (
        "MemberConditionRecorded",
        "`condition_code`, `value`, `certified_by`, `evidence_ref`",
        "hidden for ONCOLOGICAL, PARENTAL_RESPONSIBILITY_LOST, DIRECT_PENSION, CARE_LOAD_DISABLED_MEMBER and "
        "DISABILITY_L68, also from the unit that recorded it; the CPI reads code and value of a disability",
    ),
    (
        "MemberConditionRecorded",
        "the agency that recorded",
        '"altro servizio" to the ATS where it is CPI, school office or ASL: it would tell which condition',
    ),
    (
        "ObligationEvaluated",
        "`reason_codes`",
        "the CPI reads EMPLOYED, REGULAR_STUDY, DISABILITY_L68, AGE_60_PLUS and NONE; nobody else reads any",
    ),
    (
        "JustifiedReasonSubmitted",
        "`category`, `evidence_ref`",
        "hidden where the reason holds health data",
    ),
    ("JustifiedReasonDecided", "`motivation`", "hidden where the reason held health data"),
    (
        "PreliminaryAnalysisCompleted",
        "`outcomes[]`",
        "an outcome SPECIALIST is left out for the ATS",
    ),
    ("PattoDrafted", "`commitments[]`", "lines of area HEALTH are left out, but for the ASL's own unit"),
    (
        "OperatorAssigned",
        "`agency`, `unit`",
        '"servizio sanitario" in place of a health service, but for its own unit; left out for an '
        "anti-violence service",
    ),
    (
        "OperatorAssigned, OperatorUnassigned",
        "the whole fact",
        "an operator of an anti-violence service is told to that service alone",
    ),
    (
        "EquipeFormed",
        "`components[].name`, `.surname`, `.function`, `.agency`",
        '"servizio sanitario" in place of a specialist and of whoever is of a health service, but for the '
        "ASL's own unit; the unit is left out",
    ),
    ("EquipeFormed", "`components[]`", "an operator of an anti-violence service is left out for everyone"),
    ("EquipeFormed", "`missing_roles[].reason`", "free text stays in the case file"),
    ("CommitmentMissed", "`facts`", "read by the CPI that reported them only"),
    ("DecurtazioneOrdered", "`amount`", "read by INPS, and by the CPI that ordered it"),
    (
        "every fact",
        "the agency that recorded",
        '"servizio sanitario" in place of a health service, but for its own unit; "altro servizio" in '
        "place of an anti-violence service",
    ),
    (
        "every fact",
        "what was erased",
        "a value that can no longer be read opens no ground, and hides what it might have hidden",
    ),
)
"""Event, values, what is hidden: the masks of :mod:`domain.disclosure`, in words."""


def page() -> str:
    """The page, in Markdown."""
    return "\n".join((*_opening(), *_overview(), *_cells(), *_masks())) + "\n"


OPENING = """\
What each recipient is shown of each fact: the cells of `domain/case/events.py` and
`domain/protocol/events.py`, the grounds and masks of `domain/disclosure/`. This page is made from them:
`python -m deploy.matrix_page` writes it anew, and a test compares.

The servizio sociale that runs a case reads all of it over REST. Everyone else is shown nothing, unless a cell
names them and its ground holds. Beside the fields every recipient of a fact reads its ids, its type, version
and day, when it was recorded, and the agency that recorded it, as masked. A case that is closed tells nothing
further, but to INPS and the ATS; corrections still go to who had the fact.
"""


def _opening() -> Iterator[str]:
    yield "# Disclosure matrix"
    yield ""
    yield OPENING
    yield from _table(("level", "what it shows"), LEVELS.items())


def _overview() -> Iterator[str]:
    yield "## Events and recipients"
    yield ""
    rows = (
        (f"{_title(contract)} (`{_name(contract)}`)", *(_level(contract, actor) for actor in RECIPIENTS))
        for contract in _contracts()
    )
    yield from _table(("", *RECIPIENTS.values()), rows)


def _level(contract: Contract, actor: str) -> str:
    if contract.type is EventCorrected:
        return "R"
    cell = contract.cell(actor)
    return cell.level if cell else "-"


def _cells() -> Iterator[str]:
    yield "## Cells"
    yield ""
    for contract in _contracts():
        yield f"### {_title(contract)}"
        yield ""
        yield f"`{_name(contract)}`, stored as `{contract.stored_name}`. {_article(contract)}"
        yield ""
        if contract.type is EventCorrected:
            yield f"R: {LEVELS['R']}. Its reason and the measures it touches stay with the servizio sociale."
            yield ""
            continue
        rows = ((_who(cell), cell.level, GROUNDS[cell.ground], _fields(cell)) for cell in contract.shown)
        yield from _table(("recipients", "level", "ground", "fields"), rows)


def _masks() -> Iterator[str]:
    yield "## Masks"
    yield ""
    yield "What stays hidden even where a cell shows it; where the two disagree the stricter wins."
    yield ""
    yield from _table(("fact", "values", "mask"), MASKS)
    yield from (f"* {note}" for note in NOTES)


NOTES = (
    "Masks are those of the case as it is when a fact is told; a correction and a backfill are masked anew.",
    "A health service is known by its kind, unit and function; an agency of no known kind counts as one.",
)


def _contracts() -> list[Contract]:
    """Those of a case first, each in the order of its file, whatever was imported first."""
    return sorted(CONTRACTS.values(), key=lambda contract: contract.type.__module__)


def _title(contract: Contract) -> str:
    return " ".join(contract.title.split())


def _name(contract: Contract) -> str:
    return contract.type.__name__


def _article(contract: Contract) -> str:
    return " ".join((contract.type.__doc__ or "").strip().partition(". ")[2].split())


def _who(cell: Cell) -> str:
    return ", ".join(RECIPIENTS[actor] for actor in cell.actors)


def _fields(cell: Cell) -> str:
    if cell.level == "F":
        return "all"
    return ", ".join(f"`{name}`" for name in cell.fields) or "none"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    head = tuple(head)
    for row in (head, ("---",) * len(head), *rows):
        yield f"| {' | '.join(row)} |"
    yield ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
