"""Experiment: defaults, limits, what is understood and what is refused."""

import json
import re
from operator import attrgetter
from pathlib import Path
from typing import Any

import annotated_types
import pytest
from hypothesis import given
from pydantic import ValidationError

from engine import Experiment
from engine.experiment import Data, Objective, changed_fields, fields, is_live
from engine.registries.datasets import DATASETS
from engine.registries.features import FEATURES
from engine.registries.losses import LOSSES
from engine.registries.stop_rules import STOP_RULES
from engine.schema import REGISTRIES
from engine.tf_playground_random import DATASETS as CLASSIC_DATASETS
from engine.validation_errors import explain
from tests.support.strategies import experiments, law, varied

ROOT = Path(__file__).parents[2]
SEEDS = ("data.seed", "network.seed", "objective.seed", "training.seed")
LIMITS = {
    "data.samples": (10, 10_000),
    "data.noise": (0, 1),
    "data.train_fraction": (0.1, 0.9),
    "data.validation_fraction": (0, 0.5),
    "data.label_flips": (0, 0.5),
    "data.minority_share": (0, 0.5),
    "data.point_classes": (2, 6),
    "objective.penalty_rate": (0, 10),
    "objective.dropout": (0, 0.9),
    "objective.input_noise": (0, 10),
    "training.learning_rate": (0, 10),
    "training.clip_norm": (0, 100),
    "training.batch_size": (1, 10_000),
    **dict.fromkeys(SEEDS, (0, 4_294_967_295)),
}
"""What design and protocol promise; said again on purpose."""

WHOLE = ("data.samples", "data.point_classes", "training.batch_size", *SEEDS)
LIVE = {
    "network.activation",
    "objective.loss",
    "objective.penalty",
    "objective.penalty_options",
    "objective.penalty_rate",
    "objective.dropout",
    "objective.input_noise",
    "training.optimizer",
    "training.optimizer_options",
    "training.learning_rate",
    "training.schedule",
    "training.schedule_options",
    "training.clip_norm",
    "training.batch_size",
    "training.batching",
    "training.stop",
    "training.stop_options",
}
CHOICES = [
    pytest.param(name, name_of_row, row.key, id=f"{name}-{name_of_row}")
    for name, registry in REGISTRIES.items()
    for row in registry.values()
    for name_of_row in (row.key, row.key.upper(), *row.aliases)
]


def nested(name, value):
    """Return the dictionary of an experiment that says only this."""
    for part in reversed(name.split(".")):
        value = {part: value}
    return value


def needed_by(name, key):
    """Return what else an experiment has to say before a row can be chosen."""
    if name == "objective.loss" and "classification" not in LOSSES[key].outputs:
        return {"data": {"dataset": next(k for k, d in DATASETS.items() if d.problem in LOSSES[key].outputs)}}
    if name == "training.stop" and STOP_RULES[key].watches == "validation":
        return {"data": {"validation_fraction": 0.2}}
    return {}


def refusals(values):
    with pytest.raises(ValidationError) as error:
        Experiment.model_validate(values)
    return explain(error.value)


def just_outside(name):
    low, high = LIMITS[name]
    if name in WHOLE:
        return (low - 1, high + 1)
    return (low - 1e-9, high + 1e-9)


def test_the_defaults_are_those_of_the_protocol():
    documented = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    block = re.search(r"The default experiment:\s+```json\n(.*?)```", documented, re.DOTALL)

    assert block is not None
    assert Experiment().model_dump(mode="json") == json.loads(block[1])


def test_the_documented_fields_are_the_fields():
    documented = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    paragraph = re.search(r"^Fields: (.*?)\.\n\n", documented, re.DOTALL | re.MULTILINE)

    assert paragraph is not None
    assert re.findall(r"`([a-z_.]+)`", paragraph[1]) == list(fields())


