"""Messages: what is wrong with a bad one is said in words."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.protocol.messages import COMMAND, ErrorEvent, Hello, expect_hello, parse
from tests.support.messages import text


def refused(message: str) -> ErrorEvent:
    event = parse(message)
    assert isinstance(event, ErrorEvent)
    return event


def experiment(**groups: Any) -> str:
    return text("configure", id="me", experiment=groups)


@pytest.mark.parametrize("message", ["", "x", "{", "nul", '{"type": "play"', "\x00"])
def test_what_is_not_json_is_called_so(message: str) -> None:
    assert refused(message).code == "not-json"


@pytest.mark.parametrize(
    "message",
    [
        r'{"type": "play", "id": "\ud800", "epochs_per_second": 0}',
        r'{"type": "play", "\udfff": 1}',
        r'{"type": "\ud800"}',
        r'{"type": "configure", "experiment": {"\ud800": 1}}',
    ],
)
def test_half_a_surrogate_pair_is_refused_like_anything_else(message: str) -> None:
    error = refused(message)

    assert error.model_dump_json()
    assert error.id is None


@pytest.mark.parametrize("type_", ["sing", "", "Play"])
def test_an_unknown_type_is_named_with_those_allowed(type_: str) -> None:
    error = refused(text(type_, id=3))

    assert (error.code, error.field, error.id) == ("unknown-type", "type", 3)
    assert repr(type_) in error.message
    assert "'hello', 'configure', 'play'" in error.message


@pytest.mark.parametrize("message", ["{}", '{"id": 1}', '{"type": 3}', '{"type": null}'])
def test_a_missing_type_is_an_unknown_type(message: str) -> None:
    assert refused(message).code == "unknown-type"


@pytest.mark.parametrize(
    ("message", "field", "parts"),
    [
        (text("play", speed=3), "speed", ["speed is not known"]),
        (text("play", epochs_per_second=1e308), "epochs_per_second", ["1e+308", "at most 10000"]),
        ('{"type": "play", "epochs_per_second": NaN}', "epochs_per_second", ["nan", "finite"]),
        (text("step", count=0), "count", ["0", "at least 1"]),
        (text("step", unit="year"), "unit", ["'year'", "'epoch' or 'batch'"]),
        (text("watch", resolution=5), "resolution", ["5", "at least 10"]),
        (text("set_parameter", layer=0, unit=0, input=0, value=1e7), "value", ["at most 1e+06"]),
        (text("set_parameters", values=[]), "values", ["at least 1"]),
        (text("set_parameters", values=[0.5] * 4097), "values", ["at most 4096"]),
        (text("set_parameters", values=[0.5, 1e7]), "values.1", ["10000000", "at most 1e+06"]),
        (text("set_parameters", start=-1, values=[1]), "start", ["-1", "at least 0"]),
        (text("ack"), "frame", ["frame is missing"]),
        (text("configure"), "experiment", ["experiment is missing"]),
        (experiment(training={"learning_rate": 11}), "training.learning_rate", ["11", "0 … 10"]),
        (experiment(training={"learning_rate": "fast"}), "training.learning_rate", ["'fast'", "a number"]),
        (experiment(training={"rate": 1}), "training.rate", ["not known", "learning_rate"]),
        (experiment(trainign={}), "trainign", ["not known", "training"]),
        (experiment(network={"hidden": [4] * 20}), "network.hidden", ["at most 10"]),
        (experiment(network={"hidden": [65]}), "network.hidden.0", ["65", "1 … 64"]),
        (experiment(network={"activation": "warp"}), "network.activation", ["'warp'", "relu, leaky-relu"]),
        (experiment(features=[]), "features", ["at least 1"]),
        (experiment(features=["x1", "x1"]), "features", ["'x1' twice"]),
        (experiment(data={"samples": 10**9}), "data.samples", ["1000000000", "10 … 10000"]),
        (
            experiment(data={"dataset": "plane"}, objective={"loss": "logistic-cross-entropy"}),
            "objective.loss",
            ["not for regression", "half-squared-error"],
        ),
    ],
)
def test_a_refusal_names_field_value_and_what_is_allowed(message: str, field: str, parts: list[str]) -> None:
    error = refused(message)

    assert (error.code, error.field) == ("invalid", field)
    for part in parts:
        assert part in error.message
    assert "experiment." not in error.message


def test_a_refusal_repeats_the_id() -> None:
    assert refused(experiment(features=[])).id == "me"


@pytest.mark.parametrize("id_", [{"a": 1}, [1], "x" * 65, 1.5])
def test_an_id_that_is_none_is_not_repeated(id_: Any) -> None:
    assert refused(text("play", id=id_)).id is None


@given(
    st.text() | st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists).map(json.dumps)
)
def test_no_text_makes_parsing_fail(message: str) -> None:
    parse(message)


@given(
    st.sampled_from(["hello", "configure", "watch", "set_parameter", "step", "ack"]),
    st.dictionaries(
        st.sampled_from(
            ["experiment", "unit", "count", "layer", "value", "frame", "protocol", "input", "id"]
        ),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
            max_leaves=5,
        ),
    ),
)
def test_nothing_in_a_field_makes_parsing_fail(type_: str, fields: dict[str, Any]) -> None:
    parse(text(type_, **fields))


def test_only_hello_of_this_protocol_opens_a_session() -> None:
    early = expect_hello(parse(text("play", id=3)))
    other = expect_hello(parse(text("hello", protocol=99)))

    assert isinstance(early, ErrorEvent)
    assert (early.code, early.id) == ("hello-first", 3)
    assert isinstance(other, ErrorEvent)
    assert (other.code, other.field) == ("protocol", "protocol")
    assert expect_hello(parse("nonsense")) == parse("nonsense")
    assert isinstance(expect_hello(parse(text("hello", protocol=1))), Hello)


def test_deep_nesting_is_refused_and_does_not_overflow() -> None:
    assert refused("[" * 30_000).code == "not-json"


def test_every_command_can_be_written_back() -> None:
    for message in (
        text("hello", protocol=1),
        experiment(),
        text("step"),
        text("watch", unit={"layer": 0, "unit": 1}),
    ):
        command = COMMAND.validate_json(message)
        assert COMMAND.validate_json(command.model_dump_json()) == command
