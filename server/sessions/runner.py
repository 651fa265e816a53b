"""The session runner: the task that has one session's slices computed, and its outbox.

A connection attaches to it, passes on what the client says and sends what the outbox gives. Knows no socket.
"""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Hashable
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
    told,
    worded,
)
from server.security.token_bucket import TokenBucket
from server.sessions.checkpointer import Checkpointer
from server.sessions.expiry import Expiry
from server.sessions.outbox import Outbox, Overflow
from server.sessions.session import Session
from server.sessions.slices import Slice, run_slice
from server.telemetry.logs import about_session
from server.telemetry.metrics import Metrics

log = logging.getLogger(__name__)

_HURRIES_PER_SECOND = 20.0
"""So often the slice of a session that obeys a command may go before those of others."""


class ClientConnection(Protocol):
    """What a runner knows of the connection that is attached to it."""

    def dismiss(self, closing: Closing) -> None:
        """Tell the client why, and end the connection, soon."""


@dataclass(frozen=True, slots=True)
class ClientInfo:
    """Whose session it is, for fair shares.

    Attributes:
        client: what a browser calls itself; empty if it does not say. Nothing that is shared out depends on it.
        address: where it calls from.
        identity: what its cookie says, where a join code is asked for.
    """

    client: str = ""
    address: str = ""
    identity: str | None = None

    @property
    def person(self) -> str:
        """Who takes part in what is shared out: the identity where there is one, else the address."""
        return self.address if self.identity is None else self.identity

    @property
    def browser(self) -> tuple[str, str] | None:
        """Whose sessions `max_client_sessions` counts; None if it cannot tell."""
        if self.identity is None and not self.client:
            return None
        return (self.person, self.client if self.identity is None else "")


