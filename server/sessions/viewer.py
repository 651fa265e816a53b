"""The viewer: one connection that looks at a run: language, view, outbox, resume tokens. Knows no sockets."""

import asyncio
from collections.abc import Callable
from enum import Enum
from typing import Any, Protocol

from server.i18n import Language
from server.protocol.close_codes import UNREAD
from server.protocol.events import Closing, Event, Waiting, localized, translate
from server.sessions.flow_control import FlowControl
from server.sessions.frame_schedule import FrameSchedule, RunUpdate
from server.sessions.outbox import Encoding, Outbox, Overflow
from server.sessions.resume.checkpointer import Checkpointer
from server.sessions.session import Session


class Role(Enum):
    """What a viewer is to a run."""

    OWNER = "owner"
    """The learner whose run it is. There is one at most; training waits while its outbox is full of losses, and when
    its connection has ended the losses that it has not acknowledged are kept for the next one."""
    OBSERVER = "observer"
    """Looks on. Nothing waits for it: losses that do not fit into its outbox are left out."""


class ClientConnection(Protocol):
    """The interface of the connection of a viewer."""

    def dismiss(self, closing: Closing) -> None:
        """Send a reason to the client and close the connection, soon."""


class Viewer:
    """What one connection sees of a run.

    Attributes:
        role: of the client.
        schedule: what it looks at, and when its next frame is due.
        outbox: what waits to be sent.
        sendable: set whenever the outbox may have a new message.
    """

    def __init__(
        self,
        connection: ClientConnection,
        language: Language,
        *,
        role: Role,
        window: int,
        encoding: Encoding,
        checkpointer: Checkpointer | None,
        clock: Callable[[], float],
    ) -> None:
        """Create a viewer that has seen nothing.

        Args:
            connection: gets the messages of the outbox.
            language: of the text in events.
            role: of the client.
            window: upper bound on unacknowledged frames.
            encoding: how frames are sent.
            checkpointer: makes the resume tokens of an owner; None for others.
            clock: seconds, monotonic.
        """
        self.role = role
        self.schedule = FrameSchedule()
        self.outbox = Outbox(window, encoding, clock)
        self.sendable = asyncio.Event()
        self._connection: ClientConnection | None = connection
        self._language = language
        self._checkpointer = checkpointer
        self._clock = clock
        self._outage_announced = False

    @property
    def is_connected(self) -> bool:
        """Whether its connection is attached: has neither ended nor been replaced."""
        return self._connection is not None

    @property
    def flow(self) -> FlowControl[Any]:
        """Its sent and acknowledged frames."""
        return self.outbox.flow

    def disconnect(self) -> None:
        """Detach the connection, which has ended or was replaced; losses are still kept for a successor."""
        self._connection = None

    def dismiss(self, closing: Closing) -> None:
        """Close the connection, if there is one, with a reason for the client."""
        if self._connection is not None:
            self._connection.dismiss(closing)

    def post(self, events: list[Event]) -> None:
        """Queue events in the language of the client, and dismiss a client that reads none; without one, drop them."""
        if self._connection is None or not events:
            return
        try:
            for event in events:
                self.outbox.post(translate(event, self._language).model_dump_json(exclude_none=False))
        except Overflow:
            self._connection.dismiss(UNREAD)
        self.sendable.set()

    def drain_events(self) -> list[str]:
        """Remove and return all events, for a connection that is about to close; none for one that was replaced."""
        return self.outbox.drain_events() if self.is_connected else []

    def acknowledge(self, frame: int) -> None:
        """Record that the client has drawn a frame and all before it; ignore numbers never sent."""
        self.outbox.acknowledge(frame)
        self.schedule.backoff = self.flow.backoff
        self.sendable.set()

    @property
    def can_send(self) -> bool:
        """Whether a frame could be sent now, and none waits."""
        return self.is_connected and self.outbox.is_open()

    @property
    def holds_up_training(self) -> bool:
        """Whether training waits as so many losses wait for an owner: not if a frame could take some of them."""
        return self.role is Role.OWNER and self.outbox.is_full() and not self.can_send

    def put(self, update: RunUpdate) -> None:
        """Add what a slice has brought to the next frame."""
        frame = self.schedule.frame(update)
        losses_fit = self.role is Role.OWNER or not self.outbox.is_full()
        self.outbox.put(
            frame.metadata, frame.tensors if losses_fit else frame.without_losses(), due=frame.due
        )
        self.sendable.set()

    @property
    def blocked_seconds(self) -> float:
        """For how many seconds changes could not be sent because the client acknowledges nothing."""
        return self.flow.blocked_seconds(self._clock()) if self.schedule.stale else 0.0

    @property
    def oldest_frame_age(self) -> float:
        """Age in seconds of the oldest frame that the client has not acknowledged; 0 if there is none."""
        return self.flow.oldest_age(self._clock()) if self.is_connected else 0.0

    def announce_outage(self, waits: bool) -> None:
        """Inform the client, once per change, that there is no worker, or that there is one again."""
        if self._connection is not None and waits is not self._outage_announced:
            self._outage_announced = waits
            self.post([Waiting(waits=waits, **localized("training-waits" if waits else "training-goes-on"))])

    def seconds_until_checkpoint(self, session: Session) -> float | None:
        """Return in how many seconds a resume token is due, 0 for now; None if that depends on what happens."""
        if self._connection is None or self._checkpointer is None:
            return None
        return self._checkpointer.seconds_until_due(session, self._clock())

    def post_checkpoint(self, session: Session) -> None:
        """Queue a resume token of the present state, which replaces one that was not sent; even if none is due."""
        if self._connection is None or self._checkpointer is None:
            return
        checkpoint = self._checkpointer.make(session, self._clock())
        if checkpoint is not None:
            self.outbox.post_latest(checkpoint.model_dump_json())
            self.sendable.set()
