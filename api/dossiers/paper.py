"""The dossier as a paper: PDF/A, for the file of a proceeding."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from api.documents.document import Document
from api.documents.press import press
from api.dossiers.sheet import sheet
from domain.contract import Json
from domain.rules.calendar import legal_day


def paper(dossier: Mapping[str, Json]) -> Document:
    """The paper of a dossier. Raises Unprintable for a letter that the fonts do not have."""
    made = sheet(dossier)
    pdf = press(
        "dossier.html",
        title=f"Dossier: {made.title}",
        reference=f"Dossier della misura {made.measure_id}",
        on=legal_day(datetime.fromisoformat(dossier["as_of"])),
        sheet=made,
    )
    return Document(f"dossier-{made.measure_id}.pdf", pdf)
