"""uvicorn's protocols with time limits, places and fair reading; the listening socket and the configuration.

Asked to close, uvicorn waits until everything has been sent; a client that reads no more keeps its connection, its
handler and megabytes of buffers for ever. So a connection that is over is cut after a moment, and the kernel is set
to give up by itself as well, and to buffer little.
"""

import asyncio
import contextlib
import socket
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame

from server.security.token_bucket import TokenBucket
from server.settings import MAX_MESSAGE_BYTES, Settings
from server.transport.connections import SURPLUS, Connections
from server.transport.fair_reading import FairReading, ServingConfig
from server.transport.loop_shares import LoopShares

LINGER_SECONDS = 4.0
"""How long a connection that is over may take to send what is left."""

GRACE_SECONDS = 3
"""How long connections may take to close at the end of the process, after all clients were informed."""

IDLE_SECONDS = 5
"""How long an HTTP connection without a request is kept; after a reset, its memory stays that long, too."""

ACCEPTED_AT_ONCE = SURPLUS
"""Connections that the event loop accepts before any of them is given a place; each has a descriptor by then."""

BODY_SECONDS = 60
"""How long the body of a request may take to arrive; the longest one, at 18 kB a second."""

UNANSWERED_SECONDS = 30
"""How long the kernel waits for a client to take what was sent, before it gives the connection up (Linux)."""

SEND_BUFFER_BYTES = 2**16
"""What the kernel buffers for a client (Linux takes twice as much); left alone it takes megabytes, all of them old."""


FRAME_RATE = 50.0
FRAME_BURST = 200
"""Control frames and fragments of messages a second, and at once; whole messages are counted where they are understood
(`server.web.message_limits`). What comes faster is read later."""

MOST_FRAGMENTS = 128
"""Fragments of one message; browsers make them of a few kilobytes at least."""

_WRITING, _FRAMES = "writing", "frames"


