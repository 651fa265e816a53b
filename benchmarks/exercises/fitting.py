"""Exercises about over-fitting, and what helps against it."""

import numpy as np

from benchmarks.exercises.settings import C, listed, median, setting, test_loss, trained

NOISY = setting(
    {"dataset": "gauss", "noise": 0.5, "train_fraction": 0.1}, {"hidden": [8, 8, 8]}, learning_rate=0.1
)
"""Fifty noisy points and a network that can learn them by heart."""


def overfitting() -> tuple[str, ...]:
    _, report = trained(1500, NOISY)
    middle = np.median(report.test_loss, axis=0)
    return (
        "12 overfitting",
        "T, gauss, noise 50, 10 % for training, tanh 8-8-8, learning rate .1, 1,500 epochs",
        "training loss; least test loss (epoch); last test loss",
        ".023; .144 (50); .204",
        f"{median(report.train_loss[:, -1]):.2g}; {middle.min():.3f} ({middle.argmin() + 1}); {middle[-1]:.3f}",
    )


def l2_too_little_right_too_much() -> tuple[str, ...]:
    ours = [
        test_loss(1500, NOISY, setting(objective={"penalty": "l2", "penalty_rate": rate}))
        for rate in (0.0, 0.003, 0.03, 0.3)
    ]
    return (
        "13 L2",
        "as 12, L2 0, .003, .03, .3",
        "test loss",
        ".204, .189, .126, .223",
        listed(ours),
    )


def l1_selects() -> tuple[str, ...]:
    ours = []
    for rate in (0.001, 0.003, 0.01, 0.1):
        run, _ = trained(1500, NOISY, setting(objective={"penalty": "l1", "penalty_rate": rate}))
        weights = run.parameters[:, run.layout.is_weight()]
        ours.append(median(np.count_nonzero(weights, axis=1)))
    return (
        "14 L1 selects",
        "as 12, L1 .001, .003, .01, .1",
        "weights that are not 0, of 152",
        "32, 12, 6, 0",
        listed(ours, ".0f"),
    )


def wrong_labels() -> tuple[str, ...]:
    ours = []
    for hidden in ([3], [8, 8]):
        base = setting({"train_fraction": 0.2, "label_flips": 0.2}, {"hidden": hidden}, learning_rate=0.1)
        middle = np.median(trained(1500, base)[1].test_loss, axis=0)
        ours.append(f"{middle.min():.3f} → {middle[-1]:.3f}")
    return (
        "15 wrong labels",
        "T, circle, 20 % for training, 20 % of them wrong, tanh 3; 8-8, learning rate .1, 1,500 epochs",
        "least test loss → last",
        ".120 → .137; .124 → .241",
        "; ".join(ours),
    )


def dropout() -> tuple[str, ...]:
    network = {"hidden": [16, 16], "activation": "relu", "initializer": "he"}
    data = {"dataset": "gauss", "noise": 0.5, "train_fraction": 0.1}
    ours = [
        test_loss(600, C, setting(data, network, {"dropout": rate}, optimizer="adam", learning_rate=0.01))
        for rate in (0.0, 0.2, 0.5)
    ]
    return (
        "24 dropout",
        "C, gauss, noise 50, 50 training points, ReLU 16-16, Adam .01, dropout 0, .2, .5, 600 epochs",
        "test loss (cross-entropy)",
        "1.16, 1.07, .80",
        listed(ours),
    )
