"""Optimizers: against plain transcriptions of their papers, coordinate by coordinate."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine import Experiment, advance, begin, gradient, reconfigure
from engine.registries.optimizers import OPTIMIZERS
from engine.registries.schedules import SCHEDULES

Memory = dict[str, float]


def sgd(w: float, g: float, m: Memory, t: int, rate: float, o: dict[str, float]) -> float:
    return w - rate * g


def momentum(w: float, g: float, m: Memory, t: int, rate: float, o: dict[str, float]) -> float:
    m["v"] = o["momentum"] * m.get("v", 0.0) + g
    return w - rate * m["v"]


def nesterov(w: float, g: float, m: Memory, t: int, rate: float, o: dict[str, float]) -> float:
    m["v"] = o["momentum"] * m.get("v", 0.0) + g
    return w - rate * (g + o["momentum"] * m["v"])


def adagrad(w: float, g: float, m: Memory, t: int, rate: float, o: dict[str, float]) -> float:
    m["s"] = m.get("s", 0.0) + g**2
    return w - rate * g / (math.sqrt(m["s"]) + 1e-8)


def rmsprop(w: float, g: float, m: Memory, t: int, rate: float, o: dict[str, float]) -> float:
    m["s"] = o["decay"] * m.get("s", 0.0) + (1 - o["decay"]) * g**2
    return w - rate * g / (math.sqrt(m["s"]) + 1e-8)


def adam(w: float, g: float, m: Memory, t: int, rate: float, o: dict[str, float]) -> float:
    m["m"] = o["beta1"] * m.get("m", 0.0) + (1 - o["beta1"]) * g
    m["s"] = o["beta2"] * m.get("s", 0.0) + (1 - o["beta2"]) * g**2
    mean = m["m"] / (1 - o["beta1"] ** t)
    spread = m["s"] / (1 - o["beta2"] ** t)
    return w - rate * mean / (math.sqrt(spread) + 1e-8)


def lion(w: float, g: float, m: Memory, t: int, rate: float, o: dict[str, float]) -> float:
    mixed = o["beta1"] * m.get("m", 0.0) + (1 - o["beta1"]) * g
    m["m"] = o["beta2"] * m.get("m", 0.0) + (1 - o["beta2"]) * g
    return w - rate * (0.0 if mixed == 0 else math.copysign(1.0, mixed))


PLAIN: dict[str, Callable[..., float]] = {
    "sgd": sgd,
    "momentum": momentum,
    "nesterov": nesterov,
    "adagrad": adagrad,
    "rmsprop": rmsprop,
    "adam": adam,
    "adamw": adam,
    "lion": lion,
}


def defaults(key: str) -> dict[str, float]:
    return {option.name: option.default for option in OPTIMIZERS[key].options}


def stepped(key: str, gradients: np.ndarray, rate: float, options: dict[str, float]) -> np.ndarray:
    """Return the parameters (steps, replicas, n) that the engine's optimizer makes of given gradients."""
    row = OPTIMIZERS[key]
    parameters = np.full(gradients.shape[1:], 0.5)
    slots = np.zeros((row.slots, *parameters.shape))
    arrays = {name: np.array(value) for name, value in options.items()}
    path = []
    work = np.empty((2, *parameters.shape))
    update = row.bind(parameters, work, slots, np.array(rate), arrays)
    for step, slopes in enumerate(gradients, start=1):
        work[0] = slopes
        update(step)
        path.append(parameters.copy())
    return np.array(path)


def test_every_optimizer_has_a_plain_transcription() -> None:
    assert PLAIN.keys() == OPTIMIZERS.keys()


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_two_hundred_steps_are_those_of_the_paper(key: str) -> None:
    gradients = np.random.default_rng(1).normal(size=(200, 2, 3))
    options = defaults(key)

    path = stepped(key, gradients, 0.01, options)

    for replica, coordinate in np.ndindex(2, 3):
        w = 0.5
        memory: Memory = {}
        for t in range(200):
            w = PLAIN[key](w, float(gradients[t, replica, coordinate]), memory, t + 1, 0.01, options)
            # Rounding in another order, over 200 steps.
            assert path[t, replica, coordinate] == pytest.approx(w, abs=1e-12)


