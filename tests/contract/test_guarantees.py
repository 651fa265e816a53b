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

    assert numbers >= set(range(1, 49)) - NOT_BUILT
    assert numbers == set(range(1, max(numbers) + 1)) - NOT_BUILT  # a number is never given up


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


def headings_of_rows() -> dict[str, str]:
    """Return below which heading each row stands, as links name it."""
    found, heading = {}, ""
    for line in LINES:
        if line.startswith("## "):
            heading = line.removeprefix("## ").lower().replace(" ", "-")
        elif number := re.match(r"\| (\d+) \|", line):
            found[number[1]] = heading
    return found


def test_what_threats_say_is_defended_names_guarantees_that_there_are() -> None:
    text = (ROOT / "docs/threats.md").read_text(encoding="utf-8")
    headings = headings_of_rows()
    linked = re.findall(r"\[([\d, ]+)\]\(guarantees\.md#([\w-]+)\)", text)
    named = re.findall(r"(?<!\[)\[([\d, ]+)\](?!\()", text)

    assert len(linked) >= 15
    for numbers, heading in linked:
        assert {headings[number] for number in numbers.split(", ")} == {heading}
    assert {number for numbers in named for number in numbers.split(", ")} <= set(ROWS)


def test_security_and_threats_are_found_from_the_readme_and_name_no_address() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    for name in ("SECURITY.md", "docs/threats.md"):
        assert f"]({name})" in readme
        assert "@" not in (ROOT / name).read_text(encoding="utf-8")
