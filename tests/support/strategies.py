"""Experiments and stacks drawn at random, for laws that hold for all of them."""

import math
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from engine import Experiment
from engine.experiment import Data, fields, is_live
from engine.registries.activations import ACTIVATIONS
from engine.registries.batch_orders import BATCH_ORDERS
from engine.registries.datasets import DATASETS, MAX_CLASSES
from engine.registries.features import FEATURES
from engine.registries.initializers import INITIALIZERS
from engine.registries.losses import LOSSES, PROBLEMS
from engine.registries.optimizers import OPTIMIZERS
from engine.registries.penalties import PENALTIES
from engine.registries.registry import Option, Row
from engine.registries.scalers import SCALERS
from engine.registries.schedules import SCHEDULES
from engine.registries.stop_rules import STOP_RULES
from engine.schema import MAX_SEED, REGISTRIES
from engine.tf_playground_random import DATASETS as CLASSIC_DATASETS
from engine.worlds.stack_rules import for_replicas


def law(examples: int) -> settings:
    """Return settings for a property: the same examples at every run, however slow the machine is.

    Of them ``make kernels`` tries a quarter, as it runs everything eight times.
    """
    return settings(
        max_examples=math.ceil(examples * float(os.environ.get("PLAYGROUND_EXAMPLES", "1"))),
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


seeds = st.integers(0, MAX_SEED)


def _suggestions(name: str) -> st.SearchStrategy[float]:
    """Draw what the page offers for a field."""
    return st.sampled_from([float(value) for value in fields()[name].json_schema_extra["suggestions"]])


learning_rates = _suggestions("training.learning_rate") | st.floats(0, 10)
penalty_rates = _suggestions("objective.penalty_rate") | st.floats(0, 10)
dropouts = st.just(0.0) | st.floats(0, 0.9)
input_noises = st.just(0.0) | _suggestions("objective.input_noise") | st.floats(0, 10)
clips = st.just(0.0) | _suggestions("training.clip_norm") | st.floats(0, 100)
noises = st.just(0.0) | st.floats(0, 1)
label_flips = st.just(0.0) | st.floats(0, 0.5)
minority_shares = st.just(0.0) | st.floats(0, 0.5)
scalings = st.sampled_from(list(SCALERS))
classic_seeds = st.integers(0, 99999).map(lambda number: f"{number / 100000:.5f}")


def _numbers(option: Option) -> st.SearchStrategy[float]:
    suggested = st.sampled_from(option.suggestions or (option.default,))
    if option.whole:
        low, high = int(option.minimum), int(option.maximum)
        return (suggested | st.integers(low, high) | st.integers(low, min(high, 5))).map(float)
    return (
        suggested
        | st.floats(option.minimum, option.maximum)
        | st.floats(option.minimum, min(option.maximum, 20.0))  # where the limits are far apart
    )


def options(row: Row) -> st.SearchStrategy[dict[str, float]]:
    """Draw the numbers that belong to a row, all within their limits; some are left to their defaults."""
    return st.fixed_dictionaries({}, optional={option.name: _numbers(option) for option in row.options})


@st.composite
def own_points(draw: st.DrawFn, *, problem: str, samples: int, classes: int = 2) -> list[list[float]]:
    """Draw own points, on the square and (seldom) far outside of it."""
    generator = np.random.default_rng(draw(seeds))
    extent = draw(st.sampled_from([6.0, 6.0, 6.0, 1000.0]))
    places = generator.uniform(-extent, extent, (samples, 2)).round(3)
    if problem == "multi-class":
        targets = generator.integers(classes, size=samples).astype(float)
    elif problem == "classification":
        targets = generator.choice([-1.0, 1.0], samples)
    else:
        targets = generator.normal(size=samples).round(3)
    return np.column_stack([places, targets]).tolist()


@st.composite
def _data(draw: st.DrawFn, problems: Sequence[str]) -> dict[str, Any]:
    problem = draw(st.sampled_from(problems))
    kind = draw(st.sampled_from(["drawn", "drawn", "classic", "own"]))
    # Own points take the place of any data set.
    dataset = draw(
        st.sampled_from([key for key, row in DATASETS.items() if kind == "own" or row.problem == problem])
    )
    samples = draw(st.integers(10, 40))
    train_fraction = draw(st.floats(0.1, 0.9))
    # At least one sample is left for the test, whatever is rounded: a tenth of ten.
    validation_fractions = st.just(0.0) | st.floats(0, min(0.5, max(0.0, 0.85 - train_fraction)))
    data: dict[str, Any] = {
        "dataset": dataset,
        "dataset_options": draw(options(DATASETS[dataset])),
        "samples": samples,
        "noise": draw(noises),
        "train_fraction": train_fraction,
        "validation_fraction": draw(validation_fractions),
        "label_flips": draw(label_flips),
        "scaling": draw(scalings),
        "seed": draw(seeds),
        "shuffled": draw(st.sampled_from([True, True, False])),
    }
    if kind == "classic" and dataset in CLASSIC_DATASETS:
        data["classic_seed"] = draw(classic_seeds)
        data["samples"] += samples % 2  # the original draws its classes half and half
    elif kind == "own":
        data["point_classes"] = draw(st.integers(3, MAX_CLASSES)) if problem == "multi-class" else 2
        data["points"] = draw(own_points(problem=problem, samples=samples, classes=data["point_classes"]))
    elif problem != "regression":
        data["minority_share"] = draw(minority_shares)
    return data


@st.composite
def experiments(draw: st.DrawFn, *, problems: Sequence[str] = tuple(PROBLEMS)) -> Experiment:
    """Draw any valid experiment of a small network and few samples: every row of every registry occurs."""
    data = Data.model_validate(draw(_data(problems)))
    hidden = draw(st.lists(st.integers(1, 5), max_size=3))
    initializer = draw(initializers(data))
    return Experiment.model_validate(
        {
            "data": data.model_dump(),
            "features": draw(st.lists(st.sampled_from(list(FEATURES)), min_size=1, unique=True)),
            "network": {
                "hidden": hidden,
                "activation": draw(_activations(len(hidden))),
                "initializer": initializer,
                "initializer_options": draw(options(INITIALIZERS[initializer])),
                "seed": draw(seeds),
            },
            "objective": draw(_objective(data)),
            "training": draw(_training(data)),
        }
    )


def _activations(layers: int) -> st.SearchStrategy[Any]:
    one = st.sampled_from(list(ACTIVATIONS))
    return one | st.lists(one, min_size=layers, max_size=layers).map(tuple)


@st.composite
def _objective(draw: st.DrawFn, data: Data) -> dict[str, Any]:
    losses = [key for key, loss in LOSSES.items() if data.problem in loss.outputs]
    penalty = draw(st.sampled_from(list(PENALTIES)))
    return {
        "loss": draw(st.sampled_from(losses)),
        "penalty": penalty,
        "penalty_options": draw(options(PENALTIES[penalty])),
        "penalty_rate": draw(penalty_rates),
        "dropout": draw(dropouts),
        "input_noise": draw(input_noises),
        "seed": draw(seeds),
    }


@st.composite
def _training(draw: st.DrawFn, data: Data) -> dict[str, Any]:
    optimizer = draw(st.sampled_from(list(OPTIMIZERS)))
    schedule = draw(st.sampled_from(list(SCHEDULES)))
    stop = draw(stops(data))
    return {
        "optimizer": optimizer,
        "optimizer_options": draw(options(OPTIMIZERS[optimizer])),
        "learning_rate": draw(learning_rates),
        "schedule": schedule,
        "schedule_options": draw(options(SCHEDULES[schedule])),
        "clip_norm": draw(clips),
        "batch_size": draw(st.integers(1, 12) | st.integers(1, 50)),
        "batching": draw(st.sampled_from(list(BATCH_ORDERS))),
        "seed": draw(seeds),
        "stop": stop,
        "stop_options": draw(options(STOP_RULES[stop])),
    }


def initializers(data: Data) -> st.SearchStrategy[str]:
    """Draw an initializer that goes with the data: a classic seed draws only those of the original."""
    allowed = list(INITIALIZERS) if data.classic_seed is None else ["classic", "zeros"]
    return st.sampled_from(allowed)


def stops(data: Data) -> st.SearchStrategy[str]:
    """Draw a stop rule that goes with the data, often none: where no samples are for validation, none watches them."""
    allowed = [
        key for key, row in STOP_RULES.items() if row.watches != "validation" or data.validation_samples
    ]
    return st.just("never") | st.sampled_from(allowed)


def varied(experiment: Experiment, **groups: dict[str, Any]) -> Experiment:
    """Return an experiment with some fields of its groups changed, validated anew.

    Another choice comes with its own options, the defaults unless they are given as well.
    """
    values = experiment.model_dump()
    for group, changes in groups.items():
        for name, value in changes.items():
            choice = REGISTRIES.get(f"{group}.{name}")
            if f"{name}_options" in values[group] and choice and value != values[group][name]:
                del values[group][f"{name}_options"]
        values[group] = {**values[group], **changes}
    return Experiment.model_validate(values)


@st.composite
def live_changes(draw: st.DrawFn, experiment: Experiment) -> Experiment:
    """Draw the experiment with other values in some of the fields that may change while it trains."""
    data, network = experiment.data, experiment.network
    others: dict[str, dict[str, Any]] = {
        "network": {"activation": draw(_activations(len(network.hidden)))},
        "objective": draw(_objective(data)),
        "training": draw(_training(data)),
    }
    live = [name for name in fields() if is_live(name) and not name.endswith("_options")]
    changes: dict[str, dict[str, Any]] = {group: {} for group in others}
    for group, name in (one.split(".") for one in draw(st.lists(st.sampled_from(live), unique=True))):
        for key in (name, f"{name}_options"):  # options come with their choice
            if key in others[group]:
                changes[group][key] = others[group][key]
    return varied(experiment, **changes)


@st.composite
def _changes(draw: st.DrawFn, first: Experiment, varying: list[str]) -> dict[str, dict[str, Any]]:
    """Draw other values for fields in which the experiments of a stack may differ."""
    data, objective, training = first.data, first.objective, first.training
    may_be_own = data.classic_seed is None
    may_be_uneven = may_be_own and data.points is None and first.problem != "regression"
    point_classes = max(2, first.outputs)
    own = own_points(problem=first.problem, samples=data.samples, classes=point_classes)
    changes: dict[str, dict[str, Any]] = {"data": {}, "network": {}, "objective": {}, "training": {}}
    for name in varying:
        group, field = name.split(".")
        choices: dict[str, st.SearchStrategy[Any]] = {
            "data.classic_seed": classic_seeds if data.classic_seed else st.none(),
            "data.dataset": st.sampled_from(_datasets_beside(first)),
            "data.label_flips": label_flips,
            "data.minority_share": minority_shares if may_be_uneven else st.just(0.0),
            "data.noise": noises,
            # Own points stay; experiments without may get some that pose the same problem.
            "data.point_classes": st.just(point_classes) if data.points else st.integers(2, MAX_CLASSES),
            "data.points": (own if data.points else st.none() | own) if may_be_own else st.none(),
            "data.scaling": scalings,
            "data.seed": seeds,
            "data.shuffled": st.booleans(),
            "network.initializer": initializers(data),
            "network.seed": seeds,
            "objective.dropout": dropouts,
            "objective.input_noise": input_noises,
            "objective.penalty_options": options(PENALTIES[objective.penalty]),
            "objective.penalty_rate": penalty_rates,
            "objective.seed": seeds,
            "training.clip_norm": clips,
            "training.learning_rate": learning_rates,
            "training.optimizer_options": options(OPTIMIZERS[training.optimizer]),
            "training.schedule_options": options(SCHEDULES[training.schedule]),
            "training.seed": seeds,
            "training.stop_options": options(STOP_RULES[training.stop]),
        }
        changes[group][field] = draw(choices[name])
    if "initializer" in changes["network"]:
        row = INITIALIZERS[changes["network"]["initializer"]]
        changes["network"]["initializer_options"] = draw(options(row))
    if "dataset" in changes["data"]:
        dataset = DATASETS[changes["data"]["dataset"]]
        alike = data.points is None and dataset.problem == "multi-class" and dataset.options
        changes["data"]["dataset_options"] = (
            {"classes": float(first.outputs)} if alike else draw(options(dataset))
        )
    if changes["data"].get("points") is not None:
        changes["data"] |= {"point_classes": point_classes, "minority_share": 0.0}
    return changes


def _datasets_beside(first: Experiment) -> list[str]:
    """Return the data sets that another experiment of a stack may have; any, if own points take their place."""
    data = first.data
    return [
        key
        for key, row in DATASETS.items()
        if data.points is not None
        or (
            row.problem == first.problem
            and (data.classic_seed is None or key in CLASSIC_DATASETS)
            and (row.classes({}) == data.classes or bool(row.options))
        )
    ]


MAY_DIFFER = (
    "data.classic_seed",
    "data.dataset",
    "data.label_flips",
    "data.minority_share",
    "data.noise",
    "data.point_classes",
    "data.points",
    "data.scaling",
    "data.seed",
    "data.shuffled",
    "network.initializer",
    "network.seed",
    "objective.dropout",
    "objective.input_noise",
    "objective.penalty_options",
    "objective.penalty_rate",
    "objective.seed",
    "training.clip_norm",
    "training.learning_rate",
    "training.optimizer_options",
    "training.schedule_options",
    "training.seed",
    "training.stop_options",
)
"""Fields in which the experiments of a stack may differ; options of data set and initializer go with their choice."""


@st.composite
def stacks(
    draw: st.DrawFn, *, smallest: int = 2, largest: int = 5, problems: Sequence[str] = tuple(PROBLEMS)
) -> list[Experiment]:
    """Draw experiments that can train together, different in some of the fields that may differ."""
    first = draw(experiments(problems=problems))
    varying = draw(st.lists(st.sampled_from(MAY_DIFFER), unique=True))
    others = draw(st.integers(smallest, largest)) - 1
    return [first, *(varied(first, **draw(_changes(first, varying))) for _ in range(others))]


_LIVE_AND_DIFFERENT = [name for name in MAY_DIFFER if is_live(name)]


@st.composite
def stack_changes(draw: st.DrawFn, stack: Sequence[Experiment]) -> Experiment | list[Experiment]:
    """Draw live changes of a stack: an experiment whose changes are for all, or one per replica, some as before."""
    first = draw(live_changes(stack[0]))
    if draw(st.booleans()):
        return first
    changed = list(for_replicas(stack, first))
    for position, one in enumerate(changed):
        names = draw(st.lists(st.sampled_from(_LIVE_AND_DIFFERENT), unique=True, max_size=3))
        changed[position] = varied(one, **draw(_changes(one, names)))
    return changed