def test_every_number_is_bounded():
    bounded = {
        name
        for name, info in fields().items()
        if any(isinstance(limit, annotated_types.Ge) for limit in info.metadata)
        and any(isinstance(limit, annotated_types.Le) for limit in info.metadata)
    }
    numbers = {name for name, info in fields().items() if info.annotation in (int, float)}

    assert bounded == numbers == set(LIMITS)


@pytest.mark.parametrize("name", LIMITS)
def test_both_limits_are_allowed(name):
    for value in LIMITS[name]:
        values = nested(name, value)
        if name == "data.validation_fraction":
            values["data"]["train_fraction"] = 0.4  # else nothing is left for the test
        Experiment.model_validate(values)  # would raise


@pytest.mark.parametrize(
    ("name", "value"),
    [pytest.param(name, value, id=f"{name}={value}") for name in LIMITS for value in just_outside(name)],
)
def test_just_outside_a_limit_the_refusal_names_field_value_and_range(name, value):
    refused = refusals(nested(name, value))

    low, high = LIMITS[name]
    assert [refusal.field for refusal in refused] == [name]
    assert refused[0].message == f"{name} is {value!r}; allowed: {low} … {high}"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), 1e308], ids=str)
@pytest.mark.parametrize("name", LIMITS)
def test_numbers_that_are_none_are_refused(name, value):
    refused = refusals(nested(name, value))

    low, high = LIMITS[name]
    assert refused[0].field == name
    assert f"{name} is {value!r}; " in refused[0].message
    assert refused[0].message.endswith(f"{low} … {high}")


@pytest.mark.parametrize("value", ["5", True, None, [5], {}], ids=repr)
@pytest.mark.parametrize("name", LIMITS)
def test_what_is_not_a_number_is_refused(name, value):
    refused = refusals(nested(name, value))

    assert refused[0].field == name
    assert f"{name} is {value!r}; it must be a " in refused[0].message


@pytest.mark.parametrize("name", WHOLE)
def test_whole_numbers_are_not_rounded_to(name):
    refused = refusals(nested(name, 10.5))

    assert refused[0].field == name
    assert "it must be a whole number" in refused[0].message


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
    refused = refusals(values)

    assert refused[0].field == field
    assert refused[0].message.startswith(f"{field} is not known; known here: ")


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

    message = refusals(values)[0].message

    assert message.startswith(name)
    assert "'nonsense' is unknown" in message
    assert all(key in message for key in REGISTRIES[name])


@pytest.mark.parametrize("value", [5, None, True, {}], ids=repr)
@pytest.mark.parametrize("name", [name for name in REGISTRIES if name != "features"])
def test_a_choice_that_is_not_a_name_is_refused(name, value):
    refused = refusals(nested(name, value))

    assert {refusal.field for refusal in refused} == {name}
    assert f"{name} is {value!r}" in refused[0].message


@pytest.mark.parametrize(
    ("features", "message"),
    [
        ([], "features is []; it must have at least 1 entries"),
        (["x1", "x1"], "features names 'x1' twice; each may be given once"),
        (["x1²", "x2", "X1^2"], "features names 'x1²' twice; each may be given once"),
    ],
    ids=str,
)
def test_features_are_at_least_one_and_each_once(features, message):
    refused = refusals({"features": features})

    assert (refused[0].field, refused[0].message) == ("features", message)


def test_more_features_than_there_are_are_refused():
    refused = refusals({"features": [*FEATURES, "x1"]})

    assert refused[0].field == "features"
    assert refused[0].message == f"features is {[*FEATURES, 'x1']}; it may have at most 7 entries"


def test_the_order_of_features_is_kept():
    assert Experiment.model_validate({"features": ["x2", "x1"]}).features == ("x2", "x1")


