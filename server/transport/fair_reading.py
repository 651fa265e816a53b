"""Fair reading: received bytes are processed in small pieces, each in the turn of its connection.

A mixin for the protocols of uvicorn. While a piece waits, nothing is read from the socket, so TCP flow control stops a
client that sends more than its share.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import uvicorn

from server.security.addresses import address_of
from server.transport.connections import Connections, Place
from server.transport.loop_shares import LoopAccount, LoopShares

PIECE_BYTES = 2048
"""Bytes processed at once: about 340 of the smallest WebSocket frames, which take some 3 ms."""

_UNREAD = "unread"


class ServingConfig(uvicorn.Config):
    """The configuration of uvicorn, with that of our protocols."""

    def __init__(
        self,
        app: Any,
        shares: LoopShares,
        connections: Connections,
        *,
        knows_addresses: bool,
        head_seconds: float,
        **options: Any,
    ) -> None:
        """Create a configuration.

        Args:
            app: an ASGI application.
            shares: of the event loop's time.
            connections: the places of all connections.
            knows_addresses: whether the peer address identifies the owner of a connection; not behind a proxy.
            head_seconds: time limit for the head of a request to arrive.
            options: of uvicorn.
        """
        super().__init__(app, **options)
        self.shares = shares
        self.connections = connections
        self.knows_addresses = knows_addresses
        self.head_seconds = head_seconds


class GatedTransport:
    """A proxy of a transport that reads only while no reason to pause is set; all else is passed through."""

    def __init__(self, transport: asyncio.Transport, on_change: Callable[[], None]) -> None:
        """Wrap a transport.

        Args:
            transport: of a connection.
            on_change: called when a reason was removed.
        """
        self.wrapped = transport
        self._on_change = on_change
        self._reasons: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the transport."""
        return getattr(self.wrapped, name)

    def is_open_except_for(self, reason: str) -> bool:
        """Return whether reading is not paused for any other reason than this one."""
        return self._reasons <= {reason}

    def pause(self, reason: str) -> None:
        """Pause reading for a reason."""
        self._reasons.add(reason)
        self.wrapped.pause_reading()

    def resume(self, reason: str) -> None:
        """Remove a reason; resume reading if it was the last one."""
        if reason in self._reasons:
            self._reasons.remove(reason)
            if not self._reasons:
                self.wrapped.resume_reading()
            self._on_change()

    def pause_reading(self) -> None:
        """Pause reading on behalf of uvicorn."""
        self.pause("uvicorn")

    def resume_reading(self) -> None:
        """Remove the reason of uvicorn."""
        self.resume("uvicorn")


class FairReading(asyncio.Protocol):
    """A mixin for a protocol of uvicorn; precedes its class."""

    config: Any  # a ServingConfig
    app_state: dict[str, Any]
    transport: Any
    loop: asyncio.AbstractEventLoop

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Create the protocol of one connection."""
        super().__init__(*arguments, **options)
        self._unread = bytearray()
        self._is_due = False  # whether a step is scheduled
        self._is_lost = False

    def connection_made(self, transport: Any) -> None:
        """Set account and place of the connection, also in the state of its requests, and begin to read."""
        wrapped = transport.wrapped if isinstance(transport, GatedTransport) else transport
        if "account" not in self.app_state:
            peer = wrapped.get_extra_info("peername") if self.config.knows_addresses else None
            address = address_of(peer) if peer else None
            place = self.config.connections.take(address, wrapped.abort)
            self.app_state = {**self.app_state, "account": LoopAccount(address or object()), "place": place}
        self.account: LoopAccount = self.app_state["account"]
        self.place: Place | None = self.app_state["place"]
        super().connection_made(GatedTransport(wrapped, self._plan))  # type: ignore[arg-type]

    def connection_lost(self, exc: Exception | None) -> None:
        """Discard unprocessed bytes."""
        self._is_lost = True
        self._unread.clear()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Buffer received bytes; process them now or in turn."""
        self._unread += data
        if not self._is_due:
            self._step()

    def _plan(self) -> None:
        """Schedule a step if bytes wait and no other reason to pause is set."""
        if self._unread and not self._is_due and self.transport.is_open_except_for(_UNREAD):
            self._is_due = True
            self.loop.call_soon(self._step)

    def _step(self, granted: bool = False) -> None:
        """Process one piece, or wait for a turn."""
        self._is_due = False
        if self._is_lost or not self._unread:
            return
        if not self.transport.is_open_except_for(_UNREAD):  # goes on when that changes
            self.transport.pause(_UNREAD)
            return
        shares: LoopShares = self.config.shares
        if not granted and not shares.is_within_allowance(self.account):
            self._is_due = True
            self.transport.pause(_UNREAD)
            shares.call_in_turn(self.account, lambda: self._step(granted=True))
            return
        piece = self.take_unread(PIECE_BYTES)
        with shares.charged(self.account):
            super().data_received(piece)
        if len(self._unread):
            self.transport.pause(_UNREAD)
            self._plan()
        else:
            self.transport.resume(_UNREAD)

    def take_unread(self, most: int | None = None) -> bytes:
        """Remove and return the unprocessed bytes, ``most`` at most."""
        taken = bytes(self._unread[:most])
        del self._unread[:most]
        return taken