BY_HAND = {
    # Gradients 1, 1, −2 at learning rate 0.1 from 0.5, with the defaults; worked out on paper.
    "sgd": [0.4, 0.3, 0.5],
    "momentum": [0.4, 0.21, 0.239],
    "nesterov": [0.31, 0.039, 0.2651],
    "adagrad": [0.4, 0.4 - 0.1 / math.sqrt(2), 0.4 - 0.1 / math.sqrt(2) + 0.2 / math.sqrt(6)],
    "rmsprop": [
        0.5 - 0.1 / math.sqrt(0.01),
        0.5 - 1 - 0.1 / math.sqrt(0.0199),
        -0.5 - 0.1 / math.sqrt(0.0199) + 0.2 / math.sqrt(0.059701),
    ],
    "adam": [0.4, 0.3, 0.3 + 0.1 * (0.029 / 0.271) / math.sqrt(0.005996001 / 0.002997001)],
    "adamw": [0.4, 0.3, 0.3 + 0.1 * (0.029 / 0.271) / math.sqrt(0.005996001 / 0.002997001)],
    "lion": [0.4, 0.3, 0.4],
}


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_three_steps_are_those_worked_out_by_hand(key: str) -> None:
    gradients = np.array([1.0, 1.0, -2.0]).reshape(3, 1, 1)

    path = stepped(key, gradients, 0.1, defaults(key))

    # The 1e-8 in the denominators, times the step, is what the paper calculation leaves out.
    np.testing.assert_allclose(path[:, 0, 0], BY_HAND[key], rtol=0, atol=1e-6)


def wave(progress: float) -> float:
    return (1 + math.cos(math.pi * min(max(progress, 0.0), 1.0))) / 2


def one_cycle(t: int) -> float:
    if t < 45:
        return 1 / 25 + (1 - 1 / 25) * (1 - wave(t / 45))
    return 1e-5 + (1 - 1e-5) * wave((t - 45) / 105)


