"""Penalties: values, gradients, proximal steps, and biases that are free."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Experiment, advance, begin, set_parameter
from engine.registries.penalties import PENALTIES, add_decay, soft_threshold
from tests.support.numeric import central_differences
from tests.support.strategies import law

PARAMETERS = np.array([[0.7, -1.3, 0.02, -0.01, 2.0], [0.1, 0.2, -0.3, 0.4, -5.0]])
RATES = np.array([0.3, 0.3, 0.3, 0.3, 0.0])  # the last one is a bias
SHARE = {"share": np.array(0.4)}
SMOOTH = [row for row in PENALTIES.values() if row.l2(SHARE) > 0]
KINKED = [row for row in PENALTIES.values() if row.l1(SHARE) > 0 and row.shrink_from is None]
numbers = st.floats(-10, 10)


def smooth_part(penalty, weights):
    """Return R without its |w|, which acts as a proximal step."""
    return penalty.value(weights, SHARE) - penalty.l1(SHARE) * np.abs(weights)


@pytest.mark.parametrize("penalty", SMOOTH, ids=lambda row: row.key)
def test_what_is_added_to_the_gradient_is_the_derivative_of_the_smooth_part(penalty):
    gradient = np.ones_like(PARAMETERS)

    add_decay(PARAMETERS, RATES * penalty.l2(SHARE), gradient, np.empty_like(PARAMETERS))

    expected = central_differences(lambda w: float((RATES * smooth_part(penalty, w)).sum()), PARAMETERS)
    np.testing.assert_allclose(gradient - 1, expected, rtol=0, atol=1e-9)  # differences: 1e-10


@pytest.mark.parametrize("penalty", SMOOTH, ids=lambda row: row.key)
def test_away_from_zero_decay_and_threshold_together_are_the_derivative_of_the_value(penalty):
    gradient = np.zeros_like(PARAMETERS)
    add_decay(PARAMETERS, RATES * penalty.l2(SHARE), gradient, np.empty_like(PARAMETERS))

    shrunk = PARAMETERS.copy()
    amount = 0.01  # times rate and share: less than the smallest weight, so that nothing stops at 0
    soft_threshold(shrunk, amount * RATES * penalty.l1(SHARE), np.empty_like(shrunk))

    together = gradient + (PARAMETERS - shrunk) / amount
    expected = central_differences(lambda w: float((RATES * penalty.value(w, SHARE)).sum()), PARAMETERS)
    np.testing.assert_allclose(together, expected, rtol=0, atol=1e-9)  # differences: 1e-10


@pytest.mark.parametrize("penalty", KINKED, ids=lambda row: row.key)
@law(50)
@given(start=numbers, amount=st.floats(0, 3))
def test_a_proximal_step_finds_the_best_compromise(penalty, start, amount):
    weight = np.array([[start]])
    share = float(penalty.l1(SHARE))

    soft_threshold(weight, np.array([amount * share]), np.empty((1, 1)))

    # What defines it: the minimum of ½ (w − start)² + amount · its part of R(w). No other weight may be better.
    others = np.linspace(-10, 10, 2001)
    costs = (others - start) ** 2 / 2 + amount * share * np.abs(others)
    cost = (weight[0, 0] - start) ** 2 / 2 + amount * share * abs(weight[0, 0])
    assert cost <= costs.min() + 1e-12  # rounding of numbers up to 100


def test_l1_sets_small_weights_to_exactly_zero_and_moves_the_others_by_the_amount():
    parameters = PARAMETERS.copy()

    soft_threshold(parameters, 0.1 * RATES, np.empty_like(parameters))  # threshold 0.03

    expected = [[0.67, -1.27, 0.0, 0.0, 2.0], [0.07, 0.17, -0.27, 0.37, -5.0]]
    np.testing.assert_allclose(parameters, expected, rtol=1e-14)  # one subtraction
    assert parameters[0, 2] == parameters[0, 3] == 0


def test_l1_leaves_biases_alone():
    parameters = PARAMETERS.copy()

    soft_threshold(parameters, 100 * RATES, np.empty_like(parameters))

    np.testing.assert_array_equal(parameters[:, -1], PARAMETERS[:, -1])


def test_l2_adds_rate_times_weight_and_nothing_to_biases():
    gradient = np.zeros_like(PARAMETERS)

    add_decay(PARAMETERS, RATES, gradient, np.empty_like(PARAMETERS))

    np.testing.assert_array_equal(gradient, RATES * PARAMETERS)
    assert not gradient[:, -1].any()


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("none", [0, 0, 0]),
        ("l1", [2, 0, 3]),
        ("l1-classic", [2, 0, 3]),
        ("l2", [2, 0, 4.5]),
        ("elastic-net", [2, 0, 0.4 * 3 + 0.6 * 4.5]),
        ("max-norm", [0, 0, 0]),
    ],
)
def test_the_value_of_every_weight_follows_the_formula(key, expected):
    values = PENALTIES[key].value(np.array([2.0, 0.0, -3.0]), SHARE)

    np.testing.assert_allclose(values, expected, rtol=1e-15)  # one rounding


@pytest.mark.parametrize("penalty", PENALTIES.values(), ids=lambda row: row.key)
def test_only_a_penalty_that_remembers_needs_the_parameters_before_the_update(penalty):
    assert (penalty.shrink_from is not None) == (penalty.slots > 0)
    assert penalty.project is None or penalty.shrink_from is None


@pytest.mark.parametrize(("share", "like"), [(1.0, "l1"), (0.0, "l2")])
def test_at_its_ends_the_elastic_net_is_l1_and_l2(share, like):
    net = {"penalty": "elastic-net", "penalty_options": {"share": share}, "penalty_rate": 0.03}

    mixed, _ = advance(begin(Experiment.model_validate({"objective": net})), epochs=3)

    pure, _ = advance(
        begin(Experiment.model_validate({"objective": {"penalty": like, "penalty_rate": 0.03}})), epochs=3
    )
    np.testing.assert_array_equal(mixed.parameters, pure.parameters)


# ---------------------------------------------------------------------------------------------------------- max-norm


def test_rows_beyond_the_limit_are_shortened_to_it_and_the_others_and_the_biases_are_left_alone():
    layer = np.array([[[3.0, 4.0, 9.0], [0.3, 0.4, -9.0], [0.0, 0.0, 7.0]]])
    before = layer.copy()

    project = PENALTIES["max-norm"].project

    assert project is not None
    project([layer], {"limit": np.array(2.0)})

    np.testing.assert_allclose(layer[0, 0], [1.2, 1.6, 9.0], rtol=1e-15)  # 5 long; two roundings
    np.testing.assert_array_equal(layer[0, 1:], before[0, 1:])


def test_every_replica_has_its_own_limit():
    layer = np.array([[[3.0, 4.0, 9.0]], [[3.0, 4.0, 9.0]]])

    project = PENALTIES["max-norm"].project

    assert project is not None
    project([layer], {"limit": np.array([[1.0], [10.0]])})

    np.testing.assert_allclose(layer[:, 0], [[0.6, 0.8, 9.0], [3.0, 4.0, 9.0]], rtol=1e-15)


@law(40)
@given(limit=st.floats(0.01, 3), seed=st.integers(0, 1000), rate=st.sampled_from([0.0, 0.1, 10.0]))
def test_after_training_no_unit_has_longer_weights_than_the_limit(limit, seed, rate):
    objective = {"penalty": "max-norm", "penalty_options": {"limit": limit}, "penalty_rate": rate}
    experiment = Experiment.model_validate(
        {
            "data": {"samples": 40},
            "network": {"hidden": [5, 3], "seed": seed},
            "objective": objective,
            "training": {"learning_rate": 1.0},
        }
    )

    run, _ = advance(begin(experiment), steps=9)

    for layer in run.layout.layers(run.parameters):
        assert np.linalg.norm(layer[0, :, :-1], axis=1).max() <= limit * (1 + 1e-14)  # rounding


def test_a_limit_that_is_never_reached_changes_no_bit():
    far = {"penalty": "max-norm", "penalty_options": {"limit": 100.0}}

    walled, _ = advance(begin(Experiment.model_validate({"objective": far})), epochs=3)

    free, _ = advance(begin(Experiment()), epochs=3)
    np.testing.assert_array_equal(walled.parameters, free.parameters)


# --------------------------------------------------------------------------------------------------------- L1 classic


def killed(before, parameters, amounts):
    """Take one step of the original's L1; return the parameters and which of them are dead."""
    row = PENALTIES["l1-classic"]
    after, slots = np.array(parameters), np.zeros((1, *np.shape(parameters)))
    assert row.shrink_from is not None
    row.shrink_from(np.array(before), after, np.array(amounts), slots)
    return after, slots


