"""Initializers: where the parameters start."""

import numpy as np
import pytest

from engine.initializers import INITIALIZERS


def draw(key, units=200, inputs=50, seed=3):
    return INITIALIZERS[key].draw(units, inputs, np.random.default_rng(seed))


@pytest.mark.parametrize("key", INITIALIZERS)
@pytest.mark.parametrize(("units", "inputs"), [(1, 1), (3, 2), (64, 64)])
def test_a_layer_has_a_column_per_input_and_one_for_the_bias(key, units, inputs):
    parameters = draw(key, units, inputs)

    assert parameters.shape == (units, inputs + 1)
    assert parameters.dtype == np.float64
    assert np.isfinite(parameters).all()


@pytest.mark.parametrize("key", INITIALIZERS)
def test_the_same_generator_gives_the_same_start(key):
    np.testing.assert_array_equal(draw(key), draw(key))


def test_classic_weights_fill_minus_a_half_to_a_half_evenly_whatever_the_width():
    weights = draw("classic")[:, :-1]

    assert weights.min() >= -0.5
    assert weights.max() < 0.5
    counts, _ = np.histogram(weights, bins=10, range=(-0.5, 0.5))
    # 10,000 draws in 10 bins: 1,000 ± 30 each; five standard deviations.
    assert np.abs(counts - 1000).max() < 150


def test_classic_biases_are_a_tenth():
    biases = draw("classic")[:, -1]

    assert (biases == 0.1).all()


def test_zeros_are_zeros():
    assert not draw("zeros").any()
