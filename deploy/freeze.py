"""Freezes the schemas of what is published: `python -m deploy.freeze`.

It writes a file for each type that has none, and the next minor of one whose fields or codes have changed. It
writes no file a second time, and refuses a change that would break who reads the same major: such a change
begins a new one, which has to be asked for by name: `--major it.ambito.adi.case.patto-signed`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from pathlib import Path
from typing import Annotated

import typer

from domain.contract import Json
from domain.published.compatible import breaks, shape
from domain.published.frozen import FOLDER, SUMS, Frozen, latest, made, read
from domain.published.names import published
from domain.published.schema import schemas


class Breaks(Exception):
    """A schema cannot be published under the major that it has; the text names its type and the fields."""


class Changed(Exception):
    """A frozen file was edited, removed or added by hand; the text names it."""


def due(frozen: list[Frozen], now: Mapping[str, Json], majors: Set[str] = frozenset()) -> Iterator[Frozen]:
    """What has to be frozen for schemas as they are now. Raises Breaks."""
    last = latest(frozen)
    for name, schema in sorted(now.items()):
        before = last.get(name)
        if before is None:
            yield made(name, 1, 0, schema)
        elif published(name) in majors:
            yield made(name, before.major + 1, 0, schema)
        elif shape(before.schema) != shape(made(name, 1, 0, schema).schema):
            same_major = [each for each in frozen if (each.name, each.major) == (name, before.major)]
            fields = sorted({at for each in same_major for at in breaks(each.schema, schema)})
            if fields:
                raise Breaks(f"{published(name)}: breaks who reads v{before.major}: {', '.join(fields)}")
            yield made(name, before.major, before.minor + 1, schema)


def freeze(folder: Path = FOLDER, majors: Set[str] = frozenset()) -> list[Frozen]:
    """Write what is due into a folder. Raises Breaks or Changed, and has then written nothing."""
    frozen = read(folder)
    if wrong := changed(frozen, folder):
        raise Changed(f"not as frozen: {', '.join(wrong)}")
    found = list(due(frozen, schemas(), majors))
    for each in found:
        with (folder / each.file).open("xb") as file:
            file.write(each.text)
    with (folder / SUMS).open("a", encoding="ascii") as file:
        file.writelines(f"{each.digest}  {each.file}\n" for each in found)
    return found


def changed(frozen: list[Frozen], folder: Path = FOLDER) -> list[str]:
    """The files that are no longer, or not yet, what the list of their digests says."""
    listed = folder / SUMS
    lines = listed.read_text(encoding="ascii").split("\n") if listed.exists() else []
    said = {file: digest for digest, _, file in (line.partition("  ") for line in lines if line)}
    found = {each.file: each.digest for each in frozen}
    return sorted({file for file, _ in said.items() ^ found.items()})


def main(
    major: Annotated[list[str] | None, typer.Option(help="Begin a new major of this type.")] = None,
) -> None:
    """Freeze the schemas of what is published."""
    try:
        found = freeze(majors=frozenset(major or ()))
    except (Breaks, Changed) as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(1) from None
    for each in found:
        typer.echo(each.file)


if __name__ == "__main__":
    typer.run(main)
