"""Messages: parsing, and the refusals of invalid ones by key and values."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Experiment
from engine.user_messages import UserMessage
from server.protocol.commands import COMMAND, Hello, Watch
from server.protocol.events import ErrorEvent
from server.protocol.parsing import expect_hello, parse
from tests.support.messages import text
from tests.support.views import requested, watched

GROUPS = tuple(Experiment.model_fields)


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
    assert error.user_message.values["value"] == repr(type_)
    assert "'hello', 'configure', 'play'" in error.user_message.values["allowed"].values["allowed"]


@pytest.mark.parametrize("message", ["{}", '{"id": 1}', '{"type": 3}', '{"type": null}'])
def test_a_missing_type_is_an_unknown_type(message: str) -> None:
    assert refused(message).code == "unknown-type"


def limit(key: str, value: str) -> UserMessage:
    return UserMessage(key, {"limit": value})


def between(low: str, high: str) -> UserMessage:
    return UserMessage("allowed", {"allowed": UserMessage("range", {"low": low, "high": high})})


@pytest.mark.parametrize(
    ("message", "field", "value", "allowed"),
    [
        (text("play", epochs_per_second=1e308), "epochs_per_second", "1e+308", limit("at-most", "10000")),
        ('{"type": "play", "epochs_per_second": NaN}', "epochs_per_second", "nan", UserMessage("finite")),
        (text("step", count=0), "count", "0", limit("at-least", "1")),
        (
            text("step", unit="year"),
            "unit",
            "'year'",
            UserMessage("allowed", {"allowed": "'epoch' or 'batch'"}),
        ),
        (
            text("watch", views=[{"view": "map", "resolution": 5}]),
            "views.0.map.resolution",
            "5",
            limit("at-least", "10"),
        ),
        (
            text("set_parameter", layer=0, unit=0, input=0, value=1e7),
            "value",
            "10000000.0",
            limit("at-most", "1e+06"),
        ),
        (text("set_parameters", values=[]), "values", "[]", limit("entries-at-least", "1")),
        (
            text("set_parameters", values=[0.5] * 4097),
            "values",
            f"[{'0.5, ' * 11}0…",
            limit("entries-at-most", "4096"),
        ),
        (text("set_parameters", values=[0.5, 1e7]), "values.1", "10000000.0", limit("at-most", "1e+06")),
        (text("set_parameters", start=-1, values=[1]), "start", "-1", limit("at-least", "0")),
        (experiment(training={"learning_rate": 11}), "training.learning_rate", "11", between("0", "10")),
        (
            experiment(training={"learning_rate": "fast"}),
            "training.learning_rate",
            "'fast'",
            UserMessage("needed-in-range", {"needed": UserMessage("number"), "low": "0", "high": "10"}),
        ),
        (
            experiment(network={"hidden": [4] * 20}),
            "network.hidden",
            str([4] * 20),
            limit("entries-at-most", "10"),
        ),
        (experiment(network={"hidden": [65]}), "network.hidden.0", "65", between("1", "64")),
        (experiment(features=[]), "features", "[]", limit("entries-at-least", "1")),
        (experiment(data={"samples": 10**9}), "data.samples", "1000000000", between("10", "10000")),
    ],
)
def test_a_refusal_names_field_value_and_what_is_allowed(
    message: str, field: str, value: str, allowed: UserMessage
) -> None:
    error = refused(message)

    assert (error.code, error.field) == ("invalid", field)
    assert error.user_message == UserMessage("value", {"name": field, "value": value, "allowed": allowed})


@pytest.mark.parametrize(
    ("message", "field", "key", "values"),
    [
        (text("play", speed=3), "speed", "unknown-name", {"name": "speed"}),
        (text("ack"), "frame", "missing", {"name": "frame"}),
        (text("configure"), "experiment", "missing", {"name": "experiment"}),
        (experiment(training={"rate": 1}), "training.rate", "unknown-name-here", {"name": "training.rate"}),
        (experiment(trainign={}), "trainign", "unknown-name-here", {"names": ", ".join(GROUPS)}),
        (experiment(network={"activation": "warp"}), "network.activation", "of-field", {}),
        (experiment(features=["x1", "x1"]), "features", "feature-twice", {"feature": "'x1'"}),
        (
            experiment(data={"dataset": "plane"}, objective={"loss": "logistic-cross-entropy"}),
            "objective.loss",
            "loss-problem",
            {"problem": "regression", "allowed": "half-squared-error, huber, absolute-error"},
        ),
    ],
)
def test_other_refusals_have_keys_and_values_of_their_own(
    message: str, field: str, key: str, values: dict[str, str]
) -> None:
    error = refused(message)

    assert (error.code, error.field, error.user_message.key) == ("invalid", field, key)
    assert values.items() <= error.user_message.values.items()


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


@pytest.mark.parametrize(
    ("views", "field", "key"),
    [
        ([{"view": "nap"}], "views.0.view", "value"),
        ([{"view": "map"}, {}], "views.1.view", "value"),
        ([{"view": "points"}], "views.0.view", "value"),
        ([{"view": "tiles"}, {"view": "tiles"}], "views", "of-field"),
        ([{"view": "tiles", "resolution": 30}], "views.0.tiles.resolution", "unknown-name"),
        (["map"], "views.0", "value"),
        ({"view": "map"}, "views", "value"),
    ],
)
def test_a_view_that_cannot_be_watched_is_named(views: object, field: str, key: str) -> None:
    refused = parse(text("watch", views=views, id=1))

    assert isinstance(refused, ErrorEvent)
    assert (refused.code, refused.id, refused.field) == ("invalid", 1, field)
    assert refused.user_message.key == key


def test_equal_options_are_equal_requests_and_defaults_need_not_be_given() -> None:
    given = parse(text("watch", views=watched(tiles=True)))
    short = [{"view": view} for view in ("scores", "parameters", "map", "tiles")]
    left_out = parse(text("watch", views=short))

    assert isinstance(given, Watch)
    assert isinstance(left_out, Watch)
    assert given.requests == left_out.requests
    assert given.requests != requested(tiles=True, unit=(0, 1))


def test_only_hello_of_this_protocol_opens_a_session() -> None:
    early = expect_hello(parse(text("play", id=3)))
    other = expect_hello(parse(text("hello", protocol=1)))

    assert isinstance(early, ErrorEvent)
    assert (early.code, early.id) == ("hello-first", 3)
    assert isinstance(other, ErrorEvent)
    assert (other.code, other.field) == ("protocol", "protocol")
    assert expect_hello(parse("nonsense")) == parse("nonsense")
    assert isinstance(expect_hello(parse(text("hello", protocol=2))), Hello)


def test_deep_nesting_is_refused_and_does_not_overflow() -> None:
    assert refused("[" * 30_000).code == "not-json"


def test_every_command_can_be_written_back() -> None:
    for message in (
        text("hello", protocol=2),
        experiment(),
        text("step"),
        text("watch", views=watched(unit=(0, 1))),
    ):
        command = COMMAND.validate_json(message)
        assert COMMAND.validate_json(command.model_dump_json()) == command
