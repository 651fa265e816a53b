"""Experiment: which values go together, and what follows from which."""

import pytest

from engine import Experiment
from engine.experiment import Data, Objective
from engine.registries.datasets import DATASETS
from engine.registries.initializers import INITIALIZERS
from engine.registries.losses import LOSSES
from engine.tf_playground_random import DATASETS as CLASSIC_DATASETS
from tests.support.validation import POINTS, assert_refused, refusals


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss_goes_only_with_its_problems(dataset, loss):
    values = {"data": {"dataset": dataset}, "objective": {"loss": loss}}

    if DATASETS[dataset].problem in LOSSES[loss].outputs:
        assert Experiment.model_validate(values).objective.loss == loss
    else:
        problem = DATASETS[dataset].problem
        allowed = ", ".join(key for key, row in LOSSES.items() if problem in row.outputs)
        combination = {"loss": repr(loss), "problem": problem, "data": dataset}
        assert_refused(values, "objective.loss", "loss-problem", **combination, allowed=allowed)


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=lambda row: row.key)
def test_the_number_of_samples_is_the_data_sets_own_unless_given(dataset):
    default = Experiment.model_validate({"data": {"dataset": dataset.key}})
    chosen = Experiment.model_validate({"data": {"dataset": dataset.key, "samples": 77}})

    assert default.data.samples == dataset.samples
    assert chosen.data.samples == 77


def test_an_alias_of_a_data_set_brings_its_number_of_samples():
    assert Experiment.model_validate({"data": {"dataset": "reg_gauss"}}).data.samples == 1200


@pytest.mark.parametrize("key", DATASETS)
def test_there_is_one_output_per_class_if_there_are_more_than_two(key):
    experiment = Experiment.model_validate({"data": {"dataset": key}, "network": {"hidden": [5]}})

    outputs = {"blobs": 4, "spiral-3": 3, "spiral-5": 5}.get(key, 1)
    assert experiment.outputs == outputs
    assert experiment.sizes == (2, 5, outputs)
    assert experiment.parameters == 3 * 5 + 6 * outputs
    assert experiment.data.classes == {"regression": 0, "classification": 2}.get(experiment.problem, outputs)


@pytest.mark.parametrize("classes", [3, 4, 5, 6])
def test_blobs_have_as_many_outputs_as_they_are_told(classes):
    experiment = Experiment.model_validate(
        {"data": {"dataset": "blobs", "dataset_options": {"classes": classes}}}
    )

    assert experiment.outputs == experiment.data.classes == classes


@pytest.mark.parametrize("objective", [{}, {"penalty": "l2"}], ids=str)
@pytest.mark.parametrize("key", DATASETS)
def test_the_loss_is_the_first_that_fits_the_problem_unless_given(key, objective):
    experiment = Experiment.model_validate({"data": {"dataset": key}, "objective": objective})

    first = next(loss for loss, row in LOSSES.items() if DATASETS[key].problem in row.outputs)
    assert experiment.objective.loss == first
    assert experiment.objective.penalty == objective.get("penalty", "none")


@pytest.mark.parametrize("data", [Data(dataset="blobs"), {"dataset": "BLOBS"}], ids=["model", "spelled"])
def test_data_that_are_validated_already_or_spelled_otherwise_bring_their_loss_as_well(data):
    assert Experiment.model_validate({"data": data}).objective.loss == "softmax-cross-entropy"


