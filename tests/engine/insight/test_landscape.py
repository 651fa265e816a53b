"""Landscape: every cell against an evaluation of its own, and what the directions promise."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Experiment, advance, begin, evaluate, loss_plane, set_parameter
from engine.insight import landscape, parameter_axes, principal_plane, random_directions
from tests.support.strategies import experiments, law, seeds, varied
from tests.support.validation import raises_naming


def moved(run, move):
    """Return a run with its parameters moved by (n,)."""
    return replace(run, parameters=run.parameters + move)


@law(25)
@given(
    experiment=experiments(),
    seed=seeds,
    resolution=st.integers(2, 5),
    extent=st.floats(0.01, 3),
)
def test_every_cell_is_the_loss_of_the_network_there(experiment, seed, resolution, extent):
    run = begin(experiment)
    first, second = np.random.default_rng(seed).normal(size=(2, run.layout.parameters))

    plane = loss_plane(run, first, second, extent=extent, resolution=resolution)

    assert plane.train.shape == plane.test.shape == (resolution, resolution)
    steps = [extent * (2 * i / (resolution - 1) - 1) for i in range(resolution)]
    np.testing.assert_allclose(plane.first, steps, rtol=1e-12, atol=1e-15)
    np.testing.assert_array_equal(plane.second, plane.first[::-1])
    for row, column in np.ndindex(resolution, resolution):
        parameters = run.parameters + plane.first[column] * first + plane.second[row] * second
        there = evaluate(replace(run, parameters=parameters))
        np.testing.assert_array_equal(plane.train[row, column], there.train_loss[0])
        np.testing.assert_array_equal(plane.test[row, column], there.test_loss[0])


def test_the_first_direction_goes_right_and_the_second_up():
    run = begin(Experiment())
    first, second = parameter_axes(run, 3, 7)

    plane = loss_plane(run, first, second, extent=2, resolution=3)

    assert plane.first.tolist() == [-2, 0, 2]
    assert plane.second.tolist() == [2, 0, -2]
    assert plane.train[0, 1] == evaluate(moved(run, 2 * second)).train_loss[0]
    assert plane.train[1, 2] == evaluate(moved(run, 2 * first)).train_loss[0]
    assert plane.test[2, 1] == evaluate(moved(run, -2 * second)).test_loss[0]


@pytest.mark.parametrize("resolution", [3, 7, 25, 49])
def test_the_cell_in_the_middle_is_the_network_itself(resolution):
    run, _ = advance(begin(Experiment()), epochs=3)

    plane = loss_plane(run, *random_directions(run, 5), extent=0.7, resolution=resolution)

    middle = resolution // 2
    assert plane.first[middle] == plane.second[middle] == 0
    assert plane.train[middle, middle] == evaluate(run).train_loss[0]
    assert plane.test[middle, middle] == evaluate(run).test_loss[0]


def test_the_default_is_twenty_five_cells_from_minus_one_to_one():
    run = begin(Experiment())

    plane = loss_plane(run, *parameter_axes(run, 0, 1))

    assert plane.train.shape == (25, 25)
    assert (plane.first[0], plane.first[-1]) == (-1, 1)


@pytest.mark.parametrize(
    ("samples", "resolution", "stacks"),
    [
        pytest.param(10, 20, [256, 144], id="as many as a stack has"),
        pytest.param(10_000, 11, [104, 17], id="as many as the memory is for"),
    ],
)
def test_losses_do_not_depend_on_how_many_are_evaluated_together(monkeypatch, samples, resolution, stacks):
    run = begin(varied(Experiment(), data={"samples": samples}))
    first, second = random_directions(run, 1)
    replicas = []

    def noting(stack):
        replicas.append(stack.replicas)
        return evaluate(stack)

    monkeypatch.setattr(landscape, "evaluate", noting)
    plane = loss_plane(run, first, second, resolution=resolution)

    assert replicas == stacks
    for row, column in np.ndindex(resolution, resolution):
        parameters = run.parameters + plane.first[column] * first + plane.second[row] * second
        there = evaluate(replace(run, parameters=parameters))
        assert plane.train[row, column] == there.train_loss[0]
        assert plane.test[row, column] == there.test_loss[0]


def test_losses_beyond_all_numbers_are_told_without_a_warning():
    run = begin(varied(Experiment(), data={"dataset": "plane"}, network={"activation": "linear"}))
    first, second = parameter_axes(run, 0, run.layout.parameters - 1)

    plane = loss_plane(run, 10 * first, second, extent=1e308, resolution=3)

    assert np.isfinite(plane.train[1, 1])
    assert not np.isfinite(plane.train[0, 0])


def test_a_plane_leaves_the_run_alone():
    run = begin(Experiment())
    parameters = run.parameters.copy()

    loss_plane(run, *random_directions(run, 1), resolution=3)

    np.testing.assert_array_equal(run.parameters, parameters)
    assert run.replicas == 1


RUN = begin(Experiment())
ONES = np.ones(RUN.layout.parameters)


@pytest.mark.parametrize(
    ("first", "second", "options", "named"),
    [
        (ONES[1:], ONES, {}, ["first", (24,), (25,)]),
        (ONES, ONES[None], {}, ["second", (1, 25), (25,)]),
        (0 * ONES, ONES, {}, ["first", 0]),
        (ONES, 0 * ONES, {}, ["second", 0]),
        (ONES * np.inf, ONES, {}, ["first"]),
        (ONES, ONES * np.nan, {}, ["second"]),
        *((ONES, ONES, {"extent": value}, ["extent", value, 0]) for value in (0.0, -1.0, math.inf, math.nan)),
        *((ONES, ONES, {"resolution": value}, ["resolution", value, "2 … 200"]) for value in (1, 201)),
    ],
)
def test_a_plane_that_cannot_be_is_refused(first, second, options, named):
    with raises_naming(*named):
        loss_plane(RUN, first, second, **options)


def test_a_landscape_is_that_of_a_single_network():
    stack = begin([Experiment()] * 3)

    for look in (lambda: loss_plane(stack, ONES, ONES), lambda: random_directions(stack, 0)):
        with raises_naming(3):
            look()


# ------------------------------------------------------------------------------------------------------------ axes


def test_an_axis_moves_one_parameter():
    first, second = parameter_axes(RUN, RUN.layout.index(1, 0, -1), 0)

    assert first.nonzero()[0].tolist() == [RUN.layout.index(1, 0, -1)]
    assert second.nonzero()[0].tolist() == [0]
    assert first.sum() == second.sum() == 1


@pytest.mark.parametrize(
    ("i", "j", "named"),
    [
        (-1, 0, ["i", -1, "0 … 24"]),
        (25, 0, ["i", 25, "0 … 24"]),
        (0, 25, ["j", 25, "0 … 24"]),
        (4, 4, ["i", "j", 4]),
    ],
)
def test_axes_that_are_none_are_refused(i, j, named):
    with raises_naming(*named):
        parameter_axes(RUN, i, j)


# ------------------------------------------------------------------------------------------------ random directions


@law(40)
@given(experiment=experiments(), seed=seeds)
def test_each_units_row_of_a_random_direction_is_as_long_as_its_own(experiment, seed):
    run = begin(experiment)

    first, second = random_directions(run, seed)

    own = run.layout.layers(run.parameters)
    for direction in (first, second):
        assert direction.shape == (run.layout.parameters,)
        for drawn, weights in zip(run.layout.layers(direction[None]), own, strict=True):
            for row, weight in zip(drawn[0], weights[0], strict=True):
                # A few roundings of at most eight squares.
                assert math.hypot(*row) == pytest.approx(math.hypot(*weight), rel=1e-14)


def test_random_directions_come_from_their_seed():
    first, second = random_directions(RUN, 3)

    for ours, again in zip((first, second), random_directions(RUN, 3), strict=True):
        np.testing.assert_array_equal(ours, again)
    assert not np.array_equal(first, random_directions(RUN, 4)[0])
    assert abs(np.dot(first, second)) < 0.9 * np.dot(first, first)


def test_random_directions_go_to_either_side_in_every_entry():
    drawn = np.array([random_directions(RUN, seed) for seed in range(100)]).reshape(200, -1)

    np.testing.assert_allclose((drawn > 0).mean(axis=0), 0.5, atol=0.2)  # 6 standard deviations
    correlations = np.corrcoef(drawn.T)[np.triu_indices(drawn.shape[1], 1)]
    assert np.abs(correlations).max() < 0.35  # 5 standard deviations


def test_huge_parameters_have_directions_as_huge():
    first, _ = random_directions(set_parameter(RUN, 0, 0, 0, 1e200), 1)

    assert math.hypot(*first[:3]) == pytest.approx(1e200)


def test_a_negative_seed_is_refused():
    with raises_naming("seed", -1, 0):
        random_directions(RUN, -1)


# --------------------------------------------------------------------------------------------------- principal plane


def test_a_path_in_a_plane_is_seen_whole():
    along, across = np.linalg.qr(np.random.default_rng(1).normal(size=(9, 2)))[0].T
    times = np.linspace(0, 1, 30)
    history = 5 + np.outer(10 * times, along) + np.outer(np.sin(9 * times), across)

    plane = principal_plane(history)

    assert plane.shares[0] > 0.9
    assert plane.shares.sum() == pytest.approx(1)
    np.testing.assert_allclose(
        np.outer(plane.path[:, 0], plane.first) + np.outer(plane.path[:, 1], plane.second),
        history - history[-1],
        atol=1e-12,
    )
    assert abs(np.dot(plane.first, along)) > 0.99


@law(60)
@given(
    seed=seeds,
    steps=st.integers(3, 12),
    n=st.integers(2, 30),
    scale=st.sampled_from([1e-200, 1e-9, 1.0, 1e200]),
)
def test_the_plane_is_that_of_the_greatest_variance(seed, steps, n, scale):
    history = scale * np.random.default_rng(seed).normal(size=(steps, n)).cumsum(axis=0)

    plane = principal_plane(history)

    axes = np.stack([plane.first, plane.second])
    np.testing.assert_allclose(axes @ axes.T, np.eye(2), atol=1e-12)
    path = (history - history[-1]) / scale
    np.testing.assert_allclose(plane.path / scale, path @ axes.T, atol=1e-12 * np.abs(path).max())
    assert plane.path[-1].tolist() == [0, 0]
    # By the eigenvalues of the covariance, in units of the scale.
    variances = np.linalg.eigvalsh(np.cov(path.T))[::-1]
    np.testing.assert_allclose(plane.shares, variances[:2] / variances.sum(), atol=1e-12)
    seen = np.var(plane.path / scale, axis=0) / np.var(path, axis=0).sum()
    np.testing.assert_allclose(plane.shares, seen, atol=1e-12)
    for axis in axes:
        assert axis[np.abs(axis).argmax()] > 0


def test_the_path_of_a_training_ends_in_the_middle_of_its_plane():
    run = begin(Experiment())
    history = [run.parameters[0]]
    for _ in range(20):
        run, _ = advance(run, epochs=1)
        history.append(run.parameters[0])

    plane = principal_plane(np.array(history))
    seen = loss_plane(run, plane.first, plane.second, extent=np.abs(plane.path).max(), resolution=5)

    assert plane.shares.sum() > 0.9
    assert seen.train[2, 2] == evaluate(run).train_loss[0]
    assert seen.train[2, 2] < seen.train.mean()


def test_a_straight_path_has_one_direction_and_any_other_at_a_right_angle():
    plane = principal_plane(np.outer([0.0, 1.0, 3.0], [3.0, 4.0]))

    np.testing.assert_allclose(plane.first, [0.6, 0.8], rtol=1e-15)
    np.testing.assert_allclose(plane.shares, [1, 0], atol=1e-15)
    np.testing.assert_allclose(plane.path, [[-15, 0], [-10, 0], [0, 0]], atol=1e-14)
    assert np.dot(plane.first, plane.second) == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize("shape", [(2, 25), (5, 1), (25,), (3, 1, 25)])
def test_a_history_of_another_shape_is_refused(shape):
    with raises_naming("history", shape, 3, 2):
        principal_plane(np.arange(math.prod(shape), dtype=float).reshape(shape))


@pytest.mark.parametrize("entry", [math.nan, math.inf, -math.inf])
def test_a_history_that_is_not_finite_is_refused(entry):
    history = np.eye(4)
    history[1, 2] = entry

    with raises_naming("history"):
        principal_plane(history)


@pytest.mark.parametrize("history", [np.ones((4, 3)), np.array([[1.7e308, 0], [0, 0], [-1.7e308, 0]])])
def test_a_history_without_a_way_is_refused(history):
    with raises_naming("history"):
        principal_plane(history)
