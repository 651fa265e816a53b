"""Renders an experiment as a script, from the templates and the tables beside this module."""

import textwrap
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import numpy as np

from engine import begin
from engine.experiment import Experiment
from engine.registries.datasets import DATASETS as DATASET_ROWS
from engine.registries.features import feature_rows
from engine.registries.initializers import INITIALIZERS as INITIALIZER_ROWS
from engine.registries.losses import LOSSES as LOSS_ROWS
from engine.registries.optimizers import OPTIMIZERS as OPTIMIZER_ROWS
from engine.registries.schedules import SCHEDULES as SCHEDULE_ROWS
from engine.registries.stop_rules import STOP_RULES as STOP_ROWS
from engine.samples import ORDERS_AT_ONCE, class_numbers, points
from engine.tf_playground_random import SeedRandom, draw_points
from engine.training.dropout import MASKS_AT_ONCE
from engine.user_messages import UserMessage
from server.export.activations import ACTIVATIONS, INITIALIZERS
from server.export.data import DATASETS, FEATURES, SCALERS
from server.export.literals import constant, number, table, vector
from server.export.losses import DECAY, DIE, LIMIT, LOSSES, PENALTIES, SHRINK
from server.export.optimizers import BATCH_ORDERS, OPTIMIZERS, SCHEDULES, STOP_RULES
from server.export.targets import TARGETS, CannotExportError, check_exportable

MAX_EPOCHS = 1_000_000
_WIDTH = 100
_LINES = 20
"""Approximate number of lines of losses that a script prints."""

_OPTION_NAMES = {
    ("initializer", "value"): "WEIGHT_VALUE",
    ("initializer", "scale"): "WEIGHT_SCALE",
    ("stop", "loss"): "TARGET_LOSS",
}
"""Names of constants for options whose own names are ambiguous in a script."""


def export(experiment: Experiment, language: str, epochs: int = 100) -> str:
    """Return a script that trains an experiment.

    Args:
        experiment: to train.
        language: a key of ``TARGETS``.
        epochs: number of epochs, 1 … ``MAX_EPOCHS``.

    Returns:
        Python source.

    Raises:
        CannotExportError: the target is unknown or does not support the experiment, or the epochs are out of range;
            names the field, the value and what is allowed.
    """
    if language not in TARGETS:
        allowed = ", ".join(TARGETS)
        raise CannotExportError(
            "value",
            "language",
            name="language",
            value=repr(language[:60]),
            allowed=UserMessage("allowed", {"allowed": allowed}),
        )
    if not 1 <= epochs <= MAX_EPOCHS:
        range_ = UserMessage("range", {"low": "1", "high": str(MAX_EPOCHS)})
        allowed_ = UserMessage("allowed", {"allowed": range_})
        raise CannotExportError("value", "epochs", name="epochs", value=str(epochs), allowed=allowed_)
    check_exportable(experiment, language)
    template = _environment().get_template(f"{language}.py.jinja")
    text = template.render(_context(experiment, language, epochs))
    return _with_blank_lines(text)


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # the output is Python; every value in it is a number or the key of a row
    )


def _with_blank_lines(text: str) -> str:
    """Return Python source with blank lines by PEP 8: two around functions and classes, else at most one."""
    lines: list[str] = []
    blank, inside = 0, False
    for line in text.splitlines():
        if not line.strip():
            blank += 1
            continue
        if line.startswith(("def ", "class ", "@")):
            wanted = 0 if lines[-1].startswith("@") else 2
            inside = True
        elif inside and not line.startswith(" "):
            wanted, inside = 2, False
        else:
            wanted = min(blank, 1)
        lines += [""] * wanted
        blank = 0
        lines.append(line.rstrip())
    return "\n".join(lines) + "\n"


