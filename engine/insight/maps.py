"""Maps: outputs of the network and of every unit on a grid over a region of the plane, float32.

The default region is the square [−6, 6]², ends included; row 0 is at the top.
"""

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.arrays import FloatArray
from engine.experiment import Data
from engine.insight.layer_activations import layer_activations
from engine.registries.datasets import EXTENT
from engine.registries.features import FEATURES, feature_rows
from engine.run import Run
from engine.samples import inputs
from engine.training.workspace import sources

Picture = NDArray[np.float32]

SQUARE = (-EXTENT, EXTENT, -EXTENT, EXTENT)
"""The region of the data: x1 from and to, x2 from and to."""

_COLUMNS = 8192
"""Columns × replicas computed at once: enough for NumPy, and few enough for the processor's cache."""

_MAX_COORDINATE = 1_000_000.0
"""Bound of regions: the square, 10¹², still has seven digits in float32."""


def grid(resolution: int, *, region: Sequence[float] = SQUARE) -> FloatArray:
    """Return the points (resolution², 2) of a map, row by row from the top left, read-only.

    Args:
        resolution: rows and columns, 2 … 1,000.
        region: (x1 from, x1 to, x2 from, x2 to), the centres of the outermost cells.

    Raises:
        ValueError: the resolution or the region is out of range.
    """
    return _grid(resolution, tuple(region))


@lru_cache(maxsize=8)
def _grid(resolution: int, region: tuple[float, ...]) -> FloatArray:
    if not 2 <= resolution <= 1000:
        raise ValueError(f"resolution is {resolution}; it must be 2 … 1000")
    if len(region) != 4:
        raise ValueError(f"region is {region}; it must be four numbers: x1 from, x1 to, x2 from, x2 to")
    left, right, bottom, top = region
    for name, low, high in (("x1", left, right), ("x2", bottom, top)):
        if not -_MAX_COORDINATE <= low < high <= _MAX_COORDINATE:  # nor are infinity and NaN
            raise ValueError(
                f"region has {name} from {low} to {high};"
                f" it must rise, within −{_MAX_COORDINATE:,.0f} … {_MAX_COORDINATE:,.0f}"
            )
    x1, x2 = np.meshgrid(np.linspace(left, right, resolution), np.linspace(top, bottom, resolution))
    points = np.stack([x1.ravel(), x2.ravel()], axis=1)
    points.flags.writeable = False
    return points


@lru_cache(maxsize=32)
def _grid_features(features: tuple[str, ...], resolution: int, region: tuple[float, ...]) -> Picture:
    """Return the unscaled inputs of the network at each point of a grid: (features + 1, resolution²), read-only."""
    table = np.ascontiguousarray(feature_rows(features, _grid(resolution, region)).T, dtype=np.float32)
    table.flags.writeable = False
    return table


@lru_cache(maxsize=8)
def _scaled_grid_features(
    data: Data, features: tuple[str, ...], resolution: int, region: tuple[float, ...]
) -> Picture:
    """Return the inputs of the network at each point of a grid, scaled as the data's features, read-only."""
    table = np.ascontiguousarray(inputs(data, features, _grid(resolution, region)).T, dtype=np.float32)
    table.flags.writeable = False
    return table


def _grid_inputs(run: Run, resolution: int, region: tuple[float, ...]) -> list[Picture]:
    """Return the inputs of the networks on a grid: (features + 1, resolution²), per replica if they differ."""
    features = run.experiment.features
    if all(one.data.scaling == "none" for one in run.experiments):
        return [_grid_features(features, resolution, region)]
    return [_scaled_grid_features(data, features, resolution, region) for data, _ in sources(run)]


def feature_map(key: str, resolution: int = 20, *, region: Sequence[float] = SQUARE) -> Picture:
    """Return a map of an unscaled feature, (rows, columns).

    Args:
        key: of a row of ``FEATURES``.
        resolution: rows and columns, 2 … 1,000.
        region: (x1 from, x1 to, x2 from, x2 to).

    Raises:
        ValueError: the resolution or the region is out of range.
    """
    points = _grid(resolution, tuple(region))
    values = FEATURES[key].apply(points[:, 0], points[:, 1])
    return values.reshape(resolution, resolution).astype(np.float32)


