"""Experiment: the limits of its numbers, layers and parameters."""

import annotated_types
import pytest

from engine import Experiment
from engine.experiment import fields
from engine.registries.features import FEATURES
from engine.user_messages import UserMessage
from tests.support.validation import assert_refused, assert_unfit, nested, refusals, within

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


def just_outside(name):
    low, high = LIMITS[name]
    if name in WHOLE:
        return (low - 1, high + 1)
    return (low - 1e-9, high + 1e-9)


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
    assert_unfit(nested(name, value), name, value, within(*LIMITS[name]))
    assert len(refusals(nested(name, value))) == 1


@pytest.mark.parametrize(
    ("value", "needed"),
    [(float("nan"), "finite"), (float("inf"), "finite"), (float("-inf"), "finite"), (1e308, "")],
)
@pytest.mark.parametrize("name", LIMITS)
def test_numbers_that_are_none_are_refused(name, value, needed):
    assert_unfit(
        nested(name, value), name, value, within(*LIMITS[name], "whole" if name in WHOLE else needed)
    )


@pytest.mark.parametrize("value", ["5", True, None, [5], {}], ids=repr)
@pytest.mark.parametrize("name", LIMITS)
def test_what_is_not_a_number_is_refused(name, value):
    needed = "whole" if name in WHOLE else "number"

    assert_unfit(nested(name, value), name, value, within(*LIMITS[name], needed))


@pytest.mark.parametrize("name", WHOLE)
def test_whole_numbers_are_not_rounded_to(name):
    assert_unfit(nested(name, 10.5), name, 10.5, within(*LIMITS[name], "whole"))


def test_more_features_than_there_are_are_refused():
    features = [*FEATURES, "x1"]

    assert_unfit({"features": features}, "features", features, UserMessage("entries-at-most", {"limit": "7"}))


@pytest.mark.parametrize(
    ("hidden", "allowed"),
    [
        ([4] * 20, UserMessage("entries-at-most", {"limit": "10"})),
        ([4] * 11, UserMessage("entries-at-most", {"limit": "10"})),
        ("4,2", UserMessage("list")),
        (4, UserMessage("list")),
    ],
    ids=str,
)
def test_hidden_layers_that_are_no_list_or_too_many_are_refused(hidden, allowed):
    assert_unfit({"network": {"hidden": hidden}}, "network.hidden", hidden, allowed)


@pytest.mark.parametrize(
    ("hidden", "place", "needed"),
    [([0], 0, ""), ([4, 65], 1, ""), ([2.5], 0, "whole"), (["4"], 0, "whole"), ([True], 0, "whole")],
    ids=str,
)
def test_units_out_of_bounds_are_refused(hidden, place, needed):
    field = f"network.hidden.{place}"

    assert_unfit({"network": {"hidden": hidden}}, field, hidden[place], within(1, 64, needed))


@pytest.mark.parametrize("hidden", [[], [1], [64], [4] * 10], ids=str)
def test_none_to_ten_hidden_layers_of_one_to_sixty_four_units_are_allowed(hidden):
    experiment = Experiment.model_validate({"network": {"hidden": hidden}})

    assert experiment.sizes == (2, *hidden, 1)


def test_too_many_parameters_are_refused(monkeypatch):
    monkeypatch.setattr("engine.experiment.MAX_PARAMETERS", 24)  # today no other limit lets so many through

    assert_refused(
        {"network": {"hidden": [4, 2]}}, "network.hidden", "too-many-parameters", parameters=25, most=24
    )


def test_parameters_count_weights_and_biases():
    assert Experiment().parameters == (2 + 1) * 4 + (4 + 1) * 2 + (2 + 1) * 1


@pytest.mark.parametrize("name", [n for n, i in fields().items() if "suggestions" in i.json_schema_extra])
def test_everything_that_the_page_offers_is_allowed(name):
    for value in fields()[name].json_schema_extra["suggestions"]:
        whole = name in WHOLE

        Experiment.model_validate(nested(name, int(value) if whole else float(value)))  # would raise
