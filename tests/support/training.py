"""Training cut into calls and stacked, to compare it with training in one piece and alone."""

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np
from hypothesis import strategies as st

from engine import Experiment, Report, Run, advance, begin
from engine.arrays import FloatArray
from tests.support.runs import assert_replica_is, assert_same_state
from tests.support.strategies import varied

SMALL = varied(Experiment(), data={"samples": 60}, training={"batch_size": 7})

cuts = st.lists(
    st.tuples(st.sampled_from(["epochs", "steps", "seconds"]), st.integers(0, 9)), min_size=1, max_size=12
)
"""Calls of ``advance``, each with one limit."""


def ticks() -> Callable[[], float]:
    """Return a clock that is one second later each time it is asked."""
    return itertools.count(0.0).__next__


def losses_of(report: Report) -> FloatArray:
    """Return the losses (3, replicas, epochs) over the samples for training, for validation and for the test."""
    return np.stack([report.train_loss, report.validation_loss, report.test_loss])


def assert_cutting_changes_nothing(start: Run, pieces: Sequence[tuple[str, int]], epochs: int) -> Run:
    """Advance by all pieces, as far as they go, and then to the end: state and losses are those of one call.

    Returns the run after all epochs.
    """
    whole, report = advance(start, epochs=epochs)
    samples, training = start.experiment.data.training_samples, start.experiment.training
    if training.batching == "carried":
        last_step = epochs * (samples // training.batch_size)
    else:
        last_step = epochs * math.ceil(samples / training.batch_size)
    run, reports = start, []
    for unit, count in pieces:
        if unit == "epochs":
            run, part = advance(run, epochs=min(count % 3, epochs - run.epoch))
        elif unit == "steps":
            run, part = advance(run, steps=min(count, last_step - run.step))
        else:
            run, part = advance(run, seconds=count, steps=last_step - run.step, clock=ticks())
        reports.append(part)
    run, part = advance(run, epochs=epochs - run.epoch)
    reports.append(part)

    assert_same_state(run, whole)
    np.testing.assert_array_equal(np.concatenate([part.epoch for part in reports]), report.epoch)
    losses = np.concatenate([losses_of(part) for part in reports], axis=-1)
    np.testing.assert_array_equal(losses, losses_of(report))
    had_diverged = np.concatenate([part.had_diverged for part in reports], axis=-1)
    np.testing.assert_array_equal(had_diverged, report.had_diverged)
    return whole


def assert_stack_equals_singles(stack: Sequence[Experiment], epochs: int) -> None:
    """Assert that the networks of a stack learn what they would learn alone, to the last bit."""
    together, report = advance(begin(stack), epochs=epochs)
    for i, one in enumerate(stack):
        alone, own = advance(begin(one), epochs=epochs)
        assert_replica_is(together, i, alone)
        # Alone, a network that has diverged or stopped ends; in a stack what is left of it goes on being reported.
        seen = len(own.epoch)
        np.testing.assert_array_equal(losses_of(report)[:, i, :seen], losses_of(own)[:, 0])
        np.testing.assert_array_equal(report.had_diverged[i, :seen], own.had_diverged[0])
        assert (report.had_diverged[i, seen:] == alone.diverged[0]).all()
        assert seen == epochs or alone.diverged[0] or alone.stopped[0]
