"""The engine against an independent implementation, a stack against one network."""

import importlib
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

from benchmarks.measure import in_time, ratio, take_turns, verdict
from engine import Experiment, Run, advance, begin
from engine.arrays import FloatArray
from engine.registries.activations import ACTIVATIONS
from engine.registries.features import FEATURES
from engine.registries.losses import LOSSES
from engine.registries.optimizers import OPTIMIZERS
from engine.samples import rows as sample_rows
from engine.training import workspace as workspaces
from engine.training.evaluation import Losses

try:
    torch: Any = importlib.import_module("torch")
except ImportError:
    torch = None

TITLE = "The engine"
HEADER = ("what", "ratio", "needed", "times")
_TORCH = (
    "is not installed where this was measured, so its rows are left out."
    if torch is None
    else f"""{torch.__version__} is eager, with one thread: `Linear` and `Tanh` modules in float64, mean squared error,
  and the ordinary loop of forward, loss, backward and step over batches made beforehand, without shuffling."""
)
TEXT = f"""\
Each ratio is the median over rounds in which all sides took turns; times are medians per call or per step.

* *scikit-learn* is `MLPRegressor` {sklearn.__version__} with `solver="sgd"`, momentum 0, or `solver="adam"`, a constant
  learning rate, no penalty and tanh, on the same samples in batches of the same size: the same arithmetic in float64.
  `fit` runs its own loop over whole epochs, so that its checking of the input is spread over hundreds of steps; the
  engine makes the 36 … 540 steps of an epoch but the last one, as it would evaluate all samples after that, which
  scikit-learn never does. 250 are all training samples of the default: a step of that batch size by itself, and, with
  *all samples in a batch*, whole epochs: there every step ends an epoch, and the engine's time is that of shuffling,
  the step, and the losses of 500 samples, while the others only train on 250.
  `partial_fit`, called for one batch, is what scikit-learn offers to those who want to stop between two steps; the
  engine's counterpart is `advance(steps=1)`.
* *PyTorch* {_TORCH}
* *64 replicas* are compared with one network through `advance`: over 150 steps inside one epoch of 180, where no losses
  are due, and over 20 epochs of 25 steps with the losses of all 500 samples after each. "Other weights" differ in the
  network's seed only and share their batches; "all seeds" differ in data and order as well. The ratio is how many
  networks train in the time of one.
* *NumPy calls* are those of one update, counted by standing in for NumPy's functions."""


class Network(NamedTuple):
    """Hidden layers, and the features they see."""

    hidden: tuple[int, ...]
    features: tuple[str, ...] = ("x1", "x2")

    def __str__(self) -> str:
        return "-".join(map(str, (len(self.features), *self.hidden, 1)))


SMALL, LARGE = Network((4, 2)), Network((8, 8, 8))
DEEP = Network((8,) * 6, tuple(FEATURES))
LONG_EPOCH: dict[str, Any] = {"samples": 2000, "train_fraction": 0.9}
"""1,800 training samples: at batch size 10 an epoch of 180 steps, of which many can be made without any losses."""
LEARNING_RATE = 0.03
SAMPLES = {1: 600, 10: 4000, 30: 10_000, 250: 10_000}
"""By batch size: of nine tenths of them an epoch has 36 … 540 steps."""
FULL_EPOCHS = 300
OPTIMIZERS_COMPARED = ("sgd", "adam")


def experiment(
    network: Network,
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
            "features": network.features,
            "network": {"hidden": network.hidden, "seed": seed},
            "training": {
                "optimizer": optimizer,
                "batch_size": batch_size,
                "learning_rate": LEARNING_RATE,
                "seed": other,
            },
        }
    )


def rows() -> list[tuple[str, ...]]:
    return [
        *against_others(),
        *single_calls(),
        *single_samples(),
        *stacks(),
        *share_of_losses(),
        *numpy_calls(),
    ]


