"""Trace: every factor by hand, every product of factors to the last digit, and the gradient of training."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine import Experiment, advance, begin, evaluate, gradient, set_parameter, trace, trace_sample
from engine.insight.layer_activations import layer_activations
from engine.registries.losses import LOSSES
from engine.registries.scalers import SCALERS
from engine.samples import points, rows
from tests.support import numeric, plain
from tests.support.strategies import experiments, law, stacks, varied
from tests.support.validation import raises_naming


def known(value):
    """Return what there is only with a target."""
    assert value is not None
    return value


def flat_gradient(traced):
    """Join the gradients of all layers as in the flat parameter vector."""
    return np.concatenate([layer.gradient.ravel() for layer in known(traced.backward)])


# --------------------------------------------------------------------------------------------- consistent with itself


def added(numbers):
    """Add from left to right, as people and loops do."""
    total, *others = numbers
    for number in others:
        total += number
    return total


def assert_consistent(traced, experiment):
    """Multiply and add the factors of a trace in plain Python; all must come out to the last digit."""
    forward, backward = traced.forward, traced.backward
    functions = layer_activations(experiment)
    for layer in forward:
        for u, i in np.ndindex(layer.weights.shape):
            assert layer.products[u, i] == layer.weights[u, i] * layer.inputs[i]
        assert layer.sums.tolist() == [added(row) for row in layer.products.tolist()]
        assert layer.inputs[-1] == 1
    for below, above, row in zip(forward, forward[1:], functions, strict=False):
        assert above.inputs[:-1].tolist() == below.outputs.tolist()
        apply, _ = plain.PLAIN_ACTIVATIONS[row.key]
        expected = [apply(z) for z in below.sums]
        np.testing.assert_allclose(below.outputs, expected, rtol=1e-12, atol=1e-14)  # a few roundings
    from_sum = LOSSES[experiment.objective.loss].from_sum
    for i, (ahead, back) in enumerate(zip(forward, backward, strict=True)):
        is_output = i == len(forward) - 1
        if is_output:
            assert back.flow is None
            assert (back.output_errors is None) == (back.slopes is None) == from_sum
        else:
            above, error = forward[i + 1], backward[i + 1].sum_errors
            for u, v in np.ndindex(back.flow.shape):
                assert back.flow[u, v] == above.weights[u, v] * error[u]
            assert back.output_errors.tolist() == [added(column) for column in back.flow.T.tolist()]
        if not (is_output and from_sum):
            for u, error in enumerate(back.sum_errors):
                assert error == back.output_errors[u] * back.slopes[u]
        for u, j in np.ndindex(ahead.weights.shape):
            assert back.gradient[u, j] == back.sum_errors[u] * ahead.inputs[j]


@law(60)
@given(stack=stacks(smallest=1), data=st.data())
def test_the_factors_multiply_to_the_gradient_to_the_last_digit(stack, data):
    run, _ = advance(begin(stack), steps=2)
    assume(np.abs(run.parameters).max() < 1e6)
    replica = data.draw(st.integers(0, len(stack) - 1))
    sample = data.draw(st.integers(0, stack[0].data.samples - 1))

    traced = trace_sample(run, sample, replica=replica)

    assert_consistent(traced, stack[replica])
    for layer, weights in zip(traced.forward, run.layout.layers(run.parameters), strict=True):
        np.testing.assert_array_equal(layer.weights, weights[replica])


# ------------------------------------------------------------------------------------------- consistent with training


@law(60)
@given(stack=stacks(smallest=1), data=st.data())
def test_the_gradient_is_that_of_training_on_this_one_sample(stack, data):
    run = begin(stack)
    replica = data.draw(st.integers(0, len(stack) - 1))
    one = stack[replica]
    sample = data.draw(st.integers(0, one.data.samples - 1))
    row = rows(one.data, one.features)[sample : sample + 1]

    traced = trace_sample(run, sample, replica=replica)

    expected = numeric.gradient(
        run.layout,
        layer_activations(one),
        LOSSES[one.objective.loss],
        run.parameters[replica : replica + 1],
        row[:, : len(one.features)],
        row[:, len(one.features) + 1 :],
    )[0]
    scale = np.abs(expected).max()
    np.testing.assert_allclose(flat_gradient(traced), expected, rtol=1e-9, atol=1e-11 * (1 + scale))


@law(60)
@given(experiment=experiments(), point=st.tuples(st.floats(-6, 6), st.floats(-6, 6)), y=st.floats(-2, 2))
def test_the_gradient_is_the_derivative_of_the_loss(experiment, point, y):
    assume("step" not in experiment.network.activations)  # learns with a slope that is not its own
    run = begin(experiment)
    wanted = y if experiment.problem == "regression" else math.copysign(1, y)
    target = [wanted] if experiment.outputs == 1 else np.eye(experiment.outputs)[int(abs(y))].tolist()
    traced = trace(run, point, target)
    assume(
        np.abs(traced.forward[0].inputs).max() < 1e3
    )  # else the loss bends within a step of the differences
    loss = LOSSES[experiment.objective.loss]
    near = numeric.distance_to_kinks(
        run.layout,
        layer_activations(experiment),
        loss,
        run.parameters[0],
        traced.forward[0].inputs[None, :-1],
        np.array([target]),
    )
    assume(near > 1e-3)

    for layer, back in enumerate(known(traced.backward)):
        for unit, input_ in np.ndindex(back.gradient.shape):
            place = run.layout.offsets[layer] + unit * back.gradient.shape[1] + input_
            weight = run.parameters[0, place]

            def loss_at(value, place=place):
                parameters = run.parameters.copy()
                parameters[0, place] = value[0]
                return trace(replace(run, parameters=parameters), point, target).loss

            slope = numeric.central_differences(loss_at, np.array([weight]))[0]
            assert back.gradient[unit, input_] == pytest.approx(slope, rel=1e-4, abs=1e-6)


# ------------------------------------------------------------------------------------------------------------ by hand


def test_xor_by_hand():
    # Two hidden units of two inputs, one output; numbers short enough for paper.
    experiment = varied(Experiment(), data={"dataset": "xor"}, network={"hidden": (2,), "activation": "relu"})
    run = begin(experiment)
    for place, value in {
        (0, 0, 0): 1.0,
        (0, 0, 1): 2.0,
        (0, 0, -1): -1.0,
        (0, 1, 0): -3.0,
        (0, 1, 1): 1.0,
        (0, 1, -1): 0.5,
        (1, 0, 0): 0.25,
        (1, 0, 1): 0.75,
        (1, 0, -1): 0.125,
    }.items():
        run = set_parameter(run, *place, value)

    traced = trace(run, (1.0, 0.5), -1)

    hidden, output = traced.forward
    assert hidden.inputs.tolist() == [1, 0.5, 1]
    assert hidden.products.tolist() == [[1, 1, -1], [-3, 0.5, 0.5]]
    assert hidden.sums.tolist() == [1, -2]
    assert hidden.outputs.tolist() == [1, 0]
    assert output.inputs.tolist() == [1, 0, 1]
    assert output.products.tolist() == [[0.25, 0, 0.125]]
    assert output.sums.tolist() == [0.375]
    a = math.tanh(0.375)
    assert output.outputs.tolist() == [pytest.approx(a, rel=1e-15)]
    assert traced.loss == pytest.approx((a + 1) ** 2 / 2, rel=1e-15)
    below, last = known(traced.backward)
    delta = (a + 1) * (1 - a * a)
    assert last.flow is None
    assert last.output_errors == pytest.approx([a + 1])
    assert last.slopes == pytest.approx([1 - a * a])
    assert last.sum_errors == pytest.approx([delta])
    assert last.gradient == pytest.approx(np.array([[delta, 0, delta]]))
    assert below.flow == pytest.approx(np.array([[0.25 * delta, 0.75 * delta]]))
    assert below.output_errors == pytest.approx([0.25 * delta, 0.75 * delta])
    assert known(below.slopes).tolist() == [1, 0]
    assert below.sum_errors == pytest.approx([0.25 * delta, 0])
    assert below.gradient == pytest.approx(0.25 * delta * np.array([[1, 0.5, 1], [0, 0, 0]]))


@pytest.mark.parametrize(
    ("loss", "from_sum"), [("hinge", True), ("logistic-cross-entropy", True), ("huber", False)]
)
def test_where_the_slope_cancels_there_is_no_dl_da(loss, from_sum):
    traced = trace(begin(varied(Experiment(), objective={"loss": loss})), (1, 2), 1)

    *hidden, output = known(traced.backward)
    assert (output.output_errors is None, output.slopes is None) == (from_sum, from_sum)
    assert output.sum_errors.shape == (1,)
    assert all(layer.output_errors is not None for layer in hidden)


def test_without_a_target_there_is_no_way_back():
    run = begin(Experiment())

    traced = trace(run, (1.5, -2.0))

    assert (traced.target, traced.loss, traced.backward) == (None, None, None)
    for ours, with_target in zip(traced.forward, trace(run, (1.5, -2.0), 1).forward, strict=True):
        np.testing.assert_array_equal(ours.outputs, with_target.outputs)


@law(30)
@given(stack=stacks(smallest=1), data=st.data())
def test_a_sample_is_the_point_with_its_target(stack, data):
    run = begin(stack)
    replica = data.draw(st.integers(0, len(stack) - 1))
    sample = data.draw(st.integers(0, stack[0].data.samples - 1))
    places, targets = points(stack[replica].data)

    ours = trace_sample(run, sample, replica=replica)
    target = targets[sample].tolist()
    if stack[0].problem == "multi-class":
        target = [float(number == target[0]) for number in range(stack[0].outputs)]
    same = trace(run, places[sample].tolist(), target, replica=replica)

    assert ours.point.tolist() == same.point.tolist() == places[sample].tolist()
    assert known(ours.target).tolist() == known(same.target).tolist() == target
    assert ours.loss == same.loss
    np.testing.assert_array_equal(flat_gradient(ours), flat_gradient(same))


@pytest.mark.parametrize("classes", [3, 4, 5, 6])
@pytest.mark.parametrize("scaling", SCALERS)
def test_many_classes_have_an_output_each_whose_error_is_probability_minus_target(scaling, classes):
    experiment = Experiment.model_validate(
        {
            "data": {"dataset": "blobs", "dataset_options": {"classes": classes}, "scaling": scaling},
            "features": ["x1", "x2", "x1x2"],
            "objective": {"dropout": 0.5, "input_noise": 0.5},
        }
    )
    run, _ = advance(begin(experiment), epochs=2)
    target = [0.0] * (classes - 1) + [1.0]

    traced = trace(run, (1, 2), target)

    assert_consistent(traced, experiment)
    hidden, output = traced.forward[-2:]
    *_, back = known(traced.backward)
    assert output.weights.shape == back.gradient.shape == (classes, 3)
    assert known(traced.backward)[-2].flow.shape == (classes, 2)
    assert (back.output_errors, back.slopes) == (None, None)
    powers = [math.exp(z) for z in output.sums]
    probabilities = [power / math.fsum(powers) for power in powers]
    np.testing.assert_allclose(output.outputs, probabilities, rtol=1e-13)  # a few roundings
    np.testing.assert_array_equal(back.sum_errors, output.outputs - target)
    assert traced.loss == pytest.approx(-math.log(probabilities[-1]), rel=1e-12)
    np.testing.assert_array_equal(back.gradient, np.outer(back.sum_errors, [*hidden.outputs, 1.0]))
    # What the network reads is scaled, by what the training samples are like.
    drawn = [[1.0, 2.0], *points(experiment.data)[0].tolist()]
    training = experiment.data.training_samples
    read = plain.plain_inputs(experiment.features, scaling, drawn[1:] + drawn[:1], training)[-1]
    np.testing.assert_allclose(traced.forward[0].inputs[:-1], read, rtol=1e-12)  # a mean in another order


@pytest.mark.parametrize(
    ("data", "objective"),
    [
        ({"dataset": "spiral-3", "scaling": "standardise", "label_flips": 0.2}, {"dropout": 0.3}),
        ({"dataset": "blobs", "scaling": "unit-range", "minority_share": 0.1}, {"dropout": 0.3}),
        ({"dataset": "multi-gauss", "scaling": "standardise"}, {"dropout": 0.3}),
        *(({}, {"loss": loss}) for loss, row in LOSSES.items() if "classification" in row.outputs),
    ],
    ids=lambda groups: groups.get("loss") or groups.get("dataset", ""),
)
def test_all_samples_together_have_the_losses_and_the_gradient_of_the_run(data, objective):
    experiment = Experiment.model_validate(
        {
            "data": {"samples": 60, "validation_fraction": 0.2, **data},
            "features": ["x1", "x1²"],
            "objective": objective,
        }
    )
    run, _ = advance(begin(experiment), epochs=5)

    traces = [trace_sample(run, sample) for sample in range(60)]

    evaluation = evaluate(run)
    for part, loss in (
        (traces[:30], evaluation.train_loss),
        (traces[30:42], evaluation.validation_loss),
        (traces[42:], evaluation.test_loss),
    ):
        assert np.mean([one.loss for one in part]) == pytest.approx(loss[0], rel=1e-12)  # another order
    np.testing.assert_allclose(
        np.mean([flat_gradient(one) for one in traces[:30]], axis=0), gradient(run)[0], rtol=1e-11, atol=1e-14
    )


def test_a_trace_is_the_callers_own():
    run = begin(Experiment())

    traced = trace_sample(run, 0)
    for array in (traced.point, known(traced.target), traced.forward[0].inputs, traced.forward[0].weights):
        array[...] = 7

    assert trace_sample(run, 0).forward[0].weights[0, 0] == run.parameters[0, 0] != 7
    assert trace_sample(run, 0).forward[0].inputs[0] == rows(run.experiment.data, ("x1", "x2"))[0, 0]


def test_huge_parameters_do_not_warn():
    run = set_parameter(begin(varied(Experiment(), network={"activation": "linear"})), 0, 0, 0, 1e300)

    assert trace(run, (1e9, 1), 1).forward[0].sums[0] > 1e300


# ------------------------------------------------------------------------------------------------------------ refused


@pytest.mark.parametrize("point", [(1.0,), (1.0, 2.0, 3.0), (1.0, math.nan), (-math.inf, 0.0), 3.0])
def test_what_is_no_point_is_refused(point):
    with raises_naming("point", point, "x1", "x2"):
        trace(begin(Experiment()), point)


@pytest.mark.parametrize(
    ("dataset", "target", "allowed"),
    [
        *(
            ("circle", target, 1) for target in (math.nan, math.inf, (1.0, -1.0))
        ),  # as many numbers as outputs
        *(("spiral-3", target, 3) for target in (1, [1.0, 0.0], [1.0, 0.0, math.nan], [1.0, 0.0, 0.0, 0.0])),
        ("circle", 0.5, "−1"),  # one of the classes
        *(
            ("spiral-3", target, 0)
            for target in ([0.0] * 3, [1.0, 1.0, 0.0], [0.5, 0.5, 0.0], [1.0, -1.0, -1.0])
        ),
    ],
    ids=str,
)
def test_a_target_that_is_no_class_or_not_as_many_numbers_as_outputs_is_refused(dataset, target, allowed):
    with raises_naming("target", target, allowed):
        trace(begin(Experiment.model_validate({"data": {"dataset": dataset}})), (1, 2), target)


def test_in_regression_any_number_is_a_target():
    regression = begin(varied(Experiment(), data={"dataset": "plane"}))

    assert known(trace(regression, (1, 2), 0.5).target).tolist() == [0.5]


@pytest.mark.parametrize("replica", [-1, 2])
@pytest.mark.parametrize(
    "look", [lambda run, i: trace(run, (1, 2), replica=i), lambda run, i: trace_sample(run, 0, replica=i)]
)
def test_a_replica_that_is_not_there_is_refused(look, replica):
    run = begin([Experiment()] * 2)

    with raises_naming("replica", replica, "0 … 1"):
        look(run, replica)


@pytest.mark.parametrize("sample", [-1, 500])
def test_a_sample_that_is_not_there_is_refused(sample):
    with raises_naming("sample", sample, "0 … 499"):
        trace_sample(begin(Experiment()), sample)
