"""The network: layout of the flat parameter vector, forward and backward pass of a stack of replicas.

Units are rows. A layer with ``inputs`` inputs has weights of shape (units, inputs + 1), the bias in the last column;
the activations of the layer before are (inputs + 1, columns) with a last row of ones. So a layer is one matrix product
and one activation in place, and what a unit says of all columns is one contiguous row. Training of small networks is
bound by the number of NumPy calls: everything here that need not be repeated at each step is prepared once.
"""

from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.activations import Activation
from engine.arrays import BoolArray, FloatArray, constant
from engine.losses import Loss

_Matmul = Callable[..., Any]
Number = TypeVar("Number", np.float64, np.float32)


class Layout:
    """Where the weights and biases of each layer lie in the flat vector of n parameters."""

    def __init__(self, sizes: Sequence[int]) -> None:
        """Lay out a network with ``sizes`` = features, units of each hidden layer, outputs."""
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
        """Return the position of one parameter in the flat vector.

        Args:
            layer: 0 for the first hidden layer; the last one is the output.
            unit: index in the layer.
            input_: index in the layer before; −1 for the bias.

        Raises:
            ValueError: there is no such parameter.
        """
        if not 0 <= layer < len(self.shapes):
            raise ValueError(f"layer is {layer}; this network has layers 0 … {len(self.shapes) - 1}")
        units, width = self.shapes[layer]
        if not 0 <= unit < units:
            raise ValueError(f"unit is {unit}; layer {layer} has units 0 … {units - 1}")
        if not -1 <= input_ < width - 1:
            raise ValueError(f"input is {input_}; layer {layer} has inputs 0 … {width - 2} and the bias")
        return self.offsets[layer] + unit * width + input_ % width


