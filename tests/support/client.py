"""A client of the protocol that acknowledges the frames it reads."""

import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import anyio
import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from engine import Experiment, advance, begin
from tests.support.frames import decode_one

PATIENCE_SECONDS = 50
"""How long to wait for what must come; only ever used up when something is broken."""


@dataclass(frozen=True)
class Frame:
    """A decoded frame of one run: tensors are named ``view/array``."""

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
        self.checkpoint: dict[str, Any] | None = None  # the newest

    @property
    def token(self) -> str:
        assert self.checkpoint is not None
        return str(self.checkpoint["token"])

    async def send(self, type_: str, **fields: Any) -> None:
        await self.connection.send(json.dumps({"type": type_, **fields}))

    async def receive(self) -> dict[str, Any] | Frame:
        with anyio.fail_after(PATIENCE_SECONDS):
            message = await self.connection.recv()
        if isinstance(message, str):
            event: dict[str, Any] = json.loads(message)
            if event["type"] == "checkpoint":
                self.checkpoint = event
            return event
        frame = Frame(*decode_one(message))
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

    async def kept(self, epoch: int = 0) -> str:
        """Return a token of at least this epoch, when there is one."""
        while self.checkpoint is None or self.checkpoint["epoch"] < epoch:
            await self.event("checkpoint")
        return self.token

    async def closed(self) -> tuple[dict[str, Any] | None, int]:
        """Read on until the server closes; return what it said last of all about it, and its close code."""
        closing = None
        with contextlib.suppress(ConnectionClosed):
            while True:
                message = await self.receive()
                if isinstance(message, dict) and message["type"] == "closing":
                    closing = message
        code = self.connection.close_code
        assert code is not None
        return closing, code

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
        await connected.send("hello", protocol=2, experiment=experiment)
        await connected.event("welcome")
        await connected.frame()
        yield connected


@contextlib.asynccontextmanager
async def resumed(url: str, token: str, **fields: Any) -> AsyncIterator[tuple[Client, dict[str, Any]]]:
    """Connect with a token; yields the client and its welcome. At the end the line is cut, not closed in order."""
    async with client(url) as connected:
        await connected.send("hello", protocol=2, resume=token, **fields)
        yield connected, await connected.event("welcome")
        cut(connected)


def cut(connected: Client) -> None:
    """End a connection as a lost network does, without a word."""
    connected.connection.transport.abort()


def assert_losses_are_the_engines(connected: Client, epoch: int, **experiment: Any) -> None:
    """Assert that a client has received every loss up to an epoch once and in order, to the last bit."""
    _, report = advance(begin(Experiment.model_validate(experiment)), epochs=epoch)
    assert np.concatenate([frame["losses/epochs"] for frame in connected.frames]).tolist() == list(
        range(epoch + 1)
    )
    for name, expected in (("losses/train", report.train_loss), ("losses/test", report.test_loss)):
        losses = np.concatenate([frame[name] for frame in connected.frames])
        np.testing.assert_array_equal(losses[1:], expected[0], err_msg=name)
