"""Whatever was saved, read for a program."""

import base64
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from engine import Experiment, advance, begin, saved
from server.settings import Settings
from server.web.app import create_app
from tests.support.wording import sentence


@pytest.fixture(scope="module")
def web() -> Iterator[TestClient]:
    with TestClient(
        create_app(Settings(workers=1)),
        base_url="http://localhost",
        headers={"content-type": "application/json"},
    ) as web:
        yield web


def file(content: bytes) -> dict[str, str]:
    return {"file": base64.b64encode(content).decode()}


EXPERIMENT = Experiment.model_validate({"data": {"dataset": "xor"}, "network": {"seed": 3}})


@pytest.mark.parametrize(
    "body",
    [
        {"text": "http://127.0.0.1:8000/#data.dataset=xor&amp;network.seed=3"},
        {"text": saved.write_experiment(EXPERIMENT)},
        file(saved.write_experiment(EXPERIMENT).encode("utf-16")),
    ],
)
def test_every_form_gives_its_experiment(web: TestClient, body: dict[str, str]) -> None:
    answer = web.post("/api/read", json=body).json()

    assert Experiment.model_validate(answer["experiment"]) == EXPERIMENT
    assert (answer["notes"], answer["network"]) == ([], None)


def test_a_network_comes_with_its_parameters_to_the_last_bit(web: TestClient) -> None:
    run, _ = advance(begin(EXPERIMENT), epochs=2)

    network = web.post("/api/read", json=file(saved.write_network(run))).json()["network"]

    assert np.array_equal(network["parameters"], run.parameters[0])
    assert (network["epoch"], network["step"]) == (2, run.step)


def test_the_largest_network_fits_into_a_request(web: TestClient) -> None:
    experiment = Experiment.model_validate({"network": {"hidden": [64] * 10}})

    answer = web.post("/api/read", json=file(saved.write_network(begin(experiment))))

    assert len(answer.json()["network"]["parameters"]) == experiment.parameters > 35_000


def test_own_points_of_a_link_come_with_it_or_are_missing(web: TestClient) -> None:
    points = [[float(index), 1.0, 0.5] for index in range(12)]
    link = {"text": "#data.points=own"}

    there = web.post("/api/read", json={**link, "own_points": {"points": points}}).json()
    missing = web.post("/api/read", json=link).json()

    assert there["experiment"]["data"]["points"] == points
    assert (there["notes"], there["misses_points"]) == ([], False)
    assert missing["experiment"]["data"]["points"] is None
    assert (missing["notes"], missing["misses_points"]) == ([], True)


def test_a_file_of_the_largest_size_is_read(web: TestClient) -> None:
    content = saved.write_experiment(EXPERIMENT).encode()

    largest = web.post("/api/read", json=file(content + b" " * (saved.MAX_BYTES - len(content))))
    larger = web.post("/api/read", json=file(b" " * (saved.MAX_BYTES + 1)))

    assert Experiment.model_validate(largest.json()["experiment"]) == EXPERIMENT
    assert larger.json()["detail"] == sentence("file-too-large", most=saved.MAX_BYTES)


def test_what_was_passed_over_is_named(web: TestClient) -> None:
    notes = web.post("/api/read", json={"text": "#data.seed=1&sing=1&data.noise=loud"}).json()["notes"]

    assert [name in note for name, note in zip(("sing", "data.noise"), notes, strict=True)] == [True, True]


@pytest.mark.parametrize(
    ("body", "field", "parts"),
    [
        ({"text": "Dear diary"}, None, []),
        ({"text": "#sing=1"}, None, ["sing"]),
        ({"text": '{"format": "score"}'}, "format", ["'score'"]),
        (file(b"\x89PNG\xff"), None, []),
        ({"file": "no base64!"}, "file", ["'no base64!'", "base64"]),
        ({}, "text", [sentence("missing", name="text")]),
        ({"text": "", "file": ""}, "file", ["text"]),
        ({"sing": 1}, "sing", ["sing"]),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(
    web: TestClient, body: Any, field: str | None, parts: list[str]
) -> None:
    answer = web.post("/api/read", json=body)

    assert (answer.status_code, answer.json()["field"]) == (422, field)
    for part in parts:
        assert part in answer.json()["detail"]
