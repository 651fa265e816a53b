"""Losses: values, slopes, and which output belongs to which problem."""

import math

import numpy as np
import pytest

from engine.datasets import DATASETS
from engine.losses import LOSSES, PROBLEMS
from tests.support.numeric import PLAIN_OBJECTIVES, central_differences

OBJECTIVES = [
    pytest.param(loss, problem, id=f"{loss.key}-{problem}")
    for loss in LOSSES.values()
    for problem in loss.outputs
]
SUMS = np.linspace(-4, 4, 21)
TARGETS = {"classification": (-1.0, 1.0), "regression": (-1.2, 0.0, 0.7)}


def value(loss, problem, z, y):
    z = np.array(z)
    a = predicted(loss, problem, z)
    return loss.value(z, a, np.full_like(a, y))


def predicted(loss, problem, z):
    a = np.empty_like(z)
    loss.outputs[problem].apply(z, a)
    return a


def smooth_at(loss, problem, y):
    """Return the sums at which a loss has neither corner nor bend."""
    a = predicted(loss, problem, SUMS)
    distance = {"hinge": a * y - 1, "huber": np.abs(a - y) - 1, "absolute-error": a - y}.get(loss.key, 1.0)
    return SUMS[np.broadcast_to(np.abs(distance) > 1e-3, SUMS.shape)]


@pytest.mark.parametrize(("loss", "problem"), OBJECTIVES)
def test_the_error_is_the_derivative_with_respect_to_the_sum(loss, problem):
    output = loss.outputs[problem]
    for y in TARGETS[problem]:
        sums = smooth_at(loss, problem, y)
        a = predicted(loss, problem, sums)
        error = np.empty_like(a)

        loss.error(a, np.full_like(a, y), error)

        if not loss.from_sum and output.slope is not None:
            slope = np.empty_like(a)
            assert not output.slope_from_sums  # outputs are shown to it in the loss's place
            output.slope(a, slope)
            error *= slope
        assert len(sums) >= len(SUMS) - 2  # a loss has at most two kinks
        expected = central_differences(lambda z: float(value(loss, problem, z, y).sum()), sums)  # noqa: B023
        np.testing.assert_allclose(error, expected, rtol=0, atol=1e-9)  # differences: 1e-10


@pytest.mark.parametrize(("key", "problem"), PLAIN_OBJECTIVES)
def test_the_value_is_that_of_the_formula(key, problem):
    _, formula, _ = PLAIN_OBJECTIVES[key, problem]
    for y in TARGETS[problem]:
        values = value(LOSSES[key], problem, SUMS, y)

        expected = [formula(z, y) for z in SUMS]
        np.testing.assert_allclose(values, expected, rtol=0, atol=1e-13)  # log(1 − p) loses a few digits


@pytest.mark.parametrize(("key", "problem"), PLAIN_OBJECTIVES)
def test_the_prediction_is_that_of_the_formula(key, problem):
    predict, _, _ = PLAIN_OBJECTIVES[key, problem]

    values = predicted(LOSSES[key], problem, SUMS)

    np.testing.assert_allclose(values, [predict(z) for z in SUMS], rtol=0, atol=1e-15)  # a few roundings


def test_every_loss_has_a_plain_formula_for_each_of_its_problems():
    assert set(PLAIN_OBJECTIVES) == {
        (loss.key, problem) for loss in LOSSES.values() for problem in loss.outputs
    }


def error_of(key, a, y):
    a, y = np.array(a), np.array(y)
    error = np.empty_like(a)
    LOSSES[key].error(a, y, error)
    return error.tolist()


def test_the_hinge_asks_nothing_beyond_the_margin_and_pulls_evenly_before_it():
    assert error_of("hinge", [1.0, 2.0, 0.5, -3.0], [1.0, 1.0, 1.0, 1.0]) == [0, 0, -1, -1]
    assert error_of("hinge", [-1.0, -2.0, 0.5, 3.0], [-1.0, -1.0, -1.0, -1.0]) == [0, 0, 1, 1]


def test_huber_pulls_in_proportion_up_to_one_and_evenly_beyond():
    assert error_of("huber", [0.5, -0.5, 1.0, 5.0, -5.0], [0.0] * 5) == [0.5, -0.5, 1, 1, -1]


def test_the_absolute_error_pulls_evenly_and_not_at_all_where_it_is_right():
    assert error_of("absolute-error", [0.5, -0.01, 0.0], [0.0] * 3) == [1, -1, 0]


def test_always_answering_zero_scores_a_half_by_the_squared_error():
    zeros = np.zeros(2)

    assert LOSSES["half-squared-error"].value(zeros, zeros, np.array([-1.0, 1.0])).tolist() == [0.5, 0.5]


def test_always_answering_one_half_scores_log_two_by_the_cross_entropy():
    zeros = np.zeros(2)

    values = LOSSES["logistic-cross-entropy"].value(zeros, zeros, np.array([-1.0, 1.0]))

    np.testing.assert_allclose(values, math.log(2), rtol=1e-15)  # one rounding


def test_the_cross_entropy_does_not_overflow():
    z = np.array([-1e6, 1e6])
    a = np.sign(z)

    with np.errstate(all="raise", under="ignore"):
        wrong = LOSSES["logistic-cross-entropy"].value(z, a, -a)
        right = LOSSES["logistic-cross-entropy"].value(z, a, a)

    assert wrong.tolist() == [1e6, 1e6]
    assert right.tolist() == [0, 0]


@pytest.mark.parametrize("loss", LOSSES.values(), ids=lambda row: row.key)
def test_a_loss_leaves_its_arguments_alone(loss):
    z, a, y = (np.array([0.3, -0.2]) for _ in range(3))
    for array in (z, a, y):
        array.flags.writeable = False

    loss.value(z, a, y)  # would raise


@pytest.mark.parametrize("problem", PROBLEMS)
def test_every_problem_has_a_loss_and_a_data_set(problem):
    assert any(problem in loss.outputs for loss in LOSSES.values())
    assert any(dataset.problem == problem for dataset in DATASETS.values())


def test_losses_and_data_sets_know_no_other_problem():
    named = {problem for loss in LOSSES.values() for problem in loss.outputs}
    named |= {dataset.problem for dataset in DATASETS.values()}

    assert named == set(PROBLEMS)
