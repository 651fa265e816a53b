"""GET /ws: the WebSocket of a session, and why it could not be opened."""

import asyncio
import contextlib
import time
from typing import Any

from fastapi import APIRouter, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse, Response
from starlette.types import Message
from starlette.websockets import WebSocketState

from engine.sentences import Sentence
from server.i18n import Language
from server.protocol import close_codes
from server.protocol.messages import (
    Closing,
    Command,
    ErrorEvent,
    Heartbeat,
    Hello,
    greet,
    parse,
    told,
    worded,
)
from server.security.addresses import address_of
from server.security.join_cookie import JoinCookies
from server.sessions.admission import AdmissionQueueFull
from server.sessions.manager import AdmissionRefused, SessionManager, retry_seconds
from server.sessions.runner import ClientInfo, SessionRunner
from server.settings import Settings
from server.telemetry.metrics import Metrics, note_refusal
from server.transport.connections import Place
from server.transport.loop_shares import LoopShares
from server.web.message_limits import MessageLimits
from server.web.middleware.fair_requests import account_of
from server.web.middleware.hosts_and_origins import is_secure, origin_fault
from server.web.middleware.refusal_log import RefusalLog
from server.web.middleware.refusals import preferred_language

router = APIRouter()

_NORMAL_CLOSURE = 1000
_POLICY_VIOLATION = 1008
_FORBIDDEN = 4003

_PARTING_SECONDS = 2.0
"""How long it may take to tell a client why the connection is closed."""


_UPGRADE = {"Upgrade": "websocket", "Connection": "Upgrade"}


@router.get("/ws", include_in_schema=False)
async def explain(request: Request) -> Response:
    """Say what keeps a WebSocket from coming about, to a request that came without the upgrade to one.

    Browsers tell a page nothing of why its WebSocket was refused. So it asks here, by the same way and with its
    origin, which they do not send with a plain question: ``?page=https://host``.
    """
    page = request.query_params.get("page")
    settings: Settings = request.app.state.settings
    fault = page and origin_fault(
        page, request.headers.get("host"), settings.allowed_origins, secure=is_secure(request.scope)
    )
    sentence = fault or Sentence("no-upgrade")
    if page is None:
        complaints: RefusalLog = request.app.state.complaints
        complaints.tell(sentence)
    language = preferred_language(request.scope)
    return JSONResponse(
        {"detail": language.say(sentence), "reason": sentence.key},
        426 if page is None else 200,
        {
            **(_UPGRADE if page is None else {}),
            "Cache-Control": "no-store",
            "Content-Language": language.key,
            "Vary": "Accept-Language",
        },
    )


@router.websocket("/ws")
async def live(websocket: WebSocket) -> None:
    """Serve one session until either side leaves."""
    settings: Settings = websocket.app.state.settings
    await websocket.accept()
    connection = _Connection(websocket, settings, websocket.app.state.sessions)
    with contextlib.suppress(WebSocketDisconnect):
        await connection.serve()


def _raise_what_ended(tasks: "list[asyncio.Task[None]]") -> None:
    """Raise what one of the tasks has raised, if any."""
    ended = (task.exception() for task in tasks if task.done())
    raised = next(filter(None, ended), None)
    if raised is not None:
        try:
            raise raised
        finally:
            del ended, raised, tasks


class _MisbehavedError(Exception):
    """A client has sent what ends its connection: the close code, its reason, and an answer if there is one."""

    def __init__(self, verdict: tuple[int, str], answer: ErrorEvent | None) -> None:
        super().__init__(verdict)
        self.verdict = verdict
        self.answer = answer


