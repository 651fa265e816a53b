"""Explanations: pydantic's errors as sentences, wherever the experiment stands."""

import pytest
from pydantic import BaseModel, ValidationError

from engine import Experiment
from engine.validation_errors import explain


class Letter(BaseModel):
    """A message that carries an experiment, as those of the server do."""

    experiment: Experiment


def refusals(model, values):
    with pytest.raises(ValidationError) as error:
        model.model_validate(values)
    return explain(error.value)


def test_every_mistake_is_explained_in_order():
    refused = refusals(Experiment, {"data": {"noise": 2}, "training": {"learning_rate": -1}})

    assert [refusal.message for refusal in refused] == [
        "data.noise is 2; allowed: 0 … 1",
        "training.learning_rate is -1; allowed: 0 … 10",
    ]


def test_the_kind_is_pydantics_name_of_the_error():
    refused = refusals(Experiment, {"data": {"noise": 2}})

    assert refused[0].kind == "less_than_equal"


def test_inside_a_message_the_range_is_found_as_well():
    refused = refusals(Letter, {"experiment": {"data": {"noise": 2}}})

    assert refused[0].field == "experiment.data.noise"
    assert refused[0].message == "experiment.data.noise is 2; allowed: 0 … 1"


def test_inside_a_message_an_unknown_key_is_told_the_known_ones():
    refused = refusals(Letter, {"experiment": {"dta": 1}})

    assert refused[0].message == (
        "experiment.dta is not known; known here: data, features, network, objective, training"
    )


def test_a_rule_between_fields_names_the_field_to_change():
    refused = refusals(
        Experiment, {"data": {"dataset": "plane"}, "objective": {"loss": "logistic-cross-entropy"}}
    )

    assert refused[0].field == "objective.loss"


def test_a_missing_field_is_named():
    refused = refusals(Letter, {})

    assert (refused[0].field, refused[0].message) == ("experiment", "experiment is missing")


def test_long_values_are_cut_short():
    refused = refusals(Experiment, {"data": {"noise": "x" * 5000}})

    assert len(refused[0].message) < 150
    assert "…" in refused[0].message


def test_a_wrong_name_in_a_list_of_activations_is_named():
    refused = refusals(Experiment, {"network": {"activation": ["tanh", "nonsense"]}})

    assert {refusal.field.split(".")[1] for refusal in refused} == {"activation"}
    assert "'nonsense' is unknown; allowed: relu, leaky-relu" in refused[0].message


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"training": {"optimizer": "adam", "optimizer_options": {"beta1": 2.0}}}, "beta1"),
        ({"training": {"optimizer": "adam", "optimizer_options": {"gamma": 0.5}}}, "gamma"),
    ],
    ids=["out of range", "unknown"],
)
def test_inside_a_message_a_wrong_option_is_named_as_well(values, field):
    refused = refusals(Letter, {"experiment": values})

    assert refused[0].field.endswith(f"training.optimizer_options.{field}")
