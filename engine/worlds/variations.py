"""Worlds: the same experiment from other seeds, which may form a stack."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.experiment import MAX_REPLICAS, Experiment, field_value
from engine.registries.batch_orders import BATCH_ORDERS
from engine.registries.initializers import INITIALIZERS
from engine.registries.registry import Entry, Registry
from engine.schema import MAX_SEED
from engine.user_messages import LocalizedError, UserMessage, Value, quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Variation(Entry):
    """What differs between worlds.

    Attributes:
        seeds: the fields that have another seed in each world, by dotted name.
    """

    seeds: tuple[str, ...]


VARIATIONS: Registry[Variation] = Registry(
    "vary",
    Variation(
        key="weights",
        label="Weights",
        text="Every world starts from other weights; points, order and all else are the same.",
        seeds=("network.seed",),
    ),
    Variation(
        key="order",
        label="Order",
        text="Every world visits the samples in another order; points, weights and all else are the same.",
        seeds=("training.seed",),
    ),
    Variation(
        key="data",
        label="Data",
        text="Every world has other points of the same data set; weights, order and all else are the same.",
        seeds=("data.seed",),
    ),
    Variation(
        key="all",
        label="All",
        text="Every world has other points, other weights, another order, and other dropout and input noise.",
        seeds=("data.seed", "network.seed", "training.seed", "objective.seed"),
    ),
)
"""What may differ between worlds; the first one is the default."""


def worlds(experiment: Experiment, count: int, vary: str = "weights") -> tuple[Experiment, ...]:
    """Return the same experiment from ``count`` seeds; any of them can form a stack.

    World k has seed (s + k) mod 2³², where s is the experiment's: behind the greatest seed comes 0. So the first world
    is the experiment itself, and fewer worlds are the first ones of more.

    Args:
        experiment: any.
        count: how many worlds, 1 … 256.
        vary: key of a row of ``VARIATIONS``, which says what the seeds decide.

    Raises:
        LocalizedError: the count is out of range, or there is no such variation; names the value and what is allowed.
    """
    seeds = VARIATIONS[VARIATIONS.canonical(vary)].seeds
    if count not in range(1, MAX_REPLICAS + 1):
        limits: dict[str, Value] = {"needed": UserMessage("whole"), "low": "1", "high": str(MAX_REPLICAS)}
        allowed = UserMessage("needed-in-range", limits)
        raise LocalizedError("value", "count", name="count", value=quoted(count), allowed=allowed)
    return (experiment, *(_shifted(experiment, seeds, k) for k in range(1, int(count))))


def _shifted(experiment: Experiment, seeds: tuple[str, ...], by: int) -> Experiment:
    """Return the experiment with seeds so much higher; not validated, as own points take long and any seed goes."""
    groups: dict[str, Any] = {}
    for name in seeds:
        group, field = name.split(".")
        seed = (field_value(experiment, name) + by) % (MAX_SEED + 1)
        groups[group] = getattr(experiment, group).model_copy(update={field: seed})
    return experiment.model_copy(update=groups)


def fixed_by(experiment: Experiment, vary: str = "weights") -> str | None:
    """Return the dotted name of the field because of which all worlds would be the same; None if they differ.

    Such are a seed of the original playground, which decides points and weights in place of the other seeds, weights
    that are not drawn, own points in their order, and samples that are visited in their order.

    Raises:
        UnknownChoiceError: there is no such variation.
    """
    reasons = [_FIXED[name](experiment) for name in VARIATIONS[VARIATIONS.canonical(vary)].seeds]
    return reasons[0] if all(reasons) else None


def _fixed_weights(experiment: Experiment) -> str | None:
    if experiment.data.classic_seed is not None:
        return "data.classic_seed"
    network = experiment.network
    draw = INITIALIZERS[network.initializer].draw
    one, other = (draw(8, 8, np.random.default_rng(seed), network.initializer_options) for seed in range(2))
    return "network.initializer" if np.array_equal(one, other) else None


def _fixed_data(experiment: Experiment) -> str | None:
    data = experiment.data
    if round(data.label_flips * data.training_samples):
        return None
    if data.classic_seed is not None:
        return "data.classic_seed"
    return "data.points" if data.points is not None and not data.shuffled else None


def _fixed_order(experiment: Experiment) -> str | None:
    return None if BATCH_ORDERS[experiment.training.batching].shuffled else "training.batching"


def _fixed_noise(experiment: Experiment) -> str | None:
    return None if experiment.drops_out or experiment.objective.input_noise else "objective.dropout"


_FIXED: Mapping[str, Callable[[Experiment], str | None]] = {
    "network.seed": _fixed_weights,
    "data.seed": _fixed_data,
    "training.seed": _fixed_order,
    "objective.seed": _fixed_noise,
}
"""For each seed, what returns the field because of which it decides nothing; None if it decides something."""
