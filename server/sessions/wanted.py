"""What a client wants of its run: the experiment, edits, and whether and how far it trains; a frozen value."""

from dataclasses import dataclass, replace
from typing import Literal

from engine import Experiment
from engine.experiment import MAX_PARAMETERS
from engine.network.layout import Layout
from engine.user_messages import LocalizedError
from server.protocol.commands import SetParameter, SetParameters
from server.protocol.events import ErrorEvent, localized, localized_sentence
from server.protocol.messages import MessageId
from server.sessions.slices import Edit, ParameterRange

_MAX_VALUES = 2 * MAX_PARAMETERS
"""Upper bound on the values of ``set_parameters`` that wait for the next slice."""


@dataclass(frozen=True, slots=True)
class Steps:
    """A step command that is being executed: the epochs or batches left, and its message id."""

    unit: Literal["epoch", "batch"]
    left: int
    id: MessageId


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a client wants.

    Attributes:
        experiment: that the run is to have.
        edits: parameters set by hand that no slice has applied yet.
        playing: whether training goes on until it is paused.
        speed: epochs per second; None for full speed.
        steps: how far to train, if not ``playing``.
    """

    experiment: Experiment
    edits: tuple[Edit | ParameterRange, ...] = ()
    playing: bool = False
    speed: float | None = None
    steps: Steps | None = None

    @property
    def trains(self) -> bool:
        """Whether the run is to be trained."""
        return self.playing or self.steps is not None

    @property
    def step_id(self) -> MessageId:
        """Id of the step command that is being executed, if it has one."""
        return None if self.steps is None else self.steps.id

    def paused(self) -> "Wanted":
        """Return the same without training."""
        return replace(self, playing=False, steps=None)

    def trained(self, epochs: int, steps: int) -> "Wanted":
        """Return what is left after so many epochs and steps."""
        if self.steps is None:
            return self
        left = self.steps.left - (epochs if self.steps.unit == "epoch" else steps)
        # Carried-over samples that never fill a batch make no step.
        never_updates = self.steps.unit == "batch" and epochs and not steps
        finished = left <= 0 or never_updates
        return replace(self, steps=None if finished else replace(self.steps, left=left))

    def reseeded(self, seed: int) -> "Wanted":
        """Return the same with other initial weights."""
        network = self.experiment.network.model_copy(update={"seed": seed})
        return replace(self, experiment=self.experiment.model_copy(update={"network": network}))

    def reshaped(self, experiment: Experiment) -> "Wanted":
        """Return the same for an experiment of another shape, with the edits of parameters that still exist."""
        edits = tuple(edit for edit in self.edits if _has_parameter(experiment, edit))
        return replace(self, experiment=experiment, edits=edits)

    def edited(self, command: SetParameter | SetParameters) -> "Wanted | ErrorEvent":
        """Return the same with parameters set, or why they cannot be."""
        edit = self._edit(command) if isinstance(command, SetParameter) else self._range(command)
        return edit if isinstance(edit, ErrorEvent) else replace(self, edits=(*self.edits, edit))

    def _edit(self, command: SetParameter) -> Edit | ErrorEvent:
        input_ = -1 if command.input == "bias" else command.input
        try:
            Layout(self.experiment.sizes).index(command.layer, command.unit, input_)
        except LocalizedError as error:
            sentence = localized_sentence(error.user_message)
            return ErrorEvent(id=command.id, code="invalid", **sentence, field=error.field)
        return Edit(command.layer, command.unit, input_, command.value)

    def _range(self, command: SetParameters) -> ParameterRange | ErrorEvent:
        first, last = command.start, command.start + len(command.values) - 1
        highest = self.experiment.parameters - 1
        waiting = sum(len(edit.values) for edit in self.edits if isinstance(edit, ParameterRange))
        if last > highest:
            sentence = localized("no-such-parameters", first=first, last=last, highest=highest)
        elif waiting + len(command.values) > _MAX_VALUES:
            sentence = localized("too-many-values", waiting=waiting + len(command.values))
        else:
            return ParameterRange(first, command.values)
        return ErrorEvent(id=command.id, code="invalid", **sentence, field="values")


def _has_parameter(experiment: Experiment, edit: Edit | ParameterRange) -> bool:
    """Return whether an edit still applies after a change of shape: a single parameter may, a range does not."""
    if isinstance(edit, ParameterRange):
        return False
    try:
        Layout(experiment.sizes).index(edit.layer, edit.unit, edit.input_)
    except ValueError:
        return False
    return True
