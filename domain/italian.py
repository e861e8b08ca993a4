"""Days as an Italian reads them; a locale of the machine would not be there everywhere."""

from __future__ import annotations

from datetime import date

DAYS = ("lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica")
MONTHS = (
    "gennaio",
    "febbraio",
    "marzo",
    "aprile",
    "maggio",
    "giugno",
    "luglio",
    "agosto",
    "settembre",
    "ottobre",
    "novembre",
    "dicembre",
)


def in_words(day: date) -> str:
    """``10 febbraio 2025``, ``1º marzo 2025``."""
    return f"{day.day}{'º' if day.day == 1 else ''} {MONTHS[day.month - 1]} {day.year}"
