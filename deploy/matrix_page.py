"""The disclosure matrix as a page, from the contracts: `python -m deploy.matrix_page` writes it anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from deploy.matrix_words import GROUNDS, LEVELS, MASKS, RECIPIENTS
from domain.case.events import EventCorrected, PersonalDataErased
from domain.catalogue import CONTRACTS, MODULES
from domain.contract import Cell, Contract

PAGE = Path(__file__).parent.parent / "docs" / "disclosure-matrix.md"


def page() -> str:
    """The page, in Markdown."""
    return "\n".join((*_opening(), *_overview(), *_cells(), *_masks())) + "\n"


OPENING = """\
What each recipient is shown of each fact: the cells of the events of the case, the protocol, the Tavolo and
the access log, the grounds and masks of `domain/disclosure/`. This page is made from them:
`python -m deploy.matrix_page` writes it anew, and a test compares.

The servizio sociale that runs a case reads all of it over REST, but for what tells of a conviction; of the
operators of an anti-violence service the case manager alone reads (decision 30). Everyone else is shown
nothing, unless a cell names them and its ground holds. Beside the fields every recipient of a fact reads its
ids, its type, version and day, when it was recorded, and the agency that recorded it, as masked. A case that
is closed tells nothing further, but to INPS and the ATS; corrections still go to who had the fact, and the
end of a measure to who was told of the measure. The access log is delivered to nobody: its cells say who may
read it on request.
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
    if contract.type in FOLLOWING and actor != "servizio-sociale":
        return "R"
    cell = contract.cell(actor)
    if cell is None:
        return "F" if actor == "servizio-sociale" else "-"
    return cell.level


def _cells() -> Iterator[str]:
    yield "## Cells"
    yield ""
    for contract in _contracts():
        yield f"### {_title(contract)}"
        yield ""
        yield f"`{_name(contract)}`, stored as `{contract.stored_name}`. {_article(contract)}"
        yield ""
        if contract.type in FOLLOWING:
            yield f"R: {LEVELS['R']}. {FOLLOWING[contract.type]}"
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


FOLLOWING = {
    EventCorrected: "Its reason and the measures it touches stay with the servizio sociale.",
    PersonalDataErased: "Why it was erased stays with the servizio sociale and the Ambito.",
}
"""Facts that follow another one to whoever was shown it."""

NOTES = (
    "Masks are those of the case as it is when a fact is told; a correction and a backfill are masked anew.",
    "A health service is known by its kind, unit and function; an agency of no known kind counts as one.",
)


def _contracts() -> list[Contract]:
    """Those of a case first, each in the order of its file, whatever was imported first."""
    order = [module.__name__ for module in MODULES]
    return sorted(CONTRACTS.values(), key=lambda contract: order.index(contract.type.__module__))


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