def layer_maps(
    run: Run,
    resolution: int = 100,
    *,
    layers: int | None = None,
    region: Sequence[float] = SQUARE,
    memory: Picture | None = None,
) -> list[Picture]:
    """Return the output of every unit over a region.

    Args:
        run: any run.
        resolution: rows and columns, 2 … 1,000.
        layers: number of layers, from the first one; all by default, with the output as the last one.
        region: (x1 from, x1 to, x2 from, x2 to), each within ±1,000,000; by default [−6, 6]², the region of the data.
        memory: float32 numbers in which the maps are computed, which are then parts of it: at least replicas × (all
            units + hidden layers) × resolution². Many maps take two thirds of the time when they are drawn in the same
            memory again, as the system has to clear new memory.

    Returns:
        One array (replicas, units, rows, columns) per layer.

    Raises:
        ValueError: the resolution or the region is out of range, or the memory too small; names the value.
    """
    return _maps(run, resolution, tuple(region), range(len(run.experiment.sizes) - 1)[:layers], memory)


def layer_map(run: Run, layer: int, resolution: int = 100, *, region: Sequence[float] = SQUARE) -> Picture:
    """Return the output of every unit of one layer over a region, as ``layer_maps`` does: 0 is the first hidden one."""
    return _maps(run, resolution, tuple(region), range(layer, layer + 1))[0]


def _maps(
    run: Run, resolution: int, region: tuple[float, ...], shown: range, memory: Picture | None = None
) -> list[Picture]:
    """Return the maps of the layers in ``shown``, consecutive ones, as parts of one block of memory.

    A few replicas at a time are computed, so that their layers stay in the processor's cache, and what is not shown is
    computed in the same memory for all of them: memory that is new costs about as much as the arithmetic.
    """
    replicas, columns = run.replicas, resolution**2
    tables = _grid_inputs(run, resolution, region)
    at_once = min(max(1, _COLUMNS // columns), replicas)
    activations = layer_activations(run.experiment)
    layout = run.layout
    units = [count for count, _ in layout.shapes[: shown.stop]]
    # Hidden layers have a row of ones below their units, which the next layer multiplies by its biases.
    rows = [count + 1 for count in units]
    if shown.stop == len(activations):
        rows[-1] -= 1
    first = sum(rows[: shown.start])
    hidden = np.empty((at_once, first, columns), np.float32)
    kept = _block((replicas, sum(rows) - first, columns), memory)
    layers: list[Picture] = []
    end = 0
    for number, count in enumerate(rows):
        if number == shown.start:
            end = 0
        layers.append((kept if number in shown else hidden)[:, end : end + count])
        end += count
    with np.errstate(all="ignore"):  # float32 may overflow where float64 does not
        weights = layout.layers(run.parameters.astype(np.float32))
        for start in range(0, replicas, at_once):
            part = slice(start, min(start + at_once, replicas))
            below = tables[0] if len(tables) == 1 else np.stack(tables[part])
            for number, count in enumerate(units):
                layer = layers[number]
                if at_once < replicas:
                    layer = layer[part if number in shown else slice(part.stop - start)]
                if count < rows[number]:
                    layer[:, count] = 1
                z = layer[:, :count]
                if replicas == 1:
                    np.dot(weights[number][0], below, z[0])
                    below = layer[0]
                else:
                    np.matmul(weights[number][part], below, z)
                    below = layer
                activations[number].apply(z, z)
    return [
        layers[number][:, : units[number]].reshape(replicas, units[number], resolution, resolution)
        for number in shown
    ]


def _block(shape: tuple[int, ...], memory: Picture | None) -> Picture:
    """Return memory of a shape: new memory, or the first numbers of what is given.

    Raises:
        ValueError: the given memory is too small, or has another type.
    """
    if memory is None:
        return np.empty(shape, np.float32)
    size = math.prod(shape)
    if memory.dtype != np.float32 or memory.size < size or not memory.flags.c_contiguous:
        raise ValueError(
            f"memory has {memory.size:,} numbers of type {memory.dtype};"
            f" it must have at least {size:,} of type float32, one after the other"
        )
    return memory.reshape(-1)[:size].reshape(shape)


def boundary(run: Run, resolution: int = 100, *, region: Sequence[float] = SQUARE) -> Picture:
    """Return the output over a region: (replicas, outputs, rows, columns) float32.

    The output is −1 … 1 for two classes (with the cross-entropy 2p − 1), the probability of each class if there are
    more, and the predicted value for regression.

    Args:
        run: any run.
        resolution: rows and columns, 2 … 1,000.
        region: (x1 from, x1 to, x2 from, x2 to), as in ``layer_maps``.

    Raises:
        ValueError: the resolution or the region is out of range; names the value.
    """
    return layer_map(run, len(run.experiment.sizes) - 2, resolution, region=region)
