"""The sample: the protocol and 200 invented cases, one act a line (``deploy/demo/sample.ndjson``).

``python -m deploy.demo.sample`` writes it again, byte for byte the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from deploy.demo.lives import lives
from deploy.demo.memory import Memory
from deploy.demo.protocol import protocol_lines
from deploy.lines import Line

SEED, CASES = 7, 200
SAMPLE = Path(__file__).with_name("sample.ndjson")


def sample(seed: int = SEED, cases: int = CASES) -> Iterator[Line]:
    """The lines in the order of a register: those of a case in theirs, cases one among another, by day."""
    register, protocol = Memory(), protocol_lines()
    for line in protocol:
        register.tell(line)
    yield from by_day([protocol, *(life.lines for life in lives(seed, cases, register))])


def by_day(lived: Sequence[Sequence[Line]]) -> Iterator[Line]:
    """The lines of several lives, each in its order, one among another as a register meets them."""
    told = [
        (line.known_on, case, number, line)
        for case, lines in enumerate(lived)
        for number, line in enumerate(lines)
    ]
    for *_, line in sorted(told, key=lambda entry: entry[:3]):
        yield line


def text(seed: int = SEED, cases: int = CASES) -> str:
    return "".join(line.to_text() for line in sample(seed, cases))


def write(path: Path = SAMPLE) -> None:
    path.write_text(text(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write()
