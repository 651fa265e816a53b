"""Goals: what can be asked of a run, as named conditions on its evaluation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from engine.arrays import BoolArray
from engine.field_values import check_option
from engine.registries.losses import PROBLEMS
from engine.registries.registry import Option, Registry, Row
from engine.run import Run
from engine.training.evaluation import Evaluation, evaluate
from engine.user_messages import LocalizedError, truncated


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal(Row):
    """A condition on a run in its present state.

    Attributes:
        problems: the kinds of problems that it makes sense for.
        holds: ``holds(evaluation, options)`` returns for which replicas it is true, (replicas,) bool; false for NaN.
    """

    problems: tuple[str, ...]
    holds: Callable[[Evaluation, Mapping[str, float]], BoolArray]


_ALL = tuple(PROBLEMS)
_CLASSES = ("classification", "multi-class")


def _train_loss(now: Evaluation, options: Mapping[str, float]) -> BoolArray:
    return now.train_loss < options["loss"]


def _test_loss(now: Evaluation, options: Mapping[str, float]) -> BoolArray:
    return now.test_loss < options["loss"]


def _test_accuracy(now: Evaluation, options: Mapping[str, float]) -> BoolArray:
    return now.test_accuracy >= options["accuracy"]


def _test_r2(now: Evaluation, options: Mapping[str, float]) -> BoolArray:
    return now.test_r2 >= options["r2"]


def _loss(text: str) -> Option:
    suggestions = (0.001, 0.01, 0.02, 0.05, 0.1, 0.2)
    return Option(
        name="loss", label="Loss", text=text, default=0.05, minimum=0.0, maximum=10.0, suggestions=suggestions
    )


GOALS: Registry[Goal] = Registry(
    "goal",
    Goal(
        key="train-loss",
        label="Training loss",
        text="The loss over the training samples is lower than a value: the network has learned what it was shown.",
        formula="training loss < value",
        options=(_loss("The training loss has to be lower than this."),),
        problems=_ALL,
        holds=_train_loss,
    ),
    Goal(
        key="test-loss",
        label="Test loss",
        text="The loss over the test samples is lower than a value: the network knows more than what it was shown.",
        formula="test loss < value",
        options=(_loss("The test loss has to be lower than this."),),
        problems=_ALL,
        holds=_test_loss,
    ),
    Goal(
        key="test-accuracy",
        label="Test accuracy",
        text="At least so large a share of the test samples is given the right class.",
        formula="test accuracy ≥ share",
        options=(
            Option(
                name="accuracy",
                label="Accuracy",
                text="The least share of right answers.",
                default=0.95,
                minimum=0.0,
                maximum=1.0,
                suggestions=(0.8, 0.9, 0.95, 0.98, 0.99, 1.0),
            ),
        ),
        problems=_CLASSES,
        holds=_test_accuracy,
    ),
    Goal(
        key="test-r2",
        label="Test R²",
        text="At least so large a share of the variance of the test samples is explained.",
        formula="test R² ≥ share",
        options=(
            Option(
                name="r2",
                label="R²",
                text="The least share of the variance.",
                default=0.9,
                minimum=0.0,
                maximum=1.0,
                suggestions=(0.5, 0.8, 0.9, 0.95, 0.99),
            ),
        ),
        problems=("regression",),
        holds=_test_r2,
    ),
)
"""What can be asked of a run."""


def reaches(
    run: Run, goal: str, options: Mapping[str, float] | None = None, *, evaluation: Evaluation | None = None
) -> BoolArray:
    """Return which replicas of a run reach a goal in their present state, (replicas,); none that has diverged does.

    Args:
        run: any run of a problem that the goal makes sense for.
        goal: key of a row of ``GOALS``.
        options: the goal's numbers by name; missing ones take their default.
        evaluation: of this run, if it is there already.

    Raises:
        ValueError: there is no such goal or option, an option is out of range, or the goal is for other problems;
            names the value and what is allowed.
    """
    row = GOALS[GOALS.canonical(goal)]
    known = {option.name: option for option in row.options}
    numbers = {option.name: option.default for option in row.options}
    for name, value in (options or {}).items():
        field = f"{row.key}.{truncated(name)}"
        if name not in known:
            raise LocalizedError("option-unknown", field, name=field, row=row.key, names=", ".join(known))
        numbers[name] = check_option(field, known[name], value)
    if run.experiment.problem not in row.problems:
        raise ValueError(
            f"goal {row.key} is not for {run.experiment.problem}; its problems are {', '.join(row.problems)}"
        )
    now = evaluate(run) if evaluation is None else evaluation
    return np.logical_and(row.holds(now, numbers), ~run.diverged)
