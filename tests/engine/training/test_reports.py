"""Training: how far it goes, and what is reported."""

import numpy as np
import pytest
from hypothesis import given

from engine import advance, begin, evaluate
from tests.support.runs import assert_same_state
from tests.support.strategies import law, stacks, varied
from tests.support.training import SMALL, losses_of, ticks
from tests.support.validation import raises_naming


def test_there_is_a_loss_for_every_finished_epoch():
    run, report = advance(begin([SMALL, varied(SMALL, network={"seed": 1})]), epochs=4)

    assert report.epoch.tolist() == [1, 2, 3, 4]
    assert report.train_loss.shape == report.validation_loss.shape == report.test_loss.shape == (2, 4)
    assert (report.steps, run.step, run.epoch, run.position) == (20, 20, 4, 0)


def test_losses_over_the_validation_samples_are_reported_where_there_are_some():
    _, without = advance(begin(SMALL), epochs=3)
    _, with_some = advance(begin(varied(SMALL, data={"validation_fraction": 0.2})), epochs=3)

    assert np.isnan(without.validation_loss).all()
    assert np.isfinite(with_some.validation_loss).all()
    # The same training samples as before: only what is left for the test is less.
    np.testing.assert_array_equal(with_some.train_loss, without.train_loss)
    assert (with_some.test_loss != without.test_loss).all()


def test_no_loss_is_reported_of_an_epoch_that_is_not_finished():
    run, report = advance(begin(SMALL), steps=4)

    assert report.epoch.shape == (0,)
    assert report.train_loss.shape == report.validation_loss.shape == report.test_loss.shape == (1, 0)
    assert (run.epoch, run.position) == (0, 28)


@law(30)
@given(stack=stacks(smallest=1))
def test_the_last_loss_reported_is_what_evaluate_says(stack):
    run, report = advance(begin(stack), epochs=1)

    if report.epoch.size:
        evaluation = evaluate(run)
        expected = [evaluation.train_loss, evaluation.validation_loss, evaluation.test_loss]
        np.testing.assert_array_equal(losses_of(report)[:, :, -1], expected)


@pytest.mark.parametrize("limits", [{"epochs": 0}, {"steps": 0}, {"epochs": 0, "steps": 5}], ids=str)
def test_nothing_happens_in_no_epochs_or_no_steps(limits):
    run = begin(SMALL)

    after, report = advance(run, **limits)

    assert_same_state(after, run)
    assert report.steps == 0


def test_no_time_is_enough_for_one_step():
    after, report = advance(begin(SMALL), seconds=0, clock=ticks())

    assert after.step == report.steps == 1


def test_no_time_is_enough_for_one_step_even_where_samples_left_over_come_first():
    carried = varied(SMALL, training={"batching": "carried"})  # 30 samples: four batches of 7, and 2 wait
    run, _ = advance(begin(carried), steps=4)

    after, report = advance(run, seconds=0, clock=ticks())

    assert (after.epoch, after.step, report.steps) == (1, 5, 1)


def test_an_epoch_that_is_begun_counts_as_one():
    run, _ = advance(begin(SMALL), steps=2)

    after, report = advance(run, epochs=1)

    assert (after.epoch, report.steps) == (1, 3)


@pytest.mark.parametrize(
    ("limits", "steps"),
    [
        ({"epochs": 3, "steps": 4}, 4),
        ({"epochs": 1, "steps": 100}, 5),
        ({"epochs": 2, "seconds": 1000}, 10),
        ({"steps": 3, "seconds": 1000}, 3),
        ({"steps": 1000, "seconds": 2}, 2),
    ],
    ids=str,
)
def test_the_first_limit_that_is_reached_holds(limits, steps):
    _, report = advance(begin(SMALL), **limits, clock=ticks())

    assert report.steps == steps


def test_some_limit_has_to_be_given():
    with raises_naming("epochs", "steps", "seconds"):
        advance(begin(SMALL))


@pytest.mark.parametrize(
    ("name", "value"),
    [("epochs", -1), ("steps", -1), ("seconds", -1), ("seconds", -0.5), ("seconds", float("nan"))],
)
def test_limits_are_not_negative(name, value):
    with raises_naming(name, value, 0):
        advance(begin(SMALL), **{name: value})


@pytest.mark.parametrize("name", ["epochs", "steps"])
@pytest.mark.parametrize("value", [1.5, 0.1, -1.5, float("nan"), float("inf")])
def test_epochs_and_steps_are_whole_numbers(name, value):
    with raises_naming(name, value):
        advance(begin(SMALL), **{name: value})
