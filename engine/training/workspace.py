"""Workspaces: the buffers in which networks of one shape train. They belong to the process, not to a run."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from engine.arrays import FloatArray, IndexArray, constant
from engine.experiment import Data
from engine.network.activation_buffers import DropoutMasks
from engine.network.layout import Layout
from engine.network.passes import Pass
from engine.registries.activations import ACTIVATIONS, Activation
from engine.registries.losses import LOSSES
from engine.run import Run

_MAX_FEEDS, _MAX_EVALUATION_PASSES = 8, 512
"""Entries that a workspace keeps, whatever their size."""

_MAX_SHAPES = 32
"""Network shapes with pooled workspaces; few, as every release adds up the bytes of all."""

_PIECE = 1 << 18
"""Activations of one training pass (2 MB): more would leave the processor's cache."""

Backward = Callable[[Any, Any, Any], None]

_BATCH_BYTES = 600
"""Memory of a batch without its samples: three views and a tuple."""


class Workspace:
    """The buffers in which networks of one shape train; belongs to the process, not to a run.

    Attributes:
        parameters: (replicas, n).
        work: (2, replicas, n), the gradient and a scratch buffer.
        outputs: output units.
        losses: kept by ``engine.training.evaluation``, with passes and buffers of this workspace.
        bytes: estimate of its memory, with all feeds and passes.
    """

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
        self.work = np.empty((2, *self.parameters.shape))
        self.gradient, self.scratch = self.work
        self.is_weight = layout.is_weight()
        self.weights = layout.layers(self.parameters)
        self._gradients = layout.layers(self.gradient)
        self._activations = activations
        self._loss = LOSSES[loss]
        self._dropout = dropout
        self._rows = sum(units + 1 for units, _ in layout.shapes)
        self._training: dict[int, Pass] = {}
        self._evaluation: dict[tuple[int, int, int], Pass] = {}
        self._evaluation_buffers: dict[tuple[int, int], FloatArray] = {}
        self._per_sample = np.empty((0, 0, 0))
        self._stacked: tuple[Sequence[FloatArray], FloatArray] = ((), self._per_sample)
        self._feeds: dict[tuple[int, int, int, int, int], Feed] = {}
        self.outputs = sizes[-1]
        self.losses: Any = None
        self.bytes = self.parameters.nbytes + self.work.nbytes

    def training_pass(self, columns: int) -> Pass:
        """Return the pass for a batch of ``columns`` samples."""
        if columns not in self._training:
            network = Pass(
                self.weights,
                self._activations,
                columns,
                gradients=self._gradients,
                loss=self._loss,
                dropout=self._dropout,
            )
            self._training[columns] = network
            self.bytes += network.bytes
        return self._training[columns]

    def backward(self, columns: int) -> tuple[Backward, DropoutMasks | None]:
        """Return the function that computes the gradient of a batch of ``columns`` samples, and its dropout masks.

        Large batches of large networks are computed in pieces that fit the processor's cache. Rounding depends on the
        pieces, so their sizes do not depend on the number of replicas.
        """
        columns_of_piece = max(_PIECE // self._rows, 1)
        if self._dropout or columns < 2 * columns_of_piece:
            network = self.training_pass(columns)
            return network.backward, network.masks
        ends = np.linspace(0, columns, columns // columns_of_piece + 1).astype(int).tolist()
        pieces = [
            (
                slice(start, stop),
                self.training_pass(stop - start).backward,
                constant((stop - start) / columns),
            )
            for start, stop in pairwise(ends)
        ]
        gradient, total = self.work

        def backward(features: FloatArray, samples: FloatArray, targets: FloatArray) -> None:
            total.fill(0.0)
            for part, backward_piece, share in pieces:
                # Products of views round differently in a stack.
                own = np.ascontiguousarray(features[..., part])
                backward_piece(own, own.swapaxes(-1, -2), np.ascontiguousarray(targets[..., part]))
                np.multiply(gradient, share, gradient)
                np.add(total, gradient, total)
            gradient[...] = total

        return backward, None

    def evaluation_pass(self, replicas: slice, columns: int) -> Pass:
        """Return the forward pass of some of the replicas for ``columns`` samples."""
        key = (replicas.start, replicas.stop, columns)
        if key not in self._evaluation:
            if len(self._evaluation) >= _MAX_EVALUATION_PASSES:
                self._drop_evaluation_passes()
            weights = [layer[replicas] for layer in self.weights]
            # The parts of a stack are evaluated one after the other, so they share one buffer.
            shape = (replicas.stop - replicas.start, columns)
            known = self._evaluation_buffers.get(shape)
            network = Pass(weights, self._activations, columns, buffer=known)
            self._evaluation[key] = network
            self._evaluation_buffers[shape] = network.buffer
            self.bytes += network.bytes
        return self._evaluation[key]

    def per_sample(self, shape: tuple[int, ...]) -> FloatArray:
        """Return the buffer (replicas, outputs, samples) for one number per prediction."""
        if self._per_sample.shape != shape:
            self.bytes -= self._per_sample.nbytes
            self._per_sample = np.empty(shape)
            self.bytes += self._per_sample.nbytes
        return self._per_sample

    def stacked(self, tables: Sequence[FloatArray]) -> FloatArray:
        """Return tables as one array with a leading axis; the same tables as last time are not copied again."""
        if len(tables) == 1:
            return tables[0][None]
        known, stacked = self._stacked
        if len(known) != len(tables) or any(a is not b for a, b in zip(known, tables, strict=True)):
            self.bytes -= stacked.nbytes
            stacked = np.stack(tables)
            self._stacked = tables, stacked
            self.bytes += stacked.nbytes
        return stacked

    def feed(self, sources: int, samples: int, width: int, position: int, size: int) -> "Feed":
        """Return the buffer for the rest of an epoch from a position on, in batches of a size."""
        key = (sources, samples, width, position % size, size)
        feed = self._feeds.get(key)
        if feed is None:
            if len(self._feeds) >= _MAX_FEEDS:
                self._drop_feeds()
            feed = self._feeds[key] = Feed(self, *key)
            self.bytes += feed.bytes
        return feed

    def _drop_feeds(self) -> None:
        """Drop all feeds and the training passes that they refer to."""
        self.bytes -= sum(feed.bytes for feed in self._feeds.values())
        self.bytes -= sum(network.bytes for network in self._training.values())
        self._feeds.clear()
        self._training.clear()

    def _drop_evaluation_passes(self) -> None:
        self.bytes -= sum(network.bytes for network in self._evaluation.values())
        self.losses = None
        self._evaluation.clear()
        self._evaluation_buffers.clear()


class Batch(NamedTuple):
    """Samples of one step.

    Attributes:
        backward: computes the gradient; called with the following three.
        features: (…, inputs + 1, columns), a view of the feed's buffer like the other two.
        samples: the same numbers, (…, columns, inputs + 1).
        targets: (…, outputs, columns).
        columns: number of samples.
        stop: samples of the epoch up to the end of the batch.
        number: index in the epoch, from 0.
        masks: filled by dropout before the pass; None without dropout.
    """

    backward: Backward
    features: FloatArray
    samples: FloatArray
    targets: FloatArray
    columns: int
    stop: int
    number: int
    masks: DropoutMasks | None


class Feed:
    """Training samples of one epoch in their order, cut into batches.

    Every batch is contiguous, with features as rows: copying that once per epoch is cheaper than strided reads in every
    step.

    Attributes:
        bytes: estimate of its memory.
    """

    def __init__(
        self, workspace: Workspace, sources: int, samples: int, width: int, start: int, size: int
    ) -> None:
        """Prepare buffers and views.

        Args:
            workspace: its passes compute the batches.
            sources: tables to read: one, or one per replica.
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
        batches = full + (rest > 0)
        self.bytes = self._ordered.nbytes + self._blocks.nbytes + self._rest.nbytes + batches * _BATCH_BYTES
        self._batches: list[Batch] = []
        outputs = workspace.outputs
        stop = start
        for block in (*self._blocks, *self._rest):
            columns = block.shape[-1]
            stop += columns
            backward, masks = workspace.backward(columns)
            table = block[0] if len(workspace.parameters) == 1 else block
            features = table[..., :-outputs, :]
            self._batches.append(
                Batch(
                    backward,
                    features,
                    features.swapaxes(-1, -2),
                    table[..., -outputs:, :],
                    columns,
                    stop,
                    len(self._batches),
                    masks,
                )
            )

    def fill(
        self,
        tables: Sequence[FloatArray],
        orders: Sequence[IndexArray],
        noises: Sequence[FloatArray] | None = None,
    ) -> None:
        """Copy the training rows of each table (samples, width) in its order, and add noise (samples, features)."""
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
        """Return the remaining batches of the epoch from a position on, which is where one of them begins."""
        return self._batches[(position - self._start) // self._size :]


class WorkspacePool:
    """Idle workspaces up to a limit of bytes, least recently used shapes dropped first. No result depends on it.

    Threads may share it without a lock: ``list.pop`` is atomic, so no workspace is acquired twice; when two threads
    release at the same instant, one workspace may be lost, and is created again later.

    Attributes:
        max_bytes: limit of ``bytes``.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._spare: OrderedDict[Hashable, list[Workspace]] = OrderedDict()

    @property
    def bytes(self) -> int:
        """Memory of all workspaces in the pool."""
        return sum([workspace.bytes for spare in list(self._spare.values()) for workspace in list(spare)])

    def acquire(self, shape: Hashable) -> Workspace | None:
        """Remove and return a workspace of a shape; None if the pool has none."""
        try:
            return self._spare[shape].pop()
        except (KeyError, IndexError):
            return None

    def release(self, shape: Hashable, workspace: Workspace) -> None:
        """Add a workspace, and drop others to stay below the limit; a workspace that exceeds it alone is not added."""
        if workspace.bytes > self.max_bytes:
            return
        spare = self._spare.pop(shape, [])
        spare.append(workspace)
        self._spare[shape] = spare
        while len(self._spare) > _MAX_SHAPES or self.bytes > self.max_bytes:
            with suppress(KeyError):  # another thread was faster
                self._spare.popitem(last=False)

    def clear(self) -> None:
        """Drop all workspaces."""
        self._spare.clear()


POOL = WorkspacePool(64 * 2**20)
"""Idle workspaces of the process: some dozen of small networks, or one of a large one."""


@contextmanager
def borrow(run: Run) -> Iterator[Workspace]:
    """Acquire a workspace for a run and load its parameters; release it at the end of the context."""
    one = run.experiment
    output = LOSSES[one.objective.loss].outputs[one.problem]
    dropout = any(other.drops_out for other in run.experiments)
    shape = (one.sizes, one.network.activations, one.objective.loss, output.key, run.replicas, dropout)
    workspace = POOL.acquire(shape)
    if workspace is None:
        activations = [*(ACTIVATIONS[name] for name in one.network.activations), output]
        workspace = Workspace(one.sizes, activations, one.objective.loss, run.replicas, dropout=dropout)
    workspace.parameters[...] = run.parameters
    try:
        with np.errstate(all="ignore"):  # divergence is reported, not warned about
            yield workspace
    finally:
        POOL.release(shape, workspace)


def sources(run: Run) -> list[tuple[Data, tuple[str, ...]]]:
    """Return the data and features of each replica; a single entry if all replicas have the same."""
    specs = {(one.data, one.features): None for one in run.experiments}
    if len(specs) == 1:
        return list(specs)
    return [(one.data, one.features) for one in run.experiments]
