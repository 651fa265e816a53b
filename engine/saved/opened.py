"""Opened: what comes of reading something that was saved, or why nothing does."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.arrays import FloatArray
from engine.experiment import Experiment
from engine.run import Run, begin, begin_trained
from engine.user_messages import LocalizedError, UserMessage

_MAX_NOTES = 50


class SavedError(LocalizedError):
    """Nothing of what was saved can be used.

    Attributes:
        notes: what is wrong with each part of it, if there are parts.
    """

    notes: tuple[UserMessage, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """What a saved network has learned.

    Attributes:
        parameters: (n,) float64, in the order of a run's.
        epoch: finished passes over the training samples.
        step: updates so far.
    """

    parameters: FloatArray
    epoch: int
    step: int


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """What was read.

    Attributes:
        experiment: whole and valid; what was not said, or could not be used, has its default.
        notes: what was passed over, and why.
        network: what was trained, if anything.
    """

    experiment: Experiment
    notes: tuple[UserMessage, ...] = ()
    network: Trained | None = None

    def run(self) -> Run:
        """Return a run to train on: with the saved parameters, at their epoch, or untrained if there are none."""
        if self.network is None:
            return begin(self.experiment)
        trained = self.network
        return begin_trained(self.experiment, trained.parameters, trained.epoch, trained.step)


def bounded(notes: Sequence[UserMessage]) -> tuple[UserMessage, ...]:
    """Return the first notes, and how many more there are."""
    if len(notes) <= _MAX_NOTES:
        return tuple(notes)
    return (*notes[:_MAX_NOTES], UserMessage("further-notes", {"count": len(notes) - _MAX_NOTES}))


def nothing_understood(notes: Sequence[UserMessage]) -> SavedError:
    """Return the error for something of which no part can be used; most notes have the ``name`` of one."""
    names = ", ".join(str(note.values["name"]) for note in notes[:_MAX_NOTES] if "name" in note.values)
    error = SavedError("nothing-understood", names=names, why=notes[0], kinds=UserMessage("saved-kinds"))
    error.notes = bounded(notes)
    return error
