"""JSON as the API sends it."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.responses import Response


class Json(Response):
    """A JSON answer; instants and days are texts already, in the one form of :mod:`domain.contract`."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return orjson.dumps(content)
