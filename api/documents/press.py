"""From a template and its values to a PDF: the same in, the same bytes out, on any machine and in any year.

PDF/A-2u (ISO 19005-2) for conservation, with the fonts inside. Nothing of it comes from a clock, from chance
or from the machine: the day is that of the facts, the metadata are written here, and streams are stored as
they are, because two zlib compress the same differently. What is left are the versions in
``requirements.lock`` and the templates, which :data:`MODEL` numbers.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from contextlib import closing
from datetime import UTC, date, datetime, time
from functools import cache
from importlib.resources import files
from typing import Any
from xml.sax.saxutils import escape as xml

from fpdf import FPDF, TextStyle
from fpdf.fonts import TTFFont
from fpdf.output import OutputProducer
from fpdf.syntax import PDFContentStream, PDFObject
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from api.documents import words
from api.documents.document import Unprintable

MODEL = "1"
"""Printed on every page: raised whenever a template or the layout changes, since the hashes then change."""

FONT = "dejavu"
FONTS = {"": "DejaVuSans.ttf", "B": "DejaVuSans-Bold.ttf"}

STYLES = {
    "h1": TextStyle(font_style="B", font_size_pt=15, color=0, t_margin=4, b_margin=0.3),
    "h2": TextStyle(font_style="B", font_size_pt=11.5, color=0, t_margin=5, b_margin=0.3),
    "p": TextStyle(t_margin=1, b_margin=1),
    "ul": TextStyle(t_margin=0.1, b_margin=1),
    "li": TextStyle(l_margin=5, t_margin=0.1),
}
SPACED = {"<p>": '<p line-height="1.3">', "<ul>": '<ul line-height="1.3">'}
SIGNATURE = '<p line-height="2.1">'
"""How the templates begin the lines for a signature."""

ROOM = 38
"""Millimetres that a heading or a signature asks for, or it starts on a new page."""


def press(template: str, *, title: str, reference: str, on: date, **values: Any) -> bytes:
    """The paper that a template makes of its values, dated on a day of the facts.

    ``title`` and ``reference`` stand in the metadata and at the foot of every page: no personal datum.
    Raises Unprintable for a letter that the font does not have, UndefinedError for a value left out.
    """
    html = _templates().get_template(template).render(title=title, on=on, **values)
    with closing(_Paper(f"{reference} · modello {MODEL}")) as pdf:
        _date(pdf, title, on)
        for part in re.split(f"(?=<h2>|{SIGNATURE})", _spaced(html)):
            if pdf.will_page_break(ROOM):
                pdf.add_page()
            pdf.write_html(part, tag_styles=STYLES, li_prefix_color=0, font_family=FONT)
        return bytes(pdf.output(output_producer_class=_Stored))


# --- the page ----------------------------------------------------------------------------------------------


class _Paper(FPDF):
    def __init__(self, foot: str) -> None:
        super().__init__(format="A4", enforce_compliance="PDF/A-2U")
        self._foot = foot
        for style, file in FONTS.items():
            self.add_font(FONT, style, str(files("api.documents") / "fonts" / file))
        self.set_margins(22, 20)
        self.set_auto_page_break(True, margin=22)
        self.alias_nb_pages(_PAGES)
        self.set_lang("it-IT")
        self.set_font(FONT, size=9.5)
        self.add_page()

    @property
    def letters(self) -> frozenset[int]:
        """What every font on the page can print."""
        return frozenset.intersection(*(frozenset(font.cmap) for font in self._truetype()))

    def close(self) -> None:
        for font in self._truetype():
            font.close()

    def _truetype(self) -> list[TTFFont]:
        return [font for font in self.fonts.values() if isinstance(font, TTFFont)]

    def footer(self) -> None:
        self.set_y(-15)
        self.set_font(FONT, size=7.5)
        self.cell(0, 5, f"{self._foot} · pagina {self.page_no()} di {_PAGES}", align="C")


_PAGES = "\x02"
"""Stands for the number of pages: no value has it, see :func:`_legible`."""


class _Stored(OutputProducer):
    """Streams as they are: what a compressor makes of them depends on its build."""

    def _add_pdf_obj(self, pdf_obj: PDFObject, *more: Any, **named: Any) -> int:
        if isinstance(pdf_obj, PDFContentStream) and pdf_obj.filter is not None:
            pdf_obj._contents = zlib.decompress(pdf_obj._contents)
            pdf_obj.filter, pdf_obj.length = None, len(pdf_obj._contents)
        return super()._add_pdf_obj(pdf_obj, *more, **named)


def _date(pdf: FPDF, title: str, on: date) -> None:
    """The metadata, which the library would date by the clock."""
    midnight = datetime.combine(on, time(), UTC)
    pdf.set_title(title)
    pdf.set_creation_date(midnight)
    pdf.set_xmp_metadata(_XMP.format(title=xml(title), instant=midnight.isoformat()))


_XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"
    xmp:CreateDate="{instant}" xmp:ModifyDate="{instant}" xmp:MetadataDate="{instant}">
   <pdfaid:part>2</pdfaid:part>
   <pdfaid:conformance>U</pdfaid:conformance>
   <dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>"""


# --- the text ----------------------------------------------------------------------------------------------


@cache
def _templates() -> Environment:
    found = Environment(
        loader=PackageLoader("api.documents"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printed,
    )
    found.filters |= {"day": words.day, "hour": words.hour, "agency": words.agency}
    return found


def _printed(value: object) -> Markup:
    """A value as text of the template: what it says is never markup, its lines stay lines."""
    if isinstance(value, Markup):
        return value
    if value is None:
        raise TypeError("a template prints a value that is not there")
    return Markup("<br>").join(escape(_legible(line)) for line in str(value).splitlines())


def _spaced(html: str) -> str:
    """Without the line ends around blocks, which would be printed, and with room between the lines."""
    html = re.sub(r"\s*(</?(?:h1|h2|p|ul|li)(?: [^>]*)?>)\s*", r"\1", html)
    return re.sub("|".join(SPACED), lambda found: SPACED[found[0]], html)


def _legible(line: str) -> str:
    """Composed letters, without marks that print nothing but can turn the order of what is read."""
    text = unicodedata.normalize("NFC", line.replace("\t", " "))
    text = "".join(letter for letter in text if unicodedata.category(letter) not in ("Cf", "Cc"))
    if any(ord(letter) not in _letters() or _leftwards(letter) for letter in text):
        raise Unprintable("", "a text has letters that the papers cannot print")
    return text


def _leftwards(letter: str) -> bool:
    """Scripts whose letters join or run from right to left would come out broken."""
    return unicodedata.bidirectional(letter) in ("R", "AL", "AN")


@cache
def _letters() -> frozenset[int]:
    with closing(_Paper("")) as paper:
        return paper.letters
