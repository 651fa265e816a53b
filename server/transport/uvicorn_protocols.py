"""uvicorn's protocols with time limits, places and fair reading; the listening socket and the configuration.

When a connection is closed, uvicorn waits until everything has been sent; a client that stops reading would keep its
connection, its handler and megabytes of buffers for ever. So a closing connection is aborted after a few seconds, and
the kernel is set to give up by itself, and to buffer little.
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
"""Time limit for a closing connection to send the remaining bytes."""

GRACE_SECONDS = 3
"""Time limit for connections to close at the end of the process, after all clients were informed."""

IDLE_SECONDS = 5
"""How long an HTTP connection without a request is kept; its memory stays that long even after a reset."""

ACCEPTED_AT_ONCE = SURPLUS
"""Connections that the event loop accepts at once, before any of them has a place; each takes a descriptor."""

BODY_SECONDS = 60
"""Time limit for the body of a request to arrive: the longest one at 18 kB a second."""

UNANSWERED_SECONDS = 30
"""Time for which sent bytes may stay unacknowledged before the kernel closes the connection (Linux)."""

SEND_BUFFER_BYTES = 2**16
"""Send buffer of the kernel for a client (Linux doubles it); by default megabytes, full of outdated frames."""


FRAME_RATE = 50.0
FRAME_BURST = 200
"""Control frames and fragments a second, and burst; beyond that they are read later. Whole messages are limited by
`server.web.message_limits`."""

MAX_FRAGMENTS = 128
"""Upper bound on the fragments of one message; browsers make them of a few kilobytes at least."""

_WRITING, _FRAMES = "writing", "frames"


class HttpProtocol(FairReading, H11Protocol):
    """uvicorn's HTTP protocol, with time limits for requests to arrive and a place for each connection."""

    _upgraded = False
    _timer: asyncio.TimerHandle | None = None
    _expected: Any = None  # the state of h11 in which the peer has to send something

    def connection_made(self, transport: Any) -> None:
        """Expect a request; abort if there is no place."""
        super().connection_made(transport)
        if self.place is None:
            self.transport.abort()
        else:
            self._expect(h11.IDLE)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer and release the place."""
        self._expect(None)
        if self.place is not None:
            self.place.release()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Process received bytes, and expect what has to follow: a head, the rest of a body, or nothing."""
        super().handle_events()
        if self._upgraded:
            return
        state = self.conn.their_state
        if state is h11.SEND_BODY or (state is h11.IDLE and self.conn.our_state is h11.IDLE):
            self._expect(state)
        else:
            self._expect(None)

    def _should_upgrade(self) -> bool:
        """Return whether to upgrade a request to a WebSocket; not one with a body, which would never be answered."""
        if any(
            name in (b"content-length", b"transfer-encoding") and value != b"0"
            for name, value in self.headers
        ):
            return False
        return super()._should_upgrade()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Pass the connection to the WebSocket protocol, with the bytes received after the request."""
        self._upgraded = True  # the state of h11 means nothing from now on
        self._expect(None)
        super().handle_websocket_upgrade(event)
        if self.place is not None:
            self.place.mark_waiting()  # for a hello
        trailing, _ = self.conn.trailing_data
        self.transport.get_protocol().data_received(trailing + self.take_unread())

    def _expect(self, state: Any) -> None:
        """Start the time limit for a head or a body; its pieces do not restart it."""
        if state is self._expected:
            return
        self._expected = state
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if state is not None:
            seconds = self.config.head_seconds if state is h11.IDLE else BODY_SECONDS
            self._timer = self.loop.call_later(seconds, self.transport.abort)
        if self.place is not None:
            if state is None:
                self.place.mark_busy()
            else:
                self.place.mark_waiting()


class WebSocketProtocol(FairReading, WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol, which aborts closing connections and limits control frames and fragments.

    It overrides private names of uvicorn; tests/server/transport/test_uvicorn_protocols.py fails if they change.
    """

    _abort_timer: asyncio.TimerHandle | None = None
    _frames_timer: asyncio.TimerHandle | None = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Create the protocol of one connection."""
        super().__init__(*arguments, **options)
        self._frame_allowance = TokenBucket(FRAME_RATE, FRAME_BURST)

    def handle_ping(self) -> None:
        """Answer a ping; pause reading while the client does not read the answers."""
        super().handle_ping()
        self._count_frame()
        if not self.writable.is_set():
            self.transport.pause(_WRITING)

    def resume_writing(self) -> None:
        """Resume reading, as the client reads answers again."""
        super().resume_writing()
        self.transport.resume(_WRITING)

    def handle_pong(self, event: Frame) -> None:
        """Process the answer to a ping of the server; count an unsolicited one."""
        if self.pending_ping_payload != bytes(event.data):
            self._count_frame()
        super().handle_pong(event)

    def handle_cont(self, event: Frame) -> None:
        """Process a fragment; close the connection if there are too many."""
        self._count_frame()
        if len(self.frames) < MAX_FRAGMENTS:
            super().handle_cont(event)
        elif not self.close_sent:
            self.frames = []
            self.conn.send_close(CloseCode.POLICY_VIOLATION, "too many fragments")
            self.handle_parser_exception()

    def _count_frame(self) -> None:
        """Count a frame that the application does not see; pause reading if there are too many."""
        wait = self._frame_allowance.spend(self.loop.time())
        if wait > 0 and self._frames_timer is None:
            self.transport.pause(_FRAMES)
            self._frames_timer = self.loop.call_later(wait, self._resume_frames)

    def _resume_frames(self) -> None:
        self._frames_timer = None
        missing = -self._frame_allowance.level(self.loop.time())
        if missing > 0:
            self._frames_timer = self.loop.call_later(missing / FRAME_RATE, self._resume_frames)
        else:
            self.transport.resume(_FRAMES)

    def keepalive_timeout(self) -> None:
        """Abort the connection: a client that answers no ping does not complete a close handshake either."""
        super().keepalive_timeout()
        self.transport.abort()

    def shutdown(self) -> None:
        """Close the connection, as the server ends; abort it soon."""
        super().shutdown()
        self._abort_soon()

    async def run_asgi(self) -> None:
        """Run the application, then abort the connection soon."""
        try:
            await super().run_asgi()
        finally:
            self._abort_soon()

    def connection_lost(self, exc: Exception | None) -> None:
        """Release the place and cancel timers."""
        super().connection_lost(exc)
        if self.place is not None:
            self.place.release()
        for planned in (self._abort_timer, self._frames_timer):
            if planned is not None:
                planned.cancel()

    def send_receive_event_to_app(self) -> None:
        """Pass on a message; close the connection, without a traceback, if text is not UTF-8."""
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
        """Send a message.

        Raises:
            ClientDisconnected: the connection was closed because of an error of the client.
        """
        await self.writable.wait()
        if self.handshake_complete and self.close_sent:
            raise ClientDisconnected
        await super().send(message)

    def _abort_soon(self) -> None:
        if self._abort_timer is None and not self.disconnected:
            self._abort_timer = self.loop.call_later(LINGER_SECONDS, self.transport.abort)


def listen(settings: Settings) -> socket.socket:
    """Return a socket bound to the address and port of the settings.

    Raises:
        OSError: it cannot be bound.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # Only if the protocol is named does asyncio disable Nagle's algorithm, by which the second of two small messages
    # waits until the client's kernel acknowledges the first one, up to 40 ms later.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if hasattr(
            socket, "SO_EXCLUSIVEADDRUSE"
        ):  # Windows, where SO_REUSEADDR gives one port to two programs
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _limit_send_buffer(listener)
        listener.bind((settings.host, settings.port))
    except OSError:
        listener.close()
        raise
    return listener


def _limit_send_buffer(listener: socket.socket) -> None:
    """Limit the time and the bytes that the kernel waits for a client that does not read.

    Only on Linux, where accepted sockets inherit these options from the listening one.
    """
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        with contextlib.suppress(OSError):  # some sandboxes do not know the option
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNANSWERED_SECONDS * 1000)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)


def serving_config(
    app: Any,
    settings: Settings,
    shares: LoopShares | None = None,
    connections: Connections | None = None,
    **options: Any,
) -> ServingConfig:
    """Return the configuration with which uvicorn serves an application.

    Args:
        app: an ASGI application.
        settings: time limits, trusted proxies.
        shares: of the event loop's time, the same as those of the application.
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
        # By default uvicorn trusts every client on this machine; only configured proxies are trusted.
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        ws=WebSocketProtocol,
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_per_message_deflate=False,  # frames are compact; deflate would cost ten times as much as all the rest
        ws_ping_interval=settings.ping_seconds,
        ws_ping_timeout=settings.pong_seconds,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        backlog=ACCEPTED_AT_ONCE,
        **options,
    )
