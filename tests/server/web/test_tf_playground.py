"""Links of the original, asked for by a program."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from engine import Experiment
from engine.saved.tf_playground import to_experiment
from server.settings import Settings
from server.web.app import create_app
from tests.support.wording import sentence

LINK = "activation=relu&batchSize=5&dataset=xor&networkShape=3,3&seed=0.12345&noise=20&x=true&y=true"


@pytest.fixture(scope="module")
def web() -> Iterator[TestClient]:
    with TestClient(
        create_app(Settings(workers=1)),
        base_url="http://localhost",
        headers={"content-type": "application/json"},
    ) as web:
        yield web


def test_a_link_becomes_the_experiment_that_the_engine_makes_of_it(web: TestClient) -> None:
    answer = web.post("/api/classic", json={"link": f"https://original.example/#{LINK}"})

    assert answer.status_code == 200
    assert Experiment.model_validate(answer.json()["experiment"]) == to_experiment(LINK)


@pytest.mark.parametrize(
    ("link", "notes"),
    [
        (LINK, []),
        (LINK.replace("&", "&amp;"), []),
        (LINK.replace("&", "%26").replace("=", "%3D"), []),
        (f"<https://original.example/#{LINK}>", [["'>'"]]),
        (f"{LINK}&playButton_hide=true&sing=1", [["sing"]]),
        (LINK.replace("xor", "moons"), [["dataset", "'moons'", "circle"]]),
        (LINK.replace("noise=20", "noise=90"), [["noise", "'90'", "50"]]),
    ],
)
def test_what_of_a_link_was_passed_over_is_named(web: TestClient, link: str, notes: list[list[str]]) -> None:
    answer = web.post("/api/classic", json={"link": link}).json()

    assert answer["experiment"]["training"]["batch_size"] == 5
    assert len(answer["notes"]) == len(notes)
    for note, words in zip(answer["notes"], notes, strict=True):
        assert all(word in note for word in words)


def test_notes_come_in_the_language_of_the_browser(web: TestClient) -> None:
    answer = web.post("/api/classic", json={"link": f"{LINK}&sing=1"}, headers={"accept-language": "zh"})

    assert (answer.json()["notes"], answer.headers["content-language"]) == (["不认识 sing"], "zh-Hans")


def test_there_and_back_is_the_same_experiment(web: TestClient) -> None:
    experiment = web.post("/api/classic", json={"link": LINK}).json()["experiment"]

    link = web.post("/api/classic/link", json={"experiment": experiment}).json()["link"]

    assert "seed=0.12345" in link
    assert web.post("/api/classic", json={"link": link}).json()["experiment"] == experiment


@pytest.mark.parametrize(
    ("path", "body", "status", "field", "parts"),
    [
        ("", {"link": "batchSize=0"}, 422, "batchSize", ["'0'", "1 … 10000"]),
        ("", {"link": "amp;sing=1&foo=2"}, 422, None, ["'amp;sing'", "foo"]),
        ("", {"link": "nonsense"}, 422, None, ["nonsense"]),
        ("", {"link": "networkShape=99"}, 422, "networkShape", ["'99'", "1 … 64"]),
        ("", {"link": "networkShape=" + "1," * 11}, 422, "network.hidden", ["at most 10"]),
        ("", {"link": "seed="}, 422, "data.classic_seed", ["''"]),
        ("", {"link": "x=false&y=false"}, 422, None, []),
        ("", {"link": 3}, 422, "link", ["3"]),
        ("", {"link": "a" * 4097}, 422, "link", ["4096"]),
        ("", {}, 422, "link", [sentence("missing", name="link")]),
        ("", [], 422, None, ["[]"]),
        ("/link", {"experiment": {}}, 422, "data.classic_seed", []),
        (
            "/link",
            {
                "experiment": {
                    "data": {"classic_seed": "1"},
                    "training": {"batching": "carried", "clip_norm": 1},
                }
            },
            422,
            "training.clip_norm",
            ["1.0"],
        ),
        (
            "/link",
            {"experiment": {"training": {"learning_rate": 30}}},
            422,
            "training.learning_rate",
            ["30", "0 … 10"],
        ),
        ("/link", {"experiment": {"sing": 1}}, 422, "sing", [sentence("unknown-name", name="sing")]),
    ],
)
def test_a_refusal_names_key_and_value(
    web: TestClient, path: str, body: Any, status: int, field: str | None, parts: list[str]
) -> None:
    answer = web.post(f"/api/classic{path}", content=json.dumps(body))

    assert (answer.status_code, answer.json()["field"]) == (status, field)
    for part in parts:
        assert part in answer.json()["detail"]
