"""Training: steps and epochs against plain loops."""

import itertools

import numpy as np
import pytest

from engine import Experiment, advance, begin
from engine.registries.datasets import DATASETS
from engine.samples import order, points
from tests.support.plain import (
    OBJECTIVES,
    PLAIN_ACTIVATIONS,
    flatten,
    plain_gradient,
    plain_inputs,
    plain_sgd_step,
    unflatten,
)
from tests.support.strategies import varied
from tests.support.training import SMALL


def plain_batches(experiment, samples):
    """Yield the batches of one epoch after the other, for ever."""
    size = experiment.training.batch_size
    waiting = []
    for epoch in itertools.count():
        if experiment.training.batching == "shuffled":
            visited = [samples[i] for i in order(experiment.training.seed, len(samples), epoch)]
        else:
            visited = samples
        for start in range(0, len(visited), size):
            batch = visited[start : start + size]
            if experiment.training.batching == "carried":
                waiting += batch
                if len(batch) < size:
                    continue
                batch, waiting = waiting, []
            yield batch


def plain_training(experiment, parameters, steps):
    """Train in plain loops, in the engine's order of samples, by plain SGD."""
    drawn, targets = points(experiment.data)
    count = experiment.data.training_samples
    inputs = plain_inputs(experiment.features, experiment.data.scaling, drawn.tolist(), count)
    samples = list(zip(inputs, targets[:, 0].tolist(), strict=True))[:count]
    layers = unflatten(experiment.sizes, parameters)
    dead: set[tuple[int, int, int]] = set()
    for batch in itertools.islice(plain_batches(experiment, samples), steps):
        slopes = plain_gradient(
            layers,
            experiment.network.activations,
            (experiment.objective.loss, experiment.problem),
            batch,
        )
        layers = plain_sgd_step(
            layers,
            slopes,
            learning_rate=experiment.training.learning_rate,
            penalty=experiment.objective.penalty,
            penalty_rate=experiment.objective.penalty_rate,
            clip_norm=experiment.training.clip_norm,
            dead=dead,
            **experiment.objective.penalty_options,
        )
    return flatten(layers)


@pytest.mark.parametrize("objective", OBJECTIVES, ids="-".join)
@pytest.mark.parametrize("activation", PLAIN_ACTIVATIONS)
def test_one_step_is_the_one_made_by_hand(activation, objective):
    loss, problem = objective
    dataset = next(key for key, row in DATASETS.items() if row.problem == problem)
    experiment = varied(
        Experiment(),
        data={"dataset": dataset},
        network={"activation": activation},
        objective={"loss": loss},
    )
    run = begin(experiment)

    after, report = advance(run, steps=1)

    assert report.steps == after.step == 1
    # Two orders of adding up ten samples: rounding of numbers below 1.
    np.testing.assert_allclose(
        after.parameters[0], plain_training(experiment, run.parameters[0], 1), rtol=0, atol=1e-15
    )


MANY = {"objective": {"loss": "softmax-cross-entropy"}}


