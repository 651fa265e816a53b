"""Training: the same numbers however it is cut into calls."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import advance, begin
from engine.registries.batch_orders import BATCH_ORDERS
from engine.registries.optimizers import OPTIMIZERS
from engine.registries.penalties import PENALTIES
from tests.support.runs import assert_same_state, never_updates
from tests.support.strategies import experiments, law, stacks, varied
from tests.support.training import SMALL, assert_cutting_changes_nothing, cuts


@law(90)
@given(stack=experiments().map(lambda one: [one]) | stacks(), pieces=cuts)
def test_however_training_is_cut_the_numbers_are_the_same(stack, pieces):
    assert_cutting_changes_nothing(begin(stack), pieces, epochs=4)


@pytest.mark.parametrize("batching", BATCH_ORDERS)
@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_training_is_the_same_however_it_is_cut_with_every_optimizer_penalty_and_order(
    optimizer, penalty, batching
):
    experiment = varied(
        SMALL,
        training={
            "optimizer": optimizer,
            "batching": batching,
            "schedule": "one-cycle",
            "schedule_options": {"horizon": 12.0},
            "clip_norm": 0.5,
            "stop": "early-stopping",
            "stop_options": {"patience": 2.0},
        },
        objective={"penalty": penalty, "penalty_rate": 0.05, "dropout": 0.2, "input_noise": 0.1},
        data={"validation_fraction": 0.2},
    )
    whole, _ = advance(begin(experiment), epochs=4)

    cut = begin(experiment)
    while cut.epoch < whole.epoch:
        cut, report = advance(cut, steps=3, epochs=4 - cut.epoch)
        cut = pickle.loads(pickle.dumps(cut))
        assert report.steps <= 3

    assert_same_state(cut, whole)


@law(60)
@given(experiment=experiments(), steps=st.integers(0, 20))
def test_a_run_that_was_stored_goes_on_as_if_it_had_not_been(experiment, steps):
    half, _ = advance(begin(experiment), steps=steps)

    resumed, _ = advance(pickle.loads(pickle.dumps(half)), steps=20)

    uninterrupted, _ = advance(begin(experiment), steps=steps + 20)
    if never_updates(experiment):  # every call ends after an epoch, lest it go on for ever
        np.testing.assert_array_equal(resumed.parameters, uninterrupted.parameters)
        assert resumed.step == uninterrupted.step == 0
    else:
        assert_same_state(resumed, uninterrupted)


def test_runs_that_take_turns_do_not_disturb_each_other():
    experiments_ = [varied(SMALL, network={"seed": seed}, data={"seed": seed}) for seed in range(3)]
    alone = [advance(begin(one), epochs=6)[0] for one in experiments_]

    runs = [begin(one) for one in experiments_]
    for _ in range(10):
        runs = [advance(run, steps=3)[0] for run in runs]

    for run, expected in zip(runs, alone, strict=True):
        assert_same_state(run, expected)


def test_threads_do_not_disturb_each_other():
    experiments_ = [varied(SMALL, network={"seed": seed}) for seed in range(8)]
    alone = [advance(begin(one), epochs=20)[0] for one in experiments_]

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda one: advance(begin(one), epochs=20)[0], experiments_))

    for run, expected in zip(together, alone, strict=True):
        assert_same_state(run, expected)
