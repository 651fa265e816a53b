"""Trainer: one session with its outbox, and the task that computes its slices.

A connection attaches to it, passes on what the client says and sends what the outbox gives. Knows no socket.
"""

import asyncio
import contextlib
import logging
import time
from typing import Protocol

from server.compute import Compute
from server.languages import Language
from server.messages import Command, ErrorEvent, Event, worded
from server.outbox import Encoding, Outbox, Overflow
from server.session import Session
from server.work import run_slice

log = logging.getLogger(__name__)

_TURN_SECONDS = 0.03
"""Every session should have its turn so often, as long as slices need not be shorter than this for it:"""
_SHORTEST_SLICE = 0.005


class Line(Protocol):
    """What a trainer knows of the connection that is attached to it."""

    def dismiss(self, code: int, reason: str) -> None:
        """End the connection, soon, with a WebSocket close code."""


class Trainer:
    """Trains one session, whether or not somebody looks on."""

    def __init__(
        self,
        session: Session,
        compute: Compute,
        language: Language,
        *,
        window: int,
        slice_seconds: float,
        encoding: Encoding = "plain",
    ) -> None:
        """Prepare; training begins with ``start``.

        Args:
            session: that is trained.
            compute: where its slices are computed.
            language: in which its events are told.
            window: frames that a client may leave unacknowledged.
            slice_seconds: the longest stretch of training between two looks at the commands.
            encoding: how frames are sent.
        """
        self.session = session
        self.outbox = Outbox(window, encoding)
        self.line: Line | None = None
        self.sendable = asyncio.Event()
        """Set whenever the outbox may have something new to give."""
        self._compute = compute
        self._language = language
        self._slice_seconds = slice_seconds
        self._something_to_do = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to compute what is due."""
        self._task = asyncio.create_task(self._train())

    async def close(self) -> None:
        """End for good."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def attach(self, line: Line) -> None:
        """Let a connection have what the outbox gives."""
        self.line = line
        self._something_to_do.set()

    def detach(self, line: Line) -> None:
        """Take note that a connection has ended."""
        if self.line is line:
            self.line = None

    def receive(self, message: Command | ErrorEvent) -> None:
        """Take a message of the client, parsed."""
        self.post(self.session.receive(message))
        self.outbox.acknowledge(self.session.acknowledged)
        self._something_to_do.set()

    def post(self, events: list[Event]) -> None:
        """Queue events for the client; one that reads none is dismissed."""
        try:
            for event in events:
                self.outbox.post(worded(event, self._language).model_dump_json(exclude_none=False))
        except Overflow:
            if self.line is not None:
                self.line.dismiss(1013, "too many unread events")
        self.sendable.set()

    def sent(self) -> None:
        """Take note that a frame has gone out, so that there may be room for the next."""
        self._something_to_do.set()

    async def _train(self) -> None:
        """Compute slices one after the other, while there is something to do."""
        session, outbox = self.session, self.outbox
        while True:
            self._something_to_do.clear()
            room = self.line is not None and outbox.is_open()
            seconds = self._compute.share(_TURN_SECONDS, _SHORTEST_SLICE, self._slice_seconds)
            work = (
                None if outbox.is_full() else session.next_slice(time.monotonic(), room=room, seconds=seconds)
            )
            if work is None:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(session.wait(time.monotonic(), room=room)):
                        await self._something_to_do.wait()
                continue
            try:
                outcome = await self._compute.run(run_slice, work)
            except Exception:
                log.exception("a slice failed")
                self.post(session.fail())
                continue
            events, numbers = session.absorb(work, outcome)
            if numbers is not None:
                outbox.put(numbers.metadata, numbers.tensors, due=numbers.due)
            self.post(events)