def against_others() -> Iterator[tuple[str, ...]]:
    for network in (SMALL, LARGE, DEEP):
        for optimizer in OPTIMIZERS_COMPARED:
            for batch_size in (*SAMPLES, None):
                yield from steps_against_others(network, optimizer, batch_size)


def steps_against_others(
    network: Network, optimizer: str, batch_size: int | None
) -> Iterator[tuple[str, ...]]:
    """Compare steps with batches of a size, or of all samples."""
    samples = SAMPLES.get(batch_size or 0)
    data = {"samples": 500} if samples is None else {"samples": samples, "train_fraction": 0.9}
    run, x, y = regression(network, batch_size or 10_000, optimizer, **data)
    size = batch_size or len(x)
    steps = len(x) // size
    epochs = FULL_EPOCHS if steps == 1 else 1
    made = epochs if steps == 1 else steps - 1
    limits = {"epochs": epochs} if steps == 1 else {"steps": made}
    ways: dict[str, Callable[[], Any]] = {
        "engine": partial(advance, run, **limits),
        "scikit-learn": fitting(regressor(network, size, epochs, optimizer), x, y),
    }
    if torch is not None:
        ways["PyTorch"] = torch_training(network, size, epochs, optimizer, x, y)
    times = take_turns(ways, repeats=15)
    batch = "all samples in a batch" if batch_size is None else f"batch {batch_size}"
    for way in list(ways)[1:]:
        value = ratio(times[way], times["engine"]) * made / (epochs * steps)
        theirs, ours = times[way].median / (epochs * steps), times["engine"].median / made
        yield (
            f"one step of {network} by {OPTIMIZERS[optimizer].label}, {batch}: {way} : engine",
            f"{value:.1f}",
            verdict(value, at_least=10 if batch_size in (1, 10, 30) else 3),
            f"{in_time(theirs)} : {in_time(ours)}",
        )


def regression(
    network: Network, batch_size: int, optimizer: str, **data: Any
) -> tuple[Run, FloatArray, FloatArray]:
    """Return a run on the plane, and its training samples as the others take them: (samples, features), (samples,)."""
    chosen = experiment(network, batch_size=batch_size, optimizer=optimizer, dataset="plane", **data)
    table = sample_rows(chosen.data, chosen.features)[: chosen.data.training_samples]
    return begin(chosen), table[:, : len(network.features)].copy(), table[:, -1].copy()


