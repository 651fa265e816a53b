"""Whole training runs against PyTorch, from the same weights and over the same batches; run by ``make parity``.

The name keeps it out of ``make test``: PyTorch is large, and the tests there know what is right without it.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from engine import Experiment, Run, advance, begin
from engine.registries import activations, optimizers
from engine.registries.losses import LOSSES
from engine.samples import order, rows
from tests.support.strategies import varied

TOLERANCE = 1e-8
"""What is promised; found: some 1e-13. Both sides round, and training carries that on for hundreds of steps."""

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": nn.ReLU(),
    "leaky-relu": nn.LeakyReLU(0.01),
    "elu": nn.ELU(),
    "gelu": nn.GELU(approximate="tanh"),
    "silu": nn.SiLU(),
    "softplus": nn.Softplus(),
    "tanh": nn.Tanh(),
    "sigmoid": nn.Sigmoid(),
    "linear": nn.Identity(),
    "sine": torch.sin,
}
"""All of ours that PyTorch has: its step has no gradient."""

LOSS_FUNCTIONS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "half-squared-error": lambda a, y: nn.MSELoss()(a, y) / 2,
    "logistic-cross-entropy": nn.SoftMarginLoss(),  # log(1 + e^(−y z)), on the sum z
    "softmax-cross-entropy": nn.CrossEntropyLoss(),
    "hinge": lambda z, y: torch.clamp(1 - y * z, min=0).mean(),
    "huber": nn.HuberLoss(),
    "absolute-error": nn.L1Loss(),
}

OPTIMIZERS: dict[str, tuple[Callable[..., torch.optim.Optimizer], dict[str, Any]]] = {
    "sgd": (torch.optim.SGD, {}),
    "momentum": (torch.optim.SGD, {"momentum": 0.9}),
    "nesterov": (torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
    "adagrad": (torch.optim.Adagrad, {"eps": 1e-8}),
    "rmsprop": (torch.optim.RMSprop, {"alpha": 0.99}),
    "adam": (torch.optim.Adam, {}),
    "adamw": (torch.optim.AdamW, {}),
}
"""All of ours that PyTorch has: there is no Lion in it."""

DATASETS = {"classification": "circle", "multi-class": "blobs", "regression": "multi-gauss"}


class Network:
    """The same network in PyTorch: a stack of ``nn.Linear`` with the run's weights."""

    def __init__(self, run: Run) -> None:
        one = run.experiment
        self.layers = []
        for numbers in run.layout.layers(run.parameters):
            units, width = numbers.shape[1:]
            layer = nn.Linear(width - 1, units)
            with torch.no_grad():
                layer.weight.copy_(torch.tensor(numbers[0, :, :-1].copy()))
                layer.bias.copy_(torch.tensor(numbers[0, :, -1].copy()))
            self.layers.append(layer)
        self.activations = [ACTIVATIONS[key] for key in one.network.activations]
        squashed = LOSSES[one.objective.loss].outputs[one.problem].key == "tanh"
        self.output = torch.tanh if squashed else nn.Identity()

    def __call__(self, x: Tensor) -> Tensor:
        for layer, activation in zip(self.layers, self.activations, strict=False):
            x = activation(layer(x))
        answer: Tensor = self.output(self.layers[-1](x))
        return answer

    def parameters(self) -> np.ndarray[Any, Any]:
        """Return all parameters in the engine's order."""
        parts = [
            np.concatenate([layer.weight.detach().numpy(), layer.bias.detach().numpy()[:, None]], axis=1)
            for layer in self.layers
        ]
        return np.concatenate([part.ravel() for part in parts])


