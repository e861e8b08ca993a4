"""The dossier as a page: self-contained, to read on a screen or on paper, for who is no programmer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from api.dossiers.drawing import drawings, legend
from api.dossiers.sheet import sheet
from domain.contract import Json

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""Nothing of the page is fetched, and nothing of it runs."""


def page(dossier: Mapping[str, Json]) -> str:
    """The page of a dossier, from its JSON: the same JSON, the same page."""
    made = sheet(dossier)
    template = _templates().get_template("page.html")
    return template.render(
        sheet=made,
        told={moment.position for moment in made.moments},
        drawings=list(drawings(made.moments)),
        legend=legend(made.moments),
        policy=POLICY,
    )


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("api.dossiers"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