class SessionRunner:
    """Trains one session, whether or not somebody looks on."""

    def __init__(
        self,
        session: Session,
        compute: Scheduler,
        checkpoints: Checkpointer,
        lifetime: Expiry,
        *,
        guest: ClientInfo,
        window: int,
        metrics: Metrics,
    ) -> None:
        """Prepare; training begins with ``start``.

        Args:
            session: that is trained.
            compute: where its slices are computed.
            checkpoints: what the client keeps of it.
            lifetime: how long it is kept.
            guest: whose it is.
            window: frames that a client may leave unacknowledged.
            metrics: where it is counted what a slow client does not get.
        """
        self.session = session
        self.checkpoints = checkpoints
        self.lifetime = lifetime
        self.guest = guest
        self.outbox = Outbox(window)
        self.line: ClientConnection | None = None
        self.sendable = asyncio.Event()
        """Set whenever the outbox may have something new to give."""
        self._compute = compute
        self._metrics = metrics
        self._frames = 0
        # Numbers of unacknowledged frames, and when they went out.
        self._sent_at: deque[tuple[int, float]] = deque()
        self._language = bundled()[ENGLISH]
        self._told_waiting = False
        self._account: Hashable = object()  # not the runner itself: accounts outlive it
        self._something_to_do = asyncio.Event()
        self._slip = CallHandle()
        self._waiting: Slice | None = None  # the slice of the handle
        self._hurries = TokenBucket(_HURRIES_PER_SECOND, _HURRIES_PER_SECOND)
        self._estimated: Experiment | None = None
        self._seconds = 0.0
        self._hurried = False  # whether the next slice obeys a command
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to compute what is due."""
        self._task = asyncio.create_task(self._train())

    async def close(self) -> None:
        """End for good."""
        if self._task is not None:
            task, self._task = self._task, None  # which would hold this runner, and be held by it
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def attach(
        self,
        line: ClientConnection,
        language: Language,
        farewell: Closing,
        *,
        hello: Hello,
        recovered: bool,
        page: str,
    ) -> None:
        """Let a connection have what the outbox gives, from a welcome on.

        Args:
            line: the connection.
            language: of the text in events.
            farewell: what is said to the one before, if there is any.
            hello: that is answered.
            recovered: whether the client has been here before.
            page: revision of the page that the server gives out now.
        """
        if self.line is not None:
            self.line.dismiss(farewell)
        self.line = line
        self._language = language
        waited = self.lifetime.arrive(time.monotonic())
        self.session.hold(False)
        self.session.reopen()
        self._frames = 0
        self._sent_at.clear()
        self._told_waiting = False
        self.outbox.reopen(hello.encoding)
        self.checkpoints.renew()
        self.post(
            self.session.welcome(
                hello.id, name=self.checkpoints.name, recovered=recovered, waited=waited, page=page
            )
        )
        self._something_to_do.set()

    def detach(self, line: ClientConnection) -> None:
        """Take note that a connection has ended."""
        if self.line is line:
            self.line = None
            self.lifetime.leave(time.monotonic())

    def dismiss(self, closing: Closing) -> None:
        """End the connection, if there is one, and tell the client why."""
        if self.line is not None:
            self.line.dismiss(closing)

    def receive(self, message: Command | ErrorEvent) -> None:
        """Take a message of the client, parsed."""
        if not isinstance(message, Ack | ErrorEvent):
            self._hasten()
            self.lifetime.touch(time.monotonic())
            if not isinstance(message, Watch) or message.hidden:
                self.checkpoints.ask()
        self.post(self.session.receive(message))
        self.outbox.acknowledge(self.session.acknowledged)
        while self._sent_at and self._sent_at[0][0] <= self.session.acknowledged:
            self._sent_at.popleft()
        self._something_to_do.set()

    def _hasten(self) -> None:
        """See that a command is obeyed soon: a slice that only waits is taken back, and the next one goes first."""
        self._hurried = self._hurries.take(time.monotonic()) == 0
        if self._waiting is not None and self._slip.cancel():
            self.session.take_back(self._waiting)
            self._waiting = None

    def post(self, events: list[Event]) -> None:
        """Queue events for the client; one that reads none is dismissed. Without a client they are dropped."""
        if self.line is None:
            return
        try:
            for event in events:
                self.outbox.post(worded(event, self._language).model_dump_json(exclude_none=False))
        except Overflow:
            self.line.dismiss(UNREAD)
        self.sendable.set()

    def sent(self) -> None:
        """Take note that a frame has gone out, so that there may be room for the next."""
        self._frames += 1
        self._sent_at.append((self._frames, time.monotonic()))
        self._something_to_do.set()

    def frame_age(self) -> float:
        """Return for how many seconds the oldest frame has waited to be acknowledged; 0 if none does."""
        return time.monotonic() - self._sent_at[0][1] if self.line is not None and self._sent_at else 0.0

    @property
    def waited(self) -> float:
        """For how many seconds there has been something new that the client, as it acknowledges nothing, cannot get."""
        return self.outbox.waited if self.session.has_news else 0.0

    def hold(self) -> None:
        """Let training wait until somebody is connected."""
        self.session.hold(True)

    def rest(self) -> None:
        """Pause training, as nobody does anything."""
        events = self.session.rest()
        if events:
            self.post(events)
            self._something_to_do.set()

    def tell_waiting(self, waits: bool) -> None:
        """Tell the client, once, that nothing can be computed now, or that it can be again."""
        if self.line is not None and waits is not self._told_waiting:
            self._told_waiting = waits
            self.post([Waiting(waits=waits, **told("training-waits" if waits else "training-goes-on"))])

    def checkpoint_now(self) -> None:
        """Queue a token of the newest state, whenever the last one was."""
        if self.line is None:
            return
        checkpoint = self.checkpoints.make(self.session, time.monotonic())
        if checkpoint is not None:
            self.outbox.keep(checkpoint.model_dump_json())
            self.sendable.set()

    async def _train(self) -> None:
        """Compute slices one after the other, while there is something to do."""
        about_session(self.checkpoints.name)
        session, outbox = self.session, self.outbox
        while True:
            self._something_to_do.clear()
            self._keep()
            room = self.line is not None and outbox.is_open()
            work = None
            if not outbox.is_full():
                work = session.next_slice(
                    time.monotonic(),
                    room=room,
                    seconds=self._compute.budget(),
                    slowness=outbox.slowness,
                )
            if work is None:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._wait(room)):
                        await self._something_to_do.wait()
                continue
            try:
                self._waiting = work
                urgent, self._hurried = self._hurried, False
                outcome = await self._compute.run(
                    run_slice,
                    work,
                    owner=self.guest.person,
                    session=self._account,
                    seconds=self._expected(work.experiment),
                    urgent=urgent,
                    handle=self._slip,
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
            events, numbers = session.absorb(work, outcome)
            if numbers is not None:
                if self.line is not None and not room:
                    self._metrics.frame_replaced()
                outbox.put(numbers.metadata, numbers.tensors, due=numbers.due)
                self.sendable.set()
            self.post(events)

    def _expected(self, experiment: Experiment) -> float:
        """Return how long a slice may have to take at least; estimated anew for another experiment only."""
        if experiment is not self._estimated:
            self._estimated, self._seconds = experiment, slice_seconds(experiment)
        return self._seconds

    def _wait(self, room: bool) -> float | None:
        """Return in how many seconds something will be due by itself."""
        now = time.monotonic()
        times = [self.session.wait(now, room=room)]
        if self.line is not None:
            times.append(self.checkpoints.wait(self.session, now))
        return min((wait for wait in times if wait is not None), default=None)

    def _keep(self) -> None:
        """Give the client a token, if one is due."""
        if self.line is not None and self.checkpoints.wait(self.session, time.monotonic()) == 0:
            self.checkpoint_now()
