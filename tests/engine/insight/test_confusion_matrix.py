"""Scores: confusion by hand, and laws that tie it to the accuracy."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Experiment, advance, begin, confusion, evaluate, set_parameter
from engine.insight.confusion_matrix import Confusion, count
from engine.registries.scalers import SCALERS
from engine.samples import points
from tests.support import plain
from tests.support.strategies import experiments, law, stacks, varied
from tests.support.validation import raises_naming

X1 = (-2.0, -0.8, -0.1, 0.1, 0.3, 0.9, 1.5, -0.5, 0.5, 0.7)
TARGETS = (-1.0, -1.0, 1.0, -1.0, 1.0, 1.0, 1.0, 1.0, -1.0, 1.0)


def by_hand(loss="hinge"):
    """Return a network that answers x1 for ten points, the first seven for training."""
    experiment = Experiment.model_validate(
        {
            "data": {
                "points": [[x1, 0.0, y] for x1, y in zip(X1, TARGETS, strict=True)],
                "train_fraction": 0.7,
                "shuffled": False,
            },
            "features": ["x1"],
            "network": {"hidden": []},
            "objective": {"loss": loss},
        }
    )
    return set_parameter(set_parameter(begin(experiment), 0, 0, 0, 1.0), 0, 0, -1, 0.0)


def test_rows_are_true_and_columns_predicted_classes_blue_first():
    counted = confusion(by_hand())

    # Blue (+1): −0.1 is missed, 0.3, 0.9 and 1.5 are found. Orange: −2 and −0.8 are found, 0.1 is missed.
    assert counted.train.tolist() == [[[3, 1], [1, 2]]]
    assert counted.test.tolist() == [[[1, 1], [1, 0]]]
    assert counted.train.dtype == counted.test.dtype == np.int64


@pytest.mark.parametrize(
    ("threshold", "train"),
    [
        (0.0, [[4, 0], [3, 0]]),
        (0.4, [[4, 0], [1, 2]]),  # from −0.2 on
        (0.6, [[3, 1], [0, 3]]),  # from 0.2 on
        (0.9, [[2, 2], [0, 3]]),  # from 0.8 on
        (1.0, [[1, 3], [0, 3]]),  # from 1 on: the output of 1.5 counts as certain
    ],
)
def test_the_threshold_moves_samples_from_one_column_to_the_other(threshold, train):
    assert confusion(by_hand(), threshold=threshold).train[0].tolist() == train


def test_the_threshold_is_a_probability_whatever_the_loss():
    # The logistic output is 2p − 1, and p = ¾ at z = log 3 = 1.0986….
    counted = confusion(by_hand("logistic-cross-entropy"), threshold=0.75)

    assert counted.train[0].tolist() == [[1, 3], [0, 3]]


def test_recall_and_precision_of_each_class():
    counted = confusion(by_hand())

    assert counted.train_recall.tolist() == [[3 / 4, 2 / 3]]
    assert counted.train_precision.tolist() == [[3 / 4, 2 / 3]]
    assert counted.test_recall.tolist() == [[1 / 2, 0]]
    assert counted.test_precision.tolist() == [[1 / 2, 0]]


def test_rows_give_recall_and_columns_precision():
    counts = np.array([[[6, 2], [1, 3]]])

    counted = Confusion(train=counts, validation=2 * counts, test=counts)

    for recall in (counted.train_recall, counted.validation_recall, counted.test_recall):
        assert recall.tolist() == [[6 / 8, 3 / 4]]
    for precision in (counted.train_precision, counted.validation_precision, counted.test_precision):
        assert precision.tolist() == [[6 / 7, 3 / 5]]


def test_shares_of_nothing_are_not_a_number():
    counted = confusion(by_hand(), threshold=0.0)
    none_of_class_0 = replace(counted, train=np.array([[[0, 0], [1, 3]]]))

    assert counted.train_precision[0, 0] == 4 / 7
    assert math.isnan(counted.train_precision[0, 1])  # none was taken for orange
    assert counted.train_recall[0].tolist() == [1, 0]
    assert math.isnan(none_of_class_0.train_recall[0, 0])


def parts_of(data):
    """Return the numbers of the samples for training, for validation and for the test."""
    ends = data.training_samples, data.samples - data.test_samples
    return {"train": slice(ends[0]), "validation": slice(*ends), "test": slice(ends[1], None)}


@law(80)
@given(stack=stacks(smallest=1, problems=("classification", "multi-class")))
def test_every_sample_is_counted_once_and_the_diagonal_is_the_accuracy(stack):
    run = begin(stack)

    counted, evaluation = confusion(run), evaluate(run)

    for i, one in enumerate(stack):
        targets = points(one.data)[1][:, 0]
        labels = [1.0, -1.0] if one.outputs == 1 else range(one.outputs)
        for part, samples in parts_of(one.data).items():
            counts, accuracy = getattr(counted, part)[i], getattr(evaluation, f"{part}_accuracy")[i]
            assert counts.sum(axis=1).tolist() == [(targets[samples] == label).sum() for label in labels]
            if counts.sum():
                assert np.trace(counts) / counts.sum() == pytest.approx(accuracy, rel=1e-14)  # two roundings
            else:
                assert part == "validation"
                assert math.isnan(accuracy)


@pytest.mark.parametrize("classes", [3, 4, 5, 6])
@pytest.mark.parametrize("scaling", SCALERS)
def test_many_classes_are_counted_as_in_plain_loops(scaling, classes):
    experiment = Experiment.model_validate(
        {
            "data": {
                "dataset": "blobs",
                "dataset_options": {"classes": classes},
                "samples": 200,
                "noise": 0.6,
                "validation_fraction": 0.2,
                "label_flips": 0.2,
                "scaling": scaling,
            },
            "objective": {"dropout": 0.2},
        }
    )
    run, _ = advance(begin(experiment), epochs=5)

    counted = confusion(run)

    data = experiment.data
    drawn, targets = points(data)
    inputs = plain.plain_inputs(experiment.features, scaling, drawn.tolist(), data.training_samples)
    layers = plain.unflatten(experiment.sizes, run.parameters[0])
    for part, samples in parts_of(data).items():
        expected = np.zeros((classes, classes))
        for features, (true,) in zip(inputs[samples], targets[samples].tolist(), strict=True):
            sums = plain.plain_sums(layers, experiment.network.activations, features)[-1]
            expected[int(true), sums.index(max(sums))] += 1
        np.testing.assert_array_equal(getattr(counted, part), [expected])
        wrong = expected.sum() - np.trace(expected)
        assert 0 < wrong < expected.sum()


def test_classes_whose_probabilities_are_equal_but_for_rounding_are_told_apart_as_in_the_accuracy():
    experiment = Experiment.model_validate(
        {"data": {"dataset": "spiral-3"}, "network": {"hidden": [], "initializer": "zeros"}}
    )
    run = begin(experiment)
    for class_, bias in enumerate((1e-20, 3e-20, 2e-20)):
        run = set_parameter(run, 0, class_, -1, bias)

    counted = confusion(run)

    assert counted.test[0].sum(axis=0).tolist() == [0, experiment.data.test_samples, 0]
    accuracy = np.trace(counted.test[0]) / counted.test[0].sum()
    assert accuracy == pytest.approx(evaluate(run).test_accuracy[0], rel=1e-14)  # two roundings


@law(40)
@given(
    experiment=experiments(problems=("classification",)),
    thresholds=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_a_higher_threshold_never_finds_more_of_the_positive_class(experiment, thresholds):
    run = begin(experiment)

    low, high = (confusion(run, threshold=threshold).train[0, :, 0] for threshold in sorted(thresholds))

    assert (high <= low).all()


def test_accuracy_hides_a_class_of_few_and_recall_does_not():
    # 95 of 100 are blue, so whoever always answers blue has an accuracy of .95.
    generator = np.random.default_rng(0)
    targets = np.where(np.arange(400) % 20 < 19, 1.0, -1.0)
    places = targets[:, None] + 1.8 * generator.standard_normal((400, 2))
    own = [[*place, target] for place, target in zip(places.tolist(), targets.tolist(), strict=True)]
    run, _ = advance(begin(varied(Experiment(), data={"points": own, "samples": 400})), epochs=10)

    counted = confusion(run)

    assert evaluate(run).test_accuracy[0] > 0.9
    assert counted.test_recall[0, 0] > 0.95
    assert counted.test_recall[0, 1] < 0.5
    assert confusion(run, threshold=0.95).test_recall[0, 1] > counted.test_recall[0, 1] + 0.2


def test_more_than_two_classes_are_counted_by_pairs():
    true = np.array([[0, 1, 2, 2, 2], [2, 2, 0, 0, 1]])
    predicted = np.array([[0, 2, 2, 2, 1], [2, 0, 0, 0, 0]])

    counts = count(true, predicted, 3)

    assert counts.tolist() == [[[1, 0, 0], [0, 0, 1], [0, 1, 2]], [[2, 0, 0], [1, 0, 0], [1, 0, 1]]]
    assert counts.dtype == np.int64


@pytest.mark.parametrize("threshold", [-0.1, 1.01, math.nan, math.inf])
def test_a_threshold_that_is_no_probability_is_refused(threshold):
    with raises_naming("threshold", threshold, "0 … 1"):
        confusion(begin(Experiment()), threshold=threshold)


def test_a_regression_is_refused_by_the_name_of_its_data():
    with raises_naming("plane", "regression"):
        confusion(begin(varied(Experiment(), data={"dataset": "plane"})))

    own = [[float(i), 0.0, float(i)] for i in range(10)]
    with raises_naming("data.points", "regression"):
        confusion(begin(Experiment.model_validate({"data": {"points": own}})))


def test_huge_parameters_are_counted_without_a_warning():
    run = set_parameter(begin(Experiment()), 0, 0, 0, 1e300)

    assert confusion(run).train.sum() == Experiment().data.training_samples


def test_a_threshold_is_not_for_more_than_two_classes():
    run = begin(Experiment.model_validate({"data": {"dataset": "spiral-3"}}))

    with raises_naming("threshold", 0.7, 3):
        confusion(run, threshold=0.7)
