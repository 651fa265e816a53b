"""Lengths of vectors of any size."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.insight.norms import euclidean_norm
from tests.support.strategies import law


@law(100)
@given(vectors=st.lists(st.lists(st.floats(-1e150, 1e150), min_size=3, max_size=3), min_size=1, max_size=4))
def test_the_length_is_that_of_pythagoras(vectors):
    expected = [math.hypot(*vector) for vector in vectors]

    # A few roundings; below 1e-307 numbers have fewer digits.
    np.testing.assert_allclose(euclidean_norm(np.array(vectors)), expected, rtol=1e-14, atol=1e-307)


@pytest.mark.parametrize(
    ("vector", "length"),
    [
        ([0.0, 0.0], 0.0),
        ([3e200, 4e200], 5e200),
        ([3e-200, 4e-200], 5e-200),
        ([math.inf, 1.0], math.inf),
        ([-math.inf, 1.0], math.inf),
        ([math.nan, 1.0], math.nan),
        ([math.nan, math.inf], math.nan),
        ([1.7e308, 1.7e308], math.inf),
    ],
)
def test_huge_tiny_and_impossible_entries(vector, length):
    np.testing.assert_allclose(euclidean_norm(np.array(vector)), length, rtol=1e-14)
