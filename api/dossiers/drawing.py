"""The timeline as a drawing: a row for each fact, a lane for each office, the days that pass between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from api.dossiers.sheet import Moment

ROW, TOP, LEFT, LANE = 38, 46, 190, 34
"""Pixels: height of a row, room for the heading, room for the days, width of a lane."""

WIDTH, LETTER = 900, 9
"""The same units: width of a drawing, and of a letter at most."""

AT_ONCE = 20
"""Rows of one drawing, so that a printed page holds it."""

COLOURS = ("#0b3d91", "#7a2e00", "#0b5d1e", "#5b2a86", "#6b4e00", "#00545c", "#7d1f4f")
"""Of the lanes, each 4.5:1 on white at least; the office is written beside the mark too."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """One drawing, with what it shows in words for who does not see it."""

    svg: Markup
    said: str


def drawings(moments: Sequence[Moment]) -> Iterator[Drawing]:
    """The timeline, cut where a page ends."""
    lanes = list(dict.fromkeys(moment.agency for moment in moments))
    parts = [moments[start : start + AT_ONCE] for start in range(0, len(moments), AT_ONCE)]
    for number, part in enumerate(parts):
        before = parts[number - 1][-1] if number else None
        yield Drawing(_svg(part, lanes, before, number), _said(part))


def _said(part: Sequence[Moment]) -> str:
    return f"{len(part)} fatti, dal {part[0].day_said} al {part[-1].day_said}; l’elenco segue in parole."


def _svg(part: Sequence[Moment], lanes: Sequence[str], before: Moment | None, number: int) -> Markup:
    height = TOP + ROW * len(part) + 8
    text_at = LEFT + LANE * len(lanes) + 10
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-labelledby="linea-{number}" class="linea">',
        f'<title id="linea-{number}">Linea del tempo: {escape(_said(part))}</title>',
        *_lanes(lanes, height),
    ]
    for row, moment in enumerate(part):
        last = part[row - 1] if row else before
        drawn += _moment(moment, last, TOP + ROW * row + ROW // 2, lanes, text_at)
    return Markup("\n".join([*drawn, "</svg>"]))


def _lanes(lanes: Sequence[str], height: int) -> Iterator[str]:
    for index, _ in enumerate(lanes):
        x = LEFT + LANE * index + LANE // 2
        ends = f'x1="{x}" y1="{TOP - 10}" x2="{x}" y2="{height - 6}"'
        yield f'<line {ends} stroke="{_colour(index)}" stroke-width="1"/>'
        yield (
            f'<text x="{x}" y="{TOP - 20}" text-anchor="middle" font-size="13" fill="{_colour(index)}" '
            f'font-weight="bold">{_letter(index)}</text>'
        )


def _moment(moment: Moment, last: Moment | None, y: int, lanes: Sequence[str], text_at: int) -> Iterator[str]:
    index = lanes.index(moment.agency)
    x, colour = LEFT + LANE * index + LANE // 2, _colour(index)
    fill = "#ffffff" if moment.known_late else colour
    passed = (moment.day - last.day).days if last else 0
    if last is None or moment.day != last.day:
        yield f'<text x="0" y="{y + 5}" font-size="14" fill="#1b1b1b">{escape(moment.day_said)}</text>'
    if passed > 0:
        yield f'<text x="0" y="{y - 13}" font-size="11" fill="#4a4a4a">+ {_days(passed)}</text>'
    yield f'<circle cx="{x}" cy="{y}" r="7" fill="{fill}" stroke="{colour}" stroke-width="2.5"/>'
    said = _fitting(f"{_letter(index)} · {moment.title}", (WIDTH - text_at) // LETTER)
    yield f'<text x="{text_at}" y="{y + 5}" font-size="14" fill="#1b1b1b">{escape(said)}</text>'
    if moment.known_late:
        late = f"conosciuto il {moment.known_late}"
        yield f'<text x="{text_at + 18}" y="{y + 19}" font-size="11" fill="#4a4a4a">{escape(late)}</text>'


def _fitting(text: str, letters: int) -> str:
    """As much of a text as there is room for; the whole of it stands in words below."""
    return text if len(text) <= letters else f"{text[: letters - 1].rstrip()}…"


def _days(count: int) -> str:
    return "1 giorno" if count == 1 else f"{count} giorni"


def _colour(index: int) -> str:
    return COLOURS[index % len(COLOURS)]


def _letter(index: int) -> str:
    return chr(ord("A") + index % 26)


def legend(moments: Sequence[Moment]) -> list[tuple[str, str]]:
    """The letter of each lane, with its office."""
    lanes = list(dict.fromkeys(moment.agency for moment in moments))
    return [(_letter(index), lane) for index, lane in enumerate(lanes)]
