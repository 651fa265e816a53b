"""The engine against an independent implementation, a stack against one network, maps against bare arithmetic."""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

from benchmarks.measure import in_time, ratio, take_turns, verdict
from engine import Experiment, Run, advance, begin, layer_maps
from engine import workspace as workspaces
from engine.activations import ACTIVATIONS
from engine.evaluation import Losses
from engine.losses import LOSSES
from engine.optimizers import OPTIMIZERS
from engine.samples import points

TITLE = "The engine"
HEADER = ("what", "ratio", "needed", "times")
TEXT = f"""\
Each ratio is the median over rounds in which both sides took turns; times are medians per call or per step.

* *scikit-learn* is `MLPRegressor` {sklearn.__version__} with `solver="sgd"`, momentum 0, a constant learning rate, no
  penalty and tanh, on the same 1,800 samples in batches of the same size: the same arithmetic in float64; where a row
  says Adam, with `solver="adam"`. `fit` runs its own loop over whole epochs, so that its checking of the input is
  spread over hundreds of steps; the engine makes all steps of an epoch but the last one, as it would evaluate all
  samples after that, which scikit-learn never does. `partial_fit`, called for one batch, is what scikit-learn offers to
  those who want to stop between two steps; the engine's counterpart is `advance(steps=1)`.
* *64 replicas* are compared with one network through `advance`: over 150 steps inside one epoch of 180, where no losses
  are due, and over 20 epochs of 25 steps with the losses of all 500 samples after each. "Other weights" differ in the
  network's seed only and share their batches; "all seeds" differ in data and order as well.
* *Bare arithmetic* is the float32 matrix products and tanh of all layers on 10,000 points, into arrays made beforehand.
* *NumPy calls* are those of one update, counted by standing in for NumPy's functions."""

SMALL, LARGE = (4, 2), (8, 8, 8)
LONG_EPOCH: dict[str, Any] = {"samples": 2000, "train_fraction": 0.9}
"""1,800 training samples: at batch size 10 an epoch of 180 steps, of which many can be made without any losses."""
LEARNING_RATE = 0.03


def name(hidden: tuple[int, ...], features: int = 2) -> str:
    return "-".join(map(str, (features, *hidden, 1)))


def experiment(
    hidden: tuple[int, ...],
    *,
    batch_size: int = 10,
    optimizer: str = "sgd",
    seed: int = 0,
    all_seeds: bool = False,
    **data: Any,
) -> Experiment:
    other = seed if all_seeds else 0
    return Experiment.model_validate(
        {
            "data": {"seed": other, **data},
            "network": {"hidden": hidden, "seed": seed},
            "training": {
                "optimizer": optimizer,
                "batch_size": batch_size,
                "learning_rate": LEARNING_RATE,
                "seed": other,
            },
        }
    )


def rows() -> list[tuple[str, ...]]:
    return [*against_sklearn(), *stacks(), *maps(), *share_of_losses(), *numpy_calls()]


def against_sklearn() -> Iterator[tuple[str, ...]]:
    for hidden in (SMALL, LARGE):
        for batch_size in (1, 10, 30):
            yield fit_and_advance(hidden, batch_size)
        yield partial_fit_and_advance(hidden)
        yield fit_and_advance(hidden, 10, "adam")
        yield partial_fit_and_advance(hidden, "adam")


def regressor(hidden: tuple[int, ...], batch_size: int, epochs: int, solver: str) -> MLPRegressor:
    return MLPRegressor(
        hidden_layer_sizes=hidden,
        activation="tanh",
        solver=solver,
        alpha=0.0,
        batch_size=batch_size,
        learning_rate="constant",
        learning_rate_init=LEARNING_RATE,
        momentum=0.0,
        nesterovs_momentum=False,
        max_iter=epochs,
        n_iter_no_change=epochs + 1,
        tol=0.0,
        random_state=0,
    )


