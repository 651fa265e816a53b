"""Maps of the output and of every unit, against a computation point by point."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Experiment, advance, begin, boundary, feature_map, layer_maps, set_parameter
from engine.insight import SQUARE, grid
from engine.insight.maps import layer_map
from engine.registries.features import FEATURES
from engine.samples import points
from tests.support.plain import PLAIN_ACTIVATIONS, PLAIN_FEATURES, plain_inputs, plain_predictions, unflatten
from tests.support.strategies import experiments, law, varied
from tests.support.validation import raises_naming


def pointwise(run, replica, maps, region=SQUARE):
    """Return bounds for the map of every unit of one network, in float64 loops: row 0 at the top.

    Each layer is computed from the maps of the layer below, so that what is left to float32 are the roundings of one
    sum: 6e-8 of each of its terms. The bounds are the least and the greatest answer to any sum so near.
    """
    experiment = run.experiments[replica]
    layers = unflatten(experiment.sizes, run.parameters[replica])
    objective = experiment.objective.loss, experiment.problem
    hidden = [PLAIN_ACTIVATIONS[key][0] for key in experiment.network.activations]
    resolution = maps[0].shape[-1]
    data = experiment.data
    training = points(data)[0][: data.training_samples].tolist()
    left, right, bottom, top = region
    cells = [
        (
            left + (right - left) * column / (resolution - 1),
            top - (top - bottom) * row / (resolution - 1),
        )
        for row, column in np.ndindex(resolution, resolution)
    ]
    read = plain_inputs(experiment.features, data.scaling, [*training, *cells], len(training))[
        len(training) :
    ]
    least, greatest = ([np.empty((len(units), resolution, resolution)) for units in layers] for _ in range(2))
    for row, column in np.ndindex(resolution, resolution):
        below = read[row * resolution + column]
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


@st.composite
def regions(draw, farthest=60):
    """Draw regions with whole numbers for bounds."""
    bounds = [
        sorted(draw(st.lists(st.integers(-farthest, farthest), min_size=2, max_size=2, unique=True)))
        for _ in range(2)
    ]
    return (*bounds[0], *bounds[1])


@law(50)
@given(experiment=experiments(), resolution=st.integers(2, 9), region=st.just(SQUARE) | regions())
def test_every_map_of_any_region_is_what_each_point_gives(experiment, resolution, region):
    run = begin(experiment)

    maps = layer_maps(run, resolution, region=region)

    for computed, (least, greatest) in zip(maps, pointwise(run, 0, maps, region), strict=True):
        assert (computed[0] >= least).all()
        assert (computed[0] <= greatest).all()


def test_the_boundary_is_the_map_of_the_output():
    run, _ = advance(begin(Experiment()), epochs=30)

    np.testing.assert_array_equal(boundary(run, 11), layer_maps(run, 11)[-1])
    region = (-20, 3, 0, 7)
    np.testing.assert_array_equal(boundary(run, 11, region=region), layer_maps(run, 11, region=region)[-1])


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


def test_a_region_goes_from_left_to_right_and_from_bottom_to_top():
    region = (10, 50, -3, 1)

    assert boundary(straight("x1"), 5, region=region)[0, 0].tolist() == [[10, 20, 30, 40, 50]] * 5
    assert boundary(straight("x2"), 5, region=region)[0, 0].tolist() == [
        [x2] * 5 for x2 in (1, 0, -1, -2, -3)
    ]
    assert feature_map("x1x2", 2, region=region).tolist() == [[10, 50], [-30, -150]]


def test_without_a_region_it_is_the_square_of_the_data():
    run = begin(Experiment())

    assert list(SQUARE) == [-6, 6, -6, 6]
    np.testing.assert_array_equal(boundary(run, 10), boundary(run, 10, region=SQUARE))
    np.testing.assert_array_equal(feature_map("x1²", 10), feature_map("x1²", 10, region=SQUARE))
    np.testing.assert_array_equal(grid(10), grid(10, region=SQUARE))


def test_a_closer_look_shows_the_same_answers():
    run, _ = advance(begin(Experiment()), epochs=10)

    upper_left = boundary(run, 5, region=(-6, 0, 0, 6))

    np.testing.assert_array_equal(upper_left, boundary(run, 9)[:, :, :5, :5])


def test_far_from_the_data_a_network_of_relus_is_only_more_certain():
    run, _ = advance(
        begin(varied(Experiment(), data={"dataset": "gauss"}, network={"activation": "relu"})), epochs=30
    )

    certainty = [
        np.abs(boundary(run, 50, region=[far * bound for bound in SQUARE])).mean() for far in (1, 3, 10)
    ]

    assert certainty[0] < certainty[1] < certainty[2] < 1


@pytest.mark.parametrize(
    ("region", "named"),
    [
        ((1, 2, 3), [(1, 2, 3), "x1", "x2"]),
        ((6, -6, -6, 6), ["x1", 6, -6, "−1,000,000 … 1,000,000"]),
        ((-6, 6, 2.5, 2.5), ["x2", 2.5]),
        ((-6, 1e7, -6, 6), ["x1", -6, 1e7]),
        ((-6, 6, -1e7, 6), ["x2", -1e7, 6]),
        ((-math.inf, 6, -6, 6), ["x1", -math.inf, 6]),
        ((-6, 6, -6, math.nan), ["x2", -6, math.nan]),
    ],
)
def test_a_region_that_is_none_is_refused(region, named):
    for look in (
        lambda: boundary(begin(Experiment()), 5, region=region),
        lambda: feature_map("x1", 5, region=region),
        lambda: grid(5, region=region),
    ):
        with raises_naming("region", *named):
            look()


def test_the_widest_region_has_finite_features_and_does_not_warn():
    for key in FEATURES:
        assert np.isfinite(feature_map(key, 4, region=(-1e6, 1e6, -1e6, 1e6))).all()


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


@pytest.mark.parametrize("replicas", [1, 3])
def test_maps_are_the_callers_own(replicas):
    run = begin([varied(Experiment(), network={"seed": seed}) for seed in range(replicas)])
    before = layer_maps(run, 10)

    boundary(run, 10)[...] = 7
    layer_maps(run, 10)[0][...] = 7

    for one, other in zip(layer_maps(run, 10), before, strict=True):
        np.testing.assert_array_equal(one, other)
    for layer, maps in enumerate(before):
        np.testing.assert_array_equal(layer_map(run, layer, 10), maps)


@pytest.mark.parametrize("replicas", [1, 3])
@pytest.mark.parametrize("layers", [None, 1])
def test_maps_can_be_drawn_in_given_memory(replicas, layers):
    stack = begin([varied(Experiment(), network={"seed": seed}) for seed in range(replicas)])
    memory = np.full((replicas, 9 * 30 * 30), np.nan, np.float32)  # 4, 2 and 1 units, two hidden layers

    maps = layer_maps(stack, 30, layers=layers, memory=memory)

    for ours, new in zip(maps, layer_maps(stack, 30, layers=layers), strict=True):
        assert np.shares_memory(ours, memory)
        np.testing.assert_array_equal(ours, new)


@pytest.mark.parametrize(
    "memory",
    [np.empty(9 * 900 - 1, np.float32), np.empty(9 * 900), np.empty((900, 18), np.float32)[:, ::2]],
)
def test_memory_that_is_too_small_or_of_another_kind_is_refused(memory):
    with pytest.raises(ValueError, match="at least 8,100 of type float32"):
        layer_maps(begin(Experiment()), 30, memory=memory)


@pytest.mark.parametrize("scaling", ["none", "standardise"])
def test_a_stack_too_large_to_be_computed_at_once_has_the_maps_of_its_networks(scaling):
    # 8,192 columns are computed at once: 13 networks at 25 × 25.
    stack = [
        varied(Experiment(), network={"seed": seed}, data={"seed": seed, "scaling": scaling})
        for seed in range(30)
    ]

    maps = layer_maps(begin(stack), 25)

    for replica in (0, 12, 13, 29):
        for together, alone in zip(maps, layer_maps(begin(stack[replica]), 25), strict=True):
            np.testing.assert_array_equal(together[replica], alone[0])
    np.testing.assert_array_equal(boundary(begin(stack), 25), maps[-1])


def test_huge_parameters_give_a_picture_without_a_warning():
    run = set_parameter(begin(Experiment()), 0, 0, 0, 1e300)

    assert boundary(run, 10).shape == (1, 1, 10, 10)


@pytest.mark.parametrize("resolution", [-1, 0, 1, 1001])
def test_a_resolution_out_of_range_is_refused(resolution):
    with raises_naming("resolution", resolution, "2 … 1000"):
        boundary(begin(Experiment()), resolution)


def test_the_grid_goes_row_by_row_from_the_top_left_and_cannot_be_written():
    points = grid(3)

    assert points[:4].tolist() == [[-6, 6], [0, 6], [6, 6], [-6, 0]]
    assert not points.flags.writeable


def test_a_grid_is_made_once_for_each_region():
    assert grid(3, region=[0, 1, 0, 1]) is grid(3, region=(0, 1, 0, 1))
    assert grid(3, region=(0, 1, 0, 1)) is not grid(3)