@pytest.mark.parametrize(
    ("hidden", "field", "message"),
    [
        ([4] * 20, "network.hidden", "; it may have at most 10 entries"),
        ([4] * 11, "network.hidden", f"network.hidden is {[4] * 11}; it may have at most 10 entries"),
        ([0], "network.hidden.0", "network.hidden.0 is 0; allowed: 1 … 64"),
        ([4, 65], "network.hidden.1", "network.hidden.1 is 65; allowed: 1 … 64"),
        ([2.5], "network.hidden.0", "it must be a whole number"),
        (["4"], "network.hidden.0", "it must be a whole number"),
        ([True], "network.hidden.0", "it must be a whole number"),
        ("4,2", "network.hidden", "it must be a list"),
        (4, "network.hidden", "it must be a list"),
    ],
    ids=str,
)
def test_hidden_layers_out_of_bounds_are_refused(hidden, field, message):
    refused = refusals({"network": {"hidden": hidden}})

    assert refused[0].field == field
    assert message in refused[0].message


@pytest.mark.parametrize("hidden", [[], [1], [64], [4] * 10], ids=str)
def test_none_to_ten_hidden_layers_of_one_to_sixty_four_units_are_allowed(hidden):
    experiment = Experiment.model_validate({"network": {"hidden": hidden}})

    assert experiment.sizes == (2, *hidden, 1)


def test_too_many_parameters_are_refused(monkeypatch):
    monkeypatch.setattr("engine.experiment.MAX_PARAMETERS", 24)

    refused = refusals({"network": {"hidden": [4, 2]}})

    assert refused[0].field == "network.hidden"
    assert refused[0].message == "network.hidden makes 25 parameters; at most 24 are allowed"


def test_parameters_count_weights_and_biases():
    assert Experiment().parameters == (2 + 1) * 4 + (4 + 1) * 2 + (2 + 1) * 1


def test_an_activation_holds_for_every_hidden_layer():
    experiment = Experiment.model_validate({"network": {"hidden": [3, 3, 3], "activation": "relu"}})

    assert experiment.network.activations == ("relu", "relu", "relu")


def test_every_hidden_layer_may_have_its_own_activation():
    experiment = Experiment.model_validate({"network": {"hidden": [3, 2], "activation": ["relu", "Tanh"]}})

    assert experiment.network.activations == ("relu", "tanh")


@pytest.mark.parametrize("activation", [["relu"], ["relu", "tanh", "relu"], []], ids=str)
def test_activations_must_be_as_many_as_hidden_layers(activation):
    refused = refusals({"network": {"hidden": [3, 2], "activation": activation}})

    assert refused[0].field == "network.activation"
    assert f"has {len(activation)} entries for 2 hidden layers" in refused[0].message


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss_goes_only_with_its_problems(dataset, loss):
    values = {"data": {"dataset": dataset}, "objective": {"loss": loss}}

    if DATASETS[dataset].problem in LOSSES[loss].outputs:
        assert Experiment.model_validate(values).objective.loss == loss
    else:
        refused = refusals(values)
        assert refused[0].field == "objective.loss"
        assert loss in refused[0].message
        assert DATASETS[dataset].problem in refused[0].message
        allowed = [key for key, row in LOSSES.items() if DATASETS[dataset].problem in row.outputs]
        assert refused[0].message.endswith(f"({dataset}); allowed: {', '.join(allowed)}")


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=lambda row: row.key)
def test_the_number_of_samples_is_the_data_sets_own_unless_given(dataset):
    default = Experiment.model_validate({"data": {"dataset": dataset.key}})
    chosen = Experiment.model_validate({"data": {"dataset": dataset.key, "samples": 77}})

    assert default.data.samples == dataset.samples
    assert chosen.data.samples == 77


def test_an_alias_of_a_data_set_brings_its_number_of_samples():
    assert Experiment.model_validate({"data": {"dataset": "reg_gauss"}}).data.samples == 1200


@pytest.mark.parametrize("value", [None, 5, "circle", [], [1]], ids=repr)
@pytest.mark.parametrize("group", ["data", "network", "objective", "training"])
def test_a_group_that_is_not_an_object_is_refused(group, value):
    refused = refusals({group: value})

    assert refused[0].field == group
    assert refused[0].message == f"{group} is {value!r}; it must be an object"


