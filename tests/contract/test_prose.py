"""The check of prose finds banned phrases in comments and docstrings, and nowhere else."""

from pathlib import Path

import pytest

from scripts.check_prose import SOURCES, faults
from tests.support.live_server import ROOT


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.py", '"""Waits.\n\nWhoever comes is told."""\n', [(3, "Whoever"), (3, "told")]),
        ("a.py", 'x = 1\n"""Is told."""\n# as it goes\n', [(3, "as it goes"), (2, "told")]),
        ("a.py", 'told = "whoever"  # `told` is a name\n', []),
        (
            "a.js",
            "/**\n * Is told.\n */\nconst told = 'whoever'; // whoever\n",
            [(2, "told"), (4, "whoever")],
        ),
        ("a.js", 'const link = "http://whoever";\n', []),
    ],
)
def test_phrases_are_found_with_their_lines(name: str, text: str, expected: list[tuple[int, str]]) -> None:
    assert list(faults(Path(name), text)) == expected


@pytest.mark.parametrize("pattern", SOURCES)
def test_the_sources_have_none(pattern: str) -> None:
    paths = [path for path in ROOT.glob(pattern) if path.name != "check_prose.py"]

    assert paths
    assert {path.name: list(faults(path, path.read_text(encoding="utf-8"))) for path in paths} == {
        path.name: [] for path in paths
    }
