"""Losses: values, slopes, and which output belongs to which problem."""

import math

import numpy as np
import pytest

from engine.registries.datasets import DATASETS
from engine.registries.losses import LOSSES, PROBLEMS
from tests.support.numeric import central_differences
from tests.support.plain import OBJECTIVES, SOFTMAX, plain_errors, plain_loss, plain_predictions

SUMS = np.linspace(-4, 4, 21)[None]
SUMS_OF_MANY = np.random.default_rng(1).normal(0, 3, (4, 21))
TARGETS = {
    "classification": (-1.0, 1.0),
    "multi-class": (0, 1, 3),
    "regression": (-1.2, 0.0, 0.7),
}
"""With many classes the number of the true one."""


def sums_for(problem):
    """Return sums (outputs, columns)."""
    return SUMS_OF_MANY if problem == "multi-class" else SUMS


def targets_for(problem, z, y):
    """Return the target y for every column, as the engine takes it."""
    return np.eye(len(z))[:, [y] * z.shape[1]] if problem == "multi-class" else np.full_like(z, y)


def value(loss, problem, z, y):
    return loss.value(z, predicted(loss, problem, z), targets_for(problem, z, y))


def predicted(loss, problem, z):
    a = np.empty_like(z)
    loss.outputs[problem].apply(z, a)
    return a


def error(loss, problem, z, y):
    """Return the derivative of the loss with respect to the sums, as training puts it together."""
    output = loss.outputs[problem]
    a = predicted(loss, problem, z)
    slopes = np.empty_like(a)
    loss.error(a, targets_for(problem, z, y), slopes)
    slopes *= loss.error_factor
    if not loss.from_sum and output.slope is not None:
        slope = np.empty_like(a)
        assert not output.slope_from_sums  # outputs are shown to it in the loss's place
        output.slope(a, slope)
        slopes *= slope
    return slopes


def smooth_at(loss, problem, y):
    """Return the sums at which a loss has neither corner nor bend."""
    sums = sums_for(problem)
    a = predicted(loss, problem, sums)
    kinks = {"hinge": a * y - 1, "huber": np.abs(a - y) - 1, "absolute-error": a - y}
    return sums[:, (np.abs(kinks.get(loss.key, np.ones_like(a))) > 1e-3).all(axis=0)]


@pytest.mark.parametrize(("key", "problem"), OBJECTIVES)
def test_the_error_is_the_derivative_with_respect_to_the_sum(key, problem):
    loss = LOSSES[key]
    for y in TARGETS[problem]:
        sums = smooth_at(loss, problem, y)

        errors = error(loss, problem, sums, y)

        assert sums.shape[1] >= 21 - 2  # a loss has at most two kinks
        expected = central_differences(lambda z: float(value(loss, problem, z, y).sum()), sums)  # noqa: B023
        # Differences: 1e-10; of a hundred, which losses of far sums add up to, 1e-9.
        np.testing.assert_allclose(errors, expected, rtol=0, atol=1e-8 if (key, problem) == SOFTMAX else 1e-9)


@pytest.mark.parametrize(("key", "problem"), OBJECTIVES)
def test_value_error_and_prediction_are_those_of_the_formulas(key, problem):
    loss, sums = LOSSES[key], sums_for(problem)
    columns = sums.T.tolist()

    predictions = predicted(loss, problem, sums)

    expected = np.array([plain_predictions((key, problem), z) for z in columns]).T
    np.testing.assert_allclose(predictions, expected, rtol=0, atol=1e-15)  # a few roundings
    for y in TARGETS[problem]:
        values, errors = value(loss, problem, sums, y), error(loss, problem, sums, y)

        expected = np.array([[plain_loss((key, problem), z, y) for z in columns]])
        np.testing.assert_allclose(values, expected, rtol=0, atol=1e-13)  # log(1 − p) loses a few digits
        expected = np.array([plain_errors((key, problem), z, y) for z in columns]).T
        np.testing.assert_allclose(errors, expected, rtol=0, atol=1e-14)  # 1 − a² loses a digit


def test_every_loss_has_a_plain_formula_for_each_of_its_problems():
    assert set(OBJECTIVES) == {(loss.key, problem) for loss in LOSSES.values() for problem in loss.outputs}


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


@pytest.mark.parametrize("sums", [0.0, -3.25, 1e6, -1e6])
@pytest.mark.parametrize("classes", [2, 3, 4, 5, 6])
def test_knowing_nothing_of_k_classes_scores_log_k(classes, sums):
    z = np.full((classes, 1), sums)

    losses = [value(LOSSES["softmax-cross-entropy"], "multi-class", z, y).item() for y in range(classes)]

    np.testing.assert_allclose(losses, math.log(classes), rtol=1e-15)  # one rounding, however far out


def test_the_softmax_cross_entropy_does_not_overflow():
    z = np.array([[1e6, -1e6, 0.0], [-1e6, 1e6, -1e6], [-1e6, 1e6, 1e6]])
    loss = LOSSES["softmax-cross-entropy"]

    with np.errstate(all="raise", under="ignore"):
        losses = [value(loss, "multi-class", z, y)[0].tolist() for y in range(3)]
        predictions = predicted(loss, "multi-class", z)

    assert losses == [[0, 2e6 + math.log(2), 1e6], [2e6, math.log(2), 2e6], [2e6, math.log(2), 0]]
    assert predictions.T.tolist() == [[1, 0, 0], [0, 0.5, 0.5], [0, 0, 1]]


def test_two_classes_by_softmax_are_the_logistic_cross_entropy_of_the_difference():
    z = SUMS_OF_MANY[:2]
    difference = (z[0] - z[1])[None]

    for number, side in ((0, 1.0), (1, -1.0)):
        many = value(LOSSES["softmax-cross-entropy"], "multi-class", z, number)
        two = value(LOSSES["logistic-cross-entropy"], "classification", difference, side)

        np.testing.assert_allclose(many, two, rtol=1e-12, atol=1e-15)  # rounding of log(1 + something small)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=lambda row: row.key)
def test_a_loss_leaves_its_arguments_alone(loss):
    z, a, y = (np.array([[0.3, -0.2], [0.1, 0.7]]) for _ in range(3))
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


@pytest.mark.parametrize("key", LOSSES)
def test_the_factor_of_an_error_changes_no_bit_of_it_wherever_it_is_multiplied(key):
    mantissa, _ = math.frexp(LOSSES[key].error_factor)

    assert mantissa == 0.5
