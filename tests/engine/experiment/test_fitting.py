"""A changed field, and the other fields adapted so that all fit together."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from engine import Experiment
from engine.experiment import changed_fields, field_value, fields
from engine.field_values import nested
from engine.fitting import fit
from engine.schema import REGISTRIES
from engine.user_messages import LocalizedError, format_value
from tests.support.strategies import experiments, law

CLASSES = [[index / 10, 1, index % 3] for index in range(12)]
LABELS = [[index / 10, 1, index % 2 * 2 - 1] for index in range(12)]
VALUES = [[index / 10, 1, index / 12] for index in range(12)]


def having(**values: Any) -> Experiment:
    """Return the default experiment with other values, whose names have ``__`` in place of the dot."""
    return Experiment.model_validate(
        nested({name.replace("__", "."): value for name, value in values.items()})
    )


def notes(experiment: Experiment, changes: dict[str, Any]) -> list[tuple[str, dict[str, str]]]:
    fitted = fit(experiment, changes)
    return [
        (note.key, {name: format_value(value) for name, value in note.values.items()})
        for note in fitted.notes
    ]


def test_another_dataset_of_the_same_problem_changes_nothing_else() -> None:
    before = having(data__samples=200, data__minority_share=0.2)
    fitted = fit(before, {"data.dataset": "xor"})

    assert changed_fields(before, fitted.experiment) == ("data.dataset",)
    assert fitted.notes == ()


def test_a_dataset_of_another_problem_brings_its_samples_and_a_loss_that_fits() -> None:
    before = having(objective__loss="logistic-cross-entropy")
    plane = fit(before, {"data.dataset": "plane"})

    assert (plane.experiment.problem, plane.experiment.data.samples) == ("regression", 1200)
    assert plane.experiment.objective.loss == "half-squared-error"
    assert plane.notes == ()


def test_a_loss_that_fits_the_other_problem_too_is_kept() -> None:
    there = fit(having(objective__loss="huber"), {"data.dataset": "plane"}).experiment

    assert there.objective.loss == "huber"


def test_many_classes_bring_softmax_and_the_options_of_their_dataset_and_take_both_away_again() -> None:
    there = fit(Experiment(), {"data.dataset": "blobs"}).experiment
    back = fit(there, {"data.dataset": "circle"}).experiment

    assert there.objective.loss == "softmax-cross-entropy"
    assert set(there.data.dataset_options) == {"classes"}
    assert (back.objective.loss, dict(back.data.dataset_options)) == ("half-squared-error", {})


def test_a_field_that_does_not_apply_to_the_new_problem_returns_to_its_default() -> None:
    rare = having(data__minority_share=0.2, data__label_flips=0.1)
    plane = fit(rare, {"data.dataset": "plane"}).experiment.data

    assert (plane.minority_share, plane.label_flips) == (0, 0.1)
    assert fit(rare, {"data.dataset": "blobs"}).experiment.data.minority_share == 0.2


@pytest.mark.parametrize("also", [{}, {"data.points": None}])
def test_a_dataset_takes_the_place_of_own_points(also: dict[str, Any]) -> None:
    own = fit(Experiment(), {"data.points": CLASSES, "data.point_classes": 3}).experiment
    back = fit(own, {"data.dataset": "circle", **also}).experiment

    assert own.objective.loss == "softmax-cross-entropy"
    assert (back.data.points, back.data.point_classes, back.data.samples) == (None, 2, 500)
    assert back.objective.loss == "half-squared-error"


@pytest.mark.parametrize(
    ("points", "classes", "problem"),
    [(CLASSES, 3, "multi-class"), (LABELS, 2, "classification"), (VALUES, 2, "regression")],
)
def test_own_points_set_their_number_and_what_goes_with_their_problem(
    points: list[list[float]], classes: int, problem: str
) -> None:
    before = having(data__minority_share=0.2, data__classic_seed=None)
    changes = {"data.points": points, "data.point_classes": classes}
    fitted = fit(before, changes)

    assert (fitted.experiment.problem, fitted.experiment.data.samples) == (problem, 12)
    assert fitted.experiment.data.minority_share == 0
    assert [note.key for note in fitted.notes] == ["own-no-minority"]
    assert notes(having(data__classic_seed="0.5"), changes) == []


def test_of_training_and_validation_the_other_share_is_lowered_so_that_a_test_sample_remains() -> None:
    more = having(data__validation_fraction=0.3)
    full = having(data__train_fraction=0.9)

    experiment = fit(more, {"data.train_fraction": 0.9}).experiment
    assert (experiment.data.train_fraction, experiment.data.validation_fraction) == (0.9, 0.05)
    assert notes(more, {"data.train_fraction": 0.9}) == [
        ("share-lowered", {"label": "Validation share", "share": "5\u202f%"})
    ]
    experiment = fit(full, {"data.validation_fraction": 0.5}).experiment
    assert (experiment.data.train_fraction, experiment.data.validation_fraction) == (0.4, 0.5)
    assert notes(full, {"data.validation_fraction": 0.5}) == [
        ("share-lowered", {"label": "Training share", "share": "40\u202f%"})
    ]


def test_with_any_samples_and_shares_there_are_samples_for_the_test() -> None:
    names = ("data.samples", "data.train_fraction", "data.validation_fraction")
    for values in itertools.product((10, 11, 50), (0.1, 0.5, 0.8, 0.9), (0.0, 0.05, 0.1, 0.45, 0.5)):
        for last in itertools.permutations(zip(names, values, strict=True)):
            experiment = Experiment()
            for name, value in last:
                experiment = fit(experiment, {name: value}).experiment
            assert field_value(experiment, last[-1][0]) == last[-1][1]


def test_a_stop_rule_that_watches_validation_samples_gets_some() -> None:
    rule = {"training.stop": "early-stopping"}
    full = having(data__train_fraction=0.9)
    label = REGISTRIES["training.stop"]["early-stopping"].label

    data = fit(Experiment(), rule).experiment.data
    assert (data.validation_fraction, data.train_fraction) == (0.2, 0.5)
    assert notes(Experiment(), rule) == [("stop-gets-validation", {"rule": label, "share": "20\u202f%"})]
    data = fit(full, rule).experiment.data
    assert (data.validation_fraction, data.train_fraction) == (0.2, 0.7)
    assert [key for key, _ in notes(full, rule)] == ["stop-gets-validation", "share-lowered"]


def test_a_rule_that_needs_none_or_finds_some_changes_nothing_else() -> None:
    some = having(data__validation_fraction=0.1)

    assert fit(Experiment(), {"training.stop": "epochs"}).experiment.data.validation_fraction == 0
    assert fit(some, {"training.stop": "early-stopping"}).experiment.data.validation_fraction == 0.1
    assert notes(some, {"training.stop": "early-stopping"}) == []


def test_without_validation_samples_such_a_rule_is_left() -> None:
    early = fit(Experiment(), {"training.stop": "early-stopping"}).experiment

    none = fit(early, {"data.validation_fraction": 0})
    assert (none.experiment.training.stop, dict(none.experiment.training.stop_options)) == ("never", {})
    assert [note.key for note in none.notes] == ["stop-left"]
    few = fit(early, {"data.samples": 10, "data.validation_fraction": 0.05}).experiment
    squeezed = fit(few, {"data.train_fraction": 0.9}).experiment
    assert (squeezed.data.validation_fraction, squeezed.training.stop) == (0, "never")


def test_another_row_of_a_choice_gets_its_default_options_unless_they_are_set_too() -> None:
    before = having(training__optimizer="momentum", training__optimizer_options={"momentum": 0.5})

    def options(changes: dict[str, Any]) -> dict[str, float]:
        return dict(fit(before, changes).experiment.training.optimizer_options)

    assert options({"training.optimizer": "momentum"}) == {"momentum": 0.5}
    assert options({"training.optimizer": "adam"})["beta1"] == 0.9
    assert (
        options({"training.optimizer": "adam", "training.optimizer_options": {"beta1": 0.5}})["beta1"] == 0.5
    )


def test_activations_by_layer_follow_the_layers_and_features_are_in_order() -> None:
    before = having(network__hidden=[3, 2], network__activation=["relu", "tanh"])

    def network(changes: dict[str, Any]) -> Any:
        return fit(before, changes).experiment.network

    assert network({"network.hidden": [3, 2, 2]}).activation == ("relu", "tanh", "tanh")
    assert network({"network.hidden": [3]}).activation == ("relu",)
    assert network({"network.hidden": []}).activation == "tanh"
    assert network({"network.hidden": [3], "network.activation": "elu"}).activation == "elu"
    assert fit(before, {"features": ["x2", "x1x2", "x1"]}).experiment.features == ("x1", "x2", "x1x2")
    unordered = having(features=["x2", "x1"])
    assert changed_fields(unordered, fit(unordered, {"data.noise": 0.1}).experiment) == ("data.noise",)


@pytest.mark.parametrize(
    ("name", "value", "key", "why"),
    [
        ("data.dataset", "spiral-3", "classic-seed-lost", "no-classic-dataset"),
        ("network.initializer", "he", "classic-seed-lost", "no-classic-initializer"),
        ("data.minority_share", 0.2, "classic-seed-lost", "no-classic-minority"),
        ("data.samples", 101, "classic-seed-lost", "no-classic-odd"),
        ("data.seed", 5, "classic-seed-left", None),
        ("network.seed", 5, "classic-seed-left", None),
    ],
)
def test_the_seed_of_the_original_is_left_when_it_cannot_draw_what_was_asked_for(
    name: str, value: Any, key: str, why: str | None
) -> None:
    fitted = fit(having(data__classic_seed="0.12345"), {name: value})

    assert fitted.experiment.data.classic_seed is None
    (note,) = fitted.notes
    assert (note.key, getattr(note.values.get("why"), "key", None)) == (key, why)


def test_the_seed_of_the_original_stays_with_all_other_changes() -> None:
    for changes in ({"data.dataset": "xor"}, {"training.learning_rate": 1}, {"network.hidden": [8]}):
        fitted = fit(having(data__classic_seed="0.12345"), changes)
        assert (fitted.experiment.data.classic_seed, fitted.notes) == ("0.12345", ())


@pytest.mark.parametrize(
    ("changes", "field", "key"),
    [
        ({"training.learning_rate": "fast"}, "training.learning_rate", "value"),
        ({"network.hidden": [4, 99]}, "network.hidden.1", "value"),
        ({"training.optimizer": "magic"}, "training.optimizer", "of-field"),
        ({"training.rate": 1}, "training.rate", "unknown-name-here"),
        ({"data": {"samples": 20}}, "data", "unknown-name-here"),
        ({"": 1}, "''", "unknown-name-here"),
    ],
)
def test_a_bad_value_is_refused_and_named(changes: dict[str, Any], field: str, key: str) -> None:
    with pytest.raises(LocalizedError) as refused:
        fit(Experiment(), changes)

    assert (refused.value.field, refused.value.user_message.key) == (field, key)


def test_values_that_contradict_each_other_are_refused() -> None:
    for changes in (
        {"objective.loss": "softmax-cross-entropy"},
        {"training.optimizer_options": {"momentum": 0.5}},
        {"data.points": CLASSES, "data.point_classes": 3, "data.samples": 13},
    ):
        with pytest.raises(ValidationError):
            fit(Experiment(), changes)


BOUND = {
    "data.samples",  # follow from own points
    "data.minority_share",  # not with regression, own points or a classic seed
    "data.points",
    "data.point_classes",
    "data.classic_seed",
    "features",  # of them and hidden units there may be too many parameters
    "network.hidden",
    "network.activation",  # one per layer
    "objective.loss",  # of the problem
}


@given(st.data(), experiments(), experiments())
@law(150)
def test_each_field_of_any_experiment_can_be_set_in_any_other_one(
    data: st.DataObject, before: Experiment, other: Experiment
) -> None:
    """A law: the value is set and everything else fits; only fields that depend on others may be refused."""
    name = data.draw(st.sampled_from(sorted(fields())))
    value = field_value(other, name)
    try:
        fitted = fit(before, {name: value}).experiment
    except ValidationError:
        assert name in BOUND or name.endswith("_options")
        return
    assert fitted == fit(fitted, {name: value}).experiment
    if name != "features" and not name.endswith("_options"):  # features are sorted, options completed
        assert field_value(fitted, name) == value


@pytest.mark.parametrize(
    ("changes", "training", "validation", "stop"),
    [
        ({"training.stop": "early-stopping", "data.train_fraction": 0.9}, 0.9, 0.05, "early-stopping"),
        ({"training.stop": "early-stopping", "data.validation_fraction": 0.0}, 0.5, 0.0, "never"),
    ],
)
def test_a_share_that_was_set_is_kept_if_another_field_can_give_way(
    changes: dict[str, Any], training: float, validation: float, stop: str
) -> None:
    experiment = fit(Experiment(), changes).experiment

    assert experiment.data.train_fraction == training
    assert experiment.data.validation_fraction == validation
    assert experiment.training.stop == stop
