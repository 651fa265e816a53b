"""Forward and backward pass of a stack of replicas.

Units are rows. A layer with ``inputs`` inputs has weights of shape (units, inputs + 1), the bias in the last column;
the activations of the previous layer are (inputs + 1, columns) with a last row of ones. So a layer is one matrix
product and one activation in place, and the outputs of a unit for all columns are one contiguous row. Training of small
networks is bound by the number of NumPy calls: all views and functions of a step are prepared once per shape.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from engine.arrays import FloatArray, constant
from engine.network.activation_buffers import ActivationLayout, DropoutMasks
from engine.registries.activations import Activation
from engine.registries.losses import Loss

_Product = Callable[[FloatArray, FloatArray], object]
_Bind = Callable[[FloatArray], _Product]
_Elementwise = Callable[[Any, Any], object]
# Plain tuples, as the steps unpack them in every layer of every batch.
_Forward = tuple[_Product, FloatArray, _Elementwise, FloatArray, FloatArray]
"""Layer l forward: (product, z, apply, out, read).

    read of layer l − 1 ── product: W · ──▶ z ── apply ──▶ out, the top rows of ``read`` (with a row of ones below them,
                                                           or masked by dropout), which layer l + 1 reads
"""
_Slopes = tuple[_Elementwise, FloatArray, FloatArray]
"""Derivatives of neighbouring layers in one call: (slope, sums z or outputs, where the derivatives go)."""
_Backward = tuple[_Product, FloatArray, FloatArray, _Product, FloatArray, FloatArray, FloatArray | None]
"""Layer l backward: (gradient_product, read_below, gradient, error_product, error, error_below, slopes_below).

    error ── gradient_product: · read_belowᵀ ──▶ gradient of W
      └───── error_product: Wᵀ · ──▶ error_below ── × slopes_below, if not None ──▶ error of layer l − 1
