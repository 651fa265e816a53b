"""Blocks: what all layers of a stack say of a batch, in one flat piece of memory."""

from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from engine.arrays import FloatArray


class Blocks:
    """How a block is divided: layer by layer, each (replicas, units + 1, columns), the output without the row of ones.

    Attributes:
        replicas: networks of the stack.
        units: of every layer, the output's last.
        columns: samples at once.
        rows: units of every layer and, but for the output, the row of ones.
        spans: where the layers begin and end.
    """

    def __init__(self, replicas: int, units: Sequence[int], columns: int) -> None:
        """Divide for layers of so many ``units``, the output's last."""
        self.replicas = replicas
        self.units = tuple(units)
        self.columns = columns
        self.rows = (*(count + 1 for count in units[:-1]), units[-1])
        self.spans = (0, *accumulate(replicas * count * columns for count in self.rows))

    @property
    def hidden(self) -> int:
        """The size of the part of a block that belongs to hidden layers."""
        return self.spans[-2]

    def cut(self, block: FloatArray) -> list[FloatArray]:
        """View a flat block, or only its hidden part, as one array (replicas, rows, columns) per layer."""
        return [
            block[start:stop].reshape(self.replicas, count, self.columns)
            for start, stop, count in zip(self.spans, self.spans[1:], self.rows, strict=False)
            if stop <= len(block)
        ]

    def seen(self, array: FloatArray) -> FloatArray:
        """Drop the axis of replicas where there is only one: then products are those of plain matrices."""
        return array[0] if self.replicas == 1 else array


class Masks:
    """What hidden activations are multiplied with in the next pass, as dropout asks; ones at the constant inputs.

    Attributes:
        block: flat, the hidden layers one after the other; for others to fill.
        columns: samples at once.
    """

    def __init__(self, blocks: Blocks) -> None:
        """Make masks of ones."""
        self._blocks = blocks
        self.columns = blocks.columns
        self.block = np.ones(blocks.hidden)

    def layers(self, blocks: FloatArray) -> list[FloatArray]:
        """View blocks (…, size of a block) as (…, replicas, units, columns) per layer, without the constant ones."""
        of, lead = self._blocks, blocks.shape[:-1]
        return [
            blocks[..., start:stop].reshape(*lead, of.replicas, units + 1, of.columns)[..., :units, :]
            for start, stop, units in zip(of.spans, of.spans[1:-1], of.units, strict=False)
        ]
