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

POINTS = ("train_points", "validation_points", "test_points")
"""Tensors that come once and hold as long as the history."""

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
        self._kept: str | None = None
        self._parts: dict[str, list[Tensor]] = {}
        self._underway: deque[tuple[int, dict[str, Tensor]]] = deque()  # losses in frames not acknowledged
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

    def keep(self, event: str) -> None:
        """Queue an event of which only the newest matters; it goes out when nothing else can."""
        self._kept = event

    def reopen(self, encoding: Encoding = "plain") -> None:
        """Begin anew for another connection: what may not have arrived of the losses goes out again, numbers afresh."""
        self._packer = Packer() if encoding == "packed" else None
        sent = [losses for _, losses in self._underway]
        for name in LOSSES:
            again = [losses[name] for losses in sent if name in losses]
            if again:
                self._parts[name] = [*again, *self._parts.get(name, ())]
        self._events.clear()
        self._underway.clear()
        self._kept = None
        self._newest, self._due = {}, False
        self._sent = self._acknowledged = 0

    def put(self, metadata: Mapping[str, str], tensors: Mapping[str, Tensor], *, due: bool) -> None:
        """Merge numbers into the frame that goes out next.

        Args:
            metadata: of the newest state; another ``run`` drops what is left of the run before, but for the losses if
                ``history`` is the same.
            tensors: as ``docs/protocol.md`` names them.
            due: whether this completes a frame; otherwise it waits for numbers that do.
        """
        if metadata["run"] != self._metadata.get("run"):
            kept = {}
            if metadata.get("history") == self._metadata.get("history"):
                kept = {name: self._newest[name] for name in POINTS if name in self._newest}
            else:
                self._parts = {}
                self._underway.clear()
            self._newest, self._metadata, self._due = kept, {}, False
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
            while self._underway and self._underway[0][0] <= self._acknowledged:
                self._underway.popleft()

    def is_open(self) -> bool:
        """Whether a frame could be sent now, and none waits."""
        return self._sent - self._acknowledged < self._window and not self._due

    def is_full(self) -> bool:
        """Whether so many losses wait that training should, too."""
        return sum(map(len, self._parts.get("epochs", ()))) >= MAX_EPOCHS

    def last_words(self) -> list[str]:
        """Return all that waits but for frames, for a connection that is about to close."""
        words = [*self._events, *([] if self._kept is None else [self._kept])]
        self._events.clear()
        self._kept = None
        return words

    def take(self) -> str | bytes | None:
        """Return what may be sent next, or None: events, then a frame if the window is open, then what is kept."""
        if self._events:
            return self._events.popleft()
        if not self._due or self._sent - self._acknowledged >= self._window:
            kept, self._kept = self._kept, None
            return kept
        self._sent += 1
        losses = {name: np.concatenate(parts) for name, parts in self._parts.items()}
        self._underway.append((self._sent, losses))
        tensors = losses | self._newest
        metadata = {"frame": str(self._sent), **self._metadata}
        self._parts, self._newest, self._due = {}, {}, False
        return self._write(metadata, tensors)

    def _write(self, metadata: Mapping[str, str], tensors: dict[str, Tensor]) -> bytes:
        if self._packer is None:
            return encode(metadata, tensors)
        if len(tensors.get("epochs", ())) > EXACT_EPOCHS:
            tensors |= {name: rounded(tensors[name]) for name in LOSSES[1:] if name in tensors}
        return self._packer.pack(metadata, tensors)
