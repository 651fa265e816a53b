"""Every promise in docs/guarantees.md is held by tests that exist."""

import re

import pytest

from tests.support.live_server import ROOT

LINES = (ROOT / "docs/guarantees.md").read_text(encoding="utf-8").splitlines()
ROWS = {
    cells[1]: cells[2:5]
    for cells in ([cell.strip() for cell in line.split("|")] for line in LINES)
    if len(cells) > 1 and cells[1].isdigit()
}
NOT_BUILT = {7, 32, 46, 47}
"""Rooms, and several servers that share one."""


def test_every_guarantee_is_there_but_those_of_what_is_not_built() -> None:
    numbers = {int(number) for number in ROWS}
    assert numbers == set(range(1, max(48, *numbers) + 1)) - NOT_BUILT


@pytest.mark.parametrize("number", ROWS)
def test_the_tests_that_hold_a_guarantee_exist(number: str) -> None:
    promise, tests, _ = ROWS[number]
    assert promise
    for path, name in re.findall(r"`([^`:]+)::([^`]+)`", tests):
        source = (ROOT / "tests" / path).read_text(encoding="utf-8")
        if path.endswith(".py"):
            assert re.search(rf"^\s*(async )?def {name}\(", source, re.MULTILINE), f"{path} has no {name}"
        else:
            assert name in source, f"{path} has no test {name!r}"
