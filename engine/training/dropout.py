"""Dropout: which hidden units are left out, sample by sample, in every step of an epoch.

Inverted dropout (Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting", section
10): the units that stay are multiplied by 1 / (1 − rate), so that evaluations, in which all take part, need no change.
"""

from collections.abc import Sequence

import numpy as np

from engine.arrays import FloatArray
from engine.network.activation_buffers import Masks

_DROPOUT = 6
"""The random stream of the masks (others: ``engine.samples``)."""

MASKS_AT_ONCE = 1 << 15
"""Numbers drawn at once for one replica; a generator costs as much as some thousand of them."""


class Dropout:
    """The masks of one epoch, a function of seeds, epoch and the batch's place in it alone.

    They are drawn when first asked for, for several batches of the same size at a time: as many as one replica has room
    for, so that a stack has the masks that its networks would have alone.
    """

    def __init__(self, seeds: Sequence[int], rates: Sequence[float], epoch: int, batches: int) -> None:
        """Prepare an epoch of so many batches for replicas with these seeds and rates."""
        self._seeds = seeds
        self._rates = rates
        self._epoch = epoch
        self._batches = batches
        self._piece: tuple[int, int] = (-1, -1)
        self._drawn = np.empty((0, 0))

    def load(self, masks: Masks, batch: int) -> None:
        """Put the masks of a batch, by its number in the epoch, where the pass reads them."""
        size = masks.block.size // len(self._seeds)
        length = min(self._batches, max(1, MASKS_AT_ONCE // max(size, 1)))
        first = batch - batch % length
        if self._piece != (first, masks.columns):
            self._piece = first, masks.columns
            self._drawn = self._draw(masks, first, length)
        masks.block[...] = self._drawn[batch - first]

    def _draw(self, masks: Masks, first: int, length: int) -> FloatArray:
        """Draw masks for ``length`` batches, each laid out as the pass wants it."""
        drawn = np.ones((length, masks.block.size))
        layers = masks.layers(drawn)
        units = [layer.shape[2] for layer in layers]
        for replica, (seed, rate) in enumerate(zip(self._seeds, self._rates, strict=True)):
            generator = np.random.default_rng([_DROPOUT, seed, self._epoch, first, masks.columns])
            chance = generator.random((length, sum(units), masks.columns), dtype=np.float32)
            kept = (chance >= rate) / (1 - rate)
            for layer, part in zip(layers, np.split(kept, np.cumsum(units)[:-1], axis=1), strict=True):
                layer[:, replica] = part
        return drawn
