"""Runs the scenarios against a consumer, and says what it holds that it should not, or lacks."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from consumers.conformance.feed import Feed, served
from consumers.conformance.held import Held, held
from consumers.conformance.port import Consumer, Ended, Given, Holding
from consumers.conformance.scenarios import SCENARIOS, Dies, Leave
from consumers.conformance.story import AMBITO, RECIPIENT, Story
from domain.contract import Json

PATIENCE = 10.0
"""Seconds that a consumer may take until it holds what it should; one that polls has its own pace."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Where a consumer does not do what it should. ``scenario`` names the function that tells its story."""

    scenario: str
    what: str


def run(
    consumer: Consumer,
    scenarios: Iterable[str] = SCENARIOS,
    *,
    by_feed: bool = False,
    patience: float = PATIENCE,
) -> list[Finding]:
    """What the scenarios find; nothing where the consumer conforms.

    ``by_feed``: it reads the feed alone, so that what is delivered comes as the next page of that.
    """
    with served() as feed:
        try:
            return [
                Finding(name, what)
                for name in scenarios
                for what in _played(name, consumer, feed, by_feed, patience)
            ]
        finally:
            consumer.close()


def _played(name: str, consumer: Consumer, feed: Feed, by_feed: bool, patience: float) -> list[str]:
    story, leave = Story(name), Leave()
    feed.begin(story.epoch)
    try:
        consumer.begin(Given(RECIPIENT, AMBITO, feed.url, feed.token))
        for step in SCENARIOS[name](story, leave):
            messages = list(step.messages if isinstance(step, Dies) else step)
            _publish(feed, story, messages if by_feed else None)
            (consumer.die if isinstance(step, Dies) else consumer.deliver)(messages)
        end = time.monotonic() + patience
        while (wrong := list(_wrong(story, leave, consumer.holds()))) and time.monotonic() < end:
            time.sleep(0.05)
        return wrong
    except Ended as error:
        return [str(error)]


def _publish(feed: Feed, story: Story, page: list[Json] | None) -> None:
    with feed.mutex:
        feed.epoch, feed.messages = story.epoch, list(story.messages)
        if page is not None:
            feed.pages.append(page)


def _wrong(story: Story, leave: Leave, holding: Holding) -> Iterator[str]:
    right = held(story.messages)
    optional = leave.facts | {m["event_id"] for m in story.messages if m["kind"] == "correction"}
    rows: dict[str, list[Json]] = {}
    for fact in holding.facts:
        rows.setdefault(fact["event_id"], []).append(fact["data"])
    for event_id in sorted(right.keys() | rows.keys()):
        yield from _wrong_about(event_id, rows.get(event_id, []), right, optional, leave)
    if holding.seq != len(story.messages):
        yield f"it stands at {holding.seq}, of {len(story.messages)}"


def _wrong_about(
    event_id: str, rows: list[Json], right: Held, optional: set[str], leave: Leave
) -> Iterator[str]:
    if event_id not in right:
        yield f"it holds {event_id}, which is not there (any more)"
    elif not rows:
        if event_id not in optional:
            yield f"it lacks {event_id}"
    elif len(rows) > 1:
        yield f"it holds {event_id} {len(rows)} times"
    elif _without(rows[0], leave.fields) != _without(right[event_id], leave.fields):
        yield f"of {event_id} it holds other values"


def _without(data: Json, fields: set[str]) -> Json:
    return (
        {name: each for name, each in data.items() if name not in fields} if isinstance(data, dict) else data
    )
