"""Dropout masks: the hidden units that are zeroed for each sample in every step of an epoch.

Inverted dropout (Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting", section
10): the remaining units are multiplied by 1 / (1 − rate), so that evaluations, which use all units, need no change.
"""

from collections.abc import Sequence

import numpy as np

from engine.arrays import FloatArray
from engine.network.activation_buffers import DropoutMasks

_DROPOUT = 6
"""The random stream of the masks (others: ``engine.samples``)."""

MASKS_AT_ONCE = 1 << 15
"""Random numbers drawn at once for one replica; creating a generator costs as much as some thousand of them."""


class Dropout:
    """The masks of one epoch: a function of the seeds, the epoch and the index of the batch alone.

    They are drawn when first needed, for several batches of the same size at a time. How many does not depend on the
    number of replicas, so a stack has the same masks as its networks alone.
    """

    def __init__(self, seeds: Sequence[int], rates: Sequence[float], epoch: int, batches: int) -> None:
        """Prepare an epoch of ``batches`` batches for replicas with these seeds and rates (0 … 1)."""
        self._seeds = seeds
        self._rates = rates
        self._epoch = epoch
        self._batches = batches
        self._piece: tuple[int, int] = (-1, -1)
        self._drawn = np.empty((0, 0))

    def load(self, masks: DropoutMasks, batch: int) -> None:
        """Write the masks of a batch, by its index in the epoch, into the buffer of the pass."""
        size = masks.buffer.size // len(self._seeds)
        length = min(self._batches, max(1, MASKS_AT_ONCE // max(size, 1)))
        first = batch - batch % length
        if self._piece != (first, masks.columns):
            self._piece = first, masks.columns
            self._drawn = self._draw(masks, first, length)
        masks.buffer[...] = self._drawn[batch - first]

    def _draw(self, masks: DropoutMasks, first: int, length: int) -> FloatArray:
        """Draw masks for ``length`` batches, (length, size of the buffer)."""
        drawn = np.ones((length, masks.buffer.size))
        layers = masks.layers(drawn)
        units = [layer.shape[2] for layer in layers]
        for replica, (seed, rate) in enumerate(zip(self._seeds, self._rates, strict=True)):
            generator = np.random.default_rng([_DROPOUT, seed, self._epoch, first, masks.columns])
            chance = generator.random((length, sum(units), masks.columns), dtype=np.float32)
            factors = (chance >= rate) / (1 - rate)
            for layer, part in zip(layers, np.split(factors, np.cumsum(units)[:-1], axis=1), strict=True):
                layer[:, replica] = part
        return drawn