@law(50)
@given(experiment=experiments())
def test_json_there_and_back_is_the_same_experiment(experiment):
    again = Experiment.model_validate_json(experiment.model_dump_json())

    assert again == experiment
    assert hash(again) == hash(experiment)
    assert changed_fields(experiment, again) == ()


def test_an_experiment_can_be_a_key():
    assert len({Experiment(), Experiment(), Experiment(features=("x1",))}) == 2


@pytest.mark.parametrize(
    ("group", "name", "value"),
    [
        (None, "features", ("x1",)),
        ("data", "noise", 0.5),
        ("network", "seed", 3),
        ("training", "learning_rate", 1.0),
    ],
)
def test_an_experiment_cannot_be_changed(group, name, value):
    experiment = Experiment()

    with pytest.raises(ValidationError, match="frozen"):
        setattr(getattr(experiment, group) if group else experiment, name, value)


POINTS = [[float(i), 0.5, (-1.0) ** i] for i in range(500)]
BASES = {
    "data.dataset_options": {"data": {"dataset": "blobs"}},
    "network.initializer_options": {"network": {"initializer": "normal"}},
    "objective.penalty_options": {"objective": {"penalty": "elastic-net"}},
    "training.optimizer_options": {"training": {"optimizer": "adam"}},
    "training.schedule_options": {"training": {"schedule": "cosine"}},
    "training.stop_options": {"training": {"stop": "epochs"}},
}
"""What an experiment has to be before a field can have another value; the default for all others."""

CHANGES: dict[str, Any] = {
    "data.dataset": "xor",
    "data.dataset_options": {"classes": 5.0},
    "data.samples": 100,
    "data.noise": 0.1,
    "data.train_fraction": 0.6,
    "data.validation_fraction": 0.2,
    "data.label_flips": 0.1,
    "data.minority_share": 0.1,
    "data.scaling": "standardise",
    "data.seed": 1,
    "data.points": POINTS,
    "data.point_classes": 3,
    "data.shuffled": False,
    "data.classic_seed": "0.5",
    "features": ("x1",),
    "network.hidden": (4, 3),
    "network.activation": "relu",
    "network.initializer": "zeros",
    "network.initializer_options": {"scale": 0.1},
    "network.seed": 1,
    "objective.loss": "logistic-cross-entropy",
    "objective.penalty": "l2",
    "objective.penalty_options": {"share": 0.1},
    "objective.penalty_rate": 0.1,
    "objective.dropout": 0.1,
    "objective.input_noise": 0.1,
    "objective.seed": 1,
    "training.optimizer": "lion",
    "training.optimizer_options": {"beta1": 0.1},
    "training.learning_rate": 0.1,
    "training.schedule": "cosine",
    "training.schedule_options": {"horizon": 10.0},
    "training.clip_norm": 0.1,
    "training.batch_size": 30,
    "training.batching": "sequential",
    "training.seed": 1,
    "training.stop": "plateau",
    "training.stop_options": {"epochs": 7.0},
}


def test_a_change_of_every_field_is_tried():
    assert list(CHANGES) == list(fields())


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_field_is_named_and_with_a_choice_its_options(name):
    before = Experiment.model_validate(BASES.get(name, {}))
    group, _, field = name.rpartition(".")

    if group:
        after = varied(before, **{group: {field: CHANGES[name]}})
    else:
        after = Experiment.model_validate({name: CHANGES[name]})

    chosen = REGISTRIES.get(name)
    with_options = (
        bool(group) and chosen is not None and bool(getattr(chosen.get(CHANGES[name]), "options", ()))
    )
    expected = (name, f"{name}_options") if with_options else (name,)
    assert changed_fields(before, after) == expected
    assert changed_fields(after, before) == expected


