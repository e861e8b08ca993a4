"""A worked deadline: `ambito-deadline-examples`."""

from dataclasses import dataclass
from datetime import date

from domain.rules.calendar import term_end
from domain.worked.parts import Checked, compared
from domain.worked.reading import Unreadable


@dataclass(frozen=True)
class DeadlineExample:
    """A term in days or in months, or a bar (D6, D7), and the last day that it must have."""

    id: str
    start: date
    expected: date
    days: int | None = None
    months: int | None = None
    bar: bool = False
    why: str = ""

    def __post_init__(self) -> None:
        lengths = [length for length in (self.days, self.months) if length is not None]
        if len(lengths) != 1 or lengths[0] < 1:
            raise Unreadable(f"{self.id}: exactly one of 'days' and 'months', at least 1")


def check(example: DeadlineExample) -> Checked:
    """Whether the term ends on the day that the example says."""
    end = term_end(example.start, days=example.days, months=example.months, bar=example.bar)
    differences = compared({"last day": example.expected.isoformat()}, {"last day": end.isoformat()})
    return Checked(example.id, "firm", differences, why=(example.why,) if example.why else ())
