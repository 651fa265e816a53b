"""The session runner: the task that has the slices of one session computed, with its outbox.

A connection is attached to it, passes on messages of the client and sends those of the outbox. Knows no sockets.
"""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Protocol

from engine import Experiment
from server.compute import CallCancelled, CallHandle, Closed, ComputeError, Scheduler
from server.compute.cost import slice_seconds
from server.i18n import ENGLISH, Language, bundled
from server.protocol.close_codes import UNREAD
from server.protocol.messages import (
    Ack,
    Closing,
    Command,
    ErrorEvent,
    Event,
    Hello,
    Waiting,
    Watch,
    localized,
    translate,
)
from server.security.token_bucket import TokenBucket
from server.sessions.checkpointer import Checkpointer
from server.sessions.expiry import Expiry
from server.sessions.outbox import Outbox, Overflow
from server.sessions.session import Session
from server.sessions.slices import Slice, run_slice
from server.telemetry.logs import set_session
from server.telemetry.metrics import Metrics

log = logging.getLogger(__name__)

_URGENT_PER_SECOND = 20.0
"""Rate at which slices of one session may be urgent because of a command."""


class ClientConnection(Protocol):
    """The interface of a connection that is attached to a runner."""

    def dismiss(self, closing: Closing) -> None:
        """Send a reason to the client and close the connection, soon."""


@dataclass(frozen=True, slots=True)
class ClientInfo:
    """To whom a session belongs, for fair shares.

    Attributes:
        client_id: sent by the browser, perhaps empty. It is not verified, so no fair share depends on it.
        address: of the client.
        identity: of its join cookie, if a join code is required.
    """

    client_id: str = ""
    address: str = ""
    identity: str | None = None

    @property
    def person(self) -> str:
        """To whom places and computing time are shared out: the identity if there is one, else the address."""
        return self.address if self.identity is None else self.identity

    @property
    def browser(self) -> tuple[str, str] | None:
        """The browser whose sessions `max_client_sessions` limits; None if it is unknown."""
        if self.identity is None and not self.client_id:
            return None
        return (self.person, self.client_id if self.identity is None else "")


