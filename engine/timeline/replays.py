"""Replays: runs on their way through the entries of a recipe."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from engine.run import Run
from engine.timeline.entries import Entry, Train, has_ended, moment_text
from engine.timeline.recipe import Recipe, RecipeError
from engine.training.advance import advance
from engine.user_messages import UserMessage


class Parted(RecipeError):
    """A replay cannot come to a moment of its recipe: it goes past it, or ends before.

    Attributes:
        run: where training is instead.
    """

    run: Run


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """A run on its way through the entries of a recipe; a value, to be carried on in pieces.

    Attributes:
        run: so far.
        entries: what is still to be done.
    """

    run: Run
    entries: tuple[Entry, ...]

    @classmethod
    def of(cls, recipe: Recipe) -> Self:
        """Return the beginning of a recipe."""
        return cls(recipe.begin.begin(), recipe.entries)

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to be done."""
        return not self.entries

    @property
    def epochs_left(self) -> float:
        """Epochs that are still to be trained; a started one counts in part."""
        last = next((entry.epoch for entry in reversed(self.entries) if isinstance(entry, Train)), 0)
        done = self.run.epoch + self.run.position / self.run.experiment.data.training_samples
        return max(0.0, last - done)

    def advance(
        self, *, seconds: float | None = None, clock: Callable[[], float] = time.perf_counter
    ) -> "Replay":
        """Go on to the end, or until the time is used up; the result does not depend on the pieces.

        Args:
            seconds: make whole updates until the time is used up, at least one.
            clock: returns the time in seconds.

        Raises:
            Parted: training does not come to a moment of the recipe.
            ValueError: an entry cannot be carried out, which those of a `Recipe` can.
        """
        deadline = math.inf if seconds is None else clock() + seconds
        run = self.run
        for number, entry in enumerate(self.entries):
            if not isinstance(entry, Train):
                run = entry.apply(run)
                continue
            run = _train(run, entry, deadline, clock)
            if entry.is_reached(run):
                continue
            if has_ended(run) or entry.is_past(run):
                raise _parted(run, entry)
            return Replay(run, self.entries[number:])
        return Replay(run, ())


def _train(run: Run, entry: Train, deadline: float, clock: Callable[[], float]) -> Run:
    """Train to a moment, or until the deadline."""

    def left() -> float | None:
        return None if deadline == math.inf else max(0.0, deadline - clock())

    if run.epoch < entry.epoch:
        run, _ = advance(run, epochs=entry.epoch - run.epoch, seconds=left(), clock=clock)
    if run.epoch == entry.epoch and entry.step is not None and run.step < entry.step:
        run, _ = advance(run, steps=entry.step - run.step, epochs=1, seconds=left(), clock=clock)
    at_place = entry.model_copy(update={"ended": False}).is_reached(run)
    if at_place and entry.ended and not has_ended(run):
        run, _ = advance(run, steps=1, epochs=1)  # finds that no update can be made
    return run


def _parted(run: Run, entry: Train) -> Parted:
    here = UserMessage("moment", {"epoch": run.epoch, "step": run.step})
    error = Parted("recipe-parted", "entries", wanted=moment_text(entry), here=here)
    error.run = run
    return error


def replay(recipe: Recipe) -> Run:
    """Return the run of a recipe; use `Replay` to see the progress.

    Raises:
        Parted: training does not come to a moment of the recipe.
    """
    return Replay.of(recipe).advance().run