def fit_and_advance(hidden: tuple[int, ...], batch_size: int, optimizer: str = "sgd") -> tuple[str, ...]:
    run, x, y = regression(hidden, batch_size, optimizer)
    steps = -(-len(x) // batch_size)
    epochs = max(1, 400 // steps)
    model = regressor(hidden, batch_size, epochs, optimizer)

    def fit() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(x, y)

    times = take_turns({"sklearn": fit, "engine": partial(advance, run, steps=steps - 1)}, repeats=7)
    value = ratio(times["sklearn"], times["engine"]) / (epochs * steps) * (steps - 1)
    theirs, ours = times["sklearn"].median / (epochs * steps), times["engine"].median / (steps - 1)
    return (
        f"one step of {name(hidden)}{by(optimizer)}, batch {batch_size}: `fit` of scikit-learn : engine",
        f"{value:.1f}",
        verdict(value, at_least=10 if (batch_size, optimizer) == (10, "sgd") else None),
        f"{in_time(theirs)} : {in_time(ours)}",
    )


def by(optimizer: str) -> str:
    """Name an optimizer in a row, unless it is the default."""
    return "" if optimizer == "sgd" else f" by {OPTIMIZERS[optimizer].label}"


def partial_fit_and_advance(hidden: tuple[int, ...], optimizer: str = "sgd") -> tuple[str, ...]:
    run, x, y = regression(hidden, 10, optimizer)
    model = regressor(hidden, 10, 1, optimizer)
    ways = {
        "sklearn": partial(model.partial_fit, x[:10], y[:10]),
        "engine": partial(advance, run, steps=1),
    }
    times = take_turns(ways, repeats=7)
    value = ratio(times["sklearn"], times["engine"])
    return (
        f"a call for one step of {name(hidden)}{by(optimizer)}, batch 10: `partial_fit` : `advance(steps=1)`",
        f"{value:.1f}",
        verdict(value),
        f"{in_time(times['sklearn'].median)} : {in_time(times['engine'].median)}",
    )


def regression(hidden: tuple[int, ...], batch_size: int, optimizer: str) -> tuple[Run, Any, Any]:
    """Return a run on the plane, and its training samples as scikit-learn takes them."""
    chosen = experiment(hidden, batch_size=batch_size, optimizer=optimizer, dataset="plane", **LONG_EPOCH)
    drawn, targets = points(chosen.data)
    size = chosen.data.training_samples
    return begin(chosen), drawn[:size], targets[:size, 0]


def stacks() -> Iterator[tuple[str, ...]]:
    kinds: list[tuple[str, dict[str, Any], dict[str, Any], int]] = [
        ("steps only", LONG_EPOCH, {"steps": 150}, 150),
        ("epochs with their losses", {}, {"epochs": 20}, 20),
    ]
    for hidden in (LARGE, SMALL):
        for kind, data, limits, count in kinds:
            one = begin(experiment(hidden, **data))
            weights = begin([experiment(hidden, seed=seed, **data) for seed in range(64)])
            all_ = begin([experiment(hidden, seed=seed, all_seeds=True, **data) for seed in range(64)])
            times = take_turns(
                {
                    "one": partial(advance, one, **limits),
                    "other weights": partial(advance, weights, **limits),
                    "all seeds": partial(advance, all_, **limits),
                }
            )
            for way in ("other weights", "all seeds"):
                value = ratio(times[way], times["one"])
                yield (
                    f"64 replicas of {name(hidden)}, batch 10, {way}, {kind} : one",
                    f"{value:.1f}",
                    verdict(value, at_most=10 if hidden == LARGE else None),
                    f"{in_time(times[way].median / count)} : {in_time(times['one'].median / count)}",
                )


def maps() -> Iterator[tuple[str, ...]]:
    resolution = 100
    columns = resolution**2
    run = begin(experiment(LARGE))
    generator = np.random.default_rng(0)
    sizes = run.experiment.sizes
    weights = [
        generator.uniform(-0.5, 0.5, (units, inputs + 1)).astype(np.float32)
        for inputs, units in pairwise(sizes)
    ]
    below = [np.ones((inputs + 1, columns), np.float32) for inputs in sizes[:-1]]
    below[0][:-1] = generator.uniform(-6, 6, (sizes[0], columns))
    sums = [*(layer[:-1] for layer in below[1:]), np.empty((1, columns), np.float32)]

    def bare() -> None:
        for weight, inputs, z in zip(weights, below, sums, strict=True):
            np.dot(weight, inputs, z)
            np.tanh(z, z)

    times = take_turns({"maps": partial(layer_maps, run, resolution), "bare": bare}, repeats=15)
    value = ratio(times["maps"], times["bare"])
    yield (
        f"maps of all {sum(sizes[1:])} units of {name(LARGE)} at 100×100 : bare arithmetic",
        f"{value:.2f}",
        verdict(value, at_most=1.5),
        f"{in_time(times['maps'].median)} : {in_time(times['bare'].median)}",
    )


def share_of_losses() -> Iterator[tuple[str, ...]]:
    for hidden in (SMALL, LARGE):
        for replicas in (1, 64):
            run = begin([experiment(hidden, seed=seed, all_seeds=True) for seed in range(replicas)])
            with workspaces.borrow(run) as workspace:
                losses = Losses(run, workspace)
                times = take_turns({"losses": losses, "epoch": partial(advance, run, epochs=20)})
            value = 20 * ratio(times["losses"], times["epoch"])
            yield (
                f"losses of all 500 samples : whole epoch, {name(hidden)}, batch 10, replicas: {replicas}",
                f"{100 * value:.0f} %",
                verdict(value),
                f"{in_time(times['losses'].median)} : {in_time(times['epoch'].median / 20)}",
            )


class _Counted:
    """Stands in for a function of NumPy and counts its calls."""

    def __init__(self, function: Any, counts: list[int]) -> None:
        self._function = function
        self._counts = counts

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self._counts[0] += 1
        return self._function(*args, **kwargs)

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self._function, attribute)


@contextmanager
def counting() -> Iterator[list[int]]:
    """Count the calls of NumPy's functions, looked up by name or held by a row of a registry, and of bound dots."""
    counts = [0]
    kinds = (np.ufunc, type(np.dot))
    originals = {key: value for key, value in vars(np).items() if isinstance(value, kinds)}
    for key, function in originals.items():
        setattr(np, key, _Counted(function, counts))
    held = [
        (row, key, getattr(row, key))
        for row in (*ACTIVATIONS.values(), *LOSSES.values())
        for key in ("apply", "slope", "error")
        if isinstance(getattr(row, key, None), np.ufunc)
    ]
    for row, key, function in held:
        object.__setattr__(row, key, _Counted(function, counts))
    workspaces._spare.clear()  # those in store hold the functions themselves

    def methods(frame: Any, event: str, function: Any) -> None:
        if event == "c_call" and isinstance(getattr(function, "__self__", None), np.ndarray):
            counts[0] += function.__name__ == "dot"

    sys.setprofile(methods)
    try:
        yield counts
    finally:
        sys.setprofile(None)
        workspaces._spare.clear()
        for key, function in originals.items():
            setattr(np, key, function)
        for row, key, function in held:
            object.__setattr__(row, key, function)


def calls_per_step(chosen: Experiment) -> float:
    """Return how many more calls twenty steps make than ten."""
    run = begin(chosen)
    advance(run, steps=1)
    with counting() as counts:
        made = []
        for steps in (1, 10, 20):  # the first one fills the caches
            before = counts[0]
            advance(run, steps=steps)
            made.append(counts[0] - before)
    return (made[2] - made[1]) / 10


def numpy_calls() -> Iterator[tuple[str, ...]]:
    for hidden in (SMALL, LARGE):
        chosen = experiment(hidden)
        yield (
            f"NumPy calls per step of {name(hidden)}, tanh, half squared error",
            f"{calls_per_step(chosen):g}",
            verdict(0),
            "",
        )
