"""What the document of an office says in Italian of each operation, and of its answers.

Nothing here names the benefit: an office of the ASL or of the school is not told it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, NotRequired
from uuid import UUID

from pydantic import Field

from api.described.health import Well
from api.described.kinds import (
    NO_CONTROLS,
    Answer,
    Code,
    Cursor,
    Few,
    Fields,
    Lots,
    Page,
    Text,
    Version,
    object_of,
)
from api.described.queries import Said
from api.office.schemas import OfficePerson, line_of
from projections.offices.line import Line, title


class DeskList(Answer):
    """Una lista dell'ufficio: quanto vi è aperto oggi, e quanto di esso in ritardo."""

    name: Code
    title: Text
    open: Version
    late: Version


class DeskPage(Page):
    """Le liste dell'ufficio."""

    items: Few[DeskList]


class CaseKnown(Answer):
    """Un fascicolo di cui l'ufficio sa qualcosa."""

    case_id: UUID
    facts: Version
    last_recorded_at: NotRequired[datetime]


class CasePage(Page):
    """I fascicoli che l'ufficio conosce, per id."""

    items: Few[CaseKnown]


class FactKnown(Answer):
    """Un fatto come l'ufficio lo conosce, da ultimo rettificato."""

    event_id: UUID
    version: Version
    fact: Code
    title: NotRequired[Text]
    occurred_on: NotRequired[date]
    recorded_at: datetime
    agency: Code
    data: Fields


class CaseFile(Answer):
    """Tutto ciò che l'ufficio sa di un fascicolo: le persone, le righe nelle liste, i fatti."""

    case_id: UUID
    people: Few[OfficePerson]
    lists: Annotated[dict[str, Few[Fields]], Field(max_length=100)]
    facts: Lots[FactKnown]


class PersonFound(Answer):
    """Una persona trovata, e in quale fascicolo."""

    case_id: UUID
    member_id: UUID
    person: OfficePerson


class PersonPage(Page):
    """Le persone trovate."""

    items: Few[PersonFound]


Asked = Annotated[str, Field(max_length=100, pattern=NO_CONTROLS)]


class Search(Answer):
    """Chi cercare: per codice fiscale, o per l'inizio del cognome; il resto restringe."""

    tax_code: NotRequired[Asked]
    surname: NotRequired[Asked]
    name: NotRequired[Asked]
    birth_date: NotRequired[date]
    cursor: NotRequired[Asked]


_OF_ALL = {
    "show_desk": Said(
        "Che cosa attende l'ufficio",
        "Le liste dell'ufficio con il loro titolo, quanto vi è aperto oggi e quanto di esso è in ritardo.",
        DeskPage,
    ),
    "list_cases": Said(
        "I fascicoli che l'ufficio conosce", "I fascicoli di cui l'ufficio ha saputo qualcosa.", CasePage
    ),
    "show_case": Said(
        "Il fascicolo come l'ufficio lo conosce",
        "Tutto ciò che l'ufficio ha saputo di un fascicolo, come da ultimo rettificato.",
        CaseFile,
    ),
    "search_people": Said(
        "Ricerca di una persona",
        "Le persone che l'ufficio conosce con questo nome o codice fiscale. Per POST: nessun nome sta in un "
        "indirizzo. Non registra nulla: nessuna `Idempotency-Key`.",
        PersonPage,
    ),
    "show_status": Said("Stato del servizio", "Se l'ufficio risponde, e con esso la sua base dati.", Well),
    "show_livez": Said("Il processo è vivo", "Per il supervisore del processo.", Well),
    "show_readyz": Said(
        "Il servizio può rispondere", "La base dati risponde e le viste dell'ufficio ci sono.", Well
    ),
}


def said(lists: tuple[type[Line], ...]) -> dict[str, Said]:
    """Of each operation of an office with these lists."""
    return _OF_ALL | {f"list_{kind.name.replace('-', '_')}": _of_list(kind) for kind in lists}


def _of_list(kind: type[Line]) -> Said:
    about = f"Le righe della lista «{title(kind)}», dalla più vicina a scadere; quelle senza termine per il "
    return Said(title(kind), about + "giorno in cui cominciano.", _page_of(kind))


def _page_of(kind: type[Line]) -> Any:
    line: Any = line_of(kind)
    items = {"items": Few[line], "next_cursor": Cursor | None}
    return object_of(f"{kind.__name__}Page", items, f"{title(kind)}: una pagina.")
