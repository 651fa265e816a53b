"""Sockets: what becomes of clients that stop to read, and what is offered to those who connect.

Each client here is a bare socket with a small buffer: it opens a WebSocket and then reads nothing, as a phone does
that has left the room.
"""

import asyncio
import base64
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from websockets.asyncio.client import connect
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

from server.settings import Settings
from server.transport.uvicorn_protocols import LINGER_SECONDS, SEND_BUFFER_BYTES, listen, serving_config
from tests.support.client import PATIENCE_SECONDS, client
from tests.support.live_server import LiveServer, live_server

pytestmark = pytest.mark.anyio

FRAME = bytes(15_000)
SECONDS = 0.3


def stalled_client(url: str) -> socket.socket:
    """Open a WebSocket and never read from it."""
    host, port = url.removeprefix("http://").split(":")
    stalled = socket.socket()
    stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    stalled.connect((host, int(port)))
    key = base64.b64encode(os.urandom(16)).decode()
    stalled.sendall(
        (
            f"GET /ws HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        ).encode()
    )
    return stalled


class Flood:
    """An application that sends frames for as long as somebody takes them."""

    def __init__(self) -> None:
        self.sent = 0
        self.blocked = asyncio.Event()
        self.ended = asyncio.Event()
        self.lost = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "websocket":
            return
        await receive()
        await send({"type": "websocket.accept"})
        try:
            while True:
                sending = asyncio.ensure_future(send({"type": "websocket.send", "bytes": FRAME}))
                done, _ = await asyncio.wait({sending}, timeout=SECONDS)
                if not done:
                    self.blocked.set()
                await sending
                self.sent += 1
        finally:
            self.ended.set()


class Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


@contextlib.asynccontextmanager
async def flooding(ping_seconds: float = SECONDS) -> AsyncIterator[tuple[Flood, Server, str]]:
    """Serve a flood here; afterwards the server ends."""
    app = Flood()
    settings = Settings(port=0, ping_seconds=ping_seconds, pong_seconds=SECONDS)
    config = serving_config(app, settings, log_level="critical", lifespan="off")
    protocol: Any = config.ws

    class Watched(protocol):  # type: ignore[misc]
        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            app.lost.set()

    config.ws = Watched
    server = Server(config)
    with listen(settings) as listener:
        task = asyncio.create_task(server.serve(sockets=[listener]))
        await server.listening.wait()
        yield app, server, f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await task


async def test_who_stops_to_read_and_answers_no_ping_is_let_go_of_altogether() -> None:
    async with flooding() as (app, server, url), asyncio.timeout(PATIENCE_SECONDS):
        with stalled_client(url):
            await app.blocked.wait()
            await app.ended.wait()
            await app.lost.wait()

            assert not server.server_state.connections


@pytest.mark.skipif(sys.platform != "linux", reason="the options of the socket are Linux's")
async def test_little_is_buffered_for_who_does_not_read() -> None:
    async with flooding() as (app, _, url), asyncio.timeout(PATIENCE_SECONDS):
        with stalled_client(url):
            await app.blocked.wait()

            swallowed = app.sent * len(FRAME)

    # Twice the kernel's buffer here, asyncio's 64 KiB, and what is under way to the client.
    assert swallowed < 2 * SEND_BUFFER_BYTES + 2**16 + 2**16


@pytest.mark.skipif(sys.platform != "linux", reason="the options of the socket are Linux's")
async def test_the_kernel_gives_up_by_itself() -> None:
    with listen(Settings(port=0)) as listener:
        listener.listen()
        with socket.create_connection(listener.getsockname()):
            accepted, _ = listener.accept()
            with accepted:
                option = accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)

    assert option == 30_000


async def test_a_small_message_does_not_wait_until_the_one_before_is_acknowledged() -> None:
    accepted: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.set_result(
            writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        )
        writer.close()

    with listen(Settings(port=0)) as listener:
        async with await asyncio.start_server(accept, sock=listener):
            with socket.create_connection(listener.getsockname()):
                assert await accepted


async def test_a_connection_that_was_closed_here_does_not_wait_for_the_client() -> None:
    async with flooding(ping_seconds=600) as (app, server, url), asyncio.timeout(PATIENCE_SECONDS):
        with stalled_client(url):
            await app.blocked.wait()
            (handler,) = server.server_state.tasks
            handler.cancel()
            await app.ended.wait()
            await app.lost.wait()


async def test_the_server_ends_in_time_though_a_client_has_stalled() -> None:
    async with flooding(ping_seconds=600) as (app, server, url):
        with stalled_client(url):
            await asyncio.wait_for(app.blocked.wait(), PATIENCE_SECONDS)
            began = time.monotonic()
            server.should_exit = True
            await asyncio.wait_for(app.lost.wait(), PATIENCE_SECONDS)
            took = time.monotonic() - began

    assert took < LINGER_SECONDS + 3


async def test_sigterm_ends_the_process_in_time_though_a_client_has_stalled() -> None:
    with live_server("--workers", "1") as server, stalled_client(server.url):
        async with client(server.socket_url) as healthy:
            await healthy.send("hello", protocol=2)
            await healthy.event("welcome")
            began = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            code = await asyncio.to_thread(server.process.wait, PATIENCE_SECONDS)

    assert code in (0, -signal.SIGTERM)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    "offer",
    [
        "permessage-deflate",
        "permessage-deflate; client_max_window_bits",
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover, permessage-deflate",
        "x-webkit-deflate-frame",
    ],
)
async def test_messages_are_never_deflated_whatever_the_client_offers(server: LiveServer, offer: str) -> None:
    async with connect(
        server.socket_url,
        compression=None,
        additional_headers={"Sec-WebSocket-Extensions": offer},
    ) as connection:
        assert connection.response is not None
        assert "Sec-WebSocket-Extensions" not in connection.response.headers


async def test_messages_are_not_deflated_for_a_client_that_could(server: LiveServer) -> None:
    extensions = [ClientPerMessageDeflateFactory()]
    async with connect(server.socket_url, compression=None, extensions=extensions) as connection:
        assert connection.protocol.extensions == []
