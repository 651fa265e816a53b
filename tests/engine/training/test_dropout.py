"""Dropout: gradients with fixed masks, and what the masks are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Experiment, advance, begin, evaluate
from engine.network.activation_buffers import ActivationLayout, DropoutMasks
from engine.registries.activations import ACTIVATIONS
from engine.samples import order, rows
from engine.training.dropout import Dropout
from engine.training.workspace import borrow
from tests.support.numeric import case, central_differences, gradient, mean_loss
from tests.support.plain import OBJECTIVES
from tests.support.runs import assert_replica_is
from tests.support.strategies import law, varied

DIFFERENTIABLE = [key for key in ACTIVATIONS if key != "step"]  # its slope is a stand-in
DROPS = varied(Experiment(), network={"hidden": [5, 3]}, objective={"dropout": 0.4, "seed": 3})


# ------------------------------------------------------------------------------------------------------- gradients


@pytest.mark.parametrize("objective", OBJECTIVES, ids="-".join)
@pytest.mark.parametrize("activation", DIFFERENTIABLE)
def test_the_gradient_with_fixed_masks_equals_central_differences(activation, objective):
    generator = np.random.default_rng(3)
    masks = [(generator.random((5, units)) > 0.4) / 0.6 for units in (4, 3)]
    layout, activations, loss, parameters, features, targets = case((4, 3), activation, objective, masks)

    computed = gradient(layout, activations, loss, parameters, features, targets, masks)

    expected = central_differences(
        lambda at: mean_loss(layout, activations, loss, at[0], features, targets, masks), parameters
    )
    # Differences are good to 1e-10 at numbers of size 1; linear layers make sums of up to 30.
    np.testing.assert_allclose(computed, expected, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("objective", OBJECTIVES, ids="-".join)
def test_what_masks_leave_out_of_a_network_of_steps_gets_no_gradient(objective):
    masks = [np.ones((5, 4)) / 0.6, np.ones((5, 3)) / 0.6]
    masks[0][:, 1] = masks[1][:, 2] = 0
    case_ = case((4, 3), "step", objective, masks)
    layout = case_[0]

    first, second, output = layout.layers(gradient(*case_, masks))

    # Into the units that are left out nothing comes back, out of them nothing goes forward.
    assert not first[0, 1].any()
    assert not second[0, 2].any()
    assert not second[0, :, 1].any()
    assert not output[0, :, 2].any()
    assert first[0, [0, 2, 3]].any()
    assert second[0, :2, :].any()


def test_masks_of_ones_change_nothing():
    layout, activations, loss, _, features, targets = case((4, 3), "tanh", OBJECTIVES[0])
    parameters = np.random.default_rng(1).normal(size=(2, layout.parameters))

    without, with_ones = (
        gradient(layout, activations, loss, parameters, features, targets, masks)
        for masks in (None, [np.ones((5, 4)), np.ones((5, 3))])
    )

    np.testing.assert_array_equal(with_ones, without)


# ----------------------------------------------------------------------------------------------------------- masks


def masks_for(replicas, units, columns):
    return DropoutMasks(ActivationLayout(replicas, (*units, 1), columns))


def loaded(dropout, number, *, replicas=1, units=(5, 3), columns=10):
    masks = masks_for(replicas, units, columns)
    dropout.load(masks, number)
    return masks.buffer.copy()


def test_a_mask_leaves_out_the_share_that_is_asked_for_and_makes_up_for_it():
    dropout = Dropout([3], [0.4], 0, 200)

    masks = masks_for(1, (50,), 10)
    drawn = []
    for number in range(200):
        dropout.load(masks, number)
        drawn.append(masks.layers(masks.buffer)[0].copy())

    values = np.array(drawn)
    assert set(np.unique(values)) == {0.0, 1 / (1 - 0.4)}
    # 100,000 draws: the share is good to √(.24 / 100,000) = 0.0015; five times that.
    assert (values == 0).mean() == pytest.approx(0.4, abs=0.008)


def test_the_constant_inputs_are_never_left_out():
    masks = masks_for(2, (5, 3), 4)

    Dropout([1, 2], [0.9, 0.9], 0, 3).load(masks, 2)

    first, second = masks.buffer[: 2 * 6 * 4].reshape(2, 6, 4), masks.buffer[2 * 6 * 4 :].reshape(2, 4, 4)
    assert (first[:, 5] == 1).all()
    assert (second[:, 3] == 1).all()


@law(30)
@given(
    first=st.integers(0, 40),
    second=st.integers(0, 40),
    epoch=st.integers(0, 1000),
    units=st.lists(st.integers(1, 64), min_size=1, max_size=4),
    columns=st.integers(1, 300),
)
def test_the_masks_of_a_batch_do_not_depend_on_which_were_loaded_before(first, second, epoch, units, columns):
    directly = loaded(Dropout([7], [0.3], epoch, 41), second, units=units, columns=columns)

    later = Dropout([7], [0.3], epoch, 41)
    loaded(later, first, units=units, columns=columns)

    np.testing.assert_array_equal(loaded(later, second, units=units, columns=columns), directly)


@pytest.mark.parametrize(
    "units", [pytest.param((5, 3), id="small"), pytest.param((64,) * 10, id="not all batches at once")]
)
def test_every_batch_epoch_and_seed_has_masks_of_its_own(units):
    blocks = {
        (seed, epoch, number): loaded(Dropout([seed], [0.5], epoch, 12), number, units=units).tobytes()
        for seed in (0, 1)
        for epoch in (0, 1)
        for number in range(12)
    }

    assert len(set(blocks.values())) == len(blocks)


@pytest.mark.parametrize(
    "units", [pytest.param((5, 3), id="small"), pytest.param((64,) * 10, id="not all batches at once")]
)
def test_a_replica_has_the_masks_that_it_would_have_alone(units):
    replicas = [(1, 0.2), (2, 0.0), (3, 0.7), *((seed, 0.5) for seed in range(29))]
    seeds, rates = zip(*replicas, strict=True)
    stack, together = Dropout(seeds, rates, 4, 25), masks_for(len(replicas), units, 10)

    for number in (0, 2, 24):
        stack.load(together, number)
        for i, (seed, rate) in enumerate(replicas):
            alone = masks_for(1, units, 10)
            Dropout([seed], [rate], 4, 25).load(alone, number)
            for whole, part in zip(together.layers(together.buffer), alone.layers(alone.buffer), strict=True):
                np.testing.assert_array_equal(whole[i], part[0])


# --------------------------------------------------------------------------------------------------------- training


def test_a_large_stack_trains_with_dropout_as_its_networks_would_alone():
    wide = varied(DROPS, network={"hidden": [16, 16]}, objective={"dropout": 0.3})
    stack = [varied(wide, objective={"seed": seed}) for seed in range(64)]

    together, _ = advance(begin(stack), epochs=1)

    for i in (0, 31, 63):
        assert_replica_is(together, i, advance(begin(stack[i]), epochs=1)[0])


def test_training_with_dropout_is_training_with_its_masks():
    run = begin(DROPS)
    after, _ = advance(run, steps=2)

    with borrow(run) as workspace:  # the same two steps by hand
        feed = workspace.feed(1, 250, 4, 0, 10)
        feed.fill([rows(DROPS.data, DROPS.features)], [order(0, 250, 0)])
        dropout = Dropout([3], [0.4], 0, 25)
        for batch in feed.batches(0)[:2]:
            assert batch.masks is not None
            dropout.load(batch.masks, batch.number)
            batch.backward(batch.features, batch.samples, batch.targets)
            workspace.parameters -= 0.03 * workspace.gradient
        np.testing.assert_allclose(workspace.parameters, after.parameters, rtol=0, atol=1e-15)  # one rounding


def test_dropout_takes_no_part_in_any_evaluation():
    run = begin(DROPS)
    trained, report = advance(run, epochs=1)
    plain = begin(varied(DROPS, objective={"dropout": 0.0}))

    assert evaluate(run).train_loss == evaluate(plain).train_loss
    assert report.train_loss[0, 0] == evaluate(trained).train_loss[0]


def test_only_the_dropout_seed_varies_the_masks():
    one, _ = advance(begin(DROPS), steps=3)
    other, _ = advance(begin(varied(DROPS, objective={"seed": 4})), steps=3)
    again, _ = advance(begin(DROPS), steps=3)

    assert (one.parameters != other.parameters).any()
    np.testing.assert_array_equal(one.parameters, again.parameters)


def test_a_rate_of_zero_and_a_network_without_hidden_layers_train_as_without_dropout():
    for experiment, plain in (
        (varied(DROPS, objective={"dropout": 0.0}), varied(Experiment(), network={"hidden": [5, 3]})),
        (
            varied(DROPS, network={"hidden": []}),
            varied(DROPS, network={"hidden": []}, objective={"dropout": 0.0}),
        ),
    ):
        np.testing.assert_array_equal(
            advance(begin(experiment), epochs=2)[0].parameters, advance(begin(plain), epochs=2)[0].parameters
        )


@pytest.mark.training
def test_dropout_keeps_a_large_network_from_learning_few_noisy_points_by_heart():
    experiments = [
        varied(
            Experiment(),
            data={"dataset": "gauss", "noise": 0.5, "train_fraction": 0.1, "seed": seed},
            network={"hidden": [16, 16], "activation": "relu", "initializer": "he"},
            objective={"loss": "logistic-cross-entropy", "dropout": dropout},
            training={"optimizer": "adam", "learning_rate": 0.01},
        )
        for dropout in (0.0, 0.5)
        for seed in range(12)
    ]

    without, with_dropout = evaluate(advance(begin(experiments), epochs=200)[0]).train_loss.reshape(2, 12)

    assert (with_dropout > 2 * without).sum() >= 10