def _context(experiment: Experiment, language: str, epochs: int) -> dict[str, Any]:
    """Return the variables of the templates."""
    data, network = experiment.data, experiment.network
    objective, training = experiment.objective, experiment.training
    loss, batching = LOSSES[objective.loss], BATCH_ORDERS[training.batching]
    activations = [*network.activations, _output(experiment)]
    batch_size = training.batch_size if batching.carried else min(training.batch_size, data.training_samples)
    return {
        "title": _title(experiment, language),
        "facts": [textwrap.fill(fact, _WIDTH - 4, subsequent_indent="    ") for fact in _facts(experiment)],
        "note": _note(language),
        "file_name": TARGETS[language].file_name(language),
        "packages": TARGETS[language].packages,
        "constants": _constants(experiment, language, epochs, batch_size),
        "language": language,
        "problem": experiment.problem,
        **_data(experiment),
        "sizes": list(experiment.sizes),
        "initializer": INITIALIZERS[network.initializer],
        "start": _start(experiment),
        "functions": [ACTIVATIONS[key] for key in dict.fromkeys(activations)],
        "activations": [ACTIVATIONS[key].name for key in activations],
        "layers": [
            (units, ACTIVATIONS[key]) for units, key in zip(experiment.sizes[1:], activations, strict=True)
        ],
        "loss": loss,
        "optimizer": OPTIMIZERS[_optimizer(experiment)],
        "schedule": SCHEDULES[training.schedule],
        "batching": batching,
        "penalty": _penalty(experiment),
        "moves_weights": bool(_penalty(experiment) - {DECAY}),
        "clip": training.clip_norm > 0,
        "stop": STOP_RULES[training.stop],
        "samples": data.training_samples,
        "validates": data.validation_samples > 0,
        "orders_at_once": max(1, ORDERS_AT_ONCE // data.training_samples),
        "noise": objective.input_noise > 0,
        **_dropout(experiment, batch_size),
    }


def _output(experiment: Experiment) -> str:
    """Return the activation of the output layer; ``linear`` for losses of the pre-activations."""
    loss = experiment.objective.loss
    return "linear" if LOSSES[loss].from_logits else LOSS_ROWS[loss].outputs[experiment.problem].key


def _optimizer(experiment: Experiment) -> str:
    """Return the key of the optimizer; ``sgd`` for momentum 0."""
    training = experiment.training
    return training.optimizer if training.optimizer_options.get("momentum", 1) else "sgd"


def _penalty(experiment: Experiment) -> set[str]:
    """Return the parts of the penalty that have an effect."""
    return {
        part for part in PENALTIES[experiment.objective.penalty] if part == LIMIT or _rate(experiment, part)
    }


def _rate(experiment: Experiment, part: str) -> float:
    """Return the rate of the L1 or of the L2 part of the penalty."""
    objective = experiment.objective
    share = objective.penalty_options.get("share", 1.0 if part in (SHRINK, DIE) else 0.0)
    return objective.penalty_rate * (share if part in (SHRINK, DIE) else 1 - share)


def _constants(
    experiment: Experiment, language: str, epochs: int, batch_size: int
) -> list[tuple[str, str, str]]:
    """Return the constants at the head of a script: name, value, comment."""
    data, network = experiment.data, experiment.network
    objective, training = experiment.objective, experiment.training
    own = data.points is not None
    # Only scikit-learn takes class numbers as targets.
    counts_classes = (
        language != "scikit-learn"
        or _flipped_labels(experiment) > 0
        or (not own and "CLASSES" in DATASETS[data.dataset])
    )
    stop = STOP_RULES[training.stop]
    if stop.shortens:
        epochs = min(epochs, int(training.stop_options["epochs"]))
    rows: list[tuple[str, float, str, bool]] = [
        ("EPOCHS", epochs, "", True),
        ("PRINT_EVERY", _print_every(epochs), "", True),
        ("LEARNING_RATE", training.learning_rate, "", True),
        ("BATCH_SIZE", batch_size, "", True),
        ("CLASSES", data.classes, "", experiment.problem == "multi-class" and counts_classes),
        ("NOISE", data.noise, "", not own and data.classic_seed is None and _noisy(experiment)),
    ]
    for part, name, cost in (
        (SHRINK, "L1_RATE", "|w|"),
        (DIE, "L1_RATE", "|w|"),
        (DECAY, "L2_RATE", "w² / 2"),
    ):
        remark = f"how much {cost} of every weight counts beside the loss"
        rows.append((name, _rate(experiment, part), remark, part in _penalty(experiment)))
    rows += [
        (
            "LIMIT",
            objective.penalty_options.get("limit", 0.0),
            "of the weights into one unit",
            LIMIT in _penalty(experiment),
        ),
        ("CLIP_NORM", training.clip_norm, "longer gradients are shortened", training.clip_norm > 0),
        ("DROPOUT", objective.dropout, "share of hidden units left out in a step", experiment.drops_out),
        ("INPUT_NOISE", objective.input_noise, "standard deviation", objective.input_noise > 0),
    ]
    for choice, row, options in (
        ("initializer", INITIALIZER_ROWS[network.initializer], network.initializer_options),
        ("optimizer", OPTIMIZER_ROWS[_optimizer(experiment)], training.optimizer_options),
        ("schedule", SCHEDULE_ROWS[training.schedule], training.schedule_options),
        ("stop", STOP_ROWS[training.stop], {} if stop.shortens else training.stop_options),
    ):
        rows += [
            (
                _OPTION_NAMES.get((choice, option.name), option.name.upper()),
                int(options[option.name]) if option.whole else options[option.name],
                "",
                True,
            )
            for option in row.options
            if option.name in options
        ]
    random_data = (data.classic_seed is None and (not own or data.shuffled)) or _flipped_labels(
        experiment
    ) > 0
    random_start = _start(experiment) is None and network.initializer not in ("zeros", "constant")
    rows += [
        ("DATA_SEED", data.seed, "", random_data),
        ("WEIGHT_SEED", network.seed, "", random_start),
        ("ORDER_SEED", training.seed, "", BATCH_ORDERS[training.batching].shuffled),
        ("DROPOUT_SEED", objective.seed, "", experiment.drops_out or objective.input_noise > 0),
    ]
    return [(name, constant(value), remark) for name, value, remark, needed in rows if needed]


def _print_every(epochs: int) -> int:
    """Return the interval of epochs between two printed lines, 1, 2 or 5 times a power of ten."""
    return next(
        every * int(10**power)
        for power in range(7)
        for every in (1, 2, 5)
        if epochs <= every * int(10**power) * _LINES
    )


def _noisy(experiment: Experiment) -> bool:
    """Return whether noise is drawn: even without noise, later draws may depend on it."""
    return experiment.data.noise > 0 or experiment.data.minority_share > 0


def _flipped_labels(experiment: Experiment) -> int:
    """Return the number of flipped labels."""
    return round(experiment.data.label_flips * experiment.data.training_samples)


def _data(experiment: Experiment) -> dict[str, Any]:
    """Return the template variables about the samples."""
    data = experiment.data
    literal = None
    if data.points is not None:
        literal = np.array(data.points)
    elif data.classic_seed is not None:
        random = SeedRandom(data.classic_seed)
        literal = np.column_stack(draw_points(random, data.dataset, data.samples, data.noise))
    wanted: dict[str, int] = {}
    if data.minority_share:
        clean = points(data.model_copy(update={"label_flips": 0.0}))[1]
        labels = ["1", "-1"] if data.classes == 2 else [str(number) for number in range(data.classes)]
        counts = np.bincount(class_numbers(clean[:, 0], data.classes), minlength=data.classes)
        wanted = dict(zip(labels, counts.tolist(), strict=True))
    training = points(data)[0][: data.training_samples]
    known = feature_rows(experiment.features, training)[:, :-1]
    row = DATASET_ROWS[data.dataset]
    formula = row.formula if _noisy(experiment) else row.formula.partition("; noise")[0]
    body = _environment().from_string(DATASETS[data.dataset]).render(noisy=_noisy(experiment))
    return {
        "literal": None if literal is None else table(literal),
        "dataset_text": f"{row.label} ({formula}).",
        "draw_points": body.strip(),
        "wanted": wanted,
        "all_samples": data.samples,
        "shuffles": data.shuffled and data.classic_seed is None,
        "classic_seed": data.classic_seed,
        "flips": _flipped_labels(experiment),
        "features": [FEATURES[key] for key in experiment.features],
        "coordinates": [
            (name, column)
            for column, name in enumerate(("x1", "x2"))
            if any(name in FEATURES[key] for key in experiment.features)
        ],
        "scaling": SCALERS[data.scaling].strip(),
        "some_feature_is_constant": bool((known.max(axis=0) <= known.min(axis=0)).any()),
        "classes": data.classes,
        "labels": [-1, 1] if experiment.problem == "classification" else list(range(data.classes)),
        "cuts": [data.training_samples, data.training_samples + data.validation_samples]
        if data.validation_samples
        else [data.training_samples],
        "part_names": {"train": "training", "validation": "validation", "test": "test"},
        "parts": ["train", "validation", "test"] if data.validation_samples else ["train", "test"],
    }


def _start(experiment: Experiment) -> tuple[list[str], list[str]] | None:
    """Return weights and biases as literals if NumPy cannot draw them: those of TensorFlow Playground's generator."""
    if experiment.data.classic_seed is None or experiment.network.initializer == "zeros":
        return None
    run = begin(experiment)
    layers = [layer[0] for layer in run.layout.layers(run.parameters)]
    return [table(layer[:, :-1]) for layer in layers], [vector(layer[:, -1]) for layer in layers]


def _dropout(experiment: Experiment, batch_size: int) -> dict[str, Any]:
    """Return the template variables about dropout masks."""
    hidden, samples = experiment.network.hidden, experiment.data.training_samples
    rows = sum(hidden) + len(hidden)  # with the bias unit of every layer
    batches = -(-samples // batch_size)
    return {
        "drops_out": experiment.drops_out,
        "hidden": tuple(hidden),
        "masked_units": sum(hidden),
        "mask_rows": rows,
        "mask_cuts": np.cumsum(hidden)[:-1].tolist(),
        "masks_at_once": MASKS_AT_ONCE,
        "batch_count": batches,
        "an_epoch_at_once": batches <= max(1, MASKS_AT_ONCE // max(rows * min(batch_size, samples), 1)),
    }


def _title(experiment: Experiment, language: str) -> str:
    data = experiment.data
    subject = "Points of your own" if data.points is not None else DATASET_ROWS[data.dataset].label
    return f"{subject}, learned by a small neural network in {TARGETS[language].label}."


def _facts(experiment: Experiment) -> list[str]:
    """Return lines that describe the experiment."""
    data, training = experiment.data, experiment.training
    parts = [f"{data.training_samples} for training", f"{data.test_samples} for the test"]
    if data.validation_samples:
        parts.insert(1, f"{data.validation_samples} for validation")
    layers = [
        f"{units} {key}"
        for units, key in zip(experiment.network.hidden, experiment.network.activations, strict=True)
    ]
    output = _output(experiment)
    last = f"{experiment.outputs} {output}" if output != "linear" else f"{experiment.outputs}"
    loss = LOSS_ROWS[experiment.objective.loss].label
    optimizer = OPTIMIZER_ROWS[training.optimizer].label
    batching = BATCH_ORDERS[training.batching].text
    return [
        f"Samples: {data.samples}, {', '.join(parts)}.",
        f"Network: {', '.join(experiment.features)} -> {' -> '.join([*layers, last])};"
        f" initializer {INITIALIZER_ROWS[experiment.network.initializer].label}.",
        f"Training: {loss.lower()}, {optimizer}, learning rate {number(training.learning_rate)},"
        f" batches of {training.batch_size}, {batching}.",
    ]


_SAME = (
    "Points, initial weights and batches are those of Neural Playground, drawn from the same seeds, so the losses are"
    " those of its screen, {digits}."
)
_ROUNDED = "except for the last digits, where processors and libraries round"
_DIGITS = {"keras": "to about six digits, as Keras rounds products to single precision"}


def _note(language: str) -> str:
    """Return a note on how exactly the script reproduces the playground's losses, wrapped."""
    return textwrap.fill(_SAME.format(digits=_DIGITS.get(language, _ROUNDED)), _WIDTH - 4)