class _Connection:
    """Reads up to a hello, then lets one task read and one write; whichever ends first ends the other."""

    def __init__(self, websocket: WebSocket, settings: Settings, sessions: SessionManager) -> None:
        self._websocket = websocket
        self._settings = settings
        self._sessions = sessions
        self._metrics: Metrics = websocket.app.state.metrics
        self._manners = MessageLimits()
        self._shares: LoopShares = websocket.app.state.shares
        self._account = account_of(websocket.scope)
        self._pause = 0.0
        self._ahead: Message | None = None
        self._spoken = self._language(None)
        self._dismissed: asyncio.Future[Closing] = asyncio.get_running_loop().create_future()

    def dismiss(self, closing: Closing) -> None:
        """Tell the client why, and end the connection, soon."""
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
            await self._turn_out([], bad)
            return
        place: Place | None = self._websocket.scope.get("state", {}).get("place")
        if place is not None:
            place.mark_busy()
        self._spoken = self._language(hello.language)
        joining: JoinCookies | None = self._websocket.app.state.joining
        identity = None if joining is None else joining.identity(self._websocket.scope)
        if joining is not None and identity is None:
            note_refusal(self._websocket.scope, "code")
            refusal = ErrorEvent(id=hello.id, code="join", **told("join"))
            await self._websocket.send_text(self._worded(refusal))
            await self._websocket.close(_FORBIDDEN, "no join cookie")
            return
        guest = ClientInfo(hello.client, address_of(self._websocket.scope.get("client")), identity)
        try:
            await self._wait_for_turn(guest)
            runner = self._sessions.connect(hello, self, self._spoken, guest)
        except AdmissionRefused as turned:
            note_refusal(self._websocket.scope, turned.closing.reason)
            words = [self._worded(event) for event in (turned.error, turned.closing) if event is not None]
            await self._part(words, turned.closing.code, turned.closing.reason)
            return
        except AdmissionQueueFull:
            closing = close_codes.full(retry_seconds())
            note_refusal(self._websocket.scope, closing.reason)
            await self._part([self._worded(closing)], closing.code, closing.reason)
            return
        for_good = False
        try:
            await self._attend(runner)
        except WebSocketDisconnect as left:
            for_good = left.code == _NORMAL_CLOSURE
        except _MisbehavedError as bad:
            await self._turn_out(runner.outbox.drain_events() if runner.connection is self else [], bad)
        finally:
            self._sessions.disconnect(runner, self, for_good=for_good)

    async def _wait_for_turn(self, guest: ClientInfo) -> None:
        """Wait at the entrance; a client that leaves meanwhile loses its place there.

        Raises:
            AdmissionQueueFull: the wait would be too long.
        """
        if self._sessions.admission.try_enter():
            return
        turn = asyncio.ensure_future(self._sessions.admission.enter(guest.person))
        received = asyncio.ensure_future(self._websocket.receive())
        try:
            await asyncio.wait((turn, received), return_when=asyncio.FIRST_COMPLETED)
            if received.done() and received.result()["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(received.result().get("code", 1005))
            await turn
            if received.done():
                self._ahead = received.result()  # read now, and obeyed after the welcome
        finally:
            turn.cancel()
            received.cancel()
            await asyncio.gather(turn, received, return_exceptions=True)

    def _worded(self, event: Closing | ErrorEvent) -> str:
        return worded(event, self._spoken).model_dump_json()

    def _language(self, asked: str | None) -> Language:
        return self._sessions.language(asked, self._websocket.headers.get("accept-language"))

    async def _attend(self, runner: SessionRunner) -> None:
        tasks = [asyncio.create_task(work(runner)) for work in (self._read, self._write, self._mind)]
        waited: list[asyncio.Future[Any]] = [*tasks, self._dismissed]
        try:
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            if not self._dismissed.done():
                _raise_what_ended(tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            # What is raised from here holds this call; if that held the tasks, and they what they raised, the session
            # would stay in memory until the garbage collector comes.
            del task
            tasks.clear()
            waited.clear()
        if self._dismissed.done():
            closing = self._dismissed.result()
            words = runner.outbox.drain_events() if runner.connection is self else []
            await self._part([*words, self._worded(closing)], closing.code, closing.reason)

    async def _turn_out(self, words: list[str], bad: _MisbehavedError) -> None:
        note_refusal(self._websocket.scope, "size" if bad.answer is None else "invalid")
        answer = [] if bad.answer is None else [self._worded(bad.answer)]
        await self._part([*words, *answer], *bad.verdict)

    async def _part(self, words: list[str], code: int, reason: str) -> None:
        """Send the remaining events, then close; give up after `_PARTING_SECONDS`."""
        if self._websocket.application_state is not WebSocketState.CONNECTED:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PARTING_SECONDS):
                for text in words:
                    await self._websocket.send_text(text)
                await self._websocket.close(code, reason)

    async def _read_hello(self) -> Hello:
        while True:
            message = greet(await self._read_message())
            if isinstance(message, Hello):
                return message
            await self._websocket.send_text(message.worded(self._language(None)).model_dump_json())

    async def _read(self, runner: SessionRunner) -> None:
        while True:
            message = await self._read_message()
            if runner.connection is not self:  # somebody else has taken the session over
                return
            with self._shares.charged(self._account):
                runner.receive(message)

    async def _read_message(self) -> Command | ErrorEvent:
        """Read the next message, later if they come too fast; end the connection if they are too long or none."""
        await asyncio.sleep(self._pause)
        received, self._ahead = self._ahead or await self._websocket.receive(), None
        if received["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(received.get("code", 1005))
        text = received.get("text")
        await self._shares.wait_turn(self._account)
        with self._shares.charged(self._account):
            message = ErrorEvent(code="not-text", **told("not-text")) if text is None else parse(text)
            now = time.monotonic()
            self._pause = self._manners.pause(message, now)
            if self._pause > 0:
                self._metrics.throttled()
            verdict = self._manners.verdict(text, message, now)
        if verdict is not None:
            raise _MisbehavedError(verdict, message if isinstance(message, ErrorEvent) else None)
        return message

    async def _mind(self, runner: SessionRunner) -> None:
        """Send a client away for a while that takes nothing for long."""
        most = self._settings.slow_seconds
        while True:
            await asyncio.sleep(min(1.0, most / 4))
            if runner.blocked_seconds >= most:
                self.dismiss(close_codes.SLOW)
                return

    async def _await_more(self, runner: SessionRunner) -> None:
        """Wait for something to send; when there is nothing for long, say that the line is alive."""
        try:
            async with asyncio.timeout(self._settings.heartbeat_seconds):
                await runner.sendable.wait()
        except TimeoutError:
            await self._websocket.send_text(Heartbeat().model_dump_json())

    async def _write(self, runner: SessionRunner) -> None:
        """Send what may be sent, in order."""
        while runner.connection is self:  # otherwise what waits is for somebody else
            runner.sendable.clear()
            message = runner.outbox.take()
            if message is None:
                await self._await_more(runner)
            elif isinstance(message, str):
                await self._websocket.send_text(message)
            else:
                await self._websocket.send_bytes(message)
                self._manners.frame_sent()
                runner.frame_sent()
