"""Workspace: the buffers in which networks of one shape train. They belong to the process, not to a run."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from engine.activations import ACTIVATIONS, Activation
from engine.arrays import FloatArray
from engine.losses import LOSSES
from engine.network import Layout, Pass
from engine.run import Run
from engine.samples import rows


class Workspace:
    """The buffers in which networks of one shape train; belongs to the process, not to a run."""

    def __init__(
        self, sizes: tuple[int, ...], activations: Sequence[Activation], loss: str, replicas: int
    ) -> None:
        layout = Layout(sizes)
        self.parameters = np.empty((replicas, layout.parameters))
        self.gradient = np.empty_like(self.parameters)
        self.scratch = np.empty_like(self.parameters)
        self.is_weight = layout.is_weight()
        self.weights = layout.layers(self.parameters)
        self._gradients = layout.layers(self.gradient)
        self._activations = activations
        self._loss = LOSSES[loss]
        self._training: dict[int, Pass] = {}
        self._evaluation: dict[int, Pass] = {}
        self._feeds: OrderedDict[tuple[int, int, int], Feed] = OrderedDict()

    def training_pass(self, columns: int) -> Pass:
        """Return the pass for a batch of ``columns`` samples."""
        if columns not in self._training:
            if len(self._training) >= 8:
                self._training.clear()
            self._training[columns] = Pass(
                self.weights, self._activations, columns, gradients=self._gradients, loss=self._loss
            )
        return self._training[columns]

    def evaluation_pass(self, columns: int) -> Pass:
        """Return the pass for ``columns`` samples, forward only."""
        if columns not in self._evaluation:
            if len(self._evaluation) >= 4:
                self._evaluation.clear()
            self._evaluation[columns] = Pass(self.weights, self._activations, columns)
        return self._evaluation[columns]

    def feed(self, sources: int, samples: int, width: int) -> "Feed":
        """Return the buffer for ``samples`` shuffled rows of each of ``sources`` tables."""
        key = (sources, samples, width)
        feed = self._feeds.pop(key, None) or Feed(self, *key)
        self._feeds[key] = feed
        if len(self._feeds) > 4:
            self._feeds.popitem(last=False)
        return feed


class Batch(NamedTuple):
    """Samples for one step.

    Attributes:
        backward: the backward pass to call with the following three.
        features: (…, inputs + 1, columns), a view of the feed's buffer like the other two.
        samples: the same numbers, (…, columns, inputs + 1).
        targets: (…, outputs, columns).
        columns: how many samples.
        stop: the position in the epoch behind the batch.
    """

    backward: Callable[[Any, Any, Any], None]
    features: FloatArray
    samples: FloatArray
    targets: FloatArray
    columns: int
    stop: int


class Feed:
    """One epoch's training samples in their order, and its batches as views."""

    def __init__(self, workspace: Workspace, sources: int, samples: int, width: int) -> None:
        self._workspace = workspace
        self._buffer = np.empty((sources, samples, width))
        self._samples = samples
        self._batches: dict[tuple[int, int], list[Batch]] = {}

    def fill(self, tables: Sequence[FloatArray], orders: Sequence[Any]) -> None:
        """Put the training rows of each table in its order."""
        for rows_, table, order_ in zip(self._buffer, tables, orders, strict=True):
            np.take(table, order_, 0, rows_, "clip")  # "clip" skips the buffering that "raise" needs

    def batches(self, position: int, size: int) -> list[Batch]:
        """Cut what the epoch has left into batches; the last one may be smaller."""
        start = position % size
        key = (start, size)
        if key not in self._batches:
            if len(self._batches) >= 8:
                self._batches.clear()
            self._batches[key] = [
                self._cut(i, min(i + size, self._samples)) for i in range(start, self._samples, size)
            ]
        return self._batches[key][position // size :]

    def _cut(self, start: int, stop: int) -> Batch:
        table = self._buffer[0] if self._workspace.parameters.shape[0] == 1 else self._buffer
        outputs = self._workspace.training_pass(stop - start).outputs[-1].shape[-2]
        samples = table[..., start:stop, :-outputs]
        targets = table[..., start:stop, -outputs:].swapaxes(-1, -2)
        backward = self._workspace.training_pass(stop - start).backward
        return Batch(backward, samples.swapaxes(-1, -2), samples, targets, stop - start, stop)


_spare: OrderedDict[Any, list[Workspace]] = OrderedDict()
"""Workspaces not in use. Only a cache: the numbers of a run never depend on it."""


@contextmanager
def borrow(run: Run) -> Iterator[Workspace]:
    """Borrow the buffers for a run and load its parameters; they go back when the work is done."""
    one = run.experiment
    output = LOSSES[one.objective.loss].outputs[one.problem]
    key = (one.sizes, one.network.activations, one.objective.loss, output.key, run.replicas)
    spare = _spare.setdefault(key, [])
    try:
        workspace = spare.pop()  # atomic, so that threads never share one
    except IndexError:
        activations = [*(ACTIVATIONS[name] for name in one.network.activations), output]
        workspace = Workspace(one.sizes, activations, one.objective.loss, run.replicas)
    workspace.parameters[...] = run.parameters
    try:
        with np.errstate(all="ignore"):  # divergence is reported, not warned about
            yield workspace
    finally:
        spare.append(workspace)
        while len(_spare) > 32:
            _spare.popitem(last=False)


def tables(run: Run) -> list[FloatArray]:
    """Return the rows of each replica's samples; a single table if all replicas have the same."""
    specs = {(one.data, one.features) for one in run.experiments}
    if len(specs) == 1:
        return [rows(run.experiment.data, run.experiment.features)]
    return [rows(one.data, one.features) for one in run.experiments]
