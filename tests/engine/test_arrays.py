"""Arrays: constants that cannot change."""

import numpy as np
import pytest

from engine.arrays import constant


def test_a_constant_is_a_float64_array_without_axes():
    array = constant(0.1)

    assert array.shape == ()
    assert array.dtype == np.float64
    assert array.item() == 0.1


def test_a_constant_cannot_be_written():
    array = constant(1.0)

    with pytest.raises(ValueError):
        array[...] = 2

    assert array.item() == 1
