"""GET /ws: the WebSocket of a session; without an upgrade, why a WebSocket could not be opened."""

import asyncio
import contextlib
import time
from typing import Any

from fastapi import APIRouter, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse, Response
from starlette.types import Message
from starlette.websockets import WebSocketState

from engine.user_messages import UserMessage
from server.i18n import Language
from server.protocol import close_codes
from server.protocol.commands import Command, Hello
from server.protocol.events import Closing, ErrorEvent, Heartbeat, localized, translate
from server.protocol.experiments import begun
from server.protocol.parsing import expect_hello, parse
from server.security.addresses import address_of
from server.security.join_cookie import JoinCookies
from server.sessions.admission import AdmissionQueueFull
from server.sessions.manager import AdmissionRefused, SessionManager, retry_seconds
from server.sessions.runner import ClientInfo, SessionRunner
from server.sessions.viewer import Viewer
from server.settings import Settings
from server.telemetry.metrics import Metrics, note_refusal
from server.transport.connections import Place
from server.transport.loop_shares import LoopShares
from server.web.message_limits import MessageLimits
from server.web.middleware.fair_requests import account_of
from server.web.middleware.hosts_and_origins import is_secure, origin_fault
from server.web.middleware.refusal_log import RefusalLog
from server.web.middleware.refusals import language_headers, preferred_language

router = APIRouter()

_NORMAL_CLOSURE = 1000
_POLICY_VIOLATION = 1008
_FORBIDDEN = 4003

_CLOSING_SECONDS = 2.0
"""Timeout for sending the remaining events before closing."""

_UPGRADE = {"Upgrade": "websocket", "Connection": "Upgrade"}


@router.get("/ws", include_in_schema=False)
async def explain_refusal(request: Request) -> Response:
    """Return why a WebSocket cannot be opened, to a request without an upgrade.

    Browsers hide from a page why its WebSocket was refused. So the page sends a GET request here, with its origin in
    the query, as browsers send no Origin header with GET: ``?page=https://host``.
    """
    page = request.query_params.get("page")
    settings: Settings = request.app.state.settings
    fault = page and origin_fault(
        page, request.headers.get("host"), settings.allowed_origins, secure=is_secure(request.scope)
    )
    sentence = fault or UserMessage("no-upgrade")
    if page is None:
        refusal_log: RefusalLog = request.app.state.refusal_log
        refusal_log.note(sentence)
    language = preferred_language(request.scope)
    return JSONResponse(
        {"detail": language.translate(sentence), "reason": sentence.key},
        426 if page is None else 200,
        {
            **(_UPGRADE if page is None else {}),
            "Cache-Control": "no-store",
            **language_headers(language),
        },
    )


@router.websocket("/ws")
async def serve_websocket(websocket: WebSocket) -> None:
    """Serve one connection until either side closes it."""
    settings: Settings = websocket.app.state.settings
    await websocket.accept()
    connection = _Connection(websocket, settings, websocket.app.state.sessions)
    with contextlib.suppress(WebSocketDisconnect):
        await connection.serve()


def _raise_first(tasks: "list[asyncio.Task[None]]") -> None:
    """Raise the exception of the first task that has one, if any."""
    errors = (task.exception() for task in tasks if task.done())
    error = next(filter(None, errors), None)
    if error is not None:
        try:
            raise error
        finally:
            del errors, error, tasks


class _MisbehavedError(Exception):
    """A message violates the limits: close code and reason, and an answer if there is one."""

    def __init__(self, violation: tuple[int, str], answer: ErrorEvent | None) -> None:
        super().__init__(violation)
        self.violation = violation
        self.answer = answer


