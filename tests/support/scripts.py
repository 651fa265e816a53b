"""Exported scripts: experiments that cover every row, and how to run a script beside the engine."""

import contextlib
import io
from typing import Any

import numpy as np

from engine import Experiment, Run, advance, evaluate
from engine.registries.activations import ACTIVATIONS
from engine.registries.batch_orders import BATCH_ORDERS
from engine.registries.datasets import DATASETS
from engine.registries.features import FEATURES
from engine.registries.initializers import INITIALIZERS
from engine.registries.losses import LOSSES
from engine.registries.optimizers import OPTIMIZERS
from engine.registries.penalties import PENALTIES
from engine.registries.scalers import SCALERS
from engine.registries.schedules import SCHEDULES
from engine.tf_playground_random import DATASETS as CLASSIC_DATASETS

_DATASETS = {"classification": "circle", "multi-class": "blobs", "regression": "multi-gauss"}
"""One for every problem."""

_OWN = [[x1, x2, 1 if x1 * x1 > x2 else -1] for x1 in range(-3, 4) for x2 in range(-3, 4)]


def experiment(*, features: tuple[str, ...] = ("x1", "x2"), **groups: Any) -> Experiment:
    """Return a small experiment with something changed."""
    data = {"samples": 60, **groups.pop("data", {})}
    if "points" in data:
        del data["samples"]
    return Experiment.model_validate({"data": data, "features": features, **groups})


