"""Dropout: gradients with fixed masks, and what the masks are."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Experiment, advance, begin, evaluate
from engine.activations import ACTIVATIONS
from engine.dropout import Dropout
from engine.losses import LOSSES
from engine.network import Layout, Masks, Pass
from engine.penalties import PENALTIES, add_decay
from engine.samples import order, rows
from engine.workspace import borrow
from tests.support.numeric import central_differences
from tests.support.strategies import law, varied

OBJECTIVES = [(loss.key, problem) for loss in LOSSES.values() for problem in loss.outputs]
SHARES = {"share": np.array(0.4)}
SMOOTH = [None, *(row.key for row in PENALTIES.values() if row.l2(SHARES) > 0)]
DIFFERENTIABLE = [key for key in ACTIVATIONS if key != "step"]  # its slope is a stand-in
DROPS = varied(Experiment(), network={"hidden": [5, 3]}, objective={"dropout": 0.4, "seed": 3})


# ------------------------------------------------------------------------------------------------------- gradients


def masked_sums(layout, activations, parameters, features, masks):
    """Send features (inputs, columns) through one network that multiplies hidden activations by masks."""
    below, sums = features, []
    for layer, activation, mask in zip(
        layout.layers(parameters[None]), activations, [*masks, None], strict=True
    ):
        z = layer[0, :, :-1] @ below + layer[0, :, -1:]
        sums.append(z)
        below = np.empty_like(z)
        activation.apply(z, below)
        if mask is not None:
            below *= mask
    return sums, below


def masked_loss(layout, activations, loss, parameters, features, targets, masks):
    sums, outputs = masked_sums(layout, activations, parameters, features, masks)
    return float(loss.value(sums[-1], outputs, targets).sum()) / features.shape[1]


def masked_case(activation, objective):
    """Return a network with a batch and masks, away from any kink."""
    key, problem = objective
    loss = LOSSES[key]
    outputs = 4 if problem == "multi-class" else 1
    layout = Layout((3, 4, 3, outputs))
    activations = [ACTIVATIONS[activation], ACTIVATIONS[activation], loss.outputs[problem]]
    for attempt in itertools.count():
        generator = np.random.default_rng(attempt)
        parameters = generator.normal(size=(1, layout.parameters))
        features = generator.normal(size=(3, 6))
        targets = generator.normal(size=(outputs, 6))
        if problem == "classification":
            targets = np.sign(targets)
        elif problem == "multi-class":
            targets = np.eye(outputs)[targets.argmax(axis=0)].T
        masks = [(generator.random((units, 6)) > 0.4) / 0.6 for units in (4, 3)]
        sums, predicted = masked_sums(layout, activations, parameters[0], features, masks)
        distances = [np.abs(z).min() for z in sums]
        distances.append(np.abs(predicted * targets - 1).min() if key == "hinge" else 1)
        distances.append(np.abs(np.abs(predicted - targets) - 1).min() if key == "huber" else 1)
        distances.append(np.abs(predicted - targets).min() if key == "absolute-error" else 1)
        if min(distances) > 0.01:
            return layout, activations, loss, parameters, features, targets, masks
    raise AssertionError("unreachable")


@pytest.mark.parametrize("objective", OBJECTIVES, ids="-".join)
@pytest.mark.parametrize("penalty", SMOOTH)
@pytest.mark.parametrize("activation", DIFFERENTIABLE)
def test_the_gradient_with_fixed_masks_equals_central_differences(activation, penalty, objective):
    layout, activations, loss, parameters, features, targets, masks = masked_case(activation, objective)
    computed = np.full_like(parameters, np.nan)
    network = Pass(
        layout.layers(parameters), activations, 6, gradients=layout.layers(computed), loss=loss, dropout=True
    )
    assert network.masks is not None
    for layer, mask in zip(network.masks.layers(network.masks.block), masks, strict=True):
        layer[0] = mask
    samples = np.vstack([features, np.ones(6)])
    rates = 0.3 * layout.is_weight() * (PENALTIES[penalty].l2(SHARES) if penalty else 0)

    network.backward(samples, samples.T, targets)
    add_decay(parameters, rates, computed, np.empty_like(computed))

    def objective_value(at):
        decayed = float((rates * 0.5 * np.square(at[0])).sum())
        return masked_loss(layout, activations, loss, at[0], features, targets, masks) + decayed

    # Differences are good to 1e-10 at numbers of size 1; linear layers make sums of up to 30.
    np.testing.assert_allclose(
        computed, central_differences(objective_value, parameters), rtol=1e-7, atol=1e-8
    )


def test_masks_of_ones_change_nothing():
    parameters = np.random.default_rng(1).normal(size=(2, Layout((2, 4, 3, 1)).parameters))
    layout = Layout((2, 4, 3, 1))
    activations = [ACTIVATIONS["tanh"], ACTIVATIONS["linear"], ACTIVATIONS["tanh"]]
    samples = np.random.default_rng(2).normal(size=(1, 3, 5))
    samples[:, -1] = 1
    gradients = []
    for dropout in (False, True):
        gradient = np.empty_like(parameters)
        network = Pass(
            layout.layers(parameters),
            activations,
            5,
            gradients=layout.layers(gradient),
            loss=LOSSES["half-squared-error"],
            dropout=dropout,
        )
        network.backward(samples, samples.swapaxes(1, 2), np.ones((1, 1, 5)))
        gradients.append(gradient)

    np.testing.assert_array_equal(gradients[0], gradients[1])


# ----------------------------------------------------------------------------------------------------------- masks


def loaded(dropout, number, *, replicas=1, units=(5, 3), columns=10):
    masks = Masks(replicas, units, columns)
    dropout.load(masks, number)
    return masks.block.copy()


def test_a_mask_leaves_out_the_share_that_is_asked_for_and_makes_up_for_it():
    dropout = Dropout([3], [0.4], 0, 200)

    masks = Masks(1, (50,), 10)
    drawn = []
    for number in range(200):
        dropout.load(masks, number)
        drawn.append(masks.layers(masks.block)[0].copy())

    values = np.array(drawn)
    assert set(np.unique(values)) == {0.0, 1 / (1 - 0.4)}
    # 100,000 draws: the share is good to √(.24 / 100,000) = 0.0015; five times that.
    assert (values == 0).mean() == pytest.approx(0.4, abs=0.008)


def test_the_constant_inputs_are_never_left_out():
    masks = Masks(2, (5, 3), 4)

    Dropout([1, 2], [0.9, 0.9], 0, 3).load(masks, 2)

    first, second = masks.block[: 2 * 6 * 4].reshape(2, 6, 4), masks.block[2 * 6 * 4 :].reshape(2, 4, 4)
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


def test_every_batch_epoch_and_seed_has_masks_of_its_own():
    blocks = {
        (seed, epoch, number): loaded(Dropout([seed], [0.5], epoch, 3), number).tobytes()
        for seed in (0, 1)
        for epoch in (0, 1)
        for number in (0, 1, 2)
    }

    assert len(set(blocks.values())) == len(blocks)


def test_a_replica_has_the_masks_that_it_would_have_alone():
    together = Masks(3, (5, 3), 10)
    Dropout([1, 2, 3], [0.2, 0.0, 0.7], 4, 5).load(together, 2)

    for i, (seed, rate) in enumerate([(1, 0.2), (2, 0.0), (3, 0.7)]):
        alone = Masks(1, (5, 3), 10)
        Dropout([seed], [rate], 4, 5).load(alone, 2)
        for whole, part in zip(together.layers(together.block), alone.layers(alone.block), strict=True):
            np.testing.assert_array_equal(whole[i], part[0])


# --------------------------------------------------------------------------------------------------------- training


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
        for seed in range(5)
    ]

    without, with_dropout = evaluate(advance(begin(experiments), epochs=200)[0]).train_loss.reshape(2, 5)

    assert (with_dropout > 2 * without).all()
