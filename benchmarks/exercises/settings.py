"""Experiments of exercises, trained as a stack of seeds, and their medians."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import Experiment, Report, Run, advance, begin, evaluate

Numbers = NDArray[np.float64]
Groups = dict[str, dict[str, Any]]
SEEDS = range(20)


C: Groups = {
    "data": {"scaling": "unit-range"},
    "network": {"initializer": "glorot"},
    "objective": {"loss": "logistic-cross-entropy"},
}


def merged(*layers: Groups) -> Groups:
    """Join settings by group, the later ones over the earlier ones."""
    return {
        group: {name: value for layer in layers for name, value in layer.get(group, {}).items()}
        for group in ("data", "network", "objective", "training")
    }


def setting(
    data: dict[str, Any] | None = None,
    network: dict[str, Any] | None = None,
    objective: dict[str, Any] | None = None,
    **training: Any,
) -> Groups:
    return {
        "data": data or {},
        "network": network or {},
        "objective": objective or {},
        "training": training,
    }


def experiments(*layers: Groups, seeds: Sequence[int] = SEEDS, **top: Any) -> list[Experiment]:
    """Return one experiment per seed, which is used for everything that is drawn."""
    groups = merged(*layers)
    return [
        Experiment.model_validate(
            {
                "data": {**groups["data"], "seed": seed},
                "network": {**groups["network"], "seed": seed},
                "objective": {**groups["objective"], "seed": seed},
                "training": {**groups["training"], "seed": seed},
                **top,
            }
        )
        for seed in seeds
    ]


def trained(epochs: int, *layers: Groups, **top: Any) -> tuple[Run, Report]:
    """Train one network per seed as a stack."""
    return advance(begin(experiments(*layers, **top)), epochs=epochs)


def test_loss(epochs: int, *layers: Groups, **top: Any) -> float:
    return median(trained(epochs, *layers, **top)[1].test_loss[:, -1])


def test_accuracy(epochs: int, *layers: Groups, **top: Any) -> float:
    return median(evaluate(trained(epochs, *layers, **top)[0]).test_accuracy)


def share_solved(epochs: int, *layers: Groups) -> str:
    """Return how many of a hundred runs get more than 97 % of the test samples right."""
    solved = evaluate(trained(epochs, *layers, seeds=range(40))[0]).test_accuracy > 0.97
    return f"{solved.mean():.0%}"


def median(values: Numbers) -> float:
    return float(np.median(values))


def listed(values: Sequence[float], digits: str = ".3g") -> str:
    return ", ".join(f"{value:{digits}}" for value in values)
