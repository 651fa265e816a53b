"""Schedules: factors by hand, at the start, on the way and at the end."""

import math
from dataclasses import replace

import numpy as np
import pytest

from engine import Experiment, advance, begin
from engine.registries.schedules import SCHEDULES

EXPECTED: dict[str, tuple[dict[str, float], dict[int, float]]] = {
    "step": (
        {"factor": 0.5, "every": 10},
        {0: 1, 9: 1, 10: 0.5, 25: 0.25},
    ),
    "exponential": (
        {"factor": 0.5, "every": 10},
        {0: 1, 5: math.sqrt(0.5), 10: 0.5, 20: 0.25},
    ),
    "cosine": (
        {"horizon": 100},
        {0: 1, 50: 0.5, 25: 0.5 + 0.5 * math.sqrt(0.5), 100: 0, 1000: 0},
    ),
    "warmup-cosine": (
        {"warmup": 10, "horizon": 110},
        {0: 0.1, 4: 0.5, 9: 1, 10: 1, 60: 0.5, 110: 0, 500: 0},
    ),
    "one-cycle": (
        {"horizon": 100},
        {0: 0.04, 15: 0.52, 30: 1, 65: 0.5 + 0.5e-5, 100: 1e-5, 500: 1e-5},
    ),
}
"""Options and factors by step, worked out by hand from the formulas."""


def test_every_schedule_that_changes_anything_is_worked_out() -> None:
    assert EXPECTED.keys() == {key for key, row in SCHEDULES.items() if row.factor is not None}


@pytest.mark.parametrize("key", EXPECTED)
def test_the_factors_are_those_of_the_formula(key: str) -> None:
    options, factors = EXPECTED[key]
    arrays = {name: np.array(float(value)) for name, value in options.items()}
    factor = SCHEDULES[key].factor
    assert factor is not None

    for step, expected in factors.items():
        assert float(factor(step, arrays)) == pytest.approx(expected, abs=1e-12), step  # a few roundings


@pytest.mark.parametrize("key", EXPECTED)
def test_a_run_takes_steps_of_the_scheduled_length(key: str) -> None:
    options, _ = EXPECTED[key]
    factor = SCHEDULES[key].factor
    assert factor is not None
    plain = {"learning_rate": 0.1, "batch_size": 10_000}
    scheduled = plain | {"schedule": key, "schedule_options": {name: float(v) for name, v in options.items()}}
    run, _ = advance(begin(Experiment.model_validate({"training": scheduled})), steps=11)

    after, _ = advance(run, steps=1)

    # The same step from the same place with the constant rate, times the factor.
    arrays = {name: np.array(float(value)) for name, value in options.items()}
    rate = 0.1 * float(factor(11, arrays))
    constant = Experiment.model_validate({"training": plain | {"learning_rate": rate}})
    reference, _ = advance(_with_parameters(begin(constant), run.parameters), steps=1)
    np.testing.assert_allclose(after.parameters, reference.parameters, rtol=0, atol=1e-15)  # one rounding


def _with_parameters(run, parameters):
    return replace(run, parameters=parameters.copy())


@pytest.mark.parametrize("key", EXPECTED)
def test_the_factors_of_a_stack_are_those_of_its_networks_to_the_last_bit(key: str) -> None:
    row = SCHEDULES[key]
    assert row.factor is not None
    generator = np.random.default_rng(0)
    numbers = {
        option.name: generator.uniform(option.minimum, min(option.maximum, 20.0), (50, 1))
        for option in row.options
    }

    for step in range(0, 40, 3):  # exponents of 1 and 2 are among them, which NumPy may take a shorter way to
        together = row.factor(step, numbers)

        for i in range(50):
            alone = row.factor(step, {name: np.array(values[i, 0]) for name, values in numbers.items()})
            assert float(alone) == together[i, 0]
