"""Learning: test losses over many seeds beside those of the original playground."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import Experiment, advance, begin
from engine.registries.features import FEATURES

TITLE = "Learning beside the original"
HEADER = (
    "data set",
    "network",
    "epochs",
    "original: median (quartiles)",
    "ours: median (quartiles)",
    "lands",
)
TEXT = """\
Test losses (half squared error) at learning rate 0.03 and batch size 10, half of the samples for training, no noise,
over the seeds 0 … 19 for data, weights and order alike. The original draws its random numbers in another way, so that
only distributions can be compared. Ours *land* if our median lies between the original's quartiles: the median of 20
runs scatters about the true one by some 0.2 of the distance between the quartiles, so engines that learn alike stay
inside nearly always, and a difference of a quartile or more is seen. Where the original's spread is not known, a factor
of two is allowed: its medians are given to one digit."""

SEEDS = range(20)
PLAIN = ("x1", "x2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row of the original's results.

    Attributes:
        median: of the original's test losses.
        quartiles: likewise; None where they are not known.
    """

    dataset: str
    epochs: int
    median: float
    quartiles: tuple[float, float] | None = None
    hidden: tuple[int, ...] = (4, 2)
    features: tuple[str, ...] = PLAIN

    @property
    def interval(self) -> tuple[float, float]:
        """Where the median of an engine that learns alike lies."""
        return self.quartiles or (self.median / 2, self.median * 2)

    def losses(self, seeds: Iterable[int] = SEEDS) -> NDArray[np.float64]:
        """Return the final test losses of our engine."""
        return final_losses(self.dataset, seeds, self.epochs, hidden=self.hidden, features=self.features)


ORIGINAL = (
    Case(dataset="circle", epochs=300, median=0.0023, quartiles=(0.0015, 0.0048)),
    Case(dataset="xor", epochs=300, median=0.009, quartiles=(0.006, 0.022)),
    Case(dataset="gauss", epochs=100, median=0.0005),
    Case(
        dataset="spiral",
        epochs=500,
        median=0.033,
        quartiles=(0.018, 0.060),
        hidden=(8, 8),
        features=tuple(FEATURES)[:7],
    ),
    Case(dataset="plane", epochs=100, median=0.0004),
    Case(dataset="multi-gauss", epochs=300, median=0.0186, quartiles=(0.0175, 0.0210)),
)
"""The original's test losses."""


def start(dataset: str, seed: int, **setup: Any) -> Experiment:
    """Return the original's set-up with one seed for data, weights and order.

    ``setup``: features, other fields of data and training, and the fields of the network.
    """
    return Experiment.model_validate(
        {
            "data": {"dataset": dataset, "seed": seed, **setup.pop("data", {})},
            "features": setup.pop("features", PLAIN),
            "training": {"seed": seed, **setup.pop("training", {})},
            "network": {"seed": seed, **setup},
        }
    )


def final_losses(dataset: str, seeds: Iterable[int], epochs: int, **setup: Any) -> NDArray[np.float64]:
    """Return the test loss of one network per seed, trained as one stack."""
    _, report = advance(begin([start(dataset, seed, **setup) for seed in seeds]), epochs=epochs)
    return report.test_loss[:, -1]


def rows() -> list[tuple[str, ...]]:
    table: list[tuple[str, ...]] = []
    for case in ORIGINAL:
        lower, median, upper = np.percentile(case.losses(), [25, 50, 75])
        low, high = case.interval
        theirs = f" ({case.quartiles[0]:.2g} … {case.quartiles[1]:.2g})" if case.quartiles else ""
        table.append(
            (
                case.dataset,
                "-".join(map(str, (len(case.features), *case.hidden, 1))),
                str(case.epochs),
                f"{case.median:.3g}{theirs}",
                f"{median:.3g} ({lower:.2g} … {upper:.2g})",
                "yes" if low <= median <= high else "NO",
            )
        )
    return table
