"""Exercises about data: scales, classes, other distributions, and how sure networks are of what they have not seen."""

from typing import Any

import numpy as np

from benchmarks.exercises.settings import C, listed, median, merged, setting, test_accuracy, trained
from engine import Experiment, advance, begin, evaluate
from engine.insight import boundary, confusion, consensus
from engine.samples import points


def scale_your_features() -> tuple[str, ...]:
    def stretched(seed: int) -> list[tuple[float, float, float]]:
        drawn, targets = points(Experiment.model_validate({"data": {"seed": seed}}).data)
        return [(50 * x1, x2, y) for (x1, x2), (y,) in zip(drawn.tolist(), targets.tolist(), strict=True)]

    cases: list[dict[str, Any]] = [
        {"scaling": "none", "optimizer": "sgd"},
        {"scaling": "none", "optimizer": "adam"},
        {"scaling": "standardise", "optimizer": "sgd"},
    ]
    ours = []
    for case in cases:
        stack = [
            Experiment.model_validate(
                {
                    "data": {"points": stretched(seed), "scaling": case["scaling"], "seed": seed},
                    "network": {"hidden": [6], "initializer": "glorot", "seed": seed},
                    "objective": {"loss": "logistic-cross-entropy"},
                    "training": {"optimizer": case["optimizer"], "seed": seed, "learning_rate": 0.03},
                }
            )
            for seed in range(10)
        ]
        ours.append(median(evaluate(advance(begin(stack), epochs=300)[0]).test_accuracy))
    return (
        "21 scale your features",
        "circle, x1 × 50, 6 tanh, 300 epochs: SGD; Adam; SGD on standardised features",
        "test accuracy",
        ".65–.72; .98; .996",
        listed(ours),
    )


def many_classes() -> tuple[str, ...]:
    ours = []
    for dataset in ("spiral-3", "spiral-5"):
        accuracies = []
        for hidden in ([], [8], [16, 16]):
            network = {"hidden": hidden, "activation": "relu", "initializer": "he"}
            base = setting({"dataset": dataset}, network, optimizer="adam", learning_rate=0.01)
            accuracies.append(
                test_accuracy(200, C, setting(objective={"loss": "softmax-cross-entropy"}), base)
            )
        ours.append(listed(accuracies, ".2f"))
    return (
        "22 many classes",
        "C, three arms; five arms: ReLU none, 8, 16-16, Adam .01, 200 epochs",
        "test accuracy",
        ".34, .90, .98; .20, .61, .95",
        "; ".join(ours),
    )


def accuracy_lies() -> tuple[str, ...]:
    ours = []
    data = {"dataset": "gauss", "noise": 0.5, "minority_share": 0.05}
    for epochs in (5, 50):
        run, _ = trained(epochs, C, setting(data, {"hidden": [4]}, optimizer="adam", learning_rate=0.01))
        recall = median(confusion(run).test_recall[:, 1])
        ours.append(f"{median(evaluate(run).test_accuracy):.3f} ({recall:.2f})")
    return (
        "23 accuracy lies",
        "C, gauss, noise 50, classes 95 : 5, 4 tanh, Adam .01, epochs 5; 50",
        "test accuracy (recall of the minority)",
        ".958 (.17); .977 (.65)",
        "; ".join(ours),
    )


def distribution_shift() -> tuple[str, ...]:
    def rotated(seed: int, degrees: float) -> list[tuple[float, float, float]]:
        """Return points of xor, of which the second half, for the test, is turned about the middle."""
        drawn, targets = points(Experiment.model_validate({"data": {"dataset": "xor", "seed": seed}}).data)
        angle = np.deg2rad(degrees)
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        turned = np.vstack([drawn[:250], drawn[250:] @ turn])
        return [(x1, x2, y) for (x1, x2), (y,) in zip(turned.tolist(), targets.tolist(), strict=True)]

    ours = []
    for degrees in (0, 15, 30, 45, 90):
        stack = [
            Experiment.model_validate(
                {
                    "data": {
                        "points": rotated(seed, degrees),
                        "shuffled": False,
                        "scaling": "unit-range",
                    },
                    "network": {"hidden": [8], "initializer": "glorot", "seed": seed},
                    "objective": {"loss": "logistic-cross-entropy"},
                    "training": {"optimizer": "adam", "learning_rate": 0.03, "seed": seed},
                }
            )
            for seed in range(10)
        ]
        ours.append(median(evaluate(advance(begin(stack), epochs=200)[0]).test_accuracy))
    return (
        "25 distribution shift",
        "C, 8 tanh, Adam .03, trained on xor, tested on xor turned by 0, 15, 30, 45, 90 degrees",
        "test accuracy",
        ".996, .90, .71, .49, .006",
        listed(ours, ".2g"),
    )


def sure_of_nothing() -> tuple[str, ...]:
    network = {"hidden": [8, 8], "activation": "relu", "initializer": "he"}
    run, _ = trained(200, C, setting({"dataset": "gauss"}, network))
    ours = []
    for zoom in (1, 3, 10):
        extent = 6.0 * zoom
        outputs = boundary(run, 60, region=(-extent, extent, -extent, extent))
        ours.append(float(np.median(0.5 + 0.5 * np.abs(outputs).mean(axis=(1, 2, 3)))))
    return (
        "26 sure of nothing",
        "C, gauss, 8-8 ReLU: the view zoomed out to 1, 3, 10 times the data",
        "mean confidence",
        ".967, .987, .992",
        listed(ours),
    )


def what_the_ensemble_does_not_know() -> tuple[str, ...]:
    ours = []
    for fraction in (0.1, 0.9):
        network = {"hidden": [16, 16], "activation": "relu", "initializer": "he"}
        base = setting(
            {"dataset": "spiral", "train_fraction": fraction}, network, optimizer="adam", learning_rate=0.01
        )
        groups = merged(C, base)
        stack = [
            Experiment.model_validate({**groups, "network": {**groups["network"], "seed": seed}})
            for seed in range(16)
        ]
        agreement = consensus(advance(begin(stack), epochs=200)[0], 60).agreement
        assert agreement is not None
        ours.append(f"{np.mean(agreement < 0.9):.0%}")
    return (
        "27 what the ensemble does not know",
        "C, spiral, 16 seeds, 50; 450 training points",
        "area where fewer than 90 % agree",
        "38 %; 12 %",
        "; ".join(ours),
    )