def test_changed_fields_come_in_the_order_of_the_schema():
    after = varied(Experiment(), training={"seed": 2}, data={"noise": 0.3}, network={"hidden": [3]})

    assert changed_fields(Experiment(), after) == ("data.noise", "network.hidden", "training.seed")


def test_the_same_activation_said_twice_is_no_change():
    once = Experiment.model_validate({"network": {"activation": "tanh"}})
    twice = Experiment.model_validate({"network": {"activation": ["tanh", "tanh"]}})

    assert once.network.activations == twice.network.activations


@pytest.mark.parametrize("name", list(fields()))
def test_a_field_is_live_if_it_needs_no_new_network_and_no_new_data(name):
    assert is_live(name) == (name in LIVE)


@pytest.mark.parametrize("name", list(fields()))
def test_every_field_has_a_label_and_an_explanation(name):
    info = fields()[name]

    assert info.title
    assert info.description.endswith(".")


@pytest.mark.parametrize("name", [n for n, i in fields().items() if "suggestions" in i.json_schema_extra])
def test_everything_that_the_page_offers_is_allowed(name):
    for value in fields()[name].json_schema_extra["suggestions"]:
        whole = name in WHOLE

        Experiment.model_validate(nested(name, int(value) if whole else float(value)))  # would raise


@pytest.mark.parametrize(
    "name", [name for name in REGISTRIES if name not in ("features", "network.activation")]
)
def test_the_schema_lists_the_choices(name):
    group, field = name.split(".")
    schema = Experiment.model_json_schema()

    properties = schema["$defs"][group.capitalize()]["properties"]

    assert properties[field]["enum"] == list(REGISTRIES[name])


# ---------------------------------------------------------------------------------------------------------- options

OPTIONS = [
    pytest.param(name, row, option, id=f"{name}-{row.key}-{option.name}")
    for name, registry in REGISTRIES.items()
    for row in registry.values()
    for option in row.options
]


def choosing(name, row, options):
    """Return the dictionary of an experiment that chooses a row with options, and says what the row needs."""
    group, field = name.split(".")
    return needed_by(name, row.key) | {group: {field: row.key, f"{field}_options": options}}


def options_of(experiment, name):
    group, field = name.split(".")
    return getattr(getattr(experiment, group), f"{field}_options")


def test_every_choice_with_options_has_a_field_for_them():
    with_options = {
        name for name, registry in REGISTRIES.items() if any(row.options for row in registry.values())
    }

    assert {f"{name}_options" for name in with_options} == {
        name for name in fields() if name.endswith("_options")
    }


@pytest.mark.parametrize(("name", "row", "option"), OPTIONS)
def test_an_option_left_out_has_its_default_which_is_allowed_as_are_all_suggestions(name, row, option):
    experiment = Experiment.model_validate(choosing(name, row, {}))

    assert options_of(experiment, name)[option.name] == option.default
    for value in (option.default, option.minimum, option.maximum, *option.suggestions):
        assert not (option.whole and value % 1)
        assert option.minimum <= value <= option.maximum
        chosen = Experiment.model_validate(choosing(name, row, {option.name: value}))
        assert options_of(chosen, name) == options_of(experiment, name) | {option.name: value}


@pytest.mark.parametrize(("name", "row", "option"), OPTIONS)
def test_every_option_is_explained_and_its_default_is_offered(name, row, option):
    assert option.label.strip()
    assert option.text[0].isupper()
    assert option.text.endswith(".")
    assert option.default in option.suggestions
    assert list(option.suggestions) == sorted(set(option.suggestions))


def test_options_have_the_order_of_the_row_whatever_is_given():
    given_, defaults = (
        Experiment.model_validate({"training": {"optimizer": "adam", "optimizer_options": options}})
        for options in ({"beta2": 0.9}, {})
    )

    assert list(given_.training.optimizer_options) == list(defaults.training.optimizer_options)


