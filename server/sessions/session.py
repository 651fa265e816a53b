"""The session: one learner's run. Commands in, events out; it says what to compute next. No sockets, clock or tasks.

The owner calls ``receive`` for each message, and in a loop ``next_slice`` → compute → ``absorb``; at most one slice is
under way. A command takes effect at the next slice.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from engine import Experiment, Run
from engine.experiment import MAX_PARAMETERS, changed_fields, is_live
from engine.network.layout import Layout
from engine.training.weight_transfer import can_transplant
from engine.user_messages import LocalizedError, Value
from server import __version__
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
"""Values of ``set_parameters`` that may wait for the next slice."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a slice adds to the next frame; ``due`` if that completes it."""

    metadata: Mapping[str, str]
    tensors: Mapping[str, np.ndarray[Any, np.dtype[Any]]]
    due: bool


@dataclass(slots=True)
class _Steps:
    """A step command under way: how many epochs or batches are left, and who asked."""

    unit: str
    left: int
    id: MessageId


class Session:
    """The state of one session between two slices."""

    def __init__(self, limits: Limits, new_seed: Callable[[], int], experiment: Experiment) -> None:
        """Begin with an experiment.

        Args:
            limits: sent to the client.
            new_seed: draws seeds for ``reset`` with ``new_seed``.
            experiment: to begin with.
        """
        self._limits = limits
        self._new_seed = new_seed
        self.acknowledged = 0
        self._experiment = experiment
        self._run: Run | None = None
        self._number = 0
        self._history = 0
        self._under_way: tuple[int, int] | None = None  # number and history of the slice that is computed
        self._edits: list[Edit | ParameterRange] = []
        self._steps: _Steps | None = None
        self._pauses: list[MessageId] = []  # commands to be answered when the slice under way has ended
        self._applied = False  # whether the run has the present experiment
        self._failed = False
        self._ended: Literal["diverged", "stopped"] | None = None
        self._playing = False
        self._held = False
        self._whole = False  # whether the run has all that was asked for
        self.version = 0
        """Grows whenever the run is another one than before."""
        self._pace = EpochPacer(None)
        self._pictures = FrameSchedule()
        # Of these two, what held before the slice under way.
        self._before = (self._applied, self._pictures.remember())
        self._start_anew()

    def restore(self, run: Run, *, number: int, history: int, playing: bool, speed: float | None) -> None:
        """Go on with a run that was kept elsewhere; to be called before anything else.

        Args:
            run: a single network, with the experiment that this session began with.
            number: of the run, as frames tell it.
            history: of its losses.
            playing: whether it was training.
            speed: epochs per second; None for full speed.
        """
        self._run, self._number, self._history = run, number, history
        self._applied = self._whole = True
        self._pace = EpochPacer(speed)
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
    ) -> list[Event]:
        """Return the answer to hello, and what the client has to know of a session that has gone on without it.

        Args:
            id_: of the hello.
            name: by which the session is known.
            recovered: whether the client has been here before.
            waited: for how many seconds training has waited for it.
            page: revision of the page that the server gives out now.
        """
        resumed = self._run is not None
        welcome = Welcome(
            id=id_,
            protocol=PROTOCOL,
            version=__version__,
            limits=self._limits,
            experiment=self._experiment,
            run=self._number,
            history=self._history,
            state=State(**self._state("resumed" if resumed else "new").model_dump(exclude={"type", "id"})),
            session=name,
            recovered=recovered,
            waited=waited,
            page=page,
        )
        events: list[Event] = [welcome]
        if self._ended is not None:
            events.append(self._end_event(self._ended))
        if self._failed:
            events.append(self._state("failed"))
        return events

    @property
    def experiment(self) -> Experiment:
        """What is asked for: the same object until it is asked for something else."""
        return self._experiment

    @property
    def has_news(self) -> bool:
        """Whether there is something that no picture has shown."""
        return self._pictures.stale

    @property
    def playing(self) -> bool:
        """Whether it trains until further notice."""
        return self._playing

    @property
    def speed(self) -> float | None:
        """Epochs per second that were asked for last; None for full speed."""
        return self._pace.speed

    @property
    def numbers(self) -> tuple[int, int]:
        """Number of the run, and of its history of losses."""
        return self._number, self._history

    def kept(self) -> Run | None:
        """Return the run as it is to be kept; None while it lacks something that was asked for."""
        return self._run if self._whole else None

    def reopen(self) -> None:
        """Begin anew for another connection, which has seen nothing yet; the run goes on."""
        self.acknowledged = 0
        self._pauses = []
        if self._steps is not None:
            self._steps.id = None
        self._pictures.reopen()

    def hold(self, held: bool) -> None:
        """Let training wait, or go on; what was asked for stays asked for."""
        if held != self._held:
            self._held = held
            self._pace = EpochPacer(self._pace.speed)

    def rest(self) -> list[Event]:
        """Pause because nobody has done anything for long."""
        if not self._playing and self._steps is None:
            return []
        self._playing = False
        steps, self._steps = self._steps, None
        return [self._state("idle", None if steps is None else steps.id)]

    # ------------------------------------------------------------------------------------------------ commands

    def receive(self, command: Command | ErrorEvent) -> list[Event]:
        """Take a message of the client, parsed, and return what to answer; a bad one changes nothing."""
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

    def _start_anew(self) -> None:
        self._run = None
        self._number += 1
        self._history += 1
        self._edits = []
        self._change()
        self._pace = EpochPacer(self._pace.speed)

    def _change(self) -> None:
        """Take note that the run is to be brought to what the client wants now, and shown."""
        self._applied = False
        self._failed = self._whole = False
        self._ended = None
        self._pictures.stale = True

    def _configure(self, command: Configure) -> list[Event]:
        before, experiment = self._experiment, command.experiment
        changed = changed_fields(before, experiment)
        anew = not all(is_live(name) for name in changed)
        kept = anew and command.keep and can_transplant(before, experiment)
        events: list[Event] = []
        self._experiment = experiment
        if kept:
            self._number += 1
            self._edits = [edit for edit in self._edits if _has_parameter(experiment, edit)]
            self._change()
        elif anew:
            events += self._cancel_steps()
            self._start_anew()
        elif changed:
            self._change()
        view = self._pictures.view
        if view.unit is not None and not _has_unit(experiment, *view.unit):
            self._pictures.view = replace(view, unit=None)
        configured = Configured(
            id=command.id,
            experiment=experiment,
            reset=anew and not kept,
            kept=kept,
            changed=changed,
            run=self._number,
        )
        return [configured, *events]

    def _play(self, command: Play) -> list[Event]:
        if self._ended is not None:
            return [self._ended_error(self._ended, command.id)]
        events = self._cancel_steps()
        self._failed = False
        self._playing = True
        self._pace = EpochPacer(command.epochs_per_second)
        return [*events, self._state("played", command.id)]

    def _pause(self, id_: MessageId) -> list[Event]:
        events = self._cancel_steps()
        self._playing = False
        return [*events, *self._paused(id_)]

    def _paused(self, id_: MessageId) -> list[Event]:
        """Say that training has paused; while a slice is under way it has not, so then later."""
        if self._under_way is not None and self._under_way[1] == self._history:
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
        self._start_anew()
        configured = Configured(
            id=command.id, experiment=self._experiment, reset=True, changed=changed, run=self._number
        )
        return [*events, configured, self._state("reset", command.id)]

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
        self._pictures.watch(view, command.frame_rate)
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
        self._change()
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
        self._change()
        return []

    def _state(self, reason: Any, id_: MessageId = None) -> StateChanged:
        return StateChanged(
            id=id_,
            playing=self._playing,
            epochs_per_second=self._pace.speed,
            reason=reason,
            epoch=0 if self._run is None else self._run.epoch,
            step=0 if self._run is None else self._run.step,
        )

    def _ended_error(self, why: Literal["diverged", "stopped"], id_: MessageId) -> ErrorEvent:
        return ErrorEvent(id=id_, code=why, **localized(f"has-{why}"))

    # -------------------------------------------------------------------------------------------------- slices

    def next_slice(self, now: float, *, room: bool, seconds: float, slowness: float = 1.0) -> Slice | None:
        """Return what to compute now, or None while nothing is due.

        Args:
            now: seconds on any monotonic clock, the same in all calls.
            room: whether the client would take a frame.
            seconds: how long it may take to train.
            slowness: how many times less often pictures should come than the client asked for, as it is slow.
        """
        self._pictures.slowness = slowness
        if self._failed or self._under_way is not None:
            return None
        limits = self._training(now, seconds)
        pictures = self._pictures
        until_picture = pictures.wait(now)
        draw = room and (pictures.stale or limits is not None) and until_picture <= 0
        duration = 0.0
        if limits is not None and limits.keys() == {"seconds"}:
            # At full speed the slice ends with the next picture.
            duration = seconds
            if room and 0 < until_picture <= duration:
                duration = min(max(until_picture, _SHORTEST_SLICE), seconds)
                draw = True
            limits["seconds"] = duration
        if limits is None and not draw and self._applied:
            return None
        work = Slice(
            run=self._run,
            experiment=self._experiment,
            edits=tuple(self._edits),
            view=pictures.view if draw else None,
            points=draw and pictures.points_due,
            **(limits or {}),
        )
        self._before = (self._applied, pictures.remember())
        self._edits = []
        self._applied = True
        self._under_way = (self._number, self._history)
        if draw:
            pictures.begin(now + duration)
        return work

    def _training(self, now: float, seconds: float) -> dict[str, Any] | None:
        """Return the limits of the next piece of training, or None if none is due."""
        if self._ended is not None or self._held:
            return None
        if self._steps is not None:
            unit = "epochs" if self._steps.unit == "epoch" else "steps"
            return {unit: self._steps.left, "seconds": seconds}
        if not self._playing:
            return None
        if self._pace.speed is None:
            return {"seconds": seconds}
        due = self._pace.due(now)
        return {"epochs": due, "seconds": seconds} if due > 0 else None

    def take_back(self, work: Slice) -> None:
        """Take note that the slice under way was not begun; what it should have done is due again."""
        applied, pictures = self._before
        self._under_way = None
        self._edits = [*work.edits, *self._edits]
        self._applied = self._applied and applied
        self._pictures.take_back(pictures)

    def wait(self, now: float, *, room: bool) -> float | None:
        """Return in how many seconds something will be due by itself, or None if only a message can bring that."""
        waits = []
        if self._playing and not self._held and self._pace.next is not None and self._ended is None:
            waits.append(self._pace.next - now)
        if self._pictures.stale and room and not self._failed:
            waits.append(self._pictures.wait(now))
        return max(0.0, min(waits)) if waits else None

    def absorb(self, work: Slice, outcome: Outcome) -> tuple[list[Event], Numbers | None]:
        """Take the outcome of a slice; return events, and numbers for the next frame."""
        assert self._under_way is not None
        (number, history), self._under_way = self._under_way, None
        if history != self._history:  # the network was started anew in the meantime
            return self._answer_pauses(), None
        is_current = number == self._number  # otherwise it has got another shape in the meantime
        before = work.run
        # The very object that was asked for, not its copy from another process: with the next slice it travels once.
        self._run = replace(outcome.run, experiments=(work.experiment,))
        epochs = outcome.run.epoch - (before.epoch if before is not None else 0)
        steps = outcome.run.step - (before.step if before is not None else 0)
        self._pace.done += epochs
        self._whole = self._applied
        if before is None or work.edits or _state_of(outcome.run) != _state_of(before):
            self.version += 1
        if work.view is None or work.view != self._pictures.view or not is_current:
            self._pictures.stale = True
        events = self._answer_pauses()
        ended = _how_ended(outcome.run)
        if self._ended is None and ended is not None:
            events += self._end(ended)
        if self._steps is not None:
            self._steps.left -= epochs if self._steps.unit == "epoch" else steps
            # Samples carried over that never fill a batch make no step, however long one waits.
            hopeless = self._steps.unit == "batch" and epochs and not steps
            if self._steps.left <= 0 or hopeless:
                finished, self._steps = self._steps, None
                events.append(self._state("stepped", finished.id))
        metadata = {
            "run": str(self._number),
            "history": str(self._history),
            "epoch": str(outcome.run.epoch),
            "step": str(outcome.run.step),
        }
        # A picture of an earlier shape, or for a connection that has ended, is of no use; losses and points are.
        if not is_current or self._pictures.points_due:
            lasting = {
                name: tensor
                for name, tensor in outcome.tensors.items()
                if name in (*LOSS_TENSORS, *POINT_TENSORS)
            }
            return events, Numbers(metadata, lasting, due=False)
        if work.view is not None and not work.view.hidden:
            metadata["map"] = work.view.name
        return events, Numbers(metadata, outcome.tensors, due=work.view is not None)

    def _answer_pauses(self) -> list[Event]:
        pauses, self._pauses = self._pauses, []
        return [self._state("paused", id_) for id_ in pauses]

    def _end(self, why: Literal["diverged", "stopped"]) -> list[Event]:
        """Stop a run that cannot go on, unless the client has changed it since."""
        if not self._applied:
            return []
        self._ended = why
        self._playing = False
        steps, self._steps = self._steps, None
        return [self._end_event(why), self._state(why, None if steps is None else steps.id)]

    def _end_event(self, why: Literal["diverged", "stopped"]) -> Event:
        run = self._run
        assert run is not None
        if why == "diverged":
            return Diverged(epoch=run.epoch, step=run.step, **_why_diverged(self._experiment))
        training = run.experiment.training
        values = {"best": int(run.best.epoch[0]), **training.stop_options}
        return Stopped(epoch=run.epoch, step=run.step, **localized(f"ended.{training.stop}", **values))

    def fail(self, why: str = "internal") -> list[Event]:
        """Give up the slice under way, whose computation failed; ``why`` is the key of the message that tells it."""
        self._under_way = None
        self._failed = self._pictures.points_due = True
        self._playing = False
        self._steps = None
        experiment = self._experiment
        values: dict[str, Value] = {
            "hidden": str(list(experiment.network.hidden)),
            "batch": experiment.training.batch_size,
            "samples": experiment.data.samples,
        }
        error = ErrorEvent(code="internal", **localized(why, **values))
        return [*self._answer_pauses(), error, self._state("failed")]


