"""Workspace: the buffers in which networks of one shape train. They belong to the process, not to a run."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from engine.activations import ACTIVATIONS, Activation
from engine.arrays import FloatArray, IndexArray
from engine.experiment import Data
from engine.losses import LOSSES
from engine.network import Layout, Masks, Pass
from engine.run import Run


class Workspace:
    """The buffers in which networks of one shape train; belongs to the process, not to a run."""

    def __init__(
        self,
        sizes: tuple[int, ...],
        activations: Sequence[Activation],
        loss: str,
        replicas: int,
        *,
        dropout: bool = False,
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
        self._dropout = dropout
        self._training: dict[int, Pass] = {}
        self._evaluation: dict[tuple[int, int, int], Pass] = {}
        self._per_sample = np.empty((0, 0, 0))
        self._stacked: tuple[Sequence[FloatArray], FloatArray] = ((), self._per_sample)
        self._feeds: OrderedDict[tuple[int, int, int, int, int], Feed] = OrderedDict()

    def training_pass(self, columns: int) -> Pass:
        """Return the pass for a batch of ``columns`` samples."""
        if columns not in self._training:
            if len(self._training) >= 8:
                self._training.clear()
            self._training[columns] = Pass(
                self.weights,
                self._activations,
                columns,
                gradients=self._gradients,
                loss=self._loss,
                dropout=self._dropout,
            )
        return self._training[columns]

    def evaluation_pass(self, replicas: slice, columns: int) -> Pass:
        """Return the pass for ``columns`` samples through some of the replicas, forward only."""
        key = (replicas.start, replicas.stop, columns)
        if key not in self._evaluation:
            if len(self._evaluation) >= 64:
                self._evaluation.clear()
            weights = [layer[replicas] for layer in self.weights]
            self._evaluation[key] = Pass(weights, self._activations, columns)
        return self._evaluation[key]

    def per_sample(self, shape: tuple[int, ...]) -> FloatArray:
        """Return the buffer (replicas, outputs, samples) for one number per prediction."""
        if self._per_sample.shape != shape:
            self._per_sample = np.empty(shape)
        return self._per_sample

    def stacked(self, tables: Sequence[FloatArray]) -> FloatArray:
        """Return tables as one array with a leading axis; the same tables as last time are not copied again."""
        if len(tables) == 1:
            return tables[0][None]
        known, stacked = self._stacked
        if len(known) != len(tables) or any(a is not b for a, b in zip(known, tables, strict=True)):
            stacked = np.stack(tables)
            self._stacked = tables, stacked
        return stacked

    def feed(self, sources: int, samples: int, width: int, position: int, size: int) -> "Feed":
        """Return the buffer for an epoch that goes on at a position in batches of a size."""
        key = (sources, samples, width, position % size, size)
        feed = self._feeds.pop(key, None) or Feed(self, *key)
        self._feeds[key] = feed
        if len(self._feeds) > 8:
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
        number: its place in the epoch, from 0.
        masks: what dropout fills before the pass; None without dropout.
    """

    backward: Callable[[Any, Any, Any], None]
    features: FloatArray
    samples: FloatArray
    targets: FloatArray
    columns: int
    stop: int
    number: int
    masks: Masks | None


class Feed:
    """One epoch's training samples in their order, cut into batches.

    Every batch lies in one piece, features as rows: gathering that once per epoch is cheaper than striding over samples
    in every step.
    """

    def __init__(
        self, workspace: Workspace, sources: int, samples: int, width: int, start: int, size: int
    ) -> None:
        """Prepare buffers and views.

        Args:
            workspace: whose passes the batches are for.
            sources: tables to feed from: one, or one per replica.
            samples: training samples.
            width: features + 1 + outputs.
            start: samples before the first batch, fewer than ``size``.
            size: samples of a batch; the last one may be smaller.
        """
        self._start = start
        self._size = size
        full, rest = divmod(samples - start, size)
        self._ordered = np.empty((samples, width))
        self._blocks = np.empty((full, sources, width, size))
        self._rest = np.empty((1 if rest else 0, sources, width, rest))
        self._batches: list[Batch] = []
        stop = start
        for block in (*self._blocks, *self._rest):
            columns = block.shape[-1]
            stop += columns
            network = workspace.training_pass(columns)
            outputs = network.outputs[-1].shape[-2]
            table = block[0] if len(workspace.parameters) == 1 else block
            features = table[..., :-outputs, :]
            self._batches.append(
                Batch(
                    network.backward,
                    features,
                    features.swapaxes(-1, -2),
                    table[..., -outputs:, :],
                    columns,
                    stop,
                    len(self._batches),
                    network.masks,
                )
            )

    def fill(
        self,
        tables: Sequence[FloatArray],
        orders: Sequence[IndexArray],
        noises: Sequence[FloatArray] | None = None,
    ) -> None:
        """Take the training rows of each table (samples, width) in its order, and add noise (samples, features)."""
        full, _, width, size = self._blocks.shape
        middle = self._start + full * size
        ordered = self._ordered
        for source, (table, order) in enumerate(zip(tables, orders, strict=True)):
            np.take(table, order, 0, ordered, "clip")  # "clip" skips the buffering that "raise" needs
            if noises is not None:
                ordered[:, : noises[source].shape[1]] += noises[source]
            whole = ordered[self._start : middle].reshape(full, size, width)
            self._blocks[:, source] = whole.transpose(0, 2, 1)
            self._rest[:, source] = ordered[middle:].T

    def batches(self, position: int) -> list[Batch]:
        """Return the batches that the epoch has left behind a position, which is where one of them ends."""
        return self._batches[(position - self._start) // self._size :]


_spare: OrderedDict[Any, list[Workspace]] = OrderedDict()
"""Workspaces not in use. Only a cache: the numbers of a run never depend on it."""


@contextmanager
def borrow(run: Run) -> Iterator[Workspace]:
    """Borrow the buffers for a run and load its parameters; they go back when the work is done."""
    one = run.experiment
    output = LOSSES[one.objective.loss].outputs[one.problem]
    dropout = any(other.drops_out for other in run.experiments)
    key = (one.sizes, one.network.activations, one.objective.loss, output.key, run.replicas, dropout)
    spare = _spare.setdefault(key, [])
    try:
        workspace = spare.pop()  # atomic, so that threads never share one
    except IndexError:
        activations = [*(ACTIVATIONS[name] for name in one.network.activations), output]
        workspace = Workspace(one.sizes, activations, one.objective.loss, run.replicas, dropout=dropout)
    workspace.parameters[...] = run.parameters
    try:
        with np.errstate(all="ignore"):  # divergence is reported, not warned about
            yield workspace
    finally:
        spare.append(workspace)
        while len(_spare) > 32:
            _spare.popitem(last=False)


def sources(run: Run) -> list[tuple[Data, tuple[str, ...]]]:
    """Return where each replica's samples come from; a single source if all replicas have the same."""
    specs = {(one.data, one.features): None for one in run.experiments}
    if len(specs) == 1:
        return list(specs)
    return [(one.data, one.features) for one in run.experiments]
