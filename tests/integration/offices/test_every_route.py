"""What holds of every route of an office too: they are read off its document."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from api.office.paths import BASE
from tests.integration.api.routes import of_app
from tests.integration.api.test_every_route import BODIES, MARKER, check_headers, problem
from tests.integration.offices.conftest import Office

pytestmark = pytest.mark.integration


def test_every_route_of_every_office_refuses_as_every_route_does(offices: dict[str, Office]) -> None:
    tried = 0
    for office in offices.values():
        for each in of_app(office.client.app, BASE):  # type: ignore[arg-type]
            path = each.url()
            nobody = office.client.request(each.method, path, json=each.body())
            if not each.public:
                problem(nobody, 401, "NOT_AUTHENTICATED")
                for body in BODIES.values() if each.takes_body else ():
                    problem(office.client.request(each.method, path, **body[1]), 401, "NOT_AUTHENTICATED")
            problem(office.client.delete(path), 405, "METHOD_NOT_ALLOWED")
            headers = office._by(None)
            known = office.client.request(each.method, path, json=each.body(), headers=headers)
            unwanted = headers | {"Accept": "image/png"}
            problem(office.client.request(each.method, path, json=each.body(), headers=unwanted), 406)
            for answer in (nobody, known):
                check_headers(answer, each.probe)
            wrong = f"{path.rpartition('/')[0]}/{MARKER}"
            with capture_logs() as lines:
                marked = office.client.request(each.method, wrong, params={MARKER: MARKER}, headers=headers)
            assert MARKER not in marked.text + str(marked.headers) + str(lines)
            tried += 1
    assert tried > 60
