"""Experiments and stacks drawn at random, for laws that hold for all of them."""

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from engine import Experiment
from engine.activations import ACTIVATIONS
from engine.datasets import DATASETS
from engine.experiment import BATCHINGS, MAX_SEED, fields
from engine.features import FEATURES
from engine.initializers import INITIALIZERS
from engine.losses import LOSSES
from engine.optimizers import OPTIMIZERS
from engine.penalties import PENALTIES


def law(examples: int) -> settings:
    """Return settings for a property: the same examples at every run, however slow the machine is."""
    return settings(
        max_examples=examples,
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
noises = st.just(0.0) | st.floats(0, 1)


@st.composite
def experiments(draw: st.DrawFn) -> Experiment:
    """Draw any valid experiment of a small network and few samples: every row of every registry occurs."""
    dataset = DATASETS[draw(st.sampled_from(list(DATASETS)))]
    hidden = draw(st.lists(st.integers(1, 5), max_size=3))
    one_activation = st.sampled_from(list(ACTIVATIONS))
    activation: Any = draw(
        one_activation | st.lists(one_activation, min_size=len(hidden), max_size=len(hidden)).map(tuple)
    )
    losses = [key for key, loss in LOSSES.items() if dataset.problem in loss.outputs]
    return Experiment.model_validate(
        {
            "data": {
                "dataset": dataset.key,
                "samples": draw(st.integers(10, 40)),
                "noise": draw(noises),
                "train_fraction": draw(st.floats(0.1, 0.9)),
                "seed": draw(seeds),
            },
            "features": draw(st.lists(st.sampled_from(list(FEATURES)), min_size=1, unique=True)),
            "network": {
                "hidden": hidden,
                "activation": activation,
                "initializer": draw(st.sampled_from(list(INITIALIZERS))),
                "seed": draw(seeds),
            },
            "objective": {
                "loss": draw(st.sampled_from(losses)),
                "penalty": draw(st.sampled_from(list(PENALTIES))),
                "penalty_rate": draw(penalty_rates),
            },
            "training": {
                "optimizer": draw(st.sampled_from(list(OPTIMIZERS))),
                "learning_rate": draw(learning_rates),
                "batch_size": draw(st.integers(1, 12) | st.integers(1, 50)),
                "batching": draw(st.sampled_from(list(BATCHINGS))),
                "seed": draw(seeds),
            },
        }
    )


def varied(experiment: Experiment, **groups: dict[str, Any]) -> Experiment:
    """Return an experiment with some fields of its groups changed, validated anew."""
    values = experiment.model_dump()
    for group, changes in groups.items():
        values[group] = {**values[group], **changes}
    return Experiment.model_validate(values)


@st.composite
def stacks(draw: st.DrawFn, *, smallest: int = 2, largest: int = 5) -> list[Experiment]:
    """Draw experiments that can train together, different in some of the fields that may differ."""
    first = draw(experiments())
    same_problem = [key for key, row in DATASETS.items() if row.problem == first.problem]
    choices: dict[str, dict[str, st.SearchStrategy[Any]]] = {
        "data": {"dataset": st.sampled_from(same_problem), "noise": noises, "seed": seeds},
        "network": {"initializer": st.sampled_from(list(INITIALIZERS)), "seed": seeds},
        "objective": {"penalty_rate": penalty_rates},
        "training": {"learning_rate": learning_rates, "seed": seeds},
    }
    names = [(group, name) for group, fields_ in choices.items() for name in fields_]
    varying = draw(st.lists(st.sampled_from(names), unique=True))
    stack = [first]
    for _ in range(draw(st.integers(smallest, largest)) - 1):
        changes: dict[str, dict[str, Any]] = {}
        for group, name in varying:
            changes.setdefault(group, {})[name] = draw(choices[group][name])
        stack.append(varied(first, **changes))
    return stack
