"""The first steps of the page do what they say, in the engine."""

import json
import subprocess
from functools import cache
from typing import Any

import numpy as np
import pytest

from engine import Experiment, Report, Run, advance, begin, evaluate, reconfigure
from scripts.find_node import find_node
from server.catalog import catalog
from tests.support.live_server import ROOT

NODE = find_node()
pytestmark = pytest.mark.skipif(NODE is None, reason="the first steps are read by Node.js, and there is none")

SCRIPT = """
import { decodeCatalog, encodeCommand } from "./static/js/protocol.js";
import { experimentOf, STARTS } from "./static/js/starts.js";
const catalog = decodeCatalog(await new Response(process.stdin).text());
const rows = STARTS.map((start) => [start.key, start.speed, encodeCommand(experimentOf(catalog, start))]);
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
    return {key: (speed, json.loads(text)) for key, speed, text in json.loads(answer.stdout)}


def experiment(key: str, **changes: dict[str, Any]) -> Experiment:
    whole = starts()[key][1]
    return Experiment.model_validate(
        whole | {group: {**whole[group], **values} for group, values in changes.items()}
    )


def trained(one: Experiment, epochs: int) -> tuple[Run, Report]:
    return advance(begin(one), epochs=epochs)


def accuracy(run: Run) -> float:
    return float(evaluate(run).test_accuracy[0])


def test_there_are_six_each_at_a_speed_that_is_offered() -> None:
    offered = [speed.epochs_per_second for speed in catalog().speeds]

    assert len(starts()) == 6
    for key, (speed, _) in starts().items():
        assert speed in offered, key
        assert experiment(key) != Experiment()


def test_a_line_is_not_enough_and_one_hidden_layer_is() -> None:
    line, _ = trained(experiment("line"), 300)
    bent, _ = trained(experiment("line", network={"hidden": [4]}), 300)

    assert accuracy(line) < 0.7
    assert accuracy(bent) > 0.97


def test_features_beat_depth_within_ten_epochs() -> None:
    run, _ = trained(experiment("features"), 10)
    whole = experiment("features").model_dump()
    half, _ = trained(Experiment.model_validate(whole | {"features": ["x1²"]}), 100)

    assert accuracy(run) == 1
    assert accuracy(half) < 0.9


def test_the_spiral_takes_five_seconds_and_with_the_optimizer_sgd_much_longer() -> None:
    epochs = int(5 * starts()["spiral"][0])
    adam, _ = trained(experiment("spiral"), epochs)
    sgd, _ = trained(experiment("spiral", training={"optimizer": "sgd"}), 2 * epochs)

    assert accuracy(adam) > 0.98
    assert accuracy(sgd) < 0.9


def test_overfitting_opens_a_gap_and_l2_closes_it() -> None:
    _, report = trained(experiment("overfit"), 800)
    cured, _ = trained(experiment("overfit", objective={"penalty": "l2", "penalty_rate": 0.03}), 800)

    train, test = report.train_loss[0], report.test_loss[0]
    assert train[-1] < train[19]
    assert test[-1] > 2 * test.min()
    assert evaluate(cured).test_loss[0] < 1.1 * test.min()


def test_a_learning_rate_too_high_gets_stuck_beyond_guessing_until_a_reset() -> None:
    slower = experiment("rate", training={"learning_rate": 0.03})
    run, report = trained(experiment("rate"), 60)
    after, _ = advance(reconfigure(run, slower), epochs=200)
    anew, _ = trained(slower, 200)

    assert np.median(report.test_loss[0]) > 0.9
    assert evaluate(after).test_loss[0] > 0.9
    assert evaluate(anew).test_loss[0] < 0.05


def test_many_classes_are_learned_while_one_watches() -> None:
    run, _ = trained(experiment("classes"), int(10 * starts()["classes"][0]))

    assert run.experiment.outputs == 5
    assert accuracy(run) > 0.9
