"""The documentation says what the code does."""

import inspect
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest

import engine
from engine import Experiment
from engine.experiment import fields
from engine.insight import VIEWS, View
from server import __version__
from server.protocol.commands import Command
from server.protocol.events import ErrorEvent, Event
from tests.support.live_server import ROOT

PROTOCOL = (ROOT / "docs/protocol.md").read_text()
README = (ROOT / "README.md").read_text()
ARCHITECTURE = (ROOT / "docs/architecture.md").read_text()


def members(union: Any) -> list[Any]:
    """Return the models of a discriminated union."""
    return list(get_args(get_args(union)[0]))


@pytest.mark.parametrize("model", [*members(Command), *members(Event)], ids=lambda model: model.__name__)
def test_every_message_and_each_of_its_fields_is_described(model: Any) -> None:
    type_ = get_args(model.model_fields["type"].annotation)[0]
    row = next(line for line in PROTOCOL.splitlines() if line.startswith(f"| `{type_}` |"))

    sent = {name for name, field in model.model_fields.items() if not field.exclude}
    for name in sent - {"type", "id"}:
        assert f"`{name}`" in row or f"{name}," in row or f"{name}}}" in row, name


@pytest.mark.parametrize("row", [row for row in VIEWS.values() if not row.constant], ids=lambda row: row.key)
def test_every_view_with_its_options_and_arrays_is_described(row: View[Any]) -> None:
    first = next(line for line in PROTOCOL.splitlines() if line.startswith(f"| `{row.key}` | "))

    for option in row.options.model_fields:
        assert f"`{option}`" in first
    for array in row.arrays:
        assert f"| `{row.key}/{array}` |" in PROTOCOL


def test_every_error_code_is_described() -> None:
    for code in get_args(ErrorEvent.model_fields["code"].annotation):
        assert f"`{code}`" in PROTOCOL


def test_every_field_of_the_experiment_is_listed_in_order() -> None:
    paragraph = re.search(r"^Fields: (.*?)\.\n\n", PROTOCOL, re.DOTALL | re.MULTILINE)
    assert paragraph is not None

    assert re.findall(r"`([a-z_.]+)`", paragraph[1]) == list(fields())


def test_the_default_experiment_is_as_described() -> None:
    block = re.search(r"```json\n(.*?)```", PROTOCOL, re.DOTALL)
    assert block is not None

    assert json.loads(block.group(1)) == json.loads(Experiment().model_dump_json())


FOLDERS = sorted(
    path.parent.relative_to(ROOT).as_posix()
    for top in ("engine", "server")
    for path in (ROOT / top).rglob("__init__.py")
)


@pytest.mark.parametrize("package", FOLDERS)
def test_every_module_has_its_place_in_the_architecture(package: str) -> None:
    for path in (ROOT / package).glob("*.py"):
        if path.stem not in ("__init__", "__main__"):
            assert f"`{path.stem}`" in ARCHITECTURE, path


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_folder_has_more_than_about_a_dozen_modules(folder: str) -> None:
    modules = [path for path in (ROOT / folder).glob("*.py") if path.stem != "__init__"]
    assert len(modules) <= 13, [path.name for path in modules]


def test_the_python_of_the_readme_runs(tmp_path: Path) -> None:
    block = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert block is not None
    code = block.group(1).replace("epochs=300", "epochs=3")

    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr
    assert "(1, 1, 100, 100)" in result.stdout


def test_the_public_names_of_the_engine_are_those_exported_and_all_are_documented() -> None:
    public = {
        name
        for name, value in vars(engine).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }

    assert public == set(engine.__all__)
    for name in engine.__all__:
        assert inspect.getdoc(getattr(engine, name)), name


def test_the_changelog_has_a_place_for_what_comes_next() -> None:
    assert "## Unreleased" in (ROOT / "CHANGELOG.md").read_text()
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)
