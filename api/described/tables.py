"""What is answered at the Tavolo: its indicators."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from api.described.kinds import Answer, Code, Count, Few, Figure, Month, Page, Text, close


class IndicatorGroup(Answer):
    """Un indicatore per una parte di ciò che conta."""

    group: Text
    value: Figure | None
    numerator: Count | None
    denominator: Count | None
    suppressed: bool


class Indicator(Answer):
    """Un indicatore del Tavolo: nullo dove la cifra è oscurata o non c'è nulla da dividere."""

    id: Code
    measure: Code
    title: Text
    formula: Text
    legal_ref: Text
    unit: Literal["ratio", "per_100", "days", "count"]
    breakdown: Text | None
    value: Figure | None
    numerator: Count | None
    denominator: Count | None
    suppressed: bool
    by: Few[IndicatorGroup]


# ``from`` is a word of Python: a class cannot have it.
Months = TypedDict("Months", {"from": Month, "to": Month})
close(Months, "Il primo e l'ultimo mese.")


class IndicatorPage(Page):
    """Gli indicatori del periodo."""

    period: Months
    items: Few[Indicator]
