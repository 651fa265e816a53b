"""A TCP proxy that behaves like a bad network: slow, late, stalled, silent or torn, and changes whenever it is told."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from typing import Literal

_CHUNK = 65_536
_BUFFER = 32_768
"""Bytes that each of the proxy's sockets may take ahead, so that little hides in it."""

Manner = Literal["forward", "stall", "swallow"]
"""Pass everything on; read nothing any more; read everything and pass on nothing, which is a half-open connection:
no FIN ever comes, and the sender's system believes that all goes well."""


class Proxy:
    """Connections through it go to ``target``.

    Attributes:
        port: where it listens.
        manner: what it does with what it reads, in both directions.
        delay: seconds that everything takes longer.
        rate: bytes per second in each direction of each connection; None: any.
    """

    def __init__(self, target: int) -> None:
        """Prepare for a server on this port of the loopback address."""
        self.target = target
        self.port = 0
        self.manner: Manner = "forward"
        self.delay = 0.0
        self.rate: float | None = None
        self._changed = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def become(self, manner: Manner) -> None:
        """Change the manner, of open connections as well."""
        self.manner = manner
        self._changed.set()
        self._changed.clear()

    def reset(self) -> None:
        """Tear all connections with an RST to both sides."""
        for writer in self._writers:
            if not writer.transport.is_closing():
                raw = writer.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raw = socket.socket()
        raw.setblocking(False)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", self.target))
        above, below = await asyncio.open_connection(sock=raw, limit=_BUFFER)
        self._writers |= {writer, below}
        for source, sink in ((reader, below), (above, writer)):
            task = asyncio.create_task(self._pump(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        late: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(maxsize=64)

        async def deliver() -> None:
            while True:
                due, data = await late.get()
                await asyncio.sleep(max(0.0, due - loop.time()))
                sink.write(data)
                if not data:
                    sink.close()
                    return
                await sink.drain()

        delivery = asyncio.create_task(deliver())
        try:
            data = b"-"
            while data and not delivery.done():
                while self.manner == "stall":
                    await self._changed.wait()
                rate = self.rate
                data = await source.read(_CHUNK if rate is None else max(1, int(rate / 50)))
                if rate is not None:
                    await asyncio.sleep(len(data) / rate)
                if self.manner != "swallow":
                    await late.put((loop.time() + self.delay, data))
            if self.manner != "swallow":
                await delivery
        except ConnectionError:
            if self.manner != "swallow":
                sink.transport.abort()
        finally:
            delivery.cancel()
            await asyncio.gather(delivery, return_exceptions=True)


@contextlib.asynccontextmanager
async def proxy(target: int) -> AsyncIterator[Proxy]:
    """Listen on a free port and pass on to ``target``."""
    made = Proxy(target)
    server = await asyncio.start_server(made._serve, "127.0.0.1", 0, limit=_BUFFER)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        for task in list(made._tasks):
            task.cancel()
        made.reset()
        await asyncio.gather(*made._tasks, return_exceptions=True)
