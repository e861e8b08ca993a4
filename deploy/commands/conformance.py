"""Whether a consumer that somebody wrote keeps what it is sent."""

from __future__ import annotations

from typing import Annotated

import orjson
import typer

from deploy.commands.saying import Json, fail, say

app = typer.Typer()


@app.command()
def conformance(
    command: Annotated[
        list[str], typer.Argument(help="The adapter of the consumer, after `--`: see docs/consuming.md.")
    ],
    scenario: Annotated[list[str] | None, typer.Option(help="Only this one; may be repeated.")] = None,
    by_feed: Annotated[
        bool, typer.Option("--by-feed", help="It reads the REST feed alone, and no topic.")
    ] = False,
    patience: Annotated[
        float, typer.Option(min=0, help="Seconds it may take until it holds what it should.")
    ] = 10.0,
    json: Json = False,
) -> None:
    """Deliver what may come to a consumer, and compare what it holds. Exit code 1 for any finding."""
    from consumers.conformance.port import Command
    from consumers.conformance.scenarios import SCENARIOS
    from consumers.conformance.suite import run

    asked = scenario or list(SCENARIOS)
    unknown = [name for name in asked if name not in SCENARIOS]
    if unknown:
        raise fail(f"--scenario {unknown[0]}: there is {', '.join(SCENARIOS)}")
    found = []
    for name in asked:
        wrong = run(Command(command), [name], by_feed=by_feed, patience=patience)
        found += wrong
        say(f"{name}: {'; '.join(finding.what for finding in wrong) or 'well'}")
    failed = {finding.scenario for finding in found}
    if json:
        findings = [{"scenario": finding.scenario, "what": finding.what} for finding in found]
        typer.echo(orjson.dumps({"scenarios": asked, "findings": findings}))
    else:
        typer.echo(f"{len(asked) - len(failed)} passed, {len(failed)} failed")
    if found:
        raise typer.Exit(1)
