"""Outbox: what waits for one connection: events in order, the newest numbers, and the acknowledgement window.

Nothing queues for a slow client: numbers that were not sent yet are replaced by newer ones, only the losses of every
epoch are kept. Knows no sockets.
"""

from collections import deque
from collections.abc import Mapping
from typing import Literal

import numpy as np

from server.frames import LOSSES, Tensor, encode
from server.packing import EXACT_EPOCHS, Packer, rounded

Encoding = Literal["plain", "packed"]
"""How frames are sent: each by itself, or as what is new since the one before."""

MAX_EPOCHS = 65_536
"""Epochs whose losses may wait; a client that takes none for so long holds up its own training."""

MAX_EVENTS = 256


class Overflow(Exception):
    """The client reads no events."""


class Outbox:
    """Messages of one connection, in the order in which they may be sent."""

    def __init__(self, window: int, encoding: Encoding = "plain") -> None:
        """Allow ``window`` unacknowledged frames."""
        self._window = window
        self._packer = Packer() if encoding == "packed" else None
        self._events: deque[str] = deque()
        self._parts: dict[str, list[Tensor]] = {}
        self._newest: dict[str, Tensor] = {}
        self._metadata: dict[str, str] = {}
        self._due = False
        self._sent = 0
        self._acknowledged = 0

    def post(self, event: str) -> None:
        """Queue an event (JSON).

        Raises:
            Overflow: too many events wait.
        """
        if len(self._events) >= MAX_EVENTS:
            raise Overflow
        self._events.append(event)

    def put(self, metadata: Mapping[str, str], tensors: Mapping[str, Tensor], *, due: bool) -> None:
        """Merge numbers into the frame that goes out next.

        Args:
            metadata: of the newest state; another ``run`` drops what is left of the run before, but for the losses if
                ``history`` is the same.
            tensors: as ``docs/protocol.md`` names them.
            due: whether this completes a frame; otherwise it waits for numbers that do.
        """
        if metadata["run"] != self._metadata.get("run"):
            if metadata.get("history") != self._metadata.get("history"):
                self._parts = {}
            self._newest, self._metadata, self._due = {}, {}, False
        self._metadata |= metadata
        for name, tensor in tensors.items():
            if name in LOSSES:
                self._parts.setdefault(name, []).append(tensor)
            else:
                self._newest[name] = tensor
        self._due = self._due or due

    def acknowledge(self, frame: int) -> None:
        """Take note that the client has drawn this frame and all before it; numbers never sent are ignored."""
        if frame <= self._sent:
            self._acknowledged = max(self._acknowledged, frame)

    @property
    def unacknowledged(self) -> int:
        """How many frames were sent that the client has not acknowledged."""
        return self._sent - self._acknowledged

    def is_open(self) -> bool:
        """Whether a frame could be sent now, and none waits."""
        return self._sent - self._acknowledged < self._window and not self._due

    def is_full(self) -> bool:
        """Whether so many losses wait that training should, too."""
        return sum(map(len, self._parts.get("epochs", ()))) >= MAX_EPOCHS

    def take(self) -> str | bytes | None:
        """Return what may be sent next, or None: events first, then a frame if the window is open."""
        if self._events:
            return self._events.popleft()
        if not self._due or self._sent - self._acknowledged >= self._window:
            return None
        self._sent += 1
        tensors = {name: np.concatenate(parts) for name, parts in self._parts.items()} | self._newest
        metadata = {"frame": str(self._sent), **self._metadata}
        self._parts, self._newest, self._due = {}, {}, False
        return self._write(metadata, tensors)

    def _write(self, metadata: Mapping[str, str], tensors: dict[str, Tensor]) -> bytes:
        if self._packer is None:
            return encode(metadata, tensors)
        if len(tensors.get("epochs", ())) > EXACT_EPOCHS:
            tensors |= {name: rounded(tensors[name]) for name in LOSSES[1:] if name in tensors}
        return self._packer.pack(metadata, tensors)
