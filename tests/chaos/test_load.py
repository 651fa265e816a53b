"""Many sessions that train: the server answers nevertheless, in figures."""

import itertools
import re
import subprocess
import sys

import pytest

from tests.support.live_server import ROOT

pytestmark = [pytest.mark.soak, pytest.mark.timeout(300)]


def test_under_thirty_sessions_that_do_their_utmost_health_and_commands_are_answered_in_time() -> None:
    table = load("--sessions", "30", "--seconds", "20")

    for what in ("/healthz p50", "`pause` answered", "`play` answered"):
        (row,) = re.findall(rf"^\| {re.escape(what)}.*\|$", table, re.MULTILINE)
        assert row.endswith("yes |"), row


def test_in_a_class_every_command_is_answered_and_all_processor_time_is_accounted_for() -> None:
    table = load("--class", "--sessions", "8", "--seconds", "20")

    for command in ("configure", "pause", "play", "set_parameter", "watch"):
        assert f"| `{command}` answered" in table
    for kind, what in itertools.product(("a light one", "a heavy one"), ("frames a second", "epochs")):
        assert re.search(rf"^\| {what} .*of {kind}, fewest / mean \| (?!0)", table, re.MULTILINE), table
    shares = [
        float(share)
        for share in re.findall(r"^\| time of \d+ processors: .* \| (\S+)% \|", table, re.MULTILINE)
    ]
    assert len(shares) == 7
    assert sum(shares) == pytest.approx(100, abs=2)  # clock ticks of 10 ms, read one after the other


def load(*options: str) -> str:
    """Return the table of a load."""
    command = [sys.executable, "-m", "benchmarks.load", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=240).stdout
