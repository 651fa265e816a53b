"""Loss landscape: the loss over a plane through the parameters of a network, and directions for such planes."""

import math
from dataclasses import dataclass, replace

import numpy as np

from engine.arrays import FloatArray
from engine.experiment import MAX_REPLICAS
from engine.insight.norms import euclidean_norm
from engine.run import Run
from engine.training.evaluation import evaluate

_DIRECTIONS = 5
"""Random stream of directions (other streams: ``engine.samples``, ``engine.run``)."""

_CHUNK = 2**20
"""Numbers per array of the networks that are evaluated at once (8 MB)."""


@dataclass(frozen=True, slots=True, eq=False)
class LossPlane:
    """Mean losses over the plane parameters + a · first + b · second, without the penalty.

    Attributes:
        first: (columns,) a, from left to right.
        second: (rows,) b, from top to bottom: descending, like x2 in a map.
        train: (rows, columns) loss over the training samples.
        test: (rows, columns) loss over the test samples.
    """

    first: FloatArray
    second: FloatArray
    train: FloatArray
    test: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class PrincipalPlane:
    """The plane of the first two principal components of a path of parameters.

    Attributes:
        first: (n,) unit vector in which the path varies most.
        second: (n,) unit vector orthogonal to it in which the rest varies most.
        shares: (2,) the share of the path's variance along each of them, 0 … 1.
        path: (steps, 2) coordinates of the path in the plane, relative to its last point.
    """

    first: FloatArray
    second: FloatArray
    shares: FloatArray
    path: FloatArray


