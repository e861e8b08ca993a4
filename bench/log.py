"""The log side by side with the stock library and bare drivers, all in one run: ``make bench-log``.

Every comparison runs its contenders in turn, five rounds; read the ratios of medians, never one figure.
``python -m bench.log [--quick] [append|import|load|growth|fsck …]``; --quick grows the log to 1e5 only.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from bench import appends, fsck, growth, imports, loads
from bench.arena import Arena, arena
from bench.rounds import Measured

PARTS = ("append", "import", "load", "growth", "fsck")


def main() -> None:
    asked = [word for word in sys.argv[1:] if word in PARTS] or list(PARTS)
    large = 100_000 if "--quick" in sys.argv else growth.LARGE
    with arena() as place:
        for measured, ratios in _found(place, asked, large):
            print(measured.title)
            print("\n".join(measured.lines()))
            for ratio in ratios:
                print(f"  {ratio}")


def _found(place: Arena, asked: list[str], large: int) -> Iterator[tuple[Measured, list[str]]]:
    if "append" in asked:
        for found in appends.run(place):
            yield (
                found,
                [
                    times(
                        found,
                        appends.OURS,
                        appends.STOCK,
                        {"append, 16 writers": 5.0, "append, 1 writer": 1.5},
                    ),
                    times(found, appends.OURS, appends.RAW, {"append, 16 writers": 0.65}),
                ],
            )
    if "import" in asked:
        for found in imports.run(place):
            yield found, [times(found, imports.OURS, imports.COPY, {"import": 0.1})]
    if "load" in asked:
        for found in loads.run(place):
            yield (
                found,
                [
                    times(found, loads.STOCK, loads.COLD, {"load of 50 events": 2.5}),
                    times(found, loads.STOCK, loads.OPENED, {}),
                    times(found, loads.STOCK, loads.WARM, {"load of 50 events": 10.0}),
                ],
            )
    if "growth" in asked or "fsck" in asked:
        for found in growth.run(place, large):
            small, big = found.medians
            most = {growth.APPEND: 1.6, growth.LOAD: 1.8}.get(found.title)
            mark = f" (mark: at most {most})" if most else ""
            yield found, [f"{big}: {found.ratio(big, small):.2f} x {small}{mark}"]
    if "fsck" in asked:
        yield from ((found, []) for found in fsck.run(place))


def times(found: Measured, one: str, other: str, marks: dict[str, float]) -> str:
    mark = f" (mark: at least {marks[found.title]})" if found.title in marks else ""
    return f"{one} / {other}: {found.ratio(one, other):.2f} x{mark}"


if __name__ == "__main__":
    main()
