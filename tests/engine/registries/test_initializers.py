"""Initializers: where the parameters start."""

import math

import numpy as np
import pytest

from engine import Experiment, advance, begin, set_parameter
from engine.registries.activations import ACTIVATIONS
from engine.registries.initializers import INITIALIZERS
from engine.registries.optimizers import OPTIMIZERS
from engine.registries.penalties import PENALTIES


def draw(key, units=200, inputs=50, seed=3, **options):
    row = INITIALIZERS[key]
    numbers = {option.name: option.default for option in row.options} | options
    return row.draw(units, inputs, np.random.default_rng(seed), numbers)


@pytest.mark.parametrize("key", INITIALIZERS)
@pytest.mark.parametrize(("units", "inputs"), [(1, 1), (3, 2), (2, 3), (64, 64)])
def test_a_layer_has_a_column_per_input_and_one_for_the_bias(key, units, inputs):
    parameters = draw(key, units, inputs)

    assert parameters.shape == (units, inputs + 1)
    assert parameters.dtype == np.float64
    assert np.isfinite(parameters).all()


@pytest.mark.parametrize("key", INITIALIZERS)
def test_the_same_generator_gives_the_same_start(key):
    np.testing.assert_array_equal(draw(key), draw(key))


@pytest.mark.parametrize("key", [key for key in INITIALIZERS if key not in ("zeros", "constant")])
def test_another_generator_gives_another_start(key):
    assert (draw(key, seed=1) != draw(key, seed=2)).any()


@pytest.mark.parametrize("key", INITIALIZERS)
def test_biases_start_at_zero_and_those_of_classic_at_a_tenth(key):
    biases = draw(key)[:, -1]

    assert (biases == (0.1 if key == "classic" else 0.0)).all()


EVEN = {
    # Half the width of the interval.
    "classic": (0.5, {}),
    "uniform": (0.5, {}),
    "uniform, wide": (3.0, {"scale": 3.0}),
    "glorot": (math.sqrt(6 / 250), {}),
}
BELL = {
    # The standard deviation.
    "normal": (0.5, {}),
    "normal, wide": (3.0, {"scale": 3.0}),
    "he": (math.sqrt(2 / 50), {}),
    "lecun": (math.sqrt(1 / 50), {}),
}
"""For 200 units with 50 inputs."""


@pytest.mark.parametrize("case", EVEN)
def test_even_weights_fill_their_interval_evenly(case):
    half, options = EVEN[case]

    weights = draw(case.partition(",")[0], **options)[:, :-1]

    assert weights.min() >= -half
    assert weights.max() < half
    counts, _ = np.histogram(weights, bins=10, range=(-half, half))
    # 10,000 draws in 10 bins: 1,000 ± 30 each; five standard deviations.
    assert np.abs(counts - 1000).max() < 150


@pytest.mark.parametrize("case", BELL)
def test_normal_weights_have_the_mean_the_spread_and_the_tails_of_the_bell_curve(case):
    spread, options = BELL[case]

    z = draw(case.partition(",")[0], **options)[:, :-1] / spread

    # 10,000 draws; five standard deviations of each estimate.
    assert abs(z.mean()) < 5 / math.sqrt(10_000)
    assert abs(z.std() - 1) < 5 / math.sqrt(20_000)
    for bound, share in ((1, 0.6827), (2, 0.9545), (3, 0.9973)):
        tolerance = 5 * math.sqrt(share * (1 - share) / 10_000)
        assert abs((np.abs(z) < bound).mean() - share) < tolerance


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
@pytest.mark.parametrize(("units", "inputs"), [(1, 1), (4, 4), (3, 8), (8, 3)])
def test_orthogonal_weights_are_a_scaled_rotation(units, inputs, scale):
    weights = draw("orthogonal", units, inputs, scale=scale)[:, :-1]

    # W Wᵀ = scale² I; with more units than inputs, Wᵀ W: as much of a rotation as there can be.
    product = weights @ weights.T if units <= inputs else weights.T @ weights
    expected = scale**2 * np.eye(min(units, inputs))
    np.testing.assert_allclose(product, expected, rtol=0, atol=1e-14)  # a few roundings of numbers up to 4


