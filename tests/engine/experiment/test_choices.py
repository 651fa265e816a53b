"""Experiment: names of fields and of choices, in every spelling that is understood."""

import pytest

from engine import Experiment
from engine.experiment import fields
from engine.schema import REGISTRIES
from engine.user_messages import UserMessage
from tests.support.validation import assert_refused, assert_unfit, needed_by, nested, refusals

CHOICES = [
    pytest.param(name, name_of_row, row.key, id=f"{name}-{name_of_row}")
    for name, registry in REGISTRIES.items()
    for row in registry.values()
    for name_of_row in (row.key, row.key.upper(), *row.aliases)
]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"dta": {}}, "dta"),
        ({"data": {"sample_count": 5}}, "data.sample_count"),
        ({"network": {"layers": [4]}}, "network.layers"),
        ({"objective": {"weight_decay": 0.1}}, "objective.weight_decay"),
        ({"training": {"momentum": 0.9}}, "training.momentum"),
        ({"training": {"patience": 5}}, "training.patience"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_unknown_key_is_refused_by_name_with_the_known_ones(values, field):
    group, _, _ = field.rpartition(".")
    known = [name.removeprefix(f"{group}.") for name in fields() if name.startswith(f"{group}.")]

    names = ", ".join(known if group else Experiment.model_fields)
    assert_refused(values, field, "unknown-name-here", name=field, names=names)


@pytest.mark.parametrize(("name", "spelled", "key"), CHOICES)
def test_every_row_can_be_chosen_by_key_alias_and_in_any_case(name, spelled, key):
    values = nested(name, [spelled] if name == "features" else spelled)

    experiment = Experiment.model_validate(needed_by(name, key) | values)

    chosen = experiment
    for part in name.split("."):
        chosen = getattr(chosen, part)
    assert chosen == ((key,) if name == "features" else key)


@pytest.mark.parametrize("name", REGISTRIES)
def test_an_unknown_choice_is_refused_with_all_that_is_allowed(name):
    values = nested(name, ["nonsense"] if name == "features" else "nonsense")
    field = "features.0" if name == "features" else name
    subject, allowed = REGISTRIES[name].subject, ", ".join(REGISTRIES[name])

    unknown = UserMessage("unknown-choice", {"subject": subject, "choice": "'nonsense'", "allowed": allowed})
    assert_refused(values, field, "of-field", name=field, sentence=unknown)


@pytest.mark.parametrize("value", [5, None, True, {}], ids=repr)
@pytest.mark.parametrize("name", [name for name in REGISTRIES if name != "features"])
def test_a_choice_that_is_not_a_name_is_refused(name, value):
    assert {refusal.field for refusal in refusals(nested(name, value))} == {name}
    assert_unfit(nested(name, value), name, value, UserMessage("name"))


def test_no_features_are_refused():
    assert_unfit({"features": []}, "features", [], UserMessage("entries-at-least", {"limit": "1"}))


@pytest.mark.parametrize(
    ("features", "twice"), [(["x1", "x1"], "'x1'"), (["x1²", "x2", "X1^2"], "'x1²'")], ids=str
)
def test_the_same_feature_in_any_spelling_is_refused_twice(features, twice):
    assert_refused({"features": features}, "features", "feature-twice", feature=twice)


def test_the_order_of_features_is_kept():
    assert Experiment.model_validate({"features": ["x2", "x1"]}).features == ("x2", "x1")


def test_an_activation_holds_for_every_hidden_layer():
    experiment = Experiment.model_validate({"network": {"hidden": [3, 3, 3], "activation": "relu"}})

    assert experiment.network.activations == ("relu", "relu", "relu")


def test_every_hidden_layer_may_have_its_own_activation():
    experiment = Experiment.model_validate({"network": {"hidden": [3, 2], "activation": ["relu", "Tanh"]}})

    assert experiment.network.activations == ("relu", "tanh")


@pytest.mark.parametrize("activation", [["relu"], ["relu", "tanh", "relu"], []], ids=str)
def test_activations_must_be_as_many_as_hidden_layers(activation):
    experiment = {"network": {"hidden": [3, 2], "activation": activation}}
    counts = {"entries": len(activation), "layers": 2}

    assert_refused(experiment, "network.activation", "activations-per-layer", **counts)


@pytest.mark.parametrize("value", [None, 5, "circle", [], [1]], ids=repr)
@pytest.mark.parametrize("group", ["data", "network", "objective", "training"])
def test_a_group_that_is_not_an_object_is_refused(group, value):
    assert_unfit({group: value}, group, value, UserMessage("object"))


@pytest.mark.parametrize("name", list(fields()))
def test_every_field_has_a_label_and_an_explanation(name):
    info = fields()[name]

    assert info.title
    assert info.description.endswith(".")


@pytest.mark.parametrize(
    "name", [name for name in REGISTRIES if name not in ("features", "network.activation")]
)
def test_the_schema_lists_the_choices(name):
    group, field = name.split(".")
    schema = Experiment.model_json_schema()

    properties = schema["$defs"][group.capitalize()]["properties"]

    assert properties[field]["enum"] == list(REGISTRIES[name])