class Pass:
    """The arrays through which ``columns`` samples go forward, and the errors come back.

    Activations of all layers lie in one block, layer by layer, each (replicas, units + 1, columns), the output without
    the row of ones. With one replica every view is 2-D and ``np.dot`` does the products.
    """

    def __init__(
        self,
        weights: Sequence[FloatArray],
        activations: Sequence[Activation],
        columns: int,
        *,
        gradients: Sequence[FloatArray] | None = None,
        loss: Loss | None = None,
    ) -> None:
        """Prepare views.

        Args:
            weights: (replicas, units, inputs + 1) per layer; read at every pass, so they may change in place.
            activations: one per layer, the output's last.
            columns: samples at once.
            gradients: like ``weights``; where ``backward`` puts the gradient of the mean loss.
            loss: needed with ``gradients``.
        """
        replicas = len(weights[0])
        dtype = weights[0].dtype
        self.activations = tuple(activations)
        self.columns = columns
        self._last = len(weights) - 1
        units = [len(layer[0]) for layer in weights]
        rows = [count + 1 for count in units[:-1]] + [units[-1]]
        spans = np.cumsum([0, *(count * replicas * columns for count in rows)]).tolist()

        def cut(block: FloatArray) -> list[FloatArray]:
            return [
                block[start:stop].reshape(replicas, count, columns)
                for start, stop, count in zip(spans, spans[1:], rows, strict=False)
            ]

        def seen(array: FloatArray) -> FloatArray:
            return array[0] if replicas == 1 else array

        block = np.ones(spans[-1], dtype)
        full = cut(block)
        bare = [layer[:, :count] for layer, count in zip(full, units, strict=True)]
        self.outputs = [seen(layer) for layer in bare]
        self._product: _Matmul = np.dot if replicas == 1 else np.matmul
        # Samples are rows of a wider table. There, for a single unit, np.dot and np.matmul choose different kernels,
        # and a stack would differ from single networks in the last bit.
        self._first_product: _Matmul = self._product if units[0] > 1 else np.matmul
        products = [self._first_product, *[self._product] * self._last]
        self._forward = [
            (product, seen(weight), seen(z), activation.apply, seen(layer))
            for product, weight, z, activation, layer in zip(
                products, weights, bare, activations, full, strict=True
            )
        ]
        self._hidden = self._forward[:-1]
        if gradients is None or loss is None:
            return

        sums_block = np.empty_like(block) if any(row.slope_from_sums for row in activations) else block
        sums = [seen(layer[:, :count]) for layer, count in zip(cut(sums_block), units, strict=True)]
        self._training = [
            (product, weight, z, _keeping(apply, kept) if activation.slope_from_sums else apply, layer)
            for (product, weight, z, apply, layer), activation, kept in zip(
                self._forward, activations, sums, strict=True
            )
        ]
        slope_block = np.ones_like(block)
        error_block = np.empty_like(block)
        slopes, errors = cut(slope_block), cut(error_block)
        self._error = loss.error
        self._scale = constant(1.0 / columns)
        self._output_error = seen(errors[-1])
        self._output_slope = None
        if not loss.from_sum and activations[-1].slope is not None:
            self._output_slope = seen(slopes[-1])
        # Neighbouring layers with the same activation get their slopes in one call.
        layers = self._last if self._output_slope is None else self._last + 1
        self._slopes = []
        start = 0
        while start < layers:
            stop = start + 1
            while stop < layers and activations[stop].slope is activations[start].slope:
                stop += 1
            slope = activations[start].slope
            if slope is not None:
                part = slice(spans[start], spans[stop])
                known = sums_block if activations[start].slope_from_sums else block
                self._slopes.append((slope, known[part], slope_block[part]))
            start = stop
        self._backward = []
        for layer in range(self._last, 0, -1):
            below = layer - 1
            self._backward.append(
                (
                    seen(errors[layer][:, : units[layer]]),
                    seen(full[below].swapaxes(1, 2)),
                    seen(gradients[layer]),
                    # With the row of ones, whose error nobody reads: whole blocks are faster than parts of them.
                    seen(weights[layer].swapaxes(1, 2)),
                    seen(errors[below]),
                    None if activations[below].slope is None else seen(slopes[below]),
                )
            )
        self._first_error = seen(errors[0][:, : units[0]])
        self._first_gradient = seen(gradients[0])

    def forward(self, features: FloatArray) -> FloatArray:
        """Send features (…, inputs + 1, columns) through all layers but the output's activation.

        Returns:
            The sums z of the output, (outputs, columns), or (replicas, outputs, columns) for a stack; a view that the
            next pass overwrites. ``outputs`` holds the activations of the hidden layers likewise.
        """
        below = features
        for product, weights, z, apply, layer in self._hidden:
            product(weights, below, z)
            apply(z)
            below = layer
        product, weights, z, _, _ = self._forward[-1]
        product(weights, below, z)
        return z

    def predict(self, features: FloatArray) -> FloatArray:
        """Send features through the whole network; shapes as in ``forward``."""
        z = self.forward(features)
        self.activations[-1].apply(z)
        return z

    def backward(self, features: FloatArray, samples: FloatArray, targets: FloatArray) -> None:
        """Write the gradient of the mean loss of one batch into the gradients.

        Args:
            features: (…, inputs + 1, columns).
            samples: the same numbers, (…, columns, inputs + 1).
            targets: (…, outputs, columns).
        """
        below = features
        for product, weights, z, apply, layer in self._training:
            product(weights, below, z)
            apply(z)
            below = layer
        for slope, outputs, slopes in self._slopes:
            slope(outputs, slopes)
        error = self._output_error
        self._error(below, targets, error)
        if self._output_slope is not None:
            np.multiply(error, self._output_slope, error)
        np.multiply(error, self._scale, error)
        product = self._product
        for above, activations, gradient, transposed, error, slopes_below in self._backward:
            product(above, activations, gradient)
            product(transposed, above, error)
            if slopes_below is not None:
                np.multiply(error, slopes_below, error)
        self._first_product(self._first_error, samples, self._first_gradient)


def _keeping(apply: Callable[[FloatArray], object], kept: FloatArray) -> Callable[[FloatArray], object]:
    """Return an activation that also copies the sums to where the slope will look for them."""

    def keep_and_apply(z: FloatArray) -> None:
        np.copyto(kept, z)
        apply(z)

    return keep_and_apply
