"""Signals: statistics of layers against plain loops."""

import math
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import assume, given

from engine import Experiment, advance, begin, gradient, layer_statistics, set_parameter
from engine.insight import LayerStatistics
from engine.insight.layer_activations import layer_activations
from engine.registries.losses import LOSSES
from engine.samples import rows
from tests.support import numeric
from tests.support.strategies import law, stacks, varied

NAMES = [field.name for field in fields(LayerStatistics)]


def training_table(experiment):
    """Return scaled features (samples, features) and targets (samples, outputs) of the training samples."""
    table = rows(experiment.data, experiment.features)[: experiment.data.training_samples]
    count = len(experiment.features)
    return table[:, :count], table[:, count + 1 :]


def expected_statistics(run, replica, after):
    """Compute what is measured of each layer of one network, from sums in rows of samples."""
    one = run.experiments[replica]
    features, _ = training_table(one)
    layout, functions = run.layout, layer_activations(one)
    sums = numeric.sums_by_layer(layout, functions, run.parameters[replica], features)
    slopes = layout.layers(gradient(run)[replica : replica + 1])
    before = layout.layers(run.parameters[replica : replica + 1])
    later = layout.layers(after.parameters[replica : replica + 1])
    for layer, (z, row) in enumerate(zip(sums, functions, strict=True)):
        a = numeric.answers(row, z)
        slope = np.ones_like(z)
        if row.slope is not None:
            row.slope(z if row.slope_from_sums else a, slope)
        skipped = layer == len(sums) - 1 and LOSSES[one.objective.loss].from_sum
        tails = {"tanh": (-0.95, 0.95), "logistic-output": (-0.95, 0.95), "sigmoid": (0.025, 0.975)}
        low, high = tails.get(row.key, (-math.inf, math.inf))
        length = math.hypot(*before[layer].ravel())
        moved = math.hypot(*(later[layer] - before[layer]).ravel())
        yield {
            "gradient_norm": math.hypot(*slopes[layer].ravel()),
            "weight_norm": math.hypot(*before[layer][..., :-1].ravel()),
            "update_ratio": moved / length if length else math.nan,
            "activation_mean": math.fsum(a.ravel()) / a.size,
            "activation_spread": math.sqrt(np.square(a - a.mean()).mean()),
            "dead": 0.0 if skipped else float((slope == 0).all(axis=0).mean()),
            "saturated": float(((a < low) | (a > high)).mean()),
        }


@law(60)
@given(stack=stacks(smallest=1))
def test_every_statistic_is_what_it_says(stack):
    run, _ = advance(begin(stack), steps=2)
    assume(np.abs(run.parameters).max() < 1e6)
    after, _ = advance(run, steps=1)

    measured = layer_statistics(run)

    assert len(measured) == len(run.layout.shapes)
    for replica in range(run.replicas):
        for layer, expected in zip(measured, expected_statistics(run, replica, after), strict=True):
            for name in NAMES:
                value = getattr(layer, name)
                assert value.shape == (run.replicas,), name
                np.testing.assert_allclose(
                    value[replica], expected[name], rtol=1e-9, atol=1e-12, err_msg=name
                )


def test_a_stack_of_many_samples_is_measured_part_by_part():
    stack = [
        varied(Experiment(), data={"samples": 10_000, "train_fraction": 0.9, "seed": seed})
        for seed in range(3)
    ]

    together = layer_statistics(begin(stack))

    for i, one in enumerate(stack):
        assert together[1].activation_mean[i] == layer_statistics(begin(one))[1].activation_mean[0]


def with_bias(bias, *, activation="tanh", loss="half-squared-error", units=4):
    """Return a network whose first hidden unit, and whose output, are far from everything at this bias."""
    experiment = varied(
        Experiment(),
        network={"hidden": (units,), "activation": activation, "initializer": "zeros"},
        objective={"loss": loss},
    )
    return set_parameter(set_parameter(begin(experiment), 0, 0, -1, bias), 1, 0, -1, bias)


def test_a_relu_that_is_never_active_is_dead():
    hidden, output = layer_statistics(set_parameter(with_bias(-1.0, activation="relu"), 0, 1, -1, 1.0))

    assert hidden.dead.tolist() == [3 / 4]  # two with z = 0, whose slope is 0 as well
    assert output.dead.tolist() == [0]


@pytest.mark.parametrize("activation", ["gelu", "silu", "tanh", "sigmoid"])
def test_so_is_what_is_so_far_out_that_its_slope_is_rounded_to_0(activation):
    hidden, _ = layer_statistics(with_bias(-80.0, activation=activation))

    assert hidden.dead.tolist() == [1 / 4]


@pytest.mark.parametrize("activation", ["leaky-relu", "softplus", "sine", "step", "linear", "elu"])
def test_these_never_die(activation):
    hidden, _ = layer_statistics(with_bias(-20.0, activation=activation))

    assert hidden.dead.tolist() == [0]