"""

_LONG = 1000
"""Numbers per layer and replica above which a loop over replicas costs less than computing the row of ones too."""

_LAYER_BYTES = 4000
"""Memory of the views of a layer, without the arrays themselves."""


class Pass:
    """Arrays and prepared calls for the forward pass of ``columns`` samples and the backward pass of their errors.

    With one replica every view is 2-D and products are ``ndarray.dot``.

    Attributes:
        outputs: activations of each layer, (units, columns), or (replicas, units, columns) for a stack.
        buffer: all activations, flat, laid out by ``ActivationLayout``.
        masks: factors of the hidden activations in ``backward``; None without dropout.
        bytes: estimate of its memory, without a buffer that was passed in.
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
        buffer: FloatArray | None = None,
    ) -> None:
        """Prepare views.

        Args:
            weights: (replicas, units, inputs + 1) per layer; read at every pass, so they may change in place.
            activations: one per layer, the output's last.
            columns: samples of one pass.
            gradients: like ``weights``; ``backward`` writes the gradient of the mean loss there.
            loss: needed with ``gradients``.
            dropout: whether ``backward`` multiplies hidden activations by ``masks``.
            buffer: that of another pass of the same shape, to share; not with ``gradients``.
        """
        self.activations = tuple(activations)
        self.columns = columns
        self.bytes = len(weights) * _LAYER_BYTES
        self._layout = ActivationLayout(len(weights[0]), [len(layer[0]) for layer in weights], columns)
        self.masks = DropoutMasks(self._layout) if dropout else None
        # A bound dot skips the dispatch of np.dot, a third of the call. But for a single unit that reads a view of a
        # wider table it chooses another kernel than np.matmul, and a stack would differ from single networks in the
        # last bit.
        self._bind: _Bind = _bound_dot if len(weights[0]) == 1 else _bound_matmul
        self._bind_first: _Bind = self._bind if self._layout.units[0] > 1 else _bound_matmul
        self.buffer = self._allocate(self._layout.offsets[-1], weights[0].dtype) if buffer is None else buffer
        self._full = self._layout.layers(self.buffer)
        bare = [layer[:, :count] for layer, count in zip(self._full, self._layout.units, strict=True)]
        self.outputs = [self._layout.squeezed(layer) for layer in bare]
        self._forward = self._plan_forward(weights)
        self._hidden = self._forward[:-1]
        if gradients is not None and loss is not None:
            self.backward = self._plan_backward(weights, gradients, loss)

    def _allocate(self, size: int, dtype: Any = np.float64) -> FloatArray:
        """Allocate a flat buffer of ones, and count its bytes."""
        memory = np.ones(size, dtype)
        self.bytes += memory.nbytes
        return memory

    def _plan_forward(self, weights: Sequence[FloatArray]) -> list[_Forward]:
        """Prepare the forward pass, without dropout."""
        squeezed = self._layout.squeezed
        applies = [
            _over_whole(row.apply, layer) for row, layer in zip(self.activations, self._full, strict=True)
        ]
        if self._layout.replicas == 1:
            applies = [row.apply for row in self.activations]
        applies[-1] = self.activations[-1].apply  # the output has no row of ones
        binds = [self._bind_first, *[self._bind] * (len(weights) - 1)]
        # Passing one array object as input and output skips NumPy's overlap check (0.15 µs per call).
        return [
            (bind(squeezed(weight)), out, apply, out, squeezed(layer))
            for bind, weight, out, apply, layer in zip(
                binds, weights, self.outputs, applies, self._full, strict=True
            )
        ]

    def _plan_backward(
        self, weights: Sequence[FloatArray], gradients: Sequence[FloatArray], loss: Loss
    ) -> Callable[[FloatArray, FloatArray, FloatArray], None]:
        """Prepare the forward and the backward pass of a training batch; return the function that runs both."""
        layout, squeezed = self._layout, self._layout.squeezed
        last = len(weights) - 1
        forward, known = self._plan_sums()
        slope_buffer = self._allocate(layout.offsets[-1])
        slopes = layout.layers(slope_buffer)
        output_has_slope = not loss.from_sum and self.activations[-1].slope is not None
        slope_calls = self._plan_slopes(last + output_has_slope, known, slope_buffer)
        read, slopes_read = self._full, slopes
        if self.masks is not None:
            forward, read, masked_slopes = self._mask(self.masks, forward)
            slope_calls.append(
                (partial(np.multiply, self.masks.buffer), slope_buffer[: layout.hidden_size], masked_slopes)
            )
            slopes_read = layout.layers(masked_slopes)
        errors = self._errors()
        output_error = loss_error = squeezed(errors[-1])
        scale = loss.error_factor * (1.0 / self.columns)
        if (output_has_slope or scale != 1) and _is_slow_in_place(output_error):
            loss_error = self._allocate(output_error.size).reshape(output_error.shape)
        backward: list[_Backward] = []
        for layer in range(last, 0, -1):
            below = layer - 1
            above = squeezed(errors[layer][:, : layout.units[layer]])
            # With the row of ones, whose error is never read: whole buffers are faster than parts of them.
            transposed = squeezed(weights[layer].swapaxes(1, 2))
            # With a single unit every product is one term, for which np.multiply is faster than BLAS.
            outer = layout.replicas > 1 and layout.units[layer] == 1
            has_slope = self.activations[below].slope is not None or self.masks is not None
            backward.append(
                (
                    self._bind(above),
                    squeezed(read[below].swapaxes(1, 2)),
                    squeezed(gradients[layer]),
                    partial(np.multiply, transposed) if outer else self._bind(transposed),
                    above,
                    squeezed(errors[below]),
                    squeezed(slopes_read[below]) if has_slope else None,
                )
            )
        return _backward(
            forward=forward,
            slope_calls=slope_calls,
            write_loss_error=loss.error,
            loss_error=loss_error,
            output_error=output_error,
            output_slope=squeezed(slopes[-1]) if output_has_slope else None,
            scale=constant(scale) if scale != 1 else None,
            layers=backward,
            first_product=self._bind_first(squeezed(errors[0][:, : layout.units[0]])),
            first_gradient=squeezed(gradients[0]),
        )

    def _plan_sums(self) -> tuple[list[_Forward], FloatArray]:
        """Store the sums z of layers whose slopes are computed from them, or that are one number, in another buffer.

        Returns:
            The forward pass, and the buffer; that of the activations if no layer needs it.
        """
        forward = list(self._forward)
        apart = [
            row.slope_from_sums or (row.slope is not None and _is_slow_in_place(out))
            for row, out in zip(self.activations, self.outputs, strict=True)
        ]
        if not any(apart):
            return forward, self.buffer
        buffer = self._allocate(len(self.buffer))
        for layer, (row, sums) in enumerate(zip(self.activations, self._layout.layers(buffer), strict=True)):
            if apart[layer]:
                product, _, apply, out, whole = forward[layer]
                if self._layout.replicas > 1:
                    apply = _over_whole(row.apply, self._full[layer], sums)
                bare = self._layout.squeezed(sums[:, : self._layout.units[layer]])
                forward[layer] = product, bare, apply, out, whole
        return forward, buffer

    def _plan_slopes(self, layers: int, sums: FloatArray, slopes: FloatArray) -> list[_Slopes]:
        """Prepare the slopes of the first ``layers`` layers, one call for neighbours with the same activation."""
        offsets = self._layout.offsets
        calls: list[_Slopes] = []
        start = 0
        while start < layers:
            row = self.activations[start]
            stop = start + 1
            while stop < layers and self.activations[stop].slope is row.slope:
                stop += 1
            if row.slope is not None:
                part = slice(offsets[start], offsets[stop])
                known = sums if row.slope_from_sums else self.buffer
                calls.append((row.slope, known[part], slopes[part]))
            start = stop
        return calls

    def _mask(
        self, masks: DropoutMasks, forward: Sequence[_Forward]
    ) -> tuple[list[_Forward], list[FloatArray], FloatArray]:
        """Let each layer read a masked copy of the hidden layer below it.

        Returns:
            The forward pass, the copies and the output, and a buffer for the slopes of the unmasked activations times
            the masks.
        """
        layout, squeezed = self._layout, self._layout.squeezed
        copies = layout.layers(self._allocate(layout.hidden_size))
        self.bytes += masks.buffer.nbytes
        masked = []
        for (product, z, apply, out, whole), copy, mask in zip(
            forward, copies, layout.layers(masks.buffer), strict=False
        ):
            masked.append(
                (product, z, _masked(apply, whole, squeezed(mask), squeezed(copy)), out, squeezed(copy))
            )
        return [*masked, forward[-1]], [*copies, self._full[-1]], self._allocate(layout.hidden_size)

    def _errors(self) -> list[FloatArray]:
        """Return an array (replicas, rows, columns) for the errors of each layer.

        A layer's errors are not read any more two layers below, so layers alternate between two buffers.
        """
        layout = self._layout
        size = layout.replicas * max(layout.rows) * layout.columns
        buffers = self._allocate(2 * size).reshape(2, size)
        return [
            buffers[layer % 2, : layout.replicas * rows * layout.columns].reshape(
                layout.replicas, rows, layout.columns
            )
            for layer, rows in enumerate(layout.rows)
        ]

    backward: Callable[[FloatArray, FloatArray, FloatArray], None]
    """``backward(features, samples, targets)`` writes the gradient of the mean loss of one batch into the gradients.

    ``features`` are (…, inputs + 1, columns), ``samples`` the same numbers as (…, columns, inputs + 1), ``targets`` are
    (…, outputs, columns). Exists only if the pass was made with gradients.
    """

    def forward(self, features: FloatArray) -> FloatArray:
        """Compute all layers from features (…, inputs + 1, columns), without the output's activation.

        Returns:
            The sums z of the output, (outputs, columns), or (replicas, outputs, columns) for a stack; a view that the
            next pass overwrites. ``outputs`` holds the activations of the hidden layers likewise.
        """
        below = features
        for product, z, apply, out, layer in self._hidden:
            product(below, z)
            apply(z, out)
            below = layer
        product, z, *_ = self._forward[-1]
        product(below, z)
        return z


