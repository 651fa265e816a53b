"""Where the activations of all layers of a stack lie in one flat buffer, and the dropout masks laid out alike."""

from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from engine.arrays import FloatArray


class ActivationLayout:
    """Offsets of the layers in a flat buffer: each (replicas, units + 1, columns), the output without the row of ones.

    Attributes:
        replicas: networks of the stack.
        units: of every layer, the output's last.
        columns: samples of one pass.
        rows: of every layer: its units and, but for the output, the row of ones.
        offsets: where the layers begin, and the end of the last one.
    """

    def __init__(self, replicas: int, units: Sequence[int], columns: int) -> None:
        """Lay out layers with these ``units``, the output's last."""
        self.replicas = replicas
        self.units = tuple(units)
        self.columns = columns
        self.rows = (*(count + 1 for count in units[:-1]), units[-1])
        self.offsets = (0, *accumulate(replicas * count * columns for count in self.rows))

    @property
    def hidden_size(self) -> int:
        """Numbers in the part of a buffer that belongs to hidden layers."""
        return self.offsets[-2]

    def layers(self, buffer: FloatArray) -> list[FloatArray]:
        """View a flat buffer, or only its hidden part, as one array (replicas, rows, columns) per layer."""
        return [
            buffer[start:stop].reshape(self.replicas, count, self.columns)
            for start, stop, count in zip(self.offsets, self.offsets[1:], self.rows, strict=False)
            if stop <= len(buffer)
        ]

    def squeezed(self, array: FloatArray) -> FloatArray:
        """Drop the axis of replicas if there is only one, so that products are those of 2-D matrices."""
        return array[0] if self.replicas == 1 else array


class DropoutMasks:
    """Factors for the hidden activations of the next pass; 1 for the constant inputs.

    Attributes:
        buffer: flat, the hidden layers one after the other; ``Dropout.load`` fills it.
        columns: samples of one pass.
    """

    def __init__(self, layout: ActivationLayout) -> None:
        """Make masks of ones."""
        self._layout = layout
        self.columns = layout.columns
        self.buffer = np.ones(layout.hidden_size)

    def layers(self, buffers: FloatArray) -> list[FloatArray]:
        """View buffers (…, size of a buffer) as (…, replicas, units, columns) per layer, without the constant ones."""
        of, lead = self._layout, buffers.shape[:-1]
        return [
            buffers[..., start:stop].reshape(*lead, of.replicas, units + 1, of.columns)[..., :units, :]
            for start, stop, units in zip(of.offsets, of.offsets[1:-1], of.units, strict=False)
        ]
