"""Runs compared: everything that a run is, to the last bit."""

from collections.abc import Sequence

import numpy as np

from engine import Experiment, Run


def assert_same_state(run: Run, other: Run) -> None:
    """Assert that two runs are at the same place and remember the same, so that they must go on alike."""
    for name in ("parameters", "slots", "diverged", "stopped"):
        np.testing.assert_array_equal(getattr(run, name), getattr(other, name), err_msg=name)
    for name in ("epoch", "step", "position", "carried", "since"):
        assert getattr(run, name) == getattr(other, name), name
    for name in ("loss", "epoch", "parameters"):
        np.testing.assert_array_equal(
            getattr(run.best, name), getattr(other.best, name), err_msg=f"best {name}"
        )


def assert_replica_is(run: Run, replica: int, alone: Run) -> None:
    """Assert that a network of a stack has learned and remembers what it does as a single network."""
    np.testing.assert_array_equal(run.parameters[replica], alone.parameters[0])
    np.testing.assert_array_equal(run.slots[:, replica], alone.slots[:, 0])
    assert run.diverged[replica] == alone.diverged[0]
    assert run.stopped[replica] == alone.stopped[0]
    assert run.best.loss[replica] == alone.best.loss[0]
    assert run.best.epoch[replica] == alone.best.epoch[0]
    np.testing.assert_array_equal(run.best.parameters[replica : replica + 1], alone.best.parameters)


def assert_stack_of(run: Run, singles: Sequence[Run]) -> None:
    """Assert that a stack is made of these single runs, which are all at its epoch and step."""
    assert run.experiments == tuple(one.experiment for one in singles)
    for replica, alone in enumerate(singles):
        assert_replica_is(run, replica, alone)
        for name in ("epoch", "step", "position", "carried", "since"):
            assert getattr(run, name) == getattr(alone, name), name


def never_updates(experiment: Experiment) -> bool:
    """Tell whether the samples left over never fill a batch."""
    training = experiment.training
    return training.batching == "carried" and training.batch_size > experiment.data.training_samples
