"""Training: networks of a stack learn what they would learn alone, to the last bit."""

import pytest
from hypothesis import given
from threadpoolctl import threadpool_limits

from engine import Experiment
from engine.registries.activations import ACTIVATIONS
from engine.registries.batch_orders import BATCH_ORDERS
from engine.registries.optimizers import OPTIMIZERS
from engine.registries.penalties import PENALTIES
from engine.registries.schedules import SCHEDULES
from tests.support.plain import OBJECTIVES
from tests.support.strategies import law, stacks, varied
from tests.support.training import SMALL, assert_stack_equals_singles


@law(80)
@given(stack=stacks())
def test_a_stack_trains_as_its_networks_would_alone(stack):
    assert_stack_equals_singles(stack, epochs=3)


@pytest.mark.parametrize("batch_size", [1, 2, 7, 10, 30, 250])
@pytest.mark.parametrize("hidden", [(), (1,), (4, 2), (8, 8, 8), (33,)], ids=str)
def test_a_stack_is_bit_equal_at_every_shape(hidden, batch_size):
    # 121 training samples: the last batch is ragged for most sizes, and has one column for 30 and for 10.
    first = varied(
        Experiment(),
        data={"samples": 242},
        network={"hidden": hidden},
        training={"batch_size": batch_size},
    )
    stack = [varied(first, network={"seed": seed}) for seed in range(3)]

    assert_stack_equals_singles(stack, epochs=1)


@pytest.mark.parametrize("objective", OBJECTIVES, ids="-".join)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_stack_is_bit_equal_where_a_layer_of_one_network_is_one_number(activation, objective):
    # NumPy is slow to write over a single number, so that a single network has other arrays than a stack.
    loss, problem = objective
    dataset = {"classification": "circle", "multi-class": "spiral-3", "regression": "plane"}[problem]
    first = varied(
        Experiment(),
        data={"samples": 40, "dataset": dataset},
        network={"hidden": (1, 3, 1), "activation": activation},
        objective={"loss": loss, "dropout": 0.3},
        training={"batch_size": 1},
    )
    stack = [varied(first, network={"seed": seed}) for seed in range(2)]

    assert_stack_equals_singles(stack, epochs=2)


@pytest.mark.parametrize("hidden", [(33,), (64, 64)], ids=str)
def test_a_stack_is_bit_equal_on_several_threads_too(hidden):
    first = varied(Experiment(), network={"hidden": hidden}, training={"batch_size": 250})

    with threadpool_limits(2, "blas"):
        assert_stack_equals_singles([first, varied(first, network={"seed": 1})], epochs=2)


@pytest.mark.parametrize(
    "changes",
    [
        {"data": {"dataset": "xor"}},
        {"data": {"noise": 0.3}},
        {"data": {"label_flips": 0.3}},
        {"data": {"minority_share": 0.2}},
        {"data": {"scaling": "standardise"}},
        {"data": {"seed": 1}},
        {"network": {"initializer": "zeros"}},
        {"network": {"seed": 1}},
        {"objective": {"penalty_rate": 0.0}},
        {"objective": {"penalty_rate": 0.1}},
        {"objective": {"dropout": 0.3}},
        {"objective": {"input_noise": 0.3}},
        {"training": {"learning_rate": 0.3}},
        {"training": {"seed": 1}},
    ],
    ids=str,
)
@pytest.mark.parametrize("penalty", PENALTIES)
def test_a_stack_is_bit_equal_whatever_differs_alone(penalty, changes):
    first = varied(SMALL, objective={"penalty": penalty, "penalty_rate": 0.02})

    assert_stack_equals_singles([first, varied(first, **changes), first], epochs=3)


@pytest.mark.parametrize("batching", BATCH_ORDERS)
@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_stack_is_bit_equal_with_every_optimizer_schedule_and_order(optimizer, schedule, batching):
    first = varied(
        SMALL,
        objective={"dropout": 0.2, "input_noise": 0.1},
        training={"optimizer": optimizer, "schedule": schedule, "batching": batching, "clip_norm": 1.0},
    )
    stack = [
        first,
        varied(first, training={"learning_rate": 0.1, "clip_norm": 0.0}, objective={"dropout": 0.0}),
        varied(first, training=other_options(first), network={"seed": 3}),
        varied(first, objective={"seed": 3, "input_noise": 0.0}),
    ]

    assert_stack_equals_singles(stack, epochs=3)


def other_options(experiment):
    """Return numbers other than the defaults for the optimizer and the schedule."""
    training = experiment.training
    rows = {"optimizer": OPTIMIZERS[training.optimizer], "schedule": SCHEDULES[training.schedule]}
    return {
        f"{name}_options": {option.name: option.suggestions[1] for option in row.options}
        for name, row in rows.items()
    }


def test_a_stack_is_bit_equal_when_everything_that_may_differ_does():
    first = varied(SMALL, objective={"penalty": "l1", "penalty_rate": 0.01})
    stack = [
        first,
        varied(first, data={"dataset": "xor", "noise": 0.2, "seed": 4}, training={"learning_rate": 0.3}),
        varied(
            first, network={"initializer": "zeros"}, objective={"penalty_rate": 0.0}, training={"seed": 9}
        ),
        varied(first, network={"seed": 2}, data={"dataset": "spiral"}, objective={"penalty_rate": 0.3}),
        varied(
            first, objective={"dropout": 0.4, "input_noise": 0.2, "seed": 7}, data={"scaling": "standardise"}
        ),
    ]

    assert_stack_equals_singles(stack, epochs=5)


def many_classes(seed, **data):
    """Return an experiment with three classes."""
    return varied(
        SMALL,
        data={"dataset": "spiral-3", "seed": seed, **data},
        network={"seed": seed},
        objective={"loss": "softmax-cross-entropy"},
    )


def test_a_stack_of_many_classes_is_bit_equal_whatever_its_data_are():
    stack = [
        many_classes(0, validation_fraction=0.2),
        many_classes(1, validation_fraction=0.2, scaling="unit-range", label_flips=0.2),
        many_classes(
            2, validation_fraction=0.2, dataset="blobs", dataset_options={"classes": 3}, minority_share=0.1
        ),
    ]

    assert_stack_equals_singles(stack, epochs=5)