def test_of_many_classes_the_outputs_are_probabilities_that_are_neither_dead_nor_saturated():
    experiment = Experiment.model_validate(
        {"data": {"dataset": "spiral-5", "scaling": "unit-range"}, "network": {"initializer": "zeros"}}
    )

    output = layer_statistics(set_parameter(begin(experiment), 2, 0, -1, 50.0))[-1]

    assert output.activation_mean[0] == pytest.approx(0.2, rel=1e-14)  # they add up to 1
    assert output.activation_spread[0] == pytest.approx(0.4, rel=1e-14)  # 1 and four times 0: √(.2 · .8)
    assert (output.dead[0], output.saturated[0]) == (0, 0)


def test_an_output_is_dead_only_if_its_error_passes_the_slope():
    assert layer_statistics(with_bias(50.0))[-1].dead.tolist() == [1]
    assert layer_statistics(with_bias(50.0, loss="logistic-cross-entropy"))[-1].dead.tolist() == [0]
    assert layer_statistics(with_bias(50.0, loss="hinge"))[-1].dead.tolist() == [0]


@pytest.mark.parametrize(
    ("activation", "bias", "saturated"),
    [
        ("tanh", math.atanh(0.951), 1 / 4),
        ("tanh", -math.atanh(0.951), 1 / 4),
        ("tanh", math.atanh(0.949), 0),
        ("tanh", -math.atanh(0.949), 0),
        ("sigmoid", math.log(0.976 / 0.024), 1 / 4),
        ("sigmoid", -math.log(0.976 / 0.024), 1 / 4),
        ("sigmoid", math.log(0.974 / 0.026), 0),
        ("sigmoid", -math.log(0.974 / 0.026), 0),
        ("sine", math.pi / 2, 0),
        ("step", 5.0, 0),
        ("elu", -50.0, 0),
    ],
)
def test_saturated_is_what_lies_in_the_flat_tails(activation, bias, saturated):
    hidden, _ = layer_statistics(with_bias(bias, activation=activation))

    assert hidden.saturated.tolist() == [saturated]


def test_the_output_saturates_as_well():
    assert layer_statistics(with_bias(2.0))[-1].saturated.tolist() == [1]
    assert layer_statistics(with_bias(2.0, loss="hinge"))[-1].saturated.tolist() == [0]  # without bounds


def test_a_layer_of_zeros_has_no_update_ratio():
    hidden, output = layer_statistics(begin(varied(Experiment(), network={"initializer": "zeros"})))[1:]

    assert hidden.weight_norm.tolist() == output.weight_norm.tolist() == [0]
    assert math.isnan(hidden.update_ratio[0])
    assert math.isnan(output.update_ratio[0])  # although its bias moves


def test_what_has_diverged_does_not_move():
    calm = varied(
        Experiment(),
        data={"dataset": "plane"},
        network={"activation": "linear"},
        training={"learning_rate": 0.01},
    )
    run, _ = advance(begin([calm, varied(calm, training={"learning_rate": 10.0})]), epochs=5)
    assert run.diverged.tolist() == [False, True]

    for layer in layer_statistics(run):
        assert layer.update_ratio[0] > 0
        assert layer.update_ratio[1] == 0


def test_what_has_stopped_does_not_move():
    experiment = varied(Experiment(), training={"stop": "epochs", "stop_options": {"epochs": 2.0}})
    run, _ = advance(begin(experiment), epochs=5)

    assert run.stopped[0]
    assert [layer.update_ratio.tolist() for layer in layer_statistics(run)] == [[0], [0], [0]]


def test_a_step_that_would_break_the_run_is_not_made():
    experiment = varied(Experiment(), data={"dataset": "plane"}, network={"activation": "linear"})
    run = set_parameter(begin(experiment), 0, 0, 0, 1e300)

    assert [layer.update_ratio.tolist() for layer in layer_statistics(run)] == [[0], [0], [0]]


def test_deep_sigmoids_let_the_gradient_vanish_and_relus_do_not():
    def ratio(activation):
        experiment = varied(
            Experiment(), data={"dataset": "spiral"}, network={"hidden": (8,) * 4, "activation": activation}
        )
        run = begin([varied(experiment, network={"seed": seed}) for seed in range(5)])
        layers = layer_statistics(run)
        return np.median(layers[-1].gradient_norm / layers[0].gradient_norm)

    assert ratio("sigmoid") > 50 * ratio("relu")


def test_measuring_leaves_the_run_alone():
    run, _ = advance(begin(Experiment()), steps=3)
    twin, _ = advance(begin(Experiment()), steps=3)

    layer_statistics(run)
    gradient(run)[...] = 7

    np.testing.assert_array_equal(run.parameters, twin.parameters)
    np.testing.assert_array_equal(advance(run, steps=5)[0].parameters, advance(twin, steps=5)[0].parameters)
