"""Floods below the level of messages: control frames, fragments, requests that never end."""

import asyncio
import base64
import contextlib
import os
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import uvicorn

from server.settings import Settings
from server.transport import uvicorn_protocols
from server.transport.fair_reading import PIECE_BYTES
from server.transport.uvicorn_protocols import FRAME_BURST, FRAME_RATE, MAX_FRAGMENTS, listen, serving_config
from tests.support.client import PATIENCE_SECONDS

pytestmark = pytest.mark.anyio

CONTINUATION, TEXT, CLOSE, PING, PONG = 0, 1, 8, 9, 10
SHORTEST_FRAME = 6


def frame(opcode: int, payload: bytes = b"", *, final: bool = True) -> bytes:
    """Return a short frame as a client writes it, masked with zeros."""
    return struct.pack("!BB4x", opcode | (0x80 if final else 0), 0x80 | len(payload)) + payload


class Echo:
    """An application that repeats what it receives, and answers requests with their path."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
            await send({"type": "http.response.body", "body": b"ok"})
            return
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})


class Talker:
    """An application that talks without end, and takes whatever it receives."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})

        async def talk() -> None:
            while True:
                await send({"type": "websocket.send", "bytes": bytes(10_000)})

        talking = asyncio.create_task(talk())
        while (await receive())["type"] == "websocket.receive":
            pass
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)


