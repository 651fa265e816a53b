"""What differs between platforms has its place: one module per subject, found by reading all sources.

Attributes that a platform does not have are found by mypy, which `make types` runs for Windows and macOS as well.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.live_server import ROOT

SOURCES = sorted(
    path
    for folder in ("benchmarks", "engine", "scripts", "server", "tests/support")
    for path in (ROOT / folder).rglob("*.py")
)

PLACES = {
    "fcntl": ("server/security/signing_keys.py",),
    "grp": (),
    "multiprocessing": (
        "server/compute/processes.py",
        "server/compute/start_method.py",
        "server/compute/worker_setup.py",
    ),
    "os.name": ("scripts/find_browser.py", "server/security/signing_keys.py"),
    "os.sched_getaffinity": ("server/settings/processors.py",),
    "posix": (),
    "/proc": ("server/compute/cpu_time.py", "tests/support/container.py", "tests/support/processes.py"),
    "pty": (),
    "pwd": (),
    "resource": ("server/compute/worker_setup.py", "server/transport/connections.py"),
    "socket.TCP_USER_TIMEOUT": ("server/transport/uvicorn_protocols.py",),
    "/sys": ("server/settings/processors.py",),
    "sys.platform": (),
    "termios": (),
}
"""Where a module is imported, a name is used, or a path of Linux is written."""

TAKEN_AWAY = "tests/support/without/"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_differs_between_platforms_is_in_its_place(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    found = {particular for particular in particulars(ast.parse(path.read_bytes())) if particular in PLACES}

    if not name.startswith(TAKEN_AWAY):
        assert {particular for particular in found if name not in PLACES[particular]} == set()


def test_every_place_is_one() -> None:
    for particular, places in PLACES.items():
        for place in places:
            assert particular in set(particulars(ast.parse((ROOT / place).read_bytes()))), (particular, place)


def particulars(tree: ast.AST) -> Iterator[str]:
    """Yield the modules that are imported, the attributes of modules, and the first folders of absolute paths."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names):
                yield from (each.name.partition(".")[0] for each in names)
            case ast.ImportFrom(module=str(module)):
                yield module.partition(".")[0]
            case ast.Call(ast.Attribute(attr="import_module"), [ast.Constant(str(module))]):
                yield module
            case ast.Attribute(ast.Name(module), attribute):
                yield f"{module}.{attribute}"
            case ast.Constant(str(text)) if text.startswith("/") and " " not in text:
                yield "/" + text.split("/")[1]
            case _:
                pass


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_text_file_is_opened_without_its_encoding(path: Path) -> None:
    calls = [node for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.Call)]

    assert [node.lineno for node in calls if opens_text(node) and not names_encoding(node)] == []


READING = {"open": 1, "fdopen": 1, "read_text": 0, "write_text": 1}
"""Calls that open a file, by how many arguments stand before the encoding or the mode."""


def opens_text(call: ast.Call) -> bool:
    function = call.func
    name = getattr(function, "attr", getattr(function, "id", ""))
    modes = [argument for argument in call.args if isinstance(argument, ast.Constant)]
    if name == "open" and isinstance(function, ast.Attribute) and not modes:
        return False  # a method of something else
    return name in READING and not any("b" in str(mode.value) for mode in modes if len(str(mode.value)) < 4)


def names_encoding(call: ast.Call) -> bool:
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    by_place = name in ("read_text", "write_text") and len(call.args) > READING[name]
    return by_place or any(keyword.arg == "encoding" for keyword in call.keywords)
