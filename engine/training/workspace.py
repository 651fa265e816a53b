"""Workspace: the buffers in which networks of one shape train. They belong to the process, not to a run."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from engine.arrays import FloatArray, IndexArray, constant
from engine.experiment import Data
from engine.network.activation_buffers import Masks
from engine.network.layout import Layout
from engine.network.passes import Pass
from engine.registries.activations import ACTIVATIONS, Activation
from engine.registries.losses import LOSSES
from engine.run import Run

_MOST_FEEDS, _MOST_EVALUATION_PASSES = 8, 512
"""How many a workspace keeps, whatever their size."""

_MOST_SHAPES = 32
"""How many shapes of networks have spare workspaces; so few are counted at once."""

_PIECE = 1 << 18
"""Activations that go through a training pass together (2 MB of them): more would leave the processor's cache."""

Backward = Callable[[Any, Any, Any], None]

_BATCH_BYTES = 600
"""What a batch takes beside its samples: three views and a tuple."""


class Workspace:
    """The buffers in which networks of one shape train; belongs to the process, not to a run.

    Attributes:
        parameters: (replicas, n).
        work: (2, replicas, n), the gradient and room for as much.
        outputs: output units.
        bytes: about what it takes, with all feeds and passes.
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
        self._evaluation_blocks: dict[tuple[int, int], FloatArray] = {}
        self._per_sample = np.empty((0, 0, 0))
        self._stacked: tuple[Sequence[FloatArray], FloatArray] = ((), self._per_sample)
        self._feeds: dict[tuple[int, int, int, int, int], Feed] = {}
        self.outputs = sizes[-1]
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

    def backward(self, columns: int) -> tuple[Backward, Masks | None]:
        """Return what computes the gradient of a batch of ``columns`` samples, and the masks it reads with dropout.

        Large batches of large networks go through in pieces that stay in the processor's cache. How they are cut does
        not depend on the number of replicas, as rounding does on the pieces.
        """
        most = max(_PIECE // self._rows, 1)
        if self._dropout or columns < 2 * most:
            network = self.training_pass(columns)
            return network.backward, network.masks
        ends = np.linspace(0, columns, columns // most + 1).astype(int).tolist()
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
        """Return the pass for ``columns`` samples through some of the replicas, forward only."""
        key = (replicas.start, replicas.stop, columns)
        if key not in self._evaluation:
            if len(self._evaluation) >= _MOST_EVALUATION_PASSES:
                self._forget_evaluation()
            weights = [layer[replicas] for layer in self.weights]
            # The parts of a stack go through one after the other, and so through the same memory.
            shape = (replicas.stop - replicas.start, columns)
            known = self._evaluation_blocks.get(shape)
            network = Pass(weights, self._activations, columns, block=known)
            self._evaluation[key] = network
            self._evaluation_blocks[shape] = network.block
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
        """Return the buffer for an epoch that goes on at a position in batches of a size."""
        key = (sources, samples, width, position % size, size)
        feed = self._feeds.get(key)
        if feed is None:
            if len(self._feeds) >= _MOST_FEEDS:
                self._forget_training()
            feed = self._feeds[key] = Feed(self, *key)
            self.bytes += feed.bytes
        return feed

    def _forget_training(self) -> None:
        """Give up all feeds, and with them the passes that they lead to."""
        self.bytes -= sum(feed.bytes for feed in self._feeds.values())
        self.bytes -= sum(network.bytes for network in self._training.values())
        self._feeds.clear()
        self._training.clear()

    def _forget_evaluation(self) -> None:
        self.bytes -= sum(network.bytes for network in self._evaluation.values())
        self._evaluation.clear()
        self._evaluation_blocks.clear()


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

    backward: Backward
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

    Attributes:
        bytes: about what it takes.
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


class Store:
    """Workspaces not in use, no more than an allowance of bytes. Only a cache: no number of a run depends on it.

    Threads may share it without a lock: to take a workspace is a single step of the interpreter, so none is ever lent
    twice; when threads return some at the same instant, one may get lost, and is made anew.

    Attributes:
        allowance: bytes it may keep; those of shapes not used for the longest time go first.
    """

    def __init__(self, allowance: int) -> None:
        self.allowance = allowance
        self._spare: OrderedDict[Hashable, list[Workspace]] = OrderedDict()

    @property
    def bytes(self) -> int:
        """What it keeps now."""
        return sum([workspace.bytes for spare in list(self._spare.values()) for workspace in list(spare)])

    def take(self, shape: Hashable) -> Workspace | None:
        """Hand out a workspace of a shape, if there is one."""
        try:
            return self._spare[shape].pop()
        except (KeyError, IndexError):
            return None

    def give(self, shape: Hashable, workspace: Workspace) -> None:
        """Keep a workspace that nobody uses any more, at the cost of others; one above the allowance is not kept."""
        if workspace.bytes > self.allowance:
            return
        spare = self._spare.pop(shape, [])
        spare.append(workspace)
        self._spare[shape] = spare
        while len(self._spare) > _MOST_SHAPES or self.bytes > self.allowance:
            with suppress(KeyError):  # another thread was faster
                self._spare.popitem(last=False)

    def clear(self) -> None:
        """Forget all of them."""
        self._spare.clear()


STORE = Store(64 * 2**20)
"""The process's spare workspaces: some dozen small networks, or one large one."""


@contextmanager
def borrow(run: Run) -> Iterator[Workspace]:
    """Borrow the buffers for a run and load its parameters; they go back when the work is done."""
    one = run.experiment
    output = LOSSES[one.objective.loss].outputs[one.problem]
    dropout = any(other.drops_out for other in run.experiments)
    shape = (one.sizes, one.network.activations, one.objective.loss, output.key, run.replicas, dropout)
    workspace = STORE.take(shape)
    if workspace is None:
        activations = [*(ACTIVATIONS[name] for name in one.network.activations), output]
        workspace = Workspace(one.sizes, activations, one.objective.loss, run.replicas, dropout=dropout)
    workspace.parameters[...] = run.parameters
    try:
        with np.errstate(all="ignore"):  # divergence is reported, not warned about
            yield workspace
    finally:
        STORE.give(shape, workspace)


def sources(run: Run) -> list[tuple[Data, tuple[str, ...]]]:
    """Return where each replica's samples come from; a single source if all replicas have the same."""
    specs = {(one.data, one.features): None for one in run.experiments}
    if len(specs) == 1:
        return list(specs)
    return [(one.data, one.features) for one in run.experiments]
