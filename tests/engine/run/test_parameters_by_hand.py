"""Run: parameters set by hand."""

import numpy as np
import pytest

from engine import Experiment, advance, begin, set_parameter
from engine.run import set_parameters
from tests.support.strategies import varied
from tests.support.validation import raises_naming, raises_sentence

DEFAULT = Experiment()


def started(epochs=2, **groups):
    run, _ = advance(begin(varied(DEFAULT, **groups)), epochs=epochs)
    return run


def test_one_parameter_is_set_and_no_other():
    run = started()

    after = set_parameter(run, 1, 0, 3, 2.5)

    place = run.layout.index(1, 0, 3)
    assert after.parameters[0, place] == 2.5
    np.testing.assert_array_equal(np.delete(after.parameters, place), np.delete(run.parameters, place))
    assert (after.epoch, after.step, after.position) == (run.epoch, run.step, run.position)
    assert not after.parameters.flags.writeable


def test_minus_one_sets_the_bias():
    after = set_parameter(started(), 2, 0, -1, 2.5)

    assert after.parameters[0, -1] == 2.5


def test_a_parameter_set_by_hand_is_trained_on():
    after, _ = advance(set_parameter(started(), 0, 0, 0, 0.0), epochs=1)

    assert after.parameters[0, 0] != 0


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_parameter_must_be_finite(value):
    with raises_naming("value", value):
        set_parameter(started(), 0, 0, 0, value)


def test_a_parameter_that_does_not_exist_is_refused():
    with raises_sentence("no-layer", "layer", layer=3, last=2):
        set_parameter(started(), 3, 0, 0, 1.0)


def test_consecutive_parameters_can_be_set_at_once():
    run = started()

    after = set_parameters(run, 3, [1.5, -2.5])

    assert after.parameters[0, 3:5].tolist() == [1.5, -2.5]
    assert (after.parameters != run.parameters).sum() == 2


@pytest.mark.parametrize(
    ("start", "values", "named"),
    [(-1, [1.0], "-1 … -1"), (24, [1.0, 2.0], "24 … 25"), (0, [1.0, np.inf], "finite")],
)
def test_parameters_that_are_not_there_or_not_finite_are_refused(start, values, named):
    with raises_naming("values", named):
        set_parameters(started(), start, values)