class SessionRunner:
    """Computes one session, with or without a connection."""

    def __init__(
        self,
        session: Session,
        scheduler: Scheduler,
        checkpointer: Checkpointer,
        expiry: Expiry,
        *,
        client: ClientInfo,
        window: int,
        metrics: Metrics,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Create a runner; ``start`` starts its task.

        Args:
            session: to compute.
            scheduler: computes its slices.
            checkpointer: makes its resume tokens.
            expiry: when it is suspended, paused or ended.
            client: to whom it belongs.
            window: upper bound on unacknowledged frames.
            metrics: count frames that a slow client does not get.
            clock: seconds, monotonic; the same as that of the expiry.
        """
        self.session = session
        self.checkpointer = checkpointer
        self.expiry = expiry
        self.client = client
        self.outbox = Outbox(window, clock=clock)
        self._clock = clock
        self.connection: ClientConnection | None = None
        self.sendable = asyncio.Event()
        """Set whenever the outbox may have a new message."""
        self._scheduler = scheduler
        self._metrics = metrics
        self._frames = 0
        # Numbers of unacknowledged frames, and when they were sent.
        self._sent_at: deque[tuple[int, float]] = deque()
        self._language = bundled()[ENGLISH]
        self._outage_announced = False
        self._account: Hashable = object()  # not the runner itself: accounts outlive it
        self._wake = asyncio.Event()
        self._handle = CallHandle()
        self._queued_slice: Slice | None = None  # waits for a worker; its call is that of the handle
        self._urgent_allowance = TokenBucket(_URGENT_PER_SECOND, _URGENT_PER_SECOND)
        self._estimated: Experiment | None = None
        self._slice_seconds = 0.0
        self._is_urgent = False  # whether the next slice is due to a command
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the task that computes slices."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Cancel the task and wait for it."""
        if self._task is not None:
            task, self._task = self._task, None  # a reference cycle otherwise
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def attach(
        self,
        connection: ClientConnection,
        language: Language,
        closing: Closing,
        *,
        hello: Hello,
        recovered: bool,
        page: str,
    ) -> None:
        """Attach a connection, and queue its welcome.

        Args:
            connection: gets the messages of the outbox.
            language: of the text in events.
            closing: is sent to the previous connection, if there is one.
            hello: to answer.
            recovered: whether the client was attached to the session before.
            page: revision of the page that the server delivers now.
        """
        if self.connection is not None:
            self.connection.dismiss(closing)
        self.connection = connection
        self._language = language
        waited = self.expiry.connect(self._clock())
        self.session.suspend(False)
        self.session.reopen()
        self._frames = 0
        self._sent_at.clear()
        self._outage_announced = False
        self.outbox.reopen(hello.encoding)
        self.checkpointer.require()
        self.post(
            self.session.welcome(
                hello.id,
                name=self.checkpointer.name,
                recovered=recovered,
                waited=waited,
                page=page,
                notes=hello.notes,
                misses_points=hello.misses_points,
            )
        )
        self._wake.set()

    def detach(self, connection: ClientConnection) -> None:
        """Detach a connection that has ended, unless another one is attached by now."""
        if self.connection is connection:
            self.connection = None
            self.expiry.disconnect(self._clock())

    def dismiss(self, closing: Closing) -> None:
        """Close the connection, if there is one, with a reason for the client."""
        if self.connection is not None:
            self.connection.dismiss(closing)

    def receive(self, message: Command | ErrorEvent) -> None:
        """Process a parsed message of the client."""
        if not isinstance(message, Ack | ErrorEvent):
            self._prioritize()
            self.expiry.touch(self._clock())
            if not isinstance(message, Watch) or message.hidden:
                self.checkpointer.request()
        self.post(self.session.receive(message))
        self.outbox.acknowledge(self.session.acknowledged)
        while self._sent_at and self._sent_at[0][0] <= self.session.acknowledged:
            self._sent_at.popleft()
        self._wake.set()

    def _prioritize(self) -> None:
        """Let a command take effect soon: cancel a slice that waits for a worker, and make the next one urgent."""
        self._is_urgent = self._urgent_allowance.take(self._clock()) == 0
        if self._queued_slice is not None and self._handle.cancel():
            self.session.cancel_slice(self._queued_slice)
            self._queued_slice = None

    def post(self, events: list[Event]) -> None:
        """Queue events for the client, dismiss one that reads none; without a connection, drop them."""
        if self.connection is None:
            return
        try:
            for event in events:
                self.outbox.post(translate(event, self._language).model_dump_json(exclude_none=False))
        except Overflow:
            self.connection.dismiss(UNREAD)
        self.sendable.set()

    def frame_sent(self) -> None:
        """Record that a frame was sent."""
        self._frames += 1
        self._sent_at.append((self._frames, self._clock()))
        self._wake.set()

    def frame_age(self) -> float:
        """Return the age in seconds of the oldest unacknowledged frame; 0 if there is none."""
        return self._clock() - self._sent_at[0][1] if self.connection is not None and self._sent_at else 0.0

    @property
    def blocked_seconds(self) -> float:
        """For how many seconds changes could not be sent because the client acknowledges nothing."""
        return self.outbox.blocked_seconds if self.session.has_undrawn_changes else 0.0

    def suspend(self) -> None:
        """Suspend training until a connection is attached."""
        self.session.suspend(True)

    def pause_idle(self) -> None:
        """Pause training because there were no commands for long."""
        events = self.session.pause_idle()
        if events:
            self.post(events)
            self._wake.set()

    def announce_outage(self, waits: bool) -> None:
        """Inform the client, once per change, that there is no worker, or that there is one again."""
        if self.connection is not None and waits is not self._outage_announced:
            self._outage_announced = waits
            self.post([Waiting(waits=waits, **localized("training-waits" if waits else "training-goes-on"))])

    def checkpoint_now(self) -> None:
        """Queue a token of the present state, even if none is due."""
        if self.connection is None:
            return
        checkpoint = self.checkpointer.make(self.session, self._clock())
        if checkpoint is not None:
            self.outbox.post_latest(checkpoint.model_dump_json())
            self.sendable.set()

    async def _run(self) -> None:
        """Compute slices one after the other; wait while none is due."""
        set_session(self.checkpointer.name)
        session, outbox = self.session, self.outbox
        while True:
            self._wake.clear()
            self._post_checkpoint_if_due()
            can_send = self.connection is not None and outbox.is_open()
            work = None
            if not outbox.is_full():
                work = session.next_slice(
                    self._clock(),
                    can_send=can_send,
                    seconds=self._scheduler.budget(),
                    backoff=outbox.backoff,
                )
            if work is None:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._seconds_until_due(can_send)):
                        await self._wake.wait()
                continue
            try:
                self._queued_slice = work
                urgent, self._is_urgent = self._is_urgent, False
                outcome = await self._scheduler.run(
                    run_slice,
                    work,
                    owner=self.client.person,
                    session=self._account,
                    seconds=self._expected_seconds(work.experiment),
                    urgent=urgent,
                    handle=self._handle,
                )
            except CallCancelled:
                continue
            except Closed:
                return
            except ComputeError as error:
                self.post(session.fail(error.key))
                continue
            except Exception:
                log.exception("a slice failed")
                self.post(session.fail())
                continue
            events, update = session.absorb(work, outcome)
            if update is not None:
                if self.connection is not None and not can_send:
                    self._metrics.frame_replaced()
                outbox.put(update.metadata, update.tensors, due=update.due)
                self.sendable.set()
            self.post(events)

    def _expected_seconds(self, experiment: Experiment) -> float:
        """Return the seconds that a slice may need at least; estimated once per experiment."""
        if experiment is not self._estimated:
            self._estimated, self._slice_seconds = experiment, slice_seconds(experiment)
        return self._slice_seconds

    def _seconds_until_due(self, can_send: bool) -> float | None:
        """Return in how many seconds a slice or token will be due, or None."""
        now = self._clock()
        times = [self.session.seconds_until_due(now, can_send=can_send)]
        if self.connection is not None:
            times.append(self.checkpointer.seconds_until_due(self.session, now))
        return min((wait for wait in times if wait is not None), default=None)

    def _post_checkpoint_if_due(self) -> None:
        """Queue a token for the client if one is due."""
        if (
            self.connection is not None
            and self.checkpointer.seconds_until_due(self.session, self._clock()) == 0
        ):
            self.checkpoint_now()
