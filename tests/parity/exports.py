"""Exported scripts in PyTorch, Keras and scikit-learn against the engine, run by ``make parity``.

The name keeps it out of ``make test``, like that of ``torch_parity.py``.
"""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given

from engine import Experiment, begin
from server.export import TARGETS, CannotExportError, export
from server.export.losses import LOSSES
from server.export.optimizers import OPTIMIZERS
from tests.support.export_grid import BATCH_SIZES, CELLS, cell, spread
from tests.support.scripts import ROWS, engine_losses, script_losses
from tests.support.strategies import experiments, law, varied

EPOCHS = 6
TOLERANCES = {"numpy": 1e-8, "pytorch": 1e-8, "scikit-learn": 1e-8, "keras": 1e-5}
"""What is promised; found: some 1e-15 … 1e-12, and 1e-8 in Keras, which rounds products to single precision."""

LIBRARIES = [language for language in TARGETS if language != "numpy"]

SKLEARN_OPTIMIZERS = [key for key, row in OPTIMIZERS.items() if row.sklearn is not None]
REFUSED = {
    "pytorch": set[str](),
    "keras": {"training.optimizer_options.beta1"},
    "scikit-learn": {
        "network.activation",
        "objective.dropout",
        "training.clip_norm",
        "training.learning_rate",
        "training.optimizer",
        "training.schedule",
    },
}
"""What may keep an experiment from being written, if its loss does not."""

torch.set_num_threads(1)

# Keras asks PyTorch for arrays in the way that was usual before NumPy 2.
pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.timeout(600),
]


def suited(experiment: Experiment, language: str) -> Experiment:
    """Return an experiment with a loss that the language has."""
    if language != "scikit-learn":
        return experiment
    loss = next(key for key, row in LOSSES.items() if experiment.problem in row.sklearn)
    return varied(experiment, objective={"loss": loss})


def written(experiment: Experiment, language: str, epochs: int) -> str | None:
    """Return the script, or nothing if it is refused for one of the reasons there are."""
    try:
        return export(experiment, language, epochs)
    except CannotExportError as refusal:
        if refusal.field in REFUSED[language]:
            return None
        raise


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("language", LIBRARIES)
def test_the_losses_of_every_row_are_those_of_the_engine(language: str, name: str) -> None:
    one = suited(ROWS[name], language)
    script = written(one, language, EPOCHS)
    if script is None:
        return

    found = script_losses(script)

    tolerance = TOLERANCES[language]
    np.testing.assert_allclose(found, engine_losses(begin(one), EPOCHS), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("language", LIBRARIES)
@law(40)
@given(one=experiments())
def test_the_losses_of_any_experiment_are_those_of_the_engine(one: Experiment, language: str) -> None:
    one = suited(one, language)
    if language == "scikit-learn":  # without what it would refuse
        optimizer = one.training.optimizer if one.training.optimizer in SKLEARN_OPTIMIZERS else "adam"
        one = varied(
            one,
            network={"activation": "tanh"},
            objective={"dropout": 0.0},
            training={
                "optimizer": optimizer,
                "optimizer_options": one.training.optimizer_options
                if optimizer == one.training.optimizer
                else {},
                "learning_rate": one.training.learning_rate or 0.1,
                "schedule": "constant",
                "schedule_options": {},
                "clip_norm": 0.0,
            },
        )
    run = begin(one)
    expected = engine_losses(run, 4)
    script = written(one, language, 4)
    if script is None:
        return
    found = script_losses(script)

    # Where a step is wild, the last digit decides the path: as far as moving it changes the engine's own losses.
    tolerance = TOLERANCES[language]
    nudged = replace(run, parameters=run.parameters * (1 + (1e-7 if language == "keras" else 1e-15)))
    other = engine_losses(nudged, 4)[: len(expected)]
    assert len(found) == len(expected)
    with np.errstate(invalid="ignore", over="ignore"):
        path = np.nan_to_num(np.abs(other - expected[: len(other)]).max(initial=0.0), nan=np.inf)
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance + 100 * path)


@pytest.mark.parametrize(("penalty", "optimizer", "batch_size"), CELLS)
@pytest.mark.parametrize("language", TARGETS)
def test_every_penalty_optimizer_and_size_of_batches_ends_as_in_the_engine(
    language: str, penalty: str, optimizer: str, batch_size: int
) -> None:
    one, epochs = cell(penalty, optimizer, batch_size), BATCH_SIZES[batch_size]
    if language == "scikit-learn" and optimizer not in SKLEARN_OPTIMIZERS:
        with pytest.raises(CannotExportError) as refusal:
            export(one, language, epochs)
        assert refusal.value.field == "training.optimizer"
        return
    expected = engine_losses(begin(one), epochs)[-1, 0]

    found = script_losses(export(one, language, epochs))[-1, 0]

    if abs(found - expected) > TOLERANCES[language]:
        assert language == "keras"  # single precision, which hundreds of steps may carry on
        low, high = spread(one, epochs)
        assert low <= found <= high


@pytest.mark.parametrize("language", LIBRARIES)
def test_a_script_runs_by_itself(tmp_path: Path, language: str) -> None:
    one = suited(Experiment(), language)
    path = tmp_path / "script.py"
    path.write_text(export(one, language, 20) + "import json\nprint(json.dumps(history))\n")

    result = subprocess.run(
        [sys.executable, "-I", str(path)],
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (result.returncode, result.stderr) == (0, "")
    found = json.loads(result.stdout.splitlines()[-1])
    tolerance = TOLERANCES[language]
    np.testing.assert_allclose(found, engine_losses(begin(one), 20), rtol=0, atol=tolerance)


@pytest.mark.parametrize("batch_size", [30, 200, 249])
def test_scikit_learn_learns_with_a_penalty_although_the_last_batch_is_small(batch_size: int) -> None:
    one = varied(cell("l2", "sgd", 250), training={"batch_size": batch_size})

    found = script_losses(export(one, "scikit-learn", 100))

    np.testing.assert_allclose(found, engine_losses(begin(one), 100), rtol=0, atol=TOLERANCES["scikit-learn"])
