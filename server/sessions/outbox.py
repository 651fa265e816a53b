"""The outbox of one connection: a send queue in which new numbers replace unsent ones and losses are appended.

Nothing queues for a slow client: numbers that were not sent yet are replaced by newer ones, only the losses of every
epoch are kept, and leave in pieces. Knows no sockets.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np

from server.protocol.frame_compression import EXACT_EPOCHS, FrameCompressor, rounded
from server.protocol.frames import LOSS_TENSORS, POINT_TENSORS, Tensor, encode
from server.sessions.flow_control import AckWindow

Encoding = Literal["plain", "packed"]
"""How frames are sent: each by itself, or as what is new since the one before."""

MAX_EPOCHS = 65_536
"""Epochs whose losses may wait, 1.5 MiB at most; a client that takes none for so long holds up its own training."""

MAX_FRAME_EPOCHS = 4096
"""Epochs whose losses go out in one frame; more would keep everything behind it waiting on a slow line."""

MAX_EVENTS = 256

_MOST_PARTS = 64
"""Arrays of losses that may wait one by one; more become one."""


class Overflow(Exception):
    """The client reads no events."""


class Outbox:
    """Messages of one connection, in the order in which they may be sent."""

    def __init__(
        self,
        window: int,
        encoding: Encoding = "plain",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with nothing.

        Args:
            window: frames that may be unacknowledged on any line.
            encoding: how frames are sent.
            clock: seconds, monotonic.
        """
        self._largest_window = window
        self._window = AckWindow(window)
        self._clock = clock
        self._compressor = FrameCompressor() if encoding == "packed" else None
        self._events: deque[str] = deque()
        self._kept: str | None = None
        self._parts: dict[str, list[Tensor]] = {}
        # Losses sent in frames that are not yet acknowledged.
        self._underway: deque[tuple[int, dict[str, Tensor]]] = deque()
        self._newest: dict[str, Tensor] = {}
        self._metadata: dict[str, str] = {}
        self._due = False

    @property
    def slowness(self) -> float:
        """How many times less often frames should come than was asked for, as they come late."""
        return self._window.slowness

    @property
    def waited(self) -> float:
        """For how many seconds the client has acknowledged nothing, while there is no room for another frame."""
        return self._window.waited(self._clock())

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
        sent = [losses for _, losses in self._underway]
        for name in LOSS_TENSORS:
            again = [losses[name] for losses in sent if name in losses]
            if again:
                self._parts[name] = [*again, *self._parts.get(name, ())]
        self._compressor = FrameCompressor() if encoding == "packed" else None
        self._events.clear()
        self._underway.clear()
        self._kept = None
        self._newest, self._due = {}, False
        self._window = AckWindow(self._largest_window)

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
                kept = {name: self._newest[name] for name in POINT_TENSORS if name in self._newest}
            else:
                self._parts = {}
                self._underway.clear()
            self._newest, self._metadata, self._due = kept, {}, False
        self._metadata |= metadata
        for name, tensor in tensors.items():
            if name in LOSS_TENSORS:
                self._append(name, tensor)
            else:
                self._newest[name] = tensor
        self._due = self._due or due

    def _append(self, name: str, tensor: Tensor) -> None:
        parts = self._parts.setdefault(name, [])
        parts.append(tensor)
        if len(parts) > _MOST_PARTS:
            parts[:] = [np.concatenate(parts)]

    def acknowledge(self, frame: int) -> None:
        """Take note that the client has drawn this frame and all before it; numbers never sent are ignored."""
        self._window.acknowledge(frame, self._clock())
        while self._underway and self._underway[0][0] <= self._window.acknowledged:
            self._underway.popleft()

    def is_open(self) -> bool:
        """Whether a frame could be sent now, and none waits."""
        return self._window.has_room and not self._due

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
        if not self._due or not self._window.has_room:
            kept, self._kept = self._kept, None
            return kept
        number = self._window.send(self._clock())
        losses = self._take_losses()
        self._underway.append((number, losses))
        metadata, tensors = {"frame": str(number), **self._metadata}, losses | self._newest
        if self._parts:  # more losses than go into a frame: what is newest comes again with the next ones
            self._newest = {
                name: tensor for name, tensor in self._newest.items() if name not in POINT_TENSORS
            }
        else:
            self._newest, self._due = {}, False
        return self._write(metadata, tensors)

    def _take_losses(self) -> dict[str, Tensor]:
        """Remove the losses that go into the next frame, the earliest first."""
        losses = {name: np.concatenate(parts) for name, parts in self._parts.items()}
        if len(losses.get("epochs", ())) <= MAX_FRAME_EPOCHS:
            self._parts = {}
            return losses
        self._parts = {name: [tensor[MAX_FRAME_EPOCHS:]] for name, tensor in losses.items()}
        return {name: tensor[:MAX_FRAME_EPOCHS] for name, tensor in losses.items()}

    def _write(self, metadata: Mapping[str, str], tensors: dict[str, Tensor]) -> bytes:
        if self._compressor is None:
            return encode(metadata, tensors)
        if len(tensors.get("epochs", ())) > EXACT_EPOCHS:
            tensors |= {name: rounded(tensors[name]) for name in LOSS_TENSORS[1:] if name in tensors}
        return self._compressor.compress(metadata, tensors)
