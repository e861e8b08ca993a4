"""The grounds that the cells of the matrix name, and what each opens of a fact; by theme, one file each."""

from domain.disclosure.grounds import household, patto, sanctions, services, team
from domain.disclosure.rows import Test, when


def _never(_fact: object, _case: object, _recipient: str) -> None:
    return None


GROUNDS: dict[str, Test] = {
    "always": when(lambda fact, case, r: r == "inps"),
    "ambito": when(lambda fact, case, r: r == "ats"),
    "person": _never,  # the person reads by extract or accesso, never by a topic
    **household.GROUNDS,
    **services.GROUNDS,
    **team.GROUNDS,
    **patto.GROUNDS,
    **sanctions.GROUNDS,
}
"""Of the facts of a case; those of the protocol and the Tavolo have theirs in the door."""
