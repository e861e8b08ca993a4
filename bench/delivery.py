"""Delivery side by side with the stock library and bare drivers, all in one run: ``make bench-delivery``.

Every comparison runs its contenders in turn, five rounds; read the ratios of medians, never one figure.
``python -m bench.delivery [--quick] [view|relay|subscriber|delay|rebuild …]``; --quick takes fewer of all.
"""

from __future__ import annotations

import sys

from bench import delay, rebuild, relays, subscribers, views
from bench.arena import arena
from bench.broker import topics
from bench.log import times
from bench.rounds import Measured
from deploy.memory import collect_seldom

PARTS = ("view", "relay", "subscriber", "delay", "rebuild")


def main() -> None:
    asked = [word for word in sys.argv[1:] if word in PARTS] or list(PARTS)
    quick = "--quick" in sys.argv
    collect_seldom()  # as the processes of ours do; all contenders have it
    if "delay" in asked:  # first, while no server of ours runs beside the stack's
        print(f"delay at {delay.RATE} events/s (marks: p50 at most 100 ms, p99 at most 500 ms)")
        print("\n".join(delay.run(5 if quick else delay.SECONDS).lines()))
    if "view" in asked:
        with arena() as place:
            for found in views.run(place, 50 if quick else views.CASES):
                marks = {(views.OURS, views.STOCK): 15.0, (views.OURS, views.COPY): 0.3}
                _tell(found, marks)
    if "relay" in asked or "subscriber" in asked:
        many = 2_000 if quick else relays.MESSAGES
        with arena() as place, topics(place) as kafka:
            if "relay" in asked:
                for found in relays.run(place, kafka, many):
                    _tell(found, {(relays.OURS, relays.BARE): 0.5})
            if "subscriber" in asked:
                for found in subscribers.run(place, kafka, many):
                    _tell(found, {(subscribers.OURS, subscribers.BARE): 0.25})
    if "rebuild" in asked:
        with arena() as place:
            for found in rebuild.run(place, 20_000 if quick else rebuild.LARGE):
                _tell(found, {})


def _tell(found: Measured, marks: dict[tuple[str, str], float]) -> None:
    print(found.title)
    print("\n".join(found.lines()))
    for (one, other), mark in marks.items():
        print(f"  {times(found, one, other, {found.title: mark})}")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
