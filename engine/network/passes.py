"""The network: forward and backward pass of a stack of replicas.

Units are rows. A layer with ``inputs`` inputs has weights of shape (units, inputs + 1), the bias in the last column;
the activations of the layer before are (inputs + 1, columns) with a last row of ones. So a layer is one matrix product
and one activation in place, and what a unit says of all columns is one contiguous row. Training of small networks is
bound by the number of NumPy calls: everything here that need not be repeated at each step is prepared once.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from engine.arrays import FloatArray, constant
from engine.network.activation_buffers import Blocks, Masks
from engine.registries.activations import Activation
from engine.registries.losses import Loss

_Product = Callable[[FloatArray, FloatArray], object]
_Bind = Callable[[FloatArray], _Product]
_Elementwise = Callable[[Any, Any], object]
_Forward = tuple[_Product, FloatArray, _Elementwise, FloatArray, FloatArray]
"""One layer: product with what is below, where its sums go, the activation, its outputs, what the layer above reads."""
_Slopes = tuple[_Elementwise, FloatArray, FloatArray]
_Backward = tuple[_Product, FloatArray, FloatArray, _Product, FloatArray, FloatArray, FloatArray | None]

_LONG = 1000
"""Numbers of a replica's layer above which going from one replica to the next costs less than the row of ones."""

_LAYER_BYTES = 4000
"""What the views of a layer take, beside what they look at."""


