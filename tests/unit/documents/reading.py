"""What a paper says, read by a library that did not write it."""

from __future__ import annotations

from io import BytesIO

from pypdf import PdfReader

from api.documents.document import Document


def text_of(paper: Document | bytes) -> str:
    """All its text, lines joined: where they break is the printer's business."""
    pdf = paper if isinstance(paper, bytes) else paper.pdf
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())
