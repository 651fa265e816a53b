"""What refusals repeat of what was sent: little, whatever it is and wherever it stands."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import httpx2 as httpx
import pytest

from engine import Experiment
from server.protocol.events import ErrorEvent
from server.protocol.messages import PROTOCOL
from server.protocol.parsing import parse
from tests.support.live_server import LiveServer
from tests.support.views import watched

MOST = 1200
"""Characters of a refusal, where what is wrong has 20,000: sentences, and lists of what is allowed."""

LONG: dict[str, str] = {
    "text": json.dumps("x" * 20_000),
    "key": json.dumps({"k" * 20_000: 1}),
    "digits": "9" * 4_000,
    "texts": json.dumps(["y"] * 5_000),
    "nested": "[" * 100 + "]" * 100,
    "signs": json.dumps("\u2028'\\\n" * 4_000),
}
PLACE = "«place»"

COMMANDS: list[dict[str, Any]] = [
    {
        "type": "hello",
        "protocol": PROTOCOL,
        "encoding": "plain",
        "resume": None,
        "client": "",
        "language": "en",
        "ticket": None,
    },
    {"type": "configure", "experiment": Experiment().model_dump(mode="json"), "keep": False},
    {"type": "play", "epochs_per_second": 1},
    {"type": "pause"},
    {"type": "step", "unit": "epoch", "count": 1},
    {"type": "reset", "new_seed": False},
    {"type": "watch", "views": watched(tiles=True, unit=(0, 0)), "frame_rate": 20},
    {"type": "set_parameter", "layer": 0, "unit": 0, "input": 0, "value": 0},
    {"type": "set_parameters", "start": 0, "values": [0]},
    {"type": "ack", "frame": 1},
]


def places(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the message with a mark in the place of each value, at an unknown name of each object, and as the id."""

    def paths(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        if isinstance(value, dict):
            yield (*path, "unknown")
            for key, inner in value.items():
                yield (*path, key)
                yield from paths(inner, (*path, key))
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                yield (*path, index)
                yield from paths(inner, (*path, index))

    for path in paths({"id": 1, **message}, ()):
        marked = copy.deepcopy({"id": 1, **message})
        inside: Any = marked
        for step in path[:-1]:
            inside = inside[step]
        inside[path[-1]] = PLACE
        yield marked


def texts(message: dict[str, Any], long: str) -> Iterator[str]:
    """Yield the message as JSON with something long in each place, and as an unknown name."""
    for marked in places(message):
        yield json.dumps(marked).replace(json.dumps(PLACE), long)
    yield json.dumps({**message, "k" * 20_000: 1})


@pytest.mark.parametrize("long", LONG.values(), ids=list(LONG))
@pytest.mark.parametrize("message", COMMANDS, ids=lambda message: message["type"])
def test_a_refused_command_is_answered_in_few_characters(message: dict[str, Any], long: str) -> None:
    for text in texts(message, long):
        answer = parse(text)
        if isinstance(answer, ErrorEvent):
            assert len(answer.model_dump_json()) <= MOST, text[:200]


@pytest.mark.parametrize("long", LONG.values(), ids=list(LONG))
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/classic", {"link": "#seed=1"}),
        ("/api/classic/link", {"experiment": {"features": ["x1"]}}),
        ("/api/read", {"text": "#seed=1"}),
        ("/api/read", {"file": ""}),
        ("/api/export/numpy", {"experiment": {"features": ["x1"]}, "epochs": 1}),
        ("/api/export/numpy?epochs=LONG", {}),
        ("/api/export/LONG", {}),
    ],
)
def test_a_refused_body_is_answered_in_few_characters(
    server: LiveServer, path: str, body: dict[str, Any], long: str
) -> None:
    for text in texts(body, long):
        address = server.url + path.replace("LONG", "x" * 5_000)
        answer = httpx.post(address, content=text, headers={"content-type": "application/json"})
        assert answer.status_code < 500, text[:200]
        if answer.status_code != 200:
            assert len(answer.text) <= MOST, text[:200]


@pytest.mark.parametrize("link", ["#x=" + "y" * 20_000, "#activation=" + "y" * 20_000, "#" + ")" * 20_000])
def test_notes_about_links_are_short(server: LiveServer, link: str) -> None:
    for path, body in (("/api/classic", {"link": link}), ("/api/read", {"text": link})):
        answer = httpx.post(server.url + path, json=body)
        content = answer.json()
        assert len(json.dumps(content.get("notes") or content)) <= MOST


@pytest.mark.parametrize(
    "id_", ["-1", str(2**53), "9" * 4_000, "9" * 20_000, "1.5", "true", json.dumps("x" * 65), "[1]", "{}"]
)
@pytest.mark.parametrize(
    "rest", ['"type": "pause"', '"type": "play", "epochs_per_second": 0', '"type": "no"']
)
def test_an_id_that_is_too_long_is_named_and_not_repeated(id_: str, rest: str) -> None:
    answer = parse(f'{{{rest}, "id": {id_}}}')

    assert isinstance(answer, ErrorEvent)
    assert answer.id is None
    if "pause" in rest and len(id_) <= 4_000:  # a longer number is none that JSON's reader takes
        assert (answer.code, answer.field) == ("invalid", "id")
    if len(id_) > 6:
        assert id_.strip('"')[:20] not in answer.model_dump_json().replace(str(2**53 - 1), "")


@pytest.mark.parametrize("id_", [0, 2**53 - 1, "", "x" * 64, None])
def test_an_id_within_its_limits_is_repeated(id_: int | str | None) -> None:
    message = parse(json.dumps({"type": "pause", "id": id_}))
    refused = parse(json.dumps({"type": "step", "id": id_, "count": 0}))

    assert message.id == refused.id == id_
    assert type(message.id) is type(id_)
