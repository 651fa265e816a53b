"""Experiment: points that people bring along."""

import pytest

from engine import Experiment
from engine.user_messages import UserMessage
from tests.support.validation import POINTS, assert_refused, assert_unfit, refusals


def own(count, **data):
    return {"data": {"points": POINTS[:1] * count if count > 500 else POINTS[:count], **data}}


@pytest.mark.parametrize("count", [10, 11, 500, 5000])
def test_ten_to_five_thousand_own_points_are_as_many_samples(count):
    experiment = Experiment.model_validate(own(count))

    assert experiment.data.samples == count
    assert len(experiment.data.points or ()) == count


@pytest.mark.parametrize(
    ("count", "allowed"),
    [
        (0, UserMessage("entries-at-least", {"limit": "10"})),
        (9, UserMessage("entries-at-least", {"limit": "10"})),
        (5001, UserMessage("entries-at-most", {"limit": "5000"})),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else "",
)
def test_too_few_or_too_many_own_points_are_refused(count, allowed):
    experiment = own(count)

    assert_unfit(experiment, "data.points", experiment["data"]["points"], allowed)


def test_the_number_of_samples_must_be_that_of_the_own_points():
    assert_refused(own(20, samples=19), "data.samples", "own-samples", samples="19", points=20)


@pytest.mark.parametrize(("name", "value"), [("classic_seed", "0.5"), ("minority_share", 0.1)])
def test_own_points_have_neither_a_classic_seed_nor_a_rare_class(name, value):
    field = f"data.{name}"

    assert_refused(own(20, **{name: value}), field, "one-of-both", name=field, other="data.points")


@pytest.mark.parametrize(
    ("value", "allowed"),
    [
        *((value, UserMessage("finite")) for value in (float("nan"), float("inf"), float("-inf"))),
        (-1000.5, UserMessage("at-least", {"limit": "-1000"})),
        *((value, UserMessage("at-most", {"limit": "1000"})) for value in (1000.5, 1e300)),
        *((value, UserMessage("number")) for value in ("1", True, None)),
    ],
    ids=lambda value: value.key if isinstance(value, UserMessage) else repr(value),
)
@pytest.mark.parametrize("column", range(3))
def test_coordinates_and_targets_are_numbers_between_minus_and_plus_a_thousand(column, value, allowed):
    points = [list(point) for point in POINTS[:12]]
    points[7][column] = value

    assert_unfit({"data": {"points": points}}, f"data.points.7.{column}", value, allowed)


@pytest.mark.parametrize("point", [[1.0, 2.0], [1.0, 2.0, 3.0, 4.0], [], 5, "abc", None], ids=repr)
def test_an_own_point_is_three_numbers(point):
    refused = refusals({"data": {"points": [*POINTS[:12], point]}})

    assert refused[0].field.startswith("data.points.12")


@pytest.mark.parametrize(
    ("targets", "problem"),
    [
        ([1.0, -1.0], "classification"),
        ([1.0, 1.0], "classification"),
        ([1.0, -0.999], "regression"),
        ([0.0, 1.0], "regression"),
        ([2.0, -1.0], "regression"),
    ],
)
@pytest.mark.parametrize("dataset", ["circle", "plane"])
def test_targets_of_only_minus_one_and_one_are_classes_whatever_the_data_set(dataset, targets, problem):
    points = [[0.0, float(i), targets[i % 2]] for i in range(10)]

    experiment = Experiment.model_validate({"data": {"dataset": dataset, "points": points}})

    assert experiment.problem == problem


def test_a_loss_for_classes_does_not_go_with_own_values():
    points = [[0.0, float(i), 0.5 * i] for i in range(10)]

    assert_refused(
        {"data": {"points": points}, "objective": {"loss": "hinge"}},
        "objective.loss",
        "loss-problem",
        loss="'hinge'",
        problem="regression",
        data="data.points",
        allowed="half-squared-error, huber, absolute-error",
    )


def own_classes(*targets, **data):
    """Return ten own points with these targets in turn."""
    return {"data": {"points": [[0.0, float(i), targets[i % len(targets)]] for i in range(10)], **data}}


@pytest.mark.parametrize("dataset", ["circle", "plane", "blobs"])
@pytest.mark.parametrize("classes", [3, 4, 5, 6])
def test_own_points_may_have_three_to_six_classes_whatever_the_data_set(classes, dataset):
    experiment = Experiment.model_validate(own_classes(0.0, 2.0, 1.0, point_classes=classes, dataset=dataset))

    assert experiment.problem == "multi-class"
    assert experiment.data.classes == experiment.outputs == classes
    assert experiment.objective.loss == "softmax-cross-entropy"


@pytest.mark.parametrize("target", [-1.0, 3.0, 0.5, 2.0001])
def test_with_many_classes_targets_are_class_numbers(target):
    experiment = own_classes(0.0, 1.0, 2.0, target, point_classes=3)

    wrong = f"{target:g}"
    assert_refused(experiment, "data.points", "own-target", target=wrong, position=3, classes=3, last=2)


def test_as_many_classes_as_are_said_make_room_for_their_numbers():
    allowed = Experiment.model_validate(own_classes(0.0, 3.0, point_classes=4))

    assert allowed.outputs == 4
    assert refusals(own_classes(0.0, 3.0, point_classes=3))[0].field == "data.points"


@pytest.mark.parametrize("targets", [(1.0, -1.0), (0.5, 0.0)])
@pytest.mark.parametrize("dataset", ["circle", "plane", "blobs"])
def test_own_points_of_two_classes_or_of_values_have_one_output_whatever_the_data_set(dataset, targets):
    experiment = Experiment.model_validate(own_classes(*targets, dataset=dataset))

    assert experiment.outputs == 1
    assert experiment.data.classes == (2 if targets == (1.0, -1.0) else 0)
    assert experiment.objective.loss == "half-squared-error"


def test_without_own_points_their_number_of_classes_means_nothing():
    experiment = Experiment.model_validate({"data": {"point_classes": 5}})

    assert (experiment.problem, experiment.outputs, experiment.data.classes) == ("classification", 1, 2)
