"""What every example has, and what came of running one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Certainty = Literal["firm", "probable", "ambiguous"]

Found = Mapping[str, object]
"""What was found, under the keys that `expected` may have, and a few more that tell how."""


@dataclass(frozen=True)
class Difference:
    """A key of `expected` that was not met; or one on which the case and the rule set do not agree.

    Where they disagree, `expected` is what the rule set gives and `found` what the case found.
    """

    key: str
    expected: object
    found: object
    disagree: bool = False


@dataclass(frozen=True)
class Checked:
    """One example that was run.

    `why` are the reasons of what was found: norms, reasons of an obligation, the sentence of a refusal.
    `alone` says why the rules alone judged it, where no case can hold its facts.
    """

    id: str
    certainty: Certainty
    differences: tuple[Difference, ...] = ()
    why: tuple[str, ...] = ()
    alone: str | None = None

    @property
    def firm(self) -> bool:
        return self.certainty == "firm"

    @property
    def passed(self) -> bool:
        return not self.differences


def compared(expected: Found, found: Found) -> tuple[Difference, ...]:
    """The expected keys that were not met; one that is left out is not checked."""
    return tuple(
        Difference(key, value, found.get(key)) for key, value in expected.items() if found.get(key) != value
    )