@pytest.mark.parametrize(("name", "row", "option"), OPTIONS)
def test_an_option_just_outside_its_limits_is_refused_with_them(name, row, option):
    for value in (option.minimum - 1e-6, option.maximum * (1 + 1e-6)):
        refused = refusals(choosing(name, row, {option.name: value}))

        assert refused[0].field == f"{name}_options.{option.name}"
        assert refused[0].message == (
            f"{name}_options.{option.name} is {value}; allowed: {option.minimum} … {option.maximum}"
        )


WHOLE_OPTIONS = {
    ("data.dataset", "blobs", "classes"): "3 … 6",
    ("training.stop", "epochs", "epochs"): "1 … 10000000",
    ("training.stop", "plateau", "patience"): "1 … 100000",
    ("training.stop", "early-stopping", "patience"): "1 … 100000",
}
"""Options that make sense only whole, with their limits; said again on purpose."""


@pytest.mark.parametrize("value", [3.5, 4.000001, 5.999])
@pytest.mark.parametrize(("name", "key", "option"), WHOLE_OPTIONS)
def test_an_option_that_makes_sense_only_whole_is_refused_in_between(name, key, option, value):
    refused = refusals(choosing(name, REGISTRIES[name][key], {option: value}))

    assert refused[0].field == f"{name}_options.{option}"
    limits = WHOLE_OPTIONS[name, key, option]
    assert refused[0].message == (f"{name}_options.{option} is {value}; it must be a whole number, {limits}")


def test_which_options_make_sense_only_whole():
    assert {
        (name, row.key, option.name)
        for name, row, option in map(attrgetter("values"), OPTIONS)
        if option.whole
    } == set(WHOLE_OPTIONS)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), "5", True, None, [1]], ids=repr)
@pytest.mark.parametrize(("name", "row", "option"), OPTIONS)
def test_an_option_that_is_not_a_finite_number_is_refused(name, row, option, value):
    refused = refusals(choosing(name, row, {option.name: value}))

    assert refused[0].field == f"{name}_options.{option.name}"
    assert f"{value!r}; " in refused[0].message
    assert "number" in refused[0].message