def _rows() -> dict[str, Experiment]:
    rows = {"default": experiment()}
    for key in ACTIVATIONS:
        rows[f"activation {key}"] = experiment(network={"activation": key})
    for key, loss in LOSSES.items():
        for problem in loss.outputs:
            rows[f"loss {key}, {problem}"] = experiment(
                data={"dataset": _DATASETS[problem]}, objective={"loss": key}
            )
    for key in OPTIMIZERS:
        for penalty in ("none", "l2"):
            rows[f"optimizer {key}, {penalty}"] = experiment(
                objective={"penalty": penalty, "penalty_rate": 0.01},
                training={"optimizer": key, "learning_rate": 0.01},
            )
    for key in SCHEDULES:
        for optimizer in ("sgd", "momentum"):
            rows[f"schedule {key}, {optimizer}"] = experiment(
                objective={"penalty": "l1", "penalty_rate": 0.01},
                training={
                    "schedule": key,
                    "optimizer": optimizer,
                    "schedule_options": {
                        option.name: 40.0 for option in SCHEDULES[key].options if option.name != "factor"
                    },
                },
            )
    for key in PENALTIES:
        rows[f"penalty {key}"] = experiment(
            network={"initializer": "normal", "initializer_options": {"scale": 2.0}},
            objective={"penalty": key, "penalty_rate": 0.1},
        )
    for key in INITIALIZERS:
        rows[f"initializer {key}"] = experiment(network={"initializer": key, "hidden": [4, 2, 3]})
    rows["all weights −1"] = experiment(
        network={"initializer": "constant", "initializer_options": {"value": -1.0}}
    )
    for key in DATASETS:
        for noise in (0.0, 0.3):
            rows[f"data set {key}, noise {noise}"] = experiment(data={"dataset": key, "noise": noise})
    for key in CLASSIC_DATASETS:
        rows[f"classic {key}"] = experiment(
            data={"dataset": key, "classic_seed": "0.12345"}, training={"batching": "carried"}
        )
    rows["classic, zeros"] = experiment(data={"classic_seed": "0.5"}, network={"initializer": "zeros"})
    for key in FEATURES:
        rows[f"feature {key}"] = experiment(features=(key,))
    for key in SCALERS:
        rows[f"scaling {key}"] = experiment(data={"scaling": key}, features=("x1", "x2²", "x1x2", "sin x2"))
    for key in BATCH_ORDERS:
        for size in (7, 100):
            rows[f"batching {key}, {size}"] = experiment(training={"batching": key, "batch_size": size})
        rows[f"batching {key}, dropout and noise"] = experiment(
            objective={"dropout": 0.3, "input_noise": 0.2, "seed": 3},
            training={"batching": key, "batch_size": 7},
        )
    for key, options in {
        "never": {},
        "epochs": {"epochs": 3.0},
        "target-loss": {"loss": 0.495},
        "plateau": {"patience": 2.0, "improvement": 0.02},
        "early-stopping": {"patience": 2.0, "improvement": 0.02},
    }.items():
        rows[f"stop {key}"] = experiment(
            data={"validation_fraction": 0.2}, training={"stop": key, "stop_options": options}
        )
    classes = [[x1, x2, (x1 + x2) % 3] for x1, x2, _ in _OWN]
    values = [[x1 / 2, x2, x1 / 3] for x1, x2, _ in _OWN]
    rows |= {
        "clipped": experiment(training={"clip_norm": 0.05}),
        "clipped, with decay": experiment(
            objective={"penalty": "l2", "penalty_rate": 0.1}, training={"clip_norm": 0.05}
        ),
        "no momentum": experiment(training={"optimizer": "nesterov", "optimizer_options": {"momentum": 0.0}}),
        "all of elastic net for L1": experiment(
            objective={"penalty": "elastic-net", "penalty_rate": 0.1, "penalty_options": {"share": 1.0}}
        ),
        "validation": experiment(data={"validation_fraction": 0.2}),
        "own classes of two": experiment(data={"points": _OWN}),
        "own points, not shuffled": experiment(data={"points": _OWN, "shuffled": False}),
        "own classes of three": experiment(data={"points": classes, "point_classes": 3}),
        "own values": experiment(data={"points": values}),
        "points that do not differ": experiment(
            data={"points": [[1, x2, x2 / 9] for x2 in range(20)], "scaling": "standardise"}
        ),
        "no hidden layers": experiment(network={"hidden": []}),
        "no hidden layers, dropout": experiment(network={"hidden": []}, objective={"dropout": 0.5}),
        "an activation per layer": experiment(network={"activation": ["relu", "sine"]}),
        "five classes": experiment(data={"dataset": "blobs", "dataset_options": {"classes": 5.0}}),
        "steps at zero": experiment(network={"initializer": "zeros", "activation": "step"}),
        "masks of an epoch drawn in pieces": experiment(
            data={"samples": 4600},
            network={"hidden": [64, 64]},
            objective={"dropout": 0.2},
            training={"batch_size": 50},
        ),
        "many samples": experiment(
            data={"samples": 9000, "train_fraction": 0.6}, training={"batch_size": 100}
        ),
    }
    for problem, dataset in _DATASETS.items():
        rows[f"wrong labels, {problem}"] = experiment(data={"dataset": dataset, "label_flips": 0.2})
        if problem != "regression":
            rows[f"minority, {problem}"] = experiment(
                data={"dataset": dataset, "minority_share": 0.1, "label_flips": 0.2, "noise": 0.1}
            )
    rows["wrong labels of classic points"] = experiment(data={"classic_seed": "0.5", "label_flips": 0.2})
    return rows | _few_samples() | _whole_numbers() | _together()


def _few_samples() -> dict[str, Experiment]:
    """Return experiments with one sample, one class, or less than a batch."""
    rows = {}
    decay = {"penalty": "l2", "penalty_rate": 0.1}
    for problem, dataset in _DATASETS.items():
        rows[f"one training sample, {problem}"] = experiment(
            data={"dataset": dataset, "samples": 10, "train_fraction": 0.1, "scaling": "standardise"},
            objective=decay,
        )
        targets = [1, 0] if problem == "multi-class" else [0.5, 1] if problem == "regression" else [1, -1]
        rows[f"one target in training, {problem}"] = experiment(
            data={
                "points": [[x1, x2, targets[x1 > 0]] for x1, x2, _ in _OWN],
                "point_classes": 3 if problem == "multi-class" else 2,
                "shuffled": False,
            },
            objective=decay,
            training={"batch_size": 7},
        )
    for key in BATCH_ORDERS:
        rows[f"a batch of one is left over, {key}"] = experiment(
            objective=decay, training={"batching": key, "batch_size": 29}
        )
        rows[f"fewer samples than a batch, {key}"] = experiment(
            objective=decay, training={"batching": key, "batch_size": 31}
        )
    return rows