class _Connection:
    """Reads until a hello, then runs tasks that read, write and watch; when one ends, the others are cancelled."""

    def __init__(self, websocket: WebSocket, settings: Settings, sessions: SessionManager) -> None:
        self._websocket = websocket
        self._settings = settings
        self._sessions = sessions
        self._metrics: Metrics = websocket.app.state.metrics
        self._limits = MessageLimits()
        self._shares: LoopShares = websocket.app.state.shares
        self._account = account_of(websocket.scope)
        self._delay = 0.0
        self._read_ahead: Message | None = None
        self._language = self._choose_language(None)
        self._dismissed: asyncio.Future[Closing] = asyncio.get_running_loop().create_future()

    def dismiss(self, closing: Closing) -> None:
        """Request to send the reason and close the connection; returns at once."""
        if not self._dismissed.done():
            self._dismissed.set_result(closing)

    async def serve(self) -> None:
        try:
            async with asyncio.timeout(self._settings.hello_seconds):
                hello = await self._read_hello()
        except TimeoutError:
            note_refusal(self._websocket.scope, "hello")
            await self._websocket.close(_POLICY_VIOLATION, "no hello")
            return
        except _MisbehavedError as bad:
            await self._close_misbehaving([], bad)
            return
        place: Place | None = self._websocket.scope.get("state", {}).get("place")
        if place is not None:
            place.mark_busy()
        self._language = self._choose_language(hello.language)
        join_cookies: JoinCookies | None = self._websocket.app.state.join_cookies
        identity = None if join_cookies is None else join_cookies.identity(self._websocket.scope)
        if join_cookies is not None and identity is None:
            note_refusal(self._websocket.scope, "code")
            refusal = ErrorEvent(id=hello.id, code="join", **localized("join"))
            await self._websocket.send_text(self._localized_json(refusal))
            await self._websocket.close(_FORBIDDEN, "no join cookie")
            return
        client = ClientInfo(hello.client, address_of(self._websocket.scope.get("client")), identity)
        try:
            await self._wait_for_turn(client)
            runner, viewer = self._sessions.connect(hello, self, self._language, client)
        except AdmissionRefused as turned:
            note_refusal(self._websocket.scope, turned.closing.reason)
            messages = [
                self._localized_json(event) for event in (turned.error, turned.closing) if event is not None
            ]
            await self._close_with(messages, turned.closing.code, turned.closing.reason)
            return
        except AdmissionQueueFull:
            closing = close_codes.full(retry_seconds())
            note_refusal(self._websocket.scope, closing.reason)
            await self._close_with([self._localized_json(closing)], closing.code, closing.reason)
            return
        self._limits.flow = viewer.flow
        for_good = False
        try:
            await self._run_tasks(runner, viewer)
        except WebSocketDisconnect as left:
            for_good = left.code == _NORMAL_CLOSURE
        except _MisbehavedError as bad:
            await self._close_misbehaving(viewer.drain_events(), bad)
        finally:
            self._sessions.disconnect(runner, viewer, for_good=for_good)

    async def _wait_for_turn(self, client: ClientInfo) -> None:
        """Wait for admission; a client that disconnects meanwhile loses its place in the queue.

        Raises:
            AdmissionQueueFull: the queue is too long.
            WebSocketDisconnect: the client has disconnected.
        """
        if self._sessions.admission.try_enter():
            return
        turn = asyncio.ensure_future(self._sessions.admission.enter(client.person))
        received = asyncio.ensure_future(self._websocket.receive())
        try:
            await asyncio.wait((turn, received), return_when=asyncio.FIRST_COMPLETED)
            if received.done() and received.result()["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(received.result().get("code", 1005))
            await turn
            if received.done():
                self._read_ahead = received.result()  # handled after the welcome
        finally:
            turn.cancel()
            received.cancel()
            await asyncio.gather(turn, received, return_exceptions=True)

    def _localized_json(self, event: Closing | ErrorEvent) -> str:
        return translate(event, self._language).model_dump_json()

    def _choose_language(self, asked: str | None) -> Language:
        return self._sessions.language(asked, self._websocket.headers.get("accept-language"))

    async def _run_tasks(self, runner: SessionRunner, viewer: Viewer) -> None:
        tasks = [
            asyncio.create_task(work)
            for work in (
                self._read(runner, viewer),
                self._write(runner, viewer),
                self._watch_slow_client(viewer),
            )
        ]
        waited: list[asyncio.Future[Any]] = [*tasks, self._dismissed]
        try:
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            if not self._dismissed.done():
                _raise_first(tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            # An exception raised here refers to this frame, the frame to the tasks, and a task to the exception:
            # unless this cycle is broken, the session stays in memory until the garbage collector runs.
            del task
            tasks.clear()
            waited.clear()
        if self._dismissed.done():
            closing = self._dismissed.result()
            await self._close_with(
                [*viewer.drain_events(), self._localized_json(closing)], closing.code, closing.reason
            )

    async def _close_misbehaving(self, messages: list[str], bad: _MisbehavedError) -> None:
        note_refusal(self._websocket.scope, "size" if bad.answer is None else "invalid")
        answer = [] if bad.answer is None else [self._localized_json(bad.answer)]
        await self._close_with([*messages, *answer], *bad.violation)

    async def _close_with(self, messages: list[str], code: int, reason: str) -> None:
        """Send the remaining events, then close; give up after `_CLOSING_SECONDS`."""
        if self._websocket.application_state is not WebSocketState.CONNECTED:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSING_SECONDS):
                for text in messages:
                    await self._websocket.send_text(text)
                await self._websocket.close(code, reason)

    async def _read_hello(self) -> Hello:
        while True:
            message = expect_hello(await self._read_message())
            if isinstance(message, Hello):
                with self._shares.charged(self._account):
                    message = begun(message)
            if isinstance(message, Hello):
                return message
            await self._websocket.send_text(message.translated(self._choose_language(None)).model_dump_json())

    async def _read(self, runner: SessionRunner, viewer: Viewer) -> None:
        while True:
            message = await self._read_message()
            if not viewer.is_connected:  # another connection has taken over the session
                return
            with self._shares.charged(self._account):
                runner.receive(viewer, message)

    async def _read_message(self) -> Command | ErrorEvent:
        """Read the next message, with a delay if they come too fast.

        Raises:
            WebSocketDisconnect: the client has disconnected.
            _MisbehavedError: the message is too long, or one of too many invalid ones.
        """
        await asyncio.sleep(self._delay)
        received, self._read_ahead = self._read_ahead or await self._websocket.receive(), None
        if received["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(received.get("code", 1005))
        text = received.get("text")
        await self._shares.wait_turn(self._account)
        with self._shares.charged(self._account):
            message = ErrorEvent(code="not-text", **localized("not-text")) if text is None else parse(text)
            now = time.monotonic()
            self._delay = self._limits.delay(message, now)
            if self._delay > 0:
                self._metrics.throttled()
            violation = self._limits.violation(text, message, now)
        if violation is not None:
            raise _MisbehavedError(violation, message if isinstance(message, ErrorEvent) else None)
        return message

    async def _watch_slow_client(self, viewer: Viewer) -> None:
        """Dismiss a client that has taken no message for ``slow_seconds``."""
        timeout = self._settings.slow_seconds
        while True:
            await asyncio.sleep(min(1.0, timeout / 4))
            if viewer.blocked_seconds >= timeout:
                self.dismiss(close_codes.SLOW)
                return

    async def _await_more(self, viewer: Viewer) -> None:
        """Wait until there may be something to send; send a heartbeat after ``heartbeat_seconds``."""
        try:
            async with asyncio.timeout(self._settings.heartbeat_seconds):
                await viewer.sendable.wait()
        except TimeoutError:
            await self._websocket.send_text(Heartbeat().model_dump_json())

    async def _write(self, runner: SessionRunner, viewer: Viewer) -> None:
        """Send messages of the outbox in order."""
        while viewer.is_connected:  # otherwise another connection has taken over the session
            viewer.sendable.clear()
            message = viewer.outbox.take()
            if message is None:
                await self._await_more(viewer)
            elif isinstance(message, str):
                await self._websocket.send_text(message)
            else:
                await self._websocket.send_bytes(message)
                runner.frame_sent()