@pytest.mark.parametrize(
    "groups",
    [
        pytest.param({}, id="default"),
        pytest.param({"training": {"batching": "sequential"}}, id="sequential"),
        pytest.param({"training": {"batch_size": 1}}, id="batch size 1"),
        pytest.param({"training": {"batch_size": 7}}, id="a smaller last batch"),
        pytest.param({"training": {"batch_size": 100}}, id="all samples in one batch"),
        pytest.param({"objective": {"penalty": "l2", "penalty_rate": 0.03}}, id="l2"),
        pytest.param({"objective": {"penalty": "l1", "penalty_rate": 0.03}}, id="l1"),
        pytest.param({"objective": {"penalty": "l1-classic", "penalty_rate": 0.03}}, id="l1-classic"),
        pytest.param({"objective": {"penalty": "elastic-net", "penalty_rate": 0.03}}, id="elastic-net"),
        pytest.param(
            {"objective": {"penalty": "max-norm", "penalty_options": {"limit": 0.4}}}, id="max-norm"
        ),
        pytest.param({"training": {"clip_norm": 0.05}}, id="clipped gradients"),
        pytest.param(
            {"training": {"clip_norm": 0.05}, "objective": {"penalty": "l2", "penalty_rate": 0.03}},
            id="clipped gradients beside a penalty",
        ),
        pytest.param({"training": {"batching": "carried", "batch_size": 7}}, id="carried over"),
        pytest.param({"training": {"batching": "carried"}}, id="carried over with nothing left"),
        pytest.param({"data": {"shuffled": False}}, id="not shuffled"),
        pytest.param({"data": {"classic_seed": "0.12345"}}, id="classic seed"),
        pytest.param({"objective": {"loss": "hinge"}}, id="hinge"),
        pytest.param({"objective": {"loss": "huber"}}, id="huber"),
        pytest.param({"objective": {"loss": "absolute-error"}}, id="absolute error"),
        pytest.param({"objective": {"penalty": "none", "penalty_rate": 0.03}}, id="a rate without a penalty"),
        pytest.param({"objective": {"loss": "logistic-cross-entropy"}}, id="cross-entropy"),
        pytest.param({"data": {"dataset": "multi-gauss"}}, id="regression"),
        pytest.param({**MANY, "data": {"dataset": "blobs"}}, id="four classes"),
        pytest.param(
            {**MANY, "data": {"dataset": "spiral-3"}, "network": {"hidden": ()}}, id="three classes"
        ),
        pytest.param(
            {**MANY, "data": {"dataset": "blobs", "dataset_options": {"classes": 6}}}, id="six classes"
        ),
        pytest.param({"data": {"scaling": "standardise"}}, id="standardised"),
        pytest.param({"data": {"scaling": "unit-range", "dataset": "step"}}, id="unit range"),
        pytest.param({"data": {"label_flips": 0.3}}, id="wrong labels"),
        pytest.param({"data": {"validation_fraction": 0.3}}, id="validation"),
        pytest.param({"data": {"minority_share": 0.1}}, id="a rare class"),
        pytest.param({"network": {"hidden": (), "activation": "tanh"}}, id="no hidden layer"),
        pytest.param(
            {"network": {"hidden": (3, 2, 3), "activation": ("relu", "tanh", "sigmoid")}}, id="mixed layers"
        ),
        pytest.param({"network": {"hidden": (4, 2), "activation": "relu"}}, id="relu"),
        pytest.param({"network": {"hidden": (1, 1), "activation": "sigmoid"}}, id="single units"),
        pytest.param({"network": {"initializer": "zeros"}}, id="zeros"),
    ],
)
def test_three_epochs_are_those_of_plain_loops(groups):
    data = {"samples": 60, "seed": 3, **groups.get("data", {})}
    experiment = varied(
        Experiment.model_validate({"features": ["x1", "x2", "sin x1"]}), **{**groups, "data": data}
    )
    run = begin(experiment)

    after, _ = advance(run, epochs=3)

    expected = plain_training(experiment, run.parameters[0], after.step)
    # At most 90 steps, each adding a rounding of 1e-16 or so.
    np.testing.assert_allclose(after.parameters[0], expected, rtol=1e-12, atol=1e-12)


def test_l2_is_the_originals_rule():
    experiment = varied(SMALL, objective={"penalty": "l2", "penalty_rate": 0.2})
    run = begin(experiment)
    w, rate = run.parameters[0], experiment.training.learning_rate
    is_weight = run.layout.is_weight()

    without = advance(begin(SMALL), steps=1)[0].parameters[0]
    with_penalty = advance(run, steps=1)[0].parameters[0]

    gradient = (w - without) / rate
    expected = w - rate * (gradient + np.where(is_weight, 0.2 * w, 0.0))
    np.testing.assert_allclose(with_penalty, expected, rtol=0, atol=1e-15)  # a few roundings


def test_the_last_batch_of_an_epoch_is_smaller_and_averaged_over_what_it_has():
    run = begin(SMALL)  # 30 training samples in batches of 7: 7, 7, 7, 7, 2

    after, report = advance(run, epochs=1)

    assert report.steps == 5
    np.testing.assert_allclose(
        after.parameters[0],
        plain_training(SMALL, run.parameters[0], 5),
        rtol=0,
        atol=1e-14,  # five steps' roundings
    )
