"""The network: layout of the flat parameter vector, forward and backward pass of a stack of replicas.

Units are rows. A layer with ``inputs`` inputs has weights of shape (units, inputs + 1), the bias in the last column;
the activations of the layer before are (inputs + 1, columns) with a last row of ones. So a layer is one matrix product
and one activation in place, and what a unit says of all columns is one contiguous row. Training of small networks is
bound by the number of NumPy calls: everything here that need not be repeated at each step is prepared once.
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate, pairwise
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.activations import Activation
from engine.arrays import BoolArray, FloatArray, constant
from engine.losses import Loss

_Product = Callable[[FloatArray, FloatArray], object]
_Bind = Callable[[FloatArray], _Product]
_Elementwise = Callable[[Any, Any], object]
Number = TypeVar("Number", np.float64, np.float32)


_LONG = 1000
"""Numbers of a replica's layer above which going from one replica to the next costs less than the row of ones."""

_LAYER_BYTES = 4000
"""What the views of a layer take, beside what they look at."""


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


class Masks:
    """What hidden activations are multiplied with in the next pass, as dropout asks; ones at the constant inputs.

    Attributes:
        block: flat, the layers one after the other, each (replicas, units + 1, columns); for others to fill.
        columns: samples at once.
    """

    def __init__(self, replicas: int, units: Sequence[int], columns: int) -> None:
        """Make masks of ones for hidden layers of so many ``units``."""
        self._replicas = replicas
        self._units = tuple(units)
        self.columns = columns
        self._spans = (0, *accumulate(replicas * (count + 1) * columns for count in units))
        self.block = np.ones(self._spans[-1])

    def layers(self, blocks: FloatArray) -> list[FloatArray]:
        """View blocks (…, size of a block) as (…, replicas, units, columns) per layer, without the constant ones."""
        shape = (*blocks.shape[:-1], self._replicas)
        return [
            blocks[..., start:stop].reshape(*shape, units + 1, self.columns)[..., :units, :]
            for start, stop, units in zip(self._spans, self._spans[1:], self._units, strict=False)
        ]