def test_no_rotation_is_more_likely_than_its_mirror_image():
    signs = [np.sign(draw("orthogonal", 2, 2, seed=seed)[0, 0]) for seed in range(400)]

    assert abs(np.sum(signs)) < 5 * math.sqrt(400)  # five standard deviations


@pytest.mark.parametrize("key", [key for key, row in INITIALIZERS.items() if row.options])
def test_twice_the_option_is_twice_the_weights(key):
    (option,) = INITIALIZERS[key].options

    once, twice = (draw(key, **{option.name: factor * 0.4}) for factor in (1, 2))

    np.testing.assert_allclose(twice, 2 * once, rtol=1e-15)  # one rounding


@pytest.mark.parametrize("key", [key for key, row in INITIALIZERS.items() if row.options])
def test_an_experiment_begins_with_its_options(key):
    (option,) = INITIALIZERS[key].options
    network = {"initializer": key, "initializer_options": {option.name: 0.125}}

    run = begin(Experiment.model_validate({"network": network}))

    generator = np.random.default_rng([4, 0])  # the stream of the weights: engine/run.py
    expected = [
        INITIALIZERS[key].draw(u, i, generator, {option.name: 0.125}) for i, u in ((2, 4), (4, 2), (2, 1))
    ]
    np.testing.assert_array_equal(run.parameters[0], np.concatenate([layer.ravel() for layer in expected]))


def test_zeros_are_zeros():
    assert not draw("zeros").any()


def test_constant_weights_all_have_the_value():
    assert (draw("constant", value=-0.7)[:, :-1] == -0.7).all()


# ------------------------------------------------------------------------------------- the exercise about symmetry


def assert_units_of_a_layer_are_alike(run, tolerance=0.0):
    layers = [layer[0] for layer in run.layout.layers(run.parameters)]
    for layer in layers[:-1]:
        assert np.ptp(layer, axis=0).max() <= tolerance
    for layer in layers[1:]:
        assert np.ptp(layer[:, :-1], axis=1).max() <= tolerance


def symmetric(hidden, **groups):
    return Experiment.model_validate(
        groups | {"network": {"hidden": hidden, "initializer": "constant", **groups.get("network", {})}}
    )


# Matrix products take rows in groups of four; where a width leaves rows over, these may be added up in another order.
@pytest.mark.parametrize(
    ("hidden", "tolerance"),
    [([2], 0.0), ([4], 0.0), ([4, 2], 0.0), ([8, 8, 8], 0.0), ([3, 5], 1e-13), ([6, 9], 1e-13)],
    ids=str,
)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_units_that_start_alike_stay_alike(activation, hidden, tolerance):
    run, _ = advance(begin(symmetric(hidden, network={"activation": activation})), epochs=5)

    assert_units_of_a_layer_are_alike(run, tolerance)
    if activation != "step":  # its outputs may be 0 all over
        assert (run.parameters != begin(run.experiment).parameters).any()


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("penalty", PENALTIES)
def test_no_optimizer_and_no_penalty_parts_units_that_start_alike(optimizer, penalty):
    experiment = symmetric(
        [4, 2],
        training={"optimizer": optimizer, "clip_norm": 0.5},
        objective={"penalty": penalty, "penalty_rate": 0.01},
    )

    run, _ = advance(begin(experiment), epochs=5)

    assert_units_of_a_layer_are_alike(run)


def test_one_weight_set_apart_breaks_the_symmetry():
    run = begin(symmetric([4]))

    after, _ = advance(set_parameter(run, 0, 0, 0, 0.31), epochs=5)

    layer = after.layout.layers(after.parameters)[0][0]
    assert (layer[0] != layer[1]).any()
