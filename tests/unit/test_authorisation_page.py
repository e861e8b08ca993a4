"""The page of who may do what says what the policy says."""

from api.policy import POLICY
from deploy.authorisation_page import PAGE, page


def test_the_page_in_docs_is_the_one_that_the_policy_gives() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: python -m deploy.authorisation_page"


def test_every_operation_stands_on_the_page() -> None:
    assert all(f"| `{operation}` |" in page() for operation in POLICY)
