"""What is generated is fresh."""

import subprocess
import sys

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
