"""Exact versions: the pins are checked against pyproject.toml, and installed with hashes only."""

import re
import shutil
from pathlib import Path

import pytest

from scripts.pin_requirements import NEWER_PYTHON, PIN_FILES, problems, read
from tests.support.live_server import ROOT

WITH_HASHES = [file.name for file in PIN_FILES if not file.by_hand]


def pins_of(name: str) -> dict[str, list[str]]:
    """Versions and markers of a file by package."""
    found: dict[str, list[str]] = {}
    for pin in read((ROOT / f"requirements/{name}.txt").read_text(encoding="utf-8")):
        found.setdefault(pin.name, []).append(f"{pin.version} {pin.requirement.marker}")
    return found


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The files that pin something, to be spoilt."""
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    for name in ("pyproject.toml", "package-lock.json"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def spoil(file: Path, pattern: str, replacement: str) -> None:
    text, count = re.subn(pattern, replacement, file.read_text(encoding="utf-8"), count=1, flags=re.MULTILINE)
    assert count == 1
    file.write_text(text, encoding="utf-8")


def test_nothing_is_wrong_with_the_pins(copy: Path) -> None:
    assert list(problems(copy)) == []


@pytest.mark.parametrize("name", WITH_HASHES)
@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [
        (r"^(\S+==\S+)( \\\n +--hash=\S+)+", r"\1"),
        (r"--hash=sha256:[0-9a-f]{64}", "--hash=md5:" + "0" * 32),
        (r"--hash=sha256:[0-9a-f]{64}", "--hash=sha256:" + "0" * 63),
        (r"^(\S+)==([^ ;]+)", r"\1>=\2"),
        (r"^(\S+)==([^ ;]+)", r"\1==1.*"),
    ],
    ids=["no hashes", "weak hash", "cut hash", "range", "any of a version"],
)
def test_a_pin_without_hashes_or_an_exact_version_is_noticed(
    copy: Path, name: str, pattern: str, replacement: str
) -> None:
    spoil(copy / f"requirements/{name}.txt", pattern, replacement)

    found = list(problems(copy))

    assert found
    assert all(f"requirements/{name}.txt" in problem for problem in found[:1])


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("build", "hatchling"),
        ("run", "uvicorn"),
        ("dask", "distributed"),
        ("dev", "pytest"),
        ("parity", "torch"),
    ],
)
def test_what_is_asked_for_and_not_pinned_is_noticed(copy: Path, name: str, package: str) -> None:
    spoil(copy / f"requirements/{name}.txt", rf"^{package}==", f"{package}x==")

    assert any(package in problem for problem in problems(copy))


def test_two_files_with_two_versions_of_one_package_are_noticed(copy: Path) -> None:
    spoil(copy / "requirements/dev.txt", r"^hatchling==\S+", "hatchling==1.27.0")

    assert any("hatchling==1.27.0" in problem for problem in problems(copy))


def test_what_is_no_requirement_is_noticed(copy: Path) -> None:
    spoil(copy / "requirements/run.txt", r"^uvicorn==\S+", "--index-url https://example.org")

    assert any("example.org" in problem for problem in problems(copy))


@pytest.mark.parametrize("name", [file.name for file in PIN_FILES])
def test_no_file_names_a_registry(name: str) -> None:
    assert "//" not in (ROOT / f"requirements/{name}.txt").read_text(encoding="utf-8")


def test_a_newer_python_gets_a_version_of_its_own() -> None:
    for package, (python, version) in NEWER_PYTHON.items():
        older, newer = pins_of("run")[package]
        assert newer == f'{version} python_version >= "{python}"'
        assert older.endswith(f'python_version < "{python}"')


def test_what_only_windows_needs_is_pinned_too() -> None:
    """As pip refuses to install anything beside hashes that has none."""
    assert "colorama" in pins_of("dev")  # of pytest


def test_no_file_with_hashes_is_part_of_one_without() -> None:
    for file in PIN_FILES:
        text = (ROOT / f"requirements/{file.name}.txt").read_text(encoding="utf-8")
        assert re.findall(r"^-r (\w+)\.txt$", text, re.MULTILINE) == ([file.base] if file.base else [])
        assert file.base is None or file.base in WITH_HASHES


@pytest.mark.parametrize("name", WITH_HASHES)
def test_a_file_of_another_content_fits_no_hash(name: str) -> None:
    """A hash is that of one file; each package has its own."""
    pins = read((ROOT / f"requirements/{name}.txt").read_text(encoding="utf-8"))
    hashes = [each for pin in pins for each in pin.hashes]

    assert len(hashes) == len(set(hashes))


def test_nothing_is_installed_by_a_command_that_checks_no_hashes() -> None:
    """Each ``pip install`` of the project names a file with hashes, or takes no dependencies and builds with those."""
    text = re.sub(r"\\\n", " ", (ROOT / "Makefile").read_text() + (ROOT / "Dockerfile").read_text())
    commands = re.findall(r"(?:\$\(PIP\)|-m pip) (?:install|wheel) ([^\n&]*)", text)

    assert len(commands) >= 8
    for command in commands:
        files = set(re.findall(r"requirements/(\S+?)\.txt", command))
        if "--no-deps" in command:
            assert "--no-build-isolation" in command or command.rstrip().endswith(".whl")
        else:
            assert files
            assert files <= {*WITH_HASHES, "parity", "${EXTRAS:-run}"}
