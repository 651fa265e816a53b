"""The session runner: the task that has the slices of one session computed, and passes what they bring to its viewers.

It has no, one or many viewers. What they look at is computed once for all that look at the same. Knows no sockets.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from engine import Experiment
from server.compute import Closed, ComputeError, PreparedCall, Scheduler
from server.compute.cost import slice_seconds
from server.protocol.commands import Ack, Command, Hello, Watch
from server.protocol.events import Closing, ErrorEvent, Event
from server.protocol.views import ViewRequest, costs
from server.security.token_bucket import TokenBucket
from server.sessions.expiry import Expiry
from server.sessions.frame_schedule import FrameSchedule
from server.sessions.resume.checkpointer import Checkpointer
from server.sessions.session import Session
from server.sessions.slices import Outcome, Slice, run_slice
from server.sessions.viewer import Role, Viewer
from server.telemetry.logs import set_session
from server.telemetry.metrics import Metrics

log = logging.getLogger(__name__)

_URGENT_PER_SECOND = 20.0
"""Rate at which slices of one session may be urgent because of a command."""


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
    """Computes one session, with or without viewers.

    Attributes:
        session: that it computes.
        checkpointer: makes its resume tokens.
        expiry: when it is suspended, paused or ended.
        client: to whom it belongs.
        viewers: its owner, who stays when its connection has ended, and others.
    """

    def __init__(
        self,
        session: Session,
        scheduler: Scheduler,
        checkpointer: Checkpointer,
        expiry: Expiry,
        *,
        client: ClientInfo,
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
            metrics: count processor time, and frames that a slow client does not get.
            clock: seconds, monotonic; the same as that of the expiry and of the viewers.
        """
        self.session = session
        self.checkpointer = checkpointer
        self.expiry = expiry
        self.client = client
        self.viewers: list[Viewer] = []
        self._scheduler = scheduler
        self._metrics = metrics
        self._clock = clock
        self._account: Hashable = object()  # not the runner itself: accounts outlive it
        self._wake = asyncio.Event()
        self._queued_for = ""  # the person in whose share it waits for a worker, or waited last
        self._waits = False  # for a worker
        self._work: Slice | None = None  # in flight, or the last one
        self._urgent_allowance = TokenBucket(_URGENT_PER_SECOND, _URGENT_PER_SECOND)
        self._is_urgent = False  # whether the next slice answers a command
        self._estimated: Experiment | None = None
        self._estimated_views: tuple[ViewRequest, ...] = ()
        self._slice_seconds = 0.0
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

    # ------------------------------------------------------------------------------------------------- viewers

    @property
    def owner(self) -> Viewer | None:
        """The viewer whose run it is, connected or not; None before the first."""
        return next((viewer for viewer in self.viewers if viewer.role is Role.OWNER), None)

    @property
    def is_connected(self) -> bool:
        """Whether any viewer has a connection."""
        return any(viewer.is_connected for viewer in self.viewers)

    def attach(
        self,
        viewer: Viewer,
        closing: Closing,
        *,
        hello: Hello | None = None,
        recovered: bool = False,
        page: str = "",
    ) -> None:
        """Attach a viewer, and queue its welcome. An owner takes over from the one before.

        Args:
            viewer: of a new connection.
            closing: is sent to the owner before, if it is connected.
            hello: to answer, if there is one.
            recovered: whether the client was attached to the session before.
            page: revision of the page that the server delivers now.
        """
        waited = 0.0
        if viewer.role is Role.OWNER:
            predecessor = self.owner
            if predecessor is not None:
                predecessor.dismiss(closing)
                predecessor.disconnect()
                viewer.outbox.inherit(predecessor.outbox)
                self.viewers.remove(predecessor)
            waited = self.expiry.connect(self._clock())
            self.session.suspend(False)
            self.session.forget_message_ids()
            self.checkpointer.require()
        was_left = not self.is_connected
        self.viewers.append(viewer)
        if self._waits and was_left:  # behind all sessions that have a connection
            self._scheduler.hasten(self._queued_for, self._account)
        viewer.post(
            self.session.welcome(
                None if hello is None else hello.id,
                name=self.checkpointer.name,
                recovered=recovered,
                waited=waited,
                page=page,
                notes=() if hello is None else hello.notes,
                misses_points=hello is not None and hello.misses_points,
            )
        )
        self._wake.set()

    def detach(self, viewer: Viewer) -> bool:
        """Detach a viewer whose connection has ended; return False if another one has taken over before.

        The owner stays, so that the next one gets the losses that it has not acknowledged.
        """
        if viewer not in self.viewers:
            return False
        viewer.disconnect()
        if viewer.role is Role.OWNER:
            self.expiry.disconnect(self._clock())
        else:
            self.viewers.remove(viewer)
        return True

    def dismiss(self, closing: Closing) -> None:
        """Close all connections with a reason for the clients."""
        for viewer in self.viewers:
            viewer.dismiss(closing)

    def receive(self, viewer: Viewer, message: Command | ErrorEvent) -> None:
        """Process a parsed message of a viewer."""
        if isinstance(message, Ack):
            viewer.acknowledge(message.frame)
        elif isinstance(message, ErrorEvent):
            viewer.post([message])
        else:
            self._command(viewer, message)
            if self._queued_for is not None:  # then the task waits for a worker, perhaps for long
                self._post_checkpoints_if_due()
        self._wake.set()

    def _command(self, viewer: Viewer, command: Command) -> None:
        self._prioritize()
        self.expiry.touch(self._clock())
        if not isinstance(command, Watch) or command.hidden:
            self.checkpointer.request()
        if isinstance(command, Watch):
            viewer.post(viewer.schedule.watch(command, self.session.wanted.experiment))
            return
        events = self.session.receive(command)
        if any(isinstance(event, ErrorEvent) for event in events):
            viewer.post(events)
            return
        if self.session.has_changes:
            for each in self.viewers:
                each.schedule.run_changed(self.session.wanted.experiment)
        self._publish(events, viewer)

    def _publish(self, events: list[Event], to: Viewer | None) -> None:
        """Queue events for all viewers; they name ids of commands, which only the viewer that sent them gets."""
        for viewer in self.viewers:
            viewer.post(
                events if viewer is to else [event.model_copy(update={"id": None}) for event in events]
            )

    def frame_sent(self) -> None:
        """Record that a viewer was sent a frame, so that there is room for the next one."""
        self._wake.set()

    def announce_outage(self, waits: bool) -> None:
        """Inform the clients, once per change, that there is no worker, or that there is one again."""
        for viewer in self.viewers:
            viewer.announce_outage(waits)

    def post_checkpoints(self) -> None:
        """Queue resume tokens of the present state, even if none is due."""
        for viewer in self.viewers:
            viewer.post_checkpoint(self.session)

    def _post_checkpoints_if_due(self) -> None:
        for viewer in self.viewers:
            if viewer.seconds_until_checkpoint(self.session) == 0:
                viewer.post_checkpoint(self.session)

    # ------------------------------------------------------------------------------------------------ training

    def _prioritize(self) -> None:
        """Let a command take effect soon: the next slice is urgent, even if it waits already, and so is its frame."""
        if self._is_urgent:
            return
        self._is_urgent = self._urgent_allowance.take(self._clock()) == 0
        if not self._is_urgent:
            return
        for viewer in self.viewers:
            viewer.schedule.hasten()
        if self._waits:
            self._scheduler.hasten(self._queued_for, self._account)

    def suspend(self) -> None:
        """Suspend training until an owner is attached."""
        self.session.suspend(True)

    def pause_idle(self) -> None:
        """Pause training because there were no commands for long."""
        events = self.session.pause_idle()
        if events:
            self._publish(events, self.owner)
            self._wake.set()

    async def _run(self) -> None:
        """Compute slices one after the other; wait while none is due."""
        set_session(self.checkpointer.name)
        while True:
            self._wake.clear()
            self._post_checkpoints_if_due()
            if self._is_held_up() or not self.session.is_due(self._clock(), self._frames()):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._seconds_until_due()):
                        await self._wake.wait()
                continue
            self._queued_for, self._waits = self.client.person, True
            try:
                outcome: Outcome | None = await self._scheduler.run_next(
                    self._prepare,
                    owner=self._queued_for,
                    session=self._account,
                    urgent=self._is_urgent,
                    background=not self.is_connected,
                )
                if outcome is not None:  # otherwise nothing was due any more
                    self._absorb(outcome)
            except Closed:
                return
            except ComputeError as error:
                self._fail(error.key)
            except Exception:
                log.exception("a slice failed")
                self._fail("internal")

    def _is_held_up(self) -> bool:
        """Return whether training has to wait for the owner."""
        return any(viewer.holds_up_training for viewer in self.viewers)

    def _frames(self) -> list[FrameSchedule]:
        """Return the schedules of the viewers to which a frame could be sent."""
        return [viewer.schedule for viewer in self.viewers if viewer.can_send]

    def _prepare(self) -> PreparedCall | None:
        """Return the call of the next slice, now that a worker is free; None if nothing is due any more."""
        self._waits = self._is_urgent = False
        if self._is_held_up():
            return None
        frames = self._frames()
        work = self.session.next_slice(
            self._clock(), frames, seconds=self._scheduler.budget(background=not self.is_connected)
        )
        if work is None:
            return None
        for viewer in self.viewers:
            if viewer.is_connected and viewer.schedule not in frames:
                self._metrics.frame_replaced()
        self._work = work
        return PreparedCall(run_slice, (work,), self._expected_seconds(work), self._withdraw)

    def _withdraw(self) -> None:
        """Take back the slice in flight, as its worker died: another one is prepared when a worker is free."""
        assert self._work is not None
        self._waits = True
        for viewer in self.viewers:
            viewer.schedule.withdraw()
        self._publish(self.session.withdraw(self._work), self.owner)
        self._wake.set()
        if self.is_connected:  # its call may have been one of the background
            asyncio.get_running_loop().call_soon(self._scheduler.hasten, self._queued_for, self._account)

    def _absorb(self, outcome: Outcome) -> None:
        assert self._work is not None
        self._metrics.absorbed(outcome.training_seconds, outcome.pictures_seconds)
        events, update = self.session.absorb(self._work, outcome)
        if update is not None:
            for viewer in self.viewers:
                viewer.put(update)
        self._publish(events, self.owner)

    def _fail(self, key: str) -> None:
        for viewer in self.viewers:
            viewer.schedule.fail()
        self._publish(self.session.fail(key), self.owner)

    def _expected_seconds(self, work: Slice) -> float:
        """Return the seconds that a slice may need at least, with the views that were drawn last if it draws none.

        Estimated once per experiment and set of views.
        """
        views = work.views or self._estimated_views
        if work.experiment is not self._estimated or views != self._estimated_views:
            self._estimated, self._estimated_views = work.experiment, views
            self._slice_seconds = slice_seconds(work.experiment, costs(work.experiment, views))
        return self._slice_seconds

    def _seconds_until_due(self) -> float | None:
        """Return in how many seconds a slice or token will be due, or None."""
        held_up = self._is_held_up()
        waits = [None if held_up else self.session.seconds_until_due(self._clock(), self._frames())]
        waits += [viewer.seconds_until_checkpoint(self.session) for viewer in self.viewers]
        return min((wait for wait in waits if wait is not None), default=None)
