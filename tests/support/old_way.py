"""The old way to stream, to compare with.

That is uvicorn as it comes, and a handler that sends the newest frame without waiting for acknowledgements.
``python -m tests.support.old_way --port 0`` says where it listens, like the real server. A frame's metadata
carry as ``epoch`` the milliseconds since the program began.
"""

import argparse
import asyncio
import contextlib
import json
import socket
import struct
import time
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

_START = time.monotonic()


def now() -> int:
    """Return the milliseconds since the program began."""
    return int((time.monotonic() - _START) * 1000)


def frame(number: int, size: int) -> bytes:
    """Write a frame of about this size whose ``epoch`` is the present."""
    metadata = {"frame": str(number), "epoch": str(now()), "step": "0"}
    head = json.dumps({"__metadata__": metadata}, separators=(",", ":")).encode()
    return struct.pack("<Q", len(head)) + head + bytes(size)


class OldWay:
    """An ASGI application: sockets that stream, and any other request is answered with the time."""

    def __init__(self, size: int, rate: float) -> None:
        self._size = size
        self._rate = rate

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._stream(receive, send)
        elif scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": str(now()).encode()})

    async def _stream(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        writing = asyncio.create_task(self._write(send))
        try:
            while (await receive())["type"] != "websocket.disconnect":
                pass
        finally:
            writing.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await writing

    async def _write(self, send: Send) -> None:
        """Send the newest frame whenever the last one has been taken over: one slot, newer replaces older."""
        number = 0
        while True:
            number += 1
            await send({"type": "websocket.send", "bytes": frame(number, self._size)})
            await asyncio.sleep(1 / self._rate)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int)
    parser.add_argument("--size", type=int, default=15_000, help="bytes of a frame")
    parser.add_argument("--rate", type=float, default=20, help="frames a second")
    parser.add_argument(
        "--keepalive", type=float, default=1, help="seconds of ping interval and timeout each"
    )
    options = parser.parse_args()
    listener = socket.create_server(("127.0.0.1", options.port))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)  # noqa: T201 - the test reads it
    config = uvicorn.Config(
        OldWay(options.size, options.rate),
        log_level="error",
        lifespan="off",
        ws_ping_interval=options.keepalive,
        ws_ping_timeout=options.keepalive,
        ws_per_message_deflate=False,
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
