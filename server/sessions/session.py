"""The session: the state machine of one learner's run. Knows no sockets, clocks or tasks, and no viewers.

The owner calls ``receive`` for each command, and in a loop ``next_slice`` → compute → ``absorb``; at most one slice is
in flight. A command takes effect with the next slice.
"""

import math
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from engine import Experiment, Run
from engine.experiment import changed_fields, is_live
from engine.saved import write_address
from engine.training.weight_transfer import can_transplant
from engine.user_messages import UserMessage
from server import __version__
from server.protocol.commands import (
    Command,
    Configure,
    Hello,
    Pause,
    Play,
    Reset,
    SetParameter,
    SetParameters,
    Step,
)
from server.protocol.events import (
    Configured,
    ErrorEvent,
    Event,
    Limits,
    RunInfo,
    State,
    StateChanged,
    Welcome,
    localized,
)
from server.protocol.experiments import configured
from server.protocol.messages import PROTOCOL, MessageId
from server.sessions.frame_schedule import FrameSchedule, RunUpdate, next_frames
from server.sessions.pacer import EpochPacer
from server.sessions.run_state import Phase, RunState, differs, end_event, failure_event, phase_of
from server.sessions.slices import Outcome, Slice
from server.sessions.wanted import Steps, Wanted


class Session:
    """The state of one session between two slices.

    Attributes:
        wanted: what the client wants. Its experiment is the same object until another one is requested.
        state: the run, as far as it has come.
        version: grows whenever the run changes.
    """

    def __init__(self, limits: Limits, new_seed: Callable[[], int], experiment: Experiment) -> None:
        """Create a session that has not computed anything.

        Args:
            limits: are sent to clients.
            new_seed: draws seeds for ``reset`` with ``new_seed``.
            experiment: of the first run.
        """
        self.wanted = Wanted(experiment)
        self.state = RunState(None, number=1, lineage=1)
        self.version = 0
        self._limits = limits
        self._new_seed = new_seed
        self._phase = Phase.CHANGED
        self._in_flight: RunState | None = None  # the state from which the slice in flight was made
        self._pauses: list[MessageId] = []  # commands that are answered when the slice in flight has ended
        self._suspended = False
        self._pacer = self._pacer_in_flight = EpochPacer(None)

    def restore(self, run: Run, *, number: int, lineage: int, playing: bool, speed: float | None) -> None:
        """Go on with the run of a resume token; must be called before anything else.

        Args:
            run: of a single network, with the experiment of this session.
            number: of the run, as in frames.
            lineage: of its losses.
            playing: whether it was training.
            speed: epochs per second; None for full speed.
        """
        self.state = RunState(run, number, lineage)
        self._phase = phase_of(run)
        playing = playing and not self._phase.has_ended
        self.wanted = replace(self.wanted, playing=playing, speed=speed)
        self._restart_pacer()

    def welcome(
        self,
        id_: MessageId = None,
        *,
        name: str = "",
        recovered: bool = False,
        waited: float = 0,
        page: str = "",
        notes: tuple[UserMessage, ...] = (),
        misses_points: bool = False,
    ) -> list[Event]:
        """Return the events that answer a hello: a welcome, and the end or failure of the run, if any.

        Args:
            id_: of the hello.
            name: public name of the session.
            recovered: whether the client was attached to the session before.
            waited: seconds for which training was suspended without a connection.
            page: revision of the page that the server delivers now.
            notes: how the experiment differs from what the hello asked for.
            misses_points: whether the hello referred to own points that are not there.
        """
        state = self.state
        reason = "new" if state.run is None else "resumed"
        run = RunInfo(
            run=state.number,
            lineage=state.lineage,
            experiment=self.wanted.experiment,
            address=write_address(self.wanted.experiment),
            state=State(**self._state_event(reason).model_dump(exclude={"type", "id", "run"})),
        )
        welcome = Welcome(
            id=id_,
            protocol=PROTOCOL,
            version=__version__,
            limits=self._limits,
            runs=(run,),
            session=name,
            recovered=recovered,
            waited=waited,
            page=page,
            user_notes=notes,
            misses_points=misses_points,
        )
        events: list[Event] = [welcome]
        if self._phase.has_ended and state.run is not None:
            events.append(end_event(self._phase, state.number, state.run))
        if self._phase is Phase.FAILED:
            events.append(self._state_event("failed"))
        return events

    @property
    def has_changes(self) -> bool:
        """Whether the next slice has to apply an experiment or edits."""
        return self._phase is Phase.CHANGED

    @property
    def settled_run(self) -> Run | None:
        """The run, once it has the requested experiment and all edits; None until then."""
        run = self.state.run
        if run is None or self._phase in (Phase.CHANGED, Phase.APPLYING):
            return None
        # The slice that failed may have been the one to apply another experiment.
        return None if self._phase is Phase.FAILED and run.experiment != self.wanted.experiment else run

    def forget_message_ids(self) -> None:
        """Answer no commands of before: another client has taken the place of the one that sent them."""
        self._pauses = []
        if self.wanted.steps is not None:
            self.wanted = replace(self.wanted, steps=replace(self.wanted.steps, id=None))

    def suspend(self, suspended: bool) -> None:
        """Suspend training, or resume it; commands stay in force."""
        if suspended != self._suspended:
            self._suspended = suspended
            self._restart_pacer()

    def pause_idle(self) -> list[Event]:
        """Pause training because there were no commands for long; return the events."""
        if not self.wanted.trains:
            return []
        step_id, self.wanted = self.wanted.step_id, self.wanted.paused()
        return [self._state_event("idle", step_id)]

    def receive(self, command: Command) -> list[Event]:
        """Process a command and return the events that answer it: an error alone, or what has changed.

        What concerns a viewer only, as ``watch`` and ``ack``, is none of the session's.
        """
        match command:
            case Hello():
                return [ErrorEvent(id=command.id, code="hello-again", **localized("hello-again"))]
            case Configure():
                return self._configure(command)
            case Play() | Step() if self._phase.has_ended:
                reason: Any = self._phase.value
                return [ErrorEvent(id=command.id, code=reason, **localized(f"has-{reason}"))]
            case Play():
                return self._play(command)
            case Pause():
                return self._pause(command.id)
            case Step():
                return self._step(command)
            case Reset():
                return self._reset(command)
            case SetParameter() | SetParameters():
                return self._set(command)
        return []

    def _restart_pacer(self) -> None:
        self._pacer = EpochPacer(self.wanted.speed)

    def _begin_run(self) -> None:
        self.state = self.state.restarted()
        self.wanted = replace(self.wanted, edits=())
        self._phase = Phase.CHANGED
        self._restart_pacer()

    def _configure(self, command: Configure) -> list[Event]:
        previous = self.wanted.experiment
        fitted = configured(command, previous)
        if isinstance(fitted, ErrorEvent):
            return [fitted]
        experiment = fitted.experiment
        changed = changed_fields(previous, experiment)
        restarts = not all(is_live(name) for name in changed)
        keeps = restarts and command.keep and can_transplant(previous, experiment)
        events: list[Event] = []
        if keeps:
            self.wanted = self.wanted.reshaped(experiment)
            self.state = self.state.reshaped()
        else:
            self.wanted = replace(self.wanted, experiment=experiment)
            if restarts:
                events = self._cancel_steps()
                self._begin_run()
        if changed:
            self._phase = Phase.CHANGED
        answer = Configured(
            id=command.id,
            experiment=experiment,
            reset=restarts and not keeps,
            kept=keeps,
            changed=changed,
            run=self.state.number,
            user_notes=fitted.notes,
            address=write_address(experiment),
        )
        return [answer, *events]

    def _play(self, command: Play) -> list[Event]:
        events = self._cancel_steps()
        if self._phase is Phase.FAILED:
            self._phase = Phase.CHANGED
        self.wanted = replace(self.wanted, playing=True, speed=command.epochs_per_second)
        self._restart_pacer()
        return [*events, self._state_event("played", command.id)]

    def _pause(self, id_: MessageId) -> list[Event]:
        events = self._cancel_steps()
        self.wanted = self.wanted.paused()
        return [*events, *self._paused(id_)]

    def _paused(self, id_: MessageId) -> list[Event]:
        """Return the event that training has paused; while a slice is in flight, queue it until that has ended."""
        if self._in_flight is not None and self._in_flight.lineage == self.state.lineage:
            self._pauses.append(id_)
            return []
        return [self._state_event("paused", id_)]

    def _step(self, command: Step) -> list[Event]:
        events = self._cancel_steps()
        if self._phase is Phase.FAILED:
            self._phase = Phase.CHANGED
        self.wanted = replace(
            self.wanted, playing=False, steps=Steps(command.unit, command.count, command.id)
        )
        return events

    def _cancel_steps(self) -> list[Event]:
        steps = self.wanted.steps
        if steps is None:
            return []
        self.wanted = replace(self.wanted, steps=None)
        return self._paused(steps.id)

    def _reset(self, command: Reset) -> list[Event]:
        events = self._cancel_steps()
        wanted = self.wanted.paused()
        self.wanted = wanted.reseeded(self._new_seed()) if command.new_seed else wanted
        self._begin_run()
        answer = Configured(
            id=command.id,
            experiment=self.wanted.experiment,
            reset=True,
            changed=("network.seed",) if command.new_seed else (),
            run=self.state.number,
            address=write_address(self.wanted.experiment),
        )
        return [*events, answer, self._state_event("reset", command.id)]

    def _set(self, command: SetParameter | SetParameters) -> list[Event]:
        wanted = self.wanted.edited(command)
        if isinstance(wanted, ErrorEvent):
            return [wanted]
        self.wanted, self._phase = wanted, Phase.CHANGED
        return []

    def _state_event(self, reason: Any, id_: MessageId = None) -> StateChanged:
        return StateChanged(
            id=id_,
            run=self.state.number,
            playing=self.wanted.playing,
            epochs_per_second=self.wanted.speed,
            reason=reason,
            epoch=self.state.epoch,
            step=self.state.step,
        )

    @property
    def _trains(self) -> bool:
        """Whether the run is in training: the one place that decides it."""
        return self.wanted.trains and self._phase.can_train and not self._suspended

    def is_due(self, now: float, frames: Collection[FrameSchedule]) -> bool:
        """Return whether `next_slice` has something to compute now."""
        if self._phase is Phase.FAILED or self._in_flight is not None:
            return False
        return self._phase is Phase.CHANGED or self._seconds_until_due(now, frames) <= 0

    def next_slice(self, now: float, frames: Collection[FrameSchedule], *, seconds: float) -> Slice | None:
        """Return what to compute now, or None while nothing is due.

        Args:
            now: seconds on any monotonic clock, the same in all calls.
            frames: schedules of the viewers to which a frame could be sent.
            seconds: time limit of training.
        """
        if self._phase is Phase.FAILED or self._in_flight is not None:
            return None
        limits = self._limits_of_training(now, frames, seconds)
        ends_by_time = limits.keys() == {"seconds"}
        showing = [schedule for schedule in frames if schedule.stale or limits]
        # At full speed the slice ends when the next frame is due.
        until_frame, drawn = next_frames(showing, now, seconds if ends_by_time else 0.0)
        if not limits and not drawn and self._phase is not Phase.CHANGED:
            return None
        if ends_by_time:
            limits = {"seconds": until_frame}
        work = Slice(
            run=self.state.run,
            experiment=self.wanted.experiment,
            edits=self.wanted.edits,
            views=tuple(dict.fromkeys(wanted for schedule in drawn for wanted in schedule.shown)),
            points=any(schedule.points_due for schedule in drawn),
            **limits,
        )
        if self._phase is Phase.CHANGED:
            self.wanted, self._phase = replace(self.wanted, edits=()), Phase.APPLYING
        self._in_flight, self._pacer_in_flight = self.state, self._pacer
        for schedule in drawn:
            schedule.begin(now + until_frame)
        return work

    def _limits_of_training(
        self, now: float, frames: Collection[FrameSchedule], seconds: float
    ) -> dict[str, Any]:
        """Return the limits of training in the next slice; none if no training is due."""
        if not self._trains:
            return {}
        steps = self.wanted.steps
        if steps is not None:
            return {"epochs" if steps.unit == "epoch" else "steps": steps.left, "seconds": seconds}
        if self._pacer.speed is None:
            return {"seconds": seconds}
        if self._pacer.seconds_until_due(now, _until_frame(now, frames)) > 0:
            return {}
        return {"epochs": max(1, self._pacer.due(now)), "seconds": seconds}

    def seconds_until_due(self, now: float, frames: Collection[FrameSchedule]) -> float | None:
        """Return in how many seconds a slice will be due, or None if that depends on the next command."""
        if self._phase is Phase.FAILED:
            return None
        wait = self._seconds_until_due(now, frames)
        return max(0.0, wait) if wait < math.inf else None

    def _seconds_until_due(self, now: float, frames: Collection[FrameSchedule]) -> float:
        """Return in how many seconds training or a frame will be due; infinite if neither is."""
        wait = _until_frame(now, [schedule for schedule in frames if schedule.stale])
        if not self._trains:
            return wait
        if self.wanted.steps is not None or self._pacer.speed is None:
            return 0.0
        return min(wait, self._pacer.seconds_until_due(now, _until_frame(now, frames)))

    def absorb(self, work: Slice, outcome: Outcome) -> tuple[list[Event], RunUpdate | None]:
        """Process the outcome of a slice; return events, and an update of the viewers' next frames."""
        assert self._in_flight is not None
        begun, self._in_flight = self._in_flight, None
        if begun.lineage != self.state.lineage:  # a new run was begun in the meantime
            return self._answer_pauses(), None
        # The same object as in the slice, not its copy from another process, so that it is pickled only once.
        run = replace(outcome.run, experiments=(work.experiment,))
        epochs, steps = run.epoch - begun.epoch, run.step - begun.step
        self.state = RunState(run, self.state.number, self.state.lineage)
        self._pacer_in_flight.done += epochs  # not those of another speed that was chosen in the meantime
        has_changed = work.run is None or bool(work.edits) or differs(run, work.run)
        self.version += has_changed
        events = self._answer_pauses()
        if self._phase in (Phase.APPLYING, Phase.SETTLED):  # not changed in the meantime
            self._phase = phase_of(run)
            if self._phase.has_ended:
                step_id, self.wanted = self.wanted.step_id, self.wanted.paused()
                events += [
                    end_event(self._phase, self.state.number, run),
                    self._state_event(self._phase.value, step_id),
                ]
        before, self.wanted = self.wanted, self.wanted.trained(epochs, steps)
        if before.steps is not None and self.wanted.steps is None:
            events.append(self._state_event("stepped", before.step_id))
        # A picture of an earlier shape is useless; losses and points are not.
        is_current = begun.number == self.state.number
        pictures = dict(zip(work.views, outcome.pictures, strict=True)) if is_current else None
        is_new = work.run is None
        return events, RunUpdate(self.state.metadata, outcome.tensors, pictures, is_new, has_changed)

    def _answer_pauses(self) -> list[Event]:
        pauses, self._pauses = self._pauses, []
        return [self._state_event("paused", id_) for id_ in pauses]

    def withdraw(self, work: Slice) -> list[Event]:
        """Take back the slice in flight, which nobody computes; return the answers to commands that waited for it."""
        assert self._in_flight is not None
        begun, self._in_flight = self._in_flight, None
        if begun.lineage == self.state.lineage:
            edits = (*work.edits, *self.wanted.edits)
            if begun.number != self.state.number:  # another shape was asked for in the meantime
                edits = replace(self.wanted, edits=edits).reshaped(self.wanted.experiment).edits
            self.wanted = replace(self.wanted, edits=edits)
            if self._phase is Phase.APPLYING:
                self._phase = Phase.CHANGED
        return self._answer_pauses()

    def fail(self, key: str = "internal") -> list[Event]:
        """Give up the slice in flight, whose computation failed; ``key`` is that of the error message."""
        self._in_flight = None
        self._phase = Phase.FAILED
        self.wanted = self.wanted.paused()
        error = failure_event(self.wanted.experiment, key)
        return [*self._answer_pauses(), error, self._state_event("failed")]


def _until_frame(now: float, frames: Collection[FrameSchedule]) -> float:
    """Return in how many seconds the first frame is due; infinite if there is none."""
    return min((schedule.seconds_until_due(now) for schedule in frames), default=math.inf)
