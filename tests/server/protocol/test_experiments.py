"""The experiment with which a hello begins, and that a configure asks for."""

from typing import Any

import pytest

from engine import Experiment
from engine.experiment import field_value
from server.protocol.commands import Hello
from server.protocol.events import ErrorEvent
from server.protocol.experiments import begun
from server.protocol.messages import PROTOCOL
from server.protocol.parsing import parse
from tests.support.messages import text

POINTS = [[index / 10, 1, index % 3] for index in range(12)]
OWN = {"points": POINTS, "point_classes": 3}


def hello(**fields: Any) -> Hello:
    message = parse(text("hello", protocol=PROTOCOL, **fields))
    assert isinstance(message, Hello)
    begins = begun(message)
    assert isinstance(begins, Hello)
    return begins


def refusal(**fields: Any) -> ErrorEvent:
    message = parse(text("hello", protocol=PROTOCOL, **fields))
    begins = begun(message) if isinstance(message, Hello) else message
    assert isinstance(begins, ErrorEvent)
    return begins


def test_without_anything_it_begins_with_the_default_experiment() -> None:
    begins = hello()

    assert (begins.experiment, begins.notes, begins.misses_points) == (Experiment(), (), False)


@pytest.mark.parametrize(
    "address", ["data.seed=3&sing=1", "#data.seed=3&amp;sing=1", "data.seed%3D3%26sing%3D1"]
)
def test_an_address_is_read_leniently_and_what_was_passed_over_is_named(address: str) -> None:
    begins = hello(address=address, experiment={"data": {"noise": 0.5}})

    assert begins.experiment == Experiment.model_validate({"data": {"seed": 3}})
    assert [(note.key, note.values["name"]) for note in begins.notes] == [("unknown-name", "sing")]


def test_an_address_may_be_a_link_of_the_original() -> None:
    assert hello(address="batchSize=3&seed=0.12345").experiment.data.classic_seed == "0.12345"


def test_own_points_of_an_address_are_those_of_the_client_or_missing() -> None:
    begins = hello(address="data.points=own&data.noise=0.5", own_points=OWN)
    missing = hello(address="data.points=own&data.noise=0.5")

    assert begins.experiment.data.points == tuple(tuple(map(float, point)) for point in POINTS)
    assert (begins.experiment.data.noise, begins.experiment.problem) == (0.5, "multi-class")
    assert (begins.notes, begins.misses_points) == ((), False)
    assert (missing.experiment.data.points, missing.experiment.data.noise) == (None, 0.5)
    assert (missing.notes, missing.misses_points) == ((), True)


def test_an_address_that_asks_for_too_much_loses_its_batch_size() -> None:
    heavy = "data.samples=10000&data.train_fraction=0.9&network.hidden=64,64,64,64,64,64,64,64,64"

    begins = hello(address=f"{heavy}&training.batch_size=10000")

    assert (begins.experiment.data.samples, begins.experiment.training.batch_size) == (10_000, 10)
    assert [note.key for note in begins.notes] == ["too-much"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"address": "playground"}, "address"),
        ({"address": "sing=1"}, "address"),
        ({"address": "batchSize=0"}, "address"),
        ({"address": "data.seed=1&" * 400}, "address"),
        ({"address": "data.points=own", "own_points": {"points": [[1]]}}, "own_points.points.0.1"),
        ({"changes": {"training.stop": "no such"}}, "training.stop"),
    ],
)
def test_a_hello_whose_experiment_cannot_be_read_is_refused_by_its_field(
    fields: dict[str, Any], field: str
) -> None:
    error = refusal(id=7, **fields)

    assert (error.code, error.field, error.id) == ("invalid", field, 7)


@pytest.mark.parametrize(
    ("link", "field", "value"),
    [
        ("https://example.org/#network.hidden=3", "network.hidden", (3,)),
        ("https://playground.tensorflow.org/#activation=relu&networkShape=3", "network.activation", "relu"),
    ],
)
def test_an_address_may_be_a_whole_link(link: str, field: str, value: object) -> None:
    begins = hello(address=link)

    assert field_value(begins.experiment, field) == value
    assert begins.notes == ()


def test_with_a_resume_token_nothing_else_of_the_hello_counts() -> None:
    begins = hello(resume="x", address="nothing")

    assert (begins.experiment, begins.notes) == (Experiment(), ())
