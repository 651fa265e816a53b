"""Evaluation: losses, accuracy and R² against plain loops."""

import math

import numpy as np
import pytest
from hypothesis import given

from engine import Experiment, advance, begin, evaluate, set_parameter
from engine.registries.penalties import PENALTIES
from engine.registries.scalers import SCALERS
from engine.samples import points
from tests.support.plain import (
    OBJECTIVES,
    plain_inputs,
    plain_is_right,
    plain_loss,
    plain_predictions,
    plain_sums,
    unflatten,
)
from tests.support.strategies import experiments, law, varied

PARTS = ("train", "validation", "test")
FIELDS = tuple(f"{part}_{figure}" for figure in ("loss", "accuracy", "r2") for part in PARTS)


def plainly(experiment, parameters):
    """Return loss, accuracy and R² over the training, the validation and the test samples, in loops."""
    data = experiment.data
    objective = experiment.objective.loss, experiment.problem
    layers = unflatten(experiment.sizes, parameters)
    drawn, targets = points(data)
    inputs = plain_inputs(experiment.features, data.scaling, drawn.tolist(), data.training_samples)
    judged = []
    for features, (y,) in zip(inputs, targets.tolist(), strict=True):
        z = plain_sums(layers, experiment.network.activations, features)[-1]
        judged.append(
            (
                plain_loss(objective, z, y),
                plain_is_right(experiment.problem, z, y),
                (plain_predictions(objective, z)[0] - y) ** 2,
                y,
            )
        )
    start, stop = data.training_samples, data.samples - data.test_samples
    results = []
    for part in (judged[:start], judged[start:stop], judged[stop:]):
        if not part:
            results.append((math.nan, math.nan, math.nan))
            continue
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


@pytest.mark.parametrize("validation_fraction", [0.0, 0.1])
@pytest.mark.parametrize("objective", OBJECTIVES, ids="-".join)
@pytest.mark.parametrize("epochs", [0, 3])
def test_losses_accuracy_and_r2_are_those_of_plain_loops(objective, epochs, validation_fraction):
    loss, problem = objective
    experiment = varied(
        Experiment.model_validate({"features": ["x1", "x2", "x1x2"]}),
        data={
            "dataset": {"classification": "xor", "multi-class": "spiral-5", "regression": "multi-gauss"}[
                problem
            ],
            "samples": 300,
            "train_fraction": 0.7,
            "validation_fraction": validation_fraction,
            "noise": 0.1,
        },
        objective={"loss": loss},
    )
    run, _ = advance(begin(experiment), epochs=epochs)

    evaluation = evaluate(run)

    expected = plainly(experiment, run.parameters[0])
    for part, (mean_loss, accuracy, r2) in zip(PARTS, expected, strict=True):
        computed = [getattr(evaluation, f"{part}_{figure}")[0] for figure in ("loss", "accuracy", "r2")]
        if problem == "regression":
            accuracy = math.nan
        else:
            r2 = math.nan
        # Hundreds of numbers of size 1 added in another order: 1e-14; R² divides by a variance of about a tenth.
        assert computed[:2] == pytest.approx([mean_loss, accuracy], rel=1e-12, nan_ok=True)
        assert computed[2] == pytest.approx(r2, rel=1e-10, abs=1e-12, nan_ok=True)
        assert math.isnan(mean_loss) == (part == "validation" and not validation_fraction)


@pytest.mark.parametrize("classes", [3, 4, 5, 6])
@pytest.mark.parametrize("scaling", SCALERS)
def test_the_accuracy_of_many_classes_is_the_share_of_largest_sums_at_the_true_one(classes, scaling):
    experiment = Experiment.model_validate(
        {
            "data": {
                "dataset": "blobs",
                "dataset_options": {"classes": classes},
                "samples": 200,
                "noise": 0.5,
                "validation_fraction": 0.2,
                "label_flips": 0.2,
                "scaling": scaling,
            }
        }
    )
    run, _ = advance(begin(experiment), epochs=5)

    evaluation = evaluate(run)

    expected = [accuracy for _, accuracy, _ in plainly(experiment, run.parameters[0])]
    computed = [getattr(evaluation, f"{part}_accuracy")[0] for part in PARTS]
    assert computed == pytest.approx(expected, rel=1e-12)  # one product
    assert all(0 < accuracy < 1 for accuracy in computed)


