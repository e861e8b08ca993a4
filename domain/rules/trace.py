"""The trace of an evaluation: which clause of a rule set was read, and what it gave, in this order."""

from typing import TypeVar

Gave = bool | int | str
T = TypeVar("T", bound=Gave)


class Trace:
    """What an evaluation writes down as it goes; of a refused one, all up to the clause that refuses."""

    def __init__(self) -> None:
        self.steps: list[list[Gave]] = []

    def gave(self, clause: str, value: T) -> T:
        """A clause, by its path in the text of the rule set (`infractions.PATTO_NOT_SIGNED.bound`), and what
        it gave; the value, to go on with.
        """
        self.steps.append([clause, value])
        return value
