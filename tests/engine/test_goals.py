"""Goals: what is asked of a run, of single networks and of stacks."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Experiment, advance, begin, evaluate, reaches, worlds
from engine.goals import GOALS
from engine.registries.losses import PROBLEMS
from tests.support.strategies import law, stacks, varied
from tests.support.validation import raises_naming, raises_sentence, within

DEFAULT = Experiment()
REGRESSION = Experiment.model_validate({"data": {"dataset": "plane", "samples": 60}})

MEASURES = {
    "train-loss": ("loss", "train_loss"),
    "test-loss": ("loss", "test_loss"),
    "test-accuracy": ("accuracy", "test_accuracy"),
    "test-r2": ("r2", "test_r2"),
}


@pytest.mark.parametrize("key", GOALS)
@law(20)
@given(data=st.data(), steps=st.integers(0, 8))
def test_a_goal_is_reached_where_the_evaluation_says_so_and_the_network_has_not_diverged(key, data, steps):
    row = GOALS[key]
    run, _ = advance(begin(data.draw(stacks(smallest=1, problems=row.problems))), steps=steps)
    (option,) = row.options
    value = data.draw(st.floats(option.minimum, option.maximum))
    name, measure = MEASURES[key]

    reached = reaches(run, key, {name: value})

    measured = getattr(evaluate(run), measure).tolist()
    met = [math.isfinite(x) and (x < value if name == "loss" else x >= value) for x in measured]
    assert reached.dtype == bool
    assert reached.tolist() == [a and not b for a, b in zip(met, run.diverged, strict=True)]


def test_a_loss_has_to_be_lower_and_a_share_may_be_just_as_high():
    run, _ = advance(begin(DEFAULT), epochs=30)
    now = evaluate(run)

    assert not reaches(run, "test-loss", {"loss": float(now.test_loss[0])})[0]
    assert reaches(run, "test-loss", {"loss": math.nextafter(now.test_loss[0], 1)})[0]
    assert reaches(run, "test-accuracy", {"accuracy": float(now.test_accuracy[0])})[0]


def test_a_diverged_network_never_reaches_a_goal():
    run, _ = advance(begin(worlds(DEFAULT, 2)), epochs=100)

    lost = replace(run, diverged=np.array([False, True]))

    assert reaches(run, "test-accuracy", {"accuracy": 0.0}).tolist() == [True, True]
    assert reaches(lost, "test-accuracy", {"accuracy": 0.0}).tolist() == [True, False]
    assert reaches(lost, "test-loss", {"loss": 10.0}).tolist() == [True, False]


def test_numbers_that_are_not_given_take_their_default():
    run, _ = advance(begin(worlds(DEFAULT, 4)), epochs=20)

    for key in ("test-loss", "test-accuracy"):
        default = {option.name: option.default for option in GOALS[key].options}
        assert reaches(run, key).tolist() == reaches(run, key, default).tolist()


def test_an_evaluation_that_is_there_is_not_made_again():
    run = begin(DEFAULT)
    trained = evaluate(advance(run, epochs=100)[0])

    assert reaches(run, "test-accuracy", evaluation=trained).tolist() == [True]
    assert reaches(run, "test-accuracy").tolist() == [False]


@pytest.mark.parametrize("key", GOALS)
def test_every_goal_has_defaults_within_its_limits_and_known_problems(key):
    row = GOALS[key]

    assert set(row.problems) <= set(PROBLEMS)
    for option in row.options:
        assert all(option.minimum <= x <= option.maximum for x in (option.default, *option.suggestions))


def test_what_is_no_goal_is_refused_by_name():
    run = begin(DEFAULT)
    allowed = ", ".join(GOALS)

    with raises_sentence("unknown-choice", subject="goal", choice="'speed'", allowed=allowed):
        reaches(run, "speed")
    with raises_sentence(
        "option-unknown", "test-loss.los", name="test-loss.los", row="test-loss", names="loss"
    ):
        reaches(run, "test-loss", {"los": 0.1})
    with raises_sentence(
        "value", "test-loss.loss", name="test-loss.loss", value="11.0", allowed=within("0.0", "10.0")
    ):
        reaches(run, "test-loss", {"loss": 11.0})


def test_a_goal_of_another_problem_is_refused():
    with raises_naming("test-accuracy", "regression", "classification, multi-class"):
        reaches(begin(REGRESSION), "test-accuracy")
    with raises_naming("test-r2", "classification"):
        reaches(begin(varied(DEFAULT, network={"hidden": ()})), "test-r2")
