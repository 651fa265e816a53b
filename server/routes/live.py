"""The WebSocket: tasks, a socket and a clock around one session and its outbox."""

import asyncio
import contextlib
import logging
import secrets
import time

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from engine.schema import MAX_SEED
from server.compute import Compute
from server.doors import origin_allowed
from server.messages import ErrorEvent, Event, Limits
from server.outbox import Outbox, Overflow
from server.session import Session
from server.settings import MAX_MESSAGE_BYTES, Settings
from server.work import run_slice

router = APIRouter()
log = logging.getLogger(__name__)

_POLICY_VIOLATION = 1008
_TRY_AGAIN_LATER = 1013

_TURN_SECONDS = 0.03
"""Every session should have its turn so often, as long as slices need not be shorter than this for it:"""
_SHORTEST_SLICE = 0.005


@router.websocket("/ws")
async def live(websocket: WebSocket) -> None:
    """Serve one session until either side leaves."""
    settings: Settings = websocket.app.state.settings
    headers = websocket.headers
    if not origin_allowed(headers.get("origin"), headers.get("host"), settings.allowed_origins):
        await websocket.close(_POLICY_VIOLATION)  # before it is accepted: the browser gets a 403
        return
    await websocket.accept()
    connection = _Connection(websocket, settings, websocket.app.state.compute)
    with contextlib.suppress(WebSocketDisconnect):
        await connection.serve()


class _Connection:
    """Three tasks: one reads, one trains, one writes. Whichever ends first ends the others."""

    def __init__(self, websocket: WebSocket, settings: Settings, compute: Compute) -> None:
        self._websocket = websocket
        self._settings = settings
        self._compute = compute
        limits = Limits(
            message_bytes=MAX_MESSAGE_BYTES, window=settings.window, hello_seconds=settings.hello_seconds
        )
        self._session = Session(limits, lambda: secrets.randbelow(MAX_SEED + 1))
        self._outbox = Outbox(settings.window)
        self._something_to_do = asyncio.Event()
        self._something_to_send = asyncio.Event()

    async def serve(self) -> None:
        tasks = [asyncio.create_task(work()) for work in (self._read, self._train, self._write)]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except Overflow:
            await self._websocket.close(_TRY_AGAIN_LATER, "too many unread events")
        except TimeoutError:
            await self._websocket.close(_POLICY_VIOLATION, "no hello")
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _post(self, events: list[Event]) -> None:
        for event in events:
            self._outbox.post(event.model_dump_json(exclude_none=False))
        self._something_to_send.set()

    async def _read(self) -> None:
        """Read messages; without a valid hello in time, give up."""
        async with asyncio.timeout(self._settings.hello_seconds):
            while not self._session.greeted:
                await self._read_one()
        while True:
            await self._read_one()

    async def _read_one(self) -> None:
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        text = message.get("text")
        if text is None:
            refusal = "the message is binary; send one JSON object per text message"
            self._post([ErrorEvent(code="not-text", message=refusal)])
            return
        self._post(self._session.receive(text))
        self._outbox.acknowledge(self._session.acknowledged)
        self._something_to_do.set()

    async def _train(self) -> None:
        """Compute slices one after the other, while there is something to do."""
        session, outbox = self._session, self._outbox
        while True:
            self._something_to_do.clear()
            seconds = self._compute.share(_TURN_SECONDS, _SHORTEST_SLICE, self._settings.slice_seconds)
            work = (
                None
                if outbox.is_full()
                else session.next_slice(time.monotonic(), room=outbox.is_open(), seconds=seconds)
            )
            if work is None:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(session.wait(time.monotonic(), room=outbox.is_open())):
                        await self._something_to_do.wait()
                continue
            try:
                outcome = await self._compute.run(run_slice, work)
            except Exception:
                log.exception("a slice failed")
                self._post(session.fail())
                continue
            events, numbers = session.absorb(work, outcome)
            if numbers is not None:
                outbox.put(numbers.metadata, numbers.tensors, due=numbers.due)
            self._post(events)

    async def _write(self) -> None:
        """Send what may be sent, in order."""
        while True:
            self._something_to_send.clear()
            message = self._outbox.take()
            if message is None:
                await self._something_to_send.wait()
            elif isinstance(message, str):
                await self._websocket.send_text(message)
            else:
                await self._websocket.send_bytes(message)
                self._something_to_do.set()