@pytest.mark.parametrize("value", [None, 5, "beta1", [], [0.9]], ids=repr)
def test_options_that_are_not_an_object_are_refused(value):
    refused = refusals({"training": {"optimizer": "adam", "optimizer_options": value}})

    assert refused[0].field == "training.optimizer_options"
    assert refused[0].message == f"training.optimizer_options is {value!r}; it must be an object"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"training": {"optimizer": "adam", "optimizer_options": {"momentum": 0.9}}},
            "training.optimizer_options.momentum is not known; known for adam: beta1, beta2",
        ),
        (
            {"training": {"optimizer_options": {"momentum": 0.9}}},
            "training.optimizer_options.momentum is not known; known for sgd: none",
        ),
        (
            {"objective": {"penalty": "L2", "penalty_options": {"share": 0.9}}},
            "objective.penalty_options.share is not known; known for l2: none",
        ),
        (
            {"network": {"initializer": "kaiming", "initializer_options": {"scale": 1.0}}},
            "network.initializer_options.scale is not known; known for he: none",
        ),
        (
            {"data": {"dataset": "spiral-3", "dataset_options": {"classes": 3.0}}},
            "data.dataset_options.classes is not known; known for spiral-3: none",
        ),
        (
            {"data": {"dataset": "blobs", "dataset_options": {"arms": 3.0}}},
            "data.dataset_options.arms is not known; known for blobs: classes",
        ),
        (
            {"training": {"stop": "target-loss", "stop_options": {"patience": 5.0}}},
            "training.stop_options.patience is not known; known for target-loss: loss",
        ),
        (
            {"training": {"stop_options": {"epochs": 5.0}}},
            "training.stop_options.epochs is not known; known for never: none",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_unknown_option_is_refused_by_name_with_those_that_are_known(values, message):
    refused = refusals(values)

    assert refused[0].field == message.partition(" ")[0]
    assert refused[0].message == message


def test_an_alias_brings_the_options_of_its_row():
    spelled = Experiment.model_validate({"network": {"initializer": "Orthogonal"}})

    assert spelled.network.initializer_options == {"scale": 1.0}


def test_experiments_that_differ_in_an_option_are_different_keys():
    experiments_ = [
        Experiment.model_validate({"training": {"optimizer": "momentum", "optimizer_options": options}})
        for options in ({}, {"momentum": 0.9}, {"momentum": 0.5})
    ]

    assert len(set(experiments_)) == 2


def test_options_of_an_experiment_cannot_be_changed():
    experiment = Experiment.model_validate({"training": {"optimizer": "adam"}})

    for change in (
        lambda options: options.update(beta1=0.5),
        lambda options: options.setdefault("gamma", 0.5),
        lambda options: options.__setitem__("beta1", 0.5),
        lambda options: options.pop("beta1"),
        lambda options: options.clear(),
    ):
        with pytest.raises(TypeError):
            change(experiment.training.optimizer_options)

    assert experiment.training.optimizer_options == {"beta1": 0.9, "beta2": 0.999}


# ------------------------------------------------------------------------------------------------------- own points


def own(count, **data):
    return {"data": {"points": POINTS[:1] * count if count > 500 else POINTS[:count], **data}}


@pytest.mark.parametrize("count", [10, 11, 500, 5000])
def test_ten_to_five_thousand_own_points_are_as_many_samples(count):
    experiment = Experiment.model_validate(own(count))

    assert experiment.data.samples == count
    assert len(experiment.data.points or ()) == count


@pytest.mark.parametrize(
    ("count", "message"),
    [
        (0, "data.points is []; it must have at least 10 entries"),
        (9, "…; it must have at least 10 entries"),
        (5001, "…; it may have at most 5000 entries"),
    ],
)
def test_too_few_or_too_many_own_points_are_refused(count, message):
    refused = refusals(own(count))

    assert refused[0].field == "data.points"
    assert refused[0].message.startswith("data.points is [")
    assert refused[0].message.endswith(message)


def test_the_number_of_samples_must_be_that_of_the_own_points():
    refused = refusals(own(20, samples=19))

    assert refused[0].field == "data.samples"
    assert refused[0].message == "data.samples is 19; there are 20 points in data.points"


@pytest.mark.parametrize(("name", "value"), [("classic_seed", "0.5"), ("minority_share", 0.1)])
def test_own_points_have_neither_a_classic_seed_nor_a_rare_class(name, value):
    refused = refusals(own(20, **{name: value}))

    assert refused[0].field == f"data.{name}"
    assert refused[0].message == f"data.{name} cannot go with data.points; give one of them"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (float("nan"), "it must be a finite number"),
        (float("inf"), "it must be a finite number"),
        (float("-inf"), "it must be a finite number"),
        (-1000.5, "it must be at least -1000"),
        (1000.5, "it must be at most 1000"),
        (1e300, "it must be at most 1000"),
        ("1", "it must be a number"),
        (True, "it must be a number"),
        (None, "it must be a number"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("column", range(3))
def test_coordinates_and_targets_are_numbers_between_minus_and_plus_a_thousand(column, value, message):
    points = [list(point) for point in POINTS[:12]]
    points[7][column] = value

    refused = refusals({"data": {"points": points}})

    assert refused[0].field == f"data.points.7.{column}"
    assert refused[0].message == f"data.points.7.{column} is {value!r}; {message}"


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

    refused = refusals({"data": {"points": points}, "objective": {"loss": "hinge"}})

    assert refused[0].field == "objective.loss"
    assert "regression" in refused[0].message


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
    refused = refusals(own_classes(0.0, 1.0, 2.0, target, point_classes=3))

    assert refused[0].field == "data.points"
    assert refused[0].message == (
        f"data.points has the target {target:g} at position 3; with data.point_classes 3 it must be a whole number,"
        " 0 … 2"
    )


def test_as_many_classes_as_are_said_make_room_for_their_numbers():
    allowed = Experiment.model_validate(own_classes(0.0, 3.0, point_classes=4))
    refused = refusals(own_classes(0.0, 3.0, point_classes=3))

    assert allowed.outputs == 4
    assert refused[0].field == "data.points"


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


# --------------------------------------------------------------------------------------------------- many classes


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
    with pytest.raises(ValidationError, match="is not for multi-class"):
        Experiment(data=data, objective=Objective(loss="half-squared-error"))
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


# ----------------------------------------------------------------------------------- validation, rare classes, classic


def test_a_rule_that_watches_validation_samples_needs_some():
    refused = refusals({"training": {"stop": "Early Stopping"}})

    assert refused[0].field == "training.stop"
    assert refused[0].message == (
        "training.stop is 'early-stopping', which watches the validation loss;"
        " give data.validation_fraction a share above 0"
    )
    with_some = {"training": {"stop": "early-stopping"}, "data": {"validation_fraction": 0.001}}
    assert Experiment.model_validate(with_some).data.validation_samples == 1


@pytest.mark.parametrize(
    ("samples", "train", "validation"), [(500, 0.5, 0.5), (10, 0.9, 0.1), (10, 0.9, 0.05), (100, 0.75, 0.25)]
)
def test_some_sample_must_be_left_for_the_test(samples, train, validation):
    data = {"samples": samples, "train_fraction": train, "validation_fraction": validation}

    refused = refusals({"data": data})

    assert refused[0].field == "data.validation_fraction"
    assert refused[0].message == (
        f"data.validation_fraction is {validation}; with data.train_fraction {train} no sample is left for the test"
    )


def test_one_sample_is_enough_for_the_test():
    data = {"samples": 10, "train_fraction": 0.8, "validation_fraction": 0.1}

    assert Experiment.model_validate({"data": data}).data.test_samples == 1


@pytest.mark.parametrize("key", [key for key, row in DATASETS.items() if row.problem == "regression"])
def test_in_regression_there_is_no_rare_class(key):
    refused = refusals({"data": {"dataset": key, "minority_share": 0.1}})

    assert refused[0].field == "data.minority_share"
    assert refused[0].message == (
        "data.minority_share is 0.1; there are no classes in regression, so it must be 0"
    )


def test_a_classic_seed_draws_no_rare_class():
    refused = refusals({"data": {"classic_seed": "0.5", "minority_share": 0.1}})

    assert refused[0].field == "data.minority_share"
    assert refused[0].message == "data.minority_share cannot go with data.classic_seed; give one of them"


@pytest.mark.parametrize("key", [key for key in DATASETS if key not in CLASSIC_DATASETS])
def test_only_data_sets_of_the_original_have_a_classic_seed(key):
    refused = refusals({"data": {"dataset": key, "classic_seed": "0.5"}})

    assert refused[0].field == "data.dataset"
    assert refused[0].message == (
        f"data.dataset {key!r} is not one of the original's, so it has no classic seed;"
        f" allowed: {', '.join(CLASSIC_DATASETS)}"
    )


@pytest.mark.parametrize("seed", ["", "x" * 65, "\n", "é", 5, 0.5], ids=repr)
def test_a_classic_seed_is_up_to_sixty_four_plain_letters(seed):
    refused = refusals({"data": {"classic_seed": seed}})

    assert refused[0].field == "data.classic_seed"


@pytest.mark.parametrize("dataset", CLASSIC_DATASETS)
def test_with_a_classic_seed_the_samples_are_half_and_half(dataset):
    refused = refusals({"data": {"dataset": dataset, "samples": 11, "classic_seed": "0.5"}})

    assert refused[0].field == "data.samples"
    assert "11" in refused[0].message
