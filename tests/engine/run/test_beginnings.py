"""Run: how a network begins, and which seed decides what."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from engine import Experiment, advance, begin
from engine.registries.batch_orders import BATCH_ORDERS
from engine.registries.initializers import INITIALIZERS
from engine.registries.optimizers import OPTIMIZERS
from engine.registries.penalties import PENALTIES
from tests.support.strategies import experiments, law, varied

DEFAULT = Experiment()


def started(epochs=2, **groups):
    run, _ = advance(begin(varied(DEFAULT, **groups)), epochs=epochs)
    return run


@law(50)
@given(experiment=experiments())
def test_a_beginning_has_the_shapes_of_its_experiment(experiment):
    run = begin(experiment)

    assert run.parameters.shape == (1, experiment.parameters)
    assert run.parameters.dtype == np.float64
    remembered = (
        OPTIMIZERS[experiment.training.optimizer].slots
        + PENALTIES[experiment.objective.penalty].slots
        + BATCH_ORDERS[experiment.training.batching].slots
    )
    assert run.slots.shape == (remembered, 1, experiment.parameters)
    assert not run.slots.any()
    assert (run.epoch, run.step, run.position, run.replicas) == (0, 0, 0, 1)
    assert (run.carried, run.since) == (0, 0)
    assert not run.diverged.any()
    assert run.experiment is experiment


@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_the_network_seed_alone_decides_the_start(initializer):
    one = begin(varied(DEFAULT, network={"initializer": initializer, "seed": 5}))
    same = begin(
        varied(
            DEFAULT,
            network={"initializer": initializer, "seed": 5},
            data={"seed": 9, "noise": 0.3},
            training={"seed": 8, "learning_rate": 1.0},
        )
    )

    np.testing.assert_array_equal(one.parameters, same.parameters)


def test_another_network_seed_gives_other_weights_and_the_same_samples_and_order():
    one, other = started(epochs=0), started(epochs=0, network={"seed": 1})

    assert (one.parameters != other.parameters).any()
    np.testing.assert_array_equal(
        advance(replace(other, parameters=one.parameters), epochs=2)[0].parameters,
        advance(one, epochs=2)[0].parameters,
    )


@pytest.mark.parametrize("group", ["data", "training"])
def test_another_seed_of_data_or_order_changes_the_training_but_not_the_start(group):
    one, other = begin(DEFAULT), begin(varied(DEFAULT, **{group: {"seed": 1}}))

    np.testing.assert_array_equal(one.parameters, other.parameters)
    assert (advance(one, epochs=1)[0].parameters != advance(other, epochs=1)[0].parameters).any()


def test_the_order_has_no_seed_when_it_is_sequential():
    one, other = (started(training={"batching": "sequential", "seed": seed}) for seed in (0, 1))

    np.testing.assert_array_equal(one.parameters, other.parameters)


def test_classic_weights_lie_between_minus_and_plus_a_half_and_biases_are_a_tenth():
    run = begin(DEFAULT)

    is_weight = run.layout.is_weight()
    assert np.abs(run.parameters[0, is_weight]).max() <= 0.5
    assert (run.parameters[0, ~is_weight] == 0.1).all()
