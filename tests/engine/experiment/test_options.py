"""Experiment: the numbers that belong to a choice."""

from operator import attrgetter

import pytest

from engine import Experiment
from engine.experiment import fields
from engine.schema import REGISTRIES
from engine.user_messages import UserMessage
from tests.support.validation import assert_refused, assert_unfit, needed_by, within

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
        experiment = choosing(name, row, {option.name: value})
        assert_unfit(
            experiment, f"{name}_options.{option.name}", value, within(option.minimum, option.maximum)
        )


WHOLE_OPTIONS = {
    ("data.dataset", "blobs", "classes"): (3, 6),
    ("training.stop", "epochs", "epochs"): (1, 10_000_000),
    ("training.stop", "plateau", "patience"): (1, 100_000),
    ("training.stop", "early-stopping", "patience"): (1, 100_000),
}
"""Options that make sense only whole, with their limits; said again on purpose."""


@pytest.mark.parametrize("value", [3.5, 4.000001, 5.999])
@pytest.mark.parametrize(("name", "key", "option"), WHOLE_OPTIONS)
def test_an_option_that_makes_sense_only_whole_is_refused_in_between(name, key, option, value):
    experiment = choosing(name, REGISTRIES[name][key], {option: value})

    allowed = within(*WHOLE_OPTIONS[name, key, option], "whole")
    assert_unfit(experiment, f"{name}_options.{option}", value, allowed)


def test_which_options_make_sense_only_whole():
    assert {
        (name, row.key, option.name)
        for name, row, option in map(attrgetter("values"), OPTIONS)
        if option.whole
    } == set(WHOLE_OPTIONS)


@pytest.mark.parametrize(
    ("value", "needed"),
    [
        *((value, "finite") for value in (float("nan"), float("inf"), float("-inf"))),
        *((value, "number") for value in ("5", True, None, [1])),
    ],
    ids=repr,
)
@pytest.mark.parametrize(("name", "row", "option"), OPTIONS)
def test_an_option_that_is_not_a_finite_number_is_refused(name, row, option, value, needed):
    experiment = choosing(name, row, {option.name: value})

    assert_unfit(experiment, f"{name}_options.{option.name}", value, UserMessage(needed))


@pytest.mark.parametrize("value", [None, 5, "beta1", [], [0.9]], ids=repr)
def test_options_that_are_not_an_object_are_refused(value):
    experiment = {"training": {"optimizer": "adam", "optimizer_options": value}}

    assert_unfit(experiment, "training.optimizer_options", value, UserMessage("object"))


@pytest.mark.parametrize(
    ("name", "key", "option", "row", "known"),
    [
        ("training.optimizer", "adam", "momentum", "adam", "beta1, beta2"),
        ("training.optimizer", None, "momentum", "sgd", None),
        ("objective.penalty", "L2", "share", "l2", None),
        ("network.initializer", "kaiming", "scale", "he", None),
        ("data.dataset", "spiral-3", "classes", "spiral-3", None),
        ("data.dataset", "blobs", "arms", "blobs", "classes"),
        ("training.stop", "target-loss", "patience", "target-loss", "loss"),
        ("training.stop", None, "epochs", "never", None),
    ],
)
def test_an_unknown_option_is_refused_by_name_with_those_that_are_known(name, key, option, row, known):
    group, field = name.split(".")
    experiment = {group: {f"{field}_options": {option: 3.0}} | ({field: key} if key else {})}

    wrong = f"{name}_options.{option}"
    names = known or UserMessage("none")
    assert_refused(experiment, wrong, "option-unknown", name=wrong, row=row, names=names)


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
