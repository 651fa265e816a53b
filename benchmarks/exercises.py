"""Exercises of courses, run with the engine: medians beside the figures that teachers know."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import Experiment, Report, Run, advance, begin, evaluate, set_parameter
from engine.insight import boundary, confusion, consensus, layer_statistics
from engine.samples import points

TITLE = "Exercises of courses"
HEADER = ("exercise", "settings", "what is compared", "known", "ours")
TEXT = """\
Exercises that are in use, with figures that another simulator gave for them (medians over 10 … 20 seeds; its data sets
and its random numbers differ from ours, so only the order of things and rough sizes can agree). Ours are medians over
20 seeds for data, weights and order alike, unless a share is given. Where runs are chaotic, medians differ from one
kernel of OpenBLAS to another: with SkylakeX instead of Haswell, rows 4, 11, 17, 19 and 21 had .86 instead of .80 at
the highest rate, .89 for .92 (He), .90 for .87 (Adam), .031 for .037 (constant) and .88 for .78 (Adam). "T" is the
original playground's set-up: raw inputs, tanh output, half squared error, its initial weights, 500 points, half of them
for training, batch size 10, learning rate 0.03. "C" is a modern one: features scaled to −1 … 1, cross-entropy, a named
initializer."""

Numbers = NDArray[np.float64]
Groups = dict[str, dict[str, Any]]
SEEDS = range(20)


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


C: Groups = {
    "data": {"scaling": "unit-range"},
    "network": {"initializer": "glorot"},
    "objective": {"loss": "logistic-cross-entropy"},
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


def rows() -> Iterator[tuple[str, ...]]:
    for row in EXERCISES:
        yield row()


# ----------------------------------------------------------------------------------------------- one row each, in order


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


EXERCISES: tuple[Callable[[], tuple[str, ...]], ...] = (
    a_line_is_not_enough,
    how_small_can_xor_be,
    seed_lottery,
    learning_rates,
    all_rates_at_once,
    activations,
    features_beat_depth,
    depth_and_data,
    vanishing_gradient,
    symmetry,
    initial_scale,
    overfitting,
    l2_too_little_right_too_much,
    l1_selects,
    wrong_labels,
    batch_sizes,
    optimizer_race,
    dying_relu,
    schedules,
    why_cross_entropy,
    scale_your_features,
    many_classes,
    accuracy_lies,
    dropout,
    distribution_shift,
    sure_of_nothing,
    what_the_ensemble_does_not_know,
)
