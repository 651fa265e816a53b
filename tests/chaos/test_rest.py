"""REST, as schemathesis reads its description: whatever is sent, the answer is one that was announced."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from server.settings import Settings
from server.web.app import create_app
from tests.support.live_server import LiveServer

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)


@pytest.fixture(scope="module")
def description() -> Any:
    return create_app(Settings()).openapi()


def ask(server: LiveServer, description: Any, folder: Path, *options: str) -> None:
    """Ask every route what its description allows and forbids, and check the answers."""
    path = folder / "openapi.json"
    path.write_text(json.dumps(description), encoding="utf-8")
    command = [sys.executable, "-m", "schemathesis.cli", "run", str(path), "--url", server.url, *options]
    fixed = ["--checks", ",".join(CHECKS), "--generation-deterministic", "--no-color"]
    result = subprocess.run([*command, *fixed], cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_route_that_reads_a_body_says_which_and_how_it_refuses(description: Any) -> None:
    for path, methods in description["paths"].items():
        if "post" in methods:
            assert "requestBody" in methods["post"], path
            assert {"200", "400", "413", "422"} <= methods["post"]["responses"].keys(), path


def test_every_answer_is_one_that_was_announced(server: LiveServer, description: Any, tmp_path: Path) -> None:
    # Without the phase of hundreds of questions about every field of an experiment.
    ask(server, description, tmp_path, "--phases", "examples,fuzzing", "--max-examples", "10")


@pytest.mark.soak
def test_every_answer_to_many_questions_is_one_that_was_announced(
    server: LiveServer, description: Any, tmp_path: Path
) -> None:
    ask(server, description, tmp_path, "--phases", "examples,coverage,fuzzing", "--max-examples", "300")
