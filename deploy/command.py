"""The ``ambito`` command: each kind of work has its own file in ``deploy/commands``."""

from __future__ import annotations

import typer

from deploy.commands import conformance, keeping, keys, parked, processes, rules, stack, views, work

app = typer.Typer(
    name="ambito",
    help="The interagency case register of an Ambito for the Assegno di Inclusione.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for part in (stack, processes, work, keeping, views, conformance):
    app.add_typer(part.app)
app.add_typer(rules.app, name="rules")
app.add_typer(keys.app, name="keys")
app.add_typer(parked.app, name="parked")


def main() -> None:
    app()


if __name__ == "__main__":
    main()
