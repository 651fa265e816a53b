"""A client of the protocol that acknowledges the frames it reads."""

import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import anyio
from websockets.asyncio.client import ClientConnection, connect

from server.frames import decode

PATIENCE_SECONDS = 50
"""How long to wait for what must come; only ever used up when something is broken."""


@dataclass(frozen=True)
class Frame:
    """A decoded frame."""

    metadata: dict[str, str]
    tensors: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.tensors[name]

    @property
    def number(self) -> int:
        return int(self.metadata["frame"])

    @property
    def epoch(self) -> int:
        return int(self.metadata["epoch"])

    @property
    def step(self) -> int:
        return int(self.metadata["step"])


class Client:
    """One connection."""

    def __init__(self, connection: ClientConnection, *, acknowledge: bool = True) -> None:
        self.connection = connection
        self.acknowledge = acknowledge
        self.frames: list[Frame] = []

    async def send(self, type_: str, **fields: Any) -> None:
        await self.connection.send(json.dumps({"type": type_, **fields}))

    async def receive(self) -> dict[str, Any] | Frame:
        with anyio.fail_after(PATIENCE_SECONDS):
            message = await self.connection.recv()
        if isinstance(message, str):
            event: dict[str, Any] = json.loads(message)
            return event
        frame = Frame(*decode(message))
        self.frames.append(frame)
        if self.acknowledge:
            await self.send("ack", frame=frame.number)
        return frame

    async def event(self, type_: str | None = None) -> dict[str, Any]:
        """Return the next event (of a type), passing over frames and other events."""
        while True:
            message = await self.receive()
            if isinstance(message, dict) and type_ in (None, message["type"]):
                return message

    async def frame(self, accept: Callable[[Frame], bool] = lambda frame: True) -> Frame:
        """Return the next acceptable frame, passing over events and other frames."""
        while True:
            message = await self.receive()
            if isinstance(message, Frame) and accept(message):
                return message

    async def ask(self, type_: str, **fields: Any) -> dict[str, Any]:
        """Send a command and return the event that answers it."""
        await self.send(type_, id="question", **fields)
        while True:
            event = await self.event()
            if event["id"] == "question":
                return event


@contextlib.asynccontextmanager
async def client(url: str, *, acknowledge: bool = True, **options: Any) -> AsyncIterator[Client]:
    """Connect, without saying hello."""
    async with connect(url, compression=None, **options) as connection:
        yield Client(connection, acknowledge=acknowledge)


@contextlib.asynccontextmanager
async def greeted(url: str, *, acknowledge: bool = True, **experiment: Any) -> AsyncIterator[Client]:
    """Connect, say hello with an experiment, and read up to the first frame."""
    async with client(url, acknowledge=acknowledge) as connected:
        await connected.send("hello", protocol=1, experiment=experiment)
        await connected.event("welcome")
        await connected.frame()
        yield connected