class Pass:
    """The arrays through which ``columns`` samples go forward, and the errors come back.

    With one replica every view is 2-D and ``ndarray.dot`` does the products.

    Attributes:
        outputs: activations of each layer, (units, columns), or (replicas, units, columns) for a stack.
        block: all activations, flat, as ``Blocks`` says.
        masks: what hidden activations are multiplied with in ``backward``; None without dropout.
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
        self.activations = tuple(activations)
        self.columns = columns
        self.bytes = len(weights) * _LAYER_BYTES
        self._blocks = Blocks(len(weights[0]), [len(layer[0]) for layer in weights], columns)
        self.masks = Masks(self._blocks) if dropout else None
        # A bound dot spares the dispatch of np.dot, a third of the call. But where a single unit reads a view of a
        # wider table it chooses another kernel than np.matmul, and a stack would differ from single networks in the
        # last bit.
        self._bind: _Bind = _bound_dot if len(weights[0]) == 1 else _bound_matmul
        self._bind_first: _Bind = self._bind if self._blocks.units[0] > 1 else _bound_matmul
        self.block = self._new(self._blocks.spans[-1], weights[0].dtype) if block is None else block
        self._full = self._blocks.cut(self.block)
        bare = [layer[:, :count] for layer, count in zip(self._full, self._blocks.units, strict=True)]
        self.outputs = [self._blocks.seen(layer) for layer in bare]
        self._forward = self._plan_forward(weights)
        self._hidden = self._forward[:-1]
        if gradients is not None and loss is not None:
            self.backward = self._plan_backward(weights, gradients, loss)

    def _new(self, size: int, dtype: Any = np.float64) -> FloatArray:
        """Make flat memory of ones, and count it."""
        memory = np.ones(size, dtype)
        self.bytes += memory.nbytes
        return memory

    def _plan_forward(self, weights: Sequence[FloatArray]) -> list[_Forward]:
        """Prepare the way forward, without dropout."""
        seen = self._blocks.seen
        applies = [
            _over_whole(row.apply, layer) for row, layer in zip(self.activations, self._full, strict=True)
        ]
        if self._blocks.replicas == 1:
            applies = [row.apply for row in self.activations]
        applies[-1] = self.activations[-1].apply  # the output has no row of ones
        binds = [self._bind_first, *[self._bind] * (len(weights) - 1)]
        # Sums and outputs are one object, not two views of one memory, over which NumPy ponders for 0.15 µs.
        return [
            (bind(seen(weight)), out, apply, out, seen(layer))
            for bind, weight, out, apply, layer in zip(
                binds, weights, self.outputs, applies, self._full, strict=True
            )
        ]

    def _plan_backward(
        self, weights: Sequence[FloatArray], gradients: Sequence[FloatArray], loss: Loss
    ) -> Callable[[FloatArray, FloatArray, FloatArray], None]:
        """Prepare the way there and back, and return the function that goes it."""
        blocks, seen = self._blocks, self._blocks.seen
        last = len(weights) - 1
        forward, known = self._keep_sums()
        slope_block = self._new(blocks.spans[-1])
        slopes = blocks.cut(slope_block)
        output_has_slope = not loss.from_sum and self.activations[-1].slope is not None
        slope_calls = self._plan_slopes(last + output_has_slope, known, slope_block)
        read, slopes_read = self._full, slopes
        if self.masks is not None:
            forward, read, masked_slopes = self._mask(self.masks, forward)
            slope_calls.append(
                (partial(np.multiply, self.masks.block), slope_block[: blocks.hidden], masked_slopes)
            )
            slopes_read = blocks.cut(masked_slopes)
        errors = self._errors()
        backward: list[_Backward] = []
        for layer in range(last, 0, -1):
            below = layer - 1
            above = seen(errors[layer][:, : blocks.units[layer]])
            # With the row of ones, whose error nobody reads: whole blocks are faster than parts of them.
            transposed = seen(weights[layer].swapaxes(1, 2))
            # Of a single unit's error and weights every product is one term, which needs no library.
            outer = blocks.replicas > 1 and blocks.units[layer] == 1
            has_slope = self.activations[below].slope is not None or self.masks is not None
            backward.append(
                (
                    self._bind(above),
                    seen(read[below].swapaxes(1, 2)),
                    seen(gradients[layer]),
                    partial(np.multiply, transposed) if outer else self._bind(transposed),
                    above,
                    seen(errors[below]),
                    seen(slopes_read[below]) if has_slope else None,
                )
            )
        return _backward(
            forward=forward,
            slope_calls=slope_calls,
            loss_error=loss.error,
            output_error=seen(errors[-1]),
            output_slope=seen(slopes[-1]) if output_has_slope else None,
            scale=constant(1.0 / self.columns),
            layers=backward,
            first_product=self._bind_first(seen(errors[0][:, : blocks.units[0]])),
            first_gradient=seen(gradients[0]),
        )

    def _keep_sums(self) -> tuple[list[_Forward], FloatArray]:
        """Let layers whose slopes are computed from sums keep these in a block of their own.

        Returns:
            The way forward, and the block; that of the activations if no layer needs it.
        """
        forward = list(self._forward)
        if not any(row.slope_from_sums for row in self.activations):
            return forward, self.block
        block = self._new(len(self.block))
        for layer, (row, sums) in enumerate(zip(self.activations, self._blocks.cut(block), strict=True)):
            if row.slope_from_sums:
                weigh, _, apply, out, whole = forward[layer]
                if self._blocks.replicas > 1:
                    apply = _over_whole(row.apply, self._full[layer], sums)
                bare = self._blocks.seen(sums[:, : self._blocks.units[layer]])
                forward[layer] = weigh, bare, apply, out, whole
        return forward, block

    def _plan_slopes(self, layers: int, sums: FloatArray, slopes: FloatArray) -> list[_Slopes]:
        """Prepare the slopes of the first ``layers``; neighbours with the same activation get them in one call."""
        spans = self._blocks.spans
        calls: list[_Slopes] = []
        start = 0
        while start < layers:
            row = self.activations[start]
            stop = start + 1
            while stop < layers and self.activations[stop].slope is row.slope:
                stop += 1
            if row.slope is not None:
                part = slice(spans[start], spans[stop])
                known = sums if row.slope_from_sums else self.block
                calls.append((row.slope, known[part], slopes[part]))
            start = stop
        return calls

    def _mask(
        self, masks: Masks, forward: Sequence[_Forward]
    ) -> tuple[list[_Forward], list[FloatArray], FloatArray]:
        """Let the layers above read masked copies of what hidden layers say.

        Returns:
            The way forward, the copies with the output, and memory for slopes: those of the activations before they
            are masked, times the masks.
        """
        blocks, seen = self._blocks, self._blocks.seen
        copies = blocks.cut(self._new(blocks.hidden))
        self.bytes += masks.block.nbytes
        masked = []
        for (weigh, z, apply, out, whole), copy, mask in zip(
            forward, copies, blocks.cut(masks.block), strict=False
        ):
            masked.append((weigh, z, _masked(apply, whole, seen(mask), seen(copy)), out, seen(copy)))
        return [*masked, forward[-1]], [*copies, self._full[-1]], self._new(blocks.hidden)

    def _errors(self) -> list[FloatArray]:
        """Return where the errors of each layer go, (replicas, rows, columns).

        They are done with two layers further down, so that layers take turns in two pieces of memory.
        """
        blocks = self._blocks
        room = blocks.replicas * max(blocks.rows) * blocks.columns
        rooms = self._new(2 * room).reshape(2, room)
        return [
            rooms[layer % 2, : blocks.replicas * rows * blocks.columns].reshape(
                blocks.replicas, rows, blocks.columns
            )
            for layer, rows in enumerate(blocks.rows)
        ]

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
    forward: list[_Forward],
    slope_calls: list[_Slopes],
    loss_error: Callable[[FloatArray, FloatArray, FloatArray], object],
    output_error: FloatArray,
    output_slope: FloatArray | None,
    scale: FloatArray,
    layers: list[_Backward],
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
