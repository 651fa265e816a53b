"""Run: an immutable value that can be pickled."""

import pickle
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Experiment, advance, begin, evaluate, reconfigure, set_parameter
from tests.support.runs import assert_same_state
from tests.support.strategies import law, stacks, varied

DEFAULT = Experiment()


VALIDATED = varied(DEFAULT, data={"validation_fraction": 0.2})


def started(epochs=2, **groups):
    run, _ = advance(begin(varied(DEFAULT, **groups)), epochs=epochs)
    return run


def test_the_pickle_of_a_small_run_is_smaller_than_four_kilobytes():
    run = started(network={"hidden": (8, 8)}, epochs=3)

    assert len(pickle.dumps(run)) < 4096


@law(40)
@given(stack=stacks(smallest=1, largest=3), steps=st.integers(0, 12))
def test_a_pickled_run_is_the_same_run_and_goes_on_the_same(stack, steps):
    run, _ = advance(begin(stack), steps=steps)

    copy = pickle.loads(pickle.dumps(run))

    assert copy.experiments == run.experiments
    assert_same_state(copy, run)
    (further, report), (expected, expected_report) = advance(copy, epochs=2), advance(run, epochs=2)
    assert_same_state(further, expected)
    np.testing.assert_array_equal(report.test_loss, expected_report.test_loss)


def test_an_experiment_is_pickled_as_it_is_even_if_made_from_one_that_was_pickled():
    pickle.dumps(DEFAULT)
    changed = DEFAULT.model_copy(update={"features": ("x1",)})

    assert pickle.loads(pickle.dumps(changed)) == changed != DEFAULT


def test_an_experiment_that_comes_back_again_is_the_same_object():
    stored = pickle.dumps(varied(DEFAULT, network={"hidden": (3, 5)}))

    assert pickle.loads(stored) is pickle.loads(stored)


def test_arrays_of_a_run_are_read_only_before_and_after_pickling():
    run = started()
    stopping = begin(varied(VALIDATED, training={"stop": "early-stopping"}))

    for one in (begin(DEFAULT), run, pickle.loads(pickle.dumps(run)), pickle.loads(pickle.dumps(stopping))):
        best = one.best
        for array in (one.parameters, one.slots, one.diverged, one.stopped, best.loss, best.epoch):
            assert not array.flags.writeable
        assert not best.parameters.flags.writeable


def test_a_run_cannot_be_changed():
    run = begin(DEFAULT)

    with pytest.raises(FrozenInstanceError):
        run.epoch = 3  # type: ignore[misc]


def test_what_is_made_from_a_run_leaves_it_alone():
    run = started()
    before = pickle.dumps(run)

    advance(run, epochs=2)
    evaluate(run)
    set_parameter(run, 0, 0, 0, 3.0)
    reconfigure(run, varied(DEFAULT, training={"learning_rate": 0.5}))

    assert pickle.dumps(run) == before


def test_a_small_experiment_is_loaded_once_and_a_large_one_is_not_remembered():
    points = [[index / 1000, 0.5, index % 2 * 2 - 1] for index in range(1000)]
    large = Experiment.model_validate({"data": {"points": points}})

    for experiment, is_remembered in ((DEFAULT, True), (large, False)):
        pickled = pickle.dumps(experiment)
        first, second = pickle.loads(pickled), pickle.loads(pickled)
        assert first == second == experiment
        assert (first is second) is is_remembered
