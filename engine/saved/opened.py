"""The result of reading a saved form: an experiment, perhaps a trained network, and notes; or an error."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.arrays import FloatArray
from engine.experiment import Experiment
from engine.run import Run, begin, begin_trained
from engine.user_messages import LocalizedError, UserMessage

POINTS_ELSEWHERE = "own-points-elsewhere"
"""Key of the note on own points that are not there."""

_MAX_NOTES = 50


class SavedError(LocalizedError):
    """Nothing of a saved form can be used.

    Attributes:
        notes: the error of each part, if it has parts.
    """

    notes: tuple[UserMessage, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """State of a saved network.

    Attributes:
        parameters: (n,) float64, in the order of ``Run.parameters``.
        epoch: finished epochs.
        step: updates so far.
    """

    parameters: FloatArray
    epoch: int
    step: int


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """Content of a saved form.

    Attributes:
        experiment: complete and valid; missing and invalid fields have their default.
        notes: which parts were skipped, and why.
        network: state of the trained network, if there is one.
    """

    experiment: Experiment
    notes: tuple[UserMessage, ...] = ()
    network: Trained | None = None

    @property
    def misses_points(self) -> bool:
        """Whether it refers to own points that are not there, so that a data set takes their place."""
        return any(note.key == POINTS_ELSEWHERE for note in self.notes)

    @property
    def other_notes(self) -> tuple[UserMessage, ...]:
        """The notes without that on missing own points."""
        return tuple(note for note in self.notes if note.key != POINTS_ELSEWHERE)

    def run(self) -> Run:
        """Return a run with the saved parameters at their epoch, or an untrained one if there are none."""
        if self.network is None:
            return begin(self.experiment)
        trained = self.network
        return begin_trained(self.experiment, trained.parameters, trained.epoch, trained.step)


def bounded(notes: Sequence[UserMessage]) -> tuple[UserMessage, ...]:
    """Return the first 50 notes, and one with the number of further ones."""
    if len(notes) <= _MAX_NOTES:
        return tuple(notes)
    return (*notes[:_MAX_NOTES], UserMessage("further-notes", {"count": len(notes) - _MAX_NOTES}))


def nothing_understood(notes: Sequence[UserMessage]) -> SavedError:
    """Return the error for a saved form of which no part can be used, from the notes on its parts."""
    names = ", ".join(str(note.values["name"]) for note in notes[:_MAX_NOTES] if "name" in note.values)
    error = SavedError("nothing-understood", names=names, why=notes[0], kinds=UserMessage("saved-kinds"))
    error.notes = bounded(notes)
    return error