class HttpProtocol(FairReading, H11Protocol):
    """uvicorn's HTTP, which does not wait for ever for a request to arrive, and has a place for each connection."""

    _upgraded = False
    _due: asyncio.TimerHandle | None = None
    _arriving: Any = None  # the state of h11 in which something is expected

    def connection_made(self, transport: Any) -> None:
        """Begin, and expect a request; without a place, end."""
        super().connection_made(transport)
        if self.place is None:
            self.transport.abort()
        else:
            self._expect(h11.IDLE)

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing more."""
        self._expect(None)
        if self.place is not None:
            self.place.leave()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Take what has arrived, and see what has to follow: a head, the rest of a body, or nothing."""
        super().handle_events()
        if self._upgraded:
            return
        state = self.conn.their_state
        if state is h11.SEND_BODY or (state is h11.IDLE and self.conn.our_state is h11.IDLE):
            self._expect(state)
        else:
            self._expect(None)

    def _should_upgrade(self) -> bool:
        """Tell whether a request is to become a WebSocket; not one with a body, which would never be answered."""
        if any(
            name in (b"content-length", b"transfer-encoding") and value != b"0"
            for name, value in self.headers
        ):
            return False
        return super()._should_upgrade()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Hand the connection over, with what has arrived behind the request."""
        self._upgraded = True  # what h11 expects from now on does not come to it
        self._expect(None)
        super().handle_websocket_upgrade(event)
        if self.place is not None:
            self.place.wait()  # for a hello
        rest, _ = self.conn.trailing_data
        self.transport.get_protocol().data_received(rest + self.take_unread())

    def _expect(self, state: Any) -> None:
        """Give a head or a body its time to arrive; no piece of it begins that time anew."""
        if state is self._arriving:
            return
        self._arriving = state
        if self._due is not None:
            self._due.cancel()
            self._due = None
        if state is not None:
            seconds = self.config.head_seconds if state is h11.IDLE else BODY_SECONDS
            self._due = self.loop.call_later(seconds, self.transport.abort)
        if self.place is not None:
            if state is None:
                self.place.work()
            else:
                self.place.wait()


class LiveProtocol(FairReading, WebSocketsSansIOProtocol):
    """uvicorn's WebSocket, which lets go.

    It builds on names that uvicorn does not promise to keep; tests/server/transport/test_uvicorn_protocols.py
    fails if they change.
    """

    _cut: asyncio.TimerHandle | None = None
    _frames_due: asyncio.TimerHandle | None = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Begin with nothing counted."""
        super().__init__(*arguments, **options)
        self._frame_allowance = TokenBucket(FRAME_RATE, FRAME_BURST)

    def handle_ping(self) -> None:
        """Answer a ping; while a client does not read the answers, nothing is read from it."""
        super().handle_ping()
        self._count_frame()
        if not self.writable.is_set():
            self.transport.hold(_WRITING)

    def resume_writing(self) -> None:
        """Go on to read what is answered by the protocol itself."""
        super().resume_writing()
        self.transport.release(_WRITING)

    def handle_pong(self, event: Frame) -> None:
        """Take the answer to a ping of this side, or count one that nobody asked for."""
        if self.pending_ping_payload != bytes(event.data):
            self._count_frame()
        super().handle_pong(event)

    def handle_cont(self, event: Frame) -> None:
        """Take a fragment; too many end the connection, however small they are."""
        self._count_frame()
        if len(self.frames) < MOST_FRAGMENTS:
            super().handle_cont(event)
        elif not self.close_sent:
            self.frames = []
            self.conn.send_close(CloseCode.POLICY_VIOLATION, "too many fragments")
            self.handle_parser_exception()

    def _count_frame(self) -> None:
        """Count a frame that the application does not see; if there were too many, read on later."""
        wait = self._frame_allowance.spend(self.loop.time())
        if wait > 0 and self._frames_due is None:
            self.transport.hold(_FRAMES)
            self._frames_due = self.loop.call_later(wait, self._go_on)

    def _go_on(self) -> None:
        self._frames_due = None
        missing = -self._frame_allowance.level(self.loop.time())
        if missing > 0:
            self._frames_due = self.loop.call_later(missing / FRAME_RATE, self._go_on)
        else:
            self.transport.release(_FRAMES)

    def keepalive_timeout(self) -> None:
        """Cut the connection: who answers no ping will not take a goodbye either."""
        super().keepalive_timeout()
        self.transport.abort()

    def shutdown(self) -> None:
        """Say goodbye, as the server ends, and wait no longer than a moment."""
        super().shutdown()
        self._cut_soon()

    async def run_asgi(self) -> None:
        """Run the application; when it is done, so is the connection."""
        try:
            await super().run_asgi()
        finally:
            self._cut_soon()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget what was planned."""
        super().connection_lost(exc)
        if self.place is not None:
            self.place.leave()
        for planned in (self._cut, self._frames_due):
            if planned is not None:
                planned.cancel()

    def send_receive_event_to_app(self) -> None:
        """Pass on a message; text that is not UTF-8 ends the connection, and is no reason for a traceback."""
        if self.curr_msg_data_type == "text" and not self.close_sent:
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.frames = []
                self.conn.send_close(CloseCode.INVALID_DATA, "text that is not UTF-8")
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    async def send(self, message: Any) -> None:
        """Send; where the connection was ended because of what the client sent, nobody is left to send to."""
        await self.writable.wait()
        if self.handshake_complete and self.close_sent:
            raise ClientDisconnected
        await super().send(message)

    def _cut_soon(self) -> None:
        if self._cut is None and not self.disconnected:
            self._cut = self.loop.call_later(LINGER_SECONDS, self.transport.abort)


def listen(settings: Settings) -> socket.socket:
    """Return a socket bound to the address and port of the settings.

    Raises:
        OSError: that is not possible.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if hasattr(
            socket, "SO_EXCLUSIVEADDRUSE"
        ):  # Windows, where SO_REUSEADDR gives one port to two programs
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _limit_waiting(listener)
        listener.bind((settings.host, settings.port))
    except OSError:
        listener.close()
        raise
    return listener


def _limit_waiting(listener: socket.socket) -> None:
    """Limit how long and for how many bytes the kernel waits for a client that does not read.

    Only on Linux, where the sockets of clients take these options over from the one that listens.
    """
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        with contextlib.suppress(OSError):  # some sandboxes do not know the option
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNANSWERED_SECONDS * 1000)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)


def serving(
    app: Any,
    settings: Settings,
    shares: LoopShares | None = None,
    connections: Connections | None = None,
    **options: Any,
) -> ServingConfig:
    """Return how uvicorn is to serve an application.

    Args:
        app: an ASGI application.
        settings: times of the WebSockets.
        shares: of the event loop, the same as the application's, if it has any.
        connections: the places of all connections.
        options: further ones of uvicorn.
    """
    return ServingConfig(
        app,
        shares or LoopShares(),
        Connections() if connections is None else connections,
        knows_addresses=not settings.trusted_proxies,
        head_seconds=settings.hello_seconds,
        http=HttpProtocol,
        access_log=False,
        server_header=False,
        # uvicorn would trust every client on this machine; only configured proxies are trusted.
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        ws=LiveProtocol,
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_per_message_deflate=False,  # frames are compact; deflating per client costs ten times all the rest
        ws_ping_interval=settings.ping_seconds,
        ws_ping_timeout=settings.pong_seconds,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        backlog=ACCEPTED_AT_ONCE,
        **options,
    )
