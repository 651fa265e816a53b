"""The session: the state machine of one learner's run. Knows no sockets, clocks or tasks.

The owner calls ``receive`` for each message, and in a loop ``next_slice`` → compute → ``absorb``; at most one slice is
in flight. A command takes effect with the next slice.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from engine import Experiment, Run
from engine.experiment import MAX_PARAMETERS, changed_fields, is_live
from engine.network.layout import Layout
from engine.saved import write_address
from engine.training.weight_transfer import can_transplant
from engine.user_messages import LocalizedError, UserMessage, Value
from server import __version__
from server.protocol.experiments import configured
from server.protocol.frames import LOSS_TENSORS, POINT_TENSORS
from server.protocol.messages import (
    PROTOCOL,
    Ack,
    Command,
    Configure,
    Configured,
    Diverged,
    ErrorEvent,
    Event,
    Hello,
    Limits,
    MessageId,
    Pause,
    Play,
    Reset,
    SetParameter,
    SetParameters,
    State,
    StateChanged,
    Step,
    Stopped,
    Watch,
    Welcome,
    localized,
    localized_sentence,
)
from server.sessions.frame_schedule import FrameSchedule
from server.sessions.pacer import EpochPacer
from server.sessions.slices import Edit, Outcome, ParameterRange, Slice, View

_SHORTEST_SLICE = 0.005

_MOST_WAITING = 2 * MAX_PARAMETERS
"""Upper bound on the values of ``set_parameters`` that wait for the next slice."""


@dataclass(frozen=True, slots=True)
class FrameUpdate:
    """Metadata and tensors that a slice adds to the next frame; ``due`` if the frame is then complete."""

    metadata: Mapping[str, str]
    tensors: Mapping[str, np.ndarray[Any, np.dtype[Any]]]
    due: bool


@dataclass(slots=True)
class _Steps:
    """A step command that is being executed: the epochs or batches left, and its message id."""

    unit: str
    left: int
    id: MessageId


class Session:
    """The state of one session between two slices."""

    def __init__(self, limits: Limits, new_seed: Callable[[], int], experiment: Experiment) -> None:
        """Create a session that has not computed anything.

        Args:
            limits: are sent to the client.
            new_seed: draws seeds for ``reset`` with ``new_seed``.
            experiment: of the first run.
        """
        self._limits = limits
        self._new_seed = new_seed
        self.acknowledged = 0
        self._experiment = experiment
        self._run: Run | None = None
        self._run_number = 0
        self._lineage = 0
        self._in_flight: tuple[int, int] | None = None  # run number and lineage of the slice that is computed
        self._edits: list[Edit | ParameterRange] = []
        self._steps: _Steps | None = None
        self._pauses: list[MessageId] = []  # commands that are answered when the slice in flight has ended
        self._applied = False  # whether a slice with the present experiment was begun
        self._failed = False
        self._ended: Literal["diverged", "stopped"] | None = None
        self._playing = False
        self._suspended = False
        self._is_settled = False  # whether the run has the present experiment and all edits
        self.version = 0
        """Grows whenever the run changes."""
        self._pacer = EpochPacer(None)
        self._schedule = FrameSchedule()
        # Of these two, the state before the slice in flight.
        self._state_before = (self._applied, self._schedule.snapshot())
        self._begin_run()

    def restore(self, run: Run, *, number: int, lineage: int, playing: bool, speed: float | None) -> None:
        """Go on with the run of a resume token; must be called before anything else.

        Args:
            run: of a single network, with the experiment of this session.
            number: of the run, as in frames.
            lineage: of its losses.
            playing: whether it was training.
            speed: epochs per second; None for full speed.
        """
        self._run, self._run_number, self._lineage = run, number, lineage
        self._applied = self._is_settled = True
        self._pacer = EpochPacer(speed)
        self._ended = _how_ended(run)
        self._playing = playing and self._ended is None

    def welcome(
        self,
        id_: MessageId = None,
        *,
        name: str = "",
        recovered: bool = False,
        waited: float = 0.0,
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
        resumed = self._run is not None
        welcome = Welcome(
            id=id_,
            protocol=PROTOCOL,
            version=__version__,
            limits=self._limits,
            experiment=self._experiment,
            run=self._run_number,
            history=self._lineage,
            state=State(**self._state("resumed" if resumed else "new").model_dump(exclude={"type", "id"})),
            session=name,
            recovered=recovered,
            waited=waited,
            page=page,
            user_notes=notes,
            misses_points=misses_points,
            address=write_address(self._experiment),
        )
        events: list[Event] = [welcome]
        if self._ended is not None:
            events.append(self._end_event(self._ended))
        if self._failed:
            events.append(self._state("failed"))
        return events

    @property
    def experiment(self) -> Experiment:
        """The requested experiment: the same object until another one is requested."""
        return self._experiment

    @property
    def has_undrawn_changes(self) -> bool:
        """Whether there are changes that no frame has shown."""
        return self._schedule.stale

    @property
    def playing(self) -> bool:
        """Whether training goes on until it is paused."""
        return self._playing

    @property
    def speed(self) -> float | None:
        """Requested epochs per second; None for full speed."""
        return self._pacer.speed

    @property
    def run_number(self) -> int:
        """Number of the run, as in frames; grows with each new run or shape."""
        return self._run_number

    @property
    def lineage(self) -> int:
        """Number of the lineage: of the losses that belong together (``history`` on the wire)."""
        return self._lineage

    @property
    def settled_run(self) -> Run | None:
        """The run, once it has the requested experiment and all edits; None until then."""
        return self._run if self._is_settled else None

    def reopen(self) -> None:
        """Start again for a new connection, which has no frames yet; the run goes on."""
        self.acknowledged = 0
        self._pauses = []
        if self._steps is not None:
            self._steps.id = None
        self._schedule.reopen()

    def suspend(self, suspended: bool) -> None:
        """Suspend training, or resume it; commands stay in force."""
        if suspended != self._suspended:
            self._suspended = suspended
            self._pacer = EpochPacer(self._pacer.speed)

    def pause_idle(self) -> list[Event]:
        """Pause training because there were no commands for long; return the events."""
        if not self._playing and self._steps is None:
            return []
        self._playing = False
        steps, self._steps = self._steps, None
        return [self._state("idle", None if steps is None else steps.id)]

    # ------------------------------------------------------------------------------------------------ commands

    def receive(self, command: Command | ErrorEvent) -> list[Event]:
        """Process a parsed message of the client and return the events that answer it; a bad one changes nothing."""
        match command:
            case ErrorEvent():
                return [command]
            case Hello():
                return [ErrorEvent(id=command.id, code="hello-again", **localized("hello-again"))]
            case Configure():
                return self._configure(command)
            case Play():
                return self._play(command)
            case Pause():
                return self._pause(command.id)
            case Step():
                return self._step(command)
            case Reset():
                return self._reset(command)
            case Watch():
                return self._watch(command)
            case SetParameter():
                return self._set_parameter(command)
            case SetParameters():
                return self._set_parameters(command)
            case Ack():
                self.acknowledged = max(self.acknowledged, command.frame)
        return []

    def _begin_run(self) -> None:
        self._run = None
        self._run_number += 1
        self._lineage += 1
        self._edits = []
        self._mark_changed()
        self._pacer = EpochPacer(self._pacer.speed)

    def _mark_changed(self) -> None:
        """Record that the next slice has to apply the experiment and edits, and draw."""
        self._applied = False
        self._failed = self._is_settled = False
        self._ended = None
        self._schedule.stale = True

    def _configure(self, command: Configure) -> list[Event]:
        previous = self._experiment
        fitted = configured(command, previous)
        if isinstance(fitted, ErrorEvent):
            return [fitted]
        experiment = fitted.experiment
        changed = changed_fields(previous, experiment)
        restarts = not all(is_live(name) for name in changed)
        transplants = restarts and command.keep and can_transplant(previous, experiment)
        events: list[Event] = []
        self._experiment = experiment
        if transplants:
            self._run_number += 1
            self._edits = [edit for edit in self._edits if _has_parameter(experiment, edit)]
            self._mark_changed()
        elif restarts:
            events += self._cancel_steps()
            self._begin_run()
        elif changed:
            self._mark_changed()
        view = self._schedule.view
        if view.unit is not None and not _has_unit(experiment, *view.unit):
            self._schedule.view = replace(view, unit=None)
        answer = Configured(
            id=command.id,
            experiment=experiment,
            reset=restarts and not transplants,
            kept=transplants,
            changed=changed,
            run=self._run_number,
            user_notes=fitted.notes,
            address=write_address(experiment),
        )
        return [answer, *events]

    def _play(self, command: Play) -> list[Event]:
        if self._ended is not None:
            return [self._ended_error(self._ended, command.id)]
        events = self._cancel_steps()
        self._failed = False
        self._playing = True
        self._pacer = EpochPacer(command.epochs_per_second)
        return [*events, self._state("played", command.id)]

    def _pause(self, id_: MessageId) -> list[Event]:
        events = self._cancel_steps()
        self._playing = False
        return [*events, *self._paused(id_)]

    def _paused(self, id_: MessageId) -> list[Event]:
        """Return the event that training has paused; while a slice is in flight, queue it until that has ended."""
        if self._in_flight is not None and self._in_flight[1] == self._lineage:
            self._pauses.append(id_)
            return []
        return [self._state("paused", id_)]

    def _step(self, command: Step) -> list[Event]:
        if self._ended is not None:
            return [self._ended_error(self._ended, command.id)]
        events = self._cancel_steps()
        self._playing = False
        self._steps = _Steps(command.unit, command.count, command.id)
        return events

    def _cancel_steps(self) -> list[Event]:
        if self._steps is None:
            return []
        id_ = self._steps.id
        self._steps = None
        return self._paused(id_)

    def _reset(self, command: Reset) -> list[Event]:
        events = self._cancel_steps()
        self._playing = False
        changed: tuple[str, ...] = ()
        if command.new_seed:
            network = self._experiment.network.model_copy(update={"seed": self._new_seed()})
            self._experiment = self._experiment.model_copy(update={"network": network})
            changed = ("network.seed",)
        self._begin_run()
        answer = Configured(
            id=command.id,
            experiment=self._experiment,
            reset=True,
            changed=changed,
            run=self._run_number,
            address=write_address(self._experiment),
        )
        return [*events, answer, self._state("reset", command.id)]

    def _watch(self, command: Watch) -> list[Event]:
        unit = None if command.unit is None else (command.unit.layer, command.unit.unit)
        if unit is not None and not _has_unit(self._experiment, *unit):
            hidden = list(self._experiment.network.hidden)
            values: dict[str, Value] = {"layer": unit[0], "unit": unit[1], "hidden": str(hidden)}
            sentence = localized("no-such-unit", **values)
            if self._experiment.outputs > 1:
                sentence = localized("no-such-unit-or-output", outputs=self._experiment.outputs, **values)
            return [ErrorEvent(id=command.id, code="invalid", **sentence, field="unit")]
        view = View(
            tiles=command.tiles,
            unit=unit,
            resolution=command.resolution,
            confusion=command.confusion,
            exact=command.exact,
            hidden=command.hidden,
        )
        self._schedule.watch(view, command.frame_rate)
        return []

    def _set_parameter(self, command: SetParameter) -> list[Event]:
        input_ = -1 if command.input == "bias" else command.input
        try:
            Layout(self._experiment.sizes).index(command.layer, command.unit, input_)
        except LocalizedError as error:
            return [
                ErrorEvent(
                    id=command.id, code="invalid", **localized_sentence(error.user_message), field=error.field
                )
            ]
        self._edits.append(Edit(command.layer, command.unit, input_, command.value))
        self._mark_changed()
        return []

    def _set_parameters(self, command: SetParameters) -> list[Event]:
        last = command.start + len(command.values) - 1
        if last >= self._experiment.parameters:
            sentence = localized(
                "no-such-parameters",
                first=command.start,
                last=last,
                highest=self._experiment.parameters - 1,
            )
            return [ErrorEvent(id=command.id, code="invalid", **sentence, field="values")]
        waiting = sum(len(edit.values) for edit in self._edits if isinstance(edit, ParameterRange))
        if waiting + len(command.values) > _MOST_WAITING:
            sentence = localized("too-many-values", waiting=waiting + len(command.values))
            return [ErrorEvent(id=command.id, code="invalid", **sentence, field="values")]
        self._edits.append(ParameterRange(command.start, command.values))
        self._mark_changed()
        return []

    def _state(self, reason: Any, id_: MessageId = None) -> StateChanged:
        return StateChanged(
            id=id_,
            playing=self._playing,
            epochs_per_second=self._pacer.speed,
            reason=reason,
            epoch=0 if self._run is None else self._run.epoch,
            step=0 if self._run is None else self._run.step,
        )

    def _ended_error(self, reason: Literal["diverged", "stopped"], id_: MessageId) -> ErrorEvent:
        return ErrorEvent(id=id_, code=reason, **localized(f"has-{reason}"))

    # -------------------------------------------------------------------------------------------------- slices

    def next_slice(self, now: float, *, can_send: bool, seconds: float, backoff: float = 1.0) -> Slice | None:
        """Return what to compute now, or None while nothing is due.

        Args:
            now: seconds on any monotonic clock, the same in all calls.
            can_send: whether a frame could be sent to the client.
            seconds: time limit of training.
            backoff: factor by which the interval between frames is extended, as the client is slow.
        """
        self._schedule.backoff = backoff
        if self._failed or self._in_flight is not None:
            return None
        limits = self._training(now, seconds)
        schedule = self._schedule
        until_frame = schedule.seconds_until_due(now)
        draw = can_send and (schedule.stale or limits is not None) and until_frame <= 0
        duration = 0.0
        if limits is not None and limits.keys() == {"seconds"}:
            # At full speed the slice ends when the next frame is due.
            duration = seconds
            if can_send and 0 < until_frame <= duration:
                duration = min(max(until_frame, _SHORTEST_SLICE), seconds)
                draw = True
            limits["seconds"] = duration
        if limits is None and not draw and self._applied:
            return None
        work = Slice(
            run=self._run,
            experiment=self._experiment,
            edits=tuple(self._edits),
            view=schedule.view if draw else None,
            points=draw and schedule.points_due,
            **(limits or {}),
        )
        self._state_before = (self._applied, schedule.snapshot())
        self._edits = []
        self._applied = True
        self._in_flight = (self._run_number, self._lineage)
        if draw:
            schedule.begin(now + duration)
        return work

    def _training(self, now: float, seconds: float) -> dict[str, Any] | None:
        """Return the limits of training in the next slice, or None if no training is due."""
        if self._ended is not None or self._suspended:
            return None
        if self._steps is not None:
            unit = "epochs" if self._steps.unit == "epoch" else "steps"
            return {unit: self._steps.left, "seconds": seconds}
        if not self._playing:
            return None
        if self._pacer.speed is None:
            return {"seconds": seconds}
        due = self._pacer.due(now)
        return {"epochs": due, "seconds": seconds} if due > 0 else None

    def cancel_slice(self, work: Slice) -> None:
        """Cancel the slice in flight, which was not begun: its work is due again."""
        applied, schedule = self._state_before
        self._in_flight = None
        self._edits = [*work.edits, *self._edits]
        self._applied = self._applied and applied
        self._schedule.roll_back(schedule)

    def seconds_until_due(self, now: float, *, can_send: bool) -> float | None:
        """Return in how many seconds a slice will be due, or None if that depends on the next command."""
        waits = []
        if self._playing and not self._suspended and self._pacer.next is not None and self._ended is None:
            waits.append(self._pacer.next - now)
        if self._schedule.stale and can_send and not self._failed:
            waits.append(self._schedule.seconds_until_due(now))
        return max(0.0, min(waits)) if waits else None

    def absorb(self, work: Slice, outcome: Outcome) -> tuple[list[Event], FrameUpdate | None]:
        """Process the outcome of a slice; return events, and an update of the next frame."""
        assert self._in_flight is not None
        (number, lineage), self._in_flight = self._in_flight, None
        if lineage != self._lineage:  # a new run was begun in the meantime
            return self._answer_pauses(), None
        is_current = number == self._run_number  # otherwise its shape was changed in the meantime
        before = work.run
        # The same object as in the slice, not its copy from another process, so that it is pickled only once.
        self._run = replace(outcome.run, experiments=(work.experiment,))
        epochs = outcome.run.epoch - (before.epoch if before is not None else 0)
        steps = outcome.run.step - (before.step if before is not None else 0)
        self._pacer.done += epochs
        self._is_settled = self._applied
        if before is None or work.edits or _state_of(outcome.run) != _state_of(before):
            self.version += 1
        if work.view is None or work.view != self._schedule.view or not is_current:
            self._schedule.stale = True
        events = self._answer_pauses()
        ended = _how_ended(outcome.run)
        if self._ended is None and ended is not None:
            events += self._end(ended)
        if self._steps is not None:
            self._steps.left -= epochs if self._steps.unit == "epoch" else steps
            # Carried-over samples that never fill a batch make no step.
            never_updates = self._steps.unit == "batch" and epochs and not steps
            if self._steps.left <= 0 or never_updates:
                finished, self._steps = self._steps, None
                events.append(self._state("stepped", finished.id))
        metadata = {
            "run": str(self._run_number),
            "history": str(self._lineage),
            "epoch": str(outcome.run.epoch),
            "step": str(outcome.run.step),
        }
        # A map of an earlier shape, or for a connection that has ended, is useless; losses and points are not.
        if not is_current or self._schedule.points_due:
            lasting = {
                name: tensor
                for name, tensor in outcome.tensors.items()
                if name in (*LOSS_TENSORS, *POINT_TENSORS)
            }
            return events, FrameUpdate(metadata, lasting, due=False)
        if work.view is not None and not work.view.hidden:
            metadata["map"] = work.view.name
        return events, FrameUpdate(metadata, outcome.tensors, due=work.view is not None)

    def _answer_pauses(self) -> list[Event]:
        pauses, self._pauses = self._pauses, []
        return [self._state("paused", id_) for id_ in pauses]

    def _end(self, reason: Literal["diverged", "stopped"]) -> list[Event]:
        """Stop a run that cannot go on, unless the client has changed it since."""
        if not self._applied:
            return []
        self._ended = reason
        self._playing = False
        steps, self._steps = self._steps, None
        return [self._end_event(reason), self._state(reason, None if steps is None else steps.id)]

    def _end_event(self, reason: Literal["diverged", "stopped"]) -> Event:
        run = self._run
        assert run is not None
        if reason == "diverged":
            return Diverged(epoch=run.epoch, step=run.step, **_divergence_text(self._experiment))
        training = run.experiment.training
        values = {"best": int(run.best.epoch[0]), **training.stop_options}
        return Stopped(epoch=run.epoch, step=run.step, **localized(f"ended.{training.stop}", **values))

    def fail(self, key: str = "internal") -> list[Event]:
        """Give up the slice in flight, whose computation failed; ``key`` is that of the error message."""
        self._in_flight = None
        self._failed = self._schedule.points_due = True
        self._playing = False
        self._steps = None
        experiment = self._experiment
        values: dict[str, Value] = {
            "hidden": str(list(experiment.network.hidden)),
            "batch": experiment.training.batch_size,
            "samples": experiment.data.samples,
        }
        error = ErrorEvent(code="internal", **localized(key, **values))
        return [*self._answer_pauses(), error, self._state("failed")]


def _state_of(run: Run) -> tuple[Any, ...]:
    """Return values of which one changes whenever training or another experiment changes a run."""
    return run.epoch, run.step, run.position, run.experiment


def _how_ended(run: Run) -> Literal["diverged", "stopped"] | None:
    if run.diverged[0]:
        return "diverged"
    return "stopped" if run.stopped[0] else None


def _has_parameter(experiment: Experiment, edit: Edit | ParameterRange) -> bool:
    """Return whether an edit still applies after a change of shape: a single parameter may, a range does not."""
    if isinstance(edit, ParameterRange):
        return False
    try:
        Layout(experiment.sizes).index(edit.layer, edit.unit, edit.input_)
    except ValueError:
        return False
    return True


def _has_unit(experiment: Experiment, layer: int, unit: int) -> bool:
    """Return whether a unit can be watched; a single output cannot, as the map shows it without a unit."""
    units = [*experiment.network.hidden, experiment.outputs if experiment.outputs > 1 else 0]
    return layer < len(units) and unit < units[layer]


def _divergence_text(experiment: Experiment) -> dict[str, Any]:
    rate = experiment.training.learning_rate
    objective = experiment.objective
    if objective.penalty == "l2" and rate * objective.penalty_rate > 2:
        return localized("diverged-by-regularization", product=float(f"{rate * objective.penalty_rate:g}"))
    return localized("diverged-by-rate", rate=rate)
