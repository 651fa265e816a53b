"""Exercises of courses, run with the engine: medians beside the figures that teachers know."""

from collections.abc import Callable, Iterator

from benchmarks.exercises import data, fitting, networks, training

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

EXERCISES: tuple[Callable[[], tuple[str, ...]], ...] = (
    networks.a_line_is_not_enough,
    networks.how_small_can_xor_be,
    networks.seed_lottery,
    training.learning_rates,
    training.all_rates_at_once,
    networks.activations,
    networks.features_beat_depth,
    networks.depth_and_data,
    networks.vanishing_gradient,
    networks.symmetry,
    networks.initial_scale,
    fitting.overfitting,
    fitting.l2_too_little_right_too_much,
    fitting.l1_selects,
    fitting.wrong_labels,
    training.batch_sizes,
    training.optimizer_race,
    networks.dying_relu,
    training.schedules,
    training.why_cross_entropy,
    data.scale_your_features,
    data.many_classes,
    data.accuracy_lies,
    fitting.dropout,
    data.distribution_shift,
    data.sure_of_nothing,
    data.what_the_ensemble_does_not_know,
)
"""In the order of their numbers."""


def rows() -> Iterator[tuple[str, ...]]:
    for row in EXERCISES:
        yield row()
