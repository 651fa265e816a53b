"""Run: which experiments train together."""

import numpy as np
import pytest
from hypothesis import given

from engine import Experiment, begin
from engine.worlds.stack_rules import MAY_DIFFER
from tests.support import strategies
from tests.support.strategies import law, stacks, varied
from tests.support.validation import raises_naming

DEFAULT = Experiment()


def test_stacks_are_drawn_with_everything_that_may_differ():
    with_a_choice = {"data.dataset_options", "network.initializer_options"}

    assert {*strategies.MAY_DIFFER} | with_a_choice == MAY_DIFFER


@law(30)
@given(stack=stacks())
def test_a_stack_begins_as_its_networks_would_alone(stack):
    run = begin(stack)

    np.testing.assert_array_equal(run.parameters, np.vstack([begin(one).parameters for one in stack]))


@pytest.mark.parametrize(
    ("groups", "name"),
    [
        ({"data": {"samples": 100}}, "data.samples"),
        ({"data": {"train_fraction": 0.6}}, "data.train_fraction"),
        ({"data": {"validation_fraction": 0.1}}, "data.validation_fraction"),
        ({"data": {"dataset": "plane"}}, "data.dataset"),
        ({"data": {"dataset": "blobs"}, "objective": {"loss": "softmax-cross-entropy"}}, "data.dataset"),
        ({"network": {"hidden": (4, 3)}}, "network.hidden"),
        ({"network": {"activation": "relu"}}, "network.activation"),
        ({"objective": {"loss": "logistic-cross-entropy"}}, "objective.loss"),
        ({"objective": {"penalty": "l1"}}, "objective.penalty"),
        ({"training": {"batch_size": 11}}, "training.batch_size"),
        ({"training": {"batching": "sequential"}}, "training.batching"),
        ({"training": {"optimizer": "adam"}}, "training.optimizer"),
        ({"training": {"schedule": "cosine"}}, "training.schedule"),
        ({"training": {"stop": "plateau"}}, "training.stop"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_train_together_is_refused_by_name(groups, name):
    with raises_naming("experiment 2", name):
        begin([DEFAULT, DEFAULT, varied(DEFAULT, **groups)])


def test_other_features_cannot_train_together():
    with raises_naming("experiment 1", "features"):
        begin([DEFAULT, Experiment(features=("x2", "x1"))])


def many_classes(**data):
    return Experiment.model_validate({"data": {"samples": 60, **data}})


def test_as_many_classes_can_train_together_wherever_they_come_from():
    own = [[0.5 * i, 1.0, float(i % 3)] for i in range(60)]
    stack = [
        many_classes(dataset="spiral-3"),
        many_classes(dataset="blobs", dataset_options={"classes": 3}),
        many_classes(points=own, point_classes=3),
    ]

    run = begin(stack)

    assert run.replicas == 3
    np.testing.assert_array_equal(run.parameters, np.vstack([begin(one).parameters for one in stack]))


@pytest.mark.parametrize(
    ("first", "other", "name"),
    [
        ({"dataset": "spiral-3"}, {"dataset": "spiral-5"}, "data.dataset"),
        ({"dataset": "spiral-3"}, {"dataset": "blobs"}, "data.dataset"),
        (
            {"dataset": "blobs"},
            {"dataset": "blobs", "dataset_options": {"classes": 5}},
            "data.dataset_options",
        ),
        (
            {"points": [[1.0, 2.0, 0.0]] * 60, "point_classes": 3},
            {"points": [[1.0, 2.0, 0.0]] * 60, "point_classes": 4},
            "data.point_classes",
        ),
        (
            {"dataset": "spiral-3"},
            {"dataset": "spiral-3", "points": [[1.0, 2.0, 0.0]] * 60, "point_classes": 5},
            "data.points",
        ),
    ],
)
def test_different_numbers_of_classes_cannot_train_together_and_the_field_is_named(first, other, name):
    with raises_naming("experiment 1", name):
        begin([many_classes(**first), many_classes(**other)])


def own_points(targets):
    return [[float(i), float(-i), target] for i, target in enumerate(targets)]


def test_own_points_of_one_problem_can_train_together_and_those_of_two_cannot():
    classes, other_classes, values = (
        Experiment.model_validate({"data": {"points": own_points(targets)}})
        for targets in ([1.0, -1.0] * 5, [-1.0, 1.0] * 5, [0.5, -1.0] * 5)
    )

    assert begin([classes, other_classes]).replicas == 2
    with raises_naming("experiment 1", "data.points"):
        begin([classes, values])


def test_own_points_and_a_data_set_can_train_together_if_they_pose_the_same_problem():
    points = own_points([1.0, -1.0] * 5)
    drawn = Experiment.model_validate({"data": {"samples": 10}})
    own = Experiment.model_validate({"data": {"points": points}})
    values = Experiment.model_validate({"data": {"dataset": "plane", "points": points}})  # the points decide

    assert begin([drawn, own]).replicas == 2
    assert begin([drawn, values]).replicas == 2


@pytest.mark.parametrize("count", [0, 257])
def test_a_stack_has_one_to_256_networks(count):
    with raises_naming("1 … 256", count):
        begin([DEFAULT] * count)


def test_a_stack_of_256_is_allowed():
    assert begin([DEFAULT] * 256).replicas == 256