def _whole_numbers() -> dict[str, Experiment]:
    """Return experiments with whole numbers where numbers are real: some libraries tell them apart."""
    rows = {}
    for key, optimizer in OPTIMIZERS.items():
        for rate in (0, 1):
            rows[f"optimizer {key}, least numbers, rate {rate}"] = experiment(
                objective={"penalty": "l2", "penalty_rate": 1},
                training={
                    "optimizer": key,
                    "optimizer_options": {option.name: option.minimum for option in optimizer.options},
                    "learning_rate": rate,
                },
            )
    return rows


def _together() -> dict[str, Experiment]:
    """Return experiments in which two settings have to be put together in the right order."""
    rows = {}
    for key in OPTIMIZERS:
        rows[f"optimizer {key}, clipped, with decay"] = experiment(
            objective={"penalty": "l2", "penalty_rate": 0.1},
            training={"optimizer": key, "learning_rate": 0.01, "clip_norm": 0.05},
        )
        rows[f"optimizer {key}, a rate that falls to zero"] = experiment(
            objective={"penalty": "elastic-net", "penalty_rate": 0.1},
            training={
                "optimizer": key,
                "learning_rate": 0.01,
                "schedule": "cosine",
                "schedule_options": {"horizon": 9.0},
            },
        )
    rows |= {
        "links that die": experiment(
            objective={"penalty": "l1-classic", "penalty_rate": 0.3}, training={"optimizer": "momentum"}
        ),
        "weights that are held at zero": experiment(
            objective={"penalty": "l1", "penalty_rate": 0.3}, training={"optimizer": "momentum"}
        ),
        "dropout of nothing": experiment(objective={"dropout": 0.0, "input_noise": 0.5, "seed": 3}),
        "gradients that vanish": experiment(
            network={"hidden": [3] * 6, "activation": "sigmoid"},
            training={"optimizer": "adam", "learning_rate": 0.01},
        ),
        "far beyond what probabilities can tell": experiment(
            features=("x1²", "x2²"),
            network={"activation": "relu", "initializer": "normal", "initializer_options": {"scale": 5.0}},
            objective={"loss": "logistic-cross-entropy"},
            training={"learning_rate": 0.0001},
        ),
        "far beyond, three classes": experiment(
            data={"dataset": "blobs", "label_flips": 0.2},
            features=("x1²", "x2²"),
            network={"activation": "relu", "initializer": "normal", "initializer_options": {"scale": 5.0}},
            training={"learning_rate": 0.0001},
        ),
    }
    return rows


ROWS = _rows()
"""Every row of every registry, and what is easily got wrong, by what is special."""


def engine_losses(run: Run, epochs: int) -> np.ndarray[Any, Any]:
    """Return the losses that the screen shows, from epoch 0 on: (epochs, 2), or 3 with validation samples."""
    start = evaluate(run)
    _, report = advance(run, epochs=epochs)
    parts = ["train", "validation", "test"] if run.experiment.data.validation_samples else ["train", "test"]
    names = [f"{part}_loss" for part in parts]
    return np.column_stack([np.append(getattr(start, name), getattr(report, name)[0]) for name in names])


def script_losses(script: str) -> np.ndarray[Any, Any]:
    """Run a script and return the losses that it remembers."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    with np.errstate(all="ignore"), contextlib.redirect_stdout(io.StringIO()):
        exec(compile(script, "<script>", "exec"), namespace)
    return np.array(namespace["history"], dtype=float)
