"""What is generated is fresh."""

import json
import subprocess
import sys

import pytest

from engine import Experiment
from engine.schema import REGISTRIES
from scripts.generate_reference import PATH, README, readme, reference
from server.settings import Settings
from tests.support.live_server import ROOT


def test_the_types_of_the_protocol_are_those_of_the_models() -> None:
    result = subprocess.run(
        [sys.executable, "scripts/generate_protocol_types.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stdout + result.stderr


def test_the_reference_is_that_of_the_registries() -> None:
    assert PATH.read_text(encoding="utf-8") == reference()


def test_the_table_of_settings_is_that_of_their_declaration() -> None:
    text = README.read_text(encoding="utf-8")

    assert text == readme()
    for name in Settings.model_fields:
        assert text.count(f"| `PLAYGROUND_{name.upper()}` |") == 1


@pytest.mark.parametrize("name", REGISTRIES)
def test_every_row_of_every_registry_is_in_the_reference_and_in_the_schema(name: str) -> None:
    page, schema = (
        PATH.read_text(encoding="utf-8"),
        json.dumps(Experiment.model_json_schema(), ensure_ascii=False),
    )

    for key, row in REGISTRIES[name].items():
        assert f"| `{key}` |" in page
        assert row.text in page
        assert json.dumps(key, ensure_ascii=False) in schema
        for option in row.options:
            assert f"`{option.name}` {option.default:g}" in page
