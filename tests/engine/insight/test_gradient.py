"""Signals: gradients against differences and plain backpropagation."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given

from engine import Experiment, advance, begin, evaluate, gradient, layer_statistics, set_parameter
from engine.insight.layer_activations import layer_activations
from engine.registries.activations import ACTIVATIONS
from engine.registries.losses import LOSSES
from engine.samples import points, rows
from tests.support import numeric, plain
from tests.support.strategies import experiments, law, stacks, varied


def training_table(experiment):
    """Return scaled features (samples, features) and targets (samples, outputs) of the training samples."""
    table = rows(experiment.data, experiment.features)[: experiment.data.training_samples]
    count = len(experiment.features)
    return table[:, :count], table[:, count + 1 :]


@law(60)
@given(experiment=experiments())
def test_the_gradient_is_that_of_the_loss_that_is_evaluated(experiment):
    assume("step" not in experiment.network.activations)  # learns with a slope that is not its own
    run = begin(experiment)
    features, targets = training_table(experiment)
    loss = LOSSES[experiment.objective.loss]
    near = numeric.distance_to_kinks(
        run.layout, layer_activations(experiment), loss, run.parameters[0], features, targets
    )
    size = np.abs(features).max()
    # Large features bend the loss within the step of a difference.
    assume(near > 1e-4 * (1 + size) and size < 50)

    def train_loss(parameters):
        return float(evaluate(replace(run, parameters=parameters[None])).train_loss[0])

    expected = numeric.central_differences(train_loss, run.parameters[0])
    np.testing.assert_allclose(gradient(run)[0], expected, rtol=1e-4, atol=1e-6)


@law(40)
@given(stack=stacks(smallest=1))
def test_the_gradient_is_that_of_plain_backpropagation(stack):
    run = begin(stack)

    slopes = gradient(run)

    assert slopes.shape == run.parameters.shape
    for i, one in enumerate(stack):
        features, _ = training_table(one)
        wanted = points(one.data)[1][: one.data.training_samples, 0]
        expected = plain.flatten(
            plain.plain_gradient(
                plain.unflatten(one.sizes, run.parameters[i]),
                one.network.activations,
                (one.objective.loss, one.problem),
                list(zip(features.tolist(), wanted.tolist(), strict=True)),
            )
        )
        scale = np.abs(expected).max()
        np.testing.assert_allclose(slopes[i], expected, rtol=1e-9, atol=1e-11 * (1 + scale))


def dropping(dataset, activation, seed=0):
    """Return an experiment with dropout and input noise on scaled features, and few samples."""
    return Experiment.model_validate(
        {
            "data": {"dataset": dataset, "samples": 24, "scaling": "standardise", "validation_fraction": 0.1},
            "features": ["x1", "x2", "x1²"],
            "network": {"hidden": [5, 3], "activation": activation, "seed": seed},
            "objective": {"dropout": 0.5, "input_noise": 0.5},
            "training": {"batch_size": 12},  # all at once, so that steps and gradient use the same pass
        }
    )


def is_smooth(run):
    """Tell whether no training sample is near a kink of a network, by a hundred steps of a difference."""
    one = run.experiment
    loss, table = LOSSES[one.objective.loss], training_table(one)
    return (
        numeric.distance_to_kinks(run.layout, layer_activations(one), loss, run.parameters[0], *table) > 1e-3
    )


@pytest.mark.parametrize("dataset", ["xor", "plane", "blobs"])
@pytest.mark.parametrize("activation", [key for key in ACTIVATIONS if key != "step"])
def test_dropout_and_input_noise_take_no_part_in_the_gradient(activation, dataset):
    trained = (advance(begin(dropping(dataset, activation, seed)), steps=7)[0] for seed in range(100))
    run = next(run for run in trained if is_smooth(run))

    def train_loss(parameters):
        return float(evaluate(replace(run, parameters=parameters[None])).train_loss[0])

    expected = numeric.central_differences(train_loss, run.parameters[0])
    # Differences are good to 1e-10 at numbers of size 1.
    np.testing.assert_allclose(gradient(run)[0], expected, rtol=1e-7, atol=1e-8)


def test_looking_at_the_gradient_leaves_the_masks_of_the_next_steps_alone():
    run, _ = advance(begin(dropping("xor", "tanh")), steps=3)
    expected, _ = advance(run, steps=5)
    gradient(run)

    after, _ = advance(run, steps=5)

    np.testing.assert_array_equal(after.parameters, expected.parameters)


def test_more_samples_than_are_computed_together_make_one_mean():
    experiments_ = [
        varied(
            Experiment(),
            data={"samples": 3001, "train_fraction": 0.9, "seed": seed},
            network={"activation": "gelu", "seed": seed},
        )
        for seed in range(9)  # more than are looked at together
    ]
    run = begin(experiments_)

    slopes = gradient(run)

    for i, one in enumerate(experiments_):
        expected = numeric.gradient(
            run.layout,
            layer_activations(one),
            LOSSES[one.objective.loss],
            run.parameters[i : i + 1],
            *training_table(one),
        )
        np.testing.assert_allclose(slopes[i], expected[0], rtol=1e-9, atol=1e-13)
    np.testing.assert_array_equal(slopes[8], gradient(begin(experiments_[8]))[0])


def test_the_gradient_is_the_step_of_plain_descent():
    experiment = varied(Experiment(), training={"batch_size": 10_000, "learning_rate": 1.0})
    run, _ = advance(begin(experiment), epochs=3)

    after, _ = advance(run, steps=1)

    np.testing.assert_allclose(run.parameters - gradient(run), after.parameters, rtol=1e-12, atol=1e-14)


def test_the_penalty_is_not_part_of_the_gradient():
    plain = begin(Experiment())
    penalised = begin(varied(Experiment(), objective={"penalty": "l2", "penalty_rate": 1.0}))

    np.testing.assert_array_equal(gradient(plain), gradient(penalised))


def test_a_gradient_that_overflows_does_not_warn():
    run = set_parameter(begin(varied(Experiment(), network={"activation": "linear"})), 0, 0, 0, 1e300)

    assert gradient(run).shape == run.parameters.shape
    assert len(layer_statistics(run)) == 3
