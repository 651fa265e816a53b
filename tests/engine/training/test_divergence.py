"""Training: parameters and losses that overflow, and the last finite state."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Experiment, advance, begin, evaluate, reconfigure, set_parameter
from engine.registries.activations import ACTIVATIONS
from engine.registries.optimizers import OPTIMIZERS
from engine.registries.penalties import PENALTIES
from engine.registries.stop_rules import STOP_RULES
from engine.samples import order, points
from tests.support.plain import PLAIN_FEATURES
from tests.support.runs import assert_same_state
from tests.support.strategies import law, varied
from tests.support.training import (
    SMALL,
    assert_cutting_changes_nothing,
    assert_stack_equals_singles,
    cuts,
    ticks,
)

EXPLOSIVE = varied(
    Experiment.model_validate({"features": ["x1", "x2", "x1²"]}),
    data={"dataset": "plane", "samples": 60},
    network={"hidden": ()},
    training={"learning_rate": 3.0, "batch_size": 7},
)
"""A straight regression at a rate far above 2 / curvature: every step multiplies the error until the loss overflows."""


BURSTING = varied(EXPLOSIVE, data={"samples": 600}, training={"learning_rate": 10.0, "batch_size": 1})
"""Likewise, with so many steps in an epoch that a parameter overflows before its end."""


QUIET = varied(EXPLOSIVE, training={"learning_rate": 0.001})


by_loss_and_by_parameter = pytest.mark.parametrize(
    "experiment", [pytest.param(EXPLOSIVE, id="by its loss"), pytest.param(BURSTING, id="by a parameter")]
)


@by_loss_and_by_parameter
def test_divergence_is_reported_and_training_ends(experiment):
    run, report = advance(begin(experiment), epochs=500)

    assert run.diverged.tolist() == report.diverged.tolist() == [True]
    assert run.epoch < 500
    assert report.steps == run.step
    assert np.isfinite(run.parameters).all()


def test_a_loss_that_overflows_ends_training_after_its_epoch():
    run, report = advance(begin(EXPLOSIVE), epochs=500)

    assert run.position == 0
    assert report.epoch[-1] == run.epoch
    assert not np.isfinite([report.train_loss[0, -1], report.test_loss[0, -1]]).all()
    assert np.isfinite([report.train_loss[0, :-1], report.test_loss[0, :-1]]).all()


def next_step_by_hand(run):
    """Return the parameters after one more step of a straight regression at batch size 1."""
    experiment = run.experiment
    drawn, targets = points(experiment.data)
    i = order(experiment.training.seed, experiment.data.training_samples, run.epoch)[run.position]
    sample = np.array([*(PLAIN_FEATURES[key](*drawn[i]) for key in experiment.features), 1.0])
    error = sample @ run.parameters[0] - targets[i, 0]
    return run.parameters[0] - experiment.training.learning_rate * error * sample


def test_a_parameter_that_overflows_ends_training_before_the_step_that_does_it():
    run, report = advance(begin(BURSTING), epochs=500)

    assert run.position > 0
    assert len(report.epoch) == run.epoch
    with np.errstate(all="ignore"):
        assert not np.isfinite(next_step_by_hand(run)).all()


@by_loss_and_by_parameter
def test_the_last_finite_state_is_the_one_after_the_last_step(experiment):
    run, _ = advance(begin(experiment), epochs=500)
    before, _ = advance(begin(experiment), steps=run.step - 1)

    again, _ = advance(before, steps=1)

    np.testing.assert_array_equal(again.parameters, run.parameters)
    assert not before.diverged.any()


@by_loss_and_by_parameter
@law(40)
@given(pieces=cuts, rate=st.sampled_from([1.0, 3.0, 10.0]), penalty=st.sampled_from(["none", "l1", "l2"]))
def test_a_diverged_run_ends_in_the_same_state_however_it_is_cut(experiment, pieces, rate, penalty):
    wild = varied(
        experiment, training={"learning_rate": rate}, objective={"penalty": penalty, "penalty_rate": 0.1}
    )

    whole = assert_cutting_changes_nothing(begin(wild), pieces * 8, epochs=300)

    assert whole.diverged.all()


@pytest.mark.parametrize("limits", [{"epochs": 5}, {"steps": 5}, {"seconds": 5, "clock": ticks()}], ids=list)
@by_loss_and_by_parameter
def test_a_diverged_run_does_not_move_on(experiment, limits):
    run, _ = advance(begin(experiment), epochs=500)

    after, report = advance(run, **limits)

    assert_same_state(after, run)
    assert (report.steps, report.epoch.size) == (0, 0)
    assert report.diverged.all()


@pytest.mark.parametrize("position", range(3))
@by_loss_and_by_parameter
def test_the_other_networks_of_a_stack_train_on_unharmed(experiment, position):
    quiet = varied(experiment, training={"learning_rate": 0.0001})
    stack = [varied(quiet, network={"seed": seed}) for seed in range(3)]
    stack[position] = experiment

    run, report = advance(begin(stack), epochs=30)

    assert run.diverged.tolist() == [i == position for i in range(3)]
    assert (run.epoch, report.train_loss.shape) == (30, (3, 30))
    assert np.isfinite(run.parameters).all()
    assert_stack_equals_singles(stack, epochs=30)


@by_loss_and_by_parameter
def test_networks_that_diverge_at_different_times_are_those_that_diverge_alone(experiment):
    stack = [varied(experiment, training={"learning_rate": rate}) for rate in (1.0, 10.0, 0.0001, 3.0)]

    run, _ = advance(begin(stack), epochs=40)

    assert run.diverged.tolist() == [True, True, False, True]
    assert_stack_equals_singles(stack, epochs=40)


@by_loss_and_by_parameter
def test_of_each_epoch_it_is_reported_which_networks_had_diverged_by_then(experiment):
    stack = [varied(experiment, training={"learning_rate": rate}) for rate in (1.0, 10.0, 0.0001)]
    ends = []
    for one in stack[:2]:
        alone, _ = advance(begin(one), epochs=40)
        ends.append(alone.epoch + (alone.position > 0))  # the epoch in which it diverged

    _, report = advance(begin(stack), epochs=40)

    assert report.had_diverged.shape == report.test_loss.shape
    assert report.had_diverged.tolist() == [
        *([epoch >= end for epoch in report.epoch] for end in ends),
        [False] * 40,
    ]


@by_loss_and_by_parameter
def test_a_stack_whose_networks_have_all_diverged_stops(experiment):
    stack = [varied(experiment, training={"learning_rate": rate}) for rate in (3.0, 10.0)]

    run, _ = advance(begin(stack), epochs=500)

    assert run.diverged.all()
    assert run.epoch < 500


@pytest.mark.parametrize("steps", [1, 2, 7, 400])
@by_loss_and_by_parameter
def test_a_diverged_network_stays_so_in_a_stack_that_goes_on(experiment, steps):
    stack = [experiment, varied(experiment, training={"learning_rate": 0.0001})]
    whole, _ = advance(begin(stack), epochs=20)

    run = begin(stack)
    while run.epoch < 20:
        run, _ = advance(run, steps=steps, epochs=20 - run.epoch)

    assert whole.diverged.tolist() == [True, False]
    assert_same_state(run, whole)


def test_a_loss_that_overflows_is_divergence_even_if_the_parameters_are_finite():
    still = varied(QUIET, training={"learning_rate": 0.0})
    run = set_parameter(begin(still), 0, 0, 0, 1e200)

    after, report = advance(run, epochs=3)

    np.testing.assert_array_equal(after.parameters, run.parameters)
    assert after.diverged.all()
    assert (after.epoch, after.position) == (1, 0)
    assert not np.isfinite(report.train_loss).any()


def far_off(part):
    """Return a run whose answers overflow for the samples of one part alone, and stay where they are."""
    own = [[0.001 * i, 0.0, 0.5] for i in range(12)]
    own[{"train": 3, "validation": 7, "test": 11}[part]][0] = (
        1000.0  # six are for training, three for validation
    )
    experiment = Experiment.model_validate(
        {
            "data": {"points": own, "validation_fraction": 0.25, "shuffled": False},
            "features": ["x1"],
            "network": {"hidden": []},
            "training": {"learning_rate": 0.0},
        }
    )
    # 10¹⁵⁵ squared is beyond all numbers, 10¹⁵⁰ is not.
    return set_parameter(begin(experiment), 0, 0, 0, 1e152)


@pytest.mark.parametrize("part", ["train", "validation", "test"])
def test_a_loss_that_overflows_over_one_part_of_the_samples_alone_is_divergence(part):
    run = far_off(part)

    after, report = advance(run, epochs=3)

    overflown = [
        not np.isfinite(getattr(report, f"{name}_loss")[0, 0]) for name in ("train", "validation", "test")
    ]
    assert overflown == [part == name for name in ("train", "validation", "test")]
    assert after.diverged.tolist() == report.diverged.tolist() == [True]
    assert (after.epoch, after.position) == (1, 0)
    np.testing.assert_array_equal(after.parameters, run.parameters)


@pytest.mark.parametrize("stop", STOP_RULES)
def test_a_validation_loss_that_overflows_is_divergence_and_never_the_end_that_a_rule_waits_for(stop):
    run = far_off("validation")
    options = {option.name: option.minimum for option in STOP_RULES[stop].options}
    impatient = varied(run.experiment, training={"stop": stop, "stop_options": options})

    after, _ = advance(reconfigure(run, impatient), epochs=3)

    assert after.diverged.tolist() == [True]
    assert after.stopped.tolist() == [False]
    np.testing.assert_array_equal(after.parameters, run.parameters)


def test_where_there_are_no_validation_samples_their_missing_loss_is_no_divergence():
    run, report = advance(begin([SMALL, varied(SMALL, network={"seed": 1})]), epochs=2)

    assert np.isnan(report.validation_loss).all()
    assert not run.diverged.any()


def test_a_validation_loss_that_overflows_leaves_the_other_networks_of_a_stack_alone():
    run = far_off("validation")
    calm = begin(run.experiment)
    stack = replace(begin([run.experiment] * 2), parameters=np.concatenate([calm.parameters, run.parameters]))

    after, _ = advance(stack, epochs=3)

    assert after.diverged.tolist() == [False, True]
    assert after.epoch == 3


def test_a_network_set_right_by_hand_trains_again():
    still = varied(QUIET, training={"learning_rate": 0.0})
    run, _ = advance(set_parameter(begin(still), 0, 0, 0, 1e200), epochs=1)

    after, report = advance(set_parameter(run, 0, 0, 0, 0.1), epochs=2)

    assert not after.diverged.any()
    assert report.epoch.tolist() == [2, 3]


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("penalty", PENALTIES)
def test_the_wildest_settings_give_no_warning_and_finite_parameters(activation, penalty):
    experiment = varied(
        Experiment.model_validate({"features": ["x1", "x2", "x1²", "x2²"]}),
        data={"dataset": "multi-gauss", "samples": 100},
        network={"activation": activation, "hidden": (8, 8, 8)},
        objective={"penalty": penalty, "penalty_rate": 10.0},
        training={"learning_rate": 10.0},
    )

    run, _ = advance(begin(experiment), epochs=30)
    evaluate(run)

    assert np.isfinite(run.parameters).all()


@pytest.mark.parametrize("noise", [{}, {"dropout": 0.9, "input_noise": 10.0}], ids=["plain", "with noise"])
@pytest.mark.parametrize("batch_size", [1, 10, 50])
def test_the_largest_rates_on_unscaled_squares_diverge_silently_and_leave_the_last_finite_state(
    batch_size, noise, caplog, capfd
):
    experiment = varied(
        Experiment.model_validate({"features": ["x1", "x2", "x1²", "x2²"]}),
        data={"dataset": "multi-gauss", "samples": 100},
        network={"activation": "relu"},
        objective={"penalty": "l2", "penalty_rate": 10.0, **noise},
        training={"learning_rate": 10.0, "batch_size": batch_size},
    )

    run, report = advance(begin(experiment), epochs=500)
    again, _ = advance(begin(experiment), steps=run.step)

    assert run.diverged.tolist() == report.diverged.tolist() == [True]
    assert run.epoch < 500
    assert np.isfinite(run.parameters).all()
    assert (run.parameters != begin(experiment).parameters).any()
    np.testing.assert_array_equal(again.parameters, run.parameters)
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("loss", ["half-squared-error", "huber", "absolute-error"])
def test_no_optimizer_warns_at_its_wildest_or_leaves_what_is_not_finite(loss, optimizer):
    experiment = varied(
        Experiment.model_validate({"features": ["x1", "x2", "x1²", "x2²"]}),
        data={"dataset": "multi-gauss", "samples": 100},
        network={"activation": "relu", "hidden": (8, 8)},
        objective={"loss": loss},
        training={"learning_rate": 10.0, "optimizer": optimizer},
    )

    run, _ = advance(begin(experiment), epochs=30)
    evaluate(run)

    assert np.isfinite(run.parameters).all()
    assert np.isfinite(run.slots).all()
