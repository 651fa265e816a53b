"""Training of a run, batch by batch, and the report of its losses."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any, ClassVar, Self

import numpy as np

from engine.arrays import BoolArray, FloatArray
from engine.registries.stop_rules import STOP_RULES
from engine.run import Best, Run
from engine.training.batches import BatchSource
from engine.training.evaluation import Losses
from engine.training.update_rule import Update
from engine.training.workspace import Batch, Workspace, borrow


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """What happened while a run advanced.

    Attributes:
        epoch: (epochs,) numbers of the epochs that were finished.
        train_loss: (replicas, epochs) mean loss after each of these epochs, without the penalty.
        validation_loss: (replicas, epochs) likewise over the validation samples; NaN if there are none.
        test_loss: (replicas, epochs) likewise over the test samples.
        had_diverged: (replicas, epochs) whether the replica had diverged by the end of the epoch. The losses of such a
            replica are those of its last finite parameters.
        steps: updates made.
        diverged: (replicas,) as in the run.
        stopped: (replicas,) as in the run.
    """

    epoch: np.ndarray[Any, np.dtype[np.int64]]
    train_loss: FloatArray
    validation_loss: FloatArray
    test_loss: FloatArray
    had_diverged: BoolArray
    steps: int
    diverged: BoolArray
    stopped: BoolArray
    _repr_html_: ClassVar[Callable[[Self], str]]
    """Representation in a notebook; set by ``engine``, as ``engine.notebook`` imports this module."""


def advance(
    run: Run,
    *,
    epochs: int | None = None,
    steps: int | None = None,
    seconds: float | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[Run, Report]:
    """Train a run until the first of the given limits is reached.

    The parameters after a number of steps are bit-equal, however the steps are split into calls.

    Args:
        run: the state to continue from; it is not changed.
        epochs: finish this many epochs (a started one counts as one).
        steps: make this many updates.
        seconds: make whole updates until the time is used up, at least one; may end inside an epoch.
        clock: returns the time in seconds.

    Returns:
        The new run, and the losses after each finished epoch. Training ends early when all replicas have diverged or
        were stopped by their stop rule.

    Raises:
        ValueError: no limit is given, one is negative, or epochs or steps is not a whole number.
    """
    limits = {"epochs": epochs, "steps": steps, "seconds": seconds}
    if all(value is None for value in limits.values()):
        raise ValueError("give at least one of epochs, steps and seconds")
    for name, value in limits.items():
        if value is None:
            continue
        if name != "seconds" and not value % 1 == 0:  # nor are infinity and NaN
            raise ValueError(f"{name} is {value}; it must be a whole number")
        if not value >= 0:
            raise ValueError(f"{name} is {value}; it must be at least 0")
    last_epoch = math.inf if epochs is None else run.epoch + epochs
    last_step = math.inf if steps is None else run.step + steps
    deadline = math.inf if seconds is None else clock() + seconds
    with borrow(run) as workspace:
        loop = _Loop(run, workspace)
        while loop.epoch < last_epoch and loop.step < last_step and not loop.ended:
            loop.train(last_step, deadline, clock)
            if loop.is_late(deadline, clock) or (last_epoch == math.inf and loop.stuck):
                break
        return loop.result()


class _Loop:
    """State of one ``advance`` call: changes arrays in place, an epoch or a part of one at a time."""

    def __init__(self, run: Run, workspace: Workspace) -> None:
        self._run = run
        self._workspace = workspace
        self._batches = BatchSource(run, workspace)
        self._parameters = workspace.parameters
        self._slots = run.slots.copy()
        self._update = Update(run, workspace, self._slots)
        self._carried_gradient = self._slots[-1] if self._batches.carried else None
        self.epoch, self.step, self._position = run.epoch, run.step, run.position
        self._carried = run.carried
        self._diverged, self._stopped = run.diverged.copy(), run.stopped.copy()
        self.frozen = self._diverged | self._stopped
        self._any_frozen = bool(self.frozen.any())
        self._frozen_parameters, self._frozen_slots = run.parameters.copy(), run.slots.copy()
        self._frozen_in = np.zeros(run.replicas, dtype=np.intp)  # index of the reported epoch
        self._reported: list[tuple[int, tuple[FloatArray, FloatArray, FloatArray]]] = []
        one = run.experiment
        self._has_validation = one.data.validation_samples > 0
        self._stop = STOP_RULES[one.training.stop]
        self._stop_options = {
            name: np.array([other.training.stop_options[name] for other in run.experiments])
            for name in (one.training.stop_options if self._stop.reached is not None else ())
        }
        self._best_loss, self._best_epoch = run.best.loss.copy(), run.best.epoch.copy()
        self._best_parameters = run.best.parameters.copy()

    @cached_property
    def _losses(self) -> Losses:
        return Losses.of(self._run, self._workspace)

    @property
    def ended(self) -> bool:
        """Whether every replica has diverged or stopped."""
        return self._any_frozen and bool(self.frozen.all())

    @property
    def stuck(self) -> bool:
        """Whether no batch will ever be large enough for an update."""
        return self._batches.is_stuck

    def is_late(self, deadline: float, clock: Callable[[], float]) -> bool:
        """Return whether the time is used up, and an update has been made if one is possible."""
        return deadline < math.inf and (self.step > self._run.step or self.stuck) and clock() >= deadline

    def _step(self, batch: Batch) -> None:
        """Compute the gradient of one batch, and make the update that is due."""
        backward, features, samples, targets, columns, *_ = batch
        backward(features, samples, targets)
        if self._carried_gradient is not None and not self._accumulate(self._carried_gradient, columns):
            return
        self._update(self.step)
        self.step += 1

    def _accumulate(self, carried: FloatArray, columns: int) -> bool:
        """Carry the gradient of an incomplete batch over, or average it into a full one.

        Returns:
            Whether the workspace's gradient is that of a full batch.
        """
        gradient = self._workspace.gradient
        if columns < self._batches.batch_size:
            carried += gradient * columns
            self._carried += columns
            return False
        if self._carried:
            gradient *= columns
            gradient += carried
            gradient /= columns + self._carried
            carried[...] = 0
            self._carried = 0
        return True

    def train(self, last_step: float, deadline: float, clock: Callable[[], float]) -> None:
        """Train to the end of the epoch, the last step or the deadline, whichever comes first."""
        before = self._state()
        batches = self._batches.batches(self.epoch, self._position)
        if last_step - self.step < len(batches):
            batches = batches[: int(last_step) - self.step]
        is_plain = self._update.is_plain and self._carried_gradient is None
        made = (self._plain_steps if is_plain else self._steps)(batches, deadline, clock)
        if not self._is_finite():
            made = self._replay(before, batches[:made])
        self._restore_frozen()
        if not made:
            return
        self._position = batches[made - 1].stop
        if self._position == self._batches.samples:
            self._finish_epoch()

    def _plain_steps(self, batches: Sequence[Batch], deadline: float, clock: Callable[[], float]) -> int:
        """Make an update per batch with the optimizer alone; return the number of batches used."""
        update = self._update.optimize
        before = updates = self.step - self._run.since
        if deadline == math.inf:
            for backward, features, samples, targets, _, _, _, _ in batches:
                backward(features, samples, targets)
                updates += 1
                update(updates)
        else:
            for backward, features, samples, targets, _, _, _, _ in batches:
                backward(features, samples, targets)
                updates += 1
                update(updates)
                if clock() >= deadline:
                    break
        self.step += updates - before
        return updates - before

    def _steps(self, batches: Sequence[Batch], deadline: float, clock: Callable[[], float]) -> int:
        """Process batches with penalty, clipping and all; return the number of batches used."""
        made = 0
        for batch in batches:
            self._step(batch)
            made += 1
            if self.is_late(deadline, clock):
                break
        return made

    def _is_finite(self) -> bool:
        """Return whether the parameters of all replicas still in training are finite."""
        if self._any_frozen:
            return bool(np.isfinite(self._parameters[~self.frozen]).all())
        flat = self._parameters.reshape(-1)
        # One product decides it nearly always; only above 1e154 it overflows although all numbers are finite.
        return math.isfinite(np.dot(flat, flat)) or bool(np.isfinite(flat).all())

    def _state(self) -> tuple[FloatArray, FloatArray, int, int]:
        return self._parameters.copy(), self._slots.copy(), self._carried, self.step

    def _replay(self, state: tuple[FloatArray, FloatArray, int, int], batches: Sequence[Batch]) -> int:
        """Repeat the same updates, freezing each replica before the one that diverges; return how many were made.

        Checking every step only here keeps ordinary steps cheap, and makes the last finite state independent of how the
        steps are split into calls.
        """
        self._parameters[...], self._slots[...], self._carried, self.step = state
        for made, batch in enumerate(batches):
            parameters, slots, carried, steps = self._state()
            self._step(batch)
            finite: BoolArray = np.logical_and.reduce(np.isfinite(self._parameters), axis=1)
            self._freeze(~finite, self._diverged, parameters, slots)
            if self.frozen.all():
                self._carried, self.step = carried, steps
                return made
        return len(batches)

    def _freeze(self, ended: BoolArray, marks: BoolArray, parameters: FloatArray, slots: FloatArray) -> None:
        """End the training of replicas, mark them, and store the state at which they stay."""
        ended = ended & ~self.frozen
        if ended.any():
            self._frozen_parameters[ended] = parameters[ended]
            self._frozen_slots[:, ended] = slots[:, ended]
            self._frozen_in[ended] = len(self._reported)
            marks |= ended
            self.frozen |= ended
            self._any_frozen = True

    def _restore_frozen(self) -> None:
        if self._any_frozen:
            self._parameters[self.frozen] = self._frozen_parameters[self.frozen]
            self._slots[:, self.frozen] = self._frozen_slots[:, self.frozen]

    def _finish_epoch(self) -> None:
        self.epoch += 1
        self._position = 0
        losses = train, validation, test = self._losses()
        defined = losses if self._has_validation else (train, test)
        if not all(map(math.isfinite, chain(*defined))):
            diverged: BoolArray = np.logical_not(np.isfinite(defined).all(axis=0))
            self._freeze(diverged, self._diverged, self._parameters, self._slots)
        if self._stop.reached is not None:
            self._apply_stop_rule(validation if self._stop.watches == "validation" else train)
        self._reported.append((self.epoch, losses))

    def _apply_stop_rule(self, loss: FloatArray) -> None:
        """Update the best loss of each replica, and end the training of those that the stop rule stops."""
        assert self._stop.reached is not None
        better = (loss < self._best_loss - self._stop_options.get("improvement", 0.0)) & ~self.frozen
        self._best_loss[better] = loss[better]
        self._best_epoch[better] = self.epoch
        final = self._parameters
        if self._stop.restores:
            final = self._best_parameters
            final[better] = self._parameters[better]
        reached = self._stop.reached(self.epoch, loss, self.epoch - self._best_epoch, self._stop_options)
        self._freeze(reached, self._stopped, final, self._slots)
        self._restore_frozen()

    def result(self) -> tuple[Run, Report]:
        """Return the run in its present state, and the report."""
        run = Run(
            self._run.experiments,
            self._parameters.copy(),
            self._slots,
            self.epoch,
            self.step,
            self._position,
            self._carried,
            self._run.since,
            self._diverged,
            self._stopped,
            Best(self._best_loss, self._best_epoch, self._best_parameters),
        )
        losses = np.array([losses for _, losses in self._reported]).reshape(-1, 3, run.replicas)
        train, validation, test = losses.transpose(1, 2, 0)
        report = Report(
            epoch=np.array([epoch for epoch, _ in self._reported], dtype=np.int64),
            train_loss=train,
            validation_loss=validation,
            test_loss=test,
            had_diverged=self._diverged[:, None]
            & (self._frozen_in[:, None] <= np.arange(len(self._reported))),
            steps=self.step - self._run.step,
            diverged=self._diverged,
            stopped=self._stopped,
        )
        return run, report
