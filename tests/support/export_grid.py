"""A grid of experiments, penalty by optimizer by size of the batch, to run their scripts beside the engine."""

from engine import Experiment, advance, begin
from engine.registries.optimizers import OPTIMIZERS
from engine.registries.penalties import PENALTIES
from tests.support.strategies import varied

BATCH_SIZES = {1: 3, 7: 15, 30: 30, 249: 60, 250: 60}
"""The sizes, 250 being all training samples, and how many epochs a script trains."""

CELLS = [
    (penalty, optimizer, size) for penalty in PENALTIES for optimizer in OPTIMIZERS for size in BATCH_SIZES
]
SHARE = [
    CELLS[row + row // len(BATCH_SIZES) % len(BATCH_SIZES)] for row in range(0, len(CELLS), len(BATCH_SIZES))
]
"""Every penalty with every optimizer, the sizes in turn."""

_RATES = {"sgd": 0.1, "momentum": 0.01, "nesterov": 0.01, "adagrad": 0.1, "lion": 0.003}
"""Learning rates with which the network learns; those of the others are .01."""


def cell(penalty: str, optimizer: str, batch_size: int) -> Experiment:
    """Return an experiment with 250 training samples that every language can have, whatever the optimizer."""
    return Experiment.model_validate(
        {
            "data": {"noise": 0.2, "train_fraction": 0.5},
            "network": {"hidden": [4, 2]},
            "objective": {
                "loss": "logistic-cross-entropy",
                "penalty": penalty,
                "penalty_options": {"limit": 1.0} if penalty == "max-norm" else {},
                "penalty_rate": 0.01,
            },
            "training": {
                "optimizer": optimizer,
                "learning_rate": _RATES.get(optimizer, 0.01),
                "batch_size": batch_size,
            },
        }
    )


def spread(experiment: Experiment, epochs: int) -> tuple[float, float]:
    """Return the least and the greatest training loss that the engine comes to with ten weight and order seeds."""
    losses = []
    for seed in range(10):
        one = varied(experiment, network={"seed": seed}, training={"seed": seed})
        losses.append(float(advance(begin(one), epochs=epochs)[1].train_loss[0, -1]))
    return min(losses), max(losses)
