"""REST, as schemathesis reads its description: whatever is sent, the answer is one that was announced."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from server.settings import Settings
from server.web.app import create_app
from tests.support.live_server import LiveServer

DESCRIPTION = create_app(Settings()).openapi()
PATIENT: Any = {"deadline": None, "suppress_health_check": list(HealthCheck), "derandomize": True}
SHORT, LONG = (schemathesis.openapi.from_dict(DESCRIPTION) for _ in range(2))
SHORT.config.phases.coverage.enabled = False  # hundreds of questions about every field of an experiment


def test_every_route_that_reads_a_body_says_which_and_how_it_refuses() -> None:
    for path, methods in DESCRIPTION["paths"].items():
        if "post" in methods:
            assert "requestBody" in methods["post"], path
            assert {"200", "400", "413", "422"} <= methods["post"]["responses"].keys(), path


def ask(case: Case, server: LiveServer) -> None:
    case.call_and_validate(
        base_url=server.url,
        checks=[
            not_a_server_error,
            status_code_conformance,
            content_type_conformance,
            response_schema_conformance,
        ],
    )


@SHORT.parametrize()
@settings(max_examples=10, **PATIENT)
def test_every_answer_is_one_that_was_announced(case: Case, server: LiveServer) -> None:
    ask(case, server)


@pytest.mark.soak
@LONG.parametrize()
@settings(max_examples=300, **PATIENT)
def test_every_answer_to_many_questions_is_one_that_was_announced(case: Case, server: LiveServer) -> None:
    ask(case, server)
