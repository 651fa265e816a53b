"""Experiment: an immutable value, and how two of them differ."""

from typing import Any

import pytest
from hypothesis import given
from pydantic import ValidationError

from engine import Experiment
from engine.experiment import changed_fields, fields, is_live
from engine.schema import REGISTRIES
from tests.support.strategies import experiments, law, varied
from tests.support.validation import POINTS

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

    with pytest.raises(ValidationError) as error:
        setattr(getattr(experiment, group) if group else experiment, name, value)

    assert [mistake["type"] for mistake in error.value.errors()] == ["frozen_instance"]


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
