"""Evaluation: losses, accuracy and R² against plain loops."""

import math

import numpy as np
import pytest
from hypothesis import given

from engine import Experiment, advance, begin, evaluate, set_parameter
from engine.penalties import PENALTIES
from engine.samples import points
from tests.support.numeric import PLAIN_FEATURES, PLAIN_OBJECTIVES, plain_sums, unflatten
from tests.support.strategies import experiments, law, stacks, varied

FIELDS = ("train_loss", "test_loss", "train_accuracy", "test_accuracy", "train_r2", "test_r2")


def plainly(experiment, parameters):
    """Return loss, accuracy and R² over the training and over the test samples, in loops."""
    predict, loss, _ = PLAIN_OBJECTIVES[experiment.objective.loss, experiment.problem]
    layers = unflatten(experiment.sizes, parameters)
    drawn, targets = points(experiment.data)
    judged = []
    for (x1, x2), (y,) in zip(drawn.tolist(), targets.tolist(), strict=True):
        features = [PLAIN_FEATURES[key](x1, x2) for key in experiment.features]
        z = plain_sums(layers, experiment.network.activations, features)[-1][0]
        judged.append((loss(z, y), (predict(z) >= 0) == (y > 0), (predict(z) - y) ** 2, y))
    split = experiment.data.training_samples
    results = []
    for part in (judged[:split], judged[split:]):
        mean = math.fsum(y for *_, y in part) / len(part)
        variance = math.fsum((y - mean) ** 2 for *_, y in part)
        results.append(
            (
                math.fsum(one[0] for one in part) / len(part),
                sum(one[1] for one in part) / len(part),
                1 - math.fsum(one[2] for one in part) / variance if variance else math.nan,
            )
        )
    return results


@pytest.mark.parametrize("objective", PLAIN_OBJECTIVES, ids="-".join)
@pytest.mark.parametrize("epochs", [0, 3])
def test_losses_accuracy_and_r2_are_those_of_plain_loops(objective, epochs):
    loss, problem = objective
    experiment = varied(
        Experiment.model_validate({"features": ["x1", "x2", "x1x2"]}),
        data={
            "dataset": {"classification": "xor", "regression": "multi-gauss"}[problem],
            "samples": 300,
            "train_fraction": 0.7,
            "noise": 0.1,
        },
        objective={"loss": loss},
    )
    run, _ = advance(begin(experiment), epochs=epochs)

    evaluation = evaluate(run)

    train, test = plainly(experiment, run.parameters[0])
    # Hundreds of numbers of size 1 added in another order: 1e-14; R² divides by a variance of about a tenth.
    assert evaluation.train_loss[0] == pytest.approx(train[0], rel=1e-12)
    assert evaluation.test_loss[0] == pytest.approx(test[0], rel=1e-12)
    if problem == "classification":
        assert evaluation.train_accuracy[0] == pytest.approx(train[1], rel=1e-12)
        assert evaluation.test_accuracy[0] == pytest.approx(test[1], rel=1e-12)
        assert np.isnan([evaluation.train_r2[0], evaluation.test_r2[0]]).all()
    else:
        assert evaluation.train_r2[0] == pytest.approx(train[2], rel=1e-10, abs=1e-12)
        assert evaluation.test_r2[0] == pytest.approx(test[2], rel=1e-10, abs=1e-12)
        assert np.isnan([evaluation.train_accuracy[0], evaluation.test_accuracy[0]]).all()


@law(40)
@given(stack=stacks())
def test_a_stack_is_evaluated_as_its_networks_would_be_alone(stack):
    together, _ = advance(begin(stack), steps=3)

    evaluation = evaluate(together)

    for i, one in enumerate(stack):
        alone = evaluate(advance(begin(one), steps=3)[0])
        for field in FIELDS:
            np.testing.assert_array_equal(getattr(evaluation, field)[i], getattr(alone, field)[0])


@law(30)
@given(experiment=experiments())
def test_every_number_is_there_once_per_network_and_in_its_range(experiment):
    evaluation = evaluate(begin(experiment))

    for field in FIELDS:
        values = getattr(evaluation, field)
        assert values.shape == (1,)
        assert values.dtype == np.float64
    assert evaluation.train_loss[0] >= 0
    if experiment.problem == "classification":
        assert 0 <= evaluation.train_accuracy[0] <= 1
    else:
        assert not evaluation.train_r2[0] > 1


@pytest.mark.parametrize("penalty", PENALTIES)
def test_the_loss_does_not_include_the_penalty(penalty):
    plain = Experiment()
    penalised = varied(plain, objective={"penalty": penalty, "penalty_rate": 10.0})

    assert evaluate(begin(penalised)).train_loss == evaluate(begin(plain)).train_loss


def test_an_untrained_network_of_zeros_scores_one_half():
    experiment = varied(Experiment(), network={"initializer": "zeros"})

    evaluation = evaluate(begin(experiment))

    assert evaluation.train_loss[0] == evaluation.test_loss[0] == 0.5


@pytest.mark.parametrize("replicas", [1, 3])
@pytest.mark.parametrize("dataset", ["circle", "plane"])
def test_more_samples_than_fit_at_once_are_evaluated_as_all_of_them(dataset, replicas):
    first = varied(Experiment(), data={"dataset": dataset, "samples": 10_000, "train_fraction": 0.85})
    run = begin([varied(first, network={"seed": seed}) for seed in range(replicas)])

    evaluation = evaluate(run)

    drawn, targets = points(first.data)
    for i in range(replicas):
        hidden, second, output = (layer[i] for layer in run.layout.layers(run.parameters))
        below = np.tanh(drawn @ hidden[:, :-1].T + hidden[:, -1])
        below = np.tanh(below @ second[:, :-1].T + second[:, -1])
        z = below @ output[:, :-1].T + output[:, -1]
        losses = ((np.tanh(z) if dataset == "circle" else z) - targets)[:, 0] ** 2 / 2
        # Thousands of numbers below 1, added in another order.
        assert evaluation.train_loss[i] == pytest.approx(losses[:8500].mean(), rel=1e-12)
        assert evaluation.test_loss[i] == pytest.approx(losses[8500:].mean(), rel=1e-12)


def test_evaluation_does_not_warn_when_the_loss_overflows():
    run = set_parameter(begin(varied(Experiment(), data={"dataset": "plane"})), 2, 0, 0, 1e300)

    evaluation = evaluate(run)

    assert np.isinf(evaluation.train_loss).all()


@pytest.mark.parametrize("own_data", [False, True])
def test_a_stack_too_large_for_one_group_is_evaluated_as_its_networks_would_be_alone(own_data):
    # 500 samples go through 16 networks at a time: 16, 16 and 5 of them.
    stack = [varied(Experiment(), network={"seed": i}, data={"seed": i * own_data}) for i in range(37)]
    run, report = advance(begin(stack), epochs=1)

    evaluation = evaluate(run)

    for i in (0, 15, 16, 31, 32, 36):
        alone, own = advance(begin(stack[i]), epochs=1)
        np.testing.assert_array_equal(report.test_loss[i], own.test_loss[0])
        for field in FIELDS:
            np.testing.assert_array_equal(getattr(evaluation, field)[i], getattr(evaluate(alone), field)[0])