class Server(uvicorn.Server):
    """A server that says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @property
    def connection(self) -> Any:
        """The only connection."""
        (connection,) = self.server_state.connections
        return connection


@contextlib.asynccontextmanager
async def serving_here(app: Any, **settings: Any) -> AsyncIterator[tuple[Server, int]]:
    """Serve an application here; yields the server and its port."""
    given = Settings(port=0, **settings)
    server = Server(serving_config(app, given, log_level="critical", lifespan="off"))
    with listen(given) as listener:
        task = asyncio.create_task(server.serve(sockets=[listener]))
        async with asyncio.timeout(PATIENCE_SECONDS):
            await server.listening.wait()
            yield server, listener.getsockname()[1]
        server.should_exit = True
        await task


async def until(happened: Callable[[], bool]) -> None:
    """Let the loop go round until something has happened."""
    while not happened():  # noqa: ASYNC110 - there is no event for what happens inside of a transport
        await asyncio.sleep(0)


def handshake(port: int) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


@contextlib.asynccontextmanager
async def upgraded(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Open a WebSocket; yields its bytes both ways."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(handshake(port))
    await reader.readuntil(b"\r\n\r\n")
    yield reader, writer
    writer.transport.abort()


async def received_within(reader: asyncio.StreamReader, seconds: float) -> bytes:
    """Return what comes until nothing more comes for a while, or all of so many seconds."""
    data = b""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while piece := await reader.read(2**16):
                data += piece
    return data


async def test_pings_whose_answers_nobody_reads_are_not_read_either() -> None:
    async with serving_here(Talker()) as (server, port):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(client, ("127.0.0.1", port))
        await loop.sock_sendall(client, handshake(port))
        await loop.sock_recv(client, 4096)
        connection = server.connection
        await until(lambda: not connection.writable.is_set())
        before = connection.transport.get_write_buffer_size()

        await loop.sock_sendall(client, frame(PING, bytes(125)) * 190)
        await until(lambda: not connection.transport.is_reading())
        for _ in range(200):  # far more rounds of the loop than pieces
            await asyncio.sleep(0)
        after = connection.transport.get_write_buffer_size()
        client.close()

    assert before < after <= before + PIECE_BYTES


@pytest.mark.parametrize("opcode", [PING, PONG])
async def test_control_frames_are_read_no_faster_than_they_may_come(opcode: int) -> None:
    async with serving_here(Echo()) as (_, port), upgraded(port) as (reader, writer):
        start = time.monotonic()
        writer.write(frame(opcode) * 20_000 + frame(TEXT, b"behind"))
        answers = await received_within(reader, 0.5)
        seconds = time.monotonic() - start

    most = FRAME_BURST + FRAME_RATE * seconds + PIECE_BYTES / SHORTEST_FRAME
    assert len(answers) / 2 <= most  # a pong of nothing has two bytes
    assert b"behind" not in answers


async def test_control_frames_of_a_usual_number_are_answered_at_once() -> None:
    async with serving_here(Echo()) as (_, port), upgraded(port) as (reader, writer):
        writer.write(frame(PING, b"a") * 20)

        assert await reader.readexactly(3 * 20) == b"\x8a\x01a" * 20


async def test_a_message_of_very_many_fragments_ends_the_connection_however_small_they_are() -> None:
    async with serving_here(Echo()) as (_, port), upgraded(port) as (reader, writer):
        writer.write(frame(TEXT, b"{", final=False) + frame(CONTINUATION, final=False) * (MAX_FRAGMENTS + 1))
        answer = await reader.read()

    assert answer[0] == 0x80 | CLOSE
    assert struct.unpack("!H", answer[2:4]) == (1008,)


async def test_a_message_of_some_fragments_arrives_whole() -> None:
    async with serving_here(Echo()) as (_, port), upgraded(port) as (reader, writer):
        parts = [frame(CONTINUATION, b"x", final=False)] * (MAX_FRAGMENTS - 2)
        writer.write(frame(TEXT, b"[", final=False) + b"".join(parts) + frame(CONTINUATION, b"]"))
        expected = b"[" + b"x" * (MAX_FRAGMENTS - 2) + b"]"

        answer = await reader.readuntil(b"]")

    assert answer.endswith(expected)


async def test_frames_that_come_with_the_handshake_are_answered() -> None:
    async with serving_here(Echo()) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        many = 2 * PIECE_BYTES // (SHORTEST_FRAME + 4)
        writer.write(handshake(port) + b"".join(frame(TEXT, b"%04d" % number) for number in range(many)))
        await reader.readuntil(b"\r\n\r\n")

        answers = [(await reader.readexactly(6))[2:] for _ in range(many)]
        writer.close()

    assert answers == [b"%04d" % number for number in range(many)]


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: ", b"POST / HTTP/1.1\r\n"]
)
async def test_a_request_that_does_not_come_to_its_end_is_let_go_of(sent: bytes) -> None:
    async with serving_here(Echo(), hello_seconds=0.2) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
        writer.close()


async def test_a_half_request_behind_a_whole_one_is_let_go_of_too() -> None:
    async with serving_here(Echo(), hello_seconds=0.2) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.readuntil(b"ok")
        writer.write(b"GET /")
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
        writer.close()


async def test_a_body_that_trickles_is_let_go_of(monkeypatch: pytest.MonkeyPatch) -> None:
    class Reader:
        """An application that reads the body of a request, and answers then."""

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            while (await receive()).get("more_body"):
                pass

    monkeypatch.setattr(uvicorn_protocols, "BODY_SECONDS", 0.2)
    async with serving_here(Reader()) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")

        async def trickle() -> None:
            while True:
                writer.write(b"x")
                await asyncio.sleep(0.01)

        trickling = asyncio.create_task(trickle())
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
        trickling.cancel()
        writer.close()


async def test_no_time_limit_of_requests_ends_a_websocket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uvicorn_protocols, "BODY_SECONDS", 0.1)
    async with serving_here(Echo(), hello_seconds=0.1) as (_, port), upgraded(port) as (reader, writer):
        until_ = time.monotonic() + 0.5
        while time.monotonic() < until_:
            writer.write(frame(TEXT, b"still here"))
            assert (await reader.readexactly(12))[2:] == b"still here"


async def test_requests_behind_one_another_are_all_answered() -> None:
    async with serving_here(Echo()) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 200)
        for _ in range(200):
            await reader.readuntil(b"ok")
        writer.close()
