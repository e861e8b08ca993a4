"""What the checks of the patto find in a draft, before anybody signs it."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from fastapi import FastAPI

from api.caller import Caller
from api.json import Json
from api.noted import note_access
from api.parameters import Version
from api.paths import BASE
from api.problems import unknown
from api.readers import see
from api.services import Given
from domain.case.events import PattoDrafted
from domain.case.rulings.patto import household_on
from domain.rules.calendar import legal_day
from domain.rules.checks import Failed, Level
from domain.rules.patto import failed_in_draft


def add_routes(app: FastAPI) -> None:
    app.add_api_route(
        f"{BASE}/cases/{{case_id}}/pattos/{{patto_id}}/versions/{{version}}/checks",
        check_patto,
        methods=["GET"],
        operation_id="check_patto",
        tags=["documents"],
        response_model=None,
    )


def check_patto(
    case_id: UUID,
    patto_id: UUID,
    version: Version,
    who: Caller,
    services: Given,
    signed_on: date | None = None,
) -> Json:
    """The checks PA-01 … PA-21 that a draft fails, as the household would be on the day of the signature.

    LAW stops the signature, PROTOCOL asks for a written reason, the others are advice.
    """
    see(services, "check_patto", who, case_id)
    case = services.reading.case(case_id)
    draft = case.drafts.get((patto_id, version))
    if draft is None:
        raise unknown()
    day = signed_on or legal_day(services.clock())
    failed = failed_in_draft(draft, household_on(case, day))
    note_access(services, who, case_id, [f.event_id for f in case.all(PattoDrafted) if f.event is draft])
    return Json(
        {
            "patto_id": str(patto_id),
            "version": version,
            "signed_on": day.isoformat(),
            "may_be_signed": not any(each.level is Level.LAW for each in failed),
            "items": [_told(each) for each in failed],
        }
    )


ASKS = {Level.LAW: "STOPS", Level.PROTOCOL: "ASKS_A_REASON"}


def _told(failed: Failed) -> dict[str, str]:
    return {
        "code": failed.code,
        "level": failed.level.value,
        "does": ASKS.get(failed.level, "ADVISES"),
        "legal_ref": failed.legal_ref,
        "because": failed.because,
    }
