"""Where weights and biases lie in the flat vector of parameters."""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.arrays import BoolArray
from engine.user_messages import LocalizedError

Number = TypeVar("Number", np.float64, np.float32)


class Layout:
    """Offsets and shapes of each layer's weights and biases in the flat vector of n parameters.

    Attributes:
        sizes: features, units of each hidden layer, outputs.
        shapes: (units, inputs + 1) of each layer, the output's last.
        offsets: where the layers begin, and the end of the last one.
        parameters: n.
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        """Lay out a network with these ``sizes``."""
        self.sizes = tuple(sizes)
        self.shapes = tuple((units, inputs + 1) for inputs, units in pairwise(sizes))
        self.offsets: tuple[int, ...] = (0, *accumulate(units * width for units, width in self.shapes))
        self.parameters = self.offsets[-1]

    def layers(self, flat: NDArray[Number]) -> list[NDArray[Number]]:
        """View flat parameters (replicas, n) as one array (replicas, units, inputs + 1) per layer."""
        return [
            flat[:, start:stop].reshape(len(flat), *shape)
            for start, stop, shape in zip(self.offsets, self.offsets[1:], self.shapes, strict=False)
        ]

    def is_weight(self) -> BoolArray:
        """Return (n,), true at weights and false at biases."""
        mask = np.ones((1, self.parameters))
        for layer in self.layers(mask):
            layer[:, :, -1] = 0
        is_weight: BoolArray = mask[0] > 0
        return is_weight

    def index(self, layer: int, unit: int, input_: int) -> int:
        """Return the index of one parameter in the flat vector.

        Args:
            layer: 0 for the first hidden layer; the last one is the output.
            unit: index in the layer.
            input_: index in the previous layer; −1 for the bias.

        Raises:
            LocalizedError: there is no such parameter.
        """
        if not 0 <= layer < len(self.shapes):
            raise LocalizedError("no-layer", "layer", layer=layer, last=len(self.shapes) - 1)
        units, width = self.shapes[layer]
        if not 0 <= unit < units:
            raise LocalizedError("no-unit", "unit", unit=unit, layer=layer, last=units - 1)
        if not -1 <= input_ < width - 1:
            raise LocalizedError("no-input", "input", input=input_, layer=layer, last=width - 2)
        return self.offsets[layer] + unit * width + input_ % width
