"""What a client accepts, held against what a route answers with."""

from __future__ import annotations

from fastapi import Request

from api.problems import Problem

JSON = frozenset({"application/json"})


async def check_accepted(request: Request) -> None:
    """Raises Problem for a route that has none of the forms which the ``Accept`` header names."""
    accept = request.headers.get("accept", "*/*")
    if "*/*" in accept:
        return
    answers = getattr(request.scope["route"], "responses", {}).get(200, {}).get("content", {})
    forms = JSON | answers.keys()
    for part in accept.split(","):
        wanted = part.split(";")[0].strip().lower()
        if wanted in forms or (wanted.endswith("/*") and any(f.startswith(wanted[:-1]) for f in forms)):
            return
    raise Problem(406, "NOT_ACCEPTABLE")
