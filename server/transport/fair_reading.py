"""Fair reading: received bytes are processed in small pieces, each when its connection's turn has come.

Mixed into the protocols of uvicorn. Nothing is read from the socket while a piece waits, so what a client sends beyond
its share stays with the client.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import uvicorn

from server.security.addresses import address_of
from server.transport.connections import Connections, Place
from server.transport.loop_shares import LoopShares, Party

PIECE_BYTES = 2048
"""What is handed on at once: about 340 of the smallest WebSocket frames, which take some 3 ms."""

_UNREAD = "unread"


class ServingConfig(uvicorn.Config):
    """The configuration of uvicorn, and what the protocols need besides."""

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
        """Prepare.

        Args:
            app: an ASGI application.
            shares: of the event loop.
            connections: the places of all connections.
            knows_addresses: whether the address of a connection tells whose it is; not so behind a proxy.
            head_seconds: how long the head of a request may take to arrive.
            options: of uvicorn.
        """
        super().__init__(app, **options)
        self.shares = shares
        self.connections = connections
        self.knows_addresses = knows_addresses
        self.head_seconds = head_seconds


class GatedTransport:
    """A transport that reads only while there is no reason against it. All else is the transport's own."""

    def __init__(self, transport: asyncio.Transport, on_change: Callable[[], None]) -> None:
        """Wrap a transport.

        Args:
            transport: of a connection.
            on_change: called when a reason has gone.
        """
        self.wrapped = transport
        self._on_change = on_change
        self._reasons: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        """Return what the transport has."""
        return getattr(self.wrapped, name)

    def is_open_but_for(self, reason: str) -> bool:
        """Tell whether this is the only reason against reading, or there is none."""
        return self._reasons <= {reason}

    def hold(self, reason: str) -> None:
        """Do not read until this reason has gone."""
        self._reasons.add(reason)
        self.wrapped.pause_reading()

    def release(self, reason: str) -> None:
        """Take a reason away."""
        if reason in self._reasons:
            self._reasons.remove(reason)
            if not self._reasons:
                self.wrapped.resume_reading()
            self._on_change()

    def pause_reading(self) -> None:
        """Do not read, because uvicorn does not want to."""
        self.hold("uvicorn")

    def resume_reading(self) -> None:
        """Take uvicorn's reason away."""
        self.release("uvicorn")


class FairReading(asyncio.Protocol):
    """Mixed into a protocol of uvicorn, before its class."""

    config: Any  # a ServingConfig, which uvicorn's protocols know as its own
    app_state: dict[str, Any]
    transport: Any
    loop: asyncio.AbstractEventLoop

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Prepare a connection."""
        super().__init__(*arguments, **options)
        self._unread = bytearray()
        self._is_due = False  # whether a step is planned
        self._is_lost = False

    def connection_made(self, transport: Any) -> None:
        """Begin to read, for a party and with a place that also stand in the state of each request."""
        wrapped = transport.wrapped if isinstance(transport, GatedTransport) else transport
        if "party" not in self.app_state:
            peer = wrapped.get_extra_info("peername") if self.config.knows_addresses else None
            address = address_of(peer) if peer else None
            place = self.config.connections.take(address, wrapped.abort)
            self.app_state = {**self.app_state, "party": Party(address or object()), "place": place}
        self.party: Party = self.app_state["party"]
        self.place: Place | None = self.app_state["place"]
        super().connection_made(GatedTransport(wrapped, self._plan))  # type: ignore[arg-type]

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget what was not handed on."""
        self._is_lost = True
        self._unread.clear()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what has arrived, and hand it on now or when it is due."""
        self._unread += data
        if not self._is_due:
            self._step()

    def _plan(self) -> None:
        """See that what waits is handed on, now that something no longer stands against it."""
        if self._unread and not self._is_due and self.transport.is_open_but_for(_UNREAD):
            self._is_due = True
            self.loop.call_soon(self._step)

    def _step(self, granted: bool = False) -> None:
        """Hand on one piece, or wait for a turn."""
        self._is_due = False
        if self._is_lost or not self._unread:
            return
        if not self.transport.is_open_but_for(_UNREAD):  # goes on when that changes
            self.transport.hold(_UNREAD)
            return
        shares: LoopShares = self.config.shares
        if not granted and not shares.is_free(self.party):
            self._is_due = True
            self.transport.hold(_UNREAD)
            shares.when_due(self.party, lambda: self._step(granted=True))
            return
        piece = self.take_unread(PIECE_BYTES)
        with shares.charged(self.party):
            super().data_received(piece)
        if len(self._unread):
            self.transport.hold(_UNREAD)
            self._plan()
        else:
            self.transport.release(_UNREAD)

    def take_unread(self, most: int | None = None) -> bytes:
        """Take out what waits, or so many bytes of it."""
        taken = bytes(self._unread[:most])
        del self._unread[:most]
        return taken
