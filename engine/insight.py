"""Insight: what can be looked at in a run. Pure functions; pictures are float32.

Pictures show the square [−6, 6]², ends included, row 0 at x2 = +6.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.activations import ACTIVATIONS
from engine.arrays import RealArray
from engine.datasets import EXTENT
from engine.features import FEATURES, feature_rows
from engine.losses import LOSSES
from engine.run import Run

Picture = NDArray[np.float32]


@lru_cache(maxsize=32)
def grid(resolution: int) -> NDArray[np.float64]:
    """Return the points (resolution², 2) of a picture, row by row from the top left.

    Raises:
        ValueError: the resolution is not 2 … 1,000.
    """
    if not 2 <= resolution <= 1000:
        raise ValueError(f"resolution is {resolution}; it must be 2 … 1000")
    axis = np.linspace(-EXTENT, EXTENT, resolution)
    x1, x2 = np.meshgrid(axis, -axis)
    points = np.stack([x1.ravel(), x2.ravel()], axis=1)
    points.flags.writeable = False
    return points


@lru_cache(maxsize=32)
def _grid_features(features: tuple[str, ...], resolution: int) -> Picture:
    table = np.ascontiguousarray(feature_rows(features, grid(resolution)).T, dtype=np.float32)
    table.flags.writeable = False
    return table


def feature_map(key: str, resolution: int = 20) -> Picture:
    """Return a feature as a picture (rows, columns), not scaled."""
    points = grid(resolution)
    values = FEATURES[key].apply(points[:, 0], points[:, 1])
    return values.reshape(resolution, resolution).astype(np.float32)


def layer_maps(run: Run, resolution: int = 100, *, layers: int | None = None) -> list[Picture]:
    """Return what every unit answers over the square.

    Args:
        run: any run.
        resolution: rows and columns, 2 … 1,000.
        layers: only so many layers, from the first; all, with the output as the last one, by default.

    Returns:
        One array (replicas, units, rows, columns) per layer.
    """
    one = run.experiment
    output = LOSSES[one.objective.loss].outputs[one.problem]
    activations = [*(ACTIVATIONS[name] for name in one.network.activations), output]
    single = run.replicas == 1
    product = np.dot if single else np.matmul
    with np.errstate(all="ignore"):  # float32 may overflow where float64 does not
        parameters = run.parameters.astype(np.float32)
        below: RealArray = _grid_features(one.features, resolution)
        columns = below.shape[1]
        maps = []
        weights = run.layout.layers(parameters)[:layers]
        for weight, activation in zip(weights, activations, strict=False):
            units = weight.shape[1]
            layer = np.empty((run.replicas, units + 1, columns), np.float32)
            layer[:, units] = 1
            seen, weight_ = (layer[0], weight[0]) if single else (layer, weight)
            z = seen[..., :units, :]
            product(weight_, below, z)
            activation.apply(z, z)
            below = seen
            maps.append(layer[:, :units].reshape(run.replicas, units, resolution, resolution))
    return maps


def boundary(run: Run, resolution: int = 100) -> Picture:
    """Return the output over the square: (replicas, outputs, rows, columns) float32.

    The output is −1 … 1 for classification (with the cross-entropy 2p − 1), and the predicted value for regression.

    Args:
        run: any run.
        resolution: rows and columns, 2 … 1,000.
    """
    return layer_maps(run, resolution)[-1]
