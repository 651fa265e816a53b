"""The first steps of the page do what they say, in the engine."""

import json
import subprocess
from functools import cache
from typing import Any

import numpy as np
import pytest

from engine import Experiment, Report, Run, advance, begin, evaluate, reconfigure
from engine.arrays import BoolArray, FloatArray
from scripts.find_node import find_node
from server.protocol.catalog import catalog
from tests.support.live_server import ROOT

NODE = find_node()
SEEDS = range(12)
pytestmark = pytest.mark.skipif(NODE is None, reason="the first steps are read by Node.js, and there is none")

SCRIPT = """
import { experimentOf, PRESETS } from "./static/js/model/presets.js";
const catalog = await new Response(process.stdin).json();
const rows = PRESETS.map((start) => [start.key, start.speed, experimentOf(catalog, start)]);
console.log(JSON.stringify(rows));
"""


@cache
def starts() -> dict[str, tuple[float, dict[str, Any]]]:
    """Return the speed and the experiment of every start, as the page sends it."""
    assert NODE is not None
    answer = subprocess.run(
        [NODE, "--input-type=module", "--eval", SCRIPT],
        cwd=ROOT,
        input=catalog().model_dump_json(),
        capture_output=True,
        check=True,
        text=True,
        timeout=30,
    )
    return {key: (speed, whole) for key, speed, whole in json.loads(answer.stdout)}


def experiment(key: str, seed: int | None = None, **changes: Any) -> Experiment:
    """Return the experiment of a start with some changes; a seed is that of weights and order."""
    whole = starts()[key][1]
    seeds = {} if seed is None else {"network": {"seed": seed}, "training": {"seed": seed}}
    for layer in (changes, seeds):
        whole = whole | {
            name: {**whole[name], **value} if isinstance(value, dict) else value
            for name, value in layer.items()
        }
    return Experiment.model_validate(whole)


def trained(key: str, epochs: int, **changes: Any) -> tuple[Run, Report]:
    """Train what every seed makes of a start."""
    return advance(begin([experiment(key, seed, **changes) for seed in SEEDS]), epochs=epochs)


def accuracies(key: str, epochs: int, **changes: Any) -> FloatArray:
    return evaluate(trained(key, epochs, **changes)[0]).test_accuracy


def nearly_all(holds: BoolArray) -> bool:
    """Tell whether a claim holds for ten of the twelve seeds: each was seen to hold for all, under every kernel."""
    return bool(holds.sum() >= 10)


def test_there_are_six_each_at_a_speed_that_is_offered() -> None:
    offered = [speed.epochs_per_second for speed in catalog().speeds]

    assert len(starts()) == 6
    for key, (speed, _) in starts().items():
        assert speed in offered, key
        assert experiment(key) != Experiment()


@pytest.mark.training
def test_a_line_is_not_enough_and_one_hidden_layer_is() -> None:
    assert nearly_all(accuracies("line", 300) < 0.7)
    assert nearly_all(accuracies("line", 300, network={"hidden": [4]}) > 0.97)


@pytest.mark.training
def test_features_beat_depth_within_ten_epochs() -> None:
    assert nearly_all(accuracies("features", 10) == 1)
    assert nearly_all(accuracies("features", 100, features=["x1²"]) < 0.9)


@pytest.mark.training
def test_the_spiral_takes_five_seconds_and_with_the_optimizer_sgd_much_longer() -> None:
    epochs = int(5 * starts()["spiral"][0])

    assert nearly_all(accuracies("spiral", epochs) > 0.93)
    assert nearly_all(accuracies("spiral", 2 * epochs, training={"optimizer": "sgd"}) < 0.75)


@pytest.mark.training
def test_overfitting_opens_a_gap_and_l2_closes_it() -> None:
    _, report = trained("overfit", 400)
    _, cured = trained("overfit", 400, objective={"penalty": "l2", "penalty_rate": 0.03})

    train, test = report.train_loss, report.test_loss
    assert nearly_all(train[:, -1] < 0.9 * train[:, 19])
    assert nearly_all(test[:, -1] > 1.25 * test.min(axis=1))
    assert nearly_all(cured.test_loss[:, -1] < 0.85 * test[:, -1])


@pytest.mark.training
def test_a_learning_rate_too_high_is_worse_than_guessing_until_a_reset() -> None:
    slower = {"learning_rate": 0.03}
    stays, too_late = [], []
    for seed in SEEDS:
        run, report = advance(begin(experiment("rate", seed)), epochs=60)
        after, _ = advance(reconfigure(run, experiment("rate", seed, training=slower)), epochs=50)
        stays.append((report.test_loss > 0.5).all())
        too_late.append(evaluate(after).test_loss[0] > 0.5)
    _, anew = trained("rate", 200, training=slower)

    assert nearly_all(np.array(stays))
    assert nearly_all(np.array(too_late))
    assert nearly_all(anew.test_loss[:, -1] < 0.05)


@pytest.mark.training
def test_many_classes_are_learned_while_one_watches() -> None:
    run, _ = trained("classes", int(6 * starts()["classes"][0]))

    assert run.experiment.outputs == 5
    assert nearly_all(evaluate(run).test_accuracy > 0.9)