def batches(
    experiment: Experiment, inputs: Tensor, targets: Tensor, epochs: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the batches of the engine's epochs."""
    samples, size = experiment.data.training_samples, experiment.training.batch_size
    for epoch in range(epochs):
        visited = torch.tensor(order(experiment.training.seed, samples, epoch).copy())
        for start in range(0, samples, size):
            chosen = visited[start : start + size]
            yield inputs[chosen], targets[chosen]


def train(run: Run, epochs: int) -> tuple[np.ndarray[Any, Any], float]:
    """Train in PyTorch; return the parameters and the mean test loss in the end."""
    one = run.experiment
    table = torch.tensor(rows(one.data, one.features).copy())
    features = len(one.features)
    inputs, targets = table[:, :features], table[:, features + 1 :]
    network, loss = Network(run), LOSS_FUNCTIONS[one.objective.loss]
    make, options = OPTIMIZERS[one.training.optimizer]
    groups = [
        {"params": [layer.weight for layer in network.layers], "weight_decay": one.objective.penalty_rate},
        {"params": [layer.bias for layer in network.layers], "weight_decay": 0.0},
    ]
    optimizer = make(groups, lr=one.training.learning_rate, **options)
    for x, y in batches(one, inputs, targets, epochs):
        optimizer.zero_grad()
        loss(network(x), y).backward()
        optimizer.step()
    with torch.no_grad():
        last = one.data.samples - one.data.test_samples
        test_loss = float(loss(network(inputs[last:]), targets[last:]))
    return network.parameters(), test_loss


def assert_same_training(experiment: Experiment, epochs: int = 30) -> None:
    run = begin(experiment)
    parameters, test_loss = train(run, epochs)

    after, report = advance(run, epochs=epochs)

    assert after.step >= 300
    np.testing.assert_allclose(after.parameters[0], parameters, rtol=0, atol=TOLERANCE)
    np.testing.assert_allclose(report.test_loss[0, -1], test_loss, rtol=0, atol=TOLERANCE)
    assert np.abs(after.parameters - run.parameters).max() > 0.01  # it has learned something


def start(problem: str, **groups: Any) -> Experiment:
    merged = {"data": {"dataset": DATASETS[problem], "samples": 200, "noise": 0.1}} | groups
    network = {"hidden": [6, 5], "initializer": "glorot", **merged.pop("network", {})}
    return Experiment.model_validate({**merged, "network": network})


@pytest.mark.parametrize(
    ("loss", "problem"), [(row.key, problem) for row in LOSSES.values() for problem in row.outputs]
)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_and_loss_trains_as_in_pytorch(activation: str, loss: str, problem: str) -> None:
    assert_same_training(start(problem, network={"activation": activation}, objective={"loss": loss}))


@pytest.mark.parametrize("problem", DATASETS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("penalty_rate", [0.0, 0.01])
def test_every_optimizer_trains_as_in_pytorch(optimizer: str, problem: str, penalty_rate: float) -> None:
    assert_same_training(
        start(
            problem,
            objective={"penalty": "l2", "penalty_rate": penalty_rate},
            training={"optimizer": optimizer, "learning_rate": 0.01},
        )
    )


@pytest.mark.parametrize("batch_size", [1, 7, 100])
@pytest.mark.parametrize("hidden", [[], [1], [16], [8, 8, 8, 8, 8, 8]], ids=str)
def test_every_shape_and_batch_size_trains_as_in_pytorch(hidden: list[int], batch_size: int) -> None:
    experiment = start("classification", network={"hidden": hidden}, training={"batch_size": batch_size})

    # Six layers are chaotic from about 1,000 steps of single samples on: there the last digit decides the path.
    assert_same_training(experiment, epochs={1: 5, 7: 30, 100: 300}[batch_size])


def test_scaled_features_and_other_splits_train_as_in_pytorch() -> None:
    base = start("classification", features=["x1", "x1²", "x2²", "sin x2"])

    assert_same_training(
        varied(
            base,
            data={"scaling": "standardise", "validation_fraction": 0.2, "label_flips": 0.1},
        )
    )


def test_the_names_are_those_of_the_registries() -> None:
    assert set(activations.ACTIVATIONS) - set(ACTIVATIONS) == {"step"}
    assert set(optimizers.OPTIMIZERS) - set(OPTIMIZERS) == {"lion"}
    assert set(LOSS_FUNCTIONS) == set(LOSSES)
