"""Insight: maps of the output and of every unit, against a computation point by point."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Experiment, advance, begin, boundary, feature_map, layer_maps, set_parameter
from engine.features import FEATURES
from engine.insight import grid
from tests.support.numeric import PLAIN_ACTIVATIONS, PLAIN_FEATURES, plain_predictions, unflatten
from tests.support.strategies import experiments, law, stacks, varied


def pointwise(run, replica, maps):
    """Return bounds for the map of every unit of one network, in float64 loops: row 0 at x2 = +6.

    Each layer is computed from the maps of the layer below, so that what is left to float32 are the roundings of one
    sum: 6e-8 of each of its terms. The bounds are the least and the greatest answer to any sum so near.
    """
    experiment = run.experiments[replica]
    layers = unflatten(experiment.sizes, run.parameters[replica])
    objective = experiment.objective.loss, experiment.problem
    hidden = [PLAIN_ACTIVATIONS[key][0] for key in experiment.network.activations]
    resolution = maps[0].shape[-1]
    least, greatest = ([np.empty((len(units), resolution, resolution)) for units in layers] for _ in range(2))
    for row, column in np.ndindex(resolution, resolution):
        x1 = -6 + 12 * column / (resolution - 1)
        x2 = 6 - 12 * row / (resolution - 1)
        below = [PLAIN_FEATURES[key](x1, x2) for key in experiment.features]
        for layer, units in enumerate(layers):
            terms = [
                [bias, *(w * a for w, a in zip(weights, below, strict=True))] for *weights, bias in units
            ]
            sums = [math.fsum(one) for one in terms]
            near = [1e-6 * (1e-3 + math.fsum(map(abs, one))) for one in terms]
            for unit in range(len(units)):
                answers = []
                for step in (-1, -0.5, 0, 0.5, 1):
                    # The other way with the others: a softmax answers most where its own sum is most, the others least.
                    moved = [
                        z + step * (space if other == unit else -space)
                        for other, (z, space) in enumerate(zip(sums, near, strict=True))
                    ]
                    if layer < len(hidden):
                        answers.append(hidden[layer](moved[unit]))
                    else:
                        answers.append(plain_predictions(objective, moved)[unit])
                # Some answers are a product with z, or 1 − something near 1: a few roundings of such numbers.
                rounding = 5e-7 * (1 + abs(sums[unit]) + max(map(abs, answers)))
                least[layer][unit, row, column] = min(answers) - rounding
                greatest[layer][unit, row, column] = max(answers) + rounding
            below = maps[layer][replica, :, row, column].tolist()
    return list(zip(least, greatest, strict=True))


@law(25)
@given(experiment=experiments(), resolution=st.integers(2, 9))
def test_every_map_is_what_each_point_gives(experiment, resolution):
    run = begin(varied(experiment, data={"scaling": "none"}))

    maps = layer_maps(run, resolution)

    for computed, (least, greatest) in zip(maps, pointwise(run, 0, maps), strict=True):
        assert (computed[0] >= least).all()
        assert (computed[0] <= greatest).all()


def test_the_boundary_is_the_map_of_the_output():
    run, _ = advance(begin(Experiment()), epochs=30)

    np.testing.assert_array_equal(boundary(run, 11), layer_maps(run, 11)[-1])


@pytest.mark.parametrize("replicas", [1, 3])
@pytest.mark.parametrize("resolution", [2, 20, 100])
def test_a_boundary_has_replicas_outputs_rows_and_columns_in_float32(replicas, resolution):
    run = begin([varied(Experiment(), network={"seed": seed}) for seed in range(replicas)])

    picture = boundary(run, resolution)

    assert picture.shape == (replicas, 1, resolution, resolution)
    assert picture.dtype == np.float32
    assert np.abs(picture).max() <= 1


def test_the_maps_of_many_classes_are_probabilities_one_per_class():
    run, _ = advance(begin(Experiment.model_validate({"data": {"dataset": "spiral-5"}})), epochs=5)

    picture = boundary(run, 20)

    assert picture.shape == (1, 5, 20, 20)
    assert (picture > 0).all()
    np.testing.assert_allclose(picture.sum(axis=1), 1, rtol=0, atol=1e-6)  # five roundings of float32


def test_the_default_resolution_is_one_hundred():
    assert boundary(begin(Experiment())).shape == (1, 1, 100, 100)


def straight(feature, slope=1.0, bias=0.0):
    """Return a network without hidden layers that answers slope · feature + bias."""
    experiment = varied(Experiment(features=(feature,)), data={"dataset": "plane"}, network={"hidden": ()})
    return set_parameter(set_parameter(begin(experiment), 0, 0, 0, slope), 0, 0, -1, bias)


def test_the_top_row_is_x2_plus_six_and_the_bottom_row_minus_six():
    picture = boundary(straight("x2"), 5)[0, 0]

    assert picture.tolist() == [[value] * 5 for value in (6, 3, 0, -3, -6)]


def test_the_left_column_is_x1_minus_six_and_the_right_column_plus_six():
    picture = boundary(straight("x1"), 5)[0, 0]

    assert picture.tolist() == [[-6, -3, 0, 3, 6]] * 5


def test_the_bias_is_added_everywhere():
    picture = boundary(straight("x1", slope=0.0, bias=0.25), 3)

    assert (picture == 0.25).all()


@pytest.mark.parametrize("feature", FEATURES)
def test_a_feature_map_shows_what_a_network_of_this_feature_alone_shows(feature):
    picture = feature_map(feature, 7)

    np.testing.assert_array_equal(picture, boundary(straight(feature), 7)[0, 0])
    assert picture.dtype == np.float32


@pytest.mark.parametrize("key", PLAIN_FEATURES)
def test_a_feature_map_has_the_orientation_of_all_maps(key):
    picture = feature_map(key, 3)

    expected = [[PLAIN_FEATURES[key](x1, x2) for x1 in (-6, 0, 6)] for x2 in (6, 0, -6)]
    np.testing.assert_allclose(picture, expected, rtol=1e-6, atol=1e-7)  # float32


def test_only_the_layers_asked_for_are_computed():
    run = begin(Experiment())

    some, all_ = layer_maps(run, 9, layers=2), layer_maps(run, 9)

    assert [layer.shape[1] for layer in all_] == [4, 2, 1]
    assert len(some) == 2
    for one, other in zip(some, all_, strict=False):
        np.testing.assert_array_equal(one, other)


@law(40)
@given(stack=stacks(), resolution=st.integers(2, 30))
def test_the_maps_of_a_stack_are_those_of_its_networks(stack, resolution):
    together = begin(stack)

    maps = layer_maps(together, resolution)

    for i, one in enumerate(stack):
        for ours, alone in zip(maps, layer_maps(begin(one), resolution), strict=True):
            np.testing.assert_array_equal(ours[i], alone[0])


def test_maps_are_the_callers_own():
    run = begin(Experiment())
    before = boundary(run, 10)

    boundary(run, 10)[...] = 7
    layer_maps(run, 10)[0][...] = 7

    np.testing.assert_array_equal(boundary(run, 10), before)


def test_huge_parameters_give_a_picture_without_a_warning():
    run = set_parameter(begin(Experiment()), 0, 0, 0, 1e300)

    assert boundary(run, 10).shape == (1, 1, 10, 10)


@pytest.mark.parametrize("resolution", [-1, 0, 1, 1001])
def test_a_resolution_out_of_range_is_refused(resolution):
    with pytest.raises(ValueError, match=f"resolution is {resolution}; it must be 2 … 1000"):
        boundary(begin(Experiment()), resolution)


def test_the_grid_goes_row_by_row_from_the_top_left_and_cannot_be_written():
    points = grid(3)

    assert points[:4].tolist() == [[-6, 6], [0, 6], [6, 6], [-6, 0]]
    assert not points.flags.writeable
