"""Attacks on a server of this machine: ``python -m tests.support.attacks NAME URL SECONDS`` is one of them.

They come from 127.0.0.2: the server takes them for one person, and whoever comes from elsewhere for others.
"""

import asyncio
import contextlib
import itertools
import json
import os
import random
import socket
import struct
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from tests.support.wire import ClosedError, RefusedError, Wire, connect

SOURCE = "127.0.0.2"
_CONTINUATION, _TEXT, _PING, _PONG = 0, 1, 9, 10
_AT_ONCE = 2**15
"""Bytes that are written in one go; more when the server has taken them."""

Attack = Callable[[str], Awaitable[None]]


def _frames(opcode: int, payload: bytes = b"", *, final: bool = True) -> bytes:
    """Return as many short frames as are written in one go."""
    frame = struct.pack("!BB4x", opcode | (0x80 if final else 0), 0x80 | len(payload)) + payload
    return frame * (_AT_ONCE // len(frame))


async def _pour(wire: Wire, data: bytes) -> None:
    """Write again and again, as fast as the server takes it, until it ends the connection."""
    loop = asyncio.get_running_loop()
    raw = wire.transport.get_extra_info("socket")
    duplicate = socket.socket(fileno=os.dup(raw.fileno()))
    duplicate.setblocking(False)
    with duplicate:
        while wire.code is None:
            await loop.sock_sendall(duplicate, data)


async def _again(url: str, attack: Callable[[Wire], Awaitable[None]], *, greet: bool = True) -> None:
    """Attack over one connection, and over another one when that has ended."""
    while True:
        with contextlib.suppress(OSError, ClosedError, TimeoutError):
            wire = await connect(url, source=SOURCE)
            if greet:
                await wire.hello(client="attacker")
            await attack(wire)
        await asyncio.sleep(0.01)


async def _side_by_side(count: int, attack: Callable[[], Awaitable[None]]) -> None:
    await asyncio.gather(*(attack() for _ in range(count)))


async def unread_pings(url: str) -> None:
    """Pings of 125 bytes whose answers nobody reads."""

    async def attack(wire: Wire) -> None:
        wire.stop_reading()
        await _pour(wire, _frames(_PING, bytes(125)))

    await _again(url, attack)


async def empty_pings(url: str) -> None:
    """Empty pings over four connections."""
    await _side_by_side(4, lambda: _again(url, lambda wire: _pour(wire, _frames(_PING))))


async def pongs(url: str) -> None:
    """Pongs that nobody asked for, over four connections."""
    await _side_by_side(4, lambda: _again(url, lambda wire: _pour(wire, _frames(_PONG))))


async def fragments(url: str) -> None:
    """Empty fragments, before a hello and behind one."""

    async def attack(wire: Wire) -> None:
        wire.transport.write(struct.pack("!BB4x", _TEXT, 0x81) + b"{")  # the first fragment
        await _pour(wire, _frames(_CONTINUATION, final=False))

    await asyncio.gather(_again(url, attack, greet=False), _again(url, attack))


def _own_points() -> dict[str, Any]:
    points = [[round(random.uniform(-5, 5), 4), round(random.uniform(-5, 5), 4), 1] for _ in range(5000)]
    points[0][2] = -1
    return {"data": {"points": points, "samples": 5000}}


async def configure(url: str) -> None:
    """Eight sessions of one browser that each send 5,000 own points every 50 ms."""
    texts = itertools.cycle(
        [json.dumps({"type": "configure", "experiment": _own_points()}).encode() for _ in range(2)]
    )

    async def attack(wire: Wire) -> None:
        while wire.code is None:
            if wire.transport.get_write_buffer_size() < _AT_ONCE:
                wire.send_raw(next(texts))
            await asyncio.sleep(0.05)

    await _side_by_side(8, lambda: _again(url, attack))


async def _requests(url: str, request: bytes) -> None:
    """Send one request after the other over one connection."""
    host, _, port = url.partition("//")[2].partition("/")[0].partition(":")
    while True:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_connection(host, int(port), local_addr=(SOURCE, 0))
            while True:
                writer.write(request)
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split()[0]))
        await asyncio.sleep(0.01)


def _post(path: str, content: object) -> bytes:
    body = json.dumps(content).encode()
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def exports(url: str) -> None:
    """Exports of 5,000 own points over four connections."""
    request = _post("/api/export/numpy", _own_points())
    await _side_by_side(4, lambda: _requests(url, request))


async def pages(url: str) -> None:
    """The page itself, uncompressed, over eight connections."""
    await _side_by_side(8, lambda: _requests(url, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"))


async def half_requests(url: str) -> None:
    """Two thousand requests that never come to their end, and as many again when those are let go of."""
    host, _, port = url.partition("//")[2].partition("/")[0].partition(":")

    async def half() -> None:
        while True:
            with contextlib.suppress(OSError):
                reader, writer = await asyncio.open_connection(host, int(port), local_addr=(SOURCE, 0))
                writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
                await reader.read()
            await asyncio.sleep(random.uniform(0, 1))

    await _side_by_side(2000, half)


async def comings_and_goings(url: str) -> None:
    """Hellos under ever new names, whose senders go at once."""

    async def attack() -> None:
        for number in itertools.count():
            with contextlib.suppress(OSError, ClosedError, TimeoutError, RefusedError):
                wire = await connect(url, source=SOURCE)
                wire.send("hello", protocol=2, client=f"attacker-{number}-{random.random()}")
                wire.transport.abort()
            await asyncio.sleep(0.005)

    await _side_by_side(4, attack)


async def places(url: str) -> None:
    """Ever more sessions under ever new names, which all train."""
    held: list[Wire] = []
    for number in itertools.count():
        with contextlib.suppress(OSError, ClosedError, TimeoutError, RefusedError):
            wire = await connect(url, source=SOURCE, on_frame=lambda arrival: None)
            held.append(wire)
            await wire.hello(client=f"attacker-{number}")
            wire.send("play")
        await asyncio.sleep(0.005)


ATTACKS: dict[str, Attack] = {
    attack.__name__: attack
    for attack in (
        unread_pings,
        empty_pings,
        pongs,
        fragments,
        configure,
        exports,
        pages,
        half_requests,
        comings_and_goings,
        places,
    )
}


async def run(name: str, url: str, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await ATTACKS[name](url)


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(19)  # attackers are elsewhere, and do not take the processors of what they attack
    asyncio.run(run(sys.argv[1], sys.argv[2], float(sys.argv[3])))