def regressor(network: Network, batch_size: int, epochs: int, solver: str) -> MLPRegressor:
    return MLPRegressor(
        hidden_layer_sizes=network.hidden,
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


def fitting(model: MLPRegressor, x: FloatArray, y: FloatArray) -> Callable[[], None]:
    def fit() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(x, y)

    return fit


def torch_training(
    network: Network, batch_size: int, epochs: int, optimizer: str, x: FloatArray, y: FloatArray
) -> Callable[[], None]:
    torch.set_num_threads(1)
    layers = []
    for inputs, units in pairwise((len(network.features), *network.hidden, 1)):
        layers += [torch.nn.Linear(inputs, units, dtype=torch.float64), torch.nn.Tanh()]
    model = torch.nn.Sequential(*layers[:-1])
    loss = torch.nn.MSELoss()
    rule = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[optimizer](model.parameters(), lr=LEARNING_RATE)
    parts = [torch.from_numpy(array).split(batch_size) for array in (x, y[:, None])]
    batches = list(zip(*parts, strict=True))

    def train() -> None:
        for _ in range(epochs):
            for features, targets in batches:
                rule.zero_grad()
                loss(model(features), targets).backward()
                rule.step()

    return train


def single_calls() -> Iterator[tuple[str, ...]]:
    for network in (SMALL, LARGE):
        for optimizer in OPTIMIZERS_COMPARED:
            run, x, y = regression(network, 10, optimizer, **LONG_EPOCH)
            model = regressor(network, 10, 1, optimizer)
            ways = {
                "sklearn": partial(model.partial_fit, x[:10], y[:10]),
                "engine": partial(advance, run, steps=1),
            }
            times = take_turns(ways)
            value = ratio(times["sklearn"], times["engine"])
            yield (
                f"a call for one step of {network} by {OPTIMIZERS[optimizer].label}, batch 10:"
                " `partial_fit` : `advance(steps=1)`",
                f"{value:.1f}",
                verdict(value),
                f"{in_time(times['sklearn'].median)} : {in_time(times['engine'].median)}",
            )


def single_samples() -> Iterator[tuple[str, ...]]:
    steps = 300
    for network in (SMALL, LARGE):
        runs = {
            size: begin(experiment(network, batch_size=size, samples=SAMPLES[size], train_fraction=0.9))
            for size in (1, 10)
        }
        times = take_turns({str(size): partial(advance, run, steps=steps) for size, run in runs.items()})
        value = ratio(times["1"], times["10"])
        yield (
            f"one step of {network}: batch 1 : batch 10",
            f"{value:.2f}",
            verdict(value, at_most=1),
            f"{in_time(times['1'].median / steps)} : {in_time(times['10'].median / steps)}",
        )


def stacks() -> Iterator[tuple[str, ...]]:
    needed = {("steps only", LARGE): 8.0, ("steps only", SMALL): 12.0}
    kinds: list[tuple[str, dict[str, Any], dict[str, Any], int]] = [
        ("steps only", LONG_EPOCH, {"steps": 150}, 150),
        ("epochs with their losses", {}, {"epochs": 20}, 20),
    ]
    for network in (LARGE, SMALL):
        for kind, data, limits, count in kinds:
            one = begin(experiment(network, **data))
            weights = begin([experiment(network, seed=seed, **data) for seed in range(64)])
            all_ = begin([experiment(network, seed=seed, all_seeds=True, **data) for seed in range(64)])
            times = take_turns(
                {
                    "one": partial(advance, one, **limits),
                    "other weights": partial(advance, weights, **limits),
                    "all seeds": partial(advance, all_, **limits),
                }
            )
            for way in ("other weights", "all seeds"):
                value = 64 / ratio(times[way], times["one"])
                yield (
                    f"of 64 replicas of {network}, batch 10, {way}, {kind}: networks in the time of one",
                    f"{value:.1f}",
                    verdict(value, at_least=needed.get((kind, network))),
                    f"{in_time(times[way].median / count)} : {in_time(times['one'].median / count)}",
                )


def share_of_losses() -> Iterator[tuple[str, ...]]:
    for network in (SMALL, LARGE):
        for replicas in (1, 64):
            run = begin([experiment(network, seed=seed, all_seeds=True) for seed in range(replicas)])
            with workspaces.borrow(run) as workspace:
                losses = Losses(run, workspace)
                times = take_turns({"losses": losses, "epoch": partial(advance, run, epochs=20)})
            value = 100 * 20 * ratio(times["losses"], times["epoch"])
            yield (
                f"losses of all 500 samples : whole epoch, {network}, batch 10, replicas: {replicas}",
                f"{value:.0f} %",
                verdict(value, at_most=25),
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
    workspaces.POOL.clear()  # pooled workspaces hold the functions themselves

    def methods(frame: Any, event: str, function: Any) -> None:
        if event == "c_call" and isinstance(getattr(function, "__self__", None), np.ndarray):
            counts[0] += function.__name__ == "dot"

    sys.setprofile(methods)
    try:
        yield counts
    finally:
        sys.setprofile(None)
        workspaces.POOL.clear()
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
    for network in (SMALL, LARGE, DEEP):
        for optimizer in OPTIMIZERS_COMPARED:
            value = calls_per_step(experiment(network, optimizer=optimizer))
            yield (
                f"NumPy calls per step of {network} by {OPTIMIZERS[optimizer].label}, tanh, half squared error",
                f"{value:g}",
                verdict(value, at_most=21 if (network, optimizer) == (SMALL, "sgd") else None),
                "",
            )
