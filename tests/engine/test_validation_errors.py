"""Explanations: pydantic's errors as sentences, wherever the experiment stands."""

import pytest
from pydantic import BaseModel

from engine import Experiment
from engine.user_messages import UserMessage
from tests.support.validation import refusals, within


class Letter(BaseModel):
    """A message that carries an experiment, as those of the server do."""

    experiment: Experiment


def test_every_mistake_is_explained_in_order():
    refused = refusals({"data": {"noise": 2}, "training": {"learning_rate": -1}})

    assert [(refusal.field, refusal.user_message.values["value"]) for refusal in refused] == [
        ("data.noise", "2"),
        ("training.learning_rate", "-1"),
    ]


def test_the_kind_is_pydantics_name_of_the_error():
    refused = refusals({"data": {"noise": 2}})

    assert refused[0].kind == "less_than_equal"


def test_inside_a_message_the_range_is_found_as_well():
    refused = refusals({"experiment": {"data": {"noise": 2}}}, Letter)

    assert refused[0].field == refused[0].user_message.values["name"] == "experiment.data.noise"
    assert refused[0].user_message.values["allowed"] == within(0, 1)


def test_inside_a_message_an_unknown_key_is_told_the_known_ones():
    refused = refusals({"experiment": {"dta": 1}}, Letter)

    names = "data, features, network, objective, training"
    assert refused[0].user_message == UserMessage(
        "unknown-name-here", {"name": "experiment.dta", "names": names}
    )


def test_a_rule_between_fields_names_the_field_to_change():
    refused = refusals({"data": {"dataset": "plane"}, "objective": {"loss": "logistic-cross-entropy"}})

    assert refused[0].field == "objective.loss"


def test_a_missing_field_is_named():
    refused = refusals({}, Letter)

    assert (refused[0].field, refused[0].user_message) == (
        "experiment",
        UserMessage("missing", {"name": "experiment"}),
    )


def test_long_values_are_cut_short():
    refused = refusals({"data": {"noise": "x" * 5000}})

    assert refused[0].user_message.values["value"] == "'" + "x" * 56 + "…"


def test_a_wrong_name_in_a_list_of_activations_is_named():
    refused = refusals({"network": {"activation": ["tanh", "nonsense"]}})

    assert {refusal.field.split(".")[1] for refusal in refused} == {"activation"}
    sentence = refused[0].user_message.values["sentence"]
    assert isinstance(sentence, UserMessage)
    assert (sentence.key, sentence.values["choice"]) == ("unknown-choice", "'nonsense'")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"training": {"optimizer": "adam", "optimizer_options": {"beta1": 2.0}}}, "beta1"),
        ({"training": {"optimizer": "adam", "optimizer_options": {"gamma": 0.5}}}, "gamma"),
    ],
    ids=["out of range", "unknown"],
)
def test_inside_a_message_a_wrong_option_is_named_as_well(values, field):
    refused = refusals({"experiment": values}, Letter)

    assert refused[0].field.endswith(f"training.optimizer_options.{field}")
