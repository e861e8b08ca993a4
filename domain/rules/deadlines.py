"""How long each term is: D1 to D18 of DOMAIN section 6, from `rule_sets/terms.toml`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from domain.refused import Refused
from domain.rules.calendar import SUNDAY, add_months, is_closed, term_end
from domain.rules.rule_set import Data, RuleSet, load, read
from domain.rules.sanctions import STATUTE

SATURDAY = SUNDAY - 1


@dataclass(frozen=True)
class Norm:
    """What the law says of one term; `data` is its table in the TOML file."""

    id: str
    title: str
    legal_ref: str
    mark: str
    duty: str
    lapses: bool
    data: Data


@cache
def norms() -> dict[str, Norm]:
    """Every term by its id."""
    return {
        term_id: Norm(
            id=term_id,
            title=row["title"],
            legal_ref=row["legal_ref"],
            mark=row["mark"],
            duty=row["duty"],
            lapses=row["lapses"],
            data=row,
        )
        for term_id, row in read("terms").items()
    }


def last_day(term_id: str, start: date, rules: RuleSet | None = None) -> date:
    """The last useful day of a term that starts on a day, which is not counted.

    Raises Refused for a term of another name. `rules` holds the settings (D18, the patron saint); by default
    the statute as shipped.
    """
    if term_id not in norms():
        raise Refused("BAD_VALUE", f"there is no term {term_id}")
    law, rules = norms()[term_id].data, rules or load(STATUTE)
    saint = rules.choice("patron_saint")
    if "cut_off_day" in law:
        return next_cut_off(start, law["cut_off_day"])
    if "working_days" in law:
        return working_days_after(start, law["working_days"], saint)
    if "setting" in law:
        return term_end(start, days=rules.number(law["setting"]), patron_saint=saint)
    days, months, bar = law.get("days"), law.get("months"), law.get("bar", False)
    return term_end(start, days=days, months=months, bar=bar, patron_saint=saint)


def next_cut_off(day: date, cut_off: int) -> date:
    """The cut-off of the payment run that a fact of this day can still make; it never rolls."""
    this = day.replace(day=cut_off)
    return this if day <= this else add_months(this, 1)


def working_days_after(start: date, count: int, patron_saint: str = "") -> date:
    """The last of so many working days, Saturdays, Sundays and holidays left out."""
    day = start
    while count:
        day += timedelta(days=1)
        count -= day.weekday() != SATURDAY and not is_closed(day, patron_saint)
    return day
