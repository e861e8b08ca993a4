"""The ``ambito`` command: each kind of work has its own file in ``deploy/commands``."""

from __future__ import annotations

from importlib.util import find_spec

import typer

from deploy.commands import verify

app = typer.Typer(
    name="ambito",
    help="The interagency case register of an Ambito for the Assegno di Inclusione.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(verify.app)

if find_spec("psycopg") is not None:
    from deploy.commands import (
        agency,
        conformance,
        contracts,
        dossiers,
        exchanges,
        keeping,
        keys,
        parked,
        processes,
        rules,
        stack,
        views,
        work,
    )

    for part in (stack, processes, work, dossiers, exchanges, keeping, views, contracts, conformance):
        app.add_typer(part.app)
    app.add_typer(rules.app, name="rules")
    app.add_typer(keys.app, name="keys")
    app.add_typer(agency.app, name="agency")
    app.add_typer(parked.app, name="parked")
else:

    @app.callback(epilog="The base install is the verifier alone; its extra 'server' brings the register.")
    def base() -> None:
        """Whether the bundle of a measure holds, checked offline."""


def main() -> None:
    try:
        app()
    except ValueError as error:
        # pydantic's, which the base install has not. Its text would quote what was given: a password, say.
        if getattr(error, "title", None) != "Settings":
            raise
        for wrong in error.errors(include_input=False):  # type: ignore[attr-defined]
            setting = "_".join(str(part) for part in ("AMBITO", *wrong["loc"])).upper()
            typer.echo(f"ambito: {setting}: {wrong['msg']}", err=True)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
