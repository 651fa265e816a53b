"""Thirty sessions that train as fast as they can: the server answers nevertheless, in figures."""

import re
import subprocess
import sys

import pytest

from tests.support.live_server import ROOT

pytestmark = [pytest.mark.soak, pytest.mark.timeout(300)]


def test_under_thirty_sessions_that_do_their_utmost_health_and_commands_are_answered_in_time() -> None:
    command = [sys.executable, "-m", "benchmarks.load", "--sessions", "30", "--seconds", "20"]
    table = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=240).stdout

    for what in ("/healthz p50", "`pause` answered", "`play` answered"):
        (row,) = re.findall(rf"^\| {re.escape(what)}.*\|$", table, re.MULTILINE)
        assert row.endswith("yes |"), row