PLAIN_SCHEDULES: dict[str, tuple[dict[str, float], Callable[[int], float]]] = {
    "constant": ({}, lambda t: 1.0),
    "step": ({"factor": 0.5, "every": 40.0}, lambda t: 0.5 ** (t // 40)),
    "exponential": ({"factor": 0.5, "every": 40.0}, lambda t: 0.5 ** (t / 40)),
    "cosine": ({"horizon": 150.0}, lambda t: wave(t / 150)),
    "warmup-cosine": (
        {"warmup": 30.0, "horizon": 150.0},
        lambda t: min(1.0, (t + 1) / 30) * wave((t - 30) / 120),
    ),
    "one-cycle": ({"horizon": 150.0}, one_cycle),
}
"""Options with which 200 steps see all of a schedule, and its factor at the step t, from 0, written again."""


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("key", OPTIMIZERS)
def test_a_run_makes_the_steps_of_its_optimizer_at_the_scheduled_rate(key: str, schedule: str) -> None:
    experiment = Experiment.model_validate(
        {
            "data": {"samples": 20},
            "network": {"hidden": [2]},
            "training": {
                "optimizer": key,
                "learning_rate": 0.01,
                "batch_size": 10_000,
                "schedule": schedule,
                "schedule_options": PLAIN_SCHEDULES[schedule][0],
            },
        }
    )
    run = begin(experiment)
    factor = PLAIN_SCHEDULES[schedule][1]
    memories: list[Memory] = [{} for _ in run.parameters[0]]

    for step in range(200):
        slopes = gradient(run)[0].tolist()  # a batch has all training samples
        rate = 0.01 * factor(step)
        expected = [
            PLAIN[key](w, g, memory, step + 1, rate, experiment.training.optimizer_options)
            for w, g, memory in zip(run.parameters[0].tolist(), slopes, memories, strict=True)
        ]
        run, _ = advance(run, steps=1)
        # One step; Adam and its kin divide by gradients near zero at the start.
        np.testing.assert_allclose(run.parameters[0], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("schedule", ["constant", "exponential"])
@pytest.mark.parametrize("rates", [(0.01, 0.01, 0.01), (0.01, 0.3, 1e-4)], ids=["one rate", "three rates"])
@pytest.mark.parametrize("key", OPTIMIZERS)
def test_replicas_with_their_own_numbers_step_as_they_would_alone(
    key: str, rates: tuple[float, ...], schedule: str
) -> None:
    def experiment(rate: float, share: float) -> Experiment:
        return Experiment.model_validate(
            {
                "data": {"samples": 60},
                "training": {
                    "optimizer": key,
                    "optimizer_options": {
                        option.name: share * option.maximum for option in OPTIMIZERS[key].options
                    },
                    "learning_rate": rate,
                    "schedule": schedule,
                },
            }
        )

    experiments = [experiment(rate, share) for rate, share in zip(rates, (0.3, 0.9, 0.99), strict=True)]

    stack, _ = advance(begin(experiments), steps=100)

    for i, one in enumerate(experiments):
        alone, _ = advance(begin(one), steps=100)
        np.testing.assert_array_equal(stack.parameters[i], alone.parameters[0])
        np.testing.assert_array_equal(stack.slots[:, i], alone.slots[:, 0])


@pytest.mark.parametrize("key", [key for key, row in OPTIMIZERS.items() if row.decoupled])
def test_a_decoupled_penalty_shrinks_the_weights_beside_the_step(key: str) -> None:
    shared: dict[str, Any] = {"network": {"hidden": [3]}}
    plain = begin(Experiment.model_validate(shared | {"training": {"optimizer": key, "learning_rate": 0.1}}))
    decayed = begin(
        Experiment.model_validate(
            shared
            | {
                "training": {"optimizer": key, "learning_rate": 0.1},
                "objective": {"penalty": "l2", "penalty_rate": 0.5},
            }
        )
    )

    without, _ = advance(plain, steps=1)
    with_, _ = advance(decayed, steps=1)

    is_weight = plain.layout.is_weight()
    expected = without.parameters - 0.1 * 0.5 * plain.parameters * is_weight
    np.testing.assert_allclose(with_.parameters, expected, rtol=0, atol=1e-15)  # two roundings


@pytest.mark.parametrize("key", [key for key, row in OPTIMIZERS.items() if row.options])
def test_options_change_while_training_and_the_moments_stay(key: str) -> None:
    def experiment(value: float | None) -> Experiment:
        options = {} if value is None else {OPTIMIZERS[key].options[0].name: value}
        return Experiment.model_validate({"training": {"optimizer": key, "optimizer_options": options}})

    run, _ = advance(begin(experiment(None)), steps=10)

    changed = reconfigure(run, experiment(0.5))

    assert np.array_equal(changed.slots, run.slots)
    assert changed.slots.any()
    assert changed.since == 0


def test_another_optimizer_begins_with_empty_moments_and_counts_from_there() -> None:
    run, _ = advance(begin(Experiment.model_validate({"training": {"optimizer": "momentum"}})), steps=10)

    changed = reconfigure(run, Experiment.model_validate({"training": {"optimizer": "adam"}}))
    after, _ = advance(changed, steps=1)

    assert not changed.slots.any()
    assert changed.since == 10
    # The first step of Adam is as long as the learning rate, in every coordinate with a gradient.
    moved = np.abs(after.parameters - changed.parameters)
    np.testing.assert_allclose(moved, 0.03, rtol=1e-4)


def test_clipped_gradients_keep_their_direction_and_lose_their_length() -> None:
    def step(clip: float) -> np.ndarray:
        run = begin(
            Experiment.model_validate(
                {"training": {"learning_rate": 1, "clip_norm": clip, "batch_size": 500}}
            )
        )
        moved: np.ndarray = advance(run, steps=1)[0].parameters - run.parameters
        return moved

    free, clipped, loose = step(0), step(0.01), step(100)

    assert np.linalg.norm(clipped) == pytest.approx(0.01)
    np.testing.assert_allclose(clipped / 0.01, free / np.linalg.norm(free), rtol=0, atol=1e-12)  # roundings
    assert np.array_equal(loose, free)
