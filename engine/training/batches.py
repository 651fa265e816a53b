"""The batches of each epoch of a run, in their order, with input noise and dropout."""

from collections.abc import Sequence

import numpy as np

from engine.arrays import FloatArray, IndexArray
from engine.registries.batch_orders import BATCH_ORDERS
from engine.run import Run
from engine.samples import input_noise, order, rows
from engine.training.dropout import Dropout
from engine.training.workspace import Batch, Workspace, sources


class BatchSource:
    """The batches of any epoch of a run, in the buffers of a workspace.

    Attributes:
        samples: training samples of an epoch.
        batch_size: samples of a batch; the last one may be smaller.
        carried: whether samples that do not fill a batch are carried over to the next epoch.
    """

    def __init__(self, run: Run, workspace: Workspace) -> None:
        """Prepare for the experiments of a run."""
        one = run.experiment
        self._workspace = workspace
        self._tables = [rows(data, features) for data, features in sources(run)]
        self._features = len(one.features)
        batching = BATCH_ORDERS[one.training.batching]
        self._shuffled, self.carried = batching.shuffled, batching.carried
        self.samples = one.data.training_samples
        self.batch_size = one.training.batch_size
        if not self.carried:
            self.batch_size = min(self.batch_size, self.samples)
        # Replicas with the same data in the same order share one table.
        seeds = {other.training.seed for other in run.experiments}
        noises = {(other.objective.input_noise, other.objective.seed) for other in run.experiments}
        self._noisy = any(level for level, _ in noises)
        shared = (
            len(self._tables) == 1
            and (len(seeds) == 1 or not self._shuffled)
            and (len(noises) == 1 or not self._noisy)
        )
        self._sources = run.experiments[:1] if shared else run.experiments
        self._dropouts = [(other.objective.seed, other.objective.dropout) for other in run.experiments]
        self._drops_out = any(other.drops_out for other in run.experiments)

    @property
    def is_stuck(self) -> bool:
        """Whether no batch will ever be full, so that no update is made."""
        return self.carried and self.batch_size > self.samples

    def batches(self, epoch: int, position: int) -> list[Batch]:
        """Return the remaining batches of an epoch from a position (in samples) on, filled with their samples."""
        orders: list[IndexArray]
        if self._shuffled:
            orders = [order(one.training.seed, self.samples, epoch) for one in self._sources]
        else:
            orders = [np.arange(self.samples)] * len(self._sources)
        tables = self._tables * len(orders) if len(self._tables) == 1 else self._tables
        width = self._tables[0].shape[1]
        feed = self._workspace.feed(len(orders), self.samples, width, position, self.batch_size)
        feed.fill(tables, orders, self._noises(epoch) if self._noisy else None)
        batches = feed.batches(position)
        return self._with_dropout(epoch, batches) if self._drops_out else batches

    def _noises(self, epoch: int) -> list[FloatArray]:
        """Return the input noise of an epoch, (samples, features) per source."""
        return [
            one.objective.input_noise * input_noise(one.objective.seed, self.samples, self._features, epoch)
            for one in self._sources
        ]

    def _with_dropout(self, epoch: int, batches: Sequence[Batch]) -> list[Batch]:
        """Return the same batches with a ``backward`` that loads their dropout masks first."""
        seeds, rates = zip(*self._dropouts, strict=True)
        dropout = Dropout(seeds, rates, epoch, batches[-1].number + 1)

        def masked(batch: Batch) -> Batch:
            masks = batch.masks
            assert masks is not None

            def backward(features: FloatArray, samples: FloatArray, targets: FloatArray) -> None:
                dropout.load(masks, batch.number)
                batch.backward(features, samples, targets)

            return batch._replace(backward=backward)

        return [masked(batch) for batch in batches]