class Pass:
    """The arrays through which ``columns`` samples go forward, and the errors come back.

    Activations of all layers lie in one block, layer by layer, each (replicas, units + 1, columns), the output without
    the row of ones. With one replica every view is 2-D and ``np.dot`` does the products.

    Attributes:
        outputs: activations of each layer, (units, columns), or (replicas, units, columns) for a stack.
        block: all activations, flat.
        bytes: about what it takes, without a block that it was given.
    """

    def __init__(
        self,
        weights: Sequence[FloatArray],
        activations: Sequence[Activation],
        columns: int,
        *,
        gradients: Sequence[FloatArray] | None = None,
        loss: Loss | None = None,
        dropout: bool = False,
        block: FloatArray | None = None,
    ) -> None:
        """Prepare views.

        Args:
            weights: (replicas, units, inputs + 1) per layer; read at every pass, so they may change in place.
            activations: one per layer, the output's last.
            columns: samples at once.
            gradients: like ``weights``; where ``backward`` puts the gradient of the mean loss.
            loss: needed with ``gradients``.
            dropout: whether ``backward`` multiplies what hidden units say by ``masks``.
            block: that of a pass of the same shape, to share; not with ``gradients``.
        """
        replicas = len(weights[0])
        dtype = weights[0].dtype
        self.activations = tuple(activations)
        self.columns = columns
        self.masks: Masks | None = None
        self._last = len(weights) - 1
        units = [len(layer[0]) for layer in weights]
        rows = [count + 1 for count in units[:-1]] + [units[-1]]
        spans = np.cumsum([0, *(count * replicas * columns for count in rows)]).tolist()

        def cut(block: FloatArray) -> list[FloatArray]:
            return [
                block[start:stop].reshape(replicas, count, columns)
                for start, stop, count in zip(spans, spans[1:], rows, strict=False)
                if stop <= len(block)
            ]

        def seen(array: FloatArray) -> FloatArray:
            return array[0] if replicas == 1 else array

        self.bytes = len(weights) * _LAYER_BYTES
        if block is None:
            block = np.ones(spans[-1], dtype)
            self.bytes += block.nbytes
        self.block = block
        full = cut(block)
        bare = [layer[:, :count] for layer, count in zip(full, units, strict=True)]
        self.outputs = [seen(layer) for layer in bare]
        # A bound dot spares the dispatch of np.dot, a third of the call. But where a single unit reads a view of a
        # wider table it chooses another kernel than np.matmul, and a stack would differ from single networks in the
        # last bit.
        bind: _Bind = _bound_dot if replicas == 1 else _bound_matmul
        bind_first: _Bind = bind if units[0] > 1 else _bound_matmul
        binds = [bind_first, *[bind] * self._last]
        applies = [
            row.apply if replicas == 1 or layer is bare[-1] else _over_whole(row.apply, layer)
            for row, layer in zip(activations, [*full[:-1], bare[-1]], strict=True)
        ]
        layers = list(zip(binds, weights, bare, full, strict=True))
        # Sums and outputs are one object, not two views of one memory, over which NumPy ponders for 0.15 µs.
        self._forward = [
            (each(seen(weight)), out, apply, out, seen(layer))
            for (each, weight, _, layer), out, apply in zip(layers, self.outputs, applies, strict=True)
        ]
        self._hidden = self._forward[:-1]
        if gradients is None or loss is None:
            return

        slope_block = np.ones_like(block)
        slopes = cut(slope_block)
        # Errors are done with two layers further down, so that layers take turns in two pieces of memory.
        rooms = np.empty((2, max(rows) * replicas * columns), dtype)
        errors = [
            rooms[layer % 2, : layer_slopes.size].reshape(layer_slopes.shape)
            for layer, layer_slopes in enumerate(slopes)
        ]
        # Where slopes are computed from sums, these are kept in a block of their own.
        sums_block = np.ones_like(block) if any(row.slope_from_sums for row in activations) else block
        forward = list(self._forward)
        for layer, (row, sums) in enumerate(zip(activations, cut(sums_block), strict=True)):
            if row.slope_from_sums:
                weigh, _, apply, out, whole = self._forward[layer]
                if replicas > 1:
                    apply = _over_whole(row.apply, full[layer], sums)
                forward[layer] = weigh, seen(sums[:, : units[layer]]), apply, out, whole
        self.bytes += slope_block.nbytes + rooms.nbytes + (sums_block is not block) * sums_block.nbytes
        # Neighbouring layers with the same activation get their slopes in one call.
        output_has_slope = not loss.from_sum and activations[-1].slope is not None
        with_slope = self._last + output_has_slope
        slope_calls = []
        start = 0
        while start < with_slope:
            stop = start + 1
            while stop < with_slope and activations[stop].slope is activations[start].slope:
                stop += 1
            slope = activations[start].slope
            if slope is not None:
                part = slice(spans[start], spans[stop])
                known = sums_block if activations[start].slope_from_sums else block
                slope_calls.append((slope, known[part], slope_block[part]))
            start = stop
        read, slopes_read = full, slopes
        if dropout:
            # The layers above read masked copies; slopes are those of the activations before, times the masks.
            self.masks = Masks(replicas, units[:-1], columns)
            hidden = self.masks.block.size
            masked_slopes = np.empty(hidden)
            read, slopes_read = [*cut(np.ones(hidden)), full[-1]], cut(masked_slopes)
            self.bytes += 3 * masked_slopes.nbytes
            for layer, mask in enumerate(cut(self.masks.block)):
                weigh, z, apply, out, whole = forward[layer]
                masked = seen(read[layer])
                forward[layer] = weigh, z, _masked(apply, whole, seen(mask), masked), out, masked
            slope_calls.append((partial(np.multiply, self.masks.block), slope_block[:hidden], masked_slopes))
        backward = []
        for layer in range(self._last, 0, -1):
            below = layer - 1
            above = seen(errors[layer][:, : units[layer]])
            # With the row of ones, whose error nobody reads: whole blocks are faster than parts of them.
            transposed = seen(weights[layer].swapaxes(1, 2))
            # Of a single unit's error and weights every product is one term, which needs no library.
            outer = replicas > 1 and units[layer] == 1
            backward.append(
                (
                    bind(above),
                    seen(read[below].swapaxes(1, 2)),
                    seen(gradients[layer]),
                    partial(np.multiply, transposed) if outer else bind(transposed),
                    above,
                    seen(errors[below]),
                    None if activations[below].slope is None and not dropout else seen(slopes_read[below]),
                )
            )
        self.backward = _backward(
            forward=forward,
            slope_calls=slope_calls,
            loss_error=loss.error,
            output_error=seen(errors[-1]),
            output_slope=seen(slopes[-1]) if output_has_slope else None,
            scale=constant(1.0 / columns),
            layers=backward,
            first_product=bind_first(seen(errors[0][:, : units[0]])),
            first_gradient=seen(gradients[0]),
        )

    backward: Callable[[FloatArray, FloatArray, FloatArray], None]
    """``backward(features, samples, targets)`` writes the gradient of the mean loss of one batch into the gradients.

    ``features`` are (…, inputs + 1, columns), ``samples`` the same numbers as (…, columns, inputs + 1), ``targets`` are
    (…, outputs, columns). Only of a pass that was made with gradients.
    """

    def forward(self, features: FloatArray) -> FloatArray:
        """Send features (…, inputs + 1, columns) through all layers but the output's activation.

        Returns:
            The sums z of the output, (outputs, columns), or (replicas, outputs, columns) for a stack; a view that the
            next pass overwrites. ``outputs`` holds the activations of the hidden layers likewise.
        """
        below = features
        for weigh, z, apply, out, layer in self._hidden:
            weigh(below, z)
            apply(z, out)
            below = layer
        weigh, z, *_ = self._forward[-1]
        weigh(below, z)
        return z

    def predict(self, features: FloatArray) -> FloatArray:
        """Send features through the whole network; shapes as in ``forward``."""
        z = self.forward(features)
        self.activations[-1].apply(z, z)
        return z