def loss_plane(
    run: Run, first: FloatArray, second: FloatArray, *, extent: float = 1.0, resolution: int = 25
) -> LossPlane:
    """Compute the loss over a plane around a network's parameters.

    Args:
        run: a single network.
        first: (n,) direction to the right.
        second: (n,) direction upwards.
        extent: the plane spans −extent … extent times each direction, ends included.
        resolution: rows and columns, 2 … 200; if odd, the cell in the middle is the network itself.

    Returns:
        The losses; infinity or NaN where they are not finite.

    Raises:
        ValueError: the run is a stack, a direction has another shape or is 0, or a number is out of range.
    """
    _check_single(run)
    n = run.layout.parameters
    right, up = (_direction(name, direction, n) for name, direction in (("first", first), ("second", second)))
    if not 0 < extent < math.inf:
        raise ValueError(f"extent is {extent}; it must be finite and greater than 0")
    if not 2 <= resolution <= 200:
        raise ValueError(f"resolution is {resolution}; it must be 2 … 200")
    a = extent * (np.arange(1 - resolution, resolution, 2) / (resolution - 1))  # exactly 0 in the middle
    b = a[::-1].copy()
    amounts = np.stack([np.tile(a, resolution), np.repeat(b, resolution)], axis=1)
    losses = np.empty((2, resolution**2))
    chunk = min(MAX_REPLICAS, max(1, _CHUNK // max(n, run.experiment.data.samples)))
    for start in range(0, len(amounts), chunk):
        cells = slice(start, start + chunk)
        with np.errstate(all="ignore"):  # far out, parameters may overflow to infinity
            parameters = run.parameters + amounts[cells, :1] * right + amounts[cells, 1:] * up
        evaluation = evaluate(_stack(run, parameters))
        losses[0, cells], losses[1, cells] = evaluation.train_loss, evaluation.test_loss
    train, test = losses.reshape(2, resolution, resolution)
    return LossPlane(a, b, train, test)


def parameter_axes(run: Run, i: int, j: int) -> tuple[FloatArray, FloatArray]:
    """Return the unit vectors (n,) of two parameters.

    Args:
        run: any run.
        i: index of the first one in the flat vector (``run.layout.index``).
        j: index of the second one.

    Raises:
        ValueError: there is no such parameter, or both are the same.
    """
    n = run.layout.parameters
    for name, position in (("i", i), ("j", j)):
        if not 0 <= position < n:
            raise ValueError(f"{name} is {position}; this network has parameters 0 … {n - 1}")
    if i == j:
        raise ValueError(f"i and j are both {i}; a plane needs two parameters")
    first, second = np.zeros((2, n))
    first[i] = second[j] = 1
    return first, second


def random_directions(run: Run, seed: int) -> tuple[FloatArray, FloatArray]:
    """Draw two random directions (n,), normalized to the norms of the network's units.

    Weights and bias of each unit are drawn from a normal distribution and scaled to the norm of the network's own, so
    that planes of different networks can be compared: d ← d · ‖w‖ / ‖d‖ (Li et al. 2018, "Visualizing the Loss
    Landscape of Neural Nets", equation 1; a unit is their filter). It is 0 for a unit whose weights and bias are 0.

    Args:
        run: a single network.
        seed: a whole number, at least 0; it determines the directions.

    Raises:
        ValueError: the run is a stack, or the seed is negative.
    """
    _check_single(run)
    if seed < 0:
        raise ValueError(f"seed is {seed}; it must be at least 0")
    directions = np.random.default_rng([_DIRECTIONS, seed]).standard_normal((2, run.layout.parameters))
    for drawn, own in zip(run.layout.layers(directions), run.layout.layers(run.parameters), strict=True):
        drawn *= (euclidean_norm(own) / euclidean_norm(drawn))[..., None]
    first, second = directions
    return first, second


def principal_plane(history: FloatArray) -> PrincipalPlane:
    """Find the plane in which parameters moved most during training.

    The directions are the first two principal components of the path (Lorch 2016, "Visualizing Deep Network Training
    Trajectories with PCA"; Li et al. 2018, section 7), with the sign that makes their largest entry positive.

    Args:
        history: (steps, n) the parameters of one network at three or more times, in order.

    Raises:
        ValueError: the history has another shape, is not finite, or does not move.
    """
    if history.ndim != 2 or len(history) < 3 or history.shape[1] < 2:
        raise ValueError(
            f"history has the shape {history.shape}; it must be (steps, n), at least 3 steps of 2 parameters"
        )
    if not np.isfinite(history).all():
        raise ValueError("history has entries that are infinite or not a number")
    with np.errstate(over="ignore"):
        moved = history - history[-1]
    largest = np.abs(moved).max()
    if not 0 < largest < math.inf:
        raise ValueError(
            "history does not move, or farther than numbers reach; there is no plane to see it in"
        )
    scaled = moved / largest  # squares of tiny or huge steps would underflow or overflow
    _, deviations, components = np.linalg.svd(scaled - scaled.mean(axis=0), full_matrices=False)
    axes = components[:2]
    axes *= np.sign(axes[[0, 1], np.abs(axes).argmax(axis=1)])[:, None]
    variances = np.square(deviations)
    return PrincipalPlane(axes[0], axes[1], variances[:2] / variances.sum(), moved @ axes.T)


def _check_single(run: Run) -> None:
    if run.replicas != 1:
        raise ValueError(f"a landscape is that of a single network, this is a stack of {run.replicas}")


def _direction(name: str, direction: FloatArray, n: int) -> FloatArray:
    direction = np.asarray(direction, dtype=np.float64)
    if direction.shape != (n,):
        raise ValueError(
            f"{name} has the shape {direction.shape}; it must be ({n},), one number per parameter"
        )
    if not np.isfinite(direction).all():
        raise ValueError(f"{name} has entries that are infinite or not a number")
    if not direction.any():
        raise ValueError(f"{name} is 0 everywhere; a direction must point somewhere")
    return direction


def _stack(run: Run, parameters: FloatArray) -> Run:
    """Return a stack of the network with other parameters (replicas, n), for evaluation only."""
    replicas = len(parameters)
    return replace(
        run,
        experiments=run.experiments * replicas,
        parameters=parameters,
        slots=np.empty((0, *parameters.shape)),
        diverged=np.zeros(replicas, dtype=bool),
        stopped=np.zeros(replicas, dtype=bool),
    )
