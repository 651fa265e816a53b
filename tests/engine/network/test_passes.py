"""The network: layout of the parameters, and gradients against differences."""

from functools import partial

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.network.layout import Layout
from engine.network.passes import Pass
from engine.registries.activations import ACTIVATIONS
from engine.registries.losses import LOSSES
from tests.support.numeric import (
    case,
    central_differences,
    directional_difference,
    distance_to_kinks,
    gradient,
    mean_loss,
    sums_by_layer,
    targets_for,
)
from tests.support.plain import OBJECTIVES, flatten, plain_gradient, unflatten
from tests.support.strategies import law
from tests.support.validation import raises_sentence

DIFFERENTIABLE = [key for key in ACTIVATIONS if key != "step"]  # its slope is a stand-in


@pytest.mark.parametrize("objective", OBJECTIVES, ids="-".join)
@pytest.mark.parametrize("activation", DIFFERENTIABLE)
@pytest.mark.parametrize("hidden", [(), (4,), (4, 3, 2)], ids=str)
def test_the_gradient_equals_central_differences_in_every_coordinate(hidden, activation, objective):
    layout, activations, loss, parameters, features, targets = case(hidden, activation, objective)

    computed = gradient(layout, activations, loss, parameters, features, targets)

    expected = central_differences(
        lambda at: mean_loss(layout, activations, loss, at[0], features, targets), parameters
    )
    # Differences are good to 1e-10 at numbers of size 1; linear layers make sums of up to 30.
    np.testing.assert_allclose(computed, expected, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("objective", OBJECTIVES, ids="-".join)
def test_a_network_of_steps_has_the_gradient_of_plain_loops_with_the_surrogate_slope(objective):
    layout, activations, loss, parameters, features, targets = case((4, 3, 2), "step", objective)

    computed = gradient(layout, activations, loss, parameters, features, targets)

    wanted = targets.argmax(axis=1) if objective[1] == "multi-class" else targets[:, 0]
    batch = list(zip(features.tolist(), wanted.tolist(), strict=True))
    layers = unflatten(layout.sizes, parameters[0])
    expected = flatten(plain_gradient(layers, ("step",) * 3, objective, batch))
    np.testing.assert_allclose(computed[0], expected, rtol=1e-12, atol=1e-14)  # a few roundings
    assert np.count_nonzero(computed[0][: layout.offsets[1]])  # the first layer learns, too


@law(200)
@given(
    units=st.lists(st.tuples(st.integers(1, 9), st.sampled_from(DIFFERENTIABLE)), max_size=4),
    inputs=st.integers(1, 7),
    outputs=st.integers(1, 3),
    columns=st.integers(1, 12),
    replicas=st.integers(1, 4),
    objective=st.sampled_from(OBJECTIVES),
    own_samples=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_gradient_points_up_along_any_direction(
    units, inputs, outputs, columns, replicas, objective, own_samples, seed
):
    key, problem = objective
    loss = LOSSES[key]
    layout = Layout((inputs, *(count for count, _ in units), outputs))
    activations = [*(ACTIVATIONS[name] for _, name in units), loss.outputs[problem]]
    generator = np.random.default_rng(seed)
    parameters = generator.normal(size=(replicas, layout.parameters))
    own = (replicas,) if own_samples and replicas > 1 else ()
    features = generator.normal(size=(*own, columns, inputs))
    targets = targets_for(problem, generator, *own, columns, outputs)

    computed = gradient(layout, activations, loss, parameters, features, targets)

    for i in range(replicas):
        mine, wanted = (features[i], targets[i]) if own else (features, targets)
        assume(distance_to_kinks(layout, activations, loss, parameters[i], mine, wanted) > 1e-4)
        direction = generator.normal(size=layout.parameters)
        direction /= np.linalg.norm(direction)
        objective_value = partial(mean_loss, layout, activations, loss, features=mine, targets=wanted)
        slope = directional_difference(objective_value, parameters[i], direction)
        # Linear and ReLU layers may multiply up: compare on the scale of the whole gradient.
        scale = 1 + np.abs(computed[i]).max()
        assert computed[i] @ direction == pytest.approx(slope, rel=1e-6, abs=1e-6 * scale)


@pytest.mark.parametrize("replicas", [1, 3])
def test_forward_gives_the_sums_of_the_output(replicas):
    layout, activations, _, _, features, _ = case((4, 2), "sigmoid", ("half-squared-error", "classification"))
    parameters = np.random.default_rng(2).normal(size=(replicas, layout.parameters))
    network = Pass(layout.layers(parameters), activations, len(features))
    with_ones = np.vstack([features.T, np.ones(len(features))])
    given_ = with_ones if replicas == 1 else with_ones[None]

    sums = network.forward(given_).copy()

    expected = [sums_by_layer(layout, activations, row, features)[-1].T for row in parameters]
    # Two orders of adding up ten numbers: a few roundings.
    np.testing.assert_allclose(sums.reshape(replicas, 1, -1), expected, rtol=1e-13, atol=1e-14)


def test_layers_are_views_of_the_flat_vector():
    layout = Layout((2, 4, 2, 1))
    flat = np.zeros((3, layout.parameters))

    layers = layout.layers(flat)
    layers[1][2, 1, 4] = 7  # replica 2, second layer, unit 1, bias

    assert [layer.shape for layer in layers] == [(3, 4, 3), (3, 2, 5), (3, 1, 3)]
    assert flat[2, layout.index(1, 1, -1)] == 7
    assert np.count_nonzero(flat) == 1


def test_every_parameter_has_its_own_place():
    layout = Layout((2, 4, 2, 1))

    places = [
        layout.index(layer, unit, input_)
        for layer, (units, width) in enumerate(layout.shapes)
        for unit in range(units)
        for input_ in [*range(width - 1), -1]
    ]

    assert places == list(range(layout.parameters))


def test_biases_are_found_by_minus_one_and_are_not_weights():
    layout = Layout((2, 4, 2, 1))

    biases = [
        layout.index(layer, unit, -1)
        for layer, (units, _) in enumerate(layout.shapes)
        for unit in range(units)
    ]

    assert np.flatnonzero(~layout.is_weight()).tolist() == biases


@pytest.mark.parametrize(
    ("place", "field", "values"),
    [
        ((3, 0, 0), "layer", {"layer": 3, "last": 2}),
        ((-1, 0, 0), "layer", {"layer": -1, "last": 2}),
        ((0, 4, 0), "unit", {"unit": 4, "layer": 0, "last": 3}),
        ((0, -1, 0), "unit", {"unit": -1, "layer": 0, "last": 3}),
        ((1, 0, 4), "input", {"input": 4, "layer": 1, "last": 3}),
        ((1, 0, -2), "input", {"input": -2, "layer": 1, "last": 3}),
    ],
)
def test_a_parameter_that_does_not_exist_is_refused_with_what_exists(place, field, values):
    with raises_sentence(f"no-{field}", field, **values):
        Layout((2, 4, 2, 1)).index(*place)
