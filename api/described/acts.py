"""What an act is answered with, and how a request is refused."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, NotRequired
from uuid import UUID

from pydantic import Field

from api.described.kinds import NO_CONTROLS, Answer, Count, Few, Text, Version

Rule = Annotated[str, Field(max_length=60, pattern="^[A-Z][A-Z0-9_]*$")]


class Recorded(Answer):
    """L'esito di un atto: nessun ``event_ids`` dove diceva ciò che già risultava, nessuna ``version`` per chi
    non vede il fascicolo per intero."""

    case_id: NotRequired[UUID]
    protocol_id: NotRequired[UUID]
    agreement_id: NotRequired[UUID]
    puc_id: NotRequired[UUID]
    meeting_id: NotRequired[UUID]
    version: NotRequired[Version]
    position: Count
    recorded_at: datetime
    event_ids: Few[UUID]
    replayed: bool


class Wrong(Answer):
    """Che cosa non va, e dove: un puntatore JSON nel corpo, o il nome di un parametro."""

    where: Annotated[str, Field(max_length=1000, pattern=NO_CONTROLS)]
    because: Text


class Problem(Answer):
    """Perché una richiesta è respinta (RFC 9457): la regola, il suo articolo, e dove; mai un valore."""

    type: Annotated[str, Field(max_length=200, json_schema_extra={"format": "uri"})]
    title: Text
    status: Annotated[int, Field(ge=400, le=599, json_schema_extra={"format": "int32"})]
    detail: Text
    rule: Rule
    article: NotRequired[Text]
    errors: NotRequired[Few[Wrong]]
