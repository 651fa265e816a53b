"""Classic: links of the original, read and written."""

from typing import Any

import pytest
from pydantic import ValidationError

from engine import Experiment
from engine.saved import tf_playground
from engine.saved.link_repair import parse
from engine.user_messages import LocalizedError, UserMessage
from engine.validation_errors import explain
from tests.support.validation import raises_sentence, within

LINK = (
    "activation=relu&regularization=L2&batchSize=7&dataset=xor&regDataset=reg-plane&learningRate=0.1"
    "&regularizationRate=0.003&noise=15&networkShape=3,2&seed=0.67890&showTestData=false&discretize=false"
    "&percTrainData=70&x=true&y=false&xTimesY=true&xSquared=false&ySquared=false&cosX=false&sinX=true&cosY=false"
    "&sinY=false&collectStats=false&problem=classification&initZero=false&hideText=false"
)


def test_a_link_is_read_whole() -> None:
    experiment = tf_playground.to_experiment("#" + LINK)

    assert experiment.data.model_dump(
        include={"dataset", "samples", "noise", "train_fraction", "classic_seed"}
    ) == {
        "dataset": "xor",
        "samples": 500,
        "noise": 0.15,
        "train_fraction": 0.7,
        "classic_seed": "0.67890",
    }
    assert experiment.features == ("x1", "x1x2", "sin x1")
    assert experiment.network.hidden == (3, 2)
    assert experiment.network.activation == "relu"
    assert (experiment.objective.penalty, experiment.objective.penalty_rate) == ("l2", 0.003)
    assert (experiment.training.learning_rate, experiment.training.batch_size) == (0.1, 7)


@pytest.mark.parametrize(
    "link",
    [
        LINK,
        LINK.replace("classification", "regression").replace("reg-plane", "reg-gauss"),
        LINK.replace("regularization=L2&", ""),
        LINK.replace("L2", "L1").replace("initZero=false", "initZero=true").replace("3,2", ""),
    ],
)
def test_a_link_comes_back_as_it_was(link: str) -> None:
    experiment = tf_playground.to_experiment(link)
    if "problem=regression" in link:
        link = link.replace("dataset=xor", "dataset=circle")  # the set of the other problem is not kept

    assert tf_playground.to_link(experiment) == link


def test_an_address_is_read_from_its_hash() -> None:
    assert tf_playground.to_experiment("https://playground.example/a#batchSize=3").training.batch_size == 3


def test_an_empty_link_is_the_originals_default() -> None:
    experiment = tf_playground.to_experiment("")

    assert experiment.data.dataset == "circle"
    assert experiment.network.hidden == (4, 2)
    assert experiment.features == ("x1", "x2")
    assert experiment.training.learning_rate == 0.03


@pytest.mark.parametrize(
    ("part", "field", "value"),
    [
        ("activation=warp", "network.activation", "tanh"),
        ("dataset=moons", "data.dataset", "circle"),
        ("regularization=L7", "objective.penalty", "none"),
        ("noise=-5", "data.noise", 0.0),
        ("noise=70", "data.noise", 0.7),
        ("noise=90", "data.noise", 0.5),
        ("networkShape=", "network.hidden", ()),
        ("learningRate=", "training.learning_rate", 0.03),
        ("nonsense", "training.batch_size", 10),
        ("playButton_hide=true", "training.batch_size", 10),
    ],
)
def test_what_the_original_passes_over_is_passed_over(part: str, field: str, value: Any) -> None:
    group, name = field.split(".")

    assert getattr(getattr(tf_playground.to_experiment(part), group), name) == value


def test_a_feature_whose_control_is_hidden_is_off_as_in_the_original() -> None:
    assert tf_playground.to_experiment("x=true&x_hide=true&xSquared=true").features == ("x2", "x1²")
    assert tf_playground.to_experiment("x=true&x_hide=false").features == ("x1", "x2")


@pytest.mark.parametrize(
    ("link", "notes"),
    [
        (LINK, []),
        (LINK.replace("&", "&amp;"), []),
        ("batchSize=3&sing=1&nonsense", [("unknown-name", "sing"), ("unknown-name", "nonsense")]),
        ("activation=warp", [("link-taken-as", "activation")]),
        (
            "dataset=moons&problem=regression&regDataset=x",
            [("link-taken-as", "dataset"), ("link-taken-as", "regDataset")],
        ),
        (
            "regularization=L7&problem=both",
            [("link-taken-as", "regularization"), ("link-taken-as", "problem")],
        ),
        ("noise=-5", [("link-taken-as", "noise")]),
        ("x=perhaps", [("link-taken-as", "x")]),
        ("batchSize=3.", [("link-ending", None)]),
        ("#", [("link-empty", None)]),
        ("discretize=true&noise_hide=true&numNodes1_hide=true&tutorial=a&cosX=true&collectStats=true", []),
    ],
)
def test_what_is_passed_over_is_named(link: str, notes: list[tuple[str, str | None]]) -> None:
    parsed = parse(link)
    assert parsed is not None

    _, found = tf_playground.read_link(parsed)

    assert [(note.key, note.values.get("name")) for note in found] == notes


