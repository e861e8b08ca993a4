"""What could not be applied, and waits: list, show, retry, drop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import orjson
import typer

from deploy.commands.saying import Json, described, fail, keys_that_open
from deploy.settings import Settings
from domain.contract import instant

if TYPE_CHECKING:
    from deploy.parked import Follower
    from domain.ledger.parked import Pointer

app = typer.Typer(
    no_args_is_help=True,
    help="What a view, a recipient or the disclosure could not apply. It waits by case; the others go on.",
)

Recipient = Annotated[
    str | None, typer.Option(help="In the database of this recipient; the Ambito's own when left out.")
]
Of = Annotated[
    str | None, typer.Option("--view", help="Only of this view of the Ambito, or of the `disclosure`.")
]
Case = Annotated[UUID, typer.Argument(help="The case.")]


@app.command(name="list")
def list_(recipient: Recipient = None, view: Of = None, json: Json = False) -> None:
    """Every case that waits, since when, at what it failed; and what was left out on the way, by rule."""
    with _followers(recipient, view) as followers:
        found = [_case(each.name, case) for each in followers for case in _by_case(each.pointers())]
        left_out = [rule for each in followers for rule in _left_out(each)]
    if json:
        typer.echo(orjson.dumps({"parked": found, "left_out": left_out}))
        return
    for case in found:
        typer.echo(
            f"{case['of']}: case {case['case_id']}: {case['waiting']} from {case['from']},"
            f" {case['error']}, since {case['since']}"
        )
    for rule in left_out:
        last = f"last {rule['last_number']} at {rule['last_at']}"
        typer.echo(f"left out: {rule['rule']}, {rule['times']} times, {last}")
    if not found:
        typer.echo("nothing is parked")


@app.command()
def show(
    case: Case,
    recipient: Recipient = None,
    view: Of = None,
    values: Annotated[
        bool, typer.Option("--values", help="Also what the feed or the log says now, in clear.")
    ] = False,
    json: Json = False,
) -> None:
    """The pointers of one case, in their order; values only when asked for."""
    with _followers(recipient, view) as followers:
        found = [
            _pointer(each.name, pointer) | (_value(each, pointer) if values else {})
            for each in followers
            for pointer in each.pointers(case)
        ]
    if not found:
        raise fail(f"nothing of case {case} is parked")
    if json:
        typer.echo(orjson.dumps({"parked": found}, default=str))
        return
    for each in found:
        state = f" ({each['sqlstate']})" if each["sqlstate"] else ""
        typer.echo(f"{each['of']}: {each['number']}: {each['error']}{state}, since {each['since']}")
        if values:
            typer.echo(f"  {orjson.dumps(each['now'], default=str).decode()}")


@app.command()
def retry(
    case: Annotated[UUID | None, typer.Argument(help="The case; with --all none.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every case that waits.")] = False,
    recipient: Recipient = None,
    view: Of = None,
    json: Json = False,
) -> None:
    """Apply once more what waits of a case, in its order. Exit code 1 where something still waits."""
    if (case is None) != all_:
        raise fail("name one case, or --all")
    tried: list[dict[str, Any]] = []
    with _followers(recipient, view) as followers:
        for each in followers:
            for case_id in sorted({pointer.parked.case_id for pointer in each.pointers(case)}):
                applied = each.retry(case_id)
                waiting = len(each.pointers(case_id))
                tried.append(
                    {"of": each.name, "case_id": str(case_id), "applied": applied, "waiting": waiting}
                )
    if case is not None and not tried:
        raise fail(f"nothing of case {case} is parked")
    if json:
        typer.echo(orjson.dumps({"retried": tried}))
    else:
        for done in tried:
            typer.echo(
                f"{done['of']}: case {done['case_id']}: {done['applied']} applied, {done['waiting']} wait"
            )
    if any(done["waiting"] for done in tried):
        raise typer.Exit(1)


@app.command()
def drop(
    case: Case,
    because: Annotated[str, typer.Option(help="Why; it is kept with the record of what was dropped.")],
    recipient: Recipient = None,
    view: Of = None,
    json: Json = False,
) -> None:
    """Give up what waits of a case: it is never applied, and what follows is. The record of it stays."""
    from deploy.parked import CannotDrop

    if not because.strip():
        raise fail("--because: must say why")
    with _followers(recipient, view) as followers:
        waiting = [each for each in followers if each.pointers(case)]
        if not waiting:
            raise fail(f"nothing of case {case} is parked")
        if len(waiting) > 1:
            raise fail(f"parked in {', '.join(each.name for each in waiting)}: name one with --view")
        try:
            dropped = waiting[0].drop(case, because.strip())
        except CannotDrop as error:
            raise fail(f"{waiting[0].name}: {error}") from None
    if json:
        typer.echo(orjson.dumps({"of": waiting[0].name, "case_id": str(case), "dropped": dropped}))
    else:
        typer.echo(f"{waiting[0].name}: case {case}: {dropped} dropped")


@contextmanager
def _followers(recipient: str | None, view: str | None) -> Iterator[list[Follower]]:
    settings = Settings()
    with keys_that_open(), _opened(settings, recipient) as found:
        followers = [each for each in found if view in (None, each.name)]
        if not followers:
            raise fail(f"--view {view}: there is {', '.join(each.name for each in found)}")
        yield followers


@contextmanager
def _opened(settings: Settings, recipient: str | None) -> Iterator[list[Follower]]:
    import psycopg

    from consumers.client.failures import CallFailed
    from consumers.inbox import NotInTheFeed, OtherEpoch
    from deploy import parked

    try:
        if recipient is None:
            database = settings.database_url or described(settings)["database_url"]
            views = settings.views_database_url or described(settings)["views_database_url"]
            with parked.of_the_ambito(settings, database, views) as found:
                yield found
        else:
            url, api = addresses(settings, recipient)
            with parked.of_a_recipient(settings, recipient, url, api) as found:
                yield found
    except CallFailed as error:
        raise fail(f"the feed: {error}") from None
    except (OtherEpoch, NotInTheFeed) as error:
        raise fail(str(error)) from None
    except psycopg.OperationalError as error:
        raise fail(f"the database does not answer ({type(error).__name__}); run the same again") from None


def addresses(settings: Settings, recipient: str) -> tuple[str, str]:
    """The database of a recipient, and where the API answers: as set, or of the stack that runs here."""
    url = settings.recipient_database_url
    if url is None:
        agencies = described(settings)["agencies"]
        if recipient not in agencies:
            raise fail(f"--recipient {recipient}: the stack here has {', '.join(agencies)}")
        url = agencies[recipient]["database_url"]
    return url, settings.api_url or described(settings)["api_url"]


def _by_case(pointers: Sequence[Pointer]) -> list[list[Pointer]]:
    cases: dict[UUID, list[Pointer]] = {}
    for pointer in pointers:
        cases.setdefault(pointer.parked.case_id, []).append(pointer)
    return list(cases.values())


def _case(of: str, pointers: Sequence[Pointer]) -> dict[str, Any]:
    first = pointers[0]
    return {
        "of": of,
        "case_id": str(first.parked.case_id),
        "from": first.parked.number,
        "waiting": len(pointers),
        "error": first.parked.error,
        "since": instant(first.parked_at),
    }


def _pointer(of: str, pointer: Pointer) -> dict[str, Any]:
    parked = pointer.parked
    return {
        "of": of,
        "number": parked.number,
        "error": parked.error,
        "sqlstate": parked.sqlstate,
        "since": instant(pointer.parked_at),
    }


def _value(follower: Follower, pointer: Pointer) -> dict[str, Any]:
    """What stands behind a pointer now; what cannot be read says why, without its text."""
    from domain.ledger.store import Unreadable

    try:
        return {"now": follower.value(pointer.parked.number)}
    except Unreadable as unreadable:
        return {"now": {"unreadable": type(unreadable.error).__name__}}


def _left_out(follower: Follower) -> list[dict[str, Any]]:
    from consumers.inbox import Inbox

    if not isinstance(follower, Inbox):
        return []
    return [
        {
            "rule": each.rule,
            "times": each.times,
            "last_number": each.last_number,
            "last_at": instant(each.last_at),
        }
        for each in follower.left_out()
    ]
