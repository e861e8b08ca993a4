"""What may come to a consumer. Each scenario tells a story, and how of it what arrives.

A yield delivers messages; ``Dies`` kills the consumer while it takes them. What the feed has is the story as
it stands at that moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from consumers.conformance.story import Story
from domain.contract import Json


@dataclass(frozen=True, slots=True)
class Dies:
    """Delivered to a consumer that is killed before it is done."""

    messages: Sequence[Json]


Steps = Iterator[Sequence[Json] | Dies]


@dataclass(slots=True)
class Leave:
    """What a consumer may hold or not: whole facts by their event id, fields by their name."""

    facts: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)


def duplicates(story: Story, _: Leave) -> Steps:
    """What comes again changes nothing, also where it was corrected since."""
    case = story.id()
    first, second = story.fact(case), story.fact(case)
    corrected = story.correction(first, {"benefit": "SFL"})
    yield [first, first, second]
    yield [second, corrected, first]
    yield [first, second, corrected, corrected]
    yield [first]


def gaps(story: Story, _: Leave) -> Steps:
    """What the topic has lost is fetched from the feed, before what follows it."""
    case = story.id()
    sent = [story.fact(case) for _ in range(4)]
    yield [sent[0], sent[3]]
    story.correction(sent[0], {"benefit": "SFL"})
    story.correction(sent[0], {"benefit": "ADI"})
    yield [story.fact(case)]


def unknown_type(story: Story, leave: Leave) -> Steps:
    """A fact that the consumer has never heard of stops nothing; whether it keeps it is its own affair."""
    case = story.id()
    first = story.fact(case)
    new = story.fact(case, {"new": True}, type="adi.case.never_heard_of.v1")
    leave.facts.add(new["event_id"])
    yield [first, new, story.fact(case)]


def unknown_field(story: Story, leave: Leave) -> Steps:
    """A field that was added since is left aside; the others are read."""
    case = story.id()
    data = {"benefit": "ADI", "referred_on": "2026-01-05", "added_since": ["a", {"b": 1}]}
    leave.fields.add("added_since")
    yield [story.fact(case), story.fact(case, data, added_to_the_envelope={"a": 1}), story.fact(case)]


def unknown_major(story: Story, leave: Leave) -> Steps:
    """A major that the consumer does not know is set aside with what follows in its case; others go on."""
    case, other = story.id(), story.id()
    first = story.fact(case)
    new = story.fact(case, {"benefit": ["ADI"]}, type="adi.case.case_referred.v9")
    behind = story.fact(case)
    leave.facts |= {new["event_id"], behind["event_id"]}
    yield [first, new, behind, story.fact(other)]


def correction(story: Story, _: Leave) -> Steps:
    """A correction amends its fact field by field, and again; one that voids takes it away, and them."""
    case = story.id()
    first, second, third = story.fact(case), story.fact(case), story.household(case)
    yield [first, second, third, story.correction(second, {"benefit": "SFL"})]
    yield [story.correction(first, {"benefit": "SFL"})]
    yield [story.correction(first, {"referred_on": "2026-01-07"}), story.correction(second)]
    yield [story.correction(third, {"members": []})]


def erasure(story: Story, _: Leave) -> Steps:
    """The values of who was erased are masked wherever they stand, those of others stay."""
    case = story.id()
    told = story.household(case)
    other = story.household(story.id())
    corrected = story.correction(told, {"members": [{"name": "Tre"}, {"name": "Due"}]})
    yield [told, other, corrected]
    named = [
        {"event_id": told["event_id"], "paths": ["members[0].name"]},
        {"event_id": corrected["event_id"], "paths": ["new_value.members[0].name"]},
        {"event_id": story.id(), "paths": ["name"]},
    ]
    yield [story.erasure(case, named)]


def withdrawal(story: Story, _: Leave) -> Steps:
    """What was shown on a ground that proved wrong goes, with its corrections; the rest of the case stays."""
    case = story.id()
    first, second = story.fact(case), story.fact(case)
    yield [first, second, story.correction(first, {"benefit": "SFL"})]
    yield [story.again(first, "withdrawn", {})]


def backfill(story: Story, _: Leave) -> Steps:
    """An earlier fact that a new ground opens comes late; one that was known comes again with more fields."""
    case = story.id()
    first = story.fact(case, {"benefit": "ADI"})
    yield [first]
    earlier = story.fact(case, {"benefit": "ADI"}, kind="backfill", recorded_at="2025-12-01T09:00:00.000000Z")
    wider = story.again(first, "backfill", {"benefit": "ADI", "residence_comune": "058091"})
    yield [earlier, wider]


def new_epoch(story: Story, _: Leave) -> Steps:
    """The log was restored: what it no longer has goes, what it has now under the same numbers comes."""
    case = story.id()
    sent = [story.fact(case) for _ in range(4)]
    yield sent
    story.restored(keep=2)
    yield [story.fact(case, {"benefit": "SFL"})]


def restart(story: Story, _: Leave) -> Steps:
    """Killed in the middle of a batch, it loses nothing and takes nothing twice."""
    case = story.id()
    yield [story.fact(case), story.fact(case)]
    batch = [story.fact(case) for _ in range(20)]
    yield Dies(batch)
    yield batch
    yield [story.fact(case)]


def not_yours(story: Story, _: Leave) -> Steps:
    """A message for another recipient is nobody's here."""
    case = story.id()
    first, second = story.fact(case), story.fact(case)
    yield [first, second | {"recipient": "ust", "event_id": story.id()}, second]


SCENARIOS: dict[str, Callable[[Story, Leave], Steps]] = {
    scenario.__name__.replace("_", "-"): scenario
    for scenario in (
        duplicates,
        gaps,
        unknown_type,
        unknown_field,
        unknown_major,
        correction,
        erasure,
        withdrawal,
        backfill,
        new_epoch,
        restart,
        not_yours,
    )
}
