"""A raw WebSocket client that costs little: it walks over frames without looking into them, and it can misbehave."""

import asyncio
import base64
import json
import os
import re
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

PATIENCE_SECONDS = 50
"""How long to wait for what must come; only ever used up when something is broken."""

_TEXT, _BINARY, _CLOSE, _PING, _PONG = 1, 2, 8, 9, 10
_HEAD = 320
"""Bytes of a frame that are looked at: the header's metadata, which come first."""
_EPOCH = re.compile(rb'"\d+/epoch":"(\d+)"')
_STEP = re.compile(rb'"\d+/step":"(\d+)"')
_CHUNK = 65_536
_CATCH_UP_SECONDS = 0.1
"""How far reading at a rate may fall behind, as this process is not always in time, and make up for it."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A frame that came.

    Attributes:
        time: when its last byte was read, seconds of the event loop's clock.
        number: 1, 2, 3 … per connection.
        epoch: as its metadata say; −1 if the frame is not a plain one.
        step: likewise.
        size: bytes.
        data: all of it, if frames are kept; otherwise its first bytes.
    """

    time: float
    number: int
    epoch: int
    step: int
    size: int
    data: bytes


class ClosedError(ConnectionError):
    """The connection is over; ``code`` is the server's, 1006 without one."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"closed with {code} {reason}")
        self.code = code
        self.reason = reason


class RefusedError(ConnectionError):
    """The server answered the handshake with something else than 101."""

    def __init__(self, response: bytes) -> None:
        super().__init__(response.partition(b"\r\n")[0].decode("latin-1"))
        self.status = int(response.split(None, 2)[1])


class Wire(asyncio.BufferedProtocol):
    """One connection. It answers pings and acknowledges frames by itself, as long as it reads.

    Attributes:
        frames: how many came.
        bytes: how many came, of frames and events together.
        newest: the last frame.
        code: what the server closed with, None before.
    """

    def __init__(
        self,
        *,
        acknowledge: bool = True,
        keep: bool = False,
        on_frame: Callable[[Arrival], None] | None = None,
    ) -> None:
        """Prepare; ``connect`` is the way to get one.

        Args:
            acknowledge: whether every frame is acknowledged when it has been read.
            keep: whether ``Arrival.data`` is the whole frame.
            on_frame: called for every frame; without it, frames wait for ``frame``.
        """
        self.acknowledge = acknowledge
        self.frames = 0
        self.bytes = 0
        self.newest: Arrival | None = None
        self.code: int | None = None
        self.reason = ""
        self.response = b""
        self.over = asyncio.Event()
        self._keep = keep
        self._on_frame = on_frame
        self._loop = asyncio.get_running_loop()
        self._opened: asyncio.Future[None] = self._loop.create_future()
        self._events: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._arrivals: asyncio.Queue[Arrival | None] = asyncio.Queue()
        self._space = memoryview(bytearray(_CHUNK))
        self._head = bytearray()
        self._payload = bytearray()
        self._opcode = 0
        self._wanted = 0  # bytes of the present payload that are looked at
        self._size = 0
        self._left = 0  # bytes of the present payload that have not come
        self._rate: float | None = None
        self._due = 0.0  # when the next bytes may be read, at that rate
        self._resume: asyncio.TimerHandle | None = None
        self.transport: asyncio.Transport

    # -------------------------------------------------------------------------------------------------- commands

    def send(self, type_: str, **fields: Any) -> None:
        """Send a command."""
        self.send_raw(json.dumps({"type": type_, **fields}).encode())

    def send_raw(self, data: bytes, opcode: int = _TEXT) -> None:
        """Send any bytes as one message, unless the connection is over."""
        if not self.transport.is_closing():
            self.transport.write(_pack(opcode, data))

    async def event(self, *types: str) -> dict[str, Any]:
        """Return the next event, or the next of these types.

        Raises:
            ClosedError: the connection ended before.
        """
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                event = await self._events.get()
                if event is None:
                    self._events.put_nowait(None)
                    raise ClosedError(self.code or 1006, self.reason)
                if not types or event["type"] in types:
                    return event

    async def ask(self, type_: str, **fields: Any) -> dict[str, Any]:
        """Send a command and return the event that answers it."""
        self.send(type_, id="question", **fields)
        while True:
            event = await self.event()
            if event.get("id") == "question":
                return event

    def drop_frames(self) -> None:
        """Forget the frames that have arrived and were not awaited."""
        while not self._arrivals.empty():
            self._arrivals.get_nowait()

    async def frame(self, accept: Callable[[Arrival], bool] = lambda arrival: True) -> Arrival:
        """Return the next acceptable frame, if no ``on_frame`` takes them.

        Raises:
            ClosedError: the connection ended before.
        """
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                arrival = await self._arrivals.get()
                if arrival is None:
                    self._arrivals.put_nowait(None)
                    raise ClosedError(self.code or 1006, self.reason)
                if accept(arrival):
                    return arrival

    @property
    def waiting(self) -> int:
        """How many events have come and were not asked for yet."""
        return self._events.qsize()

    async def hello(self, **fields: Any) -> dict[str, Any]:
        """Say hello and return the welcome."""
        self.send("hello", protocol=2, **fields)
        return await self.event("welcome")

    # -------------------------------------------------------------------------------------------------- manners

    @property
    def port(self) -> int:
        """The client's own port, by which the server's end is found."""
        port: int = self.transport.get_extra_info("sockname")[1]
        return port

    def stop_reading(self) -> None:
        """Read nothing more: what comes stays in the kernel, and pings are not answered."""
        self._rate = None
        if self._resume is not None:
            self._resume.cancel()
        self.transport.pause_reading()

    def read_at(self, bytes_per_second: float | None) -> None:
        """Read at this rate from now on; None: as fast as it comes."""
        self._rate = bytes_per_second
        if not self.transport.is_reading():
            self.transport.resume_reading()

    def reset(self) -> None:
        """End the connection with an RST."""
        raw = self.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    async def close(self) -> None:
        """Say goodbye and wait for the end."""
        if not self.transport.is_closing():
            if not self.transport.is_reading():
                self.transport.resume_reading()
            self.transport.write(_pack(_CLOSE, struct.pack("!H", 1000)))
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self.over.wait()
        finally:
            self.transport.abort()

    # ------------------------------------------------------------------------------------------------- asyncio's

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self._resume is not None:
            self._resume.cancel()
        if self.code is None:
            self.code = 1006
        if not self._opened.done():
            self._opened.set_exception(ConnectionResetError("the server hung up during the handshake"))
        self._events.put_nowait(None)
        self._arrivals.put_nowait(None)
        self.over.set()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._space if self._rate is None else self._space[: max(1, int(self._rate / 50))]

    def buffer_updated(self, nbytes: int) -> None:
        if self._rate is not None:
            self.transport.pause_reading()
            now = self._loop.time()
            self._due = max(self._due, now - _CATCH_UP_SECONDS) + nbytes / self._rate
            self._resume = self._loop.call_later(max(0.0, self._due - now), self._go_on)
        data = self._space[:nbytes]
        if not self._opened.done():
            data = self._read_response(data)
        self._walk(data)

    def _go_on(self) -> None:
        if not self.transport.is_closing():
            self.transport.resume_reading()

    def _read_response(self, data: memoryview) -> memoryview:
        self.response += data
        head, end, rest = self.response.partition(b"\r\n\r\n")
        if not end:
            return data[:0]
        self.response = head
        if head.startswith(b"HTTP/1.1 101"):
            self._opened.set_result(None)
        else:
            self._opened.set_exception(RefusedError(head))
            rest = b""
        return memoryview(rest)

    def _walk(self, data: memoryview) -> None:
        """Go over what came: message heads, and of each payload the part that is looked at."""
        position, end = 0, len(data)
        while position < end:
            if not self._left:
                position = self._read_head(data, position)
                continue
            taken = min(self._left, end - position)
            missing = self._wanted - len(self._payload)
            if missing > 0:
                self._payload += data[position : position + min(taken, missing)]
            self._left -= taken
            position += taken
            if not self._left:
                self._take()

    def _read_head(self, data: memoryview, position: int) -> int:
        head = self._head
        needed = 2 if len(head) < 2 else {126: 4, 127: 10}.get(head[1], 2)
        missing = needed - len(head)
        head += data[position : position + missing]
        position += missing
        if len(head) < 2 or len(head) < {126: 4, 127: 10}.get(head[1], 2):
            return min(position, len(data))
        length = head[1] if len(head) == 2 else int.from_bytes(head[2:])
        self._opcode = head[0] & 15
        self._head = bytearray()
        self._payload = bytearray()
        self._size = self._left = length
        self._wanted = min(length, _HEAD) if self._opcode == _BINARY and not self._keep else length
        if not length:
            self._take()
        return position

    def _take(self) -> None:
        self.bytes += self._size
        match self._opcode:
            case 2:
                self._take_frame()
            case 1:
                self._events.put_nowait(json.loads(self._payload))
            case 9:
                self.transport.write(_pack(_PONG, bytes(self._payload)))
            case 8:
                self.code = int.from_bytes(self._payload[:2]) if len(self._payload) > 1 else 1005
                self.reason = self._payload[2:].decode()
                self.transport.write(_pack(_CLOSE, bytes(self._payload[:2])))

    def _take_frame(self) -> None:
        self.frames += 1
        if self.acknowledge:
            self.transport.write(_pack(_TEXT, b'{"type":"ack","frame":%d}' % self.frames))
        head = self._payload[:_HEAD]
        epoch, step = _EPOCH.search(head), _STEP.search(head)
        self.newest = Arrival(
            self._loop.time(),
            self.frames,
            int(epoch[1]) if epoch else -1,
            int(step[1]) if step else -1,
            self._size,
            bytes(self._payload),
        )
        if self._on_frame is None:
            self._arrivals.put_nowait(self.newest)
        else:
            self._on_frame(self.newest)


def _pack(opcode: int, data: bytes) -> bytes:
    """Write one unfragmented message, masked with zeros, which costs nothing and is a mask like any other."""
    length = len(data)
    if length < 126:
        return struct.pack("!BB4x", 0x80 | opcode, 0x80 | length) + data
    if length < 65_536:
        return struct.pack("!BBH4x", 0x80 | opcode, 0xFE, length) + data
    return struct.pack("!BBQ4x", 0x80 | opcode, 0xFF, length) + data


async def connect(
    url: str,
    *,
    receive_buffer: int | None = None,
    segment: int | None = None,
    headers: dict[str, str] | None = None,
    source: str | None = None,
    **options: Any,
) -> Wire:
    """Open a connection to ``ws://host:port/path``; say nothing yet.

    Args:
        url: the address.
        receive_buffer: SO_RCVBUF, set before connecting, so that the kernel takes little for a client that stalls.
        segment: most bytes of a TCP segment, as 1460 on a network; those of loopback are larger than small buffers.
        headers: more of them for the handshake.
        source: the address of this side, such as 127.0.0.2.
        options: of ``Wire``.

    Raises:
        RefusedError: the server does not want to.
    """
    parts = urlsplit(url)
    raw = socket.socket()
    raw.setblocking(False)
    if receive_buffer is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    if segment is not None:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, segment)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if source is not None:
        raw.bind((source, 0))
    loop = asyncio.get_running_loop()
    try:
        await loop.sock_connect(raw, (parts.hostname, parts.port))
    except OSError:
        raw.close()
        raise
    transport, wire = await loop.create_connection(lambda: Wire(**options), sock=raw)
    lines = {
        "Host": parts.netloc,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Version": "13",
        **(headers or {}),
    }
    request = f"GET {parts.path or '/'} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in lines.items())
    transport.write(request.encode() + b"\r\n")
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await wire._opened
    except BaseException:
        transport.abort()
        raise
    return wire
