"""Arrays: constants that cannot change, and blocks of bytes from which arrays come back."""

import numpy as np
import pytest

from engine.arrays import constant, from_block, to_block


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


def test_the_arrays_of_a_block_are_equal_read_only_and_aligned():
    arrays = [
        np.array([[True, False, True]]),
        np.arange(6.0).reshape(2, 1, 3),
        np.empty((0, 4)),
        np.arange(12, dtype=np.float32).reshape(3, 4)[:, 1:3],  # not contiguous
        np.array(7),
    ]

    restored = from_block(*to_block(arrays))

    for array, other in zip(arrays, restored, strict=True):
        np.testing.assert_array_equal(other, array, strict=True)
        assert not other.flags.writeable
        assert other.flags.aligned
