"""Messages that no sensible client sends: any bytes, any text, and commands that were damaged. All from a seed."""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

from tests.support.views import watched

TEXT, BINARY = 1, 2
"""Kinds of WebSocket messages, by opcode."""

COMMANDS: tuple[dict[str, Any], ...] = (
    {"type": "hello", "protocol": 2, "experiment": {"network": {"hidden": [3]}}},
    {"type": "configure", "experiment": {"data": {"dataset": "xor"}, "features": ["x1", "x2"]}, "keep": True},
    {"type": "configure", "experiment": {"training": {"optimizer": "adam", "learning_rate": 0.01}}},
    {"type": "play", "epochs_per_second": 30},
    {"type": "pause", "id": 7},
    {"type": "step", "unit": "batch", "count": 3},
    {"type": "reset", "new_seed": True, "id": "again"},
    {"type": "watch", "views": watched(tiles=True, unit=(0, 1), resolution=30), "frame_rate": 10},
    {"type": "set_parameter", "layer": 0, "unit": 0, "input": "bias", "value": 0.5},
    {"type": "set_parameters", "start": 2, "values": [0.1, -0.2, 0.3]},
    {"type": "ack", "frame": 3},
)

_VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    1e308,
    10**400,
    float("nan"),
    float("-inf"),
    0.1,
    "",
    "bias",
    "\ud800",
    "\x00<script>",
    "x" * 5000,
    [],
    [[]],
    {},
    {"type": "play"},
    [1] * 300,
)


def nonsense(generator: random.Random) -> Iterator[tuple[int, bytes]]:
    """Yield messages without end, each as its opcode and its bytes."""
    kinds = (_bytes, _text, _not_utf8, _cut, _deep, _huge, *(_damaged,) * 6, _valid)
    while True:
        yield generator.choice(kinds)(generator)


def _bytes(generator: random.Random) -> tuple[int, bytes]:
    return BINARY, generator.randbytes(generator.choice((0, 1, 7, 200, 5000)))


def _text(generator: random.Random) -> tuple[int, bytes]:
    length = generator.choice((0, 1, 20, 400))
    return TEXT, "".join(chr(generator.randrange(0xD800)) for _ in range(length)).encode()


def _not_utf8(generator: random.Random) -> tuple[int, bytes]:
    return TEXT, b"\xff" + generator.randbytes(9)


def _cut(generator: random.Random) -> tuple[int, bytes]:
    whole = json.dumps(generator.choice(COMMANDS)).encode()
    return TEXT, whole[: generator.randrange(len(whole))]


def _deep(generator: random.Random) -> tuple[int, bytes]:
    depth = generator.choice((50, 2000, 30_000))
    return TEXT, generator.choice((b"[", b'{"type":')) * depth


def _huge(generator: random.Random) -> tuple[int, bytes]:
    """Write a number of thousands of digits, which JSON allows, into a place where a whole number may stand."""
    command = generator.choice(("hello", "pause", "ack", "step"))
    name = generator.choice(("protocol", "id", "frame", "count"))
    return TEXT, b'{"type":"%s","%s":%s}' % (command.encode(), name.encode(), b"9" * 6000)


def _valid(generator: random.Random) -> tuple[int, bytes]:
    return TEXT, json.dumps(generator.choice(COMMANDS)).encode()


def _damaged(generator: random.Random) -> tuple[int, bytes]:
    """Take a command and change something anywhere in it."""
    command = copy.deepcopy(generator.choice(COMMANDS))
    place: Any = command
    while True:
        key = generator.choice(list(place) if isinstance(place, dict) else range(len(place)))
        if isinstance(place[key], dict | list) and place[key] and generator.random() < 0.7:
            place = place[key]
            continue
        break
    match generator.randrange(4):
        case 0:
            del place[key]
        case 1 if isinstance(place, dict):
            place[generator.choice(("", "type", "secret", "__proto__", "x" * 100))] = generator.choice(
                _VALUES
            )
        case _:
            place[key] = generator.choice(_VALUES)
    return TEXT, json.dumps(command).encode("utf-8", "surrogatepass")
