"""What FastAPI does without a register: one raw INSERT, or one SELECT. ``python -m bench.bare URL PORT``

Whoever is compared has the same server, the same pool and the same settings of both.
"""

from __future__ import annotations

import sys
from typing import Any
from uuid import UUID, uuid4

import orjson
import uvicorn
from fastapi import FastAPI
from starlette.responses import Response

from domain.ledger.recorder import pool

INSERT = b"insert into raw (stream, version, topic, state) values (%s, 1, 'bench', %s) returning id"
SELECT = b"select state from raw where stream = %s order by version"


def app(url: str) -> FastAPI:
    connections = pool(url, size=16, name="bench-bare")
    made = FastAPI()

    @made.post("/rows", status_code=201)
    def insert(body: dict[str, Any]) -> dict[str, int]:
        with connections.connection() as connection:
            row = connection.execute(INSERT, (uuid4(), orjson.dumps(body)), prepare=True).fetchone()
        assert row is not None
        return {"id": row[0]}

    @made.get("/rows/{stream}")
    def select(stream: UUID) -> Response:
        with connections.connection() as connection:
            rows = connection.execute(SELECT, (stream,), prepare=True).fetchall()
        return Response(b"[" + b",".join(row[0] for row in rows) + b"]", media_type="application/json")

    return made


if __name__ == "__main__":
    uvicorn.run(
        app(sys.argv[1]),
        port=int(sys.argv[2]),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=60,
    )