def test_the_originals_l1_pulls_by_the_sign_before_the_update_and_cuts_what_crosses_zero():
    before = [[0.5, -0.5, 0.02, -0.02, 0.0, 0.02]]
    moved = [[0.4, -0.4, 0.01, -0.01, 0.3, -0.3]]

    after, slots = killed(before, moved, [[0.1] * 5 + [0.0]])

    # The penalty carries the third and the fourth across zero. The fifth had no sign, and the last one crossed by its
    # gradient, not by the penalty: both live.
    np.testing.assert_allclose(after, [[0.3, -0.3, 0, 0, 0.3, -0.3]], rtol=1e-15)  # one subtraction
    assert slots[0, 0].tolist() == [0, 0, 1, 1, 0, 0]


def test_a_link_of_the_originals_l1_that_died_stays_zero_and_biases_live():
    experiment = Experiment.model_validate({"objective": {"penalty": "l1-classic", "penalty_rate": 0.1}})
    run, _ = advance(begin(experiment), epochs=5)
    dead = run.slots[-1, 0] > 0

    after, _ = advance(run, epochs=5)

    assert dead.any()
    assert not dead[~run.layout.is_weight()].any()
    assert not after.parameters[0, dead].any()
    assert (after.slots[-1, 0] >= run.slots[-1, 0]).all()


def test_the_other_l1_lets_a_weight_set_by_hand_move_again():
    experiment = Experiment.model_validate({"objective": {"penalty": "l1", "penalty_rate": 0.01}})
    run = set_parameter(begin(experiment), 0, 0, 0, 0.0)

    after, _ = advance(run, steps=20)

    assert after.parameters[0, 0] != 0


# --------------------------------------------------------------------------------------------------------- in training


def epochs_of_zeros(rate, epochs):
    """Train with L1; return the run and, after each epoch, which parameters are exactly zero."""
    experiment = Experiment.model_validate({"objective": {"penalty": "l1", "penalty_rate": rate}})
    run = begin(experiment)
    zeros = []
    for _ in range(epochs):
        run, _ = advance(run, epochs=1)
        zeros.append(run.parameters[0] == 0)
    return run, np.array(zeros)


def test_a_high_l1_rate_makes_weights_exactly_zero_but_not_the_biases():
    run, zeros = epochs_of_zeros(rate=0.3, epochs=20)

    is_weight = run.layout.is_weight()
    assert zeros[-1][is_weight].all()
    assert not zeros[-1][~is_weight].any()


def test_a_weight_that_l1_made_zero_can_revive():
    _, zeros = epochs_of_zeros(rate=0.01, epochs=100)

    revived = zeros[:-1] & ~zeros[1:]
    assert revived.any()
