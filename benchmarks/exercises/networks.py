"""Exercises about networks: size, activation, features, initial weights."""

from typing import Any

from benchmarks.exercises.settings import (
    C,
    experiments,
    listed,
    median,
    setting,
    share_solved,
    test_accuracy,
    test_loss,
    trained,
)
from engine import begin, evaluate
from engine.insight import layer_statistics


def a_line_is_not_enough() -> tuple[str, ...]:
    nets: list[dict[str, Any]] = [{"hidden": []}, {"activation": "linear"}, {}]
    ours = [test_loss(300, setting(network=net)) for net in nets]
    return (
        "1 a line is not enough",
        "T, circle, 300 epochs: no hidden layer; 4-2 linear; 4-2 tanh",
        "test loss",
        ".51, .51, .002",
        listed(ours),
    )


def how_small_can_xor_be() -> tuple[str, ...]:
    ours = [
        share_solved(500, setting({"dataset": "xor"}, {"hidden": [units], "activation": "relu"}))
        for units in (1, 2, 3, 4, 8)
    ]
    return (
        "2 how small can xor be?",
        "T, xor, ReLU, one layer of 1, 2, 3, 4, 8 units, 500 epochs",
        "share of runs above 97 %",
        "0, 0, 75, 90, 100 %",
        ", ".join(ours),
    )


def seed_lottery() -> tuple[str, ...]:
    ours = [
        share_solved(500, setting(network={"hidden": [units], "activation": "relu"}))
        for units in (2, 3, 4, 8)
    ]
    return (
        "3 seed lottery",
        "T, circle, ReLU, one layer of 2, 3, 4, 8 units, 500 epochs",
        "share of runs above 97 %",
        "0, 85, 90, 100 %",
        ", ".join(ours),
    )


def activations() -> tuple[str, ...]:
    keys = ("linear", "sigmoid", "tanh", "relu")
    ours = [test_loss(100, setting(network={"activation": key})) for key in keys]
    return (
        "6 activations",
        "T, circle, 4-2, 100 epochs: linear, sigmoid, tanh, ReLU",
        "test loss",
        ".51, .50, .010, .006",
        listed(ours, ".2g"),
    )


def features_beat_depth() -> tuple[str, ...]:
    none: dict[str, Any] = {"hidden": []}
    ours = [
        test_accuracy(10, setting({"dataset": "xor"}, none), features=["x1x2"]),
        test_accuracy(10, setting({}, none), features=["x1²", "x2²"]),
    ]
    return (
        "7 features beat depth",
        "T, no hidden layer, 10 epochs: xor from x1x2; circle from x1², x2²",
        "test accuracy",
        "100, 100 %",
        ", ".join(f"{value:.0%}" for value in ours),
    )


def depth_and_data() -> tuple[str, ...]:
    shapes = ([8], [16], [4, 4], [8, 8], [8, 8, 8])
    ours = [test_accuracy(800, setting({"dataset": "spiral"}, {"hidden": shape})) for shape in shapes]
    return (
        "8 depth against data",
        "T, spiral, tanh 8; 16; 4-4; 8-8; 8-8-8, 800 epochs",
        "test accuracy",
        ".72, .78, .65, .85, .90",
        listed(ours, ".2f"),
    )


def vanishing_gradient() -> tuple[str, ...]:
    ratios = []
    for key in ("sigmoid", "tanh", "relu"):
        stack = experiments(setting({"dataset": "spiral"}, {"hidden": [8, 8, 8, 8], "activation": key}))
        layers = layer_statistics(begin(stack))
        ratios.append(median(layers[-1].gradient_norm / layers[0].gradient_norm))
    return (
        "9 vanishing gradient",
        "T, spiral, 8-8-8-8 sigmoid; tanh; ReLU, at the start",
        "gradient norm, last layer : first layer",
        "1354, 3, 3",
        listed(ratios, ".0f"),
    )


def symmetry() -> tuple[str, ...]:
    starts: list[dict[str, Any]] = [
        {"initializer": "zeros"},
        {"initializer": "constant", "initializer_options": {"value": 0.3}},
        {},
    ]
    ours = [test_accuracy(500, setting({"dataset": "xor"}, {"hidden": [4], **start})) for start in starts[1:]]
    still = test_loss(500, setting({"dataset": "xor"}, {"hidden": [4], **starts[0]}))
    return (
        "10 symmetry",
        "T, xor, 4 tanh, 500 epochs: zeros; all 0.3; random",
        "test loss; accuracy; accuracy",
        ".50, .68, .996",
        listed([still, *ours]),
    )


def initial_scale() -> tuple[str, ...]:
    starts: list[dict[str, Any]] = [
        {"initializer": "normal", "initializer_options": {"scale": 0.01}},
        {"initializer": "glorot"},
        {"initializer": "he"},
        {"initializer": "normal", "initializer_options": {"scale": 3.0}},
    ]
    spiral = setting({"dataset": "spiral"}, {"hidden": [10] * 5}, learning_rate=0.1)
    ours = [test_accuracy(300, C, spiral, setting(network=start)) for start in starts]
    return (
        "11 scale of the start",
        "C, spiral, five layers of 10, tanh, SGD .1, 300 epochs: normal .01; Glorot; He; normal 3",
        "test accuracy",
        ".48, .61, .94, .50",
        listed(ours, ".2f"),
    )


def dying_relu() -> tuple[str, ...]:
    ours = []
    for rate in (0.3, 1.0, 3.0):
        network = {"hidden": [8, 8], "activation": "relu", "initializer": "he"}
        run, _ = trained(100, C, setting(network=network, learning_rate=rate))
        dead = [median(layer.dead) for layer in layer_statistics(run)[:2]]
        ours.append(f"{dead[0]:.0%} and {dead[1]:.0%} ({median(evaluate(run).test_accuracy):.2f})")
    return (
        "18 dying ReLU",
        "C, circle, 8-8 ReLU, He, 100 epochs, learning rate .3; 1; 3",
        "dead units of both layers (test accuracy)",
        "0–6 % (1.00); 0–6 % (1.00); 62 and 100 % (.50)",
        "; ".join(ours),
    )