def _bound_dot(left: FloatArray) -> _Product:
    return left.dot


def _bound_matmul(left: FloatArray) -> _Product:
    return partial(np.matmul, left)


def _over_whole(apply: _Elementwise, layer: FloatArray, sums: FloatArray | None = None) -> _Elementwise:
    """Return an activation that goes over a whole layer of a stack, and puts back the row of ones.

    One piece of memory is faster than one per replica, unless these are long. What it is called with is only a part of
    what it works on.
    """
    if layer[0].size > _LONG:
        return apply
    source = layer if sums is None else sums
    restore = layer[:, -1].fill

    def apply_over_whole(z: FloatArray, out: FloatArray) -> None:
        apply(source, layer)
        restore(1.0)

    return apply_over_whole


def _masked(apply: _Elementwise, layer: FloatArray, mask: FloatArray, masked: FloatArray) -> _Elementwise:
    """Return an activation that leaves the ``layer`` as it is, and its product with the mask in ``masked``."""
    multiply = np.multiply

    def apply_masked(z: FloatArray, out: FloatArray) -> None:
        apply(z, out)
        multiply(layer, mask, masked)

    return apply_masked


def _backward(
    *,
    forward: list[tuple[_Product, FloatArray, _Elementwise, FloatArray, FloatArray]],
    slope_calls: list[tuple[_Elementwise, FloatArray, FloatArray]],
    loss_error: Callable[[FloatArray, FloatArray, FloatArray], object],
    output_error: FloatArray,
    output_slope: FloatArray | None,
    scale: FloatArray,
    layers: list[
        tuple[_Product, FloatArray, FloatArray, _Product, FloatArray, FloatArray, FloatArray | None]
    ],
    first_product: _Product,
    first_gradient: FloatArray,
) -> Callable[[FloatArray, FloatArray, FloatArray], None]:
    """Return the innermost function of training: forward, slopes, and back.

    A closure over everything it needs, as looking that up in an object would take a tenth of the time of a small step.
    """
    multiply = np.multiply

    def backward(features: FloatArray, samples: FloatArray, targets: FloatArray) -> None:
        below = features
        for weigh, z, apply, out, layer in forward:
            weigh(below, z)
            apply(z, out)
            below = layer
        for slope, known, slopes in slope_calls:
            slope(known, slopes)
        error = output_error
        loss_error(below, targets, error)
        if output_slope is not None:
            multiply(error, output_slope, error)
        multiply(error, scale, error)
        for times, activations, gradient, spread, above, error, slopes_below in layers:
            times(activations, gradient)
            spread(above, error)
            if slopes_below is not None:
                multiply(error, slopes_below, error)
        first_product(samples, first_gradient)

    return backward
