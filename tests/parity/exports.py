"""Exported scripts in PyTorch against the engine, run by ``make parity``.

The name keeps it out of ``make test``, like that of ``torch_parity.py``.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from engine import Experiment, begin
from server.export import export
from tests.support.scripts import ROWS, engine_losses, script_losses

EPOCHS = 6
TOLERANCE = 1e-8
"""What is promised; found: some 1e-15 … 1e-12."""

torch.set_num_threads(1)


@pytest.mark.parametrize("name", ROWS)
def test_the_losses_of_every_row_are_those_of_the_engine(name: str) -> None:
    expected = engine_losses(begin(ROWS[name]), EPOCHS)

    found = script_losses(export(ROWS[name], "pytorch", EPOCHS))

    np.testing.assert_allclose(found, expected, rtol=0, atol=TOLERANCE)


def test_a_script_runs_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text(export(Experiment(), "pytorch", 20) + "import json\nprint(json.dumps(history))\n")

    result = subprocess.run(
        [sys.executable, "-I", str(path)], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert (result.returncode, result.stderr) == (0, "")
    found = json.loads(result.stdout.splitlines()[-1])
    np.testing.assert_allclose(found, engine_losses(begin(Experiment()), 20), rtol=0, atol=TOLERANCE)