def _is_slow_in_place(array: FloatArray) -> bool:
    """Return whether NumPy takes two to three times longer to write over this array than into another one.

    An array of one element may overlap its input in its view, so that it checks and buffers.
    """
    return array.size == 1


def _bound_dot(left: FloatArray) -> _Product:
    return left.dot


def _bound_matmul(left: FloatArray) -> _Product:
    return partial(np.matmul, left)


def _over_whole(apply: _Elementwise, layer: FloatArray, sums: FloatArray | None = None) -> _Elementwise:
    """Return an activation that is applied to a whole layer of a stack, and restores the row of ones.

    One contiguous call is faster than one per replica, unless these are long. Its arguments are ignored: they are views
    of parts of ``layer``.
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
    """Return an activation that also writes the product of the ``layer`` and the mask into ``masked``."""
    multiply = np.multiply

    def apply_masked(z: FloatArray, out: FloatArray) -> None:
        apply(z, out)
        multiply(layer, mask, masked)

    return apply_masked


def _backward(
    *,
    forward: list[_Forward],
    slope_calls: list[_Slopes],
    write_loss_error: Callable[[FloatArray, FloatArray, FloatArray], object],
    loss_error: FloatArray,
    output_error: FloatArray,
    output_slope: FloatArray | None,
    scale: FloatArray | None,
    layers: list[_Backward],
    first_product: _Product,
    first_gradient: FloatArray,
) -> Callable[[FloatArray, FloatArray, FloatArray], None]:
    """Return the innermost function of training: forward pass, slopes, backward pass.

    A closure, because looking up attributes would take a tenth of the time of a small step.
    """
    multiply = np.multiply

    def backward(features: FloatArray, samples: FloatArray, targets: FloatArray) -> None:
        below = features
        for product, z, apply, out, layer in forward:
            product(below, z)
            apply(z, out)
            below = layer
        for slope, known, slopes in slope_calls:
            slope(known, slopes)
        write_loss_error(below, targets, loss_error)
        error = loss_error
        if output_slope is not None:
            multiply(error, output_slope, output_error)
            error = output_error
        if scale is not None:
            multiply(error, scale, output_error)
        for gradient_product, read_below, gradient, error_product, above, error, slopes_below in layers:
            gradient_product(read_below, gradient)
            error_product(above, error)
            if slopes_below is not None:
                multiply(error, slopes_below, error)
        first_product(samples, first_gradient)

    return backward
