"""The script in plain NumPy has the losses of the screen."""

import ast
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from engine import Experiment, advance, begin
from server.export import export
from tests.support.export_grid import SHARE, cell
from tests.support.scripts import ROWS, engine_losses, script_losses
from tests.support.strategies import experiments, law

EPOCHS = 6


@pytest.mark.parametrize("name", ROWS)
def test_the_losses_of_every_row_are_those_of_the_engine(name: str) -> None:
    expected = engine_losses(begin(ROWS[name]), EPOCHS)

    found = script_losses(export(ROWS[name], "numpy", EPOCHS))

    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


# `make parity` runs the whole grid, in every language.
@pytest.mark.parametrize(("penalty", "optimizer", "batch_size"), SHARE)
def test_the_losses_of_every_penalty_optimizer_and_size_of_batches_are_those_of_the_engine(
    penalty: str, optimizer: str, batch_size: int
) -> None:
    one = cell(penalty, optimizer, batch_size)

    found = script_losses(export(one, "numpy", 2))

    np.testing.assert_allclose(found, engine_losses(begin(one), 2), rtol=0, atol=1e-9)


@law(40)
@given(experiments())
def test_the_losses_of_any_experiment_are_those_of_the_engine(one: Experiment) -> None:
    run = begin(one)
    expected = engine_losses(run, 4)

    found = script_losses(export(one, "numpy", 4))[: len(expected)]

    # Where a step is wild, the last digit decides the path: as far as moving it changes the engine's own losses.
    nudged = replace(run, parameters=run.parameters * (1 + 1e-15))
    other = engine_losses(nudged, 4)[: len(expected)]
    assert len(found) == len(expected)
    with np.errstate(invalid="ignore"):
        path = np.nan_to_num(np.abs(other - expected[: len(other)]).max(initial=0.0), nan=np.inf)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9 + 100 * path)


def test_a_script_prints_the_losses_and_needs_nothing_but_numpy(tmp_path: Path) -> None:
    text = export(Experiment(), "numpy", 20)
    path = tmp_path / "script.py"
    path.write_text(text, encoding="utf-8")

    result = subprocess.run(
        [sys.executable, "-I", str(path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )

    assert (result.returncode, result.stderr) == (0, "")
    lines = [re.findall(r"\d+\.\d+", line) for line in result.stdout.splitlines()]
    printed = np.array(lines, dtype=float)
    np.testing.assert_allclose(printed, engine_losses(begin(Experiment()), 20), rtol=0, atol=1e-9)
    assert imported(text) == {"itertools", "numpy"}


def imported(text: str) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            names.add(str(node.module))
    return names


def test_early_stopping_puts_the_best_network_back_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    one = ROWS["stop early-stopping"]
    run, _ = advance(begin(one), epochs=100)
    namespace: dict[str, Any] = {}

    exec(compile(export(one, "numpy", 100), "<script>", "exec"), namespace)

    assert run.epoch < 100
    assert f"best in epoch {run.best.epoch[0]}; that network is put back" in capsys.readouterr().out
    layers = zip(run.layout.layers(run.parameters), namespace["weights"], namespace["biases"], strict=True)
    for numbers, weight, bias in layers:
        np.testing.assert_allclose(np.column_stack([weight, bias]), numbers[0], rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", ["stop epochs", "stop target-loss", "stop plateau"])
def test_a_script_ends_where_the_stop_rule_ends_training(name: str) -> None:
    expected = engine_losses(begin(ROWS[name]), 100)

    assert len(script_losses(export(ROWS[name], "numpy", 100))) == len(expected) < 100


def test_a_run_whose_loss_is_beyond_all_numbers_ends_with_that_epoch(
    capsys: pytest.CaptureFixture[str],
) -> None:
    growing = Experiment.model_validate(
        {
            "data": {"dataset": "plane", "samples": 60},
            "features": ["x1²", "x2²"],
            "network": {"activation": "linear", "hidden": []},
            "training": {"learning_rate": 0.1, "batch_size": 30},
        }
    )
    expected = engine_losses(begin(growing), 400)

    with np.errstate(all="ignore"):
        namespace: dict[str, Any] = {}
        exec(compile(export(growing, "numpy", 400), "<script>", "exec"), namespace)

    assert np.isinf(expected[-1]).any()
    assert len(expected) == len(namespace["history"]) < 400
    assert "has diverged" in capsys.readouterr().out


def test_a_run_that_diverges_ends_before_the_epoch_that_broke_it(capsys: pytest.CaptureFixture[str]) -> None:
    wild = Experiment.model_validate(
        {
            "data": {"dataset": "plane", "samples": 60},
            "features": ["x1²", "x2²"],
            "network": {"activation": "linear"},
            "training": {"learning_rate": 10},
        }
    )
    expected = engine_losses(begin(wild), 50)

    with np.errstate(all="ignore"):
        namespace: dict[str, Any] = {}
        exec(compile(export(wild, "numpy", 50), "<script>", "exec"), namespace)

    assert len(expected) == len(namespace["history"]) < 50
    assert "has diverged" in capsys.readouterr().out
