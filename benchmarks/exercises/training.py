"""Exercises about training: learning rate, batch size, optimizer, schedule, loss."""

import time
from typing import Any

import numpy as np

from benchmarks.exercises.settings import (
    SEEDS,
    C,
    experiments,
    listed,
    median,
    setting,
    test_accuracy,
    test_loss,
    trained,
)
from engine import advance, begin, evaluate, set_parameter


def learning_rates() -> tuple[str, ...]:
    rates = (0.0001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
    ours = [test_loss(200, setting(learning_rate=rate)) for rate in rates]
    return (
        "4 learning rate",
        f"T, circle, 4-2 tanh, 200 epochs, learning rate {listed(rates)}",
        "test loss",
        ".50, .36, .02, .004, .001, .004, .08, .87",
        listed(ours, ".2g"),
    )


def all_rates_at_once() -> tuple[str, ...]:
    rates = (0.0001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
    stack = [one for rate in rates for one in experiments(setting(learning_rate=rate), seeds=range(8))]
    run = begin(stack)
    advance(run, epochs=1)
    start = time.perf_counter()
    advance(run, epochs=100)
    seconds = time.perf_counter() - start
    return (
        "5 all learning rates in one picture",
        "as 4, 8 rates × 8 seeds as one stack, 100 epochs",
        "seconds on one core",
        "0.3 … 0.6",
        f"{seconds:.2f}",
    )


def batch_sizes() -> tuple[str, ...]:
    ours = [test_loss(50, setting(batch_size=size)) for size in (1, 10, 30, 10_000)]
    return (
        "16 batch size",
        "T, circle, 4-2 tanh, 50 epochs, batch size 1, 10, 30, all",
        "test loss",
        ".007, .041, .42, .50",
        listed(ours, ".2g"),
    )


def optimizer_race() -> tuple[str, ...]:
    ours = [
        test_accuracy(400, C, setting({"dataset": "spiral"}, {"hidden": [8, 8]}, optimizer=key))
        for key in ("sgd", "momentum", "rmsprop", "adam")
    ]
    return (
        "17 optimizer race",
        "C, spiral, tanh 8-8, Glorot, learning rate .03, 400 epochs: SGD, momentum, RMSProp, Adam",
        "test accuracy",
        ".58, .91, .93, .93",
        listed(ours, ".2f"),
    )


def schedules() -> tuple[str, ...]:
    horizon = 200 * 50
    schedules_: list[dict[str, Any]] = [
        {"schedule": "constant"},
        {"schedule": "cosine", "schedule_options": {"horizon": horizon}},
        {"schedule": "step", "schedule_options": {"factor": 0.1, "every": horizon / 3}},
    ]
    ours = []
    for schedule in schedules_:
        base = setting({"noise": 0.2}, {"hidden": [8, 8]}, learning_rate=1.0, batch_size=5, **schedule)
        _, report = trained(200, C, base)
        jitter = median(report.train_loss[:, -20:].std(axis=1))
        ours.append(f"{jitter:.3f} ({median(report.train_loss[:, -1]):.3f})")
    return (
        "19 schedules",
        "C, noisy circle, 8-8, batch size 5, learning rate 1, 200 epochs: constant; cosine; step",
        "jitter of the last 20 epochs (training loss)",
        ".026 (.076); .000 (.046); .000 (.048)",
        "; ".join(ours),
    )


def why_cross_entropy() -> tuple[str, ...]:
    ours = []
    for loss, epochs in (("logistic-cross-entropy", 20), ("half-squared-error", 400)):
        accuracies = []
        for seed in SEEDS:
            base = setting(
                {"dataset": "gauss"}, {"hidden": []}, {"loss": loss}, learning_rate=1.0, batch_size=10_000
            )
            (one,) = experiments(C, base, seeds=[seed])
            run = begin(one)
            for input_ in (0, 1):
                run = set_parameter(run, 0, 0, input_, -5.0)
            accuracies.append(evaluate(advance(run, epochs=epochs)[0]).test_accuracy[0])
        ours.append(f"{np.median(accuracies):.0%}")
    return (
        "20 why cross-entropy",
        "C, gauss, one unit that begins sure and wrong (weights −5), learning rate 1, full batch:"
        " cross-entropy after 20 epochs; squared error after 400",
        "test accuracy",
        "100 %; 50 %",
        "; ".join(ours),
    )
