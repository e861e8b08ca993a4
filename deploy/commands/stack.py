"""The stack on this machine: up, down, demo."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import Annotated, Any

import orjson
import typer

from deploy.commands.saying import described, fail, say
from deploy.settings import Settings

app = typer.Typer()


@app.command()
def up(detach: Annotated[bool, typer.Option(help="Return once everything serves.")] = False) -> None:
    """Start PostgreSQL, Kafka, the API, the relay, the views and a subscriber for each recipient."""
    from deploy.postgres import CannotRun
    from deploy.stack import AlreadyRunning, Stack
    from deploy.supervisor import StartFailed

    settings = Settings()
    if detach:
        start_detached(settings)
        return
    try:
        code = Stack(settings, say).run()
    except (AlreadyRunning, StartFailed, CannotRun) as error:
        raise fail(str(error)) from None
    raise typer.Exit(code)


def start_detached(settings: Settings) -> dict[str, Any]:
    """Start a stack that outlives this command; its description once it serves."""
    from deploy import stack

    if stack.running(settings.var) is not None:
        return described(settings)
    (settings.var / "stack.json").unlink(missing_ok=True)  # of a stack that was killed
    log = settings.var / "log" / "up.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "deploy.command", "up"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    with log.open("rb") as told:
        while not (settings.var / "stack.json").exists():
            ended = process.poll() is not None
            for line in told.readlines():
                say(line.decode().rstrip())
            if ended:
                raise fail(f"the stack did not start; see {log}")
            time.sleep(0.05)
        for line in told.readlines():
            say(line.decode().rstrip())
    return described(settings)


@app.command()
def down() -> None:
    """Stop the stack of this folder, and wait until all of it is gone."""
    from deploy import stack

    say("stopped" if stack.stop(Settings().var) else "nothing runs")


@app.command()
def demo(
    keep: Annotated[bool, typer.Option(help="Leave the stack running afterwards.")] = False,
) -> None:
    """Import the sample, walk one household to a decurtazione, show what each body sees of it."""
    from deploy import stack
    from deploy.demo.show import MAILBOXES, show
    from deploy.demo.sink import sink

    ran_before = stack.running(Settings().var) is not None
    with sink() as kept:
        if Settings().smtp_host is None:
            os.environ |= kept.settings() | {"AMBITO_MAILBOXES": orjson.dumps(MAILBOXES).decode()}
        settings = Settings()
        try:
            show(start_detached(settings), say=typer.echo, mails=kept.mails)
        finally:
            if not keep and not ran_before:
                stack.stop(settings.var)