def _state_of(run: Run) -> tuple[Any, ...]:
    """Return what changes whenever training or another experiment changes a run."""
    return run.epoch, run.step, run.position, run.experiment


def _how_ended(run: Run) -> Literal["diverged", "stopped"] | None:
    if run.diverged[0]:
        return "diverged"
    return "stopped" if run.stopped[0] else None


def _has_parameter(experiment: Experiment, edit: Edit | ParameterRange) -> bool:
    """Tell whether what is to be set has its place in another shape; the order of all parameters never has."""
    if isinstance(edit, ParameterRange):
        return False
    try:
        Layout(experiment.sizes).index(edit.layer, edit.unit, edit.input_)
    except ValueError:
        return False
    return True


def _has_unit(experiment: Experiment, layer: int, unit: int) -> bool:
    """Tell whether there is such a unit to look at; a single output is no unit, but what is shown without one."""
    units = [*experiment.network.hidden, experiment.outputs if experiment.outputs > 1 else 0]
    return layer < len(units) and unit < units[layer]


def _why_diverged(experiment: Experiment) -> dict[str, Any]:
    rate = experiment.training.learning_rate
    objective = experiment.objective
    if objective.penalty == "l2" and rate * objective.penalty_rate > 2:
        return localized("diverged-by-regularization", product=float(f"{rate * objective.penalty_rate:g}"))
    return localized("diverged-by-rate", rate=rate)
