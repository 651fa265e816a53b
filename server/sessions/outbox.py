"""The outbox of one connection: a send queue in which new tensors replace unsent ones and losses are appended.

So the queue of a slow client does not grow: only the losses of every epoch accumulate, and are sent in pieces. Knows no
sockets.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np

from server.protocol.frame_compression import EXACT_EPOCHS, FrameCompressor, rounded
from server.protocol.frames import LOSS_TENSORS, POINT_TENSORS, Tensor, encode, of_run
from server.sessions.flow_control import FlowControl

Encoding = Literal["plain", "packed"]
"""How frames are sent: each by itself, or as differences to the previous one."""

MAX_EPOCHS = 65_536
"""Epochs whose losses may wait, 1.5 MiB; then training of this session waits for the client."""

MAX_FRAME_EPOCHS = 4096
"""Epochs whose losses are sent in one frame; larger frames would delay everything else on a slow connection."""

MAX_EVENTS = 256

_MAX_PARTS = 64
"""Arrays of losses that are queued separately; more are concatenated."""


class Overflow(Exception):
    """Too many events wait: the client does not read them."""


class Outbox:
    """Messages for one connection, in the order in which they may be sent.

    Attributes:
        flow: frames sent and acknowledged, with their losses.
    """

    def __init__(
        self,
        window: int,
        encoding: Encoding = "plain",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Create an empty outbox.

        Args:
            window: upper bound on unacknowledged frames.
            encoding: how frames are sent.
            clock: seconds, monotonic.
        """
        self.flow: FlowControl[dict[str, Tensor]] = FlowControl(window)
        self._clock = clock
        self._compressor = FrameCompressor() if encoding == "packed" else None
        self._events: deque[str] = deque()
        self._latest_event: str | None = None
        self._losses: dict[str, list[Tensor]] = {}
        self._latest: dict[str, Tensor] = {}
        self._metadata: dict[str, str] = {}
        self._due = False

    def post(self, event: str) -> None:
        """Queue an event (JSON).

        Raises:
            Overflow: too many events wait.
        """
        if len(self._events) >= MAX_EVENTS:
            raise Overflow
        self._events.append(event)

    def post_latest(self, event: str) -> None:
        """Queue an event that replaces the last one queued so; it is sent when nothing else can be."""
        self._latest_event = event

    def inherit(self, predecessor: "Outbox") -> None:
        """Take over the losses that the client of another outbox has not acknowledged; to be called before `put`."""
        sent = predecessor.flow.unacknowledged
        for name in LOSS_TENSORS:
            parts = [losses[name] for losses in sent if name in losses] + predecessor._losses.get(name, [])
            if parts:
                self._losses[name] = parts
        self._metadata = dict(predecessor._metadata)

    def put(self, metadata: Mapping[str, str], tensors: Mapping[str, Tensor], *, due: bool) -> None:
        """Merge an update into the next frame.

        Args:
            metadata: of the newest state; another ``run`` drops what is left of the previous one, except the losses if
                ``lineage`` is the same.
            tensors: of the run, by the name ``view/array``.
            due: whether the frame is complete; otherwise it waits for a further update.
        """
        if metadata["run"] != self._metadata.get("run"):
            points = {}
            if metadata.get("lineage") == self._metadata.get("lineage"):
                points = {name: self._latest[name] for name in POINT_TENSORS if name in self._latest}
            else:
                self._losses = {}
                self.flow.forget()
            self._latest, self._metadata, self._due = points, {}, False
        if due:  # all views of the frame are new, and those of an unsent one may be others
            self._latest = {name: self._latest[name] for name in POINT_TENSORS if name in self._latest}
            self._metadata = {}
        self._metadata |= metadata
        for name, tensor in tensors.items():
            if name in LOSS_TENSORS:
                self._append(name, tensor)
            else:
                self._latest[name] = tensor
        self._due = self._due or due

    def _append(self, name: str, tensor: Tensor) -> None:
        parts = self._losses.setdefault(name, [])
        parts.append(tensor)
        if len(parts) > _MAX_PARTS:
            parts[:] = [np.concatenate(parts, axis=1)]

    def acknowledge(self, frame: int) -> None:
        """Record that the client has drawn a frame and all before it; ignore numbers never sent."""
        self.flow.acknowledge(frame, self._clock())

    def is_open(self) -> bool:
        """Return whether a frame could be sent now, and none waits."""
        return self.flow.has_room and not self._due

    def is_full(self) -> bool:
        """Return whether so many losses wait that training has to wait for the client."""
        waiting: int = sum(part.shape[1] for part in self._losses.get(LOSS_TENSORS[0], ()))
        return waiting >= MAX_EPOCHS

    def drain_events(self) -> list[str]:
        """Remove and return all events, for a connection that is about to close."""
        events = [*self._events, *([] if self._latest_event is None else [self._latest_event])]
        self._events.clear()
        self._latest_event = None
        return events

    def take(self) -> str | bytes | None:
        """Remove and return the next message, or None: events, a frame if the window allows it, the latest event."""
        if self._events:
            return self._events.popleft()
        if not self._due or not self.flow.has_room:
            latest, self._latest_event = self._latest_event, None
            return latest
        losses = self._take_losses()
        number = self.flow.send(self._clock(), losses)
        tensors = losses | self._latest
        if self._losses:  # more losses than fit into a frame: the other tensors are sent again with the rest
            self._latest = {
                name: tensor for name, tensor in self._latest.items() if name not in POINT_TENSORS
            }
        else:
            self._latest, self._due = {}, False
        return self._encode(number, tensors)

    def _take_losses(self) -> dict[str, Tensor]:
        """Remove and return the losses of the next frame, the earliest first."""
        losses = {name: np.concatenate(parts, axis=1) for name, parts in self._losses.items()}
        if _epochs_in(losses) <= MAX_FRAME_EPOCHS:
            self._losses = {}
            return losses
        self._losses = {name: [tensor[:, MAX_FRAME_EPOCHS:]] for name, tensor in losses.items()}
        return {name: tensor[:, :MAX_FRAME_EPOCHS] for name, tensor in losses.items()}

    def _encode(self, number: int, tensors: dict[str, Tensor]) -> bytes:
        if self._compressor is not None and _epochs_in(tensors) > EXACT_EPOCHS:
            tensors |= {name: rounded(tensors[name]) for name in LOSS_TENSORS[1:] if name in tensors}
        write = encode if self._compressor is None else self._compressor.compress
        return write(*of_run(number, self._metadata, tensors))


def _epochs_in(tensors: Mapping[str, Tensor]) -> int:
    """Return how many epochs have losses in these tensors."""
    epochs = tensors.get(LOSS_TENSORS[0])
    return 0 if epochs is None else epochs.shape[1]