def test_an_untrained_network_of_zeros_knows_nothing_of_many_classes():
    experiment = Experiment.model_validate(
        {"data": {"dataset": "spiral-5", "validation_fraction": 0.1}, "network": {"initializer": "zeros"}}
    )

    evaluation = evaluate(begin(experiment))

    for part in PARTS:  # a mean of the same number
        assert getattr(evaluation, f"{part}_loss")[0] == pytest.approx(math.log(5), rel=1e-12)


def test_without_validation_samples_the_figures_of_the_others_are_the_same_and_its_own_are_missing():
    halves = varied(Experiment(), data={"samples": 300, "train_fraction": 0.5})
    thirds = varied(halves, data={"validation_fraction": 0.2})

    without, with_some = evaluate(begin(halves)), evaluate(begin(thirds))

    assert np.isnan([without.validation_loss, without.validation_accuracy, without.validation_r2]).all()
    np.testing.assert_array_equal(without.train_loss, with_some.train_loss)
    # Validation samples are those that else are the first of the test: 60 of 150.
    together = 0.4 * with_some.validation_loss + 0.6 * with_some.test_loss
    np.testing.assert_allclose(together, without.test_loss, rtol=1e-13)  # another order of adding up


@law(30)
@given(experiment=experiments())
def test_every_number_is_there_once_per_network_and_in_its_range(experiment):
    evaluation = evaluate(begin(experiment))

    for field in FIELDS:
        values = getattr(evaluation, field)
        assert values.shape == (1,)
        assert values.dtype == np.float64
    assert evaluation.train_loss[0] >= 0
    for part in PARTS:
        missing = part == "validation" and not experiment.data.validation_samples
        accuracy, r2 = getattr(evaluation, f"{part}_accuracy")[0], getattr(evaluation, f"{part}_r2")[0]
        if experiment.problem == "regression":
            assert np.isnan(accuracy)
            assert not r2 > 1
        else:
            assert np.isnan(r2)
            assert np.isnan(accuracy) if missing else 0 <= accuracy <= 1
        assert np.isnan(getattr(evaluation, f"{part}_loss")[0]) == missing


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
@pytest.mark.parametrize("dataset", ["circle", "plane", "spiral-3"])
def test_more_samples_than_fit_at_once_are_evaluated_as_all_of_them(dataset, replicas):
    first = Experiment.model_validate(
        {
            "data": {
                "dataset": dataset,
                "samples": 10_000,
                "train_fraction": 0.75,
                "validation_fraction": 0.1,
            }
        }
    )
    run = begin([varied(first, network={"seed": seed}) for seed in range(replicas)])

    evaluation = evaluate(run)

    drawn, targets = points(first.data)
    for i in range(replicas):
        hidden, second, output = (layer[i] for layer in run.layout.layers(run.parameters))
        below = np.tanh(drawn @ hidden[:, :-1].T + hidden[:, -1])
        below = np.tanh(below @ second[:, :-1].T + second[:, -1])
        z = below @ output[:, :-1].T + output[:, -1]
        if dataset == "spiral-3":
            true = z[np.arange(10_000), targets[:, 0].astype(int)]
            losses = np.log(np.exp(z).sum(axis=1)) - true
        else:
            losses = ((np.tanh(z) if dataset == "circle" else z) - targets)[:, 0] ** 2 / 2
        # Thousands of numbers below 2, added in another order.
        assert evaluation.train_loss[i] == pytest.approx(losses[:7500].mean(), rel=1e-12)
        assert evaluation.validation_loss[i] == pytest.approx(losses[7500:8500].mean(), rel=1e-12)
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


def test_networks_of_one_shape_that_take_turns_are_each_evaluated_on_their_own_samples():
    runs = [begin(varied(Experiment(), data={"seed": seed})) for seed in range(2)]

    losses = [evaluate(runs[turn]).test_loss[0] for turn in (0, 1, 0)]

    first, second = (plainly(run.experiment, run.parameters[0])[2][0] for run in runs)
    assert losses == pytest.approx([first, second, first], rel=1e-12)  # other orders of adding up
    assert first != pytest.approx(second, rel=1e-3)