def test_an_objective_that_says_no_loss_gets_the_problems_and_one_that_says_it_keeps_it():
    data = Data(dataset="spiral-3")

    silent = Experiment(data=data, objective=Objective(penalty="elastic-net", penalty_rate=0.1))

    assert silent.objective.loss == "softmax-cross-entropy"
    assert silent.objective.penalty_options == {"share": 0.5}
    assert silent.objective.penalty_rate == 0.1
    spoken = {"data": data, "objective": Objective(loss="half-squared-error")}
    assert [refusal.user_message.key for refusal in refusals(spoken)] == ["loss-problem"]
    for loss in ("half-squared-error", "hinge"):  # of two classes nothing is changed
        assert Experiment(objective=Objective(loss=loss)).objective.loss == loss


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"dataset": "nonsense"}, "data.dataset"),
        ({"dataset": 5}, "data.dataset"),
        ({"dataset": "blobs", "dataset_options": {"classes": 7}}, "data.dataset_options.classes"),
        ({"dataset": "blobs", "dataset_options": {"classes": 2}}, "data.dataset_options.classes"),
        ({"dataset": "blobs", "dataset_options": 3}, "data.dataset_options"),
        ({"points": 5, "point_classes": 3}, "data.points"),
        ({"points": POINTS, "point_classes": "3"}, "data.point_classes"),
    ],
    ids=str,
)
def test_data_that_are_wrong_are_refused_themselves_not_their_loss(data, field):
    assert {refusal.field for refusal in refusals({"data": data})} == {field}


def test_a_rule_that_watches_validation_samples_needs_some():
    without = {"training": {"stop": "Early Stopping"}}

    assert_refused(without, "training.stop", "stop-validation", stop="'early-stopping'")
    with_some = {"training": {"stop": "early-stopping"}, "data": {"validation_fraction": 0.001}}
    assert Experiment.model_validate(with_some).data.validation_samples == 1


@pytest.mark.parametrize(
    ("samples", "train", "validation"), [(500, 0.5, 0.5), (10, 0.9, 0.1), (10, 0.9, 0.05), (100, 0.75, 0.25)]
)
def test_some_sample_must_be_left_for_the_test(samples, train, validation):
    data = {"samples": samples, "train_fraction": train, "validation_fraction": validation}

    shares = {"validation": str(validation), "training": str(train)}
    assert_refused({"data": data}, "data.validation_fraction", "no-test", **shares)


def test_one_sample_is_enough_for_the_test():
    data = {"samples": 10, "train_fraction": 0.8, "validation_fraction": 0.1}

    assert Experiment.model_validate({"data": data}).data.test_samples == 1


@pytest.mark.parametrize("key", [key for key, row in DATASETS.items() if row.problem == "regression"])
def test_in_regression_there_is_no_rare_class(key):
    experiment = {"data": {"dataset": key, "minority_share": 0.1}}

    assert_refused(experiment, "data.minority_share", "minority-regression", share="0.1")


def test_a_classic_seed_draws_no_rare_class():
    experiment = {"data": {"classic_seed": "0.5", "minority_share": 0.1}}

    field = "data.minority_share"
    assert_refused(experiment, field, "one-of-both", name=field, other="data.classic_seed")


@pytest.mark.parametrize("key", [key for key in DATASETS if key not in CLASSIC_DATASETS])
def test_only_data_sets_of_the_original_have_a_classic_seed(key):
    experiment = {"data": {"dataset": key, "classic_seed": "0.5"}}

    allowed = ", ".join(CLASSIC_DATASETS)
    assert_refused(experiment, "data.dataset", "classic-dataset", dataset=repr(key), allowed=allowed)


@pytest.mark.parametrize("key", [key for key in INITIALIZERS if key not in ("classic", "zeros")])
def test_a_classic_seed_draws_the_weights_of_the_original_only(key):
    experiment = {"data": {"classic_seed": "0.5"}, "network": {"initializer": key}}

    wrong = {"initializer": repr(key), "allowed": "classic, zeros"}
    assert_refused(experiment, "network.initializer", "classic-initializer", **wrong)


@pytest.mark.parametrize("seed", ["", "x" * 65, "\n", "é", 5, 0.5], ids=repr)
def test_a_classic_seed_is_up_to_sixty_four_plain_letters(seed):
    assert refusals({"data": {"classic_seed": seed}})[0].field == "data.classic_seed"


@pytest.mark.parametrize("dataset", CLASSIC_DATASETS)
def test_with_a_classic_seed_the_samples_are_half_and_half(dataset):
    experiment = {"data": {"dataset": dataset, "samples": 11, "classic_seed": "0.5"}}

    assert_refused(experiment, "data.samples", "classic-odd", samples="11")
