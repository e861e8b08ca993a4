"""The page of the matrix says what the contracts say."""

from deploy.matrix_page import PAGE, page
from deploy.matrix_words import GROUNDS, LEVELS, MASKS, RECIPIENTS
from domain.contract import CONTRACTS


def test_the_page_in_docs_is_the_one_that_the_contracts_give():
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: python -m deploy.matrix_page"


def test_every_ground_level_and_recipient_has_its_words_and_no_other_has():
    cells = [cell for contract in CONTRACTS.values() for cell in contract.shown]
    assert {cell.ground for cell in cells} == set(GROUNDS)
    assert {cell.level for cell in cells} | {"R"} == set(LEVELS)
    assert {actor for cell in cells for actor in cell.actors} == set(RECIPIENTS)


def test_every_fact_stands_on_the_page_and_every_mask_is_of_a_fact():
    names = {contract.type.__name__ for contract in CONTRACTS.values()}
    assert all(f"`{name}`" in page() for name in names)
    assert {name for fact, _, _ in MASKS for name in fact.split(", ")} <= names | {"every fact"}


def test_no_row_of_the_page_is_broken_by_its_own_text():
    tables = [line for line in page().splitlines() if line.startswith("|")]
    assert {line.count("|") for line in tables} == {3, 4, 5, 2 + len(RECIPIENTS)}
