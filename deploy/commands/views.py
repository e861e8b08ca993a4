"""The views, made anew."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from deploy.commands.parked import addresses
from deploy.commands.saying import Json, Progress, described, fail, keys_that_open, say
from deploy.settings import Settings

if TYPE_CHECKING:
    from projections.rebuild import Rebuild, Rebuilt

app = typer.Typer()


@app.command()
def rebuild(
    view: Annotated[str, typer.Argument(help="For example cases, deadlines; desk, for a recipient.")],
    recipient: Annotated[
        str | None, typer.Option(help="The view of this recipient; the Ambito's own when left out.")
    ] = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="Forget what an interrupted rebuild made: the code has changed.")
    ] = False,
    json: Json = False,
) -> None:
    """Make a view anew beside the one that serves, tell what differs, and put it in place.

    Interrupted, it goes on where it was.
    """
    import psycopg

    from consumers.client.failures import CallFailed
    from consumers.inbox import OtherEpoch
    from deploy.memory import collect_seldom
    from projections.rebuild import NotKept
    from projections.runner import Gone

    collect_seldom()
    settings, began, progress = Settings(), time.monotonic(), Progress()
    try:
        with keys_that_open(), ExitStack() as opened:
            work = _of(settings, view, recipient, opened)
            start = 0 if anew else work.position
            if start:
                say(f"goes on after {start:,}; --anew begins from the start")

            def told(position: int, end: int) -> None:
                progress(lambda seconds: _line(position, end, (position - start) / seconds))

            rebuilt = work.run(told, anew=anew)
    except (NotKept, Gone, OtherEpoch) as error:
        raise fail(f"{view}: {error}") from None
    except CallFailed as error:
        raise fail(f"the feed: {error}; the same command goes on where it stopped") from None
    except psycopg.errors.DependentObjectsStillExist as error:
        raise fail(f"something of yours rests on the old tables: {error.diag.message_detail}") from None
    except (psycopg.OperationalError, KeyboardInterrupt) as error:
        raise fail(f"{type(error).__name__}; the same command goes on where it stopped") from None
    if json:
        typer.echo(orjson.dumps(_told(rebuilt)))
        return
    for each in rebuilt.differences:
        case = f"case {each.case_id}" if each.case_id else "rows of no case"
        typer.echo(f"{case}: {each.gone} rows gone, {each.new} new")
    seconds = time.monotonic() - began
    typer.echo(
        f"{rebuilt.view} rebuilt up to {rebuilt.position:,} in {seconds:.1f} s:"
        f" {len(rebuilt.differences)} cases differ, {rebuilt.parked} parked"
    )


def _of(settings: Settings, view: str, recipient: str | None, opened: ExitStack) -> Rebuild[Any]:
    from deploy import parked
    from projections.offices import views_of

    if recipient is not None:
        from consumers.inbox import Inbox

        url, api = addresses(settings, recipient)
        (inbox,) = opened.enter_context(parked.of_a_recipient(settings, recipient, url, api))
        assert isinstance(inbox, Inbox)
        named = {each.name: each for each in views_of(recipient, settings.law)}
        return inbox.rebuild(_named(named, view))
    from projections.kept import Kept

    database = settings.database_url or described(settings)["database_url"]
    views = settings.views_database_url or described(settings)["views_database_url"]
    found = opened.enter_context(parked.of_the_ambito(settings, database, views))
    kept: Kept = _named({each.name: each for each in found if isinstance(each, Kept)}, view)
    return kept.rebuild()


def _named(found: dict[str, Any], view: str) -> Any:
    if view not in found:
        raise fail(f"{view}: there is {', '.join(found)}")
    return found[view]


def _line(position: int, end: int, rate: float) -> str:
    left = f"{(end - position) / rate:.0f} s left" if rate else "no rate yet"
    return f"{position:,} of {end:,}, {rate:,.0f} a second, {left}"


def _told(rebuilt: Rebuilt) -> dict[str, Any]:
    return {
        "view": rebuilt.view,
        "version": rebuilt.version,
        "position": rebuilt.position,
        "parked": rebuilt.parked,
        "differences": [
            {"case_id": each.case_id, "gone": each.gone, "new": each.new} for each in rebuilt.differences
        ],
    }