def test_a_link_without_any_key_of_the_original_is_refused_by_name() -> None:
    with raises_sentence("link-unknown", names="sing, dance"):
        tf_playground.to_experiment("#sing=1&dance=2")


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("batchSize", "1_0", within(1, 10_000, "number")),
        ("batchSize", "0", within(1, 10_000, "number")),
        (
            "batchSize",
            "2.5",
            UserMessage("needed-in-range", {"needed": UserMessage("whole"), "low": 1, "high": 10_000}),
        ),
        ("learningRate", "fast", within(0, 10, "number")),
        ("learningRate", "1e999", within(0, 10, "number")),
        ("learningRate", "-1", within(0, 10, "number")),
        ("percTrainData", "100", within(10, 90, "number")),
        ("networkShape", "0", within(1, 64, "number")),
        ("networkShape", "65", within(1, 64, "number")),
        ("noise", "nan", UserMessage("number")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_absurd_values_are_refused_by_name(key: str, value: str, allowed: UserMessage) -> None:
    with raises_sentence("link-value", key, name=key, value=repr(value), allowed=allowed):
        tf_playground.to_experiment(f"{key}={value}")


def test_a_link_without_features_is_refused() -> None:
    with raises_sentence("link-no-features"):
        tf_playground.to_experiment("x=false&y=false")


@pytest.mark.parametrize(
    ("part", "field"),
    [("networkShape=" + ",".join("1" * 11), "network.hidden"), ("seed=ü", "data.classic_seed")],
    ids=["too many layers", "a seed that is not ASCII"],
)
def test_what_no_experiment_can_have_is_refused_by_its_field(part: str, field: str) -> None:
    with pytest.raises(ValidationError) as error:
        tf_playground.to_experiment(part)

    assert explain(error.value)[0].field == field


@pytest.mark.parametrize(
    ("experiment", "field"),
    [
        ({}, "data.classic_seed"),
        ({"data": {"classic_seed": "0.1"}}, "training.batching"),
        (
            {"data": {"classic_seed": "0.1", "samples": 100}, "training": {"batching": "carried"}},
            "data.samples",
        ),
        (
            {
                "data": {"classic_seed": "0.1"},
                "training": {"batching": "carried"},
                "objective": {"loss": "logistic-cross-entropy"},
            },
            "objective.loss",
        ),
        (
            {
                "data": {"classic_seed": "0.1"},
                "training": {"batching": "carried"},
                "network": {"activation": ["tanh", "relu"]},
            },
            "network.activation",
        ),
        (
            {"data": {"classic_seed": "0.1"}, "training": {"batching": "carried"}, "features": ["x2", "x1"]},
            "features",
        ),
    ],
)
def test_what_the_original_cannot_have_gets_no_link(experiment: dict[str, Any], field: str) -> None:
    with pytest.raises(LocalizedError) as error:
        tf_playground.to_link(Experiment.model_validate(experiment))

    assert error.value.field == field


ORIGINALS = {"data": {"classic_seed": "0.1"}, "training": {"batching": "carried"}}


@pytest.mark.parametrize(
    ("name", "value", "beside"),
    [
        ("data.validation_fraction", 0.2, {}),
        ("data.label_flips", 0.1, {}),
        ("data.scaling", "standardise", {}),
        ("data.shuffled", False, {}),
        ("data.minority_share", 0.25, {"classic_seed": None}),  # never goes with a classic seed
        (
            "data.dataset_options",
            {"classes": 4.0},
            {"classic_seed": None, "dataset": "blobs"},
        ),  # nor do options
        ("objective.dropout", 0.5, {}),
        ("objective.input_noise", 0.1, {}),
        ("training.schedule", "step", {}),
        ("training.clip_norm", 1.0, {}),
        ("training.stop", "epochs", {}),
    ],
)
def test_whatever_would_change_the_losses_and_is_not_in_the_original_gets_no_link(
    name: str, value: Any, beside: dict[str, Any]
) -> None:
    group, _, field = name.partition(".")
    groups: dict[str, Any] = {**ORIGINALS, group: {**ORIGINALS.get(group, {}), **beside, field: value}}
    experiment = Experiment.model_validate(groups)

    with raises_sentence("classic-value", name, name=name, value=repr(value)):
        tf_playground.to_link(experiment)


def test_what_the_refusals_start_from_has_a_link() -> None:
    assert "seed=0.1" in tf_playground.to_link(Experiment.model_validate(ORIGINALS))
